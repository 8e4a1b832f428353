"""Security on board: what is sealed is executed, what is not reaches nothing, and what was accepted is refused from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flight.recording import Recorder, read_recording
from flight.replay import Verdict, replay
from flight.security import read_keys
from flight.security_downlink import TelemetrySealer
from tests.flight.secured import SPACECRAFT, counters, new_keys, secured
from tests.flight.station import SHAPES, relay_mission
from wire import cltu, pus, sdls
from wire.crc import checksum
from wire.dictionary import RELAY
from wire.frame_shapes import build_tc_control, build_tc_frame
from wire.key_file import KeyFileError
from wire.sdls import Direction, Mask, Mode, Receiver, Refusal, RefusedError
from wire.tm_frame import Reassembler

EXECUTED = [SHAPES["ACCEPTED"], SHAPES["STARTED"], SHAPES["COMPLETED"]]
MODES = (Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION)
BOOTED = 3000


def repaired(frame: bytes | bytearray) -> bytes:
    return bytes(frame[:-2]) + checksum(bytes(frame[:-2])).to_bytes(2, "big")


@pytest.mark.parametrize("mode", MODES)
def test_a_sealed_command_is_executed_and_its_copy_is_not(tmp_path: Path, mode: Mode) -> None:
    _, keys = new_keys(tmp_path, tc=mode)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED
        station.radiate(station.sent[-1])
        mission.run(50)
        assert station.stages(request) == EXECUTED
        assert counters(mission) == {"passed": 1, "replayed": 1}
        assert station.events("relay").count("uplink_rejected") == 1


def test_a_command_in_clear_is_refused_and_a_control_frame_passes(tmp_path: Path) -> None:
    """BI-098, BI-103."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        command = RELAY.command("ping")
        station.radiate(build_tc_frame(SPACECRAFT, 0, pus.build_tc(command.apid, 0, command.service, command.subtype, b"")))
        mission.run(50)
        assert counters(mission) in ({"association": 1}, {"mac": 1})
        station.radiate(build_tc_control(SPACECRAFT, 0, b"\x82\0\x2a"))
        mission.run(50)
        assert int(mission.vehicles[0].arena.view("farm")["v_r"]) == 0x2A


