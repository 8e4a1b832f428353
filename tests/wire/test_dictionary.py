"""The mission dictionary: rows that cannot be right are refused, what flies agrees with C, commands say what is wrong with them."""

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.commands import CommandError, encode_command
from wire.dictionary import DICTIONARIES, FAILURE_CODE, LANDER, ROVER, Dictionary, UnknownNameError, codes, kinds, rows
from wire.dictionary.mission import check_together
from wire.dictionary.rows import Argument, Command, Enumeration, Event, EventArgument, Limits, Member, Parameter, Polynomial, Report, Table
from wire.shapes import VERIFICATION_FAILURE, command_shape, event_shape, parameter_values_shape, parse_exactly

ROOT = Path(__file__).resolve().parents[2]
P = Parameter(1, "nav.x_m", "f32", "m", "x")


def sendable() -> list[Any]:
    """Every command of every vehicle, but `set` of a vehicle that has nothing to set."""
    pairs = [(b, c) for b in DICTIONARIES.values() for c in b.commands]
    able = [(b, c) for b, c in pairs if c.name != "set" or any(p.settable for p in b.parameters)]
    return [pytest.param(b, c, id=f"{b.vehicle.name}.{c.name}") for b, c in able]


def c_enumeration(path: str, prefix: str) -> dict[str, int]:
    """The members of the C enumerations in a `.pxd` whose names start so."""
    found = re.findall(rf"^\s+{prefix}(\w+) = (\d+)", (ROOT / path).read_text(encoding="utf-8"), re.M)
    return {name: int(value) for name, value in found}


def test_failure_codes_are_the_same_in_c() -> None:
    in_c = c_enumeration("wire/dictionary/codes.pxd", "FAIL_")
    assert in_c.pop("NONE") == 0
    assert in_c == {m.name: m.value for m in FAILURE_CODE.members}


def test_failure_codes_of_packets_are_the_reasons_of_the_packet_parser() -> None:
    reasons = c_enumeration("wire/space_packet.pxd", "PACKET_")
    low = {m.name.removeprefix("PACKET_"): m.value for m in FAILURE_CODE.members if m.value < 16}
    assert low == {name: reasons[name] for name in low}


def test_uplink_reasons_are_those_of_the_parsers() -> None:
    frames = c_enumeration("wire/tc_frame.pxd", "TC_FRAME_")
    packets = c_enumeration("wire/space_packet.pxd", "PACKET_")
    for member in codes.UPLINK_REASON.members:
        if member.name.startswith("FRAME_"):
            assert frames[member.name.removeprefix("FRAME_")] == member.value
        elif member.name.startswith("PACKET_"):
            assert packets[member.name.removeprefix("PACKET_")] + 16 == member.value


def test_device_errors_and_validity_are_those_of_the_devices() -> None:
    errors = c_enumeration("hal/reading.pxd", "DEVICE_")
    assert errors == {m.name: m.value for m in codes.DEVICE_ERROR.members}
    validity = c_enumeration("hal/reading.pxd", "")
    assert {m.name: validity[m.name] for m in codes.VALIDITY.members} == {m.name: m.value for m in codes.VALIDITY.members}


