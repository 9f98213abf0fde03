//! Printed numbers as Typst markup.

use super::escape;
use crate::render::latex::number::Printed;
use crate::render::{bound_separator, plain};
use crate::report::model::Cell;

/// What stands before the decimal marker, and what from it on.
pub(super) fn parts(number: Printed, decimal: char) -> [String; 2] {
    let mut whole = String::new();
    match number.comparator {
        // Else it could begin a label.
        Some('<') => whole.push_str(r"\<"),
        comparator => whole.extend(comparator),
    }
    whole.extend(number.sign.map(minus));
    whole.push_str(number.integer);
    let mut rest = String::new();
    if let Some(decimals) = number.decimals {
        rest.push(decimal);
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
fn number(text: &str, decimal: char) -> String {
    match Printed::parse(text) {
        Some(number) => parts(number, decimal).concat(),
        None => escape(&text.replacen('-', "−", usize::from(text.starts_with('-')))),
    }
}

/// A cell in text.
pub(super) fn typeset(cell: &Cell, decimal: char) -> String {
    match cell {
        Cell::Number { text } => number(text, decimal),
        Cell::PlusMinus { centre, spread } => format!("{}~±~{}", number(centre, decimal), number(spread, decimal)),
        Cell::Interval { lower, upper } => {
            format!(r"\[{}{} {}\]", number(lower, decimal), bound_separator(decimal), number(upper, decimal))
        }
        _ => escape(&plain(cell, decimal)),
    }
}
