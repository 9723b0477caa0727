"""Holds tests of what cannot be exported, called or read, and of what is said then."""

import io
import json
import random
import zipfile

import pytest

import flashlight as fl
from flashlight import nn


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a small file."""
    fl.manual_seed(0)
    path = tmp_path_factory.mktemp("whole") / "m.flash"
    fl.export(nn.Linear(3, 2), (fl.randn(4, 3),)).save(path)
    return path.read_bytes()


def load(content, tmp_path):
    path = tmp_path / "m.flash"
    path.write_bytes(content)
    return fl.export.load(path)


def repacked(content, change):
    """The archive with its entries, by name, changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    return out.getvalue()


def test_flipped_and_missing_bytes_are_refused_or_mean_nothing(whole, tmp_path):
    draw = random.Random(0)
    x = fl.ones(4, 3)
    wanted = load(whole, tmp_path)(x).tolist()
    refused = 0
    for _ in range(400):
        content = bytearray(whole)
        place = draw.randrange(len(content))
        content[place] ^= 1 << draw.randrange(8)
        try:
            program = load(bytes(content), tmp_path)
        except RuntimeError:
            refused += 1
        else:
            assert program(x).tolist() == wanted
    assert refused > 300
    for _ in range(100):
        with pytest.raises(RuntimeError):
            load(whole[: draw.randrange(len(whole))], tmp_path)


def test_files_that_are_none_of_ours(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.flash"):
        fl.export.load(tmp_path / "nowhere.flash")
    with pytest.raises(RuntimeError, match="this is a folder"):
        fl.export.load(tmp_path)
    for content in (b"", b"PK", b"\x80\x02}q", bytes(100_000)):
        with pytest.raises(RuntimeError, match="no exported program"):
            load(content, tmp_path)


def test_hostile_archives(whole, tmp_path):
    def traversal(entries):
        entries["../../evil.py"] = b"raise SystemExit"

    def later(entries):
        manifest = json.loads(entries["manifest.json"])
        entries["manifest.json"] = json.dumps({**manifest, "version": 2}).encode()

    def other_weights(entries):
        entries["weights.safetensors"] = entries["samples.safetensors"]

    for change, message in [
        (traversal, "'../../evil.py'|\"../../evil.py\""),
        (later, "the format's version is 2, and this is a reader of version 1"),
        (other_weights, "weights.safetensors: .* is missing"),
        (lambda entries: entries.pop("graph.fl"), '"graph.fl" is missing'),
    ]:
        with pytest.raises(RuntimeError, match=message):
            load(repacked(whole, change), tmp_path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("manifest.json", "graph.fl", "weights.safetensors", "samples.safetensors"):
            archive.writestr(name, bytes(10_000_000))
    with pytest.raises(RuntimeError, match=r"compressed|Compression"):
        load(out.getvalue(), tmp_path)


def test_a_file_that_another_program_packed_again_is_read(whole, tmp_path):
    assert load(repacked(whole, lambda entries: None), tmp_path).check() == {"output": 0.0}


def test_calls_that_do_not_fit():
    program = fl.export(lambda x, flag, options: x * options["y"] if flag else x, (fl.ones(2), True, {"y": fl.ones(2)}))
    x, y = fl.ones(2), {"y": fl.ones(2)}
    with pytest.raises(TypeError, match="exported with a tuple of 3 as its arguments; tuple of 2 given"):
        program(x, True)
    with pytest.raises(TypeError, match=r"a tensor as its arguments\[0\]; int given"):
        program(1, True, y)
    with pytest.raises(TypeError, match=r"exported with {'y'} as its arguments\[2\]; dict of 'z' given"):
        program(x, True, {"z": x})
    with pytest.raises(ValueError, match=r"arguments\[1\] = True, which is part of it; False given"):
        program(x, False, y)
    with pytest.raises(ValueError, match='the input "x" is f32\\[2\\], f32\\[3\\] given'):
        program(fl.ones(3), True, y)
    with pytest.raises(ValueError, match='the input "x" is f32\\[2\\], i64\\[2\\] given'):
        program(fl.ones(2, dtype=fl.int64), True, y)
    with pytest.raises(TypeError, match="keyword arguments"):
        program(x, True, y, more=x)
    with pytest.raises(NotImplementedError, match="gradients through an exported program"):
        program(fl.ones(2, requires_grad=True), True, y)
    with pytest.raises(ValueError, match='no state "w"'):
        program.load_state_dict({"w": x})


def test_functions_that_no_program_stands_for():
    x = fl.randn(3)

    def decides(x):
        return x + 1 if (x.sum() > 0).item() else x

    def writes(x):
        return x.add_(1)

    kept = []

    def keeps(x):
        kept.append(x + 1)
        return x

    with pytest.raises(RuntimeError, match=r"torch.export: .* decides on elements of a tensor"):
        fl.export(decides, (x,))
    with pytest.raises(NotImplementedError, match="writes into its input 0 in place"):
        fl.export(writes, (x,))
    with pytest.raises(RuntimeError, match="is kept beyond the call"):
        fl.export(keeps, (x,))
    with pytest.raises(TypeError, match=r"output must hold tensors, numbers, text.*found object"):
        fl.export(lambda x: object(), (x,))
    with pytest.raises(TypeError, match=r"x must hold tensors.*found set"):
        fl.export(lambda x: x, ({x},))
    with pytest.raises(TypeError, match="found inf"):
        fl.export(lambda x, y: x, (x, float("inf")))
    with pytest.raises(TypeError, match="must be text or integers, found None"):
        fl.export(lambda x: {None: x}, (x,))
    with pytest.raises(TypeError, match="takes a module or a function, not int"):
        fl.export(3, (x,))
    with pytest.raises(TypeError, match="Expecting `args` to be a tuple of example positional inputs, got list"):
        fl.export(lambda x: x, [x])
    with pytest.raises(ZeroDivisionError):
        fl.export(lambda x: 1 / 0, (x,))
    assert x.tolist() == x.tolist()
    assert fl._C._is_tracing() is False


def test_a_failing_export_leaves_everything_as_it_was():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))
    state = fl.get_rng_state().tolist()

    def fails(x):
        model(x)
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        fl.export(fails, (fl.ones(4, 3),))
    assert model[0].num_batches_tracked.item() == 0
    assert fl.get_rng_state().tolist() == state


def test_a_program_cannot_be_written_where_there_is_no_folder(tmp_path):
    program = fl.export(lambda x: x + 1, (fl.ones(2),))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        program.save(tmp_path / "nowhere" / "m.flash")
    assert list(tmp_path.iterdir()) == []
