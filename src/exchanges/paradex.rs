//! Paradex: an account's sub-keys, its tokens, the account and its sub-accounts. Silent on last use; sub-keys have no
//! expiry, tokens have one.
//!
//! A sub-key is a key pair that may trade and nothing else: only the main private key can withdraw, transfer, and manage
//! keys. Times are documented as nanoseconds and shown as seconds and as milliseconds, so the unit is told by their size.
//!
//! Sources: tradeparadex/paradex-docs@9b82a75 (fern/apis/prod_rest/openapi/openapi.json 1.132.1, api-authentication.mdx).

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::time::Time;
use crate::model::{AccountKind, Exchange, Expiry, Fact, IpWhitelist, Key, Signature, Stated, Status};
use crate::problem::Problem;

const fn results(endpoint: &'static str, by: By) -> Payload {
    Payload { endpoint, at: &["results"], around: &[], by, made_at: None, page: None }
}

const SUBKEY: By = By::Fields {
    decides: &["account_id", "allowed_cidrs", "public_key", "revoked_at", "updated_at"],
    also: &["id", "created_at", "name", "state"],
    read: subkey,
};
const ACCOUNT: By = By::Fields {
    decides: &["account", "derivation_path", "kind", "public_key", "username"],
    also: &["created_at", "fees", "has_ecosystem_nft", "isolated_market", "parent_account", "volume_tiers"],
    read: account,
};

pub const READER: Reader = Reader {
    exchange: Exchange::Paradex,
    profile: include_str!("paradex.yaml"),
    payloads: &[
        results("GET /account/keys/subkeys", SUBKEY),
        Payload::bare("GET /account/keys/subkeys/{public_key}", SUBKEY),
        results(
            "GET /account/tokens",
            By::Fields {
                decides: &["allowed_cidrs", "expiry_at", "last_updated_at", "lookup_id", "token_id"],
                also: &["created_at", "kind", "name", "revoked_at"],
                read: token,
            },
        ),
        results("GET /account/info", ACCOUNT),
        // The same object; told from the account only by an envelope that names it.
        results("GET /account/subaccounts", ACCOUNT),
    ],
    error,
};

/// An error is a word in capitals; the message beside it may quote the request.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("message")?;
    let word = node.get("error")?.as_text()?;
    let hint = match word {
        "IP_NOT_ALLOWED" => ": the address that asked is not in the IP whitelist",
        "NOT_ONBOARDED" => ": the account was never set up",
        "INVALID_TOKEN" | "INVALID_TOKEN_SCOPE" | "UNAUTHORIZED_ERROR" | "INVALID_SUBKEY" | "REQUEST_NOT_ALLOWED" => "",
        _ => return None,
    };
    Some(format!("{word}{hint}"))
}

/// A time whose unit its size tells: seconds, milliseconds or nanoseconds of the years that can be meant have different
/// numbers of digits. 0 is no time.
fn time(record: &mut Record<'_, '_>, name: &str) -> Stated<Time> {
    let count = record.int(name).filter(|f| f.value != 0)?;
    let read = Time::from_epoch_seconds(count.value)
        .or_else(|| Time::from_epoch_millis(count.value))
        .or_else(|| Time::from_epoch_millis(count.value / 1_000_000));
    if read.is_none() {
        let place = count.span().unwrap_or(record.span());
        record.problem(Problem::incomplete("wrong-type", place, format!("`{name}` should be a time: read as unknown")));
    }
    Some(Fact { value: read?, from: count.from })
}

/// What sub-keys and tokens have in common.
fn limits(record: &mut Record<'_, '_>, key: &mut Key) {
    key.label = record.text("name");
    key.permissions.read = Some(Fact::fixed(true));
    key.permissions.transfer = Some(Fact::fixed(false));
    key.permissions.withdraw = Some(Fact::fixed(false));
    key.permissions.administer_keys = Some(Fact::fixed(false));
    // "Empty means unrestricted."
    key.ip_whitelist = record.ip_list("allowed_cidrs", Some(IpWhitelist::Unrestricted));
    key.created = time(record, "created_at");
    // 0 is "not revoked"; which states there are besides is not documented, so that says no more.
    key.status = record.int("revoked_at").filter(|f| f.value > 0).map(|f| f.map(|_| Status::Disabled));
}

fn subkey(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("public_key");
    key.account.extend(record.text("account_id"));
    limits(record, &mut key);
    key.permissions.trade = Some(Fact::fixed(true));
    key.signature = Some(Fact::fixed(Signature::Asymmetric));
    record.skip(&["id", "updated_at", "state"]);
    record.push_key(key);
}

/// Which kinds of token only read is not said, so whether one can trade is unknown.
fn token(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("token_id");
    limits(record, &mut key);
    key.expires = time(record, "expiry_at").map(|f| f.map(Expiry::At));
    record.skip(&["lookup_id", "last_updated_at", "kind"]);
    record.push_key(key);
}

fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("account"));
    account.label = record.text("username");
    account.parent = record.text("parent_account");
    // What an operator of a vault is, and an account of no kind, is neither.
    account.kind = record.text("kind").and_then(|f| {
        let value = match f.value.as_str() {
            "main" => AccountKind::Master,
            "subaccount" => AccountKind::Sub,
            _ => return None,
        };
        Some(Fact { value, from: f.from })
    });
    account.created = time(record, "created_at");
    record.push_account(account);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn keys(text: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, text).keys
    }

    #[test]
    fn a_sub_key_trades_and_a_token_may_or_may_not() {
        assert_eq!(sample::rights(&keys(&fixture("account-keys-subkeys"))[0]), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(sample::rights(&keys(&fixture("account-tokens"))[0]), [Some(true), None, Some(false), Some(false)]);
    }

    #[test]
    fn the_unit_of_a_time_is_told_by_its_size() {
        let text = fixture("account-keys-subkeys");
        for same in ["1772359200", "1772359200000", "1772359200000000000"] {
            let key = &keys(&text.replace("1772359200000000000", same))[0];
            assert_eq!(key.created.as_ref().map(|f| f.value.to_string()).as_deref(), Some("2026-03-01T10:00:00Z"), "{same}");
        }
        let read = sample::harvest(READER.exchange, &text.replace("1772359200000000000", "17"));
        assert_eq!((read.keys[0].created.is_none(), read.problems.len()), (true, 3));
        let never = sample::harvest(READER.exchange, &text.replace("1772359200000000000", "0"));
        assert_eq!((never.keys[0].created.is_none(), never.problems.len()), (true, 0));
    }

    #[test]
    fn no_block_is_every_address_and_a_revoked_key_is_disabled() {
        let keys = keys(&fixture("account-keys-subkeys"));
        assert!(matches!(value(&keys[0].ip_whitelist), Some(IpWhitelist::Listed(l)) if l.len() == 2));
        assert_eq!(value(&keys[1].ip_whitelist), Some(&IpWhitelist::Unrestricted));
        assert_eq!(keys.iter().map(|k| value(&k.status).copied()).collect::<Vec<_>>(), [None, None, Some(Status::Disabled)]);
    }
}
