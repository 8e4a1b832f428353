"""The executive, computers and their watchdogs, on the relay's table at 1 kHz with nothing around it."""

import pytest

from flight.executive import STOP_DONE, Executive, Row
from flight.record_log import RecordLog
from hal.core.arena import Arena
from tests.flight.station import Station, relay_mission

BOOT = 1000  # ticks


@pytest.fixture
def mission():
    made = relay_mission()
    yield made
    made.close()


def runs(mission):
    slots = mission.harness.view("executive.slots")
    return {row.name: int(slots["runs"][i]) for i, row in enumerate(mission.executive.rows)}


def place(mission, name):
    return [row.name for row in mission.executive.rows].index(name)


def test_no_slot_of_a_computer_runs_before_it_has_booted(mission):
    mission.run(BOOT)
    assert set(runs(mission).values()) == {0}
    mission.run(1)
    assert runs(mission)["relay.system.slot"] == 1


def test_each_slot_runs_in_its_rate_group_and_phase(mission):
    mission.run(BOOT + 100)
    found = runs(mission)
    assert found["relay.requests.slot"] == 100
    assert found["relay.housekeeping.slot"] == 10


def test_time_is_charged_to_the_frame_of_the_computer(mission):
    mission.run(BOOT + 11)
    state = mission.harness.view("computer.relay")
    every_tick = sum(row.cost_us for row in mission.executive.rows if row.computer == 0 and row.divisor == 1)
    assert int(state["frame_last_ns"]) == round(every_tick * 1000)


def test_a_slow_slot_overruns_the_frame_and_what_may_be_shed_is_shed(mission):
    station = Station(mission)
    mission.run(BOOT + 100)
    before = runs(mission)
    mission.slot("relay.requests.slot", cost_factor=13.4)
    mission.run(2000)
    after, state = runs(mission), mission.harness.view("computer.relay")
    assert int(state["overruns"]) == 0
    assert after["relay.housekeeping.slot"] == before["relay.housekeeping.slot"]
    assert int(state["shed"]) == 200
    mission.slot("relay.requests.slot", cost_factor=30.0)
    mission.run(2000)
    assert int(state["overruns"]) == 2000
    events = station.events("relay")
    assert "slot_shed" in events
    assert "computer_overrun" in events
    assert events.count("computer_overrun") <= 3  # told once a second, with a count


def test_a_hung_slot_stops_its_computer_and_the_watchdog_resets_it(mission):
    station = Station(mission)
    mission.run(BOOT + 500)
    mission.slot("relay.modes.slot", hung=True)
    mission.run(10)
    stopped = runs(mission)
    mission.run(1000)
    assert runs(mission) == stopped
    mission.slot("relay.modes.slot", hung=False)
    mission.run(2000 + BOOT + 500)
    state = mission.harness.view("computer.relay")
    assert (int(state["boot_count"]), int(state["reset_cause"]), int(state["crashes"])) == (2, 2, 1)
    assert int(state["crash_slot"]) == place(mission, "relay.modes.slot")
    assert station.events("relay").count("boot") == 2
    assert "watchdog_reset" in station.events("relay")


def test_a_computer_that_is_off_runs_nothing_and_starts_anew_when_switched_on(mission):
    mission.run(BOOT + 500)
    mission.poke("relay.mode.mode", 0)
    mission.computer("relay", "off")
    mission.run(1)
    stopped = runs(mission)
    mission.run(5000)
    assert runs(mission) == stopped
    mission.computer("relay", "on")
    mission.run(BOOT + 10)
    assert mission.peek("relay.mode.mode") == 1  # STANDBY, as built
    assert int(mission.harness.view("computer.relay")["boot_count"]) == 2


def test_frames_for_a_computer_that_is_off_die_and_are_counted(mission):
    station = Station(mission)
    mission.run(BOOT + 10)
    mission.computer("relay", "off")
    mission.run(1)
    station.send("relay", "ping")
    mission.run(5)
    assert mission.peek("harness.radio.unpowered[0]") == 1


