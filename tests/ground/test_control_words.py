"""What comes down in control fields: CLCWs for COP-1, security reports for people, and nothing of the one in the other's place."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from ground.console.lists import _control_words
from ground.console.monitor import LinkMonitor
from ground.console.status import security_fields
from ground.control_words import ControlWords, clcw_text, security_json, security_text
from ground.frames import FrameReceiver, LinkCounters
from wire import cadu, clcw, fsr
from wire.dictionary import LANDER, ROVER
from wire.fsr import FrameSecurityReport
from wire.tm_frame import Channel

SPACECRAFT = LANDER.vehicle.spacecraft_id
GOOD = 0xC000_0100
REFUSED = 0xCA00_0142


def report(word: int) -> FrameSecurityReport:
    found = fsr.parse(word)
    assert found is not None
    return found


def test_a_report_never_takes_the_place_of_a_clcw() -> None:
    words = ControlWords()
    for count, word in enumerate((0x0100_0005, GOOD, 0x0100_0006, REFUSED, 0x8000_0000, 0xF123_4567)):
        words.take(SPACECRAFT, count, word)
    assert words.clcw == {SPACECRAFT: 0x0100_0006}
    assert words.security == {SPACECRAFT: report(REFUSED)}
    assert words.counts == {"clcws": 2, "security_reports": 2, "other_words": 2}
    assert words.fresh() == [(SPACECRAFT, 0x0100_0006)]


def test_a_clcw_is_handed_on_once_and_not_again_when_a_report_comes() -> None:
    """To COP-1 a report that is no news is none: it may be what a sequence waits for."""
    words = ControlWords()
    words.take(SPACECRAFT, 0, 0x0100_0005)
    assert words.fresh() == [(SPACECRAFT, 0x0100_0005)]
    words.take(SPACECRAFT, 1, GOOD)
    assert words.fresh() == []
    words.take(SPACECRAFT, 2, 0x0100_0005)
    assert words.fresh() == [(SPACECRAFT, 0x0100_0005)]


def test_late_and_repeated_frames_say_nothing_new() -> None:
    words = ControlWords()
    words.take(SPACECRAFT, 7, REFUSED)
    for count in (7, 6, 250):
        words.take(SPACECRAFT, count, GOOD)
        words.take(SPACECRAFT, count, 0x0100_0009)
    assert (words.clcw, words.security) == ({}, {SPACECRAFT: report(REFUSED)})


def test_of_ten_thousand_chance_words_each_is_counted_as_what_it_is() -> None:
    draw = random.Random(4)
    words = ControlWords()
    expected = [0, 0, 0]
    for n in range(10_000):
        word = draw.getrandbits(32)
        words.take(SPACECRAFT, n & 0xFF, word)
        expected[0 if not word >> 31 else 1 if word >> 28 == 0xC else 2] += 1
    assert list(words.counts.values()) == expected


def test_both_kinds_come_out_of_coded_frames_by_vehicle_and_are_counted() -> None:
    receiver = FrameReceiver({SPACECRAFT, ROVER.vehicle.spacecraft_id})
    lander, rover = Channel(SPACECRAFT, 0), Channel(ROVER.vehicle.spacecraft_id, 0)
    for count, (channel, word) in enumerate(((lander, 0x0100_0003), (rover, 0x0100_0004), (lander, REFUSED), (lander, 0x0100_0007))):
        receiver.feed(cadu.encode(channel.idle(count, word)))
    assert receiver.words.clcw == {SPACECRAFT: 0x0100_0007, ROVER.vehicle.spacecraft_id: 0x0100_0004}
    assert receiver.words.security == {SPACECRAFT: report(REFUSED)}
    total = LinkCounters()
    receiver.add_to(total)
    receiver.add_to(total)
    found = total.as_json()
    assert (found["clcws"], found["security_reports"], found["other_words"]) == (6, 2, 0)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (0xC000_0000, "no frame has come"),
        (0xC000_0142, "no alarm, last frame accepted; SPI 1, number ...42"),
        (0xC800_0142, "alarm (a frame was refused), last frame accepted; SPI 1, number ...42"),
        (0xCA00_0142, "alarm (a frame was refused), last frame refused: wrong MAC; SPI 1, number ...42"),
        (0xCC00_0142, "alarm (a frame was refused), last frame refused: number not fresh; SPI 1, number ...42"),
        (0xC9AB_CD00, "alarm (a frame was refused), last frame refused: no such association; SPI 43981, number ...00"),
        (0xC800_0000, "alarm (a frame was refused), last frame accepted; SPI 0, number ...00"),
    ],
)
def test_a_report_reads_as_a_line(word: int, text: str) -> None:
    assert security_text(report(word)) == text
    assert security_json(report(word))["last_spi"] == word >> 8 & 0xFFFF


def test_a_clcw_reads_as_a_line() -> None:
    assert clcw_text(clcw.build(cop_in_effect=1, report_value=7, farm_b_count=2)) == "V(R) 7, FARM-B 2"
    assert clcw_text(clcw.build(lockout=1, wait=1)) == "V(R) 0, FARM-B 0, lockout, wait"
    assert "no CLCW" in clcw_text(0x2000_0000)


def test_the_panel_says_secured_an_old_alarm_and_a_refusal() -> None:
    rover = ROVER.vehicle.spacecraft_id
    assert security_fields({}) == []
    assert [(f.name, f.text, f.colour) for f in security_fields({SPACECRAFT: report(GOOD)})] == [("", "secured", "up")]
    found = security_fields({rover: report(0xC800_0142), SPACECRAFT: report(REFUSED)})
    assert [(f.name, f.text, f.colour) for f in found] == [("lander", "refused: wrong MAC", "red"), ("rover", "security alarm", "yellow")]


def station(security: dict[int, FrameSecurityReport], words: dict[int, int]) -> Any:
    return SimpleNamespace(link=SimpleNamespace(security=security, clcw=words))


def test_the_link_command_shows_both_words_of_a_vehicle() -> None:
    lines = list(_control_words(station({SPACECRAFT: report(REFUSED)}, {SPACECRAFT: 0x0100_0007})))
    assert lines[0] == "lander: CLCW V(R) 7, FARM-B 0"
    assert "lander: security report" in lines[1]
    assert "wrong MAC" in lines[1]


def test_a_refusal_is_told_of_once_until_the_report_changes() -> None:
    ground = station({SPACECRAFT: report(GOOD)}, {})
    monitor = LinkMonitor(ground)
    assert monitor._refusals() == []
    ground.link.security = {SPACECRAFT: report(REFUSED)}
    assert monitor._refusals() == ["link: lander has refused a frame: wrong MAC (SPI 1)"]
    assert monitor._refusals() == []
    ground.link.security = {SPACECRAFT: report(0xC800_0143)}
    assert monitor._refusals() == []
    ground.link.security = {SPACECRAFT: report(0xC900_0743)}
    assert monitor._refusals() == ["link: lander has refused a frame: no such association (SPI 7)"]
