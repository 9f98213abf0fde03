//! The rate of events of one mode: events per unit of exposure, over all its runs.
//!
//! # Definition
//!
//! The ratio of the totals, such as all retransmissions ÷ all bytes. The mean of the runs' own ratios, which weighs a
//! run that moved little as much as one that moved much, is given beside it.
//!
//! The two are the same when all exposures are. They differ by about the covariance of ratio and exposure over the mean
//! exposure: when the runs that moved much had a lower rate (a run that loses segments moves fewer bytes), the pooled
//! rate is the lower one. The pooled rate answers how many events a unit of exposure costs and is a long run's rate;
//! the mean of ratios answers what rate a run has, and one run with next to no exposure can throw it off. Where they
//! differ by more than their standard errors, rate and exposure go together, and that is itself a finding.
//!
//! # Formula
//!
//! ```text
//! rate           = Σcᵢ/Σeᵢ
//! standard_error = √(n/(n − 1)·Σ(cᵢ − rate·eᵢ)²) / Σeᵢ
//! interval       = rate·exp(±t(n − 1; (1 + level)/2)·standard_error/rate)
//! interval       = (none, −ln((1 − level)/2)/Σeᵢ)        without an event
//! ```
//!
//! # Assumptions
//!
//! Independent runs. Within a run events may come in bursts: the run, not the event, is the unit. Without an event
//! there is no burst to learn from, and the bound is that of a Poisson count.
//!
//! Exposures that vary little, as of runs of the same length. A run with most of the exposure pulls the rate to its
//! own, so that its residual hides how runs vary, and n runs count for (Σeᵢ)²/Σeᵢ². A note says so below ¾·n: of
//! intervals at 95 %, 90 % hold the rate ratio at n/2, 77 % at n/5 (simulated, n = 20).
//!
//! # References
//!
//! Cochran, Sampling Techniques, 3rd ed., 1977, 6.4 (ratio estimator; the linearised variance).
//! Garwood (1936), doi:10.1093/biomet/28.3-4.437 (the bound without an event, of which the "rule of three" is the
//! one-sided 95 % case: Hanley, Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031). Kish, Survey Sampling, 1965,
//! 11.7 (what n unequal runs count for).
//!
//! # Checked against
//!
//! mpmath, R's `poisson.test`: 1e-12 (`tests/reference/rate.csv`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::{
    Alternative, Compute, Estimand, Events, Interval, Kind, Method, Moments, Result, Undefined, finite, moments,
    outcome, t_distribution, tail,
};

pub(super) const METHOD: Method = Method {
    id: "rate",
    label: "Pooled rate (ratio of totals)",
    kind: Kind::Description,
    estimand: Estimand::None,
    interval: None,
    reference: "Cochran (1977), Sampling Techniques, 6.4; Garwood (1936), doi:10.1093/biomet/28.3-4.437",
    compute: Compute::Own,
};

/// The rate of events of one mode; rates are in events per unit of exposure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    pub n: usize,
    pub count: f64,
    pub exposure: f64,
    /// The ratio of the totals.
    pub rate: f64,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub standard_error: Result<f64>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Interval>")]
    pub interval: Result<Interval>,
    pub mean_of_ratios: f64,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub mean_of_ratios_standard_error: Result<f64>,
    /// What a reader must know of this result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The rate of events over the runs of a mode, with an interval at a confidence level.
///
/// Undefined without a run, or when a count is negative or an exposure not positive. With one run, or without an event,
/// there is no standard error.
pub fn rate(runs: &[Events], level: f64) -> Result<Rate> {
    let totals = Totals::of(runs)?;
    let ratios: Vec<f64> = runs.iter().map(|run| run.count / run.exposure).collect();
    let standard_error = totals.relative_error(runs).map(|relative| relative * totals.rate);
    let (interval, note) = if totals.count == 0.0 {
        let upper = finite(-libm::log(tail(level, Alternative::TwoSided)?) / totals.exposure)?;
        let note = "no event was seen, so only an upper bound is known; it takes the count to be Poisson";
        (Ok(Interval { level, lower: None, upper: Some(upper) }), Some(note.to_owned()))
    } else {
        (standard_error.clone().and_then(|se| totals.interval(se, runs.len(), level)), totals.unequal(runs))
    };
    Ok(Rate {
        n: runs.len(),
        count: totals.count,
        exposure: totals.exposure,
        rate: totals.rate,
        standard_error,
        interval,
        mean_of_ratios: moments::mean(&ratios)?,
        mean_of_ratios_standard_error: Moments::of(&ratios).map(|m| m.standard_error()),
        note,
    })
}

/// The totals of a mode, checked.
pub(super) struct Totals {
    pub(super) count: f64,
    pub(super) exposure: f64,
    pub(super) rate: f64,
}

impl Totals {
    pub(super) fn of(runs: &[Events]) -> Result<Self> {
        if runs.is_empty() {
            return Err(Undefined::because("there is no run"));
        }
        for run in runs {
            if !(finite(run.count)? >= 0.0 && finite(run.exposure)? > 0.0) {
                let Events { count, exposure } = run;
                return Err(Undefined::because(format!("a run has {count} events in an exposure of {exposure}")));
            }
        }
        let count = finite(moments::sum(runs.iter().map(|run| run.count)))?;
        let exposure = finite(moments::sum(runs.iter().map(|run| run.exposure)))?;
        Ok(Self { count, exposure, rate: finite(count / exposure)? })
    }

    /// The totals for a method that is about numbers of events, and not about amounts such as bytes lost.
    pub(super) fn of_whole(runs: &[Events]) -> Result<Self> {
        match runs.iter().find(|run| run.count.fract() != 0.0) {
            Some(run) => Err(Undefined::because(format!("a count of {} is not a whole number", run.count))),
            None => Self::of(runs),
        }
    }

    /// The linearised standard error of the rate, relative to the rate.
    pub(super) fn relative_error(&self, runs: &[Events]) -> Result<f64> {
        let n = runs.len() as f64;
        if self.count == 0.0 {
            Err(Undefined::because("no event was seen"))
        } else if runs.len() < 2 {
            Err(Undefined::because("one run does not show how runs vary"))
        } else {
            // In shares of the totals, which neither overflow nor underflow.
            let squares = |run: &Events| {
                let (count, exposure) = (run.count / self.count, run.exposure / self.exposure);
                // Of runs that are all alike only the rounding of their shares would be left.
                let residual =
                    if (count - exposure).abs() <= 4.0 * f64::EPSILON * exposure { 0.0 } else { count - exposure };
                residual * residual
            };
            Ok((n / (n - 1.0) * runs.iter().map(squares).sum::<f64>()).sqrt())
        }
    }

    /// A note when the runs count for much fewer, their exposures being unequal.
    pub(super) fn unequal(&self, runs: &[Events]) -> Option<String> {
        let share = |run: &Events| run.exposure / self.exposure;
        let (n, effective) = (runs.len(), 1.0 / runs.iter().map(|run| share(run) * share(run)).sum::<f64>());
        (effective < 0.75 * n as f64).then(|| {
            format!("exposures differ so much that {n} runs count for {effective:.1}, so the interval is too narrow")
        })
    }

    fn interval(&self, standard_error: f64, n: usize, level: f64) -> Result<Interval> {
        let t = t_distribution::critical((n - 1) as f64, Alternative::TwoSided, level)?;
        let bound = |sign: f64| finite(self.rate * libm::exp(sign * t * standard_error / self.rate));
        Ok(Interval { level, lower: Some(bound(-1.0)?), upper: Some(bound(1.0)?) })
    }
}
