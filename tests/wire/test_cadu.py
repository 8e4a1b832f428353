import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import cadu, crc, randomiser, reed_solomon


def frame(seed: int) -> bytes:
    body = random.Random(seed).randbytes(1113)
    return body + crc.checksum(body).to_bytes(2)


FRAMES = [frame(i) for i in range(6)]
CADUS = [cadu.encode(one) for one in FRAMES]
STREAM = b"".join(CADUS)


def damaged(octets: bytes, places: list[int]) -> bytes:
    out = bytearray(octets)
    for place in places:
        out[place] ^= 0xA5
    return bytes(out)


def test_a_cadu_is_marker_and_randomised_codeblock():
    assert CADUS[0][:4].hex() == "1acffc1d"
    assert CADUS[0][4:] == randomiser.tm(reed_solomon.encode_block(FRAMES[0]))
    assert len(CADUS[0]) == 1279


def test_a_frame_of_zeros_shows_the_sequence_behind_the_marker():
    assert cadu.encode(bytes(1115))[:9].hex() == "1acffc1dff480ec09a"


def test_a_clean_stream_gives_every_frame():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(STREAM) == FRAMES
    assert (synchroniser.record()["skipped"], synchroniser.record()["locked"]) == (0, 1)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=10), st.binary(max_size=50), st.integers(0, 1278))
@settings(max_examples=50)
def test_any_chunking_gives_what_one_piece_gives(sizes, noise, cut):
    stream = STREAM[cut:3000] + noise + STREAM
    whole, pieces = cadu.Synchroniser(), cadu.Synchroniser()
    got, start = [], 0
    for size in itertools.cycle(sizes):
        got += pieces.feed(stream[start : start + size])
        start += size
        if start >= len(stream):
            break
    assert got == whole.feed(stream)
    assert pieces.record() == whole.record()


def test_a_stream_joined_at_any_octet_gives_every_whole_cadu():
    stream = STREAM[: 3 * 1279]
    for cut in range(1, 1279, 3):
        assert cadu.Synchroniser().feed(stream[cut:]) == FRAMES[1:3]


def test_octets_lost_or_added_anywhere_cost_one_frame():
    for place in range(1279, 2 * 1279, 37):
        for stream in (
            STREAM[:place] + STREAM[place + 1 :],
            STREAM[:place] + b"\x1a" + STREAM[place:],
            STREAM[:place] + STREAM[place + 700 :],
        ):
            got = cadu.Synchroniser().feed(stream)
            assert got[0] == FRAMES[0]
            assert got[-3:] == FRAMES[3:]
            assert set(got) <= set(FRAMES)


def test_up_to_sixteen_symbols_in_each_codeword_are_corrected_and_counted():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(damaged(CADUS[0], list(range(10, 90)))) == FRAMES[:1]
    assert synchroniser.record()["symbols_corrected"] == 80


def test_a_codeblock_beyond_correction_is_counted_and_the_lock_holds():
    synchroniser = cadu.Synchroniser()
    bad = damaged(CADUS[1], list(range(10, 100)))
    assert synchroniser.feed(CADUS[0] + bad + damaged(CADUS[2], [0, 2]) + CADUS[3]) == [FRAMES[0], FRAMES[2], FRAMES[3]]
    record = synchroniser.record()
    assert (record["uncorrectable"], record["slips"], record["marker_bit_errors"]) == (1, 0, 8)


def test_a_damaged_marker_is_accepted_where_one_is_due_and_nowhere_else():
    wrong = damaged(CADUS[1], [1])
    assert cadu.Synchroniser().feed(CADUS[0] + wrong) == FRAMES[:2]
    assert cadu.Synchroniser().feed(wrong + CADUS[0]) == FRAMES[:1]


def test_a_wrong_fecf_is_counted_and_the_frame_kept_back():
    bad = bytearray(FRAMES[0])
    bad[7] ^= 1
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(cadu.encode(bytes(bad)) + CADUS[1]) == [FRAMES[1]]
    record = synchroniser.record()
    assert (record["bad_fecf"], record["frames"], record["slips"]) == (1, 1, 0)


def test_a_false_marker_costs_no_frame():
    body = random.Random(1).randbytes(500)
    assert cadu.Synchroniser().feed(cadu.MARKER + body + STREAM) == FRAMES
    assert cadu.Synchroniser().feed(CADUS[0] + cadu.MARKER * 3 + body + STREAM) == [FRAMES[0], *FRAMES]


def test_an_uncoded_frame_in_a_datagram_is_not_accepted_and_the_next_is():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(cadu.MARKER + FRAMES[0]) == []
    assert synchroniser.feed(STREAM) == FRAMES
    assert synchroniser.record()["uncorrectable"] == 1


def test_the_conventional_basis_is_not_accepted():
    codeblock = reed_solomon.encode_block(FRAMES[0], dual=False)
    assert cadu.Synchroniser().feed(cadu.MARKER + randomiser.tm(codeblock)) == []


def test_a_megabyte_of_noise_harms_nothing_and_the_next_frames_are_decoded():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(random.Random(10).randbytes(1_000_000)) == []
    assert synchroniser.feed(STREAM) == FRAMES
    record = synchroniser.record()
    assert record["octets"] == 1_000_000 + len(STREAM)
    assert record["octets"] == record["skipped"] + 6 * 1279


def test_markers_without_end_are_survived():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(cadu.MARKER * 10_000) == []
    assert synchroniser.feed(STREAM) == FRAMES


@pytest.mark.parametrize("octets", [0, 1114, 1116])
def test_a_frame_of_another_length_is_refused(octets):
    with pytest.raises(ValueError):
        cadu.encode(bytes(octets))
