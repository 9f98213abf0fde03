//! Runs × metrics ↔ the tidy table (`mode, scenario, block, run, tool, metric, value, unit`), as CSV and Parquet.
//! The only user of polars.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use polars::prelude::*;

use crate::error::{Error, Fault, Problem};
use crate::metric::{self, METRICS, Metric, Unit, Values};
use crate::parse;
use crate::run::Note;
use crate::study::{self, MssPolicy, Provenance, Run, Study};
use crate::toml_file::nearest;

/// The values of every run, in the study's order.
#[derive(Clone, Debug)]
pub struct Table {
    pub rows: Vec<Row>,
    /// The metrics that any row has, in the registry's order, then the table's own.
    pub metrics: Vec<Metric>,
    /// About the table as a whole.
    pub notes: Vec<Note>,
}

/// The values of one run.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Only where a table holds several studies.
    pub study: Option<String>,
    /// The run was made to fit a publication.
    pub reconstructed: bool,
    pub mode: String,
    pub scenario: Option<String>,
    pub block: Option<String>,
    pub run: String,
    pub tool: Option<String>,
    /// Path of the log; `None` where the values came from a table.
    pub source: Option<String>,
    pub values: Values,
    /// Facts of the set-up that modes must share.
    pub setup: BTreeMap<&'static str, String>,
    pub notes: Vec<Note>,
}

/// How a tidy table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Parquet,
}

/// The one provenance that a table says; what it does not say of was measured, or is not known.
const RECONSTRUCTED: &str = "reconstructed";

/// The columns of a tidy table.
const REQUIRED: [&str; 4] = parse::TABLE_COLUMNS;
const OPTIONAL: [&str; 6] = ["study", "provenance", "scenario", "block", "tool", "unit"];

impl Table {
    /// The table of a study: of its logs, or of the tables that it consists of. A table with a column `study` holds
    /// several, each under its name.
    pub fn of(study: &Study) -> Result<Vec<(Option<String>, Self)>, Error> {
        let mut builder = Builder { rows: study.runs.iter().map(row).collect(), ..Builder::default() };
        for table in &study.tables {
            let shown = study.shown(table);
            let path = study.dir.join(table);
            if table.ends_with(".parquet") {
                builder.read_parquet(&path, &shown)?;
            } else {
                builder.read_csv(&path, &shown)?;
            }
        }
        if study.manifest.provenance == Some(Provenance::Reconstructed) {
            builder.rows.iter_mut().for_each(|row| row.reconstructed = true);
        }
        if let Some(MssPolicy::Bytes(mss)) = study.manifest.mss {
            for row in builder.rows.iter_mut().filter(|row| row.values.contains_key("retransmits")) {
                row.values.insert(Cow::Borrowed("mss"), f64::from(mss));
            }
        }
        Ok(builder.finish())
    }

    /// One table of several studies' tables, which the column `study` tells apart where there are several.
    pub fn joined(tables: Vec<(String, Self)>) -> Self {
        let several = tables.len() > 1;
        let mut builder = Builder::default();
        for (id, table) in tables {
            let study = several.then_some(id);
            builder.rows.extend(table.rows.into_iter().map(|row| Row { study: study.clone(), ..row }));
            for metric in table.metrics.into_iter().filter(|metric| metric::find(&metric.id).is_none()) {
                if !builder.custom.iter().any(|known| known.id == metric.id) {
                    builder.custom.push(metric);
                }
            }
        }
        let metrics = builder.metrics(&builder.rows.iter().collect::<Vec<_>>());
        Self { rows: builder.rows, metrics, notes: Vec::new() }
    }

    /// The ids of the modes that the rows have.
    pub fn modes(&self) -> BTreeSet<String> {
        self.rows.iter().map(|row| row.mode.clone()).collect()
    }

