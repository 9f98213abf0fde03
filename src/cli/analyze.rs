//! `meshstats analyze`: logs → reports.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use rayon::prelude::*;

use super::output::{self, Manifest};
use super::watch::Watch;
use super::{Choosing, Emphasis, Reading, Styling, load, terminal, unknown};
use crate::analysis::{self, Analysis, LeftOut};
use crate::error::Error;
use crate::language::Translator;
use crate::parse::{PARQUET_BESIDE_LOGS, TABLE_BESIDE_LOGS};
use crate::plot::{self, Drawn, FORMATS, Format, USUAL_FORMATS, WIDTHS, Width};
use crate::render::{File, Material, Output, Templates};
use crate::report::figure::{Figure, Picture};
use crate::report::language::translator;
use crate::report::model::{Report, joined};
use crate::report::style::Style;
use crate::report::{self, note_sentence};
use crate::study::{Guessed, Layout, Overrides, Study, UnreadBlock};
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
    /// Formats of the figures, besides their data as CSV (see `meshstats list figure-formats`)
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = super::figure_format)]
    figure_format: Vec<&'static Format>,
    /// Width of the figures (see `meshstats list widths`)
    #[arg(long, default_value = WIDTHS[0].id, value_name = "WIDTH", value_parser = width)]
    figure_width: Width,
    /// Directory with templates to use instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Go on, and make the reports again whenever a log, meshstats.toml, the claims or a template changes
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    styling: Styling,
    #[command(flatten)]
    emphasis: Emphasis,
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
pub struct Made {
    pub study: Study,
    pub analysis: Analysis,
    pub report: Report,
    /// Into the report's language.
    translator: Translator,
    pub files: Vec<File>,
}

/// How a report is made of its data.
pub struct Making<'a> {
    pub templates: &'a Templates,
    pub arguments: &'a Arguments,
    /// What of `arguments` was typed, for the manifest.
    pub options: &'a [String],
}

impl Arguments {
    /// How the study is read and compared.
    pub fn overrides(&self) -> Overrides {
        self.choosing.overrides(&self.reading)
    }

    pub fn skips_bad(&self) -> bool {
        self.reading.skip_bad
    }

    fn style(&self) -> Style {
        self.emphasis.style(&self.styling)
    }
}

/// `options` are those of the arguments that were typed.
pub fn run(arguments: &Arguments, options: &[String], quiet: bool) -> Result<(), Error> {
    if !arguments.watch {
        return once(arguments, options, quiet).map(drop);
    }
    let mut places = vec![arguments.path.clone()];
    places.extend(arguments.templates.clone());
    // There is nothing to wait for where a path was mistyped.
    if !places.iter().all(|place| place.exists()) {
        return once(arguments, options, quiet).map(drop);
    }
    let mut watch = Watch::new(&places, &arguments.out);
    let mut made = once(arguments, options, quiet);
    loop {
        // A claims file may stand outside the study; after an error it is still where it was.
        match made {
            Ok(made) => {
                let claims =
                    made.iter().filter_map(|one| Some(one.study.shown(one.study.manifest.published.as_ref()?)));
                for claims in claims.map(PathBuf::from).filter(|claims| !claims.starts_with(&arguments.path)) {
                    if !places.contains(&claims) {
                        watch.add(&claims);
                        places.push(claims);
                    }
                }
            }
            Err(usage @ Error::Usage(_)) => return Err(usage),
            Err(error) => terminal::complain(&error),
        }
        let changed = watch.wait(&places);
        let began = Instant::now();
        made = once(arguments, options, true);
        if let (Ok(made), false) = (&made, quiet) {
            let seconds = began.elapsed().as_secs_f64();
            let count: usize = made.iter().map(|one| one.files.len()).sum();
            let name = changed.first().map(|path| path.display().to_string()).unwrap_or_default();
            let which = match changed.len() {
                1 => format!("{} changed", terminal::one_line(&name)),
                more => format!("{more} files changed, {} first", terminal::one_line(&name)),
            };
            terminal::print(&format!("rendered again: {which}; {count} files written in {seconds:.2} s\n"));
        }
    }
}

/// Makes and writes the reports.
fn once(arguments: &Arguments, options: &[String], quiet: bool) -> Result<Vec<Made>, Error> {
    let began = Instant::now();
    let templates = Templates::new(arguments.templates.as_deref())?;
    let making = Making { templates: &templates, arguments, options };
    let mut made = Vec::new();
    for (study, table) in load::studies(&arguments.path, &arguments.overrides(), arguments.skips_bad(), quiet)? {
        made.push(make(study, &table, &making)?);
    }
    // Nothing is written before everything is made.
    for one in &made {
        output::require_own(&arguments.out.join(&one.study.id), output::MANIFEST, &one.files)?;
    }
    for one in &made {
        output::write_recorded(&arguments.out.join(&one.study.id), &one.files, output::MANIFEST)?;
    }
    if !quiet {
        for one in &made {
            summarise(one, arguments);
        }
        let seconds = began.elapsed().as_secs_f64();
        let files: usize = made.iter().map(|one| one.files.len()).sum();
        let said = format!("{files} files written in {seconds:.2} s");
        let said = made.first().map_or(said.clone(), |one| one.translator.text(&said));
        terminal::print(&format!("{said}\n"));
    }
    Ok(made)
}

