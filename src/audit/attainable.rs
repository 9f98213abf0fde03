//! What a printed comparison can be, given the printed means and standard deviations: the range of each statistic over
//! their rounding intervals, jointly; exact but for the half-width and p, which are bounded to about 1 % of their range.
//!
//! # Formula
//!
//! With vᵢ = sᵢ²/nᵢ, S = v₁ + v₂ and w = v₂/S, Welch's test is
//!
//! ```text
//! SE = √S                  df = 1 / ((1 − w)²/(n₁ − 1) + w²/(n₂ − 1))
//! t  = (x̄₂ − x̄₁)/SE        p  = 2·P(T > |t|)        half-width of the CI = t₁₋α/₂(df)·SE
//! ```
//!
//! SE, t and d are monotone in every argument, so that their ranges stand at corners. df depends on w alone, and has its
//! only maximum n₁ + n₂ − 2 at w = (n₂ − 1)/(n₁ + n₂ − 2). At a fixed w the half-width and p grow with S, so that they
//! are largest on the upper and smallest on the lower edges of the rectangle of standard deviations; along an edge they
//! are bounded by intervals that are halved until the bound is tight.
//!
//! # References
//!
//! Welch (1947), doi:10.1093/biomet/34.1-2.28. Satterthwaite (1946), doi:10.2307/3002019. Statcheck, which bounds p by the
//! rounding of the printed statistic: Nuijten et al. (2016), doi:10.3758/s13428-015-0664-2.

use std::cell::RefCell;
use std::collections::HashMap;

use super::bounds::Bounds;
use crate::claims::PrintedTest;
use crate::stats::distribution::{normal, t as t_distribution};
use crate::stats::hedges_g;

/// What a figure can be: a number, or an interval about a centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Attainable {
    One(Bounds),
    /// Centre and half-width vary independently of each other.
    Interval {
        centre: Bounds,
        half: Bounds,
    },
}

impl Attainable {
    /// The range of each number as it would be printed.
    pub fn ends(self) -> Vec<Bounds> {
        match self {
            Self::One(bounds) => vec![bounds],
            Self::Interval { centre, half } => vec![centre - half, centre + half],
        }
    }

    pub fn is_finite(self) -> bool {
        self.ends().iter().all(|bounds| bounds.is_finite())
    }

    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::One(bounds) => Self::One(bounds.scaled(factor)),
            Self::Interval { centre, half } => {
                Self::Interval { centre: centre.scaled(factor), half: half.scaled(factor.abs()) }
            }
        }
    }
}

/// Two modes by their printed moments, the baseline first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes {
    pub sd: [Bounds; 2],
    pub n: [f64; 2],
    pub test: PrintedTest,
}

impl Modes {
    /// The standard error of the difference.
    pub fn standard_error(&self) -> Bounds {
        match self.test {
            PrintedTest::Welch => {
                let [a, b] = self.variances();
                (a + b).sqrt()
            }
            PrintedTest::Student => (self.pooled_sd() * self.root_of_inverse_sizes()).at_least(0.0),
        }
    }

    /// The square of the standard error of each mean.
    fn variances(&self) -> [Bounds; 2] {
        [0, 1].map(|i| self.sd[i].square().over(Bounds::exactly(self.n[i])))
    }

    /// √(1/n₁ + 1/n₂).
    pub fn root_of_inverse_sizes(&self) -> Bounds {
        let [a, b] = self.n.map(|n| Bounds::exactly(1.0).over(Bounds::exactly(n)));
        (a + b).sqrt()
    }

    pub fn pooled_variance(&self) -> Bounds {
        let [a, b] = [0, 1].map(|i| self.sd[i].square().scaled(self.n[i] - 1.0));
        (a + b).over(Bounds::exactly(self.most_df())).at_least(0.0)
    }

    pub fn pooled_sd(&self) -> Bounds {
        self.pooled_variance().sqrt()
    }

    /// n₁ + n₂ − 2, which no degrees of freedom exceed.
    pub fn most_df(&self) -> f64 {
        self.n[0] + self.n[1] - 2.0
    }

    /// The smaller sample's n − 1, which Welch's degrees of freedom never fall below.
    pub fn least_df(&self) -> f64 {
        self.n[0].min(self.n[1]) - 1.0
    }

