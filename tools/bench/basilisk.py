"""A comparable plant and controller flown by Basilisk (the package `bsk`), where it is installed, beside ours in the same run.

Basilisk is looked for in the interpreter that FARSIDE_BASILISK names, in the virtual environment that `make basilisk` makes, and in
our own. Both sides fly the braking of a lander of 2.6 t at 10 ms a step: rigid body by fourth-order Runge-Kutta in central gravity,
falling mass, 28 thrusters on and off and an engine, a navigation solution, guidance at 10 Hz, an attitude controller, its allocation.

* Ours flies the whole descent, terrain, contact by MuJoCo and touchdown included, and more than that: a filter of sixteen errors,
  explicit guidance with predictions, a throttled engine with its lag, faults. Its first row is the whole mission: all devices by their
  octets on buses, three computers, telemetry, a digest each second. Its second counts only the slots that do what Basilisk's modules
  do: body, engine, thrusters, navigation, guidance, control.
* Basilisk flies 420 s of the braking: no ground; truth for navigation (`simpleNav`); the engine is on or off. For that it
  has what ours leaves out: each thruster's force and mass flow within each of the four stages of a step, effectors that are coupled to
  the body's mass properties in general, and messages that any module may read. It is made of parts for any spacecraft; ours is one.

Both are by processor time, of one core.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flight.__main__ import build
from tools.bench.gnc import share, timed_descent
from tools.bench.landing import descend
from tools.bench.place import BUILD, HERE
from tools.bench.result import Result

CANDIDATES = (BUILD / "basilisk" / "bin" / "python", Path(sys.executable))
MISSING = "Basilisk, not installed: make basilisk"
COMPARABLE = (
    "world.lander.body", "world.lander.engine", "world.lander.thrusters", "lander.navigation.slot", "lander.guidance.slot",
    "lander.control.slot",
)  # fmt: skip
BRAKING_S = 420.0


def interpreter() -> Path | None:
    """A Python that can import Basilisk, or None. The one that FARSIDE_BASILISK names is taken at its word."""
    if named := os.environ.get("FARSIDE_BASILISK"):
        return Path(named)
    for python in CANDIDATES:
        if python.exists() and subprocess.run([python, "-c", "import Basilisk"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def peer(python: Path, seconds: float) -> dict[str, float]:
    """One flight of Basilisk's. Raises AssertionError when it has not flown what it should."""
    result = subprocess.run([python, str(HERE / "basilisk_peer.py"), str(seconds)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    flown: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    braked = flown["speed_m_s"] < 1700.0 - 2.0 * seconds
    if seconds >= 60.0 and not (braked and flown["attitude_error_mrp"] < 0.1):
        raise AssertionError(f"Basilisk's lander does not brake: {flown}")
    return flown


def run(quick: bool) -> Iterator[Result]:
    repeats = 1 if quick else 3
    mission = build({"scenario": "descent", "seed": 1, "speed": "max"}, None, None)
    whole = max(simulated / processor for simulated, _, processor in (descend(mission, "descent", "go") for _ in range(repeats)))
    mission.close()
    simulated, means = timed_descent()
    same = simulated / share(means, *COMPARABLE)
    python = interpreter()
    name, theirs = MISSING, None
    if python is not None:
        flights = [peer(python, 20.0 if quick else BRAKING_S) for _ in range(repeats)]
        name, theirs = "Basilisk, plant and attitude control", max(each["simulated_s"] / each["processor_s"] for each in flights)
    yield Result("descent, all of the mission, times real time", whole, "x", peer=name, peer_value=theirs)
    yield Result("descent, plant, navigation, guidance, control, times real time", same, "x", peer=name, peer_value=theirs)
