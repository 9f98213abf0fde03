//! Lag-1 autocorrelation: whether a run resembles the run before it.
//!
//! # Hypothesis
//!
//! H₀: the runs are exchangeable: their order says nothing of their values.
//!
//! # Formula
//!
//! ```text
//! estimate       r = Σ(xᵢ − mean)·(xᵢ₊₁ − mean) / Σ(xᵢ − mean)²
//! standard_error   = (n − 2)/(n·√(n − 1))
//! statistic        = (r + 1/n)/standard_error
//! bound            = −1/n ± z((1 + level)/2)·standard_error
//! effective size   = n·(1 − r)/(1 + r), at most n
//! ```
//!
//! The expectation −1/n holds for any exchangeable values, as each pair is adjacent in as many orders; the standard error
//! is exact for normal ones. The usual bound ±z/√n is their limit, and is off to one side and too wide for the n of
//! benchmarks. The effective size is that of independent runs whose mean is as precise, when correlation fades as in a
//! first-order autoregression.
//!
//! # Assumptions
//!
//! Values in run order, without gaps. The p-value: near normal values; the distribution of r is taken as normal, which
//! errs to the safe side: at n = 5, 10 and 20 independent runs have p < 0.05 in 3.3, 4.3 and 4.8 % of the samples.
//!
//! # References
//!
//! Moran (1948), doi:10.1093/biomet/35.3-4.255. Effective size: Bayley, Hammersley (1946), doi:10.2307/2983560.
//!
//! # Checked against
//!
//! NIST StRD, certified r; mpmath: 1e-12 (`tests/reference/autocorrelation.csv`).

use super::distribution::normal;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Moments, Result, TestResult, Undefined, finite,
    moments, tail,
};

