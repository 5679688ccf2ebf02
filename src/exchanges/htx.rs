//! HTX (Huobi): the keys of the account or of a sub-user, keys after creation or a change, sub-users, the account's own
//! id, the address book. Silent on last use and pairs, and on which account a listed key belongs to: that is in the
//! request.
//!
//! One word, `trade`, is the right to trade and to transfer. What an open IP whitelist looks like is not documented, so an
//! empty one is unknown.
//!
//! Sources: huobiapi/docs d3b5b362 (v1_en) source/index.html.md; HuobiRDCenter/huobi_Python 7d66d883; htx.com/en-us/apikey.

use super::record::{Record, granted, keep_names};
use super::{By, Harvest, Payload, Reader};
use crate::document::Node;
use crate::model::{Account, AccountKind, Exchange, Expiry, Fact, Key, Stated, Status};
use crate::problem::Problem;

const USERS: &str = "GET /v2/sub-user/user-list";
const UID: &str = "GET /v2/user/uid";

const fn payload(endpoint: &'static str, by: By) -> Payload {
    // Nothing is asked of what stands around: `code` 200 is everybody's.
    Payload { endpoint, at: &["data"], around: &[], by, made_at: None, page: None }
}

pub const READER: Reader = Reader {
    exchange: Exchange::Htx,
    profile: include_str!("htx.yaml"),
    payloads: &[
        payload(
            "GET /v2/user/api-key",
            By::Fields {
                decides: &["accessKey", "status", "permission", "validDays", "createTime"],
                also: &["note", "ipAddresses", "updateTime"],
                read: listed_key,
            },
        ),
        payload(
            "POST /v2/sub-user/api-key-generation",
            By::Fields { decides: &["accessKey", "secretKey", "permission", "ipAddresses"], also: &["note"], read: sub_key },
        ),
        payload(
            "POST /v2/sub-user/api-key-modification",
            By::Fields { decides: &["note", "permission", "ipAddresses"], also: &[], read: sub_key },
        ),
        payload(USERS, By::Shape { fits: is_user_list, read: users }),
        payload(UID, By::Shape { fits: is_uid, read: uid }),
        payload(
            "GET /v2/account/withdraw/address",
            By::Fields { decides: &["currency", "chain", "addressTag", "address"], also: &["note"], read: address },
        ),
    ],
    error,
};

/// A `code` that is a number and not 200 and a `message`, with nothing around that the documented frame does not have; or
/// `status` is `error` and there is an `err-code`, which is shown where it is words.
fn error(node: &Node<'_>) -> Option<String> {
    if let Some(code) = node.get("err-code").filter(|_| node.get("status").and_then(Node::scalar) == Some("error")) {
        let is_words = |code: &&str| code.len() <= 48 && !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        return Some(code.scalar().filter(is_words).map_or_else(|| "an error".to_owned(), |code| format!("code {code}")));
    }
    let code = node.get("code")?.as_int().filter(|code| *code != 200)?;
    node.get("message")?;
    let framed = node.as_mapping()?.iter().all(|e| matches!(e.key.scalar(), Some("code" | "message" | "data")));
    framed.then(|| format!("code {code}"))
}

const KNOWN: &[&str] = &["readOnly", "trade", "withdraw"];

fn key(record: &mut Record<'_, '_>) -> Key {
    let mut key = record.new_key();
    key.id = record.key_id("accessKey");
    key.label = record.text("note");
    let words = record.words_at("permission", &[',']);
    keep_names(&mut key, &words, Some(KNOWN));
    key.permissions.read = granted(&words, &["readOnly"]);
    key.permissions.trade = granted(&words, &["trade"]);
    key.permissions.transfer = granted(&words, &["trade"]);
    key.permissions.withdraw = granted(&words, &["withdraw"]);
    key.ip_whitelist = record.ip_list("ipAddresses", None);
    key
}

fn listed_key(record: &mut Record<'_, '_>) {
    let mut key = key(record);
    key.created = record.millis("createTime");
    if let Some(days) = record.int("validDays") {
        // The days that are left are counted from the day of the answer, which the answer does not have.
        match (days.value, u32::try_from(days.value)) {
            (-1, _) => key.expires = Some(days.map(|_| Expiry::Never)),
            (_, Ok(left)) => key.days_left = Some(days.map(|_| left)),
            _ => {
                let message = "`validDays` should be the days that are left, or -1: read as unknown";
                record.problem(Problem::incomplete("unknown-value", days.span().unwrap_or(record.span()), message));
            }
        }
    }
    let state = record.text("status");
    key.status = choose(record, "status", state, &[("normal", Status::Active), ("expired", Status::Expired)]);
    record.skip(&["updateTime"]);
    record.push_key(key);
}

