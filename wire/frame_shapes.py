"""The shapes of frames: TC (CCSDS 232.0), TM and its control word (CCSDS 132.0, 232.0), codeblocks of a CLTU (CCSDS 231.0).

The reference codec: `wire.tc_frame`, `wire.tm_frame` and `wire.cltu` do the same without the GIL, and tests hold both together.
"""

from typing import Any

from construct import (
    Array,
    Bytes,
    Check,
    Computed,
    Const,
    Container,
    GreedyBytes,
    GreedyRange,
    If,
    Int8ub,
    Int16ub,
    Int32ub,
    Struct,
    Terminated,
    this,
)

from wire.words import Word, checked, rule

TC_FILL_MAX = 6  # octets that a CLTU may add to a frame
TM_FRAME_LENGTH = 1115
NO_PACKET, ONLY_IDLE = 0x7FF, 0x7FE  # first header pointers
FIRST, CONTINUING, LAST, UNSEGMENTED = 1, 0, 2, 3

tc_identification = Word(Int16ub, version=2, bypass=1, control_command=1, spare=2, spacecraft_id=10)
tc_channel = Word(Int16ub, virtual_channel_id=6, length=10)  # octets of the frame, less one
tc_segment_header = Word(Int8ub, sequence_flags=2, map_id=6)

tc_segment = Struct("header" / tc_segment_header, "data" / GreedyBytes)  # the data field of a frame that is no control command


def _tc_data_octets(context: Any) -> int:
    """What is left for data: all but header 5, segment header of a data frame 1, FECF 2."""
    return int(context.channel.length) + 1 - 5 - 2 - (0 if context.identification.control_command else 1)


tc_frame = checked(
    Struct(
        "identification" / tc_identification,
        "channel" / tc_channel,
        rule("version", lambda c: c.identification.version == 0, "the transfer frame version number is not 0"),
        rule("spare", lambda c: c.identification.spare == 0, "spare bits are not 0"),
        rule(
            "type",
            lambda c: c.identification.bypass or not c.identification.control_command,
            "a control command without bypass (type AC) does not exist",
        ),
        rule("length", lambda c: _tc_data_octets(c) > 0, "nothing in the frame"),
        "sequence_number" / Int8ub,
        "segment" / If(lambda c: not c.identification.control_command, tc_segment_header),
        "data" / Bytes(_tc_data_octets),
    ),
    "fecf",
)


def build_tc_frame(
    spacecraft_id: int,
    virtual_channel_id: int,
    data: bytes,
    map_id: int = 0,
    sequence_flags: int = UNSEGMENTED,
    bypass: bool = True,
    sequence_number: int = 0,
) -> bytes:
    """A data frame with segment header: type BD, or AD with its N(S). Raises construct.ConstructError for a value that does not fit."""
    value = {
        "identification": {"version": 0, "bypass": int(bypass), "control_command": 0, "spacecraft_id": spacecraft_id},
        "channel": {"virtual_channel_id": virtual_channel_id, "length": len(data) + 7},
        "sequence_number": sequence_number,
        "segment": {"sequence_flags": sequence_flags, "map_id": map_id},
        "data": data,
    }
    return bytes(tc_frame.build({"body": {"value": value}}))


def build_tc_control(spacecraft_id: int, virtual_channel_id: int, directive: bytes) -> bytes:
    """A control frame, type BC: Unlock is b"\\0", Set V(R) is b"\\x82\\0" and the value (CCSDS 232.0, 4.1.3.3)."""
    value = {
        "identification": {"version": 0, "bypass": 1, "control_command": 1, "spacecraft_id": spacecraft_id},
        "channel": {"virtual_channel_id": virtual_channel_id, "length": len(directive) + 6},
        "sequence_number": 0,
        "segment": None,
        "data": directive,
    }
    return bytes(tc_frame.build({"body": {"value": value}}))


def parse_tc_frame(candidate: bytes) -> Container:
    """The frame in a candidate, behind which a CLTU may have left fill. Raises construct.ConstructError."""
    shape = Struct("frame" / tc_frame, "fill" / GreedyRange(Int8ub), rule("fill_length", lambda c: len(c.fill) <= TC_FILL_MAX, "too long"))
    return shape.parse(candidate).frame.body.value


tm_identification = Word(Int16ub, version=2, spacecraft_id=10, virtual_channel_id=3, ocf_flag=1)
tm_status = Word(Int16ub, secondary_header=1, synchronisation=1, packet_order=1, segment_length_id=2, first_header_pointer=11)
tm_header = Struct("identification" / tm_identification, "master_count" / Int8ub, "frame_count" / Int8ub, "status" / tm_status)


def tm_frame(length: int = TM_FRAME_LENGTH) -> Struct:
    """A frame of this many octets without secondary header, with operational control field where its flag says so, and FECF."""
    body = Struct(
        "header" / tm_header,
        rule("version", lambda c: c.header.identification.version == 0, "the transfer frame version number is not 0"),
        rule("secondary_header", lambda c: c.header.status.secondary_header == 0, "a secondary header, which this link does not have"),
        "data" / Bytes(lambda c: length - 8 - 4 * c.header.identification.ocf_flag),
        "ocf" / If(this.header.identification.ocf_flag, Int32ub),
    )
    return Struct(*checked(body, "fecf").subcons, Terminated)


# CCSDS 232.0, 4.2: control word type and version are 0.
clcw = Word(
    Int32ub,
    type=1,
    version=2,
    status=3,
    cop_in_effect=2,
    virtual_channel_id=6,
    spare=2,
    no_rf=1,
    no_bit_lock=1,
    lockout=1,
    wait=1,
    retransmit=1,
    farm_b_count=2,
    spare_bit=1,
    report_value=8,
)

_BCH_POLYNOMIAL = 0b11000101  # x^7 + x^6 + x^2 + 1


def reference_parity(information: bytes) -> int:
    """The parity octet of a codeblock by long division: complemented remainder, filler bit 0."""
    remainder = int.from_bytes(information, "big") << 7
    for bit in range(8 * len(information) + 6, 6, -1):
        if remainder >> bit & 1:
            remainder ^= _BCH_POLYNOMIAL << (bit - 7)
    return (remainder ^ 0x7F) << 1


codeblock = Struct("information" / Bytes(7), "parity" / Int8ub, Check(lambda c: c.parity == reference_parity(c.information)))


def cltu(blocks: int) -> Struct:
    """A CLTU of so many codeblocks, without errors."""
    return Struct(
        Const(b"\xeb\x90"),
        "blocks" / Array(blocks, codeblock),
        Const(b"\xc5\xc5\xc5\xc5\xc5\xc5\xc5\x79"),
        Terminated,
        "candidate" / Computed(lambda c: b"".join(block.information for block in c.blocks)),
    )
