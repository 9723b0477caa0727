"""Holds tests of what compiled functions take and give back: signatures, structures, the aliases that eager gives."""

import dataclasses
import functools
import gc
import itertools
import weakref
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch

import flashlight as fl

Pair = namedtuple("Pair", ["first", "second"])


@dataclasses.dataclass
class Batch:
    x: fl.Tensor
    scale: float
    name: str = "batch"


def test_signatures_of_every_kind():
    @fl.compile
    def program(a, /, b, *rest, scale, shift=1.0, **others):
        total = a * scale + b + shift
        for tensor in rest:
            total = total + tensor
        return total + sum(others.values())

    x = fl.ones(2)
    for _ in range(2):
        assert program(x, x, scale=2).tolist() == [4, 4]
        assert program(x, x, x, x, scale=2, shift=0.0).tolist() == [5, 5]
        assert program(x, b=x, scale=3, y=x, z=x).tolist() == [7, 7]
    assert program.counts == (3, 3)
    with pytest.raises(TypeError, match="scale"):
        program(x, x)


def test_structures_go_in_and_come_out():
    @fl.compile
    def program(batch, pair, nested):
        x = batch.x * batch.scale + pair.first
        return Batch(x, batch.scale, "out"), Pair(x + 1, None), OrderedDict(a=[x, (nested["k"][0] * 2,)], b="word")

    x = fl.ones(2)
    for i in range(4):
        batch, pair, table = program(Batch(x, 1.0 + i), Pair(x, x), {"k": [x, 3]})
        assert (type(batch), type(pair), type(table)) == (Batch, Pair, OrderedDict)
        assert batch.x.tolist() == [2.0 + i] * 2
        assert (batch.scale, batch.name) == (1.0 + i, "out")
        assert pair.first.tolist() == [3.0 + i] * 2
        assert pair.second is None
        assert table["a"][0] is batch.x
        assert table["a"][1][0].tolist() == [2, 2]
        assert table["b"] == "word"


def test_nothing_numbers_and_words_come_back():
    for value in (None, 3, 2.5, "word", (), [], {}, (None, [1]), fl.float32, len):
        program = fl.compile(lambda x, value=value: value)
        for _ in range(2):
            assert program(fl.ones(1)) == value


def test_generators_are_refused():
    @fl.compile
    def generate(x):
        yield x

    @fl.compile
    def iterate(x):
        return (x + i for i in range(2))

    for program in (generate, iterate):
        with pytest.raises(NotImplementedError, match=r"torch.compile: functions that return"):
            program(fl.ones(1))


def test_numpy_arrays_are_refused_as_arguments():
    with pytest.raises(NotImplementedError, match="from_numpy"):
        fl.compile(lambda x: fl.tensor(x))(fl.ones(2).numpy())


def test_scalars_of_numpy_are_numbers():
    program = fl.compile(lambda x, n: x * n)
    for n in (np.float32(2.5), np.float64(0.5), np.int64(3), np.int64(3)):
        assert program(fl.ones(1), n).item() == n.item()
    assert program.counts == (3, 1)


def test_decorators_methods_and_partials():
    class Model:
        def __init__(self):
            self.weight = fl.ones(2)

        @fl.compile(fullgraph=True)
        def method(self, x):
            return x * self.weight

        @staticmethod
        @fl.compile
        def static(x):
            return x + 1

        @classmethod
        def of(cls, x):
            return cls.static(x)

    one, two = Model(), Model()
    two.weight = fl.full((2,), 3.0)
    x = fl.ones(2)
    for _ in range(3):
        assert one.method(x).tolist() == [1, 1]
        assert two.method(x).tolist() == [3, 3]
    assert Model.method.counts == (2, 4)
    assert one.method.__name__ == "method"
    assert Model.of(x).tolist() == [2, 2]
    assert fl.compile(functools.partial(Model.static, x))().tolist() == [2, 2]
    assert fl.compile(one.method)(x).tolist() == [1, 1]
    compiled = fl.compile(fl.compile(Model.static))
    assert compiled(x).tolist() == [2, 2]


