"""The lander on the ground: it stands, slides, crushes its struts, crashes and tips over as the figures say."""

import math

import numpy as np
import pytest

from hal.sim import lander_figures as figures
from hal.sim.site import map_coordinates
from tests.hal.test_lander import UPRIGHT, Flight, matrix

FLYING, LANDED, CRASHED, TIPPED, LOST = range(5)
G_M_S2 = 1.63536  # at the site's height
WEIGHT_N = 1300.0 * G_M_S2


def drop(flight: Flight, height_m: float, velocity: tuple[float, float, float], tilt_rad: float = 0.0, ticks: int = 2000) -> None:
    """Let the lander go with its pads at a height above the site."""
    quaternion = (math.cos(tilt_rad / 2), 0.0, math.sin(tilt_rad / 2), 0.0)
    flight.lander.place((0.0, 0.0, 1.45 + height_m), velocity, quaternion, 100.0)
    flight.run(ticks)


@pytest.mark.parametrize("seed", range(12))
def test_a_fall_from_two_metres_ends_standing_at_rest_with_the_speed_of_the_closed_form(seed: int) -> None:
    flight = Flight(seed)
    drop(flight, 2.0, (0.0, 0.0, -1.5))
    body = flight.body
    assert body["outcome"] == LANDED
    # The first pad touches where the ground is highest, at most half a metre above the site's middle (8 degrees over 2.3 m).
    fastest, slowest = (math.sqrt(1.5**2 + 2 * G_M_S2 * fall) for fall in (2.4, 1.4))
    assert slowest < body["touchdown_vertical_m_s"] < fastest
    assert body["touchdown_horizontal_m_s"] < 0.01
    assert body["touchdown_tick"] > 0
    assert body["speed_m_s"] == 0.0
    assert body["tilt_rad"] < math.radians(12.0)
    assert sum(body["pad_force_n"]) * math.cos(body["tilt_rad"]) == pytest.approx(WEIGHT_N, rel=0.05)
    assert np.linalg.norm(body["specific_force_m_s2"]) == pytest.approx(G_M_S2, abs=1e-3)


def test_a_standing_lander_does_not_creep() -> None:
    flight = Flight()
    drop(flight, 0.5, (0.0, 0.0, 0.0))
    place = flight.body["position_m"].copy()
    flight.run(3000, 2000)
    assert (flight.body["position_m"] == place).all()
    flight.actuation["engine_thrust_n"] = 500.0
    flight.run(3000, 5000)
    # MuJoCo's friction yields a little: it creeps by a third of a millimetre a second while the engine keeps it from being parked.
    assert np.linalg.norm(flight.body["position_m"] - place) < 15e-3
    assert flight.body["outcome"] == LANDED
    assert sum(flight.body["pad_force_n"]) == pytest.approx(WEIGHT_N - 500.0, rel=0.05)


def test_a_landed_lander_takes_off_when_its_engine_lifts_it() -> None:
    flight = Flight()
    drop(flight, 0.5, (0.0, 0.0, 0.0))
    assert flight.body["outcome"] == LANDED
    flight.actuation["engine_thrust_n"] = 5000.0
    flight.run(300, 2000)
    assert flight.body["outcome"] == FLYING
    assert flight.body["altitude_m"] > 5.0
    assert not flight.body["pad_contact"].any()
    assert flight.body["pad_force_n"].sum() == 0.0


@pytest.mark.parametrize(("down", "outcome"), [(3.8, LANDED), (4.2, CRASHED)])
def test_the_published_limit_of_vertical_speed_decides(down: float, outcome: int) -> None:
    flight = Flight()
    drop(flight, 0.6, (0.0, 0.0, -math.sqrt(down**2 - 2 * G_M_S2 * 0.5)))
    assert flight.body["touchdown_vertical_m_s"] == pytest.approx(down, abs=0.12)
    assert flight.body["outcome"] == outcome


@pytest.mark.parametrize(("sideways", "outcome"), [(1.5, LANDED), (2.5, CRASHED)])
def test_the_limit_of_horizontal_speed_decides(sideways: float, outcome: int) -> None:
    flight = Flight()
    drop(flight, 0.5, (sideways, 0.0, -0.5))
    assert flight.body["touchdown_horizontal_m_s"] == pytest.approx(sideways, abs=0.01)
    assert flight.body["outcome"] == outcome


def test_a_crash_stops_the_body_for_good() -> None:
    flight = Flight()
    drop(flight, 1.0, (0.0, 0.0, -30.0), ticks=20)
    assert flight.body["outcome"] == CRASHED
    before = flight.arena.save()
    flight.actuation["engine_thrust_n"] = 7500.0
    flight.run(100, 20)
    flight.actuation["engine_thrust_n"] = 0.0
    assert flight.arena.save() == before
    assert flight.body["speed_m_s"] == 0.0


