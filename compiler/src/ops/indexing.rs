//! Indexing: places given by data. Indices are integers from 0; an index out of range reads or writes the nearest
//! element there is, never memory beyond it. Refusing such indices, and counting from the end, are the frontend's.

use super::{
    AttrKind, Batch, Call, Class, Derivative, Domain, Op, Placement, Row, Sample, Tangent, Through, Types, family,
    row::{attr, f32, of, one, streaming},
    through,
};
use crate::{
    attrs,
    error::Result,
    types::{DType, Kind, Shape, Type},
};

fn indices<'a>(call: &Call<'a>, x: &Type) -> Result<(&'a Type, usize)> {
    let (index, axis) = (call.inputs[1], call.axis("axis")?);
    if index.dtype.kind() != Kind::Integer {
        return call.wrong(format_args!("indices are integers, {index} given"));
    }
    if axis as usize >= x.rank() {
        return call.wrong_axis(axis, x.rank());
    }
    Ok((index, axis as usize))
}

/// The shape of `x` with the indices' axes in the place of `axis`.
fn taken_shape(x: &Type, index: &Type, axis: usize) -> Shape {
    x.shape[..axis].iter().chain(&index.shape).chain(&x.shape[axis + 1..]).cloned().collect()
}

fn take(call: &Call<'_>) -> Result<Types> {
    let x = call.inputs[0];
    let (index, axis) = indices(call, x)?;
    one(x.with_shape(taken_shape(x, index, axis)))
}

fn take_add(call: &Call<'_>) -> Result<Types> {
    let (x, update) = (call.inputs[0], call.inputs[2]);
    let (index, axis) = indices(call, x)?;
    let wanted = x.with_shape(taken_shape(x, index, axis));
    if update.dtype != wanted.dtype || !call.same_shape(&update.shape, &wanted.shape) {
        return call.wrong(format_args!("the update is {wanted}, {update} given"));
    }
    one(x.clone())
}

/// Checks that the indices have the axes of `x`, of any size along `axis`.
fn along(call: &Call<'_>) -> Result<()> {
    let x = call.inputs[0];
    let (index, axis) = indices(call, x)?;
    let fits = index.rank() == x.rank() && (0..x.rank()).all(|a| a == axis || call.same(&x.shape[a], &index.shape[a]));
    if !fits {
        return call.wrong(format_args!("the indices differ outside axis {axis}: {x} x {index}"));
    }
    Ok(())
}

fn gather(call: &Call<'_>) -> Result<Types> {
    along(call)?;
    one(call.inputs[0].with_shape(call.inputs[1].shape.clone()))
}

fn scatter_add(call: &Call<'_>) -> Result<Types> {
    along(call)?;
    let (x, index, update) = (call.inputs[0], call.inputs[1], call.inputs[2]);
    if update.dtype != x.dtype || !call.same_shape(&update.shape, &index.shape) {
        return call.wrong(format_args!("the update is {}, {update} given", x.with_shape(index.shape.clone())));
    }
    one(x.clone())
}

fn takes() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[5, 3]), of(DType::I64, &[2, 4])], attrs![0u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[2, 6]), of(DType::I32, &[3])], attrs![1u32]).domain(Domain::Index(6)),
        Sample::new([f32(&[4]), of(DType::I64, &[])], attrs![0u32]).domain(Domain::Index(4)),
    ]
}

fn take_adds() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[5, 3]), of(DType::I64, &[2, 4]), f32(&[2, 4, 3])], attrs![0u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[2, 6]), of(DType::I64, &[7]), f32(&[2, 7])], attrs![1u32]).domain(Domain::Index(6)),
    ]
}

/// Repeated indices would leave open which one wins.
fn take_puts() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[5, 3]), of(DType::I64, &[]), f32(&[3])], attrs![0u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[2, 6]), of(DType::I64, &[1]), f32(&[2, 1])], attrs![1u32]).domain(Domain::Index(6)),
    ]
}

fn scatters() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 5]), of(DType::I64, &[4, 1]), f32(&[4, 1])], attrs![1u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[3, 2]), of(DType::I64, &[1, 2]), f32(&[1, 2])], attrs![0u32]).domain(Domain::Index(3)),
    ]
}

fn gathers() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 5]), of(DType::I64, &[4, 2])], attrs![1u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[4, 5]), of(DType::I64, &[7, 5])], attrs![0u32]).domain(Domain::Index(4)),
    ]
}

fn scatter_adds() -> Vec<Sample> {
    vec![
        Sample::new([f32(&[4, 5]), of(DType::I64, &[4, 2]), f32(&[4, 2])], attrs![1u32]).domain(Domain::Index(5)),
        Sample::new([f32(&[3]), of(DType::I64, &[8]), f32(&[8])], attrs![0u32]).domain(Domain::Index(3)),
    ]
}

