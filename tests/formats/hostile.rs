//! Names, labels, reasons and values that were made to be more than text in one format or another.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{FORMATS, KEY, SECRET, document, put, written};

/// What stands in names and labels of the hostile estate.
const HOSTILE: &str = "x\n::error::owned\r\u{1b}[31m<script>alert(1)</script>]]>|`&\"'\u{202e}@me ##[error]own ##vso[task.x]y ![i](https://e.org/i.png) www.e.org {0} $x$ :tada: %0A::warning::w";

pub fn hostile() -> (TempDir, BTreeSet<Vec<u8>>) {
    let dir = TempDir::new().unwrap();
    let leak = |n: usize| {
        format!(
            "# ##[stop-commands]x ##vso[task.x]y\nBYBIT_API_KEY=Kq7Zp2Lm9Xc4Vb8N{n:02}\nBYBIT_API_SECRET=w3RkT8yLq2ZxV5nJ7mBc4HdG9sFpQeXu1A{n:02}\n"
        )
    };
    let names: [&[u8]; 9] = [
        b"a\n::error::b\x1b[31m<b>.env",
        b"c\r::warning file=x::d.env",
        b"]]>|`&\"'.env",
        "e\u{202e}vne.f\u{2066}.env".as_bytes(),
        b"g\xff\xfe.env",
        b"##[error]h.env",
        b"![i](https:x) @me #1 www.e.org.env",
        b"back\\slash%41,:;=.env",
        b"<script>alert(1)<.env",
    ];
    for (n, name) in names.iter().enumerate() {
        put(dir.path(), OsStr::from_bytes(name), leak(10 + n));
    }
    // A secret as the name of a file, and in a label.
    put(dir.path(), format!("{SECRET}.env"), format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n"));
    let answer = json!({ "retCode": 0, "retMsg": "", "result": { "id": "1", "note": format!("{HOSTILE} {SECRET}"), "apiKey": KEY, "readOnly": 0,
        "secret": "", "permissions": { "ContractTrade": [], "Spot": ["SpotTrade"], "Wallet": ["Withdraw", HOSTILE], "Options": [], "Derivatives": [],
        "Exchange": [] }, "ips": ["*"], "type": 1, "expiredAt": "1970-01-01T00:00:00Z", "createdAt": "2026-10-13T03:20:45Z", "userID": 4,
        "isMaster": true, "parentUid": "0" }, "retExtInfo": {}, "time": 1_792_000_000_000_u64 });
    put(dir.path(), "exports/bybit.json", answer.to_string());
    // A reason that was written to be more than a reason.
    put(
        dir.path(),
        "allowed.env",
        format!("# keylint: allow secret-in-plaintext -- ::error::r <script> | ` ##[error] @me {SECRET}\n{}", leak(40)),
    );
    (dir, names.iter().map(|n| n.to_vec()).collect())
}

/// Every string of a document.
fn strings(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|v| strings(v, visit)),
        Value::Object(fields) => fields.iter().for_each(|(name, v)| {
            visit(name);
            strings(v, visit);
        }),
        _ => {}
    }
}

fn harmful(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
}

