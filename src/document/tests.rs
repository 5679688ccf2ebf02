//! Places and words for each way in which a text can be written, and in which it can be broken.

#![allow(clippy::string_slice, reason = "a test stops where something is not as it must be")]

use super::*;

const TEXT: TextId = TextId(1);

fn read(source: &str) -> Node<'_> {
    match parse(TEXT, source, 0..source.len()) {
        Ok(node) => node,
        Err(broken) => panic!("{broken:?}"),
    }
}

fn cut(source: &str, span: Span) -> &str {
    &source[span.start as usize..span.end as usize]
}

/// The words at the one thing that is wrong, what is wrong, and the words at the related place.
fn wrong(source: &str) -> (&str, &'static str, Option<&str>) {
    let found = documents(TEXT, source);
    assert!(found.nodes.is_empty() && found.broken.len() == 1, "{source:?}");
    let broken = found.broken[0];
    (cut(source, broken.span), broken.what, broken.related.map(|(span, _)| cut(source, span)))
}

fn start_of_wrong(source: &str) -> usize {
    documents(TEXT, source).broken[0].span.start as usize
}

/// Each scalar as it is written, in order.
fn pieces<'s>(source: &'s str, node: &Node<'_>, out: &mut Vec<&'s str>) {
    match &node.kind {
        Kind::Scalar { .. } => out.push(cut(source, node.span)),
        Kind::Sequence(members) => members.iter().for_each(|m| pieces(source, m, out)),
        Kind::Mapping(entries) => entries.iter().for_each(|e| {
            pieces(source, &e.key, out);
            pieces(source, &e.value, out);
        }),
    }
}

fn written(source: &str) -> Vec<&str> {
    let mut out = Vec::new();
    pieces(source, &read(source), &mut out);
    out
}

#[test]
fn a_span_holds_the_quotes_and_not_the_anchor_the_tag_or_the_header() {
    let source = "\u{feff}a: &x !!str 'it''s' # c\r\n\"\u{1f680}\": |  # c\r\n  one\r\n  two  \r\n\r\nb: >-\r\n\r\n    folded\r\n    text\r\nc: plain\r\n  over lines\r\nd: *x\r\n";
    let expected =
        ["a", "'it''s'", "\"\u{1f680}\"", "one\r\n  two  ", "b", "folded\r\n    text", "c", "plain\r\n  over lines", "d", "'it''s'"];
    assert_eq!(written(source), expected);
    let node = read(source);
    assert_eq!(node.get("\u{1f680}").and_then(Node::scalar), Some("one\ntwo  \n"));
    assert_eq!(node.get("b").and_then(Node::scalar), Some("\nfolded text"));
    assert_eq!(node.get("c").and_then(Node::scalar), Some("plain over lines"));
}

#[test]
fn block_scalars_end_with_their_last_line() {
    assert_eq!(written("a: |2\n    x\n\nb: 1"), ["a", "  x", "b", "1"]);
    assert_eq!(written("a: |+\n  x\n\n\nb: 1"), ["a", "x", "b", "1"]);
    assert_eq!(written("a: |\nb: 1"), ["a", "", "b", "1"]);
    assert_eq!(written("- >\n\n  x\n # c\n- y"), ["x", "y"]);
}

