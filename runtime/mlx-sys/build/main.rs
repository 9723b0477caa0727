//! Builds mlx-c from the published crate's sources against the `mlx` wheel's headers, links the wheel's libmlx and
//! writes the Rust bindings. Fails with one sentence that says what to install; downloads nothing but the crate.

#![allow(clippy::print_stdout, reason = "a build script talks to cargo through its standard output")]

mod sources;
mod wheel;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wheel::MlxWheel;

/// The headers that every C++ file built against MLX is given first; see `compat/`.
const FORCED_INCLUDES: [&str; 2] = ["compat/format.hpp", "compat/half.h"];

fn main() {
    if let Err(sentence) = build() {
        println!("cargo::error={sentence}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in ["build", "compat"] {
        println!("cargo::rerun-if-changed={watched}");
    }

    let mlx_c = sources::find(&package)?;
    let version = sources::mlx_version(&mlx_c)?;
    let wheel = MlxWheel::find(&package, &version)?;

    compile(&package, &out, &mlx_c, &wheel)?;
    bind(&package, &out, &mlx_c, &wheel)?;
    link(&out, &wheel)?;
    publish(&package, &mlx_c, &version, &wheel)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("mlx-sys: cargo should set {name}: {error}"))
}

fn files_with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("mlx-sys: cannot list {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Gathers mlx-c's files into two, one for each of two cores: MLX's headers take longer to read than any file of mlx-c,
/// so reading them twice instead of 26 times takes a quarter of the time.
fn translation_units(out: &Path, mlx_c: &Path) -> Result<[PathBuf; 2], String> {
    let units = ["even", "odd"].map(|name| out.join(format!("mlx_c_{name}.cpp")));
    let mut texts = [String::new(), String::new()];
    for (index, file) in files_with_extension(&mlx_c.join("mlx/c"), "cpp")?.iter().enumerate() {
        texts[index % 2].push_str(&format!("#include \"{}\"\n", file.display()));
    }
    for (unit, text) in units.iter().zip(texts) {
        fs::write(unit, text).map_err(|error| format!("mlx-sys: cannot write {}: {error}", unit.display()))?;
    }
    Ok(units)
}

fn compile(package: &Path, out: &Path, mlx_c: &Path, wheel: &MlxWheel) -> Result<(), String> {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++20").warnings(false).include(mlx_c);
    build.flag("-isystem").flag(&wheel.include);
    for header in FORCED_INCLUDES {
        build.flag("-include").flag(package.join(header));
    }
    build.files(translation_units(out, mlx_c)?);
    build.out_dir(out.join("mlx-c")).cargo_metadata(false);
    build.try_compile("mlxc").map_err(|error| {
        format!("mlx-sys: mlx-c did not compile (a C++20 compiler is needed, g++ 12 or newer): {error}")
    })?;
    println!("cargo::rustc-link-search=native={}", out.join("mlx-c").display());
    println!("cargo::rustc-link-lib=static=mlxc");
    let standard_library = if target_is_apple() { "c++" } else { "stdc++" };
    println!("cargo::rustc-link-lib=dylib={standard_library}");
    Ok(())
}

fn bind(package: &Path, out: &Path, mlx_c: &Path, wheel: &MlxWheel) -> Result<(), String> {
    wheel::load_libclang(wheel)?;
    let mut builder = bindgen::Builder::default()
        .rust_edition(bindgen::RustEdition::Edition2024)
        .clang_arg(format!("-I{}", mlx_c.display()))
        .clang_args(system_include_flags()?)
        .clang_arg("-include")
        .clang_arg(package.join("compat/half.h").display().to_string())
        // src/lib.rs defines both with the one layout that mlx-rs expects on every target.
        .blocklist_type("b?float16_t")
        // Declared with widths that differ from the runtime symbols rustc knows.
        .blocklist_function("malloc|realloc");
    for header in files_with_extension(&mlx_c.join("mlx/c"), "h")? {
        builder = builder.header(header.display().to_string());
    }
    let bindings = builder.generate().map_err(|error| format!("mlx-sys: cannot bind the mlx-c headers: {error}"))?;
    let file = out.join("bindings.rs");
    bindings.write_to_file(&file).map_err(|error| format!("mlx-sys: cannot write {}: {error}", file.display()))
}

/// Where the C compiler keeps `stddef.h` and its like: the PyPI libclang is a bare library and brings no headers.
fn system_include_flags() -> Result<Vec<String>, String> {
    let compiler = cc::Build::new().try_get_compiler().map_err(|error| format!("mlx-sys: no C compiler: {error}"))?;
    let folder = output_line(compiler.to_command().arg("-print-file-name=include"))?;
    let mut flags = vec!["-isystem".to_owned(), folder];
    if target_is_apple() {
        flags.extend(["-isysroot".to_owned(), output_line(Command::new("xcrun").arg("--show-sdk-path"))?]);
    }
    Ok(flags)
}

fn output_line(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("mlx-sys: cannot run {command:?}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("mlx-sys: {command:?} failed: {}", said.trim().replace('\n', " ")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Links the wheel's libmlx through a link inside the build folder. Cargo puts search paths that lie in its target
/// folder on the loader's path of everything it runs, so every crate's tests and doc tests find the same libmlx.
fn link(out: &Path, wheel: &MlxWheel) -> Result<(), String> {
    let through = out.join("libmlx");
    let failed = |error| format!("mlx-sys: cannot link {} to {}: {error}", through.display(), wheel.library.display());
    match fs::remove_file(&through) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::os::unix::fs::symlink(&wheel.library, &through).map_err(failed)?;
    println!("cargo::rustc-link-search=native={}", through.display());
    println!("cargo::rustc-link-lib=dylib=mlx");
    Ok(())
}

/// Tells the build scripts of dependents (as `DEP_MLX_*`) what a C++ file of theirs must be built with; the crate's
/// documentation lists the names.
fn publish(package: &Path, mlx_c: &Path, version: &str, wheel: &MlxWheel) -> Result<(), String> {
    let joined = |paths: &[PathBuf]| {
        env::join_paths(paths)
            .map(|list| list.to_string_lossy().into_owned())
            .map_err(|error| format!("mlx-sys: a path of the build cannot stand in a path list: {error}"))
    };
    let forced: Vec<PathBuf> = FORCED_INCLUDES.iter().map(|header| package.join(header)).collect();
    println!("cargo::metadata=include={}", joined(&[wheel.include.clone(), mlx_c.to_path_buf()])?);
    println!("cargo::metadata=forced_include={}", joined(&forced)?);
    println!("cargo::metadata=defines=");
    println!("cargo::metadata=libdir={}", wheel.library.display());
    println!("cargo::metadata=version={version}");
    Ok(())
}

fn target_is_apple() -> bool {
    env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple")
}
