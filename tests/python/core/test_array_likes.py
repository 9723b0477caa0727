"""Holds tests of `asarray`, and of `einsum` by lists of axes: against torch's."""

import numpy
import pytest
from comparison import assert_alike

import flashlight as fl


@pytest.mark.parametrize("options", [{}, {"copy": True}, {"requires_grad": True}])
def test_what_holds_numbers_becomes_a_tensor(options):
    def program(library):
        tensor = library.arange(3.0)
        other = (library.ones(2, requires_grad=True) * 2) if options.get("copy") is None else tensor
        sources = [[1.0, 2.0], numpy.arange(3.0), tensor, other]
        made = [library.asarray(source, **options) for source in sources]
        made[2].detach()[0] = 7
        return made, tensor, library.asarray([1, 2], dtype=library.float32)

    assert_alike(program)


def test_copies_are_refused_where_none_may_be_made():
    def program(library):
        refused = []
        for source, options in (([1.0], {}), (library.ones(2), {"dtype": library.int64})):
            try:
                library.asarray(source, copy=False, **options)
            except ValueError:
                refused.append(True)
        return refused, library.asarray(library.ones(2), copy=False)

    assert_alike(program)


def test_einsum_takes_lists_of_axes():
    def program(library):
        a, b = library.arange(6.0).reshape(2, 3), library.arange(12.0).reshape(3, 4)
        batch = library.arange(24.0).reshape(2, 3, 4)
        return (
            library.einsum(a, [0, 1], b, [1, 2], [0, 2]),
            library.einsum(a, [0, 51], b, [51, 30]),
            library.einsum(batch, [..., 0, 1], [..., 1, 0]),
            library.einsum(a, [1, 0], []),
            library.einsum("ij,jk", a, b),
        )

    assert_alike(program)


def test_einsum_refuses_what_names_no_axis():
    with pytest.raises(RuntimeError, match="52"):
        fl.einsum(fl.ones(2), [52])
    with pytest.raises(ValueError, match="subscripts list"):
        fl.einsum(fl.ones(2))
