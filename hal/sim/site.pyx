# cython: cdivision=True
"""Site: the rotating Moon seen from the site frame: apparent gravity, and the map coordinates and height of a point.

The frame is that of docs/spine.md: origin on the site's own sphere at 177.5991 E, 45.4446 S, axes east, north, up, fixed to the Moon.
Gravity is that of a point mass at the Moon's centre; the Moon turns at its constant mean rate. Left out: the anomaly of the basin
(below 0.2 %, facts: change4, section 8), the other harmonics, the tides of Earth and Sun, physical librations.
"""

RADIUS_M = SITE_RADIUS
GM_M3_S2 = MOON_GM
MOON_RATE_RAD_S = (0.0, MOON_RATE_NORTH, MOON_RATE_UP)


def gravity(position: tuple, velocity: tuple) -> tuple:
    """Acceleration (m/s2, site frame) of a free body at a position (m) with a velocity (m/s) relative to the rotating Moon."""
    cdef double r[3]
    cdef double v[3]
    cdef double a[3]
    r[0], r[1], r[2] = position
    v[0], v[1], v[2] = velocity
    apparent_gravity(r, v, a)
    return a[0], a[1], a[2]


def map_coordinates(position: tuple) -> tuple:
    """East and north (m) on the azimuthal-equidistant map about the site, and height above the site's sphere (m)."""
    cdef double r[3]
    cdef double east, north, height
    r[0], r[1], r[2] = position
    height = site_map(r, &east, &north)
    return east, north, height
