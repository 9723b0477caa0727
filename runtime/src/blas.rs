//! The BLAS library for matrix products on the CPU: PyPI's `scipy-openblas32`, opened privately beside libmlx's own.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::mlx;

/// Opens the library of `scipy_cblas_*` functions at `path`, or the one that `FLASHLIGHT_OPENBLAS` names instead, where
/// it is set. The first library that opens stays; a process that opens none uses MLX's own products.
pub fn open_blas(path: &Path) -> Result<()> {
    named().unwrap_or_else(|| open(path))
}

/// Opens the library of `scipy-openblas32` that is installed beside the `mlx` whose libmlx is loaded, as [`open_blas`] does;
/// false where there is none. For programs that no Python tells where packages are.
pub fn open_installed_blas() -> Result<bool> {
    if let Some(named) = named() {
        return named.map(|()| true);
    }
    // packages/mlx/lib/libmlx.so
    let packages =
        mlx::libmlx().and_then(|library| Some(library.canonicalize().ok()?.ancestors().nth(3)?.to_path_buf()));
    let Some(folder) = packages.map(|packages| packages.join("scipy_openblas32/lib")) else { return Ok(false) };
    let files = folder.read_dir().into_iter().flatten().flatten().map(|file| file.path());
    let is_library = |file: &PathBuf| file.file_stem().is_some_and(|stem| stem == "libscipy_openblas");
    files.filter(is_library).min().map_or(Ok(false), |library| open(&library).map(|()| true))
}

fn open(path: &Path) -> Result<()> {
    mlx::open_blas(path).map_err(|failure| Error::user("open_blas", format_args!("{}: {}", path.display(), failure.0)))
}

/// What became of the library that `FLASHLIGHT_OPENBLAS` names; it is opened at the first call.
fn named() -> Option<Result<()>> {
    static NAMED: OnceLock<Option<Result<()>>> = OnceLock::new();
    NAMED.get_or_init(|| env::var_os("FLASHLIGHT_OPENBLAS").map(|path| open(Path::new(&path)))).clone()
}

/// Whether products can run through the library. A name in `FLASHLIGHT_OPENBLAS` that does not open is an error of every
/// product, not a slow product.
pub(crate) fn is_open() -> Result<bool> {
    named().transpose()?;
    Ok(mlx::blas_threads().is_some())
}

/// How many threads a matrix product on the CPU uses; none while no library is open.
pub fn blas_threads() -> Result<Option<usize>> {
    Ok(if is_open()? { mlx::blas_threads() } else { None })
}

/// Sets how many threads a matrix product on the CPU uses, 1 or more.
pub fn set_blas_threads(threads: usize) -> Result<()> {
    if threads == 0 || threads > 1024 {
        return Err(Error::user("set_blas_threads", format_args!("takes 1 to 1024 threads, {threads} given")));
    }
    if !is_open()? {
        return Err(Error::unsupported("setting the threads of MLX's own matrix products"));
    }
    mlx::set_blas_threads(threads);
    Ok(())
}
