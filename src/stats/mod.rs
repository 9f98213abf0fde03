//! All formulas. Imports nothing of ours; values in, results out.
//!
//! A method is one file with one public function and one record in the slice of its kind.
//! Direction, everywhere: treatment − baseline.
//!
#![doc = include_str!("../../tests/coverage.md")]

pub mod autocorrelation;
pub mod benjamini_hochberg;
pub mod bootstrap;
pub mod brown_forsythe;
pub mod brunner_munzel;
pub mod cliffs_delta;
pub mod cohen_d;
pub mod d_av;
pub mod d_average;
pub mod d_z;
pub mod describe;
pub mod distribution;
pub mod dunnett;
pub mod equivalence;
pub mod first_run;
pub mod g_average;
pub mod games_howell;
pub mod glass_delta;
pub mod hedges_g;
pub mod hodges_lehmann;
pub mod holm;
pub mod log_ratio_of_means;
pub mod magnitude;
pub mod mann_kendall;
pub mod mann_whitney;
pub mod median;
mod moments;
pub mod negative_binomial;
pub mod non_inferiority;
pub mod none;
pub mod outliers;
pub mod overdispersion;
pub mod paired_change;
pub mod paired_equivalence;
pub mod paired_non_inferiority;
pub mod paired_t;
pub mod permutation;
pub mod poisson_ratio;
pub mod power;
pub mod quantisation;
mod ranks;
pub mod rate;
pub mod rate_ratio;
pub mod ratio_of_means;
pub mod rng;
pub mod shapiro_wilk;
pub mod sign_flip;
pub mod signed_rank;
mod standardised;
pub mod student;
mod subset_sums;
pub mod superiority;
pub mod welch;
pub mod welch_anova;

use std::fmt;

use distribution::{normal, t as t_distribution};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Every method, in the order of a report.
pub static METHODS: &[Method] = &[
    describe::METHOD,
    median::METHOD,
    welch::METHOD,
    student::METHOD,
    permutation::METHOD,
    ratio_of_means::METHOD,
    log_ratio_of_means::METHOD,
    cohen_d::METHOD,
    hedges_g::METHOD,
    d_average::METHOD,
    g_average::METHOD,
    glass_delta::METHOD,
    mann_whitney::METHOD,
    brunner_munzel::METHOD,
    hodges_lehmann::METHOD,
    superiority::METHOD,
    cliffs_delta::METHOD,
    paired_t::METHOD,
    sign_flip::METHOD,
    paired_change::METHOD,
    d_z::METHOD,
    d_av::METHOD,
    signed_rank::METHOD,
    equivalence::METHOD,
    non_inferiority::METHOD,
    paired_equivalence::METHOD,
    paired_non_inferiority::METHOD,
    welch_anova::METHOD,
    games_howell::METHOD,
    dunnett::METHOD,
    rate::METHOD,
    rate_ratio::METHOD,
    poisson_ratio::METHOD,
    negative_binomial::METHOD,
    overdispersion::METHOD,
    bootstrap::mean::BCA,
    bootstrap::mean::STUDENTISED,
    bootstrap::quantile::BCA,
    bootstrap::quantile::STUDENTISED,
    bootstrap::mean_difference::BCA,
    bootstrap::mean_difference::STUDENTISED,
    bootstrap::change::BCA,
    bootstrap::change::STUDENTISED,
    bootstrap::quantile_difference::BCA,
    bootstrap::quantile_difference::STUDENTISED,
    bootstrap::rate_ratio::BCA,
    bootstrap::rate_ratio::STUDENTISED,
    shapiro_wilk::METHOD,
    brown_forsythe::METHOD,
    autocorrelation::METHOD,
    mann_kendall::METHOD,
    first_run::METHOD,
    outliers::METHOD,
    quantisation::METHOD,
    power::METHOD,
    holm::METHOD,
    benjamini_hochberg::METHOD,
    none::METHOD,
];

/// The method of that id.
pub fn method(id: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.id == id)
}

/// What a user may ask about a method: what it is called, where it comes from, and its answer for data.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Method {
    /// The name of the method's file, and of its reference values in `tests/reference`.
    pub id: &'static str,
    /// As printed in a report.
    pub label: &'static str,
    pub kind: Kind,
    /// What its estimate is of.
    pub estimand: Estimand,
    /// Where its interval comes from, if the label does not say so.
    pub interval: Option<&'static str>,
    pub reference: &'static str,
    #[serde(skip)]
    pub compute: Compute,
}

/// What a method answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What one sample looks like.
    Description,
    /// Whether modes differ, and by how much.
    Test,
    /// How large a difference is on a scale that can be compared between metrics.
    EffectSize,
    /// How precise an estimate is.
    Interval,
    /// Whether a difference is too small to matter, given a margin.
    Equivalence,
    /// Whether the runs are what the methods assume.
    Diagnostic,
    /// What many tests at once do to their p-values.
    Adjustment,
    /// How many runs a question needs.
    Planning,
}

