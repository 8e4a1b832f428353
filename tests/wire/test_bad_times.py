"""Bad inputs of layer 10: leap seconds that are not what the table says, and clocks that come to the end of their count."""

from __future__ import annotations

from datetime import date

import pytest
from skyfield.api import load

from wire import time_code, time_scales
from wire.time_scales import LEAP_SECOND_TABLE_DATE, LEAP_SECONDS, NS, CdsTime, build_cds, parse_cds, utc_text

# IERS Bulletin C, by year: TAI - UTC after 1 January, after 1 July where that differs.
BULLETIN_C = {
    1972: (10, 11),
    1981: (19, 20),
    1990: (25, 25),
    1999: (32, 32),
    2006: (33, 33),
    2012: (34, 35),
    2015: (35, 36),
    2017: (37, 37),
}


def test_the_leap_seconds_are_those_that_skyfield_carries_from_iers() -> None:
    """Its built-in table, made from the IERS file; offsets as integers behind the dates at which they begin (Julian days of 0 h UTC)."""
    scale = load.timescale(builtin=True)
    theirs = {
        date.fromordinal(round(day - 1_721_424.5)): int(offset)
        for day, offset in zip(scale.leap_dates, scale.leap_offsets[-len(scale.leap_dates) :], strict=True)
    }
    ours = dict(LEAP_SECONDS)
    assert {day: ours[day] for day in ours if day.year > 1972} == {day: offset for day, offset in theirs.items() if day.year > 1972}
    assert ours[date(1972, 1, 1)] == 10
    assert len(LEAP_SECONDS) == 28
    assert LEAP_SECONDS[-1] == (LEAP_SECOND_TABLE_DATE, 37)


@pytest.mark.parametrize("year", BULLETIN_C)
def test_tai_less_utc_is_what_bulletin_c_announced(year: int) -> None:
    january, july = BULLETIN_C[year]
    for day, offset in ((date(year, 1, 1), january), (date(year, 7, 1), july)):
        midnight = ((day - date(1958, 1, 1)).days * 86_400 + offset) * NS
        assert utc_text(midnight) == f"{day.isoformat()}T00:00:00.000Z"


def test_a_time_behind_the_last_row_keeps_its_offset_and_a_stale_table_changes_no_packet() -> None:
    tai_ns = 4_000_000_000 * NS
    assert utc_text(tai_ns).startswith("2084-10-02T")
    assert time_code.to_ns(time_code.from_ns(tai_ns)) == tai_ns  # what flies is TAI: the table is for display


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2**31, "2026-01-19T03:13:31"),  # the sign bit
        (2**32 - 1, "2094-02-06T06:27:38"),  # the last second of CUC 4
        (1_925_173_237 + 2**32 // 1000, "2019-02-21T19:22:47"),  # 2^32 ms behind the epoch
        (1_925_173_237 + 2**32 // 10, "2032-08-13T02:58:49"),  # 2^32 tenths of a second (Deep Impact)
    ],
)
def test_the_mission_clock_passes_the_ends_of_common_counters(seconds: int, text: str) -> None:
    before, behind = (time_code.to_ns(time_code.from_ns(seconds * NS + step)) for step in (-1, 0))
    assert 0 < behind - before < 120
    assert utc_text(behind, 0) == f"{text}Z"


def test_the_last_second_of_the_code_is_followed_by_its_first() -> None:
    last = time_code.from_ticks(2**32 - 1, 99, 10_000_000)
    first = time_code.from_ticks(2**32 - 1, 100, 10_000_000)
    assert (last[:4].hex(), first.hex()) == ("ffffffff", "00000000000000")
    assert time_scales.LEAP_SECOND_TABLE_DATE.year == 2017


def test_the_last_day_of_a_short_cds_code_is_read_and_the_next_is_not_built() -> None:
    last = CdsTime(65_535, 86_399_999)
    assert parse_cds(build_cds(last)) == last
    assert last.utc_text() == "2137-06-06T23:59:59.999Z"
    with pytest.raises(time_scales.TimeCodeError):
        build_cds(CdsTime(65_536, 0))
