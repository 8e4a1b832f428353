# distutils: extra_compile_args = -O2
# cython: cdivision=True, boundscheck=False, initializedcheck=False
# (pointers to single records; divisors are constants, or checked where they are set)
"""Mobility: six wheels and four steering gears, at 50 Hz (docs/rover.md).

A command moves the rover in mode DRIVE alone: the mode is asked for first, then the gears are steered, then the wheels turn. It ends
when odometry says that the way is done, by command, when the mode is taken away, and by itself beyond a limit: then with an event that
names the reason. A wheel that does not drive is left out and the others go on. A stop ends with the drives disabled, and with the mode
given back on two confirmations, zero commanded and zero measured; on a slope the drives go on holding instead.
"""

from libc.math cimport cos, fabs, fmin, isfinite, pi, sin
from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.string cimport memset

import numpy as np

from flight.apps.mobility_drive cimport (
    command_drives, count_cycle, exceeded, gears_settled, lead, progress, tell_lost_wheels, wheels_settled, wrapped,
)
from flight.apps.mobility_state cimport (
    MANOEUVRE_ARC, MANOEUVRE_DRIVE, MANOEUVRE_DRIVE_OFF, MANOEUVRE_NONE, MANOEUVRE_SPIN, MANOEUVRE_TURN, MOBILITY_ASKING,
    MOBILITY_MOVING, MOBILITY_STEERING, MOBILITY_STOPPED, MOBILITY_STOPPING, STOP_ARRIVED, STOP_COMMANDED, STOP_INERTIAL, STOP_MODE,
    STOP_NONE, STOP_STEERING, STOP_TIME, STOP_WHEELS, MobilityContext, MobilityRecord,
)
from flight.apps.odometry cimport Odometry
from flight.apps.records cimport record_of
from flight.apps.wheel_watch cimport WheelWatch, forget_wheels, watch_wheels, wheels_driving
from flight.ports cimport (
    STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED, AppLinks, CommandMessage, ModeRequest, ModeState, event_raise,
    queuing_receive, queuing_send, reply_send, sampling_make, sampling_publish,
)
from hal.drivers.steering cimport SteeringDriver
from hal.drivers.wheel cimport WheelDriver
from wire.dictionary.codes cimport (
    FAIL_ABORTED, FAIL_ARGUMENT_RANGE, FAIL_DEVICE_NOT_READY, FAIL_LIMIT, FAIL_MODE_REFUSED, FAIL_TIME_OUT, FAIL_UNKNOWN_FUNCTION,
)

from flight import rover_geometry as geometry
from wire.dictionary import ROVER

cdef double DRIVE_OFF_TILT_RAD = 0.61        # 35 degrees: rails of 24, and a lander that stands aslant
cdef double HOLD_RAD = 0.13                  # beyond it the gears' friction does not hold the rover on its wheels
cdef double ANSWER_S = 0.5                   # for the mode manager
cdef double STEER_S = 25.0                   # for the gears to come to their angles, from stop to stop
cdef double REST_S = 5.0                     # for the wheels to stand
cdef double START_S = 3.0                    # for drives to be enabled
cdef double GREATEST_TURN_RAD = 3.3
cdef double GREATEST_WAY_M = 101.0
cdef double GREATEST_CURVATURE_1_M = 0.76
cdef double GREATEST_RATE_RAD_S = 0.601
cdef uint16_t CONFIRM_COMMANDED = 1
cdef uint16_t CONFIRM_MEASURED = 2


cdef inline double age_s(MobilityContext* c, int64_t tick) noexcept nogil:
    return (tick - c.record.phase_tick) * c.tick_s


cdef void enter(MobilityContext* c, int64_t tick, uint8_t phase) noexcept nogil:
    c.record.phase = phase
    c.record.phase_tick = tick
    c.record.settled_cycles = 0


