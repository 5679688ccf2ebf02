//! One record of an answer, field by field: each is taken by name, with its place, and what does not fit is told.
//!
//! A reader takes what it knows. A field that is missing, null, given twice or of the wrong type is unknown, and the
//! last two are problems. What no reader took as public stays hidden in every report.

use super::Harvest;
use super::mask::{could_be_secret, inner};
use crate::document::{Entry, Kind, Node};
use crate::model::ip::{EntryForm, IpEntry};
use crate::model::time::Time;
use crate::model::{
    Account, Address, AddressStatus, Exchange, Expiry, Fact, IpWhitelist, Key, KeyId, LastUse, Market, Origin, SecretPart, Stated,
};
use crate::problem::Problem;
use crate::text::{Span, quotable};

/// Names of fields that hold a secret wherever they appear, compared without case, `_` and `-`.
const SECRET_NAMES: &[(&str, SecretPart)] = &[
    ("secret", SecretPart::Secret),
    ("secretkey", SecretPart::Secret),
    ("apisecret", SecretPart::Secret),
    ("apisecretkey", SecretPart::Secret),
    ("clientsecret", SecretPart::Secret),
    ("privatekey", SecretPart::PrivateKey),
    ("passphrase", SecretPart::Passphrase),
];

/// The field of this name with the given part of a secret, if the name says so.
pub fn secret_part(name: &str) -> Option<SecretPart> {
    if name.len() > 24 {
        return None;
    }
    let name: String = name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.iter().find(|(n, _)| *n == name).map(|(_, p)| *p)
}

/// One object of an answer, being read.
pub struct Record<'r, 'n> {
    node: &'n Node<'n>,
    entries: &'n [Entry<'n>],
    taken: Vec<bool>,
    payload: &'static str,
    exchange: Exchange,
    harvest: &'r mut Harvest,
}

