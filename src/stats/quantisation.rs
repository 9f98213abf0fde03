//! Quantisation: whether the values are printed too coarsely for how little they vary.
//!
//! # Definition
//!
//! The step is the largest power of ten that all values are multiples of; the share is that of the variance which
//! rounding to such a step makes.
//!
//! # Formula
//!
//! ```text
//! share = step²/(12·sd²)
//! ```
//!
//! Rounding adds an error that is uniform over one step, hence of the variance step²/12, and as good as independent of
//! the value while the SD is half a step or more (for normal values their correlation falls like
//! exp(−2π²·sd²/step²)). Rounding is *coarse* when the SD is below one step: it then makes more than 1/12 of the
//! variance, and the SD is more than 4 % too large; below half a step the SD says nothing of the values any more.
//!
//! # Assumptions
//!
//! Values printed in decimals and not converted to another base since. The step found is the resolution or, if the last
//! digits are all zero by chance, a multiple of it.
//!
//! # References
//!
//! Sheppard (1898), doi:10.1112/plms/s1-29.1.353. Widrow, Kollár, Liu (1996), doi:10.1109/19.492748.
//!
//! # Checked against
//!
//! Exact decimal arithmetic (`tests/reference/quantisation.csv`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Compute, Estimand, Kind, Method, Moments, Result, Undefined, finite};

pub(super) const METHOD: Method = Method {
    id: "quantisation",
    label: "Quantisation",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Sheppard (1898), doi:10.1112/plms/s1-29.1.353",
    compute: Compute::Own,
};

/// Decimals that a double surely keeps through a change of unit or two.
const DIGITS: usize = 14;

/// Digits from the largest value to the step beyond which the values are not decimals at all.
const LONGEST: i32 = 12;

/// The grid that the values are on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantisation {
    /// In the unit of the values.
    pub step: f64,
    /// Of the variance, what rounding to the step makes; above one where the SD is far below the step.
    pub share: f64,
}

impl Quantisation {
    /// Whether the SD is below one step.
    pub fn is_coarse(&self) -> bool {
        self.share > 1.0 / 12.0
    }
}

/// Finds the decimal step that the values are multiples of.
///
/// Undefined for fewer than two values, when all are equal, and when they are not on a decimal grid.
pub fn quantisation(values: &[f64]) -> Result<Quantisation> {
    let sd = Moments::of(values)?.sd;
    if sd == 0.0 {
        return Err(Undefined::because("all values are equal"));
    }
    let places: Vec<(i32, i32)> = values.iter().filter_map(|&x| digits(x)).collect();
    let (Some(first), Some(last)) = (places.iter().map(|p| p.0).max(), places.iter().map(|p| p.1).min()) else {
        return Err(Undefined::because("all values are zero"));
    };
    if first - last >= LONGEST {
        return Err(Undefined::because("the values are not rounded to a decimal place"));
    }
    let step: f64 = format!("1e{last}").parse().unwrap_or_default();
    let steps = finite(step / sd)?;
    Ok(Quantisation { step, share: finite(steps * steps / 12.0)? })
}

/// The powers of ten of the first and the last digit of a decimal that is not zero.
fn digits(x: f64) -> Option<(i32, i32)> {
    let text = format!("{:.*e}", DIGITS - 1, x.abs());
    let (mantissa, exponent) = text.split_once('e')?;
    let first: i32 = exponent.parse().ok()?;
    let significant = mantissa.trim_end_matches('0');
    // `3.` and `3.25`: the point is no digit, nor is the digit before it a decimal.
    let decimals = significant.len().checked_sub(2)?;
    (x != 0.0).then_some((first, first - decimals as i32))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::quantisation;

    proptest! {
        #[test]
        fn a_grid_is_found_in_any_unit(
            values in prop::collection::vec(-100_000i32..100_000, 2..20), decimals in 0i32..9, unit in 0usize..4,
        ) {
            let unit = [1.0, 1e-3, 1e-6, 1e9][unit];
            // The last value makes the grid one of steps and not of tens of them.
            let values: Vec<f64> = values.into_iter().chain([1, 12]).map(f64::from).collect();
            let scaled: Vec<f64> = values.iter().map(|x| x / 10f64.powi(decimals) * unit).collect();
            let step = quantisation(&scaled).unwrap().step;
            let expected = 10f64.powi(-decimals) * unit;
            prop_assert!((step / expected - 1.0).abs() < 1e-9, "{step} {expected}");
        }

        #[test]
        fn any_values_give_a_step_or_a_reason(
            values in prop::collection::vec(prop_oneof![prop::num::f64::ANY, Just(0.0), -2.0..2.0f64], 0..6),
        ) {
            if let Ok(found) = quantisation(&values) {
                prop_assert!(found.step > 0.0 && found.step.is_finite() && found.share.is_finite());
            }
        }
    }

    #[test]
    fn a_standard_deviation_below_the_step_is_coarse() {
        let coarse = quantisation(&[11.6, 11.6, 11.7, 11.6, 11.6]).unwrap();
        assert_relative_eq!(coarse.step, 0.1);
        // The variance is 0.002, that of rounding 0.1²/12.
        assert_relative_eq!(coarse.share, 0.01 / 12.0 / 0.002, max_relative = 1e-12);
        assert!(coarse.is_coarse());
        assert!(!quantisation(&[11.6, 11.8, 11.7, 11.5, 11.3]).unwrap().is_coarse());
        assert!(quantisation(&[1.0 / 3.0, 2.0 / 3.0]).is_err());
        assert!(quantisation(&[2.0, 2.0]).is_err());
        assert!(quantisation(&[0.0, 0.0]).is_err());
    }
}
