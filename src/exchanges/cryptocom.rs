//! Crypto.com Exchange: the master account and its sub-accounts. No answer describes keys or saved addresses; keys are
//! declared by hand.
//!
//! Which account the calling key belongs to stands apart from the accounts themselves, by its id. Access to margin and
//! derivatives is the account's, not a key's. Names and e-mail addresses are persons' and are not taken.
//!
//! Sources: api-evangelist/crypto-com fae3078 openapi/_original (private/get-accounts); help.crypto.com 3511424.

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{Account, AccountKind, Exchange, Stated};

const METHOD: &str = "private/get-accounts";

pub const READER: Reader = Reader {
    exchange: Exchange::Cryptocom,
    profile: include_str!("cryptocom.yaml"),
    payloads: &[Payload {
        endpoint: "POST private/get-accounts",
        at: &["result"],
        around: &[("method", METHOD), ("code", "0")],
        by: By::Fields { decides: &["this_account", "master_account", "sub_account_list"], also: &[], read: accounts },
        made_at: None,
        page: None,
    }],
    error,
};

/// A method and a code that is not 0, as a number or as text.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("method")?.as_text().filter(|m| m.starts_with("private/") || m.starts_with("public/"))?;
    let code = node.get("code")?.scalar()?.parse::<u32>().ok().filter(|c| *c != 0)?;
    let hint = match code {
        40_102 => ": the request's time was more than 60 seconds off",
        40_103 => ": the address that asked is not in the key's IP whitelist",
        _ => "",
    };
    Some(format!("code {code}{hint}"))
}

fn hierarchy(record: &mut Record<'_, '_>) -> Stated<AccountKind> {
    record.text("hierarchy").and_then(|f| match f.value.as_str() {
        "MASTER" => Some(f.map(|_| AccountKind::Master)),
        "SUB_ACCOUNT" => Some(f.map(|_| AccountKind::Sub)),
        _ => None,
    })
}

/// The account of the calling key, of which only the id and the kind are stated.
fn this_account(record: &mut Record<'_, '_>) -> Option<Account> {
    let mut this = record.child("this_account")?;
    let mut account = this.new_account();
    account.ids.extend(this.text("uuid"));
    account.kind = hierarchy(&mut this);
    Some(account)
}

fn has(account: &Account, id: &str) -> bool {
    account.ids.iter().any(|known| known.value == id)
}

fn accounts(record: &mut Record<'_, '_>) {
    let mut this = this_account(record);
    let is = |this: &Option<Account>, kind| this.as_ref().and_then(|a| a.kind.as_ref()).is_some_and(|f| f.value == kind);
    if let Some(mut master) = record.child("master_account") {
        let mut account = master.new_account();
        account.ids.extend(master.text("uuid"));
        // By this id the sub-accounts name it.
        let group = master.text("master_account_uuid").filter(|f| !has(&account, &f.value));
        account.ids.extend(group);
        account.kind = hierarchy(&mut master);
        account.created = master.millis("create_time");
        let stopped = [master.flag("suspended"), master.flag("terminated")];
        let is_stopped = stopped.iter().flatten().find(|f| f.value);
        account.frozen =
            is_stopped.or_else(|| stopped.iter().all(Option::is_some).then(|| stopped.iter().flatten().next()).flatten()).cloned();
        if is(&this, AccountKind::Master) {
            let own = this.take().and_then(|a| a.ids.into_iter().next()).filter(|f| !has(&account, &f.value));
            account.ids.extend(own);
        }
        master.push_account(account);
    }
    for node in record.children("sub_account_list").unwrap_or_default() {
        let Some(mut sub) = record.open_node(node) else { continue };
        let mut account = sub.new_account();
        account.ids.extend(sub.text("uuid"));
        account.label = sub.text("label");
        account.kind = hierarchy(&mut sub);
        account.parent = sub.text("master_account_uuid");
        // One without an id may be it, too.
        if account.ids.is_empty() || this.as_ref().and_then(|a| a.ids.first()).is_some_and(|own| has(&account, &own.value)) {
            this = None;
        }
        sub.push_account(account);
    }
    if let Some(own) = this.filter(|a| !a.ids.is_empty() && a.kind.is_some()) {
        record.push_account(own);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::value;
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn accounts_of(text: &str) -> Vec<Account> {
        sample::harvest(READER.exchange, text).accounts
    }
    fn ids(account: &Account) -> Vec<&str> {
        account.ids.iter().map(|f| f.value.as_str()).collect()
    }

    #[test]
    fn the_calling_keys_account_is_one_of_the_others() {
        let read = accounts_of(&fixture("get-accounts"));
        let kinds: Vec<_> = read.iter().map(|a| value(&a.kind).copied()).collect();
        assert_eq!(kinds, [Some(AccountKind::Master), Some(AccountKind::Sub), Some(AccountKind::Sub)]);
        // The sub-accounts lead to the master account.
        let parent = value(&read[1].parent).unwrap();
        assert!(ids(&read[0]).contains(&parent.as_str()));
        assert_eq!(value(&read[0].frozen), Some(&false));
        assert_eq!(value(&accounts_of(&fixture("get-accounts-suspended"))[0].frozen), Some(&true));
    }

    #[test]
    fn the_account_of_the_calling_key_counts_once() {
        let text = fixture("get-accounts-sub");
        let read = accounts_of(&text);
        assert_eq!((read.len(), value(&read[1].kind)), (2, Some(&AccountKind::Sub)));
        // Where it stands nowhere else, it is an account by itself.
        let own = ids(&read[1])[0];
        let alone = accounts_of(&text.replacen(own, "6c0e91b4-57d3-4a28-8f16-b3d2095e7ac8", 1));
        assert_eq!((alone.len(), value(&alone[2].kind)), (3, Some(&AccountKind::Sub)));
        assert_eq!(ids(&alone[2]), ["6c0e91b4-57d3-4a28-8f16-b3d2095e7ac8"]);
    }

    #[test]
    fn an_error_has_a_code_as_number_or_text() {
        for code in ["40103", "\"40103\""] {
            let text = fixture("error-ip").replace("40103", code);
            let node = crate::document::parse(TextId(0), &text, 0..text.len()).ok().unwrap();
            match read(&node, None).pop() {
                Some(Reading::ErrorAnswer { exchange: Some(Exchange::Cryptocom), says, .. }) => {
                    assert!(says.starts_with("code 40103: "), "{says}");
                }
                _ => panic!("no error: {text}"),
            }
        }
    }
}
