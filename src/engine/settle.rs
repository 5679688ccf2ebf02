//! One fact, one finding; what the declaration tunes or turns off; one order.

use super::Said;
use crate::declaration::Policy;
use crate::finding::{Finding, Role, Suppressed};
use crate::rules::{Pointed, Rule, Rulebook};
use crate::text::Span;

/// The primary places of a finding.
fn primary(finding: &Finding) -> impl Iterator<Item = Span> {
    finding.places.iter().filter(|p| p.role == Role::Primary).map(|p| p.span)
}

/// Takes out findings whose fact another rule's finding is about too, where the rule yields to that one. A rule that
/// points at members of a list yields only those that the other finding points at as well; all others yield as a whole.
pub(super) fn yield_to_others(said: &mut Vec<(usize, Said)>, book: &Rulebook, policy: &Policy) {
    let found: Vec<(String, Vec<Span>)> = said
        .iter()
        .filter_map(|(at, s)| match s {
            Said::Finding(f) => {
                let rule = book.rules.get(*at)?;
                // A rule that is turned off takes nothing from the others.
                let off = policy.rules.iter().any(|(id, t)| t.off.is_some() && id.value == rule.id);
                (!off).then(|| (rule.id.clone(), primary(f).collect()))
            }
            Said::Unstated { .. } => None,
        })
        .collect();
    if found.len() < 2 {
        return;
    }
    said.retain_mut(|(at, s)| {
        let (Said::Finding(finding), Some(rule)) = (s, book.rules.get(*at)) else { return true };
        if rule.yields_to.is_empty() {
            return true;
        }
        let others: Vec<&Vec<Span>> =
            found.iter().filter(|(id, _)| rule.yields_to.iter().any(|(y, _)| y == id)).map(|(_, spans)| spans).collect();
        if others.is_empty() {
            return true;
        }
        // Of two rules about rights, one word that grants two is one fact, and two words are two.
        let right = |r: &Rule| matches!(r.at.first().map(|a| a.what), Some(Pointed::Fact(fact)) if fact.is_right());
        let both_rights = right(rule) && rule.yields_to.iter().filter_map(|(id, _)| book.get(id)).all(right);
        if rule.each.is_none() && !both_rights {
            return false;
        }
        // A fact that has no place of its own (fixed by the exchange) is the same fact where nothing else tells.
        let placed = primary(finding).next().is_some();
        let taken = |span: &Span| others.iter().any(|spans| spans.contains(span));
        !placed || !primary(finding).all(|s| taken(&s))
    });
    // One word of the exchange that grants two rights is one fact: what a rule says of it twice is said once, the first.
    let mut seen: Vec<(usize, Vec<Span>)> = Vec::new();
    said.retain(|(at, s)| match s {
        Said::Finding(finding) if book.rules.get(*at).is_some_and(|r| r.each.is_some()) => {
            let here = (*at, primary(finding).collect::<Vec<_>>());
            let again = !here.1.is_empty() && seen.contains(&here);
            seen.push(here);
            !again
        }
        _ => true,
    });
}

/// Applies the declaration: other severities, and rules that are turned off with a reason.
pub(super) fn tune(findings: &mut [Finding], book: &Rulebook, policy: &Policy) {
    if policy.rules.is_empty() {
        return;
    }
    for finding in findings {
        let Some(rule) = book.rules.get(finding.rule) else { continue };
        let Some((_, tuning)) = policy.rules.iter().find(|(id, _)| id.value == rule.id) else { continue };
        if let Some(severity) = tuning.severity {
            finding.severity = severity;
            finding.because = Some("set in the declaration".into());
        }
        if let Some(off) = &tuning.off {
            finding.suppressed = Some(Suppressed { by: "config", reason: off.value.clone(), until: None });
        }
    }
}

/// Worst first, then by place, then by rule; the same findings are always in the same order.
pub(super) fn order(findings: &mut Vec<Finding>, book: &Rulebook) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (std::cmp::Reverse(f.severity), f.places.first().map(|p| p.span), f.rule);
        key(a).cmp(&key(b))
    });
    // Two records can lead to one finding: the same rule at the same places about the same subject is said once.
    findings.dedup_by(|a, b| {
        a.carries.is_empty() && a.rule == b.rule && a.subject == b.subject && a.places == b.places && a.message == b.message
    });
    // Findings that share a fingerprint (keys without an id, two entries of one name) are numbered, so that each has its own.
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for finding in findings.iter_mut() {
        let n = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *n += 1;
        if *n > 1 {
            let rule = book.rules.get(finding.rule).map_or("", |r| r.id.as_str());
            finding.fingerprint = super::words::fingerprint(rule, &finding.fingerprint, &n.to_string());
        }
    }
}
