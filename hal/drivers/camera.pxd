"""CameraDriver: requests go out, and the pieces of pictures come into a window until someone has taken them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.camera cimport CameraCommand, CameraReading, CameraWindow
from hal.core.arena cimport Arena
from hal.core.bus cimport Bus
from hal.core.ring cimport Ring
from hal.core.slot cimport SlotCode
from hal.drivers.common cimport Watch


cdef struct CameraState:                 # record `NAME.driver`
    Watch watch
    int64_t good_tick                    # of the last good packet
    int64_t sent_tick                    # when the request was last sent
    uint32_t sent_request
    uint8_t sent
    uint8_t gathering                    # a picture is coming in, and nothing of it is missing
    uint8_t pad[2]

cdef struct CameraContext:
    Ring* to_flight
    Ring* to_device
    CameraReading* reading
    CameraCommand* command
    CameraWindow* window
    CameraState* state
    int64_t timeout_ticks
    int64_t repeat_ticks


cdef class CameraDriver:
    cdef readonly str name
    cdef readonly Arena arena
    cdef readonly Bus bus
    cdef readonly SlotCode read_slot     # every tick, before the applications
    cdef readonly SlotCode write_slot    # every tick, after them
    cdef CameraReading* reading          # record `NAME`
    cdef CameraCommand* command          # record `NAME.command`
    cdef CameraWindow* window            # record `NAME.window`
    cdef CameraContext context
