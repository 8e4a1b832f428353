# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; divisors are constants or checked)
"""Release of the rover, on the lander (docs/rover.md).

The real sequence took seven hours (facts: change4, section 4: go at 07:07, wheels down at 14:22); ours is compressed to ten simulated
minutes with the drive off the deck: a choice of ours. The order is kept: environment and attitude checked, rails unlocked and lowered,
hold-downs opened last, so that the rover cannot roll before there is something to roll on. Nothing aboard tells the Sun's incidence to
this application, and the rover's computer is on already: it checks neither.

A step begins only when the one before is confirmed by a measurement, and the mechanism is armed only while a step needs it.
"""

from libc.math cimport acos, fabs, sqrt
from libc.stdint cimport int64_t, uint8_t, uint16_t

import numpy as np

from flight.apps.records cimport record_of
from flight.ports cimport (
    STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED, AppLinks, CommandMessage, ModeState, event_raise, queuing_receive,
    reply_send, sampling_make, sampling_publish,
)
from hal.drivers.imu cimport ImuDriver
from hal.drivers.mechanism cimport MechanismDriver
from hal.reading cimport VALID
from wire.dictionary.codes cimport (
    FAIL_ABORTED, FAIL_ARGUMENT_RANGE, FAIL_BUSY, FAIL_DEVICE_NOT_READY, FAIL_INTERLOCK, FAIL_LIMIT, FAIL_NOT_LANDED, FAIL_TIME_OUT,
    FAIL_UNKNOWN_FUNCTION,
)

from wire.dictionary import LANDER

cdef double CHECK_S = 30.0
cdef double RAILS_S = 300.0                  # at the most: they take 120 s
cdef double HOLD_DOWNS_S = 20.0
cdef double SECURE_S = 10.0
cdef double PAUSE_S = 15.0                   # between two steps of the whole sequence
cdef double TILT_LIMIT_RAD = 0.19            # 11 degrees: the rails' 24 with it stay within what drive_off allows
cdef double RATE_LIMIT_RAD_S = 0.01
cdef double GRAVITY_M_S2 = 1.6354
cdef double DOWN = 0.99
cdef unsigned int PATIENCE_CYCLES = 20       # without a good reading of the mechanism


cdef inline bint heard(ReleaseContext* c) noexcept nogil:
    return c.mechanism.validity == VALID


cdef bint rails_down(ReleaseContext* c) noexcept nogil:
    return heard(c) and c.mechanism.down and c.mechanism.extension >= DOWN


cdef bint ready_for(ReleaseContext* c, int step) noexcept nogil:
    """The step before is confirmed, and what it confirmed still measures so."""
    if step == RELEASE_CHECK:
        return True
    if not c.record.confirmed >> (step - 1) & 1:
        return False
    if step == RELEASE_HOLD_DOWNS:
        return rails_down(c)
    return step != RELEASE_SECURE or (rails_down(c) and c.mechanism.released)


cdef void enter(ReleaseContext* c, int64_t tick, uint8_t step) noexcept nogil:
    cdef ReleaseRecord* r = c.record
    cdef int i
    r.step, r.step_tick = step, tick
    r.bad_cycles = 0
    if step == RELEASE_CHECK:
        r.samples = 0
        r.fastest_rad_s = 0.0
        for i in range(3):
            r.felt_m_s2[i] = 0.0


cdef void finish(ReleaseContext* c, int64_t tick, uint16_t stage, uint16_t code) noexcept nogil:
    if c.record.active:
        c.record.active = 0
        reply_send(c.ports, tick, c.record.token, stage, code)


cdef void fail(ReleaseContext* c, int64_t tick, uint16_t code, double value) noexcept nogil:
    cdef ReleaseRecord* r = c.record
    cdef double values[3]
    values[0], values[1], values[2] = r.step, code, value
    r.failures += 1
    event_raise(c.ports, tick, c.event_failed, 3, values)
    finish(c, tick, STAGE_FAILED, code)
    enter(c, tick, RELEASE_IDLE)


