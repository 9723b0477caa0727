//! docs/ops.md, written from the op rows: `UPDATE=1 cargo test -p flashlight-filetests ops_md` rewrites it.

use std::{fmt::Write, path::Path};

use flashlight_compiler::ops::{AttrKind, Batch, Class, Derivative, Op, Placement, Row, Tangent, Through};

const HEAD: &str = "# The ops

Written from the op rows in `compiler/src/ops/`; do not edit. `UPDATE=1 cargo test -p flashlight-filetests ops_md`
rewrites this file.

Each op is shown as the text form writes it: results, name, operands, attributes. A derivative is in the rule language of
[`compiler/src/rules/README.md`](../compiler/src/rules/README.md): what each operand's cotangent is, from the result's
cotangent `?g`; operands that it does not name have none.
";

#[test]
fn ops_md_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ops.md");
    let written = document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &written).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(stored.lines()).find(|(a, b)| a != b);
    assert!(
        stored == written,
        "docs/ops.md is not what the rows say; UPDATE=1 cargo test -p flashlight-filetests ops_md\nfirst: {differs:?}"
    );
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    let mut class = None;
    for row in Op::rows() {
        if class != Some(row.class) {
            class = Some(row.class);
            write!(text, "\n## {}\n", title(row.class)).unwrap();
        }
        write!(text, "\n{}", section(row)).unwrap();
    }
    text
}

fn section(row: &Row) -> String {
    let mut text = format!("### `{}`\n\n```\n{}\n```\n\n{}\n\n", row.name, signature(row), row.doc);
    let placement = match row.placement {
        Placement::Any => "every device",
        Placement::Cpu => "the CPU",
        Placement::CpuIfWide => "every device; on the CPU where elements of 8 bytes are written",
    };
    writeln!(text, "- runs on {placement}; {}", layout(row.through)).unwrap();
    writeln!(text, "- forward mode: {}; batching: {}", tangent(row.jvp), batching(row.batch)).unwrap();
    match row.vjp {
        Derivative::NotYet => text.push_str("- derivative: not yet\n"),
        Derivative::Zero => text.push_str("- derivative: zero\n"),
        Derivative::Rule(rule) => {
            text.push_str("- derivative:\n\n```\n");
            rule.lines().for_each(|line| writeln!(text, "{}", line.trim()).unwrap());
            text.push_str("```\n");
        }
    }
    for (what, rule) in [("forward mode", rule_of(row.jvp)), ("batching", rule_of_batch(row.batch))] {
        if let Some(rule) = rule {
            writeln!(text, "\n{what}:\n\n```\n{rule}\n```").unwrap();
        }
    }
    text
}

fn signature(row: &Row) -> String {
    let names = |names: &[&str]| names.iter().map(|n| format!("%{n}")).collect::<Vec<_>>().join(", ");
    let mut text = format!("{} = {}", names(row.results), row.name);
    if !row.operands.is_empty() {
        text.push(' ');
        text.push_str(&names(row.operands));
    }
    for attribute in row.attributes {
        write!(text, " {}={}", attribute.name, kind(attribute.kind)).unwrap();
    }
    if row.class == Class::Region {
        text.push_str(" { region }");
    }
    text
}

fn kind(kind: AttrKind) -> &'static str {
    match kind {
        AttrKind::Bool => "true|false",
        AttrKind::Axis => "axis",
        AttrKind::Axes => "[axes]",
        AttrKind::Dim => "size",
        AttrKind::Dims => "[sizes]",
        AttrKind::DType => "dtype",
        AttrKind::Scalar => "number",
        AttrKind::Name => "\"word\"",
    }
}

fn title(class: Class) -> &'static str {
    match class {
        Class::Elementwise => "Elementwise",
        Class::Reduction => "Reductions",
        Class::Movement => "Movement",
        Class::Contraction => "Contractions",
        Class::Algebra => "Linear algebra",
        Class::Indexing => "Indexing",
        Class::Normalisation => "Normalisation",
        Class::Creation => "Creation",
        Class::Random => "Random draws",
        Class::Region => "Regions",
    }
}

fn layout(through: Through) -> String {
    match through {
        Through::NotYet => "permutes stop here".to_owned(),
        Through::Opaque(reason) => format!("permutes stop here: {reason}"),
        Through::Same => "permutes move through unchanged".to_owned(),
        Through::Axes | Through::Relabel(_) => "permutes move through its attributes".to_owned(),
        Through::InPlace(..) => "permutes move through its batch, and permuted matrices are read in place".to_owned(),
    }
}

fn tangent(tangent: Tangent) -> &'static str {
    match tangent {
        Tangent::NotYet => "not yet",
        Tangent::Zero => "zero",
        Tangent::Diagonal => "the derivative's rule, on tangents",
        Tangent::Linear => "linear",
        Tangent::Multilinear => "linear in each operand",
        Tangent::Rule(_) => "by its rule",
    }
}

fn batching(batch: Batch) -> &'static str {
    match batch {
        Batch::NotYet => "not yet",
        Batch::Elementwise => "elementwise",
        Batch::Rule(_) => "by its rule",
    }
}

fn rule_of(tangent: Tangent) -> Option<&'static str> {
    if let Tangent::Rule(rule) = tangent { Some(rule) } else { None }
}

fn rule_of_batch(batch: Batch) -> Option<&'static str> {
    if let Batch::Rule(rule) = batch { Some(rule) } else { None }
}
