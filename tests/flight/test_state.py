"""State is data: digests, snapshots and resets of the whole mission, in this process and in fresh ones."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flight.mission import Mission
from hal.sim.world import SimulatedWorld
from tests.flight.station import Station, relay_mission

ROOT = Path(__file__).parents[2]
LAND_AT, END = 250, 3000


def hover(seed=1):
    return Mission(SimulatedWorld(), "hover", seed)


def fly(mission, until, station=None):
    """Run on to tick `until`; the commands of this flight come at fixed ticks."""
    station = station or Station(mission)
    for tick, vehicle, name, arguments in (
        (LAND_AT, "lander", "land", {}),
        (900, "lander", "store_log", {"file": 7}),
        (1005, "rover", "ping", {}),
        (1800, "lander", "store_log", {"file": 8}),
    ):
        if mission.tick <= tick < until:
            mission.run(tick - mission.tick)
            station.count = tick
            station.send(vehicle, name, **arguments)
    mission.run(until - mission.tick)
    while station.reader.take() is not None:
        pass
    return mission.digest()


@pytest.fixture(scope="module")
def mission():
    made = hover()
    yield made
    made.close()


def script(body):
    """Run a few lines in a fresh process, with another hash seed."""
    environment = os.environ | {"PYTHONHASHSEED": str(random.randrange(1, 10**6)), "PYTHONPATH": str(ROOT)}
    lines = "from tests.flight.test_state import *\n" + body
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", lines], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )


def test_the_same_scenario_seed_and_commands_give_the_same_digests_and_another_seed_others(mission):
    mission.reset("hover", 1)
    first, seconds = fly(mission, END), mission.digests()
    mission.reset("hover", 1)
    assert (fly(mission, END), mission.digests()) == (first, seconds)
    assert len(seconds) == 30
    mission.reset("hover", 2)
    assert fly(mission, END) != first
    assert not set(seconds) & set(mission.digests())


def test_another_process_with_another_hash_seed_gives_the_same_digests(mission):
    mission.reset("hover", 1)
    here = fly(mission, END)
    assert script(f"print(fly(hover(), {END}))").stdout.strip() == here


def test_a_mission_built_anew_is_a_mission_reset(mission):
    other = hover(5)
    mission.reset("hover", 5)
    assert other.digest() == mission.digest()
    other.close()


def test_after_a_restore_at_twenty_random_ticks_the_flight_goes_on_to_the_same_bytes(mission):
    seed = random.randrange(10**9)
    print("seed", seed)
    ticks = sorted({901, 905, 1801, *random.Random(seed).sample(range(2, END - 1), 17)})
    mission.reset("hover", 1)
    station, snapshots = Station(mission), {}
    for tick in ticks:
        fly(mission, tick, station)
        snapshots[tick] = mission.snapshot()
    end = fly(mission, END, station)
    station.close()
    for tick, octets in snapshots.items():
        mission.restore(octets)
        assert mission.tick == tick
        assert fly(mission, END) == end, f"restored at tick {tick}"


def test_a_restore_in_a_fresh_process_goes_on_to_the_same_bytes(mission, tmp_path):
    mission.reset("hover", 1)
    fly(mission, 903)  # the command to store a file has been taken, and its outcome is not out yet
    assert mission.peek("lander.recorder.slot.running") == 1
    (tmp_path / "snapshot").write_bytes(mission.snapshot())
    end = fly(mission, END)
    body = f"m = hover(9); m.restore(open({str(tmp_path / 'snapshot')!r}, 'rb').read()); print(fly(m, {END}))"
    assert script(body).stdout.strip() == end


def test_a_computer_boots_into_the_time_of_the_scenario_that_was_restored(mission):
    mission.reset("hover", 1)
    mission.run(300)
    octets = mission.snapshot()
    ends = []
    for scenario in ("hover", "surface"):
        mission.reset(scenario, 9)
        mission.restore(octets)
        mission.computer("relay", "reset")
        mission.run(300)
        ends.append((mission.peek("relay.telemetry.epoch_tai_s"), mission.digest()))
    assert ends[0] == ends[1]


def test_one_bit_of_any_record_changes_the_digest(mission):
    mission.reset("hover", 1)
    fly(mission, 950)
    before = mission.digest()
    rng = random.Random(7)
    for arena in mission.arenas:
        memory = arena.memory()
        for record in arena.records.values():
            at, bit = record.offset + rng.randrange(record.size), 1 << rng.randrange(8)
            memory[at] ^= bit
            assert mission.digest() != before, record.name
            memory[at] ^= bit
    assert mission.digest() == before


def test_one_bit_of_the_flash_or_of_a_python_slots_state_changes_the_digest(mission):
    mission.reset("hover", 1)
    fly(mission, 900)
    snapshot, rest = mission.snapshot(), {}
    for what in ("nothing", "flash", "samples"):
        mission.restore(snapshot)
        lander = mission.vehicles[0]
        if what == "flash":
            lander.flash.program(1000, 17, b"\xfe")
        if what == "samples":
            application = next(slot.application for slot in lander.python_slots if slot.name == "recorder")
            state = bytearray(application.freeze())
            state[-1] ^= 1
            application.thaw(bytes(state))
        rest[what] = fly(mission, 1300)
    assert len(set(rest.values())) == 3


def test_the_digest_of_each_second_tells_in_which_second_a_bit_was_killed(mission):
    mission.reset("hover", 1)
    fly(mission, END)
    good = dict(mission.digests())
    mission.reset("hover", 1)
    fly(mission, 1234)
    memory = np.asarray(mission.arenas[2].memory())
    memory[mission.arenas[2].symbol("nav.altimeter_used").offset] ^= 1
    fly(mission, END)
    assert min(second for second, value in mission.digests() if good[second] != value) == 13


def test_a_reset_mission_has_no_trace_of_the_run_before(mission):
    mission.reset("hover", 3)
    clean = mission.digest()
    fly(mission, 1500)
    mission.slot("lander.guidance.slot", cost_factor=2.0)
    mission.poke("world.lander.mass_kg", 1.0)
    mission.reset("hover", 3)
    assert mission.digest() == clean


@pytest.mark.parametrize(
    ("scenario", "seed", "options", "reason"),
    [
        ("nowhere", 77, {}, "there is no scenario 'nowhere'"),
        ("bench", 77, {}, "runs another table"),
        ("hover", 77, {"wings": 2.0}, "wings"),
        ("hover", 77, {"altitude_m": -5.0}, "altitude_m"),
        ("hover", -1, {}, "a seed is a number from 0"),
        ("hover", 1 << 64, {}, "a seed is a number from 0"),
    ],
)
def test_a_reset_that_is_refused_changes_nothing(mission, scenario, seed, options, reason):
    mission.reset("hover", 1)
    fly(mission, 500)
    before = (mission.digest(), mission.tick, mission.seed, mission.digests())
    with pytest.raises(ValueError, match=reason):
        mission.reset(scenario, seed, options)
    assert (mission.digest(), mission.tick, mission.seed, mission.digests()) == before


@pytest.mark.parametrize("value", [1e30, -1, float("nan"), float("inf")])
def test_a_value_that_a_symbol_cannot_hold_is_refused_and_not_recorded(mission, value):
    mission.reset("hover", 1)
    before = mission.digest()
    with pytest.raises(ValueError, match=r"lander\.mode\.mode is of type uint8 and cannot hold"):
        mission.poke("lander.mode.mode", value)
    assert mission.digest() == before


@pytest.mark.parametrize("damage", ["cut", "flip", "nonsense"])
def test_a_damaged_snapshot_is_refused_and_changes_nothing(mission, damage):
    mission.reset("hover", 1)
    mission.run(10)
    good = mission.snapshot()
    before = mission.digest()
    bad = {"cut": good[:-100], "flip": good[:5000] + bytes([good[5000] ^ 1]) + good[5001:], "nonsense": b"hello"}[damage]
    with pytest.raises(ValueError, match="snapshot"):
        mission.restore(bad)
    assert mission.digest() == before


def test_a_snapshot_of_another_table_is_refused(mission):
    other = relay_mission()
    with pytest.raises(ValueError, match="another build or another table"):
        mission.restore(other.snapshot())
    other.close()


def test_every_scalar_of_every_record_has_a_symbol_and_a_type(mission):
    bound = sum(record.size for arena in mission.arenas for record in arena.records.values() if record.view is not None)
    named = {f"{arena.name}.{symbol.name}": symbol for arena in mission.arenas for symbol in arena.symbols()}
    assert bound > 0.5 * sum(arena.used for arena in mission.arenas)
    assert {symbol.type[0] for symbol in named.values()} <= set("fiu")
    assert not [name for name, symbol in named.items() if symbol.type not in ("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1")]
    assert named["lander.nav.altitude_m"].unit == "m"
    assert named["lander.nav.rate_rad_s[2]"].unit == "rad/s"


def test_all_arenas_together_stay_below_two_mebibytes(mission):
    assert sum(arena.used for arena in mission.arenas) < 2048 * 1024


def test_every_parameter_of_the_dictionary_has_an_address_on_board(mission):
    for vehicle in mission.vehicles:
        for parameter in vehicle.dictionary.parameters:
            assert vehicle.arena.symbol(parameter.name).name == parameter.name
