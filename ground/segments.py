"""Segments of a telecommand packet, each for a frame of its own (CCSDS 232.0-B-4, 4.1.3.2); a packet that fits one frame is not cut."""

from dataclasses import dataclass

from ground.errors import BadArgumentError
from wire import segment
from wire.dictionary.mission import MAX_TC_PACKET, TC_CHANNEL, TC_MAP, TC_MAP_LONG
from wire.frame_shapes import LAST, build_tc_frame

MOST_OCTETS = 1016  # of a packet in one frame: 1024 less frame header 5, segment header 1, FECF 2


@dataclass(frozen=True, slots=True)
class Segment:
    """Segment `number` of `count`, from 1: octets of the packet, and what its header says."""

    data: bytes
    flags: int
    map_id: int
    number: int
    count: int

    @property
    def last(self) -> bool:
        """With it the packet is whole."""
        return bool(self.flags & LAST)

    def __str__(self) -> str:
        return f"segment {self.number} of {self.count}" if self.count > 1 else ""

    def frame(self, spacecraft_id: int, bypass: bool = True, sequence_number: int = 0) -> bytes:
        """The frame that carries it: type BD, or AD with its N(S)."""
        return build_tc_frame(spacecraft_id, TC_CHANNEL, self.data, self.map_id, self.flags, bypass, sequence_number)


def segments_of(packet: bytes, most_octets: int = MOST_OCTETS) -> list[Segment]:
    """A packet in one frame on the MAP of commands; or in several, of so many octets each, on the one of long commands.

    Raises BadArgumentError for a packet that is longer than the spacecraft takes.
    """
    if len(packet) > MAX_TC_PACKET:
        raise BadArgumentError(
            f"the packet has {len(packet)} octets, and the spacecraft takes {MAX_TC_PACKET}", "send it in several commands"
        )
    parts = segment.split(packet, most_octets)
    map_id = TC_MAP if len(parts) == 1 else TC_MAP_LONG
    return [Segment(data, flags, map_id, place + 1, len(parts)) for place, (flags, data) in enumerate(parts)]
