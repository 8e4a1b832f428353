# cython: cdivision=True
"""Imaging: asks the camera for pictures, one at a time, by command or at a period, and notes where navigation believed us to be.

The camera's pieces go through the driver's window to the picture store (flight.apps.pictures), a Python slot; what the store has taken is
given back to the driver here, in the loop. A picture that does not come within LATE_S is told of once, and no longer waited for.
A film below `fine_below_m` is taken at 8:1: the last pictures of a descent are the ones that people look at (our choice).
"""

from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

import numpy as np

from flight.apps.records cimport record_of
from flight.ports cimport (STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED, AppLinks, CommandMessage, event_raise,
                           queuing_receive, reply_send)

from flight.apps.pictures import RECORD, RECORD_NAME
from wire.dictionary import DICTIONARIES
from wire.dictionary.codes import FAILURE_CODE

cdef double LATE_S = 10.0
cdef uint16_t FINE = 8


cdef void shoot(ImagingContext* c, int64_t tick, uint16_t ratio, double azimuth, double elevation) noexcept nogil:
    """Ask for one picture, and note where we are."""
    cdef ImagingRecord* r = c.record
    cdef int i
    r.requests += 1
    r.ratio = ratio
    r.awaiting, r.late = 1, 0
    r.shot_request, r.shot_tick = r.requests, tick
    r.shot_azimuth_rad, r.shot_elevation_rad = azimuth, elevation
    r.shot_altitude_m = c.altitude_m[0] if c.altitude_m != NULL else 0.0
    r.shot_phase = c.phase[0] if c.phase != NULL else 0
    for i in range(3):
        r.shot_position_m[i] = c.position_m[i] if c.position_m != NULL else 0.0
    for i in range(4):
        r.shot_quaternion[i] = c.quaternion[i] if c.quaternion != NULL else (1.0 if i == 0 else 0.0)
    c.command.ratio, c.command.exposure_us = ratio, 0
    c.command.azimuth_rad, c.command.elevation_rad = azimuth, elevation
    c.command.request = r.requests


cdef bint is_ratio(double value) noexcept nogil:
    return value == 8.0 or value == 64.0


cdef void take_commands(ImagingContext* c, int64_t tick) noexcept nogil:
    cdef ImagingRecord* r = c.record
    cdef CommandMessage m
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        if m.function == c.function_take and m.count >= 1 and is_ratio(m.values[0]):
            if r.awaiting:
                reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_busy)
                continue
            shoot(c, tick, <uint16_t>m.values[0], m.values[1] if m.count > 2 else 0.0, m.values[2] if m.count > 2 else 0.0)
            r.token = m.token
            reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
        elif m.function == c.function_film and m.count == 2 and isfinite(m.values[0]) and m.values[0] > 0.0 and is_ratio(m.values[1]):
            r.period_s, r.film_ratio, r.filming, r.next_tick = m.values[0], <uint16_t>m.values[1], 1, tick
            reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
            reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
        elif m.function == c.function_stop:
            r.filming = 0
            reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
            reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
        else:
            reply_send(c.ports, tick, m.token, STAGE_START_FAILED, c.code_function)


cdef void finish(ImagingContext* c, int64_t tick, uint16_t stage, uint16_t code) noexcept nogil:
    if c.record.token:
        reply_send(c.ports, tick, c.record.token, stage, code)
    c.record.token, c.record.awaiting = 0, 0


cdef void follow(ImagingContext* c, int64_t tick) noexcept nogil:
    """Give the driver back what was taken, and see whether the awaited picture has come to its end."""
    cdef ImagingRecord* r = c.record
    cdef double values[2]
    c.window.taken = c.store.taken
    if not r.awaiting:
        return
    if c.store.finished_request == r.shot_request:
        finish(c, tick, STAGE_COMPLETED if not c.store.finished_code else STAGE_FAILED, <uint16_t>c.store.finished_code)
    elif (tick - r.shot_tick) * c.tick_s > LATE_S:
        r.late = 1
        values[0], values[1] = r.shot_request, LATE_S
        event_raise(c.ports, tick, c.event_late, 2, values)
        finish(c, tick, STAGE_FAILED, c.code_late)


cdef void film(ImagingContext* c, int64_t tick) noexcept nogil:
    cdef ImagingRecord* r = c.record
    cdef uint16_t ratio = r.film_ratio
    if not r.filming or tick < r.next_tick:
        return
    r.next_tick = tick + <int64_t>(r.period_s / c.tick_s + 0.5)
    if r.awaiting:
        r.skipped += 1
        return
    if c.altitude_m != NULL and c.altitude_m[0] < r.fine_below_m:
        ratio = FINE
    shoot(c, tick, ratio, 0.0, 0.0)


cdef int run(void* context, int64_t tick) noexcept nogil:
    cdef ImagingContext* c = <ImagingContext*>context
    follow(c, tick)
    take_commands(c, tick)
    film(c, tick)
    return 0


cdef class Imaging:
    """Takes the record `imaging`, and `pictures` for the store. `camera` names the driver's records; `altitude`, `position`, `quaternion` and
    `phase` are symbols of this arena, where the vehicle has them."""

    def __init__(self, Arena arena not None, AppLinks links not None, camera_driver, *, str vehicle, str camera, double tick_s=0.01,
                 str altitude=None, str position=None, str quaternion=None, str phase=None):
        cdef ImagingContext* c = &self.context
        cdef ImagingRecord[::1] record
        self.arena, self.wired = arena, (links, camera_driver)
        c.record = <ImagingRecord*>arena.take("imaging", sizeof(ImagingRecord))
        record = <ImagingRecord[:1]>c.record
        arena.bind("imaging", np.asarray(record))
        if RECORD.itemsize != sizeof(PictureStoreRecord):
            raise ValueError("the picture store's record is not what imaging reads")
        arena.record(RECORD_NAME, RECORD)
        c.store = <const PictureStoreRecord*>record_of(arena, RECORD_NAME, sizeof(PictureStoreRecord))
        c.command = <CameraCommand*>record_of(arena, camera + ".command", sizeof(CameraCommand))
        c.window = <CameraWindow*>record_of(arena, camera + ".window", sizeof(CameraWindow))
        c.altitude_m = <const double*>self._address(altitude, "f8")
        c.position_m = <const double*>self._address(position, "f8")
        c.quaternion = <const double*>self._address(quaternion, "f8")
        c.phase = <const uint8_t*>self._address(phase, "u1")
        c.ports, c.tick_s = &links.ports, tick_s
        c.record.fine_below_m = 40.0
        c.record.ratio = c.record.film_ratio = 64
        commands = {row.name: row.function for row in DICTIONARIES[vehicle].commands}
        c.function_take = commands["take_picture"]
        c.function_film, c.function_stop = commands.get("film", 0xFFFF), commands.get("film_stop", 0xFFFF)
        c.code_function, c.code_busy, c.code_late = FAILURE_CODE["UNKNOWN_FUNCTION"], FAILURE_CODE["BUSY"], FAILURE_CODE["TIME_OUT"]
        c.event_late = DICTIONARIES[vehicle].event("camera_late").id
        self.slot = SlotCode.make("imaging", run, c, self)

    cdef const void* _address(self, str name, str kind=None) except? NULL:
        """Of a symbol of this arena; NULL without a name. Raises ValueError when it is of another kind."""
        if name is None:
            return NULL
        symbol = self.arena.symbol(name)
        if symbol.type.lstrip("<") != kind:
            raise ValueError(f"{name} is of kind {symbol.type}, not {kind}")
        return <const void*>(self.arena.base + <size_t>symbol.offset)
