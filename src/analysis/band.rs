//! Where the middle of the runs lies at one place of a figure, and how far the runs are spread around it.

use crate::stats::Result;
use crate::stats::describe::quantile;

/// From so many runs a mode on, a band is of quartiles: those of fewer are little more than interpolations.
const FEWEST: usize = 5;

/// What a band around a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// From the lower to the upper quartile.
    Quartiles,
    /// From the lowest to the highest run.
    Range,
    /// No mode has two runs.
    None,
}

impl Band {
    /// The band that suits modes with so many runs each: the same for all modes of a figure. A mode of one run has none
    /// and does not count.
    pub fn for_runs(runs: impl IntoIterator<Item = usize>) -> Self {
        match runs.into_iter().filter(|n| *n > 1).min() {
            None => Self::None,
            Some(n) if n < FEWEST => Self::Range,
            Some(_) => Self::Quartiles,
        }
    }
}

/// The values of the runs at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Runs that have a value here.
    pub n: usize,
    pub median: f64,
    /// Both ends of the band.
    pub band: [f64; 2],
}

impl Spread {
    /// Median and band (quantiles of type 7) of the runs' values; undefined where there is none, or one is not finite.
    pub fn of(mut values: Vec<f64>, band: Band) -> Result<Self> {
        values.sort_by(f64::total_cmp);
        let (low, high) = if band == Band::Quartiles { (0.25, 0.75) } else { (0.0, 1.0) };
        let at = |p| quantile(&values, p);
        Ok(Self { n: values.len(), median: at(0.5)?, band: [at(low)?, at(high)?] })
    }
}
