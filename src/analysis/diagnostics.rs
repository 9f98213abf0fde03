//! Whether the runs are what the methods assume. All of it is shown, and none of it chooses another test; what stands
//! out in a primary metric becomes a note, one of each kind, that says where and what to do.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CountedNote, MetricInfo, MetricKind, Sample, StudyInfo};
use crate::run::Note;
use crate::stats::autocorrelation::{autocorrelation, bound, effective_size};
use crate::stats::brown_forsythe::brown_forsythe;
use crate::stats::first_run::first_run;
use crate::stats::mann_kendall::{mann_kendall, sen_slope};
use crate::stats::outcome::{self, Outcome};
use crate::stats::outliers::outliers;
use crate::stats::quantisation::{Quantisation, quantisation};
use crate::stats::shapiro_wilk::shapiro_wilk;
use crate::stats::{Alternative, Interval, Result, TestResult};

/// A test below this p-value makes a note. There are several tests of every sample, so 0.05 would make noise.
const NOTEWORTHY: f64 = 0.01;

/// Samples smaller than this make a note: with five of each a rank test can reach 0.008, with four 0.03.
const FEW: usize = 5;

/// From this size on, far out values make a note: they are in less than 5 % of samples of normal values.
const ENOUGH_FOR_OUTLIERS: usize = 10;

/// Places that a note names before it only counts them.
const NAMED: usize = 6;

/// What the values of a metric over the runs of a mode look like.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnostics {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    pub mode: String,
    pub n: usize,
    /// How many values differ from each other.
    pub distinct: usize,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<TestResult>")]
    pub shapiro_wilk: Result<TestResult>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Autocorrelation>")]
    pub autocorrelation: Result<Autocorrelation>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Trend>")]
    pub trend: Result<Trend>,
    /// The first run against the rest.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<TestResult>")]
    pub first_run: Result<TestResult>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<OutlyingRuns>")]
    pub outliers: Result<OutlyingRuns>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Quantisation>")]
    pub quantisation: Result<Quantisation>,
}

/// Lag-1 autocorrelation over the runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Autocorrelation {
    #[serde(flatten)]
    pub test: TestResult,
    /// Where the coefficient of independent runs would lie.
    pub bound: Interval,
    /// How many independent runs would give as precise a mean.
    pub effective_size: f64,
}

/// Mann–Kendall test over the runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trend {
    #[serde(flatten)]
    pub test: TestResult,
    /// Sen's slope: change from one run to the next, in the unit of the values.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub slope: Result<f64>,
}

/// Runs beyond Tukey's fences, by name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutlyingRuns {
    pub lower_fence: f64,
    pub upper_fence: f64,
    /// Beyond 1.5 interquartile ranges, those that are far out among them.
    pub outside: Vec<String>,
    /// Beyond 3 interquartile ranges.
    pub far_out: Vec<String>,
}

/// Whether the baseline and a treatment spread equally.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Variances {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Id of the mode that is compared with the baseline.
    pub mode: String,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<TestResult>")]
    pub brown_forsythe: Result<TestResult>,
}

/// Everything that was diagnosed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    pub samples: Vec<Diagnostics>,
    pub variances: Vec<Variances>,
}

/// Diagnoses the samples of all metrics that are compared; the notes are of the primary ones.
pub fn diagnose(info: &StudyInfo, metrics: &[MetricInfo], samples: &[Sample]) -> (Diagnosis, Vec<CountedNote>) {
    let mut diagnosis = Diagnosis { samples: Vec::new(), variances: Vec::new() };
    let mut cases = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.kind != MetricKind::Count) {
        for sample in samples.iter().filter(|sample| sample.metric == metric.id) {
            let baseline = samples.iter().find(|other| {
                sample.mode != info.baseline
                    && other.mode == info.baseline
                    && (&other.metric, &other.scenario) == (&sample.metric, &sample.scenario)
            });
            diagnosis.variances.extend(baseline.map(|baseline| Variances {
                metric: sample.metric.clone(),
                scenario: sample.scenario.clone(),
                mode: sample.mode.clone(),
                brown_forsythe: brown_forsythe(&baseline.values, &sample.values, info.confidence),
            }));
            let diagnostics = Diagnostics::of(sample, info.confidence);
            if metric.primary {
                let place = place(info, metric, sample);
                cases.push(Case { place, kind: metric.kind, sample, baseline, diagnostics: diagnostics.clone() });
            }
            diagnosis.samples.push(diagnostics);
        }
    }
    (diagnosis, notes(&cases))
}

