//! Whether the first run is unlike the rest: a warm-up that the study did not leave out.
//!
//! # Hypothesis
//!
//! H₀: the first run is of the same distribution as the others.
//!
//! # Formula
//!
//! ```text
//! estimate       = x₁ − mean(rest)
//! standard_error = sd(rest)·√(1 + 1/(n − 1))
//! statistic      = estimate/standard_error
//! df             = n − 2
//! ```
//!
//! x₁ lies outside the prediction interval that the other runs give for one more, when p is below 1 − level.
//!
//! # Assumptions
//!
//! Values in run order; independent runs, of a normal distribution. It is asked of the first run because that is where a
//! warm-up is, not because that run stands out.
//!
//! # References
//!
//! Hahn, Meeker, Statistical Intervals, 1991, doi:10.1002/9780470316771 (prediction interval for one further value).
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/first_run.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Kind, Method, Moments, Result, TestResult, Undefined, finite,
    t_distribution,
};

pub(super) const METHOD: Method = Method {
    id: "first_run",
    label: "First run against the rest",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Hahn and Meeker (1991), doi:10.1002/9780470316771",
    compute: Compute::Sample(|values, s| first_run(values, s.alternative, s.level).map(Answer::Test)),
};

/// Tests whether the first value is unlike the others; `Greater`: it is greater.
///
/// Undefined for fewer than four values, and when those after the first are all equal.
pub fn first_run(values: &[f64], alternative: Alternative, level: f64) -> Result<TestResult> {
    let [first, rest @ ..] = values else {
        return Err(Undefined::because("the sample is empty"));
    };
    if rest.len() < 3 {
        let n = values.len();
        return Err(Undefined::because(format!("comparing the first run with the rest needs four runs, not {n}")));
    }
    // Seen from the first value, so that an offset costs no digit.
    let rest = Moments::of(&rest.iter().map(|x| x - first).collect::<Vec<f64>>())?;
    if rest.sd == 0.0 {
        return Err(Undefined::because("the runs after the first do not vary"));
    }
    let standard_error = finite(rest.sd * (1.0 + 1.0 / rest.n as f64).sqrt())?;
    t_distribution::t_test(-rest.mean, standard_error, (rest.n - 1) as f64, alternative, level, METHOD.label)
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_first_run_has_a_place(
            values in prop::collection::vec((-1000i32..1000).prop_map(f64::from), 4..20),
            offset in -4096i32..4096, power in -500i32..500,
        ) {
            let p = |values: &[f64]| first_run(values, Alternative::TwoSided, 0.95).map(|test| test.p_value);
            let mut other: Vec<f64> = values.iter().map(|x| -(x + f64::from(offset)) * 2f64.powi(power)).collect();
            other[1..].reverse();
            match (p(&values), p(&other)) {
                (Ok(x), Ok(y)) => prop_assert!(relative_eq!(x, y, max_relative = 1e-9), "{x} {y}"),
                (x, y) => prop_assert_eq!(x, y),
            }
        }

        #[test]
        fn any_values_give_a_probability_or_a_reason(
            values in prop::collection::vec(prop_oneof![prop::num::f64::ANY, -3.0..3.0f64, Just(0.0)], 0..8),
            level in prop_oneof![Just(0.95), prop::num::f64::ANY],
        ) {
            if let Ok(test) = first_run(&values, Alternative::Less, level) {
                prop_assert!((0.0..=1.0).contains(&test.p_value) && test.interval.upper.unwrap().is_finite());
            }
        }
    }

    #[test]
    fn a_first_run_needs_three_others_that_vary() {
        let p = |values: &[f64]| first_run(values, Alternative::TwoSided, 0.95).map(|test| test.p_value);
        assert!(p(&[9.0, 1.0, 2.0]).is_err());
        assert!(p(&[9.0, 1.0, 1.0, 1.0]).is_err());
        assert!(p(&[9.0, 1.0, 1.1, 0.9]).unwrap() < 0.001);
    }
}
