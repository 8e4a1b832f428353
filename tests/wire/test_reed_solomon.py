import random

import pytest
import reedsolo
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import reed_solomon as rs

# The ramp 0 to 222 and its check symbols in the dual basis, libfec 1.0-26.
RAMP_PARITY = "4ffb92dd557ec67f27fb8982cf58f8fd028ad117fcef6b2793d0418826578651"


def codeword(rng: random.Random, dual: bool, checks: int = 32, fill: int = 0) -> bytes:
    message = rng.randbytes(255 - checks - fill)
    return message + rs.encode(message, dual, checks)


def spoiled(block: bytes, positions: list[int], rng: random.Random) -> bytearray:
    out = bytearray(block)
    for position in positions:
        out[position] ^= rng.randrange(1, 256)
    return out


def test_the_ramp_gives_the_golden_check_symbols():
    assert rs.encode(bytes(range(223))).hex() == RAMP_PARITY


def test_the_change_of_basis_is_one_to_one_and_linear():
    there, back = rs.bases()
    assert [back[there[i]] for i in range(256)] == list(range(256))
    assert all(there[a ^ b] == there[a] ^ there[b] for a in range(256) for b in (1, 0x5A, 0xFF))


@given(st.binary(min_size=223, max_size=223))
@settings(max_examples=20, deadline=None)
def test_the_conventional_code_is_that_of_reedsolo(message):
    peer = reedsolo.RSCodec(32, fcr=112, prim=0x187, generator=pow_of_two(11))
    assert message + rs.encode(message, dual=False) == bytes(peer.encode(message))


@given(st.binary(min_size=1, max_size=239))
@settings(max_examples=20, deadline=None)
def test_the_conventional_code_of_sixteen_check_symbols_is_that_of_reedsolo(message):
    peer = reedsolo.RSCodec(16, fcr=120, prim=0x187, generator=pow_of_two(11))
    assert message + rs.encode(message, dual=False, check_symbols=16) == bytes(peer.encode(message))


@given(st.binary(min_size=1, max_size=223), st.booleans())
@settings(max_examples=50, deadline=None)
def test_the_dual_basis_is_the_conventional_code_seen_through_the_tables(message, short):
    there, back = rs.bases()
    checks = 16 if short else 32
    through = rs.encode(message.translate(back), False, checks).translate(there)
    assert rs.encode(message, True, checks) == through


def pow_of_two(exponent: int) -> int:
    """alpha^exponent in the field of polynomial 0x187."""
    value = 1
    for _ in range(exponent):
        value <<= 1
        if value & 0x100:
            value ^= 0x187
    return value


