//! That the formats agree: on the exit code, on what was not looked at, on names, whatever the number of threads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::hostile::hostile;
use super::{ESTATE, FORMATS, KEY, NOW, SECRET, document, estate, keylint, put, written};

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
    assert_eq!(named["uri"].as_str().unwrap(), format!("outside/absolute{}", absolute.display()));
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

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let (dir, _) = hostile();
    for n in 0..260 {
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

/// The page on the formats has a row for each, with a line that the demo really has: `…` stands for anything.
#[test]
fn the_page_shows_every_format_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/formats.md")).unwrap();
    let help = keylint(root, &["check", "--help"]).stdout;
    let help = String::from_utf8(help).unwrap();
    for format in FORMATS {
        assert!(help.contains(&format!("- {format}:")), "{help}");
        let row = page.lines().find(|l| l.starts_with(&format!("| `{format}` |"))).unwrap_or_else(|| panic!("{format} has no row"));
        let shown = row.split(" | ").nth(2).unwrap().trim_matches('`');
        let (_, bytes) = written(root, format, &["fixtures/demo", "--config", "fixtures/demo/keylint.yaml"]);
        let text = String::from_utf8(bytes).unwrap();
        let has = |line: &str| {
            // An id is cut with the same sign.
            let line = line.replace("ZN30\u{2026}kOv3", "ZN30+kOv3");
            let mut rest = line.as_str();
            let shown = shown.replace("ZN30\u{2026}kOv3", "ZN30+kOv3");
            shown.split('\u{2026}').all(|part| {
                rest.split_once(part).is_some_and(|(_, after)| {
                    rest = after;
                    true
                })
            })
        };
        assert!(text.lines().any(has), "{format} has no line {shown}");
    }
}
