//! `meshstats gate`: is a regression shown?

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Reading, output, saved, terminal, writing};
use crate::analysis::gate::{Gate, Margins, Verdict, gate, within};
use crate::analysis::methods::margin;
use crate::analysis::saved::Saved;
use crate::analysis::{MetricInfo, MetricKind, sessions};
use crate::error::{Error, Problem, reason};
use crate::language::{Language, Locale, Translator};
use crate::metric::{self, Better};
use crate::render::{Material, OUTPUTS, Templates, ci};
use crate::report::gate::{self as report, Named, Suite};
use crate::report::language::translator_of_gates;
use crate::report::style::Style;
use crate::stats::Margin;
use crate::toml_file::suggest;

/// Exit code where the runs do not decide; 0 is pass, 1 is fail.
const INCONCLUSIVE: u8 = 3;

/// The largest regression of a primary metric that is allowed where nothing else is said.
const USUAL: &str = "5%";

/// Fails when a regression larger than a margin is shown, and not when runs merely scatter.
///
/// With one path every mode is held against the study's baseline; with two, every mode of NEW against the same mode of
/// BASE. Exit codes: 0 pass (every regression is shown to be smaller than its margin), 1 fail (one is shown to be
/// larger), 2 wrong usage, 3 inconclusive (neither: more runs are needed). What cannot be read is 1, too, with an error.
///
/// Each test is one-sided at the study's confidence (95 %): each bound of the printed two-sided 90 % interval is a
/// one-sided 95 % bound. Failing takes a p-value adjusted over all gated metrics (Holm); passing takes every metric, and
/// needs no adjustment.
#[derive(Args)]
pub struct Arguments {
    /// A study or its saved results (results.json, a report's directory, or a directory of these): with NEW, the earlier
    /// ones
    path: PathBuf,
    /// The results or the study that are held against the first
    new: Option<PathBuf>,
    /// Largest regression that is allowed: 5% of all primary metrics, or of one: latency_p99=10%, latency_mean='0.5 ms'
    /// (repeatable; with metrics named, only these are gated; without it 5% of all primary metrics)
    #[arg(long, value_name = "[METRIC=]MARGIN", value_parser = allowance)]
    max_regression: Vec<(Option<String>, String)>,
    /// Which direction is the better one of a metric of your own table, or of one that has none by itself, e.g.
    /// frames=higher (repeatable)
    #[arg(long, value_name = "METRIC=DIRECTION", value_parser = better)]
    better: Vec<(String, Better)>,
    /// A mode that has another name in NEW (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = saved::renamed, requires = "new")]
    map: Vec<(String, String)>,
    /// Annotate a run of GitHub Actions, and append a summary to the file that GITHUB_STEP_SUMMARY names
    #[arg(long, conflicts_with = "json")]
    github: bool,
    /// Write the verdicts as JUnit XML; `-` is standard output, where nothing else is printed then
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

fn allowance(text: &str) -> Result<(Option<String>, String), String> {
    let (metric, margin) = match text.split_once('=') {
        Some((metric, margin)) => (Some(metric.trim()), margin.trim()),
        None => (None, text.trim()),
    };
    if margin.is_empty() || metric.is_some_and(str::is_empty) {
        return Err("give a margin such as 5%, or a metric and its margin such as latency_mean=0.5ms".to_owned());
    }
    if metric.is_none() && !margin.ends_with('%') {
        return Err(format!(
            "{margin} holds for metrics of all units only as a percentage: 5%, or latency_mean={margin}"
        ));
    }
    Ok((metric.map(str::to_owned), margin.to_owned()))
}

fn better(text: &str) -> Result<(String, Better), String> {
    match text.split_once('=').map(|(metric, direction)| (metric.trim(), direction.trim())) {
        Some((metric, "lower")) if !metric.is_empty() => Ok((metric.to_owned(), Better::Lower)),
        Some((metric, "higher")) if !metric.is_empty() => Ok((metric.to_owned(), Better::Higher)),
        _ => Err("give a metric and lower or higher, such as frames=higher".to_owned()),
    }
}

/// A study, or two sessions of one.
struct Gated {
    study: String,
    baseline: Option<String>,
    gate: Gate,
    language: &'static Language,
    locale: Locale,
}

#[derive(Serialize)]
struct Out<'a> {
    study: &'a str,
    #[serde(flatten)]
    gate: &'a Gate,
}

pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Error> {
    let gated = gated(arguments, quiet)?;
    let all: Vec<Named> =
        gated.iter().map(|one| Named { study: &one.study, baseline: one.baseline.clone(), gate: &one.gate }).collect();
    // One text speaks of all studies, so it speaks one language.
    let (language, locale) =
        gated.first().map_or((Language::source(), Locale::default()), |one| (one.language, one.locale));
    let translator = translator_of_gates(&all, language, locale);
    let verdict = report::verdict(&all, &translator);
    let suites: Vec<Suite> = all.iter().map(|one| report::suite(one, &translator)).collect();
    let printed = arguments.junit.as_deref().is_some_and(writing::is_standard_output);
    if printed && (arguments.json || arguments.github) {
        return Err(Error::Usage("--junit -: --json and --github print to standard output as well".to_owned()));
    }
    if let Some(path) = &arguments.junit {
        output::write_file(path, ci::junit(&suites).as_bytes())?;
    }
    if arguments.github {
        summarise(&all, &translator)?;
        terminal::print(&ci::annotations(&suites, &verdict));
    }
    if arguments.json {
        let out: Vec<Out> = gated.iter().map(|one| Out { study: &one.study, gate: &one.gate }).collect();
        terminal::print(&String::from_utf8_lossy(&output::json(&out)?));
    } else if !quiet && !printed {
        for one in &all {
            let sentences = report::sentences(one, &translator);
            let sentences: Vec<String> = sentences.iter().map(|line| terminal::one_line(line)).collect();
            let title = terminal::bold(&terminal::one_line(one.study));
            let table = terminal::table(&report::table(one, &translator), locale);
            terminal::print(&format!("{title}\n{table}\n{}\n\n", sentences.join("\n")));
        }
        terminal::print(&format!("{verdict}\n"));
    }
    Ok(match gated.iter().map(|one| one.gate.verdict).max() {
        Some(Verdict::Pass) => ExitCode::SUCCESS,
        Some(Verdict::Fail) => ExitCode::from(1),
        _ => ExitCode::from(INCONCLUSIVE),
    })
}

fn gated(arguments: &Arguments, quiet: bool) -> Result<Vec<Gated>, Error> {
    let read = |path: &Path| -> Result<Vec<Saved>, Error> {
        let mut all = saved::results(path, &arguments.reading, quiet)?;
        all.iter_mut().for_each(|saved| saved.set_better(&arguments.better));
        Ok(all)
    };
    saved::require(&arguments.path)?;
    let Some(new) = &arguments.new else {
        let all = read(&arguments.path)?;
        let margins = margins(arguments, all.iter().flat_map(|saved| &saved.metrics))?;
        let gated = all.iter().map(|saved| {
            let baseline = saved.place(&saved.study.baseline, None);
            one(saved, Some(baseline), gate(&within(saved), &margins, saved.study.confidence))
        });
        return some(gated.collect(), &arguments.path);
    };
    if arguments.reading.baseline.is_some() {
        return Err(Error::Usage(
            "--baseline is a mode of one study: of two, each mode is its own baseline".to_owned(),
        ));
    }
    saved::require(new)?;
    let (olds, news) = (read(&arguments.path)?, read(new)?);
    let margins = margins(arguments, olds.iter().chain(&news).flat_map(|saved| &saved.metrics))?;
    let mut gated = Vec::new();
    for [old, new] in saved::matched(olds, news, [&arguments.path, new])? {
        let pairs = sessions::pairs(&old, &new, &arguments.map)?;
        gated.push(one(&new, None, gate(&pairs, &margins, new.study.confidence)));
    }
    some(gated, &arguments.path)
}

fn one(saved: &Saved, baseline: Option<String>, gate: Gate) -> Gated {
    let (language, locale) = (saved.study.language, saved.study.locale);
    Gated { study: saved.study.id.clone(), baseline, gate, language, locale }
}

/// A gate through which nothing goes must not be taken for one that all has passed.
fn some(gated: Vec<Gated>, path: &Path) -> Result<Vec<Gated>, Error> {
    let empty = gated.iter().filter(|one| one.gate.rows.is_empty()).map(|one| {
        let without: Vec<&str> = one.gate.without_direction.iter().map(String::as_str).collect();
        let remedy = match without.first() {
            Some(id) => {
                format!("say which direction is better (--better {id}=lower), or name another with --max-regression")
            }
            None => "name a metric that is measured in two modes with --max-regression".to_owned(),
        };
        Problem::new(path.display().to_string(), format!("{}: no metric can be gated", one.study), remedy)
    });
    let problems: Vec<Problem> = empty.collect();
    if problems.is_empty() { Ok(gated) } else { Err(Error::Failed(problems)) }
}

