import threading

import pytest

from ground.clock import SECOND_NS, GroundClock, SimulatedClock, ground_text


def test_ground_time_never_goes_back() -> None:
    clock = GroundClock(1000.0)
    readings = [clock.now_ns() for _ in range(1000)]
    assert readings == sorted(readings)


def test_a_factor_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="factor is 0"):
        GroundClock(0.0)


def test_a_time_out_is_in_ground_time() -> None:
    clock = GroundClock(1e6)
    condition = threading.Condition()
    before = clock.now_ns()
    with condition:
        assert not clock.wait(condition, lambda: False, 60.0)
    assert clock.now_ns() - before >= 60 * SECOND_NS


def test_simulated_time_stands_still_until_it_is_advanced() -> None:
    clock = SimulatedClock(5 * SECOND_NS)
    condition = threading.Condition()
    outcome: list[bool] = []

    def waiter() -> None:
        with condition:
            outcome.append(clock.wait(condition, lambda: False, 10.0))

    thread = threading.Thread(target=waiter)
    thread.start()
    clock.advance_to(14 * SECOND_NS)
    assert clock.now_ns() == 14 * SECOND_NS
    while thread.is_alive():
        clock.advance_to(clock.now_ns() + SECOND_NS)
        thread.join(0.01)
    assert outcome == [False]


def test_simulated_time_does_not_go_back() -> None:
    clock = SimulatedClock(10)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(9)


def test_what_is_awaited_ends_the_wait_before_time_passes() -> None:
    clock = SimulatedClock()
    condition = threading.Condition()
    with condition:
        assert clock.wait(condition, lambda: True, 10.0)
    assert clock.now_ns() == 0


def test_ground_time_is_shown_as_utc() -> None:
    assert ground_text(1_546_481_464 * SECOND_NS + 20_000_000) == "2019-01-03T02:11:04.020Z"
