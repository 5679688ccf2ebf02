//! The report as a page, by the built binary: that it is whole and well-formed, asks for nothing and runs nothing but its own,
//! that it says what the documents for programs say, that nothing from a file is more than text in it; and, in a real browser
//! (`browser.py`), what a reader sees.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

mod tags;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use tags::{Element, elements, text_of};

const ESTATE: [&str; 5] = ["fixtures/estate", "--config", "fixtures/estate/keylint.yaml", "--now", "2026-11-20T12:00:00Z"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap()
}

fn page(folder: &Path, args: &[&str]) -> String {
    let output = keylint(folder, &[args, &["--format", "html"]].concat());
    String::from_utf8(output.stdout).unwrap()
}

fn document(folder: &Path, args: &[&str]) -> Value {
    let output = keylint(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn with_class<'e>(all: &'e [Element], class: &str) -> Vec<&'e Element> {
    all.iter().filter(|e| e.classes().any(|c| c == class)).collect()
}

/// The hash of what stands in the only element of a kind, as the policy writes it.
fn hash(page: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    assert_eq!(page.matches(&open).count(), 1, "{element}");
    let content = page.split_once(&open).unwrap().1.split_once(&close).unwrap().0;
    format!("'sha256-{}'", data_encoding::BASE64.encode(&Sha256::digest(content)))
}

/// What holds of every page.
fn is_sound(page: &str) -> Vec<Element> {
    let all = elements(page);
    for element in &all {
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src" && name != "srcdoc", "{element:?}");
            assert!(name != "href" || value.starts_with('#'), "{element:?}");
            assert!(!value.contains("://") || element.name != "a", "{element:?}");
        }
        assert!(!["img", "iframe", "object", "embed", "link", "base", "image", "use", "foreignobject"].contains(&element.name.as_str()));
    }
    let policy = all.iter().find(|e| e.attribute("http-equiv") == Some("Content-Security-Policy")).unwrap().attribute("content").unwrap();
    let wanted = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(page, "style"),
        hash(page, "script")
    );
    assert_eq!(policy, wanted);
    let ids: Vec<&str> = all.iter().filter_map(|e| e.attribute("id")).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "an id is used twice");
    for element in &all {
        for name in ["aria-labelledby", "aria-describedby"] {
            if let Some(id) = element.attribute(name) {
                assert!(ids.contains(&id), "nothing has the id {id}");
            }
        }
        if let Some(target) = element.attribute("href") {
            assert!(ids.contains(&&target[1..]), "{target} leads nowhere");
        }
    }
    // Tables say what their rows and columns are.
    let count = |name: &str| all.iter().filter(|e| e.name == name).count();
    assert_eq!(count("table"), count("caption"));
    assert_eq!(count("table"), count("thead"));
    assert!(all.iter().filter(|e| e.name == "th").all(|e| matches!(e.attribute("scope"), Some("row" | "col"))));
    assert_eq!((count("main"), count("nav"), count("h1"), count("title") > 0), (1, 1, 1, true));
    all
}

/// The text in elements of a class, in their order.
fn texts(page: &str, class: &str) -> Vec<String> {
    with_class(&elements(page), class).into_iter().map(|e| text_of(page, e)).collect()
}

