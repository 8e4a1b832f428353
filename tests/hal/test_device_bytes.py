"""The octets of each device protocol, as docs/devices.md lays them down: from devices, and towards them."""

from binascii import crc_hqx

import crcmod
import pytest

from hal.drivers import octets as driver_octets
from hal.reading import DeviceError, Validity
from hal.sim import octets as device_octets
from tests.hal.rig import Rig

# FE81 49 1E | counter 0007 | status 0000 | rates 1/4, -1/8, 0 rad/s | forces 1, 0, -2 m/s2 | 293.15 K | check
IMU = bytes.fromhex("fe81491e00070000" + "10000000f800000000000000" + "0100000000000000fe000000" + "7283")
# FE81 4C 0C | counter 0001 | status 0000 | 1234.567 m | signal 8000 | 293.15 K | check
ALTIMETER = bytes.fromhex("fe814c0c00010000" + "0012d687" + "8000" + "7283")

CRC8 = crcmod.mkCrcFun(0x11D, 0x00, False, 0xFF)  # register preset to FFh, result inverted


def sealed16(octets: bytes) -> bytes:
    return octets + crc_hqx(octets[2:], 0xFFFF).to_bytes(2, "big")


def sealed8(octets: bytes) -> bytes:
    return octets + bytes([CRC8(octets)])


def hear(rig: Rig, bus: str, octets: bytes, identifier: int = 0) -> None:
    """Flight hears these octets in place of what the device says."""

    def replace(rig: Rig) -> None:
        while rig.buses[bus].pop() is not None:
            pass
        rig.buses[bus].push(octets, rig.tick, identifier)

    rig.between = replace
    rig.step()


def said(rig: Rig, bus: str, identifier: int) -> list[bytes]:
    """What flight has put on the bus in the last tick under an identifier."""
    units = [rig.buses[bus].pop(to_flight=False) for _ in range(rig.buses[bus].waiting(to_flight=False))]
    return [unit[2] for unit in units if unit is not None and unit[1] == identifier]


def test_both_checks_have_their_published_values_on_both_sides() -> None:
    assert driver_octets.checks(b"123456789")[0] == device_octets.checks(b"123456789")[0] == 0x29B1
    assert device_octets.checks(b"123456789")[1] == 0x4B
    for length in range(1, 9):
        octets = bytes(17 * n & 0xFF for n in range(length))
        assert driver_octets.checks(octets) == device_octets.checks(octets) == (crc_hqx(octets, 0xFFFF), CRC8(octets))


def test_an_imu_frame_is_read_as_laid_down() -> None:
    rig = Rig("lander.imu")
    hear(rig, "lander.imu", sealed16(IMU))
    reading = rig.reading("imu")
    assert list(reading["rate_rad_s"]) == [0.25, -0.125, 0.0]
    assert list(reading["specific_force_m_s2"]) == [1.0, 0.0, -2.0]
    assert reading["temperature_k"] == pytest.approx(293.15)
    assert (reading["tick"], reading["sequence"], reading["validity"]) == (0, 1, Validity.VALID)


def test_an_altimeter_frame_is_read_as_laid_down() -> None:
    rig = Rig("lander.altimeter")
    hear(rig, "lander.altimeter", sealed16(ALTIMETER))
    reading = rig.reading("altimeter")
    assert (reading["range_m"], reading["validity"]) == (1234.567, Validity.VALID)
    assert reading["signal"] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(("status", "error"), [(1, "SELF_TEST"), (2, "RANGE"), (4, "RANGE")])
def test_a_sensor_that_doubts_itself_is_doubted(status: int, error: str) -> None:
    rig = Rig("lander.imu")
    hear(rig, "lander.imu", sealed16(IMU[:6] + status.to_bytes(2, "big") + IMU[8:]))
    reading = rig.reading("imu")
    assert (reading["validity"], reading["error"]) == (Validity.SUSPECT, DeviceError[error])


