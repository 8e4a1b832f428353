"""Python slot: an application in Python with a declared latency, latched and published by the loop."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flight.computer cimport ComputerState
from flight.ports cimport AppPorts, CommandMessage
from flight.record_log cimport RecordRing
from flight.telemetry cimport Telemetry
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode

cdef enum:
    MAX_INPUTS = 8
    COMPLETION_OCTETS = 196608
    MAX_JOBS = 8                    # latched runs that a worker may be behind; more than one only across resets of its computer

cdef struct PythonSlotState:        # record `<name>.slot` of the arena
    int64_t latched_tick
    int64_t publish_tick            # when the outputs are due
    int64_t next_tick               # of a periodic slot
    uint64_t published              # runs whose outputs are out
    uint32_t running                # 1 from latch to publication
    uint32_t overruns               # outputs that were not there when due
    uint32_t failures               # runs that raised
    uint32_t lost                   # outputs that found a full queue
    uint32_t seen                   # value of the trigger when the last run was latched
    uint32_t pad

cdef struct Job:                    # one run, as latched
    int64_t latched_tick
    uint64_t count                  # the publication that it is for
    uint32_t boot_count             # the life of its computer
    uint32_t has_command
    CommandMessage command

cdef struct PythonSlotContext:      # the wiring
    PythonSlotState* state
    AppPorts* ports                 # NULL: no commands, no events (slots of the world)
    Telemetry* telemetry            # NULL: no packets
    const uint32_t* trigger         # runs when it differs from `seen`; NULL: none
    ComputerState* computer
    RecordRing* log
    int64_t latency_ticks
    int64_t period_ticks            # 0: only when a command waits or the trigger says so
    int threaded
    int given                       # jobs latched, ever; the loop waits for the last of them
    int taken                       # atomic: jobs that were run to their end
    int done                        # atomic: the job whose completion is there
    int work_fd
    uint32_t index
    Job jobs[8]                     # job n lies at n % MAX_JOBS
    int inputs
    const uint8_t* input_from[8]
    uint8_t* input_to[8]            # MAX_JOBS copies, one behind the other
    uint32_t input_octets[8]
    uint8_t* record                 # the application's own record, or NULL
    uint32_t record_octets
    uint8_t* completion
    uint32_t completion_length
    uint32_t failed                 # 1: the application raised
    int64_t late_tick               # replay: this run publishes then, or -1


cdef class PythonSlot:
    cdef readonly str name
    cdef readonly object application
    cdef readonly Arena arena
    cdef PythonSlotContext c
    cdef readonly SlotCode slot
    cdef list views                 # of each place of `jobs`: input name -> numpy view of the latched copy
    cdef list buffers
    cdef dict history               # published count -> frozen state
    cdef uint32_t boots
    cdef dict late                  # replay: latched tick -> published tick
    cdef ComputerState nobody       # of a slot without a computer: a life that never ends

    cdef bytes _encode(self, list outputs)
    cdef bytes _frozen_now(self, count, int64_t tick)
