"""Recordings: what is written comes back, what is torn is said, what differs is found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from flight.recording import MAGIC, Digest, End, Input, Recorder, build_id, compare, describe, first_difference, read_recording
from flight.replay import capture, unpack

HEADER = {"scenario": "surface", "seed": 7}
INPUT_BODY = bytes.fromhex("01 2A00000000000000 06 75706C696E6B 00 03000000")  # input, tick 42, "uplink", octets


def write(path: Path, value: str = "aa" * 16) -> Path:
    recorder = Recorder(path, HEADER)
    recorder.input(42, "uplink", b"\x03\0\0\0")
    recorder.digest(1, value)
    recorder.input(150, "inject", {"device": "lander.altimeter", "bias_m": 0.1})
    recorder.digest(2, "bb" * 16)
    recorder.end(250, "cc" * 16)
    recorder.close()
    return path


def test_what_is_recorded_comes_back_in_order(tmp_path: Path) -> None:
    found = read_recording(write(tmp_path / "run"))
    assert found.header == HEADER
    assert found.damage is None
    assert found.entries == [
        Input(42, "uplink", b"\x03\0\0\0"),
        Digest(1, "aa" * 16),
        Input(150, "inject", {"device": "lander.altimeter", "bias_m": 0.1}),
        Digest(2, "bb" * 16),
        End(250, "cc" * 16),
    ]
    assert found.end() == End(250, "cc" * 16)
    assert [entry.second for entry in found.digests()] == [1, 2]
    assert len(found.inputs()) == 2


def test_an_entry_is_length_checksum_type_tick_kind_and_payload(tmp_path: Path) -> None:
    octets = write(tmp_path / "run").read_bytes()
    body = b'\0{"scenario":"surface","seed":7}'
    start = MAGIC + len(body).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little") + body
    assert octets.startswith(start)
    entry = octets[len(start) :][: 8 + len(INPUT_BODY)]
    assert entry == bytes.fromhex("15000000") + zlib.crc32(INPUT_BODY).to_bytes(4, "little") + INPUT_BODY


def test_a_recording_cut_anywhere_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "run")
    octets = path.read_bytes()
    whole = read_recording(path).entries
    header_end = len(MAGIC) + 8 + int.from_bytes(octets[len(MAGIC) : len(MAGIC) + 4], "little")
    clean_ends = 0
    for length in range(header_end, len(octets)):
        path.write_bytes(octets[:length])
        found = read_recording(path)
        assert found.entries == whole[: len(found.entries)]
        assert found.end() is None
        clean_ends += found.damage is None
    assert clean_ends == len(whole)


def test_a_damaged_octet_ends_the_reading_and_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "run")
    octets = bytearray(path.read_bytes())
    octets[-3] ^= 1
    path.write_bytes(octets)
    found = read_recording(path)
    assert len(found.entries) == 4
    assert found.damage is not None
    assert "checksum is wrong" in found.damage


@pytest.mark.parametrize("octets", [b"", b"something else", MAGIC, MAGIC + b"\x01\0\0"])
def test_a_file_without_a_header_is_no_recording(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "run"
    path.write_bytes(octets)
    with pytest.raises(ValueError, match=r"not a recording|no header"):
        read_recording(path)


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "run")
    with pytest.raises(FileExistsError):
        Recorder(path, HEADER)


def test_equal_runs_are_the_same_and_a_digest_that_differs_is_found(tmp_path: Path) -> None:
    one, same, other = (
        read_recording(write(tmp_path / name, value)) for name, value in (("a", "aa" * 16), ("b", "aa" * 16), ("c", "ab" * 16))
    )
    assert compare(one, same)["same"] is True
    found = compare(one, other)
    assert found["same"] is False
    assert found["first_difference"] == {
        "entry": 1,
        "a": {"what": "digest", "second": 1, "value": "aa" * 16},
        "b": {"what": "digest", "second": 1, "value": "ab" * 16},
    }
    assert found["header"] == {}


def test_a_run_that_stops_earlier_differs_where_it_stops() -> None:
    digests = [Digest(second, "00") for second in range(3)]
    assert first_difference(digests, digests[:2]) == {"entry": 2, "a": describe(digests[2]), "b": None}
    assert first_difference(digests, digests) is None


def test_two_inputs_that_differ_late_in_their_octets_are_told_apart() -> None:
    a, b = Input(7, "uplink", bytes(200)), Input(7, "uplink", bytes(150) + b"\1" + bytes(49))
    assert first_difference([a], [b]) == {"entry": 0, "a": describe(a), "b": describe(b), "octet": 150}
    assert first_difference([a], [Input(7, "uplink", bytes(20))])["octet"] == 20  # type: ignore[index]


def test_an_input_is_described_by_its_kind_and_first_octets() -> None:
    assert describe(Input(3, "uplink", b"\x01\x02")) == {"what": "input", "tick": 3, "kind": "uplink", "payload": "2 octets, 0102"}
    assert describe(Input(3, "poke", {"value": 1.5})) == {"what": "input", "tick": 3, "kind": "poke", "payload": '{"value":1.5}'}


def test_a_process_killed_at_any_moment_leaves_every_input_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "run"
    script = (
        "import sys\nfrom flight.recording import Recorder\nrecorder = Recorder(sys.argv[1], {})\n"
        "for tick in range(10**9):\n    recorder.input(tick, 'uplink', bytes(100))\n    print(tick, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        shown = [int(writer.stdout.readline()) for _ in range(200)][-1]
        os.kill(writer.pid, signal.SIGKILL)
    found = read_recording(path)
    assert len(found.entries) > shown
    assert [entry.tick for entry in found.inputs()] == list(range(len(found.entries)))


def test_numbers_survive_json_to_the_bit(tmp_path: Path) -> None:
    values = [0.1, 1e-300, 2**0.5, -0.0, 1e22]
    recorder = Recorder(tmp_path / "run", {})
    recorder.input(0, "reset", {"options": values})
    recorder.close()
    (entry,) = read_recording(tmp_path / "run").inputs()
    assert json.dumps(entry.payload) == json.dumps({"options": values})  # type: ignore[arg-type]


def test_the_files_that_a_run_starts_from_come_back_with_their_holes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / ".lock").touch()
    (state / "keys.toml").write_text("whatever else lies here is not ours to copy")
    (state / "nonvolatile.json").write_text("{}")
    with open(state / "lander.flash", "wb") as flash:
        flash.truncate(1 << 30)
        flash.seek(12_288 + 5)
        flash.write(b"in the third page")
        flash.seek((1 << 30) - 1)
        flash.write(b"z")
    kept = json.loads(json.dumps(capture(state)))
    assert {name: file["pages"] for name, file in kept.items()} == {"lander.flash": [3, 262_143], "nonvolatile.json": [0]}
    unpack(kept, tmp_path / "again")
    again = tmp_path / "again" / "lander.flash"
    assert again.stat().st_size == 1 << 30
    assert again.stat().st_blocks * 512 < 1 << 20
    with open(again, "rb") as flash:
        flash.seek(12_288)
        assert flash.read(30) == b"\0" * 5 + b"in the third page" + b"\0" * 8
        flash.seek((1 << 30) - 2)
        assert flash.read() == b"\0z"
    assert (tmp_path / "again" / "nonvolatile.json").read_text() == "{}"


def test_more_than_a_recording_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flight.replay.MAX_IMAGE_OCTETS", 8192)
    (tmp_path / "a.flash").write_bytes(b"x" * 8192)
    assert list(capture(tmp_path)) == ["a.flash"]
    (tmp_path / "b.flash").write_bytes(b"x")
    with pytest.raises(ValueError, match="too many to copy into a recording"):
        capture(tmp_path)


def test_the_build_has_a_name_that_stays() -> None:
    assert build_id() == build_id()
    assert len(build_id()) == 32
