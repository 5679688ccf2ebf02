//! What stands around a value: the names that it may be assigned to, nearest first, the call that it is an argument of,
//! and what encloses it.

use super::lex::{Kind, Lexed, Token};

/// How a name stands to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `name = value`, `name: value`, `<name>value`.
    Assigned,
    /// Another argument of the call, or another member of the pair: `put("name", "value")`.
    Argument,
    /// Words before it on its line.
    Near,
    /// The words of the line above, or a comment behind it.
    Line,
}

/// A name near a value.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its characters.
    pub text: String,
    /// How it stands to the value.
    pub how: How,
}

/// What stands around a value.
#[derive(Default)]
pub struct Around {
    /// The names, nearest first.
    pub names: Vec<Named>,
    /// What is called with it, and as which argument.
    pub call: Option<(String, usize)>,
    /// The innermost frame in which its name stands.
    pub frame: u32,
    /// Its line.
    pub line: u32,
    /// Whether nothing names it: it begins its line.
    pub alone: bool,
    /// It is compared rather than assigned, or part of an expression.
    pub code: bool,
}

/// Names of calls that only wrap a value.
const WRAPPERS: &[&str] = &[
    "some",
    "from",
    "string",
    "str",
    "new",
    "decode",
    "bytes",
    "buffer",
    "secretstring",
    "secretstr",
    "secret",
    "just",
    "ok",
    "to_string",
    "tostring",
    "into",
    "fromhex",
    "from_hex",
    "hex",
    "b64decode",
    "from_str",
    "parse",
    "text",
    "literal",
    "securestring",
    "encode",
    "b58decode",
    "base58",
    "bs58.decode",
    "unhexlify",
    "uint8array",
    "unwrap_or",
    "unwrap_or_else",
    "or",
    "orelse",
    "or_else",
    "getorelse",
    "getorthrow",
    "ok_or",
    "default",
    "print",
    "atob",
    "required",
    "raw",
    "strip",
    "trim",
    "optional",
    "option",
    "ptr",
    "pointer",
    "stringptr",
    "stringvalue",
    "value",
    "convertto-securestring",
    "array",
    "tolist",
    "s",
];

/// Tokens and the text they are of.
pub(super) struct Look<'l> {
    pub(super) lexed: &'l Lexed,
    pub(super) bytes: &'l [u8],
}

