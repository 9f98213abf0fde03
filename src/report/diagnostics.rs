//! Whether the runs are what the methods assume, metric by metric: shown, and never a gate that changes a test.

mod figures;

use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{fixed, number, or_missing, p_value, text};
use super::{Context, header};
use crate::analysis::MetricInfo;
use crate::analysis::diagnostics::{Diagnostics, Variances};

pub(super) fn section(context: &Context) -> Option<Section> {
    let diagnosis = &context.analysis.diagnosis;
    let (rows, metrics): (Vec<Vec<Cell>>, Vec<String>) = diagnosis
        .samples
        .iter()
        .filter(|sample| sample.distinct > 1)
        .filter_map(|sample| Some((context.analysis.metric(&sample.metric)?, sample)))
        .map(|(metric, sample)| (row(context, metric, sample), metric.id.clone()))
        .unzip();
    if rows.is_empty() {
        return None;
    }
    let mut columns = vec![Column::new("Metric", Align::Left)];
    columns.extend(context.scenario_column());
    columns.extend([
        Column::new("Mode", Align::Left),
        Column::new("n", Align::Number),
        Column::new("Normality, p", Align::Number),
        Column::new("Equal spread, p", Align::Number),
        Column::new("Lag-1 r", Align::Number),
        Column::new("its p", Align::Number),
        Column::new("Drift, p", Align::Number),
        Column::new("First run, p", Align::Number),
        Column::new("Outside", Align::Number),
        Column::new("Far out", Align::Number),
    ]);
    let mut notes: Vec<Sentence> = vec![
        "Normality: Shapiro–Wilk. Equal spread: Brown–Forsythe, against the baseline. Lag-1 r: autocorrelation of runs that \
         follow each other. Drift: Mann–Kendall over the run order. First run: against the prediction from the others. \
         Outside, far out: runs beyond 1.5 and 3 interquartile ranges from the quartiles (Tukey); they count like all \
         others unless the manifest drops them. p-values are two-sided and not adjusted: of twenty, one is below 0.05 by \
         chance. Nothing here chooses a test."
            .into(),
        "—: cannot be computed from so few runs. Metrics that are the same in every run are left out.".into(),
    ];
    for sample in context.analysis.samples.iter().filter(|sample| !sample.dropped.is_empty()) {
        let Some(metric) = context.analysis.metric(&sample.metric) else { continue };
        let scale = context.scale(metric);
        let list: Vec<String> = sample
            .dropped
            .iter()
            .map(|dropped| format!("{} ({})", dropped.run, super::number::significant(scale.apply(dropped.value), 4)))
            .collect();
        let place = context.place_of(&sample.mode, sample.scenario.as_deref());
        let note = context.prose(&format!(
            "Dropped, as the manifest says, because outside Tukey's fences: {} of {place}: run {}.",
            header(metric, &scale),
            list.join(", run ")
        ));
        notes.push(Sentence::of(&metric.id, note));
    }
    let table = Table {
        id: "diagnostics".to_owned(),
        caption: "Whether the runs are what the methods assume".to_owned(),
        columns,
        rows,
        metrics,
        notes,
        aside: false,
    };
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(figures::of(context).into_iter().map(Block::Figure));
    Some(Section { id: "diagnostics".to_owned(), title: "Diagnostics".to_owned(), blocks })
}

fn row(context: &Context, metric: &MetricInfo, sample: &Diagnostics) -> Vec<Cell> {
    let p = |p: f64| number(p_value(p));
    let equal = |variances: &&Variances| {
        (&variances.metric, &variances.scenario, &variances.mode) == (&sample.metric, &sample.scenario, &sample.mode)
    };
    let equal = context.analysis.diagnosis.variances.iter().find(equal);
    let correlation = sample.autocorrelation.as_ref();
    let outliers = sample.outliers.as_ref();
    let mut cells = vec![text(metric.label.clone())];
    cells.extend(context.scenario_cell(sample.scenario.as_deref()));
    cells.extend([
        text(context.label(&sample.mode)),
        number(sample.n.to_string()),
        or_missing(sample.shapiro_wilk.as_ref(), |test| p(test.p_value)),
        equal.map_or(Cell::Missing, |equal| or_missing(equal.brown_forsythe.as_ref(), |test| p(test.p_value))),
        or_missing(correlation, |r| r.test.estimate.map_or(Cell::Missing, |r| number(fixed(r, 2)))),
        or_missing(correlation, |r| p(r.test.p_value)),
        or_missing(sample.trend.as_ref(), |trend| p(trend.test.p_value)),
        or_missing(sample.first_run.as_ref(), |test| p(test.p_value)),
        or_missing(outliers, |found| number(found.outside.len().to_string())),
        or_missing(outliers, |found| number(found.far_out.len().to_string())),
    ]);
    cells
}
