"""Scenery: what stands on the ground in a picture, and what shadows it throws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hal.sim.picture import Painter, Pose


class Scenery:
    """The vehicles, as the camera of one of them (`own`) sees them."""

    def __init__(self, own: str) -> None:
        self.own = own

    def paint(self, painter: Painter, pose: Pose, sun: Sequence[float], tracks: int, records: Mapping[str, Any]) -> None:
        """One picture's radiances into the painter's renderer."""
        painter.paint(pose, sun, tracks)
