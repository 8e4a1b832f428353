"""What the station's programs do when nobody reads them, the disk is full, or there is nothing to show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ground.archive import Archive
from ground.colour import paint
from tests.ground.fake import FakeSpacecraft
from tests.ground.programs import arguments, begin, farside, housekeeping
from tests.house import PATIENCE_S, ROOT

FULL = Path("/dev/full")


def test_no_color_in_the_environment_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("alarm", fg="red") == "\x1b[31malarm\x1b[0m"
    assert paint("nothing", fg=None) == "nothing"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("alarm", fg="red", bold=True) == "alarm"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("words", [("tc", "lander.ping", "--timeout", "50"), ("tc", "--list")])
def test_an_output_that_takes_nothing_is_said_at_once_and_exits_5(
    spacecraft: FakeSpacecraft, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            arguments(spacecraft, tmp_path, *words),
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (done.returncode, done.stderr.splitlines()[0]) == (5, "farside: the output: No space left on device")
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough_ends_a_command_in_peace(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        arguments(spacecraft, tmp_path, "tc", "lander.ping", "--timeout", "50"),
        cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "door"), [(("tc", "lander.ping"), "telecommand"), (("tm", "--once", "lander.mode.mode"), "telemetry")])
def test_a_host_that_does_not_exist_is_called_so(tmp_path: Path, words: tuple[str, ...], door: str) -> None:
    doors = ["--tc", "no.such.invalid:1", "--tm", "no.such.invalid:2", "--archive", str(tmp_path), "--speed", "10"]
    command = [sys.executable, "-m", "ground", *words, *doors]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False)
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


def test_a_command_belongs_to_the_branch_on_which_it_was_answered(tmp_path: Path) -> None:
    """The first sign that a spacecraft has begun anew may be its answer."""
    with FakeSpacecraft() as first:
        first.close()
        for round_ in range(2):
            with FakeSpacecraft(ports=first.ports) as spacecraft:
                spacecraft.on_command = lambda fake, fields, octets: [fake.emit(fields["apid"], 1, s, octets[:4]) for s in (1, 3, 7)]
                spacecraft.now_ns += (1 - round_) * 60_000_000_000
                done = farside(spacecraft, tmp_path, "tc", "lander.ping")
                assert done.returncode == 0, done.stdout + done.stderr
    with Archive(tmp_path) as archive:
        assert [command.branch for command in archive.commands()] == [1, 2]


def test_an_archive_that_is_none_is_called_damaged(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    (tmp_path / "archive.sqlite").write_text("garbage, for longer than a header of SQLite's would be" * 10)
    done = farside(spacecraft, tmp_path, "tm", "--offline")
    assert done.returncode == 5
    assert "it is damaged: move it away" in done.stderr


def test_who_follows_is_told_that_time_went_back(spacecraft: FakeSpacecraft, tmp_path: Path) -> None:
    process = begin(spacecraft, tmp_path, "tm", "--follow", "lander.mode.mode", stderr=subprocess.PIPE)
    spacecraft.wait_listeners()
    apid, data = housekeeping(mode__mode=1)
    assert process.stdout is not None
    assert process.stderr is not None
    spacecraft.emit(apid, 3, 25, data)
    assert "STANDBY" in process.stdout.readline()
    spacecraft.now_ns -= 60_000_000_000
    spacecraft.emit(apid, 3, 25, data)
    said = process.stderr.readline()
    process.kill()
    process.communicate()
    assert said == "farside: spacecraft time went back: restored, reset or started anew; branch 2 begins\n"
