//! Kernels of ours in the place of MLX's: a partial table over the portable lowering. `FLASHLIGHT_NATIVE=0` empties it.

use std::env;
use std::sync::OnceLock;

use flashlight_compiler::ops::{Contraction, Elementwise, Op, Reduction};
use flashlight_compiler::types::DType;

use smallvec::SmallVec;

use super::{Site, sliding, sums, threads};
use crate::blas;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::mlx::{self, Array, HostWork, typed, typed_mut};
use crate::scalar;

/// The call through a kernel of ours, where there is one for it.
pub(super) fn lower(site: &Site<'_>) -> Option<Result<Array>> {
    if !is_on() {
        return None;
    }
    match site.call.op {
        Op::Contraction(op) if site.device == Device::Cpu => product(op, site),
        Op::Convolutional(op) if site.device == Device::Cpu => sliding::convolution(op, site),
        Op::Reduction(Reduction::Sum) if site.device == Device::Cpu => sums::sum(site),
        Op::Window(op) if site.device == Device::Cpu => sliding::window(op, site),
        Op::Elementwise(Elementwise::Where) if site.device == Device::Cpu => choice(site),
        Op::Elementwise(op) if site.result.dtype == DType::F64 => double(op, site),
        _ => None,
    }
}

/// Batch norm through a kernel of ours, where there is one for it.
pub(super) fn per_place(site: &Site<'_>) -> Option<Result<SmallVec<[Array; 1]>>> {
    if is_on() && site.device == Device::Cpu { sums::per_place(site) } else { None }
}

/// Whether kernels of ours are used.
pub(super) fn is_on() -> bool {
    static ON: OnceLock<bool> = OnceLock::new();
    *ON.get_or_init(|| env::var("FLASHLIGHT_NATIVE").map_or(true, |value| value != "0"))
}

/// Matrix products on the CPU through the BLAS library.
fn product(op: Contraction, site: &Site<'_>) -> Option<Result<Array>> {
    if !matches!(site.result.dtype, DType::F32 | DType::F64) {
        return None;
    }
    match blas::is_open() {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => return Some(Err(error)),
    }
    let (inputs, s) = (site.inputs, site.stream);
    Some(match op {
        Contraction::Matmul => mlx::gemm(inputs[0], inputs[1], None, 1.0, 0.0, s).map_err(Into::into),
        Contraction::Addmm => site
            .call
            .scalar("alpha")
            .and_then(|alpha| Ok((alpha, site.call.scalar("beta")?)))
            .map_err(Into::into)
            .and_then(|(alpha, beta)| {
                Ok(mlx::gemm(inputs[1], inputs[2], Some(inputs[0]), alpha.as_f64(), beta.as_f64(), s)?)
            }),
    })
}

/// Functions that MLX computes to single precision even in double.
fn double(op: Elementwise, site: &Site<'_>) -> Option<Result<Array>> {
    let function: fn(f64) -> f64 = match op {
        Elementwise::Exp => f64::exp,
        Elementwise::Sin => f64::sin,
        Elementwise::Cos => f64::cos,
        Elementwise::Erf => libm::erf,
        Elementwise::Sigmoid => |x| 1.0 / (1.0 + (-x).exp()),
        Elementwise::Erfinv => scalar::erfinv,
        Elementwise::Sinc => scalar::sinc,
        _ => return None,
    };
    let work: HostWork = Box::new(move |inputs, outputs| {
        let (from, to) = (typed::<f64>(inputs[0]), typed_mut::<f64>(outputs[0]));
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = function(from));
        Ok(())
    });
    let outputs = [(site.shape(0).into(), DType::F64)];
    let made = mlx::host(&[site.inputs[0]], &outputs, site.stream, None, work).map_err(Into::into);
    Some(made.and_then(|mut made| made.pop().ok_or_else(|| Error::internal("host work has no result"))))
}

/// The choice between elements and one number, for which MLX takes its slowest way.
fn choice(site: &Site<'_>) -> Option<Result<Array>> {
    let [mask, x, y] = site.inputs else { return None };
    let (first_is_one, second_is_one) = (x.shape().is_empty(), y.shape().is_empty());
    if site.result.dtype != DType::F32 || mask.shape().is_empty() || first_is_one == second_is_one {
        return None;
    }
    let work: HostWork = Box::new(move |inputs, outputs| {
        let (mask, x, y) = (typed::<bool>(inputs[0]), typed::<f32>(inputs[1]), typed::<f32>(inputs[2]));
        threads::by_rows(typed_mut::<f32>(outputs[0]), 1, |first, part| {
            let mask = mask[first..].iter();
            let chosen = |(to, &mask): (&mut f32, &bool), x: f32, y: f32| *to = if mask { x } else { y };
            if first_is_one {
                let x = x[0];
                part.iter_mut().zip(mask).zip(&y[first..]).for_each(|(slot, &y)| chosen(slot, x, y));
            } else {
                let y = y[0];
                part.iter_mut().zip(mask).zip(&x[first..]).for_each(|(slot, &x)| chosen(slot, x, y));
            }
        });
        Ok(())
    });
    Some(site.result_shape().and_then(|shape| {
        let mut made = mlx::host(site.inputs, &[(shape, DType::F32)], site.stream, None, work)?;
        made.pop().ok_or_else(|| Error::internal("host work has no result"))
    }))
}
