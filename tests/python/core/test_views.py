"""Holds tests of views and writes in place: values, versions, histories and refusals are torch's."""

import pytest
from comparison import assert_alike, attempt, refuses

import flashlight as fl


def leaf(library, *shape):
    count = 1
    for size in shape:
        count *= size
    values = [0.25 * i - 1 for i in range(count)]
    return library.tensor(values).reshape(shape).clone().requires_grad_()


def facts(*tensors):
    """Everything that views have to agree on."""
    return [[t, t._version, t._base is None, t.stride(), t.storage_offset(), t.is_contiguous()] for t in tensors]


def test_a_write_is_seen_from_base_and_sibling_views():
    def program(library):
        w = leaf(library, 2, 3)
        x = w * 1
        a, b = x.view(-1), x[0]
        b.mul_(2)
        seen = facts(a, b, x)
        (a * library.arange(6.0)).sum().backward()
        return seen, a._base is x, b._base is x, w.grad

    assert_alike(program)


def test_a_write_without_a_history_counts_versions_too():
    def program(library):
        x = library.zeros(2, 3)
        a, b = x.view(-1), x[0]
        b.mul_(2)
        a.add_(1)
        b[1] = 5
        x.T[2].fill_(7)
        return facts(a, b, x, x.T)

    assert_alike(program)


VIEWS = {
    "select": lambda x: x[1],
    "slice": lambda x: x[:, 1:3],
    "step": lambda x: x[::2],
    "transpose": lambda x: x.t(),
    "view": lambda x: x.view(2, 8),
    "flatten": lambda x: x.flatten(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:1].squeeze(),
    "narrow": lambda x: x.narrow(0, 1, 2),
    "permute": lambda x: x.view(2, 2, 4).permute(2, 0, 1),
    "movedim": lambda x: x.view(2, 2, 4).movedim(0, 2),
    "view_as": lambda x: x.view_as(x),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "none": lambda x: x[None, :, None],
    "ellipsis": lambda x: x[..., -1],
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "select method": lambda x: x.select(1, 2),
    "view of view": lambda x: x[1:].t()[1:3].T[0],
    "alias": lambda x: x[:],
}

WRITES = {
    "mul_": lambda v: v.mul_(3),
    "add_": lambda v: v.add_(v * v),
    "copy_": lambda v: v.copy_(v.sum()),
    "fill_": lambda v: v.fill_(2.5),
    "zero_": lambda v: v.zero_(),
    "setitem": lambda v: v.__setitem__(0, 4.0),
    "setitem tensor": lambda v: v.__setitem__(Ellipsis, v.detach() * 2),
    "exp_": lambda v: v.exp_(),
    "relu_": lambda v: v.relu_(),
    "iadd": lambda v: v.__iadd__(1.5),
    "itruediv": lambda v: v.__itruediv__(2.0),
    "clamp_": lambda v: v.clamp_(-0.6, 0.6),
}


def written(library, view, write):
    w = leaf(library, 4, 4)
    x = w * 2
    v = view(x)
    before = v.sum()
    write(v)
    seen = facts(v, x)
    weight = library.linspace(-1, 1, 16).view(4, 4)
    loss = (x * weight).sum() + v.sum() + before
    if error := refuses(loss.backward):
        return error
    return seen, w.grad, v._base is x


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_writes_through_views_have_torchs_values_and_gradients(view):
    assert_alike(lambda library: {name: written(library, view, write) for name, write in WRITES.items()})


SEVERAL = {
    "chunk": lambda x: x.chunk(2)[1],
    "split": lambda x: x.split(3, dim=1)[0],
    "unbind": lambda x: x.unbind()[2],
    "iteration": lambda x: list(x)[1],
}


@pytest.mark.parametrize("several", SEVERAL.values(), ids=SEVERAL)
def test_one_of_several_views_can_be_written_where_torch_refuses(several):
    def program(library):
        w = leaf(library, 4, 4)
        x = w * 2
        # What torch accepts for the same elements.
        v = several(x) if library is fl else x.as_strided(*geometry)
        v.mul_(w.detach().sum())
        (x * library.arange(16.0).view(4, 4)).sum().backward()
        return w.grad, x, v

    probe = several(fl.zeros(4, 4))
    geometry = (tuple(probe.shape), probe.stride(), probe.storage_offset())
    assert_alike(program)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_writes_of_what_needs_a_gradient_into_what_does_not(view):
    def program(library):
        w = leaf(library, 1)
        x = library.ones(4, 4)
        v = view(x)
        v.mul_(w)
        seen = facts(v, x)
        (x * x).sum().backward()
        return seen, w.grad

    assert_alike(program)


