"""The spacecraft and the station in step: time passes here alone, and what was sent meanwhile is archived before anybody looks.

Commands and telemetry go over the radio's sockets; the bench door lets time pass, and tells truth. Nothing is decided by the wall's time:
the same calls in the same order give the same digests, at any speed and on any machine.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ground.archive import Branch
from ground.bench import Bench, BenchError, Condition, Emulator, EmulatorError
from ground.clock import SECOND_NS, GroundClock
from ground.commanding import CommandStatus
from ground.decode import Decoded, EventReport
from ground.demo_narrator import Narrator
from ground.errors import NothingCameError
from ground.station import Station
from ground.telemetry import events

TRUTH_PERIOD_S = 0.2
LOOK_S = 0.1  # between two looks at a command that is being waited for
PATIENCE_S = 60.0  # of the wall: only for what should come at once, and did not
EPOCH, TICK = "lander.telemetry.epoch_tai_s", "lander.telemetry.tick_ns"


@dataclass(frozen=True, slots=True)
class Truth:
    """Lander and rover as they are: time from the scenario's epoch, as packets made in the same tick carry it."""

    time_s: float
    altitude_m: float
    vertical_speed_m_s: float
    speed_m_s: float = 0.0
    rover_m: tuple[float, float] = (0.0, 0.0)
    rover_free: bool = False