/// What `--max-regression` says of the metrics that there are.
fn margins<'a>(arguments: &Arguments, metrics: impl Iterator<Item = &'a MetricInfo>) -> Result<Margins, Error> {
    let metrics: BTreeMap<&str, &MetricInfo> = metrics.map(|metric| (metric.id.as_str(), metric)).collect();
    for (id, better) in &arguments.better {
        known(&metrics, id, "--better")?;
        contradicted(id, *better, &arguments.better)?;
    }
    let mut margins = Margins { by_metric: BTreeMap::new(), usual: None };
    let usual = (arguments.max_regression.is_empty()).then(|| (None, USUAL.to_owned()));
    let all = || arguments.max_regression.iter().chain(&usual);
    for (i, (id, text)) in all().enumerate() {
        let option = format!("--max-regression {}{text}", id.as_ref().map_or(String::new(), |id| format!("{id}=")));
        let usage = |(what, remedy): (String, String)| Error::Usage(format!("{option}: the margin {what}: {remedy}"));
        if all().take(i).any(|(other, _)| other == id) {
            let of = id.as_ref().map_or("all metrics".to_owned(), |id| format!("`{id}`"));
            return Err(Error::Usage(format!("{option}: a second margin for {of}; give one")));
        }
        let Some(id) = id else {
            margins.usual = Some(margin(text, &crate::metric::Unit::Fraction).map_err(usage)?);
            continue;
        };
        let metric = known(&metrics, id, "--max-regression")?;
        let wrong = |what: &str| Err(Error::Usage(format!("{option}: {what}")));
        if metric.kind == MetricKind::Count {
            return wrong(&format!(
                "{id} is a count, which says nothing without what it is counted in; gate its ratio"
            ));
        }
        if metric.better == Better::Neutral {
            return wrong(&format!("neither direction of {id} is known to be better: --better {id}=lower, or higher"));
        }
        let margin = margin(text, &metric.unit).map_err(usage)?;
        if metric.kind == MetricKind::Ratio && matches!(margin, Margin::Absolute(_)) {
            return wrong(&format!("{id} is gated by the ratio of pooled rates: give the margin in %"));
        }
        if metric.better == Better::Higher && matches!(margin, Margin::Relative(share) if share >= 1.0) {
            return wrong(&format!("{id} cannot fall by 100 % or more: give a smaller margin"));
        }
        margins.by_metric.insert(id.clone(), margin);
    }
    Ok(margins)
}

/// A direction that is known of a metric is not another one for being asked for, and each metric has one.
fn contradicted(id: &str, better: Better, all: &[(String, Better)]) -> Result<(), Error> {
    let word = |better: Better| if better == Better::Higher { "higher" } else { "lower" };
    let option = format!("--better {id}={}", word(better));
    if all.iter().any(|(other, of)| other == id && *of != better) {
        return Err(Error::Usage(format!("{option}: both directions of `{id}` are given; give one")));
    }
    match metric::find(id).map(|metric| metric.better) {
        Some(Better::Neutral) | None => Ok(()),
        Some(of) if of == better => Ok(()),
        Some(of) => Err(Error::Usage(format!(
            "{option}: {} is better of this metric; --better is for metrics that have no direction by themselves",
            word(of)
        ))),
    }
}

fn known<'a>(metrics: &BTreeMap<&str, &'a MetricInfo>, id: &str, option: &str) -> Result<&'a MetricInfo, Error> {
    metrics.get(id).copied().ok_or_else(|| {
        let remedy = suggest(id, metrics.keys().copied(), "The metrics are");
        Error::Usage(format!("{option} names `{id}`, which the results do not have: {remedy}"))
    })
}

/// Appends the gate as Markdown to the file that GitHub shows as the job's summary.
fn summarise(all: &[Named], translator: &Translator) -> Result<(), Error> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    let report = report::report(all, translator);
    let templates = Templates::new(None)?.in_language(translator.language());
    let material =
        Material { report: &report, figures: &BTreeMap::new(), templates: &templates, style: Style::default() };
    let markdown = OUTPUTS.iter().find(|output| output.id == "markdown");
    let files = markdown.map(|output| output.files(&material)).transpose()?.unwrap_or_default();
    let Some(page) = files.into_iter().find(|file| file.path == "report.md") else { return Ok(()) };
    let written = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(&page.contents));
    written.map_err(|error| {
        let what = format!("cannot be appended to ({})", reason(&error));
        Problem::new(path.display().to_string(), what, "GITHUB_STEP_SUMMARY must name a file that can be written")
            .into()
    })
}
