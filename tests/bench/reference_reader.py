"""A reader of the downlink that is made of construct's declarations: frames, packets, parameters and file units as `wire` declares them.

Slow, and with the path of whatever does not hold. What is no shape (marker and code) it leaves to the synchroniser.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import construct

from wire import cadu, cfdp, frame_shapes, pus, shapes
from wire.dictionary import DICTIONARIES, Dictionary
from wire.words import checked

BOOKS: dict[int, Dictionary] = {book.vehicle.spacecraft_id: book for book in DICTIONARIES.values()}
FRAME = frame_shapes.tm_frame()
TIME_PACKET = construct.Struct(
    *checked(construct.Struct("header" / pus.primary_header, "report" / shapes.TIME_REPORT), "check").subcons, construct.Terminated
)
Packet = tuple[int, int, bytes]


@cache
def report_shape(vehicle: str, report: int) -> construct.Construct:
    return shapes.report_shape(DICTIONARIES[vehicle], DICTIONARIES[vehicle].report(report))


@cache
def values_shape(vehicle: str) -> construct.Construct:
    return shapes.parameter_values_shape(DICTIONARIES[vehicle])


class ReferenceReader:
    """`packets` and `clcws` as the stranger's; files by (source entity, sequence number): name, octets, and whether they are whole."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.clcws: list[tuple[int, dict[str, int]]] = []
        self._synchroniser = cadu.Synchroniser()
        self._parts: dict[tuple[int, int], bytes] = {}
        self._last: dict[tuple[int, int], tuple[bytes, int]] = {}
        self._units: dict[tuple[int, int], list[Any]] = {}

    def feed(self, octets: bytes) -> list[bytes]:
        frames = self._synchroniser.feed(octets)
        for frame in frames:
            self._take(frame)
        return frames

    def record(self) -> Any:
        """The synchroniser's counters."""
        return self._synchroniser.record()

    def _take(self, octets: bytes) -> None:
        frame = FRAME.parse(octets).body.value
        header = frame.header
        key = header.identification.spacecraft_id, header.identification.virtual_channel_id
        word = frame_shapes.clcw.parse(frame.ocf.to_bytes(4, "big"))
        self.clcws.append((key[0], dict(word)))
        last, count = self._last.get(key, (b"", header.frame_count - 1))
        if octets == last:
            return
        self._last[key] = octets, header.frame_count
        if header.frame_count != (count + 1) & 0xFF:
            self._parts.pop(key, None)
        pointer = header.status.first_header_pointer
        if pointer == frame_shapes.ONLY_IDLE:
            return
        part = self._parts.pop(key, None)
        if part is None and pointer != frame_shapes.NO_PACKET:
            part, frame.data = b"", frame.data[pointer:]
        if part is not None:
            self._parts[key] = self._cut(key, part + frame.data)

    def _cut(self, key: tuple[int, int], octets: bytes) -> bytes:
        while len(octets) >= pus.primary_header.sizeof():
            header = pus.primary_header.parse(octets)
            size = pus.primary_header.sizeof() + header.length + 1
            if size > len(octets):
                break
            if header.id.apid != pus.APID_IDLE:
                self.packets.append((*key, octets[:size]))
            octets = octets[size:]
        return octets

    def values(self, spacecraft: int, octets: bytes) -> Any:
        """What a packet says: its service, subtype, time, and what they are about; a unit of a file is put aside for `files`."""
        book = BOOKS[spacecraft]
        if not pus.primary_header.parse(octets).id.secondary_header:
            return self._without_secondary(book, octets)
        packet = pus.parse_tm(octets)
        service, subtype = packet.secondary.service, packet.secondary.subtype
        return service, subtype, bytes(packet.secondary.time), self._data(book, service, subtype, packet.data)

    def _data(self, book: Dictionary, service: int, subtype: int, data: bytes) -> Any:
        number = int.from_bytes(data[:2], "big")
        match service, subtype:
            case 1, _:
                success = subtype % 2 == 1
                fields = shapes.parse_exactly(shapes.VERIFICATION_SUCCESS if success else shapes.VERIFICATION_FAILURE, data)
                request = {f"request.{name}": fields.request[name] for name in ("packet_id", "sequence_control")}
                return request if success else request | {"code": fields.code, "parameter": fields.parameter}
            case 3, 25:
                fields = shapes.parse_exactly(report_shape(book.vehicle.name, number), data)
                return {name: fields[name] for name in book.report(number).parameters}
            case 5, _:
                fields = shapes.parse_exactly(shapes.event_shape(book.event(number)), data)
                return {argument.name: fields[argument.name] for argument in book.event(number).arguments}
            case 20, 2:
                return [(each.parameter, each.value) for each in shapes.parse_exactly(values_shape(book.vehicle.name), data)["values"]]
            case 17, 2:
                return data
        raise ValueError(f"report [{service},{subtype}]")

    def _without_secondary(self, book: Dictionary, octets: bytes) -> Any:
        packet = pus.space_packet.parse(octets)
        if packet.header.id.apid == 0:
            return 9, 2, bytes(TIME_PACKET.parse(octets).body.value.report.time), None
        unit = cfdp.parse(packet.data)
        key = unit.header.source, unit.header.sequence
        self._units.setdefault(key, []).append(unit)
        return "unit", book.vehicle.name, key, None

    def files(self) -> dict[tuple[int, int], tuple[str, bytes, bool]]:
        found = {}
        for key, units in self._units.items():
            data = sorted((u.body.offset, u.body.data) for u in units if u.header.flags.type == cfdp.FILE_DATA)
            told = {u.body.code: u.body.fields for u in units if u.header.flags.type == cfdp.FILE_DIRECTIVE}
            octets = b"".join(part for _, part in data)
            gapless = all(offset + len(part) == after for (offset, part), (after, _) in pairwise(data))
            end, begin = told.get(cfdp.EOF), told.get(cfdp.METADATA)
            whole = gapless and None not in (begin, end) and (end.size, end.checksum) == (len(octets), cfdp.checksum(octets))
            found[key] = begin.destination_name if begin is not None else "", octets, whole
        return found
