//! `keylint completions`: what it writes is what shells and manuals read, and nothing of the command line is missing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where something is not as it must be")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn keylint(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint")).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the commands that `--help` lists, below a command.
fn commands(of: &[&str]) -> Vec<String> {
    let help = keylint(&[of, &["--help"]].concat());
    let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    listed.filter(|l| l.starts_with("  ") && !l.starts_with("   ")).map(|l| l.split_whitespace().next().unwrap().to_owned()).collect()
}

/// The long options of a command.
fn options(of: &[&str]) -> Vec<String> {
    let help = keylint(&[of, &["--help"]].concat());
    let words = help.lines().filter(|l| l.trim_start().starts_with('-')).flat_map(|l| l.split([' ', ',', '=', ':']));
    words.filter(|w| w.starts_with("--")).map(str::to_owned).collect()
}

fn piped(program: &str, args: &[&str], input: &str) -> Option<Output> {
    let child = Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn every_shell_gets_every_command_and_option() {
    let all = commands(&[]);
    assert!(all.len() > 8 && all.contains(&"check".to_owned()) && all.contains(&"hook".to_owned()), "{all:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = keylint(&["completions", shell]);
        for word in all.iter().cloned().chain(options(&["check"])) {
            // fish writes options without their dashes.
            let word = if shell == "fish" { word.trim_start_matches('-').to_owned() } else { word };
            assert!(script.contains(&word), "{shell} does not know {word}");
        }
        // Who can read it says whether it is right; bash is there wherever the tests are.
        let checked = match shell {
            "bash" => piped("bash", &["-n"], &script),
            "zsh" => piped("zsh", &["-n"], &script),
            "fish" => piped("fish", &["--no-execute"], &script),
            _ => None,
        };
        assert!(checked.is_some() || shell != "bash", "bash is not there");
        if let Some(checked) = checked {
            assert!(checked.status.success() && checked.stderr.is_empty(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}

#[test]
fn bash_completes_what_was_begun() {
    let script = keylint(&["completions", "bash"]);
    let ask = |words: &str, at: usize| {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={at}; _keylint keylint \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at} - 1]}}\"; echo \"${{COMPREPLY[*]}}\""
        );
        let output = piped("bash", &["--noprofile", "--norc"], &ask).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(ask("keylint ho", 1), "hook");
    assert_eq!(ask("keylint hook ''", 2).split(' ').filter(|w| !w.starts_with('-')).collect::<Vec<_>>(), ["install", "uninstall"]);
    assert_eq!(ask("keylint check --stag", 2), "--staged");
    assert!(ask("keylint check --format s", 3).contains("sarif"));
}

#[test]
fn the_manual_has_every_command_with_every_option_and_renders() {
    let page = keylint(&["completions", "man"]);
    assert!(page.contains(".TH keylint 1"), "{page}");
    // What a renderer would print, near enough where there is none.
    let plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "");
    let mut names: Vec<Vec<String>> = Vec::new();
    for command in commands(&[]) {
        let below = commands(&[&command]);
        names.extend(below.into_iter().map(|b| vec![command.clone(), b]));
        names.push(vec![command]);
    }
    assert!(names.len() > 12, "{names:?}");
    for name in &names {
        let words: Vec<&str> = name.iter().map(String::as_str).collect();
        let title = format!(".SH \"KEYLINT {}\"", words.join(" ").to_uppercase());
        let section = plain.split_once(&title).unwrap_or_else(|| panic!("the manual has no {title}")).1;
        let section = section.split("\n.SH ").next().unwrap();
        for option in options(&words) {
            assert!(section.contains(&option), "{title} has no {option}");
        }
    }
    for code in ["0 nothing", "1 findings", "2 the run", "3 nothing"] {
        assert!(plain.contains(code), "exit code {code}");
    }
    // Where there is a renderer, it has nothing against the page.
    if let Some(rendered) = piped("groff", &["-man", "-Tutf8", "-ww"], &page) {
        assert!(rendered.status.success() && rendered.stderr.is_empty(), "{}", String::from_utf8_lossy(&rendered.stderr));
        assert!(String::from_utf8_lossy(&rendered.stdout).lines().count() > 100);
    }
}

#[test]
fn what_is_no_shell_is_told_with_what_is_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint")).args(["completions", "tcsh"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("bash") && said.contains("man"), "{said}");
}
