//! Hodges and Lehmann's estimate of a shift, with its distribution-free interval.
//!
//! # Definition
//!
//! The median of the differences t − b over all pairs of a value of each mode: by how much the treatment's values are
//! shifted, hardly moved by outliers.
//!
//! # Formula
//!
//! ```text
//! estimate = median of the n₁·n₂ differences D
//! interval = [D₍ₖ₎, D₍ₙ₁·ₙ₂₊₁₋ₖ₎],  k the largest with P(U < k) ≤ (1 − level)/2, U of Mann and Whitney without ties
//! k        = counted out for n₁·n₂ ≤ 10 000, else ⌊n₁·n₂/2 + ½ − z((1 + level)/2)·√(n₁·n₂·(n₁ + n₂ + 1)/12)⌋
//! ```
//!
//! The order statistics of the differences are found by counting, without listing them: any number of runs will do.
//!
//! # Assumptions
//!
//! Independent runs; distributions that differ by a shift only. With ties the interval's level is at least the one
//! that was asked for.
//!
//! # References
//!
//! Hodges, Lehmann (1963), doi:10.1214/aoms/1177704172. The interval: Moses, in Walker and Lev, Statistical Inference,
//! 1953; Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 2014, section 4.3. Selection: Johnson, Mizoguchi
//! (1978), doi:10.1137/0207013.
//!
//! # Checked against
//!
//! All differences in rational numbers, and k by counting in whole numbers: 1e-12; R's `wilcox.test` where there are no
//! ties (`tests/reference/hodges_lehmann.csv`).

use super::mann_whitney::MOST_EXACT_PAIRS;
use super::ranks::{self, Arrangements, PairValues};
use super::{Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Result, finite, tail};

pub(super) const METHOD: Method = Method {
    id: "hodges_lehmann",
    label: "Hodges–Lehmann shift",
    kind: Kind::Interval,
    estimand: Estimand::Shift,
    interval: None,
    reference: "Hodges and Lehmann (1963), doi:10.1214/aoms/1177704172",
    compute: Compute::Samples(|a, b, s| hodges_lehmann(a, b, s.level).map(Answer::Effect)),
};

/// The median of the pairwise differences, in the unit of the values.
///
/// Undefined when a sample is empty or has a value that is not finite. Without an interval when there are too few runs
/// for its level.
pub fn hodges_lehmann(baseline: &[f64], treatment: &[f64], level: f64) -> Result<EffectSize> {
    let tail = tail(level, Alternative::TwoSided)?;
    let (first, second) = (ranks::sorted(baseline)?, ranks::sorted(treatment)?);
    let differences = differences(&first, &second)?;
    let (n1, n2) = (first.len(), second.len());
    let (k, reached, variant) = if n1.saturating_mul(n2) <= MOST_EXACT_PAIRS {
        let untied = Arrangements::of_u(&vec![1; n1 + n2], n2);
        let widest = 1.0 - untied.smallest_p(Alternative::TwoSided);
        let reached = format!("; all differences together reach {}", ranks::percent(widest));
        (untied.order_index(tail), reached, "exact")
    } else {
        let (mean, n) = (n1 as f64 * n2 as f64 / 2.0, (n1 + n2) as f64);
        let k = ranks::normal_order_index(mean, (mean * (n + 1.0) / 6.0).sqrt(), tail)?;
        (k, String::new(), "normal approximation")
    };
    let bounds = differences.bounds(k);
    let too_few = || format!("{n1} and {n2} runs are too few for an interval at {}{reached}", ranks::percent(level));
    Ok(EffectSize {
        name: format!("{}, {variant}", METHOD.label),
        estimate: differences.median(),
        interval: bounds.map(|[lower, upper]| Interval { level, lower: Some(lower), upper: Some(upper) }),
        note: bounds.is_none().then(too_few),
    })
}

