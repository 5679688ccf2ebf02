//! Where on an exchange a leaked key is stopped and what it did can be read: the section `respond` of a profile.
//!
//! Every entry has the documentation it was read in and its day. What is not documented is not there, and whoever
//! responds to a leak is told so instead of being sent to an endpoint that nobody has seen.

use serde::Deserialize;

use crate::model::time::Period;

/// One way to do something: an endpoint, a page or a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Way {
    /// The endpoint as the exchange writes it, the path through the menus, or what is so.
    pub value: String,
    /// What it is for, where there are several: spot, futures, …
    pub about: Option<String>,
    /// What the caller needs.
    pub needs: Option<String>,
    /// How far back it reaches. Calendar months are written as 30 days, half a year as 180.
    pub reaches_back: Option<Period>,
    /// How much time one request can cover.
    pub per_request: Option<Period>,
    /// What else is worth knowing.
    pub note: Option<String>,
    /// The documentation that states it: an address, or a repository with its commit.
    pub source: String,
    /// The day of the edition that was read, or `undated`.
    pub date: String,
}

/// What can be done on an exchange about a leaked key. A list that is empty is not documented, which does not mean that it
/// cannot be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Playbook {
    /// The web page on which keys are managed.
    pub keys_page: Vec<Way>,
    /// How a key ends itself, or another one of its account.
    pub delete_key: Vec<Way>,
    /// How a key keeps its id and gets another secret.
    pub reset_secret: Vec<Way>,
    /// How the master account ends a key of a sub-account.
    pub delete_sub_account_key: Vec<Way>,
    /// How the master account freezes a whole sub-account.
    pub freeze_sub_account: Vec<Way>,
    /// How soon that has an effect.
    pub takes_effect: Vec<Way>,
    /// The open positions.
    pub positions: Vec<Way>,
    /// The open orders.
    pub open_orders: Vec<Way>,
    /// Cancels all of them.
    pub cancel_all_orders: Vec<Way>,
    /// Past orders, also those that were cancelled.
    pub order_history: Vec<Way>,
    /// What was traded.
    pub trade_history: Vec<Way>,
    /// What was withdrawn, or tried.
    pub withdrawal_history: Vec<Way>,
    /// Stops a withdrawal that has not left yet.
    pub cancel_withdrawal: Vec<Way>,
    /// What was moved between accounts, and what came in.
    pub transfer_history: Vec<Way>,
    /// The saved withdrawal addresses.
    pub addresses: Vec<Way>,
    /// Who signed in and what was changed.
    pub access_log: Vec<Way>,
    /// What a new password does to keys.
    pub on_password_change: Vec<Way>,
}

#[cfg(test)]
mod tests {
    use crate::document::{self, Node};
    use crate::exchanges::{READERS, profile};
    use crate::model::Exchange;
    use crate::text::TextId;

    #[test]
    fn every_way_has_its_source_and_day() {
        let (mut ways, mut exchanges) = (0, 0);
        for reader in READERS {
            let node =
                document::parse(TextId(0), reader.profile, 0..reader.profile.len()).unwrap_or_else(|_| panic!("{}", reader.exchange));
            let Some(section) = node.get("respond").and_then(Node::as_mapping) else { continue };
            exchanges += 1;
            for list in section {
                let entries = list.value.as_sequence().unwrap_or_else(|| panic!("{}: {:?}", reader.exchange, list.key.scalar()));
                assert!(!entries.is_empty(), "{}: {:?}", reader.exchange, list.key.scalar());
                for entry in entries {
                    let text = |name| entry.get(name).and_then(Node::scalar).unwrap_or("");
                    let dated = text("date") == "undated" || (text("date").len() == 10 && text("date").starts_with("20"));
                    let sourced = text("source").starts_with("https://") || text("source").contains('@');
                    assert!(dated && sourced && !text("value").is_empty(), "{}: {}", reader.exchange, text("value"));
                    ways += 1;
                }
            }
        }
        assert!(ways > 150 && exchanges >= 12, "{ways} {exchanges}");
    }

    #[test]
    fn a_section_names_at_least_where_orders_trades_and_withdrawals_are() {
        for reader in READERS.iter().filter(|r| r.profile.contains("\nrespond:")) {
            let ways = profile(reader.exchange).expect("a profile").respond();
            assert!(!ways.open_orders.is_empty() && !ways.cancel_all_orders.is_empty(), "{}", reader.exchange);
            assert!(!ways.trade_history.is_empty() && !ways.withdrawal_history.is_empty(), "{}", reader.exchange);
            assert!(!(ways.keys_page.is_empty() && ways.delete_sub_account_key.is_empty()), "{}", reader.exchange);
        }
        let deribit = profile(Exchange::Deribit).expect("a profile").respond();
        assert_eq!(deribit.access_log.first().map(|w| w.value.as_str()), Some("private/get_access_log"));
    }
}
