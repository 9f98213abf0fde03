//! HTML: `report.html`, one page that needs no network and no other file but the figures.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{Asides, File, Material, Output, cell, clean, document, label, plain, verbatim};
use crate::error::Problem;
use crate::report::model::Cell;

pub(super) const OUTPUT: Output = Output { id: "html", label: "HTML", files };

fn files(&Material { report, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let tables = report.tables().enumerate().map(|(index, table)| {
        let markup = |cell: &Cell| {
            let text = plain(cell, report.decimal_separator);
            if cell.is_strong() { verbatim(&format!("<strong>{}</strong>", escape(&text))) } else { Value::from(text) }
        };
        let row = |row: &Vec<Cell>| (0..table.columns.len()).map(|i| markup(cell(row, i))).collect();
        let rows: Vec<Vec<Value>> = table.rows.iter().map(row).collect();
        context! {
            number => index + 1, label => label(report, &table.id), caption => &table.caption,
            columns => Serde(&table.columns), rows, notes => &table.notes,
        }
    });
    let page = templates.render("report.html", document(report, tables, Asides::Shown))?;
    Ok(vec![File::new("report.html", page)])
}

/// Text as HTML, in an element or in an attribute between quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
