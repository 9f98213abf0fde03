//! All formulas. Imports nothing of ours; values in, results out.
//!
//! A method is one file with one public function and one record in the slice of its kind.
//! Direction, everywhere: treatment − baseline.

pub mod bootstrap;
pub mod cohen_d;
pub mod describe;
mod gamma;
pub mod hedges_g;
pub mod holm;
mod moments;
pub mod normal;
pub mod rate;
pub mod rate_ratio;
pub mod ratio_of_means;
pub mod rng;
pub mod t_distribution;
pub mod welch;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Every method, in the order of a report.
pub static METHODS: &[Method] = &[
    describe::METHOD,
    welch::METHOD,
    ratio_of_means::METHOD,
    cohen_d::METHOD,
    hedges_g::METHOD,
    rate::METHOD,
    rate_ratio::METHOD,
    bootstrap::METHOD,
    holm::METHOD,
];

/// What a user may ask about a method: what it is called and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Method {
    /// The name of the method's file, and of its reference values in `tests/reference`.
    pub id: &'static str,
    /// As printed in a report.
    pub label: &'static str,
    pub kind: Kind,
    pub reference: &'static str,
}

/// What a method answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What one sample looks like.
    Description,
    /// Whether two samples differ, and by how much.
    Test,
    /// How large a difference is on a scale without a unit.
    EffectSize,
    /// How precise any statistic is.
    Interval,
    /// What many tests at once do to their p-values.
    Adjustment,
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
    /// In [0, 1]; 0 only when it is below the smallest double, 5e-324.
    pub p_value: f64,
    /// `None` when the data give only a bound, which is then in `interval`, and `note` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    pub interval: Interval,
    pub alternative: Alternative,
    /// The method's name as printed in a report.
    pub method: String,
    /// What a reader must know of this result: an assumption made, or why a part of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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