#[test]
fn the_page_says_what_the_documents_say() {
    let html = page(&root(), &[&["check"], &ESTATE[..]].concat());
    let report = document(&root(), &[&["check"], &ESTATE[..]].concat());
    let radius = document(&root(), &[&["radius"], &ESTATE[..]].concat());
    let all = is_sound(&html);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 40);
    let shown = with_class(&all, "finding");
    assert_eq!(shown.len(), findings.len());
    for (element, finding) in shown.iter().zip(findings) {
        let text = text_of(&html, element);
        assert_eq!(element.attribute("data-severity"), finding["severity"].as_str());
        assert_eq!(element.attribute("data-account").unwrap(), finding["subject"]["account"].as_str().unwrap_or_default());
        for part in ["severity", "rule", "message"] {
            assert!(text.contains(finding[part].as_str().unwrap()), "{part}: {text}");
        }
        let squeeze = |text: &str| text.split_whitespace().collect::<String>().replace('`', "");
        let (squeezed, steps) = (squeeze(&text), |t: &str| {
            t.lines().map(|l| squeeze(l.trim_start_matches(|c: char| "0123456789.- ".contains(c)))).collect::<Vec<_>>()
        });
        for part in ["why", "fix"] {
            for line in steps(finding[part].as_str().unwrap()) {
                assert!(squeezed.contains(&line), "{line}: {text}");
            }
        }
        for place in finding["places"].as_array().unwrap().iter().take(6) {
            let at = format!("{}:{}:{}", place["path"].as_str().unwrap(), place["start"]["line"], place["start"]["column"]);
            assert!(text.contains(&at), "{at}: {text}");
        }
    }
    let counts = texts(&html, "counts").join(" ");
    for (severity, n) in report["verdict"]["counts"].as_object().unwrap() {
        assert!(counts.contains(&format!("{n} {severity}")), "{counts}");
    }
    let keys = radius["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 20);
    let matrix = with_class(&all, "matrix")[0];
    let inside = &html[matrix.inside.clone()];
    let rows: Vec<&str> = inside.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), keys.len());
    for (row, key) in rows.iter().zip(keys) {
        assert!(row.contains(key["subject"]["id"].as_str().unwrap()), "{row}");
        assert!(row.contains(&format!(">{}</span>", key["severity"].as_str().unwrap())));
        assert_eq!(row.matches("<td ").count(), 6);
        for (way, cell) in key["ways"].as_array().unwrap().iter().zip(ordered(row, key)) {
            let words = tags::plain(cell);
            for operation in way["operations"].as_array().unwrap() {
                let says = if operation["executed"] == true { "executed".to_owned() } else { format!("{}stops it", stopper(operation)) };
                let name = operation["operation"].as_str().unwrap();
                let line = words.split(name).any(|rest| rest.replace(' ', "").starts_with(&says.replace(' ', "")));
                assert!(line, "{name} {says}: {words}");
            }
            let amount = way["bound"]["amount"].as_str();
            assert_eq!(cell.contains("level-0"), !way["operations"].as_array().unwrap().iter().any(|o| o["executed"] == true));
            if let Some(amount) = amount {
                assert!(words.replace(',', "").contains(amount), "{amount}: {words}");
            }
        }
    }
    let changes = texts(&html, "changes").join(" ");
    for fix in radius["fixes"].as_array().unwrap() {
        assert!(changes.contains(fix["change"].as_str().unwrap()), "{fix}");
    }
    for leak in [&radius["worst"], &radius["after"]["worst"]] {
        let (amount, how) = leak["words"].as_str().unwrap().split_once(": ").unwrap();
        let figures = texts(&html, "figures").join(" ");
        assert!(figures.contains(amount) && figures.contains(how), "{figures}");
    }
    // Each key, account, system and third party is in the picture, whoever reads it.
    let picture = texts(&html, "picture").join(" ");
    for key in keys {
        assert!(picture.contains(key["subject"]["id"].as_str().unwrap()) && picture.contains(key["subject"]["account"].as_str().unwrap()));
    }
    for name in ["copy-desk", "tax-ledger", "grid-bot", "server vps-1", "third party", "balance not stated", "400,000 USDT", "any address"]
    {
        assert!(picture.contains(name), "{name}");
    }
    for rule in report["not_assessed"].as_array().unwrap() {
        assert!(html.contains(&format!("<code>{}</code>", rule["rule"].as_str().unwrap())));
    }
}

/// The cells of a row in the order of a key's ways.
fn ordered<'r>(row: &'r str, key: &Value) -> Vec<&'r str> {
    let columns = ["key-and-secret", "mailbox", "server", "third-party", "replay", "key-id-only"];
    let cells: Vec<&str> = row.split("<td ").skip(1).collect();
    let of = |way: &Value| cells[columns.iter().position(|c| way["way"] == *c).unwrap()];
    key["ways"].as_array().unwrap().iter().map(of).collect()
}

fn stopper(operation: &Value) -> String {
    let id = operation["stopped_by"].as_str().unwrap();
    format!("{} ", if id == "ip-whitelist" { "IP whitelist".to_owned() } else { id.replace('-', " ") })
}

#[test]
fn radius_has_the_page_without_findings_and_one_key_alone() {
    let html = page(&root(), &[&["radius"], &ESTATE[..]].concat());
    let all = is_sound(&html);
    assert!(with_class(&all, "finding").is_empty() && !html.contains("id=\"filter\"") && !html.contains("href=\"#findings\""));
    assert_eq!(with_class(&all, "matrix").len(), 1);
    assert_eq!(html.matches("class=\"box key ").count(), 20);
    let one = page(&root(), &[&["radius"], &ESTATE[..], &["--key", "binance triuByuz"]].concat());
    is_sound(&one);
    assert_eq!(one.matches("class=\"box key ").count(), 1);
    assert!(texts(&one, "matrix")[0].contains("IP whitelist stops it"));
    assert!(!one.contains("The worst single leak costs today"));
}

