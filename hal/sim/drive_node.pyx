# distutils: extra_compile_args = -O2
# cython: cdivision=True
"""A drive as a CANopen node (docs/devices.md, "Rover drives"): network management and expedited transfers of CiA 301, section 7.2;
the state machine of CiA 402-2 with profile velocity or profile position mode.

Only the objects of the table are there, and only expedited transfers: a segmented one is aborted as an unknown command.
"""

from libc.string cimport memcpy, memset

from hal.sim.far_end cimport line_send, line_tend
from hal.sim.faults cimport FAULT_RESET, fault_capture, fault_on, fault_parameter

cdef enum:
    ABORT_COMMAND = 0x05040001
    ABORT_READ_ONLY = 0x06010002
    ABORT_NO_OBJECT = 0x06020000
    ABORT_LENGTH = 0x06070010
    ABORT_NO_SUBINDEX = 0x06090011
    ABORT_RANGE = 0x06090030
    ABORT_STATE = 0x08000022
    READ_ONLY = 16

cdef uint32_t[8] STATUS              # by state of CiA 402: not ready, disabled, ready, on, enabled, quick stop, reaction, fault
STATUS[:] = [0x0000, 0x0040, 0x0021, 0x0023, 0x0027, 0x0007, 0x000F, 0x0008]


cdef inline uint32_t load16(const uint8_t* p) noexcept nogil:
    return p[0] | (<uint32_t>p[1] << 8)


cdef inline uint32_t load32(const uint8_t* p) noexcept nogil:
    return load16(p) | (load16(p + 2) << 16)


cdef inline void lay16(uint8_t* p, uint32_t value) noexcept nogil:
    p[0], p[1] = <uint8_t>value, <uint8_t>(value >> 8)


cdef inline void lay32(uint8_t* p, uint32_t value) noexcept nogil:
    lay16(p, value)
    lay16(p + 2, value >> 16)


cdef uint32_t statusword(const DriveNodeState* s) noexcept nogil:
    """Object 6041h: state, voltage enabled, remote, target reached, limit active, and bit 12 of the mode."""
    return (STATUS[s.drive_state & 7] | 0x0210 | (0x0400 if s.reached else 0) | (0x0800 if s.limited else 0)
            | (0x1000 if s.special else 0))


cdef int describe(const DriveNode* n, uint32_t object) noexcept nogil:
    """Octets of an object, with READ_ONLY added; 0 when it does not exist, -1 when its sub-index does not."""
    if object == 0x606000:
        return 1
    if object == 0x606100:
        return 1 + READ_ONLY
    if object == 0x101700 or object == 0x604000 or object == 0x180005 or object == 0x180105 or object == 0x140005:
        return 2
    if object == 0x604100 or object == 0x603F00:
        return 2 + READ_ONLY
    if object == 0x608300 or object == 0x608400:
        return 4
    if n.mode == PROFILE_VELOCITY and object == 0x60FF00 or n.mode == PROFILE_POSITION and (object == 0x607A00 or object == 0x608100):
        return 4
    if object == 0x100000 or object == 0x606C00 or object == 0x606400 or object == 0x101801:
        return 4 + READ_ONLY
    object >>= 8
    if object == 0x1000 or object == 0x1017 or object == 0x1018 or object == 0x1400 or object == 0x1800 or object == 0x1801:
        return -1
    return -1 if 0x603F <= object <= 0x6041 or object == 0x6060 or object == 0x6061 or object == 0x6083 or object == 0x6084 else 0


cdef uint32_t value_of(const DriveNodeState* s, uint32_t object) noexcept nogil:
    if object == 0x100000:
        return 0x00020192                                # a servo drive of CiA 402
    if object == 0x101801:
        return 0x000F5A1D                                # vendor: a number of ours, assigned by nobody
    if object == 0x101700:
        return s.heartbeat_ms
    if object == 0x180005:
        return s.first_ms
    if object == 0x180105:
        return s.second_ms
    if object == 0x140005:
        return s.deadline_ms
    if object == 0x604000:
        return s.controlword
    if object == 0x604100:
        return statusword(s)
    if object == 0x603F00:
        return s.error_code
    if object == 0x606000 or object == 0x606100:
        return s.mode
    if object == 0x60FF00 or object == 0x607A00:
        return s.target
    if object == 0x608100:
        return s.profile_velocity
    if object == 0x608300:
        return s.acceleration
    if object == 0x608400:
        return s.deceleration
    return s.position if object == 0x606400 else <uint32_t>s.velocity


