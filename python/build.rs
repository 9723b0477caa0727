//! Tells the loader where an installed extension finds libmlx: beside it, in the `mlx` package.

#![allow(clippy::print_stdout, reason = "a build script talks to cargo through its standard output")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let apple = std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
    let origin = if apple { "@loader_path" } else { "$ORIGIN" };
    println!("cargo::rustc-link-arg-cdylib=-Wl,-rpath,{origin}/../mlx/lib");
}
