"""Cameras: the octets of their link, and pictures that come whole, whoever waits for whom."""

import struct
from binascii import crc_hqx
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hal.core.bus import UNITS
from hal.reading import DeviceError, Validity
from tests.hal.camera_rig import PICTURE_PX
from tests.hal.rig import Rig
from tests.hal.test_device_bytes import hear

LCAM = "lander.lcam"
# 'C', 0 | request 7 | 1500 us | 8:1 | azimuth 1 rad, elevation -0.5 rad | check
REQUEST = bytes.fromhex("4300" + "00000007" + "000005dc" + "0008" + "2710ec78" + "f104")
# first piece | status 0, counter 0 | picture 7 | offset 0 of 8 | tick 2**32 + 5 | 1500 us | 8:1 | 1024 x 768 | octets 1, 2, 3 | check
FIRST = bytes.fromhex(
    "46000000" + "00000007" + "00000000" + "00000008" + "0000000100000005" + "000005dc" + "0008" + "04000300" + "010203" + "7353"
)
# further piece | status 0, counter 1 | picture 7 | offset 3 of 8 | octets 4 to 8 | check
MORE = bytes.fromhex("4d000001" + "00000007" + "00000003" + "00000008" + "0405060708" + "f252")
ALIVE = bytes.fromhex("48000002" + "00000007" + "00000007" + "9345")


def sealed(body: bytes) -> bytes:
    """With the CRC-16 over all of it."""
    return body + crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def quiet_rig() -> Rig:
    """A camera that nobody asks for anything."""
    rig = Rig(LCAM)
    rig.pictures["lcam"].silent = True
    return rig


def test_the_golden_packets_have_the_checks_that_their_octets_ask_for() -> None:
    for packet in (REQUEST, FIRST, MORE, ALIVE):
        assert sealed(packet[:-2]) == packet


def test_pieces_are_read_as_laid_down() -> None:
    rig = quiet_rig()
    rig.pictures["lcam"].paused = True
    for packet in (FIRST, MORE, ALIVE):
        hear(rig, LCAM, packet)
    reading, window = rig.reading("lcam"), rig.computer.view("lcam.window")
    assert (reading["tick"], reading["picture"], reading["exposure_us"], reading["ratio"]) == (2**32 + 5, 7, 1500, 8)
    assert (reading["width_px"], reading["height_px"]) == (1024, 768)
    assert (reading["octets"], reading["received"], reading["pictures"], reading["sequence"]) == (8, 8, 1, 3)
    assert (reading["validity"], reading["error"], window["written"]) == (Validity.VALID, DeviceError.OK, 8)
    assert bytes(window["octets"][:8]) == bytes(range(1, 9))


def test_a_request_is_sent_as_laid_down_at_once_and_again_until_its_picture_begins() -> None:
    rig = quiet_rig()
    command, sent = rig.command("lcam"), []
    command["request"], command["exposure_us"], command["ratio"] = 7, 1500, 8
    command["azimuth_rad"], command["elevation_rad"] = 1.0, -0.5
    driver, bus = rig.drivers["lcam"], rig.buses[LCAM]
    for tick in range(250):
        driver.write_slot.call(tick)
        while (unit := bus.pop(to_flight=False)) is not None:
            sent.append((tick, unit[2]))
    assert sent == [(0, REQUEST), (100, REQUEST), (200, REQUEST)]
    bus.push(FIRST, 250)
    driver.read_slot.call(250)
    for tick in range(250, 500):
        driver.write_slot.call(tick)
    assert bus.waiting(to_flight=False) == 0


@pytest.mark.parametrize("angle", [float("nan"), float("inf"), 1e9, -1e9])
def test_an_angle_that_is_none_is_sent_as_one_that_can_be(angle: float) -> None:
    rig = quiet_rig()
    rig.command("lcam")["request"], rig.command("lcam")["azimuth_rad"] = 1, angle
    rig.drivers["lcam"].write_slot.call(0)
    _, _, packet = rig.buses[LCAM].pop(to_flight=False)
    assert abs(struct.unpack(">h", packet[12:14])[0]) in (0, 32000)


