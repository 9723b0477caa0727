//! Runs the filetests: `ir/**/*.fl` holds a command and graphs, the insta snapshot beside it what comes out.
//!
//! The first line is `; test: COMMAND`. A line `; case: NAME` starts another graph of the same file; its result is an
//! error as good as a graph. `; domain: NAME LOW HIGH` says from which numbers an input is drawn where the command runs
//! the graph; `; numerics: exact` holds `optimise` to that level, `; states: permuted` lets it choose the layout of states. `INSTA_UPDATE=always cargo test -p flashlight-filetests --test filetests` writes the
//! snapshots; read the difference before you commit it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

mod values;

use flashlight_compiler::{
    Error, Result,
    autodiff::reverse,
    egraph::{Optimised, Options, optimise},
    fusion::{Elements, fuse, interpret},
    ir::{Graph, Printer, content_hash, from_json, parse, to_json, verify},
    rules::Numerics,
};
use flashlight_runtime::Value;
use libtest_mimic::{Arguments, Failed, Trial};

/// What a command makes of a graph, and of what the case's comments say: text for the snapshot.
type Command = fn(&Graph, &str) -> Result<String>;

const COMMANDS: &[(&str, Command)] = &[
    ("parse", |graph, _| Ok(graph.to_string())),
    ("verify", |graph, _| verify(graph).map(|()| "verified\n".to_owned())),
    ("json", |graph, _| to_json(graph).map(|text| text + "\n")),
    ("hash", |graph, _| Ok(content_hash(graph) + "\n")),
    ("vjp", |graph, _| vjp(graph)),
    ("run", run_graph),
    ("optimise", optimise_graph),
    ("fuse", fuse_graph),
];

fn failed(message: String) -> Error {
    Error::internal(message)
}

/// The outputs of a graph on sampled inputs, to four digits.
fn run_graph(graph: &Graph, text: &str) -> Result<String> {
    let inputs = values::inputs(graph, &values::domains(text)).map_err(failed)?;
    let mut printed = String::new();
    for (i, output) in values::run(graph, &inputs).map_err(failed)?.iter().enumerate() {
        let numbers = values::numbers(output).map_err(failed)?;
        let numbers: Vec<String> = numbers.iter().map(|x| format!("{x:.4}")).collect();
        printed.push_str(&format!("output {i}: {} = {}\n", output.ty(), numbers.join(" ")));
    }
    Ok(printed)
}

/// The optimised graph and the report. Both graphs run on sampled inputs and must agree; twice gives the same bytes.
fn optimise_graph(graph: &Graph, text: &str) -> Result<String> {
    let says = |line: &str| text.lines().any(|l| l.trim() == line);
    let mut options = Options::for_device("cpu")?;
    options.permute_states = says("; states: permuted");
    options.numerics = if says("; numerics: exact") {
        Numerics::Exact
    } else if says("; numerics: fast") {
        Numerics::Fast
    } else {
        Numerics::Reassoc
    };
    let optimised = optimise(graph, &options)?;
    verify(&optimised.graph)?;
    let again = optimise(graph, &options)?;
    if again.graph.to_string() != optimised.graph.to_string()
        || again.report.to_string() != optimised.report.to_string()
    {
        return Err(failed("the same graph was optimised to other bytes".to_owned()));
    }
    if optimised.report.cost.1 > optimised.report.cost.0 {
        return Err(failed("the optimised graph is dearer than the recorded one".to_owned()));
    }
    compare(graph, &optimised, &options, text).map_err(failed)?;
    fuse_graph(&optimised.graph, text)?;
    let stored: String = optimised.stored.iter().map(|s| format!("stored: {s}\n")).collect();
    Ok(format!("{}{stored}{}", optimised.graph, optimised.report))
}

/// The graph with its regions. It computes the same bits; each region computes what the reference interpreter says.
fn fuse_graph(graph: &Graph, text: &str) -> Result<String> {
    let fused = fuse(graph)?;
    verify(&fused)?;
    if fuse(graph)?.to_string() != fused.to_string() {
        return Err(failed("the same graph was fused to other bytes".to_owned()));
    }
    let domains = values::domains(text);
    let inputs = values::inputs(graph, &domains).map_err(failed)?;
    let outputs = |graph: &Graph| values::run(graph, &inputs).map_err(failed);
    for (i, (wanted, given)) in outputs(graph)?.iter().zip(&outputs(&fused)?).enumerate() {
        if let Some(difference) = values::difference(wanted, given, 0.0).map_err(failed)? {
            return Err(failed(format!("output {i} of the fused graph differs: {difference}\n{fused}")));
        }
    }
    for region in fused.nodes.iter().flat_map(|node| &node.regions) {
        let inputs = values::inputs(region, &domains).map_err(failed)?;
        let elements =
            |value| Ok(Elements { ty: Value::ty(value).clone(), data: values::numbers(value).map_err(failed)? });
        let operands: Vec<Elements> = inputs.iter().map(elements).collect::<Result<_>>()?;
        let computed: Vec<Elements> =
            values::run(region, &inputs).map_err(failed)?.iter().map(elements).collect::<Result<_>>()?;
        for (i, (wanted, given)) in interpret(region, &operands)?.iter().zip(&computed).enumerate() {
            let close =
                |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-5 * a.abs().max(1.0);
            if wanted.ty != given.ty || !wanted.data.iter().zip(&given.data).all(close) {
                return Err(failed(format!("output {i} of a region is {given:?}, interpreted {wanted:?}\n{region}")));
            }
        }
    }
    Ok(fused.to_string())
}

