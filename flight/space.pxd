"""Space: what lies between the antennas on the `queqiao` link: frames on their way, and the light time that they need."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flight.doors.outlet cimport OutletRing
from flight.link cimport Radio, RadioContext
from hal.core.arena cimport Arena
from hal.core.ranges cimport RangeRecord, Ranges
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode

cdef enum:
    SPACE_UP_FRAMES = 64            # from Earth to the relay: 2 s of light time, and what the ground sends at once
    SPACE_FORWARD_FRAMES = 4        # from the relay to the site: the shortest takes over a second to send
    SPACE_RETURN_FRAMES = 64        # from one vehicle to the relay: 0.26 s at 62 frames/s
    SPACE_EARTH_FRAMES = 2048       # from the relay to Earth: 1.62 s at 1121 frames/s (10 Mbit/s)
    RECEIVED_FRAMES = 16            # in the relay's receiver, until its computer takes them
    COMMAND_FRAMES = 16

cdef struct SpaceState:             # record `space`; light times are those of now
    int64_t earth_relay_ticks
    int64_t relay_site_ticks
    int64_t earth_relay_ns
    int64_t relay_site_ns
    uint64_t to_earth               # frames that reached the ground
    uint64_t from_site[2]           # frames that reached the relay from the lander and the rover
    uint64_t from_earth             # frames that reached the relay from the ground
    uint64_t to_site                # frames that reached the lander or the rover
    uint64_t unpowered              # frames that died because the relay's computer was off
    uint64_t overrun                # frames that died because it did not take them in time
    uint64_t unseen                 # frames that died because the relay was below the mask
    uint64_t unknown_spacecraft
    uint64_t cut_short              # frames that died because the computer that was sending them was reset

cdef struct SpaceContext:
    SpaceState* state
    Ranges* ranges
    RadioContext* radio
    OutletRing* outlet
    Ring up                         # CLTU contents on their way to the relay; a unit's tick is when it left, whole
    Ring forward                    # ... on to lander or rover; its id is the place of the vehicle among those of the radio
    Ring returned[2]                # frames from lander and rover to the relay; a unit's id: ns by which its last bit left before that tick
    Ring earth                      # frames from the relay to Earth
    Ring received                   # in the relay's receiver: frames for Earth, ...
    Ring commands                   # ... and for the site
    double ticks_per_metre
    int64_t tick_ns
    double mask_rad
    int places[2]                   # of lander and rover among the vehicles of the radio
    int relay


cdef class Space:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef SpaceContext c
    cdef object keep
