"""COP-1's promise, in numbers: exactly once and in order, whatever the channel does within its bounds; and past them a full account."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.bench.cop1_channel import WINDOWS, WORST_LOSS, Link, Weather, draw
from wire.frame_shapes import build_tc_control

EPISODE = 500  # FDUs with the same weather
FINE = Weather(0, 0, 0, 3, 0, 0, 10)


@pytest.mark.long(2_000_000)
def test_two_million_frames_arrive_exactly_once_and_in_order(repetitions: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    link = Link(seed)
    link.begin()
    expected = 0
    carried, at_worst, sent = Counter[int](), Counter[int](), Counter[int]()  # by width of the window
    while expected < repetitions:
        target = min(expected + EPISODE, repetitions)
        weather = draw(link.dice)
        link.fop.direct("set_window", weather.window)
        link.fop.direct("set_t1", weather.t1)
        began, stuck_until = link.now, link.now + link.dice.choice((0, 0, 60, 400))
        carried[weather.window] += target - expected
        at_worst[weather.window] += target - expected if weather.loss_up == weather.loss_down == WORST_LOSS else 0
        frames = link.frames
        while expected < target:
            cut = weather.outage > 0 and 50 <= link.now - began < 50 + weather.outage
            link.step(weather, target, cut, link.now < stuck_until)
            assert not link.operator.alerts, f"seed {seed}, {weather}"
            if link.delivered:
                assert link.delivered == [expected], f"seed {seed}"
                expected += 1
                link.delivered.clear()
        sent[weather.window] += link.frames - frames
    for _ in range(1000):
        link.step(FINE, 0)
    assert link.operator.alerts == []
    assert link.operator.confirmed_up_to == expected == repetitions, f"seed {seed}"
    assert not link.delivered
    assert link.fop.not_applicable == 0
    assert link.farm.record["lockouts"] == 0
    assert link.farm.record["taken"] == repetitions
    assert link.waits > 0
    for window in WINDOWS:
        each = sent[window] / max(carried[window], 1)
        print(f"window {window}: {carried[window]} frames, {at_worst[window]} at {WORST_LOSS} each way, {each:.2f} transmissions a frame")
    print(f"{link.frames / repetitions:.2f} transmissions a frame, {link.now / repetitions:.2f} steps, Wait in {link.waits} reports")


def sent_afterwards(link: Link, steps: int = 2000) -> int:
    before = link.frames
    for _ in range(steps):
        link.step(FINE, 0)
    return link.frames - before


@pytest.mark.parametrize("seed", range(12))
def test_past_the_limit_the_alert_names_every_frame_of_unknown_fate_and_nothing_is_sent_again(seed: int) -> None:
    link = Link(seed)
    link.begin()
    link.fop.direct("set_window", 7)
    link.fop.direct("set_t1", FINE.t1)
    link.fop.direct("set_limit", 3 + seed % 4)
    cut_at = link.now + 20 + link.dice.randrange(60)
    lossy = Weather(0.4, 0.2, 0.1, 3, 2, 0, 7)
    while not link.operator.alerts:
        link.step(lossy, 10**6, cut=link.now >= cut_at)
    (alert,) = link.operator.alerts
    assert alert.code == "t1"
    unknown = [fdu for _, fdu in alert.unknown]
    assert unknown == list(range(link.operator.confirmed_up_to, link.operator.accepted_up_to))
    assert [number for number, _ in alert.unknown] == [fdu % 256 for fdu in unknown]
    assert list(alert.unsent) == list(range(link.operator.accepted_up_to, link.asked))
    assert sent_afterwards(link) == 0
    on_board = link.delivered
    assert on_board == list(range(len(on_board)))
    assert link.operator.confirmed_up_to <= len(on_board) <= link.operator.accepted_up_to


@pytest.mark.parametrize("seed", range(12))
def test_in_lockout_the_alert_names_every_frame_of_unknown_fate_and_nothing_is_sent_again(seed: int) -> None:
    link = Link(seed)
    link.begin()
    link.fop.direct("set_window", 5)
    link.fop.direct("set_t1", FINE.t1)
    moved_at = link.now + 20 + link.dice.randrange(60)
    while not link.operator.alerts:
        if link.now == moved_at:  # somebody else moves V(R) out of our window
            link.farm.record = {"v_r": (link.farm.record["v_r"] + 128) % 256}
        link.step(FINE, 10**6)
    (alert,) = link.operator.alerts
    assert alert.code in ("lockout", "nnr")
    assert [fdu for _, fdu in alert.unknown] == list(range(link.operator.confirmed_up_to, link.operator.accepted_up_to))
    assert sent_afterwards(link) == 0
    assert link.farm.record["lockout"] == 1
    link.fop.direct("initiate_with_unlock")
    unlock = link.fop.outbox.popleft()
    assert (unlock.kind, link.farm.frame(build_tc_control(0x1C4, 0, unlock.fdu))) == ("BC", (7, False))
    assert link.farm.record["lockout"] == 0


def test_a_late_copy_beyond_the_window_locks_and_a_sound_channel_never_sends_one() -> None:
    link = Link(5)
    link.begin()
    while link.operator.confirmed_up_to < 200:
        link.step(FINE, 300)
    assert not link.farm.accept_ad((link.farm.record["v_r"] - 128) % 256)
    assert link.farm.record["lockout"] == 1
