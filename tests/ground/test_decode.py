from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.decode import EventReport, Housekeeping, Other, Unreadable, Verification, decode, explain_failure, format_value
from ground.packet import Packet, packet_from_octets
from tests.ground.fake import EPOCH_NS, LANDER, LANDER_GNC, LANDER_SYSTEM
from wire import crc, shapes, space_packet, time_code
from wire.dictionary import FAILURE_CODE
from wire.dictionary import LANDER as BOOK

TIME = time_code.from_ns(EPOCH_NS)


def packet(service: int, subtype: int, data: bytes, apid: int = LANDER_SYSTEM, spacecraft: int = LANDER) -> Packet:
    return packet_from_octets(space_packet.build_tm(apid, 5, service, subtype, TIME, data), spacecraft, 0, 0)


def test_golden_octets_of_a_mode_change_are_read() -> None:
    # APID 101, count 5, length 19; PUS-C, [5,1]; counter 0, destination 0; 1925000000 s; event 2, modes 1 and 2; CRC
    octets = bytes.fromhex("0901 c005 0013 20 05 01 0000 0000 72bd2b40000000 0002 01 02 76c4")
    decoded = decode(packet_from_octets(octets, LANDER, 1, 9))
    assert isinstance(decoded, EventReport)
    assert decoded.text == "mode STANDBY -> HOVER"
    assert decoded.packet.time_ns == EPOCH_NS
    assert (decoded.packet.selector, decoded.packet.sequence, decoded.packet.received_ns) == (2, 5, 9)


@pytest.mark.parametrize("report", BOOK.reports, ids=lambda r: r.name)
@given(data=st.data())
def test_every_housekeeping_report_reads_as_construct_reads_it(report: Any, data: st.DataObject) -> None:
    shape = shapes.report_shape(BOOK, report)
    body = data.draw(st.binary(min_size=shape.sizeof() - 2, max_size=shape.sizeof() - 2))
    octets = report.id.to_bytes(2, "big") + body
    decoded = decode(packet(3, 25, octets, report.apid))
    assert isinstance(decoded, Housekeeping)
    reference = shapes.parse_exactly(shape, octets)
    assert [repr(s.raw) for s in decoded.samples] == [repr(reference[name]) for name in report.parameters]


def _sample(name: str, value: float) -> Any:
    row = BOOK.parameter(name)
    data = b"\0\1" + shapes.parameter_shape(row).build({"value": value})
    decoded = decode(packet(20, 2, data))
    assert isinstance(decoded, Housekeeping), decoded
    return decoded.samples[0]


def test_values_are_calibrated_named_and_judged() -> None:
    temperature = _sample("imu.temperature_k", 300.0)
    assert (temperature.raw, temperature.unit, temperature.limit) == (300.0, "degC", "nominal")
    assert format_value(temperature) == "26.85 degC"
    assert _sample("imu.temperature_k", 330.0).limit == "yellow"
    assert _sample("imu.temperature_k", float("nan")).limit == "red"
    assert _sample("mode.mode", 2).value == "HOVER"
    assert _sample("mode.mode", 77).value == "77?"
    assert _sample("nav.altitude_m", 5.0).limit == ""


def test_a_report_too_short_or_too_long_says_so() -> None:
    for data in (b"\0\1", b"\0\1" + bytes(500)):
        decoded = decode(packet(3, 25, data))
        assert isinstance(decoded, Unreadable)
        assert f"{len(data)} octets, system has" in decoded.text


@pytest.mark.parametrize(
    ("service", "subtype", "data"),
    [
        (3, 25, b"\xff\xff"),
        (3, 25, b""),
        (5, 1, b"\xee\xee"),
        (5, 1, b""),
        (1, 1, b"\0"),
        (1, 99, bytes(4)),
        (20, 2, b"\0\1\xee\xee\0"),
        (9, 2, b""),
    ],
)
def test_what_the_dictionary_does_not_explain_is_unreadable_with_a_reason(service: int, subtype: int, data: bytes) -> None:
    decoded = decode(packet(service, subtype, data))
    assert isinstance(decoded, Unreadable)
    assert f"[{service},{subtype}] cannot be read" in decoded.text


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=200), st.sampled_from([LANDER, 0x1C5, 0x3FF]))
def test_no_packet_makes_the_decoder_raise(service: int, subtype: int, data: bytes, spacecraft: int) -> None:
    decode(packet(service, subtype, data, spacecraft=spacecraft))


