//! Examples of a rule: what a user has, an exchange's answer or a declaration, and what the rule must say of it.
//!
//! The marks `«` and `»` stand around the words that the finding must point at. They are taken out before the texts are
//! read.

use serde::Deserialize;

/// The proof of a rule, in three lists.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Examples {
    /// The rule has a finding, and points at every marked place.
    pub fires: Vec<Example>,
    /// The rule has no finding, and everything that it asked was known.
    pub passes: Vec<Example>,
    /// The rule has no finding, because something that it asked was unknown.
    pub not_assessed: Vec<Example>,
}

/// One example.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// What it shows, in a few words.
    pub name: String,
    /// Exports: each an exchange's answer, or one in an envelope, as JSON or YAML. They are read as `exports/1.json`, `exports/2.json`, …
    #[serde(default)]
    pub exports: Vec<String>,
    /// The declaration, `keylint.yaml`; without its first line `version: 1`, which is put before it.
    pub declaration: Option<String>,
    /// Files of a tree by their paths, scanned for secrets.
    #[serde(default)]
    pub files: std::collections::BTreeMap<String, String>,
    /// The time of the check; 2026-11-01 where it is left out.
    pub now: Option<String>,
    /// The severity of the finding, where it depends.
    pub severity: Option<crate::finding::Severity>,
    /// How many findings the rule must have; at least one where it is left out.
    pub findings: Option<usize>,
}

/// A text whose marks were taken out, and the ranges that they stood around.
pub struct Marked {
    /// The text without marks.
    pub text: String,
    /// The marked ranges, in bytes of that text.
    pub ranges: Vec<(u32, u32)>,
}

/// Takes the marks out of a text.
pub fn unmark(marked: &str) -> Marked {
    let (mut text, mut ranges, mut open) = (String::with_capacity(marked.len()), Vec::new(), Vec::new());
    for c in marked.chars() {
        match c {
            '\u{ab}' => open.push(text.len() as u32),
            '\u{bb}' => ranges.extend(open.pop().map(|start| (start, text.len() as u32))),
            _ => text.push(c),
        }
    }
    Marked { text, ranges }
}
