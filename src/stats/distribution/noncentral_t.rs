//! The noncentral t distribution, which the t statistic has when the means differ: both tails over the whole range of
//! double precision, and the noncentrality that puts a given probability below a given statistic.
//!
//! # Definition
//!
//! T = (Z + ncp)/W, W = √(V/df), with Z ~ N(0, 1) and V ~ χ²(df) independent.
//!
//! # Formula
//!
//! With w = exp(v) and a = df/2, the upper tail has a positive integrand with one peak:
//!
//! ```text
//! P(T > t) = c·∫ exp(a·(2·v − w² + 1))·Φ(ncp − t·w) dv,  c = 2·a^a·exp(−a)/Γ(a)
//! P(T ≤ t) is the upper tail at −t with −ncp
//! ```
//!
//! computed around the peak by Gauss–Legendre panels of adaptive width. With the normal density in place of Φ it is the
//! slope in ncp, by which Newton's method finds the noncentrality: ln P is concave in ncp, so that no step can lead
//! astray.
//!
//! # References
//!
//! Johnson, Welch, "Applications of the non-central t-distribution", Biometrika 31(3–4), 1940,
//! doi:10.1093/biomet/31.3-4.362. Not AS 243 (Lenth 1989, doi:10.2307/2347693), whose series underflows from ncp ≈ 37.
//!
//! # Checked against
//!
//! mpmath, df from 1 to 1e6, ncp to ±1000, t to ±1e4, both tails down to 1e-300: 1e-12
//! (`tests/reference/noncentral_t.csv`). Where t and ncp are larger, rounding costs a tail of z standard errors about
//! 1e-16·z·|ncp| of it.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use super::super::{Result, Undefined, finite};
use super::elementary::ln_1p_minus;
use super::{gamma, normal, quadrature};

/// The lower tail P(T ≤ t). Undefined unless t and ncp are within ±1e10 and 0.1 ≤ df ≤ 1e20.
pub fn cdf(t: f64, df: f64, ncp: f64) -> Result<f64> {
    sf(-t, df, -ncp)
}

/// The upper tail P(T > t). Undefined unless t and ncp are within ±1e10 and 0.1 ≤ df ≤ 1e20.
pub fn sf(t: f64, df: f64, ncp: f64) -> Result<f64> {
    checked(t, df, ncp)?;
    Ok(finite(libm::exp(ln_expectation(&DISTRIBUTION, t, df, ncp)))?.min(1.0))
}

/// The noncentrality at which P(T ≤ t) = p. Undefined unless 0 < p < 1, |t| ≤ 1e10 and 0.1 ≤ df ≤ 1e20.
pub fn noncentrality(t: f64, df: f64, p: f64) -> Result<f64> {
    let z = normal::quantile(p)?;
    checked(t, df, 0.0)?;
    if p > 0.5 { noncentrality_above(t, df, 1.0 - p, -z) } else { Ok(-noncentrality_above(-t, df, p, z)?) }
}

fn checked(t: f64, df: f64, ncp: f64) -> Result<()> {
    if t.abs() <= 1e10 && ncp.abs() <= 1e10 && (0.1..=1e20).contains(&df) {
        Ok(())
    } else {
        Err(Undefined::because(format!(
            "{df} degrees of freedom, a noncentrality of {ncp} and a statistic of {t} are beyond the noncentral t"
        )))
    }
}

/// The noncentrality at which P(T > t) = p ≤ ½; z is the normal distribution's.
fn noncentrality_above(t: f64, df: f64, p: f64, z: f64) -> Result<f64> {
    let (ln_p, scale) = (libm::log(p), libm::hypot(1.0, t / (2.0 * df).sqrt()));
    let mut ncp = t + z * scale;
    for _ in 0..60 {
        let ln_sf = ln_expectation(&DISTRIBUTION, t, df, ncp);
        let step = (ln_sf - ln_p) * libm::exp(ln_sf - ln_expectation(&DENSITY, t, df, ncp));
        ncp -= step;
        if step.abs() < 1e-9 * scale {
            return finite(ncp);
        }
    }
    Err(Undefined::because(format!("no noncentrality was found that puts {p} beyond a t of {t}")))
}

/// What is averaged over W, as a function of z = ncp − t·W: its logarithm, and the slope of that.
struct Kernel {
    ln: fn(f64) -> f64,
    slope: fn(f64) -> f64,
}

const DISTRIBUTION: Kernel =
    Kernel { ln: ln_normal_cdf, slope: |z| libm::exp(ln_normal_density(z) - ln_normal_cdf(z)) };
