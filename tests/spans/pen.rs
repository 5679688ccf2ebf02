//! A pen that writes random trees as JSON and as YAML, in any style that can say them, and notes where each piece goes.

#[derive(Clone, Debug)]
pub enum Tree {
    Null,
    Plain(String),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// What the pen wrote, and where.
#[derive(Debug)]
pub struct Written {
    pub start: usize,
    pub end: usize,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// Text and whether it is plain; where the place is open, as for a value that is left out, only emptiness counts.
    Scalar(String, bool),
    LeftOut,
    List(Vec<Written>),
    Map(Vec<(Written, Written)>),
}

pub struct Pen {
    pub out: String,
    pub dice: Vec<u8>,
    pub thrown: usize,
    pub line_break: &'static str,
    pub anchors: usize,
}

impl Pen {
    pub fn new(dice: Vec<u8>) -> Self {
        let mut pen = Self { out: String::new(), dice, thrown: 0, line_break: "\n", anchors: 0 };
        if pen.throw(2) == 0 {
            pen.line_break = "\r\n";
        }
        if pen.throw(4) == 0 {
            pen.out.push('\u{feff}');
        }
        pen
    }
    pub fn throw(&mut self, sides: usize) -> usize {
        let value = self.dice.get(self.thrown % self.dice.len().max(1)).copied().unwrap_or(0);
        self.thrown += 1;
        (usize::from(value) + self.thrown / self.dice.len().max(1)) % sides
    }
    pub fn here(&self) -> usize {
        self.out.len()
    }
    pub fn put(&mut self, words: &str) {
        self.out.push_str(words);
    }
    pub fn space(&mut self) {
        let line_break = self.line_break;
        match self.throw(12) {
            0 => self.put(" "),
            1 => self.put("\t"),
            2 => self.put(line_break),
            3 => {
                self.put(line_break);
                self.put("\t\t ");
            }
            _ => {}
        }
    }
    pub fn scalar(&mut self, text: &str, plain: bool, write: impl FnOnce(&mut Self)) -> Written {
        let start = self.here();
        write(self);
        Written { start, end: self.here(), what: What::Scalar(text.to_owned(), plain) }
    }

