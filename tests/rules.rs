//! Every example of every rule, and the proof that taking a fact away never turns yes into no or no into yes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeMap;

use keylint::engine::{Context, evaluate};
use keylint::model::FieldName;
use keylint::proof::{List, all, run, stage};
use keylint::rules::{Rulebook, embedded, embedded_source, examples};
use keylint::text::{TextId, Texts};

fn book() -> Rulebook {
    let mut book = match Rulebook::built_in(&mut Texts::default()) {
        Ok(book) => book,
        Err(misfit) => {
            let line = |source: &str| source.get(..misfit.span.start as usize).map_or(0, |t| t.matches('\n').count() + 1);
            let (path, source) = embedded().nth(misfit.span.text.0 as usize).and_then(|(_, id)| embedded_source(id)).unwrap();
            panic!("{path}:{}: {} {:?}", line(source), misfit.message, misfit.help);
        }
    };
    if let Err(misfit) = book.finish() {
        panic!("{} {:?}", misfit.message, misfit.help);
    }
    book
}

#[test]
fn every_example_comes_out_as_its_list_says() {
    let book = book();
    let mut count = 0;
    let mut failures = Vec::new();
    for (_, id) in embedded() {
        let (path, source) = embedded_source(id).unwrap();
        let examples = examples(TextId(0), source).unwrap_or_else(|m| panic!("{path}: {} {:?}", m.message, m.help));
        for (list, example) in all(&examples) {
            count += 1;
            failures.extend(run(&book, id, list, example).map(|f| format!("{} {} \u{2014} {}: {}", f.rule, f.list.id(), f.name, f.what)));
        }
    }
    assert!(failures.is_empty(), "{} of {count} examples:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_is_whole() {
    let book = book();
    let mut titles = BTreeMap::new();
    for rule in &book.rules {
        let (path, source) = embedded_source(&rule.id).unwrap();
        assert!(rule.why.trim().ends_with('.') && rule.fix.trim().ends_with('.'), "{path}: why and fix are sentences");
        assert!(!rule.title.ends_with('.'), "{path}: a title is no sentence");
        assert!(titles.insert(rule.title.clone(), path).is_none(), "{path}: its title is taken");
        let examples = examples(TextId(0), source).unwrap();
        assert!(!examples.fires.is_empty() && !examples.passes.is_empty(), "{path}: it needs examples that fire and that pass");
        let closed = source.contains("not-assessed: []");
        assert!(!examples.not_assessed.is_empty() || closed, "{path}: it needs an example that is not assessed, or says why there is none");
    }
}

/// What a check says, by rule: how many findings, and for how many subjects there was no answer.
fn answers(book: &Rulebook, staged: &keylint::proof::Staged) -> BTreeMap<String, (usize, usize)> {
    let policy = staged.inventory.declaration.as_ref().map(|d| d.policy.clone()).unwrap_or_default();
    let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), book);
    let mut out: BTreeMap<String, (usize, usize)> = book.rules.iter().map(|r| (r.id.clone(), (0, 0))).collect();
    for finding in &verdicts.findings {
        out.get_mut(&book.rules[finding.rule].id).unwrap().0 += 1;
    }
    for unstated in &verdicts.not_assessed {
        out.get_mut(&book.rules[unstated.rule].id).unwrap().1 += unstated.subjects;
    }
    out
}

#[test]
fn taking_a_fact_away_may_open_an_answer_and_never_turns_it() {
    // Without yields: what a rule says is what counts here, not which of two findings is shown.
    let mut book = book();
    for rule in &mut book.rules {
        rule.yields_to.clear();
    }
    let mut told = Vec::new();
    let mut count = 0;
    for (_, id) in embedded() {
        let (_, source) = embedded_source(id).unwrap();
        let examples = examples(TextId(0), source).unwrap();
        for (_, example) in all(&examples) {
            let before = answers(&book, &stage(example).unwrap());
            for field in FieldName::ALL {
                let mut staged = stage(example).unwrap();
                staged.inventory.forget(*field, None);
                count += 1;
                for (rule, (found, open)) in answers(&book, &staged) {
                    let (was_found, was_open) = before[&rule];
                    // A finding that goes must leave an open answer, and none may come that was not there or open before.
                    // A rule that asks of each member of a list has one open answer for all members of a subject.
                    let each = book.get(&rule).unwrap().each.is_some();
                    let turned_to_no = found < was_found && if each { open == 0 } else { open <= was_open };
                    let turned_to_yes = found > was_found && if each { was_open == 0 } else { open >= was_open };
                    if turned_to_no || turned_to_yes {
                        told.push(format!("{id} \u{2014} {}: without {}, {rule} has {found} findings and {open} open instead of {was_found} and {was_open}", example.name, field.id()));
                    }
                }
            }
        }
    }
    assert!(count > 1000, "only {count} facts were taken away");
    assert!(told.is_empty(), "{}:\n{}", told.len(), told.join("\n"));
}