@pytest.mark.parametrize(
    "packet",
    [
        sealed(FIRST[:8] + b"\0\0\0\5" + FIRST[12:-2]),  # a first piece that is not at the beginning
        sealed(MORE[:8] + b"\0\0\0\0" + MORE[12:-2]),  # a further piece at the beginning
        sealed(MORE[:8] + b"\0\0\0\6" + MORE[12:-2]),  # beyond the end
        sealed(MORE[:12] + b"\xff\0\0\0" + MORE[16:-2]),  # a length that no picture has
        sealed(MORE[:16]),  # without octets
        sealed(b"\x4e" + MORE[1:-2]),
        b"",
        b"\x46",
    ],
)
def test_packets_that_cannot_be_are_refused(packet: bytes) -> None:
    rig = quiet_rig()
    rig.pictures["lcam"].paused = True
    hear(rig, LCAM, FIRST)
    hear(rig, LCAM, packet)
    reading = rig.reading("lcam")
    assert (reading["rejected"], reading["error"], reading["received"]) == (1, DeviceError.FORMAT, 3)
    hear(rig, LCAM, MORE)
    assert reading["received"] == 8


def test_a_picture_comes_whole_and_says_when_and_how_it_was_taken() -> None:
    rig = Rig(LCAM)
    rig.step(40)
    pictures, reading = rig.pictures["lcam"], rig.reading("lcam")
    number, octets = pictures.taken[-1]
    image = Image.open(BytesIO(octets))
    assert (image.format, image.mode, image.size) == ("JPEG", "L", (PICTURE_PX, PICTURE_PX))
    assert len(octets) <= PICTURE_PX**2 // 8
    assert (reading["ratio"], reading["width_px"], reading["error"]) == (8, PICTURE_PX, DeviceError.OK)
    assert 100 < reading["exposure_us"] < 100_000
    assert [n for n, _ in pictures.taken] == list(range(1, number + 1))


def test_what_waits_for_room_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = quiet_rig()
    rig.pictures["lcam"].paused = True
    big = bytes(np.random.Generator(np.random.Philox(key=3)).integers(0, 256, 131072, np.uint8))

    def huge(tick: int, inputs: dict[str, Any]) -> bytes:
        return struct.pack("=3I2H", int(inputs["lander.lcam.exposure"]["number"]), len(big), 1000, 64, 64) + big

    monkeypatch.setattr(rig.devices.python_slots[0].application, "step", huge)
    rig.command("lcam")["request"] = 1
    rig.step(100)
    reading, window = rig.reading("lcam"), rig.computer.view("lcam.window")
    assert reading["octets"] == 131072
    assert 31000 < int(window["written"]) <= 32768  # full; the rest waits on the bus, and in the head
    assert (reading["validity"], rig.buses[LCAM].waiting()) == (Validity.VALID, UNITS["spacewire"])
    got = b""
    while len(got) < len(big):
        start = int(window["taken"])
        end = min(int(window["written"]), start + 5000)
        got += bytes(np.take(window["octets"], np.arange(start, end), mode="wrap"))
        window["taken"] = end
        rig.step(1)
    assert got == big
    assert (reading["received"], reading["pictures"]) == (131072, 1)


def test_the_next_picture_does_not_begin_before_the_last_has_been_taken() -> None:
    rig = Rig(LCAM)
    pictures, reading, window = rig.pictures["lcam"], rig.reading("lcam"), rig.computer.view("lcam.window")
    rig.step(30)
    pictures.paused = True
    rig.step(200)
    waiting = int(window["written"]) - int(window["taken"])
    assert reading["received"] == reading["octets"] == waiting
    before = len(pictures.taken)
    pictures.paused = False
    rig.step(100)
    assert len(pictures.taken) > before + 3
    assert all(Image.open(BytesIO(octets)).size == (PICTURE_PX, PICTURE_PX) for _, octets in pictures.taken)


