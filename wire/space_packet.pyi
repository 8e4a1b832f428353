from enum import IntEnum
from typing import Any

from typing_extensions import Buffer

class PacketError(IntEnum):
    PACKET_OK = 0
    PACKET_SHORT = 1
    PACKET_VERSION = 2
    PACKET_TYPE = 3
    PACKET_IDLE = 4
    PACKET_SECONDARY = 5
    PACKET_SEQUENCE = 6
    PACKET_LENGTH = 7
    PACKET_CHECKSUM = 8
    PACKET_PUS = 9

TEXTS: dict[PacketError, str]

def parse_tc(packet: Buffer) -> tuple[PacketError, dict[str, Any]]: ...
def parse_tm(packet: Buffer) -> tuple[PacketError, dict[str, Any]]: ...
def build_plain(apid: int, sequence_count: int, data: Buffer) -> bytes: ...
def build_tm(
    apid: int,
    sequence_count: int,
    service: int,
    subtype: int,
    time: Buffer,
    data: Buffer,
    message_counter: int = 0,
    destination_id: int = 0,
) -> bytes: ...
