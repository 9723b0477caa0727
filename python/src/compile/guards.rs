//! What a program relies on in Python: what names stand for in the functions it went through, what objects hold that they
//! name, modules, the options of optimisers. It finds that before the function runs, and holds against it in each call.
//!
//! What it cannot hold against anything (long lists, objects without a dictionary) it lists, and `inspect` shows the list.

use std::collections::{HashMap, HashSet, VecDeque};

use flashlight_frontend::Tensor;
use pyo3::{
    PyTraverseError, PyVisit, intern,
    prelude::*,
    types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyModule, PySet, PyString, PyTuple, PyType},
};

use super::CompiledFunction;
use crate::{
    convert::tensor_of,
    types::{DTypeObject, DeviceObject},
};

/// How many items of one list, and how many places in all, are held against.
const MOST_ITEMS: usize = 1000;
const MOST_PLACES: usize = 8192;
/// How deep lists in lists are looked into.
const MOST_DEPTH: usize = 6;

/// Whether an object is told apart by its text: numbers, words, and our own small classes.
pub fn is_plain(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyBytes>()
        || object.is_exact_instance_of::<PyComplex>()
        || object.is_instance_of::<DTypeObject>()
        || object.is_instance_of::<DeviceObject>()
}

/// Whether two plain objects are the same: of one class, equal, and floats by their bits.
fn is_same(now: &Bound<'_, PyAny>, expected: &Bound<'_, PyAny>) -> PyResult<bool> {
    if now.is(expected) {
        return Ok(true);
    }
    if !is_plain(now) || !now.get_type().is(expected.get_type()) {
        return Ok(false);
    }
    if let (Ok(a), Ok(b)) = (now.cast::<PyFloat>(), expected.cast::<PyFloat>()) {
        return Ok(a.value().to_bits() == b.value().to_bits());
    }
    now.eq(expected)
}

/// Where something stands in Python.
pub enum Place {
    /// An entry of a dictionary: of a module's names, of an object's attributes, or the user's own.
    Entry(Py<PyDict>, Py<PyAny>),
    /// A variable of an enclosing function.
    Cell(Py<PyAny>),
    /// An attribute of a class or a function.
    Attribute(Py<PyAny>, Py<PyString>),
}

impl Place {
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Place::Entry(entries, key) => entries.bind(py).get_item(key),
            Place::Cell(cell) => cell.bind(py).getattr_opt(intern!(py, "cell_contents")),
            Place::Attribute(owner, name) => owner.bind(py).getattr_opt(name.bind(py)),
        }
    }

    pub fn set(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match self {
            Place::Entry(entries, key) => entries.bind(py).set_item(key, value),
            Place::Cell(cell) => cell.bind(py).setattr(intern!(py, "cell_contents"), value),
            Place::Attribute(owner, name) => owner.bind(py).setattr(name.bind(py), value),
        }
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Place::Entry(entries, key) => {
                visit.call(entries)?;
                visit.call(key)
            }
            Place::Cell(cell) => visit.call(cell),
            Place::Attribute(owner, name) => {
                visit.call(owner)?;
                visit.call(name)
            }
        }
    }

    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Place::Entry(entries, key) => Place::Entry(entries.clone_ref(py), key.clone_ref(py)),
            Place::Cell(cell) => Place::Cell(cell.clone_ref(py)),
            Place::Attribute(owner, name) => Place::Attribute(owner.clone_ref(py), name.clone_ref(py)),
        }
    }

    /// Tells places apart.
    fn key(&self, py: Python<'_>) -> PyResult<String> {
        Ok(match self {
            Place::Entry(entries, key) => format!("{:x}[{}]", entries.as_ptr().addr(), key.bind(py).repr()?),
            Place::Cell(cell) => format!("{:x}", cell.as_ptr().addr()),
            Place::Attribute(owner, name) => format!("{:x}.{name}", owner.as_ptr().addr()),
        })
    }
}

/// What stands in a place.
pub enum Expected {
    /// That object, or a plain one like it.
    Object(Py<PyAny>),
    /// A list or tuple of these items.
    Items(Py<PyAny>, Vec<Expected>),
    /// That dictionary with these keys; what they stand for has places of its own.
    Keys(Py<PyDict>, Vec<Py<PyAny>>),
    /// Any float: the number of that place among those that the program takes anew. With what it was at first.
    Number(usize, Py<PyAny>),
}

