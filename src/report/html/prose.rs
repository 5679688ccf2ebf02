//! Sentences as rules write them: paragraphs, lists and words of code, told apart here so that the page only escapes.

use serde::Serialize;

/// A paragraph, or an item of a list.
#[derive(Serialize)]
pub(super) struct Block {
    /// `p`, `ol` or `ul`.
    kind: &'static str,
    /// One paragraph, or the items.
    items: Vec<Vec<Part>>,
}

/// Words, or code.
#[derive(Serialize)]
struct Part {
    code: bool,
    text: String,
}

fn parts(line: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut pieces = line.split('`').peekable();
    let mut code = false;
    while let Some(piece) = pieces.next() {
        // A backquote without its partner is one.
        let last = pieces.peek().is_none();
        let text = if code && last { format!("`{piece}") } else { piece.to_owned() };
        if !text.is_empty() {
            out.push(Part { code: code && !last, text });
        }
        code = !code;
    }
    out
}

/// Lines to blocks: lines that begin with `1. ` or `- ` are items, the others paragraphs.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let numbered = line.get(digits..).and_then(|l| l.strip_prefix(". ")).filter(|_| (1..=2).contains(&digits));
        let (kind, rest) = match (numbered, line.strip_prefix("- ")) {
            (Some(rest), _) => ("ol", rest),
            (None, Some(rest)) => ("ul", rest),
            (None, None) => ("p", line),
        };
        match out.last_mut().filter(|b| b.kind == kind && kind != "p") {
            Some(block) => block.items.push(parts(rest)),
            None => out.push(Block { kind, items: vec![parts(rest)] }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_code_are_told_apart() {
        let blocks = blocks("Do `this`:\n1. First.\n2. Then `that.\n- a\n");
        let kinds: Vec<&str> = blocks.iter().map(|b| b.kind).collect();
        assert_eq!(kinds, ["p", "ol", "ul"]);
        fn words(block: &Block) -> Vec<Vec<(bool, &str)>> {
            block.items.iter().map(|i| i.iter().map(|p| (p.code, p.text.as_str())).collect()).collect()
        }
        assert_eq!(words(&blocks[0]), [vec![(false, "Do "), (true, "this"), (false, ":")]]);
        assert_eq!(words(&blocks[1]), [vec![(false, "First.")], vec![(false, "Then "), (false, "`that.")]]);
    }
}
