"""What an operator can rely on, told as short stories of FOP-1; the bad inputs of COP-1 by name."""

from __future__ import annotations

import random

import pytest

from ground.clcw_order import ClcwOrder
from ground.fop import DIRECTIVES
from ground.fop_table import EVENTS, STATES
from tests.ground.fop_bench import FIRST, NEXT, Bench, bench_in, prepared, word
from wire import clcw


def sent(bench: Bench) -> list[tuple[int, str]]:
    return [(line[2], line[3]) for line in bench.diary.lines if line[:2] == ("sent", "AD")]


def test_frames_go_up_numbered_and_are_confirmed_by_the_report() -> None:
    bench = bench_in(1)
    assert sent(bench) == [(5, "a"), (6, "b"), (7, "c")]
    bench.fop.take(word(7))
    assert [line[1] for line in bench.diary.lines if line[0] == "confirmed"] == ["a", "b"]
    assert bench.fop.deadline_ns is not None
    bench.fop.take(word(8))
    assert bench.fop.deadline_ns is None


def test_numbers_roll_over_from_255_to_0() -> None:
    bench = Bench(window=3)
    bench.fop.direct("set_v_s", 254)
    bench.fop.direct("initiate")
    bench.send("a", "b", "c", "d")
    assert sent(bench) == [(254, "a"), (255, "b"), (0, "c")]
    bench.fop.take(word(0))
    bench.line()
    assert sent(bench)[-1] == (1, "d")
    bench.fop.take(word(2))
    assert [line[1] for line in bench.diary.lines if line[0] == "confirmed"] == ["a", "b", "c", "d"]


def test_after_every_alert_the_frames_of_unknown_fate_are_named_and_nothing_is_sent_again() -> None:
    codes = set()
    for event in EVENTS:
        for state in (1, 2, 3):
            if event in ("E31", "E32", "E33", "E34"):
                continue
            bench, make = prepared(event, state)
            held = [fdu for _, fdu in bench.fop.sent]
            make(bench)
            if not bench.diary.alerts:
                continue
            (alert,) = bench.diary.alerts
            codes.add(alert.code)
            done = [line[1] for line in bench.diary.lines if line[0] == "confirmed"]
            assert [fdu for _, fdu in alert.unknown] == [fdu for fdu in held if fdu not in done], event
            assert all(str(fdu) in alert.describe() for _, fdu in alert.unknown)
            before = list(bench.diary.lines)
            bench.fop.outbox.clear()
            for report in range(256):
                bench.fop.take(word(report, retransmit=report & 1))
                bench.later()
            bench.line()
            assert bench.diary.lines == before, event
    assert codes == {"synch", "clcw", "limit", "nnr", "lockout", "t1", "llif", "term"}


def test_a_frame_that_waits_is_told_apart_from_those_of_unknown_fate() -> None:
    bench = bench_in(1, window=3)
    bench.send("d")
    bench.fop.take(word(FIRST, lockout=1))
    (alert,) = bench.diary.alerts
    assert (alert.code, alert.unknown, alert.unsent) == ("lockout", ((5, "a"), (6, "b"), (7, "c")), ("d",))
    assert ("rejected", "d") in bench.diary.lines


def test_a_suspended_sequence_goes_on_where_it_stood() -> None:
    bench = bench_in(1, tired=True, timeout_type=1)
    bench.later()
    assert (bench.fop.state, bench.fop.suspend_state, bench.diary.lines[-1]) == (6, 1, ("suspended", 1))
    bench.fop.take(word(NEXT))  # nobody listens meanwhile
    bench.fop.direct("set_v_s", 9)
    assert bench.diary.lines[-1] == ("directive", "set_v_s", "rejected")
    bench.fop.direct("resume")
    assert bench.fop.state == 1
    bench.fop.take(word(NEXT))
    assert [line[1] for line in bench.diary.lines if line[0] == "confirmed"] == ["a", "b", "c"]


def test_initiating_with_another_number_than_the_spacecraft_reports_fails_and_says_so() -> None:
    bench = bench_in(4)
    bench.fop.take(word(FIRST + 3))
    assert ("directive", "initiate_with_clcw", "failed") in bench.diary.lines
    assert bench.diary.alerts[0].code == "nnr"
    assert "another station" in bench.diary.alerts[0].describe()


@pytest.mark.parametrize("value", [-1, 256, None])
def test_a_directive_with_a_value_out_of_range_is_rejected_and_changes_nothing(value: int | None) -> None:
    for name in DIRECTIVES:
        if name == "set_t1" and value == 256:
            continue
        bench = bench_in(6)
        plain = DIRECTIVES[name][2] is None
        bench.fop.direct(name, (value if value is not None else 3) if plain else value)
        assert bench.diary.lines == [("directive", name, "rejected")]
    bench.fop.direct("no_such_directive")
    assert bench.diary.lines[-1] == ("directive", "no_such_directive", "rejected")


