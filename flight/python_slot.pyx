"""Python slot: an application in Python with a declared latency, latched and published by the loop.

It runs when a command waits, when its period is over, or when its trigger, a counter in the arena, has moved: all tested in C.
At tick n its inputs are copied; at tick n + latency its outputs are published, by the loop, in C. In lockstep it runs inline in between;
in real time on another thread, and an output that is not there when due is an overrun: it is published when it comes, and that tick is logged.

What was latched is run to its end, in order, also when its computer has been reset meanwhile: its files may be half written. Its outputs
then belong to nobody, and are dropped.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import logging
import struct
from typing import Any, NamedTuple, Protocol

import numpy as np

from flight.computer cimport Computer
from flight.ports cimport STAGE_FAILED, AppLinks, queuing_receive, queuing_send
from flight.record_log cimport LOG_LATE, RecordLog, record_put
from flight.telemetry cimport CHANNELS, TM_PACKET_MAX, TelemetryStore, telemetry_raw
from hal.core.ring cimport ring_count

cdef extern from *:
    """
    #include <unistd.h>
    #define _FARSIDE_GET(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define _FARSIDE_PUT(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    static void farside_wake(int fd, unsigned char index) { if (write(fd, &index, 1) != 1) { } }
    """
    int _FARSIDE_GET(int* p) noexcept nogil
    void _FARSIDE_PUT(int* p, int v) noexcept nogil
    void farside_wake(int fd, unsigned char index) noexcept nogil

cdef enum:
    OUT_EVENT = 1
    OUT_REPLY = 2
    OUT_RECORD = 3
    OUT_MODE = 4
    OUT_PACKET = 5

_LOG = logging.getLogger(__name__)


class Command(NamedTuple):
    """A command for an application: answer it with `Reply`s that carry its token."""

    token: int
    function: int
    values: tuple[float, ...]


class Event(NamedTuple):
    """An output: report an event with up to four values."""

    id: int
    values: tuple[float, ...] = ()


class Reply(NamedTuple):
    """An output: how a command fares."""

    token: int
    stage: int
    code: int = 0


class Publish(NamedTuple):
    """An output: the application's own record, whole."""

    octets: bytes


class ModeChange(NamedTuple):
    """An output: ask the mode manager for a mode; `confirmations` has one bit for each independent piece of evidence."""

    mode: int
    confirmations: int
    token: int = 0


class Packet(NamedTuple):
    """An output: a whole space packet into the queue of a virtual channel (flight/telemetry.pxd), counted there when there is no room."""

    octets: bytes
    channel: int


class Application(Protocol):
    """What a user writes. All state that steps carry over is in `freeze`/`thaw`; `inputs` are copies, and stay valid for one step only."""

    def step(self, tick: int, command: Command | None, inputs: dict[str, Any]) -> list[Event | Reply | Publish | ModeChange | Packet]: ...
    def freeze(self) -> bytes: ...
    def thaw(self, octets: bytes) -> None: ...


cdef void _publish(PythonSlotContext* c, int64_t tick) noexcept nogil:
    cdef uint32_t at = 0, kind, length, channel
    cdef uint8_t* payload
    cdef bint sent
    while at + 8 <= c.completion_length:
        memcpy(&kind, c.completion + at, 4)
        memcpy(&length, c.completion + at + 4, 4)
        payload = c.completion + at + 8
        sent = True
        if kind == OUT_PACKET:
            memcpy(&channel, payload, 4)
            sent = c.telemetry != NULL and telemetry_raw(c.telemetry, tick, payload + 4, length - 4, <int>channel)
        elif kind != OUT_RECORD and c.ports == NULL:
            sent = False
        elif kind == OUT_EVENT:
            sent = queuing_send(&c.ports.events, tick, payload, length)
        elif kind == OUT_REPLY:
            sent = queuing_send(&c.ports.replies, tick, payload, length)
        elif kind == OUT_MODE:
            sent = queuing_send(&c.ports.mode_requests, tick, payload, length)
        elif kind == OUT_RECORD and length == c.record_octets:
            memcpy(c.record, payload, length)
        if not sent:
            c.state.lost += 1
        at += 8 + length


cdef void _log_late(PythonSlotContext* c, int64_t tick, int64_t published_tick) noexcept nogil:
    cdef int64_t late[3]
    late[0], late[1], late[2] = c.index, c.state.latched_tick, published_tick
    record_put(c.log, tick, LOG_LATE, late, sizeof(late))


