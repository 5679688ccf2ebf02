//! The report for a person, as a person sees it. The rules are the test's own, so that a better word in a built-in rule
//! changes nothing here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::path::{Path, PathBuf};

use keylint::engine::{self, Context, Verdicts};
use keylint::finding::{Finding, Label, Role, Severity, SubjectName, Suppressed};
use keylint::inventory::Inventory;
use keylint::model::time::Time;
use keylint::plan::Plan;
use keylint::problem::{Problem, Weight};
use keylint::report::human::{Style, write};
use keylint::rules::Rulebook;
use keylint::run::{Coverage, Outcome, check, is_complete};
use keylint::text::{Span, Text, TextId, Texts};

const PLAIN: Style = Style { colour: false, width: 90, unicode: true, show_suppressed: false };
const ASCII: Style = Style { colour: false, width: 80, unicode: false, show_suppressed: false };
const COLOUR: Style = Style { colour: true, width: 80, unicode: true, show_suppressed: false };

const WITHDRAW: &str = r#"title: A trading key can withdraw
severity: critical
about: key
when:
  task: trading
  permissions.withdraw: true
at:
  - permissions.withdraw: it can withdraw
  - task: its task is trading
message: "{subject} is for trading, and can withdraw."
why: >-
  Whoever has the secret of a key that can withdraw takes the balance in one request. A strategy that trades never needs
  this right.
fix: >-
  Switch withdrawals off for this key. Where payouts are needed, make a key for them alone, bound to an address.
"#;

const OPEN: &str = r#"title: A key has no IP whitelist
severity:
  - when: { permissions.withdraw: true }
    is: critical
    because: it can withdraw
  - is: high
about: key
when:
  ip-whitelist: unrestricted
at:
  - ip-whitelist: any address may use it
message: "{subject} can be used from any address."
why: A secret that works from one server only is worth little to a thief.
fix: Bind the key to the addresses that its system sends from.
"#;

const LIMIT: &str = r#"title: An account has no daily limit
severity: medium
confidence: low
about: account
when:
  purpose: trading
at:
  - subject
message: "{subject} is for trading."
why: First line.
fix: |
  1. Do this.
  2. Then that.
"#;

const STORED: &str = r#"title: A secret stands in an environment file
severity: low
about: key
when:
  secret.managed: false
at:
  - secret.managed: here
message: "{subject} is stored in an environment file."
why: It is copied along.
fix: Store it elsewhere.
"#;

fn book(texts: &mut Texts) -> Rulebook {
    let mut book = Rulebook { rules: Vec::new() };
    let files = [
        ("permissions", "withdraw-on-trading-key", WITHDRAW),
        ("ip-whitelist", "ip-whitelist-missing", OPEN),
        ("withdrawals", "daily-limit-missing", LIMIT),
        ("lifecycle", "secret-unmanaged", STORED),
    ];
    for (family, id, source) in files {
        let text = texts.add(Text::known(format!("rules/{family}/{id}.yaml"), source));
        book.add(family, id, text, source).unwrap_or_else(|m| panic!("{id}: {}", m.message));
    }
    book.finish().unwrap_or_else(|m| panic!("{}", m.message));
    book
}

fn plan(folder: &Path, paths: &[&str]) -> Plan {
    Plan::new(paths.iter().map(PathBuf::from).collect(), folder.to_path_buf(), Time::parse("2026-11-01T00:00:00Z").unwrap())
}

/// Reads the files as keylint does, and asks the rules of this test.
fn outcome(files: &[(&str, &str)], paths: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let plan = plan(folder.path(), paths);
    let mut texts = Texts::default();
    let book = book(&mut texts);
    let gathered = keylint::run::read(&plan, texts);
    let policy = gathered.config.as_ref().map(|c| c.declaration.policy.clone()).unwrap_or_default();
    let verdicts = engine::evaluate(&Context::new(&gathered.inventory, &policy, plan.now), &book);
    let complete = is_complete(&gathered.problems, &gathered.coverage);
    let fails = verdicts.findings.iter().any(|f| f.suppressed.is_none() && f.severity >= Severity::High);
    Outcome {
        verdicts,
        problems: gathered.problems,
        coverage: gathered.coverage,
        inventory: gathered.inventory,
        policy,
        book,
        texts: gathered.texts.into_shown(),
        guard: keylint::scan::Guard::default(),
        config: gathered.config.map(|c| c.shown),
        as_of: plan.now,
        fail_on: Severity::High,
        complete,
        exit: if fails { 1 } else { u8::from(!complete) * 2 },
    }
}