    /// The tidy table as CSV.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        csv(self.tidy().map_err(write_error)?)
    }

    /// The tidy table as Parquet.
    pub fn parquet(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut frame = self.tidy().map_err(write_error)?;
        ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(write_error)?;
        Ok(bytes)
    }

    /// One line a run and one column a metric, base units, as CSV.
    pub fn wide_csv(&self) -> Result<Vec<u8>, Error> {
        csv(self.wide().map_err(write_error)?)
    }

    fn tidy(&self) -> PolarsResult<DataFrame> {
        let cells: Vec<(&Row, &Metric, f64)> = self
            .rows
            .iter()
            .flat_map(|row| self.metrics.iter().filter_map(move |metric| Some((row, metric, value(row, metric)?))))
            .collect();
        let rows: Vec<&Row> = cells.iter().map(|(row, ..)| *row).collect();
        let mut columns = key_columns(&rows);
        columns.push(Column::new("metric".into(), cells.iter().map(|(_, metric, _)| &*metric.id).collect::<Vec<_>>()));
        columns.push(Column::new("value".into(), cells.iter().map(|(.., value)| *value).collect::<Vec<_>>()));
        let units: Vec<&str> = cells.iter().map(|(_, metric, _)| metric.unit.base_name()).collect();
        columns.push(Column::new("unit".into(), units));
        DataFrame::new(cells.len(), columns)
    }

    fn wide(&self) -> PolarsResult<DataFrame> {
        let rows: Vec<&Row> = self.rows.iter().collect();
        let mut columns = key_columns(&rows);
        let sources: Vec<Option<&str>> = rows.iter().map(|row| row.source.as_deref()).collect();
        columns.push(Column::new("source".into(), sources));
        for metric in &self.metrics {
            let values: Vec<Option<f64>> = rows.iter().map(|row| value(row, metric)).collect();
            columns.push(Column::new((&*metric.id).into(), values));
        }
        DataFrame::new(rows.len(), columns)
    }
}

/// Whether the file at `path` has the columns that [`Table::csv`] and [`Table::parquet`] write, in their order.
pub fn is_ours(path: &Path) -> bool {
    let names: Vec<String> = if path.extension().is_some_and(|extension| extension == "parquet") {
        let Ok(Ok(frame)) = File::open(path).map(parquet_frame) else { return false };
        frame.get_column_names().iter().map(|name| name.to_string()).collect()
    } else {
        let mut line = String::new();
        let read = File::open(path).and_then(|file| BufReader::new(file).take(1000).read_line(&mut line));
        if read.is_err() {
            return false;
        }
        line.trim_end().split(',').map(str::to_owned).collect()
    };
    const ORDER: [&str; 10] =
        ["study", "provenance", "mode", "scenario", "block", "run", "tool", "metric", "value", "unit"];
    let optional = |name: &str| OPTIONAL.contains(&name) && name != "unit";
    let mut names = names.iter().map(String::as_str).peekable();
    ORDER.iter().all(|name| names.next_if_eq(name).is_some() || optional(name)) && names.next().is_none()
}

/// A metric's value of one run: as given, or of a ratio its count ÷ exposure.
pub fn value(row: &Row, metric: &Metric) -> Option<f64> {
    let given = row.values.get(&metric.id).copied();
    match &metric.kind {
        metric::Kind::Ratio(ratio) => ratio.events(&row.values).map(|run| run.count / run.exposure).or(given),
        _ => given,
    }
}

fn row(run: &Run) -> Row {
    let mut setup = run.measurements.setup.clone();
    if let Some(source) = run.measurements.transfer.as_ref().and_then(|transfer| transfer.mss_source) {
        setup.insert("mss_source", source.to_owned());
    }
    let mut notes = run.measurements.notes.clone();
    notes.extend(metric::notes(&run.measurements));
    Row {
        study: None,
        reconstructed: false,
        mode: run.mode.clone(),
        scenario: run.scenario.clone(),
        block: run.block.clone(),
        run: run.run.clone(),
        tool: Some(run.measurements.tool.name().to_owned()),
        source: Some(run.source.clone()),
        values: metric::values(&run.measurements),
        setup,
        notes,
    }
}