/// Everything that a study's report consists of.
pub fn make(mut study: Study, table: &Table, making: &Making) -> Result<Made, Error> {
    let claims = load::claims(&mut study)?;
    let analysis = analysis::analyze(&study, table, claims.as_ref())?;
    let Making { arguments, options, .. } = making;
    let style = arguments.style();
    let report = report::report(&analysis, &style);
    let templates = &making.templates.in_language(study.manifest.language());
    let figures: Vec<&Figure> = report.figures().collect();
    let width = arguments.figure_width;
    let drawn = draw(&figures, width);
    let material = Material { report: &report, figures: &drawn, templates, style };
    let mut files = output::rendered(&material, &arguments.format)?;
    let formats = linked(&formats(&arguments.figure_format), &arguments.format);
    files.extend(figure_files(&figures, &drawn, width, &formats)?);
    files.push(File { path: "runs.csv".to_owned(), contents: table.wide_csv()? });
    files.push(File { path: "results.json".to_owned(), contents: output::json(&analysis)? });
    files.push(Manifest::file(&analysis.generator, &study, options, &files)?);
    Ok(Made { study, translator: translator(&analysis), analysis, report, files })
}

/// Figures as drawn, by id.
pub fn draw(figures: &[&Figure], width: Width) -> BTreeMap<String, Picture> {
    figures.par_iter().map(|figure| (figure.id.clone(), plot::draw(figure, width))).collect()
}

