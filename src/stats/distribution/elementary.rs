//! Elementary functions less the start of their series, without the cancellation.

/// ln(1 + x) − x for x > −1.
pub(in crate::stats) fn ln_1p_minus(x: f64) -> f64 {
    if !(-0.5..=1.0).contains(&x) {
        return libm::log1p(x) - x;
    }
    // ln(1 + x) = 2·artanh(r) and x = 2·r/(1 − r).
    let r = x / (2.0 + x);
    let square = r * r;
    let odd = (1..=17).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    r * (2.0 * square * odd - x)
}

/// exp(x) − 1 − x.
pub(super) fn exp_m1_minus(x: f64) -> f64 {
    if x.abs() > 1.0 {
        return libm::expm1(x) - x;
    }
    x * x / 2.0 * (3..=19).rev().fold(1.0, |sum, k| 1.0 + sum * x / f64::from(k))
}