/// A part of what names a run.
type Part = (&'static str, fn(&Row) -> Option<&str>);

/// What names a run; an optional part only where any run has it.
fn key_columns(rows: &[&Row]) -> Vec<Column> {
    let parts: [Part; 7] = [
        ("study", |row| row.study.as_deref()),
        ("provenance", |row| row.reconstructed.then_some(RECONSTRUCTED)),
        ("mode", |row| Some(&row.mode)),
        ("scenario", |row| row.scenario.as_deref()),
        ("block", |row| row.block.as_deref()),
        ("run", |row| Some(&row.run)),
        ("tool", |row| row.tool.as_deref()),
    ];
    parts
        .into_iter()
        .filter(|(_, get)| rows.iter().any(|row| get(row).is_some()))
        .map(|(name, get)| Column::new(name.into(), rows.iter().map(|row| get(row)).collect::<Vec<_>>()))
        .collect()
}

fn csv(mut frame: DataFrame) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).finish(&mut frame).map_err(write_error)?;
    Ok(bytes)
}

fn write_error(error: PolarsError) -> Error {
    Problem::new("the table of runs", format!("cannot be written ({error})"), "report this as a bug").into()
}

/// Names a run while a tidy table is being gathered: study, mode, scenario, block, run, tool.
type Key = (Option<String>, String, Option<String>, Option<String>, String, Option<String>);

/// One line of a tidy table.
struct Line {
    key: Key,
    reconstructed: bool,
    metric: String,
    value: f64,
    unit: Option<String>,
}

#[derive(Default)]
struct Builder {
    rows: Vec<Row>,
    by_key: BTreeMap<Key, usize>,
    custom: Vec<Metric>,
    notes: Vec<Note>,
}

