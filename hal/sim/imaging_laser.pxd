"""SimImagingLaser: a scanned imaging laser at the far end of its SpaceWire link."""

from libc.stdint cimport int64_t, uint32_t

from hal.sim.faults cimport ValueFault
from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor
from hal.sim.terrain cimport Surface, Terrain


cdef struct SimImagingLaserState:        # record `device.lander.imaging_laser`
    HeadState head
    uint32_t asked                       # number of the last request heard
    uint32_t answered                    # number of the image that was scanned last, or is being scanned
    int64_t begun_tick                   # of that scan
    double range_error_m                 # of this run
    double last_m[128]                   # true ranges of the row scanned last, -1 without an echo: where the next ones are sought
    uint32_t row                         # the next row to be scanned; 128 while no scan runs
    uint32_t blind                       # rows without any echo in this image, or in the last

cdef struct SimImagingLaserContext:
    Head head
    SimImagingLaserState* state
    const LanderBody* body
    Surface* surface
    ValueFault post                      # the head's faults on one range
    double aperture_m[3]                 # body frame
    double tangent[128]                  # of the angle of each row, and of each post in a row
    int64_t scan_ticks


cdef class SimImagingLaser(SimSensor):
    cdef readonly Terrain terrain
    cdef SimImagingLaserContext context
