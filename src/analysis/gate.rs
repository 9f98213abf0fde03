//! The gate: whether a regression larger than a margin is shown, excluded, or neither.
//!
//! With B the baseline's mean and T the treatment's, and a margin m in the metric's bad direction (a fraction of B, or a
//! difference in its unit), two one-sided tests at level α = 1 − confidence are made at the margin:
//!
//! ```text
//! fail          H₀: the regression is at most m    rejected, by the p-value that Holm's adjustment gives over all gated tests
//! pass          H₀: the regression is at least m   rejected, by its own p-value
//! inconclusive  neither
//! ```
//!
//! The verdict is that of the tests, and so of the p-values that are shown; there is none where the baseline cannot be told
//! from zero, so that a share of it means nothing. The interval that is shown is the two-sided one
//! at 1 − 2α, whose bounds are the one-sided bounds at 1 − α: for α = 5 % the 90 % interval. It is what the tests do not
//! reject, and so agrees with them, but where that is in two pieces (two or three runs of a mode), which one interval cannot
//! show.
//!
//! **The tests.** A relative margin is one of the baseline's mean, which is itself an estimate: the hypothesis is one
//! about T − (1 ± m)·B, as in [`non_inferiority`](crate::stats::non_inferiority), and the interval, Fieller's, is what such
//! tests do not reject. An
//! absolute margin shifts the baseline. Runs in blocks are paired, and the same is asked of their differences. Ratios
//! are compared by their pooled rates, with the run-clustered variance of the log ratio; their margin is relative.
//!
//! **Several tests.** The gate fails when any metric fails, so false alarms add up: Holm's adjustment keeps the chance of
//! any false failure at α (Holm 1979). It passes only when every metric does, and an intersection–union test of level α
//! needs no adjustment: each test at level α suffices (Berger 1982, doi:10.1080/00401706.1982.10487790). So neither
//! error is more frequent than α, however many metrics are gated.

use std::collections::BTreeMap;

use serde::Serialize;

use super::comparisons;
use super::means::Side;
use super::planning::POWER;
use super::saved::{Observed, Saved};
use super::{MetricInfo, MetricKind};
use crate::metric::Better;
use crate::stats::holm::holm;
use crate::stats::outcome;
use crate::stats::paired_change::paired_change;
use crate::stats::paired_t::paired_t;
use crate::stats::power::{Design, Variation, minimum_detectable_difference, runs_needed};
use crate::stats::rate::rate;
use crate::stats::rate_ratio::{at_log_distance, log_distance, rate_ratio};
use crate::stats::ratio_of_means::ratio_of_means;
use crate::stats::welch::welch;
use crate::stats::{Alternative, EffectSize, Events, Interval, Margin, Moments, Result, TestResult, Undefined};

/// The sample of a metric in the baseline, and in what is held against it; one of them may be missing.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    pub metric: &'a MetricInfo,
    /// Labels of mode and scenario.
    pub place: String,
    pub sides: [Option<&'a Observed>; 2],
    /// The samples are of two sessions: no block is in both.
    pub sessions: bool,
}

impl Pair<'_> {
    fn is_of_same_runs(&self) -> bool {
        matches!(self.sides, [Some(a), Some(b)] if a.values == b.values && a.events == b.events)
    }
}

/// What is said of two sides that are the same runs.
pub const SAME_RUNS: &str = "both sides are the same runs, value for value; nothing can be shown from that";

/// Whether both sides hold the same values in the same samples, every one of them.
pub fn same_runs(pairs: &[Pair]) -> bool {
    !pairs.is_empty() && pairs.iter().all(Pair::is_of_same_runs)
}

/// The pairs of one study: every treatment against the baseline.
pub fn within(saved: &Saved) -> Vec<Pair<'_>> {
    let baseline = saved.study.baseline.as_str();
    let scenarios = || std::iter::once(None).chain(saved.study.scenarios.iter().map(|named| Some(&*named.id)));
    let treatments = || saved.study.modes.iter().filter(|mode| mode.id != baseline);
    let mut pairs = Vec::new();
    for metric in &saved.metrics {
        for (scenario, mode) in scenarios().flat_map(|scenario| treatments().map(move |mode| (scenario, mode))) {
            let sides = [baseline, &mode.id].map(|mode| saved.sample(&metric.id, scenario, mode));
            if sides.iter().any(Option::is_some) {
                pairs.push(Pair { metric, place: saved.place(&mode.id, scenario), sides, sessions: false });
            }
        }
    }
    pairs
}

