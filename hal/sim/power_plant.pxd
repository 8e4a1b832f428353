"""PowerPlant: wings, battery, loads and four lumped temperatures of one vehicle, integrated once a second."""

from libc.stdint cimport int64_t, uint8_t

from hal.core.slot cimport SlotCode
from hal.sim.power_body cimport PowerBody
from hal.sim.rover_body cimport RoverActuation
from hal.sim.sky_body cimport Sky

cdef struct PlantFigures:
    double wing_m2
    double battery_j
    double base_w
    double computer_w
    double heater_w
    double rtg_w
    double rhu_w
    double capacity_j_k[4]
    double to_battery_w_k
    double to_structure_w_k[3]
    double radiator_m2
    double structure_m2
    bint on_ground

cdef struct PlantContext:
    PowerBody* body
    PlantFigures figures
    Sky* sky
    const double* quaternion_site_from_body      # of the vehicle, or NULL: its wings follow the Sun
    const RoverActuation* drives                 # what they draw, or NULL
    const uint8_t* computer_on                   # or NULL: there is none


cdef class PowerPlant:
    cdef readonly str name
    cdef readonly SlotCode slot          # once a second
    cdef PlantContext context
    cdef object keep
