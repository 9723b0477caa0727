"""Holds tests of tensors as values of Python: making them of data, taking data out, operators, copies, properties."""

import copy
import math
import operator
import pickle
import warnings

import numpy
import pytest
import torch
from comparison import assert_alike, attempt, refuses

import flashlight as fl

ARRAYS = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
ARRAYS += ["float16", "float32", "float64", "complex64"]
DTYPES = [*ARRAYS, "bfloat16"]
INF, NAN = float("inf"), float("nan")

DATA = {
    "int": lambda t: 3,
    "negative": lambda t: -3,
    "large": lambda t: 2**63 - 1,
    "float": lambda t: 1.5,
    "nan": lambda t: NAN,
    "too large for float32": lambda t: 1e39,
    "bool": lambda t: True,
    "complex": lambda t: 1 + 2j,
    "list": lambda t: [1, 2, 3],
    "nested": lambda t: [[1, 2], [3, 4]],
    "deep": lambda t: [[[[[[1.0]]]]]],
    "tuple of lists": lambda t: ([1, 2.5], [3, 4]),
    "range": lambda t: range(4),
    "bools and ints": lambda t: [True, 2],
    "bools and floats": lambda t: [True, 2.5],
    "ints and complex": lambda t: [1, 2j],
    "empty": lambda t: [],
    "empty tuple": lambda t: (),
    "empties": lambda t: [[], []],
    "tensors of one element": lambda t: [t.tensor(1), t.tensor(2.5), 3],
    "tensor": lambda t: t.arange(3),
    "float64 tensor": lambda t: t.ones(2, dtype=t.float64),
    "tensor with a history": lambda t: t.ones(2, requires_grad=True) * 2,
    "numpy float64": lambda t: numpy.float64(1.5),
    "numpy float32": lambda t: numpy.float32(1.5),
    "numpy int16": lambda t: numpy.int16(7),
    "numpy bool": lambda t: numpy.bool_(True),
    "list of numpy scalars": lambda t: [numpy.float64(1), numpy.int32(2)],
    "list of numpy float32": lambda t: [numpy.float32(1), numpy.float32(2)],
    "list of arrays": lambda t: [numpy.ones(2), numpy.zeros(2)],
    "array": lambda t: numpy.arange(6.0).reshape(2, 3),
    "array of no axes": lambda t: numpy.array(2.5),
    "empty array": lambda t: numpy.zeros((0, 3), dtype="float32"),
    "transposed array": lambda t: numpy.arange(6).reshape(2, 3).T,
    "strided array": lambda t: numpy.arange(10)[1::3],
    "broadcast array": lambda t: numpy.broadcast_to(numpy.arange(3.0), (2, 3)),
    "fortran array": lambda t: numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    **{
        f"{name} array": lambda t, name=name: numpy.array([0, 1, 2]).astype(name)
        for name in [
            "bool",
            "uint8",
            "int8",
            "uint16",
            "int16",
            "uint32",
            "int32",
            "uint64",
            "int64",
            "float16",
            "float32",
            "float64",
            "complex64",
        ]
    },
}

