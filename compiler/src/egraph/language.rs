//! The e-node language: a call of a row's op, or a place of the graph. Attributes and regions are interned in the node's
//! head, so that only values are children; a class knows its types, its number and where it comes from. No rules here.

use egg::{DidMerge, Id, Language};
use indexmap::IndexSet;
use smallvec::SmallVec;
use std::{cell::RefCell, collections::HashSet, sync::Arc};

use crate::{
    error::{Error, Result},
    ir::{Emit, Graph, Provenance, Typed, Values, content_hash},
    ops::{Attr, Attrs, Axes, Call, Op, Signature, Types, through},
    types::{DType, Dim, Scalar, Shape, Type},
};

/// The e-graph.
pub type EGraph = egg::EGraph<Node, Context>;

/// What kind of node it is; of calls, the op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A parameter of the graph.
    Param,
    /// A call. Of an op with several results it stands for all of them.
    Call(Op),
    /// One result of a call with several.
    Result,
    /// The outputs of the graph, together: the root.
    Outputs,
}

/// What a node is, its operands aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "nearly every head is a call")]
pub enum Head {
    /// The parameter of that number.
    Param(u32),
    /// A call.
    Call {
        /// The op.
        op: Op,
        /// Its attributes.
        attrs: Attrs,
        /// Operands that are read in place through a permutation: the child is what is stored.
        views: Views,
        /// The regions' place in the context.
        regions: u32,
    },
    /// The result of that number.
    Result(u32),
    /// The outputs.
    Outputs,
}

/// For each operand, the permutation through which it is read in place; empty where all are read as they are.
pub type Views = SmallVec<[Option<Axes>; 3]>;

/// One e-node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its kind, which the head says too.
    pub kind: Kind,
    /// Its head's place in the context.
    pub head: u32,
    /// Its operands.
    pub children: SmallVec<[Id; 3]>,
}

impl Language for Node {
    type Discriminant = Kind;

    fn discriminant(&self) -> Kind {
        self.kind
    }

    fn matches(&self, other: &Self) -> bool {
        self.kind == other.kind && self.head == other.head && self.children.len() == other.children.len()
    }

    fn children(&self) -> &[Id] {
        &self.children
    }

    fn children_mut(&mut self) -> &mut [Id] {
        &mut self.children
    }
}

/// What is known of a class.
#[derive(Clone, Debug)]
pub struct Data {
    /// The type of the value, or of each result of a call with several; of the outputs, none.
    pub types: Types,
    /// The number that every element is, where it is known.
    pub number: Option<Scalar>,
    /// Where the value comes from.
    pub provenance: Provenance,
}

/// The tables of one compilation: heads, regions, parameters, guards, and what changed since the last look.
#[derive(Clone, Debug, Default)]
pub struct Context {
    heads: IndexSet<Head>,
    region_labels: IndexSet<Vec<String>>,
    regions: Vec<SmallVec<[Arc<Graph>; 1]>>,
    /// The types of the parameters.
    pub params: Vec<Type>,
    /// The equalities of sizes that hold.
    pub guards: HashSet<(Dim, Dim)>,
    /// Where nodes that are made now come from.
    pub origin: Provenance,
    /// Classes that were made or merged.
    pub changed: Vec<Id>,
    /// What did not fit when classes merged.
    pub fault: Option<String>,
}

impl Context {
    /// The tables of a graph with these parameters and guards.
    pub fn new(params: Vec<Type>, guards: HashSet<(Dim, Dim)>) -> Self {
        let mut context = Self { params, guards, ..Self::default() };
        context.intern_regions(&[]);
        context
    }

    /// The place of a head.
    pub fn intern(&mut self, head: Head) -> u32 {
        self.heads.insert_full(head).0 as u32
    }

    /// The place of regions, by their content.
    pub fn intern_regions(&mut self, regions: &[Arc<Graph>]) -> u32 {
        let (place, new) = self.region_labels.insert_full(regions.iter().map(|r| content_hash(r)).collect());
        if new {
            self.regions.push(regions.iter().cloned().collect());
        }
        place as u32
    }

    /// The regions at a place.
    pub fn regions(&self, place: u32) -> &[Arc<Graph>] {
        &self.regions[place as usize]
    }

    /// The head of a node.
    pub fn head(&self, node: &Node) -> &Head {
        &self.heads[node.head as usize]
    }

    /// The attributes of a call; none of other nodes.
    pub fn attrs(&self, node: &Node) -> &[Attr] {
        match self.head(node) {
            Head::Call { attrs, .. } => attrs,
            _ => &[],
        }
    }

    /// The permutation of a permute.
    pub fn permutation(&self, node: &Node) -> Option<&Axes> {
        match (node.kind, self.attrs(node)) {
            (Kind::Call(Op::Permute), [Attr::Axes(perm)]) => Some(perm),
            _ => None,
        }
    }

