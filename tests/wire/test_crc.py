import importlib.util
from collections.abc import Iterator
from pathlib import Path

import crcmod
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.house import ROOT
from tools.extension import compiled
from wire import crc
from wire.words import reference_crc


@pytest.fixture
def table_alone() -> Iterator[None]:
    """The carry-less multiplication switched off; where the processor lacks it, nothing changes."""
    crc.carry_less(False)
    yield
    crc.carry_less(True)


def test_crcmod_works_with_its_c_extension():
    assert crcmod.crcmod._usingExtension


def test_the_check_value_of_the_catalogue_comes_out():
    assert crc.checksum(b"123456789") == 0x29B1


def test_nothing_has_the_preset_as_its_check_sum():
    assert crc.checksum(b"") == 0xFFFF


@given(st.binary(max_size=3000), st.integers(0, 0xFFFF))
def test_the_kernel_and_crcmod_agree(data, start):
    assert crc.checksum(data) == reference_crc(data)
    assert crc.checksum(data, start) == reference_crc(data, start)


def test_both_paths_give_the_same_for_every_length_up_to_1200():
    data = bytes((i * 73 + (i >> 3)) & 0xFF for i in range(1200))
    for start in (0xFFFF, 0, 0x1D0F):
        values = []
        for wanted in (False, True):
            crc.carry_less(wanted)
            values.append([crc.checksum(data[:n], start) for n in range(1201)])
        assert values[0] == values[1] == [reference_crc(data[:n], start) for n in range(1201)]


def test_the_table_alone_stays_when_the_other_path_is_refused(table_alone):
    assert crc.carry_less(False) is False
    assert crc.checksum(bytes(range(256)) * 9) == reference_crc(bytes(range(256)) * 9)


def test_a_build_without_the_carry_less_multiplication_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = tmp_path / "tables_only.pyx"
    source.write_text((ROOT / "wire/crc.pyx").read_text())
    monkeypatch.setenv("CFLAGS", "-DFARSIDE_TABLES_ONLY")
    compiled(source, tmp_path / "built", ROOT)
    (file,) = (tmp_path / "built").glob("tables_only*.so")
    specification = importlib.util.spec_from_file_location("tables_only", file)
    tables_only = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tables_only)
    assert tables_only.carry_less(True) is False
    for n in (0, 1, 63, 64, 127, 128, 129, 1024, 5000):
        data = bytes((i * 31) & 0xFF for i in range(n))
        assert tables_only.checksum(data) == crc.checksum(data) == reference_crc(data)


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
