//! What services that hold keys publish: their addresses, and what a key for them needs. Data, one file a service under
//! `terminals/`, every fact with its source and date.
//!
//! A fact that is not there is not known. What is declared of a service comes before what is known of it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Inventory;
use crate::document::{self, Node};
use crate::exchanges::Sourced;
use crate::model::Right;
use crate::model::ip::{AddressSet, IpRange};
use crate::text::TextId;

include!(concat!(env!("OUT_DIR"), "/embedded_terminals.rs"));

/// From where a service sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentFrom {
    /// From addresses that it tells everybody: those of all its customers.
    Published,
    /// From the same addresses for all, which it tells its customers alone.
    ShownToUsers,
    /// From addresses of each user's own, which no list has.
    PerUser,
    /// From addresses of each key's own.
    PerKey,
    /// From the customer's own machine.
    CustomersOwn,
}

/// The addresses of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// Whose they are.
    pub are: SentFrom,
    /// The addresses, where they are published.
    #[serde(default)]
    pub ranges: Vec<String>,
}

/// What a service publishes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// Its name, as it writes it.
    pub title: String,
    /// Other names of it. Upper and lower case, spaces and signs make no difference.
    #[serde(default)]
    pub also_called: Vec<String>,
    /// From where it sends.
    pub addresses: Option<Sourced<Sender>>,
    /// The rights that it asks for.
    pub asks_for: Option<Sourced<Vec<Right>>>,
    /// The rights that it tells its customers to leave off.
    pub forbids: Option<Sourced<Vec<Right>>>,
    /// Whether it asks for keys without an IP whitelist, where its addresses do not say so.
    pub open_whitelist: Option<Sourced<bool>>,
    /// The published addresses, read.
    #[serde(skip, default = "nowhere")]
    pub published: AddressSet,
}

fn nowhere() -> AddressSet {
    AddressSet::of_ranges([])
}

/// What a service says of itself, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'s> {
    /// What it says.
    pub value: bool,
    /// Where.
    pub source: &'s str,
    /// The day of the edition, or `undated`.
    pub date: &'s str,
}

impl<'s> Told<'s> {
    fn of<T>(fact: &'s Sourced<T>, value: bool) -> Self {
        Self { value, source: &fact.source, date: &fact.date }
    }
}

impl Service {
    /// Whether it asks for keys that can withdraw.
    pub fn requires_withdraw(&self) -> Option<Told<'_>> {
        let has = |f: &Sourced<Vec<Right>>| f.value.contains(&Right::Withdraw);
        let forbids = self.forbids.as_ref().filter(|f| has(f)).map(|f| Told::of(f, false));
        forbids.or_else(|| self.asks_for.as_ref().map(|f| Told::of(f, has(f))))
    }
    /// Whether it asks for keys without an IP whitelist: who names addresses, in public or to each customer, does not.
    pub fn requires_open_whitelist(&self) -> Option<Told<'_>> {
        let said = self.open_whitelist.as_ref().map(|f| Told::of(f, f.value));
        said.or_else(|| self.addresses.as_ref().map(|f| Told::of(f, false)))
    }
    fn is_called(&self, wanted: &str) -> bool {
        std::iter::once(&self.title).chain(&self.also_called).any(|n| plain_name(n) == wanted)
    }
}

/// A name without what people write differently.
pub fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Reads what a service publishes.
///
/// # Errors
/// Where the file is none of these, or an address is none; the message has the line.
pub fn parse(text: &str) -> Result<Service, String> {
    let line = |at: u32| text.get(..at as usize).map_or(0, |t| t.matches('\n').count() + 1);
    let node: Node<'_> = document::parse(TextId(0), text, 0..text.len()).map_err(|b| format!("line {}: {}", line(b.span.start), b.what))?;
    let mut service: Service =
        document::from_node(&node).map_err(|m| format!("line {}: {} {}", line(m.span.start), m.message, m.help.unwrap_or_default()))?;
    let mut ranges = Vec::new();
    if let Some(fact) = &service.addresses {
        if fact.value.ranges.is_empty() == (fact.value.are == SentFrom::Published) {
            return Err("addresses that are published are listed, and no others".to_owned());
        }
        for written in &fact.value.ranges {
            ranges.push(IpRange::parse(written).map_err(|why| format!("{written} is {why}"))?);
        }
    }
    service.published = AddressSet::of_ranges(ranges);
    Ok(service)
}

/// All services that are known, in the order of their files.
pub fn services() -> &'static [Service] {
    // A test reads every file, so that none that ships is broken.
    static ALL: LazyLock<Vec<Service>> = LazyLock::new(|| EMBEDDED.iter().filter_map(|(_, text)| parse(text).ok()).collect());
    &ALL
}

/// A service, by whatever spelling of its name.
pub fn service(name: &str) -> Option<&'static Service> {
    let wanted = plain_name(name);
    services().iter().find(|s| s.is_called(&wanted))
}

/// Whether two names are of one service: alike but for their spelling, or both of one that is known.
pub fn is_same_service(one: &str, other: &str) -> bool {
    let (one, other) = (plain_name(one), plain_name(other));
    one == other || services().iter().any(|s| s.is_called(&one) && s.is_called(&other))
}

