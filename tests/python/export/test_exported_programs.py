"""Holds tests of exported programs: what models give, fresh and from a file, bit by bit."""

from collections import namedtuple

import pytest

import flashlight as fl
from flashlight import nn


def bits(value):
    """A result with every tensor as its dtype, shape and bytes."""
    if isinstance(value, fl.Tensor):
        return [str(value.dtype), list(value.shape), bytes(fl._C._tensor_to_bytes(value.detach()))]
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [type(value).__name__, *map(bits, value)]
    return value


def through_file(program, tmp_path, **options):
    path = tmp_path / "m.flash"
    program.save(path)
    return fl.export.load(path, **options)


def assert_exports(model, args, tmp_path, kwargs=None):
    """Holds the fresh program and the one from a file to the model's bits; gives the latter."""
    wanted = bits(model(*args, **(kwargs or {})))
    program = fl.export(model, args, kwargs)
    loaded = through_file(program, tmp_path)
    for each in (program, loaded):
        assert bits(each(*args, **(kwargs or {}))) == wanted
        assert set(each.check().values()) <= {0.0}
    return loaded


def mlp():
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 4))


def test_an_mlp(tmp_path):
    model = mlp().eval()
    loaded = assert_exports(model, (fl.randn(5, 6),), tmp_path)
    assert loaded.inputs == [("input", "f32", (5, 6))]
    assert loaded.outputs == [("output", "f32", (5, 4))]
    assert bits(loaded.state_dict()) == bits(dict(model.state_dict()))
    again = mlp()
    again.load_state_dict(loaded.state_dict())


