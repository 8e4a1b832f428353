"""Messages of 64 octets a second through one port, written and read by one thread.

The peers' figures are published ones for machines like ours; they include their dispatch, as our "through two slots" does.
"""

import time
from collections.abc import Iterator

from flight.executive import Executive, Row
from flight.record_log import RecordLog
from hal.core.arena import Arena
from tools.bench.place import loops
from tools.bench.result import Result, best_time

PEERS = [("F Prime queue, published", 2.4e6), ("cFS software bus, published", 0.48e6)]


def through_slots(writer: str, reader: str, n: int) -> float:
    """Messages a second when an executive runs a writing and a reading slot each tick."""
    ports = loops().Ports(Arena("bench"))
    rows = [Row(writer, getattr(ports, writer)), Row(reader, getattr(ports, reader))]
    executive = Executive(Arena("harness"), rows, [], RecordLog(), 10_000_000)
    begin = time.perf_counter()
    executive.run(n)
    elapsed = time.perf_counter() - begin
    if not ports.whole:
        raise AssertionError("a message was lost or changed")
    return n / elapsed


def run(quick: bool) -> Iterator[Result]:
    n = 200_000 if quick else 20_000_000
    ports = loops().Ports(Arena("bench"))
    expected = n * (n - 1) // 2
    figures = {}
    for kind in ("sampling", "queuing"):
        work = getattr(ports, kind)
        if work(n) != expected:
            raise AssertionError("a message was lost or changed")
        figures[f"64-octet messages, {kind} port"] = n / best_time(lambda work=work: work(n), 3)
    figures["64-octet messages, sampling port, through two slots"] = through_slots("writes", "reads", n)
    figures["64-octet messages, queuing port, through two slots"] = through_slots("sends", "receives", n)
    for name, value in figures.items():
        for peer, peer_value in PEERS:
            yield Result(name, value, "1/s", peer=peer, peer_value=peer_value)
