//! Dunnett's test for unequal variances: each treatment against the baseline, tested at once.
//!
//! # Hypothesis
//!
//! H₀ of a treatment: its mean is the baseline's; the variances of all modes may differ.
//!
//! # Formula
//!
//! Estimate, standard error, statistic and df of a treatment are Welch's; vⱼ = sdⱼ²/nⱼ, and the baseline has j = 0.
//!
//! ```text
//! p        = P(max |Tⱼ| > |statistic|)
//! interval = estimate ± c·standard_error,  P(max |Tⱼ| > c) = 1 − level
//! ```
//!
//! where the Tⱼ have the multivariate t distribution with df degrees of freedom, those of the treatment at hand, and the
//! correlations of the differences, estimated by v₀/√((v₀ + vᵢ)·(v₀ + vⱼ)). One-sided likewise, of max Tⱼ.
//!
//! The p-values are of the whole family of treatments, and the intervals hold for all treatments at once: neither is to
//! be adjusted again. For one treatment the test is Welch's.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. The level is kept approximately.
//!
//! # References
//!
//! Hasler, Hothorn (2008), Biom. J. 50(5), 793–800, doi:10.1002/bimj.200710466. Dunnett (1955),
//! doi:10.1080/01621459.1955.10501294.
//!
//! # Checked against
//!
//! mpmath: 1e-12; where a mode is constant or p below 1e-170, quadrature in NumPy and SciPy: 1e-10
//! (`tests/reference/dunnett.csv`).

use super::distribution::many_to_one::{self, Loading};
use super::{Alternative, Compute, Estimand, Kind, Method, Moments, Pairwise, Result, Undefined, finite, welch};

pub(super) const METHOD: Method = Method {
    id: "dunnett",
    label: "Dunnett's test (unequal variances)",
    kind: Kind::Test,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Hasler, Hothorn (2008), doi:10.1002/bimj.200710466",
    compute: Compute::Pairwise(|modes, s| dunnett(modes, s.alternative, s.level)),
};

