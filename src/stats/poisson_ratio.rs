//! The exact conditional test of two Poisson rates.
//!
//! # Hypothesis
//!
//! H₀: events are as frequent per unit of exposure in the treatment as in the baseline; the rate ratio is 1.
//!
//! # Formula
//!
//! With cⱼ the events in the exposure eⱼ of all runs of mode j: given that there are c₁ + c₂ events in all, those of
//! the treatment are binomial, and so have tails of the beta distribution, or of F:
//!
//! ```text
//! estimate  = (c₂/e₂)/(c₁/e₁)
//! p_greater = P(F(2·c₁ + 2, 2·c₂) > c₂/(c₁ + 1)·e₁/e₂)
//! p_less    = P(F(2·c₂ + 2, 2·c₁) > c₁/(c₂ + 1)·e₂/e₁)
//! p_value   = min(1, 2·min(p_less, p_greater))
//! lower     = x/(1 − x)·e₁/e₂,  P(Beta(c₂, c₁ + 1) ≤ x) = (1 − level)/2
//! upper     = (1 − x)/x·e₁/e₂,  P(Beta(c₁, c₂ + 1) ≤ x) = (1 − level)/2
//! ```
//!
//! The two-sided p is the central one, twice the smaller tail: it is below 1 − level exactly when the interval does not
//! hold 1. R's `poisson.test` instead adds up all outcomes that are no more likely than the one seen, so its two-sided
//! p can be smaller and contradict its own interval; one-sided p and interval are the same.
//!
//! When one mode has no event the ratio has a bound on one side only, and no estimate.
//!
//! # Assumptions
//!
//! Events happen one by one, at a rate that is the same in every run of a mode. Retransmissions come in bursts, for
//! which this test is far too confident (see `overdispersion`); `rate_ratio` is not.
//!
//! # References
//!
//! Przyborowski, Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31(3/4), 1940,
//! doi:10.1093/biomet/31.3-4.313. Clopper, Pearson (1934), doi:10.1093/biomet/26.4.404. Fay, "Two-sided exact tests and
//! matching confidence intervals for discrete data", R Journal 2(1), 2010, doi:10.32614/RJ-2010-008 (which p goes with
//! which interval).
//!
//! # Checked against
//!
//! mpmath, summing the binomial terms, and R's `poisson.test`: 1e-12 (1e-10 at p = 1e-304 of 2e7 events); p from 1 to
//! below the smallest double, counts up to 1e7 (`tests/reference/poisson_ratio.csv`).

use super::distribution::{beta, f};
use super::rate::Totals;
use super::rate_ratio::positive;
use super::{
    Alternative, Answer, Compute, Estimand, Events, Interval, Kind, Method, Result, TestResult, Undefined,
    overdispersion, tail,
};

