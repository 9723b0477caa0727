//! Between a graph whose sizes are numbers and one whose sizes are expressions over a symbol: the graph that several
//! recordings of one program are instances of, and the instance of a graph at a size. Both build every call anew, so that the
//! rows say whether it is one; neither looks at what a program means.

use smallvec::SmallVec;
use std::sync::Arc;

use super::{Emit, Graph, GraphBuilder, Reference, Typed, ValueId};
use crate::{
    error::{Error, Result},
    ops::{Attr, Attrs},
    types::{Dim, Shape, Symbol, Type},
};

/// The graph whose instances at `sizes` of `symbol` these graphs are. Sizes that differ must be affine in the symbol; three
/// instances or more tell that from chance.
///
/// # Errors
/// [`Error::Unsupported`] where the graphs differ in more than sizes, or sizes are not affine; `what` begins its sentence.
pub fn generalise(instances: &[Graph], sizes: &[i64], symbol: Symbol, what: &str) -> Result<Graph> {
    let refuse = |why: String| Err(Error::unsupported(format_args!("{what}: {why}")));
    let [first, others @ ..] = instances else { return Err(Error::internal("a graph without an instance")) };
    let fit = Fit { sizes, symbol };
    let count = |g: &Graph| (g.params.len(), g.nodes.len(), g.outputs.len(), g.values.len());
    if let Some((other, size)) = others.iter().zip(&sizes[1..]).find(|(g, _)| count(g) != count(first)) {
        return refuse(format!(
            "the program does {} calls at size {} and {} at size {size}",
            first.nodes.len(),
            sizes[0],
            other.nodes.len()
        ));
    }
    let mut builder = GraphBuilder::with_sources_of(first.name.clone(), first);
    let mut values: Vec<Option<Reference>> = vec![None; first.values.len()];
    for (i, param) in first.params.iter().enumerate() {
        let types: Vec<&Type> = instances.iter().map(|g| g.ty(g.params[i].value)).collect();
        let Some(ty) = fit.ty(&types) else {
            return refuse(format!("the parameter %{} is {} and {}", param.name, types[0], types[1]));
        };
        values[param.value.0 as usize] = Some(builder.param(param.name.clone(), ty, param.state.clone()));
    }
    for (i, node) in first.nodes.iter().enumerate() {
        let same = |g: &Graph| {
            let other = &g.nodes[i];
            other.op == node.op
                && other.operands == node.operands
                && other.results == node.results
                && other.regions == node.regions
        };
        let attrs: Vec<&Attrs> = instances.iter().map(|g| &g.nodes[i].attrs).collect();
        let at = first.sources_of(&first.provenance[i]).next().map(|s| format!(" at {s}")).unwrap_or_default();
        let (true, Some(attrs)) = (others.iter().all(same), fit.attrs(&attrs)) else {
            return refuse(format!(
                "the program's {}{at} is not the same at sizes {} and {}",
                node.op, sizes[0], sizes[1]
            ));
        };
        builder.set_provenance(&first.provenance[i]);
        let results = call(&mut builder, first, i, attrs, &mut values)?;
        for (result, id) in results.iter().zip(&node.results) {
            let types: Vec<&Type> = instances.iter().map(|g| g.ty(*id)).collect();
            if fit.ty(&types).as_ref() != Some(result.ty()) {
                return refuse(format!(
                    "the result {} of {}{at} is {} and {}",
                    result.ty(),
                    node.op,
                    types[0],
                    types[1]
                ));
            }
        }
    }
    for (i, output) in first.outputs.iter().enumerate() {
        if others.iter().any(|g| g.outputs[i] != *output) {
            return refuse("the program's outputs differ with the size".to_owned());
        }
    }
    outputs(builder, first, &values)
}

