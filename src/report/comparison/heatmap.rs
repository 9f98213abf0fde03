//! The change of a primary metric by mode and scenario, as a heat map; in studies of two scenarios or more.

use super::super::Context;
use super::super::figure::{Drawing, Figure, HeatCell, HeatRow, Heatmap};
use super::super::number::{percent_decimals, signed, significant};
use crate::analysis::{Compared, Comparison, MetricInfo};
use crate::stats::{Estimand, Interval};

/// The colour is full at this many times the middle of all changes, so that one huge change leaves the others legible.
const REACH: f64 = 4.0;

/// A figure for each primary metric that was compared in two scenarios or more.
pub(super) fn figures(context: &Context) -> Vec<Figure> {
    let metrics = context.analysis.metrics.iter().filter(|metric| metric.primary);
    metrics.filter_map(|metric| figure(context, metric)).collect()
}

fn figure(context: &Context, metric: &MetricInfo) -> Option<Figure> {
    let of_metric = || context.analysis.comparisons.iter().filter(|comparison| comparison.metric == metric.id);
    let study = &context.analysis.study;
    let compared = |scenario: &str| of_metric().any(|comparison| comparison.scenario.as_deref() == Some(scenario));
    let scenarios: Vec<&str> = study.scenarios.iter().map(|s| s.id.as_str()).filter(|id| compared(id)).collect();
    let treatments: Vec<&str> = context
        .treatments()
        .into_iter()
        .filter(|mode| of_metric().any(|comparison| comparison.mode == *mode))
        .collect();
    if scenarios.len() < 2 {
        return None;
    }
    // The same for all cells: the middle of what each would have by itself.
    let mut decimals: Vec<usize> = of_metric()
        .filter_map(change)
        .map(|(change, interval)| percent_decimals(change, interval.as_ref(), context.digits()))
        .collect();
    decimals.sort_unstable();
    let decimals = decimals.get(decimals.len() / 2).copied().unwrap_or_default();
    let cell = |mode: &str, scenario: &str| {
        let found = context.analysis.comparison(&metric.id, Some(scenario), mode);
        found.map_or_else(missing, |comparison| cell(context, comparison, decimals))
    };
    // The longer list reads down, where there is more room.
    let (columns, rows): (Vec<String>, Vec<HeatRow>) = if scenarios.len() > treatments.len() {
        let row = |scenario: &&str| HeatRow {
            label: context.scenario_label(scenario),
            cells: treatments.iter().map(|mode| cell(mode, scenario)).collect(),
        };
        (treatments.iter().map(|mode| context.label(mode)).collect(), scenarios.iter().map(row).collect())
    } else {
        let row = |mode: &&str| HeatRow {
            label: context.label(mode),
            cells: scenarios.iter().map(|scenario| cell(mode, scenario)).collect(),
        };
        (
            scenarios.iter().map(|scenario| context.scenario_label(scenario)).collect(),
            treatments.iter().map(row).collect(),
        )
    };
    let full = full(rows.iter().flat_map(|row| &row.cells).filter_map(|cell| cell.change))?;
    let mut caption = format!(
        "Change of {} against {} by mode and scenario ({}). Blue: lower than the baseline, orange: higher, whichever is \
         better; full colour from {} % on.",
        metric.label,
        context.baseline_label(),
        context.runs_phrase(),
        significant(full, 2)
    );
    let cells = || rows.iter().flat_map(|row| &row.cells);
    if cells().any(|cell| cell.text.starts_with('(')) {
        caption.push_str(&format!(" In parentheses: the {} confidence interval contains zero.", context.level()));
    }
    if cells().any(|cell| cell.text.ends_with(UNKNOWN)) {
        caption.push_str(&format!(" {UNKNOWN}: without an interval."));
    }
    if cells().any(|cell| cell.change.is_none()) {
        caption.push_str(" —: not measured, or undefined.");
    }
    let said = |row: &HeatRow| {
        let cells = columns.iter().zip(&row.cells).map(|(column, cell)| match cell.change {
            Some(_) => format!("{column} {} %", cell.text),
            None => format!("{column} —"),
        });
        format!("{}: {}", row.label, cells.collect::<Vec<_>>().join(", "))
    };
    Some(Figure {
        id: format!("heatmap-{}", metric.id.replace('_', "-")),
        metric: Some(metric.id.clone()),
        caption: context.prose(&caption),
        alt: context.prose(&format!(
            "Change of {} against {}. {}.",
            metric.label,
            context.baseline_label(),
            rows.iter().map(said).collect::<Vec<_>>().join("; ")
        )),
        drawing: Drawing::Heatmap(Heatmap {
            axis: format!("Change of {} against {} (%)", metric.label, context.baseline_label()),
            columns,
            rows,
            full,
        }),
        locale: study.locale,
    })
}

/// The mark of a change without an interval.
const UNKNOWN: char = '*';

fn missing() -> HeatCell {
    HeatCell { change: None, interval: [None, None], text: "—".to_owned() }
}

fn cell(context: &Context, comparison: &Comparison, decimals: usize) -> HeatCell {
    let Some((change, interval)) = change(comparison).filter(|(change, _)| change.is_finite()) else {
        return missing();
    };
    let text = signed(change, decimals);
    let text = match &interval {
        Some(interval) if contains_zero(interval) => format!("({text})"),
        Some(_) => text,
        None => format!("{text}{UNKNOWN}"),
    };
    let bounds = interval.map_or([None, None], |interval| [interval.lower, interval.upper]);
    HeatCell { change: Some(change), interval: bounds, text: context.prose(&text) }
}

/// The change in percent, with its interval.
fn change(comparison: &Comparison) -> Option<(f64, Option<Interval>)> {
    match &comparison.result {
        Compared::Means(means) => Some((comparison.percent(means).ok()?, comparison.percent_interval().ok())),
        Compared::Rates(rates) => {
            let ratio = comparison.change.and_then(|id| comparison.methods.get(id)).map(|applied| applied.estimand);
            let percent = |ratio: f64| (ratio - 1.0) * 100.0;
            let interval = comparison.ratio_interval().ok().filter(|_| ratio == Some(Estimand::RateRatio));
            let interval = interval.map(|interval| Interval {
                lower: interval.lower.map(percent),
                upper: interval.upper.map(percent),
                ..interval
            });
            Some((percent(rates.treatment? / rates.baseline?), interval))
        }
    }
}

fn contains_zero(interval: &Interval) -> bool {
    interval.lower.is_none_or(|lower| lower <= 0.0) && interval.upper.is_none_or(|upper| upper >= 0.0)
}

/// The change of the full colour, rounded as the caption says it: the largest, but no more than [`REACH`] times the
/// middle one. `None` where there is no change at all to show.
fn full(changes: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sizes: Vec<f64> = changes.map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    let (middle, largest) = (*sizes.get(sizes.len() / 2)?, *sizes.last()?);
    let full = if middle > 0.0 { largest.min(REACH * middle) } else { largest };
    // Of nothing but zeros, any will do.
    let full = if full > 0.0 { full } else { 1.0 };
    significant(full, 2).parse().ok()
}
