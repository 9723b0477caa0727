//! Movement: elements keep their values and change places.

use super::{
    Attr, AttrKind, Axes, Batch, Call, Class, Derivative, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, free, number, one, sizes, streaming},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{Dim, Shape, Type},
};

fn permuted(call: &Call<'_>) -> Result<Types> {
    let (x, dims) = (call.inputs[0], call.axes("dims")?);
    let mut sorted = dims.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..x.rank() as u32) {
        return call.wrong(format_args!("dims={} is no permutation of the axes of {x}", Attr::Axes(dims.clone())));
    }
    one(x.with_shape(dims.iter().map(|&d| x.shape[d as usize].clone()).collect()))
}

fn reshaped(call: &Call<'_>) -> Result<Types> {
    let result = call.inputs[0].with_shape(call.dims("shape")?.clone());
    if !call.same(&result.numel(), &call.inputs[0].numel()) {
        return call.wrong(format_args!("element counts differ: {} x {result}", call.inputs[0]));
    }
    one(result)
}

fn broadcast(call: &Call<'_>) -> Result<Types> {
    let (x, dims) = (call.inputs[0], call.axes("dims")?);
    let result = x.with_shape(call.dims("shape")?.clone());
    let fits = dims.len() == x.rank()
        && dims.iter().enumerate().all(|(i, &d)| {
            (d as usize) < result.rank() && !dims[..i].contains(&d) && call.same(&x.shape[i], &result.shape[d as usize])
        });
    if !fits {
        return call.wrong(format_args!("{x} does not fit the axes {} of {result}", Attr::Axes(dims.clone())));
    }
    one(result)
}

/// Where the elements `start, start + step, ...` of an axis end.
fn last_of(start: &Dim, size: &Dim, step: &Dim) -> Dim {
    start + &(&(size - 1) * step)
}

/// Checks that a strided window lies inside `outer`.
fn inside(call: &Call<'_>, outer: &Type, window: &[Dim], start: &Shape, step: &Shape) -> Result<()> {
    let rank = outer.rank();
    if window.len() != rank || start.len() != rank || step.len() != rank {
        return call.wrong(format_args!("{outer} takes {rank} starts, sizes and steps"));
    }
    for axis in 0..rank {
        let known = |d: &Dim| d.as_known();
        if known(&step[axis]).is_some_and(|s| s < 1) || known(&start[axis]).is_some_and(|s| s < 0) {
            return call.wrong(format_args!("axis {axis} has start {} and step {}", start[axis], step[axis]));
        }
        let last = last_of(&start[axis], &window[axis], &step[axis]);
        if let (Some(size), Some(last), Some(n)) = (known(&window[axis]), known(&last), known(&outer.shape[axis]))
            && (size < 0 || (size > 0 && last >= n))
        {
            return call.wrong(format_args!("axis {axis} of {outer} has no element {last}"));
        }
    }
    Ok(())
}

fn sliced(call: &Call<'_>) -> Result<Types> {
    let size = call.dims("size")?;
    inside(call, call.inputs[0], size, call.dims("start")?, call.dims("step")?)?;
    one(call.inputs[0].with_shape(size.clone()))
}

fn slice_updated(call: &Call<'_>) -> Result<Types> {
    let (x, update) = (call.inputs[0], call.inputs[1]);
    if x.dtype != update.dtype {
        return call.wrong(format_args!("element types differ: {x} x {update}"));
    }
    inside(call, x, &update.shape, call.dims("start")?, call.dims("step")?)?;
    one(x.clone())
}

fn padded(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    let (low, high, interior) = (call.dims("low")?, call.dims("high")?, call.dims("interior")?);
    if [low, high, interior].iter().any(|v| v.len() != x.rank()) {
        return call.wrong(format_args!("{x} takes {} paddings of each kind", x.rank()));
    }
    if let Some(bad) = low.iter().chain(high).chain(interior).find(|d| d.as_known().is_some_and(|d| d < 0)) {
        return call.wrong(format_args!("padding {bad} is negative"));
    }
    let padded = |axis: usize| {
        let n = &x.shape[axis];
        let inner = if *n == 0 { Dim::known(0) } else { n + &(&(n - 1) * &interior[axis]) };
        &(&inner + &low[axis]) + &high[axis]
    };
    one(x.with_shape((0..x.rank()).map(padded).collect()))
}

