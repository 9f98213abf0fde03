//! What the distributions and Hedges' correction need of the gamma function.

/// Γ(x + ½)/Γ(x) for x > 0, to a few units of the last place and without overflow.
///
/// From x ≥ 15 Stirling's series (DLMF 5.11.1) for the difference of the logarithms, whose large terms cancel on paper
/// rather than in floating point; below, Γ(x + 1) = x·Γ(x) leads there.
pub(in crate::stats) fn half_step_ratio(x: f64) -> f64 {
    let (mut x, mut factor) = (x, 1.0);
    while x < 15.0 {
        factor *= x / (x + 0.5);
        x += 1.0;
    }
    let exponent = x * libm::log1p(0.5 / x) - 0.5 + (stirling_series(x + 0.5) - stirling_series(x));
    // The ratio is below √x (Wendel 1948, doi:10.2307/2304460); where 0.5/x has few digits left, rounding is not.
    factor * x.sqrt() * libm::exp(exponent.min(0.0))
}

/// ln Γ(x) − ((x − ½)·ln x − x + ln(2π)/2) for x > 0, to 1e-15 absolute.
pub(in crate::stats) fn stirling_remainder(mut x: f64) -> f64 {
    let mut steps = 0.0;
    while x < 15.0 {
        steps += (x + 0.5) * libm::log1p(1.0 / x) - 1.0;
        x += 1.0;
    }
    steps + stirling_series(x)
}

/// Stirling's series for that remainder (DLMF 5.11.1), to 2e-16 from x = 15.
fn stirling_series(x: f64) -> f64 {
    let w = 1.0 / (x * x);
    (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w / 1188.0)))) / x
}
