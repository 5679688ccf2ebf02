//! Every documented payload, beside its normal form; and what happens when any one of its fields is missing.
//!
//! `KEYLINT_BLESS=1 cargo test --test exports` writes the normal forms anew; read the difference before you keep it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::nonminimal_bool,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::path::{Path, PathBuf};

use keylint::document;
use keylint::exchanges::{self, READERS, Reading};
use keylint::intake::{self, Expected};
use keylint::inventory::{Inventory, join};
use keylint::model::Exchange;
use keylint::model::time::Time;
use keylint::problem::Problem;
use keylint::report::keys::{Listing, write_json};
use keylint::run::Coverage;
use keylint::text::{Text, TextId, Texts};
use serde_json::{Map, Value};

fn fixtures() -> Vec<(Exchange, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exports");
    let mut out = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let exchange = Exchange::parse(folder.file_name().unwrap().to_str().unwrap()).unwrap();
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".json") && !name.ends_with(".keys.json") {
                out.push((exchange, path));
            }
        }
    }
    out.sort();
    out
}

fn is_error(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("error-")
}

fn taken(source: &str, asked: Option<Exchange>) -> (Inventory, Vec<Problem>, Texts, usize) {
    let mut texts = Texts::default();
    let text = Text::known("export.json", source);
    let taken = intake::take(TextId(0), &text, "export.json".into(), asked, Expected::Export);
    texts.add(text);
    let exports = taken.exports;
    let (inventory, _) = join(vec![taken.evidence], None);
    (inventory, taken.problems, texts, exports)
}

/// The normal form, without what depends on where it was read.
fn normal_form(source: &str, asked: Option<Exchange>) -> (Value, usize) {
    let (inventory, problems, texts, exports) = taken(source, asked);
    let mut out = Vec::new();
    let texts = texts.into_shown();
    let as_of = Time::parse("2026-11-01T00:00:00Z").unwrap();
    let listing = Listing { inventory: &inventory, problems: &problems, coverage: &Coverage::default(), texts: &texts, as_of };
    write_json(&listing, &mut out).unwrap();
    let mut value: Value = serde_json::from_slice(&out).unwrap();
    let root = value.as_object_mut().unwrap();
    let mut form = Map::new();
    for part in ["keys", "accounts", "addresses"] {
        let mut list = root.remove(part).unwrap();
        for record in list.as_array_mut().unwrap() {
            record.as_object_mut().unwrap().remove("places");
        }
        form.insert(part.into(), list);
    }
    let problems: Vec<Value> = problems.iter().map(|p| Value::String(format!("{}: {}", p.code, p.message))).collect();
    form.insert("problems".into(), problems.into());
    (Value::Object(form), exports)
}

#[test]
fn every_reader_has_fixtures() {
    let found = fixtures();
    for reader in READERS {
        let own = found.iter().filter(|(e, p)| *e == reader.exchange && !is_error(p)).count();
        assert!(own >= reader.payloads.len().min(2), "{} has {own} fixtures for {} payloads", reader.exchange, reader.payloads.len());
    }
}

