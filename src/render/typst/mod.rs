//! Typst: `report.typ`, which includes the rest and compiles by itself; for papers, each table bare (`tables/<id>.typ`)
//! and as a figure with caption, notes and label (`tables/<id>-figure.typ`), and `numbers.typ`.
//!
//! What is written needs no package.

mod escape;
mod number;
mod numbers;
mod table;

use minijinja::context;
use minijinja::value::Serde;

use super::{Asides, File, Material, Output, document, label, verbatim};
use crate::error::Problem;

pub(super) use escape::{escape, literal};

pub(super) const OUTPUT: Output = Output { id: "typst", label: "Typst", figures: &["svg"], files };

fn files(&Material { report, templates, .. }: &Material) -> Result<Vec<File>, Problem> {
    let mut files = vec![numbers::file(report, templates)?];
    let mut inclusions = Vec::new();
    for table in report.tables() {
        let layout = table::Layout::new(table, report.locale);
        let path = format!("tables/{}-figure.typ", table.id);
        inclusions.push(context! { path });
        let context = context! {
            generator => &report.generator, file => format!("{}.typ", table.id), caption => &table.caption, notes => Serde(&table.notes),
            label => verbatim(&label(report, &table.id)), ..layout.context()
        };
        files.push(File::new(format!("tables/{}.typ", table.id), templates.render("table.typ", context.clone())?));
        let figure = templates.render("table-figure.typ", context)?;
        files.push(File::new(format!("tables/{}-figure.typ", table.id), figure));
    }
    files.push(File::new("report.typ", templates.render("report.typ", document(report, inclusions, Asides::Listed))?));
    Ok(files)
}
