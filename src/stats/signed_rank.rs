//! Wilcoxon's signed-rank test of paired samples.
//!
//! # Hypothesis
//!
//! H₀: the differences of the pairs, treatment − baseline, are symmetric about zero.
//!
//! # Formula
//!
//! ```text
//! statistic V = sum of the ranks of |d| over the positive d; equal |d| share the mean of their ranks
//! estimate    = median of the n·(n + 1)/2 means (dᵢ + dⱼ)/2, i ≤ j
//! exact, n ≤ 200, over the 2ᵐ signs of the m differences that are not zero, ties included:
//!   p_less = P(V' ≤ V),  p_greater = P(V' ≥ V),  p = min(1, 2·min(p_less, p_greater))
//! else by z = (V − Σr/2 ± ½)/√(Σr²/4), r the ranks of the differences that are not zero
//! interval    = the k-th of these means from below and from above
//! k           = the largest with P(V' < k) ≤ (1 − level)/2, as if without ties and zeros;
//!               for n > 200 ⌊n·(n + 1)/4 + ½ − z((1 + level)/2)·√(n·(n + 1)·(2n + 1)/24)⌋
//! ```
//!
//! Zeros take part in the ranking and are then left out (Pratt), rather than left out before it (Wilcoxon): else a
//! value that moves against the effect could lower p. Two |d| are equal when they differ by no more than the rounding
//! of the values that they come from: 0.3 − 0.1 ties with 0.4 − 0.2.
//!
//! # Assumptions
//!
//! Independent pairs; differences that are symmetric. With ties and zeros the interval's level is at least the one
//! asked for.
//!
//! # References
//!
//! Wilcoxon (1945), doi:10.2307/3001968. Zeros: Pratt (1959), doi:10.1080/01621459.1959.10501526. The interval: Tukey,
//! in Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 2014, section 3.3. The estimate: Hodges, Lehmann
//! (1963), doi:10.1214/aoms/1177704172.
//!
//! # Checked against
//!
//! Exact: counting in whole numbers, the differences as the decimals they are, 1e-12; R's `wilcox.test` where there are
//! neither ties nor zeros. Approximation: mpmath (`tests/reference/signed_rank.csv`).

use super::mann_whitney::too_few;
use super::ranks::{self, Arrangements, PairValues, Tails};
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Result, TestResult, Undefined, finite, tail,
};