fn sub_key(record: &mut Record<'_, '_>) {
    let mut key = key(record);
    key.account_kind = Some(Fact::inferred(AccountKind::Sub));
    record.push_key(key);
}

/// The meaning of one of a few words; another word is told, and unknown.
fn choose<T: Copy>(record: &mut Record<'_, '_>, name: &str, word: Stated<String>, words: &[(&str, T)]) -> Stated<T> {
    let word = word?;
    let Some((_, meaning)) = words.iter().find(|(w, _)| *w == word.value) else {
        let expected: Vec<_> = words.iter().map(|(w, _)| format!("`{w}`")).collect();
        let place = word.span().unwrap_or(record.span());
        let message = format!("`{name}` should be {}: read as unknown", expected.join(" or "));
        record.problem(Problem::incomplete("unknown-value", place, message));
        return None;
    };
    Some(word.map(|_| *meaning))
}

/// Each row has a `userState`, or nothing but a `uid` in an answer that says `code` 200.
fn is_user_list(answer: &Node<'_>, rows: &Node<'_>) -> bool {
    let ok = answer.get("code").and_then(Node::as_int) == Some(200);
    let is_user = |row: &Node<'_>| {
        let alone = row.as_mapping().is_some_and(|entries| entries.len() == 1);
        row.get("userState").is_some() || (ok && alone && row.get("uid").is_some())
    };
    rows.as_sequence().is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_user))
}

fn users(rows: &Node<'_>, harvest: &mut Harvest) {
    for row in rows.as_sequence().unwrap_or_default() {
        let Some(mut record) = Record::open(row, Exchange::Htx, USERS, harvest) else { continue };
        let mut account = record.new_account();
        account.ids.extend(record.text("uid"));
        account.kind = Some(Fact::inferred(AccountKind::Sub));
        let state = record.text("userState");
        account.frozen = choose(&mut record, "userState", state, &[("normal", false), ("lock", true)]);
        record.push_account(account);
    }
}

/// `data` is a bare number. Without `code` beside it that could be anybody's, and beside fields that HTX does not
/// document only a number as long as a uid is one.
fn is_uid(answer: &Node<'_>, data: &Node<'_>) -> bool {
    let code = answer.get("code").and_then(Node::as_int);
    let alone =
        answer.as_mapping().is_some_and(|entries| entries.iter().all(|e| matches!(e.key.scalar(), Some("code" | "data" | "message"))));
    code == Some(200) && data.as_int().is_some_and(|id| id >= 10_000 || (alone && id > 0))
}

