//! The change of a mean relative to the baseline, with bootstrap intervals.
//!
//! # Definition
//!
//! (mean(treatment) − mean(baseline))/mean(baseline), a fraction: 0.29 is +29 %.
//!
//! # Formula
//!
//! ```text
//! θ  = (mean₂ − mean₁)/mean₁
//! se = √(se₂² + (mean₂/mean₁)²·se₁²)/|mean₁|,  seⱼ = sdⱼ/√nⱼ        (delta method)
//! ```
//!
//! with 1 the baseline and 2 the treatment, and the intervals of `bootstrap`. On its way through zero the baseline's
//! mean takes θ through infinity: a resample in which it has the other sign lies beyond infinity, on the side of the
//! treatment's sign.
//!
//! # Assumptions
//!
//! Those of the bootstrap. Variances may differ.
//!
//! # References
//!
//! Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988), doi:10.1214/aos/1176350933. For ratios of means:
//! Kalibera, Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, doi:10.1145/2464157.2464160.
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic, SciPy and numpy (`tests/reference/bootstrap_change.csv`, `_t`).

use super::super::{Answer, Compute, Estimand, Kind, Method, Result, Settings, Undefined};
use super::mean::mean;
use super::{BCA_REFERENCE, Centred, Estimate, STUDENTISED_REFERENCE, hypotenuse};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_change",
    label: "Relative change of the mean (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Samples(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_change_t",
    label: "Relative change of the mean (studentised bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    interval: None,
    reference: STUDENTISED_REFERENCE,
    compute: Compute::Samples(studentised),
};

fn bca(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let change = change(&values)?;
    Ok(values.resampling(settings)?.bca(|runs| change(runs).value)?.answer(BCA.label))
}

fn studentised(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([baseline, treatment])?;
    let change = change(&values)?;
    Ok(values.resampling(settings)?.studentised(change)?.answer(STUDENTISED.label))
}

/// The change as a function of resampled values.
fn change(values: &Centred<2>) -> Result<impl Fn([&[f64]; 2]) -> Estimate> {
    let ([centre, _], between) = (values.centres, values.between());
    let sign = centre + mean(&values.modes[0]).value;
    if sign == 0.0 {
        return Err(Undefined::because("the baseline's mean is zero"));
    }
    Ok(move |[a, b]: [&[f64]; 2]| {
        let (baseline, treatment) = (mean(a), mean(b));
        let of_baseline = centre + baseline.value;
        let difference = treatment.value - baseline.value + between;
        if of_baseline * sign <= 0.0 {
            return Estimate { value: f64::INFINITY.copysign((of_baseline + difference) * sign), error: 0.0 };
        }
        let change = difference / of_baseline;
        let error = hypotenuse(treatment.error, (1.0 + change) * baseline.error) / of_baseline.abs();
        Estimate { value: change, error }
    })
}
