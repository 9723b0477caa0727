"""Holds tests of `backward`, `grad` and hooks: what they compute, in which order they call, and what they refuse."""

import warnings

import pytest
from comparison import assert_alike, attempt, refuses

import flashlight as fl


def test_backward_gathers_into_leaves():
    def program(library):
        x = library.arange(6.0).view(2, 3).clone().requires_grad_()
        w = library.linspace(-1, 1, 3).requires_grad_()
        for _ in range(2):
            ((x * w).exp().sum() + w.sum()).backward()
        return x.grad, w.grad, x.grad.requires_grad

    assert_alike(program)


def test_backward_takes_weights():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        y = x * x
        y.backward(library.tensor([1.0, 0.0, 2.0]), retain_graph=True)
        y.backward(gradient=library.ones(3))
        return x.grad

    assert_alike(program)


def test_backward_of_several_outputs():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        y, z = x * x, (x * 3).sum()
        library.autograd.backward([y, z], [library.ones(3), None])
        library.autograd.backward((x * 2).sum(), None)
        return x.grad

    assert_alike(program)


def test_what_backward_refuses():
    def program(library):
        x = library.ones(3, requires_grad=True)
        y = (x * x).sum()
        y.backward()
        twice = attempt(y.backward)
        return (
            twice[0],
            "second time" in twice[1],
            attempt((x * 2).backward),
            attempt(library.ones(1).backward),
            attempt((x * 2).backward, library.ones(2))[0],
            refuses((x * 2).backward, [1.0]),
            refuses((x * 2).sum().backward, inputs=[]),
            refuses((x * 2).sum().backward, inputs=[library.ones(1)]),
            refuses(library.autograd.backward, 3),
            attempt(library.ones(1, dtype=library.int64).backward),
            x.grad,
        )

    assert_alike(program)


def test_backward_into_given_inputs_only():
    def program(library):
        x, w = library.arange(3.0).requires_grad_(), library.ones(3, requires_grad=True)
        y = x * w
        z = (y * y).sum()
        z.backward(inputs=[w], retain_graph=True)
        seen = [x.grad, w.grad.clone()]
        z.backward(inputs=(y, x), retain_graph=True)
        z.backward(inputs=x)
        return seen, x.grad, w.grad, y.grad, y.retains_grad

    assert_alike(program)


def test_graph_that_is_kept_can_be_walked_again():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        y = (x.exp() * x).sum()
        y.backward(retain_graph=True)
        y.backward(retain_graph=True)
        y.backward()
        linear = (x * 2).sum()
        linear.backward()
        linear.backward()
        return x.grad, refuses(y.backward)

    assert_alike(program)


def test_grad_leaves_the_leaves_as_they_are():
    def program(library):
        x, w = library.arange(3.0).requires_grad_(), library.ones(3, requires_grad=True)
        y = x * w
        z = (y * y).sum()
        by_y, by_x = library.autograd.grad(z, [y, x], retain_graph=True)
        by_w = library.autograd.grad([z, y], w, [None, library.ones(3)])
        return by_y, by_x, by_w, x.grad, w.grad

    assert_alike(program)


def test_grad_of_what_is_not_used():
    def program(library):
        x, unused = library.arange(3.0).requires_grad_(), library.ones(2, requires_grad=True)
        y = lambda: (x * x).sum()  # noqa: E731
        grad = library.autograd.grad
        return (
            grad(y(), [x, unused], allow_unused=True),
            grad(y(), [x, unused], materialize_grads=True),
            attempt(grad, y(), [unused]),
            attempt(grad, y(), [x, unused], materialize_grads=True, allow_unused=False),
            attempt(grad, y(), [library.ones(1)]),
            attempt(grad, y(), [x.detach()], allow_unused=True),
            attempt(grad, library.ones(1), [x])[0],
            refuses(grad, y(), []),
            refuses(grad, x * 2, [x]),
            attempt(grad, x * 2, [x], grad_outputs=library.ones(2))[0],
        )

    assert_alike(program)


def test_second_and_third_derivatives():
    def program(library):
        x = library.tensor([0.3, -0.7, 1.1], requires_grad=True)
        w = library.tensor([1.5, 0.5, -0.5], requires_grad=True)
        y = ((x * w).tanh() * x.exp() / (1 + x * x)).sum()
        (first,) = library.autograd.grad(y, x, create_graph=True)
        (second,) = library.autograd.grad((first * w).sum(), x, create_graph=True)
        second.sum().backward()
        return first, second, x.grad, w.grad

    assert_alike(program, rtol=1e-4, atol=1e-5)