    pub fn df(&self) -> Bounds {
        if self.test == PrintedTest::Student {
            return Bounds::exactly(self.most_df());
        }
        let [a, b] = self.variances();
        if a.high == 0.0 && b.high == 0.0 {
            return Bounds::new(self.least_df(), self.most_df());
        }
        // The share of the treatment's variance is least where its own is least and the other's most.
        let share = |b: f64, a: f64, neither: f64| if a + b > 0.0 { 1.0 / (1.0 + a / b) } else { neither };
        let (least, most) = (share(b.low, a.high, 0.0), share(b.high, a.low, 1.0));
        let [df_a, df_b] = self.n.map(|n| n - 1.0);
        let at = |w: f64| 1.0 / ((1.0 - w) * (1.0 - w) / df_a + w * w / df_b);
        let (one, other) = (at(least), at(most));
        let peak = df_b / (df_a + df_b);
        let high = if least <= peak && peak <= most { self.most_df() } else { one.max(other) };
        let bounds = Bounds::computed(one.min(other), high);
        bounds.meet(Bounds::new(self.least_df(), self.most_df())).unwrap_or(bounds)
    }

    /// Half of the confidence interval of the difference.
    pub fn half_width(&self, level: f64) -> Option<Bounds> {
        // Edges that are halved ask for the same degrees of freedom again and again.
        let known = RefCell::new(HashMap::new());
        let quantile = |df: f64| {
            let found = known.borrow().get(&df.to_bits()).copied();
            found.or_else(|| {
                let t = t_distribution::quantile(0.5 + level / 2.0, df).ok()?;
                known.borrow_mut().insert(df.to_bits(), t);
                Some(t)
            })
        };
        let range = |modes: &Self| {
            let df = modes.df();
            Some(Bounds::computed(quantile(df.high)?, quantile(df.low)?) * modes.standard_error())
        };
        self.over_edges(&range)
    }

    /// The two-sided p of a difference.
    pub fn p_value(&self, difference: Bounds) -> Option<Bounds> {
        let range = |modes: &Self| p_value(difference.over(modes.standard_error()), modes.df());
        self.over_edges(&range)
    }

    /// Cohen's d of a difference.
    pub fn cohen_d(&self, difference: Bounds) -> Bounds {
        difference.over(self.pooled_sd())
    }

    /// The range of what grows with the standard error at a fixed ratio of the standard deviations.
    fn over_edges(&self, range: &Ranged) -> Option<Bounds> {
        let whole = range(self)?;
        if self.sd.iter().all(|sd| sd.is_exact()) || self.test == PrintedTest::Student {
            return Some(whole);
        }
        let pinned = |i: usize, at: f64| {
            let mut sd = self.sd;
            sd[i] = Bounds::exactly(at);
            Self { sd, ..*self }
        };
        let edges = |upper: bool| [0, 1].map(|i| pinned(i, if upper { self.sd[i].high } else { self.sd[i].low }));
        let high = highest(edges(true), &|modes| range(modes))?;
        let low = -highest(edges(false), &|modes| Some(-range(modes)?))?;
        whole.meet(Bounds::new(low, high)).or(Some(whole))
    }

    /// With the standard deviation that varies between other ends.
    fn between(&self, low: f64, high: f64) -> Self {
        let mut sd = self.sd;
        sd[self.varying()] = Bounds::new(low, high);
        Self { sd, ..*self }
    }

    /// The place of the standard deviation that varies along an edge.
    fn varying(&self) -> usize {
        usize::from(self.sd[0].is_exact())
    }
}

/// A statistic's bounds for modes.
type Ranged<'r> = dyn Fn(&Modes) -> Option<Bounds> + 'r;

/// The pieces of edges that are looked at before a bound is taken as it is.
const PIECES: usize = 160;

/// How far above a value that is reached a bound may stay, relative to the range that was found.
const TIGHT: f64 = 0.01;

/// A piece of an edge: a bound of the statistic from above, and the values that it reaches at both ends.
struct Piece {
    modes: Modes,
    bound: f64,
    ends: [f64; 2],
}

