//! The words of the profiles held against the readers, so that neither changes without the other.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value, json};

use super::*;
use crate::document;
use crate::exchanges::recognise::Export;
use crate::exchanges::{Profile, READERS, Reading, profile, read, sample};
use crate::model::{Exchange, FieldName, Key, Origin, value};
use crate::text::TextId;

/// Exchanges whose answers state permissions, which a list of words cannot say, each with the reason.
const LACKING: &[Exchange] = &[
    // An authenticator is a tree: a message alone grants nothing, and any branch may lead around a filter.
    Exchange::Dydx,
    // A key may do what both its type and its list of endpoints allow: neither grants anything by itself.
    Exchange::Whitebit,
];

/// Words with more markets than the reader takes from them, each with the reason.
const MORE_MARKETS: &[(Exchange, &str)] = &[
    // One switch for spot and margin orders; the reader takes margin from the switch to borrow.
    (Exchange::Binance, "enableSpotAndMarginTrading"),
];

/// For each vocabulary one fixture, and where in it the words stand.
const WORDS_AT: &[(Exchange, &str, &str)] = &[
    (Exchange::Binance, "account-api-restrictions", ""),
    (Exchange::Binance, "sub-account-api-keys", "/list/0"),
    (Exchange::Binance, "broker-sub-account-api", "/0"),
    (Exchange::Aster, "agent", "/0"),
    (Exchange::Bingx, "account-apipermissions", "/permissions"),
    (Exchange::Bingx, "account-apipermissions-switches", "/response"),
    (Exchange::Bitfinex, "auth-r-permissions", ""),
    (Exchange::Bitget, "v2-spot-account-info", "/data/authorities"),
    (Exchange::Bitget, "v3-account-info", "/data/permissions"),
    (Exchange::Bitget, "v2-user-virtual-subaccount-apikey-list", "/data/0/permList"),
    (Exchange::Bitget, "v3-user-sub-api-list", "/data/items/1/permissions"),
    (Exchange::Bitmex, "api-key", "/0/permissions"),
    (Exchange::Bybit, "user-query-api", "/result/permissions"),
    (Exchange::Coinbase, "key-permissions", ""),
    (Exchange::Coinex, "account-subs-api", "/data/0"),
    (Exchange::Deribit, "list-api-keys", "/result/0/max_scope"),
    (Exchange::Gate, "account-main-keys", "/0/perms"),
    (Exchange::Gemini, "roles-master-key", ""),
    (Exchange::Htx, "v2-user-api-key", "/data/0/permission"),
    (Exchange::Kraken, "get-api-key-info", "/result/permissions"),
    (Exchange::Kraken, "futures-api-keys-v3-check", "/permissions"),
    (Exchange::Kucoin, "user-api-key", "/data/permission"),
    (Exchange::Kucoin, "broker-nd-account-apikey", "/data/0/permissions"),
    (Exchange::Lbank, "api-restrictions", ""),
    (Exchange::Mexc, "sub-account-api-key", "/subAccount/0/permissions"),
    (Exchange::Okx, "account-config", "/data/0/perm"),
    (Exchange::Upbit, "pockets-api-keys", "/0/keys/0/permissions"),
    (Exchange::Woox, "account-credentials", "/data/rows/0/permissions"),
];

fn sections() -> impl Iterator<Item = (Exchange, &'static Profile, &'static Settings)> {
    let all = READERS.iter().filter_map(|r| Some((r.exchange, profile(r.exchange)?)));
    all.filter_map(|(exchange, profile)| Some((exchange, profile, profile.settings()?)))
}

fn states_permissions(profile: &Profile) -> impl Iterator<Item = &str> {
    profile.answered_by(FieldName::NativePermissions)
}

/// Every fixture of an exchange that is an export.
fn fixtures(exchange: Exchange) -> Vec<(String, Export)> {
    let folder = format!("{}/fixtures/exports/{exchange}", env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".json").filter(|n| n.rsplit('.').next() != Some("keys")) else { continue };
        let text = sample::fixture(exchange, name);
        let node = document::parse(TextId(0), &text, 0..text.len()).unwrap();
        if let Some(Reading::Export(export)) = read(&node, Some(exchange)).pop() {
            out.push((format!("{exchange}/{name}"), *export));
        }
    }
    assert!(!out.is_empty(), "{folder}");
    out
}

fn names(key: &Key) -> Vec<&str> {
    key.native.iter().map(|f| f.value.as_str()).collect()
}