/// An outcome over texts that nobody read, with the problems and findings that a test puts in.
fn made_up(texts: &[(&str, &str)]) -> Outcome {
    let mut all = Texts::default();
    for (path, content) in texts {
        all.add(Text::known(*path, *content));
    }
    let book = book(&mut all);
    Outcome {
        verdicts: Verdicts::default(),
        problems: Vec::new(),
        coverage: Coverage::default(),
        inventory: Inventory::default(),
        policy: keylint::declaration::Policy::default(),
        book,
        texts: all.into_shown(),
        guard: keylint::scan::Guard::default(),
        config: None,
        as_of: Time::parse("2026-11-01T00:00:00Z").unwrap(),
        fail_on: Severity::High,
        complete: true,
        exit: 0,
    }
}

fn found(rule: usize, message: &str, places: Vec<Label>) -> Finding {
    Finding {
        rule,
        severity: Severity::High,
        because: None,
        confidence: keylint::finding::Confidence::High,
        message: message.into(),
        subject: SubjectName { kind: "key", exchange: None, account: None, id: Some("aaaa\u{2026}zzzz".into()), label: None },
        places,
        carries: Vec::new(),
        venue: None,
        key: None,
        history: None,
        suppressed: None,
        fingerprint: String::new(),
    }
}

fn label(role: Role, text: u32, range: (usize, usize), note: &str) -> Label {
    Label { role, span: Span::new(TextId(text), range.0 as u32, range.1 as u32), note: note.into() }
}

/// Where `words` stand in `content`.
fn at(content: &str, words: &str) -> (usize, usize) {
    let start = content.find(words).unwrap();
    (start, start + words.len())
}

