//! The mean of one mode, with bootstrap intervals.
//!
//! # Definition
//!
//! The mean of a metric over the runs of a mode.
//!
//! # Formula
//!
//! ```text
//! θ  = mean(values)
//! se = sd/√n
//! ```
//!
//! and the intervals of `bootstrap`.
//!
//! # Assumptions
//!
//! Those of the bootstrap.
//!
//! # References
//!
//! Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988), doi:10.1214/aos/1176350933.
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic, SciPy and numpy (`tests/reference/bootstrap_mean.csv`, `_t`).

use super::super::{Answer, Compute, Estimand, Kind, Method, Result, Settings};
use super::{BCA_REFERENCE, Centred, Estimate, STUDENTISED_REFERENCE};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_mean",
    label: "Mean (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::Mean,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Sample(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_mean_t",
    label: "Mean (studentised bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::Mean,
    interval: None,
    reference: STUDENTISED_REFERENCE,
    compute: Compute::Sample(studentised),
};

fn bca(values: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([values])?;
    let found = values.resampling(settings)?.bca(|[x]| mean(x).value)?;
    Ok(found.on_scale(|x| values.location(x))?.answer(BCA.label))
}

fn studentised(values: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([values])?;
    let found = values.resampling(settings)?.studentised(|[x]| mean(x))?;
    Ok(found.on_scale(|x| values.location(x))?.answer(STUDENTISED.label))
}

/// The mean of values that are not empty. Seen from one of them, so that equal values have no error at all.
pub(super) fn mean(values: &[f64]) -> Estimate {
    let n = values.len() as f64;
    let first = values.first().copied().unwrap_or(f64::NAN);
    let (sum, squares) = values.iter().fold((0.0, 0.0), |(sum, squares), x| {
        let deviation = x - first;
        (sum + deviation, squares + deviation * deviation)
    });
    let variance = (squares - sum * sum / n).max(0.0) / (n - 1.0);
    Estimate { value: first + sum / n, error: (variance / n).sqrt() }
}
