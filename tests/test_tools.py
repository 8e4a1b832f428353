"""The developers' tools run: benchmarks at small counts, and the words to a machine that lacks something."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tools.bench import basilisk
from tools.bench.result import Result

KEYS = {"name", "value", "unit", "peer", "peer_value", "ratio", "better"}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


NAMES = [
    "ports", "executive", "layout", "crc", "reed_solomon", "packets", "tm_chain", "snapshot", "terrain", "rover", "landing", "gnc",
    "basilisk", "drive", "picture", "file_transfer", "start", "ping",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_at_small_counts_leaves_its_rows(tmp_path: Path, name: str) -> None:
    out = tmp_path / "bench.json"
    result = bench("--quick", "--out", str(out), name)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = json.loads(out.read_text())
    assert rows
    for row in rows:
        assert set(row) == KEYS
        assert row["value"] > 0
        assert row["better"] in ("higher", "lower")
        assert (row["peer_value"] is None) == (row["ratio"] is None)
        assert row["peer"] is None or row["ratio"] is not None or "not installed" in row["peer"]
        assert row["ratio"] is None or row["ratio"] == pytest.approx(row["value"] / row["peer_value"])
        assert row["name"] in result.stdout


def test_basilisk_that_is_nowhere_is_a_row_without_a_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    monkeypatch.delenv("FARSIDE_BASILISK", raising=False)
    monkeypatch.setattr(basilisk, "CANDIDATES", (tmp_path / "none", python))
    assert basilisk.interpreter() is None
    row = Result("ours", 1.0, "x", peer=basilisk.MISSING).row()
    assert (row["peer"], row["peer_value"], row["ratio"]) == ("Basilisk, not installed: make basilisk", None, None)


def test_a_benchmark_that_fails_is_named_and_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / "crcmod.py").write_text("raise RuntimeError('planted')\n")
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "tools.bench", "--quick", "--out", str(out), "crc", "executive"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "failed: crc" in result.stdout
    assert "planted" in result.stderr
    assert any(row["name"].startswith("executive") for row in json.loads(out.read_text()))


def test_an_unknown_benchmark_is_refused_with_the_names_of_all() -> None:
    result = bench("nothing")
    assert result.returncode == 2
    assert "no benchmark nothing; there are ports" in result.stderr


def test_a_machine_without_a_compiler_is_told_so_before_anything_is_built() -> None:
    command = [sys.executable, "tools/preflight.py"]
    result = subprocess.run(command, cwd=ROOT, env={"CC": "no-such-compiler", "PATH": ""}, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "A C compiler is needed: no 'no-such-compiler' found" in result.stderr


def test_this_machine_has_what_is_needed() -> None:
    result = subprocess.run([sys.executable, "tools/preflight.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
