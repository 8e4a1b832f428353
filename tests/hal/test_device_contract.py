"""The contract that every driver keeps over every implementation of its device: simulated, and the same bytes over real back ends."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from hal.reading import DeviceError, Validity
from hal.registry import DEVICES, DeviceRow, device_rows
from tests.hal.rig import Rig, rig_for

ROOT = Path(__file__).parents[2]
FLOOR = {"octets", "uart_frame", "uart_sensor", "power", "can_controller", "can_unit", "canopen_drive", "packet_head"}  # under drivers
SIM_FLOOR = {"sensor", "can_unit"}
PLACES = [(row, via) for row in DEVICES for via in ("sim", "tcp", *{"uart": ("serial",), "can": ("can",), "spacewire": ()}[row.bus_kind])]
ACTUATORS = [row for row in DEVICES if row.role == "actuator"]
IMAGE_TICKS = 60  # from the first row of an image to the last one of the next
WARM = 60  # ticks until a wheel drive is set up


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0].vehicle}.{place[0].name}-{place[1]}")
def place(request: pytest.FixtureRequest) -> Iterator[tuple[DeviceRow, Rig]]:
    row, via = request.param
    rig = rig_for(row, via)
    yield row, rig
    rig.close()


def cut(rig: Rig) -> None:
    """Nothing arrives."""
    for bus in rig.buses.values():
        while bus.pop() is not None:
            pass


def spoil(rig: Rig) -> None:
    """Every octet arrives inverted."""
    for bus in rig.buses.values():
        units = []
        while (unit := bus.pop()) is not None:
            units.append(unit)
        for tick, identifier, octets in units:
            bus.push(bytes(octet ^ 0xFF for octet in octets), tick, identifier)


def short(rig: Rig) -> None:
    """Every unit arrives without its last octet."""
    for bus in rig.buses.values():
        units = []
        while (unit := bus.pop()) is not None:
            units.append(unit)
        for tick, identifier, octets in units:
            bus.push(octets[:-1], tick, identifier)


def good(rig: Rig, row: DeviceRow) -> bool:
    reading = rig.reading(row.name)
    return bool(reading["validity"] == Validity.VALID and reading["error"] == DeviceError.OK)


def test_a_reading_appears_with_its_tag_its_sequence_and_validity(place: tuple[DeviceRow, Rig]) -> None:
    row, rig = place
    assert rig.reading(row.name)["validity"] == Validity.NEVER
    rig.step(WARM)
    first = rig.reading(row.name).copy()
    assert good(rig, row)
    assert first["rejected"] == 0
    assert rig.tick - first["tick"] <= (IMAGE_TICKS if row.name == "imaging_laser" else row.timeout_s * 100)
    rig.step(max(20, IMAGE_TICKS if row.name == "imaging_laser" else 0))
    later = rig.reading(row.name)
    assert later["sequence"] > first["sequence"]
    assert later["tick"] > first["tick"]


def test_silence_makes_it_stale_and_it_recovers_by_itself(place: tuple[DeviceRow, Rig]) -> None:
    row, rig = place
    rig.step(WARM)
    before = rig.reading(row.name).copy()
    rig.between = cut
    rig.step(round(row.timeout_s * 100) - 12 if row.name == "altimeter" else 2)
    assert rig.reading(row.name)["validity"] == Validity.VALID
    rig.step(max(40, round(row.timeout_s * 100) + 20))
    reading = rig.reading(row.name)
    assert (reading["validity"], reading["error"]) == (Validity.STALE, DeviceError.SILENT)
    assert reading["tick"] <= before["tick"]
    rig.between = lambda rig: None
    rig.step(60)
    assert good(rig, row)


@pytest.mark.parametrize("garble", [spoil, short])
def test_bad_units_are_refused_and_counted_and_the_next_good_one_is_taken(place: tuple[DeviceRow, Rig], garble) -> None:
    row, rig = place
    rig.step(WARM)
    rig.between = garble
    rig.step(100)
    reading = rig.reading(row.name)
    assert reading["rejected"] >= 4
    assert reading["error"] in (DeviceError.CHECKSUM, DeviceError.FORMAT)
    assert reading["validity"] == Validity.STALE
    rig.between = lambda rig: None
    rig.step(300 if row.vehicle == "rover" and row.bus == "can" else 60)
    assert good(rig, row)


def test_noise_of_any_kind_on_the_bus_harms_no_driver(place: tuple[DeviceRow, Rig]) -> None:
    row, rig = place
    rig.step(WARM)

    def flood(rig: Rig) -> None:
        for bus in rig.buses.values():
            for n in range(40):
                octets = bytes((n * 37 + k * 11 + rig.tick) & 0xFF for k in range(1 + (n + rig.tick) % 8))
                bus.push(octets, rig.tick, 0x7FF if n % 2 else 0x2000_0000 | n)

    rig.between = flood
    rig.step(50)
    rig.between = lambda rig: None
    rig.step(60)
    assert good(rig, row)
    for controller in rig.controllers:
        state = rig.computer.view(f"{controller}.controller")
        assert state["unknown"] >= 400
        assert state["errors"] >= 400


def test_no_slot_waits_for_a_full_or_an_empty_bus(place: tuple[DeviceRow, Rig]) -> None:
    row, rig = place
    driver = rig.drivers[row.name]
    for tick in range(2000):  # nobody takes what the driver sends, nobody says anything
        driver.read_slot.call(tick)
        if hasattr(driver, "write_slot"):
            driver.write_slot.call(tick)
    bus = rig.buses[f"{row.vehicle}.{row.bus}"]
    assert bus.waiting(to_flight=False) <= 256
    assert rig.reading(row.name)["validity"] == Validity.NEVER
    assert rig.reading(row.name)["error"] == DeviceError.SILENT


@pytest.mark.parametrize("row", ACTUATORS, ids=lambda row: row.name)
def test_a_command_that_arrives_twice_does_no_more_than_once(row: DeviceRow) -> None:
    once, twice = rig_for(row), rig_for(row)
    for _ in range(120):
        once.step()
        twice.step()
        for bus in twice.buses.values():
            units = []
            while (unit := bus.pop(to_flight=False)) is not None:
                units.append(unit)
            for tick, identifier, octets in units:
                twofold = row.vehicle != "rover" or 0x200 < identifier < 0x280  # a set-up answered twice is refused, and that is counted
                for _ in range(2 if twofold else 1):
                    bus.push(octets, tick, identifier, to_flight=False)
    assert once.actuation.tobytes() == twice.actuation.tobytes()
    assert once.ramp.tobytes() == twice.ramp.tobytes()
    assert once.drives.tobytes() == twice.drives.tobytes()


@pytest.mark.parametrize("row", [row for row in DEVICES if row.bus_kind == "uart"], ids=lambda row: row.name)
def test_a_sensor_is_switched_off_and_on_by_its_driver(row: DeviceRow) -> None:
    rig = rig_for(row)
    rig.step(WARM)
    rig.computer.view(f"{row.name}.power")["on"] = 0
    rig.step(60)
    assert rig.reading(row.name)["validity"] == Validity.STALE
    rig.computer.view(f"{row.name}.power")["on"] = 1
    rig.step(11)
    assert rig.reading(row.name)["error"] in (DeviceError.RESET, DeviceError.OK)
    rig.step(60)
    assert good(rig, row)


@pytest.mark.parametrize("row", DEVICES, ids=lambda row: row.name)
def test_what_waited_while_the_computer_was_off_is_not_taken_for_news(row: DeviceRow) -> None:
    rig = rig_for(row)
    built = rig.computer.save()
    rig.step(WARM)
    for slot in (*rig.devices.actuator_slots, *rig.devices.sensor_slots):  # the world flies on for two seconds
        for tick in range(rig.tick, rig.tick + 200):
            slot.code.call(tick)
    rig.tick += 200
    rig.computer.load(built)
    for controller in rig.controllers.values():
        controller.slot.call(rig.tick)
    rig.drivers[row.name].read_slot.call(rig.tick)
    assert rig.reading(row.name)["validity"] == Validity.NEVER


@pytest.mark.parametrize("row", DEVICES, ids=lambda row: row.name)
def test_an_interface_is_one_short_file_and_names_what_a_reading_carries(row: DeviceRow) -> None:
    text = (ROOT / row.interface).read_text()
    assert len(text.splitlines()) <= 60
    assert all(field in text for field in ("int64_t tick", "sequence", "validity", "error", "rejected"))


@pytest.mark.parametrize("row", DEVICES, ids=lambda row: row.name)
def test_a_row_of_the_registry_is_true(row: DeviceRow) -> None:
    for place in (row.driver, row.simulated):
        module, _, name = place.partition(":")
        assert hasattr(import_module(module), name)
    assert "Not simulated:" in (ROOT / (row.simulated.partition(":")[0].replace(".", "/") + ".pyx")).read_text()
    assert f'"{row.name}"' in str(device_rows()).replace("'", '"')


def modules(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.pyx")}


def test_every_device_has_a_row() -> None:
    registered = {row.driver.partition(":")[0].rpartition(".")[2] for row in DEVICES}
    assert modules("hal/drivers") - FLOOR == registered
    simulated = {path.stem for path in (ROOT / "hal/sim").glob("*.pyx") if re.search(r"cdef class Sim\w+", path.read_text())}
    assert simulated - SIM_FLOOR == {row.simulated.partition(":")[0].rpartition(".")[2] for row in DEVICES}
    interfaces = {f"hal/{path.name}" for path in (ROOT / "hal").glob("*.pxd") if re.search(r"cdef struct \w+Reading", path.read_text())}
    assert interfaces == {row.interface for row in DEVICES}


def test_driver_and_simulated_device_share_no_code() -> None:
    for path in (ROOT / "hal/sim").rglob("*.p*"):
        if path.suffix in (".pyx", ".pxd", ".py"):
            assert not re.search(r"^\s*(?:from|cimport|import)\s+hal\.(?!core|sim)", path.read_text(), re.M), path
    for path in (ROOT / "hal/drivers").rglob("*.p*"):
        if path.suffix in (".pyx", ".pxd", ".py"):
            assert "hal.sim" not in path.read_text(), path
