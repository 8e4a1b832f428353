"""The registry of devices: one row each, from which suites, documents and `farside devices` are made. No device is there without a row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device of one vehicle. `driver` and `simulated` are `module:Class`; `timeout_s` is the age at which its reading is stale."""

    name: str
    vehicle: str
    bus: str
    bus_kind: str
    interface: str
    driver: str
    simulated: str
    role: str  # "sensor" or "actuator"
    timeout_s: float
    what: str
    settings: dict[str, int] = field(default_factory=dict)  # of the driver, beside arena, bus and name


DEVICES: tuple[DeviceRow, ...] = (
    DeviceRow(
        "imu", "lander", "imu", "uart", "hal/imu.pxd", "hal.drivers.imu:ImuDriver", "hal.sim.imu:SimImu",
        "sensor", 0.05, "inertial measurement unit, 100 Hz",
    ),
    DeviceRow(
        "altimeter", "lander", "altimeter", "uart", "hal/altimeter.pxd", "hal.drivers.altimeter:AltimeterDriver",
        "hal.sim.altimeter:SimAltimeter", "sensor", 0.35, "laser altimeter along body -z, 10 Hz",
    ),
    DeviceRow(
        "star_tracker", "lander", "star_tracker", "uart", "hal/star_tracker.pxd", "hal.drivers.star_tracker:StarTrackerDriver",
        "hal.sim.star_tracker:SimStarTracker", "sensor", 0.45, "star tracker, boresight between body -x and +z, 5 Hz",
    ),
    DeviceRow(
        "radar", "lander", "radar", "uart", "hal/radar.pxd", "hal.drivers.radar:RadarDriver", "hal.sim.radar:SimRadar",
        "sensor", 0.35, "microwave range and velocity radar, four beams, 10 Hz",
    ),
    DeviceRow(
        "gamma_altimeter", "lander", "gamma_altimeter", "uart", "hal/gamma_altimeter.pxd",
        "hal.drivers.gamma_altimeter:GammaAltimeterDriver", "hal.sim.gamma_altimeter:SimGammaAltimeter",
        "sensor", 0.1, "gamma altimeter, below 25 m, 50 Hz",
    ),
    DeviceRow(
        "imaging_laser", "lander", "imaging_laser", "spacewire", "hal/imaging_laser.pxd",
        "hal.drivers.imaging_laser:ImagingLaserDriver", "hal.sim.imaging_laser:SimImagingLaser",
        "sensor", 0.35, "imaging laser, 128 x 128 ranges over 30 x 30 degrees in 0.25 s, when asked",
    ),
    DeviceRow(
        "lcam", "lander", "lcam", "spacewire", "hal/camera.pxd", "hal.drivers.camera:CameraDriver", "hal.sim.camera:SimCamera",
        "sensor", 0.35, "descent camera along body -z, 1024 x 1024, when asked",
    ),
    DeviceRow(
        "mcam", "rover", "mcam", "spacewire", "hal/camera.pxd", "hal.drivers.camera:CameraDriver", "hal.sim.camera:SimCamera",
        "sensor", 0.35, "mast camera, 1024 x 1024 over 46.6 degrees, when asked",
    ),
    DeviceRow(
        "engine", "lander", "can", "can", "hal/engine.pxd", "hal.drivers.engine:EngineDriver", "hal.sim.engine:SimEngine",
        "actuator", 0.05, "main engine, 1500 N to 7500 N, and its valve-drive unit",
    ),
    DeviceRow(
        "thrusters", "lander", "can", "can", "hal/thrusters.pxd", "hal.drivers.thrusters:ThrustersDriver",
        "hal.sim.thrusters:SimThrusters", "actuator", 0.05, "28 thrusters on four valve-drive units",
    ),
    DeviceRow(
        "legs", "lander", "can", "can", "hal/legs.pxd", "hal.drivers.legs:LegsDriver", "hal.sim.legs:SimLegs",
        "sensor", 0.05, "contact switches of four footpads, 100 Hz",
    ),
    DeviceRow(
        "mechanism", "lander", "can", "can", "hal/mechanism.pxd", "hal.drivers.mechanism:MechanismDriver",
        "hal.sim.mechanism:SimMechanism", "actuator", 0.5, "hold-downs and rails of the rover's release",
    ),
    DeviceRow(
        "imu", "rover", "imu", "uart", "hal/imu.pxd", "hal.drivers.imu:ImuDriver", "hal.sim.imu:SimImu",
        "sensor", 0.05, "inertial measurement unit, 100 Hz",
    ),
    *(
        DeviceRow(
            "power_unit", vehicle, "power_unit", "uart", "hal/power_unit.pxd", "hal.drivers.power_unit:PowerUnitDriver",
            "hal.sim.power_unit:SimPowerUnit", "sensor", 0.35, "power unit: bus, wings, battery, four temperatures, 10 Hz",
        )
        for vehicle in ("lander", "rover", "relay")
    ),
    *(
        DeviceRow(
            f"wheel.{w}", "rover", "can", "can", "hal/wheel.pxd", "hal.drivers.wheel:WheelDriver", "hal.sim.wheel:SimWheel",
            "actuator", 0.1, f"wheel drive, CANopen CiA 402, node {w + 1}", {"node": w + 1},
        )
        for w in range(6)
    ),
    *(
        DeviceRow(
            f"steering.{s}", "rover", "can", "can", "hal/steering.pxd", "hal.drivers.steering:SteeringDriver",
            "hal.sim.steering:SimSteering", "actuator", 0.1, f"steering drive, CANopen CiA 402, node {s + 11}", {"node": s + 11},
        )
        for s in range(4)
    ),
)  # fmt: skip


def device_rows() -> list[dict[str, Any]]:
    """The registry as plain rows, for `farside devices`."""
    return [asdict(row) for row in DEVICES]
