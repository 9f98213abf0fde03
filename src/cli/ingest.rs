//! `meshstats ingest`: what is made of every file; the runs as one tidy table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Reading, load, output, terminal, writing};
use crate::error::{Error, Problem};
use crate::report::model::Align;
use crate::study::{self, Fate, Run, Scanned, Study};
use crate::table::{self, Format, Table};

#[derive(Args)]
pub struct Arguments {
    /// A study, a directory of studies, or any directory of logs
    #[arg(default_value = "data")]
    path: PathBuf,
    /// Write the runs as a tidy table (.csv or .parquet; `-` is standard output, as CSV); without it every file is listed
    /// with what was made of it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    match &arguments.out {
        None => list(arguments),
        Some(out) => {
            let to_stdout = writing::is_standard_output(out);
            let format = if to_stdout { Format::Csv } else { load::table_format(out)? };
            require_own(out)?;
            let studies =
                load::studies(&arguments.path, &arguments.reading.overrides(), arguments.reading.skip_bad, quiet)?;
            let count = studies.len();
            require_no_input(out, studies.iter().map(|(study, _)| study))?;
            let table = Table::joined(studies.into_iter().map(|(study, table)| (study.id, table)).collect());
            let bytes = match format {
                Format::Csv => table.csv()?,
                Format::Parquet => table.parquet()?,
            };
            output::write_file(out, &bytes)?;
            if !quiet && !to_stdout {
                let studies = if count == 1 { "1 study".to_owned() } else { format!("{count} studies") };
                terminal::print(&format!("{}: {} runs of {studies}\n", out.display(), table.rows.len()));
            }
            Ok(())
        }
    }
}

/// Writes over nothing but an earlier table of ours, which is known by its columns.
fn require_own(out: &Path) -> Result<(), Error> {
    if writing::is_standard_output(out) || !out.is_file() || table::is_ours(out) {
        return Ok(());
    }
    let what = "exists, and is not a table that `meshstats ingest` wrote";
    Err(Problem::new(out.display().to_string(), what, "choose another name with --out, or move it away").into())
}

/// A table that is read is not written over, whoever wrote it.
fn require_no_input<'a>(out: &Path, studies: impl IntoIterator<Item = &'a Study>) -> Result<(), Error> {
    let Ok(place) = out.canonicalize() else { return Ok(()) };
    for study in studies {
        if study.inputs.iter().any(|input| study.dir.join(&input.path).canonicalize().is_ok_and(|input| input == place))
        {
            let what = "is a table that is read here";
            return Err(Problem::new(out.display().to_string(), what, "choose another name with --out").into());
        }
    }
    Ok(())
}

/// One line a file: read, repaired, ignored or refused, how many runs, where they belong, and why.
fn list(arguments: &Arguments) -> Result<(), Error> {
    if !arguments.path.is_dir() {
        return Err(Problem::new(
            arguments.path.display().to_string(),
            "is not a directory",
            "give the directory that holds the logs",
        )
        .into());
    }
    let files = study::scan(&arguments.path, &|_, _| {})?;
    let (studies, notes) = sorted(arguments, &files)?;
    let rows: Vec<Row> = files
        .iter()
        .map(|file| {
            let row = Row::of(file, arguments.reading.strict);
            let found = studies.iter().find_map(|(within, study)| Some((study, file.path.strip_prefix(within)?)));
            found.map_or(row.clone(), |(study, path)| row.in_study(study, path))
        })
        .collect();
    let count = |what: &str| rows.iter().filter(|row| row.outcome == what).count();
    let totals = ["read", "repaired", "ignored", "refused"].map(|what| format!("{} {what}", count(what))).join(", ");
    let modes: BTreeSet<&str> = rows.iter().map(|row| &*row.mode).filter(|mode| !mode.is_empty()).collect();
    let any = |of: Cell| rows.iter().any(|row| !of(row).is_empty());
    let columns: [(&str, Align, Cell, bool); 9] = [
        ("Outcome", Align::Left, |row| &row.outcome, true),
        ("Runs", Align::Number, |row| &row.runs, true),
        ("Format", Align::Left, |row| &row.format, true),
        ("Mode", Align::Left, |row| &row.mode, modes.len() > 1),
        ("Scenario", Align::Left, |row| &row.scenario, any(|row| &row.scenario)),
        ("Block", Align::Left, |row| &row.block, any(|row| &row.block)),
        ("Run", Align::Left, |row| &row.run, any(|row| &row.run)),
        ("File", Align::Left, |row| &row.file, true),
        ("Reason", Align::Left, |row| &row.reason, true),
    ];
    let columns: Vec<_> = columns.into_iter().filter(|(.., shown)| *shown).collect();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|(_, _, cell, _)| cell(row).clone()).collect()).collect();
    let header: Vec<(&str, Align)> = columns.iter().map(|(name, align, ..)| (*name, *align)).collect();
    let table = terminal::aligned(&header, &cells);
    terminal::print(&format!("{table}\n{} files: {totals}\n{notes}", files.len()));
    Ok(())
}

