# Written by tools/stubs.py from the function table and tools/extension.pyi; `make generate` writes it again.
import builtins
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple, Self, SupportsInt, TypeAlias, overload

from numpy import ndarray as _ndarray

from flashlight._C import _fft as _fft
from flashlight._C import _nn as _nn
from flashlight._C import _windows as _windows
from flashlight._C import linalg as linalg
from flashlight._C import special as special
from flashlight._size import Size
from flashlight.utils.hooks import TensorHookHandle

# The classes of Python and ours under names that no function or property hides.
_int: TypeAlias = builtins.int
_float: TypeAlias = builtins.float
_bool: TypeAlias = builtins.bool
_str: TypeAlias = builtins.str
_complex: TypeAlias = builtins.complex
_Number: TypeAlias = _int | _float | _bool | _complex
_Real: TypeAlias = _int | _float | _bool
_dtype: TypeAlias = dtype
_device: TypeAlias = device
_layout: TypeAlias = layout
_DType: TypeAlias = dtype | type[_float] | type[_int] | type[_bool] | type[_complex]
_Device: TypeAlias = device | _str | _int
_Ints: TypeAlias = Sequence[_int] | _int

__version__: _str

class _LinAlgError(RuntimeError):
    """A matrix has no inverse, or not the factors that were asked for: `torch.linalg.LinAlgError`."""

class dtype:
    """The type of a tensor's elements: `torch.dtype`."""

    @property
    def is_floating_point(self) -> _bool: ...
    @property
    def is_complex(self) -> _bool: ...
    @property
    def is_signed(self) -> _bool: ...
    @property
    def itemsize(self) -> _int: ...

class device:
    """Where a tensor lies: `torch.device`."""

    def __init__(self, type: _Device, index: _int | None = None) -> None: ...
    @property
    def type(self) -> _str: ...
    @property
    def index(self) -> _int | None: ...

class memory_format:
    """The order of a tensor's axes in memory: `torch.memory_format`."""

class layout:
    """How a tensor's elements are kept: `torch.layout`; always strided."""

float16: dtype
float32: dtype
float64: dtype
bfloat16: dtype
complex64: dtype
int8: dtype
int16: dtype
int32: dtype
int64: dtype
uint8: dtype
uint16: dtype
uint32: dtype
uint64: dtype
bool: dtype
float: dtype
double: dtype
half: dtype
short: dtype
int: dtype
long: dtype
cfloat: dtype
strided: layout
contiguous_format: memory_format
preserve_format: memory_format
channels_last: memory_format
channels_last_3d: memory_format

class Generator:
    """A stream of random numbers: `torch.Generator`."""

    def __init__(self, device: _Device | None = None) -> None: ...
    @property
    def device(self) -> _device: ...
    def manual_seed(self, seed: SupportsInt) -> Generator: ...
    def seed(self) -> _int: ...
    def initial_seed(self) -> _int: ...
    def get_state(self) -> Tensor: ...
    def set_state(self, new_state: Tensor) -> None: ...
    def clone_state(self) -> Generator: ...

default_generator: Generator

class Node:
    """One call in the history of a tensor: `torch.autograd.graph.Node`."""

    def name(self) -> _str: ...
    @property
    def next_functions(self) -> tuple[tuple[Node | None, _int], ...]: ...
    @property
    def variable(self) -> Tensor | None: ...

class _TensorHook:
    def remove(self) -> None: ...

