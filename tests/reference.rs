//! The reference: pages that are made from rule files, profiles and the vocabulary, and never written by hand.
//!
//! `KEYLINT_BLESS=1 cargo test --test reference` writes them; otherwise a page that is out of date fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keylint::exchanges::{CountedFrom, Profile, READERS, SignatureKind, profile};
use keylint::model::FieldName;
use keylint::rules::vocabulary::{FactId, ItFact, Member, Subject, Type};
use keylint::rules::{Rule, Rulebook, sentence};
use keylint::text::Texts;

/// Writes a page or compares it.
fn page(name: &str, anew: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("KEYLINT_BLESS").is_some() {
        fs::write(path, anew).unwrap();
        return;
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(there == anew, "{name} is out of date: KEYLINT_BLESS=1 cargo test --test reference");
}

fn book() -> Rulebook {
    let mut book = Rulebook::built_in(&mut Texts::default()).unwrap_or_else(|m| panic!("{}", m.message));
    book.finish().unwrap_or_else(|m| panic!("{}", m.message));
    book
}

/// Words of the reader's own in a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Prose in lines of a readable length.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > 110 {
            out.push('\n');
            out.push_str(indent);
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

fn severities(rule: &Rule) -> String {
    let mut all: Vec<_> = rule.severity.iter().map(|c| c.is).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    match (all.first(), all.last()) {
        (Some(worst), Some(least)) if worst != least => format!("{worst} to {least}"),
        (Some(one), _) => one.to_string(),
        (None, _) => String::new(),
    }
}

fn family_title(family: &str) -> &str {
    match family {
        "permissions" => "Permissions: what a key may do",
        "ip-whitelist" => "IP whitelist: from where it may do it",
        "withdrawals" => "Withdrawals: what stands between a key and the money leaving",
        "sub-accounts" => "Sub-accounts: how much one key can reach",
        "lifecycle" => "Lifecycle: age, storage, expiry, disuse, and how far the evidence carries",
        "third-parties" => "Third parties: keys that others hold",
        other => other,
    }
}

/// The families in the order in which a reader wants them.
const FAMILIES: [&str; 6] = ["permissions", "ip-whitelist", "withdrawals", "sub-accounts", "lifecycle", "third-parties"];

#[test]
fn the_rule_reference_is_made_from_the_rules() {
    let book = book();
    let mut out = String::from(
        "# The built-in rules\n\n<!-- Made from rules/ by tests/reference.rs: change the rule, not this page. -->\n\n\
         Every rule is one file, `rules/<family>/<rule-id>.yaml`, with the examples that prove it. `keylint explain RULE` prints the\n\
         same for one rule, its examples too. The facts in the conditions are listed in [facts.md](facts.md).\n\n\
         A rule has three answers. Where a fact that it needs is unknown, it is *not assessed*: the report says so, names the fact, and\n\
         which answer of the exchange would state it.\n",
    );
    for family in FAMILIES {
        let _ = write!(out, "\n**{}**\n\n| rule | severity | what it looks for |\n|---|---|---|\n", family_title(family));
        for rule in book.rules.iter().filter(|r| r.family == family) {
            let _ = writeln!(out, "| [{0}](#{0}) | {1} | {2} |", rule.id, severities(rule), cell(&rule.title));
        }
    }
    for family in FAMILIES {
        let _ = write!(out, "\n## {}\n", family_title(family));
        for rule in book.rules.iter().filter(|r| r.family == family) {
            write_rule(&mut out, rule);
        }
    }
    assert!(book.rules.iter().all(|r| FAMILIES.contains(&r.family.as_str())), "a family is not in the reference");
    page("docs/rules.md", &out);
}

fn write_rule(out: &mut String, rule: &Rule) {
    let _ = write!(out, "\n### {}\n\n**{}.** ", rule.id, rule.title);
    let _ = match rule.each {
        Some((list, _)) => writeln!(out, "Asked about each {}; each of its {} is a finding of its own.", rule.about.id(), list.name()),
        None if rule.about == Subject::Estate => writeln!(out, "Asked once, about all that was read."),
        None => writeln!(out, "Asked about each {}.", rule.about.id()),
    };
    let _ = writeln!(out, "\n- Fires when: {}", wrapped(&sentence(&rule.when), "  "));
    if let Some(weigh) = rule.weigh {
        let _ = writeln!(out, "- Severity, {}; else as below.", weigh.sentence());
    }
    match rule.severity.as_slice() {
        [one] => {
            let because = one.because.as_ref().map(|b| format!(": {b}")).unwrap_or_default();
            let _ = writeln!(out, "- Severity: {}{because}", one.is);
        }
        cases => {
            let _ = writeln!(out, "- Severity, the first that fits:");
            for case in cases {
                let when = case.when.as_ref().map_or_else(|| "otherwise".to_owned(), |w| format!("when {}", sentence(w)));
                let because = case.because.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
                let _ = writeln!(out, "  - {} {}", case.is, wrapped(&format!("{when}{because}"), "    "));
            }
        }
    }
    if rule.confidence.id() != "high" {
        let _ = writeln!(out, "- Confidence: {}", rule.confidence.id());
    }
    if !rule.yields_to.is_empty() {
        let ids: Vec<String> = rule.yields_to.iter().map(|(id, _)| format!("[{id}](#{id})")).collect();
        let _ = writeln!(out, "- Yields to: {}", ids.join(", "));
    }
    let _ = writeln!(
        out,
        "\n{}\n\n{}",
        wrapped(&format!("*Why it matters.* {}", rule.why), ""),
        wrapped(&format!("*How to fix it.* {}", rule.fix), "")
    );
    if !rule.references.is_empty() {
        let list: Vec<String> = rule.references.iter().map(|r| format!("<{r}>")).collect();
        let _ = writeln!(out, "\nSources: {}", list.join(", "));
    }
}

/// What a fact can be tested for, by its type.
fn tests_of(kind: Type) -> String {
    let words = |w: &[&str]| w.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Type::Bool => "`true`, `false`".into(),
        Type::Word([]) => "a word, `one-of`, `none-of`".into(),
        Type::Word(w) => format!("{}; `one-of`, `none-of`", words(w)),
        Type::Words(w) => format!("`only`, `empty`; of {}", words(w)),
        Type::Time => "`older-than`, `within`, `passed`".into(),
        Type::Hold => "`none`".into(),
        Type::Limit => "`none`, `above`, `at-least`".into(),
        Type::Money => "`above`, `at-least`".into(),
        Type::Addresses => "`everything`, `wider-than`".into(),
        Type::List(_) => "`exists`, `empty`, `more-than`".into(),
    }
}

