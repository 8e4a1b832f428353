# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# The loop: every index comes from the table, which is checked when it is built.
"""Executive: the time-triggered table of slots, run in order each tick; the only loop there is.

A row names a slot, its computer, rate group and phase, its nominal cost and budget. The lists of what runs in each tick of the hyperperiod
are made once. In a tick: power, boots and watchdogs; then the rows in order, the world's included. A computer that is off runs nothing.
Execution time is charged to the computer's frame: in lockstep a slot's nominal cost times its fault factor, in real time what was measured.
"""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

import math
from dataclasses import dataclass

import numpy as np

from flight.clock cimport clock_now_ns, clock_sleep_until_ns
from flight.conditions cimport MAX_CONDITIONS, condition_make, conditions_met
from flight.computer cimport Computer, computer_begin_tick
from flight.record_log cimport LOG_CHARGES, RecordLog, record_put
from hal.core.slot cimport SlotCode

cdef extern from "<sys/mman.h>" nogil:
    int mprotect(void* address, size_t length, int protection)
    int PROT_NONE
    int PROT_READ
    int PROT_WRITE

cdef extern from *:
    """
    #define _FARSIDE_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define _FARSIDE_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    #include <dlfcn.h>
    #include <unistd.h>
    static void farside_poke(int fd) { char c = 1; if (write(fd, &c, 1) != 1) { } }
    typedef void (*farside_hook)(void);
    static farside_hook farside_find(const char* name) { return (farside_hook)dlsym(RTLD_DEFAULT, name); }
    """
    int _FARSIDE_LOAD(int* p) noexcept nogil
    void _FARSIDE_STORE(int* p, int v) noexcept nogil
    void farside_poke(int fd) noexcept nogil
    void (*farside_find(const char* name) noexcept nogil)() noexcept nogil

LATENESS_BINS = 20001            # microseconds; the last bin holds everything later
MAX_HYPERPERIOD = 6000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the executive's table. Costs in microseconds of modelled execution time; `computer` -1 is the world and the harness."""

    name: str
    code: SlotCode
    computer: int = -1
    divisor: int = 1
    phase: int = 0
    cost_us: float = 0.0
    budget_us: float = 0.0
    sheddable: bool = False
    python: bool = False
    guarded: bool = True


cdef bint _admit(Loop* l, int row, SlotRow* r, uint32_t cost) noexcept nogil:
    """Charge a slot to its computer's frame. False: it is shed, or its computer does not run."""
    cdef ComputerWiring* c = l.computers[r.computer]
    if not c.state.running or c.state.stuck:
        return False
    if c.state.frame_used_ns + cost > c.state.frame_budget_ns:
        if r.sheddable:
            c.state.shed += 1
            l.slots.shed[row] += 1
            return False
        if not c.state.overran:
            c.state.overran = 1
            c.state.overruns += 1
    c.state.last_slot = row
    if l.slots.hung[row]:
        c.state.stuck = 1                  # it never comes back; the watchdog will notice
        return False
    return True


cdef inline void _charge(Loop* l, int row, SlotRow* r, uint32_t cost) noexcept nogil:
    l.slots.runs[row] += 1
    l.slots.cost_ns[row] = cost
    if cost > l.slots.cost_max_ns[row]:
        l.slots.cost_max_ns[row] = cost
    if cost > r.budget_ns:
        l.slots.overruns[row] += 1
    l.computers[r.computer].state.frame_used_ns += cost


cdef void _pace(Loop* l, int64_t tick) noexcept nogil:
    cdef int64_t deadline = l.pace_start_ns + (tick - l.pace_start_tick) * l.pace_tick_ns, now = clock_now_ns()
    cdef int64_t micros
    if now < deadline:
        clock_sleep_until_ns(deadline)
        now = clock_now_ns()
    l.late_ns = now - deadline
    if l.late_ns > l.late_max_ns:
        l.late_max_ns = l.late_ns
    if l.late_ns > l.pace_tick_ns:
        l.late_ticks += 1
    if l.lateness != NULL:
        micros = l.late_ns // 1000
        l.lateness[micros if micros < 20000 else 20000] += 1


