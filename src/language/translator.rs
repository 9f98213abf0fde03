//! A finished text → the same in another language.
//!
//! A text is made of sentences with values in them, of lists of such, and of what the user wrote. It is translated by
//! looking for the parts that leave the fewest letters untranslated: as a known text, as a sentence with its values (which
//! are translated in turn), or by punctuation that joins two parts. What the user wrote stays as it is.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::catalogue::Catalogue;
use super::pattern::Pattern;
use super::{Language, Locale};

/// Translates into one language, for one report.
pub struct Translator {
    language: &'static Language,
    catalogue: &'static Catalogue,
    locale: Locale,
    /// What the user wrote.
    own: BTreeSet<String>,
    known: RefCell<HashMap<String, Found>>,
}

/// A translation, and how many letters of it are still English.
#[derive(Clone, Debug)]
struct Found {
    left: usize,
    text: String,
}

impl Found {
    fn sure(text: impl Into<String>) -> Self {
        Self { left: 0, text: text.into() }
    }
}

/// A list longer than this is taken apart item by item, from its beginning.
const LONG: usize = 24;

/// What joins two parts of a text, both of which are translated.
const JOINTS: [&str; 12] = [". ", "; ", ": ", ", ", " = ", " → ", " − ", " ÷ ", " × ", " + ", " ± ", " / "];

impl Translator {
    /// `own` is what the user wrote: labels, titles, names of runs, paths.
    pub fn new(language: &'static Language, locale: Locale, own: impl IntoIterator<Item = String>) -> Self {
        let own = own.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
        Self { language, catalogue: language.catalogue(), locale, own, known: RefCell::default() }
    }

    /// The same for a comparison of sessions, which stand where a study has its modes.
    pub fn of_sessions(self) -> Self {
        Self { catalogue: self.language.catalogue_of_sessions(), known: RefCell::default(), ..self }
    }

    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// How the report writes numbers.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The text in the language. What is not known stays English.
    pub fn text(&self, text: &str) -> String {
        if self.language.is_source() { text.to_owned() } else { self.found(text).text }
    }

    /// Whether nothing of `text` would stay English.
    pub fn knows(&self, text: &str) -> bool {
        self.language.is_source() || self.found(text).left == 0
    }

    fn found(&self, text: &str) -> Found {
        let inner = text.trim();
        if inner.len() < text.len() {
            let (before, after) = text.split_at(text.len() - text.trim_start().len());
            let after = &after[after.trim_end().len()..];
            let found = self.found(inner);
            return Found { text: format!("{before}{}{after}", found.text), ..found };
        }
        if inner.is_empty() || self.own.contains(inner) {
            return Found::sure(inner);
        }
        if let Some(found) = self.known.borrow().get(inner) {
            return found.clone();
        }
        let found = self.search(inner);
        self.known.borrow_mut().insert(inner.to_owned(), found.clone());
        found
    }

    fn search(&self, text: &str) -> Found {
        let mut best = self.sentence(text);
        if best.left == 0 {
            return best;
        }
        let quantity = text.rsplit_once(' ').filter(|(number, _)| is_number(number));
        if let Some((number, unit)) = quantity.and_then(|(number, unit)| Some((number, self.catalogue.word(unit)?))) {
            return Found::sure(format!("{} {unit}", self.locale.numbers(number)));
        }
        if !has_word(text) {
            return Found::sure(self.locale.numbers(text));
        }
        if let Some(other) = other_case(text) {
            let found = self.sentence(&other);
            if found.left < best.left
                && let Some(text) = other_case(&found.text)
            {
                best = Found { text, ..found };
            }
        }
        if best.left > 0 && is_technical(text) {
            return Found::sure(text);
        }
        if best.left > 0 {
            self.joined(text, &mut best);
        }
        best
    }

    /// As a known text or sentence.
    fn sentence(&self, text: &str) -> Found {
        let catalogue = self.catalogue;
        if let Some(word) = catalogue.word(text) {
            return Found::sure(word);
        }
        let mut best =
            Found { left: text.chars().filter(char::is_ascii_alphabetic).count() + 1, text: text.to_owned() };
        for pattern in catalogue.candidates(text) {
            self.matched(pattern, text, &mut best);
            if best.left == 0 {
                break;
            }
        }
        best
    }

    fn matched(&self, pattern: &Pattern, text: &str, best: &mut Found) {
        if let Some(rest) = pattern.literals.first().and_then(|first| text.strip_prefix(first.as_str())) {
            self.values(pattern, rest, &mut Vec::new(), 0, best);
        }
    }

    /// Looks for the value after those in `values`, which left `left` letters, and for all after it.
    fn values(&self, pattern: &Pattern, rest: &str, values: &mut Vec<String>, left: usize, best: &mut Found) {
        let next = values.len() + 1;
        let Some(literal) = pattern.literals.get(next) else { return };
        let is_last = next + 1 == pattern.literals.len();
        let ends: Vec<usize> = if is_last {
            rest.strip_suffix(literal.as_str()).map(str::len).into_iter().collect()
        } else if literal.is_empty() {
            // The longest first: mostly nothing follows, or a part that punctuation begins; never the decimals of a number.
            let in_number = |at: usize, c: char| {
                matches!(c, '.' | ',') && rest[at + 1..].starts_with(|next: char| next.is_ascii_digit())
            };
            let is_break =
                |(at, c): &(usize, char)| matches!(c, ' ' | ',' | ';' | ':' | '.' | '(' | '%') && !in_number(*at, *c);
            let breaks = rest.char_indices().rev().filter(is_break).map(|(at, _)| at);
            std::iter::once(rest.len()).chain(breaks).collect()
        } else {
            rest.match_indices(literal.as_str()).map(|(at, _)| at).collect()
        };
        for end in ends {
            if !is_last && !pattern.may_go_on(next + 1, &rest[end + literal.len()..]) {
                continue;
            }
            let mut found = self.found(&rest[..end]);
            // A list is more likely to have the sentence in it than to be a value of it.
            found.left += usize::from(rest[..end].contains("; ") && !pattern.is_of_list());
            if left + found.left < best.left {
                values.push(found.text);
                if is_last {
                    *best = Found { left: left + found.left, text: pattern.filled(values) };
                } else {
                    self.values(pattern, &rest[end + literal.len()..], values, left + found.left, best);
                }
                values.pop();
            }
            if best.left == 0 {
                return;
            }
        }
    }

