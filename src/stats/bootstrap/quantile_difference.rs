//! The difference of a quantile between two modes, the median unless another is asked for, with bootstrap intervals.
//!
//! # Definition
//!
//! quantile(treatment) − quantile(baseline), in the unit of the values; type 7. It is not the quantile of differences.
//!
//! # Formula
//!
//! ```text
//! θ  = quantile(treatment) − quantile(baseline)
//! se = √(se₁² + se₂²),  seⱼ = Maritz and Jarrett's standard error of mode j (see `quantile`)
//! ```
//!
//! and the intervals of `bootstrap`.
//!
//! # Assumptions
//!
//! Those of the bootstrap. Near p = 0 or 1 resamples know nothing of values beyond the extreme run.
//!
//! # References
//!
//! Maritz, Jarrett (1978), doi:10.1080/01621459.1978.10480027. Efron (1987), doi:10.1080/01621459.1987.10478410.
//! Hall (1988), doi:10.1214/aos/1176350933.
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic with mpmath's weights, SciPy and numpy
//! (`tests/reference/bootstrap_quantile_difference.csv`, `_t`).

use super::super::{Answer, Compute, Estimand, Kind, Method, Result, Settings};
use super::quantile::Quantiles;
use super::{BCA_REFERENCE, Centred};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_quantile_difference",
    label: "Difference of quantiles (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::QuantileDifference,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Samples(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_quantile_difference_t",
    label: "Difference of quantiles (studentised bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::QuantileDifference,
    interval: None,
    reference: super::quantile::STUDENTISED.reference,
    compute: Compute::Samples(studentised),
};

fn bca(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let quantiles = Quantiles::of(&values, settings)?;
    let [mut a, mut b] = quantiles.modes();
    let found = quantiles.resampling(settings)?.bca(|[of_a, of_b]| b.quantile(of_b) - a.quantile(of_a))?;
    Ok(quantiles.warned(found).on_scale(|x| values.difference(x))?.answer(quantiles.name(BCA.label)))
}

fn studentised(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let quantiles = Quantiles::of(&values, settings)?;
    let resampling = quantiles.resampling(settings)?;
    let ([mut a, mut b], [for_a, for_b]) = (quantiles.modes(), quantiles.weights()?);
    let difference = |[of_a, of_b]: [&[usize]; 2]| b.estimate(of_b, &for_b).minus(a.estimate(of_a, &for_a));
    let found = resampling.studentised(difference)?;
    Ok(quantiles.warned(found).on_scale(|x| values.difference(x))?.answer(quantiles.name(STUDENTISED.label)))
}
