//! Sign-flip test of paired means: Fisher's randomisation test.
//!
//! # Hypothesis
//!
//! H₀: within a block the modes do not differ, so that each difference could as well have had the other sign.
//!
//! # Formula
//!
//! ```text
//! dᵢ       = treatmentᵢ − baselineᵢ
//! estimate = mean(d)
//! p_value  = the fraction of the 2ⁿ assignments of signs whose |Σ ±dᵢ| ≥ |Σ dᵢ|
//! ```
//!
//! or, one-sided, whose Σ ±dᵢ ≥ or ≤ Σ dᵢ. All signs are counted, whatever the values, up to 40 blocks (30 where
//! fewer than the usual 10,000 resamples are asked for), and beyond where differences recur. Otherwise
//! p = (b + 1)/(m + 1), where b of m random assignments are as extreme as the observed one.
//!
//! # Assumptions
//!
//! Blocks are independent, and within each the order of the modes was random (or the differences are symmetric about
//! their mean). No normality.
//!
//! # References
//!
//! Fisher, The Design of Experiments, 1935, §21. Pitman (1937), doi:10.2307/2984124. Monte Carlo: Phipson, Smyth (2010),
//! doi:10.2202/1544-6115.1585.
//!
//! # Checked against
//!
//! Fisher's 1726 of 32768 for Darwin's maize; exact counts in Python integers; SciPy; the random signs by a second
//! implementation of the stream (`tests/reference/sign_flip.csv`).

use super::subset_sums::{self, Subsets, Whole};
use super::{Answer, Compute, Estimand, Kind, Method, Result, Settings, TestResult, paired_t};

pub(super) const METHOD: Method = Method {
    id: "sign_flip",
    label: "Sign-flip test of paired means",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Fisher (1935), The Design of Experiments; Phipson and Smyth (2010), doi:10.2202/1544-6115.1585",
    compute: Compute::Pairs(|a, b, s| sign_flip(a, b, s).map(Answer::Test)),
};

/// Tests the mean difference of pairs against all assignments of signs to the differences, or against
/// `settings.resamples` random ones from `settings.seed` when all are too many to count. Differences of zero stay.
///
/// Undefined when the values are not pairs, or when there are fewer than two of these, or more than 2.6 million.
pub fn sign_flip(baseline: &[f64], treatment: &[f64], settings: &Settings) -> Result<TestResult> {
    let estimate = paired_t::differences(baseline, treatment)?.mean;
    let Whole { baseline, treatment, slack } = Whole::of(baseline, treatment)?;
    let differences: Vec<i64> = treatment.iter().zip(&baseline).map(|(t, b)| t - b).collect();
    // Σ ±d is twice the sum of those with a plus, less that of all.
    subset_sums::test(estimate, &differences, Subsets::Any, slack, settings, METHOD.label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Alternative;
    use super::*;

    fn blocks() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let value = || (0i32..400).prop_map(|x| f64::from(x) / 100.0);
        prop::collection::vec((value(), value()), 2..12).prop_map(|blocks| blocks.into_iter().unzip())
    }

    fn p(baseline: &[f64], treatment: &[f64], alternative: Alternative) -> f64 {
        sign_flip(baseline, treatment, &Settings { alternative, ..Settings::default() }).unwrap().p_value
    }

    proptest! {
        #[test]
        fn swapping_the_modes_swaps_the_tails((a, b) in blocks()) {
            prop_assert_eq!(p(&a, &b, Alternative::TwoSided), p(&b, &a, Alternative::TwoSided));
            prop_assert_eq!(p(&a, &b, Alternative::Less), p(&b, &a, Alternative::Greater));
            // The distribution is symmetric.
            let one_sided = p(&a, &b, Alternative::Less).min(p(&a, &b, Alternative::Greater));
            prop_assert_eq!(p(&a, &b, Alternative::TwoSided), (2.0 * one_sided).min(1.0));
        }

        #[test]
        fn what_a_block_has_in_common_does_not_matter((a, b) in blocks(), hosts in prop::collection::vec(-9i32..9, 12)) {
            let on_hosts = |x: &[f64]| x.iter().zip(&hosts).map(|(x, &host)| x + f64::from(host)).collect::<Vec<_>>();
            prop_assert_eq!(p(&on_hosts(&a), &on_hosts(&b), Alternative::Less), p(&a, &b, Alternative::Less));
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            a in prop::collection::vec(prop::num::f64::ANY, 0..6), b in prop::collection::vec(prop::num::f64::ANY, 0..6),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = sign_flip(&a, &b, &Settings { level, ..Settings::default() }) {
                prop_assert!((0.0..=1.0).contains(&test.p_value) && test.p_value > 0.0, "{test:?}");
                prop_assert!(test.estimate.is_some_and(f64::is_finite) && test.interval.level.is_finite());
            }
        }
    }

    #[test]
    fn five_blocks_cannot_be_significant() {
        let test = sign_flip(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.5, 2.6, 3.7, 4.8, 5.9], &Settings::default()).unwrap();
        assert_eq!((test.p_value, test.method.as_str()), (0.0625, "Sign-flip test of paired means (exact)"));
        assert_eq!(test.note.unwrap(), "no assignment of these values to the modes has a p below 0.062");
        assert_eq!(p(&[1.0, 2.0], &[1.0, 2.0], Alternative::TwoSided), 1.0);
        assert!(sign_flip(&[1.0], &[2.0], &Settings::default()).is_err());
        assert!(sign_flip(&[1.0, 2.0], &[2.0, 3.0, 4.0], &Settings::default()).is_err());
    }
}
