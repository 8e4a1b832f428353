"""The bytes of each sensor are cut in the middle of a descent: its reading turns stale, an event says so, and again when it is back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flight.mission import Mission
from hal.reading import DeviceError, Validity
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station
from wire.dictionary import LANDER
from wire.dictionary.lander_gnc import PHASE

SENSORS = (
    "imu", "altimeter", "star_tracker", "radar", "gamma_altimeter", "imaging_laser", "legs", "lcam", "power_unit",
)  # fmt: skip
CUT_S, BACK_S = 2.0, 4.0


class Descent:
    """One lander on its way down, at two places to which tests come back."""

    def __init__(self) -> None:
        self.mission = Mission(SimulatedWorld(), "descent", 1)
        self.lander = next(vehicle for vehicle in self.mission.vehicles if vehicle.name == "lander")
        self.station = Station(self.mission)
        self.pass_seconds(2.0)
        self.station.send("lander", "go")
        self.starts = {}
        for phase, wait_s in (("APPROACH", 20.0), ("SLOW_DESCENT", 0.0)):
            while self.lander.arena.view("guidance")["phase"] != PHASE[phase]:
                self.pass_seconds(1.0)
            self.pass_seconds(wait_s)
            while phase == "SLOW_DESCENT" and self.lander.arena.view("gamma_altimeter")["validity"] != Validity.VALID:
                self.pass_seconds(1.0)
            self.starts[phase] = self.mission.snapshot()

    def begin(self, phase: str = "APPROACH") -> None:
        self.station.close()
        self.mission.restore(self.starts[phase])
        self.station = Station(self.mission)

    def pass_seconds(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.mission.run(100)
            self.station.listen()


@pytest.fixture(scope="module")
def descent() -> Iterator[Descent]:
    made = Descent()
    yield made
    made.mission.close()


def test_every_sensor_of_the_lander_is_here() -> None:
    told = {event.name.removesuffix("_degraded") for event in LANDER.events if event.name.endswith("_degraded")}
    assert told - set(SENSORS) == {"engine", "thrusters", "mechanism", "navigation"}


@pytest.mark.parametrize("sensor", SENSORS)
def test_a_sensor_whose_bytes_are_cut_is_stale_and_told_of_and_told_of_again_when_it_is_back(descent: Descent, sensor: str) -> None:
    descent.begin("SLOW_DESCENT" if sensor == "gamma_altimeter" else "APPROACH")  # it hears nothing far up
    reading = descent.lander.arena.view(sensor)
    assert reading["validity"] == Validity.VALID
    descent.mission.inject(f"lander.{sensor}", "bytes.off", {})
    descent.pass_seconds(CUT_S)
    assert (reading["validity"], reading["error"]) == (Validity.STALE, DeviceError.SILENT)
    assert descent.station.events("lander").count(f"{sensor}_degraded") == 1
    descent.mission.clear(f"lander.{sensor}")
    descent.pass_seconds(BACK_S)
    assert reading["validity"] == Validity.VALID
    assert descent.station.events("lander").count(f"{sensor}_recovered") == 1


def test_one_bus_of_a_sensor_does_not_take_another_with_it(descent: Descent) -> None:
    descent.begin()
    descent.mission.inject("lander.bus.radar", "off", {})
    descent.pass_seconds(CUT_S)
    stale = [sensor for sensor in SENSORS if descent.lander.arena.view(sensor)["validity"] == Validity.STALE]
    assert stale == ["radar"]
