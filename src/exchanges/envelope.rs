//! The envelope: an answer of an exchange with what the answer itself does not say, wrapped by whoever saved it.

use serde::{Deserialize, Serialize};

use crate::document::{Kind, Node};
use crate::model::time::Time;
use crate::model::{Exchange, Fact, KeyId, Stated};
use crate::problem::Problem;
use crate::text::{nearest, quotable};

/// The envelope as it is written: all but `response` may be left out.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "keylint envelope", description = "An exchange's answer about its API keys, with what the answer itself does not say.")]
pub struct Written {
    /// The exchange that answered: `binance`, `bybit`, …
    pub exchange: Option<String>,
    /// The endpoint that was asked: `GET /sapi/v1/account/apiRestrictions`.
    pub endpoint: Option<String>,
    /// The account: its name in the declaration, or one of the exchange's ids for it.
    pub account: Option<String>,
    /// The id of the key, whole or masked, where the answer does not give it.
    pub key: Option<String>,
    /// When the answer was fetched, as RFC 3339: `2026-11-01T09:30:00Z`.
    pub fetched_at: Option<String>,
    /// The answer, as the exchange sent it.
    pub response: serde_json::Value,
}

/// The names of its fields.
pub(super) const FIELDS: [&str; 6] = ["exchange", "endpoint", "account", "key", "fetched_at", "response"];

/// An envelope that was read.
pub struct Envelope<'n> {
    /// The exchange.
    pub exchange: Stated<Exchange>,
    /// The endpoint.
    pub endpoint: Stated<String>,
    /// The account.
    pub account: Stated<String>,
    /// The key.
    pub key: Stated<KeyId>,
    /// When it was fetched.
    pub fetched_at: Stated<Time>,
    /// The answer.
    pub response: &'n Node<'n>,
    /// What was not understood.
    pub problems: Vec<Problem>,
}

impl<'n> Envelope<'n> {
    /// Reads an envelope; nothing where the node is none. Beside `response` there must be another field of the
    /// envelope, or nothing at all: answers have fields of that name too.
    pub fn open(node: &'n Node<'n>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else { return None };
        let response = node.get("response")?;
        let others = entries.iter().filter(|e| e.key.scalar().is_some_and(|k| k != "response" && FIELDS.contains(&k))).count();
        if others == 0 && entries.len() > 1 {
            return None;
        }
        let mut problems = Vec::new();
        for entry in entries {
            let name = entry.key.scalar().unwrap_or("");
            if !FIELDS.contains(&name) {
                let problem =
                    Problem::incomplete("unknown-field", entry.key.span, format!("{} is no field of an envelope", quotable(name)));
                problems.push(match nearest(name, &FIELDS) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help(format!("an envelope has {}", FIELDS.join(", "))),
                });
            }
        }
        let mut text = |name: &str| -> Stated<String> {
            let value = node.get(name).filter(|n| !n.is_null())?;
            match value.scalar() {
                Some(text) => Some(Fact::exported(text.to_owned(), value.span)),
                None => {
                    let message = format!("`{name}` of the envelope should be text, and is {}", value.kind_name());
                    problems.push(Problem::incomplete("wrong-type", value.span, message));
                    None
                }
            }
        };
        let (exchange, endpoint, account) = (text("exchange"), text("endpoint"), text("account"));
        let (key, fetched_at) = (text("key"), text("fetched_at"));
        // Reports print the account's name, so what could be a secret is none.
        let account = account.filter(|f| {
            let name = is_account_name(&f.value);
            if !name {
                let message = "this could be a secret, and is no name of an account: it was not used";
                let problem = Problem::incomplete("wrong-type", f.span().unwrap_or(node.span), message);
                problems.push(problem.help("write the account's name in the declaration, or the exchange's id for it"));
            }
            name
        });
        let exchange = exchange.and_then(|f| match Exchange::parse(&f.value) {
            Some(exchange) => Some(f.map(|_| exchange)),
            None => {
                let names: Vec<_> = Exchange::ALL.iter().map(|e| e.id()).collect();
                let span = f.span().unwrap_or(node.span);
                let help = format!("one of {}", names.join(", "));
                problems.push(
                    Problem::incomplete("unknown-exchange", span, "the envelope names an exchange that keylint does not know").help(help),
                );
                None
            }
        });
        let fetched_at = fetched_at.and_then(|f| match Time::parse(&f.value) {
            Ok(time) => Some(f.map(|_| time)),
            Err(_) => {
                let span = f.span().unwrap_or(node.span);
                problems.push(Problem::incomplete(
                    "wrong-type",
                    span,
                    "`fetched_at` should be a time such as 2026-11-01T09:30:00Z: read as unknown",
                ));
                None
            }
        });
        Some(Self { exchange, endpoint, account, key: key.map(|f| f.map(KeyId)), fetched_at, response, problems })
    }
}

/// Whether a text can be the name or id of an account: words and numbers of any length, and no run of letters and digits as
/// long as those of secrets. UUIDs, by which some exchanges name accounts, have none.
pub fn is_account_name(text: &str) -> bool {
    let secret = |run: &str| run.len() >= 20 && run.bytes().any(|b| b.is_ascii_digit()) && !run.bytes().all(|b| b.is_ascii_digit());
    text.chars().count() <= 128 && !text.split(|c: char| !c.is_ascii_alphanumeric()).any(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_are_told_from_secrets() {
        for name in
            ["bybit/copy", "417730652", "kraken/treasury-desk-2026-backup", "7f3a1c52-9b1d-4e66-8d0e-3a5c7b9d1e2f", "grid_2@example.org"]
        {
            assert!(is_account_name(name), "{name}");
        }
        for secret in ["q8Zk2VtY7mNc4LxRp0Ws9JdHb3Fg", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a/Zk2VtY7mNc4LxRp0Ws9JdHb3Fg=="] {
            assert!(!is_account_name(secret), "{secret}");
        }
    }
}
