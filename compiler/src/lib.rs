//! The graph compiler: types, op rows, IR, rules, automatic differentiation, the optimiser. It knows neither Python nor MLX.
//!
//! Reading order, which is also the order of dependence: [`types`] -> [`ops`] -> [`ir`] -> [`rules`] -> [`autodiff`],
//! [`egraph`], [`fusion`].

pub mod autodiff;
pub mod egraph;
pub mod error;
pub mod fusion;
pub mod ir;
pub mod ops;
pub mod rules;
pub mod types;

pub use error::{Error, Result};
