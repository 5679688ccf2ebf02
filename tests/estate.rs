//! The demo estate: what its README says of twenty keys is what keylint finds, and its leaks are found where they stand, in the
//! working tree and in the history of a repository that is made of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use keylint::declaration::Declaration;
use keylint::text::TextId;
use repository::{Repo, keylint};
use serde_json::Value;

/// The day of the demo.
const NOW: &str = "2026-11-20T12:00:00Z";

/// Each key that has a mistake, and the rules above low that say so of the key itself. All others are right.
const MISTAKES: [(&str, &[&str]); 10] = [
    ("binance/tax", &["ip-whitelist-missing", "third-party-on-main-account"]),
    ("binance/trend-lab", &["ip-not-an-egress", "secret-stored-unmanaged"]),
    ("binance/arb", &["transfer-on-trading-key"]),
    ("bybit/hedge", &["ip-whitelist-missing", "secret-stored-unmanaged", "trading-key-on-master-account", "withdraw-on-trading-key"]),
    ("bybit/perps-old", &["rotated-key-still-active", "rotation-overdue"]),
    ("bybit/pnl", &["permission-outside-task", "reporting-shares-server-with-trading"]),
    ("okx/rebalance", &["trading-key-on-storage-account"]),
    ("okx/sweep", &["trading-key-on-storage-account"]),
    ("okx/grid", &["key-shared-across-systems"]),
    ("okx/research", &["ip-whitelist-missing", "secret-stored-unmanaged"]),
];

/// What is wrong beside the keys: the rule, its severity, and what its message names.
const BESIDE: [(&str, &str, &str); 9] = [
    ("balance-above-working-limit", "high", "binance/mm"),
    ("address-whitelist-without-hold", "high", "okx/main"),
    ("withdraw-limit-missing", "high", "okx/main"),
    ("address-confirmed-by-email-only", "medium", "okx/main"),
    ("systems-share-sub-account", "medium", "binance/grid"),
    ("systems-share-sub-account", "medium", "okx/grid"),
    ("transfers-without-dedicated-key", "medium", "binance/arb"),
    ("third-party-open-whitelist", "high", "tax-ledger"),
    ("third-party-without-action-log", "medium", "tax-ledger"),
];

/// Every leak: its file, its key, the parts that stand there with their lengths, and how bad it is.
type Leak = (&'static str, Option<&'static str>, &'static [(&'static str, u64)], &'static str);
const LEAKS: [Leak; 7] = [
    (".github/workflows/deploy.yml", Some("bybit/perps-old"), &[("key", 18), ("secret", 36)], "medium"),
    ("bots/arb/arb.py", Some("binance/arb"), &[("key", 64), ("secret", 64)], "medium"),
    ("bots/hedge/.env", Some("bybit/hedge"), &[("key", 18), ("secret", 36)], "high"),
    ("bots/trend-lab/user_data/config.json", Some("binance/trend-lab"), &[("key", 64), ("secret", 64)], "high"),
    ("dev/docker-compose.yml", Some("okx/grid"), &[("key", 36), ("secret", 32), ("passphrase", 15)], "medium"),
    ("notebooks/funding.ipynb", Some("okx/research"), &[("key", 36), ("secret", 32), ("passphrase", 15)], "medium"),
    ("ops/balances.sh", None, &[("key", 64), ("secret", 64)], "high"),
];

fn estate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/estate")
}

