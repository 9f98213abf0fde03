//! Cohen's d with the pooled standard deviation.
//!
//! # Definition
//!
//! The difference of the means in units of the standard deviation that both modes are taken to share.
//!
//! # Formula
//!
//! ```text
//! d  = (mean(treatment) − mean(baseline))/sd
//! sd = √(((n₁ − 1)·sd₁² + (n₂ − 1)·sd₂²) / (n₁ + n₂ − 2))
//! ```
//!
//! # Assumptions
//!
//! Equal variances, for the denominator to mean something. In small samples d is biased upwards: see Hedges' g.
//!
//! # References
//!
//! Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, doi:10.4324/9780203771587.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/cohen_d.csv`).

use super::{Answer, Compute, EffectSize, Estimand, Kind, Method, Moments, Result, Undefined, finite};

pub(super) const METHOD: Method = Method {
    id: "cohen_d",
    label: "Cohen's d (pooled SD)",
    kind: Kind::EffectSize,
    estimand: Estimand::StandardisedDifference,
    reference: "Cohen (1988), doi:10.4324/9780203771587",
    compute: Compute::Moments(|a, b, _| cohen_d(a, b).map(Answer::Effect)),
};

/// Cohen's d, positive when the treatment's mean is the greater.
///
/// Undefined when a sample has fewer than two values, or both are constant.
pub fn cohen_d(baseline: &Moments, treatment: &Moments) -> Result<EffectSize> {
    let (d, _) = d_and_df(baseline, treatment)?;
    Ok(EffectSize { name: METHOD.label.to_owned(), estimate: d, interval: None, note: None })
}

/// d, and the degrees of freedom of its denominator.
pub(super) fn d_and_df(baseline: &Moments, treatment: &Moments) -> Result<(f64, f64)> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    let [df1, df2] = [baseline, treatment].map(|m| (m.n - 1) as f64);
    let df = df1 + df2;
    let sd = libm::hypot(baseline.sd * (df1 / df).sqrt(), treatment.sd * (df2 / df).sqrt());
    if sd == 0.0 {
        return Err(Undefined::because("neither mode varies between runs, so the standard deviation is zero"));
    }
    Ok((finite((treatment.mean - baseline.mean) / sd)?, df))
}
