"""The ground finds the on-board clocks from time reports and its own light time, on the link through the relay, to better than 1 ms."""

from __future__ import annotations

import numpy as np
import pytest

from flight.scenarios import DESCENT_EPOCH_TAI_S
from flight.telemetry import clock_ns
from ground.correlation import Clocks, fit, lines_of, sending_ns
from ground.frames import FrameReceiver
from ground.mission import BY_SPACECRAFT, SPACECRAFT_IDS
from ground.orbit import NoPredictionError, light_ns, ranges_m
from hal.sim.sky_figures import positions
from tests.flight.sky_world import queqiao_mission
from wire import time_code

GROUND_NS = 1_790_000_000_123_456_789  # of the ground's clock at tick 0: it knows nothing of the scenario's epoch
MS = 1_000_000
CLOCKS = {
    "relay.clock_offset_s": 0.734, "relay.clock_drift_ppm": -3.21,
    "lander.clock_offset_s": -12.0, "lander.clock_drift_ppm": 25.0,
    "rover.clock_offset_s": 4000.5, "rover.clock_drift_ppm": -80.0,
}  # fmt: skip


def test_the_predicted_ranges_are_those_of_the_sky_to_a_kilometre() -> None:
    tai_s = DESCENT_EPOCH_TAI_S + np.random.default_rng(4).uniform(-2.0, 60.0, 200) * 86_400
    seen = positions(tai_s, 0.0)
    truth = np.stack((np.linalg.norm(seen[:, 1] - seen[:, 2], axis=1), np.linalg.norm(seen[:, 2], axis=1)), axis=1)
    assert np.array([ranges_m(each) for each in tai_s]) == pytest.approx(truth, abs=1000.0)
    assert light_ns("queqiao", "relay", DESCENT_EPOCH_TAI_S * 10**9) == pytest.approx(1.55e9, rel=0.05)
    assert light_ns("lab", "relay", 0) == 0


def test_a_time_without_a_prediction_is_refused_and_counted() -> None:
    with pytest.raises(NoPredictionError):
        ranges_m(2_000_000_000.0)
    clocks = Clocks("queqiao")
    clocks.take("relay", 2_000_000_000 * 10**9, GROUND_NS)
    assert clocks.get("relay") is None
    assert clocks.unpredicted == 1


@pytest.mark.timeout(300)
def test_offset_and_drift_of_every_clock_are_found_to_better_than_a_millisecond() -> None:
    mission = queqiao_mission(options=CLOCKS)
    clocks, receiver = Clocks("queqiao"), FrameReceiver(SPACECRAFT_IDS, None, "frame", True, lines_of("queqiao"))
    reader = mission.outlet.reader()
    for _ in range(180_000):
        now_ns = GROUND_NS + mission.tick * mission.tick_ns
        mission.run(1)
        for frame in iter(reader.take, None):
            receiver.feed(frame, now_ns)
        for report in receiver.references.take():
            clocks.take(BY_SPACECRAFT[report.spacecraft_id].vehicle.name, time_code.to_ns(report.time), report.received_ns)
    errors = {}
    for vehicle in ("relay", "lander", "rover"):
        found = clocks.get(vehicle)
        assert found is not None
        assert found.samples > 80
        truth_ns = clock_ns(mission.vehicles[[v.name for v in mission.vehicles].index(vehicle)].arena.view("telemetry"), mission.tick)
        errors[vehicle] = (found.on_board_ns(GROUND_NS + mission.tick * mission.tick_ns) - truth_ns) / MS
        assert found.drift * 1e6 == pytest.approx(CLOCKS[f"{vehicle}.clock_drift_ppm"], abs=2.0)
        assert found.ground_ns(truth_ns) == pytest.approx(GROUND_NS + mission.tick * mission.tick_ns, abs=1.0 * MS)
    assert abs(errors["relay"]) < 0.1
    assert all(abs(error_ms) < 1.0 for error_ms in errors.values()), errors


def test_late_samples_do_not_move_the_line() -> None:
    draw = np.random.default_rng(2)
    sent = np.arange(200) * 16 * 10**9
    board = sent + 5 * 10**9 + np.round(sent * 1e-5).astype(np.int64)
    late = np.round(draw.exponential(20 * MS, 200)).astype(np.int64)
    late[::10] = 0
    found = fit(list(zip((sent + late).tolist(), board.tolist(), strict=True)))
    assert found.drift == pytest.approx(1e-5, abs=1e-9)
    assert found.on_board_ns(int(sent[-1])) == pytest.approx(int(board[-1]), abs=0.05 * MS)
    assert found.spread_ns == pytest.approx(late.mean(), rel=0.05)


def test_one_report_gives_the_offset_alone() -> None:
    found = fit([(1000, 5000)])
    assert (found.offset_ns, found.drift, found.samples) == (4000, 0.0, 1)


def test_what_a_frame_takes_besides_light_is_its_own_length_and_the_relay() -> None:
    assert sending_ns("lab", "lander") == 0
    assert sending_ns("queqiao", "relay") == 4_460_000
    assert sending_ns("queqiao", "relay", 0) == 8_920_000
    assert sending_ns("queqiao", "relay", 99) == 4_460_000
