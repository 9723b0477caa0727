"""Holds calls of linear algebra, Fourier transforms, windows and complex numbers, as data for `samples.py`."""

import torch
from samples import C64, F16, F64, I64, Constant, add, call, flags, number, once, rand, whole


def near_eye(*shape, dtype=F64):
    """Matrices that are far from singular."""
    return (rand(*shape, dtype=F64) * 0.4 + 2 * torch.eye(shape[-2], shape[-1], dtype=F64)).to(dtype)


def symmetric(*shape, dtype=F64):
    """Positive definite matrices."""
    x = near_eye(*shape, dtype=F64)
    return (x @ x.mT).to(dtype)


def complexes(*shape):
    return torch.complex(rand(*shape), rand(*shape))


# Systems, inverses, determinants.
A, B = near_eye(3, 3), near_eye(2, 3, 3)
SINGULAR = number([[1.0, 2.0], [2.0, 4.0]])
WRONG = [call(rand(3)), call(rand(2, 3)), call(whole(3, 3)), call(rand(2, 2, dtype=F16))]
for name in ("linalg_inv", "linalg_inv_ex", "inverse"):
    add(name, call(A), call(B), call(A.float()), call(near_eye(1, 1)), call(rand(0, 0)), call(rand(2, 0, 0)), *WRONG)
add("linalg_inv inverse", call(SINGULAR), call(torch.stack([torch.eye(2), SINGULAR])))
add("linalg_inv_ex", call(A, check_errors=True))
for name in ("linalg_solve", "linalg_solve_ex"):
    add(name, call(A, rand(3, 2, dtype=F64)), call(A, rand(3, dtype=F64)), call(B, rand(2, 3, 2, dtype=F64)))
    add(name, call(B, rand(2, 3, dtype=F64)), call(A, rand(2, 3, dtype=F64), left=False), call(A, B), call(B, A))
    add(
        name,
        call(A, rand(3, 2)),
        call(A, rand(2, 2, dtype=F64)),
        call(rand(3), rand(3)),
        call(A, rand(3, dtype=F64), left=False),
    )
add("linalg_solve", call(SINGULAR, rand(2, 2)))
for upper in (True, False):
    add(
        "linalg_solve_triangular",
        call(A, rand(3, 2, dtype=F64), upper=upper),
        call(B, A, upper=upper, unitriangular=True),
    )
    add(
        "linalg_solve_triangular",
        call(A, rand(2, 3, dtype=F64), upper=upper, left=False),
        call(A, rand(2, 2, dtype=F64), upper=upper),
    )
    for transpose in (True, False):
        add("triangular_solve", call(rand(3, 2, dtype=F64), A, upper, transpose), call(B, A, upper, transpose, True))
for name in ("linalg_cholesky", "linalg_cholesky_ex"):
    add(
        name,
        call(symmetric(3, 3)),
        call(symmetric(2, 3, 3)),
        call(symmetric(3, 3), upper=True),
        call(rand(0, 0)),
        *WRONG,
    )
add("linalg_cholesky", call(-torch.eye(2)), call(torch.stack([torch.eye(2), -torch.eye(2)])))
add("cholesky_inverse", call(A.tril()), call(B.tril()), call(A.triu(), True), call(rand(2, 3)))
add(
    "cholesky_solve",
    call(rand(3, 2, dtype=F64), A.tril()),
    call(rand(2, 3, 2, dtype=F64), B.triu(), upper=True),
    call(rand(3), A.tril()),
)
add(
    "linalg_det det linalg_slogdet slogdet logdet",
    call(A),
    call(B),
    call(-B),
    call(A.float()),
    call(near_eye(1, 1)),
    *WRONG,
)
add("linalg_det det", once(rand(0, 0)), once(rand(2, 0, 0)))
for name in ("linalg_matrix_power", "matrix_power"):
    add(name, *(call(A, n) for n in (0, 1, 2, 3, 5, -1, -3)), call(B, 3), call(SINGULAR, -2), call(rand(2, 3), 2))
