//! Compiles the C++ shim against the MLX headers that `mlx-sys` found.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo through its standard output")]

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            println!("cargo::error={sentence}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    println!("cargo::rerun-if-changed=shim");
    let from_mlx_sys =
        |name: &str| env::var(name).map_err(|error| format!("flashlight-runtime: mlx-sys should set {name}: {error}"));
    let mut build = cc::Build::new();
    build.cpp(true).std("c++20").warnings(false).include("shim");
    for header in env::split_paths(&env::var("DEP_MLX_FORCED_INCLUDE").unwrap_or_default()) {
        build.flag("-include").flag(header);
    }
    for folder in env::split_paths(&from_mlx_sys("DEP_MLX_INCLUDE")?) {
        build.flag("-isystem").flag(folder);
    }
    for definition in env::var("DEP_MLX_DEFINES").unwrap_or_default().split_whitespace() {
        build.flag(format!("-D{definition}"));
    }
    // Where the tests find the BLAS library: beside the MLX that this build links. The library itself does not read it.
    println!("cargo::rustc-env=FLASHLIGHT_BUILD_LIBMLX={}", from_mlx_sys("DEP_MLX_LIBDIR")?);
    for file in ["allocation", "evaluation", "host", "gemm"] {
        build.file(format!("shim/{file}.cpp"));
    }
    build.try_compile("flashlight_shim").map_err(|error| {
        format!("flashlight-runtime: the C++ shim did not compile (C++20 is needed, g++ 12 or newer): {error}")
    })
}