def test_second_derivatives_through_functions_of_many_kinds():
    def program(library):
        functional = library.nn.functional
        programs = {
            "matmul": lambda x: (x @ x.t()).pow(2).sum(),
            "softmax": lambda x: x.softmax(-1).log().sum() + x.log_softmax(0).exp().pow(2).sum(),
            "mean": lambda x: x.mean(0).pow(3).sum() + x.var() + x.std(1).sum(),
            "view": lambda x: x.t()[1:].reshape(-1).pow(3).sum(),
            "index": lambda x: x[library.tensor([0, 1, 1])].pow(3).sum(),
            "cat": lambda x: library.cat([x, x * x]).pow(2).sum(),
            "gelu": lambda x: functional.gelu(x).pow(2).sum(),
            "norm": lambda x: functional.layer_norm(x, (3,)).pow(3).sum(),
            "loss": lambda x: functional.cross_entropy(x, library.tensor([0, 2])) ** 2,
            "where": lambda x: library.where(x > 0, x.pow(3), x.exp()).sum(),
            "max": lambda x: x.max(1).values.pow(3).sum() + x.amax().pow(2),
            "in place": lambda x: (x * 2).mul_(x).add_(1).pow(2).sum(),
        }
        results = {}
        for name, function in programs.items():
            x = library.tensor([[0.3, -0.7, 1.1], [0.9, 0.2, -1.3]], requires_grad=True)
            (first,) = library.autograd.grad(function(x), x, create_graph=True)
            (first * library.arange(6.0).view(2, 3)).sum().backward()
            results[name] = [first, x.grad]
        return results

    assert_alike(program, rtol=1e-4, atol=1e-4)


def test_a_gradient_penalty_trains():
    def program(library):
        w = library.tensor([[0.5, -0.3], [0.2, 0.8]], requires_grad=True)
        x = library.tensor([[1.0, 2.0]], requires_grad=True)
        for _ in range(3):
            out = (x @ w).sigmoid().sum()
            (g,) = library.autograd.grad(out, x, create_graph=True)
            loss = out + (g.norm() - 1) ** 2
            (by_w,) = library.autograd.grad(loss, w)
            with library.no_grad():
                w -= 0.5 * by_w
        return w

    assert_alike(program)


def test_create_graph_gathers_gradients_with_a_history():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        (x**3).sum().backward(create_graph=True)
        first = x.grad
        history = first.requires_grad
        x.grad = None
        (first * first).sum().backward()
        return history, first, x.grad

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_alike(program)


def test_hooks_replace_gradients_and_are_removed():
    def program(library):
        x = library.ones(3, requires_grad=True)
        y = x * 2
        order = []
        first = y.register_hook(lambda grad: order.append(("first", grad * 1)) or grad * 3)
        second = y.register_hook(lambda grad: order.append(("second", grad * 1)))
        leaf = x.register_hook(lambda grad: order.append(("leaf", grad * 1)) or grad + 1)
        y.sum().backward(retain_graph=True)
        first.remove()
        second.remove()
        second.remove()
        y.sum().backward()
        leaf.remove()
        (x * 2).sum().backward()
        return order, x.grad

    assert_alike(program)


def test_post_accumulate_hooks_may_take_the_gradient():
    def program(library):
        x = library.ones(3, requires_grad=True)
        seen = []

        def step(leaf):
            with library.no_grad():
                leaf.sub_(leaf.grad, alpha=0.1)
            seen.append(leaf.grad)
            leaf.grad = None

        handle = x.register_post_accumulate_grad_hook(step)
        for _ in range(2):
            (x * x).sum().backward()
        handle.remove()
        (x * 2).sum().backward()
        return x, x.grad, seen, refuses((x * 2).register_post_accumulate_grad_hook, step)

    assert_alike(program)


def test_hooks_of_a_tensor_that_was_written():
    def program(library):
        x = library.ones(3, requires_grad=True)
        y = x * 2
        seen = []
        y.register_hook(lambda grad: seen.append(("before", grad * 1)))
        y.mul_(3)
        y.register_hook(lambda grad: seen.append(("after", grad * 1)))
        y.sum().backward()
        return seen, x.grad

    assert_alike(program)


def test_hooks_may_write_into_the_gradient():
    def program(library):
        x = library.ones(3, requires_grad=True)
        y = x * 2
        y.register_hook(lambda grad: (grad.mul_(5), None)[1])
        (y * library.arange(3.0)).sum().backward()
        return x.grad

    assert_alike(program)


def test_what_hooks_may_not_return():
    def program(library):
        x = library.ones(3, requires_grad=True)

        def run(answer):
            y = x * 2
            y.register_hook(lambda grad: answer)
            return refuses(y.sum().backward)

        return run(3), run(library.ones(2)), run(library.ones(3)), refuses(library.ones(1).register_hook, print)

    assert_alike(program)


