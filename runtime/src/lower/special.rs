//! Special functions: host work over the elements, each computed in double precision and rounded once.

use flashlight_compiler::ops::Special;
use flashlight_compiler::types::DType;
use half::{bf16, f16};
use spec_math::cephes64;

use super::{Site, threads};
use crate::error::{Error, Result};
use crate::mlx::{self, Array, HostWork, Plain, typed, typed_mut};
use crate::scalar::{self, Polynomial, right_of_zero};

/// An element that a function in double precision takes and gives.
trait Real: Plain + Send + Sync + 'static {
    fn wide(self) -> f64;
    fn narrow(x: f64) -> Self;
    /// The number beside this one, in this type, towards another.
    fn towards(self, other: Self) -> Self;
    /// Beyond which degree torch gives up Hermite's polynomials.
    const HERMITE: i64 = 128;
}

/// The neighbour of a number by its bits: those of numbers of one sign are in the order of their sizes.
macro_rules! towards {
    ($x:expr, $other:expr, $bits:ty) => {{
        let (x, other) = ($x, $other);
        if x.wide().is_nan() || other.wide() == x.wide() {
            // Of equal zeros torch gives the second.
            return if x.wide().is_nan() { x } else { other };
        }
        if other.wide().is_nan() {
            return other;
        }
        let sign: $bits = 1 << (<$bits>::BITS - 1);
        if x.wide() == 0.0 {
            return Self::from_bits(if other.wide() > 0.0 { 1 } else { sign | 1 });
        }
        let outwards = (other.wide() > x.wide()) == (x.wide() > 0.0);
        Self::from_bits(if outwards { x.to_bits() + 1 } else { x.to_bits() - 1 })
    }};
}

impl Real for f16 {
    fn wide(self) -> f64 {
        self.to_f64()
    }
    fn narrow(x: f64) -> Self {
        f16::from_f64(x)
    }
    fn towards(self, other: Self) -> Self {
        towards!(self, other, u16)
    }
}

impl Real for bf16 {
    fn wide(self) -> f64 {
        self.to_f64()
    }
    fn narrow(x: f64) -> Self {
        bf16::from_f64(x)
    }
    fn towards(self, other: Self) -> Self {
        towards!(self, other, u16)
    }
}

impl Real for f32 {
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn narrow(x: f64) -> Self {
        x as f32
    }
    fn towards(self, other: Self) -> Self {
        towards!(self, other, u32)
    }
}

impl Real for f64 {
    fn wide(self) -> f64 {
        self
    }
    fn narrow(x: f64) -> Self {
        x
    }
    fn towards(self, other: Self) -> Self {
        towards!(self, other, u64)
    }
    const HERMITE: i64 = 512;
}

pub(super) fn lower(op: Special, site: &Site<'_>) -> Result<Array> {
    match op {
        Special::FrexpExponent => by_type(site, Shape::Exponent),
        Special::NextAfter => by_type(site, Shape::Neighbour),
        Special::OrthogonalPolynomial => {
            let name = site.call.word("family")?;
            let family = Polynomial::named(name);
            let family = family.ok_or_else(|| Error::internal(format_args!("no polynomial is called '{name}'")))?;
            by_type(site, Shape::Polynomial(family))
        }
        Special::XorFold => xor_fold(site),
        Special::Gcd => whole(site, scalar::gcd),
        Special::Lcm => whole(site, scalar::lcm),
        Special::Zeta => by_type(site, Shape::Two(scalar::zeta)),
        Special::Igamma => by_type(site, Shape::Two(scalar::igamma)),
        Special::Igammac => by_type(site, Shape::Two(scalar::igammac)),
        one => by_type(site, Shape::One(function(one)?)),
    }
}

