//! The border to MLX: owned handles and safe calls over mlx-c and the C++ shim. Every call names its stream; MLX's
//! default device and default streams are never read. Nothing here decides what is evaluated, or when.

#![allow(unsafe_code, reason = "calls mlx-c and the shim; no other file of this crate touches their pointers")]

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock};

use flashlight_compiler::types::DType;
use mlx_sys as sys;
use smallvec::SmallVec;

/// What a failed call said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

pub(crate) type Called<T> = std::result::Result<T, Failure>;

impl From<Failure> for crate::Error {
    fn from(failure: Failure) -> Self {
        crate::Error::user("mlx", failure.0)
    }
}

// ---- errors ---------------------------------------------------------------------------------------------------------

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

extern "C" fn keep_message(message: *const c_char, _data: *mut c_void) {
    if message.is_null() {
        return;
    }
    // SAFETY: mlx-c passes a terminated string that lives during the call.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy();
    // mlx-c ends every message with the place in its own sources, which tells a user nothing.
    let text = text.rsplit_once(" at ").map_or(&*text, |(said, _)| said);
    // A thread that is ending has no slot any more, and nobody who would read it.
    let _ = LAST.try_with(|last| *last.borrow_mut() = Some(text.to_owned()));
}

/// Makes mlx-c hand its errors to us, whose own handler prints and ends the process, and MLX fail where there is no memory,
/// where it would write to nowhere.
pub(crate) fn keep_errors() {
    static ONCE: Once = Once::new();
    // SAFETY: the handler is a plain function without data.
    ONCE.call_once(|| unsafe {
        sys::mlx_set_error_handler(Some(keep_message), std::ptr::null_mut(), None);
        flashlight_check_allocations();
    });
}

fn said() -> Failure {
    let message = LAST.with(|last| last.borrow_mut().take());
    Failure(message.unwrap_or_else(|| "the call failed without a message".to_owned()))
}

fn check(code: c_int) -> Called<()> {
    if code == 0 { Ok(()) } else { Err(said()) }
}

fn check_shim(code: c_int) -> Called<()> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: the shim keeps the text alive until this thread's next failure.
    Err(Failure(unsafe { CStr::from_ptr(flashlight_last_error()) }.to_string_lossy().into_owned()))
}

// ---- the shim -------------------------------------------------------------------------------------------------------

type HostCall = extern "C" fn(*mut c_void, *const *const c_void, *const *mut c_void) -> *const c_char;

unsafe extern "C" {
    fn flashlight_check_allocations() -> c_int;
    fn flashlight_reserve(bytes: usize) -> c_int;
    fn flashlight_last_error() -> *const c_char;
    fn flashlight_notify(
        stream: *const c_void,
        done: extern "C" fn(*mut c_void, u64, *const c_char),
        context: *mut c_void,
        ticket: u64,
    ) -> c_int;
    fn flashlight_is_scheduled(array: *const c_void) -> c_int;
    fn flashlight_is_finished(array: *const c_void, finished: *mut c_int) -> c_int;
    fn flashlight_host(
        outputs: *mut *mut c_void,
        inputs: *const *const c_void,
        input_count: usize,
        dims: *const c_int,
        ranks: *const usize,
        dtypes: *const c_int,
        output_count: usize,
        stream: *const c_void,
        call: HostCall,
        context: *mut c_void,
        release: extern "C" fn(*mut c_void),
    ) -> c_int;
    fn flashlight_alias(output: *mut *mut c_void, input: *const c_void, stream: *const c_void) -> c_int;
    fn flashlight_blas_open(path: *const c_char) -> c_int;
    fn flashlight_libmlx() -> *const c_char;
    fn flashlight_lapack(name: *const c_char) -> *const c_void;
    fn flashlight_blas_threads() -> c_int;
    fn flashlight_blas_set_threads(threads: c_int);
    fn flashlight_gemm(
        output: *mut *mut c_void,
        a: *const c_void,
        b: *const c_void,
        c: *const c_void,
        alpha: f64,
        beta: f64,
        stream: *const c_void,
    ) -> c_int;
    fn flashlight_sgemm(
        ta: c_int,
        tb: c_int,
        m: c_int,
        n: c_int,
        k: c_int,
        a: *const f32,
        lda: c_int,
        b: *const f32,
        ldb: c_int,
        beta: f32,
        c: *mut f32,
        ldc: c_int,
    );
    fn flashlight_dgemm(
        ta: c_int,
        tb: c_int,
        m: c_int,
        n: c_int,
        k: c_int,
        a: *const f64,
        lda: c_int,
        b: *const f64,
        ldb: c_int,
        beta: f64,
        c: *mut f64,
        ldc: c_int,
    );
}

// ---- handles --------------------------------------------------------------------------------------------------------

/// A node of MLX's graph: an owned reference.
#[derive(Debug)]
pub(crate) struct Array(sys::mlx_array);

// SAFETY: the handle is one atomically counted pointer. What MLX changes behind it while it evaluates is read only under
// the lock of the value's device, or after the evaluation is over (see `engine`).
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Sync for Array {}

impl Drop for Array {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and not used again.
        unsafe { sys::mlx_array_free(self.0) };
    }
}

impl Array {
    fn from_shim(pointer: *mut c_void) -> Self {
        Self(sys::mlx_array { ctx: pointer })
    }

