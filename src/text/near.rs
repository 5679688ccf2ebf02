//! "Did you mean": the known word that was probably meant by an unknown one.

/// The known word that was probably meant: at most a third of the longer one's characters differ, once case and the marks
/// between words are left aside.
pub fn nearest<'w>(name: &str, known: &[&'w str]) -> Option<&'w str> {
    /// Beyond this no word is a slip of another.
    const LONGEST: usize = 64;
    let bare = |word: &str| word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect::<String>();
    let name = bare(name);
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let ranked = known.iter().map(|word| {
        let word_bare = bare(word);
        let longest = name.chars().count().max(word_bare.chars().count());
        (strsim::damerau_levenshtein(&name, &word_bare), longest, *word)
    });
    ranked.filter(|(distance, longest, _)| distance * 3 <= *longest).min_by_key(|(distance, ..)| *distance).map(|(_, _, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_have_a_suggestion_and_strangers_have_none() {
        let known = ["systems", "third-parties", "ip-whitelist"];
        assert_eq!(nearest("systms", &known), Some("systems"));
        assert_eq!(nearest("third_parties", &known), Some("third-parties"));
        assert_eq!(nearest("IPWhitelist", &known), Some("ip-whitelist"));
        assert_eq!(nearest("balance", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
