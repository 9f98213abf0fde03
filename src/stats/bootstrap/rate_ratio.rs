//! The ratio of two rates of events, with bootstrap intervals; runs are drawn, each with its count and its exposure.
//!
//! # Definition
//!
//! rate(treatment)/rate(baseline), each the ratio of the totals of its mode.
//!
//! # Formula
//!
//! ```text
//! θ  = rate₂/rate₁                                        BCa
//! θ  = ln(rate₂/rate₁)                                    studentised; its interval is transformed back
//! se = √(r₁² + r₂²),  rⱼ = seⱼ/rateⱼ                      linearised, as in `rate_ratio`
//! ```
//!
//! and the intervals of `bootstrap`. A resample of one mode without an event makes the ratio 0 or infinite; one of both
//! makes it undefined.
//!
//! # Assumptions
//!
//! Those of the bootstrap. Events may come in bursts within a run.
//!
//! # References
//!
//! Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988), doi:10.1214/aos/1176350933. Cochran, Sampling
//! Techniques, 3rd ed., 1977, 6.4 (the standard error).
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic, SciPy and numpy (`tests/reference/bootstrap_rate_ratio.csv`, `_t`).

use super::super::rate::Totals;
use super::super::rate_ratio::pooled_ratio;
use super::super::{Answer, Compute, Estimand, Events, Kind, Method, Result, Settings, Undefined};
use super::{BCA_REFERENCE, Estimate, ROUNDING, Resampling, STUDENTISED_REFERENCE};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_rate_ratio",
    label: "Rate ratio (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::RateRatio,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Events(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_rate_ratio_t",
    label: "Rate ratio (studentised bootstrap of its logarithm)",
    kind: Kind::Interval,
    estimand: Estimand::RateRatio,
    interval: None,
    reference: STUDENTISED_REFERENCE,
    compute: Compute::Events(studentised),
};

fn bca(baseline: &[Events], treatment: &[Events], settings: &Settings) -> Result<Answer> {
    with_events(baseline, treatment)?;
    let resampling = Resampling::new([baseline, treatment], settings)?;
    Ok(resampling.bca(|[a, b]| pooled_ratio(a, b).unwrap_or(f64::NAN))?.answer(BCA.label))
}

fn studentised(baseline: &[Events], treatment: &[Events], settings: &Settings) -> Result<Answer> {
    with_events(baseline, treatment)?;
    let resampling = Resampling::new([baseline, treatment], settings)?;
    let found = resampling.studentised(|[a, b]| log_rate(b).minus(log_rate(a)))?;
    Ok(found.on_scale(libm::exp)?.answer(STUDENTISED.label))
}

fn with_events(baseline: &[Events], treatment: &[Events]) -> Result<()> {
    if Totals::of(baseline)?.count > 0.0 && Totals::of(treatment)?.count > 0.0 {
        Ok(())
    } else {
        Err(Undefined::because("a mode without an event has none in its resamples either"))
    }
}

/// The logarithm of the rate; −∞ without an event.
fn log_rate(runs: &[Events]) -> Estimate {
    let estimate = |totals: Totals| {
        let error = totals.relative_error(runs).unwrap_or(0.0);
        // Of runs that are all alike rounding leaves some 1e-17.
        Estimate { value: libm::log(totals.rate), error: if error > ROUNDING { error } else { 0.0 } }
    };
    Totals::of(runs).map_or(Estimate { value: f64::NAN, error: f64::NAN }, estimate)
}
