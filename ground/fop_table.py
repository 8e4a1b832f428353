"""FOP-1 as data: what the sending end of COP-1 does for each event in each state (CCSDS 232.1-B-2, 5.3, table 5-1).

Each row holds our reading of its clause in our own words, for one event and the states in which it reads alike. A cell that is not here is
called not applicable by the standard: it cannot happen while the engine's variables are what they claim to be. Where we differ from the
open implementations we know, the row says so; docs/cop1.md lists those.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ACTIVE, RETRANSMIT, RETRANSMIT_WAIT, INITIALISING, INITIALISING_BC, INITIAL = 1, 2, 3, 4, 5, 6
STATES: Final = {
    ACTIVE: "active",
    RETRANSMIT: "retransmit without wait",
    RETRANSMIT_WAIT: "retransmit with wait",
    INITIALISING: "initialising without BC frame",
    INITIALISING_BC: "initialising with BC frame",
    INITIAL: "initial",
}
EVENTS: Final = {
    "E1": "CLCW: all acknowledged before",
    "E2": "CLCW: all acknowledged now",
    "E3": "CLCW: all acknowledged, but Wait",
    "E4": "CLCW: all acknowledged, but Retransmit",
    "E5": "CLCW: nothing new, more is under way",
    "E6": "CLCW: some acknowledged now, more is under way",
    "E7": "CLCW: more is under way, and Wait without Retransmit",
    "E8": "CLCW: some acknowledged now, Retransmit",
    "E9": "CLCW: some acknowledged now, Retransmit and Wait",
    "E10": "CLCW: nothing new, Retransmit, transmissions left",
    "E11": "CLCW: nothing new, Retransmit and Wait, transmissions left",
    "E12": "CLCW: nothing new, Retransmit, no transmission left",
    "E13": "CLCW: N(R) is not between NN(R) and V(S)",
    "E14": "CLCW: Lockout",
    "E15": "CLCW: no such pattern",
    "E16": "time is up, transmissions left, alert in the end",
    "E17": "time is up, no transmission left, alert in the end",
    "E18": "time is up, no transmission left, suspend in the end",
    "E19": "an FDU for AD, the wait queue is empty",
    "E20": "an FDU for AD, the wait queue is not empty",
    "E21": "an FDU for BD, the way out is free",
    "E22": "an FDU for BD, the way out is not free",
    "E23": "directive: initiate AD without CLCW check",
    "E24": "directive: initiate AD with CLCW check",
    "E25": "directive: initiate AD with Unlock, the way out is free",
    "E26": "directive: initiate AD with Unlock, the way out is not free",
    "E27": "directive: initiate AD with Set V(R), the way out is free",
    "E28": "directive: initiate AD with Set V(R), the way out is not free",
    "E29": "directive: terminate AD",
    "E30": "directive: resume AD, not suspended",
    "E31": "directive: resume AD, suspended in S1",
    "E32": "directive: resume AD, suspended in S2",
    "E33": "directive: resume AD, suspended in S3",
    "E34": "directive: resume AD, suspended in S4",
    "E35": "directive: set V(S)",
    "E36": "directive: set the window",
    "E37": "directive: set the timer's initial value",
    "E38": "directive: set the transmission limit",
    "E39": "directive: set the timeout type",
    "E40": "directive: not valid",
    "E41": "the lower layer has taken an AD frame",
    "E42": "the lower layer has refused an AD frame",
    "E43": "the lower layer has taken a BC frame",
    "E44": "the lower layer has refused a BC frame",
    "E45": "the lower layer has taken a BD frame",
    "E46": "the lower layer has refused a BD frame",
    "E101": "CLCW: some acknowledged now, Retransmit, but each frame is sent once",
    "E102": "CLCW: nothing new, Retransmit, but each frame is sent once",
    "E103": "CLCW: nothing new, Retransmit and Wait, no transmission left",
    "E104": "time is up, transmissions left, suspend in the end",
}


class Cell(NamedTuple):
    """What is done for an event in a state, and the state after it."""

    actions: tuple[str, ...]
    next: int
    reading: str


class Row(NamedTuple):
    """One event in some states. `following` is the state after it, 0 for the same."""

    event: str
    states: str
    actions: str
    following: int
    reading: str


# fmt: off
_CLCW: Final = (
    Row("E1", "1", "", 0, "Nothing is under way and nothing is new."),
    Row("E1", "23", "alert_synch", 6,
        "Frames were asked for again, so some are under way; a report that all have come before contradicts that."),
    Row("E1", "4", "confirm_initiation cancel_timer", 1, "The spacecraft waits for just the number that we shall send: AD can begin."),
    Row("E1", "5", "confirm_initiation release_bc cancel_timer", 1, "The control command has taken effect: AD can begin."),
    Row("E1", "6", "", 0, "AD is not running: reports are not listened to."),
    Row("E2", "123", "remove_acknowledged cancel_timer look_for_fdu", 1, "All has come. Nothing to wait for; send what waits."),
    Row("E2", "6", "", 0, "AD is not running."),
    Row("E3", "12345", "alert_clcw", 6,
        "Wait tells of a frame that was let go; with all acknowledged there is none. No FARM-1 reports that."),
    Row("E3", "6", "", 0, "AD is not running."),
    Row("E4", "1234", "alert_synch", 6, "Asked for again, but nothing is under way: somebody else has sent, or the numbers have parted."),
    Row("E4", "5", "", 0, "The flag may stand from before; the control command on its way clears it."),
    Row("E4", "6", "", 0, "AD is not running."),
    Row("E5", "1", "", 0, "What is under way has not come yet: wait for it or for the timer."),
    Row("E5", "23", "alert_synch", 6, "The flag can only go when the frame has come, and it has not."),
    Row("E5", "6", "", 0, "AD is not running."),
    Row("E6", "123", "remove_acknowledged look_for_fdu", 1,
        "Some have come: the window has moved, send what waits. The timer runs on for the rest."),
    Row("E6", "6", "", 0, "AD is not running."),
    Row("E7", "123", "alert_clcw", 6, "Wait comes with Retransmit, never alone."),
    Row("E7", "6", "", 0, "AD is not running."),
    Row("E8", "123", "remove_acknowledged initiate_ad_retransmission look_for_fdu", 2,
        "Some have come, the next was lost: send all of the rest again."),
    Row("E8", "6", "", 0, "AD is not running."),
    Row("E9", "123", "remove_acknowledged", 3, "Some have come, the next found no room: send nothing until Wait has gone."),
    Row("E9", "6", "", 0, "AD is not running."),
    Row("E10", "1", "initiate_ad_retransmission look_for_fdu", 2, "The oldest frame was lost: send all again."),
    Row("E10", "2", "", 0, "Already being sent again: the report is older than that. If it is lost too, the timer tells."),
    Row("E10", "3", "initiate_ad_retransmission look_for_fdu", 2,
        "Wait has gone: send all again, and begin at once. (One open implementation marks the frames here but does not look for them, so "
        "that they would lie until the timer; another does look. Nothing else would start them, so looking must be meant.)"),
    Row("E10", "6", "", 0, "AD is not running."),
    Row("E11", "123", "", 3, "No room on board: send nothing until Wait has gone. The timer bounds the waiting."),
    Row("E11", "6", "", 0, "AD is not running."),
    Row("E12", "123", "", 2, "Asked for once more than allowed: nothing is sent; the timer ends it if no report of success comes first."),
    Row("E12", "6", "", 0, "AD is not running."),
    Row("E103", "123", "", 3, "As E12, and no room on board."),
    Row("E103", "6", "", 0, "AD is not running."),
    Row("E101", "123", "remove_acknowledged alert_limit", 6,
        "What has come is confirmed first; the rest was lost, and each frame may be sent only once."),
    Row("E101", "6", "", 0, "AD is not running."),
    Row("E102", "123", "alert_limit", 6, "Lost, and each frame may be sent only once."),
    Row("E102", "6", "", 0, "AD is not running."),
    Row("E13", "1234", "alert_nnr", 6,
        "Never sent, or acknowledged before: not our spacecraft's sequence. (In S4 anything but V(S) is that.)"),
    Row("E13", "5", "", 0, "The control command that sets the number may not have come yet."),
    Row("E13", "6", "", 0, "AD is not running."),
    Row("E14", "1234", "alert_lockout", 6, "No AD frame will be taken until somebody unlocks."),
    Row("E14", "5", "", 0, "The Unlock on its way may not have come yet."),
    Row("E14", "6", "", 0, "AD is not running."),
    Row("E15", "12345", "alert_clcw", 6, "A word that no FARM-1 sends: nothing it says can be trusted."),
    Row("E15", "6", "", 0, "AD is not running."),
)
_TIMER: Final = (
    *(Row(e, "12", "initiate_ad_retransmission look_for_fdu", 0, "No report of success in time: send all again.") for e in ("E16", "E104")),
    *(Row(e, "3", "", 0, "No room on board: sending again would not help; Wait must go first.") for e in ("E16",
          "E104")),
    Row("E16", "4", "alert_t1", 6, "No report at all: AD cannot begin."),
    Row("E104", "4", "suspend_4", 6, "No report at all: wait in suspense, to be resumed."),
    *(Row(e, "5", "initiate_bc_retransmission look_for_directive", 0, "The command has had no effect: send it again.") for e in ("E16",
          "E104")),
    Row("E17", "12345", "alert_t1", 6, "Sent as often as allowed, and no report of success."),
    *(Row("E18", str(s), f"suspend_{s}", 6, "Sent as often as allowed: hold everything as it is, to be resumed.") for s in (1, 2, 3, 4)),
    Row("E18", "5", "alert_t1", 6, "An initiation by control command is not suspended: it has failed."),
)
_REQUESTS: Final = (
    Row("E19", "12", "add_to_wait_queue look_for_fdu", 0, "Take it over, and send it if the window allows."),
    Row("E19", "3", "add_to_wait_queue", 0, "Take it over; it is sent when Wait has gone."),
    Row("E19", "456", "reject_fdu", 0, "AD is not running (yet)."),
    Row("E20", "123456", "reject_fdu", 0, "The wait queue holds one: its owner was not told yet that it is accepted."),
    Row("E21", "123456", "accept_fdu transmit_bd", 0, "By-pass works in every state, and is sent once."),
    Row("E22", "123456", "reject_fdu", 0, "The lower layer has not taken the last one yet."),
    *(Row(f"E{n}", "12345", "reject", 0, "AD is running, or beginning: terminate it first.") for n in (23, 24, 25, 26, 27, 28)),
    Row("E23", "6", "accept initialise confirm", 1, "Begin at once; the caller vouches for V(S)."),
    Row("E24", "6", "accept await_initiation initialise start_timer", 4, "Begin when a CLCW shows that the spacecraft waits for V(S)."),
    Row("E25", "6", "accept await_initiation initialise transmit_unlock", 5, "Send Unlock; begin when a CLCW shows that it took effect."),
    Row("E27", "6", "accept await_initiation initialise adopt_v_r transmit_set_v_r", 5,
        "V(S) and NN(R) become what V(R) is to be; send Set V(R), and begin when a CLCW shows it."),
    *(Row(e, "6", "reject", 0, "The lower layer has not taken the last control command yet.") for e in ("E26", "E28")),
    Row("E29", "12345", "accept alert_term confirm", 6, "Give up what is under way, and say whose fate is not known."),
    Row("E29", "6", "accept confirm", 0, "AD is not running. (What a suspension holds stays until AD is initiated.)"),
    Row("E30", "123456", "reject", 0, "Nothing is suspended."),
    *(Row(f"E{30 + s}", "6", "accept resume confirm", s, "Go on where it was suspended, with a full timer.") for s in (1, 2, 3, 4)),
    Row("E35", "12345", "reject", 0, "V(S) belongs to the frames under way."),
    Row("E35", "6", "set_v_s_unless_suspended", 0, "Accept, set, confirm; but reject while frames are held by a suspension."),
    *(Row(f"E{n}", "123456", f"accept {action} confirm", 0, "May be changed at any time.")
      for n, action in ((36, "set_window"), (37, "set_t1"), (38, "set_limit"), (39, "set_timeout_type"))),
    Row("E40", "123456", "reject", 0, "A value that is not allowed, or no such directive."),
)
_LOWER: Final = (
    Row("E41", "12", "ad_out_ready look_for_fdu", 0, "The way is free: send the next."),
    Row("E41", "3456", "ad_out_ready", 0, "The way is free, but nothing is to be sent now."),
    Row("E43", "12346", "bc_out_ready", 0, "The way is free."),
    Row("E43", "5", "bc_out_ready look_for_directive", 0, "The way is free: send the control command again if it is due."),
    Row("E45", "123456", "bd_out_ready", 0, "The way is free."),
    *(Row(e, "123456", "alert_llif", 6, "The interface below does not do its part: nothing can be relied on.") for e in ("E42", "E44",
          "E46")),
)
# fmt: on

FOP_1: Final[dict[tuple[str, int], Cell]] = {
    (row.event, int(state)): Cell(tuple(row.actions.split()), row.following or int(state), row.reading)
    for row in (*_CLCW, *_TIMER, *_REQUESTS, *_LOWER)
    for state in row.states
}
