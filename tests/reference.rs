//! The statistics against reference values: every row of every file in `tests/reference`, which `recompute.py` there
//! computes again with mpmath, R and SciPy.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use meshstats::audit::audit;
use meshstats::claims::{Claims, Statistic};
use meshstats::stats::{
    self, Alternative, Answer, Compute, Events, Interval, METHODS, Margin, Moments, Settings, TestResult, distribution,
};
use serde::Deserialize;

/// The sets of all `inputs*.json`, by kind.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Inputs {
    two_sample: BTreeMap<String, Pair<f64>>,
    /// n, mean and SD of both modes, as printed in the source.
    summary: BTreeMap<String, [[String; 3]; 2]>,
    /// Count and exposure of each run.
    runs: BTreeMap<String, Pair<(f64, f64)>>,
    /// The values of several modes, the baseline first.
    modes: BTreeMap<String, Vec<Vec<f64>>>,
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
    let mut all = Inputs::default();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("inputs") && name.ends_with(".json") {
            let more: Inputs = serde_json::from_str(&fs::read_to_string(folder().join(&name)).unwrap()).unwrap();
            all.two_sample.extend(more.two_sample);
            all.summary.extend(more.summary);
            all.runs.extend(more.runs);
            all.modes.extend(more.modes);
            all.p_values.extend(more.p_values);
            all.nist.extend(more.nist);
        }
    }
    all
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
            let [argument, df] = numbers(case);
            match quantity {
                "sf" => distribution::t::sf(argument, df).ok(),
                "isf" => distribution::t::quantile(argument, df).ok().map(|t| -t),
                _ => unknown(file, quantity),
            }
        }
        "beta" => {
            let [argument, a, b] = numbers(case);
            match quantity {
                "cdf" => distribution::beta::cdf(argument, a, b).ok(),
                "sf" => distribution::beta::sf(argument, a, b).ok(),
                "quantile" => distribution::beta::quantile(argument, a, b).ok(),
                _ => unknown(file, quantity),
            }
        }
        "f_distribution" => {
            let [f, df1, df2] = numbers(case);
            distribution::f::sf(f, df1, df2).ok()
        }
        "chi_squared" => {
            let [x, df] = numbers(case);
            distribution::chi_squared::sf(x, df).ok()
        }
        "noncentral_t" => {
            let [t, df, argument] = numbers(case);
            match quantity {
                "cdf" => distribution::noncentral_t::cdf(t, df, argument).ok(),
                "sf" => distribution::noncentral_t::sf(t, df, argument).ok(),
                "noncentrality" => distribution::noncentral_t::noncentrality(t, df, argument).ok(),
                _ => unknown(file, quantity),
            }
        }
        "studentised_range" => {
            let [argument, k, df] = numbers(case);
            match quantity {
                "sf" => distribution::studentised_range::sf(argument, k as usize, df).ok(),
                "isf" => distribution::studentised_range::quantile(argument, k as usize, df).ok(),
                _ => unknown(file, quantity),
            }
        }
        "normal" => match quantity {
            "sf" => distribution::normal::sf(number(case)).ok(),
            "isf" => distribution::normal::quantile(number(case)).ok().map(|z| -z),
            _ => unknown(file, quantity),
        },
        "describe" => describe(inputs, case, quantity),
        "power" => power(case, quantity),
        "attainable" => attainable(inputs, case, quantity),
        "hedges_g" if quantity == "correction" => stats::hedges_g::correction(number(case)).ok(),
        "ratio_of_means" => ratio_of_means(moments(inputs, case)?, quantity),
        "rate" => rate(inputs, case, quantity),
        "overdispersion" => overdispersion(inputs, case, quantity),
        "bootstrap" => bootstrap(inputs, case, quantity),
        "autocorrelation" if quantity == "effective_size" => {
            let values = sample(inputs, case);
            let r = by_registry(inputs, file, case, "estimate")?;
            Some(stats::autocorrelation::effective_size(values.len(), r))
        }
        "autocorrelation" if quantity.starts_with("bound") => {
            let n = sample(inputs, case).len();
            bound(&quantity.replace("bound", "ci"), |level| stats::autocorrelation::bound(n, level).ok())
        }
        "mann_kendall" if quantity == "sen_slope" => stats::mann_kendall::sen_slope(sample(inputs, case)).ok(),
        "outliers" => outliers(inputs, case, quantity),
        "gate" => {
            let set = case.split(' ').next().unwrap();
            let values = inputs.two_sample.get(set).map(|pair| [pair.a.as_slice(), &pair.b]);
            let events = inputs.runs.contains_key(set).then(|| runs(inputs, set));
            super::gate::reference(case, values, events, quantity)
        }
        "quantisation" => {
            let found = stats::quantisation::quantisation(sample(inputs, case)).ok()?;
            Some(if quantity == "step" { found.step } else { found.share })
        }
        _ => by_registry(inputs, file, case, quantity),
    }
}

