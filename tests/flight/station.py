"""A station and a world for tests of one mission: commands in through its inbox, packets out of its outlet. Made from the wire alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flight.mission import Mission
from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.core.world import World, WorldSlot
from wire import cltu, pus
from wire.commands import encode_command
from wire.dictionary import DICTIONARIES
from wire.frame_shapes import build_tc_frame
from wire.tm_frame import Reassembler

SHAPES = {"ACCEPTED": 1, "NOT_ACCEPTED": 2, "STARTED": 3, "NOT_STARTED": 4, "COMPLETED": 7, "NOT_COMPLETED": 8}


class EmptyWorld(World):
    """Nothing at all around the computers."""

    def __init__(self) -> None:
        self.arena = Arena("world", 1024)
        self.arena.octets("nothing", 64)

    def connect(self, buses: Mapping[str, Bus]) -> None:
        """Nothing hangs on them."""

    def slots(self) -> Sequence[WorldSlot]:
        return ()

    def initialise(self, scenario: str, seed: int, options: Mapping[str, float]) -> None:
        self.arena.view("nothing")[0] = seed & 0xFF

    def uploaded_state(self) -> Mapping[str, float]:
        return {}

    def truth(self) -> dict[str, Any]:
        return {}

    def truth_symbol(self, name: str) -> str:
        raise KeyError(name)

    def inject(self, device: str, kind: str, parameters: Mapping[str, float], tick: int) -> None:
        raise ValueError("nothing to break")

    def clear(self, device: str, kind: str | None, tick: int) -> None:
        raise ValueError("nothing is broken")

    def faults(self) -> Sequence[Mapping[str, Any]]:
        return []


def relay_mission(seed: int = 1, **settings: Any) -> Mission:
    """One computer at 1 kHz."""
    return Mission(EmptyWorld(), "bench", seed, **settings)


class Station:
    """Commands one mission and reads its telemetry, without a socket."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission
        self.reader = mission.outlet.reader()
        self.channels: dict[tuple[int, int], Reassembler] = defaultdict(Reassembler)
        self.count = 0
        self.closed = False
        self.packets: list[Any] = []

    def close(self) -> None:
        """Hear what is there, and no more."""
        self.listen()
        self.reader.close()
        self.closed = True

    def send(self, vehicle: str, name: str, **arguments: Any) -> bytes:
        """Uplink a command; the request identifier that its reports will carry."""
        command = DICTIONARIES[vehicle].command(name)
        data = encode_command(vehicle, name, arguments)
        packet = pus.build_tc(command.apid, self.count & 0x3FFF, command.service, command.subtype, data)
        self.count += 1
        self.send_packet(vehicle, packet)
        return packet[:4]

    def send_packet(self, vehicle: str, packet: bytes) -> None:
        self.send_frame(build_tc_frame(DICTIONARIES[vehicle].vehicle.spacecraft_id, 0, packet))

    def send_frame(self, frame: bytes) -> None:
        self.mission.inbox.put(0, cltu.encode(frame))

    def listen(self) -> list[Any]:
        """Packets that came since the last time, parsed; time packets and idle packets left out."""
        fresh: list[Any] = []
        while not self.closed and (frame := self.reader.take()) is not None:
            spacecraft, channel = (frame[0] << 8 | frame[1]) >> 4 & 0x3FF, frame[1] >> 1 & 7
            for packet in self.channels[spacecraft, channel].feed(frame):
                if packet[0] & 0x08:  # has a secondary header
                    fresh.append(pus.parse_tm(packet))
        self.packets += fresh
        return fresh

    def stages(self, request: bytes) -> list[int]:
        """Subtypes of the verification reports of a request, in order of arrival."""
        self.listen()
        return [p.secondary.subtype for p in self.packets if p.secondary.service == 1 and p.data[:4] == request]

    def failure(self, request: bytes) -> tuple[int, int]:
        """Code and parameter of the request's failure report."""
        self.listen()
        (data,) = [
            p.data for p in self.packets if p.secondary.service == 1 and p.data[:4] == request and p.secondary.subtype in (2, 4, 8, 10)
        ]
        return int.from_bytes(data[4:6]), int.from_bytes(data[6:10])

    def events(self, vehicle: str) -> list[str]:
        """Names of the events so far."""
        self.listen()
        dictionary = DICTIONARIES[vehicle]
        return [dictionary.event(int.from_bytes(p.data[:2])).name for p in self.packets if p.secondary.service == 5]
