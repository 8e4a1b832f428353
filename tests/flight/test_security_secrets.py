"""What must never leave a key file, what must not be taken for one, and what an upset must not open."""

from __future__ import annotations

import base64
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flight.python_slot import Publish
from flight.recording import read_recording
from flight.security import UplinkUnit, read_keys
from flight.security_numbers import Numbers, Sender
from ground import keys as key_files
from ground.bench import Emulator
from ground.errors import FilesError
from tests.flight.secured import counters, new_keys, secured
from tests.flight.station import SHAPES
from wire import fsr
from wire.key_file import LARGEST_OCTETS, KeyFileError
from wire.sdls import IV_OCTETS, Direction, Mode

EXECUTED = [SHAPES["ACCEPTED"], SHAPES["STARTED"], SHAPES["COMPLETED"]]
BOOTED = 3000


def secrets_of(path: Path) -> list[bytes]:
    """Every key of a file, as text and as octets."""
    texts = [line.split('"')[1] for line in path.read_text().splitlines() if line.startswith("key")]
    assert len(texts) == 12
    return [form for text in texts for form in (text.encode(), text.upper().encode(), bytes.fromhex(text))]


def tell(octets: bytes, secrets: list[bytes]) -> bool:
    return any(secret in octets for secret in secrets)


# --- files that are no key files


def make_missing(path: Path) -> None:
    path.unlink()


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


SPOILS = {
    "missing": make_missing,
    "directory": make_directory,
    "link to nothing": make_broken_link,
    "empty": lambda path: path.write_text(""),
    "cut in the middle": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "cut at an association": lambda path: path.write_text("[[association]]".join(path.read_text().split("[[association]]")[:-2])),
    "last key short": lambda path: path.write_bytes(path.read_bytes().replace(b'key = "', b'key = "" # "', 1)),
    "noise": lambda path: path.write_bytes(os.urandom(4096)),
    "not UTF-8": lambda path: path.write_bytes(path.read_bytes() + b"\xff"),
    "huge": lambda path: path.write_bytes(b"#" * (LARGEST_OCTETS + 1) + b"\n" + path.read_bytes()),
    "for the group": lambda path: path.chmod(0o640),
    "for all": lambda path: path.chmod(0o604),
    "executable by others": lambda path: path.chmod(0o601),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_is_no_key_file_is_refused_at_both_ends_and_not_told(tmp_path: Path, spoil: Any) -> None:
    path, _ = new_keys(tmp_path)
    secrets = secrets_of(path)
    spoil(path)
    with pytest.raises((KeyFileError, OSError)) as flight:
        read_keys(path)
    with pytest.raises(FilesError) as ground:
        key_files.read(path)
    for told in (flight, ground):
        assert str(path) in str(told.value)
        assert not tell(repr(told.value).encode(), secrets)
        assert told.value.__cause__ is None or not tell(repr(told.value.__cause__).encode(), secrets)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_key_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path, _ = new_keys(tmp_path)
    path.chmod(0)
    with pytest.raises(PermissionError):
        read_keys(path)
    with pytest.raises(FilesError):
        key_files.read(path)


# --- nothing of a key leaves


def test_no_key_is_in_anything_that_a_run_writes_or_says(tmp_path: Path) -> None:
    """Keys inside the state directory, of all places: not in recordings (unpacked), snapshots, numbers, flash, nor in what is said."""
    (tmp_path / "state").mkdir()
    keys, _ = new_keys(tmp_path / "state")
    secrets = secrets_of(keys)
    with Emulator(scenario="surface", speed="max", keys=keys, state=tmp_path / "state", record=tmp_path / "run") as emulator:
        emulator.bench.run(seconds=3)
        emulator.bench.save(tmp_path / "snapshot")
        said = repr([emulator.bench.status(), emulator.bench.truth()]).encode()
        emulator.stop()
        said += emulator.said().encode()
    assert not tell(said, secrets)
    recording = read_recording(tmp_path / "run")
    state = recording.header["state"]
    assert sorted(state) == ["lander.flash", "nonvolatile.json", "rover.flash", "security.json"] or sorted(state) == ["security.json"]
    for kept in state.values():
        assert not tell(zlib.decompress(base64.b64decode(kept["content"])), secrets)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != keys]
    assert {"run", "snapshot", "security.json"} <= {path.name for path in written}
    for path in written:
        assert not any(tell(octets, secrets) for octets in chunks(path))


