"""Which frame a time report speaks of: the last one before it, on the real-time channel, whose count is a multiple of 2^rate."""

from dataclasses import dataclass

from wire.dictionary.mission import TIME_RATE, TM_REAL_TIME

_FRAMES = 1 << TIME_RATE
_PACKET_OCTETS = 16


@dataclass(frozen=True, slots=True)
class TimeReport:
    """On-board time of a reference frame's first bit (CUC 4+3, 7 octets), and when its last one was received."""

    spacecraft_id: int
    time: bytes
    received_ns: int


class ReferenceFrames:
    """One connection's. Give it every frame of the real-time channel before the packets in it; it keeps time reports until taken."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, int]] = {}
        self._reports: list[TimeReport] = []
        self.unmatched = 0  # reports whose frame was not received

    def frame(self, spacecraft_id: int, channel: int, count: int, received_ns: int, packets: list[bytes]) -> None:
        """A frame by its count, and the packets that end in it. A packet in a reference frame speaks of the one before."""
        if channel != TM_REAL_TIME:
            return
        for packet in packets:
            if len(packet) == _PACKET_OCTETS and packet[:2] == b"\0\0" and packet[6] == TIME_RATE:
                self._match(spacecraft_id, count, packet)
        if count % _FRAMES == 0:
            self._last[spacecraft_id] = (count, received_ns)
        elif spacecraft_id in self._last and self._last[spacecraft_id][0] != count // _FRAMES * _FRAMES:
            del self._last[spacecraft_id]  # the reference frame of these was not received: nothing older may stand for it

    def _match(self, spacecraft_id: int, count: int, packet: bytes) -> None:
        known = self._last.get(spacecraft_id)
        wanted = ((count - 1) % 256) // _FRAMES * _FRAMES
        if known is None or known[0] != wanted:
            self.unmatched += 1
            return
        self._reports.append(TimeReport(spacecraft_id, packet[7:14], known[1]))

    def take(self) -> list[TimeReport]:
        """The reports since the last call."""
        found, self._reports = self._reports, []
        return found
