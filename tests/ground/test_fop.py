"""FOP-1 cell by cell: against the vectors, by the events themselves, and against every cell made wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ground.fop import Fop
from ground.fop_actions import FopActions
from ground.fop_table import EVENTS, FOP_1, STATES, Cell
from tests.ground.fop_bench import FIRST, NEXT, Bench, Diary, prepared, word
from tests.house import ROOT

VECTORS = json.loads((ROOT / "tests/vectors/cop1_tables.json").read_text())["fop1"]
NAMES = {
    "removeAckFramesFromSentQueue": "remove_acknowledged", "cancelTimer": "cancel_timer", "lookForFrame": "look_for_fdu",
    "confirmPendingInitAdWithClcw": "confirm_initiation", "confirmPendingInitAdWithBcFrame": "confirm_initiation",
    "releaseBcFrame": "release_bc", "initiateAdRetransmission": "initiate_ad_retransmission", "lookForDirective": "look_for_directive",
    "initiateBcRetransmission": "initiate_bc_retransmission", "addToWaitQueue": "add_to_wait_queue", "transmitTypeBdFrame": "transmit_bd",
    "initialise": "initialise", "confirm": "confirm", "registerPendingInitAd": "await_initiation", "restartTimer": "start_timer",
    "transmitTypeBcFrameUnlock": "transmit_unlock", "prepareForSetVr": "adopt_v_r", "transmitTypeBcFrameSetVr": "transmit_set_v_r",
    "resume": "resume", "setFopSlidingWindow": "set_window", "setT1Initial": "set_t1", "setTransmissionLimit": "set_limit",
    "setTimeoutType": "set_timeout_type", "setAdOutReadyFlag(true)": "ad_out_ready", "setBcOutReadyFlag(true)": "bc_out_ready",
    "setBdOutReadyFlag(true)": "bd_out_ready", "accept": "accept", "reject": "reject",
}  # fmt: skip
# Where we differ from the implementation that the vectors were taken from; docs/cop1.md says why.
DIFFERENCES = {("E10", 3): ("initiate_ad_retransmission", "look_for_fdu")}
CELLS = sorted(FOP_1, key=lambda key: (int(key[0][1:]), key[1]))


def ours(event: str, names: list[str]) -> tuple[str, ...]:
    """The vectors' actions by our names."""
    if any(name.startswith("IF") for name in names):
        return ("set_v_s_unless_suspended",)
    found: list[str] = []
    for name in names:
        if name.startswith("alert"):
            found.append("alert_" + name.partition(".")[2].rstrip(")").replace("_", "").lower())
        elif name.startswith("setSuspendState"):
            found.append("suspend_" + name[-2])
        elif name != "suspend":
            found.append(NAMES[name] + ("_fdu" if event in ("E19", "E20", "E21", "E22") and name in ("accept", "reject") else ""))
    return tuple(found)


def test_the_table_has_the_cells_of_the_vectors_and_no_other() -> None:
    assert {(event, int(state[1:])) for event, states in VECTORS.items() for state in states} == set(FOP_1)
    assert {event for event, _ in FOP_1} == set(EVENTS)
    assert len(FOP_1) == 252


@pytest.mark.parametrize(("event", "state"), CELLS)
def test_an_event_in_a_state_does_what_the_vector_says(event: str, state: int) -> None:
    bench, make = prepared(event, state)
    assert bench.fop.state == state
    bench.happened.clear()
    make(bench)
    assert bench.happened[0] == (event, state)
    theirs = VECTORS[event][f"S{state}"]
    assert f"S{bench.fop.state}" == theirs["next"]
    expected = DIFFERENCES.get((event, state), ours(event, theirs["actions"]))
    assert FOP_1[event, state].actions == expected


def test_what_we_do_otherwise_is_told_in_the_cell() -> None:
    for event, state in DIFFERENCES:
        assert DIFFERENCES[event, state] != ours(event, VECTORS[event][f"S{state}"]["actions"])
        assert "implementation" in FOP_1[event, state].reading


def test_every_cell_carries_a_reading_and_known_actions() -> None:
    for cell in FOP_1.values():
        assert len(cell.reading) > 12
        assert all(hasattr(FopActions, action) for action in cell.actions)
        assert cell.next in STATES


Step = Callable[[Bench], None]


