"""Holds the tests that every function of the table passes from its samples: against torch in every place where it is
found, values and first and second derivatives; and its graph against itself run at once, to the last bit. No function
is left out: one without a sample fails.
"""

import pytest
import torch
from conversion import as_flashlight, as_torch
from samples import SAMPLES, Constant, View

import flashlight as fl

ROWS = {row["name"]: row for row in fl._C._functions()}
CASES = [
    pytest.param(name, sample, id=f"{name}-{i}") for name in ROWS for i, sample in enumerate(SAMPLES.get(name, ()))
]
# Their elements are whatever memory holds.
UNDEFINED = {"empty", "empty_like", "new_empty", "empty_strided", "empty_permuted", "new_empty_strided"}
NAMESPACES = {
    "torch": lambda package: package,
    "functional": lambda package: package.nn.functional,
    "linalg": lambda package: package.linalg,
    "special": lambda package: package.special,
    "fft": lambda package: package.fft,
    "windows": lambda package: package.signal.windows,
}
EXCEPTIONS = {torch.linalg.LinAlgError: fl.linalg.LinAlgError}
# Torch gives a view, or what happens to be one inside it; here it is a copy.
COPIES = {"real", "imag", "view_as_real", "H", "mH", "adjoint"}
COPIES |= {"linalg_tensorinv", "linalg_matrix_norm", "linalg_norm", "svd", "fft_ihfft", "stft"}
ROUNDING = {torch.float16: 2e-3, torch.bfloat16: 2e-2}

pytestmark = pytest.mark.filterwarnings("ignore")


def made(package, argument, make):
    """An argument of a sample for a package; `make` turns each of its tensors into one of the package."""
    if isinstance(argument, torch.Tensor):
        return make(argument)
    if isinstance(argument, View):
        return argument.look(made(package, argument.base, make))
    if isinstance(argument, Constant):
        return make(argument.tensor, True)
    if isinstance(argument, (list, tuple)):
        return type(argument)(made(package, entry, make) for entry in argument)
    if isinstance(argument, (torch.dtype, torch.memory_format)):
        return getattr(package, str(argument).removeprefix("torch."))
    return argument


class Call:
    """A call of a function in one of its places, by either package."""

    def __init__(self, name, place, sample):
        self.name, self.place, self.sample = name, place, sample
        self.traced = False  # A program may not seed.
        self.writes = place == "in_place" or name.endswith("_")

    def function(self, package, first):
        """What is called, and whether the first argument is its receiver."""
        name = self.name + "_" * (self.place == "in_place")
        if self.place in NAMESPACES:
            # Of functions of one name that differ, those of a namespace carry it in front in the table.
            name = name.removeprefix(f"{self.place}_")
            return getattr(NAMESPACES[self.place](package), name), False
        if "method" in ROWS[self.name]["places"]:
            return getattr(first, name), True
        functional = package.nn.functional
        # Ours has each twin in place; torch spells some with an argument alone.
        if hasattr(functional, name):
            return getattr(functional, name), False
        return lambda *args, **kwargs: getattr(functional, self.name)(*args, **kwargs, inplace=True), False

    def run(self, package, make, **more):
        """The result; where the call writes, also what it wrote into, whose version is an answer too."""
        copied = (lambda tensor, *constant: make(tensor, *constant).clone()) if self.writes else make
        arguments = [
            made(package, argument, copied if i == 0 else make) for i, argument in enumerate(self.sample.arguments)
        ]
        named = {key: made(package, argument, make) for key, argument in self.sample.keywords.items()}
        named |= more
        if not self.traced:
            package.manual_seed(3)
        if self.place == "property":
            return getattr(arguments[0], self.name)
        function, bound = self.function(package, *arguments[:1] or [None])
        result = function(*arguments[bound:], **named)
        if self.writes:
            assert result is arguments[0]
            return result, result._version
        return result

    def with_leaves(self, package):
        """The result, and the arguments that it can be differentiated by."""
        leaves = []

        def make(tensor, constant=False):
            own = as_flashlight(tensor) if package is fl else tensor.clone()
            if tensor.is_floating_point() and not constant:
                leaves.append(own.requires_grad_())
            return own

        return self.run(package, make), leaves


def tensors(result):
    """The tensors of a result, however nested."""
    if isinstance(result, (list, tuple)):
        return [tensor for entry in result for tensor in tensors(entry)]
    return [result] if isinstance(result, (torch.Tensor, fl.Tensor)) else []


