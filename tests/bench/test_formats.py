"""What the doors carry, by option, read and written by hand: sockets, struct, and a check sum bit by bit; nothing of ours."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from ground.bench import Emulator
from tests.house import PATIENCE_S, eventually

FRAME, CADU = 1115, 1279
LANDER, SYSTEM = 0x1C4, 0x101  # spacecraft identifier and APID, from docs/interface.md
MARKER = bytes.fromhex("1acffc1d")
TAIL = bytes.fromhex("c5c5c5c5c5c5c579")


def check_sum(octets: bytes) -> int:
    """CRC-16 of CCSDS 232.0, 4.1.4.2, a bit at a time."""
    register = 0xFFFF
    for octet in octets:
        for bit in range(8):
            feedback = register >> 15 ^ octet >> (7 - bit) & 1
            register = (register << 1 & 0xFFFF) ^ (0x1021 if feedback else 0)
    return register


def ping(count: int, spacecraft: int = LANDER) -> bytes:
    """A bare type-BD transfer frame with one packet, [17,1], all reports asked for."""
    body = struct.pack(">HHHBBBH", 0x1800 | SYSTEM, 0xC000 | count, 6, 0x2F, 17, 1, 1)
    packet = body + struct.pack(">H", check_sum(body))
    frame = struct.pack(">HHBB", 0x2000 | spacecraft, 5 + 1 + len(packet) + 2 - 1, 0, 0xC0) + packet
    return frame + struct.pack(">H", check_sum(frame))


def cltu(frame: bytes) -> bytes:
    """Codeblocks with their parity by division, x^7+x^6+x^2+1, complemented; the filler bit is 0."""
    filled = frame + b"\x55" * (-len(frame) % 7)
    found = b"\xeb\x90"
    for i in range(0, len(filled), 7):
        register = 0
        for octet in filled[i : i + 7]:
            for bit in range(8):
                feedback = register >> 6 ^ octet >> (7 - bit) & 1
                register = (register << 1 & 0x7F) ^ (0x45 if feedback else 0)
        found += filled[i : i + 7] + bytes([(register ^ 0x7F) << 1])
    return found + TAIL


def read(connection: socket.socket, octets: int) -> bytes:
    found = b""
    while len(found) < octets and (more := connection.recv(octets - len(found))):
        found += more
    return found


@pytest.fixture(params=["cadu", "frame"])
def tm_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["cltu", "frame"])
def tc_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def craft(tm_format: str, tc_format: str) -> Iterator[Emulator]:
    with Emulator(speed="max", arguments=("--tm-format", tm_format, "--tc-format", tc_format)) as emulator:
        emulator.bench.run(seconds=10.0)
        yield emulator


def hold(octets: bytes, tm_format: str) -> None:
    """Every unit is one: a bare frame by its check sum, a CADU by its marker."""
    size = CADU if tm_format == "cadu" else FRAME
    units = [octets[i : i + size] for i in range(0, len(octets), size)]
    assert all(unit[:4] == MARKER if tm_format == "cadu" else check_sum(unit) == 0 for unit in units)


def test_streams_and_datagrams_carry_what_was_asked_for(craft: Emulator, tm_format: str, tc_format: str) -> None:
    size = CADU if tm_format == "cadu" else FRAME
    command = cltu(ping(1)) if tc_format == "cltu" else ping(1)
    other = cltu(ping(2)) if tc_format == "cltu" else ping(2)
    with (
        socket.create_connection(craft.tc, timeout=PATIENCE_S) as up,
        socket.create_connection(craft.tm, timeout=PATIENCE_S) as down,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.settimeout(PATIENCE_S)
        datagrams.sendto(b"", craft.tm)
        assert eventually(lambda: craft.bench.status()["outlet"]["readers"] == 2)
        before = craft.bench.status()["outlet"]["frames"]
        for octet in command:  # in any pieces
            up.send(bytes([octet]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(other, craft.tc)
        craft.bench.run(seconds=3.0)
        count = craft.bench.status()["outlet"]["frames"] - before
        stream = read(down, size * count)
        single = [datagrams.recv(65536) for _ in range(count)]
        assert {len(each) for each in single} == {size}
        assert b"".join(single) == stream
        hold(stream, tm_format)
        assert craft.bench.peek("lander.link.tc_packets_accepted") == 2


@pytest.mark.parametrize("tm_format", ["frame"], indirect=True)
@pytest.mark.parametrize("tc_format", ["frame"], indirect=True)
def test_a_bare_frame_that_lies_about_its_length_costs_its_connection_alone(craft: Emulator) -> None:
    lie = bytearray(ping(1))
    lie[2], lie[3] = 0x03, 0xFF  # 1024 octets
    with socket.create_connection(craft.tc, timeout=PATIENCE_S) as up:
        up.sendall(bytes(lie) + ping(2))
        with socket.create_connection(craft.tc, timeout=PATIENCE_S) as other:
            other.sendall(ping(3))
            craft.bench.run(seconds=1.0)
            assert craft.bench.peek("lander.link.tc_packets_accepted") == 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(bytes(lie), craft.tc)
        sender.sendto(ping(4) + b"\0" * 3, craft.tc)
        sender.sendto(ping(5), craft.tc)
        craft.bench.run(seconds=1.0)
    assert craft.bench.peek("lander.link.tc_packets_accepted") == 3
