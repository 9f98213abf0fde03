//! A difference of means in units of a standard deviation, with an interval by the noncentral t distribution.
//!
//! # Formula
//!
//! With d the difference over the denominator, and unit the standard error of the difference over the denominator,
//!
//! ```text
//! t      = d/unit
//! bounds = correction·unit·ncp,  P(T ≤ t) = (1 ± level)/2 for T ~ noncentral t(df; ncp)
//! ```
//!
//! Exact when unit is a known number and the denominator's square a scaled χ² of df degrees of freedom.
//!
//! # References
//!
//! Steiger, Fouladi, "Noncentrality interval estimation and the evaluation of statistical models", in: Harlow, Mulaik,
//! Steiger (eds.), What If There Were No Significance Tests?, 1997. Cumming, Finch (2001),
//! doi:10.1177/0013164401614002.

use super::distribution::noncentral_t::noncentrality;
use super::{Alternative, EffectSize, Interval, Result, Undefined, finite, tail};

/// The t up to which a noncentrality is found fast and to all digits; no data need more.
const FARTHEST: f64 = 1e6;

pub(super) struct Standardised {
    pub d: f64,
    /// The standard error of the difference, in units of the denominator.
    pub unit: f64,
    /// Degrees of freedom of the denominator.
    pub df: f64,
}