def test_a_lost_piece_ends_its_picture_and_the_next_request_brings_another() -> None:
    rig = Rig(LCAM)
    rig.step(30)
    lost: list[bytes] = []

    def lose_a_piece(rig: Rig) -> None:
        units = []
        while (unit := rig.buses[LCAM].pop()) is not None:
            units.append(unit)
        for tick, identifier, octets in units:
            if octets[0] == 0x4D and not lost:
                lost.append(octets)
            else:
                rig.buses[LCAM].push(octets, tick, identifier)

    rig.between = lose_a_piece
    errors = set()
    for _ in range(40):
        rig.step()
        errors.add(int(rig.reading("lcam")["error"]))
    assert DeviceError.SEQUENCE in errors
    broken = int.from_bytes(lost[0][4:8], "big")
    rig.step(60)
    numbers = [n for n, _ in rig.pictures["lcam"].taken]
    assert broken not in numbers
    assert max(numbers) > broken
    assert rig.reading("lcam")["error"] == DeviceError.OK


def test_of_requests_that_come_while_a_picture_is_made_the_last_one_is_answered() -> None:
    rig = quiet_rig()
    for request in (3, 4, 9, 11):
        rig.command("lcam")["request"] = request
        rig.step(1)
    rig.step(40)
    assert [n for n, _ in rig.pictures["lcam"].taken] == [3, 11]


def test_the_mast_camera_looks_where_it_is_told() -> None:
    rig = Rig("rover.mcam")
    rig.rover["position_m"] = [8.0, 0.0, rig.terrain.height(8.0, 0.0, 0.1) + 0.55]
    pictures = rig.pictures["mcam"]
    rig.command("mcam")["elevation_rad"] = 0.9
    rig.step(60)
    assert pictures.mean < 3.0  # the sky
    rig.command("mcam")["elevation_rad"] = -0.8
    rig.step(60)
    down = pictures.taken[-1][1]
    assert pictures.mean > 30.0
    rig.command("mcam")["azimuth_rad"] = 2.0
    rig.step(60)
    away = np.asarray(Image.open(BytesIO(pictures.taken[-1][1])), float) - np.asarray(Image.open(BytesIO(down)), float)
    assert np.abs(away).mean() > 5.0


def test_exposure_follows_the_command() -> None:
    rig = Rig(LCAM)
    pictures = rig.pictures["lcam"]
    means = []
    for exposure in (400, 800):
        rig.command("lcam")["exposure_us"] = exposure
        rig.step(40)
        assert rig.reading("lcam")["exposure_us"] == exposure
        means.append(pictures.mean)
    assert means[1] == pytest.approx(2.0 * means[0], rel=0.05)


def test_a_snapshot_in_the_middle_of_a_picture_brings_the_same_octets() -> None:
    rig = Rig(LCAM)
    arenas = (rig.world, rig.harness, rig.computer)
    rig.step(30)
    while rig.world.view("device.lander.lcam")["phase"] != 2 or not rig.slow.due:  # being compressed
        rig.step()
    saved, due, tick, seen = [arena.save() for arena in arenas], list(rig.slow.due), rig.tick, list(rig.slow.seen)
    state = rig.devices.python_slots[0].application.freeze()
    begun = len(rig.pictures["lcam"].taken)
    rig.step(60)
    first = rig.pictures["lcam"].taken[begun:]
    for arena, octets in zip(arenas, saved, strict=True):
        arena.load(octets)
    rig.slow.due, rig.slow.seen, rig.tick = due, seen, tick
    rig.devices.python_slots[0].application.thaw(state)
    rig.pictures["lcam"].octets = b""
    begun = len(rig.pictures["lcam"].taken)
    rig.step(60)
    again = rig.pictures["lcam"].taken[begun:]
    assert len(first) > 4
    assert again == first


def test_an_idle_camera_says_that_it_is_alive_and_no_more() -> None:
    rig = quiet_rig()
    rig.step(5)
    seen: list[bytes] = []

    def look(rig: Rig) -> None:
        units = []
        while (unit := rig.buses[LCAM].pop()) is not None:
            units.append(unit)
            seen.append(unit[2])
        for tick, identifier, octets in units:
            rig.buses[LCAM].push(octets, tick, identifier)

    rig.between = look
    rig.step(100)
    assert len(seen) == 10
    assert {packet[0] for packet in seen} == {0x48}
    assert rig.reading("lcam")["validity"] == Validity.VALID
