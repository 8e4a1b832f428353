"""XTCE 1.2: one SpaceSystem for the mission with the packet headers, one inside it for each vehicle.

XTCE names may hold no dots or brackets: `nav.position_m[0]` becomes `nav-position_m-0`, with the full name as its alias.
Limits, which are ours before calibration, are calibrated, since XTCE means them so.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from wire.dictionary import DICTIONARIES, FAILURE_CODE, Dictionary
from wire.dictionary.kinds import OCTETS, held
from wire.dictionary.mission import TM_CHANNELS
from wire.dictionary.rows import ALL, DEDUCED, Argument, Command, Enumeration, Event, Limits, Parameter, Polynomial, Report
from wire.dictionary.rows import Calibration as CalibrationRow

NAMESPACE: Final = "http://www.omg.org/spec/XTCE/20180204"
HEADER: Final = (  # of a telemetry packet: name, bits
    ("version", 3), ("type", 1), ("secondary_header", 1), ("apid", 11), ("sequence_flags", 2), ("sequence_count", 14), ("length", 16),
    ("pus_version", 4), ("time_status", 4), ("service", 8), ("subtype", 8), ("message_counter", 16), ("destination_id", 16),
)  # fmt: skip


def document(digest: str) -> str:
    """The whole SpaceSystem as text."""
    root = ET.Element("SpaceSystem", {"name": "farside", "xmlns": NAMESPACE})
    ET.SubElement(root, "Header", {"version": digest[:16], "validationStatus": "Working"})
    _mission(root)
    for book in DICTIONARIES.values():
        _vehicle(root, book)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def xtce_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")


def _add(parent: ET.Element, tag: str, **attributes: object) -> ET.Element:
    return ET.SubElement(parent, tag, {key: str(value) for key, value in attributes.items()})


def _mission(root: ET.Element) -> None:
    """Header parameters, the abstract packet containers and the abstract telecommand."""
    telemetry = _add(root, "TelemetryMetaData")
    types, parameters, containers = (_add(telemetry, tag) for tag in ("ParameterTypeSet", "ParameterSet", "ContainerSet"))
    for bits in sorted({bits for _, bits in HEADER}):
        _integer(types, f"uint{bits}", bits)
    binary = _add(types, "BinaryParameterType", name="cuc", shortDescription="CUC 4+3, TAI seconds since 1958-01-01")
    _add(binary, "UnitSet")
    _add(_add(_add(binary, "BinaryDataEncoding"), "SizeInBits"), "FixedValue").text = "56"
    for name, bits in HEADER:
        _add(parameters, "Parameter", name=name, parameterTypeRef=f"uint{bits}")
    _add(parameters, "Parameter", name="time", parameterTypeRef="cuc")
    _add(parameters, "Parameter", name="structure_id", parameterTypeRef="uint16", shortDescription="report or event identifier")
    packet = _add(containers, "SequenceContainer", name="telemetry", abstract="true")
    entries = _add(packet, "EntryList")
    for name in [name for name, _ in HEADER] + ["time"]:
        _add(entries, "ParameterRefEntry", parameterRef=name)
    _verification(types, parameters, containers)
    _telecommand(root)


def _verification(types: ET.Element, parameters: ET.Element, containers: ET.Element) -> None:
    """Reports of services 1 and 17, which are the same for every application."""
    _integer(types, "uint32", 32)
    _type(types, "failure_code", "u16", "", FAILURE_CODE)
    kinds = {
        "request_packet_id": "uint16",
        "request_sequence_control": "uint16",
        "failure_code": "failure_code",
        "failure_parameter": "uint32",
    }
    for name, kind in kinds.items():
        _add(parameters, "Parameter", name=name, parameterTypeRef=kind)
    for name in ("value_count", "value_parameter"):
        _add(parameters, "Parameter", name=name, parameterTypeRef="uint16", shortDescription="in report [20,2]")
    for subtype, what in ((1, "acceptance"), (3, "start"), (7, "completion")):
        _sequence(containers, f"{what}-success", list(kinds)[:2], {"service": 1, "subtype": subtype})
        _sequence(containers, f"{what}-failure", list(kinds), {"service": 1, "subtype": subtype + 1})
    _sequence(containers, "routing-failure", list(kinds), {"service": 1, "subtype": 10})
    _sequence(containers, "alive", [], {"service": 17, "subtype": 2})


def _telecommand(root: ET.Element) -> None:
    commands = _add(root, "CommandMetaData")
    types = _add(commands, "ArgumentTypeSet")
    for bits in (4, 8, 11):
        _integer(types, f"uint{bits}", bits, "Argument")
    base = _add(_add(commands, "MetaCommandSet"), "MetaCommand", name="telecommand", abstract="true")
    arguments = _add(base, "ArgumentList")
    for name, bits in (("apid", 11), ("service", 8), ("subtype", 8)):
        _add(arguments, "Argument", name=name, argumentTypeRef=f"uint{bits}")
    _add(arguments, "Argument", name="ack_flags", argumentTypeRef="uint4", initialValue="15")
    entries = _add(_add(base, "CommandContainer", name="telecommand"), "EntryList")
    _fixed(entries, "version_type_secondary_header", 0b00011, 5)
    _add(entries, "ArgumentRefEntry", argumentRef="apid")
    _fixed(entries, "sequence_control_set_by_the_link", 0xC000, 16)
    _fixed(entries, "length_set_by_the_link", 0, 16)
    _fixed(entries, "pus_version", 2, 4)
    for name in ("ack_flags", "service", "subtype"):
        _add(entries, "ArgumentRefEntry", argumentRef=name)
    _fixed(entries, "source_id", 0, 16)


def _fixed(entries: ET.Element, name: str, value: int, bits: int) -> None:
    _add(entries, "FixedValueEntry", name=name, binaryValue=f"{value:0{(bits + 7) // 8 * 2}X}", sizeInBits=bits)


def _integer(types: ET.Element, name: str, bits: int, of: str = "Parameter") -> None:
    plain = _add(types, f"Integer{of}Type", name=name, signed="false")
    _add(plain, "UnitSet")
    _add(plain, "IntegerDataEncoding", sizeInBits=bits, encoding="unsigned")


def _vehicle(root: ET.Element, book: Dictionary) -> None:
    name = book.vehicle.name
    system = _add(root, "SpaceSystem", name=name, shortDescription=f"{book.vehicle.text}, spacecraft id {book.vehicle.spacecraft_id:#x}")
    channels = ", ".join(f"{c.number} {c.name}" for c in TM_CHANNELS)
    _add(system, "LongDescription").text = f"Telemetry virtual channels: {channels}. Telecommands: virtual channel 0."
    telemetry = _add(system, "TelemetryMetaData")
    types, parameters, containers = (_add(telemetry, tag) for tag in ("ParameterTypeSet", "ParameterSet", "ContainerSet"))
    for row in book.parameters:
        _parameter(types, parameters, f"{name}.{row.name}", xtce_name(row.name), row)
    for event in book.events:
        for argument in event.arguments:
            own = f"event-{event.name}-{argument.name}"
            _type(types, own, argument.kind, argument.unit, argument.enumeration)
            _add(parameters, "Parameter", name=own, parameterTypeRef=own, shortDescription=argument.text or argument.name)
    for report in book.reports:
        _container(containers, f"report-{report.name}", report, 25, [xtce_name(p) for p in report.parameters])
    for event in book.events:
        _container(containers, f"event-{event.name}", event, event.severity, [f"event-{event.name}-{a.name}" for a in event.arguments])
    system_apid = book.command("get").apid
    for row in book.parameters:
        tests = {"apid": system_apid, "service": 20, "subtype": 2, "value_count": 1, "value_parameter": row.id}
        entries = ["/farside/value_count", "/farside/value_parameter", xtce_name(row.name)]
        _sequence(containers, f"value-{xtce_name(row.name)}", entries, tests)
    commands = _add(system, "CommandMetaData")
    argument_types, metas = _add(commands, "ArgumentTypeSet"), _add(commands, "MetaCommandSet")
    for command in book.commands:
        if any(argument.kind == DEDUCED for argument in command.arguments):
            for row in (p for p in book.parameters if p.settable is not None):
                _command(argument_types, metas, command, xtce_name(f"{command.name}-{row.name}"), row)
        else:
            _command(argument_types, metas, command, command.name, None)


def _parameter(types: ET.Element, parameters: ET.Element, full: str, name: str, row: Parameter) -> None:
    _type(types, name, row.kind, row.unit, row.enumeration, row.calibration, row.limits)
    entry = _add(parameters, "Parameter", name=name, parameterTypeRef=name, shortDescription=row.text)
    _add(_add(entry, "AliasSet"), "Alias", nameSpace="farside", alias=full)


def _type(
    types: ET.Element,
    name: str,
    kind: str,
    unit: str,
    enumeration: Enumeration | None = None,
    calibration: CalibrationRow | None = None,
    limits: Limits | None = None,
    of: str = "Parameter",
) -> ET.Element:
    """A type of its own for a parameter or argument; a calibrated one is a float whatever its kind."""
    family = "Enumerated" if enumeration else "Float" if kind[0] == "f" or calibration else "Integer"
    attributes = {"signed": str(kind[0] == "i").lower()} if family == "Integer" else {}
    element = _add(types, f"{family}{of}Type", name=name, **attributes)
    units = _add(element, "UnitSet")
    shown = calibration.unit if calibration else unit
    if shown:
        _add(units, "Unit", description=shown).text = shown
    encoding = _encoding(element, kind)
    if calibration is not None:
        _calibrator(_add(encoding, "DefaultCalibrator"), calibration)
    if enumeration is not None:
        members = _add(element, "EnumerationList")
        for member in enumeration.members:
            _add(members, "Enumeration", value=member.value, label=member.name)
    if limits is not None:
        _alarm(element, limits, calibration)
    return element


def _encoding(element: ET.Element, kind: str) -> ET.Element:
    bits = 8 * OCTETS[kind]
    if kind[0] == "f":
        return _add(element, "FloatDataEncoding", sizeInBits=bits, encoding="IEEE754_1985")
    return _add(element, "IntegerDataEncoding", sizeInBits=bits, encoding="unsigned" if kind[0] == "u" else "twosComplement")


def _calibrator(parent: ET.Element, calibration: CalibrationRow) -> None:
    if isinstance(calibration, Polynomial):
        polynomial = _add(parent, "PolynomialCalibrator")
        for exponent, coefficient in enumerate(calibration.coefficients):
            _add(polynomial, "Term", coefficient=coefficient, exponent=exponent)
        return
    spline = _add(parent, "SplineCalibrator", order=1)
    for raw, calibrated in calibration.points:
        _add(spline, "SplinePoint", raw=raw, calibrated=calibrated)


def _alarm(element: ET.Element, limits: Limits, calibration: CalibrationRow | None) -> None:
    ranges = _add(_add(element, "DefaultAlarm"), "StaticAlarmRanges")
    for tag, bounds in (("WarningRange", (limits.yellow_low, limits.yellow_high)), ("CriticalRange", (limits.red_low, limits.red_high))):
        shown = [None if x is None else calibration.apply(x) if calibration else x for x in bounds]
        given = {key: value for key, value in zip(("minInclusive", "maxInclusive"), shown, strict=True) if value is not None}
        if given:
            _add(ranges, tag, **given)


def _container(containers: ET.Element, name: str, row: Report | Event, subtype: int, parameters: list[str]) -> None:
    service = 3 if isinstance(row, Report) else 5
    tests = {"apid": row.apid, "service": service, "subtype": subtype, "structure_id": row.id}
    _sequence(containers, name, ["/farside/structure_id", *parameters], tests)


def _sequence(containers: ET.Element, name: str, parameters: list[str], tests: dict[str, int]) -> None:
    """A container that holds these parameters when the packet's header parameters have these values."""
    container = _add(containers, "SequenceContainer", name=name)
    entries = _add(container, "EntryList")
    for parameter in parameters:
        _add(entries, "ParameterRefEntry", parameterRef=parameter)
    base = _add(container, "BaseContainer", containerRef="/farside/telemetry")
    comparisons = _add(_add(base, "RestrictionCriteria"), "ComparisonList")
    for parameter, value in tests.items():
        _add(comparisons, "Comparison", parameterRef=f"/farside/{parameter}", value=value)


