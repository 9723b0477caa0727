//! Input from outside that means harm or is damaged: refused with an error, in bounded time, never with a panic.

use flashlight_compiler::{
    Error,
    ir::{from_json, parse, to_json, verify},
    types::Type,
};
use proptest::{prelude::*, test_runner::RngSeed};

use crate::graphs::any_graph;

/// Pieces that mean something somewhere in the text form or in JSON.
const PIECES: &[&str] = &[
    "%",
    "@",
    "%1",
    "%x",
    "graph",
    "return",
    "requires",
    "==",
    "=",
    ":",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{}",
    ";",
    "\n",
    " ",
    "\"",
    "\\",
    "\\u{110000}",
    "f32[2]",
    "f32[]",
    "bool[0]",
    "c64[s0,s1*2+1]",
    "state",
    "writes",
    "add",
    "fused",
    "concat",
    "s0",
    "s0//0",
    "s0%s1",
    "max(s0,4)",
    "-1",
    "0",
    "1",
    "9223372036854775807",
    "-9223372036854775808",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "1e999",
    "nan",
    "-inf",
    "complex(1.0,nan)",
    "dims=[0]",
    "dims=[9]",
    "axis=0",
    "axis=4294967295",
    "shape=[4611686018427387904,4]",
    "step=[0]",
    "step=[-1]",
    "é",
    "\u{0}",
    "\u{202e}",
    "null",
    "true",
    "\"value\"",
    "1.5",
    "[[[[",
    "{\"op\":",
];

