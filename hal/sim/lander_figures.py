"""The lander's masses and dimensions, as plain numbers: what physics is built from, and what whoever writes the flight side copies.

Published (facts: change4, section 1): the dry mass of about 1200 kg with the rover (sources 3, 9). Everything else here is a choice of
ours, made to be of the right size for a body of about two metres on four legs: no drawing with dimensions has been found.
Body frame: origin at the centre of mass, z along the main engine's thrust, legs at +x, +y, -x, -y. The centre of mass does not move
as propellant is used, and the axes of the body are its principal axes.
"""

from __future__ import annotations

Vector = tuple[float, float, float]

DRY_MASS_KG = 1200.0  # the rover aboard
DRY_INERTIA_KG_M2: Vector = (1000.0, 1000.0, 1250.0)  # about x, y, z
INERTIA_PER_PROPELLANT_M2: Vector = (0.45, 0.45, 0.50)  # added for each kilogram left: tanks 0.7 m from the axis

PAD_RADIUS_M = 2.3  # from the z axis to the middle of each footpad
PAD_HEIGHT_M = -1.45  # z of the footpads' soles: the footpad plane, to which altitude refers
PAD_POSITION_M: tuple[Vector, ...] = (
    (2.3, 0.0, -1.45),
    (0.0, 2.3, -1.45),
    (-2.3, 0.0, -1.45),
    (0.0, -2.3, -1.45),
)

HULL_HALF_SIZE_M: Vector = (1.05, 1.05, 0.75)  # the box of the body, about the origin
NOZZLE_RADIUS_M = 0.35  # of the bell's rim, which is what stands nearest to the ground
NOZZLE_RIM_M = -1.05  # its z

STRUT_TILT_RAD = 0.15  # of each strut's stroke from the body's z axis: compressed, a pad moves up and outwards
STRUT_STIFFNESS_N_M = 2.0e5  # with the damping: the lander on its legs swings at 4 Hz, damped to 0.3 of critical
STRUT_DAMPING_N_S_M = 4.8e3
STRUT_CRUSH_N = 7.5e3  # what the honeycomb bears: stops 1300 kg from the published 4 m/s before the nozzle is on the ground
LEG_MASS_KG = 10.0  # of a leg's part that slides with the pad
LEG_INERTIA_KG_M2: Vector = (0.4, 0.4, 0.2)
LEG_CENTRE_M = 0.3  # its centre of mass: so far from the pad's sole along the stroke
FOOTPAD_RADIUS_M = 0.2  # a dish: the ball of this radius above the sole
FRICTION = 0.6  # between the soil's two published friction angles (facts: change4, section 8)

ALTIMETER_POSITION_M: Vector = (0.9, 0.0, -0.7)  # its beam leaves along -z: 0.75 m of range when the pads stand on a plane
RADAR_POSITION_M: Vector = (-0.9, 0.0, -0.7)
IMAGING_LASER_POSITION_M: Vector = (0.0, -0.9, -0.7)

TOUCHDOWN_VERTICAL_LIMIT_M_S = 4.0  # published for the twin, Chang'e-3 (facts: change4, section 1, source 9)
TOUCHDOWN_HORIZONTAL_LIMIT_M_S = 2.0  # our choice: the legs' track is stable against it on slopes up to 15 degrees