/// The service that publishes an address of this range as its own.
pub fn published_by(range: IpRange) -> Option<&'static Service> {
    // A range that merely contains a service's among millions of others is not the service's.
    let concerns = |r: IpRange| r.contains(range) || (r.overlaps(range) && range.size() <= 256);
    services().iter().find(|s| s.published.ranges().any(concerns))
}

/// The addresses that a service publishes as its own, by whatever spelling of its name.
pub fn published_ranges(name: &str) -> Option<&'static AddressSet> {
    service(name).map(|s| &s.published).filter(|set| !set.is_empty())
}

impl Inventory {
    /// The name of the service behind a third party of the declaration: as declared, else the third party's own.
    pub fn service_behind<'i>(&'i self, party: &'i str) -> &'i str {
        let section = self.declaration.iter().flat_map(|d| &d.third_parties).find(|(name, _)| name.value == party);
        section.and_then(|(_, p)| p.service.as_ref()).map_or(party, |s| s.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads_has_sources_and_names_nobody_else_has() {
        let mut names = std::collections::BTreeSet::new();
        for (file, text) in EMBEDDED {
            let service = parse(text).unwrap_or_else(|e| panic!("{file}: {e}"));
            assert!(text.starts_with("# "), "{file}: whose it is");
            let own: Vec<String> = std::iter::once(&service.title).chain(&service.also_called).map(|n| plain_name(n)).collect();
            assert!(
                own.contains(&plain_name(file)) || plain_name(&service.title).starts_with(&plain_name(file)),
                "{file}: {}",
                service.title
            );
            for name in own.into_iter().collect::<std::collections::BTreeSet<_>>() {
                assert!(names.insert(name), "{file}: one of its names is taken");
            }
            let node = document::parse(TextId(0), text, 0..text.len()).ok().unwrap();
            for fact in node.as_mapping().unwrap().iter().filter(|e| e.value.as_mapping().is_some()) {
                let text = |name| fact.value.get(name).and_then(Node::scalar).unwrap_or("");
                let dated = text("date") == "undated" || (text("date").len() >= 7 && text("date").starts_with("20"));
                assert!(text("source").len() > 8 && dated, "{file}: {:?}", fact.key.scalar());
            }
            for (forbidden, asked) in service.forbids.iter().zip(&service.asks_for) {
                assert!(!forbidden.value.iter().any(|r| asked.value.contains(r)), "{file}: asks for what it forbids");
            }
            for range in service.published.ranges() {
                assert_eq!(published_by(range).map(|s| &s.title), Some(&service.title), "{file}: {range}");
            }
        }
        assert_eq!(services().len(), EMBEDDED.len());
    }

    #[test]
    fn a_fact_without_source_or_date_and_a_field_that_is_none_are_refused() {
        let fact = |lines: &str| parse(&format!("title: X\nforbids:\n  value: [withdraw]\n{lines}"));
        assert!(fact("  source: https://x.example\n  date: undated\n").is_ok());
        let (no_source, no_date) = (fact("  date: undated\n"), fact("  source: https://x.example\n"));
        assert!(no_source.as_ref().is_err_and(|e| e.contains("`source`")), "{no_source:?}");
        assert!(no_date.as_ref().is_err_and(|e| e.contains("`date`")), "{no_date:?}");
        assert!(parse("title: X\nforbid: [withdraw]\n").is_err_and(|e| e.starts_with("line 2: ") && e.contains("forbids")));
        let sent = |value: &str| parse(&format!("title: X\naddresses:\n  value: {value}\n  source: x\n  date: undated\n"));
        assert!(sent("{ are: published, ranges: [51.158.10.20] }").is_ok() && sent("{ are: per-key }").is_ok());
        for wrong in
            ["{ are: published }", "{ are: per-key, ranges: [51.158.10.20] }", "{ are: published, ranges: [0.0.0.0/0] }", "{ are: x }"]
        {
            assert!(sent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_service_is_known_by_every_spelling_and_an_address_by_its_network() {
        for spelling in ["3commas", "3Commas", "3 commas", "3COMMAS.io"] {
            assert_eq!(service(spelling).map(|s| s.title.as_str()), Some("3Commas"), "{spelling}");
        }
        assert!(service("nobody").is_none() && published_ranges("altrady").is_none());
        assert!(published_ranges("3 Commas").is_some());
        assert!(is_same_service("3commas.io", "3Commas") && is_same_service("Gridly", "gridly") && !is_same_service("3commas", "gridly"));
        let by = |range: &str| IpRange::parse(range).ok().and_then(published_by).map(|s| s.title.as_str());
        assert_eq!(by("103.26.9.15"), Some("3Commas"));
        assert_eq!(by("103.26.10.1"), None);
        assert_eq!(by("103.0.0.0/8"), None);
        assert_eq!(by("0.0.0.0/1"), None);
    }

    #[test]
    fn what_a_service_forbids_it_does_not_require() {
        let told = |name: &str| {
            let s = service(name).unwrap();
            (s.requires_withdraw().map(|t| t.value), s.requires_open_whitelist().map(|t| t.value))
        };
        assert_eq!(told("3commas"), (Some(false), Some(false)));
        assert_eq!(told("cryptohopper"), (Some(false), Some(true)));
        assert_eq!(told("coygo"), (Some(true), Some(false)));
        assert_eq!(told("altrady"), (Some(false), Some(false)));
        assert_eq!(told("coinmatics"), (Some(false), None));
        assert_eq!(told("rozliczkryptowaluty.pl"), (None, Some(false)));
    }
}
