"""Confirmations: what guidance must know before it does what cannot be taken back."""

from libc.stdint cimport int64_t, uint8_t

from flight.apps.guidance cimport GuidanceContext


cdef bint confirmed_below(GuidanceContext* c, int64_t tick, double altitude_m) noexcept nogil
cdef void watch_legs(GuidanceContext* c) noexcept nogil                        # once a cycle
cdef bint on_legs(GuidanceContext* c) noexcept nogil
cdef uint8_t evidence_of_standing(GuidanceContext* c) noexcept nogil           # EVIDENCE_*; once a cycle, while the engine is off
cdef bint lies_broken(GuidanceContext* c) noexcept nogil                       # once a cycle, while the engine is armed
cdef bint runs_dry(GuidanceContext* c) noexcept nogil                          # once a cycle, in a hover or slowly near the ground