def test_bi_023_a_copy_of_an_acknowledged_frame_is_asked_for_by_nobody() -> None:
    bench = bench_in(1)
    bench.fop.take(word(NEXT))
    before = len(bench.diary.lines)
    for _ in range(5):
        bench.fop.take(word(NEXT))
    assert len(bench.diary.lines) == before


def test_bi_027_no_word_acknowledges_what_was_not_sent() -> None:
    for state in STATES:
        for report in range(256):
            for flags in range(8):
                bench = bench_in(state)
                under_way = [fdu for _, fdu in bench.fop.sent]
                first = bench.fop.nn_r
                bench.fop.take(word(report, lockout=flags >> 2, wait=flags >> 1 & 1, retransmit=flags & 1))
                done = [line[1] for line in bench.diary.lines if line[0] == "confirmed"]
                count = (report - first) % 256
                assert done == (under_way[:count] if count <= len(under_way) and done else []), (state, report, flags)
                assert bench.fop.not_applicable == 0 or state == 6


def test_bi_027_words_of_another_channel_or_cop_or_kind_are_counted_and_do_nothing() -> None:
    bench = bench_in(1)
    before = list(bench.diary.lines)
    foreign = [word(0, virtual_channel_id=channel) for channel in range(1, 64)] + [word(0, cop_in_effect=cop) for cop in (0, 2, 3)]
    for octets in (*foreign, *(1 << 31 | random.Random(27).getrandbits(31) for _ in range(100))):
        bench.fop.take(octets)
    assert bench.diary.lines == before
    assert bench.fop.foreign == len(foreign) + 100


def test_bi_027_garbage_in_the_status_field_is_not_looked_at_and_in_spare_bits_it_alerts() -> None:
    for status in range(8):
        bench = bench_in(1)
        bench.fop.take(clcw.build(status=status, cop_in_effect=1, report_value=NEXT, no_rf=1, no_bit_lock=1, farm_b_count=3))
        assert bench.fop.state == 1
        assert not bench.diary.alerts
    for bit in (30, 29, 17, 16, 8):
        bench = bench_in(1)
        bench.fop.take(word(NEXT) | 1 << bit)
        assert bench.diary.alerts[0].code == "clcw"


def test_bi_027_stale_words_are_told_by_the_count_of_their_frames() -> None:
    order = ClcwOrder()
    heard = [count % 256 for count in range(700) if order.is_new(count % 256)]
    assert len(heard) == 700
    assert not any(order.is_new((699 - late) % 256) for late in range(65))
    assert order.is_new((699 + 180) % 256)
    for gap in range(1, 600):  # after any gap, new frames are heard again within 65 of them
        order = ClcwOrder()
        order.is_new(0)
        assert any(order.is_new((gap + i) % 256) for i in range(66))


def test_bi_028_minutes_without_a_report_end_in_an_alert_and_a_burst_of_old_ones_changes_nothing() -> None:
    bench = bench_in(1, limit=5)
    while not bench.diary.alerts:
        bench.later()
        bench.line()
    assert bench.diary.alerts[0].code == "t1"
    assert len(sent(bench)) == 3 * 5
    before = list(bench.diary.lines)
    for report in (FIRST, FIRST, FIRST + 1, NEXT):
        bench.fop.take(word(report))
    assert bench.diary.lines == before
    bench.fop.direct("set_v_s", NEXT)
    bench.fop.direct("initiate_with_clcw")
    bench.fop.take(word(NEXT))
    bench.send("again")
    assert sent(bench)[-1] == (NEXT, "again")


def test_bi_029_of_ten_thousand_frames_offered_at_once_none_is_lost_inside_and_each_refusal_is_told() -> None:
    bench = bench_in(1)
    bench.fop.take(word(NEXT))
    bench.diary.lines.clear()
    offered = [f"f{i}" for i in range(10_000)]
    taken = []
    for fdu in offered:
        if bench.fop.transfer_ad(fdu):
            taken.append(fdu)
        bench.line()
    rejected = [line[1] for line in bench.diary.lines if line[0] == "rejected"]
    accepted = [line[1] for line in bench.diary.lines if line[0] == "accepted"]
    assert sorted(rejected + taken) == sorted(offered)
    assert accepted == taken[:-1] == offered[:10]
    assert bench.fop.waiting == taken[-1]


def test_a_line_that_refuses_a_frame_ends_the_sequence() -> None:
    bench = bench_in(1)
    bench.fop.transfer_ad("d")
    bench.fop.outbox.popleft()
    bench.fop.refused("AD")
    assert bench.diary.alerts[0].code == "llif"
    assert bench.diary.alerts[0].unknown[-1] == (8, "d")