    /// Another reference to the same node.
    pub(crate) fn another(&self) -> Array {
        let mut copy = Array(sys::mlx_array { ctx: std::ptr::null_mut() });
        // SAFETY: both handles are ours; copying a counted pointer does not fail.
        unsafe { sys::mlx_array_set(&mut copy.0, self.0) };
        copy
    }

    /// A node that holds a copy of `bytes`, row-major.
    pub(crate) fn from_bytes(bytes: &[u8], shape: &[i32], dtype: DType) -> Array {
        debug_assert_eq!(bytes.len(), shape.iter().product::<i32>() as usize * dtype.size());
        // SAFETY: `bytes` holds every element of the shape, which the callers have checked.
        Self(unsafe {
            sys::mlx_array_new_data(bytes.as_ptr().cast(), shape.as_ptr(), shape.len() as c_int, code(dtype))
        })
    }

    pub(crate) fn shape(&self) -> &[i32] {
        // SAFETY: the shape of a node never changes, and lives as long as the node.
        unsafe {
            let rank = sys::mlx_array_ndim(self.0);
            if rank == 0 { &[] } else { std::slice::from_raw_parts(sys::mlx_array_shape(self.0), rank) }
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        // SAFETY: the handle is valid.
        decode(unsafe { sys::mlx_array_dtype(self.0) })
    }

    /// The strides in elements, after evaluation.
    fn strides(&self) -> SmallVec<[i64; 4]> {
        // SAFETY: called after evaluation (see `copy_out`), when the strides no longer change.
        unsafe {
            let rank = sys::mlx_array_ndim(self.0);
            if rank == 0 {
                return SmallVec::new();
            }
            let strides = std::slice::from_raw_parts(sys::mlx_array_strides(self.0), rank);
            strides.iter().map(|&stride| stride as i64).collect()
        }
    }

    /// Whether MLX has scheduled this node. The caller holds the lock of its device.
    pub(crate) fn is_scheduled(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { flashlight_is_scheduled(self.0.ctx) != 0 }
    }

    /// Whether the work of a scheduled node is over, or how it failed. The caller holds the lock of its device.
    pub(crate) fn is_finished(&self) -> Called<bool> {
        let mut finished = 0;
        // SAFETY: the handle is valid.
        check_shim(unsafe { flashlight_is_finished(self.0.ctx, &mut finished) })?;
        Ok(finished != 0)
    }

    /// Appends the elements in row-major order. The caller knows that the evaluation is over.
    pub(crate) fn copy_out(&self, out: &mut Vec<u8>) {
        let (shape, size) = (self.shape(), self.dtype().size());
        let count: usize = shape.iter().map(|&n| n as usize).product();
        if count == 0 {
            return;
        }
        let strides = self.strides();
        // SAFETY: the node is evaluated, so its buffer holds every element that shape and strides reach, and nobody
        // writes to it while a handle exists.
        unsafe {
            let data = sys::mlx_array_data_uint8(self.0);
            let mut dense = 1;
            let contiguous = shape.iter().zip(&strides).rev().all(|(&n, &stride)| {
                let fits = n == 1 || stride == dense;
                dense *= i64::from(n);
                fits
            });
            if contiguous {
                out.extend_from_slice(std::slice::from_raw_parts(data, count * size));
                return;
            }
            out.reserve(count * size);
            let mut index: SmallVec<[i32; 4]> = smallvec::smallvec![0; shape.len()];
            let mut offset = 0i64;
            for _ in 0..count {
                out.extend_from_slice(std::slice::from_raw_parts(data.offset(offset as isize * size as isize), size));
                for axis in (0..shape.len()).rev() {
                    offset += strides[axis];
                    index[axis] += 1;
                    if index[axis] < shape[axis] {
                        break;
                    }
                    offset -= strides[axis] * i64::from(shape[axis]);
                    index[axis] = 0;
                }
            }
        }
    }
}

/// A stream of ours, usable from every thread.
#[derive(Debug)]
pub(crate) struct Stream(sys::mlx_stream);

// SAFETY: the handle points to a number and a device, which never change.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and not used again.
        unsafe { sys::mlx_stream_free(self.0) };
    }
}

impl Stream {
    /// A new stream that MLX registers for the whole process instead of for this thread. No other thread may evaluate
    /// on the device meanwhile.
    pub(crate) fn new(gpu: Option<u32>) -> Called<Stream> {
        // SAFETY: the device handle is freed after its last use.
        let stream = unsafe {
            let device = device(gpu);
            let stream = sys::mlx_stream_new_thread_unsafe(device);
            sys::mlx_device_free(device);
            stream
        };
        if stream.ctx.is_null() { Err(said()) } else { Ok(Stream(stream)) }
    }

    /// Has `done(context, ticket, error)` called on the stream's thread when all work so far is over.
    pub(crate) fn notify<T: Sync>(
        &self,
        done: extern "C" fn(*mut c_void, u64, *const c_char),
        context: &'static T,
        ticket: u64,
    ) -> Called<()> {
        // SAFETY: `context` lives for ever and `done` knows its type.
        check_shim(unsafe {
            flashlight_notify(self.0.ctx, done, std::ptr::from_ref(context).cast_mut().cast(), ticket)
        })
    }
}

