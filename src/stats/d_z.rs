//! d_z: the standardised mean difference of pairs, in units of the standard deviation of the differences.
//!
//! # Definition
//!
//! By how many standard deviations of a block's difference the modes differ. It says how consistent a difference is; as
//! its unit shrinks with what the values of a block have in common, it is not comparable with Cohen's d: see `d_av`.
//!
//! # Formula
//!
//! ```text
//! d_z    = mean(d)/sd(d) = t/√n,  dᵢ = treatmentᵢ − baselineᵢ
//! bounds = ncp/√n,  P(T ≤ t) = (1 ± level)/2 for T ~ noncentral t(n − 1; ncp)
//! ```
//!
//! # Assumptions
//!
//! Independent blocks, normal differences.
//!
//! # References
//!
//! Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, doi:10.4324/9780203771587. Interval:
//! Cumming, Finch (2001), doi:10.1177/0013164401614002.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/d_z.csv`).

use super::standardised::Standardised;
use super::{Answer, Compute, EffectSize, Estimand, Kind, Method, Result, finite, paired_t};

pub(super) const METHOD: Method = Method {
    id: "d_z",
    label: "Cohen's d_z (SD of the differences)",
    kind: Kind::EffectSize,
    estimand: Estimand::StandardisedDifference,
    interval: Some("from the noncentral t distribution"),
    reference: "Cohen (1988), doi:10.4324/9780203771587",
    compute: Compute::Pairs(|a, b, s| d_z(a, b, s.level).map(Answer::Effect)),
};

/// d_z with its interval, positive when the treatment's mean is the greater.
///
/// Undefined when the values are not pairs, when there are fewer than two of these, or when the differences do not vary.
pub fn d_z(baseline: &[f64], treatment: &[f64], level: f64) -> Result<EffectSize> {
    let differences = paired_t::varied_differences(baseline, treatment)?;
    let n = differences.n as f64;
    let d = finite(differences.mean / differences.sd)?;
    Standardised { d, unit: 1.0 / n.sqrt(), df: n - 1.0 }.effect(1.0, level, METHOD.label)
}
