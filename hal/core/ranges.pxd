"""Ranges: how far light has to go between Earth, relay and site; written by whatever world there is, read by the space between antennas."""

from hal.core.arena cimport Arena


cdef struct Ranges:                  # record `ranges` of the world's arena
    double earth_relay_m             # Earth's centre to relay
    double relay_site_m              # relay to the lander and the rover
    double relay_elevation_rad       # of the relay above the site's horizon


cdef class RangeRecord:
    cdef readonly Arena arena
    cdef Ranges* record