add(
    "linalg_matrix_exp matrix_exp",
    call(rand(3, 3, dtype=F64)),
    call(rand(2, 2, 2, dtype=F64)),
    call(rand(2, 2) * 9),
    call(rand(2, 3)),
)
add(
    "linalg_multi_dot",
    call([A, A]),
    call([A, rand(3, 2, dtype=F64), rand(2, dtype=F64)]),
    call([rand(3, dtype=F64), A, A, A]),
)
add("linalg_multi_dot", call([A]), call([A, rand(2, 2, dtype=F64)]))
CUBES = near_eye(4, 4).reshape(4, 2, 2)
add("linalg_tensorinv", call(CUBES, 1), call(near_eye(4, 4).reshape(2, 2, 2, 2)), call(rand(2, 3), 1), call(CUBES, 0))
add("linalg_tensorsolve", call(CUBES, rand(4, dtype=F64)), call(near_eye(6, 6).reshape(2, 3, 6), rand(2, 3, dtype=F64)))
add(
    "linalg_tensorsolve",
    call(near_eye(4, 4).reshape(2, 4, 2), rand(4, dtype=F64), dims=(0, 2)),
    call(rand(2, 3), rand(2)),
)
add(
    "linalg_ldl_factor linalg_ldl_factor_ex",
    call(Constant(symmetric(3, 3))),
    call(Constant(rand(2, 2, 3, 3)[0] + torch.eye(3) * 9)),
    call(rand(2, 3)),
)
FACTORS = torch.linalg.ldl_factor(symmetric(3, 3))
add("linalg_ldl_solve", call(Constant(FACTORS.LD), FACTORS.pivots, Constant(rand(3, 2, dtype=F64))))
add("linalg_vander", call(rand(3)), call(rand(2, 3), N=4), call(whole(3)), call(rand(), N=2), call(rand(3), N=1))
add(
    "vander",
    call(rand(3)),
    call(rand(3), 2),
    call(rand(3), 4, True),
    call(whole(3)),
    call(rand(2, 2)),
    call(rand(3), 0),
)

# Factors.
TALL, WIDE = rand(4, 3, dtype=F64), rand(3, 4, dtype=F64)
for name in ("linalg_lu", "linalg_lu_factor", "linalg_lu_factor_ex", "lu"):
    add(
        name,
        call(A),
        call(B),
        call(TALL),
        call(WIDE),
        call(rand(2, 4, 2, dtype=F64)),
        call(A, pivot=False),
        call(rand(3)),
    )
add("lu", call(A, True, True))
LU = torch.linalg.lu_factor(A)
LUS = torch.linalg.lu_factor(B)
for left in (True, False):
    for adjoint in (True, False):
        add("linalg_lu_solve", call(LU.LU, LU.pivots, rand(3, 3, dtype=F64), left=left, adjoint=adjoint))
add("linalg_lu_solve", call(LUS.LU, LUS.pivots, rand(3, 2, dtype=F64)))
add("lu_solve", call(rand(3, 2, dtype=F64), LU.LU, LU.pivots), call(rand(2, 3, 2, dtype=F64), LUS.LU, LUS.pivots))
add("lu_unpack", call(*LU), call(*LUS), call(*LU, False), call(*LU, True, False), call(*torch.linalg.lu_factor(TALL)))
add("lu_unpack", call(*torch.linalg.lu_factor(WIDE)), call(LU.LU, LU.pivots.long()))
add(
    "linalg_qr",
    call(A),
    call(B),
    call(TALL),
    call(WIDE),
    call(Constant(TALL), "complete"),
    call(Constant(TALL), "r"),
    call(A, "x"),
)
add("linalg_qr", call(Constant(WIDE), "complete"), call(rand(3)))
add("geqrf", call(Constant(A)), call(Constant(TALL)), call(Constant(rand(2, 2, 3))), call(rand(3)))
REFLECTED = [torch.geqrf(x) for x in (A, TALL, rand(2, 3, 2, dtype=F64))]
add("linalg_householder_product orgqr", *(call(*r) for r in REFLECTED), call(REFLECTED[1].a, REFLECTED[1].tau[:2]))
for left in (True, False):
    for transpose in (True, False):
        add("ormqr", call(*REFLECTED[0], rand(3, 3, dtype=F64), left, transpose))
