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
//! score(i, n) = quantile((i − 3/8)/(n + 1/4))
//! ```
//!
//! # References
//!
//! Abramowitz, Stegun, Handbook of Mathematical Functions, 1964, 26.2.29 (erfc). Blom, Statistical Estimates and Transformed
//! Beta-Variables, Wiley, 1958 (the plotting position of the scores). The implementations are libm's `erfc`
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

/// The normal score of the value of `rank` (1 is the smallest) among `n`: about where that value of a standard normal
/// sample is expected, by Blom's plotting position (i − 3/8)/(n + 1/4). Undefined unless 1 ≤ `rank` ≤ n.
pub fn score(rank: usize, n: usize) -> Result<f64> {
    if rank == 0 || rank > n {
        return Err(Undefined::because(format!("among {n} values there is no rank {rank}")));
    }
    quantile((rank as f64 - 0.375) / (n as f64 + 0.25))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    /// R 4.2: `qnorm(ppoints(5, a = 3/8))` and `max(qqnorm(1:10)$x)`.
    #[test]
    fn scores_are_those_of_r() {
        let of_five = [-1.179761117612, -0.497200570682, 0.0, 0.497200570682, 1.179761117612];
        for (rank, expected) in (1..).zip(of_five) {
            assert_relative_eq!(score(rank, 5).unwrap(), expected, epsilon = 1e-12);
        }
        assert_relative_eq!(score(10, 10).unwrap(), 1.546635271399, epsilon = 1e-12);
        assert!(score(0, 5).is_err() && score(6, 5).is_err());
    }
}
