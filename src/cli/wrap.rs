//! `keylint wrap`: an answer on standard input becomes the envelope on standard output, without its secrets.
//!
//! Whatever is typed here by mistake may be a secret, so no message repeats a value of the command line.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

use super::{exchange, tell};
use crate::discover::{Opened, read_stdin};
use crate::exchanges::is_account_name;
use crate::model::time::Time;
use crate::model::{Exchange, SecretPart};
use crate::problem::Problem;
use crate::secrets::{Catalogue, Detector};
use crate::text::{Span, Text, Texts};
use crate::wrap::{self, Asked};

/// Wraps an answer.
#[derive(clap::Args)]
#[command(after_help = "curl … | keylint wrap --exchange binance > exports/binance.json\n\
    `keylint exchanges NAME` prints the whole command for each exchange. Nothing is printed where the answer is none; 2 is the exit code then.")]
pub struct Wrap {
    /// The exchange that answered [default: the one whose answers look so]
    #[arg(long, value_name = "NAME")]
    exchange: Option<String>,
    /// The account: its name in the declaration, or one of the exchange's ids for it
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// The id of the key, whole or masked, where the answer does not give it
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// The time of the answer, as RFC 3339 [default: the clock]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Whatever else is typed: it is not repeated, because it may be a secret
    #[arg(hide = true)]
    other: Vec<OsString>,
}

/// The longest id of a key that any exchange has is shorter.
const LONGEST_ID: usize = 256;

impl Wrap {
    fn asked(self) -> Result<Asked, String> {
        if !self.other.is_empty() {
            return Err("wrap reads the answer from standard input and takes no file: `keylint wrap < FILE`".into());
        }
        let exchange = self.exchange.map(|name| exchange(&name).map_err(|e| format!("--exchange: {e}"))).transpose()?;
        let fetched_at = match self.now {
            Some(text) => Time::parse(&text).map_err(|_| "--now: write a time such as 2026-11-01T09:30:00Z")?,
            None => Time::this_second(),
        };
        if self.account.as_deref().is_some_and(|a| a.trim().is_empty() || a.chars().any(char::is_control) || !is_account_name(a)) {
            return Err("--account: this could be a secret, and is no name of an account; it is not repeated here".into());
        }
        if let Some(why) = self.key.as_deref().and_then(|key| no_id(key, exchange)) {
            return Err(format!("--key: {why}; it is not repeated here"));
        }
        Ok(Asked { exchange, account: self.account, key: self.key, fetched_at })
    }
}

/// Why a text is no id of a key.
fn no_id(key: &str, exchange: Option<Exchange>) -> Option<&'static str> {
    if key.is_empty() || key.len() > LONGEST_ID || key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Some("this is no id of a key");
    }
    let catalogue = Catalogue::built_in();
    let venue = catalogue.find(exchange?.id()).and_then(|v| catalogue.venue(v))?;
    let fits = |secret: bool| {
        let of =
            |part: SecretPart| if secret { matches!(part, SecretPart::Secret | SecretPart::PrivateKey) } else { part == SecretPart::Key };
        venue.shapes.iter().any(|s| of(s.part) && !s.shape.free && s.shape.fits(key.as_bytes()))
    };
    (fits(true) && !fits(false)).then_some("this has the form of a secret of the exchange, not of an id")
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(asked: Wrap, out: &mut dyn Write) -> io::Result<u8> {
    let asked = match asked.asked() {
        Ok(asked) => asked,
        Err(why) => {
            writeln!(io::stderr(), "keylint: {why}")?;
            return Ok(2);
        }
    };
    if io::stdin().is_terminal() {
        writeln!(io::stderr(), "keylint: wrap reads an answer from standard input: curl … | keylint wrap > exports/NAME.json")?;
        return Ok(2);
    }
    let mut texts = Texts::default();
    let id = texts.next_id();
    let (text, bad) = match read_stdin() {
        Opened::Bytes(bytes) => Text::decode("<stdin>".into(), bytes),
        Opened::NotRead(why) => {
            writeln!(io::stderr(), "keylint: standard input was not read: {why}")?;
            return Ok(2);
        }
        Opened::Other => return Ok(2),
    };
    let wrapped = match bad {
        None => wrap::wrap(id, &text, &asked, &Detector::built_in()),
        Some(bad) => {
            let place = Span::new(id, bad.offset, bad.offset + 1);
            let message = "this is no text: the first bytes that are neither UTF-8 nor UTF-16 stand here";
            Err(vec![Problem::incomplete("not-text", place, message).help("call curl with --compressed if the answer is")])
        }
    };
    texts.add(text);
    match wrapped {
        Ok(wrapped) => {
            out.write_all(wrapped.envelope.as_bytes())?;
            out.flush()?;
            let mut err = io::stderr().lock();
            let name = format!("keylint: {} ({})", wrapped.exchange, wrapped.endpoint);
            if wrapped.dropped.is_empty() {
                writeln!(err, "{name}: there is no secret in it, nothing was dropped")?;
            }
            for one in &wrapped.dropped {
                writeln!(err, "{name}: dropped {}: a {} of {}", one.path, one.what.title(), one.length)?;
            }
            drop(err);
            tell(&wrapped.problems, &texts.into_shown())?;
            Ok(0)
        }
        Err(problems) => {
            tell(&problems, &texts.into_shown())?;
            writeln!(io::stderr(), "keylint: nothing was wrapped")?;
            Ok(2)
        }
    }
}
