"""Space packets (CCSDS 133.0) with PUS-C secondary headers (ECSS-E-ST-70-41C, 7.4): fixed parts, parsed and written without the GIL."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    PACKET_HEADER = 6
    TC_HEADER = 11                  # primary header 6, secondary header 5: application data start here
    TM_HEADER_OCTETS = 20           # primary header 6, secondary header 14: source data start here
    PACKET_CRC = 2
    APID_IDLE = 0x7FF
    PUS_VERSION = 2

cdef enum:                          # acknowledgement flags: acceptance is the least significant bit
    ACK_ACCEPTANCE = 1
    ACK_START = 2
    ACK_PROGRESS = 4
    ACK_COMPLETION = 8

cpdef enum PacketError:             # the first reason, in this order
    PACKET_OK = 0
    PACKET_SHORT = 1                # not even the headers and the check sum
    PACKET_VERSION = 2
    PACKET_TYPE = 3                 # telemetry where a telecommand is due, or the reverse
    PACKET_IDLE = 4                 # APID 0x7FF
    PACKET_SECONDARY = 5            # no secondary header
    PACKET_SEQUENCE = 6             # not stand-alone
    PACKET_LENGTH = 7               # the length field is not the octets that came
    PACKET_CHECKSUM = 8
    PACKET_PUS = 9                  # PUS version is not 2

cdef struct TcPacket:
    uint32_t length                 # octets of all of it
    uint32_t data_length            # octets of the application data, which start at TC_HEADER
    uint16_t packet_id              # first word: with the second the request identifier of service 1 (whenever 4 octets came)
    uint16_t sequence_control       # second word
    uint16_t apid
    uint16_t sequence_count
    uint16_t source_id
    uint8_t ack_flags
    uint8_t service
    uint8_t subtype

cdef struct TmPacket:
    uint32_t length                 # octets of all of it
    uint32_t data_length            # octets of the source data, which start at TM_HEADER_OCTETS
    uint16_t apid
    uint16_t sequence_count
    uint16_t message_counter
    uint16_t destination_id
    uint8_t time_status
    uint8_t service
    uint8_t subtype
    uint8_t time[7]                 # CUC 4+3

cdef int tc_packet_parse(const uint8_t* packet, uint32_t n, TcPacket* out) noexcept nogil     # a PacketError
cdef int tm_packet_parse(const uint8_t* packet, uint32_t n, TmPacket* out) noexcept nogil     # a PacketError
cdef uint32_t tm_packet_begin(uint8_t* out, uint16_t apid, uint16_t sequence_count, uint8_t service, uint8_t subtype,
                              uint16_t message_counter, uint16_t destination_id, const uint8_t* time7) noexcept nogil   # offset of the source data: 20
cdef uint32_t tm_packet_finish(uint8_t* out, uint32_t length) noexcept nogil                  # length without check sum in, whole length out
