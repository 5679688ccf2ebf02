//! BitMEX: all keys of the account, and its saved withdrawal addresses. Silent on expiry, last use and pairs, on whether
//! an account is a master or a sub-account, and on whether a key can transfer.
//!
//! Every key can read, so an empty list of permissions is read only. `cidr` is one block and `cidrs` a list, and both count: a
//! key is open where one of them names every address, or both are empty or left out. The answer has a field `secret`.
//!
//! Sources: BitMEX/api-connectors 9f8f5e6 swagger.json; support.bitmex.com (apiKey field definitions).

use super::record::{Record, granted, keep_names, whitelist};
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::ip::{EntryForm, IpEntry};
use crate::model::{Exchange, Fact, IpWhitelist, Origin, Stated, Status};

pub const READER: Reader = Reader {
    exchange: Exchange::Bitmex,
    profile: include_str!("bitmex.yaml"),
    payloads: &[
        Payload::bare(
            "GET /api/v1/apiKey",
            By::Fields {
                decides: &["id", "cidr", "permissions", "enabled", "userId"],
                also: &["secret", "name", "nonce", "cidrs", "created", "targetAccountId"],
                read: key,
            },
        ),
        Payload::bare(
            "GET /api/v1/address",
            By::Fields {
                decides: &["skipConfirm", "skip2FA", "currency", "network", "address"],
                also: &["id", "name", "note", "memo", "created", "userId", "skipConfirmVerified", "skip2FAVerified"],
                read: address,
            },
        ),
    ],
    error,
};

/// `error` is an object with a message and a name, of which the name is shown where it is a word. Names with `_` are those of
/// exchanges whose errors have the same form.
fn error(node: &Node<'_>) -> Option<String> {
    let error = node.get("error")?;
    error.get("message")?;
    let name = error.get("name")?.as_text().filter(|name| !name.contains('_'))?;
    let is_word = name.len() <= 24 && name.bytes().all(|b| b.is_ascii_alphabetic());
    Some(if is_word { format!("an error of kind {name}") } else { "an error".to_owned() })
}

const KNOWN: &[&str] = &["order", "orderCancel", "withdraw"];

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("id");
    key.label = record.text("name");
    // The account that the key acts on, which is another's where it is linked.
    let target = record.text("targetAccountId").filter(|f| f.value != "0");
    let user = record.text("userId");
    key.account.extend(target.or(user));
    let words = record.words_at("permissions", &[',']);
    keep_names(&mut key, &words, Some(KNOWN));
    key.permissions.read = Some(Fact::fixed(true));
    // To cancel orders alone is no right to trade.
    key.permissions.trade = granted(&words, &["order"]);
    key.permissions.withdraw = granted(&words, &["withdraw"]);
    key.permissions.administer_keys = Some(Fact::fixed(false));
    key.ip_whitelist = ip_whitelist(record);
    key.created = record.iso("created");
    key.status = record.flag("enabled").map(|f| f.map(|on| if on { Status::Active } else { Status::Disabled }));
    record.push_key(key);
}

/// What one of the two fields says.
enum Blocks {
    /// Nothing: it is left out, or empty at this place.
    Nothing(Option<Origin>),
    These(Vec<Fact<String>>, Origin),
    Unknown,
}

fn blocks(record: &mut Record<'_, '_>, name: &str) -> Blocks {
    if record.absent(name) {
        record.skip(&[name]);
        return Blocks::Nothing(None);
    }
    let Some(words) = record.words_at(name, &[',']) else { return Blocks::Unknown };
    let entries: Vec<_> = words.value.into_iter().filter(|w| !w.value.trim().is_empty()).collect();
    if entries.is_empty() { Blocks::Nothing(Some(words.from)) } else { Blocks::These(entries, words.from) }
}

/// The blocks of both fields together. One that means every address opens the key whatever else is listed; with none in
/// either field it is open too.
fn ip_whitelist(record: &mut Record<'_, '_>) -> Stated<IpWhitelist> {
    let both = (blocks(record, "cidr"), blocks(record, "cidrs"));
    let open = [&both.0, &both.1].into_iter().find_map(|blocks| match blocks {
        Blocks::These(entries, _) => entries.iter().find(|w| matches!(IpEntry::parse(&w.value).form(), EntryForm::Everything)),
        _ => None,
    });
    if let Some(open) = open {
        return Some(Fact { value: IpWhitelist::Unrestricted, from: open.from });
    }
    match both {
        (Blocks::Unknown, _) | (_, Blocks::Unknown) => None,
        (Blocks::Nothing(one), Blocks::Nothing(list)) => {
            let from = one.or(list).unwrap_or(Origin::Profile);
            Some(Fact { value: IpWhitelist::Unrestricted, from })
        }
        (Blocks::These(one, from), Blocks::Nothing(_)) => Some(whitelist(one, from)),
        (Blocks::Nothing(_), Blocks::These(list, from)) => Some(whitelist(list, from)),
        (Blocks::These(one, _), Blocks::These(mut list, from)) => {
            let more: Vec<_> = one.into_iter().filter(|o| !list.iter().any(|l| l.value == o.value)).collect();
            list.extend(more);
            Some(whitelist(list, from))
        }
    }
}

