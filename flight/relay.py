"""The relay's page: computer, link, modes, and the application that passes on the frames of lander and rover."""

from __future__ import annotations

from typing import Final

from flight.page import BusRow, ClaimRow, Page, Part, SlotRow

PAGE: Final = Page(
    name="relay",
    frame_budget_us=9_000,
    watchdog_s=2.0,
    boot_s=1.0,
    initial_mode="STANDBY",
    edges=(("SAFE", "STANDBY"), ("STANDBY", "SAFE"), ("STANDBY", "FORWARDING"), ("FORWARDING", "STANDBY"), ("FORWARDING", "SAFE")),
    buses=(BusRow("power_unit", "uart"),),
    parts=(
        Part("power_unit", "hal.drivers.power_unit:PowerUnitDriver", ("bus.power_unit",), device="power_unit"),
        Part("forwarding", "flight.apps.forwarding:Forwarding", links=True),
    ),
    schedule=(
        #       slot                    every phase  cost budget
        SlotRow("system.slot",              1, 0,   150,   300),
        SlotRow("power_unit.read_slot",     1, 0,    40,   100),
        SlotRow("requests.slot",            1, 0,   250,   800),
        SlotRow("forwarding.slot",          1, 0,   200,   600),
        SlotRow("modes.slot",               1, 0,    30,   100),
        SlotRow("power_unit.write_slot",    1, 0,    20,    60),
        SlotRow("requests.reply_slot",      1, 0,    60,   200),
        SlotRow("events.slot",              1, 0,    80,   300),
        SlotRow("housekeeping.slot",       10, 7,   600, 1_500, sheddable=True),
        SlotRow("time.slot",                1, 0,    20,   100),
        SlotRow("downlink.slot",            1, 0,   500, 1_500),
        SlotRow("system.watchdog",          1, 0,    30,   100),
    ),
    owners={"system": "system", "forwarding": "forwarding"},
    line=(ClaimRow("events", 5), ClaimRow("real time", 5, 3), ClaimRow("forwarded", 80), ClaimRow("files", 5, 3)),
)  # fmt: skip
