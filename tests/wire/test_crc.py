import crcmod
from hypothesis import given
from hypothesis import strategies as st

from wire import crc
from wire.words import reference_crc


def test_crcmod_works_with_its_c_extension():
    assert crcmod.crcmod._usingExtension


def test_the_check_value_of_the_catalogue_comes_out():
    assert crc.checksum(b"123456789") == 0x29B1


def test_nothing_has_the_preset_as_its_check_sum():
    assert crc.checksum(b"") == 0xFFFF


@given(st.binary(max_size=200))
def test_the_kernel_and_crcmod_agree(data):
    assert crc.checksum(data) == reference_crc(data)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_going_on_from_an_earlier_value_is_the_same_as_one_piece(first, second):
    assert crc.checksum(second, crc.checksum(first)) == crc.checksum(first + second)


@given(st.binary(max_size=100))
def test_data_followed_by_its_check_sum_gives_zero(data):
    assert crc.checksum(data + crc.checksum(data).to_bytes(2)) == 0


def test_every_bit_of_1024_octets_has_another_odd_syndrome():
    """So no one, two or three wrong bits go unseen: minimum distance 4 (an odd number of bits never cancels an even one)."""
    zero = crc.checksum(bytes(1024))
    syndromes = set()
    for bit in range(8192):
        data = bytearray(1024)
        data[bit // 8] = 0x80 >> bit % 8
        syndromes.add(crc.checksum(data) ^ zero)
    assert len(syndromes) == 8192
    assert all(s.bit_count() % 2 == 1 for s in syndromes)
