"""SimStarTracker: a star tracker at the far end of its UART."""

from hal.sim.lander_body cimport LanderBody
from hal.sim.sensor cimport Head, HeadState, SimSensor


cdef struct SimStarTrackerState:         # record `device.lander.star_tracker`
    HeadState head
    double mounting_rad[3]               # of this run, about the body's axes

cdef struct SimStarTrackerContext:
    Head head
    SimStarTrackerState* state
    const LanderBody* body
    double tick_s


cdef class SimStarTracker(SimSensor):    # it looks at 5 Hz
    cdef SimStarTrackerContext context
