//! Floating Python numbers that a program takes anew in each run: a learning rate, a factor in a closure. What Python
//! computes with them is kept as an expression and computed again, in Python's own arithmetic, before each run; what Python
//! decides by them is checked again; where Python needs the number itself, the program stands for that number alone.

use std::sync::Arc;

use flashlight_compiler::{
    ir::Emit,
    types::{DType, Scalar},
};
use flashlight_frontend::{
    Error, Value,
    function::LateNumber,
    trace::{self, Trace},
};
use flashlight_runtime::{Device, Eager, Value as Concrete};
use parking_lot::Mutex;
use pyo3::{
    basic::CompareOp,
    exceptions::PyAttributeError,
    prelude::*,
    types::{PyFloat, PyInt, PyTuple, PyType},
};

/// What Python computed with numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// One of the numbers that a run starts from.
    Input(usize),
    Constant(f64),
    Negative(Arc<Expression>),
    Absolute(Arc<Expression>),
    Binary(Operation, Arc<Expression>, Arc<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Operation {
    fn method(self) -> &'static str {
        match self {
            Operation::Add => "__add__",
            Operation::Subtract => "__sub__",
            Operation::Multiply => "__mul__",
            Operation::Divide => "__truediv__",
            Operation::Power => "__pow__",
        }
    }
}

impl Expression {
    /// The number; `None` where Python would raise an error or leave the real numbers.
    pub fn compute(&self, inputs: &[f64]) -> Option<f64> {
        Some(match self {
            Expression::Input(i) => *inputs.get(*i)?,
            Expression::Constant(x) => *x,
            Expression::Negative(x) => -x.compute(inputs)?,
            Expression::Absolute(x) => x.compute(inputs)?.abs(),
            Expression::Binary(operation, x, y) => {
                let (x, y) = (x.compute(inputs)?, y.compute(inputs)?);
                match operation {
                    Operation::Add => x + y,
                    Operation::Subtract => x - y,
                    Operation::Multiply => x * y,
                    Operation::Divide => (y != 0.0).then_some(x / y)?,
                    Operation::Power => {
                        let power = x.powf(y);
                        let refused = (x == 0.0 && y < 0.0)
                            || (x < 0.0 && y.fract() != 0.0)
                            || (power.is_infinite() && x.is_finite() && y.is_finite());
                        (!refused).then_some(power)?
                    }
                }
            }
        })
    }
}

/// What Python decided by numbers, and the answer it went on with.
enum Check {
    /// The number itself.
    Equal(Arc<Expression>, f64),
    Compare(Arc<Expression>, CompareOp, Arc<Expression>, bool),
}

fn compare(x: f64, op: CompareOp, y: f64) -> bool {
    match op {
        CompareOp::Lt => x < y,
        CompareOp::Le => x <= y,
        CompareOp::Eq => x == y,
        CompareOp::Ne => x != y,
        CompareOp::Gt => x > y,
        CompareOp::Ge => x >= y,
    }
}

/// An expression that the program computes with, in an element type on a device: one of its arguments.
struct Use {
    expression: Arc<Expression>,
    dtype: DType,
    device: Device,
    place: usize,
    value: Value,
}

/// The numbers of one recording.
pub struct Session {
    trace: Arc<Trace>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    inputs: Vec<(f64, String)>,
    uses: Vec<Use>,
    checks: Vec<Check>,
}

/// What a program does with numbers.
#[derive(Default)]
pub struct Numbers {
    /// What each is called.
    pub names: Vec<String>,
    uses: Vec<(Arc<Expression>, DType, Device, usize)>,
    checks: Vec<Check>,
}

impl Session {
    pub fn new(trace: Arc<Trace>) -> Arc<Self> {
        Arc::new(Self { trace, state: Mutex::default() })
    }

    /// How many numbers runs start from.
    pub fn count(&self) -> usize {
        self.state.lock().inputs.len()
    }

    /// The numbers of this recording.
    pub fn values(&self) -> Vec<f64> {
        self.state.lock().inputs.iter().map(|(x, _)| *x).collect()
    }

