"""The registry of devices: one row each, from which suites, documents and `farside devices` are made. No device is there without a row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
        "wheel", "rover", "can", "can", "hal/wheel.pxd", "hal.drivers.wheel:WheelDriver", "hal.sim.wheel:SimWheel",
        "actuator", 0.1, "wheel drive, CANopen CiA 402, node 1",
    ),
)  # fmt: skip


def device_rows() -> list[dict[str, Any]]:
    """The registry as plain rows, for `farside devices`."""
    return [asdict(row) for row in DEVICES]
