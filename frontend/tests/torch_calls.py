"""Writes torch_calls.json: calls of torch functions, what they return, and their gradients; and random draws by seed.

Run with torch: python torch_calls.py.
"""

from __future__ import annotations

import json
import math
import pathlib
import warnings

import torch
from torch.nn import functional

warnings.simplefilter("ignore")
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
}
ACTIVATIONS = """relu relu6 hardtanh gelu silu mish elu selu celu leaky_relu softplus logsigmoid hardsigmoid hardswish
softsign tanhshrink hardshrink softshrink""".split()  # noqa: SIM905
CALLS: list[dict] = []
DRAWS: list[dict] = []
generator = torch.Generator().manual_seed(3)


def encoded(value: object) -> object:
    """An argument or result as JSON."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().contiguous().reshape(-1)
        raw = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
        return {"dtype": NAMES[value.dtype], "shape": list(value.shape), "data": raw.hex(), "grad": value.requires_grad}
    if isinstance(value, torch.dtype):
        return {"type": NAMES[value]}
    if isinstance(value, (tuple, list)):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def call(name: str, *arguments: object, **keywords: object) -> None:
    """Calls a function of torch.nn.functional, and differentiates a weighted sum of its result."""
    function = getattr(functional, name, None) or getattr(torch, name)
    leaves = [a for a in (*arguments, *keywords.values()) if isinstance(a, torch.Tensor) and a.requires_grad]
    record = {
        "function": name,
        "arguments": [encoded(a) for a in arguments],
        "keywords": {k: encoded(v) for k, v in keywords.items()},
    }
    try:
        result = function(*arguments, **keywords)
    except Exception as error:
        CALLS.append(record | {"error": type(error).__name__})
        return
    record["result"] = encoded(result)
    if leaves:
        weight = torch.rand(result.shape, generator=generator, dtype=result.dtype) + 0.5
        grads = torch.autograd.grad(result, leaves, weight, allow_unused=True)
        record["weight"] = encoded(weight)
        record["gradients"] = [
            encoded(torch.zeros_like(x) if g is None else g) for x, g in zip(leaves, grads, strict=True)
        ]
    CALLS.append(record)


def randn(*shape: int, grad: bool = True, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers of this file's generator."""
    return (torch.randn(*shape, generator=generator, dtype=dtype) * scale).requires_grad_(grad)


def classes(*shape: int, count: int) -> torch.Tensor:
    """Class numbers of this file's generator."""
    return torch.randint(0, count, shape, generator=generator)


def activations() -> None:
    """Calls every activation at its edges."""
    edges = [-200.0, -20.5, -6.0, -3.0, -1.0, -0.5, -1e-6, -0.0, 0.0, 1e-6, 0.5, 1.0, 3.0, 6.0, 20.5, 200.0]
    for name in ACTIVATIONS:
        for dtype in (torch.float32, torch.float64):
            call(name, torch.tensor(edges, dtype=dtype, requires_grad=True))
        call(name, randn(3, 4, scale=3))
        call(name, torch.tensor(0.7, requires_grad=True))
        call(name, torch.zeros(0, 2, requires_grad=True))
        if name not in ("hardtanh", "gelu", "hardsigmoid"):
            call(name, torch.tensor([math.nan, math.inf, -math.inf]) if name in ("relu", "leaky_relu") else randn(2))
    call("relu", torch.arange(-3, 3))
    call("relu6", torch.arange(-3, 10))
    call("gelu", torch.tensor([1, 2]))
    call("gelu", randn(4, 4, scale=3), approximate="tanh")
    call("gelu", randn(4, 4), approximate="no")
    call("hardtanh", randn(9, scale=4), -2.0, 3.0)
    call("hardtanh", randn(2), 2.0, 1.0)
    call("elu", randn(9), 0.7)
    call("celu", randn(9), 0.7)
    call("leaky_relu", randn(9), 0.3)
    call("softplus", randn(9, scale=4), 2.0, 3.0)
    call("hardshrink", randn(9), 0.2)
    call("softshrink", randn(9), 0.2)
    call("softshrink", randn(2), -0.2)
    call("threshold", randn(9), 0.1, 20.0)
    call("prelu", randn(2, 3, 4), torch.tensor([0.2], requires_grad=True))
    call("prelu", randn(2, 3, 4), torch.tensor([0.2, 0.3, -0.4], requires_grad=True))
    call("prelu", randn(2, 3, 4), torch.tensor([0.2, 0.3], requires_grad=True))
    call("glu", randn(4, 6))
    call("glu", randn(4, 6), 0)
    call("glu", randn(4, 5))


