//! CoinEx: the keys of a sub-account, and one of them with its secret. Silent on the keys of the main account, which no
//! answer describes, on the sub-account's name, on transfers and last use.
//!
//! Every key can read. What an empty IP whitelist means is not shown, so it is unknown. An end of 0 is none.
//!
//! Sources: docs.coinex.com/api/v2 (account/subs: list-sub-api, get-sub-api; faq); support.coinex.com.

use super::record::Record;
use super::switches::switch;
use super::{By, Page, Payload, Reader};
use crate::document::Node;
use crate::model::{AccountKind, Exchange, Fact, Status};

const fn payload(endpoint: &'static str, by: By, page: Option<fn(&Node<'_>) -> Option<Page>>) -> Payload {
    Payload { endpoint, at: &["data"], around: &[("code", "0"), ("message", "OK")], by, made_at: None, page }
}

pub const READER: Reader = Reader {
    exchange: Exchange::Coinex,
    profile: include_str!("coinex.yaml"),
    payloads: &[
        payload(
            "GET /account/subs/api",
            By::Fields {
                decides: &["api_id", "access_id", "ip_whitelist", "trade_enabled", "withdraw_enabled"],
                also: &["created_at", "is_expired", "expires_at", "remark"],
                read: key,
            },
            Some(page),
        ),
        payload(
            "GET /account/subs/api-detail",
            By::Fields {
                decides: &["api_id", "access_id", "secret_key", "ip_whitelist", "trade_enabled", "withdraw_enabled"],
                also: &["created_at", "is_expired", "expires_at", "remark"],
                read: key,
            },
            None,
        ),
    ],
    error,
};

fn page(answer: &Node<'_>) -> Option<Page> {
    Some(if answer.get("pagination")?.get("has_next")?.as_bool()? { Page::More } else { Page::Last })
}

/// One of the codes that are documented; numbers as short as these are other exchanges' codes too.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("message")?;
    let code = node.get("code")?.as_int()?;
    let hint = match code {
        3310 => "the withdrawal address is not among those that the API may withdraw to",
        4005 => "the key has ended, or is younger than about 10 minutes",
        4007 => "the address that asked is not in the key's IP whitelist",
        _ => return None,
    };
    Some(format!("code {code}: {hint}"))
}

fn key(record: &mut Record<'_, '_>) {
    let mut key = record.new_key();
    key.id = record.key_id("access_id");
    key.label = record.text("remark");
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    key.permissions.read = Some(Fact::fixed(true));
    key.permissions.trade = switch(record, &mut key, "trade_enabled");
    key.permissions.withdraw = switch(record, &mut key, "withdraw_enabled");
    key.ip_whitelist = record.ip_list("ip_whitelist", None);
    key.created = record.millis("created_at");
    key.expires = record.expiry_millis("expires_at");
    // That it has not ended does not say that it works.
    key.status = record.flag("is_expired").filter(|f| f.value).map(|f| f.map(|_| Status::Expired));
    record.skip(&["api_id", "secret_key"]);
    record.push_key(key);
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, rights};
    use super::*;
    use crate::model::{Expiry, IpWhitelist, Key, value};

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn keys(name: &str) -> Vec<Key> {
        sample::harvest(READER.exchange, &fixture(name)).keys
    }

    #[test]
    fn every_key_reads_and_no_answer_speaks_of_transfers() {
        let all: Vec<_> = keys("account-subs-api").iter().map(rights).collect();
        assert_eq!(all, [[Some(true), Some(true), None, Some(false)], [Some(true), Some(false), None, Some(false)]]);
        assert_eq!(rights(&keys("account-subs-api-open-withdraw")[0]), [Some(true), Some(true), None, Some(true)]);
    }

    #[test]
    fn an_end_of_0_is_none_and_an_empty_list_is_unknown() {
        let bound = &keys("account-subs-api")[0];
        assert_eq!(value(&bound.expires), Some(&Expiry::Never));
        assert!(matches!(value(&bound.ip_whitelist), Some(IpWhitelist::Listed(l)) if l.len() == 2));
        let open = &keys("account-subs-api-open-withdraw")[0];
        assert!(matches!(value(&open.expires), Some(Expiry::At(_))));
        assert_eq!((&open.ip_whitelist, value(&open.status)), (&None, Some(&Status::Expired)));
    }

    #[test]
    fn the_answer_about_one_key_carries_its_secret() {
        assert_eq!(keys("account-subs-api-detail")[0].carries.len(), 1);
        assert_eq!(keys("account-subs-api")[0].carries.len(), 0);
    }
}