cdef void _copy_state(Loop* l, int64_t second) noexcept nogil:
    """Real time: leave the octets of this second for the digest's thread, without waiting for it."""
    cdef uint8_t* to = l.copy
    cdef int i
    if _FARSIDE_LOAD(&l.copy_full):
        l.copies_missed += 1
        return
    for i in range(l.regions):
        memcpy(to, l.region[i], l.region_octets[i])
        to += l.region_octets[i]
    l.copy_second = second
    _FARSIDE_STORE(&l.copy_full, 1)
    farside_poke(l.copy_fd)


cdef inline uint32_t _modelled(double cost_ns) noexcept nogil:
    """A factor may be anything that a bench or an upset makes it: what cannot be counted costs the most that can."""
    return <uint32_t>cost_ns if 0.0 <= cost_ns < 4294967295.0 else 0xFFFFFFFFu


cdef int _run_row(Loop* l, int row, int64_t tick, bint* denied) noexcept nogil:
    """One slot of one computer, charged; 1 when it was a Python slot that must now run."""
    cdef SlotRow* r = &l.rows[row]
    cdef uint32_t cost
    cdef int extra
    cdef int64_t before
    cost = 0 if l.charge_source != CHARGE_MODEL else _modelled(r.nominal_ns * l.slots.cost_factor[row] * l.computers[r.computer].state.cost_factor)
    if not _admit(l, row, r, cost):
        return 0
    if l.guard and denied[0] != r.guarded:
        denied[0] = r.guarded
        mprotect(l.guard_base, l.guard_size, PROT_NONE if denied[0] else PROT_READ | PROT_WRITE)
    before = clock_now_ns() if l.charge_source == CHARGE_MEASURE else 0
    extra = r.function(r.context, tick)
    if l.charge_source == CHARGE_MEASURE:
        cost = <uint32_t>(clock_now_ns() - before)
        l.charges[l.charge_count] = cost
        l.charge_count += 1
    elif l.charge_source == CHARGE_REPLAY:
        if l.replay_left:
            cost = l.replay_charges[0]
            l.replay_charges += 1
            l.replay_left -= 1
    elif not r.python:
        cost += extra
    _charge(l, row, r, cost)
    return r.python and extra


cdef inline void _allow(Loop* l, bint* denied) noexcept nogil:
    """The world's memory is open again, if it was not."""
    if denied[0]:
        denied[0] = False
        mprotect(l.guard_base, l.guard_size, PROT_READ | PROT_WRITE)


