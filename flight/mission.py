"""Mission: the world, the vehicles and the executive, built once, reset to any scenario and seed, and run."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.channel import Channel
from flight.clock import prepare_thread
from flight.clock_options import split
from flight.doors.inbox import Inbox
from flight.doors.outlet import FRAME_LENGTH, Outlet
from flight.doors.pumps import CODED_LENGTH
from flight.executive import (
    CHARGE_MEASURE,
    CHARGE_MODEL,
    CHARGE_REPLAY,
    STOP_CONDITION,
    STOP_DONE,
    STOP_PYTHON_SLOT,
    STOP_REQUESTED,
    STOP_SECOND,
    Executive,
    Row,
)
from flight.handles import Handles
from flight.link import Radio
from flight.nonvolatile import NonVolatile
from flight.python_slot import Publish, PythonSlot
from flight.real_time import RealTime
from flight.record_log import LOG_CHARGES, LOG_LATE, LOG_UPLINK, RecordLog
from flight.scenarios import SCENARIOS, SEEDS, Scenario
from flight.space import Space
from flight.state import digest, pack, restore, signature, unpack
from flight.symbols import Symbols
from flight.vehicle import Vehicle
from hal.core.arena import Arena
from hal.core.supply import Supply
from hal.core.world import World, WorldApplication, WorldPythonSlot
from hal.flash import FlashMemory
from wire.dictionary import DICTIONARIES

if TYPE_CHECKING:
    from flight.hardware import Hardware
    from flight.recording import InputRecorder
    from flight.security import Security

HARNESS_OCTETS = 384 * 1024
WORLD_SLOTS = 200  # numbers of the world's Python slots in logs, from here on
LOG_KINDS = {LOG_UPLINK: "uplink", LOG_CHARGES: "charges", LOG_LATE: "late"}


class _WorldSide:
    """A world's application as Python slots run them."""

    def __init__(self, application: WorldApplication) -> None:
        self.application = application
        self.freeze, self.thaw = application.freeze, application.thaw

    def step(self, tick: int, command: Any, inputs: dict[str, Any]) -> list[Any]:
        return [Publish(self.application.step(tick, inputs))]


