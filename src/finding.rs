//! What keylint has to say: a finding, how bad it is, and the exact characters it is about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::time::{Period, Time};
use crate::model::{Exchange, SecretPart};
use crate::text::Span;

/// How bad, on one scale for rules, flags, declaration and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Untidy; no way to lose something by itself.
    Low,
    /// Makes a loss more likely, or larger.
    Medium,
    /// A leak costs money.
    High,
    /// A leak costs everything within reach.
    Critical,
}

impl Severity {
    /// All five, worst first.
    pub const WORST_FIRST: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];
    /// One step lower.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::Info => Self::Info,
        }
    }
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}

/// How sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The documentation is all there is; a run never fails because of it.
    Low,
    /// Likely.
    Medium,
    /// Stated.
    High,
}

impl Confidence {
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Whom a finding is about, as reports show it: ids are cut to their ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectName {
    /// key, account, address, …
    pub kind: &'static str,
    /// The exchange, where it belongs to one.
    pub exchange: Option<Exchange>,
    /// The account: its name in the declaration, or the exchange's id for it.
    pub account: Option<String>,
    /// The id: of a key its ends only.
    pub id: Option<String>,
    /// The name its owner gave it.
    pub label: Option<String>,
}

impl SubjectName {
    /// In a sentence: `key Kq7Z…8Nt1 (grid) at bybit`.
    pub fn sentence(&self) -> String {
        let mut out = match self.kind {
            "third-party" => "third party".to_owned(),
            "estate" => "all that was read".to_owned(),
            kind => kind.to_owned(),
        };
        match (&self.id, &self.label) {
            (Some(id), Some(label)) if id != label => out = format!("{out} {id} ({label})"),
            (Some(name), _) | (None, Some(name)) => out = format!("{out} {name}"),
            (None, None) => {}
        }
        if let Some(exchange) = self.exchange
            && self.kind != "exchange"
        {
            out = format!("{out} at {}", exchange.id());
        }
        out
    }
}

/// What a place is to its finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The words that the finding is about.
    Primary,
    /// Another part of the same credential.
    Part,
    /// Something that belongs to it.
    Related,
}

/// A place with a note.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What it is to the finding.
    pub role: Role,
    /// Where.
    pub span: Span,
    /// What is to be seen there; empty where the words speak for themselves.
    pub note: Arc<str>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// By whom: `config`, `inline`, `baseline`.
    pub by: &'static str,
    /// The reason that was given.
    pub reason: String,
    /// Until when, as a date.
    pub until: Option<String>,
}

/// A part of a secret that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedPart {
    /// Which part.
    pub part: SecretPart,
    /// Its place, by its number among the finding's places.
    pub place: usize,
    /// Characters of the value; nothing where it is as long as what stands at the place.
    pub length: Option<usize>,
    /// What identifies the value; nothing where it could be found by trying.
    pub fingerprint: Option<String>,
}

/// A commit and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The id of the commit.
    pub commit: Arc<str>,
    /// When it was written, for the one that brought something; when it was made a part of the history, for the one that
    /// took it away.
    pub at: Time,
}

/// How a secret stands in the history of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The commit that brought it.
    pub brought: Moment,
    /// How many commits brought it.
    pub times: usize,
    /// The commit that took it away from the last place where it stood.
    pub taken: Option<Moment>,
    /// Whether it stands in the files of the head, or of the end of the range.
    pub at_head: bool,
    /// A reference whose files still hold it.
    pub reference: Option<Arc<str>>,
    /// How long it was in the open: until it was taken away, or until now.
    pub open: Period,
}

impl History {
    /// In a sentence: how long it was in the open, and that taking it away was not enough.
    pub fn sentence(&self) -> String {
        let short = |m: &Moment| m.commit.get(..12).unwrap_or(&m.commit).to_owned();
        let day = |m: &Moment| m.at.to_string().get(..10).unwrap_or("").to_owned();
        let again = if self.times > 1 { format!(" ({} commits brought it)", self.times) } else { String::new() };
        let came = format!("came with commit {} of {}{again}", short(&self.brought), day(&self.brought));
        let open = Rough(self.open);
        match (&self.taken, self.at_head, &self.reference) {
            (_, true, _) => format!("It {came}, and has been in the open for {open}."),
            (Some(taken), false, None) => format!(
                "Still in history: it {came}, went with {} of {}, and was in the open for {open}. Deleting it does not help: rotate it.",
                short(taken),
                day(taken)
            ),
            (_, false, Some(reference)) => {
                format!("Still in history: it {came}, and {} holds it. It has been in the open for {open}.", crate::text::clean(reference))
            }
            (None, false, None) => {
                format!("still in history: {came}, and has been in the open for {open}; deleting it does not help: rotate it")
            }
        }
    }
}

/// A length of time as people say it.
struct Rough(Period);

impl std::fmt::Display for Rough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minutes = self.0.as_millis() / 60_000;
        let (n, unit) = match minutes {
            0 => return f.write_str("less than a minute"),
            1..120 => (minutes, "minute"),
            120..2880 => (minutes / 60, "hour"),
            _ => (minutes / 1440, "day"),
        };
        write!(f, "{n} {unit}{}", if n == 1 { "" } else { "s" })
    }
}

/// Something that a rule says about a subject.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule, by its place in the rule book.
    pub rule: usize,
    /// How bad.
    pub severity: Severity,
    /// Why it is that bad, where it depends.
    pub because: Option<Arc<str>>,
    /// How sure.
    pub confidence: Confidence,
    /// What is the matter, in one sentence.
    pub message: String,
    /// Whom it is about.
    pub subject: SubjectName,
    /// The places, the primary ones first.
    pub places: Vec<Label>,
    /// The parts of a secret that it is about; the values stayed where they stand.
    pub carries: Vec<CarriedPart>,
    /// Whose secret it is, where that is no exchange of the inventory: a wallet, a bot, a service.
    pub venue: Option<Arc<str>>,
    /// The key whose secret it is about, by its place in the inventory: one that an export or the declaration knows.
    pub key: Option<usize>,
    /// How it stands in the history, where that was looked into.
    pub history: Option<Arc<History>>,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppressed>,
    /// The same for the same finding in another run, whatever lines moved: 32 hexadecimal digits.
    pub fingerprint: String,
}
