"""The simulated world: terrain, the bodies of lander and rover, the devices at the far ends of the buses, behind the abstract World.

Each module says what it does not simulate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.random import RandomSource
from hal.core.supply import Supply
from hal.core.world import World, WorldPythonSlot, WorldSlot
from hal.sim.descent_start import Dispersions, along_track, height_above_site, start_in_orbit
from hal.sim.devices import Devices, build_devices
from hal.sim.lander import Lander
from hal.sim.lander_figures import DRY_MASS_KG, PAD_HEIGHT_M, PAD_POSITION_M
from hal.sim.pose import body_axis, multiply, place_above, small_turn, upright
from hal.sim.power_figures import PLANTS
from hal.sim.power_plant import PowerPlant
from hal.sim.rover import Rover
from hal.sim.rover_start import ROVER_MOTIONS, ROVER_OUTCOMES, start_rover
from hal.sim.scenarios import START_FLYING, START_LANDED, START_ORBIT, START_ROLLED_OFF, Scenario, scenario_row
from hal.sim.sky import SkyModel
from hal.sim.terrain import Terrain

CAPACITY_OCTETS = 768 * 1024  # of which the memories of two cameras are a third
OUTCOMES = ("flying", "landed", "crashed", "tipped over", "lost")
SETTLE_S = 20.0

UPLOADED = (
    *(f"position_m[{i}]" for i in range(3)),
    *(f"velocity_m_s[{i}]" for i in range(3)),
    *(f"quaternion_site_from_body[{i}]" for i in range(4)),
    "altitude_m",
    "sigma_position_m",
    "sigma_altitude_m",
    "sigma_velocity_m_s",
    "sigma_attitude_rad",
    "sigma_accelerometer_bias_m_s2",
    "mass_kg",
)


class SimulatedWorld(World):
    """Everything that surrounds the computers, in one arena `world`.

    `tick_s` is the length of a tick; `outside` has buses that real devices share with simulated ones (see `build_devices`).
    """

    def __init__(self, tick_s: float = 0.01, outside: Mapping[str, Bus] | None = None, replaced: Sequence[str] = ()) -> None:
        self.arena = Arena("world", CAPACITY_OCTETS)
        self.tick_s = tick_s
        self.sky = SkyModel(self.arena, tick_s)
        self.ranges = self.sky.ranges
        self.terrain = Terrain(self.arena)
        self.lander = Lander(self.arena, self.terrain, tick_s)
        self.rover = Rover(self.arena, self.terrain, tick_s)
        self.plants = [PowerPlant(self.arena, plant) for plant in PLANTS]
        self._body = self.arena.view("lander")
        self._start = RandomSource(self.arena, "random.start")
        self._upload = RandomSource(self.arena, "random.upload")
        self.dispersions = Dispersions(self.arena)
        self._uploaded = self.arena.octets("uploaded", 8 * len(UPLOADED)).view(np.float64)
        self._outside, self._replaced = outside, tuple(replaced)
        self._devices: Devices | None = None

    def connect(self, buses: Mapping[str, Bus]) -> None:
        """Put a simulated device behind every bus that has one. Raises ValueError when called twice."""
        if self._devices is not None:
            raise ValueError("the world is connected already")
        self._devices = build_devices(self.arena, buses, self.tick_s, self._outside, {"terrain": self.terrain})

    @property
    def devices(self) -> Devices:
        """What hangs on the buses. Raises ValueError before `connect`."""
        if self._devices is None:
            raise ValueError("the world is not connected to any bus yet")
        return self._devices

    def feed(self, supplies: Mapping[str, Supply]) -> None:
        for plant in self.plants:
            if plant.name in supplies:
                plant.feed(supplies[plant.name])

    def slots(self) -> Sequence[WorldSlot]:
        """The sky, power and heat, actuators, the bodies, sensors."""
        slow = [WorldSlot(slot, divisor=round(1.0 / self.tick_s)) for slot in (self.sky.slot, *(plant.slot for plant in self.plants))]
        return (*slow, *self.devices.actuator_slots, WorldSlot(self.lander.slot), WorldSlot(self.rover.slot), *self.devices.sensor_slots)

    def python_slots(self) -> Sequence[WorldPythonSlot]:
        """The cameras' slow halves."""
        return self.devices.python_slots

    def initialise(self, scenario: str, seed: int, options: Mapping[str, float]) -> None:
        """Raises ValueError for a scenario, an option or a value that does not exist; nothing has changed then."""
        row = scenario_row(scenario, options)
        self.sky.start(row.epoch_tai_s, row.relay_phase)
        self.terrain.seed(seed)
        self._start.seed(seed)
        self._upload.seed(seed)
        self.dispersions.draw(seed, row)
        self.rover.seed(seed)
        self.devices.seed(seed)
        self.dispersions.give(self.arena)
        for device in self._replaced:
            self.devices.faultables.inject(device, "bytes.off", {}, 0)
        if row.start == START_FLYING:
            self._start_flying(row)
        elif row.start == START_ORBIT:
            start_in_orbit(self.lander, row, self.dispersions, self._start)
        elif row.start in (START_LANDED, START_ROLLED_OFF):
            self._start_landed(row)
        else:
            self.lander.place((0.0, 0.0, -PAD_HEIGHT_M), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), row.propellant_kg, moving=False)
        start_rover(self.rover, self.arena, row, self.tick_s)
        for plant in self.plants:
            spread = plant.name == "relay" or row.start == START_ROLLED_OFF or (row.start == START_LANDED and plant.name == "lander")
            plant.start(row.battery_charge, spread)
        self._draw_upload(row)

    def _start_flying(self, row: Scenario) -> None:
        east, north = ((2.0 * self._start.uniform() - 1.0) * row.position_spread_m for _ in range(2))
        ground = self.terrain.height(east, north, max(1.0, 0.005 * row.altitude_m))
        feet, up = place_above(east, north, ground + row.altitude_m)
        velocity = [self._start.gaussian() * row.velocity_sigma_m_s for _ in range(3)]
        turn = [self._start.gaussian() * row.attitude_sigma_rad for _ in range(3)]
        attitude = multiply(upright(up), small_turn(turn))
        position = [foot - PAD_HEIGHT_M * axis for foot, axis in zip(feet, body_axis(attitude), strict=True)]
        self.lander.place(position, velocity, attitude, row.propellant_kg, hold_until=round(row.hold_s / self.tick_s))

    def _start_landed(self, row: Scenario) -> None:
        """Let it down by the same physics that lands it, from just above the highest ground under a pad."""
        top = max(self.terrain.height(x, y, 0.4) for x, y, _ in PAD_POSITION_M)
        self.lander.place((0.0, 0.0, top - PAD_HEIGHT_M + 0.01), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), row.propellant_kg)
        if not self.lander.settle(round(SETTLE_S / self.tick_s)):
            raise RuntimeError(f"the lander found no rest on the ground of this seed within {SETTLE_S:g} s")

    def _draw_upload(self, row: Scenario) -> None:
        """Truth with the errors of orbit determination, kept in the arena: a restored run can be asked again."""
        body = self._body
        away = [self._upload.gaussian() * row.upload_position_sigma_m for _ in range(3)]
        drift = [self._upload.gaussian() * row.upload_velocity_sigma_m_s for _ in range(3)]
        turn = [self._upload.gaussian() * row.upload_attitude_sigma_rad for _ in range(3)]
        w, x, y, z = (float(component) for component in body["quaternion_site_from_body"])
        position = body["position_m"] + away
        altitude = body["altitude_m"] + away[2]
        if row.start == START_ORBIT:
            position = position + row.upload_along_track_m * along_track(row, position)
            altitude = height_above_site(position)
        self._uploaded[:] = (
            *position,
            *(body["velocity_m_s"] + drift),
            *multiply((w, x, y, z), small_turn(turn)),
            altitude,
            row.upload_position_sigma_m,
            row.upload_position_sigma_m,
            row.upload_velocity_sigma_m_s,
            row.upload_attitude_sigma_rad,
            row.upload_bias_sigma_m_s2,
            DRY_MASS_KG + row.propellant_kg,
        )

    def uploaded_state(self) -> Mapping[str, float]:
        """At tick 0: `position_m[i]`, `velocity_m_s[i]`, `quaternion_site_from_body[i]`, `altitude_m` (in orbit above the sphere through
        the site), `mass_kg` as loaded, and `sigma_*`: the standard deviation of each axis, the roots of a diagonal covariance."""
        return dict(zip(UPLOADED, self._uploaded.tolist(), strict=True))

    def save_outside(self) -> bytes:
        """The log of wheel tracks; the record `tracks` holds its hash."""
        return self.terrain.tracks.save()

    def load_outside(self, octets: bytes) -> None:
        self.terrain.tracks.load(octets)

    def truth(self) -> dict[str, Any]:
        """Every field of lander, rover and sky by its dotted name, `lander.outcome` (one of OUTCOMES), `rover.motion` and
        `rover.outcome` in words, and the active `faults`."""
        found = {f"lander.{name}": self._body[name].tolist() for name in self._body.dtype.names if name != "reserved"}
        dispersion = self.dispersions.record
        found |= {f"lander.dispersion.{name}": dispersion[name].tolist() for name in dispersion.dtype.names}
        rover = self.arena.view("rover")
        found |= {f"rover.{name}": rover[name].tolist() for name in rover.dtype.names}
        found["rover.motion"] = ROVER_MOTIONS[found["rover.motion"]]
        found["rover.outcome"] = ROVER_OUTCOMES[found["rover.outcome"]]
        sky = self.arena.view("sky")
        found |= {f"sky.{name}": sky[name].tolist() for name in sky.dtype.names}
        found["lander.outcome"] = OUTCOMES[found["lander.outcome"]]
        return {**found, "faults": self.devices.faultables.active()}

    def truth_symbol(self, name: str) -> str:
        """A truth name is the symbol's own: `lander.altitude_m`, `lander.position_m[2]`, `lander.outcome` (an index into OUTCOMES)."""
        if not name.startswith(("lander.", "rover.", "sky.")):
            raise KeyError(f"truth has no {name!r}: its names begin with 'lander.', 'rover.' or 'sky.'")
        return str(self.arena.symbol(name).name)

    def inject(self, device: str, kind: str, parameters: Mapping[str, float], tick: int) -> None:
        self.devices.faultables.inject(device, kind, parameters, tick)

    def clear(self, device: str, kind: str | None, tick: int) -> None:
        self.devices.faultables.clear(device, kind, tick)

    def faults(self) -> Sequence[Mapping[str, Any]]:
        return self.devices.faultables.matrix()
