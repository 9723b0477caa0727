"""Writes printing_torch.json: tensors and how torch prints them. Run with torch: python printing_torch.py."""

from __future__ import annotations

import json
import pathlib
import warnings

import torch

CASES: list[dict] = []
NAMES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.int64: "i64",
    torch.int32: "i32",
    torch.int16: "i16",
    torch.int8: "i8",
    torch.uint8: "u8",
    torch.bool: "bool",
    torch.complex64: "c64",
    torch.uint16: "u16",
    torch.uint32: "u32",
    torch.uint64: "u64",
}


def case(tensor: torch.Tensor, *, requires_grad: bool = False, add: bool = False, **options: object) -> None:
    """Records one tensor; `add` prints the sum with 0 of a leaf, which has a grad_fn."""
    flat = tensor.contiguous().reshape(-1)
    raw = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
    if tensor.numel() > 200 and torch.equal(flat, torch.arange(tensor.numel()).to(tensor.dtype)):
        data: object = tensor.numel()
    else:
        data = raw.hex()
    shown = tensor.detach().clone().requires_grad_(requires_grad)
    if add:
        shown = shown + 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_printoptions(profile="default")
        torch.set_printoptions(**options)
        text = repr(shown)
        torch.set_printoptions(profile="default")
    CASES.append(
        {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data": data,
            "requires_grad": requires_grad,
            "add": add,
            "options": options,
            "text": text,
        }
    )


def renamed(text: str, suffixes: list[str], indent: int, force_newline: bool) -> str:
    """Torch's own layout of suffixes, with this package's name before element types."""
    return add_suffixes(text, [s.replace("=torch.", "=flashlight.") for s in suffixes], indent, force_newline)


add_suffixes = torch._tensor_str._add_suffixes
torch._tensor_str._add_suffixes = renamed


def main() -> None:
    """Writes the cases beside this file."""
    t, inf, nan = torch.tensor, float("inf"), float("nan")
    generator = torch.Generator().manual_seed(7)

    def randn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    for values in (
        [1.0, 2.0, 3.0],
        [0.1, 0.2],
        [1.5],
        [0.0],
        [-0.0, 0.0],
        [1e-5, 1.0],
        [1e5, 1.0],
        [1e8, 2e8],
        [1e9, 1.0],
        [0.00012, 0.5],
        [0.00009],
        [1000.0, 1.5],
        [1001.0, 1.5],
        [123456.789],
        [nan, 1.0],
        [inf, -inf, 2.5],
        [inf],
        [nan, nan],
        [nan, inf, 1e-7],
        [inf, 1.0],
        [-1.0, 1.0],
        [0.99999, 1.0],
        [0.5, 1.5, 2.5],
        [1e20],
        [1e-40, 1.0],
        [3.4e38, -1.0],
        [12345678.0, 0.5],
        [0.00005, -0.00005],
    ):
        for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
            case(t(values, dtype=dtype))
        case(t(values[0]))
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8):
        case(t([1, -20, 127], dtype=dtype))
    for dtype in (torch.uint8, torch.uint16, torch.uint32):
        case(t([[1, 20], [255, 0]], dtype=dtype))
    case(t([2**63 - 1, -(2**63)]))
    case(t([True, False]))
    case(t(True))
    case(t(7))
    case(t([], dtype=torch.float32))
    for dtype in (torch.float32, torch.int64, torch.bool, torch.float64):
        for shape in ((0,), (0, 3), (2, 0), (1, 0, 2)):
            case(torch.zeros(shape, dtype=dtype))
    case(torch.zeros(0, 3), requires_grad=True)
    for shape in ((3,), (11,), (40,), (2, 3), (3, 14), (2, 2, 2), (2, 1, 3, 2), (30, 30), (1, 1, 1)):
        case(randn(*shape))
        case(randn(*shape) * 1e4)
        case(randn(*shape).double())
        case((randn(*shape) * 100).long())
        case(randn(*shape) > 0)
        case(randn(*shape), requires_grad=True)
        case(randn(*shape), requires_grad=True, add=True)
    for shape in ((1001,), (2000,), (40, 40), (12, 11, 10), (3, 2, 500), (1001, 1), (2, 600), (7, 200)):
        count = int(torch.tensor(shape).prod())
        case(torch.arange(count).reshape(shape))
        case(torch.arange(count).float().reshape(shape))
        case(torch.arange(count).double().reshape(shape), requires_grad=True)
    case(torch.arange(1000).reshape(10, 100))
    case(torch.arange(1000).reshape(2, 500).float(), requires_grad=True, add=True)
    z = torch.complex(randn(3), randn(3))
    for value in (
        z,
        z[0],
        torch.complex(randn(2, 5), randn(2, 5)),
        torch.complex(t([1.0, 2.0]), t([0.0, -0.0])),
        torch.complex(t([1e-6, 2.0]), t([3.0, nan])),
        torch.complex(t([inf, 2.5]), t([-inf, 100.0])),
    ):
        case(value)
    case(z, requires_grad=True)
    case(torch.complex(randn(1200), randn(1200)))
    mixed = randn(6, 9)
    for options in (
        {"precision": 2},
        {"precision": 8},
        {"precision": 0},
        {"linewidth": 40},
        {"linewidth": 120},
        {"sci_mode": True},
        {"sci_mode": False},
        {"threshold": 10},
        {"threshold": 10, "edgeitems": 1},
        {"edgeitems": 2, "threshold": 5},
        {"profile": "short"},
        {"profile": "full"},
        {"threshold": 10, "edgeitems": 0},
        {"edgeitems": 0},
    ):
        case(mixed, **options)
        case(mixed * 1e6, **options)
        case((mixed * 10).long(), **options)
        case(mixed[0], requires_grad=True, **options)
        case(t([1.0, 2.0, 3e9]), **options)
        case(torch.arange(1002 if options == {"profile": "full"} else 1500).reshape(3, -1), **options)
    case(randn(2, 6), requires_grad=True, linewidth=60)
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(c) for c in CASES)
    path.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
