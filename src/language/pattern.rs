//! Sentences with places for values: the English one is taken apart, the translated one put together.

use crate::error::Fault;

/// An English sentence and its translation.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What stands before, between and after the values.
    pub literals: Vec<String>,
    /// The translation: texts, and places of values.
    target: Vec<Part>,
    /// How much its literals have, letters counting most: the more, the surer a match.
    pub weight: usize,
}

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Value(usize),
}

/// The name of each place of `sentence`, and what stands around them.
fn places(sentence: &str) -> (Vec<String>, Vec<&str>) {
    let mut literals = vec![String::new()];
    let mut names = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some(last) = literals.last_mut() {
            last.push_str(before);
        }
        names.push(name);
        literals.push(String::new());
        rest = after;
    }
    if let Some(last) = literals.last_mut() {
        last.push_str(rest);
    }
    (literals, names)
}

impl Pattern {
    /// # Errors
    /// A translation that names a value that the sentence does not have, or leaves one out.
    pub(super) fn new(english: &str, translation: &str) -> Result<Self, Fault> {
        let (literals, values) = places(english.trim());
        let (texts, names) = places(translation.trim());
        let mut target = Vec::new();
        for (i, text) in texts.into_iter().enumerate() {
            if let Some(name) = i.checked_sub(1).and_then(|before| names.get(before)) {
                let place = if name.is_empty() { Some(i) } else { name.parse().ok() };
                match place.filter(|place| (1..=values.len()).contains(place)) {
                    Some(place) => target.push(Part::Value(place - 1)),
                    None => return Err(wrong(english, &format!("has no value {{{name}}}"))),
                }
            }
            if !text.is_empty() {
                target.push(Part::Text(text));
            }
        }
        if let Some(lost) = (0..values.len()).find(|place| !target.contains(&Part::Value(*place))) {
            return Err(wrong(english, &format!("loses the value {{{}}} in translation", lost + 1)));
        }
        let weight =
            literals.iter().flat_map(|literal| literal.chars()).map(|c| if c.is_alphabetic() { 8 } else { 1 }).sum();
        Ok(Self { literals, target, weight })
    }

    /// Whether `text` has all the literals, in their order.
    pub(super) fn may_match(&self, text: &str) -> bool {
        let first = self.literals.first().and_then(|first| text.strip_prefix(first.as_str()));
        first.is_some_and(|rest| self.may_go_on(1, rest))
    }

    /// Whether `rest` has the literals from that of the place `from` on, in their order and to its end.
    pub(super) fn may_go_on(&self, from: usize, rest: &str) -> bool {
        let Some([middle @ .., last]) = self.literals.get(from..) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        middle.iter().all(|literal| match rest.find(literal.as_str()) {
            Some(at) => {
                rest = &rest[at + literal.len()..];
                true
            }
            None => false,
        })
    }

    /// Whether the sentence itself has several parts.
    pub(super) fn is_of_list(&self) -> bool {
        self.literals.iter().any(|literal| literal.contains(['.', ';']))
    }

    /// The translation with its values.
    pub(super) fn filled(&self, values: &[String]) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(place) => values.get(*place).cloned().unwrap_or_default(),
        };
        self.target.iter().map(part).collect()
    }
}

fn wrong(english: &str, what: &str) -> Fault {
    Fault::new(
        format!("“{english}” {what}"),
        "name in the translation the values that the sentence has, as {1}, {2}, …",
    )
}
