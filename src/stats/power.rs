//! Planning with t-tests of means: how likely a difference is to be found, which difference will be, and how many runs
//! that takes.
//!
//! # Definition
//!
//! Power is the probability that the test rejects H₀ at level alpha when the modes differ by `difference`.
//!
//! # Formula
//!
//! ```text
//! ncp      = difference/standard_error
//! power    = P(T > c) + P(T ≤ −c),  c = t(df; 1 − alpha/2), T noncentral t(df, ncp); one-sided: one tail, of alpha
//! independent modes: standard_error, df as in Welch's test, of the true standard deviations
//! paired runs:       standard_error = sd/√n, df = n − 1, sd that of the differences
//! ```
//!
//! The minimum detectable difference is the difference at which the power is the wanted one; the runs needed are the
//! least multiple of `ratio` whose power is no less.
//!
//! # Assumptions
//!
//! Independent normal runs (or differences). For paired runs, and for Student's test with equal standard deviations and
//! as many runs of each mode, the power is exact. Welch's test estimates its df from the runs; taking them at the true
//! standard deviations makes its power approximate: by simulation 0.78 for a true 0.68 with 3 runs of each mode, 0.79
//! for 0.77 with 5, 0.785 for 0.781 with 10.
//!
//! # References
//!
//! Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, doi:10.4324/9780203771587. Harrison, Brady,
//! "Sample size and power calculations using the noncentral t-distribution", Stata Journal 4(2), 2004. For Welch's
//! test: Jan, Shieh (2011), doi:10.3758/s13428-011-0095-7.
//!
//! # Checked against
//!
//! mpmath, with up to a million runs of a mode: 1e-12; that no fewer runs suffice, by property tests
//! (`tests/reference/power.csv`).

use super::distribution::noncentral_t;
use super::{Alternative, Compute, Estimand, Kind, Method, Result, Undefined, finite, t_distribution, welch};

pub(super) const METHOD: Method = Method {
    id: "power",
    label: "Power of t-tests",
    kind: Kind::Planning,
    estimand: Estimand::None,
    interval: None,
    reference: "Cohen (1988), doi:10.4324/9780203771587",
    compute: Compute::Own,
};

/// More runs of a mode than this, nobody makes.
pub const MOST_RUNS: usize = 10_000_000;

/// How much runs vary, and the test to be made of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    pub variation: Variation,
    /// The significance level.
    pub alpha: f64,
    pub alternative: Alternative,
}

/// True standard deviations, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variation {
    /// Of the runs of each of two independent modes, baseline first.
    Independent([f64; 2]),
    /// Of the differences of paired runs.
    Paired(f64),
}

/// The probability of finding a difference, treatment − baseline, with so many runs of each mode, baseline first.
///
/// Undefined with fewer than 2 runs of a mode, unequal numbers of paired runs, or without variation.
pub fn power(design: &Design, runs: [usize; 2], difference: f64) -> Result<f64> {
    let test = Test::new(design, runs)?;
    // Further than that from 0 the power does not change, but the digits of the noncentral t are lost.
    test.power((finite(difference)? / test.standard_error).clamp(-1e10, 1e10))
}

/// The difference, treatment − baseline, in the unit of the values, that is found with this power with so many runs of
/// each mode; positive unless the alternative is that the treatment is less.
///
/// Undefined where [`power`] is, and unless alpha < power < 1.
pub fn minimum_detectable_difference(design: &Design, runs: [usize; 2], power: f64) -> Result<f64> {
    checked(power, design.alpha)?;
    let test = Test::new(design, runs)?;
    finite(test.standard_error * test.noncentrality(power)?)
}

/// The fewest runs of each mode, in this ratio of whole numbers (as `[1, 1]` or `[2, 3]`), that find the difference
/// with this power.
///
/// Undefined where [`power`] is, unless alpha < power < 1, for no difference or one that the alternative does not look
/// for, and when it takes more than [`MOST_RUNS`] runs of a mode.
pub fn runs_needed(design: &Design, ratio: [usize; 2], difference: f64, power: f64) -> Result<[usize; 2]> {
    checked(power, design.alpha)?;
    let sought = match design.alternative {
        Alternative::TwoSided => difference != 0.0,
        Alternative::Less => difference < 0.0,
        Alternative::Greater => difference > 0.0,
    };
    if !sought {
        return Err(Undefined::because(format!("a difference of {difference} is not one that the test looks for")));
    }
    let (least, most) = (ratio[0].min(ratio[1]), ratio[0].max(ratio[1]));
    if least == 0 || most > MOST_RUNS / 2 {
        return Err(Undefined::because(format!("runs cannot be in the ratio of {} to {}", ratio[0], ratio[1])));
    }
    let runs = |multiple: usize| ratio.map(|part| part * multiple);
    let suffices = |multiple: usize| Ok(self::power(design, runs(multiple), difference)? >= power);
    let limit = MOST_RUNS / most;
    // The greatest multiple known not to suffice (or to be too few runs for a test), and a candidate.
    let mut below = if least == 1 { 1 } else { 0 };
    let mut enough = below + 1;
    while !suffices(enough)? {
        if enough == limit {
            return Err(Undefined::because(format!(
                "finding a difference of {difference} with a power of {power} takes over {MOST_RUNS} runs of a mode"
            )));
        }
        below = enough;
        enough = (2 * enough).min(limit);
    }
    while enough - below > 1 {
        let middle = below + (enough - below) / 2;
        if suffices(middle)? { enough = middle } else { below = middle }
    }
    Ok(runs(enough))
}