impl Look<'_> {
    pub(super) fn token(&self, i: usize) -> Option<&Token> {
        self.lexed.tokens.get(i)
    }
    pub(super) fn text(&self, i: usize) -> String {
        self.token(i).map_or_else(String::new, |t| self.slice(t))
    }
    pub(super) fn slice(&self, t: &Token) -> String {
        let end = (t.end as usize).min(t.start as usize + 200);
        String::from_utf8_lossy(self.bytes.get(t.start as usize..end).unwrap_or(&[])).into_owned()
    }
    /// The opening bracket that a closing one belongs to.
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0usize;
        for i in (close.saturating_sub(400)..=close).rev() {
            match self.token(i)?.kind {
                Kind::Close(_) => depth += 1,
                Kind::Open(_) => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(i);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The text of a token, at most 200 bytes of it.
pub fn text_of(lexed: &Lexed, bytes: &[u8], i: usize) -> String {
    Look { lexed, bytes }.text(i)
}

/// Looks around the value that begins at a token.
pub fn around(lexed: &Lexed, bytes: &[u8], value: usize) -> Around {
    let look = Look { lexed, bytes };
    let Some(token) = look.token(value) else { return Around::default() };
    let mut out = Around { frame: token.frame, line: token.line, ..Around::default() };
    let mut operator = false;
    let mut position = 0usize;
    let mut near: Vec<String> = Vec::new();
    let mut line = token.line;
    let mut i = value;
    let mut steps = 0usize;
    let mut arguments = false;
    // The first value of a file has nothing before it.
    out.alone = value == 0;
    while let Some(prev) = i.checked_sub(1) {
        steps += 1;
        if steps > 48 {
            break;
        }
        i = prev;
        let Some(t) = look.token(i) else { break };
        match t.kind {
            Kind::Open(b'"') => {
                // The text that it stands in begins here; that text is the token before.
                i = i.saturating_sub(1);
                // What names the text names what is in it, after what is inside has had its say.
                if !near.is_empty() && !operator {
                    near.reverse();
                    out.names.push(Named { text: near.join(" "), how: How::Near });
                    near.clear();
                }
            }
            Kind::Open(b'(') => {
                let name = i.checked_sub(1).filter(|p| look.token(*p).is_some_and(|t| t.kind == Kind::Word)).map(|p| look.text(p));
                let Some(name) = name else {
                    // A group or a tuple.
                    out.frame = t.frame;
                    continue;
                };
                let last = name.rsplit(['.', ':']).next().unwrap_or("").to_ascii_lowercase();
                if (WRAPPERS.contains(&last.as_str()) || WRAPPERS.contains(&name.to_ascii_lowercase().as_str()))
                    && position == 0
                    && !arguments
                {
                    i = i.saturating_sub(1);
                    out.frame = look.token(i).map_or(out.frame, |t| t.frame);
                    operator = operator || out.names.is_empty();
                    continue;
                }
                if !operator || out.names.is_empty() {
                    out.call = Some((name.clone(), position));
                    out.names.push(Named { text: name, how: How::Argument });
                    // `const client = new Spot('…', '…')`: whom the result is for.
                }
                break;
            }
            Kind::Open(b'[') => {
                if out.names.is_empty() {
                    operator = true;
                    out.frame = t.frame;
                    continue;
                }
                break;
            }
            Kind::Open(_) => {
                break;
            }
            // What another statement encloses.
            Kind::Close(b'}') => break,
            Kind::Close(_) if !out.names.is_empty() => break,
            Kind::Close(_) => {
                let Some(open) = look.opening(i) else { break };
                if !operator && out.names.is_empty() && line != t.line {
                    break;
                }
                // `environ["KEY"]`, `getenv("KEY") or "…"`: what is inside, then what is before.
                let index = look.token(open).is_some_and(|t| t.kind == Kind::Open(b'['));
                for inside in (open + 1..i).take(8) {
                    if look.token(inside).is_some_and(|t| t.kind == Kind::Text || (index && t.kind == Kind::Word)) {
                        out.names.push(Named { text: look.text(inside), how: How::Assigned });
                    }
                }
                i = open;
                operator = true;
            }
            Kind::Mark(b'=' | b':') => {
                if !near.is_empty() {
                    near.reverse();
                    out.names.push(Named { text: near.join(" "), how: How::Near });
                    near.clear();
                }
                operator = true;
                if t.frame != token.frame
                    && !matches!(
                        look.token(i + 1).map(|t| t.kind),
                        Some(Kind::Text | Kind::Word | Kind::Open(_) | Kind::Mark(_) | Kind::Break)
                    )
                {
                    break;
                }
            }
            Kind::Mark(b',') => {
                let bracket = lexed.frame(t.frame).map_or(0, |f| f.bracket);
                let assigned = out.names.iter().any(|n| n.how == How::Assigned);
                let neutral = assigned && bracket == b'(' && out.names.iter().all(|n| is_neutral(&n.text));
                if neutral {
                    // `add_argument("--secret", default="…")`: the arguments before say what the default is of.
                    let mut p = i;
                    while let Some(before) = p.checked_sub(1) {
                        let Some(x) = look.token(before) else { break };
                        if x.kind == Kind::Open(b'(') || i - before > 60 {
                            break;
                        }
                        if x.kind == Kind::Text && x.frame == t.frame {
                            out.names.push(Named { text: look.slice(x), how: How::Argument });
                        }
                        p = before;
                    }
                    break;
                }
                if !near.is_empty() || assigned {
                    break;
                }
                match bracket {
                    b'(' | b'[' => {
                        position += 1;
                        arguments = true;
                        // The argument before, where it is one text.
                        if let Some(p) = i.checked_sub(1)
                            && look.token(p).is_some_and(|t| matches!(t.kind, Kind::Text | Kind::Word) && t.end - t.start <= 60)
                            && position == 1
                        {
                            out.names.push(Named { text: look.text(p), how: How::Argument });
                        }
                        // To the beginning of the argument before.
                        let mut depth = 0usize;
                        while let Some(p) = i.checked_sub(1) {
                            let Some(x) = look.token(p) else { break };
                            match x.kind {
                                Kind::Close(_) => depth += 1,
                                Kind::Open(_) if depth == 0 => break,
                                Kind::Open(_) => depth -= 1,
                                Kind::Mark(b',') if depth == 0 => break,
                                _ => {}
                            }
                            i = p;
                            if value - i > 400 {
                                break;
                            }
                        }
                        steps = steps.saturating_sub(1);
                    }
                    // A pair of a name and its value: `{api_secret, <<"…">>}`, `{:api_secret, "…"}`.
                    b'{' if position == 0 => {
                        let word = |p: usize| look.token(p).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text));
                        let opens = |p: usize| look.token(p).is_some_and(|t| t.kind == Kind::Open(b'{'));
                        let atom = |p: usize| look.token(p).is_some_and(|t| t.kind == Kind::Mark(b':'));
                        if let Some(p) = i.checked_sub(1).filter(|p| word(*p))
                            && (p.checked_sub(1).is_some_and(opens)
                                || (p.checked_sub(1).is_some_and(atom) && p.checked_sub(2).is_some_and(opens)))
                        {
                            out.names.push(Named { text: look.text(p), how: How::Assigned });
                        }
                        break;
                    }
                    _ => break,
                }
            }
            Kind::Mark(b';') => break,
            Kind::Mark(b'>') => {
                // `<name>value`, `<name attribute="…">value`.
                let tag = (i.saturating_sub(24)..i).rev().find(|p| look.token(*p).is_some_and(|t| t.kind == Kind::Mark(b'<')));
                if let Some(tag) = tag
                    && out.names.is_empty()
                    && near.is_empty()
                    && !operator
                {
                    for inside in tag + 1..i {
                        if look.token(inside).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text)) {
                            out.names.push(Named { text: look.text(inside), how: How::Assigned });
                        }
                    }
                    // `<string name="secret">`: the attribute says more than the tag.
                    out.names.reverse();
                    // `<key>secretKey</key> <string>…`: the element before is the name.
                    let end = (tag.saturating_sub(8)..tag).rev().find(|p| {
                        look.token(*p)
                            .is_some_and(|t| t.kind == Kind::Word && matches!(look.slice(t).as_str(), "/key" | "/name" | "/Name" | "/Key"))
                    });
                    if let Some(end) = end
                        && out.names.iter().all(|n| is_neutral(&n.text))
                        && let Some(name) =
                            end.checked_sub(2).filter(|n| look.token(*n).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text)))
                    {
                        out.names.insert(0, Named { text: look.text(name), how: How::Assigned });
                    }
                    break;
                }
                operator = true;
            }
            Kind::Mark(b'<') if !near.is_empty() || operator => break,
            Kind::Mark(b'!') => out.code = true,
            Kind::Mark(_) => {}
            Kind::Word | Kind::Text => {
                let text = look.slice(t);
                if operator {
                    out.frame = t.frame;
                    near.clear();
                    let single = out.names.len();
                    out.names.push(Named { text, how: How::Assigned });
                    if out.names.len() >= 4 {
                        break;
                    }
                    // A name may be of several words: `Secret Key: …`, `const apiKey: string = …`.
                    if t.kind == Kind::Word
                        && i > 0
                        && look.token(i - 1).is_some_and(|p| p.kind == Kind::Word && p.line == t.line && p.end < t.start)
                    {
                        let mut words = vec![look.slice(t)];
                        let mut back = i;
                        while let Some(p) = back.checked_sub(1) {
                            let Some(x) = look.token(p) else { break };
                            if x.kind != Kind::Word || x.line != t.line || words.len() >= 5 {
                                break;
                            }
                            words.push(look.slice(x));
                            back = p;
                        }
                        words.reverse();
                        // All of them say more than the last.
                        out.names.insert(single, Named { text: words.join(" "), how: How::Assigned });
                        i = back;
                    }
                } else {
                    near.push(text);
                    if near.len() >= 6 {
                        break;
                    }
                }
            }
            Kind::Break => {
                let open_frame = lexed.frame(token.frame).is_some_and(|f| matches!(f.bracket, b'(' | b'[' | b'{'));
                if operator && out.names.is_empty() && value - i <= 6 {
                    line = look.token(i).map_or(line, |t| t.line);
                    continue;
                }
                if !near.is_empty() || !out.names.is_empty() {
                    break;
                }
                if open_frame && !operator {
                    // The next argument on a line of its own.
                    continue;
                }
                out.alone = true;
                break;
            }
        }
    }
    if !near.is_empty() {
        near.reverse();
        out.names.push(Named { text: near.join(" "), how: How::Near });
    }
    // A value is nobody's name.
    let is_value = |n: &str| {
        let has = |test: fn(&u8) -> bool| n.bytes().filter(test).count() >= 2;
        let drawn = n.len() >= 20 && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
        n.len() >= 16
            && !n.contains([' ', '.'])
            && !n.contains('_')
            && super::runs::is_random(n.as_bytes())
            && (drawn || !super::refuse::is_spelled(n))
    };
    out.names.retain(|n| !is_value(&n.text));
    if out.names.is_empty() {
        above(&look, value, &mut out);
        out.names.retain(|n| !is_value(&n.text));
    }
    out
}