/// What became of a metric, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Pass,
    Inconclusive,
    Fail,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// The verdicts of all metrics that are gated.
#[derive(Clone, Debug, Serialize)]
pub struct Gate {
    /// The worst of all.
    pub verdict: Verdict,
    /// Level of the one-sided tests and bounds.
    pub confidence: f64,
    pub rows: Vec<Gated>,
    /// Primary metrics that are not gated, because neither direction is the better one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_direction: Vec<String>,
    /// Both sides are the same runs, so that neither verdict means anything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub same_runs: bool,
}

/// The verdict on a metric in one mode and scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Gated {
    pub metric: MetricInfo,
    pub place: String,
    pub margin: Margin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment: Option<Side>,
    /// How many blocks are paired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<usize>,
    pub verdict: Verdict,
    #[serde(with = "outcome")]
    pub measured: Result<Measured>,
    /// The p-value of a regression beyond the margin, adjusted over all gated tests (Holm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_fail_adjusted: Option<f64>,
    /// Of an inconclusive verdict: how many runs of each mode (blocks, where they are paired) would decide with a power
    /// of 80 %, if the measured change is the true one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub runs_needed: Option<Result<[usize; 2]>>,
    /// Of a pass: the regression (as the margin: a fraction, or in the unit of the values) that so many runs would have
    /// failed with a power of 80 %.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub detectable: Option<Result<f64>>,
}

fn optional<T: Clone + Serialize, S: serde::Serializer>(
    field: &Option<Result<T>>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    match field {
        Some(result) => outcome::serialize(result, to),
        None => to.serialize_none(),
    }
}

/// The change of a metric, and the tests at the margin.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Relative where the margin is (a fraction), else in the unit of the values; treatment − baseline.
    pub change: Option<f64>,
    /// Two-sided, at 1 − 2α: each bound is a one-sided one at 1 − α.
    pub interval: Interval,
    /// Of H₀: the regression is at most the margin.
    pub p_fail: f64,
    /// Of H₀: the regression is at least the margin.
    pub p_pass: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The contrast that is tested, and how it varies between runs.
    #[serde(skip)]
    plan: Option<Plan>,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    variation: Variation,
    runs: [usize; 2],
    /// What was measured, with the margin taken off; positive where the regression is beyond it.
    beyond: f64,
    /// What one unit of the contrast is in the unit of the margin.
    unit: Unit,
}

/// How a contrast is turned back into a regression.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// Contrast ÷ this.
    Linear(f64),
    /// The contrast is a logarithm of the rate ratio over this weight.
    Log(f64),
}

/// The largest regression that does not matter, by metric id; primary metrics without one have the usual margin.
#[derive(Clone, Debug)]
pub struct Margins {
    pub by_metric: BTreeMap<String, Margin>,
    pub usual: Option<Margin>,
}

impl Margins {
    fn of(&self, metric: &MetricInfo) -> Option<Margin> {
        self.by_metric.get(&metric.id).copied().or(self.usual.filter(|_| metric.primary))
    }
}

/// Gates the pairs whose metric has a margin, at a confidence level of the one-sided tests; with what a pass would have
/// found, and how many runs would decide what is inconclusive.
pub fn gate(pairs: &[Pair], margins: &Margins, confidence: f64) -> Gate {
    let mut gate = verdicts(pairs, margins, confidence);
    let family = gate.rows.iter().filter(|row| row.p_fail_adjusted.is_some()).count().max(1);
    for row in &mut gate.rows {
        row.plan(1.0 - confidence, family);
    }
    gate
}