#[test]
fn a_finding_always_has_a_place_and_a_whole_sentence() {
    let book = book();
    for (_, id) in embedded() {
        let (_, source) = embedded_source(id).unwrap();
        for (list, example) in all(&examples(TextId(0), source).unwrap()) {
            let staged = stage(example).unwrap();
            let policy = staged.inventory.declaration.as_ref().map(|d| d.policy.clone()).unwrap_or_default();
            let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), &book);
            for finding in &verdicts.findings {
                let rule = &book.rules[finding.rule].id;
                assert!(!finding.places.is_empty(), "{rule} in an example of {id} ({})", example.name);
                assert!(finding.message.ends_with('.') && !finding.message.contains("  "), "{rule}: {}", finding.message);
                assert!(!finding.message.contains("unknown") || list != List::Fires || rule != id, "{rule}: {}", finding.message);
            }
        }
    }
}

#[test]
fn fingerprints_are_one_each_and_stay_when_lines_move() {
    let book = book();
    let (_, source) = embedded_source("ip-whitelist-missing").unwrap();
    let mut example = examples(TextId(0), source).unwrap().fires.remove(0);
    let prints = |example: &keylint::rules::example::Example| {
        let staged = stage(example).unwrap();
        let policy = keylint::declaration::Policy::default();
        let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), &book);
        verdicts.findings.iter().map(|f| f.fingerprint.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = prints(&example);
    example.exports[0].insert_str(0, "\n\n\n");
    assert_eq!(before, prints(&example));
    assert!(before.iter().all(|p| p.len() == 32));
}

#[test]
fn what_is_declared_of_a_service_comes_before_what_is_known_of_it() {
    let book = book();
    let (_, source) = embedded_source("third-party-requires-withdraw").unwrap();
    let mut example = examples(TextId(0), source).unwrap().fires.remove(0);
    example.exports.clear();
    let mut notes = |party: &str| {
        example.declaration = Some(format!("third-parties:\n  desk: {party}\n"));
        let staged = stage(&example).unwrap();
        let policy = keylint::declaration::Policy::default();
        let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), &book);
        let about = |id: &str| {
            let found = verdicts.findings.iter().find(|f| book.rules[f.rule].id == id);
            let open = verdicts.not_assessed.iter().any(|n| book.rules[n.rule].id == id);
            found.map_or_else(|| if open { "open".to_owned() } else { "no".to_owned() }, |f| f.places[0].note.to_string())
        };
        (about("third-party-requires-withdraw"), about("third-party-open-whitelist"))
    };
    let says = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(notes("{ service: gridly }"), says("open", "open"));
    assert_eq!(notes("{ service: 3commas }"), says("no", "no"));
    assert_eq!(notes("{ service: 3commas, requires-withdraw: true }"), says("it asks for keys that can withdraw", "no"));
    let (withdraw, whitelist) = notes("{ service: cryptohopper }");
    assert_eq!(withdraw, "no");
    assert!(whitelist.starts_with("it asks for keys that any address may use, says https://support.cryptohopper.com/"), "{whitelist}");
    assert_eq!(notes("{ service: cryptohopper, requires-open-whitelist: false }"), says("no", "no"));
}

#[test]
fn an_entry_of_a_service_names_it() {
    let book = book();
    let (_, source) = embedded_source("ip-shared-egress").unwrap();
    let example = examples(TextId(0), source).unwrap().fires.remove(0);
    let staged = stage(&example).unwrap();
    let policy = keylint::declaration::Policy::default();
    let verdicts = evaluate(&Context::new(&staged.inventory, &policy, staged.now), &book);
    let found = verdicts.findings.iter().find(|f| book.rules[f.rule].id == "ip-shared-egress").unwrap();
    assert!(found.message.ends_with("from 103.26.9.15, which 3Commas publishes as its own address."), "{}", found.message);
}

#[test]
fn a_key_that_no_exchange_binds_is_usable_from_anywhere_and_no_fix_binds_it() {
    use keylint::exposure::decide::Whitelist;
    use keylint::exposure::estate::Estate;
    use keylint::exposure::fixes::{Change, plan};
    use keylint::exposure::radius::run;
    let (_, source) = embedded_source("ip-whitelist-missing").unwrap();
    let mut example = examples(TextId(0), source).unwrap().fires.remove(0);
    let mut of = |export: &str, key: &str| {
        example.exports = vec![export.to_owned()];
        example.declaration = Some(format!("keys:\n  - {{ key: {key}, task: trading }}\n"));
        let staged = stage(&example).unwrap();
        let policy = keylint::declaration::Policy::default();
        let estate = Estate::of(&staged.inventory, &policy, staged.now);
        let plan = plan(&estate, &staged.inventory, &run(&estate));
        let binds = plan.fixes.iter().any(|f| matches!(f.change, Change::RestrictAddresses { .. }));
        (matches!(estate.keys[0].whitelist, Some(Whitelist::Open)), binds)
    };
    let agent = r#"[{ "name": "grid", "address": "0x4b1f0a7c92de53681cf7a0be94d2358617acfe09", "validUntil": 1798761600000 }]"#;
    assert_eq!(of(agent, "hyperliquid 0x4b1f0a7c92de53681cf7a0be94d2358617acfe09"), (true, false));
    let open = r#"{ "error": [], "result": { "apiKeyName": "grid", "apiKey": "Ty5kQw8ZmLc3Rv9Hn2Xs6Bd4Gf7Jp1Ka0Ue/oIiWtEqPzNyMxVbCrDhSgFlAj",
        "permissions": ["query-funds", "modify-trades"], "validUntil": "0", "createdTime": "1790000000", "lastUsed": "1793400000", "ipAllowlist": [] } }"#;
    assert_eq!(of(open, "kraken Ty5kQw8Z…"), (true, true));
}
