"""Terrain: the ground of one world: wiring of record, cache and wheel tracks. Nothing is stored but the seed and the tracks' log.

Heights: hal.sim.ground; one point with normal, kind and ruts: hal.sim.surface; beams: hal.sim.rays; rocks as bodies: hal.sim.rocks.
"""

from hal.core.arena cimport Arena
from hal.sim.ground cimport terrain_fill, terrain_height, terrain_height_direct
from hal.sim.rays cimport terrain_range, terrain_ray
from hal.sim.relief cimport Surface, TerrainState
from hal.sim.tracks cimport Tracks


cdef class Terrain:
    cdef readonly Arena arena
    cdef readonly Tracks tracks
    cdef Surface surface