def test_reset_causes_and_guidance_phases_are_those_on_board() -> None:
    assert c_enumeration("flight/computer.pxd", "RESET_") == {m.name: m.value for m in codes.RESET_CAUSE.members}
    phase = LANDER.parameter("guidance.phase").enumeration
    assert phase is not None
    assert c_enumeration("flight/apps/guidance.pxd", "PHASE_") == {m.name: m.value for m in phase.members}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Parameter(0, "nav.x_m", "f32", "m", "x"),
        lambda: Parameter(1, "altitude", "f32", "m", "no record"),
        lambda: Parameter(1, "nav.x_m", "f16", "m", "no such kind"),  # type: ignore[arg-type]
        lambda: Parameter(1, "nav.mode", "f32", "", "enumerated float", enumeration=codes.NO_YES),
        lambda: Parameter(1, "nav.x_m", "u8", "m", "range beyond the kind", settable=(0, 256)),
        lambda: Parameter(1, "nav.x_m", "f32", "m", "limit not exact", settable=(0, 0.1)),
        lambda: Parameter(1, "nav.x_m", "f32", "m", "upside down", settable=(1, 0)),
        lambda: Argument("x", "u64", "", "not exact as a double"),
        lambda: Argument("x", "u8", "", "beyond", maximum=256),
        lambda: Argument("x", "u8", "", "upside down", minimum=3, maximum=2),
        lambda: Argument("x", "u8", "", "default beyond", maximum=3, default=4),
        lambda: Argument("x", "u8", "", "too big", enumeration=Enumeration("E", (Member(300, "A"),), "")),
        lambda: Argument("x", "u32", "", "identifier", refers="report"),
        lambda: Command("c", 8, 1, 0x101, "no function"),
        lambda: Command("c", 17, 1, 0x101, "function", function=1),
        lambda: Command("c", 8, 1, 0x101, "nine", function=1, arguments=tuple(Argument(f"a{i}", "u8", "", "") for i in range(9))),
        lambda: Command("c", 8, 1, 0x101, "twice", function=1, arguments=(Argument("a", "u8", "", ""), Argument("a", "u8", "", ""))),
        lambda: Command("c", 8, 1, 0x101, "of what?", function=1, arguments=(Argument("a", "deduced", "", ""),)),
        lambda: Command("c", 8, 1, 0x101, "never", function=1, modes=()),
        lambda: Event(1, 5, "e", 0x101, "severity"),
        lambda: Event(1, 1, "e", 0x101, "five", tuple(EventArgument(f"a{i}", "u8", "") for i in range(5))),
        lambda: Event(1, 1, "e", 0x101, "an argument is not told", (EventArgument("a", "u8", ""),)),
        lambda: Event(1, 1, "e", 0x101, "nothing is {known}"),
        lambda: Report(1, "r", 0x101, 0.0, ("nav.x_m",), "no period"),
        lambda: Report(1, "r", 0x101, 1.0, ("nav.x_m", "nav.x_m"), "twice"),
        lambda: Limits(yellow_low=1, red_low=2),
        lambda: Limits(),
        lambda: Table("T", "", ((1, 1), (1, 2))),
        lambda: Polynomial("P", "", (math.nan,)),
        lambda: Enumeration("E", (Member(1, "A"), Member(1, "B")), ""),
        lambda: Enumeration("E", (Member(1, "A"), Member(2, "A")), ""),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="mission dictionary"):
        make()


def book(**changes: Any) -> Dictionary:
    """A small dictionary of the lander's vehicle with some tables replaced."""
    tables: dict[str, Any] = {"parameters": (P,), "commands": (), "events": (), "reports": ()}
    return Dictionary(LANDER.vehicle, **(tables | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": (P, P)},
        {"parameters": (P, Parameter(1, "nav.y_m", "f32", "m", "same identifier"))},
        {"parameters": (P, Parameter(2, "nav.x_m", "f32", "m", "same name"))},
        {"reports": (Report(1, "r", 0x101, 1.0, ("nav.z_m",), "no such parameter"),)},
        {"reports": (Report(1, "r", 0x777, 1.0, ("nav.x_m",), "no such application"),)},
        {"commands": (Command("c", 8, 1, 0x101, "no such mode", function=1, modes=("DRIVE",)),)},
        {"commands": (Command("c", 8, 1, 0x101, "", function=1), Command("d", 8, 1, 0x101, "same code", function=1))},
        {"events": (Event(1, 1, "e", 0x101, "one"), Event(1, 1, "f", 0x101, "same identifier"))},
        {
            "parameters": rows.vector(1, "nav.x_m", 136, "f64", "m", "x"),
            "reports": (Report(1, "r", 0x101, 1.0, tuple(f"nav.x_m[{i}]" for i in range(136)), "longer than a packet"),),
        },
    ],
)
def test_rows_that_do_not_agree_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="mission dictionary"):
        book(**changes)


def test_vehicles_may_share_no_identifier() -> None:
    with pytest.raises(ValueError, match="spacecraft identifier"):
        check_together((LANDER, LANDER))
    twin = dataclasses.replace(LANDER.vehicle, name="twin", spacecraft_id=0x1C7)
    with pytest.raises(ValueError, match="APID"):
        check_together((LANDER, Dictionary(twin, (), (), (), ())))


def test_rows_are_found_by_name_with_or_without_the_vehicle_and_by_identifier() -> None:
    row = LANDER.parameter("lander.nav.altitude_m")
    assert row is LANDER.parameter("nav.altitude_m") is LANDER.parameter(row.id)
    assert LANDER.report(1).name == "system"
    assert LANDER.event("touchdown").severity == 1
    assert ROVER.parameter("wheel.0.command.rate_rad_s").kind == "f32"


def test_an_unknown_name_is_refused_with_what_is_near() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean nav\.altitude_m"):
        LANDER.parameter("nav.altitud_m")
    with pytest.raises(UnknownNameError, match="no event with identifier 9999"):
        LANDER.event(9999)


def test_no_sensor_is_switched_under_thrust() -> None:
    for name in ("imu_power", "altimeter_power", "reset_computer"):
        command = LANDER.command(name)
        legal = {m.name for m in LANDER.vehicle.modes.members if LANDER.legal(command, m.value)}
        assert legal == {"SAFE", "STANDBY", "LANDED"}
    assert LANDER.legal(LANDER.command("land"), LANDER.vehicle.modes["HOVER"])
    assert not LANDER.legal(LANDER.command("land"), LANDER.vehicle.modes["STANDBY"])
    assert all(LANDER.legal(LANDER.command("store_log"), m.value) for m in LANDER.vehicle.modes.members)