    /// Whether the call reads an operand in place through a permutation.
    pub fn has_views(&self, node: &Node) -> bool {
        matches!(self.head(node), Head::Call { views, .. } if !views.is_empty())
    }

    fn signatures(&self, regions: u32) -> SmallVec<[Signature; 1]> {
        self.regions(regions).iter().map(|r| r.signature()).collect()
    }

    /// The types of a call on operands of these types.
    pub fn infer(&self, op: Op, attrs: &Attrs, inputs: &[&Type], regions: u32) -> Result<Types> {
        let equalities = RefCell::new(Vec::new());
        let signatures = self.signatures(regions);
        let call = Call { op, attrs, inputs, regions: &signatures, equalities: Some(&equalities) };
        let types = op.row().check(&call)?;
        for (a, b) in equalities.take() {
            let pair = if a <= b { (a, b) } else { (b, a) };
            if !self.guards.contains(&pair) {
                let (a, b) = pair;
                return Err(Error::runtime(op.name(), format_args!("relies on {a} == {b}, which nothing requires")));
            }
        }
        Ok(types)
    }
}

/// The type of a class that stands for one value.
pub fn value_type(graph: &EGraph, id: Id) -> Result<&Type> {
    match graph[id].data.types.as_slice() {
        [ty] => Ok(ty),
        other => Err(Error::internal(format_args!("a class of {} values stands where one belongs", other.len()))),
    }
}

/// The types that a call sees: those of its operands, read through its views.
pub fn seen_types(graph: &EGraph, node: &Node) -> Result<SmallVec<[Type; 3]>> {
    let views = match graph.analysis.head(node) {
        Head::Call { views, .. } => views,
        _ => return Err(Error::internal("only calls have operands")),
    };
    let seen = |(i, &child): (usize, &Id)| {
        let ty = value_type(graph, child)?;
        Ok(match views.get(i) {
            Some(Some(perm)) => ty.with_shape(through::permuted(&ty.shape, perm)),
            _ => ty.clone(),
        })
    };
    node.children.iter().enumerate().map(seen).collect()
}

fn types_of(graph: &EGraph, node: &Node) -> Result<Types> {
    let context = &graph.analysis;
    match context.head(node) {
        Head::Param(i) => Ok(smallvec::smallvec![context.params[*i as usize].clone()]),
        Head::Outputs => Ok(Types::new()),
        Head::Result(i) => Ok(smallvec::smallvec![graph[node.children[0]].data.types[*i as usize].clone()]),
        Head::Call { op, attrs, regions, .. } => {
            let seen = seen_types(graph, node)?;
            let inputs: SmallVec<[&Type; 4]> = seen.iter().collect();
            context.infer(*op, attrs, &inputs, *regions)
        }
    }
}

/// A number as a value of an element type: rounded to it, where the type is one whose arithmetic is Rust's.
fn rounded(x: Scalar, dtype: DType) -> Option<Scalar> {
    match dtype {
        DType::F32 => Some(Scalar::Float(f64::from(x.as_f64() as f32))),
        DType::F64 => Some(Scalar::Float(x.as_f64())),
        _ if dtype.is_integral() => Some(x),
        _ => None,
    }
}

/// Whether two numbers are the same value of an element type, the sign of zero included.
pub fn same_number(a: Scalar, b: Scalar, dtype: DType) -> bool {
    match (rounded(a, dtype), rounded(b, dtype)) {
        (Some(a), Some(b)) => a.as_f64().to_bits() == b.as_f64().to_bits(),
        _ => a == b,
    }
}

/// The number that every element of a call's result is. Only arithmetic that IEEE 754 rounds one way is done here.
fn number_of(graph: &EGraph, node: &Node, types: &[Type]) -> Option<Scalar> {
    let (Kind::Call(op), [ty]) = (node.kind, types) else { return None };
    let of = |i: usize| graph[*node.children.get(i)?].data.number;
    let attrs = graph.analysis.attrs(node);
    if op == Op::Constant {
        let [Attr::Scalar(x), _] = attrs else { return None };
        return rounded(*x, ty.dtype).or(Some(*x));
    }
    if matches!(op, Op::BroadcastInDim | Op::Reshape | Op::Permute | Op::Slice | Op::Flip) {
        return of(0);
    }
    let single = ty.dtype == DType::F32;
    if !single && ty.dtype != DType::F64 {
        return None;
    }
    let from = |i: usize| {
        let same = value_type(graph, *node.children.get(i)?).ok()?.dtype == ty.dtype;
        same.then(|| of(i).map(Scalar::as_f64)).flatten()
    };
    let arithmetic = |double: fn(f64, f64) -> f64, float: fn(f32, f32) -> f32| {
        let (x, y) = (from(0)?, from(1)?);
        Some(if single { f64::from(float(x as f32, y as f32)) } else { double(x, y) })
    };
    let x = match op {
        Op::Neg => -from(0)?,
        Op::Abs => from(0)?.abs(),
        Op::Add => arithmetic(|x, y| x + y, |x, y| x + y)?,
        Op::Sub => arithmetic(|x, y| x - y, |x, y| x - y)?,
        Op::Mul => arithmetic(|x, y| x * y, |x, y| x * y)?,
        Op::Div => arithmetic(|x, y| x / y, |x, y| x / y)?,
        _ => return None,
    };
    Some(Scalar::Float(x))
}

