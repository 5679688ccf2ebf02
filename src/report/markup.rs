//! Markdown in which nothing from outside is markup: for whole reports in it, and for formats that carry a piece of it.

/// Characters that mean something in Markdown, or in what GitHub and GitLab make of it. As character references they are
/// never structure (CommonMark 0.31, 2.5), in tables neither.
fn reference(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '|' => "&#124;",
        '`' => "&#96;",
        '*' => "&#42;",
        '_' => "&#95;",
        '~' => "&#126;",
        '[' => "&#91;",
        ']' => "&#93;",
        '\\' => "&#92;",
        '!' => "&#33;",
        '^' => "&#94;",
        '=' => "&#61;",
        '"' => "&quot;",
        _ => return None,
    })
}

/// Words without markup. Mentions, references to issues, emoji, formulas and bare addresses are found in the finished text,
/// where a reference no longer helps; an empty comment between their characters does.
fn plain(text: &str, out: &mut String) {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match reference(c) {
            Some(reference) => out.push_str(reference),
            None => out.push(c),
        }
        let next = chars.peek().copied().unwrap_or(' ');
        let address = c == '.' && before.eq_ignore_ascii_case(&'w');
        if (matches!(c, '@' | '#' | '$' | ':') || address) && !next.is_whitespace() {
            out.push_str("<!-- -->");
        }
        before = c;
    }
}

/// Words as code. In it nothing is markup but its own end and, in a table, the end of the cell: those characters are written
/// out, and so is what would begin an element for a reader that takes no notice of code.
pub(super) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('`');
    for c in text.chars() {
        match c {
            '`' | '|' | '<' => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            '\n' | '\r' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    // Nothing between the marks would be no code, and a space at both ends would be taken away.
    if text.trim().is_empty() {
        out.push('?');
    }
    out.push('`');
    out
}

/// A sentence, in which only what stands between backquotes is code. One line, also where the text has several.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut parts = text.split('`');
    plain(parts.next().unwrap_or(""), &mut out);
    while let Some(part) = parts.next() {
        match parts.next() {
            Some(after) => {
                out.push_str(&code(part));
                plain(after, &mut out);
            }
            // A backquote without its partner is one.
            None => {
                out.push_str("&#96;");
                plain(part, &mut out);
            }
        }
    }
    if out.contains(['\n', '\r']) { out.split_whitespace().collect::<Vec<_>>().join(" ") } else { out }
}

/// Paragraphs and numbered or dashed lists, as rules write them.
pub(super) fn paragraphs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.trim_end().lines() {
        let line = line.trim();
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let mark = match line.get(digits..digits + 2) {
            Some(". ") if (1..=2).contains(&digits) => line.get(..digits + 2),
            _ => line.strip_prefix("- ").map(|_| "- "),
        };
        let mark = mark.unwrap_or("");
        out.push_str(mark);
        out.push_str(&prose(line.strip_prefix(mark).unwrap_or(line)));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_but_code() {
        assert_eq!(prose("`enableWithdrawals` at Binance."), "`enableWithdrawals` at Binance.");
        assert_eq!(prose("a|b <img src=x> `c"), "a&#124;b &lt;img src&#61;x&gt; &#96;c");
        assert_eq!(prose("![x](https://e.org) @me #1"), "&#33;&#91;x&#93;(https:<!-- -->//e.org) @<!-- -->me #<!-- -->1");
        assert_eq!(prose("www.e.org"), "www.<!-- -->e.org");
        assert_eq!(code("a`|<b>"), "`a\\u{60}\\u{7c}\\u{3c}b>`");
        assert_eq!(code(""), "`?`");
        assert_eq!(paragraphs("1. Do this.\n2. Then *that*.\n"), "1. Do this.\n2. Then &#42;that&#42;.\n");
    }
}
