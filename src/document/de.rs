//! Trees as types: a serde deserializer over [`Node`], so that the declaration, rule files and profiles are plain types
//! whose every field can still say where it was written.
//!
//! What does not fit is a [`Misfit`] at the narrowest place that is to blame. Its words quote names of fields and words
//! of a choice, if they cannot be a secret, and no other value. A message that a type's own `Deserialize` makes with
//! `Error::custom` is taken as it is, and must keep to that itself.

use super::{Entry, Kind, Node, duplicates};
use crate::text::{Span, nearest};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, Expected, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A value and where it was written. Only [`from_node`] can make one: other deserializers refuse it, and so does what
/// serde reads into a buffer first (`flatten`, `untagged`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place: for a key the key's, for a value the value's.
    pub span: Span,
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// By this name the deserializer knows that it is asked for a place too.
const SPANNED: &str = "$keylint::document::Spanned";
const SPANNED_FIELDS: &[&str] = &["$text", "$start", "$end", "$value"];

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = Spanned<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spanned<T>, A::Error> {
                let missing = |n| de::Error::invalid_length(n, &"a value with its place");
                let text = parts.next_element()?.ok_or_else(|| missing(0))?;
                let start = parts.next_element()?.ok_or_else(|| missing(1))?;
                let end = parts.next_element()?.ok_or_else(|| missing(2))?;
                let value = parts.next_element()?.ok_or_else(|| missing(3))?;
                Ok(Spanned { value, span: Span::new(crate::text::TextId(text), start, end) })
            }
        }
        deserializer.deserialize_struct(SPANNED, SPANNED_FIELDS, Parts(PhantomData))
    }
}

/// To a schema, a value with its place is the value.
impl<T: schemars::JsonSchema> schemars::JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// Where and why a document does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The narrowest place: an unknown field's key, a wrong value, the key of the object that lacks a field.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What may help.
    pub help: Option<String>,
}

/// Reads a tree as a `T`. Null is `None` for an `Option`; a scalar without quotes is text where text is wanted, so that
/// an id such as `203` needs none; a key that is given twice never fits.
///
/// # Errors
/// The first [`Misfit`].
pub fn from_node<'de, T: Deserialize<'de>>(node: &'de Node<'de>) -> Result<T, Misfit> {
    T::deserialize(Reader { node, key: None }).map_err(|error| {
        let Trouble { span, message, help, .. } = error.or_at(node.span);
        Misfit { span: span.unwrap_or(node.span), message, help }
    })
}

/// A misfit whose place may not be known yet: each level on the way out gives it its own, and the first one stays.
#[derive(Debug)]
struct Trouble {
    span: Option<Span>,
    /// A field is missing, for which the object is to blame and not what is in it.
    missing: bool,
    message: String,
    help: Option<String>,
}

impl Trouble {
    fn new(message: String) -> Self {
        Self { span: None, missing: false, message, help: None }
    }
    fn or_at(mut self, span: Span) -> Self {
        self.span = self.span.or(Some(span));
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

impl de::Error for Trouble {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) | Unexpected::UnitVariant => "text",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq | Unexpected::TupleVariant => "a list",
            Unexpected::Map | Unexpected::StructVariant => "an object",
            _ => "something else",
        };
        Self::new(format!("expected {expected}, found {found}"))
    }
    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {length} members"))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        unknown("value", variant, expected)
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        unknown("field", field, expected)
    }
    fn missing_field(field: &'static str) -> Self {
        Self { missing: true, ..Self::new(format!("the field `{field}` is missing")) }
    }
    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is given twice"))
    }
}

fn unknown(what: &str, name: &str, expected: &'static [&'static str]) -> Trouble {
    let message = match quotable(name) {
        Some(name) => format!("unknown {what} `{name}`"),
        None => format!("unknown {what}"),
    };
    let help = match (nearest(name, expected), expected) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, []) => None,
        (None, [one]) => Some(format!("expected `{one}`")),
        (None, many) => Some(format!("expected one of {}", listed(many))),
    };
    Trouble { help, ..Trouble::new(message) }
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    quoted.join(", ")
}

