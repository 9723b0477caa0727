//! Creation: tensors of numbers that follow from their places.

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attrs, Op},
    types::{DType, Dim, Kind, Scalar, Shape},
};
use flashlight_runtime::Device;
use smallvec::smallvec;

use super::{
    Arguments, Function, Places, Returned,
    call::{computed, default_device},
    compose::{default_dtype, number_dtype},
    conversion::{plain_format, plain_layout},
    direct,
    indexing::filled,
    one, row,
};
use crate::{
    autograd::{GradMode, Scope},
    error::{Error, Result},
    value::Value,
};

/// What a factory is told besides the numbers.
pub(super) struct Made {
    pub(super) dtype: DType,
    pub(super) device: Device,
}

impl Made {
    pub(super) fn of(a: &Arguments, dtype: DType, device: Device) -> Result<Self> {
        plain_layout(a)?;
        Ok(Self { dtype: a.dtype("dtype")?.unwrap_or(dtype), device: a.device("device")?.unwrap_or(device) })
    }

    /// The widest type in which numbers can be worked out there.
    fn exact(&self) -> DType {
        match self.dtype.kind() {
            Kind::Integer | Kind::Bool => DType::I64,
            _ if self.device == Device::Cpu => DType::F64,
            _ => DType::F32,
        }
    }

