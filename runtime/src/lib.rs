//! runtime

pub mod generator;