/// A name out of a document as a message may show it; `None` where it is long or looks like a secret.
fn quotable(name: &str) -> Option<String> {
    /// The longest it may become once cleaned, in characters.
    const LONGEST_CLEANED: usize = 60;
    let quoted = crate::text::quotable(name);
    let bare = quoted.strip_prefix('`')?.strip_suffix('`')?;
    Some(bare.chars().take(LONGEST_CLEANED).collect())
}

/// One node, and the key that it is the value of.
#[derive(Clone, Copy)]
struct Reader<'de> {
    node: &'de Node<'de>,
    key: Option<Span>,
}

impl<'de> Reader<'de> {
    fn found(self, expected: &str) -> Trouble {
        Trouble::new(format!("expected {expected}, found {}", self.node.kind_name())).or_at(self.blame())
    }
    /// Where a wrong value is shown: at its key, if the value is left out.
    fn blame(self) -> Span {
        if self.node.span.is_empty() { self.key.unwrap_or(self.node.span) } else { self.node.span }
    }
    fn text(self) -> Result<&'de str, Trouble> {
        match self.node.scalar() {
            Some(text) if !self.node.is_null() => Ok(text),
            _ => Err(self.found("text")),
        }
    }
    fn entries(self, expected: &str) -> Result<&'de [Entry<'de>], Trouble> {
        let Some(entries) = self.node.as_mapping() else { return Err(self.found(expected)) };
        let Some((_, again)) = duplicates(entries).first().copied() else { return Ok(entries) };
        let name = entries.iter().find(|e| e.key.span == again).and_then(|e| quotable(e.key.scalar()?));
        let message = name.map_or_else(|| "this key is given twice".to_owned(), |name| format!("`{name}` is given twice"));
        Err(Trouble::new(message).or_at(again))
    }
    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let entries = self.entries("an object")?;
        let first = entries.first().map_or(self.node.span, |e| e.key.span);
        let whole = self.key.unwrap_or(first);
        visitor.visit_map(Entries { rest: entries.iter(), value: None }).map_err(|e| if e.missing { e.or_at(whole) } else { e })
    }
    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let Some(members) = self.node.as_sequence() else { return Err(self.found("a list")) };
        visitor.visit_seq(Members { rest: members.iter() })
    }
    fn whole_number<T: TryFrom<i128>>(self, least: impl fmt::Display, most: impl fmt::Display) -> Result<T, Trouble> {
        let Some(number) = self.node.as_wide_int() else { return Err(self.found("a whole number")) };
        T::try_from(number).map_err(|_| Trouble::new(format!("expected a whole number from {least} to {most}")).or_at(self.node.span))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
            visitor.$visit(self.whole_number(<$type>::MIN, <$type>::MAX)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match &self.node.kind {
            Kind::Mapping(_) => self.object(visitor),
            Kind::Sequence(_) => self.list(visitor),
            Kind::Scalar { text, .. } => {
                if self.node.is_null() {
                    visitor.visit_unit()
                } else if let Some(value) = self.node.as_bool() {
                    visitor.visit_bool(value)
                } else if let Some(value) = self.node.as_int() {
                    visitor.visit_i64(value)
                } else if let Some(value) = self.node.as_wide_int().and_then(|n| u64::try_from(n).ok()) {
                    visitor.visit_u64(value)
                } else if let Some(value) = self.node.as_float() {
                    visitor.visit_f64(value)
                } else {
                    visitor.visit_borrowed_str(text)
                }
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let value = self.node.as_bool().ok_or_else(|| self.found("a boolean"))?;
        visitor.visit_bool(value)
    }

    whole_numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    );

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let value = self.node.as_float().ok_or_else(|| self.found("a number"))?;
        visitor.visit_f64(value)
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_str(visitor)
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_borrowed_str(self.text()?)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_str(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_borrowed_bytes(self.text()?.as_bytes())
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_bytes(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        if self.node.is_null() { visitor.visit_unit() } else { Err(self.found("null")) }
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_unit(visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.list(visitor)
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Trouble> {
        match self.node.as_sequence() {
            Some(members) if members.len() != length => {
                let message = format!("expected a list of {length} members, found {}", members.len());
                Err(Trouble::new(message).or_at(self.node.span))
            }
            _ => self.list(visitor),
        }
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, length: usize, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_tuple(length, visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.object(visitor)
    }
    fn deserialize_struct<V: Visitor<'de>>(self, name: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Trouble> {
        if name == SPANNED { visitor.visit_seq(Parts { reader: self, next: 0 }) } else { self.object(visitor) }
    }
    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, words: &'static [&'static str], visitor: V) -> Result<V::Value, Trouble> {
        if let Some(word) = self.node.scalar().filter(|_| !self.node.is_null()) {
            return visitor.visit_enum(Choice { reader: self, word, value: None });
        }
        let expected = format!("one of {}", listed(words));
        let entries = self.entries(&expected)?;
        match entries {
            [Entry { key, value }] => {
                let reader = Reader { node: key, key: self.key };
                visitor.visit_enum(Choice { reader, word: reader.text()?, value: Some(Reader { node: value, key: Some(key.span) }) })
            }
            entries => {
                let span = entries.get(1).map_or(self.node.span, |e| e.key.span);
                let trouble = Trouble::new(format!("expected exactly one key here, found {}", entries.len())).or_at(span);
                Err(Trouble { help: Some(expected), ..trouble })
            }
        }
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_str(visitor)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_unit()
    }
}

/// The four parts of a [`Spanned`], in order.
struct Parts<'de> {
    reader: Reader<'de>,
    next: u8,
}

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = Trouble;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        let span = self.reader.node.span;
        let part = self.next;
        self.next = part.saturating_add(1);
        match part {
            0 => seed.deserialize(span.text.0.into_deserializer()).map(Some),
            1 => seed.deserialize(span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(span.end.into_deserializer()).map(Some),
            3 => seed.deserialize(self.reader).map(Some),
            _ => Ok(None),
        }
    }
}

