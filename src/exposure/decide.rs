//! How an exchange decides a request: one pure function from what is asked and what is set to the check that stops it.
//!
//! The order is that of the exchange. It recalculates the signature first; without the secret nothing else is looked at.
//! Then it compares the operation with the key's permissions, the source with its IP whitelist and the request's time with
//! its own clock. A withdrawal is also compared with the saved addresses, with the hold on new ones, with what adding one
//! asks for, and with the day's limit. A fact that nobody stated stops nothing: the request is taken to be executed, and the
//! decision says what it took for granted.

use crate::model::Right;
use crate::model::ip::AddressSet;
use crate::model::money::Decimal;
use crate::model::time::Period;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Balances, orders, history.
    Read,
    /// Orders.
    Trade,
    /// Moves between own wallets and accounts.
    Transfer,
    /// Moves off the exchange.
    Withdraw,
}

impl Operation {
    /// All four, as they are listed.
    pub const ALL: [Self; 4] = [Self::Read, Self::Trade, Self::Transfer, Self::Withdraw];
    /// The right that it needs.
    pub fn right(self) -> Right {
        match self {
            Self::Read => Right::Read,
            Self::Trade => Right::Trade,
            Self::Transfer => Right::Transfer,
            Self::Withdraw => Right::Withdraw,
        }
    }
    /// The word for it.
    pub fn id(self) -> &'static str {
        self.right().id()
    }
}

/// What may stop a request, in the order in which an exchange looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The signature, which only the secret makes.
    Signature,
    /// Whether the key works at all: neither switched off nor expired.
    KeyStatus,
    /// The key's permissions.
    Permission,
    /// The source address.
    IpWhitelist,
    /// The time of the request, and the window in which it is valid.
    RequestTime,
    /// The list of addresses that withdrawals go to.
    AddressWhitelist,
    /// What adding an address to that list asks for besides the mailbox.
    SecondFactor,
    /// How long an added address waits.
    Hold,
    /// What may leave in a day.
    DailyLimit,
}

impl Check {
    /// All of them, in the exchange's order.
    pub const ALL: [Self; 9] = [
        Self::Signature,
        Self::KeyStatus,
        Self::Permission,
        Self::IpWhitelist,
        Self::RequestTime,
        Self::AddressWhitelist,
        Self::SecondFactor,
        Self::Hold,
        Self::DailyLimit,
    ];
    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::KeyStatus => "key-status",
            Self::Permission => "permission",
            Self::IpWhitelist => "ip-whitelist",
            Self::RequestTime => "request-time",
            Self::AddressWhitelist => "address-whitelist",
            Self::SecondFactor => "second-factor",
            Self::Hold => "hold",
            Self::DailyLimit => "daily-limit",
        }
    }
    /// In words, for a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::KeyStatus => "key status",
            Self::Permission => "permission",
            Self::IpWhitelist => "IP whitelist",
            Self::RequestTime => "request time",
            Self::AddressWhitelist => "address whitelist",
            Self::SecondFactor => "second factor",
            Self::Hold => "hold",
            Self::DailyLimit => "daily limit",
        }
    }
}

/// From where the request comes.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// From any address that its sender can get.
    Anywhere,
    /// From one of these.
    OneOf(&'a AddressSet),
    /// From where its sender is said to send, by the declaration or by the list that a service publishes. That the exchange
    /// would let nothing in from there only says that this is not the whole list.
    Said(&'a AddressSet),
    /// From where the key is used every day, wherever that is.
    WhereItIsUsed,
}

/// When the request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Just now.
    Fresh,
    /// It is an earlier one, sent again once it was found in a log or a dump.
    SentAgain,
}

/// Where a withdrawal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// To an address that is saved and usable: the owner's, or that of the request that is sent again.
    Saved,
    /// To a new one, which its sender adds in this way where there is a list, and for which he can wait so long.
    New {
        /// How he adds it.
        added: Adding,
        /// How long he can wait before somebody notices.
        waits: Period,
    },
}

/// How an address comes to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adding {
    /// Not at all.
    Impossible,
    /// With the key itself, whose permissions allow it.
    WithTheKey,
    /// Through the web page, confirmed from the owner's mailbox.
    FromTheMailbox,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What it asks for.
    pub operation: Operation,
    /// Whether it is signed with the key's secret.
    pub signed: bool,
    /// From where it comes.
    pub source: Source<'a>,
    /// When it was made.
    pub age: Age,
    /// Where it withdraws to; of no interest to other operations.
    pub recipient: Recipient,
}

