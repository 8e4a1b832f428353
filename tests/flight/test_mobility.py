"""Mobility: one wheel at a commanded rate over CANopen, and every way in which it stops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from flight.apps.mobility import Mobility, MobilityPhase
from flight.modes import ModeManager
from flight.ports import STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.drivers.can_controller import CanController
from hal.drivers.wheel import WheelDriver
from hal.sim.world import SimulatedWorld
from tests.flight.app_bench import STALE, Application
from wire.dictionary import FAILURE_CODE, ROVER

WHEEL_STOPPED, WHEEL_ASKING, WHEEL_TURNING, WHEEL_STOPPING = MobilityPhase


class RoverBench:
    """The application over the driver of a simulated wheel drive, behind its bus."""

    def __init__(self) -> None:
        self.arena = Arena("rover", 1 << 18)
        self.tick = 0
        bus = Bus(self.arena, "rover.can", "can")
        self.world = SimulatedWorld()
        self.world.connect({"rover.can": bus})
        self.world.initialise("bench", 1, {})
        can = CanController(self.arena, bus, "can")
        driver = WheelDriver(self.arena, can, "wheel")
        self.app, own = Application("rover", self.arena, "mobility"), Application("rover", self.arena, "modes")
        self.modes = ROVER.vehicle.modes
        edges = [("SAFE", "STANDBY"), ("STANDBY", "SAFE"), ("STANDBY", "DRIVE"), ("DRIVE", "STANDBY"), ("DRIVE", "SAFE")]
        manager = ModeManager(
            self.arena, own.links, [self.app.links, own.links], len(self.modes.members), [(self.modes[a], self.modes[b]) for a, b in edges],
            self.modes["STANDBY"], ROVER.event("mode_changed").id, ROVER.event("mode_refused").id,
        )  # fmt: skip
        self.mobility = Mobility(self.arena, self.app.links, driver)
        self.wheel, self.command, self.record = (self.arena.view(name) for name in ("wheel", "wheel.command", "mobility"))
        self.mode = self.arena.view("mode")
        before = [row.code for row in self.world.slots()] + [can.slot, driver.read_slot]
        self.every = (*before, manager.slot, driver.write_slot)
        self.run(300)  # the drive is found, set up and operational

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            for slot in self.every[:-2]:
                slot.call(self.tick)
            if self.tick % 2 == 0:
                self.mobility.slot.call(self.tick)
            for slot in self.every[-2:]:
                slot.call(self.tick)
            self.tick += 1

    def mode_name(self) -> str:
        return self.modes.name_of(int(self.mode["mode"])) or ""


@pytest.fixture
def bench() -> RoverBench:
    return RoverBench()


def driving(bench: RoverBench, rate_rad_s: float = 0.3) -> None:
    bench.app.command("wheel_rate", 1, rate_rad_s)
    bench.run(300)
    assert bench.record["phase"] == WHEEL_TURNING
    assert bench.app.replies() == [(1, STAGE_STARTED, 0), (1, STAGE_COMPLETED, 0)]


def enabled(bench: RoverBench) -> tuple[int, float]:
    return int(bench.command["enabled"]), float(bench.command["rate_rad_s"])


@pytest.mark.parametrize("rate", [0.37, -0.2])
def test_the_wheel_turns_as_commanded_in_mode_drive(bench: RoverBench, rate: float) -> None:
    driving(bench, rate)
    assert bench.mode_name() == "DRIVE"
    assert bench.wheel["rate_rad_s"] == pytest.approx(rate, abs=0.02)
    before = float(bench.record["travelled_m"])
    bench.run(1000)
    assert bench.record["travelled_m"] - before == pytest.approx(rate * 10 * 0.15, rel=0.02)


def test_a_stop_ends_disabled_and_gives_the_mode_back(bench: RoverBench) -> None:
    driving(bench)
    bench.app.command("wheel_stop", 2)
    bench.run(200)
    assert bench.app.replies() == [(2, STAGE_STARTED, 0), (2, STAGE_COMPLETED, 0)]
    assert bench.mode_name() == "STANDBY"
    assert enabled(bench) == (0, 0.0)
    assert bench.wheel["rate_rad_s"] == pytest.approx(0.0, abs=0.01)


def test_a_stop_at_rest_completes_without_enabling_the_drive(bench: RoverBench) -> None:
    bench.app.command("wheel_stop", 3)
    bench.run(2)
    assert bench.app.replies() == [(3, STAGE_STARTED, 0), (3, STAGE_COMPLETED, 0)]
    assert enabled(bench) == (0, 0.0)


def test_another_rate_takes_over_without_a_stop(bench: RoverBench) -> None:
    driving(bench, 0.1)
    bench.app.command("wheel_rate", 5, 0.3)
    bench.app.command("wheel_rate", 6, 0.2)
    bench.run(200)
    assert bench.app.replies() == [
        (5, STAGE_STARTED, 0), (5, STAGE_FAILED, FAILURE_CODE["ABORTED"]), (6, STAGE_STARTED, 0), (6, STAGE_COMPLETED, 0),
    ]  # fmt: skip
    assert bench.wheel["rate_rad_s"] == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("rate", [0.61, -7.0, math.nan, math.inf])
def test_a_rate_out_of_range_is_refused(bench: RoverBench, rate: float) -> None:
    bench.app.command("wheel_rate", 7, rate)
    bench.run(20)
    assert bench.app.replies() == [(7, STAGE_START_FAILED, FAILURE_CODE["ARGUMENT_RANGE"])]
    assert (bench.mode_name(), enabled(bench)) == ("STANDBY", (0, 0.0))


def test_an_unknown_function_and_a_missing_argument_are_refused(bench: RoverBench) -> None:
    bench.app.raw_command(99, 8)
    bench.app.command("wheel_rate", 9)
    bench.run(4)
    assert bench.app.replies() == [
        (8, STAGE_START_FAILED, FAILURE_CODE["UNKNOWN_FUNCTION"]),
        (9, STAGE_START_FAILED, FAILURE_CODE["ARGUMENT_RANGE"]),
    ]


def test_a_drive_that_is_not_heard_is_not_started(bench: RoverBench) -> None:
    bench.world.inject("rover.bus.can", "off", {}, bench.tick)
    bench.run(100)
    bench.app.command("wheel_rate", 10, 0.2)
    bench.run(4)
    assert bench.wheel["validity"] == STALE
    assert bench.app.replies() == [(10, STAGE_START_FAILED, FAILURE_CODE["DEVICE_NOT_READY"])]


def test_when_the_mode_manager_refuses_nothing_is_sent(bench: RoverBench) -> None:
    bench.mode["mode"] = bench.modes["SAFE"]
    bench.app.command("wheel_rate", 11, 0.2)
    for _ in range(100):
        bench.run(1)
        assert enabled(bench) == (0, 0.0)
    assert bench.app.replies() == [(11, STAGE_START_FAILED, FAILURE_CODE["MODE_REFUSED"])]
    assert bench.app.events() == []


def test_when_the_mode_is_taken_away_the_wheel_stops(bench: RoverBench) -> None:
    driving(bench)
    bench.mode["mode"] = bench.modes["SAFE"]
    bench.run(200)
    assert enabled(bench) == (0, 0.0)
    assert bench.wheel["rate_rad_s"] == pytest.approx(0.0, abs=0.01)
    assert bench.mode_name() == "SAFE"
    assert [(event.name, event.values) for event in bench.app.events()] == [("wheel_stopped", (FAILURE_CODE["ABORTED"],))]


@pytest.mark.parametrize(("device", "kind"), [("rover.bus.can", "off"), ("rover.wheel", "bytes.off"), ("rover.bus.can", "corrupt")])
def test_a_drive_that_falls_silent_is_stopped_and_told(bench: RoverBench, device: str, kind: str) -> None:
    driving(bench)
    bench.world.inject(device, kind, {}, bench.tick)
    bench.run(700)
    assert bench.record["phase"] == WHEEL_STOPPED
    assert enabled(bench) == (0, 0.0)
    assert bench.record["faults"] == 1
    assert [event.name for event in bench.app.events()] == ["wheel_stopped"]


def test_a_locked_wheel_trips_the_drive_and_ends_the_command(bench: RoverBench) -> None:
    driving(bench)
    bench.world.inject("rover.wheel", "stuck", {}, bench.tick)
    bench.app.command("wheel_rate", 12, 0.3)
    bench.run(1500)
    replies = bench.app.replies()
    assert replies[0] == (12, STAGE_STARTED, 0)
    assert replies[1][:2] == (12, STAGE_FAILED)
    assert enabled(bench) == (0, 0.0)
    assert bench.record["phase"] == WHEEL_STOPPED


def test_a_restarted_drive_does_not_count_as_travel(bench: RoverBench) -> None:
    driving(bench)
    bench.run(3000)
    travelled = float(bench.record["travelled_m"])
    bench.world.inject("rover.wheel", "reset", {}, bench.tick)
    bench.run(50)
    assert bench.record["travelled_m"] == pytest.approx(travelled, abs=0.05)


def test_the_record_is_whole_and_its_units_are_known(bench: RoverBench) -> None:
    fields: Any = bench.record.dtype.fields
    assert {"commanded_rate_rad_s", "travelled_m", "phase", "faults"} <= set(fields)
    assert bench.arena.symbol("mobility.commanded_rate_rad_s").unit == "rad/s"
    assert np.isfinite(float(bench.record["travelled_m"]))
