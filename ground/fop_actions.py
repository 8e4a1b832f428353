"""The variables of FOP-1 and its actions (CCSDS 232.1-B-2, 5.1 and 5.2). `ground.fop` feeds them with events.

Numbers are taken modulo 256. The Sent_Queue holds AD frames in the order of their numbers; those that are to be sent again are always its
end, from `again` on, since nothing new is sent before they are. A BC frame's master copy is kept apart (`control`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ground.fop_table import INITIAL

UNLOCK = b"\x00"
SET_V_R = b"\x82\x00"


class Outgoing(NamedTuple):
    """A frame for the layer below: kind AD, BD or BC, N(S) (0 but for AD), and the FDU or the control command's octets."""

    kind: str
    sequence_number: int
    fdu: Any


@dataclass(frozen=True, slots=True)
class Alert:
    """AD has ended by itself or by Terminate. `unknown` were sent and not acknowledged: they may or may not have been accepted on board,
    the first ones more likely; `unsent` never went up. `code` is synch, clcw, limit, nnr, lockout, t1, llif or term."""

    code: str
    unknown: tuple[tuple[int, Any], ...]  # (N(S), FDU)
    unsent: tuple[Any, ...]
    initiation: str = ""  # the directive that was under way, and has failed

    def describe(self) -> str:
        parts = [f"COP-1 alert [{self.code}]: {MEANINGS[self.code]}"]
        if self.unknown:
            parts.append("fate unknown: " + ", ".join(f"N(S) {number} {fdu}" for number, fdu in self.unknown))
        if self.unsent:
            parts.append("not sent: " + ", ".join(str(fdu) for fdu in self.unsent))
        return "; ".join(parts)


MEANINGS = {
    "synch": "the spacecraft's report contradicts what was sent",
    "clcw": "a control word that no FARM-1 sends",
    "limit": "lost, and the transmission limit is 1",
    "nnr": "the spacecraft reports a number that was not sent: another station, or it was reset",
    "lockout": "the spacecraft is in lockout: unlock it",
    "t1": "no acknowledgement after all transmissions",
    "llif": "the telecommand line has refused a frame",
    "term": "terminated",
}


class FopUser:
    """What FOP-1 tells its user; each does nothing here. None may call back into the engine."""

    def accepted(self, fdu: Any) -> None:
        """It has been sent, once at least (AD: it is numbered)."""

    def rejected(self, fdu: Any) -> None:
        """It has not been sent and will not be."""

    def confirmed(self, fdu: Any) -> None:
        """AD: it has been accepted on board."""

    def failed(self, fdu: Any) -> None:
        """AD: it was sent, and its fate is not known."""

    def directive(self, name: str, answer: str) -> None:
        """`answer`: accepted, rejected, confirmed or failed."""

    def alert(self, alert: Alert) -> None:
        """AD has ended."""

    def suspended(self, state: int) -> None:
        """AD is suspended; everything is held until it is resumed."""


