//! The greatest of several studentised normal values, however these depend on each other: what simultaneous tests of
//! several differences rest on.
//!
//! # Definition
//!
//! T = max(Z₁, …, Z_m)/S, with Zⱼ ~ N(0, 1) and S² ~ χ²(df)/df independent of them; df ≥ ½, not necessarily whole. How
//! the Zⱼ depend on each other is in G(x) = P(max Zⱼ > x).
//!
//! # Formula
//!
//! With t·exp(u) for the variable, a positive integrand without cancellation, be the tail 0.5 or 1e-300:
//!
//! ```text
//! sf(t) = ∫ w(u)·G(t·exp(u)) du / ∫ w(u) du,  w(u) = exp(−df·((exp(2u) − 1)/2 − u))
//! −d ln sf/d ln t = df·∫ (1 − exp(2u))·w(u)·G(t·exp(u)) du / ∫ w(u)·G(t·exp(u)) du
//! ```
//!
//! by the trapezoidal rule, which converges exponentially here. Its nodes lie on one grid of ln x whatever t is, so G,
//! the expensive part, is computed once for all tails and quantiles that are asked for.
//!
//! The quantile is Newton's method on ln sf as a function of ln t, which is concave: it cannot overshoot from where
//! Bonferroni's inequality, sf(t) ≤ m·P(T₁ > t), puts the start.
//!
//! # References
//!
//! Trefethen, Weideman, "The exponentially convergent trapezoidal rule", SIAM Rev. 56(3), 2014, doi:10.1137/130932132.
//!
//! # Checked against
//!
//! Student's t distribution where m = 1, and mpmath (`tests/reference/studentised_range.csv`, `dunnett.csv`).

use std::collections::HashMap;

use super::super::{Alternative, Result, TestResult, Undefined, finite, tail};
use super::elementary::exp_m1_minus;
use super::t;

/// The distribution of T; it remembers where G has been computed.
pub(in crate::stats) struct StudentisedMaximum {
    /// G.
    normal_tail: Box<dyn Fn(f64) -> f64>,
    /// m.
    values: usize,
    /// G by the sign of x and the fineness of, and the place in, the grid of ln |x|.
    known: HashMap<(bool, i32, i64), f64>,
}

impl StudentisedMaximum {
    pub(super) fn new(values: usize, normal_tail: impl Fn(f64) -> f64 + 'static) -> Self {
        Self { normal_tail: Box::new(normal_tail), values, known: HashMap::new() }
    }

    /// The upper tail P(T > t). Undefined unless t is finite and df ≥ ½.
    pub(in crate::stats) fn sf(&mut self, t: f64, df: f64) -> Result<f64> {
        let (t, df) = (finite(t)?, degrees(df)?);
        let tail = if t == 0.0 { (self.normal_tail)(0.0) } else { self.tail_and_elasticity(t, df).0 };
        finite(tail.min(1.0))
    }

    /// The t with P(T > t) = p. Undefined unless 0 < p < 1 and df ≥ ½, or when t is not positive.
    pub(in crate::stats) fn quantile(&mut self, p: f64, df: f64) -> Result<f64> {
        if !(p > 0.0 && p < 1.0) {
            return Err(Undefined::because(format!("a probability of {p} has no quantile")));
        }
        let (df, ln_p) = (degrees(df)?, libm::log(p));
        let mut t = -t::quantile(p / self.values as f64, df)?;
        // At 0 and below there is no logarithm to work with.
        if t > 0.0 {
            for _ in 0..100 {
                let (tail, elasticity) = self.tail_and_elasticity(t, df);
                let step = (libm::log(tail) - ln_p) / elasticity;
                t *= libm::exp(step);
                // The next step would be below 1e-15: Newton's method doubles the digits.
                if step.abs() < 1e-8 {
                    return finite(t);
                }
            }
        }
        Err(Undefined::because(format!("no positive number has the upper tail {p}")))
    }

    /// sf(t) at t ≠ 0, and −d ln sf/d ln |t|.
    fn tail_and_elasticity(&mut self, t: f64, df: f64) -> (f64, f64) {
        let ln_t = libm::log(t.abs());
        let fineness = fineness(df);
        let at = |j: i64| libm::ldexp(j as f64, -fineness);
        let nearest = |x: f64| libm::round(libm::ldexp(x, fineness)) as i64;
        let weight = |u: f64| libm::exp(-0.5 * df * exp_m1_minus(2.0 * u));
        let whole = outward(nearest(ln_t), |j| weight(at(j) - ln_t));
        // Of u; for t > 0 that of exp(−x²/2) in place of G.
        let peak = if t < 0.0 { 0.0 } else { -libm::log(libm::hypot(1.0, t / df.sqrt())) };
        let mut slope = 0.0;
        let tail = outward(nearest(ln_t + peak), |j| {
            let known = self.known.entry((t < 0.0, fineness, j));
            let tail = *known.or_insert_with(|| (self.normal_tail)(libm::copysign(libm::exp(at(j)), t)));
            let u = at(j) - ln_t;
            let term = weight(u) * tail;
            slope -= df * libm::expm1(2.0 * u) * term;
            term
        });
        (tail / whole, slope / tail)
    }

    /// The test of one of the differences whose t statistics these are, and its interval, which holds for all of them
    /// at once with the confidence of its level.
    pub(in crate::stats) fn test(
        &mut self,
        estimate: f64,
        (standard_error, df): (f64, f64),
        alternative: Alternative,
        level: f64,
        method: &str,
    ) -> Result<TestResult> {
        let t = finite(estimate / standard_error)?;
        let p_value = match alternative {
            Alternative::TwoSided => self.sf(t.abs(), df)?,
            Alternative::Less => self.sf(-t, df)?,
            Alternative::Greater => self.sf(t, df)?,
        };
        let outside = 2.0 * tail(level, Alternative::TwoSided)?;
        let critical = self.quantile(outside, df)?;
        TestResult::studentised(estimate, (standard_error, df), p_value, critical, alternative, level, method)
    }
}

/// Beyond 1e20 degrees of freedom S is 1 to every digit of a double.
fn degrees(df: f64) -> Result<f64> {
    if df >= 0.5 {
        Ok(df.min(1e20))
    } else {
        Err(Undefined::because(format!("{df} degrees of freedom are fewer than one half")))
    }
}

/// The grid is that of the multiples of 2^−fineness: narrow enough for G of a thousand values, and for ln S, whose
/// standard deviation is 1/√(2·df).
fn fineness(df: f64) -> i32 {
    let (_, exponent) = libm::frexp((10.0 * df).sqrt());
    exponent.max(5)
}

/// The sum of terms that rise to a single peak and fall off, from an index near the peak outwards.
fn outward(start: i64, mut term: impl FnMut(i64) -> f64) -> f64 {
    const LONGEST: i64 = 100_000;
    let mut sum = term(start);
    for direction in [1, -1] {
        for distance in 1..=LONGEST {
            let next = term(start + direction * distance);
            sum += next;
            if next <= 1e-18 * sum {
                break;
            }
        }
    }
    sum
}
