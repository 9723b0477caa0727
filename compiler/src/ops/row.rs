//! What one row of the op table says, and the table's types; the rows themselves stand in the family files.

use smallvec::SmallVec;
use std::cell::RefCell;

use super::{Attr, AttrKind, AttrSpec, Attrs, Axes, Op, Through};
use crate::{
    error::{Error, Result},
    types::{DType, Dim, Scalar, Shape, Type},
};

/// The types of a call's results; nearly always one.
pub type Types = SmallVec<[Type; 1]>;

/// Everything the compiler knows of an op. Printer, parser, builder checks, derivatives, docs/ops.md and the generic
/// tests are derived from it; the only other place that names ops is the lowering.
#[derive(Clone, Copy)]
pub struct Row {
    /// Whose row this is.
    pub op: Op,
    /// The name in the text form.
    pub name: &'static str,
    /// One sentence: what the op computes.
    pub doc: &'static str,
    /// The names of the operands; a last one ending in `..` stands for any number.
    pub operands: &'static [&'static str],
    /// The names of the results.
    pub results: &'static [&'static str],
    /// Names and kinds of the attributes.
    pub attributes: &'static [AttrSpec],
    /// The kind of work.
    pub class: Class,
    /// The type rule: the results' types, or why the call is wrong.
    pub infer: fn(&Call<'_>) -> Result<Types>,
    /// Reverse mode.
    pub vjp: Derivative,
    /// Forward mode.
    pub jvp: Tangent,
    /// How the op maps over a new axis.
    pub batch: Batch,
    /// How a permute moves through the op.
    pub through: Through,
    /// What one call costs.
    pub cost: fn(&Call<'_>, &[Type]) -> Cost,
    /// Which devices run it.
    pub placement: Placement,
    /// Typed calls that every generic test runs.
    pub samples: fn() -> Vec<Sample>,
}

/// The kind of work an op does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One result element from one element of each operand.
    Elementwise,
    /// Axes are folded away.
    Reduction,
    /// Elements keep their values and change places.
    Movement,
    /// Sums of products.
    Contraction,
    /// Factors and inverses of matrices.
    Algebra,
    /// Places given by data.
    Indexing,
    /// Softmax, norms: reductions with an elementwise body.
    Normalisation,
    /// Values without operands.
    Creation,
    /// Random draws: a generator's state in and out.
    Random,
    /// Ops that own regions.
    Region,
}

/// The reverse-mode cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivative {
    /// Not written yet: asking for it raises by name.
    NotYet,
    /// Flat or integer-valued: the derivative is zero everywhere, as in torch.
    Zero,
    /// In the rule language (docs in `rules/README.md`).
    Rule(&'static str),
}

/// The forward-mode cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tangent {
    /// Not written yet: asking for it raises by name.
    NotYet,
    /// Zero everywhere.
    Zero,
    /// The Jacobian is diagonal: the vjp rule with the tangent for the cotangent, summed over the operands.
    Diagonal,
    /// Linear in the operands taken together: the op itself, on the tangents.
    Linear,
    /// Linear in each operand: the sum of the op with one operand replaced by its tangent.
    Multilinear,
    /// In the rule language.
    Rule(&'static str),
}

/// The batching cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Not written yet: asking for it raises by name.
    NotYet,
    /// The op as it is, once every operand has the new axis in front.
    Elementwise,
    /// In the rule language.
    Rule(&'static str),
}

/// Where an op runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// On every device.
    Any,
    /// On the CPU only: elsewhere the plan moves it to the CPU's stream and shows it.
    Cpu,
    /// On every device, but on the CPU only where the elements of its first operand have 8 bytes.
    CpuIfWide,
}

impl Placement {
    /// Whether a call on operands of these types runs on the CPU, wherever they are.
    pub fn needs_cpu(self, inputs: &[&Type]) -> bool {
        match self {
            Placement::Any => false,
            Placement::Cpu => true,
            Placement::CpuIfWide => inputs.first().is_some_and(|ty| ty.dtype.size() == 8),
        }
    }
}

/// What a call costs, before any device's table is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes read and written.
    pub bytes: u64,
    /// Floating-point operations.
    pub flops: u64,
}

/// A typed call to test an op with.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The operands' types.
    pub inputs: Vec<Type>,
    /// The attributes.
    pub attrs: Attrs,
    /// How the operands' elements are drawn.
    pub domain: Domain,
}

/// From which numbers a sample's operands are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// Floats from `low` to `high`; integers rounded from them; truth values by halves.
    Range(f64, f64),
    /// The last integer operand indexes an axis of this size; floats from -2 to 2.
    Index(i64),
}

impl Sample {
    /// A sample with elements from -2 to 2.
    pub fn new(inputs: impl IntoIterator<Item = Type>, attrs: Attrs) -> Self {
        Self { inputs: inputs.into_iter().collect(), attrs, domain: Domain::Range(-2.0, 2.0) }
    }

    /// The same, with elements from another domain.
    pub fn domain(mut self, domain: Domain) -> Self {
        self.domain = domain;
        self
    }
}

/// The signature of a region: the types of its parameters and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What goes in.
    pub params: Vec<Type>,
    /// What comes out.
    pub results: Vec<Type>,
}

/// One call, as a type rule sees it.
pub struct Call<'a> {
    /// The op.
    pub op: Op,
    /// Its attributes, in the row's order and of the row's kinds.
    pub attrs: &'a Attrs,
    /// The operands' types.
    pub inputs: &'a [&'a Type],
    /// The signatures of the regions it owns.
    pub regions: &'a [Signature],
    /// Equalities of symbolic sizes that the call relies on; the graph makes guards of them.
    pub equalities: Option<&'a RefCell<Vec<(Dim, Dim)>>>,
}

