"""Holds `torch.tensordot`, `svd_lowrank` and `pca_lowrank`, whose arguments or random draws are Python's to sort out.

The approximations are by Halko, Martinsson and Tropp, "Finding structure with randomness" (2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flashlight import _C
from flashlight._C import Tensor, linalg

__all__ = ["pca_lowrank", "svd_lowrank", "tensordot"]


def tensordot(
    a: Tensor, b: Tensor, dims: int | Sequence[int] | Sequence[Sequence[int]] | Tensor = 2, out: Tensor | None = None
) -> Tensor:
    """The sum of products over axes of both: the last `dims` of `a`, the first of `b`, or those that two lists name."""
    axes: Any = dims.tolist() if isinstance(dims, Tensor) else dims
    if isinstance(axes, Sequence) and len(axes) == 1 and isinstance(axes[0], int):
        axes = axes[0]
    of_a: list[int]
    of_b: list[int]
    if isinstance(axes, int):
        if axes < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={axes}")
        if axes > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={axes}")
        of_a, of_b = list(range(a.dim() - axes, a.dim())), list(range(axes))
    else:
        of_a, of_b = ([side] if isinstance(side, int) else list(side) for side in axes)
    if len(of_a) != len(of_b):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype != b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    of_a, of_b = [d % a.dim() if d < 0 else d for d in of_a], [d % b.dim() if d < 0 else d for d in of_b]
    for p, q in zip(of_a, of_b, strict=True):
        if a.shape[p] == 1:
            b = b.sum(q, keepdim=True, dtype=b.dtype)
        elif b.shape[q] == 1:
            a = a.sum(p, keepdim=True, dtype=a.dtype)
        elif a.shape[p] != b.shape[q]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[p]} in dim {p} and second has size "
                f"{b.shape[q]} in dim {q}"
            )
    rest_a = [d for d in range(a.dim()) if d not in of_a]
    rest_b = [d for d in range(b.dim()) if d not in of_b]
    inner = _count(a.shape[d] for d in of_a)
    left = a.permute([*rest_a, *of_a]).reshape(_count(a.shape[d] for d in rest_a), inner)
    right = b.permute([*of_b, *rest_b]).reshape(inner, _count(b.shape[d] for d in rest_b))
    shape = [*(a.shape[d] for d in rest_a), *(b.shape[d] for d in rest_b)]
    result = _C.mm(left, right).reshape(shape)
    return result if out is None else _C.mul(result, 1, out=out)


def _count(sizes) -> int:
    count = 1
    for size in sizes:
        count *= size
    return count


def _basis(a: Tensor, q: int, niter: int, m: Tensor | None) -> Tensor:
    """Orthonormal columns whose span is near that of the largest singular vectors."""
    x = a if m is None else a - m
    draws = _C.randn((a.shape[-1], q), dtype=a.dtype, device=a.device)
    basis = linalg.qr(x @ draws).Q
    for _ in range(niter):
        across = linalg.qr(x.mH @ basis).Q
        basis = linalg.qr(x @ across).Q
    return basis


def svd_lowrank(
    A: Tensor,  # noqa: N803 - torch's name
    q: int | None = 6,
    niter: int | None = 2,
    M: Tensor | None = None,  # noqa: N803 - torch's name
) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and V of about the q largest singular values of A, less M where that is given."""
    q = 6 if q is None else q
    m, n = A.shape[-2:]
    shifted = A if M is None else A - M
    if m < n:
        shifted = shifted.mH
    basis = _basis(shifted, q, 2 if niter is None else niter, None)
    small = basis.mH @ shifted
    u, s, vh = linalg.svd(small, full_matrices=False)
    u, v = basis @ u, vh.mH
    return (v, s, u) if m < n else (u, s, v)


def pca_lowrank(
    A: Tensor,  # noqa: N803 - torch's name
    q: int | None = None,
    center: bool = True,
    niter: int = 2,
) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and V of about the q largest singular values of A, whose columns are centred first."""
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=-2, keepdim=True) if center else A, q, niter)