    /// A number that runs start from, as Python computes with it.
    pub fn input(self: &Arc<Self>, value: f64, name: String) -> NumberObject {
        let mut state = self.state.lock();
        state.inputs.push((value, name));
        let expression = Arc::new(Expression::Input(state.inputs.len() - 1));
        NumberObject(Number { session: self.clone(), expression, value })
    }

    /// What the program does with them.
    pub fn finish(&self) -> Numbers {
        let mut state = self.state.lock();
        Numbers {
            names: state.inputs.iter().map(|(_, name)| name.clone()).collect(),
            uses: state.uses.drain(..).map(|u| (u.expression, u.dtype, u.device, u.place)).collect(),
            checks: std::mem::take(&mut state.checks),
        }
    }

    fn check(&self, check: Check) {
        let mut state = self.state.lock();
        let known = |c: &Check| match (c, &check) {
            (Check::Equal(a, _), Check::Equal(b, _)) => a == b,
            (Check::Compare(a, o, b, _), Check::Compare(x, p, y, _)) => {
                a == x && std::mem::discriminant(o) == std::mem::discriminant(p) && b == y
            }
            _ => false,
        };
        if !state.checks.iter().any(known) {
            state.checks.push(check);
        }
    }
}

impl Numbers {
    /// What no longer holds of these numbers, where something does not.
    pub fn misfit(&self, inputs: &[f64]) -> Option<String> {
        let names = || self.names.join(" or ");
        for check in &self.checks {
            match check {
                Check::Equal(x, expected) => {
                    if x.compute(inputs).is_none_or(|x| x.to_bits() != expected.to_bits()) {
                        return Some(format!("{} changed, and Python needed the number itself", names()));
                    }
                }
                Check::Compare(x, op, y, expected) => {
                    let answer = x.compute(inputs).zip(y.compute(inputs)).map(|(x, y)| compare(x, *op, y));
                    if answer != Some(*expected) {
                        return Some(format!("a comparison of {} came out differently", names()));
                    }
                }
            }
        }
        None
    }

    /// The arguments that stand for numbers, each with its place; `None` where Python would raise an error.
    pub fn arguments(&self, inputs: &[f64]) -> Option<Result<Vec<(usize, Concrete)>, Error>> {
        let made = |(x, dtype, device, place): &(Arc<Expression>, DType, Device, usize)| {
            let number = x.compute(inputs)?;
            Some(constant(number, *dtype, *device).map(|value| (*place, value)))
        };
        self.uses.iter().map(made).collect()
    }

    /// How often Python needed a number itself.
    pub fn frozen(&self) -> usize {
        self.checks.iter().filter(|c| matches!(c, Check::Equal(..))).count()
    }
}

/// The element that stands for a number.
fn constant(x: f64, dtype: DType, device: Device) -> Result<Concrete, Error> {
    Ok(Eager::new(device).constant(Scalar::Float(x), dtype)?)
}

/// A number while the program is recorded.
#[derive(Clone)]
struct Number {
    session: Arc<Session>,
    expression: Arc<Expression>,
    value: f64,
}

impl Number {
    /// Whether its recording goes on here; elsewhere it is the number it was.
    fn is_recorded(&self) -> bool {
        trace::current().is_some_and(|t| Arc::ptr_eq(&t, &self.session.trace))
    }

    fn freeze(&self) -> f64 {
        if self.is_recorded() {
            self.session.check(Check::Equal(self.expression.clone(), self.value));
        }
        self.value
    }

    fn decide(&self, op: CompareOp, other: &Number) -> bool {
        let answer = compare(self.value, op, other.value);
        if self.is_recorded() {
            self.session.check(Check::Compare(self.expression.clone(), op, other.expression.clone(), answer));
        }
        answer
    }

    fn constant(&self, value: f64) -> Number {
        Number { session: self.session.clone(), expression: Arc::new(Expression::Constant(value)), value }
    }
}

