"""Upsets: a bit that flips in any record of a computer or of its surroundings may cost function, never the process."""

import json
import signal
import subprocess
import sys

import pytest

from tests.flight.station import relay_mission
from tests.house import ROOT

FLIGHT = """
import json, random, signal, sys

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station

name, start, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
mission = Mission(SimulatedWorld(), "hover", 1)
station = Station(mission)
mission.run(230)
before = mission.snapshot()
arena = next(each for each in mission.arenas if each.name == name)
raised = []
sys.unraisablehook = lambda caught: raised.append(repr(caught.exc_value))
for seed in range(start, start + count):
    draw = random.Random(seed)
    mission.restore(before)
    flips = []
    for _ in range(draw.choice((1, 1, 1, 4))):
        record = arena.records[draw.choice(list(arena.records))]
        octet, bit = draw.randrange(min(record.size, draw.choice((64, record.size)))), draw.randrange(8)
        arena.memory()[record.offset + octet] ^= 1 << bit
        flips.append([record.name, octet, bit])
    print(json.dumps([seed, flips]), flush=True)
    for vehicle in ("lander", "rover", "relay"):
        station.send(vehicle, "ping")
    if draw.random() < 0.5:
        station.send("lander", "land")
    signal.alarm(20)
    mission.run(25)
    signal.alarm(0)
    while station.reader.take() is not None:
        pass
    mission.inbox.flush()
    assert not raised, raised
"""


@pytest.mark.long(20_000)
@pytest.mark.parametrize("arena", ["lander", "rover", "relay", "harness"])
def test_no_flipped_bit_ends_or_holds_up_the_process(arena: str, repetitions: int) -> None:
    command = [sys.executable, "-c", FLIGHT, arena, "0", str(repetitions)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seed, flips = json.loads((result.stdout.splitlines() or ["[null, []]"])[-1])
    end = signal.Signals(-result.returncode).name if result.returncode < 0 else result.returncode
    assert result.returncode == 0, f"{end} after {flips} (seed {seed})\n{result.stderr[-2000:]}"
    assert seed == repetitions - 1


@pytest.mark.parametrize(
    ("arena", "record", "octet", "bit"),
    [
        ("lander", "altimeter.driver", 23, 2),  # the parser's fill
        ("lander", "imu.driver", 19, 5),
        ("lander", "guidance.mode_requests", 7, 5),  # a queue's head ...
        ("lander", "engine.mailbox", 14, 0),  # ... and tail
        ("lander", "telemetry.real_time.units", 14, 4),  # the length of a packet that waits
        ("lander", "telemetry", 0, 7),
        ("lander", "mode", 8, 7),
        ("lander", "downlink.vc0", 24, 6),
        ("harness", "executive", 7, 7),  # the sign of the tick
    ],
)
def test_these_bits_do_not_either(arena: str, record: str, octet: int, bit: int) -> None:
    given = (
        "arena.records[draw.choice(list(arena.records))]",
        "draw.randrange(min(record.size, draw.choice((64, record.size)))), draw.randrange(8)",
    )
    code = FLIGHT.replace(given[0], f"arena.records[{record!r}]").replace(given[1], f"{octet}, {bit}").replace("(1, 1, 1, 4)", "(1,)")
    assert repr(record) in code
    result = subprocess.run([sys.executable, "-c", code, arena, "0", "2"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


def test_half_a_packet_with_none_behind_it_is_given_up() -> None:
    mission = relay_mission()
    mission.run(1100)
    mission.poke("relay.downlink.vc0.used", 100)
    mission.poke("relay.downlink.vc0.packet_offset", 5)
    before = mission.peek("relay.link.tm_frames")
    mission.run(50)
    assert mission.peek("relay.link.tm_frames") - before == 1
    mission.close()
