//! The statistics against reference values: every row of every file in `tests/reference`, which `recompute.py` there
//! computes again with mpmath, R and SciPy.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use meshstats::stats::{self, Alternative, Events, Interval, METHODS, Moments, Result, TestResult, Undefined};
use serde::Deserialize;

#[derive(Deserialize)]
struct Inputs {
    two_sample: BTreeMap<String, Pair<f64>>,
    /// n, mean and SD of both modes, as printed in the source.
    summary: BTreeMap<String, [[String; 3]; 2]>,
    /// Count and exposure of each run.
    runs: BTreeMap<String, Pair<(f64, f64)>>,
    p_values: BTreeMap<String, Vec<Option<f64>>>,
    nist: BTreeMap<String, Vec<f64>>,
}

/// Baseline and treatment.
#[derive(Deserialize)]
struct Pair<T> {
    a: Vec<T>,
    b: Vec<T>,
}

#[derive(Deserialize)]
struct Row {
    case: String,
    quantity: String,
    /// `None`: the result must be undefined.
    expected: Option<f64>,
    oracle: String,
    relative: f64,
    absolute: f64,
    /// Why the tolerance is as wide as it is.
    note: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

fn inputs() -> Inputs {
    serde_json::from_str(&fs::read_to_string(folder().join("inputs.json")).unwrap()).unwrap()
}

fn rows(file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(folder().join(file)).unwrap();
    reader.deserialize().collect::<std::result::Result<_, _>>().unwrap()
}

fn files() -> Vec<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".csv").map(str::to_owned)).collect()
}

#[test]
fn every_method_has_reference_values() {
    let files = files();
    for method in METHODS {
        assert!(files.iter().any(|file| file == method.id), "tests/reference/{}.csv is missing", method.id);
    }
}

