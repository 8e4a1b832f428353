"""CCSDS time codes with their preamble (CCSDS 301.0), and TAI as UTC for people.

On board time is TAI, and on the wire CUC 4+3 (`wire.time_code`). UTC is a rendering: it needs the leap seconds, whose table a mission may
outlive, so the date of the table is a constant that ground and housekeeping can show.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Final

from construct import Bytes, BytesInteger, ConstructError, Int8ub, Int16ub, Int32ub, Struct, Terminated

from wire.words import Word

NS: Final = 1_000_000_000
EPOCH_DAY: Final = date(1958, 1, 1)  # of CUC and CDS, level 1

# TAI - UTC in seconds from 0 h UTC of each date on. IERS Bulletin C, as in the IERS file Leap_Second.dat; none was announced since 2016.
_STEP_MONTHS: Final = (
    "1972-01 1972-07 1973-01 1974-01 1975-01 1976-01 1977-01 1978-01 1979-01 1980-01 1981-07 1982-07 1983-07 1985-07 "
    "1988-01 1990-01 1991-01 1992-07 1993-07 1994-07 1996-01 1997-07 1999-01 2006-01 2009-01 2012-07 2015-07 2017-01"
)
LEAP_SECONDS: Final = tuple((date.fromisoformat(f"{month}-01"), 10 + i) for i, month in enumerate(_STEP_MONTHS.split()))
LEAP_SECOND_TABLE_DATE: Final = date(2017, 1, 1)  # its last row


def _days(day: date) -> int:
    return (day - EPOCH_DAY).days


# First TAI second (since 1958) of each offset; the second before it is the leap second itself.
_STEPS: Final = tuple((_days(day) * 86400 + offset, offset) for day, offset in LEAP_SECONDS)


def utc_text(tai_ns: int, digits: int = 3) -> str:
    """ISO 8601 UTC of nanoseconds of TAI since 1958, rounded down; 60 in a leap second. Before 1972 ten seconds are taken off."""
    seconds, ns = divmod(tai_ns, NS)
    offset = next((offset for start, offset in reversed(_STEPS) if seconds >= start), 10)
    leap = any(seconds == start - 1 for start, _ in _STEPS[1:])
    shown = datetime(1958, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds - offset - leap)
    text = shown.strftime("%Y-%m-%dT%H:%M:%S") if not leap else shown.strftime("%Y-%m-%dT%H:%M:60")
    return text + (f".{ns:09d}"[: digits + 1] if digits else "") + "Z"


def tai_ns(utc: datetime) -> int:
    """Nanoseconds of TAI since 1958 of a UTC time. A datetime knows no leap second. Before 1972 ten seconds are added, throughout."""
    elapsed = utc.astimezone(UTC) - datetime(1958, 1, 1, tzinfo=UTC)
    offset = next((offset for day, offset in reversed(LEAP_SECONDS) if elapsed.days >= _days(day)), 10)
    return (elapsed // timedelta(microseconds=1)) * 1000 + offset * NS


class TimeCodeError(ValueError):
    """A time code that is not one of ours, or says an impossible time."""


cuc_preamble = Word(Int8ub, extension=1, code=3, coarse=2, fine=2)
cds_preamble = Word(Int8ub, extension=1, code=3, agency_epoch=1, long_day=1, submillisecond=2)
LEVEL_1, LEVEL_2, CDS = 0b001, 0b010, 0b100  # epochs of CUC: 1958 TAI, the agency's; and CDS


@dataclass(frozen=True, slots=True)
class CucTime:
    """Seconds since the epoch of the code, exact, and whether that epoch is the agency's own."""

    seconds: Fraction
    agency_epoch: bool


