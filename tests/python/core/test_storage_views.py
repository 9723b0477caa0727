"""Holds tests of views by sizes and strides, and of tensors whose shape is changed in place: against torch's."""

import pytest
from comparison import assert_alike

import flashlight as fl


def test_older_views_of_a_turned_tensor_stay_as_they_were():
    def program(library):
        x = library.arange(6.0).reshape(2, 3).clone()
        row = x[0]
        x.t_()
        x[0, 1] = 9
        row[1] = 7
        return x, row, x.stride(), x.shape, x[1], x._base is None

    assert_alike(program)


def test_gradients_run_through_changes_of_shape():
    def program(library):
        x = library.arange(6.0).reshape(2, 3).requires_grad_()
        y = x * 2
        y.t_()
        y.unsqueeze_(1)
        y.mul_(3)
        y.squeeze_(1)
        (y * library.arange(6.0).reshape(3, 2)).sum().backward()
        return y, x.grad, y.is_leaf

    assert_alike(program)


def test_a_view_whose_shape_changes_still_writes_into_its_base():
    def program(library):
        x = library.zeros(2, 3)
        y = x[:, 1:]
        y.transpose_(0, 1)
        y[0] = 5
        return x, y, y._base is x

    assert_alike(program)


def test_leaves_change_their_shape_only_unrecorded():
    def program(library):
        x = library.ones(2, 3, requires_grad=True)
        refused = False
        try:
            x.t_()
        except RuntimeError:
            refused = True
        with library.no_grad():
            x.t_()
        (x * library.arange(6.0).reshape(3, 2)).sum().backward()
        return refused, x.shape, x.is_leaf, x.grad

    assert_alike(program)


@pytest.mark.parametrize("layout", [((3, 2), (2, 1), 1), ((2, 2), (1, 3)), ((3,), (3,), 2)])
def test_writes_through_a_strided_view_reach_the_storage(layout):
    def program(library):
        x = library.arange(10.0)
        y = x[1:].as_strided(*layout)
        y.add_(100)
        return x, y, y.storage_offset(), y.stride()

    assert_alike(program)


def test_windows_are_views_with_gradients():
    def program(library):
        x = library.arange(8.0).requires_grad_()
        y = x * 1
        windows = y.unfold(0, 3, 2)
        y.mul_(2)
        (windows * library.arange(9.0).reshape(3, 3)).sum().backward()
        return windows, windows.stride(), x.grad, library.arange(12.0).reshape(3, 4).t().unfold(0, 2, 1).stride()

    assert_alike(program)


def test_windows_that_overlap_are_not_written():
    with pytest.raises(RuntimeError, match="single memory location"):
        fl.zeros(3).as_strided((2, 2), (0, 1)).add_(1)


def test_resizing_keeps_the_elements():
    def program(library):
        x = library.arange(6.0)
        x.resize_(2, 2)
        small = x.clone()
        x.resize_(2, 3)
        y = library.arange(3.0)
        y.resize_(2, 2)
        return small, x, y.flatten()[:3], y.shape

    assert_alike(program)


def test_changes_of_shape_compile():
    def step(x):
        y = x * 2
        y.t_()
        return y.as_strided((2, 2), (1, 2)).sum(), y

    x = fl.arange(6.0).reshape(2, 3)
    compiled = fl.compile(step)
    for _ in range(2):
        for ours, eager in zip(compiled(x), step(x), strict=True):
            assert fl.equal(ours, eager)
