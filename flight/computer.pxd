"""Computer: power, boot, frame budget and watchdog of one on-board computer; the hardware that its software cannot lose."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hal.core.arena cimport Arena

cpdef enum:                         # why a computer booted
    RESET_POWER_ON = 0
    RESET_COMMAND = 1
    RESET_WATCHDOG = 2
    RESET_BENCH = 3

cpdef enum:                         # what a computer can be asked for
    ACTION_NONE = 0
    ACTION_OFF = 1
    ACTION_ON = 2
    ACTION_RESET = 3


cdef struct ComputerState:          # a record of the harness arena: it survives the resets that it counts
    int64_t boot_tick               # when it runs its first slot, or -1 while it is off
    int64_t fed_tick                # when the watchdog was last fed
    int64_t crash_tick              # crash record: when it was last reset by the watchdog, or -1
    uint64_t frame_used_ns          # modelled (in real time: measured) execution time of this tick so far
    uint64_t frame_last_ns          # of the tick before
    uint32_t frame_budget_ns
    uint32_t watchdog_ticks         # time-out
    uint32_t boot_ticks             # from power to the first slot
    uint32_t boot_count
    uint32_t reset_cause            # of the last boot
    uint32_t crash_slot             # crash record: the slot that hung, or the last one that ran
    uint32_t crashes
    uint32_t overruns               # ticks in which more time was used than the frame has
    uint32_t shed                   # slots not run for want of time
    uint32_t action                 # ACTION_ to be taken at the next tick boundary
    uint32_t action_cause
    uint32_t last_slot
    uint32_t action_in_ticks        # so many ticks after this one: a reset lets the report of its own completion leave first
    uint8_t powered
    uint8_t running                 # past boot
    uint8_t stuck                   # a slot hangs: nothing else of this computer runs until a reset
    uint8_t overran                 # already counted in this tick
    double cost_factor              # of every slot's modelled cost; a fault raises it


cdef struct ComputerWiring:
    ComputerState* state
    uint8_t* base                   # of its arena
    uint8_t* image                  # the arena as built: what a boot loads
    size_t size


cdef void computer_begin_tick(ComputerWiring* c, int64_t tick) noexcept nogil
cdef void computer_request(ComputerState* s, uint32_t action, uint32_t cause, uint32_t in_ticks) noexcept nogil


cdef class Computer:
    cdef readonly str name
    cdef readonly int index
    cdef readonly Arena arena
    cdef readonly bint sealed
    cdef ComputerWiring wiring
