"""The decoders in Cython under the address and undefined-behaviour sanitizers; and the sanitizers themselves, with planted faults."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.registry import GROUPS
from tools import sanitize

pytestmark = pytest.mark.skipif(bool(sanitize.why_not()), reason=sanitize.why_not() or "sanitizers are there")
SHARE = 1.0  # of a decoder's inputs


@pytest.fixture(scope="module")
def planted() -> Path:
    return sanitize.compiled(Path(__file__).with_name("planted.pyx"))


def said(folder: Path, code: str, allocate: str = "malloc") -> subprocess.CompletedProcess[str]:
    lines = f"import sys; sys.path.insert(0, {str(folder)!r}); import planted; {code}"
    return subprocess.run([sys.executable, "-c", lines], env=sanitize.environment(allocate), capture_output=True, text=True, check=False)


def test_sound_code_runs_to_its_end(planted: Path) -> None:
    assert said(planted, "print(planted.sum_of(bytes(range(5)), 0), planted.shifted(3, 4))").stdout == "10 48\n"


def test_an_over_read_of_one_octet_is_caught(planted: Path) -> None:
    result = said(planted, "import numpy; planted.sum_of(numpy.zeros(37, numpy.uint8), 1)")
    assert result.returncode != 0
    assert "heap-buffer-overflow" in result.stderr
    assert "sum_of" in result.stderr


def test_an_over_read_of_an_object_passes_unseen_unless_objects_come_from_malloc(planted: Path) -> None:
    code = "planted.sum_of(bytes(37), 2); print('unseen')"  # one octet further is the zero that ends every `bytes`
    assert said(planted, code, "pymalloc").stdout == "unseen\n"
    caught = said(planted, code)
    assert caught.stdout == ""
    assert "heap-buffer-overflow" in caught.stderr


def test_arithmetic_without_meaning_is_caught(planted: Path) -> None:
    result = said(planted, "planted.shifted(1, 40)")
    assert result.returncode != 0
    assert "shift exponent 40" in result.stderr


COMPILED = {name: [entry for entry in group if entry.compiled] for name, group in GROUPS.items()}


@pytest.mark.parametrize(
    "group",
    [pytest.param(name, marks=pytest.mark.long(sum(each.inputs for each in group))) for name, group in COMPILED.items() if group],
)
@pytest.mark.timeout(3500)
def test_the_decoders_in_cython_are_clean_under_both_sanitizers(group: str, request: pytest.FixtureRequest, seed: int) -> None:
    if request.config.option.markexpr != "long":
        pytest.skip("runs under make test-long and make sanitize: the sanitized build takes minutes")
    names = [entry.name for entry in COMPILED[group]]
    command = [sys.executable, "-m", "tests.fuzz", *names, "--follow", "--seed", str(seed), "--share", str(SHARE)]
    result = subprocess.run(command, cwd=sanitize.build(), env=sanitize.environment(), capture_output=True, text=True, check=False)
    last = result.stderr[-6000:]
    assert result.returncode == 0, f"{result.stdout[-2000:]}\n{last}"
    assert "ERROR" not in last
