"""Control words: what the operational control fields of telemetry frames say, in the order in which they were made.

A word of type 0 is a CLCW, which is for COP-1. One of type 1 and version 4 is a frame security report, for people: it tells why the craft
refuses what we send. With keys they share the field. Anything else is counted, and changes nothing.
"""

from typing import Any

from ground.clcw_order import ClcwOrder
from wire import clcw, fsr
from wire.fsr import FrameSecurityReport

COUNTERS = ("clcws", "security_reports", "other_words")


class ControlWords:
    """Of one connection, by spacecraft identifier."""

    def __init__(self) -> None:
        self.clcw: dict[int, int] = {}  # the newest words
        self.security: dict[int, FrameSecurityReport] = {}
        self.counts = dict.fromkeys(COUNTERS, 0)
        self._orders: dict[int, ClcwOrder] = {}
        self._fresh: set[int] = set()

    def take(self, spacecraft_id: int, master_count: int, word: int) -> None:
        """The field of a sound frame; that of a late or repeated one says nothing new."""
        if not self._orders.setdefault(spacecraft_id, ClcwOrder()).is_new(master_count):
            return
        if not word >> 31:
            self.clcw[spacecraft_id] = word
            self.counts["clcws"] += 1
            self._fresh.add(spacecraft_id)
            return
        report = fsr.parse(word)
        if report is None:
            self.counts["other_words"] += 1
            return
        self.security[spacecraft_id] = report
        self.counts["security_reports"] += 1

    def fresh(self) -> list[tuple[int, int]]:
        """(spacecraft identifier, CLCW) of those that have come since this was asked last."""
        found = [(spacecraft_id, self.clcw[spacecraft_id]) for spacecraft_id in sorted(self._fresh)]
        self._fresh.clear()
        return found


def clcw_json(word: int) -> dict[str, int] | None:
    """The fields of a CLCW; None for a word of a version that we do not know."""
    return clcw.parse(word)


def security_json(report: FrameSecurityReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in FrameSecurityReport.__slots__}


def refusal_text(report: FrameSecurityReport) -> str:
    """Why the frame that came last was refused; empty when it was accepted, or none has come."""
    if report.bad_association:
        return "no such association"
    if report.bad_mac:
        return "wrong MAC"
    return "number not fresh" if report.bad_sequence_number else ""


def security_text(report: FrameSecurityReport) -> str:
    """A report in a line."""
    if not report.last_spi and not report.alarm:
        return "no frame has come"
    refused = refusal_text(report)
    last = f"last frame refused: {refused}" if refused else "last frame accepted"
    alarm = "alarm (a frame was refused)" if report.alarm else "no alarm"
    return f"{alarm}, {last}; SPI {report.last_spi}, number ...{report.sequence_number:02x}"


def clcw_text(word: int) -> str:
    """A CLCW in a line."""
    fields = clcw.parse(word)
    if fields is None:
        return f"{word:08x}, which is no CLCW of version 0"
    flags = [name for name in ("no_rf", "no_bit_lock", "lockout", "wait", "retransmit") if fields[name]]
    return f"V(R) {fields['report_value']}, FARM-B {fields['farm_b_count']}{''.join(f', {flag}' for flag in flags)}"
