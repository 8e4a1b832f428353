"""What the station's programs do when nobody reads them, the disk is full, or there is nothing to show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ground.fake import FakeSpacecraft
from tests.ground.programs import ROOT, arguments, farside

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("words", [("tc", "lander.ping", "--timeout", "50"), ("tc", "--list")])
def test_an_output_that_takes_nothing_is_said_at_once_and_exits_5(
    spacecraft: FakeSpacecraft, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            arguments(spacecraft, tmp_path, *words), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False
        )
    assert (done.returncode, done.stderr.splitlines()[0]) == (5, "farside: the output: No space left on device")
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough_ends_a_command_in_peace(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        arguments(spacecraft, tmp_path, "tc", "lander.ping", "--timeout", "50"),
        cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=30, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "door"), [(("tc", "lander.ping"), "telecommand"), (("tm", "--once", "lander.mode.mode"), "telemetry")])
def test_a_host_that_does_not_exist_is_called_so(tmp_path: Path, words: tuple[str, ...], door: str) -> None:
    doors = ["--tc", "no.such.invalid:1", "--tm", "no.such.invalid:2", "--archive", str(tmp_path), "--speed", "10"]
    command = [sys.executable, "-m", "ground", *words, *doors]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert f"there is no host 'no.such.invalid' ({door} port)" in done.stderr


def test_a_value_that_does_not_come_is_named_with_the_way_to_it(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    done = farside(spacecraft, tmp_path, "tm", "--once", "lander.nav.altitude_m", "--timeout", "0.3")
    assert done.returncode == 4
    assert "no new value of lander.nav.altitude_m within 0.3 s" in done.stderr
    assert "farside tc lander.hk_enable report=descent" in done.stderr


def test_a_history_without_a_value_says_so(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    assert farside(spacecraft, tmp_path, "tc", "lander.ping").returncode == 0
    done = farside(spacecraft, tmp_path, "tm", "--history", "lander.nav.altitude_m")
    assert (done.returncode, done.stdout) == (4, "")
    assert "branch 1 holds no value of lander.nav.altitude_m in that time" in done.stderr