/// Gives `done` of [`Stream::notify`] its arguments back.
///
/// # Safety
/// `context` came from [`Stream::notify`] with a context of this type; `error` is null or a string that lives during the
/// call.
pub(crate) unsafe fn notified<T>(context: *mut c_void, error: *const c_char) -> (&'static T, Option<String>) {
    // SAFETY: the caller's promise.
    unsafe {
        let error = (!error.is_null()).then(|| CStr::from_ptr(error).to_string_lossy().into_owned());
        (&*context.cast::<T>(), error)
    }
}

fn device(gpu: Option<u32>) -> sys::mlx_device {
    // SAFETY: creates a handle that the caller frees.
    unsafe {
        match gpu {
            None => sys::mlx_device_new_type(sys::mlx_device_type__MLX_CPU, 0),
            Some(index) => sys::mlx_device_new_type(sys::mlx_device_type__MLX_GPU, index as c_int),
        }
    }
}

// ---- element types --------------------------------------------------------------------------------------------------

macro_rules! codes {
    ($($dtype:ident $code:ident),*) => {
        fn code(dtype: DType) -> sys::mlx_dtype {
            match dtype { $(DType::$dtype => sys::$code),* }
        }

        fn decode(code: sys::mlx_dtype) -> DType {
            $(if code == sys::$code { return DType::$dtype; })*
            unreachable!("mlx-c has no element type {code}")
        }
    };
}
codes! {
    Bool mlx_dtype__MLX_BOOL, U8 mlx_dtype__MLX_UINT8, U16 mlx_dtype__MLX_UINT16, U32 mlx_dtype__MLX_UINT32,
    U64 mlx_dtype__MLX_UINT64, I8 mlx_dtype__MLX_INT8, I16 mlx_dtype__MLX_INT16, I32 mlx_dtype__MLX_INT32,
    I64 mlx_dtype__MLX_INT64, F16 mlx_dtype__MLX_FLOAT16, F32 mlx_dtype__MLX_FLOAT32, F64 mlx_dtype__MLX_FLOAT64,
    BF16 mlx_dtype__MLX_BFLOAT16, C64 mlx_dtype__MLX_COMPLEX64
}

// ---- evaluation, devices, memory ------------------------------------------------------------------------------------

/// Schedules the nodes and everything they need. The caller holds the locks of all devices that take part.
pub(crate) fn async_eval<'a>(arrays: impl Iterator<Item = &'a Array>) -> Called<()> {
    let handles: Vec<sys::mlx_array> = arrays.map(|array| array.0).collect();
    with_arrays(&handles, |list| unsafe { sys::mlx_async_eval(list) })
}

fn with_arrays(handles: &[sys::mlx_array], call: impl FnOnce(sys::mlx_vector_array) -> c_int) -> Called<()> {
    // SAFETY: the list holds references of its own and is freed once.
    unsafe {
        let list = sys::mlx_vector_array_new_data(handles.as_ptr(), handles.len());
        let result = check(call(list));
        sys::mlx_vector_array_free(list);
        result
    }
}

/// How many GPUs MLX can use.
pub(crate) fn gpu_count() -> u32 {
    let (mut available, mut count) = (false, 0);
    // SAFETY: writes to locals.
    unsafe {
        let gpu = device(Some(0));
        sys::mlx_device_is_available(&mut available, gpu);
        sys::mlx_device_free(gpu);
        if !available || sys::mlx_device_count(&mut count, sys::mlx_device_type__MLX_GPU) != 0 {
            return 0;
        }
    }
    count.max(0) as u32
}

/// Makes the CPU the device of MLX's own defaults: in a forked child nothing may reach for the GPU.
pub(crate) fn forget_gpu() {
    // SAFETY: the handle is freed after its use.
    unsafe {
        let cpu = device(None);
        sys::mlx_set_default_device(cpu);
        sys::mlx_device_free(cpu);
    }
}

/// One figure of MLX's allocator.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    Active,
    Peak,
    Cache,
    Limit,
}

pub(crate) fn memory(figure: Figure) -> Called<u64> {
    let mut bytes = 0usize;
    // SAFETY: writes to a local.
    check(unsafe {
        match figure {
            Figure::Active => sys::mlx_get_active_memory(&mut bytes),
            Figure::Peak => sys::mlx_get_peak_memory(&mut bytes),
            Figure::Cache => sys::mlx_get_cache_memory(&mut bytes),
            Figure::Limit => sys::mlx_get_memory_limit(&mut bytes),
        }
    })?;
    Ok(bytes as u64)
}

pub(crate) fn reset_peak_memory() -> Called<()> {
    // SAFETY: no arguments.
    check(unsafe { sys::mlx_reset_peak_memory() })
}

pub(crate) fn set_memory_limit(bytes: u64) -> Called<u64> {
    let mut before = 0usize;
    // SAFETY: writes to a local.
    check(unsafe { sys::mlx_set_memory_limit(&mut before, bytes as usize) })?;
    Ok(before as u64)
}

/// Fails where the allocator has not this many bytes more.
pub(crate) fn reserve(bytes: u64) -> Called<()> {
    // SAFETY: no pointers.
    check_shim(unsafe { flashlight_reserve(bytes as usize) })
}

pub(crate) fn clear_cache() -> Called<()> {
    // SAFETY: no arguments.
    check(unsafe { sys::mlx_clear_cache() })
}

