//! The mlx-c API, bound over the libmlx of the `mlx` Python wheel: a drop-in for the published `mlx-sys`, which builds
//! its own MLX and only on macOS. Holds declarations; anything that decides belongs to the `runtime` crate.
//!
//! # For C++ of your own
//!
//! A dependent's build script reads what a C++ file against the same MLX needs (the names that the published crate has
//! mean the same here):
//!
//! | Variable | Value |
//! | --- | --- |
//! | `DEP_MLX_INCLUDE` | path list: the wheel's headers (`mlx/...`) and mlx-c's (`mlx/c/...`) |
//! | `DEP_MLX_FORCED_INCLUDE` | path list: headers to give with `-include`, so that g++ 12 and x86-64 have what MLX expects |
//! | `DEP_MLX_DEFINES` | whitespace-separated definitions (none) |
//! | `DEP_MLX_LIBDIR` | the folder of libmlx |
//! | `DEP_MLX_VERSION` | the MLX release, such as `0.32.2` |
//!
//! Compile as C++20. Nothing needs an rpath for `cargo test` and `cargo run`: cargo puts libmlx on the loader's path.

#![allow(unsafe_code, reason = "declarations of a C API")]

mod bindings {
    #![allow(
        missing_docs,
        non_camel_case_types,
        non_snake_case,
        non_upper_case_globals,
        clippy::all,
        rustdoc::all,
        reason = "generated from C headers"
    )]

    use super::{bfloat16_t, float16_t};

    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

pub use bindings::*;

/// The bits of an IEEE half-precision number.
#[allow(non_camel_case_types, reason = "the C API's name")]
#[repr(transparent)]
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct float16_t(pub u16);

/// The bits of a bfloat16 number.
#[allow(non_camel_case_types, reason = "the C API's name")]
pub type bfloat16_t = u16;

/// Stands in for the Mach clock, from which `mlx-rs` seeds its default random state: nanoseconds since the epoch.
#[cfg(not(target_vendor = "apple"))]
#[unsafe(no_mangle)]
pub extern "C" fn mach_approximate_time() -> u64 {
    // A clock before 1970 gives seed 0; a count that outgrows 64 bits is cut, which suits a seed.
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
