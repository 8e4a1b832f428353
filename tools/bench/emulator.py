"""The emulator as benchmarks use it: started as a user would, perhaps with a busy Python thread in it, and spoken to in CLTUs."""

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from ground.bench import Emulator
from tools.bench.place import HERE, c_program
from wire import cltu, commands, frame_shapes, pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.mission import TC_CHANNEL


def telecommand(vehicle: str, name: str, count: int, **arguments: float) -> tuple[int, bytes]:
    """Request identifier and CLTU of one command that asks for acceptance and completion."""
    book = DICTIONARIES[vehicle]
    command = book.command(name)
    data = commands.encode_command(vehicle, name, arguments)
    packet = pus.build_tc(command.apid, count % 16384, command.service, command.subtype, data, pus.ACCEPTANCE | pus.COMPLETION, 1)
    return int.from_bytes(packet[:4], "big"), cltu.encode(frame_shapes.build_tc_frame(book.vehicle.spacecraft_id, TC_CHANNEL, packet))


@contextmanager
def emulator(busy: bool = False, **options: str | float) -> Iterator[Emulator]:
    """A running emulator; `busy` puts a Python thread into it that never rests."""
    before = os.environ.get("PYTHONPATH")
    if busy:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE / "busy"), *([before] if before else [])])
    try:
        running = Emulator(**options).start()
    finally:
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before
    try:
        yield running
    finally:
        running.stop()


def pings(flying: Emulator, vehicle: str, count: int, tick_us: int, settle_us: int = 200_000) -> list[float]:
    """Round trips in microseconds, as the client in C measures them."""
    requests = b""
    for i in range(count):
        identifier, octets = telecommand(vehicle, "ping", i)
        requests += struct.pack(">II", len(octets), identifier) + octets
    command = [str(c_program("ping_client")), str(flying.tc[1]), str(flying.tm[1]), str(tick_us), str(settle_us)]
    result = subprocess.run(command, input=requests, capture_output=True, check=False)
    times = [int(line) / 1000.0 for line in result.stdout.split()]
    if result.returncode != 0 or len(times) != count:
        raise RuntimeError(f"{len(times)} of {count} pings came back: {result.stderr.decode()} {flying.said()}")
    return times


def quantile(values: list[float], q: float) -> float:
    """The value below which a part q of all lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
