//! Holm's adjustment of p-values for testing many hypotheses at once.
//!
//! # Definition
//!
//! The smallest level at which a hypothesis is rejected when the chance of any false rejection in the family is kept
//! below that level.
//!
//! # Formula
//!
//! ```text
//! adjusted₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎)
//! ```
//!
//! with p₍₁₎ ≤ … ≤ p₍ₘ₎ the m p-values of the family.
//!
//! # Assumptions
//!
//! None about the dependence of the tests. Not to be used on p-values adjusted already (Games–Howell's).
//!
//! # References
//!
//! Holm (1979), Scand. J. Statist. 6(2), 65–70, <https://www.jstor.org/stable/4615733>.
//!
//! # Checked against
//!
//! R 4.2 `p.adjust` (`tests/reference/holm.csv`).

use super::{Adjusted, Compute, Estimand, Kind, Method, Result, Undefined};

pub(super) const METHOD: Method = Method {
    id: "holm",
    label: "Holm's adjustment",
    kind: Kind::Adjustment,
    estimand: Estimand::None,
    interval: None,
    reference: "Holm (1979), Scand. J. Statist. 6(2), 65–70",
    compute: Compute::Adjust(holm),
};

/// Adjusts the p-values of a family of tests; `None` is a test whose p-value is undefined, and stays so.
///
/// Undefined when a p-value is not in [0, 1].
pub fn holm(p_values: &[Option<f64>]) -> Result<Adjusted> {
    let sorted = ascending(p_values)?;
    let mut adjusted = vec![None; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &(i, p)) in sorted.iter().enumerate() {
        largest = largest.max((sorted.len() - rank) as f64 * p).min(1.0);
        adjusted[i] = Some(largest);
    }
    Ok(Adjusted { p_values: adjusted, family: sorted.len() })
}

/// The p-values of a family from the smallest to the largest, each with its place. Undefined when one is not in [0, 1].
pub(super) fn ascending(p_values: &[Option<f64>]) -> Result<Vec<(usize, f64)>> {
    let mut sorted: Vec<(usize, f64)> = p_values.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    if let Some((_, p)) = sorted.iter().find(|(_, p)| !(0.0..=1.0).contains(p)) {
        return Err(Undefined::because(format!("{p} is not a p-value")));
    }
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    Ok(sorted)
}
