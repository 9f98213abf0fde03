//! What the printed figures demand of the runs, evaluated on the values as the logs write them.

use super::search::within;
use crate::claims::{Cell, Statistic};
use crate::metric::{Kind, Metric, Values};
use crate::stats::rng::Rng;
use crate::stats::{Events, Moments};

/// A range, both ends included.
pub(super) type Range = (f64, f64);

/// What a printed figure demands of one mode's runs: that a statistic of them lies in the range that rounds to it.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub cell: Cell<'a>,
    /// A total counts as the mean that it amounts to, a change as the mean that it leads to.
    pub statistic: Statistic,
    /// Base units.
    pub range: Range,
}

impl<'a> Target<'a> {
    /// The demand of a figure about one mode on its `n` runs.
    pub fn of(cell: Cell<'a>, n: usize) -> Option<Self> {
        let (low, high) = cell.range()?;
        Some(match cell.claim.statistic {
            Statistic::Total => Self::on_mean(cell, (low / n as f64, high / n as f64)),
            statistic => Self { cell, statistic, range: (low, high) },
        })
    }

    pub fn on_mean(cell: Cell<'a>, range: Range) -> Self {
        Self { cell, statistic: Statistic::Mean, range }
    }

    /// Whether both are of one quantity, and no value rounds to both.
    pub fn excludes(&self, other: &Self) -> bool {
        self.same_quantity(other) && meet(self.range, other.range).is_none()
    }

    pub fn same_quantity(&self, other: &Self) -> bool {
        self.cell.metric.id == other.cell.metric.id && self.statistic == other.statistic
    }

    pub fn met(&self, runs: &[Values]) -> bool {
        self.miss(runs) == 0.0
    }

    /// How far these runs are from the printed figure, in widths of its range; 0 where it is met.
    pub fn miss(&self, runs: &[Values]) -> f64 {
        let Some(achieved) = statistic(self.cell.metric, self.statistic, runs) else { return f64::MAX };
        let (low, high) = self.range;
        let excess = (achieved - high).max(low - achieved);
        // A range open on one side has no width; its end gives the size.
        let end = if high.is_finite() { high } else { low };
        let width = if (high - low).is_finite() { high - low } else { end.abs() };
        if excess <= slack(end) { 0.0 } else { excess / width.max(f64::MIN_POSITIVE) }
    }
}

/// The bounds are decimals and the statistics are sums of doubles: what differs by rounding of the arithmetic is equal.
fn slack(bound: f64) -> f64 {
    1e-12 * bound.abs()
}

/// The values in both ranges.
pub(super) fn meet(one: Range, other: Range) -> Option<Range> {
    let (low, high) = (one.0.max(other.0), one.1.min(other.1));
    (low <= high || low <= high + slack(high)).then_some((low, high))
}

/// A statistic of a metric over runs; `None` where a run lacks what it needs, or there are too few of them.
pub(super) fn statistic(metric: &Metric, statistic: Statistic, runs: &[Values]) -> Option<f64> {
    if statistic == Statistic::N {
        return Some(runs.len() as f64);
    }
    if let (Statistic::Pooled | Statistic::Rate, Kind::Ratio(ratio)) = (statistic, metric.kind) {
        let events = runs.iter().map(|run| ratio.events(run)).collect::<Option<Vec<_>>>()?;
        let total = |part: fn(&Events) -> f64| events.iter().map(part).sum::<f64>();
        return Some(total(|events| events.count) / total(|events| events.exposure));
    }
    let values = runs.iter().map(|run| value(metric, run)).collect::<Option<Vec<_>>>()?;
    match statistic {
        Statistic::Mean | Statistic::MeanOfRatios => Some(values.iter().sum::<f64>() / values.len() as f64),
        Statistic::Total => Some(values.iter().sum()),
        Statistic::Max => values.into_iter().reduce(f64::max),
        Statistic::Sd => Moments::of(&values).ok().map(|moments| moments.sd),
        Statistic::StandardErrorOfMean => Moments::of(&values).ok().map(|moments| moments.standard_error()),
        _ => None,
    }
}

/// A metric's value of one run.
fn value(metric: &Metric, run: &Values) -> Option<f64> {
    match metric.kind {
        Kind::Ratio(ratio) => ratio.events(run).map(|events| events.count / events.exposure),
        _ => run.get(&metric.id).copied(),
    }
}

/// The mean and SD of a metric over runs.
pub(super) fn moments(metric: &Metric, runs: &[Values]) -> Option<Moments> {
    let values = runs.iter().map(|run| value(metric, run)).collect::<Option<Vec<_>>>()?;
    Moments::of(&values).ok()
}

/// The targets of some metrics.
pub(super) fn of_metrics<'a>(targets: &[Target<'a>], metrics: &[&str]) -> Vec<Target<'a>> {
    targets.iter().copied().filter(|target| metrics.contains(&&*target.cell.metric.id)).collect()
}

/// The values that a statistic may have by what was printed of it.
pub(super) fn range(targets: &[Target], metric: &str, statistic: Statistic) -> Option<Range> {
    of_metrics(targets, &[metric])
        .iter()
        .filter(|target| target.statistic == statistic)
        .map(|target| target.range)
        .reduce(|one, other| meet(one, other).unwrap_or(one))
}

/// A value to aim at for a statistic, if any was printed.
pub(super) fn aim(targets: &[Target], metric: &str, statistic: Statistic, rng: &mut Rng) -> Option<f64> {
    range(targets, metric, statistic).map(|range| within(range, rng))
}
