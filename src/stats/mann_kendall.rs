//! Mann and Kendall's test of a trend: whether the runs drift.
//!
//! # Hypothesis
//!
//! H₀: the values do not rise or fall with the order of the runs.
//!
//! # Formula
//!
//! ```text
//! S         = Σ over i < j of sign(xⱼ − xᵢ) = pairs − tied − 2·inversions
//! estimate  = S/√(pairs·(pairs − tied)),  pairs = n·(n − 1)/2,  tied = Σt·(t − 1)/2     (Kendall's tau-b)
//! n ≤ 50:     p_value from counting the inversions of all orders of the values
//! n > 50:     statistic = (S − sign(S))/√((n·(n − 1)·(2n + 5) − Σt·(t − 1)·(2t + 5))/18),  normal
//! sen_slope = median over i < j of (xⱼ − xᵢ)/(j − i)
//! ```
//!
//! with t the sizes of the groups of equal values. The inversions of all orders are counted group by group: those
//! between a group of t equal values and the m before it are distributed as Mann and Whitney's U of t and m, ties or no
//! ties; all terms are positive.
//!
//! # Assumptions
//!
//! Values in run order; independent but for the trend: autocorrelated runs look like a trend.
//!
//! # References
//!
//! Mann (1945), doi:10.2307/1907187. Kendall (1938), doi:10.1093/biomet/30.1-2.81; Rank Correlation Methods, 1975. Mann,
//! Whitney (1947), doi:10.1214/aoms/1177730491. Knight (1966), doi:10.1080/01621459.1966.10480879. Sen (1968),
//! doi:10.1080/01621459.1968.10480934.
//!
//! # Checked against
//!
//! SciPy 1.17 `kendalltau(method="exact")`; counting in integers; mpmath: 1e-12 (`tests/reference/mann_kendall.csv`).

use super::distribution::normal;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Result, TestResult, Undefined, describe, finite,
    tail,
};

pub(super) const METHOD: Method = Method {
    id: "mann_kendall",
    label: "Mann–Kendall test of a trend",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Mann (1945), doi:10.2307/1907187",
    compute: Compute::Sample(|values, s| mann_kendall(values, s.alternative, s.level).map(Answer::Test)),
};

/// The largest sample whose p-value is counted.
const EXACT: usize = 50;

/// The largest sample whose slope is taken over all pairs.
const LONGEST: usize = 1000;

/// Tests whether values rise (`Greater`) or fall with their order; the estimate is Kendall's tau-b.
///
/// Undefined for fewer than three values, and when all are equal.
pub fn mann_kendall(values: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    tail(level, alternative)?;
    let n = values.len();
    if n < 3 {
        return Err(Undefined::because(format!("a trend needs three values or more, not {n}")));
    }
    let groups = groups(values)?;
    let pairs = pairs(n);
    let untied = pairs - groups.iter().map(|&t| self::pairs(t)).sum::<usize>();
    if untied == 0 {
        return Err(Undefined::because("all values are equal"));
    }
    let inversions = inversions(&mut values.to_vec());
    let s = untied as f64 - 2.0 * inversions as f64;
    let (statistic, p_value, how) = if n <= EXACT {
        let probabilities = inversion_probabilities(&groups);
        // P(S ≥ s), as the inversions are then at most (untied − s)/2.
        let upper = |s: f64| Ok(probabilities.iter().take((untied as f64 - s) as usize / 2 + 1).sum::<f64>().min(1.0));
        (None, p_value(alternative, s, upper)?, "exact")
    } else {
        let sd =
            (eighteen_variances(n) - groups.iter().map(|&t| eighteen_variances(t)).sum::<f64>()).sqrt() / 18f64.sqrt();
        let z = if s == 0.0 { 0.0 } else { (s - s.signum()) / sd };
        (Some(z), p_value(alternative, s, |s| normal::sf((s - 1.0) / sd))?, "normal approximation")
    };
    Ok(TestResult {
        statistic,
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: Some(s / (pairs as f64 * untied as f64).sqrt()),
        interval: Interval { level, lower: None, upper: None },
        alternative,
        method: format!("{} ({how})", METHOD.label),
        note: None,
    })
}

/// Sen's slope: the median change from one run to the next, in the unit of the values.
///
/// Undefined for fewer than two values and for more than 1000, whose pairs are too many.
pub fn sen_slope(values: &[f64]) -> Result<f64> {
    if !(2..=LONGEST).contains(&values.len()) {
        let n = values.len();
        return Err(Undefined::because(format!("the slope is taken of 2 to {LONGEST} values, not of {n}")));
    }
    let mut slopes = Vec::with_capacity(pairs(values.len()));
    for (i, from) in values.iter().enumerate() {
        for (distance, to) in values[i..].iter().enumerate().skip(1) {
            slopes.push(finite((to - from) / distance as f64)?);
        }
    }
    slopes.sort_by(f64::total_cmp);
    describe::quantile(&slopes, 0.5)
}

/// From `upper(s)` = P(S ≥ s), where S is distributed symmetrically about 0.
fn p_value(alternative: Alternative, s: f64, upper: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    match alternative {
        Alternative::TwoSided => Ok((2.0 * upper(s.abs())?).min(1.0)),
        Alternative::Less => upper(-s),
        Alternative::Greater => upper(s),
    }
}

