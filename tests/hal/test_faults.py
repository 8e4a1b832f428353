"""The fault matrix: every cell is supported, and flight's reading changes as named, or refused, with its physical reason."""

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.core.bus import Bus
from hal.sim.devices import FAULTABLE, fault_rows
from hal.sim.far_end import FarEnd
from hal.sim.fault_board import FaultBoard, matrix
from hal.sim.faults import KINDS
from tests.hal.fault_effects import TICKS, WARM, check, excite, place_of, reference, run
from tests.hal.rig import KINDS as RIG_BUSES
from tests.hal.rig import Rig
from tests.hal.sensor_effects import SENSORS

ROWS = fault_rows()
SUPPORTED = [row for row in ROWS if row["supported"]]
ENDED = ("lander.imu", "lander.radar", "lander.engine", "rover.wheel.2")
REFUSED = [row for row in ROWS if not row["supported"]]


def name(row: dict) -> str:
    return f"{row['device']}-{row['depth']}.{row['kind']}"


@pytest.mark.parametrize("row", SUPPORTED, ids=name)
def test_a_supported_fault_changes_what_flight_reads_as_named(row: dict) -> None:
    bus, device, part = place_of(row["device"])
    assert row["effect"]
    bad = run(bus, device, part, lambda rig: rig.faults.inject(row["device"], f"{row['depth']}.{row['kind']}", {}, rig.tick))
    check(row["device"], row["depth"], row["kind"], bad, reference(bus, device, part))


def rigs_of_all() -> dict[str, Rig]:
    """Every device there is, a rig a vehicle."""
    vehicles = dict.fromkeys(bus.split(".")[0] for bus in RIG_BUSES)
    return {vehicle: Rig(*(bus for bus in RIG_BUSES if bus.startswith(vehicle))) for vehicle in vehicles}


def test_a_refused_fault_says_why() -> None:
    rigs = rigs_of_all()
    assert len(REFUSED) > 100
    for row in REFUSED:
        assert len(row["reason"]) > 10
        with pytest.raises(ValueError, match="refused: "):
            rigs[row["device"].split(".")[0]].faults.inject(row["device"], f"{row['depth']}.{row['kind']}", {}, 0)
    assert not any(rig.faults.active() for rig in rigs.values())


def test_the_matrix_is_whole_and_supports_what_was_promised() -> None:
    assert len(ROWS) == len(FAULTABLE) * 3 * len(KINDS)
    supported = {(row["device"], row["depth"], row["kind"]) for row in SUPPORTED}
    for device in FAULTABLE:
        if "thruster." not in device:
            assert all((device, "bytes", kind) in supported for kind in KINDS if kind not in ("bias", "scale", "saturate"))
    for device in ("lander.imu", "lander.altimeter", *(f"lander.{sensor}" for sensor in SENSORS)):
        for kind in ("off", "stuck", "frozen", "noise", "bias", "scale", "delay", "drop", "saturate"):
            assert (device, "value", kind) in supported
    for device in ("lander.engine", "lander.valve_unit.2", "rover.wheel.2"):
        for kind in ("off", "stuck", "scale", "delay", "saturate", "reset"):
            assert (device, "physics", kind) in supported
    assert sorted(name(row) for rig in rigs_of_all().values() for row in rig.faults.matrix()) == sorted(map(name, ROWS))


@pytest.mark.parametrize("row", [row for row in SUPPORTED if row["device"] in ENDED], ids=name)
def test_a_fault_that_ends_leaves_nothing_behind(row: dict) -> None:
    bus, device, _ = place_of(row["device"])
    rig = Rig(bus)
    for n in range(WARM + TICKS + 700):
        if n == WARM:
            rig.faults.inject(row["device"], f"{row['depth']}.{row['kind']}", {}, rig.tick)
        if n == WARM + TICKS:
            assert {"device": row["device"], "depth": row["depth"], "kind": row["kind"]} in rig.faults.active()
            rig.faults.clear(row["device"], row["kind"], rig.tick)
            assert rig.faults.active() == []
        excite(rig)
        rig.step()
    assert rig.reading(device)["validity"] == 1
    assert rig.reading(device)["error"] == 0
    assert device != "wheel.2" or rig.reading("wheel.2")["operational"] == 1


def test_a_fault_in_one_device_shifts_no_draw_of_another() -> None:
    buses = ("lander.imu", "lander.altimeter", "lander.can")
    well, ill = Rig(*buses), Rig(*buses)
    for kind in ("value.noise", "bytes.noise", "bytes.corrupt", "value.drop"):
        ill.faults.inject("lander.altimeter", kind, {}, 0)
    ill.faults.inject("lander.engine", "physics.noise", {}, 0)
    for _ in range(100):
        for rig in (well, ill):
            excite(rig)
            rig.step()
    assert well.reading("imu").tobytes() == ill.reading("imu").tobytes()
    assert well.reading("altimeter").tobytes() != ill.reading("altimeter").tobytes()
    ill.faults.clear("lander.altimeter", None, 100)
    for _ in range(10):
        for rig in (well, ill):
            excite(rig)
            rig.step()
    assert well.reading("altimeter")["range_m"] == ill.reading("altimeter")["range_m"]


def test_same_seed_same_octets_and_another_seed_differs() -> None:
    def flown(seed: int) -> bytes:
        rig = Rig("lander.imu", seed=seed)
        rig.faults.inject("lander.imu", "bytes.noise", {}, 0)
        rig.step(50)
        return rig.world.save() + rig.harness.save() + rig.computer.save()

    assert flown(3) == flown(3)
    assert flown(3) != flown(4)