class Mission(Handles):
    """Everything that flies and what it flies in. Not for several threads at once, but for `request_stop`.

    `real_time` missions measure execution time and run Python slots on a thread. `state` is the directory that keeps what is not volatile.
    `link` is one of `wire.dictionary.links.LINKS`. `channel` are settings of `flight.channel_settings`, by direction; None: no channel is
    modelled. `tc_format` and `tm_format` are of `wire.dictionary.links`. Raises ValueError for an unknown scenario, or one that the link
    cannot join.
    """

    def __init__(
        self, world: World, scenario: str, seed: int, *, options: Mapping[str, float] | None = None, real_time: bool = False,
        state: Path | None = None, hardware: Hardware | None = None, recorder: InputRecorder | None = None, link: str = "lab",
        security: Security | None = None,
        channel: Mapping[str, Mapping[str, float]] | None = None, tc_format: str = "cltu", tm_format: str = "cadu",
    ) -> None:  # fmt: skip
        self.scenario_row, self.link, self.security = self._scenario(scenario), link, security
        self.world, self.real_time, self.recorder, self.hardware = world, real_time, recorder, hardware
        self.tick_ns = self.scenario_row.tick_ns
        self.ticks_per_second = 1_000_000_000 // self.tick_ns
        self.log, self.inbox, self.outlet = RecordLog(), Inbox(), Outlet(lossy=real_time)
        self.log.enabled = recorder is not None
        self.harness = Arena("harness", HARNESS_OCTETS)
        self.nonvolatile = NonVolatile(state) if state is not None else None
        self.vehicles = [self._vehicle(i, page, state) for i, page in enumerate(self.scenario_row.pages)]
        self._connect(channel, tc_format == "frame", FRAME_LENGTH if tm_format == "frame" else CODED_LENGTH)
        self._digests: dict[int, str] = {}
        self._second = -1
        self._threads: RealTime | None = None
        self.punctuality = {"timer_slack": False, "fifo": False}
        self.reset(scenario, seed, options or {}, log=False)
        self._drain()  # the boot is counted before anybody can see it
        self.executive.stop_at_seconds(not real_time)

    @staticmethod
    def _scenario(name: str) -> Scenario:
        if name not in SCENARIOS:
            raise ValueError(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}")
        return SCENARIOS[name]

    def _vehicle(self, index: int, page: Any, state: Path | None) -> Vehicle:
        flash = None
        if page.flash:
            flash = FlashMemory(path=state / f"{page.name}.flash" if state is not None else None)
        return Vehicle(page, index, self.harness, self.tick_ns, self.log, flash)

    def _connect(self, channel: Mapping[str, Mapping[str, float]] | None, bare_up: bool, coded_octets: int) -> None:
        """Join world, radio, vehicles and table; then take the image of everything as built."""
        vehicles = self.vehicles
        computers = [vehicle.computer for vehicle in vehicles]
        identifiers = [DICTIONARIES[v.name].vehicle.spacecraft_id for v in vehicles]
        radio = Radio(self.harness, self.inbox, self.log, computers, identifiers, bare_up)
        self.channel = Channel(radio, self.outlet, channel, coded_octets, self.tick_ns) if channel is not None else None
        buses = {f"{v.name}.{name}": bus for v in vehicles for name, bus in v.buses.items()}
        pumps = [] if self.hardware is None else self.hardware.open(buses)
        self.world.connect({name: bus for name, bus in buses.items() if self.hardware is None or self.hardware.is_simulated(name)})
        self.world.feed({v.name: Supply(self.harness, f"computer.{v.name}.powered") for v in vehicles})
        self.space = self._space(radio) if self.link == "queqiao" else None
        rows = [] if self.channel is None else [Row("channel", self.channel.slot)]
        rows += [Row("radio", radio.slot), *([] if self.space is None else [Row("space", self.space.slot)])]
        rows += [*(Row(f"hardware.{slot.name}", slot) for slot in pumps)]
        rows += [Row(f"world.{slot.code.name}", slot.code, divisor=slot.divisor, phase=slot.phase) for slot in self.world.slots()]
        self.python_slots = {f"world.{row.name}": self._world_python_slot(i, row) for i, row in enumerate(self.world.python_slots())}
        rows += [Row(name, slot.slot, python=True) for name, slot in self.python_slots.items()]
        self.python_slots |= {f"{vehicle.name}.{slot.name}": slot for vehicle in vehicles for slot in vehicle.python_slots}
        first = []
        for vehicle in vehicles:
            vehicle.connect(radio, self.outlet, self.space)
            if self.security is not None:
                rows += self.security.install(vehicle, radio, self.harness, self.log)
                self.python_slots[f"{vehicle.name}.security"] = vehicle.python_slots[-1]
            first.append(len(rows))
            rows += vehicle.rows()
        self.executive = Executive(self.harness, rows, computers, self.log, self.tick_ns)
        for vehicle, place in zip(vehicles, first, strict=True):
            vehicle.attach(self.executive, place)
            vehicle.computer.seal()
        self.outside = [self.world.arena, self.harness, *(part.arena for part in (self.space, self.channel) if part is not None)]
        self.arenas = [*self.outside, *(vehicle.arena for vehicle in vehicles)]
        self.names = Symbols(self.arenas, self.world)
        self._python = dict(self._python_rows(rows))
        self._built = [arena.save() for arena in self.outside]
        self._formatted: dict[str, tuple[dict[int, bytes], bytes]] = {}
        for vehicle in vehicles:
            if vehicle.storage is not None and vehicle.flash is not None:
                if not vehicle.storage.is_formatted():
                    vehicle.storage.format()
                self._formatted[vehicle.name] = vehicle.flash.save()

    def _space(self, radio: Radio) -> Space:
        if self.world.ranges is None:
            raise ValueError("the link queqiao needs distances, and this world has none")
        return Space(self.world.ranges, radio, self.outlet, self.tick_ns)

    def _python_rows(self, rows: Sequence[Row]) -> list[tuple[int, Any]]:
        slots = {id(slot.slot): slot for slot in self.python_slots.values()}
        return [(i, slots[id(row.code)]) for i, row in enumerate(rows) if row.python]

    def _world_python_slot(self, number: int, row: WorldPythonSlot) -> PythonSlot:
        return PythonSlot(
            self.world.arena, None, None, _WorldSide(row.application), self.log, name=row.name, index=WORLD_SLOTS + number,
            latency_ticks=round(row.latency_s * self.ticks_per_second), inputs=row.inputs, record=row.record, trigger=row.trigger,
        )  # fmt: skip

    # --- the start of a run ---

    def reset(self, scenario: str, seed: int, options: Mapping[str, float] | None = None, *, log: bool = True) -> None:
        """Go to the start of a scenario, without building anything anew. Raises ValueError when that needs another table."""
        row = self._scenario(scenario)
        if row.tick_ns != self.tick_ns or row.pages != self.scenario_row.pages:
            raise ValueError(f"scenario {scenario!r} runs another table: start another emulator with --scenario {scenario}")
        if not 0 <= seed < SEEDS:
            raise ValueError(f"a seed is a number from 0 to {SEEDS - 1}, not {seed}")
        self.settle()
        self._drain()
        tick, options = self.tick, dict(options or {})
        of_world, clocks = split(options, [vehicle.name for vehicle in self.vehicles])
        before = [arena.save() for arena in self.outside]
        self._load_outside(self._built)
        try:
            self.world.initialise(scenario, seed, of_world)
        except Exception:
            self._load_outside(before)
            raise
        if log:
            self._log_at(tick, "reset", {"scenario": scenario, "seed": seed, "options": options})
        self.scenario_row, self.seed, self.options, self.clocks = row, seed, options, clocks
        if self.channel is not None:
            self.channel.start(seed)
        for slot in self.python_slots.values():
            slot.restart()
        for vehicle in self.vehicles:
            self._prepare(vehicle)
        self._digests.clear()
        self._second = -1

    def _load_outside(self, octets: Sequence[bytes]) -> None:
        for arena, saved in zip(self.outside, octets, strict=True):
            arena.load(saved)

    def _load_image(self, vehicle: Vehicle) -> None:
        vehicle.computer.load_image()
        telemetry = vehicle.arena.view("telemetry")
        telemetry["epoch_tai_s"], telemetry["tick_ns"] = self.scenario_row.epoch_tai_s, self.tick_ns
        clock = self.clocks[vehicle.name]
        telemetry["clock_offset_ns"], telemetry["clock_drift_ppb"] = clock.offset_ns, clock.drift_ppb
        vehicle.computer.amend_image("telemetry")

    def _prepare(self, vehicle: Vehicle) -> None:
        self._load_image(vehicle)
        modes = self.scenario_row.modes | ({"relay": "FORWARDING"} if self.space is not None else {})
        if vehicle.name in modes:
            mode = vehicle.arena.view("mode")
            mode["mode"] = mode["previous"] = vehicle.dictionary.vehicle.modes[modes[vehicle.name]]
        if self.scenario_row.upload and "navigation" in vehicle.parts:
            vehicle.parts["navigation"].load_state(self.world.uploaded_state())
        if vehicle.flash is not None:
            vehicle.flash.load(*self._formatted[vehicle.name])
        if self.nonvolatile is not None:
            self.nonvolatile.restore(vehicle.name, self.harness.view(f"computer.{vehicle.name}"))
        if self.security is not None:
            self.security.restore(vehicle.name, self.harness.view(f"security.{vehicle.name}"))

    # --- running ---

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return self.scenario_row.name

    def request_stop(self) -> None:
        """Any thread: leave the loop at the next tick boundary."""
        self.executive.request_stop()

    def run(self, ticks: int) -> int:
        """Run in lockstep as fast as can be; ticks done, fewer when asked to stop."""
        return self._run(ticks, 0, CHARGE_MODEL)

    def run_paced(self, ticks: int, factor: float) -> int:
        """Lockstep, held to `factor` times real time."""
        return self._run(ticks, round(self.tick_ns / factor), CHARGE_MODEL)

    def run_real(self, ticks: int) -> int:
        """Real time: measured charges, Python slots on a thread."""
        if self._threads is None:
            self._threads = RealTime(self.executive, self.arenas, self.python_slots.values(), self._record_digest, self._drain)
            self._threads.start()
            self.punctuality = prepare_thread()  # after the threads: they would inherit it
        return self._run(ticks, self.tick_ns, CHARGE_MEASURE)

    def run_replayed(self, ticks: int) -> int:
        """Lockstep, charging what a real-time recording measured and `executive.replay_charges` was given."""
        return self._run(ticks, 0, CHARGE_REPLAY)

    def run_until(self, conditions: Sequence[tuple[str, str, float]], max_ticks: int, factor: float = 0.0) -> dict[str, Any]:
        """Run until one of the conditions (symbol, operator, value) holds after a tick: its place, or None, and the tick reached."""
        self.executive.set_conditions([self.names.condition(*row) for row in conditions])
        try:
            if self.real_time:
                self.run_real(max_ticks)
            else:
                self._run(max_ticks, round(self.tick_ns / factor) if factor else 0, CHARGE_MODEL)
            met = self.executive.condition_met
        finally:
            self.executive.set_conditions([])
        return {"met": met if met >= 0 else None, "tick": self.tick}

    def run_guarded(self, ticks: int) -> int:
        """Run with the world's memory denied to every slot of a computer: for the test that nobody on board reads truth."""
        self.executive.guard(self.world.arena)
        try:
            return self.run(ticks)
        finally:
            self.executive.guard(None)

    def _run(self, ticks: int, tick_wall_ns: int, charges: int) -> int:
        start = self.tick
        until = start + ticks
        self.executive.pace(tick_wall_ns, charges)
        while self.tick < until or self.executive.in_tick:
            reason = self.executive.run(until)
            if reason == STOP_PYTHON_SLOT:
                self._python[self.executive.pending_row].execute()
                continue
            self._at_boundary()
            if reason == STOP_REQUESTED:
                self.executive.clear_stop()
                break
            if reason == STOP_CONDITION:
                break
            assert reason in (STOP_DONE, STOP_SECOND)
        return self.tick - start

    def _at_boundary(self) -> None:
        """What is done outside the loop at the end of a second, or whenever the loop was left."""
        if not self.real_time and self.tick % self.ticks_per_second == 0 and self.tick // self.ticks_per_second != self._second:
            self._second = self.tick // self.ticks_per_second
            self._record_digest(self._second, self.digest())
        self._drain()

    def settle(self) -> None:
        """Wait until nothing runs beside the loop."""
        if self._threads is not None:
            self._threads.settle()
            self._drain()

    def close(self) -> None:
        """End threads and give files back."""
        if self._threads is not None:
            self._threads.stop()
            self._threads = None
        self._drain()
        if self.hardware is not None:
            self.hardware.close()
        for vehicle in self.vehicles:
            if vehicle.flash is not None:
                vehicle.flash.close()

    # --- the log of what comes in ---

    _draining = threading.Lock()

    def _drain(self) -> None:
        with self._draining:
            charges, first = list[bytes](), 0
            for tick, kind, octets in self.log.drain() if self.log.enabled else ():
                if kind == LOG_CHARGES:
                    first = first if charges else tick
                    charges.append(octets)
                else:
                    self._log_at(tick, LOG_KINDS[kind], octets)
            if charges:
                self._log_at(first, "charges", b"".join(charges))
            if self.nonvolatile is not None:
                self.nonvolatile.keep({v.name: self.harness.view(f"computer.{v.name}") for v in self.vehicles})

    def _log_at(self, tick: int, kind: str, payload: bytes | Mapping[str, Any]) -> None:
        if self.recorder is not None:
            self.recorder.input(tick, kind, payload)

    def _log_input(self, kind: str, payload: bytes | Mapping[str, Any]) -> None:
        self._drain()
        self._log_at(self.tick, kind, payload)

    def _record_digest(self, second: int, value: str) -> None:
        self._drain()  # what came in before stands before
        self._digests[second] = value
        if self.recorder is not None:
            self.recorder.digest(second, value)

    # --- state ---

    def digest(self) -> str:
        """The digest of all state now."""
        self.settle()
        frozen = [slot.frozen() for slot in self.python_slots.values()]
        return digest([arena.memory() for arena in self.arenas], frozen)

    def digests(self, since_second: int = 0) -> list[tuple[int, str]]:
        """Second and digest of every full second since."""
        return [(second, value) for second, value in sorted(self._digests.items()) if second >= since_second]

    @cached_property
    def _tables(self) -> str:
        return signature(self.arenas)

    def snapshot(self) -> bytes:
        """Everything, between two ticks."""
        self.settle()
        header = {"scenario": self.scenario, "link": self.link, "seed": self.seed, "options": self.options, "tick": self.tick}
        return pack(header, self._tables, self.arenas, self.python_slots, self.vehicles, self.world.save_outside())

    def restore(self, octets: bytes) -> None:
        """Go to the time of a snapshot. Raises ValueError when it is damaged or of another build."""
        header, body = unpack(octets)
        row = self._scenario(header["scenario"])
        if header["link"] != self.link:
            raise ValueError(f"the snapshot flew on the link {header['link']}, this emulator on {self.link}")
        self.settle()
        self._log_input("restore", octets)
        outside = restore(header, body, self._tables, self.arenas, self.python_slots, self.vehicles)
        self.world.load_outside(outside)
        self.scenario_row, self.seed, self.options = row, header["seed"], header["options"]
        _, self.clocks = split(self.options, [vehicle.name for vehicle in self.vehicles])
        for vehicle in self.vehicles:
            present = vehicle.arena.save()
            self._load_image(vehicle)  # what its next boot loads has the epoch of the snapshot's scenario
            vehicle.arena.load(present)
        self._second = self.tick // self.ticks_per_second if self.tick % self.ticks_per_second == 0 else -1
        self._digests = {second: value for second, value in self._digests.items() if second * self.ticks_per_second <= self.tick}
