"""The rover's geometry and drives as flight knows them, which is a document of its own: a test compares it with what the body is like.

Body frame: x forward, y left, z up. Wheels 0 to 5: left front, middle, rear, right front, middle, rear; steering 0 to 3: left front, left
rear, right front, right rear. Published: 135 kg, wheels of 0.3 m, 5.6 cm/s, 20 degrees (facts: change4, section 4); the rest is our choice.
"""

from __future__ import annotations

from typing import Final

MASS_KG: Final = 135.0
WHEEL_RADIUS_M: Final = 0.15
WHEELBASE_M: Final = 1.15
TRACK_M: Final = 1.0
WHEEL_POSITION_M: Final = tuple((x, side * TRACK_M / 2.0) for side in (1.0, -1.0) for x in (WHEELBASE_M / 2.0, 0.0, -WHEELBASE_M / 2.0))
STEERED_WHEEL: Final = (0, 2, 3, 5)
GRAVITY_M_S2: Final = 1.6354  # at the site (facts: change4, section 8)
MOON_RATE_UP_RAD_S: Final = -1.8966e-6  # the Moon's rotation about the site's vertical: 2.6617e-6 x sin(-45.4446 degrees)

# Drives, from their documents (docs/devices.md, "Rover drives").
TORQUE_CONSTANT_N_M_A: Final = 0.03
WHEEL_GEAR: Final = 1200.0
WHEEL_WINDING_OHM: Final = 1.5
WHEEL_FRICTION_N_M: Final = 1.08  # at the wheel
WHEEL_VISCOUS_N_M_S: Final = 0.864
STEERING_WINDING_OHM: Final = 4.0
ELECTRONICS_W: Final = 0.5  # of each drive; twice that while enabled