fn render(outcome: &Outcome, style: &Style) -> String {
    let mut out = Vec::new();
    write(outcome, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const BINANCE: &str = r#"{
  "ipRestrict": false,
  "createTime": 1772542900000,
  "enableReading": true,
  "enableWithdrawals": true,
  "enableInternalTransfer": false,
  "enableMargin": false,
  "enableFutures": false,
  "permitsUniversalTransfer": false,
  "enableVanillaOptions": false,
  "enableFixApiTrade": false,
  "enableFixReadOnly": false,
  "enableSpotAndMarginTrading": true,
  "enablePortfolioMarginTrading": false
}
"#;

const DECLARATION: &str = "version: 1
accounts:
  binance/grid: { purpose: trading }
keys:
  - { export: exports/grid.json, account: binance/grid, task: trading }
policy:
  rules:
    secret-unmanaged: { severity: medium }
";

#[test]
fn an_open_trading_key_that_can_withdraw() {
    insta::assert_snapshot!(render(&outcome(&[("binance.json", BINANCE)], &["binance.json"]), &PLAIN));
}

#[test]
fn a_finding_in_two_files_shows_both_and_ascii_is_ascii() {
    let outcome = outcome(&[("exports/grid.json", BINANCE), ("keylint.yaml", DECLARATION)], &["exports"]);
    let report = render(&outcome, &ASCII);
    assert!(report.is_ascii(), "{report}");
    insta::assert_snapshot!(report);
}

#[test]
fn colours_come_beside_words() {
    let outcome = outcome(&[("binance.json", BINANCE)], &["binance.json"]);
    let report = render(&outcome, &COLOUR);
    insta::assert_snapshot!(report.replace('\u{1b}', "ESC"));
    assert_eq!(without_colour(&report), render(&outcome, &Style { colour: false, ..COLOUR }));
}

/// The report without `ESC [ … m`.
fn without_colour(report: &str) -> String {
    let mut out = String::new();
    let mut rest = report.split('\u{1b}');
    out.push_str(rest.next().unwrap());
    for part in rest {
        out.push_str(part.strip_prefix('[').unwrap().split_once('m').unwrap().1);
    }
    out.lines().map(|l| format!("{}\n", l.trim_end())).collect()
}

#[test]
fn a_minified_export_is_cut_around_the_words() {
    let minified: String = BINANCE.split_whitespace().collect();
    let report = render(&outcome(&[("binance.json", minified.as_str())], &["binance.json"]), &PLAIN);
    assert!(report.lines().all(|l| l.chars().count() <= 90), "{report}");
    insta::assert_snapshot!(report);
}

#[test]
fn a_very_long_line_costs_nothing() {
    let content = format!("{}NEEDLE{}", "\u{20ac}\t\u{1b}x".repeat(200_000), "\u{301}".repeat(300_000));
    let mut outcome = made_up(&[("long.json", &content)]);
    let range = at(&content, "NEEDLE");
    outcome.verdicts.findings = (0..300).map(|_| found(0, "It is here.", vec![label(Role::Primary, 0, range, "here")])).collect();
    let report = render(&outcome, &PLAIN);
    assert!(report.len() < 300 * 1200, "{}", report.len());
    assert!(report.contains("NEEDLE") && report.contains("[long.json:1:800001]"));
}

#[test]
fn places_far_apart_are_snippets_of_their_own_and_many_are_counted() {
    let content: String = (1..=200).map(|n| format!("- 8.8.{n}.4\n")).collect();
    let mut outcome = made_up(&[("list.yaml", &content)]);
    let mark = |n: usize, role| label(role, 0, at(&content, &format!("8.8.{n}.4")), "an entry");
    let mut places: Vec<Label> = vec![mark(150, Role::Primary), mark(20, Role::Related), mark(21, Role::Related)];
    places.extend((30..60).step_by(5).map(|n| mark(n, Role::Related)));
    places.push(mark(200, Role::Related));
    outcome.verdicts.findings = vec![found(0, "There are many.", places)];
    outcome.exit = 1;
    insta::assert_snapshot!(render(&outcome, &PLAIN));
}

#[test]
fn overlapping_and_wide_marks_stay_true() {
    let content = "{ \"a\": { \"b\": [1, 2],\n  \"\u{5e01}\u{5e01}\": \"\u{5e01}x\" } }\n";
    let mut outcome = made_up(&[("a.json", content)]);
    let places = vec![
        label(
            Role::Primary,
            0,
            at(content, "2"),
            "the second, and a long note that has to be broken somewhere because it runs over the edge",
        ),
        label(Role::Related, 0, at(content, "[1, 2]"), "the list"),
        label(Role::Related, 0, at(content, "{ \"b\": [1, 2],\n  \"\u{5e01}\u{5e01}\": \"\u{5e01}x\" }"), "the whole"),
        label(Role::Related, 0, at(content, "\u{5e01}x"), "a wide word"),
        label(Role::Related, 0, (content.len(), content.len()), "the end"),
    ];
    outcome.verdicts.findings = vec![found(0, "They overlap.", places)];
    insta::assert_snapshot!(render(&outcome, &PLAIN));
}

#[test]
fn problems_with_a_related_place_and_without_a_text() {
    let content = "{\n  \"apiKey\": \"********\",\n  \"ip\": 1,\n  \"readOnly\": 0,\n  \"ips\": [],\n  \"ip\": 2\n}\n";
    let mut outcome = made_up(&[("exports/a.json", content), ("exports/b.json", ""), ("exports/c.json", "********\n****")]);
    let second = content.rfind("\"ip\"").unwrap();
    let span = |text, (a, b): (usize, usize)| Span::new(TextId(text), a as u32, b as u32);
    outcome.problems = vec![
        Problem::incomplete("duplicate-key", span(0, (second, second + 4)), "a key stands twice in one object")
            .related(span(0, at(content, "\"ip\"")), "first here")
            .help("keep one of the two"),
        Problem::incomplete("unreadable", span(1, (0, 0)), "this was not read: permission denied"),
        Problem::incomplete("not-text", span(2, (3, 4)), "this is no text"),
        Problem::note("exports-not-audited", None, "3 files look like exports and were not audited"),
    ];
    outcome.coverage.not_read = vec![keylint::discover::Aside { path: "exports/b.json".into(), reason: "permission denied".into() }];
    outcome.coverage.left_out =
        (1..9).map(|n| keylint::discover::Aside { path: format!("link{n}"), reason: "a link, not followed".into() }).collect();
    (outcome.complete, outcome.exit) = (false, 2);
    insta::assert_snapshot!(render(&outcome, &PLAIN));
}

#[test]
fn a_run_that_could_not_be_done_does_not_look_like_a_pass() {
    let content = "version: 1\nkeys:\n  - { key: binance aaaa, tusk: trading }\n";
    let mut outcome = made_up(&[("keylint.yaml", content)]);
    let (start, end) = at(content, "tusk");
    let span = Span::new(TextId(0), start as u32, end as u32);
    outcome.problems = vec![Problem::fatal("declaration-wrong", Some(span), "there is no such field").help("did you mean `task`?")];
    (outcome.complete, outcome.exit) = (false, 2);
    assert_eq!(outcome.problems.first().map(|p| p.weight), Some(Weight::Fatal));
    insta::assert_snapshot!(render(&outcome, &PLAIN));
}

#[test]
fn nothing_found() {
    let closed = BINANCE
        .replace("\"enableWithdrawals\": true", "\"enableWithdrawals\": false")
        .replace("\"ipRestrict\": false", "\"ipRestrict\": true");
    insta::assert_snapshot!(render(&outcome(&[("binance.json", &closed)], &["binance.json"]), &PLAIN));
    let mut nothing = made_up(&[]);
    insta::assert_snapshot!("nothing_wrong", render(&nothing, &PLAIN));
    nothing.exit = 3;
    insta::assert_snapshot!("nothing_to_check", render(&nothing, &PLAIN));
}

#[test]
fn what_does_not_count_is_counted_and_shown_on_demand() {
    let content = "a: 1\n";
    let mut outcome = made_up(&[("a.yaml", content)]);
    let mut quiet = found(0, "It is so.", vec![label(Role::Primary, 0, at(content, "1"), "")]);
    quiet.suppressed = Some(Suppressed { by: "config", reason: "the load balancer needs it".into(), until: Some("2027-01-01".into()) });
    outcome.verdicts.findings = vec![quiet.clone(), Finding { suppressed: None, rule: 0, severity: Severity::Info, ..quiet }];
    let hidden = render(&outcome, &PLAIN);
    assert!(!hidden.contains("load balancer") && hidden.contains("1 finding suppressed, shown with --show-suppressed"), "{hidden}");
    insta::assert_snapshot!(render(&outcome, &Style { show_suppressed: true, ..PLAIN }));
}

/// Nothing that a file, a name or a message brings along moves the cursor or hides.
#[test]
fn a_hostile_label_and_path_are_written_out() {
    let path = "exports/\u{1b}]0;owned\u{7}\nfake:1:1 \u{202e}nosj.json";
    let content = "{\u{7}\n\t\"label\": \"a\u{1b}[2J\u{202e}b\u{200b}c\u{9b}\u{2028}d\",\r\n  \"x\": \rtrue\n}";
    let mut outcome = made_up(&[(path, content)]);
    let evil = "\u{1b}[31mred\u{202e}\r\nnext";
    let places = vec![
        label(Role::Primary, 0, at(content, "\"a\u{1b}[2J\u{202e}b\u{200b}c\u{9b}\u{2028}d\""), evil),
        label(Role::Related, 0, at(content, "true"), "still under the word"),
    ];
    let mut finding = found(0, evil, places);
    finding.because = Some(evil.into());
    finding.subject.label = Some(evil.into());
    finding.subject.account = Some(evil.into());
    finding.suppressed = Some(Suppressed { by: "config", reason: evil.into(), until: Some(evil.into()) });
    outcome.verdicts.findings = vec![finding.clone(), Finding { suppressed: None, ..finding }];
    outcome.verdicts.not_assessed = vec![engine::NotAssessed {
        rule: 0,
        subjects: 3,
        missing: vec![keylint::model::FieldName::Task],
        answered_by: vec![evil.into(); 5],
    }];
    outcome.problems =
        vec![Problem::note("odd", Some(Span::new(TextId(0), 0, 1)), evil).related(Span::new(TextId(0), 1, 1), evil).help(evil)];
    outcome.coverage.left_out = vec![keylint::discover::Aside { path: path.into(), reason: evil.into() }];
    outcome.coverage.not_read = outcome.coverage.left_out.clone();
    outcome.config = Some(path.into());
    let report = render(&outcome, &Style { show_suppressed: true, ..PLAIN });
    let harmless = |c: char| c == '\n' || !c.is_control() && !"\u{202e}\u{200b}\u{2028}\u{9b}".contains(c);
    assert!(report.chars().all(harmless), "{report:?}");
    assert!(!report.lines().any(|l| l.trim_start().starts_with("fake") || l.trim_start().starts_with("next")), "{report}");
    insta::assert_snapshot!(report);
    let coloured = render(&outcome, &Style { show_suppressed: true, ..COLOUR });
    assert!(without_colour(&coloured).chars().all(harmless));
}

#[test]
fn a_rule_is_explained_once() {
    let content: String = (1..=12).map(|n| format!("key{n}: open\n")).collect();
    let mut outcome = made_up(&[("a.yaml", &content)]);
    outcome.verdicts.findings = (1..=12)
        .map(|n| {
            let mut finding = found(0, "It is open.", vec![label(Role::Primary, 0, at(&content, &format!("key{n}:")), "")]);
            finding.subject.id = Some(format!("key{n}"));
            finding
        })
        .collect();
    let report = render(&outcome, &PLAIN);
    assert_eq!(report.matches("  why:").count(), 1);
    assert_eq!(report.matches("(why and fix: keylint explain ip-whitelist-missing)").count(), 11);
}

#[test]
fn an_error_of_the_output_is_returned() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(write(&made_up(&[]), &PLAIN, &mut Full).is_err());
}

