"""What the link does while nobody asks: frames and packets a second, who has been silent for how long, and what was lost on the way."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from ground.clock import SECOND_NS
from ground.control_words import refusal_text
from ground.frames import LinkCounters
from ground.mission import BY_SPACECRAFT
from ground.station import Station
from wire.dictionary.mission import TM_CHANNELS
from wire.fsr import FrameSecurityReport

LOOK_S = 1.0  # from one look at the counters to the next, ground time
WINDOW_S = 5.0  # over which rates are taken
TOLD_S = 10.0  # between two lines about frames lost
SILENT_S = 30.0  # without a frame; at 700 bit/s one takes 13 s
CHANNEL_NAMES = {channel.number: channel.name for channel in TM_CHANNELS}
_FRAME_FAULTS = (
    ("uncorrectable", "beyond correction"),
    ("bad_fecf", "with a wrong check sum"),
    ("wrong_length", "of a wrong length (a short code block?)"),
    ("foreign", "of an unknown spacecraft"),
)
MISMATCH_OCTETS = 65536  # without one good frame among them: coding or format are not those of the spacecraft
_CHANNEL_FAULTS = (("frames_missing", "frames missing"), ("packets_dropped", "packets cut short"), ("bad_headers", "bad packet headers"))


def channel_name(spacecraft_id: int, channel: int) -> str:
    """A virtual channel of a vehicle for people: `lander events`."""
    book = BY_SPACECRAFT.get(spacecraft_id)
    return f"{book.vehicle.name if book is not None else hex(spacecraft_id)} {CHANNEL_NAMES.get(channel, f'channel {channel}')}"


@dataclass(frozen=True, slots=True)
class _Count:
    at_ns: int
    frames: int
    packets: int
    channels: dict[tuple[int, int], tuple[int, int, int]]


class LinkMonitor:
    """Looks at a station's link, at most once a second of ground time however often it is asked. Any thread may ask."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._lock = threading.Lock()
        self._counts: deque[_Count] = deque()
        self._faults: dict[str, int] = {}
        self._told_ns = 0
        self._mismatched = False
        self._silent: set[str] = set()
        self._reports: dict[int, FrameSecurityReport] = {}

    def look(self) -> list[str]:
        """Take the counters if it is time to; what there is to tell since the last time, one line each."""
        now = self._station.clock.now_ns()
        with self._lock:
            if self._counts and now - self._counts[-1].at_ns < LOOK_S * SECOND_NS:
                return []
            counters = self._station.link.counters()
            channels = counters.channels.values()
            each = {key: (c["frames"], c["packets"], c["packet_octets"]) for key, c in counters.channels.items()}
            self._counts.append(_Count(now, sum(c["frames"] for c in channels), sum(c["packets"] for c in channels), each))
            while len(self._counts) > 2 and now - self._counts[1].at_ns > WINDOW_S * SECOND_NS:
                self._counts.popleft()
            lines = self._mismatch(counters) + self._lost(counters, now) + self._silence() + self._refusals()
        self._station.files.check()
        return lines

    @property
    def rates(self) -> tuple[float, float] | None:
        """Frames and packets a second of ground time; None as long as they are not known."""
        with self._lock:
            if len(self._counts) < 2:
                return None
            first, last = self._counts[0], self._counts[-1]
        seconds = (last.at_ns - first.at_ns) / SECOND_NS
        return (last.frames - first.frames) / seconds, (last.packets - first.packets) / seconds

    @property
    def channel_rates(self) -> dict[tuple[int, int], tuple[float, float, float]]:
        """Frames, packets and octets of packets a second of each (spacecraft identifier, virtual channel); empty while not known."""
        with self._lock:
            if len(self._counts) < 2:
                return {}
            first, last = self._counts[0], self._counts[-1]
        seconds = (last.at_ns - first.at_ns) / SECOND_NS
        found = {}
        for key, now in last.channels.items():
            frames, packets, octets = ((a - b) / seconds for a, b in zip(now, first.channels.get(key, (0, 0, 0)), strict=True))
            found[key] = (frames, packets, octets)
        return found

    def age_s(self, vehicle: str) -> float | None:
        """Ground time since the last sound frame of a vehicle; None if there was none."""
        for spacecraft_id, book in BY_SPACECRAFT.items():
            if book.vehicle.name == vehicle and spacecraft_id in self._station.link.heard_ns:
                return (self._station.clock.now_ns() - self._station.link.heard_ns[spacecraft_id]) / SECOND_NS
        return None

    def _mismatch(self, counters: LinkCounters) -> list[str]:
        """One line when octets come and not one frame can be read."""
        if self._mismatched or counters.link["frames"] or counters.link["octets"] < MISMATCH_OCTETS:
            return []
        self._mismatched = True
        return ["link: nothing that comes is a frame: is --tm-format the spacecraft's, and its coding ours?"]

    def _lost(self, counters: LinkCounters, now: int) -> list[str]:
        """What has been lost since it was told last; told every few seconds, for a bad line loses something all the time."""
        faults = {text: counters.link[name] for name, text in _FRAME_FAULTS[:-1]} | {_FRAME_FAULTS[-1][1]: counters.foreign_frames}
        faults = {f"frames {text}": count for text, count in faults.items()}
        for (spacecraft_id, channel), counts in sorted(counters.channels.items()):
            faults |= {f"{channel_name(spacecraft_id, channel)}: {text}": counts[name] for name, text in _CHANNEL_FAULTS}
        new = {text: count - self._faults.get(text, 0) for text, count in faults.items() if count > self._faults.get(text, 0)}
        if not new or (self._told_ns and now - self._told_ns < TOLD_S * SECOND_NS):
            return []
        self._told_ns, self._faults = now, faults
        return [f"link: {text} {count}" for text, count in new.items()]

    def _silence(self) -> list[str]:
        """Who has fallen silent, and who is heard again. While there is no link at all, that says it."""
        if not self._station.link.connected:
            self._silent.clear()
            return []
        ages = {book.vehicle.name: self.age_s(book.vehicle.name) for book in BY_SPACECRAFT.values()}
        silent = {vehicle for vehicle, age_s in ages.items() if age_s is not None and age_s > SILENT_S}
        lost, back = silent - self._silent, self._silent - silent
        self._silent = silent
        lines = [f"link: no frame for {SILENT_S:g} s from {_in_order(lost)}"] if lost else []
        return lines + ([f"link: frames again from {_in_order(back)}"] if back else [])

    def _refusals(self) -> list[str]:
        """Who has refused a frame by its keys since the last look, and why, from the frame security reports."""
        before, self._reports = self._reports, self._station.link.security
        return [
            f"link: {BY_SPACECRAFT[spacecraft_id].vehicle.name} has refused a frame: {refusal_text(report)} (SPI {report.last_spi})"
            for spacecraft_id, report in self._reports.items()
            if refusal_text(report) and report != before.get(spacecraft_id)
        ]


def _in_order(vehicles: set[str]) -> str:
    return ", ".join(book.vehicle.name for book in BY_SPACECRAFT.values() if book.vehicle.name in vehicles)
