"""Computer: power, boot, frame budget and watchdog of one on-board computer; the hardware that its software cannot lose.

What a reset leaves alone: this record (boot counter, reset cause, crash record), the flash, and the world. Everything in the computer's
own arena is loaded anew from the image taken when the vehicle was built.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import numpy as np


cdef void computer_request(ComputerState* s, uint32_t action, uint32_t cause, uint32_t in_ticks) noexcept nogil:
    """Ask for an action at a tick boundary, `in_ticks` whole ticks later than the next."""
    s.action = action
    s.action_cause = cause
    s.action_in_ticks = in_ticks


cdef void _boot(ComputerWiring* c, int64_t tick, uint32_t cause) noexcept nogil:
    cdef ComputerState* s = c.state
    memcpy(c.base, c.image, c.size)
    s.powered = 1
    s.running = 0
    s.stuck = 0
    s.boot_tick = tick + s.boot_ticks
    s.fed_tick = s.boot_tick
    s.boot_count += 1
    s.reset_cause = cause


cdef void computer_begin_tick(ComputerWiring* c, int64_t tick) noexcept nogil:
    """Power, boot and watchdog, before any slot of the tick."""
    cdef ComputerState* s = c.state
    cdef uint32_t action
    s.frame_last_ns = s.frame_used_ns
    s.frame_used_ns = 0
    s.overran = 0
    if s.action != ACTION_NONE:
        if s.action_in_ticks:
            s.action_in_ticks -= 1
        else:
            action = s.action
            s.action = ACTION_NONE
            if action == ACTION_OFF:
                s.powered = s.running = s.stuck = 0
                s.boot_tick = -1
            elif action == ACTION_RESET and s.powered or action == ACTION_ON and not s.powered:
                _boot(c, tick, s.action_cause)
    if s.powered and not s.running and tick >= s.boot_tick:
        s.running = 1
        s.fed_tick = tick
    if s.running and tick - s.fed_tick > <int64_t>s.watchdog_ticks:
        s.crash_tick = tick
        s.crash_slot = s.last_slot
        s.crashes += 1
        _boot(c, tick, RESET_WATCHDOG)


cdef class Computer:
    """One on-board computer with its arena. `budget_ns` is the execution time that one tick offers."""

    def __cinit__(self, str name not None, int index, Arena harness not None, Arena arena not None, *,
                  uint32_t budget_ns, uint32_t watchdog_ticks, uint32_t boot_ticks):
        self.name = name
        self.index = index
        self.arena = arena
        self.sealed = False
        self.wiring.image = NULL
        cdef ComputerState* s = <ComputerState*>harness.take(f"computer.{name}", sizeof(ComputerState))
        cdef ComputerState[::1] view = <ComputerState[:1]>s
        harness.bind(f"computer.{name}", np.asarray(view))
        s.frame_budget_ns = budget_ns
        s.watchdog_ticks = watchdog_ticks
        s.boot_ticks = boot_ticks
        s.cost_factor = 1.0
        s.crash_tick = -1
        s.powered = 1
        s.boot_tick = boot_ticks
        s.fed_tick = boot_ticks
        s.boot_count = 1
        s.reset_cause = RESET_POWER_ON
        self.wiring.state = s

    def __dealloc__(self):
        free(self.wiring.image)

    def seal(self):
        """Take the boot image: the arena as it is now, when everything on board has been built."""
        self.wiring.base = self.arena.base
        self.wiring.size = self.arena.used
        self.wiring.image = <uint8_t*>malloc(self.arena.used)
        if self.wiring.image == NULL:
            raise MemoryError(f"boot image of {self.name}")
        memcpy(self.wiring.image, self.arena.base, self.arena.used)
        self.sealed = True

    def amend_image(self, str record not None):
        """Make a record as it is now part of what a boot loads: configuration that a scenario sets."""
        row = self.arena.records[record]
        cdef size_t offset = row.offset
        memcpy(self.wiring.image + offset, self.wiring.base + offset, <size_t>row.size)

    def load_image(self):
        """Load the boot image now, without a boot: for a reset of the whole mission."""
        memcpy(self.wiring.base, self.wiring.image, self.wiring.size)

    def request(self, uint32_t action, uint32_t cause=RESET_BENCH):
        """Ask for an ACTION_ at the next tick boundary."""
        computer_request(self.wiring.state, action, cause, 0)

    @property
    def running(self) -> bool:
        """Powered and past its boot."""
        return bool(self.wiring.state.running)

    @property
    def boot_count(self) -> int:
        """Boots since the start of the scenario."""
        return self.wiring.state.boot_count
