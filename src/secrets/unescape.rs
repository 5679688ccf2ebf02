//! A value as it would be used: without the escapes of JSON strings and of URLs.

use super::value::Value;

/// Takes `\/`, `\u002b`, `%2B` and their like out of a value.
pub fn unescape(bytes: &[u8]) -> Value {
    if !bytes.iter().any(|b| matches!(b, b'\\' | b'%')) {
        return Value::new(bytes.to_vec());
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let number = |digits: Option<&[u8]>| digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 16).ok());
        match (first, after) {
            (b'\\', [b'u', b'0', b'0', ..]) => {
                if let Some(byte) = number(after.get(3..5)) {
                    out.push(byte);
                    rest = after.get(5..).unwrap_or(&[]);
                    continue;
                }
                out.push(*first);
            }
            (b'\\', [b'/' | b'"' | b'\'' | b'\\', ..]) => {
                out.extend(after.first());
                rest = after.get(1..).unwrap_or(&[]);
                continue;
            }
            (b'%', _) => {
                if let Some(byte) = number(after.get(..2)) {
                    out.push(byte);
                    rest = after.get(2..).unwrap_or(&[]);
                    continue;
                }
                out.push(*first);
            }
            _ => out.push(*first),
        }
        rest = after;
    }
    Value::new(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out() {
        assert_eq!(unescape(b"ab\\/c\\u002bd%3D").bytes(), b"ab/c+d=");
        assert_eq!(unescape(b"50%").bytes(), b"50%");
        assert_eq!(unescape(b"\\u00").bytes(), b"\\u00");
    }
}
