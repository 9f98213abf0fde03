//! `meshstats plan`: what the runs of a pilot study can find, and how many a target difference needs.

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;
use serde::Serialize;

use super::analyze::{draw, figure_files, formats, width};
use super::{Reading, Tail, level, load, output, terminal};
use crate::analysis::planning::{Needs, POWER, Planned, Target};
use crate::analysis::{self, Analysis};
use crate::error::{Error, Problem};
use crate::language::Translator;
use crate::metric::Unit;
use crate::plot::{Format, WIDTHS, Width};
use crate::report::figure::Figure;
use crate::report::files;
use crate::report::language::{translate_figure, translate_table, translator};
use crate::report::model::joined;
use crate::report::number::Scale;
use crate::report::planning::{PlanRow, figure, table};
use crate::stats::Moments;
use crate::toml_file::suggest;

#[derive(Args)]
pub struct Arguments {
    /// The pilot study: a study, a directory of studies, or a tidy table
    #[arg(required_unless_present = "sd")]
    path: Option<PathBuf>,
    /// Metrics to plan for; without it the primary ones
    #[arg(long, value_delimiter = ',', value_name = "METRIC")]
    metric: Vec<String>,
    /// Without a pilot study: the means of baseline and treatment (one: the baseline's)
    #[arg(long, num_args = 1..=2, value_name = "MEAN", requires = "sd", allow_negative_numbers = true)]
    mean: Vec<f64>,
    /// Standard deviations of baseline and treatment (one: the same in both)
    #[arg(long, num_args = 1..=2, value_name = "SD", conflicts_with = "path", allow_negative_numbers = true)]
    sd: Vec<f64>,
    /// Numbers of runs (one: the same in both)
    #[arg(long, num_args = 1..=2, value_name = "N", requires = "sd")]
    n: Vec<usize>,
    /// Difference that is to be found: 2% of the baseline's mean, 0.2ms, 0.5d (standard deviations)
    #[arg(long, value_name = "DIFFERENCE")]
    difference: Option<String>,
    /// Power that is wanted
    #[arg(long, default_value_t = POWER, value_name = "POWER", value_parser = level)]
    power: f64,
    /// Significance level
    #[arg(long, default_value = "0.05", value_name = "ALPHA", value_parser = level)]
    alpha: f64,
    /// Which alternative the test has
    #[arg(long, value_enum, default_value = "two-sided", value_name = "WHICH")]
    alternative: Tail,
    /// Write the power curves into this directory (see --figure-format)
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Formats of the figures, besides their data as CSV (see `meshstats list figure-formats`)
    #[arg(long, value_delimiter = ',', value_name = "FORMAT", value_parser = super::figure_format)]
    figure_format: Vec<&'static Format>,
    /// Width of the figures (see `meshstats list widths`)
    #[arg(long, default_value = WIDTHS[0].id, value_name = "WIDTH", value_parser = width)]
    figure_width: Width,
    /// Print one JSON array at full precision
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// A comparison, and the unit that a target may be in.
struct Item {
    study: String,
    unit: Unit,
    row: PlanRow,
    /// Into the language that was asked for.
    translator: Rc<Translator>,
}

#[derive(Serialize)]
struct Out<'a> {
    study: &'a str,
    #[serde(flatten)]
    planned: &'a Planned,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a Needs>,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<(), Error> {
    let mut items = match &arguments.path {
        Some(_) => of_study(arguments, quiet)?,
        None => vec![of_summary(arguments)?],
    };
    if let Some(text) = &arguments.difference {
        aim(&mut items, text, arguments.power)?;
    }
    if let Some(out) = &arguments.out {
        let mut figures: Vec<_> = items.iter().filter_map(drawn).collect();
        files::name_figures(&mut figures);
        let figures: Vec<_> = figures.iter().collect();
        let files = figure_files(
            &figures,
            &draw(&figures, arguments.figure_width),
            arguments.figure_width,
            &formats(&arguments.figure_format),
        )?;
        let files: Vec<_> = files
            .into_iter()
            .map(|file| crate::render::File { path: file.path.trim_start_matches("figures/").to_owned(), ..file })
            .collect();
        output::write_directory(out, &files)?;
        if !quiet && !arguments.json {
            let said = format!("{} files in {}", files.len(), out.display());
            let said = items.first().map_or(said.clone(), |item| item.translator.text(&said));
            terminal::print(&format!("{said}\n\n"));
        }
    }
    if arguments.json {
        let all: Vec<Out> = items
            .iter()
            .map(|item| Out {
                study: &item.study,
                planned: &item.row.planned,
                target: item.row.needs.as_ref().and_then(|needs| needs.as_ref().ok()),
            })
            .collect();
        terminal::print(&String::from_utf8_lossy(&output::json(&all)?));
        return Ok(());
    }
    let mut studies: Vec<(String, Rc<Translator>, Vec<PlanRow>)> = Vec::new();
    for item in items {
        match studies.last_mut() {
            Some((study, _, rows)) if *study == item.study => rows.push(item.row),
            _ => studies.push((item.study, item.translator, vec![item.row])),
        }
    }
    for (study, translator, rows) in &studies {
        if let Some(mut table) = table(rows, arguments.power, arguments.alpha) {
            translate_table(&mut table, translator);
            let title = if study.is_empty() { String::new() } else { format!("{}\n", terminal::bold(study)) };
            terminal::print(&format!(
                "{title}{}\n{}\n",
                terminal::table(&table, translator.locale()),
                joined(&table.notes, "\n")
            ));
        }
    }
    Ok(())
}

