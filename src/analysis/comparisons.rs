//! Baseline against treatment, metric by metric, and all modes of a metric at once.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::means::{Means, Side};
use super::methods::{Chosen, Data, Methods};
use super::{MetricInfo, MetricKind, Sample, StudyInfo};
use crate::error::{Error, Problem};
use crate::stats::outcome::{self, Outcome};
use crate::stats::paired_t::paired_t;
use crate::stats::{
    self, Alternative, Answer, Compute, Estimand, Interval, METHODS, Method, Moments, Pairwise, Result, Settings,
    TestResult, Undefined,
};

/// The methods that a report puts first where nothing else was chosen: of unpaired and of paired means, and of rates;
/// the first of each list that applies.
const USUAL_TESTS: &[&str] = &["paired_t", "welch", "rate_ratio"];
const USUAL_EFFECTS: &[&str] = &["d_av", "hedges_g"];
const USUAL_DIFFERENCES: &[&str] = &["paired_t", "welch"];
const USUAL_CHANGES: &[&str] = &["paired_change", "ratio_of_means", "bootstrap_rate_ratio"];

/// Baseline against treatment on a metric.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Id of the mode that is compared with the baseline.
    pub mode: String,
    #[serde(flatten)]
    pub result: Compared,
    /// How the runs of both modes belong together, where they come in blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Pairing>,
    /// Id of the test that decides.
    pub test: &'static str,
    /// Id of the effect size that the report puts first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'static str>,
    /// Id of the method whose estimate and interval of the difference, in the unit of the values, come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<&'static str>,
    /// Id of the method whose estimate and interval of the relative change, or of the rate ratio, come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<&'static str>,
    /// The p-value of `test`, adjusted over the family, where this comparison is one of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// Every method that applies, by id.
    pub methods: Methods,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// By means.
    Means(Means),
    /// By pooled rates.
    Rates(Rates),
}

/// The pooled rates of both modes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rates {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment: Option<f64>,
}

/// How the runs of two modes belong together: a block holds one value of each mode.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Pairing {
    /// How many blocks both modes have.
    pub blocks: usize,
    /// Blocks that only one of the two modes has; their runs do not count here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Runs that name no block; they do not count here.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_block: usize,
    /// Blocks with several runs of a mode, whose mean counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub averaged: Vec<String>,
    /// Standard error of the difference by pairs, relative to that of the same values unpaired (Welch's): below 1,
    /// pairing gained precision.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub relative_standard_error: Result<f64>,
}

/// Three or more modes of a metric, compared at once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Ids of the modes, the baseline first.
    pub modes: Vec<String>,
    #[serde(flatten)]
    pub tests: AtOnce,
}

/// The tests of three or more modes at once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AtOnce {
    /// One test of all modes, by each method.
    pub omnibus: Vec<OfModes<Answer>>,
    /// Tests of the pairs, adjusted for their number; by the places of the modes.
    pub pairwise: Vec<OfModes<Vec<Pairwise>>>,
}

impl AtOnce {
    /// Every method of the registry for several modes, the baseline first.
    pub fn of(modes: &Result<Vec<Moments>>, settings: &Settings) -> Self {
        let modes = || modes.as_ref().map_err(Clone::clone);
        let omnibus = |method: &Method| match method.compute {
            Compute::Omnibus(run) => Some(of_modes(method, modes().and_then(|modes| run(modes, settings)))),
            _ => None,
        };
        let pairwise = |method: &Method| match method.compute {
            Compute::Pairwise(run) => Some(of_modes(method, modes().and_then(|modes| run(modes, settings)))),
            _ => None,
        };
        Self {
            omnibus: METHODS.iter().filter_map(omnibus).collect(),
            pairwise: METHODS.iter().filter_map(pairwise).collect(),
        }
    }
}

/// What a method says of several modes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfModes<T: Clone + Serialize + JsonSchema> {
    pub method: &'static str,
    pub label: &'static str,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<T>")]
    pub answer: Result<T>,
}

impl Comparison {
    /// What the deciding test says.
    pub fn decides(&self) -> Result<&TestResult> {
        self.methods.test(self.test)
    }

