//! `numbers.typ`: a variable for every number that prose may cite, in three forms.

use std::collections::BTreeMap;

use minijinja::context;

use super::number::typeset;
use super::{escape, literal};
use crate::error::Problem;
use crate::render::latex::number::Printed;
use crate::render::{File, Templates, collision, latin, slug, verbatim};
use crate::report::model::{Cell, Number, Report};

pub(super) fn file(report: &Report, templates: &Templates) -> Result<File, Problem> {
    let names = names(&report.numbers)?;
    let numbers = names.iter().zip(&report.numbers).map(|(name, number)| {
        let formatted = typeset(&number.formatted, report.locale);
        let quantity = verbatim(&quantity(number, &formatted));
        context! {
            name => verbatim(name), formatted => verbatim(&formatted), raw => verbatim(&raw(&number.raw)), quantity,
            definition => &number.definition,
        }
    });
    let context = context! { generator => &report.generator, numbers => numbers.collect::<Vec<_>>() };
    Ok(File::new("numbers.typ", templates.render("numbers.typ", context)?))
}

/// `mesh-…` of each number, its three forms different from those of all others.
fn names(numbers: &[Number]) -> Result<Vec<String>, Problem> {
    let mut taken: BTreeMap<String, &Number> = BTreeMap::new();
    let names: Vec<String> =
        numbers.iter().map(|number| format!("mesh-{}", slug(&latin(&number.key.join(" "))))).collect();
    for (name, number) in names.iter().zip(numbers) {
        for form in ["", "-raw", "-qty"] {
            let form = format!("{name}{form}");
            if let Some(other) = taken.insert(form.clone(), number) {
                return Err(collision("numbers.typ", &form, [other, number]));
            }
        }
    }
    Ok(names)
}

/// A number of Typst, to calculate with; a string, where it is none.
fn raw(text: &str) -> String {
    match Printed::parse(text) {
        // Typst refuses an integer that it cannot hold.
        Some(Printed { comparator: None, decimals: None, exponent: None, integer, .. }) if integer.len() > 15 => {
            format!("{text}.0")
        }
        Some(Printed { comparator: None, .. }) => text.into(),
        _ => literal(text),
    }
}

/// With the unit.
fn quantity(number: &Number, formatted: &str) -> String {
    let unit = escape(&number.unit);
    match number.formatted {
        Cell::Missing => formatted.into(),
        _ if unit.is_empty() => formatted.into(),
        Cell::PlusMinus { .. } => format!("({formatted})~{unit}"),
        _ => format!("{formatted}~{unit}"),
    }
}
