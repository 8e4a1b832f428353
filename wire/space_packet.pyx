"""Space packets with PUS-C headers: the checks a packet must pass, in one order at both ends, and the writing of telemetry.

CCSDS 133.0, 4.1 (primary header) and ECSS-E-ST-70-41C, 7.4 (secondary headers, packet error control).
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from wire.crc cimport crc16

TEXTS = {
    PacketError.PACKET_OK: "accepted",
    PacketError.PACKET_SHORT: "shorter than its headers and check sum",
    PacketError.PACKET_VERSION: "the packet version number is not 0",
    PacketError.PACKET_TYPE: "telemetry where a telecommand is due, or the reverse",
    PacketError.PACKET_IDLE: "an idle packet",
    PacketError.PACKET_SECONDARY: "no secondary header",
    PacketError.PACKET_SEQUENCE: "the sequence flags are not those of a stand-alone packet",
    PacketError.PACKET_LENGTH: "the packet length field does not agree with the octets received",
    PacketError.PACKET_CHECKSUM: "the packet error control is wrong",
    PacketError.PACKET_PUS: "the PUS version number is not 2",
}


cdef inline uint16_t word(const uint8_t* p) noexcept nogil:
    return <uint16_t>(p[0] << 8 | p[1])


cdef inline void put(uint8_t* p, uint16_t value) noexcept nogil:
    p[0] = <uint8_t>(value >> 8)
    p[1] = <uint8_t>value


cdef int check(const uint8_t* p, uint32_t n, uint32_t shortest, bint telecommand) noexcept nogil:
    """Everything but the PUS version. The length is compared in 32 bits: a field of 0xFFFF means 65542 octets in all."""
    if n < PACKET_HEADER:
        return PACKET_SHORT
    if p[0] >> 5:
        return PACKET_VERSION
    if (p[0] >> 4 & 1) != telecommand:
        return PACKET_TYPE
    if word(p) & 0x7FF == APID_IDLE:
        return PACKET_IDLE
    if not p[0] & 8:
        return PACKET_SECONDARY
    if p[2] >> 6 != 3:
        return PACKET_SEQUENCE
    if n < shortest:
        return PACKET_SHORT
    if <uint32_t>word(p + 4) + 7 != n:
        return PACKET_LENGTH
    if crc16(p, n):
        return PACKET_CHECKSUM
    if p[6] >> 4 != PUS_VERSION:
        return PACKET_PUS
    return PACKET_OK


cdef int tc_packet_parse(const uint8_t* packet, uint32_t n, TcPacket* out) noexcept nogil:
    cdef int error
    memset(out, 0, sizeof(TcPacket))
    if n >= 4:
        out.packet_id = word(packet)
        out.sequence_control = word(packet + 2)
        out.apid = out.packet_id & 0x7FF
        out.sequence_count = out.sequence_control & 0x3FFF
    error = check(packet, n, TC_HEADER + PACKET_CRC, True)
    if error:
        return error
    out.length = n
    out.data_length = n - TC_HEADER - PACKET_CRC
    out.ack_flags = packet[6] & 15
    out.service = packet[7]
    out.subtype = packet[8]
    out.source_id = word(packet + 9)
    return PACKET_OK


cdef int tm_packet_parse(const uint8_t* packet, uint32_t n, TmPacket* out) noexcept nogil:
    cdef int error
    memset(out, 0, sizeof(TmPacket))
    if n >= 4:
        out.apid = word(packet) & 0x7FF
        out.sequence_count = word(packet + 2) & 0x3FFF
    error = check(packet, n, TM_HEADER_OCTETS + PACKET_CRC, False)
    if error:
        return error
    out.length = n
    out.data_length = n - TM_HEADER_OCTETS - PACKET_CRC
    out.time_status = packet[6] & 15
    out.service = packet[7]
    out.subtype = packet[8]
    out.message_counter = word(packet + 9)
    out.destination_id = word(packet + 11)
    memcpy(out.time, packet + 13, 7)
    return PACKET_OK


cdef uint32_t tm_packet_begin(uint8_t* out, uint16_t apid, uint16_t sequence_count, uint8_t service, uint8_t subtype,
                              uint16_t message_counter, uint16_t destination_id, const uint8_t* time7) noexcept nogil:
    put(out, 0x0800 | apid & 0x7FF)
    put(out + 2, 0xC000 | sequence_count & 0x3FFF)
    put(out + 4, 0)
    out[6] = PUS_VERSION << 4
    out[7] = service
    out[8] = subtype
    put(out + 9, message_counter)
    put(out + 11, destination_id)
    memcpy(out + 13, time7, 7)
    return TM_HEADER_OCTETS


cdef uint32_t tm_packet_finish(uint8_t* out, uint32_t length) noexcept nogil:
    put(out + 4, <uint16_t>(length + PACKET_CRC - 7))
    put(out + length, crc16(out, length))
    return length + PACKET_CRC


def parse_tc(const unsigned char[::1] packet not None):
    """The verdict on a telecommand packet and its fields; behind a refusal only those that name it."""
    cdef TcPacket fields
    verdict = tc_packet_parse(&packet[0] if packet.shape[0] else NULL, <uint32_t>packet.shape[0], &fields)
    return PacketError(verdict), dict(fields)


def parse_tm(const unsigned char[::1] packet not None):
    """The verdict on a telemetry packet and its fields; behind a refusal only those that name it."""
    cdef TmPacket fields
    verdict = tm_packet_parse(&packet[0] if packet.shape[0] else NULL, <uint32_t>packet.shape[0], &fields)
    named = dict(fields)
    named["time"] = bytes((<char*>fields.time)[:7])
    return PacketError(verdict), named


def build_plain(uint16_t apid, uint16_t sequence_count, const unsigned char[::1] data not None) -> bytes:
    """A telemetry packet of user data alone, without secondary header and check sum: what protocols of their own travel in."""
    if not 0 < data.shape[0] <= 65536:
        raise ValueError(f"{data.shape[0]} octets of user data: a packet holds 1 to 65536")
    packet = bytearray(6 + data.shape[0])
    cdef unsigned char[::1] out = packet
    put(&out[0], apid & 0x7FF)
    put(&out[2], 0xC000 | sequence_count & 0x3FFF)
    put(&out[4], <uint16_t>(data.shape[0] - 1))
    memcpy(&out[6], &data[0], data.shape[0])
    return bytes(packet)


def build_tm(uint16_t apid, uint16_t sequence_count, uint8_t service, uint8_t subtype, const unsigned char[::1] time not None,
             const unsigned char[::1] data not None, uint16_t message_counter=0, uint16_t destination_id=0) -> bytes:
    """A telemetry packet. `time` is CUC 4+3, `data` the source data."""
    if time.shape[0] != 7:
        raise ValueError(f"a time of {time.shape[0]} octets: CUC 4+3 has 7")
    if data.shape[0] > 65542 - TM_HEADER_OCTETS - PACKET_CRC:
        raise ValueError(f"{data.shape[0]} octets of source data are more than a packet holds")
    packet = bytearray(TM_HEADER_OCTETS + data.shape[0] + PACKET_CRC)
    cdef unsigned char[::1] out = packet
    cdef uint32_t length = tm_packet_begin(&out[0], apid, sequence_count, service, subtype, message_counter, destination_id, &time[0])
    if data.shape[0]:
        memcpy(&out[length], &data[0], data.shape[0])
    tm_packet_finish(&out[0], <uint32_t>(length + data.shape[0]))
    return bytes(packet)
