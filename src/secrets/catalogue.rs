//! What is known of each exchange, wallet and service: files under `rules/secrets/`, read once into tables that answer by
//! a hash of a word or by a length, so that a run costs the same however many shapes there are.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::Deserialize;

use super::headers::COMMON_HEADERS;
pub use super::headers::bare;
use super::quick::Table;
use super::shape::Shape;
use super::value::published;
use crate::document::{self, Misfit, Spanned};
use crate::finding::Severity;
use crate::model::SecretPart;
use crate::text::TextId;

include!(concat!(env!("OUT_DIR"), "/embedded_shapes.rs"));

/// What a credential opens, which says how bad it is where its key is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An exchange: high.
    Exchange,
    /// A wallet: critical, because it moves everything.
    Wallet,
    /// A node or an explorer: low.
    Node,
    /// Bots, webhooks, terminals: medium.
    Stack,
}

impl Kind {
    /// How bad a secret of this kind is by itself.
    pub fn severity(self) -> Severity {
        match self {
            Self::Exchange => Severity::High,
            Self::Wallet => Severity::Critical,
            Self::Node => Severity::Low,
            Self::Stack => Severity::Medium,
        }
    }
}

/// A shape file as it is written: `RULES/secrets/<id>.yaml`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "keylint shapes", description = "What credentials of one exchange or service look like: RULES/secrets/<id>.yaml")]
pub struct ShapeFile {
    /// Its name as people write it.
    pub title: String,
    /// What a credential of it opens.
    pub kind: Kind,
    /// Words of names, calls, hosts and files that mean it, in lower case.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words that mean it only beside a value of one of its shapes.
    #[serde(default)]
    pub weak: Vec<String>,
    /// Hosts that mean it.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Hosts of its test nets and demos.
    #[serde(default)]
    pub test_hosts: Vec<String>,
    /// The forms of its values.
    #[serde(default)]
    pub shapes: Vec<ShapeEntry>,
    /// Headers and query names that carry a part in the clear; `none` for look-alikes such as signatures.
    #[serde(default)]
    pub headers: BTreeMap<String, Says>,
    /// Names of its own for a part, beyond the general ones.
    #[serde(default)]
    pub names: BTreeMap<Says, Vec<String>>,
    /// Constructors and calls with the parts that they take by position.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// Whether a key and a secret of its shapes side by side are enough without any word.
    #[serde(default)]
    pub pair: bool,
    /// Whether it is closed.
    #[serde(default)]
    pub defunct: bool,
    /// The first 16 hexadecimal digits of SHA-256 of values that its documentation prints.
    #[serde(default)]
    pub published: Vec<Spanned<String>>,
    /// Texts that must and must not be found. They stand last in the file.
    pub examples: Option<Examples>,
}

/// One form of a value.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShapeEntry {
    /// The part that has it.
    pub part: SecretPart,
    /// The form: `bg_{hex 32}`.
    #[schemars(with = "String")]
    pub shape: Spanned<String>,
    /// Whether the form alone is evidence enough.
    #[serde(default)]
    pub alone: bool,
    /// A checksum that the value must pass.
    pub check: Option<Check>,
    /// Whether the form itself says that it is for a test net or paper money.
    #[serde(default)]
    pub test: bool,
    /// How bad, where not as its kind is.
    pub severity: Option<Severity>,
}

/// A property of a value that a random one does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Bitcoin's wallet import format: base 58 with a checksum, and the version byte of a private key.
    Wif,
    /// Base 58 with a checksum.
    Base58check,
    /// The last bits of a mnemonic are a checksum.
    Bip39,
    /// 64 bytes whose second half is the Ed25519 public key of the first.
    Solana,
    /// Bech32 with a checksum.
    Bech32,
    /// Base64 of 64 bytes whose second half is the Ed25519 public key of the first.
    Ed25519Base64,
    /// A number from 1 to the order of the curve.
    Secp256k1,
    /// Digits, a colon and 35 characters.
    Telegram,
}

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// The id of a key.
    Key,
    /// A shared secret.
    Secret,
    /// A passphrase.
    Passphrase,
    /// A private key.
    PrivateKey,
    /// A mnemonic.
    Mnemonic,
    /// A token.
    Token,
    /// No part of a credential.
    None,
}

