//! LaTeX: `report.tex`, an article that `\input`s the rest; for papers, each table bare (`tables/<id>.tex`) and as a
//! float (`tables/<id>-float.tex`), `numbers.tex` with its glossary `numbers.md`, and `preamble.tex`.
//!
//! What is written compiles with pdfLaTeX and LuaLaTeX, and with siunitx 2 and 3.

pub(super) mod column;
pub(super) mod number;
mod numbers;
mod table;

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Value, context};

use self::table::Layout;
use super::{Asides, File, Material, Output, document, label, verbatim};
use crate::error::Problem;
use crate::report::style::Tables;

pub(super) use crate::latex::escape;

pub(super) const OUTPUT: Output = Output { id: "latex", label: "LaTeX", figures: &["pdf"], files };

fn files(&Material { report, templates, style, .. }: &Material) -> Result<Vec<File>, Problem> {
    let mut files = numbers::files(report, templates)?;
    let mut inputs = Vec::new();
    let mut packages = BTreeSet::from(["siunitx"]);
    for table in report.tables() {
        let layout = Layout::new(table, report.locale, &style);
        packages.extend(layout.float_packages());
        inputs.push(verbatim(&format!("tables/{}-float", table.id)));
        let context = context! {
            generator => &report.generator, id => &table.id, caption => &table.caption, notes => Serde(&table.notes),
            label => label(report, &table.id), ..layout.context()
        };
        files.push(File::new(format!("tables/{}.tex", table.id), templates.render("table.tex", context.clone())?));
        files.push(File::new(format!("tables/{}-float.tex", table.id), templates.render("table-float.tex", context)?));
    }
    let cyrillic = format!("{report:?}").chars().any(|c| matches!(c, '\u{400}'..='\u{4ff}'));
    let body = document(report, inputs, Asides::Listed);
    files.push(File::new("report.tex", templates.render("report.tex", context! { cyrillic, ..body })?));
    let preamble = context! {
        generator => &report.generator, packages => Value::from_iter(packages),
        tblr => style.tables == Tables::Tabularray, decimal_comma => report.locale.decimal == ',',
    };
    files.push(File::new("preamble.tex", templates.render("preamble.tex", preamble)?));
    Ok(files)
}
