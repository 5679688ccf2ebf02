//! JSON Schemas, made from the types that read and write the documents.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{json, keys, radius};
use crate::declaration::Declaration;
use crate::exchanges::WrittenEnvelope;
use crate::rules::RuleFile;
use crate::secrets::catalogue::ShapeFile;

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Of {
    /// A rule file.
    Rules,
    /// A shape file: what credentials of an exchange or service look like.
    Shapes,
    /// The report of `keylint check --format json`.
    Report,
    /// The inventory of `keylint keys --format json`.
    Keys,
    /// What leaks cost: the document of `keylint radius --format json`.
    Radius,
    /// The envelope around an exchange's answer.
    Envelope,
}

fn read<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}

fn written<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// The schema of a document; of the declaration where nothing is named.
pub fn schema(of: Option<Of>) -> Schema {
    match of {
        None => read::<Declaration>(),
        Some(Of::Shapes) => read::<ShapeFile>(),
        Some(Of::Report) => written::<json::Report<'_>>(),
        Some(Of::Keys) => written::<keys::Document<'_>>(),
        Some(Of::Radius) => written::<radius::Document<'_>>(),
        Some(Of::Envelope) => read::<WrittenEnvelope>(),
        Some(Of::Rules) => {
            let mut schema = read::<RuleFile>();
            let root = schema.ensure_object();
            let definitions = root.entry("$defs").or_insert_with(|| serde_json::json!({}));
            if let Some(definitions) = definitions.as_object_mut() {
                definitions.insert("Condition".into(), crate::rules::schema::condition_definition());
            }
            schema
        }
    }
}
