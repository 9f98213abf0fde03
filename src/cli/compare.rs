//! `meshstats compare`: two samples or more, from files of numbers or from summary statistics, by any method.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Tail, level, output, samples, terminal};
use crate::analysis::means::{Means, Side};
use crate::analysis::methods::{self, Data};
use crate::analysis::{Applied, AtOnce, Methods, OfModes, RESAMPLES};
use crate::error::Error;
use crate::metric::{Better, Unit};
use crate::report::model::Align;
use crate::report::number::{p_value, shortest, significant};
use crate::stats::{
    Answer, Compute, Estimand, Events, Interval, Kind, Margin, Moments, Pairwise, Settings, Undefined, method,
};

/// What is shown of two samples where nothing was chosen, as far as it applies.
const USUAL: &[&str] = &[
    "welch",
    "ratio_of_means",
    "cohen_d",
    "hedges_g",
    "paired_t",
    "paired_change",
    "d_z",
    "d_av",
    "rate_ratio",
    "bootstrap_rate_ratio",
];

#[derive(Args)]
pub struct Arguments {
    /// Numbers of the baseline and of one treatment or more, one a line; `-` is standard input
    #[arg(required_unless_present = "mean", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Columns of one CSV file instead, the baseline's first: `a b`, or `a,b`
    #[arg(long, num_args = 1.., value_name = "NAME", conflicts_with = "mean")]
    columns: Vec<String>,
    /// Means of the baseline and the treatments
    #[arg(long, num_args = 2.., value_name = "MEAN", requires_all = ["sd", "n"], conflicts_with = "files", allow_negative_numbers = true)]
    mean: Option<Vec<f64>>,
    /// Standard deviations (n − 1 in the denominator)
    #[arg(long, num_args = 2.., value_name = "SD", requires = "mean", allow_negative_numbers = true)]
    sd: Option<Vec<f64>>,
    /// Numbers of runs
    #[arg(long, num_args = 2.., value_name = "N", requires = "mean", allow_negative_numbers = true)]
    n: Option<Vec<usize>>,
    /// The numbers belong together line by line: use the methods for pairs too
    #[arg(long, conflicts_with_all = ["mean", "counts"])]
    paired: bool,
    /// Each line (or pair of columns) is a count and its exposure: compare rates
    #[arg(long, conflicts_with = "mean")]
    counts: bool,
    /// Tests to show (see `meshstats list tests`)
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = super::test)]
    test: Vec<String>,
    /// Effect sizes to show
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = super::effect)]
    effect: Vec<String>,
    /// Intervals to show
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = super::interval)]
    interval: Vec<String>,
    /// Show every method that applies
    #[arg(long)]
    all: bool,
    /// Which alternative the tests have
    #[arg(long, value_enum, default_value = "two-sided", value_name = "WHICH")]
    alternative: Tail,
    /// Largest difference that does not matter, in the unit of the numbers or in percent (2%): test equivalence too
    #[arg(long, value_name = "MARGIN", value_parser = margin)]
    margin: Option<Margin>,
    /// Quantile of the methods of quantiles, e.g. 0.99; the median if nothing is said
    #[arg(long, default_value = "0.5", value_name = "FRACTION", value_parser = level)]
    quantile: f64,
    /// Confidence level of every interval
    #[arg(long, default_value = "0.95", value_name = "LEVEL", value_parser = level)]
    confidence: f64,
    /// Resamples of every bootstrap and Monte Carlo test
    #[arg(long, default_value_t = RESAMPLES, value_name = "COUNT")]
    resamples: usize,
    /// Seed of the resampling
    #[arg(long, default_value = "1", value_name = "SEED")]
    seed: u64,
    /// Print one JSON object at full precision
    #[arg(long)]
    json: bool,
}

fn margin(text: &str) -> Result<Margin, String> {
    methods::margin(text, &Unit::Count).map_err(|(what, remedy)| format!("{what}: {remedy}"))
}

/// The samples as given, the baseline first.
enum Samples {
    Moments(Vec<Moments>),
    Values(Vec<Vec<f64>>),
    Events(Vec<Vec<Events>>),
}

/// Everything that is said, as JSON.
#[derive(Serialize)]
struct Comparisons {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    at_once: Option<AtOnce>,
    /// Of the baseline and each treatment in turn.
    comparisons: Vec<Comparison>,
}