pub(super) const METHOD: Method = Method {
    id: "poisson_ratio",
    label: "Poisson rate ratio (exact conditional, central p)",
    kind: Kind::Test,
    estimand: Estimand::RateRatio,
    interval: None,
    reference: "Przyborowski and Wilenski (1940), doi:10.1093/biomet/31.3-4.313; \
                Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404",
    compute: Compute::Events(|a, b, s| poisson_ratio(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether two Poisson rates differ, from the total counts of the modes; estimate and interval are of the ratio
/// treatment/baseline.
///
/// Undefined without an event in either mode, or when a count is not a whole number.
pub fn poisson_ratio(
    baseline: &[Events],
    treatment: &[Events],
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let modes = [baseline, treatment];
    let totals = [Totals::of_whole(baseline)?, Totals::of_whole(treatment)?];
    let test = conditional(totals.each_ref().map(|t| (t.count, t.exposure)), alternative, level)?;
    let bursty = modes.iter().any(|runs| overdispersion::overdispersion(runs).is_ok_and(|test| test.p_value < 0.05));
    let warning =
        "the counts vary more between runs than Poisson counts do, so p is too small and the interval too narrow";
    let notes: Vec<String> = test.note.into_iter().chain(bursty.then(|| warning.to_owned())).collect();
    Ok(TestResult { note: (!notes.is_empty()).then(|| notes.join("; ")), method: METHOD.label.to_owned(), ..test })
}

/// The test of the count and exposure of baseline and treatment. Counts need not be whole: a mode's effective count is
/// not.
pub(super) fn conditional(
    [(c1, e1), (c2, e2)]: [(f64, f64); 2],
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let note = match (c1 == 0.0, c2 == 0.0) {
        (true, true) => return Err(Undefined::because("neither mode has an event")),
        (true, false) => Some("the baseline has no event, so only a bound of the rate ratio is known"),
        (false, true) => Some("the treatment has no event, so only a bound of the rate ratio is known"),
        (false, false) => None,
    };
    let exposures = positive(e1 / e2)?;
    let greater = || at_least(c2, c1, exposures);
    let less = || at_least(c1, c2, 1.0 / exposures);
    let p_value = match alternative {
        Alternative::TwoSided => (2.0 * greater()?.min(less()?)).min(1.0),
        Alternative::Less => less()?,
        Alternative::Greater => greater()?,
    };
    let outside = tail(level, alternative)?;
    // A bound beyond double precision is none.
    let bound = |odds: f64| Some(exposures * odds).filter(|x| x.is_normal());
    let lower = if alternative == Alternative::Less { None } else { bound(lowest_odds(c2, c1, outside)?) };
    let upper = if alternative == Alternative::Greater { None } else { bound(1.0 / lowest_odds(c1, c2, outside)?) };
    Ok(TestResult {
        statistic: None,
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: if note.is_none() { Some(positive(c2 / c1 * exposures)?) } else { None },
        interval: Interval { level, lower, upper },
        alternative,
        method: "Exact conditional test of two counts (Clopper–Pearson)".to_owned(),
        note: note.map(str::to_owned),
    })
}

/// The probability, when the rates are equal, that a mode has `count` events or more of the `count + rest` in all;
/// `exposures` is the exposure of the rest divided by the mode's own.
fn at_least(count: f64, rest: f64, exposures: f64) -> Result<f64> {
    if count == 0.0 {
        return Ok(1.0);
    }
    f::sf(positive(count / (rest + 1.0) * exposures)?, 2.0 * (rest + 1.0), 2.0 * count)
}

/// The least odds of an event being the mode's that make `count` events or more not too improbable. (Clopper and
/// Pearson)
fn lowest_odds(count: f64, rest: f64, outside: f64) -> Result<f64> {
    if count == 0.0 {
        return Ok(0.0);
    }
    let x = beta::quantile(outside, count, rest + 1.0)?;
    if x <= 0.5 {
        return Ok(x / (1.0 - x));
    }
    let y = beta::quantile(1.0 - outside, rest + 1.0, count)?;
    Ok((1.0 - y) / y)
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::*;

    fn mode() -> impl Strategy<Value = Vec<Events>> {
        let count = prop_oneof![3 => (0u32..60).prop_map(f64::from), 1 => (0u32..10_000_000).prop_map(f64::from)];
        let run = (count, 0.01..100.0f64).prop_map(|(count, exposure)| Events { count, exposure });
        prop::collection::vec(run, 1..4)
    }

    fn anything() -> impl Strategy<Value = Vec<Events>> {
        let number = || prop_oneof![prop::num::f64::ANY, (0u32..9).prop_map(f64::from), Just(f64::MAX), Just(5e-324)];
        prop::collection::vec((number(), number()).prop_map(|(count, exposure)| Events { count, exposure }), 0..5)
    }

    proptest! {
        #[test]
        fn swapping_the_modes_inverts_it(a in mode(), b in mode()) {
            let test = |a: &[Events], b: &[Events], alternative| poisson_ratio(a, b, alternative, 0.95);
            let inverse = |x: Option<f64>, y: Option<f64>| match (x, y) {
                (Some(x), Some(y)) => relative_eq!(x * y, 1.0, max_relative = 1e-12),
                (x, y) => x == y,
            };
            for (one, other) in [
                (Alternative::TwoSided, Alternative::TwoSided),
                (Alternative::Less, Alternative::Greater),
                (Alternative::Greater, Alternative::Less),
            ] {
                if let [Ok(there), Ok(back)] = [test(&a, &b, one), test(&b, &a, other)] {
                    prop_assert!(inverse(there.estimate, back.estimate));
                    prop_assert!(inverse(there.interval.lower, back.interval.upper));
                    prop_assert!(inverse(there.interval.upper, back.interval.lower));
                    prop_assert!(relative_eq!(there.p_value, back.p_value, max_relative = 1e-10));
                }
            }
        }

        #[test]
        fn the_interval_holds_one_unless_p_is_small(a in mode(), b in mode(), level in 0.5..0.999f64) {
            if let Ok(TestResult { interval, p_value, .. }) = poisson_ratio(&a, &b, Alternative::TwoSided, level) {
                let holds = interval.lower.is_none_or(|x| x <= 1.0) && interval.upper.is_none_or(|x| x >= 1.0);
                let borderline = relative_eq!(p_value, 1.0 - level, max_relative = 1e-9);
                prop_assert!(borderline || holds == (p_value > 1.0 - level));
            }
        }

        #[test]
        fn any_input_has_a_result_or_a_reason(a in anything(), b in anything(), level in prop::num::f64::ANY) {
            if let Ok(test) = poisson_ratio(&a, &b, Alternative::TwoSided, level) {
                prop_assert!((0.0..=1.0).contains(&test.p_value), "{test:?}");
                let numbers = [test.estimate, test.interval.lower, test.interval.upper];
                prop_assert!(numbers.into_iter().flatten().all(|x| x.is_finite() && x > 0.0), "{test:?}");
            }
        }
    }

    #[test]
    fn counts_in_bursts_have_a_warning() {
        let runs = |counts: [f64; 3]| counts.map(|count| Events { count, exposure: 1.0 });
        let note = |a, b| poisson_ratio(&runs(a), &runs(b), Alternative::TwoSided, 0.95).map(|test| test.note);
        assert_eq!(note([9.0, 11.0, 10.0], [14.0, 12.0, 15.0]), Ok(None));
        assert!(note([9.0, 11.0, 10.0], [0.0, 0.0, 41.0]).is_ok_and(|note| note.is_some()));
        assert_eq!(note([0.0; 3], [0.0; 3]), Err(Undefined::because("neither mode has an event")));
    }
}
