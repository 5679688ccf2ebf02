//! Bitvavo: no answer describes a key or a saved address, so its keys are declared by hand. `GET /v2/account` is about
//! fees.
//!
//! Sources: docs.bitvavo.com (authentication, list of endpoints).

use super::Reader;
use crate::model::Exchange;

pub const READER: Reader = Reader { exchange: Exchange::Bitvavo, profile: include_str!("bitvavo.yaml"), payloads: &[], error: |_| None };
