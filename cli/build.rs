//! Tells the loader where an installed program finds libmlx: in the `mlx` package beside the one that holds it.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo through its standard output")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let apple = std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
    let origin = if apple { "@executable_path" } else { "$ORIGIN" };
    println!("cargo::rustc-link-arg-bins=-Wl,-rpath,{origin}/../../mlx/lib");
}
