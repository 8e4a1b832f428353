"""FSR: the frame security report, which shares the operational control field with the CLCW where a link has keys (CCSDS 355.1-B-1, 4.2.2).

    1 | version 4, 3 bits | alarm | bad sequence number | bad MAC | bad association | SPI, 16 bits | sequence number, its last 8 bits

Flags, SPI and number are those of the last frame that security has seen; the alarm says that some frame was refused, ever.
Where a frame is too short for it, or its association unknown, the number stays that of the frame before.
"""

from __future__ import annotations

from dataclasses import dataclass

from construct import Int32ub

from wire.words import Word

CLEAR = 0xC000_0000  # control word type 1, version 4 ("100"); nothing to tell
ALARM, BAD_SEQUENCE_NUMBER, BAD_MAC, BAD_ASSOCIATION = 1 << 27, 1 << 26, 1 << 25, 1 << 24
FLAGS = BAD_SEQUENCE_NUMBER | BAD_MAC | BAD_ASSOCIATION

shape = Word(
    Int32ub, type=1, version=3, alarm=1, bad_sequence_number=1, bad_mac=1, bad_association=1, last_spi=16, sequence_number=8
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameSecurityReport:
    """What a report says; `sequence_number` modulo 256."""

    alarm: bool
    bad_sequence_number: bool
    bad_mac: bool
    bad_association: bool
    last_spi: int
    sequence_number: int


def parse(word: int) -> FrameSecurityReport | None:
    """What a control word reports, or None where it is no report of this version."""
    if not 0 <= word < 1 << 32 or word >> 28 != CLEAR >> 28:
        return None
    alarm, *bad = (bool(word & flag) for flag in (ALARM, BAD_SEQUENCE_NUMBER, BAD_MAC, BAD_ASSOCIATION))
    return FrameSecurityReport(alarm, bad[0], bad[1], bad[2], word >> 8 & 0xFFFF, word & 0xFF)
