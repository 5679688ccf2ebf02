//! The documents that have a form of somebody else's, against that form.
//!
//! SARIF is validated by somebody else's programs: check-jsonschema with the schema, and Microsoft's Multitool with GitHub's
//! demands. `.ci/run` installs both and runs `cargo test --test formats -- --ignored`. The schema of GitLab's report comes
//! with no package, so what it demands stands here, in our words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::hostile::hostile;
use super::{ESTATE, document, estate, written};

/// SARIF of runs of every kind, written into a folder.
fn logs(into: &Path) -> Vec<PathBuf> {
    let (dir, odd) = (estate(), hostile().0);
    fs::create_dir(dir.path().join("nothing")).unwrap();
    fs::write(dir.path().join("wrong.yaml"), "version: 1\nsystem: {}\n").unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runs: [(&Path, &[&str]); 9] = [
        (dir.path(), &ESTATE),
        (dir.path(), &["."]),
        (dir.path(), &["absent.json"]),
        (dir.path(), &["nothing"]),
        (dir.path(), &["bots", "--config", "wrong.yaml"]),
        (odd.path(), &[".", "--show-suppressed"]),
        (odd.path(), &[".", "--strict"]),
        (demo, &["fixtures/demo", "--config", "fixtures/demo/keylint.yaml"]),
        (demo, &["fixtures/corpus"]),
    ];
    let write = |(n, (folder, args)): (usize, (&Path, &[&str]))| {
        let path = into.join(format!("{n}.sarif"));
        fs::write(&path, written(folder, "sarif", args).1).unwrap();
        path
    };
    runs.into_iter().enumerate().map(write).collect()
}

/// Where the Multitool and the schema are that it comes with.
fn multitool() -> PathBuf {
    PathBuf::from(std::env::var_os("SARIF_MULTITOOL").expect("SARIF_MULTITOOL names no folder: .ci/run installs the Multitool and sets it"))
}

/// What check-jsonschema says of documents: nothing where all of them fit.
fn refused(documents: &[PathBuf]) -> Option<String> {
    let schema = multitool().join("sarif-2.1.0.json");
    assert!(schema.is_file(), "{} is not there", schema.display());
    let output = Command::new("check-jsonschema").arg("--schemafile").arg(schema).args(documents).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("check-jsonschema is not on the PATH ({e}): .ci/run installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|c| c <= 1), "{said}");
    (!output.status.success()).then_some(said)
}

/// What the Multitool has against a log, by its own rules and by GitHub's: errors and warnings.
fn objections(log: &Path) -> Vec<String> {
    let out = TempDir::new().unwrap();
    let report = out.path().join("report.sarif");
    let mut command = Command::new(multitool().join("Sarif.Multitool"));
    command.arg("validate").arg(log).args(["--rule-kind", "Sarif;Gh", "--level", "Error;Warning", "--output"]).arg(&report);
    let output =
        command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("the Multitool does not start ({e}): .ci/run installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 files scanned"), "{said}");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    results.iter().map(|r| format!("{} {} {}", r["ruleId"].as_str().unwrap(), r["level"], r["message"])).collect()
}

#[test]
#[ignore = "needs check-jsonschema and the SARIF Multitool: .ci/run installs them"]
fn sarif_fits_its_schema_and_what_github_demands() {
    let out = TempDir::new().unwrap();
    let logs = logs(out.path());
    if let Some(said) = refused(&logs) {
        panic!("{said}");
    }
    for log in &logs {
        // A tool has an address to read about it; this one has none that is known.
        let mut objections = objections(log);
        objections.retain(|o| !o.starts_with("SARIF2005 ") || !o.contains("ProvideToolnformationUri"));
        assert!(objections.is_empty(), "{}: {objections:#?}", log.display());
    }
    // Both would notice.
    let mut broken: Value = serde_json::from_slice(&fs::read(&logs[0]).unwrap()).unwrap();
    broken["runs"][0]["tool"]["driver"]["rules"][0].as_object_mut().unwrap().remove("help");
    let path = out.path().join("helpless.sarif");
    fs::write(&path, broken.to_string()).unwrap();
    assert!(objections(&path).iter().any(|o| o.starts_with("GH")), "the Multitool takes a rule without help");
    broken["runs"][0]["results"][0]["level"] = "loud".into();
    fs::write(&path, broken.to_string()).unwrap();
    assert!(refused(&[path]).is_some(), "the schema takes any level");
}