pub(super) const METHOD: Method = Method {
    id: "signed_rank",
    label: "Wilcoxon signed-rank test",
    kind: Kind::Test,
    estimand: Estimand::Shift,
    interval: None,
    reference: "Wilcoxon (1945), doi:10.2307/3001968; Pratt (1959), doi:10.1080/01621459.1959.10501526",
    compute: Compute::Pairs(|a, b, s| signed_rank(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Up to how many pairs the distribution of V is counted out.
const MOST_EXACT: usize = 200;

/// Tests whether the differences of pairs, by position, are shifted from zero; estimate and interval are of that shift.
///
/// Undefined when the samples are empty, differ in length, or have a value that is not finite.
pub fn signed_rank(baseline: &[f64], treatment: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    let tail = tail(level, alternative)?;
    let n = baseline.len();
    if n != treatment.len() {
        return Err(Undefined::because(format!("{n} and {} values are no pairs", treatment.len())));
    }
    let differences =
        baseline.iter().zip(treatment).map(|(b, t)| Difference::of(*b, *t)).collect::<Result<Vec<_>>>()?;
    let sorted = ranks::sorted(&differences.iter().map(|d| d.value).collect::<Vec<_>>())?;
    let ranks = Ranks::of(differences);
    let means = walsh_means(&sorted);
    let (p_value, variant, k, note) = if n <= MOST_EXACT {
        let null = Arrangements::of_signs(&ranks.doubled);
        let untied = Arrangements::of_signs(&(1..=n).map(|rank| 2 * rank).collect::<Vec<_>>());
        let note = too_few(&null, alternative, ranks.tied || ranks.zeros > 0, &format!("{n} pairs"));
        let variant = if ranks.tied { "exact with ties" } else { "exact" };
        (null.tails(ranks.positive).p_value(alternative), variant, untied.order_index(tail), note)
    } else {
        let p_value = ranks.normal_tails()?.p_value(alternative);
        let (mean, size) = (means.number as f64 / 2.0, n as f64);
        let k = ranks::normal_order_index(mean, (mean * (2.0 * size + 1.0) / 6.0).sqrt(), tail)?;
        (p_value, "normal approximation with tie and continuity correction", k, None)
    };
    let [lower, upper] = means.bounds(k).map_or([None; 2], |bounds| bounds.map(Some));
    let zeros = if ranks.zeros > 0 { ", zeros ranked and left out (Pratt)" } else { "" };
    Ok(TestResult {
        statistic: Some(ranks.positive as f64 / 2.0),
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: Some(means.median()),
        interval: Interval {
            level,
            lower: lower.filter(|_| alternative != Alternative::Less),
            upper: upper.filter(|_| alternative != Alternative::Greater),
        },
        alternative,
        method: format!("Wilcoxon signed-rank, {variant}{zeros}"),
        note,
    })
}

struct Difference {
    value: f64,
    /// How far the doubles can be from the difference of the decimals that they stand for.
    error: f64,
}

impl Difference {
    fn of(baseline: f64, treatment: f64) -> Result<Self> {
        let error = 2.0 * f64::EPSILON * finite(baseline)?.abs().max(finite(treatment)?.abs());
        Ok(Self { value: finite(treatment - baseline)?, error })
    }
}

/// The ranks of |d|, doubled: the mean of two ranks may be a half.
struct Ranks {
    /// Of the differences that are not zero.
    doubled: Vec<usize>,
    /// The sum of those of the positive differences.
    positive: usize,
    zeros: usize,
    tied: bool,
}

impl Ranks {
    fn of(mut differences: Vec<Difference>) -> Self {
        differences.sort_by(|x, y| x.value.abs().total_cmp(&y.value.abs()));
        let zeros = differences.partition_point(|d| d.value == 0.0);
        let mut ranks = Self { doubled: Vec::new(), positive: 0, zeros, tied: false };
        let mut before = zeros;
        for group in differences.split_off(zeros).chunk_by(|x, y| y.value.abs() - x.value.abs() <= x.error + y.error) {
            let doubled = 2 * before + group.len() + 1;
            ranks.doubled.extend(group.iter().map(|_| doubled));
            ranks.positive += doubled * group.iter().filter(|d| d.value > 0.0).count();
            ranks.tied |= group.len() > 1;
            before += group.len();
        }
        ranks
    }

    fn normal_tails(&self) -> Result<Tails> {
        let sum: u128 = self.doubled.iter().map(|&rank| rank as u128).sum();
        let squares: u128 = self.doubled.iter().map(|&rank| (rank as u128).pow(2)).sum();
        let deviation = (2 * self.positive as i128 - sum as i128) as f64 / 4.0;
        Tails::normal(deviation, (squares as f64).sqrt() / 4.0)
    }
}

/// The means (dᵢ + dⱼ)/2, i ≤ j, of sorted values.
fn walsh_means(sorted: &[f64]) -> PairValues<impl Fn(f64) -> u64> {
    let n = sorted.len() as u64;
    PairValues {
        number: n * (n + 1) / 2,
        least: sorted.first().copied().unwrap_or_default(),
        greatest: sorted.last().copied().unwrap_or_default(),
        // The greater d, the fewer others are so small that their mean is at most x. All pairs but those of a value
        // with itself are met twice.
        at_most: move |x| {
            let mut rest = sorted;
            let count = |&d: &f64| {
                rest = rest.iter().rposition(|e| d.midpoint(*e) <= x).map_or(&[], |last| &rest[..=last]);
                rest.len() as u64
            };
            let twice: u64 = sorted.iter().map(count).sum();
            (twice + sorted.partition_point(|&d| d <= x) as u64) / 2
        },
    }
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{alternative, anything, interval_is_sound, opposite, values};
    use super::*;

    fn test(b: &[f64], t: &[f64]) -> TestResult {
        signed_rank(b, t, Alternative::TwoSided, 0.95).unwrap()
    }

    fn pairs() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        (values(), values()).prop_map(|(a, b)| {
            let n = a.len().min(b.len());
            (a[..n].to_vec(), b[..n].to_vec())
        })
    }

    proptest! {
        #[test]
        fn swapping_the_modes_mirrors_the_test((a, b) in pairs(), towards in alternative()) {
            let there = signed_rank(&a, &b, towards, 0.8).unwrap();
            let back = signed_rank(&b, &a, opposite(towards), 0.8).unwrap();
            prop_assert!(relative_eq!(there.p_value, back.p_value, max_relative = 1e-13));
            prop_assert_eq!(there.estimate, back.estimate.map(|x| -x));
            prop_assert_eq!(there.interval.lower, back.interval.upper.map(|x| -x));
            prop_assert_eq!(there.interval.upper, back.interval.lower.map(|x| -x));
        }

        #[test]
        fn neither_unit_nor_order_of_the_pairs_matters((a, b) in pairs(), power in -600i32..600) {
            let changed = |x: &[f64]| x.iter().rev().map(|x| x * 2f64.powi(power)).collect::<Vec<_>>();
            let (here, there) = (test(&a, &b), test(&changed(&a), &changed(&b)));
            prop_assert_eq!((here.statistic, here.p_value), (there.statistic, there.p_value));
            prop_assert_eq!(here.method, there.method);
            prop_assert_eq!(here.estimate.map(|x| x * 2f64.powi(power)), there.estimate);
        }

        #[test]
        fn selection_is_that_of_the_sorted_list(d in anything()) {
            if let Ok(sorted) = ranks::sorted(&d) {
                let found = walsh_means(&sorted);
                let mean = |i: usize| sorted.iter().take(i + 1).map(move |x| (x, i));
                let mut all: Vec<f64> =
                    (0..sorted.len()).flat_map(mean).map(|(x, i)| x.midpoint(sorted[i])).collect();
                all.sort_by(f64::total_cmp);
                prop_assert_eq!(found.number as usize, all.len());
                for (k, (lower, upper)) in all.iter().zip(all.iter().rev()).enumerate() {
                    prop_assert_eq!(found.bounds(k as u64 + 1), Some([*lower, *upper]));
                }
            }
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            a in anything(), b in anything(), towards in alternative(), level in prop::num::f64::ANY,
        ) {
            let n = a.len().min(b.len());
            for level in [level, 0.5] {
                for (a, b) in [(&a[..], &b[..]), (&a[..n], &b[..n])] {
                    if let Ok(test) = signed_rank(a, b, towards, level) {
                        prop_assert!((0.0..=1.0).contains(&test.p_value) && interval_is_sound(&test.interval));
                        prop_assert!(test.estimate.is_some_and(f64::is_finite));
                    }
                }
            }
        }
    }

    #[test]
    fn zeros_and_ties_are_named() {
        let zero = [0.0; 7];
        assert_eq!(test(&zero, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).method, "Wilcoxon signed-rank, exact");
        let tied = test(&zero, &[1.0, -1.0, 3.0, 4.0, 0.0, 6.0, 7.0]);
        assert_eq!(tied.method, "Wilcoxon signed-rank, exact with ties, zeros ranked and left out (Pratt)");
        // The zero has rank 1, the two ones 2.5 each.
        assert_eq!(tied.statistic, Some(2.5 + 4.0 + 5.0 + 6.0 + 7.0));
        assert_eq!(test(&[0.1, 0.2], &[0.3, 0.4]).method, "Wilcoxon signed-rank, exact with ties");
        let none = test(&[3.0; 4], &[3.0; 4]);
        assert_eq!((none.p_value, none.statistic, none.estimate), (1.0, Some(0.0), Some(0.0)));
        assert!(signed_rank(&[1.0], &[1.0, 2.0], Alternative::TwoSided, 0.95).is_err());
    }

    #[test]
    fn too_few_pairs_say_what_they_could_give() {
        let five = test(&[0.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(five.note.unwrap(), "the smallest p-value that 5 pairs can give is 0.062");
        assert_eq!((five.interval.lower, five.interval.upper), (None, None));
    }

    #[test]
    fn many_pairs_need_no_list_of_means() {
        let n = 100_000;
        let rising: Vec<f64> = (0..=n).map(|x| f64::from(x) - 30_000.0).collect();
        let result = test(&vec![0.0; rising.len()], &rising);
        assert_eq!(result.estimate, Some(20_000.0));
        assert!(result.p_value < 1e-300 && result.interval.lower.is_some_and(|lower| lower > 19_000.0));
    }
}
