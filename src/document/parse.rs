//! The only door to the YAML parser: its events become a tree, its complaints become words of our own.
//!
//! The parser reports byte offsets on every event, and its messages may name characters of the text; only the offsets
//! and the kind of an error are used. Nothing here recurses over what was read, except over finished trees, whose depth
//! is bounded.

use super::json::{self, Dialect, Inside, Quoted, Seen, Yaml};
use super::{ALIAS_BUDGET, Broken, DEPTH, Entry, Kind, Node};
use crate::text::{Span, TextId};
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How far the parser looks ahead for the `:` behind a key, in characters. It holds back what it reads until then, so
/// this figure, which is YAML's own, is the quick one.
const KEY_REACH: usize = 1024;

/// How far it looks in a second attempt, for keys that JSON allows and YAML does not.
const LONG_KEY_REACH: usize = 1 << 20;

const TOO_DEEP: &str = "nested deeper than 128";
const SECOND: &str = "a second document begins here";
const ONE_EXPECTED: &str = "one document expected in one file";
pub(super) const FOLLOWS: &str = "the document has ended, and more follows";

/// Reads `range` of `source` as one JSON or YAML document. Spans count from the start of `source`.
///
/// # Errors
/// A [`Broken`] with the place, for anything that is not exactly one document.
pub fn parse<'t>(text: TextId, source: &'t str, range: Range<usize>) -> Result<Node<'t>, Broken> {
    let at = Place { text, base: range.start, part: source.get(range).unwrap_or("") };
    if u32::try_from(source.len()).is_err() {
        return Err(at.broken(0..0, "larger than 4 GiB", None));
    }
    if json::meant_as_json(at.part)
        && let Some(node) = super::strict::parse(text, source, at.base..at.base + at.part.len())
    {
        return Ok(node);
    }
    let mut stopped = match read(at, KEY_REACH) {
        Ok(node) => return Ok(node),
        Err(stopped) => stopped,
    };
    if let Stop::Scan(error) = &stopped
        && at.part.len() > KEY_REACH
        && may_be_a_long_key(error.kind())
    {
        match read(at, LONG_KEY_REACH) {
            Ok(node) => return Ok(node),
            Err(again) => stopped = again,
        }
    }
    Err(match stopped {
        Stop::Broken(broken) => *broken,
        Stop::Scan(error) => at.explain(&error),
        Stop::Alias => at.broken(0..0, "an alias cannot be read here", None),
    })
}

/// The YAML parser's tree alone: what strict JSON is held against in tests.
#[cfg(test)]
pub(super) fn by_yaml<'t>(text: TextId, source: &'t str) -> Option<Node<'t>> {
    read(Place { text, base: 0, part: source }, KEY_REACH).ok()
}

fn read(at: Place<'_>, reach: usize) -> Result<Node<'_>, Stop> {
    match Building::new(at, None).run(reach) {
        Err(Stop::Alias) => {
            let wanted = aliased(at.part, reach);
            Building::new(at, Some(Shared { wanted, ..Shared::default() })).run(reach)
        }
        other => other,
    }
}

fn events(part: &str, reach: usize) -> Parser<'_, granit_parser::StrInput<'_>> {
    let mut options: Options = granit_parser::options! { simple_key_max_lookahead: reach, flow_nesting_limit: DEPTH };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(part, options)
}

/// The anchors that something refers to. Only what they name is worth keeping a copy of.
fn aliased(part: &str, reach: usize) -> BTreeSet<usize> {
    let ids = events(part, reach).map_while(Result::ok).filter_map(|(event, _)| match event {
        Event::Alias(id) => Some(id),
        _ => None,
    });
    ids.collect()
}

/// Why reading stopped.
enum Stop {
    Scan(Box<ScanError>),
    Broken(Box<Broken>),
    /// The first alias of a document: reading starts again with room for copies.
    Alias,
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(Box::new(broken))
    }
}

