//! Objects that git stores as a difference from another one: which bytes stayed, and which are new.

/// The number at the beginning of what is left, seven bits a byte, lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0u64, 0u32);
    loop {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 64)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// Bytes that are asked for at once, whatever size a difference claims to have.
const TRUSTED: u64 = 64 << 20;

/// Makes an object from its base and the difference. `kept` gets the ranges of `out` that stand in the base as they are, in
/// order; everything outside them is new, or new beside its neighbour.
///
/// # Errors
/// What is wrong with the difference. `out` then holds nothing of use.
pub fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>, kept: &mut Vec<(u32, u32)>) -> Result<(), &'static str> {
    out.clear();
    kept.clear();
    let mut rest = delta;
    let from = number(&mut rest).ok_or("its difference is cut short")?;
    let to = number(&mut rest).ok_or("its difference is cut short")?;
    if from != base.len() as u64 || to > u64::from(u32::MAX) {
        return Err("its difference is of another object");
    }
    out.try_reserve(to.min(TRUSTED) as usize).map_err(|_| "there is not enough memory for it")?;
    // The place in the base behind the last copy, if that was the last thing done.
    let mut behind = None;
    while let Some((command, tail)) = rest.split_first() {
        rest = tail;
        if command & 0x80 == 0 {
            let bytes = rest.get(..usize::from(*command)).filter(|b| !b.is_empty()).ok_or("its difference is damaged")?;
            out.extend_from_slice(bytes);
            rest = rest.get(bytes.len()..).unwrap_or(&[]);
            behind = None;
        } else {
            let mut part = |bit: u8, shift: u32| -> Option<usize> {
                if command & bit == 0 {
                    return Some(0);
                }
                let (byte, tail) = rest.split_first()?;
                rest = tail;
                Some(usize::from(*byte) << shift)
            };
            let mut parts = [0usize; 7];
            for (n, slot) in parts.iter_mut().enumerate() {
                let shift = if n < 4 { 8 * n } else { 8 * (n - 4) };
                *slot = part(1 << n, shift as u32).ok_or("its difference is cut short")?;
            }
            let [a, b, c, d, x, y, z] = parts;
            let (at, size) = (a | b | c | d, x | y | z);
            let size = if size == 0 { 0x1_0000 } else { size };
            let bytes = base.get(at..at.saturating_add(size)).ok_or("its difference leads out of its base")?;
            let start = out.len() as u32;
            out.extend_from_slice(bytes);
            match kept.last_mut() {
                Some(last) if behind == Some(at) => last.1 = out.len() as u32,
                _ => kept.push((start, out.len() as u32)),
            }
            behind = Some(at + size);
        }
        if out.len() as u64 > to {
            return Err("its difference makes more than it says");
        }
    }
    if out.len() as u64 == to { Ok(()) } else { Err("its difference makes less than it says") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stayed_and_what_is_new_are_told_apart() {
        let base = b"abcdefghij";
        // 10 bytes become 13: copy 0..4, insert "XYZ", copy 4..8, copy 8..10.
        let delta = [10, 13, 0x90, 4, 3, b'X', b'Y', b'Z', 0x91, 4, 4, 0x91, 8, 2];
        let (mut out, mut kept) = (Vec::new(), Vec::new());
        assert_eq!(apply(base, &delta, &mut out, &mut kept), Ok(()));
        assert_eq!(out, b"abcdXYZefghij");
        assert_eq!(kept, [(0, 4), (7, 13)]);
    }

    #[test]
    fn a_damaged_difference_is_told_and_does_no_harm() {
        let (mut out, mut kept) = (Vec::new(), Vec::new());
        let whole = [10, 13, 0x90, 4, 3, b'X', b'Y', b'Z', 0x91, 4, 4, 0x91, 8, 2];
        for end in 0..whole.len() {
            assert!(apply(b"abcdefghij", &whole[..end], &mut out, &mut kept).is_err());
        }
        for at in 0..whole.len() {
            for value in 0..=255 {
                let mut bad = whole;
                bad[at] = value;
                let _either = apply(b"abcdefghij", &bad, &mut out, &mut kept);
                assert!(out.len() <= 80_000);
            }
        }
        assert!(apply(b"ab", &[2, 5, 0x90, 5], &mut out, &mut kept).is_err());
    }
}