class Lockstep:
    """One emulator that runs in lockstep and stands still between calls, and one station. `truth` is by branch of the archive."""

    def __init__(self, emulator: Emulator, station: Station, narrator: Narrator, truth_period_s: float = TRUTH_PERIOD_S) -> None:
        """Connects; the emulator is paused at its first tick. Raises NoLinkError."""
        self.truth_period_s = truth_period_s
        self.bench: Bench = emulator.bench
        self.station = station
        self.narrator = narrator
        self.truth: dict[int, list[Truth]] = {}
        self._emulator = emulator
        self._wall = GroundClock()
        self._changed = threading.Condition()
        self._handed_over = 0
        self.tick, self.digest = int(self.bench.status()["tick"]), self.bench.digest()
        self.tick_s = self.bench.peek(TICK) / SECOND_NS
        self.epoch_ns = int(self.bench.peek(EPOCH)) * SECOND_NS
        self._frames_before = self._frames_sent()
        station.listeners.append(self._take)
        station.state_listeners.append(lambda connected: self._notify())
        station.warnings.append(narrator.warn)
        station.connect(PATIENCE_S)

    # --- time ---

    @property
    def time_s(self) -> float:
        """Time from the scenario's epoch."""
        return round(self.tick * self.tick_s, 6)

    def spacecraft_s(self, time_ns: int) -> float:
        """A packet's time from the scenario's epoch; the code's steps of 60 ns are rounded to ticks."""
        return round(round((time_ns - self.epoch_ns) * 1e-9 / self.tick_s) * self.tick_s, 6)

    def pass_seconds(self, seconds: float) -> None:
        """Let so much simulated time pass."""
        self._pass(round(seconds / self.tick_s), ())

    def pass_until(self, conditions: Sequence[Condition], limit_s: float) -> bool:
        """Let time pass until one of the conditions holds; False when none has within the limit."""
        return self._pass(round(limit_s / self.tick_s), conditions) is not None

    def _pass(self, ticks: int, conditions: Sequence[Condition]) -> int | None:
        """In pieces that end where truth is looked at."""
        period = round(self.truth_period_s / self.tick_s)
        until, met = self.tick + ticks, None
        while self.tick < until and met is None:
            piece = min(until - self.tick, period - (self.tick - 1) % period)
            run = self.bench.run_until(conditions, piece * self.tick_s) if conditions else self.bench.run(ticks=piece)
            self.tick, self.digest, met = run.tick, run.digest, run.met
            self._look_at_truth()
        self.catch_up()
        return met

    def _look_at_truth(self) -> None:
        found = self.bench.truth()
        time_s = (self.tick - 1) * self.tick_s  # of the tick that has just run
        east, north, _ = found["rover.position_m"]
        sample = Truth(
            time_s, found["lander.altitude_m"], found["lander.velocity_m_s"][2], found["lander.speed_m_s"],
            (east, north), found["rover.free_tick"] >= 0,
        )  # fmt: skip
        self.truth.setdefault(self.station.branch, []).append(sample)

    def catch_up(self) -> None:
        """Return when every frame that the spacecraft has sent is archived and shown. Raises NothingCameError and EmulatorError."""
        sent = self._frames_sent() - self._frames_before

        def all_here() -> bool:
            counters = self.station.link.counters()
            packets = sum(channel["packets"] for channel in counters.channels.values())
            return counters.link["frames"] >= sent and self._handed_over >= packets

        self._wait(all_here, f"telemetry: {sent} frames were sent, and not all came")

    def _frames_sent(self) -> int:
        return int(self.bench.status()["outlet"]["frames"])

    def _wait(self, holds: Any, what: str) -> None:
        """Wait for what the other threads are doing already."""
        until_ns = self._wall.now_ns() + int(PATIENCE_S * SECOND_NS)
        with self._changed:
            while not holds():
                if self.station.link.failure is not None:
                    raise self.station.link.failure
                if not self._emulator.is_running():
                    raise EmulatorError("the emulator has ended by itself")
                if self._wall.now_ns() > until_ns:
                    raise NothingCameError(f"{what} within {PATIENCE_S:g} s", "is the machine overloaded?")
                self._changed.wait(0.002)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take(self, decoded: Decoded) -> None:
        """On the link's thread."""
        self.narrator.hear(decoded, self.spacecraft_s(decoded.packet.time_ns))
        with self._changed:
            self._handed_over += 1
            self._changed.notify_all()

    # --- commands and what comes back ---

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> CommandStatus:
        """Send a command; it is taken on board in the next tick."""
        return self.station.command(name, arguments, self.narrator.stage)

    def follow(self, status: CommandStatus, limit_s: float, look_s: float = LOOK_S, state: str = "") -> bool:
        """Let time pass until the command has come to its end, or to a state; False when it has not within the limit."""
        until = self.tick + round(limit_s / self.tick_s)
        while not (status.final or status.state == state):
            if self.tick >= until:
                return False
            self.pass_seconds(look_s)
        return True

    def value(self, name: str) -> float | int | str:
        """A parameter's latest value in telemetry, for display. Raises NothingCameError."""
        sample = self.station.values.get(name)
        if sample is None:
            raise NothingCameError(f"no telemetry has brought {name}")
        return sample.value

    def events(self, name: str, since_s: float = 0.0) -> list[EventReport]:
        """Events `VEHICLE.NAME` on the present branch of the archive, oldest first."""
        found = events(self.station.archive, self.station.branch)
        return [e for e in found if f"{e.vehicle}.{e.event.name}" == name and self.spacecraft_s(e.packet.time_ns) >= since_s]

    # --- back in time ---

    def rewind(self, octets: bytes, reason: str) -> Branch:
        """Restore a snapshot. The spacecraft drops the radio's clients; the station comes back, on a branch of its own."""
        connections = self.station.link.connections
        self.digest = self.bench.restore(octets)
        self.tick = int(self.bench.status()["tick"])
        link = self.station.link
        self._wait(lambda: link.connected and link.connections > connections, "the telemetry link did not come back")
        return link.timeline.begin(reason)


def explain(error: BenchError | ConnectionError | EmulatorError, emulator: Emulator) -> tuple[str, str]:
    """What went wrong with the emulator, and what it said last."""
    if isinstance(error, BenchError):
        return f"the bench door refused: {error}", str(error.data.get("reason", ""))
    return f"the emulator failed: {error}", emulator.said()
