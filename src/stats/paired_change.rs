//! The change of a mean relative to the baseline, of pairs, with Fieller's interval.
//!
//! # Definition
//!
//! (mean(treatment) − mean(baseline))/mean(baseline), a fraction: 0.29 is +29 %.
//!
//! # Formula
//!
//! ```text
//! dᵢ       = treatmentᵢ − baselineᵢ
//! estimate = mean(d)/mean₁
//! eᵢ       = dᵢ − estimate·baselineᵢ
//! bounds   = estimate + (−c ± √(c² + (1 − g)·t²·var(e)/(n·mean₁²))) / (1 − g)
//! c        = t²·cov(e, baseline)/(n·mean₁²),  g = t²·var(baseline)/(n·mean₁²),  t = t(n − 1; (1 + level)/2)
//! ```
//!
//! which are the θ where mean(d − θ·baseline) is t standard errors from zero, written so that nothing cancels. When
//! g ≥ 1 the baseline's mean is not distinguishable from zero, and the changes that the data do not contradict have no
//! bounds.
//!
//! # Assumptions
//!
//! Those of the paired t-test, for both modes.
//!
//! # References
//!
//! Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x.
//!
//! # Checked against
//!
//! mpmath, by the roots of Fieller's quadratic: 1e-12 (`tests/reference/paired_change.csv`).

use super::{
    Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Moments, Result, Undefined, finite,
    moments, paired_t, t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "paired_change",
    label: "Relative change of the mean of pairs (Fieller)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    interval: None,
    reference: "Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x",
    compute: Compute::Pairs(|a, b, s| paired_change(a, b, s.level).map(Answer::Effect)),
};

/// The relative change of the mean, a fraction of the baseline's mean, with an interval at a confidence level.
///
/// Undefined when the values are not pairs, when there are fewer than two of these, when the baseline's mean is zero, or
/// when the ratio of the values is the same in all pairs. An interval without bounds has a note.
pub fn paired_change(baseline: &[f64], treatment: &[f64], level: f64) -> Result<EffectSize> {
    let differences = paired_t::differences(baseline, treatment)?;
    let mean = moments::mean(baseline)?;
    if mean == 0.0 {
        return Err(Undefined::because("the baseline's mean is zero"));
    }
    let estimate = finite(differences.mean / mean)?;
    // In units of the baseline's mean, and from the first pair on: an offset costs no digit.
    let from_first = |values: &[f64]| -> Vec<f64> {
        let first = values.first().copied().unwrap_or(0.0);
        values.iter().map(|x| (x - first) / mean).collect()
    };
    let ratio = 1.0 + estimate;
    let terms = baseline.iter().map(|x| x * ratio).chain(treatment.iter().copied());
    let (baseline, treatment) = (from_first(baseline), from_first(treatment));
    let residuals: Vec<f64> = baseline.iter().zip(&treatment).map(|(b, t)| t - ratio * b).collect();
    let residual = Moments::of(&residuals)?;
    if !paired_t::varies(residual.sd * mean.abs(), terms) {
        return Err(Undefined::because("the ratio is the same in all pairs, so its standard error is zero"));
    }
    let t = t_distribution::critical((residual.n - 1) as f64, Alternative::TwoSided, level)?;
    let reach = t * Moments::of(&baseline)?.standard_error();
    let g = finite(reach * reach)?;
    let (interval, note) = if g < 1.0 {
        let c = t * t * covariance(&residuals, &baseline)? / residual.n as f64;
        let root = libm::hypot(c, (1.0 - g).sqrt() * t * residual.standard_error());
        let bound = |sign: f64| finite(estimate + (sign * root - c) / (1.0 - g)).map(Some);
        (Interval { level, lower: bound(-1.0)?, upper: bound(1.0)? }, None)
    } else {
        let note = "the interval has no bounds, because the baseline's mean is not distinguishable from zero";
        (Interval { level, lower: None, upper: None }, Some(note.to_owned()))
    };
    Ok(EffectSize { name: METHOD.label.to_owned(), estimate, interval: Some(interval), note })
}

fn covariance(x: &[f64], y: &[f64]) -> Result<f64> {
    let (mean_x, mean_y) = (moments::mean(x)?, moments::mean(y)?);
    let products = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y));
    finite(products.sum::<f64>() / (x.len() - 1) as f64)
}
