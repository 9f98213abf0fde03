//! The vertical axis of values, with round ticks.

use super::axis::{TICK, range, steps};
use super::canvas::{AXIS, Anchor, Canvas, GRID};
use super::text;

/// Least distance between ticks, and the gap between a label and its tick, in points.
const SPACE: f64 = 2.2 * text::LEADING;
const GAP: f64 = 2.0;

pub(super) struct Vertical {
    low: f64,
    high: f64,
    top: f64,
    bottom: f64,
    /// Places as parts of the axis, with labels.
    ticks: Vec<(f64, String)>,
}

impl Vertical {
    /// An axis from `bottom` up to `top`, with the range of the values and a little more.
    pub(super) fn new(values: impl IntoIterator<Item = f64>, top: f64, bottom: f64, canvas: &Canvas) -> Self {
        let (low, high) = range(values);
        let most = ((bottom - top) / SPACE).floor().max(1.0);
        let ticks = steps((high - low) / most)
            .map(|step| step.ticks(low, high, canvas.locale).collect::<Vec<_>>())
            .find(|ticks| !ticks.is_empty());
        Self { low, high, top, bottom, ticks: ticks.unwrap_or_default() }
    }

    /// What the ticks and their labels need to the left of the axis, in points.
    pub(super) fn room(&self) -> f64 {
        text::widest(self.ticks.iter().map(|(_, label)| label)) + GAP + TICK
    }

    /// The place of a value on the canvas; of one outside the range, the nearer end.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.at(((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    fn at(&self, part: f64) -> f64 {
        self.bottom - part * (self.bottom - self.top)
    }

    /// The axis at `left`, with its grid up to `right`: to be drawn behind everything else.
    pub(super) fn draw(&self, canvas: &mut Canvas, left: f64, right: f64) {
        for (part, label) in &self.ticks {
            let y = self.at(*part);
            canvas.line((left, y), (right, y), GRID, 0.5);
            canvas.line((left - TICK, y), (left, y), AXIS, 0.6);
            canvas.text(std::slice::from_ref(label), (left - TICK - GAP, y), Anchor::Right);
        }
        canvas.line((left, self.top), (left, self.bottom), AXIS, 0.6);
    }
}
