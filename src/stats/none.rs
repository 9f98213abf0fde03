//! No adjustment: the p-values of a family of tests as they are.
//!
//! # Definition
//!
//! Each p-value is of its own test. Of m true null hypotheses, m times the level are expected to be rejected.
//!
//! # Formula
//!
//! ```text
//! adjustedᵢ = pᵢ
//! ```
//!
//! # Assumptions
//!
//! That there is one question, or a reader who counts the tests.
//!
//! # References
//!
//! Rothman (1990), "No adjustments are needed for multiple comparisons", Epidemiology 1(1), 43–46,
//! doi:10.1097/00001648-199001000-00010.
//!
//! # Checked against
//!
//! R 4.2 `p.adjust` (`tests/reference/none.csv`).

use super::{Adjusted, Compute, Estimand, Kind, Method, Result, holm};

pub(super) const METHOD: Method = Method {
    id: "none",
    label: "No adjustment",
    kind: Kind::Adjustment,
    estimand: Estimand::None,
    interval: None,
    reference: "Rothman (1990), doi:10.1097/00001648-199001000-00010",
    compute: Compute::Adjust(none),
};

/// The p-values of a family of tests as they are; `None` is a test whose p-value is undefined.
///
/// Undefined when a p-value is not in [0, 1].
pub fn none(p_values: &[Option<f64>]) -> Result<Adjusted> {
    Ok(Adjusted { p_values: p_values.to_vec(), family: holm::ascending(p_values)?.len() })
}
