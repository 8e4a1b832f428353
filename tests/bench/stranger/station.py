"""A station by somebody who has never seen our code: written from the exported dictionary alone, with spacepackets and reedsolo.

Nothing of ours is imported, here or in what is imported. Octets go in, packets come out; a command's name goes in, octets come out.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import reedsolo
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

Json = Any


class StrangeError(Exception):
    """What came is not what the dictionary says."""


def read_words(fields: Sequence[Json], octets: bytes) -> dict[str, int]:
    """Every number of a fixed layout by its name; the fields that never change are held against their value."""
    found, at = {}, 0
    for field in fields:
        number = int.from_bytes(octets[at : at + field["octets"]], "big")
        at += field["octets"]
        left = 8 * field["octets"]
        for part in field.get("bits", [{"name": field["name"], "bits": left}]):
            left -= part["bits"]
            value = found[part["name"]] = number >> left & (1 << part["bits"]) - 1
            if part.get("value", value) != value:
                raise StrangeError(f"{field['name']}: {part['name']} is {value}, not {part['value']}")
    return found


def write_word(field: Json, values: dict[str, int]) -> bytes:
    """One word of bit fields, or one number."""
    number = 0
    for part in field.get("bits", []):
        number = number << part["bits"] | part.get("value", values.get(part["name"], 0))
    if "bits" not in field:
        number = int(field["value"], 16)
    return int(number).to_bytes(field["octets"], "big")


def polynomial(text: str) -> int:
    """'x^7+x+1' as the integer 0x83."""
    return sum(1 << int(term.partition("^")[2] or len(term.strip("1"))) for term in text.split("+"))


def read_number(kind: Json, octets: bytes) -> float:
    """One number of a kind of the dictionary."""
    if "floating point" in kind["format"]:
        return float(struct.unpack(">f" if kind["octets"] == 4 else ">d", octets)[0])
    return int.from_bytes(octets, "big", signed="complement" in kind["format"])


@dataclass(frozen=True)
class Message:
    """One telemetry packet with a secondary header."""

    vehicle: str
    apid: int
    service: int
    subtype: int
    time: datetime  # TAI
    data: bytes


class Stranger:
    """A station. `packets` are (spacecraft identifier, virtual channel, octets), idle ones left out."""

    def __init__(self, dictionary: Json) -> None:
        self.link, self.services, self.vehicles = dictionary["link"], dictionary["services"], dictionary["vehicles"]
        self.names = {vehicle["spacecraft_id"]: name for name, vehicle in self.vehicles.items()}
        self.packets: list[tuple[int, int, bytes]] = []
        self.frames = self.symbols_corrected = self.beyond_repair = self.run_over = 0
        self._stream = bytearray()
        self._parts: dict[tuple[int, int], bytes] = {}  # of each channel: a packet's beginning
        self._counts: dict[tuple[int, int], int] = {}
        cadu = self.link["cadu"]
        self._marker = bytes.fromhex(cadu["fields"][0]["value"])
        self._noise = bytes.fromhex(cadu["randomiser"]["sequence_hex"])
        self._rs = cadu["reed_solomon"]
        self._to_dual, self._to_conventional = (
            bytes.fromhex(self._rs[f"{name}_hex"]) for name in ("conventional_to_dual", "dual_to_conventional")
        )
        field = int(self._rs["field_polynomial"], 16)
        generator = 1
        for _ in range(self._rs["primitive"]):  # alpha = x, to that power
            generator = generator << 1 ^ (field if generator & 0x80 else 0)
        self._codec = reedsolo.RSCodec(
            self._rs["check_symbols"], nsize=self._rs["n"], fcr=self._rs["first_root"], prim=field, generator=generator
        )

    # --- down ---

    def feed(self, octets: bytes) -> None:
        """Octets of the telemetry stream, in any chunking, from any place on."""
        self._stream += octets
        size = self.link["cadu"]["octets"]
        while (at := self._stream.find(self._marker)) >= 0 and len(self._stream) >= at + size:
            try:
                frame = self._decode(bytes(self._stream[at + len(self._marker) : at + size]))
            except reedsolo.ReedSolomonError:
                self.beyond_repair += 1
                del self._stream[: at + 1]
                continue
            del self._stream[: at + size]
            self.frames += 1
            self._take(frame)

    def _decode(self, block: bytes) -> bytes:
        """A frame out of its randomised codeblock."""
        coded = bytes(a ^ b for a, b in zip(block, itertools.cycle(self._noise), strict=False))
        depth = self._rs["interleave"]
        frame = bytearray(depth * self._rs["k"])
        for lane in range(depth):
            message, _, repaired = self._codec.decode(coded[lane::depth].translate(self._to_conventional))
            frame[lane::depth] = message.translate(self._to_dual)
            self.symbols_corrected += len(repaired)
        return bytes(frame)

    def crc(self, octets: bytes) -> int:
        row = self.link["crc"]
        register = int(row["preset"], 16)
        for octet in octets:
            register ^= octet << 8
            for _ in range(8):
                register = (register << 1 ^ (int(row["polynomial"], 16) if register & 0x8000 else 0)) & 0xFFFF
        return register ^ int(row["final_xor"], 16)

    def _take(self, frame: bytes) -> None:
        """The packets that a frame completes."""
        if self.crc(frame):
            raise StrangeError("a frame's check is wrong, though its codewords are right")
        fields = self.link["tm_frame"]["fields"]
        place = [field["name"] for field in fields].index("data")
        start = sum(field["octets"] for field in fields[:place])
        head = read_words(fields[:place], frame[:start])
        data = frame[start : start + fields[place]["octets"]]
        channel = head["spacecraft_id"], head["virtual_channel_id"]
        count, pointer = head["virtual_channel_frame_count"], head["first_header_pointer"]
        in_step = self._counts.get(channel, count) == count
        self._counts[channel] = (count + 1) % 256
        before = self._parts.pop(channel, b"") if in_step else b""
        special = self.link["tm_frame"]["first_header_pointer"]
        if pointer == special["only_idle_data"] or (pointer == special["no_packet_starts"] and not before):
            return
        self._parts[channel] = self._cut(channel, before + data if before else data[pointer:], len(before), pointer)

    def _cut(self, channel: tuple[int, int], octets: bytes, before: int, pointer: int) -> bytes:
        """Whole packets off the front; what is left is the beginning of one."""
        at, starts = 0, []
        while len(octets) - at >= 6 and len(octets) - at >= (size := 7 + int.from_bytes(octets[at + 4 : at + 6], "big")):
            packet = octets[at : at + size]
            if int.from_bytes(packet[:2], "big") & 0x7FF != self.link["packets"]["idle_apid"]:
                self.packets.append((*channel, packet))
                self.run_over += at < before
            at += size
            starts.append(at)
        if before and pointer != self.link["tm_frame"]["first_header_pointer"]["no_packet_starts"] and before + pointer not in starts:
            raise StrangeError(f"the first header pointer says {pointer}; packets end at {starts}, {before} octets came before")
        return octets[at:]

    # --- packets ---

    def messages(self) -> Iterator[Message]:
        """The packets with a secondary header, their checks verified."""
        for spacecraft, _, octets in self.packets:
            if octets[0] & 8:
                packet = PusTm.unpack(octets, timestamp_len=self.link["time"]["octets"])
                head = packet.pus_tm_sec_header
                yield Message(
                    self.names[spacecraft], packet.apid, head.service, head.message_subtype, self.time(head.timestamp), packet.source_data
                )

    def time_reports(self) -> Iterator[tuple[str, datetime]]:
        """Vehicle and time of each time report."""
        row = self.link["packets"]["time_report"]
        for spacecraft, _, octets in self.packets:
            if not octets[0] & 8:
                read_words(row["fields"][:3], octets)
                if self.crc(octets):
                    raise StrangeError("the check of a time report is wrong")
                yield self.names[spacecraft], self.time(octets[7:14])

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

    def _row(self, table: str, message: Message) -> Json:
        number = int.from_bytes(message.data[:2], "big")
        for row in self.vehicles[message.vehicle][table]:
            if (row["apid"], row["service"], row["subtype"], row["id"]) == (message.apid, message.service, message.subtype, number):
                if len(message.data) != row["data_octets"]:
                    raise StrangeError(f"{row['name']} has {len(message.data)} octets, not {row['data_octets']}")
                return row
        raise StrangeError(f"{message.vehicle} has no {table} {number} of [{message.service},{message.subtype}]")

    def _values(self, fields: Sequence[Json], name: str, data: bytes) -> dict[str, float]:
        kinds = self.link["kinds"]
        return {f[name]: read_number(kinds[f["kind"]], data[f["offset"] : f["offset"] + kinds[f["kind"]]["octets"]]) for f in fields}

    # --- up ---

    def telecommand(self, vehicle: str, name: str, count: int, **arguments: int) -> bytes:
        """A command as a CLTU; arguments are whole numbers."""
        row = next(r for r in self.vehicles[vehicle]["commands"] if r["name"] == name)
        data = bytearray(row["data_octets"])
        for field in [*row["fixed"], *row["arguments"]]:
            size = self.link["kinds"][field["kind"]]["octets"]
            value = field["value"] if "value" in field else arguments[field["name"]]
            data[field["offset"] : field["offset"] + size] = int(value).to_bytes(size, "big")
        flags = sum(self.link["packets"]["telecommand"]["ack_flags"].values())
        packet = PusTc(
            service=row["service"], message_subtype=row["subtype"], apid=row["apid"], app_data=bytes(data), seq_count=count, source_id=1,
            ack_flags=flags,
        )  # fmt: skip
        return self.cltu(self.tc_frame(self.vehicles[vehicle]["spacecraft_id"], bytes(packet.pack())))

    def tc_frame(self, spacecraft_id: int, packet: bytes) -> bytes:
        fields = self.link["tc_frame"]["fields"]
        size = sum(field["octets"] or len(packet) for field in fields)
        channel = self.link["tc_frame"]["virtual_channels"][0]["id"]
        values = {"spacecraft_id": spacecraft_id, "virtual_channel_id": channel, "length": size - 1}
        frame = b""
        for field in fields:
            match field.get("content"):
                case "crc":
                    frame += self.crc(frame).to_bytes(field["octets"], "big")
                case "one telecommand packet":
                    frame += packet
                case _:
                    frame += write_word(field, values)
        return frame

    def cltu(self, frame: bytes) -> bytes:
        row = self.link["cltu"]
        size = row["codeblock"]["information_octets"]
        padded = frame + bytes.fromhex(row["fill"]) * (-len(frame) % size)
        blocks = b"".join(self.codeblock(padded[at : at + size]) for at in range(0, len(padded), size))
        start, _, tail = row["fields"]
        return bytes.fromhex(start["value"]) + blocks + bytes.fromhex(tail["value"])

    def codeblock(self, information: bytes) -> bytes:
        """The information and its parity octet: complement of the remainder, above a filler bit."""
        divisor = polynomial(self.link["cltu"]["codeblock"]["polynomial"])
        bits = divisor.bit_length() - 1
        remainder = int.from_bytes(information, "big") << bits
        for place in range(remainder.bit_length() - 1, bits - 1, -1):
            if remainder >> place & 1:
                remainder ^= divisor << place - bits
        return information + bytes([(remainder ^ (1 << bits) - 1) << 1])
