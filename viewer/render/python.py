"""How to start one of our modules in a Python process of its own."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path


def python_command(module: str, *args: str) -> list[str]:
    """Command that runs one of our modules; -P keeps files of the current folder from shadowing libraries."""
    return [sys.executable, "-P", "-m", module, *args]


def python_environment(**changes: str) -> dict[str, str]:
    """This process's environment, so changed that a child finds this package, wherever it was imported from."""
    env = {**os.environ, **changes}
    env.pop("PYTHONOPTIMIZE", None)  # pyrender makes its context inside assert statements
    root = str(Path(__file__).resolve().parents[2])
    if root not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (root, env.get("PYTHONPATH"))))
    return env