/// What MLX knows of a device: pairs of a name and a value as text.
pub(crate) fn device_info(gpu: Option<u32>) -> Called<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    // SAFETY: every handle is freed; the strings are copied before their owner goes.
    unsafe {
        let device = device(gpu);
        let mut info = sys::mlx_device_info_new();
        let got = check(sys::mlx_device_info_get(&mut info, device));
        sys::mlx_device_free(device);
        if got.is_ok() {
            let mut keys = sys::mlx_vector_string_new();
            sys::mlx_device_info_get_keys(&mut keys, info);
            for i in 0..sys::mlx_vector_string_size(keys) {
                let mut key = std::ptr::null_mut();
                if sys::mlx_vector_string_get(&mut key, keys, i) != 0 || key.is_null() {
                    continue;
                }
                let (mut is_text, mut text, mut number) = (false, std::ptr::null(), 0usize);
                sys::mlx_device_info_is_string(&mut is_text, info, key);
                let value = if is_text && sys::mlx_device_info_get_string(&mut text, info, key) == 0 {
                    CStr::from_ptr(text).to_string_lossy().into_owned()
                } else if !is_text && sys::mlx_device_info_get_size(&mut number, info, key) == 0 {
                    number.to_string()
                } else {
                    continue;
                };
                pairs.push((CStr::from_ptr(key).to_string_lossy().into_owned(), value));
            }
            sys::mlx_vector_string_free(keys);
        }
        sys::mlx_device_info_free(info);
        got?;
    }
    pairs.sort();
    Ok(pairs)
}

// ---- operations -----------------------------------------------------------------------------------------------------

fn made(call: impl FnOnce(*mut sys::mlx_array) -> c_int) -> Called<Array> {
    let mut result = Array(sys::mlx_array { ctx: std::ptr::null_mut() });
    check(call(&mut result.0))?;
    Ok(result)
}

// MLX's elementwise functions are all here, used or not, so that a new op needs none of this file.
// SAFETY, for all calls below: handles come from live references, lists live during the call, and mlx-c turns C++
// exceptions into return codes.
macro_rules! operations {
    (unary { $($u:ident $uc:ident,)* } binary { $($b:ident $bc:ident,)* } fold { $($f:ident $fc:ident,)* } position { $($p:ident $pc:ident,)* }) => {
        $(#[allow(dead_code, reason = "bound before an op needs it")]
        pub(crate) fn $u(x: &Array, s: &Stream) -> Called<Array> {
            made(|r| unsafe { sys::$uc(r, x.0, s.0) })
        })*
        $(pub(crate) fn $b(x: &Array, y: &Array, s: &Stream) -> Called<Array> {
            made(|r| unsafe { sys::$bc(r, x.0, y.0, s.0) })
        })*
        $(pub(crate) fn $f(x: &Array, axes: &[i32], s: &Stream) -> Called<Array> {
            made(|r| unsafe { sys::$fc(r, x.0, axes.as_ptr(), axes.len(), false, s.0) })
        })*
        $(pub(crate) fn $p(x: &Array, axis: i32, s: &Stream) -> Called<Array> {
            made(|r| unsafe { sys::$pc(r, x.0, axis, false, s.0) })
        })*
    };
}
operations! {
    unary {
        abs mlx_abs, negative mlx_negative, sign mlx_sign, exp mlx_exp, expm1 mlx_expm1, log mlx_log, log1p mlx_log1p,
        sqrt mlx_sqrt, rsqrt mlx_rsqrt, sin mlx_sin, cos mlx_cos, tanh mlx_tanh, sigmoid mlx_sigmoid, erf mlx_erf,
        tan mlx_tan, sinh mlx_sinh, cosh mlx_cosh, arcsin mlx_arcsin, arccos mlx_arccos, arctan mlx_arctan,
        arcsinh mlx_arcsinh, arccosh mlx_arccosh, arctanh mlx_arctanh, erfinv mlx_erfinv, log2 mlx_log2, log10 mlx_log10,
        degrees mlx_degrees, radians mlx_radians, square mlx_square, reciprocal mlx_reciprocal,
        floor mlx_floor, ceil mlx_ceil, logical_not mlx_logical_not, conjugate mlx_conjugate, real mlx_real, imag mlx_imag, bitwise_invert mlx_bitwise_invert,
    }
    binary {
        add mlx_add, subtract mlx_subtract, multiply mlx_multiply, divide mlx_divide, floor_divide mlx_floor_divide,
        remainder mlx_remainder, power mlx_power, maximum mlx_maximum, minimum mlx_minimum, equal mlx_equal,
        not_equal mlx_not_equal, less mlx_less, less_equal mlx_less_equal, greater mlx_greater,
        greater_equal mlx_greater_equal, logical_and mlx_logical_and, logical_or mlx_logical_or,
        bitwise_and mlx_bitwise_and, bitwise_or mlx_bitwise_or, bitwise_xor mlx_bitwise_xor, matmul mlx_matmul,
        left_shift mlx_left_shift, right_shift mlx_right_shift, arctan2 mlx_arctan2, logaddexp mlx_logaddexp,
    }
    fold {
        sum mlx_sum_axes, prod mlx_prod_axes, max mlx_max_axes, min mlx_min_axes, any mlx_any_axes, all mlx_all_axes,
        logsumexp mlx_logsumexp_axes,
    }
    position {
        argmax mlx_argmax_axis, argmin mlx_argmin_axis,
    }
}

