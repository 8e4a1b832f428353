"""One report of 40 fields from values to octets: the layout executor against construct, and spacepackets for the packet around it.

spacepackets has no report of fields; what it does is the packet, so its figure is `struct` for the fields plus its PusTm around them.
"""

import struct
from collections.abc import Iterator

import construct
import numpy as np
from spacepackets.ecss import PusTm

from tools.bench.place import loops
from tools.bench.result import Result, best_time, calls_per_second
from wire.layout import layout
from wire.packer import PackTable

KINDS = [("B", construct.Int8ub, "u1"), ("H", construct.Int16ub, "u2"), ("i", construct.Int32sb, "i4"), ("f", construct.Float32b, "f4"),
         ("d", construct.Float64b, "f8")]  # fmt: skip
FIELDS = [(f"field{i}", *KINDS[i % 5]) for i in range(40)]


def run(quick: bool) -> Iterator[Result]:
    shape = construct.Struct(*(construct.Renamed(kind, name) for name, _, kind, _ in FIELDS))
    record = np.zeros(1, dtype=np.dtype([(name, native) for name, _, _, native in FIELDS], align=True))
    for i, (name, *_) in enumerate(FIELDS):
        record[name] = i + 0.0
    values = {name: record[name][0].item() for name, *_ in FIELDS}
    sources = {name: (record.dtype.fields[name][1], native) for name, _, _, native in FIELDS}
    table = PackTable(layout(shape), sources)
    memory = record.tobytes()
    packer = struct.Struct(">" + "".join(code for _, code, _, _ in FIELDS))
    fields = list(values.values())
    octets = shape.build(values)
    if not octets == table.pack(memory) == packer.pack(*fields) == loops().packs(table, memory, 1):
        raise AssertionError("the codecs disagree")

    packs = loops().packs
    n, seconds = (2_000, 0.02) if quick else (2_000_000, 1.0)
    ours = best_time(lambda: packs(table, memory, n), 3) / n * 1e6
    from_python = 1e6 / calls_per_second(lambda: table.pack(memory), seconds)
    by_construct = 1e6 / calls_per_second(lambda: shape.build(values), seconds)

    def packet() -> bytes:
        return PusTm(apid=1, service=3, subservice=25, timestamp=b"\0" * 7, source_data=packer.pack(*fields)).pack()

    by_spacepackets = 1e6 / calls_per_second(packet, seconds)
    name = "report of 40 fields, layout executor"
    for label, value in ((f"{name}, in the loop", ours), (f"{name}, from Python", from_python)):
        yield Result(label, value, "us", "lower", "construct", by_construct)
        yield Result(label, value, "us", "lower", "struct + spacepackets PusTm", by_spacepackets)
