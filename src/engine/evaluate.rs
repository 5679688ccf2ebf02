//! One condition, one subject, one of three answers.
//!
//! Kleene's logic: `all` is no as soon as one part is no, yes when all are yes, else unknown; `any` the other way round;
//! `exists` is the `any` of a list, and a list of which members may be missing is never a no.

use super::Context;
use super::fact::{Asked, Got, Item};
use crate::model::FieldName;
use crate::model::money::Money;
use crate::rules::condition::{Age, Condition, Test, Width};
use crate::rules::vocabulary::{FactId, ItFact, Subject};

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// A fact that it needs is unknown.
    Unstated,
}

impl Answer {
    fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unstated => Self::Unstated,
        }
    }
    /// `all`.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unstated,
        }
    }
    /// `any`.
    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

impl Context<'_> {
    /// The answer to a fact.
    pub(super) fn fact<'a>(&'a self, asked: Asked, fact: FactId) -> Option<Got<'a>> {
        match asked {
            Asked::Key(at) => self.key_fact(at, fact),
            Asked::Account(at) => self.account_fact(at, fact),
            Asked::ThirdParty(at) => self.party_fact(at, fact),
            Asked::Address(at) => self.address_fact(at, fact),
            Asked::Transfer(at) => self.transfer_fact(at, fact),
            Asked::Exchange(exchange) => self.exchange_fact(exchange, fact),
            Asked::Secret(at) => self.secret_fact(at, fact),
            Asked::Window(at) => self.window_fact(at, fact),
            Asked::Estate => self.estate_fact(fact),
        }
    }

    /// Whether a condition holds of a subject; `it` is the member at hand.
    pub(super) fn holds(&self, condition: &Condition, asked: Asked, it: Option<&Item<'_>>) -> Answer {
        match condition {
            Condition::All(parts) => {
                let mut answer = Answer::Yes;
                for part in parts {
                    answer = answer.and(self.holds(part, asked, it));
                    if answer == Answer::No {
                        break;
                    }
                }
                answer
            }
            Condition::Any(parts) => {
                let mut answer = Answer::No;
                for part in parts {
                    answer = answer.or(self.holds(part, asked, it));
                    if answer == Answer::Yes {
                        break;
                    }
                }
                answer
            }
            Condition::Not(part) => self.holds(part, asked, it).not(),
            Condition::Exists(list, part) => match self.fact(asked, *list) {
                Some(Got::List(members)) => {
                    let start = if members.complete { Answer::No } else { Answer::Unstated };
                    members.items.iter().fold(start, |answer, item| answer.or(self.holds(part, asked, Some(item))))
                }
                _ => Answer::Unstated,
            },
            Condition::Fact(fact, test) => match self.fact(asked, *fact) {
                Some(got) => self.passes(&got, test, asked),
                None => Answer::Unstated,
            },
            Condition::It(fact, _, test) => {
                let got = match (asked, it) {
                    (Asked::Key(at), Some(item)) => self.key_it(at, item, *fact),
                    _ => None,
                };
                got.map_or(Answer::Unstated, |got| self.passes(&got, test, asked))
            }
        }
    }

    fn passes(&self, got: &Got<'_>, test: &Test, asked: Asked) -> Answer {
        match (got, test) {
            (Got::Bool(value), Test::Is(wanted)) => Answer::of(value == wanted),
            (Got::Word(word), Test::OneOf(words)) => Answer::of(words.iter().any(|w| w == word)),
            (Got::Word(word), Test::NoneOf(words)) => Answer::of(!words.iter().any(|w| w == word)),
            (Got::Tasks(tasks), Test::OneOf(words) | Test::NoneOf(words)) => {
                let within = tasks.iter().filter(|t| words.iter().any(|w| w == t.id())).count();
                let answer = match within {
                    0 => Answer::No,
                    n if n == tasks.len() => Answer::Yes,
                    _ => Answer::Unstated,
                };
                if matches!(test, Test::OneOf(_)) { answer } else { answer.not() }
            }
            (Got::Words(words), Test::Only(wanted)) => Answer::of(!words.is_empty() && words.iter().all(|w| wanted.iter().any(|x| x == w))),
            (Got::Words(words), Test::Empty(wanted)) => Answer::of(words.is_empty() == *wanted),
            (Got::Time(time), Test::OlderThan(age)) => {
                let period = match age {
                    Age::Fixed(period) => *period,
                    Age::RotateAfter => self.policy.rotate_after(),
                    Age::StaleAfter => self.policy.stale_after(),
                };
                Answer::of(*time + period < self.now)
            }
            (Got::Time(time), Test::Within(period)) => Answer::of(*time > self.now && *time <= self.now + *period),
            (Got::Time(time), Test::Passed(wanted)) => Answer::of((*time <= self.now) == *wanted),
            (Got::Never, Test::OlderThan(_) | Test::Within(_)) => Answer::No,
            (Got::Never, Test::Passed(wanted)) => Answer::of(!wanted),
            (Got::Hold(hold), Test::None(wanted)) => Answer::of((hold.period().is_zero()) == *wanted),
            (Got::Limit(limit), Test::None(wanted)) => Answer::of(limit.is_none() == *wanted),
            (Got::Limit(limit), Test::Above(other) | Test::AtLeast(other)) => {
                self.compare(*limit, *other, asked, matches!(test, Test::AtLeast(_)))
            }
            (Got::Addresses(set), Test::Everything(wanted)) => {
                if set.is_everything() {
                    Answer::of(*wanted)
                } else if set.is_complete() {
                    Answer::of(!wanted)
                } else {
                    Answer::Unstated
                }
            }
            (Got::Addresses(set), Test::WiderThan(width)) => {
                let (v4, v6) = match width {
                    Width::Policy => self.policy.widest(),
                    Width::Fixed { ipv4, ipv6 } => (*ipv4, *ipv6),
                };
                if set.wider_than(v4, v6) {
                    Answer::Yes
                } else if set.is_complete() {
                    Answer::No
                } else {
                    Answer::Unstated
                }
            }
            (Got::List(members), Test::Empty(wanted)) => match (members.items.is_empty(), members.complete) {
                (false, _) => Answer::of(!wanted),
                (true, true) => Answer::of(*wanted),
                (true, false) => Answer::Unstated,
            },
            (Got::List(members), Test::MoreThan(n)) => match (members.items.len() > *n, members.complete) {
                (true, _) => Answer::Yes,
                (false, true) => Answer::No,
                (false, false) => Answer::Unstated,
            },
            // The loader lets no other pair through.
            _ => Answer::Unstated,
        }
    }

    /// An amount against another. No limit is above every amount; amounts in currencies that no rate joins are unknown.
    fn compare(&self, own: Option<&Money>, other: FactId, asked: Asked, or_equal: bool) -> Answer {
        let Some(Got::Limit(other)) = self.fact(asked, other) else { return Answer::Unstated };
        match (own, other) {
            (None, _) => Answer::Yes,
            // Against "none": any amount is more than no regular payout.
            (Some(_), None) => Answer::Yes,
            (Some(own), Some(other)) => match own.compare(other, &self.policy.rates) {
                Some(order) => Answer::of(order.is_gt() || (or_equal && order.is_eq())),
                None => Answer::Unstated,
            },
        }
    }

    /// The facts that keep a condition from an answer.
    pub(super) fn missing(&self, condition: &Condition, asked: Asked, it: Option<&Item<'_>>, out: &mut Vec<FieldName>) {
        if self.holds(condition, asked, it) != Answer::Unstated {
            return;
        }
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|p| self.missing(p, asked, it, out)),
            Condition::Not(part) => self.missing(part, asked, it, out),
            Condition::Exists(list, part) => match self.fact(asked, *list) {
                Some(Got::List(members)) => {
                    if !members.complete {
                        out.push(list.field());
                    }
                    members.items.iter().for_each(|i| self.missing(part, asked, Some(i), out));
                }
                _ => out.push(list.field()),
            },
            Condition::Fact(fact, test) => {
                out.push(fact.field());
                if let Test::Above(other) | Test::AtLeast(other) = test
                    && self.fact(asked, *fact).is_some()
                {
                    out.pop();
                    out.push(other.field());
                }
            }
            Condition::It(fact, field, _) => out.push(match (fact, it) {
                (ItFact::Granted, Some(Item::Right(right))) => right.field(),
                (ItFact::Granted, None) => FieldName::NativePermissions,
                _ => *field,
            }),
        }
    }

    /// The members of the lists that a condition searched for which it holds.
    pub(super) fn matches<'a>(&'a self, condition: &Condition, asked: Asked, out: &mut Vec<(FactId, Item<'a>)>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|p| self.matches(p, asked, out)),
            Condition::Exists(list, part) => {
                if let Some(Got::List(members)) = self.fact(asked, *list) {
                    let found = members.items.into_iter().filter(|i| self.holds(part, asked, Some(i)) == Answer::Yes);
                    out.extend(found.map(|i| (*list, i)));
                }
            }
            Condition::Not(_) | Condition::Fact(..) | Condition::It(..) => {}
        }
    }

    /// Whom a rule about `subject` is asked about.
    pub(super) fn subjects(&self, subject: Subject) -> Vec<Asked> {
        let declaration = self.inventory.declaration.as_ref();
        match subject {
            Subject::Key => (0..self.inventory.keys.len()).map(Asked::Key).collect(),
            Subject::Account => (0..self.inventory.accounts.len()).map(Asked::Account).collect(),
            Subject::ThirdParty => (0..declaration.map_or(0, |d| d.third_parties.len())).map(Asked::ThirdParty).collect(),
            Subject::Address => (0..self.inventory.addresses.len()).map(Asked::Address).collect(),
            Subject::Transfer => (0..declaration.map_or(0, |d| d.transfers.len())).map(Asked::Transfer).collect(),
            Subject::Exchange => self.inventory.exchanges().into_iter().map(Asked::Exchange).collect(),
            Subject::Secret => (0..self.inventory.secrets.len()).map(Asked::Secret).collect(),
            Subject::RequestWindow => (0..self.inventory.windows.len()).map(Asked::Window).collect(),
            Subject::Estate => vec![Asked::Estate],
        }
    }
}
