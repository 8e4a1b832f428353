"""FOP-1 with a line and a user that write down everything, recipes into each state, and one way to make each event happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ground.fop import Alert, Fop, FopUser
from ground.fop_table import FOP_1, Cell
from wire import clcw

FIRST, NEXT = 5, 8  # NN(R) and V(S) once three frames are under way
T1 = 100


def word(report: int, lockout: int = 0, wait: int = 0, retransmit: int = 0, **more: int) -> int:
    fields = {"cop_in_effect": 1, "lockout": lockout, "wait": wait, "retransmit": retransmit, "report_value": report % 256, **more}
    return clcw.build(**fields)


class Diary(FopUser):
    """Writes down all that FOP-1 says."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []
        self.alerts: list[Alert] = []

    def accepted(self, fdu: Any) -> None:
        self.lines.append(("accepted", fdu))

    def rejected(self, fdu: Any) -> None:
        self.lines.append(("rejected", fdu))

    def confirmed(self, fdu: Any) -> None:
        self.lines.append(("confirmed", fdu))

    def failed(self, fdu: Any) -> None:
        self.lines.append(("failed", fdu))

    def directive(self, name: str, answer: str) -> None:
        self.lines.append(("directive", name, answer))

    def alert(self, alert: Alert) -> None:
        self.alerts.append(alert)
        self.lines.append(("alert", alert))

    def suspended(self, state: int) -> None:
        self.lines.append(("suspended", state))


class Bench:
    """One FOP-1, its diary, and time by hand."""

    def __init__(self, table: Mapping[tuple[str, int], Cell] = FOP_1, window: int = 10, limit: int = 10, timeout_type: int = 0) -> None:
        self.time = 1000
        self.diary = Diary()
        self.fop = Fop(self.diary, lambda: self.time, T1, window, limit, timeout_type, table=table)
        self.happened: list[tuple[str, int]] = []
        plain = self.fop._happen

        def happen(event: str) -> None:
            self.happened.append((event, self.fop.state))
            plain(event)

        self.fop._happen = happen  # type: ignore[method-assign]

    def line(self) -> None:
        """The layer below takes what there is, as long as there is something."""
        fop = self.fop
        while fop.outbox:
            frame = fop.outbox.popleft()
            self.diary.lines.append(("sent", *frame))
            fop.taken(frame.kind)

    def later(self, time: int = T1) -> None:
        self.time += time
        self.fop.time_up()

    def send(self, *fdus: str) -> None:
        for fdu in fdus:
            self.fop.transfer_ad(fdu)
            self.line()


def bench_in(state: int, tired: bool = False, **settings: Any) -> Bench:
    """In a state by the way that leads there; three frames under way in S1 to S3. `tired`: sent more often than the limit allows."""
    bench = Bench(**settings)
    fop = bench.fop
    if state in (1, 2, 3, 4):
        fop.direct("set_v_s", FIRST)
        fop.direct("initiate_with_clcw" if state == 4 else "initiate")
    if state in (1, 2, 3):
        bench.send("a", "b", "c")
    if state == 5:
        fop.direct("initiate_with_unlock")
        bench.line()
    if tired and state in (1, 2, 3):
        bench.later()
        bench.line()
    if state == 2:
        fop.take(word(FIRST, retransmit=1))
        bench.line()
    if state == 3:
        fop.take(word(FIRST, retransmit=1, wait=1))
    if tired:
        fop.direct("set_limit", min(fop.transmissions, 2))
    return bench


def suspended_in(state: int, table: Mapping[tuple[str, int], Cell] = FOP_1) -> Bench:
    bench = bench_in(state, tired=True, timeout_type=1, table=table)
    bench.later()
    return bench


def prepared(
    event: str, state: int, table: Mapping[tuple[str, int], Cell] = FOP_1, waiting: bool = True
) -> tuple[Bench, Callable[[Bench], None]]:
    """A bench in the state, and what makes the event happen. Cells that no sound run reaches get their state by hand (see `by_hand`)."""
    n = int(event[1:])
    if n <= 15 or 101 <= n <= 103:
        return _before_a_report(n, state, table, waiting), _report(n, state)
    if n in (16, 104):
        return bench_in(state, timeout_type=int(n == 104), table=table), Bench.later
    if n in (17, 18):
        return bench_in(state, tired=True, timeout_type=int(n == 18), table=table), Bench.later
    if 31 <= n <= 34:
        return suspended_in(n - 30, table), lambda bench: bench.fop.direct("resume")
    if n == 20:
        bench = bench_in(state, table=table, window=3)
        if state <= 3:
            bench.send("d")
        return by_hand(bench, waiting="d"), lambda bench: bench.send("e")
    if 23 <= n <= 28 and state == 6:
        bench = suspended_in(1, table)
    else:
        bench = bench_in(state, table=table)
    if n == 22:
        bench.fop.transfer_bd("x")
    if n in (26, 28):
        by_hand(bench, bc_free=False)
    if 41 <= n <= 46:
        _in_hand(bench, n, state)
    return bench, _simple(n)


