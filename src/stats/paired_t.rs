//! Student's t-test of paired means.
//!
//! # Hypothesis
//!
//! H₀: the mean of the differences within blocks, treatment − baseline, is zero.
//!
//! # Formula
//!
//! ```text
//! dᵢ             = treatmentᵢ − baselineᵢ
//! estimate       = mean(d)
//! standard_error = sd(d)/√n
//! statistic      = estimate/standard_error
//! df             = n − 1
//! interval       = estimate ± t(df; (1 + level)/2)·standard_error
//! ```
//!
//! # Assumptions
//!
//! The values at one position belong to one block (a round of the schedule, a host, a day); the blocks are independent;
//! the mean of the differences is near normal. What the values of a block have in common cancels.
//!
//! # References
//!
//! Student (1908), doi:10.1093/biomet/6.1.1.
//!
//! # Checked against
//!
//! mpmath: 1e-12; R's `t.test(paired = TRUE)` (`tests/reference/paired_t.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Kind, Method, Moments, Result, TestResult, Undefined, t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "paired_t",
    label: "Paired t-test",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Student (1908), doi:10.1093/biomet/6.1.1",
    compute: Compute::Pairs(|a, b, s| paired_t(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests the mean of the differences within blocks, in the unit of the values.
///
/// Undefined when the values are not pairs, when there are fewer than two of these, or when the differences do not vary.
pub fn paired_t(baseline: &[f64], treatment: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    let differences = varied_differences(baseline, treatment)?;
    let df = (differences.n - 1) as f64;
    t_distribution::t_test(differences.mean, differences.standard_error(), df, alternative, level, METHOD.label)
}

/// The moments of the differences within blocks.
pub(super) fn differences(baseline: &[f64], treatment: &[f64]) -> Result<Moments> {
    if baseline.len() != treatment.len() {
        let (n1, n2) = (baseline.len(), treatment.len());
        return Err(Undefined::because(format!("the modes have {n1} and {n2} values, which cannot be pairs")));
    }
    let differences: Vec<f64> = baseline.iter().zip(treatment).map(|(b, t)| t - b).collect();
    Moments::of(&differences)
}

/// The same, of differences that vary, so that something can be divided by their standard deviation.
pub(super) fn varied_differences(baseline: &[f64], treatment: &[f64]) -> Result<Moments> {
    let differences = differences(baseline, treatment)?;
    if varies(differences.sd, baseline.iter().chain(treatment).copied()) {
        Ok(differences)
    } else {
        Err(Undefined::because("the difference is the same in all pairs, so its standard deviation is zero"))
    }
}

/// Whether a standard deviation of differences between such values is more than their rounding: 11.6 − 11.5 and
/// 12.6 − 12.5 are not the same number.
pub(super) fn varies(sd: f64, values: impl Iterator<Item = f64>) -> bool {
    sd > 4.0 * f64::EPSILON * values.fold(0.0, |largest, x| x.abs().max(largest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::d_av::d_av;
    use super::super::d_z::d_z;
    use super::super::paired_change::paired_change;
    use super::super::{EffectSize, Interval};
    use super::*;

    const LEVEL: f64 = 0.95;
    type Effect = fn(&[f64], &[f64], f64) -> Result<EffectSize>;
    const EFFECTS: [Effect; 3] = [paired_change, d_z, d_av];

    fn blocks() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let value = || (100i32..1000).prop_map(|x| f64::from(x) / 8.0);
        prop::collection::vec((value(), value()), 3..12).prop_map(|blocks| blocks.into_iter().unzip())
    }

    fn scaled(values: &[f64], unit: f64) -> Vec<f64> {
        values.iter().map(|x| x * unit).collect()
    }

    fn test(baseline: &[f64], treatment: &[f64]) -> Result<TestResult> {
        paired_t(baseline, treatment, Alternative::TwoSided, LEVEL)
    }

    fn holds(interval: &Interval, x: f64) -> bool {
        interval.lower.is_none_or(|lower| lower <= x) && interval.upper.is_none_or(|upper| x <= upper)
    }

    fn near(x: f64, y: f64) -> bool {
        approx::relative_eq!(x, y, max_relative = 1e-9, epsilon = 1e-11)
    }

    proptest! {
        #[test]
        fn swapping_the_modes_flips_the_sign((a, b) in blocks()) {
            if let [Ok(there), Ok(back)] = [test(&a, &b), test(&b, &a)] {
                prop_assert_eq!(there.estimate, back.estimate.map(|x| -x));
                prop_assert_eq!(there.interval.lower, back.interval.upper.map(|x| -x));
                prop_assert_eq!(there.p_value, back.p_value);
                for effect in [d_z, d_av] {
                    let (there, back) = (effect(&a, &b, LEVEL).unwrap(), effect(&b, &a, LEVEL).unwrap());
                    let (i, j) = (there.interval.unwrap(), back.interval.unwrap());
                    prop_assert!(near(there.estimate, -back.estimate));
                    prop_assert!(near(i.lower.unwrap(), -j.upper.unwrap()) && near(i.upper.unwrap(), -j.lower.unwrap()));
                }
            }
        }

        /// The inverse of a ratio lies in the inverse of its interval.
        #[test]
        fn swapping_the_modes_inverts_the_ratio((a, b) in blocks()) {
            if let [Ok(there), Ok(back)] = [paired_change(&a, &b, LEVEL), paired_change(&b, &a, LEVEL)] {
                prop_assert!(near((1.0 + there.estimate) * (1.0 + back.estimate), 1.0));
                let (i, j) = (there.interval.unwrap(), back.interval.unwrap());
                for (bound, inverse) in [(i.lower, j.upper), (i.upper, j.lower)] {
                    let product = bound.zip(inverse).map_or(1.0, |(x, y)| (1.0 + x) * (1.0 + y));
                    prop_assert!(near(product, 1.0), "{i:?} {j:?}");
                }
            }
        }

        #[test]
        fn the_unit_does_not_matter((a, b) in blocks(), power in -400i32..400) {
            let unit = 2f64.powi(power);
            let (x, y) = (scaled(&a, unit), scaled(&b, unit));
            for effect in EFFECTS {
                prop_assert_eq!(effect(&a, &b, LEVEL), effect(&x, &y, LEVEL));
            }
            if let [Ok(small), Ok(large)] = [test(&a, &b), test(&x, &y)] {
                prop_assert_eq!((small.statistic, small.p_value), (large.statistic, large.p_value));
            }
        }

        #[test]
        fn what_a_block_shares_does_not_matter((a, b) in blocks(), hosts in prop::collection::vec(-900i32..900, 12)) {
            let on_hosts = |x: &[f64]| x.iter().zip(&hosts).map(|(x, &host)| x + f64::from(host)).collect::<Vec<_>>();
            prop_assert_eq!(test(&on_hosts(&a), &on_hosts(&b)), test(&a, &b));
            prop_assert_eq!(d_z(&on_hosts(&a), &on_hosts(&b), LEVEL), d_z(&a, &b, LEVEL));
        }

        #[test]
        fn all_exclude_no_difference_together((a, b) in blocks()) {
            // On the verge of significance rounding decides.
            if let Some(test) = test(&a, &b).ok().filter(|test| (test.p_value - 0.05).abs() > 1e-9) {
                prop_assert_eq!(holds(&test.interval, 0.0), test.p_value > 0.05);
                prop_assert_eq!(holds(&d_z(&a, &b, LEVEL).unwrap().interval.unwrap(), 0.0), test.p_value > 0.05);
                let change = paired_change(&a, &b, LEVEL).map(|change| change.interval.unwrap());
                prop_assert!(change.is_ok_and(|i| i.lower.is_none() || holds(&i, 0.0) == (test.p_value > 0.05)));
            }
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            blocks in prop::collection::vec((prop::num::f64::ANY, prop_oneof![Just(0.0), prop::num::f64::ANY]), 0..6),
            same in prop::num::f64::ANY, level in prop_oneof![Just(LEVEL), prop::num::f64::ANY],
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = blocks.into_iter().unzip();
            let shifted: Vec<f64> = a.iter().map(|x| x + same).collect();
            for (a, b) in [(&a, &b), (&b, &a), (&a, &shifted), (&a, &a)] {
                if let Ok(test) = paired_t(a, b, Alternative::Less, level) {
                    prop_assert!((0.0..=1.0).contains(&test.p_value), "{test:?}");
                    prop_assert!([test.statistic, test.interval.upper].iter().all(|x| x.is_some_and(f64::is_finite)));
                }
                for effect in EFFECTS.into_iter().filter_map(|effect| effect(a, b, level).ok()) {
                    let bounds = effect.interval.map(|i| [i.lower, i.upper]).unwrap_or_default();
                    prop_assert!(effect.estimate.is_finite() && bounds.into_iter().flatten().all(f64::is_finite));
                    prop_assert_eq!(bounds.contains(&None), effect.note.is_some());
                }
            }
        }
    }

    #[test]
    fn what_is_undefined_has_a_reason() {
        let a = [11.5, 12.5, 9.1, 10.3];
        let constant = "the difference is the same in all pairs, so its standard deviation is zero";
        assert_eq!(test(&a, &a.map(|x| x + 0.1)).unwrap_err().because, constant);
        assert_eq!(test(&a, &a).unwrap_err().because, constant);
        assert_eq!(d_z(&a, &a, LEVEL).unwrap_err().because, constant);
        let because = paired_change(&a, &a.map(|x| x * 1.1), LEVEL).unwrap_err().because;
        assert_eq!(because, "the ratio is the same in all pairs, so its standard error is zero");
        assert_eq!(paired_change(&[-1.0, 1.0], &[2.0, 3.0], LEVEL).unwrap_err().because, "the baseline's mean is zero");
        let because = test(&a, &a[1..]).unwrap_err().because;
        assert_eq!(because, "the modes have 4 and 3 values, which cannot be pairs");
        assert!(test(&a[..1], &[3.0]).unwrap_err().because.ends_with("two values or more, not 1"));
        let because = d_av(&[2.0; 3], &[3.0; 3], LEVEL).unwrap_err().because;
        assert!(because.starts_with("neither mode varies"), "{because}");
        for effect in EFFECTS {
            assert!(effect(&a, &a[1..], LEVEL).is_err() && effect(&a[..1], &[3.0], LEVEL).is_err());
        }
        // A difference that is the same in all pairs has no d_z, but is a number of standard deviations of a run.
        assert!(d_av(&a, &a.map(|x| x + 0.1), LEVEL).is_ok());
    }

    #[test]
    fn a_baseline_near_zero_leaves_the_change_unbounded() {
        let change = paired_change(&[-0.2, 0.3, -0.1, 0.25], &[1.1, 1.4, 0.9, 1.2], LEVEL).unwrap();
        assert_eq!(change.interval, Some(Interval { level: LEVEL, lower: None, upper: None }));
        assert!(change.note.is_some_and(|note| note.contains("not distinguishable from zero")));
    }
}
