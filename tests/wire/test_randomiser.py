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
