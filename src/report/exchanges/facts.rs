//! What an exchange fixes, in words: the same for the page of the command line and for the reference.

use crate::exchanges::{CountedFrom, Profile, SignatureKind};

/// A fact in words.
pub struct Fixed {
    /// The fact, as a sentence.
    pub words: String,
    /// The documentation that states it.
    pub source: String,
    /// The day of the edition that was read.
    pub date: String,
    /// What else is worth knowing.
    pub note: Option<String>,
}

/// The edition that was read, in words.
pub fn edition(date: &str) -> String {
    if date == "undated" { "undated".to_owned() } else { format!("edition of {date}") }
}

/// The facts that a profile fixes, in the order in which a reader wants them.
pub fn fixed(profile: &Profile) -> Vec<Fixed> {
    let facts = &profile.facts;
    let mut out = Vec::new();
    macro_rules! say {
        ($field:ident, $value:ident => $words:expr) => {
            if let Some(fact) = &facts.$field {
                let $value = &fact.value;
                let words = String::from($words);
                out.push(Fixed { words, source: fact.source.clone(), date: fact.date.clone(), note: fact.note.clone() });
            }
        };
    }
    say!(ip_whitelist, v => if *v { "A key can be bound to addresses." } else { "A key cannot be bound to addresses: it is usable from any, and no rule asks for an IP whitelist." });
    say!(ip_whitelist_ranges, v => if *v { "An IP whitelist may hold ranges." } else { "An IP whitelist holds single addresses only." });
    say!(ip_whitelist_entries, v => format!("An IP whitelist has at most {v} entries."));
    say!(withdraw_needs_ip_whitelist, v => if *v { "A key that can withdraw must have an IP whitelist." } else { "A key can withdraw without an IP whitelist." });
    say!(without_ip_whitelist, v => {
        let rights: Vec<&str> = v.with.iter().map(|r| r.id()).collect();
        let which = if rights.is_empty() { String::new() } else { format!(" that can {}", rights.join(" or ")) };
        let from = match v.from {
            CountedFrom::Creation => "its creation",
            CountedFrom::LastUse => "its last use",
        };
        format!("A key{which} and has no IP whitelist ends {} after {from}.", v.after).replace("A key and has", "A key that has")
    });
    say!(request_window, v => format!("A request is valid for {v} where nothing else is said."));
    say!(request_window_most, v => format!("A request is valid for {v} at most."));
    say!(requests_expire, v => if *v { "A request is valid once, or for a time only." } else { "A request that was recorded is executed again." });
    say!(pair_whitelist, v => if *v { "A key can be limited to trading pairs." } else { "A key cannot be limited to trading pairs." });
    say!(address_whitelist_always, v => if *v { "Withdrawals through the API go only to saved addresses." } else { "Withdrawals through the API go to any address." });
    say!(address_hold, v => format!("A new withdrawal address waits {v}."));
    say!(signatures, v => {
        let names: Vec<&str> = v.iter().map(|k| signature(*k)).collect();
        format!("Requests can be signed with {}.", names.join(", "))
    });
    say!(inseparable, v => {
        let pairs: Vec<String> = v.iter().map(|(a, b)| format!("{} includes {}", a.id(), b.id())).collect();
        format!("Granted together only: {}.", pairs.join(", "))
    });
    say!(markets_separable, v => if *v { "Markets can be switched on and off one by one." } else { "All markets are one switch." });
    say!(mints_greater_keys, v => {
        let names: Vec<String> = v.iter().map(|n| format!("`{n}`")).collect();
        format!("By the documentation, {} of a master key is enough to create keys for sub-accounts.", names.join(" or "))
    });
    out
}

fn signature(kind: SignatureKind) -> &'static str {
    match kind {
        SignatureKind::Hmac => "HMAC",
        SignatureKind::Ed25519 => "Ed25519",
        SignatureKind::Rsa => "RSA",
        SignatureKind::Ecdsa => "ECDSA",
    }
}