/// The verdicts alone.
pub fn verdicts(pairs: &[Pair], margins: &Margins, confidence: f64) -> Gate {
    let has_direction = |metric: &MetricInfo| metric.better != Better::Neutral;
    let mut without_direction: Vec<String> = Vec::new();
    let mut rows: Vec<Gated> = Vec::new();
    for pair in pairs {
        let Some(margin) = margins.of(pair.metric).filter(|_| pair.metric.kind != MetricKind::Count) else { continue };
        if has_direction(pair.metric) {
            rows.push(row(pair, margin, confidence));
        } else if !without_direction.contains(&pair.metric.id) {
            without_direction.push(pair.metric.id.clone());
        }
    }
    let p_values: Vec<Option<f64>> = rows.iter().map(|row| Some(row.measured.as_ref().ok()?.p_fail)).collect();
    let adjusted = holm(&p_values).ok();
    for (i, row) in rows.iter_mut().enumerate() {
        row.p_fail_adjusted = adjusted.as_ref().and_then(|adjusted| adjusted.p_values.get(i).copied().flatten());
        row.decide(1.0 - confidence);
    }
    let verdict = rows.iter().map(|row| row.verdict).max().unwrap_or(Verdict::Inconclusive);
    Gate { verdict, confidence, rows, without_direction, same_runs: same_runs(pairs) }
}

fn row(pair: &Pair, margin: Margin, confidence: f64) -> Gated {
    let units: [Option<Observed>; 2] = if pair.sessions {
        pair.sides.map(|side| side.map(Observed::by_unit))
    } else {
        pair.sides.map(|side| side.cloned())
    };
    let mut pairs = None;
    let measured = match &units {
        [Some(baseline), Some(treatment)] => {
            let blocks = [baseline, treatment].map(|side| (side.blocks.as_slice(), side.values.as_slice()));
            let paired = if pair.sessions { None } else { comparisons::pair(blocks) };
            let at = AtMargin { margin, side: side(pair.metric.better), level: confidence };
            match (pair.metric.kind, paired) {
                (MetricKind::Ratio, _) => at.rates(baseline, treatment),
                (_, Some((pairing, values))) => {
                    pairs = Some(pairing.blocks);
                    at.pairs(&values)
                }
                (_, None) => at.means(&baseline.values, &treatment.values),
            }
        }
        [None, _] => Err(Undefined::because("the baseline does not have it")),
        [_, None] => Err(Undefined::because("only the baseline has it")),
    };
    let [baseline, treatment] = units.map(|side| side.map(|side| described(&side, pair.metric.kind)));
    Gated {
        metric: pair.metric.clone(),
        place: pair.place.clone(),
        margin,
        baseline,
        treatment,
        pairs,
        verdict: Verdict::Inconclusive,
        measured,
        p_fail_adjusted: None,
        runs_needed: None,
        detectable: None,
    }
}

/// Mean and SD; of a ratio the pooled rate, which has no SD.
fn described(observed: &Observed, kind: MetricKind) -> Side {
    let side = Side::of(&observed.values);
    match rate(&observed.events, 0.95) {
        Ok(pooled) if kind == MetricKind::Ratio => Side { mean: pooled.rate, sd: None, ..side },
        _ => side,
    }
}

/// +1 where higher values are worse.
fn side(better: Better) -> f64 {
    if better == Better::Higher { -1.0 } else { 1.0 }
}

impl Gated {
    pub fn worse(&self) -> f64 {
        side(self.metric.better)
    }

    /// The regression that the margin allows, as a change: with its sign.
    pub fn limit(&self) -> f64 {
        self.worse() * self.size()
    }

    fn size(&self) -> f64 {
        let (Margin::Absolute(size) | Margin::Relative(size)) = self.margin;
        size
    }

    fn decide(&mut self, alpha: f64) {
        let Ok(measured) = &self.measured else { return };
        // Without bounds the baseline is not told from zero, and a share of it means nothing.
        if measured.interval.lower.is_none() && measured.interval.upper.is_none() {
            return;
        }
        if self.p_fail_adjusted.is_some_and(|p| p < alpha) {
            self.verdict = Verdict::Fail;
        } else if measured.p_pass < alpha {
            self.verdict = Verdict::Pass;
        }
    }

    /// Of a family of so many tests, by the level that its strictest one is made at.
    fn plan(&mut self, alpha: f64, family: usize) {
        let Some(plan) = self.measured.as_ref().ok().and_then(|measured| measured.plan) else { return };
        let strict = alpha / family as f64;
        match self.verdict {
            Verdict::Pass => self.detectable = Some(plan.detectable(strict, self.size(), self.worse())),
            Verdict::Inconclusive => {
                self.runs_needed = Some(plan.runs_needed(if plan.beyond > 0.0 { strict } else { alpha }));
            }
            Verdict::Fail => {}
        }
    }
}