    /// The interval of the difference that comes first.
    pub fn difference_interval(&self) -> Result<Interval> {
        bounded(self.methods.answer(self.difference.unwrap_or_default())?)
    }

    /// The difference that comes first, treatment − baseline.
    pub fn difference(&self, means: &Means) -> f64 {
        let first = self.methods.answer(self.difference.unwrap_or_default()).ok();
        first.and_then(Answer::estimate).unwrap_or(means.difference)
    }

    /// What that difference is: of means or of quantiles, or a shift.
    pub fn difference_estimand(&self) -> Estimand {
        let first = self.difference.and_then(|id| self.methods.get(id)).filter(|applied| applied.answer.is_ok());
        first.map_or(Estimand::MeanDifference, |applied| applied.estimand)
    }

    /// The change in percent of the baseline's mean that comes first.
    pub fn percent(&self, means: &Means) -> Result<f64> {
        match self.methods.answer(self.change.unwrap_or_default()).ok().and_then(Answer::estimate) {
            Some(change) => Ok(change * 100.0),
            None => means.percent_change.clone(),
        }
    }

    /// Its interval, in percent.
    pub fn percent_interval(&self) -> Result<Interval> {
        let interval = self.ratio_interval()?;
        let percent = |bound: f64| bound * 100.0;
        Ok(Interval { lower: interval.lower.map(percent), upper: interval.upper.map(percent), ..interval })
    }

    /// The interval of the relative change, a fraction, or of the rate ratio, that comes first.
    pub fn ratio_interval(&self) -> Result<Interval> {
        bounded(self.methods.answer(self.change.unwrap_or_default())?)
    }

    /// What a method that applies is called.
    pub fn label(&self, id: &str) -> &str {
        self.methods.get(id).map_or("", |applied| &applied.label)
    }

    pub fn p_value(&self) -> Option<f64> {
        Some(self.decides().ok()?.p_value)
    }
}

/// The interval, unless it has no bound on either side.
fn bounded(answer: &Answer) -> Result<Interval> {
    let because = || Undefined::because(answer.note().unwrap_or("it has no bounds"));
    answer.interval().filter(|i| i.lower.is_some() || i.upper.is_some()).ok_or_else(because)
}

/// Compares every treatment with the baseline on every metric that can be compared.
pub fn compare(info: &StudyInfo, metrics: &[MetricInfo], samples: &[Sample]) -> Vec<Comparison> {
    let mut pairs = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.kind != MetricKind::Count) {
        for baseline in samples.iter().filter(|s| s.metric == metric.id && s.mode == info.baseline) {
            let treatments = samples
                .iter()
                .filter(|s| s.metric == metric.id && s.scenario == baseline.scenario && s.mode != info.baseline);
            pairs.extend(treatments.map(|treatment| (metric, baseline, treatment)));
        }
    }
    // In the order of the pairs, whatever the number of threads.
    pairs.into_par_iter().map(|(metric, baseline, treatment)| comparison(info, metric, baseline, treatment)).collect()
}

fn comparison(info: &StudyInfo, metric: &MetricInfo, baseline: &Sample, treatment: &Sample) -> Comparison {
    let settings = Settings { margin: info.methods.margins.get(&metric.id).copied(), ..info.settings() };
    let mut pairing = None;
    let (result, methods) = if metric.kind == MetricKind::Ratio {
        let pooled = |sample: &Sample| Some(sample.rate.as_ref()?.as_ref().ok()?.rate);
        let data = Data::Events([&baseline.events, &treatment.events]);
        let rates = Rates { baseline: pooled(baseline), treatment: pooled(treatment) };
        (Compared::Rates(rates), Methods::of(&data, &settings, metric.better))
    } else {
        let values: [&[f64]; 2] = [&baseline.values, &treatment.values];
        let paired = pair([baseline, treatment].map(|s| (s.blocks.as_slice(), s.values.as_slice())));
        let data = Data::Values { values, pairs: paired.as_ref().map(|(_, values)| values) };
        let methods = Methods::of(&data, &settings, metric.better);
        pairing = paired.map(|(pairing, _)| pairing);
        (Compared::Means(Means::of(values.map(Side::of))), methods)
    };
    let chosen = &info.methods;
    let test = methods.choose(&chosen.test, USUAL_TESTS, |_| true);
    let of_test = test.map(str::to_owned).into_iter().chain(chosen.interval.iter().cloned()).collect::<Vec<_>>();
    let relative = |estimand| matches!(estimand, Estimand::RelativeChange | Estimand::RateRatio);
    Comparison {
        metric: metric.id.clone(),
        scenario: baseline.scenario.clone(),
        mode: treatment.mode.clone(),
        result,
        pairing,
        test: test.unwrap_or_default(),
        effect: methods.choose(&chosen.effect, USUAL_EFFECTS, |_| true),
        difference: methods.choose(&of_test, USUAL_DIFFERENCES, Estimand::has_unit),
        change: methods.choose(&chosen.interval, USUAL_CHANGES, relative),
        p_adjusted: None,
        methods,
    }
}

