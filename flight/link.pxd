"""Link: from octets of the radio to transfer frames of each vehicle, and from packets to frames on their way down."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flight.doors.inbox cimport INBOX_SOURCES, Inbox, InboxRing
from flight.doors.outlet cimport Outlet, OutletRing
from flight.record_log cimport RecordLog, RecordRing
from flight.telemetry cimport Telemetry, TelemetryStore
from hal.core.arena cimport Arena
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from wire.cltu cimport CltuDecoder
from wire.tm_frame cimport TmChannel

cdef enum:
    MAX_VEHICLES = 3
    CHUNK_OCTETS = 256              # taken at a time: at most six of the shortest frames
    TICK_OCTETS = 65536             # taken in one tick at the most
    IDLE_CHANNEL = 7
    REPORT_FRAMES = 8               # with keys: the latest of so many frames to carry the frame security report
    REFERENCE_FRAMES = 16           # every such frame of channel 0 is one by which time is reported (ECSS-E-ST-70-41C, 6.9: rate 2^4)

cdef enum:                          # what is known of the last reference frame
    REFERENCE_NONE = 0              # there is none that is not reported
    REFERENCE_MADE = 1              # it is made; when it leaves is not known yet
    REFERENCE_SENT = 2              # its time is known

cdef struct RadioState:             # record `radio` of the harness arena
    uint64_t octets                 # taken from the inbox
    uint64_t frames                 # candidates that the CLTU decoders gave
    uint64_t short_frames           # fewer octets than a header
    uint64_t unknown_spacecraft     # frames for nobody here
    uint64_t undelivered            # the vehicle's queue was full
    uint64_t routed[3]
    uint64_t unpowered[3]           # frames that died because their computer was off

cdef struct DownlinkState:          # record `downlink` of a computer's arena
    uint32_t ocf                    # operational control field: the CLCW, set each tick by the request service
    uint32_t master_count           # 8 bits used
    int64_t idle_tick               # when the next idle frame is due, on the link `lab`
    int64_t busy_ns                 # on the link `queqiao`: until the line falls free
    int64_t reference_ns            # when the last reference frame began to leave, since the scenario's epoch
    uint8_t rate                    # on the link `queqiao`: which of the vehicle's rates; there may be two, three or four
    uint8_t reference               # REFERENCE_...
    uint8_t periodic_under_way      # 1: the packet of which a part has left on channel 0 is a periodic report
    uint8_t pad[5]
    uint32_t credit_percent[4]      # on the link `queqiao`: what each of its claims is owed, in hundredths of a frame

cdef struct ControlField:           # record `security.field`: how CLCW and frame security report share the field, with keys alone
    uint32_t clcw                   # that went down last
    uint32_t report                 # likewise
    uint32_t frames                 # since that report; 0: the last frame carried it

cdef struct UplinkGate:             # what stands between the ground and the decoders: the channel, or nothing
    void* context
    int (*octets)(void* context, int64_t tick, uint8_t* octets, int n) noexcept nogil                         # how many are left
    void (*frame)(void* context, int64_t tick, const uint8_t* frame, uint32_t length) noexcept nogil

cdef struct RadioContext:
    RadioState* state
    InboxRing* inbox
    RecordRing* log
    CltuDecoder* decoders[18]
    uint16_t spacecraft_ids[3]
    uint8_t* powered[3]
    Ring uplinks[3]
    Ring up                         # on the link `queqiao`: everything goes this way; else empty
    int vehicles
    int bare                        # 1: transfer frames come without CLTUs
    UplinkGate gate

cdef void radio_route(RadioContext* c, int64_t tick, const uint8_t* frame, uint32_t length) noexcept nogil      # a candidate to its vehicle

cdef struct DownlinkContext:
    DownlinkState* state
    Telemetry* telemetry
    OutletRing* outlet
    TmChannel* channels[3]          # by number: real time, events, files
    TmChannel* idle
    ControlField* field             # NULL without keys: every frame carries the CLCW
    const uint32_t* report          # the frame security report of now
    int64_t idle_ticks
    uint8_t frame[1115]


cdef uint32_t link_control_word(DownlinkContext* c) noexcept nogil                 # what the next frame carries; once a frame
cdef bint link_fill(DownlinkContext* c, int k) noexcept nogil                       # packets into the frame of channel k; True: it is full, and more waits
cdef void link_finish(DownlinkContext* c, TmChannel* channel) noexcept nogil       # close the channel's frame, in c.frame


cdef class Radio:
    cdef readonly SlotCode slot
    cdef readonly list names
    cdef RadioContext c
    cdef object keep

    cdef void send_through(self, Ring up) noexcept


cdef class Downlink:
    cdef readonly SlotCode slot
    cdef DownlinkContext c
    cdef object keep
