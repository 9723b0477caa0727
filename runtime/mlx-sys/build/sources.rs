//! Finds the mlx-c sources, which the published mlx-sys crate carries, and the MLX version they are written for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder that holds mlx-c: `FLASHLIGHT_MLX_C` where set (builds without a network), else the published crate's,
/// which cargo downloads like any other.
pub fn find(package: &Path) -> Result<PathBuf, String> {
    println!("cargo::rerun-if-env-changed=FLASHLIGHT_MLX_C");
    let folder = match env::var_os("FLASHLIGHT_MLX_C") {
        Some(given) => {
            println!("cargo::rerun-if-changed={}", Path::new(&given).display());
            PathBuf::from(given)
        }
        None => published(package)?.join("src/mlx-c"),
    };
    if folder.join("mlx/c/mlx.h").is_file() {
        Ok(folder)
    } else {
        Err(format!("mlx-sys: {} holds no mlx-c sources (mlx/c/mlx.h)", folder.display()))
    }
}

/// Asks cargo where the published crate lies. The workspace patches that crate by this one, so the question is put for
/// a manifest outside the workspace.
fn published(package: &Path) -> Result<PathBuf, String> {
    let manifest = package.join("../mlx-c-source/Cargo.toml");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = env::var("HOST").map_err(|error| format!("mlx-sys: cargo should set HOST: {error}"))?;
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", &host, "--manifest-path"])
        .arg(&manifest)
        .output()
        .map_err(|error| format!("mlx-sys: cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "mlx-sys: cargo cannot fetch the published mlx-sys crate named by {}: {}",
            manifest.display(),
            said.trim().replace('\n', " ")
        ));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("mlx-sys: cargo metadata is not JSON: {error}"))?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|found| found["name"] == "mlx-sys")
        .and_then(|found| found["manifest_path"].as_str())
        .and_then(|path| Path::new(path).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("mlx-sys: {} names no mlx-sys", manifest.display()))
}

/// The MLX release that these sources are pinned to, such as `0.32.2`.
pub fn mlx_version(mlx_c: &Path) -> Result<String, String> {
    let file = mlx_c.join("CMakeLists.txt");
    let text =
        fs::read_to_string(&file).map_err(|error| format!("mlx-sys: cannot read {}: {error}", file.display()))?;
    text.lines()
        .find_map(|line| line.trim().strip_prefix("GIT_TAG v"))
        .map(|rest| rest.trim_end_matches(')').trim().to_owned())
        .ok_or_else(|| format!("mlx-sys: {} pins no MLX release (GIT_TAG v...)", file.display()))
}