impl egg::Analysis<Node> for Context {
    type Data = Data;

    fn make(graph: &mut EGraph, node: &Node, _: Id) -> Data {
        let types = types_of(graph, node).unwrap_or_else(|e| {
            graph.analysis.fault.get_or_insert_with(|| e.to_string());
            Types::new()
        });
        let number = number_of(graph, node, &types);
        Data { types, number, provenance: graph.analysis.origin.clone() }
    }

    fn remake(graph: &mut EGraph, node: &Node, id: Id) -> Data {
        // Types do not change with the classes of the operands; numbers become known.
        let Data { types, provenance, .. } = graph[id].data.clone();
        let number = number_of(graph, node, &types);
        Data { types, number, provenance }
    }

    fn merge(&mut self, a: &mut Data, b: Data) -> DidMerge {
        if a.types != b.types {
            self.fault.get_or_insert_with(|| format!("a value of {:?} is merged with one of {:?}", a.types, b.types));
        }
        a.provenance.join(&b.provenance);
        match (a.number, b.number) {
            (None, Some(_)) => {
                a.number = b.number;
                DidMerge(true, false)
            }
            (Some(_), None) => DidMerge(false, true),
            // Two roundings of one number: the first stays.
            _ => DidMerge(false, false),
        }
    }

    fn modify(graph: &mut EGraph, id: Id) {
        graph.analysis.changed.push(id);
    }
}

/// A value of the e-graph.
#[derive(Clone, Debug)]
pub struct Handle {
    /// Its class.
    pub id: Id,
    ty: Type,
}

impl Handle {
    /// The value of a class.
    pub fn of(graph: &EGraph, id: Id) -> Result<Handle> {
        Ok(Handle { id, ty: value_type(graph, id)?.clone() })
    }
}

impl Typed for Handle {
    fn ty(&self) -> &Type {
        &self.ty
    }
}

/// Adds a call whose operands are read through views.
pub fn add_call(graph: &mut EGraph, op: Op, attrs: Attrs, views: Views, regions: u32, operands: &[Id]) -> Id {
    let views = if views.iter().all(Option::is_none) { Views::new() } else { views };
    let head = graph.analysis.intern(Head::Call { op, attrs, views, regions });
    graph.add(Node { kind: Kind::Call(op), head, children: operands.into() })
}

/// Adds the result of that number of a call with several.
pub fn add_result(graph: &mut EGraph, call: Id, number: u32) -> Id {
    let head = graph.analysis.intern(Head::Result(number));
    graph.add(Node { kind: Kind::Result, head, children: smallvec::smallvec![call] })
}

/// A permuted value; the value itself where every axis stays.
pub fn add_permute(graph: &mut EGraph, x: Id, perm: &[u32]) -> Id {
    if through::is_identity(perm) {
        return x;
    }
    add_call(graph, Op::Permute, smallvec::smallvec![Attr::Axes(perm.into())], Views::new(), 0, &[x])
}

/// A reshaped value; the value itself where it has the shape.
pub fn add_reshape(graph: &mut EGraph, x: Id, shape: &Shape) -> Result<Id> {
    if value_type(graph, x)?.shape == *shape {
        return Ok(x);
    }
    Ok(add_call(graph, Op::Reshape, smallvec::smallvec![Attr::Dims(shape.clone())], Views::new(), 0, &[x]))
}

/// The emitter that adds to the e-graph: right sides of rules are evaluated into it.
pub struct Adding<'a>(pub &'a mut EGraph);

impl Emit for Adding<'_> {
    type Value = Handle;
    type Error = Error;

    fn emit_with(&mut self, op: Op, attrs: Attrs, inputs: &[Handle], regions: &[Arc<Graph>]) -> Result<Values<Handle>> {
        let place = self.0.analysis.intern_regions(regions);
        let types: SmallVec<[&Type; 4]> = inputs.iter().map(Typed::ty).collect();
        let types = self.0.analysis.infer(op, &attrs, &types, place)?;
        let operands: SmallVec<[Id; 4]> = inputs.iter().map(|v| v.id).collect();
        let id = add_call(self.0, op, attrs, Views::new(), place, &operands);
        if types.len() == 1 {
            return types.into_iter().map(|ty| Ok(Handle { id, ty })).collect();
        }
        (0u32..).zip(types).map(|(i, ty)| Ok(Handle { id: add_result(self.0, id, i), ty })).collect()
    }
}
