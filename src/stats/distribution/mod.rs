//! The distributions that the methods rest on: tails without cancellation, quantiles without a hang.

pub mod beta;
pub mod chi_squared;
pub(super) mod elementary;
pub mod f;
pub(super) mod gamma;
pub(super) mod many_to_one;
pub mod noncentral_t;
pub mod normal;
mod quadrature;
pub(super) mod studentised_maximum;
pub mod studentised_range;
pub mod t;
