"""The cameras' optics, mountings and detectors, as plain numbers.

Published (facts: change4, section 3): the descent camera's 1024 x 1024 pixels of 6.7 um, focal length 8.55 mm and principal point (source
4); the rover's navigation cameras' 1024 x 1024 pixels and 46.6 degrees. Everything else is a choice of ours: places, and detectors of
the right size: 30,000 electrons full well in eight bits.
"""

from __future__ import annotations

import math
from typing import Final

from hal.sim.picture import Optics
from hal.sim.rover_figures import MAST_TOP_M

PICTURE_PX: Final = 1024
LCAM: Final = Optics(1024, 1024, 8.55e-3 / 6.7e-6, 478.63, 513.09, cells=1.4)
MCAM: Final = Optics(1024, 1024, 512.0 / math.tan(math.radians(23.3)), 512.0, 512.0, cells=0.6)

LCAM_POSITION_M: Final = (-0.75, 0.75, -0.72)  # lander's body frame; looks along -z, the top of the picture towards -x
MCAM_POSITION_M: Final = MAST_TOP_M  # rover's body frame; at azimuth and elevation 0 it looks along +x

FULL_COUNT_ELECTRONS: Final = 117.6  # electrons a count
READ_NOISE_ELECTRONS: Final = 35.0
ELECTRONS_PER_LIGHT_US: Final = 260.0  # in a microsecond, for a radiance factor of 1
EXPOSURE_US: Final = (20, 200_000)  # shortest and longest
BRIGHT_COUNT: Final = 225.0  # automatic: where the brightest half per cent of what is lit shall come,
MEAN_COUNT: Final = 105.0  # and its mean at most

LATENCY_S: Final = 0.2  # from exposure to the compressed picture


def scaled(optics: Optics, pixels: int) -> Optics:
    """The same field of view with fewer pixels."""
    k = pixels / optics.width_px
    return Optics(pixels, pixels, optics.focal_px * k, optics.centre_x_px * k, optics.centre_y_px * k, optics.cells)