/// The function of one number.
fn function(op: Special) -> Result<fn(f64) -> f64> {
    Ok(match op {
        Special::Erfc => libm::erfc,
        Special::Erfcx => scalar::erfcx,
        Special::LogNdtr => scalar::log_ndtr,
        Special::Ndtri => scalar::ndtri,
        Special::Lgamma => libm::lgamma,
        Special::Digamma => scalar::digamma,
        Special::BesselJ0 => cephes64::j0,
        Special::BesselJ1 => cephes64::j1,
        Special::BesselY0 => |x| right_of_zero(x, f64::NEG_INFINITY, cephes64::y0),
        Special::BesselY1 => |x| right_of_zero(x, f64::NEG_INFINITY, cephes64::y1),
        Special::BesselI0 => cephes64::i0,
        Special::BesselI0e => cephes64::i0e,
        Special::BesselI1 => cephes64::i1,
        Special::BesselI1e => cephes64::i1e,
        Special::BesselK0 => |x| right_of_zero(x, f64::INFINITY, cephes64::k0),
        Special::BesselK0e => |x| right_of_zero(x, f64::INFINITY, cephes64::k0e),
        Special::BesselK1 => |x| right_of_zero(x, f64::INFINITY, cephes64::k1),
        Special::BesselK1e => |x| right_of_zero(x, f64::INFINITY, cephes64::k1e),
        Special::SphericalBesselJ0 => scalar::spherical_bessel_j0,
        Special::AiryAi => scalar::airy_ai,
        Special::FrexpMantissa => |x| libm::frexp(x).0,
        other => return Err(Error::internal(format_args!("{other:?} is no function of one number"))),
    })
}

/// What is computed of the elements.
#[derive(Clone, Copy)]
enum Shape {
    One(fn(f64) -> f64),
    Two(fn(f64, f64) -> f64),
    Polynomial(Polynomial),
    Neighbour,
    Exponent,
}

fn by_type(site: &Site<'_>, shape: Shape) -> Result<Array> {
    match site.dtype() {
        DType::F16 => real::<f16>(site, shape),
        DType::BF16 => real::<bf16>(site, shape),
        DType::F32 => real::<f32>(site, shape),
        DType::F64 => real::<f64>(site, shape),
        other => Err(Error::internal(format_args!("a special function of {other}"))),
    }
}

fn real<T: Real>(site: &Site<'_>, shape: Shape) -> Result<Array> {
    let dtype = site.dtype();
    match shape {
        Shape::One(function) => each(site, dtype, move |x: T| {
            let x = x.wide();
            T::narrow(if x.is_nan() { x } else { function(x) })
        }),
        Shape::Exponent => {
            each(site, DType::I32, |x: T| if x.wide().is_finite() { libm::frexp(x.wide()).1 } else { 0 })
        }
        Shape::Two(function) => pairs(site, move |x: T, y: T| T::narrow(function(x.wide(), y.wide()))),
        Shape::Polynomial(family) => pairs(site, move |x: T, degree: T| {
            T::narrow(scalar::polynomial(family, x.wide(), degree.wide(), T::HERMITE))
        }),
        Shape::Neighbour => pairs(site, |x: T, y: T| x.towards(y)),
    }
}

fn whole(site: &Site<'_>, function: fn(u64, u64) -> u64) -> Result<Array> {
    macro_rules! signed {
        ($type:ty) => {
            pairs(site, move |x: $type, y: $type| {
                function(u64::from(x.unsigned_abs()), u64::from(y.unsigned_abs())) as $type
            })
        };
    }
    macro_rules! unsigned {
        ($type:ty) => {
            pairs(site, move |x: $type, y: $type| function(u64::from(x), u64::from(y)) as $type)
        };
    }
    match site.dtype() {
        DType::I8 => signed!(i8),
        DType::I16 => signed!(i16),
        DType::I32 => signed!(i32),
        DType::I64 => signed!(i64),
        DType::U8 => unsigned!(u8),
        DType::U16 => unsigned!(u16),
        DType::U32 => unsigned!(u32),
        DType::U64 => unsigned!(u64),
        other => Err(Error::internal(format_args!("{} of {other}", site.call.op))),
    }
}

