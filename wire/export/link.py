"""The link as data: every layer between a socket and a packet, said so that a stranger can write a receiver and a sender from it.

Bit fields are read off the construct shapes that the reference codec uses; figures name their standard.
"""

from typing import Any, Final

from construct import Int8ub

from wire import frame_shapes, fsr, pus
from wire.dictionary.kinds import OCTETS
from wire.dictionary.mission import (
    IDLE_APID,
    MAX_TC_PACKET,
    PORTS,
    TC_CHANNELS,
    TC_MAP,
    TC_MAPS,
    TIME_APID,
    TIME_RATE,
    TM_CHANNELS,
    TM_REAL_TIME,
)
from wire.dictionary.rows import MAX_APPLICATION_DATA, MAX_SOURCE_DATA
from wire.words import Word

Json = Any
TC_DATA: Final = 6 + pus.tc_secondary_header.sizeof()  # where application data start in a packet
TM_DATA: Final = 6 + pus.tm_secondary_header.sizeof()  # where source data start in a packet

# CCSDS 131.0, annex F: the eight images of alpha^0..alpha^7 under the change from conventional to dual basis; the change is linear.
_DUAL_IMAGES: Final = (0x7B, 0xAF, 0x99, 0xFA, 0x86, 0xEC, 0xEF, 0x8D)


def word(name: str, fields: Word, **values: int) -> dict[str, Json]:
    """One word of bit fields, most significant first; `values` are those that never change."""
    parts = [{"name": field, "bits": mask.bit_length()} for field, _, mask in fields.fields]
    return {
        "name": name,
        "octets": fields.sizeof(),
        "bits": [p | ({"value": values[p["name"]]} if p["name"] in values else {}) for p in parts],
    }


def octets(name: str, count: int | None, **more: Json) -> dict[str, Json]:
    """A field of whole octets; a count of None is variable."""
    return {"name": name, "octets": count} | more


def pseudo_random(taps: tuple[int, ...]) -> bytes:
    """The sequence of an eight-stage shift register that starts with all ones, 255 octets (bit by bit, it repeats after 255 bits).

    The output is the lowest stage; the feedback, the exclusive or of the stages in `taps`, enters the highest.
    """
    register, out = 0xFF, bytearray()
    for _ in range(255):
        octet = 0
        for _ in range(8):
            octet = octet << 1 | register & 1
            feedback = sum(register >> tap & 1 for tap in taps) & 1
            register = register >> 1 | feedback << 7
        out.append(octet)
    return bytes(out)


def basis_tables() -> tuple[bytes, bytes]:
    """Conventional to dual, dual to conventional: 256 octets each."""
    dual = bytearray(256)
    for symbol in range(256):
        for bit, image in enumerate(_DUAL_IMAGES):
            if symbol >> bit & 1:
                dual[symbol] ^= image
    return bytes(dual), bytes(dual.index(symbol) for symbol in range(256))


def export_link() -> dict[str, Json]:
    """Sockets, coding, frames and packets, from the outside in."""
    return {
        "kinds": {kind: {"octets": size, "byte_order": "big-endian", "format": _FORMATS[kind[0]]} for kind, size in OCTETS.items()},
        "ports": PORTS,
        "doors": _doors(),
        "cadu": _cadu(),
        "tm_frame": _tm_frame(),
        "clcw": word("clcw", frame_shapes.clcw, type=0, version=0, cop_in_effect=1),
        "frame_security_report": word("frame_security_report", fsr.shape, type=1, version=4),
        "cltu": _cltu(),
        "tc_frame": _tc_frame(),
        "crc": {
            "name": "CRC-16/CCITT-FALSE",
            "polynomial": "0x1021",
            "preset": "0xFFFF",
            "reflected": False,
            "final_xor": "0x0000",
            "octets": 2,
            "check": {"octets_ascii": "123456789", "crc": "0x29B1"},
            "used_in": "FECF of both frames, packet error control of both packets, over all octets before it",
        },
        "packets": _packets(),
        "time": _time(),
    }


_FORMATS: Final = {"u": "unsigned integer", "i": "two's complement integer", "f": "IEEE 754 binary floating point"}


def _doors() -> Json:
    return {
        "telemetry": "TCP: the station connects and reads a stream of CADUs of all vehicles; UDP: one CADU a datagram",
        "telecommand": "TCP: the station connects and writes CLTUs, in any chunking; UDP: whole CLTUs in a datagram",
        "addresses": "loopback unless told otherwise",
    }


def _cadu() -> Json:
    to_dual, to_conventional = basis_tables()
    return {
        "standard": "CCSDS 131.0",
        "octets": 1279,
        "fields": [octets("sync_marker", 4, value="1ACFFC1D"), octets("codeblock", 1275)],
        "codeblock": "randomised after Reed-Solomon encoding; the sync marker is not",
        "randomiser": {
            "polynomial": "x^8+x^7+x^5+x^3+1",
            "preset": "all ones",
            "use": "exclusive or with the sequence, which starts anew with each codeblock and repeats every 255 octets",
            "sequence_hex": pseudo_random((0, 3, 5, 7)).hex(),
        },
        "reed_solomon": {
            "n": 255,
            "k": 223,
            "check_symbols": 32,
            "corrects": 16,
            "interleave": 5,
            "interleaving": "octet i of the frame belongs to codeword i mod 5; check symbols follow, interleaved in the same way",
            "field_polynomial": "0x187",
            "primitive": 11,
            "first_root": 112,
            "generator": "product over j = 112..143 of (x - alpha^(11 j))",
            "virtual_fill": 0,
            "basis": "dual (Berlekamp): symbols on the wire are in the dual basis; convert to conventional, decode, convert back",
            "conventional_to_dual_hex": to_dual.hex(),
            "dual_to_conventional_hex": to_conventional.hex(),
        },
    }