def test_a_frame_seen_twice_is_refused_and_one_after_a_gap_is_doubted() -> None:
    rig = Rig("lander.imu")
    hear(rig, "lander.imu", sealed16(IMU))
    hear(rig, "lander.imu", sealed16(IMU))
    assert (rig.reading("imu")["sequence"], rig.reading("imu")["error"]) == (1, DeviceError.SEQUENCE)
    hear(rig, "lander.imu", sealed16(IMU[:5] + b"\x09" + IMU[6:]))
    assert (rig.reading("imu")["validity"], rig.reading("imu")["error"]) == (Validity.SUSPECT, DeviceError.SEQUENCE)
    hear(rig, "lander.imu", sealed16(IMU[:5] + b"\x0a" + IMU[6:]))
    assert (rig.reading("imu")["validity"], rig.reading("imu")["error"]) == (Validity.VALID, DeviceError.OK)


def test_a_counter_that_rolls_over_is_not_a_gap() -> None:
    rig = Rig("lander.imu")
    hear(rig, "lander.imu", sealed16(IMU[:4] + b"\xff\xff" + IMU[6:]))
    hear(rig, "lander.imu", sealed16(IMU[:4] + b"\x00\x00" + IMU[6:]))
    assert (rig.reading("imu")["sequence"], rig.reading("imu")["error"]) == (2, DeviceError.OK)


def test_frames_split_and_joined_at_any_place_behind_any_garbage_are_found() -> None:
    frames = b"".join(sealed16(IMU[:5] + bytes([n]) + IMU[6:]) for n in range(1, 11))
    stream = b"\xfe\x81\x49" + frames[:180] + b"\xfe\x81\x49\x1e\x00" + frames[180:]
    for size in (1, 5, 17, 36, 64):
        rig = Rig("lander.imu")
        for at in range(0, len(stream), size):
            hear(rig, "lander.imu", stream[at : at + size])
        assert rig.reading("imu")["sequence"] == 10, size


def test_the_power_frame_is_as_laid_down_and_comes_once_a_second() -> None:
    rig = Rig("lander.imu")
    link, frames = rig.links["lander.imu"], []
    link.take = lambda flight: frames.extend(said(rig, "lander.imu", 0))
    rig.step(250)
    assert frames == [sealed16(bytes.fromhex("fe81500101"))] * 3


def test_an_engine_command_is_as_laid_down() -> None:
    rig = Rig("lander.can")
    frames: list[bytes] = []
    rig.links["lander.can"].take = lambda flight: frames.extend(said(rig, "lander.can", 0x120))
    command = rig.command("engine")
    for thrust_n, armed in ((3000.0, 1), (900.0, 1), (9000.0, 1), (0.0, 1), (3000.0, 0), (float("nan"), 1)):
        command["thrust_n"], command["armed"] = thrust_n, armed
        rig.step()
    bodies = ["01905a00", "00c85a01", "03e85a02", "00005a03", "0000a504", "00005a05"]
    assert frames == [sealed8(bytes.fromhex(body)) for body in bodies]


def test_an_engine_status_is_read_as_laid_down() -> None:
    rig = Rig("lander.can")
    hear(rig, "lander.can", sealed8(bytes.fromhex("4e20" + "1388" + "03" + "11" + "01")), 0x1A0)  # 400 kPa, 50 %, open and armed
    reading = rig.reading("engine")
    assert (reading["thrust_n"], reading["throttle"], reading["valves_open"]) == (3750.0, 0.5, 1)
    hear(rig, "lander.can", sealed8(bytes.fromhex("00015f90" + "0002" + "00")), 0x1A8)
    assert reading["on_time_s"] == 90.0


def test_a_valve_command_is_as_laid_down() -> None:
    rig = Rig("lander.can")
    frames: list[bytes] = []
    rig.links["lander.can"].take = lambda flight: frames.extend(said(rig, "lander.can", 0x112))
    command = rig.command("thrusters")
    command["armed"] = 1
    command["on_time_s"][[2, 6, 10, 26]] = 0.01, 0.005, 0.00019, 0.5
    rig.step()
    command["armed"] = 0
    rig.step()
    assert frames == [bytes.fromhex("c86400000000c8" + "05"), bytes(7) + b"\x1a"]


