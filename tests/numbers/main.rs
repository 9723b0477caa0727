//! What the optimiser may say of numbers, on MLX: every cell of the layout column and every rule of the files, on random
//! typed instances, values and gradients.
// What is unwrapped here is an expectation of a test, also outside the test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "the filetests use the rest")]
#[path = "../values.rs"]
mod values;

mod instances;
mod relabellings;
mod rules;
