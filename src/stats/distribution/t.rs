//! Student's t distribution: its upper tail and its quantile, over the whole range of double precision.
//!
//! # Definition
//!
//! T = Z/√(V/df), with Z ~ N(0, 1) and V ~ χ²(df) independent; df > 0, not necessarily whole.
//!
//! # Formula
//!
//! Substituting √df·sinh(y₀ + u) for the variable, where sinh(y₀) = t/√df, leaves a positive integrand without
//! cancellation anywhere, be the tail 0.5 or 1e-300, and df 1 or 1e9:
//!
//! ```text
//! sf(t) = R/√π · (1 + t²/df)^(−df/2) · ∫₀^∞ (cosh u + τ·sinh u)^(−df) du
//! R = Γ((df + 1)/2)/Γ(df/2),  τ = tanh(y₀) = t/√(df + t²)
//! ```
//!
//! computed by the double-exponential rule u = scale·exp(x − exp(−x)). The quantile is Newton's method on ln sf as a
//! function of ln t, in which every t distribution is nearly straight, from Wallace's approximation.
//!
//! # References
//!
//! Student (1908), doi:10.1093/biomet/6.1.1. Takahasi, Mori, "Double exponential formulas for numerical integration",
//! Publ. RIMS 9(3), 1974, doi:10.2977/prims/1195192451. Wallace, "Bounds on normal approximations to Student's and the
//! chi-square distributions", Ann. Math. Statist. 30(4), 1959, doi:10.1214/aoms/1177706100.
//! Not statrs: its tail is good to 1e-6 only at |t| < 1e-3 or df = 1e9, and its quantile panics or hangs at small p.
//!
//! # Checked against
//!
//! mpmath, 0.5 ≤ df ≤ 1e9, p from 0.5 to 1e-300: 1e-12 (`tests/reference/t_distribution.csv`).

use super::super::{Alternative, Result, TestResult, Undefined, finite, tail};
use super::{gamma, normal};

/// The upper tail P(T > t). Undefined unless t is finite and df > 0.
pub fn sf(t: f64, df: f64) -> Result<f64> {
    let tail = libm::exp(Tail::new(finite(t)?.abs(), degrees(df)?).ln_sf);
    finite(if t < 0.0 { 1.0 - tail } else { tail })
}

/// The t with P(T ≤ t) = p. Undefined unless 0 < p < 1 and df > 0, or when t exceeds double precision (possible below
/// df = 1).
pub fn quantile(p: f64, df: f64) -> Result<f64> {
    let z = normal::quantile(p)?;
    let df = degrees(df)?;
    let t = upper_quantile(p.min(1.0 - p), z.abs(), df)?;
    Ok(if z < 0.0 { -t } else { t })
}

/// How many standard errors an interval reaches from its estimate.
pub(in crate::stats) fn critical(df: f64, alternative: Alternative, level: f64) -> Result<f64> {
    Ok(-quantile(tail(level, alternative)?, df)?)
}

/// The t test, and the interval, of an estimate with a standard error; what Welch's test and others end in.
pub(in crate::stats) fn t_test(
    estimate: f64,
    standard_error: f64,
    df: f64,
    alternative: Alternative,
    level: f64,
    method: &str,
) -> Result<TestResult> {
    let t = finite(estimate / standard_error)?;
    let p_value = match alternative {
        Alternative::TwoSided => (2.0 * sf(t.abs(), df)?).min(1.0),
        Alternative::Less => sf(-t, df)?,
        Alternative::Greater => sf(t, df)?,
    };
    let critical = critical(df, alternative, level)?;
    TestResult::studentised(estimate, (standard_error, df), p_value, critical, alternative, level, method)
}

/// Beyond 1e20 degrees of freedom the distribution is the normal one to every digit of a double, and smaller than
/// 1e-10 nothing has a use.
fn degrees(df: f64) -> Result<f64> {
    if df >= 1e-10 {
        Ok(df.min(1e20))
    } else {
        Err(Undefined::because(format!("{df} degrees of freedom leave no t distribution")))
    }
}

/// The upper tail at t ≥ 0.
struct Tail {
    ln_sf: f64,
    /// −d ln sf / d ln t.
    elasticity: f64,
}

impl Tail {
    fn new(t: f64, df: f64) -> Self {
        let tau = t / libm::hypot(df.sqrt(), t);
        let integral = integral(tau, df);
        let constant = gamma::half_step_ratio(df / 2.0) / std::f64::consts::PI.sqrt();
        Self { ln_sf: libm::log(constant * integral) - df / 2.0 * ln_1_plus_square(t, df), elasticity: tau / integral }
    }
}

/// ln(1 + t²/df), also where t² overflows.
fn ln_1_plus_square(t: f64, df: f64) -> f64 {
    if t < 1e150 { libm::log1p(t * t / df) } else { 2.0 * libm::log(t) - libm::log(df) }
}

/// ∫₀^∞ (cosh u + tau·sinh u)^(−df) du.
fn integral(tau: f64, df: f64) -> f64 {
    const STEP: f64 = 0.1;
    // Where the integrand has fallen by about e: it starts out like exp(−df·tau·u) or exp(−df·u²/2), ends exp(−df·u).
    let scale = 1.0 / (df * tau + df.min(df.sqrt()));
    // Outside these nodes a term is below 1e-16 of the sum.
    let sum: f64 = (-37..=45)
        .map(|k| {
            let x = f64::from(k) * STEP;
            let inner = libm::exp(-x);
            let v = libm::exp(x - inner);
            v * (1.0 + inner) * libm::exp(-df * ln_growth(scale * v, tau))
        })
        .sum();
    scale * STEP * sum
}

/// ln(cosh u + tau·sinh u) for u ≥ 0.
fn ln_growth(u: f64, tau: f64) -> f64 {
    if u < 1.0 {
        let half = libm::sinh(u / 2.0);
        libm::log1p(2.0 * half * (half + tau * libm::cosh(u / 2.0)))
    } else {
        u + libm::log(0.5 * ((1.0 + tau) + (1.0 - tau) * libm::exp(-2.0 * u)))
    }
}

/// The t with P(T > t) = p, 0 < p ≤ ½; z is the normal distribution's.
fn upper_quantile(p: f64, z: f64, df: f64) -> Result<f64> {
    // Next to the median sf is a cubic in t, and the digits of ½ − p would drown in those of ½.
    let linear = (0.5 - p) * (std::f64::consts::PI * df).sqrt() / gamma::half_step_ratio(df / 2.0);
    let square = linear * linear * (1.0 + 1.0 / df);
    if square < 1e-7 {
        return Ok(linear * (1.0 + square / 6.0));
    }
    let wallace = z * (8.0 * df + 3.0) / (8.0 * df + 1.0);
    let y = wallace * wallace / df;
    let ln_expm1 = if y < 1.0 { libm::log(libm::expm1(y)) } else { y + libm::log1p(-libm::exp(-y)) };
    let mut t = libm::exp((0.5 * (libm::log(df) + ln_expm1)).min(700.0));
    let ln_p = libm::log(p);
    // ln sf is concave in ln t, so Newton's steps cannot cycle; a good start needs about four of them.
    for _ in 0..60 {
        let tail = Tail::new(t, df);
        let step = (tail.ln_sf - ln_p) / tail.elasticity;
        t *= libm::exp(step);
        if step.abs() < 1e-15 || !t.is_finite() {
            break;
        }
    }
    finite(t)
}