def losses() -> None:
    """Calls every activation at its edges."""
    for reduction in ("none", "mean", "sum"):
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
            call(name, randn(3, 4), randn(3, 4), reduction=reduction)
            call(name, randn(3, 4), randn(4), reduction=reduction)
        for name in ("mse_loss", "l1_loss", "huber_loss"):
            call(name, randn(3, 4), randn(3, 4), reduction=reduction, weight=torch.rand(3, 4, generator=generator))
        call("smooth_l1_loss", randn(9, scale=2), randn(9), reduction=reduction, beta=0.3)
        call("smooth_l1_loss", randn(9), randn(9), reduction=reduction, beta=0.0)
        call("huber_loss", randn(9, scale=2), randn(9), reduction=reduction, delta=0.4)
        p = torch.tensor([0.0, 1.0, 0.3, 0.999, 1.0, 0.0], requires_grad=True)
        y = torch.tensor([0.0, 1.0, 0.2, 1.0, 0.0, 1.0])
        call("binary_cross_entropy", p, y, reduction=reduction)
        call(
            "binary_cross_entropy",
            p.detach()[2:4].requires_grad_(),
            y[2:4].requires_grad_(),
            reduction=reduction,
            weight=torch.tensor([2.0, 0.5]),
        )
        call(
            "binary_cross_entropy_with_logits",
            randn(3, 4, scale=9),
            torch.rand(3, 4, generator=generator),
            reduction=reduction,
        )
        call(
            "binary_cross_entropy_with_logits",
            randn(3, 4, scale=9),
            torch.rand(3, 4, generator=generator),
            reduction=reduction,
            weight=torch.rand(4, generator=generator),
            pos_weight=torch.tensor([1.0, 2.0, 0.5, 3.0]),
        )
        call("kl_div", randn(3, 4), torch.softmax(randn(3, 4, grad=False), 1).requires_grad_(), reduction=reduction)
        call("kl_div", randn(3, 4), randn(3, 4), reduction=reduction, log_target=True)
        call("kl_div", randn(2), torch.tensor([0.0, 1.0]), reduction=reduction)
        for weight in (None, torch.rand(5, generator=generator) + 0.1):
            for smoothing in (0.0, 0.2):
                common = {"reduction": reduction, "label_smoothing": smoothing, "weight": weight}
                call("cross_entropy", randn(5), torch.tensor(2), **common)
                if smoothing == 0.0:
                    call("cross_entropy", randn(5, grad=False), torch.tensor([2]), **common)
                call("cross_entropy", randn(7, 5), classes(7, count=5), **common)
                call("cross_entropy", randn(7, 5), torch.tensor([0, -100, 4, 1, -100, 2, 3]), **common)
                call("cross_entropy", randn(7, 5), torch.tensor([0, 2, 4, 1, 2, 2, 3]), ignore_index=2, **common)
                call("cross_entropy", randn(7, 5), torch.tensor([0, 7, 4, 1, 7, 2, 3]), ignore_index=7, **common)
                call("cross_entropy", randn(2, 5, 3), classes(2, 3, count=5), **common)
                call("cross_entropy", randn(2, 5, 3, 2), classes(2, 3, 2, count=5), **common)
                call("cross_entropy", randn(7, 5), torch.softmax(randn(7, 5, grad=False), 1), **common)
                call("cross_entropy", randn(2, 5, 3), torch.softmax(randn(2, 5, 3, grad=False), 1), **common)
                call("cross_entropy", randn(5), torch.softmax(randn(5, grad=False), 0).requires_grad_(), **common)
            call("nll_loss", randn(7, 5), classes(7, count=5), weight=weight, reduction=reduction)
            call("nll_loss", randn(2, 5, 3), classes(2, 3, count=5), weight=weight, reduction=reduction)
    call("kl_div", randn(3, 4), torch.rand(3, 4, generator=generator), reduction="batchmean")
    call("cross_entropy", randn(3, 5), torch.full((3,), -100), reduction="sum")
    call("cross_entropy", randn(3, 5), torch.tensor([1, 2, 3], dtype=torch.uint8))
    call("cross_entropy", randn(3, 5, dtype=torch.float64), torch.tensor([1, 2, 3]))
    x = randn(3, 5)
    for size_average, reduce in ((False, None), (True, False), (None, True), (False, False), (None, False)):
        call("mse_loss", x, randn(3, 5), size_average, reduce)
    call("cross_entropy", torch.zeros(0, 4), torch.zeros(0).long(), reduction="sum")
    for target in (
        torch.tensor([0, 1, 9]),
        torch.tensor([0, 1, -1]),
        torch.tensor([0, 1]),
        torch.tensor([0.0, 1, 2]),
        torch.tensor([0, 1, 2], dtype=torch.int32),
        torch.randn(3, 6),
        torch.tensor([[0, 1, 2]]),
        torch.zeros(3, 5).long(),
    ):
        call("cross_entropy", x, target)
    call("cross_entropy", x, torch.tensor([0, 1, 2]), weight=torch.ones(3))
    call("cross_entropy", x, torch.tensor([0, 1, 2]), weight=torch.ones(5).double())
    call("cross_entropy", x, torch.tensor([0, 1, 2]), reduction="some")
    call("cross_entropy", x, torch.tensor([0, 1, 2]), label_smoothing=1.5)
    call("cross_entropy", x, torch.rand(3, 5), ignore_index=1)
    call("cross_entropy", x.detach().long(), torch.tensor([0, 1, 2]))
    call("cross_entropy", torch.tensor(1.0), torch.tensor(1))
    call("cross_entropy", randn(2, 5, 3), torch.zeros(2, 4).long())
    call("mse_loss", torch.tensor([1]), torch.tensor([1]))
    call("mse_loss", x, torch.rand(2, 5))
    call("smooth_l1_loss", x, x.detach(), beta=-1.0)
    call("huber_loss", x, x.detach(), delta=0.0)
    call("binary_cross_entropy", torch.tensor([1.5]), torch.tensor([1.0]))
    call("binary_cross_entropy", torch.tensor([0.5, 0.5]), torch.tensor([1.0]))
    call("binary_cross_entropy_with_logits", torch.tensor([0.5, 0.5]), torch.tensor([1.0]))


