# cython: cdivision=True
"""Time, service 9: the on-board time in a CUC time report [9,2], every ten seconds.

A time packet has APID 0 and no secondary header (ECSS-E-ST-70-41C, 6.9.4.2). Its data field is the exponent of the report rate (u8: none is
commanded, so 0), the time in CUC, 4 + 3 octets, and the packet error control.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from flight.services.service cimport write_u16
from flight.telemetry cimport CHANNEL_REAL_TIME, Telemetry, TelemetryStore, telemetry_raw
from hal.core.slot cimport SlotCode
from wire.crc cimport crc16
from wire.time_code cimport cuc_from_ticks

cdef enum:
    TIME_PACKET = 16                    # header 6, rate 1, time 7, error control 2
    PERIOD_S = 10

cdef struct TimeContext:
    Telemetry* telemetry
    int64_t period_ticks


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef TimeContext* c = <TimeContext*>context
    cdef uint8_t packet[16]
    cdef uint16_t sequence
    if tick % c.period_ticks:
        return 0
    sequence = c.telemetry.state.time_sequence
    c.telemetry.state.time_sequence = (sequence + 1) & 0x3FFF
    write_u16(packet, 0)                                   # version 0, telemetry, no secondary header, APID 0
    write_u16(packet + 2, 0xC000 | sequence)
    write_u16(packet + 4, TIME_PACKET - 7)
    packet[6] = 0
    cuc_from_ticks(c.telemetry.state.epoch_tai_s, tick, c.telemetry.state.tick_ns, packet + 7)
    write_u16(packet + 14, crc16(packet, 14))
    telemetry_raw(c.telemetry, tick, packet, TIME_PACKET, CHANNEL_REAL_TIME)
    return 0


cdef class TimeService:
    """Reports the time of one computer."""

    cdef readonly SlotCode slot
    cdef TimeContext c
    cdef object keep

    def __cinit__(self, TelemetryStore telemetry not None, int64_t ticks_per_second):
        self.keep = telemetry
        self.c.telemetry = &telemetry.wiring
        self.c.period_ticks = PERIOD_S * ticks_per_second
        self.slot = SlotCode.make("time", _cycle, &self.c, self)
