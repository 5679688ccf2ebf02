//! What a change would take away from the check of itself: comments that allow findings, and what the declaration tolerates.
//! None of it counts yet; all of it is listed, so that who reads the report sees it.

use std::collections::HashMap;

use memchr::memmem;

use super::Baseline;
use crate::declaration::{Policy, Tuning};
use crate::finding::Severity;
use crate::problem::Problem;
use crate::scan::{Fault, Scanned};
use crate::text::{Span, TextId};

/// Marks comments that are new: of each wording as many count as stood in the file before.
pub(super) fn comments(scanned: &mut Scanned, bytes: &[u8], before: &[u8]) {
    let texts: Vec<&str> = scanned.texts.iter().map(crate::text::Text::content).collect();
    let mut left: HashMap<Vec<u8>, usize> = HashMap::new();
    for allow in scanned.allows.iter_mut().filter(|a| a.fault.is_none()) {
        let text = match allow.text {
            Some(at) => texts.get(at).map_or(&[][..], |t| t.as_bytes()),
            None => bytes,
        };
        let words = text.get(allow.start as usize..allow.end as usize).unwrap_or(&[]);
        let left = left.entry(words.to_vec()).or_insert_with(|| memmem::find_iter(before, words).count());
        match left.checked_sub(1) {
            Some(less) if !words.is_empty() => *left = less,
            _ => allow.fault = Some(Fault::New),
        }
    }
}

fn listed(place: Option<Span>, message: String) -> Problem {
    Problem::note("change-weakens", place, message).help("it does not count for this check; somebody should agree to it")
}

/// Says that a change has no declaration any more. `text` is the one in use.
pub(super) fn taken_away(text: TextId) -> Problem {
    let note = Problem::note("change-weakens", Some(Span::new(text, 0, 0)), "this change takes the declaration away");
    note.help("it still counts for this check; somebody should agree to it")
}

/// What a declaration would tolerate that the one in use does not. `text` is the one that is staged.
pub(super) fn policy(old: &Policy, new: &Policy, text: TextId) -> Vec<Problem> {
    let start = Some(Span::new(text, 0, 0));
    let mut out = Vec::new();
    for exclude in &new.exclude {
        let same = old.exclude.iter().find(|o| o.path.value == exclude.path.value);
        if same.is_none() {
            out.push(listed(Some(exclude.path.span), "this change leaves out paths that are read now".into()));
        } else if same.is_some_and(|o| o.until.as_ref().map(|u| &u.value) != exclude.until.as_ref().map(|u| &u.value)) {
            out.push(listed(Some(exclude.path.span), "this change moves the date until which these paths are left out".into()));
        }
    }
    for (rule, tuning) in &new.rules {
        let before = old.rules.iter().find(|(r, _)| r.value == rule.value).map(|(_, t)| t);
        let off = |t: Option<&Tuning>| t.is_some_and(|t| t.off.is_some());
        let severity = |t: Option<&Tuning>| t.and_then(|t| t.severity);
        if off(Some(tuning)) && !off(before) {
            out.push(listed(Some(rule.span), "this change turns a rule off".into()));
        }
        if severity(Some(tuning)) != severity(before) && severity(before).is_none_or(|b| tuning.severity.is_some_and(|n| n < b)) {
            out.push(listed(Some(rule.span), "this change gives a rule another severity".into()));
        }
    }
    for required in old.require.iter().filter(|o| !new.require.iter().any(|n| n.value == o.value)) {
        out.push(listed(start, format!("this change no longer requires that exports state {}", required.value.id())));
    }
    let fail = |p: &Policy| p.fail_on.unwrap_or(Severity::High);
    if fail(new) > fail(old) {
        out.push(listed(start, format!("this change lets findings below {} pass", fail(new))));
    }
    let ((old4, old6), (new4, new6)) = (old.widest(), new.widest());
    if new4 < old4 || new6 < old6 {
        out.push(listed(start, "this change lets IP whitelists be wider".into()));
    }
    let longer = |old: Option<u64>, new: Option<u64>, usual: u64| new.unwrap_or(usual) > old.unwrap_or(usual);
    let millis = |p: &Option<crate::model::time::Period>| p.as_ref().map(|p| p.as_millis());
    let day = 24 * 60 * 60 * 1000;
    if longer(millis(&old.rotate_after), millis(&new.rotate_after), 90 * day) {
        out.push(listed(start, "this change lets keys get older".into()));
    }
    if longer(millis(&old.stale_after), millis(&new.stale_after), 30 * day) {
        out.push(listed(start, "this change lets exports get older".into()));
    }
    out
}

/// What a baseline would cover that the one in use does not.
pub(super) fn baseline(before: &[u8], text: TextId, now: &[u8]) -> Option<Problem> {
    let entries = |bytes: &[u8]| Baseline::read(text, &String::from_utf8_lossy(bytes)).map(|b| b.entries).unwrap_or_default();
    let old: Vec<String> = entries(before).into_iter().map(|(f, _)| f).collect();
    let new: Vec<Span> = entries(now).into_iter().filter(|(f, _)| !old.contains(f)).map(|(_, s)| s).collect();
    let first = new.first()?;
    // Its text is not shown, so that only its beginning can be pointed at.
    let first = Span::new(first.text, 0, 0);
    let message = if new.len() == 1 {
        "this change adds a finding to the baseline".to_owned()
    } else {
        format!("this change adds {} findings to the baseline", new.len())
    };
    Some(listed(Some(first), message))
}