def test_a_lander_that_rolls_over_one_pad_is_tipped_and_one_that_lands_on_its_head_is_crashed() -> None:
    flight, tilt = Flight(), math.radians(40.0)
    height = 2.3 * math.sin(tilt) + 1.45 * math.cos(tilt) + 0.1
    quaternion = (math.cos(tilt / 2), 0.0, math.sin(tilt / 2), 0.0)
    flight.lander.place((0.0, 0.0, height), (0.5, 0.0, -0.2), quaternion, 100.0, rate_rad_s=(0.0, 0.6, 0.0))
    flight.run(1000)
    assert flight.body["outcome"] == TIPPED
    assert flight.body["touchdown_tilt_rad"] < math.radians(45.0) < flight.body["tilt_rad"]
    assert flight.body["speed_m_s"] == 0.0
    flight.lander.place((0.0, 0.0, 3.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0, 0.0), 100.0)
    flight.run(1000)
    assert flight.body["outcome"] == CRASHED
    assert flight.body["touchdown_tick"] == -1


def test_a_lander_let_go_on_one_pad_at_20_degrees_falls_back_onto_its_feet() -> None:
    flight, tilt = Flight(), math.radians(20.0)
    drop(flight, 2.3 * math.sin(tilt), (0.0, 0.0, 0.0), tilt_rad=tilt)
    assert flight.body["outcome"] == LANDED
    assert flight.body["touchdown_tilt_rad"] == pytest.approx(tilt, abs=0.02)
    assert flight.body["tilt_rad"] < math.radians(12.0)


def test_the_struts_crush_more_the_harder_the_landing_and_never_recover() -> None:
    stroke = []
    for down in (0.5, 1.5, 3.0):
        flight = Flight()
        drop(flight, 0.3, (0.0, 0.0, -down))
        stroke.append(flight.arena.view("lander.contact")["crush_m"].sum())
    assert stroke[0] < stroke[1] < stroke[2]
    # Work against the honeycomb and the springs is the energy of the fall, within what damping and friction take.
    energy = 0.5 * 1300.0 * (3.0**2 + 2 * G_M_S2 * 0.3)
    assert 0.4 * energy < 7500.0 * stroke[2] < 1.3 * energy


def test_every_pad_counts_its_contacts() -> None:
    flight = Flight()
    drop(flight, 0.5, (0.0, 0.0, -1.0))
    assert flight.body["pad_contact"].sum() >= 3
    assert flight.body["contacts"] >= flight.body["pad_contact"].sum()


def test_the_impact_is_felt_by_the_accelerometer() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 2.45), (0.0, 0.0, -2.0), UPRIGHT, 100.0)
    felt = []
    for tick in range(200):
        flight.lander.slot.call(tick)
        felt.append(flight.body["specific_force_m_s2"][2])
    assert abs(felt[0]) < 1e-12
    # Four struts at the crush force, which friction on the pads raises along their slanted strokes; the pads' own mass is stopped besides.
    crush = 4 * figures.STRUT_CRUSH_N / (math.cos(figures.STRUT_TILT_RAD) - figures.FRICTION * math.sin(figures.STRUT_TILT_RAD)) / 1300.0
    assert 5.0 < max(felt) < 1.15 * crush


def test_a_strut_never_bears_more_than_its_honeycomb_and_crushes_at_that_force() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 2.2), (0.0, 0.0, -3.0), UPRIGHT, 100.0)
    crush, joints = flight.arena.view("lander.contact")["crush_m"], flight.lander.ground.data.qpos[7:11]
    before, gone = crush.copy(), 0.0
    for tick in range(300):
        flight.lander.slot.call(tick)
        assert (crush >= before).all()
        assert (figures.STRUT_STIFFNESS_N_M * (joints - crush) < figures.STRUT_CRUSH_N * (1 + 1e-9)).all()
        gone = max(gone, float((crush - before).max()))
        before = crush.copy()
    assert gone > 0.005  # a tick at metres a second
    assert flight.body["outcome"] == FLYING or flight.body["outcome"] == LANDED
    assert joints == pytest.approx(crush, abs=0.01)  # it stays crushed: what is left is the weight on the spring


