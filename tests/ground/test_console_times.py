"""What the console shows of time and of each virtual channel's traffic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.clock import SECOND_NS
from ground.orbit import light_ns
from tests.ground.fake import EPOCH_NS, LANDER, LANDER_SYSTEM, FakeSpacecraft
from tests.ground.test_console_state import Operator, tell


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with FakeSpacecraft() as spacecraft:
        made = Operator(spacecraft, tmp_path)
        yield made
        made.station.close()


def test_each_virtual_channel_has_its_rates_of_frames_packets_and_octets(operator: Operator) -> None:
    operator.connect()
    operator.pass_seconds(2.0)
    pong = operator.spacecraft.packet(LANDER_SYSTEM, 17, 2)
    operator.spacecraft.send(b"".join(operator.spacecraft.frames(LANDER, [pong] * 10)))
    operator.wait_packets(10)
    operator.pass_seconds(4.0)
    assert f"  lander real time: 0.25 frames, 2.50 packets, {10 * len(pong) / 4:.0f} octets of packets a second" in operator.type("link")


def test_both_times_are_shown_on_request(operator: Operator) -> None:
    operator.connect()
    operator.pass_seconds(100.0)
    tell(operator, "pictures", pictures__stored=312, pictures__next=315)
    operator.wait_packets(1)
    (alone,) = operator.type("tm lander.pictures.stored")
    assert operator.type("times both") == []
    (both,) = operator.type("tm lander.pictures.stored")
    assert "received" not in alone
    assert "Z  received 1970-01-01T00:01:40.000Z  lander.pictures.stored = 312" in both
    assert operator.type("times sideways")[0] == "which times?"
    assert operator.type("times board") == []
    assert operator.type("tm lander.pictures.stored") == [alone]


def test_the_clocks_are_shown_as_correlated(operator: Operator) -> None:
    operator.connect()
    for i in range(16):
        board_ns = EPOCH_NS + i * 16 * SECOND_NS
        operator.station.clocks.take("lander", board_ns, 10**18 + i * 16 * (SECOND_NS + 10_000) + light_ns("queqiao", "lander", board_ns))
    lines = operator.type("clocks")
    assert lines[0].startswith("lander: ")
    assert "drift -10.000 ppm; 16 time reports, 0.000 ms late on the average" in lines[0]
    assert lines[1] == "rover: no time report has come yet"