#[test]
fn escapes_are_resolved_and_their_span_is_what_is_written() {
    let source = r#"{"k\u0065y": "\ud83d\ude80\/\n\u0000"}"#;
    assert_eq!(written(source), [r#""k\u0065y""#, r#""\ud83d\ude80\/\n\u0000""#]);
    assert_eq!(read(source).get("key").and_then(Node::as_text), Some("\u{1f680}/\n\0"));
}

#[test]
fn what_is_written_as_it_is_meant_is_borrowed() {
    let source = "{\"a\": \"plain \u{1f680}\", \"b\": 12}";
    let node = read(source);
    for entry in node.as_mapping().unwrap_or_default() {
        for node in [&entry.key, &entry.value] {
            assert!(matches!(&node.kind, Kind::Scalar { text: Cow::Borrowed(_), .. }));
        }
    }
}

#[test]
fn collections_span_their_brackets_or_their_entries() {
    let source = "# c\nlist:\n- a\n- b: 1\n  c: [x,\n   y] # c\n\n# c\nlast: {a: b}\n";
    let node = read(source);
    let at = |key: &str| node.get(key).map(|n| cut(source, n.span));
    assert_eq!(at("list"), Some("- a\n- b: 1\n  c: [x,\n   y]"));
    assert_eq!(at("last"), Some("{a: b}"));
    assert_eq!(cut(source, node.span), source.trim_start_matches("# c\n").trim_end());
}

#[test]
fn plain_scalars_mean_what_yaml_and_json_agree_on() {
    let node = read("[null, ~, '', true, FALSE, 12, -7, 1.5, 1e3, .inf, '12', yes, 007, 0xAb, 1_000, 12 345, 9223372036854775808]");
    let names: Vec<&str> = node.as_sequence().unwrap_or_default().iter().map(Node::kind_name).collect();
    let expected = [
        "null",
        "null",
        "text",
        "a boolean",
        "a boolean",
        "a number",
        "a number",
        "a number",
        "a number",
        "a number",
        "text",
        "text",
        "text",
        "text",
        "text",
        "text",
        "a number",
    ];
    assert_eq!(names, expected);
    let node = read("{a: 12, b: 007, c: 1.0, d: '5', e: true, f: 'true', g: , h: !!str 12, i: +3}");
    let int = |key: &str| node.get(key).and_then(Node::as_int);
    assert_eq!((int("a"), int("b"), int("c"), int("d"), int("h"), int("i")), (Some(12), None, None, None, None, Some(3)));
    assert_eq!(node.get("h").and_then(Node::as_text), Some("12"));
    assert_eq!(node.get("b").and_then(Node::as_text), Some("007"));
    assert_eq!(node.get("e").and_then(Node::as_text), None);
    assert_eq!(node.get("e").and_then(Node::scalar), Some("true"));
    assert_eq!(node.get("f").and_then(Node::as_bool), None);
    assert!(node.get("g").is_some_and(Node::is_null));
}

#[test]
fn json_with_tabs_and_yaml_with_a_mark_are_documents() {
    assert_eq!(written("{\n\t\"a\":\t1,\n\t\"b\": [\n\t\t2\n\t]\n}\n"), ["\"a\"", "1", "\"b\"", "2"]);
    assert_eq!(written("%YAML 1.2\n---\na: 1\n...\n"), ["a", "1"]);
}

#[test]
fn a_text_that_ends_too_early_says_inside_what() {
    assert_eq!(wrong("{\"a\": [1, \"abc"), ("", "the text ends inside a string", Some("\"")));
    assert_eq!(wrong("{\"a\": [1, 2\n"), ("", "the text ends inside a list", Some("[")));
    assert_eq!(wrong("{\"a\": {}, \"b\": tr"), ("", "the text ends inside an object", Some("{")));
    assert_eq!(wrong("[\"abc\\u12"), ("", "the text ends inside a string", Some("\"")));
    assert_eq!(wrong("[\"abc\\ud83d\\"), ("", "the text ends inside a string", Some("\"")));
    assert_eq!(wrong("a: [b, {c: d"), ("", "the text ends inside an object", Some("{")));
    assert_eq!(wrong("a: 'b\nc: d\n"), ("", "the text ends inside a string", Some("'")));
    assert_eq!(start_of_wrong("{\"a\": [1, 2\n\n"), 11);
    // The beginning of a longer document, although its last line could stand alone.
    assert_eq!(wrong("[\n[1, 2],\n[3, 4]\n"), ("", "the text ends inside a list", Some("[")));
    assert_eq!(wrong("{\"a\":\n{}\n"), ("", "the text ends inside an object", Some("{")));
}

#[test]
fn two_documents_are_one_too_many() {
    for source in ["{\"a\": 1}{\"b\": 2}", "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n", "[1]\n{\n\"b\": 2}", "{a: 1} {\"b\": 2}"] {
        let second = source.rfind('{').unwrap_or(0);
        assert_eq!(wrong(source), ("{", "a second document begins here", None));
        assert_eq!(start_of_wrong(source), second, "{source:?}");
    }
    assert_eq!(wrong("a: 1\n---\nb: 2\n"), ("---", "a second document begins here", None));
    assert_eq!(wrong("a: 1\n...\nb: 2\n"), ("b", "a second document begins here", None));
    assert_eq!(wrong("{\"a\": 1}, x"), (",", "the document has ended, and more follows", None));
}

#[test]
fn json_lines_are_read_line_by_line() {
    let source = "\u{feff}{\"a\": 1}\r\n\r\n{\"a\": \"b}\r\n[2]\r\n{\"a\": 3}{\r\n{\"a\":1,\r\n{\"\u{1f680}\": 4}";
    let found = documents(TEXT, source);
    assert!(found.lines);
    let nodes: Vec<&str> = found.nodes.iter().map(|n| cut(source, n.span)).collect();
    assert_eq!(nodes, ["{\"a\": 1}", "[2]", "{\"\u{1f680}\": 4}"]);
    let broken: Vec<_> = found.broken.iter().map(|b| (cut(source, b.span), b.what)).collect();
    assert_eq!(
        broken,
        [("", "the text ends inside a string"), ("{", "a second document begins here"), ("", "the text ends inside an object")]
    );
    assert!(!documents(TEXT, "{\"a\": 1}\n\n").lines);
    assert!(!documents(TEXT, "{\"a\":\n[1]\n}").lines);
}

#[test]
fn nothing_in_it_is_said() {
    for source in ["", "\u{feff}", " \n\t\n", "# only\n# comments", "---\n", "...\n"] {
        assert_eq!(wrong(source).1, "there is nothing in it", "{source:?}");
    }
    assert!(read("null").is_null());
}

#[test]
fn mistakes_are_shown_where_they_are() {
    assert_eq!(wrong("a:\n\tb: 1\n"), ("\t", "a tab where only spaces may stand", None));
    assert_eq!(documents(TEXT, "a:\n\tb: 1\n").broken[0].help, Some("YAML indents with spaces"));
    assert_eq!(wrong("{\"a\": 1]"), ("]", "expected `,` or `}`", None));
    assert_eq!(wrong("{\"a\": \"b\" \"c\": 1}"), ("\"", "expected `,` or `}`", None));
    assert_eq!(wrong("{\"a\" 1}"), ("1", "expected `:` between a key and its value", None));
    assert_eq!(wrong("{\"a\": \"b,\n \"c\": 1}"), ("\"", "this text is not closed on its line", None));
    assert_eq!(wrong("{\"a\": \"b\\qc\"}"), ("\\", "this escape does not exist", None));
    assert_eq!(wrong("path: \"C:\\bots\\Grid\"\n"), ("\\", "this escape does not exist", None));
    assert_eq!(start_of_wrong("path: \"C:\\bots\\Grid\"\n"), 14);
    assert_eq!(wrong("[\"\\ud800x\"]"), ("\\", "half of a surrogate pair", None));
    assert_eq!(wrong("a: *b\n"), ("*", "this alias (`*`) refers to no anchor (`&`) above it", None));
    assert_eq!(wrong("a: b: c\n"), (":", "`:` is not expected here", None));
    assert_eq!(wrong("a:\n    b: 1\n  c: 2\n"), ("c", "expected a key of the object that is open here", None));
    assert_eq!(wrong("a: @b\n"), ("@", "no value can begin with this character", None));
    assert_eq!(wrong("['\u{7f}']"), ("\u{7f}", "a control character", None));
    assert_eq!(wrong("a: \"b\nc: \"d\"\n").0, "d");
}

#[test]
fn what_json_does_not_allow_is_read_and_can_be_asked_for() {
    for (source, place) in [
        ("{\"a\": [1, 2,]}", ","),
        ("{\"a\": 1,}", ","),
        ("{'a': 1}", "'"),
        ("{\"a\": 'b'}", "'"),
        ("{a: 1}", "a"),
        ("{\"a\": True}", "T"),
        ("{\"a\": 1 # c\n}", "#"),
        ("[1 2]", "2"),
        ("[01]", "0"),
        ("[1.]", "1"),
    ] {
        let _readable = read(source);
        let span = lenient(TEXT, source, 0..source.len());
        assert_eq!(span.map(|s| cut(source, s)), Some(place), "{source:?}");
    }
    for source in ["{\"a\": [1, -0.5e+7, true, null, \"\\u00e9\"]}", "a: 'b'", "\u{feff} []", "{\"a\": "] {
        assert_eq!(lenient(TEXT, source, 0..source.len()), None, "{source:?}");
    }
}

#[test]
fn long_keys_are_keys() {
    let long = "k".repeat(70_000);
    let source = format!("{{\"a\": {{\"{long}\": 1}}, \"b\": 2}}");
    assert_eq!(read(&source).get("a").and_then(|a| a.get(&long)).and_then(Node::as_int), Some(1));
    // Strict JSON has no longest key; the YAML parser, which reads all else, has one.
    let longer = format!("{{\"{}\": 1}}", long.repeat(16));
    assert!(parse(TEXT, &longer, 0..longer.len()).is_ok());
    let longer = format!("{{? \"{}\" : 1, \"{0}\": 1}}", long.repeat(16));
    assert!(parse(TEXT, &longer, 0..longer.len()).is_err());
}

#[test]
fn depth_is_bounded_in_every_style() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(read(&nested(DEPTH)).as_sequence().is_some());
    for source in [nested(DEPTH + 1), nested(10_000), "[".repeat(100_000), "{\"a\":".repeat(5_000)] {
        let found = documents(TEXT, &source);
        assert_eq!(found.broken[0].what, "nested deeper than 128", "{}", source.len());
    }
    assert_eq!(start_of_wrong(&nested(DEPTH + 1)), DEPTH);
    assert_eq!(start_of_wrong(&"{\"a\": 1\n".repeat(300)), 8);
    assert_eq!(documents(TEXT, &"- ".repeat(DEPTH + 1)).broken[0].span.start as usize, 2 * DEPTH);
    let mut block = String::new();
    for i in 0..200 {
        block.push_str(&format!("{}a:\n", " ".repeat(i)));
    }
    assert_eq!(documents(TEXT, &block).broken[0].what, "nested deeper than 128");
    let through_alias = format!("a: &a {}\nb: {}*a{}\n", nested(70), "[".repeat(70), "]".repeat(70));
    assert_eq!(wrong(&through_alias), ("*a", "nested deeper than 128", None));
}

#[test]
fn aliases_stand_for_their_definition_within_a_budget() {
    let source = "a: &x {k: [1, 2]}\nb: *x\nc: [*x, &y z, *y]\n";
    let node = read(source);
    let definition = node.get("a").map(|n| n.span);
    assert_eq!(node.get("b").map(|n| n.span), definition);
    assert_eq!(written(source), ["a", "k", "1", "2", "b", "k", "1", "2", "c", "k", "1", "2", "z", "z"]);
    assert_eq!(node.get("c").map(|n| cut(source, n.span)), Some("[*x, &y z, *y]"));
    assert_eq!(read("&k a: *k").get("a").and_then(Node::scalar), Some("a"));

    assert_eq!(wrong("a: &x [1, *x]\n"), ("*x", "this alias stands inside what it stands for", None));
    assert_eq!(wrong("[*x, &x 1]").1, "this alias (`*`) refers to no anchor (`&`) above it");

    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        laughs.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    }
    assert_eq!(wrong(&laughs).1, "the aliases of this document stand for more than 100,000 values");
    // Anchors that nobody refers to cost nothing.
    let unused = format!("[{}]", "&a [".repeat(100) + &"x, ".repeat(200_000) + &"]".repeat(100));
    assert!(read(&unused).as_sequence().is_some());
}

