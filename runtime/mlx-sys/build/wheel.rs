//! Finds, through the build Python, the `mlx` wheel's headers and libmlx, and the `libclang` wheel's library.
//! Knows nothing of how they are used.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints, each on its line and nothing where absent: the interpreter; each folder of the `mlx` package, prefixed
/// `mlx `; the folder of libclang, prefixed `libclang `. Imports neither.
const ASK: &str = r#"
import importlib.util, os, sys

def folders(name):
    try:
        spec = importlib.util.find_spec(name)
    except ImportError:
        return []
    return list(spec.submodule_search_locations or []) if spec else []

print("python", sys.executable)
for folder in folders("mlx"):
    print("mlx", os.path.realpath(folder))
for folder in folders("clang.native"):
    print("libclang", os.path.realpath(folder))
"#;

/// The parts of an installed `mlx` that a build needs.
pub struct MlxWheel {
    /// The folder that holds `mlx/mlx.h`.
    pub include: PathBuf,
    /// The folder that holds libmlx.
    pub library: PathBuf,
    python: String,
    libclang: Option<PathBuf>,
}

/// What one Python answered.
#[derive(Default)]
struct Answer {
    python: String,
    mlx: Vec<PathBuf>,
    libclang: Option<PathBuf>,
}

impl MlxWheel {
    /// Asks the build Python for `mlx` of exactly `version`.
    pub fn find(package: &Path, version: &str) -> Result<Self, String> {
        let answer = ask_build_python(package)?;
        let python = &answer.python;
        let install = install_command(python, version);
        let with = |part: &str| answer.mlx.iter().map(|folder| folder.join(part)).find(|path| path.exists());

        let Some(header) = with("include/mlx/version.h") else {
            return Err(format!(
                "mlx-sys: the build Python {python} has no mlx with C++ headers; run: {install} \
                 (or set PYO3_PYTHON to a Python that has it)"
            ));
        };
        println!("cargo::rerun-if-changed={}", header.display());
        let found = header_version(&header)?;
        if found != version {
            return Err(format!(
                "mlx-sys: mlx {version} is needed, and the build Python {python} has mlx {found}; run: {install}"
            ));
        }
        let file = format!("lib/{}mlx{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        let Some(library) = with(&file) else {
            return Err(format!("mlx-sys: mlx of the build Python {python} has no backend ({file}); run: {install}"));
        };
        println!("cargo::rerun-if-changed={}", library.display());

        let parent = |path: &Path, levels: usize| {
            path.ancestors().nth(levels).map(Path::to_path_buf).ok_or(format!("mlx-sys: {} is no file", path.display()))
        };
        Ok(Self {
            include: parent(&header, 2)?,
            library: parent(&library, 1)?,
            python: answer.python,
            libclang: answer.libclang,
        })
    }
}

/// What to type to get the headers and one backend to link.
fn install_command(python: &str, version: &str) -> String {
    let backend = if cfg!(target_os = "linux") { format!(" mlx-cpu=={version}") } else { String::new() };
    format!("{python} -m pip install mlx=={version}{backend}")
}

/// The Pythons to ask, in order; a Python that was named (`PYO3_PYTHON`, an active environment) is the only one asked.
fn candidates(package: &Path) -> Vec<OsString> {
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
    if let Some(named) = env::var_os("PYO3_PYTHON") {
        return vec![named];
    }
    println!("cargo::rerun-if-env-changed=VIRTUAL_ENV");
    if let Some(active) = env::var_os("VIRTUAL_ENV") {
        return vec![Path::new(&active).join("bin/python").into()];
    }
    vec!["python3".into(), package.join("../../.venv/bin/python").into()]
}

/// The first answer that has `mlx`, else the first answer.
fn ask_build_python(package: &Path) -> Result<Answer, String> {
    let mut first = None;
    let mut failures = Vec::new();
    for python in candidates(package) {
        match ask(&python) {
            Ok(answer) if !answer.mlx.is_empty() => return Ok(answer),
            Ok(answer) => first = first.or(Some(answer)),
            Err(failure) => failures.push(failure),
        }
    }
    first.ok_or_else(|| {
        format!("mlx-sys: no build Python: {}; set PYO3_PYTHON to a Python 3.11 or newer", failures.join(", "))
    })
}

fn ask(python: &OsString) -> Result<Answer, String> {
    let shown = python.to_string_lossy();
    let output =
        Command::new(python).args(["-c", ASK]).output().map_err(|error| format!("cannot run {shown} ({error})"))?;
    if !output.status.success() {
        return Err(format!("{shown} failed ({})", String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")));
    }
    let mut answer = Answer::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split_once(' ') {
            Some(("python", path)) => answer.python = path.to_owned(),
            Some(("mlx", path)) => answer.mlx.push(path.into()),
            Some(("libclang", path)) => answer.libclang = Some(path.into()),
            _ => {}
        }
    }
    Ok(answer)
}

fn header_version(header: &Path) -> Result<String, String> {
    let text =
        fs::read_to_string(header).map_err(|error| format!("mlx-sys: cannot read {}: {error}", header.display()))?;
    let number = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.trim().parse::<u32>().ok())
            .ok_or_else(|| format!("mlx-sys: {} does not define {name}", header.display()))
    };
    Ok(format!("{}.{}.{}", number("MLX_VERSION_MAJOR")?, number("MLX_VERSION_MINOR")?, number("MLX_VERSION_PATCH")?))
}

/// Loads libclang for bindgen: from `LIBCLANG_PATH` where set, else from the build Python's `libclang` wheel, else from
/// wherever the system keeps one.
pub fn load_libclang(wheel: &MlxWheel) -> Result<(), String> {
    println!("cargo::rerun-if-env-changed=LIBCLANG_PATH");
    if let (None, Some(folder)) = (env::var_os("LIBCLANG_PATH"), &wheel.libclang) {
        // The loader takes a path from nowhere but the environment.
        #[allow(unsafe_code, reason = "the build script has one thread, so nobody reads the environment meanwhile")]
        unsafe {
            env::set_var("LIBCLANG_PATH", folder);
        }
    }
    clang_sys::load().map_err(|error| {
        format!(
            "mlx-sys: libclang, which writes the bindings, was not loaded ({}); run: {} -m pip install libclang \
             (or set LIBCLANG_PATH to the folder of one)",
            error.replace('\n', " "),
            wheel.python
        )
    })
}
