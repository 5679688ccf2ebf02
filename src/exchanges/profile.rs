//! What an exchange fixes, whatever a key says: its profile, a YAML file in which every fact has its source and date.
//!
//! A fact that is not there is not known. Rules ask the profile, so nothing is demanded that an exchange does not offer.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::playbook::Playbook;
use super::settings::Settings;
use super::{READERS, Reader};
use crate::document;
use crate::model::time::Period;
use crate::model::{Exchange, FieldName, Right};
use crate::text::TextId;

/// A fact with where it is from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The fact.
    pub value: T,
    /// The documentation that states it: an address, or a repository with its commit.
    pub source: String,
    /// The day of the edition that was read.
    pub date: String,
    /// What else is worth knowing.
    pub note: Option<String>,
}

/// What an exchange fixes. Every fact is optional: what is not documented is not asserted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Facts {
    /// Whether a key can be bound to addresses. Where it cannot, it is usable from any, and no rule asks for a whitelist.
    pub ip_whitelist: Option<Sourced<bool>>,
    /// Whether an IP whitelist may hold ranges (CIDR), not only single addresses.
    pub ip_whitelist_ranges: Option<Sourced<bool>>,
    /// How many entries an IP whitelist may have.
    pub ip_whitelist_entries: Option<Sourced<u32>>,
    /// Whether a key that can withdraw must have an IP whitelist.
    pub withdraw_needs_ip_whitelist: Option<Sourced<bool>>,
    /// What happens to a key without an IP whitelist.
    pub without_ip_whitelist: Option<Sourced<Deadline>>,
    /// The request window where none is given.
    pub request_window: Option<Sourced<Period>>,
    /// The widest request window.
    pub request_window_most: Option<Sourced<Period>>,
    /// Whether a request is valid once, or for a time only, where no window is documented.
    pub requests_expire: Option<Sourced<bool>>,
    /// Whether a key can be limited to trading pairs.
    pub pair_whitelist: Option<Sourced<bool>>,
    /// Whether withdrawals through the API go only to saved addresses, always.
    pub address_whitelist_always: Option<Sourced<bool>>,
    /// How long a newly saved address waits, where the user cannot change it.
    pub address_hold: Option<Sourced<Period>>,
    /// How requests can be signed.
    pub signatures: Option<Sourced<Vec<SignatureKind>>>,
    /// Rights that the exchange grants only together: the first includes the second.
    pub inseparable: Option<Sourced<Vec<(Right, Right)>>>,
    /// Whether markets can be switched on and off for a key, one by one.
    pub markets_separable: Option<Sourced<bool>>,
    /// Permissions of a master key, by the exchange's names, with which it can create sub-account keys that may do more
    /// than it may itself.
    pub mints_greater_keys: Option<Sourced<Vec<String>>>,
}

/// The exchange's own deadline for a key without an IP whitelist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deadline {
    /// After how long.
    pub after: Period,
    /// Counted from when.
    pub from: CountedFrom,
    /// Which keys: those with one of these rights; all keys where there is none.
    #[serde(default)]
    pub with: Vec<Right>,
}

/// From when a deadline is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountedFrom {
    /// From the creation of the key.
    Creation,
    /// From its last use.
    LastUse,
}

/// A way to sign requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureKind {
    /// A secret that the exchange has too.
    Hmac,
    /// An Ed25519 key pair.
    Ed25519,
    /// An RSA key pair.
    Rsa,
    /// An ECDSA key pair.
    Ecdsa,
}

/// One answer of the exchange and the facts that it states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PayloadFacts {
    /// The endpoint, as the reader names it.
    pub endpoint: String,
    /// Whose settings it states: "the calling key", "the keys of a sub-account", …
    pub about: String,
    /// What the caller needs.
    pub needs: Option<String>,
    /// The facts that it states.
    pub states: Vec<FieldName>,
    /// The documentation.
    pub source: String,
}

/// A way to sign requests, as a program that can be copied, and the requests that it is good for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Which of several, where the exchange has more than one: `futures`.
    pub name: Option<String>,
    /// The scheme and the host.
    pub base: String,
    /// What stands before the path of each endpoint.
    #[serde(default)]
    pub prefix: String,
    /// What is signed, in words.
    pub signing: String,
    /// What of a key it reads from the environment.
    pub reads: Vec<Credential>,
    /// What it needs beside Python.
    pub needs: Option<String>,
    /// The documentation that states it: an address, or a repository with its commit.
    pub source: String,
    /// The day of the edition that was read.
    pub date: String,
    /// What else is worth knowing.
    pub note: Option<String>,
    /// The program in Python. It finds `key`, `secret`, `passphrase`, `base`, `method`, `path`, `query` and `now` in milliseconds,
    /// and says the options of curl: `say("url", …)`. So nothing of a key is ever an argument that other users see.
    pub program: String,
    /// The requests.
    pub calls: Vec<Call>,
}

/// A part of a key as the environment of a shell has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Credential {
    /// Its id.
    Key,
    /// Its secret, or its private key.
    Secret,
    /// Its passphrase.
    Passphrase,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Call {
    /// The endpoint, as the payloads name it.
    pub endpoint: String,
    /// Its parameters; a value that begins with `$` is taken from the environment.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
}

/// A profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The documentation's address.
    pub documentation: String,
    /// What the exchange fixes.
    #[serde(default)]
    pub facts: Facts,
    /// Its answers about keys, accounts and addresses.
    pub payloads: Vec<PayloadFacts>,
    /// The text that it was read from.
    #[serde(skip)]
    text: String,
    /// What of it only some commands tell, once one of them asked: most of a profile, and of no use to a check.
    #[serde(skip)]
    told: OnceLock<Told>,
}