cdef int _cycle(void* context, int64_t tick) noexcept nogil:
    """Publish what is due, then latch if there is work. Returns 1 when the application must run now, inline."""
    cdef PythonSlotContext* c = <PythonSlotContext*>context
    cdef PythonSlotState* s = c.state
    if s.running:
        if tick < s.publish_tick or 0 <= c.late_tick and tick < c.late_tick or _FARSIDE_GET(&c.done) != c.given:
            if tick == s.publish_tick:
                s.overruns += 1
                _log_late(c, tick, -1)                 # it may never come: its computer is reset, or the run ends
            return 0
        if tick > s.publish_tick:
            _log_late(c, tick, tick)
        _publish(c, tick)
        s.published += 1
        s.failures += c.failed
        s.running = 0
    if not (c.period_ticks and tick >= s.next_tick or c.trigger != NULL and c.trigger[0] != s.seen or c.ports != NULL and ring_count(&c.ports.commands)):
        return 0
    if c.given - _FARSIDE_GET(&c.taken) == MAX_JOBS:
        return 0
    if c.period_ticks and tick >= s.next_tick:
        s.next_tick = tick + c.period_ticks
    _latch(c, tick)
    if c.threaded:
        farside_wake(c.work_fd, <unsigned char>c.index)
        return 0
    return 1


cdef void _latch(PythonSlotContext* c, int64_t tick) noexcept nogil:
    cdef PythonSlotState* s = c.state
    cdef int i, place = (c.given + 1) % MAX_JOBS
    cdef Job* job = &c.jobs[place]
    job.latched_tick, job.count, job.boot_count = tick, s.published + 1, c.computer.boot_count
    job.has_command = c.ports != NULL and queuing_receive(&c.ports.commands, &job.command, sizeof(CommandMessage))
    if c.trigger != NULL:
        s.seen = c.trigger[0]
    for i in range(c.inputs):
        memcpy(c.input_to[i] + <size_t>place * c.input_octets[i], c.input_from[i], c.input_octets[i])
    s.latched_tick = tick
    s.publish_tick = tick + c.latency_ticks
    s.running = 1
    c.given += 1


