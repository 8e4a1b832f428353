"""The rover's rows, added up. Spacecraft identifier, APIDs and numbers are our choice; names are the on-board symbols."""

from typing import Final

from wire.dictionary import rover_mobility
from wire.dictionary.book import Dictionary
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report
from wire.dictionary.links import rate_parameter
from wire.dictionary.pictures import camera_events, camera_parameters, picture_rows
from wire.dictionary.power import power_apid, power_commands, power_events, power_parameters, power_report
from wire.dictionary.rover_mobility import MOBILITY, SYSTEM, names
from wire.dictionary.rows import ALL, Apid, Enumeration, Member, Report, Vehicle

PICTURES: Final = picture_rows("mcam", 0x124, 0x125)

MODES: Final = Enumeration(
    "ROVER_MODE",
    (
        Member(0, "SAFE", "as little as possible, link open, wheels still"),
        Member(1, "STANDBY", "waiting for commands, wheels still"),
        Member(2, "DRIVE", "wheels turning"),
        Member(3, "ABOARD", "on the lander's deck, wheels still: only drive_off moves them"),
    ),
    "Modes of the rover",
)

VEHICLE: Final = Vehicle(
    "rover",
    0x1C5,
    (
        Apid("system", SYSTEM, "computer, modes and link"),
        Apid("mobility", MOBILITY, "wheels, steering and odometry"),
        *PICTURES.apids,
        power_apid("rover"),
    ),
    MODES,
    "The rover",
)

COMMANDS: Final = (
    *common_commands(SYSTEM, safe=ALL, standby=("SAFE", "DRIVE", "ABOARD"), reset=("SAFE", "STANDBY", "ABOARD")),
    *rover_mobility.COMMANDS,
    *PICTURES.commands,
    *power_commands("rover"),
)

EVENTS: Final = (
    *common_events(SYSTEM, MODES),
    *camera_events(0x2A, "mcam", SYSTEM),
    *PICTURES.events,
    *rover_mobility.EVENTS,
    *power_events("rover"),
)

REPORTS: Final = (
    common_report(SYSTEM),
    Report(2, "mobility", MOBILITY, 1.0, names("mobility", "odometry"), "what the rover does, and where it believes that it is"),
    Report(3, "wheels", MOBILITY, 1.0, names(*(f"wheel.{w}{part}" for w in range(6) for part in ("", ".command"))), "wheel drives"),
    Report(
        4, "steering", MOBILITY, 2.0, names(*(f"steering.{s}{part}" for s in range(4) for part in ("", ".command")), "imu"),
        "steering drives and inertial unit",
    ),
    PICTURES.report,
    power_report("rover"),
)  # fmt: skip

PARAMETERS: Final = (
    *common_parameters(MODES),
    rate_parameter("rover"),
    *camera_parameters(0x340, "mcam"),
    *PICTURES.parameters,
    *rover_mobility.PARAMETERS,
    *power_parameters("rover"),
)

ROVER: Final = Dictionary(VEHICLE, PARAMETERS, COMMANDS, EVENTS, REPORTS)
