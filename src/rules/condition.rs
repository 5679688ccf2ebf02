//! Conditions: a typed tree, written in the rule file itself and checked against the vocabulary when it is loaded.

use super::vocabulary::{FactId, ItFact, Member, Subject, Type};
use crate::document::{Entry, Kind, Misfit, Node};
use crate::model::FieldName;
use crate::model::time::Period;
use crate::text::{Span, nearest, quotable};

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them hold.
    All(Vec<Self>),
    /// At least one of them holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The list has a member for which it holds.
    Exists(FactId, Box<Self>),
    /// A fact passes a test.
    Fact(FactId, Test),
    /// A fact of the list's member at hand passes a test.
    It(ItFact, FieldName, Test),
}

/// A test of one fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is yes, or no.
    Is(bool),
    /// It is one of these words.
    OneOf(Vec<String>),
    /// It is none of these words.
    NoneOf(Vec<String>),
    /// Every one of its words is one of these, and it has at least one.
    Only(Vec<String>),
    /// It has no member, or has one.
    Empty(bool),
    /// It has more members than this.
    MoreThan(usize),
    /// It is longer ago than this.
    OlderThan(Age),
    /// It is in the future, and not further than this.
    Within(Period),
    /// It is past, or not.
    Passed(bool),
    /// "None" was said, or something else was.
    None(bool),
    /// It is more than another amount.
    Above(FactId),
    /// It is another amount or more.
    AtLeast(FactId),
    /// It covers every address of a family, or not.
    Everything(bool),
    /// One of its ranges is wider than this.
    WiderThan(Width),
}

/// How old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// This old.
    Fixed(Period),
    /// As the policy's `rotate-after` says.
    RotateAfter,
    /// As the policy's `stale-after` says.
    StaleAfter,
}

/// How wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As the policy's `ip-whitelist` says.
    Policy,
    /// These prefix lengths.
    Fixed {
        /// IPv4.
        ipv4: u8,
        /// IPv6.
        ipv6: u8,
    },
}

fn misfit(span: Span, message: impl Into<String>, help: impl Into<String>) -> Misfit {
    Misfit { span, message: message.into(), help: Some(help.into()) }
}

/// Reads a condition about `subject`; inside a list, `member` is what `it` is.
///
/// # Errors
/// Where a fact, an operator or a word is unknown or of the wrong type, with its place in the rule file.
pub fn compile(node: &Node<'_>, subject: Subject, member: Option<Member>) -> Result<Condition, Misfit> {
    let Some(entries) = node.as_mapping() else {
        return Err(misfit(
            node.span,
            format!("a condition is a mapping, not {}", node.kind_name()),
            "such as `permissions.withdraw: true`",
        ));
    };
    let mut parts = Vec::with_capacity(entries.len());
    for entry in entries {
        parts.push(compile_entry(entry, subject, member)?);
    }
    match parts.len() {
        0 => Err(misfit(node.span, "an empty condition says nothing", "name a fact and what it should be")),
        1 => Ok(parts.swap_remove(0)),
        _ => Ok(Condition::All(parts)),
    }
}