/// The studies among the files, by what the paths of their files begin with; and why the runs of others have no place.
fn sorted(arguments: &Arguments, files: &[Scanned]) -> Result<(Vec<(String, Study)>, String), Error> {
    let (mut studies, mut notes) = (Vec::new(), String::new());
    for dir in study::find(&arguments.path)? {
        let within = match dir.strip_prefix(&arguments.path).ok().and_then(Path::to_str) {
            Some(name) if !name.is_empty() => format!("{name}/"),
            _ => String::new(),
        };
        let of_study =
            |file: &Scanned| Some(Scanned { path: file.path.strip_prefix(&within)?.to_owned(), ..file.clone() });
        match study::sorted(&dir, &arguments.reading.overrides(), files.iter().filter_map(of_study).collect()) {
            Ok(study) => studies.push((within, study)),
            Err(Error::Failed(problems)) => notes.extend(problems.iter().map(|problem| {
                let place = if within.is_empty() { String::new() } else { format!("{within} ") };
                let text = format!("note: {place}{}: {}", problem.fault.what, problem.fault.remedy);
                terminal::one_line(&text) + "\n"
            })),
            Err(usage) => return Err(usage),
        }
    }
    Ok((studies, notes))
}

/// What of a row stands in a column.
type Cell = fn(&Row) -> &String;

/// What was made of a file.
#[derive(Clone, Default)]
struct Row {
    outcome: String,
    runs: String,
    format: String,
    mode: String,
    scenario: String,
    block: String,
    run: String,
    file: String,
    reason: String,
}

impl Row {
    fn of(file: &Scanned, strict: bool) -> Self {
        let (outcome, runs, format, reason) = match &file.fate {
            Fate::Ignored(other) => ("ignored", String::new(), "", other.reason.clone()),
            Fate::Refused(fault) => ("refused", String::new(), "", format!("{}: {}", fault.what, fault.remedy)),
            Fate::Log(log) => {
                let good = log.runs.iter().filter(|run| run.is_ok()).count();
                let faults: Vec<String> =
                    log.runs.iter().filter_map(|run| run.as_ref().err()).map(|fault| fault.what.clone()).collect();
                let repairs: Vec<String> = log.repairs.iter().map(|repair| repair.what.clone()).collect();
                let outcome = match (faults.is_empty(), repairs.is_empty()) {
                    (false, _) => "refused",
                    (true, false) if strict => "refused",
                    (true, false) => "repaired",
                    (true, true) => "read",
                };
                let mut reasons = faults;
                reasons.extend(repairs);
                (outcome, good.to_string(), log.format, folded(&reasons))
            }
        };
        Self {
            outcome: outcome.to_owned(),
            runs,
            format: format.to_owned(),
            file: file.path.clone(),
            reason,
            ..Self::default()
        }
    }

    /// What the study makes of the file at `path` within it: where its runs belong, or why it has none.
    fn in_study(self, study: &Study, path: &str) -> Self {
        let runs: Vec<&Run> = study.runs.iter().filter(|run| run.source == path).collect();
        if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
            // Several runs of one log are told apart by a number.
            let more = last.run.rsplit_once('#').filter(|_| runs.len() > 1);
            return Self {
                mode: first.mode.clone(),
                scenario: first.scenario.clone().unwrap_or_default(),
                block: first.block.clone().unwrap_or_default(),
                run: more.map_or_else(|| first.run.clone(), |(_, last)| format!("{} … #{last}", first.run)),
                ..self
            };
        }
        if study.tables.iter().any(|table| table == path) {
            return Self { outcome: "read".to_owned(), format: "table".to_owned(), reason: String::new(), ..self };
        }
        if let Some(ignored) = study.ignored.iter().find(|ignored| ignored.path == path) {
            return Self { outcome: "ignored".to_owned(), runs: String::new(), reason: ignored.reason.clone(), ..self };
        }
        let shown = study.shown(path);
        match study.rejected.iter().find(|problem| problem.path == shown) {
            Some(problem) if self.outcome == "ignored" => {
                let reason = format!("{}: {}", problem.fault.what, problem.fault.remedy);
                Self { outcome: "refused".to_owned(), reason, ..self }
            }
            _ => self,
        }
    }
}

/// The reasons, equal ones counted.
fn folded(reasons: &[String]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for reason in reasons {
        match counted.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += 1,
            None => counted.push((reason, 1)),
        }
    }
    let texts: Vec<String> = counted
        .into_iter()
        .map(|(reason, count)| if count == 1 { reason.to_owned() } else { format!("{count} × {reason}") })
        .collect();
    texts.join("; ")
}
