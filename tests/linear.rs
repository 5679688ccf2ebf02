//! Any text is read to its end in time that grows with its length, and nothing in it stops the detector: files of nothing
//! but quotes, brackets or candidates, files of the corpus with bytes changed, random bytes.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test stops where something is not as it must be"
)]

use std::time::{Duration, Instant};

use keylint::secrets::Detector;

/// A generator of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn value(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(LETTERS[self.below(LETTERS.len())])).collect()
    }
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let all = ignore::WalkBuilder::new(&root).standard_filters(false).sort_by_file_name(Ord::cmp).build();
    let all = all.flatten().filter(|e| e.file_type().is_some_and(|t| t.is_file()));
    all.map(|e| (e.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap())).collect()
}

#[test]
fn a_text_of_one_thing_takes_no_longer_than_its_length() {
    let detector = Detector::built_in();
    let mut numbers = Numbers(7);
    // A first scan reads the tables.
    detector.scan(b"api_key = x", "a.txt", false);
    let size = if cfg!(debug_assertions) { 256 << 10 } else { 8 << 20 };
    let candidates: String = (0..400).map(|_| format!("api_secret={}\n", numbers.value(64))).collect();
    let listed: String = (0..400).map(|_| format!("\"{}\",", numbers.value(64))).collect();
    let units = [
        "\"",
        "'a",
        "{",
        "[",
        "(",
        "}",
        "=",
        "key=",
        ":",
        "\n",
        "\\",
        "\\\"",
        "`",
        "\"\"\"",
        "key: |\n",
        "- ",
        "<a>",
        "[a]\n",
        "secret:'",
        "abandon ",
        "1,",
        "[1,2,3,",
        "https://a:b@c/",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\n",
        "eyJ",
        "x=\"",
        ",'",
        "api_key=\"",
        "a.b(c, ",
        "| a | b |\n",
        "INSERT INTO a VALUES (",
        "\u{79c1}\u{94a5}",
        candidates.as_str(),
        listed.as_str(),
    ];
    for unit in units {
        let text = unit.repeat(size / unit.len() + 1);
        for path in ["a.txt", "a.py", "a.csv", "a.sql", "a.yaml", "a.md"] {
            let begun = Instant::now();
            detector.scan(text.as_bytes(), path, false);
            let took = begun.elapsed();
            let shown: String = unit.chars().take(30).collect();
            assert!(took < Duration::from_secs(20), "{shown:?} in {path}: {took:?}");
        }
    }
}

#[test]
fn no_bytes_stop_it() {
    let detector = Detector::built_in();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let files = files("fixtures/corpus/tree");
    let rounds = if cfg!(debug_assertions) { 1 } else { 40 };
    for _ in 0..rounds {
        for (path, bytes) in &files {
            let mut bytes = bytes.clone();
            bytes.truncate(64 << 10);
            for _ in 0..8 {
                if bytes.is_empty() {
                    break;
                }
                let (at, other) = (numbers.below(bytes.len()), numbers.below(bytes.len()));
                match numbers.below(5) {
                    0 => bytes[at] = numbers.next() as u8,
                    1 => bytes.truncate(at),
                    2 => bytes.insert(at, b"\"'{}[]()=:\n\\,<>-"[numbers.below(16)]),
                    3 => {
                        let piece: Vec<u8> = bytes[at.min(other)..at.max(other)].iter().copied().take(200).collect();
                        let to = numbers.below(bytes.len());
                        bytes.splice(to..to, piece);
                    }
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            let scan = detector.scan(&bytes, path, true);
            for part in scan.groups.iter().flat_map(|g| &g.parts) {
                assert!(part.start <= part.end && part.end <= bytes.len(), "{path}");
            }
        }
    }
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length).map(|_| numbers.next() as u8).collect();
        detector.scan(&bytes, "a.env", true);
    }
}

#[test]
fn a_pair_in_the_middle_of_a_long_text_is_found_where_it_is() {
    let detector = Detector::built_in();
    let mut numbers = Numbers(99);
    let (key, secret) = (numbers.value(64), numbers.value(64));
    let filler = "def handler(event, context):\n    return event\n".repeat(2000);
    let pair = format!("BINANCE_API_KEY = \"{key}\"\nBINANCE_API_SECRET = \"{secret}\"\n");
    let text = format!("{filler}{pair}{filler}");
    let scan = detector.scan(text.as_bytes(), "bot/settings.py", false);
    let found: Vec<&str> = scan.groups.iter().flat_map(|g| &g.parts).map(|p| &text[p.start..p.end]).collect();
    assert!(found == [key.as_str(), secret.as_str()], "{} found", found.len());
    let line = scan.groups[0].parts[0].line as usize;
    assert_eq!(line, filler.matches('\n').count());
}
