"""Finds the extensions, nothing else. FARSIDE_ONLY=glob[,glob] builds a part of them."""

import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

FLAGS = ["-O1", "-g0", "-std=c11", "-D_GNU_SOURCE", "-ffp-contract=off", "-fno-fast-math"]
FLAGS += ["-Wno-maybe-uninitialized", "-Wno-unknown-warning-option"]  # gcc's, about error exits of generated C; clang has no such warning
SAFE = {"language_level": 3, "binding": True, "embedsignature": True, "boundscheck": True, "initializedcheck": True, "auto_pickle": False}
ONLY = os.environ.get("FARSIDE_ONLY", "*").split(",")
JOBS = os.cpu_count() or 1


def extensions(packages: list[str], shared: str) -> list[Extension]:
    """The `.pyx` files of some packages, and the one module that holds their common memoryview code."""
    common = Path("build/cython") / (shared.replace(".", "/") + ".c")
    if not common.exists():
        common.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "cython", "-3", f"--generate-shared={common}"], check=True)
    found = [
        Extension(str(path.with_suffix("")).replace(os.sep, "."), [str(path)], libraries=["m"], depends=["setup.py"])
        for package in packages
        for path in sorted(Path(package).rglob("*.pyx"))
        if any(fnmatch(str(path), pattern) for pattern in ONLY)
    ]
    made = cythonize(found, shared_utility_qualified_name=shared, compiler_directives=SAFE, nthreads=JOBS, build_dir="build/cython")
    for each in made:
        each.extra_compile_args = FLAGS + each.extra_compile_args  # those at a file's head come last: they overrule
    return [Extension(shared, [str(common)], extra_compile_args=FLAGS, depends=["setup.py"]), *made]


if __name__ == "__main__":
    own = extensions(["wire", "ground"], "wire._memoryview") + extensions(["hal", "flight"], "hal.core._memoryview")
    setup(ext_modules=own, options={"build_ext": {"inplace": True, "parallel": JOBS}})
