import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import cltu
from wire.frame_shapes import cltu as cltu_shape
from wire.frame_shapes import reference_parity

FRAME = bytes.fromhex("22f600230082000f001dff000000000f001eff000000000f001fff000000000fac8f0068")
# EB90, six codeblocks (the last filled with 55), tail.
GOLDEN = bytes.fromhex(
    "eb90 22f6002300820024 0f001dff00000034 000f001eff000010 00000f001fff00d8 0000000fac8f0090 6855555555555506 c5c5c5c5c5c5c579"
)
FILLED = FRAME + b"\x55" * 6


def flipped(block: bytes, *bits: int) -> bytes:
    word = int.from_bytes(block)
    for bit in bits:
        word ^= 1 << (63 - bit)
    return word.to_bytes(8)


def in_chunks(decoder: cltu.Decoder, data: bytes, sizes: list[int]) -> list[bytes]:
    out, start = [], 0
    for size in itertools.cycle(sizes):
        if start >= len(data):
            return out
        out += decoder.feed(data[start : start + size])
        start += size
    return out


def test_the_golden_cltu_comes_out():
    assert cltu.encode(FRAME) == GOLDEN


def test_the_golden_cltu_is_decoded_with_its_fill():
    assert cltu.Decoder().feed(GOLDEN) == [FILLED]


@given(st.binary(min_size=7, max_size=7))
def test_the_parity_table_and_long_division_agree(information):
    assert cltu.parity(information) == reference_parity(information)


@given(st.binary(min_size=1, max_size=1024), st.booleans())
def test_what_is_encoded_is_decoded(frame, randomise):
    decoder = cltu.Decoder(derandomise=randomise)
    (candidate,) = decoder.feed(cltu.encode(frame, randomise))
    assert candidate[: len(frame)] == frame
    assert len(candidate) - len(frame) < 7


@given(st.binary(min_size=1, max_size=300))
def test_construct_and_the_kernel_agree_on_a_cltu(frame):
    octets = cltu.encode(frame)
    shape = cltu_shape((len(frame) + 6) // 7)
    assert cltu.Decoder().feed(octets) == [shape.parse(octets).candidate]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.binary(max_size=30), st.booleans())
def test_any_chunking_gives_what_one_piece_gives(sizes, noise, tail):
    stream = noise + GOLDEN + b"\x55\x55" + cltu.encode(FRAME[:20]) + (b"" if tail else noise) + GOLDEN[:-8] + noise + GOLDEN
    whole, pieces = cltu.Decoder(), cltu.Decoder()
    assert in_chunks(pieces, stream, sizes) == whole.feed(stream)
    assert pieces.record() == whole.record()


@pytest.mark.parametrize("block", [GOLDEN[i : i + 8] for i in range(2, 50, 8)])
def test_every_single_flip_is_corrected_by_sec_and_rejected_by_ted(block):
    for bit in range(63):
        wrong = flipped(block, bit)
        assert cltu.decode_codeblock(wrong, cltu.TED)[0] == -1
        assert cltu.decode_codeblock(wrong, cltu.SEC) == (1, block[:7])


def test_a_filler_bit_of_one_is_rejected_in_both_modes():
    """Alone, and with any one other bit wrong, which single error correction would correct otherwise."""
    rng = random.Random(5)
    for information in (GOLDEN[2:9], bytes(7), b"\xff" * 7, *(rng.randbytes(7) for _ in range(50))):
        block = information + bytes([cltu.parity(information)])
        for bits in ((63,), *((bit, 63) for bit in range(63))):
            for mode in (cltu.TED, cltu.SEC):
                assert cltu.decode_codeblock(flipped(block, *bits), mode)[0] == -1
    decoder = cltu.Decoder(cltu.SEC)
    assert decoder.feed(GOLDEN[:9] + bytes([GOLDEN[9] | 1]) + GOLDEN[10:]) == []
    assert decoder.record()["blocks_rejected"] == 1


def test_no_double_flip_is_accepted_in_either_mode():
    for bits in itertools.combinations(range(63), 2):
        wrong = flipped(GOLDEN[2:10], *bits)
        assert cltu.decode_codeblock(wrong, cltu.TED)[0] == -1
        assert cltu.decode_codeblock(wrong, cltu.SEC)[0] == -1


def test_no_triple_flip_is_accepted_by_ted():
    for bits in itertools.combinations(range(63), 3):
        assert cltu.decode_codeblock(flipped(GOLDEN[2:10], *bits), cltu.TED)[0] == -1


@pytest.mark.parametrize("mode", [cltu.TED, cltu.SEC])
def test_a_tail_with_any_one_bit_wrong_still_ends_the_cltu(mode):
    for bit in range(64):
        decoder = cltu.Decoder(mode)
        assert decoder.feed(GOLDEN[:-8] + flipped(cltu.TAIL, bit) + GOLDEN) == [FILLED, FILLED]