def test_a_valve_status_is_read_as_laid_down() -> None:
    rig = Rig("lander.can")
    hear(rig, "lander.can", sealed8(bytes.fromhex("41" + "01" + "05" + "60" + "0003e8")), 0x193)
    reading = rig.reading("thrusters")
    assert reading["valves_open"] == (1 << 3) | (1 << 27)
    assert reading["on_time_s"][27] == 1.0
    assert reading["units_alive"] == 0b1000
    assert reading["validity"] == Validity.NEVER  # three units have not been heard yet


def test_leg_contacts_are_read_as_laid_down_and_their_count_rolls_over() -> None:
    rig = Rig("lander.can")
    hear(rig, "lander.can", sealed8(bytes.fromhex("05" + "00" + "fffe" + "01")), 0x1B0)
    assert list(rig.reading("legs")["contact"]) == [1, 0, 1, 0]
    hear(rig, "lander.can", sealed8(bytes.fromhex("0f" + "00" + "0001" + "02")), 0x1B0)
    assert rig.reading("legs")["presses"] == 0xFFFE + 3
    hear(rig, "lander.can", sealed8(bytes.fromhex("00" + "08" + "0001" + "03")), 0x1B0)
    assert list(rig.reading("legs")["contact"]) == [1, 1, 1, 1]
    assert rig.reading("legs")["error"] == DeviceError.SELF_TEST


def wheel_traffic(ticks: int) -> list[tuple[int, int, bytes]]:
    """What flight sends to the wheel drive from power-on: tick, identifier, octets."""
    rig = Rig("rover.can")
    rig.command("wheel.0")["rate_rad_s"], rig.command("wheel.0")["enabled"] = 0.2, 1
    sent = []
    take = rig.links["rover.can"].take

    def note(flight) -> None:
        units = [flight.pop(to_flight=False) for _ in range(flight.waiting(to_flight=False))]
        sent.extend(units)
        for tick, identifier, octets in units:
            flight.push(octets, tick, identifier, to_flight=False)
        take(flight)

    rig.links["rover.can"].take = note
    for slot in rig.devices.actuator_slots:  # the drive has booted before the computer
        slot.code.call(0)
    rig.tick = 1
    rig.step(ticks)
    return sent


def test_the_wheel_driver_walks_a_node_up_as_laid_down() -> None:
    octets = [(identifier, data.hex()) for _, identifier, data in wheel_traffic(60)]
    set_up = [
        "4000100000000000", "2f60600003000000", "2b17100064000000", "2b00180514000000", "2b01180514000000", "2b001405c8000000",
        "2383600060ea0000", "2384600060ea0000", "4061600000000000",
    ]  # fmt: skip
    assert (0x000, "8001") in octets
    asked = [data for identifier, data in octets if identifier == 0x601]
    assert asked[-len(set_up) :] == set_up
    assert (0x000, "0101") in octets
    words = [data[:4] for identifier, data in octets if identifier == 0x201]
    walk = [word for n, word in enumerate(words) if n == 0 or word != words[n - 1]]
    assert walk[-3:] == ["0600", "0700", "0f00"]
    last = [data for identifier, data in octets if identifier == 0x201][-1]
    assert last == "0f00" + (22918).to_bytes(4, "little").hex()


def test_wheel_process_data_is_read_as_laid_down() -> None:
    rig = Rig("rover.can")
    hear(rig, "rover.can", bytes.fromhex("3706" + "86590000"), 0x181)
    assert rig.reading("wheel.0")["rate_rad_s"] == pytest.approx(22918 / 114591.559, rel=1e-6)
    hear(rig, "rover.can", bytes.fromhex("38ff" + "f401" + "feffff7f"), 0x281)
    assert rig.reading("wheel.0")["torque_n_m"] == pytest.approx(-200 * 0.0216)
    assert rig.reading("wheel.0")["current_a"] == pytest.approx(0.5)
    hear(rig, "rover.can", bytes.fromhex("0000" + "0000" + "01000080"), 0x281)  # the encoder's count rolls over
    assert rig.reading("wheel.0")["angle_rad"] == pytest.approx(3 * 6.283185307 / 4096 / 1200)
    hear(rig, "rover.can", bytes.fromhex("1023" + "01" + "0000000000"), 0x081)
    assert rig.reading("wheel.0")["error_code"] == 0x2310


