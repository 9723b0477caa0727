//! The BLAS library for matrix products on the CPU: PyPI's `scipy-openblas32`, opened privately beside libmlx's own.

use std::env;
use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::mlx;

/// Opens the library of `scipy_cblas_*` functions at `path`. The first library that opens stays; a process that opens
/// none uses MLX's own products.
pub fn open_blas(path: &Path) -> Result<()> {
    mlx::open_blas(path).map_err(|failure| Error::user("open_blas", format_args!("{}: {}", path.display(), failure.0)))
}

/// Whether products can run through the library. The first call opens the one that `FLASHLIGHT_OPENBLAS` names, where
/// it is set; `FLASHLIGHT_NATIVE=0` keeps all products with MLX.
pub(crate) fn is_open() -> bool {
    static NAMED: OnceLock<()> = OnceLock::new();
    NAMED.get_or_init(|| {
        if let Some(path) = env::var_os("FLASHLIGHT_OPENBLAS") {
            // A name that does not open is reported by `blas_threads` as no library; products then run on MLX.
            let _ = open_blas(Path::new(&path));
        }
    });
    mlx::blas_threads().is_some()
}

/// How many threads a matrix product on the CPU uses; none while no library is open.
pub fn blas_threads() -> Option<usize> {
    is_open().then(mlx::blas_threads).flatten()
}

/// Sets how many threads a matrix product on the CPU uses, 1 or more.
pub fn set_blas_threads(threads: usize) -> Result<()> {
    if threads == 0 || threads > 1024 {
        return Err(Error::user("set_blas_threads", format_args!("takes 1 to 1024 threads, {threads} given")));
    }
    if !is_open() {
        return Err(Error::unsupported("setting the threads of MLX's own matrix products"));
    }
    mlx::set_blas_threads(threads);
    Ok(())
}