/// That a text is well-formed XML, as far as this format uses it: one root, tags that close, quoted attributes, and no
/// character that has to be a reference. Returns the names of the elements.
fn elements(xml: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a prolog");
    let plain = |text: &str| {
        assert!(!text.contains(']') || !text.contains("]]>"), "{text}");
        for (at, _) in text.match_indices('&') {
            let name = text[at + 1..].split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{name}");
        }
    };
    while let Some(at) = rest.find('<') {
        plain(&rest[..at]);
        let mut quote = false;
        let end = rest[at..].find(|c| {
            quote ^= c == '"';
            c == '>' && !quote
        });
        let tag = &rest[at + 1..at + end.expect("a tag that ends")];
        rest = &rest[at + end.unwrap() + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.trim_end_matches('/').split(' ').next().unwrap();
        let mut attributes = tag.trim_end_matches('/')[name.len()..].trim();
        while !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
            assert!(key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_'), "{tag}");
            let (value, more) = value.split_once('"').unwrap();
            assert!(!value.contains('<'), "{tag}");
            plain(value);
            attributes = more.trim_start();
        }
        assert!(!open.is_empty() || out.is_empty(), "two roots");
        *out.entry(name.to_owned()).or_default() += 1;
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    out
}

#[test]
fn nothing_from_a_file_is_more_than_text_in_any_format() {
    let (dir, _) = hostile();
    for format in FORMATS {
        let (code, bytes) = written(dir.path(), format, &[".", "absent\n::error::<b>]]>.json", "--show-suppressed"]);
        assert_eq!(code, 1, "{format}");
        let text = String::from_utf8(bytes).unwrap_or_else(|e| panic!("{format}: {e}"));
        let found: Vec<char> = text.chars().filter(|c| harmful(*c)).collect();
        assert!(found.is_empty(), "{format}: {found:?}");
        for line in text.lines() {
            let own = ["::error ", "::warning ", "::notice "].iter().any(|c| line.starts_with(c));
            assert_eq!(line.trim_start().starts_with("::"), own && format == "github", "{format}: {line}");
            // The old form of a command works in the middle of a line too.
            assert!(!line.contains("##[") && !line.contains("##vso["), "{format}: {line}");
        }
        match format {
            "json" | "sarif" | "gitlab-secrets" | "gitlab-quality" => {
                strings(&serde_json::from_str(&text).unwrap(), &mut |s| assert!(!s.chars().any(harmful), "{format}: {s:?}"));
            }
            "jsonl" => {
                for line in text.lines() {
                    strings(&serde_json::from_str(line).unwrap(), &mut |s| assert!(!s.chars().any(harmful), "{format}: {s:?}"));
                }
            }
            "github" => {
                for line in text.lines().filter(|l| !l.starts_with("keylint: ")) {
                    let (properties, data) = line[2..].split_once("::").unwrap();
                    let names: Vec<&str> = properties.split_once(' ').unwrap().1.split(',').map(|p| p.split('=').next().unwrap()).collect();
                    assert!(names.iter().all(|n| ["file", "line", "endLine", "col", "endColumn", "title"].contains(n)), "{line}");
                    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{line}");
                    assert!(!data.is_empty());
                }
            }
            "junit" => {
                let names = elements(&text);
                let known = ["testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out"];
                assert!(names.keys().all(|n| known.contains(&n.as_str())), "{names:?}");
                assert!(names["failure"] >= 1 && names["error"] >= 1, "{names:?}");
            }
            "markdown" => {
                for (at, _) in text.match_indices('<') {
                    let tag = text[at + 1..].split(['>', ' ']).next().unwrap();
                    assert!(
                        ["details", "/details", "summary", "/summary", "br", "!--"].contains(&tag.split('<').next().unwrap()),
                        "<{tag}"
                    );
                }
                // Code stays as it is; everything else must not be able to become a link, an image or a mention.
                for line in text.lines() {
                    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
                    for word in ["](", "![", "@me", "://", "www.e", "$x", ":tada", " #1"] {
                        assert!(!outside.contains(word), "{word}: {line}");
                    }
                    assert_eq!(line.matches('`').count() % 2, 0, "{line}");
                    if line.starts_with('|') {
                        assert_eq!(line.matches('|').count(), 6, "{line}");
                    }
                }
            }
            "html" => {
                assert_eq!((text.matches("<script").count(), text.matches("</script").count()), (1, 1));
                assert!(!text.contains("alert(1)<") && text.contains("&lt;script&gt;alert(1)&lt;"), "the name is not on the page");
            }
            _ => {}
        }
    }
}

#[test]
fn uris_decode_to_the_names_of_the_files() {
    let (dir, names) = hostile();
    let log = document(dir.path(), "sarif", &["."]);
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        let mut name = Vec::new();
        let mut bytes = uri.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                name.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                name.push(byte);
            }
        }
        seen.insert(name);
    }
    assert!(names.is_subset(&seen), "{:?}", names.difference(&seen).map(|n| String::from_utf8_lossy(n).into_owned()).collect::<Vec<_>>());
}

#[test]
fn no_secret_is_in_any_format_in_any_form() {
    // Values with characters that every format writes in its own way.
    let awkward = "Asnq0q5rXSxUqeGsiVfJ8yw94AAoQGYLJTUQrDR38supdwixEu0n/BPMRiMfqaPg39snm5HcFHdWq1Z9vA4m8Q==";
    let pass = "kj|<h>&\"82`_*Lq';x";
    let dir = TempDir::new().unwrap();
    let id = "ZN30gVXkq5sMT6A5te1NSxgDhqRUpG30ERpO4qWg/VhDMnJ/xabUkOv3";
    put(dir.path(), "config.json", json!({ "exchange": { "name": "kraken", "key": id, "secret": awkward } }).to_string());
    let okx = json!({ "name": "okx", "apiKey": "8208aea2-3c3c-47d9-9957-ab067782210a", "secret": "5E75CC746FC90670158798C01F1E3A08", "passphrase": pass });
    put(dir.path(), "okx.json", okx.to_string());
    put(dir.path(), format!("{SECRET}/{SECRET}.env"), format!("BYBIT_API_KEY={KEY}\nBYBIT_API_SECRET={SECRET}\n"));
    // The value as folders of a path, too.
    put(dir.path(), format!("{awkward}/x.env"), "KRAKEN_API_SECRET=".to_owned() + awkward + "\nKRAKEN_API_KEY=" + id + "\n");
    put(
        dir.path(),
        "reason.env",
        format!(
            "BYBIT_API_KEY={KEY}\n# keylint: allow secret-in-plaintext -- it is {SECRET} and {awkward} and {pass}\nBYBIT_API_SECRET={SECRET}\n"
        ),
    );
    put(dir.path(), "exports/none.json", json!({ "label": SECRET }).to_string());
    for format in FORMATS {
        let (_, bytes) = written(dir.path(), format, &[".", "--show-suppressed", "--strict"]);
        let text = String::from_utf8(bytes).unwrap();
        // Without what a format's escapes put between characters.
        let mut bare = text.replace("<!-- -->", "").replace("\\/", "/");
        for (from, to) in
            [("%2F", "/"), ("%2B", "+"), ("%3D", "="), ("&#61;", "="), ("&#95;", "_"), ("&#124;", "|"), ("&amp;", "&"), ("&lt;", "<")]
        {
            bare = bare.replace(from, to);
        }
        for secret in [SECRET, awkward, "5E75CC746FC90670158798C01F1E3A08"] {
            for from in 0..secret.len() - 10 {
                let piece = &secret[from..from + 10];
                assert!(!text.contains(piece) && !bare.contains(piece), "{format} shows {piece}:\n{text}");
            }
            let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
            assert!(!bare.to_lowercase().contains(&hex[..24]), "{format}");
        }
        assert!(!text.contains(pass) && !bare.contains(&pass[..8]), "{format}");
        assert!(
            text.contains('*') || ["gitlab-secrets", "gitlab-quality", "junit", "github", "sarif", "markdown"].contains(&format),
            "{format}"
        );
    }
}
