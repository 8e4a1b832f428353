"""What navigation, guidance and control cost over a whole descent, and all slots beside them, by a clock around each slot in C.

Means of all runs of a slot, predictions of guidance included; what the clock itself takes is taken off. Navigation and control run each
tick, guidance each tenth. Python slots are not in these figures.
"""

from collections.abc import Iterator

from flight.__main__ import build
from tools.bench.landing import descend
from tools.bench.place import loops
from tools.bench.result import Result

Means = dict[str, tuple[int, float]]  # of each slot: runs, nanoseconds of a run

APPLICATIONS = ("navigation", "guidance", "control")
OWN = {
    "the lander's body": ("world.lander.body",),
    "the lander's other models": ("world.lander.",),
    "the rover's and the relay's models": ("world.rover.", "world.relay."),
    "the lander's computer": ("lander.",),
    "the rover's computer": ("rover.",),
    "the relay's computer": ("relay.",),
}


def share(means: Means, *slots: str) -> float:
    """Seconds that these slots took."""
    return sum(means[name][0] * means[name][1] * 1e-9 for name in slots)


def timed_descent() -> tuple[float, Means]:
    """Simulated seconds of a descent with its start, and the means of its slots."""
    mission = build({"scenario": "descent", "seed": 1, "speed": "max"}, None, None)
    watch = loops().SlotClock(mission.executive)
    descend(mission, "descent", "go")
    simulated = mission.tick * mission.tick_ns * 1e-9
    mission.close()
    return simulated, watch.means()


def run(quick: bool) -> Iterator[Result]:
    simulated, means = timed_descent()
    for name in APPLICATIONS:
        yield Result(f"{name}, a run, mean of a descent", means[f"lander.{name}.slot"][1], "ns", "lower")
    ticks, left = simulated * 100.0, set(means)
    for name, beginnings in OWN.items():
        slots = {slot for slot in left if slot.startswith(beginnings)}
        left -= slots
        yield Result(f"{name}, a tick, mean of a descent", share(means, *slots) / ticks * 1e9, "ns", "lower")
