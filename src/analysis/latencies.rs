//! How the latencies of single requests are distributed: percentiles of each run, and where the logs hold wrk's whole
//! histogram, the requests of all runs of a mode together. They are for figures and enter no statistic: the requests of
//! one run are no replicates.

use std::collections::BTreeMap;

use super::band::{Band, Spread};
use super::{StudyInfo, scenario_ids};
use crate::run::Http;
use crate::study::Study;
use crate::table::Table;

/// Most points of a distribution; steps of shares below 1 ÷ this are drawn together.
const POINTS: f64 = 400.0;

/// Percentiles that are read off a histogram, beside those at which 1 ÷ (1 − p) grows by a tenth of a power of ten: those
/// that wrk prints, so that runs with and without histogram have percentiles in common.
const PRINTED: [f64; 4] = [50.0, 75.0, 90.0, 95.0];

/// 10^(−k/10): the shares of requests beyond a percentile, for each power of ten.
const TENTHS: [f64; 10] = [
    1.0,
    0.794_328_234_724,
    0.630_957_344_480,
    0.501_187_233_627,
    0.398_107_170_553,
    0.316_227_766_017,
    0.251_188_643_151,
    0.199_526_231_497,
    0.158_489_319_246,
    0.125_892_541_179,
];

/// Powers of ten that 1 ÷ (1 − p) goes through.
const POWERS: i32 = 6;

/// The latencies of one scenario.
#[derive(Clone, Debug)]
pub struct Latencies {
    pub scenario: Option<String>,
    pub band: Band,
    /// In reading order; those with percentiles.
    pub modes: Vec<Distribution>,
}

impl Latencies {
    /// Whether histograms have more samples than there were requests: those that wrk adds.
    pub fn are_corrected(&self) -> bool {
        self.modes.iter().filter_map(|mode| mode.pooled.as_ref()).any(|pooled| pooled.samples > pooled.requests)
    }
}

/// The latencies of one mode.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub mode: String,
    pub runs: usize,
    /// Percent, and the runs' percentiles in seconds: those percentiles that every run has.
    pub percentiles: Vec<(f64, Spread)>,
    /// Where every run has its histogram.
    pub pooled: Option<Pooled>,
}

/// The histograms of all runs of a mode.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// What the histograms count: wrk's samples, which it adds to in its correction for coordinated omission.
    pub samples: u64,
    /// What was requested; as many as there are samples where a log does not say it.
    pub requests: u64,
    /// Seconds, and the share of the samples that took no longer, rising.
    pub points: Vec<(f64, f64)>,
}

/// The distributions of all scenarios whose logs have at least two percentiles.
pub(super) fn latencies(info: &StudyInfo, study: &Study, table: &Table) -> Vec<Latencies> {
    scenario_ids(info, table).into_iter().filter_map(|scenario| of_scenario(info, study, scenario)).collect()
}

fn of_scenario(info: &StudyInfo, study: &Study, scenario: Option<String>) -> Option<Latencies> {
    let runs_of = |mode: &str| -> Vec<&Http> {
        let runs = study.runs.iter().filter(|run| run.mode == mode && run.scenario == scenario);
        runs.filter_map(|run| run.measurements.http.as_ref()).filter(|http| percentiles(http).len() > 1).collect()
    };
    let modes: Vec<(&str, Vec<&Http>)> = info
        .modes
        .iter()
        .map(|mode| (mode.id.as_str(), runs_of(&mode.id)))
        .filter(|(_, runs)| !runs.is_empty())
        .collect();
    let band = Band::for_runs(modes.iter().map(|(_, runs)| runs.len()));
    let modes: Vec<Distribution> = modes.into_iter().map(|(mode, runs)| distribution(mode, &runs, band)).collect();
    modes.iter().any(|mode| mode.percentiles.len() > 1).then_some(Latencies { scenario, band, modes })
}

fn distribution(mode: &str, runs: &[&Http], band: Band) -> Distribution {
    let mut values: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (key, seconds) in runs.iter().flat_map(|http| percentiles(http)) {
        values.entry(key).or_default().push(seconds);
    }
    values.retain(|_, values| values.len() == runs.len());
    let point = |(key, values)| Some((percent(key), Spread::of(values, band).ok()?));
    let percentiles = values.into_iter().filter_map(point).collect();
    Distribution { mode: mode.to_owned(), runs: runs.len(), percentiles, pooled: pooled(runs) }
}

/// Percentiles are told apart by millionths of a per cent.
fn key(percent: f64) -> u64 {
    (percent * 1e6).round() as u64
}

fn percent(key: u64) -> f64 {
    key as f64 / 1e6
}

/// What one run has: of its histogram, or else of wrk2's long table and what was printed. Left out are percentiles that
/// less than one request is beyond, and so the maximum.
fn percentiles(http: &Http) -> BTreeMap<u64, f64> {
    let (found, requests): (Vec<(f64, f64)>, _) = match total(&http.histogram) {
        0 => (http.spectrum.iter().chain(&http.percentiles).copied().collect(), http.requests.unwrap_or(0)),
        total => (of_histogram(&http.histogram, total), total),
    };
    let has_beyond = |percent: f64| (1.0 - percent / 100.0) * requests as f64 >= 1.0 - 1e-9;
    found.into_iter().filter(|(percent, _)| has_beyond(*percent)).map(|(percent, s)| (key(percent), s)).collect()
}

fn total(histogram: &[(f64, u64)]) -> u64 {
    histogram.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

/// Percentiles by nearest rank, as wrk has them: the smallest value that so many per cent of the requests do not exceed.
fn of_histogram(histogram: &[(f64, u64)], total: u64) -> Vec<(f64, f64)> {
    let tail = (0..POWERS).flat_map(|power| TENTHS.map(|share| 100.0 * (1.0 - share * 10f64.powi(-power))));
    let mut percents: Vec<u64> = tail.chain(PRINTED).map(key).collect();
    percents.sort_unstable();
    percents.dedup();
    let mut cumulated = histogram.iter().scan(0_u64, |sum, (seconds, count)| {
        *sum = sum.saturating_add(*count);
        Some((*seconds, *sum))
    });
    let mut here = cumulated.next();
    let mut at = |key: u64| {
        let rank = ((percent(key) / 100.0 * total as f64 - 1e-6).ceil() as u64).max(1);
        while here.is_some_and(|(_, sum)| sum < rank) {
            here = cumulated.next();
        }
        here.map(|(seconds, _)| (percent(key), seconds))
    };
    percents.into_iter().filter_map(&mut at).collect()
}

/// The histograms of all runs added up; `None` where one has none.
fn pooled(runs: &[&Http]) -> Option<Pooled> {
    if runs.iter().any(|http| total(&http.histogram) == 0) {
        return None;
    }
    let mut bins: Vec<(f64, u64)> = runs.iter().flat_map(|http| &http.histogram).copied().collect();
    bins.sort_by(|a, b| a.0.total_cmp(&b.0));
    let samples = total(&bins);
    let requests = runs.iter().map(|http| http.requests.unwrap_or_else(|| total(&http.histogram))).sum();
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut sum = 0_u64;
    let mut drawn = 0.0;
    for (i, (seconds, count)) in bins.iter().enumerate() {
        sum = sum.saturating_add(*count);
        let share = sum as f64 / samples as f64;
        let ends = bins.get(i + 1).is_none_or(|next| next.0 > *seconds);
        if ends && (share - drawn >= 1.0 / POINTS || points.is_empty() || i + 1 == bins.len()) {
            points.push((*seconds, share));
            drawn = share;
        }
    }
    Some(Pooled { samples, requests, points })
}
