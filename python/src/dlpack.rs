//! DLPack: elements handed to other libraries' tensors and taken from theirs, by the capsules of the array API standard
//! (version 1 of the protocol, and the one before it that has no version).
//!
//! Both ways the elements are copied. A tensor's elements may be shared by other tensors and by work that has yet to run, so
//! nobody else may write them; and what another library holds may change while our work on it waits.

#![allow(unsafe_code, reason = "the protocol passes C structures")]

use std::ffi::{CStr, c_void};

use flashlight_compiler::types::DType;
use flashlight_frontend::Tensor;
use flashlight_runtime::Device;
use pyo3::{
    exceptions::{PyBufferError, PyRuntimeError, PyTypeError},
    ffi,
    prelude::*,
    types::{PyDict, PyTuple},
};

use crate::{
    convert::tensor_of,
    data::{bytes_of, tensor_of_bytes},
    errors::raise,
    tensor::wrap,
};

/// `DLDevice`: CPU is type 1, its number 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
struct DlDevice {
    kind: i32,
    number: i32,
}

const CPU: DlDevice = DlDevice { kind: 1, number: 0 };
/// CPU memory that a GPU driver knows: CUDA's and ROCm's.
const PINNED: [i32; 2] = [3, 11];

#[repr(C)]
#[derive(Clone, Copy)]
struct DlType {
    code: u8,
    bits: u8,
    lanes: u16,
}

/// `DLTensor`; sizes and strides count elements, and no strides stand for row-major ones.
#[repr(C)]
struct DlTensor {
    data: *mut c_void,
    device: DlDevice,
    rank: i32,
    dtype: DlType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Unversioned {
    tensor: DlTensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Unversioned)>,
}

#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    tensor: DlTensor,
}

/// The flag of elements that were copied for the one who asks.
const COPIED: u64 = 2;

const UNVERSIONED: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const USED_UNVERSIONED: &CStr = c"used_dltensor";
const USED_VERSIONED: &CStr = c"used_dltensor_versioned";

fn code(dtype: DType) -> DlType {
    let code = match dtype {
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => 0,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 1,
        DType::F16 | DType::F32 | DType::F64 => 2,
        DType::BF16 => 4,
        DType::C64 => 5,
        DType::Bool => 6,
    };
    DlType { code, bits: 8 * dtype.size() as u8, lanes: 1 }
}

fn decode(wanted: DlType) -> Option<DType> {
    let same = |dtype: &&DType| {
        let known = code(**dtype);
        (known.code, known.bits, known.lanes) == (wanted.code, wanted.bits, wanted.lanes)
    };
    DType::ALL.iter().find(same).copied()
}

/// A line of a cache: consumers want elements aligned to one.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

/// What a capsule keeps alive.
struct Owned {
    elements: Vec<Line>,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

impl Owned {
    fn of(tensor: &Tensor) -> PyResult<(Box<Owned>, DType)> {
        let bytes = bytes_of(tensor)?;
        let mut elements = vec![Line([0; 64]); bytes.len().div_ceil(64).max(1)];
        for (line, bytes) in elements.iter_mut().zip(bytes.chunks(64)) {
            line.0[..bytes.len()].copy_from_slice(bytes);
        }
        let shape: Vec<i64> = tensor.shape().iter().filter_map(|size| size.as_known()).collect();
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].max(1);
        }
        Ok((Box::new(Owned { elements, shape, strides }), tensor.dtype()))
    }

    fn describe(&mut self, dtype: DType) -> DlTensor {
        DlTensor {
            data: self.elements.as_mut_ptr().cast(),
            device: CPU,
            rank: self.shape.len() as i32,
            dtype: code(dtype),
            shape: self.shape.as_mut_ptr(),
            strides: self.strides.as_mut_ptr(),
            byte_offset: 0,
        }
    }
}

/// # Safety
/// `managed` was made by [`export`], and is not used again.
unsafe extern "C" fn drop_unversioned(managed: *mut Unversioned) {
    // SAFETY: both boxes were leaked by `export`.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context.cast::<Owned>()));
    }
}

/// # Safety
/// As [`drop_unversioned`].
unsafe extern "C" fn drop_versioned(managed: *mut Versioned) {
    // SAFETY: both boxes were leaked by `export`.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context.cast::<Owned>()));
    }
}

/// Lets go of what nobody has taken out of a capsule.
unsafe extern "C" fn drop_capsule(capsule: *mut ffi::PyObject) {
    // SAFETY: Python calls this once for a capsule of `export`, which holds what its name says until it is renamed.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) == 1 {
            drop_versioned(ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr()).cast());
        } else if ffi::PyCapsule_IsValid(capsule, UNVERSIONED.as_ptr()) == 1 {
            drop_unversioned(ffi::PyCapsule_GetPointer(capsule, UNVERSIONED.as_ptr()).cast());
        }
    }
}