impl Expected {
    /// Whether it is so now; numbers are gathered.
    fn holds(&self, now: &Bound<'_, PyAny>, numbers: &mut [f64]) -> PyResult<bool> {
        let py = now.py();
        match self {
            Expected::Object(expected) => is_same(now, expected.bind(py)),
            Expected::Items(container, items) => {
                if !now.get_type().is(container.bind(py).get_type()) {
                    return Ok(false);
                }
                if let Ok(list) = now.cast::<PyList>() {
                    return holds_all(items, list.iter(), list.len(), numbers);
                }
                match now.cast::<PyTuple>() {
                    Ok(tuple) => holds_all(items, tuple.iter(), tuple.len(), numbers),
                    Err(_) => Ok(false),
                }
            }
            Expected::Keys(entries, keys) => {
                let entries = entries.bind(py);
                if !now.is(entries) || entries.len() != keys.len() {
                    return Ok(false);
                }
                for (now, expected) in entries.keys().iter().zip(keys) {
                    if !is_same(&now, expected.bind(py))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expected::Number(place, _) => match (now.cast_exact::<PyFloat>(), numbers.get_mut(*place)) {
                (Ok(x), Some(number)) => {
                    *number = x.value();
                    Ok(true)
                }
                _ => Ok(false),
            },
        }
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Expected::Object(object) | Expected::Number(_, object) => visit.call(object),
            Expected::Items(container, items) => {
                visit.call(container)?;
                items.iter().try_for_each(|e| e.traverse(visit))
            }
            Expected::Keys(entries, keys) => {
                visit.call(entries)?;
                keys.iter().try_for_each(|k| visit.call(k))
            }
        }
    }

    /// The object that stood there.
    pub fn original_object(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.original(py).map(Bound::unbind)
    }

    /// What stood there, with the contents it had.
    fn original<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Expected::Object(object) | Expected::Number(_, object) => Ok(object.bind(py).clone()),
            Expected::Keys(entries, keys) => {
                let entries = entries.bind(py);
                for key in entries.keys() {
                    if !keys.iter().any(|k| k.is(&key)) {
                        entries.del_item(key)?;
                    }
                }
                Ok(entries.clone().into_any())
            }
            Expected::Items(container, items) => {
                let container = container.bind(py);
                if let Ok(list) = container.cast::<PyList>() {
                    let items = items.iter().map(|e| e.original(py)).collect::<PyResult<Vec<_>>>()?;
                    let same = list.len() == items.len() && list.iter().zip(&items).all(|(a, b)| a.is(b));
                    if !same {
                        list.set_slice(0, list.len(), PyList::new(py, items)?.as_any())?;
                    }
                } else {
                    items.iter().try_for_each(|e| e.original(py).map(drop))?;
                }
                Ok(container.clone())
            }
        }
    }
}

