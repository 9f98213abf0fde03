//! A quantile of one mode, the median unless another is asked for, with bootstrap intervals.
//!
//! # Definition
//!
//! The quantile p of a metric over the runs of a mode, type 7.
//!
//! # Formula
//!
//! ```text
//! θ  = x₍ₖ₎ + (h − k)·(x₍ₖ₊₁₎ − x₍ₖ₎),  h = (n − 1)·p + 1,  k = ⌊h⌋
//! se = √(Σwᵢ·x₍ᵢ₎² − (Σwᵢ·x₍ᵢ₎)²),  wᵢ = I(i/n) − I((i − 1)/n)
//! ```
//!
//! with I the distribution function of Beta(h, n + 1 − h), that of the h-th smallest of n uniform numbers. For a whole
//! h this is Maritz and Jarrett's standard error, which is what infinitely many resamples would give; between two
//! whole numbers it is the same for Stigler's fractional order statistic. The intervals are those of `bootstrap`.
//!
//! # Assumptions
//!
//! Those of the bootstrap. Near p = 0 or 1 resamples know nothing of values beyond the extreme run. To studentise gains
//! less here than for a mean, because se* rests on few runs (Hall and Martin): of studentised intervals of a median at
//! 95 % some 90 % hold the true one at n = 20, of BCa intervals 94 %.
//!
//! # References
//!
//! Maritz, Jarrett, "A note on estimating the variance of the sample median", JASA 73, 1978,
//! doi:10.1080/01621459.1978.10480027. Stigler, "Fractional order statistics, with applications", JASA 72, 1977.
//! Hyndman, Fan (1996), doi:10.2307/2684934. Efron (1987), doi:10.1080/01621459.1987.10478410. Hall (1988),
//! doi:10.1214/aos/1176350933. Hall, Martin, "On the error incurred using the bootstrap variance estimate when
//! constructing confidence intervals for quantiles", J. Multivariate Anal. 38, 1991.
//!
//! # Checked against
//!
//! A second implementation in exact arithmetic with mpmath's weights, SciPy and numpy
//! (`tests/reference/bootstrap_quantile.csv`, `_t`).

use super::super::distribution::beta;
use super::super::{Answer, Compute, Estimand, Kind, Method, Result, Settings, Undefined};
use super::{BCA_REFERENCE, Centred, Estimate, Found, Resampling};

pub(in crate::stats) const BCA: Method = Method {
    id: "bootstrap_quantile",
    label: "Quantile (BCa bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::Quantile,
    interval: None,
    reference: BCA_REFERENCE,
    compute: Compute::Sample(bca),
};

pub(in crate::stats) const STUDENTISED: Method = Method {
    id: "bootstrap_quantile_t",
    label: "Quantile (studentised bootstrap)",
    kind: Kind::Interval,
    estimand: Estimand::Quantile,
    interval: None,
    reference: "Hall (1988), doi:10.1214/aos/1176350933; Maritz and Jarrett (1978), \
                doi:10.1080/01621459.1978.10480027",
    compute: Compute::Sample(studentised),
};

fn bca(values: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([values])?;
    let quantiles = Quantiles::of(&values, settings)?;
    let [mut x] = quantiles.modes();
    let found = quantiles.resampling(settings)?.bca(|[ranks]| x.quantile(ranks))?;
    Ok(quantiles.warned(found).on_scale(|x| values.location(x))?.answer(quantiles.name(BCA.label)))
}

fn studentised(values: &[f64], settings: &Settings) -> Result<Answer> {
    let values = Centred::of([values])?;
    let quantiles = Quantiles::of(&values, settings)?;
    let resampling = quantiles.resampling(settings)?;
    let ([mut x], [weights]) = (quantiles.modes(), quantiles.weights()?);
    let found = resampling.studentised(|[ranks]| x.estimate(ranks, &weights))?;
    Ok(quantiles.warned(found).on_scale(|x| values.location(x))?.answer(quantiles.name(STUDENTISED.label)))
}

/// The quantile p of each mode. Drawn are ranks, not values: to count them is quicker than to sort.
pub(super) struct Quantiles<'a, const K: usize> {
    sorted: [&'a [f64]; K],
    ranks: [Vec<usize>; K],
    p: f64,
}

impl<'a, const K: usize> Quantiles<'a, K> {
    pub(super) fn of(values: &'a Centred<K>, settings: &Settings) -> Result<Self> {
        let p = settings.quantile;
        if (0.0..=1.0).contains(&p) {
            let ranks = values.modes.each_ref().map(|mode| (0..mode.len()).collect());
            Ok(Self { sorted: values.modes.each_ref().map(Vec::as_slice), ranks, p })
        } else {
            Err(Undefined::because(format!("{p} is not a fraction of the runs, so it has no quantile")))
        }
    }

