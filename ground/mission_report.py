"""What the whole mission leaves to look at: plots from the archive and from truth, and the pictures that came home."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ground import mission_plots, plots
from ground.demo_lockstep import Lockstep
from ground.demo_report import ALTITUDE_SPEED, SHEET, TRACK
from ground.demo_steps import Mission
from ground.telemetry import history

DESCENT = ("lander.nav.altitude_m", "lander.nav.vertical_speed_m_s", "lander.nav.velocity_m_s[0]", "lander.nav.velocity_m_s[1]",
           "lander.nav.velocity_m_s[2]")  # fmt: skip
ESTIMATE = ("rover.odometry.position_m[0]", "rover.odometry.position_m[1]")


def draw(mission: Mission, seed: int, out: Path) -> list[str]:
    """Three pictures; their names. Needs a mission that was flown to its end."""
    flight = mission.flight
    mission_plots.draw_descent(out / ALTITUDE_SPEED, descent(mission, f"Landing on the far side, seed {seed}"))
    mission_plots.draw_track(out / TRACK, track(mission, f"The rover's way, seed {seed}"))
    mission_plots.draw_sheet(out / SHEET, flight.station.files.pictures)
    return [ALTITUDE_SPEED, TRACK, SHEET]


def descent(mission: Mission, title: str) -> mission_plots.Descent:
    """Telemetry and truth up to the touchdown."""
    flight, end_s = mission.flight, mission.marks["touchdown"]
    archive, branch = flight.station.archive, flight.station.branch
    values = {name: history(archive, branch, name) for name in DESCENT}
    time_ns, (altitude, vertical, east, north, up) = plots.columns(values, DESCENT)
    time_s = (time_ns - flight.epoch_ns) * 1e-9
    told = time_s <= end_s + 5.0
    horizontal = np.sqrt(np.maximum(east**2 + north**2 + up**2 - vertical**2, 0.0))
    truth = [sample for sample in flight.truth[branch] if sample.time_s <= end_s + 5.0]
    return mission_plots.Descent(
        title,
        time_s[told],
        altitude[told],
        vertical[told],
        horizontal[told],
        np.array([sample.time_s for sample in truth]),
        np.array([sample.altitude_m for sample in truth]),
        np.array([sample.speed_m_s for sample in truth]),
        phases(flight, end_s),
        end_s,
    )


def phases(flight: Lockstep, end_s: float) -> list[tuple[float, str]]:
    """When guidance went into which phase, from the events in the archive."""
    found: list[tuple[float, str]] = []
    for event in flight.events("lander.guidance_phase"):
        time_s = flight.spacecraft_s(event.packet.time_ns)
        row = next(argument for argument in event.event.arguments if argument.name == "phase")
        name = row.enumeration.name_of(event.arguments["phase"]) if row.enumeration is not None else None
        if time_s <= end_s:
            found.append((time_s, str(name).lower().replace("_", " ")))
    return found


def track(mission: Mission, title: str) -> mission_plots.Track:
    """Truth once a second while the rover was free, and what it said of its own place since it was told where it stands."""
    flight = mission.flight
    archive, branch = flight.station.archive, flight.station.branch
    free = [sample for sample in flight.truth[branch] if sample.rover_free]
    values = {name: history(archive, branch, name) for name in ESTIMATE}
    time_ns, (east, north) = plots.columns(values, ESTIMATE)
    begun = (time_ns - flight.epoch_ns) * 1e-9 >= mission.marks["pose"]
    stands = np.array(flight.bench.truth()["lander.position_m"][:2])
    believed = np.array([float(flight.value(f"lander.nav.position_m[{i}]")) for i in range(2)])
    return mission_plots.Track(
        title,
        np.array([sample.rover_m for sample in free]).reshape(-1, 2) - stands,
        np.stack([east[begun], north[begun]], axis=1) - believed,
        [(place[0] - stands[0], place[1] - stands[1]) for place in mission.places],
    )
