//! A graph as JSON, for programs that read it; everything is kept, the numbering of values and provenance too. A file of
//! another version is refused.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::Arc;

use super::{
    Definition, Graph, Node, NodeId, Output, Param, Provenance, Source, SourceId, Value, ValueId, parse::RANK_LIMIT,
    verify,
};
use crate::{
    error::{Error, Result},
    ops::{Attr, AttrKind, AttrSpec, Attrs, Axes, Op},
    types::{Dim, Shape},
};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    graph: GraphForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GraphForm {
    name: String,
    params: Vec<ParamForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    guards: Vec<(Dim, Dim)>,
    nodes: Vec<NodeForm>,
    outputs: Vec<OutputForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Source>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamForm {
    name: String,
    value: u32,
    #[serde(rename = "type")]
    ty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeForm {
    op: String,
    operands: Vec<u32>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    attributes: IndexMap<String, Json>,
    results: Vec<ResultForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    regions: Vec<GraphForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultForm {
    value: u32,
    #[serde(rename = "type")]
    ty: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputForm {
    value: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    writes: Option<String>,
}

/// The graph as JSON text.
///
/// # Errors
/// None for a graph that `verify` accepts.
pub fn to_json(graph: &Graph) -> Result<String> {
    let document = Document { version: VERSION, graph: form(graph)? };
    serde_json::to_string_pretty(&document).map_err(Error::internal)
}

/// The graph that `to_json` wrote, verified.
///
/// # Errors
/// [`Error::User`] for text that is no graph of this version, with the first thing that is wrong in it.
pub fn from_json(text: &str) -> Result<Graph> {
    let Version { version } = serde_json::from_str(text).map_err(wrong)?;
    if version != VERSION {
        return Err(wrong(format_args!("version {version} is not {VERSION}, the one that this build reads")));
    }
    let document: Document = serde_json::from_str(text).map_err(wrong)?;
    let graph = graph(document.graph)?;
    verify(&graph).map_err(|e| match e {
        Error::Internal { message } => wrong(message),
        other => other,
    })?;
    Ok(graph)
}

fn wrong(message: impl std::fmt::Display) -> Error {
    Error::runtime("from_json", message)
}

fn form(graph: &Graph) -> Result<GraphForm> {
    let ty = |value: ValueId| match graph.values.get(value.0 as usize) {
        Some(value) => Ok(value.ty.to_string()),
        None => Err(Error::internal(format_args!("to_json: {} is no value of the graph", value.0))),
    };
    let node = |(id, node): (NodeId, &Node)| {
        let attribute = |(spec, attr): (&AttrSpec, &Attr)| Ok((spec.name.to_owned(), attr_form(attr)?));
        Ok(NodeForm {
            op: node.op.name().to_owned(),
            operands: node.operands.iter().map(|v| v.0).collect(),
            attributes: node.op.row().attributes.iter().zip(&node.attrs).map(attribute).collect::<Result<_>>()?,
            results: node.results.iter().map(|&v| Ok(ResultForm { value: v.0, ty: ty(v)? })).collect::<Result<_>>()?,
            regions: node.regions.iter().map(|r| form(r)).collect::<Result<_>>()?,
            sources: graph.provenance(id).into_iter().flat_map(Provenance::iter).map(|s| s.0).collect(),
        })
    };
    Ok(GraphForm {
        name: graph.name.clone(),
        params: graph
            .params
            .iter()
            .map(|p| Ok(ParamForm { name: p.name.clone(), value: p.value.0, ty: ty(p.value)?, state: p.state.clone() }))
            .collect::<Result<_>>()?,
        guards: graph.guards.clone(),
        nodes: graph.enumerate().map(node).collect::<Result<_>>()?,
        outputs: graph.outputs.iter().map(|o| OutputForm { value: o.value.0, writes: o.writes.clone() }).collect(),
        sources: graph.sources.iter().cloned().collect(),
    })
}

/// Numbers are written as in the text form, which is exact and tells their kind.
fn attr_form(attr: &Attr) -> Result<Json> {
    match attr {
        Attr::Bool(b) => Ok(Json::from(*b)),
        Attr::Axis(a) => Ok(Json::from(*a)),
        Attr::Axes(a) => Ok(Json::from(a.to_vec())),
        Attr::Dim(d) => serde_json::to_value(d).map_err(Error::internal),
        Attr::Dims(d) => serde_json::to_value(d).map_err(Error::internal),
        Attr::DType(d) => Ok(Json::from(d.name())),
        Attr::Scalar(s) => Ok(Json::from(s.to_string())),
        Attr::Name(n) => Ok(Json::from(&**n)),
    }
}

fn graph(form: GraphForm) -> Result<Graph> {
    let results: usize = form.nodes.iter().map(|n| n.results.len()).sum();
    let mut values = vec![None; form.params.len() + results];
    let mut place = |value: u32, ty: &str, definition: Definition| {
        let ty = ty.parse().map_err(|e| wrong(format_args!("type {ty:?}: {e}")))?;
        match values.get_mut(value as usize) {
            Some(place @ None) => *place = Some(Value { ty, definition }),
            Some(Some(_)) => return Err(wrong(format_args!("value {value} is defined twice"))),
            None => return Err(wrong(format_args!("value {value} is past the number of definitions"))),
        }
        Ok(ValueId(value))
    };

    let mut graph = Graph { name: form.name, guards: form.guards, ..Graph::default() };
    for (i, param) in (0u32..).zip(form.params) {
        let value = place(param.value, &param.ty, Definition::Param(i))?;
        graph.params.push(Param { value, name: param.name, state: param.state });
    }
    for (id, node) in (0u32..).zip(form.nodes) {
        let op = Op::named(&node.op).ok_or_else(|| wrong(format_args!("{} is no op", node.op)))?;
        let mut provenance = Provenance::default();
        for source in node.sources {
            provenance.join(&Provenance::from_source(SourceId(source)));
        }
        graph.provenance.push(provenance);
        graph.nodes.push(Node {
            op,
            attrs: attrs(op, node.attributes)?,
            operands: node.operands.into_iter().map(ValueId).collect(),
            results: (0u32..)
                .zip(node.results)
                .map(|(i, r)| place(r.value, &r.ty, Definition::Result(NodeId(id), i)))
                .collect::<Result<_>>()?,
            regions: node.regions.into_iter().map(|r| self::graph(r).map(Arc::new)).collect::<Result<_>>()?,
        });
    }
    graph.outputs = form.outputs.into_iter().map(|o| Output { value: ValueId(o.value), writes: o.writes }).collect();
    let sources = form.sources.len();
    graph.sources = form.sources.into_iter().collect();
    if graph.sources.len() != sources {
        return Err(wrong("a source is listed twice"));
    }
    // There are as many places as definitions, and none was taken twice: all are taken.
    graph.values = values.into_iter().flatten().collect();
    Ok(graph)
}

/// The attributes in the row's order.
fn attrs(op: Op, mut given: IndexMap<String, Json>) -> Result<Attrs> {
    let mut attrs = Attrs::new();
    for spec in op.row().attributes {
        let Some(json) = given.swap_remove(spec.name) else {
            return Err(wrong(format_args!("{op} lacks its attribute '{}'", spec.name)));
        };
        attrs.push(attr(spec.kind, json).map_err(|e| wrong(format_args!("attribute '{}' of {op}: {e}", spec.name)))?);
    }
    match given.keys().next() {
        Some(name) => Err(wrong(format_args!("{op} has no attribute '{name}'"))),
        None => Ok(attrs),
    }
}

fn attr(kind: AttrKind, json: Json) -> std::result::Result<Attr, Box<dyn std::error::Error>> {
    fn short<T>(list: Vec<T>) -> std::result::Result<Vec<T>, String> {
        if list.len() > RANK_LIMIT { Err(format!("the list has more than {RANK_LIMIT} items")) } else { Ok(list) }
    }
    Ok(match kind {
        AttrKind::Bool => Attr::Bool(serde_json::from_value(json)?),
        AttrKind::Axis => Attr::Axis(serde_json::from_value(json)?),
        AttrKind::Axes => Attr::Axes(Axes::from_vec(short(serde_json::from_value(json)?)?)),
        AttrKind::Dim => Attr::Dim(serde_json::from_value(json)?),
        AttrKind::Dims => Attr::Dims(Shape::from_vec(short(serde_json::from_value(json)?)?)),
        AttrKind::DType => Attr::DType(serde_json::from_value(json)?),
        AttrKind::Scalar => Attr::Scalar(serde_json::from_value::<String>(json)?.parse()?),
        AttrKind::Name => Attr::Name(serde_json::from_value::<String>(json)?.into()),
    })
}