add(
    "ormqr",
    call(*REFLECTED[1], rand(4, 2, dtype=F64)),
    call(*REFLECTED[1], rand(2, 4, dtype=F64), False),
    call(*REFLECTED[1], rand(3, 3, dtype=F64)),
)
add("linalg_svdvals", call(A), call(B), call(TALL), call(WIDE), call(rand(2, 2)), call(rand(3)), call(whole(2, 2)))
add("linalg_svd", call(Constant(rand(2, 2))), call(Constant(torch.eye(3, 2))), call(rand(3)))
add("svd", call(Constant(rand(2, 2))), call(A, compute_uv=False), call(rand(3)))
add(
    "linalg_eigvalsh",
    call(symmetric(3, 3)),
    call(symmetric(2, 3, 3), "U"),
    call(symmetric(2, 2), "X"),
    call(rand(2, 3)),
)
add("linalg_eigh", call(Constant(symmetric(3, 3, dtype=torch.float32))), call(rand(2, 3)))
add("linalg_eigvals", once(Constant(rand(3, 3))), call(rand(2, 3)))
add("linalg_eig", once(Constant(torch.diag(number([1.0, 2.0, 3.0])))), call(rand(2, 3)))
add("linalg_polar", call(TALL), call(A), call(B), call(WIDE))
add("linalg_matrix_sqrth", call(symmetric(3, 3)), call(symmetric(2, 2, 2)))
add(
    "linalg_pinv",
    call(A),
    call(TALL),
    call(WIDE),
    call(rand(2, 4, 2, dtype=F64)),
    call(TALL, rtol=0.1),
    call(TALL, atol=0.1),
)
add(
    "linalg_pinv",
    call(symmetric(3, 3), hermitian=True),
    call(TALL, 1e-9),
    call(B, rtol=Constant(torch.tensor([0.1, 0.2], dtype=F64))),
    call(rand(3)),
)
add("pinverse", call(A), call(TALL), call(TALL, 1e-3), call(rand(3)))
add(
    "linalg_matrix_rank",
    call(A),
    call(SINGULAR),
    call(TALL, 0.5),
    call(TALL, rtol=0.1),
    call(symmetric(3, 3), hermitian=True),
)
add("linalg_matrix_rank", call(B, atol=torch.tensor([0.1, 9.0], dtype=F64)), call(rand(2, 0)), call(rand(3)))
for driver in ("gels", "gelsy", "gelsd", "gelss"):
    add(
        "linalg_lstsq",
        call(TALL, rand(4, 2, dtype=F64), driver=driver),
        call(WIDE, rand(3, 2, dtype=F64), driver=driver),
    )
add(
    "linalg_lstsq",
    call(A, rand(3, dtype=F64)),
    call(TALL, rand(3, 2, dtype=F64)),
    call(TALL, TALL, driver="x"),
    call(rand(2, 4, 3, dtype=F64), rand(2, 4, dtype=F64)),
)
X = rand(3, 5)
add(
    "cov",
    call(X),
    call(X, correction=0),
    call(rand(4)),
    call(X, fweights=whole(5, low=1, high=4)),
    call(rand()),
    call(rand(2, 2, 2)),
)
add(
    "cov",
    call(X, aweights=Constant(rand(5, low=0.1))),
    call(X, fweights=whole(5, low=1, high=4), aweights=Constant(rand(5, low=0.1))),
    call(whole(3, 4)),
)
add("corrcoef", call(X), call(rand(4)), call(rand(2, 2, 2)))

# Norms.
CUBE = rand(2, 3, 4)
ORDERS = (None, 0, 0.5, 1, 2, 3, -1, -2, float("inf"), float("-inf"))
add(
    "linalg_norm",
    call(CUBE),
    *(call(CUBE, p, 1) for p in ORDERS),
    *(call(CUBE, p, (0, 2)) for p in (1, -1, 2, -2, "fro", "nuc")),
)
add(
    "linalg_norm",
    call(X, "fro"),
    call(X, 2),
    call(X, "nuc"),
    call(CUBE, 2),
    call(X, 3),
    call(rand(3, dtype=F64), dtype=F64),
    call(CUBE, 2, (0, 1), True),
)
add(
    "linalg_matrix_norm",
    *(call(CUBE, p) for p in (1, -1, 2, -2, "fro", "nuc", float("inf"), float("-inf"))),
    call(CUBE, 2, (0, 2), True),
)
add("linalg_matrix_norm", call(X), call(rand(3)), call(X, 3), call(X, "x"), call(X, dtype=F64))
add(
    "linalg_cond",
    call(A),
    call(B),
    *(call(A, p) for p in (1, -1, 2, -2, float("inf"), "fro", "nuc")),
    call(TALL),
    call(TALL, 1),
    call(rand(3)),
)
add("linalg_cond", once(SINGULAR, 1))