const READ: Row = Row {
    op: Op::Take,
    name: "",
    doc: "",
    operands: &["x", "index"],
    results: &["r"],
    attributes: &[attr("axis", AttrKind::Axis)],
    class: Class::Indexing,
    infer: take,
    vjp: Derivative::NotYet,
    jvp: Tangent::NotYet,
    batch: Batch::NotYet,
    through: Through::Relabel(through::taken),
    cost: streaming,
    placement: Placement::Any,
    samples: takes,
};

/// Those that are the extreme share the derivative equally.
const LARGEST: Derivative = Derivative::Rule(
    "let stays = (cast (equal ?x ?r) dtype=@dtype(?x));
     let lands = (cast (equal ?update (gather ?r ?index axis=axis)) dtype=@dtype(?x));
     let share = (div ?g (scatter_add ?stays ?index ?lands axis=axis));
     x = (mul ?stays ?share);
     update = (mul ?lands (gather ?share ?index axis=axis))",
);

/// A factor of 0 that is the only one of its place has the product of the others; every other one the quotient.
const PRODUCT: Derivative = Derivative::Rule(
    "let nothing = (equal ?update 0.0);
     let zeros = (scatter_add (broadcast_in_dim 0.0 shape=@shape(?x) dims=[]) ?index (cast ?nothing dtype=@dtype(?x)) axis=axis);
     let alone = (logical_and ?nothing (equal (gather ?zeros ?index axis=axis) 1.0));
     let others = (scatter_prod ?x ?index (where ?alone 1.0 ?update) axis=axis);
     x = (mul ?g (scatter_prod (broadcast_in_dim 1.0 shape=@shape(?x) dims=[]) ?index ?update axis=axis));
     update = (where ?alone
         (gather (mul ?g ?others) ?index axis=axis)
         (div (gather (mul ?g ?r) ?index axis=axis) (where ?nothing 1.0 ?update)))",
);

const WRITE: Row = Row { operands: &["x", "index", "update"], ..READ };

/// MLX's GPUs scatter whole slices, and fold, elements of up to 4 bytes.
const NARROW: Row = Row { placement: Placement::CpuIfWide, ..WRITE };

family! {
    /// Indexing ops.
    Indexing {
        Take = Row {
            name: "take", doc: "The slices of x along an axis that the indices name; the indices' axes stand in its place.",
            vjp: Derivative::Rule("x = (take_add (broadcast_in_dim 0.0 shape=@shape(?x) dims=[]) ?index ?g axis=axis)"), ..READ
        };
        TakeAdd = Row {
            name: "take_add", doc: "x with each slice of the update added where its index says; repeated indices add up.",
            infer: take_add, samples: take_adds,
            vjp: Derivative::Rule("x = ?g; update = (take ?g ?index axis=axis)"), ..NARROW
        };
        TakePut = Row {
            name: "take_put", doc: "x with each slice of the update in the place that its index says; of repeated indices one wins.",
            infer: take_add, samples: take_puts,
            vjp: Derivative::Rule(
                "x = (take_put ?g ?index (broadcast_in_dim 0.0 shape=@shape(?update) dims=[]) axis=axis);
                 update = (take ?g ?index axis=axis)"), ..NARROW
        };
        Gather = Row {
            name: "gather", doc: "Along an axis, the element of x that each index names.",
            infer: gather, samples: gathers, through: Through::Axes,
            vjp: Derivative::Rule("x = (scatter_add (broadcast_in_dim 0.0 shape=@shape(?x) dims=[]) ?index ?g axis=axis)"), ..READ
        };
        ScatterAdd = Row {
            name: "scatter_add", doc: "x with each element of the update added where its index says along an axis.",
            infer: scatter_add, samples: scatter_adds, through: Through::Axes,
            vjp: Derivative::Rule("x = ?g; update = (gather ?g ?index axis=axis)"), ..WRITE
        };
        Scatter = Row {
            name: "scatter",
            doc: "x with each element of the update in the place that its index says along an axis; of repeated indices one wins.",
            infer: scatter_add, samples: scatters, through: Through::Axes,
            vjp: Derivative::Rule(
                "x = (scatter ?g ?index (broadcast_in_dim 0.0 shape=@shape(?update) dims=[]) axis=axis);
                 update = (gather ?g ?index axis=axis)"), ..WRITE
        };
        ScatterMax = Row {
            name: "scatter_max",
            doc: "The largest of x and of the elements of the update whose index says so along an axis; NaN where there is one.",
            infer: scatter_add, samples: scatter_adds, through: Through::Axes, vjp: LARGEST, ..NARROW
        };
        ScatterMin = Row {
            name: "scatter_min",
            doc: "The smallest of x and of the elements of the update whose index says so along an axis; NaN where there is one.",
            infer: scatter_add, samples: scatter_adds, through: Through::Axes, vjp: LARGEST, ..NARROW
        };
        ScatterProd = Row {
            name: "scatter_prod",
            doc: "The product of x and of the elements of the update whose index says so along an axis.",
            infer: scatter_add, samples: scatter_adds, through: Through::Axes, vjp: PRODUCT, ..NARROW
        };
    }
}
