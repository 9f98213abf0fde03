//! Brown and Forsythe's test of equal variances.
//!
//! # Hypothesis
//!
//! H₀: the values of the two modes spread equally about their medians.
//!
//! # Formula
//!
//! ```text
//! zᵢⱼ          = |xᵢⱼ − medianⱼ|
//! statistic    = (mean(z₂) − mean(z₁))² / (pooled variance of z·(1/n₁ + 1/n₂))
//! numerator_df = 1
//! df           = n₁ + n₂ − 2
//! p_value      = P(F(1, df) > statistic)
//! ```
//!
//! which for two modes is the square of Student's t of the z.
//!
//! # Assumptions
//!
//! Independent runs. The medians instead of the means make it hold for skewed values. A small p-value does not choose
//! another test here: Welch's, always used, allows unequal variances.
//!
//! # References
//!
//! Brown, Forsythe (1974), doi:10.1080/01621459.1974.10482955.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/brown_forsythe.csv`).

use super::student::student;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Moments, Result, TestResult, Undefined, describe,
    finite,
};

pub(super) const METHOD: Method = Method {
    id: "brown_forsythe",
    label: "Brown–Forsythe test of equal variances",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Brown and Forsythe (1974), doi:10.1080/01621459.1974.10482955",
    compute: Compute::Samples(|a, b, s| brown_forsythe(a, b, s.level).map(Answer::Test)),
};

/// Tests whether two samples spread equally: Student's t of their distances from the median, squared.
///
/// Undefined when a sample has fewer than two values, and when in both all values are equally far from the median, as two
/// are.
pub fn brown_forsythe(baseline: &[f64], treatment: &[f64], level: f64) -> Result<TestResult> {
    let (first, second) = (spreads(baseline)?, spreads(treatment)?);
    if !first.varies && !second.varies {
        return Err(Undefined::because("in each mode all values are equally far from the median"));
    }
    let test = student(&first.moments, &second.moments, Alternative::TwoSided, level)?;
    Ok(TestResult {
        statistic: test.statistic.map(|t| finite(t * t)).transpose()?,
        standard_error: None,
        numerator_df: Some(1.0),
        estimate: None,
        interval: Interval { level, lower: None, upper: None },
        method: METHOD.label.to_owned(),
        ..test
    })
}

/// The distances of the values from their median.
struct Spreads {
    moments: Moments,
    /// By more than the rounding of the values.
    varies: bool,
}

fn spreads(values: &[f64]) -> Result<Spreads> {
    // Seen from the first value, so that an offset costs no digit.
    let mut shifted: Vec<f64> = values.iter().map(|x| x - values[0]).collect();
    shifted.sort_by(f64::total_cmp);
    let median = describe::quantile(&shifted, 0.5)?;
    let spreads: Vec<f64> = shifted.iter().map(|x| (x - median).abs()).collect();
    let extreme = |values: &[f64], pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or_default();
    let rounding = 4.0 * f64::EPSILON * extreme(values, |x, y| x.abs().max(y.abs())).abs();
    let varies = extreme(&spreads, f64::max) - extreme(&spreads, f64::min) > rounding;
    Ok(Spreads { moments: Moments::of(&spreads)?, varies })
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::brown_forsythe;

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-1000i32..1000).prop_map(f64::from), 2..20)
    }

    proptest! {
        #[test]
        fn swapping_shifting_and_scaling_change_nothing(
            a in sample(), b in sample(), offset in -4096i32..4096, power in -500i32..500,
        ) {
            let p = |a: &[f64], b: &[f64]| brown_forsythe(a, b, 0.95).map(|test| test.p_value);
            let moved = |x: &[f64]| x.iter().map(|x| (x + f64::from(offset)) * 2f64.powi(power)).collect::<Vec<_>>();
            // The offset of one mode alone is nothing to the test either.
            for other in [p(&b, &a), p(&moved(&a), &moved(&b))] {
                match (p(&a, &b), other) {
                    (Ok(x), Ok(y)) => prop_assert!(relative_eq!(x, y, max_relative = 1e-9), "{x} {y}"),
                    (x, y) => prop_assert_eq!(x, y),
                }
            }
        }

        #[test]
        fn any_values_give_a_probability_or_a_reason(
            a in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0)], 0..6),
            b in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0)], 0..6),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = brown_forsythe(&a, &b, level) {
                prop_assert!((0.0..=1.0).contains(&test.p_value) && test.statistic.unwrap() >= 0.0);
            }
        }
    }

    #[test]
    fn what_rounding_leaves_is_no_spread() {
        // 0.1 and 0.7 are not equally far from their median in doubles.
        assert!(brown_forsythe(&[0.1, 0.7], &[1.1, 1.3], 0.95).is_err());
        assert!(brown_forsythe(&[0.1, 0.3, 0.1, 0.3], &[0.7, 1.9, 1.9, 0.7], 0.95).is_err());
        assert!(brown_forsythe(&[0.1, 0.7], &[1.1, 1.3, 1.6], 0.95).is_ok());
        assert!(brown_forsythe(&[1.0; 5], &[2.0; 5], 0.95).is_err());
    }
}
