//! The description of one sample: what a reader needs before any comparison.
//!
//! # Definition
//!
//! Location and spread of the values of a metric over the runs of a mode.
//!
//! # Formula
//!
//! ```text
//! standard_error = sd/√n
//! interval       = mean ± t(n − 1; (1 + level)/2)·standard_error
//! cv             = sd/|mean|
//! quartile(p)    = x₍ₖ₎ + (h − k)·(x₍ₖ₊₁₎ − x₍ₖ₎),  h = (n − 1)·p + 1,  k = ⌊h⌋    (type 7, R's default)
//! ```
//!
//! # Assumptions
//!
//! The interval of the mean: independent runs, and a mean that is near normal. The order statistics: none.
//!
//! # References
//!
//! Student (1908), doi:10.1093/biomet/6.1.1. Hyndman, Fan, "Sample quantiles in statistical packages", Am. Stat. 50(4),
//! 1996, doi:10.2307/2684934.
//!
//! # Checked against
//!
//! mpmath, R 4.2 `quantile`, NIST StRD (`tests/reference/describe.csv`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::{
    Alternative, Compute, Estimand, Interval, Kind, Method, Moments, Result, Undefined, finite, moments, outcome,
    t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "describe",
    label: "Descriptive statistics",
    kind: Kind::Description,
    estimand: Estimand::Mean,
    interval: None,
    reference: "Student (1908), doi:10.1093/biomet/6.1.1; Hyndman and Fan (1996), doi:10.2307/2684934",
    compute: Compute::Own,
};

/// What one sample looks like; every field but `n` and `cv` is in the unit of the values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    pub n: usize,
    pub mean: f64,
    /// With the n − 1 denominator.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub sd: Result<f64>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub standard_error: Result<f64>,
    /// Of the mean.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Interval>")]
    pub interval: Result<Interval>,
    pub min: f64,
    pub lower_quartile: f64,
    pub median: f64,
    pub upper_quartile: f64,
    pub max: f64,
    /// Coefficient of variation, a fraction.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub cv: Result<f64>,
}

/// Describes a sample, with the interval of its mean at a confidence level.
///
/// Undefined when the sample is empty or has a value that is not finite; with one value, what needs two is undefined.
pub fn describe(values: &[f64], level: f64) -> Result<Description> {
    let mean = moments::mean(values)?;
    let moments = Moments::of(values);
    let standard_error = moments.as_ref().map(Moments::standard_error).map_err(Clone::clone);
    let interval = standard_error.clone().and_then(|se| mean_interval(mean, se, values.len(), level));
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(Description {
        n: values.len(),
        mean,
        cv: moments.as_ref().map_err(Clone::clone).and_then(coefficient_of_variation),
        sd: moments.map(|m| m.sd),
        standard_error,
        interval,
        min: quantile(&sorted, 0.0)?,
        lower_quartile: quantile(&sorted, 0.25)?,
        median: quantile(&sorted, 0.5)?,
        upper_quartile: quantile(&sorted, 0.75)?,
        max: quantile(&sorted, 1.0)?,
    })
}

/// The quantile of type 7 of sorted values.
pub fn quantile(sorted: &[f64], p: f64) -> Result<f64> {
    let h = sorted.len().saturating_sub(1) as f64 * p;
    let at = |i: f64| sorted.get(i as usize).copied().ok_or_else(|| Undefined::because("the sample is empty"));
    let (below, above) = (at(h.floor())?, at(h.ceil())?);
    finite(below + (h - h.floor()) * (above - below))
}

fn mean_interval(mean: f64, standard_error: f64, n: usize, level: f64) -> Result<Interval> {
    let margin = t_distribution::critical((n - 1) as f64, Alternative::TwoSided, level)? * standard_error;
    Ok(Interval { level, lower: Some(finite(mean - margin)?), upper: Some(finite(mean + margin)?) })
}

fn coefficient_of_variation(moments: &Moments) -> Result<f64> {
    if moments.mean == 0.0 {
        return Err(Undefined::because("the mean is zero"));
    }
    finite(moments.sd / moments.mean.abs())
}
