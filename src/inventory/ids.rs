//! Keys by their ids, whole and masked: found without asking every key.

use std::collections::BTreeMap;

use super::KeyRecord;
use crate::model::{Exchange, KeyId};

/// The ids of an inventory.
#[derive(Clone, Default)]
pub struct Ids {
    by_id: BTreeMap<(Exchange, String), usize>,
    /// Those of which exports show only a part, by what is visible at their beginning.
    masked: BTreeMap<(Exchange, String), Vec<usize>>,
    shown: BTreeMap<usize, KeyId>,
}

impl Ids {
    /// The ids of these keys.
    pub(super) fn of(keys: &[KeyRecord]) -> Self {
        let mut ids = Self::default();
        for (at, record) in keys.iter().enumerate() {
            if let Some(id) = record.id() {
                ids.add(record.key.exchange, id, at);
            }
        }
        ids
    }

    pub(super) fn add(&mut self, exchange: Exchange, id: &KeyId, at: usize) {
        self.by_id.entry((exchange, id.0.clone())).or_insert(at);
        if id.is_masked() {
            self.masked.entry((exchange, id.ends().0.to_owned())).or_default().push(at);
            self.shown.insert(at, id.clone());
        }
    }

    /// The keys that an id names: the one that is written so, else all that fit what is visible.
    pub fn find(&self, exchange: Exchange, id: &KeyId) -> Vec<usize> {
        if let Some(at) = self.by_id.get(&(exchange, id.0.clone())) {
            return vec![*at];
        }
        let (head, _) = id.ends();
        let mut found: Vec<usize> = Vec::new();
        if id.is_masked() {
            let near = self.by_id.range((exchange, head.to_owned())..).take_while(|(k, _)| k.0 == exchange && k.1.starts_with(head));
            found.extend(near.filter(|(k, _)| id.fits(&KeyId(k.1.clone()))).map(|(_, at)| *at));
        }
        if found.is_empty() {
            // The export shows a part of the id, and perhaps less of it than is written here: every beginning of it is tried.
            let beginnings = head.char_indices().map(|(i, c)| i + c.len_utf8()).chain([0]);
            let masked = beginnings.filter_map(|end| self.masked.get(&(exchange, head.get(..end)?.to_owned()))).flatten();
            found.extend(masked.filter(|at| self.shown.get(at).is_some_and(|own| own.fits(id))));
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    /// A key whose id begins with what was probably meant as a beginning.
    pub(super) fn longer(&self, exchange: Exchange, id: &KeyId) -> Option<KeyId> {
        if id.is_masked() || id.0.len() < 3 {
            return None;
        }
        let (key, _) = self.by_id.range((exchange, id.0.clone())..).next()?;
        (key.0 == exchange && key.1.starts_with(&id.0) && key.1 != id.0).then(|| KeyId(key.1.clone()))
    }
}
