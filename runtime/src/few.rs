//! Few elements on the CPU, held by their value itself: no array of MLX's is made for them until MLX needs one.

use smallvec::SmallVec;

use crate::mlx::{Plain, typed, typed_mut};

/// Values of more elements than these are MLX's.
pub(crate) const MOST: usize = 1024;

/// Elements in row-major order and the machine's byte order, aligned for every type.
#[derive(Clone)]
pub(crate) struct Few {
    words: SmallVec<[u64; 4]>,
    bytes: usize,
}

impl Few {
    /// So many bytes, all zero.
    pub(crate) fn zeroed(bytes: usize) -> Few {
        Few { words: smallvec::smallvec![0; bytes.div_ceil(8)], bytes }
    }

    /// A copy of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Few {
        let mut few = Few::zeroed(bytes.len());
        few.bytes_mut().copy_from_slice(bytes);
        few
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.bytes]
    }

    /// The elements, as their type.
    pub(crate) fn elements<T: Plain>(&self) -> &[T] {
        typed(self.bytes())
    }

    pub(crate) fn elements_mut<T: Plain>(&mut self) -> &mut [T] {
        typed_mut(self.bytes_mut())
    }
}
