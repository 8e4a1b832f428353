# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: cells are indexed by an event and a state that are compared with their counts.
"""FARM-1: which telecommand frames are accepted, and what the CLCW says of it (CCSDS 232.1-B-2, 6; 232.0-B-4, 4.2).

A generic engine over `flight.farm_table`: an event is told from the frame, its cell is looked up, the cell's actions are done in order.
The record carries a check over state, V(R) and flags. When a flipped bit shows, FARM-1 locks: better no AD frame than one twice, and the
ground is told by the CLCW.
"""

import numpy as np

from hal.core.arena cimport Arena
from wire.clcw cimport Clcw, clcw_build
from wire.tc_frame cimport TC_FRAME_OK, tc_frame_parse

from flight import farm_table

cdef enum:
    OPEN = 1
    WAIT = 2
    LOCKOUT = 3


cdef uint8_t _check(const FarmState* s) noexcept nogil:
    return s.v_r ^ <uint8_t>(s.state << 4 | s.lockout << 2 | s.wait << 1 | s.retransmit) ^ 0xA5


cdef bint farm_guard(FarmContext* c) noexcept nogil:
    cdef FarmState* s = c.state
    if s.check == _check(s) and OPEN <= s.state <= LOCKOUT and (s.lockout | s.wait | s.retransmit) <= 1:
        return True
    s.state, s.lockout, s.wait, s.retransmit = LOCKOUT, 1, 0, 0
    s.check = _check(s)
    s.upsets += 1
    return False


cdef int farm_event(const FarmContext* c, const TcFrame* frame, const uint8_t* data, bint room, uint8_t* value) noexcept nogil:
    cdef uint8_t ahead
    if frame.control_command:
        if frame.data_length == 1 and data[0] == 0:
            return 7
        if frame.data_length == 3 and data[0] == 0x82 and data[1] == 0:
            value[0] = data[2]
            return 8
        return 9
    if frame.bypass:
        return 6
    ahead = <uint8_t>(frame.sequence_number - c.state.v_r)
    if ahead == 0:
        return 1 if room else 2
    if ahead <= c.window // 2 - 1:                      # V(R) + 1 to V(R) + PW - 1
        return 3
    if ahead >= 256 - c.window // 2:                    # V(R) - NW to V(R) - 1
        return 4
    return 5


cdef uint16_t farm_apply(FarmContext* c, int event, uint8_t value) noexcept nogil:
    cdef FarmState* s = c.state
    cdef int cell = 3 * (event - 1) + s.state - 1
    cdef uint16_t done
    if cell < 0 or cell >= 33:
        return 0
    done = c.actions[cell]
    if done & 0x001 and event == 1:
        s.taken += 1
    elif done & 0x001:
        s.bypassed += 1
    if done & 0x002 and event <= 5:
        s.discarded += 1
    if done & 0x004:
        s.v_r += 1
    if done & 0x008:
        s.v_r = value
    if done & 0x010:
        s.farm_b += 1
        s.controls += event != 6
    if done & 0x020:
        s.retransmit = 1
    if done & 0x040:
        s.retransmit = 0
    if done & 0x080:
        s.wait = 1
    if done & 0x100:
        s.wait = 0
    if done & 0x200:
        s.lockout = 1
        s.lockouts += 1
    if done & 0x400:
        s.lockout = 0
    s.state = c.following[cell]
    s.check = _check(s)
    return done


cdef uint32_t farm_clcw(const FarmContext* c) noexcept nogil:
    cdef const FarmState* s = c.state
    cdef Clcw word
    word.status, word.cop_in_effect, word.virtual_channel_id = 0, 1, c.virtual_channel_id
    word.no_rf, word.no_bit_lock = 0, 0                 # who hears a frame has both; the model's receivers are never without
    word.lockout, word.wait, word.retransmit = s.lockout, s.wait, s.retransmit
    word.farm_b_count, word.report_value = s.farm_b & 3, s.v_r
    return clcw_build(&word)


cdef class Farm:
    """One virtual channel's FARM-1. With an arena its state is the record `farm`; without, it keeps it itself (tests, stations)."""

    def __cinit__(self, Arena arena=None, int window=FARM_WINDOW, int virtual_channel_id=0, table=farm_table.FARM_1):
        cdef FarmContext* c = &self.c
        if window % 2 or not 2 <= window <= 254 or not 0 <= virtual_channel_id < 64:
            raise ValueError(f"window {window}: even, 2 to 254; virtual channel {virtual_channel_id}: 0 to 63")
        cdef FarmState[::1] view
        if arena is None:
            c.state = &self.own
        else:
            c.state = <FarmState*>arena.take("farm", sizeof(FarmState))
            view = <FarmState[:1]>c.state
            arena.bind("farm", np.asarray(view))
        self.table, c.window, c.virtual_channel_id = table, window, virtual_channel_id
        c.state.state = OPEN
        c.state.check = _check(c.state)
        for cell in table:
            place = 3 * (cell.event - 1) + cell.state - 1
            c.actions[place] = sum(1 << farm_table.ACTIONS.index(action) for action in cell.actions)
            c.following[place] = cell.next

    def frame(self, const unsigned char[::1] octets not None, bint room=True) -> tuple[int, bool]:
        """A frame has come: the event that it is, and whether it is accepted. What does not parse is E9."""
        cdef TcFrame parsed
        cdef uint8_t value = 0
        cdef int event = FARM_INVALID
        if octets.shape[0] and tc_frame_parse(&octets[0], <uint32_t>octets.shape[0], &parsed) == TC_FRAME_OK:
            event = farm_event(&self.c, &parsed, &octets[parsed.data_offset], room, &value)
        return event, bool(farm_apply(&self.c, event, value) & DID_ACCEPT)

    def accept_ad(self, int sequence_number, bint room=True) -> bool:
        """A sound AD frame with this N(S) has come: is it accepted? (`frame` without the octets.)"""
        cdef TcFrame parsed
        cdef uint8_t value = 0
        parsed.control_command, parsed.bypass, parsed.sequence_number = 0, 0, <uint8_t>sequence_number
        return bool(farm_apply(&self.c, farm_event(&self.c, &parsed, NULL, room, &value), 0) & DID_ACCEPT)

    def apply(self, int event, int value=0) -> list[str]:
        """An event (1..11) happens; `value` is V*(R) for E8. The names of the actions done."""
        done = farm_apply(&self.c, event, <uint8_t>value)
        return [name for bit, name in enumerate(farm_table.ACTIONS) if done >> bit & 1]

    def guard(self) -> bool:
        """False when the record was hit by an upset since; FARM-1 is in lockout now."""
        return farm_guard(&self.c)

    def clcw(self) -> int:
        """The operational control field."""
        return farm_clcw(&self.c)

    @property
    def record(self):
        """The state's fields by name; give the property a mapping to set some, the check included if it is given."""
        return dict(self.c.state[0])

    @record.setter
    def record(self, fields):
        self.c.state[0] = {**dict(self.c.state[0]), **fields}
        if "check" not in fields:
            self.c.state.check = _check(self.c.state)
