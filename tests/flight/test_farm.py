"""FARM-1 cell by cell: against the vectors, against frames, and against every cell made wrong."""

import json
import random
from itertools import product

import pytest

from flight.farm import Farm
from flight.farm_table import ACTIONS, FARM_1, LOCKOUT, OPEN, WAIT, Cell
from tests.house import ROOT
from wire import clcw
from wire.crc import checksum
from wire.frame_shapes import build_tc_control, build_tc_frame

VECTORS = json.loads((ROOT / "tests/vectors/cop1_tables.json").read_text())["farm1"]
CELLS = {(cell.event, cell.state): cell for cell in FARM_1}
# The vectors' names for our actions. They have no flags for Wait and Lockout: there these follow from the state.
NAMES = {"accept": "accept", "discard": "discard", "increaseVr": "count_v_r", "setVr": "set_v_r", "increaseFarmB": "count_farm_b",
         "setRetransmitFlag": "set_retransmit", "resetRetransmitFlag": "clear_retransmit"}  # fmt: skip
FLAGS_OF_THE_STATE = {"set_wait", "clear_wait", "set_lockout", "clear_lockout", "report"}
V_R, SET_TO = 250, 17


def farm_in(state: int, table: tuple[Cell, ...] = FARM_1, window: int = 100, v_r: int = V_R, retransmit: int | None = None) -> Farm:
    farm = Farm(window=window, table=table)
    asks = int(state == WAIT) if retransmit is None else retransmit
    farm.record = {"state": state, "v_r": v_r, "wait": int(state == WAIT), "lockout": int(state == LOCKOUT), "retransmit": asks}
    return farm


