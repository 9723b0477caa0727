//! Devices and their memory, as MLX reports them.

use std::fmt;

use crate::engine::{self, Engine};
use crate::error::{Error, Result};
use crate::mlx::{self, Figure};

/// Where a value lives and its work runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// The processor.
    Cpu,
    /// The graphics processor of that number: CUDA's on Linux, Metal's on macOS.
    Gpu(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Gpu(index) => write!(f, "gpu:{index}"),
        }
    }
}

impl Device {
    /// MLX's number of the GPU; none for the CPU.
    pub(crate) fn gpu(self) -> Option<u32> {
        match self {
            Device::Cpu => None,
            Device::Gpu(index) => Some(index),
        }
    }
}

/// Whether values can be put on a GPU in this process: the installed MLX has a GPU backend that finds a device, and
/// this is no forked child.
pub fn gpu_available() -> bool {
    gpu_count() > 0
}

/// How many GPUs can be used in this process.
pub fn gpu_count() -> u32 {
    Engine::current().gpu_count()
}

/// What MLX knows of a device, as sorted pairs of name and text: its name, architecture, memory size and the like.
pub fn device_info(device: Device) -> Result<Vec<(String, String)>> {
    Engine::current().lane(device)?;
    Ok(mlx::device_info(device.gpu())?)
}

/// Bytes in arrays that are alive or in use by pending work. MLX counts all its devices of this process together.
pub fn active_memory() -> Result<u64> {
    Ok(mlx::memory(Figure::Active)?)
}

/// The largest that [`active_memory`] was since the last reset.
pub fn peak_memory() -> Result<u64> {
    Ok(mlx::memory(Figure::Peak)?)
}

/// Bytes that MLX keeps for reuse.
pub fn cache_memory() -> Result<u64> {
    Ok(mlx::memory(Figure::Cache)?)
}

/// Bytes of active memory above which MLX waits for pending work before it schedules more.
pub fn memory_limit() -> Result<u64> {
    Ok(mlx::memory(Figure::Limit)?)
}

/// Sets [`memory_limit`]; answers with the limit before.
pub fn set_memory_limit(bytes: u64) -> Result<u64> {
    Ok(mlx::set_memory_limit(bytes)?)
}

/// Starts the count of [`peak_memory`] anew.
pub fn reset_peak_memory() -> Result<()> {
    Ok(mlx::reset_peak_memory()?)
}

/// Gives the memory that MLX keeps for reuse back to the system. Waits for pending work. In a forked child MLX would
/// wait for streams that did not survive the fork, so there it is refused.
pub fn clear_cache() -> Result<()> {
    if Engine::current().is_forked() {
        return Err(Error::unsupported("clearing MLX's memory cache in a forked child"));
    }
    engine::synchronize(&mut || Ok(()))?;
    Ok(mlx::clear_cache()?)
}
