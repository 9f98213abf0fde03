//! A language's file, read.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde::Deserialize;

use super::locale::Locale;
use super::pattern::Pattern;
use crate::error::Fault;
use crate::toml_file;

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    decimal: char,
    thousands: Option<char>,
    /// Words of templates that mean something else in a report.
    #[serde(default)]
    templates: BTreeMap<String, String>,
    /// Texts that are said otherwise where sessions are compared.
    #[serde(default)]
    sessions: BTreeMap<String, String>,
    #[serde(default)]
    strings: BTreeMap<String, String>,
}

/// A sentence and its translation without the punctuation that begins or ends both: it joins the sentence to others, and is
/// told apart from it in any text.
fn bare<'a>(key: &'a str, text: &'a str) -> (&'a str, &'a str) {
    let (mut key, mut text) = (key.trim(), text.trim());
    for start in [", ", ": ", "; ", ". "] {
        if let (Some(rest), Some(translated)) = (key.strip_prefix(start), text.strip_prefix(start)) {
            (key, text) = (rest, translated);
        }
    }
    for end in ['.', ':'] {
        if let (Some(rest), Some(translated)) = (key.strip_suffix(end), text.strip_suffix(end)) {
            (key, text) = (rest, translated);
        }
    }
    (key, text)
}

#[derive(Debug)]
pub(super) struct Catalogue {
    pub locale: Locale,
    /// As they stand in the file.
    pub keys: Vec<String>,
    templates: BTreeMap<String, String>,
    /// Texts without values.
    words: HashMap<String, String>,
    /// Those with values, the surest first.
    pub patterns: Vec<Pattern>,
    /// Places in `patterns` by the first character of the sentence; under `None` those that begin with a value.
    by_first: HashMap<Option<char>, Vec<usize>>,
}

impl Catalogue {
    pub(super) fn read(language: &'static str, source: &str, of_sessions: bool) -> Result<Self, Fault> {
        let mut file: File = toml_file::parse(source)?;
        let others: Vec<String> = file.sessions.keys().cloned().collect();
        if of_sessions {
            file.strings.extend(std::mem::take(&mut file.sessions));
        }
        let locale = Locale { language, decimal: file.decimal, thousands: file.thousands };
        let bare = file.strings.iter().map(|(key, text)| bare(key, text));
        let (with, without): (Vec<_>, Vec<_>) = bare.partition(|(key, _)| key.contains('{'));
        // A template asks for a text as it stands in the file.
        let whole = file.strings.iter().map(|(key, text)| (key.as_str(), text.as_str()));
        let words = without.into_iter().chain(whole).map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        let mut patterns =
            with.into_iter().map(|(key, text)| Pattern::new(key, text)).collect::<Result<Vec<_>, _>>()?;
        // The sort is stable, and the keys are sorted.
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.weight));
        let mut by_first: HashMap<Option<char>, Vec<usize>> = HashMap::new();
        for (place, pattern) in patterns.iter().enumerate() {
            let first = pattern.literals.first().and_then(|literal| literal.chars().next());
            by_first.entry(first).or_default().push(place);
        }
        let keys = file.templates.keys().cloned().chain(others).chain(file.strings.into_keys()).collect();
        Ok(Self { locale, keys, templates: file.templates, words, patterns, by_first })
    }

    /// A word of a template.
    pub(super) fn template_word(&self, text: &str) -> Option<&str> {
        self.templates.get(text).map(String::as_str).or_else(|| self.word(text))
    }

    pub(super) fn word(&self, text: &str) -> Option<&str> {
        self.words.get(text).map(String::as_str)
    }

    /// The patterns that `text` may have been made from, the surest first.
    pub(super) fn candidates<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a Pattern> {
        let of = |first: Option<char>| self.by_first.get(&first).map_or(&[][..], Vec::as_slice);
        let (mut begins, mut open) = (of(text.chars().next()), of(None));
        let merged = std::iter::from_fn(move || {
            let next = match (begins.first(), open.first()) {
                (Some(a), Some(b)) if a < b => &mut begins,
                (Some(_), None) => &mut begins,
                _ => &mut open,
            };
            let (first, rest) = next.split_first()?;
            *next = rest;
            Some(*first)
        });
        merged.map(|place| &self.patterns[place]).filter(|pattern| pattern.may_match(text))
    }
}
