"""Shapes: construct declarations of every application datum and source datum, made from the rows; the reference codec.

Telecommands are strict: an argument out of range, not finite, or no member of its enumeration is refused with the limits and its path.
Telemetry is read as plain numbers, so that a flipped bit on board shows as a strange value instead of hiding the packet.
Each shape consumes all that is there: `Terminated` refuses octets too many, construct refuses octets too few.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import construct
import numpy as np
from construct import (
    Array,
    Const,
    Float32b,
    Float64b,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int32sb,
    Int32ub,
    Int64sb,
    Int64ub,
    Struct,
    Switch,
    Terminated,
    this,
)

from wire.dictionary import Dictionary
from wire.dictionary.kinds import FLOAT_MAX
from wire.dictionary.rows import DEDUCED, Argument, Command, Event, Parameter, Report

FIELDS: Final[dict[str, construct.Construct]] = {
    "u8": Int8ub,
    "u16": Int16ub,
    "u32": Int32ub,
    "u64": Int64ub,
    "i8": Int8sb,
    "i16": Int16sb,
    "i32": Int32sb,
    "i64": Int64sb,
    "f32": Float32b,
    "f64": Float64b,
}

# Request identifier: the first four octets of the telecommand packet (ECSS-E-ST-70-41C, 8.1.2.1).
REQUEST_ID: Final = Struct("packet_id" / Int16ub, "sequence_control" / Int16ub)
VERIFICATION_SUCCESS: Final = Struct("request" / REQUEST_ID)  # reports [1,1], [1,3], [1,7]
VERIFICATION_FAILURE: Final = Struct("request" / REQUEST_ID, "code" / Int16ub, "parameter" / Int32ub)  # reports [1,2], [1,4], [1,8], [1,10]
# CUC time report [9,2]: no secondary header stands before it. The exponent is 0: reports come by period, not by count of frames.
TIME_REPORT: Final = Struct("rate_exponent" / Int8ub, "time" / Array(7, Int8ub))
REPORT_IDS: Final = Struct("count" / Int16ub, "reports" / Array(this.count, Int16ub), Terminated)  # requests [3,5], [3,6], [3,27]
PARAMETER_IDS: Final = Struct("count" / Int16ub, "parameters" / Array(this.count, Int16ub), Terminated)  # request [20,1]


class CommandError(ValueError):
    """A command that cannot be sent as asked: the message says what is wrong with which argument."""


class Checked(construct.Adapter):
    """A number that must be legal, on the way out and on the way in. Raises construct.ValidationError with the path."""

    def __init__(self, subcon: construct.Construct, complaint: Callable[[Any], str | None]) -> None:
        super().__init__(subcon)
        self.complaint = complaint

    def _check(self, value: Any, path: str) -> Any:
        wrong = self.complaint(value)
        if wrong is not None:
            raise construct.ValidationError(wrong, path=path)
        return value

    def _decode(self, obj: Any, context: Any, path: str) -> Any:
        return self._check(obj, path)

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        return self._check(obj, path)


def range_complaint(kind: str, low: float, high: float, unit: str, value: Any) -> str | None:
    """What is wrong with a number for a field of that kind, or None."""
    of = f" {unit}" if unit else ""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return f"{value!r} is not a number"
    if not isinstance(value, int) and not math.isfinite(value):
        return f"{value} is not a finite number"
    if kind not in FLOAT_MAX and value != int(value):
        return f"{value} is not a whole number"
    number: Any = value
    if not low <= number <= high:
        return f"{number if abs(number) < 2**64 else 'that number'}{of} is outside {low:g}..{high:g}{of}"
    return None


def argument_complaint(argument: Argument, value: Any) -> str | None:
    """What is wrong with an argument's value, or None."""
    low, high = argument.range
    wrong = range_complaint(argument.kind, low, high, argument.unit, value)
    if wrong is None and argument.enumeration is not None and argument.enumeration.name_of(value) is None:
        listed = ", ".join(f"{m.name} ({m.value})" for m in argument.enumeration.members)
        return f"{value} is none of {listed}"
    return wrong


def parameter_complaint(parameter: Parameter, value: Any) -> str | None:
    """What is wrong with a value that a parameter shall take, or None."""
    if parameter.settable is None:
        return f"{parameter.name} can only be read"
    wrong = range_complaint(parameter.kind, *parameter.settable, parameter.unit, value)
    if wrong is None and parameter.enumeration is not None and parameter.enumeration.name_of(value) is None:
        return f"{value} is none of {', '.join(parameter.enumeration.names)}"
    return wrong


def argument_field(dictionary: Dictionary, argument: Argument) -> construct.Construct:
    """The checked field of one argument. A value of deduced kind is switched by the parameter before it."""
    if argument.kind == DEDUCED:
        cases = {p.id: Checked(FIELDS[p.kind], _of_parameter(p)) for p in dictionary.parameters}
        return Switch(this.parameter, cases, default=construct.Error)
    if argument.refers:
        known = {row.id for row in (dictionary.reports if argument.refers == "report" else dictionary.parameters)}
        what = argument.refers
        return Checked(FIELDS[argument.kind], lambda value: None if value in known else f"no {what} has identifier {value}")
    return Checked(FIELDS[argument.kind], lambda value: argument_complaint(argument, value))


def _of_parameter(parameter: Parameter) -> Callable[[Any], str | None]:
    return lambda value: parameter_complaint(parameter, value)


def command_shape(dictionary: Dictionary, command: Command) -> construct.Struct:
    """Application data of one command: function identifier if [8,1], count N = 1 if counted, arguments in the order of the rows."""
    parts = []
    if command.function is not None:
        parts.append("function" / Const(command.function, Int16ub))
    if command.counted:
        parts.append("count" / Const(1, Int16ub))
    parts += [argument.name / argument_field(dictionary, argument) for argument in command.arguments]
    return Struct(*parts)


def report_shape(dictionary: Dictionary, report: Report) -> construct.Struct:
    """Source data of report [3,25] for one housekeeping structure: its identifier, then each parameter in its own kind."""
    parameters = (dictionary.parameter(name) for name in report.parameters)
    return Struct("report" / Const(report.id, Int16ub), *(p.name / FIELDS[p.kind] for p in parameters))


def event_shape(event: Event) -> construct.Struct:
    """Source data of report [5,severity]: the event's identifier, then its arguments."""
    return Struct("event" / Const(event.id, Int16ub), *(a.name / FIELDS[a.kind] for a in event.arguments))


def parameter_shape(parameter: Parameter) -> construct.Struct:
    """One entry of report [20,2] or request [20,3]: the identifier, then the value in the parameter's own kind."""
    return Struct("parameter" / Const(parameter.id, Int16ub), "value" / FIELDS[parameter.kind])


def parameter_values_shape(dictionary: Dictionary) -> construct.Struct:
    """Source data of report [20,2], application data of request [20,3]: count N, then N times identifier and value."""
    value = Switch(this.parameter, {p.id: FIELDS[p.kind] for p in dictionary.parameters}, default=construct.Error)
    return Struct("count" / Int16ub, "values" / Array(this.count, Struct("parameter" / Int16ub, "value" / value)), Terminated)


def parse_exactly(shape: construct.Construct, octets: bytes) -> Any:
    """Parse all of `octets`. Raises construct.StreamError when there are too few, construct.TerminatedError when there are too many."""
    container = Struct("content" / shape, Terminated).parse(octets)
    return container.content
