"""CFDP: protocol data units of the CCSDS File Delivery Protocol (CCSDS 727.0-B-5, section 5), declared with construct.

`parse` is the reference for every unit; `file_data` and `parse_file_data` are the same bytes for the one unit of which there are thousands.
Units travel as the whole user data of a space packet without secondary header. The check sum of a file is the modular one (4.2.2).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import construct
import numpy as np
from construct import (
    Array,
    Bytes,
    BytesInteger,
    FixedSized,
    GreedyBytes,
    GreedyRange,
    If,
    IfThenElse,
    Int8ub,
    Int16ub,
    Int32ub,
    Int64ub,
    PascalString,
    Struct,
    Switch,
    Terminated,
    this,
)

from wire import crc
from wire.words import Word, reference_crc, rule

VERSION: Final = 1
FILE_DIRECTIVE, FILE_DATA = 0, 1
ACKNOWLEDGED, UNACKNOWLEDGED = 0, 1  # transmission modes: class 2 and class 1
EOF, FINISHED, ACK, METADATA, NAK, PROMPT, KEEP_ALIVE = 4, 5, 6, 7, 8, 9, 0x0C
NO_ERROR, FILE_CHECKSUM_FAILURE, FILE_SIZE_ERROR, INACTIVITY, CHECK_LIMIT, CANCELLED = 0, 5, 6, 8, 10, 15  # condition codes, table 5-5
MODULAR_CHECKSUM, NULL_CHECKSUM = 0, 15  # table 5-9 and the SANA registry
_HEADER_FIXED = 4
_CRC_OCTETS = 2

HEADER: Final = Struct(
    "flags" / Word(Int8ub, version=3, type=1, toward_sender=1, mode=1, crc=1, large_file=1),
    # Version 0 is that of issues 1 to 4 of the standard, with the same fields.
    rule("known_version", lambda h: h.flags.version in (0, VERSION), "a version of CFDP other than 0 and 1"),
    "length" / Int16ub,
    "widths" / Word(Int8ub, segmentation_control=1, entity=3, segment_metadata=1, sequence=3),
    "source" / BytesInteger(this.widths.entity + 1),
    "sequence" / BytesInteger(this.widths.sequence + 1),
    "destination" / BytesInteger(this.widths.entity + 1),
)

_SIZE: Final = IfThenElse(this._root.header.flags.large_file, Int64ub, Int32ub)  # file-size sensitive fields, 5.1.10
_TLV: Final = Struct("type" / Int8ub, "value" / construct.Prefixed(Int8ub, GreedyBytes))
_NAME: Final = PascalString(Int8ub, "utf8")

DIRECTIVES: Final[dict[int, construct.Construct]] = {
    EOF: Struct(
        "condition" / Word(Int8ub, code=4, spare=4),
        "checksum" / Int32ub,
        "size" / _SIZE,
        "fault_location" / If(this.condition.code != NO_ERROR, construct.Optional(_TLV)),
        Terminated,
    ),
    FINISHED: Struct("result" / Word(Int8ub, condition=4, spare=1, incomplete=1, file_status=2), "options" / GreedyRange(_TLV), Terminated),
    ACK: Struct(
        "of" / Word(Int8ub, directive=4, subtype=4),
        "status" / Word(Int8ub, condition=4, spare=2, transaction=2),
        Terminated,
    ),
    METADATA: Struct(
        "flags" / Word(Int8ub, spare_0=1, closure=1, spare_1=2, checksum_type=4),
        "size" / _SIZE,
        "source_name" / _NAME,
        "destination_name" / _NAME,
        "options" / GreedyRange(_TLV),
        Terminated,
    ),
    NAK: Struct("start" / _SIZE, "end" / _SIZE, "gaps" / GreedyRange(Array(2, _SIZE)), Terminated),
    PROMPT: Struct("response" / Word(Int8ub, keep_alive=1, spare=7), Terminated),
    KEEP_ALIVE: Struct("progress" / _SIZE, Terminated),
}
_SEGMENT_METADATA: Final = Struct(
    "head" / Word(Int8ub, continuation=2, length=6),
    "octets" / Bytes(this.head.length),
)
_FILE_DATA: Final = Struct(
    "metadata" / If(this._root.header.widths.segment_metadata, _SEGMENT_METADATA),
    "offset" / _SIZE,
    "data" / GreedyBytes,
)
_DIRECTIVE: Final = Struct(
    "code" / Int8ub,
    rule("known_directive", lambda d: d.code in DIRECTIVES, "no directive of CFDP has this code"),
    "fields" / Switch(this.code, DIRECTIVES),
)
PDU: Final = Struct(
    "header" / HEADER,
    rule("room_for_crc", lambda p: p.header.length >= _CRC_OCTETS * p.header.flags.crc, "shorter than its own check sum"),
    "body"
    / FixedSized(
        lambda p: p.header.length - _CRC_OCTETS * p.header.flags.crc,
        IfThenElse(this.header.flags.type == FILE_DATA, _FILE_DATA, _DIRECTIVE),
    ),
    "crc" / If(this.header.flags.crc, Int16ub),
    Terminated,
)


class CfdpError(ValueError):
    """Octets that are no sound PDU: the message says why."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Who sends what to whom: source entity, its sequence number, destination entity."""

    source: int
    sequence: int
    destination: int


