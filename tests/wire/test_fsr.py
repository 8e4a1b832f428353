"""The frame security report (355.1-B-1, 4.2.2), bit by bit."""

from __future__ import annotations

import pytest
from construct import ConstructError
from hypothesis import given
from hypothesis import strategies as st

from wire import clcw, fsr
from wire.fsr import FrameSecurityReport

GOLDEN = [
    ("c0000000", FrameSecurityReport(False, False, False, False, 0, 0)),
    ("c8000000", FrameSecurityReport(True, False, False, False, 0, 0)),
    ("c4000000", FrameSecurityReport(False, True, False, False, 0, 0)),
    ("c2000000", FrameSecurityReport(False, False, True, False, 0, 0)),
    ("c1000000", FrameSecurityReport(False, False, False, True, 0, 0)),
    ("c0abcd00", FrameSecurityReport(False, False, False, False, 0xABCD, 0)),
    ("c00000ef", FrameSecurityReport(False, False, False, False, 0, 0xEF)),
    ("ca00427b", FrameSecurityReport(True, False, True, False, 0x42, 0x7B)),
]


@pytest.mark.parametrize(("octets", "report"), GOLDEN)
def test_each_field_of_a_report_has_its_bits(octets: str, report: FrameSecurityReport) -> None:
    assert fsr.parse(int(octets, 16)) == report
    fields = fsr.shape.parse(bytes.fromhex(octets))
    assert fsr.shape.build(fields).hex() == octets
    assert (fields.type, fields.version) == (1, 4)


@given(st.integers(0, (1 << 32) - 1))
def test_a_control_word_is_a_clcw_or_a_report_or_neither_and_never_both(word: int) -> None:
    """BI-108: the type bit decides, then the version."""
    fields = fsr.shape.parse(word.to_bytes(4, "big"))
    report = fsr.parse(word)
    assert (report is not None) == (fields.type == 1 and fields.version == 4)
    assert report is None or clcw.parse(word) is None
    if report is not None:
        told = {name: int(getattr(report, name)) for name in FrameSecurityReport.__slots__}
        assert told == {name: fields[name] for name in told}


@pytest.mark.parametrize("word", [-1, 1 << 32, 0x0100_0000, 0x8000_0000, 0xB000_0000, 0xD000_0000, 0xE000_0000, 0xF000_0000])
def test_a_word_of_another_type_or_version_is_no_report(word: int) -> None:
    assert fsr.parse(word) is None


def test_a_word_cut_short_is_no_report() -> None:
    with pytest.raises(ConstructError):
        fsr.shape.parse(b"\xc0\0\0")
