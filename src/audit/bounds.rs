//! Interval arithmetic: every result holds all that its operands can give.
//!
//! # References
//!
//! Moore, Kearfott, Cloud (2009), Introduction to Interval Analysis, doi:10.1137/1.9780898717716.

use std::ops::{Add, Mul, Neg, Sub};

/// All numbers from `low` to `high`; either may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// What our functions of distributions may be off by, relative; they are checked to 1e-12.
const FUNCTION: f64 = 1e-11;

/// Decimals become doubles, and factors of units are multiplied: bounds that differ by no more are equal.
const SLACK: f64 = 1e-12;

impl Bounds {
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The results of one operation on doubles, which may each be rounded by half a unit in the last place.
    fn outward(low: f64, high: f64) -> Self {
        if low.is_nan() || high.is_nan() { Self::ALL } else { Self { low: low.next_down(), high: high.next_up() } }
    }

    fn hull(values: [f64; 4]) -> Self {
        let low = values.into_iter().fold(f64::INFINITY, f64::min);
        let high = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        if values.iter().any(|value| value.is_nan()) { Self::ALL } else { Self::outward(low, high) }
    }

    /// With room for the error of a function of ours.
    pub fn computed(low: f64, high: f64) -> Self {
        Self { low: low - FUNCTION * low.abs(), high: high + FUNCTION * high.abs() }
    }

    pub fn is_exact(self) -> bool {
        self.low == self.high
    }

    pub fn is_finite(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }

    pub fn middle(self) -> f64 {
        self.low + (self.high - self.low) / 2.0
    }

    /// With room for what is lost between decimals and doubles.
    pub fn slack(self) -> Self {
        Self { low: self.low - SLACK * self.low.abs(), high: self.high + SLACK * self.high.abs() }
    }

    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    pub fn meet(self, other: Self) -> Option<Self> {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then_some(Self { low, high })
    }

    /// What of it is not below `least`.
    pub fn at_least(self, least: f64) -> Self {
        Self { low: self.low.max(least), high: self.high.max(least) }
    }

    pub fn square(self) -> Self {
        let [low, high] = [self.low * self.low, self.high * self.high];
        if self.contains(0.0) {
            Self { low: 0.0, high: low.max(high).next_up() }
        } else {
            Self::outward(low.min(high), low.max(high))
        }
    }

    /// Of what is not negative.
    pub fn sqrt(self) -> Self {
        Self::outward(self.low.max(0.0).sqrt(), self.high.max(0.0).sqrt()).at_least(0.0)
    }

    pub fn abs(self) -> Self {
        match self {
            Self { low, .. } if low >= 0.0 => self,
            Self { high, .. } if high <= 0.0 => -self,
            Self { low, high } => Self { low: 0.0, high: high.max(-low) },
        }
    }

    pub fn scaled(self, factor: f64) -> Self {
        if factor == 1.0 { self } else { self * Self::exactly(factor) }
    }

    /// All quotients; everything where the divisor may be zero.
    pub fn over(self, divisor: Self) -> Self {
        if divisor.contains(0.0) {
            // Of a divisor that is zero at one end only, one side stays bounded.
            let ends = |zero: f64| match self {
                Self { low, .. } if low >= 0.0 => Self::outward(low / zero, f64::INFINITY),
                Self { high, .. } if high <= 0.0 => Self::outward(f64::NEG_INFINITY, high / zero),
                _ => Self::ALL,
            };
            return match divisor {
                Self { low: 0.0, high } if high > 0.0 => ends(high),
                _ => Self::ALL,
            };
        }
        Self::hull([self.low / divisor.low, self.low / divisor.high, self.high / divisor.low, self.high / divisor.high])
    }
}

impl Add for Bounds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::outward(self.low + other.low, self.high + other.high)
    }
}

impl Sub for Bounds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::outward(self.low - other.high, self.high - other.low)
    }
}

impl Neg for Bounds {
    type Output = Self;

    fn neg(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }
}

impl Mul for Bounds {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        // Nothing times whatever is nothing, however large it may be.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        Self::hull([
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds() -> impl Strategy<Value = (Bounds, f64)> {
        (-9.0..9.0_f64, 0.0..9.0_f64, 0.0..=1.0_f64)
            .prop_map(|(low, width, at)| (Bounds::new(low, low + width), (low + at * width).min(low + width)))
    }

    proptest! {
        #[test]
        fn every_result_is_within(a in bounds(), b in bounds()) {
            let ((a, x), (b, y)) = (a, b);
            prop_assert!((a + b).contains(x + y) && (a - b).contains(x - y) && (a * b).contains(x * y));
            prop_assert!((-a).contains(-x) && a.abs().contains(x.abs()) && a.square().contains(x * x));
            prop_assert!(a.abs().sqrt().contains(x.abs().sqrt()));
            prop_assert!(y == 0.0 || a.over(b).contains(x / y));
            prop_assert!(y == 0.0 || a.over(b.abs()).contains(x / y.abs()));
        }
    }

    #[test]
    fn what_is_divided_by_nothing_has_no_bounds() {
        let [one, zero] = [1.0, 0.0].map(Bounds::exactly);
        assert_eq!(one.over(zero), Bounds::ALL);
        assert_eq!(one.over(Bounds::new(-1.0, 1.0)), Bounds::ALL);
        assert_eq!(one.over(Bounds::new(0.0, 2.0)).low, 0.5_f64.next_down());
        assert_eq!(Bounds::ALL * zero, Bounds::outward(0.0, 0.0));
    }
}
