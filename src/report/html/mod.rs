//! The report as a page: one file that a person opens and sends on. The estate as a picture, what a leak of each key costs as
//! a heat map, the changes in their order, and every finding with its place, why and fix.
//!
//! It asks for nothing from elsewhere, and its policy (`Content-Security-Policy`) forbids it: the only style and the only
//! script that run are those whose hashes stand in it, so that nothing that got into the page as text could become one. That
//! works from a file as well as from a server, unlike a nonce, which would have to be new for every reader. Without the
//! script all is visible; it only hides what a reader filters out.
//!
//! Whatever comes from outside is cleaned and starred out first (`Words`) and escaped last, by the template.

mod bands;
mod findings;
mod leaks;
mod picture;
mod prose;

use std::collections::BTreeSet;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, Value};
use serde::Serialize;

use self::findings::{Findings, Read, Trouble};
use self::leaks::Leaks;
use self::picture::{Picture, Scene};
use super::outside::{Outside, starred};
use super::radius::{Telling, document};
use super::summary;
use crate::exposure::Exposed;
use crate::run::Outcome;
use crate::scan::Guard;
use crate::secrets::value::sha256;
use crate::text::clean;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The door through which words come onto the page.
pub(super) struct Words<'a> {
    guard: &'a Guard,
}

impl Words<'_> {
    /// Without control characters and values that were found.
    fn of(&self, text: &str) -> String {
        starred(self.guard, &clean(text))
    }
    /// The same of each line.
    fn of_lines(&self, text: &str) -> String {
        text.lines().map(|l| self.of(l)).collect::<Vec<_>>().join("\n")
    }
    /// A name, cut where it is endless.
    fn name(&self, text: &str) -> String {
        self.short(text, 200)
    }
    /// A sentence, cut where a name in it is endless.
    fn sentence(&self, text: &str) -> String {
        self.short(text, 600)
    }
    /// No more than so many characters of it.
    fn short(&self, text: &str, most: usize) -> String {
        // What is cut off must have been seen whole by the guard.
        let whole = self.of(text);
        if whole.chars().count() <= most {
            return whole;
        }
        format!("{}\u{2026}", whole.chars().take(most.saturating_sub(1)).collect::<String>())
    }
    /// Values starred out at equal length; nothing where that would cut a character.
    fn starred_bytes(&self, text: &str) -> Option<String> {
        let mut bytes = text.as_bytes().to_vec();
        self.guard.clean(&mut bytes);
        String::from_utf8(bytes).ok()
    }
}

/// The page.
#[derive(Serialize)]
struct Page {
    version: &'static str,
    title: String,
    as_of: String,
    as_of_words: String,
    declaration: Option<String>,
    check: Option<Check>,
    picture: Picture,
    leaks: Leaks,
    troubles: Vec<Trouble>,
    more_troubles: usize,
    read: Read,
}

/// What only a check has.
#[derive(Serialize)]
struct Check {
    verdict: &'static str,
    says: String,
    summary: String,
    findings: Findings,
}

/// How a check ended, in a word and a sentence.
fn verdict(outcome: &Outcome, outside: &Outside<'_>) -> (&'static str, String) {
    let from = if outcome.fail_on == crate::finding::Severity::Critical {
        "at critical".to_owned()
    } else {
        format!("at {} or above", outcome.fail_on)
    };
    let fails = picture::count(outcome.live().filter(|f| outside.fails(f)).count(), "finding", "findings");
    let incomplete = if outcome.complete { "" } else { "; not everything was read" };
    match outcome.exit {
        0 if fails.starts_with("0 ") => ("Passed", format!("no finding {from}{incomplete}")),
        0 => ("Passed", format!("{fails} {from}, let pass by --exit-zero{incomplete}")),
        1 => ("Failed", format!("{fails} {from}{incomplete}")),
        2 => ("Incomplete", "the run could not be completed: see what was not read or not understood".to_owned()),
        _ => ("Nothing to check", "in what was named there was nothing to look at".to_owned()),
    }
}

/// Digits in groups of three.
fn grouped(n: u64) -> String {
    crate::exposure::amounts::grouped(n.into())
}