impl Kind {
    /// What a method of this kind is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Test => "test",
            Self::EffectSize => "effect size",
            Self::Interval => "interval",
            Self::Equivalence => "test of equivalence",
            Self::Diagnostic => "diagnostic",
            Self::Adjustment => "adjustment of p-values",
            Self::Planning => "planning",
        }
    }
}

/// What an estimate is of; treatment − baseline, or treatment/baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Estimand {
    /// Nothing: the method only tests.
    None,
    /// The mean of one mode, in the unit of the values.
    Mean,
    /// A quantile (the median, if nothing else is said) of one mode, in the unit of the values.
    Quantile,
    /// The difference of the means, in the unit of the values.
    MeanDifference,
    /// The difference of a quantile (the median, if nothing else is said), in the unit of the values.
    QuantileDifference,
    /// By how much the values of the treatment are shifted, in the unit of the values.
    Shift,
    /// (mean(treatment) − mean(baseline))/mean(baseline), a fraction.
    RelativeChange,
    /// rate(treatment)/rate(baseline).
    RateRatio,
    /// P(T > B) + ½·P(T = B) of a run of each mode.
    Superiority,
    /// P(T > B) − P(T < B) of a run of each mode.
    Dominance,
    /// The difference of the means in units of a standard deviation.
    StandardisedDifference,
}

impl Estimand {
    /// Its value when the modes do not differ.
    pub fn null(self) -> Option<f64> {
        match self {
            Self::None | Self::Mean | Self::Quantile => None,
            Self::RateRatio => Some(1.0),
            Self::Superiority => Some(0.5),
            _ => Some(0.0),
        }
    }

    /// What it is, in words; the null of a difference is that there is none.
    pub fn noun(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Mean => "mean",
            Self::Quantile => "quantile",
            Self::MeanDifference => "difference of means",
            Self::QuantileDifference => "difference of quantiles",
            Self::Shift => "shift",
            Self::RelativeChange => "change",
            Self::RateRatio => "rate ratio",
            Self::Superiority => "P(T > B) + ½ P(T = B)",
            Self::Dominance => "P(T > B) − P(T < B)",
            Self::StandardisedDifference => "difference ÷ SD",
        }
    }

    /// Whether it is in the unit of the values.
    pub fn has_unit(self) -> bool {
        matches!(self, Self::Mean | Self::Quantile | Self::MeanDifference | Self::QuantileDifference | Self::Shift)
    }
}

/// How a method computes its answer, by what it needs: baseline first, then treatment.
#[derive(Clone, Copy, Debug)]
pub enum Compute {
    /// Of one sample of values, in run order.
    Sample(fn(&[f64], &Settings) -> Result<Answer>),
    /// Of the moments of two samples: summary statistics suffice.
    Moments(fn(&Moments, &Moments, &Settings) -> Result<Answer>),
    /// Of two independent samples of values.
    Samples(fn(&[f64], &[f64], &Settings) -> Result<Answer>),
    /// Of two samples whose values belong together by position: the blocks.
    Pairs(fn(&[f64], &[f64], &Settings) -> Result<Answer>),
    /// Of the counts with exposure of two modes, by run.
    Events(fn(&[Events], &[Events], &Settings) -> Result<Answer>),
    /// Of the moments of three or more modes: one test of all.
    Omnibus(fn(&[Moments], &Settings) -> Result<Answer>),
    /// Of the moments of three or more modes, the baseline first: a test of each pair, adjusted for there being several.
    Pairwise(fn(&[Moments], &Settings) -> Result<Vec<Pairwise>>),
    /// Of the p-values of a family of tests.
    Adjust(fn(&[Option<f64>]) -> Result<Adjusted>),
    /// By a function of its own, whose arguments or results have another shape.
    Own,
}

/// What may be chosen about a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Confidence level of the interval.
    pub level: f64,
    pub alternative: Alternative,
    /// The largest difference that does not matter; of equivalence and non-inferiority.
    pub margin: Option<Margin>,
    /// Which quantile a method of quantiles is about, a fraction.
    pub quantile: f64,
    /// Of a bootstrap or a Monte Carlo permutation test.
    pub resamples: usize,
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let alternative = Alternative::TwoSided;
        Self { level: 0.95, alternative, margin: None, quantile: 0.5, resamples: 10_000, seed: 1 }
    }
}

/// A margin of equivalence, positive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// In the unit of the values.
    Absolute(f64),
    /// A fraction of the baseline's mean.
    Relative(f64),
}

/// The test of one pair of several modes, second − first, by their places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pairwise {
    pub first: usize,
    pub second: usize,
    #[serde(flatten)]
    pub test: TestResult,
}

/// Adjusted p-values in the order of the tests, and the size of the family they were adjusted for.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjusted {
    pub p_values: Vec<Option<f64>>,
    /// How many tests have a p-value; a test without one is not in the family.
    pub family: usize,
}

/// A method's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    Test(TestResult),
    Effect(EffectSize),
}

impl Answer {
    pub fn estimate(&self) -> Option<f64> {
        match self {
            Self::Test(test) => test.estimate,
            Self::Effect(effect) => Some(effect.estimate),
        }
    }

