//! Tables: CSV and TSV with a header, SQL `INSERT` and `COPY`, Markdown. The header names the values; a column that says
//! which exchange a row is about speaks for the row.

use super::catalogue::VenueId;
use super::judge::Candidate;
use super::names;
use super::scene::Scene;
use crate::finding::Confidence;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A character between the cells.
    Separated(u8),
    /// SQL: `INSERT INTO t (a, b) VALUES (1, 2)`, `COPY t (a, b) FROM stdin;`.
    Sql,
    /// `| a | b |`.
    Piped,
}

/// A column that a value stands in.
pub struct Column {
    /// Its name.
    pub name: String,
}

/// Whether a file may be a table.
pub fn kind(path: &str, bytes: &[u8]) -> Option<Style> {
    let lower = path.to_ascii_lowercase();
    let first = bytes.get(..bytes.len().min(2000)).unwrap_or(&[]);
    let line = first.split(|b| *b == b'\n').next().unwrap_or(&[]);
    let has = |needle: &[u8], within: &[u8]| memchr::memmem::find(within, needle).is_some();
    if [".csv", ".tsv"].iter().any(|e| lower.ends_with(e)) {
        let of = |b: u8| memchr::memchr_iter(b, line).count();
        let best = [b'\t', b';', b'|', b','].into_iter().max_by_key(|b| of(*b))?;
        return (of(best) > 0).then_some(Style::Separated(best));
    }
    let sql = [".sql", ".pgsql", ".dump", ".psql", ".mysql"].iter().any(|e| lower.ends_with(e))
        || has(b"INSERT INTO", first)
        || has(b"insert into", first)
        || has(b"COPY ", first);
    if sql {
        return Some(Style::Sql);
    }
    if [".md", ".markdown", ".org", ".txt", ".rst"].iter().any(|e| lower.ends_with(e)) {
        return has(b"\n|", bytes).then_some(Style::Piped).or_else(|| bytes.starts_with(b"|").then_some(Style::Piped));
    }
    None
}

/// A file read as a table.
pub struct Table {
    /// For each stretch of rows: where it begins, the names of its columns, how its cells are told apart.
    parts: Vec<Part>,
    bytes_of_rows: Vec<(usize, usize)>,
}

struct Part {
    from: usize,
    to: usize,
    names: Vec<String>,
    style: Cells,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cells {
    By(u8),
    Tuple,
}

fn cells(line: &[u8], by: u8) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let (mut start, mut quoted) = (0, 0u8);
    for (i, b) in line.iter().enumerate() {
        match b {
            b'"' | b'\'' if quoted == *b => quoted = 0,
            b'"' if quoted == 0 => quoted = b'"',
            b'\'' if quoted == 0 && by == b',' && line.get(start..i).is_some_and(|w| w.iter().all(u8::is_ascii_whitespace)) => {
                quoted = b'\'';
            }
            b'\\' => {}
            _ if *b == by && quoted == 0 => {
                out.push((start, i));
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push((start, line.len()));
    out
}

fn label(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(80)).unwrap_or(&[])).into_owned();
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '[' | ']' | '\u{feff}' | '*')).to_owned()
}

