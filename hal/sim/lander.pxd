"""Lander: the true body. Owns the records `lander` and `lander.actuation`; its slot moves them on by one tick."""

from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.sim.lander_body cimport LanderActuation, LanderBody
from hal.sim.lander_legs cimport LanderContext
from hal.sim.mujoco_model cimport MujocoModel
from hal.sim.terrain cimport Terrain


cdef class Lander:
    cdef readonly Arena arena
    cdef readonly Terrain terrain
    cdef readonly SlotCode slot
    cdef readonly MujocoModel ground     # with contacts
    cdef readonly MujocoModel flight     # without, on the same data
    cdef LanderBody* body                # record `lander`
    cdef LanderActuation* actuation      # record `lander.actuation`
    cdef LanderContext context
