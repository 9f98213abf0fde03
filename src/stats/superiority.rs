//! The probability of superiority (common-language effect size, Vargha and Delaney's A).
//!
//! # Definition
//!
//! A = P(T > B) + ½·P(T = B) of a run of each mode: ½ when neither tends to be greater, 1 when each value of the
//! treatment is greater than each of the baseline.
//!
//! # Formula
//!
//! ```text
//! estimate A     = U/(n₁·n₂)
//! standard_error = √(s₁²/n₁ + s₂²/n₂), sⱼ² the variance of the values' placements: for a value of the treatment the
//!                  share of the baseline's that are less, equal ones counting half; and the reverse
//! interval       = logit⁻¹(logit A ± t(df; (1 + level)/2)·standard_error/(A·(1 − A)))
//! df             = Welch's, of the two terms
//! samples that do not overlap:
//! interval       = [n/(n + z²), 1] or [0, z²/(n + z²)],  n = min(n₁, n₂),  z = z((1 + level)/2)
//! ```
//!
//! The last is the set of A whose distance from 1 is within z of its largest possible standard error, √(A·(1 − A)/n).
//!
//! # Assumptions
//!
//! Independent runs.
//!
//! # References
//!
//! McGraw, Wong (1992), doi:10.1037/0033-2909.111.2.361. Vargha, Delaney (2000), doi:10.3102/10769986025002101. The
//! standard error: DeLong, DeLong, Clarke-Pearson (1988), doi:10.2307/2531595; the degrees of freedom: Brunner, Munzel
//! (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U. Why on the logit scale: Perme, Manevski
//! (2019), doi:10.1177/0962280218814556. Without overlap: Feng, Cliff (2004), doi:10.22237/jmasm/1099267560.
//!
//! # Checked against
//!
//! Counting in whole numbers and mpmath: 1e-12 (`tests/reference/superiority.csv`).

use super::{
    Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Moments, Result, normal, ranks,
    t_distribution, tail, welch,
};

pub(super) const METHOD: Method = Method {
    id: "superiority",
    label: "Probability of superiority (Vargha–Delaney A)",
    kind: Kind::EffectSize,
    estimand: Estimand::Superiority,
    interval: Some("on the logit scale"),
    reference: "Vargha and Delaney (2000), doi:10.3102/10769986025002101; Perme and Manevski (2019), \
                doi:10.1177/0962280218814556",
    compute: Compute::Samples(|a, b, s| superiority(a, b, s.level).map(Answer::Effect)),
};

/// P(T > B) + ½·P(T = B) of a run of each mode.
///
/// Undefined when a sample is empty or has a value that is not finite. Without an interval when the samples overlap
/// and one of them has a single value, or when all values are equal.
pub fn superiority(baseline: &[f64], treatment: &[f64], level: f64) -> Result<EffectSize> {
    let overlap = Overlap::of(baseline, treatment)?;
    let (interval, note) = overlap.interval(level)?;
    Ok(EffectSize { name: METHOD.label.to_owned(), estimate: overlap.superiority(), interval, note })
}

/// How two samples lie to each other.
pub(super) struct Overlap {
    /// Of each mode's values among the other's: twice the numbers, to keep them whole.
    placements: [Vec<u64>; 2],
    /// Twice U, and twice the pairs that U does not have.
    won: u64,
    lost: u64,
}

impl Overlap {
    pub(super) fn of(baseline: &[f64], treatment: &[f64]) -> Result<Self> {
        let (first, second) = (ranks::sorted(baseline)?, ranks::sorted(treatment)?);
        let placements = [ranks::placements(&first, &second), ranks::placements(&second, &first)];
        let [lost, won] = placements.each_ref().map(|twice| twice.iter().sum());
        Ok(Self { placements, won, lost })
    }

    pub(super) fn superiority(&self) -> f64 {
        self.won as f64 / (self.won + self.lost) as f64
    }

    /// By how much it is more than ½.
    pub(super) fn excess(&self) -> f64 {
        (self.won as f64 - self.lost as f64) / (2.0 * (self.won + self.lost) as f64)
    }

    pub(super) fn is_none(&self) -> bool {
        self.won == 0 || self.lost == 0
    }

    /// The standard error of the probability of superiority, and its degrees of freedom.
    pub(super) fn standard_error(&self) -> Result<(f64, f64)> {
        let [first, second] = self.placements.each_ref();
        let term = |own: &[u64], other: &[u64]| {
            let moments = Moments::of(&own.iter().map(|&twice| twice as f64).collect::<Vec<_>>())?;
            Ok((moments.standard_error() / (2.0 * other.len() as f64), own.len()))
        };
        welch::combined([term(first, second)?, term(second, first)?])
    }

