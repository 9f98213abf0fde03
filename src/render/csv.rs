//! Comma-separated values (quoted as RFC 4180 says, lines ended by LF): each table as `tables/<id>.csv`, its cells as
//! printed, always with `.`.
//!
//! An interval fills two columns (`… lower`, `… upper`) and so does a `±` (`… centre`, `… spread`); a missing cell is
//! empty.

use super::{File, Material, Output, cell, clean, word};
use crate::error::Problem;
use crate::report::model::{Cell, Report, Table};

pub(super) const OUTPUT: Output = Output { id: "csv", label: "CSV", figures: &[], files };

fn files(material: &Material) -> Result<Vec<File>, Problem> {
    material
        .report
        .tables()
        .map(|table| {
            let path = format!("tables/{}.csv", table.id);
            match write(table, material.report) {
                Ok(contents) => Ok(File::new(path, contents)),
                Err(error) => Err(Problem::new(path, error.to_string(), "please report it as a bug")),
            }
        })
        .collect()
}

/// What a CSV column holds of a cell: the suffix of its header.
const PARTS: [&str; 5] = ["", "centre", "spread", "lower", "upper"];

/// The parts of `cell` that are not empty, each with its place in [`PARTS`].
fn parts(cell: &Cell) -> Vec<(usize, &str)> {
    match cell {
        Cell::Text { text } | Cell::Number { text } => vec![(0, text)],
        Cell::PlusMinus { centre, spread } => vec![(1, centre), (2, spread)],
        Cell::Interval { lower, upper } => vec![(3, lower), (4, upper)],
        Cell::Missing => vec![],
        Cell::Strong { cell } => parts(cell),
    }
}

fn write(table: &Table, report: &Report) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for index in 0..table.columns.len() {
        let used = |part: &usize| table.rows.iter().any(|row| parts(cell(row, index)).iter().any(|(p, _)| p == part));
        let before = columns.len();
        columns.extend((0..PARTS.len()).filter(used).map(|part| (index, part)));
        if columns.len() == before {
            columns.push((index, 0));
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = |&(i, part): &(usize, usize)| {
        let header = clean(&table.columns[i].header);
        if part == 0 { header } else { format!("{header} {}", word(report, PARTS[part])) }
    };
    writer.write_record(columns.iter().map(header))?;
    for row in &table.rows {
        writer.write_record(columns.iter().map(|&(i, part)| {
            let found = parts(cell(row, i)).into_iter().find(|(p, _)| *p == part);
            clean(found.map_or("", |(_, text)| text))
        }))?;
    }
    Ok(writer.into_inner()?)
}