cdef void ask_mode(MobilityContext* c, int64_t tick, uint8_t mode, uint16_t confirmations, unsigned int token) noexcept nogil:
    cdef ModeRequest request
    request.mode, request.confirmations, request.token = mode, confirmations, token
    queuing_send(&c.ports.mode_requests, tick, &request, sizeof(ModeRequest))


cdef void finish(MobilityContext* c, int64_t tick, uint16_t stage, uint16_t code) noexcept nogil:
    """End the command under way, if there is one."""
    if c.record.active:
        c.record.active = 0
        reply_send(c.ports, tick, c.record.token, stage, code)


cdef uint16_t code_of(int reason) noexcept nogil:
    if reason == STOP_INERTIAL:
        return FAIL_DEVICE_NOT_READY
    if reason == STOP_TIME:
        return FAIL_TIME_OUT
    return FAIL_ABORTED if reason == STOP_COMMANDED or reason == STOP_MODE else FAIL_LIMIT


cdef void stop(MobilityContext* c, int64_t tick, int reason, double value) noexcept nogil:
    """Stop short of the goal; what remains is kept for `resume`."""
    cdef MobilityRecord* r = c.record
    cdef double values[4]
    cdef bint asking = r.phase == MOBILITY_ASKING
    finish(c, tick, STAGE_START_FAILED if asking else STAGE_FAILED, FAIL_MODE_REFUSED if asking and reason == STOP_MODE else code_of(reason))
    r.reason = <uint8_t>reason
    r.speed_m_s = 0.0
    if not asking and reason != STOP_COMMANDED:
        r.faults += 1
        values[0], values[1], values[2], values[3] = r.manoeuvre, r.done_m, reason, value
        event_raise(c.ports, tick, c.event_stopped, 4, values)
    enter(c, tick, MOBILITY_STOPPED if asking else MOBILITY_STOPPING)


cdef void arrive(MobilityContext* c, int64_t tick) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef double values[3]
    values[0], values[1], values[2] = r.manoeuvre, r.done_m, r.slip_sum / r.slip_count if r.slip_count else 0.0
    event_raise(c.ports, tick, c.event_arrived, 3, values)
    r.reason = STOP_ARRIVED
    r.speed_m_s = 0.0
    enter(c, tick, MOBILITY_STOPPING)


cdef void set_out(MobilityContext* c, int64_t tick) noexcept nogil:
    """The mode is DRIVE: the first leg begins."""
    cdef MobilityRecord* r = c.record
    cdef double value = r.manoeuvre
    if r.active:
        reply_send(c.ports, tick, r.token, STAGE_STARTED, 0)
    event_raise(c.ports, tick, c.event_moving, 1, &value)
    r.begun_tick = tick
    r.before_m, r.before_rad = c.odometry.distance_m, c.odometry.heading_rad
    r.spot = r.turn_rad != 0.0
    enter(c, tick, MOBILITY_STEERING)


cdef void launch(MobilityContext* c, int64_t tick) noexcept nogil:
    """With what is to be done in the record: as it was commanded, or as an interruption has left it."""
    cdef MobilityRecord* r = c.record
    r.limit_s = 120.0 + 4.0 * r.remaining_m / r.cruise_m_s + 200.0 * fabs(r.turn_rad)
    if r.manoeuvre == MANOEUVRE_DRIVE_OFF:
        r.limit_s *= 2.0
    r.reason = STOP_NONE
    r.holding = 0
    r.speed_m_s = 0.0
    r.tilt_cycles = r.current_cycles = r.slip_cycles = r.steering_cycles = r.inertial_cycles = 0
    if c.mode.mode == c.mode_drive:
        set_out(c, tick)
    else:
        ask_mode(c, tick, c.mode_drive, 0, r.token)
        enter(c, tick, MOBILITY_ASKING)


