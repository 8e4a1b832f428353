import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import randomiser


def test_the_tm_sequence_begins_as_the_blue_book_prints_it():
    assert randomiser.tm(bytes(5)).hex() == "ff480ec09a"


def test_the_tc_sequence_begins_as_the_blue_book_prints_it():
    assert randomiser.tc(bytes(5)).hex() == "ff399e5a68"


def test_both_sequences_come_round_after_255_bits_and_not_before():
    for apply in (randomiser.tm, randomiser.tc):
        octets = apply(bytes(2 * 2040 + 300))
        bits = "".join(f"{octet:08b}" for octet in octets)
        assert all(bits[i] == bits[i % 255] for i in range(len(bits)))
        assert len({bits[i : i + 8] for i in range(255)}) == 255


@given(st.binary(max_size=3000))
def test_applying_it_twice_restores_the_data(data):
    assert randomiser.tm(randomiser.tm(data)) == data
    assert randomiser.tc(randomiser.tc(data)) == data
    assert randomiser.tm(randomiser.tm(data, randomiser.LONG), randomiser.LONG) == data


def test_the_long_sequence_begins_as_the_blue_book_prints_it():
    assert randomiser.tm(bytes(5), randomiser.LONG).hex() == "1c71b91ba9"


def long_sequence(octets: int) -> bytes:
    """x^17+x^14+1 bit by bit, from the register 0x18E38 whose bit 0 is sent (CCSDS 131.0-B-5, 10.4)."""
    register, value = 0x18E38, 0
    for _ in range(8 * octets):
        value = value << 1 | register & 1
        register = register >> 1 | ((register ^ register >> 14) & 1) << 16
    return value.to_bytes(octets)


def test_the_long_sequence_is_that_of_its_register():
    assert randomiser.tm(bytes(3000), randomiser.LONG) == long_sequence(3000)


def test_the_long_sequence_comes_round_after_131071_bits_and_not_before():
    octets = randomiser.tm(bytes(2 * 131071), randomiser.LONG)
    assert octets[:131071] == octets[131071:]
    bits = int.from_bytes(octets[: 2 * 131071 // 8 + 2])
    total = 8 * (2 * 131071 // 8 + 2)
    assert bits >> (total - 1000) == bits >> (total - 131071 - 1000) & (1 << 1000) - 1
    # A sequence of maximal length has one more one than zeros in its period, so no shorter period can be whole.
    assert (bits >> (total - 131071)).bit_count() == 65536
    assert hashlib.sha256(octets[:131071]).hexdigest() == "e6cf184532044eed9d4e9efbf2046138a67d07c3a24167aa635c9ea62a1f13d8"


def test_no_randomiser_leaves_the_data_alone_and_an_unknown_one_is_refused():
    assert randomiser.tm(b"abc", randomiser.NONE) == b"abc"
    with pytest.raises(ValueError):
        randomiser.tm(b"abc", 3)
