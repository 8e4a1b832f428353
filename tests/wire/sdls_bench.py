"""Associations with keys that guard nothing, and frames for them."""

from __future__ import annotations

import hashlib

from wire import tm_frame
from wire.frame_shapes import build_tc_frame
from wire.sdls import Association, Direction, Mask, Mode, Receiver, Unit

LANDER = 0x1C4
NUMBERS = {Mode.AUTHENTICATION: 4, Mode.AUTHENTICATED_ENCRYPTION: 12}


def key_of(name: str) -> bytes:
    return hashlib.sha256(b"not a secret: " + name.encode()).digest()


def unit(
    mode: Mode = Mode.AUTHENTICATED_ENCRYPTION, direction: Direction = Direction.TC, spi: int = 1, key: str = "one",
    mask: Mask = Mask.WHOLE, window: int = 1000, spacecraft_id: int = LANDER,
) -> Unit:  # fmt: skip
    return Unit(Association(spi, direction, spacecraft_id, mode, NUMBERS[mode], window, mask), key_of(key))


def receiver(*units: Unit, direction: Direction = Direction.TC) -> Receiver:
    return Receiver(list(units), LANDER, direction)


def command(octets: int = 40, spacecraft_id: int = LANDER) -> bytes:
    """A TC frame in clear."""
    return build_tc_frame(spacecraft_id, 0, (bytes(range(256)) * 4)[:octets])


def telemetry(of: Unit, count: int = 1) -> list[bytes]:
    """TM frames in clear, with room for header and trailer."""
    channel = tm_frame.Channel(LANDER, 0, of.association.head_octets, of.association.tail_octets)
    frames = []
    for number in range(count):
        channel.append(packet(number))
        frames.append(channel.finish(number & 0xFF, 0x01000000 + number))
    return frames


def packet(number: int) -> bytes:
    """A space packet that tells itself from others."""
    return bytes.fromhex("0901") + (0xC000 | number & 0x3FFF).to_bytes(2, "big") + (19).to_bytes(2, "big") + number.to_bytes(20, "big")
