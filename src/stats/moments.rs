//! Sample moments, to the last digits whatever the offset and the scale of the values.
//!
//! # Formula
//!
//! ```text
//! mean = Σxᵢ/n
//! sd   = √(Σ(xᵢ − mean)² / (n − 1))
//! ```
//!
//! in two passes over the values shifted by the first of them and scaled by a power of two, so that neither 1e9 + 0.1
//! loses digits nor 1e200 overflows when squared; the sums are compensated.
//!
//! # References
//!
//! Chan, Golub, LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37(3), 1983, doi:10.2307/2683386.
//! Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974,
//! doi:10.1002/zamm.19740540106.
//!
//! # Checked against
//!
//! NIST StRD univariate data sets to the certified digits; mpmath: 1e-14 (`tests/reference/describe.csv`).

use super::{Moments, Result, Undefined, finite};

impl Moments {
    /// The moments of a sample. Undefined with fewer than two values, or one that is not finite.
    pub fn of(values: &[f64]) -> Result<Self> {
        if values.len() < 2 {
            let n = values.len();
            return Err(Undefined::because(format!("a standard deviation needs two values or more, not {n}")));
        }
        let shifted = Shifted::of(values)?;
        let squares = values.iter().map(|&x| square(shifted.deviation(x) - shifted.mean));
        let sd = (sum(squares) / (values.len() - 1) as f64).sqrt() * shifted.scale;
        Ok(Self { n: values.len(), mean: shifted.mean()?, sd: finite(sd)? })
    }

    /// The standard error of the mean, sd/√n.
    pub fn standard_error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }

    /// These moments, if a test can use them: summary statistics may come from anywhere.
    pub(super) fn checked(&self) -> Result<&Self> {
        finite(self.mean)?;
        finite(self.sd)?;
        if self.n < 2 {
            Err(Undefined::because(format!("a sample of {} has no variance", self.n)))
        } else if self.sd < 0.0 {
            Err(Undefined::because(format!("a standard deviation cannot be {}", self.sd)))
        } else {
            Ok(self)
        }
    }
}

/// The mean of a sample. Undefined when it is empty or has a value that is not finite.
pub(super) fn mean(values: &[f64]) -> Result<f64> {
    Shifted::of(values)?.mean()
}

/// A sample seen from its first value, in units of a power of two near its largest: both steps lose no digit.
struct Shifted {
    scale: f64,
    shift: f64,
    /// Of the deviations.
    mean: f64,
}

impl Shifted {
    fn of(values: &[f64]) -> Result<Self> {
        let first = values.first().ok_or_else(|| Undefined::because("the sample is empty"))?;
        let mut largest = f64::MIN_POSITIVE;
        for &x in values {
            largest = largest.max(finite(x)?.abs());
        }
        let scale = f64::from_bits(largest.to_bits() & f64::INFINITY.to_bits());
        let mut shifted = Self { scale, shift: first / scale, mean: 0.0 };
        shifted.mean = sum(values.iter().map(|&x| shifted.deviation(x))) / values.len() as f64;
        Ok(shifted)
    }

    fn deviation(&self, x: f64) -> f64 {
        x / self.scale - self.shift
    }

    fn mean(&self) -> Result<f64> {
        finite((self.shift + self.mean) * self.scale)
    }
}

/// Neumaier's compensated sum.
pub(super) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (total, lost) = terms.fold((0.0, 0.0), |(total, lost): (f64, f64), x| {
        let next = total + x;
        let error = if total.abs() >= x.abs() { (total - next) + x } else { (x - next) + total };
        (next, lost + error)
    });
    total + lost
}

fn square(x: f64) -> f64 {
    x * x
}