/// The part of a text that is read, and where it begins.
#[derive(Clone, Copy)]
struct Place<'t> {
    text: TextId,
    base: usize,
    part: &'t str,
}

/// A collection that is not closed yet.
struct Open<'t> {
    start: usize,
    anchor: usize,
    filling: Filling<'t>,
}

enum Filling<'t> {
    Sequence(Vec<Node<'t>>),
    Mapping { entries: Vec<Entry<'t>>, key: Option<Node<'t>> },
}

/// What aliases stand for.
#[derive(Default)]
struct Shared<'t> {
    wanted: BTreeSet<usize>,
    ready: BTreeMap<usize, Definition<'t>>,
    /// Keys and values kept as definitions so far, and produced by aliases so far.
    kept: usize,
    produced: usize,
}

struct Definition<'t> {
    node: Node<'t>,
    nodes: usize,
    height: usize,
}

struct Building<'t> {
    at: Place<'t>,
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
    documents: usize,
    /// One past the last byte that belongs to something.
    end: usize,
    shared: Option<Shared<'t>>,
}

impl<'t> Building<'t> {
    fn new(at: Place<'t>, shared: Option<Shared<'t>>) -> Self {
        Self { at, open: Vec::new(), root: None, documents: 0, end: 0, shared }
    }

    fn run(mut self, reach: usize) -> Result<Node<'t>, Stop> {
        for event in events(self.at.part, reach) {
            let (event, span) = event.map_err(|e| Stop::Scan(Box::new(e)))?;
            let range = span.byte_range().unwrap_or(self.end..self.end);
            match event {
                Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), range)?,
                Event::MappingStart(style, anchor, _) => {
                    self.start(range, style, anchor, Filling::Mapping { entries: Vec::new(), key: None })?;
                }
                Event::SequenceStart(style, anchor, _) => self.start(range, style, anchor, Filling::Sequence(Vec::new()))?,
                Event::MappingEnd | Event::SequenceEnd => self.finish(range)?,
                Event::Alias(id) => self.alias(id, range)?,
                Event::DocumentStart(..) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        let start = range.start;
                        let range = if range.is_empty() { self.at.one(start) } else { range };
                        return Err(self.at.broken(range, SECOND, Some(ONE_EXPECTED)).into());
                    }
                }
                _ => {}
            }
        }
        match self.root {
            Some(node) if !(node.is_null() && node.span.is_empty()) => Ok(node),
            _ => Err(self.at.broken(0..0, "there is nothing in it", None).into()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        mut range: Range<usize>,
    ) -> Result<(), Stop> {
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            range.end = self.at.block_end(&range);
        }
        // `!` alone makes a scalar text, just as `!!str` does.
        let marked = tag.is_some_and(|tag| tag.core_suffix() == Some("str") || (tag.handle().is_empty() && tag.suffix() == "!"));
        // A value that is left out comes as an invented `~`.
        let text = if style == ScalarStyle::Plain && range.is_empty() { Cow::Borrowed("") } else { text };
        self.end = range.end;
        let node = Node { span: self.at.span(range), kind: Kind::Scalar { text, plain: style == ScalarStyle::Plain && !marked } };
        self.done(node, anchor)
    }

    fn start(&mut self, range: Range<usize>, style: StructureStyle, anchor: usize, filling: Filling<'t>) -> Result<(), Stop> {
        if self.open.len() >= DEPTH {
            let place = if style == StructureStyle::Flow && !range.is_empty() { range } else { self.at.one(range.start) };
            return Err(self.at.broken(place, TOO_DEEP, None).into());
        }
        self.end = range.end;
        let mut start = range.start;
        if style == StructureStyle::Block && matches!(filling, Filling::Sequence(_)) {
            start = self.first_dash(start);
        }
        self.open.push(Open { start, anchor, filling });
        Ok(())
    }

    /// Where a block list begins. One whose dashes stand in the column of the key above it is reported behind its first
    /// dash.
    fn first_dash(&self, start: usize) -> usize {
        if !matches!(self.open.last(), Some(Open { filling: Filling::Mapping { .. }, .. })) {
            return start;
        }
        let before = self.at.part.get(..start).unwrap_or("").trim_end_matches([' ', '\t']);
        if before.ends_with('-') { before.len() - 1 } else { start }
    }

    fn finish(&mut self, range: Range<usize>) -> Result<(), Stop> {
        let Some(Open { start, anchor, filling }) = self.open.pop() else { return Ok(()) };
        // Only a closing bracket has a width; a collection without one ends with its last value.
        if !range.is_empty() {
            self.end = range.end;
        }
        let kind = match filling {
            Filling::Sequence(members) => Kind::Sequence(members),
            Filling::Mapping { entries, .. } => Kind::Mapping(entries),
        };
        let node = Node { span: self.at.span(start..self.end.max(start)), kind };
        self.done(node, anchor)
    }

    fn done(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Stop> {
        if anchor != 0
            && let Some(shared) = &mut self.shared
            && shared.wanted.contains(&anchor)
        {
            let (nodes, height) = measure(&node);
            shared.kept += nodes;
            if shared.kept > ALIAS_BUDGET {
                return Err(too_many(self.at, node.span).into());
            }
            shared.ready.insert(anchor, Definition { node: node.clone(), nodes, height });
        }
        self.put(node);
        Ok(())
    }

    fn put(&mut self, node: Node<'t>) {
        match self.open.last_mut().map(|open| &mut open.filling) {
            None => self.root = Some(node),
            Some(Filling::Sequence(members)) => members.push(node),
            Some(Filling::Mapping { entries, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    fn alias(&mut self, id: usize, range: Range<usize>) -> Result<(), Stop> {
        let Some(shared) = &mut self.shared else { return Err(Stop::Alias) };
        let Some(definition) = shared.ready.get(&id) else {
            return Err(self.at.broken(range, "this alias stands inside what it stands for", None).into());
        };
        shared.produced += definition.nodes;
        if shared.produced > ALIAS_BUDGET {
            return Err(too_many(self.at, self.at.span(range)).into());
        }
        if self.open.len() + definition.height > DEPTH {
            return Err(self.at.broken(range, TOO_DEEP, None).into());
        }
        self.end = range.end;
        let node = definition.node.clone();
        self.put(node);
        Ok(())
    }
}

fn too_many(at: Place<'_>, span: Span) -> Broken {
    Broken { span, ..at.broken(0..0, "the aliases of this document stand for more than 100,000 values", None) }
}

/// How many keys and values a finished tree has, and how many collections lie within one another.
fn measure(node: &Node<'_>) -> (usize, usize) {
    let mut nodes = 1;
    let mut height = 0;
    let mut count = |child: &Node<'_>| {
        let (n, h) = measure(child);
        nodes += n;
        height = height.max(h);
    };
    match &node.kind {
        Kind::Scalar { .. } => return (1, 0),
        Kind::Sequence(members) => members.iter().for_each(&mut count),
        Kind::Mapping(entries) => entries.iter().for_each(|e| {
            count(&e.key);
            count(&e.value);
        }),
    }
    (nodes, height + 1)
}

impl Place<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        // The whole text is known to be shorter than 4 GiB.
        let offset = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        Span::new(self.text, offset(range.start), offset(range.end))
    }

    fn broken(&self, range: Range<usize>, what: &'static str, help: Option<&'static str>) -> Broken {
        Broken { span: self.span(range), what, help, related: None }
    }

    /// The character at a byte; empty behind the end.
    fn one(&self, start: usize) -> Range<usize> {
        let width = self.part.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        start..start + width
    }

    /// The end of a block scalar's last line of content: the parser's own end lies in the line after it.
    fn block_end(&self, range: &Range<usize>) -> usize {
        let words = self.part.get(range.clone()).unwrap_or("");
        let kept = words.trim_end_matches([' ', '\t', '\r', '\n']);
        let tail = words.get(kept.len()..).unwrap_or("");
        range.start + kept.len() + tail.find(['\r', '\n']).unwrap_or(tail.len())
    }

    /// The first tab of the white space before `at`, if there is one.
    fn tab(&self, at: usize) -> usize {
        let before = self.part.get(..at).unwrap_or("");
        let kept = before.trim_end_matches([' ', '\t']).len();
        before.get(kept..).and_then(|blank| blank.find('\t')).map_or(at, |tab| kept + tab)
    }

    fn ends(&self, inside: Inside, opener: usize) -> Broken {
        let (what, begins) = match inside {
            Inside::Object => ("the text ends inside an object", "the object begins here"),
            Inside::List => ("the text ends inside a list", "the list begins here"),
            Inside::Text => ("the text ends inside a string", "the string begins here"),
        };
        let end = self.part.trim_end().len();
        let help = Some("the file may have been cut off");
        Broken { related: Some((self.span(self.one(opener)), begins)), ..self.broken(end..end, what, help) }
    }

    fn explain(&self, error: &ScanError) -> Broken {
        let at = error.marker().byte_offset().unwrap_or(self.part.len()).min(self.part.len());
        let here = |what, help| self.broken(self.one(at), what, help);
        let deep = *error.kind() == ErrorKind::RecursionLimitExceeded;
        if json::meant_as_json(self.part) {
            match json::walk(self.part) {
                // What comes before the limit is the cause of it.
                Seen::Second(second) if !deep || second < at => return self.broken(self.one(second), SECOND, Some(ONE_EXPECTED)),
                Seen::Unlike { at: unlike, what, yaml: Yaml::Refuses } if !deep || unlike < at => {
                    return self.broken(self.one(unlike), what, None);
                }
                Seen::Ends { inside, opener } if !deep => return self.ends(inside, opener),
                Seen::Whole if may_be_a_long_key(error.kind()) => return here("a key longer than 1,048,576 characters", None),
                _ => {}
            }
        }
        if deep {
            return here(TOO_DEEP, None);
        }
        match error.kind() {
            ErrorKind::UnclosedQuotedScalar => self.ends(Inside::Text, at),
            ErrorKind::UnclosedFlowCollection { open: '{' } => self.ends(Inside::Object, at),
            ErrorKind::UnclosedFlowCollection { .. } => self.ends(Inside::List, at),
            ErrorKind::ExpectedDocumentStart if self.part.get(at..).is_some_and(|rest| rest.starts_with(['{', '['])) => {
                here(SECOND, Some(ONE_EXPECTED))
            }
            ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidLowSurrogate
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnpairedLowSurrogate
            | ErrorKind::InvalidUnicodeEscape => {
                let help = Some("within double quotes a backslash is written twice; within single quotes it stands for itself");
                match json::quoted(self.part, at, Dialect::Yaml) {
                    Quoted::Bad { at, what } => self.broken(self.one(at), what, help),
                    Quoted::Ends => self.ends(Inside::Text, at),
                    _ => here("a text with an escape that does not exist", help),
                }
            }
            kind => {
                let (what, help) = words(kind);
                if help == TABS { self.broken(self.one(self.tab(at)), what, help) } else { here(what, help) }
            }
        }
    }
}

/// Complaints that a key longer than the parser looks ahead can cause.
fn may_be_a_long_key(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::ExpectedDocumentStart
    )
}

