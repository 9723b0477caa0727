//! What a call is told apart by: the nested structure of its arguments, what kind of tensors they are, words and integers.
//! Floats are put aside: a program may stand for one, or take it anew in each run.

use std::{fmt::Write as _, sync::Arc};

use flashlight_frontend::{
    Tensor,
    autograd::is_grad_enabled,
    format::dtype_name,
    function::{default_device, default_dtype},
};
use pyo3::{
    exceptions::PyNotImplementedError,
    intern,
    prelude::*,
    types::{PyDict, PyFloat, PyList, PyString, PyTuple},
};

use super::guards::is_plain;
use crate::{convert::tensor_of, errors::raise};

/// The tensors and floats of a call, and a description of everything else about it.
#[derive(Default)]
pub struct Described {
    pub text: String,
    /// One tensor for each storage.
    pub tensors: Vec<Tensor>,
    /// Every tensor.
    pub all: Vec<Tensor>,
    /// Every float, and what it is called where the call itself gives it.
    pub numbers: Vec<(f64, Option<String>)>,
    /// Objects that the description knows by their address.
    pub held: Vec<Py<PyAny>>,
}

impl Described {
    pub fn of(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut described = Self::default();
        let (grad, dtype) = (u8::from(is_grad_enabled()), dtype_name(default_dtype()));
        let _ = write!(described.text, "{grad}{dtype}@{}|", default_device());
        for (i, object) in args.iter().enumerate() {
            described.top(&object, || format!("argument {}", i + 1))?;
        }
        if let Some(kwargs) = kwargs {
            for (name, object) in kwargs.iter() {
                let _ = write!(described.text, "{name}=");
                described.top(&object, || format!("the argument '{name}'"))?;
            }
        }
        Ok(described)
    }

    fn top(&mut self, object: &Bound<'_, PyAny>, name: impl FnOnce() -> String) -> PyResult<()> {
        if object.is_exact_instance_of::<PyFloat>() {
            self.text.push_str("F;");
            self.numbers.push((object.extract()?, Some(name())));
            return Ok(());
        }
        self.add(object)
    }

    fn tensor(&mut self, tensor: &Tensor) -> PyResult<()> {
        let storage = tensor.storage();
        let known = self.tensors.iter().position(|t| Arc::ptr_eq(&t.storage(), &storage));
        let grad = tensor.requires_grad().map_err(raise)?;
        let _ = write!(self.text, "T{}@{}", tensor.ty(), tensor.device());
        if grad {
            self.text.push_str(if tensor.is_leaf().map_err(raise)? { "+leaf" } else { "+grad" });
        }
        if let Some(recipe) = tensor.recipe() {
            let _ = write!(self.text, "<{recipe}>");
        }
        match known {
            Some(i) => {
                let _ = write!(self.text, "={i}");
                // The same tensor again, or another one over the same elements.
                if let Some(j) = self.all.iter().position(|t| t.is(tensor)) {
                    let _ = write!(self.text, "!{j}");
                }
            }
            None => self.tensors.push(tensor.clone()),
        }
        self.all.push(tensor.clone());
        self.text.push(';');
        Ok(())
    }

    fn class(&mut self, object: &Bound<'_, PyAny>) {
        let class = object.get_type();
        let _ = write!(self.text, "{:x}:", class.as_ptr().addr());
        self.held.push(class.into_any().unbind());
    }

    fn add(&mut self, object: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(tensor) = tensor_of(object) {
            return self.tensor(tensor);
        }
        if let Ok(all) = object.cast::<PyTuple>() {
            self.text.push('(');
            self.class(object);
            all.iter().try_for_each(|o| self.add(&o))?;
            self.text.push(')');
        } else if let Ok(all) = object.cast::<PyList>() {
            self.text.push('[');
            self.class(object);
            all.iter().try_for_each(|o| self.add(&o))?;
            self.text.push(']');
        } else if let Ok(all) = object.cast::<PyDict>() {
            self.text.push('{');
            self.class(object);
            for (key, value) in all.iter() {
                self.add(&key)?;
                self.add(&value)?;
            }
            self.text.push('}');
        } else if object.is_exact_instance_of::<PyFloat>() {
            self.text.push_str("F;");
            self.numbers.push((object.extract()?, None));
        } else if is_plain(object) {
            let text = object.repr()?;
            // A word may hold what the description is made of; its length tells where it ends.
            let _ = write!(self.text, "{}:{}:{text};", object.get_type().name()?, text.len()?);
        } else if let Some(fields) = object.get_type().getattr_opt(intern!(object.py(), "__dataclass_fields__"))? {
            self.text.push('D');
            self.class(object);
            for name in fields.cast::<PyDict>()?.keys() {
                match object.getattr_opt(name.cast::<PyString>()?)? {
                    Some(value) => self.add(&value)?,
                    None => self.text.push('-'),
                }
            }
            self.text.push(';');
        } else if object.hasattr(intern!(object.py(), "__array_interface__"))? {
            // numpy's scalars are numbers, and have no length.
            if !object.hasattr(intern!(object.py(), "__len__"))? {
                let text = object.repr()?;
                self.class(object);
                let _ = write!(self.text, "{}:{text};", text.len()?);
                return Ok(());
            }
            return Err(PyNotImplementedError::new_err(
                "torch.compile: numpy arrays as arguments of a compiled function, whose elements a program would keep; pass \
                 tensors (torch.from_numpy)",
            ));
        } else {
            let _ = write!(self.text, "@{:x};", object.as_ptr().addr());
            self.held.push(object.clone().unbind());
        }
        Ok(())
    }
}