/// Whether an address was confirmed and has waited long enough is not in the documented fields.
fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.account.extend(record.text("userId"));
    address.asset = record.text("currency");
    address.network = record.text("network");
    address.address = record.text("address");
    address.memo = record.text_or_empty("memo");
    address.label = record.text("name");
    address.added = record.iso("created");
    record.skip(&["id", "note", "skipConfirm", "skipConfirmVerified", "skip2FA", "skip2FAVerified"]);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    use crate::model::{Key, value};

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn every_key_reads_and_cancelling_is_not_trading() {
        let rights = |name: &str| {
            let p = key_of(&fixture(name)).permissions;
            [&p.read, &p.trade, &p.withdraw, &p.administer_keys].map(|r| value(r).copied())
        };
        assert_eq!(rights("api-key-read-only"), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights("api-key-cidrs"), [Some(true), Some(false), Some(false), Some(false)]);
        assert_eq!(rights("api-key-open-withdraw"), [Some(true), Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn both_fields_count_and_a_block_of_every_address_opens_the_key() {
        let with = |fields: &str| {
            let text = fixture("api-key").replace("\"cidr\": \"51.158.10.20/32\"", fields);
            let at = |from: Origin| text.get(from.span().map_or(0..0, |s| s.start as usize..s.end as usize)).unwrap();
            let fact = key_of(&text).ip_whitelist;
            match fact.map(|f| (f.value, f.from)) {
                Some((IpWhitelist::Unrestricted, from)) => format!("open {}", at(from)).trim().to_owned(),
                Some((IpWhitelist::Listed(l), _)) => {
                    l.iter().map(|e| at(e.from).trim_matches('"').to_owned()).collect::<Vec<_>>().join(" ")
                }
                Some((IpWhitelist::Restricted | IpWhitelist::NotOffered, _)) => "restricted".to_owned(),
                None => "unknown".to_owned(),
            }
        };
        for (open, at) in [
            (r#""x": 0"#, "open"),
            (r#""cidr": null"#, "open"),
            (r#""cidr": """#, r#"open """#),
            (r#""cidr": "0.0.0.0""#, "open 0.0.0.0"),
            (r#""cidr": "0.0.0.0/0", "cidrs": []"#, "open 0.0.0.0/0"),
            (r#""cidr": "0.0.0.0/0", "cidrs": ["146.59.3.0/29"]"#, "open 0.0.0.0/0"),
            (r#""cidrs": ["0.0.0.0/0"]"#, r#"open "0.0.0.0/0""#),
            (r#""cidr": "51.158.10.20/32", "cidrs": ["0.0.0.0/0"]"#, r#"open "0.0.0.0/0""#),
            (r#""cidr": "", "cidrs": ["146.59.3.0/29", "0.0.0.0"]"#, r#"open "0.0.0.0""#),
            (r#""cidr": true, "cidrs": ["0.0.0.0"]"#, r#"open "0.0.0.0""#),
        ] {
            assert_eq!(with(open), at, "{open}");
        }
        assert_eq!(with(r#""cidr": "", "cidrs": ["146.59.3.0/29"]"#), "146.59.3.0/29");
        assert_eq!(with(r#""cidr": true, "cidrs": ["146.59.3.0/29"]"#), "unknown");
        assert_eq!(with("\"cidr\": \"51.158.10.20/32\", \"cidrs\": [\"146.59.3.0/29\"]"), "146.59.3.0/29 51.158.10.20/32");
        assert_eq!(with("\"cidr\": 7.5, \"cidrs\": [true]"), "unknown");
        assert_eq!(with("\"cidr\": \"\", \"cidr\": null"), "unknown");
    }

    #[test]
    fn a_word_in_another_case_is_another_word() {
        let key = key_of(&fixture("api-key").replace("\"order\"", "\"Order\""));
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["Order"]);
        assert_ne!(value(&key.permissions.trade), Some(&true));
    }

    #[test]
    fn the_account_is_the_one_that_the_key_acts_on() {
        let account = |name: &str| key_of(&fixture(name)).account.into_iter().map(|f| f.value).collect::<Vec<_>>();
        assert_eq!(account("api-key"), ["418220"]);
        assert_eq!(account("api-key-cidrs"), ["418231"]);
        assert_eq!(key_of(&fixture("api-key-carries-secret")).carries.len(), 1);
        assert_eq!(key_of(&fixture("api-key")).carries.len(), 0);
    }
}