/// Tests the difference of the mean of each mode from that of the first, the baseline.
///
/// Undefined with fewer than two modes, when one has fewer than two values, when the baseline and a treatment are
/// constant, or when a one-sided confidence level is not above one half.
pub fn dunnett(modes: &[Moments], alternative: Alternative, level: f64) -> Result<Vec<Pairwise>> {
    let Some((baseline, treatments)) = modes.split_first().filter(|(_, treatments)| !treatments.is_empty()) else {
        return Err(Undefined::because(format!("{} modes leave nothing to compare with a baseline", modes.len())));
    };
    let shared = baseline.checked()?.standard_error();
    let own: Vec<f64> = treatments.iter().map(|m| Ok(m.checked()?.standard_error())).collect::<Result<_>>()?;
    let errors: Vec<(f64, f64)> = treatments
        .iter()
        .zip(&own)
        .map(|(m, &own)| welch::combined([(shared, baseline.n), (own, m.n)]))
        .collect::<Result<_>>()?;
    let loadings = own.iter().zip(&errors).map(|(own, (sum, _))| Loading { shared: shared / sum, own: own / sum });
    let mut greatest = many_to_one::greatest(loadings.collect(), alternative == Alternative::TwoSided);
    let test = |(i, (treatment, error)): (usize, (&Moments, (f64, f64)))| {
        let estimate = finite(treatment.mean - baseline.mean)?;
        let test = greatest.test(estimate, error, alternative, level, METHOD.label)?;
        Ok(Pairwise { first: 0, second: i + 1, test })
    };
    treatments.iter().zip(errors).enumerate().map(test).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::Interval;
    use crate::stats::tests::modes;

    #[test]
    fn what_has_no_answer_is_undefined() {
        let two_sided = Alternative::TwoSided;
        let [varies, constant] = [1.5, 0.0].map(|sd| Moments { n: 5, mean: 2.0, sd });
        assert!(dunnett(&[], two_sided, 0.95).is_err());
        assert!(dunnett(&[varies], two_sided, 0.95).is_err());
        assert!(dunnett(&[varies, constant, constant], two_sided, 0.95).is_ok());
        assert!(dunnett(&[constant, varies, varies], two_sided, 0.95).is_ok());
        assert!(dunnett(&[constant, varies, constant], two_sided, 0.95).is_err());
        assert!(dunnett(&[varies, Moments { n: 1, ..varies }], two_sided, 0.95).is_err());
        assert!(dunnett(&[varies, varies], Alternative::Less, 0.5).is_err());
        for level in [0.0, 1.0, f64::NAN] {
            assert!(dunnett(&[varies, varies], two_sided, level).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn of_one_treatment_it_is_welchs_test(modes in modes()) {
            for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                let ours = &dunnett(&modes[..2], alternative, 0.95).unwrap()[0].test;
                let welchs = welch::welch(&modes[0], &modes[1], alternative, 0.95).unwrap();
                approx::assert_relative_eq!(ours.p_value, welchs.p_value, max_relative = 1e-11);
                let [ours, welchs] = [ours.interval, welchs.interval].map(|interval| [interval.lower, interval.upper]);
                for (ours, welchs) in ours.iter().zip(welchs) {
                    prop_assert_eq!(ours.is_some(), welchs.is_some());
                    let (ours, welchs) = (ours.unwrap_or_default(), welchs.unwrap_or_default());
                    approx::assert_relative_eq!(ours, welchs, max_relative = 1e-11, epsilon = 1e-11);
                }
            }
        }

        #[test]
        fn it_lies_between_no_adjustment_and_bonferronis(modes in modes()) {
            let treatments = (modes.len() - 1) as f64;
            for Pairwise { second, test, .. } in dunnett(&modes, Alternative::TwoSided, 0.95).unwrap() {
                let p = welch::welch(&modes[0], &modes[second], Alternative::TwoSided, 0.95).unwrap().p_value;
                prop_assert!(p * (1.0 - 1e-11) <= test.p_value && test.p_value <= treatments * p * (1.0 + 1e-11));
            }
        }

        #[test]
        fn the_interval_holds_zero_when_p_is_large(modes in modes(), level in 0.6..0.999) {
            for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                for Pairwise { test, .. } in dunnett(&modes, alternative, level).unwrap() {
                    let Interval { lower, upper, .. } = test.interval;
                    let outside = lower.is_some_and(|lower| lower > 0.0) || upper.is_some_and(|upper| upper < 0.0);
                    prop_assert!(outside == (test.p_value < 1.0 - level) || (test.p_value - (1.0 - level)).abs() < 1e-9);
                }
            }
        }

        #[test]
        fn the_order_of_the_treatments_does_not_matter(modes in modes()) {
            let mut reversed = modes.clone();
            reversed[1..].reverse();
            let mut theirs = dunnett(&reversed, Alternative::TwoSided, 0.95).unwrap();
            theirs.reverse();
            for (a, b) in dunnett(&modes, Alternative::TwoSided, 0.95).unwrap().iter().zip(theirs) {
                approx::assert_relative_eq!(a.test.p_value, b.test.p_value, max_relative = 1e-11);
            }
        }

        #[test]
        fn less_of_the_negative_is_greater(modes in modes()) {
            let negative: Vec<Moments> = modes.iter().map(|m| Moments { mean: -m.mean, ..*m }).collect();
            let greater = dunnett(&modes, Alternative::Greater, 0.95).unwrap();
            for (a, b) in greater.iter().zip(dunnett(&negative, Alternative::Less, 0.95).unwrap()) {
                prop_assert_eq!(a.test.p_value, b.test.p_value);
                prop_assert_eq!(a.test.interval.lower.unwrap(), -b.test.interval.upper.unwrap());
            }
        }

        #[test]
        fn neither_shift_nor_scale_matters(modes in modes(), shift in -100.0..100.0, power in -600..600) {
            let scale = libm::ldexp(1.0, power);
            let moved: Vec<Moments> =
                modes.iter().map(|m| Moments { n: m.n, mean: (m.mean + shift) * scale, sd: m.sd * scale }).collect();
            let ours = dunnett(&modes, Alternative::TwoSided, 0.95).unwrap();
            for (a, b) in ours.iter().zip(dunnett(&moved, Alternative::TwoSided, 0.95).unwrap()) {
                approx::assert_relative_eq!(a.test.p_value, b.test.p_value, max_relative = 1e-8);
                let [a, b] = [a.test.interval.lower.unwrap(), b.test.interval.lower.unwrap() / scale];
                approx::assert_relative_eq!(a, b, max_relative = 1e-10, epsilon = 1e-10);
            }
        }
    }
}
