# Written by tools/stubs.py from the function table and tools/extension.pyi; `make generate` writes it again.
from collections.abc import Sequence
from typing import Any, Literal, overload

from flashlight._C import (
    Generator,
    Tensor,
    _bool,
    _Device,
    _DType,
    _float,
    _int,
    _Ints,
    _Number,
    _str,
)

def adaptive_avg_pool1d(input: Tensor, output_size: Sequence[_int | None] | _int) -> Tensor:
    """The means of output_size parts of the last axis, as equal as can be."""

def adaptive_avg_pool2d(input: Tensor, output_size: Sequence[_int | None] | _int) -> Tensor:
    """The means of output_size parts of the last two axes, as equal as can be; None keeps an axis."""

def adaptive_avg_pool3d(input: Tensor, output_size: Sequence[_int | None] | _int) -> Tensor:
    """The means of output_size parts of the last three axes, as equal as can be; None keeps an axis."""

@overload
def adaptive_max_pool1d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[False] = False) -> Tensor:
    """The largest of output_size parts of the last axis, and with return_indices its place."""
@overload
def adaptive_max_pool1d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: _bool = False) -> tuple[Tensor, ...]:
    """adaptive_max_pool1d and the place of each largest."""

@overload
def adaptive_max_pool2d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[False] = False) -> Tensor:
    """The largest of output_size parts of the last two axes, and with return_indices its place; None keeps
    an axis.
    """
@overload
def adaptive_max_pool2d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: _bool = False) -> tuple[Tensor, ...]:
    """adaptive_max_pool2d and the place of each largest, counted row by row."""

@overload
def adaptive_max_pool3d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[False] = False) -> Tensor:
    """The largest of output_size parts of the last three axes, and with return_indices its place; None
    keeps an axis.
    """
@overload
def adaptive_max_pool3d(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Sequence[_int | None] | _int, return_indices: _bool = False) -> tuple[Tensor, ...]:
    """adaptive_max_pool3d and the place of each largest, counted row by row."""

def affine_grid(theta: Tensor, size: _Ints, align_corners: _bool | None = None) -> Tensor:
    """The grid that grid_sample reads to show its input through an affine map."""

@overload
def alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """Dropout that keeps mean and variance of what selu gives: elements are replaced by its lowest value,
    all are scaled and moved. The mask is torch's on the CPU.
    """
@overload
def alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def avg_pool1d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """The mean of each window of (N, C, L) or (C, L); padding counts unless count_include_pad is off."""

def avg_pool2d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """The mean of each window of (N, C, H, W) or (C, H, W); padding counts unless count_include_pad is
    off.
    """

def avg_pool3d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], ceil_mode: _bool = False, count_include_pad: _bool = True, divisor_override: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W); padding counts unless count_include_pad
    is off.
    """

def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None, bias: Tensor | None = None, training: _bool = False, momentum: _float = 0.1, eps: _float = 1e-05) -> Tensor:
    """Normalises each channel, axis 1, by mean and variance of the batch, and moves the running ones
    towards them in place; outside training by the running ones.
    """

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[k] @ input2 + bias[k] for each k, over the last axes of the inputs; the others are
    equal.
    """

def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """The cross entropy of probabilities; logarithms below -100 count as -100."""

def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean", pos_weight: Tensor | None = None) -> Tensor:
    """The cross entropy of sigmoid(input)."""

@overload
def celu(input: Tensor, alpha: _Number = 1.0) -> Tensor:
    """x above 0, else alpha * (exp(x / alpha) - 1)."""
@overload
def celu(input: Tensor, alpha: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

@overload
def celu_(input: Tensor, alpha: _Number = 1.0) -> Tensor:
    """Writes its result into the tensor. x above 0, else alpha * (exp(x / alpha) - 1)."""
@overload
def celu_(input: Tensor, alpha: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """Channels in groups, one of each group after the other."""

@overload
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], dilation: _Ints = [1], groups: _int = 1) -> Tensor:
    """Sums over windows of (N, C, L) or (C, L), times a weight (O, C / groups, K); padding by zeros,
    'same' or 'valid'.
    """
