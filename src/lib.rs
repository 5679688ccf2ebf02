//! keylint, a linter for crypto-exchange API keys: *if this key's secret leaks today, what can be lost, and what must
//! change so that it can't?*
//!
//! The modules are listed in reading order. Each imports only from those above it; a test guards that.

pub mod text;
pub mod problem;
pub mod document;
pub mod model;
pub mod finding;
pub mod declaration;
pub mod exchanges;
pub mod rules;
pub mod secrets;
pub mod discover;
pub mod git;
pub mod base;
pub mod scan;
pub mod inventory;
pub mod intake;
pub mod wrap;
pub mod exposure;
pub mod tighten;
pub mod engine;
pub mod plan;
pub mod run;
pub mod respond;
pub mod proof;
pub mod report;
pub mod cli;
