"""Where Sun, Earth and relay stand over the site: positions in the site frame at any epoch, and Chebyshev pieces fitted to them.

All of it is a pure function of time and of the relay's phase. Times are TAI seconds since 1958-01-01; TDB is taken as TAI + 32.184 s.
Sources: DE421 by skyfield; rotation of the Moon by IAU 2009 (WGCCRE), good to 90 m on the ground (facts, change4, section 8); halo orbit
from its initial state (facts, section 6).
Left out: aberration and light time of the Sun's direction (below 0.006 deg), the eclipses, the relay's station keeping: one period of
its orbit in the circular restricted problem is repeated for ever, in axes and a unit of length that follow the Moon of DE421.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

LONGITUDE_DEG: Final = 177.5991
LATITUDE_DEG: Final = -45.4446
SITE_RADIUS_M: Final = 1_731_465.0
MU: Final = 0.01215058
HALO_START: Final = (1.179735700, 0.0, -0.033818939, 0.0, -0.162149502, 0.0)  # x, y, z and rates, at the southern end
HALO_PERIOD: Final = 3.406139  # time units: 14.81 d
DAY_S: Final = 86_400.0
TIME_UNIT_S: Final = 14.81 * DAY_S / HALO_PERIOD
TOUCHDOWN_TAI_S: Final = 1_925_173_597.0  # 2019-01-03T02:26 UTC
J2000_TAI_S: Final = 15_340 * DAY_S + 43_200.0 - 32.184  # 2000-01-01T12:00 TDB, seconds since 1958-01-01 TAI

PIECE_S: Final = 4.0 * DAY_S
PIECES: Final = 16  # 64 days
TERMS: Final = 14
BODIES: Final = ("sun", "earth", "relay")

# WGCCRE 2009: E1..E13 as (degrees, degrees a day), then the coefficients of their sines or cosines.
ARGUMENTS: Final = np.array(
    [
        (125.045, -0.0529921), (250.089, -0.1059842), (260.008, 13.0120009), (176.625, 13.3407154), (357.529, 0.9856003),
        (311.589, 26.4057084), (134.963, 13.0649930), (276.617, 0.3287146), (34.226, 1.7484877), (15.134, -0.1589763),
        (119.743, 0.0036096), (239.961, 0.1643573), (25.053, 12.9590088),
    ]
)  # fmt: skip
POLE_RIGHT_ASCENSION: Final = np.array([-3.8787, -0.1204, 0.0700, -0.0172, 0, 0.0072, 0, 0, 0, -0.0052, 0, 0, 0.0043])
POLE_DECLINATION: Final = np.array([1.5419, 0.0239, -0.0278, 0.0068, 0, -0.0029, 0.0009, 0, 0, 0.0008, 0, 0, -0.0009])
PRIME_MERIDIAN: Final = np.array(
    [3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019, -0.0044]
)


def site_axes(tai_s: Array) -> Array:
    """Rows east, north, up of the site frame in the axes of the ICRF: shape (n, 3, 3)."""
    d = (tai_s - J2000_TAI_S) / DAY_S
    t = d / 36_525.0
    e = np.radians(ARGUMENTS[:, 0, None] + ARGUMENTS[:, 1, None] * d)
    a0 = np.radians(269.9949 + 0.0031 * t + POLE_RIGHT_ASCENSION @ np.sin(e))
    d0 = np.radians(66.5392 + 0.0130 * t + POLE_DECLINATION @ np.cos(e))
    w = np.radians(38.3213 + 13.17635815 * d - 1.4e-12 * d * d + PRIME_MERIDIAN @ np.sin(e))
    node = np.stack((-np.sin(a0), np.cos(a0), np.zeros_like(a0)), axis=-1)
    pole = np.stack((np.cos(d0) * np.cos(a0), np.cos(d0) * np.sin(a0), np.sin(d0)), axis=-1)
    across = np.cross(pole, node)
    turn = w + radians(LONGITUDE_DEG)
    meridian = np.cos(turn)[:, None] * node + np.sin(turn)[:, None] * across
    east = np.cross(pole, meridian)
    phi = radians(LATITUDE_DEG)
    return np.stack((east, cos(phi) * pole - sin(phi) * meridian, cos(phi) * meridian + sin(phi) * pole), axis=1)


def ephemeris(tai_s: Array) -> tuple[Array, Array, Array]:
    """Sun and Earth from the Moon's centre (m), and the Moon's velocity about the Earth (m/s): ICRF axes, shape (n, 3).

    DE421 is opened by its path: the finder of its package warns of an expiry that does not concern positions.
    """
    import skyfield_data
    from skyfield.api import load
    from skyfield.jpllib import SpiceKernel

    time = load.timescale(builtin=True).tdb_jd(2_451_545.0, (tai_s - J2000_TAI_S) / DAY_S)
    with closing(SpiceKernel(str(Path(skyfield_data.__file__).parent / "data" / "de421.bsp"))) as kernel:
        sun, earth, moon = (kernel[name].at(time) for name in ("sun", "earth", "moon"))
        away = moon.position.m - earth.position.m
        return (sun.position.m - moon.position.m).T, -away.T, (moon.velocity.m_per_s - earth.velocity.m_per_s).T


def _rates(s: Array) -> Array:
    """The circular restricted three-body problem in its rotating frame, units of the primaries."""
    x, y, z, vx, vy, vz = s
    r1 = ((x + MU) ** 2 + y * y + z * z) ** 1.5
    r2 = ((x - 1.0 + MU) ** 2 + y * y + z * z) ** 1.5
    a, b = (1.0 - MU) / r1, MU / r2
    return np.array((vx, vy, vz, x + 2.0 * vy - a * (x + MU) - b * (x - 1.0 + MU), y - 2.0 * vx - (a + b) * y, -(a + b) * z))


@lru_cache(maxsize=1)
def halo(steps: int = 400) -> Array:
    """Half a period of the orbit by Runge-Kutta of order 4, mirrored into a whole one: states (2 steps + 1, 6) at even times."""
    h = HALO_PERIOD / (2 * steps)
    states = [np.array(HALO_START)]
    for _ in range(steps):
        s = states[-1]
        k1 = _rates(s)
        k2 = _rates(s + 0.5 * h * k1)
        k3 = _rates(s + 0.5 * h * k2)
        k4 = _rates(s + h * k3)
        states.append(s + h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4))
    mirror = np.array((1.0, -1.0, 1.0, -1.0, 1.0, -1.0))
    return np.array(states + [mirror * s for s in reversed(states[:-1])])


def relay_from_moon(tai_s: Array, phase: float, earth: Array, moon_velocity: Array) -> Array:
    """The relay from the Moon's centre (m, ICRF axes). `phase` is the part of a period flown at 2019-01-03T02:26 UTC, the touchdown."""
    orbit = halo()
    n = len(orbit) - 1
    place = ((tai_s - TOUCHDOWN_TAI_S) / (TIME_UNIT_S * HALO_PERIOD) + phase) % 1.0 * n
    i = np.minimum(place.astype(int), n - 1)
    u, h = (place - i)[:, None], HALO_PERIOD / n
    a, b = orbit[i], orbit[i + 1]
    p = (1 + 2 * u) * (1 - u) ** 2 * a[:, :3] + u * (1 - u) ** 2 * h * a[:, 3:]
    p = p + u * u * (3 - 2 * u) * b[:, :3] - u * u * (1 - u) * h * b[:, 3:]
    unit = np.linalg.norm(earth, axis=1)[:, None]
    p = (p - (1.0 - MU, 0.0, 0.0)) * unit
    ex = -earth / unit
    ez = np.cross(-earth, moon_velocity)
    ez /= np.linalg.norm(ez, axis=1)[:, None]
    return cast("Array", p[:, :1] * ex + p[:, 1:2] * np.cross(ez, ex) + p[:, 2:] * ez)


