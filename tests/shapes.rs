//! Every file under rules/secrets: it loads, it finds exactly what its examples mark, and it finds nothing in the texts
//! that its examples say to pass. What is published of the forms of credentials is proved here, file by file.

#![allow(clippy::panic, clippy::cast_possible_wrap, reason = "a test stops where something is not as it must be")]

use keylint::model::SecretPart;
use keylint::secrets::catalogue::{Fires, Passes, read};
use keylint::secrets::{Catalogue, Detector, Group};
use keylint::text::TextId;

/// A text without its marks, and where the marked values lie.
fn unmarked(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut out, mut places, mut open) = (String::new(), Vec::new(), 0);
    for c in text.chars() {
        match c {
            '«' => open = out.len(),
            '»' => places.push((open, out.len())),
            c => out.push(c),
        }
    }
    (out, places)
}

fn id_of(detector: &Detector, group: &Group) -> String {
    group.venue.and_then(|v| detector.catalogue().venue(v)).map_or("nobody".into(), |v| v.id.to_string())
}

/// What is wrong with an example that must fire; values are never printed, only where they lie.
fn fires(detector: &Detector, example: &Fires) -> Vec<String> {
    let (text, places) = unmarked(&example.text);
    let scan = detector.scan(text.as_bytes(), &example.path, true);
    let line = |at: usize| text.get(..at).map_or(0, |t| t.matches('\n').count() + 1);
    let mut wrong = Vec::new();
    if places.len() != example.parts.len() {
        wrong.push(format!("marks {} values and names {} parts", places.len(), example.parts.len()));
    }
    for ((start, end), part) in places.iter().zip(&example.parts) {
        let hits: Vec<(&Group, Option<SecretPart>)> = scan
            .groups
            .iter()
            .flat_map(|g| g.parts.iter().map(move |p| (g, p)))
            .filter(|(_, p)| p.start < *end && *start < p.end)
            .map(|(g, p)| (g, p.part))
            .collect();
        match hits.as_slice() {
            [] => {
                let why = scan.refused.iter().find(|r| r.start < *end && *start < r.end);
                let why = why.map_or("never looked at".to_owned(), |r| format!("{:?}, named {:?}", r.why, r.name));
                wrong.push(format!("line {}: {} not found: {why}", line(*start), part.id()));
            }
            [(group, found), ..] => {
                let exact = scan.groups.iter().flat_map(|g| &g.parts).any(|p| p.start == *start && p.end == *end);
                if !exact {
                    let other = scan.groups.iter().flat_map(|g| &g.parts).find(|p| p.start < *end && *start < p.end);
                    let (before, after) = other.map_or((0, 0), |p| (p.start as i64 - *start as i64, p.end as i64 - *end as i64));
                    wrong.push(format!("line {}: {} found with {before} and {after} bytes off", line(*start), part.id()));
                }
                if *found != Some(*part) {
                    wrong.push(format!("line {}: {} taken for {:?}", line(*start), part.id(), found.map(SecretPart::id)));
                }
                if id_of(detector, group) != example.exchange {
                    wrong.push(format!("line {}: {} of {}, not of {}", line(*start), part.id(), id_of(detector, group), example.exchange));
                }
            }
        }
    }
    for group in &scan.groups {
        for part in &group.parts {
            if !places.iter().any(|(s, e)| part.start < *e && *s < part.end) {
                let (of, kind) = (id_of(detector, group), part.part.map(SecretPart::id));
                wrong.push(format!("line {}: {kind:?} of {of} found where none is marked, named {:?}", line(part.start), part.name));
            }
        }
    }
    wrong
}

/// What is found in a text that must pass, beyond the id of a key.
fn passes(detector: &Detector, example: &Passes) -> Vec<String> {
    let scan = detector.scan(example.text.as_bytes(), &example.path, true);
    let line = |at: usize| example.text.get(..at).map_or(0, |t| t.matches('\n').count() + 1);
    let parts = scan.groups.iter().flat_map(|g| g.parts.iter().map(move |p| (g, p)));
    parts
        .filter(|(_, p)| p.part != Some(SecretPart::Key))
        .map(|(g, p)| {
            let (of, kind) = (id_of(detector, g), p.part.map(SecretPart::id));
            format!("line {}: {kind:?} of {of} found, named {:?}, because {:?}", line(p.start), p.name, p.reasons)
        })
        .collect()
}

#[test]
fn every_shape_file_loads() {
    for (id, source) in Catalogue::embedded() {
        let mut tables = Catalogue::default();
        if let Err(misfit) = tables.add(id, TextId(0), source) {
            panic!("{id}: {}", misfit.message);
        }
    }
    assert_eq!(Catalogue::built_in().venues().count(), Catalogue::embedded().len());
}

#[test]
fn every_example_is_found_or_passed() {
    let detector = Detector::built_in();
    let (mut wrong, mut files, mut examples) = (Vec::new(), 0, 0);
    for (id, source) in Catalogue::embedded() {
        let Ok(file) = read(TextId(0), source) else { continue };
        let Some(file) = file.examples else {
            wrong.push(format!("{id}: has no examples"));
            continue;
        };
        let before = wrong.len();
        for example in &file.fires {
            examples += 1;
            wrong.extend(fires(&detector, example).into_iter().map(|w| format!("{id}, fires {:?} ({}): {w}", example.name, example.path)));
        }
        for example in &file.passes {
            examples += 1;
            wrong
                .extend(passes(&detector, example).into_iter().map(|w| format!("{id}, passes {:?} ({}): {w}", example.name, example.path)));
        }
        files += usize::from(wrong.len() > before);
    }
    assert!(wrong.is_empty(), "{files} files, {} of {examples} examples' values:\n{}", wrong.len(), wrong.join("\n"));
}
