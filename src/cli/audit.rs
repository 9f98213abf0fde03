//! `meshstats audit`: do printed figures hold?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Speaking, Styling, load, output, terminal, unknown};
use crate::audit::{Audit, VERDICTS, Verdict, audit};
use crate::claims::{Claims, SOURCES};
use crate::error::{Error, Problem};
use crate::render::{File, Material, Output, Templates};
use crate::report::audit as report;
use crate::report::model::Table;

#[derive(Args)]
pub struct Arguments {
    /// A claims file (.toml, .csv), tables of a meshstats report (.md, .tex), its results.json, or its directory;
    /// several are audited together
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Fail (exit code 1) when a figure has one of these verdicts: given, holds, edge, double-rounding, contradiction,
    /// does-not-hold, impossible
    #[arg(long, value_delimiter = ',', value_name = "VERDICT", value_parser = verdict)]
    deny: Vec<Verdict>,
    /// Runs of each mode, where neither the file nor its notes say it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: Option<u64>,
    /// Write the audit as a report into this directory
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Formats to write (see `meshstats list outputs`)
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = super::format, requires = "out")]
    format: Vec<&'static Output>,
    /// Directory with templates to use instead of the built-in ones
    #[arg(long, value_name = "DIR", requires = "out")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    styling: Styling,
    /// Show the figures that hold too
    #[arg(short, long)]
    all: bool,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speaking: Speaking,
}

/// The file by which a directory is known as an earlier audit's.
const OWN: &str = "audit.json";

fn verdict(id: &str) -> Result<Verdict, String> {
    let ids = || VERDICTS.iter().map(|verdict| verdict.id());
    VERDICTS.iter().copied().find(|verdict| verdict.id() == id).ok_or_else(|| unknown(id, ids().collect()))
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let mut claims = read(&arguments.paths)?;
    if claims.design.runs.is_none() {
        claims.design.runs = arguments.runs.and_then(|runs| usize::try_from(runs).ok());
    }
    let audit = audit(&claims);
    let language = arguments.speaking.language();
    if let Some(out) = &arguments.out {
        let files = files(&audit, arguments)?;
        output::require_own(out, OWN, &files)?;
        output::write_directory(out, &files)?;
    }
    if arguments.json {
        terminal::print(&String::from_utf8_lossy(&output::json(&audit)?));
    } else if !quiet {
        let brief = report::brief(&audit, arguments.all, language);
        let shown = |table: &Table| {
            format!("{}\n{}\n", terminal::one_line(&table.caption), terminal::table(table, language.locale()))
        };
        let lines = |texts: &[String]| -> String {
            texts.iter().map(|text| format!("{}\n", terminal::one_line(text))).collect()
        };
        let title = terminal::bold(&terminal::one_line(&audit.title));
        let tables: String = brief.tables.iter().map(shown).collect();
        let [summary, explained] = [&brief.summary, &brief.explained].map(|texts| lines(texts));
        terminal::print(&format!("{title}\n{summary}\n{tables}{explained}"));
        if let Some(out) = &arguments.out {
            let word = language.word("report").unwrap_or("report");
            terminal::print(&format!("\n{word}: {}\n", out.display()));
        }
    }
    denied(&audit, &claims, &arguments.deny)
}

/// The claims of all paths, as one.
fn read(paths: &[PathBuf]) -> Result<Claims, Error> {
    let mut all: Option<Claims> = None;
    let mut problems = Vec::new();
    for path in paths.iter().map(|path| expanded(path)).collect::<Result<Vec<_>, Problem>>()?.into_iter().flatten() {
        let shown = path.display().to_string();
        let one = load::read(&path).and_then(|bytes| Claims::read(&shown, load::utf8(&shown, &bytes)?));
        match (one, all.take()) {
            (Ok(one), Some(earlier)) => match earlier.together(one) {
                Ok(both) => all = Some(both),
                Err(problem) => problems.push(problem),
            },
            (Ok(one), None) => all = Some(one),
            (Err(problem), earlier) => {
                problems.push(problem);
                all = earlier;
            }
        }
    }
    match all {
        Some(claims) if problems.is_empty() => Ok(claims),
        _ => Err(Error::Failed(problems)),
    }
}

/// The tables of a report that are read apart, since they are what a paper takes in.
const TABLES: [&str; 4] = ["comparison", "other-metrics", "samples", "rates"];

/// What a report's directory holds of figures: its tables, and the results that they were printed from.
fn expanded(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    fs::read_dir(path).map_err(|error| load::unreadable(path, &error))?;
    let tables = TABLES.iter().flat_map(|table| ["md", "tex"].map(|extension| format!("tables/{table}.{extension}")));
    let names = ["results.json", "report.md"].map(str::to_owned).into_iter().chain(tables);
    let found: Vec<PathBuf> = names.map(|name| path.join(name)).filter(|path| path.is_file()).collect();
    if found.is_empty() {
        let names: Vec<String> = SOURCES.iter().map(|source| format!(".{}", source.extension)).collect();
        let remedy = format!("give a report's directory, or files of claims ({})", names.join(", "));
        return Err(Problem::new(path.display().to_string(), "holds neither results.json nor report.md", remedy));
    }
    Ok(found)
}

fn files(audit: &Audit, arguments: &Arguments) -> Result<Vec<File>, Error> {
    let language = arguments.speaking.language();
    let templates = Templates::new(arguments.templates.as_deref())?.in_language(language);
    let report = report::report(audit, "audit", language);
    let style = arguments.styling.style();
    let material = Material { report: &report, figures: &BTreeMap::new(), templates: &templates, style };
    let mut files = output::rendered(&material, &arguments.format)?;
    files.push(File { path: OWN.to_owned(), contents: output::json(audit)? });
    Ok(files)
}

/// Fails with every figure that has a denied verdict.
fn denied(audit: &Audit, claims: &Claims, deny: &[Verdict]) -> Result<(), Error> {
    let problems: Vec<Problem> = audit
        .findings
        .iter()
        .filter(|found| deny.contains(&found.verdict))
        .map(|found| {
            let what = format!(
                "{}, {} [{}], printed {}: {}",
                found.printed_in,
                found.row,
                found.mode,
                found.printed,
                found.verdict.label()
            );
            Problem::new(&*claims.path, what, "see `meshstats audit` without --deny for what it should be")
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::Failed(problems)) }
}