/// `2026-11-20 12:00:00 UTC`.
fn time_words(time: &str) -> String {
    time.replacen('T', " ", 1).strip_suffix('Z').map_or_else(|| time.to_owned(), |t| format!("{t} UTC"))
}

/// Writes the report of a check.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let (outside, words) = (Outside::new(outcome), Words { guard: &outcome.guard });
    let exposed = Exposed::of(&outcome.inventory, &outcome.policy, outcome.as_of);
    let telling = Telling {
        inventory: &outcome.inventory,
        exposed: &exposed,
        problems: &outcome.problems,
        coverage: &outcome.coverage,
        texts: &outcome.texts,
        as_of: outcome.as_of,
        config: outcome.config.as_deref(),
        only: None,
    };
    let leaked: BTreeSet<usize> = outcome.live().filter(|f| !f.carries.is_empty()).filter_map(|f| f.key).collect();
    let (verdict, says) = verdict(outcome, &outside);
    let check =
        Check { verdict, says, summary: summary(outcome), findings: findings::findings(outcome, &outside, &words, show_suppressed) };
    page(&telling, &words, &leaked, Some(check), out)
}

/// Writes what leaks cost, without findings.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_radius(telling: &Telling<'_>, guard: &Guard, out: &mut dyn Write) -> io::Result<()> {
    page(telling, &Words { guard }, &BTreeSet::new(), None, out)
}

fn page(telling: &Telling<'_>, words: &Words<'_>, leaked: &BTreeSet<usize>, check: Option<Check>, out: &mut dyn Write) -> io::Result<()> {
    let document = document(telling);
    let scene = Scene {
        inventory: telling.inventory,
        estate: &telling.exposed.estate,
        radius: &telling.exposed.radius,
        keys: &document.keys,
        words,
        leaked,
    };
    let as_of = telling.as_of.to_string();
    let (troubles, more_troubles) = findings::troubles(telling.problems, telling.texts, words);
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        title: format!("keylint report of {}", as_of.get(..10).unwrap_or(&as_of)),
        as_of_words: time_words(&as_of),
        as_of,
        declaration: telling.config.map(|c| words.short(c, 300)),
        check,
        picture: picture::picture(&scene),
        leaks: leaks::leaks(&document, words, telling.only.is_some()),
        troubles,
        more_troubles,
        read: findings::read(telling.coverage, words),
    };
    let html = render(&page).map_err(|e| io::Error::other(format!("the page was not made: {e}")))?;
    out.write_all(html.as_bytes())
}

/// A source of the policy: the hash of what stands between the tags, in base64.
fn hash(content: &str) -> String {
    format!("'sha256-{}'", data_encoding::BASE64.encode(&sha256(content.as_bytes())))
}

fn render(page: &Page) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_formatter(|out, _, value| {
        if value.is_safe() {
            return out.write_str(value.as_str().unwrap_or_default()).map_err(Error::from);
        }
        match value.as_str() {
            Some(text) => escape(text, &mut |part| out.write_str(part).map_err(Error::from)),
            // A number; nothing else reaches the page.
            None => escape(&value.to_string(), &mut |part| out.write_str(part).map_err(Error::from)),
        }
    });
    environment.add_template("page.html", PAGE)?;
    let policy = format!("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'", hash(STYLE), hash(SCRIPT));
    let context = minijinja::context! {
        page => Value::from(Serde(page)),
        policy => policy,
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
    };
    environment.get_template("page.html")?.render(context)
}

/// Text as HTML, in an element or in a quoted attribute, in the forms that [`Guard`] knows values by.
fn escape(text: &str, write: &mut dyn FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        write(before)?;
        write(match from.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        })?;
        rest = from.get(1..).unwrap_or("");
    }
    write(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_markup_is_left() {
        let mut out = String::new();
        escape("a<b>&\"'\u{e9}/`", &mut |part| {
            out.push_str(part);
            Ok(())
        })
        .unwrap();
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;&#39;\u{e9}/`");
    }

    #[test]
    fn what_is_embedded_cannot_end_its_element() {
        for part in [STYLE, SCRIPT] {
            assert!(!part.contains("</") && !part.contains("<!--"));
        }
    }
}
