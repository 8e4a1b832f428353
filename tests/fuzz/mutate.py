"""Damage with a plan: what happens to octets on a link, in a memory, or in the hands of somebody who knows the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

EXTREMES = {1: (0, 1, 0x7F, 0x80, 0xFE, 0xFF), 2: (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF), 4: (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)}
LONGEST = 4096  # octets that a unit may grow to, unless it was longer
Fix = Callable[[bytearray], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a format. `fields` are (offset, octets) of lengths, counts and types; `fix` makes the check sums right again."""

    fields: tuple[tuple[int, int], ...] = ()
    fix: Fix | None = None


def flip(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    at = random.randrange(8 * len(octets))
    octets[at >> 3] ^= 0x80 >> (at & 7)


def burst(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    at, length = random.randrange(len(octets)), random.randrange(1, 9)
    octets[at : at + length] = random.randbytes(min(length, len(octets) - at))


def extreme(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    width = random.choice((1, 1, 2, 4))
    if len(octets) >= width:
        at = random.randrange(len(octets) - width + 1)
        octets[at : at + width] = random.choice(EXTREMES[width]).to_bytes(width, "big")


def field(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    """A length, a count or a type becomes another: one more, one less, extreme, or anything."""
    if not shape.fields:
        return extreme(octets, random, shape, other)
    at, width = random.choice(shape.fields)
    if at + width > len(octets):
        return None
    value = int.from_bytes(octets[at : at + width], "big")
    kind = random.randrange(4)
    value = value + 1 if kind == 0 else value - 1 if kind == 1 else random.choice(EXTREMES[width]) if kind == 2 else random.getrandbits(32)
    octets[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "big")
    return None


def truncate(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    del octets[random.randrange(len(octets) + 1) :]


def extend(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    count = random.choice((1, 1, 2, 3, 7, 16, 60))
    octets += random.randbytes(count) if random.randrange(2) else bytes([random.choice((0, 0x55, 0xFF))]) * count


def cut_out(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    at = random.randrange(len(octets))
    del octets[at : at + random.randrange(1, 9)]


def repeat(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    at = random.randrange(len(octets))
    octets[at:at] = octets[at : at + random.randrange(1, 33)]


def swap(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    """Two parts change places."""
    at = random.randrange(len(octets))
    between = at + random.randrange(1, 17)
    end = between + random.randrange(1, 17)
    octets[at:end] = octets[between:end] + octets[at:between]


def splice(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    """The head of this unit and the tail of another."""
    if other:
        octets[random.randrange(len(octets)) :] = other[random.randrange(len(other)) :]


def follow(octets: bytearray, random: Random, shape: Shape, other: bytes) -> None:
    """Another unit right behind."""
    octets += other


WAYS = (flip, flip, flip, burst, extreme, field, field, field, truncate, extend, cut_out, repeat, swap, splice, follow)


def mutate(valid: bytes, other: bytes, shape: Shape, random: Random) -> bytes:
    """One input. One in sixteen is left as it was, one in sixty-four is noise; half of the damaged ones get right check sums."""
    draw = random.getrandbits(6)
    if draw < 4:
        return valid
    if draw == 4:
        return random.randbytes(random.randrange(len(valid) + 16))
    octets = bytearray(valid)
    most = max(LONGEST, len(valid))
    for _ in range((1, 1, 2, 4)[draw & 3]):
        if octets:
            WAYS[int(random.random() * len(WAYS))](octets, random, shape, other)
    del octets[most:]
    if shape.fix is not None and draw & 4 and octets:
        shape.fix(octets)
    return bytes(octets)
