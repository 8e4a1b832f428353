# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""CanopenDriver: a CiA 402 drive over CANopen: sets it up, walks it up to "operation enabled", and back after any restart or fault.

Protocol: docs/devices.md, "Rover drives" (CiA 301 for the transfers, CiA 402-2 for the state machine and the modes). Torque is enabled
only while the command says so. A fault is reset after 1, 2, 4 ... up to 60 seconds, however often it returns.
"""

from libc.stdint cimport int32_t

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from hal.drivers.common cimport reading_accept, reading_age, reading_refuse, watch_start
from hal.drivers.octets cimport le16, le32, put_le16, put_le32
from hal.reading cimport DEVICE_FORMAT, DEVICE_OK, DEVICE_RESET, DEVICE_SELF_TEST


cdef enum Station:
    NOT_READY
    SWITCH_ON_DISABLED
    READY
    SWITCHED_ON
    OPERATION_ENABLED
    QUICK_STOP
    FAULT_REACTION
    FAULT
    NO_STATE


cdef Station station_of(uint32_t statusword) noexcept nogil:
    """CiA 402-2, table of statusword patterns."""
    cdef uint32_t coarse = statusword & 0x4F, fine = statusword & 0x6F
    if coarse == 0x00:
        return NOT_READY
    if coarse == 0x40:
        return SWITCH_ON_DISABLED
    if coarse == 0x0F:
        return FAULT_REACTION
    if coarse == 0x08:
        return FAULT
    if fine == 0x21:
        return READY
    if fine == 0x23:
        return SWITCHED_ON
    if fine == 0x27:
        return OPERATION_ENABLED
    return QUICK_STOP if fine == 0x07 else NO_STATE


cdef void begin(DriveState* s, int phase) noexcept nogil:
    s.phase = <uint8_t>phase
    s.step = s.waiting = 0


cdef void take_first(Drive* d, const uint8_t* p, int64_t tick) noexcept nogil:
    """First process-data object: statusword, actual velocity or position."""
    cdef DriveState* s = d.state
    cdef uint32_t statusword = le16(p), number = le32(p + 2)
    cdef Station station = station_of(statusword)
    cdef int error = DEVICE_OK, found
    if station == NO_STATE:
        reading_refuse(d.reading, DEVICE_FORMAT)
        return
    d.statusword[0] = <uint16_t>statusword
    if s.restarted:
        error, s.restarted = DEVICE_RESET, 0
    if station == FAULT or station == FAULT_REACTION or number == NO_NUMBER:
        error = DEVICE_SELF_TEST
    if number != NO_NUMBER:
        found = d.first(d, number)
        error = found if found != DEVICE_OK else error
    d.operational[0] = station == OPERATION_ENABLED and s.phase == DRIVE_RUN and s.node_state == 5
    if station != FAULT and station != FAULT_REACTION:
        s.fault_tick = tick
    reading_accept(d.reading, tick, error)


cdef void take_heartbeat(Drive* d, uint32_t state) noexcept nogil:
    cdef DriveState* s = d.state
    if state == 0:                                   # boot-up: everything we had set is gone
        s.set_up_again += 1
        s.restarted = 1
        s.positioned = s.pointed = 0
        d.reading.error = DEVICE_RESET
        begin(s, DRIVE_SET_UP)
    elif state != 5 and s.phase == DRIVE_RUN:
        begin(s, DRIVE_START)
    s.node_state = <uint8_t>state


cdef void take_answer(Drive* d, const uint8_t* p, int64_t tick) noexcept nogil:
    """A service-data answer; one to another request than ours is refused."""
    cdef DriveState* s = d.state
    cdef uint32_t object = (<uint32_t>le16(p + 1) << 8) | p[3], value = le32(p + 4)
    if s.phase != DRIVE_SET_UP or not s.waiting or s.step >= d.steps or object != d.step_object[s.step]:
        reading_refuse(d.reading, DEVICE_FORMAT)
        return
    if d.step_octets[s.step] == 0 and p[0] == 0x4F:
        value &= 0xFF
    if p[0] == 0x80 or (d.step_octets[s.step] == 0 and ((p[0] & 0xE0) != 0x40 or value != d.step_value[s.step])):
        s.aborts += 1                                # it may have been operational all the while: from the beginning, in a second
        d.reading.error = DEVICE_SELF_TEST
        s.found_tick = tick
        begin(s, DRIVE_FIND)
        return
    s.waiting = 0
    s.step += 1
    if s.step >= d.steps:
        begin(s, DRIVE_START)


cdef void take(Drive* d, uint32_t id, const uint8_t* p, uint32_t length, int64_t tick) noexcept nogil:
    cdef uint32_t service = id & 0x780
    if service == 0x180 and length == 6:
        take_first(d, p, tick)
    elif service == 0x280 and length == 8:
        d.second(d, p)
    elif service == 0x700 and length == 1:
        take_heartbeat(d, p[0] & 0x7F)
    elif service == 0x580 and length == 8:
        take_answer(d, p, tick)
    elif service == 0x080 and length == 8:
        d.error_code[0] = le16(p)
    else:
        reading_refuse(d.reading, DEVICE_FORMAT)


cdef int read_drive(void* drive, int64_t tick) noexcept nogil:
    cdef Drive* d = <Drive*>drive
    cdef Unit* unit
    if not d.state.watch.started:
        watch_start(&d.state.watch, d.mailbox, tick)
        d.state.fault_tick = tick
        d.state.found_tick = tick - d.second_ticks
    while True:
        unit = ring_front(d.mailbox)
        if unit == NULL:
            break
        d.state.watch.heard_tick = tick
        take(d, unit.id, ring_octets(unit), unit.length, unit.tick)
        ring_drop(d.mailbox)
    reading_age(d.reading, &d.state.watch, tick, d.timeout_ticks)
    if tick - d.reading.tick > d.timeout_ticks:
        d.operational[0] = 0
    return 0


cdef void send_management(Drive* d, uint8_t command, int64_t tick) noexcept nogil:
    cdef uint8_t frame[2]
    frame[0], frame[1] = command, <uint8_t>d.node
    ring_push(d.to_device, tick, 0x000, frame, 2)
    d.state.asked_tick = tick


cdef void send_step(Drive* d, int64_t tick) noexcept nogil:
    """One expedited transfer of the set-up."""
    cdef DriveState* s = d.state
    cdef uint8_t frame[8]
    cdef uint32_t octets
    if s.step >= d.steps:                            # an upset's work
        begin(s, DRIVE_FIND)
        return
    octets = d.step_octets[s.step]
    frame[0] = 0x40 if octets == 0 else <uint8_t>(0x23 | ((4 - octets) << 2))
    put_le16(frame + 1, d.step_object[s.step] >> 8)
    frame[3] = <uint8_t>d.step_object[s.step]
    put_le32(frame + 4, d.step_value[s.step] if octets else 0)
    ring_push(d.to_device, tick, 0x600 + d.node, frame, 8)
    s.asked_tick, s.waiting = tick, 1


cdef uint32_t controlword(Drive* d, Station station, int64_t tick) noexcept nogil:
    """The next step of the walk up, from where the drive says that it is."""
    cdef DriveState* s = d.state
    if station == FAULT:
        if s.edge:
            s.edge = 0
            return 0x00
        if tick - s.fault_tick >= s.backoff_s * d.second_ticks:
            s.fault_tick = tick
            s.fault_resets += 1
            s.backoff_s = s.backoff_s * 2 if s.backoff_s < 30 else 60
            s.edge = 1
            return 0x80
        return 0x00
    s.edge = 0
    if station != OPERATION_ENABLED:
        s.idle_tick = tick
    elif tick - s.idle_tick > 10 * d.second_ticks:
        s.backoff_s = 1
    if not d.enabled[0]:
        return 0x00
    if station == SWITCH_ON_DISABLED:
        return 0x06
    if station == READY:
        return 0x07
    return 0x0F if station == SWITCHED_ON or station == OPERATION_ENABLED else 0x00


cdef uint32_t hand_over(Drive* d, Station station, uint32_t target) noexcept nogil:
    """Bits 4 and 5: a new set-point, to be taken at once. The drive acknowledges with bit 12 of its statusword, until bit 4 falls."""
    cdef DriveState* s = d.state
    if station != OPERATION_ENABLED:
        s.pointed = 0
        return 0x00
    if d.statusword[0] & 0x1000:
        return 0x20
    if s.pointed and s.set_point == target:
        return 0x20
    s.set_point, s.pointed = target, 1
    return 0x30


cdef void send_target(Drive* d, int64_t tick) noexcept nogil:
    """Receive process data: controlword, target velocity or position."""
    cdef uint8_t frame[6]
    cdef Station station = station_of(d.statusword[0])
    cdef uint32_t word = controlword(d, station, tick), target = d.target(d)
    if d.points and word == 0x0F:
        word |= hand_over(d, station, target)
    elif d.points:
        d.state.pointed = 0
    put_le16(frame, word)
    put_le32(frame + 2, target)
    ring_push(d.to_device, tick, 0x200 + d.node, frame, 6)


cdef int write_drive(void* drive, int64_t tick) noexcept nogil:
    cdef Drive* d = <Drive*>drive
    cdef DriveState* s = d.state
    if s.phase != DRIVE_FIND and tick - s.watch.heard_tick > d.second_ticks and tick - s.found_tick >= d.second_ticks:
        begin(s, DRIVE_FIND)                         # nobody there: look for it once a second
    if s.phase == DRIVE_RUN:
        if tick % d.period_ticks == 0:
            send_target(d, tick)
    elif s.phase == DRIVE_FIND:
        if tick - s.found_tick >= d.second_ticks:
            send_management(d, 0x80, tick)
            s.found_tick = tick
            begin(s, DRIVE_SET_UP)
    elif s.phase == DRIVE_SET_UP:
        if not s.waiting or tick - s.asked_tick >= d.answer_ticks:
            send_step(d, tick)
    elif s.phase == DRIVE_START:
        send_management(d, 0x01, tick)
        s.phase = DRIVE_RUN
        s.node_state = 5
    else:                                            # an upset's work
        begin(s, DRIVE_FIND)
    return 0


cdef class CanopenDriver:
    """The reading is the record `name`, the command `name.command`. `node`: the drive's CANopen node number. Stale after `timeout_s`
    (0.1 s, five of its process data) without a good one."""

    cdef void wire(self, Arena arena, CanController can, str name, void* reading, void* command, int node, double tick_s, double timeout_s,
                   tuple steps) except *:
        """What a subclass does when it has taken and bound its records. `steps` of the set-up are (object, value, octets written or 0 to
        read). Raises ValueError for a node number that none can have."""
        cdef Drive* d = &self.drive
        if not 1 <= node <= 127:
            raise ValueError(f"{name}: {node} is no CANopen node number")
        self.name, self.arena, self.can = name, arena, can
        d.state = <DriveState*>arena.take(name + ".driver", sizeof(DriveState))
        cdef DriveState[::1] view = <DriveState[:1]>d.state
        arena.bind(name + ".driver", np.asarray(view))
        d.state.backoff_s = 1
        d.mailbox = can.mailbox(name, [function + node for function in (0x080, 0x180, 0x280, 0x580, 0x700)], 32)
        d.to_device, d.node = &can.bus.to_device, node
        d.reading, d.command = <ReadingHead*>reading, command
        d.steps = 0
        for object, value, octets in steps:
            d.step_object[d.steps], d.step_value[d.steps], d.step_octets[d.steps] = object, value, octets
            d.steps += 1
        d.timeout_ticks, d.second_ticks = round(timeout_s / tick_s), round(1.0 / tick_s)
        d.period_ticks, d.answer_ticks = max(1, round(0.02 / tick_s)), max(2, round(0.05 / tick_s))
        self.read_slot = SlotCode.make(name + ".read", read_drive, d, self)
        self.write_slot = SlotCode.make(name + ".write", write_drive, d, self)
