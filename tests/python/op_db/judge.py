"""Holds the judgement of one entry on one sample: result, gradients, and the other ways to call the function."""

from __future__ import annotations

import contextlib
import random
import warnings

import numpy
import torch

import flashlight
from op_db import translation
from op_db.agreement import GRADIENT, MASKED, Disagreement, check_close, compare, masked, tensors
from op_db.scope import identifier

torch.set_num_threads(1)


def dtype_of(entry, wanted=None):
    """The element type to judge an entry with: float32 where it takes that, else int64, else bool, else any.

    Where another one is wanted, that one; None where the entry does not take it.
    """
    known = entry.supported_dtypes("cpu")
    if wanted is not None:
        return wanted if wanted in known else None
    preferred = [torch.float32, torch.int64, torch.bool, torch.complex64]
    return next((dtype for dtype in preferred if dtype in known), None) or sorted(known, key=str)[0]


def samples_of(entry, wanted=None):
    """The sample inputs that torch generates for an entry, always the same; of the wanted element type, if any."""
    seed()
    dtype = dtype_of(entry, wanted)
    if dtype is None:
        return []
    differentiable = entry.supports_autograd and (dtype.is_floating_point or dtype.is_complex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(entry.sample_inputs("cpu", dtype, requires_grad=differentiable))


def choice_of(entry, count, most=6):
    """The indices of a few of an entry's samples: the first, and others by chance, always the same."""
    others = random.Random(identifier(entry)).sample(range(1, max(count, 1)), min(most, count) - 1) if count else []
    return [0, *sorted(others)] if count else []


def seed():
    """Seeds every generator that a sample or a call may draw from."""
    random.seed(7)
    numpy.random.seed(7)
    torch.manual_seed(7)
    flashlight.manual_seed(7)


class Judge:
    """Judges one sample of an entry."""

    def __init__(self, entry, sample) -> None:
        self.entry, self.sample = entry, sample
        self.name = identifier(entry)
        self.inputs = [sample.input, *sample.args]

    def arguments(self, grad=True):
        """Fresh arguments for either library: positional and named, torch's and then ours."""
        theirs = copied((self.inputs, self.sample.kwargs), grad)
        return theirs, translation.Translator()(theirs)

    def called(self, op, arguments, **more):
        """The result of a call, seeded."""
        seed()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            positional, named = arguments
            return op(*positional, **named, **more)

    def own(self):
        """What of Flashlight's the entry judges."""
        op = self.entry.op
        if getattr(op, "__module__", None) and op.__module__.startswith("torch.testing"):
            return translation.function(op)
        if op is getattr(torch.Tensor, self.entry.name, None):
            return getattr(flashlight.Tensor, self.entry.name)
        return translation.named(self.entry.name.removeprefix("torch."))

    def exact(self, op):
        """Torch's result from float64 inputs; None where that cannot be had."""

        def wide(value):
            return mapped(value, lambda t: t.to(WIDER[t.dtype]) if t.dtype in WIDER else t)

        with contextlib.suppress(Exception):
            return self.called(op, wide(copied((self.inputs, self.sample.kwargs), False)))
        return None

    def forward(self, compiled=False) -> float:
        """Judges the result; gives the distance from torch's."""
        theirs, ours = self.arguments()
        expected, refusal = outcome(lambda: self.called(self.entry.op, theirs))
        op = self.own()
        if refusal:
            _, own = outcome(lambda: self.called(op, ours))
            if own is None:
                raise Disagreement(f"no error; torch raises {refusal!r}")
            return 0.0
        result = self.called(flashlight.compile(op) if compiled else op, ours)
        return compare(self.name, result, expected, self.inputs, lambda: self.exact(self.entry.op))

    def gradient(self) -> float | None:
        """Judges the gradients by every input; None where there is nothing to differentiate."""
        theirs, ours = self.arguments()
        process = self.sample.output_process_fn_grad
        leaves = [t for t in tensors(theirs) if t.requires_grad]
        if not leaves or not self.entry.supports_autograd:
            return None
        expected, refusal = outcome(lambda: derivatives(torch, process(self.called(self.entry.op, theirs)), leaves))
        if refusal or expected is None:
            return None
        leaves = [t for t in tensors(ours) if t.requires_grad]
        process = translation.function(process)
        found = derivatives(flashlight, process(self.called(self.own(), ours)), leaves)
        if found is None:
            raise Disagreement("no result requires a gradient")
        exact = []

        def reference(i):
            if not exact:
                wide = mapped(
                    copied((self.inputs, self.sample.kwargs)),
                    lambda t: t.detach().to(WIDER[t.dtype]).requires_grad_(t.requires_grad) if t.dtype in WIDER else t,
                )
                by = [t for t in tensors(wide) if t.requires_grad]
                process = self.sample.output_process_fn_grad
                result, _ = outcome(lambda: derivatives(torch, process(self.called(self.entry.op, wide)), by))
                exact.append(result)
            return exact[0][i] if exact[0] is not None else None

        largest = 0.0
        for i, (mine, other) in enumerate(zip(found, expected, strict=True)):
            place = f"gradient[{i}]"
            if other is None:
                if mine is not None and translation.result(mine).any():
                    raise Disagreement(f"{place}: not None")
                continue
            if mine is None:
                if other.any():
                    raise Disagreement(f"{place}: None")
                continue
            mine, other = translation.result(mine), other.detach().resolve_conj().resolve_neg()
            if mine.dtype != other.dtype or mine.shape != other.shape:
                raise Disagreement(f"{place}: {mine.dtype}{list(mine.shape)} x {other.dtype}{list(other.shape)}")
            if self.name in MASKED:
                other = masked(weights_of([mine])[0], mine, other)
            largest = max(largest, check_close(mine, other, GRADIENT, place, lambda i=i: reference(i)))
        return largest

    def variants(self):
        """Judges the other ways to call the function, each as a name and what is wrong with it, or None."""
        for name, judge in self.ways():
            try:
                judge()
            except Disagreement as difference:
                yield name, str(difference)
            except Exception as error:
                yield name, described(error)
            else:
                yield name, None

    def ways(self):
        """The ways to call the function besides the entry's own, with their judgements."""
        entry, first = self.entry, isinstance(self.sample.input, torch.Tensor)
        if entry.method_variant and first:
            yield "method", lambda: self.way(entry.method_variant)
        if entry.inplace_variant and first and not self.sample.broadcasts_input:
            yield "in-place", lambda: self.in_place(entry.inplace_variant)
        if entry.supports_out:
            yield "out", self.out
        for alias in entry.aliases:
            path = alias.name.removeprefix("torch.")
            yield path, lambda alias=alias, path=path: self.way(alias.op, translation.named(path))
            if alias.method_variant and first and "." not in path:
                yield f"method {path}", lambda alias=alias: self.way(alias.method_variant)
            if alias.inplace_variant and first and "." not in path and not self.sample.broadcasts_input:
                yield f"in-place {path}", lambda alias=alias: self.in_place(alias.inplace_variant)

    def way(self, op, own=None):
        """Judges the result of another callable of torch's."""
        theirs, ours = self.arguments(False)
        expected, refusal = outcome(lambda: self.called(op, theirs))
        own = own or translation.constant(op)
        if refusal:
            self.refused(own, ours, refusal)
        else:
            compare(self.name, self.called(own, ours), expected, self.inputs, lambda: self.exact(op))

    def refused(self, own, arguments, refusal):
        """Raises unless ours refuses too."""
        _, mine = outcome(lambda: self.called(own, arguments))
        if mine is None:
            raise Disagreement(f"no error; torch raises {refusal!r}")

    def in_place(self, op):
        """Judges a twin that writes into its first argument."""
        theirs, ours = self.arguments(False)
        expected, refusal = outcome(lambda: self.called(op, theirs))
        own = translation.constant(op)
        if refusal:
            self.refused(own, ours, refusal)
            return
        result = self.called(own, ours)
        if (result is ours[0][0]) != (expected is theirs[0][0]):
            raise Disagreement("the result is not what was written into")
        compare(self.name, ours[0][0], theirs[0][0], self.inputs, lambda: self.exact(op))

    def out(self):
        """Judges writing the results into given tensors, of the right shape and empty."""
        for empty in (False, True):
            theirs, ours = self.arguments(False)
            expected, refusal = outcome(lambda theirs=theirs: self.called(self.entry.op, theirs))
            if refusal or not tensors(expected):
                return
            shapes = [(0,) if empty else tuple(t.shape) for t in tensors(expected)]
            given = [torch.empty(s, dtype=t.dtype) for s, t in zip(shapes, tensors(expected), strict=True)]
            own = translation.Translator()(given)
            theirs, ours = self.arguments(False)
            single = isinstance(expected, torch.Tensor)
            pack = (lambda outs: outs[0]) if single else (type(expected) if type(expected) is list else tuple)
            expected, refusal = outcome(
                lambda theirs=theirs, given=given, pack=pack: self.called(self.entry.op, theirs, out=pack(given))
            )
            if refusal:  # torch's own limits of what it can write into
                continue
            result = self.called(self.own(), ours, out=pack(own))
            if expected is None and result is None:  # what is written is all that is given
                result, expected = pack(own), pack(given)
            if any(a is not b for a, b in zip(tensors(result), own, strict=True)):
                raise Disagreement("the result is not what was given as out")
            compare(self.name, result, expected, self.inputs, lambda: self.exact(self.entry.op))


WIDER = {torch.float32: torch.float64, torch.complex64: torch.complex128}


def mapped(value, change):
    """A value with each of its tensors changed; the same tensor stays the same tensor."""
    done = {}

    def visit(value):
        if isinstance(value, torch.Tensor):
            if id(value) not in done:
                done[id(value)] = change(value)
            return done[id(value)]
        if isinstance(value, torch.Size):
            return value
        if isinstance(value, dict):
            return {key: visit(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(visit, value))
        return value

    return visit(value)


def copied(value, grad=True):
    """A value with copies of its tensors, strides and place in the storage included."""

    def copy(tensor):
        plain = tensor.detach()
        plain = plain.clone() if tensor.is_conj() or tensor.is_neg() else translation.copied(plain)
        return plain.requires_grad_(grad and tensor.requires_grad)

    return mapped(value, copy)


def derivatives(package, result, leaves):
    """The gradients of the results, weighted; None where no result has one."""
    outputs = [t for t in tensors(result) if t.requires_grad]
    if not outputs:
        return None
    weights = weights_of(outputs)
    weights = weights if package is torch else [translation.tensor(weight) for weight in weights]
    return package.autograd.grad(outputs, leaves, weights, allow_unused=True)


def weights_of(outputs):
    """Cotangents for results of either library, torch's tensors: the same ones for the same shapes."""
    generator = torch.Generator().manual_seed(11)
    weights = []
    for output in outputs:
        dtype = getattr(torch, str(output.dtype).rpartition(".")[2])
        numbers = torch.rand(tuple(output.shape), generator=generator, dtype=torch.float64) + 0.5
        weights.append(numbers.to(dtype))
    return weights


def outcome(call):
    """What a call gives, or what it raises."""
    try:
        return call(), None
    except Exception as error:
        return None, error


def described(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:160]
