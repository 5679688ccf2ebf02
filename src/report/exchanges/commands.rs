//! How to export: commands that can be copied into a shell. A program of a few lines signs the request and hands it to curl on
//! its standard input, so that neither a secret nor a signature is an argument that other users of the machine see.

use std::io::{self, Write};

use super::{About, facts, prose};
use crate::exchanges::{Call, Credential, PayloadFacts, Profile, Recipe};
use crate::model::{Exchange, FieldName};

/// Writes the commands of an exchange.
pub(super) fn write(exchange: Exchange, profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let reads = |credential| profile.request().iter().any(|r| r.reads.contains(&credential));
    let comment = |out: &mut dyn Write, words: &str| prose(out, "# ", words);
    comment(
        out,
        "First, one line at a time, because each waits for what you type: the id of the key, and its secret, which is not shown and stays out of the shell's history.",
    )?;
    writeln!(out, "read -r KEY && export KEY")?;
    for (credential, name) in [(Credential::Secret, "SECRET"), (Credential::Passphrase, "PASSPHRASE")] {
        if reads(credential) {
            writeln!(out, "read -rs {name} && export {name}")?;
        }
    }
    writeln!(out)?;
    comment(out, "Then the function that signs, and the requests that you want.")?;
    writeln!(out, "mkdir -p exports")?;
    for recipe in profile.request() {
        writeln!(out)?;
        comment(out, &format!("Signed: {}. Source: {} ({}). Not tried out.", recipe.signing, recipe.source, facts::edition(&recipe.date)))?;
        if let Some(note) = &recipe.note {
            comment(out, &format!("Note: {}.", note.trim_end_matches('.')))?;
        }
        if let Some(needs) = &recipe.needs {
            comment(out, &format!("It needs {}.", needs.trim_end_matches('.')))?;
        }
        writeln!(out, "{}", function(exchange, recipe))?;
        for call in &recipe.calls {
            let payload = profile.payloads.iter().find(|p| p.endpoint == call.endpoint);
            writeln!(out)?;
            if let Some(payload) = payload {
                let needs = payload.needs.as_ref().map(|n| format!("; the caller needs {n}")).unwrap_or_default();
                comment(out, &format!("{}{needs}", payload.about))?;
            }
            let variables = variables(call);
            if !variables.is_empty() {
                comment(out, &format!("first: export {}", variables.join(", ")))?;
            }
            writeln!(out, "{}", command(exchange, recipe, call, payload))?;
        }
    }
    writeln!(out, "\nunset SECRET PASSPHRASE")?;
    comment(out, "Where an answer does not say whose it is, `wrap --account NAME` does: a name of keylint.yaml. Then:")?;
    writeln!(out, "keylint check exports")
}

/// The name of the function that asks.
fn name(exchange: Exchange, recipe: &Recipe) -> String {
    let which = recipe.name.as_ref().map(|n| format!("_{n}")).unwrap_or_default();
    format!("ask_{exchange}{which}")
}

/// A function of the shell that sends one signed request: `ask_binance GET /path name=value`.
pub fn function(exchange: Exchange, recipe: &Recipe) -> String {
    format!("{}() {{\npython3 - \"$@\" <<'PY' | curl -sS --config -\n{}PY\n}}", name(exchange, recipe), program(recipe))
}

/// The whole program of a recipe, in Python without packages unless the recipe says so. It prints what curl reads.
pub fn program(recipe: &Recipe) -> String {
    let of = |credential: &Credential| match credential {
        Credential::Key => ("key", "KEY"),
        Credential::Secret => ("secret", "SECRET"),
        Credential::Passphrase => ("passphrase", "PASSPHRASE"),
    };
    let names: Vec<&str> = recipe.reads.iter().map(|c| of(c).0).collect();
    let values: Vec<String> = recipe.reads.iter().map(|c| format!("os.environ[\"{}\"]", of(c).1)).collect();
    format!(
        "import base64, hashlib, hmac, json, os, sys, time\nfrom urllib.parse import quote, urlencode\n\
         method, path, *pairs = sys.argv[1:]\n{} = {}\nbase, query = \"{}\", urlencode([tuple(pair.split(\"=\", 1)) for pair in pairs])\n\
         now = time.time_ns() // 1_000_000\ndef say(option, value):\n    print(option, \"=\", json.dumps(value))\n{}\n",
        names.join(", "),
        values.join(", "),
        recipe.base,
        recipe.program.trim_end()
    )
}

/// The words of an endpoint: its method and its path.
fn parts(endpoint: &str) -> (&str, &str) {
    endpoint.split_once(' ').unwrap_or(("GET", endpoint))
}

/// What of a call is taken from the environment.
fn variables(call: &Call) -> Vec<String> {
    let in_path = parts(&call.endpoint).1.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).map(str::to_ascii_uppercase);
    in_path.chain(call.query.values().filter_map(|v| v.strip_prefix('$')).map(str::to_owned)).collect()
}

/// One command: ask, wrap, save.
pub fn command(exchange: Exchange, recipe: &Recipe, call: &Call, payload: Option<&PayloadFacts>) -> String {
    let (method, path) = parts(&call.endpoint);
    let place = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
        Some(name) => format!("${}", name.to_ascii_uppercase()),
        None => part.to_owned(),
    };
    let path = format!("{}{}", recipe.prefix, path.split('/').map(place).collect::<Vec<_>>().join("/"));
    let quoted = if path.contains('$') { format!("\"{path}\"") } else { path };
    let value = |v: &str| if v.starts_with('$') { format!("\"{v}\"") } else { v.to_owned() };
    let query: String = call.query.iter().map(|(n, v)| format!(" {n}={}", value(v))).collect();
    // The answer about the calling key that has no id gets the one that signed.
    let own = payload.is_some_and(|p| About::of(p) == About::Keys && p.about.contains("calling") && !p.states.contains(&FieldName::Id));
    let key = if own { " --key \"$KEY\"" } else { "" };
    format!(
        "{} {method} {quoted}{query} |\n  keylint wrap --exchange {exchange}{key} > exports/{}.json",
        name(exchange, recipe),
        file(exchange, &call.endpoint)
    )
}

/// The name of the file of an endpoint: the words of its path, without those that all paths have.
fn file(exchange: Exchange, endpoint: &str) -> String {
    let mut out = exchange.id().to_owned();
    for part in parts(endpoint).1.split(['/', '_']) {
        let version = part.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()));
        if part.is_empty() || version || part.contains(['{', '}']) || matches!(part, "api" | "sapi" | "private" | "0") {
            continue;
        }
        out.push('-');
        let mut lower = false;
        for c in part.chars() {
            if c.is_ascii_uppercase() && lower {
                out.push('-');
            }
            lower = c.is_ascii_lowercase();
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}