def _before_a_report(n: int, state: int, table: Mapping[tuple[str, int], Cell], waiting: bool) -> Bench:
    """With frames under way, and one that waits for the window; in S6 that is a suspension."""
    if state == 6 and n not in (1, 13, 14, 15):
        bench = suspended_in(1, table)
        bench.fop.direct("set_limit", 1 if n in (101, 102) else 2 if n in (12, 103) else 10)
        return bench
    waits = waiting and state <= 3 and n in (2, 6, 8, 9, 10, 11)
    bench = bench_in(state, tired=n in (12, 103), table=table, window=3 if waits else 10)
    if waits:
        bench.send("d")
    if n in (101, 102):
        bench.fop.direct("set_limit", 1)
    if n == 1 and state == 1:
        bench.fop.take(word(NEXT))
    if n == 1 and state in (2, 3):
        by_hand(bench, nn_r=NEXT, sent=[], again=0)
    return bench


def _in_hand(bench: Bench, n: int, state: int) -> None:
    """The layer below has a frame in hand and has not answered; another is due as soon as it does."""
    fop = bench.fop
    if n in (45, 46):
        fop.transfer_bd("x")
        fop.outbox.popleft()
    elif n in (43, 44):
        by_hand(bench, bc_free=False, control_again=state == 5)
    elif state in (1, 2):
        fop.transfer_ad("d")
        fop.outbox.popleft()
        fop.transfer_ad("e")
    else:
        by_hand(bench, ad_free=False)


def _report(n: int, state: int) -> Callable[[Bench], None]:
    first, following = (
        (FIRST, NEXT) if state <= 3 or (state == 6 and n not in (1, 13, 14, 15)) else (FIRST, FIRST) if state == 4 else (0, 0)
    )
    if n == 1 and state == 1:
        first = following
    words: dict[int, dict[str, int]] = {
        1: {"report": following}, 2: {"report": following}, 3: {"report": following, "wait": 1}, 4: {"report": following, "retransmit": 1},
        5: {"report": first}, 6: {"report": first + 1}, 7: {"report": first, "wait": 1}, 8: {"report": first + 1, "retransmit": 1},
        9: {"report": first + 1, "retransmit": 1, "wait": 1}, 10: {"report": first, "retransmit": 1},
        11: {"report": first, "retransmit": 1, "wait": 1}, 12: {"report": first, "retransmit": 1}, 13: {"report": following + 1},
        14: {"report": first, "lockout": 1}, 15: {"report": first}, 101: {"report": first + 1, "retransmit": 1},
        102: {"report": first, "retransmit": 1}, 103: {"report": first, "retransmit": 1, "wait": 1},
    }  # fmt: skip
    octets = word(**words[n]) | (1 << 16 if n == 15 else 0)
    return lambda bench: bench.fop.take(octets)


def _simple(n: int) -> Callable[[Bench], None]:
    directives: dict[int, tuple[str, int | None]] = {
        23: ("initiate", None), 24: ("initiate_with_clcw", None), 25: ("initiate_with_unlock", None), 26: ("initiate_with_unlock", None),
        27: ("initiate_with_set_v_r", 77), 28: ("initiate_with_set_v_r", 77), 29: ("terminate", None), 30: ("resume", None),
        35: ("set_v_s", 42), 36: ("set_window", 2), 37: ("set_t1", 7), 38: ("set_limit", 3), 39: ("set_timeout_type", 1),
        40: ("set_window", 0),
    }  # fmt: skip
    kinds = {41: "AD", 42: "AD", 43: "BC", 44: "BC", 45: "BD", 46: "BD"}
    if n == 19:
        return lambda bench: bench.send("d")
    if n in (21, 22):
        return lambda bench: bench.fop.transfer_bd("y") and None
    if n in directives:
        return lambda bench: bench.fop.direct(*directives[n])
    return lambda bench: bench.fop.refused(kinds[n]) if n % 2 == 0 else bench.fop.taken(kinds[n])


def by_hand(bench: Bench, **variables: Any) -> Bench:
    """Variables as no sound run leaves them: what the cell says must hold all the same."""
    for name, value in variables.items():
        setattr(bench.fop, name, value)
    return bench