cdef int _loop(Loop* l, int64_t until) noexcept nogil:
    """Run ticks until `until`, or a reason to stop. Re-entered in the middle of a tick after a Python slot."""
    cdef ExecutiveState* s = l.state
    cdef uint32_t k, phase, end
    cdef int row, i
    cdef bint denied = False, due
    while s.in_tick or s.tick < until:
        if not s.in_tick:
            if _FARSIDE_LOAD(&l.stop):
                return STOP_REQUESTED
            s.tick = s.tick if s.tick > 0 else 0            # nothing is before the epoch: the record was hit by an upset
            if l.pace_tick_ns:
                _pace(l, s.tick)
            for i in range(l.computer_count):
                computer_begin_tick(l.computers[i], s.tick)
            s.in_tick, s.next_row, l.charge_count = 1, 0, 0
        phase = <uint32_t>(<uint64_t>s.tick % l.hyperperiod)
        k = l.list_start[phase] + s.next_row
        end = l.list_start[phase + 1]
        while k < end:
            row = l.list_rows[k]
            k += 1
            if l.rows[row].computer < 0:
                _allow(l, &denied)
                due = l.rows[row].function(l.rows[row].context, s.tick) and l.rows[row].python
            else:
                due = _run_row(l, row, s.tick, &denied)
            if due:
                s.next_row, l.pending_row = k - l.list_start[phase], row
                _allow(l, &denied)
                return STOP_PYTHON_SLOT
        _allow(l, &denied)
        if l.charge_source == CHARGE_MEASURE and l.charge_count:
            record_put(l.log, s.tick, LOG_CHARGES, l.charges, l.charge_count * 4)
        s.in_tick = 0
        s.next_row = 0
        s.tick += 1
        if l.copy != NULL and s.tick % l.ticks_per_second == 0:
            _copy_state(l, s.tick // l.ticks_per_second)
        if l.condition_count:
            l.condition_met = conditions_met(l.conditions, l.condition_count)
            if l.condition_met >= 0:
                return STOP_CONDITION
        if l.stop_seconds and s.tick % l.ticks_per_second == 0:
            return STOP_SECOND
    return STOP_DONE


cdef class Executive:
    """The table and the loop over it. Raises ValueError for a table that cannot be run."""

    def __cinit__(self, Arena harness not None, list rows not None, list computers not None, RecordLog log not None, int64_t tick_ns):
        cdef Loop* l = &self.loop
        memset(l, 0, sizeof(Loop))
        self.harness, self.rows, self.computers, self.log = harness, rows, computers, log
        l.log = &log.ring
        l.state = <ExecutiveState*>harness.take("executive", sizeof(ExecutiveState))
        cdef ExecutiveState[::1] state_view = <ExecutiveState[:1]>l.state
        harness.bind("executive", np.asarray(state_view))
        l.slots = <SlotStates*>harness.take("executive.slots", sizeof(SlotStates))
        cdef SlotStates[::1] slots_view = <SlotStates[:1]>l.slots
        harness.bind("executive.slots", np.asarray(slots_view))
        l.state.tick_ns, l.ticks_per_second = tick_ns, 1_000_000_000 // tick_ns
        for i in range(MAX_SLOTS):
            l.slots.cost_factor[i] = 1.0
        self._fill(rows, computers)
        l.enter = farside_find(b"farside_loop_enter")
        l.leave = farside_find(b"farside_loop_exit")

    def __dealloc__(self):
        free(self.loop.list_start)
        free(self.loop.list_rows)
        free(self.loop.lateness)
        free(self.loop.copy)

    def _fill(self, list rows, list computers):
        cdef Loop* l = &self.loop
        cdef SlotCode code
        cdef Computer computer
        if len(rows) > MAX_SLOTS or len(computers) > MAX_COMPUTERS:
            raise ValueError(f"{len(rows)} slots and {len(computers)} computers: the table holds {MAX_SLOTS} and {MAX_COMPUTERS}")
        for i, computer in enumerate(computers):
            l.computers[i] = &computer.wiring
        l.computer_count = len(computers)
        for i, row in enumerate(rows):
            if row.divisor < 1 or not 0 <= row.phase < row.divisor or not -1 <= row.computer < len(computers):
                raise ValueError(f"slot {row.name}: divisor {row.divisor}, phase {row.phase}, computer {row.computer}")
            code = row.code
            l.rows[i].function, l.rows[i].context = code.function, code.context
            l.rows[i].computer = row.computer
            l.rows[i].nominal_ns = round(row.cost_us * 1000)
            l.rows[i].budget_ns = round(row.budget_us * 1000)
            l.rows[i].sheddable, l.rows[i].python, l.rows[i].guarded = row.sheddable, row.python, row.guarded
        l.row_count = len(rows)
        l.hyperperiod = math.lcm(1, *(row.divisor for row in rows))
        if l.hyperperiod > MAX_HYPERPERIOD:
            raise ValueError(f"the rate groups repeat after {l.hyperperiod} ticks; {MAX_HYPERPERIOD} at most")
        lists = [[i for i, row in enumerate(rows) if t % row.divisor == row.phase] for t in range(l.hyperperiod)]
        l.list_start = <uint32_t*>malloc((l.hyperperiod + 1) * sizeof(uint32_t))
        l.list_rows = <uint8_t*>malloc(sum(map(len, lists)) + 1)
        if l.list_start == NULL or l.list_rows == NULL:
            raise MemoryError("slot lists")
        at = 0
        for t, which in enumerate(lists):
            l.list_start[t] = at
            for i in which:
                l.list_rows[at] = i
                at += 1
        l.list_start[l.hyperperiod] = at

    def run(self, int64_t until):
        """Run to the start of tick `until`; returns a StopReason."""
        cdef int reason
        cdef Loop* l = &self.loop
        with nogil:
            if l.enter != NULL:
                l.enter()
            reason = _loop(l, until)
            if l.leave != NULL:
                l.leave()
        return reason

    def pace(self, int64_t tick_wall_ns, int charge_source=CHARGE_MODEL):
        """Begin a paced run: the tick about to run begins now, each later one `tick_wall_ns` after the one before; 0 for no pacing."""
        self.loop.pace_tick_ns = tick_wall_ns
        self.loop.pace_start_ns = clock_now_ns()
        self.loop.pace_start_tick = self.loop.state.tick
        self.loop.charge_source = charge_source

    def replay_charges(self, bytes charges not None):
        """Charge what a real-time recording measured, from here on."""
        self.replay_buffer = charges
        self.loop.replay_charges = <const uint32_t*><const char*>charges
        self.loop.replay_left = len(charges) // 4
        self.loop.charge_source = CHARGE_REPLAY

    def copy_seconds(self, list arenas not None, int wake_fd):
        """Real time: copy these arenas at each full second and write an octet to `wake_fd`; an empty list ends it."""
        cdef Arena arena
        free(self.loop.copy)
        self.loop.copy = NULL
        self.loop.copy_full = 0
        self.loop.regions = len(arenas)
        for i, arena in enumerate(arenas):
            self.loop.region[i], self.loop.region_octets[i] = arena.base, arena.used
        self.loop.copy_fd = wake_fd
        if arenas:
            self.loop.copy = <uint8_t*>malloc(sum(arena.used for arena in arenas))
            if self.loop.copy == NULL:
                raise MemoryError("copy of the arenas")

    def take_copy(self):
        """The copy that waits, as (second, octets of each arena), or None; the loop may then make the next."""
        if self.loop.copy == NULL or not _FARSIDE_LOAD(&self.loop.copy_full):
            return None
        cdef uint8_t* at = self.loop.copy
        cdef int i
        parts = []
        for i in range(self.loop.regions):
            parts.append((<char*>at)[:self.loop.region_octets[i]])
            at += self.loop.region_octets[i]
        second = self.loop.copy_second
        _FARSIDE_STORE(&self.loop.copy_full, 0)
        return second, parts

    def measure_lateness(self, bint on):
        """Keep a histogram of how late ticks begin, in microseconds; outside all state."""
        free(self.loop.lateness)
        self.loop.lateness = <uint32_t*>calloc(LATENESS_BINS, 4) if on else NULL

    def lateness(self):
        """The histogram (numpy, microseconds), or None."""
        if self.loop.lateness == NULL:
            return None
        return np.array([self.loop.lateness[i] for i in range(LATENESS_BINS)], dtype=np.uint32)

    def request_stop(self):
        """Leave the loop at the next tick boundary; any thread may ask."""
        _FARSIDE_STORE(&self.loop.stop, 1)

    def clear_stop(self):
        """Allow the loop to run again."""
        _FARSIDE_STORE(&self.loop.stop, 0)

    def stop_at_seconds(self, bint on):
        """Whether `run` returns at each full second."""
        self.loop.stop_seconds = on

    def guard(self, Arena world):
        """Deny the world's memory while guarded slots run; None ends it."""
        self.loop.guard = world is not None
        if world is not None:
            self.loop.guard_base, self.loop.guard_size = world.base, world.capacity

    def set_conditions(self, list conditions not None):
        """Rows (address, numpy type, operator, value), tested in C after each tick; the first that holds stops the loop."""
        if len(conditions) > MAX_CONDITIONS:
            raise ValueError(f"at most {MAX_CONDITIONS} conditions at once")
        for i, (address, kind, operator, value) in enumerate(conditions):
            self.loop.conditions[i] = condition_make(address, kind, operator, value)
        self.loop.condition_count = len(conditions)
        self.loop.condition_met = -1

    @property
    def condition_met(self) -> int:
        """The place of the condition that stopped the loop, or -1."""
        return self.loop.condition_met

    @property
    def pending_row(self) -> int:
        """The row of the Python slot that stopped the loop."""
        return self.loop.pending_row

    @property
    def tick(self) -> int:
        """The tick about to run."""
        return self.loop.state.tick

    @property
    def in_tick(self) -> bool:
        """Whether a tick is under way: a Python slot must run before anything else."""
        return bool(self.loop.state.in_tick)

    @property
    def pacing(self) -> dict:
        """How punctual the paced run is."""
        return {
            "late_ns": self.loop.late_ns, "late_max_ns": self.loop.late_max_ns, "late_ticks": self.loop.late_ticks,
            "digests_missed": self.loop.copies_missed,
        }
