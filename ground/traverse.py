"""A traverse of the rover without anybody watching: what `farside drive` does and tells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ground.headless import FlightError, Headless, PlannedFault
from wire.dictionary.rover_mobility import MANOEUVRE, PHASE, STOP_REASON, WHEEL_STATE

BOOT_S = 5.0  # until the computers have booted and the drives are set up
LOOK_S = 2.0  # between two looks at truth and estimate
LIMIT_S = 7200.0  # a rover that has not stopped by itself by then has hung
RELEASE_S = 900.0
RAMP_WAY_M = 7.6  # from the deck over the rails, until the rear wheels are off them
WHEEL_RADIUS_M = 0.15
STOPPED, MOVING = PHASE["STOPPED"], PHASE["MOVING"]
SECURED = 1 << 4  # bit of lander.release.confirmed


@dataclass(frozen=True, slots=True)
class Leg:
    """One command to mobility."""

    command: str
    arguments: dict[str, float]


def legs(distance_m: float, heading_deg: float, from_ramp: bool) -> list[Leg]:
    """What is to be driven, in order. `heading_deg` is a turn to the left, before the distance."""
    found = [Leg("drive_off", {"distance_m": RAMP_WAY_M})] if from_ramp else []
    if distance_m or heading_deg:
        found.append(Leg("drive", {"distance_m": distance_m, "turn_rad": math.radians(heading_deg)}))
    return found


def heading_of(quaternion: Sequence[float]) -> float:
    """Of body x in the site frame, from east towards north."""
    w, x, y, z = quaternion
    return math.atan2(2.0 * (x * y + w * z), 1.0 - 2.0 * (y * y + z * z))


class Traverse:
    """One run. `report` is the object that `farside drive --json` prints."""

    def __init__(self, flight: Headless) -> None:
        self.flight = flight
        self.path: list[dict[str, Any]] = []
        self.outcome = "refused"
        self.wheels_driving = 0
        self._way_m = self._wheels_m = 0.0
        self._before: dict[str, Any] = {}

    def drive(self, plan: Sequence[Leg], from_ramp: bool) -> dict[str, Any]:
        """After `Headless.begin`: release the rover if it is aboard, tell it where it is, and drive. Raises FlightError."""
        flight = self.flight
        flight.pass_seconds(BOOT_S)
        if from_ramp:
            self._release()
        truth = self._locate()
        start_s, start_m, start_j = flight.time_s, truth["rover.distance_m"], flight.peek("rover.odometry.energy_j")[0]
        slips = []
        for leg in plan:
            self._run(leg)
            slips.append(flight.peek("rover.odometry.slip")[0])
            if self.outcome != "arrived":
                break
        truth = flight.bench.truth()
        own = flight.peek("rover.odometry.energy_j", "rover.odometry.distance_m")
        return {
            "outcome": self.outcome,
            "distance_m": round(truth["rover.distance_m"] - start_m, 4),
            "duration_s": round(flight.time_s - start_s, 3),
            "mean_slip": round(1.0 - self._way_m / self._wheels_m, 4) if self._wheels_m > 0.0 else 0.0,
            "wheels_driving": self.wheels_driving,
            "energy_wh": round((own[0] - start_j) / 3600.0, 5),
            "estimated_distance_m": round(own[1], 4),
            "path": self.path,
            "wall_s": round(flight.wall_s, 3),
            "digest": flight.digest,
        }

    def _release(self) -> None:
        flight = self.flight
        flight.send("lander", "release_rover")
        done = [("lander.release.confirmed", ">=", float(SECURED)), ("lander.release.failures", ">", 0.0)]
        flight.pass_until(done, RELEASE_S)
        if int(flight.peek("lander.release.confirmed")[0]) < SECURED:
            raise FlightError("the rover was not released", "farside emulator and farside console show why")
        flight.pass_seconds(1.0)

    def _locate(self) -> dict[str, Any]:
        """Tell the rover its pose, as its ground does after each stop by what the cameras see."""
        truth = self.flight.bench.truth()
        x, y, _ = truth["rover.position_m"]
        self.flight.send("rover", "set_pose", x_m=x, y_m=y, heading_rad=heading_of(truth["rover.quaternion_site_from_body"]))
        self.flight.pass_seconds(0.5)
        self._before = self.flight.bench.truth()
        self._look()
        return self._before

    def _run(self, leg: Leg) -> None:
        """One command, to its end."""
        flight = self.flight
        flight.send("rover", leg.command, **leg.arguments)
        flight.pass_until([("rover.mobility.phase", "!=", float(STOPPED))], 2.0)
        if int(flight.peek("rover.mobility.phase")[0]) == STOPPED:
            self.outcome = "refused"
            return
        end_s = flight.time_s + LIMIT_S
        ended = False
        while not ended and flight.time_s < end_s:
            ended = flight.pass_until([("rover.mobility.phase", "==", float(STOPPED))], LOOK_S)
            truth = self._look()
            if truth["rover.outcome"] != "upright":
                self.outcome = str(truth["rover.outcome"]).replace(" ", "_")
                return
        reason, manoeuvre = (int(value) for value in flight.peek("rover.mobility.reason", "rover.mobility.manoeuvre"))
        self.outcome = (STOP_REASON.name_of(reason) or "unknown").lower() if ended and MANOEUVRE.name_of(manoeuvre) else "endless"

    def _look(self) -> dict[str, Any]:
        """Truth and the rover's own estimate, side by side; the wheels' way beside the rover's."""
        flight = self.flight
        truth = flight.bench.truth()
        x, y, heading, phase = flight.peek(
            "rover.odometry.position_m[0]", "rover.odometry.position_m[1]", "rover.odometry.heading_rad", "rover.mobility.phase"
        )
        self.path.append(
            {
                "time_s": flight.time_s,
                "true_m": [round(value, 4) for value in truth["rover.position_m"]],
                "true_heading_rad": round(heading_of(truth["rover.quaternion_site_from_body"]), 5),
                "estimated_m": [round(x, 4), round(y, 4)],
                "estimated_heading_rad": round(heading, 5),
            }
        )
        states = [int(state) for state in flight.peek(*(f"rover.mobility.wheel_state[{w}]" for w in range(6)))]
        if int(phase) == MOVING:
            pulling = [w for w, state in enumerate(states) if state == WHEEL_STATE["DRIVING"]]
            self.wheels_driving = len(pulling)
            if pulling:
                turned = [truth["rover.wheel_angle_rad"][w] - self._before["rover.wheel_angle_rad"][w] for w in pulling]
                self._wheels_m += abs(sum(turned)) / len(turned) * WHEEL_RADIUS_M
                self._way_m += truth["rover.distance_m"] - self._before["rover.distance_m"]
        self._before = truth
        return truth


def traverse(flight: Headless, seed: int, distance_m: float, heading_deg: float, from_ramp: bool, faults: Sequence[PlannedFault] = (),
             options: dict[str, float] | None = None) -> dict[str, Any]:  # fmt: skip
    """One traverse, from its scenario to its report."""
    flight.begin("surface" if from_ramp else "rover-on-ground", seed, options, faults)
    report = Traverse(flight).drive(legs(distance_m, heading_deg, from_ramp), from_ramp)
    return {"seed": seed, **report}
