"""Release: lets the rover go, step by step, each step confirmed by a measurement. The record `release`, 10 Hz."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from flight.ports cimport AppPorts, ModeState, SamplingPort
from hal.core.arena cimport Arena
from hal.core.slot cimport SlotCode
from hal.imu cimport ImuReading
from hal.mechanism cimport MechanismCommand, MechanismReading

cpdef enum ReleaseStep:                 # wire.dictionary.release.STEP
    RELEASE_IDLE = 0
    RELEASE_CHECK = 1
    RELEASE_RAILS = 2
    RELEASE_HOLD_DOWNS = 3
    RELEASE_SECURE = 4


cdef struct ReleaseRecord:
    double tilt_rad                     # from the last check
    double step_time_s
    double felt_m_s2[3]                 # sum of what the accelerometers felt during the check
    double fastest_rad_s                # greatest rate during the check
    int64_t step_tick
    int64_t confirmed_tick              # of the step before, when the sequence runs by itself
    uint32_t samples
    uint32_t token                      # of the command being carried out
    uint16_t failures
    uint16_t bad_cycles
    uint8_t step                        # RELEASE_*
    uint8_t confirmed                   # bit s: step s is confirmed
    uint8_t whole                       # the whole sequence: 1, then the step that comes next
    uint8_t active                      # a command waits for its end
    uint8_t pad[4]

cdef struct ReleaseContext:
    const MechanismReading* mechanism
    MechanismCommand* command
    ImuReading* imu
    ModeState* mode
    ReleaseRecord* record
    SamplingPort port
    AppPorts* ports
    double tick_s
    uint16_t function_rover, function_step, function_abort
    uint16_t event_confirmed, event_failed, event_released, event_aborted
    uint8_t mode_landed


cdef class Release:
    cdef readonly Arena arena
    cdef readonly SlotCode slot
    cdef readonly tuple wired           # the objects whose memory the context points into
    cdef ReleaseContext context