# Products, distances, areas.
for name in ("cross", "linalg_cross"):
    add(
        name,
        call(rand(2, 3), rand(2, 3)),
        call(rand(3, 3), rand(3, 3), dim=0),
        call(rand(2, 3), rand(1, 3)),
        call(rand(2, 2), rand(2, 2)),
        call(whole(3), whole(3)),
    )
add(
    "linalg_vecdot",
    call(rand(2, 3), rand(2, 3)),
    call(rand(2, 3), rand(3)),
    call(rand(3, 2), rand(3, 2), dim=0),
    call(whole(3), whole(3)),
)
add("linalg_diagonal", call(CUBE), call(X, offset=1), call(CUBE, dim1=0, dim2=1), call(rand(3)))
for name in ("trapezoid", "trapz", "cumulative_trapezoid"):
    add(
        name,
        call(X),
        call(X, dx=0.5),
        call(X, dim=0),
        call(X, rand(5)),
        call(X, rand(3), dim=0),
        call(X, rand(3, 5)),
        call(X, rand(4)),
    )
    add(name, call(CUBE, rand(3, 4)), call(whole(4)), call(rand(3, dtype=F64), rand(3, dtype=F64)), call(rand(3, 1)))
for p in (0, 0.5, 1, 1.5, 2, 3, float("inf")):
    add("cdist", call(rand(3, 2, dtype=F64), rand(4, 2, dtype=F64), p))
    add("pdist", call(rand(4, 3, dtype=F64), p))
add(
    "cdist",
    call(rand(2, 3, 2), rand(4, 2)),
    call(rand(3, 2), rand(4, 3)),
    call(rand(3), rand(3)),
    call(rand(3, 0), rand(2, 0)),
    call(rand(3, 2), rand(4, 2), -1),
)
add("pdist", call(rand(1, 3)), call(rand(3)), call(rand(3, 0)))
add(
    "combinations",
    call(rand(4)),
    call(rand(4), 3),
    call(rand(3), 2, True),
    call(whole(3), 1),
    call(rand(2, 2)),
    call(rand(3), 0),
    call(rand(0)),
)
add("cartesian_prod", call(rand(2), rand(3)), call(rand(2)), call(rand(2), rand(3), rand(2)), call(rand(2, 2), rand(2)))
add(
    "block_diag",
    call(rand(2, 3), rand(3, 1)),
    call(rand(2), rand()),
    call(rand(2, 2)),
    call(whole(2, 2), rand(1)),
    call(rand(2, 2, 2)),
)

# Complex numbers.
Z = complexes(2, 3)
add("real", call(X), call(Z))
add("imag", call(Z), call(X))
add("conj conj_physical", call(X), call(Z), call(whole(3)))
add("resolve_conj resolve_neg", call(X), call(Z))
add("is_conj is_neg", call(X))
add(
    "complex",
    call(rand(3), rand(3)),
    call(rand(2, 3), rand(3)),
    call(rand(3), rand(3, dtype=F64)),
    call(whole(3), whole(3)),
)
add("polar", call(rand(3, low=0.1), rand(3)), call(rand(2, 3, low=0.1), rand(3)), call(rand(3), whole(3)))
add("view_as_real", call(Z), call(X))
add("view_as_complex", call(rand(3, 2)), call(rand(2)), call(X), call(whole(2, 2)))
add("angle", call(rand(4)), call(Z), call(whole(3)), call(number([float("nan"), -0.0, -1.0])))
add("sgn", call(rand(3)), call(whole(3)), call(flags(3)), call(number([0.0, -2.0])), call(complexes(3)))
add("isreal", call(X), call(Z), call(torch.zeros(2, dtype=C64)), call(whole(2)))
add("H", call(X), call(Z), call(rand()), call(rand(3)))
add("mH adjoint", call(X), call(CUBE), call(complexes(2, 3)), call(rand(3)))

