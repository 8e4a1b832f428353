"""The rover's page: one wheel drive so far, on CANopen, and the application that turns it."""

from __future__ import annotations

from typing import Final

from flight.page import BusRow, Page, Part, SlotRow

PAGE: Final = Page(
    name="rover",
    frame_budget_us=9_000,
    watchdog_s=2.0,
    boot_s=1.0,
    initial_mode="STANDBY",
    edges=(("SAFE", "STANDBY"), ("STANDBY", "SAFE"), ("STANDBY", "DRIVE"), ("DRIVE", "STANDBY"), ("DRIVE", "SAFE")),
    buses=(BusRow("can", "can"),),
    parts=(
        Part("can", "hal.drivers.can_controller:CanController", ("bus.can",)),
        Part("wheel", "hal.drivers.wheel:WheelDriver", ("can",), device="wheel"),
        Part("mobility", "flight.apps.mobility:Mobility", ("wheel",), links=True),
    ),
    schedule=(
        #       slot                    every phase  cost budget
        SlotRow("system.slot",              1, 0,   150,   300),
        SlotRow("can.slot",                 1, 0,   200,   400),
        SlotRow("wheel.read_slot",          1, 0,    80,   200),
        SlotRow("requests.slot",            1, 0,   250,   800),
        SlotRow("mobility.slot",            2, 0,   400,   800),
        SlotRow("modes.slot",               1, 0,    30,   100),
        SlotRow("wheel.write_slot",         1, 0,    80,   200),
        SlotRow("requests.reply_slot",      1, 0,    60,   200),
        SlotRow("events.slot",              1, 0,    80,   300),
        SlotRow("housekeeping.slot",       10, 5,   600, 1_500, sheddable=True),
        SlotRow("time.slot",                1, 0,    20,   100),
        SlotRow("downlink.slot",            1, 0,   500, 1_500),
        SlotRow("system.watchdog",          1, 0,    30,   100),
    ),
    owners={"system": "system", "mobility": "mobility"},
)  # fmt: skip
