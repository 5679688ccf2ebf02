//! How much: amounts by currency, and whether something unknown comes on top.
//!
//! Different currencies are never added, unless the policy's rates say what one is worth in another: then all are settled
//! in the currency that the rates lead to. Something unknown is never zero; it makes the whole "at least".

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::money::{Decimal, Money, Rates};

/// Amounts of several currencies, and how many more amounts are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    by_currency: BTreeMap<Arc<str>, Decimal>,
    /// How many balances nobody stated.
    unknown: usize,
}

impl Amounts {
    /// Nothing.
    pub fn zero() -> Self {
        Self::default()
    }
    /// One amount; nothing is one that nobody stated.
    pub fn of(money: Option<&Money>, rates: &Rates) -> Self {
        let mut out = Self::zero();
        match money.map(|m| settled(m, rates)) {
            Some(money) => drop(out.by_currency.insert(money.currency().into(), money.amount())),
            None => out.unknown = 1,
        }
        out
    }
    /// Something, and nobody knows how much.
    pub fn unknown() -> Self {
        Self { by_currency: BTreeMap::new(), unknown: 1 }
    }
    /// Adds others. A sum of more digits than a decimal holds counts as unknown on top.
    pub fn add(&mut self, other: &Self) {
        self.unknown += other.unknown;
        for (currency, amount) in &other.by_currency {
            let sum = self.by_currency.entry(currency.clone()).or_default();
            match sum.checked_add(*amount) {
                Some(total) => *sum = total,
                None => self.unknown += 1,
            }
        }
    }
    /// Takes away others that were added before.
    pub fn take(&mut self, other: &Self) {
        self.unknown = self.unknown.saturating_sub(other.unknown);
        for (currency, amount) in &other.by_currency {
            if let Some(sum) = self.by_currency.get_mut(currency) {
                *sum = sum.checked_sub(*amount).unwrap_or_default().max(Decimal::ZERO);
            }
        }
    }
    /// No more than a limit, counted in its own currency. What cannot be compared with it stays as it is, and what nobody
    /// knows is at most the limit.
    #[must_use]
    pub fn capped(mut self, limit: &Amounts) -> Self {
        let Some((currency, most)) = limit.by_currency.iter().next() else { return self };
        let here = self.by_currency.get(currency).copied().unwrap_or_default();
        let amount = if self.unknown > 0 { *most } else { here.min(*most) };
        if self.unknown > 0 || self.by_currency.contains_key(currency) {
            self.by_currency.insert(currency.clone(), amount);
        }
        self.unknown = 0;
        self
    }
    /// The smaller of two, currency by currency.
    #[must_use]
    pub fn least(&self, other: &Self) -> Self {
        let mut out = Self { by_currency: BTreeMap::new(), unknown: self.unknown.min(other.unknown) };
        let all = self.by_currency.keys().chain(other.by_currency.keys());
        for currency in all {
            let of = |a: &Self| match a.by_currency.get(currency) {
                Some(amount) if a.unknown == 0 => Some(*amount),
                None if a.unknown == 0 => Some(Decimal::ZERO),
                // Something unknown may be of this currency.
                _ => None,
            };
            let least = match (of(self), of(other)) {
                (Some(a), Some(b)) => a.min(b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => {
                    let known = |a: &Self| a.by_currency.get(currency).copied().unwrap_or_default();
                    known(self).max(known(other))
                }
            };
            out.by_currency.insert(currency.clone(), least);
        }
        out.by_currency.retain(|_, amount| !amount.is_zero());
        out
    }
    /// The larger of two, currency by currency.
    pub fn raise(&mut self, other: &Self) {
        self.unknown = self.unknown.max(other.unknown);
        for (currency, amount) in &other.by_currency {
            let here = self.by_currency.entry(currency.clone()).or_default();
            *here = (*here).max(*amount);
        }
    }
    /// What of this is not in `after`: what a change takes away.
    #[must_use]
    pub fn without(&self, after: &Self) -> Self {
        let mut out = Self { by_currency: BTreeMap::new(), unknown: if after.unknown > 0 { 0 } else { self.unknown } };
        for (currency, amount) in &self.by_currency {
            let left = after.by_currency.get(currency).copied().unwrap_or_default();
            if *amount > left {
                out.by_currency.insert(currency.clone(), amount.checked_sub(left).unwrap_or_default());
            }
        }
        out
    }
    /// Whether there is nothing: no amount, and nothing unknown.
    pub fn is_zero(&self) -> bool {
        self.unknown == 0 && self.by_currency.values().all(Decimal::is_zero)
    }
    /// Whether something unknown comes on top.
    pub fn is_open(&self) -> bool {
        self.unknown > 0
    }
    /// Whether no part of this is above that of `other`: something unknown is above everything.
    pub fn is_within(&self, other: &Self) -> bool {
        if other.unknown > 0 {
            return true;
        }
        self.unknown == 0
            && self.by_currency.iter().all(|(c, amount)| amount.is_zero() || other.by_currency.get(c).is_some_and(|o| amount <= o))
    }
    /// The amounts, by currency; those of zero too where nothing else is there.
    pub fn parts(&self) -> impl Iterator<Item = (&Arc<str>, Decimal)> {
        let all_zero = self.by_currency.values().all(Decimal::is_zero);
        self.by_currency.iter().map(|(c, a)| (c, *a)).filter(move |(_, a)| all_zero || !a.is_zero())
    }
    /// The amount of one currency.
    pub fn amount(&self, currency: &str) -> Decimal {
        self.by_currency.get(currency).copied().unwrap_or_default()
    }
    /// The order in which losses are listed, the largest last: by the amount of the main currency, by whether something
    /// unknown comes on top, then by the other currencies. Amounts of different currencies cannot be compared: this order
    /// says only what is read first.
    pub fn order(&self, other: &Self, main: Option<&str>) -> Ordering {
        let main = |a: &Self| main.map(|m| a.amount(m)).unwrap_or_default();
        main(self).cmp(&main(other)).then(self.unknown.min(1).cmp(&other.unknown.min(1))).then_with(|| {
            let rest = |a: &Self| a.by_currency.iter().map(|(c, d)| (c.clone(), *d)).filter(|(_, d)| !d.is_zero()).collect::<Vec<_>>();
            let (mine, theirs) = (rest(self), rest(other));
            mine.len().cmp(&theirs.len()).then_with(|| mine.cmp(&theirs))
        })
    }
}

/// `12000 USDT`, `at least 12000 USDT and 2 BTC`; `everything on it` where no amount is known.
impl std::fmt::Display for Amounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.parts().map(|(currency, amount)| format!("{} {currency}", grouped(amount))).collect();
        match (parts.as_slice(), self.is_open()) {
            ([], false) => f.write_str("nothing"),
            ([], true) => f.write_str("everything on it"),
            (_, open) => {
                let zero = self.by_currency.values().all(Decimal::is_zero);
                match (open, zero) {
                    // Of what is unknown, a known zero beside it says nothing.
                    (true, true) => f.write_str("everything on it"),
                    (true, false) => write!(f, "at least {}", parts.join(" + ")),
                    (false, _) => f.write_str(&parts.join(" + ")),
                }
            }
        }
    }
}

