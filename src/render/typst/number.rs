//! Printed numbers as Typst markup.

use super::escape;
use crate::language::Locale;
use crate::render::latex::number::Printed;
use crate::render::plain;
use crate::report::model::Cell;

/// What stands before the decimal marker, and what from it on.
pub(super) fn parts(number: Printed, locale: Locale) -> [String; 2] {
    let mut whole = String::new();
    match number.comparator {
        // Else it could begin a label.
        Some('<') => whole.push_str(r"\<"),
        comparator => whole.extend(comparator),
    }
    whole.extend(number.sign.map(minus));
    whole.push_str(&locale.grouped(number.integer));
    let mut rest = String::new();
    if let Some(decimals) = number.decimals {
        rest.push(locale.decimal);
        rest.push_str(decimals);
    }
    if let Some((sign, digits)) = number.exponent {
        let sign = sign.filter(|&sign| sign == '-').map(minus);
        rest.push_str(&format!("~×~10#super[{}{digits}]", sign.map(String::from).unwrap_or_default()));
    }
    [whole, rest]
}

fn minus(sign: char) -> char {
    if sign == '-' { '−' } else { sign }
}

/// A number, or what stands in the place of one.
fn number(text: &str, locale: Locale) -> String {
    match Printed::parse(text) {
        Some(number) => parts(number, locale).concat(),
        None => escape(&text.replacen('-', "−", usize::from(text.starts_with('-')))),
    }
}

/// A cell in text.
pub(super) fn typeset(cell: &Cell, locale: Locale) -> String {
    match cell {
        Cell::Number { text } => number(text, locale),
        Cell::PlusMinus { centre, spread } => format!("{}~±~{}", number(centre, locale), number(spread, locale)),
        Cell::Interval { lower, upper } => {
            format!(r"\[{}{} {}\]", number(lower, locale), locale.bounds(), number(upper, locale))
        }
        Cell::Strong { cell } => strong(&typeset(cell, locale)),
        Cell::Text { .. } | Cell::Missing => escape(&plain(cell, locale)),
    }
}

/// Markup, emphasised.
pub(super) fn strong(markup: &str) -> String {
    if markup.is_empty() { String::new() } else { format!("*{markup}*") }
}