#[test]
fn nothing_to_tell_is_a_page_too() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.txt"), "nothing\n").unwrap();
    let html = page(dir.path(), &["check", "."]);
    is_sound(&html);
    assert!(html.contains("<h2 id=\"verdict\">Passed</h2>") && html.contains("No finding"), "{html}");
    assert!(!html.contains("id=\"estate\""));
    let html = page(dir.path(), &["check", "absent.json"]);
    is_sound(&html);
    assert!(html.contains("<h2 id=\"verdict\">Incomplete</h2>") && html.contains("absent.json"));
    let html = page(dir.path(), &["radius", "."]);
    is_sound(&html);
}

/// A key at Bybit as its answer has it.
fn key(n: usize, note: &str, transfers: bool) -> Value {
    json!({ "id": n.to_string(), "ips": ["*"], "apiKey": format!("K{n:017}"), "note": note, "status": 3, "expiredAt": "2027-01-01T00:00:00Z",
        "createdAt": "2026-01-01T00:00:00Z", "type": 1, "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"],
        "Wallet": if transfers { json!(["AccountTransfer", "Withdraw"]) } else { json!([]) }, "Options": [], "Derivatives": [], "CopyTrading": [],
        "BlockTrade": [], "Exchange": [], "NFT": [], "Affiliate": [], "Earn": [] }, "secret": "******", "readOnly": false, "deadlineDay": 20,
        "flag": "hmac" })
}

fn export(keys: Vec<Value>) -> String {
    json!({ "retCode": 0, "retMsg": "", "result": { "result": keys, "nextPageCursor": "" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 })
        .to_string()
}

/// Five hundred keys on ten accounts.
fn large() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("exports")).unwrap();
    for file in 0..10 {
        let keys = (0..50).map(|n| key(file * 50 + n, &format!("bot {n}"), n % 7 == 0)).collect();
        fs::write(dir.path().join(format!("exports/{file}.json")), export(keys)).unwrap();
    }
    dir
}

#[test]
fn a_large_estate_is_cut_and_says_so() {
    let dir = large();
    let args = ["check", ".", "--now", "2026-11-01"];
    let html = page(dir.path(), &args);
    let report = document(dir.path(), &args);
    let all = is_sound(&html);
    let total = report["findings"].as_array().unwrap().len();
    assert!(total > 1000);
    let shown = with_class(&all, "finding").len();
    assert_eq!(shown, 400);
    assert!(html.contains(&format!("{shown} of {total} shown")) && html.contains(&format!("And {} more, the least severe", total - shown)));
    assert!(html.contains("And 400 more keys, whose leaks cost less"));
    assert_eq!(html.matches("class=\"box key ").count(), 60);
    assert!(html.contains("The picture has the 60 keys whose leaks cost most."));
    assert!(html.len() < 2_000_000, "{}", html.len());
}

/// What stands in names and labels, made to be more than text.
const HOSTILE: &str = "</script><svg onload=alert(1)>\u{202e}\"'><style>*{display:none}</style><!--{{ page.title }}{% raw %}&lt;";

/// An estate in which every name is hostile or endless.
fn hostile() -> TempDir {
    let dir = TempDir::new().unwrap();
    let long = format!("{HOSTILE}{}", "a\u{301}\u{6f22}W ".repeat(2500));
    fs::create_dir(dir.path().join("exports")).unwrap();
    let notes = [HOSTILE, &long, "\u{0}\u{1b}[31m\u{2066}x", "W".repeat(300).as_str()].map(str::to_owned);
    let keys = notes.iter().enumerate().map(|(n, note)| key(n, note, n % 2 == 0)).collect();
    fs::write(dir.path().join("exports/bybit.json"), export(keys)).unwrap();
    let quoted = |text: &str| json!(text).to_string();
    let declaration = format!(
        "version: 1\nsystems:\n  {system}: {{ egress: [203.0.113.10], server: {system}, environment: {system} }}\nthird-parties:\n  {system}: {{ service: {system} }}\n\
         accounts:\n  {account}: {{ purpose: trading, balance: 12000 USDT }}\n  {long}: {{ parent: {account}, balance: 99999999999999999999 USDT }}\nkeys:\n  \
         - {{ key: bybit K00000000000000000, account: {account}, task: trading, system: {system}, third-party: {system} }}\n  \
         - {{ key: bybit K00000000000000001, account: {long}, task: trading, system: {system} }}\n",
        system = quoted(&long),
        account = quoted(&format!("bybit/{HOSTILE}")),
        long = quoted(&format!("bybit/{long}")),
    );
    fs::write(dir.path().join("keylint.yaml"), declaration).unwrap();
    fs::write(
        dir.path().join("<svg onload=alert(1)>.env"),
        "# </script><script>alert(1)</script> {{ page }}\nBYBIT_API_KEY=Kq7Zp2Lm9Xc4Vb8Nt1\nBYBIT_API_SECRET=w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1AoN # </pre><script>alert(1)</script>\n",
    )
    .unwrap();
    dir
}

