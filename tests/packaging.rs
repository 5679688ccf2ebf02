//! What is published says the same everywhere: the wheel, the mirror for pre-commit, the crate and its files.
//!
//! That the wheel can be built, installed and run is shown by `.ci/run`, which has the tools for it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keylint::document::documents;
use keylint::text::TextId;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The value of a line `name = value` of a TOML file.
fn setting<'t>(text: &'t str, name: &str) -> &'t str {
    text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(" = ")).unwrap_or_else(|| panic!("no {name}"))
}

/// The hooks of a manifest: the id, and every other field as it is written.
fn hooks(name: &str) -> Vec<(String, Vec<(String, String)>)> {
    let source = read(name);
    let read = documents(TextId(0), &source);
    assert!(read.broken.is_empty());
    let fields = |hook: &keylint::document::Node<'_>| {
        let entries = hook.as_mapping().unwrap().iter();
        let as_written = |e: &keylint::document::Entry<'_>| source[e.value.span.start as usize..e.value.span.end as usize].to_owned();
        let mut fields: Vec<(String, String)> = entries.map(|e| (e.key.scalar().unwrap().to_owned(), as_written(e))).collect();
        let id = fields.remove(0);
        assert_eq!(id.0, "id");
        (id.1, fields)
    };
    read.nodes[0].as_sequence().unwrap().iter().map(fields).collect()
}

#[test]
fn the_hooks_differ_only_in_how_they_are_installed() {
    let own = hooks(".pre-commit-hooks.yaml");
    assert_eq!(
        own.iter().map(|h| h.0.as_str()).collect::<Vec<_>>(),
        ["keylint", "keylint-system", "keylint-exports", "keylint-exports-system"]
    );
    let same = |fields: &[(String, String)]| -> Vec<(String, String)> {
        fields.iter().filter(|f| f.0 != "language" && f.0 != "description").cloned().collect()
    };
    let language = |fields: &[(String, String)]| fields.iter().find(|f| f.0 == "language").unwrap().1.clone();
    for pair in own.chunks(2) {
        assert_eq!(same(&pair[0].1), same(&pair[1].1));
        assert_eq!((language(&pair[0].1).as_str(), language(&pair[1].1).as_str()), ("rust", "system"));
    }
    let mirror = hooks("docs/pre-commit-mirror/.pre-commit-hooks.yaml");
    for (hook, own) in mirror.iter().zip(own.iter().step_by(2)) {
        assert_eq!((&hook.0, same(&hook.1), language(&hook.1).as_str()), (&own.0, same(&own.1), "python"));
    }
    assert_eq!(mirror.len(), 2);
}

#[test]
fn versions_and_licences_are_those_of_the_crate() {
    let (crate_, wheel, mirror) = (read("Cargo.toml"), read("pyproject.toml"), read("docs/pre-commit-mirror/pyproject.toml"));
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(setting(&mirror, "version"), version);
    assert_eq!(setting(&mirror, "dependencies"), format!("[\"keylint=={}\"]", env!("CARGO_PKG_VERSION")));
    assert!(read("docs/pre-commit-mirror/README.md").contains(&format!("rev: v{}\n", env!("CARGO_PKG_VERSION"))));
    assert!(setting(&wheel, "dynamic").contains("\"version\"") && !wheel.contains(&version));
    for name in ["name", "license"] {
        assert_eq!(setting(&wheel, name), setting(&crate_, name));
    }
}

#[test]
fn the_crate_has_every_file_that_it_is_made_of() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut list = Command::new(cargo);
    let list = list.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let listed = String::from_utf8(list.stdout).unwrap();
    let listed: BTreeSet<&str> = listed.lines().collect();
    for name in
        ["Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md", "build.rs", "docs/hooks.md", "docs/ci/gitlab.yml"]
    {
        assert!(listed.contains(name), "{name} is not in the crate");
    }
    let mut folders = vec![root().join("src"), root().join("rules")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            assert!(listed.contains(name), "{name} is not in the crate");
            files += 1;
            // What it is compiled with stands in the crate, too.
            let source = fs::read_to_string(&path).unwrap();
            for part in source.split("include_str!(\"").skip(1).chain(source.split("include_bytes!(\"").skip(1)) {
                let named = path.parent().unwrap().join(part.split('"').next().unwrap()).canonicalize().unwrap();
                let named = named.strip_prefix(root().canonicalize().unwrap()).unwrap().to_str().unwrap().to_owned();
                assert!(listed.contains(named.as_str()), "{named}, which {name} includes, is not in the crate");
            }
        }
    }
    assert!(files > 200, "{files}");
    // Nothing that only tests need makes a download longer.
    assert!(!listed.iter().any(|n| Path::new(n).starts_with("fixtures") || Path::new(n).starts_with("tests")));
}
