//! Host work as graph nodes: results that a Rust function computes on the CPU when they are evaluated.

use std::sync::Arc;

use flashlight_compiler::types::Type;

use crate::device::Device;
use crate::engine::Engine;
use crate::error::Result;
use crate::mlx::{self, Fate, HostWork};
pub use crate::mlx::{Plain, typed, typed_mut};
use crate::value::{Value, sizes};

/// Values of the given types that `work` will compute from the inputs' bytes: row-major, in the machine's byte order,
/// 8-byte aligned, each output exactly as long as its type says and full of zeros. It runs at most once, on the CPU
/// stream's thread, and must neither wait for values nor record any. Its error, or panic, is reported when a result is
/// read, or what was computed from one.
pub fn host(
    inputs: &[&Value],
    outputs: &[Type],
    work: impl FnOnce(&[&[u8]], &mut [&mut [u8]]) -> Result<(), String> + Send + 'static,
) -> Result<Vec<Value>> {
    make(inputs, outputs, Some(Arc::default()), Box::new(work))
}

/// [`host`] for work that does not fail: nothing is remembered of it. If it does, everything on its way fails with it.
pub(crate) fn sure_host(
    inputs: &[&Value],
    outputs: &[Type],
    work: impl FnOnce(&[&[u8]], &mut [&mut [u8]]) -> Result<(), String> + Send + 'static,
) -> Result<Vec<Value>> {
    make(inputs, outputs, None, Box::new(work))
}

fn make(inputs: &[&Value], outputs: &[Type], fate: Option<Arc<Fate>>, work: HostWork) -> Result<Vec<Value>> {
    let lane = Engine::current().lane(Device::Cpu)?;
    let arrays: Vec<_> = inputs.iter().map(|input| input.array()).collect();
    let shapes = outputs.iter().map(|ty| Ok((sizes(ty)?, ty.dtype))).collect::<Result<Vec<_>>>()?;
    let made = mlx::host(&arrays, &shapes, &lane.stream, fate.clone(), work)?;
    let values = made.into_iter().zip(outputs);
    values.map(|(array, ty)| Value::risky(array, ty.clone(), lane, inputs, fate.clone())).collect()
}
