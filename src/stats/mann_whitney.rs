//! Mann and Whitney's U test (Wilcoxon's rank-sum test) of two independent samples.
//!
//! # Hypothesis
//!
//! H₀: the values of both modes come from the same distribution. Against it the test has power when values of the one
//! tend to be greater: P(T > B) + ½·P(T = B) ≠ ½, which is the estimate.
//!
//! # Formula
//!
//! ```text
//! statistic U = number of pairs (b, t) with t > b, + ½ of those with t = b
//! estimate    = U/(n₁·n₂)
//! exact, n₁·n₂ ≤ 10 000, over all C(n₁ + n₂, n₂) ways to deal out the values as they are, ties included:
//!   p_less = P(U' ≤ U),  p_greater = P(U' ≥ U),  p = min(1, 2·min(p_less, p_greater))
//! else by z = (U − n₁·n₂/2 ± ½)/σ, with N = n₁ + n₂ and t the sizes of the groups of ties:
//!   σ² = n₁·n₂/12 · (N³ − N − Σ(t³ − t))/(N·(N − 1))
//! ```
//!
//! Of the two conventions for a two-sided exact p, which differ when the distribution is not symmetric, this is the one
//! of R and SciPy; the other is P(|U' − E U'| ≥ |U − E U'|).
//!
//! # Assumptions
//!
//! Independent runs. As a test of a shift or of medians: distributions of the same shape.
//!
//! # References
//!
//! Mann, Whitney (1947), doi:10.1214/aoms/1177730491. Wilcoxon (1945), doi:10.2307/3001968. Ties: Lehmann,
//! Nonparametrics, 1975, section 1.4.
//!
//! # Checked against
//!
//! Exact: counting in whole numbers, 1e-12; R's `wilcox.test` where there are no ties. Approximation: mpmath
//! (`tests/reference/mann_whitney.csv`).

use super::ranks::{self, Arrangements, Tails};
use super::{Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Result, TestResult, tail};

