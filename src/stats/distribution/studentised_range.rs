//! The studentised range: how far the largest of several means lies from the smallest, in standard errors of a mean.
//!
//! # Definition
//!
//! Q = (max Zᵢ − min Zᵢ)/S, with Z₁, …, Z_k ~ N(0, 1) and S² ~ χ²(df)/df independent; df ≥ ½, not necessarily whole.
//!
//! # Formula
//!
//! Q/√2 is the greatest of the k·(k − 1) studentised differences (Zᵢ − Zⱼ)/√2 (see `studentised_maximum`), and
//!
//! ```text
//! P(max Zᵢ − min Zᵢ > w) = k·∫ φ(z)·(Φ(z)^(k − 1) − (Φ(z) − Φ(z − w))^(k − 1)) dz
//! ```
//!
//! where z is the largest: a positive integrand, written without cancellation, by the trapezoidal rule.
//!
//! # References
//!
//! Pearson, Hartley, "Tables of the probability integral of the 'Studentized' range", Biometrika 33(1), 1943,
//! doi:10.1093/biomet/33.1.89. Not Copenhaver and Holland's algorithm (R's `ptukey`), which is good to 1e-4 in the tail.
//!
//! # Checked against
//!
//! mpmath, 2 ≤ k ≤ 50, 1 ≤ df ≤ 1e6, p to 1e-300: 1e-12 (`tests/reference/studentised_range.csv`).

use std::f64::consts::{SQRT_2, TAU};

use super::super::{Result, Undefined};
use super::studentised_maximum::StudentisedMaximum;

/// The upper tail P(Q > q). Undefined unless q ≥ 0, 2 ≤ k ≤ 1000 and df ≥ ½.
pub fn sf(q: f64, k: usize, df: f64) -> Result<f64> {
    if q < 0.0 {
        return Err(Undefined::because(format!("a range is not negative, as {q} is")));
    }
    greatest_difference(k)?.sf(q / SQRT_2, df)
}

/// The q with P(Q > q) = p. Undefined unless 0 < p < 1, 2 ≤ k ≤ 1000 and df ≥ ½.
pub fn quantile(p: f64, k: usize, df: f64) -> Result<f64> {
    Ok(greatest_difference(k)?.quantile(p, df)? * SQRT_2)
}

/// The distribution of Q/√2: of the greatest t statistic of the differences of k means.
pub(in crate::stats) fn greatest_difference(k: usize) -> Result<StudentisedMaximum> {
    if !(2..=1000).contains(&k) {
        return Err(Undefined::because(format!("the range of {k} means is studied for 2 to 1000 means only")));
    }
    Ok(StudentisedMaximum::new(k * (k - 1), move |x| range_tail(SQRT_2 * x, k as f64)))
}

/// P(max Zᵢ − min Zᵢ > w).
fn range_tail(w: f64, k: f64) -> f64 {
    const STEP: f64 = 0.125;
    // Outside these nodes a term is below 1e-18 of the sum.
    const REACH: i32 = 76;
    let centre = libm::round(w / 2.0 / STEP);
    let sum: f64 = (-REACH..=REACH)
        .map(|i| {
            let z = (centre + f64::from(i)) * STEP;
            let below = cdf(z);
            // Of the values below z, the share that is more than w below it.
            let beyond = (cdf(z - w) / below).min(1.0);
            libm::exp(-z * z / 2.0) * libm::pow(below, k - 1.0) * -libm::expm1((k - 1.0) * libm::log1p(-beyond))
        })
        .sum();
    k * STEP * sum / TAU.sqrt()
}

/// Φ(z).
fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::t;
    use super::*;

    #[test]
    fn the_published_critical_values_are_met() {
        // Harter (1960), doi:10.1214/aoms/1177705684, upper 5 %.
        for (k, df, published) in [(3, 5.0, 4.602), (3, 10.0, 3.877), (10, 20.0, 5.008), (5, 60.0, 3.977)] {
            approx::assert_abs_diff_eq!(quantile(0.05, k, df).unwrap(), published, epsilon = 0.0006);
        }
    }

    #[test]
    fn what_has_no_answer_is_undefined() {
        for (q, k, df) in [(-1.0, 3, 5.0), (f64::NAN, 3, 5.0), (1.0, 1, 5.0), (1.0, 1001, 5.0), (1.0, 3, 0.4)] {
            assert!(sf(q, k, df).is_err(), "{q} {k} {df}");
        }
        for p in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(quantile(p, 3, 5.0).is_err());
        }
        approx::assert_relative_eq!(sf(0.0, 3, 5.0).unwrap(), 1.0, max_relative = 1e-15);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn it_never_leaves_zero_to_one(ln_q in -700.0..700.0, k in 2_usize..30, ln_df in 0.0..60.0) {
            let tail = sf(libm::exp(ln_q), k, libm::exp(ln_df)).unwrap();
            prop_assert!((0.0..=1.0).contains(&tail));
        }

        #[test]
        fn of_two_means_it_is_students_t(ln_q in -5.0..5.0, ln_df in 0.0..30.0) {
            let (q, df): (f64, f64) = (libm::exp(ln_q), libm::exp(ln_df));
            let students = 2.0 * t::sf(q / SQRT_2, df).unwrap();
            approx::assert_relative_eq!(sf(q, 2, df).unwrap(), students, max_relative = 1e-12, epsilon = 1e-320);
        }

        #[test]
        fn a_quantile_has_its_tail(ln_p in -690.0..-0.01, k in 2_usize..30, ln_df in 1.0..20.0) {
            let (p, df) = (libm::exp(ln_p), libm::exp(ln_df));
            let q = quantile(p, k, df).unwrap();
            approx::assert_relative_eq!(sf(q, k, df).unwrap(), p, max_relative = 1e-10);
        }

        #[test]
        fn more_means_have_a_wider_range(q in 0.1..20.0, k in 2_usize..20, df in 1.0..100.0) {
            prop_assert!(sf(q, k, df).unwrap() <= sf(q, k + 1, df).unwrap() * (1.0 + 1e-12));
        }
    }
}
