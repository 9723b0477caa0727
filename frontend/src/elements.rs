//! The elements of a value as numbers of the host: read from bytes and written to them, row-major, in the machine's byte order.

use flashlight_compiler::types::{DType, Kind, Scalar};

use crate::{
    error::{Error, Result},
    format::dtype_name,
};

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

/// Numbers as elements; floats are cut towards zero where elements are integers.
///
/// # Errors
/// torch's: an integer beyond the element type, a complex number for real elements.
pub fn encode(all: &[Scalar], dtype: DType) -> Result<Vec<u8>> {
    macro_rules! integers {
        ($type:ty) => {
            all.iter().try_fold(Vec::with_capacity(all.len() * dtype.size()), |mut bytes, x| {
                let n = whole(*x, dtype)?;
                // As in torch, a negative integer wraps where elements have no sign, unless its size does not fit.
                let unsigned = <$type>::MIN == 0;
                let fits = <$type>::try_from(if unsigned { n.unsigned_abs() as i128 } else { i128::from(n) }).is_ok();
                if !fits || (n < 0 && matches!(x, Scalar::Float(_))) && unsigned {
                    return Err(overflow(n, dtype));
                }
                let n = n as $type;
                bytes.extend(n.to_ne_bytes());
                Ok(bytes)
            })
        };
    }
    macro_rules! floats {
        ($convert:expr) => {
            all.iter().try_fold(Vec::with_capacity(all.len() * dtype.size()), |mut bytes, x| {
                bytes.extend($convert(real(*x, dtype)?).to_ne_bytes());
                Ok(bytes)
            })
        };
    }
    match dtype {
        DType::Bool => Ok(all
            .iter()
            .map(|x| {
                u8::from(if let Scalar::Complex(re, im) = x { *re != 0.0 || *im != 0.0 } else { x.as_f64() != 0.0 })
            })
            .collect()),
        DType::U8 => integers!(u8),
        DType::I8 => integers!(i8),
        DType::U16 => integers!(u16),
        DType::I16 => integers!(i16),
        DType::U32 => integers!(u32),
        DType::I32 => integers!(i32),
        DType::U64 => integers!(u64),
        DType::I64 => integers!(i64),
        DType::F16 => floats!(half::f16::from_f64),
        DType::BF16 => floats!(half::bf16::from_f64),
        DType::F32 => floats!(|x| x as f32),
        DType::F64 => floats!(|x: f64| x),
        DType::C64 => Ok(all
            .iter()
            .map(|x| if let Scalar::Complex(re, im) = x { (*re, *im) } else { (x.as_f64(), 0.0) })
            .flat_map(|(re, im)| [re as f32, im as f32])
            .flat_map(f32::to_ne_bytes)
            .collect()),
    }
}

/// Refuses a number that no element of this type can hold.
///
/// # Errors
/// torch's, with the number and the type.
pub fn refuse_overflow(x: Scalar, dtype: DType) -> Result<()> {
    match x {
        Scalar::Complex(_, im) if im != 0.0 && dtype.kind() != Kind::Complex && dtype != DType::Bool => {
            Err(overflow(x, dtype))
        }
        x if dtype.is_integral() => encode(&[x], dtype).map(drop),
        _ => Ok(()),
    }
}

fn real(x: Scalar, dtype: DType) -> Result<f64> {
    match x {
        Scalar::Complex(_, im) if im != 0.0 => Err(Error::argument(format_args!(
            "value cannot be converted to type {} without overflow: {x} is complex",
            dtype_name(dtype)
        ))),
        Scalar::Complex(re, _) => Ok(re),
        x => Ok(x.as_f64()),
    }
}

fn whole(x: Scalar, dtype: DType) -> Result<i64> {
    match x {
        Scalar::Bool(b) => Ok(i64::from(b)),
        Scalar::Int(n) => Ok(n),
        x => {
            let number = real(x, dtype)?;
            // 2^63 itself is a float, and no i64.
            let fits = number > -9.3e18 && number < 9.223_372_036_854_776e18;
            if fits { Ok(number as i64) } else { Err(overflow(x, dtype)) }
        }
    }
}

fn overflow(x: impl std::fmt::Display, dtype: DType) -> Error {
    Error::runtime(format_args!("value cannot be converted to type {} without overflow: {x}", dtype_name(dtype)))
}