@overload
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _str = "valid", dilation: _Ints = [1], groups: _int = 1) -> Tensor: ...

@overload
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], dilation: _Ints = [1], groups: _int = 1) -> Tensor:
    """Sums over windows of (N, C, H, W) or (C, H, W), times a weight (O, C / groups, K, K); padding by
    zeros, 'same' or 'valid'.
    """
@overload
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _str = "valid", dilation: _Ints = [1], groups: _int = 1) -> Tensor: ...

@overload
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], dilation: _Ints = [1], groups: _int = 1) -> Tensor:
    """Sums over windows of (N, C, D, H, W) or (C, D, H, W), times a weight (O, C / groups, K, K, K);
    padding by zeros, 'same' or 'valid'.
    """
@overload
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _str = "valid", dilation: _Ints = [1], groups: _int = 1) -> Tensor: ...

def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: _int = 0) -> Tensor:
    """The convolution of (time, batch, in) with (kernel width, in, out)."""

def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], output_padding: _Ints = [0], groups: _int = 1, dilation: _Ints = [1]) -> Tensor:
    """What conv1d's input gets of its output: (N, C, L) or (C, L) and a weight (C, O / groups, K) give (N,
    O, L').
    """

def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], output_padding: _Ints = [0], groups: _int = 1, dilation: _Ints = [1]) -> Tensor:
    """What conv2d's input gets of its output: (N, C, H, W) or (C, H, W) and a weight (C, O / groups, K, K)
    give (N, O, H', W').
    """

def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: _Ints = [1], padding: _Ints = [0], output_padding: _Ints = [0], groups: _int = 1, dilation: _Ints = [1]) -> Tensor:
    """What conv3d's input gets of its output: (N, C, D, H, W) or (C, D, H, W) and a weight (C, O / groups,
    K, K, K) give (N, O, D', H', W').
    """

def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """1 less the cosine of vectors where the target is 1, the cosine above the margin where it is -1."""

def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08) -> Tensor:
    """The cosine between vectors along an axis; a length below eps counts as eps."""

def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: _str = "mean", label_smoothing: _float = 0.0) -> Tensor:
    """The cross entropy of logits (C), (N, C) or (N, C, d1, ...) with class numbers (without C) or
    probabilities (of the same shape). On a graphics processor, class numbers that are not computed yet
    are not checked.
    """

def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: _int = 0, reduction: Any = "mean", zero_infinity: _bool = False) -> Tensor:
    """The negative log-likelihood of labels under all their alignments with (T, N, C) or (T, C) log-
    probabilities; the mean divides by the labels' lengths. The lengths are read. The gradient takes the
    input for a log-softmax, as torch's does.
    """

