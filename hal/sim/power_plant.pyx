# cython: cdivision=True
"""PowerPlant: wings, battery, loads and four lumped temperatures of one vehicle (figures: `hal.sim.power_figures`).

Model: wings of 26 % lie flat on lander and rover and follow the Sun on the relay; a battery of 26 to 31 V with an inner resistance takes
what is left over, 95 % of it, and gives what is missing; loads are constant, and the drives' own on the rover. Electronics, battery, wing
and structure exchange heat by conduction, with space and with the ground by radiation; a louvre opens the electronics' radiator between
10 and 30 degrees Celsius; a thermostat heats the battery below -5. The ground is at 407 K times the fourth root of the sine of the Sun's
elevation, never below 83 K (facts: change4, section 8: above 100 degrees at noon, -190 by night).
Not simulated: eclipses, shadows of terrain and of the vehicles on themselves, dust, ageing, temperature of cells against their yield, the
Moon's albedo, single devices' loads, what an empty battery does to the computers: the bus is reported down, and they run on.
"""

from libc.math cimport fmax, fmin, pow, sqrt

import numpy as np

from hal.core.arena cimport Arena
from hal.core.supply cimport Supply
from hal.sim.far_end cimport record_of
from hal.sim.lander_body cimport LanderBody
from hal.sim.rover_body cimport RoverBody

cdef double SOLAR_W_M2 = 1361.0
cdef double WING_EFFICIENCY = 0.26
cdef double STEFAN_BOLTZMANN = 5.670374419e-8
cdef double CHARGE_EFFICIENCY = 0.95
cdef double EMPTY_V = 26.0
cdef double FULL_V = 31.0
cdef double RESISTANCE_OHM = 0.05
cdef double SUBSOLAR_K = 407.0
cdef double NIGHT_K = 83.0
cdef double DEPLOY_S = 120.0
cdef double LOUVRE_SHUT_K = 283.15
cdef double LOUVRE_OPEN_K = 303.15
cdef double LOUVRE_LEAST = 0.06
cdef double HEAT_BELOW_K = 268.15
cdef double HEAT_UNTIL_K = 273.15
cdef double WING_ABSORPTANCE = 0.75
cdef double WING_EMITTANCE = 0.85
cdef double STRUCTURE_ABSORPTANCE = 0.12         # blankets
cdef double STRUCTURE_EMITTANCE = 0.12


cdef double shone_on(PlantContext* c) noexcept nogil:
    """The cosine of the Sun's angle on the wings."""
    cdef const double* q = c.quaternion_site_from_body
    cdef double* s = c.sky.sun_direction
    if q == NULL:
        return 1.0
    if c.figures.on_ground and s[2] <= 0.0:
        return 0.0
    return fmax(0.0, 2.0 * (q[1] * q[3] + q[0] * q[2]) * s[0] + 2.0 * (q[2] * q[3] - q[0] * q[1]) * s[1]
                + (1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])) * s[2])


cdef double drive_power_w(PlantContext* c) noexcept nogil:
    cdef double power = 0.0
    cdef int drive
    if c.drives != NULL:
        for drive in range(10):
            power += fmax(0.0, c.drives.drive_power_w[drive])
    return power


cdef double electricity(PlantContext* c, double dt) noexcept nogil:
    """Wings, loads and battery over `dt` seconds; what the loads draw (W)."""
    cdef PowerBody* b = c.body
    cdef PlantFigures* f = &c.figures
    cdef double wing_w = SOLAR_W_M2 * WING_EFFICIENCY * f.wing_m2 * b.incidence * b.deployment + f.rtg_w
    cdef double load_w = f.base_w + (f.computer_w if c.computer_on == NULL or c.computer_on[0] else 0.0) + drive_power_w(c)
    cdef double open_v = EMPTY_V + (FULL_V - EMPTY_V) * b.state_of_charge, net_w
    if b.heating:
        load_w += f.heater_w
    net_w = wing_w - load_w
    if net_w > 0.0:
        b.empty = 0
        net_w = fmin(CHARGE_EFFICIENCY * net_w, (1.0 - b.state_of_charge) * f.battery_j / dt)
    elif b.state_of_charge <= 0.0:
        b.empty, net_w, load_w = 1, 0.0, 0.0
    b.state_of_charge = fmin(1.0, fmax(0.0, b.state_of_charge + net_w * dt / f.battery_j))
    b.bus_voltage_v = 0.0 if b.empty else 0.5 * (open_v + sqrt(open_v * open_v + 4.0 * RESISTANCE_OHM * net_w))
    b.battery_current_a = 0.0 if b.empty else net_w / b.bus_voltage_v
    b.load_current_a = 0.0 if b.empty else load_w / b.bus_voltage_v
    b.wing_current_a = 0.0 if b.empty else wing_w / b.bus_voltage_v
    return load_w


cdef inline double radiated(double kelvin) noexcept nogil:
    return STEFAN_BOLTZMANN * kelvin * kelvin * kelvin * kelvin


