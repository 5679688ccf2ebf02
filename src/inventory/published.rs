//! Addresses that third parties publish as theirs: an entry of a whitelist that lies in them is a service's, not the desk's.
//!
//! Lists age: each row has its source and the day of the edition that was read. Services that give every user or key an
//! address of its own cannot be told by a list and are not here.

use std::sync::OnceLock;

use crate::model::ip::{AddressSet, IpRange};

/// One service and the ranges it publishes.
struct Row {
    service: &'static str,
    ranges: &'static [&'static str],
}

/// Sources, in the order of the rows: 3commas-io/3commas-official-api-docs 0a55695, docs/market-data (2026-07);
/// crypto-ml.com/guide/exchange-connection; support.cryptact.com; docs.getsparx.io/article/42 (all read 2026-07).
const ROWS: &[Row] = &[
    Row { service: "3commas", ranges: &["103.26.9.0/24"] },
    Row { service: "crypto-ml", ranges: &["54.209.224.202", "34.195.186.233", "3.212.8.185"] },
    Row { service: "cryptact", ranges: &["52.69.115.51", "52.193.138.38", "18.179.74.94"] },
    Row { service: "sparx", ranges: &["178.22.60.189"] },
];

/// The service that publishes an address of this range as its own.
pub fn published_by(range: IpRange) -> Option<&'static str> {
    static RANGES: OnceLock<Vec<(IpRange, &'static str)>> = OnceLock::new();
    let ranges = RANGES.get_or_init(|| {
        let parsed = ROWS.iter().flat_map(|row| row.ranges.iter().filter_map(|r| Some((IpRange::parse(r).ok()?, row.service))));
        parsed.collect()
    });
    // A range that merely contains a service's among millions of others is not the service's.
    ranges.iter().find(|(r, _)| r.contains(range) || (r.overlaps(range) && range.size() <= 256)).map(|(_, s)| *s)
}

/// The addresses that a service publishes as its own, by whatever spelling of its name.
pub fn published_ranges(service: &str) -> Option<&'static AddressSet> {
    static SETS: OnceLock<Vec<(&'static str, AddressSet)>> = OnceLock::new();
    let sets = SETS.get_or_init(|| {
        let ranges = |row: &Row| row.ranges.iter().filter_map(|r| IpRange::parse(r).ok()).collect::<Vec<_>>();
        ROWS.iter().map(|row| (row.service, AddressSet::of_ranges(ranges(row)))).collect()
    });
    let plain = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let wanted = plain(service);
    sets.iter().find(|(name, _)| plain(name) == wanted).map(|(_, set)| set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_parses_and_its_addresses_name_the_service() {
        for row in ROWS {
            for range in row.ranges {
                assert_eq!(IpRange::parse(range).ok().and_then(published_by), Some(row.service), "{range}");
            }
        }
        assert!(published_ranges("3Commas").is_some_and(|s| !s.is_empty()) && published_ranges("nobody").is_none());
        assert_eq!(IpRange::parse("103.26.10.1").ok().and_then(published_by), None);
        assert_eq!(IpRange::parse("0.0.0.0/1").ok().and_then(published_by), None);
    }
}
