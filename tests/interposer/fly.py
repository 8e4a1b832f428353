"""Run as a process of its own with the allocation counter preloaded: fly something, print what the loop's thread asked of the heap.

python -m tests.interposer.fly table SLOT [SLOT...]     a table of planted slots, 1000 ticks
"""

import ctypes
import json
import sys

from flight.executive import Executive, Row
from flight.record_log import RecordLog
from hal.core.arena import Arena

TICK_NS = 10_000_000


def counter() -> ctypes.CDLL:
    """The preloaded library's own functions. Raises AttributeError when it is not there."""
    library = ctypes.CDLL(None)
    library.farside_loop_entries.restype = library.farside_loop_calls.restype = ctypes.c_uint64
    library.farside_loop_first.restype = ctypes.c_char_p
    return library


def report() -> str:
    library = counter()
    first = library.farside_loop_first().decode()
    return json.dumps({"entries": library.farside_loop_entries(), "calls": library.farside_loop_calls(), "first": first})


def fly_table(slots: list[str]) -> None:
    """A thousand ticks of an executive whose table holds the named planted slots."""
    from planted_slots import PlantedSlots

    planted = PlantedSlots(from_tick=500)
    rows = [Row(name, getattr(planted, name)) for name in slots]
    executive = Executive(Arena("harness"), rows, [], RecordLog(), TICK_NS)
    executive.run(1000)


if __name__ == "__main__":
    {"table": fly_table}[sys.argv[1]](sys.argv[2:])
    print(report())
