//! One rule, as its file says it: manual, judgement and proof in one place.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::condition::{Condition, compile, list_fact, unknown};
use super::template::Template;
use super::vocabulary::{FactId, Member, Subject};
use crate::document::{self, Misfit, Node};
use crate::finding::{Confidence, Severity};
use crate::text::{Span, TextId};

/// A rule, checked and ready to be asked.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id: the name of its file.
    pub id: String,
    /// Its family: the name of its folder.
    pub family: String,
    /// What it looks for, in a few words.
    pub title: String,
    /// The severities, the first whose condition holds.
    pub severity: Vec<Case>,
    /// How the cost of a leak of its key counts for the severity.
    pub weigh: Option<Weigh>,
    /// How sure a finding is.
    pub confidence: Confidence,
    /// What it is asked about.
    pub about: Subject,
    /// The list of whose members each can be a finding of its own.
    pub each: Option<(FactId, Member)>,
    /// When it fires.
    pub when: Condition,
    /// Rules whose finding replaces this one's: on the same subject, and for rules about rights and about the members of a
    /// list at the same place.
    pub yields_to: Vec<(String, Span)>,
    /// What it points at, the first is what the finding is about.
    pub at: Vec<At>,
    /// What a finding says.
    pub message: Template,
    /// Why it matters.
    pub why: String,
    /// How to fix it.
    pub fix: String,
    /// Where to read more.
    pub references: Vec<String>,
    /// The text of the file it was read from.
    pub text: TextId,
}

/// How the cost of a leak of a key counts for the severity of a finding about it. Where the cost is not known, because no
/// export states the key, the severity of the cases is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weigh {
    /// It is the severity.
    AsIs,
    /// One step below it is the severity.
    OneStepLower,
    /// It is the severity where it is above that of the cases.
    AtLeast,
}

impl Weigh {
    /// In a sentence, after the severities of the cases.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::AsIs => "where an export states the key: by what a leak of it can cost",
            Self::OneStepLower => "where an export states the key: one step below what a leak of it can cost",
            Self::AtLeast => "where an export states the key: by what a leak of it can cost, if that is worse",
        }
    }
}

/// One severity and when it is the one.
#[derive(Clone, Debug)]
pub struct Case {
    /// The condition; none for "else".
    pub when: Option<Condition>,
    /// The severity.
    pub is: Severity,
    /// Why, in one sentence.
    pub because: Option<Arc<str>>,
}

/// A place to point at.
#[derive(Clone, Debug)]
pub struct At {
    /// Of what.
    pub what: Pointed,
    /// What is to be seen there.
    pub label: Arc<str>,
}

/// What can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointed {
    /// Where a fact was stated. Of a list that the condition searched, only the members that matched.
    Fact(FactId),
    /// The member at hand, in a rule with `each`.
    It,
    /// The subject itself: its declaration, or its record.
    Subject,
}

/// The rule file as it is written. Conditions and places are checked against the vocabulary afterwards, so here they are
/// any tree.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "keylint rule", description = "A rule of keylint: RULES/<family>/<rule-id>.yaml")]
#[expect(dead_code, reason = "conditions, severities and places are read from the tree; here they only say that they may be there")]
pub struct RuleFile {
    /// What it looks for, in a few words.
    pub title: String,
    /// A severity, or a list of cases: `- { when: CONDITION, is: high, because: "…" }`, the last without `when`.
    #[schemars(schema_with = "super::schema::severity")]
    severity: IgnoredAny,
    /// How the cost of a leak of its key counts for the severity; not at all where it is left out. For rules about keys.
    pub weigh: Option<document::Spanned<Weigh>>,
    /// How sure a finding is; `high` where it is left out.
    pub confidence: Option<Confidence>,
    /// What it is asked about.
    pub about: Subject,
    /// A list of the subject: each member for which the condition holds is a finding of its own.
    #[schemars(with = "Option<String>")]
    each: Option<IgnoredAny>,
    /// When it fires.
    #[schemars(schema_with = "super::schema::condition")]
    when: IgnoredAny,
    /// Rules whose finding on the same subject replaces this one's; for rules about rights and about the members of a list,
    /// their finding at the same place.
    #[serde(default)]
    pub yields_to: Vec<document::Spanned<String>>,
    /// What to point at: names of facts, `it` or `subject`, each with a label or none. The first is what the finding is about.
    /// In a label, `{reason}` says why an entry of an IP whitelist is no plain address.
    #[schemars(schema_with = "super::schema::places")]
    at: IgnoredAny,
    /// What a finding says. `{subject}`, `{it}`, `{matches}` and names of facts in braces are filled in.
    pub message: document::Spanned<String>,
    /// Why it matters.
    pub why: String,
    /// How to fix it on the exchange.
    pub fix: String,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Examples: the proof. They stand last in the file.
    pub examples: Option<super::example::Examples>,
}

