"""A telemetry packet as the ground holds it: where it came from, when, and its octets."""

from dataclasses import dataclass

import xxhash

from wire import crc, space_packet, time_code
from wire.dictionary import DICTIONARIES
from wire.dictionary.mission import TIME_APID

TM_HEADER_OCTETS = 20  # primary header 6, secondary header 14 (ECSS-E-ST-70-41C, 7.4.3.1)
CRC_OCTETS = 2
TIME_SERVICE, TIME_SUBTYPE = 9, 2
SERVICE_FILES = 256  # no PUS service: the user data are a unit of a file transfer (CFDP); `time_ns` is 0, it carries none
SERVICE_UNKNOWN = 0  # of a packet that is not a sound PUS-C packet; it is kept, and `verdict` says why it cannot be read

FILES_APIDS = frozenset(
    (book.vehicle.spacecraft_id, apid.number) for book in DICTIONARIES.values() for apid in book.vehicle.apids if apid.name == "files"
)
_PRIMARY_OCTETS = 6
_TIME_REPORT_OCTETS = 8  # rate exponent, CUC 4+3
_SELECTOR_OCTETS = {1: 4, 3: 2, 5: 2}  # request identifier, structure identifier, event definition identifier


@dataclass(slots=True)
class Packet:
    """One packet. `selector` is what a report is about: structure (service 3), event (5), request (1) identifier, else 0.

    `time_ns` is the spacecraft's, TAI from 1958-01-01; `received_ns` is ground time. Only `branch` is set
    later, when the packet's place in history is known, before it is archived.
    """

    spacecraft_id: int
    channel: int
    apid: int
    sequence: int
    service: int
    subtype: int
    selector: int
    time_ns: int
    received_ns: int
    octets: bytes
    branch: int = 0
    number: int = 0

    @property
    def data(self) -> bytes:
        """The source data, behind the headers and before the check sum. A time packet has no secondary header."""
        if self.service == TIME_SERVICE and self.apid == TIME_APID:
            return self.octets[_PRIMARY_OCTETS : _PRIMARY_OCTETS + _TIME_REPORT_OCTETS]
        if self.service == SERVICE_FILES:
            return self.octets[_PRIMARY_OCTETS:]
        return self.octets[TM_HEADER_OCTETS:-CRC_OCTETS]

    @property
    def key(self) -> int:
        """64 bits of hash over all octets, signed: tells apart packets that agree in every field above."""
        value = xxhash.xxh3_64_intdigest(self.octets)
        return value - (1 << 64) if value >> 63 else value


def packet_from_octets(octets: bytes, spacecraft_id: int, channel: int, received_ns: int) -> Packet:
    """The packet with its headers read. One that fails a check keeps its APID and count and has `service` SERVICE_UNKNOWN."""
    time_ns = _time_packet_ns(octets)
    if time_ns is not None:
        sequence = int.from_bytes(octets[2:4], "big") & 0x3FFF
        return Packet(spacecraft_id, channel, TIME_APID, sequence, TIME_SERVICE, TIME_SUBTYPE, 0, time_ns, received_ns, octets)
    if _is_file_unit(octets, spacecraft_id):
        apid, sequence = int.from_bytes(octets[:2], "big") & 0x7FF, int.from_bytes(octets[2:4], "big") & 0x3FFF
        return Packet(spacecraft_id, channel, apid, sequence, SERVICE_FILES, 0, 0, 0, received_ns, octets)
    verdict, header = space_packet.parse_tm(octets)
    apid, sequence = int(header["apid"]), int(header["sequence_count"])
    if verdict is not space_packet.PacketError.PACKET_OK:
        return Packet(spacecraft_id, channel, apid, sequence, SERVICE_UNKNOWN, 0, 0, 0, received_ns, octets)
    service, subtype = int(header["service"]), int(header["subtype"])
    width = _SELECTOR_OCTETS.get(service, 0)
    data = octets[TM_HEADER_OCTETS:-CRC_OCTETS]
    selector = int.from_bytes(data[:width], "big") if len(data) >= width else 0
    return Packet(spacecraft_id, channel, apid, sequence, service, subtype, selector, time_code.to_ns(header["time"]), received_ns, octets)


def _is_file_unit(octets: bytes, spacecraft_id: int) -> bool:
    """A whole telemetry packet of that vehicle's file transfer, without secondary header."""
    if len(octets) <= _PRIMARY_OCTETS or (spacecraft_id, int.from_bytes(octets[:2], "big")) not in FILES_APIDS:
        return False
    return int.from_bytes(octets[4:6], "big") + 1 == len(octets) - _PRIMARY_OCTETS


def _time_packet_ns(octets: bytes) -> int | None:
    """The time in a spacecraft time packet (ECSS-E-ST-70-41C, 7.4.2: its own APID, no secondary header), or None if it is none."""
    body = len(octets) - _PRIMARY_OCTETS
    if body < _TIME_REPORT_OCTETS or int.from_bytes(octets[:2], "big") != TIME_APID:  # version 0, telemetry, no secondary header
        return None
    if int.from_bytes(octets[4:6], "big") + 1 != body or body != _TIME_REPORT_OCTETS + CRC_OCTETS or crc.checksum(octets) != 0:
        return None
    return time_code.to_ns(octets[_PRIMARY_OCTETS + 1 : _PRIMARY_OCTETS + _TIME_REPORT_OCTETS])


def verdict_text(octets: bytes) -> str:
    """Why a packet cannot be read, in words."""
    return space_packet.TEXTS[space_packet.parse_tm(octets)[0]]
