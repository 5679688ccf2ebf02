//! The ways in which a key's secret leaks, and the request that each makes possible.

use super::decide::{Adding, Age, Operation, Recipient, Request, Settings, Source};
use super::estate::{AccountFacts, Estate, KeyFacts};

/// A way to leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Key and secret, used from anywhere.
    KeyAndSecret,
    /// Key and secret, and the owner's mailbox is taken over.
    Mailbox,
    /// The server of the key's system is taken over.
    Server,
    /// The servers of the third party that holds the key are taken over.
    ThirdParty,
    /// A request is recorded, and sent again later.
    Replay,
    /// The id of the key alone.
    KeyIdOnly,
}

impl Way {
    /// All six, as they are listed.
    pub const ALL: [Self; 6] = [Self::KeyAndSecret, Self::Mailbox, Self::Server, Self::ThirdParty, Self::Replay, Self::KeyIdOnly];
    /// The word for it in documents.
    pub fn id(self) -> &'static str {
        match self {
            Self::KeyAndSecret => "key-and-secret",
            Self::Mailbox => "mailbox",
            Self::Server => "server",
            Self::ThirdParty => "third-party",
            Self::Replay => "replay",
            Self::KeyIdOnly => "key-id-only",
        }
    }
    /// In words, for a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::KeyAndSecret => "key and secret leak",
            Self::Mailbox => "key, secret and mailbox",
            Self::Server => "its server is taken over",
            Self::ThirdParty => "its third party is taken over",
            Self::Replay => "a recorded request is sent again",
            Self::KeyIdOnly => "only the key id leaks",
        }
    }
}

/// What is asked of the exchange when a key leaks in a way.
pub fn request<'a>(estate: &Estate<'_>, key: &KeyFacts<'a>, way: Way, operation: Operation) -> Request<'a> {
    let added = match way {
        _ if key.adds_addresses => Adding::WithTheKey,
        Way::Mailbox => Adding::FromTheMailbox,
        _ => Adding::Impossible,
    };
    let new = Recipient::New { added, waits: estate.noticed };
    let from = |source| Request { operation, signed: true, source, age: Age::Fresh, recipient: new };
    match way {
        Way::KeyAndSecret | Way::Mailbox => from(Source::Anywhere),
        Way::Server => from(key.server),
        // Who does not have the secret cannot sign.
        Way::ThirdParty => key.party.map_or(Request { signed: false, ..from(Source::Anywhere) }, from),
        // Where it goes to is signed with it.
        Way::Replay => Request { age: Age::SentAgain, recipient: Recipient::Saved, ..from(Source::Anywhere) },
        Way::KeyIdOnly => Request { signed: false, ..from(Source::Anywhere) },
    }
}

/// What is set at the exchange for a key and an operation.
pub fn settings<'a>(estate: &Estate<'_>, key: &KeyFacts<'a>, way: Way, operation: Operation) -> Settings<'a> {
    let account = estate.account_of(key);
    // Who makes keys makes one on whatever account is protected least, in each respect.
    let family = account.and_then(|a| estate.families.get(a.family)).filter(|_| key.administers && way != Way::Replay);
    let guards: Vec<&AccountFacts> = match family {
        Some(family) => family.members.iter().filter_map(|m| estate.accounts.get(*m)).collect(),
        None => account.into_iter().collect(),
    };
    let left = |a: &AccountFacts| a.limit.as_ref().map(|l| l.as_ref().map(crate::model::money::Money::amount));
    let no_limit = guards.iter().any(|a| matches!(left(a), Some(None)));
    let most = guards.iter().map(|a| left(a)).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
    let right = Operation::ALL.iter().position(|o| *o == operation).and_then(|at| key.rights.get(at).copied().flatten());
    // Who can make keys makes one that may do everything. A request that is sent again makes none.
    let permission = if key.administers && way != Way::Replay { Some(true) } else { right };
    Settings {
        works: key.works,
        permission,
        whitelist: key.whitelist,
        times_requests: key.times_requests,
        address_whitelist: weakest(guards.iter().map(|a| a.address_whitelist)),
        more_than_mailbox: weakest(guards.iter().map(|a| a.more_than_mailbox)),
        hold: guards.iter().map(|a| a.hold).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min()),
        left_today: if no_limit { Some(None) } else { most },
    }
}

/// Whether all of several protections are on: no where one is known to be off, unknown where one is unknown.
fn weakest(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all.reduce(|a, b| match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        _ => Some(true),
    })
    .flatten()
}
