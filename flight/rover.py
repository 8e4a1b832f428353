"""The rover's page: six wheel drives and four steering drives on CANopen, the inertial unit, odometry and mobility."""

from __future__ import annotations

from typing import Final

from flight.apps import files, pictures
from flight.page import BusRow, ClaimRow, Page, Part, PythonPart, SlotRow

WHEELS: Final = tuple(f"wheel.{w}" for w in range(6))
STEERINGS: Final = tuple(f"steering.{s}" for s in range(4))
DRIVES: Final = (*WHEELS, *STEERINGS)

PAGE: Final = Page(
    name="rover",
    frame_budget_us=9_000,
    watchdog_s=2.0,
    boot_s=1.0,
    initial_mode="STANDBY",
    edges=(
        ("SAFE", "STANDBY"), ("STANDBY", "SAFE"), ("STANDBY", "DRIVE"), ("DRIVE", "STANDBY"), ("DRIVE", "SAFE"),
        ("ABOARD", "DRIVE"), ("ABOARD", "STANDBY"), ("ABOARD", "SAFE"),
    ),
    buses=(BusRow("can", "can"), BusRow("imu", "uart"), BusRow("mcam", "spacewire"), BusRow("power_unit", "uart")),
    parts=(
        Part("can", "hal.drivers.can_controller:CanController", ("bus.can",)),
        Part("imu", "hal.drivers.imu:ImuDriver", ("bus.imu",), device="imu"),
        Part("power_unit", "hal.drivers.power_unit:PowerUnitDriver", ("bus.power_unit",), device="power_unit"),
        Part("mcam", "hal.drivers.camera:CameraDriver", ("bus.mcam",), device="mcam"),
        *(
            Part(name, "hal.drivers.wheel:WheelDriver", ("can",), device=f"wheel_{w}", settings={"node": 1 + w})
            for w, name in enumerate(WHEELS)
        ),
        *(
            Part(name, "hal.drivers.steering:SteeringDriver", ("can",), device=f"steering_{s}", settings={"node": 11 + s})
            for s, name in enumerate(STEERINGS)
        ),
        Part("odometry", "flight.apps.odometry:Odometry", ("imu", *DRIVES)),
        Part("mobility", "flight.apps.mobility:Mobility", ("odometry", *DRIVES), links=True),
        Part(
            "imaging", "flight.apps.imaging:Imaging", ("mcam",), links=True,
            settings={"vehicle": "rover", "camera": "mcam", "position": "odometry.position_m[0]"},
        ),
        PythonPart(
            "pictures", "flight.apps.pictures:PictureStore", latency_s=0.04, period_s=0.0,
            inputs=("mcam", "mcam.window", "imaging", "telemetry"), record=(pictures.RECORD_NAME, pictures.RECORD),
            trigger="mcam.window.written", settings={"vehicle": "rover", "camera": "mcam"},
        ),
        PythonPart(
            "files", "flight.apps.files:FileSender", latency_s=0.2, period_s=0.0, inputs=("telemetry.files", "system"),
            record=("files", files.RECORD), trigger="files.turn", settings={"vehicle": "rover", "camera": "mcam"},
        ),
    ),
    schedule=(
        #       slot                    every phase  cost budget
        SlotRow("system.slot",              1, 0,   150,   300),
        SlotRow("can.slot",                 1, 0,   300,   600),
        SlotRow("imu.read_slot",            1, 0,   100,   200),
        SlotRow("power_unit.read_slot",     1, 0,    40,   100),
        SlotRow("mcam.read_slot",           1, 0,    40,   200),
        *(SlotRow(f"{name}.read_slot",      1, 0,    60,   150) for name in DRIVES),
        SlotRow("requests.slot",            1, 0,   250,   800),
        SlotRow("odometry.slot",            1, 0,   300,   600),
        SlotRow("mobility.slot",            2, 0,   500, 1_000),
        SlotRow("imaging.slot",             2, 1,    60,   150),
        SlotRow("modes.slot",               1, 0,    30,   100),
        *(SlotRow(f"{name}.write_slot",     1, 0,    40,   100) for name in DRIVES),
        SlotRow("imu.write_slot",           1, 0,    20,    60),
        SlotRow("power_unit.write_slot",    1, 0,    20,    60),
        SlotRow("mcam.write_slot",          1, 0,    20,    60),
        SlotRow("pictures.slot",            1, 0,   100, 2_000, sheddable=True),
        SlotRow("files.slot",               1, 0,   100, 2_000, sheddable=True),
        SlotRow("requests.reply_slot",      1, 0,    60,   200),
        SlotRow("events.slot",              1, 0,    80,   300),
        SlotRow("housekeeping.slot",       10, 5,   600, 1_500, sheddable=True),
        SlotRow("time.slot",                1, 0,    20,   100),
        SlotRow("downlink.slot",            1, 0,   500, 1_500),
        SlotRow("system.watchdog",          1, 0,    30,   100),
    ),
    owners={"system": "system", "mobility": "mobility", "power": "system", "camera": "imaging", "files": "files"},
    line=(ClaimRow("events", 10), ClaimRow("real time", 40, 3), ClaimRow("files", 25, 3)),
    flash=True,
    switches={"spread_wings": "power_unit.wings"},
)  # fmt: skip
