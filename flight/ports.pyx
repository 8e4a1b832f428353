"""Ports: how applications talk. A sampling port holds the latest value, a queuing port a bounded FIFO (ARINC 653 part 1, section 2.3.6)."""

import numpy as np

from hal.core.ring cimport ring_make

QUEUE_DEPTH = 16          # messages; a full queue is counted, never waited for


cdef SamplingPort sampling_make(Arena arena, str name, uint32_t octets) except *:
    """Take the records of a sampling port. The owner of the message's struct binds the record `name` with its own view."""
    cdef SamplingPort port
    port.message = <uint8_t*>arena.take(name, octets)
    port.state = <SamplingState*>arena.take(name + ".port", sizeof(SamplingState))
    cdef SamplingState[::1] view = <SamplingState[:1]>port.state
    arena.bind(name + ".port", np.asarray(view))
    port.state.octets = octets
    return port


cdef class AppLinks:
    """The four queues of one application. The services that read them find it by its name."""

    def __init__(self, Arena arena not None, str name not None):
        self.name = name
        self.arena = arena
        self.ports.events = ring_make(arena, name + ".events", QUEUE_DEPTH, sizeof(EventMessage))
        self.ports.commands = ring_make(arena, name + ".commands", QUEUE_DEPTH, sizeof(CommandMessage))
        self.ports.replies = ring_make(arena, name + ".replies", QUEUE_DEPTH, sizeof(ReplyMessage))
        self.ports.mode_requests = ring_make(arena, name + ".mode_requests", QUEUE_DEPTH, sizeof(ModeRequest))
