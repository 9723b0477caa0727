//! Random typed instances of a rule: types for its variables and values for its attributes under which its left side is a
//! well typed graph and its conditions hold.

use flashlight_compiler::{
    Result,
    ir::{Emit, Graph, GraphBuilder, Reference, Typed},
    ops::{Attr, AttrKind, Attrs, Axes},
    rules::{AttrTerm, Binding, Bound, Evaluator, Outcome, Rewrite, Term, TermId, instantiate},
    types::{DType, Dim, Scalar, Shape, Type},
};

/// An instance: both sides as graphs over the same parameters.
pub struct Instance {
    pub left: Graph,
    pub right: Graph,
}

struct Choices(u64);

impl Choices {
    fn one<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        // splitmix64: consecutive draws are independent, which a rule of many variables needs.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        &from[((x ^ (x >> 31)) >> 8) as usize % from.len()]
    }
}

fn types() -> Vec<Type> {
    let texts = [
        "f32[]",
        "f32[2,3]",
        "f32[2,3]",
        "f32[3,2]",
        "f32[3]",
        "f32[2,3,4]",
        "f32[2,4,3]",
        "f32[6]",
        "f32[2,2]",
        "bool[2,3]",
        "bool[]",
        "i64[2,3]",
        "i64[]",
    ];
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

fn attribute(kind: AttrKind, choices: &mut Choices) -> Attr {
    let axes: [&[u32]; 10] = [&[], &[0], &[1], &[2], &[0, 1], &[1, 0], &[0, 2, 1], &[1, 2, 0], &[0, 1, 2], &[1, 2]];
    let sizes: [&[i64]; 10] =
        [&[2, 3], &[3, 2], &[6], &[2, 3, 4], &[3], &[2, 2, 3], &[4, 2, 3], &[0, 0], &[1, 1], &[24]];
    match kind {
        AttrKind::Axes => Attr::Axes(Axes::from_slice(choices.one::<&[u32]>(&axes))),
        AttrKind::Dims => Attr::Dims(choices.one::<&[i64]>(&sizes).iter().map(|&n| Dim::known(n)).collect::<Shape>()),
        AttrKind::Axis => Attr::Axis(*choices.one(&[0, 1])),
        AttrKind::Dim => Attr::Dim(Dim::known(*choices.one(&[2, 3]))),
        AttrKind::Bool => Attr::Bool(*choices.one(&[false, true])),
        AttrKind::DType => Attr::DType(*choices.one(&[DType::F32, DType::I64])),
        AttrKind::Scalar => Attr::Scalar(Scalar::Float(*choices.one(&[2.0, 0.5, -1.5, 4.0, 3.0]))),
        AttrKind::Name => panic!("no rule binds a word"),
    }
}

/// The kinds of the attributes that a rule binds.
fn kinds(rule: &Rewrite) -> Vec<AttrKind> {
    let mut kinds = vec![AttrKind::Scalar; rule.sides.attributes.len()];
    for i in 0..rule.sides.pattern.len() {
        if let Term::Call { op, attrs, .. } = rule.sides.pattern.term(TermId(i as u32)) {
            for (term, spec) in attrs.iter().zip(op.row().attributes) {
                if let AttrTerm::Bound(at) = term {
                    kinds[*at as usize] = spec.kind;
                }
            }
        }
    }
    kinds
}

/// The graph of one side; `None` where its terms do not fit the types or, of the left, a condition does not hold.
fn side(rule: &Rewrite, term: TermId, types: &[Type], attrs: &Attrs, dtype: DType) -> Result<Option<Graph>> {
    let mut builder = GraphBuilder::new("f");
    let names = rule.sides.pattern.variables().iter();
    let params: Vec<Reference> = names.zip(types).map(|(n, ty)| builder.param(n.clone(), ty.clone(), None)).collect();
    let bindings: Vec<Binding<'_, Reference>> =
        params.iter().map(|p| Binding::One(Bound { ty: p.ty(), value: Outcome::Value(p.clone()) })).collect();
    let evaluator = Evaluator::new(&mut builder, &rule.sides.pattern, &bindings, attrs, dtype);
    for condition in &rule.sides.conditions {
        if !evaluator.holds(condition)? {
            return Ok(None);
        }
    }
    let value = instantiate(&rule.sides.pattern, term, &bindings, attrs, dtype, &mut builder)?;
    builder.output(&value, None);
    Ok(Some(builder.finish()))
}

/// Up to `count` instances of a rule, each of other types or attributes.
pub fn instances(rule: &Rewrite, count: usize) -> Vec<Instance> {
    let (mut choices, kinds, pool) = (Choices(rule.name.len() as u64), kinds(rule), types());
    let mut found: Vec<Instance> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..400_000 {
        let types: Vec<Type> = rule.sides.pattern.variables().iter().map(|_| choices.one(&pool).clone()).collect();
        let attrs: Attrs = kinds.iter().map(|&kind| attribute(kind, &mut choices)).collect();
        let dtype = types.first().map_or(DType::F32, |t| t.dtype);
        let Ok(Some(left)) = side(rule, rule.sides.left, &types, &attrs, dtype) else { continue };
        if left.nodes.is_empty() || !seen.insert(left.to_string()) {
            continue;
        }
        let dtype = left.ty(left.outputs[0].value).dtype;
        let right = side(rule, rule.sides.right, &types, &attrs, dtype);
        let right = right.unwrap_or_else(|e| panic!("the right side of {} is ill typed: {e}\n{left}", rule.name));
        found.push(Instance { left, right: right.unwrap() });
        if found.len() == count {
            break;
        }
    }
    found
}

/// A result of rank 0 that stands for every element, repeated to a type.
pub fn fitted(graph: &Graph, wanted: &Type) -> Graph {
    let given = graph.ty(graph.outputs[0].value);
    if given == wanted {
        return graph.clone();
    }
    assert!(given.rank() == 0 && given.dtype == wanted.dtype, "the sides are {wanted} and {given}\n{graph}");
    let mut builder = GraphBuilder::new("f");
    let mut values = std::collections::HashMap::new();
    for p in &graph.params {
        values.insert(p.value, builder.param(p.name.clone(), graph.ty(p.value).clone(), None));
    }
    for node in &graph.nodes {
        let inputs: Vec<Reference> = node.operands.iter().map(|v| values[v].clone()).collect();
        let results = builder.emit(node.op, node.attrs.clone(), &inputs).unwrap();
        values.extend(node.results.iter().copied().zip(results));
    }
    let attrs = flashlight_compiler::attrs![wanted.shape.clone(), Axes::new()];
    let value = values[&graph.outputs[0].value].clone();
    let value = builder.emit_one(flashlight_compiler::ops::Op::BroadcastInDim, attrs, &[value]).unwrap();
    builder.output(&value, None);
    builder.finish()
}
