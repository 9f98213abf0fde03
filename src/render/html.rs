//! HTML: `report.html`, one page that needs no network and no other file.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{Asides, File, Material, Output, clean, document, label, plain, rows, verbatim, word};
use crate::error::Problem;
use crate::report::by_metric::by_metric;
use crate::report::model::{Align, Cell, Column, Table};
use crate::xml;

pub(super) const OUTPUT: Output = Output { id: "html", label: "HTML", figures: &[], files };

fn files(&Material { report, figures, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let report = &by_metric(report.clone(), word(report, "Other metrics"));
    let mut anchors = Anchors::default();
    let tables: Vec<Value> = report
        .tables()
        .enumerate()
        .map(|(index, table)| {
            let text = |cell: &Cell| plain(cell, report.locale);
            let texts: Vec<Vec<String>> = rows(table).map(|row| row.map(text).collect()).collect();
            let markup = |cell: &Cell| match cell.is_strong() {
                true => verbatim(&format!("<strong>{}</strong>", escape(&text(cell)))),
                false => Value::from(text(cell)),
            };
            let rows: Vec<Vec<Value>> = rows(table).map(|row| row.map(markup).collect()).collect();
            context! {
                number => index + 1, anchor => anchors.of("tab", &label(report, &table.id)), caption => &table.caption,
                paper => paper(table, &texts), columns => columns(table, &texts), rows, notes => Serde(&table.notes),
            }
        })
        .collect();
    let figures: BTreeMap<&str, Value> = report
        .figures()
        .filter_map(|figure| {
            let drawn = figures.get(&figure.id)?;
            let anchor = anchors.of("fig", &label(report, &figure.id));
            Some((figure.id.as_str(), context! { anchor, svg => verbatim(&drawn.inline) }))
        })
        .collect();
    let page = templates.render("report.html", context! { figures, ..document(report, tables, Asides::Shown) })?;
    Ok(vec![File::new("report.html", page)])
}

/// The ids of a page: labels are made of letters and digits only, so those of two scenarios may be the same.
#[derive(Default)]
struct Anchors(BTreeSet<String>);

impl Anchors {
    /// `kind:label`, with a number at its end where that is taken.
    fn of(&mut self, kind: &str, label: &str) -> String {
        let plain = format!("{kind}:{label}");
        let mut anchor = plain.clone();
        let mut number = 2;
        while !self.0.insert(anchor.clone()) {
            anchor = format!("{plain}.{number}");
            number += 1;
        }
        anchor
    }
}

/// From so many characters on, a cell is read as a sentence.
const SENTENCE: usize = 40;

/// The headers, and how their columns are set.
fn columns(table: &Table, rows: &[Vec<String>]) -> Vec<Value> {
    let columns = table.columns.iter().enumerate().map(|(index, Column { header, align })| {
        let long = rows.iter().filter_map(|row| row.get(index)).any(|cell| cell.chars().count() >= SENTENCE);
        let class = match align {
            Align::Left if long => "left long",
            Align::Left => "left",
            Align::Number => "number",
            Align::Centre => "centre",
        };
        context! { header, class }
    });
    columns.collect()
}

/// Characters of a table's row that an upright A4 page has room for, in the usual type and in a smaller one.
const USUAL: usize = 115;
const SMALL: usize = 135;

/// How a table is printed: upright in the usual type or a smaller one, or on a page of its own in landscape.
fn paper(table: &Table, rows: &[Vec<String>]) -> &'static str {
    let widths = table.columns.iter().enumerate().map(|(index, column)| {
        let words = column.header.split(' ').map(|word| word.chars().count()).max();
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
        // Words are broken into lines, numbers and intervals are not.
        let cells = if column.align == Align::Left { cells.map(|cells| cells.min(22)) } else { cells };
        words.max(cells).unwrap_or_default() + 2
    });
    match widths.sum::<usize>() {
        width if width <= USUAL => "upright",
        width if width <= SMALL => "small",
        _ => "landscape",
    }
}

/// Text as HTML, in an element or in an attribute between quotes.
pub(super) fn escape(text: &str) -> String {
    xml::escape(&clean(text))
}
