//! The extension module `flashlight._C`: conversions, errors and classes for Python; it holds no algorithm.
//!
//! Reading order: `dispatch` (how the function table becomes Python's functions) -> `parse` -> `convert` -> `tensor`.

#![allow(non_snake_case, reason = "the crate is named as Python names the module")]

mod autograd;
mod compile;
mod convert;
mod data;
mod dispatch;
mod dlpack;
mod errors;
mod export;
mod generator;
mod parse;
mod system;
mod tensor;
mod types;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_C")]
fn extension(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<tensor::TensorObject>()?;
    module.add("_LinAlgError", module.py().get_type::<errors::LinAlgError>())?;
    types::declare(module)?;
    dispatch::declare(module)?;
    data::declare(module)?;
    dlpack::declare(module)?;
    autograd::declare(module)?;
    compile::declare(module)?;
    export::declare(module)?;
    generator::declare(module)?;
    system::declare(module)?;
    let shown = module.index()?.extract::<Vec<String>>()?.into_iter().filter(|name| !name.starts_with('_'));
    module.setattr("__all__", shown.collect::<Vec<_>>())
}