impl Builder {
    fn read_csv(&mut self, path: &Path, shown: &str) -> Result<(), Error> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(shown, &error.to_string()))?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(bytes.as_slice());
        let headers = reader.headers().map_err(|error| unreadable(shown, &error.to_string()))?.clone();
        let columns = Columns::find(&headers.iter().map(str::to_owned).collect::<Vec<_>>(), shown)?;
        let mut problems = Vec::new();
        for record in reader.records() {
            let position = match &record {
                Ok(record) => record.position(),
                Err(error) => error.position(),
            };
            let line = position.map(|position| line_of(position, &bytes));
            let added = record.map_err(|error| not_a_row(&error)).and_then(|record| {
                let parsed = columns.line(|column| record.get(column).unwrap_or(""))?;
                parsed.map_or(Ok(()), |parsed| self.add(parsed))
            });
            if let Err(fault) = added {
                problems.push(Fault { line, ..fault }.at(shown));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Failed(problems)) }
    }

    fn read_parquet(&mut self, path: &Path, shown: &str) -> Result<(), Error> {
        let file = File::open(path).map_err(|error| unreadable(shown, &error.to_string()))?;
        let frame = parquet_frame(file).map_err(|why| unreadable(shown, &why))?;
        let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        let columns = Columns::find(&names, shown)?;
        let text = |column: &Column| column.cast(&DataType::String);
        let cells: Vec<Column> = frame
            .columns()
            .iter()
            .map(text)
            .collect::<PolarsResult<_>>()
            .map_err(|error| unreadable(shown, &error.to_string()))?;
        let values = frame
            .columns()
            .get(columns.required[3])
            .map(|column| column.cast(&DataType::Float64))
            .transpose()
            .map_err(|error| unreadable(shown, &error.to_string()))?;
        let strings: Vec<&StringChunked> = cells
            .iter()
            .map(|column| column.str())
            .collect::<PolarsResult<_>>()
            .map_err(|error| unreadable(shown, &error.to_string()))?;
        let numbers = values
            .as_ref()
            .map(|column| column.f64())
            .transpose()
            .map_err(|error| unreadable(shown, &error.to_string()))?;
        let mut problems = Vec::new();
        for i in 0..frame.height() {
            let cell = |column: usize| strings.get(column).and_then(|column| column.get(i)).unwrap_or("");
            let added = columns.line(cell).and_then(|parsed| {
                let Some(mut parsed) = parsed else { return Ok(()) };
                // The text of a float is for people; the number itself is what was stored.
                if let Some(value) = numbers.and_then(|numbers| numbers.get(i)) {
                    parsed.value = value;
                }
                self.add(parsed)
            });
            if let Err(fault) = added {
                problems.push(Fault { what: format!("row {}: {}", i + 1, fault.what), ..fault }.at(shown));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Failed(problems)) }
    }

    fn add(&mut self, line: Line) -> Result<(), Fault> {
        let (unit, factor) = match &line.unit {
            Some(name) => Unit::named(name),
            None => (Unit::Count, 1.0),
        };
        let known = metric::find(&line.metric);
        match known {
            Some(metric) if line.unit.is_some() && unit != metric.unit => {
                return Err(Fault::new(
                    format!("`{}` is not a unit of {}", line.unit.unwrap_or_default(), metric.id),
                    format!("write it in {}, or leave the unit out", metric.unit.base_name()),
                ));
            }
            Some(_) => {}
            None => self.learn(&line.metric, if line.unit.is_some() { unit } else { Unit::Named(Cow::Borrowed("")) }),
        }
        let id = known.map_or_else(|| Cow::Owned(line.metric.clone()), |metric| metric.id.clone());
        let index = *self.by_key.entry(line.key.clone()).or_insert(self.rows.len());
        if index == self.rows.len() {
            let (study, mode, scenario, block, run, tool) = line.key;
            let reconstructed = line.reconstructed;
            self.rows.push(Row { study, reconstructed, mode, scenario, block, run, tool, ..Row::default() });
        }
        let row = &mut self.rows[index];
        if row.values.insert(id, line.value * factor).is_some() {
            return Err(Fault::new(
                format!("a second value of {} for run {} of mode {}", line.metric, row.run, row.mode),
                "give each run one value a metric; number the runs apart in the column `run`",
            ));
        }
        Ok(())
    }

    /// Takes up a metric that is not in the registry.
    fn learn(&mut self, id: &str, unit: Unit) {
        if self.custom.iter().any(|metric| metric.id == id) {
            return;
        }
        self.custom.push(metric::custom(id, unit));
        if let Some(near) = nearest(id, METRICS.iter().map(|metric| &*metric.id)) {
            self.notes.push(Note::new(
                "unknown-metric",
                format!("`{id}` is not a metric of meshstats; it is taken as it stands, in its own unit"),
                format!("write `{near}` if that was meant"),
            ));
        }
    }

    /// The rows of each study, in order of appearance.
    fn finish(mut self) -> Vec<(Option<String>, Table)> {
        let mut studies: Vec<Option<String>> = Vec::new();
        for row in &self.rows {
            if !studies.contains(&row.study) {
                studies.push(row.study.clone());
            }
        }
        if studies.is_empty() {
            studies.push(None);
        }
        let rows = std::mem::take(&mut self.rows);
        studies
            .into_iter()
            .map(|study| {
                let rows: Vec<Row> = rows.iter().filter(|row| row.study == study).cloned().collect();
                let metrics = self.metrics(&rows.iter().collect::<Vec<_>>());
                (study, Table { rows, metrics, notes: self.notes.clone() })
            })
            .collect()
    }

    /// The metrics that any of the rows has.
    fn metrics(&self, rows: &[&Row]) -> Vec<Metric> {
        let known = METRICS.iter().chain(&self.custom);
        let mut metrics: Vec<Metric> =
            known.filter(|metric| rows.iter().any(|row| value(row, metric).is_some())).cloned().collect();
        for metric in &mut metrics {
            if let metric::Kind::Ratio(ratio) = &metric.kind
                && !rows.iter().any(|row| ratio.events(&row.values).is_some())
            {
                // Without count and exposure a ratio is a value like any other.
                metric.kind = metric::Kind::Mean;
            }
        }
        metrics
    }
}

/// The line that a record stands on; its position is where the record before it ended.
fn line_of(position: &csv::Position, bytes: &[u8]) -> usize {
    let from = usize::try_from(position.byte()).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let ends = from.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    position.line() as usize + ends.count()
}

fn not_a_row(error: &csv::Error) -> Fault {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => Fault::new(
            format!("is not a row of the table (it has {len} cells, the header {expected_len})"),
            "give every row as many cells as the header",
        ),
        csv::ErrorKind::Utf8 { .. } => Fault::new("is not UTF-8 text", "save the table as UTF-8"),
        _ => Fault::new(format!("is not a row of the table ({error})"), "correct this line"),
    }
}

