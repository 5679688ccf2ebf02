//! A value that may be part of a credential, and one that was not taken.

use super::catalogue::VenueId;
use super::refuse::Refusal;
use super::value::Value;
use crate::finding::Confidence;
use crate::model::SecretPart;

/// A value that may be part of a credential.
pub struct Candidate {
    /// First byte of what is pointed at.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The value, as it would be used.
    pub value: Value,
    /// Which part; nothing where only its shape can tell.
    pub part: Option<SecretPart>,
    /// Whose.
    pub venue: Option<VenueId>,
    /// Whose it could be too: mentioned in the file, not near enough to say so alone.
    pub possible: Vec<VenueId>,
    /// Whether it has a shape of theirs.
    pub fits: bool,
    /// How sure; nothing where it counts only beside another part.
    pub confidence: Option<Confidence>,
    /// Whether it is for tests.
    pub test: bool,
    /// The frame in which it is named.
    pub frame: u32,
    /// Its line.
    pub line: u32,
    /// Whether its name is only `key`.
    pub bare: bool,
    /// The name, for what it tells about account numbers; never a value.
    pub name: String,
    /// Why it was taken, in words.
    pub reasons: Vec<String>,
}

/// A value that was not taken.
pub struct Refused {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Why.
    pub why: Refusal,
    /// The name that it stands under.
    pub name: String,
}
