//! What the texts of the repository show is what there is: commands and their output, quoted files, declarations, links.
//!
//! In a `console` block the first line is a command and the rest its output, where a line `…` stands for any number of
//! lines. `KEYLINT_BLESS=1 cargo test --test readme` writes the output anew; which paragraphs of it are shown stands above
//! the block: `<!-- excerpt: RULE, first, last -->`. A block under `<!-- file: PATH | FROM | BEFORE -->` is quoted from a
//! file: from the line that begins with FROM to the one before a line that begins with BEFORE, or all of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use keylint::declaration::Declaration;
use keylint::text::TextId;
use serde_json::Value;

/// The texts that are read by people.
const TEXTS: [&str; 15] = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/declaration.md",
    "docs/rules.md",
    "docs/facts.md",
    "docs/exchanges.md",
    "docs/secrets.md",
    "docs/formats.md",
    "docs/history.md",
    "docs/hooks.md",
    "docs/radius.md",
    "docs/respond.md",
    "docs/pre-commit-mirror/README.md",
];

/// The command that runs the main job of the README, without what starts the binary.
const DEMO: [&str; 6] = ["check", "fixtures/demo", "--config", "fixtures/demo/keylint.yaml", "--now", "2026-11-01"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn keylint<'a>(args: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keylint"));
    command.args(args).current_dir(root()).env_remove("COLUMNS").env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.output().unwrap()
}

fn json<'a>(args: impl IntoIterator<Item = &'a str>) -> Value {
    let output = keylint(args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A fenced block of a text.
struct Block {
    language: String,
    /// The line of the text that its content begins on, from 0.
    from: usize,
    lines: Vec<String>,
    /// What the comment on the line before it says: `name: value`.
    note: Option<(String, String)>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open = false;
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(language)) => {
                let note = before.strip_prefix("<!-- ").and_then(|n| n.strip_suffix(" -->")).and_then(|n| n.split_once(": "));
                let note = note.map(|(a, b)| (a.to_owned(), b.to_owned()));
                out.push(Block { language: language.to_owned(), from: number + 1, lines: Vec::new(), note });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => out.last_mut().unwrap().lines.push(line.to_owned()),
            (false, None) => {}
        }
        before = line;
    }
    assert!(!open, "a block is not closed");
    out
}