/// The differences t − b of the values of two sorted samples.
fn differences(baseline: &[f64], treatment: &[f64]) -> Result<PairValues<impl Fn(f64) -> u64>> {
    let [ends, other_ends] = [baseline, treatment].map(|x| x.first().zip(x.last()));
    let (least, greatest) = ends.zip(other_ends).map_or((0.0, 0.0), |((b1, bn), (t1, tn))| (t1 - bn, tn - b1));
    Ok(PairValues {
        number: baseline.len() as u64 * treatment.len() as u64,
        least: finite(least)?,
        greatest: finite(greatest)?,
        // The greater t, the more values of the baseline are so small that t − b exceeds x.
        at_most: move |x| {
            let mut rest = baseline;
            let count = |&t: &f64| {
                rest = rest.iter().position(|b| t - b <= x).map_or(&[], |first| &rest[first..]);
                rest.len() as u64
            };
            treatment.iter().map(count).sum()
        },
    })
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{anything, interval_is_sound, values};
    use super::*;

    proptest! {
        #[test]
        fn selection_is_that_of_the_sorted_list(a in anything(), b in anything()) {
            if let (Ok(first), Ok(second)) = (ranks::sorted(&a), ranks::sorted(&b))
                && let Ok(found) = differences(&first, &second)
            {
                    let mut all: Vec<f64> = second.iter().flat_map(|t| first.iter().map(move |b| t - b)).collect();
                    all.sort_by(f64::total_cmp);
                    for (k, (lower, upper)) in all.iter().zip(all.iter().rev()).enumerate() {
                        prop_assert_eq!(found.bounds(k as u64 + 1), Some([*lower, *upper]));
                    }
                    prop_assert_eq!(found.median(), all[(all.len() - 1) / 2].midpoint(all[all.len() / 2]));
                    prop_assert_eq!((found.bounds(0), found.bounds(all.len() as u64 + 1)), (None, None));
            }
        }

        #[test]
        fn swapping_the_modes_flips_the_sign(a in values(), b in values(), power in -600i32..600) {
            let [there, back] = [hodges_lehmann(&a, &b, 0.9), hodges_lehmann(&b, &a, 0.9)].map(Result::unwrap);
            prop_assert_eq!(there.estimate, -back.estimate);
            let bounds = |effect: &EffectSize| effect.interval.map(|i| (i.lower.unwrap(), i.upper.unwrap()));
            prop_assert_eq!(bounds(&there), bounds(&back).map(|(lower, upper)| (-upper, -lower)));
            // A power of two loses no digit, so neither may the estimate.
            let unit = 2f64.powi(power);
            let scaled = |x: &[f64]| x.iter().map(|x| x * unit).collect::<Vec<_>>();
            let scaled = hodges_lehmann(&scaled(&a), &scaled(&b), 0.9).unwrap();
            prop_assert_eq!(scaled.estimate, there.estimate * unit);
            prop_assert_eq!(bounds(&scaled), bounds(&there).map(|(lower, upper)| (lower * unit, upper * unit)));
        }

        #[test]
        fn a_shift_of_the_treatment_is_added(a in values(), b in values(), shift in -100i32..100) {
            let shift = f64::from(shift) / 8.0;
            let moved = hodges_lehmann(&a, &b.iter().map(|x| x + shift).collect::<Vec<_>>(), 0.95).unwrap();
            prop_assert_eq!(moved.estimate, hodges_lehmann(&a, &b, 0.95).unwrap().estimate + shift);
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(a in anything(), b in anything(), level in prop::num::f64::ANY) {
            for level in [level, 0.95, 0.5] {
                if let Ok(effect) = hodges_lehmann(&a, &b, level) {
                    prop_assert!(effect.estimate.is_finite() && effect.interval.is_none_or(|i| interval_is_sound(&i)));
                }
            }
        }
    }

    #[test]
    fn too_few_runs_have_no_interval() {
        let effect = hodges_lehmann(&[1.0, 2.0, 3.0], &[2.5, 4.0, 6.0], 0.95).unwrap();
        assert_eq!(effect.interval, None);
        let note = "3 and 3 runs are too few for an interval at 95 %; all differences together reach 90 %";
        assert_eq!(effect.note.unwrap(), note);
        let at_90 = hodges_lehmann(&[1.0, 2.0, 3.0], &[2.5, 4.0, 6.0], 0.9).unwrap();
        assert_eq!(at_90.interval.unwrap(), Interval { level: 0.9, lower: Some(-0.5), upper: Some(5.0) });
    }

    #[test]
    fn large_samples_need_no_list_of_differences() {
        // n − |d − 7| of the differences are d, so n²/2 of them are less than 7, and as many are greater.
        let n = 100_000u64;
        let from = |start: u64| (start..start + n).map(|x| x as f64).collect::<Vec<_>>();
        let effect = hodges_lehmann(&from(0), &from(7), 0.95).unwrap();
        assert_eq!(effect.estimate, 7.0);
        let Interval { lower, upper, .. } = effect.interval.unwrap();
        assert_eq!(lower.unwrap() - 7.0, 7.0 - upper.unwrap());
        let below = 7.0 - lower.unwrap();
        // Lower tail of the triangle: (n − below)²/2 differences, of n²/2 − 1.96·σ.
        let expected = 1.959_963_985 * ((2 * n + 1) as f64 / 12.0).sqrt();
        assert!(relative_eq!(below, expected, max_relative = 0.01), "{below} {expected}");
    }
}
