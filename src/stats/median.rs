//! The median, or another quantile, with its distribution-free interval.
//!
//! # Definition
//!
//! The value below which a share p of the runs would lie, ½ for the median.
//!
//! # Formula
//!
//! ```text
//! estimate = the quantile of type 7 (see `describe`)
//! interval = [x₍ₗ₎, x₍ᵤ₎] of the sorted values; with X ~ Binomial(n, p) the number of values below the quantile,
//! l        = the largest with P(X < l) ≤ (1 − level)/2
//! u        = the smallest with P(X ≥ u) ≤ (1 − level)/2
//! reached  = P(l ≤ X < u)
//! ```
//!
//! Where there is no such l or u, neither is that bound: a median needs six values for 95 %, a 99th percentile 368 for
//! an upper bound.
//!
//! # Assumptions
//!
//! Independent runs. With ties the interval's level is at least the one reached.
//!
//! # References
//!
//! Thompson (1936), doi:10.1214/aoms/1177732502. David, Nagaraja, Order Statistics, 2003, section 7.1. For benchmarks:
//! Le Boudec, Performance Evaluation of Computer and Communication Systems, 2010, section 2.2.
//!
//! # Checked against
//!
//! Binomial probabilities in rational numbers: 1e-12 (`tests/reference/median.csv`).

use super::describe;
use super::ranks::{self, percent};
use super::{Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Result, Undefined, tail};

pub(super) const METHOD: Method = Method {
    id: "median",
    label: "Median, order statistics",
    kind: Kind::Interval,
    estimand: Estimand::Quantile,
    interval: None,
    reference: "Thompson (1936), doi:10.1214/aoms/1177732502",
    compute: Compute::Sample(|values, s| quantile(values, s.quantile, s.level).map(Answer::Effect)),
};

/// The quantile of a share p of a sample, ½ for the median.
///
/// Undefined when the sample is empty or has a value that is not finite, or unless 0 < p < 1. Without a bound for which
/// there are too few runs.
pub fn quantile(values: &[f64], p: f64, level: f64) -> Result<EffectSize> {
    let tail = tail(level, Alternative::TwoSided)?;
    if !(p > 0.0 && p < 1.0) {
        return Err(Undefined::because(format!("a quantile of {p} is not between 0 and 1")));
    }
    let sorted = ranks::sorted(values)?;
    let order = Order::of(sorted.len(), p, tail);
    let lower = order.below.checked_sub(1).and_then(|i| sorted.get(i)).copied();
    let upper = order.above.checked_sub(1).and_then(|i| sorted.iter().rev().nth(i)).copied();
    let interval = Interval { level, lower, upper };
    let reached = format!("the interval's level is {}", percent(order.reached));
    let too_few = |what: &str| format!("{} runs are too few for {what} at {}", values.len(), percent(level));
    let (interval, note) = match (lower, upper) {
        (Some(_), Some(_)) => (Some(interval), reached),
        (None, None) => (None, too_few("an interval")),
        (None, _) => (Some(interval), format!("{}; {reached}", too_few("a lower bound"))),
        (_, None) => (Some(interval), format!("{}; {reached}", too_few("an upper bound"))),
    };
    let name = if p == 0.5 { METHOD.label.to_owned() } else { format!("Quantile {p}, order statistics") };
    Ok(EffectSize { name, estimate: describe::quantile(&sorted, p)?, interval, note: Some(note) })
}

/// Which of the sorted values are the bounds: how many places from below and from above, 0 for none.
struct Order {
    below: usize,
    above: usize,
    reached: f64,
}

impl Order {
    fn of(n: usize, p: f64, tail: f64) -> Self {
        let (start, weights) = binomial(n, p);
        let total: f64 = weights.iter().sum();
        let outside = |weights: &mut dyn Iterator<Item = &f64>| {
            let (mut places, mut sum) = (0, 0.0);
            for weight in weights {
                // The room is for rounding: six values reach a level of 31/32 exactly.
                if sum + weight > tail * (1.0 + 1e-12) * total {
                    break;
                }
                (places, sum) = (places + 1, sum + weight);
            }
            (places, sum / total)
        };
        let (below, p_below) = outside(&mut weights.iter());
        let (above, p_above) = outside(&mut weights.iter().rev());
        Self { below: start + below, above: n + 1 - start - weights.len() + above, reached: 1.0 - p_below - p_above }
    }
}