impl Rule {
    /// Reads a rule from its file. `source` may be cut before its examples.
    ///
    /// # Errors
    /// The first thing in the file that is wrong, with its place.
    pub fn read(id: &str, family: &str, text: TextId, source: &str) -> Result<Self, Misfit> {
        let node = document::parse(text, source, 0..source.len()).map_err(|b| Misfit {
            span: b.span,
            message: format!("the rule cannot be read: {}", b.what),
            help: None,
        })?;
        let file: RuleFile = document::from_node(&node)?;
        let about = file.about;
        let part =
            |name: &str| node.get(name).ok_or_else(|| Misfit { span: node.span, message: format!("`{name}` is missing"), help: None });
        let each = match node.get("each").filter(|n| !n.is_null()) {
            Some(list) => Some(list_fact(list, about)?),
            None => None,
        };
        let member = each.map(|(_, m)| m);
        Ok(Self {
            id: id.to_owned(),
            family: family.to_owned(),
            title: file.title,
            severity: severities(part("severity")?, about, member)?,
            weigh: match file.weigh {
                Some(weigh) if about != Subject::Key => {
                    return Err(Misfit {
                        span: weigh.span,
                        message: "`weigh` is for rules about keys".into(),
                        help: Some("say the severity in cases".into()),
                    });
                }
                weigh => weigh.map(|w| w.value),
            },
            confidence: file.confidence.unwrap_or(Confidence::High),
            about,
            each,
            when: compile(part("when")?, about, member)?,
            yields_to: file.yields_to.into_iter().map(|s| (s.value, s.span)).collect(),
            at: places(part("at")?, about, member)?,
            message: Template::read(&file.message.value, about, member).map_err(|(message, help)| Misfit {
                span: file.message.span,
                message,
                help: Some(help),
            })?,
            why: file.why,
            fix: file.fix,
            references: file.references,
            text,
        })
    }
}

fn severity_word(node: &Node<'_>) -> Result<Severity, Misfit> {
    let word = node.scalar().unwrap_or("");
    let found = Severity::WORST_FIRST.into_iter().find(|s| s.id() == word);
    found.ok_or_else(|| unknown(node.span, word, &Severity::WORST_FIRST.map(Severity::id)))
}

fn severities(node: &Node<'_>, about: Subject, member: Option<Member>) -> Result<Vec<Case>, Misfit> {
    let Some(items) = node.as_sequence() else {
        return Ok(vec![Case { when: None, is: severity_word(node)?, because: None }]);
    };
    let mut cases = Vec::new();
    for item in items {
        let wrong = |span, message: &str| Misfit {
            span,
            message: message.into(),
            help: Some("- { when: CONDITION, is: high, because: \"…\" }".into()),
        };
        for entry in item.as_mapping().ok_or_else(|| wrong(item.span, "a case is a mapping"))? {
            if !entry.key.scalar().is_some_and(|k| ["when", "is", "because"].contains(&k)) {
                return Err(unknown(entry.key.span, entry.key.scalar().unwrap_or(""), &["when", "is", "because"]));
            }
        }
        let is = severity_word(item.get("is").ok_or_else(|| wrong(item.span, "a case needs `is`, a severity"))?)?;
        let when = item.get("when").map(|w| compile(w, about, member)).transpose()?;
        cases.push(Case { when, is, because: item.get("because").and_then(Node::scalar).map(Arc::from) });
    }
    match cases.last() {
        Some(last) if last.when.is_none() => Ok(cases),
        _ => Err(Misfit {
            span: node.span,
            message: "the last case has no `when`: it is the severity where none of the others holds".into(),
            help: None,
        }),
    }
}

fn places(node: &Node<'_>, about: Subject, member: Option<Member>) -> Result<Vec<At>, Misfit> {
    let pointed = |node: &Node<'_>| {
        let name = node.scalar().unwrap_or("");
        match name {
            "subject" => Ok(Pointed::Subject),
            "it" if member.is_some() => Ok(Pointed::It),
            _ => FactId::find(about, name).map(Pointed::Fact).ok_or_else(|| {
                let mut names: Vec<_> = FactId::of(about).map(FactId::name).collect();
                names.push("subject");
                if member.is_some() {
                    names.push("it");
                }
                unknown(node.span, name, &names)
            }),
        }
    };
    let items = node.as_sequence().filter(|i| !i.is_empty());
    let items = items.ok_or_else(|| Misfit {
        span: node.span,
        message: "`at` is a list of facts to point at".into(),
        help: Some("- permissions.withdraw: it may withdraw".into()),
    })?;
    let mut out = Vec::new();
    for item in items {
        match item.as_mapping() {
            Some(entries) => {
                for entry in entries {
                    out.push(At { what: pointed(&entry.key)?, label: entry.value.scalar().unwrap_or("").into() });
                }
            }
            None => out.push(At { what: pointed(item)?, label: "".into() }),
        }
    }
    Ok(out)
}
