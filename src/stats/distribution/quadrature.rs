//! Integrals of positive functions, which lose no digits however small they are.

/// ∫₀^∞ exp(−descent(u)) du for a convex descent from 0 that has reached about 1 at `scale`: the double-exponential
/// rule u = scale·exp(x − exp(−x)) of Takahasi and Mori (1974), doi:10.2977/prims/1195192451.
pub(super) fn decaying(scale: f64, descent: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 0.05;
    // Outside these nodes a term is below 1e-16 of the sum.
    let sum: f64 = (-74..=90)
        .map(|k| {
            let x = f64::from(k) * STEP;
            let inner = libm::exp(-x);
            let v = libm::exp(x - inner);
            (v * (1.0 + inner), descent(scale * v))
        })
        .take_while(|(_, descent)| *descent < 50.0)
        .map(|(weight, descent)| weight * libm::exp(-descent))
        .sum();
    scale * STEP * sum
}

/// ln ∫ exp(ln_f) for a smooth function that has its only peak at `peak`: Gauss–Legendre panels that widen with the
/// distance from the peak, each halved until that changes the sum by less than 1e-11 of it, when the halves are good to
/// the last digits. Bounded also where rounding makes the function rough.
pub(super) fn ln_integral(peak: f64, ln_f: impl Fn(f64) -> f64) -> f64 {
    let top = ln_f(peak);
    let panel = |low, high| (low, high, gauss_legendre(low, high, |x| libm::exp(ln_f(x) - top)));
    let sum = |panels: &[(f64, f64, f64)]| panels.iter().map(|panel| panel.2).sum::<f64>();
    // How far it is until the function has fallen by a factor, or up to twice as far.
    let reach = |direction: f64, ln_factor: f64| {
        let falls = |distance: &f64| ln_f(peak + direction * distance) > top - ln_factor;
        2.0 * (0..60).map(|k| 1e-12 * libm::ldexp(1.0, k)).take_while(falls).last().unwrap_or(1e-12)
    };
    let nearest = reach(-1.0, 1.0).min(reach(1.0, 1.0));
    let mut open = Vec::new();
    for direction in [-1.0, 1.0] {
        // Below exp(−45) of the peak nothing counts.
        let (end, mut near) = (reach(direction, 45.0), 0.0);
        while near < end {
            let far = (4.0 * near).max(nearest).min(end);
            let (a, b) = (peak + direction * near, peak + direction * far);
            open.push(panel(a.min(b), a.max(b)));
            near = far;
        }
    }
    let tolerance = 1e-11 * sum(&open);
    let mut settled = 0.0;
    for _ in 0..1000 {
        let Some((low, high, whole)) = open.pop() else { break };
        let middle = 0.5 * (low + high);
        let halves = [panel(low, middle), panel(middle, high)];
        if (sum(&halves) - whole).abs() <= tolerance {
            settled += sum(&halves);
        } else {
            open.extend(halves);
        }
    }
    top + libm::log(settled + sum(&open))
}

/// The 16-point rule (Abramowitz, Stegun 1964, table 25.4).
pub(super) fn gauss_legendre(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    const NODES: [(f64, f64); 8] = [
        (0.09501250983763744, 0.1894506104550685),
        (0.2816035507792589, 0.18260341504492358),
        (0.45801677765722737, 0.16915651939500254),
        (0.6178762444026438, 0.14959598881657674),
        (0.755404408355003, 0.12462897125553388),
        (0.8656312023878318, 0.09515851168249279),
        (0.9445750230732326, 0.062253523938647894),
        (0.9894009349916499, 0.027152459411754096),
    ];
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    half * NODES.iter().map(|(x, weight)| weight * (f(middle - half * x) + f(middle + half * x))).sum::<f64>()
}
