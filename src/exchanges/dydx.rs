//! dYdX v4: the authenticators of an account ("permissioned keys"), which stand on the chain for everybody to read. IP
//! whitelists, names, dates and expiry do not exist. Silent on the account (it stands in the request) and on reading, which
//! needs no key.
//!
//! An authenticator is a tree: a signature of a key, filters of messages, of sub-accounts and of markets, and all or any of
//! several. Only a filter of messages keeps a key from withdrawing, and only where no branch leads around it. Filters of
//! sub-accounts and markets look at orders, and let other messages pass. Markets have numbers here, so they are not read as
//! a list of pairs.
//!
//! Sources: dydxprotocol/v4-chain@84d4664 (proto/dydxprotocol/accountplus, x/accountplus/authenticator);
//! docs.dydx.xyz/concepts/trading/authenticators.

use super::record::Record;
use super::{By, Harvest, Payload, Reader};
use crate::document::{self, Node};
use crate::model::{Exchange, Fact, Key, Origin, Signature, Stated, TransferReach};
use crate::problem::Problem;
use crate::text::TextId;

const ALL: &str = "GET /dydxprotocol/accountplus/authenticators/{account}";
const ONE: &str = "GET /dydxprotocol/accountplus/authenticator/{account}/{id}";

const fn payload(endpoint: &'static str, at: &'static [&'static str], read: fn(&Node<'_>, &mut Harvest)) -> Payload {
    Payload { endpoint, at, around: &[], by: By::Shape { fits: are_authenticators, read }, made_at: None, page: None }
}

/// The words of these answers.
pub const WORDS: &[&[&str]] = &[&["account_authenticators"], &["account_authenticator"]];

pub const READER: Reader = Reader {
    exchange: Exchange::Dydx,
    profile: include_str!("dydx.yaml"),
    payloads: &[
        payload(ALL, &["account_authenticators"], |rows, harvest| authenticators(rows, ALL, harvest)),
        payload(ONE, &["account_authenticator"], |rows, harvest| authenticators(rows, ONE, harvest)),
    ],
    error: |_| None,
};

/// The name around them is nobody else's, so that an empty list is one too.
fn are_authenticators(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let is_one = |row: &Node<'_>| {
        let entries = row.as_mapping().unwrap_or_default();
        entries.iter().filter(|e| matches!(e.key.scalar(), Some("id" | "type" | "config"))).count() >= 2
    };
    rows.as_sequence().map_or_else(|| is_one(rows), |rows| rows.iter().all(is_one))
}

/// What an authenticator demands.
enum Tree {
    /// A signature, which is enough for every message.
    Signature,
    /// One of these messages.
    Messages(Vec<String>),
    /// Orders of some sub-accounts or markets; every other message.
    SomeOrders,
    All(Vec<Tree>),
    Any(Vec<Tree>),
    /// Something that cannot be read.
    Unreadable,
}

/// Deeper than this nothing is read: each level is base64 in base64.
const DEPTH: usize = 8;

impl Tree {
    fn read(kind: &str, config: Option<&str>, depth: usize) -> Self {
        let text = || String::from_utf8(data_encoding::BASE64.decode(config?.as_bytes()).ok()?).ok();
        match kind {
            "SignatureVerification" => Self::Signature,
            "SubaccountFilter" | "ClobPairIdFilter" => Self::SomeOrders,
            "MessageFilter" => {
                let Some(text) = text() else { return Self::Unreadable };
                let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).collect();
                if names.iter().all(|n| is_message(n)) { Self::Messages(names) } else { Self::Unreadable }
            }
            "AllOf" | "AnyOf" if depth < DEPTH => {
                let Some(branches) = text().and_then(|t| Self::branches(&t, depth + 1)) else { return Self::Unreadable };
                if kind == "AllOf" { Self::All(branches) } else { Self::Any(branches) }
            }
            _ => Self::Unreadable,
        }
    }
    fn branches(text: &str, depth: usize) -> Option<Vec<Self>> {
        let list = document::parse(TextId(0), text, 0..text.len()).ok()?;
        let rows = list.as_sequence().filter(|rows| !rows.is_empty())?;
        // Both spellings are sent by clients.
        let field = |row: &Node<'_>, names: [&str; 2]| names.iter().find_map(|n| Some(row.get(n)?.as_text()?.to_owned()));
        let branch = |row: &Node<'_>| {
            let kind = field(row, ["type", "Type"]).unwrap_or_default();
            Self::read(&kind, field(row, ["config", "Config"]).as_deref(), depth)
        };
        Some(rows.iter().map(branch).collect())
    }
    /// Whether it lets a message pass, where that can be told.
    fn allows(&self, message: &str) -> Option<bool> {
        match self {
            Self::Signature | Self::SomeOrders => Some(true),
            Self::Messages(names) => Some(names.iter().any(|n| n == message)),
            Self::All(of) => first_of(of.iter().map(|t| t.allows(message)), false),
            Self::Any(of) => first_of(of.iter().map(|t| t.allows(message)), true),
            Self::Unreadable => None,
        }
    }
    /// The messages that its filters name, and whether all of it can be read.
    fn names<'t>(&'t self, into: &mut Vec<&'t str>) -> bool {
        match self {
            Self::Messages(names) => into.extend(names.iter().map(String::as_str)),
            Self::All(of) | Self::Any(of) => return of.iter().filter(|t| !t.names(into)).count() == 0,
            Self::Signature | Self::SomeOrders => {}
            Self::Unreadable => return false,
        }
        true
    }
}

