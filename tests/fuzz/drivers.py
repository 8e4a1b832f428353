"""Drivers: what they make of the octets of broken hardware. Each has a bus of its own, and units of its protocol (docs/devices.md).

Two sets of the same driver hear the same units. Before each, whatever is not in use of a bus is filled, with zeros here and ones there:
a driver that reads beyond a unit's end tells other things in the two. Around every driver's records lie octets that must stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from random import Random
from typing import Any

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.can_controller import CanController
from hal.drivers.octets import checks
from hal.reading import DeviceError, Validity
from hal.registry import DEVICES, DeviceRow
from tests.fuzz.mutate import Shape
from tests.fuzz.run import Fuzzed, Take

GUARD = 512
UART = {"imu": (0x49, 30), "altimeter": (0x4C, 12), "star_tracker": (0x53, 24), "radar": (0x52, 40), "gamma_altimeter": (0x47, 12),
        "power_unit": (0x45, 24)}  # fmt: skip
CAN = {"engine": (0x1A0, 0x1A8), "thrusters": (0x190, 0x191, 0x192, 0x193), "legs": (0x1B0,), "mechanism": (0x1C0,)}
LENGTHS = {"legs": 6}
SHARE = {"uart": 150_000, "can": 120_000, "spacewire": 100_000}
Make = Callable[[Random], bytes]


def close16(octets: bytearray) -> None:
    """The CRC-16 at the end of a packet is right."""
    if len(octets) > 2:
        octets[-2:] = checks(bytes(octets[:-2]))[0].to_bytes(2, "big")


def close_uart(octets: bytearray) -> None:
    """The same of a frame, whose two sync octets stand outside."""
    if len(octets) > 6:
        octets[-2:] = checks(bytes(octets[2:-2]))[0].to_bytes(2, "big")


def close_can(octets: bytearray) -> None:
    """The CRC-8 at the end of a CAN frame's data, behind two octets of identifier."""
    if 3 < len(octets) <= 10:
        octets[-1] = checks(bytes(octets[2:-1]))[1]


def uart_frame(kind: int, length: int) -> Make:
    def make(random: Random) -> bytes:
        status = random.choice((0, 0, 0, 1, 2, 4, 8))
        payload = random.randbytes(2) + status.to_bytes(2, "big") + random.randbytes(length - 4)
        frame = bytearray(b"\xfe\x81" + bytes([kind, length]) + payload + b"\0\0")
        close_uart(frame)
        return bytes(frame)

    return make


def can_frame(identifiers: tuple[int, ...], length: int) -> Make:
    def make(random: Random) -> bytes:
        frame = bytearray(random.choice(identifiers).to_bytes(2, "big") + random.randbytes(length))
        close_can(frame)
        return bytes(frame)

    return make


def canopen_frame(node: int) -> Make:
    """Process data, heartbeats, answers to transfers, emergencies: as a drive sends them."""

    def make(random: Random) -> bytes:
        function, length = random.choice(((0x180, 6), (0x180, 6), (0x280, 8), (0x700, 1), (0x580, 8), (0x080, 8)))
        data = bytearray(random.randbytes(length))
        if function == 0x180:
            data[:2] = random.choice((0x40, 0x21, 0x23, 0x27, 0x1027, 0x08, 0x0F)).to_bytes(2, "little")
        elif function == 0x700:
            data[0] = random.choice((0, 4, 5, 127))
        elif function == 0x580:
            data[0] = random.choice((0x60, 0x43, 0x4F, 0x80))
            data[1:4] = random.choice((b"\x00\x10\0", b"\x60\x60\0", b"\x17\x10\0", b"\x61\x60\0"))
        return (function + node).to_bytes(2, "big") + bytes(data)

    return make


def laser_packet(random: Random) -> bytes:
    if random.randrange(4) == 0:
        packet = bytearray(b"\x48\0" + random.randbytes(6) + b"\0\0")
    else:
        first = random.choice((0, 0, 3, 126, 125, 127))
        rows = random.choice((1, 2, 3))
        packet = bytearray(b"\x44\0" + random.randbytes(2) + bytes(4) + bytes([first, rows]) + random.randbytes(256 * rows) + b"\0\0")
    close16(packet)
    return bytes(packet)