#[test]
fn a_name_as_long_as_a_file_is_cut() {
    let mut outcome = made_up(&[("a.yaml", "a: 1\n")]);
    let name = "x\u{1b}\u{5e01} ".repeat(100_000);
    let mut finding = found(0, &name, vec![label(Role::Primary, 0, (0, 1), "")]);
    finding.subject.label = Some(name);
    outcome.verdicts.findings = vec![finding];
    assert!(render(&outcome, &PLAIN).len() < 20_000);
}

/// Every place in every text can be shown at every width, whatever stands there.
#[test]
fn no_place_is_too_odd() {
    let contents = ["", "\n", "\r\n\r\n", "\u{feff}", "\u{feff}{}\n", "a", "\u{1f680}\u{301}\r\n\t\u{5e01}\n\nxyz\r", "\n\n\n{\"a\":1}"];
    for content in contents {
        let mut outcome = made_up(&[("odd", content)]);
        let length = content.len() as u32 + 2;
        for start in 0..=length {
            for end in start..=length {
                let places = vec![
                    Label { role: Role::Related, span: Span::new(TextId(0), start, end), note: "one".into() },
                    Label { role: Role::Primary, span: Span::new(TextId(0), end, length), note: "".into() },
                    Label { role: Role::Primary, span: Span::new(TextId(99), end, length), note: "".into() },
                ];
                outcome.verdicts.findings = vec![found(77, "Odd.", places)];
                for width in [0, 60, usize::MAX] {
                    let report = render(&outcome, &Style { width, ..PLAIN });
                    assert!(report.contains("odd"), "{content:?} {start}..{end}\n{report}");
                }
            }
        }
    }
}

/// The whole way, with the built-in rules.
#[test]
fn a_whole_check_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("binance.json"), BINANCE).unwrap();
    let outcome = check(&plan(folder.path(), &["binance.json"]));
    let report = render(&outcome, &PLAIN);
    assert!(!report.contains('\u{1b}'));
    assert!(report.lines().last().unwrap().contains(&format!("(exit code {})", outcome.exit)), "{report}");
}
