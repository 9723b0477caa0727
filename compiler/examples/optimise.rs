//! Optimises graphs and prints what that did: `optimise FILE..` for files of IR, `optimise N` for a residual network of N
//! blocks, recorded as torch code has it, with its gradients and an update of every weight.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use flashlight_compiler::{
    Result, attrs,
    autodiff::reverse,
    egraph::{Options, optimise},
    ir::{Emit, Graph, GraphBuilder, Reference, Typed, parse},
    ops::{Axes, Op},
    types::{DType, Dim, Scalar, Shape, Type},
};

const CHANNELS: i64 = 16;

fn axes(axes: &[u32]) -> Axes {
    Axes::from_slice(axes)
}

fn sizes(sizes: &[i64]) -> Shape {
    sizes.iter().map(|&n| Dim::known(n)).collect()
}

/// A recorder of torch's layout: batch, channels, height, width.
struct Recorder(GraphBuilder);

impl Recorder {
    fn call(&mut self, op: Op, attrs: flashlight_compiler::ops::Attrs, xs: &[&Reference]) -> Result<Reference> {
        let xs: Vec<Reference> = xs.iter().map(|x| (*x).clone()).collect();
        self.0.emit_one(op, attrs, &xs)
    }

    fn convolution(&mut self, x: &Reference, weight: &Reference) -> Result<Reference> {
        let x = self.call(Op::Permute, attrs![axes(&[0, 2, 3, 1])], &[x])?;
        let weight = self.call(Op::Permute, attrs![axes(&[0, 2, 3, 1])], &[weight])?;
        let ones = || sizes(&[1, 1]);
        let y = self.call(Op::Convolution, attrs![ones(), ones(), ones(), ones(), 1u32], &[&x, &weight])?;
        self.call(Op::Permute, attrs![axes(&[0, 3, 1, 2])], &[&y])
    }

    fn over_channels(&mut self, x: &Reference, like: &Reference) -> Result<Reference> {
        self.call(Op::BroadcastInDim, attrs![like.ty().shape.clone(), axes(&[1])], &[x])
    }

    fn mean(&mut self, x: &Reference) -> Result<Reference> {
        let count: i64 = [0, 2, 3].iter().filter_map(|&i: &usize| x.ty().shape[i].as_known()).product();
        let sum = self.call(Op::Sum, attrs![axes(&[0, 2, 3])], &[x])?;
        let factor = self.0.constant(Scalar::Float(1.0 / count as f64), DType::F32)?;
        self.call(Op::Mul, attrs![], &[&sum, &factor])
    }

    fn batch_norm(&mut self, x: &Reference, scale: &Reference) -> Result<Reference> {
        let mean = self.mean(x)?;
        let mean = self.over_channels(&mean, x)?;
        let centred = self.call(Op::Sub, attrs![], &[x, &mean])?;
        let square = self.call(Op::Mul, attrs![], &[&centred, &centred])?;
        let variance = self.mean(&square)?;
        let eps = self.0.constant(Scalar::Float(1e-5), DType::F32)?;
        let variance = self.call(Op::Add, attrs![], &[&variance, &eps])?;
        let deviation = self.call(Op::Rsqrt, attrs![], &[&variance])?;
        let deviation = self.over_channels(&deviation, x)?;
        let normal = self.call(Op::Mul, attrs![], &[&centred, &deviation])?;
        let scale = self.over_channels(scale, x)?;
        self.call(Op::Mul, attrs![], &[&normal, &scale])
    }

    fn relu(&mut self, x: &Reference) -> Result<Reference> {
        let zero = self.0.constant(Scalar::Float(0.0), DType::F32)?;
        self.call(Op::Maximum, attrs![], &[x, &zero])
    }
}

/// The training step of a residual network.
fn network(blocks: usize) -> Result<Graph> {
    let mut r = Recorder(GraphBuilder::new("forward"));
    let image = r.0.param("image", Type::new(DType::F32, [8, CHANNELS, 16, 16]), None);
    let mut weights = Vec::new();
    for i in 0..2 * blocks {
        let ty = Type::new(DType::F32, [CHANNELS, CHANNELS, 3, 3]);
        let scale = Type::new(DType::F32, [CHANNELS]);
        let weight = r.0.param(format!("weight{i}"), ty, Some(format!("weight{i}")));
        weights.push((weight, r.0.param(format!("scale{i}"), scale, Some(format!("scale{i}")))));
    }
    let mut x = image;
    for pair in weights.chunks(2) {
        let mut y = x.clone();
        for (i, (weight, scale)) in pair.iter().enumerate() {
            y = r.convolution(&y, weight)?;
            y = r.batch_norm(&y, scale)?;
            if i == 1 {
                y = r.call(Op::Add, attrs![], &[&y, &x])?;
            }
            y = r.relu(&y)?;
        }
        x = y;
    }
    let flat = r.call(Op::Reshape, attrs![sizes(&[8, CHANNELS * 256])], &[&x])?;
    let loss = r.call(Op::Sum, attrs![axes(&[0, 1])], &[&flat])?;
    r.0.output(&loss, None);
    let forward = r.0.finish();
    let wrt: Vec<usize> = (1..forward.params.len()).collect();
    let mut step = reverse(&forward, &wrt)?;

    // Each gradient becomes the new weight.
    let names: Vec<Option<String>> = step.params.iter().map(|p| p.state.clone()).collect();
    let mut r = GraphBuilder::new("step");
    let mut values = std::collections::HashMap::new();
    for p in &step.params {
        values.insert(p.value, r.param(p.name.clone(), step.ty(p.value).clone(), p.state.clone()));
    }
    for node in &step.nodes {
        let inputs: Vec<Reference> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = r.emit_with(node.op, node.attrs.clone(), &inputs, &node.regions)?;
        values.extend(node.results.iter().copied().zip(results));
    }
    let rate = r.constant(Scalar::Float(0.01), DType::F32)?;
    r.output(&values[&step.outputs[0].value], None);
    for (output, &i) in step.outputs.drain(..).skip(1).zip(&wrt) {
        let moved = r.emit_one(Op::Mul, attrs![], &[values[&output.value].clone(), rate.clone()])?;
        let new = r.emit_one(Op::Sub, attrs![], &[values[&step.params[i].value].clone(), moved])?;
        r.output(&new, names[i].clone());
    }
    Ok(r.finish())
}

fn main() -> Result<()> {
    for argument in std::env::args().skip(1) {
        let graph = match argument.parse() {
            Ok(blocks) => network(blocks)?,
            Err(_) => {
                let text = std::fs::read_to_string(&argument).map_err(flashlight_compiler::Error::internal)?;
                parse(&text)?
            }
        };
        for permute_states in [false, true] {
            let mut options = Options::for_device("cpu")?;
            options.permute_states = permute_states;
            let optimised = optimise(&graph, &options)?;
            println!("{argument}, states permuted: {permute_states}, {:.3} s", optimised.report.seconds);
            let report = optimised.report.to_string();
            report.lines().filter(|l| !l.contains(" x ")).take(12).for_each(|l| println!("{l}"));
            println!("stored permuted: {}", optimised.stored.len());
        }
    }
    Ok(())
}
