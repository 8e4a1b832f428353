# distutils: extra_compile_args = -O2
# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# Hot: every loop runs over a count fixed when the vehicle is built.
"""System: a computer's own application: its figures, its watchdog, its monitors, and the functions that concern the computer itself.

The watchdog is fed by proof of progress: only while every slot that may not be shed has run as often as its rate group says.
Events about lasting troubles (overruns, shed slots, full queues) are raised at most once a second each, with counts.
"""

import numpy as np

from flight.computer cimport ACTION_RESET, RESET_COMMAND, RESET_WATCHDOG, Computer, computer_request
from flight.executive cimport Executive
from flight.ports cimport (
    STAGE_COMPLETED, STAGE_FAILED, STAGE_START_FAILED, STAGE_STARTED, AppLinks, CommandMessage, ModeRequest, event_raise, queuing_receive, queuing_send, reply_send,
)
from flight.telemetry cimport TelemetryStore
from hal.reading cimport VALID
from wire.dictionary.codes cimport FAIL_MODE_REFUSED, FAIL_UNKNOWN_FUNCTION

QUEUES = {"events": 0, "commands": 1, "replies": 2, "mode_requests": 3}      # wire.dictionary.codes.QUEUE


cdef void _want_mode(SystemContext* c, int64_t tick, uint32_t token, uint16_t mode) noexcept nogil:
    cdef ModeRequest m
    if c.state.mode_token:                                     # one change at a time: the later command takes the place of the earlier
        reply_send(c.ports, tick, c.state.mode_token, STAGE_FAILED, FAIL_MODE_REFUSED)
    m.mode, m.confirmations, m.token = mode, 0, token
    reply_send(c.ports, tick, token, STAGE_STARTED, 0)
    queuing_send(&c.ports.mode_requests, tick, &m, sizeof(ModeRequest))
    c.state.mode_token, c.state.mode_wanted, c.state.mode_deadline = token, mode, tick + 10


cdef void _perform(SystemContext* c, int64_t tick, CommandMessage* m) noexcept nogil:
    cdef int i
    if m.function == c.function_safe:
        _want_mode(c, tick, m.token, c.mode_safe)
        return
    if m.function == c.function_standby:
        _want_mode(c, tick, m.token, c.mode_standby)
        return
    if m.function == c.function_reset:
        reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
        reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
        computer_request(c.computer, ACTION_RESET, RESET_COMMAND, 2)       # the two replies leave first
        return
    for i in range(c.switches):
        if c.switch_function[i] == m.function:
            c.switched[i].on = m.values[0] != 0.0
            reply_send(c.ports, tick, m.token, STAGE_STARTED, 0)
            reply_send(c.ports, tick, m.token, STAGE_COMPLETED, 0)
            return
    reply_send(c.ports, tick, m.token, STAGE_START_FAILED, FAIL_UNKNOWN_FUNCTION)


cdef void _settle_mode(SystemContext* c, int64_t tick) noexcept nogil:
    if c.state.mode_token == 0:
        return
    if c.mode.mode == c.state.mode_wanted:
        reply_send(c.ports, tick, c.state.mode_token, STAGE_COMPLETED, 0)
        c.state.mode_token = 0
    elif tick > c.state.mode_deadline:
        reply_send(c.ports, tick, c.state.mode_token, STAGE_FAILED, FAIL_MODE_REFUSED)
        c.state.mode_token = 0


cdef void _watch_devices(SystemContext* c, int64_t tick) noexcept nogil:
    """A reading that flickers at the edge of its range is no event; one that stays away, or stays well again, is."""
    cdef SystemState* s = c.state
    cdef double error
    cdef bint valid
    cdef int i
    for i in range(c.monitors):
        valid = c.monitored[i].validity == VALID
        if valid == (s.healthy[i] == 1):
            s.against[i] = 0
            continue
        s.against[i] += 1
        if s.healthy[i] == 0:
            s.healthy[i], s.against[i] = 1, 0
        elif s.healthy[i] == 1 and s.against[i] >= c.patience_bad_ticks:
            s.healthy[i], s.against[i], s.error[i] = 2, 0, c.monitored[i].error
            error = s.error[i]
            event_raise(c.ports, tick, c.degraded[i], 1, &error)
        elif s.healthy[i] == 2 and s.against[i] >= c.patience_good_ticks:
            s.healthy[i], s.against[i] = 1, 0
            error = s.error[i]
            event_raise(c.ports, tick, c.recovered[i], 1, &error)