#[test]
fn the_list_of_facts_is_made_from_the_vocabulary() {
    let mut out = String::from(
        "# The facts that a rule can ask for\n\n<!-- Made from the vocabulary by tests/reference.rs: change src/rules/vocabulary.rs, not this page. -->\n\n\
         A rule is `about` one of these subjects, and its condition names facts of it. How a condition is written stands in\n\
         [CONTRIBUTING.md](../CONTRIBUTING.md#conditions). `keylint schema rules` prints the same as a JSON Schema, with which an\n\
         editor completes the names.\n",
    );
    let subjects =
        [Subject::Key, Subject::Account, Subject::ThirdParty, Subject::Address, Subject::Transfer, Subject::Exchange, Subject::Estate];
    for subject in subjects {
        let _ = write!(out, "\n## about: {}\n\n| fact | tests | meaning |\n|---|---|---|\n", subject.id());
        for fact in FactId::of(subject) {
            let _ = writeln!(out, "| `{}` | {} | {} |", fact.name(), tests_of(fact.kind()), cell(fact.says()));
        }
    }
    let members = [Member::Permission, Member::Entry, Member::Market, Member::Pair, Member::Egress];
    for member in members {
        let lists: Vec<String> = FactId::ALL.iter().filter(|f| f.kind() == Type::List(member)).map(|f| format!("`{}`", f.name())).collect();
        let _ = write!(out, "\n## it, a member of {}\n\n| fact | tests | meaning |\n|---|---|---|\n", lists.join(", "));
        for (name, kind, says) in ItFact::of(member) {
            let _ = writeln!(out, "| `it.{name}` | {} | {} |", tests_of(kind), cell(says));
        }
    }
    page("docs/facts.md", &out);
}

/// The facts that a profile fixes, in words, each with its source and note.
fn fixed(profile: &Profile) -> Vec<(String, String, Option<String>)> {
    let facts = &profile.facts;
    let mut out = Vec::new();
    macro_rules! say {
        ($field:ident, $value:ident => $words:expr) => {
            if let Some(fact) = &facts.$field {
                let $value = &fact.value;
                let dated = if fact.date == "undated" { "undated".to_owned() } else { format!("edition of {}", fact.date) };
                out.push((String::from($words), format!("{} ({dated})", linked(&fact.source)), fact.note.clone()));
            }
        };
    }
    say!(ip_whitelist, v => if *v { "A key can be bound to addresses." } else { "A key cannot be bound to addresses: it is usable from any, and no rule asks for an IP whitelist." });
    say!(ip_whitelist_ranges, v => if *v { "An IP whitelist may hold ranges." } else { "An IP whitelist holds single addresses only." });
    say!(ip_whitelist_entries, v => format!("An IP whitelist has at most {v} entries."));
    say!(withdraw_needs_ip_whitelist, v => if *v { "A key that can withdraw must have an IP whitelist." } else { "A key can withdraw without an IP whitelist." });
    say!(without_ip_whitelist, v => {
        let rights: Vec<&str> = v.with.iter().map(|r| r.id()).collect();
        let which = if rights.is_empty() { String::new() } else { format!(" that can {}", rights.join(" or ")) };
        let from = match v.from {
            CountedFrom::Creation => "its creation",
            CountedFrom::LastUse => "its last use",
        };
        format!("A key{which} and has no IP whitelist ends {} after {from}.", v.after).replace("A key and has", "A key that has")
    });
    say!(request_window, v => format!("A request is valid for {v} where nothing else is said."));
    say!(request_window_most, v => format!("A request is valid for {v} at most."));
    say!(pair_whitelist, v => if *v { "A key can be limited to trading pairs." } else { "A key cannot be limited to trading pairs." });
    say!(address_whitelist_always, v => if *v { "Withdrawals through the API go only to saved addresses." } else { "Withdrawals through the API go to any address." });
    say!(address_hold, v => format!("A new withdrawal address waits {v}."));
    say!(signatures, v => {
        let names: Vec<&str> = v.iter().map(|k| signature(*k)).collect();
        format!("Requests can be signed with {}.", names.join(", "))
    });
    say!(inseparable, v => {
        let pairs: Vec<String> = v.iter().map(|(a, b)| format!("{} includes {}", a.id(), b.id())).collect();
        format!("Granted together only: {}.", pairs.join(", "))
    });
    say!(markets_separable, v => if *v { "Markets can be switched on and off one by one." } else { "All markets are one switch." });
    say!(mints_greater_keys, v => {
        let names: Vec<String> = v.iter().map(|n| format!("`{n}`")).collect();
        format!("By the documentation, {} of a master key is enough to create keys for sub-accounts.", names.join(" or "))
    });
    out
}