fn holds_all<'py>(
    items: &[Expected],
    now: impl Iterator<Item = Bound<'py, PyAny>>,
    count: usize,
    numbers: &mut [f64],
) -> PyResult<bool> {
    if count != items.len() {
        return Ok(false);
    }
    for (now, item) in now.zip(items) {
        if !item.holds(&now, numbers)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A place with what stands in it.
pub struct Variable {
    pub place: Place,
    pub expected: Expected,
    pub what: String,
}

impl Variable {
    /// Whether it stands there still.
    pub fn holds(&self, py: Python<'_>, numbers: &mut [f64]) -> PyResult<bool> {
        match self.place.get(py)? {
            Some(now) => self.expected.holds(&now, numbers),
            None => Ok(false),
        }
    }

    /// Puts back what stood there.
    pub fn restore(&self, py: Python<'_>) -> PyResult<()> {
        self.place.set(py, &self.expected.original(py)?)
    }

    /// The key of the place, where a float stood there and another one does now: one to be taken anew.
    pub fn changed_number(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let Expected::Object(expected) = &self.expected else { return Ok(None) };
        let Some(now) = self.place.get(py)? else { return Ok(None) };
        let floats = now.is_exact_instance_of::<PyFloat>() && expected.bind(py).is_exact_instance_of::<PyFloat>();
        if floats && !is_same(&now, expected.bind(py))? { self.place.key(py).map(Some) } else { Ok(None) }
    }

    /// The float that stands there, where the place is among those whose numbers are taken anew.
    pub fn number(&self, py: Python<'_>, taken: &HashSet<String>) -> PyResult<Option<f64>> {
        let Expected::Object(expected) = &self.expected else { return Ok(None) };
        match expected.bind(py).cast_exact::<PyFloat>() {
            Ok(x) if taken.contains(&self.place.key(py)?) => Ok(Some(x.value())),
            _ => Ok(None),
        }
    }
}

/// A module's structure and plain attributes, its mode and its hooks.
pub struct ModuleGuard {
    module: Py<PyAny>,
    attributes: Py<PyDict>,
    version: i64,
    training: bool,
    hooks: Vec<(Py<PyDict>, Vec<Py<PyAny>>)>,
}

impl ModuleGuard {
    fn new(module: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = module.py();
        let attributes = module.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
        let mut hooks = Vec::new();
        for name in ["_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"] {
            if let Some(all) = attributes.get_item(name)?
                && let Ok(all) = all.cast::<PyDict>()
            {
                hooks.push((all.clone().unbind(), all.values().iter().map(Bound::unbind).collect()));
            }
        }
        Ok(Self {
            version: version_of(&attributes)?.unwrap_or(0),
            training: training_of(&attributes)?,
            module: module.clone().unbind(),
            attributes: attributes.unbind(),
            hooks,
        })
    }

    fn name(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.module.bind(py).get_type().name()?.to_string())
    }

    fn miss(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let attributes = self.attributes.bind(py);
        if version_of(attributes)? != Some(self.version) {
            return Ok(Some(format!("an attribute of {} changed", self.name(py)?)));
        }
        let mode = training_of(attributes)?;
        if mode != self.training {
            return Ok(Some(format!("{}.training is {} now", self.name(py)?, truth(mode))));
        }
        for (all, expected) in &self.hooks {
            let all = all.bind(py);
            if all.len() != expected.len() || !all.values().iter().zip(expected).all(|(a, b)| a.is(b)) {
                return Ok(Some(format!("the hooks of {} changed", self.name(py)?)));
            }
        }
        Ok(None)
    }
}

fn truth(x: bool) -> &'static str {
    if x { "True" } else { "False" }
}

fn version_of(attributes: &Bound<'_, PyDict>) -> PyResult<Option<i64>> {
    attributes.get_item(intern!(attributes.py(), "_flashlight_version"))?.map(|v| v.extract()).transpose()
}

fn training_of(attributes: &Bound<'_, PyDict>) -> PyResult<bool> {
    let mode = attributes.get_item(intern!(attributes.py(), "training"))?;
    mode.map_or(Ok(false), |m| m.is_truthy())
}

/// The options of an optimiser's groups, and the version of its state.
pub struct OptionsGuard {
    owner: Py<PyAny>,
    groups: Vec<Vec<(Py<PyAny>, Expected)>>,
    version: i64,
}

impl OptionsGuard {
    fn new(owner: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut groups = Vec::new();
        for group in groups_of(owner)? {
            let mut options = Vec::new();
            for (key, value) in group.iter() {
                options.push((key.unbind(), shallow(&value, 0)?));
            }
            groups.push(options);
        }
        let version = owner.getattr(intern!(owner.py(), "_state_version"))?.extract()?;
        Ok(Self { owner: owner.clone().unbind(), groups, version })
    }

