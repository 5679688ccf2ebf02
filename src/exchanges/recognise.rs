//! Which exchange, which payload: one reader claims a document, or the answer says what came near.

use super::fields::Names;
use super::mask::hidden_ranges;
use super::nearest::{Nearest, nearest};
use super::{By, Envelope, Harvest, PageOf, Payload, READERS, Reader, Record, reader};
use crate::document::{Kind, Node};
use crate::model::time::{Period, Time};
use crate::model::{Exchange, Expiry, Fact, KeyId, Stated};
use crate::problem::Problem;
use crate::text::Span;

/// What a document turned out to be.
pub enum Reading {
    /// An export, read.
    Export(Box<Export>),
    /// An exchange's error answer that was saved as a file.
    ErrorAnswer {
        /// Whose, where it can be told.
        exchange: Option<Exchange>,
        /// What it says.
        says: String,
        /// The place of the answer.
        span: Span,
    },
    /// More than one exchange sends answers of this form.
    Contested {
        /// Which.
        by: Vec<Exchange>,
        /// The place of the answer.
        span: Span,
    },
    /// Said to be of an exchange that documents no answer about keys, accounts or addresses, so that nothing can be read.
    Undocumented {
        /// Which.
        exchange: Exchange,
        /// Whether an envelope says so.
        enveloped: bool,
        /// The place of the answer.
        span: Span,
    },
    /// No export of an exchange that keylint knows.
    Unknown {
        /// What it comes nearest to.
        nearest: Option<Nearest>,
        /// What the envelope around it said was wrong.
        problems: Vec<Problem>,
        /// Whether an envelope stood around it, so that it was meant as an export.
        enveloped: bool,
        /// The place of the document.
        span: Span,
    },
}

/// An export that was read.
pub struct Export {
    /// Whose.
    pub exchange: Exchange,
    /// The answer of which endpoint.
    pub endpoint: &'static str,
    /// What it states.
    pub harvest: Harvest,
    /// Which page it is, where the answer comes in pages.
    pub page: Option<PageOf>,
    /// Whether it stood in an envelope.
    pub enveloped: bool,
    /// Ranges of the text that no report may show.
    pub hide: Vec<(u32, u32)>,
}

/// How well a payload fits a document.
struct Claim {
    exchange: Exchange,
    payload: &'static Payload,
    missing: usize,
    extra: usize,
    present: usize,
}

/// Reads a document: an envelope, a payload, or a list of either. `asked` is the exchange that the user named.
pub fn read(node: &Node<'_>, asked: Option<Exchange>) -> Vec<Reading> {
    match read_one(node, asked) {
        whole @ (Reading::Unknown { .. } | Reading::Undocumented { enveloped: false, .. }) => {
            if let Kind::Sequence(items) = &node.kind
                && !items.is_empty()
            {
                let each: Vec<_> = items.iter().map(|item| read_one(item, asked)).collect();
                if each.iter().any(|r| matches!(r, Reading::Export(_))) {
                    return each.into_iter().map(expected_too).collect();
                }
            }
            vec![whole]
        }
        other => vec![other],
    }
}

/// A member of a list of exports was meant as one, whatever it is.
fn expected_too(reading: Reading) -> Reading {
    match reading {
        Reading::Unknown { nearest, problems, span, .. } => Reading::Unknown { nearest, problems, enveloped: true, span },
        other => other,
    }
}

fn read_one(node: &Node<'_>, asked: Option<Exchange>) -> Reading {
    let Some(envelope) = Envelope::open(node) else {
        return match read_answer(node, asked, None) {
            Reading::Export(mut export) => {
                export.hide = hidden_ranges(node, &mut export.harvest, None);
                Reading::Export(export)
            }
            other => other,
        };
    };
    let asked = envelope.exchange.as_ref().map(|f| f.value).or(asked);
    let answer = envelope.response;
    match read_answer(answer, asked, Some(&envelope)) {
        Reading::Unknown { nearest, mut problems, span, .. } => {
            problems.extend(envelope.problems);
            Reading::Unknown { nearest, problems, enveloped: true, span }
        }
        Reading::Export(mut export) => {
            export.enveloped = true;
            export.harvest.problems.extend(envelope.problems);
            export.hide = hidden_ranges(node, &mut export.harvest, Some(answer));
            Reading::Export(export)
        }
        other => other,
    }
}

