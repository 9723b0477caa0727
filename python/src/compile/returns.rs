//! What a program returns: the structure of the answer, with the places of outputs in it. Tensors that share elements with
//! an argument, with each other or with a tensor from outside do so in each run.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use flashlight_frontend::{Tensor, tensor::Seen, trace::Trace};
use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyNotImplementedError, PyRuntimeError},
    intern,
    prelude::*,
    types::{PyDict, PyList, PyString, PyTuple, PyType},
};

use super::numbers::{Expression, NumberObject};
use crate::{convert::tensor_of, errors::raise, tensor::wrap};

/// What a program returns, with the places of its outputs.
pub enum Returns {
    Output(usize),
    /// A tensor that sees the elements of another one.
    View(Box<Returns>, Vec<Seen>),
    /// The view of that number, the same one wherever it is returned.
    Known(usize),
    /// The element of an output as a Python number.
    Number(usize),
    /// A number that Python computes from those that the run takes.
    Computed(Arc<Expression>),
    /// The argument of that number.
    Argument(usize),
    /// What the rebound entry of that number held before the run.
    Before(usize),
    /// A tensor from outside, as it is.
    Same(Py<PyAny>),
    Sequence(Py<PyType>, Vec<Returns>),
    /// A class of named tuples, made by its `_make`.
    Named(Py<PyType>, Vec<Returns>),
    Dictionary(Py<PyType>, Vec<(Py<PyAny>, Returns)>),
    Dataclass(Py<PyType>, Vec<(Py<PyAny>, Returns)>),
    Plain(Py<PyAny>),
}

/// One of a program's outputs as something returned sees it.
pub struct Alias {
    /// Which output.
    pub output: usize,
    /// Whether it has no part in the output's history.
    detached: bool,
    /// Whether it is a leaf that needs a gradient.
    leaf: bool,
}

/// Takes apart what a function returned and what it left where tensors are kept.
pub struct Taking<'a> {
    pub trace: &'a Arc<Trace>,
    /// Every tensor among the arguments.
    pub arguments: &'a [Tensor],
    /// What rebound entries held before.
    pub before: Vec<Option<Tensor>>,
    /// The tensors that the program computes: one for each storage that it made.
    pub outputs: Vec<Tensor>,
    roots: Vec<(Tensor, usize)>,
    views: Vec<(Tensor, Returns)>,
}

impl<'a> Taking<'a> {
    pub fn new(trace: &'a Arc<Trace>, arguments: &'a [Tensor], before: Vec<Option<Tensor>>) -> Self {
        Self { trace, arguments, before, outputs: Vec::new(), roots: Vec::new(), views: Vec::new() }
    }

    /// The place of a tensor whose storage the program made.
    pub fn output(&mut self, root: &Tensor) -> PyResult<usize> {
        if let Some(i) = self.roots.iter().position(|(t, _)| t.is(root)) {
            return Ok(i);
        }
        let storage = root.storage();
        let output = match self.outputs.iter().position(|t| Arc::ptr_eq(&t.storage(), &storage)) {
            Some(output) => {
                // The one with a history stands for all.
                if root.requires_grad().map_err(raise)? && !self.outputs[output].requires_grad().map_err(raise)? {
                    self.outputs[output] = root.clone();
                }
                output
            }
            None => {
                self.outputs.push(root.clone());
                self.outputs.len() - 1
            }
        };
        self.roots.push((root.clone(), output));
        Ok(self.roots.len() - 1)
    }