@overload
def dropout(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zeroes elements with probability p and scales the others by 1 / (1 - p). The mask is torch's on the
    CPU.
    """
@overload
def dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def dropout1d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels of (N, C, L) or (C, L)."""

def dropout2d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels of (N, C, H, W); (N, C, L) is taken as a batch, as in torch."""

def dropout3d(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """dropout of whole channels of (N, C, D, H, W) or (C, D, H, W)."""

@overload
def elu(input: Tensor, alpha: _Number = 1.0) -> Tensor:
    """x above 0, else alpha * (exp(x) - 1)."""
@overload
def elu(input: Tensor, alpha: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

@overload
def elu_(input: Tensor, alpha: _Number = 1.0) -> Tensor:
    """Writes its result into the tensor. x above 0, else alpha * (exp(x) - 1)."""
@overload
def elu_(input: Tensor, alpha: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

def embedding(input: Tensor, weight: Tensor, padding_idx: _int | None = None, max_norm: _float | None = None, norm_type: _float = 2.0, scale_grad_by_freq: _bool = False, sparse: _bool = False) -> Tensor:
    """The rows of weight that the input names; the row padding_idx gets no gradient. Refuses max_norm,
    scale_grad_by_freq and sparse.
    """

def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: _float | None = None, norm_type: _float = 2, scale_grad_by_freq: _bool = False, mode: _str = "mean", sparse: _bool = False, per_sample_weights: Tensor | None = None, include_last_offset: _bool = False, padding_idx: _int | None = None) -> Tensor:
    """The sum, mean or max of the rows of weight that each bag names: bags of one length in a matrix of
    indices, or of those between offsets in a list. Rows padding_idx are passed over. Refuses sparse.
    """

@overload
def feature_alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """alpha_dropout of whole channels, which are the second axis."""
@overload
def feature_alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def fold(input: Tensor, output_size: _Ints, kernel_size: _Ints, dilation: _Ints = 1, padding: _Ints = 0, stride: _Ints = 1) -> Tensor:
    """Images that are the sums of windows given as columns."""

@overload
def fractional_max_pool2d(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, _random_samples: None = None) -> Tensor:
    """The largest of windows whose places are drawn at random, so many along each axis, or a share of its
    size.
    """
@overload
def fractional_max_pool2d(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, *, _random_samples: Tensor) -> tuple[Tensor, ...]: ...

@overload
def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, _random_samples: None = None) -> Tensor:
    """fractional_max_pool2d and the place of each largest, counted row by row."""
@overload
def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, *, _random_samples: Tensor) -> tuple[Tensor, ...]: ...

@overload
def fractional_max_pool3d(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, _random_samples: None = None) -> Tensor:
    """The largest of windows whose places are drawn at random, so many along each axis, or a share of its
    size.
    """
@overload
def fractional_max_pool3d(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, *, _random_samples: Tensor) -> tuple[Tensor, ...]: ...

@overload
def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, _random_samples: None = None) -> Tensor:
    """fractional_max_pool3d and the place of each largest, counted row by row."""
@overload
def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: _Ints, output_size: _Ints | None = None, output_ratio: Sequence[_float] | _float | None = None, return_indices: _bool = False, *, _random_samples: Tensor) -> tuple[Tensor, ...]: ...

def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | _Number, full: _bool = False, eps: _float = 1e-06, reduction: _str = "mean") -> Tensor:
    """Minus the logarithm of the density of a target about the input, with variances that count as eps at
    least.
    """

def gelu(input: Tensor, *, approximate: _str = "none", out: Tensor | None = None) -> Tensor:
    """x times the normal distribution's share below x; approximate is 'none' or 'tanh'."""

def glu(input: Tensor, dim: _int = -1) -> Tensor:
    """The first half along an axis times sigmoid of the second half."""

def grid_sample(input: Tensor, grid: Tensor, mode: _str = "bilinear", padding_mode: _str = "zeros", align_corners: _bool | None = None) -> Tensor:
    """The input at the places of a grid, from -1 to 1 along each axis: between its elements linearly,
    cubically, or the nearest; outside zeros, the border or its reflection.
    """

def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """Normalises each group of channels, axis 1, of each element of the batch; times weight, plus bias,
    per channel.
    """

def hardshrink(input: Tensor, lambd: _Number = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x, and 0 where |x| is not above lambd."""

@overload
def hardsigmoid(input: Tensor) -> Tensor:
    """relu6(x + 3) / 6."""
@overload
def hardsigmoid(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def hardsigmoid_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. relu6(x + 3) / 6."""
@overload
def hardsigmoid_(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def hardswish(input: Tensor) -> Tensor:
    """x * relu6(x + 3) / 6."""
@overload
def hardswish(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def hardswish_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x * relu6(x + 3) / 6."""
@overload
def hardswish_(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def hardtanh(input: Tensor, min_val: _Number = -1.0, max_val: _Number = 1.0) -> Tensor:
    """The elements between two bounds; on the bounds the derivative is 0."""
@overload
def hardtanh(input: Tensor, min_val: _Number = -1.0, max_val: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

@overload
def hardtanh_(input: Tensor, min_val: _Number = -1.0, max_val: _Number = 1.0) -> Tensor:
    """Writes its result into the tensor. The elements between two bounds; on the bounds the derivative is
    0.
    """
@overload
def hardtanh_(input: Tensor, min_val: _Number = -1.0, max_val: _Number = 1.0, inplace: _bool = False) -> Tensor: ...

def hinge_embedding_loss(input: Tensor, target: Tensor, margin: _float = 1.0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """The input where the target is 1, what it lacks of the margin where it is -1."""

def huber_loss(input: Tensor, target: Tensor, reduction: _str = "mean", delta: _float = 1.0, weight: Tensor | None = None) -> Tensor:
    """d^2 / 2 where the difference d is below delta, else delta (|d| - delta / 2)."""

def instance_norm(input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: _bool = True, momentum: _float = 0.1, eps: _float = 1e-05) -> Tensor:
    """Normalises each channel of each element of the batch by its own mean and variance, or by running
    ones.
    """

def interpolate(input: Tensor, size: _Ints | None = None, scale_factor: Sequence[_float] | _float | None = None, mode: _str = "nearest", align_corners: _bool | None = None, recompute_scale_factor: _bool | None = None, antialias: _bool = False) -> Tensor:
    """Images `[N, C, ..]` of another size, or enlarged by factors: 'nearest', 'nearest-exact', 'linear',
    'bilinear', 'trilinear', 'bicubic' or 'area'. Refuses antialias.
    """

def kl_div(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean", log_target: _bool = False) -> Tensor:
    """target * (log(target) - input), or with log_target exp(target) * (target - input); reduction may be
    'batchmean'.
    """

def l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean", weight: Tensor | None = None) -> Tensor:
    """The sizes of the differences; their mean with weights is the weighted one."""

def layer_norm(input: Tensor, normalized_shape: _Ints, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, of the sizes normalized_shape; times weight,
    plus bias.
    """

@overload
def leaky_relu(input: Tensor, negative_slope: _Number = 0.01) -> Tensor:
    """x above 0, else negative_slope * x."""
@overload
def leaky_relu(input: Tensor, negative_slope: _Number = 0.01, inplace: _bool = False) -> Tensor: ...

@overload
def leaky_relu_(input: Tensor, negative_slope: _Number = 0.01) -> Tensor:
    """Writes its result into the tensor. x above 0, else negative_slope * x."""
@overload
def leaky_relu_(input: Tensor, negative_slope: _Number = 0.01, inplace: _bool = False) -> Tensor: ...

def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias, over the last axis of the input."""

def local_response_norm(input: Tensor, size: _int, alpha: _float = 0.0001, beta: _float = 0.75, k: _float = 1.0) -> Tensor:
    """x / (k + alpha * mean of the squares of neighbouring channels) ** beta."""

@overload
def log_softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of softmax along an axis, computed without its quotient."""
@overload
def log_softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of sigmoid(x)."""

def lp_pool1d(input: Tensor, norm_type: _Number, kernel_size: _Ints, stride: _Ints | None = None, ceil_mode: _bool = False) -> Tensor:
    """The p-norm of each window of (N, C, L)."""

def lp_pool2d(input: Tensor, norm_type: _Number, kernel_size: _Ints, stride: _Ints | None = None, ceil_mode: _bool = False) -> Tensor:
    """The p-norm of each window of (N, C, H, W)."""

def lp_pool3d(input: Tensor, norm_type: _Number, kernel_size: _Ints, stride: _Ints | None = None, ceil_mode: _bool = False) -> Tensor:
    """The p-norm of each window of (N, C, D, H, W)."""

def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: _float = 0, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """What target * (input1 - input2) lacks of the margin."""

@overload
def max_pool1d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """The largest of each window of (N, C, L) or (C, L); the first of several has the gradient. With
    return_indices also its place.
    """
@overload
def max_pool1d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def max_pool1d_with_indices(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False) -> tuple[Tensor, ...]:
    """max_pool1d and the place of each largest."""

@overload
def max_pool2d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """The largest of each window of (N, C, H, W) or (C, H, W); the first of several has the gradient. With
    return_indices also its place, counted row by row.
    """
@overload
def max_pool2d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def max_pool2d_with_indices(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False) -> tuple[Tensor, ...]:
    """max_pool2d and the place of each largest, counted row by row."""

@overload
def max_pool3d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """The largest of each window of (N, C, D, H, W) or (C, D, H, W); the first of several has the
    gradient. With return_indices also its place, counted row by row.
    """
@overload
def max_pool3d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def max_pool3d_with_indices(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False) -> tuple[Tensor, ...]:
    """max_pool3d and the place of each largest, counted row by row."""

def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], output_size: _Ints | None = None) -> Tensor:
    """What max_pool1d found, back in its places among zeros."""

def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], output_size: _Ints | None = None) -> Tensor:
    """What max_pool2d found, back in its places among zeros."""

def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], output_size: _Ints | None = None) -> Tensor:
    """What max_pool3d found, back in its places among zeros."""

@overload
def mish(input: Tensor) -> Tensor:
    """x * tanh(softplus(x))."""
@overload
def mish(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def mish_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x * tanh(softplus(x))."""
@overload
def mish_(input: Tensor, inplace: _bool = False) -> Tensor: ...

def mse_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean", weight: Tensor | None = None) -> Tensor:
    """The squares of the differences; their mean with weights is the weighted one."""

def multi_margin_loss(input: Tensor, target: Tensor, p: _int = 1, margin: _float = 1.0, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """What the target's score lacks of each other score and the margin, to the power of p, over the
    classes.
    """

def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """What each label's score lacks of each score without one, and of 1; labels stand before the first
    negative one.
    """

def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """The binary cross-entropy of logits, meant over the last axis."""

def native_channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The same as channel_shuffle."""

def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: _bool | None = None, ignore_index: _int = -100, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """The negative logarithms (C), (N, C) or (N, C, d1, ...) at the class numbers of the target."""

def normalize(input: Tensor, p: _float = 2.0, dim: _Ints | None = [1], eps: _float = 1e-12, *, out: Tensor | None = None) -> Tensor:
    """x over its p-norm along axes; a norm below eps counts as eps."""

def one_hot(tensor: Tensor, num_classes: _int = -1) -> Tensor:
    """A one at the place that each int64 names along a new last axis, else zeros."""

def pad(input: Tensor, pad: _Ints, mode: _str = "constant", value: _Number | None = None) -> Tensor:
    """The tensor with elements around it: a constant, or with mode 'reflect', 'replicate' or 'circular'
    its own. Amounts are counted from the last axis; negative ones cut off.
    """

def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last axis."""

def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """The p-norms of the differences of each pair of rows, once."""

def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
    """Channels `[.., C * r * r, H, W]` as pixels `[.., C, H * r, W * r]`."""

def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
    """Pixels `[.., C, H * r, W * r]` as channels `[.., C * r * r, H, W]`."""

def poisson_nll_loss(input: Tensor, target: Tensor, log_input: _bool = True, full: _bool = False, size_average: _bool | None = None, eps: _float = 1e-08, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """Minus the logarithm of the chance of a count, of which the input is the rate or its logarithm."""

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x above 0, else weight * x; one weight, or one for each channel of axis 1."""

@overload
def relu(input: Tensor) -> Tensor:
    """The elements above 0, else 0; NaN stays. The derivative at 0 is 0."""
@overload
def relu(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def relu_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The elements above 0, else 0; NaN stays. The derivative at 0 is
    0.
    """
@overload
def relu_(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def relu6(input: Tensor) -> Tensor:
    """The elements between 0 and 6; on the bounds the derivative is 0."""
@overload
def relu6(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def relu6_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The elements between 0 and 6; on the bounds the derivative is 0."""
@overload
def relu6_(input: Tensor, inplace: _bool = False) -> Tensor: ...

def rms_norm(input: Tensor, normalized_shape: _Ints, weight: Tensor | None = None, eps: _float | None = None) -> Tensor:
    """x / sqrt(mean of squares + eps) over the last axes, of the sizes normalized_shape; times weight."""

@overload
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, inplace: _bool = False) -> Tensor:
    """x, or where it is negative x times a slope: drawn from a range for each in training, else the
    range's middle.
    """
@overload
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor: ...

def rrelu_(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor:
    """rrelu, written into the input."""

def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: _float = 0.0, is_causal: _bool = False, scale: _float | None = None, enable_gqa: _bool = False) -> Tensor:
    """softmax(scale * query @ key.T + mask) @ value over the last two axes; a mask of truth values says
    where to look. A query that may look at nothing gets zeros.
    """

@overload
def selu(input: Tensor) -> Tensor:
    """elu of the self-normalising alpha and scale."""
@overload
def selu(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def selu_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. elu of the self-normalising alpha and scale."""
@overload
def selu_(input: Tensor, inplace: _bool = False) -> Tensor: ...

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-x))."""

def sigmoid_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 1 / (1 + exp(-x))."""

@overload
def silu(input: Tensor) -> Tensor:
    """x * sigmoid(x)."""
@overload
def silu(input: Tensor, inplace: _bool = False) -> Tensor: ...

@overload
def silu_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x * sigmoid(x)."""
@overload
def silu_(input: Tensor, inplace: _bool = False) -> Tensor: ...

def smooth_l1_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean", beta: _float = 1.0) -> Tensor:
    """d^2 / (2 beta) where the difference d is below beta, else |d| - beta / 2."""

def soft_margin_loss(input: Tensor, target: Tensor, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """log(1 + exp(-target * input))."""

@overload
def softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """exp(x) over its sum along an axis."""
@overload
def softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

def softmin(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None) -> Tensor:
    """softmax of -x along an axis."""

def softplus(input: Tensor, beta: _Number = 1.0, threshold: _Number = 20.0, *, out: Tensor | None = None) -> Tensor:
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold."""

def softshrink(input: Tensor, lambd: _Number = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x moved towards 0 by lambd, and 0 on the way."""

def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent."""

def tanh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The hyperbolic tangent."""

def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""

@overload
def threshold(input: Tensor, threshold: _Number, value: _Number) -> Tensor:
    """x above the threshold, else the value."""
@overload
def threshold(input: Tensor, threshold: _Number, value: _Number, inplace: _bool = False) -> Tensor: ...

@overload
def threshold_(input: Tensor, threshold: _Number, value: _Number) -> Tensor:
    """Writes its result into the tensor. x above the threshold, else the value."""
@overload
def threshold_(input: Tensor, threshold: _Number, value: _Number, inplace: _bool = False) -> Tensor: ...

def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: _float = 1.0, p: _float = 2, eps: _float = 1e-06, swap: _bool = False, size_average: _bool | None = None, reduce: _bool | None = None, reduction: _str = "mean") -> Tensor:
    """What the distance to the negative lacks of that to the positive and the margin."""

def unfold(input: Tensor, kernel_size: _Ints, dilation: _Ints = 1, padding: _Ints = 0, stride: _Ints = 1) -> Tensor:
    """The windows of images `[N, C, H, W]` as columns `[N, C * window, windows]`."""

def upsample(input: Tensor, size: _Ints | None = None, scale_factor: Sequence[_float] | _float | None = None, mode: _str = "nearest", align_corners: _bool | None = None) -> Tensor:
    """As interpolate."""

def upsample_bilinear(input: Tensor, size: _Ints | None = None, scale_factor: Sequence[_float] | _float | None = None) -> Tensor:
    """As interpolate with mode 'bilinear' and align_corners."""

def upsample_nearest(input: Tensor, size: _Ints | None = None, scale_factor: Sequence[_float] | _float | None = None) -> Tensor:
    """As interpolate with mode 'nearest'."""

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardsigmoid_",
    "hardswish",
    "hardswish_",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mish_",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "native_channel_shuffle",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu6_",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "sigmoid_",
    "silu",
    "silu_",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanh_",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]
