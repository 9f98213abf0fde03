//! Non-inferiority: whether the treatment is at most a margin worse than the baseline.
//!
//! # Hypothesis
//!
//! ```text
//! alternative Less, where lower is better      H₀: μ₂ − μ₁ ≥ +Δ,  H₁: μ₂ − μ₁ < +Δ
//! alternative Greater, where higher is better  H₀: μ₂ − μ₁ ≤ −Δ,  H₁: μ₂ − μ₁ > −Δ
//! ```
//!
//! with 1 the baseline, 2 the treatment, and Δ = margin, or Δ = margin·|μ₁| when the margin is relative.
//!
//! # Formula
//!
//! A relative margin is not multiplied by the observed mean as if that were known: the hypothesis is one about the
//! linear contrast μ₂ − w·μ₁, and its standard error has that of the baseline's mean in it, as Fieller's interval does.
//!
//! ```text
//! estimate       = mean₂ − mean₁
//! limit          = ±margin, or ±margin·|mean₁|                      + for Less, − for Greater
//! w              = 1,       or 1 ± margin·sign(mean₁)
//! standard_error = √(w²·v₁ + v₂),  vⱼ = sdⱼ²/nⱼ
//! statistic      = (estimate − limit)/standard_error
//! df             = (w²·v₁ + v₂)² / (w⁴·v₁²/(n₁ − 1) + v₂²/(n₂ − 1))
//! interval       = below estimate + t(df; level)·standard_error, or above estimate − t(df; level)·standard_error
//! ```
//!
//! p < 1 − level exactly when the interval leaves the limit out; so with a relative margin the bound is not quite that
//! of a confidence interval of the difference, but allows for the limit being an estimate.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. A margin, and a direction, that were chosen before the data were seen.
//!
//! # References
//!
//! Schuirmann (1987), doi:10.1007/BF01068419. Relative margins: Hauschke, Kieser, Diletti, Burke, "Sample size
//! determination for proving equivalence based on the ratio of two means for normally distributed data", Stat. Med.
//! 18(1), 1999, 93–105; with unequal variances: Tamhane, Logan (2004), J. Biopharm. Stat. 14, 843–856.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/non_inferiority.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Margin, Method, Moments, Result, Settings, TestResult,
    Undefined, finite, t_distribution, welch,
};