    fn tensor(&mut self, object: &Bound<'_, PyAny>, tensor: &Tensor) -> PyResult<Returns> {
        if let Some(i) = self.views.iter().position(|(t, _)| t.is(tensor)) {
            return Ok(Returns::Known(i));
        }
        let argument = |t: &Tensor| self.arguments.iter().position(|a| a.is(t));
        let before = |t: &Tensor| self.before.iter().position(|b| b.as_ref().is_some_and(|b| b.is(t)));
        let (root, seen) = tensor.seen_from(&|t| argument(t).is_some() || before(t).is_some());
        let base = if let Some(i) = argument(&root) {
            Returns::Argument(i)
        } else if let Some(i) = before(&root) {
            Returns::Before(i)
        } else if self.trace.is_own(&root.storage()) {
            Returns::Output(self.output(&root)?)
        } else if let Some(i) = self.arguments.iter().position(|a| Arc::ptr_eq(&a.storage(), &root.storage())) {
            // Detached from the argument, or seen in another way: a tensor over the same elements.
            if self.arguments[i].recipe().is_some() {
                return Err(PyNotImplementedError::new_err(
                    "torch.compile: returning what shares elements with an argument that is a view; return a copy (clone())",
                ));
            }
            Returns::View(Box::new(Returns::Argument(i)), vec![Seen::Detached])
        } else {
            return Ok(Returns::Same(object.clone().unbind()));
        };
        let found = if seen.is_empty() { base } else { Returns::View(Box::new(base), seen) };
        if !matches!(found, Returns::View(..)) {
            return Ok(found);
        }
        self.views.push((tensor.clone(), found));
        Ok(Returns::Known(self.views.len() - 1))
    }

    /// Takes an answer apart.
    pub fn take(&mut self, object: &Bound<'_, PyAny>) -> PyResult<Returns> {
        let py = object.py();
        if let Some(tensor) = tensor_of(object) {
            return self.tensor(object, tensor);
        }
        if let Some(tensor) = deferred(object)? {
            return self.output(&tensor).map(Returns::Number);
        }
        if let Ok(number) = object.cast::<NumberObject>() {
            return Ok(Returns::Computed(number.get().expression()));
        }
        let class = object.get_type().unbind();
        if let Ok(all) = object.cast::<PyTuple>() {
            let items = all.iter().map(|o| self.take(&o)).collect::<PyResult<_>>()?;
            let named = object.hasattr("_make")?;
            return Ok(if named { Returns::Named(class, items) } else { Returns::Sequence(class, items) });
        }
        if let Ok(all) = object.cast::<PyList>() {
            let items = all.iter().map(|o| self.take(&o)).collect::<PyResult<_>>()?;
            return Ok(Returns::Sequence(class, items));
        }
        if let Ok(all) = object.cast::<PyDict>() {
            let items = all.iter().map(|(k, v)| Ok((k.unbind(), self.take(&v)?)));
            return Ok(Returns::Dictionary(class, items.collect::<PyResult<_>>()?));
        }
        if let Some(fields) = object.get_type().getattr_opt(intern!(py, "__dataclass_fields__"))? {
            let mut items = Vec::new();
            for name in fields.cast::<PyDict>()?.keys() {
                if let Some(value) = object.getattr_opt(name.cast::<PyString>()?)? {
                    items.push((name.unbind(), self.take(&value)?));
                }
            }
            return Ok(Returns::Dataclass(class, items));
        }
        let inspect = py.import("inspect")?;
        for kind in ["isgenerator", "iscoroutine", "isasyncgen"] {
            if inspect.getattr(kind)?.call1((object,))?.is_truthy()? {
                return Err(PyNotImplementedError::new_err(format!(
                    "torch.compile: functions that return {} objects, which run outside of the program",
                    object.get_type().name()?
                )));
            }
        }
        Ok(Returns::Plain(object.clone().unbind()))
    }

    /// What became of the roots, the outputs that stand for them, and the views that are returned.
    pub fn finish(self) -> PyResult<(Vec<Tensor>, Vec<Alias>, Vec<Returns>)> {
        let outputs = self.outputs;
        let alias = |(root, output): (Tensor, usize)| {
            let needs = root.requires_grad().map_err(raise)?;
            let leaf = needs && root.is_leaf().map_err(raise)?;
            Ok(Alias { detached: !root.is(&outputs[output]) && !needs || leaf, leaf, output })
        };
        let aliases = self.roots.into_iter().map(alias).collect::<PyResult<_>>()?;
        Ok((outputs, aliases, self.views.into_iter().map(|(_, view)| view).collect()))
    }
}

