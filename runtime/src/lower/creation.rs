//! Creation ops.

use flashlight_compiler::ops::Creation;
use flashlight_compiler::types::{DType, Scalar};
use smallvec::SmallVec;

use super::Site;
use crate::error::Result;
use crate::mlx::{self, Array};

pub(super) fn lower(op: Creation, site: &Site<'_>) -> Result<Array> {
    match op {
        Creation::Constant => Ok(number(site.call.scalar("value")?, site.result.dtype)),
        Creation::Iota => {
            let size = site.size(site.call.dim("size")?)?;
            Ok(mlx::arange(f64::from(size), site.result.dtype, site.stream)?)
        }
    }
}

/// A number as an array of rank 0.
pub(super) fn number(value: Scalar, dtype: DType) -> Array {
    Array::from_bytes(&number_bytes(value, dtype), &[], dtype)
}

/// A number in the machine's byte order.
pub(super) fn number_bytes(value: Scalar, dtype: DType) -> SmallVec<[u8; 16]> {
    let (real, integer) = (value.as_f64(), value.as_i64());
    // A float that is no integer goes towards zero, like a cast.
    let integer = integer.unwrap_or(real as i64);
    let imaginary = if let Scalar::Complex(_, imaginary) = value { imaginary } else { 0.0 };
    let single = real as f32;
    let mut bytes = SmallVec::new();
    match dtype {
        DType::Bool => bytes.push(u8::from(real != 0.0 || imaginary != 0.0 || real.is_nan())),
        DType::U8 => bytes.push(integer as u8),
        DType::I8 => bytes.push(integer as i8 as u8),
        DType::U16 => bytes.extend_from_slice(&(integer as u16).to_ne_bytes()),
        DType::I16 => bytes.extend_from_slice(&(integer as i16).to_ne_bytes()),
        DType::U32 => bytes.extend_from_slice(&(integer as u32).to_ne_bytes()),
        DType::I32 => bytes.extend_from_slice(&(integer as i32).to_ne_bytes()),
        DType::U64 => bytes.extend_from_slice(&(integer as u64).to_ne_bytes()),
        DType::I64 => bytes.extend_from_slice(&integer.to_ne_bytes()),
        DType::F16 => bytes.extend_from_slice(&half::f16::from_f64(real).to_ne_bytes()),
        DType::BF16 => bytes.extend_from_slice(&half::bf16::from_f64(real).to_ne_bytes()),
        DType::F32 => bytes.extend_from_slice(&single.to_ne_bytes()),
        DType::F64 => bytes.extend_from_slice(&real.to_ne_bytes()),
        DType::C64 => {
            bytes.extend_from_slice(&single.to_ne_bytes());
            bytes.extend_from_slice(&(imaginary as f32).to_ne_bytes());
        }
    }
    bytes
}
