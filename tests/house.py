"""The house as the tests about it see it: where it stands, what lies in it, how a copy is made to plant something in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("wire", "hal", "flight", "ground")
PYTHON = (".py", ".pyi")
CYTHON = (".pyx", ".pxd")


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