def test_the_steering_driver_sets_up_and_hands_a_new_angle_over_as_laid_down() -> None:
    rig = Rig("rover.can")
    rig.command("steering.2")["enabled"] = 1
    sent: list[tuple[int, str]] = []
    take = rig.links["rover.can"].take

    def note(flight) -> None:
        units = [flight.pop(to_flight=False) for _ in range(flight.waiting(to_flight=False))]
        sent.extend((identifier, octets.hex()) for _, identifier, octets in units)
        for tick, identifier, octets in units:
            flight.push(octets, tick, identifier, to_flight=False)
        take(flight)

    rig.links["rover.can"].take = note
    rig.step(100)
    asked = [octets for identifier, octets in sent if identifier == 0x60D]
    assert asked[-10:] == [
        "4000100000000000", "2f60600001000000", "2b17100064000000", "2b00180514000000", "2b01180514000000", "2b001405c8000000",
        "238160009b4a0000", "2383600035950000", "2384600035950000", "4061600000000000",
    ]  # fmt: skip
    sent.clear()
    rig.command("steering.2")["angle_rad"] = -0.1  # 2000 x 4096 / (2 pi) increments a radian: -130379 of them, fffe02b5h
    rig.step(200)
    words = [octets for identifier, octets in sent if identifier == 0x20D]
    walk = [word for n, word in enumerate(words) if n == 0 or word != words[n - 1]]
    assert walk[-2:] == ["3f00b502feff", "2f00b502feff"]  # a new set-point, then bit 4 falls
    reading = rig.reading("steering.2")
    assert reading["angle_rad"] == pytest.approx(-0.1, abs=1e-5)
    assert (reading["reached"], reading["operational"]) == (1, 1)


def test_a_release_command_is_as_laid_down() -> None:
    rig = Rig("lander.can")
    frames: list[bytes] = []
    rig.links["lander.can"].take = lambda flight: frames.extend(said(rig, "lander.can", 0x128))
    command = rig.command("mechanism")
    for extension, armed, release in ((0.5, 1, 0), (1.0, 1, 1), (1.0, 0, 1), (float("nan"), 1, 1)):
        command["extension"], command["armed"], command["release"] = extension, armed, release
        rig.step(10)
    bodies = ["13885a3c00", "27105ac301", "0000a53c02", "0000a53c03"]
    assert frames == [sealed8(bytes.fromhex(body)) for body in bodies]


def test_a_release_status_is_read_as_laid_down() -> None:
    rig = Rig("lander.can")
    hear(rig, "lander.can", sealed8(bytes.fromhex("1388" + "0514" + "23" + "07" + "01")), 0x1C0)  # half down, 1.3 A, armed, down, open
    reading = rig.reading("mechanism")
    assert (reading["extension"], reading["current_a"]) == (pytest.approx(0.5), pytest.approx(1.3))
    assert (reading["released"], reading["down"], reading["validity"]) == (1, 1, 1)
    hear(rig, "lander.can", sealed8(bytes.fromhex("1388" + "0514" + "63" + "07" + "02")), 0x1C0)  # the motor has tripped
    assert reading["error"] == DeviceError.SELF_TEST


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("4000100000000000", "4300100092010200"),  # device type
        ("4003100000000000", "8003100000000206"),  # no such object
        ("4017100100000000", "8017100111000906"),  # no such sub-index
        ("2b41600000000000", "8041600002000106"),  # read only
        ("2f60600006000000", "8060600030000906"),  # a mode that it has not
        ("2b60600003000000", "8060600010000706"),  # wrong length
        ("6060600003000000", "8060600001000405"),  # not an expedited transfer
        ("2f60600003000000", "6060600000000000"),
    ],
)
def test_the_object_dictionary_answers_as_laid_down(request_: str, answer: str) -> None:
    rig = Rig("rover.can")
    rig.links["rover.can"].take = lambda flight: flight.flush()
    rig.step(2)
    rig.buses["rover.can"].push(bytes.fromhex(request_), rig.tick, 0x601, to_flight=False)
    rig.devices.actuator_slots[0].code.call(rig.tick)
    answers = [rig.buses["rover.can"].pop() for _ in range(rig.buses["rover.can"].waiting())]
    assert [unit[2].hex() for unit in answers if unit is not None and unit[1] == 0x581] == [answer]