fn read_answer(node: &Node<'_>, asked: Option<Exchange>, envelope: Option<&Envelope<'_>>) -> Reading {
    let endpoint = envelope.and_then(|e| e.endpoint.as_ref()).map(|f| f.value.as_str());
    let asked_readers: Vec<&'static Reader> = match asked {
        Some(exchange) => reader(exchange).into_iter().collect(),
        None => READERS.to_vec(),
    };
    if let [silent] = asked_readers.as_slice()
        && silent.payloads.is_empty()
        && (silent.error)(node).is_none()
    {
        return Reading::Undocumented { exchange: silent.exchange, enveloped: envelope.is_some(), span: node.span };
    }
    let mut samples = Samples::default();
    let claim = |r: &&'static Reader| best_claim(r, node, &mut samples, endpoint, asked.is_some());
    let mut claims: Vec<Claim> = asked_readers.iter().filter_map(claim).collect();
    if asked.is_none()
        && claims.iter().all(|c| c.missing > 0)
        && let Some(by) = named_only(&asked_readers, node, &mut samples)
    {
        return Reading::Contested { by, span: node.span };
    }
    // The claims that leave the least unexplained win; where two are left, nobody can tell.
    for measure in [|c: &Claim| c.missing, |c: &Claim| c.extra] {
        let least = claims.iter().map(measure).min();
        claims.retain(|c| Some(measure(c)) == least);
    }
    if let [claim] = claims.as_slice() {
        return Reading::Export(Box::new(harvest(node, claim, envelope)));
    }
    if !claims.is_empty() {
        return Reading::Contested { by: claims.iter().map(|c| c.exchange).collect(), span: node.span };
    }
    let errors: Vec<_> = asked_readers.iter().filter_map(|r| Some((r.exchange, (r.error)(node)?))).collect();
    if let Some((exchange, says)) = errors.first() {
        let exchange = (errors.len() == 1).then_some(*exchange);
        return Reading::ErrorAnswer { exchange, says: says.clone(), span: node.span };
    }
    let enveloped = envelope.is_none() && meant_as_envelope(node);
    Reading::Unknown { nearest: nearest(&asked_readers, node), problems: Vec::new(), enveloped, span: node.span }
}

/// Follows names from the top to the node that holds the records.
fn follow<'n>(node: &'n Node<'n>, names: &[&str]) -> Option<&'n Node<'n>> {
    names.iter().try_fold(node, |n, name| n.get(name))
}

/// The record that says most about the payload: of the first few, the one with the most fields.
fn sample<'n>(rows: &'n Node<'n>) -> Option<&'n Node<'n>> {
    match &rows.kind {
        Kind::Mapping(_) => Some(rows),
        Kind::Sequence(items) => {
            items.iter().take(8).filter(|i| i.as_mapping().is_some()).max_by_key(|i| i.as_mapping().map_or(0, <[_]>::len))
        }
        Kind::Scalar { .. } => None,
    }
}

fn around_fits(payload: &Payload, node: &Node<'_>) -> bool {
    payload.around.iter().all(|(name, want)| node.get(name).is_none_or(|n| n.is_null() || n.scalar() == Some(want)))
}

/// The names of the records that payloads are told by, read once for the places that they stand at.
#[derive(Default)]
struct Samples<'n> {
    top: Option<Names<'n>>,
    rows: Vec<(&'n Node<'n>, Option<Names<'n>>)>,
}