pub(crate) fn round(x: &Array, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_round(r, x.0, 0, s.0) })
}

pub(crate) fn select(condition: &Array, x: &Array, y: &Array, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_where(r, condition.0, x.0, y.0, s.0) })
}

pub(crate) fn cast(x: &Array, dtype: DType, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_astype(r, x.0, code(dtype), s.0) })
}

pub(crate) fn cumsum(x: &Array, axis: i32, reverse: bool, s: &Stream) -> Called<Array> {
    let dtype = sys::mlx_optional_dtype { value: 0, has_value: false };
    made(|r| unsafe { sys::mlx_cumsum_axis(r, x.0, axis, reverse, true, dtype, s.0) })
}

pub(crate) fn cummax(x: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_cummax_axis(r, x.0, axis, false, true, s.0) })
}

pub(crate) fn cummin(x: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_cummin_axis(r, x.0, axis, false, true, s.0) })
}

pub(crate) fn logcumsumexp(x: &Array, axis: i32, reverse: bool, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_logcumsumexp_axis(r, x.0, axis, reverse, true, s.0) })
}

/// The positions that put an axis in order, with NaN behind all others. Equal elements keep their order.
pub(crate) fn argsort(x: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_argsort_axis(r, x.0, axis, s.0) })
}

pub(crate) fn softmax(x: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_softmax_axis(r, x.0, axis, true, s.0) })
}

pub(crate) fn layer_norm(x: &Array, eps: f32, s: &Stream) -> Called<Array> {
    let none = sys::mlx_array { ctx: std::ptr::null_mut() };
    made(|r| unsafe { sys::mlx_fast_layer_norm(r, x.0, none, none, eps, s.0) })
}

pub(crate) fn rms_norm(x: &Array, eps: f32, s: &Stream) -> Called<Array> {
    let none = sys::mlx_array { ctx: std::ptr::null_mut() };
    made(|r| unsafe { sys::mlx_fast_rms_norm(r, x.0, none, eps, s.0) })
}

pub(crate) fn attention(
    q: &Array,
    k: &Array,
    v: &Array,
    mask: Option<&Array>,
    scale: f32,
    s: &Stream,
) -> Called<Array> {
    let none = sys::mlx_array { ctx: std::ptr::null_mut() };
    let mode = if mask.is_some() { c"array" } else { c"" };
    made(|r| unsafe {
        sys::mlx_fast_scaled_dot_product_attention(
            r,
            q.0,
            k.0,
            v.0,
            scale,
            mode.as_ptr(),
            mask.map_or(none, |mask| mask.0),
            none,
            false,
            s.0,
        )
    })
}

pub(crate) fn addmm(c: &Array, a: &Array, b: &Array, alpha: f32, beta: f32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_addmm(r, c.0, a.0, b.0, alpha, beta, s.0) })
}

pub(crate) fn transpose(x: &Array, axes: &[i32], s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_transpose_axes(r, x.0, axes.as_ptr(), axes.len(), s.0) })
}

pub(crate) fn reshape(x: &Array, shape: &[i32], s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_reshape(r, x.0, shape.as_ptr(), shape.len(), s.0) })
}

pub(crate) fn broadcast_to(x: &Array, shape: &[i32], s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_broadcast_to(r, x.0, shape.as_ptr(), shape.len(), s.0) })
}

pub(crate) fn slice(x: &Array, start: &[i32], stop: &[i32], step: &[i32], s: &Stream) -> Called<Array> {
    let n = start.len();
    made(|r| unsafe { sys::mlx_slice(r, x.0, start.as_ptr(), n, stop.as_ptr(), n, step.as_ptr(), n, s.0) })
}

pub(crate) fn slice_update(
    x: &Array,
    update: &Array,
    start: &[i32],
    stop: &[i32],
    step: &[i32],
    s: &Stream,
) -> Called<Array> {
    let n = start.len();
    made(|r| unsafe {
        sys::mlx_slice_update(r, x.0, update.0, start.as_ptr(), n, stop.as_ptr(), n, step.as_ptr(), n, s.0)
    })
}

/// How the window of a convolution moves; one number for each spatial axis.
pub(crate) struct Steps {
    pub(crate) stride: SmallVec<[i32; 4]>,
    pub(crate) low: SmallVec<[i32; 4]>,
    pub(crate) high: SmallVec<[i32; 4]>,
    pub(crate) dilation: SmallVec<[i32; 4]>,
    pub(crate) input_dilation: SmallVec<[i32; 4]>,
    pub(crate) groups: i32,
    /// Whether the kernel is turned round.
    pub(crate) flip: bool,
}

pub(crate) fn convolution(x: &Array, weight: &Array, steps: &Steps, s: &Stream) -> Called<Array> {
    let n = steps.stride.len();
    made(|r| unsafe {
        sys::mlx_conv_general(
            r,
            x.0,
            weight.0,
            steps.stride.as_ptr(),
            n,
            steps.low.as_ptr(),
            n,
            steps.high.as_ptr(),
            n,
            steps.dilation.as_ptr(),
            n,
            steps.input_dilation.as_ptr(),
            n,
            steps.groups,
            steps.flip,
            s.0,
        )
    })
}

