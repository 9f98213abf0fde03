//! The distributions that the methods rest on: tails without cancellation, quantiles without a hang.

pub mod beta;
pub mod chi_squared;
pub(super) mod elementary;
pub mod f;
pub(super) mod gamma;
pub mod noncentral_t;
pub mod normal;
mod quadrature;
pub mod t;