/// The formats of figures that were asked for; the usual ones where none was.
pub fn formats(asked: &[&'static Format]) -> Vec<&'static Format> {
    let wanted = |format: &&Format| match asked {
        [] => USUAL_FORMATS.contains(&format.id),
        asked => asked.iter().any(|one| one.id == format.id),
    };
    FORMATS.iter().filter(wanted).collect()
}

/// These formats of figures, and those that a report's pages link to: no page may show a figure that is not there.
pub fn linked(formats: &[&'static Format], outputs: &[&'static Output]) -> Vec<&'static Format> {
    let pages = output::chosen(outputs);
    let needed = |format: &Format| pages.iter().any(|page| page.figures.contains(&format.id));
    FORMATS.iter().filter(|format| needed(format) || formats.iter().any(|one| one.id == format.id)).collect()
}

/// The files of figures that were drawn, under `figures/`: their data as CSV, and the figures in each format.
pub fn figure_files(
    figures: &[&Figure],
    drawn: &BTreeMap<String, Picture>,
    width: Width,
    formats: &[&Format],
) -> Result<Vec<File>, Error> {
    let files: Vec<Vec<File>> = figures
        .par_iter()
        .filter_map(|figure| Some((figure, drawn.get(&figure.id)?)))
        .map(|(figure, Picture { svg, .. })| {
            let path = |extension: &str| format!("figures/{}.{extension}", figure.id);
            let drawn = Drawn { figure, width, svg };
            let mut files = vec![File { path: path("csv"), contents: plot::csv(figure).into_bytes() }];
            for format in formats {
                let made = format.files(&drawn).map_err(|fault| fault.at(path(format.id)))?;
                files.extend(made.into_iter().map(|(extension, contents)| File { path: path(extension), contents }));
            }
            Ok(files)
        })
        .collect::<Result<_, Error>>()?;
    Ok(files.into_iter().flatten().collect())
}

/// The files of a report in a line: those at its top by name, and how many each directory holds.
fn contents(files: &[File], say: impl Fn(&str) -> String) -> String {
    let mut directories: BTreeMap<&str, usize> = BTreeMap::new();
    let mut listed: Vec<String> = Vec::new();
    for file in files {
        match file.path.split_once('/') {
            Some((directory, _)) => *directories.entry(directory).or_default() += 1,
            None => listed.push(file.path.clone()),
        }
    }
    listed.extend(
        directories.iter().map(|(directory, count)| format!("{directory}/ ({})", say(&format!("{count} files")))),
    );
    listed.join(", ")
}

/// The answer, what was noticed, and where the files are.
fn summarise(made: &Made, arguments: &Arguments) {
    let report = &made.report;
    let say = |text: &str| made.translator.text(text);
    let mut text = format!("{}\n", terminal::bold(&format!("{} ({})", report.title, report.id)));
    if let Some(banner) = &report.banner {
        text.push_str(&terminal::paragraph("", &terminal::emphasised(banner)));
    }
    for line in &report.headline {
        let changes: Vec<String> = line.changes.iter().map(terminal::change).collect();
        text.push_str(&terminal::paragraph("", &format!("{}: {}", terminal::bold(&line.place), changes.join("; "))));
    }
    match report.tables().find(|table| table.id == "comparison") {
        Some(table) => text.push_str(&format!("\n{}", terminal::table(table, report.locale))),
        None => text.push_str(&format!("\n{}\n", joined(&report.summary, "\n"))),
    }
    let analysis = &made.analysis;
    let margins = report::margins(analysis);
    if !margins.is_empty() {
        text.push('\n');
    }
    text.extend(margins.iter().map(|sentence| terminal::paragraph("", &terminal::one_line(&say(sentence)))));
    if !analysis.notes.is_empty() {
        text.push('\n');
    }
    for note in &analysis.notes {
        text.push_str(&terminal::paragraph(
            &terminal::emphasised(&format!("{}: ", say("note"))),
            &say(&note_sentence(note)),
        ));
    }
    let counts = [
        (format!("{} left out", analysis.rejected.len()), analysis.rejected.is_empty()),
        (format!("{} mended", analysis.repairs.len()), analysis.repairs.is_empty()),
    ];
    let counts: Vec<String> = counts.into_iter().filter(|(_, none)| !none).map(|(count, _)| count).collect();
    if !counts.is_empty() {
        let files = say(&format!("files: {}; see the end of the report", counts.join(", ")));
        text.push_str(&format!("{files}\n"));
    }
    text.push_str(&ignored(&analysis.ignored, say));
    text.push_str(&layout(&made.study.layout, say));
    let dir = arguments.out.join(&made.study.id);
    text.push_str(&format!("\n{} {}\n", terminal::bold(&format!("{}:", say("report"))), dir.display()));
    text.push_str(&terminal::paragraph("  ", &contents(&made.files, say)));
    if let Some(more) = figures_written(arguments) {
        text.push_str(&format!("  {}\n", say(&more)));
    }
    text.push('\n');
    terminal::print(&text);
}

/// How many files were ignored, the first of them by name; and of tables of runs, how they are read.
fn ignored(files: &[LeftOut], say: impl Fn(&str) -> String) -> String {
    const SHOWN: usize = 3;
    if files.is_empty() {
        return String::new();
    }
    let mut names: Vec<&str> = files.iter().take(SHOWN).map(|file| file.path.as_str()).collect();
    names.extend((files.len() > SHOWN).then_some("…"));
    let names = terminal::one_line(&names.join(", "));
    let mut text = terminal::paragraph("", &format!("{}: {} ({names})", say("ignored files"), files.len()));
    for file in files.iter().filter(|file| [TABLE_BESIDE_LOGS, PARQUET_BESIDE_LOGS].contains(&&*file.reason)) {
        text.push_str(&terminal::paragraph(
            "  ",
            &terminal::one_line(&format!("{}: {}", file.path, say(&file.reason))),
        ));
    }
    text
}

/// How paths were read where no pattern said it, and which part of them looks like a block that was not read.
fn layout(layout: &Layout, say: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    if let Some(guessed) = &layout.guessed {
        let how = match guessed {
            Guessed::Patterns(patterns) => patterns.join(", "),
            Guessed::Words(words) => say(words),
        };
        text.push_str(&terminal::paragraph("", &terminal::one_line(&format!("{}: {how}", say("layout guessed")))));
    }
    if let Some(UnreadBlock { word, pattern }) = &layout.unread_block {
        let hint = say(&format!(
            "{word} in the paths was not read as a block; if the runs in one such part belong together, say so in \
             meshstats.toml"
        ));
        let mark = terminal::emphasised(&format!("{}: ", say("note")));
        text.push_str(&terminal::paragraph(&mark, &terminal::one_line(&format!("{hint}: logs = \"{pattern}\""))));
    }
    text
}

/// Which formats of figures were written that were not asked for, and why.
fn figures_written(arguments: &Arguments) -> Option<String> {
    let asked = formats(&arguments.figure_format);
    let more: Vec<&str> = linked(&asked, &arguments.format)
        .into_iter()
        .map(|format| format.id)
        .filter(|id| !asked.iter().any(|format| format.id == *id))
        .collect();
    if more.is_empty() {
        return None;
    }
    let pages = output::chosen(&arguments.format).into_iter();
    let pages: Vec<&str> =
        pages.filter(|page| page.figures.iter().any(|id| more.contains(id))).map(|page| page.label).collect();
    Some(format!("figures also as {}, which the pages in {} show", more.join(" and "), pages.join(", ")))
}