/// Whether `shown` is `whole` with some of its lines left out where a line `…` stands.
fn shows(shown: &[&str], whole: &[&str]) -> bool {
    match shown.iter().position(|l| l.trim() == "…") {
        None => shown == whole,
        Some(cut) => {
            let Some(rest) = whole.strip_prefix(&shown[..cut]) else { return false };
            (0..=rest.len()).any(|skip| shows(&shown[cut + 1..], &rest[skip..]))
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

/// The parts of an output that hold the given words, the first and the last where they are asked for, `…` between.
fn excerpt(whole: &str, words: &str) -> String {
    let whole = lines(whole).join("\n");
    let by = if whole.contains("\n\n") { "\n\n" } else { "\n" };
    let parts: Vec<&str> = whole.split(by).collect();
    let words: Vec<&str> = words.split(", ").collect();
    let wanted = |at: usize| {
        words.iter().any(|word| match *word {
            "first" => at == 0,
            "last" => at + 1 == parts.len(),
            word => parts[at].contains(&format!("[{word}]")),
        })
    };
    // A heading is shown with what stands under it.
    let heads = |at: usize| parts[at].starts_with("── ") && !parts[at].contains('\n') && at + 1 < parts.len() && wanted(at + 1);
    let mut out: Vec<&str> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if wanted(at) || heads(at) {
            out.push(part);
        } else if out.last() != Some(&"…") {
            out.push("…");
        }
    }
    out.join(by)
}

/// The arguments of keylint in a command of a console block; nothing where the command runs something else.
fn arguments(command: &str) -> Option<Vec<&str>> {
    let command = command.strip_prefix("$ ")?;
    let args = command.strip_prefix("keylint ").or_else(|| command.strip_prefix("cargo run --release --quiet -- "))?;
    Some(args.split_whitespace().collect())
}

/// What a note above a block quotes from a file.
fn quoted(note: &str) -> String {
    let mut parts = note.split(" | ");
    let file = read(parts.next().unwrap());
    let begins = |line: &str, with: Option<&str>| with.is_some_and(|w| line.trim_start().starts_with(w));
    let (from, before) = (parts.next(), parts.next());
    let started = file.lines().skip_while(|l| from.is_some() && !begins(l, from));
    let mut out: Vec<&str> = started.enumerate().take_while(|(n, l)| *n == 0 || !begins(l, before)).map(|(_, l)| l.trim_end()).collect();
    while out.last().is_some_and(|l| l.is_empty()) {
        out.pop();
    }
    // What is indented as a whole is shown without.
    let indent = out.iter().filter(|l| !l.is_empty()).map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    out.iter().map(|l| l.get(indent..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_output_and_every_file_that_is_shown_is_as_it_is_shown() {
    let bless = std::env::var_os("KEYLINT_BLESS").is_some();
    let (mut commands, mut files) = (0, 0);
    for name in TEXTS {
        let text = read(name);
        let mut new: Vec<String> = text.lines().map(str::to_owned).collect();
        for block in blocks(&text).into_iter().rev() {
            let end = block.from + block.lines.len();
            if let Some((_, note)) = block.note.as_ref().filter(|(kind, _)| kind == "file") {
                files += 1;
                let anew = quoted(note);
                assert!(!anew.is_empty(), "{name}: nothing is quoted by {note}");
                if bless {
                    new.splice(block.from..end, anew.lines().map(str::to_owned));
                } else {
                    assert_eq!(block.lines.join("\n"), anew, "{name} quotes {note}, and it says something else now");
                }
            }
            let Some(args) = block.lines.first().filter(|_| block.language == "console").and_then(|c| arguments(c)) else { continue };
            commands += 1;
            let output = keylint(args.iter().copied());
            let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
            let shown: Vec<&str> = block.lines[1..].iter().map(String::as_str).collect();
            if bless {
                let anew = match &block.note {
                    Some((note, words)) if note == "excerpt" => excerpt(&printed, words),
                    _ => lines(&printed).join("\n"),
                };
                new.splice(block.from + 1..end, anew.lines().map(str::to_owned));
            } else {
                assert!(shows(&shown, &lines(&printed)), "{name}: `{}` prints something else now:\n{printed}", block.lines[0]);
            }
        }
        let new = new.join("\n") + "\n";
        if bless && new != text {
            fs::write(root().join(name), new).unwrap();
        }
    }
    assert!(commands >= 3 && files >= 3, "only {commands} commands and {files} files are shown");
}

#[test]
fn the_readme_opens_with_the_main_job_and_the_tests() {
    let readme = read("README.md");
    let shown = blocks(&readme);
    let commands: Vec<&str> = shown.iter().filter(|b| b.language == "console").map(|b| b.lines[0].as_str()).collect();
    assert_eq!(arguments(commands[0]).unwrap(), DEMO);
    assert!(shown[0].lines.len() > 10 && shown[0].from < 12, "the output of the main job is what a person sees first");
    assert_eq!(commands[1], "$ cargo test");
    let script = read(".ci/run");
    for command in &commands[..2] {
        let command = command.trim_start_matches("$ ");
        assert!(script.lines().any(|l| l.trim_start().starts_with(command)), ".ci/run does not run `{command}`");
    }
}

#[test]
fn the_demo_is_a_desk_with_something_wrong_in_every_family() {
    let report = json([&DEMO[..], &["--format", "json"]].concat());
    let verdict = &report["verdict"];
    assert_eq!((verdict["exit_code"].as_i64(), verdict["complete"].as_bool()), (Some(1), Some(true)), "{}", report["problems"]);
    let live: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(|f| f["suppressed"].is_null()).collect();
    let families: BTreeSet<&str> = live.iter().filter_map(|f| f["family"].as_str()).collect();
    let all = ["ip-whitelist", "lifecycle", "permissions", "sub-accounts", "third-parties", "withdrawals"];
    assert_eq!(families.into_iter().collect::<Vec<_>>(), all);
    assert!(live.len() <= 20, "{} findings are too many to read", live.len());

    let listed = json(["keys", "fixtures/demo", "--config", "fixtures/demo/keylint.yaml", "--now", "2026-11-01", "--format", "json"]);
    let keys = listed["keys"].as_array().unwrap();
    let exchanges: BTreeSet<&str> = keys.iter().filter_map(|k| k["exchange"].as_str()).collect();
    assert_eq!((exchanges.len(), keys.len()), (5, 12));
    assert!(keys.iter().all(|k| k["task"]["from"] == "declared"), "the declaration names every key");
    // Most of it is right: more than a third of the keys have no finding at all.
    let wrong: BTreeSet<String> = live.iter().filter(|f| f["subject"]["kind"] == "key").map(|f| f["subject"].to_string()).collect();
    assert!(wrong.len() <= 8, "{wrong:?}");
}

#[test]
fn every_declaration_that_is_shown_can_be_read() {
    let mut count = 0;
    for name in TEXTS {
        for block in blocks(&read(name)) {
            if block.language == "yaml" && block.lines.first().is_some_and(|l| l.starts_with("version:")) {
                count += 1;
                let source = block.lines.join("\n");
                if let Err(problems) = Declaration::read(TextId(0), &source) {
                    let wrong: Vec<_> = problems
                        .iter()
                        .map(|p| (p.place.map(|s| source[..s.start as usize].lines().count()), &p.message, &p.help))
                        .collect();
                    panic!("{name}: {wrong:?}");
                }
            }
        }
    }
    assert!(count >= 2, "only {count} declarations are shown");
}

#[test]
fn links_lead_somewhere_and_no_place_of_somebodys_machine_is_named() {
    for name in TEXTS {
        let text = read(name);
        let folder = root().join(name).parent().map(Path::to_path_buf).unwrap();
        for (target, _) in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.starts_with("https://") {
                continue;
            }
            let file = if path.is_empty() { root().join(name) } else { folder.join(path) };
            assert!(file.exists(), "{name} links to {target}");
            if !anchor.is_empty() {
                let there = fs::read_to_string(&file).unwrap();
                let heads = there.lines().filter(|l| l.starts_with('#')).map(|l| {
                    let words = l.trim_start_matches('#').trim().to_lowercase();
                    words
                        .chars()
                        .filter(|c| c.is_alphanumeric() || "- _".contains(*c))
                        .map(|c| if c == ' ' { '-' } else { c })
                        .collect::<String>()
                });
                assert!(heads.into_iter().any(|h| h == anchor), "{name} links to {target}, where nothing has that heading");
            }
        }
        for word in ["/work/", "/root/", "/home/", "/tmp/", "TODO", "FIXME"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}
