"""Writes generator_torch.json: what torch's CPU generator draws, for generator_torch.rs to compare with.

Run where torch 2.15.0 is installed, on x86-64 with AVX2: python runtime/tests/generator_torch.py
Exact draws are kept as a CRC-32 of their bytes, the others as a sample of their values; every step keeps the state
that it left.
"""

import json
import random
import struct
import warnings
import zlib
from pathlib import Path

import torch

SIZES = [1, 5, 15, 16, 17, 31, 33, 100, 1000, 10007]
SEEDS = [0, 1, 42, 1234567, 2**32 - 1, 2**32 + 5, 2**63, 2**64 - 1]
REALS = ["float32", "float64", "float16", "bfloat16"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint16", "uint32", "uint64"]
EXACT = {
    "uniform",
    "random",
    "random_from",
    "randperm",
    "bernoulli",
    "bernoulli_each",
    "geometric",
    "multinomial",
    "poisson",
}


def variants():
    """Every (operation, dtype, arguments) that the fixture covers."""
    for dtype in REALS:
        for bounds in [
            (0.0, 1.0),
            (-1.5, 2.75),
            (-0.03571428571428571, 0.03571428571428571),
            (100.0, 100.3),
            (0.0, 3.7),
        ]:
            yield "uniform", dtype, bounds
        yield "uniform", dtype, (-1e-3, 7.0)
        for parameters in [(0.0, 1.0), (-3.5, 0.02), (10.0, 2.5), (0.0, 0.3)]:
            yield "normal", dtype, parameters
        yield "normal_one_by_one", dtype, (0.5, 2.0)
        yield "log_normal", dtype, (0.1, 0.5)
        yield "exponential", dtype, (1.7,)
        yield "cauchy", dtype, (0.5, 2.0)
        yield "poisson", dtype, ()
        yield "geometric", dtype, (0.3,)
        yield "bernoulli_each", dtype, ()
        yield "multinomial", dtype, (1, 1)
        yield "multinomial", dtype, (3, 1)
        yield "random_from", dtype, (-5, 90)
        yield "random_from", dtype, (3, None)
    for dtype in ["float32", "float64", "int64", "bfloat16"]:
        yield "random_from", dtype, (-(2**63), None)
        yield "random_from", dtype, (-(2**40) - 3, 2**41 + 1)
    yield "multinomial", "float32", (3, 0)
    yield "multinomial", "float64", (3, 0)
    yield "random_from", "float16", (2049, 60001)
    yield "random_from", "bfloat16", (-1001, 1003)
    for dtype in [*REALS, *SIGNED, "uint8", "bool"]:
        yield "random", dtype, ()
        yield "bernoulli", dtype, (0.3,)
    for dtype in [*SIGNED, "uint8", *UNSIGNED]:
        yield "random_from", dtype, (3, 100)
        yield "random_from", dtype, (7, None) if dtype != "uint64" else (7, 2**63 - 1)
    yield "random_from", "bool", (0, 2)
    yield "geometric", "int32", (0.7,)
    for bounds in [
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**31), 2**31),
        (-(2**62), 2**62 + 9),
        (-(2**63), 2**63 - 1),
        (-7, -6),
    ]:
        yield "random_from", "int64", bounds
    for dtype in ["int16", "int32", "int64", "float32", "float64"]:
        yield "randperm", dtype, ()


def probabilities(n, dtype):
    """Numbers of [0, 1] that the Rust side makes alike: multiples of 1/64 are exact in every type."""
    return torch.tensor([(7 * index % 65) / 64 for index in range(n)], dtype=dtype)


def rates(n, dtype):
    """Poisson rates on both sides of ten, exact in every type."""
    return torch.tensor([(index * 5 % 120) / 4 for index in range(n)], dtype=dtype)


def weights(n, dtype):
    """Rows of 9 categories, a zero among them."""
    return torch.tensor([[(5 * (index + 9 * row) % 17) / 4 for index in range(9)] for row in range(n)], dtype=dtype)


def draw(generator, operation, dtype, n, arguments):
    """Draw one tensor."""
    dtype = getattr(torch, dtype)
    if operation == "randperm":
        return torch.randperm(n, dtype=dtype, generator=generator)
    if operation == "multinomial":
        return torch.multinomial(weights(n, dtype), arguments[0], bool(arguments[1]), generator=generator)
    if operation == "poisson":
        return torch.poisson(rates(n, dtype), generator=generator)
    if operation == "bernoulli_each":
        return torch.empty(n, dtype=torch.float32).bernoulli_(probabilities(n, dtype), generator=generator)
    if operation == "normal_one_by_one":
        return torch.empty(2 * n, dtype=dtype)[::2].normal_(*arguments, generator=generator).contiguous()
    out = torch.empty(n, dtype=dtype)
    if operation == "random_from":
        return out.random_(arguments[0], arguments[1], generator=generator)
    return getattr(out, operation + "_")(*arguments, generator=generator)


def content(operation, tensor):
    """What the fixture keeps of a tensor."""
    if operation in EXACT:
        return {"crc": zlib.crc32(tensor.view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")}
    n = tensor.numel()
    indices = list(range(n)) if n <= 17 else sorted({*range(0, n, max(1, n // 8)), *range(n - 17, n, 3), n - 16, n - 1})
    values = tensor.double()[indices].tolist()
    digits = 17 if tensor.dtype == torch.float64 else 9
    return {"at": indices, "values": [f"{value:.{digits}g}" for value in values]}


def state(generator):
    """What the fixture keeps of the generator's state."""
    data = bytes(generator.get_state().tolist())
    left, _, following = struct.unpack_from("<iiQ", data, 8)
    kept = struct.unpack_from("<i", data, 5040)[0]
    return {
        "left": left,
        "next": following,
        "crc": zlib.crc32(data[24:5016]),
        "kept": repr(struct.unpack_from("<d", data, 5024)[0]) if kept else None,
    }


def chain(seed, steps):
    """Draw one step after the other from one generator."""
    generator = torch.Generator().manual_seed(seed)
    recorded = []
    for operation, dtype, arguments, n in steps:
        if operation == "randperm" and dtype == "int16":
            n = min(n, 3000)
        if operation == "multinomial":
            n = min(max(n, 1), 1000)
        tensor = draw(generator, operation, dtype, n, arguments)
        step = {"operation": operation, "dtype": dtype, "arguments": arguments, "n": n}
        recorded.append(step | content(operation, tensor) | {"state": state(generator)})
    return {"seed": str(generator.initial_seed()), "steps": recorded}


def main():
    """Draw every variant at every size, then mixed sequences."""
    warnings.simplefilter("ignore")  # of bounds beyond a type's exact integers, which are meant
    every = list(variants())
    chains = [chain(SEEDS[i % len(SEEDS)], [(*v, n) for n in SIZES]) for i, v in enumerate(every)]
    mixer = random.Random(7)
    for seed in [*SEEDS, *range(100, 110)]:
        steps = [(*mixer.choice(every), mixer.choice([0, *SIZES[:8]])) for _ in range(40)]
        chains.append(chain(seed, steps))
    path = Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in chains)
    torch_state = torch.Generator().manual_seed(3)
    torch.empty(3).normal_(generator=torch_state)
    data = bytes(torch_state.get_state().tolist())
    head = f'"torch":"{torch.__version__}","state_after_three_normals_of_seed_3_crc":{zlib.crc32(data)}'
    path.write_text(f'{{{head},\n"chains":[\n{lines}\n]}}\n')


main()