const DENSITY: Kernel = Kernel { ln: ln_normal_density, slope: |z| -z };

/// ln E[kernel(ncp − t·W)].
fn ln_expectation(kernel: &Kernel, t: f64, df: f64, ncp: f64) -> f64 {
    let a = df / 2.0;
    let ln_integrand = |v: f64| {
        // The sum of both terms is that at w as rounded, be w near 1 or near 0.
        let (less_1, z) = if v.abs() < 0.7 {
            let less_1 = libm::expm1(v);
            (less_1, libm::fma(-t, less_1, ncp - t))
        } else {
            let w = libm::exp(v);
            (w - 1.0, libm::fma(-t, w, ncp))
        };
        let square_less_1 = less_1 * (2.0 + less_1);
        let deviance = if v.abs() < 0.7 { ln_1p_minus(square_less_1) } else { 2.0 * v - square_less_1 };
        a * deviance + (kernel.ln)(z)
    };
    let rises = |v: f64| {
        let w = libm::exp(v);
        df * (1.0 - w * w) > t * w * (kernel.slope)(ncp - t * w)
    };
    let peak = bisect(rises, -60.0, 60.0);
    // Where z changes its sign.
    let cliff = if t * ncp > 0.0 { libm::log(ncp / t) } else { peak };
    0.5 * libm::log(2.0 * a / PI) - gamma::stirling_remainder(a)
        + quadrature::ln_integral(peak, cliff, 1.0 / ncp.abs(), ln_integrand)
}

/// Where `rises` turns false.
fn bisect(rises: impl Fn(f64) -> bool, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..56 {
        let middle = 0.5 * (low + high);
        if rises(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

fn ln_normal_density(z: f64) -> f64 {
    -0.5 * (z * z + libm::log(TAU))
}

fn ln_normal_cdf(z: f64) -> f64 {
    if z > 0.0 {
        libm::log1p(-0.5 * libm::erfc(z * FRAC_1_SQRT_2))
    } else if z > -5.0 {
        libm::log(0.5 * libm::erfc(-z * FRAC_1_SQRT_2))
    } else {
        // Laplace's continued fraction of Mills' ratio (DLMF 7.9.1), whose 24th convergent is good to 6e-17 here.
        let fraction = (1..=24).rev().fold(-z, |rest, k| f64::from(k) / rest - z);
        ln_normal_density(z) - libm::log(fraction)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::super::t as central;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn without_noncentrality_it_is_students(t in -30.0..30.0_f64, df in 0.5..1e6_f64) {
            assert_relative_eq!(sf(t, df, 0.0).unwrap(), central::sf(t, df).unwrap(), max_relative = 1e-12);
        }

        #[test]
        fn at_zero_it_is_the_normal(df in 1.0..1e6_f64, ncp in -37.0..37.0_f64) {
            assert_relative_eq!(cdf(0.0, df, ncp).unwrap(), normal::sf(ncp).unwrap(), max_relative = 1e-12);
        }

        #[test]
        fn the_tails_are_all_there_is(t in -1e4..1e4_f64, df in 1.0..1e6_f64, ncp in -1e3..1e3_f64) {
            assert_relative_eq!(cdf(t, df, ncp).unwrap() + sf(t, df, ncp).unwrap(), 1.0, max_relative = 1e-12);
        }

        #[test]
        fn the_noncentrality_puts_that_much_below(t in -1e3..1e3_f64, df in 1.0..1e6_f64, p in 1e-9..1.0_f64) {
            let ncp = noncentrality(t, df, p).unwrap();
            assert_relative_eq!(cdf(t, df, ncp).unwrap(), p, max_relative = 1e-11);
        }

        #[test]
        fn any_input_has_an_answer_or_a_reason(
            t in any::<f64>(), df in any::<f64>(), ncp in any::<f64>(), p in 0.0..1.0_f64,
        ) {
            for (df, ncp) in [(df, ncp), (df.abs(), 3.0), (9.5, ncp), (9.5, t), (1e20, 2.0)] {
                for tail in [sf(t, df, ncp), cdf(t, df, ncp), sf(2.0, df, ncp)].into_iter().flatten() {
                    prop_assert!((0.0..=1.0).contains(&tail), "{tail}");
                }
                for ncp in [noncentrality(t, df, p), noncentrality(2.0, df, p)].into_iter().flatten() {
                    prop_assert!(ncp.is_finite());
                }
            }
        }
    }
}
