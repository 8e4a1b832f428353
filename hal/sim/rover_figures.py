"""The rover's masses and dimensions, as plain numbers: what physics and pictures are built from, and what the flight side copies.

Published (facts: change4, section 4): mass 135 kg (source 20); body 1.5 x 1.0 x 1.1 m folded (sources 3, 39); six driven wheels, the four
at the corners steered (sources 23, 40), 0.30 m across and 0.15 m wide, on rockers and bogies with a differential; wheelbase 1.1 to 1.2 m,
track about 1.0 m; mast cameras about 1.5 m above the ground. Everything else is a choice of ours, made so that on level ground all six
wheels bear the same load: the rocker's pivot stands over the centre of mass, and the bogie's in the middle of its two wheels.

Body frame: x forward, y left, z up, origin at the centre of mass of the whole rover standing on a level plane.
"""

from __future__ import annotations

import math
from typing import Final

Vector = tuple[float, float, float]

MASS_KG: Final = 135.0
WHEEL_RADIUS_M: Final = 0.15
WHEEL_WIDTH_M: Final = 0.15
WHEELBASE_M: Final = 1.15  # front to rear axle; the middle one halves it
TRACK_M: Final = 1.0  # between the middles of left and right wheels

AXLE_Z_M: Final = -0.40
GROUND_Z_M: Final = AXLE_Z_M - WHEEL_RADIUS_M
ROCKER_PIVOT_M: Final[Vector] = (0.0, 0.40, -0.12)  # left side; the right one is its mirror image
BOGIE_PIVOT_M: Final[Vector] = (-WHEELBASE_M / 4.0, 0.40, -0.36)  # low: a wheel that drags must not lift its neighbour
ROCKER_LIMIT_RAD: Final = 0.4  # either way
BOGIE_LIMIT_RAD: Final = 0.45

# Wheel 0 to 5 and the carrier it hangs on: rocker (front) or bogie (middle, rear), left then right.
WHEEL_POSITION_M: Final[tuple[Vector, ...]] = tuple(
    (x, side * TRACK_M / 2.0, AXLE_Z_M) for side in (1.0, -1.0) for x in (WHEELBASE_M / 2.0, 0.0, -WHEELBASE_M / 2.0)
)
STEERED_WHEEL: Final = (0, 2, 3, 5)  # of steering gear 0 to 3

WHEEL_MASS_KG: Final = 4.0  # with drive and, at the corners, steering
ROCKER_MASS_KG: Final = 3.0  # without its wheel
BOGIE_MASS_KG: Final = 2.0
MAST_MASS_KG: Final = 6.0
CHASSIS_MASS_KG: Final = MASS_KG - 6 * WHEEL_MASS_KG - 2 * (ROCKER_MASS_KG + BOGIE_MASS_KG)  # the mast with it
CHASSIS_INERTIA_KG_M2: Final[Vector] = (9.0, 16.0, 18.0)  # about its own centre of mass, mast and wings with it
WHEEL_INERTIA_KG_M2: Final = 0.05  # about the axle, without the rotor behind the gear
SUSPENSION_DAMPING_N_M_S: Final = 2.0  # in each pivot

HULL_CENTRE_M: Final[Vector] = (0.0, 0.0, 0.0)  # a box: its floor 0.32 m above the ground, above the 0.2 m of the rated obstacle
HULL_HALF_M: Final[Vector] = (0.60, 0.36, 0.23)
HULL_CLEAR_M: Final = 0.40  # upright and with the origin higher above the ground than this, the hull is clear of it
MAST_FOOT_M: Final[Vector] = (0.45, 0.0, 0.23)
MAST_TOP_M: Final[Vector] = (0.45, 0.0, 0.95)  # the cameras' height: 1.5 m above the ground

WHEEL_FRICTION: Final = 0.7  # mesh on the rails' rungs and on rock
HULL_FRICTION: Final = 0.5
TIPPED_RAD: Final = math.radians(60.0)

# Rails and deck, in the lander's body frame turned about z so that x points along the rails: diagonally between legs 1 and 2, which
# are 1.6 m from that line. The deck is the hull's top, 2.2 m above the footpad plane; rails of 5.2 m then slope by 25 degrees to level
# ground. From the deck's middle until the rear wheels are off the rails the rover rolls 6.9 m.
RAIL_AZIMUTH_RAD: Final = math.radians(45.0)  # from the lander's x towards its y
DECK_Z_M: Final = 0.75
DECK_HALF_WIDTH_M: Final = 0.75
DECK_REAR_M: Final = -1.0
HINGE_M: Final = 1.15  # front edge of the deck, where the rails hang
RAIL_LENGTH_M: Final = 5.2
RAIL_HALF_WIDTH_M: Final = 0.16
RAIL_MIDDLE_M: Final = TRACK_M / 2.0  # from the line of travel to the middle of each rail
GUIDE_HEIGHT_M: Final = 0.06  # of the rails' edges
GUIDE_PLAY_M: Final = RAIL_HALF_WIDTH_M - WHEEL_WIDTH_M / 2.0
ABOARD_POSITION_M: Final[Vector] = (0.0, 0.0, DECK_Z_M - GROUND_Z_M)  # of the rover's origin, in that turned frame

# Soil (facts: change4, section 8): moduli, exponent and shear modulus of Apollo soil; cohesion and friction as published for the
# Chang'e-4 site (source 81), drawn for each run.
KC_N_M2: Final = 1400.0
KPHI_N_M3: Final = 830_000.0
SINKAGE_EXPONENT: Final = 1.0
SHEAR_M: Final = 0.0178
COHESION_RANGE_PA: Final = (520.0, 3154.0)
FRICTION_RANGE_RAD: Final = (math.radians(21.5), math.radians(42.0))