/// The power curves of an item.
fn drawn(item: &Item) -> Option<Figure> {
    let mut figure = figure(&item.row, &figure_id(item), item.translator.locale())?;
    translate_figure(&mut figure, &item.translator);
    Some(figure)
}

/// Sets the target of the comparisons whose unit it is in.
fn aim(items: &mut [Item], text: &str, power: f64) -> Result<(), Error> {
    let mut wrong = None;
    for item in items.iter_mut() {
        match target(text, &item.unit) {
            Ok(target) => item.row.needs = Some(item.row.planned.needs(target, power)),
            Err(what) => wrong = Some(what),
        }
    }
    match wrong {
        Some(wrong) if items.iter().all(|item| item.row.needs.is_none()) => Err(Error::Usage(wrong)),
        _ => Ok(()),
    }
}

fn target(text: &str, unit: &Unit) -> Result<Target, String> {
    Target::parse(text, unit).map_err(|(what, remedy)| format!("--difference {text} {what}: {remedy}"))
}

/// The file stem of a comparison's figure.
fn figure_id(item: &Item) -> String {
    let planned = &item.row.planned;
    let scenario = planned.scenario.clone().unwrap_or_default();
    let words = [&item.study, &planned.metric, &planned.mode, &scenario];
    let words = words.into_iter().filter(|word| !word.is_empty());
    let slug: String = words
        .flat_map(|word| ["-", word.as_str()])
        .collect::<String>()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    format!("power{slug}")
}

