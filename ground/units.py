"""What the telemetry door gives, by format: CADUs or bare frames, in a stream or one a datagram; the wire's chain takes them apart."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wire import cadu
from wire.frame_shapes import TM_FRAME_LENGTH as FRAME_OCTETS
from wire.tm_chain import TmChain

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


class FrameSource:
    """One connection's octets to its chain, for one of `wire.dictionary.links.TM_FORMATS`.

    A datagram of another length than the format's is none: it is counted, and goes no further. Bare frames in a stream are each as long as
    the others; nothing finds their boundaries again but a new connection.
    """

    def __init__(self, spacecraft_ids: Iterable[int], tm_format: str = "cadu", datagrams: bool = False, keep_frames: bool = False) -> None:
        self.chain = TmChain(spacecraft_ids, keep_frames)
        self._bare = tm_format == "frame"
        self._datagrams = datagrams
        self._rest = b""
        self._wrong_length = 0

    def feed(self, data: bytes | memoryview) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
        """Octets in any chunks of a stream, or one datagram at a time. Gives what the chain gives: rows of packets, and their octets."""
        if self._datagrams and len(data) != (FRAME_OCTETS if self._bare else CADU_OCTETS):
            self._wrong_length += 1
            data = b""
        if not self._bare:
            return self.chain.feed(data)
        if self._rest:
            data = self._rest + bytes(data)
        end = len(data) - len(data) % FRAME_OCTETS
        self._rest = bytes(data[end:])
        return self.chain.feed_frames(data[:end])

    def counters(self) -> dict[str, int]:
        """LINK_COUNTERS."""
        record: Any = self.chain.record()
        own = {"wrong_length": self._wrong_length}
        return {name: own[name] if name in own else int(record[name]) for name in LINK_COUNTERS}