#[test]
fn duplicates_are_kept_and_found() {
    let few = "{\"a\": 1, \"b\": 2, 'a': 3, a: 4}";
    let node = read(few);
    assert_eq!(node.get("a").and_then(Node::as_int), Some(1));
    let found = |source: &str| -> Vec<(u32, u32)> {
        duplicates(read(source).as_mapping().unwrap_or_default()).iter().map(|(a, b)| (a.start, b.start)).collect()
    };
    assert_eq!(found(few), [(1, 17), (1, 25)]);
    let many = format!("{{z: 1, y: 2, {}y: 3, z: 4, y: 5}}", (0..40).map(|i| format!("k{i}: {i}, ")).collect::<String>());
    let at = |n: usize, key: &str| many.match_indices(key).nth(n).map_or(0, |(i, _)| i as u32);
    assert_eq!(found(&many), [(at(0, "y"), at(1, "y")), (at(0, "z"), at(1, "z")), (at(0, "y"), at(2, "y"))]);
    assert!(found("{a: 1, ? [a] : 2, ? [a] : 3}").is_empty());
}

/// A tree with all its places, for comparing.
fn drawn(node: &Node<'_>, out: &mut String) {
    out.push_str(&format!("{}..{}", node.span.start, node.span.end));
    match &node.kind {
        Kind::Scalar { text, plain } => out.push_str(&format!("{plain}{text:?}")),
        Kind::Sequence(items) => {
            out.push('[');
            items.iter().for_each(|i| drawn(i, out));
            out.push(']');
        }
        Kind::Mapping(entries) => {
            out.push('{');
            for entry in entries {
                drawn(&entry.key, out);
                out.push(':');
                drawn(&entry.value, out);
            }
            out.push('}');
        }
    }
}