def layers() -> None:
    """Calls every loss with every reduction, and as it refuses."""
    table = randn(6, 3)
    call("embedding", torch.tensor([[0, 2], [5, 2]]), table)
    call("embedding", torch.tensor([1, 1, 3], dtype=torch.int32), table)
    call("embedding", torch.tensor(4), table)
    for padding in (2, -1, 0):
        call("embedding", torch.tensor([[0, 2, 5], [5, 2, 2]]), table, padding_idx=padding)
    for index in (torch.tensor([6]), torch.tensor([-1]), torch.tensor([1.0]), torch.tensor([1], dtype=torch.int16)):
        call("embedding", index, table)
    call("embedding", torch.tensor([0]), randn(3))
    call("one_hot", torch.tensor([[0, 2], [1, 1]]))
    call("one_hot", torch.tensor([0, 2]), 4)
    call("one_hot", torch.tensor(2))
    call("one_hot", torch.zeros(0, 2).long(), 3)
    for index, count in (
        (torch.tensor([1, -1]), -1),
        (torch.tensor([5]), 3),
        (torch.tensor([1.0]), -1),
        (torch.zeros(0).long(), -1),
        (torch.tensor([1], dtype=torch.int32), -1),
        (torch.tensor([1]), 0),
    ):
        call("one_hot", index, count)
    for dtype in (torch.float32, torch.float64):
        call("layer_norm", randn(2, 3, 4, dtype=dtype), [4])
        call(
            "layer_norm", randn(2, 3, 4, dtype=dtype), [3, 4], randn(3, 4, dtype=dtype), randn(3, 4, dtype=dtype), 1e-3
        )
        call("layer_norm", randn(2, 3, dtype=dtype), [2, 3], randn(2, 3, dtype=dtype))
        call("rms_norm", randn(2, 3, 4, dtype=dtype), [4])
        call("rms_norm", randn(2, 3, 4, dtype=dtype), [3, 4], randn(3, 4, dtype=dtype), 1e-3)
    call("layer_norm", randn(0, 4), [4])
    call("layer_norm", randn(2, 4), [3])
    call("layer_norm", randn(2, 4), [])
    call("layer_norm", randn(2, 4), [4], torch.ones(3))
    call("layer_norm", randn(2, 4), [4], None, torch.ones(3))
    call("layer_norm", randn(2, 4, dtype=torch.float64), [4], torch.ones(4))
    call("layer_norm", torch.ones(2, 4).long(), [4])
    call("rms_norm", randn(2, 4), [3])
    for p in (2.0, 1.0, 3.0, math.inf):
        call("normalize", randn(3, 4), p)
        call("normalize", randn(3, 4, 2), p, -1)
    call("normalize", torch.zeros(2, 3, requires_grad=True))
    call("normalize", randn(3, 4), dim=0, eps=2.0)
    call("cosine_similarity", randn(3, 4), randn(3, 4))
    call("cosine_similarity", randn(3, 4), randn(4), dim=-1)
    call("cosine_similarity", torch.zeros(2, 3), torch.zeros(2, 3))
    call("cosine_similarity", torch.ones(2).long(), torch.ones(2).long(), dim=0)
    call("pad", randn(2, 3), [1, 2])
    call("pad", randn(2, 3), [1, 2, 0, 3], "constant", 1.5)
    call("pad", randn(2, 5), [-1, 2, 1, -1])
    call("pad", randn(2, 5), [-1, -2])
    call("pad", torch.arange(3), [1, 1], value=2)
    for mode in ("reflect", "replicate", "circular"):
        call("pad", randn(2, 5), [2, 1], mode)
        call("pad", randn(2, 3, 4, 5), [2, 1, 1, 2], mode)
        call("pad", randn(1, 2, 3, 4, 5), [1, 1, 2, 0, 0, 1], mode)
    call("pad", randn(2, 3), [1])
    call("pad", randn(2, 3), [1, 1, 1, 1, 1, 1])
    call("pad", randn(2, 3), [-3, -3])
    call("pad", randn(2, 3), [1, 1], "other")
    call("pad", randn(2, 3), [3, 0], "reflect")
    call("pad", randn(2, 3), [1, 1, 1, 1], "reflect")
    call("pad", randn(2, 3), [1, 1], "reflect", 1.0)
    call("dropout", randn(3, 4), 0.0)
    call("dropout", randn(3, 4), 1.0)
    call("dropout", randn(3, 4), 0.5, False)
    call("dropout", randn(3, 4), 1.5)
    call("dropout", torch.arange(3), 0.5)


