//! What is written comes back, and whatever else is in a file is refused in one sentence, with nothing run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read, Write};

use flashlight_compiler::ir::{content_hash, parse};
use flashlight_compiler::rules::Numerics;
use flashlight_compiler::types::{DType, Type};
use flashlight_export::manifest::{Kind, Structure};
use flashlight_export::{Error, File, Options, Program, Recording};
use flashlight_runtime::{Device, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Adds its input to a running sum, and gives the sum by the weight.
const GRAPH: &str = r#"
graph @running(%x: f32[3], %w: f32[3] {state "weight"}, %s: f32[3] {state "sum"}) {
  %1 = add %x, %s : f32[3]
  %2 = mul %1, %w : f32[3]
  return %2, %1 {writes "sum"}
}"#;

fn floats(numbers: &[f32]) -> Value {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    Value::from_bytes(&bytes, Type::new(DType::F32, [numbers.len() as i64]), Device::Cpu).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.to_bytes().unwrap().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn running() -> Program {
    let recording = Recording {
        graph: parse(GRAPH).unwrap(),
        inputs: vec!["x".to_owned()],
        outputs: vec!["y".to_owned()],
        arguments: Structure::Tuple(vec![Structure::Tensor(0)]),
        keywords: Structure::Dict(Vec::new()),
        result: Structure::Dict(vec![(json!("y"), Structure::Tensor(0))]),
        states: vec![
            (Kind::Parameter, vec!["tied".to_owned()], floats(&[1.0, 2.0, 3.0])),
            (Kind::Buffer, Vec::new(), floats(&[0.5, 0.5, 0.5])),
        ],
        sizes: Vec::new(),
        sample: vec![floats(&[1.0, 1.0, 1.0])],
    };
    Program::new(recording, Options::default()).unwrap()
}

/// A file's bytes.
fn bytes_of(program: &Program) -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!(
        "flashlight-export-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("m.flash");
    program.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left in the folder");
    std::fs::remove_dir_all(folder).unwrap();
    bytes
}

fn load(bytes: &[u8]) -> Result<Program, Error> {
    Program::from_file(File::from_bytes(bytes)?, Options::default())
}

/// The refusal of a file.
fn refusal(bytes: &[u8]) -> String {
    match File::from_bytes(bytes) {
        Err(error @ Error::Format { .. }) => {
            let text = error.to_string();
            assert!(!text.contains('\n'), "{text}");
            text
        }
        Err(other) => panic!("another error: {other:?}"),
        Ok(_) => panic!("the file was taken"),
    }
}

/// The entries of an archive.
fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut entry = archive.by_index(i).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

/// An archive of these entries.
fn pack(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The file with one entry changed.
fn with_entry(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut entries = unpack(&bytes_of(&running()));
    change(&mut entries.iter_mut().find(|(n, _)| n == name).unwrap().1);
    pack(&entries)
}

fn with_manifest(change: impl FnOnce(&mut Json)) -> Vec<u8> {
    with_entry("manifest.json", |content| {
        let mut manifest: Json = serde_json::from_slice(content).unwrap();
        change(&mut manifest);
        *content = serde_json::to_vec(&manifest).unwrap();
    })
}

/// The file with another graph, whose hash the manifest has.
fn with_graph(text: &str) -> Vec<u8> {
    let mut entries = unpack(&bytes_of(&running()));
    let hash = parse(text).map_or_else(|_| "none".to_owned(), |g| content_hash(&g));
    for (name, content) in &mut entries {
        if name == "graph.fl" {
            *content = text.as_bytes().to_vec();
        } else if name == "manifest.json" {
            let mut manifest: Json = serde_json::from_slice(content).unwrap();
            manifest["graph"] = json!(hash);
            *content = serde_json::to_vec(&manifest).unwrap();
        }
    }
    pack(&entries)
}

#[test]
fn a_program_comes_back_with_its_states() {
    let program = running();
    let x = floats(&[1.0, 2.0, 3.0]);
    assert_eq!(numbers(&program.run(std::slice::from_ref(&x)).unwrap()[0]), [1.5, 5.0, 10.5]);
    let again = load(&bytes_of(&program)).unwrap();
    assert_eq!(again.manifest(), program.manifest());
    for program in [program, again] {
        assert!(program.check().unwrap().iter().all(|c| c.same_bits && c.fits && c.largest == 0.0));
        assert_eq!(numbers(&program.run(std::slice::from_ref(&x)).unwrap()[0]), [2.5, 9.0, 19.5]);
        assert_eq!(numbers(&program.states()[1].1), [2.5, 4.5, 6.5]);
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let bytes = bytes_of(&running());
    assert_eq!(bytes, bytes_of(&running()));
    assert_eq!(bytes, bytes_of(&load(&bytes).unwrap()));
}

#[test]
fn weights_lie_where_they_can_be_mapped() {
    let bytes = bytes_of(&running());
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for i in 0..archive.len() {
        let entry = archive.by_index(i).unwrap();
        assert_eq!(entry.compression(), CompressionMethod::Stored);
        assert_eq!(entry.data_start().unwrap() % 64, 0, "{}", entry.name().unwrap());
    }
}

#[test]
fn states_are_replaced_all_or_none() {
    let program = running();
    let (good, bad) = (floats(&[0.0; 3]), floats(&[0.0; 2]));
    let error = program.set_states(vec![("sum".to_owned(), good.clone()), ("weight".to_owned(), bad)]).unwrap_err();
    assert_eq!(error.to_string(), "the state \"weight\" is f32[3], f32[2] given");
    assert_eq!(numbers(&program.states()[1].1), [0.5; 3]);
    program.set_states(vec![("tied".to_owned(), good)]).unwrap();
    assert_eq!(numbers(&program.states()[0].1), [0.0; 3]);
    let error = program.set_states(vec![("other".to_owned(), floats(&[0.0; 3]))]).unwrap_err();
    assert_eq!(error.to_string(), "the program has no state \"other\"");
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let program = running();
    assert_eq!(program.run(&[]).unwrap_err().to_string(), "the program takes 1 tensors, 0 given");
    let error = program.run(&[floats(&[1.0; 4])]).unwrap_err();
    assert_eq!(error.to_string(), "the input \"x\" is f32[3], f32[4] given");
    assert_eq!(numbers(&program.states()[1].1), [0.5; 3], "a refused run writes nothing");
}

#[test]
fn every_way_to_optimise_gives_the_same_numbers_here() {
    let bytes = bytes_of(&running());
    for numerics in [None, Some(Numerics::Exact), Some(Numerics::Reassoc), Some(Numerics::Fast)] {
        let file = File::from_bytes(&bytes).unwrap();
        let program = Program::from_file(file, Options { numerics, ..Options::default() }).unwrap();
        assert!(program.check().unwrap()[0].same_bits);
    }
}

#[test]
fn every_flipped_byte_is_refused_or_means_nothing() {
    let bytes = bytes_of(&running());
    let whole = unpack(&bytes);
    let (mut refused, mut harmless) = (0, 0);
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[place] ^= flip;
            match File::from_bytes(&bytes) {
                Err(Error::Format { .. }) => refused += 1,
                Err(other) => panic!("byte {place}: {other}"),
                // Times, permissions and padding of the archive say nothing about the program.
                Ok(_) => {
                    assert_eq!(unpack(&bytes), whole, "byte {place} changes the program unseen");
                    harmless += 1;
                }
            }
        }
    }
    assert!(refused > 5 * harmless, "{refused} refused, {harmless} harmless");
}

#[test]
fn every_cut_is_refused() {
    let bytes = bytes_of(&running());
    for end in 0..bytes.len() {
        refusal(&bytes[..end]);
    }
    refusal(&[&bytes[..], b"more"].concat());
    refusal(&[b"more", &bytes[..]].concat());
}

proptest! {
    #[test]
    fn scrambled_files_are_refused(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 2..40)) {
        let mut bytes = bytes_of(&running());
        let whole = unpack(&bytes);
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if File::from_bytes(&bytes).is_ok() {
            prop_assert_eq!(unpack(&bytes), whole);
        }
    }

    #[test]
    fn scrambled_entries_are_refused_or_whole(
        entry in 0usize..4,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        // The checksums are right, so that what is inside is looked at.
        let mut entries = unpack(&bytes_of(&running()));
        let content = &mut entries[entry].1;
        for (place, byte) in places {
            let place = place.index(content.len());
            content[place] = byte;
        }
        if let Ok(program) = load(&pack(&entries)) {
            prop_assert!(program.check().is_ok());
        }
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        refusal(&bytes);
    }
}

#[test]
fn other_versions_and_formats_say_so() {
    let text = refusal(&with_manifest(|m| m["version"] = json!(2)));
    assert_eq!(text, "manifest.json: the format's version is 2, and this is a reader of version 1");
    // Whatever else a later version says.
    let later = |m: &mut Json| *m = json!({"format": "flashlight", "version": 7, "anything": [1]});
    assert!(refusal(&with_manifest(later)).contains("version is 7"));
    assert!(
        refusal(&with_manifest(|m| m["format"] = json!("onnx")))
            .contains("the format is \"onnx\", wanted \"flashlight\"")
    );
    assert!(refusal(&with_manifest(|m| *m = json!({}))).contains("the format is nothing"));
    assert!(refusal(&with_manifest(|m| m["extra"] = json!(1))).contains("unknown field `extra`"));
}

#[test]
fn entries_that_are_not_a_programs_are_refused() {
    for name in ["../../etc/passwd", "/absolute", "run.py", "folder/manifest.json"] {
        let mut entries = unpack(&bytes_of(&running()));
        entries.push((name.to_owned(), b"evil".to_vec()));
        assert!(refusal(&pack(&entries)).contains("is none of an exported program's"), "{name}");
    }
    let mut entries = unpack(&bytes_of(&running()));
    let weights = entries.remove(2);
    assert!(refusal(&pack(&entries)).contains("\"weights.safetensors\" is missing"));
    entries.push((weights.0.to_uppercase(), weights.1));
    refusal(&pack(&entries));
}

#[test]
fn graphs_that_do_not_hold_are_refused() {
    assert!(refusal(&with_graph("graph @g() {")).starts_with("graph.fl: line 1"));
    assert!(refusal(&with_graph(&GRAPH.replace("mul", "unknown_op"))).contains("graph.fl: line"));
    assert!(refusal(&with_graph(&GRAPH.replace("%2 = mul %1, %w", "%2 = mul %9, %w"))).contains("graph.fl: line"));
    // The types are checked by the rows.
    assert!(
        refusal(&with_graph(&GRAPH.replace("%2 = mul %1, %w : f32[3]", "%2 = mul %1, %w : f32[4]")))
            .contains("graph.fl")
    );
    // It parses, and is no program: a state goes out twice.
    let twice = GRAPH.replace("{writes \"sum\"}", "{writes \"sum\"}, %2 {writes \"sum\"}");
    assert!(refusal(&with_graph(&twice)).contains("written twice"));
    assert!(refusal(&with_entry("graph.fl", |text| text[9] = 0xff)).contains("no text"));
    // Another graph than the manifest's.
    let other = |text: &mut Vec<u8>| *text = GRAPH.replace("mul", "sub").into_bytes();
    assert!(refusal(&with_entry("graph.fl", other)).contains("the graph's hash"));
}

#[test]
fn sizes_that_no_machine_has_are_refused() {
    let large = "graph @g(%x: f32[3], %w: f32[3] {state \"weight\"}, %s: f32[3] {state \"sum\"}) {
  %1 = constant value=0.0 dtype=f32 : f32[]
  %2 = broadcast_in_dim %1 shape=[1000000,1000000] dims=[] : f32[1000000,1000000]
  return %x, %s {writes \"sum\"}
}";
    let text = refusal(&with_graph(large));
    assert!(text.contains("too large"), "{text}");
    let huge = |content: &mut Vec<u8>| content[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(refusal(&with_entry("weights.safetensors", huge)).starts_with("weights.safetensors"));
    let deep = "[".repeat(100_000);
    let deep = format!("{{\"format\":\"flashlight\",\"version\":1,\"arguments\":{deep}");
    assert!(refusal(&with_entry("manifest.json", |text| *text = deep.into_bytes())).contains("manifest.json"));
}

#[test]
fn parts_that_contradict_each_other_are_refused() {
    type Change = fn(&mut Json);
    let cases: [(&str, Change); 12] = [
        ("is f32[3] in the graph and f32[4] in the manifest", |m| m["inputs"][0]["shape"] = json!([4])),
        ("is f32[3] in the graph and f16[3] in the manifest", |m| m["states"][0]["dtype"] = json!("f16")),
        ("the manifest lacks the graph's parameter", |m| m["states"][0]["name"] = json!("other")),
        ("goes out as f32[3] and is f32[] in the manifest", |m| m["outputs"][0]["shape"] = json!([])),
        ("says of \"sum\" that written is false", |m| m["states"][1]["written"] = json!(false)),
        ("two states are called \"sum\"", |m| m["states"][0]["aliases"] = json!(["sum"])),
        ("input 0 stands 2 times", |m| m["arguments"] = json!({"tuple": [{"tensor": 0}, {"tensor": 0}]})),
        ("tensor 1 of 1 stands in the arguments", |m| m["arguments"] = json!({"tuple": [{"tensor": 1}]})),
        ("output 0 is no part of the result", |m| m["result"] = json!({"value": null})),
        ("the arguments are no tuple", |m| m["arguments"] = json!({"tensor": 0})),
        ("unknown variant `code`", |m| m["result"] = json!({"code": "import os"})),
        ("private", |m| {
            m["result"] = json!({"named_tuple": {"name": "a", "fields": ["_x"], "items": [{"tensor": 0}]}})
        }),
    ];
    for (wanted, change) in cases {
        let text = refusal(&with_manifest(change));
        assert!(text.contains(wanted), "wanted {wanted:?} in {text:?}");
    }
    let short = |content: &mut Vec<u8>| content.truncate(content.len() - 4);
    assert!(refusal(&with_entry("weights.safetensors", short)).starts_with("weights.safetensors"));
    // The sample's tensors where the weights should be.
    let mut entries = unpack(&bytes_of(&running()));
    entries[2].1 = entries[3].1.clone();
    assert!(refusal(&pack(&entries)).contains("\"weight\" (f32[3]) is missing"));
}