#[test]
fn strict_json_gives_the_tree_that_the_yaml_parser_gives() {
    let mut seen = 0;
    let mut texts: Vec<String> = [
        "{}",
        "[]",
        " [ ] \n",
        "{\"a\":{\"b\":[1,-2.5e3,true,false,null,\"\"]},\"a\":2}",
        "\u{feff}{\"k\": \"v\"}\r\n",
        "{\"\\u0041\\ud83d\\ude80\\/\\n\": \"\u{1f680}\\\\\\\"\"}",
        "[[[[\"x\"]]], {\"a b\": \"c: d # e\"}]",
        "{\"a\":\t[\n\t1\n]\n}",
    ]
    .map(str::to_owned)
    .to_vec();
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/exports")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    for text in texts {
        let Some(strict) = strict::parse(TextId(0), &text, 0..text.len()) else { continue };
        let yaml = parse::by_yaml(TextId(0), &text).unwrap();
        let (mut a, mut b) = (String::new(), String::new());
        drawn(&strict, &mut a);
        drawn(&yaml, &mut b);
        assert_eq!(a, b, "{text}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn what_is_not_strict_json_is_left_to_the_yaml_parser() {
    for text in
        ["{\"a\": 1,}", "{'a': 1}", "{a: 1}", "[1 2]", "{\"a\": 01}", "{\"a\"}", "[", "{\"a\": \"b", "[1]]", "[1] [2]", "{\"a\": 1} # x"]
    {
        assert!(strict::parse(TextId(0), text, 0..text.len()).is_none(), "{text}");
    }
    let deep = "[".repeat(DEPTH + 1) + &"]".repeat(DEPTH + 1);
    assert!(strict::parse(TextId(0), &deep, 0..deep.len()).is_none());
}
