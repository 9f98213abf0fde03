//! Tukey's fences: which runs lie far from the others. They are shown, never left out.
//!
//! # Definition
//!
//! A value is outside beyond 1.5, and far out beyond 3 interquartile ranges from the nearer quartile.
//!
//! # Formula
//!
//! ```text
//! iqr         = upper_quartile − lower_quartile      (type 7)
//! lower_fence = lower_quartile − 1.5·iqr
//! upper_fence = upper_quartile + 1.5·iqr
//! ```
//!
//! and with 3 instead of 1.5 for what is far out.
//!
//! # Assumptions
//!
//! None; but independent normal values are flagged too: of 20, one or more are outside in 30 % of the samples and far out
//! in 2 %; of 10, in 28 and 5 %; of 5, in 33 and 13 %.
//!
//! # References
//!
//! Tukey, Exploratory Data Analysis, Addison-Wesley, 1977, ch. 2D. How often normal samples are flagged: Hoaglin,
//! Iglewicz, Tukey (1986), doi:10.1080/01621459.1986.10478363.
//!
//! # Checked against
//!
//! Exact rational arithmetic (`tests/reference/outliers.csv`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Compute, Estimand, Kind, Method, Result, Undefined, describe, finite};

pub(super) const METHOD: Method = Method {
    id: "outliers",
    label: "Tukey's fences",
    kind: Kind::Diagnostic,
    estimand: Estimand::None,
    interval: None,
    reference: "Tukey, Exploratory Data Analysis (1977)",
    compute: Compute::Own,
};

/// The fences, and the places of the values beyond them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outliers {
    pub lower_fence: f64,
    pub upper_fence: f64,
    /// Those that are far out among them.
    pub outside: Vec<usize>,
    pub far_out: Vec<usize>,
}

/// Finds the values outside Tukey's fences.
///
/// Undefined for fewer than four values, and when the quartiles are equal, so that there is no scale to measure by.
pub fn outliers(values: &[f64]) -> Result<Outliers> {
    if values.len() < 4 {
        let n = values.len();
        return Err(Undefined::because(format!("of {n} values none can lie beyond Tukey's fences")));
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // A value that is not finite is at an end.
    finite(sorted[0])?;
    finite(sorted[sorted.len() - 1])?;
    let (lower, upper) = (describe::quantile(&sorted, 0.25)?, describe::quantile(&sorted, 0.75)?);
    let iqr = finite(upper - lower)?;
    if iqr == 0.0 {
        return Err(Undefined::because("half of the values or more are equal, so there is no scale for outliers"));
    }
    let fences = |steps: f64| Ok((finite(lower - steps * iqr)?, finite(upper + steps * iqr)?));
    let beyond = |(low, high): (f64, f64)| (0..values.len()).filter(|&i| values[i] < low || values[i] > high).collect();
    let (lower_fence, upper_fence) = fences(1.5)?;
    Ok(Outliers {
        lower_fence,
        upper_fence,
        outside: beyond((lower_fence, upper_fence)),
        far_out: beyond(fences(3.0)?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::outliers;

    proptest! {
        #[test]
        fn the_places_follow_the_values(
            values in prop::collection::vec((-100i32..100).prop_map(|x| f64::from(x * x * x)), 4..30),
            power in -500i32..500,
        ) {
            let other: Vec<f64> = values.iter().rev().map(|x| -x * 2f64.powi(power)).collect();
            let mirrored = |places: Vec<usize>| places.into_iter().rev().map(|i| values.len() - 1 - i).collect::<Vec<_>>();
            match (outliers(&values), outliers(&other)) {
                (Ok(here), Ok(there)) => {
                    prop_assert!(here.far_out.iter().all(|place| here.outside.contains(place)));
                    prop_assert!(here.outside.len() <= values.len() / 2);
                    prop_assert_eq!(here.outside, mirrored(there.outside));
                    prop_assert_eq!(here.far_out, mirrored(there.far_out));
                }
                (here, there) => prop_assert_eq!(here.is_err(), there.is_err()),
            }
        }

        #[test]
        fn any_values_give_fences_or_a_reason(values in prop::collection::vec(prop::num::f64::ANY, 0..9)) {
            if let Ok(found) = outliers(&values) {
                prop_assert!(found.lower_fence.is_finite() && found.upper_fence.is_finite());
                prop_assert!(values.iter().all(|x| x.is_finite()));
            }
        }
    }

    #[test]
    fn far_out_values_are_found_by_their_place() {
        let found = outliers(&[5.0, 4.0, 100.0, 6.0, 5.5, 9.0, 4.5]).unwrap();
        // Quartiles 4.75 and 7.5, so fences at 0.625 and 11.625, far ones at -3.5 and 15.75.
        assert_eq!((found.lower_fence, found.upper_fence), (0.625, 11.625));
        assert_eq!((found.outside, found.far_out), (vec![2], vec![2]));
        assert!(outliers(&[1.0, 2.0, 3.0]).is_err());
        assert!(outliers(&[1.0, 1.0, 1.0, 1.0, 7.0]).is_err());
    }
}
