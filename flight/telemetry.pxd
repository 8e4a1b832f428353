"""Telemetry: packets on their way out of one computer, one queue a virtual channel, and the counters that packets carry."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hal.core.arena cimport Arena
from hal.core.ring cimport Ring, Unit

cdef enum:
    TM_SERVICES = 24                # message counters are kept for services below this ...
    TM_SUBTYPES = 40                # ... and subtypes below this
    TM_APIDS = 8                    # application processes of one vehicle
    TM_PACKET_MAX = 1103            # a packet lies within one frame's data field
    CHANNEL_REAL_TIME = 0
    CHANNEL_EVENTS = 1
    CHANNEL_FILES = 2               # data units of file transfers
    CHANNELS = 3
    PERIODIC_PLACES = 32            # periodic reports that can wait

cdef enum:
    UNDER_WAY = 0xFFFFFFFFu         # id of a unit of which a part is in a frame

cdef struct TelemetryState:         # record `telemetry`
    int64_t epoch_tai_s             # of tick 0; set by the scenario
    int64_t tick_ns
    int64_t clock_offset_ns         # of the on-board clock at tick 0: ahead of TAI; set by the scenario
    int64_t clock_drift_ppb         # ... and how much faster it runs, parts in 10^9
    uint16_t sequence[8]            # next packet sequence count, by place of the APID
    uint16_t apid[8]
    uint16_t counter[960]           # next message type counter, [service * TM_SUBTYPES + subtype]
    uint16_t time_sequence          # of time packets, APID 0
    uint32_t periodic_octets        # of periodic reports that may wait; 0: as many as find room. Set each tick by who sends

cdef struct LinkState:              # record `link`: what the radio side of this computer has seen
    uint32_t tc_frames_accepted
    uint32_t tc_frames_rejected
    uint32_t tc_packets_accepted
    uint32_t tc_packets_rejected
    uint32_t tm_packets
    uint32_t tm_frames
    uint32_t tm_idle_frames
    uint32_t tm_lost                # packets for which a queue had no room
    uint32_t tm_replaced            # periodic reports that a newer one of their kind replaced before they left
    uint32_t last_frame_error
    uint32_t last_packet_error

cdef struct Telemetry:              # the wiring
    TelemetryState* state
    LinkState* link
    int apids
    Ring channels[3]                # by number; of channel 0: all but the periodic reports, ...
    Ring periodic                   # ... which wait here; a unit's id is the kind
    uint32_t kinds                  # of periodic reports
    uint8_t* scratch                # where a packet is put together; not state


cdef uint8_t* telemetry_begin(Telemetry* t, int64_t tick, uint16_t apid, uint8_t service, uint8_t subtype) noexcept nogil
# ^ where the source data go
cdef int64_t telemetry_clock_ns(const TelemetryState* s, int64_t elapsed_ns) noexcept nogil         # TAI as the on-board clock has it, ns since 1958
cdef bint telemetry_end(Telemetry* t, int64_t tick, uint32_t data_length, int channel) noexcept nogil
cdef bint telemetry_end_periodic(Telemetry* t, int64_t tick, uint32_t data_length, uint16_t kind) noexcept nogil
cdef bint telemetry_raw(Telemetry* t, int64_t tick, const uint8_t* packet, uint32_t length, int channel) noexcept nogil


cdef inline Unit* telemetry_unit(Ring* r, uint32_t place) noexcept nogil:
    """A unit that waits in a queue, 0 the oldest, without taking it."""
    return <Unit*>(r.units + <size_t>((r.state.tail + place) & (r.capacity - 1)) * r.stride)


cdef class TelemetryStore:
    cdef readonly Arena arena
    cdef Telemetry wiring
    cdef bytearray scratch
