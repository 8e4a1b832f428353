"""What the simulated sensors of the descent measure: geometry, errors by their class, and where they stop."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from hal.reading import DeviceError, Validity
from hal.sim.pose import multiply, small_turn
from hal.sim.site import MOON_RATE_RAD_S
from tests.hal.rig import Rig
from tests.hal.sensor_effects import image_of, rotation

ARCSECOND = math.radians(1.0 / 3600.0)
BEAMS = np.array([(x * math.sin(math.radians(20)) / 2**0.5, y * math.sin(math.radians(20)) / 2**0.5, -math.cos(math.radians(20)))
                  for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1))])  # fmt: skip


def matrix_of(q) -> np.ndarray:
    """Site from body."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def readings(rig: Rig, device: str, count: int) -> Iterator[np.void]:
    """So many new readings of a device, one after the other."""
    for _ in range(count):
        before = rig.reading(device)["sequence"]
        while rig.reading(device)["sequence"] == before:
            rig.step()
        yield rig.reading(device).copy()


def attitude_errors(seed: int, count: int, quaternion=(1.0, 0.0, 0.0, 0.0), start: int = 0) -> np.ndarray:
    """Errors of the star tracker about the body's axes, against the site frame of tick 0 held still."""
    rig = Rig("lander.star_tracker", seed=seed)
    rig.body["quaternion_site_from_body"] = quaternion
    rig.tick = start
    found = []
    for reading in readings(rig, "star_tracker", count):
        turned = small_turn([rate * 0.01 * float(reading["tick"]) for rate in MOON_RATE_RAD_S])
        w, x, y, z = multiply(turned, quaternion)
        error = multiply((w, -x, -y, -z), tuple(reading["quaternion_inertial_from_body"]))
        found.append(rotation([-e for e in error] if error[0] < 0 else error))
    return np.array(found)


def test_the_star_tracker_errs_by_15_arcseconds_across_its_boresight_and_45_about_it() -> None:
    errors = attitude_errors(3, 400)
    noise = errors - errors.mean(axis=0)
    across, about = noise @ [0.0, 1.0, 0.0], noise @ [-math.sqrt(0.5), 0.0, math.sqrt(0.5)]
    assert np.std(across) == pytest.approx(15 * ARCSECOND, rel=0.12)
    assert np.std(noise @ [math.sqrt(0.5), 0.0, math.sqrt(0.5)]) == pytest.approx(15 * ARCSECOND, rel=0.12)
    assert np.std(about) == pytest.approx(45 * ARCSECOND, rel=0.12)


def test_the_star_tracker_is_mounted_a_little_wrong_and_otherwise_in_every_run() -> None:
    mounting = np.array([attitude_errors(seed, 25).mean(axis=0) for seed in range(25)])
    assert np.std(mounting[:, 1]) == pytest.approx(10 * ARCSECOND, rel=0.4)
    assert np.abs(mounting).max() < 45 * ARCSECOND


def test_the_star_tracker_s_frame_stays_while_the_moon_turns() -> None:
    hour = attitude_errors(3, 30, small_turn((0.7, -2.0, 0.4)), start=360_003)  # an hour later the site frame has turned by 0.55 degrees
    assert np.abs(hour).max() < 4 * 45 * ARCSECOND


def test_the_star_tracker_loses_its_stars_above_two_degrees_a_second() -> None:
    rig = Rig("lander.star_tracker")
    rig.step(30)
    rest = rig.reading("star_tracker").copy()
    for rate, error, validity in ((1.9, DeviceError.OK, Validity.VALID), (2.1, DeviceError.RANGE, Validity.SUSPECT)):
        rig.body["rate_rad_s"] = [0.0, math.radians(rate), 0.0]
        rig.step(40)
        reading = rig.reading("star_tracker")
        assert (reading["error"], reading["validity"]) == (error, validity)
        assert reading["stars"] < rest["stars"]
        assert reading["sigma_rad"] > rest["sigma_rad"]
    rig.body["rate_rad_s"] = 0.0
    rig.step(40)
    assert rig.reading("star_tracker")["stars"] == rest["stars"] == 16


def radar_rig(position, velocity=(0.0, 0.0, 0.0), quaternion=(1.0, 0.0, 0.0, 0.0), seed: int = 7) -> Rig:
    rig = Rig("lander.radar", seed=seed)
    rig.body["position_m"], rig.body["velocity_m_s"], rig.body["quaternion_site_from_body"] = position, velocity, quaternion
    return rig


