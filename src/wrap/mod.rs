//! An exchange's answer → the envelope that is saved: when it was fetched and of what, with every secret dropped before it
//! touches a disk. The rest of the answer stays as it came, character by character.

mod drops;

pub use drops::{Dropped, Length};

use crate::document::{self, Node};
use crate::exchanges::{self, Envelope, Reading, reader};
use crate::intake::{self, Expected};
use crate::model::time::Time;
use crate::model::{Exchange, SecretPart};
use crate::problem::Problem;
use crate::secrets::Detector;
use crate::text::{Span, Text, TextId};
use drops::Drops;

/// What is known of an answer beside the answer.
pub struct Asked {
    /// The exchange that the user named.
    pub exchange: Option<Exchange>,
    /// The account, as it is to be written.
    pub account: Option<String>,
    /// The id of the key, as it is to be written.
    pub key: Option<String>,
    /// When it was fetched.
    pub fetched_at: Time,
}

/// An answer in its envelope. No `Debug`: it came from outside.
pub struct Wrapped {
    /// The envelope, as JSON.
    pub envelope: String,
    /// Whose answer it is.
    pub exchange: Exchange,
    /// Of which endpoint.
    pub endpoint: &'static str,
    /// What was dropped, in the order of the answer.
    pub dropped: Vec<Dropped>,
    /// What was not understood of the answer.
    pub problems: Vec<Problem>,
}

/// Wraps the answer that a text holds.
///
/// # Errors
/// Why it is no answer that can be wrapped: problems with their places in the text, which quote nothing of it.
pub fn wrap(id: TextId, text: &Text, asked: &Asked, detector: &Detector) -> Result<Wrapped, Vec<Problem>> {
    let content = text.content();
    let body = content.trim_start_matches('\u{feff}').trim();
    let from = content.len() - content.trim_start_matches('\u{feff}').trim_start().len();
    is_json(id, content, body, from)?;
    let node = document::parse(id, content, from..from + body.len())
        .map_err(|b| vec![Problem::incomplete("broken-document", b.span, format!("the document cannot be read: {}", b.what))])?;
    if let Some(why) = is_envelope(&node) {
        return Err(vec![why]);
    }
    let export = read(&node, text, asked)?;
    let drops = Drops::of(&node, &export, text, detector)?;
    let answer = drops.without(content, from, from + body.len());
    let words = |value: &str| serde_json::Value::String(value.to_owned()).to_string();
    let mut envelope = format!("{{\n  \"exchange\": {},\n  \"endpoint\": {},\n", words(export.exchange.id()), words(export.endpoint));
    for (name, value) in [("account", &asked.account), ("key", &asked.key)] {
        if let Some(value) = value {
            envelope.push_str(&format!("  \"{name}\": {},\n", words(value)));
        }
    }
    envelope.push_str(&format!("  \"fetched_at\": {},\n  \"response\": {answer}\n}}\n", words(&asked.fetched_at.to_string())));
    proved(&envelope, &export, &drops, id)?;
    let problems = export.harvest.problems.into_iter().filter(|p| p.code != "secret-in-export").collect();
    Ok(Wrapped { envelope, exchange: export.exchange, endpoint: export.endpoint, dropped: drops.told(), problems })
}

