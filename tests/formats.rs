//! The formats of the report, by the built binary: what each looks like over one estate, that nothing from a file becomes
//! anything else than text in it, that no secret is in any, and that they agree with each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const FORMATS: [&str; 10] =
    ["human", "compact", "json", "jsonl", "sarif", "github", "gitlab-secrets", "gitlab-quality", "junit", "markdown"];
const NOW: [&str; 2] = ["--now", "2026-11-01"];
const KEY: &str = "Kq7Zp2Lm9Xc4Vb8Nt1";
const SECRET: &str = "w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1AoN";

fn keylint(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).args(NOW).current_dir(folder).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

fn written(folder: &Path, format: &str, args: &[&str]) -> (i32, Vec<u8>) {
    let output = keylint(folder, &[&["check", "--format", format], args].concat());
    assert!(output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), output.stdout)
}

fn document(folder: &Path, format: &str, args: &[&str]) -> Value {
    let (_, bytes) = written(folder, format, args);
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{format}: {e}: {}", String::from_utf8_lossy(&bytes)))
}

fn put(folder: &Path, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
    let path = folder.join(Path::new(name.as_ref()));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

const DECLARATION: &str = r#"version: 1
systems:
  trend: { egress: [57.128.44.5], environment: production }
accounts:
  kraken/treasury: { purpose: trading }
keys:
  - key: kraken ZN30gVXk…
    account: kraken/treasury
    task: trading
    system: trend
policy:
  rules:
    rotation-overdue: { off: "rotated by hand, next in January" }
"#;

/// Settings of a key, secrets in text and in a binary file, related places, suppressed findings of both kinds, checks that
/// were not possible, and an export that is broken.
fn estate() -> TempDir {
    let dir = TempDir::new().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    let export = fs::read(demo.join("exports/kraken/trend.json")).unwrap();
    put(dir.path(), "exports/cut.json", &export[..export.len() / 2]);
    put(dir.path(), "exports/kraken.json", export);
    put(dir.path(), "bots/trend/config.json", fs::read(demo.join("bots/trend/config.json")).unwrap());
    put(
        dir.path(),
        "bots/old.env",
        format!(
            "BYBIT_API_KEY={KEY}\n# keylint: allow secret-in-plaintext until=2027-01-01 -- revoked on Monday\nBYBIT_API_SECRET={SECRET}\n"
        ),
    );
    let mut binary = b"\x7fELF\0\0\x01\x02\xff\xfe\0\0".to_vec();
    binary.extend_from_slice(b"\0BYBIT_API_KEY=Ub5Wd8Xe2Yf6Zg3Ahq\0BYBIT_API_SECRET=Hs9Jt4Ku7Lv2Mw6Nx3Py8Qz5Ra1Sb0Tc4Ud7V\0\0");
    put(dir.path(), "bots/memory.bin", binary);
    put(dir.path(), "keylint.yaml", DECLARATION);
    dir
}

const ESTATE: [&str; 4] = [".", "absent.json", "--show-suppressed", "--fail-on=high"];

/// A report without what changes when a rule is added: the rules that found nothing, and all but the first that had no answer.
fn steady(format: &str, bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap().to_owned();
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let text = match format {
        "sarif" => {
            let mut log: Value = serde_json::from_str(&text).unwrap();
            let run = &mut log["runs"][0];
            let found: BTreeSet<String> = run["results"].as_array().unwrap().iter().map(|r| r["ruleId"].as_str().unwrap().into()).collect();
            run["tool"]["driver"]["rules"].as_array_mut().unwrap().retain(|r| found.contains(r["id"].as_str().unwrap()));
            for result in run["results"].as_array_mut().unwrap() {
                result["ruleIndex"] = "[index]".into();
            }
            let open = run["invocations"][0]["toolConfigurationNotifications"].as_array_mut().unwrap();
            open.truncate(1);
            open[0]["associatedRule"]["index"] = "[index]".into();
            pretty(&log)
        }
        "gitlab-secrets" | "gitlab-quality" => pretty(&serde_json::from_str(&text).unwrap()),
        "jsonl" => {
            let mut open = 0;
            let keep = |line: &&str| {
                open += usize::from(line.starts_with("{\"type\":\"not_assessed\""));
                !line.starts_with("{\"type\":\"not_assessed\"") || open == 1
            };
            text.lines().filter(keep).map(|l| l.to_owned() + "\n").collect()
        }
        "junit" => {
            // Tests that passed in silence or were skipped.
            let mut out = String::new();
            let lines: Vec<&str> = text.lines().collect();
            let mut at = 0;
            while at < lines.len() {
                let skipped = lines[at].contains("<testcase ") && lines.get(at + 1).is_some_and(|l| l.contains("<skipped "));
                if lines[at].contains("<testcase ") && lines[at].ends_with("/>") && !lines[at].contains("keylint.reading") {
                    at += 1;
                } else if skipped {
                    at += 3;
                } else {
                    let line = lines[at];
                    let counts = line.find(" tests=\"").zip(line.find(" time=\"").or(line.rfind('>')));
                    match counts {
                        Some((from, to)) if line.contains("<testsuite") => {
                            out.push_str(&format!("{} [counts]{}\n", &line[..from], &line[to..]));
                        }
                        _ => out.push_str(&format!("{line}\n")),
                    }
                    at += 1;
                }
            }
            out
        }
        "github" => {
            let mut lines =
                text.lines().map(|l| if l.contains("title=not assessed") { l.split("%0A").next().unwrap() } else { l }.to_owned() + "\n");
            lines.by_ref().collect()
        }
        "markdown" => {
            let mut open = 0;
            let keep = |line: &&str| {
                let is_open = line.starts_with("- `") && line.contains(": missing ");
                open += usize::from(is_open);
                !is_open || open == 1
            };
            text.lines().filter(keep).map(|l| l.to_owned() + "\n").collect()
        }
        _ => text,
    };
    // How many checks were not possible depends on the rules that there are.
    let words: Vec<&str> = text.split(" checks").collect();
    let mut out = String::new();
    for (n, part) in words.iter().enumerate() {
        let digits = part.len() - part.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if n + 1 < words.len() {
            out.push_str(&part[..part.len() - digits]);
            out.push_str(if digits > 0 { "[n] checks" } else { " checks" });
        } else {
            out.push_str(part);
        }
    }
    let count = "\"not_assessed\":";
    match out.rfind(count) {
        Some(at) if format == "jsonl" => {
            let rest = out[at + count.len()..].trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
            format!("{}[n]{rest}", &out[..at + count.len()])
        }
        _ => out,
    }
}

#[test]
fn one_estate_in_every_format() {
    let dir = estate();
    for format in &FORMATS[3..] {
        let (code, bytes) = written(dir.path(), format, &ESTATE);
        assert_eq!(code, 1, "{format}");
        insta::assert_snapshot!(*format, steady(format, &bytes));
    }
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let dir = estate();
    put(dir.path(), "nothing/.keep", "");
    put(dir.path(), "right.json", "{\"a\": 1}\n");
    put(dir.path(), "wrong.yaml", "version: 1\nsystem: {}\n");
    let cases: [(&[&str], i32); 7] = [
        (&["."], 1),
        (&[".", "--exit-zero"], 2),
        (&["exports/cut.json"], 2),
        (&["keylint.yaml", "--as", "text"], 0),
        (&["absent.json"], 2),
        (&["nothing"], 3),
        (&["bots", "--config", "wrong.yaml"], 2),
    ];
    for (args, code) in cases {
        for format in FORMATS {
            let (ended, bytes) = written(dir.path(), format, args);
            assert_eq!(ended, code, "{args:?} as {format}: {}", String::from_utf8_lossy(&bytes));
            assert!(!bytes.is_empty(), "{args:?} as {format} says nothing");
        }
    }
}

#[test]
fn what_was_not_read_and_not_checked_is_said_in_every_format() {
    let dir = estate();
    for (args, words) in
        [(&["absent.json"][..], "no such file or folder"), (&["nothing"], "nothing to check"), (&["exports/kraken.json"], "not possible")]
    {
        fs::create_dir_all(dir.path().join("nothing")).unwrap();
        for format in FORMATS.iter().filter(|f| !f.starts_with("json")) {
            let (_, bytes) = written(dir.path(), format, args);
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(words), "{args:?} as {format}: {text}");
        }
    }
}

