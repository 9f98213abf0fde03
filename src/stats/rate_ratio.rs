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
//! Independent runs. With an empty mode also: that it is as bursty as the other, and exposures that vary little.
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
    t_distribution, tail, welch,
};

pub(super) const METHOD: Method = Method {
    id: "rate_ratio",
    label: "Rate ratio (linearised by run, Welch's df)",
    kind: Kind::Test,
    estimand: Estimand::RateRatio,
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
    match (first.count == 0.0, second.count == 0.0) {
        (true, true) => Err(Undefined::because("neither mode has an event")),
        (true, false) => bound(&second, treatment, first.exposure, Empty::Baseline, alternative, level),
        (false, true) => bound(&first, baseline, second.exposure, Empty::Treatment, alternative, level),
        (false, false) => {
            let terms = [
                (first.relative_error(baseline)?, baseline.len()),
                (second.relative_error(treatment)?, treatment.len()),
            ];
            let (standard_error, df) = welch::combined(terms)?;
            let ln_ratio = libm::log(finite(second.rate / first.rate)?);
            let test = t_distribution::t_test(ln_ratio, standard_error, df, alternative, level, METHOD.label)?;
            let exp = |ln: Option<f64>| ln.map(|x| finite(libm::exp(x))).transpose();
            let interval = Interval { level, lower: exp(test.interval.lower)?, upper: exp(test.interval.upper)? };
            Ok(TestResult { estimate: Some(second.rate / first.rate), interval, ..test })
        }
    }
}

/// The ratio of the totals' rates, treatment/baseline, for `bootstrap`; `None` when the baseline has no event.
pub fn pooled_ratio(baseline: &[Events], treatment: &[Events]) -> Option<f64> {
    let totals = |runs: &[Events]| runs.iter().fold((0.0, 0.0), |(c, e), run| (c + run.count, e + run.exposure));
    let ((c1, e1), (c2, e2)) = (totals(baseline), totals(treatment));
    let ratio = (c2 / e2) / (c1 / e1);
    ratio.is_finite().then_some(ratio)
}

#[derive(Clone, Copy, PartialEq)]
enum Empty {
    Baseline,
    Treatment,
}

/// The exact conditional test and bound when one mode has no event; `other` and `runs` are those of the other mode.
fn bound(
    other: &Totals,
    runs: &[Events],
    empty_exposure: f64,
    empty: Empty,
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let events = other.count / dispersion(other, runs)?;
    // P(none of N events in the empty mode) under H₀.
    let p_none = libm::exp(-events * libm::log1p(empty_exposure / other.exposure));
    let towards = if empty == Empty::Treatment { Alternative::Less } else { Alternative::Greater };
    let p_value = match alternative {
        Alternative::TwoSided => (2.0 * p_none).min(1.0),
        one_sided if one_sided == towards => p_none,
        _ => 1.0,
    };
    let largest = other.exposure / empty_exposure * libm::expm1(-libm::log(tail(level, alternative)?) / events);
    let wanted =
        |x: f64| (alternative == Alternative::TwoSided || alternative == towards).then(|| finite(x)).transpose();
    let interval = match empty {
        Empty::Treatment => Interval { level, lower: None, upper: wanted(largest)? },
        Empty::Baseline => Interval { level, lower: wanted(1.0 / largest)?, upper: None },
    };
    let mode = if empty == Empty::Treatment { "treatment" } else { "baseline" };
    Ok(TestResult {
        statistic: None,
        standard_error: None,
        df: None,
        numerator_df: None,
        p_value,
        estimate: None,
        interval,
        alternative,
        method: "Exact conditional test of two counts (Clopper–Pearson)".to_owned(),
        note: Some(format!("the {mode} has no event, so only a bound of the rate ratio is known")),
    })
}

/// Pearson's dispersion of the counts, 1 for Poisson counts; not below 1.
fn dispersion(totals: &Totals, runs: &[Events]) -> Result<f64> {
    if runs.len() < 2 {
        return Err(Undefined::because("one run does not show how bursty events are"));
    }
    let square = |run: &Events| {
        let expected = totals.rate * run.exposure;
        (run.count - expected) * ((run.count - expected) / expected)
    };
    let chi2: f64 = runs.iter().map(square).sum();
    finite((chi2 / (runs.len() - 1) as f64).max(1.0))
}
