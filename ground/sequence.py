"""Sending in sequence to one spacecraft: FOP-1 with a thread, a clock, a line, and packets that wait their turn.

FOP-1 lives in this thread alone. Others leave words (from telemetry), packets and directives at its door, and are told what comes of them
by callbacks from this thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ground.clock import SECOND_NS, GroundClock
from ground.errors import GroundError, NothingCameError
from ground.fop import Alert, Fop, FopUser
from ground.fop_table import INITIAL, STATES
from ground.forward_line import ForwardLine
from ground.segments import Segment
from ground.sequence_hold import LastSent, SequenceHold
from ground.uplink import Uplink
from wire import clcw
from wire.dictionary.mission import TC_CHANNEL
from wire.frame_shapes import build_tc_control

MOST_WAITING = 1000  # frames that wait for FOP-1
REPORT_S = 2.5  # on lab a frame comes at least once a second
QUIET_S = 1.0  # of wall time: no timer shorter than a machine may be held up


class SequenceError(GroundError):
    """The sequence could not be begun, or has ended before this was sent."""


@dataclass(slots=True)
class SequencedPacket:
    """A packet on its way through FOP-1. `told` is called with released, radiated, acknowledged, unknown or unsent, and a detail: what
    becomes of its last segment, since without it nothing is executed."""

    text: str
    packet: bytes
    told: Callable[[str, str], None]


@dataclass(slots=True)
class SequencedSegment:
    """What FOP-1 takes and numbers: a segment of a packet, for one frame."""

    item: SequencedPacket
    segment: Segment

    def __str__(self) -> str:
        return f"{self.item.text} ({self.segment})" if self.segment.count > 1 else self.item.text

    def told(self, stage: str, *details: str) -> None:
        if self.segment.last:
            self.item.told(stage, ", ".join(filter(None, (*details, str(self.segment) if stage == "radiated" else ""))))


class SequenceService(FopUser):
    """Type-A service to one spacecraft's virtual channel 0."""

    def __init__(
        self,
        vehicle: str,
        spacecraft_id: int,
        uplink: Uplink,
        line: ForwardLine,
        clock: GroundClock,
        hold: SequenceHold,
        on_alert: Callable[[str, Alert], None] = lambda vehicle, alert: None,
    ) -> None:
        self.vehicle, self.spacecraft_id = vehicle, spacecraft_id
        self._uplink, self._line, self._clock, self._hold, self._on_alert = uplink, line, clock, hold, on_alert
        self.fop = Fop(self, clock.now_ns, int(self._t1_s(64) * SECOND_NS), window=line.window(vehicle), virtual_channel_id=TC_CHANNEL)
        self.last_alert: Alert | None = None
        self._changed = threading.Condition()
        self._words: deque[int] = deque(maxlen=256)
        self._waiting: deque[SequencedSegment] = deque()
        self._directives: deque[tuple[str, int | None]] = deque()
        self._answers: dict[str, str] = {}
        self._newest: int | None = None
        self._heard = 0
        self._longest = 64  # octets of the longest CLTU so far
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"COP-1 {vehicle}", daemon=True)

    def _t1_s(self, cltu_octets: int) -> float:
        """Light and line for a window of frames, the next report, and what this machine's threads may take."""
        return max(self._line.acknowledged_within_s(self.vehicle, cltu_octets) + REPORT_S, QUIET_S * self._clock.factor)

    @property
    def t1_s(self) -> float:
        return self.fop.t1_ns / SECOND_NS

    @property
    def running(self) -> bool:
        """In sequence, or about to be: packets are taken."""
        return self.fop.state in (1, 2, 3)

    def describe(self) -> str:
        fop = self.fop
        under_way = f"{len(fop.sent)} under way, {len(self._waiting) + (fop.waiting is not None)} waiting"
        timing = f"window {fop.window}, T1 {self.t1_s:.1f} s, {fop.limit} transmissions, timeout type {fop.timeout_type}"
        state = f"S{fop.state} {STATES[fop.state]}" + (f" (suspended in S{fop.suspend_state})" if fop.suspend_state else "")
        return f"{self.vehicle}: {state}, V(S) {fop.v_s}, NN(R) {fop.nn_r}, {under_way}; {timing}"

    def start(self, how: str = "clcw", value: int | None = None) -> None:
        """Hold the sequence and begin: `clcw` goes on where the spacecraft is, `unlock` unlocks it first, `set_v_r` sets its number.

        Raises SequenceHeldError, NothingCameError (no report came) and SequenceError (the spacecraft's report forbids it).
        """
        last = self._hold.take() if not self._hold.held else None
        try:
            if not self._thread.is_alive():
                self._thread.start()
            if how == "set_v_r":
                self._ask("initiate_with_set_v_r", value)
                return
            word = self._agreed_word(last)
            if word["lockout"] and how != "unlock":
                raise SequenceError(f"{self.vehicle} is in lockout", f"unlock it with: cop1 {self.vehicle} unlock")
            self._ask("set_v_s", word["report_value"])
            self._ask("initiate_with_unlock" if how == "unlock" else "initiate_with_clcw")
        except GroundError:
            if self.fop.state == INITIAL:
                self._hold.release()
            raise

    def _agreed_word(self, last: LastSent | None) -> dict[str, int]:
        """The newest report; if the last holder had frames under way, one that has seen them, or as late as they could come."""
        under_way = last is not None and last.under_way > 0
        patience_s = self._clock.patience_s(self.t1_s + REPORT_S)
        with self._changed:
            seen = self._heard

            def settled() -> bool:
                fields = clcw.parse(self._newest) if self._newest is not None and self._heard > seen else None
                return fields is not None and (not under_way or (last is not None and fields["report_value"] == last.v_s))

            self._clock.wait(self._changed, settled, patience_s)
            fields = clcw.parse(self._newest) if self._newest is not None and self._heard > seen else None
        if fields is None:
            raise NothingCameError(
                f"no report of {self.vehicle} came within {patience_s:g} s", "is it paused, off, or not heard? (bypass needs none)"
            )
        return fields

    def _ask(self, name: str, value: int | None = None) -> None:
        """Give a directive and wait for what comes of it. Raises SequenceError when it is rejected or fails."""
        patience_s = self._clock.patience_s((self.fop.limit + 1) * self.t1_s + REPORT_S)
        with self._changed:
            self._answers.pop(name, None)
            self._directives.append((name, value))
            self._changed.notify_all()
            self._clock.wait(self._changed, lambda: self._answers.get(name) not in (None, "accepted") or self._stop, patience_s)
            answer = self._answers.get(name, "not answered")
        if answer != "confirmed":
            why = f": {self.last_alert.describe()}" if answer == "failed" and self.last_alert is not None else ""
            raise SequenceError(f"{self.vehicle}: {name.replace('_', ' ')} {answer}{why}", f"cop1 {self.vehicle} shows how it stands")

    def direct(self, name: str, value: int | None = None) -> None:
        """A directive of the operator's (`ground.fop.DIRECTIVES`), to its end. Raises SequenceError."""
        self._ask(name, value)

    def give_up(self) -> None:
        """Terminate, without waiting for it: the spacecraft is not the one that the sequence was begun with (it was rewound)."""
        with self._changed:
            self._directives.append(("terminate", None))
            self._changed.notify_all()

    def send(self, item: SequencedPacket) -> float:
        """Send a packet when its turn comes; the seconds until it is acknowledged, if of the last window one frame is lost once.

        Raises SequenceError: the sequence is not running, or too many wait; and BadArgumentError for a packet that is too long.
        """
        parts = [SequencedSegment(item, each) for each in self._uplink.segments(self.spacecraft_id, item.packet)]
        with self._changed:
            if not self.running or self._stop:
                raise SequenceError(f"{self.vehicle}: not in sequence (S{self.fop.state})", f"begin with: cop1 {self.vehicle} start")
            if len(self._waiting) + len(parts) > MOST_WAITING:
                raise SequenceError(f"{self.vehicle}: {len(self._waiting)} frames wait already", "wait until some are acknowledged")
            self._waiting.extend(parts)
            self._changed.notify_all()
            windows = -(-(len(self.fop.sent) + len(self._waiting)) // self.fop.window)
            return (1 + windows) * max(self.t1_s, self._t1_s(_cltu_octets(parts[0])))

    def take(self, word: int) -> None:
        """An operational control field of this spacecraft has come, in order."""
        with self._changed:
            self._words.append(word)
            if not word >> 31:
                self._newest = word
                self._heard += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread and let the hold go. What is under way is on its own; the next holder is told of it."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()
        self._note()
        self._hold.release()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._clock.wait(self._changed, self._due, self._until_timer_s())
                if self._stop:
                    return
                words, self._words = self._words, deque(maxlen=256)
                directives, self._directives = self._directives, deque()
            for word in words:
                self.fop.take(word)
                self._pump()
            for name, value in directives:
                self.fop.direct(name, value)
                self._pump()
            self.fop.time_up()
            self._pump()

    def _due(self) -> bool:
        deadline = self.fop.deadline_ns
        ready = bool(self._waiting) and self.running and self.fop.waiting is None
        return bool(self._stop or self._words or self._directives or ready) or (deadline is not None and self._clock.now_ns() >= deadline)

    def _until_timer_s(self) -> float | None:
        deadline = self.fop.deadline_ns
        return None if deadline is None else max(deadline - self._clock.now_ns(), 0) / SECOND_NS

    def _pump(self) -> None:
        """Send what FOP-1 has to send, and give it packets while it takes them."""
        while True:
            self._drain()
            if not (self.running and self._waiting and self.fop.waiting is None):
                return
            item = self._waiting.popleft()
            self._longest = max(self._longest, _cltu_octets(item))
            self.fop.t1_ns = int(self._t1_s(self._longest) * SECOND_NS)
            self.fop.transfer_ad(item)

    def _drain(self) -> None:
        while self.fop.outbox:
            kind, number, fdu = self.fop.outbox.popleft()
            if kind == "BC":
                frame = build_tc_control(self.spacecraft_id, TC_CHANNEL, fdu)
            else:
                frame = fdu.segment.frame(self.spacecraft_id, bypass=False, sequence_number=number)
            self._note()
            self._line.send(self.vehicle, self._uplink.cltu_octets(frame), self._clock.now_ns())
            try:
                self._uplink.radiate(frame)
            except GroundError:
                self.fop.refused(kind)
                continue
            if kind == "AD":
                fdu.told("radiated", f"AD, N(S) {number}")
            self.fop.taken(kind)

    def _note(self) -> None:
        if not self._hold.held:
            return
        self._hold.note(self.fop.v_s, len(self.fop.sent) + len(self.last_alert.unknown if self.last_alert else ()), self._clock.now_ns())

    def accepted(self, fdu: Any) -> None:
        fdu.told("released")

    def confirmed(self, fdu: Any) -> None:
        fdu.told("acknowledged")

    def failed(self, fdu: Any) -> None:
        fdu.told("unknown")

    def rejected(self, fdu: Any) -> None:
        turn = "its turn came" if fdu.segment.count == 1 else "its last segment went up: it is not executed"
        fdu.told("unsent", f"the sequence has ended before {turn}")

    def directive(self, name: str, answer: str) -> None:
        with self._changed:
            self._answers[name] = answer
            if answer == "confirmed" and name.startswith("initiate"):
                self.last_alert = None
            self._changed.notify_all()

    def alert(self, alert: Alert) -> None:
        with self._changed:
            waiting, self._waiting = self._waiting, deque()
        self.last_alert = Alert(alert.code, alert.unknown, (*alert.unsent, *waiting), alert.initiation)
        # Whoever begins next, we too, must see what has become of what is still on its way: the hold's note tells.
        self._note()
        self._hold.release()
        for item in waiting:
            self.rejected(item)
        self._on_alert(self.vehicle, self.last_alert)


def _cltu_octets(item: SequencedSegment) -> int:
    """At most: codeblocks carry 7 octets in 8; the rest is headers, start and tail, security."""
    return len(item.segment.data) * 8 // 7 + 63