impl<'n> Samples<'n> {
    fn of(&mut self, rows: &'n Node<'n>) -> Option<&Names<'n>> {
        let known = self.rows.iter().position(|(node, _)| std::ptr::eq(*node, rows));
        let at = known.unwrap_or_else(|| {
            self.rows.push((rows, sample(rows).and_then(Names::of)));
            self.rows.len() - 1
        });
        self.rows.get(at)?.1.as_ref()
    }
    /// The names at the top of the document.
    fn top(&mut self, node: &'n Node<'n>) -> Option<&Names<'n>> {
        if self.top.is_none() {
            self.top = Names::of(node);
        }
        self.top.as_ref()
    }
}

fn best_claim<'n>(
    reader: &'static Reader,
    node: &'n Node<'n>,
    samples: &mut Samples<'n>,
    endpoint: Option<&str>,
    asked: bool,
) -> Option<Claim> {
    let named = endpoint.and_then(|e| reader.payloads.iter().find(|p| same_endpoint(p.endpoint, e)));
    let claims = reader.payloads.iter().filter(|p| asked || !matches!(p.by, By::Named { .. }));
    let claims = claims.filter_map(|p| claim(reader.exchange, p, node, samples));
    let best = claims.min_by_key(|c| {
        let is_named = named.is_some_and(|n| std::ptr::eq(n, c.payload));
        (!is_named, c.missing + c.extra, std::cmp::Reverse(c.present))
    });
    // An error answer is none of the payloads, whatever else stands in it. Of most readers that need not be asked.
    best.or_else(|| empty_claim(reader, node, named, asked)).filter(|_| (reader.error)(node).is_none())
}

/// The exchanges that an answer could be of whose form only a name tells apart: where it has all the fields of one, and none
/// that only the others have.
fn named_only<'n>(readers: &[&'static Reader], node: &'n Node<'n>, samples: &mut Samples<'n>) -> Option<Vec<Exchange>> {
    let mut by: Vec<Exchange> = Vec::new();
    for reader in readers.iter().filter(|r| (r.error)(node).is_none()) {
        for payload in reader.payloads {
            let By::Named { like, .. } = &payload.by else { continue };
            if claim(reader.exchange, payload, node, samples).is_some_and(|c| c.missing == 0) {
                by.extend(like.iter().chain([&reader.exchange]));
            }
        }
    }
    by.sort_unstable();
    by.dedup();
    (!by.is_empty()).then_some(by)
}

/// Whether `written` names the endpoint `known`: the method counts where it is written, the query does not, and a part of
/// the path such as `{user_id}` stands for any.
fn same_endpoint(known: &str, written: &str) -> bool {
    fn parts(endpoint: &str) -> (Option<&str>, &str) {
        let (method, path) = match endpoint.trim().rsplit_once(' ') {
            Some((method, path)) => (Some(method.trim()), path),
            None => (None, endpoint.trim()),
        };
        (method, path.split('?').next().unwrap_or(path))
    }
    let ((known_method, known_path), (method, path)) = (parts(known), parts(written));
    let alike = |a: &str, b: &str| a == b || (a.starts_with('{') && a.ends_with('}'));
    // A whole address ends in the path.
    let tail: Vec<&str> = path.split('/').collect();
    let wanted: Vec<&str> = known_path.trim_start_matches('/').split('/').collect();
    let from = tail.len().saturating_sub(wanted.len());
    let path_fits = tail.len() >= wanted.len() && tail.iter().skip(from).zip(&wanted).all(|(w, k)| alike(k, w));
    path_fits
        && (method.is_none() || known_method.is_none() || method.map(str::to_ascii_uppercase) == known_method.map(str::to_ascii_uppercase))
}

