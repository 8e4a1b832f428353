"""Mobility: carries out what the rover is told to drive, and stops it when anything is wrong. The record `mobility`, 50 Hz."""

from flight.apps.mobility_state cimport MobilityContext
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode


cdef class Mobility:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef MobilityContext context
