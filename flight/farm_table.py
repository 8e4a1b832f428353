"""FARM-1 as data: what the receiving end of COP-1 does for each event in each state (CCSDS 232.1-B-2, 6.3, table 6-1).

Each row holds our reading of the clause in our own words. The flags Wait, Lockout and Retransmit are variables of their own in the
standard, beside the state; a row that moves between states says which flags it touches. E11 (a report is due) changes nothing in any
state: `flight.farm.farm_clcw` is that event.
"""

from __future__ import annotations

from typing import Final, NamedTuple

OPEN, WAIT, LOCKOUT = 1, 2, 3
STATES: Final = {OPEN: "Open", WAIT: "Wait", LOCKOUT: "Lockout"}
EVENTS: Final = (
    "a sound AD frame, N(S) = V(R), room for it",
    "a sound AD frame, N(S) = V(R), no room for it",
    "a sound AD frame ahead of V(R), within the positive window",
    "a sound AD frame behind V(R), within the negative window",
    "a sound AD frame outside the window",
    "a sound BD frame",
    "a sound BC frame with Unlock",
    "a sound BC frame with Set V(R)",
    "a frame that is not sound",
    "there is room again",
    "a report is due",
)
# One bit each, in the order in which they are done.
ACTIONS: Final = (
    "accept", "discard", "count_v_r", "set_v_r", "count_farm_b",
    "set_retransmit", "clear_retransmit", "set_wait", "clear_wait", "set_lockout", "clear_lockout", "report",
)  # fmt: skip


class Cell(NamedTuple):
    """What is done for an event (1..11) in a state (1..3), and the state after it."""

    event: int
    state: int
    actions: tuple[str, ...]
    next: int
    reading: str


def _cell(event: int, state: int, actions: str, following: int, reading: str) -> Cell:
    return Cell(event, state, tuple(actions.split()), following, reading)


FARM_1: Final = (
    _cell(1, OPEN, "accept count_v_r clear_retransmit", OPEN,
          "The frame that was waited for: taken, the next one is waited for, and what had to be asked for again has come."),
    _cell(1, WAIT, "discard", WAIT,
          "The table calls it not applicable: while Wait is set there is no room. Should both be true for a moment, the release "
          "signal (E10) has to come first, so the frame is let go and asked for again."),
    _cell(1, LOCKOUT, "discard", LOCKOUT, "In lockout no AD frame is taken, whatever its number."),
    _cell(2, OPEN, "discard set_retransmit set_wait", WAIT,
          "The right frame with nowhere to put it: let go, to be sent again, but not before there is room."),
    _cell(2, WAIT, "discard", WAIT, "Still no room: the flags stand already."),
    _cell(2, LOCKOUT, "discard", LOCKOUT, "In lockout no AD frame is taken, and the flags stay."),
    _cell(3, OPEN, "discard set_retransmit", OPEN, "A frame between was lost: this one is let go and all from V(R) on are asked for."),
    _cell(3, WAIT, "discard", WAIT, "Retransmit stands since Wait was set."),
    _cell(3, LOCKOUT, "discard", LOCKOUT, "In lockout no AD frame is taken, and Retransmit is not touched."),
    _cell(4, OPEN, "discard", OPEN, "It was taken before: a copy, or a retransmission that was not needed. Nothing is asked for."),
    _cell(4, WAIT, "discard", WAIT, "A copy of what was taken before."),
    _cell(4, LOCKOUT, "discard", LOCKOUT, "A copy of what was taken before."),
    _cell(5, OPEN, "discard set_lockout", LOCKOUT, "No sender that keeps to its window could have sent it: no AD frame until unlocked."),
    _cell(5, WAIT, "discard set_lockout", LOCKOUT, "As in Open. Wait stays as it is: only room, Unlock or Set V(R) clear it."),
    _cell(5, LOCKOUT, "discard", LOCKOUT, "Locked already."),
    _cell(6, OPEN, "accept count_farm_b", OPEN, "By-pass: taken without looking at its number, and counted."),
    _cell(6, WAIT, "accept count_farm_b", WAIT, "By-pass works in every state: Wait is about AD frames."),
    _cell(6, LOCKOUT, "accept count_farm_b", LOCKOUT, "By-pass works in every state: it is the way in while AD is locked."),
    _cell(7, OPEN, "count_farm_b clear_retransmit", OPEN, "Nothing to unlock, but it is executed: V(R) stays, nothing is asked for."),
    _cell(7, WAIT, "count_farm_b clear_retransmit clear_wait", OPEN,
          "Unlock resets FARM-1, not the layers above: if there is still no room, the next AD frame says so again (E2)."),
    _cell(7, LOCKOUT, "count_farm_b clear_retransmit clear_wait clear_lockout", OPEN, "The only way out of lockout. V(R) stays."),
    _cell(8, OPEN, "count_farm_b clear_retransmit set_v_r", OPEN, "The number waited for is set, and nothing before it is asked for."),
    _cell(8, WAIT, "count_farm_b clear_retransmit clear_wait set_v_r", OPEN, "As in Open, and AD frames are let in again."),
    _cell(8, LOCKOUT, "count_farm_b", LOCKOUT, "Legal and counted, but not executed: FARM-1 must be unlocked first."),
    _cell(9, OPEN, "discard", OPEN, "A frame that fails a check, or a control command that is neither of the two, has no effect."),
    _cell(9, WAIT, "discard", WAIT, "A frame that fails a check has no effect."),
    _cell(9, LOCKOUT, "discard", LOCKOUT, "A frame that fails a check has no effect."),
    _cell(10, OPEN, "", OPEN, "Nobody waits for room."),
    _cell(10, WAIT, "clear_wait", OPEN, "AD frames are let in again; Retransmit stays, for the one that was let go has still to come."),
    _cell(10, LOCKOUT, "clear_wait", LOCKOUT, "Wait may stand in lockout (E5 in Wait): it goes, lockout stays."),
    _cell(11, OPEN, "report", OPEN, "The CLCW tells state, flags, FARM-B and V(R); nothing changes."),
    _cell(11, WAIT, "report", WAIT, "As in Open, with Wait set."),
    _cell(11, LOCKOUT, "report", LOCKOUT, "As in Open, with Lockout set; Wait is told as it stands."),
)  # fmt: skip
