//! `Emit`: the only way to make a value. Eager execution, graph recording and the transforms that wrap them are emitters;
//! rules, derivatives and torch functions are written once against this trait.

use smallvec::SmallVec;
use std::sync::Arc;

use super::{Graph, Provenance};
use crate::{
    error::{Error, Result},
    ops::{Attrs, Call, Op, Signature, Types},
    types::{DType, Scalar, Shape, Type},
};

/// The results of one call; nearly always one.
pub type Values<V> = SmallVec<[V; 1]>;

/// What has a type.
pub trait Typed {
    /// Element type and shape.
    fn ty(&self) -> &Type;
}

/// Makes values by applying ops to values.
pub trait Emit {
    /// What an op takes and gives.
    type Value: Clone + Typed;

    /// How it can fail: in the compiler's ways, and in its own.
    type Error: From<Error>;

    /// Applies an op, with the regions that it owns, to operands.
    ///
    /// # Errors
    /// What the op's type rule finds wrong, and whatever the emitter itself can fail with.
    fn emit_with(
        &mut self,
        op: Op,
        attrs: Attrs,
        inputs: &[Self::Value],
        regions: &[Arc<Graph>],
    ) -> Result<Values<Self::Value>, Self::Error>;

    /// Says whose code the next calls come from. Emitters that keep no provenance ignore it.
    fn set_provenance(&mut self, _provenance: &Provenance) {}

    /// Applies an op without regions.
    fn emit(&mut self, op: Op, attrs: Attrs, inputs: &[Self::Value]) -> Result<Values<Self::Value>, Self::Error> {
        self.emit_with(op, attrs, inputs, &[])
    }

    /// Applies an op of one result.
    fn emit_one(&mut self, op: Op, attrs: Attrs, inputs: &[Self::Value]) -> Result<Self::Value, Self::Error> {
        let mut values = self.emit(op, attrs, inputs)?;
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(Error::internal(format_args!("{op} has not one result")).into()),
        }
    }

    /// A number of rank 0.
    fn constant(&mut self, value: Scalar, dtype: DType) -> Result<Self::Value, Self::Error> {
        self.emit_one(Op::Constant, crate::attrs![value, dtype], &[])
    }

    /// A number repeated to a shape.
    fn full(&mut self, value: Scalar, dtype: DType, shape: Shape) -> Result<Self::Value, Self::Error> {
        let number = self.constant(value, dtype)?;
        if shape.is_empty() {
            return Ok(number);
        }
        self.emit_one(Op::BroadcastInDim, crate::attrs![shape, crate::ops::Axes::new()], &[number])
    }
}

/// Applies an op's type rule to operands that have types.
pub fn infer<V: Typed>(
    op: Op,
    attrs: &Attrs,
    inputs: &[V],
    regions: &[Signature],
    equalities: Option<&std::cell::RefCell<Vec<(crate::types::Dim, crate::types::Dim)>>>,
) -> Result<Types> {
    let types: SmallVec<[&Type; 4]> = inputs.iter().map(Typed::ty).collect();
    op.row().check(&Call { op, attrs, inputs: &types, regions, equalities })
}