cdef void _tell_losses(SystemContext* c, int64_t tick) noexcept nogil:
    """Once a second: what was lost for want of room or time."""
    cdef SystemState* s = c.state
    cdef double values[2]
    cdef uint32_t lost
    cdef int i
    if s.overruns != s.told_overruns:
        values[0], values[1] = s.frame_load_max, s.overruns
        event_raise(c.ports, tick, c.event_overrun, 2, values)
        s.told_overruns = s.overruns
    s.frame_load_max = 0.0
    if s.shed != s.told_shed:
        values[0] = values[1] = s.shed
        for i in range(c.first_row, c.first_row + c.row_count):
            if c.slots.shed[i]:
                values[0] = i
        event_raise(c.ports, tick, c.event_shed, 2, values)
        s.told_shed = s.shed
    for i in range(c.queues):
        lost = <uint32_t>c.dropped[i][0]
        if lost != s.queue_lost[i]:
            values[0], values[1] = c.queue_kind[i], lost
            event_raise(c.ports, tick, c.event_queue_lost, 2, values)
            s.queue_lost[i] = lost
    if c.link.tm_lost != s.told_packets_lost:
        values[0] = c.link.tm_lost
        event_raise(c.ports, tick, c.event_packet_lost, 1, values)
        s.told_packets_lost = c.link.tm_lost


cdef void _boot(SystemContext* c, int64_t tick) noexcept nogil:
    cdef double values[3]
    cdef int i
    values[0], values[1], values[2] = c.dictionary, c.computer.boot_count, c.computer.reset_cause
    event_raise(c.ports, tick, c.event_boot, 3, values)
    if c.computer.reset_cause == RESET_WATCHDOG:
        values[0] = c.computer.crashes
        event_raise(c.ports, tick, c.event_watchdog, 1, values)
    for i in range(c.row_count):
        c.state.progress_tick[i] = tick
        c.state.runs[i] = c.slots.runs[c.first_row + i]
    c.state.told_overruns, c.state.told_shed = c.computer.overruns, c.computer.shed
    c.state.booted = 1


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    cdef SystemContext* c = <SystemContext*>context
    cdef SystemState* s = c.state
    cdef CommandMessage m
    if not s.booted:
        _boot(c, tick)
    s.uptime_s = (tick - c.computer.boot_tick) * c.tick_s
    s.boot_count, s.reset_cause = c.computer.boot_count, c.computer.reset_cause
    s.overruns, s.shed = c.computer.overruns, c.computer.shed
    s.frame_load = <double>c.computer.frame_last_ns / c.computer.frame_budget_ns
    if s.frame_load > s.frame_load_max:
        s.frame_load_max = s.frame_load
    _settle_mode(c, tick)
    while queuing_receive(&c.ports.commands, &m, sizeof(CommandMessage)):
        _perform(c, tick, &m)
    _watch_devices(c, tick)
    if tick % c.ticks_per_second == 0:
        _tell_losses(c, tick)
        s.watchdog_margin_ticks = s.margin_now_ticks
        s.margin_now_ticks = c.computer.watchdog_ticks
    return 0


cdef int _watchdog_cycle(void* context, int64_t tick) noexcept nogil:
    cdef SystemContext* c = <SystemContext*>context
    cdef SystemState* s = c.state
    cdef int32_t margin
    cdef int i
    for i in range(c.row_count):
        if c.slots.runs[c.first_row + i] != s.runs[i]:
            s.runs[i] = c.slots.runs[c.first_row + i]
            s.progress_tick[i] = tick
        elif c.patience[i] and tick - s.progress_tick[i] > c.patience[i]:
            return 0                                       # somebody makes no progress: let the watchdog bite
    margin = <int32_t>(c.computer.watchdog_ticks - (tick - c.computer.fed_tick))
    if margin < s.margin_now_ticks:
        s.margin_now_ticks = margin
    c.computer.fed_tick = tick
    return 0


