"""Commands of guidance: each is answered, and those that change the mode wait for the mode manager."""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from flight.apps.guidance cimport GuidanceContext


cdef void ask_mode(GuidanceContext* c, int64_t tick, uint8_t mode, uint8_t confirmations, unsigned int token) noexcept nogil
cdef void take_commands(GuidanceContext* c, int64_t tick) noexcept nogil
cdef void follow_commands(GuidanceContext* c, int64_t tick) noexcept nogil     # start what the mode allows, end what it no longer does
cdef void finish(GuidanceContext* c, int64_t tick, uint8_t* active, unsigned int token, uint16_t code) noexcept nogil
