//! Arguments as functions see them, checked against a signature, and what functions return.

use std::{any::Any, fmt, sync::Arc};

use flashlight_compiler::types::{DType, Scalar};
use flashlight_runtime::Device;
use smallvec::SmallVec;

use super::Signature;
use crate::{
    error::{Error, Result},
    tensor::Tensor,
    value::Value,
};

/// A Python number that a program takes anew in each run: known while the program is recorded, and not frozen into it.
pub trait LateNumber: Send + Sync {
    /// The element of rank 0 that stands for it in an element type, on a device.
    ///
    /// # Errors
    /// What making it fails with.
    fn value(&self, dtype: DType, device: Device) -> Result<Value>;

    /// The number itself; from then on the program stands for this number alone.
    ///
    /// # Errors
    /// A number that only a run knows.
    fn scalar(&self) -> Result<Scalar>;

    /// Whether it is at least so far from 0; the program stands for the answer.
    ///
    /// # Errors
    /// As [`LateNumber::scalar`].
    fn is_at_least(&self, bound: f64) -> Result<bool>;

    /// What is left of 1 without it.
    ///
    /// # Errors
    /// As [`LateNumber::value`].
    fn one_minus(&self) -> Result<Arc<dyn LateNumber>>;
}

/// One argument.
#[derive(Clone)]
pub enum Argument {
    /// `None`, or nothing given.
    None,
    /// A tensor.
    Tensor(Tensor),
    /// Several tensors.
    Tensors(Vec<Tensor>),
    /// A Python number.
    Number(Scalar),
    /// Integers.
    Ints(SmallVec<[i64; 4]>),
    /// Real numbers.
    Floats(SmallVec<[f64; 4]>),
    /// An element type.
    DType(DType),
    /// A device.
    Device(Device),
    /// A word.
    Text(Arc<str>),
    /// A generator.
    Generator(Arc<crate::generator::Generator>),
    /// A floating Python number that a program takes anew in each run.
    Late(Arc<dyn LateNumber>),
    /// Something of the host language.
    Foreign(Arc<dyn Any + Send + Sync>),
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::None => f.write_str("None"),
            Argument::Tensor(t) => write!(f, "{t:?}"),
            Argument::Tensors(t) => write!(f, "{t:?}"),
            Argument::Number(x) => write!(f, "{x}"),
            Argument::Ints(n) => write!(f, "{n:?}"),
            Argument::Floats(n) => write!(f, "{n:?}"),
            Argument::DType(d) => write!(f, "{d}"),
            Argument::Device(d) => write!(f, "{d}"),
            Argument::Text(t) => write!(f, "{t:?}"),
            Argument::Generator(_) => f.write_str("generator"),
            Argument::Late(_) => f.write_str("float"),
            Argument::Foreign(_) => f.write_str("object"),
        }
    }
}

impl Argument {
    /// Whether nothing was given.
    pub fn is_none(&self) -> bool {
        matches!(self, Argument::None)
    }
}

/// The arguments of one call: one for each parameter, checked for kind, defaults filled in.
pub struct Arguments {
    /// The signature that they fit.
    pub signature: &'static Signature,
    /// In the signature's order.
    pub values: SmallVec<[Argument; 6]>,
}

/// What a function returns.
pub enum Returned {
    /// Nothing.
    None,
    /// A tensor.
    Tensor(Tensor),
    /// A tuple of tensors.
    Tuple(Vec<Tensor>),
    /// A list of tensors.
    List(Vec<Tensor>),
    /// A named tuple of tensors.
    Named(&'static [&'static str], Vec<Tensor>),
    /// A named tuple of one tensor and a tuple of tensors.
    Nested(&'static [&'static str], Vec<Tensor>, Vec<Tensor>),
    /// A Python number.
    Number(Scalar),
    /// The number in a tensor of one element that is being traced.
    Deferred(Tensor),
    /// A `torch.Size`.
    Size(SmallVec<[i64; 4]>),
    /// A tuple of integers.
    Ints(SmallVec<[i64; 4]>),
    /// An element type.
    DType(DType),
    /// A device.
    Device(Device),
    /// A word.
    Text(String),
    /// Nested lists of numbers, row-major: `tolist`.
    Numbers(Vec<i64>, Vec<Scalar>),
}

impl Arguments {
    /// The argument of that name.
    ///
    /// # Errors
    /// A name that the signature lacks: a fault of ours.
    pub fn get(&self, name: &str) -> Result<&Argument> {
        let at = self.signature.position(name);
        at.and_then(|i| self.values.get(i))
            .ok_or_else(|| Error::internal(format_args!("{}() has no parameter '{name}'", self.signature.name)))
    }