@pytest.mark.parametrize("substeps", [4, 10])
def test_the_landing_does_not_hang_on_the_length_of_the_step(substeps: int) -> None:
    """Ticks of 10 ms take two steps of 5 ms; against steps of 2.5 and 1 ms the strokes, the place and the attitude at rest agree."""
    coarse, fine = Flight(4), Flight(4, tick_s=0.01 / substeps)
    for flight, ticks in ((coarse, 800), (fine, 800 * substeps)):
        flight.lander.place((0.0, 0.0, 2.5), (0.1, 0.0, -2.0), UPRIGHT, 100.0)
        flight.run(ticks)
        assert flight.body["outcome"] == LANDED
    assert coarse.body["touchdown_vertical_m_s"] == pytest.approx(fine.body["touchdown_vertical_m_s"], abs=0.03)
    assert coarse.body["position_m"] == pytest.approx(fine.body["position_m"], abs=0.15)  # it slides half a metre down its slope
    assert coarse.body["rest_tilt_rad"] == pytest.approx(fine.body["rest_tilt_rad"], abs=0.01)
    strokes = (flight.arena.view("lander.contact")["crush_m"].sum() for flight in (coarse, fine))
    assert next(strokes) == pytest.approx(next(strokes), rel=0.15)


@pytest.mark.parametrize("seed", range(1, 5))
def test_rest_tilt_and_slope_are_those_of_the_ground_that_it_stands_on(seed: int) -> None:
    flight = Flight(seed)
    drop(flight, 1.0, (0.0, 0.0, -1.0))
    body = flight.body
    assert body["outcome"] == LANDED
    # The plane fitted to the ground within the pads' circle, from the terrain itself.
    east, north, _ = map_coordinates(tuple(body["position_m"]))
    grid = np.array([(x, y) for x in np.arange(-2.3, 2.31, 0.1) for y in np.arange(-2.3, 2.31, 0.1) if math.hypot(x, y) < 2.3])
    heights = [flight.lander.terrain.height(east + x, north + y, 0.15) for x, y in grid]
    slope = np.linalg.lstsq(np.column_stack([grid, np.ones(len(grid))]), heights, rcond=None)[0][:2]
    normal = np.array([-slope[0], -slope[1], 1.0]) / math.sqrt(1 + slope @ slope)
    axis = matrix(body["quaternion_site_from_body"])[:, 2]
    assert body["rest_tilt_rad"] == pytest.approx(math.acos(axis @ normal), abs=2e-3)
    assert body["ground_slope_rad"] == pytest.approx(math.atan(np.linalg.norm(slope)), abs=0.01)
    assert body["rest_tilt_rad"] < math.radians(5.0)


def test_the_nozzle_on_a_hump_between_the_pads_is_a_crash() -> None:
    flight = Flight()
    patch = flight.lander.ground.model.hfield_data.reshape(113, 113)
    flight.lander.place((0.0, 0.0, 2.6), (0.0, 0.0, -1.0), UPRIGHT, 100.0)
    flight.run(1)
    patch[53:60, 53:60] += 0.6 / 24.0  # 0.9 m square, 0.6 m high, where the terrain has none
    flight.run(200, 1)
    assert flight.body["outcome"] == CRASHED
    assert flight.body["touchdown_tick"] == -1


def test_a_state_that_stops_being_finite_is_lost_and_says_so() -> None:
    flight = Flight()
    flight.lander.place((0.0, 0.0, 10.0), (0.0, 0.0, -1.0), UPRIGHT, 100.0)
    flight.run(20)
    place = flight.body["position_m"].copy()
    flight.arena.view("lander.mujoco")["state"][15] = np.nan
    flight.run(1, 20)
    assert flight.body["outcome"] == LOST
    assert flight.arena.view("lander.contact")["warnings"] != 0
    assert (flight.body["position_m"] == place).all()
    assert flight.body["speed_m_s"] == 0.0


@pytest.mark.parametrize("at", [1, 40, 95, 130, 200])
def test_a_landing_goes_on_to_the_same_bytes_from_any_tick_in_another_world(at: int) -> None:
    whole, first, second = Flight(2), Flight(2), Flight(7)
    for flight in (whole, first):
        flight.lander.place((0.0, 0.0, 3.4), (0.2, 0.1, -1.5), (math.cos(0.05), math.sin(0.05), 0.0, 0.0), 100.0)
    drop(second, 0.3, (0.0, 0.5, -1.0), ticks=100)  # other ground, other memory
    whole.run(600)
    first.run(at)
    second.arena.load(np.frombuffer(first.arena.save(), np.uint8))
    first.run(600 - at, at)
    second.run(600 - at, at)
    assert whole.body["contacts"] > 3
    assert first.arena.save() == whole.arena.save()
    assert second.arena.save() == whole.arena.save()