def test_a_snapshot_holds_every_active_fault() -> None:
    rig = Rig("lander.imu", "lander.can", "rover.can", "lander.radar", "lander.imaging_laser")
    for device, kind in (
        ("lander.radar", "value.frozen"), ("lander.imaging_laser", "value.delay"), ("lander.imaging_laser", "bytes.delay"),
        ("lander.imu", "value.delay"), ("lander.imu", "bytes.delay"), ("lander.engine", "physics.delay"), ("lander.legs", "bytes.frozen"),
        ("lander.thruster.3", "physics.noise"), ("lander.valve_unit.1", "physics.delay"), ("rover.wheel.2", "physics.delay"),
        ("rover.bus.can", "bytes.drop"),
    ):  # fmt: skip
        rig.faults.inject(device, kind, {}, 30)

    def fly(ticks: int) -> bytes:
        for _ in range(ticks):
            excite(rig)
            rig.step()
        return b"".join(arena.save() for arena in arenas)

    arenas = (rig.world, rig.harness, rig.computer)
    fly(60)
    saved = [arena.save() for arena in arenas]
    first = fly(60)
    rig.tick -= 60
    for arena, octets in zip(arenas, saved, strict=True):
        arena.load(octets)
    assert fly(60) == first


@pytest.mark.parametrize(
    ("device", "kind", "parameters", "reason"),
    [
        ("lander.star_tracker", "off", {}, "no device"),
        ("lander.imu", "sleepy", {}, "is no fault"),
        ("lander.imu", "soul.off", {}, "is no fault"),
        ("lander.imu", "value.bias", {"weight_kg": 1.0}, "no parameter"),
        ("lander.altimeter", "bytes.drop", {"probability": 1.5}, "not within 0 to 1"),
        ("lander.altimeter", "bytes.drop", {"probability": float("nan")}, "not within"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(device: str, kind: str, parameters: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Rig("lander.imu", "lander.altimeter").faults.inject(device, kind, parameters, 0)


@pytest.mark.parametrize(
    ("device", "kind", "depth"),
    [
        ("lander.altimeter", "off", "bytes"), ("lander.altimeter", "stuck", "value"), ("lander.engine", "off", "physics"),
        ("lander.engine", "corrupt", "bytes"), ("rover.wheel.2", "stuck", "physics"), ("lander.bus.can", "off", "bytes"),
    ],
)  # fmt: skip
def test_a_kind_alone_acts_where_one_would_expect_it(device: str, kind: str, depth: str) -> None:
    rig = Rig("lander.altimeter", "lander.can", "rover.can")
    rig.faults.inject(device, kind, {}, 0)
    assert rig.faults.active() == [{"device": device, "depth": depth, "kind": kind}]


def packets(kind: str | None, parameters: dict | None = None, ticks: int = 100) -> list[tuple[int, bytes]]:
    """What comes of a packet a tick over a SpaceWire bus: (tick, octets)."""
    world, harness = Arena("world", 1 << 18), Arena("harness", 1 << 20)
    near, far = Bus(harness, "near", "spacewire"), Bus(harness, "far", "spacewire")
    end, board, heard = FarEnd(world, "bench.bus.link", near, far), FaultBoard(), []
    board.add("bench.bus.link", "spacewire", {"bytes": [end.bus_line.point]})
    board.seed(5)
    if kind:
        board.inject("bench.bus.link", kind, parameters or {}, 0)
    for tick in range(ticks):
        far.push(tick.to_bytes(2, "big") * 16, tick, 32)
        end.slot.call(tick)
        while (unit := near.pop()) is not None:
            heard.append((tick, unit[2]))
    return heard


def test_a_spacewire_bus_has_every_fault_of_bytes() -> None:
    good = packets(None)
    assert len(good) == 100
    assert packets("off") == []
    assert {octets for _, octets in packets("stuck")} == {b"\xff" * 32}
    assert len({octets for _, octets in packets("frozen")}) == 1
    assert any(len(octets) < 32 for _, octets in packets("noise"))
    assert [(tick - 2, octets) for tick, octets in packets("delay", {"delay_s": 0.02})] == good[:-2]
    assert 20 < len(packets("drop")) < 80
    assert all(octets != sent for (_, octets), (_, sent) in zip(packets("corrupt"), good, strict=True))
    assert len(packets("babble")) == 300
    assert [tick for tick, _ in packets("intermittent")] == list(range(50, 100))
    assert [tick for tick, _ in packets("reset")] == list(range(50, 100))
    refused = [row for row in matrix({"bench.bus.link": "spacewire"}) if not row["supported"] and row["depth"] == "bytes"]
    assert {row["kind"] for row in refused} == {"bias", "scale", "saturate"}


def test_a_bias_on_one_axis_leaves_the_others_alone() -> None:
    well, ill = Rig("lander.imu"), Rig("lander.imu")
    ill.faults.inject("lander.imu", "bias", {"rate_rad_s": 0.5, "specific_force_m_s2": 0.0, "axis": 1}, 0)
    well.step(5)
    ill.step(5)
    difference = ill.reading("imu")["rate_rad_s"] - well.reading("imu")["rate_rad_s"]
    assert np.allclose(difference, [0.0, 0.5, 0.0], atol=1e-8)
