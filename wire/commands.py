"""Commands by name: from what a person types to the application data of a telecommand packet."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from wire.dictionary import DICTIONARIES, Dictionary, UnknownNameError
from wire.dictionary.kinds import FLOAT_MAX
from wire.dictionary.rows import DEDUCED, Argument, Command, Enumeration
from wire.shapes import CommandError, argument_complaint, command_shape, parameter_complaint


def encode_command(vehicle: str, name: str, arguments: Mapping[str, Any] | None = None) -> bytes:
    """Application data of a command.

    Values may be numbers, numerals ("0.3", "0x10"), names of enumerated values, or names of parameters and reports.
    Raises CommandError: unknown vehicle, command or argument (with close matches), argument missing, value out of range (limits and unit).
    """
    dictionary = dictionary_of(vehicle)
    try:
        command = dictionary.command(name)
    except UnknownNameError as error:
        raise CommandError(str(error)) from None
    return command_shape(dictionary, command).build(command_values(dictionary, command, arguments or {}))


def dictionary_of(vehicle: str) -> Dictionary:
    """Raises CommandError with close matches."""
    if vehicle not in DICTIONARIES:
        raise CommandError(f"no vehicle {vehicle!r}{_near(vehicle, DICTIONARIES)}; there are {', '.join(DICTIONARIES)}")
    return DICTIONARIES[vehicle]


def command_values(dictionary: Dictionary, command: Command, arguments: Mapping[str, Any]) -> dict[str, int | float]:
    """Every argument of a command as a checked number, defaults filled in. Raises CommandError."""
    names = [argument.name for argument in command.arguments]
    for given in arguments:
        if given not in names:
            takes = f"it takes {', '.join(names)}" if names else "it takes none"
            raise CommandError(f"{command.name} has no argument {given!r}{_near(given, names)}; {takes}")
    values: dict[str, int | float] = {}
    for argument in command.arguments:
        if argument.name in arguments:
            values[argument.name] = _value(dictionary, command, argument, arguments[argument.name], values)
        elif argument.default is not None:
            values[argument.name] = argument.default if argument.kind in FLOAT_MAX else int(argument.default)
        else:
            raise CommandError(f"{command.name} needs argument {argument.name!r}: {argument.text} ({_expected(argument)})")
    return values


def _value(dictionary: Dictionary, command: Command, argument: Argument, given: Any, before: Mapping[str, int | float]) -> int | float:
    """One argument, checked. `before` holds the arguments that stand in front of it."""
    if argument.refers:
        return _identifier(dictionary, command, argument, given)
    if argument.kind == DEDUCED:
        parameter = dictionary.parameter(int(before["parameter"]))
        number = _number(command, argument, given, parameter.enumeration, parameter.kind)
        wrong = parameter_complaint(parameter, number)
    else:
        number = _number(command, argument, given, argument.enumeration, argument.kind)
        wrong = argument_complaint(argument, number)
    if wrong is not None:
        raise CommandError(f"{command.name}: {argument.name}: {wrong}")
    return number


def _identifier(dictionary: Dictionary, command: Command, argument: Argument, given: Any) -> int:
    """The identifier of a report or parameter, given by name or by number."""
    key: str | int = given
    if isinstance(given, str):
        number = _numeral(given)
        key = number if isinstance(number, int) else given
    elif isinstance(given, bool) or not isinstance(given, int):
        raise CommandError(f"{command.name}: {argument.name}: {given!r} is neither name nor identifier of a {argument.refers}")
    try:
        row = dictionary.report(key) if argument.refers == "report" else dictionary.parameter(key)
    except UnknownNameError as error:
        raise CommandError(f"{command.name}: {argument.name}: {error}") from None
    return row.id


def _number(command: Command, argument: Argument, given: Any, enumeration: Enumeration | None, kind: str) -> int | float:
    """A number from a number, a numeral or the name of an enumerated value."""
    number = given
    if isinstance(given, str):
        by_name = {name.lower(): name for name in enumeration.names} if enumeration else {}
        if enumeration is not None and given.lower() in by_name:
            return enumeration[by_name[given.lower()]]
        number = _numeral(given)
        if number is None:
            listed = f"; it is one of {', '.join(enumeration.names)}" if enumeration else ""
            near = _near(given.lower(), list(by_name))
            raise CommandError(f"{command.name}: {argument.name}: {given!r} is not a number{near}{listed}")
    if isinstance(number, float) and kind not in FLOAT_MAX and number.is_integer():
        return int(number)
    return number


def _numeral(text: str) -> int | float | None:
    """What a numeral says ("12", "-0.5", "0x1F"), or None."""
    for read in (lambda: int(text, 0), lambda: int(text), lambda: float(text)):
        try:
            return read()
        except ValueError:
            continue
    return None


def _expected(argument: Argument) -> str:
    if argument.refers:
        return f"name or identifier of a {argument.refers}"
    if argument.kind == DEDUCED:
        return "in the parameter's own kind"
    if argument.enumeration is not None:
        return "one of " + ", ".join(argument.enumeration.names)
    low, high = argument.range
    return f"{argument.kind}, {low:g}..{high:g}{' ' + argument.unit if argument.unit else ''}"


def _near(name: str, known: Any) -> str:
    matches = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(matches)}?" if matches else ""


__all__ = ["CommandError", "command_values", "dictionary_of", "encode_command"]
