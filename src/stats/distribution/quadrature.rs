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

/// ln ∫ exp(ln_f) for a smooth function that has its only peak at `peak` and changes abruptly there and within about
/// `steep` of `cliff`, if anywhere: Gauss–Legendre panels that widen with the distance from both places, each halved
/// until that changes the sum by less than 1e-11 of it, when the halves are good to the last digits. Bounded also where
/// rounding makes the function rough.
pub(super) fn ln_integral(peak: f64, cliff: f64, steep: f64, ln_f: impl Fn(f64) -> f64) -> f64 {
    let top = ln_f(peak);
    // So far below every double, only the order of magnitude counts, and rounding would hide the peak.
    if top < -1e8 {
        return top;
    }
    // How far it is until the function has fallen by a factor, or up to twice as far.
    let reach = |direction: f64, ln_factor: f64| {
        let above = |distance: &f64| ln_f(peak + direction * distance) > top - ln_factor;
        2.0 * multiples(1e-12, 2.0).take_while(above).last().unwrap_or(1e-12)
    };
    // Below exp(−45) of the peak nothing counts.
    let (low, high) = (peak - reach(-1.0, 45.0), peak + reach(1.0, 45.0));
    let mut breaks = vec![low, high];
    for (place, width) in [(peak, reach(-1.0, 1.0).min(reach(1.0, 1.0))), (cliff, steep)] {
        let around = multiples(width, 4.0).flat_map(|distance| [place - distance, place + distance]);
        breaks.extend(around.chain([place]).filter(|x| low < *x && *x < high));
    }
    breaks.sort_by(f64::total_cmp);
    let panel = |low, high| (low, high, gauss_legendre(low, high, |x| libm::exp(ln_f(x) - top)));
    let sum = |panels: &[(f64, f64, f64)]| panels.iter().map(|panel| panel.2).sum::<f64>();
    let mut open: Vec<_> = breaks.iter().zip(breaks.iter().skip(1)).map(|(low, high)| panel(*low, *high)).collect();
    let tolerance = 1e-11 * sum(&open);
    let mut settled = 0.0;
    for _ in 0..400 {
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

/// The first 60 of first, factor·first, factor²·first, ….
fn multiples(first: f64, factor: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(first), move |x| Some(factor * x)).take(60)
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
