# cython: cdivision=True
"""WheelDriver: sets up a CiA 402 drive over CANopen, walks it up to "operation enabled", and back after any restart or fault.

Protocol: docs/devices.md, "Wheel drive" (CiA 301 for the transfers, CiA 402-2 for the state machine and the profile velocity mode).
The driver enables torque only while the command says so. A fault is reset after 1, 2, 4 ... up to 60 seconds, however often it returns.
"""

from libc.stdint cimport int32_t

import numpy as np

from hal.core.ring cimport Unit, ring_drop, ring_front, ring_octets, ring_push
from hal.drivers.common cimport ReadingHead, reading_accept, reading_age, reading_refuse, watch_start
from hal.drivers.octets cimport le16, le32, put_le16, put_le32
from hal.reading cimport DEVICE_FORMAT, DEVICE_OK, DEVICE_RANGE, DEVICE_RESET, DEVICE_SELF_TEST

cdef double SPEED_UNITS_PER_RAD_S = 1200.0 * 600.0 / 6.283185307179586      # 0.1 rpm of the motor, for 1 rad/s of the wheel
cdef double COUNTS_PER_RAD = 1200.0 * 4096.0 / 6.283185307179586
cdef double TORQUE_N_M = 0.001 * 0.03 * 1200.0 * 0.6                        # of the wheel, for 0.1 % of the motor's rated torque
cdef double CURRENT_A = 0.001 * 1.0
cdef double FASTEST_RAD_S = 0.5
cdef double CREDIBLE_RAD_S = 0.63                                           # 20 % above the motor's 6000 rpm

cdef enum:
    STEPS = 9

cdef uint32_t[9] STEP_OBJECT         # index << 8 | sub-index
cdef uint32_t[9] STEP_VALUE          # written, or what must be read
cdef uint8_t[9] STEP_OCTETS          # 0: read
STEP_OBJECT[:] = [0x100000, 0x606000, 0x101700, 0x180005, 0x180105, 0x140005, 0x608300, 0x608400, 0x606100]
STEP_VALUE[:] = [0x00020192, 3, 100, 20, 20, 200, 60000, 60000, 3]
STEP_OCTETS[:] = [0, 1, 2, 2, 2, 2, 4, 4, 0]

cdef enum DriveState:
    NOT_READY
    SWITCH_ON_DISABLED
    READY
    SWITCHED_ON
    OPERATION_ENABLED
    QUICK_STOP
    FAULT_REACTION
    FAULT
    NO_STATE


cdef DriveState state_of(uint32_t statusword) noexcept nogil:
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


cdef void begin(WheelState* s, int phase) noexcept nogil:
    s.phase = <uint8_t>phase
    s.step = s.waiting = 0


