"""Holds tests of programs whose callers choose a size."""

import pytest
from test_exported_programs import Convolutional, bits, mlp, through_file

import flashlight as fl
from flashlight import nn
from flashlight.export import Dim


def assert_at_sizes(model, make, dynamic_shapes, tmp_path, sizes=(1, 2, 5, 31)):
    program = fl.export(model, make(4), dynamic_shapes=dynamic_shapes)
    loaded = through_file(program, tmp_path)
    for n in sizes:
        args = make(n)
        wanted = bits(model(*args))
        assert bits(program(*args)) == wanted, n
        assert bits(loaded(*args)) == wanted, n
    loaded.check()
    return loaded


def test_an_mlp_of_any_batch(tmp_path):
    loaded = assert_at_sizes(mlp().eval(), lambda n: (fl.randn(n, 6),), {"input": {0: "batch"}}, tmp_path)
    assert loaded.inputs == [("input", "f32", ("s0", 6))]
    assert loaded.outputs == [("output", "f32", ("s0", 4))]


def test_a_cnn_of_any_batch(tmp_path):
    model = Convolutional().eval()
    loaded = assert_at_sizes(model, lambda n: (fl.randn(n, 3, 8, 8),), ({0: Dim("batch", max=64)},), tmp_path)
    with pytest.raises(ValueError, match='"batch" is at least 1 and at most 64, and 65 is given'):
        loaded(fl.randn(65, 3, 8, 8))
    with pytest.raises(
        ValueError, match=r'the input "image" is f32\[2,3,8,8\] \(f32\[s0,3,8,8\]\), f32\[2,3,8,9\] given'
    ):
        loaded(fl.randn(2, 3, 8, 9))


def test_a_transformer_layer_of_any_length(tmp_path):
    model = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    assert_at_sizes(model, lambda n: (fl.randn(2, n, 16),), {"src": (None, "length", None)}, tmp_path, sizes=(2, 5, 9))


def test_one_size_in_several_places(tmp_path):
    def function(pair, index):
        picked = pair["a"][:, 0] * index
        return {"picked": picked, "joined": fl.cat([pair["a"], pair["b"]]), "tail": pair["b"][1:]}

    def make(n):
        return {"a": fl.randn(n, 3), "b": fl.randn(n, 3)}, fl.arange(n)

    shapes = {"pair": {"a": {0: "n"}, "b": {0: "n"}}, "index": {-1: "n"}}
    loaded = assert_at_sizes(function, make, shapes, tmp_path, sizes=(2, 5, 8))
    assert [shape for *_, shape in loaded.outputs] == [("s0",), ("s0*2", 3), ("s0-1", 3)]
    with pytest.raises(ValueError, match=r'the input "pair\.b" is'):
        loaded({"a": fl.randn(2, 3), "b": fl.randn(3, 3)}, fl.arange(2))


def test_the_smallest_size_is_found(tmp_path):
    model = mlp().eval()
    x = fl.randn(4, 6)
    assert fl.export(model, (x,), dynamic_shapes={"input": {0: "n"}})._manifest["sizes"][0]["min"] == 1
    assert fl.export(model, (x,), dynamic_shapes={"input": {0: Dim("n", min=3)}})._manifest["sizes"][0]["min"] == 3
    squeezes = fl.export(lambda x: x.squeeze(), (x,), dynamic_shapes={"x": {0: "n"}})
    with pytest.raises(ValueError, match='"n" is at least 2, and 1 is given'):
        squeezes(fl.randn(1, 6))
    fails_at_one = fl.export(lambda x: x[1] + 0, (x,), dynamic_shapes={"x": {0: "n"}})
    assert fails_at_one._manifest["sizes"][0]["min"] == 2
    with pytest.raises(IndexError):
        fl.export(lambda x: x[1] + 0, (x,), dynamic_shapes={"x": {0: Dim("n", min=1)}})
    with pytest.raises(NotImplementedError, match="its sizes begin at 2"):
        fl.export(lambda x: x.squeeze(), (x,), dynamic_shapes={"x": {0: Dim("n", min=1)}})


def test_programs_that_depend_on_the_size_otherwise_are_refused():
    x = fl.randn(4, 3)
    shapes = {"x": {0: "n"}}
    with pytest.raises(NotImplementedError, match=r'dynamic_shapes with "n".*is not implemented'):
        fl.export(lambda x: x.reshape(2, -1) if x.shape[0] % 2 == 0 else x, (x,), dynamic_shapes=shapes)
    with pytest.raises(NotImplementedError, match="is not the same at sizes 4 and 5"):
        fl.export(lambda x: x * x.shape[0], (x,), dynamic_shapes=shapes)
    with pytest.raises(NotImplementedError, match="a tensor that the function makes"):
        fl.export(lambda x: x + fl.tensor([float(x.shape[0])] * 3), (x,), dynamic_shapes=shapes)
    with pytest.raises(NotImplementedError, match="the structure of the result"):
        fl.export(lambda x: list(x), (x,), dynamic_shapes=shapes)


def test_requests_that_do_not_fit_are_refused():
    def export(shapes, x=None):
        args = (fl.randn(4, 3) if x is None else x, fl.randn(4, 3), True)
        return fl.export(lambda x, y, flag: x + y, args, dynamic_shapes=shapes)

    with pytest.raises(ValueError, match="names 'z', which is none of"):
        export({"z": {0: "n"}})
    with pytest.raises(ValueError, match="has 1 items for 3 arguments"):
        export(({0: "n"},))
    with pytest.raises(ValueError, match="names axis 2 of x, which has 2"):
        export({"x": {2: "n"}})
    with pytest.raises(ValueError, match="of flag, which is no tensor"):
        export({"flag": {0: "n"}})
    with pytest.raises(NotImplementedError, match=r"several sizes \(n, rows\)"):
        export({"x": {0: "n"}, "y": {0: "rows"}})
    with pytest.raises(ValueError, match=r"'n' has the sizes \[3, 4\]"):
        export({"x": {0: "n"}, "y": {1: "n"}})
    with pytest.raises(ValueError, match="'n' is 1 in the example inputs"):
        export({"x": {0: "n"}}, fl.randn(1, 3))
    with pytest.raises(ValueError, match="leaves no three sizes"):
        export({"x": {0: Dim("n", max=4)}, "y": {0: Dim("n", min=3)}})
    with pytest.raises(TypeError, match="must be a dict, tuple or list"):
        export("x")
    with pytest.raises(ValueError, match="no size is at least 5 and at most 3"):
        Dim("n", min=5, max=3)
