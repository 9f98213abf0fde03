//! Benjamini and Hochberg's adjustment of p-values for testing many hypotheses at once.
//!
//! # Definition
//!
//! The smallest level at which a hypothesis is rejected when the expected share of false rejections among all
//! rejections, the false discovery rate, is kept below that level. More is found than by Holm's adjustment, and less is
//! promised: some of what is found may be false.
//!
//! # Formula
//!
//! ```text
//! adjusted₍ᵢ₎ = min over j ≥ i of min(1, m/j·p₍ⱼ₎)
//! ```
//!
//! with p₍₁₎ ≤ … ≤ p₍ₘ₎ the m p-values of the family.
//!
//! # Assumptions
//!
//! Independent tests, or positively dependent ones. Not to be used on p-values adjusted already (Games–Howell's,
//! Dunnett's).
//!
//! # References
//!
//! Benjamini, Hochberg (1995), J. R. Stat. Soc. B 57(1), 289–300, doi:10.1111/j.2517-6161.1995.tb02031.x. Under
//! dependence: Benjamini, Yekutieli (2001), doi:10.1214/aos/1013699998.
//!
//! # Checked against
//!
//! R 4.2 `p.adjust` (`tests/reference/benjamini_hochberg.csv`).

use super::{Adjusted, Compute, Estimand, Kind, Method, Result, holm};

pub(super) const METHOD: Method = Method {
    id: "benjamini_hochberg",
    label: "Benjamini–Hochberg adjustment",
    kind: Kind::Adjustment,
    estimand: Estimand::None,
    interval: None,
    reference: "Benjamini, Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x",
    compute: Compute::Adjust(benjamini_hochberg),
};

/// Adjusts the p-values of a family of tests; `None` is a test whose p-value is undefined, and stays so.
///
/// Undefined when a p-value is not in [0, 1].
pub fn benjamini_hochberg(p_values: &[Option<f64>]) -> Result<Adjusted> {
    let sorted = holm::ascending(p_values)?;
    let mut adjusted = vec![None; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &(i, p)) in sorted.iter().enumerate().rev() {
        smallest = smallest.min(sorted.len() as f64 / (rank + 1) as f64 * p);
        adjusted[i] = Some(smallest);
    }
    Ok(Adjusted { p_values: adjusted, family: sorted.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_test_without_a_p_value_is_not_in_the_family() {
        let adjusted = benjamini_hochberg(&[Some(0.02), None, Some(0.03)]);
        assert_eq!(adjusted, Ok(Adjusted { p_values: vec![Some(0.03), None, Some(0.03)], family: 2 }));
        assert_eq!(benjamini_hochberg(&[]), Ok(Adjusted { p_values: vec![], family: 0 }));
    }

    #[test]
    fn what_is_no_p_value_is_refused() {
        for p in [-0.1, 1.1, f64::NAN] {
            assert!(benjamini_hochberg(&[Some(0.5), Some(p)]).is_err());
        }
    }

    proptest! {
        #[test]
        fn it_lies_between_none_and_holms(p_values in prop::collection::vec(0.0..=1.0, 1..30)) {
            let family: Vec<Option<f64>> = p_values.iter().copied().map(Some).collect();
            let (ours, holms) = (benjamini_hochberg(&family).unwrap(), holm::holm(&family).unwrap());
            for ((p, ours), holms) in p_values.iter().zip(ours.p_values).zip(holms.p_values) {
                let (ours, holms) = (ours.unwrap(), holms.unwrap());
                prop_assert!(*p <= ours && ours <= holms * (1.0 + 1e-15));
            }
        }

        #[test]
        fn the_order_of_the_tests_does_not_matter(p_values in prop::collection::vec(0.0..=1.0, 1..30)) {
            let family: Vec<Option<f64>> = p_values.into_iter().map(Some).collect();
            let mut reversed = benjamini_hochberg(&family.iter().rev().copied().collect::<Vec<_>>()).unwrap();
            reversed.p_values.reverse();
            prop_assert_eq!(benjamini_hochberg(&family).unwrap(), reversed);
        }
    }
}
