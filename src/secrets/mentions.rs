//! Whom a file speaks of as a whole: hosts, imports, words for exchanges, and whether it is about trading at all. Worked
//! out only where a value has no better witness.

use super::catalogue::{Catalogue, VenueId};
use crate::text::Words;

/// What finds the words that mean an exchange.
pub struct Mentioner {
    words: Words,
    means: Vec<Means>,
}

#[derive(Clone, Copy)]
enum Means {
    Venue(VenueId, bool),
    Trading,
}

/// Words by which a file or a path says that it is about trading.
const TRADING: &[&str] = &[
    "exchange",
    "trading",
    "trader",
    "ccxt",
    "orderbook",
    "order_book",
    "spot",
    "futures",
    "perpetual",
    "usdt",
    "btc",
    "ticker",
    "kline",
    "arbitrage",
    "crypto",
    "wallet",
    "blockchain",
    "withdraw",
    "market_maker",
    "hedge",
    "grid_bot",
    "tradingview",
    "strategy",
    "web3",
    "binance",
];

/// What a text mentions.
#[derive(Default)]
pub struct Mentions {
    /// Places and who is meant, in order; the last says whether it is a host of a test net.
    pub venues: Vec<(usize, VenueId, bool)>,
    /// Whether it is about trading.
    pub trading: bool,
}

impl Mentioner {
    /// Prepares the words of a catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut means: Vec<Means> = Vec::new();
        for (venue, host, test) in catalogue.hosts() {
            words.push(host.to_owned());
            means.push(Means::Venue(venue, test));
        }
        let mut strong: Vec<(&str, VenueId)> = catalogue.strong_words().filter(|(w, _)| w.len() >= 3).collect();
        strong.sort_unstable();
        for (word, venue) in strong {
            words.push(word.to_owned());
            means.push(Means::Venue(venue, false));
        }
        for word in TRADING {
            words.push((*word).to_owned());
            means.push(Means::Trading);
        }
        Self { words: Words::new(&words, true), means }
    }
    /// Finds them.
    pub fn find(&self, bytes: &[u8]) -> Mentions {
        let mut out = Mentions::default();
        for hit in self.words.each(bytes) {
            let before = hit.start.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
            let first = bytes.get(hit.start).copied().unwrap_or(b' ');
            let after = bytes.get(hit.end).copied().unwrap_or(b' ');
            // `krakenfutures`, `BinanceClient` and `my_okx2` are mentions; `lokxyz` is none.
            let starts = !before.is_ascii_alphabetic() || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
            let ends = !after.is_ascii_lowercase() || hit.end - hit.start >= 6;
            match self.means.get(hit.word) {
                Some(Means::Venue(venue, test)) if starts && ends => out.venues.push((hit.start, *venue, *test)),
                Some(Means::Trading) => out.trading = true,
                _ => {}
            }
            if out.venues.len() > 20_000 {
                break;
            }
        }
        out.trading |= !out.venues.is_empty();
        out
    }
}