/// The baseline and one treatment.
#[derive(Serialize)]
struct Comparison {
    #[serde(flatten)]
    means: Option<Means>,
    methods: Methods,
    /// Of the baseline alone, and of the treatment alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples: Vec<Methods>,
}

impl Arguments {
    /// The names of the columns in the order in which they were given. A name with a comma stands beside others.
    fn columns(&self) -> Vec<String> {
        match self.columns.as_slice() {
            [list] => list.split(',').map(|name| name.trim().to_owned()).collect(),
            names => names.to_vec(),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let settings = settings(arguments);
    let all = compare(&given(arguments)?, &settings, arguments.paired);
    require_applicable(arguments, &all)?;
    let text = if arguments.json {
        let bytes = match all.comparisons.as_slice() {
            [one] if all.at_once.is_none() => output::json(one)?,
            _ => output::json(&all)?,
        };
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        let one = |comparison: &Comparison| table(comparison, arguments);
        let mut parts: Vec<String> = all.comparisons.iter().map(one).collect();
        if let Some(at_once) = &all.at_once {
            let names = names(arguments, all.comparisons.len() + 1);
            for (part, name) in parts.iter_mut().zip(names.iter().skip(1)) {
                let baseline = names.first().map_or("", String::as_str);
                *part = format!("{}\n{part}", terminal::bold(&format!("{name} against {baseline}")));
            }
            // Where only methods for several modes were asked for, the pairs one by one have nothing to say.
            if chosen(arguments).next().is_some() && chosen(arguments).all(|id| is_of_modes(id)) {
                parts.clear();
            }
            parts.push(of_modes(at_once, &names, arguments));
        }
        parts.join("\n")
    };
    terminal::print(&text);
    Ok(())
}

/// How many numbers a run has: its value, or a count and its exposure.
fn width(arguments: &Arguments) -> usize {
    if arguments.counts { 2 } else { 1 }
}

/// What the samples are called: by file or column, or by number.
fn names(arguments: &Arguments, count: usize) -> Vec<String> {
    let mut names: Vec<String> = if arguments.columns.is_empty() {
        arguments.files.iter().map(|file| file.display().to_string()).collect()
    } else {
        arguments.columns().into_iter().step_by(width(arguments)).collect()
    };
    if names.is_empty() {
        names = (0..count).map(|i| if i == 0 { "the baseline".to_owned() } else { format!("treatment {i}") }).collect();
    }
    names
}

fn chosen(arguments: &Arguments) -> impl Iterator<Item = &String> {
    [&arguments.test, &arguments.effect, &arguments.interval].into_iter().flatten()
}

fn compute(id: &str) -> Option<Compute> {
    method(id).map(|method| method.compute)
}

fn is_of_modes(id: &str) -> bool {
    matches!(compute(id), Some(Compute::Omnibus(_) | Compute::Pairwise(_)))
}

/// What a method needs that these data are not.
fn needs(id: &str, arguments: &Arguments) -> &'static str {
    match compute(id) {
        Some(Compute::Events(_)) => "needs counts with their exposure: files or --columns with --counts",
        _ if arguments.counts => "needs values: leave out --counts",
        Some(Compute::Pairs(_)) => "needs values that belong together: files or --columns with --paired",
        Some(Compute::Samples(_)) => "needs the values themselves: give files or --columns",
        Some(Compute::Omnibus(_) | Compute::Pairwise(_)) => "needs three samples or more",
        _ => "does not compare samples",
    }
}

/// A method that was asked for, and says nothing of these data, is a mistake on the command line.
fn require_applicable(arguments: &Arguments, all: &Comparisons) -> Result<(), Error> {
    let of_pair = |id: &str| all.comparisons.iter().any(|comparison| comparison.methods.get(id).is_some());
    let applies = |id: &str| of_pair(id) || (all.at_once.is_some() && is_of_modes(id));
    for (option, kind, ids) in [
        ("--test", Kind::Test, &arguments.test),
        ("--effect", Kind::EffectSize, &arguments.effect),
        ("--interval", Kind::Interval, &arguments.interval),
    ] {
        if let Some(id) = ids.iter().find(|id| !applies(id)) {
            let known: Vec<&str> = methods::ids_of(kind).filter(|id| applies(id)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::Usage(format!("{option} {id} {}; these apply: {known}", needs(id, arguments))));
        }
    }
    Ok(())
}

fn settings(arguments: &Arguments) -> Settings {
    Settings {
        level: arguments.confidence,
        alternative: arguments.alternative.of(),
        margin: arguments.margin,
        quantile: arguments.quantile,
        resamples: arguments.resamples,
        seed: arguments.seed,
    }
}

/// Every treatment against the baseline, and where there are several, all modes at once.
fn compare(samples: &Samples, settings: &Settings, paired: bool) -> Comparisons {
    let of = |data: &Data| Methods::of(data, settings, Better::Neutral);
    let (comparisons, modes) = match samples {
        Samples::Moments(modes) => {
            let one = |baseline: &Moments, treatment: &Moments| Comparison {
                means: Some(Means::of([baseline, treatment].map(Side::from))),
                methods: of(&Data::Moments([*baseline, *treatment])),
                samples: Vec::new(),
            };
            (against_first(modes, one), Some(Ok(modes.clone())))
        }
        Samples::Values(modes) => {
            let one = |baseline: &Vec<f64>, treatment: &Vec<f64>| {
                let pairs = paired.then(|| [baseline.clone(), treatment.clone()]);
                let data = Data::Values { values: [baseline, treatment], pairs: pairs.as_ref() };
                Comparison {
                    means: Some(Means::of([baseline, treatment].map(|values| Side::of(values)))),
                    methods: of(&data),
                    samples: [baseline, treatment].map(|values| Methods::of_sample(values, settings)).to_vec(),
                }
            };
            (against_first(modes, one), Some(modes.iter().map(|values| Moments::of(values)).collect()))
        }
        Samples::Events(modes) => {
            let one = |baseline: &Vec<Events>, treatment: &Vec<Events>| Comparison {
                means: None,
                methods: of(&Data::Events([baseline, treatment])),
                samples: Vec::new(),
            };
            (against_first(modes, one), None)
        }
    };
    let several = modes.filter(|_| comparisons.len() > 1);
    Comparisons { at_once: several.map(|modes| AtOnce::of(&modes, settings)), comparisons }
}

fn against_first<T>(modes: &[T], compare: impl Fn(&T, &T) -> Comparison) -> Vec<Comparison> {
    let Some((baseline, treatments)) = modes.split_first() else { return Vec::new() };
    treatments.iter().map(|treatment| compare(baseline, treatment)).collect()
}

/// The samples that the arguments name.
fn given(arguments: &Arguments) -> Result<Samples, Error> {
    let usage = |what: String| Err(Error::Usage(what));
    if let (Some(mean), Some(sd), Some(n)) = (&arguments.mean, &arguments.sd, &arguments.n) {
        if mean.len() != sd.len() || mean.len() != n.len() {
            let (means, sds, ns) = (mean.len(), sd.len(), n.len());
            return usage(format!("give as many of each: {means} of --mean, {sds} of --sd and {ns} of --n"));
        }
        let all = mean.iter().zip(sd).zip(n).map(|((mean, sd), n)| summary(*mean, *sd, *n));
        return Ok(Samples::Moments(all.collect::<Result<_, _>>()?));
    }
    let columns = if arguments.columns.is_empty() {
        if arguments.files.len() < 2 {
            return usage("give two files of numbers or more, or one CSV file and its --columns".to_owned());
        }
        if arguments.files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
            return usage("only one of the samples can be standard input".to_owned());
        }
        let read = |file: &PathBuf| samples::numbers(file, width(arguments));
        arguments.files.iter().map(read).collect::<Result<Vec<_>, _>>()?
    } else {
        let [file] = arguments.files.as_slice() else {
            return usage("--columns are those of one CSV file: give its path".to_owned());
        };
        let (width, columns) = (width(arguments), arguments.columns());
        if columns.len() < 2 * width || !columns.len().is_multiple_of(width) {
            return usage(match width {
                1 => "--columns: name two or more, the baseline's first".to_owned(),
                _ => "--counts needs two --columns a mode: the count, then its exposure".to_owned(),
            });
        }
        let whole = arguments.paired || arguments.counts;
        samples::columns(file, &columns, width, whole)?
    };
    if arguments.counts {
        let events = |rows: Vec<Vec<f64>>| {
            rows.into_iter().filter_map(|row| Some(Events { count: *row.first()?, exposure: *row.get(1)? })).collect()
        };
        return Ok(Samples::Events(columns.into_iter().map(events).collect()));
    }
    let values: Vec<Vec<f64>> = columns.into_iter().map(|rows| rows.into_iter().flatten().collect()).collect();
    if arguments.paired && values.iter().any(|sample| sample.len() != values[0].len()) {
        let counts: Vec<String> = values.iter().map(|sample| sample.len().to_string()).collect();
        return usage(format!("--paired needs samples of one size, not {}", counts.join(" and ")));
    }
    Ok(Samples::Values(values))
}

