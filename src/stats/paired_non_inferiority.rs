//! Non-inferiority of pairs: whether the treatment is at most a margin worse than the baseline, by the differences within
//! blocks.
//!
//! # Hypothesis
//!
//! That of `non_inferiority`, also for a relative margin: the contrast μ₂ − w·μ₁ against the part of the limit that does
//! not depend on μ₁.
//!
//! # Formula
//!
//! ```text
//! estimate       = mean(treatment) − mean(baseline)
//! limit          = ±margin, or ±margin·|mean₁|                      + for Less, − for Greater
//! w              = 1,       or 1 ± margin·sign(mean₁)
//! eᵢ             = treatmentᵢ − w·baselineᵢ
//! standard_error = sd(e)/√n
//! statistic      = (estimate − limit)/standard_error
//! df             = n − 1
//! interval       = below estimate + t(df; level)·standard_error, or above estimate − t(df; level)·standard_error
//! ```
//!
//! With a relative margin p < α exactly when Fieller's interval at 1 − 2α (`paired_change`) leaves the margin out.
//!
//! # Assumptions
//!
//! Those of the paired t-test. A margin, and a direction, that were chosen before the data were seen.
//!
//! # References
//!
//! Schuirmann (1987), doi:10.1007/BF01068419, whose crossover trials are pairs. Relative margins: Fieller (1954),
//! doi:10.1111/j.2517-6161.1954.tb00159.x.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/paired_non_inferiority.csv`).

use super::non_inferiority::{limit, margin, side, tested};
use super::{
    Alternative, Answer, Compute, Estimand, Kind, Margin, Method, Moments, Result, TestResult, Undefined, moments,
    paired_t,
};

pub(super) const METHOD: Method = Method {
    id: "paired_non_inferiority",
    label: "Non-inferiority of pairs (one-sided paired t-test)",
    kind: Kind::Equivalence,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Schuirmann (1987), doi:10.1007/BF01068419",
    compute: Compute::Pairs(|a, b, s| {
        paired_non_inferiority(a, b, margin(s)?, s.alternative, s.level).map(Answer::Test)
    }),
};

/// Tests whether the treatment's mean is less than a margin worse than the baseline's, of values that belong together by
/// position. The alternative says which way is better: `Less`, lower values are; `Greater`, higher values are.
///
/// Undefined without a direction, when the values are not pairs, when there are fewer than two of these, or when what is
/// tested is the same in all pairs; with a relative margin also when the baseline's mean is zero.
pub fn paired_non_inferiority(
    baseline: &[f64],
    treatment: &[f64],
    margin: Margin,
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let differences = paired_t::differences(baseline, treatment)?;
    let side = side(alternative)?;
    let (limit, weight) = limit(margin, side, moments::mean(baseline)?)?;
    // From the first pair on: an offset costs no digit.
    let [first_b, first_t] = [baseline, treatment].map(|values| values.first().copied().unwrap_or(0.0));
    let contrasts: Vec<f64> =
        baseline.iter().zip(treatment).map(|(b, t)| (t - first_t) - weight * (b - first_b)).collect();
    let contrast = Moments::of(&contrasts)?;
    if !paired_t::varies(contrast.sd, baseline.iter().map(|b| weight * b).chain(treatment.iter().copied())) {
        return Err(Undefined::because("what is tested is the same in all pairs, so its standard error is zero"));
    }
    let precision = (contrast.standard_error(), (contrast.n - 1) as f64);
    tested(differences.mean, limit, precision, margin, alternative, level, METHOD.label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::paired_change::paired_change;
    use super::super::paired_t::paired_t;
    use super::*;

    fn blocks() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let block = (40.0..60.0f64, -3.0..3.0f64).prop_map(|(b, d)| (b, b + d));
        prop::collection::vec(block, 3..12).prop_map(|blocks| blocks.into_iter().unzip())
    }

    fn direction() -> impl Strategy<Value = Alternative> {
        prop::sample::select(vec![Alternative::Less, Alternative::Greater])
    }

    proptest! {
        #[test]
        fn is_the_paired_test_of_the_shifted_baseline((a, b) in blocks(), size in 0.01..3.0f64, to in direction()) {
            let sign = if to == Alternative::Less { 1.0 } else { -1.0 };
            for (margin, at) in [
                (Margin::Absolute(size), a.iter().map(|x| x + sign * size).collect::<Vec<_>>()),
                (Margin::Relative(size / 9.0), a.iter().map(|x| x * (1.0 + sign * size / 9.0)).collect()),
            ] {
                let ours = paired_non_inferiority(&a, &b, margin, to, 0.95).unwrap();
                let theirs = paired_t(&at, &b, to, 0.95).unwrap();
                prop_assert!(approx::relative_eq!(ours.p_value, theirs.p_value, max_relative = 1e-7));
                prop_assert_eq!(ours.df, theirs.df);
            }
        }

        #[test]
        fn a_relative_margin_is_decided_as_by_the_interval_of_the_change(
            (a, b) in blocks(), share in 0.001..0.2f64, to in direction(),
        ) {
            let test = paired_non_inferiority(&a, &b, Margin::Relative(share), to, 0.95).unwrap();
            let change = paired_change(&a, &b, 0.9).unwrap().interval.unwrap();
            let inside = match to {
                Alternative::Less => change.upper.unwrap() < share,
                _ => change.lower.unwrap() > -share,
            };
            prop_assert!((test.p_value - 0.05).abs() < 1e-9 || inside == (test.p_value < 0.05), "{test:?}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let because =
            |a: &[f64], b: &[f64], margin, to| paired_non_inferiority(a, b, margin, to, 0.95).unwrap_err().because;
        let (a, b) = ([1.0, 2.0, 4.0], [2.0, 3.0, 5.0]);
        let margin = Margin::Absolute(0.5);
        assert!(because(&a, &b, margin, Alternative::TwoSided).contains("less where lower is better"));
        assert!(because(&a, &b, margin, Alternative::Less).contains("the same in all pairs"));
        assert!(because(&a, &b[..2], margin, Alternative::Less).contains("cannot be pairs"));
        assert!(because(&[-1.0, 1.0], &a[..2], Margin::Relative(0.1), Alternative::Less).contains("mean is zero"));
    }
}
