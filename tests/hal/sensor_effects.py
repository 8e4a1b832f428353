"""How the sensors of the descent are moved, observed and judged in the matrix of faults."""

from __future__ import annotations

from math import cos, sin
from typing import Any

import numpy as np

from hal.reading import Validity
from tests.hal.rig import Rig
from tests.hal.series import Series

SENSORS = ("star_tracker", "radar", "gamma_altimeter", "imaging_laser")
BIAS = {"star_tracker": 0.001, "radar": 5.0, "gamma_altimeter": 1.0, "imaging_laser": 2.0}
COUNT = {"star_tracker": 1e-8, "radar": 1e-3, "gamma_altimeter": 1e-3, "imaging_laser": 1e-2}  # of the protocol
LIMIT = {"star_tracker": 0.01, "radar": 60.0, "gamma_altimeter": 6.0, "imaging_laser": 50.0}
SINK_M = 0.1  # a tick
SETTLED = 60  # ticks after which every image has been begun after the injection


def excite_sensors(rig: Rig) -> None:
    """Sink from 100 m, sway and turn, slowly enough for the stars."""
    t = rig.tick
    turn = np.array([0.05 * sin(0.02 * t), 0.04 * sin(0.03 * t), 0.3])
    angle = float(np.linalg.norm(turn))
    rig.body["quaternion_site_from_body"] = [cos(angle / 2), *(sin(angle / 2) / angle * turn)]
    rig.body["position_m"], rig.body["velocity_m_s"] = [0.0, 0.0, 100.0 - SINK_M * t], [0.0, 0.0, -100.0 * SINK_M]
    rig.body["altitude_m"] = 10.0 + 5.0 * sin(0.05 * t)


def rotation(quaternion: Any) -> np.ndarray:
    """The rotation vector (rad) of a quaternion whose scalar part is not negative."""
    across = float(np.linalg.norm(quaternion[1:]))
    return np.asarray(quaternion[1:]) * (2.0 * np.arctan2(across, quaternion[0]) / across if across else 2.0)


def image_of(rig: Rig) -> np.ndarray:
    """The last whole image, in metres: rows from body -y, posts from -x."""
    return 0.01 * rig.computer.view("imaging_laser.image").reshape(128, 128)


def value_of(rig: Rig, device: str) -> float:
    """The number by which a sensor is judged."""
    reading = rig.reading(device)
    if device == "star_tracker":
        return float(rotation(reading["quaternion_inertial_from_body"])[0])
    if device == "radar":
        return float(reading["range_m"][0])
    if device == "gamma_altimeter":
        return float(reading["altitude_m"])
    return float(rig.computer.view("imaging_laser.image")[128 * 64 + 64]) * 0.01


def image_figures(rig: Rig) -> dict[str, float]:
    """How much neighbours in a row differ, and the share of posts without an echo."""
    image = image_of(rig)
    return {"roughness": float(np.mean(np.abs(np.diff(image, axis=1)))), "missing": float(np.mean(image == 0.0))}


def laser_effect(kind: str, bad: Series, good: Series) -> bool:
    """The effects that show in a whole image. False: judge its middle post like any value."""
    late = slice(SETTLED, None)
    if kind == "delay":
        lag = (bad["value"] - good["value"])[late]
        assert np.all(np.abs(lag - 20 * SINK_M) < 0.4)
    elif kind == "corrupt":
        assert bad["roughness"][-1] > 10.0 * good["roughness"][-1]
    elif kind == "drop":
        assert not good["missing"][late].any()
        assert 0.01 < np.mean(bad["missing"][late]) < 0.12
        assert (bad["validity"][late] == Validity.SUSPECT).any()
    else:
        return False
    return True
