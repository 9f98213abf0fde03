//! The standard normal distribution.
//!
//! # Definition
//!
//! Z ~ N(0, 1).
//!
//! # Formula
//!
//! ```text
//! sf(z)       = P(Z > z) = erfc(z/√2) / 2
//! quantile(p) = the z with P(Z ≤ z) = p
//! ```
//!
//! # References
//!
//! Abramowitz, Stegun, Handbook of Mathematical Functions, 1964, 26.2.29 (erfc). The implementations are libm's `erfc`
//! (statrs's own is good to 1e-10 only) and statrs's inverse.
//!
//! # Checked against
//!
//! mpmath, |z| ≤ 37 and 1e-300 ≤ p: 1e-12 (`tests/reference/normal.csv`).

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc_inv;

use super::super::{Result, Undefined, finite};

/// The upper tail P(Z > z). Undefined when z is not finite.
pub fn sf(z: f64) -> Result<f64> {
    Ok(0.5 * libm::erfc(finite(z)? / SQRT_2))
}

/// The z with P(Z ≤ z) = p. Undefined unless 0 < p < 1.
pub fn quantile(p: f64) -> Result<f64> {
    if p > 0.0 && p < 1.0 {
        finite(-SQRT_2 * erfc_inv(2.0 * p))
    } else {
        Err(Undefined::because(format!("a probability of {p} has no quantile")))
    }
}