def test_one_wrong_bit_in_the_start_sequence_is_accepted_by_sec_alone_and_two_by_neither():
    for count, sec_frames in ((1, 1), (2, 0)):
        for bits in itertools.combinations(range(16), count):
            start = int.from_bytes(cltu.START)
            for bit in bits:
                start ^= 1 << bit
            stream = start.to_bytes(2) + GOLDEN[2:]
            assert cltu.Decoder(cltu.TED).feed(stream) == []
            assert len(cltu.Decoder(cltu.SEC).feed(stream)) == sec_frames


def test_a_start_sequence_inside_the_data_does_not_start_again():
    frame = cltu.START * 20
    decoder = cltu.Decoder()
    assert decoder.feed(cltu.encode(frame))[0][:40] == frame
    assert decoder.record()["starts"] == 1


def test_a_cltu_right_behind_one_without_tail_is_decoded():
    decoder = cltu.Decoder()
    assert decoder.feed(GOLDEN[:-8] + GOLDEN) == [FILLED, FILLED]
    assert (decoder.record()["blocks_rejected"], decoder.record()["tails"]) == (1, 1)


@pytest.mark.parametrize("idle", [b"\x55", b"\xaa", b"\0", b"\xff"])
def test_a_line_that_goes_idle_instead_of_a_tail_ends_the_cltu_and_the_next_is_decoded(idle):
    """The first codeblock of idle octets is none. However long the line is idle, the decoder searches and keeps nothing."""
    for octets in (*range(17), 1000, 100_000):
        decoder = cltu.Decoder()
        assert decoder.feed(GOLDEN[:-8] + idle * octets + GOLDEN) == [FILLED, FILLED]
        assert decoder.record()["blocks_rejected"] <= 1
        assert decoder.record()["open"] == 0


def test_a_cltu_cut_at_any_octet_does_not_cost_the_next():
    for cut in range(len(GOLDEN)):
        assert cltu.Decoder().feed(GOLDEN[:cut] + GOLDEN)[-1] == FILLED


def test_a_cltu_without_codeblocks_is_counted_and_gives_nothing():
    decoder = cltu.Decoder()
    assert decoder.feed(cltu.START + cltu.TAIL + GOLDEN) == [FILLED]
    assert decoder.record()["empty"] == 1


@pytest.mark.parametrize("length", [1, 3, 7])
def test_a_start_and_a_few_octets_wait_for_more_and_give_nothing(length):
    assert cltu.Decoder().feed(GOLDEN[: 2 + length]) == []


def test_codeblocks_without_end_are_cut_at_the_longest_frame():
    decoder = cltu.Decoder()
    block = bytes(7) + bytes([cltu.parity(bytes(7))])
    assert decoder.feed(cltu.START + block * 100_000) == []
    assert decoder.record()["overlong"] == 1
    assert decoder.record()["blocks_ok"] == 148
    assert decoder.feed(GOLDEN) == [FILLED]


def test_the_longest_frame_passes():
    frame = bytes(range(256)) * 4
    assert cltu.Decoder().feed(cltu.encode(frame))[0][:1024] == frame
    with pytest.raises(ValueError):
        cltu.encode(bytes(1025))


def test_randomised_data_on_a_plain_channel_gives_another_frame():
    assert cltu.Decoder().feed(cltu.encode(FRAME, randomise=True))[0] != FILLED


def test_a_megabyte_of_noise_harms_nothing_and_the_next_cltu_is_decoded():
    decoder = cltu.Decoder()
    decoder.feed(random.Random(7).randbytes(1_000_000))
    assert decoder.feed(cltu.TAIL + GOLDEN)[-1] == FILLED
    record = decoder.record()
    assert record["octets"] == 1_000_000 + 8 + len(GOLDEN)
    assert record["starts"] > 5


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_after_any_octets_the_next_cltu_but_one_is_decoded(noise):
    """Noise may look like a start sequence and valid codeblocks: then it takes the first CLTU with it, never the second."""
    decoder = cltu.Decoder()
    decoder.feed(noise)
    assert decoder.feed(GOLDEN + GOLDEN)[-1] == FILLED


def test_a_record_loaded_into_another_decoder_goes_on_where_it_was():
    for cut in range(len(GOLDEN)):
        first, second = cltu.Decoder(), cltu.Decoder()
        first.feed(GOLDEN[:cut])
        second.load(first.record().tobytes())
        assert second.feed(GOLDEN[cut:]) == [FILLED]
    with pytest.raises(ValueError):
        first.load(b"")


def test_upsets_anywhere_in_the_record_are_survived():
    """Any octets in the record, as upsets may leave them: nothing is written outside, and the second CLTU is decoded."""
    rng = random.Random(12)
    decoder = cltu.Decoder()
    clean = decoder.record()
    for _ in range(2000):
        record = bytearray(rng.randbytes(clean.nbytes))
        for name in ("mode", "derandomise"):
            offset = clean.dtype.fields[name][1]
            record[offset : offset + 4] = bytes(4)
        decoder.load(record)
        assert decoder.feed(cltu.TAIL + GOLDEN + GOLDEN)[-1] == FILLED
