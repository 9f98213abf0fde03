//! Pearson's dispersion of the counts of one mode: whether they vary more between runs than Poisson counts do.
//!
//! # Hypothesis
//!
//! H₀: events happen one by one at a constant rate, so that the counts of the runs are Poisson with means in proportion
//! to the exposures. Events in bursts, and a rate that changes between runs, make the dispersion greater than 1.
//!
//! # Formula
//!
//! With cᵢ, eᵢ the count and exposure of a run and rate = Σcᵢ/Σeᵢ:
//!
//! ```text
//! statistic = Σ(cᵢ − rate·eᵢ)²/(rate·eᵢ)
//! df        = n − 1
//! estimate  = statistic/df
//! p_value   = P(χ²(df) > statistic)
//! ```
//!
//! The test is one-sided, against overdispersion. What it finds makes the standard error of a Poisson model too small
//! by the factor √estimate.
//!
//! # Assumptions
//!
//! Independent runs, of which each can be expected to have an event or more; with fewer, p is approximate.
//!
//! # References
//!
//! Cochran, "Some methods for strengthening the common χ² tests", Biometrics 10(4), 1954, doi:10.2307/3001616 (the
//! variance test of Poisson counts, and how small an expected count may be). Cox, "Some remarks on overdispersion",
//! Biometrika 70(1), 1983, doi:10.1093/biomet/70.1.269. Cameron, Trivedi, Regression Analysis of Count Data, 2nd ed.,
//! 2013, 5.3.
//!
//! # Checked against
//!
//! mpmath, R's `pchisq`: 1e-12, p down to below the smallest double (`tests/reference/overdispersion.csv`).

use super::distribution::chi_squared;
use super::rate::Totals;
use super::{Alternative, Compute, Estimand, Events, Interval, Kind, Method, Result, TestResult, Undefined, finite};

pub(super) const METHOD: Method = Method {
    id: "overdispersion",
    label: "Pearson's dispersion of counts",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Cochran (1954), doi:10.2307/3001616; \
                Cameron and Trivedi (2013), Regression Analysis of Count Data, 5.3",
    compute: Compute::Own,
};

/// Tests whether the counts of a mode's runs vary more than Poisson counts; the estimate is their dispersion, 1 for
/// Poisson counts, without an interval.
///
/// Undefined with fewer than two runs, or without an event.
pub fn overdispersion(runs: &[Events]) -> Result<TestResult> {
    let totals = Totals::of(runs)?;
    let df = runs.len() as f64 - 1.0;
    let dispersion = dispersion(&totals, runs)?;
    let statistic = finite(dispersion * df)?;
    let fewest = runs.iter().map(|run| totals.rate * run.exposure).fold(f64::INFINITY, f64::min);
    let note = "a run has less than one event to be expected in its exposure, so p is approximate";
    Ok(TestResult {
        statistic: Some(statistic),
        standard_error: None,
        df: Some(df),
        numerator_df: None,
        p_value: chi_squared::sf(statistic, df)?,
        estimate: Some(dispersion),
        interval: Interval { level: 0.95, lower: None, upper: None },
        alternative: Alternative::Greater,
        method: METHOD.label.to_owned(),
        note: (fewest < 1.0).then(|| note.to_owned()),
    })
}

/// The dispersion alone, of runs with these totals.
pub(super) fn dispersion(totals: &Totals, runs: &[Events]) -> Result<f64> {
    if totals.count == 0.0 {
        return Err(Undefined::because("no event was seen"));
    }
    if runs.len() < 2 {
        return Err(Undefined::because("one run does not show how bursty events are"));
    }
    let square = |run: &Events| {
        let expected = totals.count * (run.exposure / totals.exposure);
        (run.count - expected) * ((run.count - expected) / expected)
    };
    finite(runs.iter().map(square).sum::<f64>() / (runs.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn neither_order_nor_unit_matters(
            runs in prop::collection::vec((0u32..99, 1u32..99), 2..9), power in -900i32..900,
        ) {
            let of = |unit: f64| {
                let event = |&(count, exposure): &(u32, u32)| Events {
                    count: f64::from(count),
                    exposure: f64::from(exposure) * unit,
                };
                runs.iter().map(event).collect::<Vec<_>>()
            };
            let mut other = of(2f64.powi(power));
            other.reverse();
            match (overdispersion(&of(1.0)), overdispersion(&other)) {
                (Ok(one), Ok(other)) => {
                    assert_relative_eq!(one.p_value, other.p_value, max_relative = 1e-10);
                    prop_assert_eq!(one.df, other.df);
                }
                (one, other) => prop_assert_eq!(one.is_err(), other.is_err()),
            }
        }

        #[test]
        fn any_input_has_a_result_or_a_reason(
            runs in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..5),
        ) {
            let runs: Vec<Events> = runs.into_iter().map(|(count, exposure)| Events { count, exposure }).collect();
            if let Ok(test) = overdispersion(&runs) {
                prop_assert!((0.0..=1.0).contains(&test.p_value));
                prop_assert!(test.statistic.is_some_and(f64::is_finite));
            }
        }
    }

    #[test]
    fn fewer_events_than_runs_have_a_note() {
        let runs = |count| vec![Events { count, exposure: 2.0 }; 5];
        assert!(overdispersion(&runs(0.5)).is_ok_and(|test| test.note.is_some()));
        assert!(overdispersion(&runs(1.0)).is_ok_and(|test| test.note.is_none() && test.p_value == 1.0));
    }
}
