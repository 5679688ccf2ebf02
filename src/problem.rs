//! What keylint could not do, as diagnostics: a place, what was expected, what to do.

use crate::text::Span;

/// What a problem means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; the run is complete all the same.
    Note,
    /// Something that was asked for was not read, or not understood: the run is incomplete.
    Incomplete,
    /// The run could not be done at all: usage, a broken declaration, a broken rule.
    Fatal,
}

/// Something keylint could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable word for the kind of problem.
    pub code: &'static str,
    /// What happened. Never holds a value of the file.
    pub message: String,
    /// Where; nothing for problems that have no file.
    pub place: Option<Span>,
    /// Other places that belong to it, each with a note.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
    /// What it means for the run.
    pub weight: Weight,
}

impl Problem {
    /// Something was not read or not understood.
    pub fn incomplete(code: &'static str, place: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place: Some(place), related: Vec::new(), help: None, weight: Weight::Incomplete }
    }
    /// Something worth knowing.
    pub fn note(code: &'static str, place: Option<Span>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place, related: Vec::new(), help: None, weight: Weight::Note }
    }
    /// The run cannot be done.
    pub fn fatal(code: &'static str, place: Option<Span>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place, related: Vec::new(), help: None, weight: Weight::Fatal }
    }
    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// The same with another place.
    #[must_use]
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }
}
