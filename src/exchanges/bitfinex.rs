//! Bitfinex: what the calling key may do, the account that it belongs to, and the history of logins, which is recognised and
//! says nothing of keys. Silent on the key's id, name, dates and IP whitelist, and on other keys.
//!
//! Answers are lists without names. A right is a row: a scope, and 0 or 1 for reading and for writing. `wallets` is to
//! transfer, `withdraw` to withdraw. E-mail addresses and names of users are persons' and are not taken.
//!
//! Sources: docs.bitfinex.com (key-permissions, rest-auth-info-user); JKorf/Bitfinex.Net a39bbf9.

use std::net::IpAddr;

use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::time::Time;
use crate::model::{Account, AccountKind, Exchange, Fact, Key, Stated};
use crate::text::Span;

const PERMISSIONS: &str = "POST /v2/auth/r/permissions";
const USER: &str = "POST /v2/auth/r/info/user";
const LOGINS: &str = "POST /v2/auth/r/logins/hist";

pub const READER: Reader = Reader {
    exchange: Exchange::Bitfinex,
    profile: include_str!("bitfinex.yaml"),
    payloads: &[
        Payload::bare(PERMISSIONS, By::Shape { fits: is_permissions, read: permissions }),
        Payload::bare(USER, By::Shape { fits: is_user, read: user }),
        Payload::bare(LOGINS, By::Shape { fits: is_logins, read: |_, _| () }),
    ],
    error,
};

/// A list of the word `error`, a code and a message.
fn error(node: &Node<'_>) -> Option<String> {
    let [word, code, message] = node.as_sequence()? else { return None };
    message.scalar()?;
    let code = code.as_int().filter(|_| word.scalar() == Some("error"))?;
    Some(format!("code {code}"))
}

const SCOPES: &[&str] =
    &["account", "history", "orders", "positions", "funding", "settings", "wallets", "withdraw", "ui_withdraw", "bfxpay"];

/// One scope of a key.
struct Row<'n> {
    scope: &'n str,
    word: &'n Node<'n>,
    read: bool,
    write: bool,
    span: Span,
}

fn row<'n>(node: &'n Node<'n>) -> Option<Row<'n>> {
    let [word, read, write] = node.as_sequence()? else { return None };
    let bit = |n: &Node<'_>| n.as_int().filter(|b| matches!(b, 0 | 1)).map(|b| b == 1);
    Some(Row { scope: word.as_text()?, word, read: bit(read)?, write: bit(write)?, span: node.span })
}

/// Rows alone, most of them of scopes that are documented.
fn is_permissions(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let Some(rows) = rows.as_sequence() else { return false };
    let scopes: Option<Vec<_>> = rows.iter().map(|r| row(r).map(|r| r.scope)).collect();
    scopes.is_some_and(|scopes| {
        let known = scopes.iter().filter(|s| SCOPES.contains(s)).count();
        known > 0 && known * 2 >= scopes.len()
    })
}

fn permissions(list: &Node<'_>, harvest: &mut Harvest) {
    let rows: Vec<_> = list.as_sequence().unwrap_or_default().iter().filter_map(row).collect();
    let mut key = Key::new(Exchange::Bitfinex);
    key.payloads.push((PERMISSIONS, list.span));
    let mut strange = false;
    for row in &rows {
        harvest.public.push(row.word.span.start);
        for (level, granted) in [("read", row.read), ("write", row.write)] {
            let name = Fact::exported(format!("{} {level}", row.scope), row.span);
            if granted && !SCOPES.contains(&row.scope) {
                strange = true;
                key.unknown.push(name.clone());
            }
            if granted {
                key.native.push(name);
            }
        }
    }
    // A scope that is given twice says nothing.
    let one = |scope: &str| {
        let mut of = rows.iter().filter(|r| r.scope == scope);
        of.next().filter(|_| of.next().is_none())
    };
    let write = |scope: &str| one(scope).map(|r| Fact::exported(r.write, r.span));
    let reads = rows.iter().find(|r| r.read);
    key.permissions.read = Some(Fact::exported(reads.is_some(), reads.map_or(list.span, |r| r.span)));
    // To close or increase a position is to trade. To lend is not, and not to trade is not all that one may do who lends.
    key.permissions.trade = any(&[write("orders"), write("positions")], &[write("funding")]);
    key.permissions.transfer = write("wallets");
    // What a withdrawal by way of the web page's scope may do is not documented.
    key.permissions.withdraw = any(&[write("withdraw")], &[write("ui_withdraw")]);
    // What is granted beside the documented scopes may be one of these rights, too.
    let p = &mut key.permissions;
    for right in [&mut p.read, &mut p.trade, &mut p.transfer, &mut p.withdraw] {
        if strange && right.as_ref().is_some_and(|f| !f.value) {
            *right = None;
        }
    }
    harvest.keys.push(key);
}

/// Yes where one of the scopes can be written, no where all of them and all the neighbours are known not to be.
fn any(scopes: &[Stated<bool>], neighbours: &[Stated<bool>]) -> Stated<bool> {
    if let Some(yes) = scopes.iter().flatten().find(|f| f.value) {
        return Some(yes.clone());
    }
    let all = scopes.iter().chain(neighbours).all(|s| s.as_ref().is_some_and(|f| !f.value));
    all.then(|| scopes.iter().flatten().next().cloned()).flatten()
}

