"""Row types of the mission dictionary: frozen, checked when made, and the same on board and on the ground.

A row that cannot be right raises ValueError at import, with its name. Values are in SI units; a calibration is for display only.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from wire.dictionary.kinds import FLOAT_MAX, KINDS, OCTETS, Kind, fits, held, kind_range

DEDUCED: Final = "deduced"  # the kind of an argument that is the kind of the parameter named before it (ECSS-E-ST-70-41C, 7.3.1)
ALL: Final[tuple[str, ...]] = ("ALL",)  # legal in every mode
MAX_COMMAND_ARGUMENTS: Final = 8
MAX_EVENT_ARGUMENTS: Final = 4
# A TC packet is no longer than fits one frame in clear: 1024 less frame header 5, segment header 1, FECF 2, packet headers 11, check sum 2.
MAX_APPLICATION_DATA: Final = 1003
# A TM packet is kept within one frame's data field (1103 octets): headers 20 and check sum 2 go off.
MAX_SOURCE_DATA: Final = 1081

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SYMBOL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)+(\[\d+\])?")


def require(condition: bool, what: str) -> None:
    """Refuse a row. Raises ValueError (not `assert`: a dictionary is checked with -O too)."""
    if not condition:
        raise ValueError(f"mission dictionary: {what}")


def require_unique(what: str, keys: Iterable[object]) -> None:
    """Refuse a table in which a key occurs twice."""
    seen: set[object] = set()
    for key in keys:
        require(key not in seen, f"{what} {key!r} occurs twice")
        seen.add(key)


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an enumeration."""

    value: int
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A closed set of named integers. `E["NAME"]` is the value; `E.name_of(value)` the name, or None."""

    name: str
    members: tuple[Member, ...]
    text: str

    def __post_init__(self) -> None:
        require(bool(self.members), f"enumeration {self.name} is empty")
        require_unique(f"{self.name}: name", (m.name for m in self.members))
        require_unique(f"{self.name}: value", (m.value for m in self.members))

    def __getitem__(self, name: str) -> int:
        for member in self.members:
            if member.name == name:
                return member.value
        raise KeyError(f"{self.name} has no {name!r}; it has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    def name_of(self, value: float) -> str | None:
        return next((member.name for member in self.members if member.value == value), None)

    def text_of(self, value: float) -> str:
        return next((member.text for member in self.members if member.value == value), "")


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Display calibration c0 + c1 x + c2 x^2 + ..., x in the parameter's own unit."""

    name: str
    unit: str
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        require(len(self.coefficients) >= 1 and all(map(math.isfinite, self.coefficients)), f"calibration {self.name}: coefficients")

    def apply(self, value: float) -> float:
        result = 0.0
        for coefficient in reversed(self.coefficients):
            result = result * value + coefficient
        return result


@dataclass(frozen=True, slots=True)
class Table:
    """Display calibration by straight lines between points (x, y), held at the ends; x in the parameter's own unit, ascending."""

    name: str
    unit: str
    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        require(len(self.points) >= 2, f"calibration {self.name} needs two points")
        require(all(a[0] < b[0] for a, b in zip(self.points, self.points[1:], strict=False)), f"calibration {self.name}: x must ascend")

    def apply(self, value: float) -> float:
        if math.isnan(value):
            return value
        (x0, y0), (x1, y1) = self.points[0], self.points[-1]
        if value <= x0 or value >= x1:
            return y0 if value <= x0 else y1
        i = next(i for i, (x, _) in enumerate(self.points) if value <= x)
        (x0, y0), (x1, y1) = self.points[i - 1], self.points[i]
        return y0 + (y1 - y0) * (value - x0) / (x1 - x0)


