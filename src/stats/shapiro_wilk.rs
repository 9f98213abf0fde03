//! Shapiro and Wilk's test of normality.
//!
//! # Hypothesis
//!
//! H₀: the values are of a normal distribution.
//!
//! # Formula
//!
//! ```text
//! statistic   W = (Σaᵢ·x₍ᵢ₎)² / Σ(xᵢ − mean)²
//! mᵢ            = Φ⁻¹((i − 3/8)/(n + 1/4)),  u = 1/√n
//! aₙ            = mₙ/‖m‖ + LAST(u)
//! aₙ₋₁          = mₙ₋₁/‖m‖ + LAST_BUT_ONE(u)      (n > 5)
//! aᵢ            ∝ mᵢ for the others, so that Σaᵢ² = 1;  aᵢ = −aₙ₊₁₋ᵢ
//! z             = (g(1 − W) − MEAN(x))/exp(LN_SD(x))
//!                 n ≤ 11: g(v) = −ln(0.459·n − 2.273 − ln v),  x = n
//!                 n ≥ 12: g(v) = ln v,                         x = ln n
//! p_value       = P(Z > z)
//! ```
//!
//! with polynomials fitted to simulations. 1 − W is computed as the share of the squares that a line through the normal
//! scores leaves over, without cancellation. For n = 3 the distribution of W is exact; in the gaps between the sorted values
//!
//! ```text
//! p_value       = (6/π)·arctan(√3·ratio/(2 + ratio)),  ratio = smaller/larger
//! ```
//!
//! # Assumptions
//!
//! Independent runs, 3 ≤ n ≤ 5000. Values rounded so coarsely that many are equal look less normal than they are. A small
//! p-value does not choose another test here: Welch's bears much, and a rank test is reported beside it.
//!
//! # References
//!
//! Shapiro, Wilk (1965), doi:10.1093/biomet/52.3-4.591. Royston (1992), doi:10.1007/BF01891203. Royston, algorithm AS
//! R94 (1995), doi:10.2307/2986146.
//!
//! # Checked against
//!
//! R 4.2 `shapiro.test`, on centred data as it loses the digits of an offset: 1e-10; the formulas above in mpmath: 1e-12
//! (`tests/reference/shapiro_wilk.csv`).

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::autocorrelation::deviations;
use super::distribution::normal;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Result, TestResult, Undefined, finite, tail,
};

pub(super) const METHOD: Method = Method {
    id: "shapiro_wilk",
    label: "Shapiro–Wilk test of normality",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Royston (1995), doi:10.2307/2986146",
    compute: Compute::Sample(|values, s| shapiro_wilk(values, s.level).map(Answer::Test)),
};

/// Coefficients of ascending powers.
const LAST: &[f64] = &[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056];
const LAST_BUT_ONE: &[f64] = &[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633];
const SMALL_MEAN: &[f64] = &[0.544, -0.39978, 0.025054, -0.0006714];
const SMALL_LN_SD: &[f64] = &[1.3822, -0.77857, 0.062767, -0.0020322];
const MEAN: &[f64] = &[-1.5861, -0.31082, -0.083751, 0.0038915];
const LN_SD: &[f64] = &[-0.4803, -0.082676, 0.0030302];

/// Tests whether values are of a normal distribution.
///
/// Undefined for fewer than 3 or more than 5000 values, when all are equal, and when two of only three are.
pub fn shapiro_wilk(values: &[f64], level: f64) -> Result<TestResult> {
    let n = values.len();
    if !(3..=5000).contains(&n) {
        return Err(Undefined::because(format!("the Shapiro–Wilk test is for 3 to 5000 values, not {n}")));
    }
    tail(level, Alternative::TwoSided)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (weights, deviations) = (weights(n)?, deviations(&sorted)?);
    let slope: f64 = weights.iter().zip(&deviations).map(|(a, x)| a * x).sum();
    let squares: f64 = deviations.iter().map(|x| x * x).sum();
    let left_over: f64 = weights.iter().zip(&deviations).map(|(a, x)| (x - a * slope) * (x - a * slope)).sum();
    let p_value = match sorted[..] {
        [a, b, c] => p_of_three(b - a, c - b)?,
        _ => p_value(left_over / squares, n as f64)?,
    };
    Ok(TestResult {
        statistic: Some(finite((slope * slope / squares).min(1.0))?),
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: None,
        interval: Interval { level, lower: None, upper: None },
        alternative: Alternative::TwoSided,
        method: METHOD.label.to_owned(),
        note: None,
    })
}

