//! The ratio of two gamma functions half a unit apart, on which the t distribution and Hedges' correction rest.

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
    let series = |z: f64| {
        let w = 1.0 / (z * z);
        (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w / 1188.0)))) / z
    };
    let exponent = x * libm::log1p(0.5 / x) - 0.5 + (series(x + 0.5) - series(x));
    factor * x.sqrt() * libm::exp(exponent)
}
