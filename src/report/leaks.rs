//! What the secrets that were found cost: of each whose key is known its radius, and the worst of them in one line.

use std::collections::BTreeMap;

use super::radius::{LeakedOut, Rows};
use crate::exposure::radius::key_radius;
use crate::exposure::{Amounts, Estate};
use crate::finding::Finding;
use crate::run::Outcome;

/// The leaks of a check.
pub(super) struct Leaks {
    of: BTreeMap<usize, LeakedOut>,
    /// The worst of them, in words.
    worst: Option<String>,
}

impl Leaks {
    /// Those of the findings that count or are shown. Where none is about the secret of a known key, nothing is worked out.
    pub(super) fn of_outcome(outcome: &Outcome) -> Self {
        let findings = &outcome.verdicts.findings;
        let mut out = Self { of: BTreeMap::new(), worst: None };
        if findings.iter().all(|f| f.key.is_none()) {
            return out;
        }
        let estate = Estate::of(&outcome.inventory, &outcome.policy, outcome.as_of);
        let main = estate.main_currency();
        let rows = Rows::new(&outcome.inventory, &estate, main.as_deref());
        let mut worst: Option<(crate::finding::Severity, Amounts, String)> = None;
        for finding in findings {
            let Some((at, key)) = finding.key.and_then(|k| Some((k, estate.keys.get(k)?))) else { continue };
            let radius = key_radius(&estate, key);
            let leaked = out.of.entry(at).or_insert_with(|| rows.leaked(at, &radius));
            if finding.suppressed.is_some() {
                continue;
            }
            let bound = radius.worst_first(main.as_deref()).first().map(|w| w.bound().clone()).unwrap_or_default();
            let worse = worst
                .as_ref()
                .is_none_or(|(severity, most, ..)| finding.severity.cmp(severity).then_with(|| bound.order(most, main.as_deref())).is_gt());
            if worse {
                let because = leaked.because.clone().unwrap_or_else(|| "nothing is known of what it may do".to_owned());
                let words = format!("the secret of {} is in the open: {because}", rows.key_words(at));
                worst = Some((finding.severity, bound, words));
            }
        }
        out.worst = worst.map(|(.., words)| words);
        out
    }

    /// What the leak that a finding is about costs.
    pub(super) fn of(&self, finding: &Finding) -> Option<&LeakedOut> {
        self.of.get(&finding.key?)
    }

    /// The first line of a report: the worst of the leaks that were found.
    pub(super) fn first_line(&self) -> Option<&str> {
        self.worst.as_deref()
    }
}