def draw(name: str, *arguments: object, exact: bool = True, **keywords: object) -> None:
    """Calls embeddings, norms, padding and what dropout does without drawing."""
    """One draw from the default generator; a name that ends in an underscore is a method that fills its tensor."""
    encoded_arguments = [encoded(a) for a in arguments]
    # The first two axes of such a tensor are exchanged views of memory in order.
    transposed = any(isinstance(a, torch.Tensor) and not a.is_contiguous() for a in arguments)
    if name.endswith("_"):
        result = getattr(arguments[0], name)(*arguments[1:], **keywords)
    else:
        result = getattr(torch, name)(*arguments, **keywords)
    DRAWS.append(
        {
            "function": name,
            "transposed": transposed,
            "arguments": encoded_arguments,
            "keywords": {k: encoded(v) for k, v in keywords.items()},
            "result": encoded(result),
            "exact": exact,
        }
    )


def draws() -> None:
    """Draws from the default generator by every function."""
    torch.manual_seed(0)
    zeros = torch.zeros
    for size in ([1], [5], [15], [16], [17], [3, 7], [4, 4], [100], [0], [2, 0], []):
        draw("rand", size)
        draw("randn", size, exact=False)
        draw("rand", size, dtype=torch.float64)
        draw("randn", size, dtype=torch.float64, exact=False)
        draw("randint", 10, size)
        draw("randint", -5, 2**40, size)
        draw("randint", 0, 2**31 - 1, size, dtype=torch.int32)
    for dtype in (torch.float16, torch.bfloat16):
        draw("rand", [33], dtype=dtype)
        draw("randint", 3, [9], dtype=dtype)
    draw("randint", 3, [9], dtype=torch.float32)
    for n in (0, 1, 2, 10, 100):
        draw("randperm", n)
        draw("randperm", n, dtype=torch.int32)
        draw("randperm", n, dtype=torch.float32)
    draw("rand_like", zeros(3, 4))
    draw("randn_like", zeros(5, 4), exact=False)
    draw("randn_like", zeros(5, 4, dtype=torch.float64), exact=False)
    draw("randint_like", zeros(5), 9)
    draw("randint_like", zeros(5), 3, 9, dtype=torch.int64)
    for dtype in (torch.float32, torch.float64):
        draw("uniform_", zeros(7, 3, dtype=dtype))
        draw("uniform_", zeros(7, 3, dtype=dtype), -2.0, 3.5)
        draw("normal_", zeros(7, 3, dtype=dtype), exact=False)
        draw("normal_", zeros(5, dtype=dtype), 2.0, 0.5, exact=False)
        draw("exponential_", zeros(9, dtype=dtype), 2.0, exact=False)
        draw("cauchy_", zeros(9, dtype=dtype), exact=False)
        draw("log_normal_", zeros(20, dtype=dtype), exact=False)
        draw("geometric_", zeros(9, dtype=dtype), 0.3)
        draw("bernoulli_", zeros(9, dtype=dtype))
        draw("bernoulli_", zeros(9, dtype=dtype), 0.2)
        draw("bernoulli_", zeros(9, dtype=dtype), torch.linspace(0, 1, 9))
        draw("bernoulli_", zeros(9, dtype=dtype), torch.linspace(0, 1, 9, dtype=torch.float64))
        draw("bernoulli", torch.linspace(0, 1, 9, dtype=dtype))
        draw("bernoulli", zeros(9, dtype=dtype), 0.6)
        draw("poisson", torch.linspace(0, 30, 9, dtype=dtype))
        draw("multinomial", torch.linspace(0, 3, 9, dtype=dtype), 4)
        draw("multinomial", torch.rand(3, 5, dtype=dtype, generator=generator), 9, True)
        draw("multinomial", torch.rand(3, 5, dtype=dtype, generator=generator), 1)
        torch.manual_seed(0)
        DRAWS.append({"seed": 0})
    for dtype in (torch.int64, torch.int32, torch.uint8, torch.int8, torch.float32, torch.float64, torch.bool):
        draw("random_", zeros(9, dtype=dtype))
        if dtype is not torch.bool:
            draw("random_", zeros(9, dtype=dtype), 7)
            draw("random_", zeros(9, dtype=dtype), 3, 100)
            draw("random_", zeros(9, dtype=dtype), 3, None)
        draw("bernoulli_", zeros(9, dtype=dtype), 0.4)
    draw("geometric_", zeros(9, dtype=torch.int64), 0.3)
    for dtype in (torch.float32, torch.float64):
        for shape in ((3, 8), (2, 3), (2, 3, 4)):
            for name in ("uniform_", "normal_", "exponential_", "bernoulli_"):
                draw(name, zeros(shape, dtype=dtype).transpose(0, 1), exact=name in ("uniform_", "bernoulli_"))
            for name in ("rand_like", "randn_like"):
                draw(name, zeros(shape, dtype=dtype).transpose(0, 1), exact=name == "rand_like")
    draw("normal", torch.linspace(-5, 5, 20), torch.linspace(0, 5, 20), exact=False)
    draw("normal", torch.linspace(-5, 5, 20), 0.3, exact=False)
    draw("normal", torch.linspace(-5, 5, 20), exact=False)
    draw("normal", 2.0, torch.linspace(0, 5, 20), exact=False)
    draw("normal", torch.zeros(4, 1), torch.ones(3), exact=False)
    draw("normal", 2.0, 0.5, [20], exact=False)
    draw("rand", [3])


def main() -> None:
    """Writes the calls and draws beside this file."""
    torch.manual_seed(1)
    activations()
    losses()
    layers()
    draws()
    calls = ",\n".join(json.dumps(c) for c in CALLS)
    drawn = ",\n".join(json.dumps(c) for c in DRAWS)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(f'{{"torch": "{torch.__version__}", "calls": [\n{calls}\n], "draws": [\n{drawn}\n]}}\n')


if __name__ == "__main__":
    main()
