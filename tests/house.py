"""The house as the tests about it see it: where it stands, what lies in it, how a copy is made to plant something in."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("wire", "hal", "flight", "ground")
PYTHON = (".py", ".pyi")
CYTHON = (".pyx", ".pxd")
PATIENCE_S = 120.0
"""Of wall time, for what another thread or process is about to do: no test fails because a machine was busy with something else."""


def eventually(holds: Callable[[], object]) -> bool:
    """Wait for what another thread or process is about to do; False when it never does."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            return bool(holds())  # it may have been us who stood still
        time.sleep(0.005)
    return True


def run_alone(command: list[str], timeout_s: float, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, in a session of its own: that it leaves no process behind, and so nobody who listens, is asserted."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes, **options) as process:
        try:
            out, errors = process.communicate(timeout=timeout_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return subprocess.CompletedProcess(command, process.returncode, out, errors)
    raise AssertionError(f"{command} has left a process behind")


@contextmanager
def interruptible() -> Iterator[None]:
    """Programs that are started in here can be interrupted, though a shell that runs us in the background has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def sources(root: Path, packages: tuple[str, ...] = PACKAGES, suffixes: tuple[str, ...] = PYTHON + CYTHON) -> Iterator[Path]:
    """Every source file of some packages, in order."""
    for package in packages:
        yield from sorted(path for path in (root / package).rglob("*") if path.suffix in suffixes)


def module_name(root: Path, path: Path) -> str:
    """`hal/core/arena.pxd` is `hal.core.arena`, a package's `__init__` is the package."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def copy_of_the_sources(target: Path) -> Path:
    """The four packages without what was built, and the settings: a place to plant violations in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("*.so", "*.c", "__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", target / "pyproject.toml")
    return target


def plant(root: Path, file: str, line: str) -> None:
    """Append one line to a file of a copy, making the file where there is none."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}\n{line}\n")
