import contextlib
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import time_code, time_scales
from wire.time_scales import CdsTime, TimeCodeError

TICK_NS = 10_000_000
# 2019-01-03T02:26:00 UTC, the landing of Chang'e 4: 1925173560 s of UTC days since 1958, and 37 leap seconds.
LANDING_TAI_S = 1_925_173_597
LANDING = datetime(2019, 1, 3, 2, 26, tzinfo=UTC)


def test_the_golden_times_come_out():
    assert time_code.from_ticks(LANDING_TAI_S, 0, TICK_NS).hex() == "72bfd15d000000"
    assert time_code.from_ticks(LANDING_TAI_S, 1, TICK_NS).hex() == "72bfd15d028f5c"  # 0.01 s is 167772.16 of 2^-24 s
    assert time_code.from_ticks(LANDING_TAI_S, 150, TICK_NS).hex() == "72bfd15e800000"


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**33), st.sampled_from([1_000_000, TICK_NS, 999_999_937]))
def test_writing_is_exact_and_rounds_down(epoch, tick, tick_ns):
    octets = time_code.from_ticks(epoch, tick, tick_ns)
    exact = epoch + Fraction(tick * tick_ns, 10**9)
    assert int.from_bytes(octets) == exact * 2**24 // 1 % 2**56


@given(st.integers(0, 2**31), st.integers(0, 2**33), st.sampled_from([1_000, 1_000_000, TICK_NS]))
def test_every_tick_comes_back(epoch, tick, tick_ns):
    assert time_code.to_ticks(epoch, tick_ns, time_code.from_ticks(epoch, tick, tick_ns)) == tick


@given(st.integers(0, 2**32 * 10**9 - 1))
def test_nanoseconds_come_back_to_within_a_unit(ns):
    assert 0 <= ns - time_code.to_ns(time_code.from_ns(ns)) + 1 <= 61


@given(st.integers(0, 2**56 - 1))
def test_construct_and_the_kernel_agree_on_a_time(count):
    octets = count.to_bytes(7)
    parsed = time_scales.parse_cuc(octets, 0x1F)
    assert parsed.seconds == Fraction(count, 2**24)
    assert time_scales.build_cuc(parsed.seconds) == octets
    assert time_code.to_ns(octets) == (parsed.seconds * 10**9 + Fraction(1, 2)) // 1


def test_a_time_before_the_epoch_of_the_ticks_is_a_negative_tick():
    assert time_code.to_ticks(LANDING_TAI_S, TICK_NS, time_code.from_ticks(LANDING_TAI_S - 1, 50, TICK_NS)) == -50


def test_the_code_rolls_over_in_2094_without_a_reset():
    last = time_code.from_ticks(2**32 - 1, 99, TICK_NS)
    assert last[:4].hex() == "ffffffff"
    assert time_code.from_ticks(2**32 - 1, 100, TICK_NS) == bytes(7)
    assert time_scales.utc_text((2**32 - 1) * 10**9, 0) == "2094-02-06T06:27:38Z"  # 37 s before 06:28:15


@pytest.mark.parametrize("arguments", [(0, -1, 1), (0, 1, 0), (-1, 0, 1), (0, 2**62, 1000)])
def test_ticks_beyond_the_code_are_refused(arguments):
    with pytest.raises(ValueError):
        time_code.from_ticks(*arguments)


@pytest.mark.parametrize("octets", [0, 6, 8])
def test_a_time_of_another_size_is_refused(octets):
    for read in (time_code.to_ns, lambda time: time_code.to_ticks(0, 1, time)):
        with pytest.raises(ValueError):
            read(bytes(octets))


def test_utc_is_37_seconds_behind_tai_since_2017():
    assert time_scales.tai_ns(LANDING) == LANDING_TAI_S * 10**9
    assert time_scales.utc_text(LANDING_TAI_S * 10**9 + 987_654_321) == "2019-01-03T02:26:00.987Z"
    assert time_scales.utc_text(LANDING_TAI_S * 10**9 + 987_654_321, 9) == "2019-01-03T02:26:00.987654321Z"


def test_a_leap_second_reads_sixty():
    new_year = time_scales.tai_ns(datetime(2017, 1, 1, tzinfo=UTC))
    texts = [time_scales.utc_text(new_year + s * 10**9, 0) for s in (-2, -1, 0)]
    assert texts == ["2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"]


def test_there_are_27_leap_seconds_after_the_ten_of_1972_and_each_ends_a_half_year():
    assert [offset for _, offset in time_scales.LEAP_SECONDS] == list(range(10, 38))
    assert all(day.day == 1 and day.month in (1, 7) for day, _ in time_scales.LEAP_SECONDS)
    assert time_scales.LEAP_SECONDS[-1][0] == time_scales.LEAP_SECOND_TABLE_DATE


