"""Holds when a result of Flashlight agrees with torch's: structure, element types and shapes strictly, values near."""

from __future__ import annotations

import math

import torch

import flashlight
from op_db import translation

FORWARD = 1e-5
GRADIENT = 1e-4
CEILING = 1e-3
"""How far results may lie apart, relative to 1 or to the larger value. Where torch's own float32 result lies further
than that from its float64 result, that far, but never further than the ceiling."""

UNDEFINED = {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided", "resize_"}
"""Entries whose elements are whatever memory holds: structure, element types and shapes are judged."""


MASKED = {f"nn.functional.{name}" for name in ("dropout", "dropout2d", "dropout3d")}
"""Entries whose masks are not torch's, by design: what is kept must be what torch makes of it, scale included, and
gradients must have a mask as well."""


def masked(base, ours, theirs):
    """What torch would have made of `base`, of which it keeps other elements than ours does."""
    told = theirs if theirs.any() else ours
    scale = (told / base)[told != 0].median() if told.any() else 0.0
    return torch.where(ours == 0, 0.0, base * scale)


class Disagreement(Exception):  # noqa: N818 - a verdict, not an error
    """What differs."""


def tensors(value):
    """The tensors of a value, however nested, in order."""
    if isinstance(value, (torch.Tensor, flashlight.Tensor)):
        return [value]
    if isinstance(value, dict):
        return [tensor for entry in value.values() for tensor in tensors(entry)]
    if isinstance(value, (list, tuple)):
        return [tensor for entry in value for tensor in tensors(entry)]
    return []


def check_structure(ours, theirs, place="result"):
    """Raises unless values agree in everything but the elements of tensors."""
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, flashlight.Tensor):
            raise Disagreement(f"{place}: {type(ours).__name__} for a tensor")
        check_equal(str(ours.dtype).rpartition(".")[2], str(theirs.dtype).rpartition(".")[2], f"{place}: dtype")
        check_equal(tuple(ours.shape), tuple(theirs.shape), f"{place}: shape")
    elif isinstance(theirs, (torch.dtype, torch.device)):
        check_equal(str(ours).rpartition(".")[2], str(theirs).rpartition(".")[2], place)
    elif isinstance(theirs, (list, tuple)):
        kind = list if isinstance(theirs, list) else tuple
        if not isinstance(ours, kind) or isinstance(ours, flashlight.Size) != isinstance(theirs, torch.Size):
            raise Disagreement(f"{place}: {type(ours).__name__} for {type(theirs).__name__}")
        check_equal(len(ours), len(theirs), f"{place}: length")
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            check_structure(mine, other, f"{place}[{i}]")
        for name in fields(theirs):
            i = next(i for i, entry in enumerate(theirs) if entry is getattr(theirs, name))
            if getattr(ours, name, None) is not ours[i]:
                raise Disagreement(f"{place}: no field {name}")
    else:
        check_equal(type(ours).__name__, type(theirs).__name__, f"{place}: type")
        if not (isinstance(theirs, float) and math.isnan(theirs) and math.isnan(ours)):
            if isinstance(theirs, float):
                check_close(torch.tensor(ours), torch.tensor(theirs), FORWARD, place)
            else:
                check_equal(ours, theirs, place)


def fields(value):
    """The field names of a result of torch's that has such."""
    if not hasattr(value, "n_fields"):
        return getattr(value, "_fields", ())
    known = {"count", "index", "n_fields", "n_sequence_fields", "n_unnamed_fields"}
    return [name for name in dir(value) if not name.startswith("_") and name not in known]


def check_equal(ours, theirs, place):
    """Raises unless plain values are equal."""
    if ours != theirs:
        raise Disagreement(f"{place}: {ours} x {theirs}")