/// What version 15.0.7 of GitLab's schema demands of a report of secrets
/// (<https://gitlab.com/gitlab-org/security-products/security-report-schemas>, `dist/secret-detection-report-format.json`),
/// as far as a report of ours touches it.
fn gitlab(report: &Value) -> Result<(), String> {
    let text = |value: &Value, what: &str, longest: usize| match value.as_str() {
        Some(text) if !text.is_empty() && text.chars().count() <= longest => Ok(text.to_owned()),
        _ => Err(format!("{what}: {value}")),
    };
    let only = |value: &Value, names: &[&str]| {
        let known = value.as_object().is_some_and(|o| o.keys().all(|k| names.contains(&k.as_str())));
        if known { Ok(()) } else { Err(format!("unknown names in {value}")) }
    };
    if report["version"] != "15.0.7" {
        return Err("version".into());
    }
    let scan = &report["scan"];
    only(scan, &["analyzer", "scanner", "start_time", "end_time", "status", "type", "messages"])?;
    for program in ["analyzer", "scanner"] {
        for name in ["id", "name", "version"] {
            text(&scan[program][name], name, usize::MAX)?;
        }
        text(&scan[program]["vendor"]["name"], "vendor", usize::MAX)?;
    }
    for time in ["start_time", "end_time"] {
        let time = text(&scan[time], time, 19)?;
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape != "0000-00-00T00:00:00" {
            return Err(time);
        }
    }
    if scan["type"] != "secret_detection" || !["success", "failure"].contains(&scan["status"].as_str().unwrap_or("")) {
        return Err(format!("{scan}"));
    }
    for message in scan["messages"].as_array().ok_or("messages")? {
        text(&message["value"], "message", usize::MAX)?;
        if !["info", "warn", "fatal"].contains(&message["level"].as_str().unwrap_or("")) {
            return Err(format!("{message}"));
        }
    }
    for v in report["vulnerabilities"].as_array().ok_or("vulnerabilities")? {
        only(v, &["id", "category", "name", "description", "severity", "solution", "identifiers", "links", "location"])?;
        let id = text(&v["id"], "id", 36)?;
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        if lengths != [8, 4, 4, 4, 12] {
            return Err(id);
        }
        text(&v["name"], "name", 255)?;
        text(&v["description"], "description", 1_048_576)?;
        text(&v["solution"], "solution", 7000)?;
        if !["Info", "Unknown", "Low", "Medium", "High", "Critical"].contains(&v["severity"].as_str().unwrap_or("")) {
            return Err(format!("{}", v["severity"]));
        }
        let identifiers = v["identifiers"].as_array().filter(|i| !i.is_empty()).ok_or("identifiers")?;
        for identifier in identifiers {
            for name in ["type", "name", "value"] {
                text(&identifier[name], name, usize::MAX)?;
            }
        }
        for link in v["links"].as_array().into_iter().flatten() {
            if !link["url"].as_str().is_some_and(|u| u.starts_with("http")) {
                return Err(format!("{link}"));
            }
        }
        let location = &v["location"];
        only(location, &["file", "start_line", "end_line", "commit"])?;
        text(&location["file"], "file", usize::MAX)?;
        text(&location["commit"]["sha"], "sha", usize::MAX)?;
        let lines = location["start_line"].as_u64().zip(location["end_line"].as_u64());
        if !lines.is_some_and(|(start, end)| 0 < start && start <= end) {
            return Err(format!("{location}"));
        }
    }
    Ok(())
}

#[test]
fn the_report_of_secrets_is_as_gitlab_demands() {
    let (dir, odd) = (estate(), hostile().0);
    let runs: [(&Path, &[&str]); 4] =
        [(dir.path(), &ESTATE), (dir.path(), &["absent.json"]), (odd.path(), &["."]), (odd.path(), &[".", "--strict"])];
    for (folder, args) in runs {
        let report = document(folder, "gitlab-secrets", args);
        gitlab(&report).unwrap_or_else(|e| panic!("{args:?}: {e}"));
        let json = document(folder, "json", args);
        let secrets = json["findings"].as_array().unwrap().iter().filter(|f| f.get("secret").is_some()).count();
        assert_eq!(report["vulnerabilities"].as_array().unwrap().len(), secrets, "{args:?}");
        assert_eq!(report["scan"]["status"] == "success", json["verdict"]["complete"] == true, "{args:?}");
    }
    let mut report = document(dir.path(), "gitlab-secrets", &ESTATE);
    report["vulnerabilities"][0]["location"].as_object_mut().unwrap().remove("commit");
    assert!(gitlab(&report).is_err());
}

#[test]
fn the_report_of_code_quality_is_as_gitlab_demands() {
    let (dir, odd) = (estate(), hostile().0);
    let runs: [(&Path, &[&str]); 4] =
        [(dir.path(), &ESTATE), (dir.path(), &["absent.json"]), (odd.path(), &["."]), (odd.path(), &[".", "--strict"])];
    for (folder, args) in runs {
        let report = document(folder, "gitlab-quality", args);
        let mut names: Vec<&str> = Vec::new();
        for entry in report.as_array().unwrap() {
            for name in ["description", "check_name", "fingerprint"] {
                assert!(entry[name].as_str().is_some_and(|t| !t.is_empty()), "{entry}");
            }
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&entry["severity"].as_str().unwrap()), "{entry}");
            assert!(entry["location"]["path"].as_str().is_some_and(|p| !p.is_empty()), "{entry}");
            assert!(entry["location"]["lines"]["begin"].as_u64().is_some_and(|l| l > 0), "{entry}");
            names.push(entry["fingerprint"].as_str().unwrap());
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{args:?}: a fingerprint is used twice");
    }
}
