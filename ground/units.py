"""What the telemetry door gives, by format: CADUs or bare frames, in a stream or one a datagram; good frames come out."""

from collections import Counter
from typing import Final, Protocol

from wire import cadu, crc
from wire.frame_shapes import TM_FRAME_LENGTH as FRAME_OCTETS

LINK_COUNTERS: Final = (
    "octets",
    "frames",
    "skipped",
    "slips",
    "symbols_corrected",
    "uncorrectable",
    "bad_fecf",
    "wrong_length",
)
CADU_OCTETS: Final = len(cadu.encode(bytes(FRAME_OCTETS)))


class FrameSource(Protocol):
    """Octets in, in any chunks of a stream, or one datagram at a time; frames with a right check sum out."""

    def feed(self, data: bytes | memoryview) -> list[bytes]: ...

    def counters(self) -> dict[str, int]:
        """LINK_COUNTERS."""
        ...


class CodedFrames:
    """CADUs. A datagram of another length than a CADU's is none: it is counted, and does not reach the synchroniser."""

    def __init__(self, datagrams: bool) -> None:
        self._datagrams = datagrams
        self._synchroniser = cadu.Synchroniser()
        self._wrong_length = 0

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        if self._datagrams and len(data) != CADU_OCTETS:
            self._wrong_length += 1
            return []
        return self._synchroniser.feed(data)

    def counters(self) -> dict[str, int]:
        record = self._synchroniser.record()
        own = {"wrong_length": self._wrong_length}
        return {name: own.get(name, 0) if name in own else int(record[name]) for name in LINK_COUNTERS}


class BareFrames:
    """Frames without marker and code, each as long as the others. Nothing finds their boundaries again but a new connection."""

    def __init__(self, datagrams: bool) -> None:
        self._datagrams = datagrams
        self._rest = b""
        self._counts: Counter[str] = Counter()

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        self._counts["octets"] += len(data)
        if self._datagrams:
            if len(data) != FRAME_OCTETS:
                self._counts["wrong_length"] += 1
                return []
            whole = bytes(data)
        else:
            whole = self._rest + bytes(data)
            end = len(whole) - len(whole) % FRAME_OCTETS
            whole, self._rest = whole[:end], whole[end:]
        frames = [whole[i : i + FRAME_OCTETS] for i in range(0, len(whole), FRAME_OCTETS)]
        good = [frame for frame in frames if crc.checksum(frame) == 0]
        self._counts["frames"] += len(good)
        self._counts["bad_fecf"] += len(frames) - len(good)
        return good

    def counters(self) -> dict[str, int]:
        return {name: self._counts[name] for name in LINK_COUNTERS}


def frame_source(tm_format: str, datagrams: bool) -> FrameSource:
    """For one of `wire.dictionary.links.TM_FORMATS`."""
    return BareFrames(datagrams) if tm_format == "frame" else CodedFrames(datagrams)
