"""The relay satellite's rows. Spacecraft identifier, APID and numbers are our choice."""

from typing import Final

from wire.dictionary.book import Dictionary
from wire.dictionary.common import common_commands, common_events, common_parameters, common_report
from wire.dictionary.rows import ALL, Apid, Enumeration, Member, Vehicle

SYSTEM: Final = 0x141

MODES: Final = Enumeration(
    "RELAY_MODE",
    (
        Member(0, "SAFE", "as little as possible, own link open"),
        Member(1, "STANDBY", "waiting for commands"),
        Member(2, "FORWARDING", "passing frames between the ground and the vehicles"),
    ),
    "Modes of the relay satellite",
)

VEHICLE: Final = Vehicle("relay", 0x1C6, (Apid("system", SYSTEM, "computer, modes and link"),), MODES, "The relay satellite")

RELAY: Final = Dictionary(
    VEHICLE,
    common_parameters(MODES),
    common_commands(SYSTEM, safe=ALL, standby=("SAFE", "FORWARDING"), reset=("SAFE", "STANDBY")),
    common_events(SYSTEM, MODES),
    (common_report(SYSTEM),),
)