fn claim<'n>(exchange: Exchange, payload: &'static Payload, node: &'n Node<'n>, samples: &mut Samples<'n>) -> Option<Claim> {
    if let Some(first) = payload.at.first()
        && !samples.top(node).is_some_and(|top| top.has(first))
    {
        return None;
    }
    let rows = follow(node, payload.at)?;
    if !around_fits(payload, node) {
        return None;
    }
    match &payload.by {
        By::Shape { fits, .. } => fits(node, rows).then_some(Claim { exchange, payload, missing: 0, extra: 0, present: 1 }),
        By::Fields { decides, also, .. } | By::Named { decides, also, .. } => {
            let names = samples.of(rows)?;
            if let By::Named { others, .. } = &payload.by
                && others.iter().any(|o| names.has(o))
            {
                return None;
            }
            let present = decides.iter().filter(|d| names.has(d)).count();
            if present == 0 && !decides.is_empty() {
                return None;
            }
            let known = present + names.count(also);
            let names = &names.names;
            let (missing, extra) = (decides.len() - present, names.len() - known.min(names.len()));
            // A list at the top whose members are not all of one kind is a list of answers, each to be read by itself.
            if payload.at.is_empty() && rows.as_sequence().is_some_and(|rows| rows.iter().any(|r| !row_fits(payload, r))) {
                return None;
            }
            let fits = missing == 0 || (missing == 1 && present >= 2) || (extra == 0 && known >= 2 && present * 2 > decides.len());
            fits.then_some(Claim { exchange, payload, missing, extra, present })
        }
    }
}

/// An answer with no records in it, told by what stands around them.
fn empty_claim(reader: &'static Reader, node: &Node<'_>, named: Option<&'static Payload>, asked: bool) -> Option<Claim> {
    let empty = |p: &&'static Payload| {
        let rows = follow(node, p.at);
        let framed = !p.at.is_empty() && !p.around.is_empty() && p.around.iter().all(|(name, _)| node.get(name).is_some());
        let is_named = named.is_some_and(|n| std::ptr::eq(n, *p));
        rows.and_then(Node::as_sequence).is_some_and(<[_]>::is_empty)
            && around_fits(p, node)
            && (framed || is_named || (asked && p.at.is_empty()))
    };
    let payload = named.filter(|p| empty(p)).or_else(|| reader.payloads.iter().find(empty))?;
    Some(Claim { exchange: reader.exchange, payload, missing: 0, extra: 0, present: 0 })
}

fn harvest(node: &Node<'_>, claim: &Claim, envelope: Option<&Envelope<'_>>) -> Export {
    let mut harvest = Harvest::default();
    let payload = claim.payload;
    if let Some(rows) = follow(node, payload.at) {
        match &payload.by {
            By::Shape { read, .. } => read(rows, &mut harvest),
            By::Fields { read, .. } | By::Named { read, .. } => {
                let rows = match &rows.kind {
                    Kind::Sequence(items) => items.as_slice(),
                    _ => std::slice::from_ref(rows),
                };
                let several = rows.len() > 1;
                for row in rows {
                    if several && row.as_mapping().is_some() && !row_fits(payload, row) {
                        let message = "this member of the list is no record like the others: it was not read";
                        harvest.problems.push(Problem::incomplete(
                            "unknown-record",
                            Span::new(row.span.text, row.span.start, row.span.start + 1),
                            message,
                        ));
                        continue;
                    }
                    if let Some(mut record) = Record::open(row, claim.exchange, payload.endpoint, &mut harvest) {
                        read(&mut record);
                    }
                }
            }
        }
    }
    let made_at = payload.made_at.and_then(|name| {
        let at = node.get(name)?;
        Some(Fact::exported(Time::from_epoch_millis(at.scalar()?.parse().ok()?)?, at.span))
    });
    let page = payload.page.and_then(|p| p(node)).map(|page| PageOf {
        exchange: claim.exchange,
        endpoint: payload.endpoint,
        account: envelope.and_then(|e| e.account.as_ref()).map(|a| a.value.clone()),
        page,
        span: Span::new(node.span.text, node.span.start, node.span.start + 1),
        keys: !harvest.keys.is_empty(),
    });
    let fetched_at = envelope.and_then(|e| e.fetched_at.clone()).or(made_at);
    complete(&mut harvest, envelope, &fetched_at, node);
    if let Some(said) = envelope.and_then(|e| e.endpoint.as_ref())
        && !same_endpoint(payload.endpoint, &said.value)
    {
        let message = format!("the envelope names another endpoint; this was read as the answer of {}", payload.endpoint);
        harvest.problems.push(Problem::note("envelope-endpoint", said.span(), message));
    }
    Export { exchange: claim.exchange, endpoint: payload.endpoint, harvest, page, enveloped: false, hide: Vec::new() }
}