# Fourier transforms.
for name in ("fft", "ifft", "hfft", "irfft"):
    add(
        f"fft_{name}",
        call(rand(4)),
        call(complexes(2, 5)),
        call(complexes(2, 5), 4),
        call(complexes(2, 3), 6),
        call(complexes(3, 2), dim=0),
    )
for name in ("rfft", "ihfft"):
    add(
        f"fft_{name}",
        call(rand(4)),
        call(rand(2, 5)),
        call(rand(2, 5), 4),
        call(rand(2, 3), 6),
        call(rand(3, 2), dim=0),
        call(complexes(2)),
    )
for name in ("fft", "ifft", "hfft", "irfft", "rfft", "ihfft"):
    add(
        f"fft_{name}",
        call(rand(4), norm="ortho"),
        call(rand(5), norm="forward"),
        call(whole(4)),
        call(rand(4), 0),
        call(rand(4), norm="x"),
        call(rand(4), dim=2),
    )
    for several in ("2", "n"):
        add(
            f"fft_{name}{several}",
            call(rand(3, 4)),
            call(rand(2, 3, 5), norm="ortho"),
            call(rand(2, 3, 4), (2, 5)),
            call(rand(3, 4), dim=(0, 1), norm="forward"),
        )
        add(f"fft_{name}{several}", call(rand(3, 4), (2, 2, 2)), call(rand(3, 4), dim=(0, 0)))
add(
    "fft_fftshift fft_ifftshift",
    call(rand(4)),
    call(rand(5)),
    call(rand(3, 4)),
    call(rand(3, 4), 0),
    call(whole(2, 3), (0, 1)),
    call(rand(3), 1),
)
add("fft_fftfreq fft_rfftfreq", call(4), call(5), call(5, 0.5), call(4, dtype=F64), call(1))

# Windows.
for name in ("hann", "hamming", "blackman", "bartlett", "kaiser"):
    add(
        f"{name}_window",
        *(call(n) for n in (0, 1, 2, 5, 8)),
        call(6, False),
        call(7, periodic=False, dtype=F64),
        call(-1),
        call(3, dtype=I64),
    )
add("hamming_window", call(6, True, 0.6), call(6, True, 0.6, 0.3))
add("kaiser_window", call(6, True, 5.0), call(6, False, 0.0))
for name in (
    "hann",
    "hamming",
    "blackman",
    "nuttall",
    "general_hamming",
    "bartlett",
    "cosine",
    "gaussian",
    "exponential",
    "kaiser",
):
    add(
        f"windows_{name}",
        *(call(n) for n in (0, 1, 2, 5, 8)),
        call(6, sym=False),
        call(7, sym=False, dtype=F64),
        call(-1),
        call(3, dtype=I64),
    )
add(
    "windows_general_cosine",
    call(5, a=[0.4, 0.3, 0.3]),
    call(6, a=(0.5, 0.5), sym=False),
    call(1, a=[1.0]),
    call(0, a=[1.0]),
)
add("windows_general_hamming", call(6, alpha=0.6))
add("windows_gaussian", call(6, std=2.0), call(6, std=-1.0))
add("windows_exponential", call(6, tau=2.0), call(6, center=2, sym=False), call(6, center=2), call(6, tau=0.0))
add("windows_kaiser", call(6, beta=3.0), call(6, beta=-1.0))
WAVE, LOOK = rand(40), Constant(torch.hann_window(8))
add(
    "stft",
    call(WAVE, 8, window=LOOK, return_complex=True),
    call(rand(2, 40), 8, 3, return_complex=False),
    call(WAVE, 8, 2, 6, return_complex=True),
)
for mode in ("constant", "replicate", "circular"):
    add("stft", call(rand(2, 40), 8, pad_mode=mode, return_complex=True, normalized=True))
add(
    "stft",
    call(WAVE, 8, center=False, return_complex=True),
    call(WAVE, 8, onesided=False, return_complex=True),
    call(WAVE, 8),
    call(WAVE, 99, center=False, return_complex=True),
)
SEEN = torch.stft(WAVE, 8, window=LOOK.tensor, return_complex=True)
add(
    "istft",
    call(SEEN, 8, window=LOOK),
    call(SEEN, 8, window=LOOK, length=36),
    call(SEEN, 8, window=LOOK, length=44),
    call(SEEN, 10),
    call(rand(5, 4), 8),
)