class Tensor:
    """An array of numbers of one type: `torch.Tensor`."""

    __array_priority__: _int
    __hash__: Callable[[], _int]  # type: ignore[assignment]

    def __init__(self, *args: Any, device: _Device | None = None) -> None: ...
    @staticmethod
    def _make_subclass(cls: type, data: Tensor, require_grad: _bool = False) -> Any: ...  # pyright: ignore[reportSelfClsParameterName]
    def as_subclass(self, cls: type) -> Any: ...
    @property
    def shape(self) -> Size: ...
    @property
    def dtype(self) -> _dtype: ...
    @property
    def device(self) -> _device: ...
    @property
    def layout(self) -> _layout: ...
    @property
    def ndim(self) -> _int: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def nbytes(self) -> _int: ...
    @property
    def is_cuda(self) -> _bool: ...
    @property
    def is_mps(self) -> _bool: ...
    @property
    def is_cpu(self) -> _bool: ...
    @property
    def is_sparse(self) -> _bool: ...
    @property
    def is_quantized(self) -> _bool: ...
    @property
    def _version(self) -> _int: ...
    @property
    def _base(self) -> Tensor | None: ...
    def is_inference(self) -> _bool: ...
    def is_shared(self) -> _bool: ...
    def is_pinned(self) -> _bool: ...
    def pin_memory(self) -> Self: ...
    @overload
    def type(self) -> _str: ...
    @overload
    def type(self, dtype: _DType | _str, non_blocking: _bool = False) -> Tensor: ...
    requires_grad: _bool
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    @property
    def is_leaf(self) -> _bool: ...
    @property
    def retains_grad(self) -> _bool: ...
    def retain_grad(self) -> None: ...
    @property
    def grad_fn(self) -> Node | None: ...
    @property
    def output_nr(self) -> _int: ...
    grad: Tensor | None
    data: Tensor
    def detach_(self) -> Self: ...
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: _bool | None = None,
        create_graph: _bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None: ...
    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor: ...
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> TensorHookHandle: ...
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> TensorHookHandle: ...
    def numpy(self, *, force: _bool = False) -> _ndarray: ...
    def new_tensor(
        self,
        data: Any,
        *,
        dtype: _DType | None = None,
        device: _Device | None = None,
        requires_grad: _bool = False,
    ) -> Tensor: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, element: Tensor | _Number) -> _bool: ...
    def __bool__(self) -> _bool: ...
    def __int__(self) -> _int: ...
    def __float__(self) -> _float: ...
    def __complex__(self) -> _complex: ...
    def __index__(self) -> _int: ...
    def __getitem__(self, key: Any) -> Tensor: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __delitem__(self, key: Any) -> None: ...
    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> _ndarray: ...
    def __array_wrap__(self, array: _ndarray, context: Any = None, return_scalar: _bool = False) -> Tensor: ...
    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[_int, _int] | None = None,
        dl_device: tuple[_int, _int] | None = None,
        copy: _bool | None = None,
    ) -> object: ...
    def __dlpack_device__(self) -> tuple[_int, _int]: ...
    def __add__(self, other: Tensor | _Number) -> Tensor: ...
    def __radd__(self, other: Tensor | _Number) -> Tensor: ...
    def __iadd__(self, other: Tensor | _Number) -> Self: ...
    def __sub__(self, other: Tensor | _Number) -> Tensor: ...
    def __rsub__(self, other: Tensor | _Number) -> Tensor: ...
    def __isub__(self, other: Tensor | _Number) -> Self: ...
    def __mul__(self, other: Tensor | _Number) -> Tensor: ...
    def __rmul__(self, other: Tensor | _Number) -> Tensor: ...
    def __imul__(self, other: Tensor | _Number) -> Self: ...
    def __truediv__(self, other: Tensor | _Number) -> Tensor: ...
    def __rtruediv__(self, other: Tensor | _Number) -> Tensor: ...
    def __itruediv__(self, other: Tensor | _Number) -> Self: ...
    def __floordiv__(self, other: Tensor | _Number) -> Tensor: ...
    def __rfloordiv__(self, other: Tensor | _Number) -> Tensor: ...
    def __ifloordiv__(self, other: Tensor | _Number) -> Self: ...
    def __mod__(self, other: Tensor | _Number) -> Tensor: ...
    def __rmod__(self, other: Tensor | _Number) -> Tensor: ...
    def __imod__(self, other: Tensor | _Number) -> Self: ...
    def __pow__(self, other: Tensor | _Number) -> Tensor: ...
    def __rpow__(self, other: Tensor | _Number) -> Tensor: ...
    def __ipow__(self, other: Tensor | _Number) -> Self: ...
    def where(self, condition: Tensor, other: Tensor | _Number) -> Tensor:
        """The tensor where the condition holds, else `other`."""
    def __matmul__(self, other: Tensor) -> Tensor: ...
    def __rmatmul__(self, other: Tensor) -> Tensor: ...
    def __and__(self, other: Tensor | _Number) -> Tensor: ...
    def __rand__(self, other: Tensor | _Number) -> Tensor: ...
    def __iand__(self, other: Tensor | _Number) -> Self: ...
    def __or__(self, other: Tensor | _Number) -> Tensor: ...
    def __ror__(self, other: Tensor | _Number) -> Tensor: ...
    def __ior__(self, other: Tensor | _Number) -> Self: ...
    def __xor__(self, other: Tensor | _Number) -> Tensor: ...
    def __rxor__(self, other: Tensor | _Number) -> Tensor: ...
    def __ixor__(self, other: Tensor | _Number) -> Self: ...
    def __lshift__(self, other: Tensor | _Number) -> Tensor: ...
    def __rlshift__(self, other: Tensor | _Number) -> Tensor: ...
    def __ilshift__(self, other: Tensor | _Number) -> Self: ...
    def __rshift__(self, other: Tensor | _Number) -> Tensor: ...
    def __rrshift__(self, other: Tensor | _Number) -> Tensor: ...
    def __irshift__(self, other: Tensor | _Number) -> Self: ...
    def __invert__(self) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __lt__(self, other: Tensor | _Number) -> Tensor: ...
    def __le__(self, other: Tensor | _Number) -> Tensor: ...
    def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __gt__(self, other: Tensor | _Number) -> Tensor: ...
    def __ge__(self, other: Tensor | _Number) -> Tensor: ...
    @property
    def H(self) -> Tensor:
        """A view of a matrix with rows and columns exchanged; of complex numbers the conjugate, as a copy."""

    @property
    def T(self) -> Tensor:
        """A view with the axes in reverse order."""

    def abs(self) -> Tensor:
        """The absolute value; its gradient at 0 is 0."""

    def abs_(self) -> Tensor:
        """Writes its result into the tensor. The absolute value; its gradient at 0 is 0."""

    def absolute(self) -> Tensor:
        """The same as abs."""

    def absolute_(self) -> Tensor:
        """Writes its result into the tensor. The same as abs."""

    def acos(self) -> Tensor:
        """The arccosine, in radians; NaN beyond -1 and 1."""

    def acos_(self) -> Tensor:
        """Writes its result into the tensor. The arccosine, in radians; NaN beyond -1 and 1."""

    def acosh(self) -> Tensor:
        """The inverse of cosh; NaN below 1."""

    def acosh_(self) -> Tensor:
        """Writes its result into the tensor. The inverse of cosh; NaN below 1."""

    def add(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """input + alpha * other, broadcast and promoted as in torch."""

    def add_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. input + alpha * other, broadcast and promoted as in torch."""

    def addbmm(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """beta * input + alpha * the sum of batch1 @ batch2 over the batches; input is not looked at where
        beta is 0.
        """

    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. beta * input + alpha * the sum of batch1 @ batch2 over the
        batches; input is not looked at where beta is 0.
        """

    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 / tensor2; refuses to divide integers."""

    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
        """Writes its result into the tensor. input + value * tensor1 / tensor2; refuses to divide integers."""

    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 * tensor2."""

    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
        """Writes its result into the tensor. input + value * tensor1 * tensor2."""

    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2); input is broadcast, and not looked at where beta is 0."""

    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. beta * input + alpha * (mat1 @ mat2); input is broadcast, and not
        looked at where beta is 0.
        """

    def addmv(self, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """beta * input + alpha * (mat @ vec); input is broadcast, and not looked at where beta is 0."""

    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. beta * input + alpha * (mat @ vec); input is broadcast, and not
        looked at where beta is 0.
        """

    def addr(self, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """beta * input + alpha * outer(vec1, vec2); input is broadcast, and not looked at where beta is 0."""

    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. beta * input + alpha * outer(vec1, vec2); input is broadcast, and
        not looked at where beta is 0.
        """

    def adjoint(self) -> Tensor:
        """A view with the last two axes exchanged; of complex numbers the conjugate, as a copy."""

    def all(self, dim: _Ints | None = None, keepdim: _bool = False) -> Tensor:
        """Whether no element is 0, over axes, all by default; uint8 gives uint8."""

    def allclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
        """Whether all elements are close, as a bool of Python; waits for them."""

    def amax(self, dim: _Ints = [], keepdim: _bool = False) -> Tensor:
        """The largest over axes, all by default; equal ones share the gradient. Refuses axes of no elements."""

    def amin(self, dim: _Ints = [], keepdim: _bool = False) -> Tensor:
        """The smallest over axes, all by default; equal ones share the gradient. Refuses axes of no elements."""

    def aminmax(self, *, dim: _int | None = None, keepdim: _bool = False) -> _min_max:
        """The smallest and the largest along an axis, or of all; equal ones share the gradient."""

    def angle(self) -> Tensor:
        """The angle in radians; of real numbers 0 or pi."""

    def any(self, dim: _Ints | None = None, keepdim: _bool = False) -> Tensor:
        """Whether an element is not 0, over axes, all by default; uint8 gives uint8."""

    def arccos(self) -> Tensor:
        """The same as acos."""

    def arccos_(self) -> Tensor:
        """Writes its result into the tensor. The same as acos."""

    def arccosh(self) -> Tensor:
        """The same as acosh."""

    def arccosh_(self) -> Tensor:
        """Writes its result into the tensor. The same as acosh."""

    def arcsin(self) -> Tensor:
        """The same as asin."""

    def arcsin_(self) -> Tensor:
        """Writes its result into the tensor. The same as asin."""

    def arcsinh(self) -> Tensor:
        """The same as asinh."""

    def arcsinh_(self) -> Tensor:
        """Writes its result into the tensor. The same as asinh."""

    def arctan(self) -> Tensor:
        """The same as atan."""

    def arctan_(self) -> Tensor:
        """Writes its result into the tensor. The same as atan."""

    def arctan2(self, other: Tensor) -> Tensor:
        """The same as atan2."""

    def arctan2_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The same as atan2."""

    def arctanh(self) -> Tensor:
        """The same as atanh."""

    def arctanh_(self) -> Tensor:
        """Writes its result into the tensor. The same as atanh."""

    def argmax(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """The first position of the largest along an axis, or among all elements."""

    def argmin(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """The first position of the smallest along an axis, or among all elements."""

    @overload
    def argsort(self, dim: _int = -1, descending: _bool = False) -> Tensor:
        """The positions that put an axis in order. Equal elements keep theirs; NaN is above all others."""
    @overload
    def argsort(self, *, stable: _bool, dim: _int = -1, descending: _bool = False) -> Tensor: ...

    def argwhere(self) -> Tensor:
        """The places of the elements that are not zero, a row for each. Their number is read."""

    def as_strided(self, size: _Ints, stride: _Ints, storage_offset: _int | None = None) -> Tensor:
        """A view of the tensor's storage under any sizes and strides. Places that several elements share
        cannot be written.
        """

    def as_strided_(self, size: _Ints, stride: _Ints, storage_offset: _int | None = None) -> Tensor:
        """Gives the tensor itself other sizes and strides in its storage."""

    def as_strided_scatter(self, src: Tensor, size: _Ints, stride: _Ints, storage_offset: _int | None = None) -> Tensor:
        """A copy of the input with src where as_strided would look."""

    def asin(self) -> Tensor:
        """The arcsine, in radians; NaN beyond -1 and 1."""

    def asin_(self) -> Tensor:
        """Writes its result into the tensor. The arcsine, in radians; NaN beyond -1 and 1."""

    def asinh(self) -> Tensor:
        """The inverse of sinh."""

    def asinh_(self) -> Tensor:
        """Writes its result into the tensor. The inverse of sinh."""

    def atan(self) -> Tensor:
        """The arctangent, in radians."""

    def atan_(self) -> Tensor:
        """Writes its result into the tensor. The arctangent, in radians."""

    def atan2(self, other: Tensor) -> Tensor:
        """The angle of the point (other, input), from -pi to pi."""

    def atan2_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The angle of the point (other, input), from -pi to pi."""

    def atanh(self) -> Tensor:
        """The inverse of tanh; NaN beyond -1 and 1."""

    def atanh_(self) -> Tensor:
        """Writes its result into the tensor. The inverse of tanh; NaN beyond -1 and 1."""

    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """beta * input + alpha * (batch1 @ batch2); input is broadcast, and not looked at where beta is 0."""

    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. beta * input + alpha * (batch1 @ batch2); input is broadcast, and
        not looked at where beta is 0.
        """

    @overload
    def bernoulli(self, *, generator: Generator | None = None) -> Tensor:
        """Ones with the probabilities in the input, or with the probability p; else zeros."""
    @overload
    def bernoulli(self, p: _float, *, generator: Generator | None = None) -> Tensor: ...

    @overload
    def bernoulli_(self, p: Tensor, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with ones of probability p, else zeros."""
    @overload
    def bernoulli_(self, p: _float = 0.5, *, generator: Generator | None = None) -> Tensor: ...

    def bfloat16(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as bfloat16."""

    def bincount(self, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
        """How often each number from 0 to the largest stands in a list, or the weight it has there. The
        largest is read.
        """

    def bitwise_and(self, other: Tensor | _Number) -> Tensor:
        """The bits set in both; for truth values, and. Refuses floats."""

    def bitwise_and_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The bits set in both; for truth values, and. Refuses floats."""

    def bitwise_left_shift(self, other: Tensor | _Number) -> Tensor:
        """The bits moved up by so many places; 0 for a number of places that the type does not have."""

    def bitwise_left_shift_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The bits moved up by so many places; 0 for a number of places
        that the type does not have.
        """

    def bitwise_not(self) -> Tensor:
        """Each bit inverted; for truth values, not. Refuses floats."""

    def bitwise_not_(self) -> Tensor:
        """Writes its result into the tensor. Each bit inverted; for truth values, not. Refuses floats."""

    def bitwise_or(self, other: Tensor | _Number) -> Tensor:
        """The bits set in one or both; for truth values, or. Refuses floats."""

    def bitwise_or_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The bits set in one or both; for truth values, or. Refuses
        floats.
        """

    def bitwise_right_shift(self, other: Tensor | _Number) -> Tensor:
        """The bits moved down by so many places, the sign staying; the sign alone for a number of places that
        the type does not have.
        """

    def bitwise_right_shift_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The bits moved down by so many places, the sign staying; the sign
        alone for a number of places that the type does not have.
        """

    def bitwise_xor(self, other: Tensor | _Number) -> Tensor:
        """The bits set in just one; for truth values, whether they differ. Refuses floats."""

    def bitwise_xor_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The bits set in just one; for truth values, whether they differ.
        Refuses floats.
        """

    def bmm(self, mat2: Tensor) -> Tensor:
        """The products of two batches of as many matrices; nothing is broadcast."""

    def bool(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as truth values."""

    @overload
    def broadcast_to(self, size: Sequence[_int]) -> Tensor:
        """A view repeated to a shape."""
    @overload
    def broadcast_to(self, *size: _int) -> Tensor: ...

    def byte(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as uint8."""

    def cauchy_(self, median: _float = 0.0, sigma: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with Cauchy numbers."""

    def ceil(self) -> Tensor:
        """The smallest integer not below x; the gradient is 0."""

    def ceil_(self) -> Tensor:
        """Writes its result into the tensor. The smallest integer not below x; the gradient is 0."""

    def char(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as int8."""

    def cholesky_inverse(self, upper: _bool = False) -> Tensor:
        """The inverse of the matrices of which these are Cholesky factors."""

    def cholesky_solve(self, input2: Tensor, upper: _bool = False) -> Tensor:
        """The solution of A X = input for the A whose Cholesky factor is input2."""

    def chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """At most as many views of equal length as asked for; the last may be shorter."""

    def clamp(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
        """x between bounds, of which one may be missing; max where they cross. On a bound that is a number the
        gradient is 0.
        """

    def clamp_(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
        """Writes its result into the tensor. x between bounds, of which one may be missing; max where they
        cross. On a bound that is a number the gradient is 0.
        """

    def clamp_max(self, max: Tensor | _Number) -> Tensor:
        """x, or max where x is above it."""

    def clamp_max_(self, max: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. x, or max where x is above it."""

    def clamp_min(self, min: Tensor | _Number) -> Tensor:
        """x, or min where x is below it."""

    def clamp_min_(self, min: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. x, or min where x is below it."""

    def clip(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
        """The same as clamp."""

    def clip_(self, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
        """Writes its result into the tensor. The same as clamp."""

    def clone(self, *, memory_format: Any = None) -> Tensor:
        """A copy; gradients flow through it. Its elements lie in row-major order."""

    def conj(self) -> Tensor:
        """The conjugate; what is real as it is."""

    def conj_physical(self) -> Tensor:
        """The conjugate."""

    def conj_physical_(self) -> Tensor:
        """Writes its result into the tensor. The conjugate."""

    def contiguous(self, *, memory_format: Any = None) -> Tensor:
        """The tensor itself where its elements lie in row-major order, else a copy in which they do."""

    def copy_(self, src: Tensor | _Number, non_blocking: _bool = False) -> Tensor:
        """Writes src into the tensor: broadcast, cast, and moved to its device. Gradients flow to src."""

    def copysign(self, other: Tensor | _Number) -> Tensor:
        """The size of input with the sign of other, of zeros too; a NaN counts as positive."""

    def copysign_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The size of input with the sign of other, of zeros too; a NaN
        counts as positive.
        """

    def corrcoef(self) -> Tensor:
        """The correlation of rows."""

    def cos(self) -> Tensor:
        """The cosine of x in radians."""

    def cos_(self) -> Tensor:
        """Writes its result into the tensor. The cosine of x in radians."""

    def cosh(self) -> Tensor:
        """The hyperbolic cosine."""

    def cosh_(self) -> Tensor:
        """Writes its result into the tensor. The hyperbolic cosine."""

    def count_nonzero(self, dim: _Ints | None = None) -> Tensor:
        """How many elements are not 0, over axes, all by default."""

    def cov(self, *, correction: _int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
        """The covariance of rows, whose columns are observations, counted and weighted."""

    def cpu(self, *, memory_format: Any = None) -> Tensor:
        """The tensor on the CPU; itself where it is there."""

    def cross(self, other: Tensor, dim: _int | None = None) -> Tensor:
        """The vectors perpendicular to pairs along an axis of 3, the first one by default."""

    def cuda(self, device: _Device | None = None, non_blocking: _bool = False, *, memory_format: Any = None) -> Tensor:
        """The tensor on a GPU, the first where none is named; refused where there is none."""

    def cummax(self, dim: _int) -> _values_indices:
        """The largest so far along an axis, and its last position, which has the gradient; NaN once there is
        one.
        """

    def cummin(self, dim: _int) -> _values_indices:
        """The smallest so far along an axis, and its last position, which has the gradient; NaN once there is
        one.
        """

    def cumprod(self, dim: _int, *, dtype: _DType | None = None) -> Tensor:
        """The running product along an axis; of integers and truth values in int64."""

    def cumprod_(self, dim: _int, *, dtype: _DType | None = None) -> Tensor:
        """Writes its result into the tensor. The running product along an axis; of integers and truth values
        in int64.
        """

    def cumsum(self, dim: _int, *, dtype: _DType | None = None) -> Tensor:
        """The running sum along an axis; integers and truth values are counted in int64."""

    def cumsum_(self, dim: _int, *, dtype: _DType | None = None) -> Tensor:
        """Writes its result into the tensor. The running sum along an axis; integers and truth values are
        counted in int64.
        """

    def deg2rad(self) -> Tensor:
        """Degrees as radians."""

    def deg2rad_(self) -> Tensor:
        """Writes its result into the tensor. Degrees as radians."""

    def det(self) -> Tensor:
        """The determinant of each matrix."""

    def detach(self) -> Tensor:
        """The same elements, in the same storage, without the history."""

    def diag(self, diagonal: _int = 0) -> Tensor:
        """A diagonal of a matrix, or a matrix with a list on a diagonal."""

    def diag_embed(self, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """Matrices along two new axes, with the last axis on a diagonal."""

    def diagflat(self, offset: _int = 0) -> Tensor:
        """A matrix with all elements on a diagonal."""

    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A view of a diagonal of the matrices along two axes, as the last axis."""

    def diagonal_scatter(self, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A copy with a diagonal of the matrices along two axes replaced."""

    def diff(self, n: _int = 1, dim: _int = -1, prepend: Tensor | None = None, append: Tensor | None = None) -> Tensor:
        """The differences of neighbours along an axis, n times over."""

    def digamma(self) -> Tensor:
        """The derivative of lgamma."""

    def digamma_(self) -> Tensor:
        """Writes its result into the tensor. The derivative of lgamma."""

    def dim(self) -> _int:
        """The number of axes."""

    def dist(self, other: Tensor, p: _Number = 2) -> Tensor:
        """The p-norm of the difference of all elements."""

    def div(self, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
        """input / other; integers give the default float, unless rounding_mode is 'floor' or 'trunc'."""

    def div_(self, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
        """Writes its result into the tensor. input / other; integers give the default float, unless
        rounding_mode is 'floor' or 'trunc'.
        """

    def divide(self, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
        """The same as div."""

    def divide_(self, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
        """Writes its result into the tensor. The same as div."""

    def dot(self, tensor: Tensor) -> Tensor:
        """The sum of the products of two vectors."""

    def double(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as float64; on the CPU only."""

    @overload
    def dsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of pieces behind each other: of the third axis."""
    @overload
    def dsplit(self, indices: _Ints) -> tuple[Tensor, ...]: ...

    def element_size(self) -> _int:
        """The bytes of one element."""

    def eq(self, other: Tensor | _Number) -> Tensor:
        """Whether input is other, as truth values; the operands are broadcast and promoted."""

    def eq_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is other, as truth values; the operands are
        broadcast and promoted.
        """

    def equal(self, other: Tensor) -> _bool:
        """Whether two tensors have one shape and the same elements, as a bool of Python; waits for them."""

    def erf(self) -> Tensor:
        """The error function."""

    def erf_(self) -> Tensor:
        """Writes its result into the tensor. The error function."""

    def erfc(self) -> Tensor:
        """1 - erf(x), accurate where that is small."""

    def erfc_(self) -> Tensor:
        """Writes its result into the tensor. 1 - erf(x), accurate where that is small."""

    def erfinv(self) -> Tensor:
        """The inverse of erf; NaN beyond -1 and 1."""

    def erfinv_(self) -> Tensor:
        """Writes its result into the tensor. The inverse of erf; NaN beyond -1 and 1."""

    def exp(self) -> Tensor:
        """e to the power of x."""

    def exp_(self) -> Tensor:
        """Writes its result into the tensor. e to the power of x."""

    def exp2(self) -> Tensor:
        """2 to the power of x."""

    def exp2_(self) -> Tensor:
        """Writes its result into the tensor. 2 to the power of x."""

    @overload
    def expand(self, size: Sequence[_int]) -> Tensor:
        """A view in which axes of size 1, and new ones in front, are repeated; -1 keeps a size."""
    @overload
    def expand(self, *size: _int) -> Tensor: ...

    def expand_as(self, other: Tensor) -> Tensor:
        """A view repeated to the shape of another tensor."""

    def expm1(self) -> Tensor:
        """exp(x) - 1, accurate near 0."""

    def expm1_(self) -> Tensor:
        """Writes its result into the tensor. exp(x) - 1, accurate near 0."""

    def exponential_(self, lambd: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with exponential numbers of rate lambd."""

    def fill_(self, value: Tensor | _Number) -> Tensor:
        """Writes one number everywhere."""

    def fill_diagonal_(self, fill_value: _Number, wrap: _bool = False) -> Tensor:
        """Fills the main diagonal; with wrap, that of a tall matrix begins again below."""

    def fix(self) -> Tensor:
        """The same as trunc."""

    def fix_(self) -> Tensor:
        """Writes its result into the tensor. The same as trunc."""

    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """The axes from start_dim to end_dim as one: a view where there is one."""

    @overload
    def flip(self, dims: Sequence[_int]) -> Tensor:
        """A copy with the order along some axes turned round."""
    @overload
    def flip(self, *dims: _int) -> Tensor: ...

    def fliplr(self) -> Tensor:
        """The columns in reverse order."""

    def flipud(self) -> Tensor:
        """The rows in reverse order."""

    def float(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as float32."""

    def float_power(self, exponent: Tensor | _Number) -> Tensor:
        """input to the power of exponent in double precision, which GPUs do not have."""

    def float_power_(self, exponent: Tensor | _Number) -> Tensor:
        """float_power written into the input, which must be of double precision."""

    def floor(self) -> Tensor:
        """The largest integer not above x; the gradient is 0."""

    def floor_(self) -> Tensor:
        """Writes its result into the tensor. The largest integer not above x; the gradient is 0."""

    def floor_divide(self, other: Tensor | _Number) -> Tensor:
        """The quotient rounded down."""

    def floor_divide_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The quotient rounded down."""

    def fmax(self, other: Tensor) -> Tensor:
        """The larger of each pair; the number where one is NaN. Where equal, each has half of the gradient."""

    def fmin(self, other: Tensor) -> Tensor:
        """The smaller of each pair; the number where one is NaN. Where equal, each has half of the gradient."""

    def fmod(self, other: Tensor | _Number) -> Tensor:
        """input - other * trunc(input / other): the sign of input."""

    def fmod_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input - other * trunc(input / other): the sign of input."""

    def frac(self) -> Tensor:
        """The fraction of x, with its sign; refuses integers."""

    def frac_(self) -> Tensor:
        """Writes its result into the tensor. The fraction of x, with its sign; refuses integers."""

    def frexp(self) -> _mantissa_exponent:
        """A mantissa between 0.5 and 1, with the sign, and the exponent of 2 that give the input together."""

    def gather(self, dim: _int, index: Tensor, *, sparse_grad: _bool = False) -> Tensor:
        """Along an axis, the element that each index names. On a GPU, indices out of range name the nearest
        element.
        """

    def gcd(self, other: Tensor) -> Tensor:
        """The greatest common divisor of integers, not negative."""

    def gcd_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The greatest common divisor of integers, not negative."""

    def ge(self, other: Tensor | _Number) -> Tensor:
        """Whether input is not below other; false for NaN."""

    def ge_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is not below other; false for NaN."""

    def geometric_(self, p: _float, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with the number of trials up to the first success of probability p."""

    def geqrf(self) -> _a_tau:
        """The reflections of a QR decomposition below the diagonal and in tau, and R."""

    def ger(self, vec2: Tensor) -> Tensor:
        """The same as outer."""

    def get_device(self) -> _int:
        """The number of the GPU; -1 on the CPU."""

    def greater(self, other: Tensor | _Number) -> Tensor:
        """The same as gt."""

    def greater_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as gt."""

    def greater_equal(self, other: Tensor | _Number) -> Tensor:
        """The same as ge."""

    def greater_equal_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as ge."""

    def gt(self, other: Tensor | _Number) -> Tensor:
        """Whether input is above other."""

    def gt_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is above other."""

    def half(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as float16."""

    def hardshrink(self, lambd: _Number = 0.5) -> Tensor:
        """x, and 0 where |x| is not above lambd."""

    def hash_tensor(self, dim: _Ints = [], *, keepdim: _bool = False, mode: _int = 0) -> Tensor:
        """The exclusive or of the elements' 64 bits, of floats in double precision, over axes, all by default."""

    def heaviside(self, values: Tensor) -> Tensor:
        """0 below 0, 1 above, and values at 0; of one element type, without a derivative."""

    def heaviside_(self, values: Tensor) -> Tensor:
        """Writes its result into the tensor. 0 below 0, 1 above, and values at 0; of one element type, without
        a derivative.
        """

    def histc(self, bins: _int = 100, min: _Number = 0, max: _Number = 0) -> Tensor:
        """How many elements fall into each of so many bins between min and max, or between the extremes where
        these are equal, which are then read.
        """

    @overload
    def histogram(self, bins: Tensor, *, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False) -> _hist_bin_edges:
        """How many elements, or how much weight, falls into each bin, and the edges of the bins. The range is
        read where none is told.
        """
    @overload
    def histogram(self, bins: _int = 100, *, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False) -> _hist_bin_edges: ...

    @overload
    def hsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of pieces beside each other: of the second axis, of a list's only one."""
    @overload
    def hsplit(self, indices: _Ints) -> tuple[Tensor, ...]: ...

    def hypot(self, other: Tensor) -> Tensor:
        """The length of the vector (input, other), computed without overflow."""

    def hypot_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The length of the vector (input, other), computed without
        overflow.
        """

    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind of order 0."""

    def i0_(self) -> Tensor:
        """Writes its result into the tensor. The modified Bessel function of the first kind of order 0."""

    def igamma(self, other: Tensor) -> Tensor:
        """The lower incomplete gamma function of input at other, over the gamma function; differentiated by
        other alone.
        """

    def igamma_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The lower incomplete gamma function of input at other, over the
        gamma function; differentiated by other alone.
        """

    def igammac(self, other: Tensor) -> Tensor:
        """The upper incomplete gamma function of input at other, over the gamma function; differentiated by
        other alone.
        """

    def igammac_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The upper incomplete gamma function of input at other, over the
        gamma function; differentiated by other alone.
        """

    @property
    def imag(self) -> Tensor:
        """The imaginary part, as a copy."""

    def index_add(self, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1) -> Tensor:
        """The input with alpha times each slice of source added where its index says along an axis."""

    def index_add_(self, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. The input with alpha times each slice of source added where its
        index says along an axis.
        """

    def index_copy(self, dim: _int, index: Tensor, source: Tensor) -> Tensor:
        """The input with each slice of source in the place that its index says along an axis."""

    def index_copy_(self, dim: _int, index: Tensor, source: Tensor) -> Tensor:
        """Writes its result into the tensor. The input with each slice of source in the place that its index
        says along an axis.
        """

    def index_fill(self, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
        """The input with one number in the slices that the index names along an axis."""

    def index_fill_(self, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The input with one number in the slices that the index names
        along an axis.
        """

    def index_put(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
        """A copy with values at the places that tensors name, one for each of the first axes, or masks;
        repeated places take one of theirs, or with accumulate the sum.
        """

    def index_put_(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
        """As index_put, in place."""

    def index_reduce(self, dim: _int, index: Tensor, source: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
        """The prod, mean, amax or amin of the slices of source whose index says so along an axis, and of the
        input's own.
        """

    def index_reduce_(self, dim: _int, index: Tensor, source: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
        """Writes its result into the tensor. The prod, mean, amax or amin of the slices of source whose index
        says so along an axis, and of the input's own.
        """

    def index_select(self, dim: _int, index: Tensor) -> Tensor:
        """The slices along an axis that an integer vector names. On a GPU, indices out of range name the
        nearest slice.
        """

    def inner(self, other: Tensor) -> Tensor:
        """The sums of products over the last axis of both."""

    def int(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as int32."""

    def inverse(self) -> Tensor:
        """The inverse of each matrix; a singular one raises LinAlgError."""

    def is_complex(self) -> _bool:
        """Whether the elements are complex."""

    def is_conj(self) -> _bool:
        """False: nothing is conjugate lazily here."""

    def is_contiguous(self, *, memory_format: Any = None) -> _bool:
        """Whether the elements lie in row-major order."""

    def is_floating_point(self) -> _bool:
        """Whether the elements are floats."""

    def is_neg(self) -> _bool:
        """False: nothing is negative lazily here."""

    def is_nonzero(self) -> _bool:
        """Whether the one element is not zero."""

    def is_same_size(self, other: Tensor) -> _bool:
        """Whether both have the same shape."""

    def is_set_to(self, tensor: Tensor) -> _bool:
        """Whether both see the same elements of one storage, in the same order."""

    def is_signed(self) -> _bool:
        """Whether the element type has negative numbers."""

    def isclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
        """Which elements are equal or nearer than atol + rtol * |other|."""

    def isfinite(self) -> Tensor:
        """Which elements are neither infinite nor NaN."""

    def isinf(self) -> Tensor:
        """Which elements are infinite, of either sign."""

    def isnan(self) -> Tensor:
        """Which elements are NaN."""

    def isneginf(self) -> Tensor:
        """Which elements are minus infinity."""

    def isposinf(self) -> Tensor:
        """Which elements are infinite."""

    def isreal(self) -> Tensor:
        """Whether the imaginary part is 0."""

    def istft(self, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, normalized: _bool = False, onesided: _bool | None = None, length: _int | None = None, return_complex: _bool = False) -> Tensor:
        """What undoes stft, where its windows leave no holes."""

    def item(self) -> _Real:
        """The one element as a Python number."""

    def kron(self, other: Tensor) -> Tensor:
        """Every product of an element of the one and one of the other, in blocks."""

    def kthvalue(self, k: _int, dim: _int = -1, keepdim: _bool = False) -> _values_indices:
        """The k-th smallest along an axis, counted from 1, and where it was."""

    def lcm(self, other: Tensor) -> Tensor:
        """The least common multiple of integers, not negative."""

    def lcm_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The least common multiple of integers, not negative."""

    def ldexp(self, other: Tensor) -> Tensor:
        """input * 2 ** other."""

    def ldexp_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. input * 2 ** other."""

    def le(self, other: Tensor | _Number) -> Tensor:
        """Whether input is not above other; false for NaN."""

    def le_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is not above other; false for NaN."""

    def lerp(self, end: Tensor, weight: Tensor | _Number) -> Tensor:
        """input + weight * (end - input); of one element type."""

    def lerp_(self, end: Tensor, weight: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input + weight * (end - input); of one element type."""

    def less(self, other: Tensor | _Number) -> Tensor:
        """The same as lt."""

    def less_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as lt."""

    def less_equal(self, other: Tensor | _Number) -> Tensor:
        """The same as le."""

    def less_equal_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as le."""

    def lgamma(self) -> Tensor:
        """The logarithm of the size of the gamma function."""

    def lgamma_(self) -> Tensor:
        """Writes its result into the tensor. The logarithm of the size of the gamma function."""

    def log(self) -> Tensor:
        """The natural logarithm."""

    def log_(self) -> Tensor:
        """Writes its result into the tensor. The natural logarithm."""

    def log10(self) -> Tensor:
        """The logarithm to base 10."""

    def log10_(self) -> Tensor:
        """Writes its result into the tensor. The logarithm to base 10."""

    def log1p(self) -> Tensor:
        """log(1 + x), accurate near 0."""

    def log1p_(self) -> Tensor:
        """Writes its result into the tensor. log(1 + x), accurate near 0."""

    def log2(self) -> Tensor:
        """The logarithm to base 2."""

    def log2_(self) -> Tensor:
        """Writes its result into the tensor. The logarithm to base 2."""

    def log_normal_(self, mean: _float = 1.0, std: _float = 2.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with numbers whose logarithm is normal."""

    @overload
    def log_softmax(self, dim: _int, dtype: _DType | None = None) -> Tensor:
        """The logarithm of softmax along an axis, computed without its quotient."""
    @overload
    def log_softmax(self, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None) -> Tensor: ...

    def logaddexp(self, other: Tensor) -> Tensor:
        """log(exp(input) + exp(other)), computed without overflow."""

    def logaddexp2(self, other: Tensor) -> Tensor:
        """log2(2 ** input + 2 ** other), computed without overflow."""

    def logcumsumexp(self, dim: _int) -> Tensor:
        """The logarithm of the running sum of exp(x) along an axis."""

    def logdet(self) -> Tensor:
        """The logarithm of the determinant; NaN of a negative one."""

    def logical_and(self, other: Tensor) -> Tensor:
        """Whether neither is 0."""

    def logical_and_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. Whether neither is 0."""

    def logical_not(self) -> Tensor:
        """Whether an element is 0."""

    def logical_not_(self) -> Tensor:
        """Writes its result into the tensor. Whether an element is 0."""

    def logical_or(self, other: Tensor) -> Tensor:
        """Whether one of the two is not 0."""

    def logical_or_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. Whether one of the two is not 0."""

    def logical_xor(self, other: Tensor) -> Tensor:
        """Whether just one of the two is not 0."""

    def logical_xor_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. Whether just one of the two is not 0."""

    def logit(self, eps: _float | None = None) -> Tensor:
        """log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and 1 where eps is None."""

    def logit_(self, eps: _float | None = None) -> Tensor:
        """Writes its result into the tensor. log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and
        1 where eps is None.
        """

    def logsumexp(self, dim: _Ints, keepdim: _bool = False) -> Tensor:
        """The logarithm of the sum of exp(x) over axes; integers give the default float."""

    def long(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as int64."""

    def lt(self, other: Tensor | _Number) -> Tensor:
        """Whether input is below other."""

    def lt_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is below other."""

    def lu(self, pivot: _bool = True, get_infos: _bool = False) -> _LU_pivots_info:
        """Both factors of LU in one matrix and the exchanges of rows; with get_infos also what LAPACK says."""

    def lu_solve(self, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
        """The solution of A X = input for the A of which these are the factors."""

    @property
    def mH(self) -> Tensor:
        """A view with the last two axes exchanged; of complex numbers the conjugate, as a copy."""

    @property
    def mT(self) -> Tensor:
        """A view with the last two axes exchanged."""

    def masked_fill(self, mask: Tensor, value: Tensor | _Number) -> Tensor:
        """The input with one number wherever the mask holds."""

    def masked_fill_(self, mask: Tensor, value: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The input with one number wherever the mask holds."""

    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """The input with the elements of source, one after the other, where the mask holds."""

    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """Writes its result into the tensor. The input with the elements of source, one after the other, where
        the mask holds.
        """

    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where the mask holds, in row-major order. Their number is read."""

    def matmul(self, other: Tensor) -> Tensor:
        """The product of vectors, matrices or batches of matrices, whose batch axes are broadcast; one element
        type.
        """

    def matrix_exp(self) -> Tensor:
        """The exponential of each matrix."""

    def matrix_power(self, n: _int) -> Tensor:
        """The n-th power of each matrix; of its inverse where n is negative."""

    @overload
    def max(self) -> Tensor:
        """The largest of all elements; along an axis, with its position, which alone has a gradient; or of
        each pair.
        """
    @overload
    def max(self, dim: _int, keepdim: _bool = False) -> _values_indices: ...
    @overload
    def max(self, other: Tensor) -> Tensor: ...

    def maximum(self, other: Tensor) -> Tensor:
        """The larger of each pair; NaN where either is. Where equal, each has half of the gradient."""

    def mean(self, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The mean over axes, all by default; refuses integers unless dtype is a float."""

    @overload
    def median(self) -> Tensor:
        """The median, of an even number of elements the lower one; NaN where there is one. Of all elements,
        whose equals share the gradient; or along an axis, with its position, which alone has it.
        """
    @overload
    def median(self, dim: _int, keepdim: _bool = False) -> _values_indices: ...

    @overload
    def min(self) -> Tensor:
        """The smallest of all elements; along an axis, with its position, which alone has a gradient; or of
        each pair.
        """
    @overload
    def min(self, dim: _int, keepdim: _bool = False) -> _values_indices: ...
    @overload
    def min(self, other: Tensor) -> Tensor: ...

    def minimum(self, other: Tensor) -> Tensor:
        """The smaller of each pair; NaN where either is. Where equal, each has half of the gradient."""

    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices of one element type."""

    def mode(self, dim: _int = -1, keepdim: _bool = False) -> _values_indices:
        """The most frequent along an axis, of equally frequent ones the smallest, and the last place where it
        stands.
        """

    def moveaxis(self, source: _Ints, destination: _Ints) -> Tensor:
        """A view with some axes at other places, and the rest in order."""

    def movedim(self, source: _Ints, destination: _Ints) -> Tensor:
        """A view with some axes at other places, and the rest in order."""

    def msort(self) -> Tensor:
        """The elements along the first axis in order."""

    def mul(self, other: Tensor | _Number) -> Tensor:
        """input * other, broadcast and promoted as in torch."""

    def mul_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input * other, broadcast and promoted as in torch."""

    def multinomial(self, num_samples: _int, replacement: _bool = False, *, generator: Generator | None = None) -> Tensor:
        """Places along the last axis, drawn by the weights in the input."""

    def multiply(self, other: Tensor | _Number) -> Tensor:
        """The same as mul."""

    def multiply_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as mul."""

    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix and a vector."""

    def mvlgamma(self, p: _int) -> Tensor:
        """The logarithm of the gamma function of p dimensions."""

    def mvlgamma_(self, p: _int) -> Tensor:
        """Writes its result into the tensor. The logarithm of the gamma function of p dimensions."""

    def nan_to_num(self, nan: _Number | None = None, posinf: _Number | None = None, neginf: _Number | None = None) -> Tensor:
        """Numbers for NaN, 0 by default, and for infinities, the type's largest and smallest by default."""

    def nan_to_num_(self, nan: _Number | None = None, posinf: _Number | None = None, neginf: _Number | None = None) -> Tensor:
        """Writes its result into the tensor. Numbers for NaN, 0 by default, and for infinities, the type's
        largest and smallest by default.
        """

    def nanmean(self, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The mean of what is not NaN over axes, all by default."""

    @overload
    def nanmedian(self) -> Tensor:
        """The median of the elements that are not NaN; as median otherwise."""
    @overload
    def nanmedian(self, dim: _int, keepdim: _bool = False) -> _values_indices: ...

    @overload
    def nanquantile(self, q: Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear") -> Tensor:
        """As quantile, of the elements that are not NaN."""
    @overload
    def nanquantile(self, q: _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear") -> Tensor: ...

    def nansum(self, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The sum of what is not NaN over axes, all by default."""

    def narrow(self, dim: _int, start: _int, length: _int) -> Tensor:
        """A view of a window on one axis."""

    def narrow_copy(self, dim: _int, start: _int, length: _int) -> Tensor:
        """A copy of a window on one axis."""

    def ndimension(self) -> _int:
        """The number of axes."""

    def ne(self, other: Tensor | _Number) -> Tensor:
        """Whether input is not other."""

    def ne_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. Whether input is not other."""

    def neg(self) -> Tensor:
        """-x; refuses truth values."""

    def neg_(self) -> Tensor:
        """Writes its result into the tensor. -x; refuses truth values."""

    def negative(self) -> Tensor:
        """The same as neg."""

    def negative_(self) -> Tensor:
        """Writes its result into the tensor. The same as neg."""

    def nelement(self) -> _int:
        """The number of elements."""

    @overload
    def new_empty(self, size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
        """Zeros of the tensor's type and place."""
    @overload
    def new_empty(self, *size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor: ...

    def new_empty_strided(self, size: _Ints, stride: _Ints, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False, pin_memory: _bool | None = False) -> Tensor:
        """Zeros of the tensor's type and place, with the strides that are asked for."""

    def new_full(self, size: _Ints, fill_value: _Number, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
        """One number everywhere, of the tensor's type and place."""

    @overload
    def new_ones(self, size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
        """Ones of the tensor's type and place."""
    @overload
    def new_ones(self, *size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor: ...

    @overload
    def new_zeros(self, size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
        """Zeros of the tensor's type and place."""
    @overload
    def new_zeros(self, *size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor: ...

    def nextafter(self, other: Tensor) -> Tensor:
        """The number beside input towards other."""

    def nextafter_(self, other: Tensor) -> Tensor:
        """Writes its result into the tensor. The number beside input towards other."""

    @overload
    def nonzero(self, *, as_tuple: Literal[False] = False) -> Tensor:
        """The places of the elements that are not zero: a row for each, or with as_tuple a list for each axis.
        Their number is read.
        """
    @overload
    def nonzero(self, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...

    def nonzero_static(self, *, size: _int, fill_value: _int = -1) -> Tensor:
        """The places of the first so many elements that are not zero, a row for each; fill_value where there
        are fewer.
        """

    @overload
    def norm(self, p: _Number | None = 2, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The p-norm over axes, all by default; p is a number, 'fro' or 'nuc'. Its gradient at 0 is 0."""
    @overload
    def norm(self, p: _str, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor: ...

    def normal_(self, mean: _float = 0.0, std: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with normal numbers."""

    def not_equal(self, other: Tensor | _Number) -> Tensor:
        """The same as ne."""

    def not_equal_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. The same as ne."""

    def numel(self) -> _int:
        """The number of elements."""

    def orgqr(self, input2: Tensor) -> Tensor:
        """The first columns of the product of the reflections that geqrf gives."""

    def ormqr(self, input2: Tensor, input3: Tensor, left: _bool = True, transpose: _bool = False) -> Tensor:
        """The product of the reflections that geqrf gives and input3, from the left or the right."""

    def outer(self, vec2: Tensor) -> Tensor:
        """All products of elements of two vectors."""

    @overload
    def permute(self, dims: Sequence[_int]) -> Tensor:
        """A view with the axes in another order."""
    @overload
    def permute(self, *dims: _int) -> Tensor: ...

    def pinverse(self, rcond: _float = 1e-15) -> Tensor:
        """The Moore-Penrose inverse; singular values up to rcond times the largest count as 0."""

    @overload
    def polygamma(self, input: Tensor) -> Tensor:
        """The derivative of digamma of order n. As a method it takes the order alone."""
    @overload
    def polygamma(self, n: _int) -> Tensor: ...

    @overload
    def polygamma_(self, input: Tensor) -> Tensor:
        """Writes its result into the tensor. The derivative of digamma of order n. As a method it takes the
        order alone.
        """
    @overload
    def polygamma_(self, n: _int) -> Tensor: ...

    def positive(self) -> Tensor:
        """The input itself; refuses truth values."""

    def pow(self, exponent: Tensor | _Number) -> Tensor:
        """input to the power of exponent; refuses integers to negative powers."""

    def pow_(self, exponent: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input to the power of exponent; refuses integers to negative
        powers.
        """

    def prelu(self, weight: Tensor) -> Tensor:
        """x above 0, else weight * x; one weight, or one for each channel of axis 1."""

    def prod(self, dim: _int | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The product of all elements or along an axis; integers and truth values in int64."""

    def put(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """The input with elements at places named among all of them; repeated places take one of theirs, or
        the sum.
        """

    def put_(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """Writes its result into the tensor. The input with elements at places named among all of them;
        repeated places take one of theirs, or the sum.
        """

    @overload
    def quantile(self, q: Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear") -> Tensor:
        """The elements along an axis, or of all, below which the shares q of them lie; between two of them by
        the interpolation. NaN where there is one.
        """
    @overload
    def quantile(self, q: _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear") -> Tensor: ...

    def rad2deg(self) -> Tensor:
        """Radians as degrees."""

    def rad2deg_(self) -> Tensor:
        """Writes its result into the tensor. Radians as degrees."""

    @overload
    def random_(self, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with integers from [from, to), or with all that its type can count exactly."""
    @overload
    def random_(self, to: _int, *, generator: Generator | None = None) -> Tensor: ...
    @overload
    def random_(self, from_: _int, to: _int | None, *, generator: Generator | None = None) -> Tensor: ...

    def ravel(self) -> Tensor:
        """All axes as one: a view where there is one."""

    @property
    def real(self) -> Tensor:
        """The real part, as a copy; what is real as it is."""

    def reciprocal(self) -> Tensor:
        """1 / x; integers give the default float."""

    def reciprocal_(self) -> Tensor:
        """Writes its result into the tensor. 1 / x; integers give the default float."""

    @overload
    def relu(self) -> Tensor:
        """The elements above 0, else 0; NaN stays. The derivative at 0 is 0."""
    @overload
    def relu(self, inplace: _bool = False) -> Tensor: ...

    @overload
    def relu_(self) -> Tensor:
        """Writes its result into the tensor. The elements above 0, else 0; NaN stays. The derivative at 0 is
        0.
        """
    @overload
    def relu_(self, inplace: _bool = False) -> Tensor: ...

    def remainder(self, other: Tensor | _Number) -> Tensor:
        """input - other * floor(input / other): the sign of other."""

    def remainder_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input - other * floor(input / other): the sign of other."""

    def renorm(self, p: _Number, dim: _int, maxnorm: _Number) -> Tensor:
        """The slices along an axis, those whose p-norm is above maxnorm brought down to it."""

    def renorm_(self, p: _Number, dim: _int, maxnorm: _Number) -> Tensor:
        """Writes its result into the tensor. The slices along an axis, those whose p-norm is above maxnorm
        brought down to it.
        """

    @overload
    def repeat(self, repeats: Sequence[_int]) -> Tensor:
        """A copy repeated along each axis."""
    @overload
    def repeat(self, *repeats: _int) -> Tensor: ...

    @overload
    def repeat_interleave(self, repeats: _int, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor:
        """Each element of an axis, or of all, so many times. How many there are of a tensor of counts is read."""
    @overload
    def repeat_interleave(self, repeats: Tensor, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor: ...

    @overload
    def reshape(self, shape: Sequence[_int]) -> Tensor:
        """The same elements under another shape: a view where there is one, else a copy. One size may be -1."""
    @overload
    def reshape(self, *shape: _int) -> Tensor: ...

    def reshape_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of another tensor."""

    @overload
    def resize_(self, size: Sequence[_int], *, memory_format: Any = None) -> Tensor:
        """Gives the tensor other sizes: of its own storage while that suffices, else of a longer one, with
        zeros behind, which its views do not see.
        """
    @overload
    def resize_(self, *size: _int, memory_format: Any = None) -> Tensor: ...

    def resize_as_(self, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
        """Gives the tensor the sizes of another one, as resize_ does."""

    def resolve_conj(self) -> Tensor:
        """The tensor: nothing is conjugate lazily here."""

    def resolve_neg(self) -> Tensor:
        """The tensor: nothing is negative lazily here."""

    def roll(self, shifts: _Ints, dims: _Ints | None = None) -> Tensor:
        """A copy with the elements moved along axes; those that fall off come in at the other end."""

    def rot90(self, k: _int = 1, dims: _Ints = [0,1]) -> Tensor:
        """Turned k times by a right angle, from the first axis towards the second."""

    def round(self, *, decimals: _int = 0) -> Tensor:
        """x to so many decimals, halves to the even neighbour; the gradient is 0."""

    def round_(self, *, decimals: _int = 0) -> Tensor:
        """Writes its result into the tensor. x to so many decimals, halves to the even neighbour; the gradient
        is 0.
        """

    def rsqrt(self) -> Tensor:
        """One over the square root."""

    def rsqrt_(self) -> Tensor:
        """Writes its result into the tensor. One over the square root."""

    @overload
    def scatter(self, dim: _int, index: Tensor, src: Tensor) -> Tensor:
        """The input with each element of src, or a number, in the place that its index says along an axis; of
        repeated places one wins, or with reduce 'add' or 'multiply' they are folded.
        """
    @overload
    def scatter(self, dim: _int, index: Tensor, value: _Number) -> Tensor: ...
    @overload
    def scatter(self, dim: _int, index: Tensor, src: Tensor, *, reduce: _str) -> Tensor: ...
    @overload
    def scatter(self, dim: _int, index: Tensor, value: _Number, *, reduce: _str) -> Tensor: ...

    @overload
    def scatter_(self, dim: _int, index: Tensor, src: Tensor) -> Tensor:
        """Writes its result into the tensor. The input with each element of src, or a number, in the place
        that its index says along an axis; of repeated places one wins, or with reduce 'add' or 'multiply'
        they are folded.
        """
    @overload
    def scatter_(self, dim: _int, index: Tensor, value: _Number) -> Tensor: ...
    @overload
    def scatter_(self, dim: _int, index: Tensor, src: Tensor, *, reduce: _str) -> Tensor: ...
    @overload
    def scatter_(self, dim: _int, index: Tensor, value: _Number, *, reduce: _str) -> Tensor: ...

    def scatter_add(self, dim: _int, index: Tensor, src: Tensor) -> Tensor:
        """The input with each element of src added where its index says along an axis; repeated places add up."""

    def scatter_add_(self, dim: _int, index: Tensor, src: Tensor) -> Tensor:
        """Writes its result into the tensor. The input with each element of src added where its index says
        along an axis; repeated places add up.
        """

    def scatter_reduce(self, dim: _int, index: Tensor, src: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
        """The sum, prod, mean, amax or amin of the elements of src whose index says so along an axis, and of
        the input's own.
        """

    def scatter_reduce_(self, dim: _int, index: Tensor, src: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
        """Writes its result into the tensor. The sum, prod, mean, amax or amin of the elements of src whose
        index says so along an axis, and of the input's own.
        """

    def select(self, dim: _int, index: _int) -> Tensor:
        """A view of one element of an axis, without the axis."""

    def select_scatter(self, src: Tensor, dim: _int, index: _int) -> Tensor:
        """A copy of the input with src as one element of an axis."""

    def sgn(self) -> Tensor:
        """x over its absolute value, and 0 at 0."""

    def sgn_(self) -> Tensor:
        """Writes its result into the tensor. x over its absolute value, and 0 at 0."""

    def short(self, *, memory_format: Any = None) -> Tensor:
        """The tensor as int16."""

    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-x))."""

    def sigmoid_(self) -> Tensor:
        """Writes its result into the tensor. 1 / (1 + exp(-x))."""

    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign of x."""

    def sign_(self) -> Tensor:
        """Writes its result into the tensor. -1, 0 or 1 by the sign of x."""

    def signbit(self) -> Tensor:
        """Whether an element is below 0, or -0."""

    def sin(self) -> Tensor:
        """The sine of x in radians."""

    def sin_(self) -> Tensor:
        """Writes its result into the tensor. The sine of x in radians."""

    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), 1 at 0."""

    def sinc_(self) -> Tensor:
        """Writes its result into the tensor. sin(pi x) / (pi x), 1 at 0."""

    def sinh(self) -> Tensor:
        """The hyperbolic sine."""

    def sinh_(self) -> Tensor:
        """Writes its result into the tensor. The hyperbolic sine."""

    @overload
    def size(self, dim: None = None) -> Size:
        """The sizes, or that of one axis."""
    @overload
    def size(self, dim: _int) -> _int: ...

    def slice_scatter(self, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1) -> Tensor:
        """A copy of the input with src in a range of an axis."""

    def slogdet(self) -> _sign_logabsdet:
        """The sign of the determinant, and the logarithm of its absolute value."""

    @overload
    def softmax(self, dim: _int, dtype: _DType | None = None) -> Tensor:
        """exp(x) over its sum along an axis."""
    @overload
    def softmax(self, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None) -> Tensor: ...

    @overload
    def sort(self, dim: _int = -1, descending: _bool = False) -> _values_indices:
        """The elements along an axis in order, and where each was. Equal ones keep their order, asked for or
        not; NaN is above all others.
        """
    @overload
    def sort(self, *, stable: _bool | None, dim: _int = -1, descending: _bool = False) -> _values_indices: ...

    @overload
    def split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of one length, the last perhaps shorter, or of the lengths given."""
    @overload
    def split(self, split_size: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def split(self, split_size_or_sections: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def split(self, split_size_or_sections: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...

    def split_with_sizes(self, split_sizes: _Ints, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of pieces of an axis of the lengths given."""

    def sqrt(self) -> Tensor:
        """The square root; NaN below 0."""

    def sqrt_(self) -> Tensor:
        """Writes its result into the tensor. The square root; NaN below 0."""

    def square(self) -> Tensor:
        """x * x."""

    def square_(self) -> Tensor:
        """Writes its result into the tensor. x * x."""

    @overload
    def squeeze(self) -> Tensor:
        """A view without the axes of size 1, or without those named that have size 1."""
    @overload
    def squeeze(self, dim: _Ints) -> Tensor: ...

    @overload
    def squeeze_(self) -> Tensor:
        """squeeze, of the tensor itself."""
    @overload
    def squeeze_(self, dim: _Ints) -> Tensor: ...

    @overload
    def std(self, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False) -> Tensor:
        """The square root of the variance; its gradient at 0 is 0."""
    @overload
    def std(self, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False) -> Tensor: ...
    @overload
    def std(self, unbiased: _bool) -> Tensor: ...

    def stft(self, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, pad_mode: _str = "reflect", normalized: _bool = False, onesided: _bool | None = None, return_complex: _bool | None = None, align_to_window: _bool | None = None) -> Tensor:
        """The transforms of what is seen through a window that moves along the last axis; in single precision."""

    def storage_offset(self) -> _int:
        """The place of the first element in the storage."""

    @overload
    def stride(self, dim: None = None) -> tuple[_int, ...]:
        """The distances of neighbours in the storage, in elements, or that of one axis."""
    @overload
    def stride(self, dim: _int) -> _int: ...

    def sub(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """input - alpha * other, broadcast and promoted as in torch."""

    def sub_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. input - alpha * other, broadcast and promoted as in torch."""

    def subtract(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """The same as sub."""

    def subtract_(self, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
        """Writes its result into the tensor. The same as sub."""

    def sum(self, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None) -> Tensor:
        """The sum over axes, all by default; integers and truth values are counted in int64."""

    @overload
    def sum_to_size(self, size: Sequence[_int]) -> Tensor:
        """The sum over the axes that a tensor of that size would be repeated along."""
    @overload
    def sum_to_size(self, *size: _int) -> Tensor: ...

    def svd(self, some: _bool = True, compute_uv: _bool = True) -> _U_S_V:
        """U diag(S) V^T of the input, with falling S; of real matrices."""

    @overload
    def swapaxes(self, axis0: _int, axis1: _int) -> Tensor:
        """A view with two axes exchanged."""
    @overload
    def swapaxes(self, dim0: _int, dim1: _int) -> Tensor: ...

    def swapaxes_(self, axis0: _int, axis1: _int) -> Tensor:
        """transpose, of the tensor itself."""

    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """A view with two axes exchanged."""

    def swapdims_(self, dim0: _int, dim1: _int) -> Tensor:
        """transpose, of the tensor itself."""

    def t(self) -> Tensor:
        """A view of a matrix with its axes exchanged."""

    def t_(self) -> Tensor:
        """t, of the tensor itself."""

    def take(self, index: Tensor) -> Tensor:
        """The elements that indices name among all of them, in row-major order."""

    def take_along_dim(self, indices: Tensor, dim: _int | None = None) -> Tensor:
        """Along an axis, the element that each index names, both broadcast to each other; without an axis, of
        all elements.
        """

    def tan(self) -> Tensor:
        """The tangent of x in radians."""

    def tan_(self) -> Tensor:
        """Writes its result into the tensor. The tangent of x in radians."""

    def tanh(self) -> Tensor:
        """The hyperbolic tangent."""

    def tanh_(self) -> Tensor:
        """Writes its result into the tensor. The hyperbolic tangent."""

    @overload
    def tensor_split(self, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of so many pieces of an axis, the first ones perhaps longer by one; or of the pieces that end
        at places.
        """
    @overload
    def tensor_split(self, indices: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...
    @overload
    def tensor_split(self, tensor_indices_or_sections: Tensor, dim: _int = 0) -> tuple[Tensor, ...]: ...

    @overload
    def tile(self, dims: Sequence[_int]) -> Tensor:
        """Repeated along each axis, the last ones first."""
    @overload
    def tile(self, *dims: _int) -> Tensor: ...

    @overload
    def to(self, dtype: _DType, non_blocking: _bool = False, copy: _bool = False, *, memory_format: Any = None) -> Tensor:
        """The tensor in another element type or on another device; the tensor itself where neither changes,
        unless copy is set.
        """
    @overload
    def to(self, device: _Device | None = None, dtype: _DType | None = None, non_blocking: _bool = False, copy: _bool = False, *, memory_format: Any = None) -> Tensor: ...
    @overload
    def to(self, other: Tensor, non_blocking: _bool = False, copy: _bool = False, *, memory_format: Any = None) -> Tensor: ...

    def tolist(self) -> Any:
        """The elements as nested lists of numbers."""

    def topk(self, k: _int, dim: _int = -1, largest: _bool = True, sorted: _bool = True) -> _values_indices:
        """The k largest or smallest along an axis, in order, and where they were; of equal ones the first."""

    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix."""

    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """A view with two axes exchanged."""

    def transpose_(self, dim0: _int, dim1: _int) -> Tensor:
        """transpose, of the tensor itself."""

    def triangular_solve(self, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False) -> _solution_cloned_coefficient:
        """The solution of A X = input for triangular A, and A."""

    def tril(self, diagonal: _int = 0) -> Tensor:
        """The matrices with zeros above a diagonal."""

    def tril_(self, diagonal: _int = 0) -> Tensor:
        """Writes its result into the tensor. The matrices with zeros above a diagonal."""

    def triu(self, diagonal: _int = 0) -> Tensor:
        """The matrices with zeros below a diagonal."""

    def triu_(self, diagonal: _int = 0) -> Tensor:
        """Writes its result into the tensor. The matrices with zeros below a diagonal."""

    def true_divide(self, other: Tensor | _Number) -> Tensor:
        """input / other."""

    def true_divide_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input / other."""

    def trunc(self) -> Tensor:
        """x without its fraction; the gradient is 0."""

    def trunc_(self) -> Tensor:
        """Writes its result into the tensor. x without its fraction; the gradient is 0."""

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the element type and place of another one."""

    def unbind(self, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of every element of an axis."""

    def unflatten(self, dim: _int, sizes: _Ints) -> Tensor:
        """One axis as several; one size may be -1."""

    def uniform_(self, from_: _float = 0.0, to: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with uniform numbers from [from, to)."""

    def unique(self, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Tensor:
        """The distinct elements, or slices along dim, sorted; with their place for each element and how often
        each is there. Their number is read.
        """

    def unique_consecutive(self, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Tensor:
        """The elements, or slices along dim, without those that equal the one before; otherwise as unique."""

    def unsafe_chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """The same as chunk."""

    def unsafe_split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """The same as split by a length."""

    def unsafe_split_with_sizes(self, split_sizes: _Ints, dim: _int = 0) -> tuple[Tensor, ...]:
        """The same as split_with_sizes."""

    def unsqueeze(self, dim: _int) -> Tensor:
        """A view with a new axis of size 1."""

    def unsqueeze_(self, dim: _int) -> Tensor:
        """unsqueeze, of the tensor itself."""

    @overload
    def var(self, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False) -> Tensor:
        """The variance over axes, all by default; the divisor is the count less correction."""
    @overload
    def var(self, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False) -> Tensor: ...
    @overload
    def var(self, unbiased: _bool) -> Tensor: ...

    def vdot(self, other: Tensor) -> Tensor:
        """The sum of the products of two vectors."""

    @overload
    def view(self, size: Sequence[_int]) -> Tensor:
        """The same elements under another shape, without a copy; one size may be -1. Another dtype is not
        supported.
        """
    @overload
    def view(self, *size: _int) -> Tensor: ...
    @overload
    def view(self, dtype: _DType) -> Tensor: ...

    def view_as(self, other: Tensor) -> Tensor:
        """A view in the shape of another tensor."""

    @overload
    def vsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of pieces below each other: of the first axis."""
    @overload
    def vsplit(self, indices: _Ints) -> tuple[Tensor, ...]: ...

    def xlogy(self, other: Tensor | _Number) -> Tensor:
        """input * log(other), 0 where input is 0 and other a number."""

    def xlogy_(self, other: Tensor | _Number) -> Tensor:
        """Writes its result into the tensor. input * log(other), 0 where input is 0 and other a number."""

    def zero_(self) -> Tensor:
        """Writes zero everywhere."""

def tensor(
    data: Any,
    *,
    dtype: _DType | None = None,
    device: _Device | None = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor: ...
def as_tensor(data: Any, dtype: _DType | None = None, device: _Device | None = None) -> Tensor: ...
def from_numpy(ndarray: _ndarray) -> Tensor: ...
def is_tensor(obj: object) -> _bool: ...
def from_dlpack(ext_tensor: Any, *, device: _Device | None = None, copy: _bool | None = None) -> Tensor: ...
def to_dlpack(tensor: Tensor) -> object: ...
def promote_types(type1: dtype, type2: dtype) -> dtype: ...
def get_default_dtype() -> dtype: ...
def set_default_dtype(d: dtype) -> None: ...
def get_default_device() -> device: ...
def set_default_device(device: _Device | None) -> None: ...
def manual_seed(seed: SupportsInt) -> Generator: ...
def seed() -> _int: ...
def initial_seed() -> _int: ...
def get_rng_state() -> Tensor: ...
def set_rng_state(new_state: Tensor) -> None: ...
def is_grad_enabled() -> _bool: ...
def get_num_threads() -> _int: ...
def set_num_threads(threads: _int) -> None: ...
def set_printoptions(
    precision: _int | None = None,
    threshold: _float | None = None,
    edgeitems: _int | None = None,
    linewidth: _int | None = None,
    profile: Literal["default", "short", "full"] | None = None,
    sci_mode: _bool | None = None,
) -> None: ...
def _tensor_to_bytes(tensor: Tensor) -> bytes: ...
def _tensor_from_bytes(data: Any, dtype: dtype, shape: Sequence[_int]) -> Tensor: ...
def _rebuild_tensor(*args: Any) -> Tensor: ...
def _default_generator(device: _Device) -> Generator: ...
def _rebuild_generator(device: _Device, state: Tensor) -> Generator: ...
def _backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: _bool | None = None,
    create_graph: _bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None: ...
def _grad(
    tensors: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None,
    retain_graph: _bool,
    create_graph: _bool,
) -> list[Tensor | None]: ...
def _set_grad_enabled(enabled: _bool) -> _bool: ...

class CompiledFunction:
    """A function whose calls are recorded once and then run from programs: what `flashlight.compile` makes."""

    __wrapped__: Callable[..., Any]
    def __init__(self, function: Callable[..., Any], fullgraph: _bool = False, numerics: _str = "reassoc") -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, object: Any, _class: Any | None = None) -> Any: ...
    @property
    def reasons(self) -> list[_str]: ...
    @property
    def counts(self) -> tuple[_int, _int]: ...
    def programs(self) -> list[dict[_str, Any]]: ...
    def reset(self) -> None: ...

class Exported:
    """A program that needs no Python, and its states: what `flashlight.export` makes and reads."""

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor]: ...
    def save(self, path: _str | PathLike[_str]) -> None: ...
    def manifest(self) -> _str: ...
    def states(self) -> list[tuple[_str, _str, Tensor]]: ...
    def set_states(self, states: Sequence[tuple[_str, Tensor]]) -> None: ...
    def sample(self) -> list[Tensor]: ...
    def check(self) -> list[tuple[_str, _bool, _float, _bool]]: ...
    def graph(self, optimised: _bool) -> _str: ...

def _export(
    name: _str,
    run: Callable[[_int], tuple[list[Tensor], list[_str], _str]],
    variants: Sequence[Sequence[Tensor]],
    names: Sequence[_str],
    arguments: _str,
    keywords: _str,
    size: tuple[_str, Sequence[_int], _int | None, _int | None] | None,
) -> Exported: ...
def _load_exported(path: _str | PathLike[_str], device: _Device, numerics: _str) -> Exported: ...

class Number:
    """A float that a compiled function takes anew in each run; a `float` to `isinstance`."""

def _is_tracing() -> _bool: ...
def _trace_number() -> _int: ...
def _trace_module(module: Any) -> None: ...
def _trace_module_end() -> None: ...
def _trace_owner(owner: Any) -> None: ...
def _trace_rebind(entries: dict[Any, Any], key: Any) -> None: ...
def _synchronize(device: _Device | None = None) -> None: ...
def _eval(tensors: Tensor | Sequence[Tensor]) -> None: ...
def _flush() -> None: ...
def _batches() -> _int: ...
def _gpu_count() -> _int: ...
def _device_info(device: _Device) -> dict[_str, _str]: ...
def _memory() -> tuple[_int, _int, _int, _int]: ...
def _reset_peak_memory() -> None: ...
def _clear_cache() -> None: ...
def _open_blas(path: _str | PathLike[_str]) -> None: ...
def _trace(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    wrt: Sequence[_int] = ...,
    weights: Sequence[Tensor] | None = None,
) -> tuple[_str, list[Tensor], list[Tensor]]: ...
def _functions() -> list[dict[_str, Any]]: ...

class _L_info(NamedTuple):
    L: Tensor
    info: Tensor
class _LD_pivots(NamedTuple):
    LD: Tensor
    pivots: Tensor
class _LD_pivots_info(NamedTuple):
    LD: Tensor
    pivots: Tensor
    info: Tensor
class _LU_pivots(NamedTuple):
    LU: Tensor
    pivots: Tensor
class _LU_pivots_info(NamedTuple):
    LU: Tensor
    pivots: Tensor
    info: Tensor
class _P_L_U(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor
class _Q_R(NamedTuple):
    Q: Tensor
    R: Tensor
class _U_H(NamedTuple):
    U: Tensor
    H: Tensor
class _U_S_V(NamedTuple):
    U: Tensor
    S: Tensor
    V: Tensor
class _U_S_Vh(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor
class _a_tau(NamedTuple):
    a: Tensor
    tau: Tensor
class _eigenvalues_eigenvectors(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor
class _hist_bin_edges(NamedTuple):
    hist: Tensor
    bin_edges: Tensor
class _inverse_info(NamedTuple):
    inverse: Tensor
    info: Tensor
class _mantissa_exponent(NamedTuple):
    mantissa: Tensor
    exponent: Tensor
class _min_max(NamedTuple):
    min: Tensor
    max: Tensor
class _result_info(NamedTuple):
    result: Tensor
    info: Tensor
class _sign_logabsdet(NamedTuple):
    sign: Tensor
    logabsdet: Tensor
class _solution_cloned_coefficient(NamedTuple):
    solution: Tensor
    cloned_coefficient: Tensor
class _solution_residuals_rank_singular_values(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor
class _values_indices(NamedTuple):
    values: Tensor
    indices: Tensor
def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The absolute value; its gradient at 0 is 0."""

def abs_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The absolute value; its gradient at 0 is 0."""

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as abs."""

def absolute_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as abs."""

def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The arccosine, in radians; NaN beyond -1 and 1."""

def acos_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The arccosine, in radians; NaN beyond -1 and 1."""

def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of cosh; NaN below 1."""

def acosh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The inverse of cosh; NaN below 1."""

def adaptive_avg_pool1d(input: Tensor, output_size: Sequence[_int | None] | _int) -> Tensor:
    """The means of output_size parts of the last axis, as equal as can be."""

def add(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """input + alpha * other, broadcast and promoted as in torch."""

def add_(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. input + alpha * other, broadcast and promoted as in torch."""

def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * the sum of batch1 @ batch2 over the batches; input is not looked at where
    beta is 0.
    """

def addbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. beta * input + alpha * the sum of batch1 @ batch2 over the
    batches; input is not looked at where beta is 0.
    """

def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
    """input + value * tensor1 / tensor2; refuses to divide integers."""

def addcdiv_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
    """Writes its result into the tensor. input + value * tensor1 / tensor2; refuses to divide integers."""

def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1, out: Tensor | None = None) -> Tensor:
    """input + value * tensor1 * tensor2."""

def addcmul_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: _Number = 1) -> Tensor:
    """Writes its result into the tensor. input + value * tensor1 * tensor2."""

def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2); input is broadcast, and not looked at where beta is 0."""

def addmm_(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. beta * input + alpha * (mat1 @ mat2); input is broadcast, and not
    looked at where beta is 0.
    """

def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * (mat @ vec); input is broadcast, and not looked at where beta is 0."""

def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. beta * input + alpha * (mat @ vec); input is broadcast, and not
    looked at where beta is 0.
    """

def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2); input is broadcast, and not looked at where beta is 0."""

def addr_(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. beta * input + alpha * outer(vec1, vec2); input is broadcast, and
    not looked at where beta is 0.
    """

def adjoint(input: Tensor) -> Tensor:
    """A view with the last two axes exchanged; of complex numbers the conjugate, as a copy."""

def affine_grid_generator(theta: Tensor, size: _Ints, align_corners: _bool) -> Tensor:
    """The same as affine_grid."""

def alias_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy."""

def all(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether no element is 0, over axes, all by default; uint8 gives uint8."""

def allclose(input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
    """Whether all elements are close, as a bool of Python; waits for them."""

@overload
def alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """Dropout that keeps mean and variance of what selu gives: elements are replaced by its lowest value,
    all are scaled and moved. The mask is torch's on the CPU.
    """
@overload
def alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def alpha_dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """alpha_dropout, written into the input."""

def amax(input: Tensor, dim: _Ints = [], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The largest over axes, all by default; equal ones share the gradient. Refuses axes of no elements."""

def amin(input: Tensor, dim: _Ints = [], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The smallest over axes, all by default; equal ones share the gradient. Refuses axes of no elements."""

def aminmax(input: Tensor, *, dim: _int | None = None, keepdim: _bool = False, out: Sequence[Tensor] | None = None) -> _min_max:
    """The smallest and the largest along an axis, or of all; equal ones share the gradient."""

def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle in radians; of real numbers 0 or pi."""

def any(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is not 0, over axes, all by default; uint8 gives uint8."""

@overload
def arange(end: _Number, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Numbers from start on, step apart, below end: int64 where all three are integers, else the default
    float.
    """
@overload
def arange(start: _Number, end: _Number, step: _Number = 1, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as acos."""

def arccos_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as acos."""

def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as acosh."""

def arccosh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as acosh."""

def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as asin."""

def arcsin_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as asin."""

def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as asinh."""

def arcsinh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as asinh."""

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as atan."""

def arctan_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as atan."""

def arctan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as atan2."""

def arctan2_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as atan2."""

def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as atanh."""

def arctanh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as atanh."""

def argmax(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The first position of the largest along an axis, or among all elements."""

def argmin(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The first position of the smallest along an axis, or among all elements."""

@overload
def argsort(input: Tensor, dim: _int = -1, descending: _bool = False) -> Tensor:
    """The positions that put an axis in order. Equal elements keep theirs; NaN is above all others."""
@overload
def argsort(input: Tensor, *, stable: _bool, dim: _int = -1, descending: _bool = False) -> Tensor: ...

def argwhere(input: Tensor) -> Tensor:
    """The places of the elements that are not zero, a row for each. Their number is read."""

def as_strided(input: Tensor, size: _Ints, stride: _Ints, storage_offset: _int | None = None) -> Tensor:
    """A view of the tensor's storage under any sizes and strides. Places that several elements share
    cannot be written.
    """

def as_strided_(input: Tensor, size: _Ints, stride: _Ints, storage_offset: _int | None = None) -> Tensor:
    """Gives the tensor itself other sizes and strides in its storage."""

def as_strided_copy(input: Tensor, size: _Ints, stride: _Ints, storage_offset: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """A copy of the storage's elements under any sizes and strides."""

def as_strided_scatter(input: Tensor, src: Tensor, size: _Ints, stride: _Ints, storage_offset: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """A copy of the input with src where as_strided would look."""

def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The arcsine, in radians; NaN beyond -1 and 1."""

def asin_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The arcsine, in radians; NaN beyond -1 and 1."""

def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of sinh."""

def asinh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The inverse of sinh."""

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The arctangent, in radians."""

def atan_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The arctangent, in radians."""

def atan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle of the point (other, input), from -pi to pi."""

def atan2_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The angle of the point (other, input), from -pi to pi."""

def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of tanh; NaN beyond -1 and 1."""

def atanh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The inverse of tanh; NaN beyond -1 and 1."""

@overload
def atleast_1d(input: Tensor) -> Tensor:
    """Views with at least one axis."""
@overload
def atleast_1d(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]: ...
@overload
def atleast_1d(*tensors: Tensor) -> tuple[Tensor, ...]: ...

@overload
def atleast_2d(input: Tensor) -> Tensor:
    """Views with at least two axes; a list is a row."""
@overload
def atleast_2d(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(*tensors: Tensor) -> tuple[Tensor, ...]: ...

@overload
def atleast_3d(input: Tensor) -> Tensor:
    """Views with at least three axes."""
@overload
def atleast_3d(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(*tensors: Tensor) -> tuple[Tensor, ...]: ...

def avg_pool1d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], ceil_mode: _bool = False, count_include_pad: _bool = True) -> Tensor:
    """The mean of each window of (N, C, L) or (C, L); padding counts unless count_include_pad is off."""

def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2); input is broadcast, and not looked at where beta is 0."""

def baddbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: _Number = 1, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. beta * input + alpha * (batch1 @ batch2); input is broadcast, and
    not looked at where beta is 0.
    """

def bartlett_window(window_length: _int, periodic: _bool = True, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: Any = None, requires_grad: _bool = False) -> Tensor:
    """Bartlett's window, a triangle."""

@overload
def bernoulli(input: Tensor, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """Ones with the probabilities in the input, or with the probability p; else zeros."""
@overload
def bernoulli(input: Tensor, p: _float, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor: ...

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[k] @ input2 + bias[k] for each k, over the last axes of the inputs; the others are
    equal.
    """

def bincount(input: Tensor, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
    """How often each number from 0 to the largest stands in a list, or the weight it has there. The
    largest is read.
    """

def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of count trials succeed, each with probability prob; a gradient is 0."""

@overload
def bitwise_and(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The bits set in both; for truth values, and. Refuses floats."""
@overload
def bitwise_and(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def bitwise_and_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The bits set in both; for truth values, and. Refuses floats."""

@overload
def bitwise_left_shift(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The bits moved up by so many places; 0 for a number of places that the type does not have."""
@overload
def bitwise_left_shift(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def bitwise_left_shift_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The bits moved up by so many places; 0 for a number of places
    that the type does not have.
    """

def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Each bit inverted; for truth values, not. Refuses floats."""

def bitwise_not_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. Each bit inverted; for truth values, not. Refuses floats."""

@overload
def bitwise_or(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The bits set in one or both; for truth values, or. Refuses floats."""
@overload
def bitwise_or(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def bitwise_or_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The bits set in one or both; for truth values, or. Refuses
    floats.
    """

@overload
def bitwise_right_shift(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The bits moved down by so many places, the sign staying; the sign alone for a number of places that
    the type does not have.
    """
@overload
def bitwise_right_shift(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def bitwise_right_shift_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The bits moved down by so many places, the sign staying; the sign
    alone for a number of places that the type does not have.
    """

@overload
def bitwise_xor(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The bits set in just one; for truth values, whether they differ. Refuses floats."""
@overload
def bitwise_xor(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def bitwise_xor_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The bits set in just one; for truth values, whether they differ.
    Refuses floats.
    """

def blackman_window(window_length: _int, periodic: _bool = True, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: Any = None, requires_grad: _bool = False) -> Tensor:
    """Blackman's window."""

@overload
def block_diag(tensors: Sequence[Tensor]) -> Tensor:
    """A matrix with the inputs along its diagonal."""
@overload
def block_diag(*tensors: Tensor) -> Tensor: ...

def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of two batches of as many matrices; nothing is broadcast."""

@overload
def broadcast_tensors(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Views repeated to the shape that all broadcast to."""
@overload
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]: ...

@overload
def broadcast_to(input: Tensor, size: Sequence[_int]) -> Tensor:
    """A view repeated to a shape."""
@overload
def broadcast_to(input: Tensor, *size: _int) -> Tensor: ...

def bucketize(input: Tensor | _Number, boundaries: Tensor, *, out_int32: _bool = False, right: _bool = False, out: Tensor | None = None) -> Tensor:
    """How many of the boundaries are below each value; with right, not above it."""

def can_cast(from_: _DType, to: _DType) -> _bool:
    """Whether elements of one type become those of another without being asked to."""

@overload
def cartesian_prod(tensors: Sequence[Tensor]) -> Tensor:
    """All choices of one element from each, as rows."""
@overload
def cartesian_prod(*tensors: Tensor) -> Tensor: ...

def cat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along an axis."""

def cdist(x1: Tensor, x2: Tensor, p: _float = 2.0, compute_mode: _str | None = None) -> Tensor:
    """The p-norms of the differences of all pairs of rows, always without a product of matrices; 0 where
    rows are equal has a gradient of 0.
    """

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest integer not below x; the gradient is 0."""

def ceil_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The smallest integer not below x; the gradient is 0."""

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

@overload
def chain_matmul(matrices: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of matrices, from left to right."""
@overload
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor: ...

def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """Channels in groups, one of each group after the other."""

def cholesky_inverse(input: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of the matrices of which these are Cholesky factors."""

def cholesky_solve(input: Tensor, input2: Tensor, upper: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The solution of A X = input for the A whose Cholesky factor is input2."""

def chunk(input: Tensor, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """At most as many views of equal length as asked for; the last may be shorter."""

def clamp(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None, *, out: Tensor | None = None) -> Tensor:
    """x between bounds, of which one may be missing; max where they cross. On a bound that is a number the
    gradient is 0.
    """

def clamp_(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
    """Writes its result into the tensor. x between bounds, of which one may be missing; max where they
    cross. On a bound that is a number the gradient is 0.
    """

def clamp_max(input: Tensor, max: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """x, or max where x is above it."""

def clamp_max_(input: Tensor, max: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. x, or max where x is above it."""

def clamp_min(input: Tensor, min: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """x, or min where x is below it."""

def clamp_min_(input: Tensor, min: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. x, or min where x is below it."""

def clip(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None, *, out: Tensor | None = None) -> Tensor:
    """The same as clamp."""

def clip_(input: Tensor, min: Tensor | _Number | None = None, max: Tensor | _Number | None = None) -> Tensor:
    """Writes its result into the tensor. The same as clamp."""

def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy; gradients flow through it. Its elements lie in row-major order."""

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors beside each other; a list is a column."""

def combinations(input: Tensor, r: _int = 2, with_replacement: _bool = False) -> Tensor:
    """All choices of r elements, in order, as rows."""

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex numbers of these parts, in single precision."""

def concat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along an axis."""

def concatenate(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along an axis."""

def conj(input: Tensor) -> Tensor:
    """The conjugate; what is real as it is."""

def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The conjugate."""

def conj_physical_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The conjugate."""

def constant_pad_nd(input: Tensor, pad: _Ints, value: _Number = 0) -> Tensor:
    """The tensor with a constant around it. Amounts are counted from the last axis; negative ones cut off."""

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

def copysign(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The size of input with the sign of other, of zeros too; a NaN counts as positive."""

def copysign_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The size of input with the sign of other, of zeros too; a NaN
    counts as positive.
    """

def corrcoef(input: Tensor) -> Tensor:
    """The correlation of rows."""

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The cosine of x in radians."""

def cos_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The cosine of x in radians."""

def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic cosine."""

def cosh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The hyperbolic cosine."""

def cosine_similarity(x1: Tensor, x2: Tensor, dim: _int = 1, eps: _float = 1e-08) -> Tensor:
    """The cosine between vectors along an axis; a length below eps counts as eps."""

def count_nonzero(input: Tensor, dim: _Ints | None = None) -> Tensor:
    """How many elements are not 0, over axes, all by default."""

def cov(input: Tensor, *, correction: _int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
    """The covariance of rows, whose columns are observations, counted and weighted."""

def cross(input: Tensor, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """The vectors perpendicular to pairs along an axis of 3, the first one by default."""

def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: _int = 0, reduction: Any = "mean", zero_infinity: _bool = False) -> Tensor:
    """The negative log-likelihood of labels under all their alignments with (T, N, C) or (T, C) log-
    probabilities; the mean divides by the labels' lengths. The lengths are read. The gradient takes the
    input for a log-softmax, as torch's does.
    """

def cummax(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The largest so far along an axis, and its last position, which has the gradient; NaN once there is
    one.
    """

def cummin(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The smallest so far along an axis, and its last position, which has the gradient; NaN once there is
    one.
    """

def cumprod(input: Tensor, dim: _int, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The running product along an axis; of integers and truth values in int64."""

def cumprod_(input: Tensor, dim: _int, *, dtype: _DType | None = None) -> Tensor:
    """Writes its result into the tensor. The running product along an axis; of integers and truth values
    in int64.
    """

def cumsum(input: Tensor, dim: _int, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The running sum along an axis; integers and truth values are counted in int64."""

def cumsum_(input: Tensor, dim: _int, *, dtype: _DType | None = None) -> Tensor:
    """Writes its result into the tensor. The running sum along an axis; integers and truth values are
    counted in int64.
    """

@overload
def cumulative_trapezoid(y: Tensor, x: Tensor, *, dim: _int = -1) -> Tensor:
    """The area under a curve up to each point but the first."""
@overload
def cumulative_trapezoid(y: Tensor, *, dx: _Number = 1, dim: _int = -1) -> Tensor: ...

def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees as radians."""

def deg2rad_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. Degrees as radians."""

def det(input: Tensor) -> Tensor:
    """The determinant of each matrix."""

def detach(input: Tensor) -> Tensor:
    """The same elements, in the same storage, without the history."""

def detach_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy without the history."""

def diag(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """A diagonal of a matrix, or a matrix with a list on a diagonal."""

def diag_embed(input: Tensor, offset: _int = 0, dim1: _int = -2, dim2: _int = -1, *, out: Tensor | None = None) -> Tensor:
    """Matrices along two new axes, with the last axis on a diagonal."""

def diagflat(input: Tensor, offset: _int = 0) -> Tensor:
    """A matrix with all elements on a diagonal."""

def diagonal(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A view of a diagonal of the matrices along two axes, as the last axis."""

def diagonal_copy(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """A copy of a diagonal of the matrices along two axes."""

def diagonal_scatter(input: Tensor, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """A copy with a diagonal of the matrices along two axes replaced."""

def diff(input: Tensor, n: _int = 1, dim: _int = -1, prepend: Tensor | None = None, append: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """The differences of neighbours along an axis, n times over."""

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of lgamma."""

def digamma_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The derivative of lgamma."""

def dist(input: Tensor, other: Tensor, p: _Number = 2, *, out: Tensor | None = None) -> Tensor:
    """The p-norm of the difference of all elements."""

def div(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None, out: Tensor | None = None) -> Tensor:
    """input / other; integers give the default float, unless rounding_mode is 'floor' or 'trunc'."""

def div_(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
    """Writes its result into the tensor. input / other; integers give the default float, unless
    rounding_mode is 'floor' or 'trunc'.
    """

def divide(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None, out: Tensor | None = None) -> Tensor:
    """The same as div."""

def divide_(input: Tensor | _Number, other: Tensor | _Number, *, rounding_mode: _str | None = None) -> Tensor:
    """Writes its result into the tensor. The same as div."""

def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products of two vectors."""

@overload
def dropout(input: Tensor, p: _float = 0.5, training: _bool = True, inplace: _bool = False) -> Tensor:
    """Zeroes elements with probability p and scales the others by 1 / (1 - p). The mask is torch's on the
    CPU.
    """
@overload
def dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """dropout, written into the input."""

@overload
def dsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Views of pieces behind each other: of the third axis."""
@overload
def dsplit(input: Tensor, indices: _Ints) -> tuple[Tensor, ...]: ...

def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors behind each other, along the third axis."""

@overload
def einsum(equation: _str, operands: Sequence[Tensor]) -> Tensor:
    """Products summed over named axes: 'ij,jk->ik' is the product of matrices. Names are letters, and an
    ellipsis stands for the axes without one. Operands are multiplied from left to right. The result is
    a copy where torch gives a view.
    """
@overload
def einsum(equation: _str, *operands: Tensor) -> Tensor: ...

@overload
def empty(size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Zeros: where torch leaves memory as it was found, nothing else can be seen."""
@overload
def empty(*size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def empty_like(input: Tensor, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """Zeros in the shape, type and place of the input."""

def empty_permuted(size: _Ints, physical_layout: _Ints, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False, pin_memory: _bool | None = False) -> Tensor:
    """Zeros whose axes lie in memory in the order that is asked for, the outermost first."""

def empty_strided(size: _Ints, stride: _Ints, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False, pin_memory: _bool | None = False) -> Tensor:
    """Zeros with the strides that are asked for."""

def eq(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is other, as truth values; the operands are broadcast and promoted."""

def eq_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is other, as truth values; the operands are
    broadcast and promoted.
    """

def equal(input: Tensor, other: Tensor) -> _bool:
    """Whether two tensors have one shape and the same elements, as a bool of Python; waits for them."""

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function."""

def erf_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The error function."""

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 - erf(x), accurate where that is small."""

def erfc_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 1 - erf(x), accurate where that is small."""

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of erf; NaN beyond -1 and 1."""

def erfinv_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The inverse of erf; NaN beyond -1 and 1."""

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e to the power of x."""

def exp_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. e to the power of x."""

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of x."""

def exp2_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 2 to the power of x."""

def expand_copy(input: Tensor, size: _Ints, *, implicit: _bool = False, out: Tensor | None = None) -> Tensor:
    """A copy in which axes of size 1, and new ones in front, are repeated."""

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """exp(x) - 1, accurate near 0."""

def expm1_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. exp(x) - 1, accurate near 0."""

def eye(n: _int, m: _int | None = None, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """A matrix with ones on its diagonal."""

@overload
def feature_alpha_dropout(input: Tensor, p: _float = 0.5, training: _bool = False, inplace: _bool = False) -> Tensor:
    """alpha_dropout of whole channels, which are the second axis."""
@overload
def feature_alpha_dropout(input: Tensor, p: _float, train: _bool) -> Tensor: ...

def feature_alpha_dropout_(input: Tensor, p: _float, train: _bool) -> Tensor:
    """feature_alpha_dropout, written into the input."""

def fill(input: Tensor, value: Tensor | _Number) -> Tensor:
    """One number everywhere, in the shape, type and place of the input."""

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as trunc."""

def fix_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as trunc."""

def flatten(input: Tensor, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """The axes from start_dim to end_dim as one: a view where there is one."""

@overload
def flip(input: Tensor, dims: Sequence[_int], *, out: Tensor | None = None) -> Tensor:
    """A copy with the order along some axes turned round."""
@overload
def flip(input: Tensor, *dims: _int, out: Tensor | None = None) -> Tensor: ...

def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order."""

def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order."""

@overload
def float_power(input: Tensor, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input to the power of exponent in double precision, which GPUs do not have."""
@overload
def float_power(input: _Number, exponent: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest integer not above x; the gradient is 0."""

def floor_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The largest integer not above x; the gradient is 0."""

def floor_divide(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The quotient rounded down."""

def floor_divide_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The quotient rounded down."""

def fmax(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger of each pair; the number where one is NaN. Where equal, each has half of the gradient."""

def fmin(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller of each pair; the number where one is NaN. Where equal, each has half of the gradient."""

def fmod(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input - other * trunc(input / other): the sign of input."""

def fmod_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input - other * trunc(input / other): the sign of input."""

def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The fraction of x, with its sign; refuses integers."""

def frac_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The fraction of x, with its sign; refuses integers."""

def frexp(input: Tensor, *, out: Sequence[Tensor] | None = None) -> _mantissa_exponent:
    """A mantissa between 0.5 and 1, with the sign, and the exponent of 2 that give the input together."""

def full(size: _Ints, fill_value: _Number, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """One number everywhere; its category gives the element type where none is told."""

def full_like(input: Tensor, fill_value: _Number, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """One number everywhere, in the shape, type and place of the input."""

def gather(input: Tensor, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Along an axis, the element that each index names. On a GPU, indices out of range name the nearest
    element.
    """

def gcd(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The greatest common divisor of integers, not negative."""

def gcd_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The greatest common divisor of integers, not negative."""

def ge(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is not below other; false for NaN."""

def ge_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is not below other; false for NaN."""

def geqrf(input: Tensor, *, out: Sequence[Tensor] | None = None) -> _a_tau:
    """The reflections of a QR decomposition below the diagonal and in tau, and R."""

def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as outer."""

def get_device(input: Tensor) -> _int:
    """The number of the GPU; -1 on the CPU."""

@overload
def gradient(input: Tensor, *, spacing: Sequence[_float] | _float | None = None, dim: _Ints | None = None, edge_order: _int = 1) -> tuple[Tensor, ...]:
    """The slope along each axis from the neighbours, one-sided at the edges; spacing is a distance, one
    for each axis, or the places of the points.
    """
@overload
def gradient(input: Tensor, *, spacing: Sequence[Tensor], dim: _Ints | None = None, edge_order: _int = 1) -> tuple[Tensor, ...]: ...

def greater(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as gt."""

def greater_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as gt."""

def greater_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as ge."""

def greater_equal_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as ge."""

def grid_sampler(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """grid_sample with numbers for its modes, in their order."""

def grid_sampler_2d(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """grid_sample of images, with numbers for its modes, in their order."""

def grid_sampler_3d(input: Tensor, grid: Tensor, interpolation_mode: _int, padding_mode: _int, align_corners: _bool) -> Tensor:
    """grid_sample of volumes, with numbers for its modes, in their order."""

def group_norm(input: Tensor, num_groups: _int, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """Normalises each group of channels, axis 1, of each element of the batch; times weight, plus bias,
    per channel.
    """

def gt(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is above other."""

def gt_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is above other."""

def hamming_window(window_length: _int, periodic: _bool = True, alpha: _float = 0.54, beta: _float = 0.46, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: Any = None, requires_grad: _bool = False) -> Tensor:
    """Hamming's window: alpha - beta cos."""

def hann_window(window_length: _int, periodic: _bool = True, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: Any = None, requires_grad: _bool = False) -> Tensor:
    """Hann's window."""

def hardshrink(input: Tensor, lambd: _Number = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x, and 0 where |x| is not above lambd."""

def hash_tensor(input: Tensor, dim: _Ints = [], *, keepdim: _bool = False, mode: _int = 0, out: Tensor | None = None) -> Tensor:
    """The exclusive or of the elements' 64 bits, of floats in double precision, over axes, all by default."""

def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0 below 0, 1 above, and values at 0; of one element type, without a derivative."""

def heaviside_(input: Tensor, values: Tensor) -> Tensor:
    """Writes its result into the tensor. 0 below 0, 1 above, and values at 0; of one element type, without
    a derivative.
    """

def histc(input: Tensor, bins: _int = 100, min: _Number = 0, max: _Number = 0, *, out: Tensor | None = None) -> Tensor:
    """How many elements fall into each of so many bins between min and max, or between the extremes where
    these are equal, which are then read.
    """

@overload
def histogram(input: Tensor, bins: Tensor, *, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False, out: Sequence[Tensor] | None = None) -> _hist_bin_edges:
    """How many elements, or how much weight, falls into each bin, and the edges of the bins. The range is
    read where none is told.
    """
@overload
def histogram(input: Tensor, bins: _int = 100, *, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False, out: Sequence[Tensor] | None = None) -> _hist_bin_edges: ...

@overload
def histogramdd(input: Tensor, bins: _int, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False) -> tuple[Tensor, ...]:
    """How many points, or how much weight, falls into each cell of a grid, and the edges along each
    coordinate.
    """
@overload
def histogramdd(input: Tensor, bins: _Ints, range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False) -> tuple[Tensor, ...]: ...
@overload
def histogramdd(input: Tensor, bins: Sequence[Tensor], range: Sequence[_float] | _float | None = None, weight: Tensor | None = None, density: _bool = False) -> tuple[Tensor, ...]: ...

@overload
def hsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Views of pieces beside each other: of the second axis, of a list's only one."""
@overload
def hsplit(input: Tensor, indices: _Ints) -> tuple[Tensor, ...]: ...

def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors beside each other: along the second axis, lists along their only one."""

def hypot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The length of the vector (input, other), computed without overflow."""

def hypot_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The length of the vector (input, other), computed without
    overflow.
    """

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""

def i0_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The modified Bessel function of the first kind of order 0."""

def igamma(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The lower incomplete gamma function of input at other, over the gamma function; differentiated by
    other alone.
    """

def igamma_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The lower incomplete gamma function of input at other, over the
    gamma function; differentiated by other alone.
    """

def igammac(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The upper incomplete gamma function of input at other, over the gamma function; differentiated by
    other alone.
    """

def igammac_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The upper incomplete gamma function of input at other, over the
    gamma function; differentiated by other alone.
    """

def imag(input: Tensor) -> Tensor:
    """The imaginary part, as a copy."""

def index_add(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """The input with alpha times each slice of source added where its index says along an axis."""

def index_add_(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. The input with alpha times each slice of source added where its
    index says along an axis.
    """

def index_copy(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The input with each slice of source in the place that its index says along an axis."""

def index_copy_(input: Tensor, dim: _int, index: Tensor, source: Tensor) -> Tensor:
    """Writes its result into the tensor. The input with each slice of source in the place that its index
    says along an axis.
    """

def index_fill(input: Tensor, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
    """The input with one number in the slices that the index names along an axis."""

def index_fill_(input: Tensor, dim: _int, index: Tensor, value: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The input with one number in the slices that the index names
    along an axis.
    """

def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy with values at the places that tensors name, one for each of the first axes, or masks;
    repeated places take one of theirs, or with accumulate the sum.
    """

def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
    """As index_put, in place."""

def index_reduce(input: Tensor, dim: _int, index: Tensor, source: Tensor, reduce: _str, *, include_self: _bool = True, out: Tensor | None = None) -> Tensor:
    """The prod, mean, amax or amin of the slices of source whose index says so along an axis, and of the
    input's own.
    """

def index_reduce_(input: Tensor, dim: _int, index: Tensor, source: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
    """Writes its result into the tensor. The prod, mean, amax or amin of the slices of source whose index
    says so along an axis, and of the input's own.
    """

def index_select(input: Tensor, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices along an axis that an integer vector names. On a GPU, indices out of range name the
    nearest slice.
    """

def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sums of products over the last axis of both."""

def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of each matrix; a singular one raises LinAlgError."""

def is_complex(input: Tensor) -> _bool:
    """Whether the elements are complex."""

def is_conj(input: Tensor) -> _bool:
    """False: nothing is conjugate lazily here."""

def is_floating_point(input: Tensor) -> _bool:
    """Whether the elements are floats."""

def is_neg(input: Tensor) -> _bool:
    """False: nothing is negative lazily here."""

def is_nonzero(input: Tensor) -> _bool:
    """Whether the one element is not zero."""

def is_same_size(input: Tensor, other: Tensor) -> _bool:
    """Whether both have the same shape."""

def is_signed(input: Tensor) -> _bool:
    """Whether the element type has negative numbers."""

def isclose(input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
    """Which elements are equal or nearer than atol + rtol * |other|."""

def isfinite(input: Tensor) -> Tensor:
    """Which elements are neither infinite nor NaN."""

@overload
def isin(elements: Tensor, test_elements: Tensor, *, assume_unique: _bool = False, invert: _bool = False, out: Tensor | None = None) -> Tensor:
    """Which elements are among the tests."""
@overload
def isin(elements: Tensor, test_element: _Number, *, assume_unique: _bool = False, invert: _bool = False, out: Tensor | None = None) -> Tensor: ...
@overload
def isin(element: _Number, test_elements: Tensor, *, assume_unique: _bool = False, invert: _bool = False, out: Tensor | None = None) -> Tensor: ...

def isinf(input: Tensor) -> Tensor:
    """Which elements are infinite, of either sign."""

def isnan(input: Tensor) -> Tensor:
    """Which elements are NaN."""

def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Which elements are minus infinity."""

def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Which elements are infinite."""

def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part is 0."""

def istft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, normalized: _bool = False, onesided: _bool | None = None, length: _int | None = None, return_complex: _bool = False) -> Tensor:
    """What undoes stft, where its windows leave no holes."""

def kaiser_window(window_length: _int, periodic: _bool = True, beta: _float = 12.0, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: Any = None, requires_grad: _bool = False) -> Tensor:
    """Kaiser's window."""

def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Every product of an element of the one and one of the other, in blocks."""

def kthvalue(input: Tensor, k: _int, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The k-th smallest along an axis, counted from 1, and where it was."""

def layer_norm(input: Tensor, normalized_shape: _Ints, weight: Tensor | None = None, bias: Tensor | None = None, eps: _float = 1e-05) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, of the sizes normalized_shape; times weight,
    plus bias.
    """

def lcm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The least common multiple of integers, not negative."""

def lcm_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The least common multiple of integers, not negative."""

def ldexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """input * 2 ** other."""

def ldexp_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. input * 2 ** other."""

def le(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is not above other; false for NaN."""

def le_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is not above other; false for NaN."""

def lerp(input: Tensor, end: Tensor, weight: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input + weight * (end - input); of one element type."""

def lerp_(input: Tensor, end: Tensor, weight: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input + weight * (end - input); of one element type."""

def less(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as lt."""

def less_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as lt."""

def less_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as le."""

def less_equal_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as le."""

def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the size of the gamma function."""

def lgamma_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The logarithm of the size of the gamma function."""

def linspace(start: _Number, end: _Number, steps: _int, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """So many numbers from start to end, both included, equally far apart."""

def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The natural logarithm."""

def log_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The natural logarithm."""

def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 10."""

def log10_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The logarithm to base 10."""

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 + x), accurate near 0."""

def log1p_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. log(1 + x), accurate near 0."""

def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 2."""

def log2_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The logarithm to base 2."""

@overload
def log_softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of softmax along an axis, computed without its quotient."""
@overload
def log_softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

def logaddexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(exp(input) + exp(other)), computed without overflow."""

def logaddexp2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log2(2 ** input + 2 ** other), computed without overflow."""

def logcumsumexp(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the running sum of exp(x) along an axis."""

def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN of a negative one."""

def logical_and(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether neither is 0."""

def logical_and_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. Whether neither is 0."""

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is 0."""

def logical_not_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. Whether an element is 0."""

def logical_or(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether one of the two is not 0."""

def logical_or_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. Whether one of the two is not 0."""

def logical_xor(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether just one of the two is not 0."""

def logical_xor_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. Whether just one of the two is not 0."""

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and 1 where eps is None."""

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """Writes its result into the tensor. log(x / (1 - x)), of x between eps and 1 - eps; NaN beyond 0 and
    1 where eps is None.
    """

def logspace(start: _Number, end: _Number, steps: _int, base: _float = 10.0, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """So many powers of the base, with exponents from start to end, both included, equally far apart."""

def logsumexp(input: Tensor, dim: _Ints, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the sum of exp(x) over axes; integers give the default float."""

def lt(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is below other."""

def lt_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is below other."""

def lu(input: Tensor, pivot: _bool = True, get_infos: _bool = False, *, out: Sequence[Tensor] | None = None) -> _LU_pivots_info:
    """Both factors of LU in one matrix and the exchanges of rows; with get_infos also what LAPACK says."""

def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The solution of A X = input for the A of which these are the factors."""

def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: _bool = True, unpack_pivots: _bool = True, *, out: Sequence[Tensor] | None = None) -> _P_L_U:
    """The permutation and the factors that lu_factor packs; empty where they are not asked for."""

def masked_fill(input: Tensor, mask: Tensor, value: Tensor | _Number) -> Tensor:
    """The input with one number wherever the mask holds."""

def masked_fill_(input: Tensor, mask: Tensor, value: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The input with one number wherever the mask holds."""

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The input with the elements of source, one after the other, where the mask holds."""

def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Writes its result into the tensor. The input with the elements of source, one after the other, where
    the mask holds.
    """

def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements where the mask holds, in row-major order. Their number is read."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of vectors, matrices or batches of matrices, whose batch axes are broadcast; one element
    type.
    """

def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of each matrix."""

def matrix_power(input: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of each matrix; of its inverse where n is negative."""

@overload
def max(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest of all elements; along an axis, with its position, which alone has a gradient; or of
    each pair.
    """
@overload
def max(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices: ...
@overload
def max(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

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

@overload
def max_pool3d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, return_indices: Literal[False] = False) -> Tensor:
    """The largest of each window of (N, C, D, H, W) or (C, D, H, W); the first of several has the
    gradient. With return_indices also its place, counted row by row.
    """
@overload
def max_pool3d(input: Tensor, kernel_size: _Ints, stride: _Ints | None = None, padding: _Ints = [0], dilation: _Ints = [1], ceil_mode: _bool = False, *, return_indices: Literal[True]) -> tuple[Tensor, ...]: ...

def maximum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger of each pair; NaN where either is. Where equal, each has half of the gradient."""

def mean(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The mean over axes, all by default; refuses integers unless dtype is a float."""

@overload
def median(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The median, of an even number of elements the lower one; NaN where there is one. Of all elements,
    whose equals share the gradient; or along an axis, with its position, which alone has it.
    """
@overload
def median(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices: ...

@overload
def meshgrid(tensors: Sequence[Tensor], *, indexing: _str | None = None) -> tuple[Tensor, ...]:
    """Views of lists repeated along the axes of the others: coordinates of a grid."""
@overload
def meshgrid(*tensors: Tensor, indexing: _str | None = None) -> tuple[Tensor, ...]: ...

@overload
def min(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest of all elements; along an axis, with its position, which alone has a gradient; or of
    each pair.
    """
@overload
def min(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices: ...
@overload
def min(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def minimum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller of each pair; NaN where either is. Where equal, each has half of the gradient."""

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices of one element type."""

def mode(input: Tensor, dim: _int = -1, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The most frequent along an axis, of equally frequent ones the smallest, and the last place where it
    stands.
    """

def moveaxis(input: Tensor, source: _Ints, destination: _Ints) -> Tensor:
    """A view with some axes at other places, and the rest in order."""

def movedim(input: Tensor, source: _Ints, destination: _Ints) -> Tensor:
    """A view with some axes at other places, and the rest in order."""

def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements along the first axis in order."""

def mul(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input * other, broadcast and promoted as in torch."""

def mul_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input * other, broadcast and promoted as in torch."""

def multinomial(input: Tensor, num_samples: _int, replacement: _bool = False, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """Places along the last axis, drawn by the weights in the input."""

def multiply(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as mul."""

def multiply_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as mul."""

def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of a matrix and a vector."""

def mvlgamma(input: Tensor, p: _int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the gamma function of p dimensions."""

def mvlgamma_(input: Tensor, p: _int) -> Tensor:
    """Writes its result into the tensor. The logarithm of the gamma function of p dimensions."""

def nan_to_num(input: Tensor, nan: _Number | None = None, posinf: _Number | None = None, neginf: _Number | None = None, *, out: Tensor | None = None) -> Tensor:
    """Numbers for NaN, 0 by default, and for infinities, the type's largest and smallest by default."""

def nan_to_num_(input: Tensor, nan: _Number | None = None, posinf: _Number | None = None, neginf: _Number | None = None) -> Tensor:
    """Writes its result into the tensor. Numbers for NaN, 0 by default, and for infinities, the type's
    largest and smallest by default.
    """

def nanmean(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The mean of what is not NaN over axes, all by default."""

@overload
def nanmedian(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The median of the elements that are not NaN; as median otherwise."""
@overload
def nanmedian(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices: ...

@overload
def nanquantile(input: Tensor, q: Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear", out: Tensor | None = None) -> Tensor:
    """As quantile, of the elements that are not NaN."""
@overload
def nanquantile(input: Tensor, q: _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear", out: Tensor | None = None) -> Tensor: ...

def nansum(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The sum of what is not NaN over axes, all by default."""

def narrow(input: Tensor, dim: _int, start: _int, length: _int) -> Tensor:
    """A view of a window on one axis."""

def narrow_copy(input: Tensor, dim: _int, start: _int, length: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy of a window on one axis."""

def native_channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """The same as channel_shuffle."""

def ne(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Whether input is not other."""

def ne_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. Whether input is not other."""

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x; refuses truth values."""

def neg_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. -x; refuses truth values."""

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as neg."""

def negative_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The same as neg."""

def nextafter(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The number beside input towards other."""

def nextafter_(input: Tensor, other: Tensor) -> Tensor:
    """Writes its result into the tensor. The number beside input towards other."""

@overload
def nonzero(input: Tensor, *, as_tuple: Literal[False] = False, out: Tensor | None = None) -> Tensor:
    """The places of the elements that are not zero: a row for each, or with as_tuple a list for each axis.
    Their number is read.
    """
@overload
def nonzero(input: Tensor, *, as_tuple: Literal[True], out: Tensor | None = None) -> tuple[Tensor, ...]: ...

def nonzero_static(input: Tensor, *, size: _int, fill_value: _int = -1, out: Tensor | None = None) -> Tensor:
    """The places of the first so many elements that are not zero, a row for each; fill_value where there
    are fewer.
    """

@overload
def norm(input: Tensor, p: _Number | None = 2, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The p-norm over axes, all by default; p is a number, 'fro' or 'nuc'. Its gradient at 0 is 0."""
@overload
def norm(input: Tensor, p: _str, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor: ...

@overload
def normal(mean: Tensor, std: Tensor, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """Normal numbers of the given means and standard deviations."""
@overload
def normal(mean: Tensor, std: _float = 1.0, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor: ...
@overload
def normal(mean: _float, std: Tensor, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor: ...
@overload
def normal(mean: _float, std: _float, size: _Ints, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def not_equal(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """The same as ne."""

def not_equal_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. The same as ne."""

def numel(input: Tensor) -> _int:
    """The number of elements."""

@overload
def ones(size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Ones."""
@overload
def ones(*size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def ones_like(input: Tensor, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """Ones in the shape, type and place of the input."""

def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first columns of the product of the reflections that geqrf gives."""

def ormqr(input: Tensor, input2: Tensor, input3: Tensor, left: _bool = True, transpose: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The product of the reflections that geqrf gives and input3, from the left or the right."""

def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """All products of elements of two vectors."""

def pairwise_distance(x1: Tensor, x2: Tensor, p: _float = 2.0, eps: _float = 1e-06, keepdim: _bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last axis."""

def pdist(input: Tensor, p: _float = 2.0) -> Tensor:
    """The p-norms of the differences of each pair of rows, once."""

@overload
def permute(input: Tensor, dims: Sequence[_int]) -> Tensor:
    """A view with the axes in another order."""
@overload
def permute(input: Tensor, *dims: _int) -> Tensor: ...

def permute_copy(input: Tensor, dims: _Ints, *, out: Tensor | None = None) -> Tensor:
    """A copy with the axes in another order."""

def pinverse(input: Tensor, rcond: _float = 1e-15) -> Tensor:
    """The Moore-Penrose inverse; singular values up to rcond times the largest count as 0."""

def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
    """Channels `[.., C * r * r, H, W]` as pixels `[.., C, H * r, W * r]`."""

def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
    """Pixels `[.., C, H * r, W * r]` as channels `[.., C * r * r, H, W]`."""

def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of events at the rates in the input."""

def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex numbers of these sizes and angles, in single precision."""

@overload
def polygamma(n: _int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of digamma of order n. As a method it takes the order alone."""
@overload
def polygamma(input: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor: ...

@overload
def polygamma_(n: _int, input: Tensor) -> Tensor:
    """Writes its result into the tensor. The derivative of digamma of order n. As a method it takes the
    order alone.
    """
@overload
def polygamma_(input: Tensor, n: _int) -> Tensor: ...

def positive(input: Tensor) -> Tensor:
    """The input itself; refuses truth values."""

@overload
def pow(input: Tensor, exponent: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input to the power of exponent; refuses integers to negative powers."""
@overload
def pow(input: _Number, exponent: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def pow_(input: Tensor, exponent: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input to the power of exponent; refuses integers to negative
    powers.
    """

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x above 0, else weight * x; one weight, or one for each channel of axis 1."""

def prod(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The product of all elements or along an axis; integers and truth values in int64."""

@overload
def quantile(input: Tensor, q: Tensor, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear", out: Tensor | None = None) -> Tensor:
    """The elements along an axis, or of all, below which the shares q of them lie; between two of them by
    the interpolation. NaN where there is one.
    """
@overload
def quantile(input: Tensor, q: _float, dim: _int | None = None, keepdim: _bool = False, *, interpolation: _str = "linear", out: Tensor | None = None) -> Tensor: ...

def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians as degrees."""

def rad2deg_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. Radians as degrees."""

@overload
def rand(size: Sequence[_int], *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Uniform numbers from [0, 1)."""
@overload
def rand(*size: _int, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
    """Uniform numbers from [0, 1) in the shape, type and place of the input."""

@overload
def randint(high: _int, size: _Ints, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Integers from [low, high), of type int64 where none is given."""
@overload
def randint(low: _int, high: _int, size: _Ints, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

@overload
def randint_like(input: Tensor, high: _int, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
    """Integers from [low, high) in the shape, type and place of the input."""
@overload
def randint_like(input: Tensor, low: _int, high: _int, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor: ...

@overload
def randn(size: Sequence[_int], *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1. Complex types are refused."""
@overload
def randn(*size: _int, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False) -> Tensor:
    """Normal numbers in the shape, type and place of the input."""

def randperm(n: _int, *, generator: Generator | None = None, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """0 to n - 1 in random order."""

def range(start: _Number, end: _Number, step: _Number = 1, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Numbers from start on, step apart, up to end itself: of the default float where no type is told."""

def ravel(input: Tensor) -> Tensor:
    """All axes as one: a view where there is one."""

def real(input: Tensor) -> Tensor:
    """The real part, as a copy; what is real as it is."""

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / x; integers give the default float."""

def reciprocal_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 1 / x; integers give the default float."""

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
def remainder(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input - other * floor(input / other): the sign of other."""
@overload
def remainder(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def remainder_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input - other * floor(input / other): the sign of other."""

def renorm(input: Tensor, p: _Number, dim: _int, maxnorm: _Number, *, out: Tensor | None = None) -> Tensor:
    """The slices along an axis, those whose p-norm is above maxnorm brought down to it."""

def renorm_(input: Tensor, p: _Number, dim: _int, maxnorm: _Number) -> Tensor:
    """Writes its result into the tensor. The slices along an axis, those whose p-norm is above maxnorm
    brought down to it.
    """

@overload
def repeat_interleave(input: Tensor, repeats: _int, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor:
    """Each element of an axis, or of all, so many times. How many there are of a tensor of counts is read."""
@overload
def repeat_interleave(input: Tensor, repeats: Tensor, dim: _int | None = None, *, output_size: _int | None = None) -> Tensor: ...

@overload
def reshape(input: Tensor, shape: Sequence[_int]) -> Tensor:
    """The same elements under another shape: a view where there is one, else a copy. One size may be -1."""
@overload
def reshape(input: Tensor, *shape: _int) -> Tensor: ...

def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Gives the tensor the sizes of another one, as resize_ does."""

def resolve_conj(input: Tensor) -> Tensor:
    """The tensor: nothing is conjugate lazily here."""

def resolve_neg(input: Tensor) -> Tensor:
    """The tensor: nothing is negative lazily here."""

@overload
def result_type(tensor: Tensor, other: Tensor) -> _dtype:
    """The element type of an operation on both, by torch's three categories."""
@overload
def result_type(scalar: _Number, tensor: Tensor) -> _dtype: ...
@overload
def result_type(tensor: Tensor, other: _Number) -> _dtype: ...
@overload
def result_type(scalar1: _Number, scalar2: _Number) -> _dtype: ...

def rms_norm(input: Tensor, normalized_shape: _Ints, weight: Tensor | None = None, eps: _float | None = None) -> Tensor:
    """x / sqrt(mean of squares + eps) over the last axes, of the sizes normalized_shape; times weight."""

def roll(input: Tensor, shifts: _Ints, dims: _Ints | None = None, *, out: Tensor | None = None) -> Tensor:
    """A copy with the elements moved along axes; those that fall off come in at the other end."""

def rot90(input: Tensor, k: _int = 1, dims: _Ints = [0,1]) -> Tensor:
    """Turned k times by a right angle, from the first axis towards the second."""

def round(input: Tensor, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
    """x to so many decimals, halves to the even neighbour; the gradient is 0."""

def round_(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """Writes its result into the tensor. x to so many decimals, halves to the even neighbour; the gradient
    is 0.
    """

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The same as vstack."""

@overload
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, inplace: _bool = False) -> Tensor:
    """x, or where it is negative x times a slope: drawn from a range for each in training, else the
    range's middle.
    """
@overload
def rrelu(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor: ...

def rrelu_(input: Tensor, lower: _float = 0.125, upper: _float = 0.3333333333333333, training: _bool = False, generator: Generator | None = None) -> Tensor:
    """rrelu, written into the input."""

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """One over the square root."""

def rsqrt_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. One over the square root."""

def rsub(input: Tensor, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """other - alpha * input."""

def scalar_tensor(s: _Number, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, requires_grad: _bool = False, pin_memory: _bool | None = False) -> Tensor:
    """A number as a tensor of rank 0, of the default float where no type is told."""

@overload
def scatter(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The input with each element of src, or a number, in the place that its index says along an axis; of
    repeated places one wins, or with reduce 'add' or 'multiply' they are folded.
    """
@overload
def scatter(input: Tensor, dim: _int, index: Tensor, value: _Number, *, out: Tensor | None = None) -> Tensor: ...
@overload
def scatter(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, reduce: _str, out: Tensor | None = None) -> Tensor: ...
@overload
def scatter(input: Tensor, dim: _int, index: Tensor, value: _Number, *, reduce: _str, out: Tensor | None = None) -> Tensor: ...

@overload
def scatter_(input: Tensor, dim: _int, index: Tensor, src: Tensor) -> Tensor:
    """Writes its result into the tensor. The input with each element of src, or a number, in the place
    that its index says along an axis; of repeated places one wins, or with reduce 'add' or 'multiply'
    they are folded.
    """
@overload
def scatter_(input: Tensor, dim: _int, index: Tensor, value: _Number) -> Tensor: ...
@overload
def scatter_(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, reduce: _str) -> Tensor: ...
@overload
def scatter_(input: Tensor, dim: _int, index: Tensor, value: _Number, *, reduce: _str) -> Tensor: ...

def scatter_add(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The input with each element of src added where its index says along an axis; repeated places add up."""

def scatter_add_(input: Tensor, dim: _int, index: Tensor, src: Tensor) -> Tensor:
    """Writes its result into the tensor. The input with each element of src added where its index says
    along an axis; repeated places add up.
    """

def scatter_reduce(input: Tensor, dim: _int, index: Tensor, src: Tensor, reduce: _str, *, include_self: _bool = True, out: Tensor | None = None) -> Tensor:
    """The sum, prod, mean, amax or amin of the elements of src whose index says so along an axis, and of
    the input's own.
    """

def scatter_reduce_(input: Tensor, dim: _int, index: Tensor, src: Tensor, reduce: _str, *, include_self: _bool = True) -> Tensor:
    """Writes its result into the tensor. The sum, prod, mean, amax or amin of the elements of src whose
    index says so along an axis, and of the input's own.
    """

def searchsorted(sorted_sequence: Tensor, input: Tensor | _Number, *, out_int32: _bool = False, right: _bool = False, side: _str | None = None, sorter: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    """How many elements of a sorted list, or of one list for each row, are below each value; with right,
    not above it.
    """

def select(input: Tensor, dim: _int, index: _int) -> Tensor:
    """A view of one element of an axis, without the axis."""

def select_copy(input: Tensor, dim: _int, index: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy of one element of an axis, without the axis."""

def select_scatter(input: Tensor, src: Tensor, dim: _int, index: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy of the input with src as one element of an axis."""

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

def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x over its absolute value, and 0 at 0."""

def sgn_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x over its absolute value, and 0 at 0."""

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + exp(-x))."""

def sigmoid_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. 1 / (1 + exp(-x))."""

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1 by the sign of x."""

def sign_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. -1, 0 or 1 by the sign of x."""

def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is below 0, or -0."""

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sine of x in radians."""

def sin_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The sine of x in radians."""

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""

def sinc_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. sin(pi x) / (pi x), 1 at 0."""

def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic sine."""

def sinh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The hyperbolic sine."""

def slice_copy(input: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """A copy of a range of an axis, as Python slices."""

def slice_scatter(input: Tensor, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1, *, out: Tensor | None = None) -> Tensor:
    """A copy of the input with src in a range of an axis."""

def slogdet(input: Tensor, *, out: Sequence[Tensor] | None = None) -> _sign_logabsdet:
    """The sign of the determinant, and the logarithm of its absolute value."""

@overload
def softmax(input: Tensor, dim: _int, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """exp(x) over its sum along an axis."""
@overload
def softmax(input: Tensor, dim: _int | None = None, _stacklevel: _int = 3, dtype: _DType | None = None, *, out: Tensor | None = None) -> Tensor: ...

@overload
def sort(input: Tensor, dim: _int = -1, descending: _bool = False, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The elements along an axis in order, and where each was. Equal ones keep their order, asked for or
    not; NaN is above all others.
    """
@overload
def sort(input: Tensor, *, stable: _bool | None, dim: _int = -1, descending: _bool = False, out: Sequence[Tensor] | None = None) -> _values_indices: ...

@overload
def split(input: Tensor, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of one length, the last perhaps shorter, or of the lengths given."""
@overload
def split(input: Tensor, split_size: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def split(input: Tensor, split_size_or_sections: _int, dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def split(input: Tensor, split_size_or_sections: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...

@overload
def split_copy(input: Tensor, split_size: _int, dim: _int = 0, *, out: Tensor | None = None) -> tuple[Tensor, ...]:
    """Copies of pieces of an axis."""
@overload
def split_copy(input: Tensor, split_size: _Ints, dim: _int = 0, *, out: Tensor | None = None) -> tuple[Tensor, ...]: ...

def split_with_sizes(input: Tensor, split_sizes: _Ints, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of pieces of an axis of the lengths given."""

def split_with_sizes_copy(input: Tensor, split_sizes: _Ints, dim: _int = 0, *, out: Tensor | None = None) -> tuple[Tensor, ...]:
    """Copies of pieces of an axis of the lengths given."""

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square root; NaN below 0."""

def sqrt_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The square root; NaN below 0."""

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x * x."""

def square_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x * x."""

@overload
def squeeze(input: Tensor) -> Tensor:
    """A view without the axes of size 1, or without those named that have size 1."""
@overload
def squeeze(input: Tensor, dim: _Ints) -> Tensor: ...

@overload
def squeeze_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy without the axes of size 1, or without those named that have size 1."""
@overload
def squeeze_copy(input: Tensor, dim: _Ints, *, out: Tensor | None = None) -> Tensor: ...

def stack(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along a new axis."""

@overload
def std(input: Tensor, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False, out: Tensor | None = None) -> Tensor:
    """The square root of the variance; its gradient at 0 is 0."""
@overload
def std(input: Tensor, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
@overload
def std(input: Tensor, unbiased: _bool, *, out: Tensor | None = None) -> Tensor: ...

@overload
def std_mean(input: Tensor, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False) -> tuple[Tensor, ...]:
    """The standard deviation over axes, and the mean."""
@overload
def std_mean(input: Tensor, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False) -> tuple[Tensor, ...]: ...
@overload
def std_mean(input: Tensor, unbiased: _bool) -> tuple[Tensor, ...]: ...

def stft(input: Tensor, n_fft: _int, hop_length: _int | None = None, win_length: _int | None = None, window: Tensor | None = None, center: _bool = True, pad_mode: _str = "reflect", normalized: _bool = False, onesided: _bool | None = None, return_complex: _bool | None = None, align_to_window: _bool | None = None) -> Tensor:
    """The transforms of what is seen through a window that moves along the last axis; in single precision."""

def sub(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """input - alpha * other, broadcast and promoted as in torch."""

def sub_(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. input - alpha * other, broadcast and promoted as in torch."""

def subtract(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1, out: Tensor | None = None) -> Tensor:
    """The same as sub."""

def subtract_(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = 1) -> Tensor:
    """Writes its result into the tensor. The same as sub."""

def sum(input: Tensor, dim: _Ints | None = None, keepdim: _bool = False, *, dtype: _DType | None = None, out: Tensor | None = None) -> Tensor:
    """The sum over axes, all by default; integers and truth values are counted in int64."""

def svd(input: Tensor, some: _bool = True, compute_uv: _bool = True, *, out: Sequence[Tensor] | None = None) -> _U_S_V:
    """U diag(S) V^T of the input, with falling S; of real matrices."""

@overload
def swapaxes(input: Tensor, axis0: _int, axis1: _int) -> Tensor:
    """A view with two axes exchanged."""
@overload
def swapaxes(input: Tensor, dim0: _int, dim1: _int) -> Tensor: ...

def swapdims(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """A view with two axes exchanged."""

def t(input: Tensor) -> Tensor:
    """A view of a matrix with its axes exchanged."""

def t_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of a matrix with its axes exchanged."""

def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements that indices name among all of them, in row-major order."""

def take_along_dim(input: Tensor, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """Along an axis, the element that each index names, both broadcast to each other; without an axis, of
    all elements.
    """

def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The tangent of x in radians."""

def tan_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The tangent of x in radians."""

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent."""

def tanh_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. The hyperbolic tangent."""

@overload
def tensor_split(input: Tensor, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of so many pieces of an axis, the first ones perhaps longer by one; or of the pieces that end
    at places.
    """
@overload
def tensor_split(input: Tensor, indices: _Ints, dim: _int = 0) -> tuple[Tensor, ...]: ...
@overload
def tensor_split(input: Tensor, tensor_indices_or_sections: Tensor, dim: _int = 0) -> tuple[Tensor, ...]: ...

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

@overload
def tile(input: Tensor, dims: Sequence[_int]) -> Tensor:
    """Repeated along each axis, the last ones first."""
@overload
def tile(input: Tensor, *dims: _int) -> Tensor: ...

def topk(input: Tensor, k: _int, dim: _int = -1, largest: _bool = True, sorted: _bool = True, *, out: Sequence[Tensor] | None = None) -> _values_indices:
    """The k largest or smallest along an axis, in order, and where they were; of equal ones the first."""

def trace(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the diagonal of a matrix."""

def transpose(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """A view with two axes exchanged."""

def transpose_copy(input: Tensor, dim0: _int, dim1: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy with two axes exchanged."""

@overload
def trapezoid(y: Tensor, x: Tensor, *, dim: _int = -1) -> Tensor:
    """The area under a curve of which points are known, along an axis."""
@overload
def trapezoid(y: Tensor, *, dx: _Number = 1, dim: _int = -1) -> Tensor: ...

@overload
def trapz(y: Tensor, x: Tensor, *, dim: _int = -1) -> Tensor:
    """The same as trapezoid."""
@overload
def trapz(y: Tensor, *, dx: _Number = 1, dim: _int = -1) -> Tensor: ...

def triangular_solve(input: Tensor, A: Tensor, upper: _bool = True, transpose: _bool = False, unitriangular: _bool = False, *, out: Sequence[Tensor] | None = None) -> _solution_cloned_coefficient:
    """The solution of A X = input for triangular A, and A."""

def tril(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The matrices with zeros above a diagonal."""

def tril_(input: Tensor, diagonal: _int = 0) -> Tensor:
    """Writes its result into the tensor. The matrices with zeros above a diagonal."""

def tril_indices(row: _int, col: _int, offset: _int = 0, *, dtype: _DType | None = None, device: _Device | None = None) -> Tensor:
    """The places of the lower triangle of a matrix, a row of rows and a row of columns."""

def triu(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The matrices with zeros below a diagonal."""

def triu_(input: Tensor, diagonal: _int = 0) -> Tensor:
    """Writes its result into the tensor. The matrices with zeros below a diagonal."""

def triu_indices(row: _int, col: _int, offset: _int = 0, *, dtype: _DType | None = None, device: _Device | None = None) -> Tensor:
    """The places of the upper triangle of a matrix, a row of rows and a row of columns."""

def true_divide(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input / other."""

def true_divide_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input / other."""

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x without its fraction; the gradient is 0."""

def trunc_(input: Tensor) -> Tensor:
    """Writes its result into the tensor. x without its fraction; the gradient is 0."""

def unbind(input: Tensor, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of every element of an axis."""

def unbind_copy(input: Tensor, dim: _int = 0, *, out: Tensor | None = None) -> tuple[Tensor, ...]:
    """Copies of every element of an axis."""

def unflatten(input: Tensor, dim: _int, sizes: _Ints) -> Tensor:
    """One axis as several; one size may be -1."""

def unfold_copy(input: Tensor, dimension: _int, size: _int, step: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy of all windows of that size along an axis."""

def unique(input: Tensor, sorted: _bool = True, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Tensor:
    """The distinct elements, or slices along dim, sorted; with their place for each element and how often
    each is there. Their number is read.
    """

def unique_consecutive(input: Tensor, return_inverse: _bool = False, return_counts: _bool = False, dim: _int | None = None) -> Tensor:
    """The elements, or slices along dim, without those that equal the one before; otherwise as unique."""

def unravel_index(indices: Tensor, shape: _Ints) -> tuple[Tensor, ...]:
    """The coordinates along each axis of places in row-major order."""

def unsafe_chunk(input: Tensor, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """The same as chunk."""

def unsafe_split(input: Tensor, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """The same as split by a length."""

def unsafe_split_with_sizes(input: Tensor, split_sizes: _Ints, dim: _int = 0) -> tuple[Tensor, ...]:
    """The same as split_with_sizes."""

def unsqueeze(input: Tensor, dim: _int) -> Tensor:
    """A view with a new axis of size 1."""

def unsqueeze_copy(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """A copy with a new axis of size 1."""

def vander(x: Tensor, N: _int | None = None, increasing: _bool = False) -> Tensor:
    """The powers of the elements, falling or rising, as columns."""

@overload
def var(input: Tensor, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False, out: Tensor | None = None) -> Tensor:
    """The variance over axes, all by default; the divisor is the count less correction."""
@overload
def var(input: Tensor, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
@overload
def var(input: Tensor, unbiased: _bool, *, out: Tensor | None = None) -> Tensor: ...

@overload
def var_mean(input: Tensor, dim: _Ints | None = None, *, correction: _Number | None = None, keepdim: _bool = False) -> tuple[Tensor, ...]:
    """The variance over axes, and the mean."""
@overload
def var_mean(input: Tensor, dim: _Ints | None, unbiased: _bool = True, keepdim: _bool = False) -> tuple[Tensor, ...]: ...
@overload
def var_mean(input: Tensor, unbiased: _bool) -> tuple[Tensor, ...]: ...

def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products of two vectors."""

def view_as_complex(input: Tensor) -> Tensor:
    """Complex numbers of the pairs along the last axis; a copy, where torch gives a view."""

def view_as_real(input: Tensor) -> Tensor:
    """Real and imaginary parts along a new last axis; a copy, where torch gives a view."""

@overload
def view_copy(input: Tensor, size: _Ints, *, out: Tensor | None = None) -> Tensor:
    """A copy of the same elements under another shape."""
@overload
def view_copy(input: Tensor, dtype: _DType, *, out: Tensor | None = None) -> Tensor: ...

@overload
def vsplit(input: Tensor, sections: _int) -> tuple[Tensor, ...]:
    """Views of pieces below each other: of the first axis."""
@overload
def vsplit(input: Tensor, indices: _Ints) -> tuple[Tensor, ...]: ...

def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors below each other; a list is a row."""

@overload
def where(condition: Tensor, input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input where the condition holds, else other; the three are broadcast, and the latter two promoted.
    Of a condition alone, its places as nonzero gives them with as_tuple.
    """
@overload
def where(condition: Tensor, *, out: Tensor | None = None) -> tuple[Tensor, ...]: ...

@overload
def xlogy(input: Tensor, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """input * log(other), 0 where input is 0 and other a number."""
@overload
def xlogy(input: _Number, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...

def xlogy_(input: Tensor, other: Tensor | _Number) -> Tensor:
    """Writes its result into the tensor. input * log(other), 0 where input is 0 and other a number."""

@overload
def zeros(size: Sequence[_int], *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """Zeros."""
@overload
def zeros(*size: _int, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, out: Tensor | None = None) -> Tensor: ...

def zeros_like(input: Tensor, *, dtype: _DType | None = None, layout: Any = None, device: _Device | None = None, pin_memory: _bool | None = False, requires_grad: _bool = False, memory_format: Any = None) -> Tensor:
    """Zeros in the shape, type and place of the input."""

__all__ = [
    "CompiledFunction",
    "Exported",
    "Generator",
    "Tensor",
    "abs",
    "abs_",
    "absolute",
    "absolute_",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "add",
    "add_",
    "addbmm",
    "addbmm_",
    "addcdiv",
    "addcdiv_",
    "addcmul",
    "addcmul_",
    "addmm",
    "addmm_",
    "addmv",
    "addmv_",
    "addr",
    "addr_",
    "adjoint",
    "affine_grid_generator",
    "alias_copy",
    "all",
    "allclose",
    "alpha_dropout",
    "alpha_dropout_",
    "amax",
    "amin",
    "aminmax",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan2_",
    "arctan_",
    "arctanh",
    "arctanh_",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_strided",
    "as_strided_",
    "as_strided_copy",
    "as_strided_scatter",
    "as_tensor",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan2",
    "atan2_",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "avg_pool1d",
    "baddbmm",
    "baddbmm_",
    "bartlett_window",
    "bernoulli",
    "bfloat16",
    "bilinear",
    "bincount",
    "binomial",
    "bitwise_and",
    "bitwise_and_",
    "bitwise_left_shift",
    "bitwise_left_shift_",
    "bitwise_not",
    "bitwise_not_",
    "bitwise_or",
    "bitwise_or_",
    "bitwise_right_shift",
    "bitwise_right_shift_",
    "bitwise_xor",
    "bitwise_xor_",
    "blackman_window",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "ceil",
    "ceil_",
    "celu",
    "celu_",
    "cfloat",
    "chain_matmul",
    "channel_shuffle",
    "channels_last",
    "channels_last_3d",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "complex",
    "complex64",
    "concat",
    "concatenate",
    "conj",
    "conj_physical",
    "conj_physical_",
    "constant_pad_nd",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "copysign_",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cross",
    "ctc_loss",
    "cummax",
    "cummin",
    "cumprod",
    "cumprod_",
    "cumsum",
    "cumsum_",
    "cumulative_trapezoid",
    "default_generator",
    "deg2rad",
    "deg2rad_",
    "det",
    "detach",
    "detach_copy",
    "device",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_copy",
    "diagonal_scatter",
    "diff",
    "digamma",
    "digamma_",
    "dist",
    "div",
    "div_",
    "divide",
    "divide_",
    "dot",
    "double",
    "dropout",
    "dropout_",
    "dsplit",
    "dstack",
    "dtype",
    "einsum",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eq",
    "eq_",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "erfinv_",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expand_copy",
    "expm1",
    "expm1_",
    "eye",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "fill",
    "fix",
    "fix_",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_",
    "floor_divide",
    "floor_divide_",
    "fmax",
    "fmin",
    "fmod",
    "fmod_",
    "frac",
    "frac_",
    "frexp",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "ge_",
    "geqrf",
    "ger",
    "get_default_device",
    "get_default_dtype",
    "get_device",
    "get_num_threads",
    "get_rng_state",
    "gradient",
    "greater",
    "greater_",
    "greater_equal",
    "greater_equal_",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
    "group_norm",
    "gt",
    "gt_",
    "half",
    "hamming_window",
    "hann_window",
    "hardshrink",
    "hash_tensor",
    "heaviside",
    "heaviside_",
    "histc",
    "histogram",
    "histogramdd",
    "hsplit",
    "hstack",
    "hypot",
    "hypot_",
    "i0",
    "i0_",
    "igamma",
    "igamma_",
    "igammac",
    "igammac_",
    "imag",
    "index_add",
    "index_add_",
    "index_copy",
    "index_copy_",
    "index_fill",
    "index_fill_",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_reduce_",
    "index_select",
    "initial_seed",
    "inner",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "inverse",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_grad_enabled",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "istft",
    "kaiser_window",
    "kron",
    "kthvalue",
    "layer_norm",
    "layout",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "le_",
    "lerp",
    "lerp_",
    "less",
    "less_",
    "less_equal",
    "less_equal_",
    "lgamma",
    "lgamma_",
    "linspace",
    "log",
    "log10",
    "log10_",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log_",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_and_",
    "logical_not",
    "logical_not_",
    "logical_or",
    "logical_or_",
    "logical_xor",
    "logical_xor_",
    "logit",
    "logit_",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "lt_",
    "lu",
    "lu_solve",
    "lu_unpack",
    "manual_seed",
    "masked_fill",
    "masked_fill_",
    "masked_scatter",
    "masked_scatter_",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "memory_format",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "mul_",
    "multinomial",
    "multiply",
    "multiply_",
    "mv",
    "mvlgamma",
    "mvlgamma_",
    "nan_to_num",
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "narrow_copy",
    "native_channel_shuffle",
    "ne",
    "ne_",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "nextafter",
    "nextafter_",
    "nonzero",
    "nonzero_static",
    "norm",
    "normal",
    "not_equal",
    "not_equal_",
    "numel",
    "ones",
    "ones_like",
    "orgqr",
    "ormqr",
    "outer",
    "pairwise_distance",
    "pdist",
    "permute",
    "permute_copy",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson",
    "polar",
    "polygamma",
    "polygamma_",
    "positive",
    "pow",
    "pow_",
    "prelu",
    "preserve_format",
    "prod",
    "promote_types",
    "quantile",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "range",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "remainder_",
    "renorm",
    "renorm_",
    "repeat_interleave",
    "reshape",
    "resize_as_",
    "resolve_conj",
    "resolve_neg",
    "result_type",
    "rms_norm",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rrelu",
    "rrelu_",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "scalar_tensor",
    "scatter",
    "scatter_",
    "scatter_add",
    "scatter_add_",
    "scatter_reduce",
    "scatter_reduce_",
    "searchsorted",
    "seed",
    "select",
    "select_copy",
    "select_scatter",
    "selu",
    "selu_",
    "set_default_device",
    "set_default_dtype",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "sgn_",
    "short",
    "sigmoid",
    "sigmoid_",
    "sign",
    "sign_",
    "signbit",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "slice_copy",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "split",
    "split_copy",
    "split_with_sizes",
    "split_with_sizes_copy",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "squeeze_copy",
    "stack",
    "std",
    "std_mean",
    "stft",
    "strided",
    "sub",
    "sub_",
    "subtract",
    "subtract_",
    "sum",
    "svd",
    "swapaxes",
    "swapdims",
    "t",
    "t_copy",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "tensor",
    "tensor_split",
    "threshold",
    "threshold_",
    "tile",
    "to_dlpack",
    "topk",
    "trace",
    "transpose",
    "transpose_copy",
    "trapezoid",
    "trapz",
    "triangular_solve",
    "tril",
    "tril_",
    "tril_indices",
    "triu",
    "triu_",
    "triu_indices",
    "true_divide",
    "true_divide_",
    "trunc",
    "trunc_",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "unbind",
    "unbind_copy",
    "unflatten",
    "unfold_copy",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze",
    "unsqueeze_copy",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "view_as_complex",
    "view_as_real",
    "view_copy",
    "vsplit",
    "vstack",
    "where",
    "xlogy",
    "xlogy_",
    "zeros",
    "zeros_like",
]
