//! The figures of the comparisons: the runs of each mode, and all changes with their intervals.

use super::super::figure::{Drawing, Figure, Forest, ForestRow, Group, Runs};
use super::super::model::Cell;
use super::super::number::{decimals_of, fixed};
use super::super::{Context, figure_id, header};
use super::{Item, notes};
use crate::analysis::{MetricInfo, Sample};

/// The runs of every primary metric, a figure a scenario.
pub(super) fn runs(context: &Context) -> Vec<Figure> {
    let groups = context.primary_samples().into_iter();
    groups.map(|(metric, scenario, samples)| run_figure(context, metric, scenario, &samples)).collect()
}

fn run_figure(context: &Context, metric: &MetricInfo, scenario: Option<&str>, samples: &[&Sample]) -> Figure {
    let scale = context.scale(metric);
    let groups: Vec<Group> = samples
        .iter()
        .map(|sample| {
            let description = sample.description.as_ref().ok();
            Group {
                label: context.label(&sample.mode),
                values: sample.values.iter().map(|value| scale.apply(*value)).collect(),
                runs: sample.runs.clone(),
                quartiles: description
                    .map(|d| [d.lower_quartile, d.median, d.upper_quartile].map(|value| scale.apply(value))),
                mean: description.map(|d| scale.apply(d.mean)),
                interval: description.and_then(|d| {
                    let interval = d.interval.as_ref().ok()?;
                    Some([scale.apply(interval.lower?), scale.apply(interval.upper?)])
                }),
            }
        })
        .collect();
    let within = context.within(scenario);
    let counts: Vec<String> =
        groups.iter().map(|group| format!("{}: n = {}", group.label, group.values.len())).collect();
    let digits = context.digits();
    let means: Vec<String> = samples
        .iter()
        .zip(&groups)
        .filter_map(|(sample, group)| {
            let sd = sample.description.as_ref().ok().and_then(|d| d.sd.clone().ok()).map(|sd| scale.apply(sd));
            let mean = group.mean?;
            Some(format!("{} {}", group.label, fixed(mean, decimals_of(&[sd], mean, digits))))
        })
        .collect();
    Figure {
        id: figure_id("runs", metric, scenario),
        metric: Some(metric.id.clone()),
        caption: context.prose(&format!(
            "{}{within}. Points: runs; box: quartiles; whiskers: furthest run within 1.5 IQR; diamond and bar above: mean \
             with its {} confidence interval. {}.",
            metric.label,
            context.level(),
            counts.join("; ")
        )),
        alt: context.prose(&format!(
            "{} of the runs of each mode{within}. Means: {}{}.",
            metric.label,
            means.join(", "),
            if scale.unit.is_empty() { String::new() } else { format!(" {}", scale.unit) }
        )),
        drawing: Drawing::Runs(Runs { axis: header(metric, &scale), groups }),
        locale: context.locale(),
    }
}

/// More rows would make a figure that no page holds.
const ROWS: usize = 14;

/// The percent change of every metric that has one, with its interval: in as many figures as fit on pages, the comparisons
/// of a metric together.
pub(super) fn forests(context: &Context, items: &[Item]) -> Vec<Figure> {
    let mut parts: Vec<&[Item]> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for of_metric in items.chunk_by(|a, b| a.metric.id == b.metric.id).flat_map(|all| all.chunks(ROWS)) {
        if end - start + of_metric.len() > ROWS {
            parts.push(&items[start..end]);
            start = end;
        }
        end += of_metric.len();
    }
    parts.push(&items[start..end]);
    let mut figures: Vec<Figure> = parts.iter().filter_map(|part| forest(context, part)).collect();
    let all = figures.len();
    if all > 1 {
        for (i, figure) in figures.iter_mut().enumerate() {
            figure.caption.push_str(&format!(" Part {} of {all}.", i + 1));
        }
    }
    figures
}

fn forest(context: &Context, items: &[Item]) -> Option<Figure> {
    let digits = context.digits();
    let plain = |cell: Cell| match cell {
        Cell::Number { text } => text,
        Cell::Interval { lower, upper } if context.analysis.study.decimal_separator == ',' => {
            format!("[{lower}; {upper}]")
        }
        Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
        _ => String::new(),
    };
    let rows: Vec<ForestRow> = items
        .iter()
        .filter_map(|item| {
            let interval = item.comparison.percent_interval().ok()?;
            let several = context.treatments().len() > 1 || context.has_scenarios();
            Some(ForestRow {
                label: if several {
                    format!("{}, {}", item.metric.label, item.place(context))
                } else {
                    item.metric.label.clone()
                },
                estimate: item.comparison.percent(item.means).ok()?,
                interval: [interval.lower, interval.upper],
                text: context.prose(&format!(
                    "{} {}",
                    plain(item.percent(digits)),
                    plain(item.percent_interval(digits))
                )),
            })
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let shown = |item: &Item| item.comparison.percent_interval().is_ok() && item.comparison.percent(item.means).is_ok();
    let mut absent: Vec<String> = Vec::new();
    for item in items.iter().filter(|item| !shown(item)) {
        let name = notes::named(context, &item.metric.label, item.comparison);
        if !absent.contains(&name) {
            absent.push(name);
        }
    }
    let absent = match absent.as_slice() {
        [] => String::new(),
        _ => format!(" Not shown, because their change or its interval is undefined: {}.", absent.join(", ")),
    };
    let list: Vec<String> = rows.iter().map(|row| format!("{} {} %", row.label, row.text)).collect();
    let change = notes::labels(items, |comparison| comparison.change);
    Some(Figure {
        id: "changes".to_owned(),
        metric: None,
        caption: context.prose(&format!(
            "Change of each metric's mean relative to {}, with its {} confidence interval ({}; {}). An arrow: the \
             interval goes on beyond the axis.{absent}",
            context.baseline_label(),
            context.level(),
            change,
            context.runs_phrase()
        )),
        alt: context.prose(&format!(
            "Change against {} with intervals: {}.",
            context.baseline_label(),
            list.join("; ")
        )),
        drawing: Drawing::Forest(Forest { axis: format!("Change against {} (%)", context.baseline_label()), rows }),
        locale: context.locale(),
    })
}
