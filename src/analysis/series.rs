//! How the tests of iperf3 went over their time: its intervals, aligned over the runs of a mode. They are for figures and
//! enter no statistic: seconds of one test are no replicates.
//!
//! # How runs are aligned
//!
//! iperf3's intervals end a little after the second, and a test need not have intervals of one second. Time 0 is where
//! what counts begins: the end of what was omitted (`-O`), which therefore lies before 0. From there, time is cut into
//! steps of whole seconds: of one second, or of 2, 5, 10, … where a test is so long that it had more than [`MOST`] steps.
//! Each interval counts for the steps that it overlaps, by the length of the overlap:
//!
//! ```text
//! throughput  = 8·Σ bytesᵢ·overlapᵢ/lengthᵢ ÷ Σ overlapᵢ
//! retransmits = Σ retransmitsᵢ·overlapᵢ/lengthᵢ ÷ Σ overlapᵢ        (per second)
//! cwnd, rtt   = Σ valueᵢ·overlapᵢ ÷ Σ overlapᵢ
//! ```
//!
//! An interval longer than a step is so drawn as constant. A run has a value only for steps of which its intervals cover
//! at least half: the last interval of iperf3, often of a few milliseconds, gives no point of its own, but adds to a step
//! what it is worth by its length. What was omitted never counts for a step from 0 on.

use std::collections::BTreeMap;

use super::band::{Band, Spread};
use super::{StudyInfo, scenario_ids};
use crate::run::Interval;
use crate::study::{Run, Study};
use crate::table::Table;

/// Most steps of a figure, before and after 0 together.
pub const MOST: usize = 200;

/// A quantity that iperf3 logs for its intervals; base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Bits per second.
    Throughput,
    /// Per second.
    Retransmits,
    /// Bytes, mean over the streams.
    CongestionWindow,
    /// Seconds, mean over the streams.
    RoundTripTime,
}

pub const QUANTITIES: [Quantity; 4] =
    [Quantity::Throughput, Quantity::Retransmits, Quantity::CongestionWindow, Quantity::RoundTripTime];

/// The tests of one scenario.
#[derive(Clone, Debug)]
pub struct Series {
    pub scenario: Option<String>,
    /// Length of a step, whole seconds.
    pub step: f64,
    /// How long the longest warm-up was, seconds; 0 where nothing was omitted.
    pub omitted: f64,
    pub band: Band,
    /// Whether a test had several streams.
    pub streams: bool,
    /// In reading order; those with intervals.
    pub modes: Vec<Course>,
}

/// The tests of one mode.
#[derive(Clone, Debug)]
pub struct Course {
    pub mode: String,
    pub runs: usize,
    /// Runs that ended before the last point that is drawn of the mode, and when, seconds.
    pub ended: Vec<(String, f64)>,
    /// Of [`QUANTITIES`], each step that at least half of the runs have, by the time at which it begins.
    pub points: [Vec<(f64, Spread)>; 4],
}

/// The series of all scenarios whose logs have intervals for at least two steps.
pub(super) fn series(info: &StudyInfo, study: &Study, table: &Table) -> Vec<Series> {
    scenario_ids(info, table).into_iter().filter_map(|scenario| of_scenario(info, study, scenario)).collect()
}

/// A run, and its intervals on a clock that is 0 where what counts begins.
type Test<'a> = (&'a Run, Vec<Interval>);

fn of_scenario(info: &StudyInfo, study: &Study, scenario: Option<String>) -> Option<Series> {
    let runs_of = |mode: &str| -> Vec<Test> {
        let runs = study.runs.iter().filter(|run| run.mode == mode && run.scenario == scenario);
        runs.filter_map(|run| Some((run, shifted(&run.measurements.transfer.as_ref()?.intervals)?))).collect()
    };
    let modes: Vec<(&str, Vec<Test>)> = info
        .modes
        .iter()
        .map(|mode| (mode.id.as_str(), runs_of(&mode.id)))
        .filter(|(_, runs)| !runs.is_empty())
        .collect();
    let all = || modes.iter().flat_map(|(_, runs)| runs);
    let intervals = || all().flat_map(|(_, intervals)| intervals);
    let omitted = intervals().map(|interval| -interval.start).fold(0.0, f64::max);
    let step = step(omitted, intervals().map(|interval| interval.end).fold(0.0, f64::max));
    let band = Band::for_runs(modes.iter().map(|(_, runs)| runs.len()));
    let streams = all().any(|(run, _)| run.measurements.setup.get("streams").is_some_and(|streams| streams != "1"));
    let modes: Vec<Course> = modes.iter().map(|(mode, runs)| course(mode, runs, step, band)).collect();
    let most = modes.iter().flat_map(|mode| &mode.points).map(Vec::len).max().unwrap_or(0);
    (most > 1).then_some(Series { scenario, step, omitted, band, streams, modes })
}