cdef class SystemApplication:
    """Built before the executive; `attach` gives it the executive's progress counters. `events` and `functions` are numbers by name."""

    def __cinit__(self, Arena arena not None, AppLinks links not None, Computer computer not None, TelemetryStore telemetry not None, mode_owner,
                  list apps not None, dict events not None, dict functions not None, dict modes not None, uint32_t dictionary, int64_t tick_ns):
        cdef SystemContext* c = &self.c
        cdef AppLinks app
        self.keep = [arena, links, computer, telemetry, mode_owner, apps]
        c.state = <SystemState*>arena.take("system", sizeof(SystemState))
        cdef SystemState[::1] view = <SystemState[:1]>c.state
        arena.bind("system", np.asarray(view))
        c.ports, c.computer, c.link = &links.ports, computer.wiring.state, telemetry.wiring.link
        c.mode = <const ModeState*><size_t>mode_owner.mode_address
        c.dictionary, c.tick_s, c.ticks_per_second = dictionary, tick_ns * 1e-9, 1_000_000_000 // tick_ns
        c.patience_bad_ticks, c.patience_good_ticks = 4 * c.ticks_per_second // 10, 2 * c.ticks_per_second
        c.event_boot, c.event_overrun, c.event_shed = events["boot"], events["computer_overrun"], events["slot_shed"]
        c.event_watchdog, c.event_queue_lost = events["watchdog_reset"], events["queue_lost"]
        c.event_packet_lost, c.event_event_lost = events["packet_lost"], events["event_lost"]
        c.function_safe, c.function_standby, c.function_reset = functions["safe"], functions["standby"], functions["reset_computer"]
        c.mode_safe, c.mode_standby = modes["SAFE"], modes["STANDBY"]
        c.state.margin_now_ticks = c.state.watchdog_margin_ticks = c.computer.watchdog_ticks
        for app in apps:
            if c.queues + 4 > MAX_QUEUES:
                raise ValueError("too many applications to watch")
            for kind, state in (("events", <size_t>app.ports.events.state), ("commands", <size_t>app.ports.commands.state),
                                ("replies", <size_t>app.ports.replies.state), ("mode_requests", <size_t>app.ports.mode_requests.state)):
                c.dropped[c.queues] = <const unsigned long long*>(<size_t>state + 16)      # RingState.dropped
                c.queue_kind[c.queues] = QUEUES[kind]
                c.queues += 1
        self.slot = SlotCode.make("system", _cycle, c, self)
        self.watchdog = SlotCode.make("watchdog", _watchdog_cycle, c, self)

    def monitor(self, str record not None, uint16_t degraded, uint16_t recovered):
        """Raise an event when a device's reading stops being valid, and when it is valid again."""
        cdef SystemContext* c = &self.c
        cdef Arena arena = self.keep[0]
        if c.monitors == MAX_MONITORS:
            raise ValueError(f"at most {MAX_MONITORS} devices can be watched")
        c.monitored[c.monitors] = <const ReadingHead*>(arena.base + <size_t>arena.records[record].offset)
        c.degraded[c.monitors], c.recovered[c.monitors] = degraded, recovered
        c.monitors += 1

    def switch(self, uint16_t function, str record not None):
        """Let a function with one argument, on or off, write the power command in `record`."""
        cdef SystemContext* c = &self.c
        cdef Arena arena = self.keep[0]
        if c.switches == MAX_SWITCHES:
            raise ValueError(f"at most {MAX_SWITCHES} switches")
        c.switch_function[c.switches] = function
        c.switched[c.switches] = <PowerCommand*>(arena.base + <size_t>arena.records[record].offset)
        c.switches += 1

    def attach(self, Executive executive not None, int first_row, list patience not None):
        """Watch the progress of this computer's rows, from `first_row` on; `patience` in ticks each, 0 for a row that may be shed."""
        cdef SystemContext* c = &self.c
        self.keep.append(executive)
        c.slots, c.first_row, c.row_count = executive.loop.slots, first_row, len(patience)
        for i, ticks in enumerate(patience):
            c.patience[i] = ticks