impl Diagnostics {
    fn of(sample: &Sample, level: f64) -> Self {
        let values = &sample.values;
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        Self {
            metric: sample.metric.clone(),
            scenario: sample.scenario.clone(),
            mode: sample.mode.clone(),
            n: values.len(),
            distinct: sorted.chunk_by(|x, y| x == y).count(),
            shapiro_wilk: shapiro_wilk(values, level),
            autocorrelation: correlation(values, level),
            trend: mann_kendall(values, Alternative::TwoSided, level)
                .map(|test| Trend { test, slope: sen_slope(values) }),
            first_run: first_run(values, Alternative::TwoSided, level),
            outliers: outlying_runs(sample),
            quantisation: quantisation(values),
        }
    }
}

fn correlation(values: &[f64], level: f64) -> Result<Autocorrelation> {
    let test = autocorrelation(values, Alternative::TwoSided, level)?;
    let effective_size = effective_size(values.len(), test.estimate.unwrap_or_default());
    Ok(Autocorrelation { test, bound: bound(values.len(), level)?, effective_size })
}

fn outlying_runs(sample: &Sample) -> Result<OutlyingRuns> {
    let found = outliers(&sample.values)?;
    let names = |places: &[usize]| places.iter().filter_map(|&i| sample.runs.get(i).cloned()).collect();
    Ok(OutlyingRuns {
        lower_fence: found.lower_fence,
        upper_fence: found.upper_fence,
        outside: names(&found.outside),
        far_out: names(&found.far_out),
    })
}

/// A sample of a primary metric, as the notes see it.
struct Case<'a> {
    /// `Mean latency of Istio`, as printed.
    place: String,
    kind: MetricKind,
    sample: &'a Sample,
    /// What it is compared with, unless it is the baseline.
    baseline: Option<&'a Sample>,
    diagnostics: Diagnostics,
}

fn place(info: &StudyInfo, metric: &MetricInfo, sample: &Sample) -> String {
    let mode = info.modes.iter().find(|mode| mode.id == sample.mode).map_or(&sample.mode, |mode| &mode.label);
    let scenario = info.scenarios.iter().find(|scenario| Some(&scenario.id) == sample.scenario.as_ref());
    match scenario {
        Some(scenario) => format!("{} of {mode} ({})", metric.label, scenario.label),
        None => format!("{} of {mode}", metric.label),
    }
}

/// A kind of note: where a sample calls for it, its numbers.
struct Sign {
    id: &'static str,
    what: &'static str,
    remedy: &'static str,
    found: fn(&Case) -> Option<String>,
}

const SIGNS: &[Sign] = &[
    Sign {
        id: "few-runs",
        what: "a mode has fewer than five runs",
        remedy: "repeat them more often: of five against five a rank test can reach p = 0.008",
        found: few_runs,
    },
    Sign {
        id: "constant",
        what: "all runs of a mode have the same value",
        remedy: "make sure that the tool measured it: where nothing varies there is no test",
        found: constant,
    },
    Sign {
        id: "quantised",
        what: "values vary by less than the last place they are printed to",
        remedy: "take them from a log with more digits; until then the standard deviation, and what rests on it, is rough",
        found: quantised,
    },
    Sign {
        id: "ties",
        what: "half of the runs or more repeat the value of another",
        remedy: "take the values from a log with more digits, if there is one",
        found: ties,
    },
    Sign {
        id: "warm-up",
        what: "the first run is unlike the rest (p < 0.01)",
        remedy: "run once before the measurements, or leave the first run of every mode out, whichever way it points",
        found: warm_up,
    },
    Sign {
        id: "drift",
        what: "values rise or fall over the runs (Mann–Kendall test, p < 0.01)",
        remedy: "look for what changed meanwhile, such as heat, memory or other load, and interleave the modes",
        found: drift,
    },
    Sign {
        id: "autocorrelated-runs",
        what: "successive runs resemble each other (lag-1 autocorrelation, p < 0.01)",
        remedy: "take p-values as too small and intervals as too narrow; interleave the modes, and let the system settle \
                 between runs",
        found: resemblance,
    },
    Sign {
        id: "outliers",
        what: "some runs lie far out, more than 3 interquartile ranges beyond the quartiles",
        remedy: "look into their logs, and compare the means with the medians",
        found: far_out,
    },
    Sign {
        id: "not-normal",
        what: "values are unlike a normal distribution (Shapiro–Wilk test, p < 0.01)",
        remedy: "hold the results that need no normal distribution, of ranks or resampling, beside the t-test",
        found: not_normal,
    },
];

fn notes(cases: &[Case]) -> Vec<CountedNote> {
    let mut notes = Vec::new();
    for sign in SIGNS {
        let places: Vec<String> =
            cases.iter().filter_map(|case| Some(format!("{}: {}", case.place, (sign.found)(case)?))).collect();
        if places.is_empty() {
            continue;
        }
        let mut detail = places.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
        if places.len() > NAMED {
            detail = format!("{detail}; and {} more", places.len() - NAMED);
        }
        let note = Note::new(sign.id, sign.what, sign.remedy).with_detail(detail);
        notes.push(CountedNote { note, applies_to: Vec::new() });
    }
    notes
}

