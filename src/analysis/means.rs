//! The two sides of a comparison of means.

use schemars::JsonSchema;
use serde::Serialize;

use crate::stats::outcome::{self, Outcome};
use crate::stats::{Moments, Result, Undefined};

/// Baseline against treatment by their means; treatment − baseline, percent relative to the baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Means {
    pub baseline: Side,
    pub treatment: Side,
    pub difference: f64,
    /// Change of the mean in percent of the baseline's.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub percent_change: Result<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    pub n: usize,
    pub mean: f64,
    /// None of a single run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
}

impl Side {
    pub fn of(values: &[f64]) -> Self {
        match Moments::of(values) {
            Ok(moments) => Self::from(&moments),
            Err(_) => Self { n: values.len(), mean: values.iter().sum::<f64>() / values.len().max(1) as f64, sd: None },
        }
    }
}

impl From<&Moments> for Side {
    fn from(moments: &Moments) -> Self {
        Self { n: moments.n, mean: moments.mean, sd: Some(moments.sd) }
    }
}

impl Means {
    pub fn of([baseline, treatment]: [Side; 2]) -> Self {
        let percent = (treatment.mean - baseline.mean) / baseline.mean * 100.0;
        let percent_change = match percent {
            _ if baseline.mean == 0.0 => Err(Undefined::because("the baseline's mean is zero")),
            percent if percent.is_finite() => Ok(percent),
            _ => Err(Undefined::because("it exceeds double precision")),
        };
        Self { baseline, treatment, difference: treatment.mean - baseline.mean, percent_change }
    }
}
