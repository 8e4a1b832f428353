"""A radio door on free ports with nothing behind it but its two queues, and small clients for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from flight.doors.inbox import Inbox
from flight.doors.outlet import FRAME_LENGTH, Outlet
from flight.doors.radio import RadioDoor
from tests.house import PATIENCE_S

CADU_LENGTH = 1279
LOOPBACK = ("127.0.0.1", 0)


def frame(number: int) -> bytes:
    """A frame that tells itself from others by its first octets."""
    return number.to_bytes(4, "big") + bytes(FRAME_LENGTH - 4)


@contextmanager
def radio(inbox: Inbox | None = None, outlet: Outlet | None = None) -> Iterator[RadioDoor]:
    door = RadioDoor(inbox or Inbox(), outlet or Outlet(), LOOPBACK, LOOPBACK)
    door.start()
    try:
        yield door
    finally:
        door.stop()


@contextmanager
def client(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=PATIENCE_S) as connection:
        yield connection


def read(connection: socket.socket, octets: int) -> bytes:
    """Exactly so many octets, or fewer at the end of the connection."""
    got = bytearray()
    while len(got) < octets and (more := connection.recv(octets - len(got))):
        got += more
    return bytes(got)


def drain(inbox: Inbox) -> list[tuple[int, bytes]]:
    """Everything that waits, as the loop would take it."""
    return list(iter(inbox.take, None))


def octets_of(chunks: list[tuple[int, bytes]]) -> bytes:
    return b"".join(chunk for _, chunk in chunks)
