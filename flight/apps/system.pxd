"""System: a computer's own application: its figures, its watchdog, its monitors, and the functions that concern the computer itself."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from flight.computer cimport ComputerState
from flight.executive cimport SlotStates
from flight.ports cimport AppPorts, ModeState
from flight.telemetry cimport LinkState
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.reading cimport PowerCommand

cdef enum:
    MAX_MONITORS = 16
    MAX_SWITCHES = 8
    MAX_QUEUES = 64

cdef struct SystemState:            # record `system`
    double uptime_s
    double frame_load               # part of the frame's budget used in the last tick
    double frame_load_max           # since the last report of an overrun
    uint32_t boot_count
    uint32_t reset_cause
    uint32_t overruns
    uint32_t shed
    int32_t watchdog_margin_ticks   # least time left when the watchdog was fed, over the last second
    int32_t margin_now_ticks
    uint32_t booted                 # 1 once the boot event is out
    uint32_t told_overruns
    uint32_t told_shed
    uint32_t told_lost
    uint32_t told_events_lost
    uint32_t told_packets_lost
    uint32_t mode_token             # a commanded mode change under way
    uint32_t mode_wanted
    int64_t mode_deadline
    uint32_t runs[128]              # progress of each slot when last looked at
    int64_t progress_tick[128]
    int32_t healthy[16]             # of each monitor: 0 never valid, 1 believed, 2 degraded
    int32_t against[16]             # ticks in a row that spoke against that
    int32_t error[16]               # the error for which it was degraded
    uint32_t queue_lost[64]

cdef struct ReadingHead:            # what every reading begins with
    int64_t tick
    uint32_t sequence
    int32_t validity
    int32_t error

cdef struct SystemContext:
    SystemState* state
    AppPorts* ports
    ComputerState* computer
    const ModeState* mode
    const LinkState* link
    SlotStates* slots
    int first_row                   # this computer's rows in the table, and how long each may stand still
    int row_count
    int64_t patience[128]           # 0: not watched (it may be shed)
    uint32_t dictionary
    double tick_s
    int64_t ticks_per_second
    int monitors
    int64_t patience_bad_ticks      # so long must a reading be invalid before it is degraded ...
    int64_t patience_good_ticks     # ... and valid before it has recovered
    const ReadingHead* monitored[16]
    uint16_t degraded[16]
    uint16_t recovered[16]
    int switches
    uint16_t switch_function[8]
    PowerCommand* switched[8]
    int queues
    const unsigned long long* dropped[64]
    uint8_t queue_kind[64]
    uint16_t function_safe, function_standby, function_reset
    uint16_t mode_safe, mode_standby
    uint16_t event_boot, event_overrun, event_shed, event_watchdog, event_queue_lost, event_packet_lost, event_event_lost


cdef class SystemApplication:
    cdef readonly SlotCode slot         # first of its computer's slots
    cdef readonly SlotCode watchdog     # last
    cdef SystemContext c
    cdef list keep