#[test]
fn every_exchange_that_states_permissions_has_its_words_or_is_listed() {
    let lacking = READERS.iter().map(|r| r.exchange).filter(|e| {
        let profile = profile(*e).unwrap();
        states_permissions(profile).next().is_some() && profile.settings().is_none()
    });
    assert_eq!(lacking.collect::<BTreeSet<_>>(), LACKING.iter().copied().collect(), "found, listed");
}

#[test]
fn every_section_has_sources_and_its_names_agree() {
    for (exchange, profile, settings) in sections() {
        let dated = settings.date == "undated" || (settings.date.len() >= 7 && settings.date.starts_with("20"));
        assert!(!settings.source.is_empty() && dated, "{exchange}");
        assert!(settings.titles.is_some() || settings.permissions.iter().all(|w| w.title.is_none()), "{exchange}: labels without a source");
        let names: BTreeSet<_> = settings.permissions.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names.len(), settings.permissions.len(), "{exchange}: a word stands there twice");
        for word in &settings.permissions {
            let texts = [&word.group, &word.title, &word.source, &word.note].into_iter().flatten();
            assert!(!word.name.is_empty() && texts.clone().all(|t| !t.is_empty()), "{exchange}: {}", word.name);
            assert_eq!(word.group.is_some(), settings.form == Form::Groups, "{exchange}: {}", word.name);
            for vocabulary in &word.vocabularies {
                assert!(settings.vocabularies.iter().any(|v| v.name == *vocabulary), "{exchange}: {vocabulary}");
            }
        }
        if !settings.vocabularies.is_empty() {
            let mut answers: Vec<_> = settings.vocabularies.iter().flat_map(|v| &v.answers).map(String::as_str).collect();
            let mut stating: Vec<_> = states_permissions(profile).collect();
            answers.sort_unstable();
            stating.sort_unstable();
            assert_eq!(answers, stating, "{exchange}: each answer that states permissions is in one vocabulary");
        }
        if let Some(pairs) = &settings.pairs {
            assert!(pairs.form.contains("{base}") && pairs.form.contains("{quote}"), "{exchange}");
            assert!(profile.facts.pair_whitelist.as_ref().is_some_and(|f| f.value), "{exchange}: pairs cannot be set");
        }
    }
}

#[test]
fn what_the_words_of_a_fixture_grant_is_what_its_reader_states() {
    for (exchange, _, settings) in sections() {
        for (name, export) in fixtures(exchange) {
            let endpoint = export.endpoint;
            for key in &export.harvest.keys {
                let mut words = Vec::new();
                for native in &key.native {
                    let unknown = key.unknown.iter().any(|u| u.value == native.value);
                    let word = settings.words_of(endpoint).find(|w| w.name == native.value);
                    assert_eq!(word.is_none(), unknown, "{name}: {}: in the table, or unknown to the reader", native.value);
                    words.extend(word);
                }
                for grant in Grant::ALL {
                    let stated = grant.stated(&key.permissions);
                    let yes = value(stated) == Some(&true);
                    let by_word = words.iter().any(|w| w.grants.contains(&grant));
                    if yes && matches!(stated.as_ref().map(|f| f.from), Some(Origin::Export(_))) {
                        let always = settings.always_in(endpoint).contains(&grant);
                        assert!(by_word || always, "{name}: {} by none of {:?}", grant.id(), names(key));
                    }
                    // What is read only is told beside the words; the next test has all of them without that.
                    let read_only = settings.read_only_in(endpoint).is_some() && value(stated) == Some(&false);
                    assert!(!by_word || yes || read_only, "{name}: {} by one of {:?}", grant.id(), names(key));
                }
            }
        }
    }
}

