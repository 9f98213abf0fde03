//! `meshstats diff`: what changed between two sessions?

use std::path::PathBuf;

use clap::Args;

use super::analyze::{draw, figure_files, formats, linked, width};
use super::{Reading, Styling, output, saved, terminal};
use crate::analysis::sessions::{Sessions, between};
use crate::error::Error;
use crate::language::Language;
use crate::plot::{WIDTHS, Width};
use crate::render::{File, Material, Output, Templates};
use crate::report::figure::Figure;
use crate::report::model::Table;
use crate::report::sessions as report;

/// The file by which a directory is known as an earlier diff's.
const OWN: &str = "diff.json";

/// Compares two saved results, or two studies, measured at different times.
///
/// Every metric of every mode and scenario that both have, the old session as the baseline of the new one: the runs are two
/// independent groups. Also what only one has, what differs in the set-up, and which conclusions are other ones now.
#[derive(Args)]
pub struct Arguments {
    /// The old results: results.json, a report's directory, a study, a tidy table, or a directory of these
    old: PathBuf,
    /// The new ones
    new: PathBuf,
    /// A mode that has another name in the new results (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = saved::renamed)]
    map: Vec<(String, String)>,
    /// Write the comparison as a report into this directory; of several studies, one in each of its directories
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Formats to write (see `meshstats list outputs`)
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = super::format, requires = "out")]
    format: Vec<&'static Output>,
    /// Width of the figures (see `meshstats list widths`)
    #[arg(long, default_value = WIDTHS[0].id, value_name = "WIDTH", value_parser = width)]
    figure_width: Width,
    /// Directory with templates to use instead of the built-in ones
    #[arg(long, value_name = "DIR", requires = "out")]
    templates: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    styling: Styling,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    [&arguments.old, &arguments.new].into_iter().try_for_each(|path| saved::require(path))?;
    let old = saved::results(&arguments.old, &arguments.reading, quiet)?;
    let new = saved::results(&arguments.new, &arguments.reading, quiet)?;
    let matched = saved::matched(old, new, [&arguments.old, &arguments.new])?;
    let all = matched.iter().map(|[old, new]| between(old, new, &arguments.map)).collect::<Result<Vec<_>, _>>()?;
    if let Some(out) = &arguments.out {
        let place = |sessions: &Sessions| match all.len() {
            1 => out.clone(),
            _ => out.join(&sessions.new.study),
        };
        let made = all.iter().map(|one| Ok((place(one), files(one, arguments)?))).collect::<Result<Vec<_>, Error>>()?;
        made.iter().try_for_each(|(place, files)| output::require_own(place, OWN, files))?;
        made.iter().try_for_each(|(place, files)| output::write_directory(place, files))?;
    }
    if arguments.json {
        terminal::print(&String::from_utf8_lossy(&output::json(&all)?));
    } else if !quiet {
        for sessions in &all {
            terminal::print(&shown(sessions, arguments));
        }
        if let Some(out) = &arguments.out {
            let language = all.first().map_or(Language::source(), |sessions| sessions.analysis.study.language);
            let word = language.word("report").unwrap_or("report");
            terminal::print(&format!("{word}: {}\n", out.display()));
        }
    }
    Ok(())
}

fn shown(sessions: &Sessions, arguments: &Arguments) -> String {
    let (tables, sentences) = report::brief(sessions);
    let title = format!("{}: {} → {}", sessions.new.study, arguments.old.display(), arguments.new.display());
    let mut text = format!("{}\n\n", terminal::bold(&terminal::one_line(&title)));
    let locale = sessions.analysis.study.locale;
    let shown = |table: &Table| format!("{}\n{}\n", terminal::one_line(&table.caption), terminal::table(table, locale));
    text.extend(tables.iter().map(shown));
    let sentences: Vec<String> = sentences.iter().map(|sentence| terminal::one_line(sentence)).collect();
    text.push_str(&format!("{}\n\n", sentences.join("\n")));
    text
}

fn files(sessions: &Sessions, arguments: &Arguments) -> Result<Vec<File>, Error> {
    let templates = Templates::new(arguments.templates.as_deref())?.in_language(sessions.analysis.study.language);
    let report = report::report(sessions);
    let figures: Vec<&Figure> = report.figures().collect();
    let drawn = draw(&figures, arguments.figure_width);
    let style = arguments.styling.style();
    let material = Material { report: &report, figures: &drawn, templates: &templates, style };
    let mut files = output::rendered(&material, &arguments.format)?;
    files.extend(figure_files(&figures, &drawn, arguments.figure_width, &linked(&formats(&[]), &arguments.format))?);
    files.push(File { path: OWN.to_owned(), contents: output::json(sessions)? });
    Ok(files)
}