fn compile_entry(entry: &Entry<'_>, subject: Subject, member: Option<Member>) -> Result<Condition, Misfit> {
    let (name, value) = (entry.key.scalar().unwrap_or(""), &entry.value);
    match name {
        "all" | "any" => {
            let items = value
                .as_sequence()
                .ok_or_else(|| misfit(value.span, format!("`{name}` needs a list of conditions"), "begin each with `- `"))?;
            let parts = items.iter().map(|i| compile(i, subject, member)).collect::<Result<Vec<_>, _>>()?;
            Ok(if name == "all" { Condition::All(parts) } else { Condition::Any(parts) })
        }
        "not" => Ok(Condition::Not(Box::new(compile(value, subject, member)?))),
        "exists" => {
            let list = value.get("in").ok_or_else(|| {
                misfit(value.span, "`exists` needs `in`, a list", "exists: { in: ip-entries, where: { it.malformed: true } }")
            })?;
            let (fact, of) = list_fact(list, subject)?;
            let wanted = value
                .get("where")
                .ok_or_else(|| misfit(value.span, "`exists` needs `where`, a condition", "facts of a member begin with `it.`"))?;
            Ok(Condition::Exists(fact, Box::new(compile(wanted, subject, Some(of))?)))
        }
        _ => match name.strip_prefix("it.") {
            Some(it) => {
                let Some(of) = member else {
                    return Err(misfit(
                        entry.key.span,
                        "`it` stands for a member of a list, and there is no list here",
                        "use it inside `exists … where`, or with `each`",
                    ));
                };
                let Some((fact, kind, field)) = ItFact::find(of, it) else {
                    let names: Vec<_> = ItFact::of(of).map(|(n, _, _)| n).collect();
                    return Err(unknown(entry.key.span, it, &names));
                };
                Ok(Condition::It(fact, field, test(value, kind, subject)?))
            }
            None => {
                let Some(fact) = FactId::find(subject, name) else {
                    let mut names: Vec<_> = FactId::of(subject).map(FactId::name).collect();
                    names.extend(["all", "any", "not", "exists"]);
                    return Err(unknown(entry.key.span, name, &names));
                };
                Ok(Condition::Fact(fact, test(value, fact.kind(), subject)?))
            }
        },
    }
}

/// A list of the subject, by its name.
pub fn list_fact(node: &Node<'_>, subject: Subject) -> Result<(FactId, Member), Misfit> {
    let name = node.scalar().unwrap_or("");
    match FactId::find(subject, name).map(|f| (f, f.kind())) {
        Some((fact, Type::List(of))) => Ok((fact, of)),
        _ => {
            let lists: Vec<_> = FactId::of(subject).filter(|f| matches!(f.kind(), Type::List(_))).map(FactId::name).collect();
            Err(unknown(node.span, name, &lists))
        }
    }
}

/// "No such name", with the nearest one.
pub fn unknown(span: Span, name: &str, names: &[&str]) -> Misfit {
    let help = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", names.join(", ")),
    };
    misfit(span, format!("{} is not known here", quotable(name)), help)
}

fn test(node: &Node<'_>, kind: Type, subject: Subject) -> Result<Test, Misfit> {
    match &node.kind {
        Kind::Scalar { .. } => plain_test(node, kind),
        Kind::Mapping(entries) => match entries.as_slice() {
            [one] => operator(one, kind, subject),
            _ => Err(misfit(node.span, "one operator at a time", operators(kind))),
        },
        Kind::Sequence(_) => Err(misfit(node.span, "a list is no test", operators(kind))),
    }
}

fn plain_test(node: &Node<'_>, kind: Type) -> Result<Test, Misfit> {
    match kind {
        Type::Bool => node.as_bool().map(Test::Is).ok_or_else(|| misfit(node.span, "expected true or false", operators(kind))),
        Type::Word(words) => Ok(Test::OneOf(vec![word(node, words)?])),
        _ => Err(misfit(node.span, "this fact needs an operator", operators(kind))),
    }
}

fn operators(kind: Type) -> String {
    match kind {
        Type::Bool => "true or false".into(),
        Type::Word(words) => format!("a word, {{ one-of: […] }} or {{ none-of: […] }}; the words are {}", words.join(", ")),
        Type::Words(words) => format!("{{ only: […] }} or {{ empty: true }}; the words are {}", words.join(", ")),
        Type::Time => "{ older-than: 90 days }, { older-than: policy.rotate-after }, { within: 14 days } or { passed: true }".into(),
        Type::Hold => "{ none: true }".into(),
        Type::Limit => "{ none: true }, { above: FACT } or { at-least: FACT }".into(),
        Type::Money => "{ above: FACT } or { at-least: FACT }".into(),
        Type::Addresses => "{ everything: true }, { wider-than: policy } or { wider-than: { ipv4: 24, ipv6: 48 } }".into(),
        Type::List(_) => "{ more-than: 1 }, { empty: true }, or exists: { in: LIST, where: … }".into(),
    }
}

