"""The rover's body: one wheel on soil, and a tick aboard, parked and driving; calls from Python, what the calls cost taken off."""

import math
from collections.abc import Iterator

from hal.core.arena import Arena
from hal.sim.lander import Lander
from hal.sim.rover import Rover
from hal.sim.soil import wheel_force
from hal.sim.terrain import Terrain
from tools.bench.result import Result, best_time

SOIL = (1400.0, 830_000.0, 1.0, 1800.0, math.radians(32.0), 0.0178)
TORQUE_N_M = 0.75  # what a wheel needs on level ground


def run(quick: bool) -> Iterator[Result]:
    repeats, evaluations, ticks = (1, 20_000, 200) if quick else (5, 200_000, 2000)
    cost = best_time(lambda: wheel_force(SOIL, 0.0086, 0.04, 0.045, steps=evaluations), repeats)
    yield Result("wheel on soil, one evaluation", cost / evaluations * 1e6, "us", "lower", "bound", 1.0)

    arena = Arena("world", 1 << 19)
    ground = Terrain(arena)
    lander, rover = Lander(arena, ground), Rover(arena, ground)
    ground.seed(1)
    rover.seed(1)
    lander.place((0.0, 0.0, 100.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), 0.0, moving=False)
    rover.aboard()

    def move() -> None:
        for tick in range(ticks):
            rover.slot.call(tick)

    yield Result("rover, a tick aboard, with its call", best_time(move, repeats) / ticks * 1e9, "ns", "lower")
    rover.place(8.0, 8.0, 0.8)
    rover.settle(1500)
    yield Result("rover, a tick parked, with its call", best_time(move, repeats) / ticks * 1e9, "ns", "lower")
    arena.view("rover.actuation")["wheel_torque_n_m"][:] = TORQUE_N_M
    move()
    cost = best_time(move, repeats) / ticks
    yield Result("rover, a tick driving on terrain", cost * 1e6, "us", "lower", "bound", 80.0)
    yield Result("rover driving, times real time", 0.01 / cost, "1", "higher", "bound", 100.0)