def weight(output):
    """A weight for each element of an output: the same ones in either package."""
    generator = torch.Generator().manual_seed(7)
    numbers = torch.rand(tuple(output.shape), generator=generator, dtype=torch.float64) + 0.5
    dtype = getattr(torch, str(output.dtype).rpartition(".")[2])
    return numbers.to(dtype) if isinstance(output, torch.Tensor) else as_flashlight(numbers.to(dtype))


def gradients(package, outputs, leaves, order):
    """The gradients of the weighted sum of the outputs; None for a leaf that none depends on."""
    outputs = [t for t in outputs if t.requires_grad and t.is_floating_point()]
    if not outputs or not leaves:
        return []
    weights = [weight(t) for t in outputs]
    return package.autograd.grad(outputs, leaves, weights, create_graph=order == 1, allow_unused=True)


def derivatives(package, result, leaves, twice):
    """The gradients, with zeros for those that do not lead further, and their gradients."""
    first = gradients(package, tensors(result), leaves, 1)
    second = gradients(package, [g for g in first if g is not None], leaves, 2) if twice else []
    second = second or [None] * len(leaves)
    return first, [package.zeros_like(x) if g is None else g for g, x in zip(second, leaves, strict=True)]


def copy(tensor, *_):
    """A tensor of torch for itself."""
    return tensor.clone()


def outcome(call, *arguments):
    """What a call answers, or the class of what it raises."""
    try:
        return call(*arguments), None
    except AttributeError as error:  # torch's functions in Python ask a number for a tensor's attributes
        return error, TypeError
    except Exception as error:
        return error, type(error)