    pub(super) fn resampling(&self, settings: &Settings) -> Result<Resampling<'_, usize, K>> {
        Resampling::new(self.ranks.each_ref().map(Vec::as_slice), settings)
    }

    pub(super) fn modes(&self) -> [Ranked<'a>; K] {
        self.sorted.map(|sorted| Ranked { sorted, p: self.p, up_to: vec![0; sorted.len()] })
    }

    /// I(i/n) and 1 − I(i/n) for i from 0 to n, for each mode.
    pub(super) fn weights(&self) -> Result<[Vec<[f64; 2]>; K]> {
        let mut all = [const { Vec::new() }; K];
        for (weights, mode) in all.iter_mut().zip(self.sorted) {
            let n = mode.len() as f64;
            let h = (n - 1.0) * self.p + 1.0;
            let tails = |x: f64| Ok([beta::cdf(x, h, n + 1.0 - h)?, beta::sf(x, h, n + 1.0 - h)?]);
            *weights = (0..=mode.len()).map(|i| tails(i as f64 / n)).collect::<Result<_>>()?;
        }
        Ok(all)
    }

    /// With a warning where few runs lie beyond the quantile.
    pub(super) fn warned(&self, mut found: Found) -> Found {
        const FEW: f64 = 5.0;
        let note = "few runs lie beyond the quantile, and no interval by resampling reaches beyond the last of them";
        let beyond = |mode: &[f64]| mode.len() as f64 * self.p.min(1.0 - self.p);
        if self.p != 0.5 && self.sorted.iter().any(|mode| beyond(mode) < FEW) {
            found.notes.push(note.to_owned());
        }
        found
    }

    /// A label with the quantile that was asked for.
    pub(super) fn name(&self, label: &str) -> String {
        if self.p == 0.5 {
            let of_median = OF_MEDIAN.iter().find(|(of_quantile, _)| *of_quantile == label);
            of_median.map_or(label, |(_, of_median)| of_median).to_owned()
        } else {
            format!("{label} at quantile {}", self.p)
        }
    }
}

/// What the methods of a quantile are called when it is the median.
const OF_MEDIAN: [(&str, &str); 4] = [
    ("Quantile (BCa bootstrap)", "Median (BCa bootstrap)"),
    ("Quantile (studentised bootstrap)", "Median (studentised bootstrap)"),
    ("Difference of quantiles (BCa bootstrap)", "Difference of medians (BCa bootstrap)"),
    ("Difference of quantiles (studentised bootstrap)", "Difference of medians (studentised bootstrap)"),
];

/// The sorted values of a mode.
pub(super) struct Ranked<'a> {
    sorted: &'a [f64],
    p: f64,
    /// How many values of a resample have this rank or a lower one.
    up_to: Vec<usize>,
}

impl Ranked<'_> {
    /// The quantile of the values of these ranks.
    pub(super) fn quantile(&mut self, ranks: &[usize]) -> f64 {
        self.up_to.fill(0);
        for &rank in ranks {
            self.up_to[rank] += 1;
        }
        let h = ranks.len().saturating_sub(1) as f64 * self.p;
        let (k, rest) = (h as usize, h.fract());
        let next = if rest > 0.0 { k + 1 } else { k };
        let (mut total, mut below, mut above) = (0, 0, 0);
        for count in &mut self.up_to {
            total += *count;
            *count = total;
            below += usize::from(total <= k);
            above += usize::from(total <= next);
        }
        self.sorted[below] + rest * (self.sorted[above] - self.sorted[below])
    }

    /// The quantile, with Maritz and Jarrett's standard error.
    pub(super) fn estimate(&mut self, ranks: &[usize], weights: &[[f64; 2]]) -> Estimate {
        let value = self.quantile(ranks);
        let (mut mean, mut square, mut before) = (0.0, 0.0, [0.0, 1.0]);
        for (x, &up_to) in self.sorted.iter().zip(&self.up_to) {
            let tails = weights[up_to];
            // By the smaller tail: the last weights may be tiny, and their values far out.
            let weight = if tails[0] < 0.5 { tails[0] - before[0] } else { before[1] - tails[1] };
            // Seen from the quantile, so that equal values have no error at all.
            let deviation = x - value;
            mean += weight * deviation;
            square += weight * deviation * deviation;
            before = tails;
        }
        Estimate { value, error: (square - mean * mean).max(0.0).sqrt() }
    }
}
