//! The extension module `flashlight._C`: declares what Python sees and holds no algorithm.

#![allow(non_snake_case, reason = "the crate is named as Python names the module")]

use mlx_rs::{Array, Stream, with_stream};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The product of a 2x2 matrix with itself on MLX's CPU device: shows that the extension reaches libmlx.
#[pyfunction]
fn matmul_smoke(elements: [f32; 4]) -> PyResult<Vec<f32>> {
    let matrix = Array::from_slice(&elements, &[2, 2]);
    let product = with_stream(&Stream::cpu(), || mlx_rs::ops::matmul(&matrix, &matrix))
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(product.as_slice::<f32>().to_vec())
}

#[pymodule]
#[pyo3(name = "_C")]
fn extension(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(matmul_smoke, module)?)
}
