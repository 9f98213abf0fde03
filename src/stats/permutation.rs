//! Permutation test of the difference of two means.
//!
//! # Hypothesis
//!
//! H₀: the modes do not differ, so that any assignment of the values to the modes was as likely as the one observed.
//!
//! # Formula
//!
//! ```text
//! estimate = mean(treatment) − mean(baseline)
//! p_value  = the fraction of the C(n₁ + n₂, n₁) assignments whose |difference of the means| ≥ |estimate|
//! ```
//!
//! or, one-sided, whose difference ≥ or ≤ the estimate. All assignments are counted, whatever the values, up to 40 runs
//! in all (30 where fewer than the usual 10,000 resamples are asked for), and beyond where values recur, as they do with
//! few decimals. Otherwise p = (b + 1)/(m + 1), where b of m random assignments are as extreme as the observed one; it
//! is never zero, as the observed assignment is one too. How equal sums are told in spite of rounding: `subset_sums`.
//!
//! # Assumptions
//!
//! Runs that are exchangeable between the modes under H₀, by random assignment or by being independent and alike. No
//! normality. With unequal variances and unequal n it is not a test of the means: see Welch's test.
//!
//! # References
//!
//! Fisher, The Design of Experiments, 1935. Pitman (1937), doi:10.2307/2984124. Monte Carlo: Phipson, Smyth (2010),
//! doi:10.2202/1544-6115.1585.
//!
//! # Checked against
//!
//! Exact counts in Python integers for up to 120 runs; SciPy; the random assignments by a second implementation of the
//! stream (`tests/reference/permutation.csv`).

use super::subset_sums::{self, Subsets, Whole};
use super::{Answer, Compute, Estimand, Kind, Method, Result, Settings, TestResult, finite, moments};

pub(super) const METHOD: Method = Method {
    id: "permutation",
    label: "Permutation test of the means",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Pitman (1937), doi:10.2307/2984124; Phipson and Smyth (2010), doi:10.2202/1544-6115.1585",
    compute: Compute::Samples(|a, b, s| permutation(a, b, s).map(Answer::Test)),
};

/// Tests the difference of two means against all assignments of the values to the modes, or against
/// `settings.resamples` random ones from `settings.seed` when all are too many to count.
///
/// Undefined when a mode has no run, or when there are more than 2.6 million in all.
pub fn permutation(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<TestResult> {
    let estimate = finite(moments::mean(treatment)? - moments::mean(baseline)?)?;
    let Whole { baseline, treatment, slack } = Whole::of(baseline, treatment)?;
    // The sum of the smaller mode says as much as that of the other and has fewer subsets; negated for the baseline, it
    // grows with the estimate as well.
    let (size, numbers) = if treatment.len() <= baseline.len() {
        (treatment.len(), [treatment, baseline].concat())
    } else {
        (baseline.len(), baseline.iter().chain(&treatment).map(|x| -x).collect())
    };
    subset_sums::test(estimate, &numbers, Subsets::OfSize(size), slack, settings, METHOD.label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Alternative;
    use super::*;

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((0i32..400).prop_map(|x| f64::from(x) / 100.0), 1..9)
    }

    fn p(baseline: &[f64], treatment: &[f64], alternative: Alternative) -> f64 {
        permutation(baseline, treatment, &Settings { alternative, ..Settings::default() }).unwrap().p_value
    }

    proptest! {
        #[test]
        fn swapping_the_modes_swaps_the_tails(a in sample(), b in sample()) {
            prop_assert_eq!(p(&a, &b, Alternative::TwoSided), p(&b, &a, Alternative::TwoSided));
            prop_assert_eq!(p(&a, &b, Alternative::Less), p(&b, &a, Alternative::Greater));
        }

        #[test]
        fn neither_offset_nor_unit_matters(a in sample(), b in sample(), offset in -9e6..9e6f64, power in -300i32..300) {
            let here = p(&a, &b, Alternative::Less);
            let offset = offset.round();
            let units = [1.0, 2f64.powi(power), 1e-6];
            for (unit, offset) in units.into_iter().zip([offset, 0.0, 0.0]) {
                let f = |x: &f64| x * unit + offset;
                let [a, b] = [&a, &b].map(|x| x.iter().map(f).collect::<Vec<_>>());
                prop_assert_eq!(p(&a, &b, Alternative::Less), here);
            }
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            a in prop::collection::vec(prop::num::f64::ANY, 0..6), b in prop::collection::vec(prop::num::f64::ANY, 0..6),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY], resamples in 0usize..30,
        ) {
            if let Ok(test) = permutation(&a, &b, &Settings { level, resamples, ..Settings::default() }) {
                prop_assert!((0.0..=1.0).contains(&test.p_value) && test.p_value > 0.0, "{test:?}");
                prop_assert!(test.estimate.is_some_and(f64::is_finite) && test.interval.level.is_finite());
            }
        }
    }

    #[test]
    fn few_runs_cannot_be_significant() {
        let few = permutation(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &Settings::default()).unwrap();
        assert_eq!(few.method, "Permutation test of the means (exact)");
        assert_eq!(few.note.unwrap(), "no assignment of these values to the modes has a p below 0.100");
        let enough = permutation(&[1.0, 2.0, 3.0, 7.0], &[4.0, 5.0, 6.0, 8.0], &Settings::default()).unwrap();
        assert!(enough.p_value > 0.05);
        assert_eq!(enough.note, None);
        // However many runs there are, when only one differs from the others.
        let (mut one, none) = ([1.0; 20], [1.0; 20]);
        one[3] = 2.0;
        let test = permutation(&none, &one, &Settings::default()).unwrap();
        assert_eq!(test.p_value, 1.0);
        assert!(test.note.unwrap().ends_with("a p below 1.000"));
    }

    #[test]
    fn random_assignments_say_so() {
        let a: Vec<f64> = (0..30).map(|i| f64::from(i * i).sqrt().sin()).collect();
        let b: Vec<f64> = a.iter().map(|x| x * x).collect();
        let settings = Settings { resamples: 12, seed: 7, ..Settings::default() };
        let test = permutation(&a, &b, &settings).unwrap();
        assert_eq!(test.method, "Permutation test of the means (12 random assignments, seed 7)");
        assert!(test.note.unwrap().ends_with("a p below 0.077"));
        assert_eq!(permutation(&a, &b, &settings).unwrap().p_value, test.p_value);
        assert!(permutation(&a, &b, &Settings { resamples: 0, ..settings }).is_err());
        assert!(permutation(&a, &[], &settings).is_err());
    }
}
