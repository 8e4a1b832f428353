import random

import pytest
import reedsolo
from hypothesis import given, settings
from hypothesis import strategies as st

from wire import reed_solomon as rs

# The ramp 0 to 222 and its check symbols in the dual basis, libfec 1.0-26.
RAMP_PARITY = "4ffb92dd557ec67f27fb8982cf58f8fd028ad117fcef6b2793d0418826578651"


def codeword(rng: random.Random, dual: bool) -> bytes:
    message = rng.randbytes(223)
    return message + rs.encode(message, dual)


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


def pow_of_two(exponent: int) -> int:
    """alpha^exponent in the field of polynomial 0x187."""
    value = 1
    for _ in range(exponent):
        value <<= 1
        if value & 0x100:
            value ^= 0x187
    return value


@pytest.mark.parametrize("dual", [True, False])
def test_up_to_sixteen_wrong_symbols_are_corrected_and_counted(dual):
    rng = random.Random(1)
    for errors in range(17):
        for _ in range(30):
            good = codeword(rng, dual)
            assert rs.decode(spoiled(good, rng.sample(range(255), errors), rng), dual) == (good, errors)


@pytest.mark.parametrize("dual", [True, False])
def test_every_single_symbol_error_at_every_place_is_corrected(dual):
    rng = random.Random(2)
    good = codeword(rng, dual)
    for position in range(255):
        for value in (1, 0x80, 0xFF, rng.randrange(1, 256)):
            wrong = bytearray(good)
            wrong[position] ^= value
            assert rs.decode(wrong, dual) == (good, 1)


@pytest.mark.long(4000)
def test_seventeen_to_forty_wrong_symbols_are_refused_and_left_alone(repetitions):
    """A miscorrection happens once in 16! at seventeen errors and more: none in this sample."""
    rng = random.Random(3)
    for errors in range(17, 41):
        for _ in range(repetitions):
            bad = bytes(spoiled(codeword(rng, True), rng.sample(range(255), errors), rng))
            assert rs.decode(bad) == (bad, -1)


def test_the_other_basis_is_refused():
    rng = random.Random(4)
    assert rs.decode(codeword(rng, False), dual=True)[1] == -1


@pytest.mark.parametrize("depth", range(1, 9))
def test_a_burst_of_sixteen_times_the_depth_is_corrected_at_every_offset(depth):
    rng = random.Random(depth)
    codeblock = rs.encode_block(rng.randbytes(223 * depth), depth)
    burst = 16 * depth
    for start in range(0, 255 * depth - burst + 1, 7):
        bad = spoiled(codeblock, list(range(start, start + burst)), rng)
        assert rs.decode_block(bad, depth) == (codeblock, burst)


def test_one_lane_beyond_correction_refuses_the_codeblock():
    rng = random.Random(5)
    codeblock = rs.encode_block(rng.randbytes(1115))
    bad = spoiled(codeblock, [3 + 5 * i for i in range(17)], rng)
    assert rs.decode_block(bad)[1] == -1


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
