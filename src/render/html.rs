//! HTML: `report.html`, one page that needs no network and no other file but the figures.

use minijinja::context;
use minijinja::value::Serde;

use super::{File, Material, Output, clean, document, label, rows};
use crate::error::Problem;

pub(super) const OUTPUT: Output = Output { id: "html", label: "HTML", files };

fn files(&Material { report, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let tables = report.tables().enumerate().map(|(index, table)| {
        let rows: Vec<_> = rows(table, report.locale).collect();
        context! {
            number => index + 1, label => label(report, &table.id), caption => &table.caption,
            columns => Serde(&table.columns), rows, notes => &table.notes,
        }
    });
    let page = templates.render("report.html", document(report, tables))?;
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
