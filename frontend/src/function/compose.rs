//! What torch functions are composed of: ops with torch's broadcasting, type promotion and dimension rules.

use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Axes, Op},
    rules::is_identity,
    types::{DType, Dim, Kind, Scalar, Shape},
};
use parking_lot::RwLock;

use super::{Argument, LateNumber, call::sizes};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

static DEFAULT_DTYPE: RwLock<DType> = RwLock::new(DType::F32);

/// The element type of floats that are told nothing else.
pub fn default_dtype() -> DType {
    *DEFAULT_DTYPE.read()
}

/// Sets [`default_dtype`].
pub fn set_default_dtype(dtype: DType) {
    *DEFAULT_DTYPE.write() = dtype;
}

/// torch's name of an element type in messages: `Float`, `Long`.
pub fn torch_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "Bool",
        DType::U8 => "Byte",
        DType::U16 => "UInt16",
        DType::U32 => "UInt32",
        DType::U64 => "UInt64",
        DType::I8 => "Char",
        DType::I16 => "Short",
        DType::I32 => "Int",
        DType::I64 => "Long",
        DType::F16 => "Half",
        DType::BF16 => "BFloat16",
        DType::F32 => "Float",
        DType::F64 => "Double",
        DType::C64 => "ComplexFloat",
    }
}

/// The element type that holds both, as torch promotes tensors of one category.
pub fn promote(a: DType, b: DType) -> DType {
    use DType::{BF16, C64, F16, F32, I16, U8};
    if a == b {
        return a;
    }
    let (low, high) = if (a.kind(), a.size()) <= (b.kind(), b.size()) { (a, b) } else { (b, a) };
    match (low, high) {
        (F16, BF16) | (BF16, F16) => F32,
        (U8, DType::I8) | (DType::I8, U8) => I16,
        (_, C64) => C64,
        _ => high,
    }
}

/// The element type of a call by torch's three categories: tensors with axes, tensors of rank 0, Python numbers.
pub fn result_type<'a>(operands: impl IntoIterator<Item = &'a Argument>) -> Result<DType> {
    let (mut ranked, mut zero, mut number): (Option<DType>, Option<DType>, Option<DType>) = (None, None, None);
    let join = |slot: &mut Option<DType>, dtype| *slot = Some(slot.map_or(dtype, |d| promote(d, dtype)));
    for operand in operands {
        match operand {
            Argument::Tensor(t) if t.rank() > 0 => join(&mut ranked, t.dtype()),
            Argument::Tensor(t) => join(&mut zero, t.dtype()),
            Argument::Number(x) => join(&mut number, number_dtype(*x)),
            Argument::Late(_) => join(&mut number, default_dtype()),
            Argument::None => {}
            other => return Err(Error::argument(format_args!("expected a Tensor or a number, not {other:?}"))),
        }
    }
    let higher = |over: Option<DType>, under: Option<DType>| match (over, under) {
        (Some(o), Some(u)) if u.kind() > o.kind() => Some(if u.kind() == Kind::Complex { promote(o, u) } else { u }),
        (Some(o), _) => Some(o),
        (None, u) => u,
    };
    higher(ranked, higher(zero, number)).ok_or_else(|| Error::internal("a call without operands"))
}

/// The element type of a Python number.
pub fn number_dtype(x: Scalar) -> DType {
    match x.kind() {
        Kind::Bool => DType::Bool,
        Kind::Integer => DType::I64,
        Kind::Float => default_dtype(),
        Kind::Complex => DType::C64,
    }
}

/// The shape that both broadcast to.
///
/// # Errors
/// torch's, naming the sizes and the dimension.
pub fn broadcast_shape(a: &[Dim], b: &[Dim]) -> Result<Shape> {
    let rank = a.len().max(b.len());
    let one = Dim::known(1);
    let at = |shape: &[Dim], i: usize| (i + shape.len()).checked_sub(rank).map_or(one.clone(), |j| shape[j].clone());
    let mut shape = Shape::new();
    for i in 0..rank {
        let (x, y) = (at(a, i), at(b, i));
        shape.push(match (x == one, x == y || y == one) {
            (true, _) => y,
            (false, true) => x,
            (false, false) => {
                return Err(Error::runtime(format_args!(
                    "The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {i}"
                )));
            }
        });
    }
    Ok(shape)
}

