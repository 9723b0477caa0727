//! Generic tests of the compiler: every op row by its samples, random graphs, hostile input and docs/ops.md.
// What is unwrapped here is an expectation of a test, also outside the test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod graphs;
mod hostile;
mod reference;
mod rows;
mod verifier;