impl<'r, 'n> Record<'r, 'n> {
    /// Begins to read `node`; nothing where it is no object, which is told.
    pub(super) fn open(node: &'n Node<'n>, exchange: Exchange, payload: &'static str, harvest: &'r mut Harvest) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            let message = format!("expected an object here, found {}", node.kind_name());
            harvest.problems.push(Problem::incomplete("wrong-type", node.span, message));
            return None;
        };
        Some(Self { node, entries, taken: vec![false; entries.len()], payload, exchange, harvest })
    }
    /// The place of the whole object.
    pub fn span(&self) -> Span {
        self.node.span
    }
    /// A key with nothing known yet but where it was read.
    pub fn new_key(&self) -> Key {
        let mut key = Key::new(self.exchange);
        key.payloads.push((self.payload, self.node.span));
        key
    }
    /// An account with nothing known yet but where it was read.
    pub fn new_account(&self) -> Account {
        let mut account = Account::new(self.exchange);
        account.payloads.push((self.payload, self.node.span));
        account
    }
    /// An address with nothing known yet but where it was read.
    pub fn new_address(&self) -> Address {
        Address::new(self.exchange, self.payload, self.node.span)
    }
    /// Adds a key to what was read.
    pub fn push_key(&mut self, mut key: Key) {
        self.sweep_secrets(&mut key);
        doubt(&mut key);
        self.harvest.keys.push(key);
    }
    /// Adds a key whose field of this part is named like a secret and holds none, the fingerprint of a public key: it stays
    /// hidden, and is not counted as carried.
    pub fn push_key_without(&mut self, mut key: Key, part: SecretPart) {
        self.sweep_secrets(&mut key);
        key.carries.retain(|(p, _)| *p != part);
        doubt(&mut key);
        self.harvest.keys.push(key);
    }
    /// Adds an account to what was read.
    pub fn push_account(&mut self, account: Account) {
        self.harvest.accounts.push(account);
    }
    /// Adds an address to what was read.
    pub fn push_address(&mut self, address: Address) {
        self.harvest.addresses.push(address);
    }
    /// Tells that something was not understood.
    pub fn problem(&mut self, problem: Problem) {
        self.harvest.problems.push(problem);
    }

    /// The value of a field, taken. Nothing where it is missing, null or given twice.
    pub fn take(&mut self, name: &str) -> Option<&'n Node<'n>> {
        let mut found = None;
        for (entry, taken) in self.entries.iter().zip(&mut self.taken) {
            if entry.key.scalar() == Some(name) {
                *taken = true;
                if found.is_some() {
                    return None;
                }
                found = Some(&entry.value);
            }
        }
        found.filter(|n| !n.is_null())
    }
    /// Whether the field is there at all, null or not.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|e| e.key.scalar() == Some(name))
    }
    /// Whether the field is there, and `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.entries.iter().any(|e| e.key.scalar() == Some(name) && e.value.is_null())
    }
    /// Whether a field says nothing: it is not there, or it is there once and `null`.
    pub fn absent(&self, name: &str) -> bool {
        let mut given = self.entries.iter().filter(|e| e.key.scalar() == Some(name));
        given.next().is_none_or(|e| e.value.is_null()) && given.next().is_none()
    }
    /// The fields that nobody has taken so far, by name.
    pub fn left_over(&self) -> impl Iterator<Item = (&'n str, &'n Node<'n>)> + use<'n> {
        let rest = self.entries.iter().zip(&self.taken).filter(|(_, t)| !**t);
        let rest: Vec<(&'n str, &'n Node<'n>)> = rest.filter_map(|(e, _)| Some((e.key.scalar()?, &e.value))).collect();
        rest.into_iter()
    }
    fn wrong(&mut self, name: &str, node: &Node<'_>, expected: &str) {
        let message = format!("{} should be {expected}, and is {}: read as unknown", quotable(name), node.kind_name());
        self.harvest.problems.push(Problem::incomplete("wrong-type", node.span, message));
    }
    /// Tells that a string may be shown.
    pub fn public(&mut self, node: &Node<'_>) {
        self.harvest.public.push(node.span.start);
    }

    /// A boolean.
    pub fn flag(&mut self, name: &str) -> Stated<bool> {
        let node = self.take(name)?;
        let found = node.as_bool();
        if found.is_none() {
            self.wrong(name, node, "true or false");
        }
        found.map(|v| Fact::exported(v, node.span))
    }
    /// A boolean that this exchange also sends as text, `"true"` or `"false"`.
    pub fn flag_or_text(&mut self, name: &str) -> Stated<bool> {
        let node = self.take(name)?;
        let found = node.as_bool().or_else(|| match node.scalar()?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        });
        match found {
            Some(_) => self.public(node),
            None => self.wrong(name, node, "true or false"),
        }
        found.map(|v| Fact::exported(v, node.span))
    }
    /// A boolean that this exchange also sends as 0 or 1.
    pub fn flag_or_int(&mut self, name: &str) -> Stated<bool> {
        let node = self.take(name)?;
        let found = node.as_bool().or_else(|| match node.scalar()? {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        });
        match found {
            Some(_) => self.public(node),
            None => self.wrong(name, node, "0 or 1"),
        }
        found.map(|v| Fact::exported(v, node.span))
    }
    /// Text that may be shown, a number read as its digits. The empty text is nothing.
    pub fn text(&mut self, name: &str) -> Stated<String> {
        self.text_or_empty(name).filter(|f| !f.value.is_empty())
    }
    /// Text that may be shown, the empty text too.
    pub fn text_or_empty(&mut self, name: &str) -> Stated<String> {
        let node = self.take(name)?;
        match node.scalar().filter(|_| node.as_bool().is_none()) {
            Some(text) => {
                self.public(node);
                Some(Fact::exported(text.to_owned(), node.span))
            }
            None => {
                self.wrong(name, node, "text");
                None
            }
        }
    }
    /// The id of a key: reports show its ends only.
    pub fn key_id(&mut self, name: &str) -> Stated<KeyId> {
        let id = self.text(name)?;
        if let Some(span) = id.span() {
            self.harvest.ids.push(span);
        }
        Some(id.map(KeyId))
    }
    /// A whole number, or text that is one.
    pub fn int(&mut self, name: &str) -> Stated<i64> {
        let node = self.take(name)?;
        let found = node.scalar().and_then(|t| t.parse::<i64>().ok());
        match found {
            Some(_) => self.public(node),
            None => self.wrong(name, node, "a whole number"),
        }
        found.map(|v| Fact::exported(v, node.span))
    }
    fn time(&mut self, name: &str, expected: &str, read: impl Fn(&str) -> Option<Time>) -> Stated<Time> {
        let node = self.take(name)?;
        let found = node.scalar().and_then(read);
        match found {
            Some(_) => self.public(node),
            None => self.wrong(name, node, expected),
        }
        found.map(|v| Fact::exported(v, node.span))
    }
    /// A time in milliseconds since 1970, as a number or as text.
    pub fn millis(&mut self, name: &str) -> Stated<Time> {
        self.time(name, "a time in milliseconds", |t| Time::from_epoch_millis(t.parse().ok()?))
    }
    /// A time in seconds since 1970, as a number or as text.
    pub fn seconds(&mut self, name: &str) -> Stated<Time> {
        self.time(name, "a time in seconds", |t| Time::from_epoch_seconds(t.parse().ok()?))
    }
    /// A time as RFC 3339 writes it.
    pub fn iso(&mut self, name: &str) -> Stated<Time> {
        self.time(name, "a time such as 2026-01-01T00:00:00Z", |t| Time::parse(t).ok())
    }
    /// An expiry in seconds, where 0 means never.
    pub fn expiry_seconds(&mut self, name: &str) -> Stated<Expiry> {
        let node = self.take(name)?;
        if node.scalar() == Some("0") {
            self.public(node);
            return Some(Fact::exported(Expiry::Never, node.span));
        }
        self.seconds(name).map(|f| f.map(Expiry::At))
    }
    /// An expiry in milliseconds, where 0 means never.
    pub fn expiry_millis(&mut self, name: &str) -> Stated<Expiry> {
        let node = self.take(name)?;
        if node.scalar() == Some("0") {
            self.public(node);
            return Some(Fact::exported(Expiry::Never, node.span));
        }
        self.millis(name).map(|f| f.map(Expiry::At))
    }
    /// A time of last use in seconds; `null` or 0 means never.
    pub fn last_use_seconds(&mut self, name: &str) -> Stated<LastUse> {
        let entry = self.entries.iter().find(|e| e.key.scalar() == Some(name))?;
        let span = entry.value.span;
        match self.take(name) {
            Some(node) if node.scalar() == Some("0") => {
                self.public(node);
                Some(Fact::exported(LastUse::Never, span))
            }
            Some(_) => self.seconds(name).map(|f| f.map(LastUse::At)),
            // Given twice is unknown; null alone is never.
            None => entry.value.is_null().then(|| Fact::exported(LastUse::Never, span)),
        }
    }
    /// Words: a list of texts, or one text separated by any of `separators`. Each has its own place.
    pub fn words(&mut self, name: &str, separators: &[char]) -> Option<Vec<Fact<String>>> {
        self.words_at(name, separators).map(|f| f.value)
    }
    /// Words, with the place of the whole.
    pub fn words_at(&mut self, name: &str, separators: &[char]) -> Stated<Vec<Fact<String>>> {
        let node = self.take(name)?;
        let mut words = Vec::new();
        match &node.kind {
            Kind::Sequence(items) => {
                for item in items {
                    if let Some(text) = item.scalar().filter(|_| !item.is_null() && item.as_bool().is_none()) {
                        self.public(item);
                        words.push(Fact::exported(text.to_owned(), item.span));
                    } else {
                        self.wrong(name, item, "a list of texts");
                        return None;
                    }
                }
            }
            Kind::Scalar { text, .. } if node.as_bool().is_none() => {
                self.public(node);
                words = split(node, text, separators);
            }
            _ => {
                self.wrong(name, node, "a list of texts");
                return None;
            }
        }
        Some(Fact::exported(words, node.span))
    }
    /// An IP whitelist as a list or a separated text; an empty one is `open` (or unknown, where `open` is nothing).
    /// A list with one empty text in it is empty too.
    pub fn ip_list(&mut self, name: &str, open: Option<IpWhitelist>) -> Stated<IpWhitelist> {
        let words = self.words_at(name, &[','])?;
        let from = words.from;
        let entries: Vec<_> = words.value.into_iter().filter(|w| !w.value.trim().is_empty()).collect();
        if entries.is_empty() {
            return open.map(|value| Fact { value, from });
        }
        Some(whitelist(entries, from))
    }
    /// An object inside this one.
    pub fn child(&mut self, name: &str) -> Option<Record<'_, 'n>> {
        let node = self.take(name)?;
        Record::open(node, self.exchange, self.payload, self.harvest)
    }
    /// The objects of a list inside this one.
    pub fn children(&mut self, name: &str) -> Option<&'n [Node<'n>]> {
        let node = self.take(name)?;
        match &node.kind {
            Kind::Sequence(items) => Some(items),
            _ => {
                self.wrong(name, node, "a list");
                None
            }
        }
    }
    /// Reads one node of a list as a record of its own.
    pub fn open_node<'a>(&'a mut self, node: &'n Node<'n>) -> Option<Record<'a, 'n>> {
        Record::open(node, self.exchange, self.payload, self.harvest)
    }
    /// Marks fields as known and of no interest here; their texts stay hidden.
    pub fn skip(&mut self, names: &[&str]) {
        for (entry, taken) in self.entries.iter().zip(&mut self.taken) {
            if entry.key.scalar().is_some_and(|n| names.contains(&n)) {
                *taken = true;
            }
        }
    }
    /// Every field whose name says that it holds a secret: hidden, and noted on the key unless it is empty or all stars.
    fn sweep_secrets(&mut self, key: &mut Key) {
        for entry in self.entries {
            let Some(part) = entry.key.scalar().and_then(secret_part) else { continue };
            if could_be_secret(&entry.value) {
                self.harvest.hidden.push(inner(&entry.value));
                key.carries.push((part, entry.value.span));
            }
        }
    }
    /// The status of an address that is usable when `name` is true.
    pub fn usable_if(&mut self, flag: &Stated<bool>) -> Stated<AddressStatus> {
        flag.clone().map(|f| f.map(|yes| if yes { AddressStatus::Usable } else { AddressStatus::Unconfirmed }))
    }
}