def test_parameters_of_torch_compile_are_taken_or_refused_by_name():
    x = fl.ones(1)
    for options in (
        {"fullgraph": True},
        {"dynamic": False},
        {"backend": "inductor"},
        {"mode": "default"},
        {"mode": "reduce-overhead"},
        {"options": {"numerics": "fast"}},
        {"options": {}},
        {"options": None},
        {"disable": True},
    ):
        assert fl.compile(lambda x: x + 1, **options)(x).item() == 2
    refusals = [
        ({"dynamic": True}, NotImplementedError, "dynamic=True"),
        ({"backend": "onnxrt"}, NotImplementedError, "onnxrt"),
        ({"backend": lambda graph, inputs: graph}, NotImplementedError, "backend"),
        ({"mode": "fastest"}, RuntimeError, "Unrecognized mode=fastest"),
        ({"mode": "default", "options": {"numerics": "fast"}}, RuntimeError, "Either mode or options"),
        ({"options": {"triton.cudagraphs": True}}, NotImplementedError, "triton.cudagraphs"),
        ({"options": {"numerics": "loose"}}, ValueError, "numerics must be"),
        ({"fullgraph": "yes"}, TypeError, "fullgraph"),
    ]
    for options, error, message in refusals:
        with pytest.raises(error, match=message):
            fl.compile(lambda x: x, **options)
    with pytest.raises(TypeError, match="takes a function or a module"):
        fl.compile(3)


def same_answers(function, make, calls=3):
    """Eager and compiled give the same bits and the same aliases, also after what came back is written."""
    compiled = fl.compile(function, options={"numerics": "exact"})
    for _ in range(calls):
        results = []
        state = fl.get_rng_state()
        for run in (function, compiled):
            fl.set_rng_state(state)
            arguments = make()
            answer = run(*arguments)
            found = [*flat(answer), *arguments]
            before = [t.tolist() for t in found]
            same = [[a is b for b in found] for a in found]
            # What is written into one shows in those that share its elements.
            shared = []
            for tensor in found:
                with fl.no_grad():
                    tensor.detach().add_(1)
                shared.append([t.tolist() for t in found])
            shape = [(t.shape, t.stride(), t.dtype, t.requires_grad, t.is_leaf) for t in found]
            results.append((before, same, shared, shape))
        assert results[0] == results[1]
    return compiled


def flat(answer):
    if isinstance(answer, fl.Tensor):
        return [answer]
    if isinstance(answer, dict):
        return [t for value in answer.values() for t in flat(value)]
    return [t for value in answer for t in flat(value)] if isinstance(answer, (list, tuple)) else []


ALIASES = {
    "an argument": lambda x: x,
    "an argument written": lambda x: x.mul_(2),
    "a view of an argument": lambda x: (x[0], x.t(), x[:, 1:]),
    "a view written": lambda x: (x[0].add_(1), x),
    "a result twice": lambda x: [x + 1] * 2,
    "a result and its views": lambda x: (lambda y: (y, y[0], y.t(), y[0][1:]))(x * 2),
    "a view alone": lambda x: (x * 2).t(),
    "views of views written": lambda x: (lambda y: (y.t()[0].zero_(), y))(x + 1),
    "detached": lambda x: (lambda y: (y.detach(), y))(x * 2),
    "detached first": lambda x: (lambda y: (y[0].detach(), y.detach()[1], y))(x * 2),
    "a detached argument": lambda x: (x.detach(), x.detach()[0]),
    "expanded": lambda x: (x * 1)[0].expand(4, 3)[:, 0] + 1,
    "a leaf of its own": lambda x: (x.detach() * 2).requires_grad_(),
    "nothing": lambda x: None,
    "reshaped": lambda x: (lambda y: (y.reshape(-1), y.view(3, 2)))(x + 0),
    "unsqueezed and chunked": lambda x: (lambda y: [y.unsqueeze(0), *y.chunk(3, dim=1)])(x + 0),
}