def test_views_of_views_written_by_turns():
    def program(library):
        w = leaf(library, 3, 4)
        x = w * 1
        a = x[1:]
        b = a.t()
        c = b[2]
        c.add_(1)
        a.mul_(x[:2].clone())
        b[0] = b[1] * 3
        x.sub_(a.sum())
        c.mul_(c.clone())
        out = (x * library.arange(12.0).view(3, 4)).sum() + c.sum() + b.sum()
        out.backward()
        return facts(a, b, c, x), w.grad, c._base is x, out

    assert_alike(program)


def test_a_view_made_before_its_base_gets_a_history():
    def program(library):
        w = leaf(library, 2)
        x = library.zeros(2, 2)
        row, column = x[0], x[:, 1]
        x[1] = w * 3
        seen = [x.requires_grad, row.requires_grad, column.requires_grad]
        (column * 2).sum().backward()
        return seen, w.grad, row, column

    assert_alike(program)


def test_leaves_refuse_writes():
    def program(library):
        x = leaf(library, 2, 3)
        y = library.ones(3, requires_grad=True)
        refusals = [
            attempt(lambda: x.mul_(2)),
            attempt(lambda: x[0].mul_(2)),
            attempt(lambda: x.view(-1).zero_()),
            attempt(lambda: x.__setitem__(0, 1.0)),
            attempt(lambda: x.T[1].fill_(1)),
            attempt(lambda: x.copy_(library.zeros(2, 3))),
            attempt(lambda: x.__iadd__(1)),
            attempt(lambda: library.add(x, 1, out=x)),
            attempt(lambda: y.detach_().add_(1)),
        ]
        return refusals, x, x._version, y

    assert_alike(program)


def test_leaves_are_written_under_no_grad():
    def program(library):
        x = leaf(library, 2, 3)
        with library.no_grad():
            x.mul_(2)
            x[0].add_(1)
            x.view(-1)[3:] = 9
            inner = x[1]
        seen = facts(x)
        loss = (x * x).sum()
        loss.backward()
        return seen, x.grad, inner.detach(), refuses(lambda: inner.add_(1)), x.is_leaf

    assert_alike(program)


def test_a_write_under_no_grad_keeps_the_history_of_a_result():
    def program(library):
        w = leaf(library, 3)
        y = w * 3
        with library.no_grad():
            y.add_(10)
        y.sum().backward()
        return y, y._version, w.grad

    assert_alike(program)


@pytest.mark.parametrize("leafy", [True, False])
def test_views_made_under_no_grad_refuse_writes_that_are_recorded(leafy):
    def program(library):
        w = leaf(library, 3)
        y = w if leafy else w * 3
        z = library.zeros(3)
        with library.no_grad():
            v, u = y[:2], z[1:]
            first = refuses(lambda: v.add_(1))
        second = refuses(lambda: v.mul_(2))
        u.add_(1)
        third = refuses(lambda: u.mul_(w[:2]))
        y.sum().backward()
        return first, second, third, v._base is y, u._base is z, y, y._version, z, w.grad

    assert_alike(program)


def test_detach_shares_elements_and_version():
    def program(library):
        w = leaf(library, 2, 2)
        y = w * 1
        d = y.detach()
        d[0] = 5
        seen = facts(y, d)
        y.sum().backward()
        return seen, w.grad, d._base is None, d.is_leaf, d.requires_grad

    assert_alike(program)


def test_data_shares_elements_but_not_the_version():
    def program(library):
        w = leaf(library, 2, 2)
        y = w.exp()
        w.data.add_(1)
        d = y.data
        d[0].mul_(1)
        version = [w._version, y._version, d._version, y.data._version, y.detach()._version]
        y.sum().backward()
        return version, w.grad, w, d.requires_grad, d._base

    assert_alike(program)


def test_assigned_data_replaces_elements_and_shape():
    def program(library):
        w = leaf(library, 2, 2)
        w.data = library.ones(3)
        (w * 2).sum().backward()
        v = library.zeros(4)
        v.data = library.arange(6).view(2, 3)
        return w, w.grad, w._version, v, attempt(lambda: setattr(w, "data", 3))

    assert_alike(program)


def test_saved_tensors_that_were_written_are_refused():
    def program(library):
        w = leaf(library, 3)
        y = w.exp()
        z = y * y
        y.add_(1)
        first = attempt(lambda: z.sum().backward())[0]
        a = w.exp()
        a.mul_(2)
        second = attempt(lambda: a.sum().backward())[0]
        b = w * 2
        c = b * w
        b.detach().zero_()
        third = attempt(lambda: c.sum().backward())[0]
        d = w * 2
        e = d + 1
        d.zero_()
        e.sum().backward()
        return first, second, third, w.grad

    assert_alike(program)


