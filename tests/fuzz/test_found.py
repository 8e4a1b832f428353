"""What fuzzing and the reading for it found, each at its smallest."""

import json
import zlib
from pathlib import Path

import pytest
import xxhash

from flight import recording, state
from flight.nonvolatile import FIELDS, NonVolatile
from flight.security_numbers import Numbers as OnboardNumbers
from ground.archive import Archive
from ground.decode import decode
from ground.errors import ArchiveError, FilesError
from ground.keys import Numbers as GroundNumbers
from ground.packet import packet_from_octets
from tests.fuzz.station import _archive
from wire import time_code

DEEP = b"[" * 100_000


def entry(body: bytes) -> bytes:
    return recording.FRAME.pack(len(body), zlib.crc32(body)) + body


@pytest.mark.parametrize("row", [1, [], {"boot_count": 1}, dict.fromkeys(FIELDS, "1"), dict.fromkeys(FIELDS, True), None])
def test_counters_that_are_none_are_refused_and_do_not_end_the_program_later(tmp_path: Path, row: object) -> None:
    (tmp_path / "nonvolatile.json").write_text(json.dumps({"relay": row}))
    with pytest.raises(ValueError, match="not readable"):
        NonVolatile(tmp_path)


@pytest.mark.parametrize("text", [b"[]", b"7", b"null", DEEP])
def test_a_recording_whose_header_is_no_object_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "recording"
    path.write_bytes(recording.MAGIC + entry(bytes([recording.HEADER_TYPE]) + text))
    with pytest.raises(ValueError, match="JSON"):
        recording.read_recording(path)


@pytest.mark.parametrize("text", [b"[]", b'"digest"', b"7", DEEP])
@pytest.mark.parametrize(
    "head",
    [recording.STAMP.pack(recording.END_TYPE, 1), recording.INPUT.pack(recording.INPUT_TYPE, 1, 4) + b"step\1"],
    ids=["end", "input"],
)
def test_an_entry_whose_json_is_no_object_ends_a_recording_there(tmp_path: Path, text: bytes, head: bytes) -> None:
    path = tmp_path / "recording"
    path.write_bytes(recording.MAGIC + entry(bytes([recording.HEADER_TYPE]) + b"{}") + entry(head + text))
    read = recording.read_recording(path)
    assert read.entries == []
    assert "cannot be read" in str(read.damage)


@pytest.mark.parametrize("text", [b"[]", b"null", DEEP])
def test_a_snapshot_whose_header_is_no_object_is_refused(text: bytes) -> None:
    octets = state.MAGIC + len(text).to_bytes(8, "little") + text
    with pytest.raises(ValueError, match="no JSON object"):
        state.unpack(octets + xxhash.xxh3_128_digest(octets))


def test_an_archive_whose_schema_is_no_text_is_told_of(tmp_path: Path) -> None:
    octets = bytearray(_archive())
    for table in (b"CREATE TABLE packets", b"CREATE TABLE branches", b"CREATE TABLE commands"):
        at = octets.find(table)
        octets[at + 13 : at + 20] = b"\xec\x98 \xff\xbe\x80("
    (tmp_path / "archive.sqlite").write_bytes(octets)
    with pytest.raises(ArchiveError, match="codec"), Archive(tmp_path) as archive:
        archive.packets()


@pytest.mark.parametrize(("epoch_tai_s", "tick_ns"), [(0, 0), (0, -1), (-1, 10), (1 << 32, 10)])
def test_ticks_of_no_length_are_refused_and_do_not_divide(epoch_tai_s: int, tick_ns: int) -> None:
    with pytest.raises(ValueError, match="nanosecond"):
        time_code.to_ticks(epoch_tai_s, tick_ns, bytes(7))


@pytest.mark.parametrize("text", [b"7", b"null", b"[]", b'{"sent": 1, "received": {}}', DEEP])
def test_sequence_numbers_that_are_no_table_are_refused_at_both_ends(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "security.json").write_bytes(text)
    (tmp_path / "keys.toml.numbers").write_bytes(text)
    with pytest.raises(ValueError, match="damaged"):
        OnboardNumbers(tmp_path)
    with pytest.raises(FilesError, match="damaged"):
        GroundNumbers(tmp_path / "keys.toml").received()


def test_a_report_of_no_parameter_values_says_so() -> None:
    octets = bytes.fromhex("0901e174001120140200000000dfb330036db14800003b70")
    assert decode(packet_from_octets(octets, 0x1C4, 0, 0)).text == "no parameter values"
