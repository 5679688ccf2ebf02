//! Answers that come in pages: what one page says of the others, and whether those that were read are all of them.
//!
//! Keys on a page that nobody gave are keys that nobody checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Node;
use crate::model::Exchange;
use crate::problem::Problem;
use crate::text::Span;

/// What one page says of the others.
pub enum Page {
    /// Nothing comes after it.
    Last,
    /// There are more after it.
    More,
    /// It has a number, and there are so many.
    Numbered {
        /// Its own number, where it states that.
        number: Option<i64>,
        /// How many pages there are.
        of: i64,
    },
    /// The rows of all pages are counted.
    Counted {
        /// What tells the rows of this page apart.
        rows: Vec<String>,
        /// How many rows there are on all pages.
        of: i64,
    },
}

impl Page {
    /// A page that states its number and how many there are, at two names of one node.
    pub fn numbered(node: Option<&Node<'_>>, number: &str, of: &str) -> Option<Page> {
        let read = |name| node.and_then(|n| n.get(name)).and_then(Node::as_int);
        Some(Page::Numbered { number: read(number), of: read(of)? })
    }
}

/// A page of one answer.
pub struct PageOf {
    /// Whose answer.
    pub exchange: Exchange,
    /// The answer of which endpoint.
    pub endpoint: &'static str,
    /// Of which account, as the envelope names it.
    pub account: Option<String>,
    /// What it says of the others.
    pub page: Page,
    /// Where it stands.
    pub span: Span,
    /// Whether it lists keys.
    pub keys: bool,
}

/// What is missing where pages are: `pages` each with the folder that it was read from, for the pages of one answer
/// stand beside each other.
pub fn missing(pages: &[(String, PageOf)]) -> Vec<Problem> {
    let mut answers: BTreeMap<_, Vec<&PageOf>> = BTreeMap::new();
    for (folder, page) in pages {
        answers.entry((folder, page.exchange, page.endpoint, page.account.as_deref())).or_default().push(page);
    }
    let mut problems = Vec::new();
    for pages in answers.into_values().filter(|pages| !is_whole(pages)) {
        let Some(first) = pages.first() else { continue };
        let (message, help) = match pages.len() {
            1 => (
                "this answer is one page of several: what stands on the others is not in it".to_owned(),
                "fetch the other pages and check them together",
            ),
            n => (
                format!("this answer and the {} of its endpoint beside it are not all pages that there are", others(n - 1)),
                "fetch the pages that are missing and check them together",
            ),
        };
        // Addresses that were not read are a note; keys that were not read are keys that were not checked.
        let problem = if pages.iter().any(|p| p.keys) {
            Problem::incomplete("more-pages", first.span, message)
        } else {
            Problem::note("more-pages", Some(first.span), message)
        };
        problems.push(problem.help(help));
    }
    problems
}

fn others(count: usize) -> String {
    match count {
        1 => "other one".into(),
        n => format!("{n} others"),
    }
}

fn is_whole(pages: &[&PageOf]) -> bool {
    let mut last = false;
    let (mut numbers, mut unnumbered, mut of_pages) = (BTreeSet::new(), 0, 0);
    let (mut rows, mut of_rows) = (BTreeSet::new(), 0);
    for page in pages {
        match &page.page {
            Page::Last => last = true,
            Page::More => {}
            Page::Numbered { number, of } => {
                match number {
                    Some(number) => drop(numbers.insert(*number)),
                    None => unnumbered += 1,
                }
                of_pages = of_pages.max(*of);
            }
            Page::Counted { rows: here, of } => {
                rows.extend(here);
                of_rows = of_rows.max(*of);
            }
        }
    }
    let by_cursor = pages.iter().any(|p| matches!(p.page, Page::Last | Page::More));
    (last || !by_cursor) && (numbers.len() + unnumbered) as i64 >= of_pages && rows.len() as i64 >= of_rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where something is not as it must be")]

    use super::*;
    use crate::text::TextId;

    fn page(page: Page) -> (String, PageOf) {
        let span = Span::new(TextId(0), 0, 1);
        (String::new(), PageOf { exchange: Exchange::Bybit, endpoint: "GET /keys", account: None, page, span, keys: true })
    }

    fn told(pages: Vec<Page>) -> bool {
        !missing(&pages.into_iter().map(page).collect::<Vec<_>>()).is_empty()
    }

    #[test]
    fn each_exchange_says_in_its_own_way_that_there_are_more() {
        use super::super::sample::{export, fixture};
        for (exchange, name, whole, cut) in [
            (Exchange::Bybit, "user-sub-apikeys", "\"nextPageCursor\": \"\"", "\"nextPageCursor\": \"eyJt\""),
            (Exchange::Bybit, "user-submembers", "\"nextCursor\": \"0\"", "\"nextCursor\": \"41\""),
            (Exchange::Bitget, "v3-user-sub-api-list", "\"hasNext\": false", "\"hasNext\": \"true\""),
            (Exchange::Kucoin, "sub-user-v2", "\"totalPage\": 1", "\"totalPage\": 2"),
            (Exchange::Mexc, "capital-withdraw-address", "\"totalPageNum\": 1", "\"totalPageNum\": 2"),
        ] {
            let text = fixture(exchange, name);
            let told = |text: &str| missing(&[(String::new(), export(exchange, text).page.unwrap())]).len();
            assert!(text.contains(whole), "{name}");
            assert_eq!((told(&text), told(&text.replace(whole, cut))), (0, 1), "{name}");
        }
    }

    #[test]
    fn pages_are_whole_where_the_last_one_is_there() {
        assert!(told(vec![Page::More]));
        assert!(told(vec![Page::More, Page::More]));
        assert!(!told(vec![Page::More, Page::Last]));
        assert!(!told(vec![Page::Last]));
    }

    #[test]
    fn numbered_pages_are_whole_where_each_number_is_there() {
        let of = |number, of| Page::Numbered { number, of };
        assert!(!told(vec![of(Some(1), 1)]));
        assert!(told(vec![of(Some(2), 2)]));
        assert!(told(vec![of(Some(1), 2), of(Some(1), 2)]), "one page twice is one page");
        assert!(!told(vec![of(Some(2), 2), of(Some(1), 2)]));
    }

    #[test]
    fn counted_rows_are_whole_where_as_many_are_there() {
        let of = |rows: &[&str], of| Page::Counted { rows: rows.iter().map(|r| (*r).to_owned()).collect(), of };
        assert!(told(vec![of(&["a", "b"], 3)]));
        assert!(told(vec![of(&["a", "b"], 3), of(&["a", "b"], 3)]), "one page twice is one page");
        assert!(!told(vec![of(&["a", "b"], 3), of(&["c"], 3)]));
    }

    #[test]
    fn another_folder_is_another_answer() {
        let mut other = page(Page::Last);
        other.0 = "archive".into();
        assert_eq!(missing(&[page(Page::More), other]).len(), 1);
    }
}
