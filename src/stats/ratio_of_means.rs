//! The change of a mean relative to the baseline, with Fieller's interval.
//!
//! # Definition
//!
//! (mean(treatment) − mean(baseline))/mean(baseline), a fraction: 0.29 is +29 %.
//!
//! # Formula
//!
//! ```text
//! estimate = mean₂/mean₁ − 1
//! interval = {θ − 1: |mean₂ − θ·mean₁| ≤ t(df(θ); (1 + level)/2)·√(se₂² + θ²·se₁²)}
//! df(θ)    = (θ²·se₁² + se₂²)² / (θ⁴·se₁⁴/(n₁ − 1) + se₂⁴/(n₂ − 1))
//! ```
//!
//! with 1 the baseline and 2 the treatment: the ratios θ that Welch's test of mean₂ = θ·mean₁ does not reject. So the
//! interval excludes “no change” exactly when Welch's test of the difference rejects, and it excludes a relative margin
//! exactly when `non_inferiority` does. Fieller's closed form has the same t for every θ; with unequal variances the
//! degrees of freedom depend on θ, and one t for all of them lets interval and test contradict each other.
//!
//! When |mean₁| ≤ t(n₁ − 1; (1 + level)/2)·se₁, the baseline's mean is not distinguishable from zero, and the ratios that
//! the data do not contradict have no bounds.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal. Variances may differ.
//!
//! # References
//!
//! Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x. With unequal variances: Tamhane, Logan (2004), J. Biopharm.
//! Stat. 14, 843–856, whose degrees of freedom these are; with those at the estimate: Hasler, Hothorn (2008),
//! doi:10.1002/bimj.200710466.
//!
//! # Checked against
//!
//! mpmath, by bisection: 1e-12 (`tests/reference/ratio_of_means.csv`).

use super::{
    Alternative, Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Moments, Result, Undefined, finite,
    t_distribution, welch,
};

pub(super) const METHOD: Method = Method {
    id: "ratio_of_means",
    label: "Relative change of the mean (Fieller)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    interval: None,
    reference: "Fieller (1954), doi:10.1111/j.2517-6161.1954.tb00159.x",
    compute: Compute::Moments(|a, b, s| ratio_of_means(a, b, s.level).map(Answer::Effect)),
};

/// The relative change of the mean, a fraction of the baseline's mean, with an interval at a confidence level.
///
/// Undefined when the baseline's mean is zero, or a sample has fewer than two values, or both are constant. An
/// interval without bounds has a note.
pub fn ratio_of_means(baseline: &Moments, treatment: &Moments, level: f64) -> Result<EffectSize> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    if baseline.mean == 0.0 {
        return Err(Undefined::because("the baseline's mean is zero"));
    }
    let estimate = finite((treatment.mean - baseline.mean) / baseline.mean)?;
    let [of_baseline, of_treatment] = [baseline, treatment].map(|m| m.standard_error() / baseline.mean.abs());
    let ratio = treatment.mean / baseline.mean;
    // How far from the observed ratio the test of θ does not reject yet.
    let reach = |theta: f64| {
        let errors = [(theta.abs() * of_baseline, baseline.n), (of_treatment, treatment.n)];
        let (standard_error, df) = welch::combined(errors)?;
        finite(t_distribution::critical(df, Alternative::TwoSided, level)? * standard_error)
    };
    let first = reach(ratio)?;
    let of_zero = t_distribution::critical((baseline.n - 1) as f64, Alternative::TwoSided, level)?;
    let (interval, note) = if of_zero * of_baseline < 1.0 {
        let bound = |sign: f64| finite(estimate + sign * distance(ratio, sign, first, reach)?).map(Some);
        (Interval { level, lower: bound(-1.0)?, upper: bound(1.0)? }, None)
    } else {
        let note = "the interval has no bounds, because the baseline's mean is not distinguishable from zero";
        (Interval { level, lower: None, upper: None }, Some(note.to_owned()))
    };
    Ok(EffectSize { name: METHOD.label.to_owned(), estimate, interval: Some(interval), note })
}

/// Ten are usual.
const MOST_STEPS: usize = 500;