impl Table {
    /// Reads a file as a table; nothing where it has no header that names a part of a credential.
    pub fn read(style: Style, scene: &Scene<'_>) -> Option<Self> {
        let bytes = scene.bytes;
        let mut parts = Vec::new();
        match style {
            Style::Separated(by) => {
                let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
                let header = bytes.get(..end)?;
                let names: Vec<String> = cells(header, by).into_iter().map(|(a, b)| label(header.get(a..b).unwrap_or(&[]))).collect();
                parts.push(Part { from: end + 1, to: bytes.len(), names, style: Cells::By(by) });
            }
            Style::Piped => {
                let mut at = 0;
                let mut header: Option<Vec<String>> = None;
                for line in bytes.split_inclusive(|b| *b == b'\n') {
                    let piped = line.trim_ascii_start().starts_with(b"|");
                    if piped && header.is_none() {
                        let names = cells(line, b'|').into_iter().map(|(a, b)| label(line.get(a..b).unwrap_or(&[]))).collect::<Vec<_>>();
                        parts.push(Part { from: at + line.len(), to: bytes.len(), names: names.clone(), style: Cells::By(b'|') });
                        header = Some(names);
                    } else if !piped && header.is_some() {
                        header = None;
                        if let Some(last) = parts.last_mut() {
                            last.to = at;
                        }
                    }
                    at += line.len();
                }
            }
            Style::Sql => sql(bytes, &mut parts),
        }
        parts.retain(|p| p.names.iter().any(|n| scene.read(n).part.is_some()));
        if parts.is_empty() {
            return None;
        }
        let mut rows = Vec::new();
        let mut at = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            rows.push((at, at + line.len()));
            at += line.len();
        }
        Some(Self { parts, bytes_of_rows: rows })
    }

    fn part(&self, at: usize) -> Option<&Part> {
        self.parts.iter().rev().find(|p| p.from <= at && at < p.to)
    }

    /// The cells of the row that a place lies in, with the names of their columns.
    fn row(&self, scene: &Scene<'_>, at: usize) -> Option<(usize, Vec<(usize, usize)>, &Part)> {
        let part = self.part(at)?;
        match part.style {
            Cells::By(by) => {
                let row = self.bytes_of_rows.partition_point(|(s, _)| *s <= at).checked_sub(1)?;
                let (start, end) = *self.bytes_of_rows.get(row)?;
                let line = scene.bytes.get(start..end)?;
                if line.len() > 64 << 10 {
                    return None;
                }
                Some((start, cells(line, by), part))
            }
            Cells::Tuple => {
                // `(1, 'binance', '…')`: the bracket that opens before the place on the same level.
                let before = scene.bytes.get(at.saturating_sub(4000).max(part.from)..at)?;
                let open = memchr::memrchr(b'(', before)? + at - before.len();
                let rest = scene.bytes.get(open + 1..(open + 8000).min(part.to))?;
                let mut quoted = false;
                let end = rest.iter().position(|b| {
                    if *b == b'\'' {
                        quoted = !quoted;
                    }
                    *b == b')' && !quoted
                });
                let line = rest.get(..end.unwrap_or(rest.len()))?;
                Some((open + 1, cells(line, b','), part))
            }
        }
    }

    /// The column that a place lies in.
    pub fn column(&self, scene: &Scene<'_>, at: usize) -> Option<Column> {
        let (start, cells, part) = self.row(scene, at)?;
        let index = cells.iter().position(|(a, b)| start + a <= at && at < start + b)?;
        let name = part.names.get(index)?;
        (!name.is_empty()).then(|| Column { name: name.clone() })
    }

    /// Whom a row is about: the first of its other cells that names an exchange.
    pub fn row_venue(&self, scene: &Scene<'_>, at: usize) -> Option<VenueId> {
        let (start, cells, part) = self.row(scene, at)?;
        let mut weak = None;
        for (index, (a, b)) in cells.iter().enumerate() {
            let here = start + a <= at && at < start + b;
            let named = part.names.get(index).is_none_or(|n| scene.read(n).part.is_none());
            if here || !named || b - a > 60 {
                continue;
            }
            let text = label(scene.bytes.get(start + a..start + b).unwrap_or(&[]));
            match names::venue_of(&names::words(&text), scene.catalogue) {
                Some((venue, true)) => return Some(venue),
                Some((venue, false)) => weak = weak.or(Some(venue)),
                None => {}
            }
        }
        weak
    }
}