    /// The interval of the probability of superiority, and what to say of it.
    pub(super) fn interval(&self, level: f64) -> Result<(Option<Interval>, Option<String>)> {
        let tail = tail(level, Alternative::TwoSided)?;
        if self.is_none() {
            let note = "the samples do not overlap, so the interval is that of the largest possible variance";
            return Ok((Some(self.largest_interval(level, tail)?), Some(note.to_owned())));
        }
        match self.standard_error() {
            Ok((error, df)) => Ok((Some(self.logit_interval(error, df, level)?), None)),
            Err(undefined) => Ok((None, Some(format!("no interval, because {}", undefined.because)))),
        }
    }

    fn logit_interval(&self, error: f64, df: f64, level: f64) -> Result<Interval> {
        let (won, lost) = (self.won as f64, self.lost as f64);
        let (share, rest) = (won / (won + lost), lost / (won + lost));
        let margin = t_distribution::critical(df, Alternative::TwoSided, level)? * error / (share * rest);
        let at = |shift: f64| Some(1.0 / (1.0 + lost / won * libm::exp(-shift)));
        Ok(Interval { level, lower: at(-margin), upper: at(margin) })
    }

    fn largest_interval(&self, level: f64, tail: f64) -> Result<Interval> {
        let z = normal::quantile(tail)?;
        let n = self.placements.each_ref().map(Vec::len).into_iter().min().unwrap_or_default() as f64;
        let (lower, upper) = if self.won == 0 { (0.0, z * z / (n + z * z)) } else { (n / (n + z * z), 1.0) };
        Ok(Interval { level, lower: Some(lower), upper: Some(upper) })
    }
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{anything, interval_is_sound, values};
    use super::*;

    proptest! {
        #[test]
        fn swapping_the_modes_leaves_the_rest_of_one(a in values(), b in values()) {
            let [there, back] = [superiority(&a, &b, 0.95), superiority(&b, &a, 0.95)].map(Result::unwrap);
            prop_assert!(relative_eq!(there.estimate, 1.0 - back.estimate, epsilon = 1e-15));
            prop_assert_eq!(there.interval.is_some(), back.interval.is_some());
            if let (Some(there), Some(back)) = (there.interval, back.interval) {
                prop_assert!(relative_eq!(there.lower.unwrap(), 1.0 - back.upper.unwrap(), epsilon = 1e-13));
                prop_assert!(relative_eq!(there.upper.unwrap(), 1.0 - back.lower.unwrap(), epsilon = 1e-13));
            }
        }

        #[test]
        fn only_the_order_of_values_matters(a in values(), b in values(), power in -600i32..600) {
            let stretched = |x: &[f64]| x.iter().map(|x| x.powi(3) * 2f64.powi(power)).collect::<Vec<_>>();
            prop_assert_eq!(superiority(&a, &b, 0.9), superiority(&stretched(&a), &stretched(&b), 0.9));
        }

        #[test]
        fn no_sample_makes_a_nan_or_a_panic(a in anything(), b in anything(), level in prop::num::f64::ANY) {
            for level in [level, 0.95, 1e-9, 1.0 - 1e-12] {
                if let Ok(effect) = superiority(&a, &b, level) {
                    prop_assert!((0.0..=1.0).contains(&effect.estimate));
                    if let Some(interval) = effect.interval {
                        let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
                        prop_assert!(interval_is_sound(&interval) && 0.0 <= lower && upper <= 1.0);
                        prop_assert!(lower <= effect.estimate + 1e-15 && effect.estimate <= upper + 1e-15);
                    }
                }
            }
        }
    }

    #[test]
    fn what_has_no_variance_says_so() {
        let apart = superiority(&[1.0, 2.0], &[3.0, 4.0], 0.95).unwrap();
        assert!(apart.note.unwrap().starts_with("the samples do not overlap"));
        assert_eq!((apart.estimate, apart.interval.unwrap().upper), (1.0, Some(1.0)));
        let equal = superiority(&[1.0, 1.0], &[1.0, 1.0], 0.95).unwrap();
        assert_eq!((equal.estimate, equal.interval), (0.5, None));
        assert!(equal.note.unwrap().starts_with("no interval, because neither mode varies"));
        let one = superiority(&[1.0, 3.0], &[2.0], 0.95).unwrap();
        assert!(one.interval.is_none() && one.note.is_some());
        assert!(superiority(&[], &[1.0], 0.95).is_err());
    }
}
