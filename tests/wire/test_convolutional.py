"""The convolutional code: known sequences, a second encoder, and error rates against what the code promises."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import cadu, convolutional, crc

GENERATORS = ("1111001", "1011011")  # 171 and 133 octal, the newest bit first


def symbols_by_hand(data: bytes) -> bytes:
    """Two sums over the last seven bits, the second inverted (CCSDS 131.0, 3.3.1)."""
    bits = "000000" + f"{int.from_bytes(data):0{8 * len(data)}b}"
    out = ""
    for i in range(6, len(bits)):
        last = bits[i - 6 : i + 1][::-1]
        first, second = (sum(a == b == "1" for a, b in zip(last, taps, strict=True)) % 2 for taps in GENERATORS)
        out += f"{first}{1 - second}"
    return int(out, 2).to_bytes(2 * len(data))


def decoded(symbols: bytes) -> bytes:
    decoder = convolutional.Decoder()
    return decoder.feed(symbols) + decoder.finish()


def test_zeros_give_alternating_symbols_since_the_second_is_inverted():
    assert convolutional.Encoder().feed(bytes(4)).hex() == "5555555555555555"


def test_one_bit_gives_the_two_generators_and_nothing_more():
    # 1 0 0 0 0 0 0 0: first symbols 1111001 0, second 1011011 0 inverted 0100100 1.
    assert f"{int.from_bytes(convolutional.Encoder().feed(bytes([0x80]))):016b}" == "1011101001001001"


def test_ones_without_end_give_the_opposite_alternation():
    assert convolutional.Encoder().feed(b"\xff" * 4)[2:].hex() == "aaaaaaaaaaaa"


@given(st.binary(min_size=1, max_size=200))
def test_the_encoder_is_that_of_the_two_sums(data):
    assert convolutional.Encoder().feed(data) == symbols_by_hand(data)


@given(st.binary(min_size=1, max_size=300), st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_what_is_encoded_in_any_chunks_is_decoded_in_any_chunks(data, sizes):
    encoder, decoder = convolutional.Encoder(), convolutional.Decoder()
    got, start, i = b"", 0, 0
    while start < len(data):
        size = sizes[i % len(sizes)]
        got += decoder.feed(encoder.feed(data[start : start + size]))
        start, i = start + size, i + 1
    assert got + decoder.finish() == data


def test_any_four_wrong_symbols_in_a_stretch_are_corrected():
    """The free distance is ten: four wrong symbols are nearer to the path sent than to any other, once the state is known."""
    rng = random.Random(1)
    data = rng.randbytes(60)
    symbols = convolutional.Encoder().feed(data)
    for _ in range(500):
        start = rng.randrange(48, 8 * 100)
        wrong = int.from_bytes(symbols)
        for place in rng.sample(range(start, start + 14), 4):
            wrong ^= 1 << (8 * len(symbols) - 1 - place)
        assert decoded(wrong.to_bytes(len(symbols))) == data


def noisy(symbols: bytes, ratio_db: float, seed: int) -> np.ndarray:
    """Soft symbols of an antipodal signal at this energy per data bit over noise density; 32 steps are one amplitude."""
    rng = np.random.default_rng(seed)
    sent = np.unpackbits(np.frombuffer(symbols, np.uint8)) * 2.0 - 1.0
    sigma = 10 ** (-ratio_db / 20)  # rate 1/2: energy of a symbol is half that of a bit
    return np.clip(np.rint(128 + 48 * (sent + sigma * rng.standard_normal(len(sent)))), 0, 255).astype(np.uint8)


def error_rate(got: bytes, data: bytes) -> float:
    wrong = np.unpackbits(np.frombuffer(got, np.uint8) ^ np.frombuffer(data, np.uint8)).sum()
    return float(wrong) / (8 * len(data))


@pytest.mark.parametrize(
    ("ratio_db", "soft_limits", "hard_limits"),
    [
        (2.0, (2e-3, 8e-3), (2e-2, 1.5e-1)),
        (3.0, (1e-4, 8e-4), (5e-3, 4e-2)),
        (4.0, (1e-6, 8e-5), (1e-3, 6e-3)),
        (5.0, (0, 1e-5), (1e-4, 1e-3)),
    ],
)
def test_bit_error_rates_are_those_of_the_code(ratio_db, soft_limits, hard_limits):
    """Soft decisions come below 1e-5 at 4.2 to 4.4 dB (CCSDS 130.1); hard ones lose about two decibels."""
    data = random.Random(4).randbytes(40_000)
    soft = noisy(convolutional.Encoder().feed(data), ratio_db, 5)
    rates = []
    for symbols in (soft, np.where(soft > 128, 255, 0).astype(np.uint8)):
        decoder = convolutional.Decoder(watch=False)
        rates.append(error_rate(decoder.feed_soft(symbols) + decoder.finish(), data))
    assert soft_limits[0] <= rates[0] <= soft_limits[1]
    assert hard_limits[0] <= rates[1] <= hard_limits[1]
    assert rates[0] < rates[1] or rates[1] == 0


def test_symbols_that_are_erased_here_and_there_are_made_up_for():
    data = random.Random(6).randbytes(2000)
    soft = np.unpackbits(np.frombuffer(convolutional.Encoder().feed(data), np.uint8)) * np.uint8(255)
    soft[3::7] = 128
    decoder = convolutional.Decoder()
    assert decoder.feed_soft(soft) + decoder.finish() == data


def test_an_inverted_stream_comes_out_inverted():
    data = random.Random(7).randbytes(2000)
    symbols = convolutional.Encoder().feed(data)
    got = decoded(bytes(octet ^ 0xFF for octet in symbols))
    assert got[10:] == bytes(octet ^ 0xFF for octet in data[10:])


def frame(seed: int) -> bytes:
    body = random.Random(seed).randbytes(1113)
    return body + crc.checksum(body).to_bytes(2)


@pytest.mark.parametrize("lost", range(4))
def test_a_stream_entered_at_any_symbol_is_put_right_and_its_frames_found(lost):
    """Pairs torn, bits out of alignment: the decoder and the synchroniser find both."""
    frames = [frame(i) for i in range(6)]
    symbols = convolutional.Encoder().feed(b"".join(cadu.encode(one) for one in frames) + bytes(200))
    soft = np.unpackbits(np.frombuffer(symbols, np.uint8))[lost:] * np.uint8(255)
    decoder = convolutional.Decoder()
    got = cadu.Synchroniser().feed(decoder.feed_soft(soft) + decoder.finish())
    assert got == frames[-len(got) :]
    assert len(got) >= 4
    assert decoder.slips == lost % 2


def test_pairs_in_order_are_left_alone_at_every_noise_the_code_can_bear():
    data = random.Random(9).randbytes(40_000)
    decoder = convolutional.Decoder()
    decoder.feed_soft(noisy(convolutional.Encoder().feed(data), 2.0, 10))
    assert decoder.slips == 0


def test_noise_is_survived_and_what_follows_is_decoded():
    data = random.Random(11).randbytes(3000)
    decoder = convolutional.Decoder()
    decoder.feed(random.Random(12).randbytes(100_000))
    got = decoder.feed(convolutional.Encoder().feed(data)) + decoder.finish()
    bits = "".join(f"{octet:08b}" for octet in got)
    assert "".join(f"{octet:08b}" for octet in data[1500:2980]) in bits