/// `decisive` where one of them is, its contrary where all are known to be, else nothing.
fn first_of(answers: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut all = true;
    for answer in answers {
        match answer {
            Some(it) if it == decisive => return Some(decisive),
            Some(_) => {}
            None => all = false,
        }
    }
    all.then_some(!decisive)
}

/// Whether a text is the name of a message: `/dydxprotocol.clob.MsgPlaceOrder`.
fn is_message(name: &str) -> bool {
    name.len() <= 96 && name.starts_with('/') && name.bytes().skip(1).all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
}

const TRADE: &[&str] = &["/dydxprotocol.clob.MsgPlaceOrder"];
const CANCEL: &[&str] = &["/dydxprotocol.clob.MsgCancelOrder", "/dydxprotocol.clob.MsgBatchCancel"];
const TRANSFER: &[&str] = &["/dydxprotocol.sending.MsgCreateTransfer", "/dydxprotocol.sending.MsgDepositToSubaccount"];
const WITHDRAW: &[&str] = &[
    "/dydxprotocol.sending.MsgWithdrawFromSubaccount",
    "/cosmos.bank.v1beta1.MsgSend",
    "/cosmos.bank.v1beta1.MsgMultiSend",
    "/ibc.applications.transfer.v1.MsgTransfer",
];
const KEYS: &[&str] = &["/dydxprotocol.accountplus.MsgAddAuthenticator", "/dydxprotocol.accountplus.MsgRemoveAuthenticator"];

fn rights(key: &mut Key, tree: &Tree, from: Origin) {
    let any = |messages: &[&str]| -> Stated<bool> {
        let value = first_of(messages.iter().map(|m| tree.allows(m)), true)?;
        Some(Fact { value, from })
    };
    key.permissions.trade = any(TRADE);
    key.permissions.transfer = any(TRANSFER);
    if key.permissions.transfer.as_ref().is_some_and(|f| f.value) {
        key.transfer_reach = Some(Fact { value: TransferReach::BetweenAccounts, from });
    }
    // A transfer may go to anybody's sub-account: with it, "cannot withdraw" is not said.
    let moves = key.permissions.transfer.as_ref().is_none_or(|f| f.value);
    key.permissions.withdraw = any(WITHDRAW).filter(|f| f.value || !moves);
    key.permissions.administer_keys = any(KEYS);
    let mut names = Vec::new();
    tree.names(&mut names);
    names.retain(|name| tree.allows(name) != Some(false));
    names.dedup();
    for name in names {
        let fact = Fact { value: name.to_owned(), from };
        if ![TRADE, CANCEL, TRANSFER, WITHDRAW, KEYS].iter().any(|known| known.contains(&name)) {
            key.unknown.push(fact.clone());
        }
        key.native.push(fact);
    }
}