@given(st.datetimes(datetime(1958, 1, 1), datetime(2090, 1, 1)))
def test_utc_goes_to_tai_and_back(naive):
    utc = naive.replace(tzinfo=UTC)
    assert time_scales.utc_text(time_scales.tai_ns(utc), 6) == utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_every_cuc_preamble_is_read_or_refused():
    for preamble in range(256):
        extension, code, coarse, fine = preamble >> 7, preamble >> 4 & 7, (preamble >> 2 & 3) + 1, preamble & 3
        octets = bytes(range(1, coarse + fine + 1))
        if extension or code not in (1, 2):
            with pytest.raises(TimeCodeError, match=f"{preamble:02X}"):
                time_scales.parse_cuc(bytes([preamble]) + octets)
            continue
        time = time_scales.parse_cuc(bytes([preamble]) + octets)
        assert time.seconds == Fraction(int.from_bytes(octets), 256**fine)
        assert time.agency_epoch == (code == 2)
        for wrong in (octets[:-1], octets + b"\0"):
            with pytest.raises(TimeCodeError):
                time_scales.parse_cuc(bytes([preamble]) + wrong)


def test_every_cds_preamble_is_read_or_refused():
    sizes = {0x40: 6, 0x41: 8, 0x42: 10, 0x44: 7, 0x45: 9, 0x46: 11}
    for preamble in range(256):
        octets = bytes([preamble]) + bytes(sizes.get(preamble, 6))
        if preamble in sizes:
            assert time_scales.parse_cds(octets) == CdsTime(0, 0, 0)
        else:
            with pytest.raises(TimeCodeError):
                time_scales.parse_cds(octets)


def test_a_time_of_day_beyond_midnight_is_refused_unless_it_is_a_leap_second():
    leap_day, plain_day = 21549, 21550  # 2016-12-31 and 2017-01-01
    assert time_scales.parse_cds(b"\x40" + leap_day.to_bytes(2) + (86_400_999).to_bytes(4)).utc_text() == "2016-12-31T23:59:60.999Z"
    for day, ms in ((plain_day, 86_400_000), (plain_day, 86_400_999), (leap_day, 86_401_000), (0, 2**32 - 1)):
        with pytest.raises(TimeCodeError):
            time_scales.parse_cds(b"\x40" + day.to_bytes(2) + ms.to_bytes(4))


@pytest.mark.parametrize(("preamble", "size", "limit"), [(0x41, 2, 1000), (0x42, 4, 10**9)])
def test_parts_of_a_millisecond_stay_below_one(preamble, size, limit):
    time = time_scales.parse_cds(bytes([preamble]) + bytes(6) + (limit - 1).to_bytes(size))
    assert time.picoseconds == 10**9 - 10**9 // limit
    with pytest.raises(TimeCodeError):
        time_scales.parse_cds(bytes([preamble]) + bytes(6) + limit.to_bytes(size))


def test_times_that_do_not_fit_are_not_built():
    assert time_scales.build_cds(CdsTime(65535, 0)).hex() == "40ffff00000000"  # the last day
    assert time_scales.parse_cds(time_scales.build_cds(CdsTime(65535, 0))).utc_text() == "2137-06-06T00:00:00Z"
    for bad in (CdsTime(65536, 0), CdsTime(-1, 0), CdsTime(0, 86_401_000)):
        with pytest.raises(TimeCodeError):
            time_scales.build_cds(bad)
    for seconds in (Fraction(-1), Fraction(2**32)):
        with pytest.raises(TimeCodeError):
            time_scales.build_cuc(seconds)
    with pytest.raises(TimeCodeError):
        time_scales.build_cuc(Fraction(0), 0x9F)
    with pytest.raises(TimeCodeError):
        time_scales.parse_cds(b"")


def test_a_day_beyond_the_calendar_is_refused_and_not_a_crash():
    with pytest.raises(TimeCodeError, match="9999"):
        CdsTime(2**24 - 1, 0).utc_text()


def test_random_octets_are_read_or_refused():
    rng = random.Random(11)
    taken = {time_scales.parse_cuc: 0, time_scales.parse_cds: 0}
    for _ in range(5000):
        tail = rng.randbytes(rng.randrange(12))
        octets = bytes([rng.randrange(0x60), *(octet * rng.randrange(2) for octet in tail)])  # half of them zero, as small numbers have
        for read in taken:
            with contextlib.suppress(TimeCodeError):
                read(octets)
                taken[read] += 1
    assert all(0 < count < 5000 for count in taken.values()), taken


def test_the_epoch_of_the_code_is_1958():
    assert time_scales.utc_text(10 * 10**9, 0) == "1958-01-01T00:00:00Z"
    assert time_scales.tai_ns(datetime(1958, 1, 1, tzinfo=UTC) + timedelta(days=1)) == 86_410 * 10**9