def frame_for(event: int, v_r: int = V_R, window: int = 100) -> bytes:
    """The octets of a frame that is this event (1 to 9)."""
    ahead = {1: 0, 2: 0, 3: window // 2 - 1, 4: -(window // 2), 5: window // 2}
    if event <= 5:
        return build_tc_frame(0x1C4, 0, b"packet", bypass=False, sequence_number=(v_r + ahead[event]) % 256)
    if event == 6:
        return build_tc_frame(0x1C4, 0, b"packet")
    good = build_tc_control(0x1C4, 0, b"\0" if event == 7 else bytes([0x82, 0, SET_TO]))
    return good if event < 9 else good[:-1] + bytes([good[-1] ^ 1])


def happen(farm: Farm, event: int) -> bool:
    """The event happens, as a frame if it is one; whether a frame was accepted."""
    if event >= 10:
        farm.apply(event)
        return False
    seen, accepted = farm.frame(frame_for(event, farm.record["v_r"]), room=event != 2)
    assert seen == event
    return accepted


def test_every_cell_of_the_vectors_is_ours() -> None:
    for event, states in VECTORS.items():
        for state, theirs in states.items():
            ours = CELLS[int(event[1:]), int(state[1:])]
            assert f"S{ours.next}" == theirs["next"], ours
            assert set(ours.actions) - FLAGS_OF_THE_STATE == {NAMES[name] for name in theirs["actions"]}, ours


def test_the_cells_that_the_vectors_do_not_have_are_the_report_and_a_frame_with_room_in_wait() -> None:
    theirs = {(int(event[1:]), int(state[1:])) for event, states in VECTORS.items() for state in states}
    assert set(CELLS) - theirs == {(1, WAIT), (11, OPEN), (11, WAIT), (11, LOCKOUT)}
    assert theirs <= set(CELLS)
    assert len(CELLS) == len(FARM_1) == 33


def test_every_cell_carries_a_reading() -> None:
    assert all(len(cell.reading) > 12 and set(cell.actions) <= set(ACTIONS) for cell in FARM_1)


@pytest.mark.parametrize(("event", "state"), sorted(CELLS))
def test_a_frame_in_a_state_does_what_the_vector_says(event: int, state: int) -> None:
    farm = farm_in(state)
    before = dict(farm.record)
    accepted = happen(farm, event)
    theirs = VECTORS.get(f"E{event}", {}).get(f"S{state}", {"next": f"S{state}", "actions": ["discard"]})
    done = theirs["actions"]
    record = farm.record
    assert f"S{record['state']}" == theirs["next"]
    assert accepted == ("accept" in done)
    assert record["v_r"] == (251 if "increaseVr" in done else SET_TO if "setVr" in done else V_R)
    assert record["farm_b"] == before["farm_b"] + ("increaseFarmB" in done)
    asks = before["retransmit"]
    assert record["retransmit"] == (1 if "setRetransmitFlag" in done else 0 if "resetRetransmitFlag" in done else asks)
    assert record["lockout"] == (record["state"] == LOCKOUT)
    stays = event == 5 and state == WAIT  # lockout does not clear Wait
    assert record["wait"] == (record["state"] == WAIT or stays)
    word = clcw.parse(farm.clcw())
    assert word is not None
    told = {name: word[name] for name in ("lockout", "wait", "retransmit", "cop_in_effect", "no_rf", "no_bit_lock")}
    flags = {name: record[name] for name in ("lockout", "wait", "retransmit")}
    assert told == {**flags, "cop_in_effect": 1, "no_rf": 0, "no_bit_lock": 0}
    assert (word["report_value"], word["farm_b_count"]) == (record["v_r"], record["farm_b"] % 4)


def outputs(table: tuple[Cell, ...], state: int, retransmit: int, events: tuple[int, ...]) -> list[object]:
    """All that can be seen from outside: what is accepted, the CLCW, and the counters."""
    farm = farm_in(state, table, retransmit=retransmit)
    seen: list[object] = []
    for event in events:
        # Frames are numbered as the sound table would have it: a wrong V(R) must show, not be followed.
        if event >= 10:
            farm.apply(event)
        else:
            seen.append(farm.frame(frame_for(event), room=event != 2))
        seen.append(farm.clcw())
    record = farm.record
    return [*seen, *(record[name] for name in ("taken", "discarded", "bypassed", "controls", "lockouts"))]


PROBES = ((), (1,), (2, 10), (5,), (7, 1), (10, 1), (5, 10), (1, 3))


# What the state says already: adding these to its cells changes nothing, now or later.
IMPLIED = {OPEN: {"clear_wait", "clear_lockout"}, WAIT: {"set_wait", "clear_lockout"}, LOCKOUT: set()}


def mutants(cell: Cell) -> list[Cell]:
    """The cell made wrong: another state after it, an action left out, or one that does not belong there."""
    wrong = [cell._replace(next=state) for state in (OPEN, WAIT, LOCKOUT) if state != cell.next]
    for action in cell.actions:
        if action == "discard":
            wrong.append(cell._replace(actions=tuple("accept" if a == "discard" else a for a in cell.actions)))
        elif action != "report":
            wrong.append(cell._replace(actions=tuple(a for a in cell.actions if a != action)))
    opposite = {"set_wait": "clear_wait", "set_lockout": "clear_lockout", "set_retransmit": "clear_retransmit"}
    opposite |= {clear: set_ for set_, clear in opposite.items()}
    implied = IMPLIED[cell.state] | ({"count_v_r"} if "set_v_r" in cell.actions else set())
    for extra in sorted({"count_v_r", "set_v_r", "count_farm_b", *opposite} - implied):
        if extra not in cell.actions and opposite.get(extra) not in cell.actions:
            wrong.append(cell._replace(actions=(*cell.actions, extra)))
    return wrong


def seen_from_outside(table: tuple[Cell, ...], cell: Cell) -> list[list[object]]:
    runs: list[list[object]] = []
    for retransmit, wait_too, probe in product((0, 1), (0, 1), PROBES):
        first = (5,) if cell.state == LOCKOUT and wait_too else ()
        start = WAIT if first else cell.state
        runs.append(outputs(table, start, retransmit, (*first, cell.event, *probe)))
    return runs


@pytest.mark.parametrize("cell", FARM_1, ids=[f"E{cell.event}-S{cell.state}" for cell in FARM_1])
def test_a_scenario_differs_for_every_way_in_which_the_cell_could_be_wrong(cell: Cell) -> None:
    sound = seen_from_outside(FARM_1, cell)
    unseen = []
    for wrong in mutants(cell):
        table = tuple(wrong if other is cell else other for other in FARM_1)
        if seen_from_outside(table, cell) == sound:
            unseen.append(wrong)
    assert unseen == []


@pytest.mark.long(127)
def test_each_number_with_each_v_r_and_window_and_flags_is_judged_as_the_table_says(repetitions: int) -> None:
    windows = random.Random(22).sample(range(2, 256, 2), repetitions)
    for window in windows:
        farm, positive, negative = Farm(window=window), window // 2, window // 2
        for v_r, state, asks in product(range(256), (OPEN, WAIT, LOCKOUT), (0, 1)):
            start = {"state": state, "v_r": v_r, "retransmit": asks, "wait": int(state == WAIT), "lockout": int(state == LOCKOUT)}
            for number in range(0, 256, 1 if repetitions == 127 else 3):
                farm.record = start
                distance = (number - v_r + 128) % 256 - 128
                event = 1 if distance == 0 else 3 if 0 < distance <= positive - 1 else 4 if -negative <= distance < 0 else 5
                accepted = farm.accept_ad(number)
                assert accepted == (event == 1 and state == OPEN)
                assert farm.apply(11) == ["report"]
                record = farm.record
                after = (record["state"], record["v_r"], record["retransmit"])
                cell = CELLS[event, state]
                flag = 1 if "set_retransmit" in cell.actions else 0 if "clear_retransmit" in cell.actions else asks
                assert after == (cell.next, (v_r + accepted) % 256, flag)


def test_only_the_two_exact_control_commands_are_executed() -> None:
    executed = []
    for first in range(256):
        for directive in (bytes([first]), bytes([first, 0, 9]), bytes([first, 1, 9]), bytes([first, 0]), bytes([first, 0, 9, 0])):
            farm = farm_in(OPEN)
            event, accepted = farm.frame(build_tc_control(0x1C4, 0, directive))
            assert not accepted
            if event != 9:
                executed.append((event, directive))
            assert farm.record["controls"] == (event != 9)
    assert executed == [(7, b"\0"), (8, b"\x82\0\x09")]


def test_a_control_frame_that_is_not_by_pass_is_no_directive() -> None:
    frame = bytearray(build_tc_control(0x1C4, 0, b"\0"))
    frame[0] &= ~0x20
    farm = farm_in(LOCKOUT)
    assert farm.frame(bytes(frame[:-2]) + checksum(bytes(frame[:-2])).to_bytes(2, "big")) == (9, False)
    assert farm.record["lockout"] == 1


@pytest.mark.parametrize(("octet", "bit"), [(octet, bit) for octet in range(6) for bit in range(8)])
def test_a_flipped_bit_of_the_record_locks_or_changes_a_counter_alone(octet: int, bit: int) -> None:
    names = ("state", "v_r", "lockout", "wait", "retransmit", "farm_b")
    farm = farm_in(OPEN)
    assert farm.guard()
    record = farm.record
    farm.record = {**record, names[octet]: record[names[octet]] ^ 1 << bit, "check": record["check"]}
    if names[octet] == "farm_b":
        assert farm.guard()
        assert farm.accept_ad(V_R)
        return
    assert not farm.guard()
    assert not farm.accept_ad(V_R)
    assert (farm.record["state"], farm.record["upsets"], farm.record["lockout"]) == (LOCKOUT, 1, 1)
    assert farm.apply(7)
    assert farm.guard()


def test_a_window_that_is_odd_or_out_of_range_is_refused() -> None:
    for window in (0, 3, 255, 256, -2):
        with pytest.raises(ValueError, match="even"):
            Farm(window=window)
