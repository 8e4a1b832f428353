"""Power and heat: what the plants do under the Sun and in the dark, and what the power unit says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hal.core.arena import Arena
from hal.core.supply import Supply
from hal.sim.power_figures import PLANTS
from hal.sim.power_plant import PowerPlant
from hal.sim.scenarios import DESCENT_EPOCH_TAI_S, NIGHT_EPOCH_TAI_S
from hal.sim.sky import SkyModel
from tests.hal.rig import BODY, ROVER, ROVER_ACTUATION, Rig

LANDER, ROVER_PLANT, RELAY = PLANTS


class Bench:
    """One plant under a sky, upright."""

    def __init__(self, plant: Any = LANDER, epoch_tai_s: float = DESCENT_EPOCH_TAI_S, charge: float = 0.9, spread: bool = True) -> None:
        self.arena = Arena("world", 1 << 17)
        for name, kind in (("lander", BODY), ("rover", ROVER), ("rover.actuation", ROVER_ACTUATION)):
            record = self.arena.octets(name, kind.itemsize).view(kind)[0]
            if "quaternion_site_from_body" in (kind.names or ()):
                record["quaternion_site_from_body"] = (1.0, 0.0, 0.0, 0.0)
            if name == "rover.actuation":
                self.drives = record
        self.sky = SkyModel(self.arena)
        self.sky.start(epoch_tai_s, 0.0)
        self.plant = PowerPlant(self.arena, plant)
        self.line = self.arena.record("line", np.dtype([("on", "u1"), ("pad", "u1", 7)]))
        self.line["on"] = 1
        self.plant.feed(Supply(self.arena, "line.on"))
        self.plant.start(charge, spread)
        self.power = self.arena.view(f"{plant.name}.power")

    def run(self, seconds: int) -> Any:
        for second in range(seconds):
            self.plant.slot.call(100 * second)
        return self.power


def test_spread_wings_charge_by_day_and_folded_ones_do_not() -> None:
    day, folded = Bench(), Bench(spread=False)
    assert day.run(600)["battery_current_a"] > 1.0
    assert day.power["state_of_charge"] > 0.9
    assert folded.run(600)["battery_current_a"] < -1.0
    assert folded.power["state_of_charge"] < 0.9


def test_the_wings_yield_what_the_sun_gives_on_their_slant() -> None:
    power = Bench().run(1)
    assert power["incidence"] == pytest.approx(np.sin(np.radians(31.46)), abs=0.002)
    watts = power["wing_current_a"] * power["bus_voltage_v"]
    assert watts == pytest.approx(1361.0 * 0.26 * 3.2 * power["incidence"] + 2.5, rel=1e-6)


def test_the_energy_that_leaves_the_battery_is_that_of_the_loads() -> None:
    bench = Bench(epoch_tai_s=NIGHT_EPOCH_TAI_S, charge=0.8)
    bench.run(3600)
    used = (0.8 - bench.power["state_of_charge"]) * LANDER.battery_j
    assert used == pytest.approx(3600 * (LANDER.base_w + LANDER.computer_w - LANDER.rtg_w), rel=1e-6)


def test_a_computer_that_is_off_draws_nothing_and_cools_its_box() -> None:
    on, off = Bench(epoch_tai_s=NIGHT_EPOCH_TAI_S), Bench(epoch_tai_s=NIGHT_EPOCH_TAI_S)
    off.line["on"] = 0
    assert off.run(3600)["load_current_a"] < 0.4 * on.run(3600)["load_current_a"]
    assert off.power["temperature_k"][0] < on.power["temperature_k"][0] - 3.0


def test_driving_costs_power() -> None:
    bench = Bench(ROVER_PLANT)
    still = float(bench.run(1)["load_current_a"])
    bench.drives["drive_power_w"] = 6.0
    assert bench.run(1)["load_current_a"] - still == pytest.approx(60.0 / bench.power["bus_voltage_v"], rel=0.01)


def test_an_empty_battery_by_night_leaves_the_bus_dead_and_the_sun_brings_it_back() -> None:
    bench = Bench(epoch_tai_s=NIGHT_EPOCH_TAI_S, charge=0.001)
    power = bench.run(300)
    assert (power["empty"], power["bus_voltage_v"], power["load_current_a"], power["state_of_charge"]) == (1, 0.0, 0.0, 0.0)
    bench.sky.start(DESCENT_EPOCH_TAI_S, 0.0)
    assert bench.run(60)["empty"] == 0
    assert power["bus_voltage_v"] > 25.0


def test_the_ground_is_hot_at_noon_and_190_degrees_below_zero_by_night() -> None:
    noon = Bench(epoch_tai_s=DESCENT_EPOCH_TAI_S + 3.4 * 86_400)
    assert noon.run(1)["surface_k"] - 273.15 == pytest.approx(98.0, abs=8.0)  # facts: above 100 degrees at a noon of 46 degrees, 44.3 here
    assert Bench(epoch_tai_s=NIGHT_EPOCH_TAI_S).run(1)["surface_k"] == pytest.approx(273.15 - 190.0, abs=0.5)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_by_day_every_node_is_where_it_may_be(plant: Any) -> None:
    power = Bench(plant).run(1800)
    electronics, battery, wing, structure = power["temperature_k"]
    assert 273.0 < electronics < 318.0
    assert 268.0 < battery < 308.0
    assert 220.0 < wing < 393.0
    assert 193.0 < structure < 363.0


def test_the_night_is_cold_outside_and_the_isotopes_keep_the_box_warm() -> None:
    power = Bench(ROVER_PLANT, NIGHT_EPOCH_TAI_S).run(3600)
    electronics, battery, wing, _ = power["temperature_k"]
    assert wing < 125.0
    assert electronics > 270.0
    assert battery > 260.0
    assert power["wing_current_a"] == 0.0


def test_a_run_begins_settled() -> None:
    bench = Bench()
    before = bench.power["temperature_k"].copy()
    bench.run(600)
    assert np.abs(bench.power["temperature_k"] - before).max() < 1.0


def test_the_relay_is_always_in_the_sun() -> None:
    power = Bench(RELAY, NIGHT_EPOCH_TAI_S).run(10)
    assert power["wing_current_a"] * power["bus_voltage_v"] > 780.0  # facts: section 6
    assert power["battery_current_a"] > 0.0


def test_wings_spread_in_two_minutes_when_the_unit_is_told() -> None:
    bench = Bench(spread=False)
    bench.power["deploy"] = 1
    assert bench.run(60)["deployment"] == pytest.approx(0.5)
    assert bench.run(61)["deployment"] == 1.0
    assert bench.run(1)["wing_current_a"] > 10.0


def test_a_supply_is_an_octet() -> None:
    arena = Arena("other", 1 << 12)
    arena.record("thing", np.dtype([("big", "f8"), ("on", "u1"), ("pad", "u1", 7)]))
    supply = Supply(arena, "thing.on")
    assert not supply.is_on
    arena.view("thing")["on"] = 1
    assert supply.is_on
    with pytest.raises(ValueError, match="not an octet"):
        Supply(arena, "thing.big")


# Behind sync, 'E' and 24: counter 5, status 0, 29.000 V, 18.62 A, 6.76 A, -1.50 A, 0.9000, 299.09 K, 300.92 K, 321.66 K, 346.06 K,
# 50 %, heating.
BODY_HEX = "0005 0000 7148 0746 02a4 ff6a 2328 74d5 758c 7da6 872e 32 01"


def sealed(octets: bytes) -> bytes:
    """With its check: polynomial 1021h, preset FFFFh, over type, length and payload."""
    crc = 0xFFFF
    for octet in octets[2:]:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return octets + crc.to_bytes(2, "big")


def test_a_frame_of_the_power_unit_is_read_as_laid_down() -> None:
    rig = Rig("lander.power_unit")
    rig.buses["lander.power_unit"].push(sealed(bytes.fromhex("fe814518" + BODY_HEX)), 0)
    rig.drivers["power_unit"].read_slot.call(0)
    reading = rig.reading("power_unit")
    electric = [reading[name] for name in ("bus_voltage_v", "wing_current_a", "load_current_a", "battery_current_a", "state_of_charge")]
    assert electric == pytest.approx([29.0, 18.62, 6.76, -1.5, 0.9])
    assert reading["temperature_k"] == pytest.approx([299.09, 300.92, 321.66, 346.06])
    assert (reading["deployment"], reading["heating"]) == (pytest.approx(0.5), 1)


def test_the_power_unit_says_what_the_plant_is_at() -> None:
    rig = Rig("rover.power_unit")
    power = rig.powers["rover"]
    power["battery_current_a"], power["state_of_charge"], power["temperature_k"] = -2.16, 0.4822, (300.0, 296.0, 104.8, 215.0)
    rig.step(20)
    reading = rig.reading("power_unit")
    assert reading["bus_voltage_v"] == pytest.approx(29.0, abs=0.15)
    assert reading["battery_current_a"] == pytest.approx(-2.16)
    assert reading["state_of_charge"] == pytest.approx(0.4822)
    assert reading["temperature_k"] == pytest.approx((300.0, 296.0, 104.8, 215.0))


def test_wings_are_spread_by_command_and_by_no_other_frame() -> None:
    rig = Rig("lander.power_unit")
    rig.step(300)
    assert rig.powers["lander"]["deploy"] == 0
    rig.computer.view("power_unit.wings")["on"] = 1
    rig.step(110)
    assert rig.powers["lander"]["deploy"] == 1
