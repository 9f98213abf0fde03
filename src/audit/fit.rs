//! Whether a printed figure is among what is attainable.

use super::attainable::Attainable;
use super::bounds::Bounds;
use super::facts::rounding;
use crate::claims::{Cell, Rounded};

/// How a figure fits what is attainable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Holds,
    Edge,
    Misses,
}

/// A printed figure as the audit takes it: its numbers in base units by the unit that is printed.
pub(super) struct Printed {
    pub numbers: Vec<Bounds>,
    /// The printed numbers themselves.
    values: Vec<f64>,
    pub factor: f64,
}

impl Printed {
    pub fn of(cell: &Cell) -> Self {
        let factor = cell.claim.factor_as_printed(cell.metric);
        let numbers: &[Rounded] = &cell.printed.numbers;
        Self {
            numbers: numbers.iter().map(|number| rounding(number, cell, factor)).collect(),
            values: numbers.iter().map(|number| number.value * factor).collect(),
            factor,
        }
    }

    /// Half a unit of the last printed digit.
    pub fn half_digit(&self) -> f64 {
        self.numbers.first().map_or(0.0, |number| (number.high - number.low) / 2.0)
    }

    pub fn fit(&self, attainable: Attainable, nominal: Attainable) -> Fit {
        match (attainable, self.numbers.as_slice(), self.values.as_slice()) {
            (Attainable::One(all), [number], [value]) => {
                let rounds = number.slack().contains(nominal_of(nominal)[0]);
                match all.slack().meet(number.slack()) {
                    None => Fit::Misses,
                    // A bound is no number that could be attained.
                    Some(_) if number.is_finite() && all.slack().contains(*value) => Fit::Holds,
                    Some(_) if rounds => Fit::Holds,
                    Some(_) => Fit::Edge,
                }
            }
            (Attainable::Interval { centre, half }, [low, high], [lower, upper]) => {
                let (low, high) = (low.slack(), high.slack());
                let [x, y] = [nominal_of(nominal)[0], nominal_of(nominal)[1]];
                let itself =
                    centre.slack().contains((lower + upper) / 2.0) && half.slack().contains((upper - lower) / 2.0);
                if !together(centre.slack(), half.slack(), low, high) {
                    Fit::Misses
                } else if itself || (low.contains(x) && high.contains(y)) {
                    Fit::Holds
                } else {
                    Fit::Edge
                }
            }
            _ => Fit::Misses,
        }
    }
}

pub(super) fn nominal_of(attainable: Attainable) -> Vec<f64> {
    attainable.ends().into_iter().map(Bounds::middle).collect()
}

/// Whether one centre and one half-width give both bounds of an interval.
///
/// For a half-width h the centre must lie above max(centre.low, low.low + h, high.low − h) and below the like minimum:
/// the room between them is a concave function of h with corners where two of the three meet.
fn together(centre: Bounds, half: Bounds, low: Bounds, high: Bounds) -> bool {
    let room = |h: f64| {
        let least = centre.low.max(low.low + h).max(high.low - h);
        let most = centre.high.min(low.high + h).min(high.high - h);
        most - least
    };
    let corners = [
        half.low,
        half.high,
        centre.low - low.low,
        high.low - centre.low,
        (high.low - low.low) / 2.0,
        centre.high - low.high,
        high.high - centre.high,
        (high.high - low.high) / 2.0,
    ];
    corners.into_iter().filter(|h| half.contains(*h)).any(|h| room(h) >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_of_an_interval_come_from_one_half_width() {
        let about = |value: f64, room: f64| Bounds::new(value - room, value + room);
        let (centre, half) = (about(3.34, 0.01), Bounds::new(0.1476, 0.1541));
        let [low, high] = [about(3.18, 0.005), about(3.50, 0.005)];
        assert!(!together(centre, half, low, high));
        assert!(together(centre, half, low, about(3.49, 0.005)));
        assert!(together(centre, Bounds::exactly(0.1555), low, high));
        // Each bound alone is attainable.
        let free = about(0.0, 100.0);
        assert!(together(centre, half, low, free) && together(centre, half, free, high));
    }
}