pub(super) const METHOD: Method = Method {
    id: "autocorrelation",
    label: "Lag-1 autocorrelation",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Moran (1948), doi:10.1093/biomet/35.3-4.255",
    compute: Compute::Sample(|values, s| autocorrelation(values, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether successive values are correlated; `Greater`: they resemble each other.
///
/// Undefined for fewer than three values, and when all are equal.
pub fn autocorrelation(values: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    tail(level, alternative)?;
    let (mean, standard_error) = under_independence(values.len())?;
    let deviations = deviations(values)?;
    let products: Vec<f64> = deviations.windows(2).map(|pair| pair[0] * pair[1]).collect();
    let sd = Moments::of(&deviations)?.sd;
    let r = finite(moments::mean(&products)? / (sd * sd))?;
    let z = (r - mean) / standard_error;
    let p_value = match alternative {
        Alternative::TwoSided => 2.0 * normal::sf(z.abs())?,
        Alternative::Less => normal::sf(-z)?,
        Alternative::Greater => normal::sf(z)?,
    };
    Ok(TestResult {
        statistic: Some(z),
        standard_error: Some(standard_error),
        df: None,
        numerator_df: None,
        p_value,
        estimate: Some(r),
        interval: Interval { level, lower: None, upper: None },
        alternative,
        method: METHOD.label.to_owned(),
        note: None,
    })
}

/// Within which the coefficient of `n` independent runs lies with probability `level`.
pub fn bound(n: usize, level: f64) -> Result<Interval> {
    let (mean, standard_error) = under_independence(n)?;
    let margin = -normal::quantile(tail(level, Alternative::TwoSided)?)? * standard_error;
    Ok(Interval { level, lower: Some(mean - margin), upper: Some(mean + margin) })
}

/// How many independent runs would give as precise a mean as `n` runs with the coefficient `r`.
pub fn effective_size(n: usize, r: f64) -> f64 {
    // Runs that alternate would be worth more than n: nothing to rely on.
    n as f64 * ((1.0 - r) / (1.0 + r)).clamp(0.0, 1.0)
}

/// Expectation and standard error of the coefficient of n independent values.
fn under_independence(n: usize) -> Result<(f64, f64)> {
    if n < 3 {
        return Err(Undefined::because(format!("the autocorrelation of runs needs three values or more, not {n}")));
    }
    let n = n as f64;
    Ok((-1.0 / n, (n - 2.0) / (n * (n - 1.0).sqrt())))
}

/// How far the values are from their mean, in units of their range: offset and scale are gone.
pub(super) fn deviations(values: &[f64]) -> Result<Vec<f64>> {
    let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &x| (x.min(min), x.max(max)));
    let range = finite(max - min)?;
    if range == 0.0 {
        return Err(Undefined::because("all values are equal"));
    }
    let shifted: Vec<f64> = values.iter().map(|x| (x - min) / range).collect();
    let mean = moments::mean(&shifted)?;
    Ok(shifted.into_iter().map(|x| x - mean).collect())
}

#[cfg(test)]
mod tests {
    use approx::{assert_relative_eq, relative_eq};
    use proptest::prelude::*;

    use super::*;

    fn test(values: &[f64]) -> Result<TestResult> {
        autocorrelation(values, Alternative::TwoSided, 0.95)
    }

    proptest! {
        #[test]
        fn the_bound_is_where_p_is_one_minus_the_level(values in prop::collection::vec(-9.0..9.0f64, 3..30)) {
            let test = test(&values).unwrap();
            prop_assume!(test.p_value < 0.999 && test.p_value > 1e-9);
            let bound = bound(values.len(), 1.0 - test.p_value).unwrap();
            let ends = [bound.lower.unwrap(), bound.upper.unwrap()];
            let r = test.estimate.unwrap();
            prop_assert!(ends.iter().any(|end| relative_eq!(*end, r, epsilon = 1e-9)), "{r} {ends:?}");
        }

        #[test]
        fn direction_offset_and_scale_do_not_matter(
            values in prop::collection::vec((-1000i32..1000).prop_map(f64::from), 3..40), power in -600i32..600,
        ) {
            let there: Vec<f64> = values.iter().rev().map(|x| (4096.0 - x) * 2f64.powi(power)).collect();
            match (test(&values), test(&there)) {
                (Ok(x), Ok(y)) => {
                    let (x, y) = (x.estimate.unwrap(), y.estimate.unwrap());
                    prop_assert!(relative_eq!(x, y, epsilon = 1e-12), "{x} {y}");
                }
                (x, y) => prop_assert_eq!(x, y),
            }
        }

        #[test]
        fn any_values_give_a_coefficient_or_a_reason(
            values in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0)], 0..6),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = autocorrelation(&values, Alternative::Greater, level) {
                let r = test.estimate.unwrap();
                prop_assert!(r.abs() < 1.0 && (0.0..=1.0).contains(&test.p_value));
                prop_assert!((0.0..=values.len() as f64).contains(&effective_size(values.len(), r)));
            }
        }

        #[test]
        fn the_mean_over_all_orders_is_minus_one_nth(values in prop::collection::vec(-9.0..9.0f64, 4)) {
            let [a, b, c, d] = values[..] else { unreachable!() };
            // Each unordered pair is adjacent in half of the orders; these twelve are all, up to reversal.
            let orders = [
                [a, b, c, d], [a, b, d, c], [a, c, b, d], [a, c, d, b], [a, d, b, c], [a, d, c, b],
                [b, a, c, d], [b, a, d, c], [b, c, a, d], [b, d, a, c], [c, a, b, d], [c, b, a, d],
            ];
            let sum: f64 = orders.iter().map(|order| test(order).unwrap().estimate.unwrap()).sum();
            prop_assert!(relative_eq!(sum / 12.0, -0.25, epsilon = 1e-12));
        }
    }

    #[test]
    fn correlated_runs_count_for_less() {
        assert_relative_eq!(effective_size(20, 0.6), 5.0);
        assert_eq!(effective_size(20, 0.0), 20.0);
        assert_eq!(effective_size(20, -0.5), 20.0);
        assert_eq!(
            test(&[1.0, 2.0]).unwrap_err().because,
            "the autocorrelation of runs needs three values or more, not 2"
        );
        assert_eq!(test(&[1.0; 5]).unwrap_err().because, "all values are equal");
    }
}
