"""The station's keys: made for one pair of eyes, sealing what goes up, opening what comes down, with numbers that every program shares."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ground import keys as key_files
from ground.errors import FilesError, GroundError
from ground.frames import FrameReceiver, LinkCounters
from ground.keys import DownlinkSecurity, Numbers, UplinkSecurity
from tests.house import PATIENCE_S, ROOT
from wire import cadu, sdls, tc_frame
from wire.dictionary import LANDER
from wire.frame_shapes import build_tc_control, build_tc_frame
from wire.key_file import KeyFileError, Keys, parse
from wire.sdls import Direction, Mask, Mode, Receiver, Refusal
from wire.tm_frame import Channel

SPACECRAFT = LANDER.vehicle.spacecraft_id
ENCRYPTED = dict.fromkeys(Direction, Mode.AUTHENTICATED_ENCRYPTION)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "keys.toml"
    key_files.make(made, ENCRYPTED, Mask.WHOLE)
    return made


def farside(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ground", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False
    )


def telemetry(keys: Keys, first: int, count: int) -> list[bytes]:
    row = keys.sender("lander", Direction.TM)
    channel = Channel(SPACECRAFT, 0, row.association.head_octets, row.association.tail_octets)
    frames = []
    for n in range(count):
        channel.append(bytes.fromhex("0901c000000f") + (first + n).to_bytes(16, "big"))
        frames.append(sdls.seal_tm(row.unit, channel.finish(n & 0xFF, 0x01000000), first + n))
    return frames


# --- making them


def test_new_keys_are_for_their_owner_alone_and_are_not_shown(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        done = farside("keys", "new", tmp_path / "keys.toml")
    finally:
        os.umask(before)
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE((tmp_path / "keys.toml").stat().st_mode) == 0o600
    secrets = [line.split('"')[1] for line in (tmp_path / "keys.toml").read_text().splitlines() if line.startswith("key")]
    assert len(set(secrets)) == 12
    assert all(len(bytes.fromhex(secret)) == 32 and secret not in done.stdout for secret in secrets)
    again = farside("keys", "new", tmp_path / "keys.toml")
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_new_keys_are_new_every_time(tmp_path: Path) -> None:
    for name in "ab":
        key_files.make(tmp_path / name, ENCRYPTED, Mask.WHOLE)
    a, b = (key_files.read(tmp_path / name) for name in "ab")
    assert {row.fingerprint for row in a.rows}.isdisjoint(row.fingerprint for row in b.rows)


def test_modes_and_mask_are_chosen_when_keys_are_made(tmp_path: Path) -> None:
    done = farside("keys", "new", tmp_path / "k", "--tc", "authentication", "--mask", "standard", "--json")
    assert json.loads(done.stdout) == {"file": str(tmp_path / "k")}
    keys = key_files.read(tmp_path / "k")
    assert keys.sender("rover", Direction.TC).association.mode == Mode.AUTHENTICATION
    assert keys.sender("rover", Direction.TM).association.mode == Mode.AUTHENTICATED_ENCRYPTION
    assert {row.association.mask for row in keys.rows} == {Mask.STANDARD}


def test_a_key_file_that_is_not_there_or_readable_by_others_ends_a_command_with_the_way_out(tmp_path: Path, path: Path) -> None:
    done = farside("tc", "lander.ping", "--keys", tmp_path / "none", "--archive", tmp_path / "archive")
    assert done.returncode == 5
    assert "farside keys new FILE" in done.stderr
    path.chmod(0o644)
    done = farside("tc", "lander.ping", "--keys", path, "--archive", tmp_path / "archive")
    assert done.returncode == 5
    assert "mode 0644" in done.stderr
    assert "chmod 600" in done.stderr


def spoiled(text: str, old: str, new: str) -> bytes:
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("spi = 1\n", "spi = 0\n", "spi is 1 to 65534"),
        ("spi = 1\n", "spi = 65535\n", "spi is 1 to 65534"),
        ("spi = 1\n", "spi = 2\n", "an spi is there twice"),
        ("spi = 1\n", "spi = true\n", "spi is 1 to 65534"),
        ('"lander"', '"apollo"', "spacecraft is one of"),
        ('"tc"', '"td"', "none that this link has"),
        ('"authenticated-encryption"', '"encryption"', "none that this link has"),
        ('"whole"', '"nothing"', "a mask is standard or whole"),
        ('mask = "whole"', "window = 0", "a window is at least 1"),
        ("sends = true", "sends = false", "exactly one association has sends = true"),
        ("sends = false", "sends = true", "exactly one association has sends = true"),
        ('key = "', 'key = "00', "its key is not 32 octets"),
        ('key = "', 'key = "xy', "its key is not 32 octets"),
        ("spi = 1\n", "", "fields are"),
        ("spi = 1\n", "spi = 1\ncolour = 3\n", "fields are"),
        ("[[association]]", "[[other]]", "should hold"),
        ("[[association]]", "[[association", "not TOML"),
    ],
)
def test_a_key_file_that_cannot_be_is_refused_and_not_told(path: Path, old: str, new: str, says: str) -> None:
    text = path.read_text()
    secrets = [line.split('"')[1] for line in text.splitlines() if line.startswith("key")]
    with pytest.raises(KeyFileError, match=says.replace("[", r"\[")) as told:
        parse(spoiled(text, old, new), 0o100600)
    assert not any(secret in str(told.value) for secret in secrets)


def test_one_key_for_two_associations_is_refused(path: Path) -> None:
    lines = path.read_text().splitlines()
    places = [i for i, line in enumerate(lines) if line.startswith("key")]
    lines[places[1]] = lines[places[0]]
    with pytest.raises(KeyFileError, match="a key is there twice"):
        parse("\n".join(lines).encode(), 0o100600)


# --- using them


def take_many(path: str, count: int, out: Any) -> None:
    keys, numbers = key_files.read(Path(path)), Numbers(Path(path))
    out.put([numbers.take(keys.sender("lander", Direction.TC)) for _ in range(count)])


def test_programs_that_share_a_key_file_take_no_number_twice(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    programs = [context.Process(target=take_many, args=(str(path), 40, out)) for _ in range(3)]
    for program in programs:
        program.start()
    taken = [out.get(timeout=PATIENCE_S) for _ in programs]
    for program in programs:
        program.join()
    numbers = [number for each in taken for number in each]
    assert len(set(numbers)) == 120
    assert max(numbers) - min(numbers) == 119
    assert all(each == sorted(each) for each in taken)


def test_each_transmission_has_a_number_of_its_own_and_control_frames_none(path: Path) -> None:
    keys = key_files.read(path)
    uplink = UplinkSecurity(keys, Numbers(path))
    receiver = Receiver([row.unit for row in keys.of("lander", Direction.TC)], SPACECRAFT, Direction.TC)
    frame = build_tc_frame(SPACECRAFT, 0, b"a packet")
    sealed = [uplink.seal(frame) for _ in range(3)]
    assert len(set(sealed)) == 3
    assert [receiver.open(each) for each in sealed] == [frame] * 3
    assert uplink.octets(frame) == len(sealed[0])
    assert tc_frame.parse(sealed[0])[0] == 0
    unlock = build_tc_control(SPACECRAFT, 0, b"\0")
    assert uplink.seal(unlock) == unlock


def test_nothing_is_sent_without_a_number_for_it(path: Path) -> None:
    """BI-097, and a damaged or unwritable file of numbers."""
    keys, numbers = key_files.read(path), Numbers(path)
    uplink, frame = UplinkSecurity(keys, numbers), build_tc_frame(SPACECRAFT, 0, b"a packet")
    uplink.seal(frame)
    name = keys.sender("lander", Direction.TC).fingerprint
    numbers.path.write_text(json.dumps({"sent": {name: 1 << 96}, "received": {}}))
    with pytest.raises(GroundError, match="no sequence number left"):
        uplink.seal(frame)
    numbers.path.write_text("{")
    with pytest.raises(FilesError, match="could come twice"):
        uplink.seal(frame)


def test_refused_telemetry_is_counted_by_reason_and_reaches_nothing(path: Path) -> None:
    keys, numbers = key_files.read(path), Numbers(path)
    receiver = FrameReceiver({SPACECRAFT}, DownlinkSecurity(keys, numbers))
    frames = telemetry(keys, 100, 3)
    forged = bytearray(frames[2])
    forged[40] ^= 1
    forged[-2:] = cadu_check(forged)
    clear = Channel(SPACECRAFT, 0)
    clear.append(bytes.fromhex("0901c000000f") + bytes(16))
    coded = [cadu.encode(bytes(each)) for each in (forged, clear.finish(9, 0xFFFFFFFF), frames[0], frames[0], frames[1])]
    before = receiver.feed(coded[0] + coded[1])
    assert (before, receiver.heard, receiver.words.clcw) == ([], set(), {})
    packets = receiver.feed(b"".join(coded[2:]))
    assert [packet[2][-1] for packet in packets] == [100, 101]
    assert receiver.words.clcw == {SPACECRAFT: 0x01000000}
    total = LinkCounters()
    receiver.add_to(total)
    assert {name: count for name, count in total.refused.items() if count} == {"mac": 1, "association": 1, "replayed": 1}


def cadu_check(frame: bytes | bytearray) -> bytes:
    from wire.crc import checksum

    return checksum(bytes(frame[:-2])).to_bytes(2, "big")


def test_what_came_down_in_an_earlier_life_of_the_station_is_a_replay(path: Path) -> None:
    keys, numbers = key_files.read(path), Numbers(path)
    frames = telemetry(keys, 100, 5)
    first = DownlinkSecurity(keys, numbers)
    assert all(first.open(frame) is not None for frame in frames)
    first.store()
    second = DownlinkSecurity(keys, numbers)
    assert [second.open(frame) for frame in frames] == [None] * 5
    assert second.refused[Refusal.REPLAYED] == 5
    assert second.open(telemetry(keys, 105, 1)[0]) is not None


def test_where_keys_have_come_is_not_readable_as_keys(path: Path) -> None:
    keys, numbers = key_files.read(path), Numbers(path)
    numbers.take(keys.sender("lander", Direction.TC))
    secrets = [line.split('"')[1] for line in path.read_text().splitlines() if line.startswith("key")]
    assert not any(secret in numbers.path.read_text() for secret in secrets)
