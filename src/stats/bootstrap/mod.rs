//! The bootstrap over runs: how precise a statistic of one mode or of two is, without assuming normal values.
//!
//! # Definition
//!
//! The runs of each mode are drawn again with replacement, the modes apart, and the statistic is computed anew; the
//! spread of many such values is that of the statistic. Studentised, each value is first divided by a standard error
//! computed from its own resample: that takes the place of Student's t table, and makes an interval as accurate in
//! both tails as BCa, and less narrow with few runs, where its length varies more.
//!
//! # Formula
//!
//! ```text
//! percentile  = the quantiles α and 1 − α of the resampled values θ*,  α = (1 − level)/2
//! bca         = their quantiles Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))),  z = Φ⁻¹(α) and Φ⁻¹(1 − α)
//! z₀          = Φ⁻¹((#{θ* < θ} + #{θ* ≤ θ})/(2·resamples))
//! a           = Σⱼ ΣᵢUᵢ³/nⱼ³ / (6·(Σⱼ ΣᵢUᵢ²/nⱼ²)^(3/2)),  Uᵢ = (nⱼ − 1)·(mean(θ₍·₎) − θ₍ᵢ₎), θ₍ᵢ₎ without run i of mode j
//! studentised = (θ − se·q(1 − α), θ − se·q(α)),  q = the quantiles of t* = (θ* − θ)/se*
//! ```
//!
//! with quantiles of type 7. Values that differ by less than 1e-12 of the standard error are equal: rounding may not
//! decide what is a tie. Where leaving out any one run changes nothing, a = 0. A resample may have no spread, and then
//! t* = ±∞ (0 if θ* = θ); θ* itself may be ±∞. Such a resample counts as beyond every other one, and a bound that
//! would have to be as far does not exist.
//!
//! # Assumptions
//!
//! Independent runs, and enough of them (some ten) that they stand for the population. The numbers are those of `rng`
//! from the seed: the same on every machine. Values are sorted before they are drawn from, so that the order of the
//! runs does not matter; counts with exposure are drawn from in run order.
//!
//! # References
//!
//! Efron, Tibshirani, An Introduction to the Bootstrap, 1993, doi:10.1201/9780429246593 (12.5 for the studentised
//! interval, 14.15 for a). Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988),
//! doi:10.1214/aos/1176350933.
//!
//! # Checked against
//!
//! A second implementation of the same stream, in exact arithmetic where θ is rational: 1e-12; SciPy's `bootstrap`
//! (percentile, BCa) and a simulation by numpy with another generator (studentised), within their Monte Carlo error
//! (`tests/reference/bootstrap*.csv`).

pub(super) mod change;
pub(super) mod mean;
pub(super) mod mean_difference;
pub(super) mod quantile;
pub(super) mod quantile_difference;
pub(super) mod rate_ratio;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::rng::Rng;
use super::{
    Alternative, Answer, EffectSize, Interval, Result, Settings, Undefined, describe, finite, moments, normal, outcome,
    tail,
};

/// What the records cite.
const BCA_REFERENCE: &str = "Efron (1987), doi:10.1080/01621459.1987.10478410";
const STUDENTISED_REFERENCE: &str = "Hall (1988), doi:10.1214/aos/1176350933; Efron and Tibshirani (1993), 12.5, \
                                     doi:10.1201/9780429246593";

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

/// Of runs drawn, and of runs looked at with one of them left out; about a second of work.
const MOST_DRAWS: f64 = 2e8;

/// What differs by less than this fraction of a standard error differs by rounding.
const ROUNDING: f64 = 1e-12;

/// With fewer runs in a mode an interval comes with a warning.
const FEW_RUNS: usize = 10;

/// With fewer resamples beyond a bound it comes with a warning; of an interval at 95 %, 1000 resamples are enough.
const FEW_BEYOND: f64 = 25.0;

