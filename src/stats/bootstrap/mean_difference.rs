//! The difference of two means, with bootstrap intervals.
//!
//! # Definition
//!
//! mean(treatment) − mean(baseline), in the unit of the values.
//!
//! # Formula
//!
//! ```text
//! θ  = mean(treatment) − mean(baseline)
//! se = √(sd₁²/n₁ + sd₂²/n₂)
//! ```
//!
//! and the intervals of `bootstrap`; t* is Welch's statistic.
//!
//! # Assumptions
//!
//! Those of the bootstrap. Variances may differ.
//!
//! # References
//!
//! Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988), doi:10.1214/aos/1176350933. Efron, Tibshirani, An
//! Introduction to the Bootstrap, 1993, 16.2, doi:10.1201/9780429246593 (two samples, resampled apart).
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic, SciPy and numpy (`tests/reference/bootstrap_mean_difference.csv`,
//! `_t`).

use super::super::{Answer, Compute, Estimand, Kind, Method, Result, Settings};
use super::mean::mean;
use super::{BCA_REFERENCE, Centred, STUDENTISED_REFERENCE};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_mean_difference",
    label: "Difference of means (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Samples(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_mean_difference_t",
    label: "Difference of means (studentised bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: STUDENTISED_REFERENCE,
    compute: Compute::Samples(studentised),
};

fn bca(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let found = values.resampling(settings)?.bca(|[a, b]| mean(b).value - mean(a).value)?;
    Ok(found.on_scale(|x| values.difference(x))?.answer(BCA.label))
}

fn studentised(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let found = values.resampling(settings)?.studentised(|[a, b]| mean(b).minus(mean(a)))?;
    Ok(found.on_scale(|x| values.difference(x))?.answer(STUDENTISED.label))
}
