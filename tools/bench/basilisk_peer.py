"""PYTHON basilisk_peer.py SECONDS: a lander's braking flown by Basilisk (https://avslab.github.io/basilisk); how fast, as JSON.

Runs in an interpreter that has `bsk`, which need not be ours: it imports nothing of this project. tools/bench/basilisk.py tells what is
comparable. Every module runs each 10 ms in Basilisk's own C++ loop, but for guidance, which runs each 100 ms as ours does:

* `spacecraft` with central gravity of a point mass (fourth-order Runge-Kutta, the default) and a `fuelTank` that all thrusters empty;
* two `thrusterDynamicEffector`: 28 thrusters where ours are, on and off; one engine, on all the time (it cannot be throttled);
* `simpleNav`, which hands truth on, with noise where that is asked for: no devices, no buses, no filter;
* `velocityPoint` (thrust against the velocity), `attTrackingError`, `mrpPD`, `thrForceMapping` and `thrFiringSchmitt`.
"""

import json
import sys
import time

from Basilisk.architecture import messaging
from Basilisk.fswAlgorithms import attTrackingError, mrpPD, thrFiringSchmitt, thrForceMapping, velocityPoint
from Basilisk.simulation import fuelTank, simpleNav, spacecraft, thrusterDynamicEffector
from Basilisk.utilities import SimulationBaseClass, fswSetupThrusters, simIncludeGravBody

TICK_NS, GUIDANCE_NS = 10_000_000, 100_000_000
MOON_MU, MOON_RADIUS_M = 4.9028e12, 1.7374e6
ENGINE_N, ENGINE_ISP_S, THRUSTER_ISP_S = 7200.0, 308.0, 290.0
DRY_KG, PROPELLANT_KG = 1200.0, 1400.0
INERTIA = [1630.0, 0.0, 0.0, 0.0, 1630.0, 0.0, 0.0, 0.0, 1950.0]  # with all propellant, as ours
PERIOD_S, DAMPING = 6.0, 0.7  # of the attitude controller
QUARTER_TURN = 0.41421356237309503  # about an axis, as modified Rodrigues parameter
ALTITUDE_M, SPEED_M_S = 15_000.0, 1700.0


def thruster_places():
    """Position, direction of the force and thrust of each thruster: those of hal/sim/thruster_table.py, by their pattern."""
    corners = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    places = []
    for z in (0.75, -0.75):
        places += [([1.05 * x, 1.05 * y, z], [-x, 0.0, 0.0], 150.0) for x, y in corners]
        places += [([1.05 * x, 1.05 * y, z], [0.0, -y, 0.0], 150.0) for x, y in corners]
    for z, up in ((0.75, -1.0), (-0.75, 1.0)):
        places += [([1.05 * x, 1.05 * y, z], [0.0, 0.0, up], 10.0) for x, y in corners]
    return places + [([1.05 * x, 1.05 * y, 0.75], [-x, 0.0, 0.0], 10.0) for x, y in corners]


def effector(tag, places, isp_s):
    """A set of thrusters."""
    made = thrusterDynamicEffector.ThrusterDynamicEffector()
    made.ModelTag = tag
    for position, direction, thrust_n in places:
        one = thrusterDynamicEffector.THRSimConfig()
        one.thrLoc_B, one.thrDir_B = position, direction
        one.MaxThrust, one.steadyIsp, one.MinOnTime = thrust_n, isp_s, 0.001
        made.addThruster(one)
    return made


