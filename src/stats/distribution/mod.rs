//! The distributions that the methods rest on: tails without cancellation, quantiles without a hang.

pub(super) mod gamma;
pub mod normal;
pub mod t;
