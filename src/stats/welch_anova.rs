//! Welch's one-way analysis of variance: one test of whether several modes have the same mean.
//!
//! # Hypothesis
//!
//! H₀: all k modes have the same mean; their variances may differ.
//!
//! # Formula
//!
//! ```text
//! wⱼ           = nⱼ/sdⱼ²,  hⱼ = wⱼ/Σw,  m = Σ hⱼ·meanⱼ,  a = Σ (1 − hⱼ)²/(nⱼ − 1)
//! statistic    = Σ wⱼ·(meanⱼ − m)²/(k − 1) / (1 + 2·(k − 2)/(k² − 1)·a)
//! numerator_df = k − 1
//! df           = (k² − 1)/(3·a)
//! p            = P(F(numerator_df, df) > statistic)
//! ```
//!
//! For two modes the statistic is the square of Welch's t, with the same p.
//!
//! # Assumptions
//!
//! Independent runs; means that are near normal.
//!
//! # References
//!
//! Welch (1951), doi:10.1093/biomet/38.3-4.330.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/welch_anova.csv`).

use super::distribution::f;
use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Moments, Result, TestResult, Undefined, finite,
};

pub(super) const METHOD: Method = Method {
    id: "welch_anova",
    label: "Welch's ANOVA",
    kind: Kind::Test,
    estimand: Estimand::None,
    interval: None,
    reference: "Welch (1951), doi:10.1093/biomet/38.3-4.330",
    compute: Compute::Omnibus(|modes, s| welch_anova(modes, s.level).map(Answer::Test)),
};

/// Tests whether all modes have the same mean.
///
/// Undefined with fewer than two modes, or when one has fewer than two values or is constant.
pub fn welch_anova(modes: &[Moments], level: f64) -> Result<TestResult> {
    if modes.len() < 2 {
        return Err(Undefined::because(format!("a test of several means needs two modes, not {}", modes.len())));
    }
    for (i, mode) in modes.iter().enumerate() {
        if mode.checked()?.sd == 0.0 {
            return Err(Undefined::because(format!(
                "mode {} does not vary between runs, so its weight is infinite",
                i + 1
            )));
        }
    }
    // Weights relative to the greatest one, and means to the first: neither overflow nor digits lost to an offset.
    let smallest = modes.iter().map(Moments::standard_error).fold(f64::INFINITY, f64::min);
    let weight = |mode: &Moments| square(smallest / mode.standard_error());
    let total: f64 = modes.iter().map(weight).sum();
    let shift = |mode: &Moments| mode.mean - modes[0].mean;
    let mean = modes.iter().map(|mode| weight(mode) / total * shift(mode)).sum::<f64>();
    let between: f64 = modes.iter().map(|mode| square((shift(mode) - mean) / mode.standard_error())).sum();
    let a: f64 = modes.iter().map(|mode| square(1.0 - weight(mode) / total) / (mode.n - 1) as f64).sum();

    let k = modes.len() as f64;
    let statistic = finite(between / (k - 1.0) / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * a))?;
    let df = finite((k * k - 1.0) / (3.0 * a))?;
    Ok(TestResult {
        statistic: Some(statistic),
        standard_error: None,
        df: Some(df),
        numerator_df: Some(k - 1.0),
        p_value: f::sf(statistic, k - 1.0, df)?,
        estimate: None,
        interval: Interval { level, lower: None, upper: None },
        alternative: Alternative::TwoSided,
        method: METHOD.label.to_owned(),
        note: None,
    })
}

fn square(x: f64) -> f64 {
    x * x
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::tests::modes;
    use crate::stats::welch;

    #[test]
    fn what_has_no_answer_is_undefined() {
        let [varies, constant] = [1.5, 0.0].map(|sd| Moments { n: 5, mean: 2.0, sd });
        assert!(welch_anova(&[], 0.95).is_err());
        assert!(welch_anova(&[varies], 0.95).is_err());
        let undefined = welch_anova(&[varies, varies, constant], 0.95).unwrap_err();
        assert_eq!(undefined.because, "mode 3 does not vary between runs, so its weight is infinite");
        for broken in [Moments { n: 1, ..varies }, Moments { mean: f64::NAN, ..varies }, Moments { sd: -1.0, ..varies }]
        {
            assert!(welch_anova(&[varies, broken], 0.95).is_err());
        }
        let far = Moments { mean: 1e300, sd: 1e-300, ..varies };
        assert!(welch_anova(&[varies, far, varies], 0.95).is_err());
    }

    proptest! {
        #[test]
        fn of_two_modes_it_is_welchs_test(modes in modes()) {
            let ours = welch_anova(&modes[..2], 0.95).unwrap();
            let welchs = welch::welch(&modes[0], &modes[1], Alternative::TwoSided, 0.95).unwrap();
            let t = welchs.statistic.unwrap();
            approx::assert_relative_eq!(ours.statistic.unwrap(), t * t, max_relative = 1e-11);
            approx::assert_relative_eq!(ours.df.unwrap(), welchs.df.unwrap(), max_relative = 1e-12);
            approx::assert_relative_eq!(ours.p_value, welchs.p_value, max_relative = 1e-10);
        }

        #[test]
        fn neither_order_nor_unit_matters(modes in modes(), turn in 0_usize..6, shift in -100.0..100.0, power in -600..600) {
            let scale = libm::ldexp(1.0, power);
            let ours = welch_anova(&modes, 0.95).unwrap();
            let mut moved: Vec<Moments> =
                modes.iter().map(|m| Moments { n: m.n, mean: (m.mean + shift) * scale, sd: m.sd * scale }).collect();
            moved.rotate_left(turn % modes.len());
            moved.swap(0, 1);
            let theirs = welch_anova(&moved, 0.95).unwrap();
            approx::assert_relative_eq!(ours.statistic.unwrap(), theirs.statistic.unwrap(), max_relative = 1e-9, epsilon = 1e-11);
            approx::assert_relative_eq!(ours.df.unwrap(), theirs.df.unwrap(), max_relative = 1e-10);
            approx::assert_relative_eq!(ours.p_value, theirs.p_value, max_relative = 1e-7);
        }
    }
}
