//! What the runs of a comparison could find, and how many a target difference needs.

use schemars::JsonSchema;
use serde::Serialize;

use super::comparisons::{Compared, Comparison};
use crate::metric::Unit;
use crate::stats::outcome::{self, Outcome};
use crate::stats::power::{Design, Variation, minimum_detectable_difference, power, runs_needed};
use crate::stats::{Alternative, Margin, Moments, Result, Undefined};

/// The power that plans are made for where nothing else is said.
pub const POWER: f64 = 0.8;

/// What the runs of a comparison of means could find, by the t-test that fits: Welch's, or that of the pairs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Planned {
    pub metric: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Id of the treatment.
    pub mode: String,
    /// Of each mode, baseline first; pairs where `paired`.
    pub runs: [usize; 2],
    pub paired: bool,
    pub baseline_mean: f64,
    /// What the power is of: the measured standard deviations and difference are taken for the true ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub power: Result<f64>,
    /// The difference that so many runs find with the wanted power.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub minimum_detectable: Result<f64>,
    #[serde(skip)]
    pub design: Design,
    /// Standard deviation that a standardised difference is in.
    #[serde(skip)]
    pub sd: f64,
}

/// A difference that is to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// In the unit of the values, or relative to the baseline's mean.
    Difference(Margin),
    /// In standard deviations (Cohen's d).
    Standardised(f64),
}

/// What a target needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Needs {
    /// In the unit of the values.
    pub difference: f64,
    /// With the runs that there are.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<f64>")]
    pub power: Result<f64>,
    /// Of each mode, for the wanted power.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<[usize; 2]>")]
    pub runs: Result<[usize; 2]>,
}

impl Target {
    /// A target as it is written: `2%`, `0.2ms`, `0.5d` (standard deviations), or a number in the base unit.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn parse(text: &str, unit: &Unit) -> std::result::Result<Self, (String, String)> {
        match text.trim().strip_suffix('d').map(|number| number.trim().parse::<f64>()) {
            Some(Ok(d)) if d.is_finite() && d > 0.0 => Ok(Self::Standardised(d)),
            _ => super::methods::margin(text, unit).map(Self::Difference),
        }
    }
}

impl Planned {
    /// Of two samples of which the moments are known.
    pub fn of_moments([baseline, treatment]: &[Moments; 2], alpha: f64, alternative: Alternative, wanted: f64) -> Self {
        let variation = Variation::Independent([baseline.sd, treatment.sd]);
        let sd = ((baseline.sd * baseline.sd + treatment.sd * treatment.sd) / 2.0).sqrt();
        let design = Design { variation, alpha, alternative };
        let difference = treatment.mean - baseline.mean;
        Self::new(design, [baseline.n, treatment.n], sd, baseline.mean, Some(difference), wanted)
    }

    /// Of a comparison of means; `None` where a mode has fewer than two runs, or it is of rates.
    pub fn of(comparison: &Comparison, alpha: f64, alternative: Alternative, wanted: f64) -> Option<Self> {
        let Compared::Means(means) = &comparison.result else { return None };
        let moments =
            [&means.baseline, &means.treatment].map(|side| Some(Moments { n: side.n, mean: side.mean, sd: side.sd? }));
        let [Some(baseline), Some(treatment)] = moments else { return None };
        let unpaired = Self::of_moments(&[baseline, treatment], alpha, alternative, wanted);
        let paired = comparison.methods.test("paired_t").ok();
        let planned = match paired.and_then(|test| Some((test.df? as usize + 1, test.standard_error?, test.estimate?)))
        {
            Some((pairs, error, estimate)) => {
                let sd = error * (pairs as f64).sqrt();
                let design = Design { variation: Variation::Paired(sd), alpha, alternative };
                Self { paired: true, ..Self::new(design, [pairs; 2], sd, baseline.mean, Some(estimate), wanted) }
            }
            None => unpaired,
        };
        Some(Self {
            metric: comparison.metric.clone(),
            scenario: comparison.scenario.clone(),
            mode: comparison.mode.clone(),
            ..planned
        })
    }

    fn new(
        design: Design,
        runs: [usize; 2],
        sd: f64,
        baseline_mean: f64,
        difference: Option<f64>,
        wanted: f64,
    ) -> Self {
        Self {
            metric: String::new(),
            scenario: None,
            mode: String::new(),
            runs,
            paired: false,
            baseline_mean,
            difference,
            power: match difference {
                Some(difference) => power(&design, runs, difference),
                None => Err(Undefined::because("no means were given")),
            },
            minimum_detectable: minimum_detectable_difference(&design, runs, wanted),
            design,
            sd,
        }
    }

    /// What it takes to find a target with the wanted power.
    pub fn needs(&self, target: Target, wanted: f64) -> Result<Needs> {
        let size = match target {
            Target::Difference(Margin::Absolute(size)) => size,
            Target::Difference(Margin::Relative(_)) if self.baseline_mean == 0.0 => {
                return Err(Undefined::because("a percentage needs a baseline's mean other than zero"));
            }
            Target::Difference(Margin::Relative(share)) => share * self.baseline_mean.abs(),
            Target::Standardised(d) => d * self.sd,
        };
        let difference = if self.design.alternative == Alternative::Less { -size } else { size };
        Ok(Needs {
            difference,
            power: self.power_of(self.runs, difference),
            runs: runs_needed(&self.design, [1, 1], difference, wanted),
        })
    }

    /// The same without a difference, where no means were given.
    pub fn without_difference(self) -> Self {
        Self { difference: None, power: Err(Undefined::because("no means were given")), ..self }
    }

    /// The power to find a difference with so many runs.
    pub fn power_of(&self, runs: [usize; 2], difference: f64) -> Result<f64> {
        power(&self.design, runs, difference)
    }
}
