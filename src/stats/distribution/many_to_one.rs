//! The greatest t statistic of several differences that share a mean, in one or both directions: Dunnett's
//! distribution, for any standard errors of the means. It is a multivariate t distribution.
//!
//! # Definition
//!
//! T = max(T₁, …, T_m) or max(|T₁|, …, |T_m|), where Tⱼ = (Eⱼ − E₀)/√(e₀² + eⱼ²)/S, Eⱼ ~ N(0, eⱼ²) and S² ~ χ²(df)/df,
//! all independent.
//!
//! # Formula
//!
//! Given the shared y = −E₀/e₀, the differences are independent, so the tail of the greatest of them is
//!
//! ```text
//! P(max Zⱼ > x) = ∫ φ(y)·(1 − Π (1 − pⱼ(y))) dy,  pⱼ(y) = P(Z > (x − λⱼ·y)/σⱼ)
//! λⱼ = e₀/√(e₀² + eⱼ²),  σⱼ = eⱼ/√(e₀² + eⱼ²)
//! ```
//!
//! and for both directions pⱼ(y) + pⱼ(−y): a positive integrand, written without cancellation. It has a step of the
//! width σⱼ near y = x, be it narrow or, for eⱼ = 0, sharp; so Gauss's rule is applied to panels that shrink towards x.
//! Then `studentised_maximum`.
//!
//! # References
//!
//! Dunnett, "A multiple comparison procedure for comparing several treatments with a control", JASA 50, 1955,
//! doi:10.1080/01621459.1955.10501294.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/dunnett.csv`), the critical values that Dunnett published, and Student's t distribution
//! where there is one difference.

use std::f64::consts::{SQRT_2, TAU};

use super::quadrature;
use super::studentised_maximum::StudentisedMaximum;

/// λ and σ of a difference.
#[derive(Clone, Copy)]
pub(in crate::stats) struct Loading {
    pub(in crate::stats) shared: f64,
    pub(in crate::stats) own: f64,
}

/// The distribution of T.
pub(in crate::stats) fn greatest(differences: Vec<Loading>, both_directions: bool) -> StudentisedMaximum {
    let values = differences.len() * if both_directions { 2 } else { 1 };
    StudentisedMaximum::new(values, move |x| normal_tail(x, &differences, both_directions))
}

/// P(max Zⱼ > x), or P(max |Zⱼ| > x) for x ≥ 0.
fn normal_tail(x: f64, differences: &[Loading], both_directions: bool) -> f64 {
    // Beyond, all tails are 0 or 1.
    let x = x.clamp(-40.0, 40.0);
    let integrand = |y: f64| {
        let exceeds = |difference: &Loading| {
            let own = difference.own.max(f64::MIN_POSITIVE);
            let beyond = |y: f64| 0.5 * libm::erfc((x - difference.shared * y) / own / SQRT_2);
            beyond(y) + if both_directions { beyond(-y) } else { 0.0 }
        };
        let any = differences.iter().map(exceeds).fold(0.0, |any, one| any + one * (1.0 - any));
        libm::exp(-y * y / 2.0) * any
    };
    // Outside, a normal value has less than 1e-17 of the result; in both directions the integrand is even.
    const REACH: f64 = 8.5;
    let above = x.max(0.0) + REACH - x;
    let below = if both_directions { x } else { x - x.min(0.0) + REACH };
    let finest = differences.iter().map(|d| d.own).filter(|&own| own > 0.0).fold(1.0, f64::min).max(1e-12);
    let sum = integral(finest, above, |d| integrand(x + d)) + integral(finest, below, |d| integrand(x - d));
    sum / TAU.sqrt() * if both_directions { 2.0 } else { 1.0 }
}