def distance(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest distance of elements, relative to 1 or to theirs; infinite where nan or infinities differ."""
    if not theirs.numel():
        return 0.0
    if not (theirs.is_floating_point() or theirs.is_complex()):
        return 0.0 if torch.equal(ours, theirs) else math.inf
    wide = torch.complex128 if theirs.is_complex() else torch.float64
    ours, theirs = ours.to(wide).flatten(), theirs.to(wide).flatten()
    if theirs.is_complex():
        ours, theirs = torch.view_as_real(ours).flatten(), torch.view_as_real(theirs).flatten()
    same = (ours == theirs) | (ours.isnan() & theirs.isnan())
    apart = ((ours - theirs).abs() / theirs.abs().clamp(min=1))[~same]
    return apart.nan_to_num(nan=math.inf, posinf=math.inf).max().item() if apart.numel() else 0.0


def check_close(ours, theirs, bound, place, exact=None) -> float:
    """Raises unless the elements agree to the bound; gives their distance.

    `exact` computes torch's result from float64, or gives None where it cannot.
    """
    apart = distance(ours, theirs)
    if apart <= bound:
        return apart
    reference = exact() if exact else None
    if reference is not None and reference.shape == theirs.shape and math.isfinite(apart):
        allowed = min(max(bound, distance(theirs, reference)), CEILING)
        if apart <= allowed or distance(ours, reference) <= allowed:
            return apart
        bound = allowed
    if math.isfinite(apart):
        raise Disagreement(f"{place}: values differ by {apart:.1e} > {bound:.1e}")
    raise Disagreement(f"{place}: values differ: {first_difference(ours, theirs)}")


def first_difference(ours, theirs):
    """The first elements that differ, of ours and of torch's."""
    for i, (mine, other) in enumerate(zip(ours.flatten().tolist(), theirs.flatten().tolist(), strict=True)):
        if mine != other and not (mine != mine and other != other):
            return f"{mine} x {other} at {i}"
    return ""


def compare(name, ours, theirs, inputs, exact=None) -> float:
    """Raises unless ours agrees with torch's result of an entry; gives the largest distance of elements.

    `inputs` are torch's; `exact` gives torch's result from float64 inputs.
    """
    check_structure(ours, theirs)
    if name in UNDEFINED:
        return 0.0
    reading = READINGS.get(name, lambda _, result: tensors(result))
    mine, other = (reading(inputs, detached(value)) for value in (translation.result(ours), theirs))
    wide = []

    def reference(i):
        if not wide:
            wide.append(exact())
        found = reading(inputs, detached(wide[0])) if wide[0] is not None else None
        return found[i] if found is not None and len(found) == len(other) else None

    largest = 0.0
    if name in MASKED:
        other = [masked(inputs[0].detach(), mine[0], other[0])]
    for i, (a, b) in enumerate(zip(mine, other, strict=True)):
        place = "result" if len(other) == 1 else f"result[{i}]"
        largest = max(largest, check_close(a, b, FORWARD, place, exact and (lambda i=i: reference(i))))
    return largest


def detached(value):
    """Torch's values as such, however nested."""
    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().resolve_neg()
    if isinstance(value, (list, tuple)):
        return [detached(entry) for entry in value]
    return value


# Results that are right in more ways than one, such as eigenvectors: what of them is compared.


def _singular(inputs, result):
    u, s, v = result
    vh = v.mH
    return _composed(u, s, vh)


def _singular_linalg(inputs, result):
    return _composed(*result)


def _composed(u, s, vh):
    if not u.numel() or not vh.numel():
        return [s]
    k = s.shape[-1]
    return [s, (u[..., :, :k] * s.unsqueeze(-2)) @ vh[..., :k, :], u.mH @ u, vh @ vh.mH]


def _low_rank(inputs, result):
    u, s, v = result
    return [s, (u * s.unsqueeze(-2)) @ v.mH]


def _hermitian(inputs, result):
    values, vectors = result
    return [values, (vectors * values.unsqueeze(-2)) @ vectors.mH, vectors.mH @ vectors]


def _ordered(values):
    order = torch.view_as_real(values).double().mul(1e4).round()[..., 0].argsort(stable=True)
    return values.gather(-1, order)


def _eigen(inputs, result):
    values, vectors = result
    a = inputs[0].detach().to(vectors.dtype)
    return [_ordered(values).real, a @ vectors - vectors * values.unsqueeze(-2)]


def _orthogonal_triangular(inputs, result):
    q, r = result
    if not q.numel():
        return [r.abs()]
    return [q @ r, q.mH @ q, r.abs()]


READINGS = {
    "svd": _singular,
    "linalg.svd": _singular_linalg,
    "svd_lowrank": _low_rank,
    "pca_lowrank": _low_rank,
    "linalg.eigh": _hermitian,
    "linalg.eig": _eigen,
    "linalg.eigvals": lambda _, result: [_ordered(result).real, _ordered(result).imag.abs()],
    "linalg.qr": _orthogonal_triangular,
}
"""By entry, what of a result is compared: of torch's inputs and a result in torch's tensors, a list of tensors."""
