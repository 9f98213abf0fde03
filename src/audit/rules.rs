//! What no data can give, whatever was rounded.
//!
//! A rule is one function and one line in [`RULES`]; it says why a figure is impossible.
//!
//! # References
//!
//! GRIM: Brown, Heathers (2017), doi:10.1177/1948550616673876. GRIMMER: Anaya (2016), doi:10.7287/peerj.preprints.2400v1,
//! in the analytic form of Allard (2018). Largest SD of bounded values: Bhatia, Davis (2000), "A better bound on
//! the variance", Amer. Math. Monthly 107(4), doi:10.1080/00029890.2000.12005203.

use super::bounds::Bounds;
use super::facts::Subject;
use crate::claims::Statistic;
use crate::metric::Kind;

/// A figure by what it is of, and its numbers in base units.
pub(super) struct Figure<'s, 'f, 'a> {
    pub of: &'s Subject<'f, 'a>,
    pub statistic: Statistic,
    pub numbers: &'s [Bounds],
    /// From printed to base units.
    pub factor: f64,
}

/// Why the figure is impossible, if it is.
type Rule = fn(&Figure) -> Option<String>;

pub(super) static RULES: &[Rule] = &[
    probability,
    sizes,
    degrees_of_freedom,
    interval_holds_estimate,
    within_limits,
    order,
    spread,
    whole_mean,
    whole_sd,
];

impl Figure<'_, '_, '_> {
    fn one(&self, statistic: Statistic) -> Option<Bounds> {
        let numbers = (self.statistic == statistic).then_some(self.numbers)?;
        if let [one] = numbers { Some(*one) } else { None }
    }
}

fn probability(figure: &Figure) -> Option<String> {
    let p = figure.one(Statistic::P).or_else(|| figure.one(Statistic::PAdjusted))?;
    (p.low > 1.0 || p.high < 0.0).then(|| "a probability lies between 0 and 1".to_owned())
}

fn sizes(figure: &Figure) -> Option<String> {
    let n = figure.one(Statistic::N)?;
    (n.low.ceil() > n.high.floor() || n.high < 1.0).then(|| "a number of runs is a whole number from 1 on".to_owned())
}

fn degrees_of_freedom(figure: &Figure) -> Option<String> {
    let df = figure.one(Statistic::Df)?;
    if df.high <= 0.0 {
        return Some("degrees of freedom are positive".to_owned());
    }
    let [baseline, treatment] = [figure.of.baseline().n()?, figure.of.n()?];
    let [m, n] = [baseline.bounds.low, treatment.bounds.low];
    if df.low > m + n - 2.0 {
        return Some(format!("df cannot exceed n₁ + n₂ − 2 = {}", m + n - 2.0));
    }
    (df.high < m.min(n) - 1.0).then(|| format!("df cannot be less than the smaller n − 1 = {}", m.min(n) - 1.0))
}

fn interval_holds_estimate(figure: &Figure) -> Option<String> {
    let [low, high] = figure.numbers else { return None };
    if low.low > high.high {
        return Some("the lower bound is above the upper one".to_owned());
    }
    let estimate = match figure.statistic {
        // Against our own difference the interval is held by its routes.
        Statistic::Ci if is_ratio(figure) => return None,
        Statistic::Ci => figure.of.printed(Statistic::Difference)?,
        _ if is_ratio(figure) => figure.of.printed(Statistic::MeanOfRatios)?,
        _ => figure.of.printed(Statistic::Mean)?,
    };
    let estimate_within = estimate.bounds.high >= low.low && estimate.bounds.low <= high.high;
    (!estimate_within).then(|| format!("the interval does not hold its own estimate, {}", estimate.text))
}

/// A ratio's figures may be of different estimators.
fn is_ratio(figure: &Figure) -> bool {
    matches!(figure.of.metric.kind, Kind::Ratio(_))
}

/// A mean, a total and a largest value lie where the single values can lie; an SD is not negative.
fn within_limits(figure: &Figure) -> Option<String> {
    let [value] = figure.numbers else { return None };
    let limits = figure.of.limits();
    let least = match figure.statistic {
        Statistic::Sd | Statistic::StandardError | Statistic::StandardErrorOfMean => {
            return (value.high < 0.0).then(|| "a standard deviation is not negative".to_owned());
        }
        Statistic::PercentChange if limits.low == Some(0.0) => {
            return (value.high < -1.0).then(|| "what cannot be negative cannot fall by more than 100 %".to_owned());
        }
        Statistic::Mean | Statistic::Max | Statistic::Pooled | Statistic::Rate | Statistic::MeanOfRatios => limits.low,
        Statistic::Total | Statistic::Ratio => limits.low.filter(|low| *low == 0.0),
        _ => return None,
    };
    if let Some(low) = least.filter(|low| value.high < *low) {
        return Some(format!("no value can be below {}", low / figure.factor));
    }
    let most = limits.high.filter(|_| matches!(figure.statistic, Statistic::Mean | Statistic::Max));
    most.filter(|high| value.low > *high).map(|high| format!("no value can be above {}", high / figure.factor))
}

/// What is in this order in every run is in this order on average, and so are the largest values.
const ORDERS: [&[&str]; 2] =
    [&["latency_p50", "latency_p75", "latency_p90", "latency_p99", "latency_max"], &["latency_mean", "latency_max"]];