class FopActions:
    """State and actions. `now` gives the time in nanoseconds of the owner's clock."""

    def __init__(self, user: FopUser, now: Callable[[], int], t1_ns: int, window: int, limit: int, timeout_type: int) -> None:
        self.user = user
        self.now = now
        self.state = INITIAL
        self.v_s = self.nn_r = 0
        self.window, self.t1_ns, self.limit, self.timeout_type = window, t1_ns, limit, timeout_type
        self.transmissions = 1  # Transmission_Count
        self.suspend_state = 0
        self.deadline_ns: int | None = None  # when the timer expires
        self.sent: list[tuple[int, Any]] = []
        self.again = 0
        self.waiting: Any = None  # the Wait_Queue: one FDU at the most
        self.control: bytes | None = None
        self.control_again = False
        self.ad_free = self.bc_free = self.bd_free = True
        self.outbox: deque[Outgoing] = deque()
        self.initiation = ""  # the directive that waits for its confirmation
        # What the event under way is about.
        self._fdu: Any = None
        self._report = 0
        self._directive = ""
        self._value = 0

    def _send(self, kind: str, number: int, fdu: Any) -> None:
        self.outbox.append(Outgoing(kind, number, fdu))

    def _purge_outbox(self) -> None:
        """The layer below drops what it has not begun with of AD and BC; what it has begun with it will still answer."""
        for frame in [frame for frame in self.outbox if frame.kind != "BD"]:
            self.outbox.remove(frame)
            if frame.kind == "AD":
                self.ad_free = True
            else:
                self.bc_free = True

    def start_timer(self) -> None:
        self.deadline_ns = self.now() + self.t1_ns

    def cancel_timer(self) -> None:
        self.deadline_ns = None

    def purge(self) -> tuple[tuple[tuple[int, Any], ...], tuple[Any, ...]]:
        """Empty both queues; what was in them: sent ones, and the waiting one."""
        unknown, unsent = tuple(self.sent), () if self.waiting is None else (self.waiting,)
        self.sent, self.again, self.waiting, self.control, self.control_again = [], 0, None, None, False
        self._purge_outbox()
        for _, fdu in unknown:
            self.user.failed(fdu)
        for fdu in unsent:
            self.user.rejected(fdu)
        return unknown, unsent

    def initialise(self) -> None:
        """Both queues emptied, counts as at the beginning. NN(R) becomes V(S): with an empty Sent_Queue there is no other (5.1.8)."""
        self.purge()
        self.transmissions, self.suspend_state = 1, 0
        self.nn_r = self.v_s

    def _alert(self, code: str) -> None:
        self.cancel_timer()
        unknown, unsent = self.purge()
        initiation, self.initiation = self.initiation, ""
        if initiation:
            self.user.directive(initiation, "failed")
        self.user.alert(Alert(code, unknown, unsent, initiation))

    def alert_synch(self) -> None:
        self._alert("synch")

    def alert_clcw(self) -> None:
        self._alert("clcw")

    def alert_limit(self) -> None:
        self._alert("limit")

    def alert_nnr(self) -> None:
        self._alert("nnr")

    def alert_lockout(self) -> None:
        self._alert("lockout")

    def alert_t1(self) -> None:
        self._alert("t1")

    def alert_llif(self) -> None:
        self._alert("llif")

    def alert_term(self) -> None:
        self._alert("term")

    def _suspend(self, state: int) -> None:
        self.suspend_state = state
        self.cancel_timer()
        self.user.suspended(state)

    def suspend_1(self) -> None:
        self._suspend(1)

    def suspend_2(self) -> None:
        self._suspend(2)

    def suspend_3(self) -> None:
        self._suspend(3)

    def suspend_4(self) -> None:
        self._suspend(4)

    def resume(self) -> None:
        self.start_timer()
        self.suspend_state = 0

    def remove_acknowledged(self) -> None:
        """Frames before N(R) have been accepted on board; the count of transmissions begins anew for the next."""
        count = (self._report - self.nn_r) & 0xFF
        done = self.sent[:count]
        del self.sent[:count]
        self.again = max(0, self.again - count)
        self.nn_r = self._report
        self.transmissions = 1
        for _, fdu in done:
            self.user.confirmed(fdu)

    def initiate_ad_retransmission(self) -> None:
        self._purge_outbox()
        self.transmissions += 1
        self.start_timer()
        self.again = 0

    def initiate_bc_retransmission(self) -> None:
        self._purge_outbox()
        self.transmissions += 1
        self.start_timer()
        self.control_again = True

    def look_for_fdu(self) -> None:
        """Send one frame if the way is free: one that is to be sent again, else the waiting one if the window allows."""
        if not self.ad_free:
            return
        if self.again < len(self.sent):
            number, fdu = self.sent[self.again]
            self.again += 1
        elif self.waiting is not None and (self.v_s - self.nn_r) & 0xFF < self.window:
            number, fdu = self.v_s, self.waiting
            if not self.sent:
                self.transmissions = 1
            self.v_s = (number + 1) & 0xFF
            self.sent.append((number, fdu))
            self.again = len(self.sent)
            self.waiting = None
            self.user.accepted(fdu)
        else:
            return
        self.start_timer()  # each time that a frame goes to the layer below (5.1.9)
        self.ad_free = False
        self._send("AD", number, fdu)

    def look_for_directive(self) -> None:
        if self.bc_free and self.control is not None and self.control_again:
            self.control_again = False
            self.start_timer()
            self.bc_free = False
            self._send("BC", 0, self.control)

    def _transmit_control(self, octets: bytes) -> None:
        self.control, self.control_again = octets, False
        self.transmissions = 1
        self.start_timer()
        self.bc_free = False
        self._send("BC", 0, octets)

    def transmit_unlock(self) -> None:
        self._transmit_control(UNLOCK)

    def transmit_set_v_r(self) -> None:
        self._transmit_control(SET_V_R + bytes([self._value]))

    def adopt_v_r(self) -> None:
        self.v_s = self.nn_r = self._value

    def release_bc(self) -> None:
        self.control, self.control_again = None, False

    def transmit_bd(self) -> None:
        self.bd_free = False
        self._send("BD", 0, self._fdu)

    def add_to_wait_queue(self) -> None:
        self.waiting = self._fdu

    def accept_fdu(self) -> None:
        self.user.accepted(self._fdu)

    def reject_fdu(self) -> None:
        self.user.rejected(self._fdu)

    def accept(self) -> None:
        self.user.directive(self._directive, "accepted")

    def reject(self) -> None:
        self.user.directive(self._directive, "rejected")

    def confirm(self) -> None:
        self.user.directive(self._directive, "confirmed")

    def await_initiation(self) -> None:
        self.initiation = self._directive

    def confirm_initiation(self) -> None:
        initiation, self.initiation = self.initiation, ""
        self.user.directive(initiation, "confirmed")

    def set_v_s_unless_suspended(self) -> None:
        if self.suspend_state:
            self.reject()
            return
        self.accept()
        self.v_s = self.nn_r = self._value
        self.confirm()

    def set_window(self) -> None:
        self.window = self._value

    def set_t1(self) -> None:
        self.t1_ns = self._value

    def set_limit(self) -> None:
        self.limit = self._value

    def set_timeout_type(self) -> None:
        self.timeout_type = self._value

    def ad_out_ready(self) -> None:
        self.ad_free = True

    def bc_out_ready(self) -> None:
        self.bc_free = True

    def bd_out_ready(self) -> None:
        self.bd_free = True
