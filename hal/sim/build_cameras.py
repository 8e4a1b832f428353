"""The cameras: the lander's descent camera, the rover's mast camera."""

from __future__ import annotations

from typing import Final

from hal.core.world import WorldPythonSlot
from hal.sim import camera_figures as figures
from hal.sim.builder import Builder
from hal.sim.camera import SimCamera
from hal.sim.camera_memory import CameraMemory, lcam_pose, mcam_pose

FAULTABLE: Final[dict[str, str]] = {
    "lander.lcam": "camera",
    "rover.mcam": "camera",
    "lander.bus.lcam": "spacewire",
    "rover.bus.mcam": "spacewire",
}

CAMERAS: Final = (("lander", "lcam", figures.LCAM, lcam_pose), ("rover", "mcam", figures.MCAM, mcam_pose))
SEEN: Final = ("lander", "rover", "rover.actuation", "ramp", "ramp.rails")  # records that a picture shows


def build(builder: Builder) -> None:
    """The far ends of the buses `lander.lcam` and `rover.mcam`; `parts` may hold `picture_px`, for smaller pictures than the cameras'."""
    for vehicle, camera, optics, mount in CAMERAS:
        name = f"{vehicle}.{camera}"
        if name not in builder.buses:
            continue
        head = SimCamera(builder.arena, builder.buses[name], name, f"{vehicle}.bus.{camera}", builder.tick_s)
        builder.sensor(head, vehicle=vehicle, name=camera)
        pixels = builder.parts.get("picture_px", figures.PICTURE_PX)
        memory = CameraMemory(builder.parts["terrain"], name, vehicle, figures.scaled(optics, pixels), mount)
        seen = (record for record in SEEN if record in builder.arena.records)
        builder.python_slots.append(
            WorldPythonSlot(
                name, memory, figures.LATENCY_S, f"{name}.exposure.number",
                (f"{name}.exposure", f"fault.{name}.value", f"{name}.memory", *seen), f"{name}.memory",
            )
        )  # fmt: skip
