//! The Games–Howell test: the differences of all pairs of modes, tested at once.
//!
//! # Hypothesis
//!
//! H₀ of a pair: the two modes have the same mean; their variances may differ.
//!
//! # Formula
//!
//! Estimate, standard error, statistic and df of a pair are Welch's; k is the number of modes.
//!
//! ```text
//! p        = P(Q > √2·|statistic|),  Q the studentised range of k means with df degrees of freedom
//! interval = estimate ± q(1 − level; k, df)/√2·standard_error,  q the quantile of the upper tail of Q
//! ```
//!
//! The p-values are of the whole family of pairs, and the intervals hold for all pairs at once: neither is to be
//! adjusted again, by Holm's method or any other. For two modes the test is Welch's.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. The level is kept approximately.
//!
//! # References
//!
//! Games, Howell (1976), J. Educ. Stat. 1(2), 113–125, doi:10.3102/10769986001002113.
//!
//! # Checked against
//!
//! mpmath, p down to 1e-285: 1e-12; SciPy (`tests/reference/games_howell.csv`).

use super::distribution::studentised_range;
use super::{Alternative, Compute, Estimand, Kind, Method, Moments, Pairwise, Result, Undefined, finite, welch};

pub(super) const METHOD: Method = Method {
    id: "games_howell",
    label: "Games–Howell test",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Games, Howell (1976), doi:10.3102/10769986001002113",
    compute: Compute::Pairwise(|modes, s| games_howell(modes, s.level)),
};

/// Tests the difference of the means of each pair of modes, second − first, two-sided.
///
/// Undefined with fewer than two modes, when one has fewer than two values, or when two are constant.
pub fn games_howell(modes: &[Moments], level: f64) -> Result<Vec<Pairwise>> {
    if modes.len() < 2 {
        return Err(Undefined::because(format!("{} modes make no pair to compare", modes.len())));
    }
    let mut greatest = studentised_range::greatest_difference(modes.len())?;
    let mut pairs = Vec::new();
    for (first, a) in modes.iter().enumerate() {
        for (second, b) in modes.iter().enumerate().skip(first + 1) {
            let estimate = finite(b.checked()?.mean - a.checked()?.mean)?;
            let error = welch::combined([a, b].map(|m| (m.standard_error(), m.n)))?;
            let test = greatest.test(estimate, error, Alternative::TwoSided, level, METHOD.label)?;
            pairs.push(Pairwise { first, second, test });
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::modes;

    #[test]
    fn what_has_no_answer_is_undefined() {
        let [varies, constant] = [1.5, 0.0].map(|sd| Moments { n: 5, mean: 2.0, sd });
        assert!(games_howell(&[], 0.95).is_err());
        assert!(games_howell(&[varies], 0.95).is_err());
        assert!(games_howell(&[varies, constant], 0.95).is_ok());
        assert!(games_howell(&[varies, constant, constant], 0.95).is_err());
        assert!(games_howell(&[varies, Moments { n: 1, ..varies }], 0.95).is_err());
        for level in [0.0, 1.0, f64::NAN] {
            assert!(games_howell(&[varies, varies], level).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn of_two_modes_it_is_welchs_test(modes in modes()) {
            let ours = &games_howell(&modes[..2], 0.95).unwrap()[0].test;
            let welchs = welch::welch(&modes[0], &modes[1], Alternative::TwoSided, 0.95).unwrap();
            approx::assert_relative_eq!(ours.p_value, welchs.p_value, max_relative = 1e-11);
            let [ours, welchs] = [ours.interval, welchs.interval].map(|interval| interval.upper.unwrap());
            approx::assert_relative_eq!(ours, welchs, max_relative = 1e-11, epsilon = 1e-11);
        }

        #[test]
        fn the_interval_holds_zero_when_p_is_large(modes in modes(), level in 0.5..0.999) {
            for Pairwise { test, .. } in games_howell(&modes, level).unwrap() {
                let outside = test.interval.lower.unwrap() > 0.0 || test.interval.upper.unwrap() < 0.0;
                prop_assert!(outside == (test.p_value < 1.0 - level) || (test.p_value - (1.0 - level)).abs() < 1e-9);
            }
        }

        #[test]
        fn reversing_the_modes_flips_signs(modes in modes()) {
            let k = modes.len();
            let reversed: Vec<Moments> = modes.iter().rev().copied().collect();
            let theirs = games_howell(&reversed, 0.95).unwrap();
            for Pairwise { first, second, test } in games_howell(&modes, 0.95).unwrap() {
                let mirrored = theirs.iter().find(|pair| (pair.first, pair.second) == (k - 1 - second, k - 1 - first));
                let mirrored = &mirrored.unwrap().test;
                prop_assert_eq!(test.estimate.unwrap(), -mirrored.estimate.unwrap());
                approx::assert_relative_eq!(test.p_value, mirrored.p_value, max_relative = 1e-12);
                let [ours, theirs] = [test.interval.lower.unwrap(), -mirrored.interval.upper.unwrap()];
                approx::assert_relative_eq!(ours, theirs, max_relative = 1e-12, epsilon = 1e-12);
            }
        }

        #[test]
        fn neither_shift_nor_scale_matters(modes in modes(), shift in -100.0..100.0, power in -600..600) {
            let scale = libm::ldexp(1.0, power);
            let moved: Vec<Moments> =
                modes.iter().map(|m| Moments { n: m.n, mean: (m.mean + shift) * scale, sd: m.sd * scale }).collect();
            for (a, b) in games_howell(&modes, 0.95).unwrap().iter().zip(games_howell(&moved, 0.95).unwrap()) {
                approx::assert_relative_eq!(a.test.p_value, b.test.p_value, max_relative = 1e-8);
                let [a, b] = [a.test.interval.lower.unwrap(), b.test.interval.lower.unwrap() / scale];
                approx::assert_relative_eq!(a, b, max_relative = 1e-10, epsilon = 1e-10);
            }
        }
    }
}
