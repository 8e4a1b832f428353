"""The interface as plain lists and dictionaries: what `export_json` writes and `dictionary_hash` names.

Offsets count in octets from the start of the data behind the secondary header; packet offsets from the start of the packet.
"""

from typing import Any

from wire.dictionary import DICTIONARIES, FAILURE_CODE, Dictionary
from wire.dictionary.kinds import OCTETS
from wire.dictionary.rows import ALL, DEDUCED, Argument, Calibration, Command, Enumeration, Event, Parameter, Polynomial, Report
from wire.export.link import TC_DATA, TM_DATA, export_link
from wire.export.services import export_services

Json = Any


def interface() -> dict[str, Json]:
    """The interface as plain lists and dictionaries, without its hash."""
    enumerations = {e.name: e for book in DICTIONARIES.values() for e in book.enumerations()}
    enumerations[FAILURE_CODE.name] = FAILURE_CODE
    return {
        "format": "farside dictionary 1",
        "link": export_link(),
        "services": export_services(),
        "enumerations": {name: _enumeration(enumerations[name]) for name in sorted(enumerations)},
        "vehicles": {name: _vehicle(book) for name, book in DICTIONARIES.items()},
    }


def _enumeration(enumeration: Enumeration) -> Json:
    return {"text": enumeration.text, "members": [{"value": m.value, "name": m.name, "text": m.text} for m in enumeration.members]}


def _vehicle(book: Dictionary) -> Json:
    vehicle = book.vehicle
    return {
        "text": vehicle.text,
        "spacecraft_id": vehicle.spacecraft_id,
        "apids": [{"name": a.name, "apid": a.number, "text": a.text} for a in vehicle.apids],
        "modes": vehicle.modes.name,
        "parameters": [_parameter(p) for p in book.parameters],
        "reports": [_report(book, r) for r in book.reports],
        "events": [_event(e) for e in book.events],
        "commands": [_command(c) for c in book.commands],
    }


def _parameter(parameter: Parameter) -> Json:
    limits = parameter.limits
    return {
        "id": parameter.id,
        "name": parameter.name,
        "kind": parameter.kind,
        "unit": parameter.unit,
        "text": parameter.text,
        "enumeration": parameter.enumeration.name if parameter.enumeration else None,
        "calibration": _calibration(parameter.calibration),
        "limits": {k: getattr(limits, k) for k in ("red_low", "yellow_low", "yellow_high", "red_high")} if limits else None,
        "settable": list(parameter.settable) if parameter.settable else None,
    }


def _calibration(calibration: Calibration | None) -> Json:
    if calibration is None:
        return None
    if isinstance(calibration, Polynomial):
        return {"name": calibration.name, "unit": calibration.unit, "polynomial": list(calibration.coefficients)}
    return {"name": calibration.name, "unit": calibration.unit, "points": [list(point) for point in calibration.points]}


def _report(book: Dictionary, report: Report) -> Json:
    fields, at = [], 2
    for parameter in (book.parameter(name) for name in report.parameters):
        fields.append({"parameter": parameter.name, "kind": parameter.kind, "offset": at, "packet_offset": TM_DATA + at})
        at += parameter.octets
    return {
        "id": report.id,
        "name": report.name,
        "text": report.text,
        "apid": report.apid,
        "service": 3,
        "subtype": 25,
        "period_s": report.period_s,
        "enabled_at_boot": report.enabled,
        "data_octets": at,
        "fields": fields,
    }


def _event(event: Event) -> Json:
    arguments, at = [], 2
    for a in event.arguments:
        named = a.enumeration.name if a.enumeration else None
        arguments.append(
            {
                "name": a.name,
                "kind": a.kind,
                "unit": a.unit,
                "text": a.text,
                "enumeration": named,
                "offset": at,
                "packet_offset": TM_DATA + at,
            }
        )
        at += OCTETS[a.kind]
    return {
        "id": event.id,
        "name": event.name,
        "text": event.text,
        "apid": event.apid,
        "service": 5,
        "subtype": event.severity,
        "severity": event.severity,
        "data_octets": at,
        "arguments": arguments,
    }


def _command(command: Command) -> Json:
    prefix: list[Json] = []
    if command.function is not None:
        prefix.append({"name": "function", "kind": "u16", "offset": 0, "packet_offset": TC_DATA, "value": command.function})
    if command.counted:
        prefix.append({"name": "count", "kind": "u16", "offset": 0, "packet_offset": TC_DATA, "value": 1})
    arguments, at = [], 2 * len(prefix)
    for argument in command.arguments:
        arguments.append(_argument(argument, at))
        at += OCTETS.get(argument.kind, 0)
    deduced = any(argument.kind == DEDUCED for argument in command.arguments)
    return {
        "name": command.name,
        "text": command.text,
        "apid": command.apid,
        "service": command.service,
        "subtype": command.subtype,
        "modes": "all" if command.modes == ALL else list(command.modes),
        "hazardous": command.hazardous,
        "data_octets": None if deduced else at,
        "fixed": prefix,
        "arguments": arguments,
    }


def _argument(argument: Argument, at: int) -> Json:
    low, high = (None, None) if argument.kind == DEDUCED else argument.range
    return {
        "name": argument.name,
        "kind": argument.kind,
        "unit": argument.unit,
        "text": argument.text,
        "minimum": low,
        "maximum": high,
        "enumeration": argument.enumeration.name if argument.enumeration else None,
        "default": argument.default,
        "refers": argument.refers or None,
        "offset": at,
        "packet_offset": TC_DATA + at,
    }
