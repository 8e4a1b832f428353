"""Requests: from a transfer frame to the service that executes it, with its verification."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from flight.computer cimport ComputerState
from flight.farm cimport Farm, FarmContext
from flight.ports cimport AppPorts, ModeState
from flight.services.service cimport service_handler
from flight.telemetry cimport Telemetry
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from wire.segment cimport SEGMENT_ROOM, MapReassembler

cdef enum:
    MAX_HANDLERS = 48
    MAX_APPS = 16
    PENDING = 16                    # requests that applications are executing
    FRAMES_PER_TICK = 16            # through FARM-1: all that can wait in the radio
    PACKETS_PER_TICK = 4            # executed: a bound on the work of one tick
    PACKETS = 16                    # that wait to be executed: FARM-1's buffer
    AD_RESERVE = 4                  # places that BD frames leave free
    TC_PACKET_MAX = SEGMENT_ROOM    # octets of the longest packet, in one frame or in segments
    MOST_MAPS = 4                   # of the virtual channel
    AD_PATIENCE_S = 7200            # for the next segment in sequence: as long as FOP-1 goes on trying with the longest frames at 125 bit/s
    BD_PATIENCE_S = 600             # ... by bypass: eight of the longest frames
    ROOM_FOR_ANSWERS = 8            # with more packets on their way down a request waits, so that its reports find room
    PACKET_REASONS = 16             # reasons of frames are below this, those of packets above
    PENDING_TIMEOUT_S = 3600

cdef struct PendingState:           # record `requests`
    uint32_t next_token
    uint32_t active[16]             # token, or 0
    int64_t deadline[16]
    uint16_t packet_id[16]
    uint16_t sequence_control[16]
    uint16_t apid[16]
    uint8_t ack_flags[16]

cdef struct Route:
    uint16_t apid
    uint8_t service
    uint8_t subtype
    uint32_t modes                  # bit m: legal in mode m
    service_handler function
    void* context

cdef struct RequestContext:
    PendingState* state
    Telemetry* telemetry
    Ring* uplink                    # frames, in the radio
    Ring packets                    # accepted, in the computer
    MapReassembler* segments[8]     # records `mapM.ad` and `mapM.bd`: [2 * place of the MAP + bypass]
    uint8_t map_ids[4]
    int map_count
    int64_t patience_ticks[2]       # for the next segment: AD, BD
    FarmContext* farm
    uint32_t* ocf                   # of the downlink's record
    const ModeState* mode
    AppPorts* apps[16]
    int app_count
    AppPorts* own                   # events of this service
    Route routes[48]
    int route_count
    uint16_t apids[8]
    int apid_count
    int64_t timeout_ticks
    uint16_t event_rejected         # dictionary event `uplink_rejected`


cdef class RequestService:
    cdef readonly SlotCode slot
    cdef readonly SlotCode reply_slot
    cdef readonly Farm farm
    cdef RequestContext c
    cdef list keep