/// The intervals of `statistic(baseline, treatment)`, which returns `None` where it does not exist.
///
/// Undefined when a mode has fewer than two runs, when there is no resample or more than ten million, when runs ×
/// resamples is too much work, or when the statistic does not exist for the data or for one of their resamples.
pub fn bootstrap<T: Copy>(
    baseline: &[T],
    treatment: &[T],
    statistic: impl Fn(&[T], &[T]) -> Option<f64>,
    resamples: usize,
    level: f64,
    seed: u64,
) -> Result<Bootstrap> {
    let settings = Settings { resamples, level, seed, ..Settings::default() };
    let value = |[a, b]: [&[T]; 2]| statistic(a, b).unwrap_or(f64::NAN);
    Resampling::new([baseline, treatment], &settings)?.percentile_and_bca(value)
}

/// An estimate, and its standard error on the same scale.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    error: f64,
}

impl Estimate {
    /// The difference from an independent estimate.
    fn minus(self, other: Self) -> Self {
        Self { value: self.value - other.value, error: hypotenuse(self.error, other.error) }
    }
}

/// Of numbers that neither overflow nor underflow when squared.
fn hypotenuse(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// The runs of one mode, or of two, and how often they are drawn again.
///
/// A statistic of them returns NaN where it does not exist, and infinity where it is beyond every number.
struct Resampling<'a, T, const K: usize> {
    modes: [&'a [T]; K],
    resamples: usize,
    seed: u64,
    level: f64,
    alpha: f64,
}

impl<'a, T: Copy, const K: usize> Resampling<'a, T, K> {
    fn new(modes: [&'a [T]; K], settings: &Settings) -> Result<Self> {
        let Settings { resamples, seed, level, .. } = *settings;
        if modes.iter().any(|mode| mode.len() < 2) {
            return Err(Undefined::because("a bootstrap needs two runs or more of each mode"));
        }
        if !(1..=MOST_RESAMPLES).contains(&resamples) {
            let reason = format!("{resamples} is not a number of resamples from 1 to {MOST_RESAMPLES}");
            return Err(Undefined::because(reason));
        }
        let runs: usize = modes.iter().map(|mode| mode.len()).sum();
        if runs as f64 * (resamples as f64 + runs as f64) > MOST_DRAWS {
            let reason = format!("{resamples} resamples of {runs} runs take too long; an interval by formula will do");
            return Err(Undefined::because(reason));
        }
        Ok(Self { modes, resamples, seed, level, alpha: tail(level, Alternative::TwoSided)? })
    }

    /// The BCa interval of a statistic.
    fn bca(&self, statistic: impl FnMut([&[T]; K]) -> f64) -> Result<Found> {
        let found = self.percentile_and_bca(statistic)?;
        Ok(self.found(found.estimate, found.bca?))
    }

    /// The studentised interval of a statistic.
    fn studentised(&self, mut statistic: impl FnMut([&[T]; K]) -> Estimate) -> Result<Found> {
        let Estimate { value, error } = statistic(self.modes);
        if !(value.is_finite() && error.is_finite()) {
            return Err(no_statistic());
        }
        if error == 0.0 {
            return Err(Undefined::because("the runs do not vary, so the standard error is zero"));
        }
        let t = self.resampled(|runs| {
            let resample = statistic(runs);
            let difference = resample.value - value;
            if difference.abs() <= ROUNDING * error { 0.0 } else { difference / resample.error }
        })?;
        let Interval { level, lower, upper } = self.interval(&t, [self.alpha, 1.0 - self.alpha]);
        let bound = |t: Option<f64>| t.map(|t| value - t * error).filter(|bound| bound.is_finite());
        Ok(self.found(value, Interval { level, lower: bound(upper), upper: bound(lower) }))
    }

    fn percentile_and_bca(&self, mut statistic: impl FnMut([&[T]; K]) -> f64) -> Result<Bootstrap> {
        let estimate = statistic(self.modes);
        if !estimate.is_finite() {
            return Err(no_statistic());
        }
        let values = self.resampled(&mut statistic)?;
        let percentile = self.interval(&values, [self.alpha, 1.0 - self.alpha]);
        let bca = self.accelerated(&values, estimate, statistic);
        Ok(Bootstrap { estimate, percentile, bca, resamples: self.resamples, seed: self.seed })
    }

    fn accelerated(&self, values: &[f64], estimate: f64, statistic: impl FnMut([&[T]; K]) -> f64) -> Result<Interval> {
        if values.first() == values.last() {
            return Err(Undefined::because("the statistic is the same in every resample"));
        }
        let (error, acceleration) = acceleration(&self.left_out(statistic)?)?;
        let bias = bias(values, estimate, ROUNDING * error)?;
        Ok(self.interval(values, accelerated(self.alpha, bias, acceleration)?))
    }

    /// The values of a statistic for all resamples, sorted.
    fn resampled(&self, mut statistic: impl FnMut([&[T]; K]) -> f64) -> Result<Vec<f64>> {
        let mut rng = Rng::new(self.seed);
        let mut drawn = self.modes.map(<[T]>::to_vec);
        let mut values = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            for (from, to) in self.modes.iter().zip(&mut drawn) {
                draw(from, to, &mut rng);
            }
            let value = statistic(slices(&drawn));
            if value.is_nan() {
                return Err(no_statistic());
            }
            values.push(value);
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(values)
    }

    /// The values of a statistic without each of the runs in turn, mode by mode.
    fn left_out(&self, mut statistic: impl FnMut([&[T]; K]) -> f64) -> Result<Vec<Vec<f64>>> {
        let mut without = |mode: usize, run: usize| {
            let mut modes = self.modes.map(<[T]>::to_vec);
            modes[mode].remove(run);
            Some(statistic(slices(&modes))).filter(|x| x.is_finite()).ok_or_else(no_statistic)
        };
        (0..K).map(|mode| (0..self.modes[mode].len()).map(|run| without(mode, run)).collect()).collect()
    }

    /// Quantiles of sorted values; a bound at infinity does not exist.
    fn interval(&self, sorted: &[f64], levels: [f64; 2]) -> Interval {
        let [lower, upper] = levels.map(|p| describe::quantile(sorted, p).ok());
        Interval { level: self.level, lower, upper }
    }

    fn found(&self, estimate: f64, interval: Interval) -> Found {
        let mut notes = Vec::new();
        if self.modes.iter().any(|mode| mode.len() < FEW_RUNS) {
            notes.push(format!("fewer than {FEW_RUNS} runs of a mode leave a bootstrap little to draw from"));
        }
        if self.alpha * (self.resamples as f64) < FEW_BEYOND {
            notes.push(format!("{} resamples are few for this confidence level", self.resamples));
        }
        if interval.lower.is_none() || interval.upper.is_none() {
            notes.push(
                "a bound does not exist, because too many resamples have no spread or no finite value".to_owned(),
            );
        }
        Found { estimate, interval, notes }
    }
}

fn slices<T, const K: usize>(modes: &[Vec<T>; K]) -> [&[T]; K] {
    modes.each_ref().map(Vec::as_slice)
}

fn draw<T: Copy>(from: &[T], to: &mut [T], rng: &mut Rng) {
    for slot in to {
        *slot = from[rng.below(from.len() as u64) as usize];
    }
}

fn no_statistic() -> Undefined {
    Undefined::because("the statistic does not exist for these runs, or for a resample of them")
}

/// How far the estimate is from the median of the resampled values, in standard deviations of a normal distribution.
fn bias(sorted: &[f64], estimate: f64, rounding: f64) -> Result<f64> {
    let below = sorted.partition_point(|&x| x < estimate - rounding);
    let up_to = sorted.partition_point(|&x| x <= estimate + rounding);
    let both = 2 * sorted.len();
    if (1..both).contains(&(below + up_to)) {
        normal::quantile((below + up_to) as f64 / both as f64)
    } else {
        Err(Undefined::because("the statistic of every resample is on the same side of the estimate"))
    }
}

/// The standard error by the jackknife, and the acceleration.
fn acceleration(left_out: &[Vec<f64>]) -> Result<(f64, f64)> {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for values in left_out {
        let (n, mean) = (values.len() as f64, moments::mean(values)?);
        for value in values {
            let influence = (n - 1.0) / n * (mean - value);
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    let acceleration = if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 };
    Ok((finite(squares.sqrt())?, finite(acceleration)?))
}

/// The levels of the quantiles that BCa takes in place of alpha and 1 − alpha.
fn accelerated(alpha: f64, bias: f64, acceleration: f64) -> Result<[f64; 2]> {
    let level = |z: f64| {
        let room = 1.0 - acceleration * (bias + z);
        if room > 0.0 {
            normal::sf(-(bias + (bias + z) / room))
        } else {
            Err(Undefined::because("the statistic is too skewed for a BCa interval of this confidence level"))
        }
    };
    let z = normal::quantile(alpha)?;
    Ok([level(z)?, level(-z)?])
}

/// An estimate with its interval, and what a reader must know of it.
struct Found {
    estimate: f64,
    interval: Interval,
    notes: Vec<String>,
}

impl Found {
    /// On another scale, by a function that rises.
    fn on_scale(self, scale: impl Fn(f64) -> f64) -> Result<Self> {
        let bound = |x: Option<f64>| x.map(|x| finite(scale(x))).transpose();
        let Interval { level, lower, upper } = self.interval;
        let interval = Interval { level, lower: bound(lower)?, upper: bound(upper)? };
        Ok(Self { estimate: finite(scale(self.estimate))?, interval, ..self })
    }

    fn answer(self, name: impl Into<String>) -> Answer {
        let note = (!self.notes.is_empty()).then(|| self.notes.join("; "));
        Answer::Effect(EffectSize { name: name.into(), estimate: self.estimate, interval: Some(self.interval), note })
    }
}

/// The values of modes, sorted, each mode seen from its smallest and all in units of a power of two near the largest:
/// so neither 1e9 + 0.1 loses digits nor 1e200 overflows when squared.
struct Centred<const K: usize> {
    unit: f64,
    /// The smallest value of each mode.
    centres: [f64; K],
    modes: [Vec<f64>; K],
}

impl<const K: usize> Centred<K> {
    fn of(modes: [&[f64]; K]) -> Result<Self> {
        let mut largest = f64::MIN_POSITIVE;
        for &x in modes.iter().copied().flatten() {
            largest = largest.max(finite(x)?.abs());
        }
        let unit = libm::scalbn(1.0, libm::ilogb(largest));
        let mut modes = modes.map(|mode| mode.iter().map(|x| x / unit).collect::<Vec<_>>());
        let centres = modes.each_mut().map(|mode| {
            mode.sort_unstable_by(f64::total_cmp);
            let centre = mode.first().copied().unwrap_or(0.0);
            mode.iter_mut().for_each(|x| *x -= centre);
            centre
        });
        Ok(Self { unit, centres, modes })
    }

    fn resampling(&self, settings: &Settings) -> Result<Resampling<'_, f64, K>> {
        Resampling::new(slices(&self.modes), settings)
    }
}

impl Centred<1> {
    /// A location, in the unit of the values.
    fn location(&self, x: f64) -> f64 {
        let [centre] = self.centres;
        (x + centre) * self.unit
    }
}

impl Centred<2> {
    /// A difference of locations, in the unit of the values.
    fn difference(&self, x: f64) -> f64 {
        (x + self.between()) * self.unit
    }

    /// From the baseline's centre to the treatment's.
    fn between(&self) -> f64 {
        let [baseline, treatment] = self.centres;
        treatment - baseline
    }
}

#[cfg(test)]
mod tests;
