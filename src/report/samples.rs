//! Every metric of every mode: location, spread and quantiles over the runs.

use super::model::{Align, Block, Cell, Column, Section, Table};
use super::number::{self, Scale, fixed, number, or_missing, text};
use super::{Context, distributions, header};
use crate::analysis::{MetricInfo, Sample};
use crate::metric::Unit;
use crate::stats::describe::Description;
use crate::stats::{Answer, Result};

pub(super) fn section(context: &Context) -> Option<Section> {
    let rows: Vec<Row> = context.analysis.metrics.iter().flat_map(|metric| rows_of(context, metric)).collect();
    if rows.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::Table(moments(context, &rows)), Block::Table(quantiles(context, &rows))];
    blocks.extend(distributions::of_runs(context).into_iter().map(Block::Figure));
    Some(Section { id: "samples".to_owned(), title: "Samples".to_owned(), blocks })
}

struct Row<'a> {
    metric: &'a MetricInfo,
    scale: Scale,
    sample: &'a Sample,
    description: &'a Description,
    /// Of values and standard deviations.
    decimals: usize,
    /// Of standard errors.
    error_decimals: usize,
}

/// The rows of a metric, in reading order.
fn rows_of<'a>(context: &Context<'a>, metric: &'a MetricInfo) -> Vec<Row<'a>> {
    let scale = context.scale(metric);
    let samples = context.analysis.samples.iter().filter(|sample| sample.metric == metric.id);
    let row = |sample: &'a Sample| {
        let description = sample.description.as_ref().ok()?;
        let decimals = |spread: fn(&Description) -> &Result<f64>| match (description.min, description.max) {
            // Nothing ever happened: no digits are needed to say so.
            (0.0, 0.0) => 0,
            _ => context.decimals(metric, sample.scenario.as_deref(), spread),
        };
        let [decimals, error_decimals] = [decimals(|of| &of.sd), decimals(|of| &of.standard_error)];
        Some(Row { metric, scale: scale.clone(), sample, description, decimals, error_decimals })
    };
    samples.filter_map(row).collect()
}

impl Row<'_> {
    fn cells(&self, context: &Context) -> Vec<Cell> {
        let mut cells = vec![text(header(self.metric, &self.scale))];
        cells.extend(context.scenario_cell(self.sample.scenario.as_deref()));
        cells.push(text(context.label(&self.sample.mode)));
        cells.push(number(self.description.n.to_string()));
        cells
    }
}

fn columns(context: &Context, rest: &[(&str, Align)]) -> Vec<Column> {
    let mut columns = vec![Column::new("Metric", Align::Left)];
    columns.extend(context.scenario_column());
    columns.push(Column::new("Mode", Align::Left));
    columns.push(Column::new("n", Align::Number));
    columns.extend(rest.iter().map(|(header, align)| Column::new(*header, *align)));
    columns
}

fn moments(context: &Context, rows: &[Row]) -> Table {
    let ci = format!("{} CI of the mean", context.level());
    let columns = columns(
        context,
        &[
            ("Mean", Align::Number),
            ("SD", Align::Number),
            ("SE", Align::Number),
            (&ci, Align::Centre),
            ("CV (%)", Align::Number),
        ],
    );
    let metrics = rows.iter().map(|row| row.metric.id.clone()).collect();
    let rows = rows
        .iter()
        .map(|row| {
            let (description, decimals) = (row.description, row.decimals);
            let mut cells = row.cells(context);
            cells.extend([
                number(fixed(row.scale.apply(description.mean), decimals)),
                or_missing(description.sd.as_ref(), |sd| number(fixed(row.scale.apply(*sd), decimals))),
                or_missing(description.standard_error.as_ref(), |se| {
                    number(fixed(row.scale.apply(*se), row.error_decimals))
                }),
                or_missing(description.interval.as_ref(), |i| number::interval(i, &row.scale, decimals)),
                or_missing(description.cv.as_ref(), |cv| number(fixed(cv * 100.0, 1))),
            ]);
            cells
        })
        .collect();
    Table {
        id: "samples".to_owned(),
        caption: "Means over the runs".to_owned(),
        columns,
        rows,
        metrics,
        notes: vec![
            "One value a run. SD: over runs, n − 1 in the denominator; SE: SD ÷ √n; the interval of the mean is Student's t; \
             CV: SD ÷ mean."
                .into(),
        ],
        aside: false,
    }
}

fn quantiles(context: &Context, rows: &[Row]) -> Table {
    let ci = format!("{} CI of the median", context.level());
    let columns = columns(
        context,
        &[
            ("Minimum", Align::Number),
            ("Lower quartile", Align::Number),
            ("Median", Align::Number),
            (&ci, Align::Centre),
            ("Upper quartile", Align::Number),
            ("Maximum", Align::Number),
            ("Total", Align::Number),
        ],
    );
    let metrics = rows.iter().map(|row| row.metric.id.clone()).collect();
    let rows = rows
        .iter()
        .map(|row| {
            let (d, decimals) = (row.description, row.decimals);
            let mut cells = row.cells(context);
            // A count is whole, and so are its extremes and its total; a quartile may fall between two.
            let is_count = row.metric.unit == Unit::Count;
            let (between, whole) = if is_count { (decimals.min(1), 0) } else { (decimals, decimals) };
            // Zero itself is told from what decimals round to it.
            let cell = |value: f64, decimals| match value {
                0.0 => number("0".to_owned()),
                _ => number(fixed(row.scale.apply(value), decimals)),
            };
            cells.push(cell(d.min, whole));
            let median = row.sample.methods.answer("median").ok().and_then(Answer::interval);
            cells.extend([d.lower_quartile, d.median].map(|value| cell(value, between)));
            cells.push(median.map_or(Cell::Missing, |interval| number::interval(&interval, &row.scale, between)));
            cells.push(cell(d.upper_quartile, between));
            cells.push(cell(d.max, whole));
            cells.push(row.sample.total.map_or(Cell::Missing, |total| cell(total, whole.min(1))));
            cells
        })
        .collect();
    Table {
        id: "quantiles".to_owned(),
        caption: "Quantiles and totals over the runs".to_owned(),
        columns,
        rows,
        metrics,
        notes: vec![
            "Quartiles by linear interpolation (Hyndman and Fan's type 7). CI of the median: distribution-free, from \
             order statistics, at no less than its level; six runs are the fewest that have one at 95 %. A total stands where \
             a sum means something."
                .into(),
        ],
        aside: false,
    }
}
