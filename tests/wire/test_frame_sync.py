"""Search, check and lock, bit by bit (CCSDS 131.0, 9; 130.1, 10)."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import cadu, channel_code, crc, randomiser

SEARCH, CHECK, LOCK = 0, 1, 2
UNCODED = {"checks": 0, "frame_octets": 200, "randomiser": randomiser.LONG}


def frame(seed: int, octets: int = 1115) -> bytes:
    body = random.Random(seed).randbytes(octets - 2)
    return body + crc.checksum(body).to_bytes(2)


FRAMES = [frame(i) for i in range(8)]
CADUS = [cadu.encode(one) for one in FRAMES]
SHORT_FRAMES = [frame(i, 200) for i in range(12)]
SHORT_CADUS = [cadu.encode(one, **UNCODED) for one in SHORT_FRAMES]


def bits_of(octets: bytes) -> str:
    return f"{int.from_bytes(octets):0{8 * len(octets)}b}" if octets else ""


def octets_of(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def flipped(octets: bytes, *bits: int) -> bytes:
    out = bytearray(octets)
    for bit in bits:
        out[bit // 8] ^= 0x80 >> bit % 8
    return bytes(out)


def test_a_frame_of_zeros_shows_the_long_sequence_behind_the_marker():
    assert cadu.encode(bytes(1115), randomiser=randomiser.LONG)[:9].hex() == "1acffc1d1c71b91ba9"
    assert cadu.encode(bytes(1195), frame_octets=1195, checks=16, randomiser=randomiser.LONG)[:9].hex() == "1acffc1d1c71b91ba9"


@pytest.mark.parametrize("shift", range(8))
def test_a_stream_at_any_bit_alignment_gives_every_frame(shift):
    synchroniser = cadu.Synchroniser()
    stream = octets_of("1" * shift + bits_of(b"".join(CADUS)) + "0" * 64)
    assert synchroniser.feed(stream) == FRAMES
    record = synchroniser.record()
    assert (record["skipped_bits"], record["state"], record["markers"]) == (shift, LOCK, 1)


@pytest.mark.parametrize("slip", [-2, -1, 1, 2])
def test_a_slip_of_a_few_bits_between_frames_is_followed_and_counted(slip):
    first, rest = bits_of(b"".join(CADUS[:3])), bits_of(b"".join(CADUS[3:]))
    stream = octets_of((first + "01"[:slip] if slip > 0 else first[:slip]) + rest + "0" * 64)
    synchroniser = cadu.Synchroniser()
    got = synchroniser.feed(stream)
    record = synchroniser.record()
    # Bits lost cost the end of a frame, which its check symbols repair; bits added cost nothing.
    assert got == FRAMES
    assert (record["bit_slips"], record["slipped_bits"], record["slips"], record["state"]) == (1, abs(slip), 0, LOCK)


@pytest.mark.parametrize("place", [40, 5000, 10_000])
@pytest.mark.parametrize("slip", [-1, 1])
def test_a_slip_of_one_bit_inside_a_frame_costs_that_frame_alone(place, slip):
    bits = bits_of(b"".join(CADUS))
    at = 2 * 8 * 1279 + place
    stream = octets_of((bits[:at] + "1" + bits[at:] if slip > 0 else bits[:at] + bits[at + 1 :]) + "0" * 64)
    synchroniser = cadu.Synchroniser()
    got = synchroniser.feed(stream)
    assert [f for f in FRAMES if f not in got] in ([], [FRAMES[2]])
    record = synchroniser.record()
    assert (record["bit_slips"], record["slips"]) == (1, 0)


def test_a_slip_beyond_the_window_is_found_by_a_new_search():
    bits = bits_of(b"".join(CADUS))
    for lost in (5, 13, 31, 700):
        stream = octets_of(bits[: 3 * 8 * 1279 - 4000] + bits[3 * 8 * 1279 - 4000 + lost :] + "0" * 64)
        synchroniser = cadu.Synchroniser()
        assert synchroniser.feed(stream) == FRAMES[:2] + FRAMES[3:]
        assert synchroniser.record()["slips"] == 1


def test_an_inverted_stream_is_turned_upright():
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(bytes(octet ^ 0xFF for octet in b"".join(CADUS))) == FRAMES
    assert synchroniser.record()["inverted"] == 1


def test_a_stream_that_is_inverted_under_way_costs_no_frame_where_the_marker_shows_it():
    """The word of all ones is a codeword: Reed-Solomon does not see an inversion, the marker does."""
    stream = b"".join(CADUS[:4]) + bytes(octet ^ 0xFF for octet in b"".join(CADUS[4:6])) + b"".join(CADUS[6:])
    synchroniser = cadu.Synchroniser()
    assert synchroniser.feed(stream) == FRAMES
    assert synchroniser.record()["inversions"] == 2


@pytest.mark.parametrize("tolerance", [0, 1, 3])
def test_while_searching_as_many_bits_of_a_marker_may_be_wrong_as_allowed(tolerance):
    rng = random.Random(tolerance)
    for wrong in range(tolerance + 2):
        damaged = flipped(CADUS[0], *rng.sample(range(32), wrong))
        synchroniser = cadu.Synchroniser(search_tolerance=tolerance)
        got = synchroniser.feed(damaged + bytes(200))
        assert got == (FRAMES[:1] if wrong <= tolerance else [])


def test_every_number_of_wrong_bits_in_a_marker_that_is_due_is_handled():
    """Up to eight are accepted at once; beyond that the flywheel takes the block all the same, and it decodes."""
    rng = random.Random(5)
    for wrong in range(24):
        synchroniser = cadu.Synchroniser(slip_bits=0)
        damaged = flipped(CADUS[2], *rng.sample(range(32), wrong))
        assert synchroniser.feed(b"".join(CADUS[:2]) + damaged + b"".join(CADUS[3:])) == FRAMES
        record = synchroniser.record()
        missed = int(wrong > 8)
        assert (record["markers_missed"], record["marker_bit_errors"], record["slips"]) == (missed, 0 if missed else wrong, 0)


def test_from_24_wrong_bits_on_a_marker_tells_of_an_inversion_and_a_false_one_costs_one_frame():
    """The other end of the tolerance. The block was upright: inverted it is a codeword too, but no frame; the next marker turns back."""
    rng = random.Random(6)
    for wrong in range(24, 33):
        synchroniser = cadu.Synchroniser(slip_bits=0)
        damaged = flipped(CADUS[2], *rng.sample(range(32), wrong))
        assert synchroniser.feed(b"".join(CADUS[:2]) + damaged + b"".join(CADUS[3:])) == [*FRAMES[:2], *FRAMES[3:]]
        record = synchroniser.record()
        assert (record["inversions"], record["inverted"], record["slips"], record["bad_fecf"]) == (2, 0, 0, 1)


@pytest.mark.parametrize("tolerance", [0, 1, 4, 7])
def test_while_searching_as_many_wrong_bits_are_accepted_as_was_asked_for(tolerance):
    """Every number from 0 to 32, of a marker and of an inverted one."""
    rng = random.Random(tolerance)
    for wrong in range(33):
        synchroniser = cadu.Synchroniser(search_tolerance=tolerance)
        found = synchroniser.feed(flipped(CADUS[0], *rng.sample(range(32), wrong)))
        upside = cadu.Synchroniser(search_tolerance=tolerance)
        inverted = upside.feed(bytes(octet ^ 0xFF for octet in flipped(CADUS[0], *rng.sample(range(32), wrong))))
        expected = [FRAMES[0]] if wrong <= tolerance else []
        assert (found, inverted) == (expected, expected), wrong


def test_a_flywheel_of_nothing_searches_at_the_first_missed_marker():
    damaged = flipped(CADUS[2], *range(16))
    synchroniser = cadu.Synchroniser(slip_bits=0, flywheel=0)
    assert synchroniser.feed(b"".join(CADUS[:2]) + damaged + b"".join(CADUS[3:])) == FRAMES[:2] + FRAMES[3:]
    assert synchroniser.record()["slips"] == 1


def test_an_uncoded_stream_is_checked_by_the_next_markers_and_then_locked():
    synchroniser = cadu.Synchroniser(**UNCODED)
    assert synchroniser.feed(SHORT_CADUS[0][:-1]) == []
    assert synchroniser.record()["state"] == CHECK
    damaged = [flipped(one, 500) for one in SHORT_CADUS]
    synchroniser = cadu.Synchroniser(**UNCODED, confirmations=3)
    synchroniser.feed(damaged[0] + damaged[1] + cadu.MARKER[:3])
    assert synchroniser.record()["state"] == CHECK
    synchroniser.feed(cadu.MARKER[3:] + damaged[2][4:])
    assert synchroniser.record()["state"] == LOCK
    assert (synchroniser.record()["frames"], synchroniser.record()["bad_fecf"]) == (0, 3)
    assert synchroniser.feed(b"".join(SHORT_CADUS[3:])) == SHORT_FRAMES[3:]


def test_frames_with_errors_in_a_row_do_not_end_the_lock_of_an_uncoded_stream():
    damaged = [flipped(one, 700 + i) for i, one in enumerate(SHORT_CADUS[1:10])]
    synchroniser = cadu.Synchroniser(**UNCODED)
    assert synchroniser.feed(SHORT_CADUS[0] + b"".join(damaged) + SHORT_CADUS[10]) == [SHORT_FRAMES[0], SHORT_FRAMES[10]]
    assert (synchroniser.record()["slips"], synchroniser.record()["bad_fecf"]) == (0, 9)


def test_octets_lost_or_added_anywhere_in_an_uncoded_stream_cost_at_most_two_frames():
    stream = b"".join(SHORT_CADUS)
    for place in range(3 * 204, 4 * 204):
        for broken in (
            stream[:place] + stream[place + 1 :],
            stream[:place] + b"\x1a" + stream[place:],
            stream[:place] + stream[place + 90 :],
        ):
            got = cadu.Synchroniser(**UNCODED).feed(broken)
            assert got[:3] == SHORT_FRAMES[:3]
            assert got[-7:] == SHORT_FRAMES[5:]


@given(
    st.lists(st.integers(1, 700), min_size=1, max_size=8), st.binary(max_size=60), st.integers(0, 7), st.integers(0, 12_000), st.booleans()
)
@settings(max_examples=60)
def test_any_chunking_of_a_broken_stream_gives_what_one_piece_gives(sizes, noise, shift, cut, coded):
    options = {} if coded else UNCODED
    parts = CADUS[:4] if coded else SHORT_CADUS
    bits = "1" * shift + bits_of(parts[0] + noise + b"".join(parts[1:]))
    stream = octets_of(bits[:cut] + bits[cut + 3 :])
    whole, pieces = cadu.Synchroniser(**options), cadu.Synchroniser(**options)
    got, start, i = [], 0, 0
    while start < len(stream):
        size = sizes[i % len(sizes)]
        got += pieces.feed(stream[start : start + size])
        start += size
        i += 1
    assert got == whole.feed(stream)
    assert pieces.record() == whole.record()


@pytest.mark.parametrize("depth", range(1, 9))
@pytest.mark.parametrize("checks", [32, 16])
@pytest.mark.parametrize("sequence", [randomiser.NONE, randomiser.SHORT, randomiser.LONG])
@pytest.mark.parametrize("dual", [True, False])
def test_every_code_of_the_standard_goes_through(depth, checks, sequence, dual):
    for octets in ((255 - checks) * depth, 100 * depth):
        options = {"frame_octets": octets, "depth": depth, "checks": checks, "randomiser": sequence, "dual": dual}
        frames = [frame(i, octets) for i in range(3)]
        stream = b"".join(cadu.encode(one, **options) for one in frames)
        assert len(stream) == 3 * (4 + octets + checks * depth)
        assert cadu.Synchroniser(**options).feed(stream) == frames
        assert cadu.encode(frames[0], **options)[4:] == channel_code.encode(frames[0], **options)
        assert channel_code.decode(channel_code.encode(frames[0], **options), **options) == (frames[0], 0)


def test_the_wrong_randomiser_or_code_gives_no_frame():
    stream = b"".join(CADUS)
    for options in ({"randomiser": randomiser.LONG}, {"randomiser": randomiser.NONE}, {"dual": False}, {"frame_octets": 1110}):
        synchroniser = cadu.Synchroniser(**options)
        assert synchroniser.feed(stream) == []
        assert synchroniser.record()["uncorrectable"] >= 4
        assert synchroniser.record()["state"] != LOCK


def test_the_longer_code_is_a_part_of_the_shorter_and_only_the_check_sum_tells():
    synchroniser = cadu.Synchroniser(frame_octets=1195, checks=16)
    assert synchroniser.feed(b"".join(CADUS)) == []
    assert synchroniser.record()["bad_fecf"] == 8


@pytest.mark.parametrize(
    "options",
    [
        {"depth": 0}, {"depth": 9, "frame_octets": 9 * 223}, {"checks": 8}, {"frame_octets": 1116}, {"frame_octets": 0}, {"randomiser": 3},
        {"frame_octets": 1120}, {"search_tolerance": 8}, {"lock_tolerance": 16}, {"slip_bits": 33}, {"flywheel": -1},
        {"frame_octets": 3000, "checks": 0},
    ],
)  # fmt: skip
def test_a_code_that_does_not_exist_is_refused(options):
    with pytest.raises(ValueError):
        cadu.Synchroniser(**options)


def test_an_option_that_does_not_exist_is_refused_by_name():
    with pytest.raises(TypeError, match="tolerance"):
        cadu.Synchroniser(tolerance=1)


@pytest.mark.long(1024)
def test_noise_gives_no_frame_and_the_lock_comes_back_behind_it(repetitions):
    """A megabyte each time: a gigabyte in full."""
    synchroniser = cadu.Synchroniser()
    rng = random.Random(2)
    for _ in range(repetitions):
        assert synchroniser.feed(rng.randbytes(1_000_000)) == []
        assert synchroniser.feed(b"".join(CADUS[:3]))[-2:] == FRAMES[1:3]


def test_every_single_bit_flip_of_a_coded_frame_is_corrected_and_one_in_its_marker_found_by_the_next():
    for bit in range(8 * 1279):
        synchroniser = cadu.Synchroniser()
        got = synchroniser.feed(flipped(CADUS[0], bit))
        assert got == ([] if bit < 32 else FRAMES[:1])
        assert synchroniser.record()["symbols_corrected"] == int(bit >= 32)


@pytest.mark.long(16)
def test_every_single_bit_flip_of_a_frame_under_every_code_is_corrected(repetitions):
    """Both codes at every depth of interleaving: 147 thousand flips in full."""
    codes = [(depth, checks) for checks in (32, 16) for depth in range(1, 9)]
    for depth, checks in random.Random(5).sample(codes, repetitions):
        options = {"depth": depth, "checks": checks, "frame_octets": depth * (255 - checks)}
        one, bits = frame(depth, options["frame_octets"]), np.arange(8 * 255 * depth)
        stream = np.tile(np.frombuffer(cadu.encode(one, **options), np.uint8), (len(bits), 1))
        stream[bits, 4 + bits // 8] ^= (0x80 >> bits % 8).astype(np.uint8)
        synchroniser = cadu.Synchroniser(**options)
        assert synchroniser.feed(stream.reshape(-1)) == [one] * len(bits)
        assert synchroniser.record()["symbols_corrected"] == len(bits)


@pytest.mark.long(2036)
def test_every_single_bit_flip_of_an_uncoded_frame_of_every_length_is_refused(repetitions):
    """Frames of 13 to 2048 octets: 16.8 million flips in full."""
    longest = frame(1, 2048)
    remainders = [crc.checksum(flipped(longest, bit)) for bit in range(8 * 2048)]
    assert all(remainders)
    assert len(set(remainders)) == 8 * 2048
    # A flipped bit adds to the remainder of a shorter frame what it adds at the same distance from the end of the longest: in theory that
    # is all. In full every flip of every length goes through the synchroniser as well.
    for length in range(13, 2049) if repetitions == 2036 else random.Random(3).sample(range(13, 2049), repetitions):
        one, bits = frame(length, length), np.arange(8 * length)
        synchroniser = cadu.Synchroniser(**UNCODED | {"frame_octets": length})
        coded = np.frombuffer(cadu.encode(one, **UNCODED | {"frame_octets": length}), np.uint8)
        stream = np.tile(coded, (8 * length, 1))
        stream[bits, 4 + bits // 8] ^= (0x80 >> bits % 8).astype(np.uint8)
        assert synchroniser.feed(stream.reshape(-1)) == []
        assert synchroniser.record()["bad_fecf"] == 8 * length
        assert synchroniser.feed(coded) == [one]
