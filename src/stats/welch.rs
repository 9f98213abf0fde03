//! Welch's t-test of two means.
//!
//! # Hypothesis
//!
//! H₀: the two modes have the same mean; their variances may differ.
//!
//! # Formula
//!
//! ```text
//! estimate       = mean(treatment) − mean(baseline)
//! standard_error = √(v₁ + v₂),  vⱼ = sdⱼ²/nⱼ
//! statistic      = estimate/standard_error
//! df             = (v₁ + v₂)² / (v₁²/(n₁ − 1) + v₂²/(n₂ − 1))
//! interval       = estimate ± t(df; (1 + level)/2)·standard_error
//! ```
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal.
//!
//! # References
//!
//! Welch (1947), doi:10.1093/biomet/34.1-2.28. Satterthwaite (1946), doi:10.2307/3002019. Why it is the default rather
//! than Student's: Delacre, Lakens, Leys (2017), doi:10.5334/irsp.82.
//!
//! # Checked against
//!
//! mpmath on 41 pairs of samples and 5 published summaries, p down to 1e-300: 1e-12 (`tests/reference/welch.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Kind, Method, Moments, Result, TestResult, Undefined, finite,
    t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "welch",
    label: "Welch's t-test",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Welch (1947), doi:10.1093/biomet/34.1-2.28",
    compute: Compute::Moments(|a, b, s| welch(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests the difference of two means, in the unit of the values, from the moments alone.
///
/// Undefined when a sample has fewer than two values, or both are constant.
pub fn welch(baseline: &Moments, treatment: &Moments, alternative: Alternative, level: f64) -> Result<TestResult> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    let estimate = finite(treatment.mean - baseline.mean)?;
    let (standard_error, df) = combined([baseline, treatment].map(|m| (m.standard_error(), m.n)))?;
    t_distribution::t_test(estimate, standard_error, df, alternative, level, METHOD.label)
}

/// The standard error of the difference of two independent estimates, and its degrees of freedom (Welch–Satterthwaite),
/// from the standard error of each and the number of runs, at least 2, it comes from.
pub(super) fn combined([(first, n1), (second, n2)]: [(f64, usize); 2]) -> Result<(f64, f64)> {
    let standard_error = finite(libm::hypot(first, second))?;
    if standard_error == 0.0 {
        return Err(Undefined::because("neither mode varies between runs, so the standard error is zero"));
    }
    // Shares of the variance rather than variances: they neither overflow nor underflow.
    let part = |error: f64, n: usize| {
        let share = (error / standard_error) * (error / standard_error);
        share * share / (n - 1) as f64
    };
    Ok((standard_error, 1.0 / (part(first, n1) + part(second, n2))))
}
