"""What `import flashlight` says about the MLX that is installed, and that it shares libmlx with `mlx.core`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from flashlight import _backend

REPOSITORY = Path(__file__).parents[2]
NEEDED = _backend.MLX_VERSION
linux = pytest.mark.skipif(sys.platform != "linux", reason="backends are separate distributions on Linux only")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the metadata of MLX's distributions say what a test wants; absent ones are not installed."""

    def pretend(**versions: str) -> None:
        known = {name.replace("_", "-"): version for name, version in versions.items()}

        def version(name: str) -> str:
            if name not in known:
                raise metadata.PackageNotFoundError(name)
            return known[name]

        monkeypatch.setattr(_backend.metadata, "version", version)

    return pretend


def python(program: str) -> str:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_missing_mlx_names_what_to_install(installed: Callable[..., None]) -> None:
    installed()
    with pytest.raises(ImportError, match="no mlx is installed; run: pip install"):
        _backend.check_versions()


@linux
def test_another_release_of_mlx_is_refused(installed: Callable[..., None]) -> None:
    installed(mlx="0.31.1", mlx_cpu=NEEDED)
    fitting = f"mlx=={NEEDED} mlx-cpu=={NEEDED}"
    expected = f"flashlight needs MLX {NEEDED}, and mlx 0.31.1 is installed; run: pip install {fitting}"
    with pytest.raises(ImportError) as raised:
        _backend.check_versions()
    assert str(raised.value) == expected


@linux
def test_another_release_of_the_backend_is_refused_with_its_own_name(installed: Callable[..., None]) -> None:
    installed(mlx=NEEDED, mlx_cuda_13="0.33.0")
    with pytest.raises(ImportError, match=rf"mlx-cuda-13 0\.33\.0 is installed; run: .* mlx-cuda-13=={NEEDED}"):
        _backend.check_versions()


@linux
@pytest.mark.parametrize("backend", list(_backend.LINUX_BACKENDS))
def test_each_backend_alone_is_accepted(installed: Callable[..., None], backend: str) -> None:
    installed(mlx=NEEDED, **{backend.replace("-", "_"): NEEDED})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _backend.check_versions()


@linux
def test_two_backends_are_told_apart_by_the_file_on_disk(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(mlx=NEEDED, mlx_cpu=NEEDED, mlx_cuda_13=NEEDED)
    library = tmp_path / "libmlx.so"
    library.write_bytes(b"12345")

    def files(name: str) -> list[metadata.PackagePath]:
        path = metadata.PackagePath("mlx/lib/libmlx.so")
        path.size = {"mlx-cpu": 3, "mlx-cuda-13": 5}[name]
        return [path]

    monkeypatch.setattr(_backend.metadata, "files", files)
    monkeypatch.setattr(_backend, "find_library", lambda: library)
    with pytest.warns(RuntimeWarning, match=r"those of mlx-cuda-13 are in use; .* pip uninstall -y mlx-cpu;"):
        _backend.check_versions()


@linux
def test_no_backend_is_refused_with_the_place_looked_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_backend, "_package_folders", lambda _: [tmp_path / "mlx"])
    with pytest.raises(ImportError, match=r"there is none \(libmlx\.so was looked for in .*lib\); run: pip install"):
        _backend.find_library()


@linux
def test_a_backend_whose_files_are_gone_is_installed_again(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(mlx=NEEDED, mlx_cpu=NEEDED)
    monkeypatch.setattr(_backend, "_package_folders", lambda _: [tmp_path / "mlx"])
    with pytest.raises(ImportError, match=f"run: pip install --force-reinstall --no-deps mlx-cpu=={NEEDED}$"):
        _backend.find_library()


@linux
def test_cuda_without_its_driver_says_how_to_use_the_cpu(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(mlx=NEEDED, mlx_cuda_12=NEEDED)
    monkeypatch.setattr(_backend, "find_library", lambda: tmp_path / "libmlx.so")
    with pytest.raises(ImportError, match=r"mlx-cuda-12 needs an NVIDIA driver.*pip install .* mlx-cpu=="):
        _backend.load()


def test_a_library_of_another_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backend, "MLX_VERSION", "9.9.9")
    monkeypatch.setattr(_backend, "check_versions", lambda: None)
    with pytest.raises(ImportError, match=rf"needs MLX 9\.9\.9, and .*libmlx\.\w+ is MLX {NEEDED}"):
        _backend.load()


def test_an_unreadable_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library = tmp_path / "libmlx.so"
    library.write_bytes(b"no library")
    monkeypatch.setattr(_backend, "find_library", lambda: library)
    with pytest.raises(ImportError, match="cannot load MLX's backend"):
        _backend.load()


def test_checking_loads_nothing_of_mlx() -> None:
    program = """
import sys
sys.modules["flashlight._C"] = type(sys)("flashlight._C")  # what follows the check is not under test
sys.modules["flashlight._C"].__version__ = ""
import importlib.metadata as metadata
metadata.version = lambda name: "0.0.1"
try:
    import flashlight
except ImportError as error:
    assert "mlx 0.0.1" in str(error), error
assert not [name for name in sys.modules if name.split(".")[0] == "mlx"]
if sys.platform == "linux":
    assert "libmlx" not in open("/proc/self/maps").read()
print("checked")
"""
    assert python(program) == "checked"


@pytest.mark.parametrize("imports", ["flashlight", "flashlight, mlx.core", "mlx.core, flashlight"])
def test_one_libmlx_whatever_is_imported_first(imports: str) -> None:
    program = f"""
import {imports}, sys
if sys.platform == "linux":
    print(len({{line.split()[-1] for line in open("/proc/self/maps") if "libmlx." in line}}))
else:
    print(1)
"""
    assert python(program) == "1"


def test_every_place_names_the_same_release() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    requirements = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        requirements += extra
    pins = [line for line in requirements if line.startswith("mlx") and not line.startswith("mlxtend")]
    assert len(pins) == 6
    assert all(f"=={NEEDED}" in pin for pin in pins), pins


def test_every_linux_backend_has_its_extra() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for distribution, extra in _backend.LINUX_BACKENDS.items():
        assert any(line.startswith(distribution + "==") for line in extras[extra])