    fn name(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.owner.bind(py).get_type().name()?.to_string())
    }

    pub fn miss(&self, py: Python<'_>, numbers: &mut [f64]) -> PyResult<Option<String>> {
        let owner = self.owner.bind(py);
        let groups = groups_of(owner)?;
        let version: i64 = owner.getattr(intern!(py, "_state_version"))?.extract()?;
        if version != self.version {
            return Ok(Some(format!("the state of {} was replaced", self.name(py)?)));
        }
        if groups.len() != self.groups.len() {
            return Ok(Some(format!("{} has {} groups now", self.name(py)?, groups.len())));
        }
        for (i, (group, expected)) in groups.iter().zip(&self.groups).enumerate() {
            for (key, expected) in expected {
                let now = group.get_item(key)?;
                let holds = now.map_or(Ok(false), |now| expected.holds(&now, numbers))?;
                if !holds {
                    return Ok(Some(format!(
                        "the option {} of {} changed (group {i})",
                        key.bind(py).repr()?,
                        self.name(py)?
                    )));
                }
            }
            if group.len() != expected.len() {
                return Ok(Some(format!("{} has other options now (group {i})", self.name(py)?)));
            }
        }
        Ok(None)
    }

    /// The keys of the floats that are others now.
    pub fn changed_numbers(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut changed = Vec::new();
        for (i, (group, expected)) in groups_of(self.owner.bind(py))?.iter().zip(&self.groups).enumerate() {
            for (key, expected) in expected {
                let key = key.bind(py);
                let Some(now) = group.get_item(key)? else { continue };
                let nows = items_of(&now);
                let expecteds: Vec<&Expected> = match expected {
                    Expected::Items(_, items) => items.iter().collect(),
                    other => vec![other],
                };
                if nows.len() != expecteds.len() {
                    continue;
                }
                for (item, (now, expected)) in nows.iter().zip(expecteds).enumerate() {
                    if let Expected::Object(before) = expected
                        && now.is_exact_instance_of::<PyFloat>()
                        && before.bind(py).is_exact_instance_of::<PyFloat>()
                        && !is_same(now, before.bind(py))?
                    {
                        changed.push(option_key(self.owner.as_ptr().addr(), i, key, item)?);
                    }
                }
            }
        }
        Ok(changed)
    }

    /// Has the floats among the options that are taken anew stand for themselves while the program is recorded.
    pub fn substitute(
        &mut self,
        py: Python<'_>,
        taken: &HashSet<String>,
        make: &mut dyn FnMut(f64, String) -> PyResult<(usize, Py<PyAny>)>,
    ) -> PyResult<Vec<Substituted>> {
        let mut all = Vec::new();
        let class = self.name(py)?;
        let groups = groups_of(self.owner.bind(py))?;
        let owner = self.owner.as_ptr().addr();
        for (i, (group, options)) in groups.iter().zip(&mut self.groups).enumerate() {
            for (key, option) in options {
                let key = key.bind(py);
                let Some(now) = group.get_item(key)? else { continue };
                let items = items_of(&now);
                let mut replaced: Vec<Bound<'_, PyAny>> = Vec::new();
                let mut expected: Vec<Expected> = Vec::new();
                let mut any = false;
                for (item, value) in items.iter().enumerate() {
                    match value.cast_exact::<PyFloat>() {
                        Ok(x) if taken.contains(&option_key(owner, i, key, item)?) => {
                            let (place, object) = make(x.value(), format!("the option {} of {class}", key.repr()?))?;
                            expected.push(Expected::Number(place, value.clone().unbind()));
                            replaced.push(object.into_bound(py));
                            any = true;
                        }
                        _ => {
                            expected.push(shallow(value, 1)?);
                            replaced.push(value.clone());
                        }
                    }
                }
                if !any {
                    continue;
                }
                let object = if now.is_instance_of::<PyTuple>() {
                    *option = Expected::Items(now.clone().unbind(), expected);
                    PyTuple::new(py, replaced)?.into_any()
                } else {
                    let (Some(only), Some(object)) = (expected.pop(), replaced.pop()) else { continue };
                    *option = only;
                    object
                };
                group.set_item(key, &object)?;
                all.push(Substituted {
                    place: Place::Entry(group.clone().unbind(), key.clone().unbind()),
                    object: object.unbind(),
                    before: now.unbind(),
                    what: format!("the option {} of {class}", key.repr()?),
                });
            }
        }
        Ok(all)
    }
}

/// Tells options apart: those of one optimiser, in one group, and items of one tuple.
fn option_key(owner: usize, group: usize, key: &Bound<'_, PyAny>, item: usize) -> PyResult<String> {
    Ok(format!("{owner:x}:{group}:{}:{item}", key.str()?))
}

/// A float that stands for itself while a program is recorded.
pub struct Substituted {
    pub place: Place,
    pub object: Py<PyAny>,
    pub before: Py<PyAny>,
    pub what: String,
}

impl Substituted {
    /// Puts the float back; answers whether the program has left its place alone.
    pub fn restore(&self, py: Python<'_>) -> PyResult<bool> {
        let untouched = self.place.get(py)?.is_some_and(|now| now.is(&self.object));
        self.place.set(py, self.before.bind(py))?;
        Ok(untouched)
    }
}

fn groups_of<'py>(owner: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let groups = owner.getattr(intern!(owner.py(), "param_groups"))?;
    groups.try_iter()?.map(|g| Ok(g?.cast_into::<PyDict>()?)).collect()
}

