"""Measures a product of 1024x1024 matrices beside numpy's with OpenBLAS, with mlx.core imported first, last or not."""

import subprocess
import sys

ORDERS = {
    "mlx.core first": "import mlx.core, flashlight as fl",
    "mlx.core last": "import flashlight as fl, mlx.core",
    "mlx.core never": "import flashlight as fl",
}

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
{imports}
import numpy
from measure import side_by_side
x = numpy.random.default_rng(0).standard_normal((1024, 1024), dtype=numpy.float32)
a = fl.from_numpy(x)
programs = {{"numpy": lambda: x @ x, "flashlight": lambda: fl._C._eval(a @ a)}}
side_by_side("a product of 1024 x 1024 f32 ({order}), milliseconds", programs, rounds=41, unit=1e-3)
"""

if __name__ == "__main__":
    for order, imports in ORDERS.items():
        program = PROGRAM.format(folder=sys.path[0], imports=imports, order=order)
        subprocess.run([sys.executable, "-c", program], check=True)