impl Call<'_> {
    /// Whether two sizes are the same; where that cannot be known and the caller keeps guards, it becomes one.
    pub fn same(&self, a: &Dim, b: &Dim) -> bool {
        if a == b {
            return true;
        }
        match (self.equalities, a.as_known(), b.as_known()) {
            (_, Some(_), Some(_)) | (None, _, _) => false,
            (Some(list), _, _) => {
                list.borrow_mut().push((a.clone(), b.clone()));
                true
            }
        }
    }

    /// Whether two shapes are the same.
    pub fn same_shape(&self, a: &[Dim], b: &[Dim]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same(a, b))
    }

    /// A user's mistake in this call.
    pub fn wrong<T>(&self, message: impl std::fmt::Display) -> Result<T> {
        Err(Error::runtime(self.op.name(), message))
    }

    /// An axis out of range.
    pub fn wrong_axis<T>(&self, axis: u32, rank: usize) -> Result<T> {
        Err(Error::index(self.op.name(), format_args!("axis {axis} is out of range for rank {rank}")))
    }

    fn attr(&self, name: &str) -> Result<&Attr> {
        let at = self.op.row().attributes.iter().position(|a| a.name == name);
        at.and_then(|i| self.attrs.get(i))
            .ok_or_else(|| Error::internal(format_args!("{} has no attribute '{name}'", self.op.name())))
    }

    fn mismatch<T>(&self, name: &str) -> Result<T> {
        Err(Error::internal(format_args!("attribute '{name}' of {} is of another kind", self.op.name())))
    }
}

macro_rules! attr_getters {
    ($($(#[$m:meta])* $f:ident $v:ident -> $t:ty { |$x:ident| $e:expr })*) => {
        impl Call<'_> {
            $($(#[$m])* pub fn $f(&self, name: &str) -> Result<$t> {
                match self.attr(name)? { Attr::$v($x) => Ok($e), _ => self.mismatch(name) }
            })*
        }
    };
}
attr_getters! {
    /// The axis called `name`.
    axis Axis -> u32 { |x| *x }
    /// The axes called `name`.
    axes Axes -> &Axes { |x| x }
    /// The sizes called `name`.
    dims Dims -> &Shape { |x| x }
    /// The size called `name`.
    dim Dim -> &Dim { |x| x }
    /// The element type called `name`.
    dtype DType -> DType { |x| *x }
    /// The flag called `name`.
    flag Bool -> bool { |x| *x }
    /// The number called `name`.
    scalar Scalar -> Scalar { |x| *x }
    /// The word called `name`.
    word Name -> &str { |x| x }
}

impl Row {
    /// Whether the last operand stands for any number of operands.
    pub fn is_variadic(&self) -> bool {
        self.operands.last().is_some_and(|n| n.ends_with(".."))
    }

    /// Checks arity, attribute kinds and types, and gives the results' types.
    pub fn check(&self, call: &Call<'_>) -> Result<Types> {
        let fixed = self.operands.len() - usize::from(self.is_variadic());
        let given = call.inputs.len();
        if given < fixed || (given > fixed && !self.is_variadic()) {
            return call.wrong(format_args!("takes {} operands, {given} given", self.operands.len()));
        }
        if call.attrs.len() != self.attributes.len() {
            return call.wrong(format_args!("takes {} attributes, {} given", self.attributes.len(), call.attrs.len()));
        }
        for (spec, attr) in self.attributes.iter().zip(call.attrs) {
            if spec.kind != attr.kind() {
                return call.wrong(format_args!("attribute '{}' is {:?}, {attr} given", spec.name, spec.kind));
            }
        }
        let regions = usize::from(self.class == Class::Region);
        if call.regions.len() != regions {
            return call.wrong(format_args!("owns {regions} regions, {} given", call.regions.len()));
        }
        (self.infer)(call)
    }
}

/// Reads each operand once and writes each result once.
pub fn streaming(call: &Call<'_>, results: &[Type]) -> Cost {
    let bytes = call.inputs.iter().copied().chain(results).filter_map(Type::known_bytes);
    let elements = results.iter().filter_map(|t| t.numel().as_known()).sum::<i64>();
    Cost { bytes: bytes.fold(0, u64::saturating_add), flops: elements.unsigned_abs() }
}

/// [`streaming`], with so many operations for each element.
pub fn streaming_at<const FLOPS: u64>(call: &Call<'_>, results: &[Type]) -> Cost {
    let Cost { bytes, flops } = streaming(call, results);
    Cost { bytes, flops: flops.saturating_mul(FLOPS) }
}

/// A view or a relabelling: nothing is read or written.
pub fn free(_: &Call<'_>, _: &[Type]) -> Cost {
    Cost::default()
}

/// One result type.
pub fn one(ty: Type) -> Result<Types> {
    Ok(smallvec::smallvec![ty])
}

/// The declaration of an attribute, in a row.
pub const fn attr(name: &'static str, kind: AttrKind) -> AttrSpec {
    AttrSpec { name, kind }
}

/// The type `f32[sizes]`, in samples.
pub fn f32(sizes: &[i64]) -> Type {
    of(DType::F32, sizes)
}

/// A type of known sizes, in samples.
pub fn of(dtype: DType, sizes: &[i64]) -> Type {
    Type::new(dtype, sizes.iter().copied())
}

/// An attribute of known sizes, in samples.
pub fn sizes(sizes: &[i64]) -> Shape {
    sizes.iter().map(|&n| Dim::known(n)).collect()
}

/// A number in a sample's attributes.
pub fn number(x: f64) -> Scalar {
    Scalar::Float(x)
}
