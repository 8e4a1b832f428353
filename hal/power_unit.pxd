"""Power unit: what the bus, the wings and the battery of a vehicle are at, and four temperatures; it spreads the wings when told."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef enum:                           # PowerUnitReading.temperature_k
    POWER_ELECTRONICS = 0
    POWER_BATTERY = 1
    POWER_WING = 2
    POWER_STRUCTURE = 3


cdef struct PowerUnitReading:
    int64_t tick                     # when the unit was sent
    uint32_t sequence
    int32_t validity
    int32_t error                    # DEVICE_RANGE: the bus voltage cannot be measured
    uint32_t rejected
    double bus_voltage_v
    double wing_current_a            # that the wings could give
    double load_current_a
    double battery_current_a         # positive when it is charged
    double state_of_charge           # 0 to 1
    double temperature_k[4]
    double deployment                # of the wings, 0 stowed to 1 spread
    uint8_t heating                  # of the battery
    uint8_t pad[7]
# The wings are spread by a PowerCommand, record `NAME.wings`: 1 spreads them, 0 leaves them as they are.
