//! The chi-squared distribution: its upper tail, over the whole range of double precision.
//!
//! # Definition
//!
//! X = Z₁² + … + Z_df², with Zⱼ ~ N(0, 1) independent; df > 0, not necessarily whole.
//!
//! # Formula
//!
//! With a = df/2, h = x/2 and the variable h·exp(u), both tails have a positive integrand:
//!
//! ```text
//! P(X > x) = c·∫₀^∞ exp(−s·u − h·(exp(u) − 1 − u)) du,     s = h − a ≥ 0
//! P(X ≤ x) = c·∫₀^∞ exp(s·u − h·(exp(−u) − 1 + u)) du,     s < 0
//! c = h^a·exp(−h)/Γ(a) = √(a/2π)·exp(a·(ln(1 + s/a) − s/a) − δ(a))
//! ```
//!
//! where δ is the remainder of Stirling's formula. Of the tail that is not small, one less the other is taken.
//!
//! # References
//!
//! Pearson (1900), doi:10.1080/14786440009463897. Temme, "The asymptotic expansion of the incomplete gamma functions",
//! SIAM J. Math. Anal. 10(4), 1979, doi:10.1137/0510071 (the form of c). Not statrs: it is off by 1e-9 at df = 1e6 and
//! by 2e-6 at 1e9.
//!
//! # Checked against
//!
//! mpmath, df from 0.5 to 1e9, p from 1 to 1e-300: 1e-12 (`tests/reference/chi_squared.csv`).

use std::f64::consts::TAU;

use super::super::{Result, Undefined, finite};
use super::elementary::{exp_m1_minus, ln_1p_minus};
use super::{gamma, quadrature};

/// The upper tail P(X > x). Undefined unless x ≥ 0 and 0.2 ≤ df ≤ 1e20.
pub fn sf(x: f64, df: f64) -> Result<f64> {
    if !(finite(x)? >= 0.0 && (0.2..=1e20).contains(&df)) {
        return Err(Undefined::because(format!(
            "there is no chi-squared distribution of {df} degrees of freedom at {x}"
        )));
    }
    let (half, a) = (x / 2.0, df / 2.0);
    let surplus = half - a;
    let excess = surplus / a;
    // Next to x = 0 the digits of x are in x, not in the surplus.
    let deviance = if excess < -0.5 { libm::log(half / a) - excess } else { ln_1p_minus(excess) };
    let density = (a / TAU).sqrt() * libm::exp(a * deviance - gamma::stirling_remainder(a));
    let tail = |sign: f64, end: f64| {
        let scale = 1.0 / (surplus.abs() + end);
        density * quadrature::decaying(scale, |u| surplus.abs() * u + half * exp_m1_minus(sign * u))
    };
    finite(if surplus >= 0.0 { tail(1.0, half.sqrt()) } else { 1.0 - tail(-1.0, a.min(half.sqrt())) })
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::super::normal;
    use super::*;

    proptest! {
        #[test]
        fn two_df_and_one_have_closed_forms(x in 0.0..1370.0_f64) {
            assert_relative_eq!(sf(x, 2.0).unwrap(), libm::exp(-x / 2.0), max_relative = 1e-12);
            assert_relative_eq!(sf(x, 1.0).unwrap(), 2.0 * normal::sf(x.sqrt()).unwrap(), max_relative = 1e-12);
        }

        #[test]
        fn any_input_has_an_answer_or_a_reason(x in any::<f64>(), df in any::<f64>()) {
            let answers = [sf(x, df), sf(x.abs(), df.abs()), sf(x.abs(), 3.5), sf(20.0, df.abs())];
            for answer in answers.into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&answer), "{answer}");
            }
        }
    }
}