pub(super) const METHOD: Method = Method {
    id: "non_inferiority",
    label: "Non-inferiority (one-sided Welch test)",
    kind: Kind::Equivalence,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Schuirmann (1987), doi:10.1007/BF01068419",
    compute: Compute::Moments(|a, b, s| non_inferiority(a, b, margin(s)?, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether the treatment's mean is less than a margin worse than the baseline's. The alternative says which way
/// is better: `Less`, lower values are; `Greater`, higher values are.
///
/// Undefined without a direction, when a sample has fewer than two values, or both are constant; with a relative margin
/// also when the baseline's mean is zero.
pub fn non_inferiority(
    baseline: &Moments,
    treatment: &Moments,
    margin: Margin,
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    let (limit, weight) = limit(margin, side(alternative)?, baseline.mean)?;
    let estimate = finite(treatment.mean - baseline.mean)?;
    let errors = [(weight.abs() * baseline.standard_error(), baseline.n), (treatment.standard_error(), treatment.n)];
    tested(estimate, limit, welch::combined(errors)?, margin, alternative, level, METHOD.label)
}

/// The test of an estimate, with its standard error and df, against the limit; with the bound on the side of the limit.
pub(super) fn tested(
    estimate: f64,
    limit: f64,
    (standard_error, df): (f64, f64),
    margin: Margin,
    alternative: Alternative,
    level: f64,
    method: &str,
) -> Result<TestResult> {
    let distance = finite(estimate - limit)?;
    let test = t_distribution::t_test(distance, standard_error, df, alternative, level, method)?;
    let reach = t_distribution::critical(df, alternative, level)? * standard_error;
    let bound = finite(estimate + side(alternative)? * reach)?;
    let interval = match alternative {
        Alternative::Less => Interval { level, lower: None, upper: Some(bound) },
        _ => Interval { level, lower: Some(bound), upper: None },
    };
    let note = matches!(margin, Margin::Relative(_)).then(|| {
        "the margin is a fraction of the baseline's mean, an estimate too: the interval, to be compared with that \
         fraction of the observed mean, allows for it"
            .to_owned()
    });
    Ok(TestResult { estimate: Some(estimate), interval, note, ..test })
}

/// On which side of no difference the limit lies.
pub(super) fn side(alternative: Alternative) -> Result<f64> {
    match alternative {
        Alternative::Less => Ok(1.0),
        Alternative::Greater => Ok(-1.0),
        Alternative::TwoSided => {
            let reason = "non-inferiority has a direction: the alternative must be less where lower is better, or \
                          greater where higher is better";
            Err(Undefined::because(reason))
        }
    }
}

/// The margin that was chosen.
pub(super) fn margin(settings: &Settings) -> Result<Margin> {
    settings.margin.ok_or_else(|| {
        Undefined::because("no margin was given; it is the largest difference that does not matter, chosen beforehand")
    })
}

/// The difference on one side that begins to matter, and the weight w for which it is (w − 1)·mean₁ if it depends on
/// the baseline's mean.
pub(super) fn limit(margin: Margin, side: f64, mean: f64) -> Result<(f64, f64)> {
    let (Margin::Absolute(size) | Margin::Relative(size)) = margin;
    if !(size > 0.0 && size.is_finite()) {
        return Err(Undefined::because(format!("a margin must be a positive number, not {size}")));
    }
    match margin {
        Margin::Absolute(_) => Ok((side * size, 1.0)),
        Margin::Relative(_) if mean == 0.0 => {
            Err(Undefined::because("the baseline's mean is zero, and the margin a fraction of it"))
        }
        Margin::Relative(_) => Ok((finite(side * size * mean.abs())?, 1.0 + side * size * mean.signum())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::welch::welch;
    use super::*;

    const LEVEL: f64 = 0.95;

    fn moments() -> impl Strategy<Value = Moments> {
        (2..60usize, 0.5..9.0f64, 0.01..2.0f64).prop_map(|(n, mean, sd)| Moments { n, mean, sd })
    }

    fn direction() -> impl Strategy<Value = Alternative> {
        prop::sample::select(vec![Alternative::Less, Alternative::Greater])
    }

    fn mirrored(m: Moments) -> Moments {
        Moments { mean: -m.mean, ..m }
    }

    proptest! {
        #[test]
        fn is_welch_of_the_shifted_baseline(a in moments(), b in moments(), size in 0.01..3.0f64, to in direction()) {
            let sign = if to == Alternative::Less { 1.0 } else { -1.0 };
            let ours = non_inferiority(&a, &b, Margin::Absolute(size), to, LEVEL).unwrap();
            let shifted = welch(&Moments { mean: a.mean + sign * size, ..a }, &b, to, LEVEL).unwrap();
            prop_assert!(approx::relative_eq!(ours.p_value, shifted.p_value, max_relative = 1e-9));
            // A relative margin is that of the baseline scaled by 1 ± margin.
            let scale = 1.0 + sign * size;
            let ours = non_inferiority(&a, &b, Margin::Relative(size), to, LEVEL).unwrap();
            let scaled = Moments { mean: a.mean * scale, sd: a.sd * scale.abs(), ..a };
            let theirs = welch(&scaled, &b, to, LEVEL).unwrap();
            prop_assert!(approx::relative_eq!(ours.p_value, theirs.p_value, max_relative = 1e-9));
        }

        #[test]
        fn the_interval_decides(
            a in moments(), b in moments(), size in 0.01..3.0f64, to in direction(), level in 0.5..0.999f64,
        ) {
            for (margin, limit) in [(Margin::Absolute(size), size), (Margin::Relative(size), size * a.mean)] {
                let test = non_inferiority(&a, &b, margin, to, level).unwrap();
                let inside = match to {
                    Alternative::Less => test.interval.upper.unwrap() < limit,
                    _ => test.interval.lower.unwrap() > -limit,
                };
                let close = (test.p_value - (1.0 - level)).abs() < 1e-9;
                prop_assert!(close || inside == (test.p_value < 1.0 - level), "{test:?}");
            }
        }

        #[test]
        fn is_the_mirror_image_of_mirrored_values(a in moments(), b in moments(), size in 0.01..3.0f64) {
            for margin in [Margin::Absolute(size), Margin::Relative(size)] {
                let less = non_inferiority(&a, &b, margin, Alternative::Less, LEVEL).unwrap();
                let greater =
                    non_inferiority(&mirrored(a), &mirrored(b), margin, Alternative::Greater, LEVEL).unwrap();
                prop_assert_eq!((less.p_value, less.df), (greater.p_value, greater.df));
                prop_assert_eq!(less.interval.upper, greater.interval.lower.map(|x| -x));
            }
        }

        #[test]
        fn the_unit_does_not_matter(a in moments(), b in moments(), power in -300..300i32, to in direction()) {
            let unit = 2f64.powi(power);
            let [small, large] = [1.0, unit].map(|unit| {
                let [a, b] = [a, b].map(|m| Moments { mean: m.mean * unit, sd: m.sd * unit, ..m });
                [Margin::Absolute(0.25 * unit), Margin::Relative(0.25)]
                    .map(|margin| non_inferiority(&a, &b, margin, to, LEVEL).unwrap())
                    .map(|test| (test.p_value, test.df, test.statistic))
            });
            prop_assert_eq!(small, large);
        }
    }

    #[test]
    fn says_what_to_choose() {
        let a = Moments { n: 5, mean: 2.0, sd: 1.0 };
        let because = |margin, alternative| non_inferiority(&a, &a, margin, alternative, LEVEL).unwrap_err().because;
        assert!(because(Margin::Absolute(1.0), Alternative::TwoSided).contains("less where lower is better"));
        for size in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            for margin in [Margin::Absolute(size), Margin::Relative(size)] {
                assert!(because(margin, Alternative::Less).starts_with("a margin must be a positive number, not"));
            }
        }
        let zero = Moments { mean: 0.0, ..a };
        let undefined = non_inferiority(&zero, &a, Margin::Relative(0.1), Alternative::Less, LEVEL).unwrap_err();
        assert!(undefined.because.starts_with("the baseline's mean is zero"));
        assert!(margin(&Settings::default()).unwrap_err().because.starts_with("no margin was given; "));
    }
}