def _tm_frame() -> Json:
    identification = word("identification", frame_shapes.tm_identification, version=0, ocf_flag=1)
    status = word("status", frame_shapes.tm_status, secondary_header=0, synchronisation=0, packet_order=0, segment_length_id=3)
    return {
        "standard": "CCSDS 132.0",
        "octets": 1115,
        "fields": [
            identification,
            octets("master_channel_frame_count", 1),
            octets("virtual_channel_frame_count", 1),
            status,
            octets("data", 1103),
            octets("operational_control_field", 4, content="clcw"),
            octets("frame_error_control_field", 2, content="crc"),
        ],
        "first_header_pointer": {"no_packet_starts": frame_shapes.NO_PACKET, "only_idle_data": frame_shapes.ONLY_IDLE},
        "virtual_channels": [{"id": c.number, "name": c.name, "text": c.text} for c in TM_CHANNELS],
        "packets": "may run over from frame to frame of the same virtual channel; idle packets (APID 2047) fill frames",
    }


def _cltu() -> Json:
    return {
        "standard": "CCSDS 231.0",
        "fields": [
            octets("start_sequence", 2, value="EB90"),
            octets("codeblocks", None, each=8),
            octets("tail_sequence", 8, value="C5C5C5C5C5C5C579"),
        ],
        "codeblock": {
            "information_octets": 7,
            "polynomial": "x^7+x^6+x^2+1",
            "parity_octet": "7 check bits, complemented, above a filler bit 0",
            "decoding": "triple error detection: a codeblock with any error ends the CLTU",
        },
        "fill": "55",
        "randomised": False,
        "max_frame_octets": 1024,
    }


def _tc_frame() -> Json:
    return {
        "standard": "CCSDS 232.0",
        "max_octets": 1024,
        "fields": [
            word("identification", frame_shapes.tc_identification, version=0, bypass=1, control_command=0, spare=0),
            word("channel", frame_shapes.tc_channel),
            octets("sequence_number", 1, value="00"),
            word("segment_header", frame_shapes.tc_segment_header, sequence_flags=frame_shapes.UNSEGMENTED, map_id=TC_MAP),
            octets("data", None, content="one telecommand packet, or a segment of one"),
            octets("frame_error_control_field", 2, content="crc"),
        ],
        "length": "octets of the whole frame, less one",
        "type": "BD: by-pass data frames, accepted whatever their sequence number",
        "virtual_channels": [{"id": c.number, "name": c.name, "text": c.text} for c in TC_CHANNELS],
        "segments": {
            "sequence_flags": {
                "first": frame_shapes.FIRST,
                "continuing": frame_shapes.CONTINUING,
                "last": frame_shapes.LAST,
                "unsegmented": frame_shapes.UNSEGMENTED,
            },
            "max_packet_octets": MAX_TC_PACKET,
            "text": "the segment header is in every frame but control commands; one packet a unit, no blocking; AD and BD apart",
            "maps": [{"id": m.number, "name": m.name, "text": m.text} for m in TC_MAPS],
        },
    }


def _packets() -> Json:
    tc_id = word("packet_id", pus.packet_id, version=0, type=1, secondary_header=1)
    tm_id = word("packet_id", pus.packet_id, version=0, type=0, secondary_header=1)
    sequence = word("sequence_control", pus.sequence_control, flags=pus.STAND_ALONE)
    length = octets("length", 2, text="octets behind the primary header, less one")
    check = octets("packet_error_control", 2, content="crc")
    service = [octets("service", 1), octets("subtype", 1)]
    tc_pus = word("pus", Word(Int8ub, version=4, ack_flags=4), version=pus.PUS_C)
    tm_pus = word("pus", Word(Int8ub, version=4, time_status=4), version=pus.PUS_C, time_status=0)
    tm_tail = [octets("message_counter", 2), octets("destination_id", 2), octets("time", 7, content="time")]
    time_id = word("packet_id", pus.packet_id, version=0, type=0, secondary_header=0, apid=TIME_APID)
    return {
        "standard": "CCSDS 133.0, ECSS-E-ST-70-41C (PUS-C)",
        "telecommand": {
            "fields": [tc_id, sequence, length, tc_pus, *service, octets("source_id", 2), octets("data", None), check],
            "data_offset": TC_DATA,
            "max_data_octets": MAX_APPLICATION_DATA,
            "ack_flags": {"acceptance": pus.ACCEPTANCE, "start": pus.START, "progress": pus.PROGRESS, "completion": pus.COMPLETION},
        },
        "telemetry": {
            "fields": [tm_id, sequence, length, tm_pus, *service, *tm_tail, octets("data", None), check],
            "data_offset": TM_DATA,
            "max_data_octets": MAX_SOURCE_DATA,
        },
        "time_report": {
            "fields": [
                time_id,
                sequence,
                length,
                octets("rate_exponent", 1, value=f"{TIME_RATE:02X}"),
                octets("time", 7, content="time"),
                check,
            ],
            "virtual_channel": TM_REAL_TIME,
            "frames": 1 << TIME_RATE,
            "text": (
                "CUC time report [9,2]: APID 0, no secondary header; the time is when the first bit left of the last frame before it"
                " whose virtual channel frame count is a multiple of `frames`"
            ),
        },
        "idle_apid": IDLE_APID,
        "sequence_counts": "modulo 16384, one for each APID",
    }


def _time() -> Json:
    return {
        "standard": "CCSDS 301.0, unsegmented time code (CUC), without P-field",
        "epoch": "1958-01-01T00:00:00 TAI",
        "scale": "TAI: no leap seconds",
        "octets": 7,
        "fields": [octets("seconds", 4), octets("fraction", 3, unit="2^-24 s")],
    }
