//! `keylint completions`: what shells complete, and the page of the manual, both from the definition of the command line, so
//! that neither is ever behind it.

use std::io::{self, Write};

use clap::{Command, CommandFactory as _, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Cli;

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum For {
    /// For bash
    Bash,
    /// For elvish
    Elvish,
    /// For fish
    Fish,
    /// For PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// For zsh
    Zsh,
    /// The page of the manual, keylint(1)
    Man,
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(which: For, out: &mut dyn Write) -> io::Result<u8> {
    let shell = match which {
        For::Bash => Shell::Bash,
        For::Elvish => Shell::Elvish,
        For::Fish => Shell::Fish,
        For::PowerShell => Shell::PowerShell,
        For::Zsh => Shell::Zsh,
        For::Man => return manual(out).map(|()| 0),
    };
    // The generator would rather panic than return what `out` says.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "keylint", &mut script);
    out.write_all(&script)?;
    Ok(0)
}

/// One page for all commands: what `--help` says of each, in the order that it lists them.
fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut root = Cli::command();
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    // The page says whose it is.
    root = root.about(about.strip_prefix("keylint: ").unwrap_or(&about).to_owned());
    root.build();
    let page = Man::new(root.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    for command in root.get_subcommands() {
        section(command, out)?;
    }
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    let codes = root.get_after_help().map(ToString::to_string).unwrap_or_default();
    roff.text([roman(codes.strip_prefix("Exit codes: ").unwrap_or(&codes))]);
    roff.control("SH", ["VERSION"]);
    roff.text([roman(format!("keylint {}", root.get_version().unwrap_or_default()))]);
    roff.to_writer(out)
}

/// A command, and those below it.
fn section(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut roff = Roff::new();
    roff.control("SH", [name.to_uppercase().as_str()]);
    roff.text([roman(command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default())]);
    roff.to_writer(out)?;
    let page = Man::new(command.clone());
    let mut part = Vec::new();
    page.render_synopsis_section(&mut part)?;
    page.render_options_section(&mut part)?;
    // A section of a page of its own is a part of one here.
    let part = String::from_utf8_lossy(&part).replace(".SH ", ".SS ");
    out.write_all(part.as_bytes())?;
    for below in command.get_subcommands() {
        section(below, out)?;
    }
    Ok(())
}