fn pairs(n: usize) -> usize {
    n * (n - 1) / 2
}

/// 18 times the variance of S of n values that all differ.
fn eighteen_variances(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// The sizes of the groups of equal values.
fn groups(values: &[f64]) -> Result<Vec<usize>> {
    let mut sorted = values.iter().map(|&x| finite(x)).collect::<Result<Vec<f64>>>()?;
    sorted.sort_by(f64::total_cmp);
    Ok(sorted.chunk_by(|x, y| x == y).map(<[f64]>::len).collect())
}

/// How many pairs are in falling order, by sorting them by merges.
fn inversions(values: &mut [f64]) -> usize {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(n / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(n);
    let mut left = left.iter().copied().peekable();
    for &x in right.iter() {
        while let Some(smaller) = left.next_if(|y| *y <= x) {
            merged.push(smaller);
        }
        count += left.len();
        merged.push(x);
    }
    merged.extend(left);
    values.copy_from_slice(&merged);
    count
}

/// The probability of each number of inversions over all orders of groups of equal values of these sizes.
fn inversion_probabilities(groups: &[usize]) -> Vec<f64> {
    let mut before = 0;
    groups.iter().fold(vec![1.0], |probabilities, &t| {
        let between = inversions_between(before, t);
        before += t;
        let mut sum = vec![0.0; probabilities.len() + between.len() - 1];
        for (i, p) in probabilities.iter().enumerate() {
            for (j, q) in between.iter().enumerate() {
                sum[i + j] += p * q;
            }
        }
        sum
    })
}

/// The same of the inversions between a group of t equal values and m others: the last of the m + t is of the group, and
/// then no inversion, or one of the others, and then t of them.
fn inversions_between(m: usize, t: usize) -> Vec<f64> {
    let mut of_others = vec![vec![1.0]; m + 1];
    for t in 1..=t {
        for m in 1..=m {
            let (group, other) = (t as f64 / (m + t) as f64, m as f64 / (m + t) as f64);
            let mut probabilities = vec![0.0; m * t + 1];
            for (u, p) in of_others[m].iter().enumerate() {
                probabilities[u] += group * p;
            }
            for (u, p) in of_others[m - 1].iter().enumerate() {
                probabilities[u + t] += other * p;
            }
            of_others[m] = probabilities;
        }
    }
    of_others.swap_remove(m)
}

#[cfg(test)]
mod tests {
    use approx::{assert_relative_eq, relative_eq};
    use proptest::prelude::*;

    use super::*;

    fn two_sided(values: &[f64]) -> Result<TestResult> {
        mann_kendall(values, Alternative::TwoSided, 0.95)
    }

    proptest! {
        #[test]
        fn inversions_are_the_falling_pairs(values in prop::collection::vec((0i32..9).prop_map(f64::from), 0..40)) {
            let falling = |i: usize| values[i..].iter().filter(|x| **x < values[i]).count();
            prop_assert_eq!(inversions(&mut values.clone()), (0..values.len()).map(falling).sum::<usize>());
        }

        #[test]
        fn reversing_the_order_or_the_sign_flips_the_trend(
            values in prop::collection::vec((-20i32..20).prop_map(f64::from), 3..80), power in -600i32..600,
        ) {
            let reversed: Vec<f64> = values.iter().rev().map(|x| (x + 32.0) * 2f64.powi(power)).collect();
            let negative: Vec<f64> = values.iter().map(|x| -x).collect();
            let here = mann_kendall(&values, Alternative::Greater, 0.95);
            for other in [reversed, negative] {
                match (&here, mann_kendall(&other, Alternative::Less, 0.95)) {
                    (Ok(x), Ok(y)) => {
                        prop_assert_eq!(x.estimate, y.estimate.map(|tau| -tau));
                        prop_assert!(relative_eq!(x.p_value, y.p_value, max_relative = 1e-12));
                    }
                    (x, y) => prop_assert_eq!(x.is_err(), y.is_err()),
                }
            }
        }

        #[test]
        fn any_values_give_a_probability_or_a_reason(
            values in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0), Just(-0.0)], 0..7),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = mann_kendall(&values, Alternative::TwoSided, level) {
                let tau = test.estimate.unwrap();
                prop_assert!((0.0..=1.0).contains(&test.p_value) && (-1.0..=1.0).contains(&tau));
            }
            prop_assert!(sen_slope(&values).is_err() || sen_slope(&values).unwrap().is_finite());
        }
    }

    #[test]
    fn a_straight_line_is_the_rarest_of_orders() {
        let line: Vec<f64> = (0..50).map(f64::from).collect();
        let factorial: f64 = (1..=50).map(f64::from).product();
        assert_relative_eq!(two_sided(&line).unwrap().p_value, 2.0 / factorial, max_relative = 1e-12);
        assert_eq!(sen_slope(&line), Ok(1.0));
        assert_eq!(two_sided(&[2.0; 9]).unwrap_err().because, "all values are equal");
        assert!(two_sided(&[1.0, 2.0]).is_err());
        assert!(sen_slope(&[1.0; 1001]).is_err());
    }

    #[test]
    fn a_million_runs_are_no_burden() {
        let long: Vec<f64> = (0..1_000_000u64).map(|i| (i * 7_368_787 % 1_000_003) as f64).collect();
        assert!((0.0..=1.0).contains(&two_sided(&long).unwrap().p_value));
    }
}