    // JSON, with any white space in any place.
    pub fn json(&mut self, tree: &Tree) -> Written {
        match tree {
            Tree::Null => self.scalar("null", true, |pen| pen.put("null")),
            Tree::Plain(word) => self.scalar(word, true, |pen| pen.put(word)),
            Tree::Text(text) => self.double_quoted(text),
            Tree::List(members) => {
                let start = self.here();
                self.put("[");
                self.space();
                let mut written = Vec::new();
                for (i, member) in members.iter().enumerate() {
                    if i > 0 {
                        self.put(",");
                        self.space();
                    }
                    written.push(self.json(member));
                    self.space();
                }
                self.put("]");
                Written { start, end: self.here(), what: What::List(written) }
            }
            Tree::Map(entries) => {
                let start = self.here();
                self.put("{");
                self.space();
                let mut written = Vec::new();
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        self.put(",");
                        self.space();
                    }
                    let key = self.double_quoted(key);
                    self.space();
                    self.put(":");
                    self.space();
                    written.push((key, self.json(value)));
                    self.space();
                }
                self.put("}");
                Written { start, end: self.here(), what: What::Map(written) }
            }
        }
    }
    pub fn double_quoted(&mut self, text: &str) -> Written {
        self.scalar(text, false, |pen| {
            pen.put("\"");
            for c in text.chars() {
                let must = c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
                match c {
                    '"' => pen.put("\\\""),
                    '\\' => pen.put("\\\\"),
                    '\n' => pen.put("\\n"),
                    '/' if pen.throw(2) == 0 => pen.put("\\/"),
                    c if must || pen.throw(5) == 0 => {
                        for unit in c.encode_utf16(&mut [0; 2]) {
                            pen.put(&format!("\\u{unit:04x}"));
                        }
                    }
                    c => pen.out.push(c),
                }
            }
            pen.put("\"");
        })
    }

    // YAML, in any style that can say it.
    pub fn new_line(&mut self, indent: usize) {
        let line_break = self.line_break;
        if self.throw(6) == 0 {
            self.put(line_break);
            self.put("# a \"note\": {");
        }
        if self.throw(6) == 0 {
            self.put(line_break);
        }
        self.put(line_break);
        self.put(&" ".repeat(indent));
    }
    pub fn property(&mut self) {
        match self.throw(6) {
            0 => {
                self.anchors += 1;
                self.put(&format!("&a{} ", self.anchors));
            }
            1 => self.put("!local "),
            _ => {}
        }
    }
    pub fn yaml_word(&mut self, text: &str) -> Written {
        let calm = |c: char| c.is_alphanumeric() || "_-🚀".contains(c);
        let plain = text.starts_with(char::is_alphabetic)
            && text.chars().all(calm)
            && !matches!(text.to_lowercase().as_str(), "null" | "true" | "false");
        let single = !text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
        match self.throw(3) {
            0 if plain => self.scalar(text, true, |pen| pen.put(text)),
            1 if single => self.scalar(text, false, |pen| pen.put(&format!("'{}'", text.replace('\'', "''")))),
            _ => self.double_quoted(text),
        }
    }
    pub fn flow(&mut self, tree: &Tree) -> Written {
        match tree {
            Tree::Text(text) => self.yaml_word(text),
            Tree::List(members) => {
                let start = self.here();
                self.put("[ ");
                let mut written = Vec::new();
                for member in members {
                    self.property();
                    written.push(self.flow(member));
                    self.put(" , ");
                }
                self.put("]");
                Written { start, end: self.here(), what: What::List(written) }
            }
            Tree::Map(entries) => {
                let start = self.here();
                self.put("{");
                let mut written = Vec::new();
                for (key, value) in entries {
                    let key = self.yaml_word(key);
                    self.put(" : ");
                    self.property();
                    written.push((key, self.flow(value)));
                    self.put(" , ");
                }
                self.put("}");
                Written { start, end: self.here(), what: What::Map(written) }
            }
            _ => self.json(tree),
        }
    }
    /// A value behind `key:` or `-`, whose own lines are indented by `indent`.
    pub fn block_value(&mut self, tree: &Tree, indent: usize, under_key: bool) -> Written {
        match tree {
            Tree::Null if self.throw(2) == 0 => Written { start: 0, end: 0, what: What::LeftOut },
            Tree::Map(entries) if !entries.is_empty() && self.throw(4) > 0 => {
                self.put(" ");
                self.property();
                self.new_line(indent);
                self.block(tree, indent)
            }
            Tree::List(members) if !members.is_empty() && self.throw(4) > 0 => {
                self.put(" ");
                self.property();
                // The dashes of a list may stand in the column of its key.
                let indent = if under_key && self.throw(2) == 0 { indent - 2 } else { indent };
                self.new_line(indent);
                self.block(tree, indent)
            }
            Tree::Text(text) if block_text(text) && self.throw(2) == 0 => {
                self.put(" ");
                self.property();
                let folded = self.throw(2) == 0;
                let line_break = self.line_break;
                let (kept, ends) = text.strip_suffix('\n').map_or((text.as_str(), "-"), |kept| (kept, ""));
                self.put(if folded { ">" } else { "|" });
                self.put(ends);
                self.put(line_break);
                self.put(&" ".repeat(indent));
                let between = if folded { format!("{line_break}{line_break}") } else { line_break.to_owned() };
                let between = format!("{between}{}", " ".repeat(indent));
                self.scalar(text, false, |pen| pen.put(&kept.split('\n').collect::<Vec<_>>().join(&between)))
            }
            _ => {
                self.put(" ");
                self.property();
                let written = self.flow(tree);
                if self.throw(5) == 0 {
                    self.put(" # 'why'");
                }
                written
            }
        }
    }
    pub fn block(&mut self, tree: &Tree, indent: usize) -> Written {
        let start = self.here();
        match tree {
            Tree::Map(entries) if !entries.is_empty() => {
                let mut written = Vec::new();
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        self.new_line(indent);
                    }
                    let key = self.yaml_word(key);
                    self.put(":");
                    written.push((key, self.block_value(value, indent + 2, true)));
                }
                let end = written.last().map_or(start, |(_, value)| value.end);
                Written { start, end, what: What::Map(written) }
            }
            Tree::List(members) if !members.is_empty() => {
                let mut written = Vec::new();
                for (i, member) in members.iter().enumerate() {
                    if i > 0 {
                        self.new_line(indent);
                    }
                    self.put("-");
                    match member {
                        Tree::List(_) | Tree::Map(_) if self.throw(2) == 0 => {
                            self.put(" ");
                            written.push(self.block(member, indent + 2));
                        }
                        _ => written.push(self.block_value(member, indent + 2, false)),
                    }
                }
                let end = written.last().map_or(start, |member| member.end);
                Written { start, end, what: What::List(written) }
            }
            _ => self.flow(tree),
        }
    }
}

/// Whether a text can stand as `|` and as `>` with a blank line for each line break.
pub fn block_text(text: &str) -> bool {
    let kept = text.strip_suffix('\n').unwrap_or(text);
    kept.split('\n').all(|line| {
        line.starts_with(|c: char| c.is_alphanumeric())
            && !line.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
    })
}