def positions(tai_s: Array, phase: float) -> Array:
    """Sun, Earth's centre and relay from the site (m, site frame): shape (n, 3 bodies, 3)."""
    sun, earth, velocity = ephemeris(tai_s)
    relay = relay_from_moon(tai_s, phase, earth, velocity)
    seen = np.einsum("nij,nbj->nbi", site_axes(tai_s), np.stack((sun, earth, relay), axis=1))
    seen[:, :, 2] -= SITE_RADIUS_M
    return seen


def first_piece(epoch_tai_s: float) -> float:
    """Where the span of an epoch begins: epochs close together share their pieces."""
    return epoch_tai_s // PIECE_S * PIECE_S


@lru_cache(maxsize=8)
def pieces(start_tai_s: float, phase: float) -> Array:
    """Coefficients (m) of Chebyshev polynomials: shape (PIECES, 3 bodies, 3 axes, TERMS), over 64 days."""
    nodes = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    times = start_tai_s + PIECE_S * (np.arange(PIECES)[:, None] + 0.5 * (nodes + 1.0))
    values = positions(times.ravel(), phase).reshape(PIECES, TERMS, 3, 3)
    transform = 2.0 / TERMS * np.cos(np.pi * np.outer(np.arange(TERMS), np.arange(TERMS) + 0.5) / TERMS)
    transform[0] *= 0.5
    return np.ascontiguousarray(np.einsum("kn,pnba->pbak", transform, values))
