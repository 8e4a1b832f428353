"""Vehicle: builds one computer and everything that runs on it, as its page says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flight.apps.system import SystemApplication
from flight.computer import Computer
from flight.doors.outlet import Outlet
from flight.executive import Executive, Row
from flight.link import Downlink, Radio
from flight.modes import ModeManager
from flight.page import Page, Part, PythonPart
from flight.ports import AppLinks
from flight.python_slot import PythonSlot
from flight.record_log import RecordLog
from flight.services.events import EventService
from flight.services.function import FunctionService
from flight.services.housekeeping import HousekeepingService
from flight.services.parameters import ParameterService
from flight.services.requests import REJECTED, RequestService
from flight.services.test import TestService
from flight.services.time import TimeService
from flight.space import Space
from flight.storage import Storage
from flight.telemetry import TelemetryStore
from flight.transmitter import Transmitter
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.flash import FlashMemory
from wire.dictionary import DICTIONARIES, Dictionary
from wire.dictionary.links import RATE_AT_POWER_ON, RETURN_BIT_S
from wire.dictionary.mission import TC_MAPS
from wire.dictionary.rows import ALL, Command
from wire.export import dictionary_hash
from wire.layout import LayoutRow, layout
from wire.packer import PackTable
from wire.shapes import report_shape

ARENA_OCTETS = 320 * 1024
OWN_APPLICATIONS = ("system", "requests", "modes")  # of every computer; their queues come first


class Vehicle:
    """One vehicle: its computer, arena, parts and services. `parts` holds them by the names of the page."""

    def __init__(self, page: Page, index: int, harness: Arena, tick_ns: int, log: RecordLog, flash: FlashMemory | None) -> None:
        self.page, self.name, self.tick_ns = page, page.name, tick_ns
        self.ticks_per_second = 1_000_000_000 // tick_ns
        self.dictionary: Dictionary = DICTIONARIES[page.name]
        self.arena = Arena(page.name, ARENA_OCTETS)
        self.flash = flash
        self.storage = Storage(flash) if flash is not None else None
        self.computer = Computer(
            page.name, index, harness, self.arena,
            budget_ns=round(page.frame_budget_us * 1000 * tick_ns / 10_000_000),
            watchdog_ticks=round(page.watchdog_s * self.ticks_per_second),
            boot_ticks=round(page.boot_s * self.ticks_per_second),
        )  # fmt: skip
        self.telemetry = TelemetryStore(self.arena, [apid.number for apid in self.dictionary.vehicle.apids])
        self.buses = {row.name: Bus(harness, f"{page.name}.{row.name}", row.kind) for row in page.buses}
        applications = [part.name for part in page.parts if isinstance(part, PythonPart) or part.links]
        self.links = {name: AppLinks(self.arena, name) for name in (*OWN_APPLICATIONS, *applications)}
        self.python_slots: list[PythonSlot] = []
        self.parts: dict[str, Any] = {}
        self._build_modes()
        self.parts["system"] = self._build_system(list(self.links.values()))
        for part in page.parts:
            self.parts[part.name] = self._build_python(part, log) if isinstance(part, PythonPart) else self._build_part(part)
        self._watch_devices(self.parts["system"])

    def _event(self, name: str) -> int:
        return self.dictionary.event(name).id

    def _build_modes(self) -> None:
        modes = self.dictionary.vehicle.modes
        edges = [(modes[a], modes[b]) for a, b in self.page.edges]
        events = (self._event("mode_changed"), self._event("mode_refused"))
        self.modes = ModeManager(
            self.arena, self.links["modes"], list(self.links.values()), len(modes.members), edges, modes[self.page.initial_mode], *events
        )
        self.parts["modes"] = self.modes

    def _build_part(self, part: Part) -> Any:
        module, _, name = part.made_by.partition(":")
        given = [self.buses[take[4:]] if take.startswith("bus.") else self.parts[take] for take in part.takes]
        made_by = getattr(import_module(module), name)
        if part.links:
            return made_by(self.arena, self.links[part.name], *given, **part.settings)
        return made_by(self.arena, *given, part.name, **part.settings)

    def _build_python(self, part: PythonPart, log: RecordLog) -> PythonSlot:
        module, _, name = part.made_by.partition(":")
        record, kind = part.record
        if record not in self.arena.records:  # an application in C may have taken it, to read it
            self.arena.record(record, kind)
        slot = PythonSlot(
            self.arena, self.computer, self.links[part.name], getattr(import_module(module), name)(self.storage, **part.settings), log,
            name=part.name,
            index=self.computer.index * 16 + len(self.python_slots),
            latency_ticks=round(part.latency_s * self.ticks_per_second),
            period_ticks=round(part.period_s * self.ticks_per_second),
            inputs=part.inputs,
            record=record,
            trigger=part.trigger,
            telemetry=self.telemetry,
        )  # fmt: skip
        self.python_slots.append(slot)
        return slot

    def connect(self, radio: Radio, outlet: Outlet, space: Space | None = None) -> None:
        """Build the services, now that every record exists, and join them to the radio; by way of `space` on the link `queqiao`."""
        dictionary, arena = self.dictionary, self.arena
        links = list(self.links.values())
        apids = [apid.number for apid in dictionary.vehicle.apids]
        downlink = Downlink(self.telemetry, outlet, dictionary.vehicle.spacecraft_id, self.ticks_per_second)
        arena.view("downlink")["rate"] = RATE_AT_POWER_ON[self.name]
        self.parts["downlink"] = downlink if space is None else self._transmitter(downlink, space)
        self.parts["requests"] = RequestService(
            arena, self.telemetry, radio, downlink, self.name, apids, [row.number for row in TC_MAPS], self.modes, self.links["requests"],
            links, self._event(REJECTED), self.ticks_per_second,
        )  # fmt: skip
        self.parts["events"] = EventService(arena, self.telemetry, dictionary.events, links)
        self.parts["housekeeping"] = HousekeepingService(arena, self.telemetry, self._reports())
        self.parts["time"] = TimeService(self.telemetry, downlink)
        self._register(self.parts["requests"], apids)

    def _transmitter(self, downlink: Downlink, space: Space) -> Transmitter:
        forwarding = self.parts.get("forwarding")
        if forwarding is not None:
            forwarding.join(space)
        claims = [(row.claim, row.share_percent, row.patience_frames) for row in self.page.line]
        return Transmitter(downlink, space, self.name, RETURN_BIT_S[self.name], claims, forwarding, self.tick_ns)

    def _build_system(self, links: list[AppLinks]) -> SystemApplication:
        dictionary = self.dictionary
        functions = {c.name: c.function for c in dictionary.commands if c.function is not None}
        modes = dictionary.vehicle.modes
        return SystemApplication(
            self.arena, self.links["system"], self.computer, self.telemetry, self.modes, links,
            {event.name: event.id for event in dictionary.events}, functions, {m.name: m.value for m in modes.members},
            int(dictionary_hash()[:8], 16), self.tick_ns,
        )  # fmt: skip

    def _watch_devices(self, system: SystemApplication) -> None:
        for part in self.page.parts:
            if isinstance(part, Part) and part.device:
                system.monitor(part.name, self._event(f"{part.device}_degraded"), self._event(f"{part.device}_recovered"))
        for command, record in self.page.switches.items():
            function = self.dictionary.command(command).function
            assert function is not None
            system.switch(function, record)

    def _source(self, name: str) -> tuple[int, str]:
        symbol = self.arena.symbol(name)
        return symbol.offset, symbol.type

    def _reports(self) -> list[tuple[int, int, int, bool, PackTable]]:
        rows = []
        for report in self.dictionary.reports:
            # The structure's identifier is written by the service; the rows are the parameters, from offset 0.
            whole = layout(report_shape(self.dictionary, report))
            shift = min(row.offset for row in whole if row.name in report.parameters)
            rows_of = [LayoutRow(r.name, r.offset - shift, r.kind) for r in whole if r.name in report.parameters]
            table = PackTable(rows_of, {row.name: self._source(row.name) for row in rows_of})
            rows.append((report.id, report.apid, round(report.period_s * self.ticks_per_second), report.enabled, table))
        return rows

    def _mask(self, command: Command) -> int:
        if command.modes == ALL:
            return 0xFFFFFFFF
        return sum(1 << self.dictionary.vehicle.modes[name] for name in command.modes)

    def _register(self, requests: RequestService, apids: list[int]) -> None:
        """Every kind of request that the dictionary's commands can make, for the application that they name."""
        dictionary = self.dictionary
        pool = [LayoutRow(row.name, 8 * i, row.kind) for i, row in enumerate(dictionary.parameters)]
        table = PackTable(pool, {row.name: self._source(row.name) for row in pool}, merge=False)
        names = {apid.number: apid.name for apid in dictionary.vehicle.apids}
        functions = [
            (command, self.links[self.page.owners[names[command.apid]]], self._mask(command))
            for command in dictionary.commands
            if command.function is not None
        ]
        services: list[Any] = [
            TestService(self.telemetry),
            self.parts["housekeeping"],
            FunctionService(functions, self.modes),
            ParameterService(self.arena, self.telemetry, dictionary.parameters, table),
        ]
        handlers = {(h.service, h.subtype): h for service in services for h in service.handlers}
        served = dict.fromkeys((c.apid, c.service, c.subtype) for c in dictionary.commands)
        for apid, service, subtype in served:
            commands = [c for c in dictionary.commands if (c.apid, c.service, c.subtype) == (apid, service, subtype)]
            mask = 0xFFFFFFFF if service == 8 else self._mask(commands[0])
            requests.serve(apid, handlers[service, subtype], mask)

    def rows(self) -> list[Row]:
        """This vehicle's rows of the executive's table."""
        found = []
        for line in self.page.schedule:
            part, _, attribute = line.slot.rpartition(".")
            made = self.parts[part]
            found.append(
                Row(
                    f"{self.name}.{line.slot}", getattr(made, attribute), self.computer.index, line.divisor, line.phase,
                    line.cost_us, line.budget_us, line.sheddable, isinstance(made, PythonSlot),
                )
            )  # fmt: skip
        return found

    def attach(self, executive: Executive, first_row: int) -> None:
        """Give the watchdog the progress of this vehicle's rows: each may stand still for three of its periods, and 20 ticks at least."""
        patience = [0 if line.sheddable else max(3 * line.divisor, 20) for line in self.page.schedule]
        self.parts["system"].attach(executive, first_row, patience)