@given(st.binary(max_size=100))
def test_no_octets_make_the_decoder_raise(octets: bytes) -> None:
    assert isinstance(decode(packet_from_octets(octets, LANDER, 0, 0)), Unreadable | Other)


def test_a_packet_with_one_flipped_bit_is_kept_and_its_fault_named() -> None:
    octets = bytearray(space_packet.build_tm(LANDER_SYSTEM, 5, 17, 2, TIME, b""))
    octets[13] ^= 1
    decoded = decode(packet_from_octets(bytes(octets), LANDER, 0, 0))
    assert isinstance(decoded, Unreadable)
    assert decoded.text == "the packet error control is wrong"
    assert (decoded.packet.apid, decoded.packet.sequence) == (LANDER_SYSTEM, 5)


def test_a_time_packet_without_secondary_header_is_read() -> None:
    octets = bytes.fromhex("0000c007000900") + TIME
    octets += crc.checksum(octets).to_bytes(2, "big")
    taken = packet_from_octets(octets, LANDER, 0, 0)
    assert (taken.service, taken.subtype, taken.time_ns, taken.sequence) == (9, 2, EPOCH_NS, 7)
    assert decode(taken).text == "spacecraft time is 2019-01-01T02:12:43.000Z"


def test_verification_names_stage_request_and_failure() -> None:
    done = decode(packet(1, 7, bytes.fromhex("1901c003")))
    assert isinstance(done, Verification)
    assert (done.stage, done.success, done.request) == ("completion", True, 0x1901C003)
    failed = decode(packet(1, 4, bytes.fromhex("1901c003 0019 00000004")))
    assert isinstance(failed, Verification)
    assert (failed.stage, failed.success, failed.code, failed.parameter) == ("start", False, FAILURE_CODE["ILLEGAL_IN_MODE"], 4)


@pytest.mark.parametrize(
    ("command", "code", "parameter", "reason"),
    [
        ("land", "ILLEGAL_IN_MODE", 4, "lander.land is not legal in mode LANDED (allowed: HOVER)"),
        ("set", "NOT_SETTABLE", 0x110, "the parameter can only be read (parameter nav.altitude_m)"),
        ("set", "VALUE_RANGE", 9999, "the value is out of the parameter's settable range (parameter 9999)"),
        ("hk_report", "UNKNOWN_REPORT", 1, "there is no such housekeeping report (report system)"),
        ("imu_power", "ARGUMENT_ENUMERATION", 0, "an argument is none of the listed values (argument on)"),
        ("imu_power", "DEVICE_NOT_READY", 1, "the device is off, silent or unwell (device error SILENT)"),
        ("land", "ABORTED", 0, "another command or a mode change ended it (mode SAFE)"),
        ("ping", "UNKNOWN_APID", 0x7FE, "no application has this APID (the APID: 0x7fe)"),
        ("ping", "PACKET_CHECKSUM", 0, "the packet error control is wrong"),
    ],
)
def test_a_failure_is_explained(command: str, code: str, parameter: int, reason: str) -> None:
    assert explain_failure("lander", command, FAILURE_CODE[code], parameter) == reason


def test_a_failure_code_from_another_dictionary_is_shown_as_a_number() -> None:
    assert "failure code 999" in explain_failure("lander", "ping", 999, 3)


def test_every_failure_code_is_explained_without_its_placeholder() -> None:
    for member in FAILURE_CODE.members:
        assert "; parameter:" not in explain_failure("lander", "land", member.value, 1)


def test_the_gnc_reports_are_those_of_the_gnc_application() -> None:
    assert any(report.apid == LANDER_GNC for report in BOOK.reports)