fn checked(power: f64, alpha: f64) -> Result<()> {
    if power > alpha && power < 1.0 {
        Ok(())
    } else {
        Err(Undefined::because(format!("a power of {power} is not between alpha, {alpha}, and 1")))
    }
}

struct Test {
    standard_error: f64,
    df: f64,
    /// The statistic at which H₀ is rejected.
    critical: f64,
    alternative: Alternative,
}

impl Test {
    fn new(design: &Design, runs: [usize; 2]) -> Result<Self> {
        let Design { variation, alpha, alternative } = *design;
        if runs[0] < 2 || runs[1] < 2 {
            return Err(Undefined::because("a t-test needs at least two runs of each mode"));
        }
        let error = |sd: f64, n: usize| {
            if sd >= 0.0 {
                finite(sd / (n as f64).sqrt())
            } else {
                Err(Undefined::because("a standard deviation is negative"))
            }
        };
        let (standard_error, df) = match variation {
            Variation::Independent([first, second]) => {
                welch::combined([(error(first, runs[0])?, runs[0]), (error(second, runs[1])?, runs[1])])?
            }
            Variation::Paired(_) if runs[0] != runs[1] => {
                return Err(Undefined::because("paired runs are as many of each mode"));
            }
            Variation::Paired(0.0) => return Err(Undefined::because("the differences do not vary")),
            Variation::Paired(sd) => (error(sd, runs[0])?, (runs[0] - 1) as f64),
        };
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(Undefined::because(format!("a significance level of {alpha} is not between 0 and 1")));
        }
        let tail = if alternative == Alternative::TwoSided { alpha / 2.0 } else { alpha };
        let critical = -t_distribution::quantile(tail, df)?;
        Ok(Self { standard_error, df, critical, alternative })
    }

    fn power(&self, ncp: f64) -> Result<f64> {
        let &Self { df, critical, .. } = self;
        match self.alternative {
            Alternative::TwoSided => {
                let [above, below] = [noncentral_t::sf(critical, df, ncp)?, noncentral_t::cdf(-critical, df, ncp)?];
                Ok((above + below).min(1.0))
            }
            Alternative::Less => noncentral_t::cdf(-critical, df, ncp),
            Alternative::Greater => noncentral_t::sf(critical, df, ncp),
        }
    }

    /// The ncp with this power, in the direction of the alternative.
    fn noncentrality(&self, power: f64) -> Result<f64> {
        // What the one tail needs on its own is a little more than both tails need together.
        let one_tail = noncentral_t::noncentrality(self.critical, self.df, 1.0 - power)?;
        match self.alternative {
            Alternative::Greater => Ok(one_tail),
            Alternative::Less => Ok(-one_tail),
            Alternative::TwoSided => root(|ncp| Ok(self.power(ncp)? - power), one_tail),
        }
    }
}