/// How far from the ratio, below (`sign` −1) or above it (+1), a bound lies: where the distance is what the test reaches.
///
/// With two or three runs of a mode the ratios that are not rejected can be in two pieces, as the degrees of freedom change
/// fast. Ratio 1, no change, is looked at first, so that even then the bound has it on the side on which the test says.
fn distance(ratio: f64, sign: f64, first: f64, reach: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    // Positive where the test rejects. Where nothing varies, at θ = 0, it rejects all but the ratio itself.
    let beyond = |distance: f64| match reach(finite(ratio + sign * distance)?) {
        Ok(reached) => Ok(distance - reached),
        Err(_) if ratio + sign * distance == 0.0 => Ok(distance),
        Err(undefined) => Err(undefined),
    };
    if first == 0.0 {
        return Ok(0.0);
    }
    let to_one = sign * (1.0 - ratio);
    let (mut inner, mut outer) = ((0.0, -first), (first, beyond(first)?));
    if to_one > 0.0 {
        let at_one = (to_one, beyond(to_one)?);
        if at_one.1 > 0.0 {
            outer = at_one;
        } else {
            inner = at_one;
            outer = (to_one + first, beyond(to_one + first)?);
        }
    }
    // It ends: far from all else the test is that of the baseline's mean, and rejects.
    while outer.1 <= 0.0 {
        let step = (2.0 * (outer.0 - inner.0)).max(outer.0 * 1e-9);
        let next = outer.0 + step;
        (inner, outer) = (outer, (next, beyond(next)?));
    }
    // The secant between the ends, with the weight of an end that stays halved (the Illinois variant of regula falsi).
    let mut weights = [1.0, 1.0];
    for _ in 0..MOST_STEPS {
        if outer.0 - inner.0 <= 2.0 * f64::EPSILON * outer.0 {
            break;
        }
        let (below, above) = (-inner.1 * weights[0], outer.1 * weights[1]);
        let secant = inner.0 + (outer.0 - inner.0) * (below / (below + above));
        let next = if secant > inner.0 && secant < outer.0 { secant } else { f64::midpoint(inner.0, outer.0) };
        let value = beyond(next)?;
        if value == 0.0 || next == inner.0 || next == outer.0 {
            return Ok(next);
        }
        if value > 0.0 {
            (outer, weights) = ((next, value), [weights[0] / 2.0, 1.0]);
        } else {
            (inner, weights) = ((next, value), [1.0, weights[1] / 2.0]);
        }
    }
    Ok(f64::midpoint(inner.0, outer.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Margin;
    use super::super::non_inferiority::non_inferiority;
    use super::super::welch::welch;
    use super::*;

    fn moments() -> impl Strategy<Value = Moments> {
        (2..40usize, 0.5..9.0f64, 0.01..2.0f64).prop_map(|(n, mean, sd)| Moments { n, mean, sd })
    }

    proptest! {
        #[test]
        fn excludes_no_change_exactly_when_welchs_test_rejects(a in moments(), b in moments(), level in 0.5..0.999f64) {
            let p = welch(&a, &b, Alternative::TwoSided, level).unwrap().p_value;
            let Interval { lower, upper, .. } = ratio_of_means(&a, &b, level).unwrap().interval.unwrap();
            prop_assume!((p - (1.0 - level)).abs() > 1e-9 && lower.is_some());
            prop_assert_eq!(lower.unwrap() > 0.0 || upper.unwrap() < 0.0, p < 1.0 - level);
        }

        #[test]
        fn excludes_a_relative_margin_exactly_when_its_test_rejects(
            a in moments(), b in moments(), share in 0.01..0.9f64,
        ) {
            let Interval { lower, upper, .. } = ratio_of_means(&a, &b, 0.9).unwrap().interval.unwrap();
            prop_assume!(lower.is_some() && a.n > 3 && b.n > 3);
            for (towards, inside) in
                [(Alternative::Less, upper.unwrap() < share), (Alternative::Greater, lower.unwrap() > -share)]
            {
                let p = non_inferiority(&a, &b, Margin::Relative(share), towards, 0.95).unwrap().p_value;
                prop_assert!((p - 0.05).abs() < 1e-9 || inside == (p < 0.05), "{towards:?} {p}");
            }
        }
    }

    #[test]
    fn does_not_contradict_the_test_where_one_t_for_all_ratios_does() {
        // By SciPy, p = 0.060 and the difference [−0.485, 0.015]; by the degrees of freedom at the ratio the change would be
        // [−36.6, −0.7] %.
        let a = Moments { n: 3, mean: 1.12, sd: 0.13 };
        let b = Moments { n: 10, mean: 0.885, sd: 0.16 };
        let test = welch(&a, &b, Alternative::TwoSided, 0.95).unwrap();
        let interval = ratio_of_means(&a, &b, 0.95).unwrap().interval.unwrap();
        assert!(test.p_value > 0.05 && interval.upper.unwrap() > 0.0, "{} {interval:?}", test.p_value);
    }
}
