"""SimLegs: the remote terminal that reads the switches of the four footpads (protocol: docs/devices.md, "Leg contacts").

Model: a switch is pressed while its pad touches the ground; the terminal counts the closings. A value is a switch: 1 pressed, 0 not.
Not simulated: contact bounce shorter than a tick, the force at which a switch closes, crushing of the strut, shocks at deployment.
"""

import numpy as np

from hal.core.arena cimport Arena
from hal.core.random cimport random_uniform
from hal.core.slot cimport SlotCode
from hal.sim.far_end cimport CanFarEnd, line_send, line_tend, record_of
from hal.sim.faults cimport FAULT_NOISE, FAULT_OFF, fault_on, fault_parameter, value_faults
from hal.sim.octets cimport check8, store16


cdef bint read_switches(SimLegsContext* c, int64_t tick, uint8_t* pressed) noexcept nogil:
    """The switches as the terminal sees them. False: it cannot read them."""
    cdef double values[4]
    cdef int leg
    for leg in range(4):
        pressed[leg] = c.body.pad_contact[leg]
    if c.value.fault.active == 0:
        return True
    if fault_on(c.value.fault, FAULT_OFF):                    # no current through the switches: none seems pressed
        pressed[0] = pressed[1] = pressed[2] = pressed[3] = 0
        return True
    for leg in range(4):
        values[leg] = pressed[leg]
        if fault_on(c.value.fault, FAULT_NOISE) and random_uniform(c.value.random) < fault_parameter(c.value.fault, FAULT_NOISE, 1):
            values[leg] = 1.0 - values[leg]
    if not value_faults(&c.value, tick, values):
        return False
    for leg in range(4):
        pressed[leg] = values[leg] > 0.5
    return True


cdef int serve_legs(void* context, int64_t tick) noexcept nogil:
    cdef SimLegsContext* c = <SimLegsContext*>context
    cdef SimLegsState* s = c.state
    cdef uint8_t frame[6]
    cdef uint8_t pressed[4]
    cdef int leg, flags = 0
    if line_tend(c.line, tick):
        s.counter = s.presses = 0
        s.fresh = 10
    if read_switches(c, tick, pressed):
        for leg in range(4):
            if pressed[leg] and not s.pressed[leg]:
                s.presses += 1
            s.pressed[leg] = pressed[leg]
    else:
        flags = 8
    if s.fresh:
        flags |= 4
        s.fresh -= 1
    frame[0] = s.pressed[0] | (s.pressed[1] << 1) | (s.pressed[2] << 2) | (s.pressed[3] << 3)
    frame[1] = <uint8_t>flags
    store16(frame + 2, s.presses)
    frame[4] = <uint8_t>s.counter
    frame[5] = check8(frame, 5)
    s.counter = (s.counter + 1) & 0xFF
    line_send(c.line, tick, 0x1B0, frame, 6)
    return 0


cdef class SimLegs(SimCanUnit):
    """Talks on the CAN bus of `can`. Reads record `lander` of the world's arena."""

    def __init__(self, Arena arena not None, CanFarEnd can not None, str name="lander.legs", double tick_s=0.01):
        cdef SimLegsContext* c = &self.context
        self.wire(arena, can, name, &c.value, 4, 1.0, 1, False)
        c.body = <LanderBody*>record_of(arena, "lander", sizeof(LanderBody))
        c.state = <SimLegsState*>arena.take(f"device.{name}", sizeof(SimLegsState))
        cdef SimLegsState[::1] view = <SimLegsState[:1]>c.state
        arena.bind(f"device.{name}", np.asarray(view))
        c.line = &self.line.line
        c.state.fresh = 10
        self.slot = SlotCode.make(name, serve_legs, c, self)
