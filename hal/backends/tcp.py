"""A bus over TCP: a device, a gateway or another program that listens at HOST:PORT.

A UART's octets go as they come. A unit of CAN or SpaceWire has eight octets before it: identifier and length, 32 bits each, big-endian.
"""

from __future__ import annotations

import socket
import struct

from hal.backends.base import BackEnd, BackEndError, Unit
from hal.core.bus import UNIT_OCTETS, Bus

HEADER = struct.Struct(">II")


class TcpBackEnd(BackEnd):
    """`HOST:PORT` of whoever has the device."""

    bus_kinds = ("can", "uart", "spacewire")

    def __init__(self, bus: Bus, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            self._socket = socket.create_connection((host, int(port)), timeout=5.0)
        except (OSError, ValueError) as error:
            raise BackEndError(f"bus {bus.name}: nobody answers at tcp:{address} ({error})") from error
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting = b""
        super().__init__(bus)

    def receive(self) -> list[Unit]:
        came = self._socket.recv(65536)
        if not came:
            raise EOFError("the other side has closed the connection")
        if self.bus.kind == "uart":
            size = UNIT_OCTETS["uart"]
            return [(0, came[at : at + size]) for at in range(0, len(came), size)]
        self._waiting += came
        units = []
        while len(self._waiting) >= HEADER.size:
            identifier, length = HEADER.unpack_from(self._waiting)
            if length > UNIT_OCTETS[self.bus.kind]:
                raise EOFError(f"a unit of {length} octets does not fit a {self.bus.kind} bus: the stream is not ours")
            if len(self._waiting) < HEADER.size + length:
                break
            units.append((identifier, self._waiting[HEADER.size : HEADER.size + length]))
            self._waiting = self._waiting[HEADER.size + length :]
        return units

    def send(self, unit: Unit) -> None:
        identifier, octets = unit
        self._socket.sendall(octets if self.bus.kind == "uart" else HEADER.pack(identifier, len(octets)) + octets)

    def shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.failure = self.failure or f"bus {self.bus.name}: the connection was already gone"
        self._socket.close()
