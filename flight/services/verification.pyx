"""Request verification, service 1: success and failure of acceptance, start and completion.

Source data: the request identifier (packet identification and sequence control of the request, ECSS-E-ST-70-41C, 6.1.3), and for a failure
its code (u16) and one parameter (u32). A success is reported only when the request's acknowledgement flags ask for it; a failure always.
"""

from flight.services.service cimport write_u16, write_u32
from flight.telemetry cimport CHANNEL_REAL_TIME, telemetry_begin, telemetry_end
from wire.space_packet cimport ACK_ACCEPTANCE, ACK_COMPLETION, ACK_START


cdef void verify(Telemetry* t, int64_t tick, uint16_t apid, uint8_t subtype, uint16_t packet_id, uint16_t sequence_control,
                 uint8_t ack_flags, const Failure* failure) noexcept nogil:
    cdef uint8_t* data
    cdef uint32_t length = 4
    if subtype == ACCEPTED and not ack_flags & ACK_ACCEPTANCE or subtype == STARTED and not ack_flags & ACK_START \
            or subtype == COMPLETED and not ack_flags & ACK_COMPLETION:
        return
    data = telemetry_begin(t, tick, apid, 1, subtype)
    write_u16(data, packet_id)
    write_u16(data + 2, sequence_control)
    if failure != NULL:
        write_u16(data + 4, failure.code)
        write_u32(data + 6, failure.parameter)
        length = 10
    telemetry_end(t, tick, length, CHANNEL_REAL_TIME)