/// What the method of that id makes of a case: `<set>`, or `<set> margin=0.5 seed=7` and so on.
fn by_registry(inputs: &Inputs, id: &str, case: &str, quantity: &str) -> Option<f64> {
    let method = METHODS.iter().find(|method| method.id == id).unwrap_or_else(|| panic!("nothing computes {id}.csv"));
    let (set, settings) = parameters(case);
    let answer = |alternative, level| {
        let settings = Settings { alternative, level, ..settings };
        match method.compute {
            Compute::Sample(run) => run(sample(inputs, set), &settings).ok(),
            Compute::Moments(run) => {
                let [a, b] = moments(inputs, set)?;
                run(&a, &b, &settings).ok()
            }
            Compute::Samples(run) | Compute::Pairs(run) => {
                let Pair { a, b } = &inputs.two_sample[set];
                run(a, b, &settings).ok()
            }
            Compute::Events(run) => {
                let [a, b] = runs(inputs, set);
                run(&a, &b, &settings).ok()
            }
            Compute::Omnibus(run) => run(&modes(inputs, set)?, &settings).ok(),
            Compute::Pairwise(run) => {
                let (first, second) = set_pair(quantity);
                let pairs = run(&modes(inputs, set)?, &settings).ok()?;
                let pair = pairs.into_iter().find(|pair| (pair.first, pair.second) == (first, second));
                Some(Answer::Test(pair.unwrap_or_else(|| panic!("{id}: {case} has no {quantity}")).test))
            }
            Compute::Adjust(_) | Compute::Own => None,
        }
    };
    if let Compute::Adjust(run) = method.compute {
        return run(&inputs.p_values[set]).unwrap().p_values[quantity.parse::<usize>().unwrap()];
    }
    let name = quantity.rsplit(' ').next().unwrap();
    let given = answer(settings.alternative, settings.level);
    let test = |pick: fn(&TestResult) -> Option<f64>| match &given {
        Some(Answer::Test(test)) => pick(test),
        _ => None,
    };
    match name {
        "estimate" => given?.estimate(),
        "standard_error" => test(|test| test.standard_error),
        "statistic" => test(|test| test.statistic),
        "df" => test(|test| test.df),
        "numerator_df" => test(|test| test.numerator_df),
        "p" => given?.p_value(),
        "p_less" => answer(Alternative::Less, settings.level)?.p_value(),
        "p_greater" => answer(Alternative::Greater, settings.level)?.p_value(),
        _ => {
            let two_sided = bound(name, |level| answer(settings.alternative, level)?.interval());
            if T_TESTS.contains(&id) {
                // A bound of the interval at 1 − 2α is that of the one-sided interval at 1 − α.
                let towards = if name.ends_with("upper") { Alternative::Less } else { Alternative::Greater };
                let one_sided = bound(name, |level| answer(towards, (1.0 + level) / 2.0)?.interval());
                match (two_sided, one_sided) {
                    (Some(two), Some(one)) => {
                        approx::assert_relative_eq!(two, one, max_relative = 1e-10, epsilon = 1e-12)
                    }
                    (two, one) => assert_eq!(two, one),
                }
            }
            two_sided
        }
    }
}

/// The methods whose one-sided interval is checked against their two-sided one.
const T_TESTS: &[&str] = &["welch", "student", "log_ratio_of_means", "rate_ratio"];

/// The name of a case's set, and the settings that stand after it.
fn parameters(case: &str) -> (&str, Settings) {
    let mut words = case.split(' ');
    let set = words.next().unwrap();
    let mut settings = Settings::default();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("{case}: {word}"));
        match key {
            "margin" => settings.margin = Some(Margin::Absolute(number(value))),
            "relative_margin" => settings.margin = Some(Margin::Relative(number(value))),
            "quantile" => settings.quantile = number(value),
            "resamples" => settings.resamples = value.parse().unwrap(),
            "seed" => settings.seed = value.parse().unwrap(),
            "alternative" if value == "less" => settings.alternative = Alternative::Less,
            "alternative" if value == "greater" => settings.alternative = Alternative::Greater,
            _ => panic!("{case}: {word}"),
        }
    }
    (set, settings)
}

/// `0-2 p`: which pair of modes a quantity is of.
fn set_pair(quantity: &str) -> (usize, usize) {
    let (first, second) = quantity.split(' ').next().and_then(|pair| pair.split_once('-')).unwrap();
    (first.parse().unwrap(), second.parse().unwrap())
}

fn modes(inputs: &Inputs, set: &str) -> Option<Vec<Moments>> {
    inputs.modes[set].iter().map(|values| Moments::of(values).ok()).collect()
}