def test_commands_that_waited_for_a_computer_die_with_its_power(mission):
    station = Station(mission)
    mission.run(BOOT + 10)
    requests = [station.send("relay", "ping") for _ in range(12)]
    mission.run(1)  # four are taken in a tick, more wait: in the radio, and in the computer's own memory
    in_memory = mission.peek("relay.requests.packets.head") - mission.peek("relay.requests.packets.tail")
    mission.computer("relay", "off")
    mission.run(5)
    executed = [request for request in requests if station.stages(request)]
    assert 0 < len(executed) < 12
    assert mission.peek("harness.radio.unpowered[0]") == 12 - len(executed) - in_memory > 0
    mission.computer("relay", "on")
    mission.run(BOOT + 20)
    assert [request for request in requests if station.stages(request)] == executed


@pytest.mark.parametrize("factor", [1e12, float("inf"), float("nan"), -1.0])
def test_a_cost_beyond_counting_is_an_overrun_and_never_cheap(mission, factor):
    mission.run(BOOT + 10)
    mission.harness.view("executive.slots")["cost_factor"] = factor
    mission.run(1)
    assert mission.peek("harness.computer.relay.overruns") == 1
    assert mission.peek("harness.computer.relay.frame_used_ns") >= 0xFFFFFFFF


def test_the_watchdog_margin_is_reported(mission):
    mission.run(BOOT + 2500)
    assert mission.peek("relay.system.watchdog_margin_ticks") == 2000 - 1


def test_a_run_stops_after_the_first_tick_in_which_a_condition_holds(mission):
    found = mission.run_until([("relay.system.uptime_s", ">=", 5.0), ("relay.system.uptime_s", ">=", 0.25)], 10_000)
    assert found == {"met": 1, "tick": BOOT + 251}
    assert mission.run_until([("relay.system.uptime_s", "<", -1.0)], 10) == {"met": None, "tick": BOOT + 261}


def test_a_condition_on_an_unknown_symbol_or_operator_is_refused(mission):
    with pytest.raises(KeyError, match="there is no symbol"):
        mission.run_until([("relay.nothing.here", ">", 0)], 1)
    with pytest.raises(ValueError, match="operators are"):
        mission.run_until([("relay.mode.mode", "=<", 0)], 1)


def test_a_stop_asked_for_before_the_run_is_not_lost(mission):
    mission.request_stop()
    assert mission.run(100) == 0
    assert mission.run(100) == 100


@pytest.mark.parametrize(("divisor", "phase", "computer"), [(0, 0, -1), (10, 10, -1), (1, 0, 1), (7001, 0, -1)])
def test_a_table_that_cannot_be_run_is_refused(mission, divisor, phase, computer):
    code = mission.executive.rows[0].code
    with pytest.raises(ValueError):
        Executive(Arena("harness"), [Row("x", code, computer=computer, divisor=divisor, phase=phase)], [], RecordLog(), 1_000_000)


def test_an_empty_table_lets_time_pass():
    executive = Executive(Arena("harness"), [], [], RecordLog(), 1_000_000)
    assert executive.run(12345) == STOP_DONE
    assert executive.tick == 12345


def test_a_paced_run_is_late_and_never_overruns(mission):
    assert mission.run_paced(300, 1e6) == 300
    assert int(mission.harness.view("computer.relay")["overruns"]) == 0


def test_ten_milliseconds_at_real_time_take_ten_milliseconds():
    from flight.clock import now_ns

    mission = relay_mission(real_time=True)
    before = now_ns()
    mission.run_real(10)
    assert now_ns() - before >= 9_000_000
    mission.close()


@pytest.mark.parametrize("portable", [False, True])
def test_sleeping_reaches_its_deadline_with_and_without_the_calls_that_only_linux_has(portable):
    from flight import clock

    clock.use_portable(portable)
    try:
        deadline = clock.now_ns() + 2_000_000
        clock.sleep_until_ns(deadline)
        assert clock.now_ns() >= deadline
    finally:
        clock.use_portable(False)
