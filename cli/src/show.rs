//! `flashlight show`: what a file says about itself, as text for people. Nothing is run, and no device is asked for.

use std::{collections::BTreeMap, process::ExitCode};

use flashlight_compiler::ir::Printer;
use flashlight_export::{File, manifest::Port};

use crate::{Result, Show};

/// Prints what a program takes, gives and remembers.
///
/// # Errors
/// A file that is none.
pub fn show(command: &Show) -> Result<ExitCode> {
    let file = File::read(&command.program)?;
    if command.manifest {
        println!("{}", file.manifest.to_json()?);
    }
    if command.graph {
        print!("{}", Printer::default().print(&file.graph));
    }
    if command.manifest || command.graph {
        return Ok(ExitCode::SUCCESS);
    }
    let manifest = &file.manifest;
    println!("{}: version {} of the format, by {}", command.program.display(), manifest.version, manifest.producer);
    ports("inputs", &manifest.inputs);
    ports("outputs", &manifest.outputs);
    let mut sizes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    if !manifest.sizes.is_empty() {
        println!("sizes that the caller chooses");
    }
    for size in &manifest.sizes {
        let most = size.max.map_or(String::new(), |max| format!(", at most {max}"));
        println!("  {}  {}, at least {}{most}", size.name, size.symbol, size.min);
    }
    println!("states");
    for state in &manifest.states {
        let kind = format!("{:?}", state.kind).to_lowercase();
        let written = if state.written { ", written" } else { "" };
        let also: String = state.aliases.iter().map(|a| format!(", also {a}")).collect();
        println!("  {}  {}  {kind}{written}{also}", state.name, state.ty());
        let total = sizes.entry(kind).or_default();
        let bytes = state.ty().known_bytes().unwrap_or(0);
        *total = (total.0 + bytes / state.dtype.size() as u64, total.1 + bytes);
    }
    for (kind, (elements, bytes)) in sizes {
        println!("  {kind} in all: {elements} elements, {bytes} bytes");
    }
    println!("graph\n  {} calls, {} (show --graph prints it)", file.graph.nodes.len(), manifest.graph);
    Ok(ExitCode::SUCCESS)
}

fn ports(what: &str, all: &[Port]) {
    println!("{what}");
    for port in all {
        println!("  {}  {}", port.name, port.ty());
    }
}
