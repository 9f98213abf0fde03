//! Per-run values that meet printed statistics: an unremarkable draw, then a search on the log's own grid of numbers
//! (the idea of SPRITE: Heathers, Anaya, van der Zee, Brown 2018, doi:10.7287/peerj.preprints.26968v1).

use super::target::Target;
use crate::metric::Values;
use crate::stats::rng::Rng;

/// One value for every run, as whole steps of the grid on which a log prints it.
pub(super) struct Series<'a> {
    /// The step of the grid at a value.
    pub step: fn(i64) -> i64,
    /// What a run cannot be below.
    pub floor: Vec<i64>,
    /// Puts a run's value among its metrics, as the log will say it.
    pub write: &'a dyn Fn(usize, i64, &mut Values),
}

/// Draws of one series. The first only go downhill, which leaves a draw nearly as it was drawn; the others anneal.
const DRAWS: u32 = 200;
const DOWNHILL: u32 = 20;
/// Moves of one search.
const MOVES: u32 = 8_000;
/// Heat that takes a search over a barrier of so many widths of a printed range, at its start and at its end.
const HOTTEST: f64 = 10.0;
const COLDEST: f64 = 0.01;

impl Series<'_> {
    /// Draws values and moves them until `runs` meet the targets, stage by stage; anew while the outcome is remarkable.
    /// Where a draw does not meet the targets, `runs` hold the nearest that was found.
    pub fn find(
        &self,
        mut draw: impl FnMut(&mut Rng) -> Vec<i64>,
        runs: &mut [Values],
        stages: &[&[Target]],
        rng: &mut Rng,
    ) -> Vec<i64> {
        let mut points = Vec::new();
        // Small samples cannot pass every check; the last draw serves then.
        for drawn in 0..DRAWS {
            points = draw(rng);
            let (anneal, mut held): (_, &[Target]) = (drawn >= DOWNHILL, &[]);
            for targets in stages {
                self.settle(&mut points, runs, targets, held, anneal, rng);
                held = targets;
            }
            let met = stages.iter().all(|targets| miss(targets, runs) == 0.0);
            let last = if met { is_unremarkable(&points) } else { anneal };
            if last {
                break;
            }
        }
        points
    }

    /// Brings `points` onto the grid and moves them until `runs` meet every target, or no move is left; `runs` then hold
    /// the nearest that was found. No move takes them further from what is held.
    ///
    /// Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983, doi:10.1126/science.220.4598.671): on a coarse grid a move
    /// that helps one figure can hurt another by more.
    fn settle(
        &self,
        points: &mut [i64],
        runs: &mut [Values],
        targets: &[Target],
        held: &[Target],
        anneal: bool,
        rng: &mut Rng,
    ) {
        for (run, point) in points.iter_mut().enumerate() {
            *point = self.on_grid(run, *point);
        }
        self.write_all(points, runs);
        let (mut here, limit) = (miss(targets, runs), miss(held, runs));
        let (mut nearest, mut least) = (points.to_vec(), here);
        let spread = points.iter().max().zip(points.iter().min()).map_or(0, |(high, low)| high - low);
        for done in 0..if anneal { MOVES } else { MOVES / 8 } {
            if least == 0.0 {
                break;
            }
            let before = points.to_vec();
            self.step_aside(points, spread, rng);
            self.write_all(points, runs);
            let there = miss(targets, runs);
            let heat = HOTTEST * libm::pow(COLDEST / HOTTEST, f64::from(done) / f64::from(MOVES));
            let accepted = there <= here || anneal && rng.uniform() < libm::exp((here - there) / heat);
            if accepted && miss(held, runs) <= limit {
                here = there;
            } else {
                points.copy_from_slice(&before);
            }
            if here < least {
                least = here;
                nearest.copy_from_slice(points);
            }
        }
        points.copy_from_slice(&nearest);
        self.write_all(points, runs);
    }

    /// Moves one run, or two in opposite directions (which keeps the mean), or exchanges two.
    fn step_aside(&self, points: &mut [i64], spread: i64, rng: &mut Rng) {
        let n = points.len() as u64;
        let (i, j) = (rng.below(n) as usize, rng.below(n) as usize);
        let kind = rng.below(4);
        if kind == 0 {
            points.swap(i, j);
        }
        let step = points.get(i).map_or(1, |point| (self.step)(*point));
        // By doublings of a step, well inside the spread of the runs.
        let doublings = u64::from((spread / step / 32).max(1).ilog2()) + 1;
        let move_by = (step << rng.below(doublings)) * if rng.below(2) == 0 { -1 } else { 1 };
        for (run, move_by) in [(i, if kind > 0 { move_by } else { 0 }), (j, if kind > 1 { -move_by } else { 0 })] {
            if let Some(point) = points.get_mut(run) {
                *point = self.on_grid(run, point.saturating_add(move_by));
            }
        }
    }

    fn on_grid(&self, run: usize, point: i64) -> i64 {
        let floor = self.floor.get(run).copied().unwrap_or(0);
        let point = point.max(floor);
        let step = (self.step)(point);
        let down = point.div_euclid(step) * step;
        let near = if point - down >= step - step / 2 { down + step } else { down };
        if near < floor { near + step } else { near }
    }

    fn write_all(&self, points: &[i64], runs: &mut [Values]) {
        for (run, (point, values)) in points.iter().zip(runs).enumerate() {
            (self.write)(run, *point, values);
        }
    }
}