#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, usize),
    Delete(usize, usize),
    Copy(usize, usize, usize),
    Byte(usize, u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = || 0..100_000usize;
    let edit = prop_oneof![
        (place(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (place(), 1..30usize).prop_map(|(at, n)| Edit::Delete(at, n)),
        (place(), 1..60usize, place()).prop_map(|(from, n, to)| Edit::Copy(from, n, to)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
    ];
    prop::collection::vec(edit, 1..5)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let place = |at: usize| at % (bytes.len() + 1);
        match *edit {
            Edit::Insert(at, piece) => {
                let at = place(at);
                bytes.splice(at..at, PIECES[piece].bytes());
            }
            Edit::Delete(at, n) => {
                let at = place(at);
                bytes.drain(at..(at + n).min(bytes.len()));
            }
            Edit::Copy(from, n, to) => {
                let (from, to) = (place(from), place(to));
                let copy = bytes[from..(from + n).min(bytes.len())].to_vec();
                bytes.splice(to..to, copy);
            }
            Edit::Byte(at, byte) if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            Edit::Byte(..) => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whatever the text is: an error with a place inside it, or a graph that prints and reads back.
fn reads_or_refuses(text: &str) {
    match parse(text) {
        Ok(graph) => {
            let printed = graph.to_string();
            let again = parse(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}"));
            assert_eq!(again.to_string(), printed);
            if verify(&graph).is_ok() {
                assert_eq!(from_json(&to_json(&graph).unwrap()).unwrap(), graph);
            }
        }
        Err(Error::Parse { line, column, .. }) => {
            let length = text.split('\n').nth(line - 1).map(|l| l.chars().count());
            assert!(length.is_some_and(|n| column <= n + 1), "line {line}, column {column} of {text:?}");
        }
        Err(other) => panic!("{other:?} for {text:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        reads_or_refuses(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_pieces_are_read_or_refused(pieces in prop::collection::vec(0..PIECES.len(), 0..40)) {
        let body: String = pieces.iter().flat_map(|&i| [PIECES[i], " "]).collect();
        reads_or_refuses(&body);
        reads_or_refuses(&format!("graph(%x: f32[2,s0]) {{ {body}"));
        reads_or_refuses(&format!("graph(%x: f32[2,3]) {{ %1 = {body}"));
        let _ = body.parse::<Type>();
    }

    #[test]
    fn damaged_text_is_read_or_refused(graph in any_graph(), edits in edits()) {
        reads_or_refuses(&edited(&graph.to_string(), &edits));
    }

    #[test]
    fn damaged_json_is_read_or_refused(graph in any_graph(), edits in edits()) {
        if let Ok(read) = from_json(&edited(&to_json(&graph).unwrap(), &edits)) {
            verify(&read).unwrap();
            reads_or_refuses(&read.to_string());
        }
    }
}

fn refused(text: &str) -> String {
    parse(text).expect_err("is refused").to_string()
}

#[test]
fn deep_nesting_is_refused() {
    let mut text = "graph() { return }".to_owned();
    for _ in 0..24 {
        text = format!("graph() {{ fused {{ {text} }} return }}");
    }
    let read = parse(&text).expect("24 deep is allowed");
    verify(&read).unwrap();
    assert_eq!(parse(&read.to_string()).unwrap(), read);
    assert_eq!(from_json(&to_json(&read).unwrap()).unwrap(), read);
    let text = format!("graph() {{ fused {{ {text} }} return }}");
    assert!(refused(&text).contains("nested more than 24 deep"), "{}", refused(&text));
    refused(&"graph() { fused { ".repeat(100_000));
    refused(&format!("graph(%x: f32[{}", "(".repeat(1_000_000)));
    refused(&format!("graph(%x: f32[{}s0{}]) {{ return }}", "max(1,".repeat(10_000), ")".repeat(10_000)));
    from_json(&"{\"version\":1,\"graph\":{\"nodes\":[".repeat(10_000)).expect_err("is refused");
}

#[test]
fn sizes_that_explode_are_refused() {
    let many = vec!["(s0+s1*3+1)"; 60].join("*");
    refused(&format!("graph(%x: f32[{many}]) {{ return }}"));
    let long = vec!["2"; 65].join(",");
    assert!(refused(&format!("graph(%x: f32[{long}]) {{ return }}")).contains("more than 64 items"));
    for large in ["4294967296,4294967296", "0,4294967296,4294967296", "9223372036854775807", "-1", "s0-s0-1"] {
        let message = refused(&format!("graph(%x: f32[{large}]) {{ return }}"));
        assert!(message.contains("is too large") || message.contains("negative size"), "{message}");
    }
    // The product saturates on both sides; the results are what cannot be.
    refused(
        "graph(%x: f32[]) {
           %1 = broadcast_in_dim %x shape=[4294967296,4294967296] dims=[] : f32[4294967296,4294967296]
           return %1 }",
    );
}

/// The time is linear in the length, whatever is repeated.
#[test]
fn long_programs_are_read() {
    let mut text = "graph(%x: f32[2]) {\n  %1 = neg %x : f32[2]\n".to_owned();
    for i in 2..20_000 {
        text.push_str(&format!("  %{i} = add %{}, %x : f32[2]\n", i - 1));
    }
    text.push_str("  return %19999\n}\n");
    let graph = parse(&text).unwrap();
    verify(&graph).unwrap();
    assert_eq!(graph.to_string(), text);
    let all: String = (0..20_000).map(|_| "%x, ").collect();
    refused(&format!("graph(%x: f32[2]) {{ %1 = concat {all}%x axis=0 : f32[2] return %1 }}"));
}

#[test]
fn json_of_another_shape_is_refused() {
    let good = to_json(&parse("graph(%x: f32[2]) { %1 = neg %x : f32[2] return %1 }").unwrap()).unwrap();
    for (from, to, message) in [
        ("\"version\": 1", "\"version\": 2", "version 2 is not 1"),
        ("\"neg\"", "\"negate\"", "negate is no op"),
        ("\"value\": 1", "\"value\": 7", "value 7 is past the number of definitions"),
        ("\"value\": 1", "\"value\": 0", "value 0 is defined twice"),
        ("\"operands\": [\n          0", "\"operands\": [\n          1", "value 1 is used before it is defined"),
        ("\"operands\": [\n          0", "\"operands\": [\n          9", "value 9 is used before it is defined"),
        ("\"f32[2]\"", "\"f33[2]\"", "unknown element type 'f33'"),
        ("\"f32[2]\"", "\"f32[3]\"", "the op gives f32[3], its result is f32[2]"),
        ("\"name\"", "\"title\"", "unknown field `title`"),
    ] {
        assert!(good.contains(from), "{from} in {good}");
        let error = from_json(&good.replacen(from, to, 1)).expect_err("is refused").to_string();
        assert!(error.contains(message), "{error} does not say {message}");
    }
}