fn few_runs(case: &Case) -> Option<String> {
    let (n, of_baseline) = (case.diagnostics.n, case.baseline?.values.len());
    (n.min(of_baseline) < FEW && n.min(of_baseline) > 0).then(|| {
        format!("{n} against {of_baseline}, so no rank test can go below p = {}", brief(smallest_p(n, of_baseline)))
    })
}

/// Two-sided, of any test of two samples that only looks at the order: both extreme orders out of all.
fn smallest_p(n: usize, m: usize) -> f64 {
    (1..=n.min(m)).fold(2.0, |p: f64, k| p * k as f64 / (n.max(m) + k) as f64).min(1.0)
}

fn constant(case: &Case) -> Option<String> {
    let Diagnostics { n, distinct, .. } = case.diagnostics;
    (case.kind == MetricKind::Mean && n > 1 && distinct == 1).then(|| format!("{n} runs"))
}

fn quantised(case: &Case) -> Option<String> {
    let found = case.diagnostics.quantisation.as_ref().ok()?;
    (case.kind == MetricKind::Mean && case.diagnostics.n >= FEW && found.is_coarse()).then(|| {
        if found.share < 1.0 {
            format!("rounding makes {} % of the variance", brief(found.share * 100.0))
        } else {
            "rounding could make all of the variance".to_owned()
        }
    })
}

fn ties(case: &Case) -> Option<String> {
    let Diagnostics { n, distinct, .. } = case.diagnostics;
    let many = n >= FEW && 2 * distinct <= n && distinct > 1;
    (case.kind == MetricKind::Mean && many && quantised(case).is_none())
        .then(|| format!("{distinct} different values in {n} runs"))
}

fn warm_up(case: &Case) -> Option<String> {
    let test = noteworthy(&case.diagnostics.first_run)?;
    let (difference, first) = (test.estimate?, *case.sample.values.first()?);
    let by = percent(difference.abs(), first - difference).map_or_else(String::new, |by| format!("{by} "));
    let run = case.sample.runs.first()?;
    Some(if difference > 0.0 {
        format!("{run} is {by}above the mean of the rest")
    } else {
        format!("{run} is {by}below the mean of the rest")
    })
}

fn drift(case: &Case) -> Option<String> {
    let trend = case.diagnostics.trend.as_ref().ok()?;
    let test = noteworthy_test(&trend.test)?;
    let tau = format!("Kendall's tau {}", brief(test.estimate?));
    let median = case.sample.description.as_ref().ok()?.median;
    let change = trend.slope.as_ref().ok().map(|slope| slope * (case.diagnostics.n - 1) as f64);
    Some(match change.and_then(|change| percent(change, median)) {
        Some(change) => format!("{tau}, {change} from the first run to the last"),
        None => tau,
    })
}

/// Only of runs that resemble each other: those that alternate make no interval too narrow.
fn resemblance(case: &Case) -> Option<String> {
    let found = case.diagnostics.autocorrelation.as_ref().ok()?;
    let r = noteworthy_test(&found.test)?.estimate.filter(|r| *r > 0.0)?;
    let Diagnostics { n, .. } = case.diagnostics;
    Some(format!("r = {}, so {n} runs are worth {} independent ones", brief(r), brief(found.effective_size)))
}

fn far_out(case: &Case) -> Option<String> {
    let runs = &case.diagnostics.outliers.as_ref().ok()?.far_out;
    (!runs.is_empty() && case.diagnostics.n >= ENOUGH_FOR_OUTLIERS).then(|| runs.join(", "))
}

fn not_normal(case: &Case) -> Option<String> {
    let test = noteworthy(&case.diagnostics.shapiro_wilk).filter(|_| case.kind == MetricKind::Mean)?;
    Some(format!("p = {}", brief(test.p_value)))
}

fn noteworthy(test: &Result<TestResult>) -> Option<&TestResult> {
    noteworthy_test(test.as_ref().ok()?)
}

fn noteworthy_test(test: &TestResult) -> Option<&TestResult> {
    (test.p_value < NOTEWORTHY).then_some(test)
}

fn percent(part: f64, whole: f64) -> Option<String> {
    let percent = 100.0 * part / whole.abs();
    percent.is_finite().then(|| format!("{} %", brief(percent)))
}

