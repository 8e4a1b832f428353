"""From the octets of a channel, coded or bare, to packets: synchronisation, frames by virtual channel, reassembly, counters."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ground.control_words import COUNTERS, ControlWords
from ground.keys import DownlinkSecurity
from ground.line_clock import Lines
from ground.reference_frames import ReferenceFrames
from ground.units import LINK_COUNTERS, FrameSource
from wire.sdls import Refusal
from wire.tm_chain import TmChain

Unit = tuple[int, int, bytes]  # spacecraft identifier, virtual channel, octets of a packet

_PACKET_FIELDS = ["frame", "spacecraft_id", "virtual_channel_id", "offset", "length"]
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
    control_words: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    refused: dict[str, int] = field(default_factory=dict)  # by security, by reason; empty without keys
    channels: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        channels = [{"spacecraft": sc, "channel": vc, **counts} for (sc, vc), counts in sorted(self.channels.items())]
        counts = {"foreign_frames": self.foreign_frames, **self.control_words}
        return {**self.link, **counts, "refused": self.refused, "channels": channels}


class Frame(NamedTuple):
    """One row of the chain's frames; `kept` when they are ours."""

    spacecraft_id: int
    virtual_channel_id: int
    master_count: int
    frame_count: int
    has_ocf: int
    ocf: int
    kept: int


class FrameReceiver:
    """One connection's decoder. Give it octets in any chunking; it yields (spacecraft identifier, virtual channel, packet octets).

    Without keys the wire's chain does it all in one loop. With keys a first chain finds the frames, and a second one takes apart what the
    keys have opened.
    """

    def __init__(
        self,
        spacecraft_ids: AbstractSet[int],
        security: DownlinkSecurity | None = None,
        tm_format: str = "cadu",
        datagrams: bool = False,
        lines: Lines | None = None,
    ) -> None:
        self._spacecraft_ids = spacecraft_ids
        self._security = security
        self._source = FrameSource(spacecraft_ids if security is None else (), tm_format, datagrams, security is not None)
        self._lines = lines if lines is not None else Lines({})
        self._bad = 0
        self.references = ReferenceFrames()
        self._packet_octets: dict[tuple[int, int], int] = {}
        self._opened: dict[int, TmChain] = {}  # by octets of an opened frame
        self._octets: dict[tuple[int, int], int] = {}  # of opened frames
        self._foreign = 0  # sealed ones
        self.words = ControlWords()
        self.heard: set[int] = set()  # spacecraft identifiers of the frames since somebody emptied this

    def feed(self, data: bytes | memoryview, received_ns: int = 0) -> list[Unit]:
        rows, octets = self._source.feed(data)
        self._watch_line()
        frames = _frames_of(self._source.chain)
        if self._security is not None:
            return self._open(self._security, frames, received_ns)
        packets = _packets_of(rows, octets, len(frames))
        for frame, found in zip(frames, packets, strict=True):
            if frame.kept:
                self._take(frame, self._lines.frame(frame.spacecraft_id, frame.master_count, received_ns), found)
        return [packet for found in packets for packet in found]

    def _open(self, security: DownlinkSecurity, frames: Sequence[Frame], received_ns: int) -> list[Unit]:
        """Sealed frames, one by one."""
        packets: list[Unit] = []
        for frame, octets in zip(frames, self._source.chain.frame_octets(), strict=True):
            if frame.spacecraft_id not in self._spacecraft_ids:
                self._foreign += 1
                continue
            line_ns = self._lines.frame(frame.spacecraft_id, frame.master_count, received_ns)
            clear = security.open(octets.tobytes())
            if clear is None:  # counted there; nothing of it goes further
                continue
            key = (frame.spacecraft_id, frame.virtual_channel_id)
            if len(clear) != self._octets.setdefault(key, len(clear)):  # sealed another way than those before
                security.refused[Refusal.FORM] += 1
                continue
            chain = self._opened.get(len(clear))
            if chain is None:
                chain = self._opened[len(clear)] = TmChain(self._spacecraft_ids, frame_octets=len(clear), depth=1, checks=0)
            (found,) = _packets_of(*chain.feed_frames(clear), 1)
            (opened,) = _frames_of(chain)
            self._take(opened, line_ns, found)
            packets += found
        return packets

    def _take(self, frame: Frame, line_ns: int, found: list[Unit]) -> None:
        """What a frame says besides its packets, and whose time those in it tell."""
        self.heard.add(frame.spacecraft_id)
        if frame.has_ocf:
            self.words.take(frame.spacecraft_id, frame.master_count, frame.ocf)
        channel = frame.virtual_channel_id
        self.references.frame(frame.spacecraft_id, channel, frame.frame_count, line_ns, [octets for _, _, octets in found])
        key = (frame.spacecraft_id, channel)
        self._packet_octets[key] = self._packet_octets.get(key, 0) + sum(len(octets) for _, _, octets in found)

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
        total.foreign_frames += self._foreign if self._security is not None else self._source.chain.foreign_frames
        for name, count in self.words.counts.items():
            total.control_words[name] += count
        if self._security is not None:
            for reason, refused in self._security.refused.items():
                name = reason.name.lower()
                total.refused[name] = total.refused.get(name, 0) + refused
        for key, record in self._channel_records():
            counts = total.channels.setdefault(key, dict.fromkeys((*_CHANNEL_COUNTERS, "packet_octets"), 0))
            for name in _CHANNEL_COUNTERS:
                counts[name] += int(record[name])
            counts["packet_octets"] += self._packet_octets.get(key, 0)

    def _channel_records(self) -> Iterator[tuple[tuple[int, int], Any]]:
        """Each channel is in one of the chains: its frames are of one length."""
        for chain in (self._source.chain, *self._opened.values()):
            yield from chain.channel_records().items()


def _frames_of(chain: TmChain) -> list[Frame]:
    """The frames of its last call."""
    return [Frame(*row) for row in chain.frame_rows()[list(Frame._fields)].tolist()]


def _packets_of(rows: NDArray[np.void], buffer: NDArray[np.uint8], frames: int) -> list[list[Unit]]:
    """For each frame of a chain's call, the packets that it completed."""
    found: list[list[Unit]] = [[] for _ in range(frames)]
    octets = buffer.tobytes()
    for frame, spacecraft_id, channel, offset, length in rows[_PACKET_FIELDS].tolist():
        found[frame].append((spacecraft_id, channel, octets[offset : offset + length]))
    return found
