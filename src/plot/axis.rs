//! The horizontal axis of values, with round ticks that have room for their labels.

use super::canvas::{AXIS, Anchor, Canvas, GRID, MARGIN};
use super::text;
use crate::language::Locale;

/// Values beyond this are not drawn, and those nearer to zero than its inverse count as zero: arithmetic on them would
/// overflow.
const LARGEST: f64 = 1e290;

/// A spread below this part of the values is drawn as none; its ticks would need labels of many digits.
const SMALLEST_SPREAD: f64 = 1e-6;

/// Most intervals between ticks, and the least space between their labels, in points.
const INTERVALS: usize = 8;
const SPACE: f64 = 8.0;

pub(super) const TICK: f64 = 2.5;

pub(super) struct Axis {
    low: f64,
    high: f64,
    left: f64,
    right: f64,
    /// Places as parts of the axis, with labels.
    ticks: Vec<(f64, String)>,
}

/// Whether a value has a place on an axis.
pub(super) fn drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

impl Axis {
    /// An axis from `left` to `right`, with the range of the values and a little more. It is shorter where the canvas
    /// would cut off the first or the last label.
    pub(super) fn new(values: impl IntoIterator<Item = f64>, left: f64, right: f64, canvas: &Canvas) -> Self {
        Self::stepped(values, left, right, canvas, false)
    }

    /// [`Axis::new`] of what is counted: only whole numbers have ticks.
    pub(super) fn whole(values: impl IntoIterator<Item = f64>, left: f64, right: f64, canvas: &Canvas) -> Self {
        Self::stepped(values, left, right, canvas, true)
    }

    fn stepped(values: impl IntoIterator<Item = f64>, left: f64, right: f64, canvas: &Canvas, whole: bool) -> Self {
        let (low, high) = range(values);
        let mut axis = Self { low, high, left, right, ticks: Vec::new() };
        let least = (high - low) / INTERVALS as f64;
        let least = if whole { least.max(1.0) } else { least };
        let steps = |least| steps(least).filter(move |step| !whole || step.exponent >= 0);
        let all = steps(least).map(|step| (step, 1));
        // Where only a step of less than two ticks has room for its labels, every second or third of the finest has.
        let thinned = steps(least).take(1).flat_map(|finest| (2..=INTERVALS).map(move |stride| (finest, stride)));
        for (step, stride) in all.chain(thinned) {
            let ticks = step.ticks(low, high, canvas.locale).step_by(stride).collect();
            axis = Self { left, right, ticks, ..axis };
            axis.make_room(MARGIN, canvas.width - MARGIN);
            if axis.ticks.len() > 1 && axis.has_room() {
                return axis;
            }
        }
        axis.ticks.truncate(1);
        axis
    }

    /// An axis with the given range and ticks, which stand for themselves: values are not the numbers on the labels, but
    /// what those become by the axis's stretch. Ticks that have no room beside the ones before them are left out.
    pub(super) fn with_ticks(
        (low, high): (f64, f64),
        ticks: Vec<(f64, String)>,
        left: f64,
        right: f64,
        canvas: &Canvas,
    ) -> Self {
        let part = |place: f64| (place - low) / (high - low);
        let inside = ticks.into_iter().filter(|(place, _)| (low..=high).contains(place));
        let ticks = inside.map(|(place, label)| (part(place), label)).collect();
        let mut axis = Self { low, high, left, right, ticks };
        axis.make_room(MARGIN, canvas.width - MARGIN);
        let (left, length) = (axis.left, axis.right - axis.left);
        spaced(&mut axis.ticks, |part| left + part * length);
        axis
    }

