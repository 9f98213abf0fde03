//! Brunner and Munzel's test of two independent samples.
//!
//! # Hypothesis
//!
//! H₀: P(T > B) + ½·P(T = B) = ½, neither mode's values tend to be greater; the distributions may differ in spread and
//! shape, unlike in Mann and Whitney's test.
//!
//! # Formula
//!
//! ```text
//! estimate A     = U/(n₁·n₂)
//! standard_error = √(s₁²/n₁ + s₂²/n₂), sⱼ² the variance of the values' placements (see `superiority`)
//! statistic      = (A − ½)/standard_error
//! df             = Welch's, of the two terms
//! interval       = A ± t(df; (1 + level)/2)·standard_error, cut at 0 and 1
//! ```
//!
//! It is Welch's test of the placements.
//!
//! # Assumptions
//!
//! Independent runs, at least about ten of each mode for the t approximation; samples that overlap.
//!
//! # References
//!
//! Brunner, Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U. Why few runs need the permuted
//! test: Neubert, Brunner (2007), doi:10.1016/j.csda.2006.05.024.
//!
//! # Checked against
//!
//! mpmath: 1e-12; SciPy's `brunnermunzel` (`tests/reference/brunner_munzel.csv`).

use super::superiority::Overlap;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Result, TestResult, Undefined, t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "brunner_munzel",
    label: "Brunner–Munzel test",
    kind: Kind::Test,
    estimand: Estimand::Superiority,
    interval: None,
    reference: "Brunner and Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U",
    compute: Compute::Samples(|a, b, s| brunner_munzel(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether values of one mode tend to be greater, whatever their spread; the estimate is P(T > B) + ½·P(T = B).
///
/// Undefined when a sample has fewer than two values, when the samples do not overlap, or when all values are equal.
pub fn brunner_munzel(baseline: &[f64], treatment: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    let overlap = Overlap::of(baseline, treatment)?;
    if overlap.is_none() {
        return Err(Undefined::because("the samples do not overlap; use the exact Mann–Whitney test"));
    }
    let (standard_error, df) = overlap.standard_error()?;
    let test = t_distribution::t_test(overlap.excess(), standard_error, df, alternative, level, METHOD.label)?;
    let share = |excess: Option<f64>| excess.map(|x| (0.5 + x).clamp(0.0, 1.0));
    let interval = Interval { level, lower: share(test.interval.lower), upper: share(test.interval.upper) };
    let note = of_few([baseline.len(), treatment.len()], alternative);
    Ok(TestResult { estimate: Some(overlap.superiority()), interval, note, ..test })
}

/// Below so many runs of a mode the t approximation is rough.
const FEW: usize = 10;

/// What few runs do to the p-value, and how small the one of the permuted test could be: one order of the values of all
/// that there are, or two where both tails count.
fn of_few(sizes: [usize; 2], alternative: Alternative) -> Option<String> {
    let [few, many] = [sizes[0].min(sizes[1]), sizes[0].max(sizes[1])];
    if few >= FEW {
        return None;
    }
    let tails = if alternative == Alternative::TwoSided { 2 } else { 1 };
    // C(many + i, i) is whole after each step.
    let orders = (1..=few as u128).try_fold(1u128, |orders, i| Some(orders.checked_mul(many as u128 + i)? / i))?;
    Some(format!(
        "with fewer than ten runs of a mode its t approximation is rough, and p can be far too small; permuting the runs, \
         no p could be below {tails} in {orders}"
    ))
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{alternative, anything, interval_is_sound, opposite, values};
    use super::*;

    proptest! {
        #[test]
        fn swapping_the_modes_mirrors_the_test(a in values(), b in values(), towards in alternative()) {
            let results = [brunner_munzel(&a, &b, towards, 0.95), brunner_munzel(&b, &a, opposite(towards), 0.95)];
            match results {
                [Ok(there), Ok(back)] => {
                    prop_assert!(relative_eq!(there.p_value, back.p_value, max_relative = 1e-9));
                    let [there_t, back_t] = [&there, &back].map(|test| test.statistic.unwrap());
                    prop_assert!(relative_eq!(there_t, -back_t, max_relative = 1e-12));
                    if let (Some(lower), Some(upper)) = (there.interval.lower, back.interval.upper) {
                        prop_assert!(relative_eq!(lower, 1.0 - upper, epsilon = 1e-12));
                    }
                }
                [there, back] => prop_assert_eq!(there.is_err(), back.is_err()),
            }
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(
            a in anything(), b in anything(), towards in alternative(), level in prop::num::f64::ANY,
        ) {
            for level in [level, 0.95] {
                if let Ok(test) = brunner_munzel(&a, &b, towards, level) {
                    prop_assert!((0.0..=1.0).contains(&test.p_value) && interval_is_sound(&test.interval));
                }
            }
        }
    }

    #[test]
    fn few_runs_are_told_with_the_least_p_of_the_permuted_test() {
        let note = |n: usize, alternative| {
            let a: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let b: Vec<f64> = a.iter().map(|x| x + n as f64 - 1.5).collect();
            let test = brunner_munzel(&a, &b, alternative, 0.95).unwrap();
            (test.p_value, test.note)
        };
        // C(12, 6) = 924 orders of six and six runs.
        let (p, told) = note(6, Alternative::TwoSided);
        assert!(p < 2.0 / 924.0 && told.unwrap().ends_with("no p could be below 2 in 924"), "{p}");
        assert!(note(6, Alternative::Greater).1.unwrap().ends_with("below 1 in 924"));
        assert_eq!(note(10, Alternative::TwoSided).1, None);
        assert!(of_few([1, 100], Alternative::Less).unwrap().ends_with("below 1 in 101"));
    }

    #[test]
    fn samples_that_do_not_overlap_are_for_another_test() {
        let undefined = |a: &[f64], b: &[f64]| brunner_munzel(a, b, Alternative::TwoSided, 0.95).unwrap_err().because;
        let reason = "the samples do not overlap; use the exact Mann–Whitney test";
        assert_eq!(undefined(&[1.0, 2.0], &[3.0, 4.0]), reason);
        assert_eq!(undefined(&[3.0, 4.0], &[1.0, 2.0]), reason);
        assert!(undefined(&[1.0, 1.0], &[1.0, 1.0]).starts_with("neither mode varies"));
        assert!(undefined(&[2.0], &[1.0, 3.0]).starts_with("a standard deviation needs two values"));
    }
}
