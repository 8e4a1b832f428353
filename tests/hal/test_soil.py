"""Soil under one wheel, against the closed forms of Bekker and of Janosi and Hanamoto."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hal.sim.soil import wheel_force

Soil = tuple[float, float, float, float, float, float]

RADIUS_M = WIDTH_M = 0.15
WEAK = (1400.0, 830_000.0, 1.0, 520.0, math.radians(21.5), 0.0178)
APOLLO = (1400.0, 830_000.0, 1.0, 170.0, math.radians(35.0), 0.0178)
SINKAGE_M = 0.0086


def length_m(sinkage_m: float) -> float:
    return RADIUS_M * math.acos(1.0 - sinkage_m / RADIUS_M)


def resistance_n(sinkage_m: float) -> float:
    """Bekker: the work of pressing a rut of that depth, for each metre."""
    return (WEAK[0] + WIDTH_M * WEAK[1]) * sinkage_m**2 / 2.0


def wong_and_reece(soil: Soil, sinkage_m: float, speed_m_s: float, rim_m_s: float) -> tuple[float, float, float]:
    """Normal, forward and moment by plain quadrature of the stresses along the rim; the shear has grown evenly since the entry."""
    entry = math.acos(1.0 - sinkage_m / RADIUS_M)
    reach_m = RADIUS_M * entry * (rim_m_s - speed_m_s * math.sin(entry) / entry) / speed_m_s

    def stresses(angle: float) -> tuple[float, float]:
        pressure = (soil[0] / WIDTH_M + soil[1]) * (RADIUS_M * (math.cos(angle) - math.cos(entry))) ** soil[2]
        share = 1.0 - math.exp(-reach_m * (entry - angle) / entry / soil[5])
        return pressure, (soil[3] + pressure * math.tan(soil[4])) * share

    def total(of: Callable[[float, float, float], float]) -> float:
        nodes, weights = np.polynomial.legendre.leggauss(60)
        angles = 0.5 * entry * (nodes + 1.0)
        return RADIUS_M * WIDTH_M * 0.5 * entry * float(sum(w * of(*stresses(a), a) for w, a in zip(weights, angles, strict=True)))

    normal = total(lambda p, shear, angle: p * math.cos(angle) + shear * math.sin(angle))
    forward = total(lambda p, shear, angle: shear * math.cos(angle) - p * math.sin(angle))
    return normal, forward, RADIUS_M * total(lambda p, shear, angle: shear)


def test_a_sixth_of_the_rover_sinks_in_as_the_facts_compute() -> None:
    normal, forward, left, moment = wheel_force(WEAK, SINKAGE_M, 0.0, 0.0)
    assert normal == pytest.approx(36.8, rel=0.03)  # facts, change4, section 8: 8.6 mm under 36.8 N
    assert (forward, left, moment) == (0.0, 0.0, 0.0)


def test_sinkage_follows_the_power_law_of_a_wheel() -> None:
    """Bekker's wheel for n = 1: W = (2/3) (kc + b kphi) sqrt(D) z^1.5, good while the sinkage is small against the wheel."""
    for sinkage in (0.002, 0.004, 0.008):
        expected = 2.0 / 3.0 * (WEAK[0] + WIDTH_M * WEAK[1]) * math.sqrt(2.0 * RADIUS_M) * sinkage**1.5
        assert wheel_force(WEAK, sinkage, 0.0, 0.0)[0] == pytest.approx(expected, rel=0.03)


def test_a_towed_wheel_costs_the_work_of_its_rut() -> None:
    entry = math.acos(1.0 - SINKAGE_M / RADIUS_M)
    rolling = 0.05 * math.sin(entry) / entry  # the rim then does not slide, averaged over the contact
    assert wheel_force(WEAK, SINKAGE_M, 0.05, rolling)[1] == pytest.approx(-resistance_n(SINKAGE_M), rel=0.02)
    assert wheel_force(WEAK, SINKAGE_M, -0.05, -rolling)[1] == pytest.approx(resistance_n(SINKAGE_M), rel=0.02)


@pytest.mark.parametrize("soil", [WEAK, APOLLO])
@pytest.mark.parametrize("slip", [0.05, 0.2, 0.4, 0.6, 0.8, 0.95])
def test_a_driven_wheel_feels_the_integrals_of_wong_and_reece(soil: Soil, slip: float) -> None:
    speed, rim = 0.045 * (1.0 - slip), 0.045
    normal, forward, left, moment = wheel_force(soil, SINKAGE_M, speed, rim, steps=20_000)
    expected = wong_and_reece(soil, SINKAGE_M, speed, rim)
    assert (normal, forward, moment) == pytest.approx(expected, rel=0.01, abs=0.02)
    assert left == 0.0


def test_another_exponent_of_sinkage_is_integrated_too() -> None:
    soil = (1000.0, 500_000.0, 1.1, 762.0, math.radians(22.3), 0.0178)  # a simulant: facts, change4, section 8, source 82
    normal, forward, _, moment = wheel_force(soil, SINKAGE_M, 0.03, 0.045)
    assert (normal, forward, moment) == pytest.approx(wong_and_reece(soil, SINKAGE_M, 0.03, 0.045), rel=0.01)


def test_a_wheel_that_spins_on_the_spot_has_all_of_the_strength() -> None:
    normal, forward, _, _ = wheel_force(WEAK, SINKAGE_M, 0.0, 0.05)
    assert forward == pytest.approx(WEAK[3] * WIDTH_M * length_m(SINKAGE_M) + normal * math.tan(WEAK[4]), rel=0.03)


def test_shear_is_the_law_of_janosi_while_a_locked_wheel_begins_to_slide() -> None:
    for sideways in (0.005, 0.01, 0.03, 0.1):
        normal, _, left, _ = wheel_force(WEAK, SINKAGE_M, 0.0, 0.0, left_m_s=-0.01, steps=round(sideways / 0.01 / 0.002))
        strength = WEAK[3] * WIDTH_M * length_m(SINKAGE_M) + normal * math.tan(WEAK[4])
        # Up to a quarter more: the shear is spread along the contact as under a wheel that rolls, most where the pressure is highest.
        assert left == pytest.approx(1.15 * strength * (1.0 - math.exp(-sideways / WEAK[5])), rel=0.2)


def test_forward_and_sideways_share_one_strength() -> None:
    _, forward, left, _ = wheel_force(WEAK, SINKAGE_M, 0.0, 0.05, left_m_s=-0.05)
    _, alone, _, _ = wheel_force(WEAK, SINKAGE_M, 0.0, 0.05)
    assert math.hypot(forward, left) == pytest.approx(alone, rel=0.03)
    assert forward == pytest.approx(left, rel=0.03)


def test_a_wheel_off_the_ground_feels_nothing() -> None:
    assert wheel_force(WEAK, 0.0, 0.05, 0.05) == (0.0, 0.0, 0.0, 0.0)
    assert wheel_force(WEAK, -0.1, 0.05, 0.05) == (0.0, 0.0, 0.0, 0.0)
