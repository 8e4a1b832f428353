"""Run as a process of its own: fly something and print a line of JSON about it.

    python -m tests.interposer.fly table SLOT...            a thousand ticks of planted slots: what the loop's thread asked of the heap
    python -m tests.interposer.fly mission [SLOT]           the descent from 500 m on command, perhaps with a planted slot: the same
    python -m tests.interposer.fly rover                    the rover's body driven for a minute over the terrain: the same
    python -m tests.interposer.fly descent [SLOT]           the same flight, plain: the digest of every second
    python -m tests.interposer.fly guarded [SLOT]           the same, with the world's memory denied to every slot on board
    python -m tests.interposer.fly orbit, orbit-guarded     the whole descent from orbit, in both ways

A planted slot acts from tick 500 on.
"""

import ctypes
import json
import sys
from typing import Any

from flight.doors.inbox import SOURCE_BENCH
from flight.executive import Executive, Row
from flight.mission import Mission
from flight.record_log import RecordLog
from flight.vehicle import Vehicle
from hal.core.arena import Arena
from hal.core.world import World
from hal.sim.world import SimulatedWorld
from wire import cltu, commands, frame_shapes, pus
from wire.dictionary import DICTIONARIES
from wire.dictionary.mission import TC_CHANNEL

TICK_NS = 10_000_000
FROM_TICK = 500
COMMAND_TICK = 300
DESCENT_TICKS = 12_000
ORBIT_TICKS = 77_000


def heap_calls() -> dict[str, Any]:
    """What the preloaded counter has seen. Raises AttributeError when it is not there."""
    library = ctypes.CDLL(None)
    library.farside_loop_entries.restype = library.farside_loop_calls.restype = ctypes.c_uint64
    library.farside_loop_first.restype = ctypes.c_char_p
    first = library.farside_loop_first().decode()
    return {"entries": library.farside_loop_entries(), "calls": library.farside_loop_calls(), "first": first}


def fly_table(slots: list[str]) -> dict[str, Any]:
    """A thousand ticks of an executive whose table holds the named planted slots."""
    from planted_slots import PlantedSlots

    planted = PlantedSlots(from_tick=FROM_TICK)
    executive = Executive(Arena("harness"), [Row(name, getattr(planted, name)) for name in slots], [], RecordLog(), TICK_NS)
    executive.run(1000)
    return heap_calls()


def drive_rover() -> dict[str, Any]:
    """A minute of the rover's physics, with the same torque on all wheels."""
    world = SimulatedWorld()
    world.connect({})
    world.initialise("rover-on-ground", 2, {})
    rover = world.arena.view("rover")
    world.arena.view("rover.actuation")["wheel_torque_n_m"][:] = 1.2
    executive = Executive(Arena("harness"), [Row("rover", world.rover.slot)], [], RecordLog(), TICK_NS)
    executive.run(6000)
    return {**heap_calls(), "distance_m": float(rover["distance_m"]), "tracks": int(world.arena.view("tracks")["count"])}


def plant(slot: str, world: World) -> None:
    """Put a planted slot behind the lander's own; `reads` reads the first octet of the world's memory."""
    from planted_slots import PlantedSlots

    planted = PlantedSlots(world.arena.address, FROM_TICK)
    own_rows = Vehicle.rows

    def rows(vehicle: Vehicle) -> list[Row]:
        more = [Row("planted", getattr(planted, slot), computer=vehicle.computer.index)] if vehicle.name == "lander" else []
        return [*own_rows(vehicle), *more]

    Vehicle.rows = rows  # type: ignore[method-assign]


def lander_command(name: str) -> bytes:
    """The CLTU of a command without arguments."""
    book = DICTIONARIES["lander"]
    command = book.command(name)
    packet = pus.build_tc(command.apid, 0, command.service, command.subtype, commands.encode_command("lander", name))
    return cltu.encode(frame_shapes.build_tc_frame(book.vehicle.spacecraft_id, TC_CHANNEL, packet))


def fly_mission(slots: list[str], run: str, from_orbit: bool = False) -> Mission:
    """Wait in the hover or in orbit, land on command, stand: with `run` or `run_guarded`."""
    world = SimulatedWorld()
    for slot in slots:
        plant(slot, world)
    mission = Mission(world, "descent" if from_orbit else "hover", 1)
    getattr(mission, run)(COMMAND_TICK)
    mission.inbox.put(SOURCE_BENCH, lander_command("go" if from_orbit else "land"))
    getattr(mission, run)((ORBIT_TICKS if from_orbit else DESCENT_TICKS) - COMMAND_TICK)
    return mission


def digests(mission: Mission) -> dict[str, Any]:
    return {"digests": mission.digests(), "mode": mission.peek("lander.mode.mode")}


if __name__ == "__main__":
    what, names = sys.argv[1], sys.argv[2:]
    if what == "table":
        answer = fly_table(names)
    elif what == "rover":
        answer = drive_rover()
    elif what == "mission":
        fly_mission(names, "run")
        answer = heap_calls()
    else:
        answer = digests(fly_mission(names, "run_guarded" if what.endswith("guarded") else "run", what.startswith("orbit")))
    print(json.dumps(answer))
