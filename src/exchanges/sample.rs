//! What the tests of the readers share: their fixtures, and how they are read.

use super::recognise::Export;
use super::{Harvest, Reading, read};
use crate::document;
use crate::model::{Exchange, Key, value};
use crate::text::TextId;

/// A fixture of an exchange.
pub fn fixture(exchange: Exchange, name: &str) -> String {
    let path = format!("{}/fixtures/exports/{exchange}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A text as it was read, which must be an export of the exchange.
pub fn export(exchange: Exchange, text: &str) -> Export {
    let node = document::parse(TextId(0), text, 0..text.len()).unwrap();
    match read(&node, None).pop() {
        Some(Reading::Export(export)) => {
            assert_eq!(export.exchange, exchange);
            *export
        }
        _ => panic!("no export: {text}"),
    }
}

/// What a text states, which must be an export of the exchange.
pub fn harvest(exchange: Exchange, text: &str) -> Harvest {
    export(exchange, text).harvest
}

/// Read, trade, transfer, withdraw.
pub fn rights(key: &Key) -> [Option<bool>; 4] {
    let p = &key.permissions;
    [&p.read, &p.trade, &p.transfer, &p.withdraw].map(|r| value(r).copied())
}