/// The items of a tuple, or the object itself.
fn items_of<'py>(object: &Bound<'py, PyAny>) -> Vec<Bound<'py, PyAny>> {
    match object.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().collect(),
        Err(_) => vec![object.clone()],
    }
}

/// An object, and the items of lists and tuples.
fn shallow(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Expected> {
    let items: Vec<Bound<'_, PyAny>> = if let Ok(list) = value.cast::<PyList>() {
        list.iter().collect()
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        tuple.iter().collect()
    } else {
        return Ok(Expected::Object(value.clone().unbind()));
    };
    if depth >= MOST_DEPTH {
        return Ok(Expected::Object(value.clone().unbind()));
    }
    let items = items.iter().map(|i| shallow(i, depth + 1)).collect::<PyResult<_>>()?;
    Ok(Expected::Items(value.clone().unbind(), items))
}

/// Everything a program relies on.
#[derive(Default)]
pub struct Guards {
    pub variables: Vec<Variable>,
    pub modules: Vec<ModuleGuard>,
    pub options: Vec<OptionsGuard>,
    /// What is read and cannot be held against anything.
    pub unguarded: Vec<String>,
}

impl Guards {
    /// What no longer holds, where something does not; numbers are gathered.
    pub fn miss(&self, py: Python<'_>, numbers: &mut [f64]) -> PyResult<Option<String>> {
        for variable in &self.variables {
            if !variable.holds(py, numbers)? {
                return Ok(Some(format!("{} changed", variable.what)));
            }
        }
        for module in &self.modules {
            if let Some(miss) = module.miss(py)? {
                return Ok(Some(miss));
            }
        }
        for options in &self.options {
            if let Some(miss) = options.miss(py, numbers)? {
                return Ok(Some(miss));
            }
        }
        Ok(None)
    }

    /// The places of floats that are others now.
    pub fn changed_numbers(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut all = Vec::new();
        for variable in &self.variables {
            all.extend(variable.changed_number(py)?);
        }
        for options in &self.options {
            all.extend(options.changed_numbers(py)?);
        }
        Ok(all)
    }

    /// Shows Python's garbage collector what is held.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        for variable in &self.variables {
            variable.place.traverse(visit)?;
            variable.expected.traverse(visit)?;
        }
        for module in &self.modules {
            visit.call(&module.module)?;
            visit.call(&module.attributes)?;
            for (all, hooks) in &module.hooks {
                visit.call(all)?;
                hooks.iter().try_for_each(|h| visit.call(h))?;
            }
        }
        for options in &self.options {
            visit.call(&options.owner)?;
            for (key, expected) in options.groups.iter().flatten() {
                visit.call(key)?;
                expected.traverse(visit)?;
            }
        }
        Ok(())
    }

    /// What is held against, in words; modules of a class together.
    pub fn describe(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let mut all: Vec<String> = self.variables.iter().map(|v| v.what.clone()).collect();
        let mut classes: Vec<(String, usize)> = Vec::new();
        for module in &self.modules {
            let text = format!("attributes of {}, training={}", module.name(py)?, truth(module.training));
            match classes.iter_mut().find(|(known, _)| *known == text) {
                Some((_, count)) => *count += 1,
                None => classes.push((text, 1)),
            }
        }
        all.extend(classes.into_iter().map(|(text, n)| if n > 1 { format!("{text} ({n} modules)") } else { text }));
        for options in &self.options {
            all.push(format!("options of {}", options.name(py)?));
        }
        Ok(all)
    }
}

/// Finds what functions rely on.
#[derive(Default)]
pub struct Reach {
    pub guards: Guards,
    /// Tensors that stand somewhere in reach.
    pub tensors: Vec<Tensor>,
    pub modules: Vec<Py<PyAny>>,
    pub owners: Vec<Py<PyAny>>,
    names: HashSet<String>,
    codes: HashSet<usize>,
    places: HashSet<String>,
    /// Objects whose attributes are held against, by address, with what they are.
    objects: Vec<(Py<PyAny>, String)>,
    known: HashSet<usize>,
    foreign: HashMap<String, bool>,
    waiting: VecDeque<(Py<PyAny>, String)>,
    /// Keeps what is known by address.
    held: Vec<Py<PyAny>>,
}

impl Reach {
    /// What a function relies on; and the objects among its arguments.
    pub fn of(function: &Bound<'_, PyAny>, objects: &[Py<PyAny>]) -> PyResult<Self> {
        let py = function.py();
        let mut reach = Self::default();
        reach.names.extend(["forward", "__call__"].map(str::to_owned));
        reach.visit(function, "the function", 0)?;
        for object in objects {
            reach.visit(object.bind(py), "an argument", 0)?;
        }
        reach.settle(py)?;
        Ok(reach)
    }