#[test]
fn hostile_names_are_text_and_long_ones_are_cut() {
    let dir = hostile();
    for command in ["check", "radius"] {
        let html = page(dir.path(), &[command, ".", "--now", "2026-11-01"]);
        let all = is_sound(&html);
        assert!(!html.contains("w3RkT8yLq2"));
        assert_eq!(all.iter().filter(|e| e.name == "script" || e.name == "style").count(), 2);
        assert!(html.contains("&lt;&#47;script&gt;") || html.contains("&lt;/script&gt;"), "the name is not there at all");
        assert!(!html.contains('\u{202e}') && !html.contains('\u{1b}') && html.contains("\\u{202e}"));
        assert!(html.contains("{{ page.title }}"), "a name was taken for a template");
        let own = |e: &&Element| !["script", "style"].contains(&e.name.as_str()) && !html[e.inside.clone()].contains('<');
        for element in all.iter().filter(own).filter(|e| e.name != "desc") {
            assert!(text_of(&html, element).chars().count() <= 1200, "{element:?}");
        }
        assert!(html.len() < 2_000_000, "{}", html.len());
    }
}

/// Opens pages in Chromium. `.ci/run` installs it, and runs this.
fn browse(html: &str, report: &Value, seen: &Path, more: &[&str]) -> Output {
    fs::create_dir_all(seen).unwrap();
    let (page, json) = (seen.join("page.html"), seen.join("report.json"));
    fs::write(&page, html).unwrap();
    fs::write(&json, report.to_string()).unwrap();
    let mut command = Command::new("python3");
    command.arg(root().join("tests/html/browser.py")).arg(page).arg(json).arg(seen).args(more);
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).output().expect("python3 is not installed")
}

/// Width and height of a PNG.
fn size(png: &[u8]) -> (u64, u64) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| png[at..at + 4].iter().fold(0, |n, b| n << 8 | u64::from(*b));
    (number(16), number(20))
}

#[test]
#[ignore = "needs Chromium and Poppler: .ci/run installs them"]
fn a_reader_sees_it_in_a_real_browser() {
    let (html, report) = (page(&root(), &[&["check"], &ESTATE[..]].concat()), document(&root(), &[&["check"], &ESTATE[..]].concat()));
    let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seen");
    let output = browse(&html, &report, &seen, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        measured["print"]["landscape"].as_u64() > Some(1) && measured["print"]["pages"].as_u64() > measured["print"]["landscape"].as_u64()
    );
    // The picture of the README.
    let committed = root().join("docs/images/report.png");
    let fresh = fs::read(seen.join("report.png")).unwrap();
    if std::env::var_os("KEYLINT_BLESS").is_some() {
        fs::create_dir_all(committed.parent().unwrap()).unwrap();
        fs::write(&committed, &fresh).unwrap();
    }
    let picture = fs::read(&committed).expect("KEYLINT_BLESS=1 makes the picture");
    let (is, should) = (size(&picture), size(&fresh));
    // Lines may break elsewhere in the letters of another machine.
    assert!(
        is.0 == should.0 && is.1.abs_diff(should.1) * 20 <= should.1,
        "the picture is {is:?}, the page {should:?}: KEYLINT_BLESS=1 makes it anew"
    );
    assert!(picture.len() < 400_000, "{}", picture.len());
}

#[test]
#[ignore = "needs Chromium and Poppler: .ci/run installs them"]
fn a_browser_finds_no_fault_with_hostile_and_large_pages() {
    let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    let dir = hostile();
    let none = json!({ "findings": [] });
    let large = large();
    for (folder, command) in [(&dir, "check"), (&dir, "radius"), (&large, "check")] {
        let html = page(folder.path(), &[command, ".", "--now", "2026-11-01"]);
        let output = browse(&html, &none, &seen, &["look"]);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
#[ignore = "needs Chromium and Poppler: .ci/run installs them"]
fn the_policy_stops_what_would_get_in_and_the_test_sees_it() {
    let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy");
    let html = page(&root(), &[&["check"], &ESTATE[..]].concat());
    let none = json!({ "findings": [] });
    for (inserted, told) in [
        ("<script>document.title = 'owned'</script>", "script-src"),
        ("<img src=\"http://127.0.0.1:9/x.png\">", "img-src"),
        ("<style>body { display: none }</style>", "style-src"),
        ("<svg onload=\"document.title = 'owned'\"></svg>", "script-src"),
    ] {
        let owned = html.replacen("<main>", &format!("<main>{inserted}"), 1);
        let output = browse(&owned, &none, &seen, &["look"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("Content Security Policy") && said.contains(told), "{inserted}: {said}");
    }
}
