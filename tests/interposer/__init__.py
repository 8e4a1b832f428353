"""What is compiled for tests alone: the allocation counter that is preloaded, and slots that misbehave on purpose."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.house import ROOT

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "interposer"


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time builds here."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "counter.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def allocation_counter() -> Path:
    """The shared library to preload, compiled when its source is newer."""
    source, library = HERE / "allocations.c", BUILD / "allocations.so"
    with _alone():
        if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
            compiler = os.environ.get("CC", "cc").split()
            _run([*compiler, "-O1", "-fPIC", "-shared", "-Wall", "-Werror", "-fno-builtin", str(source), "-o", str(library), "-ldl"])
    return library


def compiled(module: str) -> Path:
    """The folder to put on the path to import one of the modules that lie here as `.pyx`."""
    _run([sys.executable, "-m", "tools.extension", str(HERE / f"{module}.pyx"), str(BUILD)])
    return BUILD
