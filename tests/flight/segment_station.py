"""A station that cuts its packets into segments, for tests of one computer."""

from __future__ import annotations

from tests.flight.secured import SPACECRAFT
from tests.flight.test_cop1_on_board import Cop1Station
from wire import pus, segment
from wire.dictionary import DICTIONARIES
from wire.dictionary.mission import TC_MAPS
from wire.frame_shapes import build_tc_frame

CONTINUING, FIRST, LAST, WHOLE = range(4)
SYSTEM = DICTIONARIES["relay"].vehicle.apid("system")
BOOTED = 1001


class SegmentStation(Cop1Station):
    """Cuts its packets into segments; the numbers of its AD frames go on by themselves."""

    number = 0

    def packet(self) -> bytes:
        """A ping."""
        self.count += 1
        return pus.build_tc(SYSTEM, self.count & 0x3FFF, 17, 1)

    def frame(self, flags: int, data: bytes, map_id: int = 1, bypass: bool = True) -> bytes:
        made = build_tc_frame(SPACECRAFT, 0, data, map_id, flags, bypass, 0 if bypass else self.number % 256)
        self.number += not bypass
        return made

    def segments(self, packet: bytes, octets: int, map_id: int = 1, bypass: bool = True) -> list[bytes]:
        return [self.frame(flags, data, map_id, bypass) for flags, data in segment.split(packet, octets)]

    def up(self, *frames: bytes) -> None:
        for frame in frames:
            self.send_frame(frame)
        self.mission.run(3)

    def counts(self) -> tuple[int, int, int, int]:
        """Frames accepted and rejected, packets accepted and rejected."""
        names = ("tc_frames_accepted", "tc_frames_rejected", "tc_packets_accepted", "tc_packets_rejected")
        accepted, rejected, packets, refused = (int(self.mission.peek(f"relay.link.{name}")) for name in names)
        return accepted, rejected, packets, refused

    def open(self) -> dict[str, int]:
        """Octets under way, by MAP and type."""
        names = [f"map{row.number}.{kind}" for row in TC_MAPS for kind in ("ad", "bd")]
        found = {name: int(self.mission.peek(f"relay.{name}.collected")) for name in names}
        return {name: octets for name, octets in found.items() if octets}