const QUOTE: Option<&str> = Some("put the text in quotes");
const INDENT: Option<&str> = Some("entries of one object or list begin in one column");
const TABS: Option<&str> = Some("YAML indents with spaces");

/// The parser's complaints in our words, without anything of the text.
fn words(kind: &ErrorKind) -> (&'static str, Option<&'static str>) {
    use ErrorKind as E;
    match kind {
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", None),
        E::UnexpectedEofFlowMapping | E::ExpectedFlowMappingSeparator => ("expected `,` or `}`", None),
        E::UnexpectedEofImplicitFlowMapping => ("expected a key", None),
        E::UnexpectedEof | E::UnexpectedEofBlockSequence | E::UnexpectedEofBlockMapping => ("the text ends too early", None),
        E::ExpectedDocumentStart => (FOLLOWS, INDENT),
        E::DuplicateVersionDirective
        | E::UnsupportedYamlMajorVersion
        | E::DuplicateTagDirective
        | E::MissingDocumentEndBeforeDirective
        | E::InvalidDirectiveTerminator
        | E::MissingYamlVersionSeparator
        | E::MissingDirectiveName
        | E::InvalidDirectiveName
        | E::DirectiveByteLimitExceeded { .. }
        | E::TooManyReservedDirectiveParams { .. }
        | E::YamlVersionTooLong
        | E::MissingYamlVersion
        | E::ExpectedTagDirectiveBang
        | E::InvalidTagDirectiveTerminator => ("a directive (`%`) that cannot be read", None),
        E::UnknownAnchor => ("this alias (`*`) refers to no anchor (`&`) above it", QUOTE),
        E::MissingAnchorOrAliasName => ("an anchor (`&`) or alias (`*`) without a name", QUOTE),
        E::ExpectedTagBang
        | E::UndeclaredTagHandle
        | E::InvalidGlobalTagCharacter
        | E::InvalidTagTerminator
        | E::MissingTagUri
        | E::UnclosedVerbatimTag
        | E::InvalidTagEscape
        | E::InvalidTagUtf8LeadingByte
        | E::InvalidTagUtf8TrailingByte
        | E::InvalidTagUtf8 => ("a tag (`!`) that cannot be read", QUOTE),
        E::ExpectedNodeContent => ("expected a value", None),
        E::ExpectedBlockMappingKey => ("expected a key of the object that is open here", INDENT),
        E::ExpectedBlockSequenceEntry => ("expected `-` and the next member of the list that is open here", INDENT),
        E::SimpleKeyExpected | E::InvalidSimpleKey => ("expected `:` behind a key", None),
        E::InvalidIndentation | E::InvalidFlowScalarIndent | E::InvalidQuotedScalarIndent | E::InvalidBlockScalarIndent => {
            ("wrongly indented", INDENT)
        }
        E::BomInsideDocument => ("a byte order mark in the middle of a text", Some("two files may have been joined")),
        E::UnexpectedCharacter { character } if character.is_control() => {
            ("a control character", Some("write it as an escape in double quotes"))
        }
        E::UnexpectedCharacter { .. } => ("no value can begin with this character", QUOTE),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart | E::TabInPlainScalar => {
            ("a tab where only spaces may stand", TABS)
        }
        E::ExpectedWhitespace | E::InvalidBlockEntryWhitespace | E::InvalidMappingValueWhitespace => ("expected a space", None),
        E::CommentNotSeparated => ("a comment needs a space before `#`", None),
        E::CommentInterceptedScalar => ("a comment in the middle of a text", QUOTE),
        E::MisplacedFlowCollectionEnd => ("a closing bracket that closes nothing", None),
        E::MismatchedFlowCollectionEnd { .. } => ("this bracket is closed by one of the other kind", None),
        E::BlockEntryInFlowCollection => ("`- ` may not stand within brackets", None),
        E::BlockSequenceEntryNotAllowed => ("a list cannot begin here", INDENT),
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => ("expected a line break behind `|` or `>`", None),
        E::DocumentIndicatorInQuotedScalar => ("a document mark within a text in quotes", Some("a closing quote may be missing")),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            ("more follows behind the closing quote", Some("a comma may be missing, or a quote within the text"))
        }
        E::PlainScalarStartsWithDashFlowIndicator => ("a text cannot begin like this", QUOTE),
        E::MappingKeyNotAllowed | E::MappingValueNotAllowed | E::InvalidColonPlacement | E::FlowMappingValueAdjacentCollection => {
            ("`:` is not expected here", Some("put text that holds `: ` in quotes, and check the indentation"))
        }
        _ => ("not JSON or YAML from here on", None),
    }
}