@pytest.mark.parametrize("needs_grad", [False, True])
@pytest.mark.parametrize("name", ALIASES)
def test_answers_alias_as_eager_ones(name, needs_grad):
    if needs_grad and "written" in name:
        pytest.skip("torch refuses to write into leaves")
    same_answers(ALIASES[name], lambda: [fl.arange(6.0).view(2, 3).clone().requires_grad_(needs_grad)])


def test_arguments_that_are_views_alias_too():
    def views():
        base = fl.arange(12.0)
        return [base[:6].view(2, 3), base[3:9].view(2, 3), base]

    same_answers(lambda a, b, c: (a, b[0], c), views)
    same_answers(lambda a, b, c: (a.add_(b), c.mul_(2)), views)
    same_answers(lambda a, b, c: (c[2:4].fill_(7), a + b), views)
    with pytest.raises(NotImplementedError, match="an argument that is a view"):
        fl.compile(lambda a: a.detach())(fl.ones(4)[1:])


def test_a_captured_tensor_and_its_views_alias():
    weight = fl.arange(4.0)

    @fl.compile
    def program(x):
        weight.add_(x)
        return weight, weight[1:]

    for i in range(3):
        whole, part = program(fl.ones(4))
        assert whole is weight
        part.fill_(10.0)
        assert weight.tolist() == [i + 1.0, 10, 10, 10]


def test_an_argument_that_is_captured_too():
    weight = fl.ones(2)
    program = fl.compile(lambda x: x * 2 + weight)
    other = fl.full((2,), 5.0)
    assert program(weight).tolist() == [3, 3]
    assert program(other).tolist() == [11, 11]
    assert program(weight).tolist() == [3, 3]
    writing = fl.compile(lambda x: (x.add_(1), weight * 1)[1])
    assert writing(other).tolist() == [1, 1]
    assert writing(weight).tolist() == [2, 2]
    assert writing(other).tolist() == [2, 2]


def test_histories_of_views_reach_the_arguments():
    for function in (
        lambda x: (x * 2)[0],
        lambda x: (lambda y: (y, y.t()[1]))(x * x),
        lambda x: (lambda y: (y.detach()[0], y[1]))(x * x),
    ):
        grads = []
        for run in (function, fl.compile(function)):
            x = fl.arange(6.0).view(2, 3).clone().requires_grad_()
            answers = flat(run(x))
            sum((a * (i + 1.0)).sum() for i, a in enumerate(answers) if a.requires_grad).backward()
            grads.append(x.grad.tolist())
        assert grads[0] == grads[1]


def test_a_leaf_made_inside_with_a_result_that_depends_on_it_is_refused():
    def function(x):
        weight = fl.ones(2, requires_grad=True)
        return weight, weight * x

    with pytest.raises(RuntimeError, match="a leaf that it made"):
        fl.compile(function)(fl.ones(2))


def test_gradients_taken_inside():
    def function(x):
        leaf = x.detach().requires_grad_()
        (grad,) = fl.autograd.grad((leaf**3).sum(), leaf)
        return grad + x

    same_answers(function, lambda: [fl.randn(3)])


def test_errors_leave_the_cache_as_it_was():
    @fl.compile
    def program(x, y):
        return x @ y

    program(fl.ones(2, 3), fl.ones(3, 2))
    before = len(program.programs())
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"shapes cannot be multiplied|inner dimensions"):
            program(fl.ones(2, 3), fl.ones(4, 2))
    assert len(program.programs()) == before
    assert program(fl.ones(2, 3), fl.ones(3, 2)).tolist() == [[3, 3], [3, 3]]