class Flight:
    """The simulation, ready to run. Basilisk keeps references, not objects: everything is kept here."""

    def __init__(self):
        self.sim = sim = SimulationBaseClass.SimBaseClass()
        process = sim.CreateNewProcess("lander", 10)
        for priority, task, period_ns in ((30, "body", TICK_NS), (20, "guidance", GUIDANCE_NS), (10, "control", TICK_NS)):
            process.addTask(sim.CreateNewTask(task, period_ns), priority)
        self.craft = craft = spacecraft.Spacecraft()
        craft.ModelTag = "lander"
        craft.hub.mHub = DRY_KG
        craft.hub.IHubPntBc_B = [INERTIA[0:3], INERTIA[3:6], INERTIA[6:9]]
        craft.hub.r_CN_NInit = [MOON_RADIUS_M + ALTITUDE_M, 0.0, 0.0]
        craft.hub.v_CN_NInit = [0.0, SPEED_M_S, 0.0]
        craft.hub.sigma_BNInit = [0.3, 0.4, -0.1]  # some way off: the controller has to turn it
        craft.hub.omega_BN_BInit = [0.01, -0.01, 0.02]
        self.bodies = simIncludeGravBody.gravBodyFactory()
        moon = self.bodies.createCustomGravObject("moon", MOON_MU)
        moon.isCentralBody = True
        self.bodies.addBodiesTo(craft)
        self._actuators()
        self._navigation_and_control()

    def _actuators(self):
        sim, craft, places = self.sim, self.craft, thruster_places()
        self.thrusters = effector("thrusters", places, THRUSTER_ISP_S)
        self.engine = effector("engine", [([0.0, 0.0, -1.0], [0.0, 0.0, 1.0], ENGINE_N)], ENGINE_ISP_S)
        self.tank_model = fuelTank.FuelTankModelConstantVolume()
        self.tank_model.propMassInit, self.tank_model.r_TcT_TInit = PROPELLANT_KG, [[0.0], [0.0], [0.0]]
        self.tank_model.radiusTankInit = 0.6
        self.tank = fuelTank.FuelTank()
        self.tank.setTankModel(self.tank_model)
        self.tank.setR_TB_B([[0.0], [0.0], [0.0]])
        for part in (self.thrusters, self.engine):
            craft.addDynamicEffector(part)
            self.tank.addThrusterSet(part)
        craft.addStateEffector(self.tank)
        on = messaging.THRArrayOnTimeCmdMsgPayload()
        on.OnTimeRequest = [1e6]
        self.engine_on = messaging.THRArrayOnTimeCmdMsg().write(on)
        self.engine.cmdsInMsg.subscribeTo(self.engine_on)
        for part in (self.thrusters, self.engine, craft, self.tank):  # a task runs its parts in this order
            sim.AddModelToTask("body", part)
        fswSetupThrusters.clearSetup()
        for position, direction, thrust_n in places:
            fswSetupThrusters.create(position, direction, thrust_n)
        self.places = fswSetupThrusters.writeConfigMessage()

    def _navigation_and_control(self):
        sim = self.sim
        self.nav, self.guide, self.error = simpleNav.SimpleNav(), velocityPoint.velocityPoint(), attTrackingError.attTrackingError()
        self.control, self.mapping = mrpPD.mrpPD(), thrForceMapping.thrForceMapping()
        self.firing = thrFiringSchmitt.thrFiringSchmitt()
        self.nav.scStateInMsg.subscribeTo(self.craft.scStateOutMsg)
        self.guide.mu = MOON_MU
        self.guide.transNavInMsg.subscribeTo(self.nav.transOutMsg)
        self.error.sigma_R0R = [-QUARTER_TURN, 0.0, 0.0]  # the engine, along z, pushes against the velocity
        self.error.attNavInMsg.subscribeTo(self.nav.attOutMsg)
        self.error.attRefInMsg.subscribeTo(self.guide.attRefOutMsg)
        frequency = 2.0 * 3.141592653589793 / PERIOD_S
        self.control.K, self.control.P = 4.0 * INERTIA[0] * frequency**2, 2.0 * DAMPING * INERTIA[0] * frequency
        self.vehicle = messaging.VehicleConfigMsg().write(messaging.VehicleConfigMsgPayload(ISCPntB_B=INERTIA))
        self.control.guidInMsg.subscribeTo(self.error.attGuidOutMsg)
        self.control.vehConfigInMsg.subscribeTo(self.vehicle)
        self.mapping.controlAxes_B, self.mapping.thrForceSign = [1, 0, 0, 0, 1, 0, 0, 0, 1], 1
        self.mapping.cmdTorqueInMsg.subscribeTo(self.control.cmdTorqueOutMsg)
        self.mapping.thrConfigInMsg.subscribeTo(self.places)
        self.mapping.vehConfigInMsg.subscribeTo(self.vehicle)
        self.firing.thrMinFireTime, self.firing.level_on, self.firing.level_off = 0.002, 0.75, 0.25
        self.firing.thrConfInMsg.subscribeTo(self.places)
        self.firing.thrForceInMsg.subscribeTo(self.mapping.thrForceCmdOutMsg)
        self.thrusters.cmdsInMsg.subscribeTo(self.firing.onTimeOutMsg)
        sim.AddModelToTask("body", self.nav)
        sim.AddModelToTask("guidance", self.guide)
        for part in (self.error, self.control, self.mapping, self.firing):
            sim.AddModelToTask("control", part)

    def run(self, seconds):
        """Fly from the start; wall seconds, processor seconds, and how it went."""
        self.sim.InitializeSimulation()
        self.sim.ConfigureStopTime(int(seconds * 1e9))
        wall, processor = time.perf_counter(), time.process_time()
        self.sim.ExecuteSimulation()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        speed = sum(v * v for v in self.nav.transOutMsg.read().v_BN_N) ** 0.5
        error = sum(s * s for s in self.error.attGuidOutMsg.read().sigma_BR) ** 0.5
        return {"simulated_s": seconds, "wall_s": wall, "processor_s": processor, "speed_m_s": speed, "attitude_error_mrp": error,
                "propellant_kg": self.tank.fuelTankOutMsg.read().fuelMass}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(Flight().run(float(sys.argv[1]))))