impl Alias {
    /// The tensor of a run.
    pub fn of(&self, outputs: &[Tensor]) -> PyResult<Tensor> {
        let output = outputs.get(self.output).ok_or_else(|| PyRuntimeError::new_err("a program lacks an output"))?;
        let tensor = if self.detached { output.detach() } else { output.clone() };
        if self.leaf {
            tensor.set_requires_grad(true).map_err(raise)?;
        }
        Ok(tensor)
    }
}

/// The tensor behind a number that is not known yet.
pub fn deferred(object: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    if object.is_instance_of::<NumberObject>() {
        return Ok(None);
    }
    match object.getattr_opt(intern!(object.py(), "_flashlight_deferred"))? {
        Some(tensor) => Ok(tensor_of(&tensor).cloned()),
        None => Ok(None),
    }
}

/// What one run gives: what the answer is built of.
pub struct Given<'a, 'py> {
    /// The tensors behind the roots.
    pub roots: &'a [Tensor],
    pub arguments: &'a [Tensor],
    /// The views that are returned, and those that were made already.
    pub views: &'a [Returns],
    pub made: &'a RefCell<HashMap<usize, Bound<'py, PyAny>>>,
    /// What the rebound entries held.
    pub before: &'a [Option<Bound<'py, PyAny>>],
    pub numbers: &'a [f64],
}

impl Returns {
    pub fn build<'py>(&self, py: Python<'py>, given: &Given<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = |items: &[Returns]| -> PyResult<Vec<Bound<'py, PyAny>>> {
            items.iter().map(|r| r.build(py, given)).collect()
        };
        let lacks = || PyRuntimeError::new_err("a program lacks what it returns");
        match self {
            Returns::Output(i) => Ok(wrap(py, given.roots[*i].clone())?.into_bound(py)),
            Returns::View(base, seen) => {
                let base = base.build(py, given)?;
                let mut tensor = tensor_of(&base).ok_or_else(lacks)?.clone();
                for step in seen {
                    tensor = tensor.look_through(step).map_err(raise)?;
                }
                Ok(wrap(py, tensor)?.into_bound(py))
            }
            Returns::Known(i) => {
                if let Some(known) = given.made.borrow().get(i) {
                    return Ok(known.clone());
                }
                let made = given.views[*i].build(py, given)?;
                given.made.borrow_mut().insert(*i, made.clone());
                Ok(made)
            }
            Returns::Number(i) => wrap(py, given.roots[*i].clone())?.bind(py).call_method0("item"),
            Returns::Computed(expression) => {
                let x = expression.compute(given.numbers).ok_or_else(lacks)?;
                x.into_bound_py_any(py)
            }
            Returns::Argument(i) => Ok(wrap(py, given.arguments[*i].clone())?.into_bound(py)),
            Returns::Before(i) => given.before.get(*i).cloned().flatten().ok_or_else(lacks),
            Returns::Same(object) | Returns::Plain(object) => Ok(object.bind(py).clone()),
            Returns::Sequence(class, items) => class.bind(py).call1((all(items)?,)),
            Returns::Named(class, items) => class.bind(py).call_method1("_make", (all(items)?,)),
            Returns::Dictionary(class, items) => {
                let plain = PyDict::new(py);
                for (key, value) in items {
                    plain.set_item(key, value.build(py, given)?)?;
                }
                if class.bind(py).is(py.get_type::<PyDict>()) {
                    return Ok(plain.into_any());
                }
                class.bind(py).call1((plain,))
            }
            Returns::Dataclass(class, items) => {
                let object = class.bind(py).call_method1("__new__", (class,))?;
                // Also of classes whose instances are frozen.
                let set = py.get_type::<PyAny>().getattr("__setattr__")?;
                for (name, value) in items {
                    set.call1((&object, name, value.build(py, given)?))?;
                }
                Ok(object)
            }
        }
    }
}