/// The probabilities of a binomial distribution up to a common factor, from the first number that has one above zero.
///
/// From the mode outwards by the ratio of neighbours: neither a factorial nor a cancellation.
fn binomial(n: usize, p: f64) -> (usize, Vec<f64>) {
    let odds = p / (1.0 - p);
    let mode = (((n as f64 + 1.0) * p) as usize).min(n);
    let ratio = |k: usize| (n - k) as f64 / (k + 1) as f64 * odds;
    let outwards = |weight: &mut f64, ratio: f64| {
        *weight *= ratio;
        (*weight > 0.0).then_some(*weight)
    };
    let mut weights: Vec<f64> = (0..mode).rev().scan(1.0, |w, k| outwards(w, 1.0 / ratio(k))).collect();
    let start = mode - weights.len();
    weights.reverse();
    weights.push(1.0);
    weights.extend((mode..n).scan(1.0, |w, k| outwards(w, ratio(k))));
    (start, weights)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{anything, interval_is_sound, values};
    use super::*;

    fn from_1(n: u32) -> Vec<f64> {
        (1..=n).map(f64::from).collect()
    }

    proptest! {
        #[test]
        fn the_sign_mirrors_a_quantile(x in values(), eighths in 1..8u32, level in 0.1..0.99f64) {
            let p = f64::from(eighths) / 8.0;
            let mirrored = quantile(&x.iter().map(|x| -x).collect::<Vec<_>>(), 1.0 - p, level).unwrap();
            let straight = quantile(&x, p, level).unwrap();
            assert_relative_eq!(straight.estimate, -mirrored.estimate, max_relative = 1e-12);
            let bounds = |effect: &EffectSize| effect.interval.map(|i| (i.lower, i.upper));
            let swapped = bounds(&mirrored).map(|(l, u)| (u.map(|x| -x), l.map(|x| -x)));
            prop_assert_eq!(bounds(&straight), swapped);
        }

        #[test]
        fn the_level_is_reached(n in 1..60u32, p in 0.01..0.99f64, level in 0.5..0.999f64) {
            let order = Order::of(n as usize, p, (1.0 - level) / 2.0);
            prop_assert!(order.reached >= level - 1e-12);
            // The probabilities once more, by logarithms of factorials.
            let ln_factorial = |k: u32| (1..=k).map(|i| libm::log(f64::from(i))).sum::<f64>();
            let ln = |k: u32| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
                + f64::from(k) * libm::log(p) + f64::from(n - k) * libm::log1p(-p);
            let inside = order.below as u32..=n - order.above as u32;
            assert_relative_eq!(order.reached, inside.map(|k| libm::exp(ln(k))).sum::<f64>(), max_relative = 1e-11);
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(x in anything(), p in prop::num::f64::ANY, level in prop::num::f64::ANY) {
            for (p, level) in [(p, 0.95), (0.5, level), (p.abs().fract(), 0.5), (1e-320, 0.95), (1.0 - 1e-16, 0.95)] {
                if let Ok(effect) = quantile(&x, p, level) {
                    prop_assert!(effect.estimate.is_finite() && effect.interval.is_none_or(|i| interval_is_sound(&i)));
                }
            }
        }
    }

    #[test]
    fn the_level_that_is_reached_is_told() {
        let ten = quantile(&from_1(10), 0.5, 0.95).unwrap();
        assert_eq!(ten.interval.unwrap(), Interval { level: 0.95, lower: Some(2.0), upper: Some(9.0) });
        assert_eq!(ten.note.unwrap(), "the interval's level is 97.85 %");
        let five = quantile(&from_1(5), 0.5, 0.95).unwrap();
        assert_eq!((five.estimate, five.interval), (3.0, None));
        assert_eq!(five.note.unwrap(), "5 runs are too few for an interval at 95 %");
        assert!(quantile(&from_1(6), 0.5, 0.95).unwrap().interval.is_some());
        let high = quantile(&from_1(100), 0.99, 0.95).unwrap();
        assert_eq!(high.interval.unwrap().upper, None);
        assert!(
            high.note.unwrap().starts_with("100 runs are too few for an upper bound at 95 %; the interval's level is")
        );
        assert_eq!(high.name, "Quantile 0.99, order statistics");
    }

    #[test]
    fn the_binomial_distribution_of_a_million_has_its_moments() {
        let (n, p) = (1_000_000, 0.3);
        let (start, weights) = binomial(n, p);
        let total: f64 = weights.iter().sum();
        let mean = weights.iter().enumerate().map(|(i, w)| w * (start + i) as f64).sum::<f64>() / total;
        assert_relative_eq!(mean, n as f64 * p, max_relative = 1e-12);
        let square = |i: usize| ((start + i) as f64 - mean) * ((start + i) as f64 - mean);
        let variance = weights.iter().enumerate().map(|(i, w)| w * square(i)).sum::<f64>() / total;
        assert_relative_eq!(variance, n as f64 * p * (1.0 - p), max_relative = 1e-10);
    }
}
