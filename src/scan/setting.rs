//! Request windows that configurations and source set: `recvWindow: 60000`. The wider it is, the longer a request that was
//! seen on its way can be sent again.

use super::allow::Mark;

/// The widest window that is usual, in milliseconds.
pub const WIDEST_USUAL: u64 = 5000;

/// A request window that is set.
pub struct Setting {
    /// The text that it stands in, by its place in `Scanned::texts`; nothing for a text that was given whole.
    pub text: Option<usize>,
    /// First byte of the number in its text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Milliseconds.
    pub milliseconds: u64,
}

/// Finds the wide windows of a text.
pub fn find(bytes: &[u8], marks: &[Mark], text: Option<usize>, place: impl Fn(usize) -> u32) -> Vec<Setting> {
    let found = marks.iter().filter(|m| !m.allow).filter_map(|m| read(bytes, m.at, text));
    found.map(|s| Setting { start: place(s.start as usize), end: place(s.end as usize), ..s }).collect()
}

/// Whether the window that is named at a place is wider than usual.
pub fn is_wide(bytes: &[u8], at: usize) -> bool {
    number(bytes, at).is_some_and(|(_, _, n)| n > WIDEST_USUAL)
}

/// Reads the window that is named at a place; nothing where it is not wider than usual.
pub fn read(bytes: &[u8], at: usize, text: Option<usize>) -> Option<Setting> {
    let (start, end, milliseconds) = number(bytes, at)?;
    (milliseconds > WIDEST_USUAL).then_some(Setting { text, start: start as u32, end: end as u32, milliseconds })
}

/// The number that is assigned to the name at a place.
fn number(bytes: &[u8], at: usize) -> Option<(usize, usize, u64)> {
    let rest = bytes.get(at + 10..(at + 80).min(bytes.len()))?;
    // The rest of the name, then an operator.
    let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let mut i = name;
    let mut operator = false;
    loop {
        match rest.get(i)? {
            b'=' | b':' => operator = true,
            b'"' | b'\'' | b' ' | b'\t' | b'>' | b'\\' | b')' | b']' | b'?' | b'|' => {}
            b',' if !operator => operator = true,
            b if b.is_ascii_digit() && operator => break,
            // `recvWindow: int = 5000`, `Some(5000)`.
            b if b.is_ascii_alphabetic() && operator => {
                let word = rest.get(i..)?.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'(').count();
                if word > 8 {
                    return None;
                }
                i += word;
                continue;
            }
            _ => return None,
        }
        i += 1;
    }
    let digits = rest.get(i..)?;
    let length = digits.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    // An expression is not worked out.
    let tail = digits.get(length..)?.iter().find(|b| **b != b' ');
    if matches!(tail, Some(b'*' | b'+' | b'/' | b'.' | b'-')) {
        return None;
    }
    let text: String = digits.get(..length)?.iter().filter(|b| **b != b'_').map(|b| char::from(*b)).collect();
    let milliseconds = text.parse::<u64>().ok()?;
    // Longer than a day is a timestamp, or microseconds of another tool.
    (milliseconds <= 86_400_000).then_some((at + 10 + i, at + 10 + i + length, milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Detector;

    #[test]
    fn windows_are_read_from_any_form_of_assignment() {
        let detector = Detector::built_in();
        let of = |text: &str| {
            let bytes = text.as_bytes();
            let marks = super::super::allow::marks(bytes, &detector.scan(bytes, "x.py", false).pairs);
            find(bytes, &marks, None, |at| at as u32).first().map(|s| s.milliseconds)
        };
        assert_eq!(of("{'recvWindow': 60000, 'x': 1}"), Some(60_000));
        assert_eq!(of("recv_window = 10_000\n"), Some(10_000));
        assert_eq!(of("RECV_WINDOW=20000\n"), Some(20_000));
        assert_eq!(of("\"recvWindow\": \"59999\" "), Some(59_999));
        assert_eq!(of("recvWindow: 5000,"), None);
        assert_eq!(of("recvWindow: 10 * 1000,"), None);
        assert_eq!(of("recvWindow=1499827319559&"), None);
    }
}
