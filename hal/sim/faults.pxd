"""Faults: thirteen kinds at three depths. A fault point is one depth of one device: a record that says what is wrong there."""

from libc.stdint cimport int64_t, uint32_t

from hal.core.arena cimport Arena
from hal.core.random cimport RandomSource, RandomStream

cdef enum FaultKind:
    FAULT_OFF = 0
    FAULT_STUCK = 1
    FAULT_FROZEN = 2
    FAULT_NOISE = 3
    FAULT_BIAS = 4
    FAULT_SCALE = 5
    FAULT_DELAY = 6
    FAULT_DROP = 7
    FAULT_CORRUPT = 8
    FAULT_BABBLE = 9
    FAULT_INTERMITTENT = 10
    FAULT_SATURATE = 11
    FAULT_RESET = 12

cdef enum:
    FAULT_KINDS = 13
    FAULT_PARAMETERS = 4
    HISTORY = 128                      # samples that a delayed value can look back


cdef struct FaultState:                # a record
    uint32_t active                    # bit k: kind k
    uint32_t captured                  # bit k: what kind k holds on to has been taken
    int64_t since_tick[13]
    double parameter[52]               # four for each kind; times in ticks

cdef struct FaultGroup:                # record of a device with many parts: which of them are at fault
    uint32_t members                   # a bit each, at most 32
    uint32_t pad


cdef inline bint fault_on(const FaultState* s, int kind) noexcept nogil:
    return (s.active >> kind) & 1


cdef inline double fault_parameter(const FaultState* s, int kind, int place) noexcept nogil:
    return s.parameter[kind * FAULT_PARAMETERS + place]


cdef bint fault_capture(FaultState* s, int kind) noexcept nogil                     # True the first time since the injection
cdef bint fault_cut(const FaultState* s, int64_t tick) noexcept nogil               # intermittent: is it the bad part of the cycle?
cdef bint fault_draws(const FaultState* s, int kind, RandomStream* random) noexcept nogil       # by the kind's first parameter
cdef bint fault_gone(const FaultState* s, int64_t tick, RandomStream* random) noexcept nogil    # off, cut or dropped now
# While a delay is on: what `now` was some ticks ago, by a history of HISTORY samples; until it goes so far back `before`, as it was at
# the injection, which `held` keeps.
cdef double fault_look_back(FaultState* s, double* history, double* held, int64_t tick, double now, double before) noexcept nogil


cdef struct ValueMemory:               # a record
    uint32_t written                   # samples in the history since the injection
    uint32_t pad
    double held[8]

cdef struct ValueFault:                # wiring of the values in one reading
    FaultState* fault
    RandomStream* random
    ValueMemory* memory
    double* history                    # HISTORY rows
    uint32_t channels                  # at most 8
    uint32_t group                     # channels of one unit that follow each other
    int64_t sample_ticks
    double full_scale[2]               # of each group


cdef bint value_faults(ValueFault* v, int64_t tick, double* values) noexcept nogil  # False: there is no value
# Its three parts, for a sensor whose values are not one small set a sample: is anything measured; the values of some samples ago
# (while a delay is on); what the other kinds make of the values.
cdef bint value_there(ValueFault* v, int64_t tick) noexcept nogil
cdef void value_look_back(ValueFault* v, double* values) noexcept nogil
cdef void value_change(ValueFault* v, double* values) noexcept nogil


cdef class FaultMembers:
    cdef FaultGroup* group


cdef class FaultPoint:
    cdef readonly str device
    cdef readonly str depth            # "bytes", "value" or "physics"
    cdef readonly RandomSource random
    cdef FaultState* state
    cdef FaultMembers members          # of the device that this part belongs to, or None
    cdef int place                     # among them

    cdef void value_wiring(self, ValueFault* v, Arena arena, int channels, int group, int64_t sample_ticks) except *