/// Takes back every "no" that rests on a list in which a word stands that no reader knows: the word may be that right, or
/// one that includes it.
fn doubt(key: &mut Key) {
    if key.unknown.is_empty() {
        return;
    }
    let unknown: Vec<Span> = key.unknown.iter().filter_map(Fact::span).collect();
    let open = |right: &Stated<bool>| {
        let list = right.as_ref().filter(|f| !f.value).and_then(Fact::span);
        list.is_some_and(|list| unknown.iter().any(|word| list.contains(*word)))
    };
    let p = &mut key.permissions;
    let rights = [
        &mut p.read,
        &mut p.trade,
        &mut p.transfer,
        &mut p.withdraw,
        &mut p.administer_keys,
        &mut p.administer_sub_accounts,
        &mut p.administer_addresses,
    ];
    for right in rights {
        if open(right) {
            *right = None;
        }
    }
}

/// The whitelist of these entries, which stand at `from`. A single entry that means every address (`*`, `0.0.0.0/0`)
/// is no restriction, and that entry is the place that says so.
pub fn whitelist(entries: Vec<Fact<String>>, from: Origin) -> Fact<IpWhitelist> {
    let entries: Vec<_> = entries.into_iter().map(|w| w.map(|t| IpEntry::parse(&t))).collect();
    match entries.as_slice() {
        [one] if matches!(one.value.form(), EntryForm::Everything) => Fact { value: IpWhitelist::Unrestricted, from: one.from },
        _ => Fact { value: IpWhitelist::Listed(entries), from },
    }
}