struct Members<'de> {
    rest: std::slice::Iter<'de, Node<'de>>,
}

impl<'de> SeqAccess<'de> for Members<'de> {
    type Error = Trouble;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        let Some(node) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Reader { node, key: None }).map(Some).map_err(|e| e.or_at(node.span))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry<'de>>,
    value: Option<Reader<'de>>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Trouble;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        let Some(Entry { key, value }) = self.rest.next() else { return Ok(None) };
        self.value = Some(Reader { node: value, key: Some(key.span) });
        seed.deserialize(Reader { node: key, key: None }).map(Some).map_err(|e| e.or_at(key.span))
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Trouble> {
        let Some(reader) = self.value.take() else { return Err(Trouble::new("a value was asked for before its key".to_owned())) };
        seed.deserialize(reader).map_err(|e| e.or_at(reader.blame()))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One word of a choice, and what stands behind it.
struct Choice<'de> {
    reader: Reader<'de>,
    word: &'de str,
    value: Option<Reader<'de>>,
}

impl<'de> Choice<'de> {
    fn value(self) -> Result<Reader<'de>, Trouble> {
        let Some(value) = self.value else {
            let message = quotable(self.word).map_or_else(|| "this needs a value".to_owned(), |word| format!("`{word}` needs a value"));
            return Err(Trouble::new(message).or_at(self.reader.node.span));
        };
        Ok(value)
    }
}

impl<'de> de::EnumAccess<'de> for Choice<'de> {
    type Error = Trouble;
    type Variant = Self;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Trouble> {
        let word = de::value::BorrowedStrDeserializer::<Trouble>::new(self.word);
        let variant = seed.deserialize(word).map_err(|e| e.or_at(self.reader.node.span))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Choice<'de> {
    type Error = Trouble;
    fn unit_variant(self) -> Result<(), Trouble> {
        match self.value {
            Some(value) if !value.node.is_null() => {
                let message =
                    quotable(self.word).map_or_else(|| "this takes no value".to_owned(), |word| format!("`{word}` takes no value"));
                Err(Trouble::new(message).or_at(value.node.span))
            }
            _ => Ok(()),
        }
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Trouble> {
        let value = self.value()?;
        seed.deserialize(value).map_err(|e| e.or_at(value.blame()))
    }
    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Trouble> {
        let value = self.value()?;
        value.deserialize_tuple(length, visitor).map_err(|e| e.or_at(value.blame()))
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Trouble> {
        let value = self.value()?;
        value.object(visitor).map_err(|e| e.or_at(value.blame()))
    }
}

#[cfg(test)]
#[path = "de_tests.rs"]
mod tests;
