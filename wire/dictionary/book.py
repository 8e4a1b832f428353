"""Dictionary: the rows of one vehicle, checked against each other, with look-ups by name and by identifier."""

from dataclasses import dataclass, field
from difflib import get_close_matches

from wire.dictionary.rows import (
    ALL,
    MAX_SOURCE_DATA,
    Apid,
    Command,
    Enumeration,
    Event,
    Parameter,
    Report,
    Vehicle,
    require,
    require_unique,
)


class UnknownNameError(KeyError):
    """No row of that name or identifier; the message offers what is near."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Dictionary:
    """Everything one vehicle says and understands. Names may carry the vehicle's (`lander.nav.altitude_m`) or not (`nav.altitude_m`)."""

    vehicle: Vehicle
    parameters: tuple[Parameter, ...]
    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    reports: tuple[Report, ...]
    _rows: dict[tuple[str, str | int], object] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for what, rows in self._tables().items():
            require_unique(f"{self.vehicle.name}: {what}", (row.name for row in rows))
            self._rows.update({(what, row.name): row for row in rows})
        for what, numbered in (("parameter", self.parameters), ("event", self.events), ("report", self.reports)):
            require_unique(f"{self.vehicle.name}: {what} identifier", (row.id for row in numbered))
            self._rows.update({(what, row.id): row for row in numbered})
        self._check_commands()
        self._check_reports()
        apids = {apid.number for apid in self.vehicle.apids}
        owned = [(row.name, row.apid) for rows in (self.commands, self.events, self.reports) for row in rows]
        for name, apid in owned:
            require(apid in apids, f"{self.vehicle.name}.{name}: APID {apid:#x} is no application of this vehicle")
        require_unique(f"{self.vehicle.name}: enumeration", (e.name for e in self.enumerations()))

    def _tables(self) -> dict[str, tuple[Parameter | Command | Event | Report, ...]]:
        return {"parameter": self.parameters, "command": self.commands, "event": self.events, "report": self.reports}

    def _check_commands(self) -> None:
        codes = ((c.apid, c.service, c.subtype, c.function) for c in self.commands)
        require_unique(f"{self.vehicle.name}: command [APID, service, subtype, function]", codes)
        for command in self.commands:
            unknown = set(command.modes) - set(self.vehicle.modes.names)
            require(command.modes == ALL or not unknown, f"{self.vehicle.name}.{command.name}: unknown modes {sorted(unknown)}")

    def _check_reports(self) -> None:
        for report in self.reports:
            octets = 2
            for name in report.parameters:
                require(("parameter", name) in self._rows, f"{self.vehicle.name}.{report.name}: no parameter {name!r}")
                octets += self.parameter(name).octets
            require(octets <= MAX_SOURCE_DATA, f"{self.vehicle.name}.{report.name}: {octets} octets do not fit in a packet")

    def _find(self, what: str, key: str | int) -> object:
        name = key.removeprefix(f"{self.vehicle.name}.") if isinstance(key, str) else key
        if (what, name) in self._rows:
            return self._rows[what, name]
        if isinstance(name, int):
            raise UnknownNameError(f"{self.vehicle.name} has no {what} with identifier {name}")
        near = get_close_matches(name, [row.name for row in self._tables()[what]], n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UnknownNameError(f"{self.vehicle.name} has no {what} {name!r}{hint}")

    def parameter(self, key: str | int) -> Parameter:
        """By name or identifier. Raises UnknownNameError, as do the other look-ups."""
        row = self._find("parameter", key)
        assert isinstance(row, Parameter)
        return row

    def command(self, name: str) -> Command:
        row = self._find("command", name)
        assert isinstance(row, Command)
        return row

    def event(self, key: str | int) -> Event:
        row = self._find("event", key)
        assert isinstance(row, Event)
        return row

    def report(self, key: str | int) -> Report:
        row = self._find("report", key)
        assert isinstance(row, Report)
        return row

    def apid(self, number: int) -> Apid:
        """The application with that APID. Raises UnknownNameError."""
        for apid in self.vehicle.apids:
            if apid.number == number:
                return apid
        raise UnknownNameError(f"{self.vehicle.name} has no application with APID {number:#x}")

    def legal(self, command: Command, mode: int) -> bool:
        """Whether a command is legal in a mode, given by its number."""
        return command.modes == ALL or self.vehicle.modes.name_of(mode) in command.modes

    def enumerations(self) -> tuple[Enumeration, ...]:
        """Every enumeration that a row of this vehicle uses, once, in the order of first use."""
        used = [self.vehicle.modes, *(p.enumeration for p in self.parameters)]
        used += [argument.enumeration for command in self.commands for argument in command.arguments]
        used += [argument.enumeration for event in self.events for argument in event.arguments]
        return tuple(dict.fromkeys(e for e in used if e is not None))
