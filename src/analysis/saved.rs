//! Saved results: what of a `results.json` can be held against other results.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::notes::SetupFact;
use super::{MetricInfo, StudyInfo};
use crate::metric::Better;
use crate::stats::{Estimand, Events};

/// The results of one study: of a results file, or of an analysis as it would be saved.
#[derive(Clone, Debug, Deserialize)]
pub struct Saved {
    pub schema_version: u32,
    pub generator: String,
    pub study: StudyInfo,
    pub metrics: Vec<MetricInfo>,
    pub samples: Vec<Observed>,
    #[serde(default)]
    pub comparisons: Vec<Concluded>,
    #[serde(default)]
    pub setup: Vec<SetupFact>,
}

/// The values of a metric over the runs of a mode, as they were measured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Observed {
    pub metric: String,
    #[serde(default)]
    pub scenario: Option<String>,
    pub mode: String,
    /// The runs' names, in run order.
    pub runs: Vec<String>,
    /// The blocks of the runs; empty where none has one.
    #[serde(default)]
    pub blocks: Vec<Option<String>>,
    pub values: Vec<f64>,
    /// Of a ratio: count and exposure of each run; empty where they are not known.
    #[serde(default)]
    pub events: Vec<Events>,
}

/// What a study concluded of a treatment.
#[derive(Clone, Debug, Deserialize)]
pub struct Concluded {
    pub metric: String,
    #[serde(default)]
    pub scenario: Option<String>,
    pub mode: String,
    /// Id of the test that decides.
    pub test: String,
    #[serde(default)]
    pub p_adjusted: Option<f64>,
    pub methods: BTreeMap<String, Answered>,
}

/// What a method answered, as far as a conclusion needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct Answered {
    pub estimand: Estimand,
    #[serde(default)]
    pub estimate: Option<f64>,
    #[serde(default)]
    pub p_value: Option<f64>,
}

/// The conclusion of a two-sided test at the study's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    Higher,
    Lower,
    /// No difference was shown.
    NotShown,
    /// There was no test.
    Untested,
}

impl Concluded {
    /// What was concluded at this significance level; p is the adjusted one where there is one.
    pub fn conclusion(&self, alpha: f64) -> Conclusion {
        let Some(answer) = self.methods.get(&self.test) else { return Conclusion::Untested };
        match (self.p_adjusted.or(answer.p_value), answer.estimate, answer.estimand.null()) {
            (None, ..) => Conclusion::Untested,
            (Some(p), Some(estimate), Some(null)) if p < alpha && estimate != null => {
                if estimate > null {
                    Conclusion::Higher
                } else {
                    Conclusion::Lower
                }
            }
            _ => Conclusion::NotShown,
        }
    }
}

impl Saved {
    pub fn metric(&self, id: &str) -> Option<&MetricInfo> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    pub fn sample(&self, metric: &str, scenario: Option<&str>, mode: &str) -> Option<&Observed> {
        self.samples
            .iter()
            .find(|sample| sample.metric == metric && sample.scenario.as_deref() == scenario && sample.mode == mode)
    }

    /// The label of a mode, and of the scenario it was run in.
    pub fn place(&self, mode: &str, scenario: Option<&str>) -> String {
        let label = |all: &[crate::study::Named], id: &str| {
            all.iter().find(|known| known.id == id).map_or_else(|| id.to_owned(), |known| known.label.clone())
        };
        let of_mode = label(&self.study.modes, mode);
        match scenario {
            Some(scenario) => format!("{of_mode}, {}", label(&self.study.scenarios, scenario)),
            None => of_mode,
        }
    }

    /// The modes with the scenarios that they were run in, in reading order.
    pub fn places(&self) -> Vec<(&str, Option<&str>)> {
        let found: BTreeSet<(&str, Option<&str>)> =
            self.samples.iter().map(|sample| (sample.mode.as_str(), sample.scenario.as_deref())).collect();
        let scenarios = || std::iter::once(None).chain(self.study.scenarios.iter().map(|named| Some(&*named.id)));
        let all = self.study.modes.iter().flat_map(|mode| scenarios().map(|scenario| (&*mode.id, scenario)));
        all.filter(|place| found.contains(place)).collect()
    }

    /// Says which direction of metrics is the better one, where the registry does not know.
    pub fn set_better(&mut self, better: &[(String, Better)]) {
        for (id, better) in better {
            self.metrics.iter_mut().filter(|metric| metric.id == *id).for_each(|metric| metric.better = *better);
        }
    }
}

impl Observed {
    /// One value a block, where the runs come in blocks: several runs of a block count by their mean, or as one run with
    /// the sum of their counts and exposures. For runs that no block of the other mode belongs to.
    pub fn by_unit(&self) -> Self {
        if self.blocks.len() != self.values.len() || self.blocks.iter().any(Option::is_none) {
            return Self { blocks: vec![None; self.values.len()], ..self.clone() };
        }
        let mut names: Vec<&Option<String>> = Vec::new();
        let mut of: Vec<Vec<usize>> = Vec::new();
        for (i, block) in self.blocks.iter().enumerate() {
            match names.iter().position(|known| *known == block) {
                Some(place) => of[place].push(i),
                None => {
                    names.push(block);
                    of.push(vec![i]);
                }
            }
        }
        let mean = |runs: &Vec<usize>| runs.iter().map(|i| self.values[*i]).sum::<f64>() / runs.len() as f64;
        let joined = |runs: &Vec<usize>| {
            let runs = || runs.iter().map(|i| self.events[*i]);
            Events { count: runs().map(|run| run.count).sum(), exposure: runs().map(|run| run.exposure).sum() }
        };
        let name = |runs: &Vec<usize>| runs.iter().map(|i| self.runs[*i].as_str()).collect::<Vec<_>>().join("+");
        let has_events = self.events.len() == self.values.len();
        let events: Vec<Events> = if has_events { of.iter().map(joined).collect() } else { Vec::new() };
        let ratio = |(run, mean): (&Events, f64)| if run.exposure > 0.0 { run.count / run.exposure } else { mean };
        let means: Vec<f64> = of.iter().map(mean).collect();
        Self {
            runs: of.iter().map(name).collect(),
            blocks: vec![None; of.len()],
            values: if has_events { events.iter().zip(means).map(ratio).collect() } else { means },
            events,
            ..self.clone()
        }
    }

    /// Whether the file is consistent: a run has one value, and of the rest one or none.
    pub fn is_whole(&self) -> bool {
        let n = self.values.len();
        let fits = |len: usize| len == 0 || len == n;
        n > 0
            && self.runs.len() == n
            && fits(self.blocks.len())
            && fits(self.events.len())
            && self.values.iter().all(|value| value.is_finite())
            && self.events.iter().all(|run| run.count >= 0.0 && run.exposure > 0.0)
    }
}
