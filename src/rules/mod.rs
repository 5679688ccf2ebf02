//! Rules are data: YAML files under `rules/<family>/<id>.yaml`, embedded in the binary, and the user's own beside them.
//!
//! A rule is checked against the [vocabulary] when it is loaded, so that a mistake is an error with a place in the rule
//! file, and never a rule that silently finds nothing.

pub mod condition;
pub mod example;
mod rule;
pub mod schema;
mod sentence;
pub mod template;
pub mod vocabulary;

pub use rule::{At, Case, Pointed, Rule, RuleFile, Weigh};
pub use sentence::sentence;

use crate::document::{self, Misfit};
use crate::text::{Text, TextId, Texts};

include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// All rules of a run, compiled once, in the order of family and id.
pub struct Rulebook {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Rulebook {
    /// The built-in rules. Their texts are added to `texts`, so that a mistake could be shown; they are read without their
    /// examples, which only tests need.
    ///
    /// # Errors
    /// A rule that is wrong; a test loads them all.
    pub fn built_in(texts: &mut Texts) -> Result<Self, Misfit> {
        let mut rules = Vec::with_capacity(EMBEDDED.len());
        for (path, family, id, source) in EMBEDDED {
            let text = texts.add(Text::known(*path, without_examples(source)));
            rules.push(Rule::read(id, family, text, without_examples(source))?);
        }
        Ok(Self { rules })
    }
    /// Adds a rule of the user's. One with the id of a built-in rule replaces it.
    ///
    /// # Errors
    /// Where the rule is wrong.
    pub fn add(&mut self, family: &str, id: &str, text: TextId, source: &str) -> Result<(), Misfit> {
        // Whole, examples and all: whatever is wrong with it is told now.
        let rule = Rule::read(id, family, text, source)?;
        self.rules.retain(|r| r.id != id);
        self.rules.push(rule);
        Ok(())
    }
    /// Puts the rules in order and checks that every rule that is named exists.
    ///
    /// # Errors
    /// A `yields-to` that names no rule.
    pub fn finish(&mut self) -> Result<(), Misfit> {
        self.rules.sort_by(|a, b| (&a.family, &a.id).cmp(&(&b.family, &b.id)));
        let ids: Vec<&str> = self.rules.iter().map(|r| r.id.as_str()).collect();
        let wrong = |span, message: &str| Misfit {
            span,
            message: message.into(),
            help: Some("one of the two keeps its finding: decide which".into()),
        };
        for rule in &self.rules {
            for (other, span) in &rule.yields_to {
                let Some(target) = self.get(other) else { return Err(condition::unknown(*span, other, &ids)) };
                if target.id == rule.id {
                    let message = "a rule that yields to itself says nothing".into();
                    return Err(Misfit { span: *span, message, help: Some("name the other rule, or take this out".into()) });
                }
                if target.yields_to.iter().any(|(back, _)| *back == rule.id) {
                    return Err(wrong(*span, "these two rules yield to each other, so neither would say anything"));
                }
                if target.about != rule.about {
                    return Err(wrong(*span, "a rule can only yield to one that is asked about the same"));
                }
            }
        }
        Ok(())
    }
    /// A rule by its id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id == id)
    }
}

/// A rule file up to its examples, which stand last: nothing else of it is needed to ask the rule.
fn without_examples(source: &str) -> &str {
    source.find("\nexamples:").and_then(|i| source.get(..=i)).unwrap_or(source)
}

/// The source of a built-in rule, examples and all.
pub fn embedded_source(id: &str) -> Option<(&'static str, &'static str)> {
    EMBEDDED.iter().find(|r| r.2 == id).map(|r| (r.0, r.3))
}

/// The ids of the built-in rules with their families.
pub fn embedded() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.iter().map(|r| (r.1, r.2))
}

/// The examples of a rule file.
///
/// # Errors
/// Where the file is wrong.
pub fn examples(text: TextId, source: &str) -> Result<example::Examples, Misfit> {
    let node = document::parse(text, source, 0..source.len()).map_err(|b| Misfit {
        span: b.span,
        message: format!("the rule cannot be read: {}", b.what),
        help: None,
    })?;
    Ok(document::from_node::<RuleFile>(&node)?.examples.unwrap_or_default())
}
