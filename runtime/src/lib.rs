//! Values on MLX: streams, threads, evaluation, memory, host work and matrix products. It knows no Python.
//!
//! Reading order: [`Value`] and [`Device`]; `plan` for how graphs run, `engine` for when work is done and by whom,
//! `lane` for one device's share of it; `fork`; `mlx` is the one file that calls mlx-c and the C++ shim. Why it is built so: docs/adr/0002.

mod blas;
mod device;
mod eager;
mod engine;
mod error;
mod few;
mod fork;
pub mod generator;
mod host;
mod lane;
mod lapack;
mod lower;
mod mlx;
mod plan;
mod progress;
mod scalar;
mod value;

pub use blas::{blas_threads, open_blas, open_installed_blas, set_blas_threads};
pub use device::{
    Device, active_memory, cache_memory, clear_cache, device_info, gpu_available, gpu_count, memory_limit, peak_memory,
    reset_peak_memory, set_memory_limit,
};
pub use eager::Eager;
pub use engine::{batches, begin, eval, flush, schedule, set_origin, synchronize, wait};
pub use error::{Error, Origins, Result};
pub use fork::{after_fork_child, after_fork_parent, before_fork};
pub use host::{Plain, host, typed, typed_mut};
pub use plan::{Memory, Plan, Purpose, Run, execute};
pub use value::Value;
