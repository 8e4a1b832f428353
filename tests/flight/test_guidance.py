"""Guidance: phases, their confirmations, commands and the demand that goes to control."""

from __future__ import annotations

import math

import pytest

from flight.apps.guidance import EVIDENCE_ALTITUDE, EVIDENCE_LEGS, EVIDENCE_REST, GuidancePhase
from flight.lander_geometry import ENGINE_GREATEST_N, ENGINE_LEAST_N
from flight.ports import STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED
from tests.flight.app_bench import GRAVITY_M_S2, STALE, LanderBench
from wire.dictionary import FAILURE_CODE, LANDER

PHASE_IDLE, PHASE_HOVER, PHASE_APPROACH, PHASE_SLOW_DESCENT, PHASE_CUT_OFF, PHASE_STANDING = tuple(GuidancePhase)[:6]


@pytest.fixture
def bench() -> LanderBench:
    bench = LanderBench()
    bench.load()
    return bench


def cycle(
    bench: LanderBench, cycles: int = 1, altitude_m: float | None = None, force_m_s2: float | None = None, pads: tuple[int, ...] = ()
) -> None:
    """Cycles of guidance with shots at that altitude (none when None); without a force, one that balances gravity."""
    for _ in range(10 * cycles):
        bench.feel(force_m_s2=(0, 0, GRAVITY_M_S2 + 0.00094 if force_m_s2 is None else force_m_s2))
        if bench.tick % 10 == 0:
            bench.press(*pads)
            if altitude_m is not None:
                bench.shoot(altitude_m)
        bench.step()


def descending(bench: LanderBench, altitude_m: float, speed_m_s: float = -1.5) -> None:
    """In DESCENT at that altitude, as navigation believes it."""
    bench.load(altitude_m=altitude_m, speed_m_s=speed_m_s, sigma_altitude_m=0.3)
    bench.set_mode("DESCENT")


def fall_to_the_ground(bench: LanderBench, pads: tuple[int, ...], rest: bool) -> None:
    """Cut off at 2 m, and lie on the ground as far as the arguments say."""
    descending(bench, 1.9)
    cycle(bench, 3, altitude_m=1.9)
    assert bench.demand["phase"] == PHASE_CUT_OFF
    cycle(bench, 6, force_m_s2=0.0)
    bench.load(altitude_m=0.0 if rest else 0.9, speed_m_s=0.0 if rest else -2.5, sigma_altitude_m=0.3)
    cycle(bench, 12, force_m_s2=GRAVITY_M_S2 if rest else 0.0, pads=pads)


def test_the_phases_are_those_of_the_dictionary() -> None:
    enumeration = LANDER.parameter("guidance.phase").enumeration
    assert enumeration is not None
    assert {phase.value: phase.name.removeprefix("PHASE_") for phase in GuidancePhase} == {m.value: m.name for m in enumeration.members}


@pytest.mark.parametrize("mode", ["SAFE", "STANDBY", "LANDED"])
def test_nothing_is_armed_outside_hover_and_descent(bench: LanderBench, mode: str) -> None:
    bench.set_mode("HOVER")
    cycle(bench, 3, altitude_m=500.0)
    assert bench.engine["armed"] == bench.thrusters["armed"] == 1
    bench.set_mode(mode)
    cycle(bench, 2, altitude_m=500.0)
    assert (bench.engine["armed"], bench.engine["thrust_n"]) == (0, 0)
    assert bench.thrusters["armed"] == 0
    assert not bench.thrusters["on_time_s"].any()
    assert bench.demand["phase"] == PHASE_IDLE


def test_nothing_is_armed_before_a_state_is_known() -> None:
    bench = LanderBench()
    bench.set_mode("HOVER")
    cycle(bench, 3, altitude_m=500.0)
    assert (bench.demand["phase"], bench.engine["armed"]) == (PHASE_IDLE, 0)


def test_hover_holds_the_height_at_which_it_began_with_the_weight_as_thrust(bench: LanderBench) -> None:
    bench.set_mode("HOVER")
    cycle(bench, 20, altitude_m=500.0)
    assert bench.demand["commanded_altitude_m"] == pytest.approx(500.0, abs=0.5)
    assert bench.demand["target_velocity_m_s"] == pytest.approx([0, 0, 0], abs=0.1)
    assert bench.demand["thrust_command_n"] == pytest.approx(bench.demand["mass_kg"] * GRAVITY_M_S2, rel=0.05)