fn miss(targets: &[Target], runs: &[Values]) -> f64 {
    targets.iter().map(|target| target.miss(runs)).sum()
}

/// `n` normal scores of mean 0 and SD 1.
pub(super) fn scores(n: usize, rng: &mut Rng) -> Vec<f64> {
    standardised(&(0..n).map(|_| rng.normal()).collect::<Vec<_>>())
}

/// Shifted and scaled to mean 0 and SD 1; all 0 where the values do not vary.
pub(super) fn standardised(draw: &[f64]) -> Vec<f64> {
    let n = draw.len() as f64;
    let mean = draw.iter().sum::<f64>() / n;
    let sd = (draw.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    draw.iter().map(|x| if sd > 0.0 { (x - mean) / sd } else { 0.0 }).collect()
}

/// Whether the values look like independent normal ones in what a reader would check: no outlier, no skew, no drift over
/// the run order, no correlation of neighbours, each within one standard error. Square roots, because counts are skewed.
fn is_unremarkable(points: &[i64]) -> bool {
    let scores = standardised(&points.iter().map(|point| (*point as f64).sqrt()).collect::<Vec<_>>());
    let n = scores.len() as f64;
    let mean = |terms: &mut dyn Iterator<Item = f64>| terms.sum::<f64>() / n;
    let skew = mean(&mut scores.iter().map(|z| z * z * z));
    let centre = (n - 1.0) / 2.0;
    let drift =
        mean(&mut scores.iter().enumerate().map(|(i, z)| z * (i as f64 - centre))) / ((n * n - 1.0) / 12.0).sqrt();
    let lag = mean(&mut scores.iter().zip(scores.iter().skip(1)).map(|(z, next)| z * next)) + 1.0 / n;
    let largest = scores.iter().fold(0.0, |largest: f64, z| largest.max(z.abs()));
    let error = 1.0 / n.sqrt();
    skew.abs() < 6.0_f64.sqrt() * error && drift.abs() < error && lag.abs() < error && largest < 2.3 + n / 100.0
}

/// The value at a score of a distribution with this mean and SD: normal, or log-normal where a normal one would reach
/// below zero.
pub(super) fn at_score(mean: f64, sd: f64, score: f64) -> f64 {
    let cv = sd / mean;
    if cv < 0.25 {
        return mean + sd * score;
    }
    let sigma = libm::log1p(cv * cv).sqrt();
    mean * libm::exp(sigma * score - sigma * sigma / 2.0)
}

/// Somewhere about the middle of a range; one open below counts from zero, one open above to twice its end.
pub(super) fn within((low, high): (f64, f64), rng: &mut Rng) -> f64 {
    let low = if low.is_finite() { low } else { 0.0 };
    let high = if high.is_finite() { high } else { 2.0 * low };
    low + (high - low) * (0.4 + 0.2 * rng.uniform())
}