def _command(types: ET.Element, metas: ET.Element, command: Command, name: str, target: Parameter | None) -> None:
    """One MetaCommand; `target` is the parameter of a command whose value has a deduced kind."""
    meta = _add(metas, "MetaCommand", name=name, shortDescription=command.text)
    base = _add(_add(meta, "BaseMetaCommand", metaCommandRef="/farside/telecommand"), "ArgumentAssignmentList")
    for header, value in (("apid", command.apid), ("service", command.service), ("subtype", command.subtype)):
        _add(base, "ArgumentAssignment", argumentName=header, argumentValue=value)
    free = [a for a in command.arguments if target is None or a.kind == DEDUCED]
    arguments = _add(meta, "ArgumentList") if free else None
    container = _add(meta, "CommandContainer", name=name)
    entries = _add(container, "EntryList")
    for prefix, number in (("function", command.function), ("count", 1 if command.counted else None)):
        if number is not None:
            _fixed(entries, prefix, number, 16)
    if target is not None:
        _fixed(entries, "parameter", target.id, 16)
    for argument in free:
        _argument(types, f"{name}-{argument.name}", argument, target)
        assert arguments is not None
        extra = {} if argument.default is None else {"initialValue": held(argument.kind, argument.default)}
        _add(arguments, "Argument", name=argument.name, argumentTypeRef=f"{name}-{argument.name}", shortDescription=argument.text, **extra)
        _add(entries, "ArgumentRefEntry", argumentRef=argument.name)
    _add(container, "BaseContainer", containerRef="/farside/telecommand")
    _constraints(meta, command)
    if command.hazardous:
        _add(meta, "DefaultSignificance", consequenceLevel="critical")


def _argument(types: ET.Element, name: str, argument: Argument, target: Parameter | None) -> None:
    kind = target.kind if target else argument.kind
    unit = target.unit if target else argument.unit
    enumeration = target.enumeration if target else argument.enumeration
    low, high = target.settable if target and target.settable else argument.range
    element = _type(types, name, kind, unit, enumeration, of="Argument")
    if enumeration is None:
        _add(_add(element, "ValidRangeSet"), "ValidRange", minInclusive=low, maxInclusive=high)


def _constraints(meta: ET.Element, command: Command) -> None:
    if command.modes == ALL:
        return
    constraint = _add(_add(meta, "TransmissionConstraintList"), "TransmissionConstraint")
    if len(command.modes) == 1:
        _add(constraint, "Comparison", parameterRef="mode-mode", value=command.modes[0])
        return
    either = _add(_add(constraint, "BooleanExpression"), "ORedConditions")
    for mode in command.modes:
        condition = _add(either, "Condition")
        _add(condition, "ParameterInstanceRef", parameterRef="mode-mode")
        _add(condition, "ComparisonOperator").text = "=="
        _add(condition, "Value").text = mode
