"""Files that come down, from the text of CCSDS 727.0: class 1, units with their own check sum, the modular check sum of a whole file."""

from __future__ import annotations

from dataclasses import dataclass

from .words import StrangeError, crc

EOF, METADATA = 4, 7  # directive codes, 5.2.1.1
MODULAR = 0  # check sum type, 4.2.2


@dataclass(slots=True)
class File:
    """One transaction. Whole when its size and its check sum are those that were told."""

    octets: bytearray
    name: str = ""
    size: int = -1
    checksum: int = -1
    received: int = 0

    @property
    def whole(self) -> bool:
        return self.name != "" and self.received == self.size == len(self.octets) and modular_sum(bytes(self.octets)) == self.checksum


def modular_sum(octets: bytes) -> int:
    """Words of four octets, added; the last one filled with zeros."""
    padded = octets + bytes(-len(octets) % 4)
    return sum(int.from_bytes(padded[at : at + 4], "big") for at in range(0, len(padded), 4)) & 0xFFFFFFFF


class Files:
    """Transactions by (source entity, sequence number). Each unit is taken once: this channel is TM, and repeats nothing."""

    def __init__(self) -> None:
        self.files: dict[tuple[int, int], File] = {}

    def take(self, unit: bytes) -> None:
        """One protocol data unit, 5.1: fixed header, entity identifiers and sequence number of the widths it tells, data field, CRC."""
        flags, length, widths = unit[0], int.from_bytes(unit[1:3], "big"), unit[3]
        entity, number = (widths >> 4 & 7) + 1, (widths & 7) + 1
        start = 4 + entity + number + entity
        if len(unit) != start + length or not flags & 2 or crc(unit) != 0:
            raise StrangeError("a unit of another length, without a check sum, or with a wrong one")
        if flags & 0x01:
            raise StrangeError("a large file")
        key = int.from_bytes(unit[4 : 4 + entity], "big"), int.from_bytes(unit[4 + entity : 4 + entity + number], "big")
        file = self.files.setdefault(key, File(bytearray()))
        body = unit[start:-2]
        if flags & 0x10:
            self._data(file, int.from_bytes(body[:4], "big"), body[4:])
        elif body[0] == METADATA:
            if body[1] & 0x0F != MODULAR:
                raise StrangeError(f"check sum type {body[1] & 0x0F}")
            file.size = int.from_bytes(body[2:6], "big")
            source = 7 + body[6]
            file.name = body[source + 1 : source + 1 + body[source]].decode()
        elif body[0] == EOF and body[1] >> 4 == 0:
            file.checksum, file.size = int.from_bytes(body[2:6], "big"), int.from_bytes(body[6:10], "big")
        else:
            raise StrangeError(f"directive {body[0]} from a sender of class 1, condition {body[1] >> 4}")

    def _data(self, file: File, offset: int, data: bytes) -> None:
        end = offset + len(data)
        file.octets.extend(bytes(max(0, end - len(file.octets))))
        file.octets[offset:end] = data
        file.received += len(data)
