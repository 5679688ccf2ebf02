//! The documents that other programs read and the files that people write, against the schemas that `keylint schema` prints.
//!
//! The schemas' own sanity needs nothing. The validation is done by somebody else's program, check-jsonschema, which must
//! be on the PATH: `.ci/run` installs it and runs `cargo test --test schemas -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const NOW: [&str; 2] = ["--now", "2026-11-01"];
const KINDS: [&str; 6] = ["", "rules", "report", "keys", "radius", "envelope"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn keylint(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylint")).args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// The schema of a kind; of the declaration where it is empty.
fn schema(kind: &str) -> Value {
    let args: Vec<&str> = ["schema", kind].into_iter().filter(|a| !a.is_empty()).collect();
    let output = keylint(&root(), &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every object in a schema, with the way to it.
fn objects<'v>(value: &'v Value, way: &str, visit: &mut dyn FnMut(&str, &'v serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(way, fields);
            for (name, inner) in fields {
                objects(inner, &format!("{way}/{name}"), visit);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, inner)| objects(inner, &format!("{way}/{n}"), visit)),
        _ => {}
    }
}

#[test]
fn every_schema_says_what_it_is_and_refers_only_to_what_it_has() {
    for kind in KINDS {
        let schema = schema(kind);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{kind}");
        assert!(schema["title"].as_str().is_some_and(|t| t.contains("keylint")), "{kind}: {}", schema["title"]);
        objects(&schema, "#", &mut |way, fields| {
            if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("{kind}: {way} refers to {target}"));
                assert!(schema.pointer(pointer).is_some(), "{kind}: {way} refers to {target}, which is not there");
            }
            for required in fields.get("required").and_then(Value::as_array).into_iter().flatten() {
                let name = required.as_str().unwrap();
                assert!(
                    fields.get("properties").is_some_and(|p| p.get(name).is_some()),
                    "{kind}: {way} requires {name} and has no such property"
                );
            }
        });
    }
}

#[test]
fn schemas_of_files_that_people_write_refuse_unknown_fields_and_explain_known_ones() {
    for kind in ["", "rules", "envelope"] {
        let schema = schema(kind);
        assert_eq!(schema["additionalProperties"], false, "{kind}");
        for (name, property) in schema["properties"].as_object().unwrap() {
            let explained = property.get("description").is_some() || property.get("$ref").is_some();
            assert!(explained, "{kind}: an editor has nothing to show for {name}");
        }
    }
}

#[test]
fn schemas_of_documents_have_the_names_that_programs_rely_on() {
    let has = |kind: &str, names: &[&str]| {
        let schema = schema(kind);
        for name in names {
            assert!(schema["properties"].get(name).is_some(), "the schema of {kind} lacks {name}");
        }
    };
    has("report", &["schema", "tool", "as_of", "config", "verdict", "findings", "not_assessed", "problems", "coverage"]);
    has("keys", &["schema", "as_of", "keys", "accounts", "addresses", "coverage", "problems"]);
    has("radius", &["schema", "as_of", "config", "noticed_after", "keys", "worst", "most", "fixes", "after", "coverage", "problems"]);
    has("envelope", &["exchange", "endpoint", "account", "key", "fetched_at", "response"]);
    has("", &["version", "systems", "third-parties", "accounts", "transfers", "keys", "exports", "policy"]);
    has("rules", &["title", "severity", "about", "when", "at", "message", "why", "fix", "examples"]);
}

/// What check-jsonschema says of documents: nothing where all of them fit.
fn refused(kind: &str, documents: &[PathBuf]) -> Option<String> {
    assert!(!documents.is_empty(), "there is nothing to validate");
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("schema.json");
    fs::write(&file, serde_json::to_vec(&schema(kind)).unwrap()).unwrap();
    let output = Command::new("check-jsonschema").arg("--schemafile").arg(&file).args(documents).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("check-jsonschema is not on the PATH ({e}): .ci/run installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|c| c <= 1), "{said}");
    (!output.status.success()).then_some(said)
}

fn fits(kind: &str, documents: &[PathBuf]) {
    if let Some(said) = refused(kind, documents) {
        panic!("{said}");
    }
}

/// A run in `folder`, its document written beside it, and how it ended.
fn document(folder: &Path, into: &Path, args: &[&str], code: i32) -> PathBuf {
    let output = keylint(folder, &[args, &["--format", "json"], &NOW].concat());
    assert_eq!(
        output.status.code(),
        Some(code),
        "{args:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let path = into.join(format!("{}.json", fs::read_dir(into).unwrap().count()));
    fs::write(&path, output.stdout).unwrap();
    path
}

/// The files below a folder that end so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            out.push(path);
        }
    }
    out.sort();
    out
}