fn order(figure: &Figure) -> Option<String> {
    let max = figure.one(Statistic::Max);
    if let Some((max, mean)) = max.and_then(|max| Some((max, figure.of.printed(Statistic::Mean)?)))
        && max.high < mean.bounds.low
    {
        return Some(format!("the largest value is less than the mean, {}", mean.text));
    }
    let own = figure.one(Statistic::Mean).or(max)?;
    ORDERS.iter().find_map(|ids| {
        let place = ids.iter().position(|id| *id == figure.of.metric.id)?;
        ids.iter().take(place).find_map(|lower| {
            let of = figure.of.on(lower)?;
            let value = of.printed(figure.statistic).filter(|value| value.bounds.low > own.high)?;
            Some(format!("it is less than the {}, {}", of.metric.label, value.text))
        })
    })
}

/// The largest SD of n values with that mean between two limits: all of them at one limit or the other.
fn spread(figure: &Figure) -> Option<String> {
    let sd = figure.one(Statistic::Sd)?;
    let (mean, n) = (figure.of.mean_of_values()?, figure.of.n()?);
    let (limits, n) = (figure.of.limits(), n.bounds.low);
    let low = limits.low?;
    if n < 2.0 {
        return (sd.low > 0.0).then(|| "a single value has no spread".to_owned());
    }
    let printed_max = figure.of.printed(Statistic::Max).map(|max| max.bounds.high).filter(|high| high.is_finite());
    let high = [limits.high, printed_max].into_iter().flatten().reduce(f64::min);
    let above = (mean.bounds - Bounds::exactly(low)).at_least(0.0);
    let below = match high {
        Some(high) => (Bounds::exactly(high) - mean.bounds).at_least(0.0),
        // All but one at the lower limit, that one as high as the mean demands.
        None => above.scaled(n - 1.0),
    };
    let most = (above * below).scaled(n / (n - 1.0)).sqrt().high;
    (sd.low > most * (1.0 + 1e-9)).then(|| {
        let (mean, low) = (&mean.text, low / figure.factor);
        match high.map(|high| high / figure.factor) {
            Some(high) => format!("{n} values with mean {mean} between {low} and {high} vary less"),
            None => format!("{n} values with mean {mean}, none of them below {low}, vary less"),
        }
    })
}

/// The totals of n whole numbers that a mean allows.
fn totals(mean: Bounds, n: f64) -> Option<std::ops::RangeInclusive<i64>> {
    let all = (mean.slack() * Bounds::exactly(n)).slack();
    let (low, high) = (all.low.ceil(), all.high.floor());
    (low.abs().max(high.abs()) < 9e15).then_some(low as i64..=high as i64)
}

fn whole_mean(figure: &Figure) -> Option<String> {
    let mean = figure.one(Statistic::Mean)?;
    let mean = mean.over(Bounds::exactly(figure.of.limits().step?));
    if !mean.is_finite() {
        return None;
    }
    let n = figure.of.n()?;
    if !totals(mean, n.bounds.low)?.is_empty() {
        return None;
    }
    let below = (mean.middle() * n.bounds.low).floor();
    Some(format!(
        "GRIM: no {} whole numbers have that mean; {below} ÷ {} is less, {} ÷ {} is more",
        n.text,
        n.text,
        below + 1.0,
        n.text
    ))
}

/// Beyond so many totals something always fits.
const MANY: i64 = 100_000;

fn whole_sd(figure: &Figure) -> Option<String> {
    let sd = figure.one(Statistic::Sd)?;
    let step = Bounds::exactly(figure.of.limits().step?);
    let sd = sd.over(step);
    if !sd.is_finite() {
        return None;
    }
    let (mean, n) = (figure.of.mean_of_values()?, figure.of.n()?);
    let count = n.bounds.low;
    let totals = totals(mean.bounds.over(step), count)?;
    let tried = totals.end().saturating_sub(*totals.start());
    if totals.is_empty() || tried > MANY || count < 2.0 {
        return None;
    }
    let fits = |total: i64| whole_squares(total, sd.slack(), count).is_none_or(|found| found);
    (!totals.clone().any(fits))
        .then(|| format!("GRIMMER: no {} whole numbers with mean {} have that standard deviation", n.text, mean.text))
}

/// Whether the squares of n whole numbers with that total can sum to what the SD demands; `None` where the numbers are
/// too large to tell.
fn whole_squares(total: i64, sd: Bounds, n: f64) -> Option<bool> {
    let square_of_mean = (total as f64) * (total as f64) / n;
    let sums = (sd.at_least(0.0).square().scaled(n - 1.0) + Bounds::exactly(square_of_mean)).slack();
    if sums.high > 9e15 {
        return None;
    }
    // As even as possible is the least that squares can sum to.
    let (whole, rest) = ((total as f64 / n).floor(), (total as f64).rem_euclid(n));
    let least = (n - rest) * whole * whole + rest * (whole + 1.0) * (whole + 1.0);
    let (low, high) = (sums.low.ceil().max(least) as i64, sums.high.floor() as i64);
    // A number and its square are both odd or both even.
    let odd = (low - total).rem_euclid(2);
    Some(low + odd <= high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whole_numbers_always_pass(values in prop::collection::vec(-20..200_i64, 2..30), decimals in 0..4_i32) {
            let n = values.len() as f64;
            let total: i64 = values.iter().sum();
            let mean = total as f64 / n;
            let squares: f64 = values.iter().map(|v| (*v as f64 - mean).powi(2)).sum();
            let half = 0.5 * 10_f64.powi(-decimals);
            let rounded = |x: f64| (x / (2.0 * half)).round() * (2.0 * half);
            let about = |x: f64| Bounds::new(rounded(x) - half, rounded(x) + half);
            let found = totals(about(mean), n).unwrap();
            prop_assert!(found.contains(&total), "{found:?} {total}");
            let sd = about((squares / (n - 1.0)).sqrt());
            prop_assert!(found.clone().any(|total| whole_squares(total, sd, n).unwrap()));
            prop_assert!(whole_squares(total, sd, n).unwrap());
        }
    }
}
