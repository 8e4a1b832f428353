"""Channel: what the space link does to octets and frames on their way, each way by its own settings and its own streams of chance."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flight.bit_errors cimport ErrorLine, ErrorModel
from flight.doors.outlet cimport OutletRing
from flight.link cimport RadioContext
from hal.core.arena cimport Arena
from hal.core.random cimport RandomStream
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef struct ChannelSide:            # records `channel.up` and `channel.down`: settings first, then what has happened
    double loss                     # chances of a frame: to be lost, to come twice, to be held back
    double duplicate
    double reorder
    int64_t reorder_ticks           # how long one is held back
    int64_t delay_ticks             # of every frame
    int64_t outage_tick             # when the first outage begins, ...
    int64_t outage_ticks            # ... how long each lasts, 0: there are none, ...
    int64_t outage_every_ticks      # ... and from one to the next, 0: there is one
    uint64_t octets                 # that met the line
    uint64_t bits_flipped
    uint64_t octets_out             # octets (up) lost in outages
    uint64_t frames                 # that met the line
    uint64_t frames_out             # frames (down) lost in outages
    uint64_t lost
    uint64_t duplicated
    uint64_t reordered
    uint64_t delayed
    uint64_t overrun                # found no room on the line
    uint64_t delivered

cdef struct SideContext:
    ChannelSide* s
    ErrorModel* model               # record `channel.up.model`
    ErrorLine* errors               # record `channel.up.errors`
    RandomStream* chance            # record `channel.up.chance`
    Ring line                       # frames under way, in order
    Ring held                       # frames held back, which others overtake

cdef struct ChannelContext:
    SideContext up
    SideContext down
    RadioContext* radio
    OutletRing* outlet
    uint64_t coded_octets           # of a frame as it leaves the door: what errors of the downlink act on
    int64_t tick


cdef class Channel:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly dict settings
    cdef ChannelContext c
    cdef int64_t tick_ns
    cdef object chances
    cdef object keep

    cdef SideContext* side(self, str name) except NULL
