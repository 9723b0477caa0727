//! Convolutions and transposed convolutions. torch's channels stand behind the batch; recorded are channels-last ops with
//! permutes around them, which the optimiser moves away.

use smallvec::SmallVec;

use flashlight_compiler::{
    attrs,
    ir::{Emit, Typed},
    ops::{Attr, Axes, Op},
    types::{Dim, Shape},
};

use super::{Arguments, Function, Places, call::sizes, compose::torch_name, one, row};
use crate::{
    autograd::Scope,
    error::{Error, Result},
    value::Value,
};

/// One integer for each spatial axis.
type PerAxis = SmallVec<[i64; 4]>;

/// The order of axes that puts channels last.
pub(super) fn channels_last(rank: usize) -> Axes {
    [0].into_iter().chain(2..rank as u32).chain([1]).collect()
}

/// The order of axes that puts the last axis behind the first.
pub(super) fn channels_second(rank: usize) -> Axes {
    [0, rank as u32 - 1].into_iter().chain(1..rank as u32 - 1).collect()
}

/// One integer for each spatial axis; a single one stands for all.
///
/// # Errors
/// torch's, for another number of integers.
pub(super) fn per_axis(given: &[i64], axes: usize, name: &str, kind: &str) -> Result<PerAxis> {
    match given {
        far if far.iter().any(|&n| i32::try_from(n).is_err()) => {
            Err(Error::runtime(format_args!("{kind}: {name} does not fit 32 bits: {far:?}")))
        }
        [all] => Ok(SmallVec::from_elem(*all, axes)),
        list if list.len() == axes => Ok(list.into()),
        list => Err(Error::runtime(format_args!(
            "expected {name} to be a single integer value or a list of {axes} values to match the {kind} dimensions, but \
             got {name}={list:?}"
        ))),
    }
}

/// Sizes as an attribute.
pub(super) fn known(sizes: &[i64]) -> Attr {
    Attr::Dims(sizes.iter().map(|&n| Dim::known(n)).collect())
}

/// The arguments of a convolution, checked.
struct Setup {
    x: Value,
    weight: Value,
    bias: Option<Value>,
    batched: bool,
    stride: PerAxis,
    dilation: PerAxis,
    groups: i64,
}

fn setup(s: &mut Scope<'_>, a: &Arguments, axes: usize, transposed: bool) -> Result<Setup> {
    let (input, weight) = (a.tensor("input")?, a.tensor("weight")?);
    let bias = a.optional_tensor("bias")?;
    let (rank, shape, kernel) = (input.rank(), input.shape(), weight.shape());
    let name = a.signature.name;
    if rank != axes + 1 && rank != axes + 2 {
        return Err(Error::runtime(format_args!(
            "Expected {}D (unbatched) or {}D (batched) input to {name}, but got input of size: {}",
            axes + 1,
            axes + 2,
            sizes(&shape)
        )));
    }
    if kernel.len() != axes + 2 {
        return Err(Error::runtime(format_args!(
            "Expected {}-dimensional input for {}-dimensional weight {}, but got {rank}-dimensional input of size {} \
             instead",
            kernel.len(),
            kernel.len(),
            sizes(&kernel),
            sizes(&shape)
        )));
    }
    let groups = a.int("groups")?;
    let stride = per_axis(&a.ints("stride")?, axes, "stride", "convolution")?;
    let dilation = per_axis(&a.ints("dilation")?, axes, "dilation", "convolution")?;
    if groups <= 0 {
        return Err(Error::runtime("non-positive groups is not supported"));
    }
    if stride.iter().any(|&n| n <= 0) {
        return Err(Error::runtime("non-positive stride is not supported"));
    }
    if dilation.iter().any(|&n| n <= 0) {
        return Err(Error::runtime("dilation should be greater than zero"));
    }
    for (what, other) in [("weight", Some(weight)), ("bias", bias)] {
        if let Some(other) = other.filter(|other| other.dtype() != input.dtype()) {
            return Err(Error::runtime(format_args!(
                "Input type ({}) and {what} type ({}) should be the same",
                torch_name(input.dtype()),
                torch_name(other.dtype())
            )));
        }
    }
    if !input.dtype().is_float() {
        return Err(Error::unsupported(format_args!("{name} of {}", torch_name(input.dtype()))));
    }
    let channels = &shape[rank - axes - 1];
    let first = kernel[0].as_known();
    if first.is_some_and(|n| n < groups) {
        return Err(Error::runtime(format_args!(
            "Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {} \
             instead",
            sizes(&kernel)
        )));
    }
    if first.is_some_and(|n| n % groups != 0) {
        return Err(Error::runtime(format_args!(
            "Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size {} \
             instead",
            sizes(&kernel)
        )));
    }
    let wanted = if transposed { kernel[0].clone() } else { &kernel[1] * groups };
    if *channels != wanted {
        let way = if transposed { "transposed=1, " } else { "" };
        return Err(Error::runtime(format_args!(
            "Given {way}groups={groups}, weight of size {}, expected input{} to have {wanted} channels, but got \
             {channels} channels instead",
            sizes(&kernel),
            sizes(&shape)
        )));
    }
    let out = if transposed { &kernel[1] * groups } else { kernel[0].clone() };
    if let Some(bias) = bias.filter(|bias| bias.shape().as_slice() != [out.clone()]) {
        let way = if transposed { "transposed=1, " } else { "" };
        return Err(Error::runtime(format_args!(
            "Given {way}weight of size {}, expected bias to be 1-dimensional with {out} elements, but got bias of size {} \
             instead",
            sizes(&kernel),
            sizes(&bias.shape())
        )));
    }
    let (x, weight) = (s.read(input)?, s.read(weight)?);
    let bias = bias.map(|bias| s.read(bias)).transpose()?;
    let batched = rank == axes + 2;
    let x = if batched {
        x
    } else {
        let shape = [Dim::known(1)].into_iter().chain(shape).collect();
        s.reshape(&x, shape)?
    };
    let x = s.permute(&x, channels_last(axes + 2))?;
    let weight = s.permute(&weight, channels_last(axes + 2))?;
    Ok(Setup { x, weight, bias, batched, stride, dilation, groups })
}