#[test]
fn every_word_alone_grants_what_the_table_says_and_nothing_else() {
    let mut seen = BTreeSet::new();
    for (exchange, name, at) in WORDS_AT {
        let Some(settings) = profile(*exchange).and_then(Profile::settings) else { continue };
        let text = sample::fixture(*exchange, name);
        let endpoint = sample::export(*exchange, &text).endpoint;
        seen.insert((*exchange, settings.vocabulary(endpoint).map(|v| v.name.as_str())));
        for word in settings.words_of(endpoint) {
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            let place = answer.pointer_mut(at).unwrap();
            *place = alone(settings, endpoint, word, place);
            let export = sample::export(*exchange, &answer.to_string());
            assert_eq!(export.endpoint, endpoint, "{name}: {}", word.name);
            let key = export.harvest.keys.iter().rfind(|k| names(k) == [word.name.as_str()]);
            let key = key.unwrap_or_else(|| panic!("{name}: no key with {} alone", word.name));
            assert!(key.unknown.is_empty(), "{name}: {}", word.name);
            for grant in Grant::ALL {
                let by_table = word.grants.contains(&grant) || settings.always_in(endpoint).contains(&grant);
                let by_reader = value(grant.stated(&key.permissions)) == Some(&true);
                assert_eq!(by_table, by_reader, "{name}: {} of {}: table, reader", grant.id(), word.name);
            }
            if let Some(markets) = value(&key.markets) {
                let by_reader: BTreeSet<_> = markets.iter().map(|m| m.value).collect();
                let by_table: BTreeSet<_> = word.markets.iter().copied().collect();
                let more = MORE_MARKETS.contains(&(*exchange, word.name.as_str()));
                assert_eq!(by_table != by_reader, more, "{name}: {}: {by_table:?}, {by_reader:?}", word.name);
                assert!(by_table.is_superset(&by_reader), "{name}: {}", word.name);
            }
        }
    }
    let all = sections().flat_map(|(exchange, _, settings)| {
        let named = settings.vocabularies.iter().map(move |v| (exchange, Some(v.name.as_str())));
        named.chain(settings.vocabularies.is_empty().then_some((exchange, None)))
    });
    assert_eq!(all.collect::<BTreeSet<_>>(), seen, "vocabularies, those with a fixture");
}

/// What an answer has where it grants this word and nothing else. `was` is what stood there.
fn alone(settings: &Settings, endpoint: &str, word: &Word, was: &Value) -> Value {
    let by_word = settings.read_only_in(endpoint).is_some_and(|r| r.of == ReadOnlyOf::Word);
    let name = word.name.as_str();
    match settings.form_in(endpoint) {
        Form::List if by_word => json!([{ "name": name, "read_only": false }]),
        Form::List => json!([name]),
        Form::Comma | Form::Space => json!(name),
        Form::Switches => {
            each(was, |field, old| if old.is_boolean() { json!(field == name) } else { old.clone() }, Some((name, json!(true))))
        }
        Form::Groups => each(was, |_, _| json!([]), word.group.as_deref().map(|group| (group, json!([name])))),
        Form::Levels => {
            let (what, level) = name.split_once(' ').unwrap();
            each(was, |_, _| json!("NO_ACCESS"), Some((what, json!(level))))
        }
        Form::Codes => json!([name.parse::<u32>().unwrap()]),
        Form::Rows => {
            let row = |row: &Value| {
                let scope = row[0].as_str().unwrap();
                let on = |level: &str| i32::from(name == format!("{scope} {level}"));
                json!([scope, on("read"), on("write")])
            };
            was.as_array().unwrap().iter().map(row).collect()
        }
    }
}

fn each(was: &Value, change: impl Fn(&str, &Value) -> Value, and: Option<(&str, Value)>) -> Value {
    let mut now: Map<String, Value> = was.as_object().unwrap().iter().map(|(k, v)| (k.clone(), change(k, v))).collect();
    now.extend(and.map(|(k, v)| (k.to_owned(), v)));
    Value::Object(now)
}

#[test]
fn a_word_of_another_answer_is_none_of_this_one() {
    let settings = profile(Exchange::Binance).and_then(Profile::settings).unwrap();
    let own = "GET /sapi/v1/account/apiRestrictions";
    let sub = "GET /sapi/v1/sub-account/subAccountApi";
    let trading = |endpoint| settings.words_of(endpoint).filter(|w| w.grants.contains(&Grant::Trade)).map(|w| w.name.as_str());
    assert_eq!(trading(own).next(), Some("enableSpotAndMarginTrading"));
    assert_eq!(trading(sub).next(), Some("canTrade"));
    assert_eq!(settings.words_of("GET /sapi/v1/sub-account/list").count(), 0);
    assert_eq!(settings.ip_whitelist_in(own).map(|f| f.form), Some(Separated::Switch));
    assert_eq!(settings.ip_whitelist_in(sub).map(|f| f.form), Some(Separated::List));
    assert_eq!(settings.named("canTrade").map(|w| w.markets.as_slice()), Some(&[Market::Spot][..]));
    assert!(settings.granting(Grant::Withdraw).map(|w| w.name.as_str()).eq(["enableWithdrawals"]));
}