fn authenticators(rows: &Node<'_>, endpoint: &'static str, harvest: &mut Harvest) {
    for row in rows.as_sequence().unwrap_or(std::slice::from_ref(rows)) {
        let Some(mut record) = Record::open(row, Exchange::Dydx, endpoint, harvest) else { continue };
        let mut key = record.new_key();
        key.id = record.key_id("id");
        key.signature = Some(Fact::fixed(Signature::Asymmetric));
        let kind = record.text("type");
        let config = record.take("config");
        if let Some(kind) = kind {
            key.native.push(kind.clone());
            let tree = Tree::read(&kind.value, config.and_then(Node::scalar), 0);
            // What it demands stands in its configuration; where a signature is enough, its kind says so.
            let place = config.filter(|_| !matches!(tree, Tree::Signature | Tree::SomeOrders));
            rights(&mut key, &tree, place.map_or(kind.from, |node| Origin::Export(node.span)));
            if !tree.names(&mut Vec::new()) {
                let place = config.map_or(record.span(), |node| node.span);
                let message = "this authenticator cannot be read to its end: some of what it allows is unknown";
                record.problem(Problem::incomplete("unknown-value", place, message));
            }
        }
        record.push_key(key);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    fn leaf(kind: &str, config: &str) -> String {
        format!(r#"{{"type":"{kind}","config":"{}"}}"#, data_encoding::BASE64.encode(config.as_bytes()))
    }
    fn tree(kind: &str, branches: &[String]) -> String {
        leaf(kind, &format!("[{}]", branches.join(",")))
    }
    fn key_of(authenticator: &str) -> Key {
        let text = format!(r#"{{"account_authenticators": [{}]}}"#, authenticator.replacen('{', "{\"id\":\"7\",", 1));
        sample::harvest(READER.exchange, &text).keys.remove(0)
    }
    /// Trade, transfer, withdraw, administer keys.
    fn rights(authenticator: &str) -> [Option<bool>; 4] {
        let p = key_of(authenticator).permissions;
        [&p.trade, &p.transfer, &p.withdraw, &p.administer_keys].map(|r| value(r).copied())
    }
    fn key() -> String {
        leaf("SignatureVerification", "\u{2}public")
    }
    fn only(messages: &[&str]) -> String {
        leaf("MessageFilter", &messages.join(","))
    }

    #[test]
    fn all_of_narrows_and_any_of_widens() {
        let orders = only(&[TRADE[0], CANCEL[0]]);
        let trades = [Some(true), Some(false), Some(false), Some(false)];
        assert_eq!(rights(&key()), [Some(true); 4]);
        assert_eq!(rights(&tree("AllOf", &[key(), orders.clone()])), trades);
        assert_eq!(rights(&tree("AnyOf", &[key(), orders.clone()])), [Some(true); 4]);
        // The filters of sub-accounts and of markets let other messages pass.
        assert_eq!(rights(&tree("AllOf", &[key(), leaf("SubaccountFilter", "0"), leaf("ClobPairIdFilter", "0,1")])), [Some(true); 4]);
        // A choice of messages, within a signature.
        let choice = tree("AnyOf", &[orders.clone(), only(&[CANCEL[1]])]);
        assert_eq!(rights(&tree("AllOf", &[key(), choice])), trades);
        // A branch that leads around the filter.
        assert_eq!(rights(&tree("AllOf", &[key(), tree("AnyOf", &[orders, key()])])), [Some(true); 4]);
        assert_eq!(rights(&tree("AllOf", &[key(), only(&[CANCEL[0]])])), [Some(false); 4]);
        assert_eq!(rights(&tree("AllOf", &[key(), only(&[WITHDRAW[1]])])), [Some(false), Some(false), Some(true), Some(false)]);
    }

    #[test]
    fn a_transfer_may_go_to_anybody() {
        let key = key_of(&tree("AllOf", &[key(), only(&[TRADE[0], TRANSFER[0]])]));
        assert_eq!(sample::rights(&key), [None, Some(true), Some(true), None]);
        assert_eq!(value(&key.transfer_reach), Some(&TransferReach::BetweenAccounts));
    }

    #[test]
    fn what_cannot_be_read_decides_nothing_but_what_the_rest_decides() {
        let strange = leaf("TimeFilter", "x");
        assert_eq!(rights(&strange), [None; 4]);
        assert_eq!(rights(&tree("AllOf", &[key(), strange.clone()])), [None; 4]);
        assert_eq!(rights(&tree("AllOf", &[only(&[TRADE[0]]), strange.clone()])), [None, Some(false), Some(false), Some(false)]);
        assert_eq!(rights(&tree("AnyOf", &[only(&[TRADE[0]]), strange])), [Some(true), None, None, None]);
        assert_eq!(rights(&leaf("AllOf", "[]")), [None; 4]);
        assert_eq!(rights(r#"{"type":"AllOf","config":"<base64>"}"#), [None; 4]);
        let mut deep = key();
        for _ in 0..=DEPTH {
            deep = tree("AllOf", &[deep]);
        }
        assert_eq!(rights(&deep), [None; 4]);
    }

    #[test]
    fn a_message_that_nobody_knows_leaves_open_what_the_filter_denies() {
        let key = key_of(&tree("AllOf", &[key(), only(&[TRADE[0], "/cosmos.authz.v1beta1.MsgExec"])]));
        assert_eq!(key.unknown.len(), 1);
        assert_eq!(sample::rights(&key), [None, Some(true), None, None]);
    }

    #[test]
    fn both_spellings_and_no_authenticators_at_all() {
        let inner =
            format!("[{}]", [key(), only(&[TRADE[0]])].join(",").replace("\"type\"", "\"Type\"").replace("\"config\"", "\"Config\""));
        assert_eq!(rights(&leaf("AllOf", &inner)), [Some(true), Some(false), Some(false), Some(false)]);
        assert!(sample::harvest(READER.exchange, r#"{"account_authenticators": []}"#).keys.is_empty());
    }
}
