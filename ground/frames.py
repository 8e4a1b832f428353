"""From the octets of a channel, coded or bare, to packets: synchronisation, frames by virtual channel, reassembly, counters."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from ground.clcw_order import ClcwOrder
from ground.keys import DownlinkSecurity
from ground.line_clock import Lines
from ground.reference_frames import ReferenceFrames
from ground.units import LINK_COUNTERS, CodedFrames, FrameSource
from wire import tm_frame
from wire.sdls import Refusal

_CHANNEL_COUNTERS = (
    "frames",
    "packets",
    "idle_packets",
    "idle_frames",
    "repeated",
    "gaps",
    "frames_missing",
    "packets_dropped",
    "bad_frames",
    "bad_pointers",
    "bad_headers",
)


@dataclass(slots=True)
class LinkCounters:
    """What came over the telemetry door, over all its connections. Names are those of the wire's records."""

    link: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LINK_COUNTERS, 0))
    foreign_frames: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # by security, by reason; empty without keys
    channels: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        channels = [{"spacecraft": sc, "channel": vc, **counts} for (sc, vc), counts in sorted(self.channels.items())]
        return {**self.link, "foreign_frames": self.foreign_frames, "refused": self.refused, "channels": channels}


class FrameReceiver:
    """One connection's decoder. Give it octets in any chunking; it yields (spacecraft identifier, virtual channel, packet octets)."""

    def __init__(
        self,
        spacecraft_ids: AbstractSet[int],
        security: DownlinkSecurity | None = None,
        source: FrameSource | None = None,
        lines: Lines | None = None,
    ) -> None:
        self._spacecraft_ids = spacecraft_ids
        self._security = security
        self._source = source if source is not None else CodedFrames(datagrams=False)
        self._lines = lines if lines is not None else Lines({})
        self._bad = 0
        self.references = ReferenceFrames()
        self._packet_octets: dict[tuple[int, int], int] = {}
        self._channels: dict[tuple[int, int], tm_frame.Reassembler] = {}
        self._octets: dict[tuple[int, int], int] = {}  # of opened frames
        self._foreign = 0
        self.clcw: dict[int, int] = {}
        self._orders: dict[int, ClcwOrder] = {}
        self.heard: set[int] = set()  # spacecraft identifiers of the frames since somebody emptied this

    def feed(self, data: bytes | memoryview, received_ns: int = 0) -> list[tuple[int, int, bytes]]:
        packets: list[tuple[int, int, bytes]] = []
        frames = self._source.feed(data)
        self._watch_line()
        for frame in frames:
            spacecraft_id = (frame[0] & 0x3F) << 4 | frame[1] >> 4
            channel = frame[1] >> 1 & 7
            if spacecraft_id not in self._spacecraft_ids:
                self._foreign += 1
                continue
            line_ns = self._lines.frame(spacecraft_id, frame[2], received_ns)
            if self._security is not None:
                opened = self._security.open(frame)
                if opened is None:  # counted there; nothing of it goes further
                    continue
                if len(opened) != self._octets.setdefault((spacecraft_id, channel), len(opened)):  # sealed another way than those before
                    self._security.refused[Refusal.FORM] += 1
                    continue
                frame = opened
            self.heard.add(spacecraft_id)
            if self._orders.setdefault(spacecraft_id, ClcwOrder()).is_new(frame[2]):
                self.clcw[spacecraft_id] = int.from_bytes(frame[-6:-2], "big")
            reassembler = self._channels.get((spacecraft_id, channel))
            if reassembler is None:
                reassembler = self._channels[spacecraft_id, channel] = tm_frame.Reassembler(len(frame))
            found = reassembler.feed(frame)
            self.references.frame(spacecraft_id, channel, frame[3], line_ns, found)
            key = (spacecraft_id, channel)
            self._packet_octets[key] = self._packet_octets.get(key, 0) + sum(map(len, found))
            packets += [(spacecraft_id, channel, packet) for packet in found]
        return packets

    def _watch_line(self) -> None:
        """A frame that was not good stood on the line all the same."""
        counters = self._source.counters()
        bad = counters["uncorrectable"] + counters["bad_fecf"] + counters["wrong_length"] + counters["slips"]
        if bad != self._bad:
            self._bad = bad
            self._lines.restart()

    def close(self) -> None:
        """Note how far sealed telemetry has come. Raises FilesError."""
        if self._security is not None:
            self._security.store()

    def add_to(self, total: LinkCounters) -> None:
        """Add this connection's counters to a total."""
        for name, count in self._source.counters().items():
            total.link[name] += count
        total.foreign_frames += self._foreign
        if self._security is not None:
            for reason, refused in self._security.refused.items():
                name = reason.name.lower()
                total.refused[name] = total.refused.get(name, 0) + refused
        for key, reassembler in list(self._channels.items()):
            counts = total.channels.setdefault(key, dict.fromkeys((*_CHANNEL_COUNTERS, "packet_octets"), 0))
            for name, count in _fields(reassembler.record(), _CHANNEL_COUNTERS).items():
                counts[name] += count
            counts["packet_octets"] += self._packet_octets.get(key, 0)


def _fields(record: Any, names: tuple[str, ...]) -> dict[str, int]:
    return {name: int(record[name]) for name in names}