    /// Whether something else than `None` was given.
    pub fn is_given(&self, name: &str) -> bool {
        !matches!(self.get(name), Err(_) | Ok(Argument::None))
    }

    fn wrong<T>(&self, name: &str, wanted: &str) -> Result<T> {
        let given = self.get(name)?;
        Err(Error::argument(format_args!(
            "{}(): argument '{name}' must be {wanted}, not {given:?}",
            self.signature.name
        )))
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        match self.get(name)? {
            Argument::Tensor(t) => Ok(t),
            _ => self.wrong(name, "Tensor"),
        }
    }

    /// A tensor, or nothing.
    pub fn optional_tensor(&self, name: &str) -> Result<Option<&Tensor>> {
        if self.is_given(name) { self.tensor(name).map(Some) } else { Ok(None) }
    }

    /// Several tensors.
    pub fn tensors(&self, name: &str) -> Result<&[Tensor]> {
        match self.get(name)? {
            Argument::Tensors(t) => Ok(t),
            Argument::Tensor(t) => Ok(std::slice::from_ref(t)),
            _ => self.wrong(name, "tuple of Tensors"),
        }
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<Scalar> {
        match self.get(name)? {
            Argument::Number(x) => Ok(*x),
            Argument::Late(x) => x.scalar(),
            _ => self.wrong(name, "Number"),
        }
    }

    /// A number, or nothing.
    pub fn optional_number(&self, name: &str) -> Result<Option<Scalar>> {
        if self.is_given(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    /// A real number.
    pub fn float(&self, name: &str) -> Result<f64> {
        self.number(name).map(Scalar::as_f64)
    }

    /// An integer.
    pub fn int(&self, name: &str) -> Result<i64> {
        match self.get(name)? {
            Argument::Number(x) if !matches!(x, Scalar::Float(_) | Scalar::Complex(..)) => {
                x.as_i64().map_or_else(|| self.wrong(name, "int"), Ok)
            }
            _ => self.wrong(name, "int"),
        }
    }

    /// An integer, or nothing.
    pub fn optional_int(&self, name: &str) -> Result<Option<i64>> {
        if self.is_given(name) { self.int(name).map(Some) } else { Ok(None) }
    }

    /// A truth value.
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name)? {
            Argument::Number(Scalar::Bool(b)) => Ok(*b),
            Argument::Number(x) => Ok(x.as_f64() != 0.0),
            Argument::None => Ok(false),
            _ => self.wrong(name, "bool"),
        }
    }

    /// Integers; one integer is a list of one.
    pub fn ints(&self, name: &str) -> Result<SmallVec<[i64; 4]>> {
        match self.get(name)? {
            Argument::Ints(n) => Ok(n.clone()),
            Argument::Number(_) => Ok(smallvec::smallvec![self.int(name)?]),
            _ => self.wrong(name, "tuple of ints"),
        }
    }

    /// Integers, or nothing.
    pub fn optional_ints(&self, name: &str) -> Result<Option<SmallVec<[i64; 4]>>> {
        if self.is_given(name) { self.ints(name).map(Some) } else { Ok(None) }
    }

    /// An element type, or nothing.
    pub fn dtype(&self, name: &str) -> Result<Option<DType>> {
        match self.get(name)? {
            Argument::DType(d) => Ok(Some(*d)),
            Argument::None => Ok(None),
            _ => self.wrong(name, "torch.dtype"),
        }
    }

    /// A device, or nothing.
    pub fn device(&self, name: &str) -> Result<Option<Device>> {
        match self.get(name)? {
            Argument::Device(d) => Ok(Some(*d)),
            Argument::None => Ok(None),
            _ => self.wrong(name, "torch.device"),
        }
    }

    /// A word.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.get(name)? {
            Argument::Text(t) => Ok(t),
            _ => self.wrong(name, "str"),
        }
    }

    /// A word, or nothing.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>> {
        if self.is_given(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// A generator, or nothing.
    pub fn generator(&self, name: &str) -> Result<Option<Arc<crate::generator::Generator>>> {
        match self.get(name)? {
            Argument::Generator(g) => Ok(Some(g.clone())),
            Argument::None => Ok(None),
            _ => self.wrong(name, "torch.Generator"),
        }
    }

    /// The first tensor among the arguments.
    pub fn first_tensor(&self) -> Option<&Tensor> {
        self.values.iter().find_map(|v| match v {
            Argument::Tensor(t) => Some(t),
            Argument::Tensors(t) => t.first(),
            _ => None,
        })
    }
}
