"""A bench for applications: the lander's, or the rover's, on an arena of their own, with readings, modes and queues set from Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flight.apps.control import Control
from flight.apps.guidance import Guidance
from flight.apps.navigation import Navigation
from flight.lander_geometry import PAD_PLANE_Z_M
from flight.modes import ModeManager
from flight.ports import AppLinks
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.altimeter import AltimeterDriver
from hal.drivers.can_controller import CanController
from hal.drivers.engine import EngineDriver
from hal.drivers.gamma_altimeter import GammaAltimeterDriver
from hal.drivers.imu import ImuDriver
from hal.drivers.legs import LegsDriver
from hal.drivers.radar import RadarDriver
from hal.drivers.star_tracker import StarTrackerDriver
from hal.drivers.thrusters import ThrustersDriver
from wire.dictionary import DICTIONARIES

VALID, STALE, SUSPECT = 1, 2, 3
SEQUENCE = 4
GRAVITY_M_S2 = 1.63442  # GM / r^2 at 500 m above the site's sphere, less the centrifugal part
ALTIMETER_ABOVE_PADS_M = 0.75

Message = np.dtype([("tick", "<i8"), ("id", "<u4"), ("length", "<u4")])
EVENT = np.dtype([("id", "<u2"), ("count", "<u2"), ("pad", "<u4"), ("values", "<f8", 4)])
COMMAND = np.dtype([("token", "<u4"), ("function", "<u2"), ("count", "<u2"), ("values", "<f8", 8)])
REPLY = np.dtype([("token", "<u4"), ("stage", "<u2"), ("code", "<u2")])
REQUEST = np.dtype([("mode", "<u2"), ("confirmations", "<u2"), ("token", "<u4")])


@dataclass(frozen=True)
class Event:
    """An event by name, with its arguments."""

    name: str
    values: tuple[float, ...]


class Queue:
    """One ring of an application, read and written in place as `hal.core.ring` lays it out."""

    def __init__(self, arena: Arena, name: str, kind: np.dtype[Any]) -> None:
        self.state, self.units, self.kind = arena.view(name), arena.view(name + ".units"), kind

    def _octets(self, index: int) -> Any:
        at = index % int(self.state["capacity"]) * int(self.state["stride"])
        return self.units[at : at + Message.itemsize + self.kind.itemsize]

    def take(self) -> list[Any]:
        """Everything that waits, oldest first."""
        found = []
        while self.state["tail"] < self.state["head"]:
            found.append(self._octets(int(self.state["tail"]))[Message.itemsize :].view(self.kind)[0].copy())
            self.state["tail"] += 1
        return found

    def put(self, **fields: Any) -> None:
        unit = self._octets(int(self.state["head"]))
        header, body = unit[: Message.itemsize].view(Message), unit[Message.itemsize :].view(self.kind)
        header["length"], body[:] = self.kind.itemsize, np.zeros(1, self.kind)
        for name, value in fields.items():
            body[name][0] = value
        self.state["head"] += 1


class Application:
    """The queues of one application, in words."""

    def __init__(self, vehicle: str, arena: Arena, name: str) -> None:
        self.links = AppLinks(arena, name)
        self.dictionary = DICTIONARIES[vehicle]
        self.queues = {
            leaf: Queue(arena, f"{name}.{leaf}", kind)
            for leaf, kind in (("events", EVENT), ("commands", COMMAND), ("replies", REPLY), ("mode_requests", REQUEST))
        }

    def events(self) -> list[Event]:
        found = self.queues["events"].take()
        return [Event(self.dictionary.event(int(m["id"])).name, tuple(map(float, m["values"][: m["count"]]))) for m in found]

    def replies(self) -> list[tuple[int, int, int]]:
        """(token, stage, code) of each reply."""
        return [(int(m["token"]), int(m["stage"]), int(m["code"])) for m in self.queues["replies"].take()]

    def requests(self) -> list[tuple[int, int, int]]:
        """(mode, confirmations, token) of each mode request that nobody has taken."""
        return [(int(m["mode"]), int(m["confirmations"]), int(m["token"])) for m in self.queues["mode_requests"].take()]

    def command(self, name: str, token: int, *values: float) -> None:
        self.raw_command(self.dictionary.command(name).function or 0, token, *values)

    def raw_command(self, function: int, token: int, *values: float) -> None:
        self.queues["commands"].put(token=token, function=function, count=len(values), values=[*values, *[0.0] * (8 - len(values))])


class LanderBench:
    """The three applications over drivers whose buses are silent: the test writes the readings, tick by tick."""

    def __init__(self, aids: bool = False) -> None:
        """`aids`: star tracker, radar and gamma altimeter too; the test writes their readings."""
        self.arena = Arena("lander", 1 << 18)
        self.tick = 0
        self.apps = {name: Application("lander", self.arena, name) for name in ("navigation", "guidance", "control", "modes")}
        self.buses = {
            name: Bus(self.arena, f"lander.{name}", kind) for name, kind in (("imu", "uart"), ("altimeter", "uart"), ("can", "can"))
        }
        imu = ImuDriver(self.arena, self.buses["imu"], "imu")
        altimeter = AltimeterDriver(self.arena, self.buses["altimeter"], "altimeter")
        if aids:
            made_by = {"star_tracker": StarTrackerDriver, "radar": RadarDriver, "gamma_altimeter": GammaAltimeterDriver}
            for name, driver in made_by.items():
                driver(self.arena, Bus(self.arena, f"lander.{name}", "uart"), name)
            self.star_tracker, self.radar, self.gamma = (self.arena.view(name) for name in made_by)
        can = CanController(self.arena, self.buses["can"], "can")
        engine, thrusters = EngineDriver(self.arena, can, "engine"), ThrustersDriver(self.arena, can, "thrusters")
        legs = LegsDriver(self.arena, can, "legs")
        self.reads = (can.slot, imu.read_slot, altimeter.read_slot, engine.read_slot, thrusters.read_slot, legs.read_slot)
        self.writes = (engine.write_slot, thrusters.write_slot, imu.write_slot, altimeter.write_slot)
        links = {name: app.links for name, app in self.apps.items()}
        dictionary = DICTIONARIES["lander"]
        self.modes = dictionary.vehicle.modes
        edges = [
            ("HOVER", "DESCENT"),
            ("DESCENT", "HOVER"),
            ("DESCENT", "LANDED"),
            ("LANDED", "STANDBY"),
            ("HOVER", "SAFE"),
            ("DESCENT", "SAFE"),
            ("ORBIT", "DESCENT"),
        ]
        self.manager = ModeManager(
            self.arena, links["modes"], list(links.values()), len(self.modes.members), [(self.modes[a], self.modes[b]) for a, b in edges],
            self.modes["SAFE"], dictionary.event("mode_changed").id, dictionary.event("mode_refused").id,
        )  # fmt: skip
        self.navigation = Navigation(self.arena, links["navigation"], imu, altimeter)
        self.guidance = Guidance(self.arena, links["guidance"], self.navigation, legs, engine)
        self.control = Control(self.arena, links["control"], self.guidance, engine, thrusters)
        self.imu, self.altimeter, self.legs = (self.arena.view(name) for name in ("imu", "altimeter", "legs"))
        self.engine, self.thrusters = self.arena.view("engine.command"), self.arena.view("thrusters.command")
        self.nav, self.demand, self.record = (self.arena.view(name) for name in ("nav", "guidance", "control"))
        self.mode = self.arena.view("mode")

    def load(self, altitude_m: float = 500.0, speed_m_s: float = 0.0, **more: float) -> None:
        """Upload a state over the site: upright, rising at `speed_m_s`."""
        state = {f"position_m[{i}]": 0.0 for i in range(3)} | {f"velocity_m_s[{i}]": 0.0 for i in range(3)}
        state |= {f"quaternion_site_from_body[{i}]": float(i == 0) for i in range(4)}
        state |= {"position_m[2]": altitude_m - PAD_PLANE_Z_M, "velocity_m_s[2]": speed_m_s, "altitude_m": altitude_m}
        self.navigation.load_state(state | more)

    def set_mode(self, name: str) -> None:
        self.mode["mode"] = self.modes[name]

    def feel(
        self, force_m_s2: tuple[float, float, float] = (0.0, 0.0, GRAVITY_M_S2), rate_rad_s: tuple[float, float, float] = (0, 0, 0)
    ) -> None:
        """One good IMU sample."""
        self.imu["specific_force_m_s2"], self.imu["rate_rad_s"] = force_m_s2, rate_rad_s
        self.imu["tick"], self.imu["sequence"], self.imu["validity"] = self.tick, self.imu["sequence"] + 1, VALID

    def shoot(self, altitude_m: float) -> None:
        """One good altimeter shot, of an upright lander at that altitude."""
        self.altimeter["range_m"] = altitude_m + ALTIMETER_ABOVE_PADS_M
        self.altimeter["tick"], self.altimeter["sequence"], self.altimeter["validity"] = self.tick, self.altimeter["sequence"] + 1, VALID

    def tell(self, reading: Any, **fields: Any) -> None:
        """One good reading of any other device."""
        for name, value in fields.items():
            reading[name] = value
        reading["tick"], reading["sequence"], reading["validity"] = self.tick, reading["sequence"] + 1, VALID

    def press(self, *pads: int) -> None:
        """One read of the leg contacts with these pads pressed."""
        self.legs["contact"] = [int(pad in pads) for pad in range(4)]
        self.legs["tick"], self.legs["sequence"], self.legs["validity"] = self.tick, self.legs["sequence"] + 1, VALID

    def step(self) -> None:
        """One tick of the three applications and the mode manager."""
        self.navigation.slot.call(self.tick)
        if self.tick % 10 == 0:
            self.guidance.slot.call(self.tick)
        self.control.slot.call(self.tick)
        self.manager.slot.call(self.tick)
        self.tick += 1