/// The elements at row-major places `sum(index * stride)`, which the caller keeps inside the array.
pub(crate) fn as_strided(x: &Array, shape: &[i32], strides: &[i64], s: &Stream) -> Called<Array> {
    made(|r| unsafe {
        sys::mlx_as_strided(r, x.0, shape.as_ptr(), shape.len(), strides.as_ptr(), strides.len(), 0, s.0)
    })
}

/// The same elements in row-major order; no copy where they lie so.
pub(crate) fn in_rows(x: &Array, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_contiguous(r, x.0, false, s.0) })
}

pub(crate) fn flip(x: &Array, axes: &[i32], s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_flip_axes(r, x.0, axes.as_ptr(), axes.len(), s.0) })
}

pub(crate) fn concatenate(xs: &[&Array], axis: i32, s: &Stream) -> Called<Array> {
    let handles: SmallVec<[sys::mlx_array; 8]> = xs.iter().map(|x| x.0).collect();
    let mut result = Array(sys::mlx_array { ctx: std::ptr::null_mut() });
    with_arrays(&handles, |list| unsafe { sys::mlx_concatenate_axis(&mut result.0, list, axis, s.0) })?;
    Ok(result)
}

pub(crate) fn take(x: &Array, index: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_take_axis(r, x.0, index.0, axis, s.0) })
}

pub(crate) fn take_along(x: &Array, index: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_take_along_axis(r, x.0, index.0, axis, s.0) })
}

pub(crate) fn scatter_add_along(x: &Array, index: &Array, update: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_scatter_add_axis(r, x.0, index.0, update.0, axis, s.0) })
}

/// Adds slices: `update` has the axes of `index`, then those of `x` with `axis` of size 1.
pub(crate) fn scatter_add(x: &Array, index: &Array, update: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_scatter_add_single(r, x.0, index.0, update.0, axis, s.0) })
}

/// Replaces slices; `update` as for [`scatter_add`].
pub(crate) fn scatter(x: &Array, index: &Array, update: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_scatter_single(r, x.0, index.0, update.0, axis, s.0) })
}

/// Replaces the element that each index names along an axis.
pub(crate) fn put_along(x: &Array, index: &Array, update: &Array, axis: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_put_along_axis(r, x.0, index.0, update.0, axis, s.0) })
}

/// What becomes of an element and the updates that name it.
#[derive(Clone, Copy)]
pub(crate) enum Fold {
    Max,
    Min,
    Prod,
}

/// Folds single elements into x: one index for each of its axes, all of one shape; `update` has their axes, then one of
/// size 1 for each of x.
pub(crate) fn scatter_fold(fold: Fold, x: &Array, index: &[Array], update: &Array, s: &Stream) -> Called<Array> {
    let handles: SmallVec<[sys::mlx_array; 8]> = index.iter().map(|x| x.0).collect();
    let axes: SmallVec<[i32; 8]> = (0..index.len() as i32).collect();
    let call = match fold {
        Fold::Max => sys::mlx_scatter_max,
        Fold::Min => sys::mlx_scatter_min,
        Fold::Prod => sys::mlx_scatter_prod,
    };
    let mut result = Array(sys::mlx_array { ctx: std::ptr::null_mut() });
    with_arrays(&handles, |list| unsafe { call(&mut result.0, x.0, list, update.0, axes.as_ptr(), axes.len(), s.0) })?;
    Ok(result)
}

/// start, start + 1, ... below `stop`.
pub(crate) fn arange(stop: f64, dtype: DType, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_arange(r, 0.0, stop, 1.0, code(dtype), s.0) })
}

/// The same elements under a node that no other node's evaluation changes (see the shim).
pub(crate) fn alias(x: &Array, s: &Stream) -> Called<Array> {
    let mut result = std::ptr::null_mut();
    check_shim(unsafe { flashlight_alias(&mut result, x.0.ctx, s.0.ctx) })?;
    Ok(Array::from_shim(result))
}

// ---- the BLAS library -----------------------------------------------------------------------------------------------

pub(crate) fn open_blas(path: &Path) -> Called<()> {
    let text = CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|_| Failure(format!("{} holds a zero byte", path.display())))?;
    // SAFETY: a terminated path; the library is never closed.
    check_shim(unsafe { flashlight_blas_open(text.as_ptr()) })
}

/// The file of the libmlx that is loaded.
pub(crate) fn libmlx() -> Option<PathBuf> {
    // SAFETY: no arguments; the loader keeps the text as long as the library is loaded, which is to the end.
    let path = unsafe { flashlight_libmlx() };
    // SAFETY: not null, and terminated.
    (!path.is_null()).then(|| unsafe { CStr::from_ptr(path) }.to_string_lossy().into_owned().into())
}

/// The number of threads of the BLAS library; `None` while none is open.
pub(crate) fn blas_threads() -> Option<usize> {
    // SAFETY: no arguments.
    let threads = unsafe { flashlight_blas_threads() };
    (threads > 0).then_some(threads as usize)
}

pub(crate) fn set_blas_threads(threads: usize) {
    // SAFETY: no pointers.
    unsafe { flashlight_blas_set_threads(threads as c_int) }
}

