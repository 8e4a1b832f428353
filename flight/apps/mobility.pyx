# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; the one divisor is a constant)
"""Mobility: one rover wheel at a commanded rate, at 50 Hz.

A command turns the wheel in mode DRIVE alone: the mode is asked for first, the drive enabled afterwards. The wheel stops by command, when
the mode is taken away, and by itself when the drive's readings are old or unwell for 0.2 s or it reports an error: then with an event.
A stop ends with the drive disabled, and with the mode given back on two confirmations: zero commanded, and zero measured.
"""

from libc.math cimport fabs, isfinite
from libc.stdint cimport int64_t, uint8_t, uint16_t

import numpy as np

from flight.apps.records cimport record_of
from flight.ports cimport (
    STAGE_COMPLETED,
    STAGE_FAILED,
    STAGE_START_FAILED,
    STAGE_STARTED,
    AppLinks,
    CommandMessage,
    ModeRequest,
    ModeState,
    event_raise,
    queuing_receive,
    queuing_send,
    reply_send,
    sampling_make,
    sampling_publish,
)
from hal.drivers.wheel cimport WheelDriver
from hal.reading cimport DEVICE_SEQUENCE, SUSPECT, VALID

from wire.dictionary import FAILURE_CODE, ROVER

cdef double WHEEL_RADIUS_M = 0.15            # facts: change4, section 4
cdef double GREATEST_RATE_RAD_S = 0.6        # as the command's range in the dictionary
cdef double RATE_TOLERANCE_RAD_S = 0.02
cdef unsigned int SETTLED_CYCLES = 5
cdef unsigned int PATIENCE_CYCLES = 10       # with an unwell drive
cdef double ENABLE_S = 2.0                   # for the drive to come to "operation enabled"
cdef double LIMIT_S = 5.0                    # for a command to reach its end
cdef double ANSWER_S = 0.5                   # for the mode manager
cdef uint16_t CONFIRM_COMMANDED = 1
cdef uint16_t CONFIRM_MEASURED = 2


cdef inline bint well(MobilityContext* c) noexcept nogil:
    """The reading is fresh, and the drive reports no error."""
    return c.wheel.error_code == 0 and (c.wheel.validity == VALID or (c.wheel.validity == SUSPECT and c.wheel.error == DEVICE_SEQUENCE))


cdef inline double age_s(MobilityContext* c, int64_t tick) noexcept nogil:
    return (tick - c.record.phase_tick) * c.tick_s


cdef void enter(MobilityContext* c, int64_t tick, uint8_t phase) noexcept nogil:
    c.record.phase = phase
    c.record.phase_tick = tick
    c.record.settled_cycles = c.record.bad_cycles = 0


cdef void ask_mode(MobilityContext* c, int64_t tick, uint8_t mode, uint16_t confirmations, unsigned int token) noexcept nogil:
    cdef ModeRequest request
    request.mode, request.confirmations, request.token = mode, confirmations, token
    queuing_send(&c.ports.mode_requests, tick, &request, sizeof(ModeRequest))


cdef void finish(MobilityContext* c, int64_t tick, uint16_t stage, uint16_t code) noexcept nogil:
    """End the command under way, if there is one."""
    if c.record.active:
        c.record.active = 0
        reply_send(c.ports, tick, c.record.token, stage, code)


cdef void stop(MobilityContext* c, int64_t tick, uint16_t code) noexcept nogil:
    """Stop for a reason that nobody commanded."""
    cdef double value = code
    finish(c, tick, STAGE_START_FAILED if c.record.phase == WHEEL_ASKING else STAGE_FAILED, code)
    if c.record.phase != WHEEL_ASKING:
        c.record.faults += 1
        event_raise(c.ports, tick, c.event_stopped, 1, &value)
    c.record.commanded_rate_rad_s = 0.0
    enter(c, tick, WHEEL_STOPPING if c.record.phase == WHEEL_TURNING else WHEEL_STOPPED)


cdef void begin_rate(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef bint driving = c.mode.mode == c.mode_drive
    if m.count < 1 or not isfinite(m.values[0]) or fabs(m.values[0]) > GREATEST_RATE_RAD_S * (1.0 + 1e-6):
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_argument)
        return
    if not well(c):
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_device)
        return
    finish(c, tick, STAGE_START_FAILED if r.phase == WHEEL_ASKING else STAGE_FAILED, c.code_aborted)
    r.commanded_rate_rad_s = m.values[0]
    r.token, r.active = m.token, 1
    if driving:
        reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
        enter(c, tick, WHEEL_TURNING)
    else:
        ask_mode(c, tick, c.mode_drive, 0, m.token)
        enter(c, tick, WHEEL_ASKING)


cdef void begin_stop(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef bint moving = r.phase == WHEEL_TURNING or r.phase == WHEEL_STOPPING or c.mode.mode == c.mode_drive
    finish(c, tick, STAGE_START_FAILED if r.phase == WHEEL_ASKING else STAGE_FAILED, c.code_aborted)
    r.commanded_rate_rad_s = 0.0
    r.token, r.active = m.token, 1
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    enter(c, tick, WHEEL_STOPPING if moving else WHEEL_STOPPED)
    if not moving:                                               # a drive at rest is not enabled to be stopped
        finish(c, tick, STAGE_COMPLETED, 0)


cdef void take_commands(MobilityContext* c, int64_t tick) noexcept nogil:
    cdef CommandMessage m
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        if m.function == c.function_rate:
            begin_rate(c, tick, &m)
        elif m.function == c.function_stop:
            begin_stop(c, tick, &m)
        else:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_function)


