//! The message of a rule: a sentence with holes that are filled from the subject.

use super::vocabulary::{FactId, ItFact, Member, Subject};

/// A sentence with holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(pub Vec<Piece>);

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// The subject, by the name it has in reports.
    Subject,
    /// The member at hand.
    It,
    /// A fact of the member at hand.
    ItFact(ItFact),
    /// The members that the condition found, or all of a list.
    Matches,
    /// A fact.
    Fact(FactId),
}

impl Template {
    /// Reads a sentence.
    ///
    /// # Errors
    /// A hole that cannot be filled: what is wrong, and what could stand there.
    pub fn read(text: &str, about: Subject, member: Option<Member>) -> Result<Self, (String, String)> {
        let of_member = |name: &str| ItFact::find(member?, name.strip_prefix("it.")?).map(|(fact, ..)| fact);
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            let Some((name, after)) = after.split_once('}') else {
                return Err(("a `{` without its `}`".into(), "close the hole".into()));
            };
            pieces.push(match name {
                "subject" => Piece::Subject,
                "matches" => Piece::Matches,
                "it" if member.is_some() => Piece::It,
                _ => match (FactId::find(about, name), of_member(name)) {
                    (Some(fact), _) => Piece::Fact(fact),
                    (None, Some(fact)) => Piece::ItFact(fact),
                    (None, None) => {
                        let names: Vec<_> = FactId::of(about).map(FactId::name).collect();
                        return Err((format!("`{{{name}}}` cannot be filled"), format!("one of subject, matches, {}", names.join(", "))));
                    }
                },
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}
