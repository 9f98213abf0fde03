//! `meshstats analyze`: logs → reports.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use rayon::prelude::*;

use super::output::{self, Manifest};
use super::{Choosing, Reading, Styling, load, terminal, unknown};
use crate::analysis::{self, Analysis};
use crate::error::Error;
use crate::plot::{self, WIDTHS, Width};
use crate::render::{File, Material, Output, Templates};
use crate::report::figure::Figure;
use crate::report::model::Report;
use crate::report::style::Style;
use crate::report::{self, note_sentence};
use crate::study::Study;
use crate::table::Table;

#[derive(Args)]
pub struct Arguments {
    /// A study, a directory of studies, or a tidy table (.csv, .parquet)
    #[arg(default_value = "data")]
    path: PathBuf,
    /// Where the reports go, a directory for each study
    #[arg(short, long, default_value = "reports", value_name = "DIR")]
    out: PathBuf,
    /// Formats to write (see `meshstats list outputs`)
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = super::format)]
    format: Vec<&'static Output>,
    /// Width of the figures (see `meshstats list widths`)
    #[arg(long, default_value = WIDTHS[0].id, value_name = "WIDTH", value_parser = width)]
    figure_width: Width,
    /// Directory with templates to use instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    styling: Styling,
    /// Emphasise the better mean of a comparison where the interval of the difference excludes zero
    #[arg(long)]
    bold_best: bool,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    reading: Reading,
}

pub fn width(id: &str) -> Result<Width, String> {
    WIDTHS
        .iter()
        .find(|width| width.id == id)
        .copied()
        .ok_or_else(|| unknown(id, WIDTHS.iter().map(|w| w.id).collect()))
}

/// A study's report, ready to be written.
struct Made {
    study: Study,
    analysis: Analysis,
    report: Report,
    files: Vec<File>,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let began = Instant::now();
    let templates = Templates::new(arguments.templates.as_deref())?;
    let overrides = arguments.choosing.overrides(&arguments.reading);
    let mut made = Vec::new();
    for (study, table) in load::studies(&arguments.path, &overrides, arguments.reading.skip_bad, quiet)? {
        made.push(make(study, &table, arguments, &templates)?);
    }
    // Nothing is written before everything is made.
    for one in &made {
        output::require_own(&arguments.out.join(&one.study.id), output::MANIFEST, &one.files)?;
    }
    for one in &made {
        output::write_directory(&arguments.out.join(&one.study.id), &one.files)?;
    }
    if !quiet {
        for one in &made {
            summarise(one, arguments);
        }
        let seconds = began.elapsed().as_secs_f64();
        let files: usize = made.iter().map(|one| one.files.len()).sum();
        terminal::print(&format!("{files} files written in {seconds:.2} s\n"));
    }
    Ok(())
}

fn make(mut study: Study, table: &Table, arguments: &Arguments, templates: &Templates) -> Result<Made, Error> {
    let claims = load::claims(&mut study)?;
    let analysis = analysis::analyze(&study, table, claims.as_ref())?;
    let style = Style { bold_best: arguments.bold_best, ..arguments.styling.style() };
    let report = report::report(&analysis, &style);
    let figures: Vec<&Figure> = report.figures().collect();
    let drawn = draw(&figures, arguments.figure_width);
    let material = Material { report: &report, figures: &drawn, templates, style };
    let mut files = output::rendered(&material, &arguments.format)?;
    files.extend(figure_files(&figures, &drawn)?);
    files.push(File { path: "runs.csv".to_owned(), contents: table.wide_csv()? });
    files.push(File { path: "results.json".to_owned(), contents: output::json(&analysis)? });
    files.push(Manifest::file(&analysis.generator, &study, &files)?);
    Ok(Made { study, analysis, report, files })
}

/// Figures as SVG documents, by id.
pub fn draw(figures: &[&Figure], width: Width) -> BTreeMap<String, String> {
    figures.par_iter().map(|figure| (figure.id.clone(), plot::svg(figure, width))).collect()
}

/// The files of figures that were drawn, under `figures/`: SVG, PDF and CSV.
pub fn figure_files(figures: &[&Figure], drawn: &BTreeMap<String, String>) -> Result<Vec<File>, Error> {
    let files: Vec<Vec<File>> = figures
        .par_iter()
        .filter_map(|figure| Some((figure, drawn.get(&figure.id)?)))
        .map(|(figure, svg)| {
            let pdf = plot::pdf(svg).map_err(|fault| fault.at(format!("figures/{}.pdf", figure.id)))?;
            let file = |extension: &str, contents: Vec<u8>| File {
                path: format!("figures/{}.{extension}", figure.id),
                contents,
            };
            let csv = plot::csv(figure).into_bytes();
            Ok(vec![file("csv", csv), file("pdf", pdf), file("svg", svg.clone().into_bytes())])
        })
        .collect::<Result<_, Error>>()?;
    Ok(files.into_iter().flatten().collect())
}

/// The answer, what was noticed, and where the files are.
fn summarise(made: &Made, arguments: &Arguments) {
    let report = &made.report;
    let mut text = format!("{}\n", terminal::bold(&format!("{} ({})", report.title, report.id)));
    if let Some(banner) = &report.banner {
        text.push_str(&format!("{banner}\n"));
    }
    match report.tables().find(|table| table.id == "comparison") {
        Some(table) => text.push_str(&format!("\n{}", terminal::table(table, report.decimal_separator))),
        None => text.push_str(&format!("\n{}\n", report.summary.join("\n"))),
    }
    let analysis = &made.analysis;
    if !analysis.notes.is_empty() {
        text.push('\n');
    }
    for note in &analysis.notes {
        text.push_str(&format!("note: {}\n", note_sentence(note)));
    }
    let counts = [
        ("left out", analysis.rejected.len()),
        ("mended", analysis.repairs.len()),
        ("ignored", analysis.ignored.len()),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")).collect();
    if !counts.is_empty() {
        text.push_str(&format!("files: {}; see the end of the report\n", counts.join(", ")));
    }
    let dir = arguments.out.join(&made.study.id);
    let shown = |name: &str| dir.join(name).display().to_string();
    let first = made.files.iter().find(|file| file.path.starts_with("report.")).map_or("", |file| &file.path);
    text.push_str(&format!("\nreport: {}\n\n", shown(first)));
    terminal::print(&text);
}