fn concatenated(call: &Call<'_>) -> Result<Types> {
    let axis = call.axis("axis")?;
    let Some(first) = call.inputs.first() else { return call.wrong("takes at least one operand") };
    if axis as usize >= first.rank() {
        return call.wrong_axis(axis, first.rank());
    }
    let mut total = Dim::known(0);
    for ty in call.inputs {
        let fits = ty.dtype == first.dtype
            && ty.rank() == first.rank()
            && (0..first.rank()).all(|a| a == axis as usize || call.same(&ty.shape[a], &first.shape[a]));
        if !fits {
            return call.wrong(format_args!("operands differ outside axis {axis}: {first} x {ty}"));
        }
        total = &total + &ty.shape[axis as usize];
    }
    let mut shape = first.shape.clone();
    shape[axis as usize] = total;
    one(first.with_shape(shape))
}

fn flipped(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    match call.axes("dims")?.iter().find(|&&d| d as usize >= x.rank()) {
        Some(&d) => call.wrong_axis(d, x.rank()),
        None => one(x.clone()),
    }
}

fn axes(a: &[u32]) -> Axes {
    Axes::from_slice(a)
}

fn permutations() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3, 4])], attrs![axes(&[2, 0, 1])]),
        Sample::new([f32(&[2, 3])], attrs![axes(&[1, 0])]),
        Sample::new([f32(&[])], attrs![axes(&[])]),
    ]
}

fn reshapes() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 6])], attrs![sizes(&[3, 4])]),
        Sample::new([f32(&[1])], attrs![sizes(&[])]),
        Sample::new([f32(&[0, 4])], attrs![sizes(&[2, 0])]),
    ]
}

fn broadcasts() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[3])], attrs![sizes(&[2, 3]), axes(&[1])]),
        Sample::new([f32(&[2, 3])], attrs![sizes(&[3, 4, 2]), axes(&[2, 0])]),
        Sample::new([f32(&[])], attrs![sizes(&[2, 2]), axes(&[])]),
    ]
}

fn slices() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 5])], attrs![sizes(&[1, 0]), sizes(&[2, 5]), sizes(&[1, 1])]),
        Sample::new([f32(&[7])], attrs![sizes(&[1]), sizes(&[3]), sizes(&[2])]),
        Sample::new([f32(&[4, 5])], attrs![sizes(&[1, 3]), sizes(&[0, 2]), sizes(&[1, 1])]),
    ]
}

fn slice_updates() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 5]), f32(&[2, 5])], attrs![sizes(&[1, 0]), sizes(&[1, 1])]),
        Sample::new([f32(&[7]), f32(&[3])], attrs![sizes(&[1]), sizes(&[2])]),
    ]
}

fn paddings() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3])], attrs![number(0.0), sizes(&[1, 0]), sizes(&[0, 2]), sizes(&[0, 0])]),
        Sample::new([f32(&[3])], attrs![number(1.5), sizes(&[1]), sizes(&[0]), sizes(&[2])]),
    ]
}

fn concatenations() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[2, 3]), f32(&[2, 1]), f32(&[2, 2])], attrs![1u32]),
        Sample::new([f32(&[2])], attrs![0u32]),
        Sample::new([f32(&[0, 3]), f32(&[2, 3])], attrs![0u32]),
    ]
}

fn flips() -> Vec<Sample> {
    vec![Sample::new([f32(&[2, 3])], attrs![axes(&[0, 1])]), Sample::new([f32(&[4])], attrs![axes(&[0])])]
}

