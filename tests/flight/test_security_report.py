"""How the frame security report shares the operational control field with the CLCW, as it leaves the computer."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.flight.secured import SPACECRAFT, SecuredStation, new_keys, secured
from tests.flight.station import relay_mission
from wire import fsr
from wire.crc import checksum
from wire.frame_shapes import build_tc_control, build_tc_frame
from wire.fsr import FrameSecurityReport

BOOTED = 3000
NOTHING = FrameSecurityReport(False, False, False, False, 0, 0)


def words(reader: Any) -> list[int]:
    found = []
    while (frame := reader.take()) is not None:
        found.append(int.from_bytes(frame[-6:-2], "big"))
    return found


def unprotected(mission: Any) -> Any:
    """What the downlink was given by FARM-1 this tick."""
    return int(mission.vehicles[0].arena.view("downlink")["ocf"])


def last_report(station: SecuredStation) -> FrameSecurityReport | None:
    return next(filter(None, (fsr.parse(word) for word in reversed(words(station.reader)))), None)


def spoiled(frame: bytes) -> bytes:
    body = frame[:-3] + bytes([frame[-3] ^ 1])
    return body + checksum(body).to_bytes(2, "big")


@pytest.mark.long(200_000)
@pytest.mark.timeout(3600)
def test_a_clcw_that_says_anything_new_is_never_held_up_and_a_report_comes_in_each_eighth_frame(tmp_path: Path, repetitions: int) -> None:
    """Every frame of a run in which commands, control commands and forgeries come in: by a rule that knows the CLCW of each tick alone."""
    seed = random.randrange(10**9)
    print("seed", seed)
    chance = random.Random(seed)
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        before: int | None = None  # the word of the frame before, if it was a CLCW
        last, since, kinds = -1, 0, [0, 0]
        for _ in range(max(repetitions, 40_000)):
            draw = chance.random()
            if draw < 0.001:
                station.send("relay", "ping")
            elif draw < 0.002:
                station.radiate(build_tc_control(SPACECRAFT, 0, bytes([0x82, 0, chance.randrange(256)])))
            elif draw < 0.003 and station.sent:
                station.radiate(station.sent[-1])
            mission.run(1)
            clcw, report = unprotected(mission), int(mission.harness.view("security.relay")["report"])
            for word in words(station.reader):
                due = before == clcw and (report != last or since >= 7)  # never behind a report: then there is no CLCW before
                assert word == (report if due else clcw), f"seed {seed}, tick {mission.tick}"
                before, last, since = (None, report, 0) if due else (clcw, last, since + 1)
                kinds[due] += 1
        assert kinds[0] > kinds[1] > sum(kinds) // 11 > 10


def test_without_keys_every_control_field_is_a_clcw() -> None:
    mission = relay_mission()
    reader = mission.outlet.reader()
    mission.run(BOOTED)
    found = words(reader)
    assert len(found) > 5
    assert not any(word >> 31 for word in found)
    reader.close()
    mission.close()


def test_a_report_tells_of_what_came_last_and_soon(tmp_path: Path) -> None:
    """Accepted, replayed, damaged, unknown: with number, SPI and flag; the alarm stays."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        assert last_report(station) == NOTHING
        spi = station.row.association.spi
        station.send("relay", "ping")
        mission.run(1500)  # an idle frame a second besides
        assert last_report(station) == FrameSecurityReport(False, False, False, False, spi, 1001 & 0xFF)
        station.radiate(station.sent[-1])
        mission.run(1500)
        assert last_report(station) == FrameSecurityReport(True, True, False, False, spi, 1001 & 0xFF)
        station.radiate(spoiled(station.seal(build_tc_frame(SPACECRAFT, 0, bytes(30)))))
        mission.run(1500)
        assert last_report(station) == FrameSecurityReport(True, False, True, False, spi, 1002 & 0xFF)
        station.radiate(build_tc_frame(SPACECRAFT, 0, b"\xab\xcd" + bytes(40)))
        mission.run(1500)
        assert last_report(station) == FrameSecurityReport(True, False, False, True, 0xABCD, 1002 & 0xFF)
        station.send("relay", "ping")
        mission.run(1500)
        assert last_report(station) == FrameSecurityReport(True, False, False, False, spi, 1003 & 0xFF)


def test_the_alarm_outlives_a_reset_of_the_computer_and_not_one_of_the_mission(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.send("relay", "ping")
        mission.run(50)
        station.radiate(station.sent[-1])
        mission.run(50)
        station.send("relay", "reset_computer")
        mission.run(BOOTED)
        assert mission.vehicles[0].arena.view("link")["tc_frames_accepted"] == 0  # it has started anew
        assert last_report(station) == FrameSecurityReport(True, False, False, False, station.row.association.spi, 1002 & 0xFF)
        mission.reset("bench", 1)
        mission.run(BOOTED)
        assert last_report(station) == NOTHING


def test_control_frames_and_damaged_ones_change_no_report(tmp_path: Path) -> None:
    """They are outside of security; what is wrong with them, others tell."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.radiate(build_tc_control(SPACECRAFT, 0, b"\x82\0\x2a"))
        station.radiate(station.seal(build_tc_frame(SPACECRAFT, 0, bytes(30)))[:-1] + b"\0")
        mission.run(2000)
        assert last_report(station) == NOTHING
        assert int(mission.vehicles[0].arena.view("link")["tc_frames_rejected"]) == 1


def test_a_report_that_an_upset_has_hit_never_passes_for_a_clcw(tmp_path: Path) -> None:
    """Each bit of it once: type and version are looked at before it goes down."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        kept = mission.harness.view("security.relay")
        for bit in range(32):
            kept["report"] = fsr.CLEAR ^ (1 << bit)
            words(station.reader)
            mission.run(9000)
            clcw = unprotected(mission)
            found = words(station.reader)
            assert all(word in (clcw, fsr.CLEAR ^ (1 << bit)) for word in found)
            assert all(fsr.parse(word) is not None for word in found if word != clcw)


def test_a_batch_that_was_lost_raises_the_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)

        def fails(kept: Any) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(mission.security.numbers, "_write", fails)
        station.send("relay", "ping")
        mission.run(1500)
        assert last_report(station) == FrameSecurityReport(True, False, False, False, 0, 0)


def test_a_snapshot_carries_the_report_and_the_turn_of_the_field(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.send("relay", "ping")
        mission.run(500)
        saved = mission.snapshot()
        words(station.reader)
        mission.run(8000)
        expected = words(station.reader)
        assert any(word >> 31 for word in expected)
        mission.restore(saved)
        words(station.reader)
        mission.run(8000)
        assert words(station.reader) == expected
