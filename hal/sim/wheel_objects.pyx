"""The object dictionary of the wheel drive (docs/devices.md, "Wheel drive"): expedited transfers of CiA 301, section 7.2.4.

Only the objects of the table are there, and only expedited transfers: a segmented one is aborted as an unknown command.
"""

from libc.stdint cimport int32_t, int64_t, uint16_t
from libc.string cimport memcpy, memset

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


cdef uint32_t statusword_of(const SimWheelState* s) noexcept nogil:
    """Object 6041h: state, voltage enabled, remote, target reached, limit active, speed zero."""
    cdef uint32_t word = STATUS[s.drive_state] | 0x0210
    cdef double motor = s.motor_rad_s if s.motor_rad_s > 0.0 else -s.motor_rad_s
    cdef double off = s.demand_rad_s - s.motor_rad_s
    if s.drive_state == 4 and -2.0 < off < 2.0:
        word |= 0x0400
    if s.overload_ticks:
        word |= 0x0800
    return word | (0x1000 if motor < 0.5 else 0)


cdef int describe(uint32_t object) noexcept nogil:
    """Octets of an object, with READ_ONLY added; 0 when it does not exist, -1 when its sub-index does not."""
    if object == 0x606000:
        return 1
    if object == 0x606100:
        return 1 + READ_ONLY
    if object == 0x101700 or object == 0x604000 or object == 0x180005 or object == 0x180105 or object == 0x140005:
        return 2
    if object == 0x604100 or object == 0x603F00:
        return 2 + READ_ONLY
    if object == 0x60FF00 or object == 0x608300 or object == 0x608400:
        return 4
    if object == 0x100000 or object == 0x606C00 or object == 0x606400 or object == 0x101801:
        return 4 + READ_ONLY
    object >>= 8
    if object == 0x1000 or object == 0x1017 or object == 0x1018 or object == 0x1400 or object == 0x1800 or object == 0x1801:
        return -1
    return -1 if 0x603F <= object <= 0x6041 or object == 0x6060 or object == 0x6061 or object == 0x6083 or object == 0x6084 else 0


cdef uint32_t value_of(const SimWheelState* s, uint32_t object) noexcept nogil:
    if object == 0x100000:
        return 0x00020192                                # a servo drive of CiA 402
    if object == 0x101801:
        return 0x000F5A1D                                # vendor: a number of ours, assigned by nobody
    if object == 0x101700:
        return s.heartbeat_ms
    if object == 0x180005:
        return s.motion_ms
    if object == 0x180105:
        return s.load_ms
    if object == 0x140005:
        return s.deadline_ms
    if object == 0x604000:
        return s.controlword
    if object == 0x604100:
        return statusword_of(s)
    if object == 0x603F00:
        return s.error_code
    if object == 0x606000 or object == 0x606100:
        return s.mode
    if object == 0x60FF00:
        return s.target
    if object == 0x608300:
        return s.acceleration
    if object == 0x608400:
        return s.deceleration
    if object == 0x606400:
        return <uint32_t>(<int64_t>s.counts - s.count_origin)
    return <uint32_t><int32_t>(s.motor_rad_s * (600.0 / 6.283185307179586))


cdef uint32_t change(SimWheelState* s, uint32_t object, uint32_t value) noexcept nogil:
    """Write an object. Gives 0 or an abort code."""
    if object == 0x606000:
        if value != 3 and value != 0:                    # profile velocity, or none
            return ABORT_RANGE
        s.mode = <uint8_t>value
    elif object == 0x101700:
        s.heartbeat_ms = <uint16_t>value
    elif object == 0x604000:
        s.controlword = <uint16_t>value
    elif object == 0x60FF00:
        s.target = value
    elif object == 0x608300 or object == 0x608400:
        if value == 0:
            return ABORT_RANGE
        if object == 0x608300:
            s.acceleration = value
        else:
            s.deceleration = value
    elif s.node_state != 127:                            # communication parameters change before operation only
        return ABORT_STATE
    elif object == 0x180005:
        s.motion_ms = <uint16_t>value
    elif object == 0x180105:
        s.load_ms = <uint16_t>value
    else:
        s.deadline_ms = <uint16_t>value
    return 0


cdef void serve_object(SimWheelState* s, const uint8_t* request, uint8_t* answer) noexcept nogil:
    """One expedited transfer: `request` and `answer` are eight octets each."""
    cdef uint32_t object = (load16(request + 1) << 8) | request[3], command = request[0] & 0xE0, abort = 0, value
    cdef int kind = describe(object), octets = kind & 7
    memset(answer, 0, 8)
    memcpy(answer + 1, request + 1, 3)
    if kind <= 0:
        abort = ABORT_NO_OBJECT if kind == 0 else ABORT_NO_SUBINDEX
    elif command == 0x40:
        answer[0] = <uint8_t>(0x43 | ((4 - octets) << 2))
        value = value_of(s, object)
        lay32(answer + 4, value & (<uint32_t>0xFFFFFFFF >> (32 - 8 * octets)))
    elif command != 0x20 or not request[0] & 2:
        abort = ABORT_COMMAND
    elif kind & READ_ONLY:
        abort = ABORT_READ_ONLY
    elif request[0] & 1 and 4 - ((request[0] >> 2) & 3) != octets:
        abort = ABORT_LENGTH
    else:
        abort = change(s, object, load32(request + 4) & (<uint32_t>0xFFFFFFFF >> (32 - 8 * octets)))
        answer[0] = 0x60
    if abort:
        answer[0] = 0x80
        lay32(answer + 4, abort)
