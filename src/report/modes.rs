//! Three or more modes of a metric at once: one test of all, and the pairs with simultaneous intervals.

use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{self, Scale, decimals_of, fixed, half_width, number, or_missing, p_value, text};
use super::{Context, header};
use crate::analysis::{Group, MetricInfo};
use crate::stats::{Answer, Pairwise};

pub(super) fn section(context: &Context) -> Option<Section> {
    let groups: Vec<(&MetricInfo, &Group)> = context
        .analysis
        .groups
        .iter()
        .filter_map(|group| Some((context.analysis.metric(&group.metric)?, group)))
        .collect();
    if groups.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::Table(omnibus(context, &groups))];
    blocks.extend(pairwise(context, &groups).map(Block::Table));
    Some(Section { id: "modes".to_owned(), title: "All modes at once".to_owned(), blocks })
}

fn place_columns(context: &Context) -> Vec<Column> {
    std::iter::once(Column::new("Metric", Align::Left)).chain(context.scenario_column()).collect()
}

fn place_cells(context: &Context, name: String, group: &Group) -> Vec<Cell> {
    std::iter::once(text(name)).chain(context.scenario_cell(group.scenario.as_deref())).collect()
}

fn omnibus(context: &Context, groups: &[(&MetricInfo, &Group)]) -> Table {
    let mut columns = place_columns(context);
    columns.extend([
        Column::new("Test", Align::Left),
        Column::new("Modes", Align::Number),
        Column::new("F", Align::Number),
        Column::new("df", Align::Number),
        Column::new("df of the error", Align::Number),
        Column::new("p", Align::Number),
    ]);
    let optional = |value: Option<f64>, decimals| value.map_or(Cell::Missing, |value| number(fixed(value, decimals)));
    let (mut rows, mut metrics) = (Vec::new(), Vec::new());
    let mut notes: Vec<Sentence> =
        vec!["H₀: all modes have the same mean; their variances may differ. p is not adjusted.".into()];
    notes.extend(for_comparison(context).map(Sentence::from));
    if context.analysis.comparisons.iter().any(|comparison| comparison.pairing.is_some()) {
        notes.push("The runs come in blocks; these tests, and those of the pairs below, take them as unpaired.".into());
    }
    for (metric, group) in groups {
        for test in &group.tests.omnibus {
            let answer = match &test.answer {
                Ok(Answer::Test(answer)) => Ok(answer),
                Ok(Answer::Effect(_)) => continue,
                Err(undefined) => {
                    let note = format!("—: no {} of {}: {}.", test.label, metric.label, undefined.because);
                    notes.push(Sentence::of(&metric.id, note));
                    Err(undefined)
                }
            };
            let mut cells = place_cells(context, metric.label.clone(), group);
            cells.extend([
                text(test.label),
                number(group.modes.len().to_string()),
                or_missing(answer, |test| optional(test.statistic, 2)),
                or_missing(answer, |test| optional(test.numerator_df, 0)),
                or_missing(answer, |test| optional(test.df, 1)),
                or_missing(answer, |test| number(p_value(test.p_value))),
            ]);
            rows.push(cells);
            metrics.push(metric.id.clone());
        }
    }
    Table {
        id: "all-modes".to_owned(),
        caption: "One test of all modes".to_owned(),
        columns,
        rows,
        metrics,
        notes,
        aside: false,
    }
}

/// Which p-value decides where several stand side by side.
fn for_comparison(context: &Context) -> Option<String> {
    context.is_compared_at_once().then(|| {
        format!("For comparison: what decides on a primary metric is {} in the table of these.", context.p_header())
    })
}

/// The pairs with the baseline by the many-to-one method, and on request all pairs by the other.
fn pairwise(context: &Context, groups: &[(&MetricInfo, &Group)]) -> Option<Table> {
    let mut columns = place_columns(context);
    columns.extend([
        Column::new("Method", Align::Left),
        Column::new("Modes", Align::Left),
        Column::new("Difference", Align::Number),
        Column::new(format!("{} CI", context.level()), Align::Centre),
        Column::new("p", Align::Number),
    ]);
    let (mut rows, mut metrics) = (Vec::new(), Vec::new());
    let mut notes: Vec<Sentence> = Vec::new();
    let mut labels: Vec<&str> = Vec::new();
    for (metric, group) in groups {
        let scale = context.scale(metric);
        for of in &group.tests.pairwise {
            let pairs = match &of.answer {
                Ok(pairs) => pairs,
                Err(undefined) => {
                    let note = format!("No {} of {}: {}.", of.label, metric.label, undefined.because);
                    notes.push(Sentence::of(&metric.id, note));
                    continue;
                }
            };
            let to_baseline = pairs.iter().all(|pair| pair.first == 0);
            if !to_baseline && !context.analysis.study.methods.pairs {
                continue;
            }
            if !labels.contains(&of.label) {
                labels.push(of.label);
            }
            metrics.extend(pairs.iter().map(|_| metric.id.clone()));
            rows.extend(pairs.iter().map(|pair| {
                let mut cells = place_cells(context, header(metric, &scale), group);
                cells.extend(row(context, group, of.label, pair, &scale));
                cells
            }));
        }
    }
    notes.insert(
        0,
        format!(
            "{}: p-values and intervals are simultaneous over the pairs of a metric, and are not adjusted again.{}",
            labels.join("; "),
            if context.analysis.study.methods.pairs {
                ""
            } else {
                " The pairs among treatments are there on request (`pairs`)."
            }
        )
        .into(),
    );
    notes.extend(for_comparison(context).map(Sentence::from));
    (!rows.is_empty()).then(|| Table {
        id: "pairs-of-modes".to_owned(),
        caption: "The modes pair by pair, with simultaneous intervals".to_owned(),
        columns,
        rows,
        metrics,
        notes,
        aside: false,
    })
}

fn row(context: &Context, group: &Group, label: &str, pair: &Pairwise, scale: &Scale) -> [Cell; 5] {
    let mode = |place: usize| group.modes.get(place).map_or(String::new(), |mode| context.label(mode));
    let interval = &pair.test.interval;
    let estimate = pair.test.estimate.map(|estimate| scale.apply(estimate));
    let half = half_width(interval).map(|half| scale.apply(half));
    let decimals = decimals_of(&[half], estimate.unwrap_or_default(), context.digits());
    [
        text(label),
        text(format!("{} − {}", mode(pair.second), mode(pair.first))),
        estimate.map_or(Cell::Missing, |estimate| number(number::signed(estimate, decimals))),
        number::interval(interval, scale, decimals),
        number(p_value(pair.test.p_value)),
    ]
}