def test_calibrations_and_limits() -> None:
    kelvin = LANDER.parameter("imu.temperature_k")
    assert kelvin.calibration is not None
    assert kelvin.calibration.apply(273.15) == pytest.approx(0.0)
    assert kelvin.limits is not None
    assert [kelvin.limits.state(x) for x in (293, 323, 324, 333, 334, math.nan)] == ["nominal", "nominal", "yellow", "yellow", "red", "red"]
    line = Table("T", "", ((0, 0), (1, 10), (3, 0)))
    assert [line.apply(x) for x in (-1, 0.5, 1, 2, 9)] == [0, 5, 10, 5, 0]
    assert math.isnan(line.apply(math.nan))
    assert Polynomial("P", "", (1, 2, 3)).apply(2) == 17


def test_an_event_reads_as_a_sentence_even_with_a_value_that_nobody_knows() -> None:
    changed = LANDER.event("mode_changed")
    assert changed.describe({"previous": 2, "mode": 3}) == "mode HOVER -> DESCENT"
    assert changed.describe({"previous": 2, "mode": 77}) == "mode HOVER -> 77?"
    boot = LANDER.event("boot")
    assert boot.describe({"dictionary": 0xAB, "boot_count": 3, "reset_cause": 2}) == "boot 3 after WATCHDOG, dictionary 000000ab"


@pytest.mark.parametrize(
    ("vehicle", "name", "arguments", "octets"),
    [
        ("lander", "ping", {}, ""),
        ("lander", "land", {}, "0011"),
        ("lander", "imu_power", {"on": "off"}, "0020 00"),
        ("lander", "store_log", {"file": "0x0102"}, "0030 0102"),
        ("lander", "hk_report", {"report": "descent"}, "0001 0002"),
        ("lander", "get", {"parameter": "lander.mode.mode"}, "0001 0001"),
        ("lander", "set", {"parameter": "guidance.commanded_altitude_m", "value": "100"}, "0001 0145 42c80000"),
        ("rover", "wheel_rate", {"rate_rad_s": -0.5}, "0010 bf000000"),
        ("rover", "wheel_rate", {"rate_rad_s": 0.6}, "0010 3f19999a"),
    ],
)
def test_golden_application_data(vehicle: str, name: str, arguments: dict[str, Any], octets: str) -> None:
    assert encode_command(vehicle, name, arguments) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("vehicle", "name", "arguments", "complaint"),
    [
        ("landr", "ping", {}, "no vehicle 'landr'; did you mean lander?"),
        ("lander", "lnad", {}, "no command 'lnad'; did you mean land?"),
        ("rover", "wheel_rate", {}, "needs argument 'rate_rad_s': rate of the wheels, positive forward (f32, -0.6..0.6 rad/s)"),
        ("rover", "wheel_rate", {"rate": 1}, "no argument 'rate'; did you mean rate_rad_s?"),
        ("rover", "wheel_rate", {"rate_rad_s": 0.7}, "rate_rad_s: 0.7 rad/s is outside -0.6..0.6 rad/s"),
        ("rover", "wheel_rate", {"rate_rad_s": "nan"}, "nan is not a finite number"),
        ("rover", "wheel_rate", {"rate_rad_s": "-1e999"}, "-inf is not a finite number"),
        ("rover", "wheel_rate", {"rate_rad_s": "fast"}, "'fast' is not a number"),
        ("lander", "imu_power", {"on": "offf"}, "it is one of OFF, ON"),
        ("lander", "imu_power", {"on": 2}, "2 is none of OFF (0), ON (1)"),
        ("lander", "imu_power", {"on": True}, "True is not a number"),
        ("lander", "store_log", {"file": 1.5}, "1.5 is not a whole number"),
        ("lander", "store_log", {"file": 10**400}, "outside 0..65535"),
        ("lander", "land", {"now": 1}, "it takes none"),
        ("lander", "hk_report", {"report": "desc"}, "no report 'desc'; did you mean descent"),
        ("lander", "get", {"parameter": 9999}, "no parameter with identifier 9999"),
        ("lander", "get", {"parameter": None}, "None is neither name nor identifier"),
        ("lander", "set", {"parameter": "nav.altitude_m", "value": 1}, "nav.altitude_m can only be read"),
        ("lander", "set", {"parameter": "guidance.commanded_altitude_m", "value": 4.9}, "4.9 m is outside 5..2000 m"),
        ("lander", "set", {"parameter": "guidance.commanded_altitude_m"}, "needs argument 'value'"),
    ],
)
def test_a_command_that_cannot_be_sent_says_why(vehicle: str, name: str, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CommandError) as caught:
        encode_command(vehicle, name, arguments)
    assert complaint in str(caught.value)