    /// What a module relies on that is called.
    pub fn module(&mut self, module: &Bound<'_, PyAny>) -> PyResult<()> {
        self.visit(module, "a module", 0)?;
        self.settle(module.py())
    }

    fn settle(&mut self, py: Python<'_>) -> PyResult<()> {
        loop {
            while let Some((function, what)) = self.waiting.pop_front() {
                self.function(function.bind(py), &what)?;
            }
            let (names, objects) = (self.names.len(), self.objects.len());
            let all: Vec<(Py<PyAny>, String)> =
                self.objects.iter().map(|(o, what)| (o.clone_ref(py), what.clone())).collect();
            for (object, what) in all {
                self.attributes(object.bind(py), &what)?;
            }
            if self.waiting.is_empty() && names == self.names.len() && objects == self.objects.len() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, py: Python<'_>, place: Place, what: String, depth: usize) -> PyResult<()> {
        let Some(now) = place.get(py)? else { return Ok(()) };
        if !self.places.insert(place.key(py)?) {
            return Ok(());
        }
        if self.guards.variables.len() >= MOST_PLACES {
            self.leave(what);
            return Ok(());
        }
        // Places are known by address: what they are in must stay.
        let holder = match &place {
            Place::Entry(entries, _) => entries.clone_ref(py).into_any(),
            Place::Cell(owner) | Place::Attribute(owner, _) => owner.clone_ref(py),
        };
        self.held.push(holder);
        let expected = self.visit(&now, &what, depth)?;
        let variable = Variable { place, expected, what };
        // What is another object at each look cannot be held against.
        if variable.holds(py, &mut [])? {
            self.guards.variables.push(variable);
        } else {
            self.leave(variable.what);
        }
        Ok(())
    }

    fn leave(&mut self, what: String) {
        if !self.guards.unguarded.contains(&what) {
            self.guards.unguarded.push(what);
        }
    }

    fn visit(&mut self, value: &Bound<'_, PyAny>, what: &str, depth: usize) -> PyResult<Expected> {
        let py = value.py();
        let object = || Expected::Object(value.clone().unbind());
        if let Some(tensor) = tensor_of(value) {
            self.tensors.push(tensor.clone());
            return Ok(object());
        }
        if is_plain(value) {
            return Ok(object());
        }
        let container = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
        if container || value.is_instance_of::<PyDict>() {
            if depth >= MOST_DEPTH || value.len()? > MOST_ITEMS {
                self.leave(format!("what is in {what}"));
                return Ok(object());
            }
            if let Ok(entries) = value.cast::<PyDict>() {
                let mut keys = Vec::new();
                for key in entries.keys() {
                    let what = format!("the entry {} of {what}", key.repr()?);
                    self.add(py, Place::Entry(entries.clone().unbind(), key.clone().unbind()), what, depth + 1)?;
                    keys.push(key.unbind());
                }
                return Ok(Expected::Keys(entries.clone().unbind(), keys));
            }
            let mut items = Vec::new();
            for item in value.try_iter()? {
                items.push(self.visit(&item?, &format!("an item of {what}"), depth + 1)?);
            }
            return Ok(Expected::Items(value.clone().unbind(), items));
        }
        if !self.known.insert(value.as_ptr().addr()) {
            return Ok(object());
        }
        self.held.push(value.clone().unbind());
        let class = value.get_type();
        if value.hasattr("_flashlight_version")? && value.hasattr("_modules")? {
            self.add_module(value)?;
        } else if class.hasattr("_flashlight_options")? {
            self.add_owner(value)?;
        } else if let Ok(compiled) = value.cast::<CompiledFunction>() {
            self.waiting.push_back((compiled.get().function.clone_ref(py), what.to_owned()));
        } else if value.hasattr("__code__")? || value.hasattr("__func__")? {
            self.waiting.push_back((value.clone().unbind(), what.to_owned()));
            if let Some(receiver) = value.getattr_opt("__self__")? {
                self.visit(&receiver, "self", depth + 1)?;
            }
        } else if class.name()? == "partial" {
            for name in ["func", "args", "keywords"] {
                if let Some(part) = value.getattr_opt(name)? {
                    self.visit(&part, what, depth + 1)?;
                }
            }
        } else if value.is_instance_of::<PySet>() {
            self.leave(format!("what is in {what}"));
        } else if let Ok(module) = value.cast::<PyModule>() {
            let file = module.getattr_opt("__file__")?.map(|f| f.to_string());
            if let Some(file) = file
                && !self.is_foreign(py, &file)?
            {
                self.objects.push((value.clone().unbind(), what.to_owned()));
            }
        } else if let Ok(class) = value.cast::<PyType>() {
            if self.is_of_the_users(class)? {
                self.objects.push((value.clone().unbind(), what.to_owned()));
            }
        } else if value.getattr_opt("__dict__")?.is_some_and(|d| d.is_instance_of::<PyDict>()) {
            self.objects.push((value.clone().unbind(), what.to_owned()));
        }
        Ok(object())
    }

    fn add_module(&mut self, module: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = module.py();
        if module.get_type().name()? == "OptimizedModule" {
            let inner = module.getattr("_orig_mod")?;
            self.visit(&inner, "a module", 0)?;
            return Ok(());
        }
        self.modules.push(module.clone().unbind());
        if self.is_of_the_users(&module.get_type())? {
            self.objects.push((module.clone().unbind(), "a module".to_owned()));
        }
        let attributes = module.getattr("__dict__")?;
        let attributes = attributes.cast::<PyDict>()?;
        for name in ["_parameters", "_buffers"] {
            if let Some(all) = attributes.get_item(name)? {
                for tensor in all.cast::<PyDict>()?.values() {
                    self.tensors.extend(tensor_of(&tensor).cloned());
                }
            }
        }
        for name in ["_forward_pre_hooks", "_forward_hooks"] {
            if let Some(all) = attributes.get_item(name)? {
                for hook in all.cast::<PyDict>()?.values() {
                    self.visit(&hook, "a hook", 1)?;
                }
            }
        }
        if let Some(children) = attributes.get_item("_modules")? {
            for child in children.cast::<PyDict>()?.values() {
                if !child.is_none() {
                    self.visit(&child, "a module", 0)?;
                }
            }
        }
        let _ = py;
        Ok(())
    }

    /// Notes an optimiser; its parameters are in reach.
    pub fn add_owner(&mut self, owner: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.owners.iter().any(|o| o.is(owner)) {
            return Ok(());
        }
        self.known.insert(owner.as_ptr().addr());
        self.owners.push(owner.clone().unbind());
        for group in groups_of(owner)? {
            if let Some(parameters) = group.get_item("params")? {
                for parameter in parameters.try_iter()? {
                    self.tensors.extend(tensor_of(&parameter?).cloned());
                }
            }
        }
        for item in owner.call_method0("_flashlight_states")?.try_iter()? {
            self.tensors.extend(tensor_of(&item?.get_item(2)?).cloned());
        }
        self.guards.options.push(OptionsGuard::new(owner)?);
        Ok(())
    }

    /// What a function refers to by name, and the names that it looks up in objects.
    fn function(&mut self, function: &Bound<'_, PyAny>, what: &str) -> PyResult<()> {
        let py = function.py();
        let function = match function.getattr_opt("__func__")? {
            Some(inner) => inner,
            None => function.clone(),
        };
        let Some(code) = function.getattr_opt("__code__")? else {
            self.visit(&function, what, 0)?;
            return Ok(());
        };
        let file = code.getattr("co_filename")?.to_string();
        if self.is_foreign(py, &file)? || !self.codes.insert(function.as_ptr().addr()) {
            return Ok(());
        }
        self.held.push(function.clone().unbind());
        let owner = function.getattr("__name__")?.to_string();
        let names = names_of(&code)?;
        self.names.extend(names.iter().map(ToString::to_string));
        let globals = function.getattr("__globals__")?.cast_into::<PyDict>()?;
        for name in names {
            if globals.contains(&name)? {
                let what = format!("the global '{name}' of {owner}");
                self.add(py, Place::Entry(globals.clone().unbind(), name.into_any().unbind()), what, 0)?;
            }
        }
        let closure = function.getattr("__closure__")?;
        if !closure.is_none() {
            for (cell, name) in closure.try_iter()?.zip(code.getattr("co_freevars")?.try_iter()?) {
                self.add(py, Place::Cell(cell?.unbind()), format!("the variable '{}' of {owner}", name?), 0)?;
            }
        }
        for name in ["__defaults__", "__kwdefaults__"] {
            if !function.getattr(name)?.is_none() {
                let place = Place::Attribute(function.clone().unbind(), PyString::intern(py, name).unbind());
                self.add(py, place, format!("the defaults of {owner}"), 0)?;
            }
        }
        Ok(())
    }

    /// The attributes of an object, class or module that some function in reach names.
    fn attributes(&mut self, object: &Bound<'_, PyAny>, what: &str) -> PyResult<()> {
        let py = object.py();
        let class = match object.cast::<PyType>() {
            Ok(class) => class.clone(),
            Err(_) => {
                let own = object.getattr("__dict__")?;
                if !object.hasattr("_flashlight_version")?
                    && let Ok(own) = own.cast::<PyDict>()
                {
                    let name = match object.cast::<PyModule>() {
                        Ok(module) => module.name()?.to_string(),
                        Err(_) => object.get_type().name()?.to_string(),
                    };
                    for key in own.keys() {
                        if key.cast::<PyString>().is_ok_and(|k| self.names.contains(&*k.to_string_lossy())) {
                            let what = format!("the attribute '{key}' of {name}");
                            self.add(py, Place::Entry(own.clone().unbind(), key.unbind()), what, 1)?;
                        }
                    }
                }
                object.get_type()
            }
        };
        if object.is_instance_of::<PyModule>() {
            return Ok(());
        }
        let _ = what;
        for base in class.mro().iter() {
            let base = base.cast_into::<PyType>()?;
            if !self.is_of_the_users(&base)? {
                continue;
            }
            for pair in base.getattr("__dict__")?.call_method0("items")?.try_iter()? {
                let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
                let Ok(key) = key.cast::<PyString>() else { continue };
                if !self.names.contains(&*key.to_string_lossy()) {
                    continue;
                }
                // Functions, as they are or in a property.
                let mut functions = vec![value.clone()];
                for name in ["__func__", "fget", "func"] {
                    functions.extend(value.getattr_opt(name)?);
                }
                let mut callable = false;
                for function in functions {
                    if function.hasattr("__code__")? {
                        callable = true;
                        if !self.codes.contains(&function.as_ptr().addr()) {
                            self.waiting.push_back((function.unbind(), key.to_string()));
                        }
                    }
                }
                if !callable && !key.to_string_lossy().starts_with("__") {
                    let what = format!("the attribute '{key}' of {}", base.name()?);
                    self.add(py, Place::Attribute(base.clone().into_any().unbind(), key.clone().unbind()), what, 1)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a class was made by a program of the user's.
    fn is_of_the_users(&mut self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let py = class.py();
        let module = class.getattr("__module__")?.to_string();
        if module == "builtins" {
            return Ok(false);
        }
        let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
        let Some(module) = modules.get_item(&module)? else { return Ok(true) };
        match module.getattr_opt("__file__")? {
            Some(file) if !file.is_none() => Ok(!self.is_foreign(py, &file.to_string())?),
            // Programs that are typed in have no file; what is built in has none either.
            _ => Ok(module.getattr("__name__")?.to_string().starts_with("__main__")),
        }
    }

    /// Whether a file is of this package, of Python or of an installed library: what stands there does not change.
    fn is_foreign(&mut self, py: Python<'_>, file: &str) -> PyResult<bool> {
        if let Some(known) = self.foreign.get(file) {
            return Ok(*known);
        }
        let foreign = py.import("flashlight._compile")?.getattr("_is_foreign")?.call1((file,))?.is_truthy()?;
        self.foreign.insert(file.to_owned(), foreign);
        Ok(foreign)
    }

    /// What was found, with the modules as they are now.
    pub fn finish(self, py: Python<'_>) -> PyResult<Guards> {
        let mut guards = self.guards;
        for module in &self.modules {
            guards.modules.push(ModuleGuard::new(module.bind(py))?);
        }
        Ok(guards)
    }
}

/// The names that code looks up, nested functions included.
fn names_of<'py>(code: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    let mut all: Vec<Bound<'py, PyString>> = Vec::new();
    for name in code.getattr("co_names")?.try_iter()? {
        all.push(name?.cast_into()?);
    }
    for constant in code.getattr("co_consts")?.try_iter()? {
        let constant = constant?;
        if constant.hasattr("co_names")? {
            all.extend(names_of(&constant)?);
        }
    }
    Ok(all)
}
