//! Reports in files, and how large a report may be.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::{ESTATE, FORMATS, estate, keylint, put, written};

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