/// The intervals on a clock that is 0 where what counts begins; `None` where nothing counts.
///
/// iperf3 sets its clock back after what was omitted; where one did not, it is set back here.
fn shifted(intervals: &[Interval]) -> Option<Vec<Interval>> {
    let first = intervals.iter().find(|interval| !interval.omitted)?.start;
    let omitted = intervals.iter().filter(|interval| interval.omitted).map(|interval| interval.end).fold(0.0, f64::max);
    let goes_on = omitted > 0.0 && first >= 0.9 * omitted;
    let shift = |interval: &Interval| {
        let zero = if interval.omitted || goes_on { omitted } else { 0.0 };
        Interval { start: interval.start - zero, end: interval.end - zero, ..interval.clone() }
    };
    Some(intervals.iter().map(shift).collect())
}

/// The shortest step that cuts the time before and after 0 into no more than [`MOST`].
fn step(before: f64, after: f64) -> f64 {
    let steps = |step: f64| (before / step).ceil() + (after / step).ceil();
    (0..9)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
        .find(|step| steps(*step) <= MOST as f64)
        .unwrap_or(1e9)
}

/// What one run has in a step: for each quantity the weighted sum, and the seconds that it is a sum over.
#[derive(Clone, Copy, Default)]
struct Sums([(f64, f64); 4]);

impl Sums {
    fn add(&mut self, interval: &Interval, overlap: f64) {
        let length = interval.end - interval.start;
        let values = [
            Some(8.0 * interval.bytes / length),
            interval.retransmits.map(|count| count as f64 / length),
            interval.cwnd,
            interval.rtt,
        ];
        for ((sum, seconds), value) in self.0.iter_mut().zip(values) {
            if let Some(value) = value {
                *sum += value * overlap;
                *seconds += overlap;
            }
        }
    }
}

/// One run's value in each step of which it covers at least half, for each quantity, by the step's number.
fn values(intervals: &[Interval], step: f64) -> [BTreeMap<i64, f64>; 4] {
    let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
    for interval in intervals {
        // What was omitted ends at 0 and the rest begins there, whatever the clock says.
        let (from, to) = if interval.omitted {
            (interval.start, interval.end.min(0.0))
        } else {
            (interval.start.max(0.0), interval.end)
        };
        for k in (from / step).floor() as i64..(to / step).ceil() as i64 {
            let overlap = to.min((k + 1) as f64 * step) - from.max(k as f64 * step);
            sums.entry(k).or_default().add(interval, overlap);
        }
    }
    let of = |quantity: usize| {
        let covered = |(k, sums): (&i64, &Sums)| {
            let (sum, seconds) = sums.0[quantity];
            (seconds >= step / 2.0).then_some((*k, sum / seconds))
        };
        sums.iter().filter_map(covered).collect()
    };
    [of(0), of(1), of(2), of(3)]
}

fn course(mode: &str, runs: &[Test], step: f64, band: Band) -> Course {
    let values: Vec<_> = runs.iter().map(|(_, intervals)| values(intervals, step)).collect();
    let points = [0, 1, 2, 3].map(|quantity| {
        let mut steps: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for run in &values {
            for (k, value) in &run[quantity] {
                steps.entry(*k).or_default().push(*value);
            }
        }
        let half = |values: &Vec<f64>| 2 * values.len() >= runs.len();
        let point = |(k, values)| Some((k as f64 * step, Spread::of(values, band).ok()?));
        steps.into_iter().filter(|(_, values)| half(values)).filter_map(point).collect::<Vec<_>>()
    });
    let last = points[0].last().map_or(f64::NEG_INFINITY, |(from, _)| *from);
    let ended = runs.iter().zip(&values).filter_map(|((run, intervals), values)| {
        let own = values[0].last_key_value().map_or(f64::NEG_INFINITY, |(k, _)| *k as f64 * step);
        let end = intervals.iter().map(|interval| interval.end).fold(0.0, f64::max);
        (own < last).then(|| (run.run.clone(), end))
    });
    Course { mode: mode.to_owned(), runs: runs.len(), ended: ended.collect(), points }
}
