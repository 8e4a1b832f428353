"""The relay satellite's rows. Spacecraft identifier, APIDs and numbers are our choice."""

from typing import Final

from wire.dictionary.book import Dictionary
from wire.dictionary.codes import NO_YES
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report
from wire.dictionary.links import rate_parameter
from wire.dictionary.power import power_apid, power_events, power_parameters, power_report
from wire.dictionary.rows import ALL, Apid, Command, Enumeration, Event, EventArgument, Limits, Member, Parameter, Report, Vehicle

SYSTEM: Final = 0x141
FORWARDING: Final = 0x142

MODES: Final = Enumeration(
    "RELAY_MODE",
    (
        Member(0, "SAFE", "as little as possible, own link open"),
        Member(1, "STANDBY", "waiting for commands"),
        Member(2, "FORWARDING", "passing frames between the ground and the vehicles"),
    ),
    "Modes of the relay satellite",
)

VEHICLE: Final = Vehicle(
    "relay",
    0x1C6,
    (
        Apid("system", SYSTEM, "computer, modes and link"),
        Apid("forwarding", FORWARDING, "frames of lander and rover"),
        power_apid("relay"),
    ),
    MODES,
    "The relay satellite",
)

# Queues hold 64 frames and 32 commands (flight/apps/forwarding.pxd); three quarters full is worth a look: our choice.
_FRAMES: Final = Limits(yellow_high=16, red_high=48)
_COMMANDS: Final = Limits(yellow_high=8, red_high=24)
_LOST: Final = Limits(yellow_high=0)

PARAMETERS: Final = (
    *common_parameters(MODES),
    rate_parameter("relay"),
    Parameter(0x100, "forwarding.returned", "u32", "", "frames of lander and rover taken in for Earth"),
    Parameter(0x101, "forwarding.return_waiting", "u16", "", "frames that wait for the line to Earth", limits=_FRAMES),
    Parameter(0x102, "forwarding.return_most", "u16", "", "most that waited in the last second", limits=_FRAMES),
    Parameter(0x103, "forwarding.returned_lost", "u32", "", "frames lost: their queue was full", limits=_LOST),
    Parameter(0x104, "forwarding.commanded", "u32", "", "command frames sent on to lander and rover"),
    Parameter(0x105, "forwarding.command_waiting", "u16", "", "command frames that wait for the line, or are on it", limits=_COMMANDS),
    Parameter(0x106, "forwarding.commanded_lost", "u32", "", "command frames lost: their queue was full", limits=_LOST),
    Parameter(0x107, "forwarding.refused", "u32", "", "frames thrown away because the mode was not FORWARDING"),
    Parameter(0x108, "forwarding.sending", "u8", "", "a command is on its way out", enumeration=NO_YES),
    *power_parameters("relay"),
)

COMMANDS: Final = (
    *common_commands(SYSTEM, safe=ALL, standby=("SAFE", "FORWARDING"), reset=("SAFE", "STANDBY")),
    Command("forward", 8, 1, FORWARDING, "Go to mode FORWARDING", function=0x10, modes=("STANDBY",)),
)

EVENTS: Final = (
    *common_events(SYSTEM, MODES),
    *power_events("relay"),
    Event(
        0xB0,
        3,
        "frames_lost",
        FORWARDING,
        "a forwarding queue was full, {count} frames lost so far",
        (EventArgument("count", "u32", "", "since the computer started"),),
    ),
)

_OWN: Final = tuple(p.name for p in PARAMETERS if p.name.startswith(("forwarding.", "downlink.")))

REPORTS: Final = (
    common_report(SYSTEM),
    Report(2, "forwarding", FORWARDING, 1.0, _OWN, "frames of lander and rover on their way"),
    power_report("relay"),
)

RELAY: Final = Dictionary(VEHICLE, PARAMETERS, COMMANDS, EVENTS, REPORTS)