def test_the_radar_measures_along_its_beams_with_errors_of_its_class() -> None:
    quaternion = small_turn((0.1, -0.15, 0.5))
    rate = np.array([0.02, -0.03, 0.05])
    rig = radar_rig((40.0, -30.0, 900.0), (12.0, -7.0, -31.0), quaternion)
    rig.body["rate_rad_s"] = rate
    turn = matrix_of(quaternion)
    antenna = np.array([-0.9, 0.0, -0.7])
    place = rig.body["position_m"] + turn @ antenna
    ranges = [rig.terrain.range(tuple(place), tuple(turn @ beam), beam_rad=0.05) for beam in BEAMS]
    speeds = -BEAMS @ (turn.T @ rig.body["velocity_m_s"] + np.cross(rate, antenna))
    taken = list(readings(rig, "radar", 300))
    assert all(reading["range_locked"] == reading["speed_locked"] == 15 for reading in taken)
    measured, moved = np.array([r["range_m"] for r in taken]), np.array([r["speed_m_s"] for r in taken])
    assert measured.mean(axis=0) == pytest.approx(ranges, abs=1.0)
    assert moved.mean(axis=0) == pytest.approx(speeds, abs=0.15)
    assert measured.std(axis=0) == pytest.approx([0.003 * r for r in ranges], rel=0.2)
    assert moved.std(axis=0) == pytest.approx([max(0.1, 0.01 * abs(s)) for s in speeds], rel=0.2)
    assert (speeds < -20.0).all()  # falling: towards the ground


def test_close_to_the_ground_the_radar_is_good_to_a_third_of_a_metre() -> None:
    taken = np.array([r["range_m"] for r in readings(radar_rig((0.0, 0.0, 12.0)), "radar", 200)])
    assert taken.std(axis=0) == pytest.approx([0.3] * 4, rel=0.2)


def test_the_radar_s_errors_of_the_run_differ_from_seed_to_seed() -> None:
    biases = []
    for seed in range(30):
        taken = [r["speed_m_s"] for r in readings(radar_rig((0.0, 0.0, 60.0), seed=seed), "radar", 60)]
        biases += list(np.mean(taken, axis=0))
    assert np.std(biases) == pytest.approx(math.hypot(0.02, 0.1 / math.sqrt(60)), rel=0.25)


@pytest.mark.parametrize(("height_m", "ranges", "speeds"), [(15000.0, 0, 0), (9000.0, 15, 0), (3000.0, 15, 15), (0.9, 15, 15)])
def test_the_radar_has_ranges_below_12_km_and_speeds_below_4(height_m: float, ranges: int, speeds: int) -> None:
    rig = radar_rig((0.0, 0.0, height_m + 1.45))
    reading = list(readings(rig, "radar", 2))[-1]
    assert (reading["range_locked"], reading["speed_locked"]) == (ranges, speeds)
    assert (reading["validity"], reading["error"]) == (
        (Validity.VALID, DeviceError.OK) if ranges else (Validity.SUSPECT, DeviceError.RANGE)
    )


def test_the_radar_has_no_echo_where_a_beam_grazes_the_ground_or_looks_into_the_sky() -> None:
    lying = radar_rig((0.0, 0.0, 1000.0), quaternion=small_turn((math.radians(80.0), 0.0, 0.0)))  # -z towards +y, ten degrees down
    reading = list(readings(lying, "radar", 2))[-1]
    assert reading["range_locked"] in (0, 0b1100)  # +y beams look up; the others fall at 24 degrees: 66 from the vertical
    assert not reading["range_locked"] & 0b0011


def test_the_gamma_altimeter_grows_better_towards_the_ground() -> None:
    spread = {}
    for height in (0.0, 3.0, 10.0, 20.0):
        errors = []
        for seed in range(4):
            rig = Rig("lander.gamma_altimeter", seed=seed)
            rig.body["altitude_m"] = height
            taken = [r["altitude_m"] for r in readings(rig, "gamma_altimeter", 100)]
            errors.append(np.array(taken) - np.mean(taken))
            assert np.mean(taken) == pytest.approx(height, abs=0.05 + 0.002 * (height + 2.0) ** 2)
        spread[height] = np.std(errors)
    assert spread[3.0] == pytest.approx(0.1, rel=0.15)
    for height, sigma in spread.items():
        assert sigma == pytest.approx((height + 2.0) ** 2 / 250.0, rel=0.15 if height < 15.0 else 0.35)  # few counts scatter lopsidedly


def test_the_gamma_altimeter_speaks_below_25_m_and_does_not_flicker() -> None:
    rig = Rig("lander.gamma_altimeter")
    heard = []
    for n in range(800):
        rig.body["altitude_m"] = 33.0 - 0.015 * n
        rig.step()
        heard.append(rig.reading("gamma_altimeter")["validity"] == Validity.VALID)
    first = heard.index(True)
    assert 22.0 < 33.0 - 0.015 * first < 26.0
    assert all(heard[first:])
    rig.body["altitude_m"] = 40.0
    rig.step(150)
    assert rig.reading("gamma_altimeter")["error"] == DeviceError.RANGE