fn compare(graph: &Graph, optimised: &Optimised, options: &Options, text: &str) -> std::result::Result<(), String> {
    let inputs = values::inputs(graph, &values::domains(text))?;
    let wanted = values::run(graph, &inputs)?;
    let mut stored = inputs.clone();
    for s in &optimised.stored {
        if let Some(param) = s.param {
            stored[param] = values::permuted(&stored[param], &s.perm)?;
        }
    }
    let mut given = values::run(&optimised.graph, &stored)?;
    for s in &optimised.stored {
        if let Some(output) = s.output {
            given[output] = values::restored(&given[output], &s.perm)?;
        }
    }
    let tolerance = if options.numerics == Numerics::Exact { 0.0 } else { 1e-5 };
    for (i, (wanted, given)) in wanted.iter().zip(&given).enumerate() {
        if let Some(difference) = values::difference(wanted, given, tolerance)? {
            return Err(format!("output {i} of the optimised graph differs: {difference}\n{}", optimised.graph));
        }
    }
    Ok(())
}

/// The reverse of a graph with respect to all of its floating-point parameters.
fn vjp(graph: &Graph) -> Result<String> {
    let wrt: Vec<usize> =
        (0..graph.params.len()).filter(|&i| graph.ty(graph.params[i].value).dtype.is_inexact()).collect();
    let reversed = reverse(graph, &wrt)?;
    verify(&reversed)?;
    Ok(Printer::default().print(&reversed))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ir");
    let (mut tests, mut snapshots) = (BTreeSet::new(), BTreeSet::new());
    collect(&root, &mut tests, &mut snapshots);

    let mut trials = Vec::new();
    for path in &tests {
        let name = path.strip_prefix(&root).unwrap_or(path).with_extension("").display().to_string();
        let path = path.clone();
        trials.push(Trial::test(name, move || run(&path)));
    }
    trials.push(Trial::test("every_snapshot_has_its_filetest", move || {
        match snapshots.iter().find(|s| !tests.contains(&s.with_extension("fl"))) {
            Some(orphan) => Err(format!("{} has no .fl beside it", orphan.display()).into()),
            None => Ok(()),
        }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn collect(folder: &Path, tests: &mut BTreeSet<PathBuf>, snapshots: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => collect(&path, tests, snapshots),
            Some("fl") => _ = tests.insert(path),
            Some("snap") => _ = snapshots.insert(path),
            _ => {}
        }
    }
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let name = text.lines().next().and_then(|line| line.strip_prefix("; test: ")).ok_or("no line '; test: COMMAND'")?;
    let command = COMMANDS.iter().find(|(n, _)| *n == name.trim());
    let (_, command) = command.ok_or_else(|| format!("{name:?} is no command"))?;

    let mut output = String::new();
    let (head, _) = text.split_once("; case: ").unwrap_or((&text, ""));
    for case in cases(&text) {
        if let Some(name) = case.name {
            output.push_str(&format!("; case: {name}\n"));
        }
        let result = match parse(&case.text) {
            Ok(graph) => {
                round_trip(&graph)?;
                command(&graph, &format!("{head}\n{}", case.text))
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(result) => output.push_str(&result),
            Err(error) => output.push_str(&format!("{}: {error}\n", fault(&error))),
        }
    }

    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(path.parent().unwrap_or(path));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let stem = path.file_stem().and_then(|s| s.to_str()).ok_or("the file has no name")?;
    settings.bind(|| insta::assert_snapshot!(stem, output));
    Ok(())
}

struct Case<'a> {
    name: Option<&'a str>,
    /// The graph, after as many empty lines as the file has before it, so that errors give the file's lines.
    text: String,
}

fn cases(file: &str) -> Vec<Case<'_>> {
    let mut cases = vec![Case { name: None, text: String::new() }];
    for (i, line) in file.split_inclusive('\n').enumerate() {
        if let Some(name) = line.strip_prefix("; case: ") {
            let before = cases.last().is_some_and(|c| c.name.is_none() && c.text.lines().all(is_comment));
            if before {
                cases.clear();
            }
            cases.push(Case { name: Some(name.trim()), text: "\n".repeat(i) });
        }
        if let Some(case) = cases.last_mut() {
            case.text.push_str(line);
        }
    }
    cases
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with(';')
}

/// What holds for every graph that parses.
fn round_trip(graph: &Graph) -> Result<(), Failed> {
    let text = graph.to_string();
    let again = parse(&text).map_err(|e| format!("printed text does not parse: {e}\n{text}"))?;
    assert_eq!(again.to_string(), text);
    assert_eq!(content_hash(&again), content_hash(graph), "{text}");
    if verify(graph).is_ok() {
        let json = to_json(graph)?;
        assert_eq!(from_json(&json)?, *graph, "{json}");
    }
    Ok(())
}

/// Whose fault an error is.
fn fault(error: &Error) -> String {
    match error {
        Error::User { fault, .. } => format!("{fault:?} error").to_lowercase(),
        Error::Unsupported { .. } => "unsupported".to_owned(),
        Error::Parse { .. } => "error".to_owned(),
        Error::Internal { .. } => "refused".to_owned(),
    }
}
