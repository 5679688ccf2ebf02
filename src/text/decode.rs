//! From bytes to text: UTF-8 and UTF-16, and what is neither.

/// How the bytes of a file were encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, little or big endian, with a byte order mark.
    Utf16,
    /// UTF-32, as some databases and terminals write it.
    Utf32,
}

/// The first place at which bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// Offset in the decoded text.
    pub offset: u32,
    /// The encoding that was tried.
    pub encoding: Encoding,
}

/// Decodes; bytes that are no text become `?`, one for each byte in UTF-8 so that offsets stay those of the file.
pub fn decode(bytes: Vec<u8>) -> (String, Encoding, Option<Undecodable>) {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&bytes)
        && mark == 2
    {
        let (text, _, bad) = encoding.decode(&bytes);
        // The mark is kept as a character, so that offsets count it.
        let text = format!("\u{feff}{text}");
        let offset = text.find('\u{fffd}').unwrap_or(0) as u32;
        return (text, Encoding::Utf16, bad.then_some(Undecodable { offset, encoding: Encoding::Utf16 }));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, Encoding::Utf8, None),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to() as u32;
            let bytes = error.into_bytes();
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| '?'));
            }
            (text, Encoding::Utf8, Some(Undecodable { offset, encoding: Encoding::Utf8 }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_stays_and_broken_bytes_keep_their_places() {
        assert_eq!(decode(b"\xef\xbb\xbf{}".to_vec()), ("\u{feff}{}".into(), Encoding::Utf8, None));
        let (text, _, bad) = decode(b"a\xff\xfeb\xe2\x82".to_vec());
        assert_eq!(text, "a??b??");
        assert_eq!(bad, Some(Undecodable { offset: 1, encoding: Encoding::Utf8 }));
    }

    #[test]
    fn utf16_of_both_orders_is_read_and_a_lone_surrogate_is_told() {
        let le: Vec<u8> = [0xff, 0xfe].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let be: Vec<u8> = [0xfe, 0xff].into_iter().chain("{}".encode_utf16().flat_map(u16::to_be_bytes)).collect();
        assert_eq!(decode(le).0, "\u{feff}{}");
        assert_eq!(decode(be).0, "\u{feff}{}");
        assert!(decode(vec![0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]).2.is_some());
    }
}