fn uid(data: &Node<'_>, harvest: &mut Harvest) {
    let mut account = Account::new(Exchange::Htx);
    account.payloads.push((UID, data.span));
    account.ids.extend(data.scalar().map(|id| Fact::exported(id.to_owned(), data.span)));
    harvest.accounts.push(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.network = record.text("chain");
    address.address = record.text("address");
    address.memo = record.text_or_empty("addressTag");
    address.label = record.text("note");
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exchanges::{Reading, read};
    use crate::model::time::Time;
    use crate::model::{IpWhitelist, value};
    use crate::text::TextId;

    fn fixture(name: &str) -> String {
        sample::fixture(READER.exchange, name)
    }
    fn harvest(text: &str) -> Harvest {
        sample::harvest(READER.exchange, text)
    }

    #[test]
    fn trade_is_to_transfer_too_and_each_right_points_at_its_word() {
        let text = fixture("v2-user-api-key-withdraw");
        let keys = harvest(&text).keys;
        let at = |right: &Stated<bool>| right.as_ref().and_then(Fact::span).and_then(|s| text.get(s.start as usize..s.end as usize));
        assert_eq!((value(&keys[0].permissions.transfer), at(&keys[0].permissions.transfer)), (Some(&true), Some("trade")));
        assert_eq!((value(&keys[1].permissions.withdraw), at(&keys[1].permissions.withdraw)), (Some(&true), Some("withdraw")));
        assert_eq!((value(&keys[1].permissions.trade), at(&keys[1].permissions.trade)), (Some(&false), Some("\"withdraw,readOnly\"")));
    }

    #[test]
    fn neither_an_absent_nor_an_empty_whitelist_is_known_to_be_open() {
        let text = fixture("v2-user-api-key");
        for open in ["\"ipAddresses\": \"\"", "\"x\": 0"] {
            let text = text.replace("\"ipAddresses\": \"51.158.10.20,146.59.3.7\"", open);
            assert_eq!(harvest(&text).keys[0].ip_whitelist, None, "{open}");
        }
        assert!(matches!(value(&harvest(&text).keys[0].ip_whitelist), Some(IpWhitelist::Listed(l)) if l.len() == 2));
    }

    #[test]
    fn days_left_are_an_end_only_from_a_known_day() {
        let text = fixture("v2-user-api-key");
        let never = &harvest(&text).keys[0];
        assert_eq!((value(&never.expires), &never.days_left), (Some(&Expiry::Never), &None));
        let ends = &harvest(&fixture("v2-user-api-key-no-ip")).keys[0];
        assert_eq!((&ends.expires, value(&ends.days_left), value(&ends.status)), (&None, Some(&17), Some(&Status::Expired)));
        let on = |days: &str| {
            let answer = text.replace("\"validDays\": -1", &format!("\"validDays\": {days}"));
            let saved = harvest(&format!("{{\"fetched_at\": \"2026-03-10T06:00:00Z\", \"response\": {answer}}}"));
            (saved.keys[0].expires.as_ref().map(|f| f.value), saved.problems.len())
        };
        let end = |text| Some(Expiry::At(Time::parse(text).unwrap()));
        assert_eq!(on("17"), (end("2026-03-27T06:00:00Z"), 0));
        assert_eq!(on("0"), (end("2026-03-10T06:00:00Z"), 0));
        assert_eq!(on("-1"), (Some(Expiry::Never), 0));
        assert_eq!(on("-2"), (None, 1));
        assert_eq!(on("5000000000"), (None, 1));
    }

    #[test]
    fn a_word_in_another_case_is_another_word() {
        let key = &harvest(&fixture("v2-user-api-key").replace("readOnly,trade", "readonly,trade")).keys[0];
        assert_eq!(key.unknown.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(), ["readonly"]);
        assert_ne!(value(&key.permissions.read), Some(&true));
    }

    #[test]
    fn an_error_answer_has_another_code_and_a_message() {
        let says = |text: &str| {
            let node = crate::document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
            match read(&node, None).pop() {
                Some(Reading::ErrorAnswer { exchange: Some(Exchange::Htx), says, .. }) => Some(says),
                _ => None,
            }
        };
        assert_eq!(says(r#"{"code": 1002, "message": "unauthorized"}"#).as_deref(), Some("code 1002"));
        assert_eq!(says(r#"{"code": 2002, "message": "invalid", "data": null}"#).as_deref(), Some("code 2002"));
        assert_eq!(says(r#"{"status": "error", "err-code": "api-key-invalid", "data": null}"#).as_deref(), Some("code api-key-invalid"));
        assert_eq!(says(r#"{"status": "error", "err-code": "Xk29-51"}"#).as_deref(), Some("an error"));
        for none in [
            r#"{"code": 200, "message": "success"}"#,
            r#"{"code": 1002}"#,
            r#"{"code": "1002", "message": "x"}"#,
            r#"{"code": 7, "message": "x", "level": "warn"}"#,
            r#"{"status": "ok", "err-code": "x"}"#,
        ] {
            assert_eq!(says(none), None, "{none}");
        }
    }

    #[test]
    fn a_bare_number_is_an_account_only_beside_its_code() {
        assert_eq!(harvest(&fixture("v2-user-uid")).accounts.len(), 1);
        for other in ["{\"data\": 418206301}", "{\"code\": 200, \"data\": 41, \"total\": 1}", "{\"code\": 500, \"data\": 418206301}"] {
            let node = crate::document::parse(TextId(0), other, 0..other.len()).ok().unwrap();
            assert!(matches!(read(&node, None).pop(), Some(Reading::Unknown { .. })), "{other}");
        }
    }
}