impl Says {
    /// The part, if it is one.
    pub fn part(self) -> Option<SecretPart> {
        match self {
            Self::Key => Some(SecretPart::Key),
            Self::Secret => Some(SecretPart::Secret),
            Self::Passphrase => Some(SecretPart::Passphrase),
            Self::PrivateKey => Some(SecretPart::PrivateKey),
            Self::Mnemonic => Some(SecretPart::Mnemonic),
            Self::Token => Some(SecretPart::Token),
            Self::None => None,
        }
    }
}

/// A call with literal arguments.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its name as it stands in code.
    pub call: String,
    /// The parts in the order of its arguments; null for another argument.
    pub parts: Vec<Option<SecretPart>>,
}

/// Examples of a shape file: the proof.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Texts in which exactly the marked values are found.
    pub fires: Vec<Fires>,
    /// Texts in which nothing is found.
    pub passes: Vec<Passes>,
}

/// A text with marked values.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fires {
    /// What it shows.
    pub name: String,
    /// The name of the file that it stands in.
    pub path: String,
    /// The text, the values marked with « and ».
    pub text: String,
    /// The exchange or service that is named.
    pub exchange: String,
    /// The parts that the marked values are, in order.
    pub parts: Vec<SecretPart>,
}

/// A text without a finding.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passes {
    /// What it shows.
    pub name: String,
    /// The name of the file that it stands in.
    pub path: String,
    /// The text.
    pub text: String,
}

/// One exchange, wallet or service.
pub struct Venue {
    /// Its id: the name of its file.
    pub id: Arc<str>,
    /// Its name as people write it.
    pub title: String,
    /// What a credential of it opens.
    pub kind: Kind,
    /// The forms of its values.
    pub shapes: Vec<Formed>,
    /// Whether a pair of its shapes is enough.
    pub pair: bool,
    /// Whether it is closed.
    pub defunct: bool,
    hosts: Vec<(String, bool)>,
}

/// A form of a value, compiled.
pub struct Formed {
    /// The part that has it.
    pub part: SecretPart,
    /// The form.
    pub shape: Shape,
    /// Whether the form alone is evidence enough.
    pub alone: bool,
    /// The checksum.
    pub check: Option<Check>,
    /// Whether it says that it is for tests.
    pub test: bool,
    /// How bad, where not as its kind is.
    pub severity: Option<Severity>,
}

/// An exchange, wallet or service, by its place in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueId(pub u16);

/// All shape files, as tables.
#[derive(Default)]
pub struct Catalogue {
    venues: Vec<Venue>,
    words: Table<String, (VenueId, bool)>,
    headers: Table<String, (VenueId, Option<SecretPart>)>,
    names: Table<String, Vec<(VenueId, Option<SecretPart>)>>,
    calls: Table<String, Vec<(VenueId, Vec<Option<SecretPart>>)>>,
    by_length: Table<usize, Vec<(VenueId, u16)>>,
    /// By length, the shapes that are evidence by themselves and are no addresses.
    alone: Vec<Vec<Shape>>,
    hosts: Table<Vec<u8>, (VenueId, bool)>,
    published: HashSet<u64>,
}

/// Longest value for which shapes are looked up by length.
const LONGEST_SHAPE: usize = 1024;

