"""When frames of an unbroken line were really received: the work of a receiver's bit synchroniser, done with frames.

On the link through the relay frame follows frame, each as long as the others, while octets come in handfuls, at ticks of whoever hands them
over. So the n-th frame was received at `a + n * period`, and no frame is noted before that: `a` is the least of what the last frames say.
That holds for the line from the relay to Earth, of all frames, and within it for the lines that lander and rover keep to the relay.
"""

from collections import deque
from collections.abc import Mapping

WINDOW = 1024  # frames
LEAST = 64  # before a line is trusted


class LineClock:
    """One line. `period_ns` is the length of a frame on it."""

    def __init__(self, period_ns: int) -> None:
        self._period_ns = period_ns
        self.restart()

    def restart(self) -> None:
        """Frames behind those so far have unknown places on the line."""
        self._number = self._seen = 0
        self._least: deque[tuple[int, int]] = deque()  # number and what it says of `a`, ascending in both

    def frame(self, received_ns: int, step: int = 1) -> int:
        """When the last bit of a frame was received, `step` places behind the one before."""
        self._number += step
        self._seen += 1
        start = received_ns - self._number * self._period_ns
        while self._least and self._least[-1][1] >= start:
            self._least.pop()
        self._least.append((self._number, start))
        while self._least[0][0] <= self._number - WINDOW:
            self._least.popleft()
        if self._seen < LEAST:
            return received_ns
        return self._least[0][1] + self._number * self._period_ns


class Lines:
    """The lines of one connection: `relay_id` names the spacecraft whose line is the one to Earth."""

    def __init__(self, periods_ns: Mapping[int, int], relay_id: int | None = None) -> None:
        self._lines = {spacecraft_id: LineClock(period_ns) for spacecraft_id, period_ns in periods_ns.items()}
        self._relay_id = relay_id
        self._counts: dict[int, int] = {}

    def restart(self) -> None:
        """A frame of unknown origin was lost on the line to Earth."""
        if self._relay_id in self._lines:
            self._lines[self._relay_id].restart()

    def frame(self, spacecraft_id: int, master_count: int, received_ns: int) -> int:
        """When the last bit of the next frame was received by Earth, its own line considered."""
        if not self._lines:
            return received_ns
        step = (master_count - self._counts.get(spacecraft_id, master_count - 1)) & 0xFF
        self._counts[spacecraft_id] = master_count
        if step != 1:
            self.restart()
        if self._relay_id in self._lines:
            received_ns = self._lines[self._relay_id].frame(received_ns)
        own = self._lines.get(spacecraft_id)
        if own is None or spacecraft_id == self._relay_id:
            return received_ns
        return own.frame(received_ns, step) if step else received_ns