Calibration = Polynomial | Table


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a parameter, in its own unit and before any calibration, is worth a look (yellow) or an alarm (red). None: no limit."""

    yellow_low: float | None = None
    yellow_high: float | None = None
    red_low: float | None = None
    red_high: float | None = None

    def __post_init__(self) -> None:
        given = [x for x in (self.red_low, self.yellow_low, self.yellow_high, self.red_high) if x is not None]
        require(bool(given) and given == sorted(given), f"limits {self}: red low <= yellow low <= yellow high <= red high")

    def state(self, value: float) -> Literal["nominal", "yellow", "red"]:
        """Limits themselves are still nominal; a value that is not a number is red."""
        if not _within(value, self.red_low, self.red_high):
            return "red"
        return "nominal" if _within(value, self.yellow_low, self.yellow_high) else "yellow"


def _within(value: float, low: float | None, high: float | None) -> bool:
    return not math.isnan(value) and (low is None or value >= low) and (high is None or value <= high)


@dataclass(frozen=True, slots=True)
class Apid:
    """One application process of a vehicle: it has its own sequence counts."""

    name: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One spacecraft, with its own spacecraft identifier and computer. `modes` are the modes of that computer."""

    name: str
    spacecraft_id: int
    apids: tuple[Apid, ...]
    modes: Enumeration
    text: str

    def __post_init__(self) -> None:
        require(0 < self.spacecraft_id < 0x400, f"{self.name}: a spacecraft identifier has 10 bits")
        require(all(0 < apid.number < 0x7FF for apid in self.apids), f"{self.name}: APIDs lie in 1..0x7FE")
        require_unique(f"{self.name}: application", (apid.name for apid in self.apids))
        require_unique(f"{self.name}: APID", (apid.number for apid in self.apids))

    def apid(self, name: str) -> int:
        """The APID of an application. Raises KeyError."""
        return {apid.name: apid.number for apid in self.apids}[name]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One telemetry parameter. `name` is the on-board symbol `record.field` or `record.field[i]` in the vehicle's arena.

    `kind` is that of the wire; on board the symbol may have any other (the packer converts, integers saturate).
    `settable` is the range that service 20 accepts, limits included; None: it can only be read.
    """

    id: int
    name: str
    kind: Kind
    unit: str
    text: str
    enumeration: Enumeration | None = None
    calibration: Calibration | None = None
    limits: Limits | None = None
    settable: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        require(fits("u16", self.id) and self.id > 0, f"parameter {self.name}: identifier {self.id} is not in 1..65535")
        require(_SYMBOL.fullmatch(self.name) is not None, f"parameter {self.name}: not record.field or record.field[i]")
        require(self.kind in KINDS, f"parameter {self.name}: kind {self.kind!r}")
        if self.enumeration is not None:
            _require_enumerable(self.name, self.kind, self.enumeration)
            require(self.calibration is None, f"parameter {self.name}: enumerated and calibrated")
        if self.settable is not None:
            low, high = self.settable
            exact = all(fits(self.kind, x) and held(self.kind, x) == x for x in self.settable)
            require(exact and low <= high, f"parameter {self.name}: settable range {self.settable} is not exact in {self.kind}")

    @property
    def octets(self) -> int:
        return OCTETS[self.kind]


def vector(first: int, name: str, count: int, kind: Kind, unit: str, text: str, limits: Limits | None = None) -> tuple[Parameter, ...]:
    """Rows for every element of an on-board array: `name[0]` has identifier `first`, and so on."""
    return tuple(Parameter(first + i, f"{name}[{i}]", kind, unit, f"{text}, element {i}", limits=limits) for i in range(count))


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command. Without minimum or maximum, the range of the kind (or the enumeration) is the limit.

    `refers` says that the value is the identifier of a report or a parameter of the same vehicle. `default` is used when none is given.
    """

    name: str
    kind: Kind | Literal["deduced"]
    unit: str
    text: str
    minimum: float | None = None
    maximum: float | None = None
    enumeration: Enumeration | None = None
    default: float | None = None
    refers: Literal["", "report", "parameter"] = ""

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.name) is not None, f"argument name {self.name!r}")
        if self.kind == DEDUCED:
            require(
                self.minimum is None and self.maximum is None and self.enumeration is None and self.default is None, f"argument {self.name}"
            )
            return
        require(
            self.kind in KINDS and self.kind not in ("u64", "i64"), f"argument {self.name}: kind {self.kind!r} (on board it is a double)"
        )
        given = [x for x in (self.minimum, self.maximum, self.default) if x is not None]
        require(all(fits(self.kind, x) for x in given), f"argument {self.name}: {given} do not fit {self.kind}")
        low, high = self.range
        require(low <= high, f"argument {self.name}: range {low}..{high}")
        require(self.default is None or low <= held(self.kind, self.default) <= high, f"argument {self.name}: default {self.default}")
        if self.enumeration is not None:
            _require_enumerable(self.name, self.kind, self.enumeration)
        require(not self.refers or self.kind == "u16", f"argument {self.name}: identifiers are u16")

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest legal value, as the kind holds them: 0.6 in single precision is a little more than 0.6."""
        low, high = kind_range(self.kind)
        return low if self.minimum is None else held(self.kind, self.minimum), high if self.maximum is None else held(
            self.kind, self.maximum
        )


@dataclass(frozen=True, slots=True)
class Command:
    """One telecommand. `function` is the function identifier when service and subtype are [8,1].

    `counted`: the arguments follow a count N (u16) that is always sent as 1 (services 3 and 20). `modes`: the modes in which it is legal.
    """

    name: str
    service: int
    subtype: int
    apid: int
    text: str
    function: int | None = None
    arguments: tuple[Argument, ...] = ()
    modes: tuple[str, ...] = ALL
    hazardous: bool = False
    counted: bool = False

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.name) is not None, f"command name {self.name!r}")
        require(0 < self.service < 256 and 0 < self.subtype < 256, f"command {self.name}: service [{self.service},{self.subtype}]")
        require((self.function is not None) == ((self.service, self.subtype) == (8, 1)), f"command {self.name}: function with [8,1] only")
        require(self.function is None or fits("u16", self.function), f"command {self.name}: function {self.function}")
        require(len(self.arguments) <= MAX_COMMAND_ARGUMENTS, f"command {self.name}: more than {MAX_COMMAND_ARGUMENTS} arguments")
        require_unique(f"command {self.name}: argument", (a.name for a in self.arguments))
        require(bool(self.modes), f"command {self.name} is legal in no mode")
        for i, argument in enumerate(self.arguments):
            before = self.arguments[i - 1] if i else None
            deducible = before is not None and before.refers == "parameter"
            require(argument.kind != DEDUCED or deducible, f"command {self.name}: {argument.name} follows no parameter")


@dataclass(frozen=True, slots=True)
class EventArgument:
    """One argument of an event."""

    name: str
    kind: Kind
    unit: str
    text: str = ""
    enumeration: Enumeration | None = None

    def __post_init__(self) -> None:
        require(_NAME.fullmatch(self.name) is not None, f"event argument name {self.name!r}")
        require(
            self.kind in KINDS and self.kind not in ("u64", "i64"),
            f"event argument {self.name}: kind {self.kind!r} (on board it is a double)",
        )
        if self.enumeration is not None:
            _require_enumerable(self.name, self.kind, self.enumeration)


SEVERITIES: Final[dict[int, str]] = {1: "informative", 2: "low severity", 3: "medium severity", 4: "high severity"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event definition. Severity n leaves as report [5,n]. `text` names every argument in braces."""

    id: int
    severity: int
    name: str
    apid: int
    text: str
    arguments: tuple[EventArgument, ...] = ()

    def __post_init__(self) -> None:
        require(fits("u16", self.id) and self.id > 0, f"event {self.name}: identifier {self.id} is not in 1..65535")
        require(_NAME.fullmatch(self.name) is not None, f"event name {self.name!r}")
        require(self.severity in SEVERITIES, f"event {self.name}: severity {self.severity} is not in 1..4")
        require(len(self.arguments) <= MAX_EVENT_ARGUMENTS, f"event {self.name}: more than {MAX_EVENT_ARGUMENTS} arguments")
        require_unique(f"event {self.name}: argument", (a.name for a in self.arguments))
        named = re.findall(r"\{(\w+)[^}]*\}", self.text)
        require(sorted(named) == sorted(a.name for a in self.arguments), f"event {self.name}: its text names {named}")

    def describe(self, values: dict[str, float]) -> str:
        """The event as a sentence; enumerated values by name (or as `77?` when the enumeration has no such value)."""
        given = {a.name: values[a.name] if a.kind in FLOAT_MAX else int(values[a.name]) for a in self.arguments}
        return self.text.format(**{a.name: displayed(given[a.name], a.enumeration) for a in self.arguments})