/// From where a key may be used.
#[derive(Clone, Copy, Debug)]
pub enum Whitelist<'a> {
    /// From any address.
    Open,
    /// From these.
    Listed(&'a AddressSet),
    /// From these, which hold a range so wide that others get an address in it.
    Wide(&'a AddressSet),
    /// From some that the exchange does not name.
    Restricted,
}

/// What is set at the exchange; nothing where nobody stated it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings<'a> {
    /// Whether the key works.
    pub works: Option<bool>,
    /// Whether it has the right that the operation needs.
    pub permission: Option<bool>,
    /// From where it may be used.
    pub whitelist: Option<Whitelist<'a>>,
    /// Whether a request is valid for a time only, or once.
    pub times_requests: Option<bool>,
    /// Whether withdrawals go only to saved addresses.
    pub address_whitelist: Option<bool>,
    /// Whether adding an address asks for more than the mailbox.
    pub more_than_mailbox: Option<bool>,
    /// How long an added address waits; zero for not at all.
    pub hold: Option<Period>,
    /// What is left of the day's limit; the inner nothing is no limit.
    pub left_today: Option<Option<Decimal>>,
}

/// The exchange's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The check that stopped it; nothing where it was executed.
    pub stopped_by: Option<Check>,
    /// The checks that it passed only because nobody stated what they compare with.
    pub assumed: Vec<Check>,
}

impl Decision {
    /// Whether the operation was executed.
    pub fn is_executed(&self) -> bool {
        self.stopped_by.is_none()
    }
}

/// Decides a request. The first check that is known to fail stops it; one that is not known to fail lets it pass.
pub fn decide(request: &Request<'_>, settings: &Settings<'_>) -> Decision {
    let mut decision = Decision::default();
    for check in Check::ALL {
        match passes(check, request, settings) {
            Some(true) => {}
            Some(false) => {
                decision.stopped_by = Some(check);
                // What it took for granted before does not matter any more.
                decision.assumed.clear();
                break;
            }
            None => decision.assumed.push(check),
        }
    }
    decision
}

/// Whether a request passes one check; nothing where what it is compared with is not known.
fn passes(check: Check, request: &Request<'_>, settings: &Settings<'_>) -> Option<bool> {
    let withdraws = request.operation == Operation::Withdraw;
    let new = match request.recipient {
        Recipient::New { added, waits } if withdraws => Some((added, waits)),
        _ => None,
    };
    // Where withdrawals go anywhere, or may, no address has to be added.
    let adding = new.filter(|_| settings.address_whitelist == Some(true));
    match check {
        Check::Signature => Some(request.signed),
        // A key of which nothing says that it does not work, works: exchanges list few others.
        Check::KeyStatus => Some(settings.works.unwrap_or(true)),
        Check::Permission => settings.permission,
        Check::IpWhitelist => comes_in(request.source, settings.whitelist),
        Check::RequestTime if request.age == Age::Fresh => Some(true),
        Check::RequestTime => settings.times_requests.map(|timed| !timed),
        Check::AddressWhitelist => match new {
            Some((added, _)) => settings.address_whitelist.map(|on| !on || added != Adding::Impossible),
            None => Some(true),
        },
        Check::SecondFactor => match adding {
            Some((Adding::FromTheMailbox, _)) => settings.more_than_mailbox.map(|more| !more),
            _ => Some(true),
        },
        Check::Hold => match adding {
            Some((Adding::WithTheKey | Adding::FromTheMailbox, waits)) => settings.hold.map(|hold| hold.is_zero() || waits > hold),
            _ => Some(true),
        },
        Check::DailyLimit if withdraws => settings.left_today.map(|left| left.is_none_or(|l| !l.is_zero())),
        Check::DailyLimit => Some(true),
    }
}