impl Plan {
    fn design(&self, alpha: f64, alternative: Alternative) -> Design {
        Design { variation: self.variation, alpha, alternative }
    }

    /// The runs of each mode that show on which side of the margin the change is, if it is the measured one.
    fn runs_needed(&self, alpha: f64) -> Result<[usize; 2]> {
        let alternative = if self.beyond > 0.0 { Alternative::Greater } else { Alternative::Less };
        runs_needed(&self.design(alpha, alternative), [1, 1], self.beyond, POWER)
    }

    /// The regression that fails with the usual power.
    fn detectable(&self, alpha: f64, limit: f64, worse: f64) -> Result<f64> {
        let beyond = minimum_detectable_difference(&self.design(alpha, Alternative::Greater), self.runs, POWER)?;
        Ok(match self.unit {
            Unit::Linear(unit) => limit + beyond / unit,
            Unit::Log(weight) => worse * (at_log_distance(weight, worse * beyond) - 1.0),
        })
    }
}

/// The tests of one metric at its margin.
#[derive(Clone, Copy)]
struct AtMargin {
    margin: Margin,
    /// +1 where higher values are worse, else −1.
    side: f64,
    level: f64,
}

impl AtMargin {
    fn worse(&self) -> Alternative {
        if self.side > 0.0 { Alternative::Greater } else { Alternative::Less }
    }

    fn better(&self) -> Alternative {
        if self.side > 0.0 { Alternative::Less } else { Alternative::Greater }
    }

    /// Level of the two-sided interval whose bounds are one-sided ones.
    fn two_sided(&self) -> f64 {
        2.0 * self.level - 1.0
    }

    /// What a relative margin multiplies the baseline with.
    fn weight(&self, share: f64, mean: f64) -> Result<f64> {
        let weight = 1.0 + self.side * share;
        if mean <= 0.0 {
            let what = if mean == 0.0 { "zero" } else { "negative" };
            return Err(Undefined::because(format!(
                "the baseline's mean is {what}, and the margin a percentage of it; give the margin in the unit of the metric"
            )));
        }
        if weight > 0.0 {
            Ok(weight)
        } else {
            Err(Undefined::because("a metric of which more is better cannot fall by 100 % or more"))
        }
    }

    fn means(&self, baseline: &[f64], treatment: &[f64]) -> Result<Measured> {
        let [b, t] = [Moments::of(baseline)?, Moments::of(treatment)?];
        let (at_margin, change, interval, note) = match self.margin {
            Margin::Absolute(size) => {
                let test = welch(&b, &t, Alternative::TwoSided, self.two_sided())?;
                (Moments { mean: b.mean + self.side * size, ..b }, test.estimate, test.interval, test.note)
            }
            Margin::Relative(share) => {
                let weight = self.weight(share, b.mean)?;
                let of_none = || welch(&b, &t, Alternative::TwoSided, self.two_sided());
                let change = or_of_zeros(ratio_of_means(&b, &t, self.two_sided()), &t, of_none, self.two_sided())?;
                let scaled = Moments { mean: b.mean * weight, sd: b.sd * weight, ..b };
                (scaled, Some(change.estimate), bounds(change.interval, self.two_sided()), change.note)
            }
        };
        let test = |alternative| welch(&at_margin, &t, alternative, self.level);
        let plan = Plan {
            variation: Variation::Independent([at_margin.sd, t.sd]),
            runs: [b.n, t.n],
            beyond: self.side * (t.mean - at_margin.mean),
            unit: self.unit(b.mean),
        };
        self.measured(test, change, interval, note, Some(plan))
    }

    fn pairs(&self, [baseline, treatment]: &[Vec<f64>; 2]) -> Result<Measured> {
        let mean = Side::of(baseline).mean;
        let (at_margin, change, interval, note): (Vec<f64>, _, _, _) = match self.margin {
            Margin::Absolute(size) => {
                let test = paired_t(baseline, treatment, Alternative::TwoSided, self.two_sided())?;
                let shifted = baseline.iter().map(|b| b + self.side * size).collect();
                (shifted, test.estimate, test.interval, test.note)
            }
            Margin::Relative(share) => {
                let weight = self.weight(share, mean)?;
                let change = paired_change(baseline, treatment, self.two_sided());
                let of_none = || paired_t(baseline, treatment, Alternative::TwoSided, self.two_sided());
                let change = or_of_zeros(change, &Moments::of(treatment)?, of_none, self.two_sided())?;
                let scaled = baseline.iter().map(|b| b * weight).collect();
                (scaled, Some(change.estimate), bounds(change.interval, self.two_sided()), change.note)
            }
        };
        let test = |alternative| paired_t(&at_margin, treatment, alternative, self.level);
        let contrast: Vec<f64> = at_margin.iter().zip(treatment).map(|(b, t)| self.side * (t - b)).collect();
        let contrast = Moments::of(&contrast)?;
        let plan = Plan {
            variation: Variation::Paired(contrast.sd),
            runs: [contrast.n; 2],
            beyond: contrast.mean,
            unit: self.unit(mean),
        };
        self.measured(test, change, interval, note, Some(plan))
    }