/// A row of one operand.
const MOVE: Row = Row {
    op: Op::Permute,
    name: "",
    doc: "",
    operands: &["x"],
    results: &["r"],
    attributes: &[],
    class: Class::Movement,
    infer: permuted,
    vjp: Derivative::NotYet,
    jvp: Tangent::Linear,
    batch: Batch::NotYet,
    through: Through::NotYet,
    cost: streaming,
    placement: Placement::Any,
    samples: permutations,
};

family! {
    /// Movement ops.
    Movement {
        Permute = Row {
            name: "permute", doc: "Axis i of the result is axis dims[i] of x.",
            attributes: &[attr("dims", AttrKind::Axes)], through: Through::Relabel(through::permute),
            vjp: Derivative::Rule("x = (permute ?g dims=@inverse(dims))"), ..MOVE
        };
        Reshape = Row {
            name: "reshape", doc: "The same elements in row-major order under another shape.",
            attributes: &[attr("shape", AttrKind::Dims)], infer: reshaped, cost: free, samples: reshapes,
            through: Through::Relabel(through::reshape),
            vjp: Derivative::Rule("x = (reshape ?g shape=@shape(?x))"), ..MOVE
        };
        BroadcastInDim = Row {
            name: "broadcast_in_dim", doc: "Axis i of x becomes axis dims[i] of the result; x is repeated along the others.",
            attributes: &[attr("shape", AttrKind::Dims), attr("dims", AttrKind::Axes)],
            infer: broadcast, cost: free, samples: broadcasts, through: Through::Relabel(through::broadcast),
            vjp: Derivative::Rule("x = (permute (sum ?g dims=@complement(?g dims)) dims=@order(dims))"), ..MOVE
        };
        Slice = Row {
            name: "slice", doc: "Along each axis, `size` elements from `start` on, every `step`-th.",
            attributes: &[attr("start", AttrKind::Dims), attr("size", AttrKind::Dims), attr("step", AttrKind::Dims)],
            infer: sliced, samples: slices, through: Through::Axes,
            vjp: Derivative::Rule("x = (pad ?g value=0.0 low=start high=@slice_rest(?x start size step) interior=@gaps(step))"), ..MOVE
        };
        SliceUpdate = Row {
            name: "slice_update", doc: "x with the strided window at `start` replaced by the update.",
            operands: &["x", "update"], attributes: &[attr("start", AttrKind::Dims), attr("step", AttrKind::Dims)],
            infer: slice_updated, samples: slice_updates, through: Through::Axes,
            vjp: Derivative::Rule(
                "x = (slice_update ?g (broadcast_in_dim 0.0 shape=@shape(?update) dims=[]) start=start step=step);
                 update = (slice ?g start=start size=@shape(?update) step=step)"), ..MOVE
        };
        Pad = Row {
            name: "pad", doc: "x with `low` and `high` elements of `value` around it and `interior` between its elements.",
            attributes: &[attr("value", AttrKind::Scalar), attr("low", AttrKind::Dims), attr("high", AttrKind::Dims), attr("interior", AttrKind::Dims)],
            infer: padded, samples: paddings, jvp: Tangent::NotYet, through: Through::Axes,
            vjp: Derivative::Rule("x = (slice ?g start=low size=@shape(?x) step=@strides(interior))"), ..MOVE
        };
        Concat = Row {
            name: "concat", doc: "The operands one after the other along an axis.",
            operands: &["xs.."], attributes: &[attr("axis", AttrKind::Axis)],
            infer: concatenated, samples: concatenations, through: Through::Axes,
            vjp: Derivative::Rule("each xs = (slice ?g start=@concat_start(?xs axis) size=@shape(?xs) step=@ones(?g))"), ..MOVE
        };
        Flip = Row {
            name: "flip", doc: "x with the order along each of `dims` turned round.",
            attributes: &[attr("dims", AttrKind::Axes)], infer: flipped, samples: flips,
            through: Through::Axes, vjp: Derivative::Rule("x = (flip ?g dims=dims)"), ..MOVE
        };
    }
}
