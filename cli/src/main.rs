//! The `flashlight` program: shows and runs exported programs, on files of arrays. What it knows of files and of running is
//! the export crate's; here are the command line, arrays in `.npy` files, and text for people.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to people through its standard streams")]

mod npy;
mod run;
mod show;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use flashlight_compiler::rules::Numerics;
use flashlight_runtime::Device;

/// Everything that ends the program: a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file, or the run, refuses.
    #[error(transparent)]
    Export(#[from] flashlight_export::Error),
    /// The device refuses.
    #[error(transparent)]
    Runtime(#[from] flashlight_runtime::Error),
    /// A file of an array, or the command line.
    #[error("{0}")]
    Message(String),
}

impl Failure {
    fn new(message: impl std::fmt::Display) -> Self {
        Self::Message(message.to_string())
    }
}

/// What a command answers.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Shows and runs programs that flashlight.export wrote.
#[derive(Parser)]
#[command(name = "flashlight", version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a program once, on arrays from files or on its own sample.
    Run(Run),
    /// Says what a program takes, gives and remembers.
    Show(Show),
}

#[derive(Args)]
struct Run {
    /// The program: a file that flashlight.export wrote.
    program: PathBuf,
    /// An array to put in, in the order of the inputs, or by name; once for each input.
    #[arg(short, long = "input", value_name = "[NAME=]FILE.npy")]
    inputs: Vec<String>,
    /// Where an output goes, in the order of the outputs, or by name.
    #[arg(short, long = "output", value_name = "[NAME=]FILE.npy")]
    outputs: Vec<String>,
    /// Run on the inputs that the program was exported with, and compare with what it gave then; no state is changed.
    #[arg(long, conflicts_with_all = ["inputs", "outputs", "save"])]
    check: bool,
    /// Write the program with the states that the run left: parameters and moments after a training step, say.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Where it runs: cpu, gpu or gpu:1.
    #[arg(long, default_value = "cpu", value_parser = device)]
    device: Device,
    /// How far the program may be optimised.
    #[arg(long, value_enum, default_value_t = Freedom::Exact)]
    numerics: Freedom,
}

#[derive(Args)]
struct Show {
    /// The program: a file that flashlight.export wrote.
    program: PathBuf,
    /// Its graph, as text.
    #[arg(long)]
    graph: bool,
    /// Its manifest, as JSON.
    #[arg(long)]
    manifest: bool,
}

/// How far the optimiser may change numbers.
#[derive(Clone, Copy, ValueEnum)]
enum Freedom {
    /// As recorded, step by step.
    None,
    /// Every bit stays as recorded.
    Exact,
    /// Sums may round otherwise.
    Reassoc,
    /// Infinities and NaN may come out otherwise, too.
    Fast,
}

impl Freedom {
    fn numerics(self) -> Option<Numerics> {
        match self {
            Freedom::None => None,
            Freedom::Exact => Some(Numerics::Exact),
            Freedom::Reassoc => Some(Numerics::Reassoc),
            Freedom::Fast => Some(Numerics::Fast),
        }
    }
}

fn device(text: &str) -> Result<Device, String> {
    match text.split_once(':') {
        None if text == "cpu" => Ok(Device::Cpu),
        None if text == "gpu" => Ok(Device::Gpu(0)),
        Some(("gpu", number)) => number.parse().map(Device::Gpu).map_err(|e| format!("{number:?} is no number: {e}")),
        _ => Err("wanted cpu, gpu or gpu:1".to_owned()),
    }
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Run(command) => run::run(&command),
        Command::Show(command) => show::show(&command),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("flashlight: {failure}");
            ExitCode::FAILURE
        }
    }
}
