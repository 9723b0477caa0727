"""Finds MLX, checks that it is the release Flashlight is built for, and loads its libmlx.

Nothing of MLX is loaded before its versions are known to fit, and whatever does not fit raises an `ImportError` of one
sentence that says what to install. Holds no knowledge of tensors or devices.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import warnings
from importlib import metadata
from pathlib import Path

MLX_VERSION = "0.32.2"
"""The release of MLX, and of its backend, that the extension is built against."""

LINUX_BACKENDS = {"mlx-cpu": "cpu", "mlx-cuda-12": "cuda12", "mlx-cuda-13": "cuda13"}
"""The distributions that can bring libmlx on Linux, and the extra of ours that installs each."""

_VERSION_SYMBOL = "_ZN3mlx4core7versionEv"  # const char* mlx::core::version()

_loaded: ctypes.CDLL | None = None


def load() -> Path:
    """Checks MLX and loads its libmlx, so that the extension and `mlx.core` share it.

    Returns:
        The file of libmlx.

    Raises:
        ImportError: MLX or its backend is missing, or one of them is of another release.
    """
    global _loaded
    if sys.platform not in ("linux", "darwin"):
        raise ImportError(f"flashlight runs on Linux and macOS, and this is {sys.platform}.")
    check_versions()
    library = find_library()
    try:
        # Local symbols: libmlx's BLAS must not become the process's. The extension's dependency on libmlx is met by
        # name, so it takes this one whatever its own search path says.
        _loaded = ctypes.CDLL(str(library))
        version = getattr(_loaded, _VERSION_SYMBOL)
    except (OSError, AttributeError) as error:
        raise ImportError(_cannot_load(library, error)) from error
    version.restype = ctypes.c_char_p
    found = version().decode()
    if found != MLX_VERSION:
        raise ImportError(f"flashlight needs MLX {MLX_VERSION}, and {library} is MLX {found}; run: {_install()}")
    return library


def check_versions() -> None:
    """Compares what is installed, by its metadata alone, with what is needed.

    A backend without metadata (MLX unpacked by hand) passes here; `find_library` and `load` judge it by its file.
    """
    mlx = _installed_version("mlx")
    if mlx is None:
        raise ImportError(f"flashlight needs MLX {MLX_VERSION}, and no mlx is installed; run: {_install()}")
    backends = {name: _installed_version(name) for name in _backend_names()}
    wrong = [
        f"{name} {version}" for name, version in {"mlx": mlx, **backends}.items() if version not in (None, MLX_VERSION)
    ]
    if wrong:
        found = " and ".join(wrong)
        raise ImportError(f"flashlight needs MLX {MLX_VERSION}, and {found} is installed; run: {_install()}")
    present = [name for name, version in backends.items() if version is not None]
    if len(present) > 1:
        kept = _owner_of_library(present)
        others = " ".join(name for name in present if name != kept)
        warnings.warn(
            f"{' and '.join(present)} are both installed and write the same files, of which those of {kept} are in "
            f"use; to keep {kept} alone, run: pip uninstall -y {others}; pip install --force-reinstall --no-deps "
            f"{kept}=={MLX_VERSION}",
            RuntimeWarning,
            stacklevel=2,
        )


def find_library() -> Path:
    """The libmlx that belongs to the `mlx` package Python would import; nothing is imported to find it."""
    name = "libmlx.dylib" if sys.platform == "darwin" else "libmlx.so"
    folders = _package_folders("mlx")
    for folder in folders:
        library = folder / "lib" / name
        if library.is_file():
            return library
    looked = " and ".join(str(folder / "lib") for folder in folders) or "no folder"
    backend = _installed_backend()
    # Removing one of two backends takes the file that both had written; pip believes that the other still has it.
    run = f"pip install --force-reinstall --no-deps {backend}=={MLX_VERSION}" if backend else _install()
    raise ImportError(
        f"flashlight needs a backend of MLX, and there is none ({name} was looked for in {looked}); run: {run}"
    )


def openblas_library() -> Path | None:
    """The library of `scipy-openblas32`, for the CPU's matrix products; None where it is not installed."""
    for folder in _package_folders("scipy_openblas32"):
        for library in sorted((folder / "lib").glob("libscipy_openblas.*")):
            return library
    return None


def _backend_names() -> list[str]:
    return ["mlx-metal"] if sys.platform == "darwin" else list(LINUX_BACKENDS)


def _install() -> str:
    """What to type to get a fitting MLX: with the backend that is installed, whatever its release, else the CPU's."""
    if sys.platform == "darwin":
        return f"pip install mlx=={MLX_VERSION}"
    backend = _installed_backend()
    if backend is not None:
        return f"pip install mlx=={MLX_VERSION} {backend}=={MLX_VERSION}"
    return "pip install 'flashlight-mlx[cpu]' (or [cuda12] or [cuda13] for an NVIDIA GPU)"


def _installed_backend() -> str | None:
    """The distribution that brings libmlx here; of several, the one for the latest CUDA."""
    return next((name for name in reversed(_backend_names()) if _installed_version(name) is not None), None)


def _cannot_load(library: Path, error: Exception) -> str:
    sentence = f"flashlight cannot load MLX's backend {library}: {error}"
    backend = _installed_backend()
    if backend is None or "cuda" not in backend:
        return f"{sentence}."
    return (
        f"{sentence}; {backend} needs an NVIDIA driver, and its libraries from: "
        f"pip install {backend}=={MLX_VERSION}; without an NVIDIA GPU, run: "
        f"pip uninstall -y {backend}; pip install --force-reinstall --no-deps mlx-cpu=={MLX_VERSION}"
    )


def _installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _package_folders(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # an import of it is under way, or it was put into sys.modules by hand
        spec = None
    return [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []


def _owner_of_library(distributions: list[str]) -> str:
    """Which of several backends the libmlx on disk came with, by the size that each recorded for it."""
    actual = find_library().stat().st_size
    for name in distributions:
        for file in metadata.files(name) or []:
            if file.name.startswith("libmlx.") and file.size == actual:
                return name
    return distributions[-1]