/// alpha * a @ b + beta * c through the BLAS library: f32 or f64 on a CPU stream.
pub(crate) fn gemm(a: &Array, b: &Array, c: Option<&Array>, alpha: f64, beta: f64, s: &Stream) -> Called<Array> {
    let mut result = std::ptr::null_mut();
    let c = c.map_or(std::ptr::null(), |c| c.0.ctx.cast_const());
    check_shim(unsafe { flashlight_gemm(&mut result, a.0.ctx, b.0.ctx, c, alpha, beta, s.0.ctx) })?;
    Ok(Array::from_shim(result))
}

/// A matrix inside a buffer: every `leading` elements begin a row.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) leading: usize,
    /// Whether columns stand for rows.
    pub(crate) transposed: bool,
}

impl<T> Rows<'_, T> {
    /// Whether a matrix of that many rows and columns lies inside.
    fn holds(&self, rows: usize, columns: usize) -> bool {
        let (rows, columns) = if self.transposed { (columns, rows) } else { (rows, columns) };
        self.leading >= columns.max(1) && (rows == 0 || (rows - 1) * self.leading + columns <= self.elements.len())
    }
}

/// The element types that BLAS multiplies.
pub(crate) trait Multiplied: Plain + Default + std::ops::AddAssign + 'static {
    /// c = a @ b + beta * c of m x k and k x n elements, on the calling thread and while a library is open. `c` has rows of
    /// `leading` elements.
    ///
    /// # Panics
    /// Where a matrix reaches beyond its buffer.
    fn multiply(size: [usize; 3], a: Rows<'_, Self>, b: Rows<'_, Self>, beta: Self, c: &mut [Self], leading: usize);
}

macro_rules! multiplied {
    ($($t:ty, $function:ident);*) => { $(impl Multiplied for $t {
        fn multiply([m, n, k]: [usize; 3], a: Rows<'_, $t>, b: Rows<'_, $t>, beta: $t, c: &mut [$t], leading: usize) {
            let result = Rows { elements: c, leading, transposed: false };
            assert!(a.holds(m, k) && b.holds(k, n) && result.holds(m, n), "a product reaches beyond its operands");
            assert!(blas_threads().is_some(), "a product without a BLAS library");
            let int = |n: usize| c_int::try_from(n).expect("checked by the caller: sizes of one array are below 2^31");
            // SAFETY: the matrices lie inside their buffers, as was just checked; the library is open, and stays.
            unsafe {
                $function(
                    c_int::from(a.transposed), c_int::from(b.transposed), int(m), int(n), int(k), a.elements.as_ptr(),
                    int(a.leading), b.elements.as_ptr(), int(b.leading), beta, c.as_mut_ptr(), int(leading),
                );
            }
        }
    })* };
}
multiplied!(f32, flashlight_sgemm; f64, flashlight_dgemm);

// ---- host work ------------------------------------------------------------------------------------------------------

/// The work of a host node: reads each input's bytes and writes each output's.
pub(crate) type HostWork = Box<dyn FnOnce(&[&[u8]], &mut [&mut [u8]]) -> Result<(), String> + Send>;

/// Where host work says why it failed.
pub(crate) type Fate = OnceLock<Box<str>>;

struct HostContext {
    /// Where the failure goes; without one it becomes MLX's, which forgets whose it was.
    fate: Option<Arc<Fate>>,
    work: Mutex<Option<HostWork>>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// Keeps the message alive that the last failure points to.
    message: Mutex<CString>,
}

extern "C" fn release_host(context: *mut c_void) {
    // SAFETY: the shim calls this once, with the box that `host` gave away.
    let context = unsafe { Box::from_raw(context.cast::<HostContext>()) };
    // A destructor of the caller's must not unwind into C++.
    let _ = catch_unwind(AssertUnwindSafe(move || drop(context)));
}

extern "C" fn call_host(
    context: *mut c_void,
    inputs: *const *const c_void,
    outputs: *const *mut c_void,
) -> *const c_char {
    // SAFETY: the box lives until `release_host`; MLX evaluates a node once, on one thread.
    let context = unsafe { &*context.cast::<HostContext>() };
    let bytes = |data: *const c_void, size: usize| {
        if size == 0 { std::ptr::NonNull::<u8>::dangling().as_ptr().cast_const() } else { data.cast() }
    };
    // SAFETY: the shim passes one buffer for each declared input and output, row-contiguous, of the declared size,
    // which nobody else uses while the work runs.
    let (ins, mut outs): (Vec<&[u8]>, Vec<&mut [u8]>) = unsafe {
        (
            (0..context.inputs.len())
                .map(|i| std::slice::from_raw_parts(bytes(*inputs.add(i), context.inputs[i]), context.inputs[i]))
                .collect(),
            (0..context.outputs.len())
                .map(|i| {
                    let size = context.outputs[i];
                    // MLX's buffers come uninitialised, and a slice may not.
                    std::ptr::write_bytes(bytes(*outputs.add(i), size).cast_mut(), 0, size);
                    std::slice::from_raw_parts_mut(bytes(*outputs.add(i), size).cast_mut(), size)
                })
                .collect(),
        )
    };
    let work = context.work.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
    let result = match work {
        None => Err("host work was evaluated twice".to_owned()),
        Some(work) => {
            catch_unwind(AssertUnwindSafe(|| work(&ins, &mut outs))).unwrap_or_else(|panic| Err(panicked(&*panic)))
        }
    };
    let Err(message) = result else { return std::ptr::null() };
    if let Some(fate) = &context.fate {
        let _ = fate.set(message.into());
        return std::ptr::null();
    }
    let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
    let mut slot = context.message.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    *slot = message;
    slot.as_ptr()
}