cdef void take_motion(WheelContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    """First process-data object: statusword, actual velocity."""
    cdef WheelReading* r = c.reading
    cdef WheelState* s = c.state
    cdef uint32_t statusword = le16(p), speed = le32(p + 2)
    cdef DriveState drive = state_of(statusword)
    cdef int error = DEVICE_OK
    if drive == NO_STATE:
        reading_refuse(<ReadingHead*>r, DEVICE_FORMAT)
        return
    if s.restarted:
        error, s.restarted = DEVICE_RESET, 0
    if drive == FAULT or drive == FAULT_REACTION or speed == 0x80000000u:
        error = DEVICE_SELF_TEST
    if speed != 0x80000000u:
        r.rate_rad_s = <int32_t>speed / SPEED_UNITS_PER_RAD_S
        if not -CREDIBLE_RAD_S <= r.rate_rad_s <= CREDIBLE_RAD_S:
            error = DEVICE_RANGE
    r.statusword = <uint16_t>statusword
    r.operational = drive == OPERATION_ENABLED and s.phase == WHEEL_RUN and s.node_state == 5
    if drive != FAULT and drive != FAULT_REACTION:
        s.fault_tick = tick
    reading_accept(<ReadingHead*>r, tick, error)


cdef void take_load(WheelContext* c, const uint8_t* p) noexcept nogil:
    """Second process-data object: torque, current, position. The encoder's count rolls over; ours does not."""
    cdef WheelState* s = c.state
    cdef uint32_t position = le32(p + 4)
    c.reading.torque_n_m = <int32_t>(<uint32_t>le16(p) << 16) / 65536 * TORQUE_N_M
    c.reading.current_a = <int32_t>(<uint32_t>le16(p + 2) << 16) / 65536 * CURRENT_A
    if s.positioned:
        s.counts += <int32_t>(position - s.position)
    s.position, s.positioned = position, 1
    c.reading.angle_rad = s.counts / COUNTS_PER_RAD


cdef void take_heartbeat(WheelContext* c, uint32_t state) noexcept nogil:
    cdef WheelState* s = c.state
    if state == 0:                                   # boot-up: everything we had set is gone
        s.set_up_again += 1
        s.restarted = 1
        s.positioned = 0
        c.reading.error = DEVICE_RESET
        begin(s, WHEEL_SET_UP)
    elif state != 5 and s.phase == WHEEL_RUN:
        begin(s, WHEEL_START)
    s.node_state = <uint8_t>state


cdef void take_answer(WheelContext* c, const uint8_t* p, int64_t tick) noexcept nogil:
    """A service-data answer; one to another request than ours is refused."""
    cdef WheelState* s = c.state
    cdef uint32_t object = (<uint32_t>le16(p + 1) << 8) | p[3], value = le32(p + 4)
    if s.phase != WHEEL_SET_UP or not s.waiting or object != STEP_OBJECT[s.step]:
        reading_refuse(<ReadingHead*>c.reading, DEVICE_FORMAT)
        return
    if STEP_OCTETS[s.step] == 0 and p[0] == 0x4F:
        value &= 0xFF
    if p[0] == 0x80 or (STEP_OCTETS[s.step] == 0 and ((p[0] & 0xE0) != 0x40 or value != STEP_VALUE[s.step])):
        s.aborts += 1                                # it may have been operational all the while: from the beginning, in a second
        c.reading.error = DEVICE_SELF_TEST
        s.found_tick = tick
        begin(s, WHEEL_FIND)
        return
    s.waiting = 0
    s.step += 1
    if s.step == STEPS:
        begin(s, WHEEL_START)


cdef void take(WheelContext* c, uint32_t id, const uint8_t* p, uint32_t length, int64_t tick) noexcept nogil:
    cdef uint32_t service = id & 0x780
    if service == 0x180 and length == 6:
        take_motion(c, p, tick)
    elif service == 0x280 and length == 8:
        take_load(c, p)
    elif service == 0x700 and length == 1:
        take_heartbeat(c, p[0] & 0x7F)
    elif service == 0x580 and length == 8:
        take_answer(c, p, tick)
    elif service == 0x080 and length == 8:
        c.reading.error_code = le16(p)
    else:
        reading_refuse(<ReadingHead*>c.reading, DEVICE_FORMAT)


cdef int read_wheel(void* context, int64_t tick) noexcept nogil:
    cdef WheelContext* c = <WheelContext*>context
    cdef Unit* unit
    if not c.state.watch.started:
        watch_start(&c.state.watch, c.mailbox, tick)
        c.state.fault_tick = tick
        c.state.found_tick = tick - c.second_ticks
    while True:
        unit = ring_front(c.mailbox)
        if unit == NULL:
            break
        c.state.watch.heard_tick = tick
        take(c, unit.id, ring_octets(unit), unit.length, unit.tick)
        ring_drop(c.mailbox)
    reading_age(<ReadingHead*>c.reading, &c.state.watch, tick, c.timeout_ticks)
    if tick - c.reading.tick > c.timeout_ticks:
        c.reading.operational = 0
    return 0


cdef void send_management(WheelContext* c, uint8_t command, int64_t tick) noexcept nogil:
    cdef uint8_t frame[2]
    frame[0], frame[1] = command, <uint8_t>c.node
    ring_push(c.to_device, tick, 0x000, frame, 2)
    c.state.asked_tick = tick


cdef void send_step(WheelContext* c, int64_t tick) noexcept nogil:
    """One expedited transfer of the set-up."""
    cdef WheelState* s = c.state
    cdef uint8_t frame[8]
    cdef uint32_t octets = STEP_OCTETS[s.step]
    frame[0] = 0x40 if octets == 0 else <uint8_t>(0x23 | ((4 - octets) << 2))
    put_le16(frame + 1, STEP_OBJECT[s.step] >> 8)
    frame[3] = <uint8_t>STEP_OBJECT[s.step]
    put_le32(frame + 4, STEP_VALUE[s.step] if octets else 0)
    ring_push(c.to_device, tick, 0x600 + c.node, frame, 8)
    s.asked_tick, s.waiting = tick, 1


cdef uint32_t controlword(WheelContext* c, int64_t tick) noexcept nogil:
    """The next step of the walk up, from where the drive says that it is."""
    cdef WheelState* s = c.state
    cdef DriveState drive = state_of(c.reading.statusword)
    if drive == FAULT:
        if s.edge:
            s.edge = 0
            return 0x00
        if tick - s.fault_tick >= s.backoff_s * c.second_ticks:
            s.fault_tick = tick
            s.fault_resets += 1
            s.backoff_s = s.backoff_s * 2 if s.backoff_s < 30 else 60
            s.edge = 1
            return 0x80
        return 0x00
    s.edge = 0
    if drive != OPERATION_ENABLED:
        s.idle_tick = tick
    elif tick - s.idle_tick > 10 * c.second_ticks:
        s.backoff_s = 1
    if not c.command.enabled:
        return 0x00
    if drive == SWITCH_ON_DISABLED:
        return 0x06
    if drive == READY:
        return 0x07
    return 0x0F if drive == SWITCHED_ON or drive == OPERATION_ENABLED else 0x00


cdef void send_motion(WheelContext* c, int64_t tick) noexcept nogil:
    """Receive process data: controlword, target velocity. Not a number is no motion."""
    cdef uint8_t frame[6]
    cdef double rate = c.command.rate_rad_s if c.command.enabled else 0.0
    if not -FASTEST_RAD_S <= rate <= FASTEST_RAD_S:
        rate = FASTEST_RAD_S if rate > 0.0 else -FASTEST_RAD_S if rate < 0.0 else 0.0
    put_le16(frame, controlword(c, tick))
    put_le32(frame + 2, <uint32_t><int32_t>(rate * SPEED_UNITS_PER_RAD_S))
    ring_push(c.to_device, tick, 0x200 + c.node, frame, 6)


cdef int write_wheel(void* context, int64_t tick) noexcept nogil:
    cdef WheelContext* c = <WheelContext*>context
    cdef WheelState* s = c.state
    if s.phase != WHEEL_FIND and tick - s.watch.heard_tick > c.second_ticks and tick - s.found_tick >= c.second_ticks:
        begin(s, WHEEL_FIND)                         # nobody there: look for it once a second
    if s.phase == WHEEL_FIND:
        if tick - s.found_tick >= c.second_ticks:
            send_management(c, 0x80, tick)
            s.found_tick = tick
            begin(s, WHEEL_SET_UP)
    elif s.phase == WHEEL_SET_UP:
        if not s.waiting or tick - s.asked_tick >= c.answer_ticks:
            send_step(c, tick)
    elif s.phase == WHEEL_START:
        send_management(c, 0x01, tick)
        s.phase = WHEEL_RUN
        s.node_state = 5
    elif tick % c.period_ticks == 0:
        send_motion(c, tick)
    return 0


cdef class WheelDriver:
    """The reading is the record `name`, the command `name.command`. `node`: the drive's CANopen node number. Stale after `timeout_s`
    (0.1 s, five of its process data) without a good one."""

    def __init__(self, Arena arena not None, CanController can not None, str name not None, int node=1, double tick_s=0.01,
                 double timeout_s=0.1):
        if not 1 <= node <= 127:
            raise ValueError(f"{name}: {node} is no CANopen node number")
        self.name, self.arena, self.can = name, arena, can
        self.reading = <WheelReading*>arena.take(name, sizeof(WheelReading))
        cdef WheelReading[::1] reading = <WheelReading[:1]>self.reading
        arena.bind(name, np.asarray(reading))
        self.command = <WheelCommand*>arena.take(name + ".command", sizeof(WheelCommand))
        cdef WheelCommand[::1] command = <WheelCommand[:1]>self.command
        arena.bind(name + ".command", np.asarray(command))
        cdef WheelContext* c = &self.context
        c.state = <WheelState*>arena.take(name + ".driver", sizeof(WheelState))
        cdef WheelState[::1] own = <WheelState[:1]>c.state
        arena.bind(name + ".driver", np.asarray(own))
        c.state.backoff_s = 1
        c.mailbox = can.mailbox(name, [function + node for function in (0x080, 0x180, 0x280, 0x580, 0x700)], 32)
        c.to_device = &can.bus.to_device
        c.reading, c.command, c.node = self.reading, self.command, node
        c.timeout_ticks, c.second_ticks = round(timeout_s / tick_s), round(1.0 / tick_s)
        c.period_ticks, c.answer_ticks = max(1, round(0.02 / tick_s)), max(2, round(0.05 / tick_s))
        self.read_slot = SlotCode.make(name + ".read", read_wheel, c, self)
        self.write_slot = SlotCode.make(name + ".write", write_wheel, c, self)
