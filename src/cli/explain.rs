//! `keylint explain RULE`: a rule as a person would read it, made from its file.

use std::io::{self, Write};
use std::path::PathBuf;

use super::rules::load;
use crate::rules::{Pointed, Rule, embedded_source, examples, sentence};
use crate::text::{Texts, clean, nearest, quotable};

/// Prints a rule.
///
/// # Errors
/// Where output cannot be written.
pub fn run(id: &str, dir: Option<PathBuf>, out: &mut dyn Write) -> io::Result<u8> {
    let mut texts = Texts::default();
    let Some(book) = load(dir, &mut texts)? else { return Ok(2) };
    let Some(rule) = book.get(id) else {
        let ids: Vec<&str> = book.rules.iter().map(|r| r.id.as_str()).collect();
        let near = nearest(id, &ids).map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        writeln!(io::stderr(), "keylint: there is no rule {}; {near}`keylint rules` lists them", quotable(id))?;
        return Ok(2);
    };
    print(rule, &texts, out)?;
    Ok(0)
}

fn print(rule: &Rule, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n{}/{}\n", clean(&rule.title), clean(&rule.family), clean(&rule.id))?;
    writeln!(out, "Asked about    {}", about(rule))?;
    writeln!(out, "Fires when     {}", indent(&sentence(&rule.when)))?;
    for (n, case) in rule.severity.iter().enumerate() {
        let head = if n == 0 { "Severity       " } else { "               " };
        let when = case.when.as_ref().map(|w| format!(" when {}", sentence(w)));
        let when = when.unwrap_or_else(|| if n == 0 { String::new() } else { " otherwise".into() });
        let because = case.because.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
        writeln!(out, "{head}{}{}", case.is, indent(&clean(&format!("{when}{because}"))))?;
    }
    if let Some(weigh) = rule.weigh {
        writeln!(out, "               {}", indent(weigh.sentence()))?;
    }
    writeln!(out, "Confidence     {}", rule.confidence.id())?;
    let points: Vec<&str> = rule
        .at
        .iter()
        .map(|a| match a.what {
            Pointed::Fact(fact) => fact.name(),
            Pointed::It => "the member",
            Pointed::Subject => "the record",
        })
        .collect();
    writeln!(out, "Points at      {}", points.join(", "))?;
    if !rule.yields_to.is_empty() {
        let ids: Vec<&str> = rule.yields_to.iter().map(|(id, _)| id.as_str()).collect();
        writeln!(out, "Yields to      {}", indent(&ids.join(", ")))?;
    }
    writeln!(out, "\nWhy it matters\n  {}", indent_by(&clean(rule.why.trim()), 2))?;
    writeln!(out, "\nHow to fix it\n  {}", indent_by(&clean(rule.fix.trim()), 2))?;
    if !rule.references.is_empty() {
        writeln!(out, "\nReferences")?;
        for reference in &rule.references {
            writeln!(out, "  {}", clean(reference))?;
        }
    }
    let own = texts.get(rule.text);
    let built_in = embedded_source(&rule.id).filter(|(path, _)| own.is_some_and(|t| t.path() == *path));
    let source = built_in.map(|(_, s)| s).or_else(|| own.map(crate::text::Text::content)).unwrap_or("");
    if let Ok(examples) = examples(rule.text, source) {
        for (head, list) in [("Fires on", &examples.fires), ("Passes", &examples.passes), ("Is not assessed for", &examples.not_assessed)] {
            if !list.is_empty() {
                writeln!(out, "\n{head}")?;
                for example in list {
                    writeln!(out, "  - {}", clean(&example.name))?;
                }
            }
        }
    }
    Ok(())
}

fn about(rule: &Rule) -> String {
    match rule.each {
        Some((list, _)) => format!("each {}; each of its {} is a finding of its own", rule.about.id(), list.name()),
        None if rule.about.id() == "estate" => "all that was read, once".into(),
        None => format!("each {}", rule.about.id()),
    }
}

/// The width of a line of prose.
const WIDTH: usize = 96;

fn indent(text: &str) -> String {
    indent_by(text, 15)
}

/// Wraps prose; all lines but the first begin with spaces.
fn indent_by(text: &str, by: usize) -> String {
    let mut out = String::new();
    let mut column = by;
    if text.starts_with(' ') {
        out.push(' ');
        column += 1;
    }
    for (n, word) in text.split_whitespace().enumerate() {
        let width = word.chars().count();
        if n > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', by));
            column = by;
        } else if n > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}