cdef uint32_t change(DriveNode* n, uint32_t object, uint32_t value) noexcept nogil:
    """Write an object. Gives 0 or an abort code."""
    cdef DriveNodeState* s = n.s
    if object == 0x606000:
        if value != n.mode and value != 0:               # its one mode, or none
            return ABORT_RANGE
        s.mode = <uint8_t>value
    elif object == 0x101700:
        s.heartbeat_ms = <uint16_t>value
    elif object == 0x604000:
        s.controlword = <uint16_t>value
    elif object == 0x60FF00 or object == 0x607A00:
        s.target = value
    elif object == 0x608100 or object == 0x608300 or object == 0x608400:
        if value == 0:
            return ABORT_RANGE
        if object == 0x608100:
            s.profile_velocity = value
        elif object == 0x608300:
            s.acceleration = value
        else:
            s.deceleration = value
    elif s.node_state != 127:                            # communication parameters change before operation only
        return ABORT_STATE
    elif object == 0x180005:
        s.first_ms = <uint16_t>value
    elif object == 0x180105:
        s.second_ms = <uint16_t>value
    else:
        s.deadline_ms = <uint16_t>value
    return 0


cdef void serve_object(DriveNode* n, const uint8_t* request, uint8_t* answer) noexcept nogil:
    """One expedited transfer: `request` and `answer` are eight octets each."""
    cdef uint32_t object = (load16(request + 1) << 8) | request[3], command = request[0] & 0xE0, abort = 0, value
    cdef int kind = describe(n, object), octets = kind & 7
    memset(answer, 0, 8)
    memcpy(answer + 1, request + 1, 3)
    if kind <= 0:
        abort = ABORT_NO_OBJECT if kind == 0 else ABORT_NO_SUBINDEX
    elif command == 0x40:
        answer[0] = <uint8_t>(0x43 | ((4 - octets) << 2))
        value = value_of(n.s, object)
        lay32(answer + 4, value & (<uint32_t>0xFFFFFFFF >> (32 - 8 * octets)))
    elif command != 0x20 or not request[0] & 2:
        abort = ABORT_COMMAND
    elif kind & READ_ONLY:
        abort = ABORT_READ_ONLY
    elif request[0] & 1 and 4 - ((request[0] >> 2) & 3) != octets:
        abort = ABORT_LENGTH
    else:
        abort = change(n, object, load32(request + 4) & (<uint32_t>0xFFFFFFFF >> (32 - 8 * octets)))
        answer[0] = 0x60
    if abort:
        answer[0] = 0x80
        lay32(answer + 4, abort)


cdef void emergency(DriveNode* n, int64_t tick, uint32_t code) noexcept nogil:
    """The emergency object: code, error register, five octets of ours."""
    cdef uint8_t frame[8]
    memset(frame, 0, 8)
    lay16(frame, code)
    frame[2] = 1 if code else 0
    n.s.error_code = <uint16_t>code
    line_send(n.line, tick, 0x080 + n.node, frame, 8)


cdef void node_trip(DriveNode* n, int64_t tick, uint32_t code) noexcept nogil:
    """Fault: torque off at once."""
    if n.s.drive_state != FAULT:
        n.s.drive_state = FAULT
        emergency(n, tick, code)


cdef void node_restart(DriveNode* n, int64_t boot_tick) noexcept nogil:
    """Power-on defaults."""
    cdef DriveNodeState* s = n.s
    memset(s, 0, sizeof(DriveNodeState))
    s.boot_tick = boot_tick
    s.acceleration = s.deceleration = s.profile_velocity = 60000


cdef bint obey_management(DriveNodeState* s, int64_t tick, uint32_t command) noexcept nogil:
    """Network management. True when the node must restart."""
    if s.node_state == 0:
        return False
    if command == 0x01:
        s.node_state = 5
        s.heard_tick = tick
    elif command == 0x02 or command == 0x80:
        s.node_state = 4 if command == 0x02 else 127
        if s.drive_state == ENABLED or s.drive_state == QUICK_STOP:
            s.drive_state = DISABLED
    return command == 0x81 or command == 0x82