def chunks(path: Path) -> Any:
    """A file's octets in overlapping pieces, holes left out."""
    with open(path, "rb") as file:
        size, at = path.stat().st_size, 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            yield os.pread(file.fileno(), (1 << 20) + 64, at)
            at += 1 << 20


def test_no_key_is_in_a_snapshot_nor_in_any_record(tmp_path: Path) -> None:
    path, keys = new_keys(tmp_path)
    secrets = secrets_of(path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        station.send("relay", "ping")
        mission.run(50)
        assert not tell(mission.snapshot(), secrets)
        for arena in (mission.harness, mission.vehicles[0].arena):
            assert not any(tell(arena.view(name).tobytes(), secrets) for name in arena.records)
        assert not tell(repr([vars(mission.security), vars(mission.security.keys), mission.security.keys.rows]).encode(), secrets)


def test_a_key_file_that_is_replaced_changes_nothing_until_the_program_starts_anew(tmp_path: Path) -> None:
    """Keys are read once. Half a file, or somebody else's, under a running spacecraft is neither taken nor a failure."""
    path, keys = new_keys(tmp_path)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        for text in ("", "[[association]]"):
            path.write_text(text)
            request = station.send("relay", "ping")
            mission.run(50)
            assert station.stages(request) == EXECUTED
        path.unlink()
        _, others = new_keys(tmp_path)
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == EXECUTED
        station.row = others.sender("relay", Direction.TC)
        request = station.send("relay", "ping")
        mission.run(50)
        assert station.stages(request) == []
        assert counters(mission) == {"passed": 3, "mac": 1}


# --- numbers


def test_two_directories_of_the_same_moment_do_not_begin_at_the_same_vector(tmp_path: Path) -> None:
    """Initialisation vectors of GCM, twice under one key, give it away: a date alone is too coarse."""
    begun = set()
    for n in range(16):
        (tmp_path / str(n)).mkdir()
        (tmp_path / str(n) / "security.json").write_text('{"received": {}, "sent": {}}')
        os.utime(tmp_path / str(n) / "security.json", ns=(10**18, 10**18))
        begun.add(Sender(Numbers(tmp_path / str(n)), "key", IV_OCTETS).take())
    assert len(begun) == 16
    path, _ = new_keys(tmp_path)
    row = key_files.read(path).sender("lander", Direction.TC)
    for n in range(16):
        copy = tmp_path / str(n) / "keys.toml"
        copy.with_name("keys.toml.numbers").write_text('{"sent": {}, "received": {}}')
        os.utime(copy.with_name("keys.toml.numbers"), ns=(10**18, 10**18))
        begun.add(key_files.Numbers(copy).take(row))
    assert len(begun) == 32


def lowered_on_the_way_in(step: Any, self: UplinkUnit, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
    given = inputs["security.in"].copy()
    given["next"] = 0
    return list(step(self, tick, command, {"security.in": given}))


def lowered_on_the_way_out(step: Any, self: UplinkUnit, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
    (published,) = step(self, tick, command, inputs)
    found = np.frombuffer(published.octets, self._kind, 1).copy()
    found["next"] = 0
    return [Publish(found.tobytes())]


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
@pytest.mark.parametrize("upset", [lowered_on_the_way_in, lowered_on_the_way_out])
def test_numbers_that_an_upset_lowers_open_nothing_to_a_replay(
    tmp_path: Path, mode: Mode, upset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the gate and the unit, or on the way back: the batch is refused whole, the alarm raised, and no number goes back."""
    _, keys = new_keys(tmp_path, tc=mode)
    with secured(tmp_path, keys) as (mission, station):
        mission.run(BOOTED)
        for _ in range(3):
            station.send("relay", "ping")
        mission.run(50)
        kept = mission.harness.view("security.relay")
        before = kept["next"].tobytes()
        with monkeypatch.context() as hit:
            step = UplinkUnit.step
            hit.setattr(UplinkUnit, "step", lambda *given: upset(step, *given))
            station.radiate(station.sent[0])
            mission.run(20)
        assert kept["next"].tobytes() == before
        assert counters(mission) == {"passed": 3, "internal": 1}
        report = fsr.parse(int(kept["report"]))
        assert report is not None
        assert report.alarm
        station.radiate(station.sent[0])
        request = station.send("relay", "ping")
        mission.run(50)
        assert counters(mission) == {"passed": 4, "internal": 1, "replayed": 1}
        assert station.stages(request) == EXECUTED
