//! Elements of a page: that tags close in the order in which they opened, that attributes are quoted, and what is in them.

use std::ops::Range;

#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// What stands between its tags.
    pub inside: Range<usize>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class").unwrap_or_default().split(' ')
    }
}

const VOID: [&str; 4] = ["meta", "input", "br", "hr"];

/// Text with its character references put back; there are five, and no others may be there.
pub fn unescape(text: &str) -> String {
    for (at, _) in text.match_indices('&') {
        let name = text[at + 1..].split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot", "#39", "middot", "nbsp"].contains(&name), "&{name}");
    }
    let mut out = text.to_owned();
    for (from, to) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&middot;", "\u{b7}"), ("&nbsp;", " "), ("&amp;", "&")]
    {
        out = out.replace(from, to);
    }
    out
}

/// Markup without its tags.
pub fn plain(markup: &str) -> String {
    let mut out = String::new();
    for (n, part) in markup.split('<').enumerate() {
        out.push_str(if n == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) });
    }
    unescape(&out)
}

pub fn text_of(page: &str, element: &Element) -> String {
    plain(&page[element.inside.clone()])
}

/// All elements, in the order in which they open.
pub fn elements(page: &str) -> Vec<Element> {
    let start = "<!doctype html>\n";
    let mut at = page.find(start).expect("a document type") + start.len();
    assert!(page[..at - start.len()].trim().is_empty(), "something stands before the document type");
    let mut out: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(found) = page[at..].find('<') {
        let text = &page[at..at + found];
        let raw = open.last().is_some_and(|o| matches!(out[*o].name.as_str(), "script" | "style"));
        assert!(raw || !text.contains('>'), "a bare >: {text}");
        if !raw {
            unescape(text);
        }
        let from = at + found;
        if raw && !page[from..].starts_with("</") {
            at = from + 1;
            continue;
        }
        let mut quoted = false;
        let end = from
            + page[from..]
                .find(|c| {
                    quoted ^= c == '"';
                    c == '>' && !quoted
                })
                .expect("a tag that ends");
        let tag = &page[from + 1..end];
        at = end + 1;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().expect("nothing is open");
            assert_eq!(out[last].name, name);
            out[last].inside.end = from;
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric()), "<{tag}>");
        let mut attributes: Vec<(String, String)> = Vec::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let stop = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(stop);
            assert!(key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "<{tag}>");
            let mut value = "";
            rest = after;
            if let Some(quoted) = after.strip_prefix("=\"") {
                (value, rest) = quoted.split_once('"').unwrap();
                assert!(!value.contains('<'), "<{tag}>");
            } else {
                assert!(!after.starts_with('='), "an attribute without quotes: <{tag}>");
            }
            assert!(!attributes.iter().any(|(k, _)| k == key), "{key} twice: <{tag}>");
            attributes.push((key.to_ascii_lowercase(), unescape(value)));
        }
        out.push(Element { name: name.to_ascii_lowercase(), attributes, inside: at..at });
        if !closed && !VOID.contains(&name) {
            open.push(out.len() - 1);
        }
    }
    assert!(open.is_empty() && page[at..].trim().is_empty(), "not closed: {:?}", open.iter().map(|o| &out[*o].name).collect::<Vec<_>>());
    out
}