/// The weights a of the sorted values.
fn weights(n: usize) -> Result<Vec<f64>> {
    if n == 3 {
        return Ok(vec![-FRAC_1_SQRT_2, 0.0, FRAC_1_SQRT_2]);
    }
    let mut weights = (n / 2..n).map(|i| normal::score(i + 1, n)).collect::<Result<Vec<f64>>>()?;
    if n % 2 == 1 {
        weights[0] = 0.0;
    }
    let squares = |half: &[f64]| 2.0 * half.iter().map(|m| m * m).sum::<f64>();
    let norm = squares(&weights).sqrt();
    let u = 1.0 / (n as f64).sqrt();
    let corrections = if n > 5 { &[LAST_BUT_ONE, LAST][..] } else { &[LAST] };
    let bulk = weights.len() - corrections.len();
    let (scores, outer) = weights.split_at_mut(bulk);
    for (weight, correction) in outer.iter_mut().zip(corrections) {
        *weight = *weight / norm + polynomial(correction, u);
    }
    let shrink = ((1.0 - squares(outer)) / squares(scores)).sqrt();
    scores.iter_mut().for_each(|m| *m *= shrink);
    let lower = weights.iter().rev().take(n / 2).map(|a| -a).collect::<Vec<f64>>();
    Ok([lower, weights].concat())
}

/// From 1 − W, of four values or more.
fn p_value(complement: f64, n: f64) -> Result<f64> {
    // A perfect fit has no logarithm; any value as small gives p = 1.
    let ln = libm::log(complement.max(f64::MIN_POSITIVE));
    let (transformed, mean, ln_sd, x) = if n < 12.0 {
        (-libm::log(0.459 * n - 2.273 - ln), SMALL_MEAN, SMALL_LN_SD, n)
    } else {
        (ln, MEAN, LN_SD, libm::log(n))
    };
    normal::sf((transformed - polynomial(mean, x)) / libm::exp(polynomial(ln_sd, x)))
}

fn p_of_three(first_gap: f64, second_gap: f64) -> Result<f64> {
    let (smaller, larger) = (first_gap.min(second_gap), first_gap.max(second_gap));
    if smaller == 0.0 {
        return Err(Undefined::because("two of only three values are equal, and then W is the same whatever they are"));
    }
    let ratio = smaller / larger;
    Ok((6.0 / PI * libm::atan(3f64.sqrt() * ratio / (2.0 + ratio))).min(1.0))
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use approx::{assert_relative_eq, relative_eq};
    use proptest::prelude::*;

    use super::shapiro_wilk;

    proptest! {
        #[test]
        fn order_offset_scale_and_sign_do_not_matter(
            values in prop::collection::vec((-1000i32..1000).prop_map(f64::from), 4..60), power in -600i32..600,
        ) {
            let p = |values: Vec<f64>| shapiro_wilk(&values, 0.95).ok().map(|test| test.p_value);
            let here = p(values.clone());
            let there = p(values.iter().rev().map(|x| (x + 4096.0) * 2f64.powi(power)).collect());
            let mirrored = p(values.iter().map(|x| -x).collect());
            for other in [there, mirrored] {
                match (here, other) {
                    (Some(x), Some(y)) => prop_assert!(relative_eq!(x, y, max_relative = 1e-9), "{x} {y}"),
                    (x, y) => prop_assert_eq!(x, y),
                }
            }
        }

        #[test]
        fn any_values_give_a_probability_or_a_reason(
            values in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0)], 0..9),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = shapiro_wilk(&values, level) {
                prop_assert!((0.0..=1.0).contains(&test.p_value) && (0.0..=1.0).contains(&test.statistic.unwrap()));
            }
        }
    }

    #[test]
    fn the_size_of_a_sample_is_bounded() {
        let values: Vec<f64> = (0..5001).map(f64::from).collect();
        assert!(shapiro_wilk(&values, 0.95).is_err());
        assert!(shapiro_wilk(&values[..5000], 0.95).is_ok());
        assert!(shapiro_wilk(&values[..2], 0.95).is_err());
        assert!(shapiro_wilk(&[1.0, 1.0, 1.0, 1.0], 0.95).is_err());
        assert!(shapiro_wilk(&[1.0, 1.0, 2.0], 0.95).is_err());
        assert_relative_eq!(shapiro_wilk(&[1.0, 2.0, 3.0], 0.95).unwrap().p_value, 1.0);
    }
}