def legal_values(dictionary: Dictionary, command: Command, data: st.DataObject) -> dict[str, float]:
    """Any legal argument of a command."""
    values: dict[str, float] = {}
    for argument in command.arguments:
        if argument.refers:
            parameters = [p for p in dictionary.parameters if p.settable or command.name != "set"]
            table: Any = dictionary.reports if argument.refers == "report" else parameters
            values[argument.name] = data.draw(st.sampled_from([row.id for row in table]))
        elif argument.kind == rows.DEDUCED:
            parameter = dictionary.parameter(int(values["parameter"]))
            low, high = parameter.settable or (0, 0)
            whole = st.integers(int(low), int(high)) if parameter.enumeration is None else st.sampled_from(
                [member.value for member in parameter.enumeration.members if low <= member.value <= high]
            )  # fmt: skip
            values[argument.name] = data.draw(st.floats(low, high, width=32) if parameter.kind in kinds.FLOAT_MAX else whole)
        elif argument.enumeration is not None:
            values[argument.name] = data.draw(st.sampled_from([m.value for m in argument.enumeration.members]))
        elif argument.kind in kinds.FLOAT_MAX:
            values[argument.name] = data.draw(st.floats(*argument.range, width=32))
        else:
            values[argument.name] = data.draw(st.integers(int(argument.range[0]), int(argument.range[1])))
    return values


@pytest.mark.parametrize(("dictionary", "command"), sendable())
@given(data=st.data())
def test_every_legal_command_comes_back_and_is_refused_at_every_other_length(
    dictionary: Dictionary, command: Command, data: st.DataObject
) -> None:
    values = legal_values(dictionary, command, data)
    octets = encode_command(dictionary.vehicle.name, command.name, values)
    shape = command_shape(dictionary, command)
    parsed = parse_exactly(shape, octets)
    assert {name: parsed[name] for name in values} == values
    for length in range(len(octets)):
        with pytest.raises(construct.StreamError):
            parse_exactly(shape, octets[:length])
    with pytest.raises(construct.TerminatedError):
        parse_exactly(shape, octets + b"\0")


@pytest.mark.parametrize(
    ("octets", "path", "reason"),
    [
        ("0011 3f000000", "function", "expected 16"),
        ("0010 3f800000", "rate_rad_s", "outside"),
        ("0010 7fc00000", "rate_rad_s", "not a finite number"),
        ("0010 ff800000", "rate_rad_s", "not a finite number"),
    ],
)
def test_the_uplink_refuses_an_illegal_argument_with_its_path(octets: str, path: str, reason: str) -> None:
    with pytest.raises(construct.ConstructError) as caught:
        parse_exactly(command_shape(ROVER, ROVER.command("wheel_rate")), bytes.fromhex(octets))
    assert str(caught.value.path).endswith(path)
    assert reason in str(caught.value)


def test_the_uplink_refuses_a_parameter_that_cannot_be_set_and_one_that_does_not_exist() -> None:
    shape = command_shape(LANDER, LANDER.command("set"))
    for octets in ("0001 0110 42c80000", "0001 7777 42c80000", "0002 0145 42c80000"):
        with pytest.raises(construct.ConstructError):
            parse_exactly(shape, bytes.fromhex(octets))


def test_golden_event_and_verification_and_parameter_values() -> None:
    # 0040 touchdown, 1.5 m/s down, 0.25 m/s across, pads 1 and 3
    touchdown = {"vertical_speed_m_s": 1.5, "horizontal_speed_m_s": 0.25, "pads": 5}
    assert event_shape(LANDER.event("touchdown")).build(touchdown) == bytes.fromhex("0040 3fc00000 3e800000 05")
    # request 1901 c005, code 25 (illegal in mode), parameter 4 (LANDED)
    failure = {"request": {"packet_id": 0x1901, "sequence_control": 0xC005}, "code": FAILURE_CODE["ILLEGAL_IN_MODE"], "parameter": 4}
    assert VERIFICATION_FAILURE.build(failure) == bytes.fromhex("1901 c005 0019 00000004")
    # two values: mode.mode = 3, imu.temperature_k = 280.0
    values = [{"parameter": 1, "value": 3}, {"parameter": 0x20B, "value": 280.0}]
    shape = parameter_values_shape(LANDER)
    octets = shape.build({"count": 2, "values": values})
    assert octets == bytes.fromhex("0002 0001 03 020b 438c0000")
    assert [(v["parameter"], v["value"]) for v in shape.parse(octets)["values"]] == [(1, 3), (0x20B, 280.0)]


def test_telemetry_shows_a_value_that_no_enumeration_knows() -> None:
    octets = bytes.fromhex("0002 4d 63")
    assert event_shape(LANDER.event("mode_changed")).parse(octets).previous == 0x4D