WRONG = {
    "ragged": lambda t: [[1, 2], [3]],
    "number behind list": lambda t: [[1, 2], 3],
    "list behind number": lambda t: [1, [2, 3]],
    "text": lambda t: "a",
    "text in a list": lambda t: ["a"],
    "bytes": lambda t: b"ab",
    "none": lambda t: None,
    "none in a list": lambda t: [None],
    "dictionary": lambda t: {},
    "set": lambda t: {1, 2},
    "object": lambda t: object(),
    "beyond 64 bits": lambda t: 10**30,
    "beyond 64 bits in a list": lambda t: [2**63],
    "text array": lambda t: numpy.array(["a"]),
    "object array": lambda t: numpy.array([object()]),
    "date array": lambda t: numpy.array(["2020-01-01"], dtype="datetime64[D]"),
    "big-endian array": lambda t: numpy.array([1], dtype=">i4"),
    "class": lambda t: int,
}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_tensor_and_as_tensor_take_what_torch_takes(data):
    assert_alike(lambda library: (library.tensor(data(library)), library.as_tensor(data(library))))


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_data_is_converted(data):
    def program(library):
        made = data(library)
        # torch takes numpy's scalars for integers only where they are integers.
        if isinstance(made, numpy.floating | numpy.bool_):
            made = made.item()
        if isinstance(made, list) and made and isinstance(made[0], numpy.floating | library.Tensor):
            made = [x.item() if hasattr(x, "item") else x for x in made]
        names = ["float32", "float64", "int64", "int32", "bool"]
        if numpy.asarray(made.detach() if isinstance(made, library.Tensor) else made).dtype.kind == "c":
            names = ["complex64"]
        if isinstance(made, float) and (math.isnan(made) or made > 1e20):
            names = names[:2]
        if made == 2**63 - 1 and isinstance(made, int):
            names.remove("int32")
        return [library.tensor(made, dtype=getattr(library, name)) for name in names]

    assert_alike(program)


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_data_is_refused(data):
    def program(library):
        return refuses(library.tensor, data(library)), refuses(library.as_tensor, data(library))

    assert_alike(program)


def test_numbers_that_do_not_fit_the_type_are_refused():
    def program(library):
        def refused(x, dtype):
            error = attempt(library.tensor, x, dtype=getattr(library, dtype))
            return error[:1] if isinstance(error, list) else error

        cases = [
            (300, "uint8"),
            (-1, "uint8"),
            (-255, "uint8"),
            (-256, "uint8"),
            (128, "int8"),
            (2**31, "int32"),
            (INF, "int32"),
            (NAN, "int64"),
            (1e400, "float16"),
            (70000.0, "float16"),
            (1.9, "int32"),
            (-1.9, "int64"),
            (NAN, "bool"),
            (1j, "float32"),
            (1, "complex64"),
        ]
        return [refused(x, dtype) for x, dtype in cases]

    assert_alike(program)


def test_arguments_of_tensor():
    def program(library):
        return (
            library.tensor([1.0], requires_grad=True),
            library.tensor([1], dtype=float),
            library.tensor([1.5], dtype=int),
            library.tensor([1.5], dtype=bool),
            library.tensor([1], device="cpu"),
            library.tensor([1], device=library.device("cpu")),
            refuses(library.tensor, [1], requires_grad=True),
            refuses(library.tensor, [1], dtype="float"),
            refuses(library.tensor, [1], dtype=numpy.float32),
            refuses(library.tensor, [1], device="nowhere"),
            refuses(library.tensor, [1], device=[]),
            refuses(library.tensor),
            refuses(library.tensor, 1, 2),
            refuses(library.tensor, 1, nothing=2),
        )

    assert_alike(program)


def test_as_tensor_keeps_a_tensor():
    def program(library):
        x = library.ones(2, requires_grad=True)
        return (
            library.as_tensor(x) is x,
            library.as_tensor(x, dtype=library.float32) is x,
            library.as_tensor(x, dtype=library.float64).requires_grad,
            library.tensor(x).requires_grad,
        )

    assert_alike(program)


def test_from_numpy():
    def program(library):
        read_only = numpy.arange(3)
        read_only.flags.writeable = False
        return (
            library.from_numpy(numpy.arange(3.0)),
            library.from_numpy(numpy.arange(12).reshape(3, 4)[:, ::2]),
            library.from_numpy(numpy.array(3, dtype="int8")),
            library.from_numpy(numpy.zeros((2, 0))),
            library.from_numpy(read_only),
            refuses(library.from_numpy, [1]),
            refuses(library.from_numpy, numpy.float32(1)),
            refuses(library.from_numpy, numpy.array(["a"])),
            refuses(library.from_numpy, numpy.array([1], dtype=">f4")),
        )

    assert_alike(program)


