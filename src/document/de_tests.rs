//! Types out of trees, and the place and the words of each misfit.

#![allow(clippy::string_slice, reason = "a test stops where something is not as it must be")]

use super::*;
use crate::document::parse;
use crate::text::TextId;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, PartialEq, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Declaration {
    version: u8,
    #[serde(default)]
    systems: BTreeMap<Spanned<String>, System>,
    #[serde(default)]
    keys: Vec<Spanned<Key>>,
    note: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize, PartialEq, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct System {
    egress: Vec<Spanned<String>>,
    backup_egress: Option<Vec<String>>,
    #[serde(default)]
    in_use: Spanned<bool>,
    port: Option<u16>,
}

impl Default for Spanned<bool> {
    fn default() -> Self {
        Self { value: false, span: Span::new(TextId(0), 0, 0) }
    }
}

#[derive(Debug, Deserialize, PartialEq, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    task: Task,
    when: Option<Condition>,
    age: Option<Days>,
}

#[derive(Debug, Deserialize, PartialEq, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Task {
    Trading,
    Reporting,
}

#[derive(Debug, Deserialize, PartialEq, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Condition {
    Open,
    WiderThan(u8),
    Not(Box<Spanned<Condition>>),
    Within { from: i64, to: i64 },
    Pair(String, bool),
}

#[derive(Debug, PartialEq, schemars::JsonSchema)]
struct Days(i64);

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let days = text.strip_suffix(" days").and_then(|n| n.parse().ok());
        days.map(Days).ok_or_else(|| de::Error::custom("a duration is written as in `90 days`"))
    }
}

fn declaration(source: &str) -> Result<Declaration, Misfit> {
    match parse(TextId(3), source, 0..source.len()) {
        Ok(node) => from_node(&node),
        Err(broken) => panic!("{broken:?}"),
    }
}

fn cut(source: &str, span: Span) -> &str {
    &source[span.start as usize..span.end as usize]
}

/// The words at the misfit, its message and its help.
fn misfit(source: &str) -> (&str, String, String) {
    match declaration(source) {
        Ok(_) => panic!("it fits: {source}"),
        Err(m) => (cut(source, m.span), m.message, m.help.unwrap_or_default()),
    }
}

fn is(place: &'static str, message: &str, help: &str) -> (&'static str, String, String) {
    (place, message.to_owned(), help.to_owned())
}

