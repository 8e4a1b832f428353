"""The slow half of a camera: from a latched exposure to the compressed picture in its memory; runs as a Python slot of the world."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from hal.core.random import philox_block
from hal.sim import camera_figures as figures
from hal.sim.compression import compress
from hal.sim.faults import KINDS
from hal.sim.picture import Array, Optics, Painter, Pose, matrix_of, quaternion_of
from hal.sim.scenery import Scenery
from hal.sim.terrain import Terrain

MEMORY_OCTETS: Final = 131072
STATE: Final = struct.Struct("=2I")  # the last qualities, for 8:1 and 64:1
HEAD: Final = struct.Struct("=3I2H")
MORNING: Final = (0.66, 0.54, 0.5225)  # towards the Sun, where no sky says: that of the landing, facts: change4, section 8
DARK: Final = 1e-3  # radiances below are taken for shadow or sky


class Mount(Protocol):
    """Where a camera stands, from the records of the vehicles and the angles of its request."""

    def __call__(self, records: Mapping[str, Any], azimuth_rad: float, elevation_rad: float) -> Pose: ...


def lcam_pose(records: Mapping[str, Any], azimuth_rad: float, elevation_rad: float) -> Pose:
    """The descent camera looks along the lander's -z, the top of its picture towards -x (up, while it brakes)."""
    body = records["lander"]
    turn = matrix_of(body["quaternion_site_from_body"])
    axes = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    return _pose(body["position_m"] + turn @ figures.LCAM_POSITION_M, turn @ axes)


def mcam_pose(records: Mapping[str, Any], azimuth_rad: float, elevation_rad: float) -> Pose:
    """The mast camera looks along the rover's x, turned by azimuth (towards y) and elevation."""
    body = records["rover"]
    turn = matrix_of(body["quaternion_site_from_body"])
    sa, ca, se, ce = np.sin(azimuth_rad), np.cos(azimuth_rad), np.sin(elevation_rad), np.cos(elevation_rad)
    axes = np.array([[sa, ca * se, ca * ce], [-ca, sa * se, sa * ce], [0.0, -ce, se]])
    return _pose(body["position_m"] + turn @ figures.MCAM_POSITION_M, turn @ axes)


def _pose(position: Array, axes: Array) -> Pose:
    return Pose((float(position[0]), float(position[1]), float(position[2])), quaternion_of(axes))


class CameraMemory:
    """One camera's memory, whose record is `NAME.memory` (`hal/sim/camera.pxd`). `own` is the vehicle that carries it."""

    def __init__(self, terrain: Terrain, name: str, own: str, optics: Optics, mount: Mount) -> None:
        self._terrain, self._name, self._optics, self._mount = terrain, name, optics, mount
        self._scenery = Scenery(own)
        self._painter: Painter | None = None
        self._quality = {8: 75, 64: 10}

    def freeze(self) -> bytes:
        """The qualities from which the next search starts; all else follows from the inputs."""
        return STATE.pack(self._quality[8], self._quality[64])

    def thaw(self, octets: bytes) -> None:
        self._quality[8], self._quality[64] = STATE.unpack(octets)

    def step(self, tick: int, inputs: dict[str, Any]) -> bytes:
        """Answer the latched exposure."""
        exposure, fault, memory = (inputs[key] for key in (f"{self._name}.exposure", f"fault.{self._name}.value", f"{self._name}.memory"))
        number = int(exposure["number"])
        if _on(fault, "frozen") and memory["octets"]:
            return HEAD.pack(number, *(int(memory[k]) for k in ("octets", "exposure_us", "width_px", "height_px"))) + bytes(memory["data"])
        counts, exposure_us = self.picture(inputs, exposure, fault)
        ratio = int(exposure["ratio"])
        kept = 8 if ratio <= 16 else 64
        octets, self._quality[kept] = compress(counts, max(ratio, 8), self._quality[kept])
        height, width = counts.shape
        return HEAD.pack(number, len(octets), exposure_us, width, height) + octets.ljust(MEMORY_OCTETS, b"\0")

    def picture(self, inputs: Mapping[str, Any], exposure: Any, fault: Any = None) -> tuple[npt.NDArray[np.uint8], int]:
        """The counts of one exposure, and its length in microseconds."""
        if self._painter is None:
            self._painter = Painter(self._terrain, self._optics)
        painter = self._painter
        pose = self._mount(inputs, float(exposure["azimuth_rad"]), float(exposure["elevation_rad"]))
        sun = exposure["sun_direction"] if np.any(exposure["sun_direction"]) else MORNING
        self._scenery.paint(painter, pose, sun, int(exposure["tracks"]), inputs)
        exposure_us = int(exposure["exposure_us"]) or automatic_us(painter.renderer.radiance)
        light = exposure_us * figures.ELECTRONS_PER_LIGHT_US
        if fault is not None and _on(fault, "saturate"):
            light *= _parameter(fault, "saturate")
        counts = np.empty(painter.renderer.radiance.shape, np.uint8)
        painter.run(
            painter.renderer.expose, counts, light, figures.FULL_COUNT_ELECTRONS, figures.READ_NOISE_ELECTRONS, int(exposure["noise"])
        )
        return (counts if fault is None or not fault["active"] else spoil(counts, fault, int(exposure["noise"]))), exposure_us


def automatic_us(radiance: npt.NDArray[np.float32]) -> int:
    """The exposure for a scene: its brightest lit parts just short of full counts, its lit mean not above the middle."""
    some = radiance[::4, ::4]
    lit = some[some > DARK]
    if lit.size < 16:
        return figures.EXPOSURE_US[1]
    place = lit.size - 1 - lit.size // 100
    bright, mean = float(np.partition(lit, place)[place]), float(np.mean(lit, dtype=np.float64))
    per_us = figures.ELECTRONS_PER_LIGHT_US / figures.FULL_COUNT_ELECTRONS
    wanted = min(figures.BRIGHT_COUNT / bright, figures.MEAN_COUNT / mean) / per_us
    return round(min(max(wanted, figures.EXPOSURE_US[0]), figures.EXPOSURE_US[1]))


def _on(fault: Any, kind: str) -> bool:
    return bool(int(fault["active"]) >> KINDS.index(kind) & 1)


def _parameter(fault: Any, kind: str, place: int = 0) -> float:
    return float(fault["parameter"][4 * KINDS.index(kind) + place])


def spoil(counts: npt.NDArray[np.uint8], fault: Any, key: int) -> npt.NDArray[np.uint8]:
    """What the faults of the detector make of a picture. Draws follow from the exposure's key."""
    words = (key & 0xFFFFFFFF, key >> 32)
    values = counts.astype(np.float32)
    if _on(fault, "scale"):
        values *= _parameter(fault, "scale")
    if _on(fault, "bias"):
        values += _parameter(fault, "bias")
    if _on(fault, "noise"):
        random = np.random.Generator(np.random.Philox(key=key))
        values += np.float32(_parameter(fault, "noise")) * random.standard_normal(values.shape, np.float32)
    if _on(fault, "corrupt") and philox_block(0, 1, words)[0] < _parameter(fault, "corrupt") * 2.0**32:
        for n in range(round(_parameter(fault, "corrupt", 1))):
            block = philox_block(n + 1, 1, words)
            values[block[0] % len(values)] = block[1] % 256
    if _on(fault, "stuck"):
        values[:] = _parameter(fault, "stuck")
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
