# cython: boundscheck=False, wraparound=False, initializedcheck=False
# Hot: definitions are found by comparing identifiers.
"""Event reporting, service 5: what applications raise becomes a report [5,1] to [5,4] on the events channel, by severity.

Source data: the event's identifier (u16), then its arguments in the kinds of the dictionary.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

import numpy as np

from flight.ports cimport AppLinks, AppPorts, EventMessage, queuing_receive
from flight.services.service cimport write_u16
from flight.telemetry cimport CHANNEL_EVENTS, Telemetry, TelemetryStore, telemetry_begin, telemetry_end
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from wire.layout import CODES
from wire.dictionary.rows import OCTETS
from wire.packer cimport wire_assign

cdef enum:
    MAX_EVENTS = 128
    MAX_APPS = 16

cdef struct EventState:                 # record `events`
    uint32_t reported[4]                # by severity
    uint32_t undefined                  # raised, but in no dictionary

cdef struct EventDefinition:
    uint16_t id
    uint16_t apid
    uint8_t severity
    uint8_t arguments
    uint8_t codes[4]
    uint8_t octets[4]

cdef struct EventContext:
    EventState* state
    Telemetry* telemetry
    AppPorts* apps[16]
    int app_count
    EventDefinition definitions[128]
    int definition_count


cdef void _report(EventContext* c, int64_t tick, EventMessage* m) noexcept nogil:
    cdef EventDefinition* d = NULL
    cdef uint8_t* data
    cdef uint32_t at = 2
    cdef int i
    for i in range(c.definition_count):
        if c.definitions[i].id == m.id:
            d = &c.definitions[i]
            break
    if d == NULL:
        c.state.undefined += 1
        return
    data = telemetry_begin(c.telemetry, tick, d.apid, 5, d.severity)
    write_u16(data, d.id)
    for i in range(d.arguments):
        wire_assign(d.codes[i], data + at, m.values[i])
        at += d.octets[i]
    if telemetry_end(c.telemetry, tick, at, CHANNEL_EVENTS):
        c.state.reported[d.severity - 1] += 1


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef EventContext* c = <EventContext*>context
    cdef EventMessage m
    cdef int a
    for a in range(c.app_count):
        while queuing_receive(&c.apps[a].events, &m, sizeof(EventMessage)):
            _report(c, tick, &m)
    return 0


cdef class EventService:
    """Reports the events of one computer's applications; `events` are dictionary rows."""

    cdef readonly SlotCode slot
    cdef EventContext c
    cdef object keep

    def __cinit__(self, Arena arena not None, TelemetryStore telemetry not None, tuple events not None, list apps not None):
        cdef EventContext* c = &self.c
        cdef AppLinks links
        if len(events) > MAX_EVENTS or len(apps) > MAX_APPS:
            raise ValueError(f"{len(events)} events and {len(apps)} applications; at most {MAX_EVENTS} and {MAX_APPS}")
        self.keep = (arena, telemetry, apps)
        c.state = <EventState*>arena.take("events", sizeof(EventState))
        cdef EventState[::1] view = <EventState[:1]>c.state
        arena.bind("events", np.asarray(view))
        c.telemetry, c.app_count, c.definition_count = &telemetry.wiring, len(apps), len(events)
        for i, links in enumerate(apps):
            c.apps[i] = &links.ports
        for i, event in enumerate(events):
            c.definitions[i].id, c.definitions[i].apid = event.id, event.apid
            c.definitions[i].severity, c.definitions[i].arguments = event.severity, len(event.arguments)
            for k, argument in enumerate(event.arguments):
                c.definitions[i].codes[k] = CODES[argument.kind]
                c.definitions[i].octets[k] = OCTETS[argument.kind]
        self.slot = SlotCode.make("events", _cycle, c, self)