def checksum(octets: bytes, offset: int = 0) -> int:
    """Modular check sum of a part of a file that begins at `offset` (727.0-B-5, 4.2.2): the parts' sums add up modulo 2^32."""
    lead = offset % 4
    padded = bytes(lead) + octets + bytes(-(lead + len(octets)) % 4)
    return int(np.frombuffer(padded, ">u4").sum(dtype=np.uint64) & 0xFFFFFFFF)


def parse(octets: bytes) -> Any:
    """A PDU as `header`, `body` (`code` and `fields` of a directive; `offset` and `data` of file data), `crc`. Raises CfdpError."""
    try:
        pdu = PDU.parse(octets)
    except (construct.ConstructError, UnicodeDecodeError) as error:
        raise CfdpError(" ".join(str(error).split())) from error
    if pdu.header.flags.crc and reference_crc(octets) != 0:
        raise CfdpError(f"the check sum of the unit is wrong: {pdu.crc:04x}")
    return pdu


def transaction_of(pdu: Any) -> Transaction:
    return Transaction(pdu.header.source, pdu.header.sequence, pdu.header.destination)


@lru_cache(maxsize=64)
def _header(transaction: Transaction, kind: int, length: int) -> bytes:
    """Header of a unit of `length` octets of body: class 1, entity identifiers of two octets, sequence number of four, check sum."""
    flags = {"version": VERSION, "type": kind, "toward_sender": 0, "mode": UNACKNOWLEDGED, "crc": 1, "large_file": 0}
    widths = {"segmentation_control": 0, "entity": 1, "segment_metadata": 0, "sequence": 3}
    return bytes(
        HEADER.build(
            {"flags": flags, "length": length + _CRC_OCTETS, "widths": widths, "source": transaction.source,
             "sequence": transaction.sequence, "destination": transaction.destination}
        )
    )  # fmt: skip


def _finish(transaction: Transaction, kind: int, body: bytes) -> bytes:
    octets = _header(transaction, kind, len(body)) + body
    return octets + crc.checksum(octets).to_bytes(2, "big")


_SMALL: Final = construct.Container(header=construct.Container(flags=construct.Container(large_file=0)))


def _directive(transaction: Transaction, code: int, fields: dict[str, Any]) -> bytes:
    return _finish(transaction, FILE_DIRECTIVE, bytes([code]) + DIRECTIVES[code].build(fields, _root=_SMALL))


def metadata(transaction: Transaction, size: int, source_name: str, destination_name: str) -> bytes:
    """Metadata PDU (5.2.5): modular check sum, no closure requested, no options."""
    flags = {"closure": 0, "checksum_type": MODULAR_CHECKSUM}
    fields = {"flags": flags, "size": size, "source_name": source_name, "destination_name": destination_name, "options": []}
    return _directive(transaction, METADATA, fields)


def end_of_file(transaction: Transaction, size: int, checksum: int, condition: int = NO_ERROR) -> bytes:
    """EOF PDU (5.2.2)."""
    fields = {"condition": {"code": condition}, "checksum": checksum, "size": size, "fault_location": None}
    return _directive(transaction, EOF, fields)


def file_data(transaction: Transaction, offset: int, data: bytes) -> bytes:
    """File data PDU (5.3)."""
    return _finish(transaction, FILE_DATA, offset.to_bytes(4, "big") + data)


def parse_file_data(octets: bytes) -> tuple[Transaction, int, bytes] | None:
    """Transaction, offset and data of a file data PDU with the widths that `file_data` uses; None for anything else or unsound."""
    if len(octets) < 18 or octets[0] != 0x36 or octets[3] != 0x13 or crc.checksum(octets) != 0:
        return None
    if int.from_bytes(octets[1:3], "big") + 12 != len(octets):
        return None
    word = int.from_bytes
    transaction = Transaction(word(octets[4:6], "big"), word(octets[6:10], "big"), word(octets[10:12], "big"))
    return transaction, word(octets[12:16], "big"), octets[16:-2]
