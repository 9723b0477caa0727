"""The sdist builds, and its wheel installs and loads, in new environments with nothing but Rust and a C++ compiler.

Minutes long, and downloads MLX into each environment: `make test-full` runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from flashlight._backend import MLX_VERSION

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.full

SMOKE = """
import flashlight
x = flashlight.tensor([1.0, 2.0, 3.0], requires_grad=True)
(x * 2 + 1).sum().backward()
assert x.grad.tolist() == [2.0, 2.0, 2.0]
model = flashlight.nn.Sequential(flashlight.nn.Linear(4, 8), flashlight.nn.ReLU(), flashlight.nn.Linear(8, 2))
optimizer = flashlight.optim.Adam(model.parameters())
flashlight.nn.functional.cross_entropy(model(flashlight.randn(3, 4)), flashlight.tensor([0, 1, 1])).backward()
optimizer.step()
assert not hasattr(flashlight, "no_such_name")
flashlight.export(model, (flashlight.ones(3, 4),)).save("m.flash")
print("smoke passed", flashlight.__file__)
"""


@dataclass
class Environment:
    """A new virtual environment."""

    folder: Path

    def run(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "bin" / "python"), *map(str, arguments)]
        # As an activated environment has it: pip finds the build back end's program there.
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        surroundings = {**os.environ, "PATH": path}
        for name in ("PYO3_PYTHON", "VIRTUAL_ENV", "PYTHONPATH"):
            surroundings.pop(name, None)
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, env=surroundings)
        assert not check or result.returncode == 0, f"{command}\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
        return result

    def install(self, *requirements: str | Path) -> None:
        self.run("-m", "pip", "install", "--quiet", *requirements)

    def smoke(self, before: str = "", after: str = "") -> str:
        out = self.run("-c", before + SMOKE + after).stdout
        assert self.command("run", "m.flash", "--check") == "output: the same bits\n"
        return out

    def command(self, *arguments: str, program: Path | None = None, environment: dict[str, str] | None = None) -> str:
        """What the installed command says, or the program that it starts."""
        words = [program or self.folder / "bin" / "flashlight", *arguments]
        surroundings = {"HOME": str(self.folder)} if environment is None else environment
        result = subprocess.run(words, capture_output=True, text=True, check=False, cwd=self.folder, env=surroundings)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    def import_error(self) -> str:
        result = self.run("-c", "import flashlight", check=False)
        assert result.returncode != 0
        return result.stderr.strip().splitlines()[-1]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return new_environment(tmp_path / "venv")


def new_environment(folder: Path) -> Environment:
    venv.create(folder, with_pip=True)
    return Environment(folder)


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    subprocess.run([sys.executable, "-m", "maturin", "sdist", "--out", out], cwd=REPOSITORY, check=True)
    return next(out.glob("*.tar.gz"))


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, with build isolation, where nothing is installed."""
    out = tmp_path_factory.mktemp("wheel")
    builder = new_environment(tmp_path_factory.mktemp("builder") / "venv")
    builder.run("-m", "pip", "wheel", "--no-deps", "--wheel-dir", out, sdist)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_no_library_of_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert [name for name in names if ".so" in name or ".dylib" in name] == ["flashlight/_C.abi3.so"]


def test_the_wheel_runs_with_a_backend(wheel: Path, environment: Environment) -> None:
    environment.install(f"{wheel}[cpu]")
    assert "site-packages" in environment.smoke()
    used = "assert (mx.array([1.0, 2.0]) * 2).tolist() == [2.0, 4.0]"
    environment.smoke(before=f"import mlx.core as mx\n{used}\n", after=used)
    environment.smoke(after=f"import mlx.core as mx\n{used}")


def test_the_program_in_the_wheel_finds_its_libraries_itself(wheel: Path, environment: Environment) -> None:
    environment.install(f"{wheel}[cpu]")
    environment.smoke()
    [program] = environment.folder.glob("lib/*/site-packages/flashlight/_program/flashlight")
    assert (
        environment.command("run", "m.flash", "--check", program=program, environment={}) == "output: the same bits\n"
    )
    assert "output  f32[3,2]" in environment.command("show", "m.flash", program=program, environment={})


def test_the_wheel_holds_the_whole_package(sdist: Path, wheel: Path) -> None:
    with tarfile.open(sdist) as archive:
        sources = [Path(*Path(name).parts[1:]) for name in archive.getnames()]
    wanted = {str(path.relative_to("python")) for path in sources if path.parts[:2] == ("python", "flashlight")}
    assert {"flashlight/_C/__init__.pyi", "flashlight/torch_interface.txt", "flashlight/py.typed"} <= wanted
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())


@pytest.mark.skipif(sys.platform != "linux", reason="on macOS mlx brings its backend")
def test_the_wheel_without_a_backend_says_what_to_install(wheel: Path, environment: Environment) -> None:
    environment.install(wheel)
    assert "ImportError: flashlight needs a backend of MLX" in environment.import_error()
    assert "pip install 'flashlight-mlx[cpu]'" in environment.import_error()


def test_the_wheel_beside_flashlight_text(wheel: Path, environment: Environment) -> None:
    """Both install into `flashlight/`; each order works, and removing theirs leaves ours whole."""
    environment.install(f"{wheel}[cpu]")
    try:
        environment.install("--no-deps", "--only-binary=:all:", "flashlight-text")
    except AssertionError as error:
        pytest.skip(f"flashlight-text has no wheel for this platform: {error}")
    environment.smoke(after="import flashlight.lib.text.dictionary")
    environment.run("-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", wheel)
    environment.smoke(after="import flashlight.lib.text.dictionary")
    environment.run("-m", "pip", "uninstall", "--quiet", "-y", "flashlight-text")
    environment.smoke()


def test_an_editable_install_from_a_clone(environment: Environment, tmp_path: Path) -> None:
    """The build is isolated, so the MLX it was linked to is gone when it is imported."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
    shutil.rmtree(clone / ".git")
    environment.install("-e", f"{clone}[cpu]")
    assert str(clone) in environment.smoke()
    environment.install("--no-deps", "--only-binary=:all:", "flashlight-text")
    environment.smoke(after="import flashlight.lib.text.dictionary")


def test_a_build_without_mlx_says_what_to_install(sdist: Path, environment: Environment) -> None:
    environment.install("maturin>=1.9.4,<2")
    result = environment.run("-m", "pip", "install", "--no-build-isolation", "--no-deps", sdist, check=False)
    assert result.returncode != 0
    wanted = f"-m pip install mlx=={MLX_VERSION}"
    assert "has no mlx with C++ headers; run: " in result.stdout + result.stderr
    assert wanted in result.stdout + result.stderr