def laser_rig(**settings) -> Rig:
    rig = Rig("lander.imaging_laser", seed=settings.pop("seed", 7))
    for name, value in settings.items():
        rig.body[name] = value
    return rig


def test_every_post_of_an_image_is_the_range_of_its_own_beam() -> None:
    quaternion = small_turn((0.1, -0.05, 0.8))
    rig = laser_rig(position_m=[5.0, 20.0, 95.0], quaternion_site_from_body=quaternion)
    list(readings(rig, "imaging_laser", 1))
    image, turn = image_of(rig), matrix_of(quaternion)
    place = rig.body["position_m"] + turn @ [0.0, -0.9, -0.7]
    errors = []
    for row in range(0, 128, 5):
        for post in range(0, 128, 5):
            x, y = (math.tan(math.radians(15.0 * ((2 * n + 1) / 128 - 1))) for n in (post, row))
            beam = turn @ np.array([x, y, -1.0]) / math.sqrt(1 + x * x + y * y)
            errors.append(image[row, post] - rig.terrain.range(tuple(place), tuple(beam)))
    assert np.std(errors) == pytest.approx(0.05, rel=0.15)  # 0.15 m at three sigma
    assert abs(np.mean(errors)) < 0.12
    assert np.percentile(np.abs(errors), 99) < 0.3


def test_an_image_takes_a_quarter_of_a_second_and_each_row_its_own_pose() -> None:
    rig = laser_rig()
    rig.step(30)
    level = image_of(rig)[:, 64].copy()
    assert rig.reading("imaging_laser")["sequence"] == 1
    begun = int(rig.reading("imaging_laser")["tick"])
    rig.between = lambda rig: rig.body["position_m"].__setitem__(2, 100.0 + (1.0 if rig.tick >= begun + 25 + 12 else 0.0))
    rig.step(26)
    step = image_of(rig)[:, 64] - level
    assert rig.reading("imaging_laser")["sequence"] == 2
    assert int(rig.reading("imaging_laser")["tick"]) - begun == 25
    jump = int(np.argmax(step > 0.5))
    assert 55 < jump < 75
    assert np.median(step[:jump]) == pytest.approx(0.0, abs=0.05)
    assert np.median(step[jump:]) == pytest.approx(1.0, abs=0.05)


def test_a_request_is_answered_once_and_one_image_at_a_time() -> None:
    rig = laser_rig()
    rig.ask_for_images = lambda: None  # type: ignore[method-assign]
    rig.step(50)
    assert rig.reading("imaging_laser")["validity"] == Validity.VALID
    assert rig.reading("imaging_laser")["sequence"] == 0
    rig.command("imaging_laser")["request"] = 9
    rig.step(250)  # repeated twice meanwhile
    assert (rig.reading("imaging_laser")["sequence"], rig.reading("imaging_laser")["request"]) == (1, 9)
    for request in (10, 11):
        rig.command("imaging_laser")["request"] = request
        rig.step(10)
    rig.step(80)
    assert (rig.reading("imaging_laser")["sequence"], rig.reading("imaging_laser")["request"]) == (3, 11)


def test_a_laser_that_restarts_in_a_scan_takes_the_image_again() -> None:
    rig = laser_rig()
    rig.ask_for_images = lambda: None  # type: ignore[method-assign]
    rig.command("imaging_laser")["request"] = 1
    rig.step(10)
    rig.faults.inject("lander.imaging_laser", "reset", {"silent_s": 0.2}, rig.tick)
    rig.step(40)
    rig.faults.clear("lander.imaging_laser", "reset", rig.tick)
    assert rig.reading("imaging_laser")["sequence"] == 0
    rig.step(100)
    assert (rig.reading("imaging_laser")["sequence"], rig.reading("imaging_laser")["request"]) == (1, 1)


def test_the_laser_sees_nothing_from_too_high_and_says_so() -> None:
    rig = laser_rig(position_m=[0.0, 0.0, 400.0])
    rig.step(60)
    reading = rig.reading("imaging_laser")
    assert (reading["validity"], reading["error"]) == (Validity.SUSPECT, DeviceError.RANGE)
    assert not image_of(rig).any()


def test_a_lost_row_costs_one_image() -> None:
    rig = laser_rig()
    rig.step(40)

    def lose_one(rig: Rig) -> None:
        rig.buses["lander.imaging_laser"].pop()
        rig.between = lambda rig: None

    before = image_of(rig).copy()
    rig.between = lose_one
    rig.step(16)
    assert (image_of(rig) == before).all()
    assert rig.reading("imaging_laser")["sequence"] == 1
