"""A bare ground station's end of the radio: CLTUs out, frames in, with the wire's own codecs and nothing else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from ground.bench import Emulator
from tests.house import PATIENCE_S
from wire import cadu, cltu, frame_shapes, pus, tm_frame
from wire.commands import encode_command
from wire.dictionary import DICTIONARIES

VEHICLES = {book.vehicle.spacecraft_id: name for name, book in DICTIONARIES.items()}
IDLE = 7  # virtual channel
CADU = 1279  # octets


def command(vehicle: str, name: str, count: int = 0, **arguments: Any) -> bytes:
    """One command as a CLTU, all stages asked for."""
    book = DICTIONARIES[vehicle]
    row = next(each for each in book.commands if each.name == name)
    packet = pus.build_tc(row.apid, count, row.service, row.subtype, encode_command(vehicle, name, arguments), 0b1111, 1)
    return cltu.encode(frame_shapes.build_tc_frame(book.vehicle.spacecraft_id, 0, packet))


class Listener:
    """Telemetry from the moment it is made: (vehicle, service, subtype, data) of every packet."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self._synchroniser = cadu.Synchroniser()
        self._channels: dict[tuple[int, int], tm_frame.Reassembler] = {}
        self.frames = 0
        self.octets = 0
        self.packets: list[tuple[str, int, int, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def feed(self, octets: bytes) -> None:
        self.octets += len(octets)
        for frame in self._synchroniser.feed(octets):
            self.frames += 1
            key = (frame[0] & 0x3F) << 4 | frame[1] >> 4, frame[1] >> 1 & 7
            for packet in self._channels.setdefault(key, tm_frame.Reassembler()).feed(frame):
                if not packet[0] & 0x08:
                    continue  # a time report has no secondary header
                parsed = pus.parse_tm(packet)
                self.packets.append((VEHICLES[key[0]], parsed.secondary.service, parsed.secondary.subtype, bytes(parsed.data)))

    def until(self, holds: Callable[[], bool]) -> bool:
        """Listen until something holds; False when nothing more comes, or it never holds."""
        last = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > last:
                return holds()
            try:
                octets = self.socket.recv(65536)
            except TimeoutError:
                return False
            if not octets:
                return holds()
            self.feed(octets)
        return True

    def count(self, vehicle: str, service: int, subtype: int) -> int:
        return sum(packet[:3] == (vehicle, service, subtype) for packet in self.packets)

    def hears(self, vehicle: str, service: int, subtype: int, times: int = 1) -> bool:
        """Listen until so many such packets have come."""
        return self.until(lambda: self.count(vehicle, service, subtype) >= times)


class Antenna:
    """The telemetry socket, and every octet that came from it."""

    def __init__(self, craft: Emulator) -> None:
        self.craft, self.octets = craft, b""
        self.before = craft.bench.status()["outlet"]["frames"]
        self.socket = socket.create_connection(craft.tm, timeout=PATIENCE_S)

    def run(self, seconds: float) -> bytes:
        """Let time pass and take all that was sent in it."""
        self.craft.bench.run(seconds=seconds)
        frames = self.craft.bench.status()["outlet"]["frames"] - self.before
        while len(self.octets) < CADU * frames:
            more = self.socket.recv(65536)
            assert more, "the emulator has ended"
            self.octets += more
        return self.octets

    def close(self) -> None:
        self.socket.close()


def send(address: tuple[str, int], octets: bytes) -> None:
    """Octets to a port, and the connection's end."""
    with socket.create_connection(address, timeout=PATIENCE_S) as connection:
        connection.sendall(octets)