/// Digits in groups of three, for a person: `412,000.5`.
pub fn grouped(amount: Decimal) -> String {
    let text = amount.normalize().to_string();
    let (whole, decimals) = text.split_once('.').map_or((text.as_str(), None), |(w, d)| (w, Some(d)));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

/// An amount in the currency that the rates lead to. Rates that lead in a circle lead nowhere.
pub fn settled(money: &Money, rates: &Rates) -> Money {
    let mut seen = vec![money.currency().to_owned()];
    let mut here = money.clone();
    while let Some(next) = rates.next(&here) {
        if seen.iter().any(|c| c == next.currency()) {
            return money.clone();
        }
        seen.push(next.currency().to_owned());
        here = next;
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn all(parts: &[&str]) -> Amounts {
        let mut out = Amounts::zero();
        for part in parts {
            let money = (*part != "?").then(|| money(part));
            out.add(&Amounts::of(money.as_ref(), &Rates::default()));
        }
        out
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        for (parts, shown) in [
            (&["412000.50 USDT"][..], "412,000.5 USDT"),
            (&["999 USDT"], "999 USDT"),
            (&["2 BTC", "1000 USDT", "234 USDT"], "2 BTC + 1,234 USDT"),
            (&["?"], "everything on it"),
            (&["0 USDT", "?"], "everything on it"),
            (&["12000 USDT", "?"], "at least 12,000 USDT"),
            (&["0 USDT"], "0 USDT"),
            (&[], "nothing"),
        ] {
            assert_eq!(all(parts).to_string(), shown);
        }
    }

    #[test]
    fn a_limit_caps_its_own_currency_and_what_is_unknown() {
        let limit = all(&["5000 USDT"]);
        assert_eq!(all(&["12000 USDT"]).capped(&limit), limit);
        assert_eq!(all(&["1000 USDT"]).capped(&limit), all(&["1000 USDT"]));
        assert_eq!(all(&["?"]).capped(&limit), limit);
        assert_eq!(all(&["12000 USDT", "?", "2 BTC"]).capped(&limit), all(&["5000 USDT", "2 BTC"]));
        // An amount of another currency is not below a limit only because nobody said what it is worth.
        assert_eq!(all(&["2 BTC"]).capped(&limit), all(&["2 BTC"]));
    }

    #[test]
    fn rates_lead_to_one_currency() {
        let rates: Rates = serde_json::from_str(r#"{"USDT":"1 USD","BTC":"60000 USDT"}"#).unwrap();
        let mut sum = Amounts::of(Some(&money("1 BTC")), &rates);
        sum.add(&Amounts::of(Some(&money("5 USDT")), &rates));
        sum.add(&Amounts::of(Some(&money("5 USD")), &rates));
        assert_eq!(sum.to_string(), "60,010 USD");
        let circle: Rates = serde_json::from_str(r#"{"A":"1 B","B":"1 C","C":"1 A"}"#).unwrap();
        assert_eq!(Amounts::of(Some(&money("5 A")), &circle).to_string(), "5 A");
    }

    #[test]
    fn what_is_unknown_is_above_everything() {
        assert!(all(&["5 USDT"]).is_within(&all(&["?"])) && !all(&["?"]).is_within(&all(&["5 USDT"])));
        assert!(!all(&["5 BTC"]).is_within(&all(&["5 USDT"])) && all(&["0 BTC"]).is_within(&all(&[])));
        assert_eq!(all(&["12 USDT", "?"]).without(&all(&["5 USDT"])), all(&["7 USDT", "?"]));
        assert_eq!(all(&["12 USDT"]).least(&all(&["?", "3 USDT"])), all(&["12 USDT"]));
        assert_eq!(all(&["12 USDT", "1 BTC"]).least(&all(&["3 USDT"])), all(&["3 USDT"]));
    }
}
