//! Trading pairs, compared across spellings: `BTC/USDT`, `BTC_USDT`, `BTC-USDT` and `BTCUSDT` are one pair.

/// The letters and digits of a pair, in upper case: what two spellings of one pair share.
pub fn canonical(pair: &str) -> String {
    pair.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Whether two spellings name one pair. With a separator in both, `USDT_BTC` is not `BTC_USDT`: the order has meaning.
pub fn same(a: &str, b: &str) -> bool {
    canonical(a) == canonical(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_pair_are_one() {
        assert!(same("BTC/USDT", "btc_usdt"));
        assert!(same("BTCUSDT", "BTC-USDT"));
        assert!(!same("BTC/USDT", "BTC/USDC"));
        assert!(!same("USDT_BTC", "BTC_USDT"));
    }
}
