//! Cliff's δ (dominance, rank-biserial correlation).
//!
//! # Definition
//!
//! δ = P(T > B) − P(T < B) of a run of each mode: 0 when neither tends to be greater, ±1 when the samples do not
//! overlap.
//!
//! # Formula
//!
//! ```text
//! δ = 2·A − 1
//! ```
//!
//! and so for its interval; A is the probability of superiority (`superiority`), on whose logit scale the interval is
//! made: the same as Fisher's z of δ.
//!
//! # Assumptions
//!
//! Independent runs.
//!
//! # References
//!
//! Cliff (1993), doi:10.1037/0033-2909.114.3.494. The interval: see `superiority`.
//!
//! # Checked against
//!
//! Counting in whole numbers and mpmath: 1e-12 (`tests/reference/cliffs_delta.csv`).

use super::superiority::Overlap;
use super::{Answer, Compute, EffectSize, Estimand, Interval, Kind, Method, Result};

pub(super) const METHOD: Method = Method {
    id: "cliffs_delta",
    label: "Cliff's delta",
    kind: Kind::EffectSize,
    estimand: Estimand::Dominance,
    interval: Some("on the logit scale of the probability of superiority"),
    reference: "Cliff (1993), doi:10.1037/0033-2909.114.3.494; Perme and Manevski (2019), \
                doi:10.1177/0962280218814556",
    compute: Compute::Samples(|a, b, s| cliffs_delta(a, b, s.level).map(Answer::Effect)),
};

/// P(T > B) − P(T < B) of a run of each mode.
///
/// Undefined, and without an interval, where `superiority` is.
pub fn cliffs_delta(baseline: &[f64], treatment: &[f64], level: f64) -> Result<EffectSize> {
    let overlap = Overlap::of(baseline, treatment)?;
    let (interval, note) = overlap.interval(level)?;
    let delta = |share: Option<f64>| share.map(|share| 2.0 * share - 1.0);
    Ok(EffectSize {
        name: METHOD.label.to_owned(),
        estimate: 2.0 * overlap.excess(),
        interval: interval.map(|i| Interval { lower: delta(i.lower), upper: delta(i.upper), ..i }),
        note,
    })
}

#[cfg(test)]
mod tests {
    use approx::relative_eq;
    use proptest::prelude::*;

    use super::super::ranks::tests::{anything, values};
    use super::super::superiority::superiority;
    use super::*;

    proptest! {
        #[test]
        fn swapping_the_modes_flips_the_sign(a in values(), b in values()) {
            let [there, back] = [cliffs_delta(&a, &b, 0.95), cliffs_delta(&b, &a, 0.95)].map(Result::unwrap);
            prop_assert_eq!(there.estimate, -back.estimate);
            if let (Some(there), Some(back)) = (there.interval, back.interval) {
                prop_assert!(relative_eq!(there.lower.unwrap(), -back.upper.unwrap(), epsilon = 1e-12));
                prop_assert!(relative_eq!(there.upper.unwrap(), -back.lower.unwrap(), epsilon = 1e-12));
            }
        }

        #[test]
        fn it_is_the_superiority_in_another_unit(a in anything(), b in anything()) {
            match (cliffs_delta(&a, &b, 0.95), superiority(&a, &b, 0.95)) {
                (Ok(delta), Ok(share)) => {
                    prop_assert!(relative_eq!(delta.estimate, 2.0 * share.estimate - 1.0, epsilon = 1e-15));
                    prop_assert_eq!(delta.interval.is_some(), share.interval.is_some());
                }
                (delta, share) => prop_assert_eq!(delta.is_err(), share.is_err()),
            }
        }
    }
}