/// A capsule with a copy of a tensor's elements, for a consumer of the given version of the protocol.
///
/// # Errors
/// A tensor that requires a gradient, or is on a GPU; a consumer that wants no copy, or another device.
pub fn export(
    py: Python<'_>,
    tensor: &Tensor,
    newest: Option<(u32, u32)>,
    device: Option<(i32, i32)>,
    copy: Option<bool>,
) -> PyResult<Py<PyAny>> {
    if tensor.requires_grad().map_err(raise)? {
        return Err(PyBufferError::new_err("Can't export tensors that require gradient, use tensor.detach()"));
    }
    if device.is_some_and(|device| device != (CPU.kind, CPU.number)) {
        return Err(PyBufferError::new_err("__dlpack__: elements can be had on the CPU only"));
    }
    if tensor.device() != Device::Cpu && device.is_none() {
        let text = format!("__dlpack__: the tensor is on {}; export tensor.cpu()", tensor.device());
        return Err(PyBufferError::new_err(text));
    }
    if copy == Some(false) {
        return Err(PyBufferError::new_err("__dlpack__: a tensor's elements cannot be had without a copy"));
    }
    let (mut owned, dtype) = Owned::of(tensor)?;
    let description = owned.describe(dtype);
    let context = Box::into_raw(owned).cast::<c_void>();
    let (pointer, name) = if newest.is_some_and(|(major, _)| major >= 1) {
        let managed = Versioned {
            major: 1,
            minor: 0,
            context,
            deleter: Some(drop_versioned),
            flags: COPIED,
            tensor: description,
        };
        (Box::into_raw(Box::new(managed)).cast::<c_void>(), VERSIONED)
    } else {
        let managed = Unversioned { tensor: description, context, deleter: Some(drop_unversioned) };
        (Box::into_raw(Box::new(managed)).cast::<c_void>(), UNVERSIONED)
    };
    // SAFETY: attached; the pointer and the name live as long as the capsule needs them.
    unsafe {
        let capsule = ffi::PyCapsule_New(pointer, name.as_ptr(), Some(drop_capsule));
        Bound::from_owned_ptr_or_err(py, capsule).map(Bound::unbind)
    }
}