pub(super) const METHOD: Method = Method {
    id: "mann_whitney",
    label: "Mann–Whitney U test",
    kind: Kind::Test,
    estimand: Estimand::Superiority,
    interval: None,
    reference: "Mann and Whitney (1947), doi:10.1214/aoms/1177730491",
    compute: Compute::Samples(|a, b, s| mann_whitney(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Up to how many pairs of a value of each mode the distribution of U is counted out: 100 runs of each.
pub(super) const MOST_EXACT_PAIRS: usize = 10_000;

/// Tests whether values of one mode tend to be greater; the estimate P(T > B) + ½·P(T = B) comes without an interval,
/// which `superiority` has.
///
/// Undefined when a sample is empty or has a value that is not finite.
pub fn mann_whitney(baseline: &[f64], treatment: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    tail(level, alternative)?;
    let (n1, n2) = (baseline.len(), treatment.len());
    let twice_u: u64 = ranks::placements(&ranks::sorted(treatment)?, &ranks::sorted(baseline)?).iter().sum();
    let ties = ranks::ties(&ranks::sorted(&[baseline, treatment].concat())?);
    let u = twice_u as f64 / 2.0;
    let pairs = n1 as f64 * n2 as f64;
    let (p_value, variant, note) = if n1.saturating_mul(n2) <= MOST_EXACT_PAIRS {
        let tied = ties.len() < n1 + n2;
        let arrangements = Arrangements::of_u(&ties, n2);
        (
            arrangements.tails(twice_u as usize).p_value(alternative),
            if tied { "exact with ties" } else { "exact" },
            too_few(&arrangements, alternative, tied, &format!("{n1} and {n2} runs")),
        )
    } else {
        let tails = Tails::normal(u - pairs / 2.0, standard_deviation(n1, n2, &ties))?;
        let note = (n1.min(n2) < 10).then(|| format!("with {} runs the normal approximation is rough", n1.min(n2)));
        (tails.p_value(alternative), "normal approximation with tie and continuity correction", note)
    };
    Ok(TestResult {
        statistic: Some(u),
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: Some(u / pairs),
        interval: Interval { level, lower: None, upper: None },
        alternative,
        method: format!("Mann–Whitney, {variant}"),
        note,
    })
}

/// Of U under H₀.
fn standard_deviation(n1: usize, n2: usize, ties: &[usize]) -> f64 {
    let cube = |n: usize| (n as u128).pow(3) - n as u128;
    let n = n1 + n2;
    let untied = cube(n) - ties.iter().map(|&size| cube(size)).sum::<u128>();
    (n1 as f64 * n2 as f64 / 12.0 * (untied as f64 / (n as f64 * (n - 1) as f64))).sqrt()
}

/// What to say when not even the most extreme data would be significant at 5 %.
pub(super) fn too_few(null: &Arrangements, alternative: Alternative, tied: bool, runs: &str) -> Option<String> {
    let smallest = null.smallest_p(alternative);
    let with = if tied { " with these ties" } else { "" };
    (smallest > 0.05).then(|| format!("the smallest p-value that {runs}{with} can give is {smallest:.3}"))
}

#[cfg(test)]
mod tests {
    use approx::{assert_relative_eq, relative_eq};
    use proptest::prelude::*;

    use super::super::ranks::tests::{alternative, anything, opposite, values};
    use super::*;

    fn test(a: &[f64], b: &[f64]) -> TestResult {
        mann_whitney(a, b, Alternative::TwoSided, 0.95).unwrap()
    }

    fn from(start: usize, n: usize) -> Vec<f64> {
        (start..start + n).map(|x| x as f64).collect()
    }

    proptest! {
        #[test]
        fn swapping_the_modes_mirrors_the_test(a in values(), b in values(), towards in alternative()) {
            let there = mann_whitney(&a, &b, towards, 0.95).unwrap();
            let back = mann_whitney(&b, &a, opposite(towards), 0.95).unwrap();
            prop_assert!(relative_eq!(there.p_value, back.p_value, max_relative = 1e-13));
            prop_assert_eq!(there.statistic.unwrap() + back.statistic.unwrap(), (a.len() * b.len()) as f64);
        }

        #[test]
        fn only_the_order_of_values_matters(a in values(), b in values(), power in -600i32..600) {
            let stretched = |x: &[f64]| x.iter().map(|x| x.powi(3) * 2f64.powi(power)).collect::<Vec<_>>();
            prop_assert_eq!(test(&a, &b), test(&stretched(&a), &stretched(&b)));
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            a in anything(), b in anything(), towards in alternative(), level in prop::num::f64::ANY,
        ) {
            for level in [level, 0.95] {
                if let Ok(test) = mann_whitney(&a, &b, towards, level) {
                    prop_assert!((0.0..=1.0).contains(&test.p_value) && (0.0..=1.0).contains(&test.estimate.unwrap()));
                }
            }
        }
    }

    #[test]
    fn the_variant_is_part_of_the_name() {
        assert_eq!(test(&from(0, 100), &from(50, 100)).method, "Mann–Whitney, exact with ties");
        assert_eq!(test(&from(0, 5), &from(5, 7)).method, "Mann–Whitney, exact");
        let approximate = test(&from(0, 101), &from(50, 100));
        assert_eq!(approximate.method, "Mann–Whitney, normal approximation with tie and continuity correction");
        assert_eq!(approximate.note, None);
        let rough = test(&from(0, 3), &from(1, 4000));
        assert_eq!(rough.note.unwrap(), "with 3 runs the normal approximation is rough");
    }

    #[test]
    fn too_few_runs_say_what_they_could_give() {
        let note = |a: &[f64], b: &[f64]| test(a, b).note;
        assert_eq!(
            note(&from(0, 3), &from(1, 3)).unwrap(),
            "the smallest p-value that 3 and 3 runs with these ties can give is 0.100"
        );
        assert_eq!(note(&from(0, 3), &from(9, 4)).unwrap(), "the smallest p-value that 3 and 4 runs can give is 0.057");
        assert_eq!(note(&from(0, 4), &from(9, 4)), None);
        assert_eq!(mann_whitney(&from(0, 3), &from(9, 4), Alternative::Less, 0.95).unwrap().note, None);
        let constant = test(&[1.0; 4], &[1.0; 5]);
        assert_eq!((constant.p_value, constant.estimate), (1.0, Some(0.5)));
    }

    #[test]
    fn the_approximation_is_near_the_count_where_it_takes_over() {
        let (a, b) = (from(0, 100), (0..100).map(|x| f64::from(x) + 10.5).collect::<Vec<_>>());
        let deviation = test(&a, &b).statistic.unwrap() - 5000.0;
        let tails = Tails::normal(deviation, standard_deviation(100, 100, &[1; 200])).unwrap();
        assert_relative_eq!(test(&a, &b).p_value, tails.p_value(Alternative::TwoSided), max_relative = 0.02);
    }

    #[test]
    fn a_million_runs_are_no_trouble() {
        let n = 1_000_000;
        let huge = test(&from(0, n), &from(1, n));
        // Of n² pairs, n − 1 are equal, and n·(n + 1)/2 of the others won.
        assert_relative_eq!(
            huge.estimate.unwrap(),
            0.5 + (n as f64 - 0.5) / (n as f64 * n as f64),
            max_relative = 1e-15
        );
        assert!(huge.p_value > 0.99);
    }
}
