"""The shapes of space packets (CCSDS 133.0, 4.1) and of PUS-C telecommands and telemetry (ECSS-E-ST-70-41C, 7.4): the reference codec.

`wire.space_packet` does the same without the GIL; tests hold both together. Acknowledgement flags: acceptance is the least significant of
the four bits (the standard counts it as bit 3, from the most significant), completion the most significant.
"""

from typing import Any

from construct import Bytes, Container, Int8ub, Int16ub, Struct, Terminated, this

from wire.words import Word, checked, rule

TELEMETRY, TELECOMMAND = 0, 1
APID_IDLE = 0x7FF
STAND_ALONE = 3
PUS_C = 2
ACCEPTANCE, START, PROGRESS, COMPLETION = 1, 2, 4, 8

packet_id = Word(Int16ub, version=3, type=1, secondary_header=1, apid=11)
sequence_control = Word(Int16ub, flags=2, count=14)

# Octets of everything behind the primary header, less one (4.1.3.5.3).
primary_header = Struct("id" / packet_id, "sequence" / sequence_control, "length" / Int16ub)

# Any space packet: header and packet data field, nothing judged.
space_packet = Struct("header" / primary_header, "data" / Bytes(this.header.length + 1), Terminated)

tc_secondary_header = Struct(
    "pus" / Word(Int8ub, version=4, ack_flags=4),
    "service" / Int8ub,
    "subtype" / Int8ub,
    "source_id" / Int16ub,
)
tm_secondary_header = Struct(
    "pus" / Word(Int8ub, version=4, time_status=4),
    "service" / Int8ub,
    "subtype" / Int8ub,
    "message_counter" / Int16ub,
    "destination_id" / Int16ub,
    "time" / Bytes(7),
)


def _packet(kind: int, secondary: Struct) -> Struct:
    """A whole packet of one kind, every rule applied."""
    overhead = secondary.sizeof() + 2
    body = Struct(
        "header" / primary_header,
        rule("version", lambda c: c.header.id.version == 0, "the packet version number is not 0"),
        rule("type", lambda c: c.header.id.type == kind, "telemetry where a telecommand is due, or the reverse"),
        rule("apid", lambda c: c.header.id.apid != APID_IDLE, "an idle packet"),
        rule("secondary_header", lambda c: c.header.id.secondary_header == 1, "no secondary header"),
        rule("flags", lambda c: c.header.sequence.flags == STAND_ALONE, "not a stand-alone packet"),
        rule("length", lambda c: c.header.length + 1 >= overhead, "shorter than its headers and check sum"),
        "secondary" / secondary,
        "data" / Bytes(this.header.length + 1 - overhead),
    )
    pus_version = rule("pus_version", lambda c: c.body.value.secondary.pus.version == PUS_C, "the PUS version number is not 2")
    return Struct(*checked(body, "packet_error_control").subcons, pus_version, Terminated)


tc_packet = _packet(TELECOMMAND, tc_secondary_header)
tm_packet = _packet(TELEMETRY, tm_secondary_header)


def _build(shape: Struct, kind: int, apid: int, count: int, secondary: dict[str, Any], data: bytes) -> bytes:
    octets = (tc_secondary_header if kind else tm_secondary_header).sizeof() + len(data) + 2
    header = {
        "id": {"version": 0, "type": kind, "secondary_header": 1, "apid": apid},
        "sequence": {"flags": STAND_ALONE, "count": count},
        "length": octets - 1,
    }
    value = {"header": header, "secondary": secondary, "data": data}
    return bytes(shape.build({"body": {"value": value}}))


def build_tc(apid: int, count: int, service: int, subtype: int, data: bytes = b"", ack_flags: int = 0b1111, source_id: int = 0) -> bytes:
    """A telecommand packet. Raises construct.ConstructError, with the path, for a value that does not fit."""
    secondary = {"pus": {"version": PUS_C, "ack_flags": ack_flags}, "service": service, "subtype": subtype, "source_id": source_id}
    return _build(tc_packet, TELECOMMAND, apid, count, secondary, data)


def build_tm(
    apid: int, count: int, service: int, subtype: int, time: bytes, data: bytes = b"", message_counter: int = 0, destination_id: int = 0
) -> bytes:
    """A telemetry packet; `time` is CUC 4+3. Raises construct.ConstructError, with the path, for a value that does not fit."""
    secondary = {
        "pus": {"version": PUS_C, "time_status": 0},
        "service": service,
        "subtype": subtype,
        "message_counter": message_counter,
        "destination_id": destination_id,
        "time": time,
    }
    return _build(tm_packet, TELEMETRY, apid, count, secondary, data)


def parse_tc(octets: bytes) -> Container:
    """Header, secondary header and data of a telecommand. Raises construct.ConstructError."""
    return tc_packet.parse(octets).body.value


def parse_tm(octets: bytes) -> Container:
    """Header, secondary header and data of a telemetry packet. Raises construct.ConstructError."""
    return tm_packet.parse(octets).body.value
