"""What the vehicles share on the link: virtual channels, ports, fixed APIDs. Numbers are our choice unless a standard is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wire.dictionary.book import Dictionary
from wire.dictionary.rows import MAX_APPLICATION_DATA, Enumeration, require, require_unique

TIME_APID: Final = 0x000  # spacecraft time packets, report [9,2] (ECSS-E-ST-70-41C, 7.4.2)
IDLE_APID: Final = 0x7FF  # idle packets (CCSDS 133.0, 4.1.3)
TIME_RATE: Final = 4  # a time report for every 2^4 frames of the real-time channel (ECSS-E-ST-70-41C, 6.9.3)
GROUND_ENTITY: Final = 1  # of file transfers (CFDP); a vehicle is known by its spacecraft identifier


@dataclass(frozen=True, slots=True)
class Channel:
    """One virtual channel of every vehicle, or one multiplexer access point (MAP) of a channel."""

    number: int
    name: str
    text: str


TM_REAL_TIME: Final = 0
TM_EVENTS: Final = 1
TM_FILES: Final = 2
TM_IDLE: Final = 7
TM_CHANNELS: Final = (
    Channel(TM_REAL_TIME, "real time", "housekeeping, verification, replies, time"),
    Channel(TM_EVENTS, "events", "event reports"),
    Channel(TM_FILES, "files", "data units of file transfers (CFDP)"),
    Channel(TM_IDLE, "idle", "frames with only idle data"),
)
TC_CHANNEL: Final = 0
TC_CHANNELS: Final = (Channel(TC_CHANNEL, "commands", "telecommand packets, one in each frame or in segments; AD, BD and BC frames"),)
TC_MAP: Final = 0
TC_MAP_LONG: Final = 1
# On each, AD and BD frames are put together apart. A frame's segment header is always there, unless it is a control command.
TC_MAPS: Final = (
    Channel(TC_MAP, "commands", "packets in one frame each; segments are taken too"),
    Channel(TC_MAP_LONG, "long commands", "packets in segments, between which commands on MAP 0 may pass"),
)
MAX_TC_PACKET: Final = MAX_APPLICATION_DATA + 13  # octets of the longest packet that is put together of segments: headers 11, check sum 2

PORTS: Final[dict[str, int]] = {"telemetry": 10015, "telecommand": 10025, "bench": 10035, "web": 10080}


def check_together(dictionaries: Iterable[Dictionary]) -> None:
    """No two vehicles may share an identifier, nor two different enumerations a name. Raises ValueError."""
    books = tuple(dictionaries)
    require_unique("spacecraft identifier", (book.vehicle.spacecraft_id for book in books))
    require_unique("APID", (apid.number for book in books for apid in book.vehicle.apids))
    require_unique("virtual channel", (channel.number for channel in TM_CHANNELS))
    named: dict[str, Enumeration] = {}
    for enumeration in (e for book in books for e in book.enumerations()):
        require(named.setdefault(enumeration.name, enumeration) == enumeration, f"two enumerations are named {enumeration.name}")
