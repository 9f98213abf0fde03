//! How numbers are printed: rounding, prefixes, p-values. The only place where anything is rounded.

use crate::metric::{GIB, Unit};
use crate::stats::Interval;
use crate::stats::rate::Rate;

use super::model::Cell;

/// A unit as printed, and how many base units one of it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub factor: f64,
    pub unit: String,
}

/// Prefixes of a unit, largest first; one is chosen so that the value is at least one of it.
fn prefixes(unit: &Unit) -> &'static [(f64, &'static str)] {
    match unit {
        Unit::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
        Unit::BitsPerSecond => &[(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s")],
        Unit::Bytes => &[(GIB, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")],
        Unit::BytesPerSecond => &[(GIB, "GiB/s"), (1_048_576.0, "MiB/s"), (1024.0, "KiB/s"), (1.0, "B/s")],
        Unit::PerSecond => &[(1.0, "1/s")],
        Unit::PerGib => &[(1.0, "1/GiB")],
        Unit::Fraction => &[(0.01, "%")],
        Unit::Count | Unit::Named(_) => &[(1.0, "")],
    }
}

impl Scale {
    /// The prefix that suits values of the size of `typical`.
    pub fn of(unit: &Unit, typical: f64) -> Self {
        let prefixes = prefixes(unit);
        let (factor, name) = prefixes
            .iter()
            .find(|(factor, _)| typical.abs() >= *factor)
            .or(if typical == 0.0 { prefixes.first() } else { prefixes.last() })
            .copied()
            .unwrap_or((1.0, ""));
        let unit = match unit {
            Unit::Named(name) => name.to_string(),
            _ => name.to_owned(),
        };
        Self { factor, unit }
    }

    /// Of a pure number: printed as it is.
    pub fn plain() -> Self {
        Self { factor: 1.0, unit: String::new() }
    }

    pub fn apply(&self, value: f64) -> f64 {
        value / self.factor
    }

    /// `label (unit)`, or the label alone of a pure number.
    pub fn header(&self, label: &str) -> String {
        if self.unit.is_empty() { label.to_owned() } else { format!("{label} ({})", self.unit) }
    }
}

/// `value` with `decimals` decimals, halves away from zero in the shortest decimal that is the double: 7.85 is 7.9, as a
/// reader with the printed digits would round it.
pub fn fixed(value: f64, decimals: usize) -> String {
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let point = exponent.parse::<i64>().unwrap_or(0) + 1;
    // Digit k stands for 10^(point − 1 − k); keep those down to 10^−decimals.
    let keep = point + decimals as i64;
    let mut kept: Vec<u8> = (0..keep.max(0)).map(|k| digits.get(k as usize).copied().unwrap_or(0)).collect();
    let up = keep >= 0 && digits.get(keep as usize).is_some_and(|digit| *digit >= 5);
    let mut carry = u8::from(up);
    for digit in kept.iter_mut().rev() {
        *digit += carry;
        carry = u8::from(*digit == 10);
        *digit %= 10;
    }
    if carry == 1 {
        kept.insert(0, 1);
    }
    let missing = (decimals + 1).saturating_sub(kept.len());
    let all: String = std::iter::repeat_n(0, missing).chain(kept).map(|digit| char::from(b'0' + digit)).collect();
    let (whole, fraction) = all.split_at(all.len() - decimals);
    let sign = if value < 0.0 && all.bytes().any(|b| b != b'0') { "-" } else { "" };
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// [`fixed`] with a `+` before what is positive as printed.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let positive = value > 0.0 && text.bytes().any(|b| matches!(b, b'1'..=b'9'));
    if positive { format!("+{text}") } else { text }
}

/// How many decimals show `digits` significant digits of `uncertainty`.
pub fn decimals(uncertainty: f64, digits: u8) -> usize {
    if !(uncertainty.is_finite() && uncertainty > 0.0) {
        return 0;
    }
    let text = format!("{:.*e}", usize::from(digits) - 1, uncertainty);
    let exponent: i64 = text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    usize::try_from(i64::from(digits) - 1 - exponent).unwrap_or(0).min(15)
}

/// `value` with `digits` significant digits: for numbers without an uncertainty of their own.
pub fn significant(value: f64, digits: u8) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e9).contains(&magnitude) {
        return format!("{:.*e}", usize::from(digits) - 1, value);
    }
    fixed(value, decimals(magnitude, digits))
}

/// `value` with three significant digits, but no more than `most` decimals: for what cannot be as precise.
pub fn brief(value: f64, most: usize) -> String {
    let text = fixed(value, decimals(value.abs(), 3).min(most));
    if text.bytes().any(|b| matches!(b, b'1'..=b'9')) { text } else { "0".to_owned() }
}

/// Decimals that show an estimate as precisely as its uncertainties (the first that is known and not zero) allow.
pub fn decimals_of(uncertainties: &[Option<f64>], value: f64, digits: u8) -> usize {
    let known = uncertainties.iter().flatten().copied().filter(|u| *u > 0.0);
    match known.min_by(f64::total_cmp) {
        Some(uncertainty) => decimals(uncertainty, digits),
        // Nothing varies: four digits of the value, and none that only say zero.
        None => {
            let text = significant(value, 4);
            text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
        }
    }
}

/// The shortest decimal that is the double, without an exponent.
pub fn shortest(value: f64) -> String {
    format!("{}", (value * 1e9).round() / 1e9)
}

/// Half of an interval's width, the measure of precision that its digits follow.
pub fn half_width(interval: &Interval) -> Option<f64> {
    Some((interval.upper? - interval.lower?) / 2.0)
}

/// Decimals of a percent change, by its interval where it has one.
pub fn percent_decimals(percent: f64, interval: Option<&Interval>, digits: u8) -> usize {
    decimals_of(&[interval.and_then(half_width)], percent, digits).min(3)
}

/// Decimals of a rate as printed in `scale`, by its interval, but no fewer than show three digits of the rate.
pub fn rate_decimals(rate: &Rate, scale: &Scale, digits: u8) -> usize {
    let half = rate.interval.as_ref().ok().map(nonnegative).as_ref().and_then(half_width).map(|half| scale.apply(half));
    let pooled = scale.apply(rate.rate);
    decimals_of(&[half], pooled, digits).max(decimals(pooled, 3))
}

/// The interval of what cannot be below zero: where it has no lower bound, it begins there.
pub fn nonnegative(interval: &Interval) -> Interval {
    Interval { lower: interval.lower.or(Some(0.0)), ..*interval }
}

/// A p-value: three decimals from 0.01 up, two significant digits below, never zero.
pub fn p_value(p: f64) -> String {
    if p < 1e-300 {
        "<1e-300".to_owned()
    } else if p >= 0.9995 {
        ">0.999".to_owned()
    } else if p >= 0.01 {
        fixed(p, 3)
    } else if p >= 1e-4 {
        fixed(p, decimals(p, 2))
    } else {
        format!("{p:.1e}")
    }
}

/// A p-value for a table that is read for its estimates: three decimals, `<0.001` below them.
pub fn p_in_brief(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else if p < 0.01 {
        fixed(p, 3)
    } else {
        p_value(p)
    }
}

/// Decimals that show on which side of zero both bounds lie: more than `decimals` where those would print a bound as zero
/// that is none, so that an interval that excludes zero does so in print. The bounds have the same number of them.
pub fn interval_decimals(interval: &Interval, scale: &Scale, decimals: usize) -> usize {
    let hidden = |decimals: usize| {
        let is_zero = |text: String| !text.bytes().any(|b| matches!(b, b'1'..=b'9'));
        let bounds = [interval.lower, interval.upper].into_iter().flatten().filter(|bound| *bound != 0.0);
        bounds.map(|bound| fixed(scale.apply(bound), decimals)).any(is_zero)
    };
    (decimals..=decimals + MORE_DECIMALS).find(|decimals| !hidden(*decimals)).unwrap_or(decimals)
}

/// A bound that so many more digits print as zero is zero for all that matters.
const MORE_DECIMALS: usize = 3;

/// An interval with its bounds scaled; an open bound is written as the infinity it stands for.
pub fn interval(interval: &Interval, scale: &Scale, decimals: usize) -> Cell {
    let decimals = interval_decimals(interval, scale, decimals);
    let bound = |value: Option<f64>, open: &str| value.map_or(open.to_owned(), |v| fixed(scale.apply(v), decimals));
    if interval.lower.is_none() && interval.upper.is_none() {
        return Cell::Missing;
    }
    Cell::Interval { lower: bound(interval.lower, "-∞"), upper: bound(interval.upper, "∞") }
}

pub fn number(text: String) -> Cell {
    Cell::Number { text }
}

pub fn text(text: impl Into<String>) -> Cell {
    Cell::Text { text: text.into() }
}

/// A cell that may be undefined.
pub fn or_missing<T, E>(value: Result<T, E>, cell: impl FnOnce(T) -> Cell) -> Cell {
    value.map_or(Cell::Missing, cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_in_the_decimal_that_is_read() {
        for (value, decimals, text) in [
            (7.85, 1, "7.9"),
            (0.125, 2, "0.13"),
            (-0.125, 2, "-0.13"),
            (2.5, 0, "3"),
            (9.995, 2, "10.00"),
            (0.0004, 2, "0.00"),
            (-0.0004, 2, "0.00"),
            (0.5, 0, "1"),
            (0.05, 0, "0"),
            (1234567.0, 0, "1234567"),
            (1e21, 1, "1000000000000000000000.0"),
            (4.03e-34, 2, "0.00"),
            (99.999, 1, "100.0"),
            (15.0, 2, "15.00"),
        ] {
            assert_eq!(fixed(value, decimals), text, "{value} {decimals}");
        }
    }

    #[test]
    fn what_is_brief_has_no_decimals_that_mean_nothing() {
        let text = [0.000306, 0.25, 12.345, 0.0, 4321.0].map(|value| brief(value, 2));
        assert_eq!(text, ["0", "0.25", "12.3", "0", "4321"]);
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(
            [0.004, 0.005, -0.004, -0.005, 0.0].map(|v| signed(v, 2)),
            ["0.00", "+0.01", "0.00", "-0.01", "0.00"]
        );
    }

    #[test]
    fn a_bound_is_not_rounded_to_zero() {
        let printed = |lower, upper, decimals| {
            let bounds = Interval { level: 0.95, lower, upper };
            match interval(&bounds, &Scale::plain(), decimals) {
                Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(printed(Some(-18.63), Some(-0.041), 1), "[-18.63, -0.04]");
        assert_eq!(printed(Some(-1.7849), Some(-0.0031), 2), "[-1.785, -0.003]");
        assert_eq!(printed(Some(0.004), Some(5.0), 0), "[0.004, 5.000]");
        assert_eq!(printed(Some(0.0), Some(5.2), 1), "[0.0, 5.2]");
        assert_eq!(printed(None, Some(0.04), 1), "[-∞, 0.04]");
        // What is zero to three more digits stays as it is.
        assert_eq!(printed(Some(-1e-9), Some(5.2), 1), "[0.0, 5.2]");
    }

    #[test]
    fn decimals_follow_the_uncertainty() {
        assert_eq!(decimals(0.25, 2), 2);
        assert_eq!(decimals(0.0996, 2), 2);
        assert_eq!(decimals(3.7, 2), 1);
        assert_eq!(decimals(37.0, 2), 0);
        assert_eq!(decimals(0.0, 2), 0);
        assert_eq!(decimals(f64::NAN, 2), 0);
    }

    #[test]
    fn p_values_are_never_zero_and_never_one() {
        for (p, text) in [
            (0.0, "<1e-300"),
            (4.0301e-34, "4.0e-34"),
            (0.00042, "0.00042"),
            (0.0123, "0.012"),
            (0.05, "0.050"),
            (0.9996, ">0.999"),
            (1.0, ">0.999"),
        ] {
            assert_eq!(p_value(p), text);
        }
    }

    #[test]
    fn p_values_in_brief_have_three_decimals() {
        for (p, text) in [
            (0.0, "<0.001"),
            (0.00099, "<0.001"),
            (0.001, "0.001"),
            (0.0042, "0.004"),
            (0.0123, "0.012"),
            (1.0, ">0.999"),
        ] {
            assert_eq!(p_in_brief(p), text);
        }
    }

    #[test]
    fn the_prefix_suits_the_size() {
        assert_eq!(Scale::of(&Unit::Seconds, 0.01166).unit, "ms");
        assert_eq!(Scale::of(&Unit::Seconds, 1.2).unit, "s");
        assert_eq!(Scale::of(&Unit::BitsPerSecond, 14.5e9).unit, "Gbit/s");
        assert_eq!(Scale::of(&Unit::Bytes, 5e10).unit, "GiB");
        assert_eq!(Scale::of(&Unit::Seconds, 0.0).unit, "s");
        assert_eq!(Scale::of(&Unit::Fraction, 1e-9).unit, "%");
    }
}