/// The zero of an increasing function between 0 and `high`, by false position (the Illinois variant).
fn root(f: impl Fn(f64) -> Result<f64>, mut high: f64) -> Result<f64> {
    let mut low = 0.0;
    let (mut at_low, mut at_high) = (f(low)?, f(high)?);
    let (mut x, mut was_above) = (high, None);
    for _ in 0..100 {
        let next = high - at_high * (high - low) / (at_high - at_low);
        if !(next > low && next < high) || (next - x).abs() <= f64::EPSILON * x {
            break;
        }
        x = next;
        let value = f(x)?;
        let above = value > 0.0;
        // An end that stays put twice counts half, or it would stay for ever.
        let stale = if was_above == Some(above) { 0.5 } else { 1.0 };
        if above {
            (high, at_high, at_low) = (x, value, stale * at_low);
        } else {
            (low, at_low, at_high) = (x, value, stale * at_high);
        }
        was_above = Some(above);
    }
    finite(x)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;

    fn designs() -> impl Strategy<Value = Design> {
        let sd = 0.1..10.0;
        let variation =
            prop_oneof![[sd.clone(), sd.clone()].prop_map(Variation::Independent), sd.prop_map(Variation::Paired)];
        let alternative = prop_oneof![Just(Alternative::TwoSided), Just(Alternative::Less), Just(Alternative::Greater)];
        (variation, 0.001..0.2, alternative).prop_map(|(variation, alpha, alternative)| Design {
            variation,
            alpha,
            alternative,
        })
    }

    fn scaled(design: &Design, by: f64) -> Design {
        let variation = match design.variation {
            Variation::Independent(sd) => Variation::Independent(sd.map(|sd| sd * by)),
            Variation::Paired(sd) => Variation::Paired(sd * by),
        };
        Design { variation, ..*design }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_runs_needed_are_the_fewest(
            design in designs(), ratio in [1_usize..4, 1..4], size in 0.05..20.0_f64, wanted in 0.25..0.99,
        ) {
            let ratio = if let Variation::Paired(_) = design.variation { [1, 1] } else { ratio };
            let difference = if design.alternative == Alternative::Less { -size } else { size };
            let runs = runs_needed(&design, ratio, difference, wanted).unwrap();
            prop_assert!(power(&design, runs, difference).unwrap() >= wanted);
            prop_assert_eq!(runs[0] * ratio[1], runs[1] * ratio[0]);
            let fewer = [runs[0] - ratio[0], runs[1] - ratio[1]];
            match power(&design, fewer, difference) {
                Ok(power) => prop_assert!(power < wanted),
                Err(_) => prop_assert!(fewer.iter().any(|&n| n < 2)),
            }
        }

        #[test]
        fn the_detectable_difference_has_the_power(
            design in designs(), runs in [2_usize..200, 2..200], above_alpha in 0.001..0.999,
        ) {
            let runs = if let Variation::Paired(_) = design.variation { [runs[0]; 2] } else { runs };
            let wanted = design.alpha + above_alpha * (1.0 - design.alpha);
            let difference = minimum_detectable_difference(&design, runs, wanted).unwrap();
            prop_assert_eq!(difference < 0.0, design.alternative == Alternative::Less);
            assert_relative_eq!(power(&design, runs, difference).unwrap(), wanted, max_relative = 1e-12);
        }

        #[test]
        fn the_unit_does_not_matter(design in designs(), n in 2_usize..100, size in -5.0..5.0, exponent in -200..200) {
            let by = libm::ldexp(1.0, exponent);
            let here = power(&design, [n, n], size).unwrap();
            let there = power(&scaled(&design, by), [n, n], by * size).unwrap();
            assert_relative_eq!(here, there, max_relative = 1e-12);
        }

        #[test]
        fn swapping_the_modes_turns_the_sign(
            sd in [0.1..10.0, 0.1..10.0], runs in [2_usize..100, 2..100], by in -5.0..5.0,
        ) {
            let design = |sd, alternative| Design { variation: Variation::Independent(sd), alpha: 0.05, alternative };
            let there = power(&design(sd, Alternative::Less), runs, by).unwrap();
            let back = power(&design([sd[1], sd[0]], Alternative::Greater), [runs[1], runs[0]], -by).unwrap();
            assert_relative_eq!(there, back, max_relative = 1e-12);
        }

        #[test]
        fn any_input_has_an_answer_or_a_reason(
            sd in [any::<f64>(), any::<f64>()], alpha in any::<f64>(), runs in [any::<usize>(), any::<usize>()],
            difference in any::<f64>(), wanted in any::<f64>(),
        ) {
            for variation in [Variation::Independent(sd), Variation::Paired(sd[0])] {
                for alpha in [alpha, 0.05] {
                    let design = Design { variation, alpha, alternative: Alternative::TwoSided };
                    for runs in [runs, [runs[0] % 50; 2]] {
                        if let Ok(power) = power(&design, runs, difference) {
                            prop_assert!((0.0..=1.0).contains(&power));
                        }
                        for wanted in [wanted, 0.8] {
                            if let Ok(found) = minimum_detectable_difference(&design, runs, wanted) {
                                prop_assert!(found.is_finite());
                            }
                            if let Ok(needed) = runs_needed(&design, [runs[0], runs[1]], difference, wanted) {
                                prop_assert!(needed.iter().all(|n| (2..=MOST_RUNS).contains(n)));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn more_runs_than_anyone_makes_are_refused() {
        let variation = Variation::Independent([1.0, 1.0]);
        let design = Design { variation, alpha: 0.05, alternative: Alternative::TwoSided };
        let needed = |difference| runs_needed(&design, [1, 1], difference, 0.8);
        assert!(needed(0.0012).is_err(), "10.9 million runs of a mode");
        assert!(needed(0.00126).is_ok(), "9.9 million");
    }

    #[test]
    fn a_power_that_alpha_alone_gives_is_refused() {
        let design = Design { variation: Variation::Paired(1.0), alpha: 0.05, alternative: Alternative::Greater };
        assert!(minimum_detectable_difference(&design, [9, 9], 0.05).is_err());
        assert!(runs_needed(&design, [1, 1], -0.5, 0.8).is_err(), "the other direction");
    }
}
