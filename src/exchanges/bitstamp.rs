//! Bitstamp: no answer describes a key, an account or a saved address, so its keys are declared by hand.
//!
//! Sources: bitstamp.net/api (list of functions).

use super::Reader;
use crate::model::Exchange;

pub const READER: Reader = Reader { exchange: Exchange::Bitstamp, profile: include_str!("bitstamp.yaml"), payloads: &[], error: |_| None };