const DEMO: [&str; 3] = ["fixtures/demo", "--config", "fixtures/demo/keylint.yaml"];

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn what_leaks_cost_fits_its_schema() {
    let (work, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(work.path().join("cut.json"), "{ \"retCode\": 0, ").unwrap();
    fs::create_dir(work.path().join("nothing")).unwrap();
    let estate = ["fixtures/estate", "--config", "fixtures/estate/keylint.yaml"];
    let mut documents = vec![
        document(&root(), out.path(), &[&["radius"], &DEMO[..]].concat(), 0),
        document(&root(), out.path(), &[&["radius"], &estate[..]].concat(), 0),
        document(&root(), out.path(), &[&["radius"], &estate[..], &["--key", "okx/mm"]].concat(), 2),
        document(work.path(), out.path(), &["radius", "cut.json"], 2),
        document(work.path(), out.path(), &["radius", "nothing"], 3),
    ];
    // Where no key fits, nothing is written.
    let refused_key = documents.remove(2);
    assert!(fs::read(refused_key).unwrap().is_empty());
    documents.push(document(&root(), out.path(), &[&["radius"], &estate[..], &["--key", "okx f9b43ba4"]].concat(), 0));
    for folder in fs::read_dir(root().join("fixtures/exports")).unwrap() {
        let folder = folder.unwrap().path();
        let exports: Vec<PathBuf> = files(&folder, ".json").into_iter().filter(|p| !p.to_string_lossy().ends_with(".keys.json")).collect();
        let paths: Vec<&str> = exports.iter().map(|p| p.to_str().unwrap()).collect();
        let output = keylint(&root(), &[&["radius", "--format", "json"], &paths[..], &NOW[..]].concat());
        let path = out.path().join(format!("{}.json", folder.file_name().unwrap().to_string_lossy()));
        fs::write(&path, output.stdout).unwrap();
        documents.push(path);
    }
    fits("radius", &documents);
    let mut broken: Value = serde_json::from_slice(&fs::read(&documents[0]).unwrap()).unwrap();
    broken["keys"][0]["ways"][0]["operations"][0]["executed"] = Value::Null;
    let path = out.path().join("broken.json");
    fs::write(&path, broken.to_string()).unwrap();
    assert!(refused("radius", &[path]).is_some(), "the schema takes anything");
}

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn reports_of_every_kind_fit_their_schema() {
    let (work, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let demo = root().join("fixtures/demo/exports");
    fs::copy(demo.join("kraken/payouts.json"), work.path().join("right.json")).unwrap();
    let whole = fs::read(demo.join("kraken/trend.json")).unwrap();
    fs::write(work.path().join("cut.json"), &whole[..whole.len() / 2]).unwrap();
    fs::write(work.path().join("other.json"), "{ \"a\": 1 }").unwrap();
    fs::write(work.path().join("wrong.yaml"), "version: 1\nsystem: {}\n").unwrap();
    fs::write(work.path().join("bytes.json"), b"{ \"ip\": \"\xff\xfe\" }").unwrap();
    fs::create_dir(work.path().join("nothing")).unwrap();
    let mut reports = vec![
        document(&root(), out.path(), &[&["check"], &DEMO[..]].concat(), 1),
        document(&root(), out.path(), &[&["check"], &DEMO[..], &["--show-suppressed", "--exit-zero"]].concat(), 0),
        document(&root(), out.path(), &[&["check"], &DEMO[..], &["--strict", "--exit-zero"]].concat(), 2),
    ];
    let runs: [(&[&str], i32); 7] = [
        (&["check", "right.json"], 0),
        (&["check", "cut.json"], 2),
        (&["check", "other.json"], 2),
        (&["check", "bytes.json"], 2),
        (&["check", "absent.json"], 2),
        (&["check", "nothing"], 3),
        (&["check", "right.json", "--config", "wrong.yaml"], 2),
    ];
    reports.extend(runs.map(|(args, code)| document(work.path(), out.path(), args, code)));
    // Every documented answer, the errors among them.
    for folder in fs::read_dir(root().join("fixtures/exports")).unwrap() {
        let folder = folder.unwrap().path();
        // Each is named, because in a repository a folder of recorded answers is not audited.
        let exports: Vec<PathBuf> = files(&folder, ".json").into_iter().filter(|p| !p.to_string_lossy().ends_with(".keys.json")).collect();
        let paths: Vec<&str> = exports.iter().map(|p| p.to_str().unwrap()).collect();
        let output = keylint(&root(), &[&["check", "--format", "json", "--exit-zero"], &paths[..], &NOW[..]].concat());
        let path = out.path().join(format!("{}.json", folder.file_name().unwrap().to_string_lossy()));
        fs::write(&path, output.stdout).unwrap();
        reports.push(path);
    }
    fits("report", &reports);
    let mut broken: Value = serde_json::from_slice(&fs::read(&reports[0]).unwrap()).unwrap();
    broken["verdict"]["exit_code"] = "one".into();
    let path = out.path().join("broken.json");
    fs::write(&path, broken.to_string()).unwrap();
    assert!(refused("report", &[path]).is_some(), "the schema takes anything");
}

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn inventories_fit_their_schema() {
    let (work, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::create_dir(work.path().join("nothing")).unwrap();
    let mut inventories = vec![
        document(&root(), out.path(), &[&["keys"], &DEMO[..]].concat(), 0),
        document(work.path(), out.path(), &["keys", "nothing"], 3),
    ];
    for path in files(&root().join("fixtures/exports"), ".json").into_iter().filter(|p| !p.to_string_lossy().ends_with(".keys.json")) {
        let output = keylint(&root(), &[&["keys", path.to_str().unwrap(), "--format", "json"], &NOW[..]].concat());
        let file = out.path().join(format!("{}.json", inventories.len()));
        fs::write(&file, output.stdout).unwrap();
        inventories.push(file);
    }
    fits("keys", &inventories);
}

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn declarations_fit_their_schema_and_wrong_ones_do_not() {
    let work = TempDir::new().unwrap();
    let draft = work.path().join("draft.yaml");
    let drafted = keylint(&root(), &["init", "fixtures/demo"]);
    assert!(drafted.status.success(), "{}", String::from_utf8_lossy(&drafted.stderr));
    fs::write(&draft, drafted.stdout).unwrap();
    let page = fs::read_to_string(root().join("docs/declaration.md")).unwrap();
    let shown = page.split("```yaml\n").nth(1).and_then(|p| p.split("```").next()).unwrap();
    let documented = work.path().join("documented.yaml");
    fs::write(&documented, shown).unwrap();
    fits("", &[root().join("fixtures/demo/keylint.yaml"), draft, documented]);
    for (n, wrong) in
        ["version: 1\nsystem: {}\n", "systems: {}\n", "version: 1\nkeys: [ { task: trade } ]\n", "version: 1\npolicy: { fail-on: 3 }\n"]
            .iter()
            .enumerate()
    {
        let path = work.path().join(format!("wrong-{n}.yaml"));
        fs::write(&path, wrong).unwrap();
        assert!(refused("", &[path]).is_some(), "the schema takes {wrong}");
    }
}

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn rule_files_fit_their_schema_and_wrong_ones_do_not() {
    let (shapes, rules): (Vec<PathBuf>, Vec<PathBuf>) =
        files(&root().join("rules"), ".yaml").into_iter().partition(|p| p.parent().is_some_and(|f| f.ends_with("secrets")));
    fits("rules", &rules);
    fits("shapes", &shapes);
    let shape = TempDir::new().unwrap();
    let source = fs::read_to_string(root().join("rules/secrets/okx.yaml")).unwrap();
    for (n, (from, to)) in [("kind: exchange", "kind: bank"), ("part: secret", "part: sekret"), ("title:", "titel:")].iter().enumerate() {
        assert!(source.contains(from), "{from}");
        let path = shape.path().join(format!("wrong-{n}.yaml"));
        fs::write(&path, source.replacen(from, to, 1)).unwrap();
        assert!(refused("shapes", &[path]).is_some(), "the schema takes {to}");
    }
    let work = TempDir::new().unwrap();
    let source = fs::read_to_string(root().join("rules/withdrawals/withdraw-limit-missing.yaml")).unwrap();
    for (n, (from, to)) in
        [("withdrawable: true", "withdrawabel: true"), ("severity: high", "severity: loud"), ("title:", "titel:")].iter().enumerate()
    {
        assert!(source.contains(from), "{from}");
        let path = work.path().join(format!("wrong-{n}.yaml"));
        fs::write(&path, source.replacen(from, to, 1)).unwrap();
        assert!(refused("rules", &[path]).is_some(), "the schema takes {to}");
    }
}

#[test]
#[ignore = "needs check-jsonschema: .ci/run installs it"]
fn envelopes_fit_their_schema_and_wrong_ones_do_not() {
    let work = TempDir::new().unwrap();
    let mut envelopes = Vec::new();
    for path in files(&root().join("fixtures/demo/exports"), ".json") {
        let value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let single = match value {
            Value::Array(items) => items,
            one => vec![one],
        };
        for envelope in single.into_iter().filter(|v| v.get("response").is_some()) {
            let file = work.path().join(format!("{}.json", envelopes.len()));
            fs::write(&file, envelope.to_string()).unwrap();
            envelopes.push(file);
        }
    }
    assert!(envelopes.len() >= 5, "the demo has {} envelopes", envelopes.len());
    fits("envelope", &envelopes);
    for (n, wrong) in ["{ \"exchange\": \"okx\" }", "{ \"response\": {}, \"fetched\": \"2026-11-01T00:00:00Z\" }"].iter().enumerate() {
        let path = work.path().join(format!("wrong-{n}.json"));
        fs::write(&path, wrong).unwrap();
        assert!(refused("envelope", &[path]).is_some(), "the schema takes {wrong}");
    }
}
