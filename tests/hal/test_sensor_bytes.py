"""The octets of star tracker, radar, gamma altimeter and imaging laser, as docs/devices.md lays them down: both ways."""

import struct
from binascii import crc_hqx

import numpy as np
import pytest

from hal.reading import DeviceError, Validity
from tests.hal.rig import Rig
from tests.hal.test_device_bytes import hear, sealed16

# FE81 53 18 | counter 0005 | status 0000 | quaternion 0.5, -0.5, 0.5, 0.5 | sigma 2.2e-4 rad | 14 stars, 0 | check
STAR_TRACKER = bytes.fromhex("fe81531800050000" + "20000000e00000002000000020000000" + "0898" + "0e00" + "bf88")
# FE81 52 28 | counter 0002 | status 0000 | ranges of beams 0, 1, 3 and speeds of 0, 3:
# 1000.5, 2, 0, 12000 m | -20.125, 0, 0, 1.5 m/s | 293.15 K
RADAR = bytes.fromhex(
    "fe81522800020000" + "0b09" + "000f4434000007d00000000000b71b00" + "ffffb163000000000000000000" + "0005dc" + "7283" + "82cf"
)
# FE81 47 0C | counter 0003 | status 0000 | 2.8 m | 678 counts | check
GAMMA_ALTIMETER = bytes.fromhex("fe81470c00030000" + "00000af0" + "000002a6" + "8ec4")


def packet(body: str, rows: bytes = b"") -> bytes:
    """A packet of the laser: CRC-16 over all of it."""
    octets = bytes.fromhex(body) + rows
    return octets + crc_hqx(octets, 0xFFFF).to_bytes(2, "big")


def test_the_golden_frames_have_the_checks_that_their_octets_ask_for() -> None:
    for frame in (STAR_TRACKER, RADAR, GAMMA_ALTIMETER):
        assert sealed16(frame[:-2]) == frame


def test_a_star_tracker_frame_is_read_as_laid_down() -> None:
    rig = Rig("lander.star_tracker")
    hear(rig, "lander.star_tracker", STAR_TRACKER)
    reading = rig.reading("star_tracker")
    assert list(reading["quaternion_inertial_from_body"]) == [0.5, -0.5, 0.5, 0.5]
    assert (reading["sigma_rad"], reading["stars"]) == (pytest.approx(2.2e-4), 14)
    assert (reading["tick"], reading["sequence"], reading["validity"]) == (0, 1, Validity.VALID)


def test_a_star_tracker_without_a_solution_leaves_its_last_attitude() -> None:
    rig = Rig("lander.star_tracker")
    hear(rig, "lander.star_tracker", STAR_TRACKER)
    hear(rig, "lander.star_tracker", sealed16(bytes.fromhex("fe81531800060002" + "00" * 20)))
    reading = rig.reading("star_tracker")
    assert (reading["validity"], reading["error"], reading["stars"]) == (Validity.SUSPECT, DeviceError.RANGE, 0)
    assert list(reading["quaternion_inertial_from_body"]) == [0.5, -0.5, 0.5, 0.5]


def test_four_numbers_that_are_no_attitude_are_refused() -> None:
    rig = Rig("lander.star_tracker")
    hear(rig, "lander.star_tracker", sealed16(STAR_TRACKER[:8] + b"\x30" + STAR_TRACKER[9:-2]))
    reading = rig.reading("star_tracker")
    assert (reading["rejected"], reading["error"], reading["validity"]) == (1, DeviceError.FORMAT, Validity.NEVER)


def test_a_radar_frame_is_read_as_laid_down() -> None:
    rig = Rig("lander.radar")
    hear(rig, "lander.radar", RADAR)
    reading = rig.reading("radar")
    assert list(reading["range_m"]) == [1000.5, 2.0, 0.0, 12000.0]
    assert list(reading["speed_m_s"]) == [-20.125, 0.0, 0.0, 1.5]
    assert (reading["range_locked"], reading["speed_locked"]) == (0b1011, 0b1001)
    assert (reading["validity"], reading["error"]) == (Validity.VALID, DeviceError.OK)
    hear(rig, "lander.radar", sealed16(bytes.fromhex("fe81522800030002" + "00" * 36)))
    assert (reading["validity"], reading["error"], reading["range_locked"]) == (Validity.SUSPECT, DeviceError.RANGE, 0)


def test_a_gamma_altimeter_frame_is_read_as_laid_down() -> None:
    rig = Rig("lander.gamma_altimeter")
    hear(rig, "lander.gamma_altimeter", GAMMA_ALTIMETER)
    reading = rig.reading("gamma_altimeter")
    assert (reading["altitude_m"], reading["counts"], reading["validity"]) == (pytest.approx(2.8), 678.0, Validity.VALID)
    hear(rig, "lander.gamma_altimeter", sealed16(bytes.fromhex("fe81470c00040002" + "00000000" + "00000014")))
    assert (reading["altitude_m"], reading["counts"], reading["error"]) == (pytest.approx(2.8), 20.0, DeviceError.RANGE)