/// An axis counted from the front.
///
/// # Errors
/// torch's `IndexError`.
pub fn axis(dim: i64, rank: usize) -> Result<u32> {
    let (low, high) = (-(rank.max(1) as i64), rank.max(1) as i64 - 1);
    if dim < low || dim > high {
        return Err(Error::index(format_args!(
            "Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"
        )));
    }
    Ok(if dim < 0 { dim + rank.max(1) as i64 } else { dim } as u32)
}

/// Axes counted from the front, each once.
///
/// # Errors
/// torch's, for axes out of range and axes named twice.
pub fn axes(dims: &[i64], rank: usize) -> Result<Axes> {
    let mut list = Axes::new();
    for &dim in dims {
        let axis = axis(dim, rank)?;
        if list.contains(&axis) {
            return Err(Error::runtime(format_args!("dim {axis} appears multiple times in the list of dims")));
        }
        list.push(axis);
    }
    // A rank of 0 accepts -1 and 0, which name no axis.
    if rank == 0 {
        list.clear();
    }
    Ok(list)
}

/// Every axis.
pub fn all_axes(rank: usize) -> Axes {
    (0..rank as u32).collect()
}

impl Scope<'_> {
    /// Applies an op of one result, unless it would do nothing.
    pub fn apply(&mut self, op: Op, attrs: Attrs, inputs: &[Value]) -> Result<Value> {
        match inputs {
            [x] if is_identity(op, &attrs, x.ty()) => Ok(x.clone()),
            _ => self.emit_one(op, attrs, inputs),
        }
    }

    /// An op of one operand and no attributes.
    pub fn unary(&mut self, op: Op, x: &Value) -> Result<Value> {
        self.emit_one(op, Attrs::new(), std::slice::from_ref(x))
    }

    /// An elementwise op of two operands of one element type; they are broadcast.
    pub fn binary(&mut self, op: Op, x: &Value, y: &Value) -> Result<Value> {
        let (x, y) = self.broadcast(x, y)?;
        self.emit_one(op, Attrs::new(), &[x, y])
    }

    /// An elementwise op of a value and a number of the value's element type.
    pub fn with_number(&mut self, op: Op, x: &Value, y: impl Into<Scalar>) -> Result<Value> {
        let y = self.number(y.into(), x.ty().dtype)?;
        self.emit_one(op, Attrs::new(), &[x.clone(), y])
    }

    /// A number of rank 0 in an element type.
    pub fn number(&mut self, x: Scalar, dtype: DType) -> Result<Value> {
        let x = match (dtype.kind(), x) {
            (Kind::Float | Kind::Complex, Scalar::Complex(..)) if dtype.kind() == Kind::Complex => x,
            (Kind::Float | Kind::Complex, x) => Scalar::Float(x.as_f64()),
            (Kind::Integer, x) => Scalar::Int(x.as_i64().unwrap_or(x.as_f64() as i64)),
            (Kind::Bool, x) => Scalar::Bool(x.as_f64() != 0.0),
        };
        self.constant(x, dtype)
    }

    /// A number that a program takes anew in each run, in an element type.
    pub fn late(&mut self, x: &dyn LateNumber, dtype: DType) -> Result<Value> {
        // It goes where a number written here would go.
        let device = self.number(Scalar::Int(0), dtype)?.device();
        x.value(dtype, device)
    }

    /// The value times a number argument.
    pub(super) fn times(&mut self, x: &Value, factor: &Argument) -> Result<Value> {
        let factor = self.operand(factor, x.ty().dtype)?;
        self.emit_one(Op::Mul, Attrs::new(), &[x.clone(), factor])
    }

    /// The value in another element type.
    pub fn cast(&mut self, x: &Value, dtype: DType) -> Result<Value> {
        // Of a complex number other casts take the real part; its truth is in both.
        if dtype == DType::Bool && x.ty().dtype.kind() == Kind::Complex {
            return self.with_number(Op::NotEqual, x, 0.0);
        }
        self.apply(Op::Cast, attrs![dtype], std::slice::from_ref(x))
    }

    /// The elements under another shape.
    pub fn reshape(&mut self, x: &Value, shape: Shape) -> Result<Value> {
        self.apply(Op::Reshape, attrs![shape], std::slice::from_ref(x))
    }

    /// The value with an axis: one of rank 0 is a line of one element.
    pub fn lined(&mut self, x: &Value) -> Result<Value> {
        if x.ty().rank() > 0 { Ok(x.clone()) } else { self.reshape(x, smallvec::smallvec![Dim::known(1)]) }
    }

    /// The axes in another order.
    pub fn permute(&mut self, x: &Value, dims: Axes) -> Result<Value> {
        self.apply(Op::Permute, attrs![dims], std::slice::from_ref(x))
    }

    /// Two axes exchanged.
    pub fn swap(&mut self, x: &Value, a: u32, b: u32) -> Result<Value> {
        let mut dims = all_axes(x.ty().rank());
        dims.swap(a as usize, b as usize);
        self.permute(x, dims)
    }

    /// A strided window: all of every axis but one.
    pub fn slice_axis(&mut self, x: &Value, axis: u32, start: Dim, size: Dim, step: i64) -> Result<Value> {
        let rank = x.ty().rank();
        let mut starts: Shape = SmallVec::from_elem(Dim::known(0), rank);
        let mut counts = x.ty().shape.clone();
        let mut steps: Shape = SmallVec::from_elem(Dim::known(1), rank);
        starts[axis as usize] = start;
        counts[axis as usize] = size;
        steps[axis as usize] = Dim::known(step);
        self.emit_one(Op::Slice, attrs![starts, counts, steps], std::slice::from_ref(x))
    }

    /// The value repeated to a shape, by torch's rule.
    ///
    /// # Errors
    /// torch's, where a size neither fits nor is 1.
    pub fn broadcast_to(&mut self, x: &Value, shape: &Shape) -> Result<Value> {
        let from = x.ty().shape.clone();
        if from == *shape {
            return Ok(x.clone());
        }
        let Some(added) = shape.len().checked_sub(from.len()) else {
            return Err(Error::runtime(format_args!("{} cannot be broadcast to {}", sizes(&from), sizes(shape))));
        };
        let (mut kept, mut dims) = (Shape::new(), Axes::new());
        for (i, size) in from.iter().enumerate() {
            let target = &shape[i + added];
            if size == target {
                kept.push(size.clone());
                dims.push((i + added) as u32);
            } else if *size != 1 {
                return Err(Error::runtime(format_args!(
                    "The expanded size of the tensor ({target}) must match the existing size ({size}) at non-singleton \
                     dimension {}.  Target sizes: {}.  Tensor sizes: {}",
                    i + added,
                    sizes(shape),
                    sizes(&from)
                )));
            }
        }
        let x = self.reshape(x, kept)?;
        self.emit_one(Op::BroadcastInDim, attrs![shape.clone(), dims], &[x])
    }

    /// Two values broadcast to each other; one of rank 0 stays as it is.
    pub fn broadcast(&mut self, x: &Value, y: &Value) -> Result<(Value, Value)> {
        let (a, b) = (&x.ty().shape, &y.ty().shape);
        if a == b || a.is_empty() || b.is_empty() {
            return Ok((x.clone(), y.clone()));
        }
        let shape = broadcast_shape(a, b)?;
        Ok((self.broadcast_to(x, &shape)?, self.broadcast_to(y, &shape)?))
    }

    /// An operand, tensor or number, in an element type.
    pub fn operand(&mut self, operand: &Argument, dtype: DType) -> Result<Value> {
        match operand {
            Argument::Tensor(t) => {
                let value = self.read(t)?;
                self.cast(&value, dtype)
            }
            Argument::Number(x) => self.number(*x, dtype),
            Argument::Late(x) => self.late(&**x, dtype),
            other => Err(Error::argument(format_args!("expected a Tensor or a number, not {other:?}"))),
        }
    }

    /// Folds axes away, or keeps them with size 1.
    pub fn fold(&mut self, op: Op, x: &Value, axes: &Axes, keepdim: bool) -> Result<Value> {
        let folded = self.apply(op, attrs![axes.clone()], std::slice::from_ref(x))?;
        self.kept(&folded, &x.ty().shape, axes, keepdim)
    }

    /// Puts folded axes back with size 1, where that is wanted.
    pub fn kept(&mut self, folded: &Value, shape: &Shape, axes: &Axes, keepdim: bool) -> Result<Value> {
        if !keepdim {
            return Ok(folded.clone());
        }
        let kept = (0u32..).zip(shape).map(|(i, d)| if axes.contains(&i) { Dim::known(1) } else { d.clone() });
        self.reshape(folded, kept.collect())
    }

    /// Repeats a folded value over the axes that were folded.
    pub fn unfold(&mut self, folded: &Value, shape: &Shape, axes: &Axes) -> Result<Value> {
        let dims: Axes = (0..shape.len() as u32).filter(|i| !axes.contains(i)).collect();
        self.apply(Op::BroadcastInDim, attrs![shape.clone(), dims], std::slice::from_ref(folded))
    }
}
