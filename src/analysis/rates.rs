//! The comparison of two pooled rates.

use schemars::JsonSchema;
use serde::Serialize;

use super::RESAMPLES;
use crate::stats::bootstrap::{Bootstrap, bootstrap};
use crate::stats::outcome::{self, Outcome};
use crate::stats::rate_ratio::{pooled_ratio, rate_ratio};
use crate::stats::{Alternative, Events, Result, TestResult};

/// Baseline against treatment by the ratio of their pooled rates, treatment ÷ baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rates {
    /// `estimate` and `interval` are of the ratio.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<TestResult>")]
    pub ratio: Result<TestResult>,
    /// Of the same ratio, resampling runs.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Bootstrap>")]
    pub bootstrap: Result<Bootstrap>,
    /// Adjusted over the family of primary metrics, where this is one of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
}

pub fn compare(baseline: &[Events], treatment: &[Events], level: f64, seed: u64) -> Rates {
    Rates {
        ratio: rate_ratio(baseline, treatment, Alternative::TwoSided, level),
        bootstrap: bootstrap(baseline, treatment, pooled_ratio, RESAMPLES, level, seed),
        p_adjusted: None,
    }
}
