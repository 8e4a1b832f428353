"""BI-091 at every length: each single flipped bit of a sealed telecommand frame, AD or BD, whole or a segment, is refused."""

from __future__ import annotations

import random

import pytest

from tests.wire.sdls_bench import LANDER, receiver, unit
from wire import sdls, tc_frame
from wire.crc import checksum
from wire.frame_shapes import build_tc_frame
from wire.sdls import Mode, Refusal, RefusedError
from wire.tc_frame import TcFrameError

LONGEST = 1016
KINDS = [(bypass, flags, int(flags != 3)) for bypass in (True, False) for flags in range(4)]


@pytest.mark.long(986)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
def test_every_single_bit_flip_of_a_sealed_frame_of_every_kind_and_length_is_refused(mode: Mode, repetitions: int) -> None:
    """As it is, the FECF sees it; with the FECF repaired by whoever forges it, the MAC does, or the association. Each length in full, the
    kinds in turn; a few lengths of every kind."""
    draw = random.Random(repetitions)
    of = unit(mode)
    by = receiver(of)
    room = LONGEST - of.association.head_octets - of.association.tail_octets
    lengths = range(1, room + 1) if repetitions == 986 else (1, 2, 13, 100, *draw.sample(range(1, room + 1), 2), room)
    for place, octets in enumerate(lengths):
        for kind in KINDS if octets in (1, 2, 13) else [KINDS[place % len(KINDS)]]:
            frame = sealed(of, draw.randbytes(octets), *kind)
            assert len(frame) == 8 + octets + of.association.head_octets + of.association.tail_octets
            for bit in range(8 * len(frame)):
                flipped = bytearray(frame)
                flipped[bit // 8] ^= 0x80 >> bit % 8
                assert tc_frame.parse(bytes(flipped))[0] != TcFrameError.TC_FRAME_OK
                forged = bytes(flipped[:-2]) + checksum(bytes(flipped[:-2])).to_bytes(2, "big")
                if bit >= 8 * (len(frame) - 2) or tc_frame.parse(forged)[0] != TcFrameError.TC_FRAME_OK or sdls.is_control(forged):
                    continue
                with pytest.raises(RefusedError) as refused:
                    by.open(forged)
                assert refused.value.reason in (Refusal.MAC, Refusal.ASSOCIATION, Refusal.CHANNEL)
            assert by.last == {}


def sealed(of: sdls.Unit, data: bytes, bypass: bool, flags: int, map_id: int) -> bytes:
    return sdls.seal_tc(of, build_tc_frame(LANDER, 0, data, map_id, flags, bypass, 0 if bypass else 9), 7)


@pytest.mark.parametrize("mode", [Mode.AUTHENTICATION, Mode.AUTHENTICATED_ENCRYPTION])
def test_a_sealed_segment_is_opened_to_the_octet(mode: Mode) -> None:
    of = unit(mode)
    for bypass, flags, map_id in KINDS:
        clear = build_tc_frame(LANDER, 0, b"a part of a packet", map_id, flags, bypass, 0 if bypass else 9)
        assert receiver(of).open(sealed(of, b"a part of a packet", bypass, flags, map_id)) == clear