#[test]
fn every_fixture_reads_to_the_normal_form_beside_it() {
    let bless = std::env::var_os("KEYLINT_BLESS").is_some();
    let mut wrong = Vec::new();
    for (_, path) in fixtures() {
        let source = fs::read_to_string(&path).unwrap();
        let (form, exports) = normal_form(&source, None);
        assert!(exports > 0 || is_error(&path), "{} is not recognised: {}", path.display(), form["problems"]);
        let beside = path.with_extension("keys.json");
        let text = serde_json::to_string_pretty(&form).unwrap() + "\n";
        if bless {
            fs::write(&beside, text).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != text {
            wrong.push(beside);
        }
    }
    assert!(wrong.is_empty(), "these normal forms differ: {wrong:#?}");
}

#[test]
fn what_is_said_to_be_of_an_exchange_without_payloads_is_told_and_not_read() {
    for reader in READERS.iter().filter(|r| r.payloads.is_empty()) {
        let id = reader.exchange.id();
        let answer = r#"{ "apiKey": "Kq7Zp2Lm9Xc4Vb8Nt1", "permissions": ["trade"], "ips": ["51.158.10.20"] }"#;
        let enveloped = format!(r#"{{ "exchange": "{id}", "response": {answer} }}"#);
        for (source, asked) in [(answer, Some(reader.exchange)), (&enveloped, None)] {
            let (inventory, problems, _, exports) = taken(source, asked);
            let codes: Vec<_> = problems.iter().map(|p| p.code).collect();
            assert_eq!((exports, inventory.keys.len(), codes.as_slice()), (0, 0, &["undocumented-export"][..]), "{id}");
        }
        // Beside answers of other exchanges, each is read by its own envelope.
        let gemini = r#"{ "exchange": "gemini", "response": { "isAuditor": true, "isFundManager": false, "isTrader": false } }"#;
        let (_, _, _, exports) = taken(&format!("[{gemini}, {enveloped}]"), Some(reader.exchange));
        assert_eq!(exports, 1, "{id}");
    }
}

#[test]
fn error_answers_are_named_as_what_they_are() {
    for (exchange, path) in fixtures().into_iter().filter(|(_, p)| is_error(p)) {
        let source = fs::read_to_string(&path).unwrap();
        let (_, problems, ..) = taken(&source, Some(exchange));
        assert!(problems.iter().any(|p| p.code == "error-answer"), "{}: {problems:?}", path.display());
    }
}

#[test]
fn no_other_exchange_claims_a_fixture() {
    for (exchange, path) in fixtures() {
        let source = fs::read_to_string(&path).unwrap();
        let documents = document::documents(TextId(0), &source);
        for reader in READERS.iter().filter(|r| r.exchange != exchange) {
            for node in &documents.nodes {
                let claimed = exchanges::read(node, Some(reader.exchange)).iter().any(|r| matches!(r, Reading::Export(_)));
                let enveloped = node.get("response").is_some();
                assert!(!claimed || enveloped, "{} claims {}", reader.exchange, path.display());
            }
        }
    }
}

/// Every way to take one member of an object out of a document: the document that is left, and what was taken.
fn without_one(value: &Value) -> Vec<(Value, String, Value)> {
    fn walk(root: &Value, path: &mut Vec<String>, out: &mut Vec<(Value, String, Value)>) {
        let pointer: String = path.iter().map(|p| format!("/{}", p.replace('~', "~0").replace('/', "~1"))).collect();
        match root.pointer(&pointer) {
            Some(Value::Object(members)) => {
                for (name, value) in members.clone() {
                    let mut left = root.clone();
                    left.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(&name);
                    path.push(name);
                    out.push((left, path.join("."), value));
                    walk(root, path, out);
                    path.pop();
                }
            }
            Some(Value::Array(items)) => {
                for i in 0..items.len() {
                    path.push(i.to_string());
                    walk(root, path, out);
                    path.pop();
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, &mut Vec::new(), &mut out);
    out
}

/// Whether a normal form says the same as another one or less: unknown instead of known, never something else.
fn says_no_more(less: &Value, more: &Value, at: &str, told: &mut Vec<String>) {
    match (less, more) {
        (Value::Null, _) => {}
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                says_no_more(value, b.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"), told);
            }
        }
        // Lists of records stay as long; lists of words may lose words.
        (Value::Array(a), Value::Array(b)) if a.iter().chain(b).all(Value::is_object) && !a.is_empty() => {
            if a.len() == b.len() {
                for (i, (x, y)) in a.iter().zip(b).enumerate() {
                    says_no_more(x, y, &format!("{at}[{i}]"), told);
                }
            } else {
                told.push(format!("{at}: {} records instead of {}", a.len(), b.len()));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if let Some(new) = a.iter().find(|x| !b.contains(x)) {
                told.push(format!("{at}: {new} is new"));
            }
        }
        // A restriction whose list is not there is less than the list.
        (Value::String(word), Value::Array(_)) if word == "restricted" => {}
        // Another of the account's ids is an id of it all the same.
        (Value::String(_), Value::String(_)) if at.ends_with("].id") && at.starts_with("accounts") => {}
        (Value::String(_), Value::String(_)) if at.ends_with("].account") || at.ends_with("].parent") => {}
        // An answer in which the secret no longer stands carries none.
        (Value::Bool(false), Value::Bool(true)) if at.ends_with("carries_secret") => {}
        _ if less == more => {}
        _ => told.push(format!("{at}: {less} instead of {more}")),
    }
}

/// Whether each record of a list says the same as one of another list, or less.
fn are_some_of(less: &Value, more: &Value, part: &str) -> bool {
    let (less, more) = (less.as_array().unwrap(), more.as_array().unwrap());
    let fits = |x: &Value, y: &Value| {
        let mut told = Vec::new();
        says_no_more(x, y, &format!("{part}[0]"), &mut told);
        told.is_empty()
    };
    less.len() <= more.len() && less.iter().all(|x| more.iter().any(|y| fits(x, y)))
}

/// Fields whose absence says something, by the exchange's own documentation.
fn absence_speaks(exchange: Exchange, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or("");
    matches!(
        (exchange, last),
        // No whitelist in the answer: open, as the profiles say with their sources.
        (Exchange::Kucoin, "ipWhitelist")
            | (Exchange::Deribit, "ip_whitelist")
            | (Exchange::Bitmex, "cidr" | "cidrs")
            | (Exchange::Woox, "allowedIPs")
    )
}

#[test]
fn a_field_that_is_missing_is_unknown_and_nothing_else_changes() {
    let mut told = Vec::new();
    let mut count = 0;
    for (exchange, path) in fixtures().into_iter().filter(|(_, p)| !is_error(p)) {
        let source = fs::read_to_string(&path).unwrap();
        let Ok(value) = serde_json::from_str::<Value>(&source) else { continue };
        let (whole, _) = normal_form(&source, None);
        for (left, field, was) in without_one(&value) {
            count += 1;
            let (form, exports) = normal_form(&left.to_string(), None);
            let name = format!("{} without {field}", path.display());
            if exports == 0 {
                // What holds the records is what makes it an export; so is the one number of an answer that is a number.
                let is_holder = was.is_object() || was.is_array() || matches!(field.as_str(), "data" | "code" | "exchange" | "response");
                // A key file is a name and a private key: either alone is no document of anybody's.
                let is_holder = is_holder || path.ends_with("coinbase/cdp-api-key-file.json");
                // The number of an account is all that this answer says.
                let is_holder = is_holder || path.ends_with("bingx/account-uid.json");
                if !is_holder {
                    told.push(format!("{name}: not recognised"));
                }
                continue;
            }
            let mut more = Vec::new();
            for part in ["keys", "accounts", "addresses"] {
                let before = more.len();
                says_no_more(&form[part], &whole[part], part, &mut more);
                // Where what held records is gone, those that are left are some of those that were there.
                if (was.is_object() || was.is_array()) && are_some_of(&form[part], &whole[part], part) {
                    more.truncate(before);
                }
            }
            more.retain(|m| !(absence_speaks(exchange, &field) && m.contains("ip_whitelist: \"unrestricted\"")));
            // Without its public key nothing says that the value beside it is only a fingerprint.
            more.retain(|m| !(field.ends_with("public_key") && m.contains("carries_secret: true")));
            told.extend(more.into_iter().map(|m| format!("{name}: {m}")));
        }
    }
    assert!(count > 500, "only {count} fields were taken out");
    assert!(told.is_empty(), "{} of {count} say something else:\n{}", told.len(), told.join("\n"));
}

#[test]
fn a_null_is_as_silent_as_a_missing_field() {
    let mut told = Vec::new();
    for (_, path) in fixtures().into_iter().filter(|(_, p)| !is_error(p)) {
        let source = fs::read_to_string(&path).unwrap();
        let Ok(value) = serde_json::from_str::<Value>(&source) else { continue };
        let (whole, _) = normal_form(&source, None);
        for (left, field, was) in without_one(&value) {
            // Put the field back as null.
            let mut nulled = left.clone();
            let (parent, name) = field.rsplit_once('.').unwrap_or(("", &field));
            let pointer: String = parent.split('.').filter(|p| !p.is_empty()).map(|p| format!("/{p}")).collect();
            if let Some(object) = nulled.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                object.insert(name.to_owned(), Value::Null);
            }
            let (form, exports) = normal_form(&nulled.to_string(), None);
            if exports == 0 || was.is_object() || was.is_array() {
                continue;
            }
            for part in ["keys", "accounts", "addresses"] {
                let mut more = Vec::new();
                says_no_more(&form[part], &whole[part], part, &mut more);
                // A last use of null is documented as "never" where the reader says so; it is no time either way.
                more.retain(|m| {
                    !m.contains("ip_whitelist: \"unrestricted\"") && !(field.ends_with("public_key") && m.contains("carries_secret: true"))
                });
                told.extend(more.into_iter().map(|m| format!("{} with {field}: null: {m}", path.display())));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn an_answer_whose_request_names_the_key_by_another_id_is_about_that_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exports/whitebit");
    let line = |name: &str| fs::read_to_string(root.join(name)).unwrap().replace('\n', " ");
    let (keys, ips) = (line("sub-account-api-key-list.json"), line("sub-account-api-key-ip-list.json"));
    let listed: Value = serde_json::from_str(&keys).unwrap();
    for (name, count) in [("id", 1), ("apiKey", 1), ("subAccountId", 2)] {
        let id = listed["data"][0][name].as_str().unwrap();
        let enveloped = format!(r#"{{ "exchange": "whitebit", "key": "{id}", "response": {ips} }}"#);
        for source in [format!("{keys}\n{enveloped}\n"), format!("{enveloped}\n{keys}\n")] {
            let (form, _) = normal_form(&source, None);
            let read = form["keys"].as_array().unwrap();
            assert_eq!(read.len(), count, "{name}");
            assert!(count == 2 || read[0]["ip_whitelist"].is_array() && read[0]["id"] == listed["data"][0]["apiKey"], "{name}");
        }
    }
}

#[test]
fn order_and_new_fields_change_nothing() {
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut out = Map::new();
                out.insert("aFieldOfTheFuture".into(), Value::String("x".into()));
                for (name, value) in members.iter().rev() {
                    out.insert(name.clone(), turned(value));
                }
                Value::Object(out)
            }
            Value::Array(items) => Value::Array(items.iter().map(turned).collect()),
            other => other.clone(),
        }
    }
    for (_, path) in fixtures().into_iter().filter(|(_, p)| !is_error(p)) {
        let source = fs::read_to_string(&path).unwrap();
        let Ok(value) = serde_json::from_str::<Value>(&source) else { continue };
        if value.get("response").is_some() {
            continue;
        }
        let (whole, _) = normal_form(&source, None);
        let (form, exports) = normal_form(&turned(&value).to_string(), None);
        assert!(exports > 0, "{} with new fields is not recognised: {}", path.display(), form["problems"]);
        let sorted = |v: &Value| {
            let mut v = v.clone();
            for key in v["keys"].as_array_mut().unwrap() {
                for list in ["native_permissions", "markets"] {
                    if let Some(words) = key[list].as_array_mut() {
                        // A new name among permissions is a new permission, and told as one.
                        words.retain(|w| w != "aFieldOfTheFuture");
                        words.sort_by_key(ToString::to_string);
                    }
                }
            }
            v
        };
        for part in ["keys", "accounts", "addresses"] {
            assert_eq!(sorted(&form)[part], sorted(&whole)[part], "{}", path.display());
        }
    }
}

#[test]
fn the_envelope_lists_and_lines_read_alike() {
    for (exchange, path) in fixtures().into_iter().filter(|(_, p)| !is_error(p)) {
        let source = fs::read_to_string(&path).unwrap();
        let Ok(value) = serde_json::from_str::<Value>(&source) else { continue };
        if value.get("response").is_some() {
            continue;
        }
        let (whole, _) = normal_form(&source, None);
        let wrapped = serde_json::json!({ "exchange": exchange.id(), "response": value });
        let forms = [("enveloped", wrapped.to_string()), ("in a list", format!("[{wrapped}]"))];
        for (how, text) in forms {
            let (form, exports) = normal_form(&text, None);
            assert!(exports > 0, "{} {how} is not recognised: {}", path.display(), form["problems"]);
            assert_eq!(form["keys"], whole["keys"], "{} {how}", path.display());
        }
        // JSON Lines: twice the same answer; keys with an id are one record, others are two.
        let (form, exports) = normal_form(&format!("{wrapped}\n{wrapped}\n"), None);
        assert_eq!(exports, 2, "{}", path.display());
        assert!(form["keys"].as_array().unwrap().len() >= whole["keys"].as_array().unwrap().len(), "{}", path.display());
    }
}