/// A case that is only numbers: `2.5 10`.
fn numbers<const N: usize>(case: &str) -> [f64; N] {
    case.split(' ').map(number).collect::<Vec<_>>().try_into().unwrap()
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
fn bound(quantity: &str, interval: impl Fn(f64) -> Option<Interval>) -> Option<f64> {
    let (level, side) = quantity.strip_prefix("ci").and_then(|rest| rest.split_once('_')).unwrap_or_else(|| {
        panic!("no result has a {quantity}");
    });
    let interval = interval(number(level) / 100.0)?;
    if side == "lower" { interval.lower } else { interval.upper }
}

/// An end of what the audit finds attainable for a comparison of which means, SDs and n are printed.
fn attainable(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let [a, b] = &inputs.summary[case];
    let row = |statistic: &str, i: usize| {
        format!(
            "[[tables.claims]]\nrow = \"{statistic}\"\nmetric = \"x\"\nstatistic = \"{statistic}\"\n\
             printed = {{ a = \"{}\", b = \"{}\" }}\n",
            a[i], b[i]
        )
    };
    let text = format!(
        "modes = [{{ id = \"a\" }}, {{ id = \"b\" }}]\nmetrics = [{{ id = \"x\" }}]\n\
         study = {{ title = \"\", citation = \"\" }}\n[[tables]]\nprinted_in = \"here\"\n{}{}{}\
         [[tables.claims]]\nrow = \"t\"\nmetric = \"x\"\nstatistic = \"t\"\nprinted = {{ b = \"0\" }}\n",
        row("n", 0),
        row("mean", 1),
        row("sd", 2)
    );
    let found = audit(&Claims::read("claims.toml", &text).unwrap());
    let (name, end) = quantity.rsplit_once('_').unwrap();
    let statistic = match name {
        "standard_error" => Statistic::StandardError,
        "t" => Statistic::T,
        "df" => Statistic::Df,
        "half" => Statistic::Ci,
        "p" => Statistic::P,
        "cohen_d" => Statistic::CohenD,
        _ => unknown("attainable", quantity),
    };
    let change = found.changes.iter().find(|change| change.statistic == statistic)?;
    let range = change.half_width.unwrap_or(change.attainable[0]);
    Some(if end == "low" { range.low } else { range.high })
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
        _ => bound(quantity, |level| stats::describe::describe(sample(inputs, case), level).ok()?.interval.ok()),
    }
}

/// The case is `<alternative> <alpha> <sd>[,<sd>] <runs>,<runs> <difference, or power, or both>`; one SD: paired.
fn power(case: &str, quantity: &str) -> Option<f64> {
    use stats::power::{Design, Variation, minimum_detectable_difference, power, runs_needed};
    let [alternative, alpha, sds, runs, rest] = case.splitn(5, ' ').collect::<Vec<_>>().try_into().unwrap();
    let alternative = match alternative {
        "less" => Alternative::Less,
        "greater" => Alternative::Greater,
        _ => Alternative::TwoSided,
    };
    let variation = match sds.split_once(',') {
        Some((first, second)) => Variation::Independent([first, second].map(number)),
        None => Variation::Paired(number(sds)),
    };
    let design = Design { variation, alpha: number(alpha), alternative };
    let (first, second) = runs.split_once(',').unwrap();
    let runs = [first, second].map(|n| n.parse().unwrap());
    match quantity {
        "power" => power(&design, runs, number(rest)).ok(),
        "detectable" => minimum_detectable_difference(&design, runs, number(rest)).ok(),
        "runs_needed" => {
            let [difference, wanted] = numbers(rest);
            runs_needed(&design, runs, difference, wanted).ok().map(|[first, _]| first as f64)
        }
        _ => unknown("power", quantity),
    }
}

/// The oracle computes the ratio, we the change: one less.
fn ratio_of_means([a, b]: [Moments; 2], quantity: &str) -> Option<f64> {
    let change = |level| stats::ratio_of_means::ratio_of_means(&a, &b, level);
    let interval = |level| change(level).ok()?.interval;
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
        _ => bound(quantity, |level| stats::rate::rate(&runs, level).ok()?.interval.ok()),
    }
}

fn overdispersion(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let (name, mode) = case.split_once('.').unwrap();
    let [a, b] = runs(inputs, name);
    let test = stats::overdispersion::overdispersion(if mode == "a" { &a } else { &b }).ok()?;
    match quantity {
        "estimate" => test.estimate,
        "statistic" => test.statistic,
        "df" => test.df,
        "p" => Some(test.p_value),
        _ => bound(quantity, |_| Some(test.interval)),
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

/// `outside`: how many values are; `outside 0`: the place of the first.
fn outliers(inputs: &Inputs, case: &str, quantity: &str) -> Option<f64> {
    let found = stats::outliers::outliers(sample(inputs, case)).ok()?;
    let of = |places: &[usize], which: &str| match which {
        "" => Some(places.len() as f64),
        which => places.get(which.parse::<usize>().unwrap()).map(|place| *place as f64),
    };
    match quantity.split_once(' ').unwrap_or((quantity, "")) {
        ("lower_fence", _) => Some(found.lower_fence),
        ("upper_fence", _) => Some(found.upper_fence),
        ("outside", which) => of(&found.outside, which),
        ("far_out", which) => of(&found.far_out, which),
        _ => unknown("outliers", quantity),
    }
}
