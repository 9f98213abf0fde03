//! The change of a mean relative to the baseline, with Fieller's interval.
//!
//! # Definition
//!
//! (mean(treatment) − mean(baseline))/mean(baseline), a fraction: 0.29 is +29 %.
//!
//! # Formula
//!
//! ```text
//! estimate = (mean₂ − mean₁)/mean₁
//! bounds   = (estimate + g ± t/mean₁·√((1 − g)·se₂² + ratio²·se₁²)) / (1 − g)
//! ratio    = mean₂/mean₁,  g = (t·se₁/mean₁)²,  t = t(df; (1 + level)/2)
//! df       = (ratio²·se₁² + se₂²)² / (ratio⁴·se₁⁴/(n₁ − 1) + se₂⁴/(n₂ − 1))
//! ```
//!
//! with 1 the baseline and 2 the treatment. When g ≥ 1 the baseline's mean is not distinguishable from zero, and the
//! ratios that the data do not contradict have no bounds.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. Variances may differ.
//!
//! # References
//!
//! Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x. With unequal variances: Tamhane, Logan (2004), J. Biopharm.
//! Stat. 14, 843–856; Hasler, Hothorn (2008), doi:10.1002/bimj.200710466.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/ratio_of_means.csv`).

use super::{
    Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Moments, Result, Undefined, finite,
    t_distribution, welch,
};

pub(super) const METHOD: Method = Method {
    id: "ratio_of_means",
    label: "Relative change of the mean (Fieller)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    reference: "Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x",
    compute: Compute::Moments(|a, b, s| ratio_of_means(a, b, s.level).map(Answer::Effect)),
};

/// The relative change of the mean, a fraction of the baseline's mean, with an interval at a confidence level.
///
/// Undefined when the baseline's mean is zero, or a sample has fewer than two values, or both are constant. An
/// interval without bounds has a note.
pub fn ratio_of_means(baseline: &Moments, treatment: &Moments, level: f64) -> Result<EffectSize> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    if baseline.mean == 0.0 {
        return Err(Undefined::because("the baseline's mean is zero"));
    }
    let estimate = finite((treatment.mean - baseline.mean) / baseline.mean)?;
    let [of_baseline, of_treatment] = [baseline, treatment].map(|m| m.standard_error() / baseline.mean.abs());
    let of_ratio = treatment.mean.abs() / baseline.mean.abs() * of_baseline;
    let (_, df) = welch::combined([(of_ratio, baseline.n), (of_treatment, treatment.n)])?;
    let t = t_distribution::critical(df, Alternative::TwoSided, level)?;
    let g = (t * of_baseline) * (t * of_baseline);
    let (interval, note) = if g < 1.0 {
        let margin = t * libm::hypot((1.0 - g).sqrt() * of_treatment, of_ratio);
        let bound = |sign: f64| finite((estimate + g + sign * margin) / (1.0 - g));
        (Interval { level, lower: Some(bound(-1.0)?), upper: Some(bound(1.0)?) }, None)
    } else {
        let note = "the interval has no bounds, because the baseline's mean is not distinguishable from zero";
        (Interval { level, lower: None, upper: None }, Some(note.to_owned()))
    };
    Ok(EffectSize { name: METHOD.label.to_owned(), estimate, interval: Some(interval), note })
}