/// The integral from 0 to an end, by panels: the first reaches to `finest`, the others grow in proportion, to 2 at most.
fn integral(finest: f64, end: f64, integrand: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut from, mut to) = (0.0, 0.0, finest);
    while from < end {
        sum += quadrature::gauss_legendre(from, to.min(end), &integrand);
        (from, to) = (to, to + to.min(2.0));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::t;
    use super::*;

    fn correlated(shared: &[f64], both_directions: bool) -> StudentisedMaximum {
        let loading = |&shared: &f64| Loading { shared, own: (1.0 - shared * shared).sqrt() };
        greatest(shared.iter().map(loading).collect(), both_directions)
    }

    #[test]
    fn the_published_critical_values_of_equal_groups_are_met() {
        // Dunnett (1955), table 1a, one-sided, and (1964), doi:10.2307/2528490, two-sided, at 5 %: two decimals.
        for (treatments, df, one_sided, two_sided) in
            [(2, 10.0, 2.15, 2.57), (3, 10.0, 2.34, 2.76), (2, 20.0, 2.03, 2.38), (3, 20.0, 2.19, 2.54)]
        {
            let equal = vec![0.5_f64.sqrt(); treatments];
            for (both_directions, published) in [(false, one_sided), (true, two_sided)] {
                let ours = correlated(&equal, both_directions).quantile(0.05, df).unwrap();
                approx::assert_abs_diff_eq!(ours, published, epsilon = 0.0051);
            }
        }
    }

    #[test]
    fn one_difference_is_students_t_whatever_its_parts() {
        for shared in [0.0, 0.3, 0.99, 1.0 - 1e-12, 1.0] {
            for (t, df) in [(0.0, 5.0), (1e-6, 5.0), (2.0, 1.0), (3.0, 7.3), (40.0, 12.0), (37.0, 1e6), (1e100, 2.0)] {
                let students = t::sf(t, df).unwrap();
                let one = correlated(&[shared], false).sf(t, df).unwrap();
                approx::assert_relative_eq!(one, students, max_relative = 1e-12);
                let both = correlated(&[shared], true).sf(t, df).unwrap();
                approx::assert_relative_eq!(both, 2.0 * students, max_relative = 1e-12);
                let below = correlated(&[shared], false).sf(-t, df).unwrap();
                approx::assert_relative_eq!(below, 1.0 - students, max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn differences_of_a_constant_mean_are_independent_but_for_the_denominator() {
        let normal = |x: f64| 0.5 * libm::erfc(x / SQRT_2);
        for x in [0.5, 2.0, 6.0, 30.0] {
            let independent = -libm::expm1(7.0 * libm::log1p(-normal(x)));
            let ours = correlated(&[0.0; 7], false).sf(x, 1e20).unwrap();
            approx::assert_relative_eq!(ours, independent, max_relative = 1e-12);
        }
    }

    #[test]
    fn constant_treatments_are_one_and_the_same() {
        let (mut one, mut three) = (correlated(&[1.0, 0.4], true), correlated(&[1.0, 0.4, 1.0, 1.0], true));
        for t in [0.1, 2.0, 20.0] {
            approx::assert_relative_eq!(one.sf(t, 9.0).unwrap(), three.sf(t, 9.0).unwrap(), max_relative = 1e-13);
        }
    }

    #[test]
    fn nothing_jumps_where_a_treatment_becomes_constant() {
        for own in [1e-3, 1e-6, 1e-9, 1e-15] {
            let loading = |own: f64| Loading { shared: (1.0 - own * own).sqrt(), own };
            let tail = |own| greatest(vec![loading(0.6), loading(own)], true).sf(2.5, 9.0).unwrap();
            approx::assert_relative_eq!(tail(own), tail(0.0), max_relative = 2.0 * own + 1e-12);
        }
    }

    #[test]
    fn a_quantile_has_its_tail() {
        for both_directions in [false, true] {
            let mut family = correlated(&[0.2, 0.7, 0.9], both_directions);
            for (p, df) in [(0.4, 3.0), (0.05, 1.0), (0.05, 17.7), (1e-10, 2.5), (1e-200, 60.0), (1e-250, 1e9)] {
                let t = family.quantile(p, df).unwrap();
                approx::assert_relative_eq!(family.sf(t, df).unwrap(), p, max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn what_has_no_answer_is_undefined() {
        let mut family = correlated(&[0.5], false);
        for (t, df) in [(f64::NAN, 3.0), (f64::INFINITY, 3.0), (1.0, 0.4), (1.0, f64::NAN)] {
            assert!(family.sf(t, df).is_err());
        }
        for p in [0.0, 0.5, 0.7, 1.0, f64::NAN] {
            assert!(family.quantile(p, 3.0).is_err());
        }
    }
}
