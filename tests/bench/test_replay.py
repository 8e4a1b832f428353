"""The same scenario, seed and commands give the same bytes: twice, elsewhere, from a recording and from a snapshot."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground.bench import Bench, Emulator
from tests.bench.modem import command, send
from tests.house import PATIENCE_S


def flight(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "flight", *map(str, arguments), "--json"], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def fly(bench: Bench, seconds: int = 20) -> list[tuple[int, str]]:
    """A short life with commands at fixed ticks, a fault and a reset of a computer."""
    bench.run(seconds=8.0)
    bench.uplink(command("lander", "ping"))
    bench.run(ticks=37)
    bench.inject("lander.altimeter", "off")
    bench.uplink(command("rover", "ping", 1) + command("lander", "ping", 2))
    bench.run(ticks=163)
    bench.computer("relay", "reset")
    bench.run(seconds=seconds - 10.0)
    return bench.digests()


def test_two_runs_in_one_process_give_the_same_bytes(spacecraft: Emulator) -> None:
    first = fly(spacecraft.bench)
    spacecraft.bench.reset(seed=1)
    assert fly(spacecraft.bench) == first
    assert len({value for _, value in first}) == len(first) >= 20


def test_another_seed_gives_other_bytes(spacecraft: Emulator) -> None:
    first = fly(spacecraft.bench)
    spacecraft.bench.reset(seed=2)
    other = fly(spacecraft.bench)
    assert all(a != b for a, b in zip(first[1:], other[1:], strict=True))


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_gives_the_same_bytes(spacecraft: Emulator, monkeypatch: pytest.MonkeyPatch, hash_seed: str) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    with Emulator(speed="max", seed=1) as other:
        assert dict(fly(other.bench)) | {0: ""} == dict(fly(spacecraft.bench)) | {0: ""}


def test_pace_changes_nothing(spacecraft: Emulator) -> None:
    with Emulator(speed="1000", seed=1) as other:
        other.bench.reset(seed=1)
        assert dict(fly(other.bench)) | {0: ""} == dict(fly(spacecraft.bench)) | {0: ""}


def test_a_snapshot_goes_on_in_a_fresh_process_as_it_went_on_here(spacecraft: Emulator, tmp_path: Path) -> None:
    bench = spacecraft.bench
    draw = random.Random(5)
    bench.run(seconds=8.0)
    ticks = 0
    for place in range(3):
        bench.uplink(command("lander", "ping", place))
        ticks = bench.run(ticks=draw.randrange(1, 200)).tick
    bench.save(tmp_path / "here")
    end = bench.run(ticks=500)
    with Emulator(speed="max", seed=99) as other:
        other.bench.load(tmp_path / "here")
        assert other.bench.status()["tick"] == ticks
        assert other.bench.run(ticks=500) == end


def test_one_bit_of_one_record_is_seen_in_the_digest(spacecraft: Emulator) -> None:
    bench = spacecraft.bench
    bench.run(seconds=9.0)
    before, octets = bench.digest(), bench.snapshot()
    value = bench.peek("harness.radio.octets")
    bench.poke("harness.radio.octets", value + 1)
    assert bench.digest() != before
    bench.poke("harness.radio.octets", value)
    assert bench.digest() == before == bench.restore(octets)


def test_a_recording_replays_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(speed="max", seed=3, record=path) as emulator:
        fly(emulator.bench)
        octets = emulator.bench.snapshot()
        send(emulator.tc, command("lander", "ping", 7))
        emulator.bench.run(seconds=3.0)
        emulator.bench.restore(octets)
        emulator.bench.run(seconds=2.0)
        emulator.bench.reset(seed=4)
        fly(emulator.bench)
        assert emulator.stop() == 0
    status, found = flight("replay", path)
    assert (status, found["same"], found["damage"], found["ended"]) == (0, True, None, True)
    assert found["digests"] >= 20 + 3 + 2 + 20


def test_a_killed_run_leaves_a_recording_that_replays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(speed="max", seed=3, record=path) as emulator:
        fly(emulator.bench)
        emulator.kill()
    path.write_bytes(path.read_bytes()[:-3])
    status, found = flight("replay", path)
    assert (status, found["same"], found["ended"]) == (0, True, False)
    assert "octets" in found["damage"]


def test_a_recording_that_was_tampered_with_differs_at_its_second(tmp_path: Path) -> None:
    from flight.recording import Digest, Recorder, read_recording

    path = tmp_path / "run"
    with Emulator(speed="max", seed=3, record=path) as emulator:
        fly(emulator.bench)
        emulator.stop()
    recording = read_recording(path)
    forged = Recorder(tmp_path / "forged", recording.header)
    for entry in recording.inputs():
        forged.input(entry.tick, entry.kind, entry.payload)
    for digest in recording.digests():
        forged.digest(digest.second, "00" * 16 if digest == Digest(13, digest.value) else digest.value)
    forged.close()
    status, found = flight("replay", tmp_path / "forged")
    assert (status, found["same"]) == (1, False)
    assert found["difference"]["recorded"]["second"] == 13
    status, found = flight("diff", path, tmp_path / "forged")
    assert (status, found["same"]) == (1, False)


def test_a_real_time_recording_replays_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Emulator(speed="real", seed=3, record=path) as emulator:
        for count in range(5):
            emulator.bench.pause()
            send(emulator.tc, command("lander", "ping", count))
            emulator.bench.run(seconds=1.0)
        emulator.bench.inject("lander.altimeter", "off")
        for _ in range(60):  # seconds in which a machine lags behind have no digest
            emulator.bench.run(seconds=1.0)
            if len(emulator.bench.digests(1)) >= 5:
                break
        assert emulator.stop() == 0
    status, found = flight("replay", path)
    assert (status, found["same"], found["difference"]) == (0, True, None)
    assert found["digests"] >= 5


def test_with_state_kept_a_second_start_is_a_reboot_and_both_recordings_replay(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for number in (1, 2):
        with Emulator(speed="max", state=state) as emulator:
            fly(emulator.bench)
            assert emulator.bench.status()["computers"]["lander"]["boot_count"] == number
            assert emulator.stop() == 0
    recordings = sorted(os.listdir(state / "recordings"))
    assert recordings == ["000001.farside", "000002.farside"]
    for name in recordings:
        status, found = flight("replay", state / "recordings" / name)
        assert (status, found["same"], found["difference"]) == (0, True, None)
        assert found["digests"] >= 20