/// Whether a list that names all that is granted has one of `names`: yes at that word, no at the list.
pub fn granted(list: &Stated<Vec<Fact<String>>>, names: &[&str]) -> Stated<bool> {
    let list = list.as_ref()?;
    let word = list.value.iter().find(|w| names.contains(&w.value.as_str()));
    Some(word.map_or(Fact { value: false, from: list.from }, |w| Fact { value: true, from: w.from }))
}

/// The markets that a list that names all that is granted opens, each once, at the word that opens it.
pub fn granted_markets(list: &Stated<Vec<Fact<String>>>, names: &[(&str, Market)]) -> Stated<Vec<Fact<Market>>> {
    let list = list.as_ref()?;
    let mut markets: Vec<Fact<Market>> = Vec::new();
    for word in &list.value {
        for (_, market) in names.iter().filter(|(name, _)| *name == word.value) {
            if !markets.iter().any(|m| m.value == *market) {
                markets.push(Fact { value: *market, from: word.from });
            }
        }
    }
    Some(Fact { value: markets, from: list.from })
}

/// Keeps the exchange's own names on the key, and those that are not among `known` as unknown too. Without `known`,
/// every name is.
pub fn keep_names(key: &mut Key, list: &Stated<Vec<Fact<String>>>, known: Option<&[&str]>) {
    let words = list.as_ref().map_or(&[][..], |l| l.value.as_slice());
    key.native.extend(words.iter().cloned());
    if let Some(known) = known {
        key.unknown.extend(words.iter().filter(|w| !known.contains(&w.value.as_str())).cloned());
    }
}

/// The parts of a separated text, each with its own place where the text is written without escapes.
fn split(node: &Node<'_>, text: &str, separators: &[char]) -> Vec<Fact<String>> {
    let whole = node.span;
    // Quoted without escapes: the source is the text and two quotes.
    let quotes = (whole.len() as usize).checked_sub(text.len()).filter(|q| matches!(q, 0 | 2));
    let mut words = Vec::new();
    let mut at = 0usize;
    for part in text.split(separators) {
        let trimmed = part.trim();
        if !trimmed.is_empty() {
            let from = at + (part.len() - part.trim_start().len());
            let span = match quotes {
                Some(q) => {
                    let start = whole.start + (q as u32) / 2 + from as u32;
                    Span::new(whole.text, start, start + trimmed.len() as u32)
                }
                None => whole,
            };
            words.push(Fact::exported(trimmed.to_owned(), span));
        }
        at += part.len() + 1;
    }
    words
}
