//! A machine with a home, a repository and somebody who commits, for tests in which git itself runs keylint.

#![allow(dead_code, reason = "each test that uses it needs another part of it")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_keylint");

/// A secret that is nobody's.
pub fn secret() -> String {
    let letters = |seed: u64, n: usize| -> String {
        const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(ALL[(state >> 33) as usize % ALL.len()])
        };
        (0..n).map(|_| next()).collect()
    };
    format!("BINANCE_API_KEY={}\nBINANCE_API_SECRET={}\n", letters(7, 64), letters(11, 64))
}

/// A command in a world without this machine's own configuration of git.
pub fn command(program: impl AsRef<OsStr>, folder: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("GIT_") && n != "GIT_CONFIG_NOSYSTEM") {
        command.env_remove(name);
    }
    command.env_remove("XDG_CONFIG_HOME");
    command
}

pub struct World {
    pub dir: TempDir,
    /// What else the commands in it find in their environment.
    pub more: Vec<(&'static str, OsString)>,
}

impl World {
    /// A repository with nothing in it, and somebody who commits.
    pub fn new() -> Self {
        let world = Self { dir: TempDir::new().unwrap(), more: Vec::new() };
        fs::create_dir(world.home()).unwrap();
        let config = "[user]\n\tname = T\n\temail = t@example.org\n[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n";
        fs::write(world.home().join(".gitconfig"), config).unwrap();
        fs::create_dir(world.root()).unwrap();
        world.git(&["init", "-q", "."]);
        world
    }

    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("the repository")
    }

    /// A command in this world.
    pub fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = command(program, folder, &self.home());
        command.envs(self.more.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Puts a folder of programs before all others.
    pub fn with_path(&mut self, folder: &Path) {
        let all = std::env::var_os("PATH").unwrap();
        let all = std::env::join_paths(std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&all))).unwrap();
        self.more.push(("PATH", all));
    }

    pub fn try_git(&self, folder: &Path, args: &[&str]) -> Output {
        self.command("git", folder).args(args).output().unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(&self.root(), args);
        assert!(output.status.success(), "git {args:?}: {}", text(&output));
        text(&output)
    }

    pub fn write(&self, name: &str, content: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn keylint(&self, folder: &Path, args: &[&str]) -> (i32, String) {
        let output = self.command(BINARY, folder).args(args).output().unwrap();
        (output.status.code().unwrap(), text(&output))
    }

    pub fn install(&self) {
        let (code, said) = self.keylint(&self.root(), &["hook", "install"]);
        assert_eq!(code, 0, "{said}");
    }

    pub fn hook(&self) -> PathBuf {
        self.root().join(".git/hooks/pre-commit")
    }

    pub fn commits(&self) -> usize {
        let output = self.try_git(&self.root(), &["rev-list", "--all", "--count"]);
        text(&output).trim().parse().unwrap()
    }

    /// A commit that the hook must stop, with the finding told and the value not.
    pub fn stopped(&self, folder: &Path, args: &[&str]) {
        let before = self.commits();
        let output = self.try_git(folder, args);
        let said = text(&output);
        assert!(!output.status.success(), "git {args:?} went through: {said}");
        assert!(said.contains("secret-in-plaintext") && said.contains("exit code 1"), "{said}");
        assert!(!secret().lines().any(|l| said.contains(l.split_once('=').unwrap().1)), "{said}");
        assert_eq!(self.commits(), before);
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Copies a program by a process of its own: a file that this one has open for writing, and so have children that it is just
/// starting for other tests, cannot be run.
pub fn copied(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

/// A program with this content.
pub fn executable(path: &Path, content: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, content).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(path).ok();
    copied(&draft, path);
    fs::remove_file(&draft).unwrap();
}