fn summary(mean: f64, sd: f64, n: usize) -> Result<Moments, Error> {
    let usage = |what: String| Err(Error::Usage(what));
    if !mean.is_finite() {
        return usage(format!("--mean {mean}: give a finite number"));
    }
    if !(sd.is_finite() && sd >= 0.0) {
        return usage(format!("--sd {sd}: a standard deviation is a finite number, zero or more"));
    }
    if n < 2 {
        return usage(format!("--n {n}: a standard deviation needs two runs or more"));
    }
    Ok(Moments { n, mean, sd })
}

/// Six significant digits: plain numbers have no unit and no uncertainty that says how many.
fn full(value: f64) -> String {
    significant(value, 6)
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), full)
}

fn bounds(interval: Option<Interval>, factor: f64) -> String {
    let bound = |bound: Option<f64>, open: &str| bound.map_or(open.to_owned(), |bound| full(bound * factor));
    match interval {
        Some(i) if i.lower.is_some() || i.upper.is_some() => {
            format!("[{}, {}]", bound(i.lower, "-inf"), bound(i.upper, "inf"))
        }
        _ => String::new(),
    }
}

/// The sides, then the chosen methods side by side.
fn table(comparison: &Comparison, arguments: &Arguments) -> String {
    let mut text = comparison.means.as_ref().map_or(String::new(), sides);
    let chosen: Vec<&String> = chosen(arguments).collect();
    let wanted = |applied: &&Applied| {
        arguments.all
            || comparison.methods.at_margin(arguments.paired).any(|at_margin| at_margin.id == applied.id)
            || if chosen.is_empty() { USUAL.contains(&applied.id) } else { chosen.iter().any(|id| *id == applied.id) }
    };
    let shown: Vec<&Applied> = comparison.methods.0.iter().filter(wanted).collect();
    let rows: Vec<Vec<String>> = shown.iter().map(|applied| row(applied)).collect();
    let ci = format!("{} % CI", shortest(arguments.confidence * 100.0));
    let header = [
        ("Method", Align::Left),
        ("Estimate of", Align::Left),
        ("Estimate", Align::Left),
        (&*ci, Align::Left),
        ("Statistic", Align::Left),
        ("df", Align::Left),
        (p_header(arguments.alternative), Align::Left),
    ];
    text.push_str(&terminal::aligned(&header, &rows));
    for (side, methods) in
        ["baseline alone", "treatment alone"].iter().zip(&comparison.samples).filter(|_| arguments.all)
    {
        let rows: Vec<Vec<String>> =
            methods.0.iter().map(|applied| row(applied).into_iter().take(4).collect()).collect();
        let header = [*side, "Estimate of", "Estimate", &ci].map(|name| (name, Align::Left));
        text.push_str(&format!("\n{}", terminal::aligned(&header, &rows)));
    }
    if !matches!(arguments.alternative, Tail::TwoSided) {
        text.push_str("note: intervals of methods without a p-value stay two-sided\n");
    }
    if shown.iter().any(|applied| applied.kind == Kind::Equivalence) {
        let level = shortest((2.0 * arguments.confidence - 1.0) * 100.0);
        text.push_str(&format!("note: the intervals of equivalence and non-inferiority are at {level} %\n"));
    }
    for applied in shown {
        match &applied.answer {
            Ok(answer) => {
                text.extend(answer.note().map(|note| format!("note: {}: {note}\n", applied.label)));
            }
            Err(undefined) => text.push_str(&format!("note: {}: {undefined}\n", applied.label)),
        }
    }
    text
}

