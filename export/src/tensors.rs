//! Named tensors as bytes in the safetensors format, laid out so that their elements can be mapped. Numbers are
//! little-endian, as every machine is that MLX runs on.

use flashlight_compiler::types::{DType, Type};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{collections::BTreeMap, ops::Range};

use crate::{
    container::ALIGNMENT,
    error::{Error, Result},
};

/// How many bytes the format spends on the length of its header.
const LENGTH: usize = 8;

/// A tensor's elements, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Elements {
    /// Element type and shape.
    pub ty: Type,
    /// The elements.
    pub bytes: Vec<u8>,
}

/// Tensors by name, in one buffer.
#[derive(Debug, Default)]
pub struct Tensors {
    buffer: Vec<u8>,
    entries: BTreeMap<String, (Type, Range<usize>)>,
}

impl Tensors {
    /// Reads the bytes of an entry.
    ///
    /// # Errors
    /// No safetensors data; element types that the IR has not; sizes that no value can have.
    pub(crate) fn parse(entry: &str, buffer: Vec<u8>) -> Result<Self> {
        let wrong = |message: String| Error::format(entry, message);
        let mut entries = BTreeMap::new();
        let base = buffer.as_ptr().addr();
        for (name, view) in SafeTensors::deserialize(&buffer).map_err(|e| wrong(e.to_string()))?.tensors() {
            let dtype = dtype_of(view.dtype())
                .ok_or_else(|| wrong(format!("{name:?} has elements of the unknown type {}", view.dtype())))?;
            let sizes: Vec<i64> = view
                .shape()
                .iter()
                .map(|&n| i64::try_from(n).ok())
                .collect::<Option<_>>()
                .ok_or_else(|| wrong(format!("{name:?} has the sizes {:?}", view.shape())))?;
            let start = view.data().as_ptr().addr() - base;
            entries.insert(name, (Type::new(dtype, sizes), start..start + view.data().len()));
        }
        Ok(Self { buffer, entries })
    }

    /// The bytes of an entry that holds these tensors: the header padded so that the elements begin at a multiple of the
    /// archive's alignment, tensors of wide elements first.
    ///
    /// # Errors
    /// Sizes that are no numbers.
    pub(crate) fn format<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a Elements)>) -> Result<Vec<u8>> {
        let mut views = Vec::new();
        for (name, elements) in tensors {
            let sizes = elements.ty.known_shape().and_then(|s| s.iter().map(|&n| usize::try_from(n).ok()).collect());
            let sizes: Vec<usize> =
                sizes.ok_or_else(|| Error::internal(format_args!("{name:?} is {}", elements.ty)))?;
            let view = TensorView::new(format_of(elements.ty.dtype), sizes, &elements.bytes);
            views.push((name, view.map_err(Error::internal)?));
        }
        let mut bytes = safetensors::serialize(views, None).map_err(Error::internal)?;
        let mut length = [0; LENGTH];
        length.copy_from_slice(&bytes[..LENGTH]);
        let header = u64::from_le_bytes(length) as usize;
        let padded = (LENGTH + header).next_multiple_of(ALIGNMENT) - LENGTH;
        bytes[..LENGTH].copy_from_slice(&(padded as u64).to_le_bytes());
        // The format allows white space behind the header.
        bytes.splice(LENGTH + header..LENGTH + header, std::iter::repeat_n(b' ', padded - header));
        Ok(bytes)
    }

    /// A tensor's type and elements.
    pub fn get(&self, name: &str) -> Option<(&Type, &[u8])> {
        let (ty, range) = self.entries.get(name)?;
        Some((ty, &self.buffer[range.clone()]))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn dtype_of(format: Dtype) -> Option<DType> {
    DType::ALL.iter().copied().find(|ours| format_of(*ours) == format)
}

fn format_of(dtype: DType) -> Dtype {
    match dtype {
        DType::Bool => Dtype::BOOL,
        DType::U8 => Dtype::U8,
        DType::U16 => Dtype::U16,
        DType::U32 => Dtype::U32,
        DType::U64 => Dtype::U64,
        DType::I8 => Dtype::I8,
        DType::I16 => Dtype::I16,
        DType::I32 => Dtype::I32,
        DType::I64 => Dtype::I64,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::C64 => Dtype::C64,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn every_element_type_comes_back() {
        for dtype in DType::ALL {
            assert_eq!(dtype_of(format_of(*dtype)), Some(*dtype));
        }
    }

    #[test]
    fn elements_begin_where_memory_can_be_mapped() {
        let elements = Elements { ty: Type::new(DType::F32, [3i64]), bytes: (0..12).collect() };
        for name in ["a", "a longer name", "a name that is longer than the others, and by much"] {
            let bytes = Tensors::format([(name, &elements)]).unwrap();
            assert_eq!(bytes.len() % ALIGNMENT, 12);
            let tensors = Tensors::parse("weights", bytes).unwrap();
            assert_eq!(tensors.get(name), Some((&elements.ty, &*elements.bytes)));
        }
    }
}