#[test]
fn every_reference_value_is_met() {
    let inputs = inputs();
    let mut failures = Vec::new();
    for file in files() {
        let rows = rows(&format!("{file}.csv"));
        assert!(!rows.is_empty(), "{file}.csv has no values");
        for row in rows {
            let ours = compute(&inputs, &file, &row.case, &row.quantity);
            if !agrees(&row, ours) {
                let Row { case, quantity, expected, oracle, .. } = row;
                failures.push(format!("{file}: {case}: {quantity} is {ours:?}, {oracle} says {expected:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} values are off\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_wide_tolerance_says_why() {
    for file in files() {
        for row in rows(&format!("{file}.csv")) {
            let wide = row.relative > 1e-10 || row.absolute > 0.0;
            assert!(!wide || !row.note.is_empty(), "{file}: {}: {}", row.case, row.quantity);
        }
    }
}

fn agrees(row: &Row, ours: Option<f64>) -> bool {
    match (row.expected, ours) {
        (Some(expected), Some(ours)) => {
            approx::abs_diff_eq!(ours, expected, epsilon = row.absolute + row.relative * expected.abs())
        }
        (None, None) => true,
        _ => false,
    }
}

/// What meshstats makes of a case; `None` when it is undefined.
fn compute(inputs: &Inputs, file: &str, case: &str, quantity: &str) -> Option<f64> {
    match file {
        "t_distribution" => {
            let (argument, df) = case.split_once(' ').unwrap();
            let (argument, df) = (number(argument), number(df));
            match quantity {
                "sf" => stats::t_distribution::sf(argument, df).ok(),
                "isf" => stats::t_distribution::quantile(argument, df).ok().map(|t| -t),
                _ => unknown(file, quantity),
            }
        }
        "normal" => match quantity {
            "sf" => stats::normal::sf(number(case)).ok(),
            "isf" => stats::normal::quantile(number(case)).ok().map(|z| -z),
            _ => unknown(file, quantity),
        },
        "describe" => describe(inputs, case, quantity),
        "welch" => {
            let [a, b] = moments(inputs, case)?;
            test(quantity, |alternative, level| stats::welch::welch(&a, &b, alternative, level))
        }
        "cohen_d" => {
            let [a, b] = moments(inputs, case)?;
            stats::cohen_d::cohen_d(&a, &b).ok().map(|d| d.estimate)
        }
        "hedges_g" if quantity == "correction" => stats::hedges_g::correction(number(case)).ok(),
        "hedges_g" => {
            let [a, b] = moments(inputs, case)?;
            stats::hedges_g::hedges_g(&a, &b).ok().map(|g| g.estimate)
        }
        "ratio_of_means" => ratio_of_means(moments(inputs, case)?, quantity),
        "rate" => rate(inputs, case, quantity),
        "rate_ratio" => {
            let [a, b] = runs(inputs, case);
            test(quantity, |alternative, level| stats::rate_ratio::rate_ratio(&a, &b, alternative, level))
        }
        "bootstrap" => bootstrap(inputs, case, quantity),
        "holm" => stats::holm::holm(&inputs.p_values[case]).unwrap().p_values[quantity.parse::<usize>().unwrap()],
        _ => panic!("nothing computes {file}.csv"),
    }
}

fn unknown(file: &str, quantity: &str) -> ! {
    panic!("{file}.csv asks for {quantity}, which nothing computes")
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn sample<'a>(inputs: &'a Inputs, case: &str) -> &'a [f64] {
    match case.rsplit_once('.') {
        Some((name, "a")) => &inputs.two_sample[name].a,
        Some((name, _)) => &inputs.two_sample[name].b,
        None => &inputs.nist[case],
    }
}

fn moments(inputs: &Inputs, case: &str) -> Option<[Moments; 2]> {
    if let Some(summary) = inputs.summary.get(case) {
        return Some(summary.each_ref().map(|[n, mean, sd]| Moments {
            n: n.parse().unwrap(),
            mean: number(mean),
            sd: number(sd),
        }));
    }
    let pair = &inputs.two_sample[case];
    Some([Moments::of(&pair.a).ok()?, Moments::of(&pair.b).ok()?])
}

fn runs(inputs: &Inputs, case: &str) -> [Vec<Events>; 2] {
    let events = |runs: &[(f64, f64)]| runs.iter().map(|&(count, exposure)| Events { count, exposure }).collect();
    let pair = &inputs.runs[case];
    [events(&pair.a), events(&pair.b)]
}

/// `ci95_lower` and the like, of an interval at that level.
fn bound(quantity: &str, interval: impl Fn(f64) -> Result<Interval>) -> Option<f64> {
    let (level, side) = quantity.strip_prefix("ci")?.split_once('_')?;
    let interval = interval(number(level) / 100.0).ok()?;
    if side == "lower" { interval.lower } else { interval.upper }
}

fn test(quantity: &str, run: impl Fn(Alternative, f64) -> Result<TestResult>) -> Option<f64> {
    let two_sided = run(Alternative::TwoSided, 0.95);
    match quantity {
        "estimate" => two_sided.ok()?.estimate,
        "standard_error" => two_sided.ok()?.standard_error,
        "statistic" => two_sided.ok()?.statistic,
        "df" => two_sided.ok()?.df,
        "p" => Some(two_sided.ok()?.p_value),
        "p_less" => Some(run(Alternative::Less, 0.95).ok()?.p_value),
        "p_greater" => Some(run(Alternative::Greater, 0.95).ok()?.p_value),
        _ => {
            let two_sided = bound(quantity, |level| Ok(run(Alternative::TwoSided, level)?.interval));
            // A bound of the interval at 1 − 2α is that of the one-sided interval at 1 − α.
            let towards = if quantity.ends_with("upper") { Alternative::Less } else { Alternative::Greater };
            let one_sided = bound(quantity, |level| Ok(run(towards, (1.0 + level) / 2.0)?.interval));
            match (two_sided, one_sided) {
                (Some(two), Some(one)) => approx::assert_relative_eq!(two, one, max_relative = 1e-10, epsilon = 1e-12),
                (two, one) => assert_eq!(two, one),
            }
            two_sided
        }
    }
}

fn describe(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let description = stats::describe::describe(sample(inputs, case), 0.95).unwrap();
    match quantity {
        "n" => Some(description.n as f64),
        "mean" => Some(description.mean),
        "sd" => description.sd.ok(),
        "standard_error" => description.standard_error.ok(),
        "min" => Some(description.min),
        "lower_quartile" => Some(description.lower_quartile),
        "median" => Some(description.median),
        "upper_quartile" => Some(description.upper_quartile),
        "max" => Some(description.max),
        "cv" => description.cv.ok(),
        _ => bound(quantity, |level| stats::describe::describe(sample(inputs, case), level)?.interval),
    }
}

/// The oracle computes the ratio, we the change: one less.
fn ratio_of_means([a, b]: [Moments; 2], quantity: &str) -> Option<f64> {
    let change = |level| stats::ratio_of_means::ratio_of_means(&a, &b, level);
    let interval = |level| change(level)?.interval.ok_or_else(|| Undefined::because("there is no interval"));
    let change = if quantity == "ratio" { Some(change(0.95).ok()?.estimate) } else { bound(quantity, interval) };
    change.map(|change| 1.0 + change)
}

fn rate(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let (name, mode) = case.split_once('.').unwrap();
    let [a, b] = runs(inputs, name);
    let runs = if mode == "a" { a } else { b };
    let rate = stats::rate::rate(&runs, 0.95).unwrap();
    match quantity {
        "count" => Some(rate.count),
        "exposure" => Some(rate.exposure),
        "rate" => Some(rate.rate),
        "standard_error" => rate.standard_error.ok(),
        "mean_of_ratios" => Some(rate.mean_of_ratios),
        "mean_of_ratios_standard_error" => rate.mean_of_ratios_standard_error.ok(),
        _ => bound(quantity, |level| stats::rate::rate(&runs, level)?.interval),
    }
}

/// The case is `<statistic> <set> <resamples> <seed>`.
fn bootstrap(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let [statistic, set, resamples, seed] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let (resamples, seed) = (resamples.parse().unwrap(), seed.parse().unwrap());
    let result = if statistic == "pooled_ratio" {
        let [a, b] = runs(inputs, set);
        stats::bootstrap::bootstrap(&a, &b, stats::rate_ratio::pooled_ratio, resamples, 0.95, seed)
    } else {
        let Pair { a, b } = &inputs.two_sample[set];
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        stats::bootstrap::bootstrap(a, b, |a, b| Some(mean(b) - mean(a)), resamples, 0.95, seed)
    };
    let result = result.ok()?;
    match quantity {
        "percentile_lower" => result.percentile.lower,
        "percentile_upper" => result.percentile.upper,
        "bca_lower" => result.bca.ok()?.lower,
        "bca_upper" => result.bca.ok()?.upper,
        _ => unknown("bootstrap", quantity),
    }
}