    /// As parts that punctuation joins.
    fn joined(&self, text: &str, best: &mut Found) {
        if let Some((head, inner)) = parenthesis(text) {
            let (head, inner) = (self.found(head), self.found(inner));
            let space = if head.text.is_empty() { "" } else { " " };
            keep(best, head.left + inner.left, || format!("{}{space}({})", head.text, inner.text));
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let inner = self.found(inner);
            keep(best, inner.left, || format!("[{}]", inner.text));
        }
        if let Some((inner, end)) = text.char_indices().next_back().filter(|(at, c)| *at > 0 && ".:…!?,;".contains(*c))
        {
            let inner = self.found(&text[..inner]);
            keep(best, inner.left, || format!("{}{end}", inner.text));
        }
        if let Some(start) = [", ", ": ", "; ", ". ", "— ", "÷ "].iter().find(|start| text.starts_with(**start)) {
            let rest = self.found(&text[start.len()..]);
            keep(best, rest.left, || format!("{start}{}", rest.text));
        }
        for joint in JOINTS {
            let places: Vec<usize> =
                text.match_indices(joint).map(|(at, _)| at).filter(|at| is_outside(&text[..*at])).collect();
            let tried = if places.len() > LONG { 1 } else { places.len() };
            for at in places.into_iter().take(tried) {
                self.two(&text[..at], joint, &text[at + joint.len()..], best);
            }
        }
        // A number with its unit, a label with its number.
        if let Some((number, rest)) = text.split_once(' ').filter(|(number, _)| is_number(number)) {
            self.two(number, " ", rest, best);
        }
        let last = text.rsplit_once(' ').filter(|(rest, number)| is_number(number) && is_outside(rest));
        if let Some((rest, number)) = last {
            self.two(rest, " ", number, best);
        }
        // A label before a change of it: `mean latency +28.6 % [27.1, 30.1]`.
        let is_change = |at: &usize| {
            let change = text[at + 1..].trim_start_matches("× ").trim_start_matches(['(', '+', '-', '−']);
            change.starts_with(|c: char| c.is_ascii_digit())
        };
        if let Some(at) = text
            .match_indices(' ')
            .map(|(at, _)| at)
            .find(is_change)
            .filter(|at| is_outside(&text[..*at]) && has_word(&text[..*at]))
        {
            self.two(&text[..at], " ", &text[at + 1..], best);
        }
        // A label before an interval in brackets.
        if let Some((rest, bounds)) = text.split_once(" [").filter(|(rest, _)| has_word(rest)) {
            self.two(rest, " ", &format!("[{bounds}"), best);
        }
    }

    fn two(&self, before: &str, joint: &str, after: &str, best: &mut Found) {
        if best.left == 0 || before.is_empty() || after.is_empty() {
            return;
        }
        let before = self.found(before);
        if before.left < best.left {
            let after = self.found(after);
            keep(best, before.left + after.left, || format!("{}{joint}{}", before.text, after.text));
        }
    }
}

fn keep(best: &mut Found, left: usize, text: impl FnOnce() -> String) {
    if left < best.left {
        *best = Found { left, text: text() };
    }
}

/// What stands before the last parenthesis, and in it, where the text ends with one.
fn parenthesis(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(')')?;
    let mut open = 1_usize;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' => open += 1,
            '(' => open -= 1,
            _ => {}
        }
        if open == 0 {
            let head = &inner[..at];
            return (head.is_empty() || head.ends_with(' ')).then(|| (head.trim_end(), &inner[at + 1..]));
        }
    }
    None
}

/// Whether every parenthesis and bracket of `before` is closed in it.
fn is_outside(before: &str) -> bool {
    let depth = before.chars().fold(0_i32, |depth, c| match c {
        '(' | '[' => depth + 1,
        ')' | ']' => depth - 1,
        _ => depth,
    });
    depth <= 0
}

/// A number, an interval's half or a sign before one.
fn is_number(text: &str) -> bool {
    !has_word(text) && text.contains(|c: char| c.is_ascii_digit())
}

/// Whether two letters follow each other somewhere, other than in the exponent of a number.
fn has_word(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let word = c.is_alphabetic() && before.is_alphabetic();
        before = c;
        word
    })
}

/// A path, an option, a name with digits: nothing that is translated.
fn is_technical(text: &str) -> bool {
    !text.contains(' ')
        && (text.starts_with('-')
            || text.contains(|c: char| c.is_ascii_digit() || matches!(c, '/' | '_' | '\\' | '@' | '=' | '#' | '`')))
}

/// The text with its first letter in the other case.
fn other_case(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let first = chars.next().filter(|c| c.is_alphabetic())?;
    let turned: String =
        if first.is_uppercase() { first.to_lowercase().collect() } else { first.to_uppercase().collect() };
    Some(turned + chars.as_str())
}
