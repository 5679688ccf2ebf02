//! Money: a decimal amount and a currency code, never a float.
//!
//! Two currencies are two things. They are compared or converted only where the declaration says what one is worth in
//! the other ([`Rates`]), and nothing here knows a price.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

pub use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const LONGEST_CODE: usize = 20;

/// An amount of zero or more of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Without trailing zeros, so that equal amounts are shown alike.
    amount: Decimal,
    /// In upper case.
    currency: String,
}

/// Why a text is not money. The messages never quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// A number alone.
    #[error("the currency is missing; write amount and currency, such as `5000 USDT`")]
    NoCurrency,
    /// Below zero.
    #[error("an amount is never negative")]
    Negative,
    /// `1_000`, `1,000`, `1 000`.
    #[error("digits are grouped; write them without `_`, `,` or spaces and decimals after a point, such as `5000.5 USDT`")]
    Grouped,
    /// `5e3`.
    #[error("an amount with an exponent; write out its digits, such as `5000 USDT`")]
    Exponent,
    /// More digits than a decimal holds.
    #[error("an amount of too many digits; 28 are kept")]
    TooLong,
    /// The second word is no currency code.
    #[error("a currency is a code of 1 to 20 letters and digits, such as `USDT`")]
    Currency,
    /// Anything else.
    #[error("expected an amount and a currency, such as `5000 USDT` or `0.5 BTC`")]
    NotMoney,
}

impl Money {
    /// An amount of a currency; the code may be in any case.
    ///
    /// # Errors
    /// A negative amount, or a code that is none.
    pub fn new(amount: Decimal, currency: &str) -> Result<Self, MoneyError> {
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(MoneyError::Negative);
        }
        Ok(Self { amount: amount.abs().normalize(), currency: code(currency)? })
    }

    /// Reads `5000 USDT`: digits with or without decimals, a space, a code in any case.
    ///
    /// # Errors
    /// What is wrong, with how to write it; never the text.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match *words.as_slice() {
            [amount, currency] => Self::new(decimal(amount)?, currency),
            [amount] => Err(decimal(amount).err().unwrap_or(MoneyError::NoCurrency)),
            [.., last] if words.iter().all(|w| is_digits(w) || *w == last) => Err(MoneyError::Grouped),
            _ => Err(MoneyError::NotMoney),
        }
    }

    /// The amount, zero or more.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency's code, in upper case.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Compares within one currency, or across two where the rates say how, by at most one common currency. Nothing
    /// when they do not, or when the amount has no number in it.
    pub fn compare(&self, other: &Self, rates: &Rates) -> Option<Ordering> {
        if let Some(other) = rates.convert(other, &self.currency) {
            return Some(self.amount.cmp(&other.amount));
        }
        if let Some(this) = rates.convert(self, &other.currency) {
            return Some(this.amount.cmp(&other.amount));
        }
        let common = rates.0.get(&self.currency)?.currency();
        Some(rates.convert(self, common)?.amount.cmp(&rates.convert(other, common)?.amount))
    }

    /// The sum; nothing when the currencies differ or the sum has too many digits.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let same = self.currency == other.currency;
        let amount = same.then(|| self.amount.checked_add(other.amount)).flatten()?;
        Some(Self { amount: amount.normalize(), currency: self.currency.clone() })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn decimal(text: &str) -> Result<Decimal, MoneyError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if is_digits(whole) && is_digits(decimals) {
        return Decimal::from_str_exact(text).map_err(|_| MoneyError::TooLong);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    Err(match unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').and_then(|at| unsigned.get(at..)) {
        _ if !is_numeric => MoneyError::NotMoney,
        _ if unsigned.len() < text.len() => MoneyError::Negative,
        Some(rest) if rest.starts_with(['_', ',', '\'']) => MoneyError::Grouped,
        Some(rest) if rest.strip_prefix(['e', 'E']).is_some_and(|e| is_digits(e.strip_prefix(['+', '-']).unwrap_or(e))) => {
            MoneyError::Exponent
        }
        _ => MoneyError::NotMoney,
    })
}

fn code(text: &str) -> Result<String, MoneyError> {
    let fits = (1..=LONGEST_CODE).contains(&text.len());
    if fits && text.bytes().all(|b| b.is_ascii_alphanumeric()) && !is_digits(text) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(MoneyError::Currency)
    }
}

/// What one unit of a currency is worth in another: `USDT: 1 USD`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<String, Money>);

