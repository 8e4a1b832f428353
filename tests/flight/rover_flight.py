"""The rover in a mission of its own: commands in by the wire, events and stages out, truth beside what the rover believes."""

from __future__ import annotations

from typing import Any

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire.dictionary import DICTIONARIES, ROVER
from wire.dictionary.rover_mobility import MANOEUVRE, PHASE, STOP_REASON, WHEEL_STATE

STARTED, NOT_STARTED, COMPLETED, FAILED = 3, 4, 7, 8


class RoverFlight:
    """A run of a scenario, the drives set up. `made_ground=1` puts a plane, and one rock, in the place of the terrain."""

    def __init__(self, scenario: str = "rover-on-ground", seed: int = 1, **options: float) -> None:
        self.world = SimulatedWorld()
        self.mission = Mission(self.world, scenario, seed, options=options)
        self.station = Station(self.mission)
        self.arena = next(vehicle.arena for vehicle in self.mission.vehicles if vehicle.name == "rover")
        self.truth = self.world.arena.view("rover")
        self.mobility, self.odometry, self.mode = (self.arena.view(name) for name in ("mobility", "odometry", "mode"))
        self.run(4.0)

    def run(self, seconds: float) -> None:
        """Let time pass; a station that does not listen would hold it up."""
        ticks = round(100 * seconds)
        while ticks > 0:
            self.mission.run(min(ticks, 1000))
            self.station.listen()
            ticks -= 1000

    def until_stopped(self, limit_s: float) -> str:
        """Let the rover go on until mobility has come to rest; why it stopped."""
        self.run(0.5)
        for _ in range(round(limit_s)):
            if self.phase == "STOPPED":
                break
            self.run(1.0)
        assert self.phase == "STOPPED", f"still {self.phase} after {limit_s} s"
        return STOP_REASON.name_of(int(self.mobility["reason"])) or ""

    def drive(self, distance_m: float, turn_rad: float = 0.0, limit_s: float = 600.0) -> str:
        self.send("drive", distance_m=distance_m, turn_rad=turn_rad)
        return self.until_stopped(limit_s)

    def send(self, name: str, vehicle: str = "rover", **arguments: Any) -> bytes:
        return self.station.send(vehicle, name, **arguments)

    def inject(self, device: str, kind: str, **parameters: float) -> None:
        self.world.inject(device, kind, parameters, self.mission.tick)

    @property
    def phase(self) -> str:
        return PHASE.name_of(int(self.mobility["phase"])) or ""

    @property
    def mode_name(self) -> str:
        return ROVER.vehicle.modes.name_of(int(self.mode["mode"])) or ""

    @property
    def wheel_states(self) -> list[str]:
        return [WHEEL_STATE.name_of(int(state)) or "" for state in self.mobility["wheel_state"]]

    def view(self, record: str) -> Any:
        return self.arena.view(record)

    def wheels(self, field: str) -> list[float]:
        return [float(self.view(f"wheel.{w}")[field]) for w in range(6)]

    def enabled(self) -> list[int]:
        return [int(self.view(f"wheel.{w}.command")["enabled"]) for w in range(6)]

    def events(self, vehicle: str = "rover") -> list[str]:
        """Names of the events of one vehicle so far, oldest first."""
        self.station.listen()
        dictionary = DICTIONARIES[vehicle]
        apids = {apid.number for apid in dictionary.vehicle.apids}
        packets = [p for p in self.station.packets if p.secondary.service == 5 and p.header.id.apid in apids]
        return [dictionary.event(int.from_bytes(p.data[:2])).name for p in packets]

    def stages(self, request: bytes) -> list[int]:
        return self.station.stages(request)

    def failure(self, request: bytes) -> int:
        return self.station.failure(request)[0]

    def close(self) -> None:
        self.mission.close()


def driven(distance_m: float, faults: dict[str, str] | None = None, **options: float) -> dict[str, float]:
    """A drive on made ground: what it cost and how the wheels slipped, from truth and from the rover's own readings."""
    flight = RoverFlight(made_ground=1.0, **options)
    for device, kind in (faults or {}).items():
        flight.inject(device, kind)
    before, energy = flight.truth["distance_m"].item(), flight.odometry["energy_j"].item()
    flight.send("drive", distance_m=distance_m, turn_rad=0.0)
    flight.run(30.0)
    pulling = [w for w, state in enumerate(flight.wheel_states) if state == "DRIVING"]
    slips, currents = flight.truth["wheel_slip"].copy(), flight.wheels("current_a")
    reason = flight.until_stopped(900.0)
    found = {
        "arrived": float(reason == "ARRIVED"),
        "wheels": float(len(pulling)),
        "slip": sum(float(slips[w]) for w in pulling) / len(pulling),
        "believed_slip": float(flight.mobility["slip_sum"] / max(1, int(flight.mobility["slip_count"]))),
        "current_a": sum(currents[w] for w in pulling) / len(pulling),
        "energy_j_m": (flight.odometry["energy_j"].item() - energy) / (flight.truth["distance_m"].item() - before),
        "distance_m": flight.truth["distance_m"].item() - before,
    }
    flight.close()
    return found


__all__ = ["COMPLETED", "FAILED", "MANOEUVRE", "NOT_STARTED", "STARTED", "RoverFlight", "driven"]