impl Catalogue {
    /// The built-in one; read once.
    pub fn built_in() -> Arc<Self> {
        static BUILT: OnceLock<Arc<Catalogue>> = OnceLock::new();
        Arc::clone(BUILT.get_or_init(|| Arc::new(Self::with_built_in())))
    }
    /// A new one with the built-in files, to which others can be added.
    pub fn with_built_in() -> Self {
        let mut all = Self::default();
        // Reading takes most of the time, and each file is by itself.
        let files: Vec<Option<ShapeFile>> = EMBEDDED.par_iter().map(|(_, source)| read(TextId(0), without_examples(source)).ok()).collect();
        for ((id, _), file) in EMBEDDED.iter().zip(files) {
            // A test loads every file; one that is wrong says so there, and is left out here.
            if let Some(file) = file {
                all.put(id, file).ok();
            }
        }
        all
    }
    /// Every built-in file: id and source, examples and all.
    pub fn embedded() -> &'static [(&'static str, &'static str)] {
        EMBEDDED
    }
    /// Reads a shape file.
    ///
    /// # Errors
    /// The first thing in it that is wrong.
    pub fn add(&mut self, id: &str, text: TextId, source: &str) -> Result<(), Misfit> {
        self.put(id, read(text, source)?)
    }

    fn put(&mut self, id: &str, file: ShapeFile) -> Result<(), Misfit> {
        let wrong = |span, message: String, help: &str| Misfit { span, message, help: Some(help.to_owned()) };
        let at = VenueId(self.venues.len() as u16);
        let mut shapes = Vec::new();
        for entry in file.shapes {
            let shape = Shape::parse(&entry.shape.value)
                .map_err(|why| wrong(entry.shape.span, format!("this is no shape: {why}"), "such as \"bg_{hex 32}\""))?;
            if !shape.free {
                for length in shape.shortest..=shape.longest.min(LONGEST_SHAPE) {
                    self.by_length.entry(length).or_default().push((at, shapes.len() as u16));
                    if entry.alone && !entry.shape.value.contains("://") {
                        self.alone.resize_with(self.alone.len().max(length + 1), Vec::new);
                        if let Some(list) = self.alone.get_mut(length) {
                            list.push(shape.clone());
                        }
                    }
                }
            }
            shapes.push(Formed {
                part: entry.part,
                shape,
                alone: entry.alone,
                check: entry.check,
                test: entry.test,
                severity: entry.severity,
            });
        }
        for fingerprint in &file.published {
            let number = u64::from_str_radix(&fingerprint.value, 16).ok().filter(|_| fingerprint.value.len() == 16);
            let number =
                number.ok_or_else(|| wrong(fingerprint.span, "this is no fingerprint".into(), "16 hexadecimal digits of SHA-256"))?;
            self.published.insert(number);
        }
        let mut phrases: Vec<(String, bool)> = Vec::new();
        for (strong, words) in [(true, &file.words), (false, &file.weak)] {
            for word in words {
                // A name of several words is looked for as it is written, too.
                if strong && word.contains(' ') {
                    phrases.push((word.to_lowercase(), false));
                }
                let word = bare(word);
                // A word that means one exchange surely is not taken away by one that may mean another.
                if strong || !self.words.contains_key(&word) {
                    self.words.insert(word, (at, strong));
                }
            }
        }
        self.words.entry(bare(id)).or_insert((at, true));
        for (header, says) in &file.headers {
            let name = bare(header);
            // A header that is written as anybody's name says nothing of whose it is.
            if name.len() >= 8 && !COMMON_HEADERS.contains(&name.as_str()) {
                self.headers.insert(name, (at, says.part()));
            } else if says.part().is_some() {
                // It says so to whom the rest says that they are meant.
                let own = self.names.entry(name).or_default();
                if !own.contains(&(at, says.part())) {
                    own.push((at, says.part()));
                }
            }
        }
        for (says, names) in &file.names {
            for name in names {
                // The same name in two styles is one.
                let own = self.names.entry(bare(name)).or_default();
                if !own.contains(&(at, says.part())) {
                    own.push((at, says.part()));
                }
            }
        }
        for call in file.calls {
            self.calls.entry(call.call.rsplit(['.', ':']).next().unwrap_or("").to_owned()).or_default().push((at, call.parts));
        }
        for (host, test) in file.hosts.iter().map(|h| (h, false)).chain(file.test_hosts.iter().map(|h| (h, true))) {
            self.hosts.insert(host.to_ascii_lowercase().into_bytes(), (at, test));
        }
        let hosts = file.hosts.iter().map(|h| (h, false)).chain(file.test_hosts.iter().map(|h| (h, true)));
        self.venues.push(Venue {
            id: id.into(),
            title: file.title,
            kind: file.kind,
            shapes,
            pair: file.pair,
            defunct: file.defunct,
            hosts: hosts.map(|(h, test)| (h.to_ascii_lowercase(), test)).chain(phrases).collect(),
        });
        Ok(())
    }
    /// One exchange or service.
    pub fn venue(&self, id: VenueId) -> Option<&Venue> {
        self.venues.get(id.0 as usize)
    }
    /// One, by its id.
    pub fn find(&self, id: &str) -> Option<VenueId> {
        self.venues.iter().position(|v| &*v.id == id).map(|i| VenueId(i as u16))
    }
    /// All of them.
    pub fn venues(&self) -> impl Iterator<Item = &Venue> {
        self.venues.iter()
    }
    /// Whom a word means, and whether it means it by itself.
    pub fn word(&self, word: &str) -> Option<(VenueId, bool)> {
        self.words.get(word).copied()
    }
    /// What a header says.
    pub fn header(&self, name: &str) -> Option<(VenueId, Option<SecretPart>)> {
        self.headers.get(name).copied()
    }
    /// What a name says at those who have it as one of their own.
    pub fn own_name(&self, name: &str) -> &[(VenueId, Option<SecretPart>)] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }
    /// The calls of a name.
    pub fn calls(&self, name: &str) -> &[(VenueId, Vec<Option<SecretPart>>)] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }
    /// Whose host an address has: itself or one below it.
    pub fn host(&self, host: &[u8]) -> Option<(VenueId, bool)> {
        let mut rest = host;
        for _ in 0..8 {
            if let Some(hit) = self.hosts.get(rest) {
                return Some(*hit);
            }
            let dot = rest.iter().position(|b| *b == b'.')?;
            rest = rest.get(dot + 1..)?;
        }
        None
    }
    /// Whether a value has a form that is evidence by itself.
    pub fn has_alone(&self, value: &[u8]) -> bool {
        self.alone.get(value.len()).is_some_and(|shapes| shapes.iter().any(|s| s.fits(value)))
    }
    /// The only one who has a call of this name, if only one has it.
    pub fn sole_caller(&self, name: &str) -> Option<VenueId> {
        let calls = self.calls(name);
        let (first, _) = calls.first()?;
        calls.iter().all(|(v, _)| v == first).then_some(*first)
    }
    /// The shapes that a value could have by its length, of all exchanges.
    pub fn of_length(&self, length: usize) -> impl Iterator<Item = (VenueId, &Formed)> {
        let list = self.by_length.get(&length).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|(v, s)| Some((*v, self.venue(*v)?.shapes.get(*s as usize)?)))
    }
    /// Whether a value is one that documentation prints.
    pub fn is_published(&self, value: &[u8]) -> bool {
        self.published.contains(&published(value))
    }
    /// Hosts with whom they mean and whether they are for tests.
    pub fn hosts(&self) -> impl Iterator<Item = (VenueId, &str, bool)> {
        self.venues.iter().enumerate().flat_map(|(i, v)| v.hosts.iter().map(move |(h, test)| (VenueId(i as u16), h.as_str(), *test)))
    }
    /// Words that mean someone by themselves.
    pub fn strong_words(&self) -> impl Iterator<Item = (&str, VenueId)> {
        self.words.iter().filter(|(_, (_, strong))| *strong).map(|(w, (v, _))| (w.as_str(), *v))
    }
}

fn without_examples(source: &str) -> &str {
    source.find("\nexamples:").and_then(|i| source.get(..=i)).unwrap_or(source)
}

/// A shape file as a type.
///
/// # Errors
/// The first thing in it that is wrong.
pub fn read(text: TextId, source: &str) -> Result<ShapeFile, Misfit> {
    let node = document::parse(text, source, 0..source.len()).map_err(|b| Misfit {
        span: b.span,
        message: format!("the shape file cannot be read: {}", b.what),
        help: None,
    })?;
    document::from_node::<ShapeFile>(&node)
}