cdef class PythonSlot:
    """Wraps an `Application`. `inputs` names records of the arena; `record` is the application's own, if it publishes one; `trigger` names
    a field of kind u4; with `telemetry` it may send packets. A slot of the world has neither computer nor links."""

    def __cinit__(self, Arena arena not None, Computer computer, AppLinks links, application, RecordLog log not None, *, str name not None,
                  int index, int64_t latency_ticks, int64_t period_ticks=0, tuple inputs=(), str record=None, str trigger=None,
                  TelemetryStore telemetry=None):
        cdef PythonSlotContext* c = &self.c
        if latency_ticks < 1:
            raise ValueError(f"Python slot {name}: a latency of {latency_ticks} ticks; at least one is needed")
        self.name, self.application, self.arena = name, application, arena
        c.state = <PythonSlotState*>arena.take(name + ".slot", sizeof(PythonSlotState))
        cdef PythonSlotState[::1] view = <PythonSlotState[:1]>c.state
        arena.bind(name + ".slot", np.asarray(view))
        c.ports = &links.ports if links is not None else NULL
        c.computer = computer.wiring.state if computer is not None else &self.nobody
        c.telemetry = &telemetry.wiring if telemetry is not None else NULL
        c.log = &log.ring
        c.latency_ticks, c.period_ticks, c.index, c.late_tick = latency_ticks, period_ticks, index, -1
        c.completion = <uint8_t*>malloc(COMPLETION_OCTETS)
        if c.completion == NULL:
            raise MemoryError("completion buffer")
        self.views, self.buffers, self.late = [{} for _ in range(MAX_JOBS)], [links, computer, telemetry], {}
        for each in inputs:
            self._add_input(each)
        if trigger is not None:
            self._pull(trigger)
        if record is not None:
            row = arena.records[record]
            c.record, c.record_octets = arena.base + <size_t>row.offset, row.size
        self.history = {0: application.freeze()}
        self.boots = 0
        self.slot = SlotCode.make(name, _cycle, c, self)

    def __dealloc__(self):
        free(self.c.completion)

    def _pull(self, str trigger):
        symbol = self.arena.symbol(trigger)
        if symbol.type not in ("u4", "<u4"):
            raise ValueError(f"{self.name}: its trigger {trigger} is of kind {symbol.type}; it must be u4")
        self.c.trigger = <const uint32_t*>(self.arena.base + <size_t>symbol.offset)

    def _add_input(self, str name):
        cdef int i = self.c.inputs
        if i == MAX_INPUTS:
            raise ValueError(f"{self.name}: at most {MAX_INPUTS} inputs")
        row = self.arena.records[name]
        copies = np.zeros((MAX_JOBS, *row.view.shape), row.view.dtype)
        cdef uint8_t[::1] octets = copies.view(np.uint8).reshape(-1)
        self.c.input_from[i] = self.arena.base + <size_t>row.offset
        self.c.input_to[i] = &octets[0]
        self.c.input_octets[i] = row.size
        self.c.inputs += 1
        for views, copy in zip(self.views, copies, strict=True):
            views[name] = copy[0] if copy.dtype.fields else copy
        self.buffers.append(copies)

    cdef bytes _encode(self, list outputs):
        parts = []
        for out in outputs:
            if isinstance(out, Event):
                values = [*out.values, 0.0, 0.0, 0.0, 0.0][:4]
                payload, kind = struct.pack("=HHI4d", out.id, len(out.values), 0, *values), OUT_EVENT
            elif isinstance(out, Reply):
                payload, kind = struct.pack("=IHH", out.token, out.stage, out.code), OUT_REPLY
            elif isinstance(out, ModeChange):
                payload, kind = struct.pack("=HHI", out.mode, out.confirmations, out.token), OUT_MODE
            elif isinstance(out, Publish):
                payload, kind = out.octets, OUT_RECORD
            elif isinstance(out, Packet):
                if not (0 <= out.channel < CHANNELS and len(out.octets) <= TM_PACKET_MAX):
                    raise ValueError(f"{self.name}: a packet of {len(out.octets)} octets into channel {out.channel}")
                payload, kind = struct.pack("=I", out.channel) + out.octets, OUT_PACKET
            else:
                raise TypeError(f"{self.name}: {type(out).__name__} is no output of a Python slot")
            parts.append(struct.pack("=II", kind, len(payload)) + payload)
        return b"".join(parts)

    def execute(self):
        """Run the application on the oldest latch: by the loop's owner in lockstep, by the worker thread in real time."""
        cdef bytes completion
        cdef int number = self.c.taken + 1
        cdef Job* job = &self.c.jobs[number % MAX_JOBS]
        command = None
        if job.has_command:
            m = job.command
            command = Command(m.token, m.function, tuple(m.values[i] for i in range(min(m.count, sizeof(m.values) // sizeof(double)))))
        failed = False
        try:
            if job.boot_count != self.boots:
                if self.boots:
                    self.application.thaw(self.history[0])
                self.boots = job.boot_count
            completion = self._encode(self.application.step(job.latched_tick, command, self.views[number % MAX_JOBS]))
            if len(completion) > COMPLETION_OCTETS:
                raise ValueError(f"outputs of {len(completion)} octets; {COMPLETION_OCTETS} at most")
        except (Exception, SystemExit):      # noqa: BLE001  an application that raises must not take the spacecraft down
            _LOG.exception("Python slot %s failed at tick %d", self.name, job.latched_tick)
            failed = True
            completion = self._encode([Reply(command.token, STAGE_FAILED, 0xFFFF)] if command else [])
        memcpy(self.c.completion, <const char*>completion, len(completion))
        self.c.completion_length, self.c.failed = len(completion), failed
        count = job.count
        self.history[count] = self._frozen_now(count, job.latched_tick)
        if not self.c.threaded:
            self.forget(count - 1)
        self.c.late_tick = self.late.get(job.latched_tick, -1)
        _FARSIDE_PUT(&self.c.done, number)
        _FARSIDE_PUT(&self.c.taken, number)

    cdef bytes _frozen_now(self, count, int64_t tick):
        """What `freeze` gives; if it raises, the state before: the loop and the other slots must not wait for it for ever."""
        try:
            return bytes(self.application.freeze())
        except (Exception, SystemExit):      # noqa: BLE001  as above
            _LOG.exception("Python slot %s could not say its state at tick %d", self.name, tick)
            self.c.failed = 1
            return self.history.get(count - 1, self.history[0])

    def frozen(self) -> bytes:
        """The application's state as of its last publication: what the digest covers."""
        return self.history.get(self.c.state.published, self.history[0])

    def frozen_at(self, published) -> bytes:
        """The application's state as of its n-th publication."""
        return self.history.get(published, self.history[0])

    def forget(self, published):
        """Give up the states before the n-th publication. In real time whoever hashes copies says so: it may be far behind the worker."""
        for count in list(self.history):
            if 0 < count < published:
                self.history.pop(count, None)

    @property
    def index(self) -> int:
        """The slot's number in logs."""
        return self.c.index

    @property
    def busy(self) -> bool:
        """Something is latched, and its worker has not come back."""
        return self.c.given != _FARSIDE_GET(&self.c.taken)

    def use_thread(self, int work_fd):
        """Real time: wake a worker by writing the slot's index to `work_fd`; -1 for lockstep."""
        self.c.threaded = work_fd >= 0
        self.c.work_fd = work_fd

    def expect_late(self, dict late not None):
        """Replay: the runs that were late, latched tick to published tick."""
        self.late = late

    def save(self) -> dict:
        """Everything that is not in the arena; call between ticks, and not while `busy`."""
        return {
            "history": {k: v for k, v in self.history.items() if k == 0 or 0 <= k - self.c.state.published <= 1},
            "now": self.application.freeze(),
            "completion": (<char*>self.c.completion)[:self.c.completion_length],
            "failed": bool(self.c.failed),
            "boots": self.boots,
        }

    def load(self, dict saved not None):
        """Put back what `save` gave."""
        cdef bytes completion = saved["completion"]
        self.history = dict(saved["history"])
        self.application.thaw(saved["now"])
        memcpy(self.c.completion, <const char*>completion, len(completion))
        self.c.completion_length = len(completion)
        self.c.failed, self.c.late_tick = saved["failed"], -1
        self.boots = saved["boots"]

    def restart(self):
        """Back to the built state: for a reset of the mission."""
        self.application.thaw(self.history[0])
        self.history = {0: self.history[0]}
        self.boots = 0
        self.c.completion_length, self.c.failed, self.c.late_tick = 0, 0, -1
