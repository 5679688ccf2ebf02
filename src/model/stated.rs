//! A value and where it comes from.

use crate::text::Span;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Written in an export at this place.
    Export(Span),
    /// Written in the declaration at this place.
    Declared(Span),
    /// Fixed by the exchange; its profile has the documentation's address.
    Profile,
    /// Follows from other facts.
    Inferred,
}

impl Origin {
    /// The place in a file, where there is one.
    pub fn span(self) -> Option<Span> {
        match self {
            Self::Export(span) | Self::Declared(span) => Some(span),
            Self::Profile | Self::Inferred => None,
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub from: Origin,
}

impl<T> Fact<T> {
    /// A value written in an export.
    pub fn exported(value: T, span: Span) -> Self {
        Self { value, from: Origin::Export(span) }
    }
    /// A value written in the declaration.
    pub fn declared(value: T, span: Span) -> Self {
        Self { value, from: Origin::Declared(span) }
    }
    /// A value that the exchange fixes.
    pub fn fixed(value: T) -> Self {
        Self { value, from: Origin::Profile }
    }
    /// A value that follows from others.
    pub fn inferred(value: T) -> Self {
        Self { value, from: Origin::Inferred }
    }
    /// Another value with the same origin.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: f(self.value), from: self.from }
    }
    /// The place in a file, where there is one.
    pub fn span(&self) -> Option<Span> {
        self.from.span()
    }
}

/// A fact, or nothing: unknown.
pub type Stated<T> = Option<Fact<T>>;

/// The value of a stated field.
pub fn value<T>(stated: &Stated<T>) -> Option<&T> {
    stated.as_ref().map(|f| &f.value)
}

/// Whether a yes-or-no field is known to be yes.
pub fn known(stated: &Stated<bool>) -> bool {
    matches!(stated, Some(f) if f.value)
}