fn read(path: &str) -> String {
    fs::read_to_string(estate().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The files of the estate, by their paths in it.
fn files() -> Vec<String> {
    let mut out = Vec::new();
    let mut folders = vec![estate()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                out.push(path.strip_prefix(estate()).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    out.sort();
    out
}

/// The JSON that a command prints in a folder on the day of the demo.
fn json(folder: &Path, args: &[&str], code: i32) -> Value {
    let output = keylint(folder, &[args, &["--now", NOW, "--format", "json"]].concat(), &[]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {errors}"))
}

fn report() -> Value {
    json(&estate(), &["check"], 1)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("{name}: {value:#}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value:#}"))
}

/// The findings that count.
fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    list(report, "findings").iter().filter(|f| f["suppressed"].is_null())
}

fn above_low(finding: &Value) -> bool {
    matches!(text(finding, "severity"), "critical" | "high" | "medium")
}

/// The rows of the README's table of keys: exchange and name, the beginning of the id, account, task, what it shows.
fn rows() -> Vec<[String; 5]> {
    let readme = read("README.md");
    let mut exchange = String::new();
    let mut out = Vec::new();
    for line in readme.lines().filter(|l| l.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, id, account, task, shows] = cells[..] else { continue };
        if let Some(title) = name.strip_prefix("**") {
            exchange = title.trim_end_matches("**").to_lowercase();
        } else if let Some(id) = id.strip_prefix('`') {
            let id = id.trim_end_matches("…`").to_owned();
            out.push([format!("{exchange}/{name}"), id, account.to_owned(), task.to_owned(), shows.to_owned()]);
        }
    }
    out
}

/// By exchange and id as a report shows it, the name that the README gives a key.
fn names() -> BTreeMap<(String, String), String> {
    let keys = json(&estate(), &["keys"], 0);
    let mut names = BTreeMap::new();
    for [name, begin, ..] in rows() {
        let exchange = name.split('/').next().unwrap().to_owned();
        let mut ids = list(&keys, "keys").iter().filter(|k| k["exchange"] == exchange.as_str()).map(|k| text(k, "id"));
        let id = ids.find(|id| id.starts_with(&begin)).unwrap_or_else(|| panic!("{name}: no key has the id {begin}…"));
        names.insert((exchange, format!("{}…{}", &id[..4], &id[id.len() - 4..])), name);
    }
    names
}

/// The README's name of the key that a finding is about.
fn name_of(finding: &Value, names: &BTreeMap<(String, String), String>) -> Option<String> {
    let subject = &finding["subject"];
    let id = subject["id"].as_str()?;
    names.get(&(text(subject, "exchange").to_owned(), id.to_owned())).cloned()
}

/// The values of the leaks that nobody may see: every part that is no key id, as it stands in its file.
fn values() -> Vec<String> {
    let report = report();
    let mut out = Vec::new();
    for finding in findings(&report).filter(|f| f["rule"] == "secret-in-plaintext") {
        for part in list(&finding["secret"], "parts").iter().filter(|p| p["part"] != "key") {
            let place = &finding["places"][usize::try_from(part["place"].as_u64().unwrap()).unwrap()];
            let offset = |end: &str| usize::try_from(place[end]["offset"].as_u64().unwrap()).unwrap();
            out.push(read(text(place, "path"))[offset("start")..offset("end")].to_owned());
        }
    }
    out
}

#[test]
fn it_has_three_exchanges_eight_sub_accounts_twenty_keys_and_two_third_parties() {
    let keys = json(&estate(), &["keys"], 0);
    assert_eq!(list(&keys, "problems"), [] as [Value; 0]);
    let exchanges: BTreeSet<&str> = list(&keys, "keys").iter().map(|k| text(k, "exchange")).collect();
    assert_eq!(exchanges, BTreeSet::from(["binance", "bybit", "okx"]));
    assert_eq!(list(&keys, "keys").len(), 20);
    let (subs, masters): (Vec<&Value>, Vec<_>) = list(&keys, "accounts").iter().partition(|a| a["kind"] == "sub");
    assert_eq!((subs.len(), masters.len()), (8, 3));
    assert!(subs.iter().all(|a| a["parent"].is_string()) && masters.iter().all(|a| a["kind"] == "master" && a["parent"].is_null()));
    // One balance is unknown, and there are two currencies.
    let unknown: Vec<&str> = list(&keys, "accounts").iter().filter(|a| a["balance"].is_null()).map(|a| text(a, "name")).collect();
    assert_eq!(unknown, ["okx/grid"]);
    let currencies: BTreeSet<&str> = list(&keys, "accounts").iter().filter_map(|a| a["balance"]["currency"].as_str()).collect();
    assert_eq!(currencies, BTreeSet::from(["BTC", "USDT"]));

    let source = read("keylint.yaml");
    let declared = Declaration::read(TextId(0), &source).unwrap_or_else(|problems| panic!("{} problems", problems.len()));
    assert_eq!((declared.accounts.len(), declared.keys.len(), declared.third_parties.len()), (11, 20, 2));
}

#[test]
fn the_readme_names_every_key_as_it_is_declared() {
    let keys = json(&estate(), &["keys"], 0);
    let rows = rows();
    assert_eq!(rows.len(), 20);
    let known: BTreeSet<_> = names().into_values().collect();
    assert_eq!(known.len(), 20, "two rows name one key");
    // Its other table lists the leaks, and its command runs from the root of the repository.
    for (path, key, ..) in LEAKS {
        let start = format!("| `{path}` | ");
        let readme = read("README.md");
        let whose = readme.lines().find_map(|l| l.strip_prefix(start.as_str())).unwrap_or_else(|| panic!("{path}"));
        assert!(key.is_none_or(|k| whose.starts_with(&format!("{} at ", k.split('/').nth(1).unwrap()))), "{path}: {whose}");
    }
    let command = read("README.md").lines().find_map(|l| l.strip_prefix("$ keylint ").map(str::to_owned)).unwrap();
    let output = keylint(Path::new(env!("CARGO_MANIFEST_DIR")), &command.split(' ').collect::<Vec<_>>(), &[]);
    assert!(command.contains(NOW) && output.status.code() == Some(1), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    for [name, begin, account, task, _] in rows {
        let key = list(&keys, "keys").iter().find(|k| text(k, "id").starts_with(&begin)).unwrap();
        assert_eq!(text(key, "account"), account, "{name}");
        assert_eq!(text(&key["task"], "name"), task.split(',').next().unwrap(), "{name}");
        assert_eq!(text(&key["task"], "from"), "declared", "{name}");
    }
}

#[test]
fn each_mistake_is_found_by_its_rule_and_the_right_keys_have_none() {
    let (report, names) = (report(), names());
    assert_eq!(report["verdict"]["complete"], true, "{:#}", report["problems"]);
    let mut found: BTreeMap<String, BTreeSet<&str>> = names.values().map(|n| (n.clone(), BTreeSet::new())).collect();
    for finding in findings(&report).filter(|f| f["subject"]["kind"] == "key" && above_low(f)) {
        let name = name_of(finding, &names).unwrap_or_else(|| panic!("{finding:#}"));
        found.get_mut(&name).unwrap().insert(text(finding, "rule"));
    }
    for [name, _, _, _, shows] in rows() {
        let expected = MISTAKES.iter().find(|(n, _)| *n == name).map_or(&[][..], |(_, rules)| rules);
        assert_eq!(found[&name], expected.iter().copied().collect(), "{name}");
        assert_eq!(shows.starts_with("right"), expected.is_empty(), "{name}: the README says: {shows}");
    }
    assert_eq!(found.values().filter(|rules| rules.is_empty()).count(), 10);
}

#[test]
fn what_is_wrong_beside_the_keys_is_found_and_nothing_else() {
    let report = report();
    let beside = findings(&report).filter(|f| above_low(f) && !matches!(text(&f["subject"], "kind"), "key" | "secret"));
    let mut found: Vec<_> = beside.map(|f| (text(f, "rule"), text(f, "severity"), text(f, "message"))).collect();
    for (rule, severity, names) in BESIDE {
        let at = found.iter().position(|(r, s, message)| *r == rule && *s == severity && message.contains(names));
        found.remove(at.unwrap_or_else(|| panic!("{rule} {severity} of {names} in {found:#?}")));
    }
    assert!(found.is_empty(), "{found:#?}");
    // What the exchange does not let one have otherwise, or what is declared, is told and no more.
    let told = |rule: &str| findings(&report).filter(|f| f["rule"] == rule && f["severity"] == "info").count();
    assert_eq!((told("ip-shared-egress"), told("mints-greater-keys")), (2, 3));
    assert_eq!((told("trade-and-transfer-on-one-key"), told("transfer-on-trading-key")), (1, 2));
}

#[test]
fn every_leak_is_found_with_the_key_that_it_belongs_to() {
    let (report, names) = (report(), names());
    let mut found: Vec<&Value> = findings(&report).filter(|f| f["rule"] == "secret-in-plaintext").collect();
    found.sort_by_key(|f| text(&f["places"][0], "path"));
    assert_eq!(found.len(), LEAKS.len());
    for (finding, (path, key, parts, severity)) in found.into_iter().zip(LEAKS) {
        let places = list(finding, "places");
        assert_eq!((text(&places[0], "path"), text(finding, "severity")), (path, severity));
        assert_eq!(name_of(finding, &names).as_deref(), key, "{path}");
        let seen: BTreeSet<_> =
            list(&finding["secret"], "parts").iter().map(|p| (text(p, "part"), p["length"].as_u64().unwrap())).collect();
        assert_eq!(seen, parts.iter().copied().collect(), "{path}");
        // The place that joins it with its key lies in an export.
        let joined = places.iter().any(|p| p["role"] == "related" && text(p, "path").starts_with("exports/"));
        assert_eq!(joined, key.is_some(), "{path}");
    }
    // The key that production uses stands in the paths of development.
    let leaves: Vec<_> = findings(&report).filter(|f| f["rule"] == "production-secret-in-development").collect();
    assert_eq!(leaves.iter().map(|f| text(&f["places"][0], "path")).collect::<Vec<_>>(), ["dev/docker-compose.yml"]);
    // And the clean files are clean.
    let mut clean: BTreeSet<String> = files().into_iter().filter(|f| !f.starts_with("exports/")).collect();
    clean.remove("keylint.yaml");
    for finding in findings(&report) {
        list(finding, "places").iter().for_each(|p| _ = clean.remove(text(p, "path")));
    }
    let expected = ["README.md", "bots/grid/settings.yaml", "bots/mm/config.py", "bots/perps/.env.example", "deploy/external-secret.yaml"];
    assert_eq!(clean, expected.map(str::to_owned).into());
}

#[test]
fn no_output_shows_a_secret() {
    let values = values();
    assert_eq!(values.len(), 9, "seven secrets and two passphrases");
    assert!(files().iter().filter(|f| f.starts_with("exports/")).all(|f| !values.iter().any(|v| read(f).contains(v.as_str()))));
    for format in ["human", "compact", "json", "jsonl", "sarif", "github", "gitlab-secrets", "gitlab-quality", "junit", "markdown"] {
        let output = keylint(&estate(), &["check", "--now", NOW, "--format", format, "--show-suppressed"], &[]);
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(shown.len() > 1000, "{format}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!values.iter().any(|v| shown.contains(v.as_str())), "{format} shows a secret");
    }
}

#[test]
fn a_draft_of_its_exports_has_every_key() {
    let output = keylint(&estate(), &["init", "exports"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let draft = String::from_utf8(output.stdout).unwrap();
    let declared = Declaration::read(TextId(0), &draft).unwrap_or_else(|problems| panic!("{} problems in {draft}", problems.len()));
    assert_eq!(declared.keys.len(), 20);
}

/// A repository of the estate in which the leak of the hedge key came on one day and went on another.
fn with_history() -> (Repo, String, String) {
    const LEAK: &str = "bots/hedge/.env";
    let repo = Repo::new();
    for file in files().iter().filter(|f| *f != LEAK) {
        repo.stage(file, read(file));
    }
    repo.commit("the desk", 480);
    repo.stage(LEAK, read(LEAK));
    let brought = repo.commit("hedge: run it on the new server", 490);
    repo.git(&["rm", "-q", LEAK]);
    repo.stage("bots/hedge/.env.example", "BYBIT_API_KEY=your_api_key\nBYBIT_API_SECRET=your_api_secret\n");
    let taken = repo.commit("hedge: the secret comes from the vault", 502);
    (repo, brought, taken)
}

#[test]
fn a_repository_made_of_it_has_the_same_findings() {
    let (whole, (repo, ..)) = (report(), with_history());
    let here = json(repo.path(), &["check"], 1);
    let say = |report: &Value| -> BTreeSet<String> { findings(report).map(|f| text(f, "message").to_owned()).collect() };
    // One leak is gone from the tree, and nothing else changes.
    let (mut before, after) = (say(&whole), say(&here));
    before.retain(|message| !after.contains(message));
    assert_eq!(before.len(), 1, "{before:#?}");
    assert!(before.iter().all(|m| m.starts_with("The secret of key ")), "{before:#?}");
    assert_eq!(here["coverage"]["keys"], 20);
}

#[test]
fn a_leak_that_was_taken_away_is_found_in_the_history_with_its_key() {
    let (repo, brought, taken) = with_history();
    let (history, names) = (json(repo.path(), &["check", "--history"], 1), names());
    assert_eq!((&history["verdict"]["complete"], &history["coverage"]["commits"]), (&true.into(), &3.into()));
    let found: Vec<&Value> = findings(&history).filter(|f| f["rule"] == "secret-in-plaintext").collect();
    assert_eq!(found.len(), LEAKS.len());
    for finding in found {
        let place = &finding["places"][0];
        let (path, key, _, severity) = LEAKS.into_iter().find(|l| l.0 == text(place, "path")).unwrap_or_else(|| panic!("{finding:#}"));
        assert_eq!((name_of(finding, &names).as_deref(), text(finding, "severity")), (key, severity), "{path}");
        let when = &finding["history"];
        if path == "bots/hedge/.env" {
            assert_eq!((text(when, "brought_by"), text(when, "taken_by"), text(place, "commit")), (&*brought, &*taken, &*brought));
            assert_eq!((&when["at_head"], &when["open_seconds"]), (&false.into(), &(12 * 86_400).into()));
            // It is as bad as when it stood there, for its key works on.
            assert_eq!(
                text(finding, "severity_because"),
                "usable from any address, can trade, can withdraw to saved addresses only: up to 150,000 USDT"
            );
        } else {
            assert_eq!((&when["at_head"], &when["taken_by"]), (&true.into(), &Value::Null), "{path}");
        }
    }
}