def test_a_branch_that_changes_in_the_middle_of_a_step():
    """The step draws random numbers and writes state before it decides, and misses."""
    results = []
    for wrap in (lambda f: f, lambda f: fl.compile(f, options={"numerics": "exact"})):
        fl.manual_seed(4)
        model = fl.nn.Sequential(fl.nn.Linear(3, 4), fl.nn.BatchNorm1d(4), fl.nn.Dropout(0.5), fl.nn.Linear(4, 1))
        optimizer = fl.optim.Adam(model.parameters(), lr=0.05)
        skipped = fl.zeros((), dtype=fl.int64)

        def step(x, model=model, optimizer=optimizer, skipped=skipped):
            optimizer.zero_grad()
            noisy = x + fl.randn(4, 3)
            loss = model(noisy).square().mean()
            loss.backward()
            if loss > 0.3:
                optimizer.step()
            else:
                skipped.add_(1)
            return loss

        run = wrap(step)
        losses = [run(fl.full((4, 3), 0.1 * i)).item() for i in range(12)]
        state = [t.tolist() for t in (*model.state_dict().values(), skipped, *(p.grad for p in model.parameters()))]
        moments = [v.tolist() for entry in optimizer.state.values() for v in entry.values()]
        results.append((losses, state, moments, fl.get_rng_state().tolist()))
    assert results[0] == results[1]
    assert 0 < skipped.item() < 12
    assert run.counts[0] <= 4


def test_torch_gives_the_same_aliases():
    """The eager side of these tests is torch's."""
    for name in ("a result and its views", "detached first", "a view of an argument"):
        found = []
        for library in (torch, fl):
            x = library.arange(6.0).view(2, 3).clone()
            answer = ALIASES[name](x)
            with library.no_grad():
                answer[0].add_(1)
            found.append([t.tolist() for t in (*answer, x)])
        assert found[0] == found[1]


def test_names_are_told_apart():
    """Words in arguments cannot be taken for the structure around them."""
    program = fl.compile(lambda *words: len(words))
    calls = [("a", "b"), ("a';str:3:'b",), ("a",), ("a", "b", "c"), (("a",),), (["a"],), ({"a": "b"},)]
    for call, _ in itertools.product(calls, range(2)):
        assert program(*call) == len(call)
    assert program.counts[0] == len(calls)


def test_reasons_say_what_differs():
    program = fl.compile(lambda x, n=0, how="a": x + n)
    program(fl.ones(2))
    program(fl.ones(3))
    program(fl.ones(3), 1)
    program(fl.ones(3), 2)
    assert program.reasons == [
        "new arguments",
        "the arguments differ: f32[3]@cpu, where it was f32[2]@cpu",
        program.reasons[2],
        "the arguments differ: 2, where it was 1",
    ]


def test_the_compiler_namespace():
    seen = []
    program = fl.compile(lambda x: x + 1 if fl.compiler.is_compiling() else x)
    assert program(fl.zeros(1)).item() == 1
    assert not fl.compiler.is_compiling()
    assert len(program.programs()) == 1
    fl.compiler.reset()
    assert program.programs() == []

    @fl.compiler.disable(reason="prints")
    def aside(x):
        seen.append(x)
        return x

    assert aside(3) == 3
    with pytest.raises(NotImplementedError, match=r"calls aside.*\(prints\)"):
        fl.compile(lambda x: aside(x))(fl.ones(1))
    with pytest.raises(NotImplementedError, match="recursive"):
        fl.compiler.disable(aside, recursive=False)
    with pytest.raises(NotImplementedError, match=r"torch.compiler.cudagraph_mark_step_begin"):
        _ = fl.compiler.cudagraph_mark_step_begin


def test_objects_that_hold_their_compiled_method_are_collected():
    class Trainer:
        def __init__(self):
            self.model = fl.nn.Linear(2, 2)
            self.step = fl.compile(self.step)

        def step(self, x):
            return self.model(x)

    trainer = Trainer()
    trainer.step(fl.ones(1, 2))
    trainer.step(fl.ones(1, 2))
    assert trainer.step.counts == (1, 1)
    gone = weakref.ref(trainer), weakref.ref(trainer.model.weight)
    del trainer
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