def assert_same(ours, theirs, rounding, defined=True, strides=True):
    """Raises unless results agree: structure, shapes, element types, whether they differentiate, and values."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, fl.Tensor), ours
        assert str(ours.dtype).rpartition(".")[2] == str(theirs.dtype).rpartition(".")[2]
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert ours.requires_grad == theirs.requires_grad or not theirs.is_floating_point()
        if theirs._is_view() and strides:
            assert ours.stride() == theirs.stride()
        if defined:
            assert_close(ours, theirs, rounding)
    elif isinstance(theirs, torch.Size):
        assert type(ours) is fl.Size
        assert tuple(ours) == tuple(theirs)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        fields = [name for name in dir(theirs) if not name.startswith("_")] if hasattr(theirs, "n_fields") else []
        for name in set(fields) - {"count", "index", "n_fields", "n_sequence_fields", "n_unnamed_fields"}:
            assert any(getattr(ours, name) is entry for entry in ours)
        assert isinstance(ours, list) == isinstance(theirs, list)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other, rounding, defined, strides)
    elif isinstance(theirs, float):
        assert isinstance(ours, float)
        assert ours == pytest.approx(theirs, rel=rounding, abs=rounding, nan_ok=True)
    elif isinstance(theirs, (torch.dtype, torch.device)):
        assert str(ours).rpartition(".")[2] == str(theirs).rpartition(".")[2]
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs


def assert_close(ours, theirs, rounding):
    """Raises unless the elements, shapes and element types of tensors agree."""
    bound = 1e-7 if theirs.dtype == torch.float64 else max(rounding, ROUNDING.get(theirs.dtype, 0))
    torch.testing.assert_close(as_torch(ours), theirs.detach(), rtol=bound, atol=bound, equal_nan=True)


def assert_close_gradients(ours, theirs, rounding, what):
    """Raises unless gradients agree. None stands for zeros, which torch makes where a derivative leads nowhere."""
    if ours is None or theirs is None:
        assert ours is None or not as_torch(ours).any(), what
        assert theirs is None or not theirs.any(), what
    else:
        assert_close(ours, theirs, rounding)


def places(name, sample):
    """The places of a function in which the sample makes sense."""
    for place in ROWS[name]["places"]:
        receiver = place in {"method", "in_place", "property"}
        if place == "out" or (sample.places and place not in sample.places):
            continue
        if receiver and not isinstance(next(iter(sample.arguments), None), (torch.Tensor, View, Constant)):
            continue
        yield place


@pytest.mark.parametrize("name", ROWS)
def test_a_sample_succeeds_in_each_place(name):
    reached = set()
    for sample in SAMPLES[name]:
        for place in places(name, sample):
            _, refused = outcome(Call(name, place, sample).run, torch, copy)
            if not refused:
                reached.add(place)
    # There is no GPU that torch knows.
    assert reached == set(ROWS[name]["places"]) - {"out"} or name == "cuda"


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_values_and_derivatives_are_torchs(name, sample):
    for place in places(name, sample):
        call = Call(name, place, sample)
        theirs, refused = outcome(call.with_leaves, torch)
        if refused:
            ours, own = outcome(call.with_leaves, fl)
            # What torch has not written yet may work here.
            refused = EXCEPTIONS.get(refused, refused)
            allowed = {refused, None} if "not implemented" in str(theirs) else {refused}
            assert own in allowed, f"{place}: torch raises {theirs!r}, flashlight {ours!r}"
            continue
        ours = call.with_leaves(fl)
        assert_same(ours[0], theirs[0], 1e-5, name not in UNDEFINED, name not in COPIES)
        rounding = max([1e-4, *(ROUNDING.get(leaf.dtype, 0) for leaf in theirs[1])])
        # Second derivatives of halves are mostly rounding.
        twice = sample.twice and rounding == 1e-4
        theirs, refused = outcome(derivatives, torch, *theirs, twice)
        if refused:
            continue
        ours = derivatives(fl, *ours, twice)
        for order, (mine, other) in enumerate(zip(ours, theirs, strict=True), 1):
            for i, (a, b) in enumerate(zip(mine, other, strict=True)):
                assert_close_gradients(a, b, rounding, f"{place}: derivative {order} by leaf {i}")


@pytest.mark.parametrize(("name", "sample"), [case for case in CASES if "out" in ROWS[case.values[0]]["places"]])
def test_a_result_is_written_into_out(name, sample):
    place = "torch" if "torch" in ROWS[name]["places"] else next(p for p in ROWS[name]["places"] if p in NAMESPACES)

    def make(package):
        return (lambda tensor, *_: as_flashlight(tensor)) if package is fl else copy

    def written(package, like, empty):
        outs = [
            package.empty(
                (0,) if empty else tuple(t.shape), dtype=getattr(package, str(t.dtype).removeprefix("torch."))
            )
            for t in like
        ]
        result = Call(name, place, sample).run(package, make(package), out=outs[0] if len(outs) == 1 else tuple(outs))
        for returned, out in zip(tensors(result), outs, strict=True):
            assert returned is out
        return outs

    result, refused = outcome(Call(name, place, sample).run, torch, make(torch))
    if refused or not tensors(result):
        return
    for empty in (True, False):
        theirs, refused = outcome(written, torch, tensors(result), empty)
        if not refused:
            assert_same(written(fl, tensors(result), empty), theirs, 1e-5, name not in UNDEFINED)


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_a_graph_computes_and_differentiates_the_same_bits(name, sample):
    place = next(iter(places(name, sample)))
    call = Call(name, place, sample)
    inputs = []

    def make(tensor, constant=False):
        inputs.append(as_flashlight(tensor))
        return inputs[-1].requires_grad_() if tensor.is_floating_point() and not constant else inputs[-1]

    eager, refused = outcome(call.run, fl, make)
    outputs = tensors(eager)
    if refused or not outputs:
        return
    leaves = [i for i, tensor in enumerate(inputs) if tensor.requires_grad]
    expected = gradients(fl, outputs, [inputs[i] for i in leaves], 0)
    weights = [weight(t) for t in outputs if t.is_floating_point() or t.is_complex()]

    def program(*traced):
        traced = iter(traced)
        return tensors(call.run(fl, lambda *_: next(traced)))

    plain = [tensor.detach() for tensor in inputs]
    call.traced = True
    fl.manual_seed(3)
    traced, refused = outcome(fl._C._trace, program, plain, leaves if expected else [], weights)
    if refused and "not known" in str(traced):
        return  # The function looks at elements, which a graph does not have.
    assert refused is None, traced
    _, values, cotangents = traced
    assert [bits(t) for t in values] == [bits(t) for t in outputs]
    for i, mine, graph in zip(leaves, expected, cotangents, strict=False):
        mine = fl.zeros_like(plain[i]) if mine is None else mine
        assert bits(graph) == bits(mine), f"gradient of input {i}: {graph} x {mine}"


def bits(tensor):
    """The element type, the shape and the elements' bytes."""
    numbers = tensor.detach()
    numbers = numbers.float() if tensor.dtype == fl.bfloat16 else numbers
    return tensor.dtype, tuple(tensor.shape), numbers.numpy().tobytes()
