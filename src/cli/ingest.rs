//! `meshstats ingest`: what is made of every file; the runs as one tidy table.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Reading, load, output, terminal, writing};
use crate::error::{Error, Problem};
use crate::report::model::Align;
use crate::study::{self, Fate, Scanned, Study};
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

/// One line a file: read, repaired, ignored or refused, how many runs, and why.
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
    let rows: Vec<[String; 5]> = files.iter().map(|file| row(file, arguments.reading.strict)).collect();
    let count = |what: &str| rows.iter().filter(|row| row[0] == what).count();
    let totals = ["read", "repaired", "ignored", "refused"].map(|what| format!("{} {what}", count(what))).join(", ");
    let columns = [
        ("Outcome", Align::Left),
        ("Runs", Align::Number),
        ("Format", Align::Left),
        ("File", Align::Left),
        ("Reason", Align::Left),
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.to_vec()).collect();
    terminal::print(&format!("{}\n{} files: {totals}\n", terminal::aligned(&columns, &rows), files.len()));
    Ok(())
}

fn row(file: &Scanned, strict: bool) -> [String; 5] {
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
    [outcome.to_owned(), runs, format.to_owned(), file.path.clone(), reason]
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