fn signature(kind: SignatureKind) -> &'static str {
    match kind {
        SignatureKind::Hmac => "HMAC",
        SignatureKind::Ed25519 => "Ed25519",
        SignatureKind::Rsa => "RSA",
        SignatureKind::Ecdsa => "ECDSA",
    }
}

fn linked(source: &str) -> String {
    if source.starts_with("https://") { format!("<{source}>") } else { source.to_owned() }
}

#[test]
fn the_page_of_exchanges_is_made_from_the_profiles() {
    let mut out = String::from(
        "# The exchanges\n\n<!-- Made from the profiles by tests/reference.rs: change src/exchanges/<name>.yaml, not this page. -->\n\n\
         Which answers keylint reads, what the caller needs to get them, and which facts each states (the names are those of\n\
         `keylint keys --format json`). After that, what the exchange fixes whatever a key says, with the source and the edition that was\n\
         read. What is not here is not known, and no rule assumes it.\n",
    );
    for reader in READERS {
        let profile = profile(reader.exchange).unwrap();
        let _ = write!(out, "\n## {}\n\nDocumentation: {}\n\n", reader.exchange.title(), linked(&profile.documentation));
        if profile.payloads.is_empty() {
            out.push_str("No answer about keys, accounts or addresses is documented: its keys are declared by hand.\n");
        } else {
            out.push_str("| answer of | about | the caller needs | states |\n|---|---|---|---|\n");
        }
        for payload in &profile.payloads {
            let states: Vec<&str> = payload.states.iter().map(|f| f.id()).collect();
            let states = if states.is_empty() { "nothing about keys".to_owned() } else { states.join(", ") };
            let needs = payload.needs.as_deref().unwrap_or("not documented");
            let _ = writeln!(out, "| `{}` | {} | {} | {} |", payload.endpoint, cell(&payload.about), cell(needs), states);
        }
        let fixed = fixed(profile);
        if !fixed.is_empty() {
            out.push('\n');
        }
        for (words, source, note) in fixed {
            let note = note.map(|n| format!(" Note: {}.", n.trim_end_matches('.'))).unwrap_or_default();
            let _ = writeln!(out, "- {}", wrapped(&format!("{words}{note} Source: {source}"), "  "));
        }
    }
    page("docs/exchanges.md", &out);
}

#[test]
fn the_readmes_table_of_exchanges_is_made_from_the_profiles() {
    let mut table = String::from("| exchange | keys | sub-accounts | withdrawal addresses |\n|---|---|---|---|\n");
    let silent = READERS.iter().filter(|r| r.payloads.is_empty()).map(|r| r.exchange.title());
    for reader in READERS.iter().filter(|r| !r.payloads.is_empty()) {
        let profile = profile(reader.exchange).unwrap();
        let (mut keys, mut accounts, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for payload in profile.payloads.iter().filter(|p| !p.states.is_empty()) {
            let list = if payload.states.contains(&FieldName::SubAccounts) {
                &mut accounts
            } else if payload.states.contains(&FieldName::Addresses) {
                &mut addresses
            } else {
                &mut keys
            };
            list.push(format!("`{}`", payload.endpoint));
        }
        let shown = |list: Vec<String>| if list.is_empty() { "–".to_owned() } else { list.join("<br>") };
        let _ = writeln!(table, "| {} | {} | {} | {} |", reader.exchange.title(), shown(keys), shown(accounts), shown(addresses));
    }
    let silent: Vec<&str> = silent.collect();
    if !silent.is_empty() {
        let _ = write!(
            table,
            "\n{}\n",
            wrapped(&format!("Declared by hand, for nothing about keys is documented: {}.", silent.join(", ")), "")
        );
    }
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (head, rest) = readme.split_once("<!-- exchanges: made from the profiles -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end -->").unwrap();
    page("README.md", &format!("{head}<!-- exchanges: made from the profiles -->\n{table}<!-- end -->{tail}"));
}