    pub(super) fn tensor(&self, a: &Arguments, body: impl FnOnce(&mut Scope<'_>) -> Result<Value>) -> Result<Returned> {
        let tensor = {
            let _off = GradMode::enter(false);
            computed(a.signature.name, self.device, body)?
        };
        if a.flag("requires_grad")? {
            tensor.set_requires_grad(true)?;
        }
        Ok(Returned::Tensor(tensor))
    }
}

/// The sizes of a new tensor.
pub(super) fn size(a: &Arguments) -> Result<Shape> {
    let sizes = a.ints("size")?;
    if let Some(negative) = sizes.iter().find(|n| **n < 0) {
        return Err(Error::runtime(format_args!(
            "Trying to create tensor with negative dimension {negative}: {:?}",
            sizes.as_slice()
        )));
    }
    Ok(sizes.iter().map(|&n| Dim::known(n)).collect())
}

/// The number that a function fills with.
fn number(a: &Arguments) -> Result<Scalar> {
    match a.signature.name.trim_start_matches("new_").trim_end_matches("_like") {
        "full" => a.number("fill_value"),
        "ones" => Ok(Scalar::Int(1)),
        _ => Ok(Scalar::Int(0)),
    }
}

fn sized(a: &Arguments) -> Result<Returned> {
    let (shape, number) = (size(a)?, number(a)?);
    let dtype = if a.signature.name == "full" { number_dtype(number) } else { default_dtype() };
    let made = Made::of(a, dtype, default_device())?;
    made.tensor(a, |s| filled(s, &shape, number, made.dtype))
}

fn like(a: &Arguments) -> Result<Returned> {
    plain_format(a)?;
    let (input, number) = (a.tensor("input")?, number(a)?);
    let made = Made::of(a, input.dtype(), input.device())?;
    made.tensor(a, |s| filled(s, &input.shape(), number, made.dtype))
}

fn new(a: &Arguments) -> Result<Returned> {
    let (input, shape, number) = (a.tensor("input")?, size(a)?, number(a)?);
    let made = Made::of(a, input.dtype(), input.device())?;
    made.tensor(a, |s| filled(s, &shape, number, made.dtype))
}

fn arange(a: &Arguments) -> Result<Returned> {
    let given = |name: &str, otherwise: Scalar| match a.signature.position(name) {
        Some(_) => a.number(name),
        None => Ok(otherwise),
    };
    let (start, end, step) = (given("start", Scalar::Int(0))?, a.number("end")?, given("step", Scalar::Int(1))?);
    let whole = [start, end, step].iter().all(|x| x.kind() <= Kind::Integer);
    let made = Made::of(a, if whole { DType::I64 } else { default_dtype() }, default_device())?;
    if matches!(made.dtype.kind(), Kind::Bool | Kind::Complex) {
        return Err(Error::unsupported(format_args!("torch.arange with dtype={}", made.dtype)));
    }
    let (x, y, by) = (start.as_f64(), end.as_f64(), step.as_f64());
    if by == 0.0 {
        return Err(Error::runtime("step must be nonzero"));
    }
    if !x.is_finite() || !y.is_finite() {
        return Err(Error::runtime(format_args!("unsupported range: {x} -> {y}")));
    }
    if (by > 0.0) != (y >= x) && x != y {
        return Err(Error::runtime("upper bound and lower bound inconsistent with step sign"));
    }
    let count = match (start.as_i64(), end.as_i64(), step.as_i64()) {
        (Some(x), Some(y), Some(by)) if whole => (y - x) / by + i64::from((y - x) % by != 0),
        _ => ((y - x) / by).ceil() as i64,
    };
    made.tensor(a, |s| {
        let exact = made.exact();
        let mut value = s.emit_one(Op::Iota, attrs![Dim::known(count), exact], &[])?;
        if by != 1.0 {
            value = s.with_number(Op::Mul, &value, step)?;
        }
        if x != 0.0 {
            value = s.with_number(Op::Add, &value, start)?;
        }
        s.cast(&value, made.dtype)
    })
}

fn linspace(a: &Arguments) -> Result<Returned> {
    let (start, end, steps) = (a.float("start")?, a.float("end")?, a.int("steps")?);
    if steps < 0 {
        return Err(Error::runtime("number of steps must be non-negative"));
    }
    let made = Made::of(a, default_dtype(), default_device())?;
    if made.dtype.kind() == Kind::Complex {
        return Err(Error::unsupported(format_args!("torch.{} with a complex dtype", a.signature.name)));
    }
    let base = if a.signature.position("base").is_some() { Some(a.float("base")?) } else { None };
    made.tensor(a, |s| {
        let exact = if made.device == Device::Cpu { DType::F64 } else { DType::F32 };
        let from_start = s.emit_one(Op::Iota, attrs![Dim::known(steps), exact], &[])?;
        let by = if steps > 1 { (end - start) / (steps - 1) as f64 } else { 0.0 };
        // Each half is counted from its own end, so that both ends are met exactly.
        let to_end = s.with_number(Op::Sub, &from_start, (steps - 1) as f64)?;
        let first = s.with_number(Op::Less, &from_start, (steps / 2).max(1) as f64)?;
        let up = s.with_number(Op::Mul, &from_start, by)?;
        let up = s.with_number(Op::Add, &up, start)?;
        let down = s.with_number(Op::Mul, &to_end, by)?;
        let down = s.with_number(Op::Add, &down, end)?;
        let mut value = s.emit_one(Op::Where, Attrs::new(), &[first, up, down])?;
        if let Some(base) = base {
            let base = s.number(Scalar::Float(base), exact)?;
            value = s.binary(Op::Pow, &base, &value)?;
        }
        s.cast(&value, made.dtype)
    })
}

/// As `arange`, with the end among the numbers where a step meets it, and floats by default.
fn range(a: &Arguments) -> Result<Returned> {
    let (start, end, step) = (a.number("start")?, a.number("end")?, a.number("step")?);
    let (x, y, by) = (start.as_f64(), end.as_f64(), step.as_f64());
    let made = Made::of(a, default_dtype(), default_device())?;
    if by == 0.0 {
        return Err(Error::runtime("step must be nonzero"));
    }
    if !x.is_finite() || !y.is_finite() {
        return Err(Error::runtime(format_args!("unsupported range: {x} -> {y}")));
    }
    if (by > 0.0) != (y >= x) && x != y {
        return Err(Error::runtime("upper bound and larger bound inconsistent with step sign"));
    }
    let count = ((y - x) / by).floor() + 1.0;
    if count > 1e15 {
        return Err(Error::runtime(format_args!("range of {count} elements is too large")));
    }
    made.tensor(a, |s| {
        let exact = made.exact();
        let value = s.emit_one(Op::Iota, attrs![Dim::known(count as i64), exact], &[])?;
        let value = s.with_number(Op::Mul, &value, step)?;
        let value = s.with_number(Op::Add, &value, start)?;
        s.cast(&value, made.dtype)
    })
}

/// Column less row of each place of a matrix.
fn diagonals(s: &mut Scope<'_>, rows: &Dim, columns: &Dim) -> Result<Value> {
    let down = s.emit_one(Op::Iota, attrs![rows.clone(), DType::I64], &[])?;
    let down = s.reshape(&down, smallvec![rows.clone(), Dim::known(1)])?;
    let across = s.emit_one(Op::Iota, attrs![columns.clone(), DType::I64], &[])?;
    s.binary(Op::Sub, &across, &down)
}

fn eye(a: &Arguments) -> Result<Returned> {
    let n = a.int("n")?;
    let m = match a.signature.position("m") {
        Some(_) => a.optional_int("m")?.unwrap_or(n),
        None => n,
    };
    for (name, size) in [("n", n), ("m", m)] {
        if size < 0 {
            return Err(Error::runtime(format_args!("{name} must be greater or equal to 0, got {size}")));
        }
    }
    let made = Made::of(a, default_dtype(), default_device())?;
    made.tensor(a, |s| {
        let places = diagonals(s, &Dim::known(n), &Dim::known(m))?;
        let ones = s.with_number(Op::Equal, &places, 0i64)?;
        s.cast(&ones, made.dtype)
    })
}

fn triangle(s: &mut Scope<'_>, a: &Arguments, keep: Op) -> Result<Value> {
    let x = s.read(a.tensor("input")?)?;
    let shape = x.ty().shape.clone();
    let [.., rows, columns] = shape.as_slice() else {
        return Err(Error::runtime(format_args!("{}: input tensor must have at least 2 dimensions", a.signature.name)));
    };
    let places = diagonals(s, rows, columns)?;
    let kept = s.with_number(keep, &places, a.int("diagonal")?)?;
    let kept = s.broadcast_to(&kept, &shape)?;
    let zero = s.number(Scalar::Int(0), x.ty().dtype)?;
    s.emit_one(Op::Where, Attrs::new(), &[kept, x, zero])
}

fn tril(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    triangle(s, a, Op::LessEqual)
}

fn triu(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
    triangle(s, a, Op::GreaterEqual)
}

const SIZED: &[super::Overload] = &[direct(
    "(size size, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
    sized,
)];
const LIKE: &[super::Overload] = &[direct(
    "(Tensor input, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False, Any? memory_format=None)",
    like,
)];
const NEW: &[super::Overload] = &[direct(
    "(Tensor input, size size, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
    new,
)];

pub(super) static FUNCTIONS: &[Function] = &[
    row("zeros", Places::TORCH.and(Places::OUT), SIZED, "Zeros."),
    row("ones", Places::TORCH.and(Places::OUT), SIZED, "Ones."),
    row(
        "empty",
        Places::TORCH.and(Places::OUT),
        SIZED,
        "Zeros: where torch leaves memory as it was found, nothing else can be seen.",
    ),
    row(
        "full",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(ints size, Number fill_value, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            sized,
        )],
        "One number everywhere; its category gives the element type where none is told.",
    ),
    row("zeros_like", Places::TORCH, LIKE, "Zeros in the shape, type and place of the input."),
    row("ones_like", Places::TORCH, LIKE, "Ones in the shape, type and place of the input."),
    row("empty_like", Places::TORCH, LIKE, "Zeros in the shape, type and place of the input."),
    row(
        "full_like",
        Places::TORCH,
        &[direct(
            "(Tensor input, Number fill_value, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False, \
             Any? memory_format=None)",
            like,
        )],
        "One number everywhere, in the shape, type and place of the input.",
    ),
    row("new_zeros", Places::METHOD, NEW, "Zeros of the tensor's type and place."),
    row("new_ones", Places::METHOD, NEW, "Ones of the tensor's type and place."),
    row("new_empty", Places::METHOD, NEW, "Zeros of the tensor's type and place."),
    row(
        "new_full",
        Places::METHOD,
        &[direct(
            "(Tensor input, ints size, Number fill_value, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            new,
        )],
        "One number everywhere, of the tensor's type and place.",
    ),
    row(
        "arange",
        Places::TORCH.and(Places::OUT),
        &[
            direct(
                "(Number end, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                arange,
            ),
            direct(
                "(Number start, Number end, Number step=1, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
                arange,
            ),
        ],
        "Numbers from start on, step apart, below end: int64 where all three are integers, else the default float.",
    ),
    row(
        "linspace",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(Number start, Number end, int steps, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            linspace,
        )],
        "So many numbers from start to end, both included, equally far apart.",
    ),
    row(
        "logspace",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(Number start, Number end, int steps, float base=10.0, *, dtype? dtype=None, Any? layout=None, \
             device? device=None, bool? pin_memory=False, bool requires_grad=False)",
            linspace,
        )],
        "So many powers of the base, with exponents from start to end, both included, equally far apart.",
    ),
    row(
        "range",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(Number start, Number end, Number step=1, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            range,
        )],
        "Numbers from start on, step apart, up to end itself: of the default float where no type is told.",
    ),
    row(
        "eye",
        Places::TORCH.and(Places::OUT),
        &[direct(
            "(int n, int? m=None, *, dtype? dtype=None, Any? layout=None, device? device=None, \
             bool? pin_memory=False, bool requires_grad=False)",
            eye,
        )],
        "A matrix with ones on its diagonal.",
    ),
    row(
        "tril",
        Places::ALL,
        &[one("(Tensor input, int diagonal=0)", tril)],
        "The matrices with zeros above a diagonal.",
    ),
    row(
        "triu",
        Places::ALL,
        &[one("(Tensor input, int diagonal=0)", triu)],
        "The matrices with zeros below a diagonal.",
    ),
];
