//! Student's t-test of two means.
//!
//! # Hypothesis
//!
//! H₀: the two modes have the same mean; they are taken to have the same variance.
//!
//! # Formula
//!
//! ```text
//! estimate       = mean(treatment) − mean(baseline)
//! sd             = √(((n₁ − 1)·sd₁² + (n₂ − 1)·sd₂²) / df)
//! standard_error = sd·√(1/n₁ + 1/n₂)
//! statistic      = estimate/standard_error
//! df             = n₁ + n₂ − 2
//! interval       = estimate ± t(df; (1 + level)/2)·standard_error
//! ```
//!
//! # Assumptions
//!
//! Independent runs; normal values; equal variances. Where the smaller sample has the larger variance the test finds
//! too many differences, which is why Welch's is the default; this one is for comparison with published results.
//!
//! # References
//!
//! Student (1908), doi:10.1093/biomet/6.1.1.
//!
//! # Checked against
//!
//! mpmath on 41 pairs of samples and 5 published summaries, p down to 1e-300: 1e-12 (`tests/reference/student.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Kind, Method, Moments, Result, TestResult, Undefined, finite,
    t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "student",
    label: "Student's t-test (pooled SD)",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Student (1908), doi:10.1093/biomet/6.1.1",
    compute: Compute::Moments(|a, b, s| student(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests the difference of two means, in the unit of the values, from the moments alone.
///
/// Undefined when a sample has fewer than two values, or both are constant.
pub fn student(baseline: &Moments, treatment: &Moments, alternative: Alternative, level: f64) -> Result<TestResult> {
    let (sd, df) = pooled_sd(baseline, treatment)?;
    let estimate = finite(treatment.mean - baseline.mean)?;
    let standard_error = sd * root_of_inverse_sizes(baseline, treatment);
    t_distribution::t_test(estimate, standard_error, df, alternative, level, METHOD.label)
}

/// The standard deviation that both modes are taken to share, not zero, and its degrees of freedom.
pub(super) fn pooled_sd(baseline: &Moments, treatment: &Moments) -> Result<(f64, f64)> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    let [df1, df2] = [baseline, treatment].map(|m| (m.n - 1) as f64);
    let df = df1 + df2;
    let sd = finite(libm::hypot(baseline.sd * (df1 / df).sqrt(), treatment.sd * (df2 / df).sqrt()))?;
    if sd == 0.0 {
        return Err(Undefined::because("neither mode varies between runs, so the standard deviation is zero"));
    }
    Ok((sd, df))
}

/// √(1/n₁ + 1/n₂): the standard error of the difference in units of the pooled standard deviation.
pub(super) fn root_of_inverse_sizes(baseline: &Moments, treatment: &Moments) -> f64 {
    (1.0 / baseline.n as f64 + 1.0 / treatment.n as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::welch::welch;
    use super::*;

    proptest! {
        #[test]
        fn equals_welch_where_sizes_and_variances_are_equal(
            n in 2..500usize, mean in -9.0..9.0f64, sd in 0.01..9.0f64, level in 0.5..0.999f64,
        ) {
            let [a, b] = [0.5, mean].map(|mean| Moments { n, mean, sd });
            let [ours, theirs] = [student, welch].map(|test| test(&a, &b, Alternative::Greater, level).unwrap());
            for (x, y) in [
                (ours.statistic, theirs.statistic),
                (ours.df, theirs.df),
                (Some(ours.p_value), Some(theirs.p_value)),
                (ours.interval.lower, theirs.interval.lower),
            ] {
                prop_assert!(approx::relative_eq!(x.unwrap(), y.unwrap(), max_relative = 1e-9, epsilon = 1e-12));
            }
        }

        #[test]
        fn swapping_the_modes_flips_the_sign(
            n in prop::array::uniform2(2..100usize), mean in prop::array::uniform2(-9.0..9.0f64),
            sd in prop::array::uniform2(0.0..9.0f64),
        ) {
            let [a, b] = [0, 1].map(|i| Moments { n: n[i], mean: mean[i], sd: sd[i] });
            if let Ok(there) = student(&a, &b, Alternative::Less, 0.9) {
                let back = student(&b, &a, Alternative::Greater, 0.9).unwrap();
                prop_assert_eq!(there.statistic, back.statistic.map(|t| -t));
                prop_assert_eq!(there.interval.upper, back.interval.lower.map(|x| -x));
                prop_assert_eq!((there.df, there.p_value), (back.df, back.p_value));
            }
        }
    }
}
