"""Frame security reports between both programs: COP-1 beside them on both links, and what a station sees when its frames are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ground import keys as key_files
from ground import sequence
from ground.bench import Emulator
from ground.endpoint import Endpoint
from ground.options import StationOptions
from ground.station import Station
from tests.bench.modem import send
from tests.house import PATIENCE_S, ROOT, eventually
from wire import cltu
from wire.dictionary import LANDER, ROVER
from wire.frame_shapes import build_tc_frame
from wire.sdls import Direction, Mask, Mode

AUTHENTICATED, ENCRYPTED = Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION
LANDER_ID, ROVER_ID = LANDER.vehicle.spacecraft_id, ROVER.vehicle.spacecraft_id
COMBINATIONS = [(tc, tm) for tc in (AUTHENTICATED, ENCRYPTED) for tm in (AUTHENTICATED, ENCRYPTED)]


def new_keys(path: Path, tc: Mode = ENCRYPTED, tm: Mode = ENCRYPTED) -> Path:
    key_files.make(path, {Direction.TC: tc, Direction.TM: tm}, Mask.WHOLE)
    return path


@contextmanager
def station(emulator: Emulator, folder: Path, keys: Path | None, speed: float, link: str = "lab") -> Iterator[Station]:
    with Station(StationOptions(Endpoint(*emulator.tc), Endpoint(*emulator.tm), folder, speed, link, keys)) as made:
        made.connect()
        yield made


@pytest.mark.parametrize(("link", "speed"), [("lab", 5.0), ("queqiao", 20.0)])
def test_a_sequence_runs_beside_security_reports_and_meets_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, speed: float
) -> None:
    monkeypatch.setattr(sequence, "QUIET_S", PATIENCE_S)  # a frame that goes up twice does so for want of a CLCW, not of a processor
    keys = new_keys(tmp_path / "keys")
    with (
        Emulator(speed=speed, link=link, keys=keys, state=tmp_path / "state") as emulator,
        station(emulator, tmp_path / "archive", keys, speed, link) as ground,
    ):
        ground.cop1.start("lander")
        service = ground.cop1.service("lander")
        assert service is not None
        for status in [ground.command("lander.ping") for _ in range(12)]:
            assert ground.wait(status)
            assert status.success
        assert eventually(lambda: service.fop.nn_r == 12)
        assert eventually(lambda: ground.link.counters().control_words["security_reports"] > 3)
        assert service.fop.foreign == 0
        assert service.fop.not_applicable == 0
        assert service.last_alert is None
        assert emulator.bench.peek("lander.farm.taken") == 12
        assert emulator.bench.peek("lander.farm.discarded") == 0  # nothing was sent twice for want of a CLCW
        found = ground.link.security[LANDER_ID]
        assert (found.alarm, found.bad_sequence_number, found.bad_mac, found.bad_association) == (False, False, False, False)
        assert found.last_spi in {row.association.spi for row in key_files.read(keys).of("lander", Direction.TC)}


@pytest.mark.parametrize(("tc", "tm"), COMBINATIONS)
def test_each_combination_of_modes_commands_and_reports(tmp_path: Path, tc: Mode, tm: Mode) -> None:
    """Those of `farside keys new FILE --tc MODE --tm MODE`; encrypted frames hide what authenticated ones show."""
    made = subprocess.run(
        [sys.executable, "-m", "ground", "keys", "new", str(tmp_path / "keys"), "--tc", tc, "--tm", tm],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    keys = tmp_path / "keys"
    with Emulator(speed=20.0, keys=keys, state=tmp_path / "state") as emulator, station(emulator, tmp_path / "a", keys, 20.0) as ground:
        status = ground.command("lander.ping")
        assert ground.wait(status)
        assert status.success
        spi = {row.vehicle: row.association for row in key_files.read(keys).rows if row.sends and row.association.direction == Direction.TC}
        assert spi["lander"].mode == tc
        assert eventually(lambda: LANDER_ID in ground.link.security and ground.link.security[LANDER_ID].last_spi == spi["lander"].spi)


def test_a_station_sees_why_it_is_refused(tmp_path: Path) -> None:
    """In clear to the lander, with other keys to the rover: reports say so, the panel's fields and `farside link --json` too."""
    keys, others = new_keys(tmp_path / "keys"), new_keys(tmp_path / "others")
    with Emulator(speed=20.0, keys=keys, state=tmp_path / "state") as emulator:
        stranger = key_files.UplinkSecurity(key_files.read(others), key_files.Numbers(others))
        with station(emulator, tmp_path / "a", keys, 20.0) as ground:
            send(emulator.tc, cltu.encode(build_tc_frame(LANDER_ID, 0, b"\xab\xcd" + bytes(30))))
            send(emulator.tc, cltu.encode(stranger.seal(build_tc_frame(ROVER_ID, 0, bytes(30)))))
            assert eventually(lambda: LANDER_ID in ground.link.security and ground.link.security[LANDER_ID].bad_association)
            assert ground.link.security[LANDER_ID].last_spi == 0xABCD
            assert eventually(lambda: ROVER_ID in ground.link.security and ground.link.security[ROVER_ID].bad_mac)
        doors = [f"--{door}={host}:{port}" for door, (host, port) in (("tm", emulator.tm), ("tc", emulator.tc))]
        words = [*doors, "--speed=20", "--timeout=2000", f"--archive={tmp_path / 'b'}", f"--keys={keys}"]
        for arguments in (["--json"], []):
            done = subprocess.run(
                [sys.executable, "-m", "ground", "link", *words, *arguments],
                cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            if arguments:
                found = json.loads(done.stdout)
                assert found["vehicles"]["lander"]["clcw"]["cop_in_effect"] == 1
                assert found["vehicles"]["lander"]["security_report"]["bad_association"] is True
                assert found["vehicles"]["rover"]["security_report"]["bad_mac"] is True
                assert found["vehicles"]["relay"]["security_report"]["alarm"] is False
                assert found["security_reports"] >= 3
            else:
                assert "lander: security report alarm" in done.stdout
                assert "lander: CLCW V(R) 0" in done.stdout


def test_without_keys_no_report_comes(tmp_path: Path) -> None:
    with Emulator(speed=20.0) as emulator, station(emulator, tmp_path / "a", None, 20.0) as ground:
        assert eventually(lambda: ground.link.counters().control_words["clcws"] > 60)
        words = ground.link.counters().control_words
        assert words == {"clcws": words["clcws"], "security_reports": 0, "other_words": 0}
        assert ground.link.security == {}
