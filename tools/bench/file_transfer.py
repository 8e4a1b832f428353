"""Pictures on their way home: CFDP units a second out of the flash on board, and put together to files at the ground; both in Python.

The peer is what the link asks for in real time: units of 1024 octets of data at the lander's 555 kbit/s.
"""

import random
from collections.abc import Iterator

from flight.apps.files import DATA_OCTETS, FileSender
from flight.apps.pictures import path_of
from flight.python_slot import Command, Packet
from flight.storage import Storage
from ground.clock import SimulatedClock
from ground.files import FileReceiver, ReceivedFile
from ground.packet import packet_from_octets
from hal.flash import FlashMemory
from tools.bench.result import Result, best_time
from tools.bench.snapshot import PICTURE_OCTETS
from wire.dictionary import LANDER
from wire.dictionary.links import RETURN_BIT_S
from wire.dictionary.mission import TM_FILES

ROOM = 32  # of the channel's queue
NEEDED = max(RETURN_BIT_S["lander"]) / (8.0 * DATA_OCTETS)


def send(storage: Storage, pictures: int) -> list[bytes]:
    """Every unit of these pictures as space packets, as the sender's runs give them."""
    sender = FileSender(storage, "lander", "lcam")
    function = LANDER.command("send_pictures").function
    assert function is not None
    command: Command | None = Command(1, function, (0, pictures - 1, 1))
    inputs = {"telemetry.files": {"capacity": ROOM, "head": 0, "tail": 0}, "system": {"boot_count": 1}}
    packets: list[bytes] = []
    while command is not None or sender.sending is not None or sender.ranges:
        packets += [each.octets for each in sender.step(0, command, inputs) if isinstance(each, Packet)]
        command = None
    return packets


def receive(packets: list[bytes], files: list[bytes]) -> int:
    """Whole files that came of them."""
    whole: list[ReceivedFile] = []
    receiver = FileReceiver(SimulatedClock(), whole.append)
    for octets in packets:
        receiver.take(packet_from_octets(octets, LANDER.vehicle.spacecraft_id, TM_FILES, 0), "lander")
    if [each.octets for each in whole if each.complete] != files:
        raise AssertionError("a file came down otherwise than it was stored")
    return len(whole)


def run(quick: bool) -> Iterator[Result]:
    pictures, repeats = (4, 2) if quick else (60, 5)
    storage = Storage(FlashMemory())
    storage.format()
    draw = random.Random(1)
    files = [draw.randbytes(PICTURE_OCTETS) for _ in range(pictures)]
    for number, octets in enumerate(files):
        storage.write(path_of(number), octets)
    packets = send(storage, pictures)
    name = "the link at 555 kbit/s (limit)"
    on_board = len(packets) / best_time(lambda: send(storage, pictures), repeats)
    at_ground = len(packets) / best_time(lambda: receive(packets, files), repeats)
    yield Result("CFDP units on board, out of the flash", on_board, "units/s", peer=name, peer_value=NEEDED)
    yield Result("CFDP units at the ground, into files", at_ground, "units/s", peer=name, peer_value=NEEDED)