/// Gives a value to whom its row is about.
pub fn attribute(scene: &Scene<'_>, candidate: &mut Candidate, row: VenueId) {
    let Some(part) = candidate.part else { return };
    let fits = scene.fit(row, part, candidate.value.bytes()).is_some();
    // What a checksum or a prefix has told, no row tells better.
    if candidate.fits && !fits && candidate.confidence == Some(Confidence::High) {
        return;
    }
    if candidate.venue != Some(row) || !candidate.fits {
        candidate.venue = Some(row);
        candidate.fits = fits;
        candidate.confidence = Some(if fits { Confidence::High } else { Confidence::Medium });
        candidate.reasons.push("its row names the exchange".into());
    }
    candidate.confidence = candidate.confidence.or(Some(Confidence::Medium));
}

/// The statements of a dump that carry rows.
fn sql(bytes: &[u8], parts: &mut Vec<Part>) {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let (from, to) = (at, at + line.len());
        at = to;
        let head = line.get(..line.len().min(4000)).unwrap_or(&[]);
        let text = String::from_utf8_lossy(head);
        let trimmed = text.trim_start();
        let upper: String = trimmed.chars().take(24).collect::<String>().to_ascii_uppercase();
        if upper.starts_with("COPY ") {
            let names = listed(trimmed);
            let rest = bytes.get(to..).unwrap_or(&[]);
            let end = memchr::memmem::find(rest, b"\n\\.").map_or(bytes.len(), |i| to + i + 1);
            parts.push(Part { from: to, to: end, names, style: Cells::By(b'\t') });
        } else if upper.starts_with("CREATE TABLE") {
            let name =
                table_name(trimmed.get(12..).unwrap_or("").trim_start_matches(" IF NOT EXISTS").trim_start_matches(" if not exists"));
            let rest = bytes.get(from..(from + 8000).min(bytes.len())).unwrap_or(&[]);
            let body = String::from_utf8_lossy(rest).into_owned();
            let columns = body.split_once('(').map_or("", |(_, b)| b);
            let names = columns
                .lines()
                .take_while(|l| !l.trim_start().starts_with(')'))
                .filter_map(|l| l.trim().split([' ', '\t']).next().map(|w| label(w.as_bytes())))
                .filter(|w| {
                    !w.is_empty()
                        && !["PRIMARY", "KEY", "UNIQUE", "CONSTRAINT", "FOREIGN", "INDEX", "CHECK"]
                            .contains(&w.to_ascii_uppercase().as_str())
                })
                .collect();
            tables.push((name, names));
        } else if let Some(i) = upper.find("INSERT ") {
            let statement = trimmed.get(i..).unwrap_or("");
            let lower = statement.to_ascii_lowercase();
            let values = lower.find("values");
            let before = statement.get(..values.unwrap_or(statement.len())).unwrap_or("");
            let mut names = listed(before);
            let name = table_name(before.to_ascii_lowercase().find("into").and_then(|i| before.get(i + 4..)).unwrap_or(""));
            if names.is_empty() {
                names = tables.iter().rev().find(|(n, _)| *n == name).map(|(_, c)| c.clone()).unwrap_or_default();
            }
            // To the end of the statement: a semicolon at the end of a line.
            let rest = bytes.get(from..).unwrap_or(&[]);
            let end = memchr::memmem::find(rest, b";\n").map_or(bytes.len(), |i| from + i + 1);
            let begin = values.map_or(to, |v| from + (text.len() - trimmed.len()) + i + v);
            parts.push(Part { from: begin.min(bytes.len()), to: end, names, style: Cells::Tuple });
        }
    }
}

fn listed(statement: &str) -> Vec<String> {
    let Some((_, rest)) = statement.split_once('(') else { return Vec::new() };
    let inside = rest.split_once(')').map_or(rest, |(inside, _)| inside);
    inside.split(',').map(|c| label(c.trim().as_bytes())).collect()
}

fn table_name(text: &str) -> String {
    let word: String = text.trim_start().chars().take_while(|c| !c.is_whitespace() && *c != '(').collect();
    label(word.rsplit('.').next().unwrap_or("").as_bytes()).to_ascii_lowercase()
}