def test_hover_out_of_motion_holds_where_it_can_stop(bench: LanderBench) -> None:
    bench.load(altitude_m=400.0, speed_m_s=-8.0, **{"velocity_m_s[0]": 2.0})
    bench.set_mode("HOVER")
    cycle(bench, 1)
    assert bench.demand["commanded_altitude_m"] == pytest.approx(400 - 80, abs=2)
    assert bench.demand["held_position_m"][0] == pytest.approx(4.0, abs=0.1)


def test_a_height_set_by_parameter_is_flown_to(bench: LanderBench) -> None:
    bench.set_mode("HOVER")
    cycle(bench, 3, altitude_m=500.0)
    bench.demand["commanded_altitude_m"] = 450.0
    cycle(bench, 1, altitude_m=500.0)
    assert -8.0 <= bench.demand["target_velocity_m_s"][2] < -3.0
    assert bench.demand["thrust_command_n"] < bench.demand["mass_kg"] * GRAVITY_M_S2


@pytest.mark.parametrize(("altitude_m", "speed_m_s"), [(1000.0, -15.0), (500.0, -15.0), (265.0, -10.66), (30.5, -1.57), (20.0, -1.5)])
def test_the_descent_speed_follows_the_altitude(bench: LanderBench, altitude_m: float, speed_m_s: float) -> None:
    descending(bench, altitude_m, speed_m_s)
    cycle(bench, 1)
    assert bench.demand["target_velocity_m_s"][2] == pytest.approx(speed_m_s, rel=0.03)
    assert bench.demand["target_velocity_m_s"][:2] == pytest.approx([0, 0])


@pytest.mark.parametrize("speed_m_s", [-60.0, -15.0, 0.0, 20.0])
@pytest.mark.parametrize("across_m_s", [0.0, 10.0])
def test_thrust_and_tilt_stay_within_their_limits(bench: LanderBench, speed_m_s: float, across_m_s: float) -> None:
    bench.load(altitude_m=300.0, speed_m_s=speed_m_s, **{"velocity_m_s[1]": across_m_s})
    bench.set_mode("DESCENT")
    cycle(bench, 2)
    assert ENGINE_LEAST_N <= bench.demand["thrust_command_n"] <= ENGINE_GREATEST_N
    a = bench.demand["acceleration_m_s2"]
    assert math.hypot(a[0], a[1]) <= 0.2001 * a[2]
    assert (a[1] < -0.1) == (across_m_s > 0)


def test_a_weak_engine_reads_as_a_heavy_lander_and_gets_more_thrust(bench: LanderBench) -> None:
    """SCN-07: half the thrust is gone; what is commanded must double."""
    bench.set_mode("HOVER")
    cycle(bench, 30, altitude_m=500.0)
    mass = float(bench.demand["mass_kg"])
    for _ in range(100):
        felt = 0.55 * float(bench.arena.view("guidance.state")["lagged_thrust_n"]) / mass
        bench.load()
        cycle(bench, 1, altitude_m=500.0, force_m_s2=felt)
    assert bench.demand["mass_kg"] == pytest.approx(mass / 0.55, rel=0.05)
    assert bench.demand["thrust_command_n"] == pytest.approx(mass / 0.55 * GRAVITY_M_S2, rel=0.1)


def test_an_engine_that_gives_nothing_is_told_once(bench: LanderBench) -> None:
    bench.set_mode("HOVER")
    cycle(bench, 20, altitude_m=500.0)
    mass = float(bench.demand["mass_kg"])
    bench.apps["guidance"].events()
    cycle(bench, 20, force_m_s2=0.0)
    assert [event.name for event in bench.apps["guidance"].events()] == ["engine_powerless"]
    assert bench.demand["mass_kg"] == mass