fn millis(node: Option<&Node<'_>>) -> Stated<Time> {
    let node = node?;
    Some(Fact::exported(Time::from_epoch_millis(node.as_int()?)?, node.span))
}

fn id(node: Option<&Node<'_>>) -> Stated<String> {
    let node = node.filter(|n| n.as_int().is_some_and(|id| id > 0))?;
    Some(Fact::exported(node.scalar()?.to_owned(), node.span))
}

/// An id, an e-mail address, a name and the time of creation, and the place where the account is registered.
fn is_user(_: &Node<'_>, node: &Node<'_>) -> bool {
    let Some(fields) = node.as_sequence() else { return false };
    let text = |i: usize| fields.get(i).and_then(Node::as_text);
    id(fields.first()).is_some()
        && text(1).is_some_and(|mail| mail.contains('@'))
        && text(2).is_some()
        && millis(fields.get(3)).is_some()
        && matches!(text(9), Some("bitfinex" | "eosfinex"))
}

fn user(node: &Node<'_>, harvest: &mut Harvest) {
    let fields = node.as_sequence().unwrap_or_default();
    let mut account = Account::new(Exchange::Bitfinex);
    account.payloads.push((USER, node.span));
    let own = id(fields.first());
    account.created = millis(fields.get(3));
    // The master account's id, if the account is a sub-account; of a master account it is its own.
    let master = id(fields.get(16));
    let is_master = fields.get(18).filter(|n| n.as_int() == Some(1));
    if let Some(flag) = is_master {
        account.kind = Some(Fact::exported(AccountKind::Master, flag.span));
    } else if let (Some(own), Some(master)) = (&own, master)
        && own.value != master.value
    {
        account.kind = Some(Fact { value: AccountKind::Sub, from: master.from });
        account.parent = Some(master);
    }
    account.ids.extend(own);
    harvest.accounts.push(account);
}

/// Rows with an id, a time and an IP address where the documentation has them.
fn is_logins(_: &Node<'_>, rows: &Node<'_>) -> bool {
    let is_login = |row: &Node<'_>| {
        let Some(fields) = row.as_sequence() else { return false };
        let address = fields.get(4).and_then(Node::as_text).map(str::parse::<IpAddr>);
        id(fields.first()).is_some() && millis(fields.get(2)).is_some() && matches!(address, Some(Ok(_)))
    };
    rows.as_sequence().is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_login))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, rights};
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::value;
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn a_right_is_a_row_that_can_be_written() {
        assert_eq!(rights(&key_of(&fixture("auth-r-permissions"))), [Some(true), Some(true), Some(false), Some(false)]);
        // To withdraw is a row whose reading is off.
        assert_eq!(rights(&key_of(&fixture("auth-r-permissions-withdraw"))), [Some(true), Some(true), Some(true), Some(true)]);
        assert_eq!(rights(&key_of(&fixture("auth-r-permissions-read-only"))), [Some(true), Some(false), Some(false), Some(false)]);
    }

    #[test]
    fn what_no_row_says_is_unknown() {
        let text = fixture("auth-r-permissions-read-only");
        let trades = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            rights(&key_of(&text.replace(from, to)))
        };
        assert_eq!(trades(r#"["orders", 1, 0],"#, ""), [Some(true), None, Some(false), Some(false)]);
        assert_eq!(trades(r#"["orders", 1, 0],"#, r#"["orders", 1, 0], ["orders", 1, 1],"#), [Some(true), None, Some(false), Some(false)]);
        assert_eq!(trades(r#"["funding", 1, 0]"#, r#"["funding", 1, 1]"#), [Some(true), None, Some(false), Some(false)]);
        assert_eq!(trades(r#"["ui_withdraw", 0, 0]"#, r#"["ui_withdraw", 0, 1]"#), [Some(true), Some(false), Some(false), None]);
        // A scope that nobody knows may be any right that is denied beside it.
        assert_eq!(trades(r#"["bfxpay", 0, 0]"#, r#"["staking", 0, 1]"#), [Some(true), None, None, None]);
        assert_eq!(key_of(&text.replace(r#"["bfxpay", 0, 0]"#, r#"["staking", 0, 1]"#)).unknown.len(), 1);
        assert_eq!(trades(r#"["bfxpay", 0, 0]"#, r#"["staking", 0, 0]"#), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(key_of(&text).ip_whitelist, None);
    }

    #[test]
    fn an_account_is_a_master_or_has_one() {
        let account = |name: &str| sample::harvest(READER.exchange, &fixture(name)).accounts.remove(0);
        let master = account("auth-r-info-user");
        assert_eq!((value(&master.kind), value(&master.parent)), (Some(&AccountKind::Master), None));
        let sub = account("auth-r-info-user-sub");
        assert_eq!((value(&sub.kind), value(&sub.parent).map(String::as_str)), (Some(&AccountKind::Sub), Some("4417206")));
    }

    #[test]
    fn other_lists_of_lists_are_nobodys() {
        for other in [
            r#"[["BTC", 1, 0], ["ETH", 1, 1]]"#,
            r#"[["orders", 2, 0]]"#,
            "[[1, null, 1793000000000, null, \"grid\"]]",
            "[]",
            r#"["error", "x"]"#,
        ] {
            let node = crate::document::parse(TextId(0), other, 0..other.len()).ok().unwrap();
            assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })), "{other}");
        }
    }
}
