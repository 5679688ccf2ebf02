//! Bithumb: the keys of the account with their end alone, and the registered withdrawal addresses. Silent on rights, IP
//! whitelists, names and last use of keys.
//!
//! The list of keys has the same two fields as Upbit's and is read where the exchange is named. Names of owners are persons'
//! and are not taken.
//!
//! Sources: apidocs.bithumb.com/reference (list of API keys), /docs (error codes); the fields of the list of addresses are
//! those that a test of others has.

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{Exchange, Expiry};

pub const READER: Reader = Reader {
    exchange: Exchange::Bithumb,
    profile: include_str!("bithumb.yaml"),
    payloads: &[
        Payload::bare("GET /v1/api_keys", By::Fields { decides: &["access_key", "expire_at"], also: &[], read: key }),
        Payload::bare(
            "GET /v1/withdraws/coin_addresses",
            By::Fields {
                // Upbit's list has the other fields, too.
                decides: &["withdraw_address", "net_type", "owner_type", "owner_ko_name", "owner_en_name"],
                also: &["currency", "network_name", "secondary_address", "exchange_name", "owner_corp_ko_name", "owner_corp_en_name"],
                read: address,
            },
        ),
    ],
    error,
};

/// An object with a message and one of the names that are documented; other names are other exchanges' too.
fn error(node: &Node<'_>) -> Option<String> {
    let error = node.get("error")?;
    error.get("message")?;
    let name = error.get("name")?.as_text()?;
    let hint = match name {
        "invalid_query_payload" | "jwt_verification" => "the request's token was not made as it must be",
        "expired_jwt" => "the request's token was too old",
        "NotAllowIP" => "the address that asked is not among the key's",
        "out_of_scope" => "the key has no permission for this endpoint",
        "blocked_member_id" => "the account is restricted",
        _ => return None,
    };
    Some(format!("{name}: {hint}"))
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("access_key");
    key.expires = record.iso("expire_at").map(|f| f.map(Expiry::At));
    record.push_key(key);
}

/// An exchange stands beside an address, and a person's name, which is not taken.
fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.network = record.text("net_type");
    address.address = record.text("withdraw_address");
    address.memo = record.text_or_empty("secondary_address");
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    #[test]
    fn a_key_has_an_id_and_an_end_and_nothing_else() {
        let read = sample::harvest(READER.exchange, &sample::fixture(READER.exchange, "api-keys")).keys;
        assert_eq!(read.len(), 2);
        for key in &read {
            assert!(key.id.is_some() && matches!(value(&key.expires), Some(Expiry::At(_))));
            assert_eq!((sample::rights(key), &key.ip_whitelist), ([None; 4], &None));
        }
    }

    #[test]
    fn names_of_owners_are_hidden() {
        let text = sample::fixture(READER.exchange, "withdraws-coin-addresses");
        let export = sample::export(READER.exchange, &text);
        assert_eq!(export.harvest.addresses.len(), 2);
        for name in ["김예시", "Kim Yesi"] {
            let at = text.find(name).unwrap() as u32;
            assert!(export.hide.iter().any(|(from, to)| *from <= at && at + name.len() as u32 <= *to), "{name}");
        }
    }
}
