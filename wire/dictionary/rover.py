"""The rover's rows. Spacecraft identifier, APIDs and numbers are our choice; names are the on-board symbols."""

from typing import Final

from wire.dictionary.book import Dictionary
from wire.dictionary.codes import FAILURE_CODE, NO_YES
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report, device_events, device_parameters
from wire.dictionary.rows import (
    ALL,
    Apid,
    Argument,
    Command,
    Enumeration,
    Event,
    EventArgument,
    Limits,
    Member,
    Parameter,
    Report,
    Vehicle,
)

SYSTEM: Final = 0x121
MOBILITY: Final = 0x122

MODES: Final = Enumeration(
    "ROVER_MODE",
    (
        Member(0, "SAFE", "as little as possible, link open, wheels still"),
        Member(1, "STANDBY", "waiting for commands, wheels still"),
        Member(2, "DRIVE", "wheels turning"),
    ),
    "Modes of the rover",
)

VEHICLE: Final = Vehicle(
    "rover",
    0x1C5,
    (Apid("system", SYSTEM, "computer, modes and link"), Apid("mobility", MOBILITY, "wheels")),
    MODES,
    "The rover",
)

WHEEL: Final = (
    *device_parameters(0x100, "wheel", "wheel drive"),
    Parameter(0x105, "wheel.rate_rad_s", "f32", "rad/s", "rate of the wheel"),
    Parameter(0x106, "wheel.angle_rad", "f64", "rad", "angle of the wheel since power-on"),
    Parameter(0x107, "wheel.torque_n_m", "f32", "N.m", "torque on the wheel"),
    Parameter(0x108, "wheel.current_a", "f32", "A", "motor current", limits=Limits(-1.5, 1.5, -2.5, 2.5)),  # our choice
    Parameter(0x109, "wheel.statusword", "u16", "", "CiA 402 statusword, object 6041h"),
    Parameter(0x10A, "wheel.error_code", "u16", "", "CiA 402 error code, object 603Fh"),
    Parameter(0x10B, "wheel.operational", "u8", "", "drive enabled and operational", enumeration=NO_YES),
    Parameter(0x120, "wheel.command.rate_rad_s", "f32", "rad/s", "rate asked for"),
    Parameter(0x121, "wheel.command.enabled", "u8", "", "drive asked to hold the rate", enumeration=NO_YES),
)

# 0.6 rad/s is 90 mm/s on a wheel of 150 mm radius: our choice, near twice what the rover drives at.
RATE: Final = Argument("rate_rad_s", "f32", "rad/s", "rate of the wheel, positive forward", minimum=-0.6, maximum=0.6)

COMMANDS: Final = (
    *common_commands(SYSTEM, safe=ALL, standby=("SAFE", "DRIVE"), reset=("SAFE", "STANDBY")),
    Command("wheel_rate", 8, 1, MOBILITY, "Turn the wheel at a rate", function=0x10, arguments=(RATE,), modes=("STANDBY", "DRIVE")),
    Command("wheel_stop", 8, 1, MOBILITY, "Stop the wheel", function=0x11),
)

EVENTS: Final = (
    *common_events(SYSTEM, MODES),
    *device_events(0x20, "wheel", MOBILITY),
    Event(
        0x30,
        3,
        "wheel_stopped",
        MOBILITY,
        "wheel stopped without a command: {reason}",
        (EventArgument("reason", "u16", "", enumeration=FAILURE_CODE),),
    ),
)

REPORTS: Final = (common_report(SYSTEM), Report(2, "mobility", MOBILITY, 1.0, tuple(p.name for p in WHEEL), "wheel drive"))

ROVER: Final = Dictionary(VEHICLE, (*common_parameters(MODES), *WHEEL), COMMANDS, EVENTS, REPORTS)