/// The elements that a description points to, row-major.
///
/// # Safety
/// The description is a live one.
unsafe fn read(tensor: &DlTensor) -> PyResult<Tensor> {
    if tensor.device.kind != CPU.kind && !PINNED.contains(&tensor.device.kind) {
        let DlDevice { kind, number } = tensor.device;
        return Err(PyBufferError::new_err(format!(
            "from_dlpack: the elements are on device ({kind}, {number}), and only the CPU's can be read"
        )));
    }
    let DlType { code, bits, lanes } = tensor.dtype;
    let Some(dtype) = decode(tensor.dtype) else {
        return Err(PyBufferError::new_err(format!(
            "from_dlpack: there is no element type for code {code}, {bits} bits, {lanes} lanes"
        )));
    };
    let rank = usize::try_from(tensor.rank).unwrap_or(0);
    // SAFETY: a description has `rank` sizes, and as many strides or none.
    let (shape, strides) = unsafe {
        let list = |pointer: *const i64| if rank == 0 { &[] } else { std::slice::from_raw_parts(pointer, rank) };
        (list(tensor.shape), if tensor.strides.is_null() { None } else { Some(list(tensor.strides)) })
    };
    let size = dtype.size();
    let count: i64 = shape.iter().product();
    let mut bytes = Vec::with_capacity(usize::try_from(count).unwrap_or(0) * size);
    let mut dense = vec![1i64; rank];
    for axis in (1..rank).rev() {
        dense[axis - 1] = dense[axis] * shape[axis];
    }
    let steps = strides.unwrap_or(&dense);
    let mut index = vec![0i64; rank];
    let mut place = 0i64;
    for _ in 0..count {
        // SAFETY: within what shape and strides reach.
        let element = unsafe {
            let start =
                tensor.data.cast::<u8>().add(tensor.byte_offset as usize).offset(place as isize * size as isize);
            std::slice::from_raw_parts(start, size)
        };
        bytes.extend_from_slice(element);
        for axis in (0..rank).rev() {
            place += steps[axis];
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            place -= steps[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    tensor_of_bytes(&bytes, dtype, shape, Device::Cpu)
}

/// A tensor of a copy of a capsule's elements. The capsule is used up.
fn take(capsule: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let object = capsule.as_ptr();
    // SAFETY: attached; a capsule of these names holds these structures, and is ours to use up.
    unsafe {
        if ffi::PyCapsule_IsValid(object, VERSIONED.as_ptr()) == 1 {
            let managed = ffi::PyCapsule_GetPointer(object, VERSIONED.as_ptr()).cast::<Versioned>();
            if (*managed).major != 1 {
                let text = format!("from_dlpack: version {} of the protocol is not known", (*managed).major);
                return Err(PyBufferError::new_err(text));
            }
            let tensor = read(&(*managed).tensor);
            ffi::PyCapsule_SetName(object, USED_VERSIONED.as_ptr());
            if let Some(deleter) = (*managed).deleter {
                deleter(managed);
            }
            tensor
        } else if ffi::PyCapsule_IsValid(object, UNVERSIONED.as_ptr()) == 1 {
            let managed = ffi::PyCapsule_GetPointer(object, UNVERSIONED.as_ptr()).cast::<Unversioned>();
            let tensor = read(&(*managed).tensor);
            ffi::PyCapsule_SetName(object, USED_UNVERSIONED.as_ptr());
            if let Some(deleter) = (*managed).deleter {
                deleter(managed);
            }
            tensor
        } else {
            Err(PyRuntimeError::new_err(
                "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you \
                 might have already constructed a tensor from it once.",
            ))
        }
    }
}

/// Whether an object offers its elements.
pub fn offers(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object.hasattr("__dlpack__")
}

/// A tensor of a copy of the elements that an object offers, on the CPU.
///
/// # Errors
/// What the object refuses; elements that are elsewhere or of an unknown type.
pub fn import(object: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let py = object.py();
    // torch's tensors offer nothing while they require a gradient.
    let object = &match object.getattr("requires_grad").and_then(|r| r.is_truthy()).unwrap_or(false) {
        true => object.call_method0("detach")?,
        false => object.clone(),
    };
    let (kind, _) = object.call_method0("__dlpack_device__")?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
    let options = PyDict::new(py);
    options.set_item("max_version", (1, 0))?;
    let kind = kind.call_method0("__int__")?.extract::<i32>()?;
    if kind != CPU.kind && !PINNED.contains(&kind) {
        options.set_item("dl_device", (CPU.kind, CPU.number))?;
    }
    let capsule = match object.call_method("__dlpack__", (), Some(&options)) {
        // A producer of the time before versions.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => object.call_method0("__dlpack__")?,
        answer => answer?,
    };
    take(&capsule)
}

/// A tensor of the elements of another library's array or tensor, or of a DLPack capsule: `torch.from_dlpack`.
///
/// ext_tensor: what has `__dlpack__` and `__dlpack_device__`, or a capsule; device: where the tensor goes, the CPU where
/// None. BufferError where the elements are on another device than the CPU. Differs from torch: the elements are copied.
#[pyfunction]
#[pyo3(signature = (ext_tensor, *, device=None, copy=None))]
fn from_dlpack(
    ext_tensor: &Bound<'_, PyAny>,
    device: Option<&Bound<'_, PyAny>>,
    copy: Option<bool>,
) -> PyResult<Py<PyAny>> {
    let py = ext_tensor.py();
    if copy == Some(false) {
        return Err(PyBufferError::new_err("from_dlpack: elements cannot be taken over without a copy"));
    }
    let tensor = if let Some(tensor) = tensor_of(ext_tensor) {
        tensor.detach()
    } else if offers(ext_tensor)? {
        import(ext_tensor)?
    } else {
        take(ext_tensor)?
    };
    let made = wrap(py, tensor)?;
    match device.filter(|d| !d.is_none()) {
        Some(device) => Ok(made.bind(py).call_method1("to", (device,))?.unbind()),
        None => Ok(made),
    }
}

/// A capsule with a copy of a tensor's elements: `torch.utils.dlpack.to_dlpack`.
#[pyfunction]
fn to_dlpack(tensor: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    match tensor_of(tensor) {
        Some(found) => export(tensor.py(), found, None, None, None),
        None => Err(PyTypeError::new_err(format!("to_dlpack: takes a tensor, not {}", tensor.get_type().name()?))),
    }
}

pub fn declare(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(from_dlpack, module)?)?;
    module.add_function(wrap_pyfunction!(to_dlpack, module)?)
}

/// The device that [`export`] gives elements on.
pub fn device_of(py: Python<'_>, tensor: &Tensor) -> PyResult<Py<PyTuple>> {
    if tensor.device() != Device::Cpu {
        let text = format!("__dlpack_device__: the tensor is on {}; export tensor.cpu()", tensor.device());
        return Err(PyBufferError::new_err(text));
    }
    Ok(PyTuple::new(py, [CPU.kind, CPU.number])?.unbind())
}
