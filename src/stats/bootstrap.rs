//! The bootstrap over runs: how precise any statistic of two modes is, without a formula for its error.
//!
//! # Definition
//!
//! The runs of each mode are drawn again with replacement, the modes apart, and the statistic is computed anew; the
//! spread of many such values is that of the statistic.
//!
//! # Formula
//!
//! ```text
//! percentile = the quantiles (1 − level)/2 and (1 + level)/2 of the resampled values θ*
//! bca        = their quantiles Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))),  z = Φ⁻¹((1 ∓ level)/2)
//! z₀ = Φ⁻¹((#{θ* < θ} + #{θ* ≤ θ})/(2·resamples))
//! a  = Σⱼ ΣᵢUᵢ³/nⱼ³ / (6·(Σⱼ ΣᵢUᵢ²/nⱼ²)^(3/2)),  Uᵢ = (nⱼ − 1)·(mean(θ₍·₎) − θ₍ᵢ₎), θ₍ᵢ₎ without run i of mode j
//! ```
//!
//! # Assumptions
//!
//! Independent runs, and enough of them (some ten) that they stand for the population. The numbers are those of `rng`
//! from the seed: the same on every machine.
//!
//! # References
//!
//! Efron, Tibshirani, An Introduction to the Bootstrap, 1993, doi:10.1201/9780429246593 (14.15 for a).
//! Efron (1987), doi:10.1080/01621459.1987.10478410.
//!
//! # Checked against
//!
//! A second implementation of the same stream, 1e-12; SciPy's `bootstrap` within its Monte Carlo error
//! (`tests/reference/bootstrap.csv`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::rng::Rng;
use super::{
    Alternative, Compute, Estimand, Interval, Kind, Method, Result, Undefined, describe, finite, moments, normal,
    outcome, tail,
};

pub(super) const METHOD: Method = Method {
    id: "bootstrap",
    label: "Bootstrap over runs",
    kind: Kind::Interval,
    estimand: Estimand::None,
    reference: "Efron and Tibshirani (1993), doi:10.1201/9780429246593",
    compute: Compute::Own,
};

/// A statistic, and its intervals by the bootstrap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bootstrap {
    pub estimate: f64,
    pub percentile: Interval,
    /// Bias-corrected and accelerated.
    #[serde(with = "outcome")]
    #[schemars(with = "Outcome<Interval>")]
    pub bca: Result<Interval>,
    pub resamples: usize,
    pub seed: u64,
}

/// Beyond this many the intervals do not change any more, but memory runs out.
const MOST_RESAMPLES: usize = 10_000_000;

/// The intervals of `statistic(baseline, treatment)`, which returns `None` where it does not exist.
///
/// Undefined when a mode has fewer than two runs, when there is no resample or more than ten million, or when the
/// statistic does not exist for the data or for one of their resamples.
pub fn bootstrap<T: Copy>(
    baseline: &[T],
    treatment: &[T],
    statistic: impl Fn(&[T], &[T]) -> Option<f64>,
    resamples: usize,
    level: f64,
    seed: u64,
) -> Result<Bootstrap> {
    if baseline.len() < 2 || treatment.len() < 2 {
        return Err(Undefined::because("a bootstrap needs two runs or more of each mode"));
    }
    if !(1..=MOST_RESAMPLES).contains(&resamples) {
        return Err(Undefined::because(format!("{resamples} is not a number of resamples from 1 to {MOST_RESAMPLES}")));
    }
    let alpha = tail(level, Alternative::TwoSided)?;
    let undefined = || Undefined::because("the statistic does not exist for these runs, or for a resample of them");
    let statistic = |a: &[T], b: &[T]| statistic(a, b).filter(|x| x.is_finite()).ok_or_else(undefined);
    let estimate = statistic(baseline, treatment)?;

    let mut rng = Rng::new(seed);
    let (mut a, mut b) = (baseline.to_vec(), treatment.to_vec());
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        draw(baseline, &mut a, &mut rng);
        draw(treatment, &mut b, &mut rng);
        values.push(statistic(&a, &b)?);
    }
    values.sort_unstable_by(f64::total_cmp);

    let interval = |[low, high]: [f64; 2]| -> Result<Interval> {
        let (lower, upper) = (describe::quantile(&values, low)?, describe::quantile(&values, high)?);
        Ok(Interval { level, lower: Some(lower), upper: Some(upper) })
    };
    let bca = || {
        let left_out =
            [jackknife(baseline, |a| statistic(a, treatment))?, jackknife(treatment, |b| statistic(baseline, b))?];
        let below = values.partition_point(|&x| x < estimate) + values.partition_point(|&x| x <= estimate);
        let bias = normal::quantile(below as f64 / (2 * resamples) as f64)?;
        interval(accelerated(alpha, bias, acceleration(&left_out)?)?)
    };
    Ok(Bootstrap { estimate, percentile: interval([alpha, 1.0 - alpha])?, bca: bca(), resamples, seed })
}

fn draw<T: Copy>(from: &[T], to: &mut [T], rng: &mut Rng) {
    for slot in to {
        *slot = from[rng.below(from.len() as u64) as usize];
    }
}

/// The statistic without each of the runs in turn.
fn jackknife<T: Copy>(runs: &[T], statistic: impl Fn(&[T]) -> Result<f64>) -> Result<Vec<f64>> {
    let without = |i: usize| [&runs[..i], &runs[i + 1..]].concat();
    (0..runs.len()).map(|i| statistic(&without(i))).collect()
}

fn acceleration(left_out: &[Vec<f64>]) -> Result<f64> {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for values in left_out {
        let (n, mean) = (values.len() as f64, moments::mean(values)?);
        for value in values {
            let influence = (n - 1.0) / n * (mean - value);
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    if squares > 0.0 {
        finite(cubes / (6.0 * squares * squares.sqrt()))
    } else {
        Err(Undefined::because("the statistic is the same whichever run is left out"))
    }
}

/// The levels of the quantiles that BCa takes in place of alpha and 1 − alpha.
fn accelerated(alpha: f64, bias: f64, acceleration: f64) -> Result<[f64; 2]> {
    let level = |z: f64| normal::sf(-(bias + (bias + z) / (1.0 - acceleration * (bias + z))));
    let z = normal::quantile(alpha)?;
    Ok([level(z)?, level(-z)?])
}
