"""A channel for COP-1 without sockets: frames one way, control words the other, lost, late, doubled, out of order, or cut off.

Time is in steps. A step sends at most one frame up, and one control word comes down with the count of its TM frame.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from flight.farm import Farm
from ground.clcw_order import ClcwOrder
from ground.fop import Alert, Fop, FopUser

ROOM = 16  # packets that wait on board
LIMIT = 255  # transmissions
WINDOWS = (1, 2, 3, 4, 8, 20)
WORST_LOSS = 0.6  # of frames, and of control words


@dataclass(frozen=True, slots=True)
class Weather:
    """How the channel behaves for a while: chances of loss and doubling each way, delay and its spread in steps, and an outage."""

    loss_up: float
    loss_down: float
    double: float
    delay: int
    spread: int
    outage: int
    window: int

    @property
    def t1(self) -> int:
        """Light there and back with the spread, a window of frames, and a margin."""
        return 2 * (self.delay + self.spread) + self.window + 4


def draw(dice: random.Random) -> Weather:
    """Anything within COP-1's own bounds: no frame later than the negative window is wide, no outage longer than limit times timer."""
    window = dice.choice(WINDOWS)
    worst = dice.random() < 0.25  # as lossy as it may be, both ways at once
    up, down = (WORST_LOSS, WORST_LOSS) if worst else (dice.uniform(0, WORST_LOSS), dice.uniform(0, WORST_LOSS))
    delay, spread = dice.randrange(0, 8), dice.choice((0, 0, 2, 10))
    weather = Weather(up, down, dice.choice((0.0, 0.1, 0.5)), delay, spread, 0, window)
    return replace(weather, outage=int(dice.choice((0.0, 0.0, 0.0, 0.1, 0.7)) * LIMIT * weather.t1))


class Way:
    """One direction."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._queue: list[tuple[int, int, int]] = []
        self._order = 0

    def put(self, now: int, what: int, weather: Weather, loss: float) -> None:
        chance = self._dice.random
        copies = (chance() >= loss) + (chance() < weather.double and chance() >= loss)
        for _ in range(copies):
            late = int(chance() * (weather.spread + 1)) if weather.spread else 0
            self._order += 1
            heapq.heappush(self._queue, (now + weather.delay + late, self._order, what))

    def due(self, now: int) -> int | None:
        if self._queue and self._queue[0][0] <= now:
            return heapq.heappop(self._queue)[2]
        return None


class Operator(FopUser):
    """Numbers FDUs, and keeps account of what it is told."""

    def __init__(self) -> None:
        self.confirmed_up_to = 0
        self.accepted_up_to = 0
        self.alerts: list[Alert] = []

    def accepted(self, fdu: Any) -> None:
        assert fdu == self.accepted_up_to
        self.accepted_up_to += 1

    def confirmed(self, fdu: Any) -> None:
        assert fdu == self.confirmed_up_to
        self.confirmed_up_to += 1

    def alert(self, alert: Alert) -> None:
        self.alerts.append(alert)


class Link:
    """FOP-1, channel, FARM-1, and what is done with packets on board."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = 0
        self.operator = Operator()
        self.fop = Fop(self.operator, lambda: self.now, t1_ns=10, window=1, limit=LIMIT)
        self.farm = Farm()
        self.up, self.down = Way(self.dice), Way(self.dice)
        self.order = ClcwOrder()
        self.count = 0
        self.asked = 0  # FDUs handed to FOP-1
        self.delivered: list[int] = []  # since somebody emptied it
        self.on_board: deque[int] = deque()
        self.frames = 0
        self.waits = 0

    def begin(self) -> None:
        self.fop.direct("initiate_with_clcw")
        while self.fop.state == 4:
            self.step(Weather(0, 0, 0, 0, 0, 0, 1), 0)

    def step(self, weather: Weather, target: int, cut: bool = False, stuck: bool = False) -> None:
        """One step of time. FDUs are asked for below `target`."""
        fop, farm = self.fop, self.farm
        self.now += 1
        if fop.waiting is None and self.asked < target and fop.transfer_ad(self.asked):
            self.asked += 1
        if fop.outbox:
            frame = fop.outbox.popleft()
            self.frames += 1
            self.up.put(self.now, frame.sequence_number << 40 | frame.fdu, weather, 1.0 if cut else weather.loss_up)
            fop.taken(frame.kind)
        if len(self.on_board) < ROOM:
            farm.apply(10)
        while (what := self.up.due(self.now)) is not None:
            if farm.accept_ad(what >> 40, len(self.on_board) < ROOM):
                self.on_board.append(what & (1 << 40) - 1)
        if self.on_board and not stuck:
            self.delivered.append(self.on_board.popleft())
        word = farm.clcw()
        self.waits += word >> 12 & 1
        self.down.put(self.now, self.count << 32 | word, weather, 1.0 if cut else weather.loss_down)
        self.count = (self.count + 1) & 0xFF
        while (what := self.down.due(self.now)) is not None:
            if self.order.is_new(what >> 32):
                fop.take(what & 0xFFFFFFFF)
        if fop.deadline_ns is not None and self.now >= fop.deadline_ns:
            fop.time_up()
