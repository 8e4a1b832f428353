"""From packets to what they say: housekeeping as named values, events as sentences, verification with its reasons.

Housekeeping is read with the numpy form of the layout that the wire derives from construct; everything else with construct itself.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import construct
import numpy as np

from ground.mission import BY_SPACECRAFT, qualified
from ground.packet import SERVICE_FILES, SERVICE_UNKNOWN, Packet, verdict_text
from wire import shapes, time_code
from wire.dictionary import DICTIONARIES, FAILURE_CODE, Dictionary, UnknownNameError
from wire.dictionary.rows import SEVERITIES, Event, Parameter, Report, displayed
from wire.layout import column_dtype, layout
from wire.time_scales import utc_text

Value = int | float


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one parameter, as sent; `value` and `unit` are for display."""

    name: str
    parameter: Parameter
    raw: Value
    time_ns: int
    received_ns: int = 0  # ground time; 0 where it is not known

    @property
    def value(self) -> Value | str:
        """The name of an enumerated value (`7?` if it has none), the calibrated value, or the value."""
        p = self.parameter
        if p.enumeration is not None:
            return displayed(self.raw, p.enumeration)
        return p.calibration.apply(self.raw) if p.calibration is not None else self.raw

    @property
    def unit(self) -> str:
        p = self.parameter
        return p.calibration.unit if p.calibration is not None else p.unit

    @property
    def limit(self) -> str:
        """`nominal`, `yellow` or `red`; empty when the parameter has no limits."""
        return self.parameter.limits.state(self.raw) if self.parameter.limits is not None else ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a packet says. `text` is one line for people."""

    packet: Packet
    vehicle: str
    text: str


@dataclass(frozen=True, slots=True)
class Housekeeping(Decoded):
    """Report [3,25], or parameter values [20,2]: full names, rows and values as sent, in the order of the wire."""

    report: str
    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    values: tuple[Value, ...]

    def sample(self, i: int) -> Sample:
        return Sample(self.names[i], self.parameters[i], self.values[i], self.packet.time_ns, self.packet.received_ns)

    @property
    def samples(self) -> tuple[Sample, ...]:
        return tuple(self.sample(i) for i in range(len(self.names)))


@dataclass(frozen=True, slots=True)
class EventReport(Decoded):
    """Report [5,severity]. `arguments` are the values as sent."""

    event: Event
    arguments: dict[str, Value]

    @property
    def severity(self) -> int:
        return self.event.severity


@dataclass(frozen=True, slots=True)
class Verification(Decoded):
    """Report of service 1 about the request with that identifier; `code` and `parameter` are those of a failure."""

    request: int
    stage: str
    success: bool
    code: int = 0
    parameter: int = 0


@dataclass(frozen=True, slots=True)
class Other(Decoded):
    """A sound packet of another service, such as the answer to a ping, [17,2]."""


@dataclass(frozen=True, slots=True)
class FileUnit(Decoded):
    """A unit of a file transfer; ground.files puts them together."""


@dataclass(frozen=True, slots=True)
class Unreadable(Decoded):
    """A packet that fails its checks, or that the dictionary does not explain; `text` says why."""


STAGES = {1: "acceptance", 3: "start", 5: "progress", 7: "completion"}
SEVERITY_NAMES = SEVERITIES


@cache
def report_columns(vehicle: str, report_id: int) -> tuple[Report, np.dtype[Any], tuple[Parameter, ...], tuple[str, ...]]:
    """How to read one housekeeping report: its row, one unit as a numpy type, and parameters with full names, in order."""
    book = DICTIONARIES[vehicle]
    report = book.report(report_id)
    dtype = column_dtype(layout(shapes.report_shape(book, report)))
    parameters = tuple(book.parameter(name) for name in report.parameters)
    return report, dtype, parameters, tuple(qualified(book, p.name) for p in parameters)


@cache
def _event_shape(vehicle: str, event_id: int) -> tuple[Event, construct.Construct]:
    event = DICTIONARIES[vehicle].event(event_id)
    return event, shapes.event_shape(event)


@cache
def _values_shape(vehicle: str) -> construct.Construct:
    return shapes.parameter_values_shape(DICTIONARIES[vehicle])


def decode(packet: Packet) -> Decoded:
    """What the packet says, as one of the classes above. Never raises: what cannot be read is Unreadable."""
    book = BY_SPACECRAFT.get(packet.spacecraft_id)
    if book is None:
        return Unreadable(packet, f"spacecraft {packet.spacecraft_id:#x}", "no vehicle has this spacecraft identifier")
    if packet.service == SERVICE_UNKNOWN:
        return Unreadable(packet, book.vehicle.name, verdict_text(packet.octets))
    if packet.service == SERVICE_FILES:
        return FileUnit(packet, book.vehicle.name, f"file transfer, {len(packet.data)} octets")
    reader = _READERS.get(packet.service)
    try:
        if reader is not None:
            return reader(book, packet)
        return Other(packet, book.vehicle.name, f"report [{packet.service},{packet.subtype}] of {len(packet.data)} octets")
    except (construct.ConstructError, UnknownNameError, ValueError) as error:
        reason = " ".join(str(error).split())
        return Unreadable(packet, book.vehicle.name, f"report [{packet.service},{packet.subtype}] cannot be read: {reason}")


def _verification(book: Dictionary, packet: Packet) -> Decoded:
    success = packet.subtype % 2 == 1
    stage = "routing" if packet.subtype == 10 else STAGES.get(packet.subtype if success else packet.subtype - 1)
    if stage is None:
        raise ValueError("no such verification report")
    shape = shapes.VERIFICATION_SUCCESS if success else shapes.VERIFICATION_FAILURE
    fields = shapes.parse_exactly(shape, packet.data)
    request = fields.request.packet_id << 16 | fields.request.sequence_control
    if success:
        return Verification(packet, book.vehicle.name, f"{stage} of request {request:08x}", request, stage, True)
    text = f"{stage} of request {request:08x} failed: {FAILURE_CODE.name_of(fields.code) or fields.code}"
    return Verification(packet, book.vehicle.name, text, request, stage, False, fields.code, fields.parameter)


def _housekeeping(book: Dictionary, packet: Packet) -> Decoded:
    if packet.subtype != 25:
        return Other(packet, book.vehicle.name, f"report [3,{packet.subtype}] of {len(packet.data)} octets")
    report, dtype, parameters, names = report_columns(book.vehicle.name, packet.selector)
    if len(packet.data) != dtype.itemsize:
        raise ValueError(f"{len(packet.data)} octets, {report.name} has {dtype.itemsize}")
    values = np.frombuffer(packet.data, dtype)[0].item()[1:]  # behind the structure identifier
    return Housekeeping(
        packet, book.vehicle.name, f"housekeeping {report.name}, {len(names)} values", report.name, names, parameters, values
    )


def _event(book: Dictionary, packet: Packet) -> Decoded:
    event, shape = _event_shape(book.vehicle.name, packet.selector)
    fields = shapes.parse_exactly(shape, packet.data)
    arguments = {a.name: fields[a.name] for a in event.arguments}
    return EventReport(packet, book.vehicle.name, event.describe(arguments), event, arguments)


def _values(book: Dictionary, packet: Packet) -> Decoded:
    fields = shapes.parse_exactly(_values_shape(book.vehicle.name), packet.data)
    parameters = tuple(book.parameter(entry.parameter) for entry in fields["values"])
    names = tuple(qualified(book, row.name) for row in parameters)
    values = tuple(entry.value for entry in fields["values"])
    samples = [Sample(*each, packet.time_ns) for each in zip(names, parameters, values, strict=True)]
    text = ", ".join(f"{s.parameter.name} = {format_value(s)}" for s in samples) or "no parameter values"
    return Housekeeping(packet, book.vehicle.name, text, "", names, parameters, values)


def _test(book: Dictionary, packet: Packet) -> Decoded:
    return Other(packet, book.vehicle.name, "I am alive" if packet.subtype == 2 else f"report [17,{packet.subtype}]")


def _time(book: Dictionary, packet: Packet) -> Decoded:
    fields = shapes.parse_exactly(shapes.TIME_REPORT, packet.data)
    shown = utc_text(time_code.to_ns(bytes(fields.time)))
    return Other(packet, book.vehicle.name, f"spacecraft time is {shown}")


_READERS = {1: _verification, 3: _housekeeping, 5: _event, 9: _time, 17: _test, 20: _values}


def format_value(sample: Sample) -> str:
    """A value for people, with its unit: seven significant digits for a fraction."""
    value = sample.value
    text = value if isinstance(value, str) else f"{value:.7g}" if isinstance(value, float) else str(value)
    return f"{text} {sample.unit}" if sample.unit else text


def explain_failure(vehicle: str, command_name: str, code: int, parameter: int) -> str:
    """Why a command was refused or failed, in words: the dictionary's text with the failure's parameter explained."""
    book = DICTIONARIES[vehicle]
    name = FAILURE_CODE.name_of(code)
    if name is None:
        return f"failure code {code}, which the dictionary does not know (parameter {parameter})"
    try:
        command = book.command(command_name)
    except UnknownNameError:
        command = None
    mode = book.vehicle.modes.name_of(parameter) or f"{parameter}"
    if name == "ILLEGAL_IN_MODE":
        allowed = f" (allowed: {', '.join(command.modes)})" if command is not None else ""
        return f"{qualified(book, command_name)} is not legal in mode {mode}{allowed}"
    reason, _, meaning = FAILURE_CODE.text_of(code).partition("; parameter: ")
    if not meaning:
        return reason
    explained = _explain_parameter(book, name, meaning, parameter, mode)
    if name.startswith("ARGUMENT_") and name != "ARGUMENT_COUNT" and command is not None and parameter < len(command.arguments):
        explained = f"argument {command.arguments[parameter].name}"
    return f"{reason} ({explained})"


def _explain_parameter(book: Dictionary, name: str, meaning: str, parameter: int, mode: str) -> str:
    if meaning.startswith("the mode"):
        return f"mode {mode}"
    if name in ("UNKNOWN_PARAMETER", "NOT_SETTABLE", "VALUE_RANGE"):
        return f"parameter {_name_of_row(book, 'parameter', parameter)}"
    if name == "UNKNOWN_REPORT":
        return f"report {_name_of_row(book, 'report', parameter)}"
    if name == "DEVICE_NOT_READY":
        errors = next((e for e in book.enumerations() if e.name == "DEVICE_ERROR"), None)
        return f"device error {displayed(parameter, errors)}"
    return f"{meaning}: {parameter:#x}" if name == "UNKNOWN_APID" else f"{meaning}: {parameter}"


def _name_of_row(book: Dictionary, what: str, number: int) -> str:
    try:
        return (book.parameter(number) if what == "parameter" else book.report(number)).name
    except UnknownNameError:
        return str(number)