cdef void begin(MobilityContext* c, int64_t tick, CommandMessage* m, uint8_t manoeuvre, double way_m, double turn_rad) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef double heading = c.odometry.heading_rad + turn_rad
    if not c.odometry.inertial:
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, FAIL_DEVICE_NOT_READY)
        return
    finish(c, tick, STAGE_START_FAILED if r.phase == MOBILITY_ASKING else STAGE_FAILED, FAIL_ABORTED)
    r.manoeuvre = manoeuvre
    r.remaining_m, r.backward, r.turn_rad = fabs(way_m), way_m < 0.0, turn_rad
    r.line_m[0], r.line_m[1], r.line_rad = c.odometry.position_m[0], c.odometry.position_m[1], wrapped(heading)
    r.done_m = r.slip_sum = 0.0
    r.slip_count = 0
    r.token, r.active = m.token, 1
    launch(c, tick)


cdef void begin_stop(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef MobilityRecord* r = c.record
    cdef bint moving = r.phase != MOBILITY_STOPPED or c.mode.mode == c.mode_drive
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    if not moving:                                               # a drive at rest is not enabled to be stopped
        reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
        return
    stop(c, tick, STOP_COMMANDED, 0.0)
    r.token, r.active = m.token, 1
    enter(c, tick, MOBILITY_STOPPING)


cdef void begin_resume(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef MobilityRecord* r = c.record
    if r.manoeuvre == MANOEUVRE_NONE or r.reason == STOP_ARRIVED or r.phase != MOBILITY_STOPPED:
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, FAIL_ARGUMENT_RANGE)
        return
    r.token, r.active = m.token, 1
    launch(c, tick)


cdef void set_pose(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    """Where the ground has seen the rover. A line under way is moved along."""
    cdef MobilityRecord* r = c.record
    cdef double turn = wrapped(m.values[2] - c.odometry.heading_rad)
    cdef double x = r.line_m[0] - c.odometry.position_m[0], y = r.line_m[1] - c.odometry.position_m[1]
    r.line_m[0], r.line_m[1] = m.values[0] + cos(turn) * x - sin(turn) * y, m.values[1] + sin(turn) * x + cos(turn) * y
    r.line_rad = wrapped(r.line_rad + turn)
    r.before_rad = wrapped(r.before_rad + turn)
    c.odometry.position_m[0], c.odometry.position_m[1] = m.values[0], m.values[1]
    c.odometry.heading_rad = wrapped(m.values[2])
    reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
    reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)


cdef bint sound(CommandMessage* m, int count, double first, double second) noexcept nogil:
    """So many finite arguments, the first two within their ranges."""
    cdef int i
    if m.count < count:
        return False
    for i in range(count):
        if not isfinite(m.values[i]):
            return False
    return (count < 1 or fabs(m.values[0]) <= first) and (count < 2 or fabs(m.values[1]) <= second)


cdef bint known(MobilityContext* c, uint16_t f) noexcept nogil:
    return (f == c.function_drive or f == c.function_arc or f == c.function_turn or f == c.function_drive_off or f == c.function_rate
            or f == c.function_mask or f == c.function_pose)


cdef void obey(MobilityContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef MobilityRecord* r = c.record
    if m.function == c.function_stop:
        begin_stop(c, tick, m)
    elif m.function == c.function_resume:
        begin_resume(c, tick, m)
    elif m.function == c.function_drive and sound(m, 2, GREATEST_WAY_M, GREATEST_TURN_RAD):
        begin(c, tick, m, MANOEUVRE_DRIVE, m.values[0], m.values[1])
    elif m.function == c.function_arc and sound(m, 2, GREATEST_WAY_M, GREATEST_CURVATURE_1_M):
        r.asked_1_m = m.values[1]
        begin(c, tick, m, MANOEUVRE_ARC, m.values[0], 0.0)
    elif m.function == c.function_turn and sound(m, 1, GREATEST_TURN_RAD, 0.0):
        begin(c, tick, m, MANOEUVRE_TURN, 0.0, m.values[0])
    elif m.function == c.function_drive_off and sound(m, 1, GREATEST_WAY_M, 0.0):
        begin(c, tick, m, MANOEUVRE_DRIVE_OFF, m.values[0], 0.0)
    elif m.function == c.function_rate and sound(m, 1, GREATEST_RATE_RAD_S, 0.0):
        r.asked_rad_s = m.values[0]
        begin(c, tick, m, MANOEUVRE_SPIN, 0.0, 0.0)
    elif m.function == c.function_mask and sound(m, 1, 63.0, 0.0) and m.values[0] >= 0.0:
        r.mask = <uint8_t>m.values[0]
        forget_wheels(&c.wheels)
        reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
        reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
    elif m.function == c.function_pose and sound(m, 3, 1e6, 1e6):
        set_pose(c, tick, m)
    else:
        reply_send(c.ports, tick, m.token, STAGE_START_FAILED, FAIL_ARGUMENT_RANGE if known(c, m.function) else FAIL_UNKNOWN_FUNCTION)


cdef void move(MobilityContext* c, int64_t tick) noexcept nogil:
    """Wheels turning: along the leg, until it is done or something is wrong."""
    cdef MobilityRecord* r = c.record
    cdef double value = 0.0
    cdef int reason
    progress(c)
    reason = exceeded(c, tick, DRIVE_OFF_TILT_RAD if r.manoeuvre == MANOEUVRE_DRIVE_OFF else r.tilt_limit_rad, &value)
    if reason != STOP_NONE and (age_s(c, tick) > START_S or reason != STOP_WHEELS):
        stop(c, tick, reason, value)
    elif r.manoeuvre == MANOEUVRE_SPIN:
        if r.active and wheels_settled(c, r.asked_rad_s):
            finish(c, tick, STAGE_COMPLETED, 0)
    elif r.spot and r.turn_rad == 0.0:
        r.spot = 0
        r.speed_m_s = 0.0
        if r.remaining_m > 0.0:
            enter(c, tick, MOBILITY_STEERING)
        else:
            arrive(c, tick)
    elif not r.spot and r.remaining_m <= 0.0:
        arrive(c, tick)


cdef void come_to_rest(MobilityContext* c, int64_t tick) noexcept nogil:
    """Wait for the wheels to stand; drives that say nothing for so long are disabled all the same."""
    cdef MobilityRecord* r = c.record
    cdef bint standing = wheels_settled(c, 0.0)
    cdef double tilt = c.odometry.tilt_rad
    if not standing and age_s(c, tick) <= REST_S:
        return
    r.holding = tilt > HOLD_RAD and c.mode.mode == c.mode_drive
    if r.holding:
        event_raise(c.ports, tick, c.event_holding, 1, &tilt)
    elif c.mode.mode == c.mode_drive:
        ask_mode(c, tick, c.mode_standby, CONFIRM_COMMANDED | (CONFIRM_MEASURED if standing else 0), r.token if r.active else 0)
    finish(c, tick, STAGE_COMPLETED if standing else STAGE_FAILED, 0 if standing else FAIL_TIME_OUT)
    enter(c, tick, MOBILITY_STOPPED)


cdef void proceed(MobilityContext* c, int64_t tick) noexcept nogil:
    cdef MobilityRecord* r = c.record
    if r.phase > MOBILITY_STOPPING:                              # an upset's work
        enter(c, tick, MOBILITY_STOPPING)
    if c.mode.mode != c.mode_drive:
        r.holding = 0
        if r.phase == MOBILITY_STEERING or r.phase == MOBILITY_MOVING:
            stop(c, tick, STOP_MODE, c.mode.mode)
    if r.phase == MOBILITY_ASKING:
        if c.mode.mode == c.mode_drive:
            set_out(c, tick)
        elif age_s(c, tick) > ANSWER_S:
            stop(c, tick, STOP_MODE, c.mode.mode)
    elif r.phase == MOBILITY_STEERING:
        progress(c)
        if gears_settled(c):
            enter(c, tick, MOBILITY_MOVING)
        elif age_s(c, tick) > STEER_S:
            stop(c, tick, STOP_STEERING, 0.0)
    elif r.phase == MOBILITY_MOVING:
        move(c, tick)
    elif r.phase == MOBILITY_STOPPING:
        come_to_rest(c, tick)


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef MobilityContext* c = <MobilityContext*>context
    cdef MobilityRecord* r = c.record
    cdef CommandMessage m
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        obey(c, tick, &m)
    watch_wheels(&c.wheels, r.mask, r.phase == MOBILITY_STEERING or r.phase == MOBILITY_MOVING)
    tell_lost_wheels(c, tick)
    proceed(c, tick)
    r.wheels_driving = <uint8_t>wheels_driving(&c.wheels)
    lead(c)
    command_drives(c)
    sampling_publish(&c.port, tick)
    return 0


cdef class Mobility:
    """The one writer of the drives' commands; `drives` are six wheel drivers, then four of steering. Takes the records `mobility`,
    `mobility.port` and `mobility.wheels`; reads the record `mode`, writes `odometry.path` and, by command, the pose of `odometry`."""

    def __init__(self, Arena arena not None, AppLinks links not None, Odometry odometry not None, *drives, double tick_s=0.01):
        cdef MobilityContext* c = &self.context
        cdef WheelDriver wheel
        cdef SteeringDriver steering
        self.arena = arena
        self.wired = (links, odometry, *drives)
        c.port = sampling_make(arena, "mobility", sizeof(MobilityRecord))
        c.record = <MobilityRecord*>c.port.message
        cdef MobilityRecord[::1] record = <MobilityRecord[:1]>c.record
        arena.bind("mobility", np.asarray(record))
        c.wheels.watch = <WheelWatch*>arena.take("mobility.wheels", sizeof(WheelWatch))
        cdef WheelWatch[::1] watch = <WheelWatch[:1]>c.wheels.watch
        arena.bind("mobility.wheels", np.asarray(watch))
        c.odometry, c.path, c.ports = odometry.context.record, odometry.context.path, &links.ports
        for i, wheel in enumerate(drives[:6]):
            c.wheels.reading[i], c.wheels.command[i] = wheel.reading, wheel.command
            c.chassis.x_m[i], c.chassis.y_m[i] = geometry.WHEEL_POSITION_M[i]
        for i, steering in enumerate(drives[6:10]):
            c.steering[i], c.steer[i] = steering.reading, steering.command
            c.chassis.steered[i] = geometry.STEERED_WHEEL[i]
        c.wheels.state = c.record.wheel_state
        c.tick_s, c.cycle_s, c.radius_m = tick_s, 0.02, geometry.WHEEL_RADIUS_M
        c.wheels.cycles_s = 1.0 / c.cycle_s
        c.mode = <ModeState*>record_of(arena, "mode", sizeof(ModeState))
        self._limits()
        self._numbers()
        self.slot = SlotCode.make("mobility", run, c, self)

    def _limits(self):
        """As they are at power-on: our choice but for the tilt, which is the rover's rating."""
        cdef MobilityRecord* r = self.context.record
        r.cruise_m_s, r.tilt_limit_rad, r.current_limit_a, r.slip_limit, r.least_wheels = 0.05, 0.35, 0.5, 0.7, 4

    def _numbers(self):
        cdef MobilityContext* c = &self.context
        functions = {command.name: command.function for command in ROVER.commands if command.function is not None}
        c.function_drive, c.function_stop, c.function_arc = functions["drive"], functions["stop"], functions["arc"]
        c.function_turn, c.function_drive_off, c.function_resume = functions["turn"], functions["drive_off"], functions["resume"]
        c.function_mask, c.function_rate, c.function_pose = functions["wheel_mask"], functions["wheel_rate"], functions["set_pose"]
        c.event_moving, c.event_arrived = ROVER.event("moving").id, ROVER.event("arrived").id
        c.event_stopped, c.event_wheel_lost = ROVER.event("drive_stopped").id, ROVER.event("wheel_lost").id
        c.event_holding = ROVER.event("holding").id
        c.mode_drive, c.mode_standby = ROVER.vehicle.modes["DRIVE"], ROVER.vehicle.modes["STANDBY"]
