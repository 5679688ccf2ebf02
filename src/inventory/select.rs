//! One key, chosen by whatever its owner calls it: the exchange, the id or as much of it as is at hand, the label, the
//! account. Whoever revokes a key must revoke the right one, so what could be two keys is none: all that fit are listed.

use std::fmt;

use super::{Inventory, KeyRecord};
use crate::document::Spanned;
use crate::model::{Exchange, KeyId};
use crate::text::{clean, label, nearest, quotable};

/// Fewer characters of an id than this choose nothing.
const SHORTEST: usize = 4;
/// So many of the keys that fit are listed.
const LISTED: usize = 20;

/// Why a name chose no key. Its words may be shown: ids are cut to their ends, and what was typed is described where it
/// could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unselected {
    /// No key is called so.
    None {
        /// What was asked for, in words.
        asked: String,
        /// What was probably meant.
        near: Option<String>,
        /// How many keys there are.
        of: usize,
    },
    /// Several keys fit.
    Several {
        /// What was asked for, in words.
        asked: String,
        /// The keys, in words, the first few.
        keys: Vec<String>,
        /// How many there are beyond those.
        more: usize,
    },
}

impl fmt::Display for Unselected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { of: 0, .. } => f.write_str("no key is known: name the exports or the folder that state it"),
            Self::None { asked, near, of } => {
                write!(f, "no key is called {asked}")?;
                match near {
                    Some(near) => write!(f, "; did you mean {near}?"),
                    None if *of == 1 => f.write_str("; one key is known, and `keylint keys` shows it"),
                    None => write!(f, "; {of} keys are known, and `keylint keys` lists them"),
                }
            }
            Self::Several { asked, keys, more } => {
                write!(f, "{} keys fit {asked}; name one of them by its id:", keys.len() + more)?;
                for key in keys {
                    write!(f, "\n  {key}")?;
                }
                if *more > 0 {
                    write!(f, "\n  and {more} more")?;
                }
                Ok(())
            }
        }
    }
}

impl Inventory {
    /// The key that a name chooses, by its place in `keys`. A name is an exchange that has one key; `exchange id`,
    /// `exchange:id`, or an id alone, whole, masked or its beginning; a label; an account that has one key; or the export
    /// that the declaration names for a key whose answer has no id.
    ///
    /// # Errors
    /// Where no key fits, or more than one does.
    pub fn select(&self, name: &str) -> Result<usize, Unselected> {
        let name = name.trim();
        let whole = |at: &usize| self.keys.get(*at).is_some_and(|key| is_whole(key, name));
        let mut fit: Vec<usize> = (0..self.keys.len()).filter(whole).collect();
        if fit.len() != 1 {
            fit = (0..self.keys.len()).filter(|at| self.keys.get(*at).is_some_and(|key| self.is_called(key, name))).collect();
        }
        match fit.as_slice() {
            [one] => Ok(*one),
            [] => Err(Unselected::None { asked: quotable(name).into_owned(), near: self.near(name), of: self.keys.len() }),
            many => Err(self.several(quotable(name).into_owned(), many)),
        }
    }

    /// The error that lists keys.
    pub fn several(&self, asked: String, keys: &[usize]) -> Unselected {
        let listed = keys.iter().take(LISTED).map(|at| self.key_name(*at)).collect();
        Unselected::Several { asked, keys: listed, more: keys.len().saturating_sub(LISTED) }
    }

    /// A key in words that may be shown: `binance vmPU…uEh8 (grid), account binance/grid`.
    pub fn key_name(&self, at: usize) -> String {
        let Some(key) = self.keys.get(at) else { return String::new() };
        let mut out = key.key.exchange.id().to_owned();
        match (key.id(), self.exports_of(key).next()) {
            (Some(id), _) => out.push_str(&format!(" {}", clean(&id.shown()))),
            (None, Some(export)) => out.push_str(&format!(" without an id, of {}", clean(&export.value))),
            (None, None) => out.push_str(" without an id"),
        }
        if let Some(own) = &key.key.label {
            out.push_str(&format!(" ({})", label(&own.value)));
        }
        let account = self.declared_accounts(key).first().map(|a| a.value.as_str());
        if let Some(account) = account.or_else(|| self.account_of(key).and_then(Self::account_name)) {
            out.push_str(&format!(", account {}", clean(account)));
        }
        out
    }

