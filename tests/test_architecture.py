"""The arrows between the packages hold in Python and in Cython; nobody but the clock reads a clock.

import-linter reads no `cimport`, so the same arrows are applied here to every `.pyx` and `.pxd`. Each rule is also seen to break.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house import CYTHON, PYTHON, ROOT, copy_of_the_sources, module_name, plant, sources

# Who may import whom. The longest name that fits counts, so that hal.sim is not a part of hal here.
ARROWS = {
    "wire": {"wire"},
    "hal.core": {"hal.core"},
    "hal.sim": {"hal.core", "hal.sim"},
    "hal": {"hal", "hal.core"},
    "flight": {"flight", "hal", "hal.core", "wire"},
    "flight.__main__": {"flight", "hal", "hal.core", "hal.sim", "wire"},
    "ground": {"ground", "wire"},
    "tests": set(),
    "tools": set(),
}

IMPORT = re.compile(r"(?:^|[;:])[ \t]*c?import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)", re.M)
FROM = re.compile(r"(?:^|[;:])[ \t]*from[ \t]+([\w.]+)[ \t]+c?import[ \t]+(\([^)]*\)|(?:[^\n\\]|\\\n)*)", re.M)
# A module named in a string is as good as imported: the vehicles' pages name their parts so, and one module fetches them.
NAMED = re.compile(r"(?:wire|hal|flight|ground|tests|tools)(?:\.\w+)+(?::\w+)?")
FETCHES_BY_NAME = {"flight/vehicle.py"}
ONLY_NAMES = {"hal/registry.py"}  # a table for suites and people; fetches nothing
HIDDEN = re.compile(r"\bimportlib\b(?!\.metadata)|\b__import__\b|^[ \t]*include[ \t]+[\"']", re.M)

CLOCKS = re.compile(
    r"""^[ \t]*(?:import[ \t]+time\b|from[ \t]+time[ \t]+import|from[ \t]+(?:libc|posix)\.time[ \t]+cimport)
    | \btime\.(?:time|monotonic|perf_counter|process_time|thread_time|clock_gettime|sleep)
    | \b(?:clock_gettime|clock_nanosleep|nanosleep|gettimeofday|mach_absolute_time|timespec_get|rdtsc|__rdtsc)\b
    | \bdatetime\.(?:now|utcnow|today)\b | \bdate\.today\b | \b(?:localtime|gmtime)\b | \bloop\.time\(""",
    re.M | re.X,
)
# The clock itself; and the doors' call for the age of a datagram listener's subscription, which no state ever sees.
CLOCK_MODULES = {"flight/clock.pyx", "flight/clock.pxd", "flight/doors/posix.pxd"}
# A door's own thread may rest; that reads nothing.
REST = {"flight/doors/radio.py": {"import time", "time.sleep"}}


def zone(module: str) -> str | None:
    """The part of the house that a module belongs to, or None for what is not ours."""
    fitting = [name for name in ARROWS if module == name or module.startswith(name + ".")]
    return max(fitting, key=len, default=None)


def absolute(module: str, importer: str, is_package: bool) -> str:
    """A dotted name with its leading dots resolved, and without the prefix by which pure-Python mode spells a cimport."""
    stem = module.lstrip(".")
    dots = len(module) - len(stem)
    if dots:
        parts = importer.split(".")
        base = parts[: len(parts) - dots + (1 if is_package else 0)]
        stem = ".".join([*base, stem] if stem else base)
    return stem.removeprefix("cython.cimports.")


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file names after import or cimport, as written; names taken from a package count as modules too."""
    text = path.read_text()
    strings = path.relative_to(path.parents[1]).as_posix() not in ONLY_NAMES
    if path.suffix in PYTHON:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                stem = "." * node.level + (node.module or "")
                yield from (f"{stem}{'' if stem.endswith('.') else '.'}{alias.name}" for alias in node.names)
            elif strings and isinstance(node, ast.Constant) and isinstance(node.value, str) and NAMED.fullmatch(node.value):
                yield node.value.partition(":")[0]
        return
    for match in IMPORT.finditer(text):
        yield from (name.split()[0] for name in match[1].split(","))
    for match in FROM.finditer(text):
        names = re.sub(r"#[^\n]*|[()\\]", " ", match[2]).split(",")
        yield from (f"{match[1]}{'' if match[1].endswith('.') else '.'}{name.split()[0]}" for name in names if name.strip())


def broken_arrows(root: Path, files: Iterable[Path] | None = None) -> list[str]:
    """Sentences: which file imports what it must not, or hides what it imports."""
    found = []
    for path in sources(root) if files is None else files:
        importer = module_name(root, path)
        here = zone(importer)
        assert here is not None
        for written in imports_of(path):
            imported = absolute(written, importer, path.stem == "__init__")
            there = zone(imported)
            if there is not None and there not in ARROWS[here]:
                found.append(f"{path.relative_to(root)} imports {imported}")
        if path.relative_to(root).as_posix() not in FETCHES_BY_NAME and HIDDEN.search(path.read_text()):
            found.append(f"{path.relative_to(root)} imports by name at run time, or includes text")
    return found


def clock_reads(root: Path, files: Iterable[Path] | None = None) -> list[str]:
    """Which file on the spacecraft's side reads a clock, and where."""
    found = []
    for path in sources(root, ("wire", "hal", "flight")) if files is None else files:
        file = path.relative_to(root).as_posix()
        if file not in CLOCK_MODULES:
            text = path.read_text()
            reads = [match for match in CLOCKS.finditer(text) if match[0].strip() not in REST.get(file, ())]
            found += [f"{file}:{text.count(chr(10), 0, match.start()) + 1} {match[0].strip()}" for match in reads]
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that each test plants one violation in, and takes it out again."""
    return copy_of_the_sources(tmp_path_factory.mktemp("house"))


@pytest.fixture
def planted(house: Path) -> Iterator:
    kept: dict[Path, bytes | None] = {}

    def put(file: str, line: str) -> Path:
        path = house / file
        kept[path] = path.read_bytes() if path.exists() else None
        plant(house, file, line)
        return house

    yield put
    for path, before in kept.items():
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def test_no_file_imports_against_the_arrows() -> None:
    assert broken_arrows(ROOT) == []


def test_the_scan_sees_the_cimports_that_are_there() -> None:
    seen = set(imports_of(ROOT / "flight/ports.pxd"))
    assert {"hal.core.arena.Arena", "hal.core.ring.ring_push", "libc.string.memcpy"} <= seen
    assert sum(1 for path in sources(ROOT, suffixes=CYTHON) for _ in imports_of(path)) > 50


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("flight/planted.pyx", "from hal.sim.lander_body cimport LanderBody"),
        ("flight/planted.pxd", "cimport hal.sim.lander_body as body"),
        ("flight/planted.pyx", "from hal cimport sim"),
        ("flight/planted.pyx", "import numpy, hal.sim"),
        ("flight/planted.pyx", "cimport cython; from hal.sim cimport lander_body"),
        ("flight/planted.pyx", "from hal.core.arena cimport (Arena,\n    Record)\nfrom ground.link import (\n    Link,  # why\n)"),
        ("flight/planted.py", "from cython.cimports.hal.sim import lander_body"),
        ("flight/apps/planted.pyx", "from ...hal.sim cimport lander_body"),
        ("flight/planted.py", "import importlib"),
        ("flight/planted.pyx", "include '../hal/sim/lander_body.pxd'"),
        ("flight/planted.py", "PART = 'hal.sim.imu:ImuDevice'"),
        ("flight/planted.py", "import ground.link"),
        ("flight/lander.py", "def late():\n    from hal.sim import lander_body\n    return lander_body"),
        ("ground/planted.py", "from flight import lander"),
        ("ground/planted.pyx", "from hal.core.arena cimport Arena"),
        ("hal/planted.pxd", "from wire.crc cimport crc16"),
        ("hal/drivers/planted.pyx", "from hal.sim.lander_body cimport LanderBody"),
        ("hal/core/planted.pyx", "from hal.reading cimport Validity"),
        ("hal/sim/planted.pyx", "from hal.drivers.imu cimport ImuDriver"),
        ("hal/sim/planted.pxd", "from ..imu cimport ImuReading"),
        ("wire/planted.pyx", "from hal.core.slot cimport SlotCode"),
        ("wire/planted.py", "import tools.preflight"),
        ("flight/planted.py", "from tests.house import ROOT"),
    ],
)
def test_a_planted_import_against_the_arrows_is_caught(planted, file: str, line: str) -> None:
    root = planted(file, line)
    found = broken_arrows(root, [root / file])
    assert len(found) == 1
    assert found[0].startswith(file)


def contracts(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_import_contracts_are_kept_without_an_exception() -> None:
    result = contracts(ROOT)
    assert result.returncode == 0, result.stdout
    assert "ignore_imports" not in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("flight/planted.py", "import ground", "do not know each other"),
        ("ground/planted.py", "import flight", "do not know each other"),
        ("hal/core/planted.py", "import wire", "do not know each other"),
        ("wire/planted.py", "import hal.core", "do not know each other"),
        ("ground/planted.py", "import hal.core", "ground knows nothing of a body"),
        ("flight/planted.py", "import hal.sim", "only flight.__main__"),
        ("hal/drivers/planted.py", "import hal.sim", "only flight.__main__"),
        ("hal/sim/planted.py", "import hal.drivers", "the simulated world stands on hal.core"),
        ("hal/core/planted.py", "import hal.drivers", "the simulated world stands on hal.core"),
        ("hal/planted/__init__.py", "", "the simulated world stands on hal.core"),
        ("wire/planted.py", "import socket", "the wire does no input or output"),
        ("wire/planted.py", "from time import time", "the wire does no input or output"),
    ],
)
def test_each_import_contract_breaks_under_a_planted_violation(planted, file: str, line: str, contract: str) -> None:
    names = [row["name"] for row in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]]
    full = next(name for name in names if contract in name)
    result = contracts(planted(file, line))
    assert result.returncode != 0
    assert f"{full} BROKEN" in " ".join(result.stdout.split()), result.stdout


def test_nobody_on_the_spacecraft_but_the_clock_reads_a_clock() -> None:
    assert clock_reads(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("flight/planted.py", "import time"),
        ("flight/planted.py", "from time import monotonic"),
        ("flight/doors/radio.py", "began = time.monotonic()"),
        ("flight/apps/planted.pyx", "from posix.time cimport clock_gettime"),
        ("flight/services/planted.pyx", 'cdef extern from "<time.h>" nogil:\n    int clock_gettime(int, void*)'),
        ("flight/planted.py", "now = __import__('datetime').datetime.now()"),
        ("hal/sim/planted.pyx", "    gettimeofday(&t, NULL)"),
        ("wire/planted.pyx", "    stamp = __rdtsc()"),
    ],
)
def test_a_planted_read_of_a_clock_is_caught(planted, file: str, line: str) -> None:
    root = planted(file, line)
    found = clock_reads(root, [root / file])
    assert found
    assert all(sentence.startswith(file) for sentence in found)
