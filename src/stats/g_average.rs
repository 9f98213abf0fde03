//! Hedges' g with the root mean square of both standard deviations: `d_average` without its small-sample bias.
//!
//! # Definition
//!
//! The nearly unbiased estimate of the difference of the means in units of √((σ₁² + σ₂²)/2); Delacre et al. call it
//! g*s.
//!
//! # Formula
//!
//! ```text
//! g      = J·d                                         d and df of `d_average`
//! J      = Γ(df/2) / (√(df/2)·Γ((df − 1)/2))
//! bounds = J·(those of d)
//! ```
//!
//! # Assumptions
//!
//! Those of `d_average`. J would be exact if the denominator's square were a scaled χ², which it nearly is.
//!
//! # References
//!
//! Delacre, Lakens, Ley, Liu, Leys, "Why Hedges' g*s based on the non-pooled standard deviation should be reported with
//! Welch's t-test", 2021, doi:10.31234/osf.io/tu6mp.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/g_average.csv`).

use super::{Answer, Compute, EffectSize, Estimand, Kind, Method, Moments, Result, d_average, hedges_g};

pub(super) const METHOD: Method = Method {
    id: "g_average",
    label: "Hedges' g (root mean square of both SDs)",
    kind: Kind::EffectSize,
    estimand: Estimand::StandardisedDifference,
    interval: Some("from the noncentral t distribution, approximately"),
    reference: "Delacre, Lakens, Ley, Liu and Leys (2021), doi:10.31234/osf.io/tu6mp",
    compute: Compute::Moments(|a, b, s| g_average(a, b, s.level).map(Answer::Effect)),
};

/// g with its interval, positive when the treatment's mean is the greater.
///
/// Undefined when a sample has fewer than two values, both are constant, or one is and the other has two values.
pub fn g_average(baseline: &Moments, treatment: &Moments, level: f64) -> Result<EffectSize> {
    let standardised = d_average::standardised(baseline, treatment)?;
    standardised.effect(hedges_g::correction(standardised.df)?, level, METHOD.label)
}