/// The chosen methods that apply to no comparison of the study.
pub fn unused(chosen: &Chosen, comparisons: &[Comparison]) -> Vec<String> {
    let used = |id: &String| {
        comparisons.iter().any(|c| [Some(c.test), c.effect, c.difference, c.change].contains(&Some(id.as_str())))
    };
    [&chosen.test, &chosen.effect, &chosen.interval].into_iter().flatten().filter(|id| !used(id)).cloned().collect()
}

/// The values of the blocks that both modes have, in one order; `None` where fewer than two blocks are shared.
pub(super) fn pair(sides: [(&[Option<String>], &[f64]); 2]) -> Option<(Pairing, [Vec<f64>; 2])> {
    let [of_baseline, of_treatment] = sides.map(|(blocks, values)| by_block(blocks, values));
    let all: Vec<&str> = of_baseline.keys().chain(of_treatment.keys()).copied().collect();
    let shared = |block: &&str| of_baseline.contains_key(block) && of_treatment.contains_key(block);
    let several = |block: &&str| [&of_baseline, &of_treatment].iter().any(|mode| mode[*block].len() > 1);
    let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let both: Vec<&str> = of_baseline.keys().copied().filter(shared).collect();
    let names = |blocks: Vec<&str>| blocks.into_iter().map(str::to_owned).collect();
    let values = [&of_baseline, &of_treatment].map(|mode| both.iter().map(|block| mean(&mode[block])).collect());
    let pairing = Pairing {
        blocks: both.len(),
        left_out: names(all.into_iter().filter(|block| !shared(block)).collect()),
        without_block: sides.iter().flat_map(|(blocks, _)| *blocks).filter(|block| block.is_none()).count(),
        averaged: names(both.iter().copied().filter(several).collect()),
        relative_standard_error: relative_error(&values),
    };
    (both.len() >= 2).then_some((pairing, values))
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Where the runs name blocks, but a comparison of means cannot pair them: its treatment and metric.
pub fn unpaired(samples: &[Sample], comparisons: &[Comparison]) -> usize {
    let in_blocks = |comparison: &&Comparison| {
        samples.iter().any(|sample| {
            sample.metric == comparison.metric
                && sample.scenario == comparison.scenario
                && sample.blocks.iter().any(Option::is_some)
        })
    };
    let means = comparisons.iter().filter(|c| matches!(c.result, Compared::Means(_)) && c.pairing.is_none());
    means.filter(in_blocks).count()
}

fn by_block<'a>(blocks: &'a [Option<String>], values: &[f64]) -> BTreeMap<&'a str, Vec<f64>> {
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (block, value) in blocks.iter().zip(values) {
        if let Some(block) = block {
            found.entry(block).or_default().push(*value);
        }
    }
    found
}

/// The standard error of the mean difference of pairs, relative to that of the same values unpaired.
fn relative_error([a, b]: &[Vec<f64>; 2]) -> Result<f64> {
    // The level is of the interval, which is not looked at.
    let paired = paired_t(a, b, Alternative::TwoSided, 0.95)?.standard_error;
    let paired = paired.ok_or_else(|| Undefined::because("the paired test has no standard error"))?;
    let [a, b] = [Moments::of(a)?.standard_error(), Moments::of(b)?.standard_error()];
    let ratio = paired / (a * a + b * b).sqrt();
    if ratio.is_finite() { Ok(ratio) } else { Err(Undefined::because("neither mode varies between blocks")) }
}

