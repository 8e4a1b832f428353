"""FOP-1: the ground end of COP-1 for one virtual channel (CCSDS 232.1-B-2, 5). A generic engine over `ground.fop_table`.

The engine knows neither sockets nor threads nor a clock of its own: who owns it gives it CLCWs, requests, directives, the answers of the
layer below and `time_up`, and takes what is to be sent from `outbox`, in order, answering each with `taken` or `refused`. What has become
of an FDU or a directive is told to the `FopUser`. One thread at a time.

Nothing is sent again by itself after an alert: an alert empties the queues and names every frame whose fate is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ground.fop_actions import Alert, FopActions, FopUser, Outgoing
from ground.fop_table import EVENTS, FOP_1, STATES, Cell

__all__ = ["Alert", "Fop", "FopUser", "Outgoing"]

Action = Callable[[FopActions], None]
Compiled = list[list[tuple[tuple[Action, ...], int] | None]]

NOT_A_CLCW = 1 << 31  # control word type 1: another kind of report, no business of COP-1
RESERVED = 0x60030100  # version number, and the spare bits
CHANNEL = 0x3F << 18 | 3 << 24  # virtual channel identifier and COP in effect
LOCKOUT, WAIT, RETRANSMIT = 1 << 13, 1 << 12, 1 << 11
NUMBER: Final = {event: place for place, event in enumerate(EVENTS)}
# A directive: its event, the one when the way out for control frames is not free, and the values it may have (None: it has no value).
DIRECTIVES: Final[Mapping[str, tuple[str, str, range | None]]] = {
    "initiate": ("E23", "E23", None),
    "initiate_with_clcw": ("E24", "E24", None),
    "initiate_with_unlock": ("E25", "E26", None),
    "initiate_with_set_v_r": ("E27", "E28", range(256)),
    "terminate": ("E29", "E29", None),
    "resume": ("E30", "E30", None),
    "set_v_s": ("E35", "E35", range(256)),
    "set_window": ("E36", "E36", range(1, 256)),
    "set_t1": ("E37", "E37", range(1, 1 << 62)),
    "set_limit": ("E38", "E38", range(1, 256)),
    "set_timeout_type": ("E39", "E39", range(2)),
}


def compile_table(table: Mapping[tuple[str, int], Cell]) -> Compiled:
    """The table as lists: [event's place in EVENTS][state]. Raises AttributeError for an action that there is not."""
    compiled: Compiled = [[None] * (len(STATES) + 1) for _ in EVENTS]
    for (event, state), cell in table.items():
        compiled[NUMBER[event]][state] = (tuple(getattr(FopActions, action) for action in cell.actions), cell.next)
    return compiled


_FOP_1: Final = compile_table(FOP_1)


class Fop(FopActions):
    """One virtual channel's FOP-1; `window` is K, at most half of the FARM's W."""

    def __init__(
        self,
        user: FopUser,
        now: Callable[[], int],
        t1_ns: int,
        window: int = 10,
        limit: int = 10,
        timeout_type: int = 0,
        virtual_channel_id: int = 0,
        table: Mapping[tuple[str, int], Cell] = FOP_1,
    ) -> None:
        super().__init__(user, now, t1_ns, window, limit, timeout_type)
        self._cells = _FOP_1 if table is FOP_1 else compile_table(table)
        self._channel = virtual_channel_id << 18 | 1 << 24
        self.foreign = 0  # control words of another kind, COP or virtual channel
        self.not_applicable = 0  # events where the table has no cell: must stay 0

    def _happen(self, event: str) -> None:
        cell = self._cells[NUMBER[event]][self.state]
        if cell is None:
            self.not_applicable += 1
            return
        for action in cell[0]:
            action(self)
        self.state = cell[1]

    def take(self, word: int) -> None:
        """An operational control field has come. Words of another kind, another COP or another virtual channel are counted, no more."""
        if word & NOT_A_CLCW or (not word & RESERVED and word & CHANNEL != self._channel):
            self.foreign += 1
            return
        self._report = word & 0xFF
        self._happen("E15" if word & RESERVED else self._classify(word))

    def _classify(self, word: int) -> str:
        """Which event a CLCW is (table 5-1, in the order of its conditions)."""
        if word & LOCKOUT:
            return "E14"
        retransmit, wait = word & RETRANSMIT, word & WAIT
        under_way = (self.v_s - self.nn_r) & 0xFF
        acknowledged = (self._report - self.nn_r) & 0xFF
        if acknowledged == under_way:
            if retransmit:
                return "E4"
            if wait:
                return "E3"
            return "E2" if acknowledged else "E1"
        if acknowledged > under_way:
            return "E13"
        if not retransmit:
            if wait:
                return "E7"
            return "E6" if acknowledged else "E5"
        if self.limit == 1:
            return "E101" if acknowledged else "E102"
        if acknowledged:
            return "E9" if wait else "E8"
        if self.transmissions < self.limit:
            return "E11" if wait else "E10"
        return "E103" if wait else "E12"

    def time_up(self) -> None:
        """The time `deadline_ns` has come. (Calling it before then does nothing.)"""
        if self.deadline_ns is None or self.now() < self.deadline_ns:
            return
        self.deadline_ns = None
        if self.transmissions < self.limit:
            self._happen("E104" if self.timeout_type else "E16")
        else:
            self._happen("E18" if self.timeout_type else "E17")

    def transfer_ad(self, fdu: Any) -> bool:
        """Ask for an FDU to be sent in sequence; False when it is rejected: AD is not running, or the wait queue is not empty."""
        self._fdu = fdu
        free = self.waiting is None
        self._happen("E19" if free else "E20")
        return free and self.state in (1, 2, 3)

    def transfer_bd(self, fdu: Any) -> bool:
        """Ask for an FDU to be sent by bypass; False when the lower layer has not taken the last one yet."""
        self._fdu = fdu
        free = self.bd_free
        self._happen("E21" if free else "E22")
        return free

    def direct(self, name: str, value: int | None = None) -> None:
        """A directive of the operator's (DIRECTIVES); what comes of it is told to the user. One that is not valid is E40."""
        self._directive, self._value = name, 0 if value is None else value
        event, busy, values = DIRECTIVES.get(name, ("E40", "E40", None))
        if (values is None) != (value is None) or (values is not None and value not in values):
            event = "E40"
        elif event == "E30":
            event = f"E{30 + self.suspend_state}"
        elif not self.bc_free:
            event = busy
        self._happen(event)

    def taken(self, kind: str) -> None:
        """The layer below has taken the frame of that kind (AD, BC, BD) and is ready for the next."""
        self._happen({"AD": "E41", "BC": "E43", "BD": "E45"}[kind])

    def refused(self, kind: str) -> None:
        """The layer below cannot send the frame."""
        self._happen({"AD": "E42", "BC": "E44", "BD": "E46"}[kind])