fn p_header(tail: Tail) -> &'static str {
    match tail {
        Tail::TwoSided => "p, two-sided",
        Tail::Less => "p, treatment less",
        Tail::Greater => "p, treatment greater",
    }
}

fn sides(means: &Means) -> String {
    let side = |side: &Side| match side.sd {
        Some(sd) => format!("{} ± {} (n = {})", full(side.mean), full(sd), side.n),
        None => format!("{} (n = {})", full(side.mean), side.n),
    };
    let rows = [
        vec!["baseline, mean ± SD".to_owned(), side(&means.baseline)],
        vec!["treatment, mean ± SD".to_owned(), side(&means.treatment)],
        vec!["difference".to_owned(), full(means.difference)],
        vec![
            "change (%)".to_owned(),
            means.percent_change.as_ref().map_or_else(|why| format!("— ({why})"), |percent| full(*percent)),
        ],
    ];
    let header = [("Comparison", Align::Left), ("treatment − baseline", Align::Left)];
    format!("{}\n", terminal::aligned(&header, &rows))
}

fn row(applied: &Applied) -> Vec<String> {
    let Ok(answer) = &applied.answer else {
        return vec![applied.label.clone(), applied.estimand.noun().to_owned(), "—".to_owned()];
    };
    let (factor, unit) = if applied.estimand == Estimand::RelativeChange { (100.0, " %") } else { (1.0, "") };
    let (statistic, df) = match answer {
        Answer::Test(test) => (optional(test.statistic), optional(test.df)),
        Answer::Effect(_) => (String::new(), String::new()),
    };
    let estimate = answer.estimate().map_or(String::new(), |estimate| format!("{}{unit}", full(estimate * factor)));
    let interval = bounds(answer.interval(), factor);
    let interval = if interval.is_empty() { interval } else { format!("{interval}{unit}") };
    let of = applied.estimand.noun().to_owned();
    vec![
        answer.name().to_owned(),
        of,
        estimate,
        interval,
        statistic,
        df,
        answer.p_value().map_or(String::new(), p_value),
    ]
}

