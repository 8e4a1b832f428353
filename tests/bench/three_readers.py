"""One downlink, read three times: by the fast path, by construct's declarations, and by the stranger. What they find must be the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ground.clock import SimulatedClock
from ground.decode import EventReport, Housekeeping, Verification, decode
from ground.files import FileReceiver, ReceivedFile
from ground.packet import SERVICE_FILES, packet_from_octets
from tests.bench.reference_reader import BOOKS, ReferenceReader
from tests.bench.stranger import Message, Stranger
from wire import clcw, shapes
from wire.layout import decode_columns, layout
from wire.tm_chain import TmChain

PIECE = 1 << 20
NEVER_SET = {"type", "version", "spare", "spare_bit"}  # of a CLCW: the fast path looks that they are 0
Packet = tuple[int, int, bytes]
Columns = np.ndarray[Any, Any]


class FastReader:
    """What flies through the wire's one loop: an index of packets, columns of parameters, files."""

    def __init__(self) -> None:
        self.chain = TmChain(BOOKS, keep_frames=True)
        self.ended: dict[tuple[str, int], ReceivedFile] = {}
        self.units = FileReceiver(SimulatedClock(), self._end)

    def _end(self, file: ReceivedFile) -> None:
        self.ended[file.vehicle, file.transaction] = file

    def feed(self, octets: bytes) -> tuple[list[bytes], list[tuple[int, int]], list[Packet]]:
        """Frames, spacecraft and control word of each, and packets."""
        rows, buffer = self.chain.feed(octets)
        words = self.chain.frame_rows()
        frames = [frame.tobytes() for frame in self.chain.frame_octets()]
        places = rows[["spacecraft_id", "virtual_channel_id", "offset", "length"]].tolist()
        whole = buffer.tobytes()
        packets = [(spacecraft, channel, whole[at : at + size]) for spacecraft, channel, at, size in places]
        return frames, words[["spacecraft_id", "ocf"]].tolist(), packets

    def columns(self, spacecraft: int, report: int, data: list[bytes]) -> Columns:
        """Source data of many reports of one kind, a column for each parameter."""
        book = BOOKS[spacecraft]
        return decode_columns(layout(shapes.report_shape(book, book.report(report))), data)


@dataclass(slots=True)
class Tally:
    """What was compared."""

    octets: int = 0
    frames: int = 0
    packets: int = 0
    reports: int = 0  # of housekeeping
    parameters: int = 0
    others: int = 0  # verification, events, parameter values, time, pings
    files: int = 0
    whole_files: int = 0
    file_octets: int = 0
    corrected: int = 0  # symbols
    beyond_repair: int = 0
    channels: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))  # packets