/// Adds to the records what only the envelope, or the answer as a whole, says.
fn complete(harvest: &mut Harvest, envelope: Option<&Envelope<'_>>, fetched_at: &Stated<Time>, node: &Node<'_>) {
    let account = envelope.and_then(|e| e.account.clone());
    let key_id: Stated<KeyId> = envelope.and_then(|e| e.key.clone());
    if let Some(id) = &key_id {
        match harvest.keys.as_mut_slice() {
            [one] => {
                let contradicts = one.id.as_ref().is_some_and(|own| own.value.ends() != ("", "") && !own.value.fits(&id.value));
                if let (true, Some(place)) = (contradicts, id.span()) {
                    let message = "the envelope names another key than the answer in it: the answer counts";
                    harvest
                        .problems
                        .push(Problem::incomplete("envelope-key", place, message).help("one of the two was saved for another key"));
                }
                // The answer's own id is kept unless it is masked and the envelope knows better.
                if one.id.as_ref().is_none_or(|own| own.value.is_masked() && (own.value.fits(&id.value) || own.value.ends() == ("", ""))) {
                    one.id = Some(id.clone());
                }
            }
            _ => {
                let place = id.span().unwrap_or(node.span);
                let message = format!("the envelope names one key, and the answer in it has {}: the name is not used", harvest.keys.len());
                harvest.problems.push(Problem::note("envelope-key", Some(place), message));
            }
        }
        harvest.ids.extend(id.span());
    }
    for key in &mut harvest.keys {
        key.fetched_at = key.fetched_at.take().or_else(|| fetched_at.clone());
        if let (None, Some(days), Some(made)) = (&key.expires, &key.days_left, &key.fetched_at) {
            let end = made.value + Period::from_days(u64::from(days.value));
            key.expires = Some(Fact { value: Expiry::At(end), from: days.from });
        }
        key.account.extend(account.clone());
    }
    for record in &mut harvest.accounts {
        record.fetched_at.clone_from(fetched_at);
    }
    for address in &mut harvest.addresses {
        address.fetched_at.clone_from(fetched_at);
        address.account.extend(account.clone());
    }
}

/// Whether a member of a list is a record of the payload: it has two of its fields, or nothing else.
fn row_fits(payload: &Payload, row: &Node<'_>) -> bool {
    let Some((decides, also)) = payload.by.fields() else { return true };
    let Some(entries) = row.as_mapping() else { return false };
    let known = entries.iter().filter_map(|e| e.key.scalar()).filter(|n| decides.contains(n) || also.contains(n)).count();
    known >= 2 || (known == 1 && entries.len() == 1)
}

/// Whether somebody meant this as an envelope: it names an exchange and something else that only an envelope names.
fn meant_as_envelope(node: &Node<'_>) -> bool {
    let exchange = node.get("exchange").and_then(Node::scalar).and_then(Exchange::parse);
    exchange.is_some() && node.as_mapping().is_some_and(|e| e.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_named_with_or_without_its_method_and_by_its_path() {
        assert!(same_endpoint("GET /sub_accounts/{user_id}/keys", "/sub_accounts/1000/keys"));
        assert!(same_endpoint("GET /api/v5/account/config", "https://www.okx.com/api/v5/account/config?x=1"));
        assert!(!same_endpoint("GET /api/v1/sub/api-key", "POST /api/v1/sub/api-key"));
        assert!(!same_endpoint("GET /api/v1/sub/api-key", "GET /api/v1/user/api-key"));
    }
}