/// Whether the text is one JSON document; what else people save is told by its name.
fn is_json(id: TextId, content: &str, body: &str, from: usize) -> Result<(), Vec<Problem>> {
    let at = |offset: usize| Span::new(id, offset as u32, (offset as u32).saturating_add(1).min(content.len() as u32));
    let refuse = |offset: usize, what: &str, help: &str| Err(vec![Problem::incomplete("no-answer", at(offset), what).help(help)]);
    if body.is_empty() {
        let help = "run the command before the pipe by itself, and look at what it says";
        return refuse(from.saturating_sub(1), "there is no answer: nothing came on standard input", help);
    }
    if body.starts_with('<') {
        let help =
            "the address is not the one of the API, or something on the way answered: a proxy, a page that says that the server is down";
        return refuse(from, "this is a web page, no answer of an exchange's API", help);
    }
    if body.starts_with("HTTP/") {
        return refuse(from, "the headers of the answer stand before it", "call curl without -i, --include and -v");
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(body) {
        let line_start: usize = body.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let offset = (from + line_start + error.column().saturating_sub(1)).min(from + body.len() - 1);
        // Inside of a character there is no place.
        let offset = (0..=offset).rev().find(|o| content.is_char_boundary(*o)).unwrap_or(from);
        return if error.is_eof() {
            refuse(offset, "the answer is cut off here: it is not whole JSON", "fetch it again; nothing was written")
        } else if body.starts_with(['{', '[']) {
            refuse(offset, "this is not JSON, from here on", "an envelope holds one answer, as the exchange sent it")
        } else {
            refuse(from, "this is not JSON, as the answers of exchanges are", "look at what the command before the pipe prints")
        };
    }
    Ok(())
}

/// Says so where an answer is wrapped already, or a list of such is given.
fn is_envelope(node: &Node<'_>) -> Option<Problem> {
    let first = |n: &Node<'_>| Span::new(n.span.text, n.span.start, n.span.start + 1);
    if Envelope::open(node).is_some() {
        let problem = Problem::incomplete("wrapped-already", first(node), "this is an envelope already: its answer was wrapped before");
        return Some(problem.help("save it as it is, or give the answer alone"));
    }
    let inside = node.as_sequence()?.iter().find(|item| Envelope::open(item).is_some())?;
    let problem = Problem::incomplete("wrapped-already", first(inside), "this list holds an envelope: its answer was wrapped before");
    Some(problem.help("save the list as it is"))
}

fn read(node: &Node<'_>, text: &Text, asked: &Asked) -> Result<exchanges::Export, Vec<Problem>> {
    let start = Span::new(node.span.text, node.span.start, node.span.start + 1);
    let silent = |exchange: Exchange| {
        let message = format!("keylint reads no answer of {}: nothing of it states the settings of a key", exchange.title());
        vec![Problem::incomplete("no-reader", start, message).help("state in the declaration what its web page shows")]
    };
    if let Some(exchange) = asked.exchange.filter(|e| reader(*e).is_none_or(|r| r.payloads.is_empty())) {
        return Err(silent(exchange));
    }
    let mut readings = exchanges::read(node, asked.exchange);
    let (Some(reading), true) = (readings.pop(), readings.is_empty()) else {
        let message = "this is a list of several answers: an envelope holds one";
        return Err(vec![Problem::incomplete("several-answers", start, message).help("wrap each answer by itself")]);
    };
    match reading {
        Reading::Export(export) => Ok(*export),
        _ => Err(refused(node, text, asked)),
    }
}

/// What `check` says of an answer that is none, with what helps here.
fn refused(node: &Node<'_>, text: &Text, asked: &Asked) -> Vec<Problem> {
    let mut problems = intake::take(node.span.text, text, text.path().to_owned(), asked.exchange, Expected::Export).problems;
    for problem in &mut problems {
        match problem.code {
            "contested-export" => problem.help = Some("say which: --exchange NAME".into()),
            // Another exchange than the one that was named may know it.
            "unknown-document" => {
                if let (Some(named), [Reading::Export(other)]) = (asked.exchange, exchanges::read(node, None).as_slice()) {
                    problem.message = format!("this is no answer of {} that keylint knows", named.title());
                    problem.help = Some(format!("it reads as one of {}: {}", other.exchange.title(), other.endpoint));
                }
            }
            _ => {}
        }
    }
    problems
}

/// Reads the envelope as `check` will: it must be the same answer, and hold no secret.
fn proved(envelope: &str, was: &exchanges::Export, drops: &Drops, id: TextId) -> Result<(), Vec<Problem>> {
    let refuse = |message: &str, help: &str| Err(vec![Problem::incomplete("not-wrapped", Span::new(id, 0, 1), message).help(help)]);
    let again = document::parse(id, envelope, 0..envelope.len()).ok();
    let mut readings = again.as_ref().map(|node| exchanges::read(node, None)).unwrap_or_default();
    let (Some(Reading::Export(is)), true) = (readings.pop(), readings.is_empty()) else {
        return refuse("without its secrets this answer cannot be read any more", "it states nothing else: there is nothing to save");
    };
    if is.exchange != was.exchange || is.endpoint != was.endpoint || is.harvest.keys.len() != was.harvest.keys.len() {
        return refuse("without its secrets this answer reads as another one", "it states nothing else: there is nothing to save");
    }
    if is.harvest.problems.iter().any(|p| p.code == "envelope-key" && p.weight == crate::problem::Weight::Incomplete) {
        return refuse("the answer is about another key than the one that --key names", "leave --key out: the answer has the id");
    }
    let carried = is.harvest.keys.iter().flat_map(|k| &k.carries).any(|(part, _)| *part != SecretPart::Key);
    if carried || is.harvest.problems.iter().any(|p| p.code == "secret-in-export") || drops.show_in(envelope) {
        return refuse("a secret stands in it that could not be dropped", "save nothing of it; revoke the key if it was saved before");
    }
    Ok(())
}
