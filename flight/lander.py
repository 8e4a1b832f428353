"""The lander's page: buses, devices, applications, schedule. Costs are modelled execution times of a 10 ms frame: our choice."""

from __future__ import annotations

from typing import Final

from flight.apps import hazard
from flight.apps.recorder import INPUTS, RECORD
from flight.page import BusRow, Page, Part, PythonPart, SlotRow

PAGE: Final = Page(
    name="lander",
    frame_budget_us=9_000,
    watchdog_s=1.0,
    boot_s=1.0,
    initial_mode="SAFE",
    edges=(
        ("SAFE", "STANDBY"), ("STANDBY", "SAFE"), ("STANDBY", "LANDED"), ("LANDED", "STANDBY"), ("LANDED", "SAFE"),
        ("HOVER", "DESCENT"), ("DESCENT", "HOVER"), ("DESCENT", "LANDED"), ("HOVER", "LANDED"), ("ORBIT", "DESCENT"), ("ORBIT", "SAFE"),
        ("DESCENT", "SAFE"), ("HOVER", "SAFE"),
    ),
    buses=(
        BusRow("imu", "uart"), BusRow("altimeter", "uart"), BusRow("can", "can"), BusRow("star_tracker", "uart"), BusRow("radar", "uart"),
        BusRow("gamma_altimeter", "uart"), BusRow("imaging_laser", "spacewire"),
        BusRow("power_unit", "uart"),
    ),
    parts=(
        Part("can", "hal.drivers.can_controller:CanController", ("bus.can",)),
        Part("imu", "hal.drivers.imu:ImuDriver", ("bus.imu",), device="imu"),
        Part("altimeter", "hal.drivers.altimeter:AltimeterDriver", ("bus.altimeter",), device="altimeter"),
        Part("star_tracker", "hal.drivers.star_tracker:StarTrackerDriver", ("bus.star_tracker",), device="star_tracker"),
        Part("radar", "hal.drivers.radar:RadarDriver", ("bus.radar",), device="radar"),
        Part("power_unit", "hal.drivers.power_unit:PowerUnitDriver", ("bus.power_unit",), device="power_unit"),
        Part("gamma_altimeter", "hal.drivers.gamma_altimeter:GammaAltimeterDriver", ("bus.gamma_altimeter",), device="gamma_altimeter"),
        Part("imaging_laser", "hal.drivers.imaging_laser:ImagingLaserDriver", ("bus.imaging_laser",), device="imaging_laser"),
        Part("engine", "hal.drivers.engine:EngineDriver", ("can",), device="engine"),
        Part("thrusters", "hal.drivers.thrusters:ThrustersDriver", ("can",), device="thrusters"),
        Part("legs", "hal.drivers.legs:LegsDriver", ("can",), device="legs"),
        Part("navigation", "flight.apps.navigation:Navigation", ("imu", "altimeter"), links=True),
        PythonPart(
            "hazard", "flight.apps.hazard:Hazard", latency_s=0.3, period_s=0.0, inputs=hazard.INPUTS, record=("hazard", hazard.RECORD),
            trigger="imaging_laser.sequence",
        ),
        Part("guidance", "flight.apps.guidance:Guidance", ("navigation", "legs", "engine"), links=True),
        Part("control", "flight.apps.control:Control", ("guidance", "engine", "thrusters"), links=True),
        Part("mechanism", "hal.drivers.mechanism:MechanismDriver", ("can",), device="mechanism"),
        Part("release", "flight.apps.release:Release", ("mechanism", "imu"), links=True),
        PythonPart("recorder", "flight.apps.recorder:Recorder", latency_s=0.2, period_s=1.0, inputs=INPUTS, record=("recorder", RECORD)),
    ),
    schedule=(
        #       slot                    every phase  cost budget
        SlotRow("system.slot",              1, 0,   150,   300),
        SlotRow("can.slot",                 1, 0,   200,   400),
        SlotRow("imu.read_slot",            1, 0,   100,   200),
        SlotRow("altimeter.read_slot",      1, 0,    60,   150),
        SlotRow("star_tracker.read_slot",   1, 0,    40,   100),
        SlotRow("radar.read_slot",          1, 0,    50,   120),
        SlotRow("power_unit.read_slot",     1, 0,    40,   100),
        SlotRow("gamma_altimeter.read_slot", 1, 0,   40,   100),
        SlotRow("imaging_laser.read_slot",  1, 0,   150,   500),
        SlotRow("engine.read_slot",         1, 0,    60,   150),
        SlotRow("thrusters.read_slot",      1, 0,    80,   200),
        SlotRow("legs.read_slot",           1, 0,    40,   100),
        SlotRow("mechanism.read_slot",      1, 0,    30,    80),
        SlotRow("requests.slot",            1, 0,   250,   800),
        SlotRow("navigation.slot",          1, 0, 1_200, 2_000),
        SlotRow("hazard.slot",              1, 0,   100, 8_000, sheddable=True),
        SlotRow("guidance.slot",           10, 0,   900, 1_500),
        SlotRow("control.slot",             1, 0,   800, 1_500),
        SlotRow("release.slot",            10, 3,   100,   300),
        SlotRow("modes.slot",               1, 0,    30,   100),
        SlotRow("engine.write_slot",        1, 0,    60,   150),
        SlotRow("thrusters.write_slot",     1, 0,   120,   250),
        SlotRow("mechanism.write_slot",     1, 0,    20,    60),
        SlotRow("imu.write_slot",           1, 0,    20,    60),
        SlotRow("altimeter.write_slot",     1, 0,    20,    60),
        SlotRow("star_tracker.write_slot",  1, 0,    20,    60),
        SlotRow("radar.write_slot",         1, 0,    20,    60),
        SlotRow("power_unit.write_slot",    1, 0,    20,    60),
        SlotRow("gamma_altimeter.write_slot", 1, 0,  20,    60),
        SlotRow("imaging_laser.write_slot", 1, 0,    20,    60),
        SlotRow("recorder.slot",            1, 0,   100, 2_000, sheddable=True),
        SlotRow("requests.reply_slot",      1, 0,    60,   200),
        SlotRow("events.slot",              1, 0,    80,   300),
        SlotRow("housekeeping.slot",       10, 0,   600, 1_500, sheddable=True),
        SlotRow("time.slot",                1, 0,    20,   100),
        SlotRow("downlink.slot",            1, 0,   500, 1_500),
        SlotRow("system.watchdog",          1, 0,    30,   100),
    ),
    owners={"system": "system", "gnc": "guidance", "recorder": "recorder", "release": "release", "power": "system"},
    switches={
        "imu_power": "imu.power", "altimeter_power": "altimeter.power", "star_tracker_power": "star_tracker.power",
        "radar_power": "radar.power", "gamma_altimeter_power": "gamma_altimeter.power",
        "spread_wings": "power_unit.wings",
    },
    flash=True,
)  # fmt: skip
