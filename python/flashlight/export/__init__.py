"""Holds `flashlight.export`: programs without Python, in files; what `torch.export` is called with works too.

The module can be called: `flashlight.export(model, inputs)` is `flashlight.export.export(model, inputs)`. Recording,
files and running are the core's; arguments and results are taken apart and put together here.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flashlight import _C
from flashlight._C import Tensor
from flashlight.export._dynamic import Dim, places, resized, sizes_to_record
from flashlight.export._structure import PortNames, gather, rebuild, take_apart

__all__ = ["Dim", "ExportedProgram", "export", "load", "save"]


class ExportedProgram:
    """A program that needs none of the Python it was recorded from: `torch.export.ExportedProgram`, callable.

    Called as the model was, with tensors of the same dtypes and shapes, it gives what the model gave; on the CPU the
    same bits. What it writes (statistics, in training steps parameters and the optimizer's state) is its own: the model
    it came from is not touched.

    Differs from torch: gradients through it are refused.
    """

    def __init__(self, program: _C.Exported) -> None:
        self._program = program
        self._manifest: dict[str, Any] = json.loads(program.manifest())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it once.

        Raises:
            TypeError, ValueError: arguments other than those it was exported with: another structure, dtype, shape, or
                another value where it was no tensor.
            NotImplementedError: an input requires a gradient.
        """
        inputs: list[Any] = [None] * len(self._manifest["inputs"])
        gather(self._manifest["arguments"], args, "arguments", inputs)
        gather(self._manifest["keywords"], kwargs, "keyword arguments", inputs)
        return rebuild(self._manifest["result"], self._program.run(inputs))

    def module(self) -> ExportedProgram:
        """Itself: torch's programs are called through this."""
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it into a file, with its states as they are now.

        Raises:
            OSError: the file cannot be written.
        """
        self._program.save(os.fspath(path))

    @property
    def example_inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it was exported with: positional arguments, and those by name."""
        tensors = self._program.sample()
        return rebuild(self._manifest["arguments"], tensors), rebuild(self._manifest["keywords"], tensors)

    @property
    def inputs(self) -> list[tuple[str, str, tuple[int | str, ...]]]:
        """Name, dtype and shape of each input tensor; sizes that callers choose as text."""
        return _ports(self._manifest["inputs"])

    @property
    def outputs(self) -> list[tuple[str, str, tuple[int | str, ...]]]:
        """Name, dtype and shape of each output tensor."""
        return _ports(self._manifest["outputs"])

    @property
    def graph(self) -> str:
        """The recorded program as text (docs/ir.md)."""
        return self._program.graph(False)

    @property
    def optimised_graph(self) -> str:
        """The program that runs here, as text."""
        return self._program.graph(True)

    def check(self) -> dict[str, float]:
        """Runs it on the inputs that it was exported with, changing no state, and compares.

        Returns:
            For each output the largest difference from what it gave then.

        Raises:
            RuntimeError: an output is further away than the file's tolerance allows.
        """
        results = self._program.check()
        wrong = [f"{name} by {largest:g}" for name, _, largest, fits in results if not fits]
        if wrong:
            raise RuntimeError(
                f"the exported program does not give what it gave when it was exported: {', '.join(wrong)}"
            )
        return {name: largest for name, _, largest, _ in results}

    # ---- states --------------------------------------------------------------------------------------------------

    def _states(self, *kinds: str) -> Iterator[tuple[str, Tensor]]:
        aliases = {state["name"]: state.get("aliases", []) for state in self._manifest["states"]}
        for name, kind, tensor in self._program.states():
            if kind in kinds:
                yield name, tensor
                yield from ((alias, tensor) for alias in aliases[name])

    def states(self) -> dict[str, Tensor]:
        """Everything that runs read besides their inputs, by name; copies.

        Parameters, buffers, the optimizer's tensors (`weight.exp_avg`), gradients that steps add to (`weight.grad`),
        generators and constants.
        """
        return {name: tensor for name, _, tensor in self._program.states()}

    def state_dict(self) -> dict[str, Tensor]:
        """Parameters and buffers under the names of the model's `state_dict`, which can be loaded into one. Copies."""
        return dict(self._states("parameter", "buffer"))

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Takes over states by name, those of `state_dict` or of `states`; where one does not fit, none.

        Raises:
            ValueError: a name that is no state's, or a tensor of another dtype or shape.
        """
        self._program.set_states([(name, tensor.detach()) for name, tensor in state_dict.items()])

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters with their names. Copies."""
        return ((name, tensor) for name, kind, tensor in self._program.states() if kind == "parameter")

    def parameters(self) -> Iterator[Tensor]:
        """Parameters. Copies."""
        return (tensor for _, tensor in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Buffers with their names. Copies."""
        return ((name, tensor) for name, kind, tensor in self._program.states() if kind == "buffer")

    def buffers(self) -> Iterator[Tensor]:
        """Buffers. Copies."""
        return (tensor for _, tensor in self.named_buffers())

    def __repr__(self) -> str:
        def listed(ports: list[dict[str, Any]]) -> str:
            return ", ".join(f"{port['name']}: {port['dtype']}{port['shape']}" for port in ports)

        states = self._manifest["states"]
        written = sum(state["written"] for state in states)
        return (
            f"ExportedProgram({listed(self._manifest['inputs'])} -> {listed(self._manifest['outputs'])}; "
            f"{len(states)} states, {written} of them written)"
        )


def _ports(ports: list[dict[str, Any]]) -> list[tuple[str, str, tuple[int | str, ...]]]:
    return [(port["name"], port["dtype"], tuple(port["shape"])) for port in ports]


def export(
    mod: Callable[..., Any],
    args: tuple[Any, ...] | Tensor,
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    strict: bool = False,
) -> ExportedProgram:
    """Records what a module, a function or a whole training step does: `torch.export.export`.

    It is called with the example inputs, once or twice; everything that it changes meanwhile is put back. Parameters,
    buffers and all other tensors that it reads become the program's own states, named as in `state_dict`.

    A training step (forward, loss, backward, `optimizer.step()`) is exported after its first call, which makes the
    optimizer's state; the program then goes on from the parameters, moments, statistics and random state as they are.

    Args:
        mod: what is called; modules in the mode that they are in.
        args: its positional arguments: tensors in nested tuples, lists and dictionaries. Numbers, text, truth values
            and None among them are part of the program. One tensor stands for `(tensor,)`.
        kwargs: its arguments by name.
        dynamic_shapes: where callers choose a size: `{"x": {0: "batch"}}`; a `Dim` gives it limits. One size, in as
            many places as it stands; the program is recorded at three sizes to find how it depends on it.
        strict: torch's name is taken; it changes nothing.

    Raises:
        NotImplementedError: a function that writes into its inputs; several sizes, or one on which more depends than
            other sizes.
        RuntimeError: it decides on elements of tensors, keeps tensors beyond the call, or makes an optimizer's state.
        TypeError: an argument or result that is neither a tensor nor one of the above.
    """
    if not callable(mod):
        raise TypeError(f"torch.export: takes a module or a function, not {type(mod).__name__}")
    if isinstance(args, Tensor):
        args = (args,)
    if not isinstance(args, tuple):
        raise TypeError(
            f"torch.export: Expecting `args` to be a tuple of example positional inputs, got {type(args).__name__}"
        )
    kwargs = dict(kwargs or {})
    names = PortNames()
    tensors: list[Tensor] = []
    positional = [(path, take_apart(value, path, tensors, names)) for path, value in _argument_paths(mod, args)]
    keywords = [(key, take_apart(value, key, tensors, names)) for key, value in kwargs.items()]
    structures = {"tuple": [structure for _, structure in positional]}, {"dict": keywords}
    chosen = places(dynamic_shapes, [*positional, *keywords], tensors)
    sizes, size = [0], None
    if chosen is not None:
        sizes = sizes_to_record(tensors[chosen.axes[0][0]].shape[chosen.axes[0][1]], chosen.size)
        size = (chosen.size.name, sizes, chosen.size.min, chosen.size.max)

    def copied(n: int) -> list[Tensor]:
        # Of their own, so that nothing else is meant by them.
        others = tensors if chosen is None else resized(tensors, chosen.axes, n)
        return [
            other.detach().clone().requires_grad_(tensor.requires_grad)
            for other, tensor in zip(others, tensors, strict=True)
        ]

    copies = [copied(n) for n in sizes]

    def run(place: int) -> tuple[list[Tensor], list[str], str]:
        own_args, own_kwargs = (rebuild(structure, copies[place]) for structure in structures)
        outputs: list[Tensor] = []
        output_names = PortNames()
        result = take_apart(mod(*own_args, **own_kwargs), "output", outputs, output_names, results=True)
        return outputs, output_names.listed, json.dumps(result)

    name = getattr(mod, "__name__", type(mod).__name__)
    arguments, by_name = map(json.dumps, structures)
    return ExportedProgram(_C._export(name, run, copies, names.listed, arguments, by_name, size))


def _argument_paths(mod: Callable[..., Any], args: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Positional arguments with what the function calls them."""
    # A module's `__call__` takes anything; its `forward` says what.
    function = getattr(mod, "forward", mod)
    called = []
    try:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                break
            called.append(parameter.name)
    except (TypeError, ValueError):
        pass
    for place, value in enumerate(args):
        yield called[place] if place < len(called) else f"args.{place}", value


def save(ep: ExportedProgram, f: str | os.PathLike[str]) -> None:
    """Writes a program into a file: `torch.export.save`."""
    ep.save(f)


def load(f: str | os.PathLike[str], *, device: Any = "cpu", numerics: str = "exact") -> ExportedProgram:
    """Reads a program from a file: `torch.export.load`.

    Args:
        f: the file.
        device: where it runs; its states are put there.
        numerics: how far the program may be optimised: "exact" keeps the bits of the recorded program, "reassoc" may
            round otherwise, "fast" may treat infinities otherwise, "none" runs it as it was recorded.

    Raises:
        OSError: the file cannot be read.
        RuntimeError: it is no exported program, one of another version, or a damaged one. Nothing of it was run.
    """
    return ExportedProgram(_C._load_exported(os.fspath(f), _C.device(device), numerics))


class _Callable(types.ModuleType):
    """A module that is called as its function `export`."""

    @functools.wraps(export)
    def __call__(self, *args: Any, **kwargs: Any) -> ExportedProgram:
        return export(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