    /// The exports that the declaration names for a key.
    fn exports_of<'a>(&'a self, key: &'a KeyRecord) -> impl Iterator<Item = &'a Spanned<String>> {
        self.entries(key).filter_map(|e| e.value.export.as_ref())
    }

    fn is_called(&self, key: &KeyRecord, name: &str) -> bool {
        if Exchange::parse(name) == Some(key.key.exchange) || self.is_called_alone(key, name) {
            return true;
        }
        of_exchange(key.key.exchange, name).any(|rest| self.is_called_alone(key, rest)) || self.is_on(key, name)
    }

    /// Whether an id, a label or an export names the key.
    fn is_called_alone(&self, key: &KeyRecord, name: &str) -> bool {
        let own = key.key.label.as_ref().map(|l| l.value.trim());
        let labelled = own.is_some_and(|own| !own.is_empty() && own.to_lowercase() == name.to_lowercase());
        // The id as the export shows it, and as the declaration writes it: either may show more.
        let written = self.entries(key).filter_map(|e| crate::declaration::key_reference(&e.value.key.as_ref()?.value));
        let written: Vec<KeyId> = written.map(|(_, id)| KeyId(id.to_owned())).collect();
        let exported = self.exports_of(key).any(|e| e.value.trim_start_matches("./") == name.trim_start_matches("./"));
        labelled || exported || key.id().into_iter().chain(&written).any(|id| fits(id, name))
    }

    /// Whether an account is called so: by its name in the declaration, or by its exchange and one of the exchange's ids.
    fn is_on(&self, key: &KeyRecord, name: &str) -> bool {
        let Some((exchange, short)) = name.split_once('/') else { return false };
        if Exchange::parse(exchange) != Some(key.key.exchange) {
            return false;
        }
        let declared = self.declared_accounts(key).into_iter().map(|a| a.value.as_str());
        let declared = declared.chain(self.account_of(key).and_then(|a| a.declared.as_ref()).map(|d| d.value.as_str()));
        let named = declared.filter_map(|d| d.split_once('/')).any(|(_, own)| own.eq_ignore_ascii_case(short));
        let ids = self.account_of(key).map_or(&[][..], |a| a.account.ids.as_slice());
        named || ids.iter().any(|id| id.value == short)
    }