def test_legacy_constructor():
    def program(library):
        made = library.Tensor
        return (
            made(2, 3).shape,
            made().shape,
            made(3).dtype,
            made([2, 3]),
            made((2, 1)),
            made([[1, 2], [3, 4]]),
            made(library.Size([2, 1])).shape,
            made(numpy.arange(3.0, dtype="float32")),
            made(range(3)),
            made(library.ones(2)),
            [refuses(made, x) for x in ("a", None, 1.5, True, -1, [[1], [1, 2]])],
            refuses(made, 2, [3]),
            refuses(made, 10**10, 10**10),
            refuses(made, dtype=library.int32),
        )

    assert_alike(program)


def test_data_out():
    def program(library):
        tensors = [
            library.arange(6).view(2, 3),
            library.tensor(2.5),
            library.zeros(0, 3),
            library.arange(6.0).view(2, 3).t(),
            library.tensor([True, False]),
            library.tensor([1 + 2j]),
            library.tensor([1.5], dtype=library.float16),
            library.tensor([255], dtype=library.uint8),
            library.tensor([2**62], dtype=library.int64),
        ]
        arrays = [t.numpy() for t in tensors]
        return (
            [t.tolist() for t in tensors],
            [[a.dtype.name, a.shape, a.tolist()] for a in arrays],
            [[a.dtype.name, a.shape, a.tolist()] for a in map(numpy.asarray, tensors)],
            numpy.asarray(tensors[0], dtype="float32").dtype.name,
            numpy.array([library.tensor(1.0), library.tensor(2.0)], dtype="float32").tolist(),
            numpy.add(tensors[0].numpy(), 1).tolist(),
            tensors[0].numpy().flags.writeable,
            library.ones(2, requires_grad=True).detach().numpy().tolist(),
            library.ones(2, requires_grad=True).numpy(force=True).tolist(),
            attempt(library.ones(2, requires_grad=True).numpy),
            refuses(numpy.asarray, library.ones(2, requires_grad=True)),
            attempt(library.ones(2, dtype=library.bfloat16).numpy),
        )

    assert_alike(program)


def test_an_array_and_its_tensor_do_not_share_memory():
    array = numpy.zeros(3)
    tensor = fl.from_numpy(array)
    array[0] = 5
    out = tensor.numpy()
    out[1] = 6
    assert tensor.tolist() == [0, 0, 0]


def conversions(library):
    return {
        "float": lambda x: float(x),
        "int": lambda x: int(x),
        "complex": lambda x: complex(x),
        "bool": lambda x: bool(x),
        "item": lambda x: x.item(),
        "tolist": lambda x: x.tolist(),
        "index": lambda x: operator.index(x),
        "list index": lambda x: list(range(10))[x],
        "range": lambda x: list(range(x)),
        "hex": lambda x: hex(x),
        "len": lambda x: len(x),
        "iter": lambda x: [y.tolist() for y in x],
        "format": lambda x: f"{x:.2f}",
        "plain format": lambda x: f"{x}",
        "floor": lambda x: math.floor(x),
        "contains": lambda x: 2 in x,
        "contains tensor": lambda x: library.tensor(2.0) in x,
        "contains none": lambda x: None in x,
        "contains text": lambda x: "a" in x,
        "reversed": lambda x: reversed(x),
        "not": lambda x: not x,
        "max": lambda x: max(x).item(),
        "sum": lambda x: sum(x),
        "sorted": lambda x: [y.item() for y in sorted(x)],
        "unpack": lambda x: [y.item() for y in (lambda *a: a)(*x)],
        "math": lambda x: math.sqrt(x),
        "hash": lambda x: hash(x) == hash(x),
    }


