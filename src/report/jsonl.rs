//! The report for other programs, a record on each line: for programs that read while it is written, or that take their
//! input by lines.
//!
//! The records are those of the JSON report, in its order, each with a `type`: `finding`, `not_assessed`, `problem`, and on
//! the last line `summary`, which has what the report has beside its lists.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use super::json::{self, Verdict};
use super::leaks::Leaks;
use super::pieces::{self, CoverageOut, Tool};
use crate::finding::Finding;
use crate::run::Outcome;

#[derive(Serialize)]
struct Summary {
    schema: &'static str,
    tool: Tool,
    as_of: String,
    config: Option<String>,
    verdict: Verdict,
    coverage: CoverageOut,
}

/// Appends a record as a line.
fn line(kind: &str, record: &impl Serialize, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let record = pieces::harmless(serde_json::to_vec(record)?);
    out.extend_from_slice(format!("{{\"type\":\"{kind}\",").as_bytes());
    // Every record is an object with fields; its own brace is the one that stands already.
    out.extend_from_slice(record.strip_prefix(b"{").unwrap_or(&record));
    out.push(b'\n');
    Ok(())
}

/// Writes the report.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write(outcome: &Outcome, show_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&Finding> = outcome.verdicts.findings.iter().filter(|f| show_suppressed || f.suppressed.is_none()).collect();
    let leaks = Leaks::of_outcome(outcome);
    let lines = |part: &[&Finding]| {
        let mut bytes = Vec::with_capacity(part.len() * 2048);
        for found in part.iter().filter_map(|f| json::finding(outcome, &leaks, f)) {
            line("finding", &found, &mut bytes)?;
        }
        Ok(bytes)
    };
    let parts: Vec<serde_json::Result<Vec<u8>>> = shown.par_chunks(256).map(lines).collect();
    for part in parts {
        out.write_all(&part.map_err(io::Error::from)?)?;
    }
    let report = json::report(outcome, &leaks);
    let mut bytes = Vec::new();
    for entry in &report.not_assessed {
        line("not_assessed", entry, &mut bytes)?;
    }
    for problem in &report.problems {
        line("problem", problem, &mut bytes)?;
    }
    let summary = Summary {
        schema: report.schema,
        tool: report.tool,
        as_of: report.as_of,
        config: report.config,
        verdict: report.verdict,
        coverage: report.coverage,
    };
    line("summary", &summary, &mut bytes)?;
    out.write_all(&bytes)
}