#[test]
fn json_lines_are_the_json_report_in_lines() {
    let dir = estate();
    let report = document(dir.path(), "json", &ESTATE);
    let (_, bytes) = written(dir.path(), "jsonl", &ESTATE);
    let lines: Vec<Value> = std::str::from_utf8(&bytes).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |kind: &str| {
        let mut of: Vec<Value> = lines.iter().filter(|l| l["type"] == kind).cloned().collect();
        of.iter_mut().for_each(|l| drop(l.as_object_mut().unwrap().remove("type")));
        of
    };
    let mut whole = of("summary")[0].clone();
    assert_eq!(lines.last().unwrap()["type"], "summary");
    for (list, kind) in [("findings", "finding"), ("not_assessed", "not_assessed"), ("problems", "problem")] {
        whole[list] = of(kind).into();
    }
    assert_eq!(whole, report);
}

#[test]
fn a_finding_keeps_its_name_when_lines_move() {
    let dir = estate();
    let names = |format: &str| -> (Vec<String>, String) {
        let value = document(dir.path(), format, &["."]);
        let list = |value: &Value, name: &dyn Fn(&Value) -> String| value.as_array().unwrap().iter().map(name).collect::<Vec<_>>();
        let mut names = match format {
            "sarif" => list(&value["runs"][0]["results"], &|r| format!("{} {}", r["ruleId"], r["partialFingerprints"]["keylint/v1"])),
            "gitlab-secrets" => list(&value["vulnerabilities"], &|v| v["id"].to_string()),
            _ => list(&value, &|v| v["fingerprint"].to_string()),
        };
        names.sort();
        (names, value.to_string())
    };
    let formats = ["sarif", "gitlab-secrets", "gitlab-quality"];
    let before = formats.map(names);
    for name in ["bots/trend/config.json", "bots/old.env", "exports/kraken.json", "keylint.yaml"] {
        let path = dir.path().join(name);
        let content = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("\n\n\n{content}")).unwrap();
    }
    for (format, (names_before, text_before)) in formats.iter().zip(before) {
        let (after, text) = names(format);
        assert!(after.len() > 1, "{format} has {after:?}");
        assert_eq!(after, names_before, "{format}");
        assert_ne!(text, text_before, "{format}: no line has moved");
        assert_eq!(after.iter().collect::<BTreeSet<_>>().len(), after.len(), "{format}: a name is used twice: {after:?}");
    }
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    let dir = estate();
    let log = document(dir.path(), "sarif", &ESTATE);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!(score > 0.0 && score <= 10.0, "{rule}");
        for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"], &rule["help"]["markdown"]]
        {
            assert!(text.as_str().is_some_and(|t| !t.is_empty()), "{rule}");
        }
        assert!(rule["fullDescription"]["text"].as_str().unwrap().chars().count() <= 1024, "{rule}");
    }
    let ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let results = run["results"].as_array().unwrap();
    let mut binary = 0;
    for result in results {
        assert_eq!(result["ruleId"].as_str().unwrap(), ids[result["ruleIndex"].as_u64().unwrap() as usize]);
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        if place["artifactLocation"]["uri"] == "bots/memory.bin" {
            binary += 1;
            assert!(region["startLine"].is_null() && region["byteLength"].as_u64().unwrap() > 0, "{region}");
        } else {
            assert!(region["startLine"].as_u64().unwrap() > 0 && region["endColumn"].as_u64().unwrap() > 0, "{region}");
        }
        // Links of the message lead to places that there are.
        let text = result["message"]["text"].as_str().unwrap();
        let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
        for (at, _) in text.match_indices("](") {
            let id: usize = text[at + 2..].split(')').next().unwrap().parse().unwrap();
            assert!((1..=related).contains(&id), "{text}");
        }
        let suppressed = result["suppressions"].as_array().unwrap();
        assert!(suppressed.len() <= 1);
    }
    let kinds: Vec<&str> = results.iter().filter_map(|r| r["suppressions"][0]["kind"].as_str()).collect();
    assert!(kinds.contains(&"inSource") && kinds.contains(&"external"), "{kinds:?}");
    assert_eq!(binary, 1);
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "the run was not complete");
    // Without suppressed findings nobody says that there are none.
    let log = document(dir.path(), "sarif", &["."]);
    assert!(log["runs"][0]["results"].as_array().unwrap().iter().all(|r| r.get("suppressions").is_none()));
}

