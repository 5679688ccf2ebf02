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

mod agree;
mod golden;
mod hostile;
mod outputs;
mod validators;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const FORMATS: [&str; 11] =
    ["human", "compact", "json", "jsonl", "sarif", "github", "gitlab-secrets", "gitlab-quality", "junit", "markdown", "html"];
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