cdef void confirm(ReleaseContext* c, int64_t tick) noexcept nogil:
    """The step is done: a measurement says so."""
    cdef ReleaseRecord* r = c.record
    cdef double values[2]
    cdef uint8_t step = r.step
    r.confirmed |= <uint8_t>(1 << step)
    values[0], values[1] = step, c.mechanism.extension
    event_raise(c.ports, tick, c.event_confirmed, 2, values)
    enter(c, tick, RELEASE_IDLE)
    if step == RELEASE_SECURE:
        event_raise(c.ports, tick, c.event_released, 0, values)
    if r.whole and step < RELEASE_SECURE:
        r.whole = step + 1
        r.confirmed_tick = tick
    else:
        finish(c, tick, STAGE_COMPLETED, 0)


cdef void check(ReleaseContext* c, int64_t tick) noexcept nogil:
    """At rest, and not too much aslant, by the inertial unit."""
    cdef ReleaseRecord* r = c.record
    cdef double felt = 0.0, rate
    cdef int i
    if c.imu.validity == VALID:
        r.samples += 1
        for i in range(3):
            r.felt_m_s2[i] += c.imu.specific_force_m_s2[i]
            rate = fabs(c.imu.rate_rad_s[i])
            r.fastest_rad_s = rate if rate > r.fastest_rad_s else r.fastest_rad_s
    if r.step_time_s < CHECK_S:
        return
    for i in range(3):
        felt += r.felt_m_s2[i] * r.felt_m_s2[i]
    felt = sqrt(felt)
    if r.samples < 50 or not felt > 0.0:
        fail(c, tick, FAIL_DEVICE_NOT_READY, r.samples)
        return
    r.tilt_rad = acos(r.felt_m_s2[2] / felt if -felt <= r.felt_m_s2[2] <= felt else 1.0)
    felt /= r.samples
    if r.fastest_rad_s > RATE_LIMIT_RAD_S:
        fail(c, tick, FAIL_LIMIT, r.fastest_rad_s)
    elif not 0.9 * GRAVITY_M_S2 < felt < 1.1 * GRAVITY_M_S2:
        fail(c, tick, FAIL_NOT_LANDED, felt)
    elif r.tilt_rad > TILT_LIMIT_RAD:
        fail(c, tick, FAIL_LIMIT, r.tilt_rad)
    else:
        confirm(c, tick)


cdef void watch(ReleaseContext* c, int64_t tick) noexcept nogil:
    """One cycle of a step."""
    cdef ReleaseRecord* r = c.record
    r.step_time_s = (tick - r.step_tick) * c.tick_s
    if c.mode.mode != c.mode_landed:
        fail(c, tick, FAIL_NOT_LANDED, c.mode.mode)
        return
    r.bad_cycles = 0 if heard(c) else r.bad_cycles + 1
    if r.bad_cycles >= PATIENCE_CYCLES:
        fail(c, tick, FAIL_DEVICE_NOT_READY, c.mechanism.error)
    elif r.step == RELEASE_CHECK:
        check(c, tick)
    elif r.step == RELEASE_RAILS:
        if rails_down(c):
            confirm(c, tick)
        elif r.step_time_s > RAILS_S:
            fail(c, tick, FAIL_TIME_OUT, c.mechanism.extension)
    elif r.step == RELEASE_HOLD_DOWNS:
        if heard(c) and c.mechanism.released:
            confirm(c, tick)
        elif not rails_down(c) and heard(c):
            fail(c, tick, FAIL_INTERLOCK, c.mechanism.extension)
        elif r.step_time_s > HOLD_DOWNS_S:
            fail(c, tick, FAIL_TIME_OUT, c.mechanism.current_a)
    elif r.step_time_s > SECURE_S:
        if rails_down(c) and c.mechanism.released:
            confirm(c, tick)
        else:
            fail(c, tick, FAIL_INTERLOCK, c.mechanism.extension)