/// Two significant digits: the exact number is in the table of diagnostics.
fn brief(x: f64) -> String {
    let short = format!("{x:.1e}");
    match short.parse::<f64>() {
        Ok(rounded) if x == 0.0 || (1e-4..1e6).contains(&x.abs()) => rounded.to_string(),
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::describe::describe;

    fn sample(values: &[f64]) -> Sample {
        Sample {
            metric: "latency_mean".to_owned(),
            scenario: None,
            mode: "istio".to_owned(),
            runs: (1..=values.len()).map(|run| format!("run-{run}")).collect(),
            blocks: vec![None; values.len()],
            values: values.to_vec(),
            dropped: Vec::new(),
            description: describe(values, 0.95),
            methods: crate::analysis::Methods::default(),
            total: None,
            rate: None,
            events: Vec::new(),
        }
    }

    /// The ids of the notes about these values, and their details.
    fn found(values: &[f64], baseline: &[f64]) -> Vec<(String, String)> {
        let (sample, baseline) = (sample(values), sample(baseline));
        let diagnostics = Diagnostics::of(&sample, 0.95);
        let place = "Mean latency of Istio".to_owned();
        let case = Case { place, kind: MetricKind::Mean, sample: &sample, baseline: Some(&baseline), diagnostics };
        notes(&[case]).into_iter().map(|counted| (counted.note.id, counted.note.detail.unwrap())).collect()
    }

    fn says(values: &[f64], id: &str, detail: &str) {
        let found = found(values, &GOOD);
        assert!(found.contains(&(id.to_owned(), format!("Mean latency of Istio: {detail}"))), "{found:?}");
    }

    const GOOD: [f64; 10] = [11.62, 11.71, 11.48, 11.55, 11.83, 11.59, 11.66, 11.36, 11.74, 11.51];

    #[test]
    fn good_runs_make_no_note() {
        assert_eq!(found(&GOOD, &GOOD), []);
    }

    #[test]
    fn each_note_says_where_and_how_much() {
        says(&[11.5, 11.7, 11.6], "few-runs", "3 against 10, so no rank test can go below p = 0.007");
        says(&[7.0, 7.0, 7.0, 7.0, 7.0], "constant", "5 runs");
        says(&[11.6, 11.6, 11.7, 11.6, 11.6], "quantised", "rounding makes 42 % of the variance");
        says(&[11.6, 11.7, 11.6, 11.7, 11.6, 12.9, 12.9], "ties", "3 different values in 7 runs");
        let warming: Vec<f64> = [23.2].into_iter().chain(GOOD).collect();
        says(&warming, "warm-up", "run-1 is 100 % above the mean of the rest");
        says(&warming, "outliers", "run-1");
        let mut rising = GOOD;
        rising.sort_by(f64::total_cmp);
        says(&rising, "drift", "Kendall's tau 1, 3.1 % from the first run to the last");
        let skewed: Vec<f64> = (0..20).map(|i| 2f64.powi(i % 10)).collect();
        assert!(found(&skewed, &GOOD).iter().any(|(id, _)| id == "not-normal"));
        let waves: Vec<f64> =
            (0..30u8).map(|i| f64::from(i % 10).min(f64::from(10 - i % 10)) + f64::from(i) / 64.0).collect();
        assert!(
            found(&waves, &GOOD)
                .iter()
                .any(|(id, detail)| id == "autocorrelated-runs" && detail.contains("30 runs are worth"))
        );
    }

    #[test]
    fn many_places_are_counted() {
        let (few, good) = (sample(&[1.0, 2.0]), sample(&GOOD));
        let case = |i: usize| Case {
            place: format!("Metric {i}"),
            kind: MetricKind::Mean,
            sample: &few,
            baseline: Some(&good),
            diagnostics: Diagnostics::of(&few, 0.95),
        };
        let notes = notes(&(0..9).map(case).collect::<Vec<_>>());
        assert_eq!(notes.len(), 1);
        assert!(notes[0].note.detail.as_ref().is_some_and(|detail| detail.ends_with("; and 3 more")));
    }

    #[test]
    fn the_smallest_p_is_that_of_the_extreme_orders() {
        assert_eq!(smallest_p(1, 1), 1.0);
        assert_eq!(brief(smallest_p(4, 4)), "0.029");
        assert_eq!(brief(smallest_p(5, 5)), "0.0079");
        assert_eq!(brief(smallest_p(2, 20)), brief(2.0 / 231.0));
        assert_eq!([0.0, -0.926, 1e-13, 12345.0].map(brief), ["0", "-0.93", "1.0e-13", "12000"]);
    }

    #[test]
    fn undefined_diagnostics_are_reasons() {
        let json = serde_json::to_value(Diagnostics::of(&sample(&[7.0]), 0.95)).unwrap();
        for field in ["shapiro_wilk", "autocorrelation", "trend", "first_run", "outliers", "quantisation"] {
            assert!(json[field]["because"].is_string(), "{field}");
        }
        let json = serde_json::to_value(Diagnostics::of(&sample(&GOOD), 0.95)).unwrap();
        assert!(json["trend"]["slope"].is_number() && json["autocorrelation"]["bound"]["lower"].is_number());
    }
}
