//! `meshstats ingest`: what is made of every file; the runs as one tidy table.

use std::path::PathBuf;

use clap::Args;

use super::{Reading, load, output, terminal};
use crate::error::{Error, Problem};
use crate::report::model::Align;
use crate::study::{self, Fate, Scanned};
use crate::table::{Format, Table};

#[derive(Args)]
pub struct Arguments {
    /// A study, a directory of studies, or any directory of logs
    #[arg(default_value = "data")]
    path: PathBuf,
    /// Write the runs as a tidy table (.csv or .parquet); without it every file is listed with what was made of it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    match &arguments.out {
        None => list(arguments),
        Some(out) => {
            let format = load::table_format(out)?;
            let studies =
                load::studies(&arguments.path, &arguments.reading.overrides(), arguments.reading.skip_bad, quiet)?;
            let count = studies.len();
            let table = Table::joined(studies.into_iter().map(|(study, table)| (study.id, table)).collect());
            let bytes = match format {
                Format::Csv => table.csv()?,
                Format::Parquet => table.parquet()?,
            };
            output::write_file(out, &bytes)?;
            if !quiet {
                let studies = if count == 1 { "1 study".to_owned() } else { format!("{count} studies") };
                terminal::print(&format!("{}: {} runs of {studies}\n", out.display(), table.rows.len()));
            }
            Ok(())
        }
    }
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
