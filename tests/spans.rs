//! Every key and every value knows exactly the bytes it was written in: random trees are written as JSON and as YAML by
//! a pen that notes where each piece goes, and reading must give the same pieces at the same places. Beside it: nothing
//! that can be thrown at the parser makes it panic, and no message ever repeats a value.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a test stops where something is not as it must be"
)]

#[path = "spans/pen.rs"]
mod pen;

use keylint::document::{Documents, Kind, Node, Spanned, documents, duplicates, from_node, lenient, parse};
use keylint::text::{Span, TextId};
use pen::{Pen, Tree, What, Written};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TEXT: TextId = TextId(7);

fn compare(source: &str, node: &Node<'_>, written: &Written) -> Result<(), TestCaseError> {
    prop_assert_eq!(node.span.text, TEXT);
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let cut = source.get(start..end);
    match (&node.kind, &written.what) {
        (Kind::Scalar { .. }, What::LeftOut) => {
            prop_assert!(node.is_null() && node.span.is_empty());
            return Ok(());
        }
        (Kind::Scalar { text, plain }, What::Scalar(expected, expected_plain)) => {
            prop_assert_eq!(text.as_ref(), expected);
            prop_assert_eq!(plain, expected_plain);
        }
        (Kind::Sequence(members), What::List(expected)) => {
            prop_assert_eq!(members.len(), expected.len());
            for (member, expected) in members.iter().zip(expected) {
                compare(source, member, expected)?;
            }
            if matches!(expected.last(), Some(Written { what: What::LeftOut, .. })) {
                return Ok(());
            }
        }
        (Kind::Mapping(entries), What::Map(expected)) => {
            prop_assert_eq!(entries.len(), expected.len());
            for (entry, (key, value)) in entries.iter().zip(expected) {
                compare(source, &entry.key, key)?;
                compare(source, &entry.value, value)?;
            }
            if matches!(expected.last(), Some((_, Written { what: What::LeftOut, .. }))) {
                return Ok(());
            }
        }
        _ => prop_assert!(false, "{} where {:?} was written", node.kind_name(), written),
    }
    // A collection that ends with one that ends with a value that is left out has no exact end either.
    if !open_ended(written) {
        prop_assert_eq!(cut, source.get(written.start..written.end));
        prop_assert_eq!((start, end), (written.start, written.end));
    }
    Ok(())
}

fn open_ended(written: &Written) -> bool {
    match &written.what {
        What::LeftOut => true,
        What::Scalar(..) => false,
        What::List(members) => written.end == 0 || members.last().is_some_and(|m| m.end == written.end && open_ended(m)),
        What::Map(entries) => written.end == 0 || entries.last().is_some_and(|(_, v)| v.end == written.end && open_ended(v)),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z][a-zA-Z0-9_-]{0,12}",
        "[a-z🚀é中]{1,4}",
        "[a-z0-9]{1,6} ?\n[a-z]{1,3}[ '#:]{0,2}\n?",
        proptest::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect()),
        Just("true".to_owned()),
        Just("# no, \"no\": 'no' - [no] {no} & * ! | >".to_owned()),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let word = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(|b| Tree::Plain(b.to_string())),
        any::<i64>().prop_map(|n| Tree::Plain(n.to_string())),
        "-?[1-9][0-9]{0,3}\\.[0-9]{1,3}(e-?[0-9]{1,2})?".prop_map(Tree::Plain),
        text().prop_map(Tree::Text),
        text().prop_map(Tree::Text),
    ];
    let inner = word.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            proptest::collection::vec((text(), inner), 0..5).prop_map(Tree::Map),
        ]
    });
    inner.prop_filter("a document", |tree| !matches!(tree, Tree::Null))
}

fn dice() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 1..80)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() }
}