    pub fn interval(&self) -> Option<Interval> {
        match self {
            Self::Test(test) => Some(test.interval),
            Self::Effect(effect) => effect.interval,
        }
    }

    pub fn p_value(&self) -> Option<f64> {
        match self {
            Self::Test(test) => Some(test.p_value),
            Self::Effect(_) => None,
        }
    }

    /// The method's name as printed in a report; the variant that was used is part of it.
    pub fn name(&self) -> &str {
        match self {
            Self::Test(test) => &test.method,
            Self::Effect(effect) => &effect.name,
        }
    }

    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Test(test) => test.note.as_deref(),
            Self::Effect(effect) => effect.note.as_deref(),
        }
    }
}

/// Which tail a p-value is of. `Greater`: the treatment's mean is greater than the baseline's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Alternative {
    #[default]
    TwoSided,
    Less,
    Greater,
}

/// A confidence interval. A bound that does not exist (one-sided, or unbounded) is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Confidence level, e.g. 0.95.
    pub level: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// What every test returns (R's `htest`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestResult {
    /// `None` for an exact test, whose p-value comes of counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<f64>,
    /// Of what the statistic divides by it: the estimate, or for a ratio its logarithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// Of the numerator, where the statistic is an F.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator_df: Option<f64>,
    /// In [0, 1]; 0 only when it is below the smallest double, 5e-324.
    pub p_value: f64,
    /// `None` when the data give only a bound, which is then in `interval`, and `note` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    /// Of the estimate; without bounds where the test has none.
    pub interval: Interval,
    pub alternative: Alternative,
    /// The method's name as printed in a report.
    pub method: String,
    /// What a reader must know of this result: an assumption made, or why a part of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl TestResult {
    /// The test of an estimate by the number of its standard errors: the interval reaches `critical` of them.
    fn studentised(
        estimate: f64,
        (standard_error, df): (f64, f64),
        p_value: f64,
        critical: f64,
        alternative: Alternative,
        level: f64,
        method: &str,
    ) -> Result<Self> {
        let margin = critical * standard_error;
        let (lower, upper) = (finite(estimate - margin)?, finite(estimate + margin)?);
        Ok(Self {
            statistic: Some(finite(estimate / standard_error)?),
            standard_error: Some(standard_error),
            df: Some(df),
            numerator_df: None,
            p_value,
            estimate: Some(estimate),
            interval: Interval {
                level,
                lower: (alternative != Alternative::Less).then_some(lower),
                upper: (alternative != Alternative::Greater).then_some(upper),
            },
            alternative,
            method: method.to_owned(),
            note: None,
        })
    }
}

/// An effect without a unit; `name` says which variant it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectSize {
    pub name: String,
    pub estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// What a reader must know of this result, such as why a bound is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A result that does not exist for these data, and why: "undefined, because …". Never a NaN and never a zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undefined {
    pub because: String,
}

impl Undefined {
    pub fn because(reason: impl Into<String>) -> Self {
        Self { because: reason.into() }
    }
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "undefined, because {}", self.because)
    }
}

impl std::error::Error for Undefined {}

pub type Result<T> = std::result::Result<T, Undefined>;

/// What a test of means needs of a sample; enough on its own when only summary statistics were published.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moments {
    pub n: usize,
    pub mean: f64,
    /// Standard deviation with the n − 1 denominator.
    pub sd: f64,
}

/// One run's count of events, and what they could have happened in: retransmissions and bytes, errors and requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Events {
    pub count: f64,
    pub exposure: f64,
}

/// A field that may be undefined, in JSON: the value itself, or `{"because": "…"}`.
pub mod outcome {
    use super::{Deserialize, Deserializer, JsonSchema, Result, Serialize, Serializer, Undefined};

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    pub enum Outcome<T> {
        Value(T),
        Undefined(Undefined),
    }

    pub fn serialize<T: Clone + Serialize, S: Serializer>(
        field: &Result<T>,
        to: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        match field {
            Ok(value) => value.serialize(to),
            Err(undefined) => undefined.serialize(to),
        }
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> std::result::Result<Result<T>, D::Error> {
        Ok(match Outcome::deserialize(from)? {
            Outcome::Value(value) => Ok(value),
            Outcome::Undefined(undefined) => Err(undefined),
        })
    }
}

/// `x`, unless it left the range of double precision (or was never in it).
fn finite(x: f64) -> Result<f64> {
    if x.is_finite() { Ok(x) } else { Err(Undefined::because("a number is not finite, or exceeds double precision")) }
}

/// The probability left outside an interval of this confidence level, per tail: (1 − level)/2, or 1 − level when
/// one-sided.
fn tail(level: f64, alternative: Alternative) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Undefined::because(format!("a confidence level of {level} is not between 0 and 1")));
    }
    Ok(if alternative == Alternative::TwoSided { (1.0 - level) / 2.0 } else { 1.0 - level })
}

#[cfg(test)]
mod tests;