#[test]
fn a_declaration_becomes_a_type_that_knows_its_places() {
    let source = "\
version: 1
systems:
  grid-bot: { egress: [51.158.10.20, \"146.59.3.7\"], in-use: true, port: 8080 }
  203: &idle { egress: [], backup-egress: ~ }
  true: *idle
keys:
  - { id: 12345678, task: trading, age: 90 days }
  - id: true
    task: !word reporting
    when: { not: { wider-than: 29 } }
  - { id: c, task: trading, when: open }
  - { id: d, task: trading, when: { within: { from: -1, to: 9 } } }
  - { id: e, task: trading, when: { pair: [x, false] } }
note: null
";
    let found = declaration(source).unwrap_or_else(|m| panic!("{m:?}"));
    let names: Vec<&str> = found.systems.keys().map(|k| cut(source, k.span)).collect();
    assert_eq!(names, ["203", "grid-bot", "true"]);
    let grid = found.systems.values().nth(1).unwrap_or_else(|| panic!());
    assert_eq!(grid.egress.iter().map(|e| cut(source, e.span)).collect::<Vec<_>>(), ["51.158.10.20", "\"146.59.3.7\""]);
    assert_eq!(grid.egress.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(), ["51.158.10.20", "146.59.3.7"]);
    assert_eq!((cut(source, grid.in_use.span), *grid.in_use, grid.port), ("true", true, Some(8080)));
    assert_eq!(found.note, None);
    let [a, b, c, d, e] = found.keys.as_slice() else { panic!() };
    assert_eq!((a.id.as_str(), &a.task, &a.age), ("12345678", &Task::Trading, &Some(Days(90))));
    assert_eq!(cut(source, a.span), "{ id: 12345678, task: trading, age: 90 days }");
    assert_eq!(b.id, "true");
    let Some(Condition::Not(inner)) = &b.when else { panic!() };
    assert_eq!((&inner.value, cut(source, inner.span)), (&Condition::WiderThan(29), "{ wider-than: 29 }"));
    assert_eq!(c.when, Some(Condition::Open));
    assert_eq!(d.when, Some(Condition::Within { from: -1, to: 9 }));
    assert_eq!(e.when, Some(Condition::Pair("x".to_owned(), false)));
}

#[test]
fn unknown_names_are_shown_with_what_was_meant() {
    assert_eq!(misfit("{version: 1, systms: {}}"), is("systms", "unknown field `systms`", "did you mean `systems`?"));
    assert_eq!(
        misfit("{version: 1, systems: {a: {egress: [], backup_egress: []}}}"),
        is("backup_egress", "unknown field `backup_egress`", "did you mean `backup-egress`?")
    );
    assert_eq!(
        misfit("{version: 1, zebra: 1}"),
        is("zebra", "unknown field `zebra`", "expected one of `version`, `systems`, `keys`, `note`")
    );
    assert_eq!(misfit("{version: 1, keys: [{id: a, task: tradng}]}"), is("tradng", "unknown value `tradng`", "did you mean `trading`?"));
    assert_eq!(
        misfit("{version: 1, keys: [{id: a, task: trading, when: {wider: 1}}]}"),
        is("wider", "unknown value `wider`", "expected one of `open`, `wider-than`, `not`, `within`, `pair`")
    );
    assert_eq!(misfit("{version: 1, \"a\\u001b[31m\": 1}").1, "unknown field `a\\u{1b}[31m`");
}

#[test]
fn names_that_may_be_secrets_are_not_shown() {
    for name in
        ["hVq7Zk2mXw9TzB4nLr8s", "a name of very many words that goes on and on", "x=hVq7Zk2mXw9TzB4nLr8sPd", "hVq7Zk2m Xw9TzB4nLr8sPd"]
    {
        let source = format!("{{version: 1, \"{name}\": 1}}");
        assert_eq!(
            misfit(&source),
            (format!("\"{name}\"").as_str(), "unknown field".to_owned(), "expected one of `version`, `systems`, `keys`, `note`".to_owned())
        );
        let source = format!("{{version: 1, keys: [{{id: a, task: \"{name}\"}}]}}");
        assert_eq!(misfit(&source).1, "unknown value");
        let source = format!("{{version: 1, \"{name}\": 1, \"{name}\": 2}}");
        assert_eq!(misfit(&source).1, "this key is given twice");
    }
}

#[test]
fn a_wrong_type_is_shown_at_the_value_and_never_quoted() {
    assert_eq!(misfit("{version: one}"), is("one", "expected a whole number, found text", ""));
    assert_eq!(misfit("{version: 1.5}"), is("1.5", "expected a whole number, found a number", ""));
    assert_eq!(misfit("{version: 256}"), is("256", "expected a whole number from 0 to 255", ""));
    assert_eq!(misfit("{version: 1, systems: [a]}"), is("[a]", "expected an object, found a list", ""));
    assert_eq!(misfit("{version: 1, systems: {a: {egress: b}}}"), is("b", "expected a list, found text", ""));
    assert_eq!(misfit("{version: 1, systems: {a: {egress: [[]]}}}"), is("[]", "expected text, found a list", ""));
    assert_eq!(misfit("{version: 1, systems: {a: {egress: [], in-use: 'true'}}}"), is("'true'", "expected a boolean, found text", ""));
    assert_eq!(misfit("{version: 1, keys: [a]}"), is("a", "expected an object, found text", ""));
    assert_eq!(misfit("version: 1\nkeys:\n"), is("keys", "expected a list, found null", ""));
    assert_eq!(misfit("[]"), is("[]", "expected an object, found a list", ""));
    assert_eq!(misfit("{version: 1, {a: b}: c}"), is("{a: b}", "expected text, found an object", ""));
    assert_eq!(
        misfit("{version: 1, keys: [{id: a, task: [trading]}]}"),
        is("[trading]", "expected one of `trading`, `reporting`, found a list", "")
    );
    assert_eq!(misfit("{version: 1, keys: [{id: a, task: trading, age: 90}]}"), is("90", "a duration is written as in `90 days`", ""));
}

#[test]
fn choices_say_what_they_need() {
    let when = |condition: &str| format!("{{version: 1, keys: [{{id: a, task: trading, when: {condition}}}]}}");
    let shown = |condition: &str| {
        let source = when(condition);
        let (place, message, _) = misfit(&source);
        (place.to_owned(), message)
    };
    assert_eq!(shown("wider-than"), ("wider-than".to_owned(), "`wider-than` needs a value".to_owned()));
    assert_eq!(shown("{open: 1}"), ("1".to_owned(), "`open` takes no value".to_owned()));
    assert_eq!(shown("{open: , not: open}"), ("not".to_owned(), "expected exactly one key here, found 2".to_owned()));
    assert_eq!(shown("{}"), ("{}".to_owned(), "expected exactly one key here, found 0".to_owned()));
    assert_eq!(shown("{within: {from: 1}}"), ("within".to_owned(), "the field `to` is missing".to_owned()));
    assert_eq!(shown("{pair: [a]}"), ("[a]".to_owned(), "expected a list of 2 members, found 1".to_owned()));
    assert_eq!(shown("{not: {not: {wider-than: x}}}"), ("x".to_owned(), "expected a whole number, found text".to_owned()));
}

#[test]
fn what_is_missing_or_given_twice_is_shown_at_a_key() {
    assert_eq!(misfit("{version: 1, systems: {grid: {port: 1}}}"), is("grid", "the field `egress` is missing", ""));
    assert_eq!(misfit("{version: 1, keys: [{task: trading}]}"), is("task", "the field `id` is missing", ""));
    assert_eq!(misfit("{}"), is("{}", "the field `version` is missing", ""));
    let source = "{version: 1, systems: {a: {egress: []}, 'a': {egress: []}}}";
    assert_eq!(misfit(source), is("'a'", "`a` is given twice", ""));
    assert_eq!(misfit("version: 1\n\"version\": 2\n"), is("\"version\"", "`version` is given twice", ""));
}

#[test]
fn borrowed_text_and_any_value_can_be_asked_for() {
    #[derive(Deserialize)]
    struct Loose<'a> {
        name: &'a str,
        rest: (Option<f64>, u64, char, ()),
    }
    let source = "{name: 12, rest: [1.5, 18446744073709551615, x, null], ignored: {a: [b]}}";
    let node = parse(TextId(0), source, 0..source.len()).unwrap_or_else(|b| panic!("{b:?}"));
    let loose: Loose<'_> = from_node(&node).unwrap_or_else(|m| panic!("{m:?}"));
    assert_eq!((loose.name, loose.rest), ("12", (Some(1.5), u64::MAX, 'x', ())));
    // A type that takes what comes.
    let any: Spanned<Vec<IgnoredKind>> =
        parse(TextId(0), "[1, x, true, ~, 2.5, 007]", 0..25).ok().and_then(|n| from_node(&n).ok()).unwrap_or_else(|| panic!());
    assert_eq!(any.iter().map(|k| k.0).collect::<Vec<_>>(), ["int", "text", "bool", "null", "float", "text"]);
}

struct IgnoredKind(&'static str);

impl<'de> Deserialize<'de> for IgnoredKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = IgnoredKind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_bool<E>(self, _: bool) -> Result<IgnoredKind, E> {
                Ok(IgnoredKind("bool"))
            }
            fn visit_i64<E>(self, _: i64) -> Result<IgnoredKind, E> {
                Ok(IgnoredKind("int"))
            }
            fn visit_f64<E>(self, _: f64) -> Result<IgnoredKind, E> {
                Ok(IgnoredKind("float"))
            }
            fn visit_str<E>(self, _: &str) -> Result<IgnoredKind, E> {
                Ok(IgnoredKind("text"))
            }
            fn visit_unit<E>(self) -> Result<IgnoredKind, E> {
                Ok(IgnoredKind("null"))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[test]
fn a_schema_does_not_see_the_places() {
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code, reason = "only its reading counts")]
    struct Plain {
        systems: BTreeMap<String, u8>,
        name: Option<String>,
    }
    #[derive(schemars::JsonSchema)]
    #[schemars(rename = "Plain")]
    #[allow(dead_code, reason = "only its reading counts")]
    struct Placed {
        systems: BTreeMap<Spanned<String>, Spanned<u8>>,
        name: Option<Spanned<String>>,
    }
    let plain = schemars::schema_for!(Plain);
    let placed = schemars::schema_for!(Placed);
    assert_eq!(plain.as_value(), placed.as_value());
}