/// Whatever comes out, its places lie in the text and on whole characters.
fn sound(source: &str) {
    fn inside(source: &str, span: Span) {
        assert!(source.get(span.start as usize..span.end as usize).is_some());
    }
    fn each(source: &str, node: &Node<'_>) {
        inside(source, node.span);
        for member in node.as_sequence().unwrap_or_default() {
            each(source, member);
        }
        for entry in node.as_mapping().unwrap_or_default() {
            each(source, &entry.key);
            each(source, &entry.value);
        }
        duplicates(node.as_mapping().unwrap_or_default()).iter().for_each(|(a, b)| {
            inside(source, *a);
            inside(source, *b);
        });
    }
    let Documents { nodes, broken, lines } = documents(TEXT, source);
    assert!(lines || nodes.len() + broken.len() == 1);
    nodes.iter().for_each(|node| each(source, node));
    for broken in broken {
        inside(source, broken.span);
        broken.related.iter().for_each(|(span, _)| inside(source, *span));
    }
    lenient(TEXT, source, 0..source.len()).iter().for_each(|span| inside(source, *span));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_is_read_as_it_was_written(tree in tree(), dice in dice()) {
        let mut pen = Pen::new(dice);
        pen.space();
        let written = pen.json(&tree);
        pen.space();
        let source = pen.out;
        let node = parse(TEXT, &source, 0..source.len()).map_err(|b| TestCaseError::fail(format!("{b:?} in {source:?}")))?;
        compare(&source, &node, &written)?;
        prop_assert!(lenient(TEXT, &source, 0..source.len()).is_none(), "{:?}", source);
    }

    #[test]
    fn yaml_is_read_as_it_was_written(tree in tree(), dice in dice()) {
        let mut pen = Pen::new(dice);
        if pen.throw(3) == 0 {
            pen.put("--- # begin");
            pen.new_line(0);
        }
        let written = pen.block(&tree, 0);
        pen.new_line(0);
        let source = pen.out;
        let node = parse(TEXT, &source, 0..source.len()).map_err(|b| TestCaseError::fail(format!("{b:?} in {source:?}")))?;
        compare(&source, &node, &written)?;
    }

    #[test]
    fn a_document_within_a_text_has_the_places_of_the_text(tree in tree(), dice in dice(), before in "[a-zé🚀 ]{0,9}") {
        let mut pen = Pen { out: before.clone(), dice, thrown: 0, line_break: "\n", anchors: 0 };
        let written = pen.json(&tree);
        let end = pen.here();
        pen.put("}] \" more");
        let source = pen.out;
        let node = parse(TEXT, &source, before.len()..end).map_err(|b| TestCaseError::fail(format!("{b:?} in {source:?}")))?;
        compare(&source, &node, &written)?;
    }

    #[test]
    fn json_lines_lose_nothing_to_a_broken_line(trees in proptest::collection::vec(tree(), 2..5), at in 0usize..5) {
        let mut source = String::new();
        let mut whole = 0;
        for (i, tree) in trees.iter().enumerate() {
            let mut pen = Pen { out: String::new(), dice: vec![9], thrown: 0, line_break: "", anchors: 0 };
            pen.json(&Tree::List(vec![tree.clone()]));
            if i == at {
                pen.out.pop();
            } else {
                whole += 1;
            }
            let line = pen.out.replace(['\t', '\n'], "");
            source.push_str(&line);
            source.push('\n');
        }
        let found = documents(TEXT, &source);
        prop_assert!(found.lines);
        prop_assert_eq!(found.nodes.len(), whole);
        prop_assert_eq!(found.broken.len(), trees.len() - whole);
    }

    #[test]
    fn nothing_makes_it_panic(source in any::<String>()) {
        sound(&source);
    }

    #[test]
    fn nothing_that_looks_like_a_document_makes_it_panic(source in "([\\[\\]{}:,\"'#&*!|>%@`\\-?\\\\ \t\r\nab1é🚀~.]|: |- |\r\n|\\\\u|&a |\\*a|---|<<){0,60}") {
        sound(&source);
    }

    #[test]
    fn neither_do_cuts_and_changes(tree in tree(), dice in dice(), cut in any::<prop::sample::Index>(), change in any::<char>(), as_yaml in any::<bool>()) {
        let mut pen = Pen::new(dice);
        if as_yaml { pen.block(&tree, 0) } else { pen.json(&tree) };
        let chars: Vec<char> = pen.out.chars().collect();
        let cut = cut.index(chars.len().max(1));
        sound(&chars.iter().take(cut).collect::<String>());
        let mut changed = chars.clone();
        if let Some(c) = changed.get_mut(cut) {
            *c = change;
        }
        sound(&changed.iter().collect::<String>());
        changed.truncate(cut);
        changed.extend(chars);
        sound(&changed.iter().collect::<String>());
    }

    #[test]
    fn a_cut_json_document_ends_where_it_was_cut(tree in tree(), dice in dice(), cut in any::<prop::sample::Index>()) {
        let mut pen = Pen { out: String::new(), dice, thrown: 0, line_break: "\n", anchors: 0 };
        pen.json(&Tree::Map(vec![("a".to_owned(), tree)]));
        let boundaries: Vec<usize> = pen.out.char_indices().map(|(i, _)| i).skip(1).collect();
        let end = boundaries.get(cut.index(boundaries.len())).copied().unwrap_or(1);
        let source = pen.out.get(..end).unwrap_or_default();
        let found = documents(TEXT, source);
        let broken = found.broken.last().copied();
        prop_assert!(broken.is_some(), "{:?}", source);
        if let Some(broken) = broken {
            prop_assert!(broken.what.starts_with("the text ends inside"), "{:?} in {:?}", broken, source);
            prop_assert_eq!(broken.span.start as usize, source.trim_end().len());
            prop_assert!(broken.related.is_some());
        }
    }

    #[test]
    fn no_message_repeats_a_value(dice in dice(), tree in tree(), as_yaml in any::<bool>(), change in any::<char>(), cut in any::<prop::sample::Index>()) {
        const SECRET: &str = "hVq7Zk2mXw9TzB4nLr8sPd3fYc6g";
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only its reading counts")]
        struct Config {
            a: bool,
            b: u16,
            c: Choice,
            d: Vec<Choice>,
            e: BTreeMap<Spanned<String>, Spanned<i64>>,
            f: Option<Box<Config>>,
            g: (String, f64),
        }
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only its reading counts")]
        enum Choice {
            One,
            Two(bool),
            Three { x: u8 },
        }
        fn plant(tree: &Tree, dice: &mut impl Iterator<Item = u8>) -> Tree {
            let secret = || Tree::Text(SECRET.to_owned());
            match tree {
                Tree::List(members) => Tree::List(members.iter().map(|m| plant(m, dice)).collect()),
                Tree::Map(entries) => {
                    let names = ["a", "b", "c", "d", "e", "f", "g", "One", "Two", "Three", SECRET];
                    Tree::Map(entries.iter().map(|(_, v)| (names[usize::from(dice.next().unwrap_or(0)) % 11].to_owned(), plant(v, dice))).collect())
                }
                _ => secret(),
            }
        }
        let mut numbers = dice.clone().into_iter().cycle();
        let tree = plant(&Tree::Map(vec![(String::new(), tree)]), &mut numbers);
        let mut pen = Pen::new(dice);
        if as_yaml { pen.block(&tree, 0) } else { pen.json(&tree) };
        let source = pen.out;
        let changed: String = {
            let mut chars: Vec<char> = source.chars().collect();
            let at = cut.index(chars.len());
            chars[at] = change;
            chars.into_iter().collect()
        };
        for source in [&source, &changed] {
            let found = documents(TEXT, source);
            for broken in &found.broken {
                let shown = format!("{broken:?}");
                prop_assert!(!shown.contains("hVq7"));
            }
            for node in &found.nodes {
                if let Err(misfit) = from_node::<Config>(node) {
                    let shown = format!("{misfit:?}");
                    prop_assert!(!shown.contains("hVq7"), "{}", shown);
                }
            }
        }
    }
}