def camera_packet(random: Random) -> bytes:
    kind = random.choice(b"FFMMMH")
    size = random.randrange(1, 1025)
    head = bytes([kind, 0]) + random.randbytes(2) + (7).to_bytes(4, "big")
    if kind == 0x48:
        packet = bytearray(head + bytes(6))
    else:
        offset = 0 if kind == 0x46 else random.choice((size, 1024, 2048))
        packet = bytearray(head + offset.to_bytes(4, "big") + random.choice((2048, 4096, 1 << 20)).to_bytes(4, "big"))
        packet += random.randbytes(18 if kind == 0x46 else 0) + random.randbytes(size) + b"\0\0"
    close16(packet)
    return bytes(packet)


def unit_of(row: DeviceRow) -> Make:
    if row.name in UART:
        return uart_frame(*UART[row.name])
    if row.name in CAN:
        return can_frame(CAN[row.name], LENGTHS.get(row.name, 8))
    if "node" in row.settings:
        return canopen_frame(row.settings["node"])
    return laser_packet if row.name == "imaging_laser" else camera_packet


class Bench:
    """One driver on an arena of its own, between guards."""

    def __init__(self, row: DeviceRow, fill: int) -> None:
        self.arena, self.fill = Arena("computer", 1 << 18), fill
        self.bus = Bus(self.arena, "bus", row.bus_kind)
        self.controller = CanController(self.arena, self.bus, "controller") if row.bus_kind == "can" else None
        self.guards = [self.arena.octets("before", GUARD)]
        module, _, name = row.driver.partition(":")
        on: Any = self.controller or self.bus
        self.driver = getattr(import_module(module), name)(self.arena, on, row.name, **row.settings)
        self.guards.append(self.arena.octets("behind", GUARD))
        for guard in self.guards:
            guard[:] = 0xA5
        self.reading = self.arena.view(row.name)
        self.units = [self.arena.view(name) for name in self.arena.records if name.endswith(".units")]
        self.window = self.arena.view(f"{row.name}.window") if f"{row.name}.window" in self.arena.records else None

    def hear(self, octets: bytes, identifier: int, tick: int) -> bytes:
        """One unit and one tick; the reading's octets."""
        for units in self.units:
            units[:] = self.fill
        self.bus.push(octets, tick, identifier)
        if self.controller is not None:
            self.controller.slot.call(tick)
        self.driver.read_slot.call(tick)
        if self.window is not None:
            self.window["taken"] = self.window["written"]
        if hasattr(self.driver, "write_slot"):
            self.driver.write_slot.call(tick)
        self.bus.flush()
        return bytes(self.reading.tobytes())


def decoder_of(row: DeviceRow) -> Callable[[], Take]:
    can = row.bus_kind == "can"

    def decoder() -> Take:
        zeros, ones = Bench(row, 0), Bench(row, 0xFF)
        tick = 0

        def take(octets: bytes) -> None:
            nonlocal tick
            tick += 1
            unit, identifier = (octets[2:], int.from_bytes(octets[:2], "big")) if can else (octets, 0)
            assert zeros.hear(unit, identifier, tick) == ones.hear(unit, identifier, tick), "something beyond the unit was read"
            Validity(int(zeros.reading["validity"])), DeviceError(int(zeros.reading["error"]))
            assert int(zeros.reading["tick"]) <= tick or row.driver.endswith("CameraDriver")
            assert all((guard == 0xA5).all() for guard in zeros.guards), "something beside the driver's records was written"

        return take

    return decoder


def one_of_each() -> list[DeviceRow]:
    """The registry with one device for each driver."""
    return list({row.driver: row for row in reversed(DEVICES)}.values())


SHAPES = {
    "uart": Shape(((2, 1), (3, 1), (4, 2), (6, 2)), close_uart),
    "can": Shape(((0, 2), (2, 1), (6, 1), (8, 1)), close_can),
    "spacewire": Shape(((0, 1), (1, 1), (4, 4), (8, 1), (8, 4), (9, 1), (12, 4)), close16),
}
ENTRIES = tuple(
    Fuzzed(
        "driver." + row.driver.rpartition(".")[2].partition(":")[0], (row.driver,), unit_of(row), decoder_of(row), SHARE[row.bus_kind],
        SHAPES[row.bus_kind],
    )
    for row in one_of_each()
)  # fmt: skip
