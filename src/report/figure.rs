//! A figure as data: what is drawn, in the unit that is printed. `plot` draws it and writes the data as CSV.

use serde::Serialize;

use crate::language::Locale;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// File stem, and slug of the label: `runs-latency-mean`.
    pub id: String,
    /// The id of the metric that it is about; `None` where it shows several.
    pub metric: Option<String>,
    /// Says n, and what the interval is.
    pub caption: String,
    /// What a reader who cannot see the figure must know.
    pub alt: String,
    pub drawing: Drawing,
    /// How its numbers are written.
    pub locale: Locale,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Drawing {
    /// The runs of each mode: points over a box, with the mean and its interval.
    Runs(Runs),
    /// Estimates with their intervals, one a row, around a line of no effect.
    Forest(Forest),
    /// Shares from 0 to 1 over a quantity, a line each.
    Curves(Curves),
    /// Points over two quantities, in series.
    Scatter(Scatter),
    /// Changes by row and column, coloured by sign and size.
    Heatmap(Heatmap),
    /// Lines with bands, in panels one above the other that share their horizontal axis.
    Panels(Panels),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Runs {
    /// `Mean latency (ms)`
    pub axis: String,
    pub groups: Vec<Group>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The mode's label without n.
    pub label: String,
    /// One value a run, in run order.
    pub values: Vec<f64>,
    /// The runs' names, as long as `values`.
    pub runs: Vec<String>,
    pub quartiles: Option<[f64; 3]>,
    pub mean: Option<f64>,
    /// Of the mean: lower, upper.
    pub interval: Option<[f64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forest {
    /// `Change against Without Istio (%)`
    pub axis: String,
    pub rows: Vec<ForestRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForestRow {
    /// `Mean latency, Istio`
    pub label: String,
    pub estimate: f64,
    /// Lower, upper; a missing bound is open.
    pub interval: [Option<f64>; 2],
    /// The estimate and interval as printed in the table, written at the row's end: `+28.6 [27.2, 30.1]`.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// Of the quantity: `Difference of Mean latency (ms)`
    pub axis: String,
    /// Of the shares: `Power`
    pub vertical: String,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub label: String,
    /// Quantity and share, from left to right.
    pub points: Vec<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scatter {
    /// Of the horizontal quantity: `Run order`
    pub axis: String,
    /// Whether that quantity counts, so that only whole numbers are labelled.
    pub whole: bool,
    /// `Mean latency (ms)`
    pub vertical: String,
    pub series: Vec<Series>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// The mode's label without n.
    pub label: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
    /// What each point is of, as long as `points`: the runs' names.
    pub runs: Vec<String>,
    /// The ends of the thin line that the points are held against.
    pub line: Option<[(f64, f64); 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heatmap {
    /// What the cells hold: `Change of Mean latency against Without Istio (%)`
    pub axis: String,
    pub columns: Vec<String>,
    pub rows: Vec<HeatRow>,
    /// From this change on, in either direction, a cell has the full colour.
    pub full: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatRow {
    pub label: String,
    /// One a column.
    pub cells: Vec<HeatCell>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatCell {
    /// `None` where there is none.
    pub change: Option<f64>,
    /// Lower, upper.
    pub interval: [Option<f64>; 2],
    /// As printed in the cell, with its sign and its mark: `(+0.8)`.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panels {
    /// Of the shared axis: `Time (s)`
    pub axis: String,
    pub stretch: Stretch,
    /// What the axis shows at least.
    pub extent: Option<[f64; 2]>,
    /// The part of the axis that is shaded.
    pub shade: Option<Shade>,
    /// What the lines are of; one mark and colour each, in all panels.
    pub labels: Vec<String>,
    /// From the top.
    pub panels: Vec<Panel>,
}

/// How places on an axis follow from values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stretch {
    Even,
    /// Equal ratios are equally long. Only for values above zero.
    Logarithmic,
    /// Of per cents p: by 1 ÷ (1 − p), so that 90, 99 and 99.9 % are equally far from each other. Only below 100.
    Tail,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shade {
    pub from: f64,
    pub to: f64,
    pub label: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    /// Of the vertical axis: `Throughput (Gbit/s)`
    pub axis: String,
    pub lines: Vec<Banded>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Banded {
    /// Which of the labels it is of. A line with gaps is several of the same label.
    pub label: usize,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end at each of the points; empty without a band.
    pub band: Vec<[f64; 2]>,
    /// Whether the line keeps each value up to the next point, and begins at zero.
    pub steps: bool,
}

/// A figure as `plot` draws it and outputs take it in.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// A document of its own.
    pub svg: String,
    /// The same as an element of an HTML page: in the page's colours, and with values for a reader who points at them.
    pub inline: String,
}