impl Piece {
    fn new(modes: Modes, ends: [f64; 2], range: &Ranged) -> Option<Self> {
        Some(Self { bound: range(&modes)?.high, modes, ends })
    }

    /// What the statistic reaches at a point of the edge.
    fn reached(modes: &Modes, at: f64, range: &Ranged) -> Option<f64> {
        Some(range(&modes.between(at, at))?.low)
    }
}

/// A bound from above over two edges, close to the maximum.
fn highest(edges: [Modes; 2], range: &Ranged) -> Option<f64> {
    let mut pieces = Vec::new();
    for edge in edges {
        let Bounds { low, high } = edge.sd[edge.varying()];
        let ends = [Piece::reached(&edge, low, range)?, Piece::reached(&edge, high, range)?];
        pieces.push(Piece::new(edge, ends, range)?);
    }
    while pieces.len() < PIECES {
        let reached = || pieces.iter().flat_map(|piece| piece.ends);
        let (best, least) = (reached().fold(f64::NEG_INFINITY, f64::max), reached().fold(f64::INFINITY, f64::min));
        let top = (0..pieces.len()).max_by(|i, j| pieces[*i].bound.total_cmp(&pieces[*j].bound))?;
        let Bounds { low, high } = pieces[top].modes.sd[pieces[top].modes.varying()];
        let middle = low + (high - low) / 2.0;
        let close = pieces[top].bound - best <= TIGHT * (best - least) + 1e-13 * best.abs();
        if close || !(low < middle && middle < high) {
            break;
        }
        let Piece { modes, ends, .. } = pieces.swap_remove(top);
        let between = Piece::reached(&modes, middle, range)?;
        pieces.push(Piece::new(modes.between(low, middle), [ends[0], between], range)?);
        pieces.push(Piece::new(modes.between(middle, high), [between, ends[1]], range)?);
    }
    pieces.iter().map(|piece| piece.bound).reduce(f64::max)
}

/// How many standard errors an interval of that level reaches to each side.
pub(super) fn critical(df: Bounds, level: f64) -> Option<Bounds> {
    let at = |df: f64| t_distribution::quantile(0.5 + level / 2.0, df).ok();
    Some(Bounds::computed(at(df.high)?, at(df.low)?))
}

/// The same by the normal distribution.
pub(super) fn normal_critical(level: f64) -> Option<Bounds> {
    let z = normal::quantile(0.5 + level / 2.0).ok()?;
    Some(Bounds::computed(z, z))
}

/// The two-sided p of a statistic of Student's t.
pub(super) fn p_value(t: Bounds, df: Bounds) -> Option<Bounds> {
    if df.low <= 0.0 || df.low.is_nan() {
        return None;
    }
    let t = t.abs();
    let tail = |t: f64, df: f64| if t.is_finite() { t_distribution::sf(t, df).ok() } else { Some(0.0) };
    // A tail is the smaller the farther out, and the more degrees of freedom there are.
    let low = tail(t.high, df.high)?;
    let high = if t.is_exact() && df.is_exact() { low } else { tail(t.low, df.low)? };
    Some(Bounds::computed(2.0 * low, (2.0 * high).min(1.0)))
}

/// The two-sided p of a standard normal statistic.
pub(super) fn normal_p_value(z: Bounds) -> Option<Bounds> {
    let z = z.abs();
    let tail = |z: f64| if z.is_finite() { normal::sf(z).ok() } else { Some(0.0) };
    Some(Bounds::computed(2.0 * tail(z.high)?, (2.0 * tail(z.low)?).min(1.0)))
}

