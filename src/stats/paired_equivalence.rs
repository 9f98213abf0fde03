//! Equivalence of two means of pairs: two one-sided paired t-tests (TOST).
//!
//! # Hypothesis
//!
//! That of `equivalence`.
//!
//! # Formula
//!
//! Both tests of `paired_non_inferiority`, of which the weaker counts, and the bounds of both, which enclose 1 − 2α: as in
//! `equivalence`.
//!
//! # Assumptions
//!
//! Those of the paired t-test. A margin that was chosen before the data were seen.
//!
//! # References
//!
//! Schuirmann (1987), doi:10.1007/BF01068419. Lakens (2017), doi:10.1177/1948550617697177.
//!
//! # Checked against
//!
//! mpmath: 1e-12 (`tests/reference/paired_equivalence.csv`).

use super::equivalence::both;
use super::non_inferiority::margin;
use super::paired_non_inferiority::paired_non_inferiority;
use super::{Answer, Compute, Estimand, Kind, Margin, Method, Result, TestResult};

pub(super) const METHOD: Method = Method {
    id: "paired_equivalence",
    label: "Equivalence of pairs (TOST, paired t; interval at 1 − 2α)",
    kind: Kind::Equivalence,
    estimand: Estimand::MeanDifference,
    interval: None,
    reference: "Schuirmann (1987), doi:10.1007/BF01068419",
    compute: Compute::Pairs(|a, b, s| paired_equivalence(a, b, margin(s)?, s.level).map(Answer::Test)),
};

/// Tests whether the means of values that belong together by position differ by less than a margin, at α = 1 − level.
///
/// Undefined where `paired_non_inferiority` is.
pub fn paired_equivalence(baseline: &[f64], treatment: &[f64], margin: Margin, level: f64) -> Result<TestResult> {
    both(level, METHOD.label, |towards| paired_non_inferiority(baseline, treatment, margin, towards, level))
}

#[cfg(test)]
mod tests {
    use super::super::equivalence::equivalence;
    use super::super::{Alternative, Moments};
    use super::*;

    #[test]
    fn what_blocks_have_in_common_cancels() {
        let a = [10.0, 20.0, 30.0, 40.0, 50.0];
        let b = [10.2, 19.9, 30.1, 40.3, 49.8];
        for margin in [Margin::Absolute(1.0), Margin::Relative(0.03)] {
            let paired = paired_equivalence(&a, &b, margin, 0.95).unwrap();
            let unpaired = equivalence(&Moments::of(&a).unwrap(), &Moments::of(&b).unwrap(), margin, 0.95).unwrap();
            assert!(paired.p_value < 0.05 && unpaired.p_value > 0.4, "{paired:?} {unpaired:?}");
            assert_eq!((paired.df, paired.alternative, paired.interval.level), (Some(4.0), Alternative::TwoSided, 0.9));
            assert!(paired.method.contains("paired"));
        }
    }
}