/// Whether a source is let in; nothing where that is not known.
pub fn comes_in(source: Source<'_>, whitelist: Option<Whitelist<'_>>) -> Option<bool> {
    match (source, whitelist) {
        (Source::WhereItIsUsed, _) | (_, Some(Whitelist::Open)) | (Source::Anywhere, Some(Whitelist::Wide(_))) => Some(true),
        (_, None) => None,
        (Source::Anywhere, Some(Whitelist::Listed(_) | Whitelist::Restricted)) => Some(false),
        (Source::OneOf(_) | Source::Said(_), Some(Whitelist::Restricted)) => None,
        // Who can get an address in it does so, from wherever he sends otherwise.
        (Source::Said(_), Some(Whitelist::Wide(_))) => Some(true),
        (Source::Said(from), Some(Whitelist::Listed(set))) => from.ranges().any(|r| set.overlaps(&r)).then_some(true),
        (Source::OneOf(from), Some(Whitelist::Listed(set) | Whitelist::Wide(set))) => {
            let inside = from.ranges().any(|r| set.overlaps(&r));
            // An entry that is masked, or that no two tools read alike, may be the one.
            if inside || set.is_complete() { Some(inside) } else { None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ip::IpEntry;

    const SIGNED: Request<'static> =
        Request { operation: Operation::Read, signed: true, source: Source::Anywhere, age: Age::Fresh, recipient: Recipient::Saved };

    fn set(entries: &[&str]) -> AddressSet {
        AddressSet::of(entries.iter().map(|e| IpEntry::parse(e)).collect::<Vec<_>>().iter())
    }

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    /// Every combination of three-valued settings against a table of its own: the first "no" in the exchange's order stops
    /// the request, every "unknown" before an execution is named, and nothing else.
    #[test]
    fn the_truth_table() {
        let answers = [Some(true), Some(false), None];
        let listed = set(&["51.158.10.20"]);
        let day = period("1 day");
        let mut rows = 0;
        for operation in Operation::ALL {
            for signed in [true, false] {
                for works in answers {
                    for permission in answers {
                        for open in answers {
                            for timed in answers {
                                for age in [Age::Fresh, Age::SentAgain] {
                                    let whitelist = open.map(|o| if o { Whitelist::Open } else { Whitelist::Listed(&listed) });
                                    let request = Request { operation, signed, age, ..SIGNED };
                                    let settings = Settings {
                                        works,
                                        permission,
                                        whitelist,
                                        times_requests: timed,
                                        left_today: Some(None),
                                        ..Settings::default()
                                    };
                                    let time = if age == Age::Fresh { Some(true) } else { timed.map(|t| !t) };
                                    let table = [
                                        (Check::Signature, Some(signed)),
                                        (Check::KeyStatus, Some(works != Some(false))),
                                        (Check::Permission, permission),
                                        (Check::IpWhitelist, open),
                                        (Check::RequestTime, time),
                                    ];
                                    expect(&request, &settings, &table);
                                    rows += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
        for on in answers {
            for more in answers {
                for hold in [None, Some(Period::default()), Some(day), Some(period("2 days"))] {
                    for left in [None, Some(None), Some(Some(Decimal::ZERO)), Some(Some(Decimal::ONE))] {
                        for added in [Adding::Impossible, Adding::WithTheKey, Adding::FromTheMailbox] {
                            for waits in [day, period("36 hours")] {
                                let recipient = Recipient::New { added, waits };
                                let request = Request { operation: Operation::Withdraw, recipient, ..SIGNED };
                                let settings = Settings {
                                    permission: Some(true),
                                    whitelist: Some(Whitelist::Open),
                                    address_whitelist: on,
                                    more_than_mailbox: more,
                                    hold,
                                    left_today: left,
                                    ..Settings::default()
                                };
                                let adds = on == Some(true) && added != Adding::Impossible;
                                let asked = adds && added == Adding::FromTheMailbox;
                                let waited = hold.map(|h| h.is_zero() || waits > h);
                                let table = [
                                    (Check::AddressWhitelist, on.map(|on| !on || adds)),
                                    (Check::SecondFactor, if asked { more.map(|m| !m) } else { Some(true) }),
                                    (Check::Hold, if adds { waited } else { Some(true) }),
                                    (Check::DailyLimit, left.map(|l| l != Some(Decimal::ZERO))),
                                ];
                                expect(&request, &settings, &table);
                                rows += 1;
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(rows, 4 * 2 * 81 * 2 + 9 * 4 * 4 * 3 * 2);
    }

    fn expect(request: &Request<'_>, settings: &Settings<'_>, table: &[(Check, Option<bool>)]) {
        let stopped = table.iter().find(|(_, a)| *a == Some(false)).map(|(c, _)| *c);
        let assumed: Vec<Check> = match stopped {
            Some(_) => Vec::new(),
            None => table.iter().filter(|(_, a)| a.is_none()).map(|(c, _)| *c).collect(),
        };
        assert_eq!(decide(request, settings), Decision { stopped_by: stopped, assumed }, "{request:?} {settings:?}");
    }

    #[test]
    fn a_source_is_let_in_where_it_is_listed() {
        let (listed, masked) = (set(&["51.158.10.20"]), set(&["51.158.**.20"]));
        let (same, other) = (set(&["51.158.10.16/28"]), set(&["146.59.3.7"]));
        for (source, whitelist, answer) in [
            (Source::Anywhere, Some(Whitelist::Open), Some(true)),
            (Source::Anywhere, Some(Whitelist::Listed(&listed)), Some(false)),
            (Source::Anywhere, Some(Whitelist::Wide(&listed)), Some(true)),
            (Source::Anywhere, Some(Whitelist::Restricted), Some(false)),
            (Source::Anywhere, None, None),
            (Source::OneOf(&same), Some(Whitelist::Listed(&listed)), Some(true)),
            (Source::OneOf(&other), Some(Whitelist::Listed(&listed)), Some(false)),
            (Source::OneOf(&other), Some(Whitelist::Listed(&masked)), None),
            (Source::OneOf(&other), Some(Whitelist::Restricted), None),
            (Source::OneOf(&other), Some(Whitelist::Open), Some(true)),
            (Source::OneOf(&other), None, None),
            (Source::Said(&same), Some(Whitelist::Listed(&listed)), Some(true)),
            (Source::Said(&other), Some(Whitelist::Listed(&listed)), None),
            (Source::Said(&other), Some(Whitelist::Wide(&listed)), Some(true)),
            (Source::Said(&other), Some(Whitelist::Restricted), None),
            (Source::WhereItIsUsed, Some(Whitelist::Listed(&listed)), Some(true)),
            (Source::WhereItIsUsed, None, Some(true)),
        ] {
            assert_eq!(comes_in(source, whitelist), answer, "{source:?} {whitelist:?}");
        }
    }
}