/// Whether a name only says that something is a value.
pub fn is_neutral(name: &str) -> bool {
    let squeezed: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    matches!(
        squeezed.as_str(),
        "value"
            | "val"
            | "default"
            | "data"
            | "content"
            | "plain"
            | "text"
            | "plaintext"
            | "v"
            | "current"
            | "initial"
            | "initialvalue"
            | "defaultvalue"
            | "raw"
            | "string"
            | "secretdata"
            | "help"
            | "example"
            | "stringvalue"
    )
}

/// The words of the nearest line above that has some, for a value on a line of its own.
fn above(look: &Look<'_>, value: usize, out: &mut Around) {
    let Some(token) = look.token(value) else { return };
    let mut words: Vec<String> = Vec::new();
    let mut line = None;
    for i in (value.saturating_sub(40)..value).rev() {
        let Some(t) = look.token(i) else { break };
        if t.line == token.line || !matches!(t.kind, Kind::Word) {
            continue;
        }
        if token.line - t.line > 3 {
            break;
        }
        if line.is_some_and(|l| l != t.line) {
            break;
        }
        line = Some(t.line);
        words.push(look.slice(t));
    }
    // A sentence that happens to stand above is no label.
    if !words.is_empty() && words.len() <= 6 {
        words.reverse();
        out.names.push(Named { text: words.join(" "), how: How::Line });
    }
}