impl LateNumber for Number {
    fn value(&self, dtype: DType, device: Device) -> Result<Value, Error> {
        if !dtype.is_inexact() || !self.is_recorded() {
            return constant(self.freeze(), dtype, device).map(Value::from);
        }
        let known = |u: &Use| u.dtype == dtype && u.device == device && u.expression == self.expression;
        if let Some(found) = self.session.state.lock().uses.iter().find(|u| known(u)) {
            return Ok(found.value.clone());
        }
        let element = constant(self.value, dtype, device)?;
        let name = format!("number{}", self.session.state.lock().uses.len());
        let (value, place) = self.session.trace.supply(&name, element);
        let found = Use { expression: self.expression.clone(), dtype, device, place, value: value.clone() };
        self.session.state.lock().uses.push(found);
        Ok(value)
    }

    fn scalar(&self) -> Result<Scalar, Error> {
        Ok(Scalar::Float(self.freeze()))
    }

    fn is_at_least(&self, bound: f64) -> Result<bool, Error> {
        let size = Number {
            expression: Arc::new(Expression::Absolute(self.expression.clone())),
            value: self.value.abs(),
            session: self.session.clone(),
        };
        Ok(size.decide(CompareOp::Ge, &self.constant(bound)))
    }

    fn one_minus(&self) -> Result<Arc<dyn LateNumber>, Error> {
        let one = Arc::new(Expression::Constant(1.0));
        let expression = Expression::Binary(Operation::Subtract, one, self.expression.clone());
        let session = self.session.clone();
        Ok(Arc::new(Number { expression: Arc::new(expression), value: 1.0 - self.value, session }))
    }
}

/// A float that a program takes anew in each run. It is a `float` to `isinstance`.
#[pyclass(name = "Number", module = "flashlight._C", frozen)]
pub struct NumberObject(Number);

impl NumberObject {
    /// As an argument of a torch function.
    pub fn late(&self) -> Option<Arc<dyn LateNumber>> {
        self.0.is_recorded().then(|| Arc::new(self.0.clone()) as Arc<dyn LateNumber>)
    }

    /// The number itself; from now on the program stands for this number alone.
    pub fn freeze(&self) -> f64 {
        self.0.freeze()
    }

    /// What computes it.
    pub fn expression(&self) -> Arc<Expression> {
        self.0.expression.clone()
    }

    /// The number behind another operand, where it is a real one that a float holds.
    fn operand(&self, other: &Bound<'_, PyAny>) -> Option<Number> {
        if let Ok(number) = other.cast::<NumberObject>() {
            let number = &number.get().0;
            let same = Arc::ptr_eq(&number.session, &self.0.session);
            return Some(if same { number.clone() } else { self.0.constant(number.freeze()) });
        }
        if let Ok(x) = other.cast::<PyFloat>() {
            return Some(self.0.constant(x.value()));
        }
        let n: i64 = other.cast::<PyInt>().ok()?.extract().ok()?;
        (n.unsigned_abs() < 1 << 53).then(|| self.0.constant(n as f64))
    }

    fn binary(&self, operation: Operation, other: &Bound<'_, PyAny>, reflected: bool) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let Some(other) = self.operand(other) else { return Ok(py.NotImplemented()) };
        let (x, y) = if reflected { (&other, &self.0) } else { (&self.0, &other) };
        let result = PyFloat::new(py, x.value).call_method1(operation.method(), (y.value,))?;
        let value = match result.cast::<PyFloat>() {
            Ok(value) if self.0.is_recorded() => value.value(),
            Ok(_) => return Ok(result.unbind()),
            // A power that is no real number.
            Err(_) => {
                x.freeze();
                y.freeze();
                return Ok(result.unbind());
            }
        };
        let expression = Arc::new(Expression::Binary(operation, x.expression.clone(), y.expression.clone()));
        wrapped(py, Number { session: self.0.session.clone(), expression, value })
    }

    fn unary(&self, py: Python<'_>, expression: Expression, value: f64) -> PyResult<Py<PyAny>> {
        wrapped(py, Number { session: self.0.session.clone(), expression: Arc::new(expression), value })
    }

    fn frozen<'py>(&self, py: Python<'py>) -> Bound<'py, PyFloat> {
        PyFloat::new(py, self.freeze())
    }
}

fn wrapped(py: Python<'_>, number: Number) -> PyResult<Py<PyAny>> {
    Ok(Bound::new(py, NumberObject(number))?.into_any().unbind())
}