/// The primary metrics that were measured, but not in a mode and the baseline of one scenario: with the modes.
pub fn uncompared<'a>(
    metrics: &'a [MetricInfo],
    samples: &'a [Sample],
    comparisons: &[Comparison],
) -> Vec<(&'a MetricInfo, Vec<&'a str>)> {
    let primary = metrics.iter().filter(|metric| metric.primary && metric.kind != MetricKind::Count);
    let uncompared = primary.filter(|metric| comparisons.iter().all(|comparison| comparison.metric != metric.id));
    let modes_of = |metric: &MetricInfo| {
        let mut modes: Vec<&str> = Vec::new();
        for sample in samples.iter().filter(|sample| sample.metric == metric.id) {
            if !modes.contains(&sample.mode.as_str()) {
                modes.push(&sample.mode);
            }
        }
        modes
    };
    uncompared.map(|metric| (metric, modes_of(metric))).filter(|(_, modes)| !modes.is_empty()).collect()
}

/// All modes of each metric at once, where there are three or more.
pub fn groups(info: &StudyInfo, metrics: &[MetricInfo], samples: &[Sample]) -> Vec<Group> {
    let mut groups = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.kind == MetricKind::Mean) {
        for baseline in samples.iter().filter(|s| s.metric == metric.id && s.mode == info.baseline) {
            let others = samples
                .iter()
                .filter(|s| s.metric == metric.id && s.scenario == baseline.scenario && s.mode != info.baseline);
            let members: Vec<&Sample> = std::iter::once(baseline).chain(others).collect();
            if members.len() > 2 {
                groups.push(group(info, &members));
            }
        }
    }
    groups
}

fn group(info: &StudyInfo, members: &[&Sample]) -> Group {
    let moments = members.iter().map(|sample| Moments::of(&sample.values)).collect();
    Group {
        metric: members[0].metric.clone(),
        scenario: members[0].scenario.clone(),
        modes: members.iter().map(|sample| sample.mode.clone()).collect(),
        tests: AtOnce::of(&moments, &info.settings()),
    }
}

fn of_modes<T: Clone + Serialize + JsonSchema>(method: &Method, answer: Result<T>) -> OfModes<T> {
    OfModes { method: method.id, label: method.label, answer }
}

/// The tests whose p-values were adjusted together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Family {
    /// Id of the adjustment.
    pub method: &'static str,
    pub label: &'static str,
    /// The metrics that it has a p-value of.
    pub metrics: Vec<String>,
    /// How many p-values it holds; undefined ones do not count.
    pub size: usize,
    /// How many of its tests are undefined.
    pub undefined: usize,
}

/// Adjusts the p-values of the primary metrics for being tested together.
pub fn adjust(
    info: &StudyInfo,
    primary: &[String],
    comparisons: &mut [Comparison],
) -> std::result::Result<Family, Error> {
    let bug = |what: String| Problem::new("the adjustment of p-values", what, "report this as a bug");
    let Some((method, Compute::Adjust(run))) =
        stats::method(&info.methods.adjust).map(|method| (method, method.compute))
    else {
        return Err(bug(format!("{} is no adjustment", info.methods.adjust)).into());
    };
    let members: Vec<usize> = (0..comparisons.len()).filter(|i| primary.contains(&comparisons[*i].metric)).collect();
    let p_values: Vec<Option<f64>> = members.iter().map(|i| comparisons[*i].p_value()).collect();
    let undefined = p_values.iter().filter(|p| p.is_none()).count();
    let adjusted = run(&p_values).map_err(|undefined| bug(undefined.to_string()))?;
    for (i, p) in members.into_iter().zip(adjusted.p_values) {
        comparisons[i].p_adjusted = p;
    }
    let tested = |id: &&String| comparisons.iter().any(|c| c.metric == **id && c.p_value().is_some());
    let metrics = primary.iter().filter(tested).cloned().collect();
    Ok(Family { method: method.id, label: method.label, metrics, size: adjusted.family, undefined })
}
