"""A picture under way is state like any other: it survives a snapshot, wherever it is, to the octet."""

from collections.abc import Iterator
from typing import Any

import pytest

from flight.apps.pictures import path_of
from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station

ASKED, END = 150, 300
PHASES = {"being compressed": ASKED + 10, "on the link": ASKED + 40, "nearly there": ASKED + 55}


@pytest.fixture(scope="module")
def mission() -> Iterator[Mission]:
    made = Mission(SimulatedWorld(), "hover", 3)
    yield made
    made.close()


def lander(mission: Mission) -> Any:
    return next(vehicle for vehicle in mission.vehicles if vehicle.name == "lander")


def take(mission: Mission, seed: int, ratio: int, until: int) -> None:
    """Start, ask for one picture, and go on."""
    mission.reset("hover", seed)
    mission.run(ASKED)
    Station(mission).send("lander", "take_picture", ratio=ratio)
    mission.run(until - ASKED)


def stored(mission: Mission) -> bytes:
    """The one picture in the flash."""
    assert lander(mission).arena.view("pictures")["stored"] == 1
    return bytes(lander(mission).storage.read(path_of(0)))


@pytest.mark.parametrize("phase", PHASES)
def test_a_picture_in_transfer_survives_a_snapshot_with_the_same_octets(mission: Mission, phase: str) -> None:
    take(mission, 3, 8, PHASES[phase])
    reading = lander(mission).arena.view("lcam")
    assert (reading["received"] > 0) == (phase != "being compressed")
    assert reading["pictures"] == 0
    snapshot = mission.snapshot()
    mission.run(END - mission.tick)
    picture, digest = stored(mission), mission.digest()
    assert reading["octets"] < len(picture) < 140_000
    mission.run(100)
    mission.restore(snapshot)
    mission.run(END - mission.tick)
    assert stored(mission) == picture
    assert mission.digest() == digest


def test_two_runs_store_the_same_picture_and_another_seed_another(mission: Mission) -> None:
    pictures = []
    for seed in (3, 3, 4):
        take(mission, seed, 64, END)
        pictures.append(stored(mission))
    assert pictures[0] == pictures[1] != pictures[2]
