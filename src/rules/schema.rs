//! The parts of a rule file's JSON Schema that no type says: conditions, severities and places, made from the vocabulary.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::vocabulary::{FactId, ItFact, Member, Type};

/// The schema of what a fact of this type can be tested for.
fn operand(kind: Type) -> Value {
    let words = |words: &[&str]| if words.is_empty() { json!({ "type": "string" }) } else { json!({ "enum": words }) };
    let list = |w: &[&str]| json!({ "type": "array", "items": words(w), "minItems": 1 });
    let period = json!({ "type": "string", "examples": ["90 days", "policy.rotate-after"] });
    let op = |pairs: Vec<(&str, Value)>| {
        let any: Vec<Value> = pairs
            .into_iter()
            .map(|(name, value)| json!({ "type": "object", "properties": { name: value }, "required": [name], "additionalProperties": false }))
            .collect();
        json!({ "anyOf": any })
    };
    match kind {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Word(w) => json!({ "anyOf": [words(w), op(vec![("one-of", list(w)), ("none-of", list(w))])] }),
        Type::Words(w) => op(vec![("only", list(w)), ("empty", json!({ "type": "boolean" }))]),
        Type::Time => op(vec![("older-than", period.clone()), ("within", period), ("passed", json!({ "type": "boolean" }))]),
        Type::Hold => op(vec![("none", json!({ "type": "boolean" }))]),
        Type::Limit => op(vec![
            ("none", json!({ "type": "boolean" })),
            ("above", json!({ "type": "string" })),
            ("at-least", json!({ "type": "string" })),
        ]),
        Type::Money => op(vec![("above", json!({ "type": "string" })), ("at-least", json!({ "type": "string" }))]),
        Type::Addresses => op(vec![
            ("everything", json!({ "type": "boolean" })),
            (
                "wider-than",
                json!({ "anyOf": [{ "const": "policy" }, { "type": "object", "properties": { "ipv4": { "type": "integer" }, "ipv6": { "type": "integer" } }, "required": ["ipv4", "ipv6"] }] }),
            ),
        ]),
        Type::List(_) => op(vec![("more-than", json!({ "type": "integer", "minimum": 0 })), ("empty", json!({ "type": "boolean" }))]),
    }
}

fn described(kind: Type, says: &str) -> Value {
    let mut schema = operand(kind);
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), json!(says));
    }
    schema
}

/// A condition: any of the facts, or a combination.
pub fn condition(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "$ref": "#/$defs/Condition" })
}

/// The definition that conditions refer to.
pub fn condition_definition() -> Value {
    let this = json!({ "$ref": "#/$defs/Condition" });
    let lists: Vec<&str> = FactId::ALL.iter().filter(|f| matches!(f.kind(), Type::List(_))).map(|f| f.name()).collect();
    let mut properties = Map::new();
    properties.insert("all".into(), json!({ "type": "array", "items": this, "description": "all of them hold" }));
    properties.insert("any".into(), json!({ "type": "array", "items": this, "description": "at least one of them holds" }));
    properties.insert("not".into(), json!({ "$ref": "#/$defs/Condition", "description": "it does not hold" }));
    properties.insert(
        "exists".into(),
        json!({ "type": "object", "properties": { "in": { "enum": lists }, "where": this }, "required": ["in", "where"], "additionalProperties": false,
                "description": "the list has a member for which it holds" }),
    );
    for fact in FactId::ALL {
        let schema = described(fact.kind(), &format!("({}) {}", fact.subject().id(), fact.says()));
        // One name can be a fact of two subjects: either fits here, the loader knows which is meant.
        match properties.remove(fact.name()) {
            Some(other) => properties.insert(fact.name().into(), json!({ "anyOf": [other, schema] })),
            None => properties.insert(fact.name().into(), schema),
        };
    }
    for member in [Member::Permission, Member::Entry, Member::Market, Member::Pair, Member::Egress] {
        for (name, kind, says) in ItFact::of(member) {
            properties.insert(format!("it.{name}"), described(kind, says));
        }
    }
    json!({ "type": "object", "minProperties": 1, "properties": properties, "additionalProperties": false, "description": "Several facts together mean all of them." })
}

/// A severity, or a list of cases.
pub fn severity(_: &mut SchemaGenerator) -> Schema {
    let words = json!({ "enum": ["info", "low", "medium", "high", "critical"] });
    json_schema!({ "anyOf": [words, { "type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["is"], "additionalProperties": false,
        "properties": { "when": { "$ref": "#/$defs/Condition" }, "is": words, "because": { "type": "string", "description": "why, in one sentence" } } } }] })
}

/// Places to point at.
pub fn places(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": { "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }] } })
}
