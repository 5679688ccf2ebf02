//! What each format looks like over one estate.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ESTATE, FORMATS, estate, written};

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
    // The page has tests of its own.
    for format in FORMATS[3..].iter().filter(|f| **f != "html") {
        let (code, bytes) = written(dir.path(), format, &ESTATE);
        assert_eq!(code, 1, "{format}");
        insta::assert_snapshot!(*format, steady(format, &bytes));
    }
}
