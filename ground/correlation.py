"""Time correlation: what the on-board clock says against the ground's, from time reports and the frames that they refer to.

A reference frame is received no earlier than it was sent plus the light time plus the time that it takes to send: whatever else happens on
the way (a queue at the relay, a socket, a busy machine) makes it later, never earlier. So among all lines `on-board time = a + b * ground
time` that no sample lies above, the one nearest to the samples is taken: the edge, above the middle of the samples, of their upper convex
hull. (Such a line for clock skew: Moon, Skelly, Towsley, "Estimation and removal of clock skew from network delay measurements", 1999.)
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from ground.clock import SECOND_NS
from ground.line_clock import Lines
from ground.orbit import RELAY, NoPredictionError, light_ns
from wire.dictionary import DICTIONARIES
from wire.dictionary.links import RATE_AT_POWER_ON, RELAY_DELAY_NS, RETURN_BIT_S

FRAME_BITS = 8920
SAMPLES = 512  # kept of each vehicle
JUMP_S = 1.0  # and a hundredth of the time passed: no drift and no delay explains more
RATE_SPAN_S = 120.0  # shorter spans tell the offset alone: the rate is taken as 1

RateOf = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Correlation:
    """On-board time = `ground_ns` + `offset_ns` + `drift` * (`ground_ns` - `at_ns`); `spread_ns` is the mean lateness of the samples."""

    at_ns: int
    offset_ns: int
    drift: float
    samples: int
    spread_ns: float

    def on_board_ns(self, ground_ns: int) -> int:
        """What the on-board clock says at a moment of ground time."""
        return ground_ns + self.offset_ns + round(self.drift * (ground_ns - self.at_ns))

    def ground_ns(self, on_board_ns: int) -> int:
        """The moment of ground time at which the on-board clock says this."""
        return self.at_ns + round((on_board_ns - self.at_ns - self.offset_ns) / (1.0 + self.drift))


class Clocks:
    """The correlation of every vehicle's clock. The link's thread gives samples, any thread asks."""

    def __init__(self, link: str, rate_of: RateOf = lambda vehicle: None) -> None:
        self._link = link
        self._rate_of = rate_of
        self._lock = threading.Lock()
        self._samples: dict[str, deque[tuple[int, int]]] = {}
        self.unpredicted = 0  # reports for whose time there is no light time

    def take(self, vehicle: str, on_board_ns: int, received_ns: int) -> None:
        """A time report, and when the last bit of its reference frame was received."""
        try:
            light = light_ns(self._link, vehicle, on_board_ns)
        except NoPredictionError:
            self.unpredicted += 1
            return
        sent_ns = received_ns - light - sending_ns(self._link, vehicle, self._rate_of(vehicle))
        with self._lock:
            samples = self._samples.setdefault(vehicle, deque(maxlen=SAMPLES))
            if samples and not self._continues(samples[-1], sent_ns, on_board_ns):
                samples.clear()
            samples.append((sent_ns, on_board_ns))

    @staticmethod
    def _continues(last: tuple[int, int], sent_ns: int, on_board_ns: int) -> bool:
        """Whether a report belongs to the history of the one before: both clocks go on, and neither has been set."""
        passed, counted = sent_ns - last[0], on_board_ns - last[1]
        return passed > 0 and counted > 0 and abs(counted - passed) < JUMP_S * SECOND_NS + passed // 100

    def forget(self) -> None:
        """The spacecraft is on another branch: nothing known holds."""
        with self._lock:
            self._samples.clear()

    def get(self, vehicle: str) -> Correlation | None:
        """None until the first time report."""
        with self._lock:
            samples = list(self._samples.get(vehicle, ()))
        return fit(samples) if samples else None


def lines_of(link: str, rate_of: RateOf = lambda vehicle: None) -> Lines:
    """The unbroken lines of the declared link: none on `lab`, where frames leave when there are any."""
    if link == "lab":
        return Lines({})
    identifiers = {vehicle: book.vehicle.spacecraft_id for vehicle, book in DICTIONARIES.items()}
    return Lines({identifiers[vehicle]: frame_ns(vehicle, rate_of(vehicle)) for vehicle in identifiers}, identifiers[RELAY])


def frame_ns(vehicle: str, rate: int | None = None) -> int:
    """How long a frame is on a vehicle's line; `rate` is the place of its rate, None that at power-on."""
    rates = RETURN_BIT_S[vehicle]
    place = RATE_AT_POWER_ON[vehicle] if rate is None or not 0 <= rate < len(rates) else rate
    return FRAME_BITS * SECOND_NS // rates[place]


def sending_ns(link: str, vehicle: str, rate: int | None = None) -> int:
    """What a frame's own length and the relay cost besides light, on the declared link; `rate` is the place of the vehicle's rate."""
    if link == "lab":
        return 0
    own = frame_ns(vehicle, rate)
    return own if vehicle == RELAY else own + RELAY_DELAY_NS


def fit(samples: list[tuple[int, int]]) -> Correlation:
    """The line over samples (ground time sent at the latest, on-board time), ascending, at least one."""
    at, first = samples[-1][0], samples[0][1] - samples[0][0]
    points = [(ground - at, board - ground - first) for ground, board in samples]  # small numbers, exact
    if points[-1][0] - points[0][0] < RATE_SPAN_S * SECOND_NS:
        top = max(ahead for _, ahead in points)
        return Correlation(at, first + top, 0.0, len(points), sum(top - ahead for _, ahead in points) / len(points))
    hull = upper_hull(points)
    middle = sum(x for x, _ in points) / len(points)
    (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(hull) if b[0] >= middle)
    drift = (y1 - y0) / (x1 - x0)
    offset = y1 - drift * x1
    late = sum(offset + drift * x - y for x, y in points) / len(points)
    return Correlation(at, first + round(offset), drift, len(points), late)


def upper_hull(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Points, ascending in x, that no line between two others passes above."""
    hull: list[tuple[int, int]] = []
    for x, y in points:
        while len(hull) >= 2:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) < (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    return hull