cdef void heat(PlantContext* c, double load_w, double dt) noexcept nogil:
    """The four nodes over `dt` seconds."""
    cdef PowerBody* b = c.body
    cdef PlantFigures* f = &c.figures
    cdef double* t = b.temperature_k
    cdef double ground = radiated(b.surface_k) if f.on_ground else 0.0, sun_w_m2 = SOLAR_W_M2, louvre, between
    cdef double q[4]
    cdef int i
    if f.on_ground and c.sky.sun_direction[2] <= 0.0:
        sun_w_m2 = 0.0
    louvre = fmin(1.0, fmax(LOUVRE_LEAST, (t[0] - LOUVRE_SHUT_K) / (LOUVRE_OPEN_K - LOUVRE_SHUT_K)))
    between = f.to_battery_w_k * (t[0] - t[1])
    q[0] = 0.85 * load_w + f.rhu_w - between - 0.8 * louvre * f.radiator_m2 * radiated(t[0])
    q[1] = between + (f.heater_w if b.heating else 0.0) * 0.85
    q[2] = f.wing_m2 * ((WING_ABSORPTANCE - WING_EFFICIENCY) * SOLAR_W_M2 * b.incidence * b.deployment
                        - WING_EMITTANCE * (2.0 * radiated(t[2]) - ground))
    q[3] = f.structure_m2 * (0.25 * STRUCTURE_ABSORPTANCE * sun_w_m2 - STRUCTURE_EMITTANCE * (radiated(t[3]) - 0.5 * ground))
    for i in range(3):
        between = f.to_structure_w_k[i] * (t[i] - t[3])
        q[i] -= between
        q[3] += between
    for i in range(4):
        t[i] = fmax(3.0, t[i] + q[i] * dt / f.capacity_j_k[i])
    b.heating = t[1] < (HEAT_UNTIL_K if b.heating else HEAT_BELOW_K) and not b.empty


cdef int work(PlantContext* c, double dt) noexcept nogil:
    cdef PowerBody* b = c.body
    cdef double height = c.sky.sun_direction[2]
    if b.deploy and b.deployment < 1.0:
        b.deployment = fmin(1.0, b.deployment + dt / DEPLOY_S)
    b.incidence = shone_on(c)
    b.surface_k = fmax(NIGHT_K, SUBSOLAR_K * pow(height, 0.25)) if height > 0.0 else NIGHT_K
    heat(c, electricity(c, dt), dt)
    return 0


cdef int serve_plant(void* context, int64_t tick) noexcept nogil:
    return work(<PlantContext*>context, 1.0)


cdef class PowerPlant:
    """Takes the record `NAME.power`; reads `sky`, and of lander and rover their bodies, which must be there."""

    def __init__(self, Arena arena not None, plant):
        cdef PlantContext* c = &self.context
        cdef PlantFigures* f = &c.figures
        self.name, self.keep = plant.name, []
        c.sky = <Sky*>record_of(arena, "sky", sizeof(Sky))
        if plant.name == "lander":
            c.quaternion_site_from_body = (<LanderBody*>record_of(arena, "lander", sizeof(LanderBody))).quaternion_site_from_body
        elif plant.name == "rover":
            c.drives = <RoverActuation*>record_of(arena, "rover.actuation", sizeof(RoverActuation))
            c.quaternion_site_from_body = (<RoverBody*>record_of(arena, "rover", sizeof(RoverBody))).quaternion_site_from_body
        c.body = <PowerBody*>arena.take(f"{plant.name}.power", sizeof(PowerBody))
        cdef PowerBody[::1] view = <PowerBody[:1]>c.body
        arena.bind(f"{plant.name}.power", np.asarray(view))
        f.wing_m2, f.battery_j, f.base_w, f.computer_w, f.heater_w = plant.wing_m2, plant.battery_j, plant.base_w, plant.computer_w, plant.heater_w
        f.rtg_w, f.rhu_w, f.to_battery_w_k, f.radiator_m2 = plant.rtg_w, plant.rhu_w, plant.to_battery_w_k, plant.radiator_m2
        f.structure_m2, f.on_ground = plant.structure_m2, plant.on_ground
        for i in range(4):
            f.capacity_j_k[i] = plant.capacity_j_k[i]
            c.body.temperature_k[i] = 293.15
        for i in range(3):
            f.to_structure_w_k[i] = plant.to_structure_w_k[i]
        c.body.state_of_charge = 1.0
        self.slot = SlotCode.make(f"{plant.name}.power", serve_plant, c, self)

    def feed(self, Supply supply not None):
        """The line on which the vehicle's computer takes its power; without one it is taken as on."""
        self.keep.append(supply)
        self.context.computer_on = supply.on

    def start(self, double state_of_charge, bint deployed):
        """A run begins: as after a day under the sky of its epoch, with a battery so full."""
        cdef PlantContext* c = &self.context
        cdef int i
        c.body.deployment = deployed
        for i in range(4):
            c.body.temperature_k[i] = 283.15
        for i in range(1440):
            c.body.state_of_charge = state_of_charge
            work(c, 60.0)
        c.body.state_of_charge = state_of_charge
        electricity(c, 1e-9)
        c.body.state_of_charge = state_of_charge