/// Every element's bits go to the place that its kept axes name.
fn xor_fold(site: &Site<'_>) -> Result<Array> {
    let (dims, shape, dtype) = (site.call.axes("dims")?.clone(), site.shape(0).to_vec(), site.dtype());
    // How far one step along each axis moves in the result.
    let mut steps = vec![0usize; shape.len()];
    let mut step = 1;
    for (axis, &size) in shape.iter().enumerate().rev() {
        if !dims.contains(&(axis as u32)) {
            steps[axis] = step;
            step *= size as usize;
        }
    }
    let fold = move |bits: &mut dyn Iterator<Item = u64>, to: &mut [u64]| {
        for (i, bits) in bits.enumerate() {
            let (mut rest, mut place) = (i, 0);
            for (&size, &step) in shape.iter().zip(&steps).rev() {
                place += rest % size as usize * step;
                rest /= size as usize;
            }
            to[place] ^= bits;
        }
    };
    made(
        site,
        DType::U64,
        Box::new(move |inputs, outputs| {
            let to = typed_mut::<u64>(outputs[0]);
            macro_rules! of {
                ($type:ty, $bits:expr) => {
                    fold(&mut typed::<$type>(inputs[0]).iter().map(|&x| $bits(x)), to)
                };
            }
            match dtype {
                DType::F16 => of!(f16, |x: f16| x.to_f64().to_bits()),
                DType::BF16 => of!(bf16, |x: bf16| x.to_f64().to_bits()),
                DType::F32 => of!(f32, |x: f32| f64::from(x).to_bits()),
                DType::F64 => of!(f64, f64::to_bits),
                DType::Bool => of!(bool, u64::from),
                DType::U8 => of!(u8, u64::from),
                DType::U16 => of!(u16, u64::from),
                DType::U32 => of!(u32, u64::from),
                DType::U64 => of!(u64, u64::from),
                DType::I8 => of!(i8, |x: i8| i64::from(x) as u64),
                DType::I16 => of!(i16, |x: i16| i64::from(x) as u64),
                DType::I32 => of!(i32, |x: i32| i64::from(x) as u64),
                DType::I64 => of!(i64, |x: i64| x as u64),
                DType::C64 => return Err("xor_fold of complex numbers".to_owned()),
            }
            Ok(())
        }),
    )
}

fn each<T: Plain + Sync, R: Plain + Send>(
    site: &Site<'_>,
    dtype: DType,
    function: impl Fn(T) -> R + Send + Sync + 'static,
) -> Result<Array> {
    made(
        site,
        dtype,
        Box::new(move |inputs, outputs| {
            let x = typed::<T>(inputs[0]);
            threads::by_rows(typed_mut::<R>(outputs[0]), 1, |first, part| {
                part.iter_mut().zip(&x[first..]).for_each(|(slot, &x)| *slot = function(x));
            });
            Ok(())
        }),
    )
}

fn pairs<T: Plain + Send + Sync>(
    site: &Site<'_>,
    function: impl Fn(T, T) -> T + Send + Sync + 'static,
) -> Result<Array> {
    made(
        site,
        site.dtype(),
        Box::new(move |inputs, outputs| {
            let (x, y) = (typed::<T>(inputs[0]), typed::<T>(inputs[1]));
            threads::by_rows(typed_mut::<T>(outputs[0]), 1, |first, part| {
                // One of rank 0 stands for every element.
                let of = |all: &[T], i: usize| if all.len() == 1 { all[0] } else { all[first + i] };
                part.iter_mut().enumerate().for_each(|(i, slot)| *slot = function(of(x, i), of(y, i)));
            });
            Ok(())
        }),
    )
}

fn made(site: &Site<'_>, dtype: DType, work: HostWork) -> Result<Array> {
    let mut made = mlx::host(site.inputs, &[(site.result_shape()?, dtype)], site.stream, None, work)?;
    made.pop().ok_or_else(|| Error::internal("host work has no result"))
}
