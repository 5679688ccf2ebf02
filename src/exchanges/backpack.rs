//! Backpack: no answer describes a key or a saved address, so its keys are declared by hand. A key's id is the public half
//! of an Ed25519 pair, and a key belongs to the one sub-account that it was made for.
//!
//! Sources: api-evangelist/backpack@edbdd3f (OpenAPI 1.0); support.backpack.exchange (API keys, FAQ).

use super::Reader;
use crate::model::Exchange;

pub const READER: Reader = Reader { exchange: Exchange::Backpack, profile: include_str!("backpack.yaml"), payloads: &[], error: |_| None };