fn of_summary(arguments: &Arguments) -> Result<Item, Error> {
    let usage = |what: String| Err(Error::Usage(what));
    if let Some(bad) = arguments.mean.iter().find(|mean| !mean.is_finite()) {
        return usage(format!("--mean {bad}: give a finite number"));
    }
    if let Some(bad) = arguments.sd.iter().find(|sd| !(sd.is_finite() && **sd >= 0.0)) {
        return usage(format!("--sd {bad}: a standard deviation is a finite number, zero or more"));
    }
    if arguments.n.is_empty() && arguments.difference.is_none() {
        return usage("give --n, how many runs there are, or --difference, what is to be found".to_owned());
    }
    let first = arguments.n.first().copied().unwrap_or(2);
    if let Some(bad) = arguments.n.iter().find(|n| **n < 2) {
        return usage(format!("--n {bad}: a test needs two runs or more"));
    }
    let of = |values: &[f64], i: usize| values.get(i).or(values.first()).copied().unwrap_or(0.0);
    let moments = [0, 1].map(|i| Moments {
        n: arguments.n.get(i).copied().unwrap_or(first),
        mean: of(&arguments.mean, i),
        sd: of(&arguments.sd, i),
    });
    let plan = |moments: &[Moments; 2]| {
        let planned = Planned::of_moments(moments, arguments.alpha, arguments.alternative.of(), arguments.power);
        if arguments.mean.len() == 2 { planned } else { planned.without_difference() }
    };
    let mut planned = plan(&moments);
    if let (true, Some(text)) = (arguments.n.is_empty(), &arguments.difference) {
        // Without a number of runs the plan is for as many as the target needs.
        let target = target(text, &Unit::Count).map_err(Error::Usage)?;
        let needed = planned.needs(target, arguments.power).and_then(|needs| needs.runs);
        let [a, b] = needed.map_err(|why| Error::Usage(format!("--difference {text}: {}", why.because)))?;
        let [baseline, treatment] = moments;
        planned = plan(&[Moments { n: a, ..baseline }, Moments { n: b, ..treatment }]);
    }
    let row = PlanRow {
        name: "values".to_owned(),
        place: "treatment".to_owned(),
        scale: Scale::plain(),
        planned,
        needs: None,
    };
    let language = arguments.reading.speaking.language();
    let translator = Rc::new(Translator::new(language, language.locale(), []));
    Ok(Item { study: String::new(), unit: Unit::Count, row, translator })
}

fn of_study(arguments: &Arguments, quiet: bool) -> Result<Vec<Item>, Error> {
    let Some(path) = &arguments.path else { return Ok(Vec::new()) };
    let mut items = Vec::new();
    for (study, table) in load::studies(path, &arguments.reading.overrides(), arguments.reading.skip_bad, quiet)? {
        let analysis = analysis::analyze(&study, &table, None)?;
        for id in &arguments.metric {
            if analysis.metric(id).is_none() {
                let remedy = suggest(id, analysis.metrics.iter().map(|metric| metric.id.as_str()), "The metrics are");
                return Err(Problem::new(study.place(), format!("has no metric `{id}`"), remedy).into());
            }
        }
        items.extend(of_analysis(arguments, &analysis));
    }
    if items.is_empty() {
        return Err(Problem::new(
            path.display().to_string(),
            "has no comparison of means with two runs or more of each mode",
            "give --sd and --n instead, or measure a pilot study",
        )
        .into());
    }
    Ok(items)
}

fn of_analysis(arguments: &Arguments, analysis: &Analysis) -> Vec<Item> {
    let label = |mode: &str| {
        let named = analysis.study.modes.iter().find(|named| named.id == mode);
        named.map_or(mode.to_owned(), |named| named.label.clone())
    };
    let wanted = |comparison: &&analysis::Comparison| match arguments.metric.as_slice() {
        [] => analysis.metric(&comparison.metric).is_some_and(|metric| metric.primary),
        ids => ids.contains(&comparison.metric),
    };
    let translator = Rc::new(translator(analysis));
    let item = |comparison: &analysis::Comparison| {
        let metric = analysis.metric(&comparison.metric)?;
        let planned = Planned::of(comparison, arguments.alpha, arguments.alternative.of(), arguments.power)?;
        let scale = PlanRow::scale_of(metric, &planned);
        let scenario = comparison.scenario.as_ref().map(|scenario| format!(", {scenario}"));
        let row = PlanRow {
            name: scale.header(&metric.label),
            place: format!("{}{}", label(&comparison.mode), scenario.unwrap_or_default()),
            scale,
            planned,
            needs: None,
        };
        let translator = Rc::clone(&translator);
        Some(Item { study: analysis.study.id.clone(), unit: metric.unit.clone(), row, translator })
    };
    analysis.comparisons.iter().filter(wanted).filter_map(item).collect()
}
