"""SimCamera: a camera's head at the far end of its SpaceWire link: exposes when asked, gives out the compressed picture piece by piece."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hal.core.ring cimport Ring
from hal.sim.sensor cimport Head, HeadState, SimSensor
from hal.sim.sky_body cimport Sky
from hal.sim.tracks cimport TrackState

cdef enum:
    MEMORY_OCTETS = 131072
    CAMERA_IDLE = 0
    CAMERA_DELAYED = 1                   # a fault holds the exposure back
    CAMERA_WORKING = 2                   # the picture is being compressed
    CAMERA_SENDING = 3


cdef struct CameraRequest:               # as the link brought it
    uint32_t number                      # 0: none
    uint32_t exposure_us
    double azimuth_rad
    double elevation_rad
    uint32_t ratio
    uint32_t pad

cdef struct SimCameraState:              # record `device.NAME`
    HeadState head
    CameraRequest asked                  # the last one heard
    CameraRequest taken                  # the one that was or is being answered
    int64_t due_tick                     # of a delayed exposure
    uint32_t phase                       # CAMERA_IDLE ...
    uint32_t sent                        # octets of the picture that are on their way
    uint32_t blind                       # 1: the last exposure failed
    uint32_t pad

cdef struct CameraExposure:              # record `NAME.exposure`: what the slow half works from
    uint32_t number                      # of exposures, ever: its trigger
    uint32_t picture                     # the request that it answers
    int64_t tick
    uint64_t noise                       # key of this picture's noise
    int64_t tracks                       # impressions of wheels that are in the ground
    double azimuth_rad
    double elevation_rad
    double sun_direction[3]              # site frame; zero where no sky says
    uint32_t exposure_us                 # 0: automatic
    uint32_t ratio

cdef struct CameraMemory:                # record `NAME.memory`, written by the slow half
    uint32_t number                      # the exposure that it holds
    uint32_t octets                      # of the compressed picture; 0 when it could not be made small enough
    uint32_t exposure_us
    uint16_t width_px
    uint16_t height_px
    uint8_t data[131072]

cdef struct SimCameraContext:
    Head head
    Ring* to_flight
    SimCameraState* state
    CameraExposure* exposure
    const CameraMemory* memory
    const TrackState* tracks             # or NULL
    const Sky* sky                       # or NULL


cdef class SimCamera(SimSensor):
    cdef SimCameraContext context
