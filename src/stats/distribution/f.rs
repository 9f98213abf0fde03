//! The F distribution: its upper tail, over the whole range of double precision.
//!
//! # Definition
//!
//! F = (V₁/df₁)/(V₂/df₂), with Vⱼ ~ χ²(dfⱼ) independent; degrees of freedom positive, not necessarily whole.
//!
//! # Formula
//!
//! ```text
//! P(F > f) = P(X > x),  X ~ Beta(df₁/2, df₂/2),  x = df₁·f/(df₁·f + df₂)
//! ```
//!
//! computed by the beta distribution's integral, given x, 1 − x and how far x is from the mean without cancellation.
//!
//! # References
//!
//! Abramowitz, Stegun, Handbook of Mathematical Functions, 1964, 26.6.2. Not statrs: it is off by 3e-6 with 1e9 degrees
//! of freedom beside 5, and its P(F > 1) with 1e9 of both is −3.7.
//!
//! # Checked against
//!
//! mpmath, degrees of freedom from 0.5 to 1e9, p from 1 to 1e-300: 1e-12 (`tests/reference/f_distribution.csv`).

use super::super::{Result, Undefined, finite};
use super::beta::{self, Point};

/// The upper tail P(F > f). Undefined unless f ≥ 0 and the degrees of freedom are between 0.2 and 2e20.
pub fn sf(f: f64, df1: f64, df2: f64) -> Result<f64> {
    if finite(f)? < 0.0 {
        return Err(Undefined::because(format!("an F statistic is not negative, as {f} is")));
    }
    let ratio = df1 / df2 * f;
    let (x, y) = if ratio < f64::MAX { (ratio / (1.0 + ratio), 1.0 / (1.0 + ratio)) } else { (1.0, 0.0) };
    let (a, b) = (df1 / 2.0, df2 / 2.0);
    // b·x − a·y, where the digits of f − 1 are those that count.
    beta::checked(a, b)?;
    Point { x, y, a, b, below: a * (1.0 - f) * y }.sf()
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::super::t;
    use super::*;

    proptest! {
        #[test]
        fn with_one_df_it_is_the_square_of_t(x in 0.01..30.0_f64, df in 0.5..1e6_f64) {
            assert_relative_eq!(sf(x * x, 1.0, df).unwrap(), 2.0 * t::sf(x, df).unwrap(), max_relative = 1e-11);
        }

        #[test]
        fn any_input_has_an_answer_or_a_reason(f in any::<f64>(), df1 in any::<f64>(), df2 in any::<f64>()) {
            let answers = [sf(f, df1, df2), sf(f.abs(), df1.abs(), 7.5), sf(f.abs(), 1.0, df2.abs())];
            for answer in answers.into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&answer), "{answer}");
            }
        }
    }
}
