//! The change of a mean relative to the baseline, with an interval by the delta method on the log scale.
//!
//! # Definition
//!
//! (mean(treatment) − mean(baseline))/mean(baseline), a fraction: 0.29 is +29 %. H₀: it is 0.
//!
//! # Formula
//!
//! ```text
//! estimate       = mean₂/mean₁ − 1
//! standard_error = √(r₁² + r₂²),  rⱼ = sdⱼ/(√nⱼ·|meanⱼ|)           of ln(mean₂/mean₁)
//! statistic      = ln(mean₂/mean₁)/standard_error
//! df             = (r₁² + r₂²)² / (r₁⁴/(n₁ − 1) + r₂⁴/(n₂ − 1))
//! interval       = mean₂/mean₁·exp(±t(df; (1 + level)/2)·standard_error) − 1
//! ```
//!
//! with 1 the baseline and 2 the treatment. Unlike Fieller's interval (`ratio_of_means`) this one always has bounds,
//! but where the baseline's mean is hardly distinguishable from zero they mean nothing.
//!
//! # Assumptions
//!
//! Independent runs; relative standard errors rⱼ that are small, say below 0.1. Variances may differ.
//!
//! # References
//!
//! Hedges, Gurevitch, Curtis, "The meta-analysis of response ratios in experimental ecology", Ecology 80(4), 1999,
//! doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2. The df: Satterthwaite (1946), doi:10.2307/3002019.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/log_ratio_of_means.csv`).

use super::{
    Alternative, Answer, Compute, Estimand, Interval, Kind, Method, Moments, Result, TestResult, Undefined, finite,
    t_distribution, welch,
};

pub(super) const METHOD: Method = Method {
    id: "log_ratio_of_means",
    label: "Relative change of the mean (delta method, log scale)",
    kind: Kind::Interval,
    estimand: Estimand::RelativeChange,
    interval: None,
    reference: "Hedges, Gurevitch and Curtis (1999), doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2",
    compute: Compute::Moments(|a, b, s| log_ratio_of_means(a, b, s.alternative, s.level).map(Answer::Test)),
};

/// The relative change of the mean, a fraction of the baseline's mean, its interval, and the test that it is 0; the
/// standard error is that of the logarithm of the ratio. `Greater`: the change is positive.
///
/// Undefined when the means have not the same sign, or a sample has fewer than two values, or both are constant.
pub fn log_ratio_of_means(
    baseline: &Moments,
    treatment: &Moments,
    alternative: Alternative,
    level: f64,
) -> Result<TestResult> {
    let (baseline, treatment) = (baseline.checked()?, treatment.checked()?);
    let ratio = treatment.mean / baseline.mean;
    if ratio.is_nan() || ratio < 0.0 || treatment.mean == 0.0 || baseline.mean == 0.0 {
        let reason = "the means are not both positive or both negative, so their ratio has no logarithm";
        return Err(Undefined::because(reason));
    }
    let change = finite((treatment.mean - baseline.mean) / baseline.mean)?;
    // Each where it keeps the digits: next to 1 the ratio has lost those of a small change.
    let ln_ratio = if change.abs() < 0.5 { libm::log1p(change) } else { libm::log(ratio) };
    let terms = [baseline, treatment].map(|m| (m.standard_error() / m.mean.abs(), m.n));
    let (standard_error, df) = welch::combined(terms)?;
    let test = t_distribution::t_test(ln_ratio, standard_error, df, alternative, level, METHOD.label)?;
    let change_of = |ln: Option<f64>| ln.map(|x| finite(libm::expm1(x))).transpose();
    let interval = Interval { level, lower: change_of(test.interval.lower)?, upper: change_of(test.interval.upper)? };
    Ok(TestResult { estimate: Some(change), interval, ..test })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ratio_of_means::ratio_of_means;
    use super::*;

    proptest! {
        #[test]
        fn swapping_the_modes_inverts_the_ratio(
            n in prop::array::uniform2(2..100usize), mean in prop::array::uniform2(0.5..9.0f64),
            cv in prop::array::uniform2(0.0..0.3f64), sign in prop::sample::select(vec![1.0, -1.0]),
            power in -300..300i32,
        ) {
            let [a, b] = [0, 1].map(|i| Moments { n: n[i], mean: sign * mean[i], sd: cv[i] * mean[i] });
            let scaled = |m: Moments| Moments { mean: m.mean * 2f64.powi(power), sd: m.sd * 2f64.powi(power), ..m };
            if let Ok(there) = log_ratio_of_means(&a, &b, Alternative::Less, 0.9) {
                let back = log_ratio_of_means(&b, &a, Alternative::Greater, 0.9).unwrap();
                for (x, y) in [(there.estimate, back.estimate), (there.interval.upper, back.interval.lower)] {
                    let product = (1.0 + x.unwrap()) * (1.0 + y.unwrap());
                    prop_assert!(approx::relative_eq!(product, 1.0, max_relative = 1e-12));
                }
                prop_assert!(approx::relative_eq!(there.p_value, back.p_value, max_relative = 1e-9));
                prop_assert!(there.interval.upper >= there.estimate && there.interval.lower.is_none());
                prop_assert_eq!(log_ratio_of_means(&scaled(a), &scaled(b), Alternative::Less, 0.9), Ok(there));
            }
        }

        #[test]
        fn is_fiellers_interval_when_means_are_precise(n in prop::array::uniform2(2..100usize), ratio in 0.5..2.0f64) {
            let [a, b] = [(n[0], 1.0), (n[1], ratio)].map(|(n, mean)| Moments { n, mean, sd: 1e-6 });
            let delta = log_ratio_of_means(&a, &b, Alternative::TwoSided, 0.95).unwrap().interval;
            let fieller = ratio_of_means(&a, &b, 0.95).unwrap().interval.unwrap();
            let pairs = [(delta.lower, fieller.lower), (delta.upper, fieller.upper)];
            for (x, y) in pairs {
                prop_assert!(approx::abs_diff_eq!(x.unwrap(), y.unwrap(), epsilon = 1e-8), "{delta:?} {fieller:?}");
            }
        }
    }

    #[test]
    fn means_of_opposite_signs_have_no_log_ratio() {
        let [positive, negative, zero] = [3.0, -3.0, 0.0].map(|mean| Moments { n: 5, mean, sd: 1.0 });
        for (a, b) in [(positive, negative), (negative, positive), (positive, zero), (zero, positive), (zero, zero)] {
            let undefined = log_ratio_of_means(&a, &b, Alternative::TwoSided, 0.95).unwrap_err();
            assert!(undefined.because.starts_with("the means are not both positive"), "{undefined}");
        }
        assert!(log_ratio_of_means(&negative, &negative, Alternative::TwoSided, 0.95).is_ok());
    }
}
