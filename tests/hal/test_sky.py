"""Sky: Sun, Earth and relay against the figures that were computed for the mission (facts, change4, sections 6 to 8)."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flight.scenarios import SCENARIOS as FLOWN
from hal.core.arena import Arena
from hal.sim.scenarios import SCENARIOS
from hal.sim.sky import SkyModel
from hal.sim.sky_figures import PIECE_S, PIECES, TOUCHDOWN_TAI_S, first_piece, halo, pieces, positions

SPEED_OF_LIGHT_M_S = 299_792_458.0


def angles(vector: np.ndarray) -> tuple[float, float]:
    """Azimuth from north towards east, and elevation, in degrees."""
    return float(np.degrees(np.arctan2(vector[0], vector[1])) % 360.0), float(np.degrees(np.arcsin(vector[2] / np.linalg.norm(vector))))


def model(epoch_tai_s: float = TOUCHDOWN_TAI_S, phase: float = 0.0) -> tuple[SkyModel, Arena]:
    arena = Arena("world", 1 << 16)
    sky = SkyModel(arena)
    sky.start(epoch_tai_s, phase)
    return sky, arena


def test_the_sun_stands_in_the_north_east_at_the_touchdown() -> None:
    _, arena = model()
    azimuth, elevation = angles(arena.view("sky")["sun_direction"])
    assert azimuth == pytest.approx(50.7, abs=0.05)
    assert elevation == pytest.approx(31.5, abs=0.05)
    assert np.degrees(arena.view("sky")["sun_elevation_rad"]) == pytest.approx(elevation)
    assert np.degrees(arena.view("sky")["sun_azimuth_rad"]) == pytest.approx(azimuth)


def test_the_sun_stands_higher_when_the_rover_touches_the_ground() -> None:
    azimuth, elevation = angles(positions(np.array([TOUCHDOWN_TAI_S + (14 * 60 + 22 - 2 * 60 - 26) * 60.0]), 0.0)[0, 0])
    assert (azimuth, elevation) == pytest.approx((44.5, 34.7), abs=0.05)


def test_the_earth_is_below_the_horizon_and_stays_there() -> None:
    _, arena = model()
    assert angles(arena.view("sky")["earth_direction"]) == pytest.approx((190.3, -39.2), abs=0.05)
    earth = positions(TOUCHDOWN_TAI_S + np.arange(0, 60 * 86_400, 7_200.0), 0.0)[:, 1]
    elevations = np.degrees(np.arcsin(earth[:, 2] / np.linalg.norm(earth, axis=1)))
    assert (elevations.min(), elevations.max()) == pytest.approx((-52.0, -37.0), abs=1.0)


def test_sunrise_and_sunset_are_those_of_the_first_lunar_day() -> None:
    seconds = np.arange(-5 * 86_400, 12 * 86_400, 120.0)
    height = positions(TOUCHDOWN_TAI_S + seconds, 0.0)[:, 0, 2]
    turns = [float(seconds[i]) for i in np.where(np.diff(np.sign(height)))[0]]
    rise, fall = (datetime(2019, 1, 3, 2, 26, tzinfo=UTC) + timedelta(seconds=turn) for turn in turns)
    assert abs(rise - datetime(2018, 12, 30, 3, 20, tzinfo=UTC)) < timedelta(minutes=10)
    assert abs(fall - datetime(2019, 1, 13, 21, 0, tzinfo=UTC)) < timedelta(minutes=15)


def test_the_halo_closes_and_has_the_published_amplitude() -> None:
    orbit = halo()
    middle = orbit[len(orbit) // 2]
    assert np.abs(middle[[1, 3, 5]]).max() < 1e-6  # it crosses the plane of symmetry at right angles, half a period on
    assert orbit[:, 2].min() * 384_400 == pytest.approx(-13_000, abs=1.0)
    assert orbit[:, 2].max() * 384_400 == pytest.approx(9_230, abs=5.0)
    assert np.abs(orbit[:, 1]).max() * 384_400 == pytest.approx(35_300, abs=50.0)


def test_the_relay_keeps_to_its_ranges_for_sixty_days_at_eight_phases() -> None:
    times = TOUCHDOWN_TAI_S + np.arange(0, 60 * 86_400, 3_600.0)
    seen = np.concatenate([positions(times, phase) for phase in np.arange(8) / 8])
    site = np.linalg.norm(seen[:, 2], axis=1)
    earth = np.linalg.norm(seen[:, 2] - seen[:, 1], axis=1)
    elevation = np.degrees(np.arcsin(seen[:, 2, 2] / site))
    assert (site.min() / 1e3, site.max() / 1e3) == pytest.approx((45_700, 77_800), abs=100)
    assert (earth.min() / 1e3, earth.max() / 1e3) == pytest.approx((402_800, 484_700), abs=100)
    assert (elevation.min(), elevation.mean(), elevation.max()) == pytest.approx((22.0, 40.0, 61.0), abs=0.7)
    light = (site + earth) / SPEED_OF_LIGHT_M_S
    assert (light.min(), light.max()) == pytest.approx((1.50, 1.88), abs=0.01)
    assert np.abs(np.diff(site.reshape(8, -1), axis=1)).max() / 3_600.0 < 85.0  # range rate, m/s


def test_the_pieces_are_within_a_few_metres_of_what_they_were_fitted_to() -> None:
    start = first_piece(TOUCHDOWN_TAI_S)
    times = start + np.linspace(0.0, PIECES * PIECE_S, 641)[:-1] + 1_000.0
    fitted, place = pieces(start, 0.3), ((times - start) // PIECE_S).astype(int)
    x = 2.0 * ((times - start) / PIECE_S - place) - 1.0
    values = np.array([np.polynomial.chebyshev.chebval(u, np.moveaxis(fitted[p], -1, 0)) for u, p in zip(x, place, strict=True)])
    assert np.abs(values - positions(times, 0.3)).max(axis=(0, 2))[2] < 5.0  # the relay; the others are better
    assert np.abs(values - positions(times, 0.3)).max(axis=(0, 2))[0] < 1_000.0  # of 147 million kilometres


def test_the_slot_gives_what_the_figures_give_ten_days_later() -> None:
    sky, arena = model(phase=0.7)
    ticks = 864_000 * 100
    sky.slot.call(ticks)
    sun, earth, relay = positions(np.array([TOUCHDOWN_TAI_S + 864_000.0]), 0.7)[0]
    record = arena.view("sky")
    assert record["sun_direction"] == pytest.approx(sun / np.linalg.norm(sun), abs=1e-9)
    assert record["relay_direction"] == pytest.approx(relay / np.linalg.norm(relay), abs=1e-6)
    assert record["relay_range_m"] == pytest.approx(np.linalg.norm(relay), abs=5.0)
    assert record["relay_earth_range_m"] == pytest.approx(np.linalg.norm(relay - earth), abs=5.0)
    assert arena.view("ranges")["relay_site_m"] == record["relay_range_m"]


def test_a_sky_beyond_its_span_stands_still() -> None:
    sky, arena = model()
    sky.slot.call(round(PIECES * PIECE_S * 100))
    last = arena.view("sky").copy()
    sky.slot.call(1 << 50)
    assert arena.view("sky") == last


def test_the_world_and_the_computers_agree_on_every_epoch() -> None:
    assert {name: SCENARIOS[name].epoch_tai_s for name in FLOWN} == {name: row.epoch_tai_s for name, row in FLOWN.items()}


def test_night_is_after_sunset() -> None:
    _, arena = model(SCENARIOS["night"].epoch_tai_s)
    assert -12.0 < np.degrees(arena.view("sky")["sun_elevation_rad"]) < -5.0