class StoppedError(Exception):
    pass


@pytest.mark.parametrize(
    "error", [StoppedError("here"), KeyError(3), KeyboardInterrupt(), SystemExit(3), StopIteration()]
)
@pytest.mark.parametrize("place", ["leaf", "result", "post"])
def test_errors_in_hooks_arrive_unchanged(error, place):
    x = fl.ones(3, requires_grad=True)
    y = x * 2

    def hook(_):
        raise error

    register = {
        "leaf": x.register_hook,
        "result": y.register_hook,
        "post": x.register_post_accumulate_grad_hook,
    }[place]
    handle = register(hook)
    with pytest.raises(BaseException) as raised:  # noqa: PT011
        y.sum().backward()
    assert raised.value is error
    assert "hook" in [entry.name for entry in raised.traceback]
    handle.remove()
    (x * 2).sum().backward()


def test_backward_inside_a_hook():
    def program(library):
        x = library.ones(3, requires_grad=True)
        w = library.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda grad: (w * 3).sum().backward())
        y.sum().backward()
        return x.grad, w.grad

    assert_alike(program)


def test_results_keep_their_gradient_when_asked():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        y = x * 2
        y.retain_grad()
        y.retain_grad()
        z = y * y
        z.sum().backward(retain_graph=True)
        first = y.grad.clone()
        z.sum().backward()
        x.retain_grad()
        return first, y.grad, y.retains_grad, x.retains_grad, z.retains_grad, refuses(library.ones(1).retain_grad)

    assert_alike(program)


def test_retained_gradients_see_what_hooks_made_of_them():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        y = x * 2
        y.retain_grad()
        y.register_hook(lambda grad: grad * 10)
        y.sum().backward()
        return y.grad, x.grad

    assert_alike(program)


def test_gradients_of_the_same_tensor_used_twice_and_never():
    def program(library):
        x = library.arange(3.0).requires_grad_()
        a = x * 1
        (a * a + a).sum().backward()
        b, c = library.ones(2, requires_grad=True), library.ones(2, requires_grad=True)
        (b * 2).sum().backward()
        return x.grad, b.grad, c.grad

    assert_alike(program)


def test_broadcasts_and_casts_give_gradients_back_in_kind():
    def program(library):
        x = library.ones(3, dtype=library.float16, requires_grad=True)
        b = library.ones(1, requires_grad=True)
        s = library.tensor(2.0, dtype=library.float64, requires_grad=True)
        ((x.float() * b * s) + library.ones(4, 3)).sum().backward()
        return x.grad, b.grad, s.grad

    assert_alike(program)


def test_modes_decide_what_is_recorded():
    def program(library):
        x = library.ones(2, requires_grad=True)
        seen = []
        with library.no_grad():
            seen.append((x * 2).requires_grad)
            with library.enable_grad():
                seen.append((x * 2).requires_grad)
            with library.set_grad_enabled(False):
                seen.append(library.is_grad_enabled())
            seen.append(library.ones(1, requires_grad=True).requires_grad)
        try:
            with library.no_grad():
                raise ValueError
        except ValueError:
            seen.append(library.is_grad_enabled())
        return seen

    assert_alike(program)


def test_integer_results_have_no_gradient():
    def program(library):
        x = library.tensor([1.0, 3.0, 2.0], requires_grad=True)
        values, indices = x.max(0)
        return (
            indices.requires_grad,
            values.requires_grad,
            (x > 1).requires_grad,
            x.long().requires_grad,
            x.argmax().requires_grad,
            refuses(library.ones, 2, dtype=library.int64, requires_grad=True),
        )

    assert_alike(program)


def test_long_chains_differentiate_and_are_freed():
    x = fl.ones(2, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    y.sum().backward()
    assert abs(x.grad[0].item() - 1.0001**20_000) < 0.01
    views = fl.ones(2, 2, requires_grad=True) * 1
    for _ in range(20_000):
        views = views.t()
    views.sum().backward()
    del y, views
    unused = fl.ones(2, requires_grad=True)
    for _ in range(20_000):
        unused = unused + 1
    del unused
    written = x * 1
    for _ in range(5_000):
        written[0].mul_(1.0001)
    written.sum().backward()


def test_a_wide_graph_differentiates():
    x = fl.ones(2, requires_grad=True)
    total = x.sum()
    for i in range(3_000):
        total = total + (x * float(i % 3)).sum()
    total.backward()
    assert x.grad.tolist() == [3000.0 + 1, 3000.0 + 1]