    /// What was probably meant, in words.
    fn near(&self, name: &str) -> Option<String> {
        let mut known: Vec<(&str, String)> = Vec::new();
        for (at, key) in self.keys.iter().enumerate() {
            let quoted = |word: &str| format!("`{}`", clean(word));
            known.push((key.key.exchange.id(), quoted(key.key.exchange.id())));
            known.extend(self.declared_accounts(key).into_iter().map(|a| (a.value.as_str(), quoted(&a.value))));
            known.extend(key.key.label.as_ref().map(|l| (l.value.as_str(), format!("`{}`", label(&l.value)))));
            known.extend(key.id().map(|id| (id.0.as_str(), self.key_name(at))));
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let rest = name.split_once([' ', ':']).map(|(_, rest)| rest.trim());
        let found = nearest(name, &words).or_else(|| nearest(rest?, &words))?;
        known.iter().find(|(word, _)| *word == found).map(|(_, shown)| shown.clone())
    }
}

/// What stands behind the name of an exchange: `exchange id`, `exchange:id`, `exchange label`.
fn of_exchange(exchange: Exchange, name: &str) -> impl Iterator<Item = &str> {
    let pairs = [name.split_once(char::is_whitespace), name.split_once(':')];
    let of_this = pairs.into_iter().flatten().filter(move |(word, _)| Exchange::parse(word) == Some(exchange));
    of_this.map(|(_, rest)| rest.trim()).filter(|rest| !rest.is_empty())
}

/// Whether a name is a whole id, with its exchange or without.
fn is_whole(key: &KeyRecord, name: &str) -> bool {
    let Some(id) = key.id().filter(|id| !id.is_masked()) else { return false };
    id.0 == name || of_exchange(key.key.exchange, name).any(|rest| id.0 == rest)
}

/// Whether a name is this id, or enough of it.
fn fits(id: &KeyId, name: &str) -> bool {
    if id.0 == name {
        return true;
    }
    let asked = KeyId(name.to_owned());
    let (head, tail) = asked.ends();
    if head.chars().count() + tail.chars().count() < SHORTEST {
        return false;
    }
    // A beginning of what is visible, or a masked form, or the whole of what an export masks.
    id.ends().0.starts_with(name) || ((asked.is_masked() || id.is_masked()) && id.fits(&asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::Declaration;
    use crate::inventory::join;
    use crate::model::{Fact, Key};
    use crate::text::{Span, TextId};

    /// Keys of these exchanges, ids and labels, with a declaration.
    fn inventory(keys: &[(Exchange, &str, &str)], declaration: &str) -> Inventory {
        let fact = |text: &str| Fact::exported(text.to_owned(), Span::new(TextId(0), 0, 1));
        let made = keys.iter().map(|(exchange, id, label)| {
            let mut key = Key::new(*exchange);
            key.id = (!id.is_empty()).then(|| Fact::exported(KeyId((*id).to_owned()), Span::new(TextId(0), 0, 1)));
            key.label = (!label.is_empty()).then(|| fact(label));
            Box::new(key)
        });
        let evidence = crate::inventory::Evidence {
            text: TextId(0),
            path: "exports/all.json".into(),
            keys: made.collect(),
            accounts: Vec::new(),
            addresses: Vec::new(),
        };
        let declaration = (!declaration.is_empty()).then(|| Declaration::read(TextId(1), declaration).expect("a declaration"));
        join(vec![evidence], declaration).0
    }

    const GRID: &str = "Vfh9zdScQm2Lx84KpTn7uEh8";
    const TWIN: &str = "Vfh9Qw7RtY3Zb61MnKp5uEh8";
    const MAKER: &str = "KTlLlNa7pQ3vXz81";

    fn desk() -> Inventory {
        inventory(
            &[
                (Exchange::Binance, GRID, "grid"),
                (Exchange::Binance, TWIN, "arbitrage"),
                (Exchange::Bybit, MAKER, "maker"),
                (Exchange::Gate, "8f8f…60ae", "grid"),
                (Exchange::Okx, "", "monitor"),
            ],
            &format!(
                "version: 1\naccounts:\n  binance/grid: {{ purpose: trading }}\n  binance/main: {{ purpose: storage }}\nkeys:\n  - {{ key: binance {GRID}, account: binance/grid }}\n  - {{ key: \"gate 8f8fddfc…\" }}\n"
            ),
        )
    }

    #[test]
    fn a_key_is_chosen_by_each_of_its_names() {
        let desk = desk();
        let chosen = |name: &str| desk.select(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        for name in [
            GRID,
            "Vfh9z",
            "Vfh9zd…uEh8",
            "Vfh9zd...",
            "binance Vfh9zdSc",
            "Binance:Vfh9zdScQm2Lx84KpTn7uEh8",
            "binance grid",
            "binance/grid",
            "BINANCE/Grid",
        ] {
            assert_eq!(chosen(name), 0, "{name}");
        }
        for name in ["bybit", "ByBit", "maker", "Maker", "KTlL", "bybit KTlL…Xz81", " bybit "] {
            assert_eq!(chosen(name), 2, "{name}");
        }
        // Of this one exports show the ends, and the declaration more of the beginning; the exchange has other spellings.
        for name in ["gate.io", "8f8f", "8f8fddfc", "gateio:8f8f…60ae", "8f8fddfc4b1e60ae", "gate grid"] {
            assert_eq!(chosen(name), 3, "{name}");
        }
        for name in ["okx", "okex", "monitor", "okx:monitor"] {
            assert_eq!(chosen(name), 4, "{name}");
        }
    }

    #[test]
    fn several_that_fit_are_listed_and_no_id_is_shown_whole() {
        let desk = desk();
        for (name, first, second) in [
            ("binance", "binance Vfh9…uEh8 (grid), account binance/grid", "binance Vfh9…uEh8 (arbitrage)"),
            ("Vfh9…uEh8", "binance Vfh9…uEh8 (grid), account binance/grid", "binance Vfh9…uEh8 (arbitrage)"),
            ("grid", "binance Vfh9…uEh8 (grid), account binance/grid", "gate 8f…ae (grid)"),
        ] {
            let error = desk.select(name).expect_err(name).to_string();
            assert!(error.starts_with(&format!("2 keys fit `{name}`")), "{error}");
            assert!(error.contains(first) && error.contains(second), "{error}");
            assert!(!error.contains(GRID) && !error.contains(TWIN), "{error}");
        }
    }

    #[test]
    fn what_fits_nothing_has_the_nearest_name_and_shows_nothing_long() {
        let desk = desk();
        let told = |name: &str| desk.select(name).expect_err(name).to_string();
        assert_eq!(told("bybt"), "no key is called `bybt`; did you mean `bybit`?");
        assert_eq!(told("binance/gird"), "no key is called `binance/gird`; did you mean `binance/grid`?");
        assert_eq!(told("binance:arbitrag"), "no key is called `binance:arbitrag`; did you mean `arbitrage`?");
        assert_eq!(told("KTlLlNa7pQ3vXz18"), "no key is called `KTlLlNa7pQ3vXz18`; did you mean bybit KTlL…Xz81 (maker)?");
        // Three characters of an id are too few; an exchange without keys has none; an account may have none.
        for name in ["KTl", "K…1", "*", "…", "", "kraken", "binance/main", "bybit:"] {
            assert!(matches!(desk.select(name), Err(Unselected::None { .. })), "{name}");
        }
        // What was pasted by mistake may be a secret.
        let secret = "a71M0EUKzNs2TkRTxzHHZmT4q8Wv";
        assert!(!told(secret).contains(secret));
        assert!(inventory(&[], "").select("x").expect_err("nothing").to_string().starts_with("no key is known"));
    }

    #[test]
    fn a_whole_id_is_its_key_whatever_else_begins_with_it_and_labels_never_hide_an_exchange() {
        let two =
            inventory(&[(Exchange::Kraken, "abcdef", ""), (Exchange::Kraken, "abcdefgh", ""), (Exchange::Htx, "q1w2e3", "kraken")], "");
        assert_eq!(two.select("abcdef"), Ok(0));
        assert_eq!(two.select("kraken:abcdef"), Ok(0));
        assert!(two.select("abcde").is_err());
        let one = inventory(&[(Exchange::Kraken, "abcdef", ""), (Exchange::Htx, "q1w2e3", "kraken")], "");
        assert!(matches!(one.select("kraken"), Err(Unselected::Several { .. })));
        assert_eq!(one.select("kraken:abcdef"), Ok(0));
        assert_eq!(one.select("htx kraken"), Ok(1));
    }

    #[test]
    fn hostile_names_are_cleaned() {
        let odd = inventory(&[(Exchange::Kraken, "abcdef", "x\u{1b}[31m\ny"), (Exchange::Kraken, "abcxyz", "##[error]z")], "");
        let told = odd.select("kraken").expect_err("two").to_string();
        assert!(!told.contains('\u{1b}') && !told.contains("##[") && told.lines().count() == 3, "{told}");
    }
}
