"""The stranger's way up: a command by its name, as packet (spacepackets), frame (CCSDS 232.0) and CLTU (231.0)."""

from __future__ import annotations

from spacepackets.ecss.tc import PusTc

from .words import Json, crc, polynomial, write_word


class Sender:
    """Commands of the dictionary as octets."""

    def __init__(self, dictionary: Json) -> None:
        self.link, self.vehicles = dictionary["link"], dictionary["vehicles"]

    def telecommand(self, vehicle: str, name: str, count: int, **arguments: int) -> bytes:
        """A command as a CLTU, by by-pass; arguments are whole numbers."""
        return self.cltu(self.tc_frame(self.vehicles[vehicle]["spacecraft_id"], self.packet(vehicle, name, count, **arguments)))

    def packet(self, vehicle: str, name: str, count: int, **arguments: int) -> bytes:
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
        return bytes(packet.pack())

    def tc_frame(self, spacecraft_id: int, packet: bytes, **values: int) -> bytes:
        """A frame around a packet: by-pass, unless `bypass` and `sequence_number` say otherwise."""
        fields = self.link["tc_frame"]["fields"]
        size = sum(field["octets"] or len(packet) for field in fields)
        channel = self.link["tc_frame"]["virtual_channels"][0]["id"]
        values |= {"spacecraft_id": spacecraft_id, "virtual_channel_id": channel, "length": size - 1}
        frame = b""
        for field in fields:
            match field.get("content"):
                case "crc":
                    frame += crc(frame).to_bytes(field["octets"], "big")
                case str(content) if content.startswith("one telecommand packet"):
                    frame += packet
                case _:
                    frame += write_word(field, values)
        return frame

    def control_frame(self, spacecraft_id: int, directive: bytes) -> bytes:
        """A control command, type BC (232.0, 4.1.3.3): no segment header, by-pass and control command flags set."""
        head, channel = self.link["tc_frame"]["fields"][:2]
        values = {"spacecraft_id": spacecraft_id, "bypass": 1, "control_command": 1, "length": len(directive) + 6}
        values["virtual_channel_id"] = self.link["tc_frame"]["virtual_channels"][0]["id"]
        frame = write_word(head, values) + write_word(channel, values) + b"\0" + directive
        return frame + crc(frame).to_bytes(2, "big")

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
