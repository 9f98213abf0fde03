//! Equivalence of two means: two one-sided tests (TOST).
//!
//! # Hypothesis
//!
//! H₀: |μ₂ − μ₁| ≥ Δ; H₁: |μ₂ − μ₁| < Δ, with Δ = margin, or Δ = margin·|μ₁| when the margin is relative. A small p
//! says that the modes are the same for all that matters; a large one does not say that they differ.
//!
//! # Formula
//!
//! Both tests of non-inferiority (see there, also for a relative margin), of which the weaker counts:
//!
//! ```text
//! p_value        = max(p_Less, p_Greater)
//! statistic, standard_error, df: those of the test with that p
//! interval       = (lower bound of Greater, upper bound of Less), each at confidence level = 1 − α
//! ```
//!
//! Bounds that each leave out α enclose 1 − 2α, which is the level that the interval states: with level 0.95 it is the
//! 90 % interval that lies within ±Δ exactly when p < 0.05.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. A margin that was chosen before the data were seen.
//!
//! # References
//!
//! Schuirmann (1987), doi:10.1007/BF01068419. With Welch's df: Lakens (2017), doi:10.1177/1948550617697177. Relative
//! margins: see `non_inferiority`.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/equivalence.csv`).

use super::non_inferiority::{margin, non_inferiority};
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Margin, Method, Moments, Result, TestResult, Undefined,
};

pub(super) const METHOD: Method = Method {
    id: "equivalence",
    label: "Equivalence (TOST, Welch; interval at 1 − 2α)",
    kind: Kind::Equivalence,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Schuirmann (1987), doi:10.1007/BF01068419",
    compute: Compute::Moments(|a, b, s| equivalence(a, b, margin(s)?, s.level).map(Answer::Test)),
};

/// Tests whether the means differ by less than a margin, at α = 1 − level.
///
/// Undefined when a sample has fewer than two values, or both are constant; with a relative margin also when the
/// baseline's mean is zero.
pub fn equivalence(baseline: &Moments, treatment: &Moments, margin: Margin, level: f64) -> Result<TestResult> {
    both(level, METHOD.label, |towards| non_inferiority(baseline, treatment, margin, towards, level))
}

/// Both one-sided tests as one.
pub(super) fn both(
    level: f64,
    method: &str,
    one_sided: impl Fn(Alternative) -> Result<TestResult>,
) -> Result<TestResult> {
    if level <= 0.5 {
        let reason = format!("an equivalence test needs a confidence level above 0.5, not {level}");
        return Err(Undefined::because(reason));
    }
    let (above, below) = (one_sided(Alternative::Greater)?, one_sided(Alternative::Less)?);
    let interval = Interval { level: two_sided(level), lower: above.interval.lower, upper: below.interval.upper };
    // Of two p-values below the smallest double the statistics still tell which is the greater.
    let distance = |test: &TestResult| test.statistic.map_or(0.0, f64::abs);
    let tied = above.p_value == below.p_value;
    let below_is_weaker = if tied { distance(&below) < distance(&above) } else { below.p_value > above.p_value };
    let weaker = if below_is_weaker { below } else { above };
    Ok(TestResult { interval, alternative: Alternative::TwoSided, method: method.to_owned(), ..weaker })
}

/// 1 − 2α of 1 − α, in the digits it is written with: 0.9 of 0.95, not 0.8999999999999999.
fn two_sided(level: f64) -> f64 {
    ((2.0 * level - 1.0) * 1e15).round() / 1e15
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::welch::welch;
    use super::*;

    fn moments() -> impl Strategy<Value = Moments> {
        (2..60usize, 0.5..9.0f64, 0.01..2.0f64).prop_map(|(n, mean, sd)| Moments { n, mean, sd })
    }

    proptest! {
        #[test]
        fn the_interval_decides(a in moments(), b in moments(), size in 0.01..3.0f64, level in 0.51..0.999f64) {
            for (margin, limit) in [(Margin::Absolute(size), size), (Margin::Relative(size), size * a.mean)] {
                let test = equivalence(&a, &b, margin, level).unwrap();
                let (lower, upper) = (test.interval.lower.unwrap(), test.interval.upper.unwrap());
                let inside = -limit < lower && upper < limit;
                let close = (test.p_value - (1.0 - level)).abs() < 1e-9;
                prop_assert!(close || inside == (test.p_value < 1.0 - level), "{test:?}");
                prop_assert!(lower < test.estimate.unwrap() && test.estimate.unwrap() < upper);
            }
        }

        #[test]
        fn the_interval_is_welchs_at_its_level(a in moments(), b in moments(), level in 0.51..0.999f64) {
            let ours = equivalence(&a, &b, Margin::Absolute(0.5), level).unwrap().interval;
            let theirs = welch(&a, &b, Alternative::TwoSided, ours.level).unwrap().interval;
            for (x, y) in [(ours.lower, theirs.lower), (ours.upper, theirs.upper)] {
                prop_assert!(approx::relative_eq!(x.unwrap(), y.unwrap(), max_relative = 1e-9, epsilon = 1e-9));
            }
        }

        #[test]
        fn swapping_the_modes_changes_only_signs(a in moments(), b in moments(), size in 0.01..3.0f64) {
            let there = equivalence(&a, &b, Margin::Absolute(size), 0.95).unwrap();
            let back = equivalence(&b, &a, Margin::Absolute(size), 0.95).unwrap();
            prop_assert_eq!((there.p_value, there.df), (back.p_value, back.df));
            prop_assert_eq!(there.interval.lower, back.interval.upper.map(|x| -x));
        }

        #[test]
        fn a_wider_margin_is_easier(a in moments(), b in moments(), size in 0.01..1.0f64, more in 0.01..1.0f64) {
            let p = |margin| equivalence(&a, &b, margin, 0.95).unwrap().p_value;
            prop_assert!(p(Margin::Absolute(size + more)) <= p(Margin::Absolute(size)));
        }
    }

    #[test]
    fn states_the_level_as_it_is_written() {
        for (level, stated) in [(0.95, 0.9), (0.975, 0.95), (0.99, 0.98), (0.9, 0.8), (0.995, 0.99)] {
            assert_eq!(two_sided(level), stated);
        }
        let a = Moments { n: 5, mean: 2.0, sd: 1.0 };
        let margin = Margin::Absolute(1.0);
        assert!(equivalence(&a, &a, margin, 0.5).unwrap_err().because.ends_with("above 0.5, not 0.5"));
        assert!(equivalence(&a, &a, margin, 1.0).is_err());
        assert!(equivalence(&a, &a, margin, f64::NAN).is_err());
    }
}