fn operator(entry: &Entry<'_>, kind: Type, subject: Subject) -> Result<Test, Misfit> {
    let (name, value) = (entry.key.scalar().unwrap_or(""), &entry.value);
    let flag = || value.as_bool().ok_or_else(|| misfit(value.span, format!("`{name}` is true or false"), operators(kind)));
    match (kind, name) {
        (Type::Word(words), "one-of") => Ok(Test::OneOf(word_list(value, words)?)),
        (Type::Word(words), "none-of") => Ok(Test::NoneOf(word_list(value, words)?)),
        (Type::Words(words), "only") => Ok(Test::Only(word_list(value, words)?)),
        (Type::Words(_) | Type::List(_), "empty") => flag().map(Test::Empty),
        (Type::List(_), "more-than") => {
            let count = value.as_int().and_then(|n| usize::try_from(n).ok());
            count.map(Test::MoreThan).ok_or_else(|| misfit(value.span, "expected a whole number", operators(kind)))
        }
        (Type::Time, "older-than") => match value.scalar() {
            Some("policy.rotate-after") => Ok(Test::OlderThan(Age::RotateAfter)),
            Some("policy.stale-after") => Ok(Test::OlderThan(Age::StaleAfter)),
            _ => Ok(Test::OlderThan(Age::Fixed(period(value)?))),
        },
        (Type::Time, "within") => Ok(Test::Within(period(value)?)),
        (Type::Time, "passed") => flag().map(Test::Passed),
        (Type::Hold | Type::Limit, "none") => flag().map(Test::None),
        (Type::Limit | Type::Money, "above" | "at-least") => {
            let other = value.scalar().and_then(|n| FactId::find(subject, n)).filter(|f| matches!(f.kind(), Type::Limit | Type::Money));
            let names: Vec<_> = FactId::of(subject).filter(|f| matches!(f.kind(), Type::Limit | Type::Money)).map(FactId::name).collect();
            let other = other.ok_or_else(|| unknown(value.span, value.scalar().unwrap_or(""), &names))?;
            Ok(if name == "above" { Test::Above(other) } else { Test::AtLeast(other) })
        }
        (Type::Addresses, "everything") => flag().map(Test::Everything),
        (Type::Addresses, "wider-than") => width(value),
        _ => Err(misfit(entry.key.span, format!("{} is no operator for this fact", quotable(name)), operators(kind))),
    }
}

fn width(node: &Node<'_>) -> Result<Test, Misfit> {
    if node.scalar() == Some("policy") {
        return Ok(Test::WiderThan(Width::Policy));
    }
    let bits =
        |name: &str, most: i64| node.get(name).and_then(Node::as_int).filter(|n| (0..=most).contains(n)).and_then(|n| u8::try_from(n).ok());
    match (bits("ipv4", 32), bits("ipv6", 128)) {
        (Some(ipv4), Some(ipv6)) => Ok(Test::WiderThan(Width::Fixed { ipv4, ipv6 })),
        _ => Err(misfit(node.span, "expected `policy`, or two prefix lengths", operators(Type::Addresses))),
    }
}

fn period(node: &Node<'_>) -> Result<Period, Misfit> {
    node.scalar()
        .and_then(|t| Period::parse(t).ok())
        .ok_or_else(|| misfit(node.span, "expected a time such as `90 days`", operators(Type::Time)))
}

fn word(node: &Node<'_>, words: &[&str]) -> Result<String, Misfit> {
    let text = node.scalar().unwrap_or("");
    if words.is_empty() || words.contains(&text) { Ok(text.to_owned()) } else { Err(unknown(node.span, text, words)) }
}

fn word_list(node: &Node<'_>, words: &[&str]) -> Result<Vec<String>, Misfit> {
    let items = node.as_sequence().ok_or_else(|| misfit(node.span, "expected a list of words", format!("of {}", words.join(", "))))?;
    items.iter().map(|i| word(i, words)).collect()
}
