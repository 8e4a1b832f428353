"""Which history a packet belongs to: a spacecraft that is rewound, or started anew, begins another branch of the archive.

The sign is time that goes back. What comes over a new connection was sent after it was made; so a packet older than what the archive held
before that moment, on the same virtual channel, cannot continue the same history. Within a connection only a step back that no
queue on board explains is taken for a rewind (datagrams have no connection to drop).
"""

import threading
from collections.abc import Sequence

from ground.archive import Archive, Branch
from ground.clock import SECOND_NS, GroundClock
from ground.packet import SERVICE_FILES, SERVICE_UNKNOWN, Packet

SLACK_NEW_NS = SECOND_NS // 10  # packets of one channel may leave in another order than their times
SLACK_SAME_NS = SECOND_NS


class Timeline:
    """Puts packets of one spacecraft endpoint on their branch. Several processes agree, through the archive."""

    def __init__(self, archive: Archive, source: str, clock: GroundClock) -> None:
        self._archive = archive
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._branch: Branch | None = None
        self._newest: dict[tuple[int, int], int] = {}
        self._limits: dict[tuple[int, int], int] = {}

    @property
    def branch(self) -> Branch:
        """The branch under way; begun if the archive has none for this spacecraft."""
        with self._lock:
            return self._current()

    def _current(self) -> Branch:
        if self._branch is None:
            self._branch = self._archive.head(self._source)
        if self._branch is None:
            self._branch = self._archive.begin_branch(self._source, None, self._clock.now_ns(), "first contact")
        return self._branch

    def before_connecting(self) -> None:
        """Remember how far the archive is: called before each new connection is made."""
        with self._lock:
            self._branch = self._archive.head(self._source)
            self._newest = {}
            self._limits = {}
            if self._branch is not None:
                newest = self._archive.newest_times(self._branch.id)
                self._limits = {key: time_ns - SLACK_NEW_NS for key, time_ns in newest.items()}

    def begin(self, reason: str) -> Branch:
        """Begin a branch because somebody knows better (the spacecraft was restored or reset)."""
        with self._lock:
            return self._leave(reason)

    def _leave(self, reason: str) -> Branch:
        left = self._current()
        self._branch = self._archive.begin_branch(self._source, left.id, self._clock.now_ns(), reason)
        self._newest = {}
        self._limits = {}
        return self._branch

    def place(self, packets: Sequence[Packet]) -> None:
        """Set the packets' branch; a rewind among them begins a branch."""
        with self._lock:
            for packet in packets:
                if packet.service not in (SERVICE_UNKNOWN, SERVICE_FILES):  # these have no time
                    self._watch(packet)
                packet.branch = self._current().id

    def _watch(self, packet: Packet) -> None:
        key = (packet.spacecraft_id, packet.channel)
        newest = self._newest.get(key)
        limit = self._limits.get(key, packet.time_ns) if newest is None else newest - SLACK_SAME_NS
        if packet.time_ns < limit:
            self._leave("spacecraft time went back: restored, reset or started anew")
            newest = None
        self._newest[key] = packet.time_ns if newest is None else max(newest, packet.time_ns)