@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("checks", [32, 16])
def test_up_to_half_as_many_wrong_symbols_as_check_symbols_are_corrected_and_counted(dual, checks):
    rng = random.Random(1)
    for errors in range(checks // 2 + 1):
        for _ in range(30):
            good = codeword(rng, dual, checks)
            assert rs.decode(spoiled(good, rng.sample(range(255), errors), rng), dual, checks) == (good, errors)


@pytest.mark.parametrize("checks", [32, 16])
@pytest.mark.parametrize("fill", [1, 2, 100, 150, 222])
def test_a_shortened_codeword_is_corrected_and_no_error_is_looked_for_in_its_fill(checks, fill):
    rng = random.Random(fill)
    for errors in range(checks // 2 + 1):
        good = codeword(rng, True, checks, fill)
        assert len(good) == 255 - fill
        wrong = spoiled(good, rng.sample(range(len(good)), errors), rng)
        assert rs.decode(wrong, True, checks) == (good, errors)
        filled = rs.decode(bytes(fill) + wrong, True, checks)
        assert filled == (bytes(fill) + good, errors)
    mistaken = bytearray(bytes(fill) + good)
    mistaken[fill - 1] ^= 1
    assert rs.decode(mistaken, True, checks) == (bytes(fill) + good, 1)
    # The same syndrome in a shortened word points into the fill, where no error can be.
    message = bytearray(fill)
    message[-1] = 1
    checks_of_fill = rs.encode(bytes(message) + bytes(255 - checks - fill), True, checks)
    assert rs.decode(bytes(255 - checks - fill) + checks_of_fill, True, checks)[1] == -1


@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("checks", [32, 16])
def test_every_single_symbol_error_at_every_place_is_corrected(dual, checks):
    """All 255 values at all 255 places."""
    good = codeword(random.Random(2), dual, checks)
    for position in range(255):
        wrong = bytearray(good)
        for value in range(1, 256):
            wrong[position] = good[position] ^ value
            assert rs.decode(wrong, dual, checks) == (good, 1)


@pytest.mark.long(42_000)
def test_seventeen_to_forty_wrong_symbols_are_refused_and_left_alone(repetitions):
    """A million in full. A miscorrection happens once in 16! at seventeen errors and more: none in this sample."""
    rng = random.Random(3)
    good = [codeword(rng, True) for _ in range(20)]
    for errors in range(17, 41):
        for i in range(repetitions):
            bad = bytes(spoiled(good[i % 20], rng.sample(range(255), errors), rng))
            assert rs.decode(bad) == (bad, -1)


@pytest.mark.long(1_000_000)
def test_random_errors_of_up_to_sixteen_symbols_give_the_message_back(repetitions):
    rng = random.Random(7)
    good = [codeword(rng, True) for _ in range(50)]
    for i in range(repetitions):
        errors = rng.randrange(17)
        assert rs.decode(spoiled(good[i % 50], rng.sample(range(255), errors), rng)) == (good[i % 50], errors)


def test_what_nine_wrong_symbols_become_with_sixteen_check_symbols_is_a_codeword_or_refused():
    """Once in 8! and some a wrong codeword lies within eight symbols: then it is one, and at most eight are called corrected."""
    rng = random.Random(9)
    refused = 0
    for _ in range(3000):
        bad = bytes(spoiled(codeword(rng, True, 16), rng.sample(range(255), 9), rng))
        word, corrected = rs.decode(bad, True, 16)
        if corrected < 0:
            refused += 1
            assert word == bad
        else:
            assert rs.encode(word[:239], True, 16) == word[239:]
            assert sum(a != b for a, b in zip(word, bad, strict=True)) == corrected <= 8
    assert refused > 2990


def test_the_other_basis_is_refused():
    rng = random.Random(4)
    assert rs.decode(codeword(rng, False), dual=True)[1] == -1


@pytest.mark.parametrize("depth", range(1, 9))
@pytest.mark.parametrize("checks", [32, 16])
def test_a_burst_of_half_the_check_symbols_times_the_depth_is_corrected_at_every_offset(depth, checks):
    rng = random.Random(depth)
    codeblock = rs.encode_block(rng.randbytes((255 - checks) * depth), depth, True, checks)
    burst = checks // 2 * depth
    for start in range(255 * depth - burst + 1):
        bad = bytearray(codeblock)
        bad[start : start + burst] = bytes(octet ^ 0xA5 for octet in bad[start : start + burst])
        assert rs.decode_block(bad, depth, True, checks) == (codeblock, burst)


@pytest.mark.parametrize("depth", range(1, 9))
@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("checks", [32, 16])
@pytest.mark.parametrize("fill", [0, 1, 77, 222])
def test_a_codeblock_of_every_depth_basis_code_and_fill_is_corrected(depth, dual, checks, fill):
    rng = random.Random(f"{depth} {dual} {checks} {fill}")
    frame = rng.randbytes((255 - checks - fill) * depth)
    codeblock = rs.encode_block(frame, depth, dual, checks, fill)
    assert codeblock[: len(frame)] == frame
    for lane in range(depth):
        assert codeblock[lane::depth] == frame[lane::depth] + rs.encode(frame[lane::depth], dual, checks)
    places = [lane + depth * i for lane in range(depth) for i in rng.sample(range(255 - fill), checks // 2)]
    assert rs.decode_block(spoiled(codeblock, places, rng), depth, dual, checks, fill) == (codeblock, len(places))


def test_one_lane_beyond_correction_refuses_the_codeblock():
    rng = random.Random(5)
    codeblock = rs.encode_block(rng.randbytes(1115))
    bad = spoiled(codeblock, [3 + 5 * i for i in range(17)], rng)
    assert rs.decode_block(bad) == (bytes(bad), -1)


def test_interleaving_is_five_codewords_symbol_by_symbol():
    rng = random.Random(6)
    frame = rng.randbytes(1115)
    codeblock = rs.encode_block(frame)
    for lane in range(5):
        assert codeblock[lane::5] == frame[lane::5] + rs.encode(frame[lane::5])


@pytest.mark.parametrize(("octets", "depth"), [(222, 1), (224, 1), (1115, 4), (0, 1), (2007, 9), (0, 0)])
def test_a_frame_of_the_wrong_size_is_refused(octets, depth):
    with pytest.raises(ValueError):
        rs.encode_block(bytes(octets), depth)


def test_a_message_too_long_and_an_unknown_code_are_refused():
    with pytest.raises(ValueError):
        rs.encode(bytes(224))
    with pytest.raises(ValueError):
        rs.encode(b"")
    with pytest.raises(ValueError):
        rs.encode(bytes(100), check_symbols=8)
    for fill in (-1, 223, 255):
        with pytest.raises(ValueError):
            rs.decode_block(bytes(1275), fill=fill)
    with pytest.raises(ValueError):
        rs.decode(bytes(256))