NUMBERS = {
    "float": lambda t: t.tensor(2.7),
    "int": lambda t: t.tensor(3),
    "bool": lambda t: t.tensor(True),
    "complex": lambda t: t.tensor(1 + 2j),
    "one": lambda t: t.tensor([4.0]),
    "one of ints": lambda t: t.tensor([[5]]),
    "several": lambda t: t.tensor([1.0, 2.0, 3.0]),
    "several ints": lambda t: t.tensor([3, 1, 2]),
    "none": lambda t: t.zeros(0),
    "infinite": lambda t: t.tensor(INF),
    "grid": lambda t: t.ones(2, 2),
    "needs a gradient": lambda t: t.tensor(2.0, requires_grad=True),
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_conversions_to_python(number):
    def program(library):
        results = {}
        for name, convert in conversions(library).items():
            x = number(library)
            refused = refuses(convert, x)
            results[name] = refused if refused else convert(x)
        results.pop("plain format")
        return results

    assert_alike(program)


OPERANDS = {
    "int": lambda t: 3,
    "negative": lambda t: -2,
    "float": lambda t: 2.5,
    "bool": lambda t: True,
    "complex": lambda t: 1 + 1j,
    "numpy float64": lambda t: numpy.float64(2.5),
    "numpy float32": lambda t: numpy.float32(2.5),
    "numpy int64": lambda t: numpy.int64(3),
    "number tensor": lambda t: t.tensor(2.0),
    "tensor": lambda t: t.tensor([1.0, 2.0, 3.0]),
    "int tensor": lambda t: t.tensor([1, 2, 3]),
    "none": lambda t: None,
    "text": lambda t: "a",
    "list": lambda t: [1, 2, 3],
    "dictionary": lambda t: {},
}

OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor"]
OPERATORS += ["eq", "ne", "lt", "le", "gt", "ge"]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("operand", OPERANDS.values(), ids=OPERANDS)
def test_operators_from_both_sides(operand, dtype):
    def program(library):
        results = {}
        for name in OPERATORS:
            if name == "pow" and dtype == "bool":
                continue
            apply = getattr(operator, name)
            x = library.tensor([1, 2, 3]).to(getattr(library, dtype))
            other = operand(library)
            # numpy puts its own answers to arrays first.
            sides = [(x, other)] if isinstance(other, numpy.generic) else [(x, other), (other, x)]
            results[name] = [refuses(apply, *pair) or apply(*pair) for pair in sides]
        return results

    assert_alike(program)


def test_reflected_operators_of_numpy_scalars():
    def program(library):
        x = library.tensor([1.0, 2.0])
        return numpy.float32(2) * x, numpy.float64(2) + x, numpy.int64(3) - x

    assert_alike(program)


def test_unary_operators():
    def program(library):
        tensors = [library.tensor([1.5, -2.0]), library.tensor([1, -2]), library.tensor([True, False])]
        operators = [operator.neg, operator.pos, operator.abs, operator.invert, reversed]
        return [[refuses(o, x) or o(x) for o in operators] for x in tensors]

    assert_alike(program)


def test_comparisons_with_none_and_text():
    def program(library):
        x = library.ones(2)
        return x == None, x != None, x == "a", x != "a", refuses(lambda: x < None), x is None  # noqa: E711

    assert_alike(program)


def test_pickles_and_copies_of_leaves():
    def program(library):
        x = library.arange(6.0).view(2, 3).clone().requires_grad_()
        x.note = ["kept"]
        x.sum().backward()
        again = pickle.loads(pickle.dumps(x))
        deep, shallow = copy.deepcopy(x), copy.copy(x)
        with library.no_grad():
            deep[0] = 9
        memo = copy.deepcopy([x, x])
        return (
            [again, again.note, type(again) is library.Tensor],
            [deep, deep.grad, deep.note, deep.note is x.note, deep.grad is x.grad],
            [shallow.requires_grad, shallow.note],
            memo[0] is memo[1],
            [pickle.loads(pickle.dumps(x.detach().t())), pickle.loads(pickle.dumps(library.zeros(0, 2)))],
            refuses(copy.deepcopy, x * 2),
            x,
        )

    assert_alike(program)


def test_pickles_of_every_type():
    def program(library):
        names = [name for name in DTYPES if library is fl or name not in ("uint16", "uint32", "uint64")]
        made = [library.ones(2, dtype=getattr(library, name)) for name in names]
        return {name: pickle.loads(pickle.dumps(x)).tolist() for name, x in zip(names, made, strict=True)}

    ours, theirs = program(fl), program(torch)
    assert ours == {**ours, **theirs}


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_parameters_and_small_objects(protocol):
    parameter = fl.nn.Parameter(fl.ones(2), requires_grad=False)
    for value in (parameter, fl.float32, fl.device("cpu"), fl.ones(2, 3).shape, fl.contiguous_format, fl.strided):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert type(again) is type(value)
        assert again == value if not isinstance(value, fl.Tensor) else again.tolist() == value.tolist()
    assert pickle.loads(pickle.dumps(parameter)).requires_grad is False
    assert copy.deepcopy(fl.float32) is fl.float32


def test_devices():
    def program(library):
        cpu = library.device("cpu")
        return (
            [str(cpu), repr(cpu), cpu.type, cpu.index],
            cpu == library.device("cpu"),
            cpu != "cpu",
            hash(cpu) == hash(library.device(cpu)),
            library.ones(1).device == cpu,
            library.ones(1).is_cpu,
            refuses(library.device, "nowhere"),
            refuses(library.device, 1.5),
            refuses(library.device),
            refuses(library.ones(1).to, "nowhere"),
            refuses(library.ones, 1, device="cpu:x"),
            library.ones(1).to("cpu"),
            library.ones(1).cpu(),
        )

    assert_alike(program)


def test_element_types():
    def program(library):
        results = []
        for name in DTYPES:
            dtype = getattr(library, name)
            facts = [str(dtype).rpartition(".")[2], dtype.is_floating_point, dtype.is_complex, dtype.is_signed]
            results.append([*facts, dtype.itemsize])
        return (
            results,
            library.float is library.float32,
            library.long is library.int64,
            library.ones(1).dtype is library.float32,
            library.float32 == library.float64,
            {library.float32: 1}[library.float],
            refuses(lambda: library.dtype()),
        )

    assert_alike(program)


def test_properties():
    def program(library):
        results = []
        for x in (library.zeros(2, 3, 4), library.zeros(3, 4).t()[1:], library.tensor(1.0), library.zeros(0, 3)):
            results.append(
                [
                    x.shape,
                    x.size(),
                    x.shape == tuple(x.size()),
                    x.ndim,
                    x.dim(),
                    x.numel(),
                    x.nelement(),
                    x.stride(),
                    x.storage_offset(),
                    x.is_contiguous(),
                    x.element_size(),
                    x.itemsize,
                    x.nbytes,
                    x.is_floating_point(),
                    x.is_complex(),
                    x.is_sparse,
                    x.is_cuda,
                    x.type(),
                    x.T.shape if x.ndim == 2 else None,
                    x.requires_grad,
                    x.is_leaf,
                    x.output_nr,
                    x.layout == library.strided,
                    x._version,
                    x.is_pinned(),
                ]
            )
        x = library.zeros(2, 3)
        return (
            results,
            x.size(0),
            x.size(-1),
            x.stride(0),
            refuses(x.size, 2),
            x.shape.numel(),
            isinstance(x.shape, tuple),
            x.shape[1:],
            str(x.shape).replace("flashlight", "torch"),
        )

    assert_alike(program)


def test_types_by_name_and_conversion_methods():
    def program(library):
        x = library.tensor([1.7, -2.2, 0.0])
        return (
            x.bfloat16().float(),
            [x.type(t) for t in ("torch.DoubleTensor", "torch.LongTensor", library.int32)],
            refuses(x.type, "nothing"),
            [getattr(x, n)() for n in ["double", "float", "half", "long", "int", "short", "char", "bool"]],
            x.to(library.int64),
            x.to(library.float64, copy=True),
            x.to(library.ones(1, dtype=library.int32)),
            x.to("cpu", library.float16),
            x.to(device="cpu", dtype=library.float16, non_blocking=True),
            x.to(library.float32) is x,
            x.to(library.float32, copy=True) is x,
            x.type_as(library.ones(1, dtype=library.int64)),
            refuses(x.to, "float32"),
        )

    assert_alike(program)


def test_memory_formats():
    def program(library):
        x = library.zeros(2, 3).t()
        return (
            x.clone(memory_format=library.contiguous_format).is_contiguous(),
            x.contiguous(memory_format=library.contiguous_format).is_contiguous(),
            x.is_contiguous(memory_format=library.contiguous_format),
            x.to(library.float64, memory_format=library.contiguous_format).is_contiguous(),
            library.zeros_like(x, memory_format=library.contiguous_format).is_contiguous(),
        )

    assert_alike(program)


def test_new_tensors_of_a_tensors_kind():
    def program(library):
        x = library.ones(2, dtype=library.float64)
        return (
            x.new_tensor([1, 2]),
            x.new_tensor([1.5], dtype=library.int32),
            x.new_zeros(2, 3),
            x.new_ones((1, 2), dtype=library.int64),
            x.new_full((2,), 3),
            x.new_empty(2, 0),
        )

    assert_alike(program)


def test_default_type_and_promotion():
    def program(library):
        library.set_default_dtype(library.float64)
        try:
            made = [library.tensor(1.0), library.ones(1), library.tensor([1]) / 2, library.Tensor([1])]
        finally:
            library.set_default_dtype(library.float32)
        return (
            made,
            library.get_default_dtype(),
            refuses(library.set_default_dtype, library.int64),
            library.promote_types(library.int32, library.float16),
            library.tensor(1) + 1.5,
            library.tensor([1], dtype=library.float16) * 2.5,
            library.tensor([1], dtype=library.float16) * library.tensor(2.5),
            library.tensor([1]) * library.tensor(2.5, dtype=library.float64),
            library.tensor([True]) + 1,
            library.tensor([1], dtype=library.uint8) + library.tensor([1], dtype=library.int8),
        )

    assert_alike(program)


def test_a_tensor_chooses_itself_where_a_condition_holds():
    def program(library):
        x = library.arange(4.0).requires_grad_()
        y = x.where(library.tensor([True, False, True, False]), -1.0)
        (y * y).sum().backward()
        return y, x.grad, library.tensor([1, 2]).where(library.tensor([False, True]), library.tensor(7))

    assert_alike(program)


@pytest.mark.parametrize("dtype", [fl.float32, fl.float64])
@pytest.mark.parametrize("size", [(4, 16), (32, 32)])
def test_results_do_not_depend_on_when_operands_were_there(size, dtype):
    """Few elements that are there are transposed and added at once, others by MLX, which leaves them in columns."""
    fl.manual_seed(0)
    there, factor = fl.randn(size, dtype=dtype), fl.randn(5, size[1], dtype=dtype)
    everything = fl.arange(size[0])
    functions = {
        "product": lambda w: factor @ w.T,
        "product of a sum": lambda w: factor @ (w.T + 1.0),
        "linear": lambda w: fl.nn.functional.linear(factor, w, w[:, 0]),
        "sum": lambda w: w.T.sum(1),
        "sum of a step": lambda w: w[:, ::2].sum(),
        "prod": lambda w: w.T.prod(0),
        "cumsum": lambda w: w.T.cumsum(1),
        "softmax": lambda w: w.T.softmax(0),
        "layer norm": lambda w: fl.nn.functional.layer_norm(w.T, (size[0],)),
        "var": lambda w: w.T.var(0),
        "inverse": lambda w: fl.linalg.pinv(w.T),
    }
    for name, function in functions.items():
        # What is gathered is still to be computed when the function is called.
        later = there.index_select(0, everything)
        assert function(later).numpy().tobytes() == function(there).numpy().tobytes(), name
