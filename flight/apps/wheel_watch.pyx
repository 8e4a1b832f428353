# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records)
"""Which wheels drive: a wheel is lost when its drive is silent, has tripped or does not turn, and is left out until the ground says
otherwise; one whose motor takes no current is dragged along, and counts again when it does."""

from libc.math cimport fabs
from libc.string cimport memset

from hal.reading cimport DEVICE_SEQUENCE, SUSPECT, VALID

cdef double SILENT_S = 2.5               # as long as a drive may take to be found and set up
cdef double STUCK_S = 0.8                # before the drive's own trip, after one second at its limit
cdef double POWERLESS_S = 2.0
cdef double PULLING_S = 1.0
cdef double NO_CURRENT_A = 0.0015        # the drive counts in 0.001 A
cdef double SOME_CURRENT_A = 0.03
cdef double LAGGING = 0.03               # of the rate: a wheel that pulls keeps its rate, one that is dragged does not
cdef double TURNING_RAD_S = 0.02


cdef bint wheel_well(const WheelReading* w) noexcept nogil:
    """The reading is fresh, and the drive reports no error."""
    return w.error_code == 0 and (w.validity == VALID or (w.validity == SUSPECT and w.error == DEVICE_SEQUENCE))


cdef bint wheel_pulls(const WheelSet* s, int wheel) noexcept nogil:
    return s.state[wheel] == WHEEL_DRIVING


cdef int wheels_driving(const WheelSet* s) noexcept nogil:
    cdef int i, n = 0
    for i in range(6):
        n += s.state[i] == WHEEL_DRIVING
    return n


cdef double mean_current_a(const WheelSet* s) noexcept nogil:
    cdef double total = 0.0
    cdef int i, n = 0
    for i in range(6):
        if s.state[i] == WHEEL_DRIVING:
            total += fabs(s.reading[i].current_a)
            n += 1
    return total / n if n else 0.0


cdef bint count(uint16_t* cycles, bint true, double limit_cycles) noexcept nogil:
    """So many cycles in a row."""
    if not true:
        cycles[0] = 0
        return False
    cycles[0] += cycles[0] < 60000
    return cycles[0] >= limit_cycles


cdef void watch_wheels(WheelSet* s, uint8_t mask, bint turning) noexcept nogil:
    """Judge every wheel, once a cycle. `turning`: the drives are asked to be enabled."""
    cdef WheelWatch* w = s.watch
    cdef const WheelReading* r
    cdef double mean = mean_current_a(s), asked
    cdef bint silent, slow, idle
    cdef int i
    for i in range(6):
        r = s.reading[i]
        if mask >> i & 1:
            s.state[i] = WHEEL_MASKED
            continue
        if s.state[i] == WHEEL_MASKED:
            s.state[i] = WHEEL_IDLE
        if WHEEL_SILENT <= s.state[i] <= WHEEL_STUCK:
            continue
        if not turning:
            s.state[i] = WHEEL_IDLE
            w.silent_cycles[i] = w.stuck_cycles[i] = w.powerless_cycles[i] = 0
            continue
        if s.state[i] == WHEEL_IDLE or s.state[i] > WHEEL_POWERLESS:
            s.state[i] = WHEEL_DRIVING
        asked = fabs(s.command[i].rate_rad_s)
        silent = not wheel_well(r) or not r.operational
        slow = asked > TURNING_RAD_S and r.operational and fabs(r.rate_rad_s) < 0.2 * asked
        idle = (asked > TURNING_RAD_S and not silent and fabs(r.current_a) < NO_CURRENT_A and mean > SOME_CURRENT_A
                and fabs(r.rate_rad_s - s.command[i].rate_rad_s) > LAGGING * asked)
        if r.error_code:
            s.state[i] = WHEEL_TRIPPED
        elif count(&w.silent_cycles[i], silent, SILENT_S * s.cycles_s):
            s.state[i] = WHEEL_SILENT
        elif count(&w.stuck_cycles[i], slow and not idle, STUCK_S * s.cycles_s):
            s.state[i] = WHEEL_STUCK
        elif count(&w.powerless_cycles[i], idle, POWERLESS_S * s.cycles_s):
            s.state[i] = WHEEL_POWERLESS
        if s.state[i] == WHEEL_POWERLESS and count(&w.pulling_cycles[i], fabs(r.current_a) > SOME_CURRENT_A, PULLING_S * s.cycles_s):
            s.state[i] = WHEEL_DRIVING


cdef void forget_wheels(WheelSet* s) noexcept nogil:
    """Every wheel has its chance again."""
    cdef int i
    for i in range(6):
        s.state[i] = WHEEL_IDLE
    memset(s.watch, 0, sizeof(WheelWatch))