cdef bint settled(MobilityContext* c) noexcept nogil:
    """The measured rate has been the commanded one for a few cycles."""
    if well(c) and fabs(c.wheel.rate_rad_s - c.record.commanded_rate_rad_s) < RATE_TOLERANCE_RAD_S:
        c.record.settled_cycles += c.record.settled_cycles < 1000
    else:
        c.record.settled_cycles = 0
    return c.record.settled_cycles >= SETTLED_CYCLES


cdef void turn(MobilityContext* c, int64_t tick) noexcept nogil:
    """At the commanded rate, or on the way to it."""
    if c.mode.mode != c.mode_drive:
        stop(c, tick, c.code_aborted)
        return
    if well(c) and (c.wheel.operational or age_s(c, tick) < ENABLE_S):
        c.record.bad_cycles = 0
    else:
        c.record.bad_cycles += 1
        if c.record.bad_cycles >= PATIENCE_CYCLES:
            stop(c, tick, c.code_device)
            return
    if not c.record.active:
        return
    if settled(c) and c.wheel.operational:
        finish(c, tick, STAGE_COMPLETED, 0)
    elif age_s(c, tick) > LIMIT_S:
        stop(c, tick, c.code_timeout)


cdef void come_to_rest(MobilityContext* c, int64_t tick) noexcept nogil:
    """Wait for the wheel to stand; a drive that says nothing for so long is disabled all the same."""
    cdef bint standing = settled(c)
    if not standing and age_s(c, tick) <= LIMIT_S:
        return
    if c.mode.mode == c.mode_drive:
        ask_mode(c, tick, c.mode_standby, CONFIRM_COMMANDED | (CONFIRM_MEASURED if standing else 0), c.record.token if c.record.active else 0)
    finish(c, tick, STAGE_COMPLETED if standing else STAGE_FAILED, 0 if standing else c.code_timeout)
    enter(c, tick, WHEEL_STOPPED)


cdef void measure(MobilityContext* c) noexcept nogil:
    """Add up the way; a drive that has restarted counts its angle from zero again."""
    cdef MobilityRecord* r = c.record
    cdef double step = c.wheel.angle_rad - r.angle_rad
    if not well(c):
        return
    if r.measured and fabs(step) < 1.0:
        r.travelled_m += step * WHEEL_RADIUS_M
    r.angle_rad = c.wheel.angle_rad
    r.measured = 1


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef MobilityContext* c = <MobilityContext*>context
    cdef MobilityRecord* r = c.record
    measure(c)
    take_commands(c, tick)
    if r.phase == WHEEL_ASKING:
        if c.mode.mode == c.mode_drive:
            reply_send(c.ports, tick, r.token, STAGE_STARTED, 0)
            enter(c, tick, WHEEL_TURNING)
        elif age_s(c, tick) > ANSWER_S:
            stop(c, tick, c.code_refused)
    elif r.phase == WHEEL_TURNING:
        turn(c, tick)
    elif r.phase == WHEEL_STOPPING:
        come_to_rest(c, tick)
    c.command.enabled = r.phase == WHEEL_TURNING or r.phase == WHEEL_STOPPING
    c.command.rate_rad_s = r.commanded_rate_rad_s if r.phase == WHEEL_TURNING else 0.0
    sampling_publish(&c.port, tick)
    return 0


cdef class Mobility:
    """Mobility of the rover: the one writer of the wheel's command. Takes the records `mobility` and `mobility.port`; reads the record `mode`."""

    def __init__(self, Arena arena not None, AppLinks links not None, WheelDriver wheel not None, double tick_s=0.01):
        cdef MobilityContext* c = &self.context
        cdef MobilityRecord[::1] record
        self.arena = arena
        self.wired = (links, wheel)
        c.port = sampling_make(arena, "mobility", sizeof(MobilityRecord))
        c.record = <MobilityRecord*>c.port.message
        record = <MobilityRecord[:1]>c.record
        arena.bind("mobility", np.asarray(record))
        c.wheel, c.command, c.ports, c.tick_s = wheel.reading, wheel.command, &links.ports, tick_s
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState))
        modes = ROVER.vehicle.modes
        c.function_rate, c.function_stop = ROVER.command("wheel_rate").function, ROVER.command("wheel_stop").function
        c.code_function, c.code_argument = FAILURE_CODE["UNKNOWN_FUNCTION"], FAILURE_CODE["ARGUMENT_RANGE"]
        c.code_refused, c.code_device = FAILURE_CODE["MODE_REFUSED"], FAILURE_CODE["DEVICE_NOT_READY"]
        c.code_timeout, c.code_aborted = FAILURE_CODE["TIME_OUT"], FAILURE_CODE["ABORTED"]
        c.event_stopped = ROVER.event("wheel_stopped").id
        c.mode_drive, c.mode_standby = modes["DRIVE"], modes["STANDBY"]
        self.slot = SlotCode.make("mobility", run, c, self)