/// Hedges' correction of d: exact, or as it is usually approximated.
pub(super) fn correction(df: f64) -> Option<Bounds> {
    let (exact, usual) = (hedges_g::correction(df).ok()?, 1.0 - 3.0 / (4.0 * df - 1.0));
    Some(Bounds::computed(exact.min(usual), exact.max(usual)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::cohen_d::cohen_d;
    use crate::stats::welch::welch;
    use crate::stats::{Alternative, Moments};

    fn modes() -> impl Strategy<Value = (Modes, Bounds, Vec<[f64; 3]>)> {
        let sd = (0.0..3.0_f64, 0.0..0.5_f64).prop_map(|(low, width)| Bounds::new(low, low + width));
        let at = prop::collection::vec(prop::array::uniform3(0.0..=1.0_f64), 20);
        (prop::array::uniform2(sd), prop::array::uniform2(2..40_u32), -3.0..3.0_f64, 0.0..0.5_f64, at).prop_map(
            |(sd, n, low, width, mut at)| {
                at.extend([[0.0; 3], [1.0; 3], [0.0, 1.0, 0.5], [1.0, 0.0, 0.5]]);
                (Modes { sd, n: n.map(f64::from), test: PrintedTest::Welch }, Bounds::new(low, low + width), at)
            },
        )
    }

    proptest! {
        #[test]
        fn whatever_the_inputs_were_the_result_is_attainable((modes, difference, at) in modes()) {
            let (half, p) = (modes.half_width(0.95).unwrap(), modes.p_value(difference).unwrap());
            for point in at {
                let within = |bounds: Bounds, at: f64| (bounds.low + at * (bounds.high - bounds.low)).min(bounds.high);
                let mean = within(difference, point[2]);
                let a = Moments { n: modes.n[0] as usize, mean: 0.0, sd: within(modes.sd[0], point[0]) };
                let b = Moments { n: modes.n[1] as usize, mean, sd: within(modes.sd[1], point[1]) };
                let Ok(test) = welch(&a, &b, Alternative::TwoSided, 0.95) else { continue };
                let interval = test.interval;
                let width = (interval.upper.unwrap() - interval.lower.unwrap()) / 2.0;
                let se = modes.standard_error();
                prop_assert!(se.slack().contains(test.standard_error.unwrap()));
                prop_assert!(modes.df().slack().contains(test.df.unwrap()), "{modes:?} {test:?}");
                prop_assert!(difference.over(se).slack().contains(test.statistic.unwrap()));
                prop_assert!(half.slack().contains(width), "{half:?} {width}");
                prop_assert!(p.slack().contains(test.p_value), "{p:?} {}", test.p_value);
                let d = cohen_d(&a, &b, 0.95).unwrap().estimate;
                prop_assert!(modes.cohen_d(difference).slack().contains(d));
            }
        }

    }

    proptest! {
        // A grid takes some 400 pairs of quantiles.
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn bounds_of_the_half_width_are_tight((modes, _, _) in modes()) {
            let half = modes.half_width(0.95).unwrap();
            let point = |a: f64, b: f64| {
                let [a, b] = [Bounds::exactly(a), Bounds::exactly(b)];
                Modes { sd: [a, b], ..modes }.half_width(0.95).unwrap().middle()
            };
            let steps = 20;
            let grid = |bounds: Bounds| (0..=steps).map(move |i| bounds.low + (bounds.high - bounds.low) * f64::from(i) / f64::from(steps));
            let all: Vec<f64> = grid(modes.sd[0]).flat_map(|a| grid(modes.sd[1]).map(move |b| point(a, b))).collect();
            let (low, high) = (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(0.0, f64::max));
            let room = 0.05 * (high - low) + 1e-9;
            prop_assert!(half.high <= high + room && half.low >= low - room, "{half:?} [{low}, {high}]");
        }
    }

    /// Forty pieces left this bound a sixteenth of the range too low.
    #[test]
    fn a_minimum_on_a_flat_edge_is_found() {
        let high = 2.313395464953574;
        let sd = [Bounds::exactly(2.1858832317228583), Bounds::new(1.9764124792618356, high)];
        let modes = Modes { sd, n: [5.0, 19.0], test: PrintedTest::Welch };
        let half = modes.half_width(0.95).unwrap();
        assert!((2.6535..2.6537).contains(&half.low), "{half:?}");
        assert!((2.6648..2.6650).contains(&half.high), "{half:?}");
    }

    #[test]
    fn degrees_of_freedom_peak_inside_where_the_ratio_allows_it() {
        let sd = [Bounds::new(0.9, 1.1), Bounds::new(0.9, 1.1)];
        let modes = Modes { sd, n: [20.0, 20.0], test: PrintedTest::Welch };
        assert_eq!(modes.df().high, 38.0);
        assert!((36.56..36.57).contains(&modes.df().low), "{:?}", modes.df());
    }
}
