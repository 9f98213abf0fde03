//! Claims as a table of comma-separated values: one printed figure a line.
//!
//! Columns: `metric`, `statistic`, `mode`, `printed`, and where they are needed `printed_in`, `row`, `unit`, `meaning`,
//! `scenario`. A line of metric `design` says one key of the design: `design,runs,,20`. The mode that comes first is the
//! baseline.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::{Claim, Claims, Design, Printed, Publication, Source, Statistic, Table};
use crate::error::Fault;
use crate::study::Named;
use crate::toml_file;

pub(super) const SOURCE: Source = Source { extension: "csv", label: "a table of claims", read };

const COLUMNS: [&str; 9] =
    ["printed_in", "row", "metric", "statistic", "unit", "meaning", "scenario", "mode", "printed"];
const NEEDED: [&str; 4] = ["metric", "statistic", "mode", "printed"];

/// The metric of a line that says a key of the design.
const DESIGN: &str = "design";

fn read(name: &str, text: &str) -> Result<Claims, Fault> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| unreadable(&error))?.clone();
    if let Some(stray) = headers.iter().find(|header| !COLUMNS.contains(header)) {
        let remedy = toml_file::suggest(stray, COLUMNS, "The columns are");
        return Err(Fault::new(format!("unknown column `{stray}`"), remedy).on_line(1));
    }
    if let Some(missing) = NEEDED.iter().find(|column| !headers.iter().any(|header| header == **column)) {
        let remedy = format!("the columns are {}", COLUMNS.join(", "));
        return Err(Fault::new(format!("has no column `{missing}`"), remedy).on_line(1));
    }
    let mut made = Made::default();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
        let cells: BTreeMap<&str, &str> = headers.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()).collect();
        made.add(&cells).map_err(|fault| fault.on_line(line))?;
    }
    made.claims(name)
}

fn unreadable(error: &csv::Error) -> Fault {
    let fault = Fault::new(format!("is no CSV table ({error})"), "give each row as many cells as the first");
    match error.position() {
        Some(at) => fault.on_line(usize::try_from(at.line()).unwrap_or(0)),
        None => fault,
    }
}

#[derive(Default)]
struct Made {
    design: String,
    modes: Vec<Named>,
    tables: Vec<Table>,
}

impl Made {
    fn add(&mut self, cells: &BTreeMap<&str, &str>) -> Result<(), Fault> {
        let cell = |column: &str| {
            cells.get(column).copied().ok_or_else(|| Fault::new(format!("`{column}` is empty"), "fill it in"))
        };
        let optional = |column: &str| cells.get(column).map(|text| (*text).to_owned());
        let (metric, statistic) = (cell("metric")?, cell("statistic")?);
        let printed = cell("printed")?;
        if metric == DESIGN {
            return self.design(statistic, printed);
        }
        let mode = cell("mode")?;
        let named = named_statistic(statistic)?;
        let row = optional("row").unwrap_or_else(|| format!("{metric}, {statistic}"));
        let figure = Printed::try_from(printed.to_owned())
            .map_err(|what| Fault::new(what, "write the figure alone, as printed; its unit goes into `unit`"))?;
        if !self.modes.iter().any(|known| known.id == mode) {
            self.modes.push(Named::new(mode));
        }
        let place = optional("printed_in").unwrap_or_else(|| "table".to_owned());
        let index = self.tables.iter().position(|table| table.printed_in == place).unwrap_or(self.tables.len());
        if index == self.tables.len() {
            self.tables.push(Table { printed_in: place, claims: Vec::new() });
        }
        let Some(table) = self.tables.get_mut(index) else { return Ok(()) };
        let (unit, meaning, scenario) = (optional("unit"), optional("meaning"), optional("scenario"));
        let same = table.claims.iter_mut().find(|claim| {
            claim.row == row
                && (claim.metric.as_str(), claim.statistic) == (metric, named)
                && (&claim.unit, &claim.meaning, &claim.scenario) == (&unit, &meaning, &scenario)
                && !claim.printed.contains_key(mode)
        });
        match same {
            Some(claim) => {
                claim.printed.insert(mode.to_owned(), figure);
            }
            None => table.claims.push(Claim {
                row,
                metric: metric.to_owned(),
                statistic: named,
                unit,
                meaning,
                scenario,
                printed: BTreeMap::from([(mode.to_owned(), figure)]),
            }),
        }
        Ok(())
    }

    /// A key of the design, by the rules of the claims file.
    fn design(&mut self, key: &str, value: &str) -> Result<(), Fault> {
        let word = !matches!(value.parse::<f64>(), Ok(number) if number.is_finite());
        let value = if word { format!("{value:?}") } else { value.to_owned() };
        self.design.push_str(&format!("{key} = {value}\n"));
        toml_file::parse::<Design>(&self.design).map(|_| ()).map_err(|fault| Fault { line: None, ..fault })
    }

    fn claims(self, name: &str) -> Result<Claims, Fault> {
        if self.tables.is_empty() {
            return Err(Fault::new("holds no figure", "write one printed figure a line"));
        }
        let study = Publication { title: name.to_owned(), citation: name.to_owned(), doi: None };
        let design = toml_file::parse(&self.design)?;
        Ok(Claims { study, design, modes: self.modes, tables: self.tables, ..Claims::none() })
    }
}

fn named_statistic(name: &str) -> Result<Statistic, Fault> {
    let from: StrDeserializer<ValueError> = name.into_deserializer();
    Statistic::deserialize(from).map_err(|error| toml_file::unknown_word(&error.to_string()))
}