cdef void walk(DriveNode* n, int64_t tick, uint32_t before) noexcept nogil:
    """The state machine of CiA 402-2: one transition for one controlword; then the hand-shake of a new set-point."""
    cdef DriveNodeState* s = n.s
    cdef uint32_t w = s.controlword
    if s.drive_state == FAULT:
        if w & 0x80 and not before & 0x80:
            s.drive_state = DISABLED
            s.limited = 0
            emergency(n, tick, 0)
        return
    if s.drive_state == NOT_READY:
        return
    if not w & 2:                                            # disable voltage
        s.drive_state = DISABLED
    elif not w & 4:                                          # quick stop
        s.drive_state = QUICK_STOP if s.drive_state == ENABLED or s.drive_state == QUICK_STOP else DISABLED
    elif s.drive_state == DISABLED:
        if not w & 1:
            s.drive_state = READY
    elif s.drive_state != QUICK_STOP:
        if not w & 1:
            s.drive_state = READY
        elif not w & 8:
            s.drive_state = ON
        elif s.drive_state == ON and s.mode == n.mode:
            s.drive_state = ENABLED
        elif s.drive_state == READY:
            s.drive_state = ON
    if n.mode == PROFILE_POSITION:
        if s.drive_state == ENABLED and w & 0x10 and not s.special:
            s.set_point = 1
        s.special = s.drive_state == ENABLED and w & 0x10


cdef bint node_take(DriveNode* n, int64_t tick, uint32_t id, const uint8_t* p, uint32_t length) noexcept nogil:
    """A frame from flight. True when the node is told to restart."""
    cdef DriveNodeState* s = n.s
    cdef uint8_t answer[8]
    cdef uint32_t before = s.controlword
    if id == 0x000:
        return length == 2 and (p[1] == n.node or p[1] == 0) and obey_management(s, tick, p[0])
    if id == 0x200 + n.node:
        if length == 6 and s.node_state == 5:
            s.heard_tick = tick
            s.controlword, s.target = <uint16_t>load16(p), load32(p + 2)
            walk(n, tick, before)
    elif length == 8 and (s.node_state == 5 or s.node_state == 127):
        serve_object(n, p, answer)
        line_send(n.line, tick, 0x580 + n.node, answer, 8)
        if s.controlword != before:
            walk(n, tick, before)
    return False


cdef bint node_due(const DriveNode* n, int64_t tick, double period_ms) noexcept nogil:
    cdef int64_t ticks = <int64_t>(0.001 * period_ms / n.tick_s + 0.5)
    return period_ms > 0.0 and (ticks <= 1 or tick % ticks == 0)


cdef void say_state(DriveNode* n, int64_t tick) noexcept nogil:
    line_send(n.line, tick, 0x700 + n.node, &n.s.node_state, 1)


cdef bint node_speaks(DriveNode* n, int64_t tick) noexcept nogil:
    if node_due(n, tick, n.s.heartbeat_ms):
        say_state(n, tick)
    return n.s.node_state == 5


cdef void node_first(DriveNode* n, int64_t tick, bint known, double number) noexcept nogil:
    cdef uint8_t frame[6]
    number = 2e9 if number > 2e9 else -2e9 if number < -2e9 else number
    lay16(frame, statusword(n.s))
    lay32(frame + 2, <uint32_t><int32_t>number if known else 0x80000000u)
    line_send(n.line, tick, 0x180 + n.node, frame, 6)


cdef void node_second(DriveNode* n, int64_t tick, double thousandths, uint32_t number) noexcept nogil:
    cdef uint8_t frame[8]
    lay16(frame, <uint32_t><int32_t>thousandths)
    lay16(frame + 2, <uint32_t><int32_t>thousandths)
    lay32(frame + 4, number)
    line_send(n.line, tick, 0x280 + n.node, frame, 8)


cdef bint node_lost(DriveNode* n, FaultState* part, int64_t tick, int64_t* boot_tick) noexcept nogil:
    cdef bint lost = line_tend(n.line, tick)
    boot_tick[0] = tick
    if part.active and fault_on(part, FAULT_RESET) and fault_capture(part, FAULT_RESET):
        boot_tick[0] += <int64_t>fault_parameter(part, FAULT_RESET, 0)
        return True
    return lost


cdef void node_tend(DriveNode* n, int64_t tick) noexcept nogil:
    """The boot-up message; the fault when no process data come (8250h)."""
    cdef DriveNodeState* s = n.s
    if s.node_state == 0 and tick >= s.boot_tick:
        say_state(n, tick)
        s.node_state, s.drive_state = 127, DISABLED
    if s.drive_state == ENABLED and s.deadline_ms and (tick - s.heard_tick) * n.tick_s * 1000.0 > s.deadline_ms:
        node_trip(n, tick, 0x8250)


cdef void node_listen(const DriveNode* n, CanFarEnd can, frame_function take, void* context, LinePoint line, object owner) except *:
    """To network management, receive process data and service data."""
    cdef uint32_t identifier
    for identifier in (0x000, 0x200 + n.node, 0x600 + n.node):
        can.listen(identifier, take, context, line, owner)
