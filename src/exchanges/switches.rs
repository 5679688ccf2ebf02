//! Permissions that are switches: fields that are true or false, each for itself.

use super::record::Record;
use crate::model::{Fact, Key, Market, Stated};

/// Adds the name of a switch that is on to the exchange's own names.
pub fn switch(record: &mut Record<'_, '_>, key: &mut Key, name: &str) -> Stated<bool> {
    let flag = record.flag(name)?;
    if flag.value {
        key.native.push(Fact { value: name.to_owned(), from: flag.from });
    }
    Some(flag)
}

/// Yes where one of the switches is on (that one is the place), no where all that were asked are known to be off.
pub fn any(switches: &[&Stated<bool>]) -> Stated<bool> {
    if let Some(on) = switches.iter().find_map(|s| s.as_ref().filter(|f| f.value)) {
        return Some(on.clone());
    }
    switches.iter().all(|s| s.is_some()).then(|| switches.first().and_then(|s| (*s).clone())).flatten()
}

/// The markets whose switches are on; nothing where one of the switches is unknown.
pub fn markets(of: &[(&Stated<bool>, Market)]) -> Stated<Vec<Fact<Market>>> {
    if of.iter().any(|(s, _)| s.is_none()) {
        return None;
    }
    let on: Vec<_> = of.iter().filter_map(|(s, m)| s.as_ref().filter(|f| f.value).map(|f| Fact { value: *m, from: f.from })).collect();
    let from = of.iter().find_map(|(s, _)| s.as_ref()).map(|f| f.from)?;
    Some(Fact { value: on, from })
}