    /// Its two ends on the canvas.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.left, self.right)
    }

    /// The line of the axis with its ticks, without labels.
    pub(super) fn draw_bare(&self, canvas: &mut Canvas, y: f64) {
        canvas.line((self.left, y), (self.right, y), AXIS, 0.6);
        for (part, _) in &self.ticks {
            canvas.line((self.at(*part), y), (self.at(*part), y + TICK), AXIS, 0.6);
        }
    }

    /// Moves the ends so that the labels stay between two edges.
    fn make_room(&mut self, leftmost: f64, rightmost: f64) {
        if let Some((part, label)) = self.ticks.first() {
            let least = leftmost + text::width(label) / 2.0;
            self.left = self.left.max((least - part * self.right) / (1.0 - part));
        }
        if let Some((part, label)) = self.ticks.last() {
            let most = rightmost - text::width(label) / 2.0;
            self.right = self.right.min(self.left + (most - self.left) / part);
        }
    }

    /// Whether the labels keep their distance. One label or none always does.
    fn has_room(&self) -> bool {
        self.ticks.windows(2).all(|pair| match pair {
            [(a, left), (b, right)] => {
                (b - a) * (self.right - self.left) >= (text::width(left) + text::width(right)) / 2.0 + SPACE
            }
            _ => true,
        })
    }

    /// The place of a value on the canvas; of one outside the range, the nearer end.
    pub(super) fn x(&self, value: f64) -> f64 {
        self.at(((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    pub(super) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    fn at(&self, part: f64) -> f64 {
        self.left + part * (self.right - self.left)
    }

    /// The grid, behind everything else.
    pub(super) fn draw_grid(&self, canvas: &mut Canvas, top: f64, bottom: f64) {
        for (part, _) in &self.ticks {
            canvas.line((self.at(*part), top), (self.at(*part), bottom), GRID, 0.5);
        }
    }

    /// The axis with its title. Returns where it ends.
    pub(super) fn draw(&self, canvas: &mut Canvas, title: &str, y: f64) -> f64 {
        canvas.line((self.left, y), (self.right, y), AXIS, 0.6);
        let labels = y + TICK + 2.0 + text::LEADING / 2.0;
        for (part, label) in &self.ticks {
            let x = self.at(*part);
            canvas.line((x, y), (x, y + TICK), AXIS, 0.6);
            canvas.text(std::slice::from_ref(label), (x, labels), Anchor::Center);
        }
        let lines = text::wrap(title, canvas.width - 2.0 * MARGIN, 3);
        let half = text::widest(&lines) / 2.0 + MARGIN;
        let x = self.at(0.5).min(canvas.width - half).max(half);
        let top = labels + text::LEADING / 2.0 + 2.0;
        let height = lines.len() as f64 * text::LEADING;
        canvas.text(&lines, (x, top + height / 2.0), Anchor::Center);
        top + height
    }
}

/// Round places on a vertical axis with the range of the values and a little more, as parts of it from the bottom, with
/// labels: the most that stand at least `distance` apart, as a part.
pub(super) fn upright(
    values: impl IntoIterator<Item = f64>,
    distance: f64,
    locale: Locale,
) -> ((f64, f64), Vec<(f64, String)>) {
    let (low, high) = range(values);
    let step = steps((high - low) * distance).next();
    let ticks = step.map_or_else(Vec::new, |step| step.ticks(low, high, locale).collect());
    ((low, high), ticks)
}

/// Keeps the ticks whose labels do not touch the one kept before, where `x` is their place in points.
pub(super) fn spaced(ticks: &mut Vec<(f64, String)>, x: impl Fn(f64) -> f64) {
    let mut end = f64::NEG_INFINITY;
    ticks.retain(|(place, label)| {
        let (middle, half) = (x(*place), text::width(label) / 2.0);
        let has_room = middle - half >= end;
        if has_room {
            end = middle + half + SPACE / 2.0;
        }
        has_room
    });
}

/// The range of the values, and 5 % more on both sides.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|value| drawable(*value))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)));
    let size = low.abs().max(high.abs());
    if low > high || size < LARGEST.recip() {
        return (-1.0, 1.0);
    }
    let spread = high - low;
    let more = 0.05 * if spread < SMALLEST_SPREAD * size { size } else { spread };
    (low - more, high + more)
}

/// Whole numbers between the ends of an axis, no more than an axis has ticks.
pub(super) fn whole_ticks(low: f64, high: f64) -> Vec<i64> {
    let step =
        steps(((high - low) / INTERVALS as f64).max(1.0)).find(|step| step.exponent >= 0).map_or(1.0, Step::size);
    let [first, last] = [(low / step).ceil() as i64, (high / step).floor() as i64];
    (first..=last).map(|index| index * step as i64).collect()
}

/// A distance between ticks: `digits · 10^exponent`, that is 1, 2, 2.5 or 5 times a power of ten.
#[derive(Clone, Copy)]
pub(super) struct Step {
    digits: i64,
    exponent: i32,
}

/// The steps from `least` upwards, to where there is not even one interval.
pub(super) fn steps(least: f64) -> impl Iterator<Item = Step> {
    let lowest = least.log10().floor() as i32;
    (lowest..=lowest + 2)
        .flat_map(|power| [(1, power), (2, power), (25, power - 1), (5, power)])
        .map(|(digits, exponent)| Step { digits, exponent })
        .filter(move |step| step.size() >= least)
}

impl Step {
    fn size(self) -> f64 {
        self.digits as f64 * 10f64.powi(self.exponent)
    }

    /// The places of its multiples as parts of the range, with labels.
    pub(super) fn ticks(self, low: f64, high: f64, locale: Locale) -> impl Iterator<Item = (f64, String)> {
        let [first, last] = [(low / self.size()).ceil() as i64, (high / self.size()).floor() as i64];
        let largest = first.abs().max(last.abs()) as f64 * self.size();
        (first..=last).map(move |index| {
            let part = (index as f64 * self.size() - low) / (high - low);
            let label = label(index * self.digits, self.exponent, largest);
            (part, locale.number(&label))
        })
    }
}

/// `integer · 10^exponent`, in full or, where the `largest` label is of a million or more or below a thousandth, with a
/// power of ten.
fn label(integer: i64, exponent: i32, largest: f64) -> String {
    let magnitude = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
    let power = if (-3..6).contains(&magnitude) { 0 } else { magnitude };
    let decimals = usize::try_from(power - exponent).unwrap_or(0);
    let number = text::minus(&format!("{:.decimals$}", integer as f64 * 10f64.powi(exponent - power)));
    match (integer, power) {
        (0, _) => "0".to_owned(),
        (_, 0) => number,
        _ => format!("{number}×10{}", superscript(power)),
    }
}

fn superscript(power: i32) -> String {
    power
        .to_string()
        .chars()
        .map(|letter| match letter.to_digit(10) {
            Some(1) => '¹',
            Some(2) => '²',
            Some(3) => '³',
            Some(digit) => char::from_u32('⁰' as u32 + digit).unwrap_or(letter),
            None => '⁻',
        })
        .collect()
}
