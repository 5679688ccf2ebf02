//! A condition as a sentence: what `keylint explain` prints, made from the tree that is evaluated.

use super::condition::{Age, Condition, Test, Width};
use super::vocabulary::{FactId, ItFact};

/// The condition in words.
pub fn sentence(condition: &Condition) -> String {
    match condition {
        Condition::All(parts) => join(parts, " and "),
        Condition::Any(parts) => join(parts, " or "),
        Condition::Not(part) => format!("not ({})", sentence(part)),
        Condition::Exists(list, part) => format!("one of {} where {}", list.name(), sentence(part)),
        Condition::Fact(fact, test) => format!("{} {}", fact.name(), words(test)),
        Condition::It(fact, _, test) => format!("its {} {}", it_name(*fact), words(test)),
    }
}

fn it_name(fact: ItFact) -> &'static str {
    ItFact::name(fact)
}

fn join(parts: &[Condition], with: &str) -> String {
    let inner = |c: &Condition| match c {
        Condition::All(p) | Condition::Any(p) if p.len() > 1 => format!("({})", sentence(c)),
        _ => sentence(c),
    };
    parts.iter().map(inner).collect::<Vec<_>>().join(with)
}

fn words(test: &Test) -> String {
    match test {
        Test::Is(true) => "is so".into(),
        Test::Is(false) => "is not so".into(),
        Test::OneOf(words) => format!("is {}", words.join(" or ")),
        Test::NoneOf(words) => format!("is neither {}", words.join(" nor ")),
        Test::Only(words) => format!("is only {}", words.join(", ")),
        Test::Empty(true) => "is empty".into(),
        Test::Empty(false) => "is not empty".into(),
        Test::MoreThan(0) => "is not empty".into(),
        Test::MoreThan(n) => format!("has more than {n}"),
        Test::OlderThan(Age::Fixed(period)) => format!("is longer than {period} ago"),
        Test::OlderThan(Age::RotateAfter) => "is longer ago than the policy's rotate-after".into(),
        Test::OlderThan(Age::StaleAfter) => "is longer ago than the policy's stale-after".into(),
        Test::Within(period) => format!("is within the next {period}"),
        Test::Passed(true) => "is past".into(),
        Test::Passed(false) => "is not past".into(),
        Test::None(true) => "is none".into(),
        Test::None(false) => "is not none".into(),
        Test::Above(other) => format!("is above {}", FactId::name(*other)),
        Test::AtLeast(other) => format!("is at least {}", FactId::name(*other)),
        Test::Everything(true) => "is every address".into(),
        Test::Everything(false) => "is not every address".into(),
        Test::WiderThan(Width::Policy) => "has a range wider than the policy's widest".into(),
        Test::WiderThan(Width::Fixed { ipv4, ipv6 }) => format!("has a range wider than /{ipv4} (IPv6 /{ipv6})"),
    }
}
