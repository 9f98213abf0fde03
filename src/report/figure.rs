//! A figure as data: what is drawn, in the unit that is printed. `plot` draws it and writes the data as CSV.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// File stem, and slug of the label: `runs-latency-mean`.
    pub id: String,
    /// Says n, and what the interval is.
    pub caption: String,
    /// What a reader who cannot see the figure must know.
    pub alt: String,
    pub drawing: Drawing,
    /// `.` or `,`.
    pub decimal_separator: char,
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