def test_the_engine_is_cut_off_at_two_metres_on_estimate_and_shot(bench: LanderBench) -> None:
    descending(bench, 2.3)
    cycle(bench, 1, altitude_m=2.3)
    assert bench.demand["phase"] == PHASE_APPROACH
    cycle(bench, 1, altitude_m=2.2)
    assert bench.demand["phase"] == PHASE_SLOW_DESCENT
    assert bench.engine["armed"] == 1
    bench.apps["guidance"].events()
    cycle(bench, 4, altitude_m=1.8)
    assert bench.demand["phase"] == PHASE_CUT_OFF
    assert (bench.engine["armed"], bench.engine["thrust_n"]) == (0, 0)
    assert bench.thrusters["armed"] == 1
    assert [event.name for event in bench.apps["guidance"].events()] == ["engine_cutoff", "guidance_phase"]


def test_a_wrong_estimate_alone_does_not_cut_the_engine_off(bench: LanderBench) -> None:
    """SCN-22: an altitude that nothing confirms moves no phase; here the shots, not yet believed, say 400 m."""
    descending(bench, 1.0)
    for _ in range(8):
        cycle(bench, 1, altitude_m=400.0)
        assert bench.demand["phase"] == PHASE_APPROACH
        assert bench.engine["armed"] == 1


def test_without_shots_the_cut_off_is_inertial_when_sigma_is_small(bench: LanderBench) -> None:
    """SCN-16: the radar lost the ground at the last moment."""
    descending(bench, 1.9)
    cycle(bench, 4)
    assert bench.demand["phase"] == PHASE_CUT_OFF


def test_without_shots_and_without_trust_the_engine_runs_until_the_pads_touch(bench: LanderBench) -> None:
    bench.load(altitude_m=1.9, speed_m_s=-1.5, sigma_altitude_m=8.0)
    bench.set_mode("DESCENT")
    cycle(bench, 6)
    assert bench.engine["armed"] == 1
    cycle(bench, 3, pads=(0, 1))
    assert bench.demand["phase"] == PHASE_CUT_OFF


@pytest.mark.parametrize("pads", [(0, 1, 2, 3), (0, 2)])
def test_leg_contacts_count_for_nothing_above_twelve_metres(bench: LanderBench, pads: tuple[int, ...]) -> None:
    """SCN-21: the legs' unfolding was taken for touchdown, and the engine cut off at 40 m."""
    descending(bench, 200.0, -8.0)
    cycle(bench, 50, pads=pads)
    assert bench.engine["armed"] == 1
    bench.load(altitude_m=11.0, speed_m_s=-1.5, sigma_altitude_m=0.3)
    cycle(bench, 10, pads=pads)
    assert bench.engine["armed"] == 1, "pressed since before there was ground to press them"
    cycle(bench, 1, pads=())
    cycle(bench, 2, pads=pads)
    assert bench.engine["armed"] == 0, "released and pressed again"


def test_one_pad_or_one_read_is_no_contact(bench: LanderBench) -> None:
    descending(bench, 8.0)
    for _ in range(5):
        cycle(bench, 1, pads=(3,))
        cycle(bench, 1, pads=())
        cycle(bench, 1, pads=(0, 1, 2, 3))
        cycle(bench, 1, pads=())
    assert bench.engine["armed"] == 1


def test_old_leg_readings_are_no_contact(bench: LanderBench) -> None:
    descending(bench, 8.0)
    bench.press(0, 1, 2, 3)
    bench.legs["validity"] = STALE
    for _ in range(50):
        bench.feel()
        bench.step()
    assert bench.engine["armed"] == 1


def test_standing_on_the_ground_with_a_wrong_altitude_ends_all_the_same(bench: LanderBench) -> None:
    bench.load(altitude_m=40.0, speed_m_s=0.0)
    bench.set_mode("DESCENT")
    for _ in range(45):
        bench.load(altitude_m=40.0, speed_m_s=0.0)
        cycle(bench, 1, pads=(0, 1, 2, 3))
    assert bench.engine["armed"] == 0


