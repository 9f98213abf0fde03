//! `meshstats compare`: two samples, from files of numbers or from summary statistics.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{level, load, output, terminal};
use crate::analysis::means::{self, Means, Side};
use crate::error::{Error, Problem};
use crate::report::model::Align;
use crate::report::number::{p_value, shortest, significant};
use crate::stats::{Interval, Moments, Undefined};

#[derive(Args)]
pub struct Arguments {
    /// Numbers of the baseline, one a line; `-` is standard input
    #[arg(required_unless_present = "mean", requires = "treatment")]
    baseline: Option<PathBuf>,
    /// Numbers of the treatment, one a line; `-` is standard input
    treatment: Option<PathBuf>,
    /// Means of baseline and treatment
    #[arg(long, num_args = 2, value_names = ["BASELINE", "TREATMENT"], requires_all = ["sd", "n"], conflicts_with = "baseline", allow_negative_numbers = true)]
    mean: Option<Vec<f64>>,
    /// Standard deviations (n − 1 in the denominator)
    #[arg(long, num_args = 2, value_names = ["BASELINE", "TREATMENT"], requires = "mean", allow_negative_numbers = true)]
    sd: Option<Vec<f64>>,
    /// Numbers of runs
    #[arg(long, num_args = 2, value_names = ["BASELINE", "TREATMENT"], requires = "mean", allow_negative_numbers = true)]
    n: Option<Vec<usize>>,
    /// Confidence level of every interval
    #[arg(long, default_value = "0.95", value_name = "LEVEL", value_parser = level)]
    confidence: f64,
    /// Print one JSON object at full precision
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let means = match (&arguments.mean, &arguments.sd, &arguments.n) {
        (Some(mean), Some(sd), Some(n)) => {
            let [baseline, treatment] = [0, 1].map(|i| summary(mean[i], sd[i], n[i]));
            means::of_moments(&baseline?, &treatment?, arguments.confidence)
        }
        _ => {
            let [Some(baseline), Some(treatment)] = [&arguments.baseline, &arguments.treatment] else {
                return Err(Error::Usage("give two files of numbers, or --mean, --sd and --n".to_owned()));
            };
            if baseline == treatment && baseline == Path::new("-") {
                return Err(Error::Usage("only one of the two samples can be standard input".to_owned()));
            }
            means::compare(&numbers(baseline)?, &numbers(treatment)?, arguments.confidence)
        }
    };
    let text = if arguments.json {
        String::from_utf8_lossy(&output::json(&means)?).into_owned()
    } else {
        table(&means, arguments.confidence)
    };
    terminal::print(&text);
    Ok(())
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

/// The numbers of a file, one a line; empty lines and what follows a `#` do not count.
fn numbers(path: &Path) -> Result<Vec<f64>, Error> {
    let (shown, bytes) = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| {
            Problem::new("standard input", format!("cannot be read ({})", error.kind()), "give a file instead")
        })?;
        ("standard input".to_owned(), bytes)
    } else {
        (path.display().to_string(), load::read(path)?)
    };
    let text = load::utf8(&shown, &bytes)?;
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = line.split('#').next().unwrap_or("").trim();
        if number.is_empty() {
            continue;
        }
        match number.parse::<f64>() {
            Ok(value) if value.is_finite() => values.push(value),
            _ => {
                let what = format!("`{}` is not a number", number.chars().take(40).collect::<String>());
                let mut problem = Problem::new(&*shown, what, "write one number a line, with a decimal point");
                problem.fault.line = Some(i + 1);
                problems.push(problem);
            }
        }
    }
    if values.is_empty() && problems.is_empty() {
        problems.push(Problem::new(shown, "holds no number", "write one number a line"));
    }
    if problems.is_empty() { Ok(values) } else { Err(Error::Failed(problems)) }
}

fn table(means: &Means, level: f64) -> String {
    let full = |value: f64| significant(value, 6);
    let ci = format!("{} % CI", shortest(level * 100.0));
    let interval = |interval: &Interval| {
        let bound = |bound: Option<f64>, open: &str| bound.map_or(open.to_owned(), full);
        format!("[{}, {}]", bound(interval.lower, "-inf"), bound(interval.upper, "inf"))
    };
    let or = |value: Result<String, &Undefined>| value.unwrap_or_else(|undefined| format!("— ({undefined})"));
    let side = |side: &Side| match side.sd {
        Some(sd) => format!("{} ± {} (n = {})", full(side.mean), full(sd), side.n),
        None => format!("{} (n = {})", full(side.mean), side.n),
    };
    let welch = means.welch.as_ref();
    let optional = |value: Option<f64>| value.map_or("—".to_owned(), full);
    let rows = [
        ("baseline, mean ± SD".to_owned(), side(&means.baseline)),
        ("treatment, mean ± SD".to_owned(), side(&means.treatment)),
        ("difference".to_owned(), full(means.difference)),
        (format!("difference, {ci}"), or(welch.map(|w| interval(&w.test.interval)))),
        ("change (%)".to_owned(), or(means.percent_change.as_ref().map(|p| full(*p)))),
        (format!("change (%), {ci} (Fieller)"), or(means.percent_change_interval.as_ref().map(interval))),
        ("Welch's t".to_owned(), or(welch.map(|w| optional(w.test.statistic)))),
        ("df".to_owned(), or(welch.map(|w| optional(w.test.df)))),
        ("p, two-sided".to_owned(), or(welch.map(|w| p_value(w.test.p_value)))),
        ("p, treatment less".to_owned(), or(welch.map(|w| p_value(w.p_less)))),
        ("p, treatment greater".to_owned(), or(welch.map(|w| p_value(w.p_greater)))),
        ("Cohen's d (pooled SD)".to_owned(), or(means.cohen_d.as_ref().map(|d| full(*d)))),
        ("Hedges' g".to_owned(), or(means.hedges_g.as_ref().map(|g| full(*g)))),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name, value]).collect();
    terminal::aligned(&[("Comparison", Align::Left), ("treatment − baseline", Align::Left)], &rows)
}
