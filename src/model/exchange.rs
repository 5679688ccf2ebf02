//! The exchanges, under one spelling each.

use serde::{Deserialize, Serialize};

macro_rules! exchanges {
    ($($name:ident $id:literal $title:literal [$($alias:literal),*]),* $(,)?) => {
        /// An exchange (or an on-chain venue with keys of its own).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum Exchange {
            $(#[doc = $title] $name),*
        }
        impl Exchange {
            /// All of them, by id.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// The id: what reports and declarations write.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }
            /// The name as the exchange writes it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
            /// Other spellings that are understood on input.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($alias),*]),* }
            }
        }
    };
}

exchanges! {
    Alpaca "alpaca" "Alpaca" [],
    Aster "aster" "Aster" [],
    Backpack "backpack" "Backpack" [],
    Binance "binance" "Binance" [],
    Bingx "bingx" "BingX" [],
    Bitfinex "bitfinex" "Bitfinex" [],
    Bitget "bitget" "Bitget" [],
    Bithumb "bithumb" "Bithumb" [],
    Bitmart "bitmart" "BitMart" [],
    Bitmex "bitmex" "BitMEX" [],
    Bitstamp "bitstamp" "Bitstamp" [],
    Bitvavo "bitvavo" "Bitvavo" [],
    Bybit "bybit" "Bybit" [],
    Coinbase "coinbase" "Coinbase" ["coinbase-exchange", "coinbase-advanced", "coinbase-prime", "coinbase-intx"],
    Coinex "coinex" "CoinEx" [],
    Cryptocom "cryptocom" "Crypto.com" ["crypto.com", "crypto-com"],
    Deribit "deribit" "Deribit" [],
    Dydx "dydx" "dYdX" [],
    Gate "gate" "Gate" ["gateio", "gate.io"],
    Gemini "gemini" "Gemini" [],
    Htx "htx" "HTX" ["huobi"],
    Hyperliquid "hyperliquid" "Hyperliquid" [],
    Kraken "kraken" "Kraken" ["kraken-futures", "krakenfutures"],
    Kucoin "kucoin" "KuCoin" ["kucoin-futures", "kucoinfutures"],
    Lbank "lbank" "LBank" [],
    Mexc "mexc" "MEXC" [],
    Okx "okx" "OKX" ["okex"],
    Paradex "paradex" "Paradex" [],
    Phemex "phemex" "Phemex" [],
    Poloniex "poloniex" "Poloniex" [],
    Upbit "upbit" "Upbit" [],
    Whitebit "whitebit" "WhiteBIT" [],
    Woox "woox" "WOO X" ["woo", "woo-x"],
}

impl Exchange {
    /// The exchange of a name, in any case, with the spellings that people use.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.iter().copied().find(|e| e.id() == name || e.aliases().contains(&name.as_str()))
    }
}

impl std::fmt::Display for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_every_spelling_leads_to_one_exchange() {
        let ids: Vec<_> = Exchange::ALL.iter().map(|e| e.id()).collect();
        assert!(ids.is_sorted());
        assert_eq!(Exchange::parse("Gate.io"), Some(Exchange::Gate));
        assert_eq!(Exchange::parse("okex"), Some(Exchange::Okx));
        assert_eq!(Exchange::parse("mtgox"), None);
    }
}
