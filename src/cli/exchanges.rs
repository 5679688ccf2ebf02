//! `keylint exchanges`: which exchanges are supported and what their answers state; of one of them, how to export.

use std::io::{self, Write};

use crate::model::Exchange;
use crate::report::exchanges;

/// Lists exchanges.
#[derive(clap::Args)]
pub struct Exchanges {
    /// One of them, in full: what each answer states, how to export it, and what stays unknown
    #[arg(value_name = "NAME", value_parser = super::exchange)]
    name: Option<Exchange>,
}

/// Runs the command.
///
/// # Errors
/// Where output cannot be written.
pub fn run(asked: &Exchanges, out: &mut dyn Write) -> io::Result<u8> {
    match asked.name {
        Some(exchange) => exchanges::one(exchange, out)?,
        None => exchanges::all(out)?,
    }
    Ok(0)
}
