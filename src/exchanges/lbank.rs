//! LBank: the switches of the calling key. Silent on its id, its name, the entries of its IP whitelist, its expiry, and on
//! transfers.
//!
//! The documentation has a switch for spot trading. Libraries know one for futures and one for transfers too, which are
//! told as permissions that are not documented.
//!
//! Sources: lbank.com/docs (POST /v2/supplement/api_Restrictions.do); JKorf/LBank.Net@c1d00db; lbank.com/support.

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::{Exchange, Fact, IpWhitelist, Key, Stated};

const ENDPOINT: &str = "POST /v2/supplement/api_Restrictions.do";
const KEY: By = By::Fields {
    decides: &["enableSpotTrading", "enableReading", "enableWithdrawals", "ipRestrict", "createTime"],
    also: &["enableFuturesTrading", "enableTransfer"],
    read: key,
};
/// Binance and BingX have most of these beside this one, which must not be there.
const NOT_OTHERS: &[(&str, &str)] = &[("enableSpotAndMarginTrading", "")];

pub const READER: Reader = Reader {
    exchange: Exchange::Lbank,
    profile: include_str!("lbank.yaml"),
    payloads: &[
        Payload { endpoint: ENDPOINT, at: &["data"], around: &[], by: KEY, made_at: Some("ts"), page: None },
        Payload { endpoint: ENDPOINT, at: &[], around: NOT_OTHERS, by: KEY, made_at: None, page: None },
    ],
    error,
};

/// `result` is false, as text or not, beside a code.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("result")?.scalar().filter(|t| *t == "false")?;
    let code = node.get("error_code")?.as_int()?;
    let hint = match code {
        10022 => ": the key has no permission, or the address that asked is not in its IP whitelist",
        10600 => ": the request was filtered as a replay",
        10801 => ": the address is not on the withdrawal address whitelist",
        _ => "",
    };
    Some(format!("code {code}{hint}"))
}

/// A switch; its name is kept where it is on.
fn switch(record: &mut Record<'_, '_>, key: &mut Key, name: &str) -> Stated<bool> {
    let flag = record.flag(name)?;
    key.native.extend(flag.value.then(|| Fact { value: name.to_owned(), from: flag.from }));
    Some(flag)
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.permissions.read = switch(record, &mut key, "enableReading");
    // With spot switched off the key may trade futures all the same, of which the documentation has no word.
    key.permissions.trade = switch(record, &mut key, "enableSpotTrading").filter(|f| f.value);
    key.permissions.withdraw = switch(record, &mut key, "enableWithdrawals");
    key.ip_whitelist =
        record.flag("ipRestrict").map(|f| f.map(|bound| if bound { IpWhitelist::Restricted } else { IpWhitelist::Unrestricted }));
    key.created = record.millis("createTime");
    for (name, node) in record.left_over() {
        if name.starts_with("enable") && name.len() < 48 && node.as_bool() == Some(true) {
            key.native.push(Fact::exported(name.to_owned(), node.span));
            key.unknown.push(Fact::exported(name.to_owned(), node.span));
        }
    }
    record.push_key(key);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    fn key_of(text: &str) -> Key {
        sample::harvest(READER.exchange, text).keys.remove(0)
    }

    #[test]
    fn spot_alone_says_yes_and_a_switch_that_is_not_documented_is_told() {
        let text = sample::fixture(READER.exchange, "api-restrictions-read-only");
        assert_eq!(sample::rights(&key_of(&text)), [Some(true), None, None, Some(false)]);
        let key = key_of(&text.replacen('{', "{ \"enableTransfer\": true, \"enableFuturesTrading\": false,", 1));
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["enableTransfer"]);
        assert_eq!(sample::rights(&key), [Some(true), None, None, Some(false)]);
    }

    #[test]
    fn a_whitelist_is_restricted_or_open_and_its_entries_are_not_there() {
        let of = |name: &str| value(&key_of(&sample::fixture(READER.exchange, name)).ip_whitelist).cloned();
        assert_eq!(of("api-restrictions-open"), Some(IpWhitelist::Unrestricted));
        assert_eq!(of("api-restrictions-wrapped"), Some(IpWhitelist::Restricted));
    }
}