cdef void begin(ReleaseContext* c, int64_t tick, CommandMessage* m, int step, bint whole) noexcept nogil:
    cdef ReleaseRecord* r = c.record
    cdef uint16_t code = 0
    if r.step != RELEASE_IDLE or r.active:
        code = FAIL_BUSY
    elif c.mode.mode != c.mode_landed:
        code = FAIL_NOT_LANDED
    elif not RELEASE_CHECK <= step <= RELEASE_SECURE:
        code = FAIL_ARGUMENT_RANGE
    elif not heard(c):
        code = FAIL_DEVICE_NOT_READY
    elif not ready_for(c, step):
        code = FAIL_INTERLOCK
    if code:
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, code)
        return
    r.token, r.active, r.whole = m.token, 1, whole
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    enter(c, tick, <uint8_t>step)


cdef void abort(ReleaseContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef ReleaseRecord* r = c.record
    cdef double step = r.step
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    if r.step != RELEASE_IDLE or r.active:
        event_raise(c.ports, tick, c.event_aborted, 1, &step)
        finish(c, tick, STAGE_FAILED, FAIL_ABORTED)
        enter(c, tick, RELEASE_IDLE)
    r.whole = 0
    reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)


cdef void go_on(ReleaseContext* c, int64_t tick) noexcept nogil:
    """The whole sequence: the next step, after a pause."""
    cdef ReleaseRecord* r = c.record
    if not r.active or r.whole <= RELEASE_CHECK or (tick - r.confirmed_tick) * c.tick_s < PAUSE_S:
        return
    enter(c, tick, r.whole)
    if not ready_for(c, r.whole):
        fail(c, tick, FAIL_INTERLOCK, c.mechanism.extension)


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef ReleaseContext* c = <ReleaseContext*>context
    cdef ReleaseRecord* r = c.record
    cdef CommandMessage m
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        if m.function == c.function_rover:
            begin(c, tick, &m, RELEASE_CHECK, True)
        elif m.function == c.function_step:
            begin(c, tick, &m, <int>m.values[0] if 0.0 <= m.values[0] <= 255.0 else -1, False)
        elif m.function == c.function_abort:
            abort(c, tick, &m)
        else:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, FAIL_UNKNOWN_FUNCTION)
    if RELEASE_CHECK <= r.step <= RELEASE_SECURE:
        watch(c, tick)
    else:
        r.step = RELEASE_IDLE
        r.step_time_s = 0.0
        go_on(c, tick)
    c.command.armed = r.step == RELEASE_RAILS or r.step == RELEASE_HOLD_DOWNS
    c.command.release = r.step == RELEASE_HOLD_DOWNS
    c.command.extension = 1.0
    sampling_publish(&c.port, tick)
    return 0


cdef class Release:
    """The one writer of the mechanism's command. Takes the records `release` and `release.port`; reads the record `mode`."""

    def __init__(self, Arena arena not None, AppLinks links not None, MechanismDriver mechanism not None, ImuDriver imu not None,
                 double tick_s=0.01):
        cdef ReleaseContext* c = &self.context
        self.arena = arena
        self.wired = (links, mechanism, imu)
        c.port = sampling_make(arena, "release", sizeof(ReleaseRecord))
        c.record = <ReleaseRecord*>c.port.message
        cdef ReleaseRecord[::1] record = <ReleaseRecord[:1]>c.record
        arena.bind("release", np.asarray(record))
        c.mechanism, c.command, c.imu, c.ports, c.tick_s = mechanism.reading, mechanism.command, imu.reading, &links.ports, tick_s
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState))
        c.mode_landed = LANDER.vehicle.modes["LANDED"]
        functions = {command.name: command.function for command in LANDER.commands if command.function is not None}
        c.function_rover, c.function_step = functions["release_rover"], functions["release_step"]
        c.function_abort = functions["release_abort"]
        c.event_confirmed, c.event_failed = LANDER.event("release_confirmed").id, LANDER.event("release_failed").id
        c.event_released, c.event_aborted = LANDER.event("rover_released").id, LANDER.event("release_aborted").id
        self.slot = SlotCode.make("release", run, c, self)