class Convolutional(nn.Module):
    """Convolution, batch norm with statistics, pooling, and a head."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8 * 4 * 4, 10)

    def forward(self, image):
        x = nn.functional.max_pool2d(fl.relu(self.norm(self.conv(image))), 2)
        return {"logits": self.head(x.flatten(1)), "features": [x, x.mean((2, 3))]}


def test_a_cnn_with_batch_norm_and_a_dictionary_of_results(tmp_path):
    model = Convolutional()
    model(fl.randn(4, 3, 8, 8))
    model.eval()
    loaded = assert_exports(model, (fl.randn(2, 3, 8, 8),), tmp_path)
    assert [name for name, *_ in loaded.outputs] == ["logits", "features.0", "features.1"]
    assert {name for name, _ in loaded.named_buffers()} == {"norm.running_mean", "norm.running_var"}


def test_batch_norm_in_training_mode_keeps_its_own_statistics(tmp_path):
    model = Convolutional()
    image = fl.randn(2, 3, 8, 8)
    before = bits(dict(model.state_dict()))
    program = fl.export(model, (image,))
    assert bits(dict(model.state_dict())) == before
    loaded = through_file(program, tmp_path)
    for _ in range(3):
        wanted = bits(model(image))
        assert bits(program(image)) == wanted
        assert bits(loaded(image)) == wanted
    assert bits(loaded.state_dict()) == bits(dict(model.state_dict()))
    # Saved again, it goes on from there.
    assert bits(through_file(loaded, tmp_path).state_dict()) == bits(dict(model.state_dict()))


def test_a_transformer_layer(tmp_path):
    model = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    assert_exports(model, (fl.randn(2, 7, 16),), tmp_path)


@pytest.mark.parametrize("dtype", [fl.float16, fl.bfloat16, fl.float64])
def test_other_floats(dtype, tmp_path):
    model = mlp().to(dtype).eval()
    assert_exports(model, (fl.randn(5, 6).to(dtype),), tmp_path)


def test_integers_truth_values_and_complex_numbers(tmp_path):
    def function(i, b, c):
        return i * 2 + b, b.logical_not(), c * c, i.sum()

    inputs = (fl.arange(6).reshape(2, 3), fl.tensor([True, False, True]), fl.tensor([1 + 2j, -1j]))
    loaded = assert_exports(function, inputs, tmp_path)
    assert [(name, dtype) for name, dtype, _ in loaded.inputs] == [("i", "i64"), ("b", "bool"), ("c", "c64")]


def test_tensors_without_dimensions_and_without_elements(tmp_path):
    assert_exports(lambda x, y: (x * 2, y + x, y.sum()), (fl.tensor(3.0), fl.zeros(0, 4)), tmp_path)


def test_an_embedding(tmp_path):
    model = nn.Sequential(nn.Embedding(11, 6), nn.LayerNorm(6)).eval()
    assert_exports(model, (fl.tensor([[1, 10, 0], [4, 4, 2]]),), tmp_path)


Pair = namedtuple("Pair", ["first", "second"])


def test_nested_arguments_and_results(tmp_path):
    def function(batch, scale, *, mode="sum", pair=None):
        x = batch["x"] * scale + batch["rest"][1]
        x = x.sum(0) if mode == "sum" else x
        return Pair(x, [x + 1, (pair.first, "text", None, 3, 2.5, True)]), {1: x}

    batch = {"x": fl.randn(3, 2), "rest": [fl.randn(2), fl.randn(2)]}
    loaded = assert_exports(function, (batch, 2.0), tmp_path, {"mode": "sum", "pair": Pair(fl.ones(2), 1)})
    assert [name for name, *_ in loaded.inputs] == ["batch.x", "batch.rest.0", "batch.rest.1", "pair.first"]
    result = loaded(batch, 2.0, mode="sum", pair=Pair(fl.ones(2), 1))
    assert result[0]._fields == ("first", "second")
    assert result[0].second[1][1:] == ("text", None, 3, 2.5, True)
    args, kwargs = loaded.example_inputs
    assert bits(args[0]["rest"][1]) == bits(batch["rest"][1])
    assert args[1] == 2.0
    assert kwargs["mode"] == "sum"


def test_a_tensor_that_is_returned_twice_is_one_output(tmp_path):
    loaded = assert_exports(lambda x: (x, x.exp(), x), (fl.randn(3),), tmp_path)
    assert len(loaded.outputs) == 2


def test_the_same_tensor_for_two_inputs(tmp_path):
    x = fl.randn(3)
    loaded = assert_exports(lambda a, b: a - b * 2, (x, x), tmp_path)
    assert bits(loaded(x, x * 2)) == bits(x - x * 2 * 2)


def test_views_go_in_as_what_they_show(tmp_path):
    base = fl.randn(4, 6)
    loaded = assert_exports(lambda a, b: a @ b, (base.t(), base[:, ::2]), tmp_path)
    assert [shape for *_, shape in loaded.inputs] == [(6, 4), (4, 3)]


def test_tied_weights_are_saved_once(tmp_path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(9, 4)
            self.head = nn.Linear(4, 9, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, tokens):
            return self.head(self.embed(tokens))

    model = Tied()
    loaded = assert_exports(model, (fl.tensor([1, 2, 8]),), tmp_path)
    assert list(loaded.states()) == ["embed.weight"]
    assert bits(loaded.state_dict()) == bits(dict(model.state_dict()))
    model.load_state_dict(loaded.state_dict())


def test_tensors_from_outside_become_constants(tmp_path):
    table = fl.randn(4)
    loaded = assert_exports(lambda x: x * table + fl.tensor([1.0, 2.0, 3.0, 4.0]), (fl.randn(4),), tmp_path)
    assert sorted(loaded.states()) == ["captured1", "constant0"]
    assert loaded.state_dict() == {}


def test_a_number_that_the_function_reads(tmp_path):
    loaded = assert_exports(lambda x: {"mean": x.mean().item(), "x": x + 1}, (fl.randn(4),), tmp_path)
    assert isinstance(loaded(fl.ones(4))["mean"], float)


def test_dropout_draws_from_the_programs_own_generator(tmp_path):
    model = mlp().train()
    x = fl.randn(5, 6)
    fl.manual_seed(5)
    program = fl.export(model, (x,))
    loaded = through_file(program, tmp_path)
    wanted = [bits(model(x)) for _ in range(3)]
    state = bits(fl.get_rng_state())
    assert [bits(program(x)) for _ in range(3)] == wanted
    assert [bits(loaded(x)) for _ in range(3)] == wanted
    assert bits(fl.get_rng_state()) == state


def test_exporting_leaves_everything_as_it_was():
    model = Convolutional()
    fl.manual_seed(1)
    before = [bits(dict(model.state_dict())), bits(fl.get_rng_state()), model.training]
    x = fl.randn(2, 3, 8, 8, requires_grad=True)
    before[1] = bits(fl.get_rng_state())
    fl.export(model, (x,))
    assert [bits(dict(model.state_dict())), bits(fl.get_rng_state()), model.training] == before
    assert x.grad is None
    assert all(p.grad is None for p in model.parameters())


def test_states_can_be_replaced_and_are_copies():
    model = mlp().eval()
    x = fl.randn(5, 6)
    program = fl.export(model, (x,))
    wanted = bits(program(x))
    program.state_dict()["0.weight"].zero_()
    assert bits(program(x)) == wanted
    with fl.no_grad():
        model[0].weight.zero_()
    assert bits(program(x)) == wanted
    program.load_state_dict(model.state_dict())
    assert bits(program(x)) == bits(model(x))


@pytest.mark.parametrize("numerics", ["none", "exact", "reassoc", "fast"])
def test_every_optimisation_stays_within_the_tolerance(numerics, tmp_path):
    model = Convolutional().eval()
    program = fl.export(model, (fl.randn(2, 3, 8, 8),))
    through_file(program, tmp_path, numerics=numerics).check()


def test_torchs_spellings(tmp_path):
    model = mlp().eval()
    x = fl.randn(5, 6)
    program = fl.export.export(model, (x,), strict=True)
    fl.export.save(program, tmp_path / "m.flash")
    assert bits(fl.export.load(tmp_path / "m.flash").module()(x)) == bits(model(x))
    assert isinstance(program, fl.export.ExportedProgram)
    assert bits(fl.export(model, x)(x)) == bits(model(x))


def test_what_a_program_says():
    program = fl.export(lambda x: x + 1, (fl.randn(2),))
    assert repr(program) == "ExportedProgram(x: f32[2] -> output: f32[2]; 0 states, 0 of them written)"
    assert "add %x" in program.graph
    assert program.optimised_graph.startswith("graph")