impl Setup {
    /// Adds the bias and puts the channels back in their place.
    fn finish(&self, s: &mut Scope<'_>, y: Value) -> Result<Value> {
        let y = match &self.bias {
            Some(bias) => s.binary(Op::Add, &y, bias)?,
            None => y,
        };
        let y = s.permute(&y, channels_second(y.ty().rank()))?;
        if self.batched {
            return Ok(y);
        }
        let shape = y.ty().shape[1..].into();
        s.reshape(&y, shape)
    }

    fn groups(&self) -> Result<u32> {
        u32::try_from(self.groups).map_err(|_| Error::runtime(format_args!("groups={} is too large", self.groups)))
    }
}

fn convolve(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Value> {
    let setup = setup(s, a, axes, false)?;
    let kernel = |i: usize| setup.weight.ty().shape[i + 1].as_known();
    let (low, high): (PerAxis, PerAxis) = match a.optional_text("padding") {
        Ok(Some("valid")) => (SmallVec::from_elem(0, axes), SmallVec::from_elem(0, axes)),
        Ok(Some("same")) => {
            if setup.stride.iter().any(|&n| n != 1) {
                return Err(Error::runtime("padding='same' is not supported for strided convolutions"));
            }
            let both = |i: usize| kernel(i).map(|k| setup.dilation[i] * (k - 1));
            let both: Option<PerAxis> = (0..axes).map(both).collect();
            let both = both.ok_or_else(|| Error::unsupported("padding='same' of a kernel of symbolic size"))?;
            (both.iter().map(|n| n / 2).collect(), both.iter().map(|n| n - n / 2).collect())
        }
        Ok(Some(other)) => {
            return Err(Error::runtime(format_args!("Invalid padding string: '{other}'; expected 'same' or 'valid'")));
        }
        _ => {
            let padding = per_axis(&a.ints("padding")?, axes, "padding", "convolution")?;
            if padding.iter().any(|&n| n < 0) {
                return Err(Error::runtime("negative padding is not supported"));
            }
            (padding.clone(), padding)
        }
    };
    let padded: Shape = (0..axes).map(|i| &setup.x.ty().shape[i + 1] + (low[i] + high[i])).collect();
    let reach = |i: usize| kernel(i).map(|k| setup.dilation[i] * (k - 1) + 1);
    let too_small = |i: usize| matches!((padded[i].as_known(), reach(i)), (Some(n), Some(k)) if n < k);
    if (0..axes).any(too_small) {
        let times = |list: &[String]| list.join(" x ");
        return Err(Error::runtime(format_args!(
            "Calculated padded input size per channel: ({}). Kernel size: ({}). Kernel size can't be greater than actual \
             input size",
            times(&padded.iter().map(ToString::to_string).collect::<Vec<_>>()),
            times(&(0..axes).map(|i| reach(i).unwrap_or_default().to_string()).collect::<Vec<_>>())
        )));
    }
    let attrs = [known(&setup.stride), known(&low), known(&high), known(&setup.dilation), setup.groups()?.into()];
    let y = s.emit_one(Op::Convolution, attrs.into_iter().collect(), &[setup.x.clone(), setup.weight.clone()])?;
    setup.finish(s, y)
}

fn transposed(s: &mut Scope<'_>, a: &Arguments, axes: usize) -> Result<Value> {
    let setup = setup(s, a, axes, true)?;
    let padding = per_axis(&a.ints("padding")?, axes, "padding", "convolution")?;
    let more = per_axis(&a.ints("output_padding")?, axes, "output_padding", "convolution")?;
    if padding.iter().any(|&n| n < 0) {
        return Err(Error::runtime("negative padding is not supported"));
    }
    if more.iter().any(|&n| n < 0) {
        return Err(Error::runtime("negative output_padding is not supported"));
    }
    if (0..axes).any(|i| more[i] >= setup.stride[i] && more[i] >= setup.dilation[i]) {
        return Err(Error::runtime(format_args!(
            "output padding must be smaller than either stride or dilation, but got output_padding={more:?} stride={:?} \
             dilation={:?}",
            setup.stride, setup.dilation
        )));
    }
    let (x, kernel) = (&setup.x.ty().shape, &setup.weight.ty().shape);
    let size = |i: usize| {
        let spread = &(&(&x[i + 1] - 1) * setup.stride[i]) + &(&(&kernel[i + 1] - 1) * setup.dilation[i]);
        &spread + (1 + more[i] - 2 * padding[i])
    };
    let size: Shape = (0..axes).map(size).collect();
    if size.iter().any(|d| d.as_known().is_some_and(|n| n <= 0)) {
        return Err(Error::runtime(format_args!(
            "Given input size per channel: {}. Calculated output size per channel: {}. Output size is too small",
            sizes(&x[1..=axes].into()),
            sizes(&size)
        )));
    }
    let attrs = attrs![size].into_iter().chain([
        known(&setup.stride),
        known(&padding),
        known(&setup.dilation),
        setup.groups()?.into(),
    ]);
    let y = s.emit_one(Op::ConvolutionInput, attrs.collect(), &[setup.x.clone(), setup.weight.clone()])?;
    setup.finish(s, y)
}

macro_rules! by_axes {
    ($($name:ident $function:ident $axes:literal),* $(,)?) => { $(
        fn $name(s: &mut Scope<'_>, a: &Arguments) -> Result<Value> {
            $function(s, a, $axes)
        }
    )* };
}
by_axes! {
    conv1d convolve 1, conv2d convolve 2, conv3d convolve 3, conv_transpose1d transposed 1, conv_transpose2d transposed 2,
    conv_transpose3d transposed 3,
}

/// Where every function here is found.
const CONVOLUTION: Places = Places::TORCH.and(Places::FUNCTIONAL);

macro_rules! convolution {
    ($name:ident, $doc:literal) => {
        row(
            stringify!($name),
            CONVOLUTION,
            &[
                one(
                    "(Tensor input, Tensor weight, Tensor? bias=None, ints stride=[1], ints padding=[0], \
                     ints dilation=[1], int groups=1)",
                    $name,
                ),
                one(
                    "(Tensor input, Tensor weight, Tensor? bias=None, ints stride=[1], str padding=\"valid\", \
                     ints dilation=[1], int groups=1)",
                    $name,
                ),
            ],
            $doc,
        )
    };
}

macro_rules! transposed_convolution {
    ($name:ident, $doc:literal) => {
        row(
            stringify!($name),
            CONVOLUTION,
            &[one(
                "(Tensor input, Tensor weight, Tensor? bias=None, ints stride=[1], ints padding=[0], \
                 ints output_padding=[0], int groups=1, ints dilation=[1])",
                $name,
            )],
            $doc,
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    convolution!(
        conv1d,
        "Sums over windows of (N, C, L) or (C, L), times a weight (O, C / groups, K); padding by zeros, 'same' or 'valid'."
    ),
    convolution!(
        conv2d,
        "Sums over windows of (N, C, H, W) or (C, H, W), times a weight (O, C / groups, K, K); padding by zeros, 'same' or \
         'valid'."
    ),
    convolution!(
        conv3d,
        "Sums over windows of (N, C, D, H, W) or (C, D, H, W), times a weight (O, C / groups, K, K, K); padding by zeros, \
         'same' or 'valid'."
    ),
    transposed_convolution!(
        conv_transpose1d,
        "What conv1d's input gets of its output: (N, C, L) or (C, L) and a weight (C, O / groups, K) give (N, O, L')."
    ),
    transposed_convolution!(
        conv_transpose2d,
        "What conv2d's input gets of its output: (N, C, H, W) or (C, H, W) and a weight (C, O / groups, K, K) give \
         (N, O, H', W')."
    ),
    transposed_convolution!(
        conv_transpose3d,
        "What conv3d's input gets of its output: (N, C, D, H, W) or (C, D, H, W) and a weight (C, O / groups, K, K, K) give \
         (N, O, D', H', W')."
    ),
];
