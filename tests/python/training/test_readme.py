"""Holds the test that the README's programs run as they are written."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[3] / "README.md"


def test_the_quick_start_runs(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    first, last = result.stdout.splitlines()
    assert first == "tensor([2., 2., 2.])"
    assert int(last.removeprefix("right: ").removesuffix("%")) > 90
    assert (tmp_path / "circle.safetensors").exists()
