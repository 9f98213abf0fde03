//! The comparison of two means: from runs, or from summary statistics alone.

use schemars::JsonSchema;
use serde::Serialize;

use crate::stats::cohen_d::cohen_d;
use crate::stats::hedges_g::hedges_g;
use crate::stats::outcome::{self, Outcome};
use crate::stats::ratio_of_means::ratio_of_means;
use crate::stats::welch::welch;
use crate::stats::{Alternative, Interval, Moments, Result, TestResult, Undefined};

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
    /// Fieller's interval of the percent change.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Interval>")]
    pub percent_change_interval: Result<Interval>,
    /// With the pooled SD.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub cohen_d: Result<f64>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub hedges_g: Result<f64>,
    /// Two-sided; `interval` is of the difference.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Welch>")]
    pub welch: Result<Welch>,
    /// Adjusted over the family of primary metrics, where this is one of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    pub n: usize,
    pub mean: f64,
    /// None of a single run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
}

/// Welch's test, two-sided, with the p-values of both one-sided ones.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Welch {
    #[serde(flatten)]
    pub test: TestResult,
    /// Of the alternative that the treatment's mean is less.
    pub p_less: f64,
    /// Of the alternative that the treatment's mean is greater.
    pub p_greater: f64,
}

/// Compares two samples of runs.
pub fn compare(baseline: &[f64], treatment: &[f64], level: f64) -> Means {
    match (Moments::of(baseline), Moments::of(treatment)) {
        (Ok(a), Ok(b)) => of_moments(&a, &b, level),
        (a, b) => single(side(baseline, &a), side(treatment, &b), a.and(b).err()),
    }
}

/// Compares two samples of which only n, mean and SD are known.
pub fn of_moments(baseline: &Moments, treatment: &Moments, level: f64) -> Means {
    let change = ratio_of_means(baseline, treatment, level);
    let percent = |fraction: f64| fraction * 100.0;
    Means {
        baseline: Side { n: baseline.n, mean: baseline.mean, sd: Some(baseline.sd) },
        treatment: Side { n: treatment.n, mean: treatment.mean, sd: Some(treatment.sd) },
        difference: treatment.mean - baseline.mean,
        percent_change: change
            .as_ref()
            .map(|c| percent(c.estimate))
            .map_err(Clone::clone)
            .or_else(|undefined| percent_change(baseline.mean, treatment.mean).ok_or(undefined)),
        percent_change_interval: change.and_then(|change| {
            let because = || Undefined::because(change.note.clone().unwrap_or_else(|| "it has no bounds".to_owned()));
            let interval = change.interval.filter(|i| i.lower.is_some() || i.upper.is_some()).ok_or_else(because)?;
            Ok(Interval { lower: interval.lower.map(percent), upper: interval.upper.map(percent), ..interval })
        }),
        cohen_d: cohen_d(baseline, treatment).map(|effect| effect.estimate),
        hedges_g: hedges_g(baseline, treatment).map(|effect| effect.estimate),
        welch: all_tails(baseline, treatment, level),
        p_adjusted: None,
    }
}

fn all_tails(baseline: &Moments, treatment: &Moments, level: f64) -> Result<Welch> {
    let test = |alternative| welch(baseline, treatment, alternative, level);
    Ok(Welch {
        p_less: test(Alternative::Less)?.p_value,
        p_greater: test(Alternative::Greater)?.p_value,
        test: test(Alternative::TwoSided)?,
    })
}

fn percent_change(baseline: f64, treatment: f64) -> Option<f64> {
    let percent = (treatment - baseline) / baseline * 100.0;
    percent.is_finite().then_some(percent)
}

fn side(values: &[f64], moments: &Result<Moments>) -> Side {
    match moments {
        Ok(moments) => Side { n: moments.n, mean: moments.mean, sd: Some(moments.sd) },
        Err(_) => Side { n: values.len(), mean: values.iter().sum::<f64>() / values.len().max(1) as f64, sd: None },
    }
}

/// With one run on a side there is a difference, and no test of it.
fn single(baseline: Side, treatment: Side, why: Option<Undefined>) -> Means {
    let undefined = why.unwrap_or_else(|| Undefined::because("a mode has fewer than two runs"));
    Means {
        baseline,
        treatment,
        difference: treatment.mean - baseline.mean,
        percent_change: percent_change(baseline.mean, treatment.mean)
            .ok_or_else(|| Undefined::because("the baseline's mean is zero")),
        percent_change_interval: Err(undefined.clone()),
        cohen_d: Err(undefined.clone()),
        hedges_g: Err(undefined.clone()),
        welch: Err(undefined),
        p_adjusted: None,
    }
}