/// The graph where its symbols stand for these sizes; those without one stay.
///
/// # Errors
/// Sizes that the graph is not for; an op that refuses them.
pub fn instance(graph: &Graph, sizes: &dyn Fn(Symbol) -> Option<i64>) -> Result<Graph> {
    let known = |symbol| sizes(symbol).map(Dim::known);
    let one = |size: &Dim| {
        size.checked_substitute(&known).ok_or_else(|| Error::internal(format_args!("{size} is too large")))
    };
    let shape = |all: &Shape| all.iter().map(one).collect::<Result<Shape>>();
    for (a, b) in &graph.guards {
        let (left, right) = (one(a)?, one(b)?);
        if left != right {
            let message = format_args!("relies on {a} == {b}, which are {left} and {right} here");
            return Err(Error::runtime(format_args!("@{}", graph.name), message));
        }
    }
    let mut builder = GraphBuilder::with_sources_of(graph.name.clone(), graph);
    let mut values: Vec<Option<Reference>> = vec![None; graph.values.len()];
    for param in &graph.params {
        let ty = graph.ty(param.value);
        let ty = ty.with_shape(shape(&ty.shape)?);
        values[param.value.0 as usize] = Some(builder.param(param.name.clone(), ty, param.state.clone()));
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        if !node.regions.is_empty()
            && node.regions.iter().any(|r| r.values.iter().any(|v| v.ty.known_shape().is_none()))
        {
            return Err(Error::unsupported(format_args!("a region with sizes that are no numbers ({})", node.op)));
        }
        let attr = |attr: &Attr| {
            Ok(match attr {
                Attr::Dim(size) => Attr::Dim(one(size)?),
                Attr::Dims(sizes) => Attr::Dims(shape(sizes)?),
                other => other.clone(),
            })
        };
        let attrs = node.attrs.iter().map(attr).collect::<Result<Attrs>>()?;
        if let Some(provenance) = graph.provenance.get(i) {
            builder.set_provenance(provenance);
        }
        call(&mut builder, graph, i, attrs, &mut values)?;
    }
    outputs(builder, graph, &values)
}

/// Makes the call of a node with other attributes.
fn call(
    builder: &mut GraphBuilder,
    graph: &Graph,
    i: usize,
    attrs: Attrs,
    values: &mut [Option<Reference>],
) -> Result<SmallVec<[Reference; 1]>> {
    let node = &graph.nodes[i];
    let operands: Vec<Reference> = node.operands.iter().map(|v| made(values, *v)).collect::<Result<_>>()?;
    let regions: Vec<Arc<Graph>> = node.regions.to_vec();
    let results = builder.emit_with(node.op, attrs, &operands, &regions)?;
    for (result, id) in results.iter().zip(&node.results) {
        values[id.0 as usize] = Some(result.clone());
    }
    Ok(results.into_iter().collect())
}

fn outputs(mut builder: GraphBuilder, graph: &Graph, values: &[Option<Reference>]) -> Result<Graph> {
    for output in &graph.outputs {
        builder.output(&made(values, output.value)?, output.writes.clone());
    }
    Ok(builder.finish())
}

fn made(values: &[Option<Reference>], id: ValueId) -> Result<Reference> {
    let value = values.get(id.0 as usize).cloned().flatten();
    value.ok_or_else(|| Error::internal(format_args!("value {} is used before it is made", id.0)))
}

/// What sizes are as functions of one.
struct Fit<'a> {
    sizes: &'a [i64],
    symbol: Symbol,
}