/// Why rates are none. The messages never quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    /// The key is no currency code.
    #[error("a rate is for a currency: a code of 1 to 20 letters and digits, such as `USDT: 1 USD`")]
    Currency,
    /// Two keys are one currency in different case.
    #[error("a currency has two rates")]
    Twice,
    /// `USD: 1 USD`.
    #[error("a currency has a rate in itself")]
    Itself,
    /// `USDT: 1 USD` beside `USD: 1 USDT`.
    #[error("two currencies have rates in each other; keep one of the two")]
    EachOther,
    /// Worth nothing.
    #[error("a rate is above zero")]
    Zero,
}

impl Rates {
    /// Rates by currency. Each pair of currencies has at most one, so that a comparison has one answer.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(rates: impl IntoIterator<Item = (String, Money)>) -> Result<Self, RatesError> {
        let mut by_code = BTreeMap::new();
        for (currency, worth) in rates {
            let currency = code(currency.trim()).map_err(|_| RatesError::Currency)?;
            if worth.currency == currency {
                return Err(RatesError::Itself);
            }
            if worth.amount.is_zero() {
                return Err(RatesError::Zero);
            }
            if by_code.insert(currency, worth).is_some() {
                return Err(RatesError::Twice);
            }
        }
        let back = |currency: &str| by_code.get(currency).map(|w: &Money| w.currency.as_str());
        if by_code.iter().any(|(currency, worth)| back(&worth.currency) == Some(currency)) {
            return Err(RatesError::EachOther);
        }
        Ok(Self(by_code))
    }

    /// What `money` is by its currency's own rate; nothing where it has none, or where the amount gets too many digits.
    pub fn next(&self, money: &Money) -> Option<Money> {
        let worth = self.0.get(&money.currency)?;
        self.convert(money, &worth.currency)
    }

    /// What `money` is in `currency`: the same, or by its own rate. Rates are neither chained nor inverted.
    pub fn convert(&self, money: &Money, currency: &str) -> Option<Money> {
        if money.currency == currency {
            return Some(money.clone());
        }
        let worth = self.0.get(&money.currency).filter(|w| w.currency == currency)?;
        let amount = money.amount.checked_mul(worth.amount)?.normalize();
        Some(Money { amount, currency: worth.currency.clone() })
    }
}

/// A scalar that is a text, or something else, which is not quoted.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Self::parse(&text).map_err(D::Error::custom),
            Scalar::Other(IgnoredAny) => Err(D::Error::custom(MoneyError::NotMoney)),
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An amount and a currency.",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s+[0-9]*[A-Za-z][0-9A-Za-z]*\s*$",
            "examples": ["5000 USDT", "0.5 BTC"],
        })
    }
}

