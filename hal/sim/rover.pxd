"""Rover: the true body. Owns the records `rover`, `rover.actuation` and `ramp`; its slot moves the body on by one tick."""

from hal.core.arena cimport Arena
from hal.core.random cimport RandomSource
from hal.core.slot cimport SlotCode
from hal.sim.mujoco_model cimport MujocoModel
from hal.sim.rover_body cimport RampBody, RoverActuation, RoverBody
from hal.sim.rover_wheels cimport RoverContext
from hal.sim.terrain cimport Terrain


cdef class Rover:
    cdef readonly Arena arena
    cdef readonly Terrain terrain
    cdef readonly SlotCode slot
    cdef RoverBody* body                 # record `rover`
    cdef RoverActuation* actuation       # record `rover.actuation`
    cdef RampBody* ramp                  # record `ramp`
    cdef RandomSource random
    cdef MujocoModel mujoco
    cdef RoverContext context
