"""TC transfer frames (CCSDS 232.0, 4.1): parsing, and the reasons for refusing one in words that both ends use."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from wire.crc cimport crc16

TEXTS = {
    TcFrameError.TC_FRAME_OK: "accepted",
    TcFrameError.TC_FRAME_SHORT: "shorter than the shortest TC frame (8 octets)",
    TcFrameError.TC_FRAME_LENGTH: "the frame length field does not agree with the octets received",
    TcFrameError.TC_FRAME_FECF: "the frame error control field is wrong",
    TcFrameError.TC_FRAME_VERSION: "the transfer frame version number is not 0",
    TcFrameError.TC_FRAME_SPARE: "spare bits are not 0",
    TcFrameError.TC_FRAME_TYPE: "a control command without bypass (type AC) does not exist",
    TcFrameError.TC_FRAME_SPACECRAFT: "the spacecraft identifier is another's",
    TcFrameError.TC_FRAME_CHANNEL: "no such virtual channel",
    TcFrameError.TC_FRAME_MAP: "no such multiplexer access point",
    TcFrameError.TC_FRAME_SEGMENT: "the segment is empty or out of sequence",
    TcFrameError.TC_FRAME_DIRECTIVE: "the control command is not known",
    TcFrameError.TC_FRAME_LOCKOUT: "the sequence number is outside the window: locked out",
    TcFrameError.TC_FRAME_FARM: "the record of FARM-1 was damaged: locked out",
    TcFrameError.TC_FRAME_OVERLONG: "its packet would be longer than the spacecraft takes",
    TcFrameError.TC_FRAME_UNFINISHED: "a packet under way in segments was given up: another began, or nothing more came",
}

cdef int SHORTEST = 8               # header 5, one octet, FECF 2


cdef int check_length(const uint8_t* f, uint32_t n, uint32_t* length) noexcept nogil:
    """The length field, against what came: a CLTU adds up to six octets of fill and takes none away."""
    if n < <uint32_t>SHORTEST:
        return TC_FRAME_SHORT
    length[0] = ((f[2] & 3) << 8 | f[3]) + 1
    if length[0] > n or n - length[0] > TC_FRAME_FILL or length[0] < <uint32_t>SHORTEST:
        return TC_FRAME_LENGTH
    return TC_FRAME_OK


cdef int check_header(const uint8_t* f) noexcept nogil:
    if f[0] >> 6:
        return TC_FRAME_VERSION
    if f[0] & 0x0C:
        return TC_FRAME_SPARE
    if f[0] & 0x30 == 0x10:
        return TC_FRAME_TYPE
    return TC_FRAME_OK


cdef int tc_frame_parse(const uint8_t* octets, uint32_t n, TcFrame* out) noexcept nogil:
    cdef const uint8_t* f = octets
    cdef uint32_t length = 0
    cdef int error = check_length(f, n, &length)
    if error:
        return error
    if crc16(f, length):
        return TC_FRAME_FECF
    error = check_header(f)
    if error:
        return error
    out.bypass = f[0] >> 5 & 1
    out.control_command = f[0] >> 4 & 1
    out.spacecraft_id = <uint16_t>((f[0] & 3) << 8 | f[1])
    out.virtual_channel_id = f[2] >> 2
    out.frame_length = <uint16_t>length
    out.sequence_number = f[4]
    out.sequence_flags = 3
    out.map_id = 0
    out.data_offset = TC_FRAME_HEADER
    if not out.control_command:
        out.sequence_flags = f[5] >> 6
        out.map_id = f[5] & 0x3F
        out.data_offset += 1
    out.data_length = <uint16_t>(length - 2 - out.data_offset)
    if out.data_length == 0:
        return TC_FRAME_SEGMENT
    return TC_FRAME_OK


cdef uint32_t tc_frame_build(const TcFrame* fields, const uint8_t* data, uint8_t* out) noexcept nogil:
    cdef uint32_t start = TC_FRAME_HEADER if fields.control_command else TC_FRAME_HEADER + 1
    cdef uint32_t length = start + fields.data_length + 2
    cdef uint16_t check
    if length > TC_FRAME_MAX or fields.data_length == 0:
        return 0
    out[0] = <uint8_t>((fields.bypass & 1) << 5 | (fields.control_command & 1) << 4 | fields.spacecraft_id >> 8 & 3)
    out[1] = <uint8_t>fields.spacecraft_id
    out[2] = <uint8_t>(fields.virtual_channel_id << 2 | (length - 1) >> 8)
    out[3] = <uint8_t>(length - 1)
    out[4] = fields.sequence_number
    if not fields.control_command:
        out[5] = <uint8_t>(fields.sequence_flags << 6 | fields.map_id & 0x3F)
    memcpy(out + start, data, fields.data_length)
    check = crc16(out, length - 2)
    out[length - 2] = <uint8_t>(check >> 8)
    out[length - 1] = <uint8_t>check
    return length


def build(const unsigned char[::1] data not None, unsigned int spacecraft_id, unsigned int virtual_channel_id, unsigned int sequence_number=0,
          bint bypass=True, bint control_command=False, unsigned int map_id=0, unsigned int sequence_flags=3) -> bytes:
    """A frame: BD by default, AD without bypass, BC with control command. Raises ValueError for a value or a length that does not fit."""
    if spacecraft_id > 1023 or virtual_channel_id > 63 or sequence_number > 255 or map_id > 63 or sequence_flags > 3:
        raise ValueError(f"spacecraft {spacecraft_id}, channel {virtual_channel_id}, N(S) {sequence_number}, MAP {map_id}, flags "
                         f"{sequence_flags}: one is too large")
    if control_command and not bypass:
        raise ValueError("a control command without bypass (type AC) does not exist")
    cdef TcFrame fields
    cdef uint8_t out[TC_FRAME_MAX]
    cdef uint32_t length = 0
    memset(&fields, 0, sizeof(TcFrame))
    fields.spacecraft_id = <uint16_t>spacecraft_id
    fields.virtual_channel_id = <uint8_t>virtual_channel_id
    fields.sequence_number = <uint8_t>sequence_number
    fields.bypass = bypass
    fields.control_command = control_command
    fields.map_id = <uint8_t>map_id
    fields.sequence_flags = <uint8_t>sequence_flags
    if 0 < data.shape[0] <= TC_FRAME_MAX:
        fields.data_length = <uint16_t>data.shape[0]
        length = tc_frame_build(&fields, &data[0], out)
    if length == 0:
        raise ValueError(f"{data.shape[0]} octets do not fit a frame of {TC_FRAME_MAX}, or are none")
    return bytes((<char*>out)[:length])


def parse(const unsigned char[::1] octets not None):
    """The verdict on a candidate and, when it is OK, the frame's fields and what it carries (`data`); else None."""
    cdef TcFrame frame
    if octets.shape[0] == 0:
        return TcFrameError.TC_FRAME_SHORT, None
    verdict = TcFrameError(tc_frame_parse(&octets[0], <uint32_t>octets.shape[0], &frame))
    if verdict:
        return verdict, None
    fields = dict(frame)
    start = fields.pop("data_offset")
    fields["data"] = bytes(octets[start:start + fields.pop("data_length")])
    return verdict, fields
