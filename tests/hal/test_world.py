"""The simulated world as the flight side and the benches meet it: scenarios, reproducible starts, truth, faults."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.sim.pose import body_axis, multiply, place_above, small_turn, upright
from hal.sim.scenarios import BOUNDS, OPTIONS, SCENARIOS
from hal.sim.site import map_coordinates
from hal.sim.world import OUTCOMES, SimulatedWorld

KINDS = {"lander.imu": "uart", "lander.altimeter": "uart", "lander.can": "can", "rover.can": "can"}


class Run:
    """A connected world and the image of its arena as built."""

    def __init__(self, tick_s: float = 0.01) -> None:
        self.harness = Arena("harness", 1 << 20)
        self.buses: Mapping[str, Bus] = {name: Bus(self.harness, name, kind) for name, kind in KINDS.items()}
        self.world = SimulatedWorld(tick_s)
        self.world.connect(self.buses)
        self.slots = self.world.slots()
        self.built = self.world.arena.save()
        self.empty = self.harness.save()
        self.body = self.world.arena.view("lander")

    def reset(self, scenario: str, seed: int, **options: float) -> "Run":
        self.world.arena.load(self.built)
        self.harness.load(self.empty)
        self.world.initialise(scenario, seed, options)
        return self

    def octets(self, name: str) -> bytes:
        record = self.world.arena.records[name]
        return self.world.arena.save()[record.offset : record.offset + record.size]

    def tick(self, first: int, count: int) -> None:
        for tick in range(first, first + count):
            for slot in self.slots:
                if tick % slot.divisor == slot.phase:
                    slot.code.call(tick)
            for bus in self.buses.values():
                while bus.pop():
                    pass


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_the_same_seed_gives_the_same_bytes_at_the_start_and_later(scenario: str) -> None:
    one, two = Run(), Run()
    two.reset("hover", 99)
    two.tick(0, 300)
    assert one.reset(scenario, 5).world.arena.save() == two.reset(scenario, 5).world.arena.save()
    assert one.world.uploaded_state() == two.world.uploaded_state()
    for run in (one, two):
        run.tick(0, 400)
    assert one.world.arena.save() == two.world.arena.save()


def test_another_seed_gives_another_ground_another_start_and_other_errors() -> None:
    one, two = Run().reset("hover", 5), Run().reset("hover", 6)
    for record in ("terrain", "lander", "uploaded"):
        assert (one.world.arena.view(record) != two.world.arena.view(record)).any()


def test_a_run_continues_with_the_same_bytes_in_another_world_that_is_given_its_arena() -> None:
    one, two = Run().reset("hover", 5), Run().reset("hover", 77)
    two.tick(0, 50)
    one.tick(0, 250)
    two.world.arena.load(one.world.arena.save())
    for bus in [*one.buses.values(), *two.buses.values()]:
        bus.flush()
    one.tick(250, 300)
    two.tick(250, 300)
    assert one.world.arena.save() == two.world.arena.save()
    assert one.world.uploaded_state() == two.world.uploaded_state()


def test_hover_starts_held_500_m_above_the_ground_and_falls_when_it_is_released() -> None:
    run = Run().reset("hover", 1)
    truth = run.world.truth()
    assert truth["lander.altitude_m"] == pytest.approx(500.0, abs=0.2)
    assert truth["lander.mass_kg"] == pytest.approx(1450.0)
    assert truth["lander.outcome"] == "flying"
    assert math.hypot(*truth["lander.position_m"][:2]) < 20.0 * math.sqrt(2.0) + 0.1
    velocity = np.array(truth["lander.velocity_m_s"])
    assert 0.0 < np.linalg.norm(velocity) < 0.6
    assert 0.0 < truth["lander.tilt_rad"] < math.radians(1.5)
    run.tick(0, 200)
    assert (run.body["velocity_m_s"] == velocity).all()
    assert run.body["altitude_m"] == pytest.approx(500.0 + 2.0 * velocity[2], abs=0.5)
    run.tick(200, 100)
    assert run.body["velocity_m_s"][2] == pytest.approx(velocity[2] - 1.634, abs=0.01)


def test_the_dispersions_have_the_size_that_the_row_says() -> None:
    run, row = Run(), SCENARIOS["hover"]
    east: list[float] = []
    speed: list[float] = []
    away: list[float] = []
    for seed in range(200):
        run.reset("hover", seed)
        east.append(run.body["position_m"][0])
        speed.extend(run.body["velocity_m_s"])
        uploaded = run.world.uploaded_state()
        away.extend(uploaded[f"position_m[{i}]"] - run.body["position_m"][i] for i in range(3))
    assert max(np.abs(east)) <= row.position_spread_m + 0.1
    assert np.std(east) == pytest.approx(row.position_spread_m / math.sqrt(3.0), rel=0.2)
    assert np.std(speed) == pytest.approx(row.velocity_sigma_m_s, rel=0.15)
    assert np.std(away) == pytest.approx(row.upload_position_sigma_m, rel=0.15)
    assert abs(np.mean(away)) < 0.4


def test_the_uploaded_state_is_the_truth_with_the_errors_it_names() -> None:
    run = Run().reset("hover", 3)
    uploaded, truth = run.world.uploaded_state(), run.world.truth()
    assert 0.0 < abs(uploaded["altitude_m"] - truth["lander.altitude_m"]) < 5.0 * uploaded["sigma_altitude_m"]
    quaternion = [uploaded[f"quaternion_site_from_body[{i}]"] for i in range(4)]
    assert math.hypot(*quaternion) == pytest.approx(1.0, abs=1e-12)
    overlap = abs(sum(a * b for a, b in zip(quaternion, truth["lander.quaternion_site_from_body"], strict=True)))
    assert 0.0 < 2.0 * math.acos(min(1.0, overlap)) < 5.0 * math.sqrt(3.0) * uploaded["sigma_attitude_rad"]
    exact = run.reset("hover", 3, upload_position_sigma_m=0.0, upload_velocity_sigma_m_s=0.0, upload_attitude_sigma_rad=0.0)
    assert exact.world.uploaded_state()["velocity_m_s[1]"] == run.body["velocity_m_s"][1]


@pytest.mark.parametrize("seed", range(30))
def test_surface_starts_at_rest_on_its_pads(seed: int) -> None:
    run = Run().reset("surface", seed)
    before = run.octets("lander")
    assert OUTCOMES[run.body["outcome"]] == "landed"
    assert run.body["pad_contact"].sum() >= 3
    assert run.body["tilt_rad"] < math.radians(12.0)
    run.tick(0, 300)
    assert run.octets("lander") == before


def test_bench_has_no_flight_dynamics() -> None:
    run = Run(tick_s=0.001).reset("bench", 1)
    before = run.octets("lander")
    run.world.arena.view("lander.actuation")["engine_thrust_n"] = 0.0
    run.tick(0, 100)
    assert run.octets("lander") == before
    assert run.body["specific_force_m_s2"][2] == pytest.approx(1.63536, abs=1e-4)


def test_a_fall_without_an_engine_ends_in_a_crash() -> None:
    run = Run().reset("hover", 2, altitude_m=20.0)
    run.tick(0, 900)
    truth = run.world.truth()
    assert truth["lander.outcome"] == "crashed"
    assert truth["lander.touchdown_vertical_m_s"] == pytest.approx(math.sqrt(2 * 1.634 * 20.0), rel=0.05)
    assert truth["lander.speed_m_s"] == 0.0


@pytest.mark.parametrize(
    ("scenario", "options", "reason"),
    [
        ("orbit", {}, "no scenario 'orbit'; there are .*hover"),
        ("hover", {"altitude": 3.0}, "no option 'altitude'"),
        ("hover", {"altitude_m": 1.0}, "altitude_m = 1 is not within 3 to 100000"),
        ("hover", {"hold_s": math.nan}, "hold_s = nan is not within"),
    ],
)
def test_what_does_not_exist_is_refused_and_changes_nothing(scenario: str, options: dict[str, float], reason: str) -> None:
    run = Run().reset("hover", 4)
    before = run.world.arena.save()
    with pytest.raises(ValueError, match=reason):
        run.world.initialise(scenario, 5, options)
    assert run.world.arena.save() == before


def test_every_option_of_every_scenario_has_bounds_that_hold_its_default() -> None:
    assert set(OPTIONS) == set(BOUNDS)
    row = SCENARIOS["hover"]
    assert all(BOUNDS[option][0] <= getattr(row, option) <= BOUNDS[option][1] for option in OPTIONS)


def test_truth_names_are_symbols_of_the_world_s_arena() -> None:
    run = Run().reset("hover", 4)
    truth = run.world.truth()
    for name, value in truth.items():
        if name.startswith("lander."):
            first = f"{name}[0]" if isinstance(value, list) else name
            assert run.world.arena.symbol(run.world.truth_symbol(first)).name == first
    with pytest.raises(KeyError):
        run.world.truth_symbol("terrain.seed")
    with pytest.raises(KeyError):
        run.world.truth_symbol("lander.height")


def test_faults_reach_the_devices_and_show_in_truth() -> None:
    run = Run().reset("hover", 4)
    matrix = run.world.faults()
    assert {row["device"] for row in matrix} >= {"lander.imu", "lander.altimeter", "lander.engine", "lander.thrusters", "lander.legs"}
    run.world.inject("lander.altimeter", "off", {}, 0)
    assert [fault["device"] for fault in run.world.truth()["faults"]] == ["lander.altimeter"]
    run.world.clear("lander.altimeter", None, 0)
    assert run.world.truth()["faults"] == []
    with pytest.raises(ValueError, match="no device"):
        run.world.inject("lander.nothing", "off", {}, 0)


def test_a_world_is_connected_once_and_before_its_slots_are_asked_for() -> None:
    world = SimulatedWorld()
    with pytest.raises(ValueError, match="not connected"):
        world.slots()
    world.connect({})
    assert "lander.body" in [slot.code.name for slot in world.slots()]
    with pytest.raises(ValueError, match="connected already"):
        world.connect({})


def test_the_body_moves_between_the_actuators_and_the_sensors() -> None:
    names = [slot.code.name for slot in Run().slots]
    at = names.index("lander.body")
    assert any("can" in name for name in names[:at])
    assert any("imu" in name for name in names[at:])


def test_the_arena_stays_within_its_capacity() -> None:
    run = Run()
    assert run.world.arena.used <= 448 * 1024


def test_a_place_above_the_site_is_where_the_map_says_and_upright_there() -> None:
    for east, north, height in ((0.0, 0.0, 3.0), (12.0, -7.0, 500.0), (-4.4e5, 3.0e4, 15000.0)):
        position, up = place_above(east, north, height)
        assert map_coordinates(position) == pytest.approx((east, north, height), rel=1e-12, abs=1e-7)
        assert body_axis(upright(up)) == pytest.approx(up, abs=1e-14)


def test_turns_compose_like_rotation_matrices() -> None:
    quarter = small_turn((math.pi / 2, 0.0, 0.0))
    assert body_axis(quarter) == pytest.approx((0.0, -1.0, 0.0), abs=1e-15)
    assert body_axis(multiply(small_turn((0.0, 0.0, math.pi / 2)), quarter)) == pytest.approx((1.0, 0.0, 0.0), abs=1e-15)
    assert small_turn((0.0, 0.0, 0.0)) == (1.0, 0.0, 0.0, 0.0)