def test_a_flood_of_forgeries_is_told_of_once_a_batch_and_holds_up_no_command_for_long(tmp_path: Path) -> None:
    """BI-102: eight frames a batch, a batch every two ticks, and one event for it."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        frame = cltu.encode(repaired(build_tc_frame(SPACECRAFT, 0, bytes(40))))
        for _ in range(200):
            mission.inbox.put(0, frame)
        request = station.send("relay", "ping")
        mission.run(60)
        assert counters(mission) == {"association": 200, "passed": 1}
        assert station.stages(request) == EXECUTED
        assert 25 <= station.events("relay").count("uplink_rejected") <= 30


def test_what_was_accepted_is_refused_after_reset_reboot_and_loss_of_power(tmp_path: Path) -> None:
    """BI-094, BI-101."""
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.send("relay", "ping")
        mission.run(50)
        frame = station.sent[-1]
        mission.reset("bench", 1)
        mission.run(BOOTED)
        station.radiate(frame)
        mission.run(50)
        assert counters(mission) == {"replayed": 1}
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.radiate(frame)
        mission.run(50)
        assert counters(mission) == {"replayed": 1}


def test_a_number_is_on_the_disk_before_its_command_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)

        def fails(kept: Any) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(mission.security.numbers, "_write", fails)
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == []
        assert counters(mission) == {"internal": 1}
        monkeypatch.undo()
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED


def test_other_keys_and_other_associations_open_nothing(tmp_path: Path) -> None:
    """Wrong key, wrong index, number behind, number ahead: each refused by its name."""
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    (_, ours), (_, theirs) = new_keys(tmp_path / "ours", tc=Mode.AUTHENTICATION), new_keys(tmp_path / "theirs", tc=Mode.AUTHENTICATION)
    with secured(tmp_path, ours) as (mission, station):
        mission.run(BOOTED)
        row = ours.sender("relay", Direction.TC)
        frame = build_tc_frame(SPACECRAFT, 0, bytes(30))
        station.radiate(sdls.seal_tc(row.unit, frame, 5000))
        station.radiate(sdls.seal_tc(theirs.sender("relay", Direction.TC).unit, frame, 5001))
        station.radiate(sdls.seal_tc(row.unit, frame, 4999))
        station.radiate(sdls.seal_tc(row.unit, frame, 5000 + row.association.window + 1))
        down = ours.sender("relay", Direction.TM)
        station.radiate(sdls.seal_tc(down.unit, frame, 5001))
        mission.run(100)
        assert counters(mission) == {"passed": 1, "mac": 1, "replayed": 1, "ahead": 1, "association": 1}


def test_a_run_with_keys_is_replayed_to_the_bit(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path)
    path = tmp_path / "run.farside"
    recorder = Recorder(path, {"scenario": "bench", "seed": 1, "speed": "max"})
    with secured(tmp_path / "one", keys, recorder=recorder) as (mission, station):
        mission.run(BOOTED)
        for _ in range(3):
            station.send("relay", "ping")
            mission.run(700)
        recorder.end(mission.tick, mission.digest())
        recorder.close()
    found = read_recording(path)
    verdict = Verdict(found.entries)
    with secured(tmp_path / "two", keys, recorder=verdict) as (mission, _):
        replay(found, verdict, mission)
    assert verdict.difference is None
    assert verdict.compared >= 5


def test_a_snapshot_with_a_batch_under_way_goes_on_as_the_original(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.send("relay", "ping")
        mission.run(1)
        saved = mission.snapshot()
        mission.run(200)
        expected = mission.digest()
        mission.restore(saved)
        mission.run(200)
        assert mission.digest() == expected
        assert counters(mission) == {"passed": 1}


# --- telemetry


def sealed_run(mission: Any, keys: Any, ticks: int) -> list[bytes]:
    """Frames as listeners get them."""
    sealer = TelemetrySealer(mission.outlet, keys, mission.security.numbers)
    reader = sealer.sealed.reader()
    sealer.start()
    frames = []
    for _ in range(ticks // 100):
        mission.run(100)
        sealer.settle()
        while (frame := reader.take()) is not None:
            frames.append(frame)
    sealer.stop()
    reader.close()
    return frames


def receiver_of(keys: Any) -> Receiver:
    return Receiver([row.unit for row in keys.of("relay", Direction.TM)], SPACECRAFT, Direction.TM)


@pytest.mark.parametrize("mode", MODES)
def test_telemetry_is_sealed_and_the_station_opens_it(tmp_path: Path, mode: Mode) -> None:
    _, keys = new_keys(tmp_path, tm=mode)
    with secured(tmp_path, keys) as (mission, station):
        station.close()
        frames = sealed_run(mission, keys, 5000)
        receiver = receiver_of(keys)
        packets, channels = [], {}
        for frame in frames:
            clear = receiver.open(frame)
            packets += channels.setdefault(clear[1] & 0x0E, Reassembler(len(clear))).feed(clear)
            with pytest.raises(RefusedError):
                receiver.open(frame)
        assert receiver.refused[Refusal.REPLAYED] == len(frames) > 5
        assert any(packet[7:9] == b"\5\1" for packet in packets)  # the boot event


def test_no_number_comes_twice_though_time_is_taken_back(tmp_path: Path) -> None:
    """The same second three times over, and again in another life: every frame under a number of its own."""
    _, keys = new_keys(tmp_path)
    numbers = []
    for _ in range(2):
        with secured(tmp_path, keys) as (mission, station):
            station.close()
            mission.run(BOOTED)
            saved = mission.snapshot()
            for _ in range(3):
                mission.restore(saved)
                numbers += [int.from_bytes(frame[8:20], "big") for frame in sealed_run(mission, keys, 1000)]
    assert len(numbers) > 10
    assert numbers == sorted(set(numbers))


# --- keys


def test_a_key_file_that_others_can_read_is_refused_and_never_told(tmp_path: Path) -> None:
    path, _ = new_keys(tmp_path)
    secrets = [line.split('"')[1] for line in path.read_text().splitlines() if line.startswith("key")]
    for mode in (0o640, 0o604, 0o622, 0o601):
        path.chmod(mode)
        with pytest.raises(KeyFileError, match=f"mode {mode:04o}.*chmod 600") as told:
            read_keys(path)
        assert str(path) in str(told.value)
    path.chmod(0o400)
    keys = read_keys(path)
    for text in (repr(keys), repr(keys.rows), repr(keys.rows[0].unit), str(vars(keys))):
        assert not any(secret in text for secret in secrets)


def test_the_mask_of_the_standard_is_taken_too(tmp_path: Path) -> None:
    _, keys = new_keys(tmp_path, mask=Mask.STANDARD)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED


def test_without_keys_there_is_no_gate() -> None:
    mission = relay_mission()
    assert not any(name.startswith("security") for name in mission.vehicles[0].arena.records)
    mission.close()