/// Reads a Parquet file. polars panics on some damaged ones; such a panic is an error like any other.
fn parquet_frame(file: File) -> Result<DataFrame, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let read = std::panic::catch_unwind(|| {
        let mut frame = ParquetReader::new(file).finish()?;
        frame.rechunk_mut();
        Ok::<_, PolarsError>(frame)
    });
    std::panic::set_hook(hook);
    match read {
        Ok(frame) => frame.map_err(|error| error.to_string()),
        Err(_) => Err("the file is damaged".to_owned()),
    }
}

fn unreadable(shown: &str, why: &str) -> Error {
    Problem::new(
        shown,
        format!("cannot be read ({why})"),
        "give a tidy table with the columns mode, run, metric, value",
    )
    .into()
}

/// Where each column of a tidy table stands.
struct Columns {
    required: [usize; 4],
    optional: [Option<usize>; 6],
}

impl Columns {
    fn find(headers: &[String], shown: &str) -> Result<Self, Error> {
        let at = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
        let count = |name: &str| headers.iter().filter(|header| header.trim_start_matches('\u{feff}') == name).count();
        if let Some(name) = REQUIRED.into_iter().chain(OPTIONAL).find(|name| count(name) > 1) {
            let mut problem = Problem::new(shown, format!("has the column `{name}` twice"), "remove one, or rename it");
            problem.fault.line = Some(1);
            return Err(problem.into());
        }
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| at(name).is_none()).collect();
        if !missing.is_empty() {
            let mut problem = Problem::new(
                shown,
                format!("has no column `{}`", missing.join("`, `")),
                format!("a tidy table has the columns {}, and may have {}", REQUIRED.join(", "), OPTIONAL.join(", ")),
            );
            problem.fault.line = Some(1);
            return Err(problem.into());
        }
        let unknown = headers.iter().find(|header| {
            !REQUIRED.iter().chain(&OPTIONAL).any(|name| header.trim_start_matches('\u{feff}') == *name)
        });
        if let Some(unknown) = unknown
            && let Some(near) = nearest(unknown, OPTIONAL)
        {
            let mut problem =
                Problem::new(shown, format!("unknown column `{unknown}`"), format!("did you mean `{near}`?"));
            problem.fault.line = Some(1);
            return Err(problem.into());
        }
        Ok(Self { required: REQUIRED.map(|name| at(name).unwrap_or_default()), optional: OPTIONAL.map(at) })
    }

    /// `Ok(None)` for a row whose value is missing.
    fn line<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Result<Option<Line>, Fault> {
        let [mode, run, metric, value] = self.required.map(&cell);
        let [study, provenance, scenario, block, tool, unit] =
            self.optional.map(|column| column.map(&cell).filter(|text| !text.is_empty()).map(str::to_owned));
        for (name, text) in [("mode", mode), ("run", run), ("metric", metric)] {
            if text.is_empty() {
                return Err(Fault::new(format!("the column `{name}` is empty"), "fill it in"));
            }
        }
        let names = [&scenario, &block, &tool, &unit].map(|name| name.as_deref().unwrap_or_default());
        let columns = ["mode", "run", "metric", "scenario", "block", "tool", "unit"];
        for (column, text) in columns.into_iter().zip([mode, run, metric].into_iter().chain(names)) {
            study::check_id(column, text)?;
        }
        if self.optional[0].is_some() {
            study::check_study(study.as_deref().unwrap_or_default())?;
        }
        if matches!(value.to_lowercase().as_str(), "" | "na" | "n/a" | "nan" | "null" | "-") {
            return Ok(None);
        }
        let number: f64 = value.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| {
            Fault::new(format!("`{value}` is not a number"), "write digits with a point, or leave the cell empty")
        })?;
        Ok(Some(Line {
            key: (study, mode.to_owned(), scenario, block, run.to_owned(), tool),
            reconstructed: provenance.as_deref() == Some(RECONSTRUCTED),
            metric: metric.to_owned(),
            value: number,
            unit,
        }))
    }
}
