//! Alpaca (trading API): the account, its configuration, the saved addresses of crypto wallets. No answer describes a key,
//! so its keys are declared by hand; a pair of key and secret has the full rights of its account.
//!
//! Sources: Alpaca's specification as copied in api-evangelist/alpaca@501127e; alpaca.markets/docs.

use super::record::Record;
use super::{By, Payload, Reader};
use crate::model::{AddressStatus, Exchange, Fact};
use crate::problem::Problem;

pub const READER: Reader = Reader {
    exchange: Exchange::Alpaca,
    profile: include_str!("alpaca.yaml"),
    payloads: &[
        Payload::bare(
            "GET /v2/account",
            By::Fields {
                decides: &["account_number", "account_blocked", "trading_blocked", "transfers_blocked", "trade_suspended_by_user"],
                also: &[
                    "accrued_fees",
                    "admin_configurations",
                    "balance_asof",
                    "bod_dtbp",
                    "buying_power",
                    "cash",
                    "created_at",
                    "crypto_status",
                    "crypto_tier",
                    "currency",
                    "daytrade_count",
                    "daytrading_buying_power",
                    "effective_buying_power",
                    "equity",
                    "id",
                    "initial_margin",
                    "intraday_adjustments",
                    "last_equity",
                    "last_maintenance_margin",
                    "long_market_value",
                    "maintenance_margin",
                    "multiplier",
                    "non_marginable_buying_power",
                    "options_buying_power",
                    "options_trading_level",
                    "pattern_day_trader",
                    "pending_reg_taf_fees",
                    "pending_transfer_in",
                    "portfolio_value",
                    "position_market_value",
                    "regt_buying_power",
                    "short_market_value",
                    "shorting_enabled",
                    "sma",
                    "status",
                    "user_configurations",
                ],
                read: account,
            },
        ),
        Payload::bare(
            "GET /v2/account/configurations",
            By::Fields {
                decides: &["dtbp_check", "max_margin_multiplier", "no_shorting", "suspend_trade", "trade_confirm_email"],
                also: &["disable_overnight_trading", "fractional_trading", "pdt_check"],
                read: |_| (),
            },
        ),
        Payload::bare(
            "GET /v2/wallets/whitelists",
            By::Fields { decides: &["id", "chain", "asset", "address", "status", "created_at"], also: &[], read: address },
        ),
    ],
    error: |_| None,
};

/// What is blocked is the account's, and no right of any key.
fn account(record: &mut Record<'_, '_>) {
    let mut account = record.new_account();
    account.ids.extend(record.text("id"));
    account.ids.extend(record.text("account_number"));
    account.created = record.iso("created_at");
    account.frozen = record.flag("account_blocked");
    record.push_account(account);
}

fn address(record: &mut Record<'_, '_>) {
    let mut address = record.new_address();
    address.asset = record.text("asset");
    address.network = record.text("chain");
    address.address = record.text("address");
    address.added = record.iso("created_at");
    if let Some(word) = record.text("status") {
        let status = match word.value.as_str() {
            // `ACTIVE` is the older word.
            "APPROVED" | "ACTIVE" => Some(AddressStatus::Usable),
            "PENDING" => Some(AddressStatus::Waiting),
            _ => None,
        };
        if status.is_none() {
            let place = word.span().unwrap_or(record.span());
            let message = "`status` should be `APPROVED` or `PENDING`: read as unknown";
            record.problem(Problem::incomplete("unknown-value", place, message));
        }
        address.status = status.map(|value| Fact { value, from: word.from });
    }
    record.skip(&["id"]);
    record.push_address(address);
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::model::value;

    #[test]
    fn what_is_blocked_is_the_accounts() {
        let read = sample::harvest(READER.exchange, &sample::fixture(READER.exchange, "v2-account"));
        assert_eq!((read.keys.len(), read.accounts.len()), (0, 1));
        assert_eq!(value(&read.accounts[0].frozen), Some(&false));
        let read = sample::harvest(READER.exchange, &sample::fixture(READER.exchange, "v2-account-configurations"));
        assert_eq!((read.keys.len(), read.accounts.len()), (0, 0));
    }

    #[test]
    fn an_address_waits_until_it_is_approved() {
        let text = sample::fixture(READER.exchange, "v2-wallets-whitelists");
        let states = |text: &str| {
            let read = sample::harvest(READER.exchange, text);
            (read.addresses.iter().map(|a| value(&a.status).copied()).collect::<Vec<_>>(), read.problems.len())
        };
        assert_eq!(states(&text), (vec![Some(AddressStatus::Usable), Some(AddressStatus::Waiting)], 0));
        assert_eq!(states(&text.replace("PENDING", "SEEN")), (vec![Some(AddressStatus::Usable), None], 1));
    }
}