type Any<'a, 'py> = &'a Bound<'py, PyAny>;

#[pymethods]
impl NumberObject {
    #[getter(__class__)]
    fn class<'py>(&self, py: Python<'py>) -> Bound<'py, PyType> {
        py.get_type::<PyFloat>()
    }

    fn __add__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Add, other, false)
    }
    fn __radd__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Add, other, true)
    }
    fn __sub__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Subtract, other, false)
    }
    fn __rsub__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Subtract, other, true)
    }
    fn __mul__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Multiply, other, false)
    }
    fn __rmul__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Multiply, other, true)
    }
    fn __truediv__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Divide, other, false)
    }
    fn __rtruediv__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Divide, other, true)
    }
    fn __pow__(&self, other: Any<'_, '_>, modulo: Option<Any<'_, '_>>) -> PyResult<Py<PyAny>> {
        if modulo.is_some_and(|m| !m.is_none()) {
            return Ok(other.py().NotImplemented());
        }
        self.binary(Operation::Power, other, false)
    }
    fn __rpow__(&self, other: Any<'_, '_>, _modulo: Option<Any<'_, '_>>) -> PyResult<Py<PyAny>> {
        self.binary(Operation::Power, other, true)
    }
    fn __neg__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.unary(py, Expression::Negative(self.expression()), -self.0.value)
    }
    fn __abs__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.unary(py, Expression::Absolute(self.expression()), self.0.value.abs())
    }
    fn __pos__(slf: Bound<'_, Self>) -> Py<PyAny> {
        slf.into_any().unbind()
    }
    fn __floordiv__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.delegate(other.py(), "__floordiv__", other)
    }
    fn __rfloordiv__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.delegate(other.py(), "__rfloordiv__", other)
    }
    fn __mod__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.delegate(other.py(), "__mod__", other)
    }
    fn __rmod__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.delegate(other.py(), "__rmod__", other)
    }
    fn __divmod__(&self, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        self.delegate(other.py(), "__divmod__", other)
    }
    fn __richcmp__(&self, other: Any<'_, '_>, op: CompareOp) -> PyResult<Py<PyAny>> {
        let py = other.py();
        match self.operand(other) {
            Some(other) => Ok(self.0.decide(op, &other).into_pyobject(py)?.to_owned().into_any().unbind()),
            None => Ok(py.NotImplemented()),
        }
    }
    fn __bool__(&self) -> bool {
        self.0.decide(CompareOp::Ne, &self.0.constant(0.0))
    }
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.frozen(py).hash()
    }
    fn __float__(&self) -> f64 {
        self.freeze()
    }
    fn __int__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.frozen(py).call_method0("__int__")?.unbind())
    }
    fn __round__<'py>(&self, py: Python<'py>, digits: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        self.frozen(py).call_method1("__round__", (digits,))
    }
    fn __trunc__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.frozen(py).call_method0("__trunc__")?.unbind())
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.frozen(py).repr()?.to_string())
    }
    fn __format__(&self, py: Python<'_>, spec: &str) -> PyResult<String> {
        self.frozen(py).call_method1("__format__", (spec,))?.extract()
    }
    fn __copy__(slf: Bound<'_, Self>) -> Py<PyAny> {
        slf.into_any().unbind()
    }
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: Any<'_, 'py>) -> Py<PyAny> {
        slf.into_any().unbind()
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (py.get_type::<PyFloat>(), (self.freeze(),)).into_pyobject(py)
    }
    /// What else a float has.
    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        if !py.get_type::<PyFloat>().hasattr(name)? {
            return Err(PyAttributeError::new_err(format!("'float' object has no attribute '{name}'")));
        }
        Ok(self.frozen(py).getattr(name)?.unbind())
    }
}

impl NumberObject {
    fn delegate(&self, py: Python<'_>, method: &str, other: Any<'_, '_>) -> PyResult<Py<PyAny>> {
        let other = match self.operand(other) {
            Some(other) => PyFloat::new(py, other.freeze()).into_any(),
            None => return Ok(py.NotImplemented()),
        };
        Ok(self.frozen(py).call_method1(method, (other,))?.unbind())
    }
}
