"""What all drivers do alike: accept, refuse and age a reading, and follow the device's own counter."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from hal.core.ring cimport Ring, Unit, ring_drop, ring_front
from hal.reading cimport (
    DEVICE_OK,
    DEVICE_RESET,
    DEVICE_SEQUENCE,
    DEVICE_SILENT,
    NEVER,
    STALE,
    SUSPECT,
    VALID,
)


cdef struct ReadingHead:               # how every reading begins
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error
    uint32_t rejected

cdef struct Watch:                     # in every driver's state record
    int64_t heard_tick                 # anything at all from the device
    uint32_t counter                   # the device's own, as last seen
    uint8_t counted                    # `counter` holds something
    uint8_t started                    # the driver has run since power-on
    uint8_t restarting                 # the device's restart flag is up: each restart is reported once
    uint8_t pad


cdef inline void watch_start(Watch* w, Ring* ring, int64_t tick) noexcept nogil:
    """The first run since power-on: what waited while the computer was off is no longer true."""
    cdef Unit* unit
    while True:
        unit = ring_front(ring)
        if unit == NULL or unit.tick >= tick:
            break
        ring_drop(ring)
    w.started = 1
    w.heard_tick = tick


cdef inline int validity_of(int error) noexcept nogil:
    """Of a unit that passed its checks."""
    return VALID if error == DEVICE_OK or error == DEVICE_RESET else SUSPECT


cdef inline void reading_accept(ReadingHead* r, int64_t tick, int error) noexcept nogil:
    """A unit passed its checks; its values are already in the reading."""
    r.tick = tick
    r.sequence += 1
    r.error = error
    r.validity = validity_of(error)


cdef inline void reading_refuse(ReadingHead* r, int error) noexcept nogil:
    """A unit was refused; the last reading stays until it is too old."""
    r.rejected += 1
    r.error = error


cdef inline void reading_age_since(ReadingHead* r, const Watch* w, int64_t since_tick, int64_t tick, int64_t timeout_ticks) noexcept nogil:
    """Stale when the last good unit is older than the time-out, whatever was refused meanwhile."""
    if tick - since_tick > timeout_ticks:
        if r.validity != NEVER:
            r.validity = STALE
        if tick - w.heard_tick > timeout_ticks:
            r.error = DEVICE_SILENT


cdef inline void reading_age(ReadingHead* r, const Watch* w, int64_t tick, int64_t timeout_ticks) noexcept nogil:
    """The same for a reading whose time tag is that of its last good unit."""
    reading_age_since(r, w, r.tick, tick, timeout_ticks)


cdef inline int watch_counter(Watch* w, uint32_t counter, uint32_t mask, bint restarted) noexcept nogil:
    """What the counter says: DEVICE_OK, DEVICE_RESET once a restart, DEVICE_SEQUENCE after a gap, -1 for a unit seen before."""
    cdef bint first = not w.counted
    cdef uint32_t before = w.counter
    if not first and counter == before:
        return -1
    w.counted = 1
    w.counter = counter
    if restarted and not first and not w.restarting:
        w.restarting = 1
        return DEVICE_RESET
    w.restarting = restarted
    if first or counter == ((before + 1) & mask):
        return DEVICE_OK
    return DEVICE_SEQUENCE
