//! Empirical distribution functions: of the runs of each primary metric, and of the requests of all runs.
//!
//! ```text
//! F(x) = (values that are not above x) ÷ n
//! ```

use std::collections::BTreeSet;

use super::figure::{Banded, Drawing, Figure, Panel, Panels, Stretch};
use super::number::{Scale, significant};
use super::{Context, header};
use crate::analysis::latencies::{Latencies, Pooled};
use crate::analysis::{MetricInfo, Sample};

/// What is said of latencies that are not those of the requests alone.
pub(super) const CORRECTED: &str = " The samples that wrk adds to correct for coordinated omission are included.";

/// Fewer runs than this are all there is to see in a figure of the runs.
const FEWEST: usize = 3;

/// An axis is logarithmic where the largest latency is so many times the smallest.
const WIDE: f64 = 10.0;

/// The runs of every primary metric, a figure a scenario.
pub(super) fn of_runs(context: &Context) -> Vec<Figure> {
    let mut figures = Vec::new();
    for metric in context.analysis.metrics.iter().filter(|metric| metric.primary) {
        let of_metric = || context.analysis.samples.iter().filter(|sample| sample.metric == metric.id);
        let scenarios: BTreeSet<Option<&str>> = of_metric().map(|sample| sample.scenario.as_deref()).collect();
        for scenario in scenarios {
            let samples: Vec<&Sample> = of_metric()
                .filter(|sample| sample.scenario.as_deref() == scenario && !sample.values.is_empty())
                .collect();
            if samples.iter().any(|sample| sample.values.len() >= FEWEST) {
                figures.push(figure_of_runs(context, metric, scenario, &samples));
            }
        }
    }
    figures
}

fn figure_of_runs(context: &Context, metric: &MetricInfo, scenario: Option<&str>, samples: &[&Sample]) -> Figure {
    let scale = context.scale(metric);
    let lines = samples.iter().enumerate().map(|(label, sample)| Banded {
        label,
        points: shares(&sample.values).into_iter().map(|(value, share)| (scale.apply(value), 100.0 * share)).collect(),
        band: Vec::new(),
        steps: true,
    });
    let lines: Vec<Banded> = lines.collect();
    let within = context.within(scenario);
    let counts: Vec<String> =
        samples.iter().map(|sample| format!("{}: n = {}", context.label(&sample.mode), sample.values.len())).collect();
    let ends = |line: &Banded| {
        let [first, last] = [line.points.first(), line.points.last()].map(|point| point.map_or(0.0, |(x, _)| *x));
        let label = samples.get(line.label).map_or(String::new(), |sample| context.label(&sample.mode));
        format!("{label} from {} to {}", significant(first, 4), significant(last, 4))
    };
    let list: Vec<String> = lines.iter().map(ends).collect();
    Figure {
        id: format!("ecdf-{}{}", metric.id.replace('_', "-"), slug(scenario)),
        metric: Some(metric.id.clone()),
        caption: context.prose(&format!(
            "Empirical distribution of the runs: {}{within}. For each value, the share of a mode's runs that do not \
             exceed it. {}.",
            metric.label,
            counts.join("; ")
        )),
        alt: context.prose(&format!(
            "Step functions from 0 to 100 % over {}{within}: the runs of {}.",
            header(metric, &scale),
            list.join("; of ")
        )),
        drawing: Drawing::Panels(Panels {
            axis: header(metric, &scale),
            stretch: Stretch::Even,
            extent: None,
            shade: None,
            labels: samples.iter().map(|sample| context.label(&sample.mode)).collect(),
            panels: vec![Panel { axis: "Runs (%)".to_owned(), lines }],
        }),
        locale: context.locale(),
    }
}

/// Each different value with the share of the values that do not exceed it, rising.
fn shares(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (value, count) in sorted.into_iter().zip(1_u32..) {
        let share = f64::from(count) / n;
        match points.last_mut() {
            Some(last) if last.0 == value => last.1 = share,
            _ => points.push((value, share)),
        }
    }
    points
}

/// The requests of all runs of each mode; `None` where no mode has the histograms of all its runs.
pub(super) fn of_requests(context: &Context, latencies: &Latencies, scale: &Scale) -> Option<Figure> {
    let modes: Vec<(String, usize, &Pooled)> = latencies
        .modes
        .iter()
        .filter_map(|mode| Some((context.label(&mode.mode), mode.runs, mode.pooled.as_ref()?)))
        .collect();
    let ends = |pooled: &Pooled| [pooled.points.first(), pooled.points.last()].map(|end| end.map_or(0.0, |(x, _)| *x));
    let shortest = modes.iter().map(|(.., pooled)| ends(pooled)[0]).reduce(f64::min)?;
    let longest = modes.iter().map(|(.., pooled)| ends(pooled)[1]).reduce(f64::max)?;
    let is_wide = shortest > 0.0 && longest >= WIDE * shortest;
    let line = |(label, (.., pooled)): (usize, &(String, usize, &Pooled))| Banded {
        label,
        points: pooled.points.iter().map(|(seconds, share)| (scale.apply(*seconds), 100.0 * share)).collect(),
        band: Vec::new(),
        steps: true,
    };
    let counts: Vec<String> = modes
        .iter()
        .map(|(label, runs, Pooled { samples, requests, .. })| {
            if samples == requests {
                format!("{label}: {requests} requests of {runs} runs")
            } else {
                format!("{label}: {requests} requests of {runs} runs, counted as {samples} samples")
            }
        })
        .collect();
    let corrected = latencies.are_corrected();
    let list: Vec<String> = modes
        .iter()
        .map(|(label, _, pooled)| {
            let half = pooled.points.iter().find(|(_, share)| *share >= 0.5).map_or(0.0, |(seconds, _)| *seconds);
            let [first, last] = ends(pooled).map(|seconds| significant(scale.apply(seconds), 3));
            format!("{label} from {first} to {last}, half of them within {}", significant(scale.apply(half), 3))
        })
        .collect();
    let within = context.within(latencies.scenario.as_deref());
    let axis = scale.header("Latency");
    Some(Figure {
        id: format!("ecdf-requests{}", slug(latencies.scenario.as_deref())),
        metric: None,
        caption: context.prose(&format!(
            "Empirical distribution of the latencies of single requests{within}, as wrk counted them, all runs of a mode \
             together. Requests are counted here, not runs: they depend on each other within a run, and no test is made \
             of them.{}{} {}.",
            if corrected { CORRECTED } else { "" },
            if is_wide { " The axis of latencies is logarithmic." } else { "" },
            counts.join("; ")
        )),
        alt: context.prose(&if corrected {
            format!("Shares of samples over {axis}{within}: {}.", list.join("; "))
        } else {
            format!("Shares of requests over {axis}{within}: {}.", list.join("; "))
        }),
        drawing: Drawing::Panels(Panels {
            axis,
            stretch: if is_wide { Stretch::Logarithmic } else { Stretch::Even },
            extent: None,
            shade: None,
            labels: modes.iter().map(|(label, ..)| label.clone()).collect(),
            panels: vec![Panel {
                axis: if corrected { "Samples (%)" } else { "Requests (%)" }.to_owned(),
                lines: modes.iter().enumerate().map(line).collect(),
            }],
        }),
        locale: context.locale(),
    })
}

/// The end of the id of a scenario's figure.
pub(super) fn slug(scenario: Option<&str>) -> String {
    scenario.map_or(String::new(), |id| format!("-{id}"))
}