impl Standardised {
    /// The effect with its interval, both times a correction of bias. Without an interval when the means are too far
    /// apart for one, which a note says.
    pub fn effect(&self, correction: f64, level: f64, name: &str) -> Result<EffectSize> {
        let tail = tail(level, Alternative::TwoSided)?;
        let t = self.d / self.unit;
        let bound = |p: f64| finite(correction * self.unit * noncentrality(t, self.df, p)?);
        let interval = if t.abs() <= FARTHEST {
            bound(1.0 - tail).and_then(|lower| Ok(Interval { level, lower: Some(lower), upper: Some(bound(tail)?) }))
        } else {
            Err(Undefined::because("the means are more than a million standard errors apart"))
        };
        let note = interval.as_ref().err().map(|undefined| format!("no interval, because {}", undefined.because));
        let estimate = finite(correction * self.d)?;
        Ok(EffectSize { name: name.to_owned(), estimate, interval: interval.ok(), note })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cohen_d::cohen_d;
    use super::super::d_average::d_average;
    use super::super::g_average::g_average;
    use super::super::glass_delta::glass_delta;
    use super::super::hedges_g::hedges_g;
    use super::super::student::student;
    use super::super::welch::welch;
    use super::super::{Moments, TestResult};
    use super::*;

    type Effect = fn(&Moments, &Moments, f64) -> Result<EffectSize>;
    const EFFECTS: [Effect; 5] = [cohen_d, hedges_g, d_average, g_average, glass_delta];

    fn moments() -> impl Strategy<Value = Moments> {
        (2..60usize, -9.0..9.0f64, 0.01..5.0f64).prop_map(|(n, mean, sd)| Moments { n, mean, sd })
    }

    fn bounds(effect: &EffectSize) -> (f64, f64) {
        let interval = effect.interval.unwrap();
        (interval.lower.unwrap(), interval.upper.unwrap())
    }

    fn near(x: f64, y: f64) -> bool {
        approx::relative_eq!(x, y, max_relative = 1e-9, epsilon = 1e-11)
    }

    proptest! {
        // An interval takes two searches of a noncentrality, a millisecond each.
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn the_interval_holds_the_estimate(a in moments(), b in moments(), level in 0.5..0.999f64) {
            for effect in EFFECTS {
                let effect = effect(&a, &b, level).unwrap();
                let (lower, upper) = bounds(&effect);
                // The estimate is biased upwards, and with a handful of runs so far that half an interval may miss it.
                let holds = lower < effect.estimate && effect.estimate < upper;
                prop_assert!(holds || (level < 0.8 && a.n.min(b.n) < 6), "{effect:?}");
            }
        }

        #[test]
        fn swapping_the_modes_flips_the_sign(a in moments(), b in moments()) {
            // Glass's denominator is the baseline's, so its mirror image is that of the values.
            let mirrored = |m: Moments| Moments { mean: -m.mean, ..m };
            for (i, effect) in EFFECTS.into_iter().enumerate() {
                let there = effect(&a, &b, 0.95).unwrap();
                let back = if i < 4 { effect(&b, &a, 0.95) } else { effect(&mirrored(a), &mirrored(b), 0.95) }.unwrap();
                let ((lower, upper), (back_lower, back_upper)) = (bounds(&there), bounds(&back));
                prop_assert!(near(there.estimate, -back.estimate));
                prop_assert!(near(lower, -back_upper) && near(upper, -back_lower), "{there:?} {back:?}");
            }
        }

        #[test]
        fn the_unit_does_not_matter(a in moments(), b in moments(), power in -300..300i32) {
            let in_unit = |m: Moments| Moments { mean: m.mean * 2f64.powi(power), sd: m.sd * 2f64.powi(power), ..m };
            for effect in EFFECTS {
                prop_assert_eq!(effect(&a, &b, 0.95), effect(&in_unit(a), &in_unit(b), 0.95));
            }
        }

        #[test]
        fn excludes_zero_when_the_t_test_does(a in moments(), b in moments(), level in 0.6..0.99f64) {
            let test = |test: fn(&Moments, &Moments, Alternative, f64) -> Result<TestResult>| {
                test(&a, &b, Alternative::TwoSided, level).unwrap().p_value
            };
            let excludes = |effect: Effect| {
                let (lower, upper) = bounds(&effect(&a, &b, level).unwrap());
                lower > 0.0 || upper < 0.0
            };
            let p = test(student);
            if (p - (1.0 - level)).abs() > 1e-9 {
                prop_assert_eq!(excludes(cohen_d), p < 1.0 - level);
                prop_assert_eq!(excludes(hedges_g), p < 1.0 - level);
            }
            // With as many runs in both modes Welch's df is the denominator's.
            let (b, p) = (Moments { n: a.n, ..b }, welch);
            let p = p(&a, &b, Alternative::TwoSided, level).unwrap().p_value;
            let (lower, upper) = bounds(&d_average(&a, &b, level).unwrap());
            prop_assert!((p - (1.0 - level)).abs() < 1e-9 || (lower > 0.0 || upper < 0.0) == (p < 1.0 - level));
        }

        #[test]
        fn the_denominators_agree_where_sizes_and_variances_do(
            n in 2..60usize, sd in 0.01..5.0f64, mean in -9.0..9.0f64,
        ) {
            let [a, b] = [0.0, mean].map(|mean| Moments { n, mean, sd });
            for [pooled, average] in [[cohen_d as Effect, d_average], [hedges_g, g_average]] {
                let [pooled, average] = [pooled, average].map(|effect| effect(&a, &b, 0.95).unwrap());
                let ((l1, u1), (l2, u2)) = (bounds(&pooled), bounds(&average));
                prop_assert!(near(pooled.estimate, average.estimate) && near(l1, l2) && near(u1, u2));
            }
        }

        #[test]
        fn no_summary_makes_a_nan_or_a_panic(
            n in any::<[usize; 2]>(), mean in any::<[f64; 2]>(), sd in any::<[f64; 2]>(), level in any::<f64>(),
        ) {
            let [a, b] = [0, 1].map(|i| Moments { n: n[i], mean: mean[i], sd: sd[i].abs() });
            for level in [0.95, level] {
                for effect in EFFECTS.into_iter().filter_map(|effect| effect(&a, &b, level).ok()) {
                    prop_assert!(effect.estimate.is_finite(), "{effect:?}");
                    prop_assert_eq!(effect.interval.is_none(), effect.note.is_some());
                    if effect.interval.is_some() {
                        let (lower, upper) = bounds(&effect);
                        prop_assert!(lower.is_finite() && upper.is_finite() && lower <= upper, "{effect:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_undefined_has_a_reason() {
        let [constant, varied] = [0.0, 1.0].map(|sd| Moments { n: 4, mean: 2.0, sd });
        for effect in EFFECTS {
            let Undefined { because } = effect(&constant, &constant, 0.95).unwrap_err();
            assert!(because.contains("var"), "{because}");
            assert!(effect(&varied, &varied, 1.0).unwrap_err().because.starts_with("a confidence level of 1"));
            assert!(effect(&varied, &Moments { n: 1, ..varied }, 0.95).is_err());
        }
        let because = glass_delta(&constant, &varied, 0.95).unwrap_err().because;
        assert_eq!(because, "the baseline does not vary between runs, so its standard deviation is zero");
        assert!(d_average(&constant, &varied, 0.95).is_ok());
        assert!(glass_delta(&varied, &constant, 0.95).is_ok());
    }

    #[test]
    fn means_that_are_too_far_apart_have_no_interval() {
        let at = |mean| Moments { n: 3, mean, sd: 1.0 };
        assert!(cohen_d(&at(0.0), &at(8e5), 0.95).unwrap().interval.is_some());
        for far in [1e6, 1e200, -1e6] {
            let effect = cohen_d(&at(0.0), &at(far), 0.95).unwrap();
            assert_eq!((effect.estimate, effect.interval), (far, None));
            assert_eq!(
                effect.note.unwrap(),
                "no interval, because the means are more than a million standard errors apart"
            );
        }
    }
}
