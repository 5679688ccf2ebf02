//! BitMart: the saved withdrawal addresses. No answer describes a key, so its keys are declared by hand.
//!
//! Sources: developer-pro.bitmart.com (Withdraw Address (KEYED), 2025-02-11; API key permission settings; FAQ).

use super::record::Record;
use super::{By, Payload, Reader};
use crate::document::Node;
use crate::model::Exchange;

pub const READER: Reader = Reader {
    exchange: Exchange::Bitmart,
    profile: include_str!("bitmart.yaml"),
    payloads: &[Payload {
        endpoint: "GET /account/v1/withdraw/address/list",
        at: &["data", "list"],
        around: &[("code", "1000")],
        by: By::Fields {
            decides: &["network", "address", "remark", "addressType", "verifyStatus"],
            also: &["currency", "memo"],
            read: address,
        },
        made_at: None,
        page: None,
    }],
    error,
};

/// Every answer has a trace, and any code but 1000 is an error.
fn error(node: &Node<'_>) -> Option<String> {
    node.get("trace")?;
    node.get("message")?;
    let code = node.get("code")?.as_int().filter(|c| *c != 1000)?;
    Some(format!("code {code}"))
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("currency");
    address.network = record.text("network");
    address.address = record.text("address");
    address.memo = record.text_or_empty("memo");
    address.label = record.text("remark");
    let verified = record.flag_or_int("verifyStatus");
    address.status = record.usable_if(&verified);
    record.skip(&["addressType"]);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::{AddressStatus, value};

    #[test]
    fn an_address_that_is_not_verified_is_not_confirmed() {
        let read = sample::harvest(READER.exchange, &sample::fixture(READER.exchange, "withdraw-address-list"));
        let states: Vec<_> = read.addresses.iter().map(|a| value(&a.status).copied()).collect();
        assert_eq!(states, [Some(AddressStatus::Usable), Some(AddressStatus::Unconfirmed)]);
    }

    #[test]
    fn success_is_1000_and_no_error() {
        let says = |text: &str| (READER.error)(&crate::document::parse(crate::text::TextId(0), text, 0..text.len()).ok().unwrap());
        assert_eq!(says(r#"{"message": "OK", "code": 1000, "trace": "x", "data": {}}"#), None);
        assert_eq!(says(r#"{"message": "x", "code": 30005, "trace": "x", "data": {}}"#).as_deref(), Some("code 30005"));
    }
}