/// The sections of a profile that commands for people tell.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Told {
    request: Vec<Recipe>,
    respond: Playbook,
    settings: Option<Settings>,
}

/// The names of those sections.
const TOLD: [&str; 3] = ["request", "respond", "settings"];

impl Profile {
    fn told(&self) -> &Told {
        // A test reads every profile, so that none that ships is broken.
        self.told.get_or_init(|| read(&part(&self.text, true)).unwrap_or_default())
    }
    /// How its answers are asked for.
    pub fn request(&self) -> &[Recipe] {
        &self.told().request
    }
    /// Where a leaked key is stopped, and what it did can be read.
    pub fn respond(&self) -> &Playbook {
        &self.told().respond
    }
    /// How the exchange writes what can be set of a key; nothing where no answer states it, or its words are not known.
    pub fn settings(&self) -> Option<&Settings> {
        self.told().settings.as_ref()
    }
    /// The endpoints whose answers state a fact, in the order of the profile.
    pub fn answered_by(&self, field: FieldName) -> impl Iterator<Item = &str> {
        self.payloads.iter().filter(move |p| p.states.contains(&field)).map(|p| p.endpoint.as_str())
    }
    /// Whether the exchange can only grant `b` together with `a`: `a` includes `b`, or they are one right.
    pub fn includes(&self, a: Right, b: Right) -> bool {
        self.facts.inseparable.as_ref().is_some_and(|f| f.value.contains(&(a, b)))
    }
}

/// Reads a profile.
///
/// # Errors
/// Where the file is no profile; the message has the line.
pub fn parse(text: &str) -> Result<Profile, String> {
    let profile: Profile = read(&part(text, false))?;
    Ok(Profile { text: text.to_owned(), ..profile })
}

/// The sections that are told, or the others. Lines of what is left out are empty, so that all others keep their number.
fn part(text: &str, told: bool) -> String {
    let (mut out, mut inside) = (String::with_capacity(text.len()), false);
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            inside = line.split_once(':').is_some_and(|(name, _)| TOLD.contains(&name));
        }
        if inside == told {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    let node = document::parse(TextId(0), text, 0..text.len()).map_err(|b| format!("broken: {} at byte {}", b.what, b.span.start))?;
    document::from_node(&node).map_err(|m| {
        let line = text.get(..m.span.start as usize).map_or(0, |t| t.matches('\n').count() + 1);
        format!("line {line}: {} {}", m.message, m.help.unwrap_or_default())
    })
}

/// The profile of an exchange, read once. Exchanges without a reader have none.
pub fn profile(exchange: Exchange) -> Option<&'static Profile> {
    static READ: [OnceLock<Option<Profile>>; Exchange::ALL.len()] = [const { OnceLock::new() }; Exchange::ALL.len()];
    let reader: &Reader = READERS.iter().find(|r| r.exchange == exchange)?;
    // A test reads every profile, so that none that ships is broken.
    READ.get(exchange as usize)?.get_or_init(|| parse(reader.profile).ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_reads_names_its_readers_payloads_and_has_sources() {
        for reader in READERS {
            let profile = parse(reader.profile).unwrap_or_else(|e| panic!("{}: {e}", reader.exchange));
            assert!(profile.documentation.starts_with("https://"), "{}", reader.exchange);
            let listed: Vec<_> = profile.payloads.iter().map(|p| p.endpoint.as_str()).collect();
            if reader.payloads.is_empty() {
                // Why there are none stands in the lines before.
                let (before, _) = reader.profile.split_once("\npayloads: []").unwrap_or_else(|| panic!("{}", reader.exchange));
                assert!(before.lines().next_back().is_some_and(|l| l.starts_with("# ")), "{}: why no payloads?", reader.exchange);
            }
            for payload in reader.payloads {
                assert!(listed.contains(&payload.endpoint), "{}: {} is not in the profile", reader.exchange, payload.endpoint);
            }
            for payload in &profile.payloads {
                assert!(
                    reader.payloads.iter().any(|p| p.endpoint == payload.endpoint),
                    "{}: nobody reads {}",
                    reader.exchange,
                    payload.endpoint
                );
                assert!(!payload.source.is_empty() && !payload.about.is_empty(), "{}", payload.endpoint);
            }
            let told = part(reader.profile, true);
            if let Err(wrong) = read::<Told>(&told)
                && !told.trim().is_empty()
            {
                panic!("{}: {wrong}", reader.exchange);
            }
            for recipe in profile.request() {
                assert!(recipe.base.starts_with("https://") && !recipe.base.ends_with('/') && !recipe.source.is_empty());
                assert!(recipe.date == "undated" || (recipe.date.len() == 10 && recipe.date.starts_with("20")), "{}", reader.exchange);
                for call in &recipe.calls {
                    assert!(listed.contains(&call.endpoint.as_str()), "{}: {} is not in the profile", reader.exchange, call.endpoint);
                }
            }
            // The type demands a source and a date of every fact; that they are more than empty words is seen on the tree.
            let node =
                document::parse(TextId(0), reader.profile, 0..reader.profile.len()).unwrap_or_else(|_| panic!("{}", reader.exchange));
            for fact in node.get("facts").and_then(document::Node::as_mapping).unwrap_or(&[]) {
                let text = |name| fact.value.get(name).and_then(document::Node::scalar).unwrap_or("");
                let dated = text("date") == "undated" || (text("date").len() >= 7 && text("date").starts_with("20"));
                assert!(!text("source").is_empty() && dated, "{}: {:?}", reader.exchange, fact.key.scalar());
            }
        }
    }
}