def take(*args: int, **flags: int) -> Step:
    return lambda bench: bench.fop.take(word(*args, **flags))


def direct(name: str, value: int | None = None) -> Step:
    return lambda bench: bench.fop.direct(name, value)


def wait(bench: Bench) -> None:
    bench.later()


def wait_long(bench: Bench) -> None:
    for _ in range(12):
        bench.later()
        bench.line()


def ask(bench: Bench) -> None:
    bench.send("n")


# What may follow: each shows some difference of state, queue, flag, count or timer from outside.
PROBES: tuple[tuple[Step, ...], ...] = (
    (), (wait,), (wait_long,), (ask,), (ask, wait), (take(NEXT),), (take(FIRST),), (take(FIRST + 1, retransmit=1),),
    (take(FIRST, retransmit=1),), (take(FIRST, retransmit=1), wait_long), (take(FIRST, retransmit=1, wait=1), ask),
    (take(FIRST, retransmit=1, wait=1), take(FIRST, retransmit=1)), (take(FIRST + 1), ask), (take(0),), (take(0), ask),
    (take(FIRST, lockout=1),), (direct("initiate"), ask), (direct("initiate_with_unlock"), take(0), take(FIRST)),
    (direct("resume"), wait, take(FIRST)), (direct("set_v_s", 9), direct("initiate_with_clcw"), take(9)), (direct("terminate"),),
    (ask, take(NEXT + 1), ask, ask, ask, ask), (take(77), ask), (take(42), ask), (lambda bench: bench.fop.transfer_bd("z") and None,),
    (ask, ask, ask, ask), (direct("resume"), take(FIRST, retransmit=1)), (direct("set_limit", 1), wait),
    (take(FIRST), ask, ask, ask, wait_long), (take(0), ask, ask, ask, wait_long), (direct("initiate"), ask, ask, ask, wait_long),
    (direct("initiate_with_unlock"),), (direct("terminate"), direct("initiate_with_unlock")),
    (direct("terminate"), direct("initiate"), ask),
    (wait, direct("resume"), ask), (direct("terminate"), direct("set_v_s", 3)), (take(NEXT - 1), ask, take(NEXT), ask),
)  # fmt: skip


def seen_from_outside(event: str, state: int, waiting: bool, probe: tuple[Step, ...], table: Mapping[tuple[str, int], Cell]) -> list[Any]:
    """Frames, answers, alerts, timer, and what is held. The way into the state is the sound one."""
    bench, make = prepared(event, state, waiting=waiting)
    bench.fop._cells = Fop(Diary(), lambda: 0, 1, table=table)._cells
    for step in (make, *probe):
        step(bench)
        bench.line()
        bench.diary.lines.append(("timer", bench.fop.deadline_ns))
    return [*bench.diary.lines, ("held", bench.fop.control, bench.fop.waiting)]


def mutants(cell: Cell) -> list[Cell]:
    """The cell made wrong: another state after it, an action left out, ignored, or an alert that does not belong there."""
    wrong = [cell._replace(next=state) for state in STATES if state != cell.next]
    wrong += [cell._replace(actions=(*cell.actions[:i], *cell.actions[i + 1 :])) for i in range(len(cell.actions))]
    if cell.actions:
        wrong.append(cell._replace(actions=()))
    if not any(action.startswith("alert") for action in cell.actions):
        wrong.append(cell._replace(actions=(*cell.actions, "alert_synch"), next=6))
    else:
        other = "alert_clcw" if "alert_clcw" not in cell.actions else "alert_synch"
        wrong.append(cell._replace(actions=tuple(other if action.startswith("alert") else action for action in cell.actions)))
    return wrong


@pytest.mark.parametrize(("event", "state"), CELLS)
def test_a_scenario_differs_for_every_way_in_which_the_cell_could_be_wrong(event: str, state: int) -> None:
    continuations = [(waiting, probe) for waiting in (True, False)[: 2 if event == "E2" else 1] for probe in PROBES]
    sound = [seen_from_outside(event, state, *how, FOP_1) for how in continuations]
    for wrong in mutants(FOP_1[event, state]):
        table = {**FOP_1, (event, state): wrong}
        assert any(seen_from_outside(event, state, *how, table) != seen for how, seen in zip(continuations, sound, strict=True)), wrong
