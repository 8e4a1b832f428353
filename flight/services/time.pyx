# cython: cdivision=True
"""Time, service 9: the on-board time in a CUC time report [9,2], by which the ground correlates the clock.

The time is that at which a reference frame began to leave: a frame of virtual channel 0 whose count is a multiple of 2^rate
(ECSS-E-ST-70-41C, 6.9.3). The report goes with a later frame of that channel, before the next reference frame. A time packet has APID 0 and
no secondary header (6.9.4.2). Its data field is the exponent of the rate (u8), the time in CUC, 4 + 3 octets, and the packet error control.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from flight.link cimport REFERENCE_FRAMES, REFERENCE_NONE, REFERENCE_SENT, Downlink, DownlinkState
from flight.services.service cimport write_u16
from flight.telemetry cimport CHANNEL_REAL_TIME, Telemetry, TelemetryStore, telemetry_clock_ns, telemetry_raw
from hal.core.slot cimport SlotCode
from wire.crc cimport crc16
from wire.time_code cimport cuc_from_ns

cdef enum:
    TIME_PACKET = 16                    # header 6, rate 1, time 7, error control 2
    RATE_EXPONENT = 4                   # 2^4 = REFERENCE_FRAMES

cdef struct TimeContext:
    Telemetry* telemetry
    DownlinkState* downlink


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef TimeContext* c = <TimeContext*>context
    cdef uint8_t packet[16]
    cdef uint16_t sequence
    if c.downlink.reference != REFERENCE_SENT:
        return 0
    c.downlink.reference = REFERENCE_NONE
    sequence = c.telemetry.state.time_sequence
    c.telemetry.state.time_sequence = (sequence + 1) & 0x3FFF
    write_u16(packet, 0)                                   # version 0, telemetry, no secondary header, APID 0
    write_u16(packet + 2, 0xC000 | sequence)
    write_u16(packet + 4, TIME_PACKET - 7)
    packet[6] = RATE_EXPONENT
    cuc_from_ns(telemetry_clock_ns(c.telemetry.state, c.downlink.reference_ns), packet + 7)
    write_u16(packet + 14, crc16(packet, 14))
    telemetry_raw(c.telemetry, tick, packet, TIME_PACKET, CHANNEL_REAL_TIME)
    return 0


cdef class TimeService:
    """Reports the time of one computer."""

    cdef readonly SlotCode slot
    cdef TimeContext c
    cdef object keep

    def __cinit__(self, TelemetryStore telemetry not None, Downlink downlink not None):
        if 1 << RATE_EXPONENT != REFERENCE_FRAMES:
            raise ValueError("the exponent of the report is not that of the reference frames")
        self.keep = (telemetry, downlink)
        self.c.telemetry, self.c.downlink = &telemetry.wiring, downlink.c.state
        self.slot = SlotCode.make("time", _cycle, &self.c, self)
