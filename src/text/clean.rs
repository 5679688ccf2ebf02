//! Words from outside, made harmless: no control character, escape sequence, direction mark or invisible character of
//! a file name, a label or a message reaches a terminal, a log or a report, and nothing that a log's reader would execute.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could move the cursor, hide itself or reorder its neighbours.
fn harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a `[` behind these words would make them a command of the machine that runs a job: `##[set-output name=x]y` of
/// GitHub's runner, `##vso[…]` of Azure's, `##teamcity[…]`. They work in the middle of a line, unlike those that begin with
/// `::` (<https://github.com/actions/runner>, `src/Runner.Common/ActionCommand.cs`).
pub fn opens_command(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).ends_with("##")
}

/// Appends `text` to `out` with every harmful character written as `\u{…}`.
pub fn clean_into(out: &mut String, text: &str) {
    for c in text.chars() {
        if harmful(c) || (c == '[' && opens_command(out)) {
            // Writing to a string cannot fail.
            let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
}

/// `text` with every harmful character written as `\u{…}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.chars().any(harmful);
    if plain && !(text.contains("##") && text.contains('[')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    clean_into(&mut out, text);
    Cow::Owned(out)
}

/// A name out of a file as a message may quote it: in backquotes, cleaned; described where it is long or could be a
/// secret (20 characters or more of a secret's alphabet with a digit among them).
pub fn quotable(name: &str) -> Cow<'static, str> {
    let wordlike = name.chars().filter(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(*c)).count();
    let secret = wordlike >= 20 && name.chars().any(|c| c.is_ascii_digit());
    if secret || name.chars().count() > 40 {
        return Cow::Borrowed("this name");
    }
    Cow::Owned(format!("`{}`", clean(name)))
}

/// A label from outside: cleaned, and hidden where it is one long drawn word, as a secret is that somebody pasted into the
/// wrong field.
pub fn label(text: &str) -> Cow<'_, str> {
    let drawn = text.len() >= 24
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_'))
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    if drawn { Cow::Borrowed("(hidden: it looks like a secret)") } else { clean(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_a_runner_are_none_any_more() {
        assert_eq!(clean("a ##[error]b ##vso[x] # [c] ##d-[e]"), "a ##\\u{5b}error]b ##vso\\u{5b}x] # [c] ##d-[e]");
    }

    #[test]
    fn harmful_characters_are_written_out_and_others_stay() {
        assert_eq!(clean("grid-\u{5e01}"), "grid-\u{5e01}");
        assert_eq!(clean("a\u{1b}[31m\nb\u{202e}c\u{9b}"), "a\\u{1b}[31m\\u{a}b\\u{202e}c\\u{9b}");
    }
}