@pytest.mark.parametrize(("device", "frame"), [("star_tracker", STAR_TRACKER), ("radar", RADAR), ("gamma_altimeter", GAMMA_ALTIMETER)])
def test_a_sensor_whose_self_test_fails_is_doubted(device: str, frame: bytes) -> None:
    rig = Rig(f"lander.{device}")
    hear(rig, f"lander.{device}", sealed16(frame[:7] + b"\x01" + frame[8:-2]))
    assert (rig.reading(device)["validity"], rig.reading(device)["error"]) == (Validity.SUSPECT, DeviceError.SELF_TEST)


def rows_of(request: int, counter: int, first: int, rows: int, status: int = 0) -> bytes:
    """Rows in which post c of row r reads 1000 + 2 r + c centimetres."""
    posts = b"".join(struct.pack(">128H", *range(1000 + 2 * r, 1128 + 2 * r)) for r in range(first, first + rows))
    return packet(f"44{status:02x}{counter:04x}{request:08x}{first:02x}{rows:02x}", posts)


def quiet_laser() -> Rig:
    """A laser driver that hears nothing but what the test says."""
    rig = Rig("lander.imaging_laser")
    rig.ask_for_images = lambda: None  # type: ignore[method-assign]
    return rig


def test_an_image_is_given_out_whole_and_as_laid_down() -> None:
    rig = quiet_laser()
    image = rig.computer.view("imaging_laser.image").reshape(128, 128)
    for n in range(43):
        assert not image.any()
        hear(rig, "lander.imaging_laser", rows_of(7, n, 3 * n, 3 if n < 42 else 2))
    reading = rig.reading("imaging_laser")
    assert (image == 1000 + 2 * np.arange(128)[:, None] + np.arange(128)[None, :]).all()
    assert (reading["tick"], reading["sequence"], reading["request"], reading["rows"]) == (0, 1, 7, 128)
    assert (reading["validity"], reading["error"]) == (Validity.VALID, DeviceError.OK)


def test_an_image_with_a_gap_is_given_up_and_the_next_one_is_taken() -> None:
    rig = quiet_laser()
    for n in (*range(20), *range(21, 43)):
        hear(rig, "lander.imaging_laser", rows_of(7, n, 3 * n, 3 if n < 42 else 2))
        assert rig.reading("imaging_laser")["error"] == (DeviceError.SEQUENCE if n == 21 else DeviceError.OK)
    assert rig.reading("imaging_laser")["sequence"] == 0
    for n in range(43):
        hear(rig, "lander.imaging_laser", rows_of(8, 43 + n, 3 * n, 3 if n < 42 else 2))
    assert (rig.reading("imaging_laser")["sequence"], rig.reading("imaging_laser")["request"]) == (1, 8)


def test_an_image_with_a_doubtful_row_is_doubted_when_it_is_whole() -> None:
    rig = quiet_laser()
    for n in range(43):
        hear(rig, "lander.imaging_laser", rows_of(7, n, 3 * n, 3 if n < 42 else 2, status=2 if n == 5 else 0))
    reading = rig.reading("imaging_laser")
    assert (reading["sequence"], reading["validity"], reading["error"]) == (1, Validity.SUSPECT, DeviceError.RANGE)


@pytest.mark.parametrize(
    "octets",
    [
        rows_of(1, 0, 126, 2)[:-3],
        packet("4400000000000001" + "7f02", bytes(512)),  # beyond the last row
        packet("4400000000000001" + "0004", bytes(1024)),  # too many rows
        packet("4400000000000001" + "0000"),
        packet("5800000000000001"),
        packet("48000000000000"),
        b"",
    ],
)
def test_a_packet_that_cannot_be_is_refused(octets: bytes) -> None:
    rig = quiet_laser()
    hear(rig, "lander.imaging_laser", octets)
    reading = rig.reading("imaging_laser")
    assert (reading["rejected"], reading["error"], reading["validity"]) == (1, DeviceError.FORMAT, Validity.NEVER)


def test_a_laser_that_is_alive_is_valid_before_any_image() -> None:
    rig = quiet_laser()
    hear(rig, "lander.imaging_laser", packet("4800002a00000000"))
    reading = rig.reading("imaging_laser")
    assert (reading["sequence"], reading["validity"], reading["error"]) == (0, Validity.VALID, DeviceError.OK)
    hear(rig, "lander.imaging_laser", packet("4800002b00000000")[:-1] + b"\x00")
    assert (reading["rejected"], reading["error"]) == (1, DeviceError.CHECKSUM)


def test_a_request_is_as_laid_down_and_is_repeated_once_a_second() -> None:
    rig = quiet_laser()
    sent: list[tuple[int, bytes]] = []

    def note(flight) -> None:
        while (unit := flight.pop(to_flight=False)) is not None:
            sent.append((unit[0], unit[2]))

    rig.links["lander.imaging_laser"].take = note
    rig.step(10)
    rig.command("imaging_laser")["request"] = 0x01020304
    rig.step(140)
    golden = bytes.fromhex("430001020304a7e3")
    assert golden == packet("430001020304")
    assert sent == [(0, packet("430000000000")), (10, golden), (110, golden)]
