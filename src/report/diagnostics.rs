//! Whether the runs are what the methods assume, metric by metric: shown, and never a gate that changes a test.

use super::model::{Align, Block, Cell, Column, Section, Table};
use super::number::{fixed, number, or_missing, p_value, text};
use super::{Context, header};
use crate::analysis::MetricInfo;
use crate::analysis::diagnostics::{Diagnostics, Variances};

pub(super) fn section(context: &Context) -> Option<Section> {
    let diagnosis = &context.analysis.diagnosis;
    let rows: Vec<Vec<Cell>> = diagnosis
        .samples
        .iter()
        .filter(|sample| sample.distinct > 1)
        .filter_map(|sample| Some(row(context, context.analysis.metric(&sample.metric)?, sample)))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let column = |header: &str, align: Align| Column { header: header.to_owned(), align };
    let mut columns = vec![column("Metric", Align::Left)];
    if context.has_scenarios() {
        columns.push(column("Scenario", Align::Left));
    }
    columns.extend([
        column("Mode", Align::Left),
        column("n", Align::Number),
        column("Normality, p", Align::Number),
        column("Equal spread, p", Align::Number),
        column("Lag-1 r", Align::Number),
        column("its p", Align::Number),
        column("Drift, p", Align::Number),
        column("First run, p", Align::Number),
        column("Outside", Align::Number),
        column("Far out", Align::Number),
    ]);
    let mut notes = vec![
        "Normality: Shapiro–Wilk. Equal spread: Brown–Forsythe, against the baseline. Lag-1 r: autocorrelation of runs that \
         follow each other. Drift: Mann–Kendall over the run order. First run: against the prediction from the others. \
         Outside, far out: runs beyond 1.5 and 3 interquartile ranges from the quartiles (Tukey); they count like all \
         others unless the manifest drops them. p-values are two-sided and not adjusted: of twenty, one is below 0.05 by \
         chance. Nothing here chooses a test."
            .to_owned(),
        "—: cannot be computed from so few runs. Metrics that are the same in every run are left out.".to_owned(),
    ];
    for sample in context.analysis.samples.iter().filter(|sample| !sample.dropped.is_empty()) {
        let Some(metric) = context.analysis.metric(&sample.metric) else { continue };
        let scale = context.scale(metric);
        let list: Vec<String> = sample
            .dropped
            .iter()
            .map(|dropped| format!("{} ({})", dropped.run, super::number::significant(scale.apply(dropped.value), 4)))
            .collect();
        let place = match &sample.scenario {
            Some(scenario) => format!("{}, {}", context.label(&sample.mode), context.scenario_label(scenario)),
            None => context.label(&sample.mode),
        };
        notes.push(context.prose(&format!(
            "Dropped, as the manifest says, because outside Tukey's fences: {} of {place}: run {}.",
            header(metric, &scale),
            list.join(", run ")
        )));
    }
    let table = Table {
        id: "diagnostics".to_owned(),
        caption: "Whether the runs are what the methods assume".to_owned(),
        columns,
        rows,
        notes,
    };
    Some(Section { id: "diagnostics".to_owned(), title: "Diagnostics".to_owned(), blocks: vec![Block::Table(table)] })
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
    if context.has_scenarios() {
        cells.push(text(sample.scenario.as_deref().map_or(String::new(), |s| context.scenario_label(s))));
    }
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