impl Fit<'_> {
    fn ty(&self, types: &[&Type]) -> Option<Type> {
        let shapes: Vec<&Shape> = types.iter().map(|t| &t.shape).collect();
        if types.iter().any(|t| t.dtype != types[0].dtype) {
            return None;
        }
        Some(types[0].with_shape(self.shape(&shapes)?))
    }

    fn shape(&self, shapes: &[&Shape]) -> Option<Shape> {
        if shapes.iter().any(|s| s.len() != shapes[0].len()) {
            return None;
        }
        (0..shapes[0].len()).map(|axis| self.dim(&shapes.iter().map(|s| &s[axis]).collect::<Vec<_>>())).collect()
    }

    /// `slope * symbol + rest`, through all the points.
    fn dim(&self, dims: &[&Dim]) -> Option<Dim> {
        let points: Vec<i64> = dims.iter().map(|d| d.as_known()).collect::<Option<_>>()?;
        let run = self.sizes[1] - self.sizes[0];
        let rise = points[1].checked_sub(points[0])?;
        if run == 0 || rise % run != 0 {
            return None;
        }
        let slope = rise / run;
        let rest = points[0].checked_sub(slope.checked_mul(self.sizes[0])?)?;
        let fits =
            |(size, point): (&i64, &i64)| slope.checked_mul(*size).and_then(|n| n.checked_add(rest)) == Some(*point);
        self.sizes.iter().zip(&points).all(fits).then(|| Dim::symbol(self.symbol) * slope + rest)
    }

    fn attrs(&self, all: &[&Attrs]) -> Option<Attrs> {
        if all.iter().any(|a| a.len() != all[0].len()) {
            return None;
        }
        (0..all[0].len()).map(|i| self.attr(&all.iter().map(|a| &a[i]).collect::<Vec<_>>())).collect()
    }

    fn attr(&self, all: &[&Attr]) -> Option<Attr> {
        match all[0] {
            Attr::Dim(_) => {
                let dims: Option<Vec<&Dim>> =
                    all.iter().map(|a| if let Attr::Dim(d) = a { Some(d) } else { None }).collect();
                Some(Attr::Dim(self.dim(&dims?)?))
            }
            Attr::Dims(_) => {
                let dims: Option<Vec<&Shape>> =
                    all.iter().map(|a| if let Attr::Dims(d) = a { Some(d) } else { None }).collect();
                Some(Attr::Dims(self.shape(&dims?)?))
            }
            first => all.iter().all(|a| a == &first).then(|| first.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Printer, parse, verify};

    fn at(n: i64) -> Graph {
        let text = format!(
            "graph @g(%x: f32[{n},4,3], %w: f32[12,5] {{state \"w\"}}) {{
  %1 = reshape %x shape=[{n},12] : f32[{n},12]
  %2 = matmul %1, %w : f32[{n},5]
  %3 = slice %2 start=[1,0] size=[{},5] step=[1,1] : f32[{},5]
  return %3
}}",
            n - 1,
            n - 1
        );
        parse(&text).unwrap()
    }

    #[test]
    fn recordings_at_three_sizes_are_instances_of_one_graph() {
        let graph = generalise(&[at(4), at(5), at(9)], &[4, 5, 9], Symbol(0), "export").unwrap();
        verify(&graph).unwrap();
        let text = Printer::default().print(&graph);
        assert!(text.contains("slice %2 start=[1,0] size=[s0-1,5] step=[1,1] : f32[s0-1,5]"), "{text}");
        for n in [2, 4, 31] {
            assert_eq!(instance(&graph, &|_| Some(n)).unwrap(), at(n));
        }
        assert_eq!(instance(&graph, &|_| None).unwrap(), graph);
    }

    #[test]
    fn what_is_no_function_of_the_size_is_refused() {
        let square = |n: i64| parse(&format!("graph @g(%x: f32[{n},{}]) {{\n  return %x\n}}", n * n)).unwrap();
        let refusal = generalise(&[square(2), square(3), square(5)], &[2, 3, 5], Symbol(0), "export").unwrap_err();
        assert_eq!(refusal.to_string(), "export: the parameter %x is f32[2,4] and f32[3,9] is not implemented");
        let scaled = |n: i64| {
            let text = "graph @g(%x: f32[N]) {\n  %1 = constant value=N.0 dtype=f32 : f32[]\n  return %1\n}";
            parse(&text.replace('N', &n.to_string())).unwrap()
        };
        let refusal = generalise(&[scaled(2), scaled(3), scaled(5)], &[2, 3, 5], Symbol(0), "export").unwrap_err();
        assert!(refusal.to_string().contains("constant is not the same at sizes 2 and 3"), "{refusal}");
        let longer = parse("graph @g(%x: f32[3]) {\n  %1 = neg %x : f32[3]\n  return %1\n}").unwrap();
        let shorter = parse("graph @g(%x: f32[2]) {\n  return %x\n}").unwrap();
        let refusal = generalise(&[longer, shorter.clone(), shorter], &[3, 2, 2], Symbol(0), "export").unwrap_err();
        assert!(refusal.to_string().contains("1 calls at size 3 and 0 at size 2"), "{refusal}");
    }
}
