//! `flashlight run`: arrays from files in, arrays into files out.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use flashlight_export::{Elements, Options, Program, manifest::Port};
use flashlight_runtime::{Value, open_installed_blas};

use crate::{Failure, Result, Run, npy};

/// Runs a program once.
///
/// # Errors
/// A file that is none, or does not fit; what the run fails with.
pub fn run(command: &Run) -> Result<ExitCode> {
    match open_installed_blas() {
        Ok(true) => {}
        Ok(false) if cfg!(target_os = "linux") => eprintln!(
            "flashlight: scipy-openblas32 is not installed beside mlx, so that matrix products on the CPU are slow and \
             round otherwise than in Python; run: pip install scipy-openblas32"
        ),
        Ok(false) => {}
        Err(error) => eprintln!("flashlight: matrix products on the CPU are slow: {error}"),
    }
    let options = Options { device: command.device, numerics: command.numerics.numerics() };
    let program = Program::load(&command.program, options)?;
    if command.check {
        return check(&program);
    }
    let manifest = program.manifest();
    let inputs = assigned(&command.inputs, &manifest.inputs, "input")?;
    let outputs = assigned(&command.outputs, &manifest.outputs, "output")?;
    let mut values = Vec::with_capacity(inputs.len());
    for (port, path) in manifest.inputs.iter().zip(&inputs) {
        let path = path.as_ref().ok_or_else(|| missing(&program, port))?;
        let Elements { ty, bytes } = npy::read(path)?;
        values.push(Value::from_bytes(&bytes, ty, command.device)?);
    }
    let results = program.run(&values)?;
    for ((port, path), value) in manifest.outputs.iter().zip(&outputs).zip(&results) {
        let elements = Elements { ty: value.ty().clone(), bytes: value.to_bytes()? };
        match path {
            Some(path) => npy::write(path, &elements)?,
            None => println!("{} {} is not written: no --output says where to", port.name, elements.ty),
        }
    }
    if let Some(path) = &command.save {
        program.save(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(program: &Program) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for compared in program.check()? {
        let (name, largest) = (&compared.name, compared.largest);
        match (compared.same_bits, compared.fits) {
            (true, _) => println!("{name}: the same bits"),
            (false, true) => println!("{name}: within the tolerance, the largest difference is {largest:e}"),
            (false, false) => {
                println!("{name}: DIFFERS, the largest difference is {largest:e}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The file for each input or output: those given by name, the others in order.
fn assigned(given: &[String], ports: &[Port], kind: &str) -> Result<Vec<Option<PathBuf>>> {
    let mut paths: Vec<Option<PathBuf>> = vec![None; ports.len()];
    let mut unnamed = Vec::new();
    for text in given {
        let named =
            text.split_once('=').and_then(|(name, path)| Some((ports.iter().position(|p| p.name == name)?, path)));
        match named {
            Some((i, path)) if paths[i].is_none() => paths[i] = Some(path.into()),
            Some((i, _)) => return Err(Failure::new(format_args!("the {kind} {:?} is given twice", ports[i].name))),
            None => unnamed.push(text),
        }
    }
    for text in unnamed {
        let Some(free) = paths.iter_mut().find(|p| p.is_none()) else {
            let names: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
            let count = ports.len();
            return Err(Failure::new(format_args!(
                "--{kind} {text}: the {count} {kind}s of the program ({}) have their files already",
                names.join(", ")
            )));
        };
        *free = Some(Path::new(text).to_path_buf());
    }
    Ok(paths)
}

fn missing(program: &Program, port: &Port) -> Failure {
    let all: Vec<String> = program.manifest().inputs.iter().map(|p| format!("{} {}", p.name, p.ty())).collect();
    Failure::new(format_args!(
        "no --input for {:?}; the program takes {} (--check runs it on its own sample)",
        port.name,
        all.join(", ")
    ))
}