def parse_cuc(octets: bytes, preamble: int | None = None) -> CucTime:
    """A CUC time, its preamble given or in front of it. Raises TimeCodeError."""
    if preamble is None:
        preamble, octets = (octets[0], octets[1:]) if octets else (0, b"")
    fields = cuc_preamble.parse(bytes([preamble]))
    if fields.extension or fields.code not in (LEVEL_1, LEVEL_2):
        raise TimeCodeError(f"P-field {preamble:02X} is not that of an unsegmented time code without extension")
    shape = Struct("coarse" / BytesInteger(fields.coarse + 1), "fine" / Bytes(fields.fine), Terminated)
    try:
        time = shape.parse(octets)
    except ConstructError as error:
        raise TimeCodeError(f"{len(octets)} octets, where P-field {preamble:02X} says {fields.coarse + 1 + fields.fine}") from error
    fine = Fraction(int.from_bytes(time.fine, "big"), 256**fields.fine)
    return CucTime(time.coarse + fine, fields.code == LEVEL_2)


def build_cuc(seconds: Fraction, preamble: int = 0x1F) -> bytes:
    """The time without its preamble, rounded down. Raises TimeCodeError when it does not fit."""
    fields = cuc_preamble.parse(bytes([preamble]))
    if fields.extension or fields.code not in (LEVEL_1, LEVEL_2):
        raise TimeCodeError(f"P-field {preamble:02X} is not that of an unsegmented time code without extension")
    count = seconds * 256**fields.fine // 1
    octets = fields.coarse + 1 + fields.fine
    if not 0 <= count < 256**octets:
        raise TimeCodeError(f"{float(seconds)} s do not fit {octets} octets of time code")
    return int(count).to_bytes(octets, "big")


@dataclass(frozen=True, slots=True)
class CdsTime:
    """Days since 1958-01-01, milliseconds of the UTC day, and picoseconds of the millisecond."""

    day: int
    ms_of_day: int
    picoseconds: int = 0

    def utc_text(self) -> str:
        """ISO 8601; in a leap second the seconds read 60."""
        try:
            shown = EPOCH_DAY + timedelta(days=self.day)
        except OverflowError as error:
            raise TimeCodeError(f"day {self.day} is beyond the year 9999") from error
        second, ms = divmod(self.ms_of_day, 1000)
        leap = second // 86400
        hours, rest = divmod(second - leap, 3600)
        fraction = f".{ms:03d}" if ms else ""
        return f"{shown.isoformat()}T{hours:02d}:{rest // 60:02d}:{rest % 60 + leap:02d}{fraction}Z"


_SUBMILLISECOND: Final = {0: (0, 1, 0), 1: (2, 1000, 1_000_000), 2: (4, 1_000_000_000, 1)}  # octets, limit, picoseconds in one


def parse_cds(octets: bytes) -> CdsTime:
    """A CDS time behind its preamble, from the 1958 epoch. Raises TimeCodeError."""
    if not octets:
        raise TimeCodeError("no octets")
    fields = cds_preamble.parse(octets[:1])
    if fields.extension or fields.code != CDS or fields.agency_epoch or fields.submillisecond == 3:
        raise TimeCodeError(f"P-field {octets[0]:02X} is not that of a day-segmented time code from 1958")
    size, limit, picoseconds = _SUBMILLISECOND[fields.submillisecond]
    shape = Struct("day" / (BytesInteger(3) if fields.long_day else Int16ub), "ms" / Int32ub, "sub" / Bytes(size), Terminated)
    try:
        time = shape.parse(octets[1:])
    except ConstructError as error:
        raise TimeCodeError(f"{len(octets)} octets are not what P-field {octets[0]:02X} says") from error
    sub = int.from_bytes(time.sub, "big")
    leap_day = any(_days(day) - 1 == time.day for day, _ in LEAP_SECONDS[1:])
    if time.ms >= 86_400_000 + 1000 * leap_day or sub >= limit:
        raise TimeCodeError(f"{time.ms} ms and {sub} parts of a millisecond are no time of day {time.day}")
    return CdsTime(time.day, time.ms, sub * picoseconds)


def build_cds(time: CdsTime) -> bytes:
    """CDS with preamble 40: 16 bits of days, milliseconds, nothing below. Raises TimeCodeError when it does not fit."""
    if not (0 <= time.day < 65536 and 0 <= time.ms_of_day < 86_401_000):
        raise TimeCodeError(f"day {time.day}, {time.ms_of_day} ms do not fit a short CDS time")
    return b"\x40" + Int16ub.build(time.day) + Int32ub.build(time.ms_of_day)
