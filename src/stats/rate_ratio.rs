//! The ratio of two rates of events, with the run as the unit of replication.
//!
//! # Hypothesis
//!
//! H₀: events are as frequent per unit of exposure in the treatment as in the baseline; the rate ratio is 1.
//!
//! # Formula
//!
//! With rateⱼ the ratio of the totals of mode j and seⱼ its linearised standard error (see `rate`):
//!
//! ```text
//! estimate       = rate₂/rate₁
//! standard_error = √(r₁² + r₂²),  rⱼ = seⱼ/rateⱼ                   of ln estimate
//! statistic      = ln(estimate)/standard_error
//! df             = (r₁² + r₂²)² / (r₁⁴/(n₁ − 1) + r₂⁴/(n₂ − 1))
//! interval       = estimate·exp(±t(df; (1 + level)/2)·standard_error)
//! ```
//!
//! When one mode has no event, the logarithm does not exist and the ratio has a bound on one side only: that of the
//! exact conditional test of Clopper and Pearson, given that the N events all fell into the other mode. Bursts make N
//! events worth fewer, so N is divided by that mode's dispersion, as in Korn and Graubard's interval:
//!
//! ```text
//! bound      = (E/e)·(α^(−1/N) − 1),  α = (1 − level)/2            of rate(empty mode)/rate(other mode)
//! p_value    = 2·(E/(E + e))^N
//! N          = Σcᵢ/φ,  φ = max(1, Σ((cᵢ − rate·Eᵢ)²/(rate·Eᵢ))/(n − 1))
//! ```
//!
//! with cᵢ, Eᵢ the other mode's runs, E its exposure and e that of the empty mode. One-sided: α = 1 − level, and p
//! without the 2.
//!
//! # Assumptions
//!
//! Independent runs, whose exposures vary little within a mode (see `rate`). With an empty mode also: that it is as
//! bursty as the other. In simulations under H₀, whether counts are Poisson or in bursts, 0 to 7 % of p-values are
//! below 5 %, from 2 to 20 runs per mode and 0.3 to 100 events per run.
//!
//! # References
//!
//! Cochran, Sampling Techniques, 3rd ed., 1977, 6.4. Welch (1947), doi:10.1093/biomet/34.1-2.28.
//! Clopper, Pearson (1934), doi:10.1093/biomet/26.4.404; Przyborowski, Wilenski (1940), doi:10.1093/biomet/31.3-4.313
//! (the conditional test of two Poisson counts); Korn, Graubard, "Confidence intervals for proportions with small
//! expected number of positive counts estimated from survey data", Survey Methodology 24(2), 1998.
//!
//! # Checked against
//!
//! mpmath, R's `poisson.test`: 1e-12 (`tests/reference/rate_ratio.csv`).

use super::rate::Totals;
use super::{
    Alternative, Answer, Compute, Estimand, Events, Interval, Kind, Method, Result, TestResult, Undefined, finite,
    overdispersion, poisson_ratio, t_distribution, welch,
};

