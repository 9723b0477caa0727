"""Holds tests of no_grad, enable_grad, set_grad_enabled and inference_mode, against torch's."""

import threading

import pytest
import torch

import flashlight as fl

LIBRARIES = (fl, torch)


def blocks(library):
    seen = []

    def note():
        seen.append(library.is_grad_enabled())

    with library.no_grad():
        note()
        with library.enable_grad():
            note()
            with library.inference_mode():
                note()
                seen.append(library.is_inference_mode_enabled())
                with library.inference_mode(False):
                    note()
            note()
        with library.set_grad_enabled(True):
            note()
        note()
    note()
    previous = library.set_grad_enabled(False)
    note()
    seen.append(previous.mode)
    library.set_grad_enabled(True)
    note()
    try:
        with library.no_grad():
            raise ValueError
    except ValueError:
        note()
    return seen


def decorators(library):
    seen = []

    @library.no_grad()
    def plain():
        return library.is_grad_enabled()

    @library.no_grad
    def bare():
        return library.is_grad_enabled()

    @library.set_grad_enabled(False)
    def switched():
        return library.is_grad_enabled()

    @library.inference_mode
    def inference():
        return library.is_grad_enabled()

    @library.no_grad()
    def recursive(depth):
        return [library.is_grad_enabled(), *(recursive(depth - 1) if depth else [])]

    @library.no_grad()
    def steps():
        received = yield library.is_grad_enabled()
        seen.append((received, library.is_grad_enabled()))
        try:
            yield 2
        except KeyError:
            seen.append(("thrown", library.is_grad_enabled()))
            yield 3
        return 4

    def delegate():
        seen.append((yield from steps()))

    seen += [plain(), bare(), switched(), inference(), recursive(2), library.is_grad_enabled()]
    generator = delegate()
    seen += [next(generator), library.is_grad_enabled(), generator.send("sent"), generator.throw(KeyError)]
    seen += [list(generator), library.is_grad_enabled(), plain.__name__]
    return seen


@pytest.mark.parametrize("scenario", [blocks, decorators])
def test_modes_switch_as_in_torch(scenario):
    ours, theirs = (scenario(library) for library in LIBRARIES)
    assert ours == theirs


def test_modes_belong_to_threads():
    seen = []
    with fl.no_grad():
        thread = threading.Thread(target=lambda: seen.append(fl.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_nothing_is_recorded_without_grad():
    x = fl.ones(2, requires_grad=True)
    with fl.no_grad():
        assert not (x * 2).requires_grad
    with fl.inference_mode():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_classes_are_not_decorated():
    with pytest.raises(TypeError, match="decorate its methods"):
        fl.no_grad()(int)