def test_copies_into_slices_carry_gradients():
    def program(library):
        w, s = leaf(library, 4), leaf(library, 2, 2)
        x = library.zeros(2, 4)
        x[0].copy_(w)
        x[:, 1:3] = s * 2
        x[1, 3] = w[0]
        x[library.tensor([1, 0]), library.tensor([0, 3])] = s[0]
        x[x > 2] = w.sum()
        x[..., None][1] = 0.5
        (x * library.arange(8.0).view(2, 4)).sum().backward()
        return facts(x), w.grad, s.grad

    assert_alike(program)


def test_setitem_broadcasts_converts_and_refuses_as_torch_does():
    def program(library):
        x = library.zeros(2, 3)
        x[0] = library.tensor([1, 2, 3])
        x[:, 0] = True
        x[1] = library.tensor([[4.0, 5.0, 6.0]])
        i = library.zeros(3, dtype=library.int64)
        i[0] = 2.9
        i[1:] = library.tensor([7.9, -7.9])
        return (
            x,
            i,
            refuses(lambda: x.__setitem__(0, library.zeros(2))),
            attempt(lambda: x.__setitem__(5, 0.0)),
            refuses(lambda: x.__setitem__(0, "a")),
            refuses(lambda: x.__setitem__(slice(0, 1), None)),
            x,
            x._version,
        )

    assert_alike(program)


def test_an_expanded_tensor_refuses_writes():
    def program(library):
        x = library.ones(1, 3)
        wide = x.expand(4, 3)
        return attempt(lambda: wide.add_(1)), x, wide.stride(), attempt(lambda: x.expand(2, 4))

    assert_alike(program)


def test_overlapping_reads_and_writes_see_the_old_values():
    def program(library):
        x = library.arange(6.0)
        x[1:] = x[:-1].clone()
        x[:3].add_(x[3:])
        y = library.arange(4.0).view(2, 2)
        y.copy_(y.t().clone())
        return x, y

    assert_alike(program)


def test_reshape_is_a_view_where_torch_has_one():
    def program(library):
        x = library.arange(24.0).view(2, 3, 4)
        shapes = [(6, 4), (24,), (3, 8), (2, 12), (2, 3, 2, 2), (1, 24, 1)]
        sources = [x, x.transpose(0, 1), x[:, :, ::2], x[:, 1:], x.permute(2, 0, 1), x[:, :1]]
        seen = []
        for source in sources:
            for shape in shapes:
                made = attempt(lambda source=source, shape=shape: source.reshape(shape))
                viewed = attempt(lambda source=source, shape=shape: source.view(shape))
                seen.append([made, viewed])
                if not isinstance(made, list):
                    seen.append([made._base is x, made.stride(), made.storage_offset()])
        return seen

    assert_alike(program)


def test_base_of_views_of_views_is_the_owner():
    def program(library):
        x = library.zeros(4, 4)
        v = x[1:].t()[0].view(-1)
        c = x.contiguous()
        return v._base is x, x._base, c is x, x.t().contiguous()._base, x.clone()._base, x.view(16)[3]._base is x

    assert_alike(program)


def test_in_place_functions_return_the_tensor_itself():
    def program(library):
        x = library.ones(3)
        y = x
        y += 1
        y *= 2
        y -= 0.5
        y /= 2
        y **= 2
        y //= 1
        y %= 2
        return y is x, x.add_(1) is x, x, x._version

    assert_alike(program)


def test_in_place_results_must_fit_the_tensor():
    def program(library):
        i, x = library.ones(3, dtype=library.int64), library.ones(3)
        return (
            attempt(lambda: i.add_(0.5)),
            attempt(lambda: i.div_(2)),
            attempt(lambda: x.add_(library.ones(2, 3))),
            attempt(lambda: x.add_(library.ones(2))),
            i,
            x,
            x._version,
        )

    assert_alike(program)


def test_requires_grad_of_views_and_results():
    def program(library):
        x = leaf(library, 2, 2)
        y = x * 2
        v = library.zeros(2, 2)[0].requires_grad_()
        (v * 2).sum().backward()
        return (
            attempt(lambda: y.requires_grad_(False)),
            y.requires_grad_() is y,
            refuses(lambda: x[0].detach_()),
            refuses(lambda: library.ones(2, dtype=library.int64).requires_grad_()),
            v.grad,
            v.is_leaf,
            y.detach_().requires_grad,
            y.is_leaf,
        )

    assert_alike(program)