@pytest.mark.parametrize(
    ("pads", "rest", "evidence"),
    [
        ((0, 1, 2, 3), True, EVIDENCE_LEGS | EVIDENCE_ALTITUDE),
        ((), True, EVIDENCE_ALTITUDE | EVIDENCE_REST),
    ],
)
def test_two_confirmations_make_it_stand_and_the_mode_manager_agree(
    bench: LanderBench, pads: tuple[int, ...], rest: bool, evidence: int
) -> None:
    fall_to_the_ground(bench, pads, rest)
    assert bench.demand["phase"] == PHASE_STANDING
    assert bench.demand["evidence"] & evidence == evidence
    assert bench.mode["mode"] == bench.modes["LANDED"]
    assert bench.thrusters["armed"] == 0
    assert "touchdown" in [event.name for event in bench.apps["guidance"].events()]


def test_contact_alone_is_not_standing(bench: LanderBench) -> None:
    fall_to_the_ground(bench, (0, 1, 2, 3), rest=False)
    assert bench.demand["phase"] == PHASE_CUT_OFF
    assert bench.mode["mode"] == bench.modes["DESCENT"]


def test_a_cut_off_without_ground_is_taken_back(bench: LanderBench) -> None:
    descending(bench, 1.9)
    cycle(bench, 3, altitude_m=1.9)
    assert bench.demand["phase"] == PHASE_CUT_OFF
    cycle(bench, 30, force_m_s2=0.0)
    assert bench.demand["phase"] in (PHASE_APPROACH, PHASE_SLOW_DESCENT)
    assert bench.engine["armed"] == 1


def test_land_starts_completes_and_reports_each_stage_once(bench: LanderBench) -> None:
    guidance = bench.apps["guidance"]
    bench.set_mode("HOVER")
    cycle(bench, 2, altitude_m=500.0)
    guidance.command("land", 77)
    cycle(bench, 2, altitude_m=500.0)
    assert bench.mode["mode"] == bench.modes["DESCENT"]
    assert bench.demand["phase"] == PHASE_APPROACH
    assert guidance.replies() == [(77, STAGE_STARTED, 0)]
    fall_to_the_ground(bench, (0, 1, 2, 3), rest=True)
    assert guidance.replies() == [(77, STAGE_COMPLETED, 0)]


def test_hover_out_of_a_descent_aborts_the_landing_and_completes_when_it_holds(bench: LanderBench) -> None:
    guidance = bench.apps["guidance"]
    bench.set_mode("HOVER")
    cycle(bench, 2, altitude_m=500.0)
    guidance.command("land", 1)
    cycle(bench, 3, altitude_m=500.0)
    guidance.command("hover", 2)
    cycle(bench, 3, altitude_m=500.0)
    assert bench.mode["mode"] == bench.modes["HOVER"]
    assert guidance.replies() == [(1, STAGE_STARTED, 0), (1, STAGE_FAILED, FAILURE_CODE["ABORTED"]), (2, STAGE_STARTED, 0)]
    bench.demand["commanded_altitude_m"] = 500.0
    cycle(bench, 15, altitude_m=500.0)
    assert guidance.replies() == [(2, STAGE_COMPLETED, 0)]


def test_a_command_whose_mode_is_refused_fails_to_start(bench: LanderBench) -> None:
    guidance = bench.apps["guidance"]
    bench.set_mode("HOVER")
    cycle(bench, 2, altitude_m=500.0)
    bench.mode["mode"] = bench.modes["LANDED"]
    guidance.command("hover", 5)
    guidance.command("land", 6)
    guidance.raw_command(999, 7)
    cycle(bench, 10, altitude_m=500.0)
    replies = guidance.replies()
    assert replies[0] == (5, STAGE_START_FAILED, FAILURE_CODE["BUSY"])
    assert (7, STAGE_START_FAILED, FAILURE_CODE["UNKNOWN_FUNCTION"]) in replies
    assert (6, STAGE_START_FAILED, FAILURE_CODE["MODE_REFUSED"]) in replies


def test_safe_mode_during_a_landing_fails_the_command(bench: LanderBench) -> None:
    guidance = bench.apps["guidance"]
    bench.set_mode("HOVER")
    cycle(bench, 2, altitude_m=500.0)
    guidance.command("land", 9)
    cycle(bench, 3, altitude_m=500.0)
    guidance.replies()
    bench.set_mode("SAFE")
    cycle(bench, 2, altitude_m=500.0)
    assert guidance.replies() == [(9, STAGE_FAILED, FAILURE_CODE["ABORTED"])]
    assert bench.engine["armed"] == 0