/// The tests of all modes at once, and of their pairs.
fn of_modes(at_once: &AtOnce, names: &[String], arguments: &Arguments) -> String {
    let level = arguments.confidence;
    let none = !chosen(arguments).any(|id| is_of_modes(id));
    let wanted = |id: &str| none || chosen(arguments).any(|chosen| chosen == id);
    let mut text = format!("{}\n", terminal::bold("all modes at once; p-values of two modes alone are not adjusted"));
    let mut rows = Vec::new();
    let mut notes = String::new();
    let mut why = |label: &str, why: &Undefined| notes.push_str(&format!("note: {label}: {why}\n"));
    for OfModes { label, answer, .. } in at_once.omnibus.iter().filter(|of| wanted(of.method)) {
        match answer {
            Ok(Answer::Test(test)) => {
                let dfs = [test.numerator_df, test.df].into_iter().flatten().map(full).collect::<Vec<_>>().join(", ");
                rows.push(vec![
                    (*label).to_owned(),
                    "all".to_owned(),
                    optional(test.statistic),
                    dfs,
                    p_value(test.p_value),
                ]);
            }
            Ok(Answer::Effect(_)) => {}
            Err(undefined) => why(label, undefined),
        }
    }
    for OfModes { label, answer, .. } in at_once.pairwise.iter().filter(|of| wanted(of.method)) {
        match answer {
            Ok(pairs) => rows.extend(pairs.iter().map(|pair| of_pair(label, names, pair))),
            Err(undefined) => why(label, undefined),
        }
    }
    let ci = format!("{} % CI, simultaneous", shortest(level * 100.0));
    let header = ["Method", "Modes", "Statistic", "df", "p", "Difference", &ci].map(|name| (name, Align::Left));
    text.push_str(&terminal::aligned(&header, &rows));
    text + &notes
}

fn of_pair(label: &str, names: &[String], pair: &Pairwise) -> Vec<String> {
    let test = &pair.test;
    let name = |place: usize| names.get(place).cloned().unwrap_or_default();
    vec![
        label.to_owned(),
        format!("{} − {}", name(pair.second), name(pair.first)),
        optional(test.statistic),
        optional(test.df),
        p_value(test.p_value),
        optional(test.estimate),
        bounds(Some(test.interval), 1.0),
    ]
}
