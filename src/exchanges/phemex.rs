//! Phemex: no answer describes a key or a saved address, so its keys are declared by hand.
//!
//! Sources: phemex/phemex-api-docs@2f54a92 (2024-06); phemex.com/help-center.

use super::Reader;
use crate::model::Exchange;

pub const READER: Reader = Reader { exchange: Exchange::Phemex, profile: include_str!("phemex.yaml"), payloads: &[], error: |_| None };
