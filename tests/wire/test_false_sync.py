"""BI-118: an interleaved Reed-Solomon codeblock moved by whole columns is nearly a codeblock again; CCSDS 131.0 warns of it.

The code is cyclic: what is cut out I octets late, or up to sixteen times that, differs from a codeword in no more symbols than are
corrected, and a marker that happens to stand in the data could lock a receiver in the wrong place. The randomiser prevents it at most
depths: at 1, 2, 4 and 8 the sequence of 255 bits is a codeword itself, and moved it leaves one again. What gets by, the FECF sees.
"""

from __future__ import annotations

import random

import pytest

from wire import cadu, channel_code, crc, reed_solomon
from wire.randomiser import tm

MARKER = bytes.fromhex("1acffc1d")
NONE, SHORT, LONG = 0, 1, 2
SHIFTS = [columns for columns in range(-16, 17) if columns]


def frame(draw: random.Random, octets: int, planted: dict[int, bytes] | None = None) -> bytes:
    """A frame with a right check sum, with octets planted in it."""
    body = bytearray(draw.randbytes(octets - 2))
    for place, value in (planted or {}).items():
        body[place : place + len(value)] = value
    return bytes(body) + crc.checksum(bytes(body)).to_bytes(2, "big")


def moved(blocks: list[bytes], shift: int) -> bytes:
    """What a receiver cuts out that takes the middle one of three CADUs to begin so many octets late."""
    stream = b"".join(MARKER + block for block in blocks)
    start = 2 * len(MARKER) + len(blocks[0]) + shift
    return stream[start : start + len(blocks[1])]


@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("depth", range(1, 9))
def test_without_randomiser_a_codeblock_that_is_cut_out_whole_columns_late_or_early_decodes_to_a_moved_one(depth: int, dual: bool) -> None:
    """The danger is real: this is what the code alone does."""
    draw = random.Random(depth)
    blocks = [reed_solomon.encode_block(frame(draw, 223 * depth), depth, dual) for _ in range(3)]
    for columns in SHIFTS:
        shift = columns * depth
        found, corrected = reed_solomon.decode_block(moved(blocks, shift), depth, dual)
        assert corrected >= 0
        assert found == blocks[1][shift:] + blocks[1][:shift]
        assert crc.checksum(found[: 223 * depth]) != 0
    for columns in (-20, 20):
        assert reed_solomon.decode_block(moved(blocks, columns * depth), depth, dual)[1] < 0


@pytest.mark.parametrize("randomiser", [SHORT, LONG])
@pytest.mark.parametrize("depth", range(1, 9))
def test_with_a_randomiser_no_codeblock_that_is_cut_out_wrong_decodes_unless_its_sequence_is_a_codeword(
    depth: int, randomiser: int
) -> None:
    draw = random.Random(depth)
    options = {"frame_octets": 223 * depth, "depth": depth, "randomiser": randomiser}
    blocks = [channel_code.encode(frame(draw, 223 * depth), **options) for _ in range(3)]
    assert channel_code.decode(moved(blocks, 0), **options)[1] == 0
    is_codeword = reed_solomon.decode_block(tm(bytes(255 * depth), randomiser), depth)[1] == 0
    assert is_codeword == (randomiser == SHORT and depth in (1, 2, 4, 8))
    for shift in range(-20 * depth, 20 * depth + 1):
        if shift:
            found, corrected = channel_code.decode(moved(blocks, shift), **options)
            assert (corrected >= 0) == (is_codeword and abs(shift) <= 16 * depth)
            assert corrected < 0 or crc.checksum(found) != 0


def planted_stream(draw: random.Random, randomiser: int, columns: int, frames: int = 6) -> tuple[bytes, list[bytes]]:
    """CADUs of the mission's depth; in each a marker stands in the octets of the channel, in front of a block that is late by whole
    columns. The first true marker is missing: the receiver comes in the middle. And the frames."""
    place = 5 * columns - len(MARKER)
    mask = channel_code.encode(bytes(1115), randomiser=randomiser)[place : place + 4]
    value = bytes(a ^ b for a, b in zip(MARKER, mask, strict=True))
    sent = [frame(draw, 1115, {place: value}) for _ in range(frames)]
    stream = b"".join(cadu.encode(one, randomiser=randomiser) for one in sent)
    assert stream.count(MARKER) == 2 * frames
    return stream[len(MARKER) :], sent


@pytest.mark.parametrize("columns", range(1, 17))
def test_a_receiver_that_comes_upon_a_planted_marker_delivers_no_wrong_frame_and_finds_the_right_place(columns: int) -> None:
    draw = random.Random(columns)
    for randomiser in (NONE, SHORT, LONG):
        stream, sent = planted_stream(draw, randomiser, columns)
        synchroniser = cadu.Synchroniser(randomiser=randomiser)
        assert synchroniser.feed(stream) == sent[1:]
        record = synchroniser.record()
        assert (int(record["bad_fecf"]) > 0) == (randomiser == NONE)  # the code let it by, and the check sum did not
        assert (int(record["uncorrectable"]) > 0) == (randomiser != NONE)


def test_the_randomiser_is_on_unless_somebody_switches_it_off() -> None:
    assert channel_code.DEFAULTS["randomiser"] == SHORT
    draw = random.Random(1)
    stream, sent = planted_stream(draw, SHORT, 3)
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(stream) == sent[1:]
    assert int(synchroniser.record()["bad_fecf"]) == 0
