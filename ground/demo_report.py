"""What the demonstration leaves: `report.json`, and pictures drawn from the archive. Only `wall` differs between two runs of one seed."""

import json
import math
import platform
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import construct
import numpy as np

from ground import plots
from ground.archive import Archive
from ground.demo_lockstep import Lockstep, Truth
from ground.demo_steps import Facts, Mission
from ground.telemetry import events, history
from wire.export import dictionary_hash

PROGRAM = "farside demo"
FORMAT = 1
REPORT = "report.json"
PICTURES = ALTITUDE_SPEED, NAVIGATION_ERROR, TRACK, SHEET = "altitude_speed.png", "navigation_error.png", "track.png", "pictures.png"
PARAMETERS = ("lander.nav.altitude_m", "lander.nav.velocity_m_s[2]", "lander.nav.sigma_altitude_m")


@dataclass(slots=True)
class Report:
    """Filled while the mission goes on; `text` is what lies in the file."""

    seed: int
    scenario: str
    passed: bool = False
    failure: str = ""
    steps: list[Facts] = field(default_factory=list)
    pings: list[Facts] = field(default_factory=list)
    endings: dict[str, Facts] = field(default_factory=dict)
    archive: dict[str, Any] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    wall: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As plain values, floating-point numbers with nine digits: enough to tell runs apart, and to read."""
        found = {
            "program": PROGRAM,
            "format": FORMAT,
            "seed": self.seed,
            "scenario": self.scenario,
            "passed": self.passed,
            "failure": self.failure,
            "dictionary": dictionary_hash(),
            "versions": versions(),
            "pings": self.pings,
            "endings": self.endings,
            "steps": self.steps,
            "archive": self.archive,
            "pictures": self.pictures,
            "wall": self.wall,
        }
        plain: dict[str, Any] = _plain(found)
        return plain

    def write(self, out: Path) -> None:
        """Whole, or not at all."""
        draft = out / (REPORT + ".part")
        draft.write_text(json.dumps(self.document(), indent=1) + "\n")
        draft.replace(out / REPORT)


def versions() -> dict[str, str]:
    """Of what the figures depend on; the dictionary's hash names the interface."""
    return {
        "python": platform.python_version(),
        "machine": f"{sys.platform} {platform.machine()}",
        "numpy": np.__version__,
        "construct": construct.__version__,
    }


def is_ours(out: Path) -> bool:
    """Whether the directory holds an earlier demonstration, whose archive may be thrown away."""
    try:
        return bool(json.loads((out / REPORT).read_text())["program"] == PROGRAM)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


def archived(flight: Lockstep) -> dict[str, Any]:
    """The archive's branches and what is on them."""
    archive = flight.station.archive
    rows = [
        {
            "branch": branch.id,
            "parent": branch.parent,
            "reason": branch.reason,
            "packets": len(archive.packets(branch.id)),
            "commands": [command.text for command in archive.commands(branch.id)],
        }
        for branch in archive.branches(str(flight.station.options.tm))
    ]
    link = flight.station.link.counters().link
    return {"branches": rows, "frames": link["frames"], "frames_lost_or_wrong": link["uncorrectable"] + link["bad_fecf"]}


def flight_of(archive: Archive, branch: int, epoch_ns: int, truth: list[Truth]) -> plots.Flight:
    """The lander's course on one branch: telemetry out of the archive, truth as the bench door told it."""
    values = {name: history(archive, branch, name) for name in PARAMETERS}
    time_ns, (altitude, speed, sigma) = plots.columns(values, PARAMETERS)
    samples = np.array([(t.time_s, t.altitude_m, t.vertical_speed_m_s) for t in truth], np.float64).reshape(-1, 3)
    return plots.Flight((time_ns - epoch_ns) * 1e-9, altitude, speed, sigma, *samples.T)


def joined(first: plots.Flight, second: plots.Flight, at_s: float) -> plots.Flight:
    """The course that goes over from one branch to another at a moment."""
    before, after = first.between(-math.inf, at_s), second.between(math.nextafter(at_s, math.inf), math.inf)
    return plots.Flight(*(np.concatenate([getattr(part, name) for part in (before, after)]) for name in plots.Flight.__slots__))


def draw(mission: Mission, seed: int, out: Path) -> list[str]:
    """Both pictures; their names. Needs a mission that was flown to its end."""
    flight, marks = mission.flight, mission.marks
    archive, first, second = flight.station.archive, mission.branches["first"], mission.branches["second"]
    begun = flight_of(archive, first, flight.epoch_ns, flight.truth[first])
    ended = flight_of(archive, second, flight.epoch_ns, flight.truth[second])
    snapshot_s = marks["snapshot"] - flight.tick_s  # the tick that had run when it was taken
    whole = joined(begun, ended, snapshot_s)
    crashed = begun.between(snapshot_s, marks["crash"] - flight.tick_s)
    story = plots.Story(
        f"Landing from 500 m, seed {seed}",
        (marks["cut"], marks["whole"]),
        snapshot_s,
        marks["crash"],
        mission.endings["crash"]["vertical_speed_m_s"],
        marks["touchdown"],
        mission.endings["landing"]["vertical_speed_m_s"],
        phases(mission, snapshot_s),
    )
    plots.draw_altitude_speed(out / ALTITUDE_SPEED, whole, crashed, story)
    plots.draw_navigation_error(out / NAVIGATION_ERROR, whole, story)
    return [ALTITUDE_SPEED, NAVIGATION_ERROR]


def phases(mission: Mission, snapshot_s: float) -> list[tuple[float, str]]:
    """When guidance went into which phase on the way that was flown to its good end, from the events in the archive."""
    flight = mission.flight
    found: list[tuple[float, str]] = []
    for branch, begin_s, end_s in ((mission.branches["first"], 0.0, snapshot_s), (mission.branches["second"], snapshot_s, math.inf)):
        for event in events(flight.station.archive, branch):
            time_s = flight.spacecraft_s(event.packet.time_ns)
            if f"{event.vehicle}.{event.event.name}" == "lander.guidance_phase" and begin_s <= time_s < end_s:
                row = next(argument for argument in event.event.arguments if argument.name == "phase")
                name = row.enumeration.name_of(event.arguments["phase"]) if row.enumeration is not None else None
                found.append((time_s, str(name).lower().replace("_", " ")))
    return found