impl<'de> Deserialize<'de> for Rates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(BTreeMap::<String, Money>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Rates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Rates {
    fn schema_name() -> Cow<'static, str> {
        "Rates".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "What one unit of a currency is worth in another.",
            "propertyNames": { "pattern": "^[0-9]*[A-Za-z][0-9A-Za-z]*$" },
            "additionalProperties": generator.subschema_for::<Money>(),
            "examples": [{ "USDT": "1 USD" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn rates(pairs: &[(&str, &str)]) -> Result<Rates, RatesError> {
        Rates::new(pairs.iter().map(|(c, m)| ((*c).to_owned(), money(m))))
    }

    #[test]
    fn amounts_and_codes() {
        for (text, shown) in [
            ("5000 USDT", "5000 USDT"),
            ("0.5 BTC", "0.5 BTC"),
            ("  5000.00   usdt ", "5000 USDT"),
            ("0 USD", "0 USD"),
            ("0.00000001 BTC", "0.00000001 BTC"),
            ("007 1INCH", "7 1INCH"),
            ("79228162514264337593543950335 X", "79228162514264337593543950335 X"),
        ] {
            assert_eq!(money(text).to_string(), shown);
            assert_eq!(money(shown), money(text));
        }
    }

    #[test]
    fn what_is_not_money_says_why() {
        use MoneyError::*;
        for (text, error) in [
            ("5000", NoCurrency),
            ("0.5", NoCurrency),
            ("-5 USDT", Negative),
            ("-5", Negative),
            ("5_000 USDT", Grouped),
            ("5,000 USDT", Grouped),
            ("0,5 BTC", Grouped),
            ("5'000 CHF", Grouped),
            ("5 000 USDT", Grouped),
            ("5,000", Grouped),
            ("5e3 USDT", Exponent),
            ("1.5E-3 BTC", Exponent),
            ("0.00000000000000000000000000001 BTC", TooLong),
            ("79228162514264337593543950336 X", TooLong),
            ("5000 1000", Currency),
            ("5000 US$", Currency),
            ("5000 ABCDEFGHIJKLMNOPQRSTU", Currency),
            ("5000 ÜSD", Currency),
            ("", NotMoney),
            ("USDT 5000", NotMoney),
            ("$5000", NotMoney),
            ("5000USDT", NotMoney),
            (".5 BTC", NotMoney),
            ("5. BTC", NotMoney),
            ("+5 BTC", NotMoney),
            ("1.2.3 BTC", NotMoney),
            ("inf USD", NotMoney),
            ("NaN USD", NotMoney),
            ("five hundred USD", NotMoney),
            ("５ USD", NotMoney),
        ] {
            assert_eq!(Money::parse(text), Err(error), "{text}");
        }
        assert_eq!(Money::new(Decimal::NEGATIVE_ONE, "USD"), Err(Negative));
    }

    #[test]
    fn currencies_are_compared_only_by_rates() {
        let none = Rates::default();
        assert_eq!(money("5 USD").compare(&money("5.0 USD"), &none), Some(Ordering::Equal));
        assert_eq!(money("5 USD").compare(&money("4 USDT"), &none), None);
        let some = rates(&[("usdt", "1 USD"), ("USDC", "0.9 USD"), ("BTC", "100000 USDT"), ("EUR", "1.1 CHF")]).unwrap();
        for (left, right, order) in [
            ("5 USDT", "4 USD", Some(Ordering::Greater)),
            ("5 USDC", "4.5 USDT", Some(Ordering::Equal)),
            ("5 USDC", "4.6 USDT", Some(Ordering::Less)),
            ("1 BTC", "100001 USDT", Some(Ordering::Less)),
            ("1 BTC", "1 USD", None),
            ("1 BTC", "1 USDC", None),
            ("1 EUR", "1 USD", None),
            ("79228162514264337593543950335 EUR", "1 CHF", None),
        ] {
            let (left, right) = (money(left), money(right));
            assert_eq!(left.compare(&right, &some), order, "{left} {right}");
            assert_eq!(right.compare(&left, &some), order.map(Ordering::reverse), "{right} {left}");
        }
    }

    #[test]
    fn rates_have_one_answer_each() {
        assert_eq!(rates(&[("USD", "1 usd")]), Err(RatesError::Itself));
        assert_eq!(rates(&[("USDT", "0 USD")]), Err(RatesError::Zero));
        assert_eq!(rates(&[("USDT", "1 USD"), ("usdt", "2 EUR")]), Err(RatesError::Twice));
        assert_eq!(rates(&[("USDT", "1 USD"), ("USD", "1 USDT")]), Err(RatesError::EachOther));
        assert_eq!(rates(&[("US D", "1 EUR")]), Err(RatesError::Currency));
    }

    #[test]
    fn sums_stay_within_a_currency() {
        assert_eq!(money("1.5 USD").checked_add(&money("1.5 USD")), Some(money("3 USD")));
        assert_eq!(money("1 USD").checked_add(&money("1 USDT")), None);
        assert_eq!(money("79228162514264337593543950335 X").checked_add(&money("1 X")), None);
    }

    #[test]
    fn serde_takes_texts_only_and_quotes_nothing() {
        assert_eq!(serde_json::from_str::<Money>(r#""0.50 btc""#).unwrap(), money("0.5 BTC"));
        assert_eq!(serde_json::to_string(&money("0.50 btc")).unwrap(), r#""0.5 BTC""#);
        for text in [r#""7317 x y""#, "7317", "7317.5", "true", "null", "[7317]", r#"{"7317":7317}"#, r#""7317""#] {
            let error = serde_json::from_str::<Money>(text).unwrap_err().to_string();
            assert!(!error.contains("7317") && error.contains("5000 USDT"), "{error}");
        }
        let some: Rates = serde_json::from_str(r#"{"USDT":"1 USD"}"#).unwrap();
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"{"USDT":"1 USD"}"#);
        assert!(serde_json::from_str::<Rates>(r#"{"USD":"1 USD"}"#).is_err());
        let schema = schemars::schema_for!(Rates).to_value();
        assert!(schema.pointer("/$defs/Money/pattern").is_some());
    }
}