#[test]
fn places_outside_the_folder_have_uris_that_lead_nowhere_else() {
    let dir = TempDir::new().unwrap();
    let leak = format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n");
    put(dir.path(), "near/.env", &leak);
    put(dir.path(), "work/.keep", "");
    let work = dir.path().join("work");
    let absolute = dir.path().join("near/.env").canonicalize().unwrap();
    let uri = |value: &Value| value["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].clone();
    let above = uri(&document(&work, "sarif", &["../near"]));
    assert_eq!(above["uri"], "outside/up/near/.env");
    assert_eq!(above["description"]["text"], "outside the working folder: ../near/.env");
    let named = uri(&document(&work, "sarif", &[absolute.to_str().unwrap()]));
    assert_eq!(named["uri"].as_str().unwrap(), format!("outside/root{}", absolute.display()));
    for format in ["sarif", "github"] {
        put(&work, "in", &leak);
        let output = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(["check", "-", "--as", "text", "--format", format])
            .current_dir(&work)
            .stdin(fs::File::open(work.join("in")).unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        if format == "sarif" {
            assert_eq!(uri(&serde_json::from_str(&text).unwrap())["uri"], "stdin");
        } else {
            assert!(text.starts_with("::error title="), "{text}");
        }
    }
}

/// What stands in names and labels of the hostile estate.
const HOSTILE: &str = "x\n::error::owned\r\u{1b}[31m<script>alert(1)</script>]]>|`&\"'\u{202e}@me ##[error]own ![i](https://e.org/i.png) www.e.org {0} $x$ :tada: %0A::warning::w";

fn hostile() -> (TempDir, BTreeSet<Vec<u8>>) {
    let dir = TempDir::new().unwrap();
    let leak = |n: usize| format!("BYBIT_API_KEY=Kq7Zp2Lm9Xc4Vb8N{n:02}\nBYBIT_API_SECRET=w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1A{n:02}\n");
    let names: [&[u8]; 9] = [
        b"a\n::error::b\x1b[31m<b>.env",
        b"c\r::warning file=x::d.env",
        b"]]>|`&\"'.env",
        "e\u{202e}vne.f\u{2066}.env".as_bytes(),
        b"g\xff\xfe.env",
        b"##[error]h.env",
        b"![i](https:x) @me #1 www.e.org.env",
        b"back\\slash%41,:;=.env",
        b"<script>alert(1)<.env",
    ];
    for (n, name) in names.iter().enumerate() {
        put(dir.path(), OsStr::from_bytes(name), leak(10 + n));
    }
    // A secret as the name of a file, and in a label.
    put(dir.path(), format!("{SECRET}.env"), format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n"));
    let answer = json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": format!("{HOSTILE} {SECRET}"), "apiKey": KEY, "readOnly": 0,
        "secret": "", "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": ["Withdraw", HOSTILE], "Options": [], "Derivatives": [],
        "Exchange": [] }, "ips": ["*"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4,
        "isMaster": true, "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 });
    put(dir.path(), "exports/bybit.json", answer.to_string());
    // A reason that was written to be more than a reason.
    put(
        dir.path(),
        "allowed.env",
        format!("# keylint: allow secret-in-plaintext -- ::error::r <script> | ` ##[error] @me {SECRET}\n{}", leak(40)),
    );
    (dir, names.iter().map(|n| n.to_vec()).collect())
}

/// Every string of a document.
fn strings(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|v| strings(v, visit)),
        Value::Object(fields) => fields.iter().for_each(|(name, v)| {
            visit(name);
            strings(v, visit);
        }),
        _ => {}
    }
}

fn harmful(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
}

/// That a text is well-formed XML, as far as this format uses it: one root, tags that close, quoted attributes, and no
/// character that has to be a reference. Returns the names of the elements.
fn elements(xml: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a prolog");
    let plain = |text: &str| {
        assert!(!text.contains(']') || !text.contains("]]>"), "{text}");
        for (at, _) in text.match_indices('&') {
            let name = text[at + 1..].split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{name}");
        }
    };
    while let Some(at) = rest.find('<') {
        plain(&rest[..at]);
        let mut quote = false;
        let end = rest[at..].find(|c| {
            quote ^= c == '"';
            c == '>' && !quote
        });
        let tag = &rest[at + 1..at + end.expect("a tag that ends")];
        rest = &rest[at + end.unwrap() + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.trim_end_matches('/').split(' ').next().unwrap();
        let mut attributes = tag.trim_end_matches('/')[name.len()..].trim();
        while !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
            assert!(key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_'), "{tag}");
            let (value, more) = value.split_once('"').unwrap();
            assert!(!value.contains('<'), "{tag}");
            plain(value);
            attributes = more.trim_start();
        }
        assert!(!open.is_empty() || out.is_empty(), "two roots");
        *out.entry(name.to_owned()).or_default() += 1;
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    out
}

#[test]
fn nothing_from_a_file_is_more_than_text_in_any_format() {
    let (dir, _) = hostile();
    for format in FORMATS {
        let (code, bytes) = written(dir.path(), format, &[".", "absent\n::error::<b>]]>.json", "--show-suppressed"]);
        assert_eq!(code, 1, "{format}");
        let text = String::from_utf8(bytes).unwrap_or_else(|e| panic!("{format}: {e}"));
        let found: Vec<char> = text.chars().filter(|c| harmful(*c)).collect();
        assert!(found.is_empty(), "{format}: {found:?}");
        for line in text.lines() {
            let own = ["::error ", "::warning ", "::notice "].iter().any(|c| line.starts_with(c));
            assert_eq!(line.trim_start().starts_with("::"), own && format == "github", "{format}: {line}");
            // The old form of a command works in the middle of a line. Lines that begin with the new one are not searched for it.
            let ours = !matches!(format, "human" | "compact" | "json" | "jsonl");
            assert!(!ours || !line.contains("##["), "{format}: {line}");
        }
        match format {
            "json" | "sarif" | "gitlab-secrets" | "gitlab-quality" => {
                strings(&serde_json::from_str(&text).unwrap(), &mut |s| assert!(!s.chars().any(harmful), "{format}: {s:?}"));
            }
            "jsonl" => {
                for line in text.lines() {
                    strings(&serde_json::from_str(line).unwrap(), &mut |s| assert!(!s.chars().any(harmful), "{format}: {s:?}"));
                }
            }
            "github" => {
                for line in text.lines().filter(|l| !l.starts_with("keylint: ")) {
                    let (properties, data) = line[2..].split_once("::").unwrap();
                    let names: Vec<&str> = properties.split_once(' ').unwrap().1.split(',').map(|p| p.split('=').next().unwrap()).collect();
                    assert!(names.iter().all(|n| ["file", "line", "endLine", "col", "endColumn", "title"].contains(n)), "{line}");
                    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{line}");
                    assert!(!data.is_empty());
                }
            }
            "junit" => {
                let names = elements(&text);
                let known = ["testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out"];
                assert!(names.keys().all(|n| known.contains(&n.as_str())), "{names:?}");
                assert!(names["failure"] >= 1 && names["error"] >= 1, "{names:?}");
            }
            "markdown" => {
                for (at, _) in text.match_indices('<') {
                    let tag = text[at + 1..].split(['>', ' ']).next().unwrap();
                    assert!(
                        ["details", "/details", "summary", "/summary", "br", "!--"].contains(&tag.split('<').next().unwrap()),
                        "<{tag}"
                    );
                }
                // Code stays as it is; everything else must not be able to become a link, an image or a mention.
                for line in text.lines() {
                    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
                    for word in ["](", "![", "@me", "://", "www.e", "$x", ":tada", " #1"] {
                        assert!(!outside.contains(word), "{word}: {line}");
                    }
                    assert_eq!(line.matches('`').count() % 2, 0, "{line}");
                    if line.starts_with('|') {
                        assert_eq!(line.matches('|').count(), 6, "{line}");
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn uris_decode_to_the_names_of_the_files() {
    let (dir, names) = hostile();
    let log = document(dir.path(), "sarif", &["."]);
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        let mut name = Vec::new();
        let mut bytes = uri.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                name.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                name.push(byte);
            }
        }
        seen.insert(name);
    }
    assert!(names.is_subset(&seen), "{:?}", names.difference(&seen).map(|n| String::from_utf8_lossy(n).into_owned()).collect::<Vec<_>>());
}

#[test]
fn no_secret_is_in_any_format_in_any_form() {
    // Values with characters that every format writes in its own way.
    let awkward = "Asnq0q5rXSxUqeGsiVfJ8yw94AAoQGYLJTUQrDR38supdwixEu0n/BPMRiMfqaPg39snm5HcFHdWq1Z9vA4m8Q==";
    let pass = "kj|<h>&\"82`_*Lq';x";
    let dir = TempDir::new().unwrap();
    let id = "ZN30gVXkq5sMT6A5te1NSxgDhqRUpG30ERpO4qWg/VhDMnJ/xabUkOv3";
    put(dir.path(), "config.json", json!({ "exchange": { "name": "kraken", "key": id, "secret": awkward } }).to_string());
    let okx = json!({ "name": "okx", "apiKey": "8208aea2-3c3c-47d9-9957-ab067782210a", "secret": "5E75CC746FC90670158798C01F1E3A08", "passphrase": pass });
    put(dir.path(), "okx.json", okx.to_string());
    put(dir.path(), format!("{SECRET}/{SECRET}.env"), format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n"));
    // The value as folders of a path, too.
    put(dir.path(), format!("{awkward}/x.env"), "KRAKEN_API_SECRET=".to_owned() + awkward + "\nKRAKEN_API_KEY=" + id + "\n");
    put(
        dir.path(),
        "reason.env",
        format!(
            "BYBIT_API_KEY={KEY}\n# keylint: allow secret-in-plaintext -- it is {SECRET} and {awkward} and {pass}\nBYBIT_API_SECRET={SECRET}\n"
        ),
    );
    put(dir.path(), "exports/none.json", json!({ "label": SECRET }).to_string());
    for format in FORMATS {
        let (_, bytes) = written(dir.path(), format, &[".", "--show-suppressed", "--strict"]);
        let text = String::from_utf8(bytes).unwrap();
        // Without what a format's escapes put between characters.
        let mut bare = text.replace("<!-- -->", "").replace("\\/", "/");
        for (from, to) in
            [("%2F", "/"), ("%2B", "+"), ("%3D", "="), ("&#61;", "="), ("&#95;", "_"), ("&#124;", "|"), ("&amp;", "&"), ("&lt;", "<")]
        {
            bare = bare.replace(from, to);
        }
        for secret in [SECRET, awkward, "5E75CC746FC90670158798C01F1E3A08"] {
            for from in 0..secret.len() - 10 {
                let piece = &secret[from..from + 10];
                assert!(!text.contains(piece) && !bare.contains(piece), "{format} shows {piece}:\n{text}");
            }
            let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
            assert!(!bare.to_lowercase().contains(&hex[..24]), "{format}");
        }
        assert!(!text.contains(pass) && !bare.contains(&pass[..8]), "{format}");
        assert!(
            text.contains('*') || ["gitlab-secrets", "gitlab-quality", "junit", "github", "sarif", "markdown"].contains(&format),
            "{format}"
        );
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let (dir, _) = hostile();
    for n in 0..300 {
        let content = format!("BYBIT_API_KEY=Kq7Zp2Lm9Xc4Vb8{n:03}\nBYBIT_API_SECRET=w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1{n:03}\n");
        put(dir.path(), format!("many/{n}/.env"), content);
    }
    for format in FORMATS {
        let run = |threads: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
            command.args(["check", ".", "--format", format]).args(NOW).current_dir(dir.path()).env("RAYON_NUM_THREADS", threads);
            command.stdin(Stdio::null()).output().unwrap().stdout
        };
        assert!(run("1") == run("4"), "{format}");
    }
}

#[test]
fn a_summary_stays_below_what_github_takes_and_says_what_it_left_out() {
    let dir = TempDir::new().unwrap();
    let folder = "a-folder-with-a-long-name-that-is-there-to-fill-the-report/".repeat(3);
    for n in 0..2200 {
        let content = format!("BYBIT_API_KEY=Kq7Zp2Lm9Xc4Vb{n:04}\nBYBIT_API_SECRET=w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu{n:04}\n");
        put(dir.path(), format!("{folder}{n:04}.env"), content);
    }
    let (_, bytes) = written(dir.path(), "markdown", &["."]);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.len() > 700 * 1024 && text.len() < 1024 * 1024, "{}", text.len());
    let rows = text.lines().filter(|l| l.starts_with("| high")).count();
    assert!(text.contains(&format!("{} findings, the least severe, are left out here", 2200 - rows)), "{rows} rows");
    assert!(text.starts_with("## keylint: failed; 2200 findings: 2200 high"), "{}", &text[..100]);
    assert!(text.ends_with("Exit code 1.\n"));
}

#[test]
fn several_reports_of_one_run_are_those_that_it_would_print() {
    let dir = estate();
    let out = TempDir::new().unwrap();
    let place = |format: &str| format!("{format}={}", out.path().join(format).display());
    let places: Vec<String> = FORMATS.iter().map(|f| place(f)).collect();
    let mut args: Vec<&str> = vec!["check"];
    args.extend(ESTATE);
    for place in &places {
        args.extend(["--output", place.as_str()]);
    }
    let output = keylint(dir.path(), &args);
    assert_eq!(output.status.code(), Some(1));
    let mut names: Vec<String> = fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut wanted = FORMATS.map(str::to_owned);
    wanted.sort();
    assert_eq!(names, wanted, "something else was left behind");
    for format in FORMATS.iter().filter(|f| **f != "human") {
        assert!(fs::read(out.path().join(format)).unwrap() == written(dir.path(), format, &ESTATE).1, "{format}");
    }
    // What was there is replaced as a whole.
    fs::write(out.path().join("sarif"), "x".repeat(1 << 20)).unwrap();
    keylint(dir.path(), &["check", ".", "--output", &place("sarif")]);
    let again: Value = serde_json::from_slice(&fs::read(out.path().join("sarif")).unwrap()).unwrap();
    assert_eq!(again["version"], "2.1.0");
}

#[test]
fn a_report_has_a_place_of_its_own_or_the_run_does_not_begin() {
    let dir = estate();
    let out = TempDir::new().unwrap();
    let at = |name: &str| out.path().join(name).display().to_string();
    fs::create_dir(out.path().join("folder")).unwrap();
    fs::write(out.path().join("target"), "kept").unwrap();
    std::os::unix::fs::symlink(out.path().join("target"), out.path().join("link")).unwrap();
    std::os::unix::fs::symlink(out.path().join("nowhere"), out.path().join("dangling")).unwrap();
    let same = format!("sarif={}", at("folder/../a"));
    let cases: [(&[&str], &str); 9] = [
        (&[&format!("json={}", at("a")), &format!("sarif={}", at("a"))], "is asked for twice"),
        (&[&format!("json={}", at("a")), &same], "is asked for twice"),
        (&[&format!("json={}", at("folder"))], "a folder stands there"),
        (&[&format!("json={}", at("new/"))], "is that of a folder"),
        (&[&format!("json={}", at("link"))], "links are not followed"),
        (&[&format!("json={}", at("dangling"))], "links are not followed"),
        (&[&format!("json={}", at("absent/a"))], "its folder does not exist"),
        (&["json=exports/kraken.json"], "would overwrite what it is about"),
        (&["json=keylint.yaml"], "would overwrite what it is about"),
    ];
    for (outputs, words) in cases {
        let mut args = vec!["check", ".", "exports/kraken.json"];
        for output in outputs {
            args.extend(["--output", output]);
        }
        let output = keylint(dir.path(), &args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{outputs:?}: {said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{outputs:?}: {said}");
    }
    assert_eq!(fs::read_to_string(out.path().join("target")).unwrap(), "kept");
    assert!(!out.path().join("a").exists() && !out.path().join("nowhere").exists());
}