    fn rates(&self, baseline: &Observed, treatment: &Observed) -> Result<Measured> {
        let Margin::Relative(share) = self.margin else {
            return Err(Undefined::because(
                "a ratio is gated by the ratio of pooled rates: its margin must be a percentage",
            ));
        };
        if [baseline, treatment].iter().any(|side| side.events.len() != side.values.len()) {
            return Err(Undefined::because(
                "the results do not have the counts and exposures of all runs; make them again with this version of \
                 meshstats, from logs or from a table with both",
            ));
        }
        let weight = self.weight(share, 1.0)?;
        let ratio = rate_ratio(&baseline.events, &treatment.events, Alternative::TwoSided, self.two_sided())?;
        let change = |ratio: f64| ratio - 1.0;
        let Interval { lower, upper, level } = ratio.interval;
        let interval = Interval { lower: lower.map(change), upper: upper.map(change), level };
        // A rate that is higher by the margin: the same counts in less.
        let at_margin: Vec<Events> =
            baseline.events.iter().map(|run| Events { exposure: run.exposure / weight, ..*run }).collect();
        let test = |alternative| rate_ratio(&at_margin, &treatment.events, alternative, self.level);
        let plan = ratio.estimate.and_then(|estimate| self.plan_of_rates(baseline, treatment, estimate, weight));
        self.measured(test, ratio.estimate.map(change), interval, ratio.note, plan)
    }

    /// On the scale of logarithms, where the ratio is a difference.
    fn plan_of_rates(&self, baseline: &Observed, treatment: &Observed, ratio: f64, weight: f64) -> Option<Plan> {
        let spread = |observed: &Observed| {
            let pooled = rate(&observed.events, self.level).ok()?;
            Some(pooled.standard_error.ok()? / pooled.rate * (pooled.n as f64).sqrt())
        };
        Some(Plan {
            variation: Variation::Independent([spread(baseline)?, spread(treatment)?]),
            runs: [baseline.values.len(), treatment.values.len()],
            beyond: self.side * log_distance(ratio, weight),
            unit: Unit::Log(weight),
        })
    }

    fn unit(&self, mean: f64) -> Unit {
        Unit::Linear(if matches!(self.margin, Margin::Relative(_)) { mean.abs() } else { 1.0 })
    }

    fn measured(
        &self,
        test: impl Fn(Alternative) -> Result<TestResult>,
        change: Option<f64>,
        interval: Interval,
        note: Option<String>,
        plan: Option<Plan>,
    ) -> Result<Measured> {
        let (p_fail, p_pass) = (test(self.worse())?.p_value, test(self.better())?.p_value);
        Ok(Measured { change, interval, p_fail, p_pass, note, plan })
    }
}

/// Where the treatment is zero in every run, every change but −100 % is rejected by a test that tells the baseline from zero;
/// otherwise none is.
fn or_of_zeros(
    change: Result<EffectSize>,
    treatment: &Moments,
    test: impl Fn() -> Result<TestResult>,
    level: f64,
) -> Result<EffectSize> {
    match change {
        Err(_) if treatment.mean == 0.0 && treatment.sd == 0.0 => {
            let bound = (test()?.p_value < 1.0 - level).then_some(-1.0);
            let interval = Interval { level, lower: bound, upper: bound };
            Ok(EffectSize { name: String::new(), estimate: -1.0, interval: Some(interval), note: None })
        }
        change => change,
    }
}

fn bounds(interval: Option<Interval>, level: f64) -> Interval {
    interval.unwrap_or(Interval { level, lower: None, upper: None })
}