class Comparison:
    """Feed it a downlink in pieces; the first difference fails an assertion. `end` gives what was compared."""

    def __init__(self, dictionary: Any) -> None:
        self.fast, self.reference, self.stranger = FastReader(), ReferenceReader(), Stranger(dictionary)
        self.tally = Tally()
        self.seen: set[Packet] | None = None  # every packet, where somebody wants them
        self._frames: tuple[list[bytes], ...] = [], [], []
        self._packets: tuple[list[Packet], ...] = [], [], []
        self._words: list[tuple[int, int]] = []
        self._senders: dict[tuple[int, int], str] = {}  # vehicle, by source entity and sequence number

    def feed(self, octets: bytes) -> None:
        self.tally.octets += len(octets)
        frames, words, packets = self.fast.feed(octets)
        self._words += words
        self._packets[0].extend(packets)
        for queue, came in zip(self._frames, (frames, self.reference.feed(octets), self.stranger.feed(octets)), strict=True):
            queue.extend(came)
        self._packets[1].extend(self.reference.packets)
        self._packets[2].extend(self.stranger.packets)
        self.reference.packets.clear()
        self.stranger.packets.clear()
        self.tally.frames += len(same(self._frames))
        self._compare_words()
        self._compare_packets(same(self._packets))

    def _compare_words(self) -> None:
        queues = self._words, self.reference.clcws, self.stranger.reception.clcws
        count = min(map(len, queues))
        for (spacecraft, word), theirs, strangers in zip(*(queue[:count] for queue in queues), strict=True):
            assert theirs == strangers
            assert (spacecraft, clcw.parse(word)) == (theirs[0], {name: n for name, n in theirs[1].items() if name not in NEVER_SET})
        for queue in queues:
            del queue[:count]

    def _compare_packets(self, packets: list[Packet]) -> None:
        reports: dict[tuple[int, int], list[bytes]] = defaultdict(list)
        values: dict[tuple[int, int], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        for spacecraft, channel, octets in packets:
            self.tally.packets += 1
            self.tally.channels[spacecraft, channel] += 1
            theirs = self.reference.values(spacecraft, octets)
            if theirs[:2] == (3, 25):
                message = self.stranger.message(spacecraft, octets)
                key = spacecraft, int.from_bytes(message.data[:2], "big")
                reports[key].append(message.data)
                for rows, found in zip(values[key], (theirs[3], self.stranger.housekeeping(message)[1]), strict=True):
                    rows.append((key[1], *found.values()))
                assert self.stranger.time(theirs[2]) == message.time
            else:
                self._compare_other(spacecraft, channel, octets, theirs)
        self.stranger.take_files(packets)
        for key, data in reports.items():
            self._compare_columns(self.fast.columns(*key, data), *values[key])
        if self.seen is not None:
            self.seen.update(packets)

    def _compare_columns(self, columns: Columns, *others: list[Any]) -> None:
        """Bit for bit, so that what is no number is compared, too."""
        for rows in others:
            again = np.array(rows, columns.dtype)
            assert again.tobytes() == columns.tobytes(), f"{[n for n in columns.dtype.names or () if (again[n] != columns[n]).any()]}"
        self.tally.reports += len(columns)
        self.tally.parameters += len(columns) * (len(columns.dtype.names or ()) - 1)

    def _compare_other(self, spacecraft: int, channel: int, octets: bytes, theirs: Any) -> None:
        packet = packet_from_octets(octets, spacecraft, channel, 0)
        if packet.service == SERVICE_FILES:
            assert theirs[0] == "unit"
            self._senders[theirs[2]] = theirs[1]
            self.fast.units.take(packet, theirs[1])
            return
        assert (packet.service, packet.subtype) == theirs[:2]
        self.tally.others += 1
        if packet.service == 9:
            assert self.stranger.time(theirs[2]) == self.stranger.time_report(octets)
            return
        message = self.stranger.message(spacecraft, octets)
        assert (message.service, message.subtype, message.time) == (*theirs[:2], self.stranger.time(theirs[2]))
        found = self._strangers(message)
        assert found == theirs[3]
        match decode(packet):
            case Verification() as said:
                assert said.request == found["request.packet_id"] << 16 | found["request.sequence_control"]
                assert (said.code, said.parameter) == (found.get("code", 0), found.get("parameter", 0))
            case EventReport() as said:
                assert said.arguments == found
            case Housekeeping() as said:
                assert [(row.id, value) for row, value in zip(said.parameters, said.values, strict=True)] == found
            case said:
                assert (said.packet.service, said.packet.data) == (17, found)

    def _strangers(self, message: Message) -> Any:
        match message.service:
            case 1:
                return self.stranger.request(message)[1]
            case 5:
                return self.stranger.event(message)[1]
            case 20:
                return self.stranger.values(message)
        return message.data

    def end(self) -> Tally:
        """Nothing is left over, the files are the same, and so are the counts of what was corrected and given up."""
        assert not any(self._frames), [len(queue) for queue in self._frames]
        assert not any(self._packets), [len(queue) for queue in self._packets]
        assert not self._words + self.reference.clcws + self.stranger.reception.clcws
        record, coding = self.fast.chain.record(), self.stranger.coding
        assert record["frames"] == self.tally.frames == self.stranger.frames == self.reference.record()["frames"]
        assert (record["symbols_corrected"], record["uncorrectable"]) == (coding.symbols_corrected, coding.beyond_repair)
        assert record["bad_fecf"] == coding.wrong_check
        self.tally.corrected, self.tally.beyond_repair = coding.symbols_corrected, coding.beyond_repair
        self._compare_files()
        return self.tally

    def _compare_files(self) -> None:
        self.fast.units.flush()
        theirs = self.reference.files()
        assert theirs.keys() == self.stranger.files.files.keys()
        for key, (name, octets, whole) in theirs.items():
            strangers, ours = self.stranger.files.files[key], self.fast.ended[self._senders[key], key[1]]
            assert (strangers.name, strangers.whole, ours.name, ours.complete) == (name, whole, name, whole)
            assert octets == ours.octets == strangers.octets or not whole
            self.tally.files += 1
            self.tally.whole_files += whole
            self.tally.file_octets += len(octets)


def same(queues: Iterable[list[Any]]) -> list[Any]:
    """What all queues begin with, taken off them; as far as the shortest has come it must be the same."""
    queues = list(queues)
    count = min(map(len, queues))
    first, *others = [queue[:count] for queue in queues]
    for place, other in enumerate(others, 1):
        assert first == other, f"reader {place} differs from the fast path, behind {count} in step"
    for queue in queues:
        del queue[:count]
    return first


def pieces(octets: bytes, size: int = PIECE) -> Iterable[bytes]:
    return (octets[at : at + size] for at in range(0, len(octets), size))
