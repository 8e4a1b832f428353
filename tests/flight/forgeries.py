"""Frames that a spacecraft with keys must refuse, of every kind that somebody without them, or with a receiver, can make."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.flight.secured import SPACECRAFT
from wire import sdls, tc_frame
from wire.crc import checksum
from wire.frame_shapes import build_tc_frame
from wire.key_file import Keys, Row
from wire.sdls import Direction, Refusal

DAMAGED = None  # security has nothing to say: what judges frames next, refuses it
HEADER = 5
Forgery = tuple[bytes, frozenset[Refusal | None]]  # a frame, and what it may be refused for


def repaired(frame: bytes | bytearray) -> bytes:
    """With the length and the FECF that whoever forges it can compute."""
    octets = bytearray(frame)
    octets[2:4] = ((octets[2] & 0xFC) << 8 | len(octets) - 1).to_bytes(2, "big")
    octets[-2:] = checksum(bytes(octets[:-2])).to_bytes(2, "big")
    return bytes(octets)


def refused_for(*reasons: Refusal | None) -> frozenset[Refusal | None]:
    return frozenset(reasons)


class Forger:
    """Has heard all that went up (`heard`), and knows where the numbers stand (`last`, by SPI), which is more than a real one would."""

    def __init__(self, draw: random.Random, ours: Keys, others: Keys) -> None:
        self._draw = draw
        self.rows = ours.of("relay", Direction.TC)
        self._others = others.of("relay", Direction.TC)
        self._strangers = [*ours.of("relay", Direction.TM), *ours.of("lander", Direction.TC), *others.of("rover", Direction.TC)]
        self._known = {row.association.spi for row in self.rows}
        self.heard: list[bytes] = []
        self.last = {row.association.spi: -1 for row in self.rows}
        self.kinds: tuple[Callable[[], Forgery], ...] = (
            self.replay, self.replay, self.old_number, self.ahead, self.flip, self.flips, self.noise, self.header, self.damaged,
            self.control, self.truncated, self.lengthened, self.other_key, self.other_association, self.unknown_association,
            self.spliced, self.zeros,
        )  # fmt: skip

    def make(self) -> Forgery:
        return self._draw.choice(self.kinds)()

    def _row(self) -> Row:
        return self._draw.choice(self.rows)

    def _clear(self) -> bytes:
        return build_tc_frame(SPACECRAFT, 0, self._draw.randbytes(self._draw.randrange(1, 60)))

    def _sealed(self, row: Row, ahead: int = 1) -> bytearray:
        return bytearray(sdls.seal_tc(row.unit, self._clear(), self.last[row.association.spi] + ahead))

    def _flip(self, frame: bytearray, first: int, end: int) -> int:
        bit = self._draw.randrange(8 * first, 8 * end)
        frame[bit // 8] ^= 0x80 >> bit % 8
        return bit // 8

    def replay(self) -> Forgery:
        """One that was accepted: the last, or any before it."""
        frame = self.heard[-1] if self._draw.random() < 0.2 else self._draw.choice(self.heard)
        return frame, refused_for(Refusal.REPLAYED)

    def old_number(self) -> Forgery:
        """Sealed with the right key, under a number that was used or passed over; at the edge, too."""
        row = self._row()
        last = self.last[row.association.spi]
        if last < 0:
            return self.replay()
        number = last if self._draw.random() < 0.5 else self._draw.randrange(last + 1)
        return sdls.seal_tc(row.unit, self._clear(), number), refused_for(Refusal.REPLAYED)

    def ahead(self) -> Forgery:
        """Sealed with the right key, a number beyond the window; at the edge, too."""
        row = self._row()
        sa = row.association
        first = self.last[sa.spi] + sa.window + 1
        number = self._draw.choice((first, sa.last_number, self._draw.randrange(first, sa.last_number + 1)))
        return sdls.seal_tc(row.unit, self._clear(), number), refused_for(Refusal.AHEAD)

    def flip(self) -> Forgery:
        """A fresh frame on its way, one bit behind its header changed."""
        frame = self._sealed(self._row())
        self._flip(frame, HEADER, len(frame) - 2)
        return repaired(frame), refused_for(Refusal.MAC, Refusal.ASSOCIATION)

    def flips(self) -> Forgery:
        frame = self._sealed(self._row())
        before = bytes(frame)
        while bytes(frame) == before:
            for _ in range(self._draw.randrange(2, 9)):
                self._flip(frame, HEADER, len(frame) - 2)
        return repaired(frame), refused_for(Refusal.MAC, Refusal.ASSOCIATION)

    def header(self) -> Forgery:
        """A bit of the header changed that leaves it a data frame of this spacecraft: bypass flag, virtual channel, N(S)."""
        frame = self._sealed(self._row())
        octet, mask = self._draw.choice([(0, 0x20), *((2, 4 << k) for k in range(6)), *((4, 1 << k) for k in range(8))])
        frame[octet] ^= mask
        return repaired(frame), refused_for(Refusal.MAC)

    def damaged(self) -> Forgery:
        """Bits changed on the line, no FECF repaired. (What the CLTU's code would find is encoded anew.)"""
        frame = self._sealed(self._row())
        before = bytes(frame)
        while bytes(frame) == before:
            for _ in range(self._draw.randrange(1, 4)):
                self._flip(frame, 4, len(frame))
        return bytes(frame), refused_for(DAMAGED)

    def control(self) -> Forgery:
        """Of type C, outside of security: no directive, and FARM-1 says so."""
        octets = bytearray(build_tc_frame(SPACECRAFT, 0, self._draw.randbytes(self._draw.randrange(4, 60))))
        octets[0] |= 0x10
        return repaired(octets), refused_for(DAMAGED)

    def truncated(self) -> Forgery:
        frame = self._sealed(self._row())
        return repaired(frame[: self._draw.randrange(HEADER + 4, len(frame))]), refused_for(Refusal.SHORT, Refusal.MAC, Refusal.ASSOCIATION)

    def lengthened(self) -> Forgery:
        frame = self._sealed(self._row())
        return repaired(frame + self._draw.randbytes(self._draw.randrange(1, 40))), refused_for(Refusal.MAC)

    def other_key(self) -> Forgery:
        """The right index, a number that is fresh, another key."""
        row = self._draw.choice(self._others)
        frame = sdls.seal_tc(row.unit, self._clear(), self.last[row.association.spi] + self._draw.randrange(1, 1000))
        return frame, refused_for(Refusal.MAC)

    def other_association(self) -> Forgery:
        """Of telemetry, of another vehicle, of another vehicle of others."""
        row = self._draw.choice(self._strangers)
        return sdls.seal_tc(row.unit, self._clear(), self._draw.randrange(1, 1 << 31)), refused_for(Refusal.ASSOCIATION)

    def unknown_association(self) -> Forgery:
        frame = self._sealed(self._row())
        spi = self._draw.choice((0, 65535, self._draw.randrange(65536)))
        frame[6:8] = (0 if spi in self._known else spi).to_bytes(2, "big")
        return repaired(frame), refused_for(Refusal.ASSOCIATION)

    def spliced(self) -> Forgery:
        """The header and number of one frame, the rest of another."""
        row = self._row()
        one, two = self._sealed(row), self._sealed(row, 2)
        at = HEADER + 1 + row.association.head_octets
        return repaired(one[:at] + two[at:]), refused_for(Refusal.MAC)

    def noise(self) -> Forgery:
        frame = build_tc_frame(SPACECRAFT, 0, self._draw.randbytes(self._draw.randrange(1, 200)))
        return frame, refused_for(Refusal.SHORT, Refusal.MAC, Refusal.ASSOCIATION)

    def zeros(self) -> Forgery:
        """A right index and nothing else."""
        row = self._row()
        frame = bytearray(build_tc_frame(SPACECRAFT, 0, bytes(self._draw.randrange(1, 80))))
        frame[6:8] = row.association.spi.to_bytes(2, "big")
        return repaired(frame), refused_for(Refusal.SHORT, Refusal.MAC, Refusal.ASSOCIATION)


def is_judged(frame: bytes) -> bool:
    """A sound data frame, which security opens or refuses."""
    verdict, _ = tc_frame.parse(frame)
    return verdict == 0 and not sdls.is_control(frame)