pub(super) const METHOD: Method = Method {
    id: "rate_ratio",
    label: "Rate ratio (linearised by run, Welch's df)",
    kind: Kind::Test,
    estimand: Estimand::RateRatio,
    interval: None,
    reference: "Cochran (1977), Sampling Techniques, 6.4; Welch (1947), doi:10.1093/biomet/34.1-2.28; \
                Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404",
    compute: Compute::Events(|a, b, s| rate_ratio(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether the rate of events of the treatment differs from the baseline's; estimate and interval are of the
/// ratio treatment/baseline, the standard error of its logarithm.
///
/// Undefined without an event in either mode, with one run in a mode that has events, or when both modes' runs are all
/// alike.
pub fn rate_ratio(
    baseline: &[Events],
    treatment: &[Events],
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let (first, second) = (Totals::of(baseline)?, Totals::of(treatment)?);
    let exact = |modes| poisson_ratio::conditional(modes, alternative, level);
    match (first.count == 0.0, second.count == 0.0) {
        (true, true) => Err(Undefined::because("neither mode has an event")),
        (true, false) => exact([(0.0, first.exposure), effective(&second, treatment)?]),
        (false, true) => exact([effective(&first, baseline)?, (0.0, second.exposure)]),
        (false, false) => {
            let terms = [
                (first.relative_error(baseline)?, baseline.len()),
                (second.relative_error(treatment)?, treatment.len()),
            ];
            let note = first.unequal(baseline).or_else(|| second.unequal(treatment));
            let rates = [first.rate, second.rate];
            let test = of_rates(rates, welch::combined(terms)?, alternative, level, METHOD.label)?;
            Ok(TestResult { note, ..test })
        }
    }
}

/// The t test of the logarithm of a ratio of two positive rates, from its standard error and degrees of freedom.
pub(super) fn of_rates(
    [first, second]: [f64; 2],
    (standard_error, df): (f64, f64),
    alternative: Alternative,
    level: f64,
    method: &str,
) -> Result<TestResult> {
    let ratio = positive(second / first)?;
    // A bound beyond double precision is none.
    let exp = |ln: Option<f64>| ln.map(libm::exp).filter(|x| x.is_normal());
    let test = t_distribution::t_test(libm::log(ratio), standard_error, df, alternative, level, method)?;
    let Interval { lower, upper, .. } = test.interval;
    Ok(TestResult { estimate: Some(ratio), interval: Interval { level, lower: exp(lower), upper: exp(upper) }, ..test })
}

/// The ratio of the totals' rates, treatment/baseline, for `bootstrap`: infinite when only the baseline has no event,
/// `None` when neither mode has.
pub fn pooled_ratio(baseline: &[Events], treatment: &[Events]) -> Option<f64> {
    let totals = |runs: &[Events]| runs.iter().fold((0.0, 0.0), |(c, e), run| (c + run.count, e + run.exposure));
    let ((c1, e1), (c2, e2)) = (totals(baseline), totals(treatment));
    let ratio = (c2 / e2) / (c1 / e1);
    (!ratio.is_nan()).then_some(ratio)
}

/// How far a ratio lies from another on the scale of logarithms, where the test is made: ln(ratio/from).
pub fn log_distance(ratio: f64, from: f64) -> f64 {
    libm::log(ratio / from)
}

/// The ratio that lies so far from another on the scale of logarithms: from·exp(distance).
pub fn at_log_distance(from: f64, distance: f64) -> f64 {
    from * libm::exp(distance)
}

/// A ratio of positive numbers, unless it left the range of double precision.
pub(super) fn positive(x: f64) -> Result<f64> {
    if x == 0.0 { Err(Undefined::because("a ratio is too small for double precision")) } else { finite(x) }
}

/// A mode's events for the exact test, worth fewer for their bursts, and its exposure.
fn effective(totals: &Totals, runs: &[Events]) -> Result<(f64, f64)> {
    Ok((totals.count / overdispersion::dispersion(totals, runs)?.max(1.0), totals.exposure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_sided(baseline: &[Events], treatment: &[Events]) -> Result<TestResult> {
        rate_ratio(baseline, treatment, Alternative::TwoSided, 0.95)
    }

    #[test]
    fn rounding_is_not_variation() {
        // Ten times 0.1 is not 1 in doubles, so that shares of counts and of exposures differ in their last digits.
        let runs = |count, exposure, n| vec![Events { count, exposure }; n];
        for (n, exposure) in [(3, 0.1), (10, 0.1), (7, 0.3), (20, 1e-9), (100_000, 0.7)] {
            let result = two_sided(&runs(5.0, exposure, n), &runs(8.0, exposure, n));
            assert_eq!(
                result,
                Err(Undefined::because("neither mode varies between runs, so the standard error is zero"))
            );
        }
    }

    #[test]
    fn a_run_with_most_of_the_exposure_has_a_note() {
        let runs = |first| [(40.0, first), (3.0, 1.0), (5.0, 1.1)].map(|(count, exposure)| Events { count, exposure });
        assert!(two_sided(&runs(10.0), &runs(1000.0)).is_ok_and(|test| test.note.is_some()));
        assert!(two_sided(&runs(1.2), &runs(1.3)).is_ok_and(|test| test.note.is_none()));
    }

    #[test]
    fn a_bound_beyond_double_precision_is_none() {
        let runs = [(900.0, 1.0), (1.0, 1.0)].map(|(count, exposure)| Events { count, exposure });
        let other = [(1.0, 1.0), (700.0, 1.0)].map(|(count, exposure)| Events { count, exposure });
        let test = rate_ratio(&runs, &other, Alternative::TwoSided, 0.999999);
        assert!(test.is_ok_and(|test| test.interval.upper.is_none() && test.interval.lower.is_none()));
    }
}
