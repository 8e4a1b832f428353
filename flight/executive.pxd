"""Executive: the time-triggered table of slots, run in order each tick; the only loop there is."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flight.computer cimport ComputerWiring
from flight.conditions cimport Condition
from flight.record_log cimport RecordRing
from hal.core.arena cimport Arena
from hal.core.slot cimport slot_function

cdef enum:
    MAX_SLOTS = 192
    MAX_COMPUTERS = 4

cpdef enum:                         # why the loop returned
    STOP_DONE = 0                   # reached the tick asked for
    STOP_REQUESTED = 1
    STOP_PYTHON_SLOT = 2            # a Python slot has latched its inputs and must run now (lockstep)
    STOP_SECOND = 3                 # a second of simulated time is complete: digest due
    STOP_CONDITION = 4

cpdef enum:                         # where execution times come from
    CHARGE_MODEL = 0                # nominal cost times the fault factor
    CHARGE_MEASURE = 1              # real time
    CHARGE_REPLAY = 2               # as a real-time recording logged them

cdef struct ExecutiveState:         # record `executive` of the harness arena
    int64_t tick                    # the tick about to run, or under way
    int64_t tick_ns
    uint32_t next_row               # place in the tick's list where a run goes on
    uint32_t in_tick                # 1 while a tick is under way

cdef struct SlotStates:             # record `executive.slots`, by place in the table
    uint32_t runs[192]
    uint32_t cost_ns[192]           # charged last
    uint32_t cost_max_ns[192]
    uint32_t overruns[192]          # charged more than the slot's own budget
    uint32_t shed[192]
    double cost_factor[192]         # 1 unless a fault says otherwise
    uint8_t hung[192]               # 1: the slot never comes back

cdef struct SlotRow:                # the table
    slot_function function
    void* context
    int32_t computer                # -1: world and harness, which never stop
    uint32_t nominal_ns
    uint32_t budget_ns
    uint8_t sheddable
    uint8_t python
    uint8_t guarded                 # 1: runs with the world's memory denied, when that is asked for

cdef struct Loop:                   # the wiring
    ExecutiveState* state
    SlotStates* slots
    SlotRow rows[192]
    ComputerWiring* computers[4]
    int row_count
    int computer_count
    int64_t ticks_per_second
    uint32_t hyperperiod            # ticks after which the lists repeat
    uint32_t* list_start            # hyperperiod + 1 offsets into list_rows
    uint8_t* list_rows              # row numbers, in order, of each tick of the hyperperiod
    int stop                        # set by any thread
    int charge_source
    RecordRing* log
    uint32_t charges[192]           # of the tick under way, in order of running
    int charge_count
    const uint32_t* replay_charges
    uint64_t replay_left
    int64_t pace_start_ns           # wall time of pace_start_tick
    int64_t pace_start_tick
    int64_t pace_tick_ns            # wall nanoseconds a tick; 0: as fast as it can
    int64_t late_ns                 # how late the last tick began
    int64_t late_max_ns
    uint64_t late_ticks             # ticks begun more than one tick late
    uint32_t* lateness              # a histogram in microseconds, real time only; NULL when nobody asks
    Condition conditions[16]
    int condition_count
    int condition_met
    uint8_t* guard_base             # the world's arena
    size_t guard_size
    bint guard
    void (*enter)() noexcept nogil  # hooks of the allocation test, or NULL
    void (*leave)() noexcept nogil
    int stop_seconds                # 1: stop at every full second
    int pending_row                 # the Python slot that must run
    uint8_t* region[8]              # real time: the arenas, copied at each full second for whoever computes the digest
    size_t region_octets[8]
    int regions
    uint8_t* copy                   # NULL: no copies
    int copy_full                   # atomic: 1 while the copy waits to be read
    int64_t copy_second
    int copy_fd                     # woken when a copy is there
    uint64_t copies_missed          # the one before had not been read


cdef class Executive:
    cdef Loop loop
    cdef readonly Arena harness
    cdef readonly list rows         # of SlotRow descriptions, for people
    cdef readonly list computers
    cdef object log
    cdef object replay_buffer
