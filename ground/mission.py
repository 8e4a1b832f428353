"""The mission as the operator names it: `lander.ping`, `lander.nav.altitude_m`, `rover.*`. Names found, and near ones offered."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from ground.errors import BadArgumentError
from wire.dictionary import DICTIONARIES, Dictionary, UnknownNameError
from wire.dictionary.rows import Command, Parameter

BY_SPACECRAFT: dict[int, Dictionary] = {d.vehicle.spacecraft_id: d for d in DICTIONARIES.values()}
SPACECRAFT_IDS = frozenset(BY_SPACECRAFT)


def vehicle_book(name: str) -> Dictionary:
    """The dictionary of a vehicle. Raises BadArgumentError."""
    if name not in DICTIONARIES:
        near = get_close_matches(name, list(DICTIONARIES), n=1, cutoff=0.5)
        raise BadArgumentError(
            f"there is no vehicle {name!r}", f"did you mean {near[0]}?" if near else f"vehicles: {', '.join(DICTIONARIES)}"
        )
    return DICTIONARIES[name]


def find_command(name: str) -> tuple[Dictionary, Command]:
    """The command called `VEHICLE.NAME`. Raises BadArgumentError, with what is near."""
    vehicle, dot, rest = name.partition(".")
    if not dot or not rest:
        raise BadArgumentError(f"{name!r} is not VEHICLE.NAME", "for example lander.ping; all of them: farside tc --list")
    book = vehicle_book(vehicle)
    try:
        return book, book.command(rest)
    except UnknownNameError as error:
        raise BadArgumentError(str(error), f"all of them: farside tc --list {vehicle}") from error


def parameter_names() -> Iterator[str]:
    """Every telemetry parameter, with its vehicle."""
    for book in DICTIONARIES.values():
        for parameter in book.parameters:
            yield f"{book.vehicle.name}.{parameter.name}"


def find_parameter(name: str) -> tuple[Dictionary, Parameter]:
    """The parameter called `VEHICLE.RECORD.FIELD`. Raises BadArgumentError."""
    vehicle, dot, rest = name.partition(".")
    if not dot or not rest:
        raise BadArgumentError(f"{name!r} is not VEHICLE.RECORD.FIELD", "for example lander.nav.altitude_m, or lander.nav.*")
    book = vehicle_book(vehicle)
    try:
        return book, book.parameter(rest)
    except UnknownNameError as error:
        raise BadArgumentError(str(error), "patterns work too: lander.nav.*") from error


def select_parameters(patterns: Sequence[str]) -> list[str]:
    """Parameter names for names and patterns (`*` and `?`), in dictionary order. Raises BadArgumentError for one that fits nothing."""
    if not patterns:
        return list(parameter_names())
    chosen: dict[str, None] = {}
    for pattern in patterns:
        if "*" in pattern or "?" in pattern:
            matches = [name for name in parameter_names() if fnmatchcase(name, pattern)]
            if not matches:
                raise BadArgumentError(f"no parameter fits {pattern!r}", "list them with: farside dictionary")
        else:
            book, parameter = find_parameter(pattern)
            matches = [f"{book.vehicle.name}.{parameter.name}"]
        chosen.update(dict.fromkeys(matches))
    return list(chosen)


def qualified(book: Dictionary, name: str) -> str:
    return f"{book.vehicle.name}.{name}"
