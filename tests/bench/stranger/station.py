"""The stranger's station: packets to values with spacepackets and the dictionary's offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from spacepackets.ccsds.spacepacket import SpHeader
from spacepackets.ecss.tm import PusTm

from .coding import Coding
from .commands import Sender
from .files import Files
from .reception import Reception
from .words import Json, StrangeError, crc, held_crc, read_number, read_words


@dataclass(frozen=True, slots=True)
class Message:
    """One telemetry packet with a secondary header."""

    vehicle: str
    apid: int
    service: int
    subtype: int
    time: datetime  # TAI
    data: bytes


class Stranger(Sender):
    """A station. `packets` are (spacecraft identifier, virtual channel, octets), idle ones left out."""

    def __init__(self, dictionary: Json) -> None:
        super().__init__(dictionary)
        held_crc(self.link["crc"])
        self.services = dictionary["services"]
        self.names = {vehicle["spacecraft_id"]: name for name, vehicle in self.vehicles.items()}
        self.coding, self.reception, self.files = Coding(self.link["cadu"]), Reception(self.link), Files()
        self.frames = 0
        self._rows = {
            (name, table, row["apid"], row["service"], row["subtype"], row["id"]): row
            for name, vehicle in self.vehicles.items() for table in ("reports", "events") for row in vehicle[table]
        }  # fmt: skip
        self._files_apid = {
            vehicle["spacecraft_id"]: apid["apid"]
            for vehicle in self.vehicles.values() for apid in vehicle["apids"] if apid["name"] == "files"
        }  # fmt: skip

    def feed(self, octets: bytes) -> list[bytes]:
        """Octets of the telemetry stream, in any chunking, from any place on. Gives the frames that they completed."""
        frames = self.coding.feed(octets)
        for frame in frames:
            self.reception.take(frame)
        self.frames += len(frames)
        return frames

    @property
    def packets(self) -> list[tuple[int, int, bytes]]:
        return self.reception.packets

    def take_files(self, packets: Sequence[tuple[int, int, bytes]]) -> None:
        """Put the units of files among packets together: whole user data, without secondary header."""
        for spacecraft, _, octets in packets:
            header = SpHeader.unpack(octets)
            if header.apid == self._files_apid.get(spacecraft) and not header.sec_header_flag:
                self.files.take(octets[6:])

    def messages(self) -> Iterator[Message]:
        """The packets with a secondary header, their checks verified."""
        return (self.message(spacecraft, octets) for spacecraft, _, octets in self.packets if octets[0] & 8)

    def message(self, spacecraft: int, octets: bytes) -> Message:
        """A packet with a secondary header, its check verified."""
        packet = PusTm.unpack(octets, timestamp_len=self.link["time"]["octets"])
        head = packet.pus_tm_sec_header
        time = self.time(head.timestamp)
        return Message(self.names[spacecraft], packet.apid, head.service, head.message_subtype, time, packet.source_data)

    def time_reports(self) -> Iterator[tuple[str, datetime]]:
        """Vehicle and time of each time report."""
        for spacecraft, _, octets in self.packets:
            if SpHeader.unpack(octets).apid == 0:
                yield self.names[spacecraft], self.time_report(octets)

    def time_report(self, octets: bytes) -> datetime:
        """When the reference frame before it left."""
        fields = self.link["packets"]["time_report"]["fields"]
        said = read_words(fields, octets)
        if crc(octets) or said["rate_exponent"] != int(fields[3]["value"], 16):
            raise StrangeError("the check of a time report is wrong, or its rate")
        return self.time(octets[7:14])

    def time(self, octets: bytes) -> datetime:
        """TAI of a time field."""
        row = self.link["time"]
        parts = read_words(row["fields"], octets)
        whole = datetime.fromisoformat(row["epoch"].removesuffix(" TAI")) + timedelta(seconds=parts["seconds"])
        return whole + timedelta(seconds=parts["fraction"] * 2.0 ** -(8 * row["fields"][1]["octets"]))

    def housekeeping(self, message: Message) -> tuple[str, dict[str, float]]:
        """Name of the report, and its values by parameter."""
        report = self._row("reports", message)
        return report["name"], self._values(report["fields"], "parameter", message.data)

    def event(self, message: Message) -> tuple[str, dict[str, float]]:
        """Name of the event, and its arguments."""
        event = self._row("events", message)
        return event["name"], self._values(event["arguments"], "name", message.data)

    def request(self, message: Message) -> tuple[str, dict[str, float]]:
        """What a verification report says, and of which request."""
        row = next(r for r in self.services["reports"] if (r["service"], r["subtype"]) == (message.service, message.subtype))
        return row["name"], self._values(row["data"], "name", message.data)

    def values(self, message: Message) -> list[tuple[int, float]]:
        """What a report of parameter values says: identifiers and values, one behind the other."""
        kinds = {row["id"]: self.link["kinds"][row["kind"]] for row in self.vehicles[message.vehicle]["parameters"]}
        found, at = [], 2
        for _ in range(int.from_bytes(message.data[:2], "big")):
            parameter = int.from_bytes(message.data[at : at + 2], "big")
            end = at + 2 + kinds[parameter]["octets"]
            found.append((parameter, read_number(kinds[parameter], message.data[at + 2 : end])))
            at = end
        if at != len(message.data):
            raise StrangeError(f"parameter values end at {at} of {len(message.data)} octets")
        return found

    def _row(self, table: str, message: Message) -> Json:
        number = int.from_bytes(message.data[:2], "big")
        row = self._rows.get((message.vehicle, table, message.apid, message.service, message.subtype, number))
        if row is None:
            raise StrangeError(f"{message.vehicle} has no {table} {number} of [{message.service},{message.subtype}]")
        if len(message.data) != row["data_octets"]:
            raise StrangeError(f"{row['name']} has {len(message.data)} octets, not {row['data_octets']}")
        return row

    def _values(self, fields: Sequence[Json], name: str, data: bytes) -> dict[str, float]:
        kinds = self.link["kinds"]
        return {f[name]: read_number(kinds[f["kind"]], data[f["offset"] : f["offset"] + kinds[f["kind"]]["octets"]]) for f in fields}
