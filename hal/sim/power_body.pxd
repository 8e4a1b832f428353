"""The power and heat of one vehicle: what its plant and its power unit share."""

from libc.stdint cimport uint8_t

cdef enum:                               # PowerBody.temperature_k
    NODE_ELECTRONICS = 0
    NODE_BATTERY = 1
    NODE_WING = 2
    NODE_STRUCTURE = 3
    NODES = 4


cdef struct PowerBody:                   # record `NAME.power`, written by the plant once a second, read by the power unit
    double bus_voltage_v
    double wing_current_a                # that the wings could give
    double load_current_a
    double battery_current_a             # positive when it is charged
    double state_of_charge               # 0 to 1
    double temperature_k[4]
    double deployment                    # of the wings, 0 stowed to 1 spread
    double incidence                     # cosine of the Sun's angle on the wings, 0 in the dark
    double surface_k                     # of the ground, where there is one below
    uint8_t deploy                       # the power unit has been told to spread the wings
    uint8_t heating                      # of the battery
    uint8_t empty                        # the battery gives nothing more: the bus is down
    uint8_t pad[5]
