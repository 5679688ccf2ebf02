//! What a document that nobody claims comes nearest to, so that a report can say what it lacks.

use super::fields::{Names, is_known};
use super::{Payload, Reader};
use crate::document::{Kind, Node};
use crate::model::Exchange;

/// The payload that a document comes nearest to.
pub struct Nearest {
    /// Whose.
    pub exchange: Exchange,
    /// The answer of which endpoint.
    pub endpoint: &'static str,
    /// The deciding fields that the document lacks.
    pub missing: Vec<&'static str>,
    /// Whether it has most of the deciding fields, so that it was probably meant as one.
    pub close: bool,
}

/// How many objects of a document are held against the readers, to say what it comes nearest to.
const LOOKED_AT: usize = 200;

/// What a document comes nearest to: the payload of whose deciding fields one of its objects has most, wherever it
/// stands. So an answer that lost its frame, or got another one, is still told.
pub fn nearest(readers: &[&'static Reader], node: &Node<'_>) -> Option<Nearest> {
    let mut best: Option<((usize, usize), Nearest)> = None;
    let mut visit = std::collections::VecDeque::from([node]);
    let mut looked = 0;
    while let Some(node) = visit.pop_front() {
        match &node.kind {
            Kind::Scalar { .. } => {}
            Kind::Sequence(items) => visit.extend(items.iter().take(LOOKED_AT)),
            Kind::Mapping(entries) => {
                looked += 1;
                if looked > LOOKED_AT {
                    break;
                }
                let Some(names) = Names::of(node) else { continue };
                // Most objects have no field of any payload.
                if !names.names.iter().any(|n| is_known(n)) {
                    visit.extend(entries.iter().map(|e| &e.value));
                    continue;
                }
                for (exchange, payload) in readers.iter().flat_map(|r| r.payloads.iter().map(|p| (r.exchange, p))) {
                    let Some((rank, near)) = nearness(exchange, payload, &names) else { continue };
                    if best.as_ref().is_none_or(|(b, _)| rank > *b) {
                        best = Some((rank, near));
                    }
                }
                visit.extend(entries.iter().map(|e| &e.value));
            }
        }
    }
    best.map(|(_, nearest)| nearest)
}

/// How near an object with these fields comes to a payload: thousandths of the deciding fields, then all known ones.
fn nearness(exchange: Exchange, payload: &'static Payload, names: &Names<'_>) -> Option<((usize, usize), Nearest)> {
    let (decides, also) = payload.by.fields()?;
    let present = decides.iter().filter(|d| names.has(d)).count();
    let known = present + names.count(also);
    if known == 0 {
        return None;
    }
    let missing: Vec<_> = decides.iter().filter(|d| !names.has(d)).copied().collect();
    let close = present >= 2 && present * 2 > decides.len();
    Some(((present * 1000 / decides.len().max(1), known), Nearest { exchange, endpoint: payload.endpoint, missing, close }))
}