/// A type of which every pattern of bits that host work meets is a value.
pub trait Plain: Copy + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! plain {
    ($($t:ty),*) => { $(impl sealed::Sealed for $t {} impl Plain for $t {})* };
}
// Buffers of truth values hold zeros and ones only.
plain!(bool, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, half::f16, half::bf16, [f32; 2]);

/// The elements in a buffer of host work.
///
/// # Panics
/// Where the buffer is not aligned for the type or holds no whole number of elements: the type is not the buffer's.
pub fn typed<T: Plain>(bytes: &[u8]) -> &[T] {
    // SAFETY: plain types take any bits there are in such buffers.
    let (before, elements, after) = unsafe { bytes.align_to() };
    assert!(
        before.is_empty() && after.is_empty(),
        "a buffer of {} bytes is read as another type than its own",
        bytes.len()
    );
    elements
}

/// [`typed`], to be written.
///
/// # Panics
/// As [`typed`].
pub fn typed_mut<T: Plain>(bytes: &mut [u8]) -> &mut [T] {
    let size = bytes.len();
    // SAFETY: plain types take any bits there are in such buffers, and leave such bits behind.
    let (before, elements, after) = unsafe { bytes.align_to_mut() };
    assert!(before.is_empty() && after.is_empty(), "a buffer of {size} bytes is written as another type than its own");
    elements
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let said =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("host work panicked: {}", said.unwrap_or_else(|| "without a message".to_owned()))
}

/// The routine of LAPACK of that name, in the open BLAS library or in Accelerate.
pub(crate) fn lapack(name: &str) -> Option<*const c_void> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is terminated; the answer is a function, or null.
    let found = unsafe { flashlight_lapack(name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// The discrete Fourier transform along some axes; the inverse one is not divided by their sizes.
pub(crate) fn fft(x: &Array, axes: &[i32], inverse: bool, s: &Stream) -> Called<Array> {
    let sizes: SmallVec<[i32; 4]> = axes.iter().map(|&axis| x.shape()[axis as usize]).collect();
    let (n, a) = (sizes.as_ptr(), axes.as_ptr());
    made(|r| unsafe {
        if inverse {
            let whole = sys::mlx_fft_norm__MLX_FFT_NORM_FORWARD;
            sys::mlx_fft_ifftn(r, x.0, n, sizes.len(), a, axes.len(), whole, s.0)
        } else {
            let whole = sys::mlx_fft_norm__MLX_FFT_NORM_BACKWARD;
            sys::mlx_fft_fftn(r, x.0, n, sizes.len(), a, axes.len(), whole, s.0)
        }
    })
}

/// The elements of each matrix on one side of the diagonal `k`, itself included.
pub(crate) fn triangle(x: &Array, lower: bool, k: i32, s: &Stream) -> Called<Array> {
    made(|r| unsafe { if lower { sys::mlx_tril(r, x.0, k, s.0) } else { sys::mlx_triu(r, x.0, k, s.0) } })
}

/// Pairs of real numbers along the last axis, as complex numbers with an axis of 1 in their place.
pub(crate) fn paired(x: &Array, s: &Stream) -> Called<Array> {
    made(|r| unsafe { sys::mlx_view(r, x.0, code(DType::C64), s.0) })
}

/// Nodes whose elements `work` computes on the CPU when they are evaluated.
pub(crate) fn host(
    inputs: &[&Array],
    outputs: &[(SmallVec<[i32; 4]>, DType)],
    s: &Stream,
    fate: Option<Arc<Fate>>,
    work: HostWork,
) -> Called<Vec<Array>> {
    let bytes = |shape: &[i32], dtype: DType| shape.iter().map(|&n| n as usize).product::<usize>() * dtype.size();
    let context = Box::new(HostContext {
        fate,
        work: Mutex::new(Some(work)),
        inputs: inputs.iter().map(|x| bytes(x.shape(), x.dtype())).collect(),
        outputs: outputs.iter().map(|(shape, dtype)| bytes(shape, *dtype)).collect(),
        message: Mutex::new(CString::default()),
    });
    let handles: Vec<*const c_void> = inputs.iter().map(|x| x.0.ctx.cast_const()).collect();
    let dims: Vec<c_int> = outputs.iter().flat_map(|(shape, _)| shape.iter().copied()).collect();
    let ranks: Vec<usize> = outputs.iter().map(|(shape, _)| shape.len()).collect();
    let dtypes: Vec<c_int> = outputs.iter().map(|(_, dtype)| code(*dtype) as c_int).collect();
    let mut results = vec![std::ptr::null_mut(); outputs.len()];
    // SAFETY: all lists live during the call and have the stated lengths; the shim owns the context from here on.
    check_shim(unsafe {
        flashlight_host(
            results.as_mut_ptr(),
            handles.as_ptr(),
            handles.len(),
            dims.as_ptr(),
            ranks.as_ptr(),
            dtypes.as_ptr(),
            outputs.len(),
            s.0.ctx,
            call_host,
            Box::into_raw(context).cast(),
            release_host,
        )
    })?;
    Ok(results.into_iter().map(Array::from_shim).collect())
}
