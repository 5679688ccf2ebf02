//! The last line of defence: values that were found, in every form in which they could show through, are starred out of
//! excerpts and of whole reports, whatever brought them there: a label, a file's name, a reason, a comment.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use zeroize::Zeroizing;

use crate::secrets::value::Value;

/// Shortest value that is looked for: shorter ones are words of anybody's.
const SHORTEST: usize = 8;

/// Up to how many forms the quickest built automaton is good enough.
const FEW: usize = 100;

/// Knows values, and shows none. No `Debug`, no `Display`.
#[derive(Default)]
pub struct Guard {
    automaton: Option<AhoCorasick>,
}

impl Guard {
    /// A guard against these values.
    pub fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut forms: Vec<Zeroizing<Vec<u8>>> = values.filter(|v| v.len() >= SHORTEST).flat_map(forms).collect();
        forms.sort_unstable_by(|a, b| a.as_slice().cmp(b.as_slice()));
        forms.dedup_by(|a, b| a.as_slice() == b.as_slice());
        if forms.is_empty() {
            return Self::default();
        }
        // A guard of one window sees little text: what is quickly built serves it best.
        let kind = (forms.len() <= FEW).then_some(AhoCorasickKind::NoncontiguousNFA);
        let automaton =
            AhoCorasickBuilder::new().kind(kind).match_kind(MatchKind::LeftmostLongest).build(forms.iter().map(|f| f.as_slice())).ok();
        Self { automaton }
    }
    /// Where the values stand, in any form.
    pub fn places(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        self.automaton.iter().flat_map(|a| a.find_iter(bytes)).map(|m| (m.start(), m.end())).collect()
    }
    /// Stars them out, at equal length.
    pub fn clean(&self, bytes: &mut [u8]) {
        for (start, end) in self.places(bytes) {
            if let Some(value) = bytes.get_mut(start..end) {
                value.fill(b'*');
            }
        }
    }
}

/// A value as it is, in base64, in hexadecimal, and as URLs and JSON strings write it.
fn forms(value: &Value) -> Vec<Zeroizing<Vec<u8>>> {
    let bytes = value.bytes();
    let mut out: Vec<Zeroizing<Vec<u8>>> = vec![Zeroizing::new(bytes.to_vec())];
    let mut add = |form: String| out.push(Zeroizing::new(form.into_bytes()));
    add(data_encoding::HEXLOWER.encode(bytes));
    add(data_encoding::HEXUPPER.encode(bytes));
    // Without what the end of the value does to its last characters.
    let base64 = data_encoding::BASE64_NOPAD.encode(bytes);
    let whole = bytes.len() / 3 * 4;
    add(base64.get(..whole).unwrap_or("").to_owned());
    add(data_encoding::BASE64URL_NOPAD.encode(bytes).get(..whole).unwrap_or("").to_owned());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mut escaped = [String::new(), String::new(), String::new(), String::new()];
        for c in text.chars() {
            let plain = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
            let mut buffer = [0; 4];
            let utf8 = c.encode_utf8(&mut buffer).as_bytes();
            let percent: String = utf8.iter().map(|b| format!("%{b:02X}")).collect();
            let entity = match c {
                '&' => "&amp;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                '"' => "&quot;".to_owned(),
                '\'' => "&#39;".to_owned(),
                c => c.to_string(),
            };
            let json = match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                c => c.to_string(),
            };
            let [url, slashed, html, quoted] = &mut escaped;
            if plain {
                url.push(c);
            } else {
                url.push_str(&percent);
            }
            if c == '/' {
                slashed.push_str("\\/");
            } else {
                slashed.push(c);
            }
            html.push_str(&entity);
            quoted.push_str(&json);
        }
        escaped.into_iter().filter(|e| e != text).for_each(add);
    }
    out.retain(|f| f.len() >= SHORTEST);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_value_is_starred_out_and_nothing_else() {
        let value = Value::new(b"a71M0EUKzNs2/TkRTxzHH+ZmT".to_vec());
        let guard = Guard::of([&value].into_iter());
        for form in forms(&value) {
            let mut bytes = [b"before ".as_slice(), &form, b" after"].concat();
            guard.clean(&mut bytes);
            let text = String::from_utf8(bytes).expect("text");
            assert_eq!(text, format!("before {} after", "*".repeat(form.len())));
        }
        let mut other = b"nothing of it".to_vec();
        guard.clean(&mut other);
        assert_eq!(other, b"nothing of it");
    }
}