def displayed(value: float, enumeration: Enumeration | None) -> str | float:
    """A value, or its name in an enumeration; a value that the enumeration does not know is shown with a question mark."""
    if enumeration is None:
        return value
    return enumeration.name_of(value) or f"{value:g}?"


@dataclass(frozen=True, slots=True)
class Report:
    """One housekeeping structure of service 3: parameters, by name, in the order of the wire, each period."""

    id: int
    name: str
    apid: int
    period_s: float
    parameters: tuple[str, ...]
    text: str
    enabled: bool = True

    def __post_init__(self) -> None:
        require(fits("u16", self.id) and self.id > 0, f"report {self.name}: identifier {self.id} is not in 1..65535")
        require(_NAME.fullmatch(self.name) is not None, f"report name {self.name!r}")
        require(math.isfinite(self.period_s) and self.period_s > 0, f"report {self.name}: period {self.period_s} s")
        require(bool(self.parameters), f"report {self.name} is empty")
        require_unique(f"report {self.name}: parameter", self.parameters)


def _require_enumerable(name: str, kind: str, enumeration: Enumeration) -> None:
    require(kind not in FLOAT_MAX, f"{name}: an enumeration of {kind}")
    require(all(fits(kind, member.value) for member in enumeration.members), f"{name}: {enumeration.name} does not fit {kind}")
