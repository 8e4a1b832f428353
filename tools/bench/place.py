"""Where benchmarks build what they need: C programs and one extension, under build/bench."""

import functools
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from tools.extension import compiled

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
BUILD = ROOT / "build" / "bench"


@functools.cache
def loops() -> ModuleType:
    """The module of inner loops, compiled when it is not up to date."""
    compiled(HERE / "loops.pyx", BUILD, ROOT)
    sys.path.insert(0, str(BUILD))
    return importlib.import_module("loops")


def c_program(name: str) -> Path:
    """A C program of this folder, compiled. Raises CalledProcessError."""
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "cc").split()
    program = BUILD / name
    subprocess.run(
        [*compiler, "-O2", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror", str(HERE / f"{name}.c"), "-o", str(program)], check=True
    )
    return program
