"""CameraDriver: requests go out, and the pieces of pictures come into a window until someone has taken them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from hal.camera cimport CameraCommand, CameraReading, CameraWindow
from hal.drivers.common cimport Watch
from hal.drivers.packet_head cimport PacketHead, PacketHeadDriver


cdef struct CameraState:                 # record `NAME.driver`
    Watch watch
    int64_t good_tick                    # of the last good packet
    int64_t sent_tick                    # when the request was last sent
    uint32_t sent_request
    uint8_t sent
    uint8_t gathering                    # a picture is coming in, and nothing of it is missing
    uint8_t pad[2]

cdef struct CameraContext:
    PacketHead head
    CameraReading* reading
    CameraCommand* command
    CameraWindow* window
    CameraState* state


cdef class CameraDriver(PacketHeadDriver):
    cdef CameraReading* reading          # record `NAME`
    cdef CameraCommand* command          # record `NAME.command`
    cdef CameraWindow* window            # record `NAME.window`
    cdef CameraContext context
