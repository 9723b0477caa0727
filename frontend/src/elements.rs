//! The elements of a value as numbers of the host: read from bytes, row-major, in the machine's byte order.

use flashlight_compiler::types::DType;

/// Calls `$each` with the bytes of each element as an array and the element type's reader.
macro_rules! read {
    ($bytes:expr, $type:ty, $convert:expr) => {
        $bytes
            .chunks_exact(size_of::<$type>())
            .map(|b| {
                let mut element = [0u8; size_of::<$type>()];
                element.copy_from_slice(b);
                $convert(<$type>::from_ne_bytes(element))
            })
            .collect()
    };
}

/// Real numbers; of complex elements real and imaginary part by turns.
pub fn numbers(bytes: &[u8], dtype: DType) -> Vec<f64> {
    match dtype {
        DType::Bool => bytes.iter().map(|&b| f64::from(u8::from(b != 0))).collect(),
        DType::U8 => bytes.iter().map(|&b| f64::from(b)).collect(),
        DType::I8 => read!(bytes, i8, f64::from),
        DType::U16 => read!(bytes, u16, f64::from),
        DType::I16 => read!(bytes, i16, f64::from),
        DType::U32 => read!(bytes, u32, f64::from),
        DType::I32 => read!(bytes, i32, f64::from),
        DType::U64 => read!(bytes, u64, |x| x as f64),
        DType::I64 => read!(bytes, i64, |x| x as f64),
        DType::F16 => read!(bytes, half::f16, f64::from),
        DType::BF16 => read!(bytes, half::bf16, f64::from),
        DType::F32 | DType::C64 => read!(bytes, f32, f64::from),
        DType::F64 => read!(bytes, f64, |x| x),
    }
}

/// Integers; floats are cut towards zero, and u64 beyond i64 wraps.
pub fn integers(bytes: &[u8], dtype: DType) -> Vec<i64> {
    match dtype {
        DType::I64 => read!(bytes, i64, |x| x),
        DType::U64 => read!(bytes, u64, |x| x as i64),
        _ => numbers(bytes, dtype).into_iter().map(|x| x as i64).collect(),
    }
}
