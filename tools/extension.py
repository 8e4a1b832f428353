"""Compile one `.pyx` that is no part of the house (for a test or a benchmark) into a folder: python -m tools.extension SOURCE FOLDER."""

import fcntl
import subprocess
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Distribution, Extension

FLAGS = ["-O2", "-g0", "-std=c11", "-D_GNU_SOURCE", "-ffp-contract=off"]


def compile_here(source: Path, folder: Path) -> None:
    """Compile what is newer than its extension; one process at a time works in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        extension = Extension(source.stem, [str(source)], extra_compile_args=FLAGS)
        modules = cythonize([extension], build_dir=str(folder), language_level=3, quiet=True)
        command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = str(folder)
        command.ensure_finalized()
        command.run()


def compiled(source: Path, folder: Path, root: Path) -> None:
    """The same in a process of its own, standing in the root of the house. Raises RuntimeError with the compiler's words."""
    command = [sys.executable, "-m", "tools.extension", str(source), str(folder)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stdout + result.stderr)


if __name__ == "__main__":
    compile_here(Path(sys.argv[1]), Path(sys.argv[2]))
