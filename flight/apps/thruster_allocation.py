"""Thruster allocation: which thrusters, and for how long, give an angular impulse about one body axis and nothing else.

Non-negative least squares by active sets (Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23), solved once when the
control application is built.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flight.lander_geometry import Thruster

Array = NDArray[np.float64]
SPREAD = 1e-4  # weight of keeping on-times small: makes the solution unique, and shares the work evenly
TOLERANCE = 1e-3  # greatest part of the torque that may appear about another axis, or as force at one metre


def non_negative_least_squares(a: Array, b: Array) -> Array:
    """The x >= 0 that makes |a x - b| least. `a` must have full column rank."""
    x = np.zeros(a.shape[1])
    free = np.zeros(a.shape[1], dtype=bool)
    for _ in range(10 * a.shape[1]):
        gradient = a.T @ (b - a @ x)
        gradient[free] = -np.inf
        if gradient.max(initial=-np.inf) <= 1e-12:
            return x
        free[int(gradient.argmax())] = True
        while True:
            trial = np.zeros_like(x)
            trial[free] = np.linalg.lstsq(a[:, free], b, rcond=None)[0]
            if (trial[free] > 0.0).all():
                x = trial
                break
            falling = free & (trial <= 0.0)
            step = (x[falling] / (x[falling] - trial[falling])).min()
            x = x + step * (trial - x)
            free &= x > 1e-14
    raise ArithmeticError("non-negative least squares did not end")


def allocate(thrusters: Sequence[Thruster], axis: int, sense: float) -> list[float]:
    """Seconds of each thruster for one newton-metre-second about `axis` (0, 1, 2) in `sense` (+1 or -1).

    Raises ValueError when these thrusters cannot turn the body about that axis alone without pushing it aside.
    """
    directions = np.array([t.direction for t in thrusters]).T
    forces = directions * [t.thrust_n for t in thrusters]
    torques = np.cross([t.position_m for t in thrusters], forces.T).T
    scale = float(np.abs(torques).max())
    wanted = np.zeros(6)
    wanted[axis] = sense
    wrench = np.vstack([torques, forces])
    system = np.vstack([wrench / scale, SPREAD * np.eye(len(thrusters))])
    weights = non_negative_least_squares(system, np.concatenate([wanted, np.zeros(len(thrusters))]))
    weights[weights < 1e-3 * weights.max()] = 0.0
    reached = wrench @ weights
    if sense * reached[axis] <= 0.0:
        raise ValueError(f"no torque about axis {axis} in sense {sense:+.0f}")
    weights /= sense * reached[axis]
    if np.abs(wrench @ weights - wanted).max() > TOLERANCE:
        raise ValueError(f"torque about axis {axis} in sense {sense:+.0f} cannot be had alone: {wrench @ weights}")
    return [float(w) for w in weights]
