"""The time that the declared link takes: what the ground waits for before it gives a command up."""

from pathlib import Path

import pytest

from ground.commanding import CommandStatus
from ground.endpoint import Endpoint
from ground.forward_line import ForwardLine
from ground.options import StationOptions
from ground.station import COMMAND_S, Station

SECOND = 1_000_000_000


def test_on_lab_nothing_takes_time() -> None:
    assert ForwardLine("lab").send("lander", 1_000, 5) == 0.0


def test_a_cltu_of_64_octets_to_the_lander_takes_its_4_096_s_and_the_light_time() -> None:
    assert ForwardLine("queqiao").send("lander", 64, 7 * SECOND) == pytest.approx(3.8 + 4.096)


def test_commands_wait_for_those_before_them_and_the_line_falls_free_again() -> None:
    line = ForwardLine("queqiao")
    assert line.send("lander", 64, 0) == pytest.approx(3.8 + 4.096)
    assert line.send("rover", 32, SECOND) == pytest.approx(3.8 + 3.096 + 2.048)
    assert line.send("lander", 64, 100 * SECOND) == pytest.approx(3.8 + 4.096)


def test_the_relay_does_not_wait_for_the_slow_line() -> None:
    line = ForwardLine("queqiao")
    line.send("lander", 640, 0)
    assert line.send("relay", 64, 0) == pytest.approx(3.8)


def station(archive: Path, speed: float) -> Station:
    """One that does not listen."""
    return Station(StationOptions(Endpoint("127.0.0.1", 1), Endpoint("127.0.0.1", 2), archive, speed))


def test_patience_is_that_of_lab_and_what_the_link_takes(tmp_path: Path) -> None:
    status = CommandStatus("lander.ping", "lander.ping", 1, 0, link_s=7.896)
    with station(tmp_path, 1.0) as ground:
        assert ground.patience_s(status) == pytest.approx(COMMAND_S + 7.896)
        assert "within 17.896 s" in str(ground.late(status))


def test_patience_lasts_ten_seconds_of_the_wall_however_fast_the_clock(tmp_path: Path) -> None:
    """A spacecraft that is held up for a moment is late by many seconds of a fast clock; its answer comes all the same."""
    with station(tmp_path, 20.0) as ground:
        assert ground.patience_s(CommandStatus("lander.ping", "lander.ping", 1, 0, link_s=7.896)) == pytest.approx(200.0)
        assert ground.patience_s(CommandStatus("lander.ping", "lander.ping", 1, 0, link_s=300.0)) == pytest.approx(310.0)
